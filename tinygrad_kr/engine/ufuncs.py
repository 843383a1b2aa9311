"""NumPy's functions on Values, on arrays of them, and on both with numbers, whichever comes first.

NumPy hands a call to :func:`call` where a Value, or an array that was made of Values, is among the arguments. What the
table has is computed by the table, and plain numbers in between are constants; everything else is left to NumPy, which
calls Python's operators element by element.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from ..text.numerals import is_of_another_load, shown
from .arrays import numbers_of
from .names import FUNCTIONS
from .operands import elementwise, is_array
from .ops import TABLE
from .row_functions import function_of
from .value import Value

__all__ = ["ValueArray", "array", "call"]


class ValueArray(np.ndarray[Any, np.dtype[np.object_]]):
    """An array that was made of Values: a NumPy array whose functions take plain numbers in it as constants.

    >>> v = Value.array([3.0, 4.0])
    >>> np.exp(np.maximum(v, 3.5)), np.hypot(np.array([4.0, 3.0]), v)
    (array([33.11545195869231, Value(54.5981500331)], dtype=object), array([Value(5), Value(5)], dtype=object))
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return call(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        ours = _linear_algebra().get(function)
        if ours is not None and not options:
            return ours(*args)
        with _explained(function):
            return _marked(super().__array_function__(function, types, args, options))

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def array(numbers: Any, name: str | None = None) -> ValueArray:
    """A NumPy array of leaves; see :meth:`tinygrad_kr.Value.array`."""
    source = np.asarray(numbers)
    if source.dtype.kind not in "biufO":
        raise TypeError(f"Value.array() needs real numbers, not an array of {source.dtype}: {shown(numbers)}")
    leaves = np.empty(source.shape, dtype=object)
    for place, number in np.ndenumerate(source):
        label = f"{name}[{', '.join(map(str, place))}]" if name is not None and place else name
        leaves[place] = Value(number, label)
    return leaves.view(ValueArray)


def call(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """A call of one of NumPy's functions that has Values among its inputs.

    Args:
        ufunc: the function.
        method: how it is called: ``"__call__"``, or ``"reduce"`` and its like.
        inputs, options: the arguments.

    Raises:
        TypeError: if neither the table nor NumPy can compute it.
    """
    for given in inputs:
        if is_of_another_load(type(given)):  # which would hand the call back
            raise TypeError(f"{ufunc.__name__}() can't compute with {shown(given)}")
    if ufunc.__name__ in _ABOUT_NUMBERS:
        return getattr(ufunc, method)(*map(_numbers, inputs), **options)
    function = _functions().get(ufunc.__name__)
    if ufunc.__name__ == "divmod" and method == "__call__" and not options:
        return call(np.floor_divide, method, inputs, {}), call(np.remainder, method, inputs, {})
    if function is not None and method == "__call__" and not options:
        return _marked(elementwise(function, *map(_plain, inputs))) if any(map(is_array, inputs)) else function(*inputs)
    if "out" in options:
        options["out"] = tuple(map(_plain, options["out"]))
    if function is not None:
        ufunc = np.frompyfunc(function, ufunc.nin, 1)  # np.hypot.reduce and its like
    with _explained(ufunc):
        result = getattr(ufunc, method)(*map(_plain, inputs), **options)
    return tuple(map(_marked, result)) if isinstance(result, tuple) else _marked(result)


_ABOUT_NUMBERS = ("isfinite", "isinf", "isnan", "signbit")
"""Functions that ask something of numbers, and pass no derivative."""


@contextmanager
def _explained(function: Any) -> Iterator[None]:
    """Say in a sentence that one of NumPy's functions asks of Values what only its own numbers can do."""
    try:
        yield
    except (TypeError, AttributeError) as error:
        if any(sign in str(error) for sign in _NUMPYS_OWN):
            raise TypeError(
                f"{function.__name__}() can't compute with Values; tinygrad_kr has {', '.join(sorted(_functions()))}"
            ) from None
        raise


_NUMPYS_OWN = ("not supported for the input types", "has no callable", "'Value' object has no attribute")
"""What NumPy's errors say there."""


def _numbers(given: Any) -> Any:
    """An argument as numbers."""
    if isinstance(given, Value):
        return given.data
    return numbers_of(given.view(np.ndarray)) if isinstance(given, ValueArray) else given


def _plain(given: Any) -> Any:
    """An argument as NumPy itself takes it: a Value as an array without dimensions."""
    if isinstance(given, Value):
        array = np.empty((), dtype=object)
        array[()] = given
        return array
    return given.view(np.ndarray) if isinstance(given, ValueArray) else given


def _marked(result: Any) -> Any:
    is_plain = type(result) is np.ndarray and result.dtype == np.object_
    return result.view(ValueArray) if is_plain else result


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    """What NumPy's functions (and SciPy's of the same names) are on single Values and numbers."""
    compared = {"minimum", "maximum", "sign", "floor", "ceil"}  # NumPy chooses one, or gives a number
    rows = {TABLE[name].numpy or name: function_of(name) for name in FUNCTIONS}
    rows = {name: function for name, function in rows.items() if name not in compared}
    degrees = {name: lambda x: x * (180 / math.pi) for name in ("degrees", "rad2deg")}
    radians = {name: lambda x: x * (math.pi / 180) for name in ("radians", "deg2rad")}
    rest = {
        "float_power": function_of("pow"),
        "fmod": _fmod,
        "expit": function_of("sigmoid"),
        "log_expit": function_of("log_sigmoid"),
        "huber": lambda delta, x: function_of("huber")(x, delta),
    }
    return rows | degrees | radians | rest


@cache
def _linear_algebra() -> dict[Callable[..., Any], Callable[..., Any]]:
    """What NumPy leaves to LAPACK, which knows floats only."""
    from . import linear

    return {np.linalg.solve: linear.solve, np.linalg.det: linear.det, np.linalg.inv: linear.inv}


def _number(operand: Any) -> float:
    return float(operand.data if isinstance(operand, Value) else operand)


def _fmod(x: Any, y: Any) -> Any:
    """The remainder with the sign of x, as C's fmod: x − y·trunc(x / y)."""
    rest = x % y
    return rest if _number(rest) == 0 or (_number(x) < 0) == (_number(y) < 0) else rest - y
