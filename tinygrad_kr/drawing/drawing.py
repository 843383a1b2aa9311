"""``Drawing``: a picture of a graph that can be looked at, printed and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ..engine import makers
from ..engine.display import Page
from ..engine.value import Value
from ..text.lettering import clipped
from ..text.notebooks import svg_bundle
from ..text.numerals import shown
from ..text.options import Language
from . import dot, svg
from .arrays import depict_arrays
from .depict import depict
from .engine import EngineNotFoundError
from .files import save_as
from .labels import Style
from .layout import Layout, TooLargeError
from .picture import TITLE_COLUMNS, Direction, Options, Picture, State
from .placing import place
from .reveal import Reveal, moments
from .strokes import seen
from .style import THEMES

Theme = Literal["documents", "colour"]

__all__ = ["Drawing", "draw", "mimebundle"]

NOTEBOOK_OPERATORS = 60
"""A notebook shows a graph by itself up to this size."""


class Drawing:
    """A computation graph, drawn. Made by :func:`draw`; it keeps the numbers of that moment.

    >>> from tinygrad_kr import Value
    >>> drawing = (Value(100, "사과") * Value(2, "개수")).draw(direction="forward")
    >>> drawing
    Drawing(1 operator, 2 leaves)
    """

    def __init__(
        self,
        picture: Picture,
        title: str,
        theme: Theme = "documents",
        time_limit: float = 20.0,
        engine: str | None = None,
        reveal: Reveal | None = None,
    ) -> None:
        self.picture = picture
        self.title = title
        self.theme = theme
        self._time_limit = time_limit
        self._engine = engine
        self._reveal = reveal
        self._source: tuple[list[Value], Options] | None = None

    @cached_property
    def layout(self) -> Layout:
        """Where everything is, in pixels; placed when it is first asked for.

        Raises:
            TooLargeError: if the graph is too large for one picture.
        """
        return place(self.picture, self._time_limit, self._engine)

    def svg(self) -> str:
        """The picture as an SVG document.

        Raises:
            TooLargeError: if the graph is too large for one picture.
        """
        return svg.write(self.picture, self.layout, self.title, self.theme, self._reveal)

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG.

        Args:
            scale: pixels of the image per pixel of the SVG.

        Raises:
            ImportError: if the extra ``png`` is not installed.
            TooLargeError: if the graph is too large for one picture.
        """
        from .png import render

        return render(self.svg(), scale)

    def pdf(self) -> bytes:
        """The picture as PDF: vectors, and text that can be selected.

        Raises:
            ImportError: if the extra ``pdf`` is not installed.
            TooLargeError: if the graph is too large for one picture.
        """
        from .pdf import render

        return render([self.svg()], self.title)

    def tikz(self) -> str:
        """The picture as a LaTeX document with a TikZ picture.

        Raises:
            TooLargeError: if the graph is too large for one picture, or the picture for TeX.
        """
        from .tikz import write

        return write(self.picture, self.layout, self.title, self.theme, self._reveal)

    def dot(self) -> str:
        """The picture in Graphviz's language, for other tools; one that is too large is left to them to lay out."""
        try:
            layout = self.layout
        except (TooLargeError, EngineNotFoundError):
            layout = None
        return dot.write(self.picture, self.title, layout)

    def text(self) -> str:
        """The picture in characters, for a terminal; an indented listing where it is too wide for that."""
        from .textual import write

        return write(replace(self.picture, wires=[seen(wire, self._reveal) for wire in self.picture.wires]))

    def steps(self) -> list[Drawing]:
        """The picture as it comes about: a drawing for every operator, forward and then backward.

        All of them are on one layout; the operator at work stands out, and what is still to come is not
        shown (figures 5-19 (1) to (4)).

        >>> from tinygrad_kr import Value
        >>> y = Value(2.0, "x") * Value(3.0, "y") + 1
        >>> len(y.draw().steps())
        5
        """
        steps = []
        for moment in moments(self.picture):
            step = Drawing(self.picture, self.title, self.theme, self._time_limit, self._engine, moment)
            step.layout = self.layout
            steps.append(step)
        return steps

    def gif(self, seconds: float = 1.0, scale: float = 2.0, progress: bool | None = None) -> bytes:
        """The steps as an animated GIF, at most 1,600 pixels wide and high.

        Args:
            seconds: how long each step stays; the last one stays three times as long.
            scale: pixels of the image per pixel of the SVG; smaller where the picture is large.
            progress: whether a bar says how far it is; where left out, in a terminal or notebook, after a second.

        Raises:
            ImportError: if the extra ``png`` is not installed.
            ValueError: if a step would stay no time.
            TooLargeError: if the graph is too large for one picture.
        """
        from .png import animate

        frames = [step.svg() for step in self.steps()] or [self.svg()]
        return animate(frames, (self.layout.width, self.layout.height), seconds, scale, progress)

    def play(self, height: int | None = None) -> Page:
        """The graph in a page where it can be walked through and changed; a notebook shows it in a frame.

        The page starts from the numbers that the leaves have now.

        Args:
            height: of the frame, in pixels; by the picture where left out.

        Raises:
            ValueError: if this is one step of a drawing, or ``height`` is no positive number.

        >>> from tinygrad_kr import Value
        >>> (Value(2.0, "x") * Value(3.0, "y")).draw(grouping=True).play()
        Page(3 nodes)
        """
        page: Page = makers["page"](self, height)
        return page

    def source(self) -> tuple[list[Value], Options]:
        """The outputs and the options of :func:`draw`, of which a page is made.

        Raises:
            ValueError: if this is one step of a drawing, or one of arrays.

        >>> from tinygrad_kr import Value
        >>> Value(2.0, "x").draw().source()[0]
        [Value(2, name='x')]
        """
        if self._source is None:
            raise ValueError(
                "one step of a drawing, or one of arrays, has no page of its own; "
                "play() the whole drawing, which has all steps, without arrays"
            )
        return self._source

    @property
    def settings(self) -> dict[str, Any]:
        """How it is drawn, apart from what :attr:`source` says: theme, layout engine, time limit.

        >>> from tinygrad_kr import Value
        >>> Value(2.0, "x").draw().settings["theme"]
        'documents'
        """
        return {"theme": self.theme, "time_limit": self._time_limit, "engine": self._engine}

    @property
    def answers(self) -> dict[str, str]:
        """What belongs into the blanks of a quiz, by their numbers from (1): the id of a wire and its derivative.

        >>> from tinygrad_kr import Value
        >>> y = Value(2.0, "x") * Value(3.0, "y")
        >>> y.backward()
        >>> y.draw(quiz=True).answers
        {'wire-2-0': '3', 'wire-2-1': '2', 'wire-2-out': '1'}
        """
        blanks = [wire for wire in self.picture.wires if wire.derivative is not None and wire.derivative.answer]
        return {wire.id: str(wire.derivative.answer) for wire in blanks if wire.derivative is not None}

    def key(self) -> Drawing:
        """The picture of a quiz with the answers in it, behind the numbers of the blanks.

        >>> from tinygrad_kr import Value
        >>> y = Value(2.0, "x").exp()
        >>> y.backward()
        >>> print(y.draw(quiz=True).key().text())
                 2                7.38906
        x ◀─────────────▶( exp )◀─────────▶
            (1) 7.38906            (2) 1
        """
        wires = [replace(wire, derivative=wire.derivative and wire.derivative.filled()) for wire in self.picture.wires]
        return Drawing(replace(self.picture, wires=wires), self.title, self.theme, self._time_limit, self._engine)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the picture in the format that the file's suffix names.

        Args:
            path: a file ending in .svg, .png or .gif (extra ``png``), .pdf (extra ``pdf``), .tex (TikZ), .dot (or .gv),
                .txt or .html (a page to walk through), in a folder that is there.

        Returns:
            The path.

        Raises:
            ValueError: if the suffix is none of these, or the graph is too large for one picture.
            OSError: if the file can't be written; whatever was there is as it was.
            ImportError: if the format needs an extra that is not installed.
        """
        writers: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg, ".png": self.png, ".dot": self.dot, ".gv": self.dot, ".txt": self.text, ".gif": self.gif,
            ".pdf": self.pdf, ".tex": self.tikz,
            ".html": lambda: self.play().html(),
        }  # fmt: skip
        return save_as(path, writers)

    def __repr__(self) -> str:
        operators, leaves = len(self.picture.of_kind("operator")), len(self.picture.of_kind("leaf"))
        return f"Drawing({operators} operator{'s'[: operators != 1]}, {leaves} {'leaf' if leaves == 1 else 'leaves'})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return svg_bundle(self.svg(), repr(self))


def draw(
    value: Value | Iterable[Value],
    *,
    direction: Direction = "both",
    labels: Style = "numbers",
    seed: str | None = None,
    wrt: Sequence[Value] | None = None,
    constants: Literal["inputs", "folded"] = "inputs",
    blocks: State | Mapping[str, State] | None = None,
    around: Value | None = None,
    depth: int | None = None,
    digits: int = 6,
    grouping: bool = False,
    quiz: bool | Sequence[Value] = False,
    marked: Sequence[Value] = (),
    language: Language = "ko",
    notes: Mapping[Value, str] | None = None,
    arrays: bool | Literal["numbered", "shapes"] = False,
    theme: Theme = "documents",
    time_limit: float = 20.0,
    engine: str | None = None,
) -> Drawing:
    """Draw the computation graph of a value: values over the arrows, derivatives under them.

    Derivatives are those of the last ``value.backward()``; before it they are drawn as not computed
    (a dashed arrow with ``?``), which is not 0. Where a value is used several times, its wire branches:
    each branch carries its own contribution, and the stem their sum.

    Args:
        value: the output, at the right end of the picture; or several of them.
        direction: which arrows to draw: ``"both"``, ``"forward"`` or ``"backward"``.
        labels: what stands at the arrows: ``"numbers"``; ``"symbols"`` (expressions and collected derivatives);
            ``"products"`` (what arrives times the local derivative, 1·2t = 2(x+y)); ``"fractions"`` (the chain rule
            unreduced, ∂z/∂t·∂t/∂x); ``"both"`` (2.2 = 1.1 × 2); ``"none"``: an overview, with thin arrows and
            blocks closed.
        seed: in symbols, what arrives from outside: ``"E"``, ``"∂L/∂y"``.
        wrt: draw backward arrows only on the way to these values; to all leaves where left out.
        constants: plain numbers as ``"inputs"`` of their own, or ``"folded"`` into the operator (×2).
        blocks: how blocks are drawn: ``"expanded"`` in a frame, ``"collapsed"`` as one operator, as a
            ``"cloud"`` or not at all (``"hidden"``); for all, or by name. Left out, they are expanded, and
            collapsed where the graph has more than 60 operators.
        around: draw only what is near this value, ``depth`` steps to each side.
        depth: draw only this many steps back from ``value``; what is before them becomes a leaf.
        digits: significant digits of the numbers.
        grouping: whether thousands are set apart (4,620).
        quiz: leave an empty box under every backward arrow, or only under those that lead to some values;
            ``drawing.answers`` has what belongs there.
        marked: values whose operators and names stand out.
        language: of the little that pictures say in words: whether a condition holds.
        notes: texts that stand behind the names of leaves and outputs, ``{x: "± 0.1"}``.
        arrays: draw a graph that was built from arrays of Values with one wire for each array: names and shapes
            over the arrows, the rules for arrays under them (∂L/∂Y·Wᵀ); with ``"numbered"``, numbers on the
            backward arrows and the rules below the picture; with ``"shapes"``, the matrix products alone, and brackets
            under the lengths that must agree. Leaves belong together by the names that
            ``Value.array(numbers, name="W")`` gives them.
        theme: the textbook's greyscale, or ``"colour"``: values and derivatives in two colours, the sign of a
            derivative in its arrow's colour and dashes, its size in the arrow's width; dark where the reader's
            screen is.
        time_limit: for the layout, in seconds.
        engine: the layout engine: ``"graphviz-pure"``, or ``"dot"`` for a system's own Graphviz; the first of them
            that is installed where left out.

    Raises:
        TypeError: if ``value`` is not a Value.
        ValueError: if an option or a block is unknown, a value of ``wrt``, ``quiz``, ``marked`` or ``around`` is not
            in the graph, or there are no arrays to be drawn.

    >>> from tinygrad_kr import Value
    >>> apple, tax = Value(100, "사과"), Value(1.1, "소비세")
    >>> draw(apple * 2 * tax, wrt=[apple])
    Drawing(2 operators, 3 leaves)
    """
    outputs = [value] if isinstance(value, Value) else _outputs(value)
    options = Options(
        direction,
        labels,
        seed,
        wrt,
        constants,
        blocks,
        around,
        depth,
        digits,
        grouping,
        quiz,
        marked,
        language,
        notes=notes,
    )
    if theme not in THEMES:
        raise ValueError(f"theme={shown(theme)} is unknown; choose one of {', '.join(map(repr, THEMES))}")
    if arrays not in (False, True, "numbered", "shapes"):
        raise ValueError(f"arrays={shown(arrays)} is unknown; choose one of False, True, 'numbered', 'shapes'")
    picture = depict_arrays(outputs, options, arrays) if arrays else depict(outputs, options)
    ends = [end.title for end in picture.of_kind("output")] or picture.notes
    ends = ends if arrays else [end.name or str(end) for end in outputs]
    name = clipped(", ".join(ends[:3]), TITLE_COLUMNS)
    drawing = Drawing(picture, f"계산 그래프 computation graph: {name}", theme, time_limit, engine)
    drawing._source = None if arrays else (outputs, options)
    return drawing


def _outputs(values: object) -> list[Value]:
    """Several outputs, from a list or an array of Values."""
    listed = list(getattr(values, "flat", values)) if hasattr(values, "__iter__") else []
    if not listed or not all(isinstance(value, Value) for value in listed):
        raise TypeError(f"draw() needs a Value, or several, not the {type(values).__name__} {shown(values)}")
    return listed


def mimebundle(value: Value) -> Mapping[str, str]:
    """What a notebook shows of a value: its picture where the graph is small, and always the repr."""
    bundle = {"text/plain": repr(value)}
    if value.op is not None and _is_small(value):
        try:
            bundle = svg_bundle(draw(value, time_limit=5.0).svg(), repr(value))
        except (TooLargeError, RuntimeError) as error:
            bundle["text/plain"] += f"  # not drawn: {error}"
    return bundle


def _is_small(value: Value) -> bool:
    """Whether the graph has few enough operators; stops counting as soon as it hasn't."""
    seen, stack = {value}, [value]
    while stack and len(seen) <= 4 * NOTEBOOK_OPERATORS:
        for parent in stack.pop().parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return not stack and sum(node.op is not None for node in seen) <= NOTEBOOK_OPERATORS
