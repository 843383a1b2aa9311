"""Pictures for resvg and Typst, which set text chunk by chunk.

Where a face lacks one letter of a chunk, they look for one that has all of them, and set everything in it: beside 사과,
italics stand upright, in whatever face that is. A tspan with x or y begins a new chunk; with y alone, it goes on where
the last one ended, so that only the beginning of the first has to be known.
"""

from __future__ import annotations

import re
from html import unescape

from ..text.lettering import width
from .strokes import number
from .typeset import SNUG

__all__ = ["chunked"]

SANS = ("name", "value")

# As svg.py writes them: mathematics, and its letters of one style.
_RUN = re.compile(r'<text(?: class="(start|end)")? x="([^"]*)" y="([^"]*)">((?:<tspan[^>]*>[^<]*</tspan>)+)</text>')
_PIECE = re.compile(r'<tspan class="([^"]*)" font-size="([^"]*)"(?: dx="([^"]*)")?(?: dy="([^"]*)")?>([^<]*)</tspan>')
# ŷ and x̂: Latin letters with marks, which Korean faces lack and serif ones have; nothing of them is Korean.
_ACCENTED = re.compile(r'<(text|tspan) class="(?=[^>]*>[^<\u3000-\uffff]*[\u0100-\u036f][^<\u3000-\uffff]*<)')


def chunked(svg: str) -> str:
    """A document in which names with letters that serif faces lack are chunks of their own in mathematics.

    >>> print(chunked('''<text x="99" y="20"><tspan class="symbol" font-size="16">∂</tspan>\\
    ... <tspan class="name" font-size="14">개수</tspan></text>'''))
    <text class="start" x="83.34" y="20"><tspan class="symbol" font-size="16">∂</tspan>\
<tspan class="name" font-size="14" y="20">개수</tspan></text>
    """
    return _RUN.sub(_apart, _ACCENTED.sub(r'<\1 class="upright ', svg))


def _apart(run: re.Match[str]) -> str:
    anchor, x, y, inside = run.groups()
    pieces = _PIECE.findall(inside)
    foreign = [style in SANS and not text.isascii() for style, *_, text in pieces]
    if all(foreign) or not any(foreign):
        return run[0]
    across, level, spans = 0.0, float(y), []
    for (style, size, dx, dy, text), is_foreign, was_foreign in zip(pieces, foreign, [False, *foreign]):
        across += float(dx or 0) + width(unescape(text), float(size), is_serif=style not in SANS)
        level += float(dy or 0)
        place = f' dx="{dx}"' if dx else ""
        if is_foreign or was_foreign:
            place += f' y="{number(level)}"'
        elif dy:
            place += f' dy="{dy}"'
        spans.append(f'<tspan class="{style}" font-size="{size}"{place}>{text}</tspan>')
    start = float(x) - across * {"start": 0.0, None: (1 - SNUG) / 2, "end": 1.0}[anchor]
    return f'<text class="start" x="{number(start)}" y="{y}">{"".join(spans)}</text>'
