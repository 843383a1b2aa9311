"""The strokes of a picture, whoever writes them down: its arrows, clipped at the parts they meet, and where
the labels stand.

What an arrow or a label is (``backward pending``, ``derivative``) is said in words: the classes of the SVG, the
styles of the TikZ picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import cos, hypot, isfinite, log, pi, sin

from .geometry import Point, arrow, clip, parallel
from .labels import Label
from .layout import AIR, CIRCLE, GAP, NUMBER, TEXT, Box, Layout
from .picture import Badge, Part, Picture, Wire
from .reveal import Reveal
from .typeset import Set, typeset

__all__ = [
    "BAR",
    "BULGE",
    "Arrow",
    "Mark",
    "arrows",
    "blank",
    "cloud",
    "marks",
    "notes",
    "number",
    "seen",
    "shape",
    "widths",
]

FORWARD_HEAD = (10.0, 3.5)
BACKWARD_HEAD = (14.0, 4.5)
BAR = 4  # the bar of a junction
BULGE = 0.6
"""The radius of a cloud's bumps, as a share of how far apart their ends are."""


@dataclass(frozen=True)
class Arrow:
    """An arrow as it is drawn.

    Attributes:
        kind: ``forward`` or ``backward``, and what else is to be seen: ``ahead``, ``idle``, ``pending``, ``negative``,
            ``zero``.
        shaft: its line, up to the head's base.
        head: the three corners of its head; the tip is in the middle.
        width: of the line.
    """

    kind: str
    shaft: list[Point]
    head: list[Point]
    width: float


@dataclass(frozen=True)
class Mark:
    """A label at its place.

    Attributes:
        kind: ``value``, and ``marked`` where it stands out; ``derivative``, and ``pending-derivative`` where that is
            not computed; a formula's number ``badge``, the ``note`` itself and its ``shapes``.
        label: what is written.
        size: how large it comes out.
        x, y: the middle of its baseline; of shapes, its start.
    """

    kind: str
    label: Label
    size: Set
    x: float
    y: float


def arrows(wire: Wire, picture: Picture, layout: Layout, width: float | None = None) -> Iterator[Arrow]:
    """The arrows of a wire: forward above the middle line, backward below it.

    Args:
        wire: which one.
        picture, layout: what it is part of.
        width: of the backward arrow, where it says something about the derivative.

    >>> from tinygrad_kr import Value
    >>> drawing = (Value(2.0, "x") * Value(3.0, "y")).draw()
    >>> [arrow.kind for arrow in arrows(drawing.picture.wires[0], drawing.picture, drawing.layout)]
    ['forward', 'backward pending']
    """
    route = layout.routes[wire.id]
    start, end = (shape(picture.parts[id], layout.boxes[id]) for id in (wire.source, wire.target))
    gap = _gap(wire)
    if wire.value is not None:
        line = clip(parallel(route, -gap), start, end)
        kind = f"forward{' ahead' * wire.is_ahead}{' idle' * wire.is_idle}"
        yield Arrow(kind, *arrow(line, *FORWARD_HEAD), 1.2)
    if wire.derivative is not None:
        line = clip(parallel(route, gap), start, end)[::-1]
        kind = "backward pending" if wire.pending else f"backward{_sign(wire.amount)}"
        yield Arrow(
            kind, *arrow(line, *BACKWARD_HEAD), 2.0 if wire.pending else width or (3.2 if wire.derivative else 1.6)
        )


def marks(wire: Wire, box: Box) -> Iterator[Mark]:
    """The labels of a wire: the value above it and the derivative below.

    Args:
        wire: which one.
        box: its place.
    """
    gap = _gap(wire)
    if wire.value:
        high = typeset(wire.value)
        kind = "value marked" if wire.marked else "value"
        yield Mark(kind, wire.value, high, box.x, box.y - gap - AIR - _below(wire.value, high))
    if isinstance(wire.derivative, Badge):
        yield Mark("badge", wire.derivative, typeset(wire.derivative), box.x, box.y + gap + TEXT * 0.35)
    elif wire.derivative:
        low = typeset(wire.derivative)
        kind = "derivative pending-derivative" if wire.pending else "derivative"
        yield Mark(kind, wire.derivative, low, box.x, box.y + gap + AIR - 1 + low.ascent)


def notes(picture: Picture, wires: Iterable[Wire], layout: Layout) -> Iterator[tuple[str, Mark]]:
    """The formulas below a picture, each behind its number and before its shapes, with an id for every mark.

    Args:
        picture, layout: what they belong to.
        wires: those that are seen; a numbered formula is shown as soon as a wire refers to it.
    """
    seen_numbers = {wire.derivative.number for wire in wires if isinstance(wire.derivative, Badge)}
    for place, note in enumerate(picture.notes, 1):
        if note.number not in {0, *seen_numbers}:
            continue
        id, size, room = f"note-{place}", typeset(note, flush=True), NUMBER if note.number else 0.0
        left, y = layout.boxes[id].left, layout.boxes[id].top + AIR + size.ascent
        if note.number:
            badge = Badge.of_note(note.number, note)
            yield f"{id}-badge", Mark("badge", badge, typeset(badge), left + 12, y)
        yield id, Mark("note", note, size, left + room + size.width / 2, y)
        if note.shapes:
            shapes = Label(note.shapes)
            yield f"{id}-shapes", Mark("shapes", shapes, typeset(shapes), layout.boxes[f"{id}-shapes"].left, y)


def blank(size: Set, x: float, y: float) -> Box:
    """The empty box that stands in for a label whose baseline has its middle at (x, y)."""
    height = size.ascent + size.descent + 2
    return Box(x, y - size.ascent - 1 + height / 2, size.width + 12, height)


def seen(wire: Wire, reveal: Reveal | None) -> Wire:
    """A wire with what is known of it at one moment; a value still to come leaves its arrow, but faint.

    Args:
        wire: which one.
        reveal: the moment; everything is known where it is None.
    """
    if reveal is None:
        return wire
    is_ahead = wire.value is not None and wire.id not in reveal.values
    value = Label() if is_ahead else wire.value
    derivative = wire.derivative if wire.id in reveal.derivatives else None
    return replace(wire, value=value, derivative=derivative, is_ahead=is_ahead)


def widths(picture: Picture) -> Callable[[Wire], float | None]:
    """How strong each backward arrow is: by the size of its derivative, on a logarithmic scale."""
    sizes = [abs(wire.amount) for wire in picture.wires if wire.amount and isfinite(wire.amount)]
    low, high = (log(min(sizes)), log(max(sizes))) if sizes else (0.0, 0.0)

    def width_of(wire: Wire) -> float | None:
        if wire.amount is None or wire.amount != wire.amount:
            return None
        if wire.amount == 0:
            return 1.2
        share = 1.0 if high == low or not isfinite(wire.amount) else (log(abs(wire.amount)) - low) / (high - low)
        return 1.6 + 3.2 * share

    return width_of


def cloud(box: Box) -> list[Point]:
    """Where the bumps of a cloud meet: around an ellipse that fills the box, clockwise and back to the first."""
    bumps = max(8, 2 * round((box.width + box.height) / 36))
    a, b = box.width / 2 - 6, box.height / 2 - 6
    return [(box.x + a * cos(2 * pi * k / bumps), box.y + b * sin(2 * pi * k / bumps)) for k in range(bumps + 1)]


def number(x: float) -> str:
    """A length or a coordinate as it is written.

    >>> number(3.0), number(0.125), number(-0.001)
    ('3', '0.12', '0')
    """
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _gap(wire: Wire) -> float:
    """How far the arrows are from the middle line: a lone arrow runs on it."""
    return GAP if wire.is_double else 0.0


def _sign(amount: float | None) -> str:
    return "" if not amount and amount != 0 else " zero" if amount == 0 else " negative" if amount < 0 else ""


def _below(label: Label, size: Set) -> float:
    """How much of a label hangs below its baseline: digits have nothing there."""
    return 0.0 if label.box is None else size.descent - 3.0


def shape(part: Part, box: Box) -> Callable[[Point], bool]:
    """Whether a point is inside a part, for clipping the arrows that meet it."""
    if part.kind == "cloud":
        a, b = box.width / 2 - 2, box.height / 2 - 2
        return lambda point: ((point[0] - box.x) / a) ** 2 + ((point[1] - box.y) / b) ** 2 <= 1
    if part.kind in ("operator", "block"):
        radius = min(box.width, box.height, CIRCLE) / 2
        dx, dy = box.width / 2 - radius, box.height / 2 - radius

        def in_capsule(point: Point) -> bool:
            x, y = abs(point[0] - box.x), abs(point[1] - box.y)
            return hypot(max(x - dx, 0.0), max(y - dy, 0.0)) <= radius

        return in_capsule
    # Arrows end at the side of a name or a junction's bar, however long that side is.
    left, right = (box.left, box.left + BAR) if part.kind == "junction" else (box.left, box.right)
    return lambda point: left <= point[0] <= right
