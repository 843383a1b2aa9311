"""Pictures side by side, with a title each: figures 5-9 to 5-13 and 5-18."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..engine.display import Picture
from ..engine.value import Value
from ..text.lettering import width
from ..text.notebooks import narrowing, svg_bundle
from ..text.numerals import shown
from .drawing import Drawing, draw
from .files import save_as
from .strokes import number
from .svg import escape

__all__ = ["Arrangement", "Panels", "inside", "panels", "paper"]

GAP = 36.0
TITLE = 30.0


class Arrangement:
    """Several drawings as one picture, whichever way they are arranged."""

    def __init__(self, drawings: Sequence[Drawing], titles: Sequence[str]) -> None:
        self.drawings: tuple[Drawing, ...] = tuple(drawings)
        self.titles: tuple[str, ...] = tuple(titles)

    def svg(self) -> str:
        """The picture as an SVG document."""
        raise NotImplementedError

    def pages(self) -> list[str]:
        """The picture as SVG documents, one a page."""
        return [self.svg()]

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG; see :meth:`Drawing.png`."""
        from .png import render

        return render(self.svg(), scale)

    def pdf(self) -> bytes:
        """The picture as PDF; see :meth:`Drawing.pdf`."""
        from .pdf import render

        return render(self.pages(), self._title)

    def text(self) -> str:
        """The drawings in characters, one below the other.

        >>> from tinygrad_kr import Value
        >>> y = Value(2, "x").exp()
        >>> print(panels(y.draw(direction="forward"), titles=["y"]).text())
        y
        <BLANKLINE>
            2           7.38906
        x ────▶( exp )──────────▶
        """
        parts = (part for pair in zip(self.titles, self.drawings) for part in (pair[0], pair[1].text()) if part)
        return "\n\n".join(parts)

    def html(self) -> str:
        """The picture in a page of its own, to show or to print."""
        style = (
            "@page { margin: 0 } svg { display: block } svg + svg { break-before: page } "
            "@media print { svg { max-width: 100% !important } }"
        )
        head = f'<meta charset="utf-8"><title>{escape(self._title)}</title><style>{style}</style>'
        body = "".join(map(narrowing, self.pages()))
        return f"<!DOCTYPE html>\n<html><head>{head}</head>\n<body>\n{body}</body></html>\n"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the picture in the format that the file's suffix names.

        Args:
            path: a file ending in .svg, .png (extra ``png``), .pdf (extra ``pdf``), .txt or .html.

        Returns:
            The path.

        Raises:
            ValueError: if the suffix is none of these.
            OSError: if the file can't be written; whatever was there is as it was.
            ImportError: if the format needs an extra that is not installed.
        """
        return save_as(
            path, {".svg": self.svg, ".png": self.png, ".pdf": self.pdf, ".txt": self.text, ".html": self.html}
        )

    @property
    def _title(self) -> str:
        return " | ".join(title or drawing.title for title, drawing in zip(self.titles, self.drawings))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.drawings))})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return svg_bundle(self.svg(), repr(self))


class Panels(Arrangement):
    """Several drawings side by side. Made by :func:`panels`."""

    def svg(self) -> str:
        """The picture as an SVG document."""
        top = TITLE if any(self.titles) else 0.0
        line = top + max(map(_level, self.drawings))
        x, parts = 0.0, []
        for place, (drawing, title) in enumerate(zip(self.drawings, self.titles)):
            w = drawing.layout.width
            across = max(w, width(title, 14.0) + 12)
            parts.append(inside(drawing, f"panel-{place}-", x + (across - w) / 2, line - _level(drawing)))
            if title:
                heading = f'<text x="{x + across / 2:.2f}" y="20">{escape(title)}</text>'
                parts.append(f'<g class="panel-title">{heading}</g>')
            x += across + GAP
        down = max(line - _level(drawing) + drawing.layout.height for drawing in self.drawings)
        return paper(x - GAP, down, parts)


def _level(drawing: Drawing) -> float:
    """How high the output of a drawing is: panels stand with their main lines on one level."""
    outputs = drawing.picture.of_kind("output")
    return drawing.layout.boxes[outputs[-1].id].y if outputs else drawing.layout.height / 2


def inside(drawing: Drawing, prefix: str, x: float, y: float, scale: float = 1.0) -> str:
    """A drawing as a part of a larger picture.

    Args:
        drawing: what to put in.
        prefix: what keeps ids unique in the whole: op-3 of the second panel is panel-1-op-3.
        x, y: its left upper corner.
        scale: how large it comes out.
    """
    svg = re.sub(r'(<[^>]*?\bid=")', rf"\1{prefix}", drawing.svg())
    place = f'x="{x:.2f}" y="{y:.2f}"'
    size = f'width="{number(drawing.layout.width * scale)}" height="{number(drawing.layout.height * scale)}"'
    return re.sub(r'<svg (\S+) width="\S+" height="\S+"', rf"<svg {place} \1 {size}", svg, count=1)


def paper(across: float, down: float, parts: Sequence[str]) -> str:
    """An SVG document of a size, with these elements on white paper."""
    size = f'width="{across:.2f}" height="{down:.2f}" viewBox="0 0 {across:.2f} {down:.2f}"'
    sheet = f'<rect class="paper" fill="#fff" width="{across:.2f}" height="{down:.2f}"/>'
    root = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" class="tinygrad-kr">'
    return "\n".join([root, sheet, *parts, "</svg>", ""])


def panels(*drawings: Picture | Value, titles: Sequence[str] = ()) -> Panels:
    """Put drawings side by side.

    Args:
        drawings: from the left; a Value is drawn as :func:`draw` does.
        titles: a title for each; none where left out.

    Raises:
        TypeError: if one is no Drawing and no Value.
        ValueError: if there is none, or not as many titles as drawings.

    >>> from tinygrad_kr import Value
    >>> z = Value(10, "x") + Value(5, "y")
    >>> panels(z.draw(direction="forward"), z.draw(direction="backward"), titles=["순전파", "역전파"])
    Panels(Drawing(1 operator, 2 leaves), Drawing(1 operator, 2 leaves))
    """
    drawn: list[Drawing] = []
    for given in drawings:
        drawing = draw(given) if isinstance(given, Value) else given
        if not isinstance(drawing, Drawing):
            raise TypeError(f"panels() needs Drawings or Values, not the {type(drawing).__name__} {shown(drawing)}")
        drawn.append(drawing)
    if not drawn:
        raise ValueError("panels() needs at least one Drawing, but got none")
    if titles and len(titles) != len(drawn):
        raise ValueError(f"panels() got {len(titles)} titles for {len(drawn)} drawings; give one for each, or none")
    return Panels(drawn, titles or [""] * len(drawn))
