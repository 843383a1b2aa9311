"""Options that explanations, tables and reports share: a language, a format, how many."""

from __future__ import annotations

from numbers import Integral
from typing import Literal

from .numerals import shown

__all__ = ["FORMATS", "LANGUAGES", "Format", "Language", "check"]

Language = Literal["ko", "en"]
Format = Literal["text", "markdown", "latex"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
FORMATS = ("text", "markdown", "latex")


def check(**options: object) -> None:
    """Refuse an option that is not possible.

    Raises:
        ValueError: if a language or format is unknown, or anything else no whole number from 1.

    >>> check(language="fr")
    Traceback (most recent call last):
    ValueError: language='fr' is unknown; choose one of 'ko', 'en'
    """
    for option, given in options.items():
        choices = {"language": LANGUAGES, "format": FORMATS}.get(option)
        if choices is None:
            if isinstance(given, bool) or not isinstance(given, Integral) or given < 1:
                raise ValueError(f"{option}={shown(given)} is not possible; expected a whole number from 1")
        elif given not in choices:
            raise ValueError(f"{option}={shown(given)} is unknown; choose one of {', '.join(map(repr, choices))}")
