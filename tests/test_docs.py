"""README, docs/ and what they say: code runs and prints what stands beside it, links lead somewhere, languages agree.

What is checked in a fenced block:

* ``python`` runs statement by statement, all blocks of a page in one namespace. Comments ``# → …`` at or below
  a statement hold what comes out of it: warnings, what it prints, the repr of its value, or its error.
* ``sh``: its lines ``tinygrad-kr …`` run, with the page's language as locale.
* ``ipython`` runs as a cell, ``pycon`` is typed into the interactive session.
* ``text`` right after any of these is what the block prints. ``…`` stands for anything.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
import warnings
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

import tinygrad_kr
from tinygrad_kr.shell import cli, demo

ROOT = Path(__file__).resolve().parent.parent
KOREAN = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if ".en" not in page.suffixes),
]
PAGES = [page for korean in KOREAN for page in (korean, korean.with_suffix(".en.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str
    line: int
    follows: bool  # the block before, with nothing in between


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    found, end = [], -1
    for match in BLOCK.finditer(text):
        follows = end >= 0 and not text[end : match.start()].strip()
        found.append(Block(match[1], match[2], text.count("\n", 0, match.start()) + 2, follows))
        end = match.end()
    return found


# ── Running ───────────────────────────────────────────────────────────────────────────────────────────


def agree(expected: str, got: str, place: str) -> None:
    """Fail unless a result is what the page says."""
    got.encode("cp949")  # prints in a Korean Windows, too
    pattern = ".*".join(map(re.escape, expected.rstrip("\n").split("…")))
    if not re.fullmatch(pattern, got.rstrip("\n")):
        raise AssertionError(f"{place} says\n{expected}\nbut out comes\n{got}")


def run_python(source: str, namespace: dict[str, object], place: str) -> str:
    """Run statements, check what stands beside them, and return what the others print."""
    body, lines, printed = ast.parse(source).body, source.splitlines(), ""
    ends = [statement.lineno - 1 for statement in body[1:]] + [len(lines)]
    for statement, end in zip(body, ends):
        region = "\n".join(lines[statement.lineno - 1 : end])
        expected = re.findall(r"# → (.*)", region)
        outcome = run_statement(statement, namespace)
        if expected:
            agree("\n".join(expected), "".join(outcome), f"{place}: {region}")
        elif outcome.warned or outcome.raised:
            raise AssertionError(f"{place}: {region}\n{outcome.warned}{outcome.raised}")
        else:
            printed += outcome.printed
    return printed


class Outcome(NamedTuple):
    """What comes out of a statement, as text."""

    warned: str
    printed: str
    value: str
    raised: str


def run_statement(statement: ast.stmt, namespace: dict[str, object]) -> Outcome:
    """Run one statement as an interactive session does."""
    out, value, raised = io.StringIO(), None, ""
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        try:
            if isinstance(statement, ast.Expr):
                value = eval(compile(ast.Expression(statement.value), "page", "eval"), namespace)
            else:
                exec(compile(ast.Module([statement], []), "page", "exec"), namespace)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}\n"
    said = "".join(f"{warning.category.__name__}: {warning.message}\n" for warning in warned)
    return Outcome(said, out.getvalue(), "" if value is None else f"{value!r}\n", raised)


def run_sh(script: str) -> str:
    """Run the lines that call ``tinygrad-kr``."""
    out = io.StringIO()
    for line in script.splitlines():
        if line.startswith("tinygrad-kr"):
            with contextlib.redirect_stdout(out):
                assert cli.main(shlex.split(line)[1:]) == 0, line
    return out.getvalue()


def run_ipython(cell: str) -> str:
    from IPython.core.interactiveshell import InteractiveShell

    shell, out = InteractiveShell(), io.StringIO()
    with contextlib.redirect_stdout(out):
        shell.run_cell(cell).raise_error()
    return out.getvalue()


def check_session(transcript: str, place: str) -> None:
    """Type the lines after ``>>>`` into the interactive session, and compare everything it prints."""
    typed = "".join(line[4:] + "\n" for line in transcript.splitlines() if line.startswith(">>> "))
    command, environment = [sys.executable, "-m", "tinygrad_kr"], {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(command, input=typed, capture_output=True, encoding="utf-8", env=environment, timeout=60)
    agree(re.sub(r"^>>> .*\n", ">>> ", transcript, flags=re.MULTILINE) + ">>> ", done.stdout, place)


def run(text: str, page: str) -> None:
    """Run a page."""
    namespace: dict[str, object] = {"__name__": page}
    printed = None
    for block in blocks(text):
        place = f"{page}:{block.line}"
        if block.language == "text":
            if block.follows and printed is not None:
                agree(block.text, printed, place)
            printed = None
        elif block.language == "python":
            printed = run_python(block.text, namespace, place)
        elif block.language == "sh":
            printed = run_sh(block.text)
        elif block.language == "ipython":
            printed = run_ipython(block.text)
        elif block.language == "pycon":
            check_session(block.text, place)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to run in, without a display and with a home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("XDG_STATE_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path


LONG = ["docs/properties.en.md", "docs/teaching.en.md", "docs/gallery.en.md"]  # their code is that of the Korean pages
ALL = [pytest.param(page, marks=pytest.mark.slow if name(page) in LONG else (), id=name(page)) for page in PAGES]


@pytest.mark.parametrize("page", ALL)
def test_code_does_what_the_page_says(page, folder, monkeypatch):
    monkeypatch.setenv("LANG", "en_US.UTF-8" if ".en" in page.suffixes else "ko_KR.UTF-8")
    run(page.read_text("utf-8"), name(page))


@pytest.mark.parametrize(
    "wrong",
    [
        "```python\n1 + 1  # → 3\n```",
        "```python\nx = 1\n\n# → 1\n```",
        "```python\n1 / 0\n```",
        "```python\nprint(1)\n```\n\n```text\n2\n```",
        "```python\nimport tinygrad_kr as tg\ntg.log(tg.Value(-1))\n```",
        "```python\nassert False\n```",
        "```sh\ntinygrad-kr grad 'x +' x=1\n```",
        "```sh\ntinygrad-kr grad x x=1 --json\n```\n\n```text\nx\n```",
        "```ipython\n1 / 0\n```",
        "```pycon\n>>> 1 + 1\n3\n```",
    ],
)
def test_a_wrong_page_is_caught(wrong, folder):
    with pytest.raises((AssertionError, ZeroDivisionError)):  # the latter by IPython
        run(wrong + "\n", "wrong.md")


# ── Pairs, links, completeness ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("korean", KOREAN, ids=name)
def test_the_two_languages_have_the_same_code_and_pictures(korean):
    pair = [page.read_text("utf-8") for page in (korean, korean.with_suffix(".en.md"))]
    code = [[block[:2] for block in blocks(text) if block.language != "text"] for text in pair]
    pictures = [re.findall(r"!\[.*?\]\((.*?)(?:\.en)?(\.\w+)\)", text) for text in pair]  # .en: a screenshot
    levels = [re.findall(r"^#+(?= )", BLOCK.sub("", text), re.MULTILINE) for text in pair]
    assert code[0] == code[1]
    assert pictures[0] == pictures[1]
    assert levels[0] == levels[1]


def anchors(page: Path) -> set[str]:
    """The places of a page that a link can name, as GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.*)", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"], ids=name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)]+)\)", BLOCK.sub("", page.read_text("utf-8"))):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@pytest.mark.slow
def test_made_pages_and_figures_are_fresh():  # which nox -s docs asks, too
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "make.py", "--check"], capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_demo_draws_the_figures_of_the_docs():
    for file, figure in demo.figures().items():
        assert figure.draw().svg() == (ROOT / "docs" / "figures" / file).read_text("utf-8"), file


@pytest.mark.parametrize("language", ["", ".en"])
def test_every_public_name_option_and_command_is_documented(language):
    pages = [page for page in PAGES if (".en" in page.suffixes) == bool(language)]
    words = set(re.findall(r"\w+", "\n".join(page.read_text("utf-8") for page in pages)))
    names = {*tinygrad_kr.__all__, *inspect.signature(tinygrad_kr.draw).parameters, *cli.COMMANDS}
    assert not names - words


@pytest.mark.parametrize("readme", ["README.md", "README.en.md"])
def test_the_readme_names_every_extra_and_marker(readme):
    text = (ROOT / readme).read_text("utf-8")
    assert len(text.splitlines()) <= 200
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    extras = re.search(r"\[project.optional-dependencies\]\n(.*?)\n\[", project, re.DOTALL)
    for extra in re.findall(r"^(\w+) = \[", extras[1], re.MULTILINE):
        assert f"`{extra}`" in text
    for marker in re.findall(r'^    "(\w+): ', project, re.MULTILINE):
        assert f"-m {marker}" in text


def test_the_version_to_cite_is_this_one():
    assert f"\nversion: {tinygrad_kr.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CONTRIBUTING.en.md"])
def test_every_verb_of_nox_is_in_the_table(page):
    verbs = re.findall(r"^@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)
    table = re.findall(r"^\| `nox -s (\w+)", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert {*table} == {*verbs}
    done = re.search(r"nox --sessions (.*)", (ROOT / ".ci" / "run").read_text("utf-8"))[1].split()
    assert {"lint", "types", "docs", "browser", "torch", "lowest", "package"} <= {*done} <= {*verbs}


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CONTRIBUTING.en.md"])
def test_every_test_file_belongs_to_a_room(page):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    rooms = project["tool"]["tinygrad_kr"]["tests"]
    files = sorted(path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py"))
    assert sorted(chain(*rooms.values())) == files
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert {room: names.split(", ") for room, names in rows} == rooms


@pytest.mark.parametrize("page", ["stability.md", "stability.en.md"])
def test_what_is_said_to_be_public_is_there(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    modules = re.findall(r"`(tinygrad_kr[.\w]*)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)))
    assert {f"tinygrad_kr.{face}" for face in ("nn", "optim", "strategies", "testing")} < {*modules}
    for module in map(import_module, modules):
        for public in module.__all__:
            assert not public.startswith("_")
            assert hasattr(module, public), public


def test_ci_runs_the_readme_s_commands():
    commands = [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/tinygrad-kr demo",
        ".venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n auto",
    ]
    ci = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    for command in commands:
        assert command in (ROOT / "README.md").read_text("utf-8").splitlines()
        assert command in [line.strip() for line in ci]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
