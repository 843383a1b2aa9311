"""What functions are given: numbers, Values, sequences and arrays of them; and results of the same kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..text.numerals import shown
from .ops import Op
from .value import Number, Value, apply

__all__ = [
    "by_rows", "elementwise", "has_value", "is_array", "is_batch", "listed", "numbers_in", "of_values", "pair",
    "result_of",
]  # fmt: skip


def result_of(op: Op, operands: Sequence[Number]) -> Any:
    """A Value if any operand is one, otherwise a number."""
    result = apply(op, operands)
    return result if has_value(operands) else result.data


def has_value(things: Iterable[object]) -> bool:
    """Whether any of some things is a Value.

    >>> has_value([1.0, 2.0]), has_value([1.0, Value(2.0)])
    (False, True)
    """
    for thing in things:  # noqa: SIM110  # any() of a generator takes three times as long
        if isinstance(thing, Value):
            return True
    return False


def listed(operands: Iterable[Number]) -> list[Number]:
    """The operands as a list; those of an array row by row.

    >>> listed((1.0, 2.0))
    [1.0, 2.0]
    """
    return list(getattr(operands, "flat", operands))


def numbers_in(name: str, operands: Iterable[Number]) -> list[Number]:
    """The same, where they have to be numbers.

    Args:
        name: the function that asks, as messages say it.
        operands: what it is given.

    Raises:
        TypeError: if it is no sequence, or one of sequences.

    >>> numbers_in("mean", (1.0, 2.0))
    [1.0, 2.0]
    """
    if not hasattr(operands, "__iter__"):
        raise TypeError(f"{name}() needs a sequence of numbers, not the {type(operands).__name__} {shown(operands)}")
    flat = listed(operands)
    if flat and isinstance(flat[0], (list, tuple)):
        raise TypeError(f"{name}() needs numbers, not the {type(flat[0]).__name__} {shown(flat[0])}; give np.array(…)")
    return flat


def pair(name: str, xs: Iterable[Number], ys: Iterable[Number]) -> list[Number]:
    """The operands of two families, one after the other.

    Raises:
        TypeError: as :func:`numbers_in`.
        ValueError: if there are not as many in one as in the other.

    >>> pair("dot", [1.0, 2.0], [3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]
    """
    a, b = numbers_in(name, xs), numbers_in(name, ys)
    if len(a) != len(b):
        raise ValueError(f"{name}() needs two sequences of one length, not {len(a)} and {len(b)} operands")
    return a + b


def is_batch(operands: object) -> bool:
    """Whether it is an array of rows."""
    return getattr(operands, "ndim", 1) > 1


def by_rows(function: Callable[..., Any], *arrays: Any, keeps: bool = False) -> Any:
    """A function of vectors over the rows of arrays, along their last axis, which the result ``keeps`` or loses."""
    import numpy as np

    batches = [np.asarray(array) for array in arrays]
    shapes = [batch.shape for batch in batches]
    if shapes != shapes[:1] * len(shapes):
        raise ValueError(f"{function.__name__}() needs two arrays of one shape, not {shapes[0]} and {shapes[1]}")
    rows = zip(*(batch.reshape(math.prod(batch.shape[:-1]), batch.shape[-1]).tolist() for batch in batches))
    results = [function(*row) for row in rows]
    is_ours = any(has_value(batch.flat) for batch in batches if batch.dtype == object)
    array = np.array(results, dtype=object if is_ours else float).reshape(shapes[0] if keeps else shapes[0][:-1])
    return of_values(array) if is_ours else array


def is_array(argument: object) -> bool:
    """Whether an argument is an array with dimensions, whose elements are taken one by one."""
    return hasattr(argument, "__array_ufunc__") and getattr(argument, "ndim", 0) > 0


def elementwise(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function over arrays, element by element; an array of floats where every result is one."""
    import numpy as np

    with np.errstate(all="ignore"):  # an operation reports an inf or nan itself, naming its operands
        results = np.asarray(np.frompyfunc(function, len(arguments), 1)(*arguments))
    return of_values(results) if has_value(results.flat) else results.astype(float)


def of_values(array: Any) -> Any:
    """An array that was made of Values, as ``Value.array`` gives them."""
    return array.view(type(Value.array([])))
