"""How large mathematics comes out, and where its letters stand.

Letters that follow each other are set as one text, so that the reader's font spaces them; only fractions
and what follows them need positions of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..text.lettering import printable, width
from ..text.numerals import raised
from ..words.mathtext import Box, Over, Row, Script, Stack, Word, flat
from .labels import Label

__all__ = ["Run", "Rule", "Set", "typeset"]

SIZE = 16.0  # of symbols, in pixels
NUMBERS = 14.0
SCRIPT = 0.7
SLENDER = {"symbol": 0.82}  # italics of a serif face are narrower than the letters that were measured
RARE = "∘"  # few fonts have it: in a run of its own it takes no other letters along into another font
AXIS = 0.28  # the height of a fraction's rule over the baseline, in em


@dataclass(frozen=True)
class Run:
    """Letters at a place: x is their middle, y their baseline, both from the start of the baseline."""

    x: float
    y: float
    pieces: tuple[tuple[str, str, float, float], ...]
    """(text, style, size, shift of the baseline) one after the other."""


@dataclass(frozen=True)
class Rule:
    """A fraction's line, from x0 to x1 at height y."""

    x0: float
    x1: float
    y: float


@dataclass(frozen=True)
class Set:
    """Mathematics that is set: its size around the baseline, its letters and rules."""

    width: float
    ascent: float
    descent: float
    items: tuple[Run | Rule, ...]


def typeset(label: Label | str) -> Set:
    """Set a label.

    Args:
        label: plain text, or a label with boxes.

    >>> typeset("100").width < typeset("1000").width
    True
    """
    box = getattr(label, "box", None)
    if box is None:
        text = raised(printable(label))
        w = width(text, NUMBERS)
        return Set(w, NUMBERS * 0.8, NUMBERS * 0.25, (Run(w / 2, 0.0, ((text, "number", NUMBERS, 0.0),)),))
    return _set(box, SIZE)


def _set(box: Box, size: float) -> Set:
    parts: list[Run | Rule] = []
    x, ascent, descent = 0.0, size * 0.72, size * 0.25
    pieces: list[tuple[str, str, float, float]] = []
    run_width = 0.0

    def finish() -> None:
        """Close the run of letters that is being set."""
        nonlocal x, run_width
        if pieces:
            parts.append(Run(x + run_width / 2, 0.0, tuple(pieces)))
            x += run_width
            pieces.clear()
            run_width = 0.0

    for item in _items(box, size, 0.0):
        if isinstance(item, (Over, Stack)):
            finish()
            fraction = _set_fraction(item, size) if isinstance(item, Over) else _set_stack(item, size)
            parts += [_moved(part, x) for part in fraction.items]
            x += fraction.width
            ascent, descent = max(ascent, fraction.ascent), max(descent, fraction.descent)
        else:
            text, _, piece_size, shift = item
            if RARE in text:
                finish()
            pieces.append(item)
            run_width += width(text, piece_size) * SLENDER.get(item[1], 1.0)
            if RARE in text:
                finish()
            ascent = max(ascent, piece_size * 0.72 - shift)
            descent = max(descent, piece_size * 0.25 + shift)
    finish()
    return Set(x, ascent, descent, tuple(parts))


def _items(box: Box, size: float, shift: float) -> Iterator[tuple[str, str, float, float] | Over | Stack]:
    """The letters of a box from left to right, its fractions and stacks."""
    match box:
        case Word(text, style):
            yield (
                raised(printable(text)) if style == "number" else printable(text),
                style,
                size if style != "name" else size * 0.9,
                shift,
            )
        case Row(parts):
            for part in parts:
                yield from _items(part, size, shift)
        case Script(base, below, above):
            yield from _items(base, size, shift)
            if below is not None:
                yield from _items(below, size * SCRIPT, shift + size * 0.22)
            if above is not None:
                yield from _items(above, size * SCRIPT, shift - size * 0.38)
        case Over():
            if shift:  # no stacked fractions in scripts
                yield from _items(box.top, size, shift)
                yield "/", "symbol", size, shift
                yield from _items(box.bottom, size, shift)
            else:
                yield box
        case Stack():
            yield box
        case _:
            yield from _items(flat(box), size, shift)


def _set_stack(stack: Stack, size: float) -> Set:
    base, over = _set(stack.base, size), _set(stack.over, size * 0.8)
    across = max(base.width, over.width)
    high = -base.ascent - over.descent - 1.0
    items = [_moved(part, (across - base.width) / 2) for part in base.items]
    items += [_moved(part, (across - over.width) / 2, high) for part in over.items]
    return Set(across, over.ascent - high, base.descent, tuple(items))


def _set_fraction(fraction: Over, size: float) -> Set:
    top, bottom = _set(fraction.top, size * 0.9), _set(fraction.bottom, size * 0.9)
    inner = max(top.width, bottom.width) + 2
    axis, side, air = -size * AXIS, 2.0, 2.5
    high, low = axis - air - top.descent, axis + air + bottom.ascent
    items = [_moved(part, side + (inner - top.width) / 2, high) for part in top.items]
    items += [_moved(part, side + (inner - bottom.width) / 2, low) for part in bottom.items]
    items.append(Rule(side, side + inner, axis))
    return Set(inner + 2 * side, -(high - top.ascent), low + bottom.descent, tuple(items))


def _moved(item: Run | Rule, dx: float, dy: float = 0.0) -> Run | Rule:
    if isinstance(item, Rule):
        return Rule(item.x0 + dx, item.x1 + dx, item.y + dy)
    return Run(item.x + dx, item.y + dy, item.pieces)
