"""Modes of the engine: ``no_grad()`` records nothing, ``strict()`` turns inf and nan into errors; and its clock.

A mode belongs to the thread (or task) that enters it. A block owns a token, which its context sees; leaving the block,
in whatever thread or context that happens, closes the token, and a closed token counts nowhere. The clock tells the
age of nodes: a call of ``grad``, ``jvp`` … sets it on, so that its sweeps can tell what it has recorded from what was
there before.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from contextvars import ContextVar
from itertools import count

from ..text.numerals import shown
from .native import core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from typing import Any, Protocol, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])

    class Watch(Protocol):
        """What the tape's room gives: it refuses what can't be replayed, and makes conditions of comparisons."""

        def read(self, node: Any, what: str) -> None: ...
        def compared(self, sign: str, left: Any, right: Any) -> Any: ...
        def decide(self, node: Any, holds: bool) -> None: ...
        def keeps_both(self, condition: Any) -> bool: ...
        def comparable(self, operand: Any) -> Any: ...
else:

    def overload(function: Any) -> Any:
        """What typing.overload does; importing typing takes longer than all of the engine."""
        return function


__all__ = ["Block", "adding", "is_recording", "is_strict", "new_age", "no_grad", "recording", "strict", "watch_with"]

_lock = allocate_lock()  # two threads that set the clock at once must not set it back
adding = allocate_lock()
"""Held while gradients are added to those that are there."""

_ages = count(1)
_pauses = 0  # how many no_grad blocks are open in the whole process
_stricts = 0  # and strict ones

present = 0
"""The age of what is recorded now."""

quick: int | None = 0
"""The same while no ``no_grad`` block is open anywhere: nobody need ask which. Otherwise None."""

watch: Watch | None = None
"""While a function is recorded for a tape, in any thread: who is asked before a number leaves its node."""


def _after_fork() -> None:
    global _lock, adding
    _lock, adding = allocate_lock(), allocate_lock()  # the parent may have been forked while another thread held them


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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


def watch_with(who: Watch | None) -> None:
    """Whom to ask before a number leaves its node; None for nobody."""
    global watch
    with _lock:
        watch = who
        _publish()


def _count(pauses: int, stricts: int) -> None:
    global _pauses, _stricts
    with _lock:
        _pauses += pauses
        _stricts += stricts
        _publish()


def _publish() -> None:
    global quick
    quick = None if _pauses else present
    if core is not None:
        core.clock(present, _pauses, _stricts, watch is not None)


# ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────


class _Token:
    """What an open block leaves in its context: whether the mode is on, and the token of the block around."""

    __slots__ = ("around", "is_on", "is_open", "owner")

    def __init__(self, owner: Block, is_on: bool, around: _Token | None) -> None:
        self.owner, self.is_on, self.around, self.is_open = owner, is_on, around, True


class _Mode:
    """A mode that blocks turn on and off."""

    def __init__(self, name: str, default: bool) -> None:
        self.default = default
        self._innermost: ContextVar[_Token | None] = ContextVar(name, default=None)

    def token(self) -> _Token | None:
        """The innermost token of this context that is still open."""
        token = seen = self._innermost.get()
        while token is not None and not token.is_open:
            token = token.around
        if token is not seen:
            self._innermost.set(token)
        return token

    def enter(self, owner: Block, is_on: bool) -> _Token:
        token = _Token(owner, is_on, self.token())
        self._innermost.set(token)
        return token

    def is_on(self) -> bool:
        token = self.token()
        return self.default if token is None else token.is_on


_recording = _Mode("recording", True)
_strict = _Mode("strict", False)


class Block:
    """``with`` this a mode is on; as a decorator, while the function runs (or each step of a generator).

    The same object can be used again, inside itself too. Made by :func:`no_grad`, :func:`strict`, :func:`recording`.
    """

    def __init__(self, mode: _Mode, is_on: bool) -> None:
        self._mode, self._is_on = mode, is_on
        self._counts = int(mode is _recording and not is_on), int(mode is _strict and is_on)
        self._tokens: list[_Token] = []

    def __enter__(self) -> None:
        self._tokens.append(self._mode.enter(self, self._is_on))
        _count(*self._counts)

    def __exit__(self, *error: object) -> None:
        token = self._mode.token()
        while token is not None and not (token.owner is self and token.is_open):
            token = token.around
        if token is None:  # left in another thread or context than it was entered in
            token = self._tokens[-1]
        self._tokens.remove(token)
        token.is_open = False
        self._mode.token()
        _count(-self._counts[0], -self._counts[1])

    def __call__(self, function: F) -> F:
        """The function with the mode on while it runs."""
        if not callable(function):
            raise TypeError(
                f"no_grad and strict decorate functions, not the {type(function).__name__} {shown(function)}"
            )
        from functools import wraps
        from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction

        wrapper: Any
        if isasyncgenfunction(function):

            async def wrapper(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                generator = function(*args, **kwargs)
                step, given = generator.asend, None
                while True:
                    try:
                        with self:
                            item = await step(given)
                    except StopAsyncIteration:
                        return
                    try:
                        given, step = (yield item), generator.asend
                    except GeneratorExit:
                        with self:
                            await generator.aclose()
                        raise
                    except BaseException as error:
                        given, step = error, generator.athrow

        elif iscoroutinefunction(function):

            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

        elif isgeneratorfunction(function):

            def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                generator = function(*args, **kwargs)
                step, given = generator.send, None
                while True:
                    try:
                        with self:
                            item = step(given)
                    except StopIteration as stop:
                        return stop.value
                    try:
                        given, step = (yield item), generator.send
                    except GeneratorExit:
                        with self:
                            generator.close()
                        raise
                    except BaseException as error:
                        given, step = error, generator.throw

        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return function(*args, **kwargs)

        wrapped: Any = wraps(function)(wrapper)
        return wrapped  # type: ignore[no-any-return]


@overload
def no_grad() -> Block: ...
@overload
def no_grad(function: F) -> F: ...
def no_grad(function: Any = None) -> Any:
    """Compute without recording: results are constants, and no graph is kept.

    Args:
        function: as a decorator, ``@no_grad`` or ``@no_grad()``: any function, a generator or a coroutine too.

    >>> from tinygrad_kr import Value, no_grad
    >>> x = Value(3.0, "x")
    >>> with no_grad():
    ...     y = x * x
    >>> y, y.parents
    (constant(9), ())
    """
    block = Block(_recording, False)
    return block if function is None else block(function)


def recording() -> Block:
    """Record a graph inside ``no_grad()`` too.

    >>> with no_grad(), recording():
    ...     is_recording()
    True
    """
    return Block(_recording, True)


@overload
def strict() -> Block: ...
@overload
def strict(function: F) -> F: ...
def strict(function: Any = None) -> Any:
    """Raise at the first operation (or local derivative) whose result is inf or nan while its input isn't.

    Args:
        function: as a decorator, ``@strict`` or ``@strict()``.

    Raises:
        FloatingPointError: inside the block, naming the operation, its operands and their names.

    >>> from tinygrad_kr import Value, log, strict
    >>> with strict():
    ...     log(Value(-1.0, "잔액"))
    Traceback (most recent call last):
    FloatingPointError: log(잔액 = -1) is nan; log is defined for x > 0
    """
    block = Block(_strict, True)
    return block if function is None else block(function)


def is_recording() -> bool:
    """Whether operations of this thread record a graph.

    >>> is_recording()
    True
    """
    return quick is not None or _recording.is_on()


def is_strict() -> bool:
    """Whether this thread is inside ``strict()``.

    >>> is_strict()
    False
    """
    return _strict.is_on()
