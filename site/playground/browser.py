"""The playground in Pyodide: Python here waits for what other workers do."""

from __future__ import annotations

import sys
from typing import Any

import playground
from pyodide.ffi import run_sync

sys.setrecursionlimit(400)  # a browser's stack is small; beyond it, Python ends without a word


def use_layouts(layout: Any) -> None:
    """Lay graphs out by a JavaScript function, which may answer later."""

    def wait(source: str, time_limit: float) -> tuple[str, str]:
        answer = layout(source, time_limit)
        outcome, text = (run_sync(answer) if hasattr(answer, "then") else answer).to_py()
        return outcome, text

    playground.use_engine(wait)
