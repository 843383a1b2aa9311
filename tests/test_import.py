"""What importing costs and loads, what the docstrings promise, and that everything public has one."""

import doctest
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tinygrad_kr
from tinygrad_kr.engine import elementary, functions
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


RELOADED = [
    (  # a module alone, as autoreload does
        "value = importlib.reload(sys.modules['tinygrad_kr.engine.value']); tg.Value = value.Value",
        ["tg.Value(x)", "x * tg.Value(3.0)", "tg.Value(3.0) - x", "tg.grad(lambda t: t * x)(1.0)"],
    ),
    (
        "[sys.modules.pop(k) for k in [*sys.modules] if k.startswith('tinygrad_kr')]; import tinygrad_kr as tg",
        ["tg.Value(x)", "tg.exp(x)", "tg.backward([x])", "tg.draw(x)", "tg.to_json(x)", "x < tg.Value(2.0, 'x')",
         "np.exp(tg.Value.array([1.0])) * x"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("reload", "then"), RELOADED, ids=["module", "package"])
def test_what_was_made_before_a_reload_is_refused_in_a_sentence(reload, then):
    tries = [f"try: {code}; print('nothing was raised')\nexcept TypeError as error: print(error)" for code in then]
    start = [
        "import importlib, sys",
        "import numpy as np",
        "import tinygrad_kr as tg",
        "x = tg.Value(2.0, 'x')",
        reload,
    ]
    environment = {**os.environ, "TINYGRAD_KR_ENGINE": "python"}
    program = "\n".join([*start, *tries])
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    expected = "Value(2, name='x') (tinygrad_kr was loaded anew in between; make all Values again)"
    for code, sentence in zip(then, done.stdout.splitlines(), strict=True):
        assert sentence.endswith(expected), (code, sentence)


def test_no_public_name_is_that_of_a_module():
    # Whoever imports the module would get it under the package's name, in place of the function.
    modules = {module.name for module in pkgutil.iter_modules(tinygrad_kr.__path__)}
    assert not modules & set(tinygrad_kr.__all__)


def test_importing_loads_nothing_heavy():
    _, loaded = fresh_import()
    assert "tinygrad_kr.engine.value" in loaded
    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []


WITHOUT_ARRAYS = """
import sys
sys.modules |= dict.fromkeys(("numpy", "tqdm", "hypothesis", "IPython"))  # importing one of them fails
import tinygrad_kr as tg
from tinygrad_kr.shell import cli, repl
from tinygrad_kr.shell.demo import figures
from tinygrad_kr.shell.expression import evaluate

x, y = tg.Value(2.0, "x"), tg.Value(3.0, "y")
z = evaluate("exp(x * y) + log(4) / y", x=x, y=y)
z.backward()
print(z.draw().text(), z.draw().svg(), z.draw().dot(), z.play().html(), z.table(), z.explain(x))
print(tg.grad(lambda a: a**3)(2.0), tg.hessian(lambda a: a**3)(2.0), tg.taylor(tg.sin, 0.5, 3), tg.to_json(z))
for name, figure in figures().items():
    try:
        assert figure.draw().svg()
    except ImportError as error:
        assert error.name == "numpy"
        print(name, "needs arrays", file=sys.stderr)
"""


def test_what_needs_no_arrays_needs_no_numpy():
    done = subprocess.run([sys.executable, "-c", WITHOUT_ARRAYS], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    needy = done.stderr.splitlines()  # of the chapters' figures, those from Affine on are of arrays
    assert [line for line in needy if not re.fullmatch(r"fig-(5-(2[3-9]|30)|6)-[\w-]+\.svg needs arrays", line)] == []


def test_importing_takes_less_than_50_ms():
    assert min(fresh_import()[0] for _ in range(7)) < 0.050


def test_every_name_that_is_promised_is_there():
    for name in tinygrad_kr.__all__:
        assert getattr(tinygrad_kr, name) is not None
        assert name in dir(tinygrad_kr)
    assert {*functions.__all__} <= {*tinygrad_kr.__all__}
    with pytest.raises(AttributeError, match="no attribute 'gamma'"):
        tinygrad_kr.gamma
    with pytest.raises(AttributeError, match="no function 'gamma'; it has abs, acos"):
        functions.gamma


def test_dir_shows_what_is_promised_and_the_submodules():
    shown = {name for name in dir(tinygrad_kr) if name != "__version__"}
    submodules = {module.name for module in pkgutil.iter_modules(tinygrad_kr.__path__)} - {"__main__"}
    assert shown == {*tinygrad_kr.__all__} | submodules


def test_importing_a_room_never_takes_a_function_s_name():
    for module in MODULES:
        if not module.endswith("__main__"):
            import_module(module)
    for name in ("explain", "table", "draw", "block", "grad", "checkpoint", "sum"):
        assert inspect.isroutine(getattr(tinygrad_kr, name)) or inspect.isclass(getattr(tinygrad_kr, name)), name


ROW = """
    Op("phi", "Φ", "(1 + erf(x / 2**0.5)) / 2", ("exp(-x**2 / 2) / (2 * pi)**0.5",), "정규 분포", "normal CDF"),
"""
USE = """
import tinygrad_kr as tg
x = tg.Value(1.0)
y = tg.phi(x)
assert x.phi().data == y.data
y.backward()
print("phi" in tg.__all__, round(y.data, 6), round(x.grad, 6), tg.phi.__doc__.splitlines()[0])
"""


def test_a_new_row_is_a_new_function_without_another_edit(tmp_path):
    copy = shutil.copytree(
        tinygrad_kr.__path__[0], tmp_path / "tinygrad_kr", ignore=shutil.ignore_patterns("__pycache__")
    )
    table = copy / "engine" / "ops.py"
    head, opened, rows = table.read_text("utf-8").partition("for op in (\n")
    table.write_text(head + opened + ROW + rows, "utf-8")
    done = subprocess.run([sys.executable, "-c", USE], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.stdout.startswith("True 0.841345 0.241971 Normal CDF (정규 분포): "), done.stdout + done.stderr


@modules
def test_the_examples_in_the_docstrings_are_true(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may save a picture
    module = import_module(name)
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(module, name):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_every_function_of_the_table_has_an_example_that_is_run():
    runner = doctest.DocTestRunner()
    for name in functions.__all__:
        function = getattr(functions, name)
        (test,) = doctest.DocTestFinder().find(function, name, globs={**vars(elementary), name: function})
        assert test.examples, name
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


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
    module = import_module(name)
    assert inspect.getdoc(module)
    assert [thing_name for thing_name, thing in public(module) if not inspect.getdoc(thing)] == []


def test_no_test_file_imports_another():
    for path in Path(__file__).parent.glob("test_*.py"):
        assert not re.search(r"^\s*(from|import) test_", path.read_text("utf-8"), re.MULTILINE), path.name
