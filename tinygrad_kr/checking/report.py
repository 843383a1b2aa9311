"""What a gradient check found, input by input."""

from __future__ import annotations

import math
from collections.abc import Iterable
from math import isfinite
from typing import Any, Literal, NamedTuple, TypeAlias

from ..text import terminal
from ..text.bilingual import told
from ..text.numerals import spelled
from ..text.options import Language, check
from ..text.signs import plain

__all__ = ["GradientReport", "Row", "Verdict", "small"]

Verdict: TypeAlias = Literal["ok", "wrong", "kink", "inconclusive"]


WORDS: dict[Language, dict[str, Any]] = {
    "ko": {
        "head": ("미분", "수치 미분", "± 오차", "차이"),
        "ok": "맞음", "wrong": "틀림", "kink": "꺾이는 점", "inconclusive": "알 수 없음",
        "inputs": ("입력", "입력"), "derivatives": ("미분", "미분"),
        "agrees": "미분이 맞습니다", "agree": "미분 {count}개가 모두 맞습니다",
        "differs": "{of} {count}개 가운데 {wrong}개가 틀립니다: {first}",
        "differ": "{of} {count}개 가운데 {wrong}개가 틀립니다. 처음 것: {first}",
        "none": "틀린 것은 없고, 미분 {count}개 가운데 {ok}개를 견주었습니다",
        "of kink": ". 꺾이는 점 {count}개{reason}", "of inconclusive": ". 알 수 없는 것 {count}개{reason}",
        "noted": "{what} = {is_}; {note}", "should": "{what} = {is_}, 맞는 것은 {want}",
        "and": ". ", "more": "… {count}개 더",
    },
    "en": {
        "head": ("gradient", "numerical", "± error", "difference"),
        "ok": "ok", "wrong": "wrong", "kink": "kink", "inconclusive": "inconclusive",
        "inputs": ("input", "inputs"), "derivatives": ("derivative", "derivatives"),
        "agrees": "the derivative agrees", "agree": "all {count} derivatives agree",
        "differs": "{wrong} of {count} {of} differs: {first}",
        "differ": "{wrong} of {count} {of} differ; the first: {first}",
        "none": "none is wrong, and {ok} of {count} {of} could be compared",
        "of kink": "; {count} at a kink{reason}", "of inconclusive": "; {count} inconclusive{reason}",
        "noted": "{what} is {is_}; {note}", "should": "{what} is {is_} but should be {want}",
        "and": "; ", "more": "… {count} more",
    },
}  # fmt: skip


class Row(NamedTuple):
    """One derivative that was checked.

    ``gradient`` is what was to be checked, ``estimate`` ± ``error`` what was found numerically, ``difference`` how far
    they are apart; ``note`` is a reason where there is one to tell.
    """

    output: str
    input: str
    gradient: float
    estimate: float
    error: float
    difference: float
    verdict: Verdict
    note: str = ""

    @property
    def derivative(self) -> str:
        """How the derivative is written.

        >>> Row("f", "x", 2.0, 2.0, 1e-12, 0.0, "ok").derivative
        '∂f/∂x'
        """
        return f"∂{self.output}/∂{self.input}"


class GradientReport:
    """What :func:`check_gradients` found. It is true if no derivative is wrong, and prints as a table.

    Attributes:
        rows: one :class:`Row` per output and input.
        note: what there is to say about the whole, such as where the value of f stopped being finite.
    """

    SHOWN = 20
    """Of more rows than this, only those that are not ok are printed, and this many of them."""

    def __init__(self, rows: Iterable[Row], note: str = "") -> None:
        self.rows = list(rows)
        self.note = note

    def __bool__(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> list[Row]:
        """The rows whose gradient is wrong."""
        return self._of("wrong")

    def _of(self, verdict: Verdict) -> list[Row]:
        return [row for row in self.rows if row.verdict == verdict]

    @property
    def summary(self) -> str:
        """The report in one sentence.

        >>> GradientReport([Row("f", "x", 3.0, 3.0, 1e-12, 0.0, "ok")]).summary
        'the derivative agrees'
        """
        return self._summary("en")

    def _summary(self, language: Language) -> str:
        say, count, wrong = WORDS[language], len(self.rows), self.wrong
        ok = len(self._of("ok"))
        if wrong:
            key = "differs" if len(wrong) == 1 else "differ"
            of = say["inputs" if len({row.output for row in self.rows}) <= 1 else "derivatives"][count != 1]
            text = say[key].format(wrong=len(wrong), count=count, of=of, first=_sentence(wrong[0], language))
        elif ok == count:
            text = say["agrees"] if count == 1 else say["agree"].format(count=count)
        else:
            text = say["none"].format(ok=ok, count=count, of=say["derivatives"][count != 1])
        for verdict in ("kink", "inconclusive"):
            rows = [row for row in self.rows if row.verdict == verdict]
            if rows:
                reason = f" ({rows[0].derivative}: {told(rows[0].note, language)})" if rows[0].note else ""
                text += say[f"of {verdict}"].format(count=len(rows), reason=reason)
        return plain(f"{told(self.note, language)}{say['and']}{text}" if self.note else text)

    def __str__(self) -> str:
        return self.text("en")

    def text(self, language: Language = "ko") -> str:
        """The report in Korean or English: a sentence, and a table of the derivatives.

        >>> print(GradientReport([Row("f", "x", 3.0, 3.0, 1e-12, 0.0, "ok")]).text())
        미분이 맞습니다
        <BLANKLINE>
               미분  수치 미분  ± 오차  차이
        ∂f/∂x     3          3   1e-12     0  맞음
        """
        check(language=language)
        say, rows = WORDS[language], self.rows
        if len(rows) > self.SHOWN:
            rows = [row for row in rows if row.verdict != "ok"][: self.SHOWN]
        if not rows:
            return self._summary(language)
        cells = [("", *say["head"], "", "")]
        cells += [
            (row.derivative, spelled(row.gradient), _rounded(row.estimate, row.error), small(row.error),
             small(row.difference), say[row.verdict], told(row.note, language))
            for row in rows
        ]  # fmt: skip
        left_out = len(self.rows) - len(rows)
        lines = [self._summary(language), "", terminal.table(cells, right={1, 2, 3, 4})]
        return "\n".join([*lines, say["more"].format(count=left_out)] if left_out else lines)

    def __repr__(self) -> str:
        return f"<GradientReport: {self.summary}>"


def _sentence(row: Row, language: Language) -> str:
    """What is wrong with a row; ∂f/∂y is 2 but should be 3 ± 1e-10."""
    has_note = row.verdict == "wrong" and row.note
    sentence: str = WORDS[language]["noted" if has_note else "should"]
    want = f"{_rounded(row.estimate, row.error)} ± {small(row.error)}"
    return sentence.format(what=row.derivative, is_=spelled(row.gradient), want=want, note=told(row.note, language))


def small(number: float) -> str:
    """One digit, which is all that an error or a difference needs.

    >>> small(0.00123), small(40.0), small(5e-324)
    ('0.001', '40', '5e-324')
    """
    digit = f"{number:.1g}"
    return digit if abs(number) < 0.5 and number else spelled(float(digit))


def _rounded(number: float, error: float) -> str:
    """The number to the digits that its error leaves."""
    if not isfinite(number) or not isfinite(error) or error <= 0 or number == 0:
        return spelled(number)
    digits = math.floor(math.log10(abs(number))) - math.floor(math.log10(error)) + 1
    return spelled(float(f"{number:.{digits}g}")) if 1 <= digits <= 16 else "0" if digits < 1 else spelled(number)
