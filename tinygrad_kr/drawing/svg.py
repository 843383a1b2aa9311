"""*How* it looks: the SVG writer, in the textbook's quiet greyscale.

Forward arrows are thin with a hollow head and carry the value above; backward arrows run parallel just
below, thick with a filled head, and carry the derivative below. Ids and classes are stable (``op-3``,
``wire-3-0``), so that a page or a style sheet can reach every part.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import hypot
from xml.sax.saxutils import escape as _escape

from ..text.lettering import clipped, printable
from ..text.numerals import raised
from .geometry import Point
from .labels import Label
from .layout import CIRCLE, TEXT, Box, Layout
from .picture import TITLE_COLUMNS, Badge, Group, Part, Picture, Wire
from .reveal import Reveal
from .strokes import BAR, BULGE, Arrow, Mark, arrows, blank, cloud, marks, notes, seen, widths
from .strokes import number as _number
from .style import style_sheet
from .typeset import Line, Piece, Set, typeset

__all__ = ["write"]


def write(picture: Picture, layout: Layout, title: str, theme: str = "documents", reveal: Reveal | None = None) -> str:
    """The picture as a complete SVG document.

    Args:
        picture: what to draw.
        layout: where.
        title: what the whole shows, for screen readers.
        theme: one of :data:`tinygrad_kr.drawing.style.THEMES`.
        reveal: what can be seen at this moment of a pass; everything where left out.

    >>> from tinygrad_kr import Value
    >>> (Value(2.0, "x") * Value(3.0, "y")).draw().svg().startswith("<svg ")
    True
    """
    width, height = _number(layout.width), _number(layout.height)
    wires = [seen(wire, reveal) for wire in picture.wires]
    current = reveal.current if reveal else None
    width_of = widths(picture) if theme == "colour" else lambda wire: None
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" class="tinygrad-kr {theme}">',
            _title(title),
            f"<style>{style_sheet(theme, _extras(picture, reveal))}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *(_group(group, layout.boxes[group.id]) for group in picture.groups),
            *(line for wire in wires for line in _wire(wire, picture, layout, width_of(wire))),
            *(_part(part, layout.boxes[part.id], part.id == current) for part in picture.parts.values()),
            *(line for wire in wires for line in _labels(wire, layout.boxes[wire.id])),
            *(_group_title(group, layout.boxes[f"{group.id}-title"]) for group in picture.groups),
            *(_mark(mark, id) for id, mark in notes(picture, wires, layout)),
            "</svg>",
            "",
        ]
    )


def _extras(picture: Picture, reveal: Reveal | None) -> Iterator[str]:
    """What the picture's style sheet needs beside what all have."""
    if reveal is not None:
        yield "moment"
    if any(wire.is_idle for wire in picture.wires):
        yield "choice"
    if any(label.answer is not None for wire in picture.wires for label in wire.labels):
        yield "quiz"
    if any(part.marked for part in picture.parts.values()):
        yield "marks"


def escape(text: str) -> str:
    """Text as XML character data: the one place where a picture's text becomes markup.

    >>> escape('<script>"a" & \\x00')
    '&lt;script&gt;&quot;a&quot; &amp; ␀'
    """
    return _escape(printable(text), {'"': "&quot;", "'": "&#39;"})


def _path(points: list[Point], closed: bool = False) -> str:
    return "M" + " L".join(f"{_number(x)},{_number(y)}" for x, y in points) + ("Z" if closed else "")


# ── Wires ─────────────────────────────────────────────────────────────────────────────────────────────


def _wire(wire: Wire, picture: Picture, layout: Layout, width: float | None) -> Iterator[str]:
    """The arrows of a wire."""
    yield f'<g id="{wire.id}" class="wire">'
    if wire.is_idle:
        yield _title("고르지 않은 갈래입니다 · the branch that was not taken")
    yield from map(_arrow, arrows(wire, picture, layout, width))
    yield "</g>"


def _arrow(arrow: Arrow) -> str:
    shaft = f'<path d="{_path(arrow.shaft)}" stroke-width="{_number(arrow.width)}"/>'
    head = f'<path class="head" d="{_path(arrow.head, closed=True)}" stroke-width="1.2"/>'
    return f'<g class="{arrow.kind}">{shaft}{head}</g>'


def _labels(wire: Wire, box: Box) -> Iterator[str]:
    """The value above the wire and the derivative below it."""
    for mark in marks(wire, box):
        yield _mark(mark, f"{wire.id}-{mark.kind.split()[0]}")


def _mark(mark: Mark, id: str) -> str:
    return _label(mark.label, mark.size, mark.x, mark.y, id, mark.kind)


def _label(label: Label, size: Set, x: float, y: float, id: str, kind: str) -> str:
    """A label with the middle of its baseline at (x, y)."""
    if label.answer is not None:
        room = blank(size, x, y)
        corner = f'x="{_number(room.left)}" y="{_number(room.top)}" width="{_number(room.width)}"'
        place = f'x="{_number(room.left + 4)}" y="{_number(y)}"'
        number = f'<text class="number-of-blank" {place}>({label.number})</text>'
        return f'<rect class="blank" id="{id}" {corner} height="{_number(room.height)}" rx="5"/>{number}'
    if label.box is None:
        return f'<text class="{kind}" id="{id}" x="{_number(x)}" y="{_number(y)}">{escape(raised(label))}</text>'
    if isinstance(label, Badge):
        room = blank(size, x, y)
        corner = f'x="{_number(room.left)}" y="{_number(room.top)}" width="{_number(room.width)}"'
        number = f'<text x="{_number(x)}" y="{_number(y)}">{label.number}</text>'
        rest = f'<rect {corner} height="{_number(room.height)}" rx="2"/>{number}'
        return f'<g class="{kind}" id="{id}" aria-label="{escape(label)}">{rest}</g>'
    left = x - size.width / 2
    lines = [f'<g class="{kind}" id="{id}" aria-label="{escape(label)}">']
    for item in size.items:
        if isinstance(item, Line):
            line = [(left + dx, y + dy) for dx, dy in item.points]
            lines.append(f'<path class="rule" d="{_path(line)}"/>')
        else:
            pieces = "".join(_piece(piece, before) for piece, before in zip(item.pieces, (None, *item.pieces)))
            anchor = "" if item.anchor == "middle" else f' class="{item.anchor}"'
            lines.append(f'<text{anchor} x="{_number(left + item.x)}" y="{_number(y + item.y)}">{pieces}</text>')
    return "".join([*lines, "</g>"])


def _piece(piece: Piece, before: Piece | None) -> str:
    """Letters of one style; dx and dy move them from where the letters before ended."""
    dx = before.after + piece.before if before else 0.0
    dy = piece.shift - (before.shift if before else 0.0)
    moved = "".join(f' {name}="{by}"' for name, by in (("dx", _number(dx)), ("dy", _number(dy))) if by != "0")
    return f'<tspan class="{piece.style}" font-size="{_number(piece.size)}"{moved}>{escape(piece.text)}</tspan>'


# ── Parts ─────────────────────────────────────────────────────────────────────────────────────────────


def _title(text: str) -> str:
    """What a screen reader says, and what is seen beside a pointer."""
    return f"<title>{escape(clipped(text, TITLE_COLUMNS))}</title>"


def _part(part: Part, box: Box, is_current: bool = False) -> str:
    tooltip = _title(part.title) if part.title != part.text else ""
    size = typeset(part.text)
    middle = {"leaf": box.right - 4 - size.width / 2, "output": box.left + 4 + size.width / 2}.get(part.kind, box.x)
    body = _label(part.text, size, middle, box.y + TEXT * 0.35, f"{part.id}-text", "text") if part.text else ""
    if part.kind in ("operator", "block"):
        round = part.kind == "operator" or box.height == CIRCLE
        body = f'<path d="{_capsule(box, CIRCLE / 2 if round else 10.0)}"/>{body}'
    elif part.kind == "cloud":
        body = f'<path d="{_cloud(box)}"/>{body}'
    elif part.kind == "junction":
        corner = f'x="{_number(box.left)}" y="{_number(box.top)}"'
        body = f'<rect {corner} width="{BAR}" height="{_number(box.height)}" rx="2"/>'
    kind = f"{part.kind}{' current' if is_current else ''}{' marked' if part.marked else ''}"
    return f'<g id="{part.id}" class="{kind}">{tooltip}{body}</g>'


def _capsule(box: Box, radius: float) -> str:
    """A circle, drawn out where its text is wide or its wires are many; a rounded box with a smaller radius."""
    r = min(box.width / 2, box.height / 2, radius)
    left, right, top, bottom = box.left + r, box.right - r, box.top + r, box.bottom - r
    n = _number
    arc = f"A{n(r)},{n(r)} 0 0 1"
    return (
        f"M{n(left)},{n(box.top)}H{n(right)}{arc} {n(box.right)},{n(top)}V{n(bottom)}{arc} {n(right)},{n(box.bottom)}"
        f"H{n(left)}{arc} {n(box.left)},{n(bottom)}V{n(top)}{arc} {n(left)},{n(box.top)}Z"
    )


def _cloud(box: Box) -> str:
    """A cloud: bumps around an ellipse that fills the box."""
    points = cloud(box)
    arcs = []
    for (x0, y0), (x1, y1) in pairwise(points):
        r = _number(hypot(x1 - x0, y1 - y0) * BULGE)
        arcs.append(f"A{r},{r} 0 0 1 {_number(x1)},{_number(y1)}")
    return f"M{_number(points[0][0])},{_number(points[0][1])}{''.join(arcs)}Z"


def _group(group: Group, box: Box) -> str:
    """The frame of an open block."""
    corner = f'x="{_number(box.left)}" y="{_number(box.top)}" width="{_number(box.width)}"'
    frame = f'<rect {corner} height="{_number(box.height)}" rx="10"/>'
    tooltip = _title(group.title) if group.title != group.text else ""
    return f'<g id="{group.id}" class="group">{tooltip}{frame}</g>'


def _group_title(group: Group, box: Box) -> str:
    """Its name above, over the wires that run there."""
    name = _label(group.text, typeset(group.text), box.x, box.bottom - 6, f"{group.id}-text", "text")
    return f'<g class="group-title">{name}</g>'
