"""What the compiled core asks of Python: everything that is not common, and all sentences.

Importing this introduces the two to each other: the core learns which classes its nodes have and which rows it knows.
"""

from __future__ import annotations

import sys

from ..text.numerals import to_float
from . import modes
from .modes import is_recording
from .native import core, functions
from .node import Family, compiled, flat, leaf_number, name_of, operands_by_python, refuse_constant, refuse_setting
from .ops import TABLE, Op
from .value import Constant, Value, operate, report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Own: TypeAlias = "tuple[Op, Any, tuple[Any, ...], tuple[Any, ...]]"

__all__ = [
    "as_data", "as_grad", "as_leaf", "as_node", "family_text", "is_recording", "name_of", "operands_by_python",
    "operate", "own_families", "own_vjp", "read", "refuse_constant", "refuse_data", "report", "text_of",
]  # fmt: skip

refuse_data, as_leaf = refuse_setting, leaf_number


def as_data(number: Any) -> float:
    """A number that is set as a leaf's data."""
    return to_float(number, "data")


def as_grad(number: Any) -> float:
    """A number that is set as a gradient."""
    return to_float(number, "a gradient")


def read(node: Value) -> None:
    """Asked before a number leaves its node, while a tape is recorded."""
    if modes.watch is not None:
        modes.watch.read(node, ".data")


def as_node(operand: Any) -> Value:
    """An operand that is neither a plain Value nor a float."""
    return operand if isinstance(operand, Value) else Constant(operand)


def family_text(nodes: tuple[Value, ...]) -> str:
    """A family as it is printed."""
    return f"Family({', '.join(map(repr, nodes))})"


def own_families(own: Own) -> tuple[Family, ...]:
    """The families of a node whose row the core does not know."""
    op, _, _, operands = own
    return operands if op.variadic else ()


def own_vjp(own: Own, upstream: float) -> tuple[float, ...]:
    """The local derivative of such a node."""
    op, push, numbers, operands = own
    sums = [0.0] * len(flat(operands) if op.variadic else operands)
    push(upstream, numbers, compiled(op).places(len(sums)), sums)
    return tuple(sums)


def text_of(op: Op) -> str:
    """What the core knows a row by: its inputs and formulas, as ``targets/c.py`` has written them."""
    return "; ".join((", ".join(op.inputs), op.forward, *op.partials))


if core is not None:
    rows = {name: (op, text_of(op)) for name, op in TABLE.items()}
    functions.update(core.setup(sys.modules[__name__], Value, Constant, rows))
