"""What the nodes of a graph are called, and how an operation and its local derivatives are written.

A value without a name goes by a letter (z for the output, then t, u, v …), a plain number by itself. Everything
is written from the formulas of the table.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from ..engine.graph import topological
from ..engine.value import Value
from ..text.numerals import numeral
from . import mathtext, prose, symbols
from .mathtext import Box
from .names import called, detached, letters, numbered
from .operations import GAP, MOST, Part, as_in_table, as_operand, calls_python, local, operation, places, readable
from .symbols import Expression

__all__ = ["Notation"]


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
    >>> tuple(map(mathtext.text, (notation.equation(t), notation.equation(z), notation.expression(z))))
    ('t = x + 1', 'z = t × t', '(x + 1) × (x + 1)')
    >>> mathtext.text(notation.local(z, 0))
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
        self._taken = {called(node) for node in order}
        self._constants = symbols.constants_beside(self._taken)
        self._named = {node for node in order[:-1] if node.name}
        self._inner = letters("tuvwpqrs", "v", self._taken)
        self._outer = letters("xyabcdefgh", "x", self._taken)
        self._uses: Counter[str] = Counter()
        self._labels: dict[Value, str | None] = {}
        self._detached = detached(self.order)

    # ── Names ─────────────────────────────────────────────────────────────────────────────────────────

    def label(self, node: Value) -> str | None:
        """What a node is called; None for a plain number. Letters are given out in the order they are asked for."""
        if node not in self._labels:
            self._labels[node] = self._new_label(node)
        return self._labels[node]

    def _new_label(self, node: Value) -> str | None:
        if node in self._detached:
            return self.label(self._detached[node])
        if name := called(node):
            self._uses[name] += 1
            return name if self._uses[name] == 1 else f"{name}#{self._uses[name]}"
        if node is self.order[-1] and "z" not in self._taken:
            self._taken.add("z")
            return "z"
        if node.op is None and node not in self._lettered:
            return None
        return next(self._inner if node.op is not None else self._outer)

    def name(self, node: Value, mark: int | None = None) -> Box:
        """A node's name, with the number of one of its uses where ``mark`` is given."""
        label = self.label(node)
        if label is None:
            return prose.figure(node.data, self.digits)
        return mathtext.name(numbered(label, mark))

    def operand(self, node: Value, k: int) -> Box:
        """The name of operand ``k`` of a node, marked where it should be."""
        return self.name(node.parents[k], self.marks.get((node, k)))

    def has_letter(self, node: Value) -> bool:
        """Whether a node goes by a letter for want of a name."""
        return self.label(node) is not None and not called(node)

    # ── Operations ────────────────────────────────────────────────────────────────────────────────────

    def equation(self, node: Value, focus: int = 0) -> Box:
        """A node as the operation that computed it: t = x + y. Of many operands, ``focus`` is among those written."""
        return prose.equation(self.name(node), self.operation(node, focus))

    def operation(self, node: Value, focus: int = 0) -> Box:
        """The operation that computed a node, on the names of its operands."""
        assert node.op is not None
        operands = [GAP if k is None else as_operand(self.operand(node, k)) for k in places(node, focus)]
        return operation(node.op, operands).box

    def operands(self, node: Value, focus: int = 0) -> list[Value]:
        """The operands of a node that are written in its equation."""
        return [node.parents[k] for k in places(node, focus) if k is not None]

    def expression(self, node: Value, leaves: Collection[Value] = (), focus: int = 0) -> Box | None:
        """A node written out as far as the values with names, or ``leaves``; None where that is too long to read."""
        known: dict[Value, Part | None] = {}
        for inner in topological([node], leaves=self._named | set(leaves) - {node}):
            if inner is not node and (inner.op is None or inner in leaves or inner in self._named):
                known[inner] = as_operand(self.name(inner))
            elif inner.op is not None:
                operands = [
                    GAP if k is None else known[inner.parents[k]] for k in places(inner, focus * (inner is node))
                ]
                known[inner] = readable(inner.op, operands)
        written = known.get(node)
        return written and written.box

    # ── Local derivatives ─────────────────────────────────────────────────────────────────────────────

    def slope(self, node: Value, k: int) -> Box:
        """The fraction ∂node/∂operand ``k``."""
        return prose.fraction(self.name(node), self.operand(node, k))

    def local_equation(self, node: Value, k: int) -> Box:
        """A local derivative as formula and number: ∂t/∂x = 2x = 6."""
        sides = [self.slope(node, k), self.local(node, k), prose.figure(node.local_derivatives()[k], self.digits)]
        return prose.equation(*(side for side in sides if side is not None))

    def local(self, node: Value, k: int) -> Box | None:
        """∂node/∂operand ``k`` in symbols, as the table has it; None where it is a number or a Python function."""
        assert node.op is not None
        op, size = node.op, len(node.op.families(node.parents)[0]) if node.op.variadic else 0
        family, place = divmod(k, size) if size else (k, 0)
        if calls_python(op, family):
            return None
        try:
            # -x/y² and not -z/y; but exp and its like are best written by their output.
            z = None if op.infix else symbols.name(self.label(node) or "")
            found = local(node, k, lambda j: self._symbol(node, j), z, MOST, self._constants)
        except (ValueError, KeyError, ArithmeticError):  # no closed form in the names of this node's operands
            shown = places(node, k)
            parts = [GAP if j is None else as_operand(self.operand(node, j)) for j in shown]
            known: dict[str, Part | list[Part]] = {"z": as_operand(self.name(node))}
            if op.k is not None:
                known |= {
                    f"{v}[k]": as_operand(self.operand(node, f * size + op.k)) for f, v in enumerate(op.variables)
                }
            known |= zip(op.variables, map(list, op.families(parts)) if op.variadic else parts)
            return as_in_table(op, family, place == op.k, known, shown.index(k) % (len(shown) // len(op.inputs)))
        if found.value is not None:
            return None
        return _with_whole_divisor(found).written(partial(numeral, digits=self.digits))

    def _symbol(self, node: Value, k: int) -> Expression:
        label = self.label(node.parents[k])
        if label is None:
            return symbols.number(node.parents[k].data)
        return symbols.name(numbered(label, self.marks.get((node, k))))


def _with_whole_divisor(expression: Expression) -> Expression:
    """1/(2·z) instead of 0.5/z."""
    if len(expression.terms) != 1:
        return expression
    coefficient, factors = expression.terms[0]
    divisor = 1 / coefficient
    if abs(divisor) < 2 or not divisor.is_integer() or any(exponent > 0 for _, exponent in factors):
        return expression
    rest = Expression(((math.copysign(1.0, divisor), factors),))
    return symbols.number(1.0) / symbols.name(str(int(abs(divisor)))) * rest
