"""*Where* things are: Graphviz places boxes of known size, and the wires are routed between them.

Every wire is a box too, as wide as its widest label: so labels cannot meet each other or a circle. The
boxes go to the engine without any text, under generated names, and come back with positions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Literal

from ..text.lettering import width
from . import engine as graphviz_engine
from .geometry import Point, straightened
from .picture import Group, Part, Picture, Wire
from .typeset import typeset

__all__ = ["Box", "Layout", "TooLargeError", "place", "refuse_crowds"]

TEXT = 14.0  # font size; every length here is in pixels, and the engine's 72 per inch
CIRCLE = 46.0
CLOUD = 64.0
FRAME = 12.0  # from what is inside a group to its frame
TITLE = 20.0  # for a group's name over its frame
WIRE_HEIGHT = 50.0
GAP = 5.0  # from a wire's middle line to each of its two arrows
AIR = 5.0  # between an arrow and its label
NODE_GAP = 10.0  # between boxes in a column
BRANCH_PITCH = 20.0  # between wires that leave a junction
RUN_UP = 16.0  # of a junction's branches, before they turn
RANK_GAP = 22.0  # between columns of boxes, and more where many wires have to turn in it
WIDEST_GAP = 80.0
MARGIN = 14.0
NUMBER = 34.0  # for the number of a note, before its formula
CROWD = 3  # more wires than this do not fit around a circle
NAMES_IN_A_COLUMN = 30  # operators; beyond, holding all leaves at the left takes the engine minutes
NUMBERS_IN_A_COLUMN = 8  # operators; beyond, plain numbers stay beside their operator
MAXIMUM = 1500  # operators in a picture
MAXIMUM_WIRES = 4000
MANY = 150  # wires; with more, and a leaf that all of them use, the engine would improve them for minutes
EFFORT = " nslimit=1; nslimit1=1; mclimit=0.2;"
MAXIMUM_LISTED = 20_000  # operators in a listing for the terminal
ADVICE = (
    "draw a part of it: draw(depth=3) shows its last steps and draw(around=value) those near a value, "
    "or close its blocks: draw(blocks='collapsed')"
)


class TooLargeError(ValueError):
    """The graph has too many operators for one picture."""


@dataclass(frozen=True)
class Box:
    """A placed rectangle: its centre and its size, y downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """The x of its left side."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """The y of its upper side."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """Where everything is.

    Attributes:
        boxes: part id, wire id or group id → its box. A wire's labels stand in its box.
        routes: wire id → the middle line of the wire, from inside its source to inside its target.
        width, height: of the canvas.
    """

    boxes: dict[str, Box]
    routes: dict[str, list[Point]]
    width: float
    height: float


def place(picture: Picture, time_limit: float = 20.0, engine: str | None = None) -> Layout:
    """Place the parts of a picture.

    Args:
        picture: what to place.
        time_limit: for the layout engine, in seconds.
        engine: which one, see :func:`tinygrad_kr.drawing.engine.run`; the first one that is installed where left out.

    Raises:
        TooLargeError: if the picture has too many operators, or its layout takes too long.
        tinygrad_kr.drawing.engine.EngineNotFoundError: if there is no layout engine.

    >>> from tinygrad_kr import Value
    >>> from tinygrad_kr.drawing.depict import depict
    >>> from tinygrad_kr.drawing.picture import Options
    >>> layout = place(depict(Value(2.0, "x") * Value(3.0, "y"), Options()))
    >>> layout.boxes["leaf-0"].right < layout.boxes["wire-2-0"].left < layout.boxes["op-2"].left
    True
    """
    refuse_crowds(len(picture.of_kind("operator")), MAXIMUM, len(picture.wires), MAXIMUM_WIRES)
    sizes = {wire.id: _wire_size(wire) for wire in picture.wires}
    into: dict[str, list[Wire]] = {}
    for wire in picture.wires:
        into.setdefault(wire.target, []).append(wire)
    sizes |= {part.id: _part_size(part, _pitch(into.get(part.id, []), sizes)) for part in picture.parts.values()}
    try:
        plain = graphviz_engine.run(_dot(picture, sizes), time_limit, engine)
    except graphviz_engine.LayoutTimeoutError as error:
        size = f"the graph has {len(picture.of_kind('operator')):,} operators and {len(picture.wires):,} wires"
        raise TooLargeError(f"{size}, and {error}; {ADVICE}, or allow more time with time_limit") from None
    return _read(plain, picture, sizes)


def refuse_crowds(operators: int, most: int, wires: int = 0, most_wires: int = 0) -> None:
    """Raise if there are too many operators, or wires, for one picture.

    >>> refuse_crowds(2000, 1500)
    Traceback (most recent call last):
    tinygrad_kr.drawing.layout.TooLargeError: the graph has 2,000 operators; at most 1,500 are drawn in one \
picture; draw a part of it: draw(depth=3) shows its last steps and draw(around=value) those near a value, or \
close its blocks: draw(blocks='collapsed')
    """
    if operators > most:
        raise TooLargeError(
            f"the graph has {operators:,} operators; at most {MAXIMUM:,} are drawn in one picture; {ADVICE}"
        )
    if wires > most_wires:
        raise TooLargeError(f"the graph has {wires:,} wires; at most {most_wires:,} are drawn in one picture; {ADVICE}")


def _part_size(part: Part, pitch: float) -> tuple[float, float]:
    if part.kind in ("operator", "block", "cloud"):
        across = max(CIRCLE, width(part.text, TEXT) + (52 if part.kind == "cloud" else 16))
        height = CLOUD if part.kind == "cloud" else CIRCLE
        return across, max(height, pitch * max(part.inputs, part.outputs)) if _is_tall(part) else height
    if part.kind == "junction":
        return RUN_UP, BRANCH_PITCH * (part.outputs - 1) + 12
    return max(2.0, typeset(part.text).width + 8 if part.text else 2.0), 22.0


def _wire_size(wire: Wire) -> tuple[float, float]:
    """A wire's box: as wide as its widest label, and as high above its line as below."""
    labels = [typeset(label) for label in wire.labels]
    height = max(label.ascent + label.descent for label in labels)
    return max(44.0, max(label.width for label in labels) + 18), max(WIRE_HEIGHT, 2 * (height + GAP + AIR + 1))


def _pitch(wires: list[Wire], sizes: dict[str, tuple[float, float]]) -> float:
    """How far apart the wires into a tall operator are: as they are stacked."""
    return max((sizes[wire.id][1] for wire in wires), default=WIRE_HEIGHT) + NODE_GAP


def _dot(picture: Picture, sizes: dict[str, tuple[float, float]]) -> str:
    """The boxes as Graphviz's input. Ids are generated, so nothing here needs quoting but the dash."""
    gap = f"nodesep={NODE_GAP / 72:.4f}; ranksep={_rank_gap(picture) / 72:.2f};"
    effort = EFFORT if len(picture.wires) > MANY else ""
    lines = ["digraph {", f"rankdir=LR; {gap}{effort} splines=polyline; graph [ordering=in];"]
    lines.append('node [shape=box, fixedsize=true, label=""]; edge [dir=none];')
    lines += [f'"{id}" [width={w / 72:.4f}, height={h / 72:.4f}];' for id, (w, h) in sizes.items()]
    port: dict[str, str] = {}  # where a wire meets a tall part, on its way in
    exit: dict[str, str] = {}  # and on its way out
    for part in filter(_is_tall, picture.parts.values()):
        inputs = [wire.id for wire in picture.wires if wire.target == part.id]
        outputs = [wire.id for wire in picture.wires if wire.source == part.id]
        lines.append(f'"{part.id}" [shape=record, label="{_record(len(inputs), len(outputs))}"];')
        port |= {id: f":i{k}:w" for k, id in enumerate(inputs)}
        exit |= {id: f":o{k}:e" for k, id in enumerate(outputs) if len(outputs) > 1}
    column = _column(picture)
    framed = {id for group in picture.groups for id in group.members}
    rank = _ranks(picture)
    mains = Counter(wire.target for wire in picture.wires if wire.main)
    # Operands keep the order of their edges (ordering=in); inside a cluster the engine takes it upside down.
    ordered = [wire for wire in picture.wires if wire.target not in framed]
    ordered += [wire for wire in reversed(picture.wires) if wire.target in framed]
    for wire in ordered:
        source, target = picture.parts[wire.source], picture.parts[wire.target]
        stem = target.kind == "junction"
        together = 80 if stem else 6 if mains[wire.target] > 1 or wire.id in port else 40
        start = max(1, 12 // source.outputs) if source.kind == "junction" else together if wire.main else 40
        end = together if wire.main or wire.id in port else 1
        held = f", minlen={rank[wire.target] - 1}" if source.id in column else ""
        lines.append(f'"{wire.source}"{exit.get(wire.id, "")} -> "{wire.id}" [weight={start}{held}];')
        # What comes into a frame leaves room for the constants that stand inside it.
        into = ", minlen=3" if wire.target in framed and wire.id not in framed else ""
        lines.append(f'"{wire.id}" -> "{wire.target}"{port.get(wire.id, "")} [weight={end}{into}];')
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


def _read(plain: str, picture: Picture, sizes: dict[str, tuple[float, float]]) -> Layout:
    """Read positions back, and route the wires."""
    boxes: dict[str, Box] = {}
    bends: dict[tuple[str, str], list[Point]] = {}
    for line in plain.splitlines():
        fields = line.replace('"', "").split()
        if fields and fields[0] == "node":
            w, h = sizes[fields[1]]
            boxes[fields[1]] = Box(float(fields[2]) * 72, -float(fields[3]) * 72, w, h)  # its y grows upwards
        elif fields and fields[0] == "edge":
            numbers = [float(number) * 72 for number in fields[4 : 4 + 2 * int(fields[3])]]
            points = [(x, -y) for x, y in zip(numbers[::2], numbers[1::2])]
            bends.setdefault((fields[1], fields[2]), points[3:-1:3])  # corners of the Bézier polygon
    gap = _rank_gap(picture)
    branches = _branches(picture, boxes)
    entries, exits = _ports(picture.wires, boxes, "target"), _ports(picture.wires, boxes, "source")
    routes = {}
    for wire in picture.wires:
        box, source, target = boxes[wire.id], boxes[wire.source], boxes[wire.target]
        before = [*bends.get((wire.source, wire.id), []), (box.left, box.y)]
        after = [(box.right, box.y), *bends.get((wire.id, wire.target), [])]
        if wire.id in branches:
            height = branches[wire.id]
            beyond = [point for point in before if point[0] > source.right + gap / 2]
            before = [(source.left + 2, height), (source.right, height), *beyond]
        else:
            height = exits[wire.id]
            side = [(source.right, height)] if _is_tall(picture.parts[wire.source]) else []
            before = [(source.x, height), *side, *before]
        if _is_tall(picture.parts[wire.target]):
            after += [(target.left, entries[wire.id]), (target.x, entries[wire.id])]
        elif picture.parts[wire.target].kind == "junction":
            after.append((target.left + 2, min(max(box.y, target.top + 4), target.bottom - 4)))
        else:
            after.append((target.x, target.y))
        routes[wire.id] = straightened(before + after)
    for group in reversed(picture.groups):  # inner ones first
        boxes[group.id] = _frame(group, [g for g in picture.groups if g.inside == group.id], boxes, routes)
    return _moved(boxes | _notes(picture, boxes), routes)


def _notes(picture: Picture, boxes: dict[str, Box]) -> dict[str, Box]:
    """The formulas below the picture, one under the other, with room for their numbers."""
    left, y = min(box.left for box in boxes.values()), max(box.bottom for box in boxes.values())
    sizes = [typeset(note) for note in picture.notes]
    formulas = max((size.width for size in sizes), default=0.0) + NUMBER * any(note.number for note in picture.notes)
    placed: dict[str, Box] = {}
    for number, (note, size) in enumerate(zip(picture.notes, sizes), 1):
        height, across = size.ascent + size.descent + 2 * AIR, width(note.shapes, TEXT)
        placed[f"note-{number}"] = Box(left + formulas / 2, y + height / 2, formulas, height)
        placed[f"note-{number}-shapes"] = Box(left + formulas + NUMBER + across / 2, y + height / 2, across, height)
        y += height
    return placed


def _frame(group: Group, inner: list[Group], boxes: dict[str, Box], routes: dict[str, list[Point]]) -> Box:
    """The frame around a group, with room for its name above."""
    inside = [boxes[id] for id in group.members] + [boxes[other.id] for other in inner]
    bends = [point for id in group.members for point in routes.get(id, [])]
    left = min([box.left for box in inside] + [x for x, _ in bends]) - FRAME
    right = max([box.right for box in inside] + [x for x, _ in bends]) + FRAME
    top = min([box.top for box in inside] + [y for _, y in bends]) - FRAME - (TITLE if inner else 0)
    bottom = max([box.bottom for box in inside] + [y for _, y in bends]) + FRAME
    return Box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def _moved(boxes: dict[str, Box], routes: dict[str, list[Point]]) -> Layout:
    """Everything moved to the corner of a canvas that holds it, with a margin."""
    titled = [Box(box.x, box.y - TITLE, box.width, box.height) for id, box in boxes.items() if id.startswith("group")]
    every = [*boxes.values(), *titled]
    points = [point for route in routes.values() for point in route]
    dx = MARGIN - min([box.left for box in every] + [x for x, _ in points])
    dy = MARGIN - min([box.top for box in every] + [y for _, y in points])
    return Layout(
        {id: Box(box.x + dx, box.y + dy, box.width, box.height) for id, box in boxes.items()},
        {id: [(x + dx, y + dy) for x, y in route] for id, route in routes.items()},
        # Whole pixels, so that an image has no half-covered edge.
        ceil(max([box.right for box in every] + [x for x, _ in points]) + dx + MARGIN),
        ceil(max([box.bottom for box in every] + [y for _, y in points]) + dy + MARGIN),
    )


def _is_tall(part: Part) -> bool:
    """Whether more wires meet a part than fit around a circle; it gets a port for each."""
    if part.kind in ("block", "cloud"):
        return max(part.inputs, part.outputs) > 1
    return part.kind == "operator" and part.inputs > CROWD


def _ports(wires: list[Wire], boxes: dict[str, Box], end: Literal["source", "target"]) -> dict[str, float]:
    """The height at which each wire meets the part at one end, if that is tall: from the top, as written."""
    at: dict[str, list[str]] = {}
    for wire in wires:
        at.setdefault(getattr(wire, end), []).append(wire.id)
    heights: dict[str, float] = {}
    for id, meeting in at.items():
        box = boxes[id]
        heights |= {wire: box.top + (k + 0.5) * box.height / len(meeting) for k, wire in enumerate(meeting)}
    return heights


def _branches(picture: Picture, boxes: dict[str, Box]) -> dict[str, float]:
    """The height at which each branch leaves its junction: in the order of where they go, so as not to cross."""
    at: dict[str, list[Wire]] = {}
    for wire in picture.wires:
        if picture.parts[wire.source].kind == "junction":
            at.setdefault(wire.source, []).append(wire)
    heights: dict[str, float] = {}
    for id, wires in at.items():
        for place, wire in enumerate(sorted(wires, key=lambda wire: boxes[wire.id].y)):
            heights[wire.id] = boxes[id].y + (place - (len(wires) - 1) / 2) * BRANCH_PITCH
    return heights


def _rank_gap(picture: Picture) -> float:
    """Room between the columns: the more wires meet in one place, the more they need to turn."""
    fan = max((max(part.outputs, part.inputs) for part in picture.parts.values() if not _is_tall(part)), default=1)
    return min(RANK_GAP + 8.0 * max(fan - 2, 0), WIDEST_GAP)
