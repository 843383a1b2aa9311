"""What the table's functions are called: read from the rows, so that a new row is a new function."""

from __future__ import annotations

from .ops import OPS

__all__ = ["FUNCTIONS", "METHODS", "NAMES", "PUBLIC", "ROWS", "SIGNS"]

PUBLIC = {"min": "minimum", "max": "maximum"}
"""Rows whose function has another name, because ``min`` and ``max`` take any number of operands."""

SIGNS = {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "pow": "pow"}
"""Rows that are operators of two operands, and what Python calls them."""

_OPERATORS = ("add", "sub", "mul", "div", "neg")

FUNCTIONS = tuple(op.name for op in OPS if not op.variadic and op.name not in (*_OPERATORS, "leaky_relu", "where"))
"""The rows that are a function of one or two inputs and nothing more."""

ROWS = {PUBLIC.get(name, name): name for name in FUNCTIONS}
"""Their rows, by the functions' names."""

NAMES = sorted({*ROWS, *(op.name for op in OPS if op.name not in _OPERATORS)})
"""All the functions, also those of any number of inputs."""

METHODS = tuple(op for op in OPS if op.name in FUNCTIONS and op.name not in ("pow", "min", "max"))
"""The rows that are methods too, as in PyTorch."""
