"""Placing a picture: several ways of laying it out are tried, and the least tangled is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from time import monotonic

from ..text.bilingual import Bilingual, told
from . import engine as graphviz_engine
from .arriving import apart
from .boxes import NAMES_IN_A_COLUMN, Columns, Plan, effort, sizes, written
from .layout import ADVICE, MAXIMUM, MAXIMUM_WIRES, Box, Layout, TooLargeError, refuse_crowds
from .ordering import untangled
from .picture import Picture
from .routing import Way, framed, read
from .tangles import Tangles, tangles
from .tidying import tidy

__all__ = ["place"]

BOOK = Plan(pinned=True, ordered=True, straight=True)
"""How a book draws: kept unless something else is clearly better."""

FREE = BOOK._replace(pinned=False)
LOOSE = FREE._replace(ordered=False)
TIDIED = 110  # wires, in all the ways whose wires are run anew
FEW = 120  # wires; beyond, the leaves are free in all ways
PLANNED = 300  # wires; beyond, one has to do as it is
CLEARLY = 0.9  # by how much, in crossings, something has to be better than what a book would draw
ORDERED = 2  # crossings that make looking for a better order worth it
HOPEFUL = 1.1, 2.0  # times the least tangled way, and how many crossings more: as tangled may be what is tidied
CLASH = 2.0  # what two wires that look like one, or one through an operator, are worth in crossings
LASTING = 10.0  # and where they have been tidied
DISORDER = 3.0  # all names in the opposite of the order written: people look for them in it
SPREAD = 1.5  # and the area of the whole


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
    if not picture.parts:  # formulas alone
        return framed(picture, {}, {})
    refuse_crowds(len(picture.of_kind("operator")), MAXIMUM, len(picture.wires), MAXIMUM_WIRES)
    if (seconds := effort(picture)) > time_limit:
        late = f"its layout would take about {seconds:.0f} s, but time_limit is {time_limit:g} s"
        raise _too_slow(
            picture, Bilingual(late, f"배치에 {seconds:.0f}초쯤 걸리는데, time_limit은 {time_limit:g}초입니다")
        )
    known = sizes(picture)
    end = monotonic() + time_limit

    found: list[_Placed] = []
    for plan, columns in _ways(picture, found):
        left = end - monotonic() if found else time_limit
        try:
            plain = graphviz_engine.run(written(picture, known, plan, columns), left, engine)
        except graphviz_engine.LayoutTimeoutError as error:
            if found:
                break
            raise _too_slow(picture, error) from None
        found.append(_Placed(picture, plan, *read(plain, picture, known, plan)))
    book = found[0]
    book.favour = CLEARLY
    if len(picture.wires) <= PLANNED:
        ranked = sorted(found, key=lambda each: each.cost(book))
        ranked = [each for place, each in enumerate(ranked) if each not in ranked[:place]]
        hopeful = sum(each.is_hopeful(ranked[0], book) for each in ranked)
        found = []
        most = max(1 + (len(picture.wires) <= FEW), TIDIED // len(picture.wires))
        for each in ranked[: most + 1]:
            if len(found) >= min(hopeful, most) and any(map(_Placed.is_clear, found)):
                break
            found.append(each.tidied())
    return apart(picture, min(found, key=lambda each: each.cost(book, LASTING)).layout)


def _ways(picture: Picture, found: list[_Placed]) -> Iterator[tuple[Plan, Columns]]:
    """How to lay a picture out, one way after the other, by what has been found; fewer where it is large."""
    wires = len(picture.wires)
    if wires <= FEW and len(picture.of_kind("operator")) <= NAMES_IN_A_COLUMN:
        yield BOOK, ()
        if found[0].tangles == (0, 0, 0):
            return
    yield FREE, ()
    if wires > PLANNED or found[0].tangles == (0, 0, 0):
        return
    yield LOOSE, ()
    book, least = found[0], min(found[-2:], key=lambda each: each.cost(found[0]))
    if book.plan.pinned and book.is_hopeful(least, book):
        yield BOOK._replace(ordered=False), ()
    columns: Columns = ()
    if least.tangles.crossings >= ORDERED and not picture.groups:
        columns = untangled(picture, least.boxes, LOOSE)
        yield LOOSE, columns
    yield LOOSE._replace(straight=False), columns


def _too_slow(picture: Picture, why: object) -> TooLargeError:
    """The error that says how large the picture is, and what to do."""
    operators, wires = f"{len(picture.of_kind('operator')):,}", f"{len(picture.wires):,}"
    size = Bilingual(
        f"the graph has {operators} operators and {wires} wires, and {told(why, 'en')}",
        f"그래프의 연산이 {operators}개, 선이 {wires}개입니다. {told(why, 'ko')}",
    )
    more = Bilingual(", or allow more time with time_limit", ". time_limit으로 시간을 더 주어도 됩니다")
    return TooLargeError(size + ADVICE + more)


@dataclass
class _Placed:
    """A picture laid out in one way, and how well.

    Attributes:
        favour: what it is preferred by, in crossings.
    """

    picture: Picture = field(compare=False)
    plan: Plan = field(compare=False)
    boxes: dict[str, Box]
    ways: dict[str, Way]
    favour: float = field(default=0.0, compare=False)

    @cached_property
    def layout(self) -> Layout:
        """What comes out."""
        return framed(self.picture, self.boxes, self.ways)

    @cached_property
    def tangles(self) -> Tangles:
        """What is hard to follow in it."""
        return tangles(self.picture, self.layout)

    def tidied(self) -> _Placed:
        """The same with every wire where it is easiest to follow."""
        return replace(self, ways=tidy(self.picture, self.boxes, self.ways))

    def cost(self, book: _Placed, clash: float = CLASH) -> float:
        """How hard it is to read, in crossings."""
        area = self.layout.width * self.layout.height / (book.layout.width * book.layout.height)
        tangled = clash * (self.tangles.through + self.tangles.merged) + self.tangles.crossings
        return tangled + DISORDER * self.swapped + SPREAD * area - self.favour

    def is_clear(self) -> bool:
        """Whether every wire can be told from what is near it."""
        return self.tangles.through + self.tangles.merged == 0

    def is_hopeful(self, least: _Placed, book: _Placed) -> bool:
        """Whether it might be better than the least tangled one in the end."""
        times, more = HOPEFUL
        return self.cost(book) <= times * least.cost(book) + more

    @property
    def swapped(self) -> float:
        """The share of names in one column that stand in another order than they were written in."""
        named = [self.boxes[leaf.id] for leaf in self.picture.of_kind("leaf") if leaf.title]
        pairs = [above.y > below.y for above, below in combinations(named, 2) if abs(above.right - below.right) < 1]
        return sum(pairs) / max(1, len(pairs))
