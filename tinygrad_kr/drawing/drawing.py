"""``Drawing``: a picture of a graph that can be looked at, printed and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from ..numerals import shown
from ..value import Value
from . import dot, svg
from .files import write_whole
from .labels import Style
from .layout import Layout, TooLargeError, place
from .picture import Direction, Options, Picture, depict

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

    def __init__(self, picture: Picture, title: str, time_limit: float, engine: str) -> None:
        self.picture = picture
        self.title = title
        self._time_limit = time_limit
        self._engine = engine

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
        return svg.write(self.picture, self.layout, self.title)

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

    def dot(self) -> str:
        """The graph in Graphviz's language, for other tools."""
        return dot.write(self.picture, self.title)

    def text(self) -> str:
        """The picture in characters, for a terminal.

        Raises:
            TooLargeError: if the graph is too large for one picture.
        """
        from .textual import write

        return write(self.picture, self._time_limit, self._engine)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the picture in the format that the file's suffix names.

        Args:
            path: a file ending in .svg, .png (extra ``png``), .dot (or .gv) or .txt, in a folder that is there.

        Returns:
            The path.

        Raises:
            ValueError: if the suffix is none of these, or the graph is too large for one picture.
            OSError: if the file can't be written; whatever was there is as it was.
            ImportError: if the format needs an extra that is not installed.
        """
        writers: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg, ".png": self.png, ".dot": self.dot, ".gv": self.dot, ".txt": self.text,
        }  # fmt: skip
        file = Path(path)
        writer = writers.get(file.suffix.lower())
        if writer is None:
            raise ValueError(f"can't save {shown(file.name)}: its suffix should be one of {', '.join(writers)}")
        content = writer()
        write_whole(file, content.encode("utf-8") if isinstance(content, str) else content)
        return file

    def __repr__(self) -> str:
        operators, leaves = len(self.picture.of_kind("operator")), len(self.picture.of_kind("leaf"))
        return f"Drawing({operators} operator{'s'[: operators != 1]}, {leaves} {'leaf' if leaves == 1 else 'leaves'})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}


def draw(
    value: Value,
    *,
    direction: Direction = "both",
    labels: Style = "numbers",
    seed: str | None = None,
    wrt: Sequence[Value] | None = None,
    constants: Literal["inputs", "folded"] = "inputs",
    depth: int | None = None,
    digits: int = 6,
    grouping: bool = False,
    time_limit: float = 20.0,
    engine: Literal["graphviz-pure", "dot"] = "graphviz-pure",
) -> Drawing:
    """Draw the computation graph of a value: values over the arrows, derivatives under them.

    Derivatives are those of the last ``value.backward()``; before it they are drawn as not computed
    (a dashed arrow with ``?``), which is not 0. Where a value is used several times, its wire branches:
    each branch carries its own contribution, and the stem their sum.

    Args:
        value: the output, at the right end of the picture.
        direction: which arrows to draw: ``"both"``, ``"forward"`` or ``"backward"``.
        labels: what stands at the arrows: ``"numbers"``; ``"symbols"`` (expressions and collected derivatives);
            ``"fractions"`` (the chain rule unreduced, ∂z/∂t·∂t/∂x); ``"both"`` (2.2 = 1.1 × 2).
        seed: in symbols, what arrives from outside: ``"E"``, ``"∂L/∂y"``.
        wrt: draw backward arrows only on the way to these values; to all leaves where left out.
        constants: plain numbers as ``"inputs"`` of their own, or ``"folded"`` into the operator (×2).
        depth: draw only this many steps back from ``value``; what is before them becomes a leaf.
        digits: significant digits of the numbers.
        grouping: whether thousands are set apart (4,620).
        time_limit: for the layout, in seconds.
        engine: the layout engine; ``"dot"`` is a system's own Graphviz.

    Raises:
        TypeError: if ``value`` is no Value.
        ValueError: if an option is unknown, or ``wrt`` is not in the graph.

    >>> from tinygrad_kr import Value
    >>> apple, tax = Value(100, "사과"), Value(1.1, "소비세")
    >>> draw(apple * 2 * tax, wrt=[apple])
    Drawing(2 operators, 3 leaves)
    """
    if not isinstance(value, Value):
        raise TypeError(f"draw() needs a Value, not the {type(value).__name__} {shown(value)}")
    options = Options(direction, labels, seed, wrt, constants, depth, digits, grouping)
    name = value.name or str(value)
    return Drawing(depict(value, options), f"계산 그래프 computation graph: {name}", time_limit, engine)


def mimebundle(value: Value) -> Mapping[str, str]:
    """What a notebook shows of a value: its picture where the graph is small, and always the repr."""
    bundle = {"text/plain": repr(value)}
    if value.op is not None and _is_small(value):
        try:
            bundle["image/svg+xml"] = draw(value, time_limit=5.0).svg()
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
