"""What the nodes of a graph are called, and how an operation and its local derivatives are written.

A value without a name goes by a letter (z for the output, then t, u, v …), a plain number by itself. Everything
is written from the formulas of the table, as text and as LaTeX at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

from . import formula, mathtext, prose, symbols
from .drawing.lettering import clipped, columns, printable
from .formula import ATOM, CHOICE, NEGATION, POWER, Piece, Target, parse
from .graph import topological
from .kernels import Kernel
from .ops import Op
from .prose import Formula
from .symbols import Expression
from .value import Value

__all__ = ["Notation", "is_at_kink"]

LONGEST = 60
"""An expression that takes more columns than this is not written out."""

MOST = 6
"""More operands than these are written with an ellipsis."""


class Notation:
    """How one graph is written.

    Args:
        order: the nodes of the graph; the last one is its output.
        lettered: leaves without a name that go by a letter all the same.
        marks: edges (a node and the place of an operand) whose operand carries a number, ① and on.
        digits: significant digits of numbers.

    >>> x = Value(3.0, "x")
    >>> t = x + 1
    >>> z = t * t
    >>> notation = Notation([x, t, z])
    >>> notation.equation(t).text, notation.equation(z).text, notation.expression(z).text
    ('t = x + 1', 'z = t × t', '(x + 1) × (x + 1)')
    >>> notation.local(z, 0).text
    't'
    """

    def __init__(
        self,
        order: Sequence[Value],
        lettered: Collection[Value] = (),
        marks: Mapping[tuple[Value, int], int] | None = None,
        digits: int = 6,
    ) -> None:
        self.order = order
        self.digits = digits
        self.marks = marks or {}
        self._lettered = set(lettered)
        self._taken = {node.name for node in order}
        self._named = {node for node in order[:-1] if node.name}
        self._inner = self._letters("tuvwpqrs", "v")
        self._outer = self._letters("xyabcdefgh", "x")
        self._uses: Counter[str] = Counter()
        self._labels: dict[Value, str | None] = {}

    def _letters(self, alphabet: str, last: str) -> Iterator[str]:
        endless = (f"{last}_{k}" for k in count(1))
        return (letter for source in (alphabet, endless) for letter in source if letter not in self._taken)

    # ── Names ─────────────────────────────────────────────────────────────────────────────────────────

    def label(self, node: Value) -> str | None:
        """What a node is called; None for a plain number. Letters are given out in the order they are asked for."""
        if node not in self._labels:
            self._labels[node] = self._new_label(node)
        return self._labels[node]

    def _new_label(self, node: Value) -> str | None:
        if name := clipped(printable(node.name or "").strip(), 20):
            self._uses[name] += 1
            return name if self._uses[name] == 1 else f"{name}#{self._uses[name]}"
        if node is self.order[-1] and "z" not in self._taken:
            self._taken.add("z")
            return "z"
        if node.op is None and node not in self._lettered:
            return None
        return next(self._inner if node.op is not None else self._outer)

    def name(self, node: Value, mark: int | None = None) -> Formula:
        """A node's name, with the number of one of its uses where ``mark`` is given."""
        label = self.label(node)
        if label is None:
            return prose.figure(node.data, self.digits)
        return Formula.of(mathtext.name(_marked(label, mark)))

    def operand(self, node: Value, k: int) -> Formula:
        """The name of operand ``k`` of a node, marked where it should be."""
        return self.name(node.parents[k], self.marks.get((node, k)))

    def has_letter(self, node: Value) -> bool:
        """Whether a node goes by a letter for want of a name."""
        return self.label(node) is not None and not printable(node.name or "").strip()

    # ── Operations ────────────────────────────────────────────────────────────────────────────────────

    def equation(self, node: Value, focus: int = 0) -> Formula:
        """A node as the operation that computed it: t = x + y. Of many operands, ``focus`` is among those written."""
        return prose.equation(self.name(node), self.operation(node, focus))

    def operation(self, node: Value, focus: int = 0) -> Formula:
        """The operation that computed a node, on the names of its operands."""
        assert node.op is not None
        operands = [_GAP if k is None else _pair(self.operand(node, k)) for k in _places(node, focus)]
        return _operation(node.op, operands).formula

    def operands(self, node: Value, focus: int = 0) -> list[Value]:
        """The operands of a node that are written in its equation."""
        return [node.parents[k] for k in _places(node, focus) if k is not None]

    def expression(self, node: Value, leaves: Collection[Value] = ()) -> Formula | None:
        """A node written out as far as the values with names, or ``leaves``; None where that is too long to read."""
        known: dict[Value, _Pair | None] = {}
        for inner in topological([node], leaves=self._named | set(leaves) - {node}):
            if inner is not node and (inner.op is None or inner in leaves or inner in self._named):
                known[inner] = _pair(self.name(inner))
            elif inner.op is not None:
                operands = [_GAP if k is None else known[inner.parents[k]] for k in _places(inner, 0)]
                known[inner] = _readable(inner.op, operands)
        written = known.get(node)
        return written and written.formula

    # ── Local derivatives ─────────────────────────────────────────────────────────────────────────────

    def slope(self, node: Value, k: int) -> Formula:
        """The fraction ∂node/∂operand ``k``."""
        return prose.fraction(self.name(node), self.operand(node, k))

    def local_equation(self, node: Value, k: int) -> Formula:
        """A local derivative as formula and number: ∂t/∂x = 2x = 6."""
        sides = [self.slope(node, k), self.local(node, k), prose.figure(node.local_derivatives()[k], self.digits)]
        return prose.equation(*(side for side in sides if side is not None))

    def local(self, node: Value, k: int) -> Formula | None:
        """∂node/∂operand ``k`` in symbols, as the table has it; None where it is a plain number."""
        assert node.op is not None
        op, parents = node.op, node.parents
        size = len(parents) // len(op.inputs)
        family, place = divmod(k, size) if op.variadic else (k, 0)
        at = [f * size + place if op.variadic else f for f in range(len(op.inputs))]
        known = {variable: self._symbol(node, j) for variable, j in zip(op.variables, at)}
        numbers = {variable: parents[j].data for variable, j in zip(op.variables, at)} | {"z": node.data}
        known["n"] = symbols.number(float(size))
        if op.name == "prod" and size <= MOST:
            known["prod_of_others"] = _product([self._symbol(node, j) for j in range(size) if j != k])
        partial = op.shown_partials[family]
        try:
            # -x/y² and not -z/y; but exp and its like are best written by their output.
            z = symbols.interpret(op.forward, known, numbers) if op.infix else symbols.name(self.label(node) or "")
            found = symbols.interpret(partial, known | {"z": z}, numbers)
        except (ValueError, KeyError, ArithmeticError):  # no closed form in the names of this node's operands
            families = op.variables if op.variadic else ()
            tex = formula.to_latex(partial, families).replace("|", r"\vert ")
            return Formula(formula.to_text(partial, families), tex)
        return None if found.value is not None else Formula.of(found.box)

    def _symbol(self, node: Value, k: int) -> Expression:
        label = self.label(node.parents[k])
        if label is None:
            return symbols.number(node.parents[k].data)
        return symbols.name(_marked(label, self.marks.get((node, k))))


def is_at_kink(node: Value) -> bool:
    """Whether an operation has no derivative at this very point, so that a convention says what it passes on.

    >>> is_at_kink(Value(0.0).relu()), is_at_kink(Value(1.0).relu())
    (True, False)
    """
    if node.op is None or not node.op.kinks:
        return False
    numbers = [parent.data for parent in node.parents]
    return any(kink.forward(*numbers, node.data) == 0 for kink in _kinks(node.op))


@cache
def _kinks(op: Op) -> list[Kernel]:
    inputs = (*op.inputs, "z")
    return [Kernel(Op("kink", "", kink, (), "", "", inputs)) for kink in op.kinks]


def _marked(label: str, mark: int | None) -> str:
    """A label and the number of a use: x①."""
    if mark is None:
        return label
    return mathtext.text(mathtext.name(label)) + (chr(0x245F + mark) if mark <= 20 else f"({mark})")


def _product(factors: Sequence[Expression]) -> Expression:
    product = symbols.number(1.0)
    for factor in factors:
        product = product * factor
    return product


# ── Operations as text and LaTeX ──────────────────────────────────────────────────────────────────────


class _Pair(NamedTuple):
    """A part of an expression in both writings, each with how tightly it binds."""

    text: Piece
    latex: Piece

    @property
    def formula(self) -> Formula:
        return Formula(self.text.text, self.latex.text)


_GAP = _Pair(Piece("…"), Piece(r"\cdots "))


def _pair(written: Formula) -> _Pair:
    """A name or a number as an operand; a negative number stands in parentheses."""
    level = CHOICE if written.text.startswith("-") else ATOM
    return _Pair(Piece(written.text, level), Piece(written.latex, level))


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
        if sign != "*":
            return super().binary(sign, left, right)
        return Target.binary(self, sign, left, Piece(right.text, CHOICE) if right.text.startswith("-") else right)


_FORMS = {"square": "x ** 2", "reciprocal": "1 / x"}
"""How functions are written that are no calls, besides the rows that have an infix form."""


def _operation(op: Op, operands: Sequence[_Pair]) -> _Pair:
    """An operation on operands, some of which may be left out."""
    return _Pair(
        _piece(_Text(), op, [operand.text for operand in operands]),
        _bars(_piece(_LaTeX(), op, [operand.latex for operand in operands])),
    )


def _bars(piece: Piece) -> Piece:
    return Piece(piece.text.replace("|", r"\vert "), piece.level)


def _readable(op: Op, operands: Sequence[_Pair | None]) -> _Pair | None:
    """An operation on expressions, if all of them and the whole are short enough to read."""
    short = [operand for operand in operands if operand is not None]
    if len(short) < len(operands):
        return None
    whole = _operation(op, short)
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
            return _joined(target, "+", [x if x in _GAP else target.binary("*", x, y) for x, y in pairs])
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


def _places(node: Value, focus: int) -> list[int | None]:
    """The operands that are written, ``focus`` among them; None stands for those left out."""
    assert node.op is not None
    size = len(node.parents) // len(node.op.inputs) if node.op.variadic else len(node.parents)
    if size <= MOST:
        return list(range(len(node.parents)))
    kept = sorted({0, 1, focus % size, size - 1})
    places: list[int | None] = []
    for before, place in zip([-1, *kept], kept):
        places += [None, place] if place > before + 1 else [place]
    families = len(node.parents) // size
    return [None if place is None else f * size + place for f in range(families) for place in places]
