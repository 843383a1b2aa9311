"""Standard streams that have not every letter: what they lack is shown as ``?``, which is told once at the end."""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .terminal import say

__all__ = ["forgiving", "in_json"]

_lacking: set[str] = set()
"""The encodings that have lacked a letter since the last time it was told."""


def _with_question_marks(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    _lacking.add(error.encoding)
    return "?" * (error.end - error.start), error.end


codecs.register_error("tinygrad_kr.forgiving", _with_question_marks)


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
        for encoding in sorted(_lacking):
            print(f"tinygrad-kr: {_hint(encoding, sys.stderr)}", file=sys.stderr)


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
