"""*What* is drawn: a small model of operators, ends and wires, made from a graph and the options.

It knows nothing of positions or of SVG. Ids are generated (``op-3``, ``wire-3-0``) and never made from
names; all text in a picture is printable already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from .. import mathtext
from ..graph import topological
from ..numerals import numeral, shown
from ..value import Constant, Value
from .labels import STYLES, Label, Style, labels_for
from .lettering import clipped, printable

__all__ = ["Direction", "Options", "Part", "Picture", "Wire", "depict"]

Direction = Literal["both", "forward", "backward"]
Kind = Literal["operator", "leaf", "output", "junction"]

NAME_COLUMNS = 40
"""Names longer than this are cut in the picture; a tooltip keeps the whole."""


@dataclass
class Part:
    """Something with a place of its own: an operator, a leaf, an output or a junction.

    Attributes:
        id: ``op-3``, ``leaf-0``, ``out-5``, ``join-2``; the number is the node's, in topological order.
        kind: what it is. A junction is where a value that is used several times branches.
        text: the symbol in the circle or the name at the end, cut to a readable length.
        title: the whole text, for a tooltip.
        inputs, outputs: how many wires come in at the left and leave at the right.
    """

    id: str
    kind: Kind
    text: Label = field(default_factory=Label)
    title: str = ""
    inputs: int = 0
    outputs: int = 0


@dataclass
class Wire:
    """A value on its way from one part to another, and the derivative on its way back.

    Attributes:
        id: ``wire-3-0`` for the first operand of operator 3, ``wire-3`` for a value before it branches
            or leaves.
        source, target: the ids of the parts it connects.
        value: what stands over the forward arrow; None where no forward arrow is drawn.
        derivative: what stands under the backward arrow; None where no backward arrow is drawn.
        main: whether the wire continues the main line of its target, which is drawn straight.
    """

    id: str
    source: str
    target: str
    value: Label | None
    derivative: Label | None
    main: bool = True

    @property
    def pending(self) -> bool:
        """Whether the derivative has not been computed yet."""
        return self.derivative is not None and self.derivative.pending

    @property
    def labels(self) -> tuple[Label, ...]:
        """What stands at the wire."""
        return tuple(text for text in (self.value, self.derivative) if text is not None)


@dataclass
class Picture:
    """Everything that is drawn, in the order written: parts and the wires between them."""

    parts: dict[str, Part] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)

    def of_kind(self, kind: Kind) -> list[Part]:
        """The parts of one kind, in order."""
        return [part for part in self.parts.values() if part.kind == kind]

    def connect(self, wire: Wire) -> None:
        """Add a wire between parts that are there."""
        self.wires.append(wire)
        self.parts[wire.source].outputs += 1
        self.parts[wire.target].inputs += 1


@dataclass(frozen=True)
class Options:
    """How a graph is drawn; :func:`tinygrad_kr.draw` documents the fields."""

    direction: Direction = "both"
    labels: Style = "numbers"
    seed: str | None = None
    wrt: Sequence[Value] | None = None
    constants: Literal["inputs", "folded"] = "inputs"
    depth: int | None = None
    digits: int = 6
    grouping: bool = False

    def __post_init__(self) -> None:
        _choose("direction", self.direction, ("both", "forward", "backward"))
        _choose("labels", self.labels, STYLES)
        _choose("constants", self.constants, ("inputs", "folded"))
        for name, number in (("digits", self.digits), ("depth", self.depth)):
            if number is not None and (not isinstance(number, int) or number < 1):
                raise ValueError(f"{name}={shown(number)} is not possible; expected a whole number from 1")
        for value in self.wrt or ():
            if not isinstance(value, Value):
                raise TypeError(f"wrt needs Values of the graph, not the {type(value).__name__} {shown(value)}")


def _choose(option: str, given: object, choices: Sequence[str]) -> None:
    if given not in choices:
        raise ValueError(f"{option}={shown(given)} is unknown; choose one of {', '.join(map(repr, choices))}")


def depict(output: Value, options: Options) -> Picture:
    """The picture of the graph behind a value.

    Args:
        output: the value at the right end.
        options: how to draw it.

    Raises:
        ValueError: if ``options.wrt`` holds a value that is not in the graph.

    >>> picture = depict(Value(2.0, "x") * Value(3.0, "y"), Options())
    >>> [wire.labels for wire in picture.wires]
    [('2', '?'), ('3', '?'), ('6', '?')]
    """
    return _Depiction(output, options).picture


class _Depiction:
    """The steps from a graph to its picture, over what they share."""

    def __init__(self, output: Value, options: Options) -> None:
        self.output = output
        self.options = options
        self.picture = Picture()
        self.cut = _beyond(output, options.depth)
        self.order = topological([output], leaves=self.cut)
        self.index = {node: place for place, node in enumerate(self.order)}
        self.folded = {node: place for node in self.order if (place := self._foldable(node)) is not None}
        self.active = self._on_the_way()
        self.labels = labels_for(
            options.labels, output, tuple(self.cut), options.seed, options.digits, options.grouping
        )
        self._draw()

    def _operands(self, node: Value) -> list[tuple[int, Value]]:
        """The operands that are drawn as wires, with their places; none where the picture is cut off."""
        if node in self.cut:
            return []
        return [(k, parent) for k, parent in enumerate(node.parents) if self.folded.get(node) != k]

    def _foldable(self, node: Value) -> int | None:
        """The place of a plain number that is written into the operator's circle: ×2, +1, **2."""
        if node.op is None or node in self.cut or not node.op.infix or len(node.parents) != 2:
            return None
        plain = [parent.__class__ is Constant and parent.name is None for parent in node.parents]
        if plain == [False, True] and (self.options.constants == "folded" or node.op.name == "pow"):
            return 1
        if plain == [True, False] and self.options.constants == "folded":
            return 0
        return None

    def _on_the_way(self) -> set[Value]:
        """The nodes that backward arrows lead to: those that depend on a leaf that is asked for."""
        wanted = None if self.options.wrt is None else set(self.options.wrt)
        for value in wanted or ():
            if value not in self.index:
                raise ValueError(f"wrt has {value!r}, which is not in the graph that is drawn; give what it came from")
        active: set[Value] = set()
        for node in self.order:
            parents = [parent for _, parent in self._operands(node)]
            leaf = not parents and node.__class__ is not Constant
            if (leaf if wanted is None else node in wanted) or any(parent in active for parent in parents):
                active.add(node)
        return active

    def _draw(self) -> None:
        uses: dict[Value, int] = dict.fromkeys(self.order, 0)
        uses[self.output] += 1
        for node in self.order:
            for _, parent in self._operands(node):
                uses[parent] += 1
        start: dict[Value, str] = {}  # the part where the wires to a node's uses start
        depth: dict[Value, int] = {}
        for node in self.order:
            if uses[node] == 0:
                continue  # a number that was folded into an operator
            here = self._part(node)
            operands = self._operands(node)
            depth[node] = 1 + max((depth[parent] for _, parent in operands), default=0)
            main = _main_operands([depth[parent] for _, parent in operands])
            for is_main, (k, parent) in zip(main, operands):
                derivative = self.labels.contribution(node, k) if self._flows_back(parent) else None
                self._wire(f"wire-{self.index[node]}-{k}", start[parent], here, parent, derivative, is_main)
            start[node] = here
            if uses[node] > 1:
                start[node] = f"join-{self.index[node]}"
                self.picture.parts[start[node]] = Part(start[node], "junction")
                self._wire(f"wire-{self.index[node]}", here, start[node], node, self._total(node))
        self._out(start[self.output])

    def _part(self, node: Value) -> str:
        """Add the part that a node is drawn as, and return its id."""
        place = self.index[node]
        if node.op is None or node in self.cut:
            part = self._end(f"leaf-{place}", "leaf", node, "⋯" if node in self.cut else "")
        else:
            symbol = node.op.symbol
            if node in self.folded:
                k = self.folded[node]
                number = self._numeral(node.parents[k].data)
                symbol = f"{symbol}{number}" if k else f"{number}{symbol}"
            part = Part(f"op-{place}", "operator", Label(symbol), f"{node.op.name} · {node.op.ko} · {node.op.en}")
        self.picture.parts[part.id] = part
        return part.id

    def _out(self, source: str) -> None:
        part = self._end(f"out-{self.index[self.output]}", "output", self.output, "")
        if self.output.op is None:
            part.text = Label()  # a leaf has its name at the left end already
        self.picture.parts[part.id] = part
        self._wire(f"wire-{self.index[self.output]}-out", source, part.id, self.output, self._total(self.output))

    def _end(self, id: str, kind: Kind, node: Value, otherwise: str) -> Part:
        """A leaf or the output, by name; in symbols the wire carries the name, and the end needs none."""
        whole = otherwise if node.name is None else printable(node.name)
        label = Label.of(mathtext.name(clipped(whole, NAME_COLUMNS)))
        is_on_wire = self.options.direction != "backward" and label == self.labels.value(node)
        return Part(id, kind, Label() if is_on_wire else label, whole)

    def _flows_back(self, node: Value) -> bool:
        """Whether a wire that carries ``node`` has a backward arrow."""
        return self.options.direction != "forward" and node in self.active

    def _total(self, node: Value) -> Label | None:
        return self.labels.total(node) if self._flows_back(node) else None

    def _wire(
        self, id: str, source: str, target: str, node: Value, derivative: Label | None, main: bool = True
    ) -> None:
        """Connect two parts by a wire that carries ``node``, in the directions that are drawn."""
        value = None if self.options.direction == "backward" else self.labels.value(node)
        is_named = node.name is not None and self.picture.parts[source].kind == "operator" and node is not self.output
        if value is not None and value.box is None and is_named:
            value = Label(f"{clipped(printable(node.name or ''), NAME_COLUMNS // 2)} = {value}")
        if value is not None or derivative is not None:
            self.picture.connect(Wire(id, source, target, value, derivative, main))

    def _numeral(self, number: float) -> str:
        return numeral(number, self.options.digits, self.options.grouping)


def _main_operands(levels: list[int]) -> list[bool]:
    """Which operands continue the main line: the deepest ones; the first where all are leaves."""
    deepest = max(levels, default=0)
    if deepest <= 1:
        return [k == 0 for k in range(len(levels))]
    return [level > 1 for level in levels]


def _beyond(output: Value, depth: int | None) -> set[Value]:
    """The nodes at which a picture of that depth is cut off (they are drawn as leaves)."""
    if depth is None:
        return set()
    seen, edge = {output}, [output]
    for _ in range(depth):
        edge = [parent for node in edge for parent in node.parents if parent not in seen]
        edge = list(dict.fromkeys(edge))
        seen.update(edge)
    return {node for node in edge if node.op is not None}
