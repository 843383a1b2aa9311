"""What stands at the wires: numbers, symbols, products with local derivatives, unreduced fractions, numbers factored.

A :class:`Label` is its own plain text; where it is mathematics it also has boxes to set it from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Literal, Protocol, Self, TypeAlias

from ..engine.blocks import Block
from ..engine.graph import adjoints, topological
from ..engine.value import Constant, Value
from ..text.numerals import numeral
from ..words import mathtext
from ..words.mathtext import Box, Fence, Over, Word
from ..words.names import called, letters, numbered
from ..words.operations import local
from ..words.symbolic import Symbolic, read_seed, seed_symbol
from ..words.symbols import Expression, number
from ..words.symbols import name as symbol
from ..words.uses import Uses

__all__ = ["STYLES", "Label", "Labels", "Numbers", "Style", "labels_for"]

Edge: TypeAlias = tuple[Value, int]
"""A node and the place of one of its operands."""

Style = Literal["numbers", "symbols", "products", "fractions", "both", "none"]
STYLES = ("numbers", "symbols", "products", "fractions", "both", "none")

PENDING = "?"
"""Under a backward arrow whose derivative has not been computed."""


class Label(str):
    """A text at a wire.

    Attributes:
        box: the mathematics to set it from; None where it is plain text.
        pending: whether it stands for a derivative that has not been computed.
        answer: what belongs in its place, where it is a blank to fill in.
        number: of such a blank.
    """

    box: Box | None = None
    pending: bool = False
    answer: Label | None = None
    number: int = 0

    @classmethod
    def of(cls, box: Box) -> Self:
        """A label that is set from boxes.

        >>> Label.of(mathtext.name("a_1"))
        'a₁'
        """
        label = cls(mathtext.text(box))
        is_plain = isinstance(box, Word) and box.style in ("name", "number")
        label.box = None if is_plain else box
        return label

    def blank(self, number: int) -> Label:
        """A blank to fill in, with this label as its answer.

        >>> blank = Label("2.2").blank(1)
        >>> blank, blank.answer
        ('(1)       ', '2.2')
        """
        label = Label(f"({number})       ")
        label.answer, label.number = self, number
        return label

    def filled(self) -> Label:
        """The answer of a blank behind its number; any other label as it is.

        >>> Label("2.2").blank(1).filled()
        '(1) 2.2'
        """
        if self.answer is None:
            return self
        label = Label(f"({self.number}) {self.answer}")
        if self.answer.box is not None:
            label.box = mathtext.row(Word(f"({self.number}) ", "number"), self.answer.box)
        label.pending = self.answer.pending
        return label


def _pending() -> Label:
    label = Label(PENDING)
    label.pending = True
    return label


def _last(outputs: Sequence[Value]) -> list[Value]:
    """The outputs that no other output was computed from: where a backward pass starts."""
    order = topological(outputs)
    inner = {parent for node in order for parent in node.parents}
    return [output for output in outputs if output not in inner]


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

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        """What stands under the wire that brings ``value`` to a closed block, where it goes along these edges."""
        ...

    def definitions(self) -> Sequence[Box]:
        """What letters of these labels stand for, where no wire says it; asked for after all labels."""
        return ()


def labels_for(
    style: Style,
    outputs: Sequence[Value],
    leaves: Collection[Value],
    seed: str | None,
    digits: int,
    grouping: bool,
    closed: Mapping[Value, Block] = MappingProxyType({}),
    ends: Sequence[Value] = (),
) -> Labels:
    """The labels of a graph in one style.

    Args:
        style: one of :data:`STYLES`.
        outputs: the values at the end of the graph.
        leaves: nodes that are drawn as leaves, whatever they were computed from.
        seed: the symbol of what arrives from outside.
        digits, grouping: how numbers are written.
        closed: the closed block that a node is inside of.
        ends: the values at the right end of the picture, where that is a part of the graph.
    """
    write = partial(numeral, digits=digits, grouping=grouping)
    if style == "symbols":
        return _Symbols(Symbolic(outputs, seed, leaves, ends), write)
    if style in ("products", "fractions"):
        uses = Uses(outputs, leaves, ends)
        letter = _lettered(uses.order, outputs[-1], seed)
        if style == "fractions":
            return _Fractions(uses, letter, seed, write, closed)
        return _Products(Symbolic(outputs, seed, leaves, ends), write, letter)
    kinds = {"numbers": Numbers, "both": _Factors, "none": _Nothing}
    return kinds[style](outputs, write)


class Numbers(Labels):
    """Values and derivatives as numbers; ``?`` before a backward pass."""

    def __init__(self, outputs: Sequence[Value], write: Callable[[float], str]) -> None:
        self.write = write
        # A picture differentiates its own outputs, whatever else has been differentiated since.
        known = [output for output in _last(outputs) if output.grad is not None]
        self.adjoint = adjoints(known, [output.grad or 0.0 for output in known])
        self._back: dict[Value, Sequence[float]] = {}

    def value(self, node: Value) -> Label:
        """The value's number."""
        return Label(self.write(node.data))

    def total(self, node: Value) -> Label:
        """The derivative of the picture's output with respect to the value."""
        return Label(self.write(self.adjoint[node])) if node in self.adjoint else _pending()

    def contribution(self, node: Value, k: int) -> Label:
        """What flows back to operand ``k``."""
        return Label(self.write(self.back(node)[k])) if node in self.adjoint else _pending()

    def back(self, node: Value) -> Sequence[float]:
        """What a node passes back to each of its operands."""
        if node not in self._back:
            self._back[node] = node.vjp(self.adjoint[node])
        return self._back[node]

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        """What flows back through a closed block."""
        amount = self.amount(edges)
        return _pending() if amount is None else Label(self.write(amount))

    def amount(self, edges: Sequence[Edge]) -> float | None:
        """What flows back along some edges together; None before a backward pass."""
        if any(node not in self.adjoint for node, _ in edges):
            return None
        return sum(self.back(node)[k] for node, k in edges)


class _Factors(Numbers):
    """Numbers, and how a derivative comes about: 2.2 = 1.1 × 2."""

    def contribution(self, node: Value, k: int) -> Label:
        if node not in self.adjoint:
            return _pending()
        upstream = self.adjoint[node]
        factors = [self._factor(upstream), self._factor(node.vjp(1.0)[k])]
        return Label(f"{self.write(self.back(node)[k])} = {' × '.join(factors)}")

    def _factor(self, number: float) -> str:
        text = self.write(number)
        return f"({text})" if text.startswith("-") else text


class _Nothing(Numbers):
    """No labels, for an overview: only whether a derivative has been computed."""

    def value(self, node: Value) -> Label:
        return Label()

    def total(self, node: Value) -> Label:
        return self._silent(node in self.adjoint)

    def contribution(self, node: Value, k: int) -> Label:
        return self._silent(node in self.adjoint)

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        return self._silent(self.amount(edges) is not None)

    def _silent(self, is_known: bool) -> Label:
        label = Label()
        label.pending = not is_known
        return label


class _Symbols(Labels):
    """Expressions over the arrows, derivatives as collected products under them."""

    def __init__(self, symbolic: Symbolic, write: Callable[[float], str]) -> None:
        self.symbolic = symbolic
        self.write = write
        self.names: set[str] = set()

    def value(self, node: Value) -> Label:
        return self._label(self.symbolic.value[node])

    def total(self, node: Value) -> Label:
        return self._label(self.symbolic.adjoint[node])

    def contribution(self, node: Value, k: int) -> Label:
        return self._label(self.symbolic.contribution(node, k))

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        return self._label(self.symbolic.through(block, edges, value))

    def definitions(self) -> Sequence[Box]:
        """The letters of their own that long expressions go by: v₁ = sin(xy+exp(z)+…)."""
        written: dict[str, Box] = {}
        for letter, expression in reversed(self.symbolic.letters.items()):  # v₂ may be made of v₁
            if letter in self.names:
                self.names |= expression.names()
                written[letter] = mathtext.row(mathtext.name(letter), " = ", expression.written(self.write))
        return [*written.values()][::-1]

    def _label(self, expression: Expression) -> Label:
        self.names |= expression.names()
        return Label.of(expression.written(self.write))


class _Products(_Symbols):
    """What arrives times the local derivative, and what that comes to: 1·2t = 2(x+y)."""

    def __init__(self, symbolic: Symbolic, write: Callable[[float], str], letter: Mapping[Value, str]) -> None:
        super().__init__(symbolic, write)
        self.letter = letter

    def value(self, node: Value) -> Label:
        return _by_letter(self.letter, node, self.write)

    def contribution(self, node: Value, k: int) -> Label:
        slope, worked_out = self._local(node, k), self.symbolic.contribution(node, k)
        arriving = self.symbolic.adjoint[node]
        self.names |= arriving.names() | worked_out.names()
        product = mathtext.joined([self._factor(arriving), self._factor(slope, _is_negative(slope))], "·")
        result = worked_out.written(self.write)
        is_told = slope.value == 1 or mathtext.text(product) == mathtext.text(result)
        return Label.of(product if is_told else mathtext.row(product, " = ", result))

    def _local(self, node: Value, k: int) -> Expression:
        """∂node/∂operand k with every value by its letter."""
        parents = node.parents
        by_letter = {value: symbol(letter) for value, letter in self.letter.items()}
        try:
            return local(node, k, lambda j: by_letter.get(parents[j]) or number(parents[j].data), by_letter[node])
        except ValueError:
            return self.symbolic.local(node, k)

    def _factor(self, expression: Expression, is_fenced: bool = False) -> Box:
        box = expression.written(self.write)
        return Fence("(", box, ")") if is_fenced or len(expression.terms) > 1 else box


def _is_negative(expression: Expression) -> bool:
    return len(expression.terms) == 1 and expression.terms[0][0] < 0


def _lettered(order: Sequence[Value], end: Value, seed: str | None) -> dict[Value, str]:
    """What every value is called but plain numbers: by its name, or by a letter that is free."""
    taken = {called(node) for node in order}
    taken.add(seed_symbol(seed))
    free = letters("tuvwpqrsabcdefghijklmnoyx", "v", taken)
    letter: dict[Value, str] = {}
    for node in order:
        if name := called(node):
            letter[node] = name
        elif node.__class__ is not Constant:
            letter[node] = "z" if node is end and "z" not in taken else next(free)
    return letter


def _by_letter(letter: Mapping[Value, str], node: Value, write: Callable[[float], str]) -> Label:
    return Label.of(mathtext.name(letter[node])) if node in letter else Label(write(node.data))


class _Fractions(Labels):
    """The chain rule unreduced: ∂z/∂z · ∂z/∂t · ∂t/∂x, and ∂p/∂x + ∂q/∂x where a value leads to several outputs."""

    LONGEST = 5  # fractions in a row

    def __init__(
        self,
        uses: Uses,
        letter: Mapping[Value, str],
        seed: str | None,
        write: Callable[[float], str],
        closed: Mapping[Value, Block],
    ) -> None:
        self.uses, self.letter = uses, letter
        self.write, self.closed = write, closed
        self.seed = None if seed is None else read_seed(seed, [*map(called, uses.order)]).written(write)
        edges: dict[Value, list[Edge]] = {node: [] for node in self.uses.order}
        for node in self.uses.order:
            for k, parent in enumerate(self.uses.operands(node)):
                edges[parent].append((node, k))
        ends = [end for end in self.uses.ends if end in self.letter]  # but for plain numbers
        self.chains = {end: [[self.seed or self._fraction(end, end)]] for end in ends}
        for node in reversed(self.uses.order):
            if node in self.letter and node not in self.chains:
                self.chains[node] = self._arriving(node, edges[node])

    def _fraction(self, top: Value, bottom: Value, number: int | None = None) -> Box:
        ends = self.letter[top], numbered(self.letter[bottom], number)
        return Over(*(mathtext.row("∂", mathtext.name(end)) for end in ends))

    def _whole(self, node: Value) -> Chains:
        """The whole derivative by a node: ∂z/∂x; or E ∂p/∂x + E ∂q/∂x."""
        seed = [] if self.seed is None else [self.seed]
        return [[*seed, self._fraction(end, node)] for end in self.uses.led_to(node)]

    def _arriving(self, node: Value, edges: Sequence[Edge]) -> Chains:
        """What arrives at a node: over its one edge, through the one closed block that it enters, or on the whole."""
        if self.uses.is_beyond(node):
            return self._whole(node)
        blocks = {self.closed.get(user) for user, _ in edges}
        block = blocks.pop() if len(blocks) == 1 else None
        if block is not None and self.closed.get(node) is not block:
            return self._through(block, edges, node)
        return self._back(*edges[0]) if len(edges) == 1 else self._whole(node)

    def _back(self, node: Value, k: int) -> Chains:
        parents = self.uses.operands(node)
        number = self.uses.number(parents[k], (node, k), parents[:k] + parents[k + 1 :])
        return self._longer(node, self._fraction(node, parents[k], number))

    def _through(self, block: Block, edges: Sequence[Edge], value: Value) -> Chains:
        behind = {node: set(topological([node], leaves=block.inputs)) for node in block.outputs if node in self.chains}
        ways = [node for node in behind if value in behind[node]]
        if any(other in behind[node] for node in ways for other in ways if other is not node):
            return [chain for node, k in edges for chain in self._back(node, k)]
        number = self.uses.number(value, block, [other for other in block.inputs if other is not value])
        return [self._longer(node, self._fraction(node, value, number))[0] for node in ways]

    def _longer(self, node: Value, step: Box) -> Chains:
        """What arrives at a node, a fraction further; as its whole derivative where that has become long."""
        before = self.chains[node]
        if len(before) == 1 and len(before[0]) >= self.LONGEST:
            before = self._whole(node)
        return [[*(before[0] if len(before) == 1 else [Fence("(", _summed(before), ")")]), step]]

    def value(self, node: Value) -> Label:
        return _by_letter(self.letter, node, self.write)

    def total(self, node: Value) -> Label:
        return Label.of(_summed(self.chains[node]))

    def contribution(self, node: Value, k: int) -> Label:
        return Label.of(_summed(self._back(node, k)))

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        return Label.of(_summed(self._through(block, edges, value)))


Chains: TypeAlias = list[list[Box]]
"""A sum of products."""


def _summed(chains: Chains) -> Box:
    return mathtext.joined([mathtext.joined(chain, " ") for chain in chains], " + ")
