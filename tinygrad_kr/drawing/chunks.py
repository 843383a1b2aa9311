"""Pictures for resvg and Typst, which set text chunk by chunk.

Where a face lacks one letter of a chunk, they look for one that has all of them, and set everything in it: beside 사과,
italics stand upright, and −1 is bold, in whatever face that is. A tspan with x or y begins a new chunk; with y alone,
it goes on where the last one ended, so that only the beginning of the first has to be known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from ..text.lettering import width
from .strokes import number
from .typeset import NUMBERS, SNUG

__all__ = ["chunked"]

# As svg.py writes them: a text, and its letters of one style.
_TEXT = re.compile(r"<text ([^>]*)>((?:<tspan[^>]*>[^<]*</tspan>)+|[^<]+)</text>")
_SPAN = re.compile(r'<tspan class="([^"]*)" font-size="([^"]*)"(?: dx="([^"]*)")?(?: dy="([^"]*)")?>([^<]*)</tspan>')

# What Korean faces lack and serif ones have: ŷ and x̂ where nothing is Korean, and −, ⁻⁷ and other signs.
_ACCENTED = re.compile(r'<(text|tspan) class="(?=[^>]*>[^<\u3000-\uffff]*[\u0100-\u036f][^<\u3000-\uffff]*<)')
_SIGNS = re.compile("([²³¹\u2070-\u209f\u2200-\u22ff]+)")
_EVERYWHERE = re.compile("[ -±´-¸º-ÿ]*")


class _Piece(NamedTuple):
    """Letters of one style, moved from where those before ended."""

    style: str
    size: str
    dx: str
    dy: str
    text: str

    @property
    def is_serif(self) -> bool:
        return self.style not in ("name", "value")

    @property
    def across(self) -> float:
        return float(self.dx or 0) + width(unescape(self.text), float(self.size), self.is_serif)


def chunked(svg: str) -> str:
    """A document in which letters for another face are chunks of their own.

    >>> print(chunked('''<text x="99" y="20"><tspan class="symbol" font-size="16">∂</tspan>\\
    ... <tspan class="name" font-size="14">개수</tspan></text>'''))
    <text x="83.34" y="20" class="start"><tspan class="symbol" font-size="16">∂</tspan>\
<tspan class="name" font-size="14" y="20">개수</tspan></text>
    """
    return _TEXT.sub(_apart, _ACCENTED.sub(r'<\1 class="upright ', svg))


def _apart(text: re.Match[str]) -> str:
    inside, attributes = text[2], dict(re.findall(r'(\w+)="([^"]*)"', text[1]))
    pieces = [*_pieces(inside)]
    families = {piece.is_serif for piece in pieces}
    if families == {False} or _EVERYWHERE.fullmatch(inside):
        return text[0]
    x, y, kinds = float(attributes["x"]), float(attributes["y"]), attributes.get("class", "").split()
    if len(families) > 1:
        share = 0.0 if "start" in kinds or "shapes" in kinds else 1.0 if "end" in kinds else (1 - SNUG) / 2
        attributes["x"] = number(x - share * sum(piece.across for piece in pieces))
        attributes["class"] = " ".join(["start", *(kind for kind in kinds if kind not in ("start", "end"))])
    spans = []
    for piece, before in zip(pieces, (pieces[0], *pieces)):
        style, size, dx, dy, letters = piece
        y += float(dy or 0)
        place = {"dx": dx} | ({"dy": dy} if piece.is_serif == before.is_serif else {"y": number(y)})
        spans.append(f'<tspan class="{style}" font-size="{size}"{_written(place)}>{letters}</tspan>')
    return f"<text{_written(attributes)}>{''.join(spans)}</text>"


def _pieces(inside: str) -> Iterator[_Piece]:
    """The letters of a text by their styles; signs among sans letters have a style of their own."""
    spans = _SPAN.findall(inside) if inside.startswith("<") else [("name", str(NUMBERS), "", "", inside)]
    for piece in map(_Piece._make, spans):
        if piece.is_serif:
            yield piece
            continue
        for letters in filter(None, _SIGNS.split(piece.text)):
            yield piece._replace(text=letters, style="upright" if _SIGNS.match(letters) else piece.style)
            piece = piece._replace(dx="", dy="")


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes.items() if value)
