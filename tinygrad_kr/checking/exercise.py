"""The exercise of writing ``backward()`` oneself: checked on random expressions, and mistakes explained in words.

The student's class is run (``student.py``), the smallest expression that goes wrong is looked for (``smallest.py``),
what kind of mistake it is is found out (``diagnosis.py``) and said (``sentences.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..text.numerals import shown
from ..text.options import Language, check
from ..text.progress import meter
from ..text.terminal import say
from .diagnosis import Kind, diagnosed
from .sentences import explanation, written
from .smallest import EXAMPLES, smallest
from .student import Student

__all__ = ["BackwardReport", "Kind", "check_backward"]


@dataclass(frozen=True)
class BackwardReport:
    """What :func:`check_backward` found. It is true if nothing is wrong, and prints as an explanation.

    Attributes:
        kind: what kind of mistake it is; ``"right"`` if there is none.
        explanation: what is wrong, in words.
        code: the smallest expression that goes wrong, with the wrong gradients beside it; empty if there is none.
        operations: the names of the rows that were tried.
    """

    kind: Kind
    explanation: str
    code: str = ""
    operations: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return self.kind == "right"

    def __str__(self) -> str:
        indented = "\n".join(f"    {line}" for line in self.code.splitlines())
        return f"{self.explanation}\n\n{indented}" if self.code else self.explanation

    def __repr__(self) -> str:
        return f"<BackwardReport: {self.explanation}>"


def check_backward(
    student: Callable[[float], Any],
    functions: Mapping[str, Callable[..., Any]] | None = None,
    *,
    language: Language = "ko",
    time_limit: float = 10.0,
    progress: bool | None = None,
) -> BackwardReport:
    """Check somebody's own ``backward()`` on random expressions, and explain the mistake.

    What the class can do is tried out: any of ``+ - * / **`` and of the table's functions as methods (``x.exp()``,
    ``x.relu()``, ``x.tanh()`` …), between its values and with plain numbers. The expressions are made of that.

    Args:
        student: the class, or whatever makes a value of a number. A value has ``data``, ``grad`` and ``backward()``.
        functions: functions that are no methods, by the names of their rows: ``{"exp": exp}``.
        language: Korean (``"ko"``) or English (``"en"``).
        time_limit: how many seconds an expression may take, forward and backward; what takes longer is an error.
        progress: whether stderr tells how many expressions were tried, once it takes longer than a second; where left
            out, in a terminal or notebook only.

    Returns:
        A report, which is true if nothing is wrong; it is the same at every call.

    Raises:
        ImportError: if hypothesis is missing.
        TypeError: if it can do no operation at all.
        ValueError: if an option is not possible, or there is no row of a function's name.

    >>> from tinygrad_kr import Value
    >>> check_backward(Value, language="en").kind
    'right'
    """
    check(language=language)
    if not time_limit > 0:
        raise ValueError(f"time_limit={shown(time_limit)} is not possible; expected seconds, more than 0")
    with meter(progress, desc=say("시험한 식", "expressions tried"), bar_format=COUNT, delay=1) as tried:
        tell = None if tried is None else tried.update
        work = Student(student, {} if functions is None else functions, time_limit, tell)
        return _report(work, language)


COUNT = "{desc}: {n_fmt} [{elapsed}]"


def _report(work: Student, language: Language) -> BackwardReport:
    """What is wrong with a class, if anything is."""
    names = tuple(op.name for op in work.rows)
    wrong = smallest(work)
    if wrong is None:
        symbols = ", ".join(dict.fromkeys(op.symbol for op in work.rows))
        praise = explanation("right", {"examples": EXAMPLES, "operations": symbols}, language)
        return BackwardReport("right", praise, operations=names)
    kind, example, words = diagnosed(work, wrong)
    return BackwardReport(kind, explanation(kind, words, language), written(example, work, language), names)
