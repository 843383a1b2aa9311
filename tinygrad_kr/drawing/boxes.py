"""What the layout engine is asked to place: boxes of known size, and which way they are to be laid out.

Every wire is a box too, as wide as its widest label: so labels cannot meet each other or a circle. The
boxes go to the engine without any text, under generated names, and come back with positions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from ..text.lettering import width
from .layout import AIR, BRANCH_PITCH, CIRCLE, FRAME, GAP, RUN_UP, TEXT, TITLE
from .picture import Group, Part, Picture, Wire
from .typeset import typeset

__all__ = ["Columns", "Plan", "effort", "is_tall", "keeps_order", "rank_gap", "sizes", "written"]

CLOUD = 64.0
WIRE_HEIGHT = 50.0
BARE = (20.0, 24.0)  # a wire without labels
NODE_GAP = 10.0  # between boxes in a column
RANK_GAP = 22.0  # between columns of boxes, and more where many wires have to turn in it
WIDEST_GAP = 80.0
PLACES = 30_000  # that the engine orders in a second
CROWD = 3  # more wires than this do not fit around a circle
NAMES_IN_A_COLUMN = 30  # operators; beyond, holding all leaves at the left takes the engine minutes
NUMBERS_IN_A_COLUMN = 8  # operators; beyond, plain numbers stay beside their operator
WIDE = 100  # operands; with ports for more of them, the engine takes minutes
MANY = 150  # wires; with more, and a leaf that all of them use, the engine would improve them for minutes
EFFORT = " nslimit=1; nslimit1=1; mclimit=0.2;"

Columns: TypeAlias = Sequence[Sequence[str]]
"""The ids of what stands in each column, from the top."""


class Plan(NamedTuple):
    """A way of laying a picture out.

    Attributes:
        pinned: whether the leaves are held in a column at the left, in the order written.
        ordered: whether the operands of every operator keep the order written, or only where it matters.
        straight: whether the main line is to be straight before all else.
    """

    pinned: bool
    ordered: bool
    straight: bool


def sizes(picture: Picture) -> dict[str, tuple[float, float]]:
    """The width and the height of every wire and part, by their ids."""
    wires = {wire.id: _wire_size(wire) for wire in picture.wires}
    into: dict[str, list[Wire]] = {}
    for wire in picture.wires:
        into.setdefault(wire.target, []).append(wire)
    parts = picture.parts.values()
    return wires | {part.id: _part_size(part, _pitch(into.get(part.id, []), wires)) for part in parts}


def _part_size(part: Part, pitch: float) -> tuple[float, float]:
    if part.kind in ("operator", "block", "cloud"):
        across = max(CIRCLE, width(part.text, TEXT) + (52 if part.kind == "cloud" else 16))
        height = CLOUD if part.kind == "cloud" else CIRCLE
        return across, max(height, pitch * max(part.inputs, part.outputs)) if is_tall(part) else height
    if part.kind == "junction":
        return RUN_UP, BRANCH_PITCH * (part.outputs - 1) + 12
    return max(2.0, typeset(part.text).width + 8 if part.text else 2.0), 22.0


def _wire_size(wire: Wire) -> tuple[float, float]:
    """A wire's box: as wide as its widest label, and as high above its line as below."""
    if not any(wire.labels):
        return BARE
    labels = [typeset(label) for label in wire.labels]
    height = max(label.ascent + label.descent for label in labels)
    return max(44.0, max(label.width for label in labels) + 18), max(WIRE_HEIGHT, 2 * (height + GAP + AIR + 1))


def _pitch(wires: list[Wire], sizes: dict[str, tuple[float, float]]) -> float:
    """How far apart the wires into a tall operator are: as they are stacked."""
    return max((sizes[wire.id][1] for wire in wires), default=WIRE_HEIGHT) + NODE_GAP


def written(picture: Picture, sizes: dict[str, tuple[float, float]], plan: Plan, columns: Columns = ()) -> str:
    """The boxes as Graphviz's input. Ids are generated, so nothing here needs quoting but the dash.

    Args:
        picture: what is drawn.
        sizes: of its boxes.
        plan: the way.
        columns: what stands in each column, from the top, where that is known.
    """
    gap = f"nodesep={NODE_GAP / 72:.4f}; ranksep={rank_gap(picture) / 72:.2f};"
    effort = EFFORT if len(picture.wires) > MANY else ""
    lines = ["digraph {", f"rankdir=LR; {gap}{effort} splines=polyline;"]
    lines.append('node [shape=box, fixedsize=true, label=""]; edge [dir=none];')
    lines += [f'"{id}" [width={w / 72:.4f}, height={h / 72:.4f}];' for id, (w, h) in sizes.items()]
    port: dict[str, str] = {}  # where a wire meets a tall part, on its way in
    exit: dict[str, str] = {}  # and on its way out
    kept = {part.id for part in picture.parts.values() if keeps_order(part, plan)}
    if not columns:
        lines += [f'"{id}" [ordering=in];' for id in kept]
    for part in filter(is_tall, picture.parts.values()):
        if part.id not in kept or part.inputs > WIDE:
            continue
        inputs = [wire.id for wire in picture.wires if wire.target == part.id]
        outputs = [wire.id for wire in picture.wires if wire.source == part.id]
        lines.append(f'"{part.id}" [shape=record, label="{_record(len(inputs), len(outputs))}"];')
        port |= {id: f":i{k}:w" for k, id in enumerate(inputs)}
        exit |= {id: f":o{k}:e" for k, id in enumerate(outputs) if len(outputs) > 1}
    column = _column(picture) if plan.pinned else []
    framed = {id for group in picture.groups for id in group.members}
    rank = _ranks(picture)
    mains = Counter(wire.target for wire in picture.wires if wire.main)
    # Operands keep the order of their edges (ordering=in); inside a cluster the engine takes it upside down.
    ordered = [wire for wire in picture.wires if wire.target not in framed]
    ordered += [wire for wire in reversed(picture.wires) if wire.target in framed]
    for wire in ordered:
        source, target = picture.parts[wire.source], picture.parts[wire.target]
        stem = target.kind == "junction"
        together = 80 if stem else 6 if mains[wire.target] > 1 or is_tall(target) or not plan.straight else 40
        start = max(1, 12 // source.outputs) if source.kind == "junction" else together if wire.main else 40
        end = together if wire.main or is_tall(target) else 1
        held = f", minlen={rank[wire.target] - 1}" if source.id in column else ""
        lines.append(f'"{wire.source}"{exit.get(wire.id, "")} -> "{wire.id}" [weight={start}{held}];')
        # What comes into a frame leaves room for the constants that stand inside it.
        into = ", minlen=3" if wire.target in framed and wire.id not in framed else ""
        lines.append(f'"{wire.id}" -> "{wire.target}"{port.get(wire.id, "")} [weight={end}{into}];')
    for ids in columns:
        lines.append("{rank=same; edge [style=invis, weight=1]; " + " -> ".join(f'"{id}"' for id in ids) + "}")
    if column:
        lines.append("{rank=source; " + " ".join(f'"{leaf}";' for leaf in column))
        lines += [f'"{above}" -> "{below}" [style=invis, weight=1];' for above, below in pairwise(column)]
        lines.append("}")
    lines += _clusters(picture)
    return "\n".join([*lines, "}"])


def _record(inputs: int, outputs: int) -> str:
    """A record's label with a field for each port, from the top: one column, or two where outputs have ports too."""
    left, right = ("|".join(f"<{side}{k}>" for k in range(n)) for side, n in (("i", inputs), ("o", outputs)))
    return f"{{{{{left}}}|{{{right}}}}}" if outputs > 1 else left


def _clusters(picture: Picture) -> list[str]:
    """The groups as clusters, inner ones inside; an empty title keeps room for their names."""
    inner: dict[str | None, list[Group]] = {}
    for each in picture.groups:
        inner.setdefault(each.inside, []).append(each)
    lines: list[str] = []
    stack: list[Group | None] = [*inner.get(None, [])[::-1]]
    while stack:
        group = stack.pop()
        if group is None:
            lines.append("}")
            continue
        room = f'width="{width(group.text, TEXT) + 8:.0f}" height="{TITLE:.0f}"'
        title = f'<<table border="0" cellborder="0" fixedsize="true" {room}><tr><td></td></tr></table>>'
        members = " ".join(f'"{id}";' for id in group.members)
        lines.append(f'subgraph "cluster_{group.id}" {{ margin={FRAME:.0f}; label={title}; {members}')
        stack += [None, *inner.get(group.id, [])[::-1]]
    return lines


def _column(picture: Picture) -> list[str]:
    """The leaves that are held in a column at the left, from the top, in the order written."""
    operators = len(picture.of_kind("operator"))
    if operators > NAMES_IN_A_COLUMN:
        return []
    framed = {id for group in picture.groups for id in group.members}
    numbers = operators <= NUMBERS_IN_A_COLUMN
    return [leaf.id for leaf in picture.of_kind("leaf") if (leaf.title or numbers) and leaf.id not in framed]


def _ranks(picture: Picture) -> dict[str, int]:
    """How many columns each part is away from the leaves; a wire takes a column of its own."""
    rank = dict.fromkeys(picture.parts, 0)
    for wire in picture.wires:  # in topological order: a wire's source is placed before it
        rank[wire.target] = max(rank[wire.target], rank[wire.source] + 2)
    return rank


def keeps_order(part: Part, plan: Plan) -> bool:
    """Whether the operands of a part stand in the order written."""
    return plan.ordered or not part.symmetric


def effort(picture: Picture) -> float:
    """About how many seconds the engine needs for one plan, on a machine of today.

    A wire has a place in every column that it passes, and the engine looks for an order of all places.
    """
    rank = _ranks(picture)
    return sum(rank[wire.target] - rank[wire.source] for wire in picture.wires) / PLACES


def is_tall(part: Part) -> bool:
    """Whether more wires meet a part than fit around a circle; it gets a port for each."""
    if part.kind in ("block", "cloud"):
        return max(part.inputs, part.outputs) > 1
    return part.kind == "operator" and part.inputs > CROWD


def rank_gap(picture: Picture) -> float:
    """Room between the columns: the more wires meet in one place, the more they need to turn."""
    fan = max((max(part.outputs, part.inputs) for part in picture.parts.values() if not is_tall(part)), default=1)
    return min(RANK_GAP + 8.0 * max(fan - 2, 0), WIDEST_GAP)
