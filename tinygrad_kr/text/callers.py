"""Warnings that point at the line of whoever called this package."""

from __future__ import annotations

import sys

__all__ = ["warn"]

_PACKAGE = __name__.partition(".")[0]


def warn(message: str) -> None:
    """Give a RuntimeWarning at the line that called the package, past all of its own (and what it compiles).

    >>> import warnings
    >>> warnings.simplefilter("error")
    >>> warn("exp(1000) is inf")
    Traceback (most recent call last):
    RuntimeWarning: exp(1000) is inf
    >>> warnings.resetwarnings()
    """
    import warnings

    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", _PACKAGE).partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, RuntimeWarning, stacklevel=level)
