"""Modes of the engine: ``no_grad()`` records nothing, ``strict()`` turns inf and nan into errors.

A mode belongs to the thread (or task) that enters it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

__all__ = ["is_recording", "is_strict", "no_grad", "strict"]

_recording: ContextVar[bool] = ContextVar("recording", default=True)
_strict: ContextVar[bool] = ContextVar("strict", default=False)

_counting = Lock()
pauses = 0
"""How many ``no_grad`` blocks are open in the whole process: while none is, nobody need ask which."""


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are constants, and no graph is kept.

    >>> from tinygrad_kr import Value, no_grad
    >>> x = Value(3.0, "x")
    >>> with no_grad():
    ...     y = x * x
    >>> y, y.parents
    (constant(9), ())
    """
    global pauses
    token = _recording.set(False)
    with _counting:
        pauses += 1
    try:
        yield
    finally:
        with _counting:
            pauses -= 1
        _recording.reset(token)


@contextmanager
def strict() -> Iterator[None]:
    """Raise at the first operation (or local derivative) whose result is inf or nan while its input isn't.

    Raises:
        FloatingPointError: inside the block, naming the operation, its operands and their names.

    >>> from tinygrad_kr import Value, log, strict
    >>> with strict():
    ...     log(Value(-1.0, "잔액"))
    Traceback (most recent call last):
    FloatingPointError: log(잔액 = -1) is nan; log is defined for x > 0
    """
    token = _strict.set(True)
    try:
        yield
    finally:
        _strict.reset(token)


def is_recording() -> bool:
    """Whether operations of this thread record a graph.

    >>> is_recording()
    True
    """
    return pauses == 0 or _recording.get()


def is_strict() -> bool:
    """Whether this thread is inside ``strict()``.

    >>> is_strict()
    False
    """
    return _strict.get()
