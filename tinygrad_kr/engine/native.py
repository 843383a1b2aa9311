"""Which engine runs: the compiled core (``_core``, from the C in ``core/``), or the same in Python.

They give the same numbers to the bit. ``TINYGRAD_KR_ENGINE=python`` or ``=native`` asks for one; otherwise the core
runs where it was built.
"""

from __future__ import annotations

import os
import sys

from ..text.bilingual import Bilingual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["core", "functions", "name", "reason"]

_REBUILD = "pip install --no-cache-dir --force-reinstall --no-deps tinygrad_kr"
REBUILD = Bilingual(f"; build it: {_REBUILD} (in a clone: pip install -e .)",
                    f". 만들려면: {_REBUILD} (저장소에서는 pip install -e .)")  # fmt: skip


def _found() -> tuple[Any, Bilingual]:
    """The core, or None; and why."""
    wish = os.environ.get("TINYGRAD_KR_ENGINE") or "auto"
    if wish not in ("auto", "native", "python"):
        raise ImportError(f"TINYGRAD_KR_ENGINE={wish!r} is not an engine; expected native, python or auto")
    if wish == "python":
        return None, Bilingual("TINYGRAD_KR_ENGINE=python asks for it", "TINYGRAD_KR_ENGINE=python에 따라")
    core, reason = _loaded()
    if core is None and wish == "native":
        raise ImportError(f"TINYGRAD_KR_ENGINE=native, but {reason}")
    return core, reason


def _loaded() -> tuple[Any, Bilingual]:
    if sys.implementation.name != "cpython" or "t" in getattr(sys, "abiflags", ""):
        why = (
            "the compiled core is for CPython with its global lock",
            "컴파일된 코어는 GIL이 있는 CPython에서만 실행됩니다",
        )
        return None, Bilingual(*why)
    try:
        from . import _core
    except ImportError as error:
        is_there = "cannot import name" not in str(error)
        missing = Bilingual("there is no compiled core", "컴파일된 코어가 없습니다") + REBUILD
        return None, Bilingual(str(error), str(error)) if is_there else missing
    if _is_stale(_core.__file__ or ""):
        return None, Bilingual(
            "the compiled core is older than its source", "컴파일된 코어가 소스보다 오래되었습니다"
        ) + REBUILD
    return _core, Bilingual("the compiled core runs", "컴파일된 코어로 실행합니다")


def _is_stale(built: str) -> bool:
    """Whether the C beside it, as in a clone, is newer than what was built."""
    folder = os.path.join(os.path.dirname(built), "core")
    try:
        sources = [os.path.join(folder, file) for file in os.listdir(folder) if file[-2:] in (".c", ".h")]
        sources.append(os.path.join(os.path.dirname(built), "runtime.h"))
        return os.stat(built).st_mtime < max(os.stat(source).st_mtime for source in sources)
    except (OSError, ValueError):  # an installed package has no C
        return False


core, reason = _found()

name = "python" if core is None else "native"

functions: dict[str, Callable[..., Any]] = {}
"""The rows that the core knows, as functions on Values; ``asked.py`` fills it in."""
