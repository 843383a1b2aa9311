"""What goes through layers: numbers, Values and arrays of either, one sample or a batch. Checked, named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..engine.arrays import Array, as_array
from ..engine.blocks import name_block, names_blocks
from ..engine.value import Constant, Value

__all__ = [
    "block_between", "constants", "each_row", "named", "over_classes", "pair", "refuse_empty", "samples", "summed_to",
    "values_in",
]  # fmt: skip


def pair(name: str, x: Array, y: Array) -> tuple[Array, Array]:
    """Two arrays whose shapes go together.

    >>> pair("MulLayer", [1, 2], 3)
    (array([1., 2.]), 3)
    """
    x, y = as_array(x, f"{name}.forward()"), as_array(y, f"{name}.forward()")
    try:
        np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        raise ValueError(
            f"{name}.forward() can't bring together the shapes {np.shape(x)} and {np.shape(y)}; expected one shape"
        ) from None
    return x, y


def samples(x: Array, where: str) -> Array:
    """One sample (K,) or a batch (N, K), with something in it.

    >>> samples([1, 2], "here")
    array([1., 2.])
    """
    x = as_array(x, where)
    if np.ndim(x) not in (1, 2):
        raise ValueError(f"{where} got x of shape {np.shape(x)}; expected (K,) for one sample or (N, K) for a batch")
    refuse_empty(x, where)
    return x


def refuse_empty(x: Array, where: str) -> None:
    """Refuse a batch without samples.

    >>> refuse_empty([1.0], "here")
    """
    if np.size(x) == 0:
        raise ValueError(f"{where} got an empty batch, of shape {np.shape(x)}; give at least one sample")


def each_row(function: Callable[[Sequence[Array]], Sequence[Array]], x: Array) -> Array:
    """A function of one sample, over a batch.

    >>> each_row(sorted, np.array([[2.0, 1.0], [3.0, 4.0]]))
    array([[1., 2.],
           [3., 4.]])
    """
    rows = [function(row) for row in np.atleast_2d(x).tolist()]
    return np.array(rows, dtype=object if x.dtype == object else float).reshape(x.shape)


def over_classes(x: Array) -> Array:
    """The sum of each row, which broadcasts over its classes again.

    >>> over_classes(np.array([[1.0, 2.0]]))
    array([[3.]])
    """
    return np.sum(x, axis=-1, keepdims=True)


def summed_to(derivative: Array, x: Array) -> Array:
    """A derivative in the shape of x: what was broadcast forward is summed backward.

    >>> summed_to(np.ones((2, 3)), np.zeros(3))
    array([2., 2., 2.])
    """
    shape = np.shape(x)
    if np.shape(derivative) == shape:
        return derivative
    extra = np.ndim(derivative) - len(shape)
    axes = tuple(range(extra)) + tuple(k + extra for k, length in enumerate(shape) if length == 1)
    summed = np.sum(derivative, axis=axes, keepdims=True)
    return summed.reshape(shape) if shape else summed.reshape(())[()]


def constants(x: Array, name: str = "") -> Array:
    """An array of nodes of the graph: numbers as constants, called ``t[0, 1]`` where a name is given.

    >>> constants([2.0, 3.0], "t")
    array([constant(2, name='t[0]'), constant(3, name='t[1]')], dtype=object)
    """
    nodes = np.empty(np.shape(x), dtype=object)
    nodes[...] = x
    for place, number in np.ndenumerate(nodes):
        if not isinstance(number, Value):
            nodes[place] = Constant(number, f"{name}{list(place)}" if name else None)
    return nodes


def block_between(title: str, inputs: Sequence[Array], outputs: Array) -> None:
    """Name the part of the graph between some arrays.

    >>> x = Value.array([1.0])
    >>> block_between("double", [x], x * 2)
    """
    if names_blocks():
        name_block(title, [value for array in inputs for value in values_in(array)], values_in(outputs))


def values_in(array: Array) -> list[Value]:
    """The Values in an array.

    >>> values_in([1.0, Value(2.0)]), values_in(3.0)
    ([Value(2)], [])
    """
    array = np.asarray(array)
    return [value for value in array.flat if isinstance(value, Value)] if array.dtype == object else []


def named(value: Array, name: str) -> Array:
    """Give a Value a name, unless somebody has.

    >>> named(named(Value(1.0), "x"), "y")
    Value(1, name='x')
    """
    if isinstance(value, Value) and value.name is None:
        value.name = name
    return value
