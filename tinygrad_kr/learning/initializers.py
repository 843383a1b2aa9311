"""First weights: normally distributed around 0, as wide as suits what comes after them.

With the right width, the numbers that pass through many layers neither vanish nor explode. ``he`` suits
ReLU, ``xavier`` suits sigmoid and tanh. Widths are those of the book 밑바닥부터 시작하는 딥러닝 (Saito, 6.2).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.arrays import real_array, refuse_not_finite
from ..text.numerals import shown
from .settings import positive

__all__ = ["Initializer", "he", "standard_deviation", "weights", "xavier"]

Array: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int, int]

Initializer: TypeAlias = Callable[[Shape, np.random.Generator], Array]
"""What makes weights: a function of their shape (inputs, outputs) and of a random number generator."""


def he(shape: Shape, rng: np.random.Generator) -> Array:
    """Weights for ReLU: the standard deviation is √(2 / inputs).

    Args:
        shape: (inputs, outputs), which is (fan_in, fan_out).
        rng: where the random numbers come from, ``numpy.random.default_rng(seed)``.

    Returns:
        An array of that shape.

    Raises:
        TypeError: if the shape is no pair of ints, or rng no generator.
        ValueError: if the shape is empty or negative.

    Source: He, Zhang, Ren and Sun 2015.

    >>> W = he((50, 100), np.random.default_rng(0))
    >>> W.shape, f"{W.std():.2f}", math.sqrt(2 / 50)
    ((50, 100), '0.20', 0.2)
    """
    return _with_variance(2, shape, rng)


def xavier(shape: Shape, rng: np.random.Generator) -> Array:
    """Weights for sigmoid and tanh: the standard deviation is √(1 / inputs).

    Args:
        shape: (inputs, outputs), which is (fan_in, fan_out).
        rng: where the random numbers come from, ``numpy.random.default_rng(seed)``.

    Returns:
        An array of that shape.

    Raises:
        TypeError: if the shape is no pair of ints, or rng no generator.
        ValueError: if the shape is empty or negative.

    Source: the book. Glorot and Bengio 2010 have √(2 / (inputs + outputs)), the same where a layer has as many
    outputs as inputs.

    >>> W = xavier((100, 50), np.random.default_rng(0))
    >>> W.shape, f"{W.std():.2f}", math.sqrt(1 / 100)
    ((100, 50), '0.10', 0.1)
    """
    return _with_variance(1, shape, rng)


def _with_variance(gain: float, shape: Shape, rng: np.random.Generator) -> Array:
    """Weights whose variance is gain / inputs."""
    inputs, _ = _checked(shape)
    return standard_deviation(math.sqrt(gain / inputs))(shape, rng)


def standard_deviation(std: float) -> Initializer:
    """Weights of a given width, such as the 0.01 of the book's first networks.

    Args:
        std: the standard deviation, a positive number.

    Returns:
        A function of (shape, rng), as ``he`` and ``xavier`` are.

    Raises:
        TypeError: if ``std`` is not a real number.
        ValueError: if it is not positive or not finite.

    >>> W = standard_deviation(0.01)((100, 50), np.random.default_rng(0))
    >>> W.shape, f"{W.std():.3f}"
    ((100, 50), '0.010')
    """
    width = positive(std, "a standard deviation")

    def normal(shape: Shape, rng: np.random.Generator) -> Array:
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"rng needs a random number generator, not the {type(rng).__name__} {shown(rng)}; "
                "use numpy.random.default_rng(seed)"
            )
        return width * rng.standard_normal(_checked(shape))

    return normal


NAMED: dict[str, Initializer] = {"he": he, "xavier": xavier}


def weights(how: str | float | Initializer, shape: Shape, rng: np.random.Generator) -> Array:
    """First weights, made as ``how`` says.

    Args:
        how: ``"he"``, ``"xavier"``, a standard deviation, or a function of (shape, rng).
        shape: (inputs, outputs).
        rng: where the random numbers come from, ``numpy.random.default_rng(seed)``.

    Returns:
        An array of that shape.

    Raises:
        TypeError: if the shape is no pair of ints, or rng no generator.
        ValueError: if ``how`` is none of these, the shape is empty or negative, or the function made another shape,
            or something else than finite real numbers.

    >>> weights("he", (2, 3), np.random.default_rng(0)).shape
    (2, 3)
    >>> weights(lambda shape, rng: np.zeros(shape), (2, 3), np.random.default_rng(0))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    made: Any = _initializer(how)(shape, rng)
    if np.shape(made) != _checked(shape):
        raise ValueError(f"the initializer {shown(how)} made the shape {np.shape(made)}, not {tuple(shape)}")
    made = real_array(made, f"what the initializer {shown(how)} made", error=ValueError)
    refuse_not_finite(made, f"what the initializer {shown(how)} made", "weights are finite numbers")
    return np.asarray(made, dtype=float)


def _initializer(how: Any) -> Initializer:
    if callable(how):
        return how  # type: ignore[no-any-return]
    if isinstance(how, str):
        if how in NAMED:
            return NAMED[how]
    elif isinstance(how, (int, float, np.number)) and not isinstance(how, bool) and 0 < how < math.inf:
        return standard_deviation(float(how))
    raise ValueError(
        f"weights are 'he', 'xavier', a positive number (their standard deviation) or a function, not {shown(how)}"
    )


def _checked(shape: Any) -> Shape:
    try:
        inputs, outputs = map(operator.index, shape)
    except (TypeError, ValueError):
        raise TypeError(f"a shape of weights is a pair (inputs, outputs), not {shown(shape)}; try (2, 3)") from None
    if inputs < 1 or outputs < 1:
        raise ValueError(f"a shape of weights has at least one input and one output, not {shown(shape)}")
    return inputs, outputs
