"""Sentences, formulas and tables, and the formats they are written in: text, Markdown, LaTeX, HTML.

A formula is a box (``mathtext``); a document is a list of sentences, formulas and grids. Names in them are
hostile: every writer makes them harmless for its own format.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from ..text.numerals import numeral
from ..text.signs import manner
from ..text.terminal import table
from . import mathtext
from .mathtext import Both, Box, Fence, Over, Row, Word, joined, row

__all__ = [
    "Cell", "Document", "Grid", "Paragraph", "Part", "Tabular", "equation", "factor", "figure", "fraction", "html",
    "latex", "markdown", "text",
]  # fmt: skip


Cell: TypeAlias = str | Box


class Paragraph(tuple[Sequence[Cell], ...]):
    """Lines of words with formulas among them.

    >>> print(text([Paragraph([["The sum: ", figure(2.0), "."], ["It is even."]])]))
    The sum: 2.
    It is even.
    """


@dataclass(frozen=True)
class Grid:
    """A table: its head, its rows, and the columns that are aligned at their right."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Collection[int] = ()


Part: TypeAlias = str | Box | Paragraph | Grid
"""A part of a document; a text is a sentence, and a formula stands on a line of its own."""


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────────────


def figure(number: float, digits: int = 6) -> Word:
    """A number.

    >>> figure(float("inf")), mathtext.latex(figure(1.5e-7))
    (Word(text='∞', style='number'), '1.5 \\\\times 10^{-7}')
    """
    return Word(numeral(number, digits), "number")


def factor(number: float, digits: int = 6) -> Box:
    """A number in a sum or product: in parentheses if it is negative.

    >>> mathtext.text(factor(-1.0)), mathtext.text(factor(2.0))
    ('(-1)', '2')
    """
    written = figure(number, digits)
    return row("(", written, ")") if written.text.startswith("-") else written


def fraction(top: Box, bottom: Box) -> Over:
    """∂top/∂bottom.

    >>> mathtext.text(fraction(mathtext.name("지불 금액"), mathtext.name("사과")))
    '∂(지불 금액)/∂사과'
    """
    return Over(row("∂", _grouped(top)), row("∂", _grouped(bottom)))


def _grouped(box: Box) -> Box:
    return box if re.fullmatch(r"\w+", mathtext.text(box)) else Both(Fence("(", box, ")"), box)


def equation(*sides: Box) -> Row:
    """The sides with = between them; a side that repeats the one before is left out.

    >>> mathtext.text(equation(Word("y"), figure(1.0), figure(1.0)))
    'y = 1'
    """
    again = [mathtext.text(side) == mathtext.text(before) for before, side in pairwise(sides)]
    return joined([side for side, is_again in zip(sides, [False, *again]) if not is_again], " = ")


# ── Documents ─────────────────────────────────────────────────────────────────────────────────────────


def text(parts: Sequence[Part]) -> str:
    """A document as plain text; tables are indented and aligned.

    >>> print(text(["The sum.", Grid(["a", "b"], [["1", figure(2.0)]])]))
    The sum.
    <BLANKLINE>
      a  b
      1  2
    """
    draft = "\n\n".join(_in_text(part, _plain) for part in parts)
    write = manner(draft)
    return draft if write(draft) == draft else "\n\n".join(_in_text(part, lambda c: write(_plain(c))) for part in parts)


def _in_text(part: Part, write: Callable[[Cell], str]) -> str:
    match part:
        case Grid(head, rows, right):
            lines = table([head, *(list(map(write, cells)) for cells in rows)], right=right).split("\n")
            return "\n".join(f"  {line}" for line in lines)
        case Paragraph():
            return "\n".join("".join(map(write, line)) for line in part)
    return write(part)


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else mathtext.text(cell)


def markdown(parts: Sequence[Part]) -> str:
    """A document as Markdown, its formulas as mathematics between dollar signs.

    >>> print(markdown(["a_1 < b", figure(2.0)]))
    a\\_1 &lt; b
    <BLANKLINE>
    $$2$$
    """
    return "\n\n".join(_in_markdown(part) for part in parts)


def _in_markdown(part: Part) -> str:
    match part:
        case Grid(head, rows, right):
            rules = ["---:" if k in right else "---" for k in range(len(head))]
            cells = [[_markdown_cell(cell) for cell in line] for line in (head, *rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in [cells[0], rules, *cells[1:]])
        case Paragraph():
            return "\n".join("".join(map(_markdown_cell, line)) for line in part)
        case str():
            return _escaped(part)
    return f"$${mathtext.latex(part)}$$"


def _markdown_cell(cell: Cell) -> str:
    return _escaped(cell) if isinstance(cell, str) else f"${mathtext.latex(cell).strip()}$"


def _escaped(sentence: str) -> str:
    """A sentence in which nothing is Markdown: no markup, no link, no list."""
    sentence = markup.escape(sentence, quote=False)
    return re.sub(r"[\\`*_{}\[\]#|$~!@^]|^[-+=]|[.:](?=[^\s\d])|^\d+[.)]", _with_backslash, sentence)


def _with_backslash(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}\\{found[0][-1]}"


def latex(parts: Sequence[Part]) -> str:
    """A document as one piece of LaTeX's mathematics, to stand between ``\\[`` and ``\\]``.

    >>> print(latex([figure(2.0), "Done."]))
    \\begin{aligned}
    & 2 \\\\[8pt]
    & \\text{Done.}
    \\end{aligned}
    """
    lines = " \\\\[8pt]\n& ".join(_in_latex(part) for part in parts)
    return f"\\begin{{aligned}}\n& {lines}\n\\end{{aligned}}"


def _in_latex(part: Part) -> str:
    match part:
        case Grid(head, rows, right):
            columns = "".join("r" if k in right else "l" for k in range(len(head)))
            lines = " \\\\[4pt]\n".join(map(_latex_row, (head, *rows)))
            return f"\\begin{{array}}{{{columns}}}\n{lines}\n\\end{{array}}"
        case Paragraph():
            return " \\\\\n& ".join("".join(map(_latex_cell, line)) for line in part)
    return _latex_cell(part)


def _latex_row(cells: Sequence[Cell]) -> str:
    """A row of an array, with room around its fractions: TeX adds none to a row that is as deep as they are."""
    is_tall = any(mathtext.is_tall(cell) for cell in cells if not isinstance(cell, str))
    return " & ".join(map(_latex_cell, cells)) + r"\vphantom{\Bigg\vert}" * is_tall


def _latex_cell(cell: Cell) -> str:
    return mathtext.upright(cell) if isinstance(cell, str) else mathtext.latex(cell)


def html(grid: Grid) -> str:
    """A table as HTML.

    >>> html(Grid(["<a>"], [["b"]]))
    '<table><thead><tr><th>&lt;a&gt;</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{markup.escape(cell)}</th>" for cell in grid.head)
    rows = "".join(
        f"<tr>{''.join(f'<td>{markup.escape(_plain(cell))}</td>' for cell in line)}</tr>" for line in grid.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


# ── What prints as a document ─────────────────────────────────────────────────────────────────────────


class Document:
    """What prints as the sentences, formulas and tables that it consists of, in several formats."""

    _parts: Sequence[Part]

    def text(self) -> str:
        """As plain text; tables are aligned."""
        return text(self._parts)

    def markdown(self) -> str:
        """As Markdown, with formulas between dollar signs."""
        return markdown(self._parts)

    def latex(self) -> str:
        r"""As one piece of LaTeX's mathematics (amsmath), to stand between ``\[`` and ``\]``."""
        return latex(self._parts)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str | None:
        return self.markdown()


class Tabular(Document):
    """A document with a table, which a notebook shows."""

    def html(self) -> str:
        """The table as HTML."""
        return html(next(part for part in self._parts if isinstance(part, Grid)))

    def _repr_html_(self) -> str:
        return self.html()
