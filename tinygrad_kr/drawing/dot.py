"""DOT, for other Graphviz tools: the picture as its layout has it, and a graph that they can lay out anew.

Nodes, arrows and labels carry their positions, and ``layout=nop2`` asks every Graphviz program to keep them: so
two arrows run side by side where Graphviz, left to itself, would bend one around the other. Without that one line
it is a graph like any other, with values on the arrows forward and derivatives on those backward.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import hypot

from ..text.lettering import printable, width
from ..text.numerals import raised
from .geometry import Point
from .labels import Label
from .layout import TEXT, Box, Layout
from .picture import Note, Part, Picture, Wire
from .strokes import BAR, arrows, marks, number

__all__ = ["write"]

FONT = "Pretendard,Noto Sans KR,Malgun Gothic,Apple SD Gothic Neo,NanumGothic,sans-serif"
SERIF = "STIX Two Text,Times New Roman,Liberation Serif,DejaVu Serif,Noto Serif,serif"
"""Of mathematics: Korean faces have a tiny ∂ and √."""

MIDDLE = 0.4
"""How far the middle of a line of text is over its baseline, in em."""

SHAPES = {
    "operator": {"shape": "circle", "style": "filled"},
    "block": {"shape": "box", "style": "rounded,filled"},
    "cloud": {"shape": "ellipse", "style": "filled"},
    "leaf": {"shape": "plaintext"},
    "output": {"shape": "plaintext"},
    "junction": {"shape": "box", "style": "filled", "fillcolor": "#b3b3b3"},
}
FORWARD_HEAD = 10.0
BACKWARD_HEAD = 12.0
"""The lengths of arrowheads: Graphviz's 10 times their ``arrowsize``."""
FORWARD = {"arrowhead": "empty"}
BACKWARD = {"arrowhead": "normal", "arrowsize": "1.2", "color": "#666666", "fontcolor": "#666666", "penwidth": "3"}
PENDING = {"color": "#aaaaaa", "fontcolor": "#aaaaaa", "penwidth": "2", "style": "dashed"}
MARKED = {"color": "#cc0000", "fontcolor": "#cc0000", "penwidth": "3"}


def write(picture: Picture, title: str, layout: Layout | None = None) -> str:
    """The picture as DOT source. Ids are generated; every text is quoted, so that none is markup.

    Args:
        picture: what to draw.
        title: what the whole shows, for a comment.
        layout: where; left to Graphviz where it is None.

    >>> from tinygrad_kr import Value
    >>> print((Value(2.0, "x") * Value(3.0, "y")).draw(direction="forward").dot().splitlines()[0])
    // 계산 그래프 computation graph: 6
    """
    import graphviz

    graph = graphviz.Digraph(comment=printable(title))
    rightwards = any(wire.value is not None for wire in picture.wires)
    graph.attr(
        rankdir="LR" if rightwards else "RL", fontname=FONT, fontsize=number(TEXT), color="#b3b3b3", style="rounded"
    )
    if layout is not None:
        graph.attr(layout="nop2", pad="0.3")
    graph.attr("node", fontname=FONT, fontsize=number(TEXT), color="#b3b3b3", fillcolor="white", fixedsize="true")
    graph.attr("edge", fontname=FONT, fontsize=number(TEXT), color="#b3b3b3")
    clusters = {group.id: graphviz.Digraph(f"cluster_{group.id}") for group in picture.groups}
    for part in picture.parts.values():
        graph.node(part.id, **_part(part, layout))
    for place, note in enumerate(picture.notes, 1):
        if not note.number:
            graph.node(f"note-{place}", **_note(f"note-{place}", note, layout))
    for wire in picture.wires:
        for start, end, look in _wire(wire, picture, layout):
            graph.edge(start, end, **look)
    for group in reversed(picture.groups):  # inner ones first, so that they are whole when they are put into others
        cluster = clusters[group.id]
        cluster.attr(label=_text(group.text))
        if layout is not None:
            box = layout.boxes[group.id]
            corners = ((box.left, box.bottom), (box.right, box.top))
            cluster.attr(bb=",".join(_point(corner, layout) for corner in corners))
            cluster.attr(lp=_point((box.x, box.top - 6 - TEXT * MIDDLE), layout))
        for id in group.members:
            if id in picture.parts:
                cluster.node(id)
        clusters.get(group.inside or "", graph).subgraph(cluster)
    return str(graph.source)


def _text(text: Label) -> str:
    """Text as a label that shows it as it is: no escapes, no entities, no markup."""
    import graphviz

    signs = printable(raised(text) if text.box is None else text.replace("-", "−"))
    label: str = graphviz.escape(re.sub(r"&(?=#?\w+;)", "&amp;", signs))  # its type keeps it from being HTML
    return label


def _part(part: Part, layout: Layout | None) -> dict[str, str]:
    look = {"label": _text(part.text), **_face(part.text), **SHAPES[part.kind], **(MARKED if part.marked else {})}
    if layout is None:
        return look | {"fixedsize": "false", "width": "0.64" if part.kind == "operator" else "0"}
    box = layout.boxes[part.id]
    if part.kind == "junction":
        box = replace(box, x=box.left + BAR / 2, width=float(BAR))
    if part.kind == "operator" and box.width != box.height:
        look |= SHAPES["block"]
    return look | _in(box, layout)


def _note(id: str, note: Note, layout: Layout | None) -> dict[str, str]:
    look = {"label": _text(note), **_face(note), "shape": "plaintext"}
    return look | ({"fixedsize": "false"} if layout is None else _in(layout.boxes[id], layout))


def _in(box: Box, layout: Layout) -> dict[str, str]:
    """The place and the size of a node."""
    return {
        "pos": _point((box.x, box.y), layout),
        "width": f"{box.width / 72:.4f}",
        "height": f"{box.height / 72:.4f}",
    }


def _wire(wire: Wire, picture: Picture, layout: Layout | None) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The arrows of a wire: the parts at their ends, and their look."""
    wire = replace(wire, value=_plain(wire.value), derivative=_plain(wire.derivative))
    places = iter([{}, {}]) if layout is None else _places(wire, picture, layout)
    if wire.value is not None:
        look = (
            FORWARD
            | ({"fontcolor": MARKED["fontcolor"]} if wire.marked else {})
            | ({"style": "dashed"} if wire.is_idle else {})
        )
        look |= {"id": wire.id, "label": _text(wire.value), **_face(wire.value)}
        yield wire.source, wire.target, {**look, **next(places)}
    if wire.derivative is not None:
        look = BACKWARD | (PENDING if wire.pending else {}) | ({"constraint": "false"} if wire.is_double else {})
        look |= {"id": f"{wire.id}-back", "label": _text(wire.derivative), **_face(wire.derivative)}
        yield wire.target, wire.source, {**look, **next(places)}


def _plain(label: Label | None) -> Label | None:
    """A label in one line of text; a blank to fill in is its number in brackets."""
    if label is None:
        return None
    plain = Label(f"[{label}]" if label.answer is not None else label)
    plain.pending, plain.box = label.pending, label.box
    return plain


def _face(label: Label) -> dict[str, str]:
    """The face of mathematics, where a label is some."""
    return {} if label.box is None else {"fontname": SERIF}


def _places(wire: Wire, picture: Picture, layout: Layout) -> Iterator[dict[str, str]]:
    """Where the arrows of a wire and their labels are."""
    box = layout.boxes[wire.id]
    labels = {mark.kind.split()[0]: mark for mark in marks(wire, box)}
    for arrow in arrows(wire, picture, layout):
        is_forward = arrow.kind.startswith("forward")
        shaft = arrow.shaft if len(arrow.shaft) > 1 else arrow.shaft * 2
        tip = _towards(shaft[-1], arrow.head[1], FORWARD_HEAD if is_forward else BACKWARD_HEAD)
        curve = [shaft[0]]
        for (x0, y0), (x1, y1) in pairwise(shaft):  # a Bézier curve that is straight
            curve += [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in (1 / 3, 2 / 3, 1)]
        place = {"pos": " ".join([f"e,{_point(tip, layout)}", *(_point(point, layout) for point in curve)])}
        if mark := labels.get("value" if is_forward else "derivative"):
            across = width(mark.label, TEXT, is_serif=mark.label.box is not None)
            size = TEXT * min(1.0, box.width / (across or 1.0))
            place |= {"lp": _point((mark.x, mark.y - size * MIDDLE), layout), "fontsize": number(size)}
        yield place


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point at a distance from the start, on the way to the end."""
    share = distance / (hypot(end[0] - start[0], end[1] - start[1]) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _point(point: Point, layout: Layout) -> str:
    """A point in Graphviz's coordinates, where y grows upwards."""
    return f"{number(point[0])},{number(layout.height - point[1])}"
