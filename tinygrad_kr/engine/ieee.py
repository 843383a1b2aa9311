"""Real functions that never raise: IEEE 754 results, as PyTorch and NumPy give them.

Python's ``math`` raises where C answers ``inf`` or ``nan``. The engine runs on ``math`` and comes here
only after it raised, so these functions may be slow; they must be right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from math import copysign, inf, nan

__all__ = ["NAMES"]


def div(x: float, y: float) -> float:
    """x / y, with x/0 = ±inf and 0/0 = nan."""
    if y:
        return x / y
    return nan if x == 0 or x != x else copysign(inf, x) * copysign(1.0, y)


def mod(x: float, y: float) -> float:
    """Python's x % y, exact and with the sign of y; nan for x % 0."""
    return x % y if y else nan


def floordiv(x: float, y: float) -> float:
    """Python's x // y, from the exact remainder; as x / y for y = 0."""
    return x // y if y else div(x, y)


def power(x: float, y: float) -> float:
    """x ** y as C's pow: a negative base with a fractional exponent is nan, 0 ** negative is inf."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0 and math.fmod(y, 2) else inf
    except ValueError:
        if x == 0 and y < 0:
            return copysign(inf, x) if abs(math.fmod(y, 2)) == 1 else inf
        return nan


def log_at_zero(log: Callable[[float], float], zero: float) -> Callable[[float], float]:
    """A logarithm that is -inf where its argument is zero, and nan left of it."""

    def total(x: float) -> float:
        return -inf if x == zero else log(x) if x > zero else nan

    return total


def growing(f: Callable[[float], float], odd: bool = False) -> Callable[[float], float]:
    """A function whose overflow is inf (with the sign of x, if it is odd)."""

    def total(x: float) -> float:
        try:
            return f(x)
        except OverflowError:
            return copysign(inf, x) if odd else inf

    return total


def partial_domain(f: Callable[[float], float]) -> Callable[[float], float]:
    """A function that is nan outside its domain."""

    def total(x: float) -> float:
        try:
            return f(x)
        except ValueError:
            return nan

    return total


def atanh(x: float) -> float:
    """atanh with atanh(±1) = ±inf."""
    return copysign(inf, x) if abs(x) == 1 else math.atanh(x) if abs(x) < 1 else nan


def cbrt(x: float) -> float:
    """The real cube root. ``math.cbrt`` came with Python 3.11; one Newton step makes ** as good."""
    if x == 0 or x - x != 0:  # zeros, infinities and nan are their own cube roots
        return x
    root = copysign(abs(x) ** (1 / 3), x)
    return root - (root - x / (root * root)) / 3


def exp2(x: float) -> float:
    """2 to the x. ``math.exp2`` came with Python 3.11."""
    return math.pow(2.0, x)


def sign(x: float) -> float:
    """-1, 0 or 1; nan for nan."""
    return 1.0 if x > 0 else -1.0 if x < 0 else x


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow."""
    small = math.exp(-abs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)


def maximum(x: float, y: float) -> float:
    """The larger one; nan if either is."""
    return x + y if x != x or y != y else x if x >= y else y


def minimum(x: float, y: float) -> float:
    """The smaller one; nan if either is."""
    return x + y if x != x or y != y else x if x <= y else y


def floor(x: float) -> float:
    """The largest integer ≤ x, as a float; a zero has the sign of x."""
    return copysign(math.floor(x), x) if x - x == 0 else x


def ceil(x: float) -> float:
    """The smallest integer ≥ x, as a float; a zero has the sign of x."""
    return copysign(math.ceil(x), x) if x - x == 0 else x


def total_sum(terms: Iterable[float]) -> float:
    """The correctly rounded sum; the plain one where that overflows or meets infinities."""
    terms = list(terms)
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):
        total = 0.0  # sum() is a compensated one since Python 3.12
        for term in terms:
            total += term
        return total


def largest(terms: Iterable[float]) -> float:
    """The largest of the terms, -inf of none; nan if any is."""
    top = -inf
    for term in terms:
        if term != term:
            return term
        top = max(top, term)
    return top


def prod_of_others(terms: list[float]) -> list[float]:
    """For each term the product of all others, in two sweeps (no division: a zero is no trouble)."""
    before, after, left, right = [], [], 1.0, 1.0
    for term in terms:
        before.append(left)
        left *= term
    for term in reversed(terms):
        after.append(right)
        right *= term
    return [a * b for a, b in zip(before, reversed(after))]


# What a formula's names mean on floats. FAST may raise ValueError, OverflowError or ZeroDivisionError,
# and is right wherever it doesn't; TOTAL never raises.
_EXACT: dict[str, object] = {
    "abs": abs, "sign": sign, "sigmoid": sigmoid, "tanh": math.tanh, "atan": math.atan, "atan2": math.atan2,
    "asinh": math.asinh, "hypot": math.hypot, "erf": math.erf, "erfc": math.erfc, "min": minimum,
    "max": maximum, "floor": floor, "ceil": ceil, "cbrt": cbrt, "prod": math.prod, "prod_of_others": prod_of_others,
    "copysign": copysign, "largest": largest, "pi": math.pi, "inf": inf,
}  # fmt: skip
FAST: dict[str, object] = _EXACT | {
    "exp2": exp2, "pow": math.pow, "sum": math.fsum,
    **{name: getattr(math, name) for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos",
        "sinh", "cosh", "acosh", "atanh")},
}  # fmt: skip
TOTAL: dict[str, object] = _EXACT | {
    "div": div, "mod": mod, "floordiv": floordiv, "pow": power, "sum": total_sum, "atanh": atanh,
    "exp2": growing(exp2), "sinh": growing(math.sinh, odd=True), "log1p": log_at_zero(math.log1p, -1.0),
    **{name: growing(getattr(math, name)) for name in ("exp", "expm1", "cosh")},
    **{name: log_at_zero(getattr(math, name), 0.0) for name in ("log", "log2", "log10")},
    **{name: partial_domain(getattr(math, name)) for name in ("sqrt", "sin", "cos", "tan", "asin", "acos", "acosh")},
}  # fmt: skip
NAMES = tuple(TOTAL)
