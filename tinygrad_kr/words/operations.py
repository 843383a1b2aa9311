"""An operation and its partial derivatives, written from the formulas of the table.

As expressions, in which arithmetic is worked out, and as boxes, in which it stands as it was computed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial, reduce
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple

from ..engine.formula import (
    AND,
    ATOM,
    CHOICE,
    COMPARE,
    LEVELS,
    NEGATION,
    NOT,
    OR,
    POWER,
    PRODUCT,
    SUM,
    Fold,
    parse,
)  # fmt: skip
from ..engine.ops import Op
from ..engine.value import Value
from ..text.lettering import columns
from .mathtext import Both, Box, Cases, Fence, Over, Root, Row, Script, Word, joined, row, text
from .symbols import Expression, call, interpret, multiply_all, number

__all__ = [
    "GAP", "LONGEST", "MOST", "Part", "as_in_table", "as_operand", "calls_python", "local", "operation", "places",
    "readable", "worked_out", "written",
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
        return call(op.name, *inputs, place=op.k)
    operands = dict(zip(op.variables, op.families(inputs)))
    if op.variadic:
        return interpret(op.written, {"n": number(float(len(operands[op.variables[0]])))}, {}, operands)
    return interpret(op.written, operands, {}, {})


def local(
    node: Value,
    k: int,
    symbol: Callable[[int], Expression],
    z: Expression | None = None,
    most: float = inf,
    constants: Mapping[str, Expression] = MappingProxyType({}),
) -> Expression:
    """∂node/∂operand ``k`` as an expression, as the table has it.

    Args:
        node: the result of an operation.
        k: the place of the operand.
        symbol: what the operand of a place is called.
        z: what the node is called; its operation on the operands where left out.
        most: a product of more operands than this has no closed form.
        constants: what the constants of the table are called, where that is not as usual.

    Raises:
        ValueError: if it has none.
    """
    op = node.op
    assert op is not None
    places = op.families(range(len(node.parents)))
    family, place = divmod(k, len(places[0])) if op.variadic else (k, 0)
    if calls_python(op, family):
        raise ValueError(f"the partial of {op.name} is a Python function, which has no closed form")
    at = [places[f][place] if op.variadic else f for f in range(len(op.inputs))]
    symbols = {**constants, **{variable: symbol(j) for variable, j in zip(op.variables, at)}}
    numbers = {variable: node.parents[j].data for variable, j in zip(op.variables, at)} | {"z": node.data}
    if op.k is not None:
        symbols |= {f"{variable}[k]": symbol(places[f][op.k]) for f, variable in enumerate(op.variables)}
        numbers |= {"i": float(place), "k": float(op.k)}
    if op.variadic:
        size = len(places[0])
        symbols["n"] = number(float(size))
        if size <= most and "prod_of_others" in op.partials[family]:
            symbols["prod_of_others"] = multiply_all(symbol(j) for j in range(size) if j != k)
    symbols["z"] = interpret(op.forward, symbols, numbers) if z is None else z
    return interpret(op.shown_partials[family], symbols, numbers)


def calls_python(op: Op, family: int) -> bool:
    """Whether a partial is a Python function of somebody's own: it has no formula, and its name is ours.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> calls_python(TABLE["exp"], 0)
    False
    """
    return any(f"{function}(" in op.partials[family] for function in op.functions if function != op.name)


# ── As it was computed ────────────────────────────────────────────────────────────────────────────────


class Part(NamedTuple):
    """A part of a written formula: its box, and how tightly it binds."""

    box: Box
    level: int = ATOM


GAP = Part(Both(Word("…"), Word("⋯")))
"""What stands for operands that are left out."""


def as_operand(written: Box) -> Part:
    """A name or a number as an operand; a negative number stands in parentheses.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from tinygrad_kr.words.prose import figure
    >>> text(operation(TABLE["mul"], [as_operand(figure(2.0)), as_operand(figure(-3.0))]).box)
    '2 × (-3)'
    """
    return Part(written, CHOICE if _is_negative(written) else ATOM)


def written(formula: str, families: Sequence[str] = (), operands: Mapping[str, Any] = MappingProxyType({})) -> Part:
    """A formula of the table as boxes.

    Args:
        formula: the formula.
        families: the variables that stand for any number of operands.
        operands: what its variables are called; a family may be a list of its operands, of which sums and products
            are then spelt out. The others stand for themselves.

    >>> text(written("-sum(exp(x)) / n", ["x"]).box), text(written("(x + y) ** 2").box)
    ('-(Σ exp(xᵢ)) / n', '(x + y)²')
    """
    return _Writer(families, operands).fold(parse(formula))


class _Writer(Fold[Part]):
    """Writes a formula of the table with boxes."""

    def __init__(self, families: Sequence[str], operands: Mapping[str, Any], place: int = 0) -> None:
        super().__init__(families)
        self.operands, self.place = operands, place

    def number(self, value: float) -> Part:
        return Part(Word(repr(value), "number"))

    def constant(self, name: str) -> Part:
        return Part(Word({"pi": "π", "inf": "∞"}[name]))

    def variable(self, name: str) -> Part:
        known = self.operands.get(name)
        if isinstance(known, list):
            known = known[self.place]
        return known or Part(Script(Word(name), below=Word("i")) if name in self.families else Word(name))

    def chosen(self, name: str) -> Part:
        return self.operands.get(f"{name}[k]") or Part(Script(Word(name), below=Word("k")))

    def negate(self, operand: Part) -> Part:
        return Part(row("-", _group(operand, POWER)), NEGATION)

    def invert(self, operand: Part) -> Part:
        return Part(row(Both(Word("not "), Word("¬")), _group(operand, NOT)), NOT)

    def binary(self, sign: str, left: Part, right: Part) -> Part:
        level = LEVELS[sign]
        # Left-associative signs guard their right side, ** its left; two signs never stand side by side.
        before = _group(left, level + (sign == "**"))
        after = _group(right, ATOM if _is_negative(right.box) else NEGATION if sign == "**" else level + 1)
        match sign, right.box:
            case "**", Word(digits) if digits.isdigit():
                return Part(Script(_group(left, ATOM), above=right.box), level)
            case "**", _:
                return Part(Both(row(before, " ** ", after), Script(_group(left, ATOM), above=right.box)), level)
            case "%", _:
                return Part(Both(row(before, " % ", after), row(before, Word("mod", "function"), after)), level)
            case "//", _:
                return Part(Both(row(before, " // ", after), Fence("⌊", _over(left, right), "⌋")), level)
            case "/", _:
                return Part(Both(row(before, " / ", after), _over(left, right)), level)
        return Part(row(before, f" {_SIGNS.get(sign, sign)} ", after), level)

    def compare(self, signs: list[str], operands: list[Part]) -> Part:
        first, *rest = [_group(operand, SUM) for operand in operands]
        pairs = [box for sign, operand in zip(signs, rest) for box in (f" {_SIGNS.get(sign, sign)} ", operand)]
        return Part(row(first, *pairs), COMPARE)

    def join(self, word: str, parts: list[Part]) -> Part:
        level, sign = (AND, "∧") if word == "and" else (OR, "∨")
        between = Both(Word(f" {word} "), Word(f" {sign} "))
        return Part(row(*[box for part in parts for box in (between, _group(part, level + 1))][1:]), level)

    def choose(self, condition: Part, then: Part, otherwise: Part) -> Part:
        return Part(Cases(_group(then, OR), _group(condition, OR), otherwise.box), CHOICE)

    def call(self, name: str, arguments: list[Part]) -> Part:
        inside = joined([argument.box for argument in arguments], ", ")
        if name == "abs":
            return Part(Fence("|", inside, "|"))
        called = row(Word(name, "function"), Fence("(", inside, ")"))
        if name in _SET:
            return Part(Both(called, _SET[name](inside)), POWER if name == "exp2" else ATOM)
        return Part(called)

    def reduce(self, name: str, argument: ast.expr) -> Part:
        if self._lists():
            return self._spelt_out(name, self._each(argument))
        inside = _group(self.fold(argument), PRODUCT)
        index = Word("i")
        if name == "max":
            return Part(Both(row("max(", inside, ")"), row(Script(Word("max", "function"), index), inside)))
        line, sign = {"sum": ("Σ ", "∑"), "prod": ("∏ ", "∏")}[name]
        return Part(Both(row(line, inside), row(Script(Word(sign, "function"), index), inside)), PRODUCT)

    def prod_of_others(self, argument: ast.expr) -> Part:
        if self._lists():
            each = self._each(argument)
            before, after = each[: self.place], each[self.place + 1 :]
            return self._spelt_out("prod", before + (after[1:] if before[-1:] == after[:1] == [GAP] else after))
        name = text(self.fold(argument).box).rstrip("ᵢ")
        box = row(Script(Word("∏", "function"), Word("j≠i")), Script(Word(name), below=Word("j")))
        return Part(Both(Word(f"∏(j≠i) {name}ⱼ"), box), PRODUCT)

    def _lists(self) -> dict[str, list[Part]]:
        """The families whose operands are written one by one."""
        return {
            family: self.operands[family] for family in self.families if isinstance(self.operands.get(family), list)
        }

    def _each(self, term: ast.expr) -> list[Part]:
        """What a term is for every operand in turn."""
        written = enumerate(zip(*self._lists().values()))
        return [
            GAP if GAP in operands else _Writer(self.families, self.operands, place).fold(term)
            for place, operands in written
        ]

    def _spelt_out(self, name: str, terms: list[Part]) -> Part:
        """A sum, a product or the largest of terms that are written one by one."""
        if name == "max":
            return self.call(name, terms)
        sign, none = ("+", 0) if name == "sum" else ("*", 1)
        return reduce(partial(self.binary, sign), terms) if terms else self.number(none)


_SIGNS = {"*": "×", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}

_SET: Mapping[str, Callable[[Box], Box]] = {
    "sqrt": Root,
    "cbrt": lambda inside: Root(inside, "3"),
    "exp2": lambda inside: Script(Word("2", "number"), above=inside),
    "floor": lambda inside: Fence("⌊", inside, "⌋"),
    "ceil": lambda inside: Fence("⌈", inside, "⌉"),
}
"""Functions that a page sets with signs of their own."""


def _group(part: Part, level: int) -> Box:
    """A part, in parentheses if it binds less tightly than ``level``."""
    return part.box if part.level >= level else Fence("(", part.box, ")")


def _is_negative(box: Box) -> bool:
    return text(box).startswith("-")


def _over(top: Part, bottom: Part) -> Box:
    """A stacked fraction; a minus sign stands before it."""
    match top:
        case Part(Row((Word("-"), inside)), level) if level == NEGATION:
            return row("-", Over(inside, bottom.box))
    return Over(top.box, bottom.box)


def operation(op: Op, operands: Sequence[Part]) -> Part:
    """An operation on operands.

    Args:
        op: the row.
        operands: those that are written, with :data:`GAP` where some are left out.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> text(operation(TABLE["dot"], [as_operand(Word(name)) for name in "abcd"]).box)
    'a × c + b × d'
    """
    if not op.written or re.search(r"\bn\b", op.written):  # n counts operands, of which some are left out here
        called = _Writer((), {}).call(op.name, list(operands))
        return called if op.k is None else Part(row(called.box, f"[{op.k}]"))
    families = op.families(operands)
    known = dict(zip(op.variables, map(list, families) if op.variadic else families))
    return written(op.written, op.variables if op.variadic else (), known)


def readable(op: Op, operands: Sequence[Part | None]) -> Part | None:
    """The same, if all operands (None stands for a long one) and the whole are short enough to read.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> readable(TABLE["exp"], [None]) is None
    True
    """
    short = [operand for operand in operands if operand is not None]
    if len(short) < len(operands):
        return None
    whole = operation(op, short)
    return whole if columns(text(whole.box)) <= LONGEST else None


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


def as_in_table(op: Op, family: int, is_chosen: bool, operands: Mapping[str, Any], place: int = 0) -> Box:
    """A partial derivative as it stands in the table, where it has no closed form in this graph's names.

    Args:
        op: the row.
        family: the operand's family.
        is_chosen: whether the output is about this operand, as that of softmax is about one of them.
        operands: what the variables of the table are called; a family's operands are a list.
        place: the operand's place in the list.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> letters = [as_operand(Word(letter)) for letter in "abcd"]
    >>> text(as_in_table(TABLE["prod"], 0, False, {"x": letters}, 1))
    'a × c × d'
    """
    families = op.variables if op.variadic else ()
    tree: ast.expr = _Deciding(is_chosen).visit(deepcopy(parse(op.shown_partials[family])))
    return _Writer(families, operands, place).fold(tree).box
