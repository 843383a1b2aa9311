"""An operation and its partial derivatives, written from the formulas of the table.

As expressions, in which arithmetic is worked out, and as text and LaTeX at once, in which it stands as it was computed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial, reduce
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

from ..engine import formula
from ..engine.formula import ATOM, CHOICE, NEGATION, POWER, Piece, Target, parse
from ..engine.ops import Op
from ..engine.value import Value
from ..text.lettering import columns
from .prose import Formula
from .symbols import Expression, call, interpret, multiply_all, number

__all__ = [
    "GAP", "LONGEST", "MOST", "Pair", "as_in_table", "as_operand", "local", "operation", "places", "readable",
    "worked_out",
]  # fmt: skip

LONGEST = 60
"""An expression that takes more columns than this is not written out."""

MOST = 6
"""More operands than these are written with an ellipsis."""


# ── As expressions ────────────────────────────────────────────────────────────────────────────────────


def worked_out(op: Op, inputs: Sequence[Expression]) -> Expression:
    """An operation on expressions: arithmetic is worked out, a function is written as its call.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.words.symbols import name
    >>> x, y = name("x"), name("y")
    >>> [str(worked_out(TABLE[row], [x, y])) for row in ("sub", "pow", "mean", "hypot")]
    ['x-y', 'xʸ', '0.5x+0.5y', 'hypot(x, y)']
    """
    if not op.written:
        return call(op.name, *inputs)
    operands = dict(zip(op.variables, op.families(inputs)))
    if op.variadic:
        return interpret(op.written, {"n": number(float(len(operands[op.variables[0]])))}, {}, operands)
    return interpret(op.written, operands, {}, {})


def local(
    node: Value, k: int, symbol: Callable[[int], Expression], z: Expression | None = None, most: float = inf
) -> Expression:
    """∂node/∂operand ``k`` as an expression, as the table has it.

    Args:
        node: the result of an operation.
        k: the place of the operand.
        symbol: what the operand of a place is called.
        z: what the node is called; its operation on the operands where left out.
        most: a product of more operands than this has no closed form.

    Raises:
        ValueError: if it has none.
    """
    op = node.op
    assert op is not None
    places = op.families(range(len(node.parents)))
    family, place = divmod(k, len(places[0])) if op.variadic else (k, 0)
    at = [places[f][place] if op.variadic else f for f in range(len(op.inputs))]
    symbols = {variable: symbol(j) for variable, j in zip(op.variables, at)}
    numbers = {variable: node.parents[j].data for variable, j in zip(op.variables, at)} | {"z": node.data}
    if op.variadic:
        size = len(places[0])
        symbols["n"] = number(float(size))
        if size <= most and "prod_of_others" in op.partials[family]:
            symbols["prod_of_others"] = multiply_all(symbol(j) for j in range(size) if j != k)
    symbols["z"] = interpret(op.forward, symbols, numbers) if z is None else z
    return interpret(op.shown_partials[family], symbols, numbers)


# ── As text and LaTeX ─────────────────────────────────────────────────────────────────────────────────


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


class _Written(Target):
    """On operands that are written already; a family is a list of them."""

    operands: Mapping[str, Any] = {}

    def variable(self, name: str) -> Piece:
        piece: Piece = self.operands[name]
        return piece

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        """A sum or a product, spelt out."""
        families, self.families = self.operands, ()
        terms = []
        for row in zip(*families.values()):
            self.operands = dict(zip(families, row))
            terms.append(row[0] if row[0] in GAP else self.fold(argument))
        if not terms:
            return Piece("0" if name == "sum" else "1")
        return reduce(partial(self.binary, "+" if name == "sum" else "*"), terms)


class _Text(_Written, formula.Text):
    """Plain text."""

    signs = formula.Text.signs | {"-": "-"}

    def negate(self, operand: Piece) -> Piece:
        return Piece(f"-{self.group(operand, POWER)}", NEGATION)

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        return super().binary(sign, left, Piece(right.text, CHOICE) if right.text.startswith("-") else right)


class _LaTeX(_Written, formula.LaTeX):
    """LaTeX."""

    signs = formula.LaTeX.signs | {"*": r"\times"}

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign == "**":  # the base may have an index or a mark of its own
            return Piece(f"{{{self.group(left, ATOM)}}}^{{{right.text}}}", POWER)
        if sign != "*":
            return super().binary(sign, left, right)
        return Target.binary(self, sign, left, Piece(right.text, CHOICE) if right.text.startswith("-") else right)


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
    if not op.written or re.search(r"\bn\b", op.written):  # n counts operands, of which some are left out here
        called = target.call(op.name, list(operands))
        return called if op.k is None else Piece(f"{called.text}[{op.k}]")
    target.families = op.variables if op.variadic else ()
    target.operands = dict(zip(op.variables, op.families(operands)))
    return target.fold(parse(op.written))


def places(node: Value, focus: int) -> list[int | None]:
    """The places of a node's operands that are written, ``focus`` among them; None stands for those left out.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.engine.value import apply
    >>> places(apply(TABLE["sum"], [Value(1.0)] * 100), 50)
    [0, 1, None, 50, None, 99]
    """
    assert node.op is not None
    size = len(node.families[0].nodes) if node.families else len(node.parents)
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


class _InTable(Target):
    """On the variables of the table, but for those that have names of their own."""

    names: Mapping[str, Piece] = {}

    def variable(self, name: str) -> Piece:
        return self.names.get(name) or super().variable(name)


class _TextInTable(_InTable, formula.Text):
    """Plain text."""


class _LaTeXInTable(_InTable, formula.LaTeX):
    """LaTeX."""


def as_in_table(op: Op, family: int, place: int, names: Mapping[str, Formula]) -> Formula:
    """A partial derivative as it stands in the table, where there is no closed form in this graph's names.

    Args:
        op: the row.
        family, place: the operand's family, and its place there.
        names: what the variables of the table are called that mean a single value: the output ``z``, and the inputs
            that are no families.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.words.prose import words
    >>> as_in_table(TABLE["softmax"], 0, 1, {"z": words("f")}).text
    'f × (0 - exp(xᵢ - max(xᵢ)) / (Σ exp(xᵢ - max(xᵢ))))'
    """
    families = op.variables if op.variadic else ()
    tree: ast.expr = _Deciding(place == op.k).visit(deepcopy(parse(op.shown_partials[family])))
    writers = _TextInTable(families), _LaTeXInTable(families)
    pairs = {variable: as_operand(name) for variable, name in names.items()}
    writers[0].names = {variable: pair.text for variable, pair in pairs.items()}
    writers[1].names = {variable: pair.latex for variable, pair in pairs.items()}
    text, tex = (writer.fold(tree).text for writer in writers)
    return Formula(text.replace("−", "-"), tex.replace("|", r"\vert "))
