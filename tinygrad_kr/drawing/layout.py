"""*Where* things are: the boxes of a layout, the lines of its wires, and the lengths that they keep to.

How they come about: ``boxes.py`` says what Graphviz places, ``routing.py`` draws the wires between, and
``placing.py`` chooses among several ways of doing it, by what ``tangles.py`` counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..text.bilingual import Bilingual
from .geometry import Point

__all__ = ["Box", "Layout", "TooLargeError", "refuse_crowds"]

TEXT = 14.0  # font size; every length here is in pixels, and the engine's 72 per inch
CIRCLE = 46.0
FRAME = 12.0  # from what is inside a group to its frame
TITLE = 20.0  # for a group's name over its frame
GAP = 5.0  # from a wire's middle line to each of its two arrows
AIR = 5.0  # between an arrow and its label
BRANCH_PITCH = 20.0  # between wires that leave a junction
RUN_UP = 16.0  # of a junction's branches, before they turn
NUMBER = 34.0  # for the number of a note, before its formula
MAXIMUM = 1500  # operators in a picture
MAXIMUM_WIRES = 4000
MAXIMUM_LISTED = 20_000  # operators in a listing for the terminal
ADVICE = Bilingual(
    "; draw a part of it: draw(depth=3) shows its last steps and draw(around=value) those near a value, "
    "or close its blocks: draw(blocks='collapsed')",
    ". 일부만 그리세요. draw(depth=3)은 마지막 몇 단계를, draw(around=value)는 그 값의 둘레를 그립니다. "
    "draw(blocks='collapsed')로 묶음을 접어도 됩니다",
)


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
        boxes: part id, wire id or group id → its box. A wire's labels stand in its box.
        routes: wire id → the middle line of the wire, from inside its source to inside its target.
        width, height: of the canvas.
    """

    boxes: dict[str, Box]
    routes: dict[str, list[Point]]
    width: float
    height: float


def refuse_crowds(operators: int, most: int, wires: int = 0, most_wires: int = 0) -> None:
    """Raise if there are too many operators, or wires, for one picture.

    >>> refuse_crowds(2000, 1500)
    Traceback (most recent call last):
    tinygrad_kr.drawing.layout.TooLargeError: the graph has 2,000 operators; at most 1,500 are drawn in one \
picture; draw a part of it: draw(depth=3) shows its last steps and draw(around=value) those near a value, or \
close its blocks: draw(blocks='collapsed')
    """
    if operators > most:
        raise TooLargeError(_crowd("operators", "연산이", operators, MAXIMUM))
    if wires > most_wires:
        raise TooLargeError(_crowd("wires", "선이", wires, most_wires))


def _crowd(en: str, ko: str, count: int, most: int) -> Bilingual:
    english = f"the graph has {count:,} {en}; at most {most:,} are drawn in one picture"
    return Bilingual(english, f"그래프의 {ko} {count:,}개입니다. 한 그림에는 {most:,}개까지 그립니다") + ADVICE
