"""Text in pictures: what of it may be shown, how wide it comes out, and where it is cut.

Names of nodes are hostile input: :func:`printable` is the one place where they are made harmless for
every writer (each writer still quotes for its own format).
"""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width

__all__ = ["clipped", "columns", "printable", "width"]

# Advance widths in em. No font can be asked, so these are DejaVu Sans', among the widest that a browser
# falls back on: a label comes out at most as wide as its box.
_EM = {
    **dict.fromkeys("0123456789bdghnpquk$", 0.636),
    **dict.fromkeys(" .,ft|'`", 0.40),
    **dict.fromkeys("ijlI:;!/\\()[]{}-r", 0.42),
    **dict.fromkeys("mwMW@%—", 0.99),
    **dict.fromkeys("ABCDEFGHKNOPQRSUVXYZ&~^+=<>×÷−±≤≥≠∂∞Σ∏√∛", 0.84),
}
# Of serif faces, upright or italic: Times, Liberation Serif and STIX Two come out a seventh narrower, Noto Serif as
# wide, and DejaVu Serif a twelfth wider.
_SERIF = {
    letter: em
    for em, letters in {
        0.25: "′'", 0.3: "jl .,/·:;", 0.35: "i()[]-ι", 0.4: "ftI!|", 0.45: "J∘", 0.5: "rsz∂*εζξτ", 0.55: "ceyχ",
        0.6: "abdgkopqvxT0123456789βγδηθκλμνρυ", 0.65: "hnuFLPSZΣαπσΓΔΞ√", 0.7: "BCERφ", 0.75: "ADGKOQVXYψΘΛΩ",
        0.8: "HNU+−=×<>≤≥≠±∞ωΠΦ", 0.85: "w∏Ψ", 0.95: "mM%", 1.05: "W",
    }.items()
    for letter in letters
}  # fmt: skip
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text with everything in it visible: what a picture, a page or a terminal may show.

    Control characters become their Unicode pictures (␀ … ␡), characters that XML 1.0 forbids and lone
    surrogates become �, and marks that only turn the writing direction are left out.

    >>> printable("a\\x00b\\n\\u202ec\\ud800")
    'a␀b␊c�'
    """
    return text if text.isprintable() else text.translate(_VISIBLE)


class _Visible(dict[int, str]):
    """What stands for a character, by its number."""

    def __missing__(self, code: int) -> str:
        self[code] = visible = self._stand_in(code)
        return visible

    @staticmethod
    def _stand_in(code: int) -> str:
        if code < 0x20:
            return chr(0x2400 + code)
        if code == 0x7F:
            return "␡"
        if chr(code) in _BIDI:
            return ""
        if chr(code) in "\u2028\u2029":
            return "␊"
        if 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
            return "\ufffd"
        return chr(code)


_VISIBLE = _Visible()


def width(text: str, size: float = 14.0, is_serif: bool = False) -> float:
    """How wide a text comes out at the most, in pixels.

    Args:
        text: a single line.
        size: the font size in pixels.
        is_serif: whether it is set in the serif face of formulas, which is narrower.

    >>> width("100") < width("사과의 개수") < width("사과의 개수", size=20)
    True
    """
    if is_serif:
        return size * sum(_SERIF.get(letter) or _em(letter) for letter in text)
    return size * sum(map(_em, text))


def _em(character: str) -> float:
    if character in _EM:
        return _EM[character]
    if _is_mark(character):
        return 0.0
    if east_asian_width(character) in "WF":
        # Hangul is a little narrower than an em in every Korean font, emoji are wider.
        return 0.93 if "가" <= character <= "힣" else 1.0 if character < "\U00010000" else 1.3
    return 0.64 if character.isascii() else 0.86


def _is_mark(character: str) -> bool:
    """Whether it stands over, under or between others and takes no room."""
    if "\u1160" <= character <= "\u11ff":  # vowels and finals of a syllable that is written in parts
        return True
    return bool(combining(character)) or category(character) in ("Mn", "Me", "Cf")


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> columns("사과 2")
    6
    """
    return sum(0 if _is_mark(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def clipped(text: str, limit: int) -> str:
    """The text, cut with an ellipsis where it takes more than ``limit`` columns.

    >>> clipped("사과의 개수", 6), clipped("x", 6)
    ('사과…', 'x')
    """
    if len(text) <= limit and columns(text) <= limit:
        return text
    kept, used = "", 1
    for character in text:
        used += columns(character)
        if used > limit:
            break
        kept += character
    return kept + "…"
