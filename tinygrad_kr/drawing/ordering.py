"""In what order things stand in their columns, so that wires cross least.

A layout engine orders one column by its neighbours, over and over. Here a whole *strand* changes its row: a wire, and
what it goes straight on through, over all of its columns (global sifting, as Bachmaier and others call it). What gets
better only by several moves at once is found by annealing: at first a strand may also go where it crosses more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from random import Random
from typing import TypeAlias

from .boxes import Columns, Plan, keeps_order
from .layout import Box
from .picture import Picture, Wire

__all__ = ["untangled"]

WORK = 1500  # comparisons with another one, for each strand
HEAT = 1.0  # at first: how many crossings more a move may cost, on average
FORBIDDEN = 1000  # what operands in the wrong order are worth, in crossings


def untangled(picture: Picture, boxes: dict[str, Box], plan: Plan) -> Columns:
    """What stands in each column, from the top, in an order with few crossings.

    Args:
        picture: what is drawn.
        boxes: its parts and wires, in columns.
        plan: whose operands keep their order.
    """
    ids = sorted(boxes, key=lambda id: (boxes[id].x, boxes[id].y))
    columns = [[ids[0]]]
    for id in ids[1:]:
        if boxes[id].x - boxes[columns[-1][0]].x < 1:
            columns[-1].append(id)
        else:
            columns.append([id])
    bundle = _Bundle(picture, boxes, {id: number for number, column in enumerate(columns) for id in column}, plan)
    bundle.untangle()
    return [sorted(column, key=lambda id: bundle.strands[id].place) for column in columns]


@dataclass(eq=False, slots=True)
class _Strand:
    """A wire and what it goes straight on through.

    Attributes:
        height: where it was.
        first, last: the columns that it begins and ends in.
        before, after: the strands that it comes from and goes to.
        meetings: the strands that share a column with it. By which pairs of strands, one on its side and one on the
            other's, it can be told whether the two cross: they do where these are the other way round. And what it
            costs besides to be below the other.
        place: in the order of all, from the top.
    """

    height: float
    first: int
    last: int
    before: list[_Strand] = field(default_factory=list)
    after: list[_Strand] = field(default_factory=list)
    meetings: dict[_Strand, tuple[_Pairs, int]] = field(default_factory=dict)
    place: int = 0

    def meet(self, other: _Strand) -> None:
        """Note how to tell whether two strands cross: where the later one begins, and where the earlier one ends."""
        pairs = []
        for is_mine, is_other, mine, theirs in (
            (self.first >= other.first, other.first >= self.first, self.before, other.before),
            (self.last <= other.last, other.last <= self.last, self.after, other.after),
        ):
            pairs += [
                (p, q) for p in (mine if is_mine else [self]) for q in (theirs if is_other else [other]) if p is not q
            ]
        self.meetings[other] = pairs, 0
        other.meetings[self] = [(q, p) for p, q in pairs], 0


_Pairs: TypeAlias = list[tuple[_Strand, _Strand]]


class _Bundle:
    """All strands of a picture.

    Attributes:
        strands: the id of a part or a wire → its strand.
    """

    def __init__(self, picture: Picture, boxes: dict[str, Box], column: dict[str, int], plan: Plan) -> None:
        into: dict[str, list[Wire]] = {}
        out: dict[str, list[Wire]] = {}
        for wire in picture.wires:
            into.setdefault(wire.target, []).append(wire)
            out.setdefault(wire.source, []).append(wire)
        self.strands: dict[str, _Strand] = {}
        for part in picture.parts.values():
            entering, leaving = into.get(part.id, []), out.get(part.id, [])
            sources = [self.strands[wire.id] for wire in entering]
            if len(sources) == 1:
                strand = sources[0]
                strand.last = column[part.id]
            else:
                strand = _Strand(boxes[part.id].y, column[part.id], column[part.id], before=sources)
                for source in sources:
                    source.after.append(strand)
            self.strands[part.id] = strand
            for wire in leaving:
                last = column[wire.target] - 1
                if len(leaving) == 1:
                    strand.last = last
                else:
                    strand.after.append(_Strand(boxes[wire.id].y, column[part.id] + 1, last, before=[strand]))
                self.strands[wire.id] = strand if len(leaving) == 1 else strand.after[-1]
        self._order = sorted(dict.fromkeys(self.strands.values()), key=lambda strand: strand.height)
        self._number()
        going: list[_Strand] = []
        for strand in sorted(self._order, key=lambda strand: strand.first):
            going = [other for other in going if other.last >= strand.first]
            for other in going:
                strand.meet(other)
            going.append(strand)
        for id, wires in into.items():
            if keeps_order(picture.parts[id], plan):
                for upper, lower in combinations([self.strands[wire.id] for wire in wires], 2):
                    upper.meetings[lower] = upper.meetings[lower][0], FORBIDDEN
                    lower.meetings[upper] = lower.meetings[upper][0], -FORBIDDEN
        self._work = 0

    def untangle(self) -> None:
        """Put the strands in an order with few crossings."""
        dice = Random(1)
        change = self._sift(self._order)
        least, best = change, list(self._order)
        most = WORK * len(best)
        while self._work < most:
            strand = dice.choice(self._order)
            allowed = HEAT * (1 - self._work / most) * dice.expovariate(1.0)
            cost, place = dice.choice([found for found in self._places(strand) if found[0] <= allowed])
            change += cost
            self._move(strand, place)
            if change < least:
                least, best = change, list(self._order)
        self._order = best
        self._number()
        self._sift(best)

    def _sift(self, strands: Iterable[_Strand]) -> int:
        """Put strands where they cross least, and then those that they lead to; say by how many crossings more."""
        change, queue = 0, list(strands)
        while queue:
            strand = queue.pop()
            cost, place = min(self._places(strand), key=lambda found: (found[0], abs(found[1] - strand.place)))
            if cost < 0:
                change += cost
                self._move(strand, place)
                queue += {*strand.before, *strand.after} - {*queue}
        return change

    def _places(self, strand: _Strand) -> list[tuple[int, int]]:
        """Where a strand may go in the order of all, and how many crossings more that would be."""
        now, meetings = strand.place, strand.meetings
        self._work += len(meetings) + 1
        cost, here, found = 0, 0, [(0, 0)]
        for place, other in enumerate(self._order):
            if other in meetings:
                pairs, toll = meetings[other]
                strand.place = place  # it is beside the other: what of its own it is compared by stands there
                cost += toll
                for mine, theirs in pairs:
                    cost += 1 if mine.place < theirs.place else -1
                found.append((cost, place + 1))
            elif other is strand:
                here = cost
        strand.place = now
        return [(cost - here, place) for cost, place in found]

    def _move(self, strand: _Strand, place: int) -> None:
        """Put a strand at a place in the order of all."""
        now = strand.place
        del self._order[now]
        self._order.insert(place - (place > now), strand)
        self._number()

    def _number(self) -> None:
        for place, strand in enumerate(self._order):
            strand.place = place
