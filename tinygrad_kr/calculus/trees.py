"""Numbers in nested lists, tuples, dicts and arrays: taking them out, and putting others in their places."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import prod
from typing import Any, TypeAlias

from ..numerals import to_float
from ..value import Value

__all__ = ["filled", "is_array", "leaves", "units"]

Leaf: TypeAlias = "Value | float"
Shape: TypeAlias = "tuple[int, ...]"


def is_array(thing: object) -> bool:
    """Whether it is a NumPy array; where NumPy isn't loaded nothing is.

    >>> is_array([1.0])
    False
    """
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def leaves(tree: Any, use: str) -> list[Leaf]:
    """The Values and numbers in a tree, from the left; numbers become floats.

    Args:
        tree: a Value, a number, or lists, tuples, dicts and arrays of them, in one another.
        use: what it is for, as a message says it.

    Raises:
        TypeError: if there is anything else in it.

    >>> leaves({"a": [1, 2], "b": (3, Value(4))}, "f")
    [1.0, 2.0, 3.0, Value(4)]
    """
    if isinstance(tree, Value):
        return [tree]
    if isinstance(tree, dict):
        tree = tree.values()
    elif is_array(tree):
        tree = tree.flat
    elif not isinstance(tree, (list, tuple)):
        return [to_float(tree, use)]
    return [leaf for part in tree for leaf in leaves(part, use)]


def filled(tree: Any, numbers: Iterable[Leaf]) -> Any:
    """A tree of the same shape with other numbers; an array of floats where all of its numbers are floats.

    >>> filled({"a": [1, 2], "b": (3, 4)}, [5.0, 6.0, 7.0, 8.0])
    {'a': [5.0, 6.0], 'b': (7.0, 8.0)}
    """
    numbers = iter(numbers)
    return _rebuilt(tree, lambda part: array(numbers, part.shape) if is_array(part) else next(numbers))


def units(tree: Any, make: Callable[[list[int], Shape], Any]) -> Any:
    """The tree with each of its units replaced: a number, an array, or a list of numbers, which is a vector.

    Args:
        tree: as for :func:`leaves`.
        make: gets the places that the unit's numbers have among all leaves, and its shape.

    >>> units({"a": [1, 2], "b": 3}, lambda places, shape: (places, shape))
    {'a': ([0, 1], (2,)), 'b': ([2], ())}
    """
    places = iter(range(sys.maxsize))

    def replace(part: Any) -> Any:
        shape = part.shape if is_array(part) else (len(part),) if isinstance(part, list) else ()
        return make(list(islice(places, prod(shape))), shape)

    return _rebuilt(tree, replace, vectors=True)


def array(numbers: Iterator[Leaf], shape: Shape) -> Any:
    """An array of the next numbers.

    >>> array(iter([1.0, 2.0, 3.0]), (2,))
    array([1., 2.])
    """
    import numpy as np

    flat = list(islice(numbers, prod(shape)))
    result = np.empty(len(flat), dtype=object if any(isinstance(number, Value) for number in flat) else float)
    result[:] = flat
    return result.reshape(shape)


def _rebuilt(tree: Any, replace: Callable[[Any], Any], vectors: bool = False) -> Any:
    """The tree with its numbers and arrays (and, with ``vectors``, its lists of numbers) replaced from the left."""
    if isinstance(tree, dict):
        return {key: _rebuilt(part, replace, vectors) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        nested = any(isinstance(part, (list, tuple, dict)) or is_array(part) for part in tree)
        if isinstance(tree, tuple) or nested or not vectors:
            parts = [_rebuilt(part, replace, vectors) for part in tree]
            return tree._make(parts) if hasattr(tree, "_make") else tuple(parts) if isinstance(tree, tuple) else parts
    return replace(tree)
