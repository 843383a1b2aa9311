"""*How* it looks: the SVG writer, in the documents' quiet greyscale.

Forward arrows are thin with a hollow head and carry the value above; backward arrows run parallel just
below, thick with a filled head, and carry the derivative below. Ids and classes are stable (``op-3``,
``wire-3-0``), so that a page or a style sheet can reach every part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import hypot
from xml.sax.saxutils import escape as _escape

from .geometry import Point, arrow, clip, parallel
from .labels import Label
from .layout import AIR, CIRCLE, GAP, TEXT, Box, Layout
from .lettering import printable
from .picture import Part, Picture, Wire
from .typeset import Rule, Set, typeset

__all__ = ["write"]

FORWARD_HEAD = (10.0, 3.5)
BACKWARD_HEAD = (14.0, 4.5)
BAR = 4  # the bar of a junction

STYLE = """
text { font: 14px Pretendard, "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", NanumGothic, sans-serif;
  text-anchor: middle; fill: #000; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; paint-order: stroke; }
.paper { fill: #fff; }
.operator path { fill: #fff; stroke: #b3b3b3; stroke-width: 1.5; }
.operator text { stroke: none; }
.junction rect { fill: #b3b3b3; }
.forward path { fill: none; stroke: #b3b3b3; stroke-width: 1.2; }
.forward .head { fill: #fff; }
.backward path { fill: none; stroke: #666; stroke-width: 3.2; }
.backward .head { fill: #666; stroke: none; }
.derivative, .derivative text { fill: #666; }
.symbol { font-family: "STIX Two Text", "Times New Roman", "Liberation Serif", serif; font-style: italic; }
.bold { font-weight: bold; }
.rule { fill: none; stroke: #000; stroke-width: 1; }
.derivative .rule { stroke: #666; }
.pending path { stroke: #aaa; stroke-width: 2; stroke-dasharray: 5 4; }
.pending .head { fill: #aaa; }
.pending-derivative { fill: #aaa; }
"""


def write(picture: Picture, layout: Layout, title: str) -> str:
    """The picture as a complete SVG document.

    Args:
        picture: what to draw.
        layout: where.
        title: what the whole shows, for screen readers.

    >>> from tinygrad_kr import Value
    >>> (Value(2.0, "x") * Value(3.0, "y")).draw().svg().startswith("<svg ")
    True
    """
    width, height = _number(layout.width), _number(layout.height)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *(line for wire in picture.wires for line in _wire(wire, picture, layout)),
            *(_part(part, layout.boxes[part.id]) for part in picture.parts.values()),
            *(line for wire in picture.wires for line in _labels(wire, layout.boxes[wire.id])),
            "</svg>",
            "",
        ]
    )


def escape(text: str) -> str:
    """Text as XML character data: the one place where a picture's text becomes markup.

    >>> escape('<script>"a" & \\x00')
    '&lt;script&gt;&quot;a&quot; &amp; ␀'
    """
    return _escape(printable(text), {'"': "&quot;", "'": "&#39;"})


def _number(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")


def _path(points: list[Point], closed: bool = False) -> str:
    return "M" + " L".join(f"{_number(x)},{_number(y)}" for x, y in points) + ("Z" if closed else "")


# ── Wires ─────────────────────────────────────────────────────────────────────────────────────────────


def _wire(wire: Wire, picture: Picture, layout: Layout) -> Iterator[str]:
    """The arrows of a wire: forward above the middle line, backward below it."""
    route = layout.routes[wire.id]
    start, end = (_shape(picture.parts[id], layout.boxes[id]) for id in (wire.source, wire.target))
    gap = GAP if wire.value is not None and wire.derivative is not None else 0.0
    yield f'<g id="{wire.id}" class="wire">'
    if wire.value is not None:
        yield _arrow("forward", clip(parallel(route, -gap), start, end), FORWARD_HEAD)
    if wire.derivative is not None:
        kind = "backward pending" if wire.pending else "backward"
        yield _arrow(kind, clip(parallel(route, gap), start, end)[::-1], BACKWARD_HEAD)
    yield "</g>"


def _arrow(kind: str, line: list[Point], head: tuple[float, float]) -> str:
    shaft, triangle = arrow(line, *head)
    return f'<g class="{kind}"><path d="{_path(shaft)}"/><path class="head" d="{_path(triangle, closed=True)}"/></g>'


def _labels(wire: Wire, box: Box) -> Iterator[str]:
    """The value above the wire and the derivative below it."""
    gap = GAP if wire.value is not None and wire.derivative is not None else 0.0
    if wire.value is not None:
        high = typeset(wire.value)
        yield _label(wire.value, high, box.x, box.y - gap - AIR - _below(wire.value, high), f"{wire.id}-value", "value")
    if wire.derivative is not None:
        low = typeset(wire.derivative)
        kind = "derivative pending-derivative" if wire.pending else "derivative"
        yield _label(wire.derivative, low, box.x, box.y + gap + AIR - 1 + low.ascent, f"{wire.id}-derivative", kind)


def _below(label: Label, size: Set) -> float:
    """How much of a label hangs below its baseline: digits have nothing there."""
    return 0.0 if label.box is None else size.descent - 3.0


def _label(label: Label, size: Set, x: float, y: float, id: str, kind: str) -> str:
    """A label with the middle of its baseline at (x, y)."""
    if label.box is None:
        return f'<text class="{kind}" id="{id}" x="{_number(x)}" y="{_number(y)}">{escape(label)}</text>'
    left = x - size.width / 2
    lines = [f'<g class="{kind}" id="{id}" aria-label="{escape(label)}">']
    for item in size.items:
        if isinstance(item, Rule):
            line = [(left + item.x0, y + item.y), (left + item.x1, y + item.y)]
            lines.append(f'<path class="rule" d="{_path(line)}"/>')
        else:
            pieces = "".join(_piece(*piece, before) for piece, before in zip(item.pieces, (None, *item.pieces)))
            lines.append(f'<text x="{_number(left + item.x)}" y="{_number(y + item.y)}">{pieces}</text>')
    return "".join([*lines, "</g>"])


def _piece(text: str, style: str, size: float, shift: float, before: tuple[str, str, float, float] | None) -> str:
    """Letters of one style; dy moves the baseline from where the letters before left it."""
    dy = shift - (before[3] if before else 0.0)
    moved = f' dy="{_number(dy)}"' if dy else ""
    return f'<tspan class="{style}" font-size="{_number(size)}"{moved}>{escape(text)}</tspan>'


# ── Parts ─────────────────────────────────────────────────────────────────────────────────────────────


def _shape(part: Part, box: Box) -> Callable[[Point], bool]:
    """Whether a point is inside a part, for clipping the arrows that meet it."""
    if part.kind == "operator":
        radius = min(box.width, box.height, CIRCLE) / 2
        dx, dy = box.width / 2 - radius, box.height / 2 - radius

        def in_capsule(point: Point) -> bool:
            x, y = abs(point[0] - box.x), abs(point[1] - box.y)
            return hypot(max(x - dx, 0.0), max(y - dy, 0.0)) <= radius

        return in_capsule
    # Arrows end at the side of a name or a junction's bar, however long that side is.
    left, right = (box.left, box.left + BAR) if part.kind == "junction" else (box.left, box.right)
    return lambda point: left <= point[0] <= right


def _part(part: Part, box: Box) -> str:
    tooltip = f"<title>{escape(part.title)}</title>" if part.title != part.text else ""
    size = typeset(part.text)
    middle = {"leaf": box.right - 4 - size.width / 2, "output": box.left + 4 + size.width / 2}.get(part.kind, box.x)
    body = _label(part.text, size, middle, box.y + TEXT * 0.35, f"{part.id}-text", "text") if part.text else ""
    if part.kind == "operator":
        body = f'<path d="{_capsule(box)}"/>{body}'
    elif part.kind == "junction":
        corner = f'x="{_number(box.left)}" y="{_number(box.top)}"'
        body = f'<rect {corner} width="{BAR}" height="{_number(box.height)}" rx="2"/>'
    return f'<g id="{part.id}" class="{part.kind}">{tooltip}{body}</g>'


def _capsule(box: Box) -> str:
    """A circle, drawn out where its text is wide or its wires are many."""
    r = min(box.width, box.height, CIRCLE) / 2
    left, right, top, bottom = box.left + r, box.right - r, box.top + r, box.bottom - r
    n = _number
    arc = f"A{n(r)},{n(r)} 0 0 1"
    return (
        f"M{n(left)},{n(box.top)}H{n(right)}{arc} {n(box.right)},{n(top)}V{n(bottom)}{arc} {n(right)},{n(box.bottom)}"
        f"H{n(left)}{arc} {n(box.left)},{n(bottom)}V{n(top)}{arc} {n(left)},{n(box.top)}Z"
    )
