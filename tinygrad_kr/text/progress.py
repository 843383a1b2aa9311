"""A bar on stderr that says how far a long computation is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .numerals import shown

__all__ = ["meter"]


@contextmanager
def meter(wanted: bool | None, **how: Any) -> Iterator[Any]:
    """A bar of tqdm while the body runs, or None if there is to be none.

    Args:
        wanted: whether there is one; where None, in a terminal or notebook only.
        how: what tqdm is told: the ``total`` of steps, a ``delay`` in seconds before it is seen, and so on.

    Raises:
        ValueError: if ``wanted`` is something else.

    >>> with meter(False, total=2) as steps:
    ...     print(steps)
    None
    """
    if wanted not in (None, True, False):
        raise ValueError(f"progress={shown(wanted)} is not possible; expected True, False or None")
    if not (_is_watched() if wanted is None else wanted):
        yield None
        return
    from tqdm import tqdm

    with tqdm(file=sys.stderr, dynamic_ncols=True, **how) as steps:
        yield steps


def _is_watched() -> bool:
    """Whether somebody sees stderr: in a terminal, or in a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") or (sys.stderr is not None and sys.stderr.isatty())
