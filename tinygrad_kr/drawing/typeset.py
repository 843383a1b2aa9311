"""How large mathematics comes out, and where its letters stand.

Letters that follow each other are set as one text, so that the reader's font spaces them. Fractions, roots and tall
parentheses have places of their own, and the letters beside them begin or end there: whatever the font, there is no
gap between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, TypeAlias

from ..text.lettering import printable, width
from ..text.numerals import raised
from ..words.mathtext import Both, Box, Fence, Fit, Over, Root, Row, Script, Stack, Word, flat, lettered, shape
from .geometry import Point
from .labels import Label

__all__ = ["SIZE", "Line", "Piece", "Placed", "Run", "Set", "fitted", "typeset"]

SIZE = 16.0  # of symbols, in pixels
NUMBERS = 14.0
SCRIPT = 0.7
FITTED = 0.85  # shapes below their arrays
SPACE = 0.2  # around + and =, in em
THIN = 0.12  # before the name of a function
RARE = "∘"  # few fonts have it: in a run of its own it takes no other letters along into another font
AXIS = 0.28  # the height of a fraction's line over the baseline, in em
SNUG = 0.08  # of a width as measured, up to 3 pixels: what a fraction's line is shorter, as most fonts set narrower
BINARY = frozenset("+−=<>≤≥≠±")
OPENING = frozenset("([⌊⌈,;·×∘ ") | BINARY
"""After these, + and − are signs of a number."""


@dataclass(frozen=True)
class Piece:
    """Letters of one style and size.

    Attributes:
        text, style, size: what they are.
        shift: of their baseline, downwards.
        before, after: room beside them; negative where they stand over letters that were set before.
    """

    text: str
    style: str
    size: float
    shift: float = 0.0
    before: float = 0.0
    after: float = 0.0

    @property
    def across(self) -> float:
        """How wide the letters are."""
        return width(self.text, self.size, is_serif=self.style not in ("name", "value"))


@dataclass(frozen=True)
class Run:
    """Letters at a place: their start, middle or end is at x, their baseline at y, from the start of the baseline."""

    x: float
    y: float
    pieces: tuple[Piece, ...]
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True)
class Line:
    """A stroke through points: of a fraction, a root, a tall parenthesis."""

    points: tuple[Point, ...]


@dataclass(frozen=True)
class Set:
    """Mathematics that is set: its size around the baseline, its letters and lines."""

    width: float
    ascent: float
    descent: float
    items: tuple[Run | Line, ...]

    def moved(self, dx: float, dy: float = 0.0) -> Iterator[Run | Line]:
        """Its letters and lines at another place."""
        for item in self.items:
            if isinstance(item, Line):
                yield Line(tuple((x + dx, y + dy) for x, y in item.points))
            else:
                yield replace(item, x=item.x + dx, y=item.y + dy)


@dataclass(frozen=True)
class Placed:
    """A box that a picture places by itself: the middle of its baseline is at (x, y)."""

    box: Box
    size: float
    x: float
    y: float


Atom: TypeAlias = Piece | Set


def typeset(label: Label | str, flush: bool = False) -> Set:
    """Set a label.

    Args:
        label: plain text, or a label with boxes.
        flush: whether it begins at its left side in every font, as a line of text does; otherwise it is centred.

    >>> typeset("100").width < typeset("1000").width
    True
    """
    box = getattr(label, "box", None)
    if box is None:
        text = raised(printable(label))
        w = width(text, NUMBERS)
        return Set(w, NUMBERS * 0.8, NUMBERS * 0.25, (Run(w / 2, 0.0, (Piece(text, "name", NUMBERS),)),))
    return _set(box, SIZE, flush)


def _set(box: Box, size: float, flush: bool = False) -> Set:
    items: list[Run | Line] = []
    atoms = list(_spaced(_flow(box, size, 0.0)))
    x, ascent, descent = 0.0, size * 0.72, size * 0.25
    groups = [(is_solid, list(group)) for is_solid, group in groupby(atoms, lambda atom: isinstance(atom, Set))]
    for place, (_, group) in enumerate(groups):
        start = x
        pieces = []
        for atom in group:
            if isinstance(atom, Set):
                items += atom.moved(x)
                x += atom.width
                ascent, descent = max(ascent, atom.ascent), max(descent, atom.descent)
            else:
                pieces.append(atom)
                x += atom.before + atom.across + atom.after
                ascent = max(ascent, atom.size * 0.72 - atom.shift)
                descent = max(descent, atom.size * 0.25 + atom.shift)
        if pieces:
            items += _runs(pieces, start, x, place == 0, place + 1 == len(groups), flush)
    return Set(x, ascent, descent, tuple(items))


def _runs(
    pieces: Sequence[Piece], left: float, right: float, is_first: bool, is_last: bool, flush: bool
) -> Iterator[Run]:
    """Letters beside what has a place of its own: a narrower font leaves room at the free end, or around a sign."""
    left, right = left + pieces[0].before, right - pieces[-1].after
    signs = [place for place, piece in enumerate(pieces) if piece.before > THIN * piece.size]
    cut = max(signs[-1], int(len(pieces) > 1)) if signs else 0
    if is_last and (flush or not is_first):
        yield Run(left, 0.0, (*pieces,), "start")
    elif is_first and not (is_last or flush):
        yield Run(right, 0.0, (*pieces,), "end")
    elif cut and not is_last:
        yield Run(left, 0.0, (*pieces[:cut],), "start")
        yield Run(right, 0.0, (*pieces[cut:],), "end")
    else:
        yield Run((left + right) / 2, 0.0, (*pieces,))


# ── Letters from left to right ────────────────────────────────────────────────────────────────────────


def _flow(box: Box, size: float, shift: float) -> Iterator[Atom]:
    """The letters of a box from left to right, and what is more than letters; scripts have letters only."""
    match box:
        case Word(text, style):
            yield from _word(text, style, size, shift)
        case Row(parts):
            for part in parts:
                yield from _flow(part, size, shift)
        case Script():
            yield from _script(box, size, shift)
        case Both(line, page):
            yield from _flow(line if shift else page, size, shift)
        case Over(top, bottom) if shift:
            yield from _flow(top, size, shift)
            yield Piece("/", "upright", size, shift)
            yield from _flow(bottom, size, shift)
        case Over():
            yield _fraction(box, size)
        case Stack():
            yield _stack(box, size)
        case Root() if not shift:
            yield _root(box, size)
        case Fit():
            yield _fit(box, size)
        case Fence(left, inside, right):
            yield from _fence(left, list(_flow(inside, size, shift)), right, size, shift)
        case _:
            yield from _flow(flat(box), size, shift)


def _word(text: str, style: str, size: float, shift: float) -> Iterator[Atom]:
    text = printable(text)
    match style:
        case "name" | "value":
            yield Piece(raised(text) if style == "value" else text, style, size * NUMBERS / SIZE, shift)
        case "symbol":
            for run, is_italic in lettered(text.replace("-", "−")):
                piece = Piece(run, "symbol" if is_italic else "upright", size, shift)
                yield _alone(piece) if RARE in run and not shift else piece
        case _:
            text = raised(text) if style == "number" else text
            yield Piece(text, "bold" if style == "bold" else "upright", size, shift)


def _alone(piece: Piece) -> Set:
    """Letters in a run of their own."""
    return Set(piece.across, piece.size * 0.72, piece.size * 0.25, (Run(piece.across / 2, 0.0, (piece,)),))


def _script(script: Script, size: float, shift: float) -> Iterator[Atom]:
    base = list(_flow(script.base, size, shift))
    yield from base
    tall = max((atom.ascent - size * 0.72 for atom in base if isinstance(atom, Set)), default=0.0)
    low = [] if script.below is None else _pieces(script.below, size * SCRIPT, shift + size * 0.22)
    high = [] if script.above is None else _pieces(script.above, size * SCRIPT, shift - size * 0.38 - tall)
    if low and high:  # one over the other
        low[0] = replace(low[0], before=-(across := sum(piece.across for piece in high)))
        low[-1] = replace(low[-1], after=max(0.0, across - sum(piece.across for piece in low)))
    yield from high + low


def _pieces(box: Box, size: float, shift: float) -> list[Piece]:
    return [atom for atom in _flow(box, size, shift) if isinstance(atom, Piece)]


def _spaced(atoms: Iterable[Atom]) -> Iterator[Atom]:
    """The same with room around + and =, and before the name of a function."""
    last = ""  # nothing, or the letter before
    for atom in atoms:
        if isinstance(atom, Set):
            last = "x"
            yield atom
            continue
        if atom.text.isspace():  # between fractions
            yield Set(THIN * atom.size, 0.0, 0.0, ())
            continue
        if not atom.shift and last and last not in OPENING:
            if (sign := atom.text.strip()) in BINARY or sign == "·":
                room = (THIN / 2 if sign == "·" else SPACE) * atom.size
                atom = replace(atom, text=sign, before=room, after=room)
            elif atom.style == "upright" and atom.text[:1].isalpha() and len(atom.text) > 1:
                atom = replace(atom, before=THIN * atom.size)
        last = atom.text[-1:] or last
        yield atom


# ── What has a place of its own ───────────────────────────────────────────────────────────────────────


def _fraction(fraction: Over, size: float) -> Set:
    top, bottom = _set(fraction.top, size * 0.9), _set(fraction.bottom, size * 0.9)
    axis, side, air = -size * AXIS, 2.0, 2.5
    across = max(top.width, bottom.width)
    inner = across - min(across * SNUG, 3.0) + 3.0
    high, low = axis - air - top.descent, axis + air + bottom.ascent
    middle = side + inner / 2
    return Set(
        inner + 2 * side,
        top.ascent - high,
        low + bottom.descent,
        (
            *top.moved(middle - top.width / 2, high),
            *bottom.moved(middle - bottom.width / 2, low),
            Line(((side, axis), (side + inner, axis))),
        ),
    )


def _stack(stack: Stack, size: float) -> Set:
    base, over = _set(stack.base, size), _set(stack.over, size * 0.8)
    across = max(base.width, over.width)
    high = -base.ascent - over.descent - 1.0
    items = (*base.moved((across - base.width) / 2), *over.moved((across - over.width) / 2, high))
    return Set(across, over.ascent - high, base.descent, items)


def fitted(fit: Fit, size: float = SIZE) -> tuple[list[Placed], list[Line]]:
    """Arrays over their shapes, each word at its place; below, brackets join the lengths that must agree."""
    small, air = size * FITTED, size * 0.5
    terms = [(box, _set(box, size), lengths) for box, lengths in (fit.left, fit.right, fit.result)]
    down = max(base.descent for _, base, _ in terms) + small
    words: list[Placed] = []
    middles: dict[tuple[int, int], float] = {}
    x = 0.0
    for place, (box, base, lengths) in enumerate(terms):
        parts = re.findall(r"\d+|\D", shape(lengths))
        across = [width(part, small, is_serif=True) for part in parts]
        beneath = sum(across)
        whole = max(base.width, beneath)
        if place:
            words.append(Placed(Word("·="[place - 1], "number"), size, x + air, 0.0))
            x += 2 * air
        words.append(Placed(box, size, x + whole / 2, 0.0))
        left, axis = x + (whole - beneath) / 2, 0
        for part, wide in zip(parts, across):  # each in a place of its own, from which its bracket starts
            words.append(Placed(Word(part, "number"), small, left + wide / 2, down))
            if part.isdigit():
                middles[place, axis] = left + wide / 2
                axis += 1
            left += wide
        x += whole
    low = down + size * 0.3
    inner, *outer = fit.links
    brackets = []
    for level, (start, end) in enumerate([inner, *reversed(outer)], 1):
        y = low + level * size * 0.45
        brackets.append(Line(((middles[start], low), (middles[start], y), (middles[end], y), (middles[end], low))))
    return words, brackets


def _fit(fit: Fit, size: float) -> Set:
    words, brackets = fitted(fit, size)
    sets = [(word, _set(word.box, word.size)) for word in words]
    return Set(
        max(word.x + box.width / 2 for word, box in sets),
        max(box.ascent - word.y for word, box in sets),
        max(y for line in brackets for _, y in line.points) + 2,
        (*(item for word, box in sets for item in box.moved(word.x - box.width / 2, word.y)), *brackets),
    )


def _root(root: Root, size: float) -> Set:
    """A root: its hook, and a bar over all that is under it."""
    inside, hook, air = _set(root.inside, size, flush=True), size * 0.55, 2.0
    top, bottom = -inside.ascent - air, inside.descent
    end = hook + inside.width + 1
    corners = ((0.0, -size * 0.22), (size * 0.12, -size * 0.3), (size * 0.28, bottom), (hook - 2, top), (end, top))
    degree = [Piece(root.degree, "upright", size * 0.6)] if root.degree else []
    before = max(0.0, sum(piece.across for piece in degree) - size * 0.25)
    sign = Set(end, -top + 1, bottom + 1, (Line(corners), *inside.moved(hook)))
    small = (Run(0.0, -size * 0.42, tuple(degree), "start"),) if degree else ()
    return Set(end + before + 1, sign.ascent, sign.descent, (*small, *sign.moved(before)))


def _fence(left: str, inside: list[Atom], right: str, size: float, shift: float) -> Iterator[Atom]:
    """A pair of signs as tall as what is between them: drawn where that is more than letters."""
    tall = [atom for atom in inside if isinstance(atom, Set)]
    if not tall:
        yield Piece(left, "upright", size, shift)
        yield from inside
        yield Piece(right, "upright", size, shift)
        return
    top, bottom = -max(atom.ascent for atom in tall), max(atom.descent for atom in tall)
    for sign, is_left in ((left, True), (right, False)):
        if is_left:
            yield _tall(sign, top, bottom, size)
            yield from inside
        else:
            yield _tall(sign, top, bottom, size)


def _tall(sign: str, top: float, bottom: float, size: float) -> Set:
    """A parenthesis, bar or bracket from top to bottom."""
    across = size * 0.3
    inner, outer = 0.85 * across, 0.2 * across
    height = bottom - top
    match sign:
        case "(" | ")":
            depth = inner - outer
            shape = [(inner - depth * 4 * t * (1 - t), top + height * t) for t in (k / 10 for k in range(11))]
        case "|":
            shape = [(across / 2, top), (across / 2, bottom)]
        case _:
            shape = [(outer, top), (outer, bottom)]
            shape = [(inner, top)] * (sign in "⌈⌉[]") + shape + [(inner, bottom)] * (sign in "⌊⌋[]")
    if sign in ")⌋⌉]":
        shape = [(across - x, y) for x, y in shape]
    return Set(across, -top, bottom, (Line(tuple(shape)),))
