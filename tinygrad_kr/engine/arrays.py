"""Arrays that people hand in: read, checked, and refused in one kind of sentence.

``as_array`` takes numbers and Values, ``floats`` takes both and keeps the numbers, ``real_array`` takes numbers only,
``classes`` takes the numbers of classes. Every message begins with the name that the caller gives.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ..text.numerals import numeral, shown, to_float
from .operands import has_value
from .value import Value

__all__ = [
    "Array", "as_array", "classes", "first_not_finite", "floats", "number_of", "numbers_of", "real_array",
    "refuse_not_finite",
]  # fmt: skip

Array: TypeAlias = Any
"""A number, a Value, or a NumPy array of either."""


def as_array(x: Array, name: str) -> Array:
    """One number or Value as it is; several as an array of floats, or of objects where there is a Value among them.

    Integers become floats, because those of NumPy start again at 0 when they grow too large.

    Args:
        x: numbers or Values, in arrays or lists.
        name: what they are or who asks, as the message says it.

    Raises:
        TypeError: if something else is there.
        ValueError: if the rows of a list are not equally long.

    >>> as_array([200, 255], "x")
    array([200., 255.])
    """
    if isinstance(x, (Value, int, float)):
        return x
    array = _rows(x, name)
    if array.dtype == object:
        elements = [element if isinstance(element, Value) else to_float(element, name) for element in array.flat]
        kind = object if has_value(elements) else float
        array = np.array(elements, dtype=kind).reshape(array.shape)
    elif array.dtype.kind in "biuf":
        array = array.astype(float, copy=False)
    else:
        raise TypeError(f"{name} needs numbers or Values, not the {type(x).__name__} {shown(x)}")
    return array if array.ndim else array[()]


def floats(x: Array, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A fresh array of the numbers in an array or nested sequence; of Values, theirs.

    Raises:
        TypeError, ValueError: as :func:`as_array`.

    >>> floats([[1, Value(2.0)]], "x")
    array([[1., 2.]])
    """
    return np.array(numbers_of(np.asarray(as_array(x, name))), dtype=float)


def real_array(x: Any, name: str, advice: str = "", error: type[Exception] | None = None) -> Array:
    """An array of real numbers, whose type stays; Values are refused.

    Args:
        x: the numbers, in an array or lists.
        name: what they are, as the message says it.
        advice: what the message adds.
        error: what is raised, whatever is wrong.

    Raises:
        TypeError: if something else is there.
        ValueError: if the rows of a list are not equally long.

    >>> real_array([1, 2], "x")
    array([1, 2])
    >>> real_array(["1"], "x", "convert it first")
    Traceback (most recent call last):
    TypeError: x needs real numbers, not ['1']; convert it first
    """
    array = _rows(x, name, error or ValueError)
    if array.dtype.kind not in "biuf":
        raise (error or TypeError)(f"{name} needs real numbers, not {shown(x)}{f'; {advice}' * bool(advice)}")
    return array


def classes(x: Any, name: str, count: int | None = None) -> np.ndarray[Any, np.dtype[np.intp]]:
    """The numbers of classes, of shape (N,).

    Args:
        x: whole numbers from 0.
        name: what they are, as the message says it.
        count: how many classes there are, if that is known.

    Raises:
        ValueError: if there is something else, or the number of no class.

    >>> classes([2, 0], "true", 3)
    array([2, 0])
    """
    array = real_array(x, name, error=ValueError)
    if array.ndim != 1 or (array.size and array.dtype.kind == "f"):
        raise ValueError(f"{name} needs the numbers of classes, whole ones of shape (N,), not {shown(x)}")
    outside = np.flatnonzero((array < 0) | (array >= (np.inf if count is None else count)))
    if outside.size:
        last = "" if count is None else f" to {count - 1}"
        raise ValueError(f"{name}[{outside[0]}] is class {array[outside[0]]}; expected from 0{last}")
    return np.asarray(array, dtype=np.intp)


def refuse_not_finite(array: Array, name: str, advice: str) -> None:
    """Refuse an array with nan or inf in it.

    Args:
        array: numbers.
        name: what they are, as the message says it.
        advice: what the message adds.

    Raises:
        ValueError: if one is not finite; the message says where.

    >>> refuse_not_finite(np.array([1.0, np.nan]), "x", "leave it out")
    Traceback (most recent call last):
    ValueError: x[1] is nan; leave it out
    """
    place = first_not_finite(array)
    if place is not None:
        raise ValueError(f"{name}{list(place) or ''} is {numeral(float(np.asarray(array)[place]))}; {advice}")


def first_not_finite(array: Array) -> tuple[int, ...] | None:
    """Where the first nan or inf of an array is, or None.

    >>> first_not_finite(np.array([[1.0, 2.0], [np.nan, np.inf]]))
    (1, 0)
    """
    finite = np.isfinite(array)
    if finite.all():
        return None
    return tuple(int(k) for k in np.unravel_index(int(np.argmin(finite)), finite.shape))


def number_of(value: Array) -> float:
    """The number of a Value, or a number.

    >>> number_of(Value(2.0)), number_of(3)
    (2.0, 3.0)
    """
    return value.data if isinstance(value, Value) else float(value)


def numbers_of(array: Array) -> Array:
    """The numbers of an array of Values; an array of numbers as it is.

    >>> numbers_of(Value.array([1.0, 2.0]))
    array([1., 2.])
    """
    if array.dtype != object:
        return array
    return np.array([number_of(x) for x in array.flat], dtype=float).reshape(array.shape)


def _rows(x: Any, name: str, error: type[Exception] = ValueError) -> np.ndarray[Any, np.dtype[Any]]:
    """The array that a list of lists makes."""
    try:
        return np.asarray(x)
    except ValueError:
        raise error(f"{name} needs rows of one length, not {shown(x)}") from None
