"""*Where* things are: Graphviz places boxes of known size, and the wires are routed between them.

Every wire is a box too, as wide as its widest label: so labels cannot meet each other or a circle. The
boxes go to the engine without any text, under generated names, and come back with positions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from . import engine as graphviz_engine
from .geometry import Point, straightened
from .lettering import width
from .picture import Part, Picture, Wire
from .typeset import typeset

__all__ = ["Box", "Layout", "TooLargeError", "place"]

TEXT = 14.0  # font size; every length here is in pixels, and the engine's 72 per inch
CIRCLE = 46.0
WIRE_HEIGHT = 50.0
GAP = 5.0  # from a wire's middle line to each of its two arrows
AIR = 5.0  # between an arrow and its label
NODE_GAP = 10.0  # between boxes in a column
BRANCH_PITCH = 20.0  # between wires that leave a junction
RUN_UP = 16.0  # of a junction's branches, before they turn
RANK_GAP = 22.0  # between columns of boxes, and more where many wires have to turn in it
WIDEST_GAP = 80.0
MARGIN = 14.0
CROWD = 3  # more wires than this do not fit around a circle
NAMES_IN_A_COLUMN = 30  # operators; beyond, holding all leaves at the left takes the engine minutes
NUMBERS_IN_A_COLUMN = 8  # operators; beyond, plain numbers stay beside their operator
MAXIMUM = 1500  # operators


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
        boxes: part id or wire id → its box. A wire's labels stand in its box.
        routes: wire id → the middle line of the wire, from inside its source to inside its target.
        width, height: of the canvas.
    """

    boxes: dict[str, Box]
    routes: dict[str, list[Point]]
    width: float
    height: float


def place(picture: Picture, time_limit: float = 20.0, engine: str = "graphviz-pure") -> Layout:
    """Place the parts of a picture.

    Args:
        picture: what to place.
        time_limit: for the layout engine, in seconds.
        engine: which one, see :func:`tinygrad_kr.drawing.engine.run`.

    Raises:
        TooLargeError: if the picture has too many operators, or its layout takes too long.
        tinygrad_kr.drawing.engine.EngineNotFoundError: if there is no layout engine.

    >>> from tinygrad_kr import Value
    >>> from tinygrad_kr.drawing.picture import Options, depict
    >>> layout = place(depict(Value(2.0, "x") * Value(3.0, "y"), Options()))
    >>> layout.boxes["leaf-0"].right < layout.boxes["wire-2-0"].left < layout.boxes["op-2"].left
    True
    """
    operators = len(picture.of_kind("operator"))
    size = f"the graph has {operators:,} operators and {len(picture.wires):,} wires"
    advice = "draw a part of it: draw(depth=3) shows its last steps, and draw() of an inner Value what is before it"
    if operators > MAXIMUM:
        raise TooLargeError(f"{size}; at most {MAXIMUM:,} operators are drawn in one picture; {advice}")
    sizes = {wire.id: _wire_size(wire) for wire in picture.wires}
    into: dict[str, list[Wire]] = {}
    for wire in picture.wires:
        into.setdefault(wire.target, []).append(wire)
    sizes |= {part.id: _part_size(part, _pitch(into.get(part.id, []), sizes)) for part in picture.parts.values()}
    try:
        plain = graphviz_engine.run(_dot(picture, sizes), time_limit, engine)
    except graphviz_engine.LayoutTimeoutError as error:
        raise TooLargeError(f"{size}, and {error}; {advice}, or allow more time with time_limit") from None
    return _read(plain, picture, sizes)


def _part_size(part: Part, pitch: float) -> tuple[float, float]:
    if part.kind == "operator":
        return max(CIRCLE, width(part.text, TEXT) + 16), pitch * part.inputs if _is_tall(part) else CIRCLE
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
    lines = ["digraph {", f"rankdir=LR; {gap} splines=polyline; ordering=in;"]
    lines.append('node [shape=box, fixedsize=true, label=""]; edge [dir=none];')
    lines += [f'"{id}" [width={w / 72:.4f}, height={h / 72:.4f}];' for id, (w, h) in sizes.items()]
    port: dict[str, str] = {}
    for part in filter(_is_tall, picture.parts.values()):
        wires = [wire.id for wire in picture.wires if wire.target == part.id]
        fields = "|".join(f"<{k}>" for k in range(len(wires)))
        lines.append(f'"{part.id}" [shape=record, label="{fields}"];')
        port |= {id: f":{k}:w" for k, id in enumerate(wires)}
    column = _column(picture)
    rank = _ranks(picture)
    mains = Counter(wire.target for wire in picture.wires if wire.main)
    for wire in picture.wires:
        source, target = picture.parts[wire.source], picture.parts[wire.target]
        stem = target.kind == "junction"
        together = 80 if stem else 6 if mains[wire.target] > 1 or wire.id in port else 40
        start = max(1, 12 // source.outputs) if source.kind == "junction" else together if wire.main else 40
        end = together if wire.main or wire.id in port else 1
        held = f", minlen={rank[wire.target] - 1}" if source.id in column else ""
        lines.append(f'"{wire.source}" -> "{wire.id}" [weight={start}{held}];')
        lines.append(f'"{wire.id}" -> "{wire.target}"{port.get(wire.id, "")} [weight={end}];')
    if column:
        lines.append("{rank=source; " + " ".join(f'"{leaf}";' for leaf in column))
        lines += [f'"{above}" -> "{below}" [style=invis, weight=1];' for above, below in pairwise(column)]
        lines.append("}")
    return "\n".join([*lines, "}"])


def _column(picture: Picture) -> list[str]:
    """The leaves that are held in a column at the left, from the top, in the order written."""
    operators = len(picture.of_kind("operator"))
    if operators > NAMES_IN_A_COLUMN:
        return []
    return [leaf.id for leaf in picture.of_kind("leaf") if leaf.text or operators <= NUMBERS_IN_A_COLUMN]


def _ranks(picture: Picture) -> dict[str, int]:
    """How many columns each part is away from the leaves; a wire takes a column of its own."""
    rank = dict.fromkeys(picture.parts, 0)
    for wire in picture.wires:  # in topological order: a wire's source is placed before it
        rank[wire.target] = max(rank[wire.target], rank[wire.source] + 2)
    return rank


def _read(plain: str, picture: Picture, sizes: dict[str, tuple[float, float]]) -> Layout:
    """Read positions and routes back, and move everything to the canvas's corner."""
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
    dx = MARGIN - min(box.left for box in boxes.values())
    dy = MARGIN - min(box.top for box in boxes.values())
    boxes = {id: Box(box.x + dx, box.y + dy, box.width, box.height) for id, box in boxes.items()}
    bends = {pair: [(x + dx, y + dy) for x, y in points] for pair, points in bends.items()}

    gap = _rank_gap(picture)
    branches, entries = _branches(picture, boxes), _entries(picture, boxes)
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
            before = [(source.x, source.y), *before]
        if _is_tall(picture.parts[wire.target]):
            after.append((target.x, entries[wire.id]))
        elif picture.parts[wire.target].kind == "junction":
            after.append((target.left + 2, min(max(box.y, target.top + 4), target.bottom - 4)))
        else:
            after.append((target.x, target.y))
        routes[wire.id] = straightened(before + after)
    return Layout(
        boxes,
        routes,
        max([box.right for box in boxes.values()] + [x for route in routes.values() for x, _ in route]) + MARGIN,
        max([box.bottom for box in boxes.values()] + [y for route in routes.values() for _, y in route]) + MARGIN,
    )


def _is_tall(part: Part) -> bool:
    """Whether an operator has more wires than fit around a circle; it gets a port for each."""
    return part.kind == "operator" and part.inputs > CROWD


def _entries(picture: Picture, boxes: dict[str, Box]) -> dict[str, float]:
    """The height at which each wire of a tall operator enters it: operands from the top, as written."""
    heights: dict[str, float] = {}
    seen: Counter[str] = Counter()
    for wire in picture.wires:
        part = picture.parts[wire.target]
        box = boxes[part.id]
        heights[wire.id] = box.top + (seen[part.id] + 0.5) * box.height / part.inputs
        seen[part.id] += 1
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
