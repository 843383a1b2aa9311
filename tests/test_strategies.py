"""Strategies: what they draw, that it stays where it should and shrinks; the assertion, the decorator, the exercise."""

import inspect
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from random import Random

import numpy as np
import pytest
import students
from hypothesis import example, find, given, settings
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value, assert_gradients, check_backward, check_gradients
from tinygrad_kr.checking import strategies as rooms
from tinygrad_kr.checking.programs import Expression, Function, Step
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply
from tinygrad_kr.strategies import expressions, functions, gradient_property, numbers, values

SMALL = settings(database=None, deadline=None, max_examples=2000)  # until one is found


def smallest(strategy, condition):
    return find(strategy, condition, settings=SMALL, random=Random(0))


def samples(strategy, count=300):
    """What a strategy draws, the same at every run."""
    drawn = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(strategy)
    def collect(thing):
        drawn.append(thing)

    collect()
    return drawn


def run(code):
    namespace = {"tg": tg}
    exec(code, namespace)
    return namespace


def gradient(output, leaves):
    output.backward()
    return [leaf.grad or 0.0 for leaf in leaves]


# ── Expressions ───────────────────────────────────────────────────────────────────────────────────────


@given(expressions())
def test_an_expression_is_its_code(expression):
    output = expression.graph()
    known = {node.name: node for node in topological([output]) if node.name and node.moves}
    expected = gradient(output, [known.get(name, Value(0.0)) for name in expression.variables])
    for code in (expression.code, str(expression), repr(expression)):
        names = run(code)
        assert names["f"].data == output.data == expression()
        assert len(topological([names["f"]])) == len(topological([output]))
        assert gradient(names["f"], [names[name] for name in expression.variables]) == pytest.approx(
            expected, rel=1e-12
        )
    assert "\n" not in repr(expression)


def test_code_with_where_is_the_graph_that_was_tested():
    leaves = {"x": -1.0, "y": 2.0}
    steps = Step(TABLE["exp"], (0,)), Step(TABLE["where"], (0, 1, 2))
    expression = Expression((*leaves,), (*leaves.values(),), steps)
    assert expression.code.endswith("f = tg.where(x, y, tg.exp(x))")
    for output in (run(expression.code)["f"], expression.graph(), expression(*map(Value, leaves.values(), leaves))):
        output.backward()
        gradients = {node.name: node.grad for node in topological([output]) if node.name and node.grad is not None}
        assert gradients == {"y": 1.0}  # neither the condition nor what was not chosen is differentiated
    zero = Expression(("x",), (0.0,), (Step(TABLE["mul"], (0, 0)), Step(TABLE["add"], (1, 1))))
    assert len(topological([zero.graph()])) == 3


@given(expressions())
def test_the_engine_differentiates_random_expressions(expression):
    assert check_gradients(expression, *expression.leaves())


BESIDE = 0.0099  # how far from kinks and from the edges of a domain
ONE = {
    "log": lambda x: x > BESIDE, "log2": lambda x: x > BESIDE, "log10": lambda x: x > BESIDE,
    "sqrt": lambda x: x > BESIDE, "log1p": lambda x: x > BESIDE - 1, "reciprocal": lambda x: abs(x) > BESIDE,
    "asin": lambda x: abs(x) < 1 - BESIDE, "acos": lambda x: abs(x) < 1 - BESIDE,
    "atanh": lambda x: abs(x) < 1 - BESIDE, "acosh": lambda x: x > 1 + BESIDE,
    "abs": lambda x: abs(x) > BESIDE, "sign": lambda x: abs(x) > BESIDE, "relu": lambda x: abs(x) > BESIDE,
    "cbrt": lambda x: abs(x) > BESIDE, "floor": lambda x: abs(x - round(x)) > BESIDE,
    "ceil": lambda x: abs(x - round(x)) > BESIDE, "div": lambda x, y: abs(y) > BESIDE,
    "pow": lambda x, y: x > BESIDE or y == round(y), "leaky_relu": lambda x, y: abs(x) > BESIDE,
    "atan2": lambda y, x: x > BESIDE or abs(y) > BESIDE, "hypot": lambda x, y: max(abs(x), abs(y)) > BESIDE / 2,
    "min": lambda x, y: abs(x - y) > BESIDE, "max": lambda x, y: abs(x - y) > BESIDE,
    "cross_entropy": lambda *xs: min(xs[: len(xs) // 2]) > 0, "where": lambda c, x, y: abs(c) > BESIDE,
}  # fmt: skip


@given(expressions())
def test_expressions_stay_inside_domains_and_off_kinks(expression):
    def step(op, operands):
        assert ONE.get(op.name, lambda *xs: True)(*[float(operand) for operand in operands])
        result = apply(op, operands).data
        assert abs(result) <= 1e3
        return result

    expression.run(expression.values, step)


@pytest.mark.parametrize(
    ("name", "edge"), [("sqrt", (0.0005, 0.02)), ("asin", (0.98, 0.9993)), ("acosh", (1.001, 1.02))]
)
def test_steps_keep_away_from_the_edge_of_a_domain(name, edge):
    for expression in samples(expressions({"x": edge}, [name], max_size=1), 50):
        assert ONE[name](*expression.values)


def test_everything_is_drawn_and_next_to_nothing_is_thrown_away(monkeypatch):
    rejected = []
    monkeypatch.setattr(rooms, "reject", lambda: rejected.append(1))
    drawn = samples(expressions(), 1200)  # enough for the longest, whichever numbers hypothesis finds in the sources
    rows = Counter(step.op.name for expression in drawn for step in expression.steps)
    assert rows.keys() == {op.name for op in OPS}
    assert not rejected
    shared = [e for e in drawn if max(Counter(p for step in e.steps for p in step.places).values()) > 1]
    assert len(shared) > 150
    assert {len(e.variables) for e in drawn} == {1, 2, 3}
    assert max(map(len, drawn)) == 8


@pytest.mark.parametrize("name", [op.name for op in OPS])
def test_every_row_can_be_asked_for_alone(name):
    for expression in samples(expressions(operations=[name], max_size=2), 20):
        assert {step.op.name for step in expression.steps} == {name}


@pytest.mark.parametrize(
    ("name", "partials", "code"),
    [
        ("div", ("1 / y", "z / y"), r"f = x / [xy]"),
        ("mul", ("x", "y"), r"f = (x \* y|y \* x)"),
        ("tanh", ("1 - z",), r"f = tg\.tanh\(x\)"),
    ],
)
def test_a_wrong_partial_shrinks_to_one_step(name, partials, code):
    wrong = TABLE[name].replace(partials=partials)
    rows = [wrong if op.name == name else op for op in OPS]
    found = smallest(expressions(operations=rows), lambda e: not check_gradients(e, *e.leaves()))
    assert len(found) == 1
    assert re.fullmatch(code, found.code.splitlines()[-1])


def test_a_shared_result_shrinks_to_two_steps():
    def is_shared(expression):
        uses = Counter(place for step in expression.steps for place in step.places)
        return any(uses[place] > 1 for place in uses if place >= len(expression.variables))

    assert repr(smallest(expressions(), is_shared)) == 'x = tg.Value(1.0, "x"); a = x + x; f = a + a'


def test_anything_goes_where_it_need_not_be_differentiable():
    loose = expressions(differentiable=False)
    steps = expressions(operations=["add", "relu", "sign", "floor"], differentiable=False)
    kink = smallest(steps, lambda e: any(step.op.name == "relu" for step in e.steps) and e() == 0.0)
    assert repr(kink) == 'x = tg.Value(0.0, "x"); f = tg.relu(x)'
    assert len(smallest(loose, lambda e: math.isnan(e()))) == 1


def test_variables_have_the_names_and_domains_that_are_asked_for():
    for expression in samples(expressions(variables={"apple": (5, 6), "count": None}), 30):
        assert expression.variables == ("apple", "count")
        assert 5 <= expression.values[0] <= 6
    (expression,) = samples(expressions(variables=5), 1)
    assert expression.variables == ("x1", "x2", "x3", "x4", "x5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operations": ["gamma"]}, "there is no operation 'gamma'"),
        ({"operations": "add"}, r"write \['add'\]"),
        ({"operations": []}, "at least one operation"),
        ({"max_size": 0}, "1 or more, not 0"),
        ({"max_size": "x"}, "1 or more, not 'x'"),
        ({"variables": ["x", "x"]}, "the name 'x' is given twice"),
        ({"variables": 0}, "at least one variable"),
        ({"variables": []}, "at least one variable"),
        ({"variables": "xy"}, "not 'xy'"),
        ({"variables": ["lambda"]}, "can't name a variable"),
        ({"variables": ["tg"]}, "other than f and tg"),
        ({"variables": {"x": 3}}, r"\(low, high\) or a hypothesis strategy, not 3"),
        ({"variables": {"x": (3, 2)}}, "is empty"),
    ],
)
def test_what_can_not_be_drawn_is_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        expressions(**arguments)


CUBE = Expression(("x", "y"), (2.0, 3.0), (Step(TABLE["mul"], (0, 0)), Step(TABLE["mul"], (2, 1))))


def test_an_expression_runs_on_anything_with_the_operators():
    assert CUBE() == CUBE(2.0, 3.0) == CUBE(y=3.0, x=2.0) == CUBE(2.0, y=3.0) == 12.0
    assert CUBE(Value(2.0), 3).data == 12.0
    assert CUBE(np.array([1.0, 2.0]), 3.0).tolist() == [3.0, 12.0]
    assert CUBE(students.Scalar(2.0), 3.0).data == 12.0
    assert list(inspect.signature(CUBE).parameters) == ["x", "y"]
    for wrong in ((1.0,), (1.0, 2.0, 3.0)):
        with pytest.raises(TypeError, match=r"takes 2 \(x, y\) numbers"):
            CUBE(*wrong)
    with pytest.raises(TypeError, match="takes 2"):
        CUBE(x=1.0, z=2.0)


def test_signs_are_written_so_that_they_bind_as_they_should():
    minus, power = Step(TABLE["neg"], (0,)), Step(TABLE["pow"], (1, 2.0))
    expression = Expression(("x",), (3.0,), (minus, power, Step(TABLE["sub"], (-1.5, 2)), Step(TABLE["sub"], (0, 3))))
    assert expression.code.splitlines()[-1] == "f = x - (-1.5 - (-x) ** 2.0)"
    assert run(expression.code)["f"].data == 3 - (-1.5 - 9)
    assert repr(Expression(("x",), (3.0,), (Step(TABLE["pow"], (-2.0, 0)),))).endswith("f = (-2.0) ** x")
    infinite = Expression(("x",), (math.inf,), (Step(TABLE["add"], (0, -math.inf)),))
    with pytest.warns(RuntimeWarning):
        assert math.isnan(run(infinite.code)["f"].data)


# ── Values and functions ──────────────────────────────────────────────────────────────────────────────


def test_values_are_leaves_in_their_range():
    drawn = samples(values(1, 2, name="x"), 50)
    assert all(1 <= x.data <= 2 and x.name == "x" and x.op is None for x in drawn)
    assert {x.name for x in samples(values(name=st.sampled_from("ab")), 50)} == {"a", "b"}
    assert smallest(values(), lambda x: x.data > 10).data == 11.0
    assert all(math.isfinite(x.data) for x in samples(values(), 200))
    assert math.isnan(smallest(values(allow_nan=True), lambda x: math.isnan(x.data)).data)
    assert smallest(values(allow_infinity=True), lambda x: math.isinf(x.data)).data == math.inf
    for bounds in ((2, 1), (math.nan, 1), (0, math.nan)):
        with pytest.raises(ValueError, match="there are no values between"):
            values(*bounds)
    with pytest.raises(TypeError, match="bound"):
        values("x")


@given(st.from_type(Value), st.from_type(Constant))
def test_hypothesis_knows_values_by_their_type(value, constant):
    assert type(value) is Value
    assert math.isfinite(value.data)
    assert type(constant) is Constant


@given(functions(), numbers((-2, 2)))
def test_functions_are_differentiable_everywhere(f, x):
    assert len(inspect.signature(f).parameters) == 1
    assert check_gradients(f, x)
    names = {"tg": tg}
    exec(repr(f), names)
    assert names["f"](x) == f(x) == f(Value(x)).data


@given(functions(variables=["p", "q"], operations=["mul", "sin", "softmax"]), numbers((-2, 2)), numbers((-2, 2)))
def test_functions_of_several_variables(f, p, q):
    assert list(inspect.signature(f).parameters) == ["p", "q"]
    assert check_gradients(f, p, q)


def test_functions_are_made_of_smooth_operations_only():
    with pytest.raises(ValueError, match="log is defined for x > 0"):
        functions(operations=["exp", "log"])
    with pytest.raises(ValueError, match="max_size is a number of operations, 1 or more, not 0"):
        functions(max_size=0)
    with pytest.raises(TypeError, match="max_size is a number of operations, 1 or more, not 'x'"):
        functions(max_size="x")
    with pytest.raises(ValueError, match="relu has kinks"):
        functions(operations=["relu"])
    with pytest.raises(TypeError, match="needs 2 numbers"):
        Function(CUBE)()


# ── The assertion ─────────────────────────────────────────────────────────────────────────────────────

WRONG = TABLE["div"].replace(partials=("1 / y", "z / y"))


def wrong_at_the_end(x, y):
    return apply(WRONG, (tg.exp(x), y + 1)) * 2


def failure(*args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        assert_gradients(*args, **kwargs)
    return str(caught.value)


def test_the_message_shows_the_expression_both_numbers_and_the_graph():
    message = failure(Expression(("x", "y"), (1.0, 2.0), (Step(WRONG, (0, 1)),)))
    assert message.startswith("1 of 2 inputs differs: ∂f/∂y is 0.25 but should be -0.25 ± ")
    assert '    x = tg.Value(1.0, "x")\n    y = tg.Value(2.0, "y")\n    f = x / y\n' in message
    graph = Value(1.0, "x"), Value(2.0, "y")
    output = apply(WRONG, graph)
    output.backward()
    assert message.endswith(output.draw().text())


def test_of_a_large_graph_the_message_shows_the_wrong_operation():
    message = failure(wrong_at_the_end, 0.0, 1.0)
    assert "∂wrong_at_the_end/∂y is 0.5 but should be -0.5 ± " in message
    assert "def wrong_at_the_end(x, y):\n        return apply(" in message
    assert "    at x = 0, y = 1\n" in message
    assert 'the derivative of div alone is wrong:\n\n    x = tg.Value(1.0, "x")\n    y = tg.Value(2.0, "y")' in message
    assert "(/)" in message
    assert "exp" not in message.partition("alone is wrong")[2]


def test_gradients_of_other_libraries():
    def loss(x):
        return float(np.sum(np.sin(x)))

    point = np.array([1.0, 2.0])
    assert_gradients(loss, point, gradient=np.cos)
    assert_gradients(lambda x: (loss(x), np.cos(x)), point, gradient=True)
    assert_gradients(lambda x, y: (x * y, (y, x)), 2.0, 3.0, gradient=True)
    assert "∂loss/∂x[0] is 0.841470984808 but should be 0.540302305868" in failure(loss, point, gradient=np.sin)
    assert "∂f/∂x is 2 but should be 3" in failure(lambda x, y: (x * y, (x, y)), 2.0, 3.0, gradient=True)
    with pytest.raises(TypeError, match=r"f returns \(value, gradient\), not 4.0"):
        assert_gradients(lambda x: x * x, 2.0, gradient=True)


def test_kinks_and_what_is_right_do_not_fail():
    assert_gradients(tg.relu, 0.0)
    assert_gradients(lambda x: x * tg.sin(x), [[0.5, 2.0], [1.0, 3.0]][0][0])
    assert_gradients(lambda W: tg.sum(W * W), np.array([[0.5, 2.0], [1.0, 3.0]]))
    assert_gradients(CUBE)
    assert_gradients(CUBE, 5.0, 7.0)


def test_without_points_the_assertion_tries_many():
    assert_gradients(lambda x, y: tg.sin(x) * y)
    with pytest.raises(AssertionError, match="differs"):
        assert_gradients(lambda x: apply(WRONG, (1.0, x)))


# ── The decorator ─────────────────────────────────────────────────────────────────────────────────────


@gradient_property(x=(0.1, 5))
def test_a_decorated_function_is_a_test(x):
    """Entropy."""
    return -x * tg.log(x)


@gradient_property
def test_without_domains_numbers_are_moderate(x, y):
    return tg.relu(x) * y


@gradient_property(st.lists(st.floats(-2, 2), min_size=1, max_size=3))
def test_arrays_are_drawn_by_a_strategy(x):
    return tg.logsumexp(x)


def test_a_decorated_function_keeps_its_name_and_fails_with_the_message():
    @gradient_property({"y": (1, 2)}, x=st.just(3.0))
    def ratio(x, y):
        """A ratio."""
        return apply(WRONG, (x, y))

    assert (ratio.__name__, ratio.__doc__) == ("ratio", "A ratio.")
    assert not inspect.signature(ratio).parameters
    with pytest.raises(AssertionError, match="∂ratio/∂y is 3 but should be -3 ") as caught:
        ratio()
    assert any("ratio(\n    x=3.0,\n    y=1.0," in note for note in caught.value.__notes__)


def test_a_property_of_a_gradient_from_elsewhere():
    gradient_property((0.1, 3), gradient=lambda x: 1 / x)(math.log)()
    with pytest.raises(AssertionError):
        gradient_property((0.1, 3), gradient=lambda x: x)(math.log)()


@pytest.mark.parametrize("domain", [(-3, -2), st.just(-1.0)])
def test_a_property_that_compares_nothing_does_not_pass(domain):
    message = (
        r"^no point of the domain can be compared with .* \(∂log/∂x: .*\); choose a domain inside which log\(\) is"
    )
    with pytest.raises(AssertionError, match=message):
        gradient_property(domain)(tg.log)()
    with pytest.raises(AssertionError, match=r"^only \d+ of \d+ points of the domain"):
        gradient_property(st.integers(0, 10**6).map(lambda k: -1.0 if k else 1.0))(tg.log)()


def test_where_a_function_raises_is_outside_its_domain():
    def root(x):
        return 3 * x if abs(x.data) > 0.5 else math.sqrt(-1.0) if x.data < 0 else 1 / 0.0 * x

    assert_gradients(root)
    with pytest.raises(AssertionError, match=r"no point .* \(it raised ZeroDivisionError: float division by zero\)"):
        gradient_property((0, 0.4))(root)()
    gradient_property(st.sampled_from([0.0, 1.0, 2.0]), gradient=lambda x: -1 / x**2)(lambda x: 1 / x)()


def test_what_the_check_refuses_is_an_error_of_the_test():
    count = iter(range(10**6))
    with pytest.raises(ValueError, match="the same at every call"):
        gradient_property((1, 2))(lambda x: x * next(count))()
    with pytest.raises(TypeError, match="float"):
        gradient_property()(lambda x: "text")()


def test_a_property_takes_settings_and_examples_above_it():
    drawn, seen = [], []

    def kept(number):
        drawn.append(number)
        return number

    @settings(max_examples=7, database=None)
    @example(x=2.125)
    @gradient_property(st.floats(0, 1).map(kept))
    def square(x):
        seen.append(x.data)
        return x * x

    square()
    assert seen[0] == 2.125
    assert 0 < len(drawn) < 20


def test_of_points_that_hypothesis_draws_others_are_drawn():
    compared = []

    @given(st.sampled_from([1e-304, 1.0, 2.0]))
    def test(x):
        assert_gradients(lambda x: x * x, x)
        compared.append(x)

    test()
    assert set(compared) == {1.0, 2.0}


@pytest.mark.filterwarnings("ignore:log")
def test_points_that_were_chosen_must_be_comparable():
    assert "no derivative can be compared at this point" in failure(tg.log, -1.0)
    assert "at x = -1" in failure(lambda x: tg.log(x), -1.0)
    assert_gradients(lambda x, y: tg.log(x) * 0 + y if x.data > 0 else y, 1.0, 2.0)
    assert_gradients(tg.relu, 0.0)


def test_a_domain_for_nothing_is_refused():
    with pytest.raises(TypeError, match="has no argument 'z' to give a domain; it has x"):
        gradient_property(z=(0, 1))(lambda x: x)
    with pytest.raises(TypeError, match="no arguments"):
        gradient_property()(lambda: 1.0)
    for nothing in ("ab", 3, {"x": 3}):
        with pytest.raises(TypeError, match="a domain is"):
            gradient_property(nothing)
    with pytest.raises(TypeError, match="a domain is"):
        gradient_property(x=3)
    for points in ((), (1.0,)):
        with pytest.raises(TypeError, match="needs a function of Values .* not 3"):
            assert_gradients(3, *points)


def python(*arguments, folder=None):
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", env=environment, cwd=folder, timeout=60
    )


def test_pytest_collects_and_reports(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import tinygrad_kr as tg\n"
        "from hypothesis import settings\n"
        "from tinygrad_kr.strategies import gradient_property\n"
        "@gradient_property(x=(0.1, 5))\n"
        "def test_right(x):\n    return tg.log(x)\n"
        "@gradient_property(x=(0.1, 5), gradient=lambda x: x)\n"
        "def test_wrong(x):\n    return x * x\n"
        "def test_profile():\n    assert settings.default.max_examples == 200 and settings.default.derandomize\n",
        "utf-8",
    )
    done = python("-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-profile=tinygrad_kr-ci", folder=tmp_path)
    assert "1 failed, 2 passed" in done.stdout
    assert "∂test_wrong/∂x is " in done.stdout
    assert "    @gradient_property(x=(0.1, 5), gradient=lambda x: x)" in done.stdout
    assert "These lines were always and only run" not in done.stdout
    for ours in ("testing.py", "failures.py", "properties.py", "strategies.py"):
        assert ours not in done.stdout


def test_pytest_shows_the_line_of_the_assertion(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "from tinygrad_kr import assert_gradients\n"
        "def test_wrong():\n    assert_gradients(lambda x: (x**2, 3 * x), 2.0, gradient=True)\n"
        "def test_random():\n    assert_gradients(lambda x: (x**2, 3 * x), gradient=True)\n",
        "utf-8",
    )
    done = python("-m", "pytest", "-p", "no:cacheprovider", folder=tmp_path)
    assert "2 failed" in done.stdout
    assert ">       assert_gradients(" in done.stdout
    for ours in ("testing.py", "failures.py", "properties.py", "strategies.py"):
        assert ours not in done.stdout


# ── Loading ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("first", ["import hypothesis", "import tinygrad_kr.strategies"])
def test_hypothesis_finds_the_strategies_whatever_is_imported_first(first):
    code = (
        f"{first}; import sys; assert 'numpy' not in sys.modules; from hypothesis import settings, strategies as st;"
        "examples = settings.default.max_examples;"
        "from tinygrad_kr import Value; s = st.from_type(Value); s.validate();"
        "import tinygrad_kr.strategies as t; assert settings.default.max_examples == examples; t.profile('long');"
        "print(settings.default.max_examples, settings.default.deadline)"
    )
    done = python("-c", code)
    assert (done.stdout, done.stderr) == ("20000 None\n", "")


def test_what_is_missing_is_said():
    missing = (
        "import sys; sys.modules['hypothesis'] = None; import tinygrad_kr as tg; tg.assert_gradients(tg.exp, 1.0);"
    )
    for use in ("import tinygrad_kr.strategies", "tg.assert_gradients(tg.exp)", "tg.check_backward(tg.Value)"):
        done = python("-c", missing + use)
        last = done.stderr.splitlines()[-1]
        assert last.startswith("ImportError: ")
        assert "pip install 'tinygrad_kr[property]'" in last


# ── The exercise ──────────────────────────────────────────────────────────────────────────────────────


@cache
def checked(student, language):
    """What is said of a student's engine; nothing of it is left to chance."""
    return check_backward(student, language=language)


MISTAKES = [
    (students.Overwriting, "accumulation", "grad += …", "grad += …"),
    (students.KeepingTheFirst, "accumulation", "added up", "더해야"),
    (students.BreadthFirst, "order", "reverse topological order", ""),
    (students.Recursive, "order", "or several times", "여러 번"),
    (students.Forwards, "order", "reverse topological order", ""),
    (students.Preorder, "order", "reverse topological order", "위상 정렬"),
    (students.Unscaled, "upstream", "exp does not multiply by the grad of its result", "exp에서 결과의 grad를 곱하지"),
    (students.UnscaledTimes, "upstream", "× does not multiply by the grad", "×에서 결과의 grad를"),
    (students.UnscaledWithoutNumbers, "upstream", "exp does not multiply by", "exp에서 결과의 grad를"),
    (students.SwappedFactors, "swapped", "The two inputs of × are swapped", "×에서 두 입력이 바뀌었습니다"),
    (students.PlusInTheDivisor, "sign", "/ with respect to y has the wrong sign", "/에서 y에 대한 미분의 부호"),
    (students.ReluAtZero, "kink", "relu differs only at its kink (x = 0)", "relu에서 꺾이는 점(x = 0)만"),
    (students.ForgettingTheExponent, "partial", "∂z/∂x = z", "국소적 미분이 틀렸습니다"),
    (students.WrongValue, "value", "Look at the forward pass first", "순전파를 먼저"),
    (students.WithoutSeed, "nothing", "the grad of the output itself to 1", "출력 자신의 grad를 1로"),
    (students.Failing, "error", "AttributeError", "AttributeError"),
    (students.Shallow, "other", "none of the usual mistakes", ""),
]


@pytest.mark.parametrize(
    ("student", "kind", "english"), [mistake[:3] for mistake in MISTAKES], ids=lambda x: getattr(x, "__name__", None)
)
def test_a_mistake_is_caught_and_explained(student, kind, english):
    report = checked(student, "en")
    assert (report.kind, bool(report)) == (kind, False)
    assert english in report.explanation
    assert str(report).startswith(report.explanation)
    assert repr(report) == f"<BackwardReport: {report.explanation}>"
    names = {student.__name__: student}
    if kind not in ("error", "order"):  # the order of a set is another each time
        exec(report.code, names)  # what stands beside the wrong numbers is what comes out
        for line in report.code.splitlines():
            if "# should be" in line:
                (shown, attribute), got = line.partition("  # ")[0].split("."), float(line.rpartition(" ")[2])
                assert getattr(names[shown], attribute) == pytest.approx(got, rel=1e-5)


def rectified(x):
    """A relu whose partial is wrong."""
    return max(x, 0.0)


@pytest.mark.parametrize(
    ("language", "formula"),
    [("ko", "z = x ≤ 0이면 0, 아니면 x: ∂z/∂x = x ≤ 0이면 0, 아니면 1"), ("en", "z = 0 if x ≤ 0, otherwise x")],
)
def test_a_rule_is_told_in_one_language(language, formula):
    relu = tg.operation(partials=(lambda x: 0.5 * (float(x) > 0),))(rectified)
    report = check_backward(Value, functions={"relu": relu}, language=language)
    assert formula in report.explanation


@pytest.mark.parametrize(("student", "korean"), [(student, korean) for student, _, _, korean in MISTAKES if korean])
def test_a_mistake_is_explained_in_korean_too(student, korean):
    assert korean in checked(student, "ko").explanation


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("student", [students.Preorder, students.Sometimes])
def test_what_goes_wrong_only_sometimes_is_caught_every_time(student, times):
    for _ in range(times):
        report = check_backward(student, language="en")
        assert not report
        lines = [line for line in report.code.splitlines() if "# should be" in line]
        assert lines
        for line in lines:
            should, got = re.search(r"# should be (\S+), is (\S+)", line).groups()
            assert should != got


def test_of_a_wrong_value_the_value_is_shown():
    report = checked(students.WrongValue, "en")
    want, got = re.search(r"it should be (\S+) and is (\S+)\.", report.explanation).groups()
    assert report.code.splitlines()[-1] == f"f.data  # should be {want}, is {got}"


@pytest.mark.parametrize(("student", "steps"), [(students.Overwriting, 1), (students.BreadthFirst, 2)])
def test_the_expression_is_the_smallest(student, steps):
    code = checked(student, "en").code
    assert len([line for line in code.splitlines() if " = " in line]) == steps + 1


def test_right_answers_pass():
    report = checked(students.Scalar, "en")
    assert report
    assert report.code == ""
    assert report.operations == ("add", "sub", "mul", "div", "neg", "pow", "exp", "log", "relu")
    assert "맞습니다" in str(checked(students.Scalar, "ko"))
    assert check_backward(Value, language="en")


def test_functions_stand_for_methods():
    def tanh(x):
        return x.made(math.tanh(x.data), (x,), (1 - math.tanh(x.data),))

    assert "tanh" not in checked(students.Scalar, "en").operations
    report = check_backward(students.Scalar, {"tanh": tanh}, language="en")
    assert report.kind == "partial"
    assert "f = tanh(x)" in report.code


def test_a_mistake_is_always_explained_alike():
    assert check_backward(students.SwappedFactors, language="en") == checked(students.SwappedFactors, "en")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3.0,), "needs a class"),
        ((object,), r"object\(1.0\), which raised TypeError"),
        ((lambda number: object(),), "has no operations to check"),
        ((students.Scalar, [1]), r"a dict from the names of rows to functions, .* not \[1\]"),
        ((students.Scalar, {"exp": 1}), "a dict from the names of rows to functions"),
        ((students.Scalar, {"gamma": math.gamma}), "there is no operation 'gamma'"),
    ],
)
def test_what_can_not_be_checked_is_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        check_backward(*arguments)
    with pytest.raises(ValueError, match="language='fr'"):
        check_backward(students.Scalar, language="fr")


# ── Operations that are made of others, and code that never ends ──────────────────────────────────────


class MadeOfPowers:
    """micrograd's class, typed anew: x / y is x · y⁻¹; its ** forgets the exponent in its derivative."""

    def __init__(self, data, children=()):
        self.data, self.grad = data, 0.0
        self._backward, self._before = lambda: None, children

    def __add__(self, other):
        other = other if isinstance(other, MadeOfPowers) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, MadeOfPowers) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def slope(self, k):
        return self.data ** (k - 1)  # without k

    def __pow__(self, k):
        assert isinstance(k, (int, float))
        out = type(self)(self.data**k, (self,))

        def _backward():
            self.grad += self.slope(k) * out.grad

        out._backward = _backward
        return out

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for child in node._before:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node._backward()


def test_a_wrong_power_is_blamed_and_not_the_quotient_that_is_made_of_it():
    report = check_backward(MadeOfPowers, language="en")
    assert report.kind in ("partial", "sign")
    assert " of ** with respect to x" in str(report)


class Endless(MadeOfPowers):
    def backward(self):
        stack = [self]
        while stack:
            try:
                stack[-1].grad += 0.0
            except Exception:
                stack.pop()


@pytest.mark.parametrize("in_a_thread", [False, True])
def test_a_backward_that_never_ends_is_an_error(in_a_thread):
    def ask():
        return check_backward(Endless, language="en", time_limit=0.2)

    if in_a_thread:
        with ThreadPoolExecutor(1) as pool:
            report = pool.submit(ask).result(timeout=60)
    else:
        report = ask()
    assert report.kind == "error"
    assert "did not end within 0.2 s" in str(report)


@pytest.mark.parametrize("limit", [0, -1.0, math.nan])
def test_an_impossible_time_limit_is_refused(limit):
    with pytest.raises(ValueError, match="time_limit=.* expected seconds, more than 0"):
        check_backward(Value, time_limit=limit)


class Slow(MadeOfPowers):
    """Its first passes take 0.02 s each."""

    passes = 70

    def backward(self):
        if self.passes > 0:
            type(self).passes -= 1
            time.sleep(0.02)
        super().backward()


def test_a_long_check_tells_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(Slow, "passes", 70)
    assert check_backward(Slow, progress=True).kind in ("partial", "sign")
    captured = capsys.readouterr()
    assert captured.out == ""
    counts = [int(count) for count in re.findall(r"expressions tried: (\d+) \[", captured.err)]
    assert counts == sorted(counts)
    assert counts[-1] > 40
    monkeypatch.setattr(Slow, "passes", 70)
    check_backward(Slow)  # nobody looks
    assert capsys.readouterr().err == ""
    with pytest.raises(ValueError, match="progress='yes' is not possible; expected True, False or None"):
        check_backward(Slow, progress="yes")
