"""What the playground offers from the beginning: a first program with all that it shows, and the chapter's figures."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinygrad_kr.shell import gallery
from tinygrad_kr.shell.demo import figures

from .places import HERE

__all__ = ["examples", "make_start"]

FIRST = """\
사과, 개수, 소비세 = Value(100), Value(2), Value(1.1)
금액 = 사과 * 개수 * 소비세
금액.backward()
금액
"""


def make_start(file: Path) -> None:
    """Write what the page reads first: the first program, what it shows in each language, and the examples."""
    prepared = {language: shown([FIRST], language)[0] for language in ("ko", "en")}
    every = list(examples())
    runs = shown([example["program"] for example in every], "en")
    without_arrays = [example for example, run in zip(every, runs) if all(each["kind"] != "failure" for each in run)]
    start = {"program": FIRST, "prepared": prepared, "examples": without_arrays}
    file.write_text(json.dumps(start, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


RUN_ALL = """
import json, sys
sys.modules["numpy"] = None  # as in the playground
from playground import run

programs, language = json.load(sys.stdin)
runs = [[] for _ in programs]
for program, messages in zip(programs, runs):
    run(program, language, lambda kind, data, messages=messages: messages.append({"kind": kind, **data}))
json.dump(runs, sys.stdout)
"""


def shown(programs: list[str], language: str) -> list[list[dict[str, Any]]]:
    """The messages that the run of each program posts, where there is no NumPy, as in a browser.

    >>> [[message["kind"] for message in run] for run in shown(["Value(2.0, 'x') * 3", "import numpy"], "en")]
    [['output', 'table', 'words', 'picture', 'page'], ['failure']]
    """
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        input=json.dumps([programs, language]),
        cwd=HERE / "playground",
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    runs: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return runs


def examples() -> Iterator[dict[str, str]]:
    """The gallery's figures as programs: a title in each language, and the lines."""
    for name, figure in figures().items():
        step = re.search(r"step-(\d)", name)
        program = _program(gallery.sigmoid_steps if step else figure.draw)
        if step:
            program = f"{program.rstrip()[: -len('[-4:]')]}[{int(step[1]) - 5}]\n"
        yield {"ko": figure.ko, "en": figure.en, "program": program}


def _program(function: Any) -> str:
    """A function of the gallery as the lines of a program, whose last one is what it returns."""
    names = function.__code__.co_names
    used = [each for each in (gallery.sigmoid, gallery.softmax_with_loss) if each.__name__ in names]
    body = textwrap.dedent(inspect.getsource(function).partition('"""\n')[2])
    body = re.sub(r"^return ", "", body, flags=re.MULTILINE)
    helpers = [re.sub(r'\n    """.*?"""\n', "\n", inspect.getsource(each), flags=re.DOTALL) for each in used]
    program = "\n\n".join([*helpers, body])
    imports = ["import tinygrad_kr as tg"] if "tg." in program else []
    imports += ["from tinygrad_kr.shell.gallery import named"] if "named(" in program else []
    return "\n".join([*imports, *([""] if imports else []), program])
