"""Higher derivatives of functions of one number: ``derivative`` and ``taylor``, by Taylor series."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, overload

from ..engine.value import Value
from ..text.numerals import shown
from .call import Call, check_function
from .derived import Derivative, Derived, Function
from .transforms import grad, value_and_grad
from .trees import is_array

__all__ = ["derivative", "taylor"]

HIGHEST = 1000
"""The highest order of :func:`derivative`: beyond it, n! outgrows any float, scaled or not."""


def derivative(f: Function, n: int = 1) -> Derivative:
    """The n-th derivative of a function of one number, from its Taylor series.

    Args:
        f: a function of one number that returns one number.
        n: how often it is differentiated; 0 is the function itself.

    Returns:
        A function x → f⁽ⁿ⁾(x).

    Raises:
        TypeError: if ``f`` can't be called, or does not return one real number, or ``n`` is not an int.
        ValueError: if ``n`` is negative, more than 1000, or too high for the series to nest.
        FloatingPointError: under ``strict()``, where a Taylor coefficient becomes inf or nan; otherwise that is a
            RuntimeWarning.

    >>> derivative(lambda x: x ** 5, 3)(2.0)
    240.0
    """
    check_function("derivative", f)
    _check_order("derivative", n)
    if n > HIGHEST:
        raise ValueError(f"derivative() computes derivatives up to the order {HIGHEST}, not {n}")
    # The largest power of 2 whose n-th power is below n!: so scaled, a coefficient is a float where the result is one.
    scale = 2 ** ((math.factorial(n).bit_length() - 1) // n) if n > 100 else 1

    def nth(x: Any) -> Any:
        return _series("derivative", f, x, n, scale)[n] * (math.factorial(n) / scale**n)

    return Derived(nth, derivative, f, n)


@overload
def taylor(f: Function, x: float, order: int) -> list[float]: ...
@overload
def taylor(f: Function, x: Value, order: int) -> list[Value]: ...
def taylor(f: Function, x: Any, order: int) -> list[Any]:
    """The coefficients f⁽ᵏ⁾(x)/k!, k = 0 … order, of a function's Taylor series.

    They are computed together, by the formulas of the table on power series: O(order²) for each operation. Where an
    operation has Python functions for partials (``@operation``), the function is differentiated order times instead.

    Args:
        f: a function of one number that returns one number.
        x: where it is expanded.
        order: the highest power.

    Returns:
        order + 1 coefficients.

    Raises:
        TypeError: if ``f`` can't be called, or does not return one real number, or ``order`` is not an int.
        ValueError: if ``order`` is negative, or too high for the series to nest.
        FloatingPointError: under ``strict()``, where a coefficient becomes inf or nan; otherwise that is a
            RuntimeWarning.

    >>> from tinygrad_kr import exp
    >>> taylor(exp, 0.0, 4)
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    check_function("taylor", f)
    _check_order("taylor", order)
    return _series("taylor", f, x, order, 1)


def _series(who: str, f: Function, x: Any, order: int, scale: int) -> list[Any]:
    """The coefficients of tᵏ, k = 0 … order, of f(x + scale · t)."""
    if isinstance(x, (list, tuple, dict)) or is_array(x):
        raise TypeError(f"{who}() expands functions of one number, not of {shown(x)}; use jacobian() or hessian()")
    call = Call(who, f, (x,), {}, 0, is_scalar=True)
    if call.has_python:
        return list(_differentiated(f, x, order, scale))
    try:
        return call.expand(order, scale)
    except RecursionError:
        raise ValueError(
            f"{who}() can't reach the order {order} of {call.name}(): its series nest too deep; use a lower order"
        ) from None


def _differentiated(f: Function, x: Any, order: int, scale: int) -> Iterator[Any]:
    """f⁽ᵏ⁾(x) · scaleᵏ/k! for every k, each the gradient of the one before."""
    for k in range(order + 1):
        if k:
            f = grad(f)
        yield (f(x) if k else value_and_grad(f)(x)[0]) / (math.factorial(k) / scale**k)


def _check_order(who: str, n: object) -> None:
    if not isinstance(n, int):
        raise TypeError(f"{who}() needs an int as order, not the {type(n).__name__} {shown(n)}")
    if n < 0:
        raise ValueError(f"{who}() needs an order of at least 0, not {n}")
