"""What a person may have meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from ..engine.ops import TABLE
from ..text.bilingual import Bilingual

__all__ = ["meant", "meant_function"]

_ALSO = {"ln": "log"} | {op.ko: name for name, op in TABLE.items()}
"""What functions are called elsewhere: in Korean, as their rows say."""


def meant(name: str, names: Collection[str]) -> Bilingual | None:
    """The question whether one of these names was meant.

    >>> meant("bacward", ["backward", "draw"])
    "did you mean 'backward'?"
    """
    close = get_close_matches(name, names, n=1)
    return Bilingual(f"did you mean {close[0]!r}?", f"{close[0]!r}: 이것을 쓰려고 했나요?") if close else None


def meant_function(name: str, functions: Collection[str]) -> Bilingual | None:
    """The same for a function, which may be called in Korean, or by a part of that.

    >>> meant_function("로그", ["log", "log10"]), meant_function("sine", ["sin", "cos"])
    ("did you mean 'log'?", "did you mean 'sin'?")
    """
    called = {also: function for also, function in _ALSO.items() if function in functions}
    wholes = [also for also in called if name in also and not name.isascii()]
    close = sorted(wholes, key=len) or get_close_matches(name, called, n=1)
    return meant(called.get(name) or (called[close[0]] if close else name), functions)
