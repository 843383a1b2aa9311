"""Sentences, formulas and tables, and the formats they are written in: text, Markdown, LaTeX, HTML.

A :class:`Formula` carries its line of plain text and its LaTeX side by side; a document is a list of
sentences, formulas and grids. Names in them are hostile: every writer makes them harmless for its own format.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from ..text.numerals import numeral
from ..text.terminal import table
from . import mathtext
from .mathtext import Box, Word

__all__ = [
    "Cell", "Formula", "Grid", "Paragraph", "Part", "equation", "factor", "figure", "fraction", "html", "joined",
    "latex", "markdown", "row", "text", "words",
]  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A formula in both writings: a line of plain text, and LaTeX's mathematics without dollar signs."""

    text: str
    latex: str

    @classmethod
    def of(cls, box: Box) -> Formula:
        """What boxes read as.

        >>> Formula.of(mathtext.name("a_1"))
        Formula(text='a₁', latex='{a}_{1}')
        """
        return cls(mathtext.text(box), mathtext.latex(box))


Cell: TypeAlias = str | Formula


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


Part: TypeAlias = str | Formula | Paragraph | Grid
"""A part of a document; a text is a sentence, and a formula stands on a line of its own."""


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────────────


def row(*parts: Formula | str) -> Formula:
    """Formulas side by side, with signs between them.

    >>> row(figure(2.0), " × ", figure(3.0))
    Formula(text='2 × 3', latex='2 \\\\times 3')
    """
    text = "".join(part if isinstance(part, str) else part.text for part in parts)
    return Formula(text, "".join(mathtext.latex(Word(part)) if isinstance(part, str) else part.latex for part in parts))


def joined(formulas: Sequence[Formula], sign: str) -> Formula:
    """Formulas with a sign between them.

    >>> joined([figure(1.0), figure(2.0), figure(3.0)], " + ").text
    '1 + 2 + 3'
    """
    parts: list[Formula | str] = []
    for formula in formulas:
        parts += [sign, formula]
    return row(*parts[1:])


def words(text: str) -> Formula:
    """Words as a part of a formula.

    >>> words("길 1").latex
    '\\\\text{길 1}'
    """
    return Formula(text, mathtext.upright(text))


def figure(number: float, digits: int = 6) -> Formula:
    """A number.

    >>> figure(float("inf")), figure(1.5e-7).latex
    (Formula(text='∞', latex='\\\\infty '), '1.5 \\\\times 10^{-7}')
    """
    return Formula.of(Word(numeral(number, digits), "number"))


def factor(number: float, digits: int = 6) -> Formula:
    """A number in a sum or product: in parentheses if it is negative.

    >>> factor(-1.0).text, factor(2.0).text
    ('(-1)', '2')
    """
    written = figure(number, digits)
    return row("(", written, ")") if written.text.startswith("-") else written


def fraction(top: Formula, bottom: Formula) -> Formula:
    """∂top/∂bottom.

    >>> fraction(words("지불 금액"), words("사과"))
    Formula(text='∂(지불 금액)/∂사과', latex='\\\\dfrac{\\\\partial \\\\text{지불 금액}}{\\\\partial \\\\text{사과}}')
    """
    return Formula(
        f"∂{_grouped(top.text)}/∂{_grouped(bottom.text)}",
        rf"\dfrac{{\partial {top.latex}}}{{\partial {bottom.latex}}}",
    )


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w+", text) else f"({text})"


def equation(*sides: Formula) -> Formula:
    """The sides with = between them; a side that repeats the one before is left out.

    >>> equation(words("y"), figure(1.0), figure(1.0)).text
    'y = 1'
    """
    parts: list[Formula | str] = [sides[0]]
    for before, side in pairwise(sides):
        if side.text != before.text:
            parts += [" = ", side]
    return row(*parts)


# ── Documents ─────────────────────────────────────────────────────────────────────────────────────────


def text(parts: Sequence[Part]) -> str:
    """A document as plain text; tables are indented and aligned.

    >>> print(text(["The sum.", Grid(["a", "b"], [["1", figure(2.0)]])]))
    The sum.
    <BLANKLINE>
      a  b
      1  2
    """
    return "\n\n".join(_in_text(part) for part in parts)


def _in_text(part: Part) -> str:
    match part:
        case Grid(head, rows, right):
            lines = table([head, *([_plain(cell) for cell in cells] for cells in rows)], right=right).split("\n")
            return "\n".join(f"  {line}" for line in lines)
        case Paragraph():
            return "\n".join("".join(map(_plain, line)) for line in part)
    return _plain(part)


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


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
        case Formula(latex=written):
            return f"$${written}$$"
    return _escaped(part)


def _markdown_cell(cell: Cell) -> str:
    return _escaped(cell) if isinstance(cell, str) else f"${cell.latex.strip()}$"


def _escaped(sentence: str) -> str:
    """A sentence in which nothing is Markdown: no markup, no link, no list."""
    sentence = markup.escape(sentence, quote=False)
    return re.sub(r"[\\`*_{}\[\]#|$~!@^]|^[-+=]|[.:](?=[^\s\d])|^\d+[.)]", _with_backslash, sentence)


def _with_backslash(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}\\{found[0][-1]}"


def latex(parts: Sequence[Part]) -> str:
    """A document as one piece of LaTeX's mathematics, to stand between ``\\[`` and ``\\]``.

    >>> print(latex([figure(2.0), "Done."]))
    \\begin{array}{l}
    2 \\\\[8pt]
    \\text{Done.}
    \\end{array}
    """
    lines = " \\\\[8pt]\n".join(_in_latex(part) for part in parts)
    return f"\\begin{{array}}{{l}}\n{lines}\n\\end{{array}}"


def _in_latex(part: Part) -> str:
    match part:
        case Grid(head, rows, right):
            columns = "".join("r" if k in right else "l" for k in range(len(head)))
            lines = " \\\\[4pt]\n".join(" & ".join(map(_latex_cell, line)) for line in (head, *rows))
            return f"\\begin{{array}}{{{columns}}}\n{lines}\n\\end{{array}}"
        case Paragraph():
            return " \\\\\n".join("".join(map(_latex_cell, line)) for line in part)
    return _latex_cell(part)


def _latex_cell(cell: Cell) -> str:
    return mathtext.upright(cell) if isinstance(cell, str) else cell.latex


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
