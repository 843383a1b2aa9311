"""What a Value is shown as, seen from below: the engine knows these few methods of pictures, pages, words and tables.

The rooms that make them are above the engine. ``showing.py`` gives ``Value`` its methods, and a drawing its page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Explanation", "Page", "Picture", "Table"]


class Page(Protocol):
    """A graph that can be walked through and changed; see :class:`tinygrad_kr.page.Page`."""

    def html(self) -> str:
        """It as HTML."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save it in the format that the suffix names; returns the path."""


class Picture(Protocol):
    """A graph, drawn; see :class:`tinygrad_kr.Drawing`."""

    @property
    def answers(self) -> dict[str, str]:
        """What belongs into the blanks of a quiz."""

    def svg(self) -> str:
        """It as an SVG document."""

    def png(self, scale: float = 2.0) -> bytes:
        """It as PNG."""

    def pdf(self) -> bytes:
        """It as PDF."""

    def tikz(self) -> str:
        """It as TikZ, for LaTeX."""

    def dot(self) -> str:
        """It in Graphviz's language."""

    def text(self) -> str:
        """It in characters."""

    def gif(self, seconds: float = 1.0, scale: float = 2.0) -> bytes:
        """Its steps as a moving picture."""

    def steps(self) -> Sequence[Picture]:
        """A drawing for each step of the backward pass."""

    def play(self, height: int | None = None) -> Page:
        """It in a page that can be walked through."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save it in the format that the suffix names; returns the path."""


class Explanation(Protocol):
    """The chain rule in words; see :func:`tinygrad_kr.explain`."""

    @property
    def derivative(self) -> float:
        """The derivative that is explained."""

    def text(self) -> str:
        """It in characters."""

    def markdown(self) -> str:
        """It as Markdown."""

    def latex(self) -> str:
        """It as LaTeX."""


class Table(Protocol):
    """The nodes of a graph in a table; see :func:`tinygrad_kr.table`."""

    @property
    def rows(self) -> Sequence[Any]:
        """A row a node."""

    def text(self) -> str:
        """It in characters."""

    def markdown(self) -> str:
        """It as Markdown."""

    def latex(self) -> str:
        """It as LaTeX."""

    def html(self) -> str:
        """It as HTML."""
