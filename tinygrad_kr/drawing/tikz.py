"""LaTeX: the picture in TikZ, on the same layout and from the same strokes as the SVG.

The document stands alone; a paper takes the ``tikzpicture`` out of it, and changes its look at the styles at its
head, which have the names of the SVG's classes. Mathematics is set by LaTeX itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from math import asin, degrees
from unicodedata import category, normalize

from ..text.bilingual import Bilingual
from ..text.lettering import printable
from ..text.numerals import raised
from ..words import mathtext
from ..words.mathtext import Fit
from .geometry import Point
from .labels import Label
from .layout import CIRCLE, TEXT, Box, Layout, TooLargeError
from .picture import Group, Part, Picture, Wire
from .reveal import Reveal
from .strokes import BAR, BULGE, Arrow, Mark, arrows, blank, cloud, marks, notes, number, seen, widths
from .typeset import SIZE, fitted

__all__ = ["escape", "write"]

POINTS = 0.75
"""TeX's big points in a pixel."""

LARGEST = 16_000
"""In these points; TeX has no longer lengths."""

PREAMBLE = r"""\documentclass{standalone}
\usepackage{amsmath}
\usepackage{tikz}"""

KOREAN = r"""\usepackage{fontspec} % The last of these fonts that is installed sets the names.
\newcommand\names[1]{\IfFontExistsTF{#1}{\setsansfont{#1}[Ligatures=TeXOff]}{}}
\names{UnDotum}\names{Noto Sans CJK KR}\names{NanumGothic}\names{Apple SD Gothic Neo}
\names{Malgun Gothic}\names{Noto Sans KR}\names{Pretendard}"""

OTHERS = r"""% A letter that it lacks is set in the first of these fonts that has it; a paper needs these lines too.
\newtoks\fallbacks
\newcommand\fallback[1]{\IfFontExistsTF{#1}{\fallbacks\expandafter{\the\fallbacks\attempt{#1}}}{}}
\fallback{Noto Emoji}\fallback{Segoe UI Emoji}\fallback{Segoe UI Symbol}\fallback{Apple Symbols}
\fallback{Symbola}\fallback{DejaVu Sans}
\newcommand\others[2]{{\def\attempt##1{\iffontchar\font#1 \else\fontspec{##1}\fi}\the\fallbacks
  \iffontchar\font#1 #2\else?\GenericWarning{}{No font here has #2: install one of these}\fi}}"""

STYLES = {
    "forward": "color=black!30",
    "ahead": "color=black!13",
    "idle": "dash pattern=on 3.75bp off 3bp",
    "backward": "color=black!60, line width=2.4bp",
    "negative": "",
    "zero": "",
    "pending": "color=black!33, line width=1.5bp, dash pattern=on 3.75bp off 3bp",
    "value": "anchor=base",
    "derivative": "anchor=base, text=black!60",
    "pending-derivative": "text=black!33",
    "badge": "anchor=base, fill=black!20, inner xsep=4.5bp, inner ysep=1.5bp",
    "note": "anchor=base west",
    "shapes": "anchor=base west, text=black!60",
    "term": "anchor=base",
    "length": "anchor=base, scale=0.85",
    "blank": "draw=black!40, fill=white, rounded corners=3.75bp",
    "blank-number": "anchor=base west, text=black!60, scale=0.8",
    "operator": "draw=black!30, fill=white, line width=1.125bp, minimum size=34.5bp",
    "block": "operator",
    "cloud": "operator",
    "current": "draw=black, line width=1.875bp",
    "marked": r"text=red!80!black, font=\sffamily\bfseries\boldmath",
    "ringed": "draw=red!80!black, line width=2.25bp",
    "leaf": "anchor=base east",
    "output": "anchor=base west",
    "junction": "color=black!30, rounded corners=1.5bp",
    "group": "draw=black!30, rounded corners=7.5bp",
    "title": "anchor=base",
}

THEMES: dict[str, dict[str, str]] = {
    "documents": {},
    "colour": {
        "forward": "color={rgb,255:red,0;green,114;blue,178}",
        "backward": "color={rgb,255:red,213;green,94;blue,0}, line width=2.4bp",
        "negative": "color={rgb,255:red,170;green,68;blue,153}, dash pattern=on 5.25bp off 2.25bp",
        "zero": "color=black!40",
        "value": "anchor=base, text={rgb,255:red,0;green,114;blue,178}",
        "derivative": "anchor=base, text={rgb,255:red,179;green,71;blue,0}",
    },
}


def write(picture: Picture, layout: Layout, title: str, theme: str = "documents", reveal: Reveal | None = None) -> str:
    r"""The picture as a complete LaTeX document.

    Args:
        picture: what to draw.
        layout: where.
        title: what the whole shows, for a comment.
        theme: one of :data:`tinygrad_kr.drawing.style.THEMES`.
        reveal: what can be seen at this moment of a pass; everything where left out.

    Raises:
        TooLargeError: if the picture is larger than TeX can draw.

    >>> from tinygrad_kr import Value
    >>> drawing = (Value(2.0, "x") * Value(3.0, "y")).draw()
    >>> r"\node[leaf] (leaf-0) at " in write(drawing.picture, drawing.layout, drawing.title)
    True
    """
    if (size := max(layout.width, layout.height) * POINTS) > LARGEST:
        long, most = (f"{points / 7200 * 2.54:.1f} m" for points in (size, LARGEST))
        en = f"the picture is {long} long, and TeX draws at most {most}; draw a part of it, or save it as PDF"
        ko = f"그림의 길이가 {long}인데, TeX은 {most}까지 그립니다. 일부만 그리거나 PDF로 저장하세요"
        raise TooLargeError(Bilingual(en, ko))
    wires = [seen(wire, reveal) for wire in picture.wires]
    current = reveal.current if reveal else None
    width_of = widths(picture) if theme == "colour" else lambda wire: None
    lines = [
        f"\\useasboundingbox (0,0) rectangle ({number(layout.width)},{number(layout.height)});",
        *(line for group in picture.groups for line in _group(group, layout)),
        *(line for wire in wires for line in _wire(wire, picture, layout, width_of(wire))),
        *(line for part in picture.parts.values() for line in _part(part, layout.boxes[part.id], part.id == current)),
        *(line for wire in wires for line in _labels(wire, layout.boxes[wire.id])),
        *(_mark(mark) for _, mark in notes(picture, wires, layout)),
    ]
    is_latin = not _BEYOND.search("".join(lines))
    engine = "any LaTeX" if is_latin else "XeLaTeX or LuaLaTeX"
    if not is_latin:
        lines = [_OTHER.sub(_other, line) for line in lines]
    return "\n".join(
        [
            *([] if is_latin else ["% !TEX program = xelatex"]),
            f"% {printable(title).replace(_LOST, '?')}",
            f"% For {engine}. A paper takes the tikzpicture; it needs amsmath and tikz.",
            PREAMBLE,
            *([] if is_latin else [KOREAN]),
            *([OTHERS] if any(r"\others{" in line for line in lines) else []),
            r"\begin{document}",
            r"\begin{tikzpicture}[",
            r"  x=0.75bp, y=-0.75bp, % pixels, y downwards",
            r"  line width=0.9bp, inner sep=0pt, font=\sffamily,",
            *(f"  {name}/.style={{{look}}}," for name, look in {**STYLES, **THEMES[theme]}.items()),
            "]",
            *lines,
            r"\end{tikzpicture}",
            r"\end{document}",
            "",
        ]
    )


# ── Text ──────────────────────────────────────────────────────────────────────────────────────────────

_LOST = "\ufffd"  # what stands for a letter that is none; LuaTeX takes it for one in a broken file

_SPECIAL = mathtext.SPECIAL | {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", '"': r"\symbol{34}",
    "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "-": "{-}", _LOST: r"\ensuremath{\boxed{?}}",
}  # fmt: skip

_IN_TEXT = str.maketrans({sign: rf"\ensuremath{{{name}}}" for sign, name in mathtext.SIGNS.items()} | _SPECIAL)


def escape(text: str) -> str:
    r"""Text for LaTeX: the one place where a picture's text becomes TeX.

    >>> print(escape("50% of {x}_1 ^^M \\input"))
    50\% of \{x\}\_1 \textasciicircum{}\textasciicircum{}M \textbackslash{}input
    >>> print(escape("-2 × α"))
    \ensuremath{-}2 \ensuremath{\times} \ensuremath{\alpha}
    """
    return raised(printable(text)).translate(_IN_TEXT)


def _text(label: Label) -> str:
    """A label, as text or as mathematics; letters and their marks are put together, as fonts have them."""
    return escape(normalize("NFC", label)) if label.box is None else f"${mathtext.latex(label.box)}$"


_BEYOND = re.compile("[«»ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲų\u017f-\U0010ffff]")
"""What pdfLaTeX has no letter for, as long as a paper does not give it another encoding of fonts."""

_OTHER = re.compile("[^\0-\x7f가-힣](?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[^\0-\x7f가-힣])*")
"""A letter that a Korean font may lack; with all that makes one emoji of several."""


def _other(found: re.Match[str]) -> str:
    """A letter in whatever font has it; one that is not seen is left out."""
    letter = found[0][0]
    return "" if category(letter) == "Cf" else f'\\others{{"{ord(letter):X}}}{{{found[0]}}}'


# ── Wires ─────────────────────────────────────────────────────────────────────────────────────────────


def _wire(wire: Wire, picture: Picture, layout: Layout, width: float | None) -> Iterator[str]:
    for arrow in arrows(wire, picture, layout, width):
        look = ", ".join(arrow.kind.split())
        yield f"\\draw[{look}{_width(arrow) if width else ''}] {_line(arrow.shaft)};"
        head = f"{_line(arrow.head)} -- cycle"
        look = look.replace(", idle", "")
        yield f"\\draw[{look}, fill=white] {head};" if look.startswith("forward") else f"\\fill[{look}] {head};"


def _width(arrow: Arrow) -> str:
    return f", line width={_length(arrow.width)}" if arrow.kind.startswith("backward") else ""


def _labels(wire: Wire, box: Box) -> Iterator[str]:
    for mark in marks(wire, box):
        if mark.label.answer is not None:
            room = blank(mark.size, mark.x, mark.y)
            yield f"\\draw[blank] {_rectangle(room)};"
            yield f"\\node[blank-number] at {_point(room.left + 4, mark.y)} {{({mark.label.number})}};"
        else:
            yield _mark(mark)


def _mark(mark: Mark) -> str:
    if isinstance(mark.label.box, Fit):
        return "\n".join(_fit(mark, mark.label.box))
    x = mark.x - mark.size.width / 2 if mark.kind == "note" else mark.x
    return f"\\node[{', '.join(mark.kind.split())}] at {_point(x, mark.y)} {{{_text(mark.label)}}};"


def _fit(mark: Mark, fit: Fit) -> Iterator[str]:
    """Arrays, their shapes below them, and the brackets between lengths that must agree."""
    words, brackets = fitted(fit)
    left = mark.x - mark.size.width / 2
    for word in words:
        look = "term" if word.size == SIZE else "length"
        yield f"\\node[{look}] at {_point(left + word.x, mark.y + word.y)} {{${mathtext.latex(word.box)}$}};"
    for bracket in brackets:
        yield f"\\draw {_line([(left + x, mark.y + y) for x, y in bracket.points])};"


# ── Parts ─────────────────────────────────────────────────────────────────────────────────────────────


def _part(part: Part, box: Box, is_current: bool) -> Iterator[str]:
    """A part as a node of its id, which a paper can refer to: ``(op-3)``."""
    is_shape = part.kind in ("operator", "block", "cloud")
    marked = f"{', marked' * part.marked}{', ringed' * (part.marked and is_shape)}"
    look = f"{part.kind}{', current' * is_current}{marked}"
    text, middle = _text(part.text), _point(box.x, box.y)
    if part.kind in ("operator", "block"):
        radius = CIRCLE / 2 if part.kind == "operator" or box.height == CIRCLE else 10.0
        if box.width == box.height == 2 * radius:
            shape = "circle"
        else:
            size = f"minimum width={_length(box.width)}, minimum height={_length(box.height)}"
            shape = f"rounded corners={_length(min(box.width / 2, box.height / 2, radius))}, {size}"
        yield f"\\node[{look}, {shape}] ({part.id}) at {middle} {{{text}}};"
    elif part.kind == "cloud":
        yield f"\\draw[{look}] {_cloud(cloud(box))};"
        yield f"\\node{'[marked]' * part.marked} ({part.id}) at {middle} {{{text}}};"
    elif part.kind == "junction":
        bar = Box(box.left + BAR / 2, box.y, BAR, box.height)
        yield f"\\fill[{look}] {_rectangle(bar)};"
    elif part.text:
        end = box.right - 4 if part.kind == "leaf" else box.left + 4
        yield f"\\node[{look}] ({part.id}) at {_point(end, box.y + TEXT * 0.35)} {{{text}}};"


def _group(group: Group, layout: Layout) -> Iterator[str]:
    title = layout.boxes[f"{group.id}-title"]
    yield f"\\draw[group] {_rectangle(layout.boxes[group.id])};"
    yield f"\\node[title] ({group.id}) at {_point(title.x, title.bottom - 6)} {{{_text(group.text)}}};"


# ── Paths ─────────────────────────────────────────────────────────────────────────────────────────────


def _length(pixels: float) -> str:
    return f"{number(pixels * POINTS)}bp"


def _point(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"


def _line(points: list[Point]) -> str:
    return " -- ".join(_point(x, y) for x, y in points)


def _rectangle(box: Box) -> str:
    return f"{_point(box.left, box.top)} rectangle {_point(box.right, box.bottom)}"


def _cloud(points: list[Point]) -> str:
    bend = f"to[bend left={degrees(asin(0.5 / BULGE)):.0f}]"
    return _point(*points[0]) + "".join(f" {bend} {_point(*end)}" for _, end in pairwise(points)) + " -- cycle"
