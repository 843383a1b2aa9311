"""An expression cut into numbers, names and signs; what has no meaning in one is pointed at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from keyword import iskeyword
from typing import NamedTuple

from ..text.bilingual import Bilingual
from ..text.terminal import columns

__all__ = ["LOOKALIKES", "POWER", "PRODUCT", "ExpressionError", "Token", "tokens"]

MAX_LENGTH = 10_000


class ExpressionError(ValueError):
    """An expression that can't be read or computed.

    Attributes:
        sentence: what is wrong, what was expected, and what to do.
        text: the expression.
        place: the index in ``text`` that it is about, or None.
    """

    def __init__(self, sentence: Bilingual, text: str = "", place: int | None = None) -> None:
        super().__init__(sentence if place is None else sentence + f"\n{_caret(text, place)}")
        self.sentence, self.text, self.place = sentence, text, place


class Token(NamedTuple):
    """A number, a name, a sign or the end, and where in the text it is."""

    kind: str
    text: str
    place: int


_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = re.compile(rf"(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_SIGN = re.compile(r"\*\*|//|[-+*/%(),]")


LOOKALIKES = str.maketrans(
    dict.fromkeys("×·⋅∙∗", "*") | dict.fromkeys("÷∕⁄", "/") | dict.fromkeys("−–", "-")
    | {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
)  # fmt: skip
"""Signs that people paste from notes, and full-width forms: each stands for one character, so places stay."""

_SQUARES = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
POWER = Bilingual("a power is written **", "거듭제곱은 **로 씁니다")
PRODUCT = Bilingual("a product is written with *", "곱셈은 *로 씁니다")
_QUOTED = Bilingual("quoted text is not available in an expression", "식에는 따옴표로 감싼 글을 쓸 수 없습니다")
_COMPARISON = Bilingual(
    "comparisons, assignments and keyword arguments are not available in an expression",
    "식에는 비교, 대입, 이름 붙은 인수를 쓸 수 없습니다",
)
_INSTEAD = {
    "^": POWER,
    "|": Bilingual("an absolute value is written abs(…)", "절댓값은 abs(…)로 씁니다"),
    "√": Bilingual("a square root is written sqrt(…)", "제곱근은 sqrt(…)로 씁니다"),
    ".": Bilingual(
        "attributes are not available in an expression; a function is written by its name alone, exp(x)",
        "식에는 속성을 쓸 수 없습니다. 함수는 exp(x)처럼 이름만 씁니다",
    ),
    "[": Bilingual(
        "subscripts are not available in an expression; give each number a name of its own",
        "식에는 첨자를 쓸 수 없습니다. 수마다 이름을 따로 붙이세요",
    ),
    "'": _QUOTED,
    '"': _QUOTED,
    ":": Bilingual(
        "only arithmetic and functions are available in an expression", "식에는 사칙 연산과 함수만 쓸 수 있습니다"
    ),
} | dict.fromkeys("=<>!≤≥≠", _COMPARISON)
_INSTEAD |= {sign: POWER + Bilingual(f", here **{digit}", f". 여기서는 **{digit}") for sign, digit in _SQUARES.items()}


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, up to the first character that has no meaning.

    Args:
        text: the expression.

    Raises:
        ExpressionError: at that character, or if the text is too long.

    >>> [token.kind for token in tokens("2 × 사과")]
    ['number', '*', 'name', 'end']
    """
    if len(text) > MAX_LENGTH:
        en = f"the expression has {len(text):,} characters; expected at most {MAX_LENGTH:,}; "
        ko = f"식이 {len(text):,}자입니다. {MAX_LENGTH:,}자까지 쓸 수 있습니다. "
        instead = Bilingual("write a graph of this size in Python", "이만한 그래프는 파이썬으로 만드세요")
        raise ExpressionError(Bilingual(en, ko) + instead)
    plain = text.translate(LOOKALIKES)
    place = 0
    while place < len(plain):
        char = plain[place]
        if char in " \t\r\n" or unicodedata.category(char) == "Zs":
            place += 1
            continue
        if match := _NUMBER.match(plain, place):
            yield Token("number", match[0], place)
        elif match := _SIGN.match(plain, place):
            yield Token(match[0], match[0], place)
        elif char.isidentifier():
            end = place + 1
            while end < len(plain) and f"a{plain[end]}".isidentifier():
                end += 1
            name = unicodedata.normalize("NFKC", plain[place:end])
            if iskeyword(name):
                en, ko = "is a word of Python and has no meaning here", "파이썬의 낱말이라 여기서는 뜻이 없습니다"
                raise ExpressionError(Bilingual(f"{name!r} {en}", f"{name!r}: {ko}"), text, place)
            yield Token("name", name, place)
            place = end
            continue
        else:
            fallback = Bilingual(
                f"{_named(char)} has no meaning in an expression", f"{_named(char)}: 식에서 뜻이 없습니다"
            )
            raise ExpressionError(_INSTEAD.get(char, fallback), text, place)
        place = match.end()
    yield Token("end", "", len(text.rstrip()))


def _named(char: str) -> str:
    """A character for a message: itself, or what it is called where it can't be seen."""
    return repr(char) if char.isprintable() else f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _caret(text: str, place: int, reach: int = 36) -> str:
    """Two lines: the part of the text around a place, and a caret under it."""
    visible = "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)
    start = end = place
    while start > 0 and columns(visible[start - 1 : place]) <= reach:
        start -= 1
    while end < len(visible) and columns(visible[place : end + 1]) <= reach:
        end += 1
    before = "…" * (start > 0) + visible[start:place]
    after = visible[place:end] + "…" * (end < len(visible))
    return f"  {before}{after}\n  {' ' * columns(before)}^"
