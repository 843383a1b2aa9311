"""Formulas of the table within a sentence, where a choice reads as people say it."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.formula import CHOICE, Piece, Text
from ..text.options import Language

__all__ = ["in_words"]


class _Korean(Text):
    def choose(self, condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        return Piece(f"{condition.text}이면 {then.text}, 아니면 {otherwise.text}", CHOICE)

    def join(self, word: str, parts: list[Piece]) -> Piece:
        return Piece((" 그리고 " if word == "and" else " 또는 ").join(part.text for part in parts))


class _English(Text):
    def choose(self, condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        return Piece(f"{then.text} if {condition.text}, otherwise {otherwise.text}", CHOICE)


def in_words(formula: str, language: Language, families: Sequence[str] = ()) -> str:
    """A formula of the table as a part of a sentence.

    Args:
        formula: the formula.
        language: Korean (``"ko"``) or English (``"en"``).
        families: the variables that stand for any number of operands.

    >>> in_words("0 if x <= 0 else x", "ko"), in_words("0 if x <= 0 else x", "en")
    ('x ≤ 0이면 0, 아니면 x', '0 if x ≤ 0, otherwise x')
    """
    return (_Korean if language == "ko" else _English)(families).write(formula)
