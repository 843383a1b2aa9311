"""A word more about a mistake: what Python's own sentence can't say, or not in Korean.

>>> hint(TypeError("unsupported operand type(s) for ^: 'Value' and 'int'"), "x ^ 2", [], "en")
'a power is written **'
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..engine.value import Value
from ..text.bilingual import Bilingual, told
from ..text.options import Language
from .spelling import meant
from .tokens import POWER, PRODUCT

__all__ = ["hint", "uncalled"]

_GRAD = Bilingual(
    "grad is None before backward(); set it anew, as in v.grad = 1.0, or add by backward(accumulate=True)",
    "grad는 backward() 전에는 None입니다. v.grad = 1.0처럼 새로 쓰거나 backward(accumulate=True)로 더하세요",
)
_NUMBER = Bilingual(
    "data, grad and name are no methods; write them without parentheses",
    "data, grad, name은 메서드가 아닙니다. 괄호 없이 쓰세요",
)
_HINTS = [
    (r"NoneType", r"\.grad\b", _GRAD),
    (r"not callable", r"\.(data|grad|name)\(", _NUMBER),
    (r"'(Value|Constant)' object is not callable|invalid decimal literal", "", PRODUCT),
    (r"'(int|float)' object is not callable", r"[\d)]\s*\(", PRODUCT),
    (r"for \^=?:", "", POWER),
]
"""What an error says, what was typed, and what to write instead."""


def hint(error: object, source: str, names: Iterable[str], language: Language) -> str:
    """What to write instead: ``v.grad += 1`` before there is a gradient is None + 1 to Python.

    Args:
        error: what was raised.
        source: what was typed.
        names: the variables there are.
        language: the person's.

    Returns:
        A sentence, or nothing.
    """
    if isinstance(error, TypeError | SyntaxError):
        for said, typed, instead in _HINTS:
            if re.search(said, str(error)) and re.search(typed, source):
                return told(instead, language)
    # What follows a semicolon is the package's own advice.
    if isinstance(error, AttributeError | NameError) and error.name and "; " not in str(error):
        known = dir(error.obj) if isinstance(error, AttributeError) else names
        return told(meant(error.name, [*known]) or _not_yet(error.name, error), language)
    sentence = told(error, language)
    return sentence if sentence != str(error) else ""  # what the package says in Korean


def _not_yet(name: str, error: Exception) -> str:
    """That a variable has to be made first: one called in Korean or by a letter, which is no module to be imported."""
    if type(error) is not NameError or (name.isascii() and len(name) > 1):
        return ""
    return Bilingual(
        f"there is no {name} yet; begin with {name} = Value(…)",
        f"{name}: 아직 없는 이름입니다. 먼저 {name} = Value(…)처럼 만드세요",
    )


def uncalled(result: object, language: Language) -> str:
    """That a method of a Value, which is shown as it is, was not called.

    >>> uncalled(Value(3).backward, "en")
    'it was not called; write .backward()'
    """
    if not callable(result) or not isinstance(getattr(result, "__self__", None), Value):
        return ""
    name = getattr(result, "__name__", "…")
    ko = f"괄호가 없어 실행하지 않았습니다. .{name}()처럼 쓰세요"
    return told(Bilingual(f"it was not called; write .{name}()", ko), language)
