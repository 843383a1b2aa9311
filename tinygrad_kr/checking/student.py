"""A class that somebody wrote, run: what it can do, and what comes out of a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from ..engine import names
from ..engine.ops import OPS, Op
from ..text.bilingual import Bilingual
from ..text.numerals import shown
from .deadline import Overdue, deadline
from .gradients import all_same, same, true_gradient
from .layer import refuse_layer
from .programs import OPERATORS, Expression, perform
from .single import alone

__all__ = ["Form", "Result", "Student"]

Form: TypeAlias = tuple[str, tuple[bool, ...]]
"""A row's name, and which of its operands are the student's values (the others are plain numbers)."""

TRIES = 8
"""How often an expression is tried: what goes through a set depends on where its elements are in memory."""

_ROWS = {f"__{prefix}{sign}__": row for row, sign in names.OPERATORS.items() for prefix in ("", "r")}
_ROWS |= {op.name: op.name for op in OPS if op.name not in names.OPERATORS}
"""The rows of Python's operators and of methods, by what those are called."""

UNABLE = (TypeError, AttributeError, AssertionError, NotImplementedError)
"""What a class raises to say that it can't do an operation."""


class Result(NamedTuple):
    """The value of an expression, and its gradient: a number for each variable."""

    value: float
    gradient: list[float]


class _Outcome(NamedTuple):
    """What came out of an expression: a result or an error, and whether anything is wrong with it."""

    result: Result | None
    error: str
    wrong: bool


class Student:
    """A student's class at work.

    Args:
        make: the class, or whatever makes a value of a number.
        functions: functions that are no methods, by the names of their rows.
        seconds: how long an expression may take.
        tell: called before each expression that is tried.

    Attributes:
        name: what the class is called.
        forms: what it can do.

    Raises:
        TypeError: if it makes no values, can do no operation at all, or the functions are no such dict.
        ValueError: if there is no row of a function's name.

    >>> from tinygrad_kr import Value
    >>> ("div", (False, True)) in Student(Value, {}).forms
    True
    """

    def __init__(
        self,
        make: Callable[[float], Any],
        functions: Mapping[str, Callable[..., Any]],
        seconds: float = 10.0,
        tell: Callable[[], Any] | None = None,
    ) -> None:
        refuse_layer(make)
        if not callable(make):
            raise TypeError(f"check_backward() needs a class (or a function that makes a value), not {shown(make)}")
        if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
            raise TypeError(
                "check_backward() takes functions as a dict from the names of rows to functions, such as {'exp': exp}, "
                f"not {shown(functions)}"
            )
        for name in functions:
            if not any(op.name == name for op in OPS):
                raise ValueError(f"there is no operation {name!r}; name functions as the table does: exp, log, relu …")
        self.make, self.functions = make, dict(functions)
        self.name: str = getattr(make, "__name__", "Value")
        self.seconds = seconds
        self._tell = tell or (lambda: None)
        self._outcomes: dict[str, _Outcome] = {}
        self._is_stuck = False
        try:
            self._probe = make(1.0)
        except Exception as error:
            raise TypeError(
                f"check_backward() makes values as {self.name}(1.0), which raised {type(error).__name__}: {error}"
            ) from error
        self.forms: tuple[Form, ...] = tuple(self._able())
        if not self.forms:
            raise TypeError(f"{self.name} has no operations to check; it needs some of + - * / ** or methods as exp()")

    # ── What it can do ────────────────────────────────────────────────────────────────────────────────

    @property
    def rows(self) -> list[Op]:
        """The rows of the table that it can do, in some form."""
        names = {name for name, _ in self.forms}
        return [op for op in OPS if op.name in names]

    def _able(self) -> Iterator[Form]:
        for op in OPS:
            if not op.variadic:
                every = (True,) * len(op.inputs)
                forms = [moving for moving in product((True, False), repeat=len(op.inputs)) if any(moving)]
                working = [moving for moving in forms if self._can(op, moving)]
                for moving in working or [every] * self._defines(op):  # what is there and always fails is an error
                    yield op.name, moving

    def _can(self, op: Op, moving: tuple[bool, ...]) -> bool:
        """Whether it computes a row of its values (and of numbers, where nothing moves)."""
        example = next(alone(op, moving), None)
        if example is None:
            return False
        self._tell()
        try:
            with deadline(self.seconds):
                self._output(example)
        except UNABLE:
            return False
        except (Exception, Overdue):  # it can, but fails
            return True
        return True

    def parts(self, expression: Expression) -> list[str]:
        """The rows that the class makes a step of: those of its own operators and methods that run meanwhile.

        >>> from tinygrad_kr import Value
        >>> from tinygrad_kr.engine.ops import TABLE
        >>> Student(Value, {}).parts(next(alone(TABLE["exp"], (True,))))
        []
        """
        called: set[str] = set()

        def note(frame: Any, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_name in _ROWS:
                called.add(_ROWS[frame.f_code.co_name])

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            with deadline(self.seconds):
                self._output(expression)
        except (Exception, Overdue):  # what it raised is told elsewhere
            pass
        finally:
            sys.setprofile(before)
        mine = {name for name, _ in self.forms} - {expression.steps[0].op.name}
        return [op.name for op in OPS if op.name in called & mine]

    def _defines(self, op: Op) -> bool:
        """Whether it has the row's operator, method or function."""
        sign = f"__{OPERATORS[op.name].__name__}__" if op.name in OPERATORS else op.name
        return op.name in self.functions or hasattr(self._probe, sign)

    # ── What comes out of it ──────────────────────────────────────────────────────────────────────────

    def _output(self, expression: Expression) -> tuple[Any, list[Any]]:
        """The output and the leaves of an expression."""
        leaves = [self.make(number) for number in expression.values]
        nodes = expression.run(leaves, lambda op, operands: perform(op, operands, self.functions))
        if not hasattr(nodes[-1], "data"):
            raise TypeError(f"it returned {shown(nodes[-1])}")
        return nodes[-1], leaves

    def _outcome(self, expression: Expression) -> _Outcome:
        """What comes out of an expression; of several tries, the first that is wrong. It is the same ever after."""
        code = repr(expression)
        if code not in self._outcomes:
            if self._is_stuck:  # one expression that never ends is enough to wait for
                return _Outcome(None, "", False)
            self._tell()
            want = Result(expression(), true_gradient(expression))
            kept: list[Any] = []  # so that every try has other places in memory
            try:
                with deadline(self.seconds):
                    for _ in range(TRIES):
                        outcome = self._tried(expression, want, kept)
                        if outcome.wrong:
                            break
            except Overdue:
                self._is_stuck = True
                en = f"it did not end within {self.seconds:g} s; does a loop never end?"
                ko = f"{self.seconds:g}초 안에 끝나지 않았습니다. 끝나지 않는 반복문이 있는지 보세요."
                outcome = _Outcome(None, Bilingual(en, ko), True)
            self._outcomes[code] = outcome
        return self._outcomes[code]

    def _tried(self, expression: Expression, want: Result, kept: list[Any]) -> _Outcome:
        try:
            output, leaves = self._output(expression)
            kept.append(output)
            output.backward()
            result = Result(float(output.data), [float(leaf.grad or 0.0) for leaf in leaves])
        except Exception as error:
            return _Outcome(None, f"{type(error).__name__}: {error}", True)
        right = same(result.value, want.value) and all_same(result.gradient, want.gradient)
        return _Outcome(result, "", not right)

    def result(self, expression: Expression) -> Result:
        """The value and the gradient of an expression that raises no error."""
        result = self._outcome(expression).result
        assert result is not None
        return result

    def error(self, expression: Expression) -> str:
        """The error that the expression raises, if any."""
        return self._outcome(expression).error

    def is_wrong(self, expression: Expression) -> bool:
        """Whether anything is wrong with it."""
        return self._outcome(expression).wrong

    def wrong_value(self, expression: Expression) -> bool:
        """Whether its value is wrong already."""
        return not same(self.result(expression).value, expression())

    def wrong_leaves(self, expression: Expression) -> list[int]:
        """The places of the variables whose gradient is wrong."""
        pairs = zip(self.result(expression).gradient, true_gradient(expression))
        return [place for place, (got, want) in enumerate(pairs) if not same(got, want)]
