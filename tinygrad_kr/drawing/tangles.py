"""How tangled a picture is, in arithmetic: what a layout is chosen by, and what a test counts.

Three things make a wire hard to follow: it crosses another, it runs through or grazes something that it has nothing
to do with, or it runs so close beside another that the two look like one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import hypot, inf
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from .geometry import Found, Point, clip
from .layout import CIRCLE, GAP, Box, Layout
from .picture import Part, Picture
from .strokes import shape

__all__ = ["APART", "CLEAR", "TOGETHER", "Tangles", "Traffic", "tangles"]

T = TypeVar("T")

CLEAR = GAP + 4.0  # from the middle of a wire, which is two arrows wide, to what it has nothing to do with
APART = 12.0  # wires that are closer than this …
TOGETHER = 8.0  # … for longer than this look like one
COLUMN = 60.0  # the columns that obstacles are looked up by
FLAT = 0.2  # the sine of the angle at which two wires count as running in one direction

Stretch: TypeAlias = tuple[float, float, float, float]
"""A straight piece of a wire, from left to right: x, y, x, y."""


class Tangles(NamedTuple):
    """What is hard to follow in a picture.

    Attributes:
        crossings: how often wires cross.
        through: how many wires run through or graze a part, or the label of another wire.
        merged: how many pairs of wires run on top of each other for a while.
    """

    crossings: int
    through: int
    merged: int


class _Obstacle(NamedTuple):
    """What wires have to go around; round where it has a radius."""

    left: float
    top: float
    right: float
    bottom: float
    radius: float


def tangles(picture: Picture, layout: Layout) -> Tangles:
    """Count what is hard to follow.

    Args:
        picture: what is drawn.
        layout: where.

    >>> from tinygrad_kr import Value
    >>> drawing = (Value(2.0, "x") * Value(3.0, "y")).draw()
    >>> tangles(drawing.picture, drawing.layout)
    Tangles(crossings=0, through=0, merged=0)
    """
    traffic = Traffic(picture, layout.boxes)
    for id, route in layout.routes.items():
        traffic.run(id, route)
    return traffic.count()


class Traffic:
    """The wires of a picture among its parts and labels.

    Attributes:
        lines: the id of a wire → the straight pieces of it that are seen.
    """

    def __init__(self, picture: Picture, boxes: dict[str, Box]) -> None:
        self.lines: dict[str, list[Stretch]] = {}
        self._wires = {wire.id: wire for wire in picture.wires}
        self._shapes = {id: shape(part, boxes[id]) for id, part in picture.parts.items()}
        parts = [part for part in picture.parts.values() if part.kind != "junction"]
        solid = {part.id: _part(part, boxes[part.id]) for part in parts}
        solid |= {wire.id: _text(boxes[wire.id], 9.0) for wire in picture.wires}
        self._obstacles, self._stretches = _Columns[_Obstacle](), _Columns[Stretch]()
        for id, obstacle in solid.items():
            self._obstacles.add(id, obstacle[:4], obstacle)
        self._found: Found = {}
        self._crossings: dict[tuple[str, Stretch], tuple[int, list[tuple[str, float]]]] = {}
        self._obstructions: dict[tuple[str, Stretch], set[str]] = {}

    def run(self, id: str, route: list[Point]) -> None:
        """Run a wire along a route."""
        line, before = self.seen(id, route), self.lines.get(id, [])
        if line != before:
            for piece in before:
                self._stretches.remove(id, _extent(piece))
            for piece in line:
                self._stretches.add(id, _extent(piece), piece)
            self.lines[id] = line
            self._crossings.clear()

    def seen(self, id: str, route: list[Point]) -> list[Stretch]:
        """The pieces of a route that are seen between the parts that it connects."""
        wire = self._wires[id]
        line = clip(route, self._shapes[wire.source], self._shapes[wire.target], 9, self._found)
        return [(*start, *end) if start <= end else (*end, *start) for start, end in pairwise(line)]

    def count(self) -> Tangles:
        """Everything that is hard to follow."""
        crossings = through = merged = 0
        for id, line in self.lines.items():
            through += self.through(id, line)
            crossed, beside = self.among(id, line)
            crossings += crossed
            merged += sum(run > TOGETHER for other, run in beside.items() if other > id)
        return Tangles(crossings // 2, through, merged)

    def meet(self, one: str, other: str) -> bool:
        """Whether two wires cross or run too close beside each other."""
        return any(_cross(p, q) or _together(p, q) for p in self.lines[one] for q in self.lines[other])

    def through(self, id: str, line: list[Stretch]) -> int:
        """How many parts and labels that are not its own a wire would run through along a line."""
        return len(set[str]().union(*(self._obstructed(id, piece) for piece in line)))

    def among(self, id: str, line: list[Stretch], most: float = inf) -> tuple[int, dict[str, float]]:
        """How many others a wire would cross along a line, and how far it would run too close beside which.

        Beyond a number of crossings, it stops counting.
        """
        crossings, beside = 0, dict[str, float]()
        for piece in line:
            crossed, runs = self._crossed(id, piece)
            crossings += crossed
            for other, run in runs:
                beside[other] = beside.get(other, 0.0) + run
            if crossings >= most:
                break
        return crossings, beside

    def _crossed(self, id: str, piece: Stretch) -> tuple[int, list[tuple[str, float]]]:
        """The same along a straight piece."""
        if (id, piece) not in self._crossings:
            crossings, beside = 0, []
            for other, second in self._stretches.near(_extent(piece, APART)):
                if other != id:
                    crossings += _cross(piece, second)
                    if run := _together(piece, second):
                        beside.append((other, run))
            self._crossings[id, piece] = crossings, beside
        return self._crossings[id, piece]

    def _obstructed(self, id: str, piece: Stretch) -> set[str]:
        """The parts and labels that are not its own and that a wire would run through along a straight piece."""
        if (id, piece) not in self._obstructions:
            wire = self._wires[id]
            near = self._obstacles.near(_extent(piece, CLEAR))
            met = {other for other, obstacle in near if _meets(piece, obstacle)}
            self._obstructions[id, piece] = met - {id, wire.source, wire.target}
        return self._obstructions[id, piece]


class _Columns(Generic[T]):
    """What stands or runs where, looked up by columns: rectangles and what is in them."""

    def __init__(self) -> None:
        self._columns: dict[int, list[tuple[int, str, Stretch, T]]] = {}

    def add(self, id: str, extent: Stretch, thing: T) -> None:
        left, right = sorted((extent[0], extent[2]))  # the letters of a narrow box may be nowhere
        first = int(left // COLUMN)
        for column in range(first, int(right // COLUMN) + 1):
            self._columns.setdefault(column, []).append((first, id, extent, thing))

    def remove(self, id: str, extent: Stretch) -> None:
        for column in range(int(extent[0] // COLUMN), int(extent[2] // COLUMN) + 1):
            self._columns[column] = [entry for entry in self._columns[column] if entry[1] != id or entry[2] != extent]

    def near(self, within: Stretch) -> Iterator[tuple[str, T]]:
        """What is in a rectangle, each once."""
        left, top, right, bottom = within
        begin = int(left // COLUMN)
        for column in range(begin, int(right // COLUMN) + 1):
            for first, id, (x0, y0, x1, y1), thing in self._columns.get(column, ()):
                if y0 < bottom and y1 > top and x0 < right and x1 > left and (first == column or column == begin):
                    yield id, thing


def _extent(piece: Stretch, around: float = 0.0) -> Stretch:
    """The rectangle around a straight piece."""
    x0, y0, x1, y1 = piece
    if y0 > y1:
        y0, y1 = y1, y0
    return x0 - around, y0 - around, x1 + around, y1 + around


def _part(part: Part, box: Box) -> _Obstacle:
    if part.kind in ("leaf", "output"):
        return _text(box, 4.0)
    r = min(box.width, box.height, CIRCLE) / 2 if part.kind in ("operator", "block") else 0.0
    return _Obstacle(box.left, box.top, box.right, box.bottom, r)


def _text(box: Box, air: float) -> _Obstacle:
    """Where the letters in a box may be, between the air at their sides: a wire may pass there."""
    return _Obstacle(box.left + air + CLEAR, box.top + CLEAR, box.right - air - CLEAR, box.bottom - CLEAR, 0.0)


def _meets(piece: Stretch, obstacle: _Obstacle) -> bool:
    """Whether a wire runs through something or grazes it."""
    x0, y0, x1, y1 = piece
    left, top, right, bottom, r = obstacle
    left, right = left - CLEAR, right + CLEAR
    if x1 <= left or x0 >= right:
        return False
    slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
    enters, leaves = (y0 + slope * (max(x0, left) - x0), y0 + slope * (min(x1, right) - x0)) if x1 > x0 else (y0, y1)
    if max(enters, leaves) <= top - CLEAR or min(enters, leaves) >= bottom + CLEAR:
        return False
    if not r:
        return True
    core = (left + CLEAR + r, top + r, right - CLEAR - r, bottom - r)
    return _cross(piece, core) or _distance(piece, core) < r + CLEAR


def _cross(first: Stretch, second: Stretch) -> bool:
    """Whether two pieces cross, and not merely touch."""
    ax, ay, bx, by = first
    cx, cy, dx, dy = second
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    return (ux * (cy - ay) - uy * (cx - ax)) * (ux * (dy - ay) - uy * (dx - ax)) < 0 and (
        vx * (ay - cy) - vy * (ax - cx)
    ) * (vx * (by - cy) - vy * (bx - cx)) < 0


def _together(first: Stretch, second: Stretch) -> float:
    """For how long two pieces run beside each other in one direction, closer than they may."""
    ax, ay, bx, by = first
    cx, cy, dx, dy = second
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    turn, squares = ux * vy - uy * vx, (ux * ux + uy * uy) * (vx * vx + vy * vy)
    if not squares or turn * turn > FLAT * FLAT * squares:  # they merely cross, or part
        return 0.0
    length, other = hypot(ux, uy), hypot(vx, vy)
    ux, uy = ux / length, uy / length
    along, off = (cx - ax) * ux + (cy - ay) * uy, (cy - ay) * ux - (cx - ax) * uy
    far, away = (dx - ax) * ux + (dy - ay) * uy, (dy - ay) * ux - (dx - ax) * uy
    # The shares of the second piece that are beside the first, and that are within ±APART of it.
    begin, end = sorted(((0.0 - along) / (far - along), (length - along) / (far - along)))
    if away != off:
        near = sorted(((-APART - off) / (away - off), (APART - off) / (away - off)))
        begin, end = max(begin, near[0]), min(end, near[1])
    elif abs(off) >= APART:
        return 0.0
    return max(0.0, min(end, 1.0) - max(begin, 0.0)) * other


def _distance(first: Stretch, second: Stretch) -> float:
    """Between two pieces that don't cross."""
    return min(
        _to_point(first, second[0], second[1]),
        _to_point(first, second[2], second[3]),
        _to_point(second, first[0], first[1]),
        _to_point(second, first[2], first[3]),
    )


def _to_point(piece: Stretch, x: float, y: float) -> float:
    x0, y0, x1, y1 = piece
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy
    share = min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / square)) if square else 0.0
    return hypot(x - x0 - share * dx, y - y0 - share * dy)
