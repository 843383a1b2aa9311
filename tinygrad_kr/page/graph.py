"""What a page knows of its graph: the nodes, the rows they use, and what stands where in each picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..drawing.depict import depict
from ..drawing.labels import Edge, Label, Labels
from ..drawing.layout import Layout
from ..drawing.picture import NAME_COLUMNS, Options, Part, Picture, Wire
from ..engine.blocks import Block, blocks_of
from ..engine.formula import to_text
from ..engine.graph import topological
from ..engine.ops import Op
from ..engine.value import Constant, Value
from ..text.lettering import clipped, printable, width
from ..text.numerals import raised
from ..words import mathtext
from .hints import hints

__all__ = ["Graph", "number"]

OVERHANG = 24.0
"""How far a label may reach beyond its wire's box, in pixels, before it comes near a circle."""


def number(x: float) -> float | str:
    """A number for JSON, which has no infinities.

    >>> number(1.5), number(float("-inf")), number(float("nan"))
    (1.5, '-inf', 'nan')
    """
    return x if x - x == 0 else str(x)


class Graph:
    """A graph as data for the page. Nodes are known by their place in topological order.

    Args:
        outputs: the Values at the right end.

    >>> graph = Graph([Value(2.0, "x") * 3])
    >>> graph.nodes()
    [{'value': 2.0, 'name': 'x'}, {'value': 3.0, 'constant': True}, {'op': 'mul', 'of': [0, 1]}]
    """

    def __init__(self, outputs: Sequence[Value]) -> None:
        self.order = topological(outputs)
        self.place = {node: place for place, node in enumerate(self.order)}
        self.leaves = [node.data for node in self.order if node.op is None]  # the numbers of this moment
        inner = {parent for node in self.order for parent in node.parents}
        self.ends = [output for output in outputs if output not in inner]
        self.seeds = [output.grad for output in self.ends]

    def nodes(self) -> list[dict[str, Any]]:
        """Every node: a leaf with its number, an operator with its row and the places of its operands."""
        leaves = iter(self.leaves)
        return [self._node(node, leaves) for node in self.order]

    def _node(self, node: Value, leaves: Iterator[float]) -> dict[str, Any]:
        known: dict[str, Any]
        if node.op is None:
            known = {"value": number(next(leaves))}
        else:
            known = {"op": node.op.name, "of": [self.place[parent] for parent in node.parents]}
            if node.op.k is not None:
                known["k"] = node.op.k
        if node.name and node.name.strip():
            known["name"] = _called(node.name)
        if isinstance(node, Constant):
            known["constant"] = True
        return known

    def outputs(self) -> list[dict[str, Any]]:
        """Where the backward pass starts, and with which derivative: 1 before the first one."""
        fresh = all(seed is None for seed in self.seeds)
        seeds = [1.0 if fresh else seed or 0.0 for seed in self.seeds]
        return [{"place": self.place[end], "seed": number(seed)} for end, seed in zip(self.ends, seeds)]

    @property
    def closed_forms(self) -> list[Block]:
        """The blocks whose author gave a closed form of their derivative, as far as they are in the graph."""
        return [block for block in blocks_of(self.order) if block.derivative and self.place.keys() >= {*block.inputs}]

    def choices(self, blocks: Sequence[str]) -> list[dict[str, Any]]:
        """Which numbers the conditions of a block's closed form take, its inputs and its output.

        Args:
            blocks: the names of the blocks that can be closed; ``block`` is a place among them, -1 for another.
        """
        return [
            {
                "block": blocks.index(block.name) if block.name in blocks else -1,
                "of": [self.place[value] for value in (*block.inputs, *block.outputs)],
            }
            for block in self.closed_forms
        ]

    @property
    def ops(self) -> list[Op]:
        """The rows that occur, each once."""
        return list({node.op.name: node.op for node in self.order if node.op is not None}.values())

    def rows(self) -> dict[str, dict[str, Any]]:
        """What the page says of each row."""
        return {
            op.name: {
                "symbol": raised(op.symbol),
                "ko": op.ko,
                "en": op.en,
                "infix": _infix(op),
                "families": len(op.inputs) if op.variadic else 0,
                "isArea": not op.variadic and op.partials == op.variables[::-1],
                "hints": hints(op),
            }
            for op in self.ops
        }

    def legend(self, outputs: Sequence[Value], options: Options, picture: Picture, layout: Layout) -> dict[str, Any]:
        """What stands where in a picture.

        Args:
            outputs, options: what the picture was made from.
            picture, layout: the picture, and its layout.

        Returns:
            ``units``: the operators and closed blocks from left to right, and the nodes in each;
            ``wires``: what each carries, and which contributions add up to its derivative;
            ``parts``: what the ends of wires are called.
        """
        ledger = _Ledger(self.place)
        entries = {wire.id: wire for wire in depict(outputs, options, ledger).wires}
        wires = [_wire(wire, entries[wire.id], layout) for wire in picture.wires]
        parts = picture.parts.values()
        workers = [part for part in parts if part.kind in ("operator", "block", "cloud")]
        return {
            "units": [_unit(part, wires, ledger) for part in workers],
            "wires": wires,
            "parts": {part.id: _part_name(part) for part in parts if part.kind != "junction"},
        }


def _wire(wire: Wire, entry: Wire, layout: Layout) -> dict[str, Any]:
    """A wire by its entry in the ledger; ``room`` is how many digits fit at it."""
    name, sign, place = str(entry.value).rpartition(" = ")
    prefix = name + sign
    room = layout.boxes[wire.id].width + OVERHANG - width(prefix)
    return {
        "id": wire.id,
        "source": wire.source,
        "target": wire.target,
        "carries": int(place),
        "passes": _edges(entry.derivative),
        "prefix": prefix,
        "room": max(5, int(room / width("0"))),
    }


def _edges(entry: Label | None) -> list[list[int]] | None:
    """The edges that a derivative's entry names; None for all that reaches the wire's value."""
    return [[int(part) for part in edge.split("/")] for edge in entry.split()] if entry else None


def _unit(part: Part, wires: Sequence[dict[str, Any]], ledger: _Ledger) -> dict[str, Any]:
    """An operator, or a closed block: the nodes in it, and those whose values leave it."""
    leaving = {wire["carries"] for wire in wires if wire["source"] == part.id}
    nodes = leaving | {place for wire in wires if wire["target"] == part.id for place, _ in wire["passes"] or ()}
    unit = {"id": part.id, "nodes": sorted(nodes), "outputs": sorted(leaving)}
    if part.kind != "operator":
        around = [inside for inside in ledger.blocks if inside >= nodes]
        unit |= {"nodes": sorted(around[0] if around else nodes), "name": clipped(part.title, NAME_COLUMNS)}
    return unit


def _part_name(part: Part) -> str:
    return raised(str(part.text)) if part.kind == "operator" else _called(part.title)


def _called(name: str) -> str:
    """A name as a line of text: w_1 is w₁.

    >>> _called("w_1")
    'w₁'
    """
    return mathtext.text(mathtext.name(clipped(printable(name), NAME_COLUMNS)))


def _infix(op: Op) -> str:
    """How an expression with the row is written, with signs for people: {0} × {1}."""
    return to_text(op.forward).replace("x", "{0}").replace("y", "{1}") if op.infix else ""


class _Ledger(Labels):
    """Labels that say what stands at a wire: the place of the value, the edges of the derivative."""

    def __init__(self, place: dict[Value, int]) -> None:
        self.place = place
        self.blocks: list[set[int]] = []

    def value(self, node: Value) -> Label:
        return Label(self.place[node])

    def total(self, node: Value) -> Label:
        return Label("")

    def contribution(self, node: Value, k: int) -> Label:
        return Label(f"{self.place[node]}/{k}")

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        self.blocks.append({self.place[node] for node in block.inside() if node in self.place})
        return Label(" ".join(f"{self.place[node]}/{k}" for node, k in edges))
