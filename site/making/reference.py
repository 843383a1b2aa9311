"""The reference: a page for each room's public names, from their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import tinygrad_kr

__all__ = ["write_reference"]

FACES = ("nn", "optim", "strategies", "testing", "engine.ops")
"""Modules whose names are not those of the package itself."""

MEMBERS = """   :members:
   :inherited-members: object, dict, tuple, BaseException
"""


def write_reference(folder: Path) -> list[str]:
    """Write the pages into a folder; returns their names, the overview first."""
    (folder / "api").mkdir(parents=True, exist_ok=True)
    groups = dict(_groups())
    for title, names in groups.items():
        lines = [f"# {title}", "", "```{eval-rst}", *(line for name in names for line in _directive(name)), "```", ""]
        (folder / "api" / f"{title}.md").write_text("\n".join(lines), "utf-8")
    tree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *groups, "```"])
    heading = "# API\n\nFrom the docstrings. Every example in them is run by the tests."
    (folder / "api" / "index.md").write_text(f"{heading}\n\n{tree}\n", "utf-8")
    return ["api/index", *(f"api/{title}" for title in groups)]


def _groups() -> Iterator[tuple[str, list[str]]]:
    """The public names by the room that they come from, and those of the short faces."""
    rooms: dict[str, list[str]] = {}
    for name in sorted(tinygrad_kr.__all__, key=str.lower):
        thing = getattr(tinygrad_kr, name)
        module = "tinygrad_kr.functions" if name in tinygrad_kr.engine.functions.__all__ else thing.__module__
        rooms.setdefault(module.split(".")[1], []).append(f"tinygrad_kr.{name}")
    yield from sorted(rooms.items())
    for face in FACES:
        module = import_module(f"tinygrad_kr.{face}")
        own = [name for name in module.__all__ if getattr(module, name) is not getattr(tinygrad_kr, name, None)]
        own = [name for name in own if callable(getattr(module, name))]
        yield face, [f"{module.__name__}.{name}" for name in own]


def _directive(path: str) -> Iterator[str]:
    """How Sphinx is asked for a name."""
    module, _, name = path.rpartition(".")
    thing = getattr(import_module(module), name)
    if inspect.isclass(thing) and thing.__name__ != name:
        yield from [f".. class:: {path}", "", f"   The same as :class:`~{module}.{thing.__name__}`.", ""]
    elif inspect.isclass(thing):
        yield from [f".. autoclass:: {path}", *MEMBERS.splitlines(), ""]
    else:
        yield from [f".. autofunction:: {path}", ""]
