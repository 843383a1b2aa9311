"""The layout engines, behind one function: Graphviz places boxes, and nobody else hears of it.

``graphviz-pure`` is what pip installs with this package; a system's own ``dot`` is taken where that is missing, or
when asked for. A page in a browser registers its own. Every call has a time limit.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from ..text.bilingual import Bilingual
from ..text.numerals import shown

__all__ = ["ENGINES", "EngineNotFoundError", "LayoutTimeoutError", "register", "run"]


class EngineNotFoundError(RuntimeError):
    """No layout engine is installed."""


class LayoutTimeoutError(TimeoutError):
    """The layout took longer than its time limit."""


Engine = Callable[[str, float], str]
"""From a graph in DOT and a limit in seconds to Graphviz's ``plain`` format."""

ENGINES: dict[str, Engine] = {}
"""By name; the last one is tried first."""


def register(name: str, engine: Engine) -> None:
    """Add a layout engine, which is from now on the first to be tried.

    Args:
        name: what ``draw(engine=…)`` calls it.
        engine: a function of a graph in DOT and a limit in seconds that returns Graphviz's ``plain`` format, and raises
            :class:`LayoutTimeoutError` after that limit, and :class:`EngineNotFoundError` where it can't work.

    >>> register("mine", lambda source, time_limit: run(source, time_limit, "graphviz-pure"))
    >>> run("digraph { a -> b }", time_limit=10).split()[0]
    'graph'
    >>> del ENGINES["mine"]
    """
    ENGINES.pop(name, None)
    ENGINES[name] = engine


def run(source: str, time_limit: float, engine: str | None = None) -> str:
    """Lay a graph out.

    Args:
        source: the graph in DOT.
        time_limit: in seconds.
        engine: a name among :data:`ENGINES`; the first one that is installed where left out.

    Returns:
        Graphviz's ``plain`` format.

    Raises:
        ValueError: if the engine's name is unknown.
        EngineNotFoundError: if it is not installed, or none is.
        LayoutTimeoutError: if it took too long.
        RuntimeError: if it failed.

    >>> run("digraph { a -> b }", time_limit=10).split()[0]
    'graph'
    """
    if engine is not None:
        if engine not in ENGINES:
            raise ValueError(f"engine={shown(engine)} is unknown; choose one of {', '.join(map(repr, ENGINES))}")
        return ENGINES[engine](source, time_limit)
    for each in reversed([*ENGINES.values()]):
        try:
            return each(source, time_limit)
        except EngineNotFoundError:
            pass
    raise EngineNotFoundError(Bilingual("no layout engine is installed", "설치된 배치 엔진이 없습니다") + WAY_OUT)


# ── Programs ──────────────────────────────────────────────────────────────────────────────────────────

WAY_OUT = Bilingual(
    "; run 'pip install graphviz-pure', or install Graphviz, where that has nothing for this system",
    ". 'pip install graphviz-pure'를 실행하거나, 이 시스템용이 없으면 Graphviz를 설치하세요",
)


def _program(name: str) -> Engine:
    """An engine that is a program, started anew for every graph."""

    def run(source: str, time_limit: float) -> str:
        try:
            done = subprocess.run(
                [str(_find(name)), "-Kdot", "-Tplain"],
                input=source,
                capture_output=True,
                encoding="utf-8",
                timeout=time_limit,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # no console pops up on Windows
            )
        except subprocess.TimeoutExpired:
            en, ko = (
                f"{name} did not finish within {time_limit:g} s",
                f"{name}: {time_limit:g}초 안에 끝나지 않았습니다",
            )
            raise LayoutTimeoutError(Bilingual(en, ko)) from None
        if done.returncode != 0:
            status, said = done.returncode, done.stderr.strip()[:200]
            en, ko = f"{name} failed with status {status}: {said}", f"{name}: 실패했습니다(상태 {status}): {said}"
            raise RuntimeError(Bilingual(en, ko))
        return done.stdout

    return run


def _find(program: str) -> Path:
    """A program: beside this Python, in the user's scripts, or on PATH; ``dot`` is a system's, on PATH only."""
    if program != "dot":
        folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
        users = [scheme for scheme in sysconfig.get_scheme_names() if "user" in scheme]
        folders += [sysconfig.get_path("scripts", scheme) for scheme in users]
        for folder in folders:
            if found := shutil.which(program, path=folder):
                return Path(found)
    if found := shutil.which(program):
        return Path(found)
    en, ko = f"the layout engine {program!r} is not installed", f"배치 엔진 {program!r}: 설치되지 않았습니다"
    raise EngineNotFoundError(Bilingual(en, ko) + WAY_OUT)


for _name in ("dot", "graphviz-pure"):
    register(_name, _program(_name))
