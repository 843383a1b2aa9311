"""What a terminal needs: Korean or English, and columns that align when letters are two cells wide."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from .options import Language
from .signs import manner

__all__ = ["LOCALE", "columns", "is_korean", "language", "say", "table"]

LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The variables that say a person's language; the first one that is set counts."""


def is_korean() -> bool:
    """Whether the person's locale is Korean."""
    return next(filter(None, map(os.environ.get, LOCALE)), "").startswith("ko")


def language() -> Language:
    """The person's language."""
    return "ko" if is_korean() else "en"


def say(ko: str, en: str) -> str:
    """The Korean or the English text, by the person's locale."""
    return ko if is_korean() else en


def columns(text: str) -> int:
    """How many cells of a terminal a text takes.

    >>> columns("apple"), columns("사과"), columns("e\\u0301")
    (5, 4, 1)
    """
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    # Vowels and final consonants of decomposed Hangul sit in the cell of the consonant before them.
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def table(rows: Iterable[Sequence[str]], right: Collection[int] = (), widest: int = 60) -> str:
    """The rows as lines, each column as wide as its widest cell.

    Args:
        rows: the cells.
        right: the columns that are aligned at their right, as numbers are.
        widest: a cell wider than this pushes its own line only, not the whole column.

    >>> print(table([("사과", "100"), ("tax", "1.1")], right=[1]))
    사과  100
    tax   1.1
    """
    rows = [list(row) for row in rows]
    write = manner(" ".join(cell for row in rows for cell in row))
    rows = [list(map(write, row)) for row in rows]
    widths = [max((w for w in map(columns, column) if w <= widest), default=0) for column in zip(*rows)]
    return "\n".join(
        "  ".join(_padded(cell, width, k in right) for k, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows
    )


def _padded(cell: str, width: int, right: bool) -> str:
    blank = " " * (width - columns(cell))
    return blank + cell if right else cell + blank
