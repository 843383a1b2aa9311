"""From the engine's answer to a layout: where the boxes are, and how the wires run between them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil
from typing import Literal

from ..text.lettering import width
from .boxes import NODE_GAP, RANK_GAP, Plan, is_tall, keeps_order, rank_gap
from .geometry import Point, straightened
from .layout import AIR, BRANCH_PITCH, CIRCLE, FRAME, NUMBER, TEXT, TITLE, Box, Layout
from .picture import Group, Part, Picture, Wire
from .typeset import typeset

__all__ = ["TRACK", "Side", "Way", "framed", "gaps", "read"]

MARGIN = 14.0
STEEP = 50.0  # how far a wire rises or falls to need a track of its own
PAGE = 760.0  # the width of a page, for a picture and its formulas side by side
TRACK = 14.0  # between wires that rise or fall side by side


Side = Literal["before", "after"]


@dataclass
class Way:
    """How a wire runs: from its source to its labels' box, along that, and on to its target.

    Attributes:
        start, end: its points at the source and at the target, from outside in to where it can't be seen.
        before, after: its bends between the source and the box, and between the box and the target.
        box: where its labels stand.
    """

    start: list[Point]
    before: list[Point]
    box: Box
    after: list[Point]
    end: list[Point]

    @property
    def along(self) -> list[Point]:
        """The line past its labels."""
        return [(self.box.left, self.box.y), (self.box.right, self.box.y)]

    @property
    def route(self) -> list[Point]:
        """The whole line."""
        return straightened([*self.start, *self.before, *self.along, *self.after, *self.end])

    def leg(self, side: Side) -> list[Point]:
        """The line on one side of its labels, and past them."""
        if side == "before":
            return straightened([*self.start, *self.before, *self.along])
        return straightened([*self.along, *self.after, *self.end])


def read(
    plain: str, picture: Picture, sizes: dict[str, tuple[float, float]], plan: Plan
) -> tuple[dict[str, Box], dict[str, Way]]:
    """Where the engine has put the boxes, and how it would run the wires."""
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
    _widen(picture, boxes, bends)
    gap = rank_gap(picture)
    branches = _branches(picture, boxes)
    order = sorted(
        picture.wires, key=lambda wire: 0.0 if keeps_order(picture.parts[wire.target], plan) else boxes[wire.id].y
    )
    entries, exits = _ports(order, boxes, "target"), _ports(picture.wires, boxes, "source")
    ways = {}
    for wire in picture.wires:
        box, source, target = boxes[wire.id], boxes[wire.source], boxes[wire.target]
        before = bends.get((wire.source, wire.id), [])
        if wire.id in branches:
            height = branches[wire.id]
            before = [point for point in before if point[0] > source.right + gap / 2]
            start = [(source.left + 2, height), (source.right, height)]
        else:
            side = [(source.right, exits[wire.id])] if is_tall(picture.parts[wire.source]) else []
            start = [(source.x, exits[wire.id]), *side]
        if is_tall(picture.parts[wire.target]):
            end = [(target.left, entries[wire.id]), (target.x, entries[wire.id])]
        elif picture.parts[wire.target].kind == "junction":
            end = [(target.left + 2, min(max(box.y, target.top + 4), target.bottom - 4))]
        else:
            end = [(target.x, target.y)]
        ways[wire.id] = Way(start, before, box, bends.get((wire.id, wire.target), []), end)
    for part in picture.parts.values():
        if part.kind == "operator" and is_tall(part):
            _stretch(part, picture, boxes, ways, order)
    return boxes, ways


def gaps(boxes: Iterable[Box]) -> list[tuple[float, float]]:
    """Where wires can turn: between the columns of boxes, from left to right."""
    edges = sorted((box.left, box.right) for box in boxes)
    found, right = [], edges[0][1]
    for left, end in edges:
        if left > right:
            found.append((right, left))
        right = max(right, end)
    return found


def _widen(picture: Picture, boxes: dict[str, Box], bends: dict[tuple[str, str], list[Point]]) -> None:
    """Make room where many wires rise or fall side by side."""
    turning: dict[int, list[tuple[float, float]]] = {}
    fans: Counter[tuple[int, str, bool]] = Counter()
    branches = _branches(picture, boxes)
    between = gaps(boxes.values())
    rights = [right for _, right in between]
    for wire in picture.wires:
        for start, end in ((boxes[wire.source], boxes[wire.id]), (boxes[wire.id], boxes[wire.target])):
            low, high = sorted((_towards(start, end.y), _towards(end, start.y)))
            if high - low > STEEP:
                turning.setdefault(bisect_right(rights, end.left + 1) - 1, []).append((low, high))
    for wire in picture.wires:  # the branches of a fork turn one after the other
        rise = branches.get(wire.id, boxes[wire.id].y) - boxes[wire.id].y
        if abs(rise) > STEEP:
            fans[bisect_right(rights, boxes[wire.id].left + 1) - 1, wire.source, rise > 0] += 1
    moved, shift = [], 0.0
    for place, (left, right) in enumerate(between):
        heights = turning.get(place, [])
        changes = sorted([(bottom, -1) for _, bottom in heights] + [(top, 1) for top, _ in heights])
        fan = max((count for (gap, *_), count in fans.items() if gap == place), default=0)
        most = max(fan, max(accumulate(change for _, change in changes), default=0))
        shift += max(0.0, RANK_GAP + TRACK * (most - 1) - (right - left))
        moved.append(((left + right) / 2, shift))
    middles = [middle for middle, _ in moved]

    def by(x: float) -> float:
        place = bisect_right(middles, x)
        return moved[place - 1][1] if place else 0.0

    if shift:
        for id, box in boxes.items():
            boxes[id] = Box(box.x + by(box.x), box.y, box.width, box.height)
        for points in bends.values():
            points[:] = [(x + by(x), y) for x, y in points]


def _stretch(part: Part, picture: Picture, boxes: dict[str, Box], ways: dict[str, Way], order: list[Wire]) -> None:
    """Make an operator as tall as the column of its operands, where there is room: they run straight into it."""
    operands = [wire for wire in order if wire.target == part.id]
    own = {part.id, *(wire.id for wire in order if part.id in (wire.source, wire.target))}
    passing = [ways[id].route for id in ways.keys() - own]
    passing += [[(box.left, box.top), (box.right, box.bottom)] for id, box in boxes.items() if id not in own]
    box = boxes[part.id]
    sources = [picture.parts[wire.source] for wire in operands]
    straight = [boxes[(wire if source.outputs > 1 else source).id].y for wire, source in zip(operands, sources)]
    for heights in (straight, [boxes[wire.id].y for wire in operands]):
        moved = {wire.id: replace(boxes[wire.id], y=y) for wire, y in zip(operands, heights)}
        top, bottom = min(box.top, heights[0] - CIRCLE / 2), max(box.bottom, heights[-1] + CIRCLE / 2)
        taller = replace(box, y=(top + bottom) / 2, height=bottom - top)
        if any(below.top < above.bottom for above, below in pairwise(moved.values())):
            continue
        if not any(_is_passed(room, passing) for room in (taller, *moved.values())):
            boxes |= moved | {part.id: taller}
            for id, y in zip(moved, heights):
                ways[id].box, ways[id].end = moved[id], [(box.left, y), (box.x, y)]
            return


def _is_passed(box: Box, lines: list[list[Point]]) -> bool:
    """Whether a line comes near a box."""
    left, top, right, bottom = box.left, box.top - NODE_GAP, box.right, box.bottom + NODE_GAP
    return any(
        min(x0, x1) < right and max(x0, x1) > left and min(y0, y1) < bottom and max(y0, y1) > top
        for line in lines
        for (x0, y0), (x1, y1) in pairwise(line)
    )


def _towards(box: Box, y: float) -> float:
    """Where a wire that comes from this height meets a box: in the middle, unless the box is tall."""
    room = max(0.0, (box.height - 2 * CIRCLE) / 2)
    return min(max(y, box.y - room), box.y + room)


def framed(picture: Picture, boxes: dict[str, Box], ways: dict[str, Way]) -> Layout:
    """The layout of boxes and ways, with the frames of groups, the notes and a margin."""
    routes = {id: way.route for id, way in ways.items()}
    boxes = dict(boxes)
    for group in reversed(picture.groups):  # inner ones first
        boxes[group.id] = _frame(group, [g for g in picture.groups if g.inside == group.id], boxes, routes)
    return _moved(boxes | _titles(picture, boxes, routes) | _notes(picture, boxes), routes)


def _notes(picture: Picture, boxes: dict[str, Box]) -> dict[str, Box]:
    """The formulas beside the picture, or where a page is too narrow for that below it, with room for their numbers."""
    sizes = [typeset(note) for note in picture.notes]
    shapes = [width(note.shapes, TEXT) for note in picture.notes]
    heights = [size.ascent + size.descent + 2 * AIR for size in sizes]
    formulas = max((size.width for size in sizes), default=0.0) + NUMBER * any(note.number for note in picture.notes)
    edges = [(box.left, box.top, box.right, box.bottom) for box in boxes.values()] or [(0.0, 0.0, 0.0, 0.0)]
    left, top, right, bottom = (choose(side) for choose, side in zip((min, min, max, max), zip(*edges)))
    x, y = right + NUMBER, max(top, (top + bottom - sum(heights)) / 2)
    if not boxes or x + formulas + NUMBER + max(shapes, default=0.0) - left > PAGE:
        x, y = left, bottom
    placed: dict[str, Box] = {}
    for number, (across, height) in enumerate(zip(shapes, heights), 1):
        placed[f"note-{number}"] = Box(x + formulas / 2, y + height / 2, formulas, height)
        placed[f"note-{number}-shapes"] = Box(x + formulas + NUMBER + across / 2, y + height / 2, across, height)
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


def _titles(picture: Picture, boxes: dict[str, Box], routes: dict[str, list[Point]]) -> dict[str, Box]:
    """Where the names of groups stand over their frames: in the middle, or at a side where a wire runs there."""
    titles = {}
    for group in picture.groups:
        frame, across = boxes[group.id], typeset(group.text).width
        aside = max(0.0, (frame.width - across) / 2 - FRAME)
        rooms = [Box(frame.x + dx, frame.top - TITLE / 2, across, TITLE) for dx in (0.0, -aside, aside)]
        free = (room for room in rooms if not _is_passed(replace(room, height=0.0), [*routes.values()]))
        titles[f"{group.id}-title"] = next(free, rooms[0])
    return titles


def _moved(boxes: dict[str, Box], routes: dict[str, list[Point]]) -> Layout:
    """Everything moved to the corner of a canvas that holds it, with a margin."""
    every = boxes.values()
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
