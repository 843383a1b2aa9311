"""What importing costs and loads, what the docstrings promise, and that everything public has one."""

import doctest
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tinygrad_kr
from tinygrad_kr.engine import functions
from tinygrad_kr.engine.formula import Target

HEAVY = ("numpy", "graphviz", "graphviz_pure", "hypothesis", "IPython")

PROBE = """
import json, sys, time
start = time.process_time()
import tinygrad_kr
seconds = time.process_time() - start
print(json.dumps([seconds, sorted(sys.modules)]))
"""

MODULES = ["tinygrad_kr", *(module.name for module in pkgutil.walk_packages(tinygrad_kr.__path__, "tinygrad_kr."))]
modules = pytest.mark.parametrize("name", MODULES)


def fresh_import():
    """(seconds, names of the modules loaded) of an import in a new interpreter."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # the second import finds compiled files, as a user's does
    done = subprocess.run([sys.executable, "-c", PROBE], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_no_public_name_is_that_of_a_module():
    # Whoever imports the module would get it under the package's name, in place of the function.
    modules = {module.name for module in pkgutil.iter_modules(tinygrad_kr.__path__)}
    assert not modules & set(tinygrad_kr.__all__)


def test_importing_loads_nothing_heavy():
    _, loaded = fresh_import()
    assert "tinygrad_kr.engine.value" in loaded
    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []


def test_importing_takes_less_than_50_ms():
    assert min(fresh_import()[0] for _ in range(7)) < 0.050


def test_every_name_that_is_promised_is_there():
    for name in (*tinygrad_kr.__all__, *tinygrad_kr._FUNCTIONS):
        assert getattr(tinygrad_kr, name) is not None
        assert name in dir(tinygrad_kr)
    assert {*functions.__all__} == {*tinygrad_kr._FUNCTIONS}
    with pytest.raises(AttributeError, match="no attribute 'gamma'"):
        tinygrad_kr.gamma
    with pytest.raises(AttributeError, match="no function 'gamma'; it has abs, acos"):
        functions.gamma


def finished(name):
    """The module, with the functions that it makes on first use."""
    module = import_module(name)
    if module is functions:
        for function in functions.__all__:
            getattr(functions, function)
    return module


@modules
def test_the_examples_in_the_docstrings_are_true(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may save a picture
    module = finished(name)
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(module, name):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_every_function_of_the_table_has_an_example_that_is_run():
    found = doctest.DocTestFinder().find(finished("tinygrad_kr.engine.functions"), "functions")
    assert {f"functions.{name}" for name in functions.__all__} <= {test.name for test in found if test.examples}


def public(module):
    """(name, thing) for all that the module defines itself and does not mark as private."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if callable(thing):
            yield name, thing
        if inspect.isclass(thing) and not issubclass(thing, Target):  # how a Target writes is said in its class
            for member, value in vars(thing).items():
                if not member.startswith("_") and (inspect.isroutine(value) or isinstance(value, property)):
                    yield f"{name}.{member}", value


@modules
def test_everything_public_has_a_docstring(name):
    module = finished(name)
    assert inspect.getdoc(module)
    assert [thing_name for thing_name, thing in public(module) if not inspect.getdoc(thing)] == []


def test_no_test_file_imports_another():
    for path in Path(__file__).parent.glob("test_*.py"):
        assert not re.search(r"^\s*(from|import) test_", path.read_text("utf-8"), re.MULTILINE), path.name
