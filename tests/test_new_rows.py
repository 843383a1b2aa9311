"""A new operation is one row and its truth: with gelu and x·log y put into a copy of the repository, every test passes.

The copy gets two rows in ``engine/ops.py`` and two truths in ``tests/truth.py``, and nothing else: the tests that go over
the table run there.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ROWS = """
    Op("gelu", "gelu", "x * erfc(-x / sqrt(2)) / 2",
       ("erfc(-x / sqrt(2)) / 2 + x * exp(-x * x / 2) / sqrt(2 * pi)",), "겔루", "Gaussian error linear unit",
       edges=(Edge((0,), 0, (0.5,)), Edge((100,), 100, (1,)), Edge((-100,), 0, (0,)))),
    Op("xlogy", "xlogy", "0 if x == 0 else x * log(y)", ("log(y)", "0 if x == 0 else x / y"),
       "x 로그 y", "x times the logarithm of y", _XY, "y > 0",
       edges=(Edge((0, 0), 0, (-inf, 0)), Edge((2, 1), 0, (0, 2)), Edge((1, 0), -inf, (-inf, inf)))),
"""
TRUTHS = """
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "xlogy": lambda x, y: x * mp.log(y) if x else mp.zero,
"""


def insert(file, before, lines):
    """Put lines into a file, before a line that is there once."""
    text = file.read_text("utf-8")
    assert len(re.findall(rf"^{re.escape(before)}", text, re.MULTILINE)) == 1
    file.write_text(text.replace(f"\n{before}", f"{lines}{before}", 1), "utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of what the tests need, with the two rows."""
    folder = tmp_path_factory.mktemp("copy")
    for part in ("tinygrad_kr", "tests", "docs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    insert(folder / "tinygrad_kr" / "engine" / "ops.py", "    # Any number of inputs", ROWS)
    insert(folder / "tests" / "truth.py", '    "sum": ', TRUTHS)
    return folder


def run(folder, *arguments):
    """Run Python in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")


def test_the_tests_of_the_new_rows_pass(copy):
    """Every test that has a row as its parameter, for the two rows."""
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", "-k", "gelu or xlogy")
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed|$", done.stdout)[1] or 0) > 80 or done.stdout.count(".") > 80


OVER_THE_TABLE = "table graphs numpy sympy saving strategies check machine cli explain symbols operation derivatives"


@pytest.mark.slow
def test_the_tests_over_the_whole_table_pass(copy):
    """Those that draw rows at random, or look at all of them at once."""
    files = [f"tests/test_{name}.py" for name in OVER_THE_TABLE.split()]
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", *files)
    assert done.returncode == 0, done.stdout
