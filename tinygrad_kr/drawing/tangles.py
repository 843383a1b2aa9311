"""How tangled a picture is, in arithmetic: what a layout is chosen by, and what a test counts.

Three things make a wire hard to follow: it crosses another, it runs through or grazes something that it has nothing
to do with, or it runs so close beside another that the two look like one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import hypot, inf
from typing import NamedTuple, TypeAlias

from .geometry import Found, Point, clip
from .layout import CIRCLE, GAP, Box, Layout
from .picture import Part, Picture
from .strokes import shape

__all__ = ["APART", "CLEAR", "Tangles", "Traffic", "tangles"]

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
        self._columns: dict[int, list[tuple[str, _Obstacle]]] = {}
        for id, obstacle in solid.items():
            left, right = sorted((obstacle.left, obstacle.right))  # the letters of a narrow box may be nowhere
            for column in range(int(left // COLUMN), int(right // COLUMN) + 1):
                self._columns.setdefault(column, []).append((id, obstacle))
        self._extents: dict[str, Stretch] = {}
        self._found: Found = {}

    def run(self, id: str, route: list[Point]) -> None:
        """Run a wire along a route."""
        self.lines[id] = self.seen(id, route)
        self._extents[id] = _extent(self.lines[id])

    def seen(self, id: str, route: list[Point]) -> list[Stretch]:
        """The pieces of a route that are seen between the parts that it connects."""
        wire = self._wires[id]
        line = clip(route, self._shapes[wire.source], self._shapes[wire.target], 9, self._found)
        return [(*start, *end) if start <= end else (*end, *start) for start, end in pairwise(line)]

    def count(self) -> Tangles:
        """Everything that is hard to follow."""
        crossings, beside = 0, dict[tuple[str, str], float]()
        for one, first, other, second in _meetings(self.lines):
            crossings += _cross(first, second)
            if run := _together(first, second):
                beside[one, other] = beside.get((one, other), 0.0) + run
        through = sum(self.through(id, line) for id, line in self.lines.items())
        return Tangles(crossings, through, sum(run > TOGETHER for run in beside.values()))

    def among(self, id: str, line: list[Stretch], most: float = inf) -> tuple[int, int]:
        """How many others a wire would cross along this line, and how many it would run on top of.

        Beyond a number of crossings, it stops counting.
        """
        crossings, merged = 0, 0
        reaches = [
            (
                piece,
                piece[0] - APART,
                min(piece[1], piece[3]) - APART,
                piece[2] + APART,
                max(piece[1], piece[3]) + APART,
            )
            for piece in line
        ]
        left, right = min(reach[1] for reach in reaches), max(reach[3] for reach in reaches)
        top, bottom = min(reach[2] for reach in reaches), max(reach[4] for reach in reaches)
        for other, (x0, y0, x1, y1) in self._extents.items():
            if x0 > right or x1 < left or y0 > bottom or y1 < top or other == id:
                continue
            run = 0.0
            for second in self.lines[other]:
                ax, ay, bx, by = second
                if ax > right or bx < left:
                    continue
                low, high = (ay, by) if ay < by else (by, ay)
                for first, begin, above, end, below in reaches:
                    if ax < end and bx > begin and low < below and high > above:
                        crossings += _cross(first, second)
                        run += _together(first, second)
            merged += run > TOGETHER
            if crossings >= most:
                break
        return crossings, merged

    def through(self, id: str, line: list[Stretch]) -> int:
        """How many parts and labels that are not its own a wire meets."""
        wire = self._wires[id]
        met: set[str] = {id, wire.source, wire.target}
        for piece in line:
            x0, y0, x1, y1 = piece
            top, bottom = (y0, y1) if y0 < y1 else (y1, y0)
            top, bottom = top - CLEAR, bottom + CLEAR
            for column in range(int((x0 - CLEAR) // COLUMN), int((x1 + CLEAR) // COLUMN) + 1):
                for other, obstacle in self._columns.get(column, ()):
                    if obstacle[1] < bottom and obstacle[3] > top and other not in met and _meets(piece, obstacle):
                        met.add(other)
        return len(met) - len({id, wire.source, wire.target})


def _extent(line: list[Stretch]) -> Stretch:
    """The rectangle around a line and what is too near it."""
    heights = [y for piece in line for y in (piece[1], piece[3])]
    left, right = min(piece[0] for piece in line), max(piece[2] for piece in line)
    return left - APART, min(heights) - APART, right + APART, max(heights) + APART


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


def _meetings(lines: dict[str, list[Stretch]]) -> Iterator[tuple[str, Stretch, str, Stretch]]:
    """Pairs of pieces of different wires that may touch: one sweep from left to right."""
    pieces = sorted((piece, id) for id, line in lines.items() for piece in line)
    going: list[tuple[Stretch, str]] = []
    for piece, id in pieces:
        going = [other for other in going if other[0][2] >= piece[0] - APART]
        for second, other in going:
            if other != id and _are_near(piece, second):
                yield (id, piece, other, second) if id < other else (other, second, id, piece)
        going.append((piece, id))


def _are_near(first: Stretch, second: Stretch) -> bool:
    _, a, _, b = first
    _, c, _, d = second
    if a > b:
        a, b = b, a
    if c > d:
        c, d = d, c
    return a < d + APART and c < b + APART and first[0] < second[2] + APART and second[0] < first[2] + APART


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
