"""Placing a picture: several ways of laying it out are tried, and the least tangled is kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from time import monotonic

from ..text.bilingual import Bilingual, told
from . import engine as graphviz_engine
from .arriving import apart
from .boxes import NAMES_IN_A_COLUMN, Plan, effort, sizes, written
from .layout import ADVICE, MAXIMUM, MAXIMUM_WIRES, Box, Layout, TooLargeError, refuse_crowds
from .picture import Picture
from .routing import Way, framed, read
from .tangles import Tangles, tangles
from .tidying import tidy

__all__ = ["place"]

BOOK = Plan(pinned=True, ordered=True, straight=True)
"""How a book draws: kept unless something else is clearly better."""

PLANS = (
    BOOK,
    Plan(pinned=False, ordered=True, straight=True),
    Plan(pinned=True, ordered=False, straight=True),
    Plan(pinned=False, ordered=False, straight=True),
    Plan(pinned=True, ordered=False, straight=False),
    Plan(pinned=False, ordered=False, straight=False),
    Plan(pinned=False, ordered=False, straight=True, deal=1),
    Plan(pinned=False, ordered=False, straight=True, deal=2),
    Plan(pinned=False, ordered=False, straight=True, deal=3),
)
TIDIED = 110  # wires, in all the ways whose wires are run anew
FEW = 120  # wires; beyond, two ways are tried
PLANNED = 300  # wires; beyond, one has to do as it is
CLEARLY = 0.9  # by how much, in crossings, something has to be better than what a book would draw
HOPELESS = 1.5  # how often as tangled as the least tangled way another may be, to be worth tidying
CLASH = 2.0  # what two wires that look like one, or one through an operator, are worth in crossings
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
    plans = _plans(picture)
    for plan in plans:
        try:
            plain = graphviz_engine.run(
                written(picture, known, plan), end - monotonic() if found else time_limit, engine
            )
        except graphviz_engine.LayoutTimeoutError as error:
            if found:
                break
            raise _too_slow(picture, error) from None
        placed = _Placed(picture, *read(plain, picture, known, plan))
        if placed not in found:
            found.append(placed)
        if len(plans) == 1 or found[0].tangles == (0, 0, 0):
            break
    book = found[0]
    book.favour = CLEARLY
    if len(plans) > 1:
        found.sort(key=lambda placed: placed.cost(book))
        hopeful = [placed for placed in found if placed.cost(book) <= HOPELESS * found[0].cost(book)]
        found = [placed.tidied() for placed in hopeful[: max(2, TIDIED // len(picture.wires))]]
    return apart(picture, min(found, key=lambda placed: placed.cost(book)).layout)


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

    def cost(self, book: _Placed) -> float:
        """How hard it is to read, in crossings."""
        area = self.layout.width * self.layout.height / (book.layout.width * book.layout.height)
        tangled = CLASH * (self.tangles.through + self.tangles.merged) + self.tangles.crossings
        return tangled + DISORDER * self.swapped + SPREAD * area - self.favour

    @property
    def swapped(self) -> float:
        """The share of names in one column that stand in another order than they were written in."""
        named = [self.boxes[leaf.id] for leaf in self.picture.of_kind("leaf") if leaf.title]
        pairs = [above.y > below.y for above, below in combinations(named, 2) if abs(above.right - below.right) < 1]
        return sum(pairs) / max(1, len(pairs))


def _plans(picture: Picture) -> tuple[Plan, ...]:
    """The ways to try, the book's first; fewer where the picture is large."""
    if len(picture.wires) > FEW:
        return PLANS[1:2] if len(picture.wires) > PLANNED else PLANS[1:4:2]
    if len(picture.of_kind("operator")) > NAMES_IN_A_COLUMN:
        return tuple(plan for plan in PLANS if not plan.pinned)
    return PLANS
