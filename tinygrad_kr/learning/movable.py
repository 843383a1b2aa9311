"""What an optimizer can move: named arrays beside their gradients, or Values, which know theirs.

Both are read into the same :class:`Parameter`, so that an optimizer need not know which it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.arrays import real_array, refuse_not_finite
from ..engine.value import Value
from ..text.numerals import shown

__all__ = ["Array", "Parameter", "called", "movable"]

Array: TypeAlias = NDArray[np.float64]

NOTHING_CHANGED = "nothing was changed: look for what overflows in the loss, or make lr smaller"
START_FINITE = "nothing was changed: give it finite numbers"


@dataclass
class Parameter:
    """A parameter to be updated: what it is called, its numbers, its gradient, how a step is taken off, its range."""

    key: Hashable
    name: str
    data: Array
    grad: Array
    subtract: Callable[[Array], None]
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(float))


def movable(params: Any, grads: Any = None) -> list[Parameter]:
    """The parameters that are to be moved, read and checked; nothing is changed.

    Args:
        params: names and arrays; or, without ``grads``, Values.
        grads: for each name of ``params`` an array of the same shape.

    Raises:
        TypeError, ValueError: as :meth:`tinygrad_kr.learning.optimizers.Optimizer.update` says.

    >>> [W] = movable({"W": np.array([1.0, 2.0])}, {"W": [10, 0]})
    >>> W.name, W.data, W.grad
    ("params['W']", array([1., 2.]), array([10.,  0.]))
    """
    return _arrays(params, grads) if isinstance(params, Mapping) else _values(params, grads)


def _arrays(params: Mapping[str, Any], grads: Any) -> list[Parameter]:
    if not isinstance(params, MutableMapping):
        raise TypeError(f"update() needs params that can be set, such as a dict, not the {type(params).__name__}")
    if not isinstance(grads, Mapping):
        raise TypeError(f"update(params, grads) needs grads as names and arrays, not {shown(grads)}; give a dict")
    parameters = []
    for name in params:
        label = f"params[{name!r}]"
        if name not in grads:
            raise ValueError(
                f"grads has no {name!r}, but params has; grads has {', '.join(map(repr, grads)) or 'none'}"
            )
        array = params[name]
        data = real_array(array, label, "update(values) takes Values", TypeError).astype(float)
        grad = real_array(grads[name], f"grads[{name!r}]", "give the gradient's array", TypeError).astype(float)
        if data.shape != grad.shape:
            raise ValueError(
                f"{label} has the shape {data.shape}, but its gradient has {grad.shape}; they must be the same"
            )
        refuse_not_finite(data, label, START_FINITE)
        refuse_not_finite(grad, f"the gradient of {label}", NOTHING_CHANGED)
        dtype = array.dtype if _is_moved_in_place(array) else data.dtype
        parameters.append(Parameter(name, label, data, grad, _from_array(params, name, array), dtype))
    return parameters


def _is_moved_in_place(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.flags.writeable


def _from_array(params: MutableMapping[str, Any], name: str, array: Any) -> Callable[[Array], None]:
    in_place = _is_moved_in_place(array)

    def subtract(step: Array) -> None:
        if in_place:
            np.subtract(array, step, out=array)
        params[name] = array if in_place else array - step

    return subtract


def called(params: Any) -> dict[str, tuple[Hashable, tuple[int, ...]]]:
    """What a file calls the parameters, by what an optimizer knows each, and its shape: Values by their places.

    Args:
        params: as :func:`movable` takes them.

    Raises:
        TypeError: if they are something else.

    >>> called({"W": [[1.0, 2.0]]}), called([Value(3.0)])
    ({'W': ('W', (1, 2))}, {'0': (Value(3), ())})
    """
    if isinstance(params, Mapping):
        return {name: (name, np.shape(array)) for name, array in params.items()}
    return {str(place): (value, ()) for place, value in enumerate(_listed(params, "an optimizer"))}


def _listed(params: Any, who: str) -> list[Value]:
    """Values, in a list or an array."""
    if isinstance(params, Value) or not isinstance(params, Iterable):
        raise TypeError(f"{who} needs a dict of arrays, or a list of Values, not {shown(params)}")
    values = list(getattr(params, "flat", params))
    for place, value in enumerate(values):
        if not isinstance(value, Value):
            raise TypeError(f"{who} needs Values, but number {place} is the {type(value).__name__} {shown(value)}")
    return values


def _values(params: Any, grads: Any) -> list[Parameter]:
    if grads is not None:
        raise TypeError(
            f"update(params, grads) needs params as names and arrays, not {shown(params)}; "
            "give a dict, or Values alone, which know their gradients"
        )
    parameters: dict[Value, Parameter] = {}
    for place, value in enumerate(_listed(params, "update()")):
        if value.op is not None:
            raise ValueError(
                f"update() moves leaves, but number {place}, {value!r}, is the result of {value.op.name!r}; "
                "give the Values that it was computed from"
            )
        if value.grad is None:
            continue
        label = f"parameter {place}" if value.name is None else f"parameter {place} ({value.name})"
        data, grad = np.asarray(value.data), np.asarray(value.grad, dtype=float)
        refuse_not_finite(data, label, START_FINITE)
        refuse_not_finite(grad, f"the gradient of {label}", NOTHING_CHANGED)
        parameters[value] = Parameter(value, label, data, grad, _from_value(value))
    return list(parameters.values())


def _from_value(value: Value) -> Callable[[Array], None]:
    def subtract(step: Array) -> None:
        value.data -= float(step)

    return subtract
