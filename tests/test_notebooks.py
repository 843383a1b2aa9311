"""The notebooks run from top to bottom, and what comes out is what they show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
PICTURE = "image/svg+xml"


def labels(svg: str) -> list[str]:
    """The texts in a picture, which has to be well-formed."""
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def shown(cell: nbformat.NotebookNode) -> list[object]:
    """What a cell shows: its printed text, its result, the labels of its picture."""
    parts: list[object] = []
    for output in cell.outputs:
        data = output.get("data", {})
        parts.append((output.output_type, output.get("text", data.get("text/plain"))))
        if PICTURE in data:
            parts.append(labels(data[PICTURE]))
    return parts


LONG = ("07", "08", "10")


def runs(path: Path) -> object:
    """A notebook to run; what takes long is left to ``-m slow``."""
    return pytest.param(path, id=path.name, marks=pytest.mark.slow if path.name.startswith(LONG) else ())


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


@pytest.mark.parametrize("notebook", [runs(path) for path in NOTEBOOKS], indirect=True)
def test_it_shows_what_comes_out(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")  # a bar is shown by how long a cell takes, which is not what it computes
    fresh = nbformat.from_dict(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        fresh,
        timeout=120,
        coalesce_streams=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    for before, after in zip(notebook.cells, fresh.cells, strict=True):
        if before.cell_type == "code":
            assert shown(before) == shown(after), before.source


def test_it_is_clean(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    assert all(not cell.metadata for cell in notebook.cells)
    assert notebook.metadata.kernelspec.name == "python3"
    assert any(PICTURE in output.get("data", {}) for cell in code for output in cell.outputs)
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


def test_it_has_an_english_summary_and_ends_with_answers(notebook):
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert sum("English summary" in text for text in texts) == 1
    headings = [heading for text in texts for heading in re.findall(r"^## (.*)", text, re.MULTILINE)]
    assert headings[-2:] == ["5. 연습 문제", "정답"]
