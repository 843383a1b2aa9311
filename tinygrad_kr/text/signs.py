"""Signs that print everywhere in Korea: those that Unicode and cp949, the encoding of a Korean Windows, both have."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

__all__ = ["manner", "plain"]

_WRITTEN_OUT = str.maketrans({
    "−": "-", "–": "-", "—": "-", "∘": "⊙", "∙": "·", "⋅": "·", "⋯": "…", "∛": "cbrt", "¬": "not ",
    "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "␊": "¶", "\ufffd": "?",
    **{chr(0x2400 + code): "?" for code in (*range(10), *range(11, 0x22))},
})  # fmt: skip

_SCRIPTS = re.compile("[₀-₎ₐ-ₜᵢ-ᵥⱼ]+"), re.compile("[²³¹⁰-ⁿˣʷʸᵃ-ᵡᵀ]+")
"""Runs of letters below the line and above it."""


_LETTER = re.compile("[A-Za-zα-ωΑ-Ω]")
"""What would be read as a part of an index or power before it: x₀y is x_0·y."""


def plain(text: str) -> str:
    """A text for a terminal, without signs that cp949 lacks where there is another way to write them.

    Scripts are written out, all indices or all powers where one has to be, and Hangul that came in parts, as in names
    of files on a Mac, is put together. What has no other form, such as an emoji in a name, stays.

    >>> plain("x₁ − x₂"), plain("x₁ − x₅"), plain("1.5 × 10⁻⁷"), plain("eˣ⁺¹"), plain("x₁x₀")
    ('x₁ - x₂', 'x_1 - x_5', '1.5 × 10^-7', 'e^(x+1)', 'x_1·x_0')
    """
    return text if text.isascii() else manner(text)(text)


def manner(whole: str) -> Callable[[str], str]:
    """How the parts of a text are written so that they agree: what :func:`plain` makes of each of them.

    >>> list(map(manner("x₁ x₅"), ["x₁", "x₅"]))
    ['x_1', 'x_5']
    """
    if _encodes(whole):
        return str
    lacking = [script for script in _SCRIPTS if not _encodes("".join(script.findall(whole)))]

    def write(text: str) -> str:
        text = normalize("NFC", text)
        for script in lacking:
            text = script.sub(_on_the_line, text)
        return text.translate(_WRITTEN_OUT)

    return write


def _on_the_line(script: re.Match[str]) -> str:
    sign = "_" if script.re is _SCRIPTS[0] else "^"
    inside = normalize("NFKC", script[0]).replace("−", "-")
    is_word, runs_on = re.fullmatch(r"-?\w+", inside), _LETTER.match(script.string, script.end())
    return sign + (inside if is_word else f"({inside})") + ("·" if runs_on and is_word else "")


def _encodes(text: str) -> bool:
    try:
        text.encode("cp949")
    except UnicodeError:
        return False
    return True
