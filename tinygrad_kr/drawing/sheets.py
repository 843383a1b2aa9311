"""Sheets of questions and answers, to print: drawings with numbered blanks below each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

from ..engine.display import Picture
from ..engine.value import Value
from ..text.callers import warn
from ..text.numerals import shown
from ..text.options import Language, check
from .beside import Arrangement, inside, paper
from .drawing import Drawing, draw
from .svg import escape

__all__ = ["Sheet", "Worksheet", "worksheet"]

ACROSS, DOWN = 794.0, 1123.0
"""A sheet of A4, in pixels of 1/96 inch."""

MARGIN = 57.0
HEAD = 96.0
NUMBER = 30.0
"""How much the head of the first page takes, and the number over each question."""

LEGIBLE = 0.5
"""Of its size, the least that a drawing can become and still be read."""

WORDS = {
    "ko": {"sheet": "문제지", "key": "답지", "name": "이름", "task": "빈칸에 알맞은 미분을 쓰세요.", "seed": "번호"},
    "en": {
        "sheet": "Worksheet", "key": "answers", "name": "Name", "task": "Write the derivative into each blank.",
        "seed": "No.",
    },
}  # fmt: skip

Question: TypeAlias = "Value | Picture | Callable[[Random], Value | Picture]"


class Worksheet(NamedTuple):
    """Questions, and their answers behind the same numbers. Made by :func:`worksheet`."""

    questions: Sheet
    key: Sheet


class Sheet(Arrangement):
    """Drawings below each other on pages of A4.

    Args:
        drawings: from the top; one that is too large for its page becomes smaller.
        heading: stands at the left of the first page; ``corner`` at its right, ``task`` below.
        foot: stands at the foot of each page, before its number.
    """

    def __init__(self, drawings: Sequence[Drawing], heading: str, corner: str = "", task: str = "", foot: str = ""):
        super().__init__(drawings, [f"{number}." for number in range(1, len(drawings) + 1)])
        self.heading: str = heading
        self.corner: str = corner
        self.task: str = task
        self.foot: str = foot

    def svg(self) -> str:
        """All pages as one SVG document, one below the other."""
        pages = [page.replace("<svg ", f'<svg y="{k * DOWN:.0f}" ', 1) for k, page in enumerate(self.pages())]
        return paper(ACROSS, DOWN * len(pages), pages)

    def pages(self) -> list[str]:
        """An SVG document for each page."""
        pages: list[list[str]] = [[*self._head()]]
        y = MARGIN + HEAD
        for place, drawing in enumerate(self.drawings):
            scale = _scale(drawing)
            h = drawing.layout.height
            if y + NUMBER + h * scale > DOWN - MARGIN:
                pages.append([])
                y = MARGIN
            pages[-1].append(_text(self.titles[place], MARGIN, y + 16, "start"))
            pages[-1].append(inside(drawing, f"question-{place + 1}-", MARGIN, y + NUMBER, scale))
            y += NUMBER + h * scale + NUMBER
        for number, page in enumerate(pages, 1):
            foot = " · ".join(part for part in (self.foot, f"{number}/{len(pages)}") if part)
            page.append(_text(foot, ACROSS / 2, DOWN - MARGIN / 2, size=12))
        return [paper(ACROSS, DOWN, page) for page in pages]

    def text(self) -> str:
        """The sheet in characters."""
        return "\n\n".join(part for part in (self.heading, self.task, super().text()) if part)

    def _head(self) -> Iterator[str]:
        yield _text(self.heading, MARGIN, MARGIN + 20, "start", 22)
        yield _text(self.corner, ACROSS - MARGIN, MARGIN + 20, "end")
        yield f'<path d="M{MARGIN},{MARGIN + 34} H{ACROSS - MARGIN}" stroke="#999"/>'
        yield _text(self.task, MARGIN, MARGIN + 62, "start")

    @property
    def _title(self) -> str:
        return self.heading


def _scale(drawing: Drawing) -> float:
    """How much smaller a drawing becomes where its page is too small for it."""
    w, h = drawing.layout.width, drawing.layout.height
    return min(1.0, (ACROSS - 2 * MARGIN) / w, (DOWN - 2 * MARGIN - HEAD - NUMBER) / h)


def _text(text: str, x: float, y: float, anchor: str = "", size: int = 14) -> str:
    kind = f'class="{anchor}" ' if anchor else ""
    letters = f'<tspan class="name" font-size="{size}">{escape(text)}</tspan>'
    return f'<text {kind}x="{x:.2f}" y="{y:.2f}">{letters}</text>'


def worksheet(*questions: Question, seed: int = 1, title: str | None = None, language: Language = "ko") -> Worksheet:
    """Make a sheet of questions with numbered blanks, and its key: the same sheet with the answers in it.

    Both are saved as ``.svg``, ``.pdf`` (A4), ``.html``, ``.png`` or ``.txt``.

    Args:
        questions: what to ask, from the top. A Value is drawn with a blank for every derivative, and differentiated
            first where it is not. A drawing made with ``quiz`` is taken as it is. A function makes either from a
            ``random.Random``, with other numbers for every seed.
        seed: which numbers; it stands at the foot of both sheets.
        title: of the sheet.
        language: of what stands around the pictures.

    Warns:
        RuntimeWarning: if a question is so large that it can't be read on its page.

    Raises:
        TypeError: if a question is none.
        ValueError: if there is no question, one has no blanks or its derivatives are not computed, or an option is
            not possible.

    >>> def shopping(random):
    ...     return Value(random.randrange(50, 200, 10), "사과") * Value(random.randint(2, 9), "개수")
    >>> questions, key = worksheet(shopping, shopping, seed=3)
    >>> print(worksheet(Value(2.0, "x").exp()).key.text())
    문제지 · 답지
    <BLANKLINE>
    1.
    <BLANKLINE>
             2                7.38906
    x ◀─────────────▶( exp )◀─────────▶
        (1) 7.38906            (2) 1
    """
    check(language=language, seed=seed)
    if not questions:
        raise ValueError("worksheet() needs at least one question, but got none")
    random, words = Random(seed), WORDS[language]
    drawings = [_drawn(question, random, place) for place, question in enumerate(questions, 1)]
    for place, drawing in enumerate(drawings, 1):
        if _scale(drawing) < LEGIBLE:
            warn(
                f"question {place} becomes {_scale(drawing):.0%} of its size to fit on A4, too small to be read; "
                "draw less of it, with depth=, around= or blocks='collapsed'"
            )
    heading, foot = title or words["sheet"], f"{words['seed']} {seed}"
    return Worksheet(
        Sheet(drawings, heading, f"{words['name']}: ____________________", words["task"], foot),
        Sheet([drawing.key() for drawing in drawings], f"{heading} · {words['key']}", foot=foot),
    )


def _drawn(question: object, random: Random, place: int) -> Drawing:
    """The drawing of a question, with blanks."""
    asked = question(random) if callable(question) else question
    if isinstance(asked, Value):
        if asked.grad is None:
            asked.backward()
        asked = draw(asked, quiz=True)
    if not isinstance(asked, Drawing):
        raise TypeError(
            f"question {place} should be a Value, a drawing or a function that makes one from a random.Random, "
            f"not the {type(asked).__name__} {shown(asked)}"
        )
    if not asked.answers:
        raise ValueError(f"question {place} has no blanks; draw it with quiz=True")
    if any(wire.pending for wire in asked.key().picture.wires):
        raise ValueError(f"question {place} has no derivatives; call backward() before you draw it")
    return asked
