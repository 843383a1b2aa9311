"""The command line, run as a person runs it."""

import contextlib
import io
import json
import math
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from importlib import metadata
from pathlib import Path

import pytest
from damage import attempt, damaged, lengths
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

import tinygrad_kr
from tinygrad_kr.engine.ops import OPS
from tinygrad_kr.learning.data import digits
from tinygrad_kr.learning.lessons import LESSONS
from tinygrad_kr.shell.cli import COMMANDS, main
from tinygrad_kr.text.signs import plain

APPLE = ["사과 * 개수 * 소비세", "사과=100", "개수=2", "소비세=1.1"]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def run(capsys):
    """Runs a command line; gives its exit status, output and messages."""

    def run(*words):
        status = main(words)
        return (status, *capsys.readouterr())

    return run


# ── grad ──────────────────────────────────────────────────────────────────────────────────────────────


def test_grad_prints_an_aligned_table(run, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    status, out, err = run("grad", *APPLE)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["이름", "사과", "개수", "소비세", "사과 * 개수 * 소비세"]
    assert [line.split()[-2:] for line in lines[1:]] == [["100", "2.2"], ["2", "110"], ["1.1", "200"], ["220", "1"]]
    assert len(set(map(wcswidth, lines))) == 1  # the last column ends in one line


def test_grad_json(run):
    status, out, _ = run("grad", "exp(-x**2)", "x=0.5", "--json")
    result = json.loads(out)
    assert status == 0
    assert result["expression"] == "exp(-x**2)"
    assert result["value"] == pytest.approx(math.exp(-0.25), rel=1e-15)
    assert result["gradients"] == {"x": pytest.approx(-math.exp(-0.25), rel=1e-15)}


def test_json_has_no_inf_and_nan(run):
    status, out, err = run("grad", "--json", "log(x) + y", "x=0", "y=nan")
    result = json.loads(out, parse_constant=pytest.fail)
    assert (status, result["value"], result["gradients"]) == (0, "nan", {"x": "inf", "y": 1})
    assert err == "tinygrad-kr: warning: log(x = 0) is -inf\n"


def test_warnings_are_shown_at_every_call(run):
    warnings.simplefilter("ignore")  # whatever Python was told (pytest resets it)
    first, second = run("grad", "1 / x", "x=0"), run("grad", "1 / x", "x=0")
    assert first[2] == second[2] == "tinygrad-kr: warning: div(1, x = 0) is inf\n"


@pytest.mark.parametrize("seed", [["--seed", "-1.5"], ["--seed=-1.5"]])
def test_seed(run, seed):
    assert json.loads(run("grad", "x * y", "x=3", *seed, "--json", "y=2")[1])["gradients"] == {"x": -3, "y": -4.5}


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "-x**2", "x=3"],
        ["-x**2", "x=3", "--json"],
        ["--json", "--", "-x**2", "x=3"],
        ["-(x*x)", "x=3", "--json"],
        ["-x", "x=9", "--json"],
    ],
)
def test_an_expression_may_begin_with_a_minus(run, words):
    assert json.loads(run("grad", *words)[1])["value"] == -9


def test_options_may_stand_anywhere(run):
    orders = (["--json", "x*y", "x=3", "y=2"], ["x*y", "--json", "x=3", "y=2"], ["x*y", "x=3", "y=2", "--json"])
    assert len({run("grad", *words) for words in orders}) == 1


@pytest.mark.parametrize(
    ("word", "number"),
    [("x=-0.5", -0.5), ("x=1e-3", 0.001), ("x=1/4", 0.25), ("x= 2", 2), ("x=inf", "inf"), ("x=-inf", "-inf"),
     ("x=1_000", 1000), ("ｘ=3", 3)],
)  # fmt: skip
def test_numbers(run, word, number):
    assert json.loads(run("grad", "x + 0", word, "--json")[1])["value"] == number


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["x", "x"], "'x' is not name=number; expected such as x=0.5 (and the whole expression in quotes)"),
        (["x", "x="], "'x=': '' is not a number"),
        (
            ["x", "x=abc"],
            "'x=abc': 'abc' is not a number; expected such as 3, -0.5, 1e-3 or 1/3, without a unit",
        ),
        (["x", "x=1,000"], "'1,000' is not a number"),
        (["x", "x=1/0"], "'1/0' is not a number"),
        (["x", "x=1/2/3"], "'1/2/3' is not a number"),
        (["x", "x==3"], "'=3' is not a number"),
        (["x", "x=1e999"], "'1e999' is too large"),
        (["x", "x=1", "ｘ=2"], "x is given twice"),
        (["x", "x=1", "2y=2"], "'2y' can't be the name of a variable"),
        (["x", "exp=1"], "exp is a function and can't be a variable"),
        (["x", "=1"], "'' can't be the name"),
        (["x", "x=1", "y=2"], "y does not occur"),
        (["x * y", "x=1"], "y has no number; add y=…\n  x * y\n      ^"),
        ([], "the expression is missing"),
        (["x", "x=1", "--seed", "a"], "argument --seed: invalid float value: 'a'"),
        (["x", "x=1", "--jsn"], "unrecognized arguments: --jsn"),
        (["x", "x=1", "--\x1b[31m"], "unrecognized arguments: --␛[31m"),
        (["x * 2", "х=1"], "x has no number; add x=… ('х' is U+0445 CYRILLIC SMALL LETTER HA)"),
        (["аpple * 2", "apple=1"], "аpple has no number; add аpple=… ('а' is U+0430 CYRILLIC SMALL LETTER A)"),
        (["x", "x=1", "х=2"], "leave it out, or write it in ('х' is U+0445"),
    ],
)
def test_what_was_typed_wrongly(run, words, sentence):
    status, out, err = run("grad", *words)
    assert (status, out) == (2, "")
    assert err.startswith("tinygrad-kr: ")
    assert sentence in err


@pytest.mark.parametrize(
    "words",
    [["x", "x=" + "9" * 5000 + "!"], ["-" * 9000 + "x", "x=1"], ["x", "x=1", "--" + "seed" * 900], ["x", "=" * 9000]],
)
def test_one_sentence_for_a_long_word(run, words):
    _, _, err = run("grad", *words)
    assert len(err) < 250


# ── draw ──────────────────────────────────────────────────────────────────────────────────────────────


def texts(file):
    return ["".join(node.itertext()).strip() for node in ET.parse(file).iter() if node.tag.endswith("}text")]


def test_draw_saves_and_names_the_file(run, tmp_path):
    file = tmp_path / "사과.svg"
    assert run("draw", *APPLE, "-o", str(file), "--name", "지불 금액") == (0, f"{file}\n", "")
    assert {"사과", "개수", "소비세", "지불 금액", "100", "220", "2.2", "110"} <= set(texts(file))


def test_draw_forward_only(run, tmp_path):
    file = tmp_path / "forward.svg"
    run("draw", "-o", str(file), "--direction", "forward", *APPLE)
    assert "220" in texts(file)
    assert not {"2.2", "110", "1.1 "} & set(texts(file))


@pytest.mark.parametrize("wrt", [["--wrt", "사과", "--wrt", "개수"], ["--wrt=사과,개수"]])
def test_draw_wrt(run, tmp_path, wrt):
    file = tmp_path / "wrt.svg"
    run("draw", *wrt, *APPLE, "--output", str(file))
    shown = texts(file)
    assert {"2.2", "110"} <= set(shown)
    assert shown.count("200") == 1  # the forward value; not the derivative for 소비세


def test_draw_folded_constants_and_seed(run, tmp_path):
    file = tmp_path / "folded.svg"
    run("draw", "사과 * 2", "사과=100", "--constants", "folded", "--seed", "1.3", "-o", str(file))
    assert {"2.6", "1.3"} <= set(texts(file))
    assert "2" not in texts(file)


def test_draw_without_a_file_prints_the_picture(run):
    status, out, err = run("draw", *APPLE)
    assert (status, err) == (0, "")
    for part in ("사과", "소비세", "×", "220", "2.2"):
        assert part in out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["-o", "apple.bmp"], 2, "suffix"),
        (["-o", "no/such/folder/apple.svg"], 1, "folder"),
        (["-o", "."], 2, "suffix"),
        (["--wrt", "귤"], 2, "--wrt: '귤' is not a variable of the expression; expected one of 사과, 개수, 소비세"),
        (["--direction", "up"], 2, "argument --direction"),
    ],
)
def test_draw_refuses(run, tmp_path, monkeypatch, words, status, sentence):
    monkeypatch.chdir(tmp_path)
    result = run("draw", *APPLE, *words)
    assert result[:2] == (status, "")
    assert sentence in result[2]
    assert "Errno" not in result[2]
    assert not list(tmp_path.iterdir())


def test_a_graph_too_large_to_draw_is_refused(run, tmp_path):
    status, out, err = run("draw", "x" + "*x" * 4000, "x=1", "-o", str(tmp_path / "large.svg"))
    assert (status, out) == (2, "")
    assert "4,000" in err or "4000" in err


# ── ops, demo, help ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("locale", "names"), [("ko_KR.UTF-8", "ko"), ("en_US.UTF-8", "en")])
def test_ops_shows_every_row(run, monkeypatch, locale, names):
    monkeypatch.setenv("LANG", locale)
    status, out, _ = run("ops")
    head, *lines = out.splitlines()
    assert status == 0
    assert [line.split()[0] for line in lines] == [op.name for op in OPS]
    for op, line in zip(OPS, lines):
        assert plain(getattr(op, names)) in line
        assert line.count("∂") == len(op.inputs)
    column = wcswidth(head.split("뜻" if names == "ko" else "meaning")[0])
    for op, line in zip(OPS, lines):
        start = next(k for k in range(len(line)) if wcswidth(line[:k]) == column)
        assert line[start:].startswith(plain(getattr(op, names)) + "  ")


def test_ops_json(run):
    rows = json.loads(run("ops", "--json")[1])
    assert [row["name"] for row in rows] == [op.name for op in OPS]
    assert rows[2]["partials"] == ["y", "x"]


FILES = [
    "fig-5-01-apple-folded.svg", "fig-5-02-apple-forward.svg", "fig-5-03-fruit-forward.svg",
    "fig-5-05-apple-price.svg", "fig-5-11-add.svg", "fig-5-13-multiply.svg", "fig-5-14-16-apple.svg",
    "fig-5-17-fruit.svg", "candy.svg",
]  # fmt: skip

SHOWN = {  # what the documents' figure shows, and what it does not
    "fig-5-01-apple-folded.svg": ({"🍎", "100", "200", "220", "💰"}, {"2", "1.1", "2.2"}),
    "fig-5-02-apple-forward.svg": ({"사과", "사과의 개수", "소비세", "2", "1.1", "220"}, {"2.2", "110"}),
    "fig-5-03-fruit-forward.svg": ({"귤", "귤의 개수", "200", "450", "650", "715"}, {"3.3", "165"}),
    "fig-5-05-apple-price.svg": ({"2.2", "1.1", "1"}, {"110"}),
    "fig-5-11-add.svg": ({"10", "5", "15", "1.3"}, set()),
    "fig-5-13-multiply.svg": ({"10", "5", "50", "1.3", "6.5", "13"}, set()),
    "fig-5-14-16-apple.svg": ({"2.2", "110", "200", "1.1", "1"}, set()),
    "fig-5-17-fruit.svg": ({"110", "2.2", "3.3", "165", "650", "1.1", "1"}, set()),
    "candy.svg": ({"사탕", "1100", "5.5", "220", "1000"}, set()),
}


@pytest.mark.parametrize("option", [False, True])
def test_demo(run, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    folder = Path("deep/er" if option else "tinygrad-kr-demo")
    status, out, err = run("demo", *(["--output", str(folder)] if option else []))
    assert (status, err) == (0, "")
    numbers, files = out.split("\n\n")
    assert [line.split()[-2:] for line in numbers.splitlines()[1:]] == [
        ["100", "2.2"], ["2", "110"], ["1.1", "200"], ["220", "1"],
    ]  # fmt: skip
    named = [line.split("  ")[0] for line in files.splitlines()]
    assert sorted(named) == sorted(str(path) for path in folder.iterdir())
    assert set(FILES) <= {Path(name).name for name in named}
    for name, (there, missing) in SHOWN.items():
        shown = set(texts(folder / name))
        assert there <= shown, name
        assert not missing & shown, name


def test_demo_into_a_file_is_refused(run, tmp_path):
    (tmp_path / "file").touch()
    status, _, err = run("demo", "--output", str(tmp_path / "file"))
    assert status == 1
    assert str(tmp_path / "file") in err


# ── check ─────────────────────────────────────────────────────────────────────────────────────────────


def test_check_compares_with_numerical_derivatives(run):
    status, out, err = run("check", "x * exp(-y**2)", "x=2", "y=0.5")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "all 2 derivatives agree"
    assert [line.split()[-1] for line in out.splitlines()[-2:]] == ["ok", "ok"]


def test_check_that_can_compare_nothing_is_no_success(run):
    status, out, err = run("check", "log(x)", "x=-1")
    assert status == 1
    assert "0 of 1 derivative could be compared" in out
    assert "log is defined for x > 0" in err


def test_check_json(run):
    status, out, _ = run("check", "x**3", "x=2", "--json")
    result = json.loads(out)
    assert status == 0
    assert result["agree"] is True
    assert result["gradients"]["x"]["verdict"] == "ok"
    assert result["gradients"]["x"]["estimate"] == pytest.approx(12)


def test_check_tells_of_kinks_and_of_wrong_derivatives(run):
    status, out, _ = run("check", "abs(x)", "x=0")
    assert status == 0
    assert "kink" in out
    # A row with a wrong partial, in an interpreter of its own; the compiled core would not hear of it.
    python = {**os.environ, "TINYGRAD_KR_ENGINE": "python"}
    wrong = "object.__setattr__(ops.TABLE['sin'], 'partials', ('2 * cos(x)',))"
    imports = "import sys; from tinygrad_kr.shell import cli; from tinygrad_kr.engine import ops"
    program = f"{imports}; {wrong}; sys.exit(cli.main(['check', 'sin(x)', 'x=1']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", env=python)
    assert done.returncode == 1
    assert "1 of 1 input differs" in done.stdout
    assert "should be 0.54" in done.stdout
    program = program.replace("'x=1'", "'x=1', '--json'")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", env=python)
    assert (done.returncode, json.loads(done.stdout)["agree"]) == (1, False)


def test_check_json_has_no_inf_and_no_nan(run):
    status, out, _ = run("check", "log(x)", "x=-1", "--json")
    row = json.loads(out, parse_constant=pytest.fail)["gradients"]["x"]
    assert (status, row["verdict"], row["estimate"]) == (1, "inconclusive", "nan")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["1 + 1"], "nothing to check by"), ([], "the expression is missing"), (["x +", "x=1"], "x +")],
)
def test_check_refuses(run, words, sentence):
    status, _, err = run("check", *words)
    assert status == 2
    assert sentence in err


# ── train ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_train_reads_handwritten_digits(run, tmp_path):
    status, out, err = run("train", "digits", "--epochs", "3", "-o", str(tmp_path))
    assert (status, err) == (0, "")
    accuracy = re.search(r"^accuracy: ([\d.]+) %$", out, re.MULTILINE)
    assert float(accuracy[1]) >= 95
    table = [line.split() for line in out.split("\n\n")[2].splitlines()[1:]]
    counts = [[0 if cell == "·" else int(cell) for cell in row[1:]] for row in table]
    assert sum(map(sum, counts)) == 359
    assert sum(counts[k][k] for k in range(10)) / 359 == pytest.approx(float(accuracy[1]) / 100, abs=1e-3)
    named = [Path(line.split("  ")[0]) for line in out.split("\n\n")[-1].splitlines()]
    assert sorted(named) == sorted(tmp_path.iterdir())
    assert {path.name for path in named} == {
        "confusion.svg", "history.svg", "mistakes.svg", "network.svg", "parameters.npz",
    }  # fmt: skip
    for path in named:
        if path.suffix == ".svg":
            assert ET.parse(path).getroot().tag.endswith("svg")
    again = tinygrad_kr.TwoLayerNet(64, 32, 10)
    again.load(tmp_path / "parameters.npz")
    assert again.accuracy(*digits().test) == pytest.approx(float(accuracy[1]) / 100, abs=1e-3)


@pytest.mark.parametrize(("lesson", "picture"), [("moons", "boundary.svg"), ("diabetes", "predictions.svg")])
def test_train_the_others(run, tmp_path, monkeypatch, lesson, picture):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    status, out, err = run("train", lesson, "--epochs", "2", "--seed", "3")
    assert (status, err) == (0, "")
    assert "훈련 손실" in out
    assert (tmp_path / f"tinygrad-kr-train-{lesson}" / picture).exists()


def test_train_that_diverges_keeps_the_last_good_parameters(run, tmp_path):
    status, out, err = run("train", "moons", "--lr", "1e300", "-o", str(tmp_path))
    assert status == 1
    assert err.count("\n") == 1
    assert "training diverged in epoch 1, step" in err
    again = tinygrad_kr.Sequential(LESSONS["moons"].build(1).layers)
    again.load(tmp_path / "parameters.npz")
    assert str(tmp_path / "history.svg") in out


def test_ctrl_c_while_pictures_are_drawn_keeps_the_score_and_the_parameters(run, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "tinygrad_kr.learning.plotting.plot_boundary", lambda *a, **k: signal.raise_signal(signal.SIGINT)
    )
    status, out, err = run("train", "moons", "--epochs", "2", "-o", str(tmp_path))
    assert (status, err) == (130, "")
    assert re.search(r"^accuracy: [\d.]+ %$", out, re.MULTILINE)
    assert f"{tmp_path / 'parameters.npz'}  the parameters" in out
    again = tinygrad_kr.Sequential(LESSONS["moons"].build(1).layers)
    again.load(tmp_path / "parameters.npz")


def test_train_without_matplotlib_says_so_before_the_work(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    status, out, err = run("train", "moons")
    assert (status, out) == (1, "")
    assert "pip install 'tinygrad_kr[learn]'" in err
    assert list(tmp_path.iterdir()) == []


def test_train_saves_what_was_learned_before_anything_can_fail(run, tmp_path):
    (tmp_path / "boundary.svg").mkdir()
    status, _, err = run("train", "moons", "--epochs", "1", "-o", str(tmp_path))
    assert status == 1
    assert "boundary.svg" in err
    LESSONS["moons"].build(0).load(tmp_path / "parameters.npz")


def test_train_into_a_file_is_refused_in_a_sentence(run, tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "deeper"):
        status, _, err = run("train", "moons", "--epochs", "1", "-o", str(path))
        assert status == 1
        assert err.startswith(f"tinygrad-kr: can't make the folder {str(path)!r}: ")
        assert err.endswith("; choose another one\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train"], "say what is to be learned: digits, moons or diabetes"),
        (["train", "cats"], "'cats' can't be learned; expected digits, moons or diabetes"),
        (["train", "moons", "--epochs", "0"], "--epochs: 0 is not possible"),
        (["train", "moons", "--epochs", "x"], "--epochs"),
        (["train", "moons", "--lr", "0"], "--lr: 0 is not possible; expected a positive number"),
        (["train", "moons", "--lr", "nan"], "--lr: nan is not possible"),
        (["train", "moons", "--seed", "-1"], "--seed: -1 is not possible"),
    ],
)
def test_train_refuses(run, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(*words)
    assert status == 2
    assert err.count("\n") == 1
    assert sentence in err


# ── doctor ────────────────────────────────────────────────────────────────────────────────────────────


def told(out):
    """What the doctor says, by its name."""
    return dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines())


def test_doctor_tells_what_a_report_needs(run, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    status, out, err = run("doctor")
    says = told(out)
    assert (status, err) == (0, "")
    assert says["tinygrad_kr"] == tinygrad_kr.__version__
    assert says["Python"].endswith(platform.python_version())
    assert says["language"] == "en (LC_ALL='de_DE.UTF-8')"
    assert f"numpy {metadata.version('numpy')}" in says["requirements"]
    assert f"sympy {metadata.version('sympy')}" == says["[sympy]"]
    assert says["layout engine graphviz-pure"] == "works"
    extras = metadata.metadata("tinygrad_kr").get_all("Provides-Extra")
    assert {f"[{extra}]" for extra in extras} <= {*says}


def test_doctor_speaks_korean(run, monkeypatch):
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    says = told(run("doctor")[1])
    assert says["언어"] == "ko (LANG='ko_KR.UTF-8')"
    assert says["배치 엔진 graphviz-pure"] == "됨"


@pytest.mark.skipif(os.name == "nt", reason="a program that is a script")
def test_doctor_tries_the_engines(run, tmp_path, monkeypatch):
    (tmp_path / "dot").write_text("#!/bin/sh\necho no fonts >&2\nexit 3\n")
    (tmp_path / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    status, out, _ = run("doctor")
    assert (status, told(out)["layout engine dot"]) == (0, "dot failed with status 3: no fonts")


def test_doctor_sees_the_letters_that_pictures_have(run):
    ga, na = (tinygrad_kr.Value(1.0, letter).draw().png() for letter in "가나")
    assert told(run("doctor")[1])["Korean letters in PNG"] == ("work" if ga != na else "no font for them")


def test_doctor_without_the_extra_for_png(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    status, out, _ = run("doctor")
    assert status == 0
    assert "pip install 'tinygrad_kr[png]'" in told(out)["Korean letters in PNG"]


@pytest.fixture
def bare(tmp_path):
    """Asks the doctor of a copy of the package, in a Python that sees nothing else."""
    shutil.copytree(Path(tinygrad_kr.__file__).parent, tmp_path / "tinygrad_kr")
    program = (
        f"import sys; sys.path.append({str(tmp_path)!r}); from tinygrad_kr.shell.cli import main; "
        "sys.exit(main(['doctor']))"
    )

    def ask(*requirements):
        if requirements:
            lines = ["Metadata-Version: 2.1", "Name: tinygrad_kr", *(f"Requires-Dist: {what}" for what in requirements)]
            (tmp_path / "tinygrad_kr-0.dist-info").mkdir()
            (tmp_path / "tinygrad_kr-0.dist-info" / "METADATA").write_text("\n".join(lines))
        done = subprocess.run([sys.executable, "-IS", "-c", program], capture_output=True, encoding="utf-8")
        return done.returncode, told(done.stdout), done.stderr

    return ask


def test_doctor_misses_what_is_required(bare):
    status, says, err = bare("nothing>=1", "tinygrad_kr[a]", 'never; extra == "a"', "no <3; x == 'y' and extra == 'b'")
    assert (status, err) == (1, "")
    assert says["requirements"] == "no nothing>=1, tinygrad_kr[a]"
    assert (says["[a]"], says["[b]"]) == ("no never", "no no <3")


def test_doctor_of_a_copy_that_pip_did_not_install(bare):
    assert bare()[1]["installation"] == "not installed by pip"


@pytest.mark.parametrize(
    "command", [[], ["draw"], ["grad"], ["check"], ["ops"], ["demo"], ["train"], ["doctor"], ["repl"]]
)
def test_help_is_in_the_persons_language(run, monkeypatch, command):
    english = run(*command, "--help")
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    korean = run(*command, "--help")
    assert (english[0], english[2], korean[0], korean[2]) == (0, "", 0, "")
    assert english[1].startswith("usage: tinygrad-kr")
    assert korean[1].startswith("사용법: tinygrad-kr")
    assert "옵션:" in korean[1]
    assert not any("가" <= char <= "힣" for char in english[1].split("example")[0])
    assert max(map(wcswidth, korean[1].splitlines()[2:])) <= 100


@pytest.mark.parametrize(
    ("variables", "korean"),
    [({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, False), ({"LC_ALL": "", "LC_MESSAGES": "ko"}, True), ({}, False)],
)
def test_which_locale_counts(run, monkeypatch, variables, korean):
    for variable, setting in variables.items():
        monkeypatch.setenv(variable, setting)
    assert run("--help")[1].startswith("사용법") is korean


def test_version(run):
    engine = f"{tinygrad_kr.engine.name}: {tinygrad_kr.engine.reason}"
    assert run("--version") == (0, f"tinygrad-kr {tinygrad_kr.__version__} ({engine})\n", "")


@pytest.mark.parametrize("word", ["x*y", "--frobnicate", "", "Draw"])
def test_an_unknown_command(run, word):
    status, out, err = run(word)
    assert (status, out) == (2, "")
    commands = "draw, grad, check, ops, demo, train, doctor or repl"
    assert err == f"tinygrad-kr: {word!r} is not a command; expected {commands}, or --help\n"


# ── As a process ──────────────────────────────────────────────────────────────────────────────────────

MODULE = [sys.executable, "-m", "tinygrad_kr"]


def test_python_m():
    done = subprocess.run([*MODULE, "grad", "x * x", "x=3", "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"expression": "x * x", "value": 9, "gradients": {"x": 6}}
    assert done.stderr == ""


def test_a_terminal_that_has_no_such_letters():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*MODULE, "grad", *APPLE], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "lacks some letters, shown as ?" in done.stderr
    assert "220" in done.stdout


def test_where_there_are_no_lines_they_are_drawn_in_ascii():
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "LANG": "en_US.UTF-8"}
    words = ["draw", "사과 * y", "사과=2", "y=3"]
    done = subprocess.run([*MODULE, *words], capture_output=True, text=True, env=environment, encoding="cp1252")
    assert done.stdout.splitlines() == [
        "       2       6",
        "???? <--->(×)<--->",
        "       3   ^   1",
        "           |",
        "       3   |",
        "   y <-----+",
        "       2",
    ]
    assert "encoding cp1252 lacks some letters" in done.stderr


@pytest.mark.parametrize(
    ("encoding", "locale"),
    [
        ("cp949", "ko_KR.UTF-8"),
        ("cp1252", "en_US.UTF-8"),
        ("ascii", "ko_KR.UTF-8"),
        *(
            pytest.param(*pair, marks=pytest.mark.slow)
            for pair in (("cp949", "en_US.UTF-8"), ("cp1252", "ko_KR.UTF-8"), ("ascii", "en_US.UTF-8"))
        ),
    ],
)
def test_every_command_where_the_output_is_not_unicode(encoding, locale, tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", locale)
    monkeypatch.chdir(tmp_path)
    command_lines = {
        "draw": ["사과 * 개수 / 2 - 1", "사과=1", "개수=2"], "grad": ["cbrt(x) - floor(x)", "x=3"], "ops": [],
        "check": ["cbrt(x) * 2 ** x", "x=2"], "demo": [], "doctor": [], "repl": [], "train": ["moons", "--epochs", "1"],
    }  # fmt: skip
    assert command_lines.keys() == COMMANDS.keys()
    for words in [*([name, *words] for name, words in command_lines.items()), *([name, "--help"] for name in COMMANDS)]:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in range(2)]
        typed = "x = Value(2)\nprint((x * x - 1).draw(direction='forward').text())\n"
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            assert main(words) == 0, words
        out, err = (stream.detach().getvalue().decode(encoding) for stream in streams)
        lacking = "lacks some letters" in err or "인코딩" in err
        assert lacking == ("?" in out + err), (words, out, err)
        assert not (encoding == "cp949" and lacking), (words, out, err)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "ascii"])
def test_json_keeps_every_letter(encoding):
    out = io.TextIOWrapper(io.BytesIO(), encoding)
    with contextlib.redirect_stdout(out):
        assert main(["grad", "é * 사과", "é=2", "사과=3", "--json"]) == 0
    assert json.loads(out.detach().getvalue().decode(encoding))["gradients"] == {"é": 3.0, "사과": 2.0}


@pytest.mark.skipif(os.name == "nt", reason="arguments that are bytes")
def test_korean_arguments_where_the_locale_has_no_korean(tmp_path):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    environment["PYTHONPATH"] = os.getcwd()

    def run(*words):
        return subprocess.run([*MODULE, *words], capture_output=True, env=environment, cwd=tmp_path)

    assert (
        run("grad", "사과 * 2", "사과=3", "--json").stdout
        == b'{"expression": "\\uc0ac\\uacfc * 2", "value": 6.0, "gradients": {"\\uc0ac\\uacfc": 2.0}}\n'
    )
    assert run("draw", "사과 * 2", "사과=3", "-o", "그림.svg").returncode == 0
    assert "사과" in (tmp_path / "그림.svg").read_text("utf-8")
    assert b"can't be the name of a variable" in run("grad", b"x", b"\xbb\xe7=1").stderr  # no UTF-8


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
@pytest.mark.parametrize("command", ["--version", "ops"])
def test_an_output_that_takes_nothing_more(command):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*MODULE, command], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "tinygrad-kr: can't write the results: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes and signals as POSIX has them")
@pytest.mark.parametrize("command", ["--version", "ops"])  # less than Python's buffer, and more
def test_a_reader_that_stops_reading(command):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    process = subprocess.Popen([*MODULE, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


@pytest.mark.skipif(os.name == "nt", reason="pipes and signals as POSIX has them")
def test_ctrl_c(monkeypatch, run):
    monkeypatch.setattr("tinygrad_kr.shell.expression.evaluate", lambda *a, **k: signal.raise_signal(signal.SIGINT))
    assert run("grad", "x", "x=1") == (130, "", "")


WORDS = st.text(max_size=12) | st.sampled_from(
    ["x", "x * y", "-x", "x=1", "y=2", "x=", "--json", "--seed", "--seed=nan", "-h", "--", "-o", "\udcff", "사과=1"]
)


@given(st.sampled_from(["grad", "ops", "draw", ""]), st.lists(WORDS, max_size=6))
def test_any_words_end_with_a_status(command, words):
    words = [word for word in words if "o" not in word]  # nothing is written to files
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main([command, *words]) in (0, 2)


# ── Damaged a little ───────────────────────────────────────────────────────────────────────────────────

LINES = st.sampled_from([
    ["grad", "x * y + exp(x)", "x=1", "y=2"],
    ["grad", "사과 * 개수", "사과=100", "개수=2", "--json"],
    ["grad", "-x ** 2", "x=3", "--seed", "0.5"],
    ["draw", "x * y", "x=1", "y=2", "-o", "picture.svg"],
    ["draw", "sigmoid(w * x)", "w=1", "x=2", "-o", "picture.txt"],
    ["ops"],
    ["ops", "--json"],
    ["--version"],
    ["-h"],
])  # fmt: skip
WORDS = st.text(max_size=8) | st.sampled_from(
    ["x", "x=1", "x=", "=1", "y=1e999", "x=nan", "--json", "--seed", "--seed=inf", "-o", "a/b.svg", "a.xyz", ".svg",
     "--", "-h", "--direction", "backward", "--lang", "\udcff", "\0", "사과=1", "-1", "grad", "draw"]
)  # fmt: skip


@lengths
def test_a_damaged_command_line_ends_with_a_status_and_at_most_a_sentence(examples, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def check(words):
        if not words:  # that is the interactive session
            return
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            status = main(words)
        assert status in (0, 1, 2)
        assert "Traceback" not in err.getvalue()
        assert (status == 0) or err.getvalue().strip()

    attempt(examples, LINES.flatmap(lambda words: damaged(words, st.lists(WORDS, max_size=2))), check)


# ── A Korean reader ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["그래프"], "그런 명령은 없습니다"),
        (["grad"], "식이 없습니다"),
        (["grad", "x", "x"], "이름=수가 아닙니다"),
        (["grad", "x", "x=백"], "'백': 수가 아닙니다"),
        (["grad", "x", "x=100원"], "단위 없이 3"),
        (["grad", "x", "x=1e999"], "너무 큽니다"),
        (["grad", "x", "x=1", "x=2"], "두 번 주었습니다"),
        (["check", "1 + 2"], "견줄 변수가 없습니다"),
        (["draw", "x", "x=1", "--wrt", "y"], "식에 없는 변수입니다. x 가운데 하나를"),
        (["train"], "무엇을 학습할지 쓰세요"),
        (["train", "cats"], "학습할 수 없습니다"),
        (["train", "moons", "--epochs", "0"], "1 이상의 정수"),
        (["train", "moons", "--seed", "-1"], "0 이상의 정수"),
        (["train", "moons", "--lr", "-1"], "--lr: -1: 쓸 수 없습니다. 0.01 같은 양수를"),
        (["grad", "x * y", "X=1", "y=2"], "(준 것: 'X')"),
        (["ops", "exp"], "exp: 그런 옵션이나 인수는 없습니다"),
    ],
)
def test_a_sentence_of_the_command_line_is_told_in_korean(run, monkeypatch, words, says):
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert says in err


WRONG = [
    "grad sqr(x) x=1", "grad zzz(x) x=1", "grad softmax(x) x=1", "grad dot(x) x=1", "grad atan2(x) x=1",
    "grad gelu() x=1", "grad sum() x=1", "grad round(x,2,3) x=1", "grad x* x=1", "grad ) x=1", "grad 10%",
    "grad (x x=1", "grad x) x=1", "grad x=3 x=1", "grad x.y x=1", "grad x[0] x=1",
    "grad 'x' x=1", "grad x^2 x=1", "grad x² x=1",
    "grad √x x=1", "grad x:2 x=1", "grad x@y x=1", "grad if x=1", "grad x,y x=1", "grad 2x x=1", "grad x**9999999 x=1",
    "grad 1e200**2", "grad 1e999 x=1", "grad x", "grad х x=1", "grad xx xy=1", "grad x y=1 x=1", "grad x x=1 y=1 z=2",
    "grad sin x=1", "grad x sin=1", "grad x 3x=1", "grad x @=1", "grad x x=1 --bogus", "grad x x=1 --seed a",
    "grad x x=1 --json=3", "draw x x=1 --direction up", "draw x x=1 -o", "draw x x=1 -o x.jpg",
    "draw x x=1 -o lost/x.svg", "draw x x=1 -o lost.svg/x.svg", "draw x x=1 -o folder.svg", "train moons --epochs a",
    "ops sin",
]  # fmt: skip


@pytest.mark.parametrize("typed", [*WRONG, f"grad {'x' * 10_001} x=1", f"grad {'(' * 200}x{')' * 200} x=1"])
def test_what_was_typed_wrongly_is_told_in_korean(run, monkeypatch, tmp_path, typed):
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "lost.svg").write_text("")
    status, out, err = run(*typed.split(" "))
    sentence = err.split("\n")[0]
    assert status > 0
    assert out == ""
    assert re.search("[가-힣]{2}", sentence)
    assert not re.search(r"\b(?!tinygrad)[a-z]{2,} [a-z]+ [a-z]{2,}\b", sentence)  # English, but for what was typed
    sentence.encode("cp949")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("check x*y x=3 y=2", "미분 2개가 모두 맞습니다"),
        ("check x**2 x=3", "미분이 맞습니다"),
        ("check relu(x) x=0", "꺾이는 점 1개 (∂f/∂x: relu, 입력 0)"),
        ("check log(x) x=-1", "알 수 없는 것 1개 (∂f/∂x: 값이 유한하지 않습니다)"),
        ("check floor(x)+1/x x=1", "꺾이는 점"),
    ],
)
def test_a_check_reports_in_korean_and_in_english(run, monkeypatch, typed, says):
    english = run(*typed.split())[1]
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    korean = run(*typed.split())[1]
    assert says in korean
    assert not re.search(r"[a-z]{2,} [a-z]{2,}", korean)
    assert re.search("derivatives? (agree|could be compared)", english)


def test_warnings_are_told_in_korean(run, monkeypatch):
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert run("grad", "log(x)", "x=-1")[2] == (
        "tinygrad-kr: 경고: log(x = -1): nan입니다. log: x > 0일 때만 값이 있습니다\n"
    )
    assert run("grad", "exp(x)", "x=1000")[2].endswith("결과가 실수로 나타내기에 너무 큽니다\n")
    assert "컴파일된 코어" in run("--version")[1]
