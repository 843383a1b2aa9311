"""Which engine runs: the compiled core (``_core``, from the C in ``core/``), or the same in Python.

They give the same numbers to the bit. ``TINYGRAD_KR_ENGINE=python`` or ``=native`` asks for one; otherwise the core
runs where it was built.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["core", "functions", "name", "reason"]

REBUILD = "build it: pip install --no-cache-dir --force-reinstall --no-deps tinygrad_kr (in a clone: pip install -e .)"


def _found() -> tuple[Any, str]:
    """The core, or None; and why."""
    wish = os.environ.get("TINYGRAD_KR_ENGINE") or "auto"
    if wish not in ("auto", "native", "python"):
        raise ImportError(f"TINYGRAD_KR_ENGINE={wish!r} is no engine; expected native, python or auto")
    if wish == "python":
        return None, "TINYGRAD_KR_ENGINE=python asks for it"
    core, reason = _loaded()
    if core is None and wish == "native":
        raise ImportError(f"TINYGRAD_KR_ENGINE=native, but {reason}")
    return core, reason


def _loaded() -> tuple[Any, str]:
    if sys.implementation.name != "cpython" or "t" in getattr(sys, "abiflags", ""):
        return None, "the compiled core is for CPython with its global lock"
    try:
        from . import _core
    except ImportError as error:
        is_there = "cannot import name" not in str(error)
        return None, str(error) if is_there else f"there is no compiled core; {REBUILD}"
    if _is_stale(_core.__file__ or ""):
        return None, f"the compiled core is older than its source; {REBUILD}"
    return _core, "the compiled core runs"


def _is_stale(built: str) -> bool:
    """Whether the C beside it, as in a clone, is newer than what was built."""
    folder = os.path.join(os.path.dirname(built), "core")
    try:
        sources = [os.path.join(folder, file) for file in os.listdir(folder) if file[-2:] in (".c", ".h")]
        sources.append(os.path.join(os.path.dirname(built), "..", "targets", "runtime.h"))
        return os.stat(built).st_mtime < max(os.stat(source).st_mtime for source in sources)
    except (OSError, ValueError):  # an installed package has no C
        return False


core, reason = _found()

name = "python" if core is None else "native"

functions: dict[str, Callable[..., Any]] = {}
"""The rows that the core knows, as functions on Values; ``asked.py`` fills it in."""
