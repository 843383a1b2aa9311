"""Arrows that come to an operator side by side: their heads stand apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import atan2, cos, hypot, sin

from .boxes import is_tall
from .geometry import Point
from .layout import CIRCLE, GAP, Box, Layout
from .picture import Picture, Wire
from .tangles import TOGETHER, Traffic

__all__ = ["apart"]

HEADS = 10.0  # from the middle of a head to that of its neighbour
NEAR = 4.0  # from a circle: too near for a bend to be seen as one
STEEP = 0.6  # the angle from the level at which a wire goes in that comes down, or up, along a circle's side
INSIDE = 8.0  # how far a wire goes on, where it is not seen
R = CIRCLE / 2


def apart(picture: Picture, layout: Layout) -> Layout:
    """The layout with wires that would arrive at the same place of a circle aimed beside its middle, if they can be.

    Args:
        picture: what is drawn.
        layout: where its parts are, and how its wires run.
    """
    arriving: dict[str, list[Wire]] = {}
    for wire in picture.wires:
        part = picture.parts[wire.target]
        if part.kind == "operator" and not is_tall(part):
            arriving.setdefault(part.id, []).append(wire)
    routes, traffic = dict(layout.routes), Traffic(picture, layout.boxes)
    for id, route in routes.items():
        traffic.run(id, route)
    for id, wires in arriving.items():
        box = layout.boxes[id]
        came = sorted(((_angles(routes[wire.id], box), wire) for wire in wires), key=lambda way: way[0])
        room = [_room(upper, lower) / R for (_, upper), (_, lower) in pairwise(came)]
        angles = [angle for (angle, *_), _ in came]
        for (_, wire), was, angle in zip(came, angles, _spread(angles, room)):
            if angle != was or _is_along(routes[wire.id], box):
                before, route = routes[wire.id], _aimed(routes[wire.id], box, angle)
                meets, met = (_meets(wire.id, line, traffic) for line in (route, before))
                if meets <= met:
                    routes[wire.id] = route
                    traffic.run(wire.id, route)
    return replace(layout, routes=routes)


def _meets(id: str, route: list[Point], traffic: Traffic) -> int:
    """What a wire would run through, or on top of, along a route."""
    line = traffic.seen(id, route)
    return traffic.through(id, line) + sum(run > TOGETHER for run in traffic.among(id, line)[1].values())


def _is_along(route: list[Point], box: Box) -> bool:
    """Whether it bends at the side of the circle, as one does that comes steeply from the column before."""
    (x, y), before = route[-2], route[:-2]
    return bool(before) and hypot(x - box.left - R, y - box.y) < R + NEAR


def _angles(route: list[Point], box: Box) -> list[float]:
    """From where a wire comes, above the level or below it; and before that, for two that come from one place."""
    angles = [round(atan2(y - box.y, box.left + R - x), 3) for x, y in reversed(route[:-1])]
    return [min(max(angles[1], -STEEP), STEEP), *angles[2:]] if _is_along(route, box) else angles


def _room(upper: Wire, lower: Wire) -> float:
    """How far the middles of two wires have to be apart at the circle."""
    return HEADS + GAP * (upper.is_double + lower.is_double)


def _spread(angles: list[float], room: list[float]) -> list[float]:
    """Angles with room between them, near those given.

    >>> _spread([-0.5, -0.25, 0.0], [0.5, 0.5]), _spread([-1.0, -0.75], [0.5])
    ([-1.0, -0.5, 0.0], [-1.0, -0.5])
    """
    placed, groups = list(angles), [[k] for k in range(len(angles))]
    place = 0
    while place + 1 < len(groups):
        before, after = groups[place : place + 2]
        if placed[after[0]] - placed[before[-1]] >= room[before[-1]] - 1e-9:
            place += 1
            continue
        groups[place : place + 2] = [group] = [before + after]
        ahead = [sum(room[group[0] : k]) for k in group]
        firsts = [angles[k] - far for k, far in zip(group, ahead)]
        stays = _staying([angles[k] for k in group])
        for k, far in zip(group, ahead):
            placed[k] = sum(firsts[stays]) / len(firsts[stays]) + far
        place = max(0, place - 1)
    return placed


def _staying(angles: list[float]) -> slice:
    """Which of some wires stay, as far as they can: the level one, or else the steepest, if all come from one side."""
    level = [k for k, angle in enumerate(angles) if angle == 0.0]
    if level:
        return slice(level[0], level[0] + 1)
    return slice(1) if angles[-1] < 0 else slice(len(angles) - 1, None) if angles[0] > 0 else slice(None)


def _aimed(route: list[Point], box: Box, angle: float) -> list[Point]:
    """The route that goes into the circle at an angle."""
    x, y = box.left + R - R * cos(angle), box.y + R * sin(angle)
    route = [*route[:-2], (box.left - NEAR, y)] if _is_along(route, box) else route[:-1]
    far = INSIDE / hypot(x - route[-1][0], y - route[-1][1])
    return [*route, (x + (x - route[-1][0]) * far, y + (y - route[-1][1]) * far)]
