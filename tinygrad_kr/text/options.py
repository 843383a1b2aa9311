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
FROM_ZERO = ("seed", "start_epoch")


def check(**options: object) -> None:
    """Refuse an option that is not possible.

    Raises:
        ValueError: if a language or format is unknown, or anything else no whole number from 1 (from 0 for a seed
            and where to start).

    >>> check(language="fr")
    Traceback (most recent call last):
    ValueError: language='fr' is unknown; choose one of 'ko', 'en'
    """
    for option, given in options.items():
        choices = {"language": LANGUAGES, "format": FORMATS}.get(option)
        if choices is None:
            least = 0 if option in FROM_ZERO else 1
            if isinstance(given, bool) or not isinstance(given, Integral) or given < least:
                raise ValueError(f"{option}={shown(given)} is not possible; expected a whole number from {least}")
        elif given not in choices:
            raise ValueError(f"{option}={shown(given)} is unknown; choose one of {', '.join(map(repr, choices))}")
