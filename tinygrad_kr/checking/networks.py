"""The book's gradient check: the gradient of a network beside central differences, parameter by parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from typing import Any, Protocol, TextIO

import numpy as np

from ..engine.arrays import floats
from ..text.numerals import shown

__all__ = ["Checkable", "gradient_check"]


class Checkable(Protocol):
    """A network whose gradient can be had in two ways, each a dictionary of arrays by parameter."""

    def gradient(self, x: Any, t: Any) -> Mapping[str, Any]:
        """By backpropagation."""

    def numerical_gradient(self, x: Any, t: Any) -> Mapping[str, Any]:
        """By differences."""


def gradient_check(network: Checkable, x: Any, t: Any, file: TextIO | None = None) -> dict[str, float]:
    """Print, for each parameter, the mean absolute difference between both gradients of a network.

    Dropout is off meanwhile. Where the network can also go back layer by layer (``layer_gradient(x, t)``), with the
    ``backward`` of each layer, that gradient is compared as well, and the larger difference counts.

    Args:
        network: has ``gradient(x, t)`` and ``numerical_gradient(x, t)``, each a dict of arrays by parameter.
        x: inputs, as the network takes them.
        t: answers.
        file: where to print; standard output where left out.

    Returns:
        The differences by parameter. Its attribute ``kinks`` names those whose difference all but goes away with a
        smaller step: there the numerical gradient steps over the kink of a ReLU, and the network may be right.

    Raises:
        TypeError: if the network has not these methods.
        ValueError: if the gradients do not have the same parameters and shapes.

    Source: "Deep Learning from Scratch" (Saitoh), chapter 5, gradient_check.py.

    >>> class Line:
    ...     def gradient(self, x, t):
    ...         return {"W": np.array([2.0, 4.0])}
    ...     def numerical_gradient(self, x, t):
    ...         return {"W": np.array([2.0, 4.5])}
    >>> gradient_check(Line(), None, None)
    W:0.25
    {'W': 0.25}
    """
    for method in ("gradient", "numerical_gradient"):
        if not callable(getattr(network, method, None)):
            raise TypeError(f"gradient_check() needs a network with {method}(x, t), not {shown(network)}")
    with _without_dropout(network):
        numerical = network.numerical_gradient(x, t)
        differences = _differences(network.gradient(x, t), numerical)
        layers = getattr(network, "layers", {})
        if hasattr(network, "layer_gradient") and all(hasattr(layer, "backward") for layer in layers.values()):
            by_layers = _differences(network.layer_gradient(x, t), numerical)
            differences = {name: max(difference, by_layers[name]) for name, difference in differences.items()}
        kinks = _over_kinks(network, x, t, differences)
    for name, difference in differences.items():
        closer = f" (a step over a kink; with h={CLOSER}: {kinks[name]})" if name in kinks else ""
        print(f"{name}:{difference}{closer}", file=file)
    return Differences(differences, kinks)


CLOSER = 1e-6
"""A step that seldom reaches a kink; rounding is a hundred times what it is with the book's 1e-4."""


class Differences(dict[str, float]):
    """The differences of :func:`gradient_check`.

    Attributes:
        kinks: for parameters whose numerical gradient stepped over a kink, the difference with a smaller step.
    """

    def __init__(self, differences: Mapping[str, float], kinks: Mapping[str, float]) -> None:
        super().__init__(differences)
        self.kinks = dict(kinks)


def _over_kinks(network: Any, x: Any, t: Any, differences: Mapping[str, float]) -> dict[str, float]:
    """The parameters whose difference shrinks to a hundredth with a smaller step, where the network takes one."""
    large = [name for name, difference in differences.items() if difference > 1e-7]
    if not large or "h" not in signature(network.numerical_gradient).parameters:
        return {}
    closer = _differences(network.gradient(x, t), network.numerical_gradient(x, t, h=CLOSER))
    return {name: closer[name] for name in large if closer[name] < differences[name] / 100}


def _differences(analytic: Mapping[str, Any], numerical: Mapping[str, Any]) -> dict[str, float]:
    """The mean absolute difference for each parameter."""
    if analytic.keys() != numerical.keys():
        raise ValueError(
            f"the gradients are of different parameters: {', '.join(analytic)} and {', '.join(numerical)}; "
            "expected the same of gradient() and numerical_gradient()"
        )
    differences = {}
    for name in analytic:
        a, b = (floats(gradients[name], f"the gradient of {name}") for gradients in (analytic, numerical))
        if a.shape != b.shape:
            raise ValueError(f"the gradients of {name} have the shapes {a.shape} and {b.shape}; expected the same")
        differences[name] = float(np.mean(np.abs(a - b))) if a.size else 0.0
    return differences


@contextmanager
def _without_dropout(network: Any) -> Iterator[None]:
    """What is checked has to be the same at every call."""
    before = getattr(network, "is_training", None)
    if before:
        network.is_training = False
    try:
        yield
    finally:
        if before:
            network.is_training = before
