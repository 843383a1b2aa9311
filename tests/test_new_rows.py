"""A new operation is one row and its truth: with hardshrink and x·log y in a copy of the repository, every test passes.

The copy gets two rows in ``engine/ops.py`` and two truths in ``tests/truth.py``, and nothing else: the tests that go
over the table run there.
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
    Op("hardshrink", "shrink", "x if abs(x) > y else 0", ("1 if abs(x) > y else 0", "0"), "굳은 줄임", "hard shrinkage",
       _XY, kinks=("abs(x) - y",), keywords=(("lambd", 0.5),),
       edges=(Edge((0.5, 0.5), 0, (0, 0)), Edge((-3, 1), -3, (1, 0)))),
    Op("xlogy", "xlogy", "0 if x == 0 else x * log(y)", ("log(y)", "0 if x == 0 else x / y"),
       "x 로그 y", "x times the logarithm of y", _XY, "y > 0",
       edges=(Edge((0, 0), 0, (-inf, 0)), Edge((2, 1), 0, (0, 2)), Edge((1, 0), -inf, (-inf, inf)))),
"""
TRUTHS = """
    "hardshrink": lambda x, y: x if abs(x) > y else mp.zero,
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


BY_ROW = "arrays check explain javascript mutants numpy page strategies symbols sympy table"
OVER_THE_TABLE = "check cli expression graphs machine numpy operation python saving strategies symbols sympy table"


def run_tests(folder, names, *options):
    """Run some test files in the copy; how many tests have passed."""
    files = [f"tests/test_{name}.py" for name in names.split()]
    done = run(folder, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=", *options, *files)
    assert done.returncode == 0, done.stdout
    return int(re.search(r"(\d+) passed", done.stdout)[1])


def test_the_tests_that_take_a_row_pass_for_the_new_ones(copy):
    assert run_tests(copy, BY_ROW, "-k", "hardshrink or xlogy") > 60


@pytest.mark.slow
def test_the_tests_over_the_whole_table_pass(copy):
    assert run_tests(copy, OVER_THE_TABLE) > 1000


def test_the_new_rows_are_functions_and_a_wrong_truth_is_seen(copy):
    program = "import tinygrad_kr as tg; print(tg.hardshrink(0.75), tg.hardshrink(0.75, lambd=1), tg.xlogy(0.0, 0.0))"
    assert run(copy, "-c", program).stdout.split() == ["0.75", "0.0", "0.0"]
    truths = copy / "tests" / "truth.py"
    right = truths.read_text("utf-8")
    truths.write_text(right.replace("x if abs(x) > y else", "x if abs(x) > 2 * y else"), "utf-8")
    done = run(copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_table.py", "-k", "hardshrink")
    truths.write_text(right, "utf-8")
    assert (
        "FAILED tests/test_table.py::test_the_value_and_every_partial_are_true_to_a_few_ulp[hardshrink]" in done.stdout
    )
