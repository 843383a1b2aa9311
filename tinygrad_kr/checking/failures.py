"""The AssertionError of a gradient that is wrong: what is wrong, of what, where, and a picture of it."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from ..engine.graph import topological
from ..engine.value import Value
from ..text.numerals import numeral, shown
from .check import check_gradients
from .programs import Expression, Function, Step
from .report import GradientReport

__all__ = ["Gradient", "any_compared", "fail_if_nothing_compared", "fail_if_wrong"]

MOST = 40
"""Of more nodes than this, a graph is not drawn in a message."""

LINES = 20
"""Of more lines than this, a function's source is not shown."""

Gradient: TypeAlias = Callable[..., Any] | bool | None
"""The gradient of a function of numbers: a function, True if f returns it with its value, or nothing."""


def fail_if_wrong(f: Callable[..., Any], xs: Sequence[Any], gradient: Gradient, tolerance: float) -> GradientReport:
    """The report, or the AssertionError with the message of :func:`assert_gradients`."""
    __tracebackhide__ = True
    report = _checked(f, xs, gradient, tolerance)
    if not report:
        raise AssertionError(_message(f, xs, report, graph=gradient is None))
    return report


def fail_if_nothing_compared(f: Callable[..., Any], xs: Sequence[Any], report: GradientReport) -> None:
    """The AssertionError that no derivative can be compared, if that is so."""
    __tracebackhide__ = True
    if not any_compared(report):
        parts = [f"no derivative can be compared at this point: {report.summary}", _source_below(f), _at(xs, report)]
        raise AssertionError("\n\n".join(filter(None, parts)))


def any_compared(report: GradientReport) -> bool:
    """Whether anything was found out: a derivative was compared, or is at a kink."""
    return not report.rows or any(row.verdict != "inconclusive" for row in report.rows)


def _checked(f: Callable[..., Any], xs: Sequence[Any], gradient: Gradient, tolerance: float) -> GradientReport:
    __tracebackhide__ = True
    if gradient is None or gradient is False:
        return check_gradients(f, *xs, tolerance=tolerance)
    if gradient is True:
        return check_gradients(
            wraps(f)(lambda *args: _pair(f, args)[0]),
            *xs,
            gradient=lambda *args: _pair(f, args)[1],
            tolerance=tolerance,
        )
    return check_gradients(f, *xs, gradient=gradient, tolerance=tolerance)


def _pair(f: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, Any]:
    result = f(*args)
    if not isinstance(result, Sequence) or len(result) != 2:
        raise TypeError(f"with gradient=True, f returns (value, gradient), not {shown(result)}")
    return result[0], result[1]


# ── The message ───────────────────────────────────────────────────────────────────────────────────────


def _message(f: Callable[..., Any], xs: Sequence[Any], report: GradientReport, graph: bool) -> str:
    """What is wrong, of what, where, and a picture of it."""
    parts = [str(report) if len(report.rows) > 1 else report.summary]
    code = _source_below(f)
    if code:
        parts.append(code)
    if not isinstance(f, Expression):
        parts.append(_at(xs, report))
    output = _recorded(f, xs, report) if graph else None
    if output is not None:
        wrong = _wrong_operation(output)
        if wrong is not None and len(topological([output])) > len(wrong.variables) + len(wrong):
            row, output = wrong.steps[0].op.name, wrong.graph()
            parts.append(f"the derivative of {row} alone is wrong:\n\n{textwrap.indent(wrong.code, '    ')}")
        if len(topological([output])) <= MOST:
            output.backward()
            parts.append(output.draw().text())
    return "\n\n".join(parts)


def _source_below(f: Callable[..., Any]) -> str:
    return textwrap.indent(_source(f), "    ")


def _at(xs: Sequence[Any], report: GradientReport) -> str:
    return "    at " + ", ".join(_points(xs, report))


def _source(f: Callable[..., Any]) -> str:
    """The code of a function, where it can be had and is short."""
    if isinstance(f, Expression):
        return f.code
    if isinstance(f, Function):
        return repr(f)
    try:
        source = textwrap.dedent(inspect.getsource(f)).strip()
    except (OSError, TypeError):  # typed into a session, or written in C
        return ""
    return source if inspect.isfunction(f) and f.__name__ != "<lambda>" and source.count("\n") < LINES else ""


def _points(xs: Sequence[Any], report: GradientReport) -> list[str]:
    """The inputs with their numbers."""
    names = dict.fromkeys(row.input for row in report.rows)
    numbers = [_number(element) for x in xs for element in np.asarray(x, dtype=object).ravel()]
    points = [f"{name} = {numeral(number, digits=17)}" for name, number in zip(names, numbers)]
    return points if len(points) <= 8 else [*points[:8], f"… {len(points)} inputs"]


def _number(element: Any) -> float:
    return element.data if isinstance(element, Value) else float(element)


def _recorded(f: Callable[..., Any], xs: Sequence[Any], report: GradientReport) -> Value | None:
    """The graph of f, if it has one output."""
    names = iter(dict.fromkeys(row.input for row in report.rows))

    def leaves(x: Any) -> Any:
        elements = np.asarray(x, dtype=object)
        filled = np.empty(elements.shape, dtype=object)
        for place in np.ndindex(*elements.shape):
            filled[place] = Value(_number(elements[place]), next(names))
        return filled if filled.shape else filled.item()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        output = f(*map(leaves, xs))
    return output if isinstance(output, Value) else None


def _wrong_operation(output: Value) -> Expression | None:
    """The first operation of a graph whose own derivative is wrong, as an expression."""
    for node in topological([output])[:1000]:
        if node.op is not None:
            names = [f"x{k + 1}" for k in range(len(node.parents))] if len(node.parents) > 2 else ["x", "y"]
            places = range(len(node.parents))
            numbers = tuple(parent.data for parent in node.parents)
            alone = Expression(tuple(names[: len(places)]), numbers, (Step(node.op, tuple(places)),))
            if not check_gradients(alone, *alone.leaves()):
                return alone
    return None
