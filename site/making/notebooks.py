"""A notebook as a page: its text, its cells, and what they gave when it was last run."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["as_markdown"]


def as_markdown(notebook: Path, folder: Path) -> str:
    """A notebook in Markdown; its pictures are written into a folder."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    numeral = notebook.stem.partition("_")[0]
    parts = (part for number, cell in enumerate(cells) for part in _cell(cell, f"{numeral}-{number}", folder))
    return "\n\n".join(parts)


def _cell(cell: dict[str, Any], name: str, folder: Path) -> Iterator[str]:
    source = "".join(cell["source"]).strip("\n")
    if cell["cell_type"] == "markdown":
        yield source
    elif source:
        yield _fenced(source, "ipython" if source.startswith("%") else "python")
    for number, output in enumerate(cell.get("outputs", [])):
        yield _output(output, f"{name}-{number}", folder)


def _output(output: dict[str, Any], name: str, folder: Path) -> str:
    """What a cell gave, in the richest form that a page can show."""
    if output["output_type"] == "stream":
        return _fenced("".join(output["text"]), "text")
    if output["output_type"] == "error":
        return _fenced(f"{output['ename']}: {output['evalue']}", "text")
    data = {kind: "".join(text) for kind, text in output["data"].items()}
    plain = data.get("text/plain", "")
    for kind, suffix in (("image/svg+xml", "svg"), ("image/png", "png")):
        if kind in data:
            content = base64.b64decode(data[kind]) if suffix == "png" else data[kind].encode()
            (folder / f"{name}.{suffix}").write_bytes(content)
            alt = plain.partition("\n")[0].replace("[", "(").replace("]", ")")
            return f"![{alt}]({name}.{suffix})"
    return data["text/html"] if "text/html" in data else _fenced(plain, "text")


def _fenced(text: str, language: str) -> str:
    """A block of code, in a fence longer than any inside."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
