"""The functions that a row of the table says all about: how they are made of it, documentation included."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from ..text.numerals import numeral, shown
from .formula import to_text
from .kernels import kernel
from .names import PUBLIC
from .operands import by_rows, elementwise, is_array, is_batch, pair, result_of
from .ops import TABLE, Op
from .value import Value, apply, binary, unary

__all__ = ["function_of"]


@cache
def function_of(name: str) -> Any:
    """Make the function of a row that says all about it."""
    op = TABLE[name]
    make = _of_families if op.variadic else (_unary, _binary, _ternary)[len(op.inputs) - 1]
    function = make(op)
    if op.keywords:
        function = _with_keywords(op, function)
    if op.choice:
        function = _with_choice(op, function)
    function.__name__ = function.__qualname__ = PUBLIC.get(name, name)
    function.__module__ = f"{__package__}.functions"  # where pickles look for it
    function.__doc__ = _documentation(op, function.__name__)
    return function


def _unary(op: Op) -> Any:
    method = getattr(Value, op.name, None) or unary(op.name)

    def function(x: Any) -> Any:
        if x.__class__ is Value:
            return method(x)
        return _over_arrays(op, function, x) if is_array(x) else result_of(op, (x,))

    return function


def _binary(op: Op) -> Any:
    record = binary(op.name)

    def function(x: Any, y: Any) -> Any:
        if x.__class__ is Value and y.__class__ in (Value, float):
            return record(x, y)
        return _over_arrays(op, function, x, y) if is_array(x) or is_array(y) else result_of(op, (x, y))

    return function


def _ternary(op: Op) -> Any:
    def function(x: Any, y: Any, z: Any) -> Any:
        ours = is_array(x) or is_array(y) or is_array(z)
        return _over_arrays(op, function, x, y, z) if ours else result_of(op, (x, y, z))

    return function


def _of_families(op: Op) -> Any:
    """The function of a row with two families: of arrays, one result for each row."""

    def function(xs: Any, ys: Any) -> Any:
        if is_batch(xs) or is_batch(ys):
            return by_rows(function, xs, ys)
        return result_of(op, pair(op.name, xs, ys))

    return function


def _with_keywords(op: Op, function: Callable[..., Any]) -> Any:
    """The function with the names and the numbers that the row has for its last inputs."""
    first = op.inputs[: -len(op.keywords)]
    names = (*first, *(name for name, _ in op.keywords))
    taken = (*first, *(f"{name}={default!r}" for name, default in op.keywords))
    made: dict[str, Any] = {"function": function, "inf": math.inf}
    exec(f"def call({', '.join(taken)}): return function({', '.join(names)})", made)  # the table's own names
    return made["call"]


def _with_choice(op: Op, plain: Callable[..., Any]) -> Any:
    """The function with a keyword that chooses among rows."""
    assert op.choice
    keyword, rows = op.choice
    functions = {word: plain if name == op.name else function_of(name) for word, name in rows.items()}

    def choose(x: Any, word: Any) -> Any:
        if not isinstance(word, str) or word not in functions:
            words = " or ".join(map(repr, functions))
            raise ValueError(f"{op.name}() takes {keyword}={words}, not {shown(word)}")
        return functions[word](x)

    made: dict[str, Any] = {"choose": choose}
    exec(f"def call(x, {keyword}={next(iter(rows))!r}): return choose(x, {keyword})", made)
    return made["call"]


def _documentation(op: Op, name: str) -> str:
    """The docstring that a row holds."""
    families = op.variables if op.variadic else ()
    partials = "; ".join(
        f"∂/∂{to_text(x, families)}: {to_text(partial, families)}" for x, partial in zip(op.variables, op.partials)
    )
    domain = f"; defined for {to_text(op.domain, families)}" if op.domain else ""
    if op.variadic:
        arguments = f"{', '.join(op.variables)}: Values and real numbers, as many in one as in the other{domain}; " + (
            "or arrays of one\n            shape, whose rows are taken one by one, along the last axis."
        )
        example = ", ".join(["[0.5, 0.5]", "[0.25, 0.75]"])
        errors = "TypeError: if an operand is not a real number.\n        ValueError: if lengths or shapes differ."
        result = apply(op, [0.5, 0.5, 0.25, 0.75]).data
    else:
        first = op.inputs[: len(op.inputs) - len(op.keywords)]
        arguments = f"{', '.join(first)}: a Value, a real number, or an array of either{domain}."
        for letter, (keyword, default) in zip(op.inputs[len(first) :], op.keywords):
            arguments += f"\n        {keyword}: the {letter} of the formula, {numeral(default)} where it is left out; "
            arguments += "differentiated too, if it is a Value."
        if op.choice:
            arguments += f"\n        {op.choice[0]}: {' or '.join(map(repr, op.choice[1]))}."
        errors = "TypeError: if an argument is not a real number."
        numbers = [2.0 if op.domain == "x >= 1" else 0.5, 2.0][: len(first)]
        example = ", ".join(map(str, numbers))
        result = apply(op, [*numbers, *(default for _, default in op.keywords)]).data
    return f"""{op.en[0].upper()}{op.en[1:]} ({op.ko}): {to_text(op.forward, families)}.

    Args:
        {arguments}

    Returns:
        A number for numbers; a recorded Value as soon as one argument is a Value. Where the result is
        inf or nan, as IEEE 754 has it, there is a RuntimeWarning (an error under ``strict()``).

    Raises:
        {errors}

    The derivative, from the table in ``ops.py``: {partials}.

    >>> {name}({example})
    {result!r}
    """


def _over_arrays(op: Op, function: Callable[..., Any], *arguments: Any) -> Any:
    """A row over arrays; those of floats without a node for each element."""
    import numpy as np

    if all(getattr(argument, "dtype", None) == np.float64 for argument in arguments):
        with np.errstate(all="ignore"):
            results = np.frompyfunc(kernel(op).forward, len(arguments), 1)(*arguments).astype(float)
        if np.isfinite(results).all():  # otherwise element by element, to report what is inf or nan
            return results
    return elementwise(function, *arguments)
