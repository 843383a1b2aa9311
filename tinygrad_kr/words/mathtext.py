"""Mathematics as boxes: words in a row, fractions, scripts. What symbols become text, LaTeX or a drawing from.

A box knows how it reads in a line of text and in LaTeX; how large it is and where its letters stand is
the drawing's business (``drawing/typeset.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Box", "Over", "Row", "Script", "Stack", "Word", "latex", "name", "row", "text"]

Style = Literal["symbol", "name", "number", "bold"]


@dataclass(frozen=True)
class Word:
    """Letters of one style: ``symbol`` is italic, ``name`` and ``number`` upright, ``bold`` an array."""

    text: str
    style: Style = "symbol"


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    parts: tuple[Box, ...]


@dataclass(frozen=True)
class Over:
    """A stacked fraction."""

    top: Box
    bottom: Box


@dataclass(frozen=True)
class Script:
    """A box with something below or above its shoulder."""

    base: Box
    below: Box | None = None
    above: Box | None = None


@dataclass(frozen=True)
class Stack:
    """A box with a small one right over it: an array's name and its shape."""

    base: Box
    over: Box


Box: TypeAlias = Word | Row | Over | Script | Stack


def row(*parts: Box | str) -> Row:
    """Boxes side by side; plain text becomes a word of symbols.

    >>> text(row("2", name("x"), "+1"))
    '2x+1'
    """
    return Row(tuple(Word(part) if isinstance(part, str) else part for part in parts))


def name(label: str, style: Style | None = None) -> Box:
    """How a value's name is set: one letter in italics, more of them upright, ``a_1`` with a subscript.

    >>> latex(name("a_1")), latex(name("사과")), latex(name("x")), text(name("a_12"))
    ('a_{1}', '\\\\text{사과}', 'x', 'a₁₂')
    """
    base, underscore, index = label.partition("_")
    if underscore and base and index and "_" not in index and index.isascii() and index.isalnum():
        return Script(name(base, style), below=Word(index, "number" if index.isdigit() else "symbol"))
    return Word(label, style or ("symbol" if re.fullmatch(r"[^\W\d][₀-₉']*", label) and _is_latin(label) else "name"))


def _is_latin(label: str) -> bool:
    return label[0].isascii() or "α" <= label[0].lower() <= "ω"


_SUBSCRIPTS = str.maketrans("0123456789+-−()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SUPERSCRIPTS = str.maketrans("0123456789+-−()nixyT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿⁱˣʸᵀ")


def text(box: Box) -> str:
    """The box in one line of plain text.

    >>> text(row(Over(row("∂L"), row("∂y")), Script(Word("y"), above=Word("2", "number"))))
    '∂L/∂y·y²'
    """
    match box:
        case Word(letters):
            return letters
        case Over(top, bottom):
            return f"{_grouped(top)}/{_grouped(bottom)}"
        case Script(base, below, above):
            return text(base) + _raised(below, _SUBSCRIPTS, "_") + _raised(above, _SUPERSCRIPTS, "^")
        case Stack(base, over):
            return f"{text(base)} {text(over)}"
        case Row(parts):
            return "".join(
                text(part)
                + ("·" if isinstance(part, Over) and place + 1 < len(parts) and _opens(parts[place + 1]) else "")
                for place, part in enumerate(parts)
            )
    raise AssertionError(f"{box!r} is no box")


def _opens(box: Box) -> bool:
    """Whether a box begins with a factor, which must not run into a fraction before it."""
    start = text(box)[:1]
    return start.isalnum() or start in "∂(√"


def _grouped(box: Box) -> str:
    inside = text(box)
    return inside if re.fullmatch(r"∂?\w+[₀-₉]*", inside) else f"({inside})"


def _raised(box: Box | None, alphabet: dict[int, int], sign: str) -> str:
    if box is None:
        return ""
    inside = text(box)
    moved = inside.translate(alphabet)
    return moved if not set(moved) & set(inside) else f"{sign}({inside})" if len(inside) > 1 else sign + inside


_TEX = {
    "∂": r"\partial ",
    "×": r"\times ",
    "·": r"\cdot ",
    "√": r"\surd ",
    "Σ": r"\Sigma ",
    "∞": r"\infty ",
    "−": "-",
    "∘": r"\circ ",
    "′": "'",
}
_TEX_TEXT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\^{}", "~": r"\~{}",
}  # fmt: skip


def latex(box: Box) -> str:
    r"""The box in LaTeX's mathematics.

    >>> latex(Over(row("∂L"), row("∂y")))
    '\\frac{\\partial L}{\\partial y}'
    """
    match box:
        case Word(letters, style):
            if style == "name":
                return rf"\text{{{''.join(_TEX_TEXT.get(letter, letter) for letter in letters)}}}"
            return rf"\mathbf{{{_written(letters)}}}" if style == "bold" else _with_functions(letters)
        case Over(top, bottom):
            return rf"\frac{{{latex(top)}}}{{{latex(bottom)}}}"
        case Script(base, below, above):
            low = "" if below is None else f"_{{{latex(below)}}}"
            high = "" if above is None else f"^{{{latex(above)}}}"
            return latex(base) + low + high
        case Stack(base, over):
            return rf"\overset{{{latex(over)}}}{{{latex(base)}}}"
        case Row(parts):
            return "".join(map(latex, parts))
    raise AssertionError(f"{box!r} is no box")


def _written(letters: str) -> str:
    return "".join(_TEX.get(letter, _TEX_TEXT.get(letter, letter)) for letter in letters)


def _with_functions(letters: str) -> str:
    r"""The letters with the names of functions upright: exp( as \operatorname{exp}(."""
    parts = re.split(r"(?<![a-z_])([a-z][a-z_0-9]+)(?=\(|$)", letters)
    names = [rf"\operatorname{{{_written(part)}}}" if k % 2 else _written(part) for k, part in enumerate(parts)]
    return "".join(names)


def joined(boxes: Iterable[Box], between: str) -> Row:
    """Boxes with a word between them.

    >>> text(joined([Word("a"), Word("b")], " × "))
    'a × b'
    """
    parts: list[Box] = []
    for box in boxes:
        if parts:
            parts.append(Word(between))
        parts.append(box)
    return Row(tuple(parts))
