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
from .mathtext import Box, Over, Row, Script, Word

__all__ = [
    "Cell", "Formula", "Grid", "Paragraph", "Part", "equation", "factor", "figure", "fraction", "html", "joined",
    "latex", "markdown", "row", "set_in_latex", "text", "words",
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
        return cls(mathtext.text(box), set_in_latex(box))


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
    return Formula(text, "".join(_signs(part) if isinstance(part, str) else part.latex for part in parts))


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
    return Formula(text, _upright(text))


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


# ── Boxes in LaTeX: fit for a paper, and for a cell of a Markdown table in a notebook ─────────────────

_MARKS = {chr(0x2460 + k): k + 1 for k in range(20)}
"""①, ② … at the end of a name: which use of the value is meant."""

_SIGNS = {
    "×": r"\times ", "·": r"\cdot ", "∂": r"\partial ", "→": r"\to ", "…": r"\ldots ", "∞": r"\infty ", "Σ": r"\Sigma ",
    "π": r"\pi ", "−": "-", "|": r"\vert ",
}  # fmt: skip

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

# Commands of LaTeX's mathematics that MathJax and KaTeX know too; none leaves a sign that Markdown or HTML reads.
_SPECIAL = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\wedge ", "~": r"\sim ", "<": r"\langle ", ">": r"\rangle ", "|": r"\vert ", "*": r"\ast ",
    "`": r"\text{‘}", "\n": r"\ ",
}  # fmt: skip


def set_in_latex(box: Box) -> str:
    """The box in LaTeX's mathematics, without any sign that Markdown or HTML would read.

    >>> set_in_latex(mathtext.name("<a|b>")), set_in_latex(mathtext.name("w_12"))
    ('\\\\langle \\\\text{a}\\\\vert \\\\text{b}\\\\rangle ', '{w}_{12}')
    """
    match box:
        case Word(letters, "name"):
            return _named(letters)
        case Word(letters, style):
            return rf"\mathbf{{{_signs(letters)}}}" if style == "bold" else _signs(letters)
        case Over(top, bottom):
            return rf"\dfrac{{{set_in_latex(top)}}}{{{set_in_latex(bottom)}}}"
        case Script(base, below, above):
            low = "" if below is None else f"_{{{set_in_latex(below)}}}"
            high = "" if above is None else f"^{{{set_in_latex(above)}}}"
            return f"{{{set_in_latex(base)}}}{low}{high}"
        case Row((Word("√"), inside)):
            return rf"\sqrt{{{set_in_latex(inside)}}}"
        case Row(parts):
            return "".join(map(set_in_latex, parts))
    raise AssertionError(f"{box!r} is no box")


def _named(letters: str) -> str:
    if letters[-1:] in _MARKS:
        return f"{{{set_in_latex(mathtext.name(letters[:-1]))}}}^{{({_MARKS[letters[-1]]})}}"
    return _upright(letters)


def _upright(letters: str) -> str:
    runs = re.split(r"([\\{}$&#%_^~<>|*`\n])", letters)
    return "".join(_SPECIAL.get(run, rf"\text{{{run}}}") for run in runs if run)


def _signs(letters: str) -> str:
    if found := re.fullmatch(r"(-?[\d.]+)e(-?\d+)", letters):
        return rf"{found[1]} \times 10^{{{found[2]}}}"
    letters = re.sub("[₀-₉]+", lambda index: f"_{{{index[0].translate(_DIGITS)}}}", letters)
    written = "".join(_SIGNS.get(letter, letter) for letter in re.sub("([×→]) ", r"\1", letters))
    return re.sub(r"(?<!\\)\b[a-z]\w+(?=\(|$)", lambda function: rf"\operatorname{{{function[0]}}}", written)


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
    return _upright(cell) if isinstance(cell, str) else cell.latex


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
