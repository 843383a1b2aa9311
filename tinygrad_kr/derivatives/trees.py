"""Numbers in nested lists, tuples, dicts and arrays: taking them out, and putting others in their places."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from math import prod
from typing import Any, TypeAlias

from ..engine.operands import has_value
from ..engine.value import Value
from ..text.numerals import shown, to_float

__all__ = ["aligned", "filled", "frame", "is_array", "leaves", "mapped", "units"]

DEEPEST = 100
"""Lists in lists are taken to this depth."""

Leaf: TypeAlias = "Value | float"
Shape: TypeAlias = "tuple[int, ...]"


def is_array(thing: object) -> bool:
    """Whether it is a NumPy array; where NumPy isn't loaded nothing is.

    >>> is_array([1.0])
    False
    """
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def leaves(
    tree: Any, use: str, read: Callable[[object, str], float] = to_float, around: tuple[int, ...] = ()
) -> list[Leaf]:
    """The Values and numbers in a tree, from the left; numbers become floats.

    Args:
        tree: a Value, a number, or lists, tuples, dicts and arrays of them, in one another.
        use: what it is for, as a message says it.
        read: makes a float of a number.
        around: the identities of what the tree is in.

    Raises:
        TypeError: if there is anything else in it.
        ValueError: if it contains itself, or is nested too deep.

    >>> leaves({"a": [1, 2], "b": (3, Value(4))}, "f")
    [1.0, 2.0, 3.0, Value(4)]
    """
    if isinstance(tree, Value):
        return [tree]
    parts: Iterable[Any]
    if isinstance(tree, (list, tuple)):
        parts = tree
    elif isinstance(tree, dict):
        parts = tree.values()
    elif is_array(tree):
        if _is_masked(tree):
            raise TypeError(f"{use} can't be a masked array; use x.compressed() or x.filled(…), which has no mask")
        parts = tree.flat
    else:
        return [read(tree, use)]
    kind = type(tree).__name__
    if id(tree) in around:
        raise ValueError(f"{use} is the {kind} {shown(tree)}, which contains itself; give one that ends")
    if len(around) == DEEPEST:
        raise ValueError(f"{use} is nested more than {DEEPEST} deep, down to a {kind}; make it flatter")
    around = (*around, id(tree))
    return [leaf for part in parts for leaf in leaves(part, use, read, around)]


def aligned(tree: Any, like: Any, use: str) -> list[Leaf]:
    """The leaves of a tree in the order of another one, as which it has to be built.

    Args:
        tree: as for :func:`leaves`.
        like: the other. Lists, tuples and arrays may stand for each other; keys must be the same, in any order.
        use: what the tree is for, as a message says it.

    Raises:
        TypeError: as :func:`leaves`.
        ValueError: if it is built in another way.

    >>> aligned({"b": 2.0, "a": [1.0]}, {"a": (3.0,), "b": 4.0}, "f")
    [1.0, 2.0]
    """
    if isinstance(like, dict):
        if not isinstance(tree, dict) or tree.keys() != like.keys():
            raise ValueError(f"{use} needs a dict with the keys {shown([*like])}, not {_line(tree)}")
        return [leaf for key, part in like.items() for leaf in aligned(tree[key], part, use)]
    if _is_row(like):
        if not _is_row(tree) or len(tree) != len(like):
            count = f"{len(like)} entr{'y' if len(like) == 1 else 'ies'}"
            raise ValueError(f"{use} needs {count}, as {_line(like)} has, not {_line(tree)}")
        return [leaf for part, other in zip(tree, like) for leaf in aligned(part, other, use)]
    if _is_row(tree) or isinstance(tree, dict):
        raise ValueError(f"{use} needs one number there, not the {type(tree).__name__} {_line(tree)}")
    return leaves(tree, use)


def _line(tree: Any) -> str:
    """A tree for a message: an array's lines as one."""
    return " ".join(shown(tree).split())


def _is_row(tree: Any) -> bool:
    return isinstance(tree, (list, tuple)) or (is_array(tree) and tree.ndim > 0)


def _is_masked(array: Any) -> bool:
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(array, masked.MaskedArray)


def filled(tree: Any, numbers: Iterable[Leaf]) -> Any:
    """A tree of the same shape with other numbers; an array of floats where all of its numbers are floats.

    >>> filled({"a": [1, 2], "b": (3, 4)}, [5.0, 6.0, 7.0, 8.0])
    {'a': [5.0, 6.0], 'b': (7.0, 8.0)}
    """
    numbers = iter(numbers)
    return _rebuilt(tree, lambda part: array(numbers, part.shape) if is_array(part) else next(numbers))


def frame(tree: Any) -> Hashable:
    """How a tree is built, apart from its numbers.

    >>> frame({"a": [1, 2]}) == frame({"a": [3.0, Value(4)]}), frame([1]) == frame((1,))
    (True, False)
    """
    if isinstance(tree, dict):
        return dict, *((key, frame(part)) for key, part in tree.items())
    if isinstance(tree, (list, tuple)):
        return type(tree), *map(frame, tree)
    return tree.shape if is_array(tree) else None


def mapped(tree: Any, function: Callable[[Value], Leaf]) -> Any:
    """A tree with its Values replaced; everything else in it, of whatever kind, stays as it is.

    >>> mapped({"a": [Value(1.0), "text"], "b": None}, lambda value: value.data)
    {'a': [1.0, 'text'], 'b': None}
    """
    return _rebuilt(tree, lambda part: _replaced(part, function))


def _replaced(part: Any, function: Callable[[Value], Leaf]) -> Any:
    """A leaf or an array with its Values replaced."""
    if isinstance(part, Value):
        return function(part)
    if not is_array(part) or part.dtype != object:
        return part
    parts = [_replaced(element, function) for element in part.flat]
    if all(isinstance(element, float) for element in parts):
        return array(iter(parts), part.shape)
    other = part.copy()
    other.flat = parts
    return other


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
    result = np.empty(len(flat), dtype=object if has_value(flat) else float)
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
