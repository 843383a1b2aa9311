"""What the table's functions are called: read from the rows, so that a new row is a new function."""

from __future__ import annotations

import builtins

from .ops import OPS

__all__ = ["FUNCTIONS", "METHODS", "NAMES", "OPERATORS", "PUBLIC", "ROWS", "SIGNS"]

PUBLIC = {"min": "minimum", "max": "maximum"}
"""Rows whose function has another name, because ``min`` and ``max`` take any number of operands."""

_PYTHON = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow"}

SIGNS = {op.name: _PYTHON[op.infix[4:-4]] for op in OPS if op.infix and len(op.inputs) == 2}
"""Rows that are operators of two operands, and what Python calls them."""

OPERATORS = {op.name: SIGNS.get(op.name, op.name) for op in OPS if op.infix}
"""All rows that are operators, and what Python calls them."""

_SIGNS_ALONE = [name for name in OPERATORS if not hasattr(builtins, name)]  # pow() is a function of Python's too

FUNCTIONS = tuple(
    op.name for op in OPS if not op.variadic and len(op.inputs) - len(op.keywords) < 3 and op.name not in _SIGNS_ALONE
)
"""The rows that are a function of one or two inputs, and of keywords, and nothing more."""

ROWS = {PUBLIC.get(name, name): name for name in FUNCTIONS}
"""Their rows, by the functions' names."""

NAMES = sorted({*ROWS, *(op.name for op in OPS if op.name not in _SIGNS_ALONE)})
"""All the functions, also those of any number of inputs."""

METHODS = tuple(op for op in OPS if op.name in FUNCTIONS and not op.keywords and op.name not in ("pow", "min", "max"))
"""The rows that are methods too, as in PyTorch."""
