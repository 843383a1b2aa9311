"""What stands at the wires: numbers, symbols, unreduced fractions, or numbers with their factors.

A :class:`Label` is its own plain text; where it is mathematics it also has boxes to set it from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from .. import mathtext
from ..graph import adjoints, topological
from ..mathtext import Box, Over, Word
from ..numerals import numeral
from ..symbolic import Symbolic
from ..value import Constant, Value
from .lettering import clipped, printable

__all__ = ["STYLES", "Label", "Labels", "Style", "labels_for"]

Style = Literal["numbers", "symbols", "fractions", "both"]
STYLES = ("numbers", "symbols", "fractions", "both")

PENDING = "?"
"""Under a backward arrow whose derivative has not been computed."""


class Label(str):
    """A text at a wire.

    Attributes:
        box: the mathematics to set it from; None where it is plain text.
        pending: whether it stands for a derivative that has not been computed.
    """

    box: Box | None = None
    pending: bool = False

    @classmethod
    def of(cls, box: Box) -> Label:
        """A label that is set from boxes.

        >>> Label.of(mathtext.name("a_1"))
        'a₁'
        """
        label = cls(mathtext.text(box))
        is_plain = isinstance(box, Word) and box.style in ("name", "number")
        label.box = None if is_plain else box
        return label


def _pending() -> Label:
    label = Label(PENDING)
    label.pending = True
    return label


class Labels(Protocol):
    """A way of labelling wires."""

    def value(self, node: Value) -> Label:
        """What stands over a wire that carries ``node``."""
        ...

    def total(self, node: Value) -> Label:
        """What stands under a wire that carries ``node`` before it branches: its whole derivative."""
        ...

    def contribution(self, node: Value, k: int) -> Label:
        """What stands under the wire to operand ``k`` of ``node``."""
        ...


def labels_for(
    style: Style, output: Value, leaves: Sequence[Value], seed: str | None, digits: int, grouping: bool
) -> Labels:
    """The labels of a graph in one style.

    Args:
        style: one of :data:`STYLES`.
        output: the value at the end of the graph.
        leaves: nodes that are drawn as leaves, whatever they were computed from.
        seed: the symbol of what arrives from outside.
        digits, grouping: how numbers are written.
    """
    if style == "symbols":
        return _Symbols(output, leaves, seed)
    if style == "fractions":
        return _Fractions(output, leaves, digits)
    kind = _Factors if style == "both" else _Numbers
    return kind(output, lambda number: numeral(number, digits, grouping))


class _Numbers:
    """Values and derivatives as numbers; ``?`` before a backward pass."""

    def __init__(self, output: Value, write: Callable[[float], str]) -> None:
        self.write = write
        self.adjoint = {} if output.grad is None else adjoints([output], [output.grad])

    def value(self, node: Value) -> Label:
        return Label(self.write(node.data))

    def total(self, node: Value) -> Label:
        return Label(self.write(self.adjoint[node])) if node in self.adjoint else _pending()

    def contribution(self, node: Value, k: int) -> Label:
        if node not in self.adjoint:
            return _pending()
        return Label(self.write(node.vjp(self.adjoint[node])[k]))


class _Factors(_Numbers):
    """Numbers, and how a derivative comes about: 2.2 = 1.1 × 2."""

    def contribution(self, node: Value, k: int) -> Label:
        if node not in self.adjoint:
            return _pending()
        upstream = self.adjoint[node]
        factors = [self._factor(upstream), self._factor(node.vjp(1.0)[k])]
        return Label(f"{self.write(node.vjp(upstream)[k])} = {' × '.join(factors)}")

    def _factor(self, number: float) -> str:
        text = self.write(number)
        return f"({text})" if text.startswith("-") else text


class _Symbols:
    """Expressions over the arrows, derivatives as collected products under them."""

    def __init__(self, output: Value, leaves: Sequence[Value], seed: str | None) -> None:
        self.symbolic = Symbolic(output, seed, leaves)

    def value(self, node: Value) -> Label:
        return Label.of(self.symbolic.value[node].box)

    def total(self, node: Value) -> Label:
        return Label.of(self.symbolic.adjoint[node].box)

    def contribution(self, node: Value, k: int) -> Label:
        return Label.of(self.symbolic.contribution(node, k).box)


class _Fractions:
    """The chain rule unreduced: ∂z/∂z · ∂z/∂t · ∂t/∂x."""

    LETTERS = "tuvwpqrsabcdefghijklmnoyx"
    LONGEST = 5  # fractions in a row

    def __init__(self, output: Value, leaves: Sequence[Value], digits: int) -> None:
        order = topological([output], leaves=set(leaves))
        taken = {node.name for node in order}
        free = (letter for letter in (*self.LETTERS, *(f"v_{k}" for k in range(len(order)))) if letter not in taken)
        self.digits = digits
        self.letter: dict[Value, str] = {}
        for node in order:
            if node.name is not None:
                self.letter[node] = clipped(printable(node.name), 20)
            elif node.__class__ is not Constant:
                self.letter[node] = "z" if node is output and "z" not in taken else next(free)
        uses: dict[Value, int] = dict.fromkeys(order, 0)
        for node in order:
            for parent in node.parents if node not in leaves else ():
                uses[parent] += 1
        self.chain: dict[Value, list[Box]] = {output: [self._fraction(output, output)]}
        self.output = output
        for node in reversed(order):
            for k, parent in enumerate(node.parents if node not in leaves else ()):
                if parent in self.letter:
                    alone = uses[parent] == 1
                    self.chain[parent] = self._chain(node, k) if alone else [self._fraction(output, parent)]

    def _fraction(self, top: Value, bottom: Value) -> Box:
        return Over(*(mathtext.row("∂", mathtext.name(self.letter[node])) for node in (top, bottom)))

    def _chain(self, node: Value, k: int) -> list[Box]:
        chain = [*self.chain[node], self._fraction(node, node.parents[k])]
        return chain if len(chain) <= self.LONGEST else [self._fraction(self.output, node), chain[-1]]

    def value(self, node: Value) -> Label:
        if node not in self.letter:
            return Label(numeral(node.data, self.digits))
        return Label.of(mathtext.name(self.letter[node]))

    def total(self, node: Value) -> Label:
        return Label.of(mathtext.joined(self.chain[node], " "))

    def contribution(self, node: Value, k: int) -> Label:
        return Label.of(mathtext.joined(self._chain(node, k), " "))
