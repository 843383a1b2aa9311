"""Lines on paper: parallels, clipping at shapes, arrowheads. y grows downwards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import hypot

__all__ = ["Found", "Point", "arrow", "clip", "parallel", "straightened"]

Point = tuple[float, float]
Shape = Callable[[Point], bool]
"""Whether a point is inside."""


def straightened(points: list[Point], tolerance: float = 0.5) -> list[Point]:
    """The same line without repeated points and without corners on a straight run.

    >>> straightened([(0, 0), (0, 0), (5, 0.1), (10, 0), (10, 10)])
    [(0, 0), (10, 0), (10, 10)]
    """
    kept: list[Point] = []
    for x, y in points:
        if kept and hypot(x - kept[-1][0], y - kept[-1][1]) < tolerance:
            continue
        while len(kept) > 1:
            (x0, y0), (x1, y1) = kept[-2:]
            ax, ay, bx, by = x1 - x0, y1 - y0, x - x1, y - y1
            if ax * bx + ay * by <= 0 or abs(ax * by - ay * bx) >= tolerance * hypot(x - x0, y - y0):
                break
            kept.pop()  # the way over it goes on in one direction
        kept.append((x, y))
    return kept


def parallel(points: list[Point], distance: float) -> list[Point]:
    """The line beside a line, with mitred corners.

    Args:
        points: the line, at least two different points.
        distance: how far away; positive is to the right of the way, which is below a line to the right.

    >>> parallel([(0, 0), (10, 0), (10, 10)], 2.0)
    [(0.0, 2.0), (8.0, 2.0), (8.0, 10.0)]
    """
    normals = []
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        normals.append((-(y1 - y0) / length, (x1 - x0) / length))
    moved = []
    for place, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = normals[max(place - 1, 0)], normals[min(place, len(normals) - 1)]
        mx, my = ax + bx, ay + by
        # Along the bisector by distance / cos(half the turn); sharp turns are blunted.
        scale = distance / max((mx * ax + my * ay), 0.5)
        moved.append((x + mx * scale, y + my * scale))
    return moved


Found = dict[tuple[Shape, Point, Point], Point]


def clip(points: list[Point], start: Shape, end: Shape, halvings: int = 20, found: Found | None = None) -> list[Point]:
    """The part of a line between two shapes it begins and ends in.

    Args:
        points: the line.
        start, end: the shapes.
        halvings: how often the piece that leaves a shape is halved to find where.
        found: where pieces leave shapes, as far as they were clipped before; it grows.

    >>> inside = lambda point: point[0] < 2
    >>> clip([(0, 0), (10, 0)], inside, lambda point: point[0] > 8)
    [(2.0, 0.0), (8.0, 0.0)]
    """
    found = {} if found is None else found
    return _leave(_leave(points, start, halvings, found)[::-1], end, halvings, found)[::-1]


def _leave(points: list[Point], shape: Shape, halvings: int, found: Found) -> list[Point]:
    """The line from where it leaves the shape for the last time."""
    for place in range(len(points) - 2, -1, -1):
        piece = shape, points[place], points[place + 1]
        if piece in found:
            return [found[piece], *points[place + 1 :]]
        if shape(points[place]) and not shape(points[place + 1]):
            found[piece] = _edge(*piece, halvings)
            return [found[piece], *points[place + 1 :]]
    return points


def _edge(shape: Shape, inside: Point, outside: Point, halvings: int) -> Point:
    """Where a piece of a line leaves a shape."""
    for _ in range(halvings):
        middle = ((inside[0] + outside[0]) / 2, (inside[1] + outside[1]) / 2)
        inside, outside = (middle, outside) if shape(middle) else (inside, middle)
    return round(outside[0], 3), round(outside[1], 3)


def arrow(points: list[Point], length: float, half_width: float) -> tuple[list[Point], list[Point]]:
    """A line with an arrowhead at its end.

    Args:
        points: the line.
        length, half_width: of the head.

    Returns:
        The line up to the head's base, and the head's three corners.

    >>> arrow([(0, 0), (10, 0)], 4.0, 1.5)
    ([(0, 0), (6.0, 0.0)], [(6.0, 1.5), (10, 0), (6.0, -1.5)])
    """
    tip = points[-1]
    line = list(points)
    while True:
        end = line.pop()
        if not line:
            line, base = [points[0]], points[0]
            break
        x, y = line[-1]
        far = hypot(tip[0] - x, tip[1] - y)
        if far >= length:
            # Between a point inside the head's length and one outside it: where the distance is the length.
            near, share = hypot(tip[0] - end[0], tip[1] - end[1]), 0.0
            share = (length - near) / (far - near) if far > near else 0.0
            base = (end[0] + (x - end[0]) * share, end[1] + (y - end[1]) * share)
            line.append(base)
            break
    dx, dy = tip[0] - base[0], tip[1] - base[1]
    norm = hypot(dx, dy) or 1.0
    nx, ny = -dy / norm * half_width, dx / norm * half_width
    return line, [(base[0] + nx, base[1] + ny), tip, (base[0] - nx, base[1] - ny)]
