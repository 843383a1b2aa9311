"""The functions that take more than a row says: any number of operands, a choice, what is Python's own.

A function of numbers returns a number; as soon as one argument is a Value, it records a node and
returns a Value. Arrays are taken element by element.

``functions.py`` gives each of them its name, and those that a row says all about (``row_functions.py``).

``abs``, ``max``, ``min``, ``pow`` and ``sum`` have the names of Python's own, which ``from tinygrad_kr import *``
replaces: what is neither a Value nor a float goes on to Python's own.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, overload

from ..text.numerals import shown
from . import modes
from .kernels import kernel
from .node import Family
from .operands import (
    by_rows,
    elementwise,
    has_value,
    is_array,
    is_batch,
    listed,
    numbers_in,
    of_values,
    pair,
    result_of,
)
from .ops import TABLE
from .row_functions import function_of
from .value import Constant, Number, Real, Value, apply, record


class Unary(Protocol):
    """A function of one input."""

    @overload
    def __call__(self, x: Value) -> Value: ...
    @overload
    def __call__(self, x: Real) -> float: ...


class Binary(Protocol):
    """A function of two inputs."""

    @overload
    def __call__(self, x: Value, y: Number) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Value) -> Value: ...
    @overload
    def __call__(self, x: Real, y: Real) -> float: ...


class Pair(Protocol):
    """A function of two sequences that belong together."""

    @overload
    def __call__(self, xs: Iterable[Value], ys: Iterable[Number]) -> Value: ...
    @overload
    def __call__(self, xs: Iterable[Number], ys: Iterable[Number]) -> Any: ...


# Any number of inputs: one node, however many operands


@overload
def abs(x: Value) -> Value: ...
@overload
def abs(x: float) -> float: ...
@overload
def abs(x: Any) -> Any: ...
def abs(x: Any) -> Any:
    """The absolute value; of what is neither a Value nor a float, Python's own.

    Args:
        x: a Value, a number, or an array of either.

    Raises:
        TypeError: if x is not a number.

    >>> abs(-2.0), abs(-2), abs(3 + 4j)
    (2.0, 2, 5.0)
    """
    ours = isinstance(x, (Value, float)) or is_array(x) or not hasattr(x, "__abs__")
    return function_of("abs")(x) if ours else builtins.abs(x)


@overload
def pow(base: Value, exp: Number) -> Value: ...
@overload
def pow(base: Real, exp: Value) -> Value: ...
@overload
def pow(base: Any, exp: Any, mod: Any = None) -> Any: ...
def pow(base: Any, exp: Any, mod: Any = None) -> Any:
    """The power; of what is neither a Value nor a float, Python's own.

    Args:
        base, exp: Values, numbers, or arrays of either.
        mod: for integers, what the power is taken modulo.

    Raises:
        TypeError: if an argument is not a number, or a Value where there is a ``mod``.

    >>> pow(2.0, 3), pow(2, 100), pow(3, -1, mod=7)
    (8.0, 1267650600228229401496703205376, 5)
    """
    if mod is not None:
        if has_value((base, exp, mod)):
            raise TypeError("pow() of a Value takes no third argument; write pow(x, y) % m")
        return builtins.pow(base, exp, mod)
    if any(isinstance(given, Value) or is_array(given) for given in (base, exp)) or _floats((base, exp)):
        return function_of("pow")(base, exp)
    return builtins.pow(base, exp)


@overload
def sum(operands: Iterable[Value], start: Number = 0) -> Value: ...
@overload
def sum(operands: Iterable[Any], start: Any = 0) -> Any: ...
def sum(operands: Iterable[Any], start: Any = 0) -> Any:
    """The sum of any number of operands, as one node; correctly rounded. Without Values and floats, Python's own.

    It is inf where the sum leaves the range on the way, as in NumPy and PyTorch, though the end may be finite.

    Args:
        operands: Values and numbers, or an array of them (of any shape).
        start: one operand more.

    Raises:
        TypeError: if operands can't be added.

    >>> sum([1.0, 2.0, 3.0]), sum([2**70, 1]), sum([[1], [2]], start=[])
    (6.0, 1180591620717411303425, [1, 2])
    """
    flat = listed(operands)
    all_of_them = flat if start.__class__ is int and start == 0 else [start, *flat]
    if hasattr(operands, "flat") or has_value(all_of_them) or _floats(all_of_them):
        return result_of(TABLE["sum"], all_of_them)
    return builtins.sum(flat, start)


@overload
def prod(operands: Iterable[Value]) -> Value: ...
@overload
def prod(operands: Iterable[float]) -> float: ...
@overload
def prod(operands: Iterable[Number]) -> Any: ...
def prod(operands: Iterable[Number]) -> Any:
    """The product of any number of operands, as one node.

    Args:
        operands: Values and real numbers, or an array of them.

    Raises:
        TypeError: if an operand is not a real number.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return result_of(TABLE["prod"], numbers_in("prod", operands))


@overload
def mean(operands: Iterable[Value]) -> Value: ...
@overload
def mean(operands: Iterable[float]) -> float: ...
@overload
def mean(operands: Iterable[Number]) -> Any: ...
def mean(operands: Iterable[Number]) -> Any:
    """The arithmetic mean of any number of operands, as one node; nan of none.

    Args:
        operands: Values and real numbers, or an array of them.

    Raises:
        TypeError: if an operand is not a real number.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return result_of(TABLE["mean"], numbers_in("mean", operands))


def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Any:
    """The dot product Σ xᵢyᵢ, as one node however long the vectors are; of matrices, one node an element.

    Args:
        xs, ys: Values and real numbers, as many in one as in the other; or arrays of them, of which at least
            one is a matrix: the columns of ``xs`` are then as many as the rows of ``ys``.

    Returns:
        A Value or a number; an array of them where an argument is a matrix.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if the lengths or the shapes don't go together.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    >>> dot(Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W"))
    array([Value(9), Value(12), Value(15)], dtype=object)
    """
    if getattr(xs, "ndim", 1) > 1 or getattr(ys, "ndim", 1) > 1:
        return _matrix_product(xs, ys)
    return result_of(TABLE["dot"], pair("dot", xs, ys))


@overload
def logsumexp(operands: Iterable[Value]) -> Value: ...
@overload
def logsumexp(operands: Iterable[float]) -> float: ...
@overload
def logsumexp(operands: Iterable[Number]) -> Any: ...
def logsumexp(operands: Iterable[Number]) -> Any:
    """log Σ exp(xᵢ), as one node, without overflow; of an array, one for each of its rows.

    Args:
        operands: Values and real numbers, at least one; of an array the rows along its last axis.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if there is none.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    if is_batch(operands):
        return by_rows(logsumexp, operands)
    return result_of(TABLE["logsumexp"], _some("logsumexp", operands))


@overload
def softmax(operands: Iterable[Value]) -> list[Value]: ...
@overload
def softmax(operands: Iterable[float]) -> list[float]: ...
@overload
def softmax(operands: Iterable[Number]) -> Any: ...
def softmax(operands: Iterable[Number]) -> Any:
    """exp(xₖ) / Σ exp(xᵢ) for every k: one node a class, without overflow.

    Args:
        operands: the scores: Values and real numbers, at least one; of an array the rows along its last axis.

    Returns:
        A list as long as the scores, which adds up to 1; for an array with rows, such an array.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if there is none.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    return _outputs(softmax, operands)


@overload
def log_softmax(operands: Iterable[Value]) -> list[Value]: ...
@overload
def log_softmax(operands: Iterable[float]) -> list[float]: ...
@overload
def log_softmax(operands: Iterable[Number]) -> Any: ...
def log_softmax(operands: Iterable[Number]) -> Any:
    """xₖ − log Σ exp(xᵢ) for every k, the logarithm of the softmax: right also where that is 0 or 1 in a float.

    Args:
        operands: the scores: Values and real numbers, at least one; of an array the rows along its last axis.

    Returns:
        A list as long as the scores; for an array with rows, such an array.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if there is none.

    >>> log_softmax([1000.0, 1000.0]), log_softmax([0.0, -800.0])
    ([-0.6931471805599453, -0.6931471805599453], [0.0, -800.0])
    """
    return _outputs(log_softmax, operands)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, otherwise y: a recorded choice.

    The derivative flows to what was chosen only. What was not chosen is in the graph as a constant: whatever its own
    derivative is, inf or nan, it does not reach the result (in PyTorch 0 · inf makes it nan).

    Args:
        condition: a bool, a number or a Value (which hold unless they are 0), or an array of them.
        x, y: Values, real numbers, or arrays of either.

    Raises:
        TypeError: if x or y is not a real number, or the condition neither a number nor a bool; a list is no array.

    >>> a = Value(0.0, "a")
    >>> y = where(a > 0, a.sqrt(), 2 * a)
    >>> y.backward()
    >>> y, a.grad
    (Value(0, grad=1), 2.0)
    """
    if is_array(condition) or is_array(x) or is_array(y):
        return elementwise(where, condition, x, y)
    for given in (condition, x, y):
        if isinstance(given, (list, tuple)):
            raise TypeError(
                f"where() needs numbers or arrays, not the {type(given).__name__} {shown(given)}; use np.array(...)"
            )
    if modes.watch is not None and modes.watch.keeps_both(condition):
        return apply(TABLE["where"], (condition, x, y))
    holds = condition.detach() if isinstance(condition, Value) else Constant(condition)
    chosen = holds.data != 0.0
    kept = [branch.detach() if isinstance(branch, Value) and not taken else branch
            for branch, taken in ((x, chosen), (y, not chosen))]  # fmt: skip
    result = apply(TABLE["where"], (holds, *kept))
    return result if has_value((condition, x, y)) else result.data


def max(*operands: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """The largest operand; equal ones share the derivative (½ each), as in PyTorch.

    Where there is neither a Value nor a float, it is Python's own.

    Args:
        operands: the operands, or an iterable of all of them.
        key: what to compare instead of the operands; the chosen operand is returned as it is.
        default: what to return if an iterable has none.

    Raises:
        TypeError: if operands can't be compared.
        ValueError: if there is none, and no default.

    >>> max(1.0, 3.0, 2.0), max([4.0]), max("ab", "c", key=len)
    (3.0, 4.0, 'ab')
    """
    return _extreme("max", builtins.max, operands, key, default)


def min(*operands: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """The smallest operand; equal ones share the derivative (½ each), as in PyTorch.

    Where there is neither a Value nor a float, it is Python's own.

    Args:
        operands: the operands, or an iterable of all of them.
        key: what to compare instead of the operands; the chosen operand is returned as it is.
        default: what to return if an iterable has none.

    Raises:
        TypeError: if operands can't be compared.
        ValueError: if there is none, and no default.

    >>> min(1.0, 3.0, 2.0), min([4.0]), min([], default=0)
    (1.0, 4.0, 0)
    """
    return _extreme("min", builtins.min, operands, key, default)


# ── What they have in common ──────────────────────────────────────────────────────────────────────────


def _some(name: str, operands: Iterable[Number]) -> list[Number]:
    flat = numbers_in(name, operands)
    if not flat:
        raise ValueError(f"{name}() needs at least one operand, but got none")
    return flat


def _outputs(function: Callable[..., Any], operands: Iterable[Number]) -> Any:
    """What the function of a row with one output a class returns."""
    if is_batch(operands):
        return by_rows(function, operands, keeps=True)
    scores = _some(function.__name__, operands)
    row, family = TABLE[function.__name__], _family(scores)
    numbers = kernel(row).outputs(family.numbers)
    is_ours = has_value(scores)
    if not is_ours and all(map(math.isfinite, numbers)):
        return numbers
    nodes = [record(row.output(k), (family,), z) for k, z in enumerate(numbers)]  # which reports an inf or nan
    return nodes if is_ours else numbers


def _family(operands: Iterable[Number]) -> Family:
    """A row or a column of a matrix, which takes part in many products."""
    return Family(tuple(operand if isinstance(operand, Value) else Constant(operand) for operand in operands))


def _matrix_product(xs: Any, ys: Any) -> Any:
    """The products of every row of one array with every column of the other."""
    import numpy as np

    a, b = np.asarray(xs), np.asarray(ys)
    if not (1 <= a.ndim <= 2 and 1 <= b.ndim <= 2 and a.shape[-1] == b.shape[0]):
        raise ValueError(
            f"dot() can't multiply the shapes {a.shape} and {b.shape}; it takes vectors and matrices, "
            "and the first has as many columns as the second has rows"
        )
    if not any(has_value(array.flat) for array in (a, b) if array.dtype == object):
        return a.astype(float) @ b.astype(float)
    rows = [_family(row) for row in np.atleast_2d(a).tolist()]
    columns = [_family(column) for column in (b if b.ndim == 2 else b[:, np.newaxis]).T.tolist()]
    products = np.empty((len(rows), len(columns)), dtype=object)
    for i, x in enumerate(rows):
        for j, y in enumerate(columns):
            products[i, j] = record(TABLE["dot"], (x, y))
    return of_values(products.reshape(a.shape[:-1] + b.shape[1:]))


def _floats(operands: Iterable[Any]) -> bool:
    """Whether they are real numbers that Python or NumPy holds, with a float among them: those the table computes."""
    kinds = {operand.__class__ for operand in operands}
    return all(issubclass(kind, (int, float)) or hasattr(kind, "dtype") for kind in kinds) and any(
        not issubclass(kind, int) for kind in kinds
    )


def _extreme(name: str, python: Callable[..., Any], operands: Sequence[Any], key: Any, default: dict[str, Any]) -> Any:
    """``max`` or ``min``: a fold where the table computes, and Python's own otherwise."""
    if len(operands) == 1 and hasattr(operands[0], "__iter__"):
        flat = listed(operands[0])  # once: a generator gives its operands one time only
        if not flat and not default:
            raise ValueError(f"{name}() needs at least one operand, but got none")
    elif len(operands) != 1 or not isinstance(operands[0], (Value, int, float)):
        flat = list(operands)
        if len(flat) < 2 or default:
            return python(*flat, key=key, **default)
    else:
        flat = list(operands)
    ours = any(isinstance(operand, Value) or is_array(operand) for operand in flat) or _floats(flat)
    if key is not None or not flat or not ours:
        return python(flat, key=key, **default)
    if default.keys() - {"default"}:
        return python(flat, **default)  # says which keyword it does not know
    function, result = function_of(name), flat[0]
    for operand in flat[1:]:
        result = function(result, operand)
    return result
