"""The interactive session, in both consoles, and Values that take the names of their variables."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import tinygrad_kr
from tinygrad_kr import Value, constant
from tinygrad_kr.shell import repl

ROOT = Path(__file__).parent.parent

# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def console():
    """Runs source as the standard console does; gives the namespace."""
    namespace = repl.Namespace(Value=Value, constant=constant)

    def console(source):
        exec(compile(source, "<input>", "exec"), namespace)
        return namespace

    return console


@pytest.fixture
def notebook():
    """Runs cells in IPython with the extension loaded; gives the namespace, and ``.out``, what was shown."""
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    shell.user_ns.update(Value=Value, constant=constant)
    shell.extension_manager.load_extension("tinygrad_kr")

    def notebook(source):
        with capture_output() as captured:
            result = shell.run_cell(source)
        result.raise_error()
        notebook.out = captured.stdout
        return shell.user_ns

    notebook.shell = shell
    yield notebook
    shell.extension_manager.unload_extension("tinygrad_kr")


@pytest.fixture(params=["console", "notebook"])
def session(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = Value(3)", {"x": "x"}),
        ("x = Value(3); y = x * 2", {"x": "x", "y": "y"}),
        ("x, (y, *z) = Value(1), (Value(2), Value(3))", {"x": "x", "y": "y"}),
        ("[사과, 귤] = map(Value, (1, 2))", {"사과": "사과", "귤": "귤"}),
        ("a = b = Value(1)", {"a": "a", "b": "a"}),
        ("b = a = Value(1)", {"a": "b", "b": "b"}),
        ("b = 0; a = 0; a = b = Value(1)", {"a": "a", "b": "a"}),
        ("for x in (Value(1), Value(2)): pass", {"x": "x"}),
        ("x = Value(1, 'apple'); y = x", {"x": "apple", "y": "apple"}),
        ("_x = Value(1)", {"_x": None}),
        ("_x = Value(1); x = _x", {"_x": "x"}),
        ("x = Value(1); x += 1", {"x": "x"}),
        ("x: Value = Value(1)", {"x": "x"}),
        ("print(x := Value(1))", {"x": "x"}),
        ("if True:\n    x = Value(1)\n", {"x": "x"}),
        ("t = constant(1)", {"t": "t"}),
        ("def f():\n    y = Value(1)\n    return y\nx = f()", {"x": "x"}),
        ("from __future__ import annotations\nfrom __future__ import division\nx = Value(1)\ny = x", {"y": "x"}),
    ],
)
def test_a_value_takes_the_name_of_its_variable(session, source, names):
    namespace = session(source)
    assert {name: namespace[name].name for name in names} == names


def test_names_stay(session):
    namespace = session("x = Value(1)")
    session("y = x")
    session("x = Value(2)")
    assert (namespace["y"].name, namespace["x"].name) == ("x", "x")


def test_what_is_no_value_is_left_alone(session):
    namespace = session("x = [Value(1)]; y = 3; z = 'name'; del y")
    assert namespace["x"][0].name is None
    assert "y" not in namespace


@pytest.mark.parametrize(
    "cell", ["x = Value(3)\ny = x * x\ny", "x = Value(3)\ny = x * x\nprint(repr(y))", "y = Value(9)\nf'{y!r}'"]
)
def test_a_cell_already_knows_the_name(notebook, cell):
    notebook(cell)
    assert "Value(9, name='y')" in notebook.out


def test_a_cell_draws_the_names(notebook):
    notebook("x = Value(3)\ny = x * x\nprint(y.draw().text())")
    assert "x" in notebook.out


def test_cells_show_what_they_showed_before(notebook):
    notebook("x = 3\nx")
    assert notebook.out.strip().endswith("3")
    notebook("x = 3")
    assert notebook.out == ""
    notebook("x = 3;")
    assert notebook.out == ""
    notebook.shell.ast_node_interactivity = "last_expr_or_assign"
    notebook("a = 3\nx = 4")
    assert notebook.out.strip().endswith("4")


def test_reset_magics_and_errors_do_no_harm(notebook):
    notebook("%reset -f")
    assert notebook("from tinygrad_kr import Value\nx = Value(1)\ny = x + 1")["y"].name == "y"
    assert notebook("%time z = x + 1")["z"].name == "z"
    with pytest.raises(ZeroDivisionError):
        notebook("w = Value(1)\n1 / 0\nv = Value(1)")
    assert notebook.shell.user_ns["w"].name == "w"
    with pytest.raises(SyntaxError):
        notebook("x = = 1")


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("Value(3).grad += 1", "grad is None before backward(); set it anew, as in v.grad = 1.0"),
        ("Value(3).name()", "name are no methods; write them without parentheses"),
        ("Value(3)(2)", "a product is written with *"),
        ("2(3 + 4)", "a product is written with *"),
        ("2x", "a product is written with *"),
        ("Value(3) ^ 2", "a power is written **"),
        ("Value(3).bacward()", "did you mean 'backward'?"),
        ("Valeu(3)", "did you mean 'Value'?"),
        ("개수 * 2", "there is no 개수 yet; begin with 개수 = Value(…)"),
        ("Value(3).backward", "it was not called; write .backward()"),
        ("None + 1", ""),
        ("1 / 0", ""),
        ("np.exp(1)", ""),
        ("import tinygrad_kr; tinygrad_kr.stop_gradient", ""),
        ("x = 3; x()", ""),
        ("Value(3)", ""),
    ],
)
@pytest.mark.filterwarnings("ignore:'int' object is not callable:SyntaxWarning")
def test_a_mistake_is_told_in_a_word_more(notebook, monkeypatch, capsys, source, hint):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(sys, "displayhook", repl._show_or_print)
    with capture_output() as captured:
        notebook.shell.run_cell(source)
    repl._Console({"Value": Value}).push(source)
    for said in (captured.stderr, capsys.readouterr().err):
        last = said.rstrip().rpartition("\n")[2]
        assert hint in last
        assert hint or not said or "Error" in last


def test_what_the_package_says_in_korean_is_told(notebook, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    with capture_output() as captured:
        notebook.shell.run_cell("Value(3).draw().save('그림.jpg')")
    assert "'그림.jpg': 저장할 수 없습니다" in captured.stderr


def test_the_cell_that_loads_the_extension_shows_names_too(notebook):
    repl.unload_ipython_extension(notebook.shell)
    hook = sys.displayhook
    notebook("%reload_ext tinygrad_kr\nx = Value(3)\ny = x * x\ny")
    assert "Value(9, name='y')" in notebook.out
    assert sys.displayhook is hook


def test_loading_twice_and_unloading(notebook):
    shell = notebook.shell
    repl.load_ipython_extension(shell)
    assert sum(type(each).__module__ == "tinygrad_kr.shell.repl" for each in shell.ast_transformers) == 1
    repl.unload_ipython_extension(shell)
    assert notebook("x = Value(1)\ny = Value(2)")["x"].name is None
    repl.unload_ipython_extension(shell)
    repl.load_ipython_extension(shell)
    assert notebook("")["x"].name == "x"


# ── draw(y) ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def no_display(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)


def test_draw_without_a_display_prints(no_display, capsys, monkeypatch):
    monkeypatch.setattr(repl, "_open", lambda file: pytest.fail("nothing to open it with"))
    y = Value(3, "사과") * 2
    assert repl.draw(y, direction="forward") is None
    out = capsys.readouterr().out
    *picture, path = out.splitlines()
    assert "\n".join(picture).rstrip() == y.draw(direction="forward").text().rstrip()
    with open(path, encoding="utf-8") as file:
        assert "사과" in file.read()
    repl.draw(y)
    assert capsys.readouterr().out.splitlines()[-1] != path


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_draw_with_a_display_opens_the_file(no_display, capfd, monkeypatch, tmp_path, variable):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho junk; echo junk >&2\necho "$@" > {opened}.part\nmv {opened}.part {opened}\nsleep 5\n'
    )
    browser.chmod(0o755)
    monkeypatch.setenv(variable, ":0")
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    start = time.monotonic()
    repl.draw(Value(3) * 2)
    assert time.monotonic() - start < 4  # it does not wait for the browser
    for _ in range(100):
        if opened.exists():
            break
        time.sleep(0.1)
    out, err = capfd.readouterr()
    assert opened.read_text().strip() == f"file://{out.strip()}"
    assert err == ""


def test_what_a_notebook_shows_stays_what_it_was(notebook):
    x = Value(3, "x")
    bundle, _ = notebook.shell.display_formatter.format((x * x).draw())
    assert "image/svg+xml" in bundle


# ── The sessions in a terminal ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def home(tmp_path):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "LC_ALL", "LC_MESSAGES")
    folders = {"HOME": ".", "XDG_STATE_HOME": "state", "IPYTHONDIR": "ipython"}
    return {
        **{variable: setting for variable, setting in os.environ.items() if variable not in hidden},
        **{variable: str(tmp_path / folder) for variable, folder in folders.items()},
        "LANG": "C.UTF-8",
        "TERM": "xterm",
    }


WITHOUT_IPYTHON = (
    "import sys; sys.modules['IPython'] = None; from tinygrad_kr.shell.cli import main; sys.exit(main([]))"
)


def open_session(arguments, environment):
    return pexpect.spawn(
        sys.executable, arguments, env=environment, encoding="utf-8", timeout=30, dimensions=(40, 120), echo=False
    )


def test_the_standard_console(home, tmp_path):
    for _ in range(2):
        child = open_session(["-c", WITHOUT_IPYTHON], home)
        child.expect_exact(f"tinygrad_kr {tinygrad_kr.__version__}, Python")
        child.expect_exact("abs max min pow sum are tinygrad_kr's")
        child.expect_exact(">>> ")
        child.sendline("사과, 개수 = Value(100), Value(2)")
        child.expect_exact(">>> ")
        child.sendline("금액 = 사과 * 개수; 금액.backward(); 사과")
        child.expect_exact("Value(100, grad=2, name='사과')")
        child.expect_exact(">>> ")
        child.sendline("logsum\t[0])")
        child.expect_exact("0.0")
        child.expect_exact(">>> ")
        child.sendline("log(Value(-1, '잔액'))")
        child.expect(r"^tinygrad-kr: warning: log\(잔액 = -1\) is nan; log is defined for x > 0\r\nValue\(nan\)")
        child.expect_exact(">>> ")
        child.sendline("draw(금액)")
        child.expect_exact("개수")
        child.expect(r"/tinygrad_kr-\w+/1\.svg\r\n")
        child.expect_exact(">>> ")
        child.sendline("금액.draw(direction='forward')")
        child.expect_exact("▶(×)─")
        child.expect(r"/tinygrad_kr-\w+/2\.svg\r\n")
        child.expect_exact(">>> ")
        child.sendline("금액.play()")
        child.expect(r"/tinygrad_kr-\w+/3\.html\r\n")
        child.expect_exact(">>> ")
        child.sendline("exit()")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
    history = (tmp_path / "state" / "tinygrad_kr" / "history").read_text(encoding="utf-8")
    assert history.count("draw(금액)") == 2


def test_a_history_that_cannot_be_kept_is_no_matter(home, tmp_path):
    (tmp_path / "state").write_text("a file, not a folder")
    child = open_session(["-c", WITHOUT_IPYTHON], home)
    child.expect_exact(">>> ")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.wait()
    assert "Error" not in child.before
    assert child.exitstatus == 0


def test_ipython(home):
    child = open_session(["-m", "tinygrad_kr"], {**home, "LANG": "ko_KR.UTF-8"} | {"PYTHONUTF8": "1"})
    child.expect_exact("계산 그래프")
    child.expect_exact("파이썬의 것은 builtins에 있습니다")
    child.expect("In .*1")
    child.send("x = Value(3)\r")
    child.expect("In .*2")
    child.send("y = x * x; y.backward(); print(x.grad, y.name, sum([x, y]).op.name)\r")
    child.expect_exact("6.0 y sum")
    child.expect("In .*3")
    child.send("draw(y)\r")
    child.expect(r"/tinygrad_kr-\w+/1\.svg")
    child.expect("In .*4")
    child.send("y.draw()\r")
    child.expect(r"/tinygrad_kr-\w+/2\.svg")
    child.expect("In .*5")
    child.send("y.play()\r")
    child.expect(r"/tinygrad_kr-\w+/3\.html")
    child.expect("In .*6")
    child.send("exit\r")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_input_from_a_pipe(home):
    done = subprocess.run(
        [sys.executable, "-m", "tinygrad_kr"],
        input="x = Value(3)\nx * x\nx\n",
        capture_output=True,
        text=True,
        env=home,
    )
    assert done.returncode == 0
    assert "Value(9)" in done.stdout
    assert "Value(3, name='x')" in done.stdout


# ── The playground's ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def told():
    """What the playground tells a Korean reader of a program."""
    spec = importlib.util.spec_from_file_location("playground", ROOT / "site" / "playground" / "playground.py")
    playground = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(playground)

    def told(program, numbers=None):
        texts = []
        started = (playground.run, program) if numbers is None else (playground.calculate, program, numbers)
        started[0](*started[1:], "ko", lambda kind, what: texts.append(what.get("text", "")))
        return "".join(texts)

    return told


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("2x", "곱셈은 *로 씁니다"),
        ("Value(3).bacward()", "'backward': 이것을 쓰려고 했나요?"),
        ("Value(3).backward", "괄호가 없어 실행하지 않았습니다. .backward()처럼 쓰세요"),
        ("Value(3).draw().save('그림.jpg')", "'그림.jpg': 저장할 수 없습니다"),
        ("log(Value(-1))", "RuntimeWarning: log(-1): nan입니다"),
    ],
)
def test_the_playground_tells_a_word_more(told, program, text):
    assert text in told(program)


def test_the_playground_tells_of_an_expression_in_korean(told):
    assert told("귤 × ", {"귤": "3"}).startswith("'*' 뒤에는 수, 이름, '(' 가운데 하나가 와야")
    assert told("귤", {"귤": "셋"}) == "귤: '셋': 수가 아닙니다. 1.1처럼 쓰세요"
