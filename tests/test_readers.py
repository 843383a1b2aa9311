"""Everything that reads what people or disks give: right, or one sentence; never another error, never a traceback.

The test files of the readers have short runs on anything at all. Here is what is almost right: expressions, command
lines and files that were damaged a little. Each runs shortly, and long with ``-m fuzz`` (minutes).
"""

import contextlib
import io
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_expression import ARITHMETIC, PIECES
from test_parameters import PARAMS, WHOLE, refused_or_right
from test_saving import graphs

from tinygrad_kr import Value, backward
from tinygrad_kr.engine.saving import load_graph, to_json
from tinygrad_kr.shell.cli import main
from tinygrad_kr.shell.expression import ExpressionError, evaluate

EXAMPLES = [100, pytest.param(20_000, marks=pytest.mark.fuzz)]
lengths = pytest.mark.parametrize("examples", EXAMPLES)


def attempt(examples, strategy, check):
    """Check that many examples of a strategy."""
    limits = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    limits(given(strategy)(check))()


@st.composite
def damaged(draw, whole, pieces):
    """A sequence with some of it cut out, doubled, exchanged, or something put between."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(whole)))
        stop = start + draw(st.integers(0, 8))
        middle = draw(pieces | st.just(whole[start:stop] * 2) | st.just(whole[start:stop][::-1]))
        whole = whole[:start] + middle + whole[stop:]
    return whole


# ── Expressions ───────────────────────────────────────────────────────────────────────────────────────

CALLS = st.sampled_from(["exp({})", "max({}, y)", "dot({}, 1, x, y)", "({}) / 사과", "−{} × ２", "pow({}, 2)"])
EXPRESSIONS = st.builds(lambda form, inner: form.format(inner), CALLS, ARITHMETIC) | ARITHMETIC


@lengths
def test_a_damaged_expression_is_computed_or_refused_with_a_caret(examples):
    def check(text):
        try:
            result = evaluate(text, x=2.0, y=-0.5, 사과=3)
        except ExpressionError as error:
            result = error
        if isinstance(result, Value):
            result.backward()
        else:
            lines = str(result).split("\n")
            assert len(lines) == (1 if result.place is None else 3)
            assert result.place is None or 0 <= result.place <= len(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        attempt(examples, EXPRESSIONS.flatmap(lambda text: damaged(text, PIECES)), check)


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────


@lengths
def test_a_damaged_graph_file_is_refused_or_another_graph(examples, tmp_path):
    path = tmp_path / "graph.json"

    def check(content):
        path.write_bytes(content)
        sentence = ""
        try:
            backward(load_graph(path))
        except ValueError as error:
            sentence = str(error)
        assert not sentence or sentence.startswith(f"can't load {str(path)!r}: ")
        assert "\n" not in sentence

    contents = graphs().map(lambda outputs: to_json(outputs).encode())
    pieces = st.binary(max_size=4) | st.sampled_from([b"1e999", b"-0", b"NaN", b'"inf"', b"[[", b"null", b"\xff"])
    attempt(examples, st.binary(max_size=200) | contents.flatmap(lambda content: damaged(content, pieces)), check)


@lengths
def test_a_damaged_parameter_file_never_gives_other_numbers(examples, tmp_path_factory):
    def check(content):
        loaded = refused_or_right(tmp_path_factory, content)
        assert all(loaded[name].tobytes() == PARAMS[name].tobytes() for name in loaded or ())

    attempt(examples, damaged(WHOLE, st.binary(max_size=8)), check)


# ── Command lines ─────────────────────────────────────────────────────────────────────────────────────

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
