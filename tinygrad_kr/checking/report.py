"""What a gradient check found, input by input."""

from __future__ import annotations

import math
from collections.abc import Iterable
from math import isfinite
from typing import Literal, NamedTuple, TypeAlias

from ..text import terminal
from ..text.numerals import spelled
from ..text.signs import plain

__all__ = ["GradientReport", "Row", "Verdict", "small"]

Verdict: TypeAlias = Literal["ok", "wrong", "kink", "inconclusive"]


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
        count, wrong = len(self.rows), self.wrong
        if wrong:
            row = wrong[0]
            first = "" if len(wrong) == 1 else "; the first"
            verb = "differs" if len(wrong) == 1 else "differ"
            text = f"{len(wrong)} of {_count(count, self._noun)} {verb}{first}: {_sentence(row)}"
        elif len(self._of("ok")) == count:
            text = "the derivative agrees" if count == 1 else f"all {count} derivatives agree"
        else:
            text = f"none is wrong, and {len(self._of('ok'))} of {_count(count, 'derivative')} could be compared"
        for verdict, phrase in (("kink", "at a kink"), ("inconclusive", "inconclusive")):
            rows = self._of(verdict)  # type: ignore[arg-type]
            if rows:
                reason = f" ({rows[0].derivative}: {rows[0].note})" if rows[0].note else ""
                text += f"; {len(rows)} {phrase}{reason}"
        return plain(f"{self.note}; {text}" if self.note else text)

    @property
    def _noun(self) -> str:
        return "input" if len({row.output for row in self.rows}) <= 1 else "derivative"

    def __str__(self) -> str:
        rows = self.rows
        if len(rows) > self.SHOWN:
            rows = [row for row in rows if row.verdict != "ok"][: self.SHOWN]
        if not rows:
            return self.summary
        cells = [("", "gradient", "numerical", "± error", "difference", "", "")]
        cells += [
            (row.derivative, spelled(row.gradient), _rounded(row.estimate, row.error), small(row.error),
             small(row.difference), row.verdict, row.note)
            for row in rows
        ]  # fmt: skip
        left_out = len(self.rows) - len(rows)
        lines = [self.summary, "", terminal.table(cells, right={1, 2, 3, 4})]
        return "\n".join([*lines, f"… {left_out} more"] if left_out else lines)

    def __repr__(self) -> str:
        return f"<GradientReport: {self.summary}>"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _sentence(row: Row) -> str:
    """What is wrong with a row; ∂f/∂y is 2 but should be 3 ± 1e-10."""
    if row.verdict == "wrong" and row.note:
        return f"{row.derivative} is {spelled(row.gradient)}; {row.note}"
    numerical = f"{_rounded(row.estimate, row.error)} ± {small(row.error)}"
    return f"{row.derivative} is {spelled(row.gradient)} but should be {numerical}"


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
