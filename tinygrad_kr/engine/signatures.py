"""What a Python function says of itself as an operation: the name of its row, and the variables."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..text.numerals import shown
from .formula import CONSTANTS, FUNCTIONS, REDUCTIONS
from .ops import TABLE

__all__ = ["parameters", "row_name"]


def row_name(function: Callable[..., Any], who: str = "operation") -> str:
    """The name that a function gives its row.

    Args:
        function: the function.
        who: what asks, as messages say it.

    Raises:
        TypeError: if it has none that is an identifier.
        ValueError: if the table has an operation of that name.

    >>> row_name(parameters)
    'parameters'
    """
    name = getattr(function, "__name__", "")
    if not callable(function) or not name.isidentifier():
        raise TypeError(f"{who}() decorates a function with a name, not {shown(function)}; write it with def")
    if name in TABLE or name in FUNCTIONS or name in REDUCTIONS or name in CONSTANTS:
        raise ValueError(f"the table has an operation {name!r} already; give the function another name")
    return name


def parameters(function: Callable[..., Any], who: str = "operation") -> tuple[str, ...]:
    """The names of a function's parameters, which are the variables of its row.

    Args:
        function: the function.
        who: what asks, as messages say it.

    Raises:
        TypeError: if it is not a function, there are no parameters, or some have a default or can be left out.
        ValueError: if a name has another meaning in formulas.

    >>> parameters(lambda x, y: x)
    ('x', 'y')
    """
    name = getattr(function, "__name__", type(function).__name__)
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # no function, or one of C without a signature
        raise TypeError(
            f"{who}() needs a function whose parameters are known, not the {type(function).__name__} "
            f"{shown(function)}; write it with def"
        ) from None
    for parameter in given:
        if parameter.kind > parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            raise TypeError(
                f"{who} {name!r}: the parameter {str(parameter)!r} is not possible; it "
                "takes a fixed number of operands, without defaults"
            )
        if parameter.name == "z" or parameter.name in CONSTANTS:
            raise ValueError(
                f"{who} {name!r}: the parameter {parameter.name!r} has a meaning in formulas already; "
                "give it another name"
            )
    names = tuple(parameter.name for parameter in given)
    if not names:
        raise TypeError(f"{who} {name!r} has no parameters; expected one at least")
    return names
