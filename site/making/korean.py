"""Search that finds a word inside another: 법칙 in 연쇄법칙, and 미분 in 미분합니다.

Sphinx looks up words as they are written between spaces, and Korean writes several as one. So the index has every part
of every Korean word. English words are stemmed as ever.
"""

from __future__ import annotations

import re

from sphinx.search.en import SearchEnglish

__all__ = ["KoreanAndEnglish"]

KOREAN = re.compile(r"[가-힣]+")


class KoreanAndEnglish(SearchEnglish):
    """Words for the search, of pages in either language.

    >>> KoreanAndEnglish({}).split("연쇄법 rules")
    ['연쇄법', 'rules', '연', '연쇄', '쇄', '쇄법', '법']
    """

    lang = "ko"
    language_name = "English"  # the name of the stemmer in JavaScript

    def split(self, input: str) -> list[str]:
        """The words of a text, and every part of those in Korean."""
        words = super().split(input)
        parts = (run[a:b] for run in KOREAN.findall(input) for a in range(len(run)) for b in range(a + 1, len(run) + 1))
        return [*words, *(part for part in parts if part not in words)]
