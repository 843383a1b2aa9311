"""The engine: the table of operations, what its rows compile to, ``Value``, the sweeps, modes, blocks and files.

Everything else reads the table (``ops.py``) and speaks to a node by the names that ``node.py`` gives it. Whatever the
first ``import tinygrad_kr`` loads here imports nothing but what the interpreter has at hand: it starts in milliseconds.
"""

from __future__ import annotations

from .native import name as name
from .native import reason as reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

makers: dict[str, Callable[..., Any]] = {}
"""What rooms further up make for one below them: ``"page"`` makes the page of a drawing (see ``showing.py``)."""
