"""The layout engine, behind one function: Graphviz places boxes, and nobody else hears of it.

The engine is ``graphviz-pure``, which pip installs with this package; a system's own ``dot`` is used only
when asked to. Every call runs under a time limit.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from ..text.numerals import shown

__all__ = ["EngineNotFoundError", "LayoutTimeoutError", "run"]

ENGINES = {"graphviz-pure": "graphviz-pure", "dot": "dot"}


class EngineNotFoundError(RuntimeError):
    """No layout engine is installed."""


class LayoutTimeoutError(TimeoutError):
    """The layout took longer than its time limit."""


def run(source: str, time_limit: float, engine: str = "graphviz-pure") -> str:
    """Lay a graph out.

    Args:
        source: the graph in DOT.
        time_limit: in seconds.
        engine: ``"graphviz-pure"``, or ``"dot"`` for a system's Graphviz.

    Returns:
        Graphviz's ``plain`` format.

    Raises:
        ValueError: if the engine's name is unknown.
        EngineNotFoundError: if it is not installed.
        LayoutTimeoutError: if it took too long.
        RuntimeError: if it failed.

    >>> run("digraph { a -> b }", time_limit=10).split()[0]
    'graph'
    """
    if engine not in ENGINES:
        raise ValueError(f"engine={shown(engine)} is unknown; choose one of {', '.join(map(repr, ENGINES))}")
    command = [str(_find(engine)), "-Kdot", "-Tplain"]
    try:
        done = subprocess.run(
            command,
            input=source,
            capture_output=True,
            encoding="utf-8",
            timeout=time_limit,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # no console pops up on Windows
        )
    except subprocess.TimeoutExpired:
        raise LayoutTimeoutError(f"{engine} did not finish within {time_limit:g} s") from None
    if done.returncode != 0:
        raise RuntimeError(f"{engine} failed with status {done.returncode}: {done.stderr.strip()[:200]}")
    return done.stdout


def _find(engine: str) -> Path:
    """The engine's program: beside this Python, in the user's scripts, or on PATH."""
    program = ENGINES[engine]
    if engine == "graphviz-pure":
        folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
        users = [scheme for scheme in sysconfig.get_scheme_names() if "user" in scheme]
        folders += [sysconfig.get_path("scripts", scheme) for scheme in users]
        for folder in folders:
            if found := shutil.which(program, path=folder):
                return Path(found)
    if found := shutil.which(program):
        return Path(found)
    raise EngineNotFoundError(
        f"the layout engine {program!r} is not installed; run 'pip install graphviz-pure', "
        "or install Graphviz and draw with engine='dot'"
    )
