"""Tidying the wires: each runs where it tangles least, with as few bends as that takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, pairwise
from math import hypot, inf

from .boxes import RANK_GAP
from .geometry import Point
from .layout import Box
from .picture import Picture
from .routing import TRACK, Side, Way, gaps
from .tangles import APART, CLEAR, TOGETHER, Tangles, Traffic

__all__ = ["tidy"]

# Prices, in crossings:
CLASH = 10.0  # a wire through something, or on top of another
BEND = 0.15
LENGTH = 0.001  # a pixel on the slant

LANES = 7  # to try between two columns
FEW = 200  # boxes; where there are more, a wire that merely crosses others stays
ASIDE = 30.0  # from the middle of a circle, for a wire that comes in from above or below
ROUNDS = 4  # the last ones for wires that clash
SIDES: tuple[Side, ...] = ("before", "after")
LEAST = 0.05  # what a change has to gain


def tidy(picture: Picture, boxes: dict[str, Box], ways: dict[str, Way]) -> dict[str, Way]:
    """Run every wire where it is easiest to follow.

    Args:
        picture: what is drawn.
        boxes: where its parts and labels are.
        ways: how its wires run.
    """
    ways = {id: replace(way) for id, way in ways.items()}
    traffic = Traffic(picture, boxes)
    for id, way in ways.items():
        traffic.run(id, way.route)
    paths = _Paths(boxes)
    tangled: Iterable[str] = ways
    forks: dict[str, list[str]] = {}
    for wire in picture.wires:
        if picture.parts[wire.source].kind == "junction":
            forks.setdefault(wire.source, []).append(wire.id)
    for branches in forks.values():
        _fan_out(branches, ways, traffic, paths)
    for turn in range(ROUNDS):
        for branches in forks.values():
            _sort_slots(branches, ways, traffic)
        found = {id: _improve(id, ways[id], traffic, paths, paths.few and turn == 0) for id in tangled}
        tangled = [id for id, (crossings, *clashes) in found.items() if any(clashes) or (crossings and turn == 0)]
        if not tangled:
            break
    return ways


def _total(ids: Sequence[str], ways: dict[str, Way], traffic: Traffic) -> float:
    """How hard some wires are to follow, where they are now."""
    for id in ids:
        traffic.run(id, ways[id].route)
    return sum(_cost(id, ways[id].leg("before"), traffic)[0] for id in ids)


def _fan_out(branches: list[str], ways: dict[str, Way], traffic: Traffic, paths: _Paths) -> None:
    """Let the branches of a fork that go to the next column turn one after the other, the outer ones first, where
    that is better: none of them crosses another, and a wire that is moved alone would not find its way there."""
    before, kept = _total(branches, ways, traffic), {id: ways[id].before for id in branches}
    downwards = sorted(branches, key=lambda id: ways[id].start[-1][1])
    for side, ids in ((-1, downwards), (1, downwards[::-1])):
        turning = [id for id in ids if (ways[id].box.y - ways[id].start[-1][1]) * side > 0]
        for place, id in enumerate(turning):
            (x, y), box = ways[id].start[-1], ways[id].box
            if len(passed := paths.passed(x, box.left)) == 1:
                tracks = list(_tracks(*passed[0]))
                left, right = tracks[min(place, len(tracks) - 1)]
                ways[id].before = [(left, y), (right, box.y)]
    if _total(branches, ways, traffic) > before - 1:
        for id in branches:
            ways[id].before = kept[id]
        _total(branches, ways, traffic)


def _sort_slots(branches: list[str], ways: dict[str, Way], traffic: Traffic) -> None:
    """Let neighbours at a fork that meet change places, where that is better: branches leave as they go on."""
    branches.sort(key=lambda id: ways[id].start[-1][1])
    for place in range(len(branches) - 1):
        upper, lower = pair = branches[place : place + 2]
        if not traffic.meet(upper, lower):
            continue
        before = _total(pair, ways, traffic)
        ways[upper].start, ways[lower].start = ways[lower].start, ways[upper].start
        if _total(pair, ways, traffic) < before - LEAST:
            branches[place : place + 2] = lower, upper
        else:
            ways[upper].start, ways[lower].start = ways[lower].start, ways[upper].start
            _total(pair, ways, traffic)


def _improve(id: str, way: Way, traffic: Traffic, paths: _Paths, is_thorough: bool) -> Tangles:
    """Find a better way for one wire, one of its two legs at a time; say what it still meets."""
    meets = []
    for side in SIDES:
        lowest, found = _cost(id, way.leg(side), traffic)
        meets.append(found)
        if lowest < LEAST:
            continue
        kept = getattr(way, side)
        if side == "before":
            start, end = way.start[-1], way.along[0]
        else:
            start, end = way.along[1], way.end[0]
        clashes = found.through + found.merged > 0
        candidates = paths.between(start, end, thoroughly=clashes or (found.crossings > 0 and is_thorough))
        for bends in chain(candidates, _nudged(kept) if clashes else ()):
            setattr(way, side, bends)
            cost, other = _cost(id, way.leg(side), traffic, lowest - LEAST)
            if cost < lowest - LEAST:
                lowest, found, kept = cost, other, bends
        setattr(way, side, kept)
        meets[-1] = found
    traffic.run(id, way.route)
    return Tangles(*map(sum, zip(*meets)))


def _cost(id: str, leg: list[Point], traffic: Traffic, limit: float = inf) -> tuple[float, Tangles]:
    """How hard a leg of a wire is to follow; or, as soon as that is clear, something beyond a limit."""
    slanted = sum(hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(leg) if y0 != y1)
    cost = BEND * (len(leg) - 2) + LENGTH * slanted
    through = crossings = merged = 0
    if cost < limit:
        line = traffic.seen(id, leg)
        through = traffic.through(id, line)
        cost += CLASH * through
        if cost < limit:
            crossings, beside = traffic.among(id, line, limit - cost)
            merged = sum(run > TOGETHER for run in beside.values())
            cost += crossings + CLASH * merged
    return cost, Tangles(crossings, through, merged)


class _Paths:
    """The ways there are between two points: columns of boxes leave gaps to turn in, rows leave lanes."""

    def __init__(self, boxes: dict[str, Box]) -> None:
        self.boxes = list(boxes.values())
        self.gaps = gaps(self.boxes)
        self.few = len(self.boxes) < FEW

    def passed(self, x0: float, x1: float) -> list[tuple[float, float]]:
        """The gaps on the way from one point to another."""
        return [gap for gap in self.gaps if gap[0] >= x0 - 1 and gap[1] <= x1 + 1]

    def between(self, start: Point, end: Point, thoroughly: bool) -> Iterator[list[Point]]:
        """Bends from one point to another: none, a turn late or early, or a lane between."""
        (x0, y0), (x1, y1) = start, end
        yield []
        ways = self.passed(x0, x1)
        if not ways:
            return
        first, last = list(_tracks(*ways[0])), list(_tracks(*ways[-1]))
        aside = y1 - ASIDE if y0 < y1 else y1 + ASIDE  # into a circle from above or below
        for left, right in last:
            yield [(left, y0)]
            yield [(left, y0), (right, y1)]
            if thoroughly:
                yield [(left, y0), (right, aside)]
        for left, right in first:
            yield [(right, y1)]
            if len(ways) > 1:
                yield [(left, y0), (right, y1)]
        if thoroughly and len(ways) > 1:
            for y in self._lanes(start, end):
                for track in range(max(len(first), len(last))):
                    (left, right), (leave, arrive) = first[track % len(first)], last[track % len(last)]
                    yield [(left, y0), (right, y), (leave, y)]
                    yield [(left, y0), (right, y), (leave, y), (arrive, y1)]

    def _lanes(self, start: Point, end: Point) -> list[float]:
        """Heights at which nothing is in the way, just above and below what there is; the nearest first."""
        (x0, y0), (x1, y1) = start, end
        passed = [box for box in self.boxes if x0 < box.left and box.right < x1]
        edges = {edge for box in passed for edge in (box.top - CLEAR - 1, box.bottom + CLEAR + 1)}
        free = [y for y in edges if not any(box.top - CLEAR < y < box.bottom + CLEAR for box in passed)]
        return sorted(free, key=lambda y: min(abs(y - y0), abs(y - y1)))[:LANES]


def _tracks(left: float, right: float) -> Iterator[tuple[float, float]]:
    """Where a wire may begin and end its turn in a gap."""
    tracks = max(1, int((right - left - RANK_GAP) / TRACK) + 1)
    for track in range(tracks):
        yield left + track * TRACK, min(right, left + track * TRACK + RANK_GAP)


def _nudged(bends: list[Point]) -> Iterator[list[Point]]:
    """The same bends with one of them, or some in a row, a little higher or lower, or one left or right."""
    for first, last in combinations(range(len(bends) + 1), 2):
        for dx, dy in ((0, -1), (0, 1), (-1, 0), (1, 0)) if last - first == 1 else ((0, -1), (0, 1)):
            for far in (1, 2, 3):
                moved = [(x + dx * far * APART, y + dy * far * APART) for x, y in bends[first:last]]
                yield [*bends[:first], *moved, *bends[last:]]
