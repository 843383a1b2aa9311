"""Gradients in tests: an assertion whose message shows what is wrong (``failures.py``)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..text.numerals import shown
from .failures import Gradient, any_compared, fail_if_nothing_compared, fail_if_wrong
from .programs import Expression

__all__ = ["Gradient", "assert_gradients"]


def assert_gradients(f: Callable[..., Any], *xs: Any, gradient: Gradient = None, tolerance: float = 0.0) -> None:
    """Fail unless the gradient of f agrees with numerical derivatives.

    What is at a kink does not fail, nor does what can't be compared, unless it is all that there is at xs (of points
    that hypothesis draws, it draws others).

    Args:
        f: a function of Values, or an :class:`~tinygrad_kr.checking.programs.Expression`, which has numbers of its own.
        xs: where to check, as for :func:`tinygrad_kr.check_gradients`. Where left out, f is tried at many random
            points, as by :func:`tinygrad_kr.checking.properties.gradient_property` (with hypothesis).
        gradient: for functions of numbers, from any library: a function that returns the gradient, or True if f itself
            returns (value, gradient). Of several xs the gradient is a sequence with a part for each.
        tolerance: a relative difference that is right all the same.

    Raises:
        AssertionError: if a derivative is wrong, or none can be compared. The message has both numbers, the code, and
            the smallest graph that is wrong: where a single operation has a wrong derivative, only that.
        TypeError: if f is not a function.
        TypeError, ValueError: as :func:`tinygrad_kr.check_gradients`.

    >>> import tinygrad_kr as tg
    >>> assert_gradients(lambda x, y: x * tg.exp(y), 2.0, 1.0)
    >>> assert_gradients(lambda x: (x**2, 3 * x), 2.0, gradient=True)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: 1 of 1 input differs: ∂f/∂x is 6 but should be 4 ± ...
    <BLANKLINE>
        at x = 2
    """
    __tracebackhide__ = True
    if not callable(f):
        raise TypeError(f"assert_gradients() needs a function of Values (or an expression), not {shown(f)}")
    if isinstance(f, Expression) and not xs:  # numbers that nobody chose
        fail_if_wrong(f, f.leaves(), gradient, tolerance)
        return
    if not xs:
        from .properties import gradient_property

        gradient_property(gradient=gradient, tolerance=tolerance)(f)()
        return
    report = fail_if_wrong(f, xs, gradient, tolerance)
    if not any_compared(report):
        _reject_if_drawn()
    fail_if_nothing_compared(f, xs, report)


def _reject_if_drawn() -> None:
    """Inside a test of hypothesis nobody chose the point: it is to draw another one."""
    hypothesis = sys.modules.get("hypothesis")
    if hypothesis is not None and hypothesis.currently_in_test_context():
        hypothesis.reject()
