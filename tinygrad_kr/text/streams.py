"""Standard streams that have not every letter: lines are drawn in ASCII, and other letters are shown as ``?``, which
is told once at the end."""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .lettering import columns
from .terminal import say

__all__ = ["forgiving", "in_json"]

_lacking: set[str] = set()
"""Letters that were shown as ``?`` since the last time it was told."""

_DRAWN = dict(zip("─│┌┐└┘├┤┬┴┼●◀▶▲▼×·−↑↓", "-|+++++++++o<>^v*.-^v"))


def _with_stand_ins(error: UnicodeError) -> tuple[str, int]:
    """What is as wide as the letters that are lacking, so that what stands below each other goes on doing so."""
    assert isinstance(error, UnicodeEncodeError)
    letters = error.object[error.start : error.end]
    _lacking.update(letter for letter in letters if letter not in _DRAWN)
    return "".join(_DRAWN.get(letter) or "?" * columns(letter) for letter in letters), error.end


codecs.register_error("tinygrad_kr.forgiving", _with_stand_ins)


@contextmanager
def forgiving() -> Iterator[None]:
    """While the body runs, standard output and error show ? for letters that they have not; then one line says so.

    >>> with forgiving():
    ...     print("사과")
    사과
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="tinygrad_kr.forgiving")
    _lacking.clear()
    try:
        yield
    finally:
        if _lacking:
            print(f"tinygrad-kr: {_hint(sys.stdout.encoding, sys.stderr)}", file=sys.stderr)


def _hint(encoding: str, stream: TextIO) -> str:
    en = f"the output's encoding {encoding} lacks some letters, shown as ?; with PYTHONUTF8=1 it has all of them"
    ko = f"출력의 인코딩 {encoding}에 없는 글자를 ?로 적었습니다. PYTHONUTF8=1로 실행하면 모두 나옵니다"
    return say(ko if _has(stream, ko) else en, en)


def _has(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeError:
        return False
    return True


def in_json(thing: object, indent: int | None = None) -> str:
    """JSON with letters as they are, where standard output has them; it is never one that means something else.

    >>> in_json({"사과": 1})
    '{"사과": 1}'
    """
    text = json.dumps(thing, ensure_ascii=False, indent=indent)
    return text if _has(sys.stdout, text) else json.dumps(thing, indent=indent)
