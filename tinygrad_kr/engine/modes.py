"""Modes of the engine: ``no_grad()`` records nothing, ``strict()`` turns inf and nan into errors; and its clock.

A mode belongs to the thread (or task) that enters it. The clock tells the age of nodes: a call of ``grad``, ``jvp`` …
sets it on, so that its sweeps can tell what the call has recorded from what was there before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from threading import Lock

__all__ = ["is_recording", "is_strict", "new_age", "no_grad", "recording", "strict"]

_recording: ContextVar[bool] = ContextVar("recording", default=True)
_strict: ContextVar[bool] = ContextVar("strict", default=False)

_lock = Lock()  # two threads that set the clock at once must not set it back
_ages = count(1)
_pauses = 0  # how many no_grad blocks are open in the whole process

present = 0
"""The age of what is recorded now."""

quick: int | None = 0
"""The same while no ``no_grad`` block is open anywhere: nobody need ask which. Otherwise None."""

if hasattr(os, "register_at_fork"):  # a child may be forked while another thread holds the lock
    os.register_at_fork(after_in_child=lambda: globals().update(_lock=Lock()))


def new_age() -> int:
    """Begin an age: what is recorded from now on, in any thread, is at least so young, and all else is older.

    >>> from tinygrad_kr import Value
    >>> before, age, after = Value(1.0) + 1.0, new_age(), Value(1.0) + 1.0
    >>> before.age < age <= after.age
    True
    """
    global present
    with _lock:
        age = present = next(_ages)
        _publish()
    return age


def _pause(more: int) -> None:
    global _pauses
    with _lock:
        _pauses += more
        _publish()


def _publish() -> None:
    global quick
    quick = None if _pauses else present


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
    token = _recording.set(False)
    _pause(1)
    try:
        yield
    finally:
        _pause(-1)
        _recording.reset(token)


@contextmanager
def recording() -> Iterator[None]:
    """Record a graph inside ``no_grad()`` too.

    >>> with no_grad(), recording():
    ...     is_recording()
    True
    """
    token = _recording.set(True)
    try:
        yield
    finally:
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
    return _pauses == 0 or _recording.get()


def is_strict() -> bool:
    """Whether this thread is inside ``strict()``.

    >>> is_strict()
    False
    """
    return _strict.get()
