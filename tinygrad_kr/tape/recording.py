"""What is watched while a function is recorded: numbers that leave the graph, comparisons, and how they turned out.

A replay computes every sample as the recorded one. So a number that is read out of a node would be wrong for all
others, and is refused; a comparison becomes a node, a :class:`Condition`, and where Python asks how it turned out, the
answer is a guard: the tape holds for the samples that answer in the same way.
"""

from __future__ import annotations

import linecache
import sys
from _thread import allocate_lock
from contextvars import ContextVar
from typing import Any

from ..engine.modes import new_age, recording, watch_with
from ..engine.ops import Op
from ..engine.value import Constant, Value, apply, is_foreign
from ..text.numerals import to_float
from .plan import CONDITIONAL, recorded
from .tape import NotRecordable

__all__ = ["Condition", "Recorder", "is_recorded"]


def _comparison(name: str, sign: str, ko: str, en: str) -> Op:
    return Op(name, sign, f"1 if x {sign} y else 0", ("0", "0"), ko, en, ("x", "y"), kinks=("x - y",))


LESS = _comparison("less", "<", "작음", "less than")
LESS_EQUAL = _comparison("less_equal", "<=", "작거나 같음", "less than or equal")
EQUAL = _comparison("equal", "==", "같음", "equal")

_lock = allocate_lock()
_open = 0
_current: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


class Condition(Value):
    """How a comparison turned out while recording: a node that is 1 or 0.

    ``where()`` takes it as data. ``bool()`` of it is a guard of the tape.
    """

    __slots__ = ()

    def __index__(self) -> int:
        return int(bool(self))

    def __and__(self, other: Any) -> Value:
        return _condition(CONDITIONAL, (self, other, 0.0))

    def __or__(self, other: Any) -> Value:
        return _condition(CONDITIONAL, (self, 1.0, other))

    __rand__ = __and__
    __ror__ = __or__


class Recorder:
    """``with`` this, what a function computes in this thread is recorded for a tape.

    Attributes:
        since: the age of what is recorded.
        guards: the nodes whose truth Python asked for, and whether they were true.
    """

    def __init__(self) -> None:
        self.since = 0
        self.guards: dict[Value, bool] = {}

    def __enter__(self) -> Recorder:
        self._around = _current.set(self)
        self._recording = recording()
        self._recording.__enter__()
        self.since = new_age()
        _count(1)
        return self

    def __exit__(self, *error: object) -> None:
        _count(-1)
        self._recording.__exit__(*error)
        _current.reset(self._around)

    def owns(self, node: object) -> bool:
        """Whether a replay has another number for a node: it was computed now, or is a leaf that can be set."""
        if not isinstance(node, Value):
            return False
        if node.op is None:
            return node.moves or node.name is not None
        return node.age >= self.since

    def varies(self, node: Value) -> bool:
        """The same, and it was not computed of plain numbers alone."""
        return self.owns(node) and any(self.owns(leaf) for leaf in recorded([node], self.since)[0])


def is_recorded() -> bool:
    """Whether what this thread computes is recorded for a tape.

    >>> is_recorded()
    False
    """
    return _current.get() is not None


class _Watch:
    """Who the engine asks while there is a recorder in some thread."""

    def read(self, node: Value, what: str) -> None:
        """Refuse a number that leaves a node."""
        recorder = _current.get()
        if recorder is None or not recorder.owns(node) or _is_shown(what):
            return
        if recorder.varies(node):
            raise NotRecordable(
                f"{what} of {node!r} was read while recording, {_line()}: a replay would keep this number for every "
                "sample; compute with the Value itself, choose with where() or if, or give the number as an argument"
            )

    def compared(self, sign: str, left: Value, right: Any) -> Any:
        """A condition; None where nothing is recorded that it depends on."""
        recorder = _current.get()
        if recorder is None or is_foreign(right) or not (recorder.owns(left) or recorder.owns(right)):
            return None
        if not isinstance(right, Value):
            right = to_float(right, "a comparison with a Value")
        row = LESS if sign[0] in "<>" and len(sign) == 1 else LESS_EQUAL if sign[0] in "<>" else EQUAL
        return _condition(row, (right, left) if sign[0] == ">" else (left, right))

    def decide(self, node: Value, holds: bool) -> None:
        """Remember how a condition turned out."""
        recorder = _current.get()
        if recorder is not None and recorder.owns(node):
            recorder.guards[node] = holds

    def keeps_both(self, condition: Any) -> bool:
        """Whether a choice is recorded with both of its branches."""
        recorder = _current.get()
        return recorder is not None and recorder.owns(condition)

    def comparable(self, operand: Any) -> Any:
        """What stands for a Value in a formula's comparisons."""
        recorder = _current.get()
        return _Compared(operand) if recorder is not None and recorder.owns(operand) else operand


class _Compared:
    """A Value that is compared by its number, and whose comparisons are guards."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def _is(self, sign: str, other: Any) -> bool:
        other = other.value if isinstance(other, _Compared) else other
        return bool(_WATCH.compared(sign, self.value, other))

    def __sub__(self, other: _Compared) -> _Compared:
        return _Compared(self.value - other.value)

    def __lt__(self, other: Any) -> bool:
        return self._is("<", other)

    def __le__(self, other: Any) -> bool:
        return self._is("<=", other)

    def __gt__(self, other: Any) -> bool:
        return self._is(">", other)

    def __ge__(self, other: Any) -> bool:
        return self._is(">=", other)

    def __eq__(self, other: object) -> bool:
        return self._is("==", other)

    __hash__ = None  # type: ignore[assignment]


_WATCH = _Watch()


def _count(more: int) -> None:
    global _open
    with _lock:
        _open += more
        watch_with(_WATCH if _open else None)


def _condition(row: Op, operands: tuple[Any, ...]) -> Value:
    node = apply(row, operands)
    if not isinstance(node, Constant):
        node.__class__ = Condition
    return node


def _is_shown(what: str) -> bool:
    """Whether a picture, words or a Value's own repr ask for a number: nothing is computed with it."""
    return _past(_NODE if what == ".data" else (*_NODE, _VALUE))[0].startswith(_SHOWING)


_PACKAGE = __name__.partition(".")[0]
_NODE = tuple(f"{_PACKAGE}.{file}" for file in ("tape.recording", "engine.node", "engine.asked"))
_VALUE = f"{_PACKAGE}.engine.value"
_SHOWING = (_VALUE, *(f"{_PACKAGE}.{part}" for part in ("drawing", "words", "page", "derivatives.sweeps")))


def _past(modules: tuple[str, ...]) -> tuple[str, Any]:
    """The module and the frame that ask, past those of some modules (and what they compile)."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", _PACKAGE).startswith(modules):
        frame = frame.f_back
    return frame.f_globals.get("__name__", ""), frame


def _line() -> str:
    """The line of whoever called this package."""
    _, frame = _past((_PACKAGE,))
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    return f"at {file}:{number}" + (f" ({text})" if text else "")
