"""``tinygrad-kr doctor``: what a report of a fault has to say about the computer that it was seen on."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from .. import __version__
from ..engine import name as engine_name
from ..engine import reason as engine_reason
from ..text.bilingual import told
from ..text.numerals import shown
from ..text.terminal import LOCALE, language, say

__all__ = ["Finding", "findings"]


class Finding(NamedTuple):
    """One thing that was looked at: its name, what was found, and whether the package can work with that."""

    name: str
    found: str
    is_well: bool = True


def findings() -> Iterator[Finding]:
    """Everything that is looked at, from the package outwards.

    >>> next(findings()).name
    'tinygrad_kr'
    """
    yield Finding("tinygrad_kr", __version__)
    yield Finding(say("엔진", "engine"), f"{engine_name} ({told(engine_reason, language())})")
    yield Finding("Python", f"{platform.python_implementation()} {platform.python_version()}")
    yield Finding(say("시스템", "system"), platform.platform())
    yield Finding(say("출력의 인코딩", "encoding of output"), str(getattr(sys.stdout, "encoding", None)))
    yield _language()
    yield from _requirements()
    yield from _engines()
    yield _letters()


def _language() -> Finding:
    settings = [f"{variable}={shown(os.environ[variable])}" for variable in LOCALE if os.environ.get(variable)]
    return Finding(say("언어", "language"), f"{language()} ({', '.join(settings) or '-'})")


def _requirements() -> Iterator[Finding]:
    """What pip installs with the package, and with each of its extras."""
    try:
        requirements = metadata.requires("tinygrad_kr") or []
    except metadata.PackageNotFoundError:
        yield Finding(say("설치", "installation"), say("pip으로 설치하지 않음", "not installed by pip"))
        return
    groups: dict[str, list[str]] = {}
    is_well = True
    for requirement in requirements:
        what, _, condition = (part.strip() for part in requirement.partition(";"))
        extra = re.search(r"extra == ['\"]([\w-]+)", condition)
        version = what if "[" in what else _version(what)
        # Of a layout engine that has nothing for this machine, the lines of the engines tell.
        excused = extra or "machine" in condition or (condition and sys.platform == "emscripten")
        is_well = is_well and bool(version or excused)
        found = version or say(f"{what} 없음", f"no {what}")
        groups.setdefault(f"[{extra[1]}]" if extra else say("필요한 것", "requirements"), []).append(found)
    for name, group in groups.items():
        yield Finding(name, ", ".join(group), is_well or name.startswith("["))


def _version(requirement: str) -> str:
    """What is installed for a requirement such as ``pillow>=10``: name and version, or nothing."""
    name = re.split(r"[^\w.-]", requirement)[0]
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return ""


def _engines() -> Iterator[Finding]:
    """The layout engines, each of which has to lay something out; one of them is enough."""
    from ..drawing.engine import ENGINES, EngineNotFoundError, run

    answers, working = {}, False
    for engine in ENGINES:
        try:
            run("digraph { a -> b }", time_limit=20, engine=engine)
            answers[engine], working = say("됨", "works"), True
        except EngineNotFoundError:
            answers[engine] = say("없음", "not installed")
        except (OSError, RuntimeError) as error:
            answers[engine] = told(error, language())
    for engine, answer in answers.items():
        yield Finding(say(f"배치 엔진 {engine}", f"layout engine {engine}"), answer, working)


def _letters() -> Finding:
    """Whether pictures in PNG have Korean letters: two of them look different if there is a font for them."""
    from ..drawing.dot import FONT
    from ..drawing.png import render

    def picture(letter: str) -> bytes:
        text = f'<text y="20" font-family="{FONT}">{letter}</text>'
        return render(f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30">{text}</svg>', scale=1)

    try:
        found = say("됨", "work") if picture("가") != picture("나") else say("글꼴 없음", "no font for them")
    except ImportError as error:
        found = told(error, language())
    return Finding(say("PNG의 한국어", "Korean letters in PNG"), found)
