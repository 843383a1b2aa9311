"""Operations and partial derivatives written out, as text and as LaTeX at once, from the formulas of the table."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import NamedTuple

from ..engine import formula
from ..engine.formula import ATOM, CHOICE, NEGATION, POWER, Piece, Target, parse
from ..engine.ops import Op
from ..engine.value import Value
from ..text.lettering import columns
from .prose import Formula

__all__ = ["GAP", "LONGEST", "MOST", "Pair", "as_in_table", "as_operand", "operation", "places", "readable"]

LONGEST = 60
"""An expression that takes more columns than this is not written out."""

MOST = 6
"""More operands than these are written with an ellipsis."""


class Pair(NamedTuple):
    """A part of an expression in both writings, each with how tightly it binds."""

    text: Piece
    latex: Piece

    @property
    def formula(self) -> Formula:
        """The part by itself."""
        return Formula(self.text.text, self.latex.text)


GAP = Pair(Piece("…"), Piece(r"\cdots "))
"""What stands for operands that are left out."""


def as_operand(written: Formula) -> Pair:
    """A name or a number as an operand; a negative number stands in parentheses.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.words.prose import figure
    >>> operation(TABLE["mul"], [as_operand(figure(2.0)), as_operand(figure(-3.0))]).formula.text
    '2 × (-3)'
    """
    level = CHOICE if written.text.startswith("-") else ATOM
    return Pair(Piece(written.text, level), Piece(written.latex, level))


class _Text(formula.Text):
    """Plain text, on operands that are written already."""

    signs = formula.Text.signs | {"-": "-"}
    operands: Mapping[str, Piece] = {}

    def variable(self, name: str) -> Piece:
        return self.operands[name]

    def negate(self, operand: Piece) -> Piece:
        return Piece(f"-{self.group(operand, POWER)}", NEGATION)

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        return super().binary(sign, left, Piece(right.text, CHOICE) if right.text.startswith("-") else right)


class _LaTeX(formula.LaTeX):
    """LaTeX, on operands that are written already."""

    signs = formula.LaTeX.signs | {"*": r"\times"}
    operands: Mapping[str, Piece] = {}

    def variable(self, name: str) -> Piece:
        return self.operands[name]

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign == "**":  # the base may have an index or a mark of its own
            return Piece(f"{{{self.group(left, ATOM)}}}^{{{right.text}}}", POWER)
        if sign != "*":
            return super().binary(sign, left, right)
        return Target.binary(self, sign, left, Piece(right.text, CHOICE) if right.text.startswith("-") else right)


_FORMS = {"square": "x ** 2", "reciprocal": "1 / x"}
"""How functions are written that are no calls, besides the rows that have an infix form."""


def operation(op: Op, operands: Sequence[Pair]) -> Pair:
    """An operation on operands, in both writings.

    Args:
        op: the row.
        operands: those that are written, with :data:`GAP` where some are left out.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.words.prose import words
    >>> operation(TABLE["dot"], [as_operand(words(name)) for name in "abcd"]).formula.text
    'a × c + b × d'
    """
    return Pair(
        _piece(_Text(), op, [operand.text for operand in operands]),
        _bars(_piece(_LaTeX(), op, [operand.latex for operand in operands])),
    )


def _bars(piece: Piece) -> Piece:
    return Piece(piece.text.replace("|", r"\vert "), piece.level)


def readable(op: Op, operands: Sequence[Pair | None]) -> Pair | None:
    """The same, if all operands (None stands for a long one) and the whole are short enough to read.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> readable(TABLE["exp"], [None]) is None
    True
    """
    short = [operand for operand in operands if operand is not None]
    if len(short) < len(operands):
        return None
    whole = operation(op, short)
    return whole if columns(whole.text.text) <= LONGEST else None


def _piece(target: _Text | _LaTeX, op: Op, operands: Sequence[Piece]) -> Piece:
    half = len(operands) // 2
    match op.name:
        case "sum":
            return _joined(target, "+", operands)
        case "prod":
            return _joined(target, "*", operands)
        case "dot":
            pairs = zip(operands[:half], operands[half:])
            return _joined(target, "+", [x if x in GAP else target.binary("*", x, y) for x, y in pairs])
    form = op.forward if op.infix else _FORMS.get(op.name)
    if form is None:
        called = target.call(op.name, list(operands))
        return called if op.k is None else Piece(f"{called.text}[{op.k}]")
    target.operands = dict(zip(op.variables, operands))
    return target.piece(parse(form))


def _joined(target: Target, sign: str, operands: Sequence[Piece]) -> Piece:
    if not operands:
        return Piece("0" if sign == "+" else "1")
    whole = operands[0]
    for operand in operands[1:]:
        whole = target.binary(sign, whole, operand)
    return whole


def places(node: Value, focus: int) -> list[int | None]:
    """The places of a node's operands that are written, ``focus`` among them; None stands for those left out.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.engine.value import apply
    >>> places(apply(TABLE["sum"], [Value(1.0)] * 100), 50)
    [0, 1, None, 50, None, 99]
    """
    assert node.op is not None
    size = len(node.parents) // len(node.op.inputs) if node.op.variadic else len(node.parents)
    if size <= MOST:
        return list(range(len(node.parents)))
    kept = sorted({0, 1, focus % size, size - 1})
    written: list[int | None] = []
    for before, place in pairwise([-1, *kept]):
        written += [None, place] if place > before + 1 else [place]
    families = len(node.parents) // size
    return [None if place is None else f * size + place for f in range(families) for place in written]


# ── Partial derivatives in the variables of the table ─────────────────────────────────────────────────


class _Deciding(ast.NodeTransformer):
    """Decides ``… if i == k else …``: whether the operand is the one that the output is about."""

    def __init__(self, is_same: bool) -> None:
        self.is_same = is_same

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        if ast.unparse(node.test) != "i == k":
            return self.generic_visit(node)
        return node.body if self.is_same else node.orelse


def as_in_table(op: Op, family: int, place: int) -> Formula:
    """A partial derivative in the variables of the table, for operand number ``place`` of a family.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> as_in_table(TABLE["logsumexp"], 0, 0).text
    'exp(xᵢ - max(xᵢ)) / (Σ exp(xᵢ - max(xᵢ)))'
    """
    families = op.variables if op.variadic else ()
    tree: ast.expr = _Deciding(place == op.k).visit(deepcopy(parse(op.shown_partials[family])))
    text, tex = formula.Text(families).piece(tree).text, formula.LaTeX(families).piece(tree).text
    return Formula(text.replace("−", "-"), tex.replace("|", r"\vert "))
