"""A deadline for somebody else's code, in any thread and on any system: what loops for ever is interrupted."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["Overdue", "deadline"]


class Overdue(BaseException):
    """The time is over. No Exception, so that a bare ``except Exception`` in a loop does not swallow it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise :class:`Overdue` in the body if it takes longer.

    Python code is interrupted between two of its instructions (CPython's ``PyThreadState_SetAsyncExc``); a single call
    into C, such as the sorting of a long list, is waited for. In a browser, which has no threads, there is no limit.

    Args:
        seconds: how long it may take.

    >>> try:
    ...     with deadline(0.05):
    ...         while True:
    ...             pass
    ... except Overdue:
    ...     print("over")
    over
    """
    thread, lock, is_open = threading.get_ident(), threading.Lock(), True

    def interrupt() -> None:
        with lock:
            if is_open:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Overdue))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    with suppress(RuntimeError):  # no thread can be started
        timer.start()
    try:
        yield
    finally:
        with lock:  # from here on it is too late to interrupt
            is_open = False
        timer.cancel()
