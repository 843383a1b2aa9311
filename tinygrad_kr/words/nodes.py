"""A graph as a table: every node with its expression, its value, its local derivatives and its derivative."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import count
from typing import NamedTuple

from ..engine.graph import adjoints, topological
from ..engine.value import Constant, Value
from ..text.numerals import numeral, shown
from ..text.options import Language, check
from ..text.phrases import say, tally
from . import prose
from .mathtext import Word, joined, text
from .notation import Notation
from .prose import Cell, Grid, Tabular

__all__ = ["Local", "Row", "Table", "table"]

SHORTEST = 4
"""Of a node with more operands, only this many local derivatives are shown (``rows`` has them all)."""


class Local(NamedTuple):
    """A local derivative: ∂node/∂operand, its formula and its number."""

    slope: str
    formula: str
    number: float


class Row(NamedTuple):
    """A node of a graph as plain data.

    ``expression`` is empty for a leaf, and ``derivative`` None for a constant, to which none flows.
    """

    name: str
    expression: str
    value: float
    local: tuple[Local, ...]
    derivative: float | None


class Table(Tabular):
    """The nodes of a graph, operands before results. Made by ``value.table()``; it prints as a table.

    >>> apple, tax = Value(100, "사과"), Value(1.1, "소비세")
    >>> price = apple * tax
    >>> price.name = "지불"
    >>> for row in price.table().rows:
    ...     print(row.name, row.expression, row.value, row.derivative)
    사과  100.0 1.1
    소비세  1.1 100.0
    지불 사과 × 소비세 110.00000000000001 1.0
    """

    def __init__(self, value: Value, language: Language, limit: int, digits: int) -> None:
        seed = 1.0 if value.grad is None else value.grad
        self._order = topological([value])
        self._numbers = {node: node.data for node in self._order}
        self._derivatives = adjoints([value], [seed])
        self._language, self._limit, self._digits = language, limit, digits
        leaves = [node for node in self._order if node.op is None and node.__class__ is not Constant]
        self._notation = Notation(self._order, leaves, _twins(self._order), digits)
        for node in self._order:  # letters are given out in the order of computation
            self._notation.label(node)
        head = [say(language, column) for column in ("name", "equation", "value", "derivative", "local")]
        if seed != 1.0:
            head[3] += say(language, "seed", number=numeral(seed, digits))
        rows = [self._blank() if node is None else self._cells(node) for node in self._cut()]
        self._parts = [Grid(head, rows, right={2, 3})]

    @cached_property
    def rows(self) -> list[Row]:
        """Every node as plain data, also those that the printed table leaves out."""
        return [self._row(node) for node in self._order]

    # ── Rows ──────────────────────────────────────────────────────────────────────────────────────────

    def _cut(self) -> list[Value | None]:
        """The nodes that are shown; None where some are left out."""
        if len(self._order) <= self._limit:
            return list(self._order)
        last = self._limit // 2
        return [*self._order[: self._limit - last], None, *self._order[len(self._order) - last :]]

    def _blank(self) -> list[Cell]:
        count = tally(len(self._order) - self._limit, self._language)
        return ["…", say(self._language, "left out", count=count), "", "", ""]

    def _cells(self, node: Value) -> list[Cell]:
        moving = _moving(node)
        local = [self._notation.local_equation(node, k) for k in moving[:SHORTEST]]
        if len(moving) > SHORTEST:
            local.append(Word("…"))
        derivative = self._derivative(node)
        return [
            self._notation.name(node),
            say(self._language, _kind(node)) if node.op is None else self._notation.operation(node),
            prose.figure(node.data, self._digits),
            "" if derivative is None else prose.figure(derivative, self._digits),
            joined(local, ", ") if local else "",
        ]

    def _row(self, node: Value) -> Row:
        name = text(self._notation.name(node))
        expression = "" if node.op is None else text(self._notation.operation(node))
        numbers = node.local_derivatives()
        local = tuple(self._local(node, k, numbers[k]) for k in _moving(node))
        return Row(name, expression, self._numbers[node], local, self._derivative(node))

    def _local(self, node: Value, k: int, number: float) -> Local:
        formula = self._notation.local(node, k) or prose.figure(number, self._digits)
        return Local(text(self._notation.slope(node, k)), text(formula), number)

    def _derivative(self, node: Value) -> float | None:
        return None if node.__class__ is Constant else self._derivatives[node]


def table(value: Value, *, language: Language = "ko", limit: int = 60, digits: int = 6) -> Table:
    """List every node of a graph: its name, what it was computed from, its number and its derivatives.

    The derivative is that of ``value``: times ``value.grad`` where a backward pass has set it. Gradients stay
    as they are.

    Args:
        value: the output.
        language: Korean (``"ko"``) or English (``"en"``).
        limit: how many nodes are printed at the most; ``rows`` has all of them.
        digits: significant digits of the numbers.

    Raises:
        TypeError: if ``value`` is not a Value.
        ValueError: if an option is unknown.

    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> print(table(x * y + 1, language="en"))
      name  equation  value  derivative  local derivative
      x     leaf          2           3
      y     leaf          3           2
      t     x × y         6           1  ∂t/∂x = y = 3, ∂t/∂y = x = 2
      1     constant      1
      z     t + 1         7           1  ∂z/∂t = 1
    """
    if not isinstance(value, Value):
        raise TypeError(f"table() needs a Value, not the {type(value).__name__} {shown(value)}")
    check(language=language, limit=limit, digits=digits)
    return Table(value, language, limit, digits)


def _kind(leaf: Value) -> str:
    return "constant leaf" if leaf.__class__ is Constant else "leaf"


def _moving(node: Value) -> list[int]:
    """The places of the operands that a derivative flows to."""
    return [k for k, parent in enumerate(node.parents) if parent.__class__ is not Constant]


def _twins(order: Sequence[Value]) -> dict[tuple[Value, int], int]:
    """Numbers for operands that one operation has several times."""
    marks: dict[tuple[Value, int], int] = {}
    for node in order:
        uses = Counter(node.parents)
        if len(uses) < len(node.parents):
            numbers = {parent: count(1) for parent in uses}
            marks |= {(node, k): next(numbers[p]) for k, p in enumerate(node.parents) if uses[p] > 1}
    return marks
