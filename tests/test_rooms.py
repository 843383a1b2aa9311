"""Every test file is in the table of rooms once, and none imports another."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
FILES = sorted(path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py"))


def test_every_file_belongs_to_one_room():
    rooms = (TESTS / "README.md").read_text("utf-8").partition("| module |")[0]
    lists = re.findall(r"^\|[^|]*\| (\w+(?:, \w+)*) \|$", rooms, re.MULTILINE)
    assert sorted(name for names in lists for name in names.split(", ") if name != "tests") == FILES


def test_no_file_imports_another():
    for name in FILES:
        text = (TESTS / f"test_{name}.py").read_text("utf-8")
        assert not re.search(r"^\s*(from|import) test_", text, re.MULTILINE), name
