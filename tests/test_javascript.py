"""The table in JavaScript: how formulas are written, and that node and Chromium compute what the engine does."""

import math
import re
from random import Random

import pytest
from scripts import close
from truth import families

from tinygrad_kr.engine import ieee
from tinygrad_kr.engine.formula import FUNCTIONS, parse
from tinygrad_kr.engine.kernels import Kernel, TotalPython
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.targets.javascript import NAMES, JavaScript, row, rows

EPS = 2.0**-52

every_row = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)


# ── How it is written ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("formula", "javascript"),
    [
        ("x + y * 2", "x + y * 2.0"),
        ("-(x + y)", "-(x + y)"),
        ("x - (y - z)", "x - (y - z)"),
        ("-x ** 2", "-pow(x, 2.0)"),
        ("x if x > 0 else y", "x > 0.0 ? x : y"),
        ("(x if x > 0 else y) + 1", "(x > 0.0 ? x : y) + 1.0"),
        ("1 if x > 0 else -1 if x < 0 else x", "x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x"),
        ("-1 < x < 1", "-1.0 < x && x < 1.0"),
        ("not (x == y or x != y)", "!(x === y || x !== y)"),
        ("not x < y", "!(x < y)"),
        ("exp(x) + erf(x) * pi", "Math.exp(x) + erf(x) * Math.PI"),
        ("abs(x) == inf", "Math.abs(x) === Infinity"),
    ],
)
def test_a_formula_is_written_in_javascript(formula, javascript):
    assert JavaScript().write(formula) == javascript


def test_a_reduction_is_computed_once_however_often_it_is_written():
    target = JavaScript(["x"])
    assert target.write("exp(x[k] - max(x)) / sum(exp(x - max(x)))") == "Math.exp(xs[k] - t0) / t1"
    assert target.locals == {"largest(xs)": "t0", "sum(each(xs.length, (i) => Math.exp(xs[i] - t0)))": "t1"}


@every_row
def test_a_row_calls_nothing_but_math_and_the_runtime(op):
    text = row(op)
    maths = set(re.findall(r"Math\.([a-z]\w*)", text))
    assert maths <= set(FUNCTIONS) - set(NAMES)
    called = set(re.findall(r"(?<![.\w])([A-Za-z]\w*)\(", text)) - {"forward", "backward", "pieces", "isKink"}
    assert called <= set(NAMES)
    assert not re.search(r"\*\*|\band\b|\bor\b|\bnot\b|\bif\b|\belse\b", text)


def test_a_row_in_pieces_says_which_it_is_in():
    assert "pieces(x, z) { return [x <= 0.0]; }" in row(TABLE["relu"])
    assert "pieces(x, y, z) { return [x > y, x === y, y > x]; }" in row(TABLE["min"])
    assert "pieces(c, x, y, z) { return [c !== 0.0]; }" in row(TABLE["where"])
    assert "pieces(x, z) { return [sign(x)]; }" in row(TABLE["abs"])
    assert "pieces" not in row(TABLE["exp"]) + row(TABLE["softmax"]) + row(TABLE["tanh"])  # as the labels are written


def test_a_page_has_the_rows_that_its_graph_uses_each_once():
    written = rows([TABLE["mul"], TABLE["exp"], TABLE["mul"], TABLE["softmax"].output(1), TABLE["softmax"].output(2)])
    assert re.findall(r'"(\w+)": \{', written) == ["mul", "exp", "softmax"]


# ── What it computes ──────────────────────────────────────────────────────────────────────────────────


SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 27.0, 1e-300, 5e-324, 1e300, -1e300, math.inf, -math.inf, math.nan)


def operand_lists(op):
    """Edge cases, special numbers, ties, and random numbers of every size."""
    random = Random(op.name)
    sizes = (1, 2, 5) if op.variadic else (1,)
    count = len(op.inputs)
    yield from ([float(x) for x in edge.inputs] for edge in op.edges if edge.inputs)
    for size in sizes:
        if op.k is not None and size <= op.k:
            continue
        for _ in range(150 if count * size > 1 else 0):
            yield [random.choice(SPECIAL) for _ in range(size * count)]
        for _ in range(60):
            yield [random.choice((-1, 1)) * 10 ** random.uniform(-8, 8) for _ in range(size * count)]
            yield [random.uniform(-3, 3) for _ in range(size * count)]
            yield [random.choice((1 - 1e-9, 1 + 1e-9, 2.0, 2.0)) for _ in range(size * count)]
    if count == 1 and not op.variadic:
        yield from ([x] for x in SPECIAL)


@every_row
def test_javascript_computes_a_row_as_the_engine_does(javascript, op):
    kernel, k = Kernel(op), -1 if op.k is None else op.k
    points = [families(op, xs) for xs in operand_lists(op)]
    upstreams = (1.0, -2.5, 0.0, 1e-3)
    values = [float(kernel.forward(*point)) for point in points]
    closing = kernel.closing((True,) * len(op.inputs))
    slopes = [[closing(*point, z)(g) for g in upstreams] for point, z in zip(points, values)]
    script = f"(points) => points.map((at) => rows.{op.name}.forward(...at, {k}))"
    got = javascript(script, points)
    for point, z, true in zip(points, got, values):
        # logsumexp of numbers around zero may cancel: it is as exact as an ulp of its parts
        slack = 4 * EPS * max((abs(x) for x in point[0] if x - x == 0), default=0) if op.name == "logsumexp" else 0.0
        assert close(z, true, slack), (point, z, true)
    script = (
        f"([points, zs, gs]) => points.map((at, j) => gs.map((g) => rows.{op.name}.backward(g, ...at, zs[j], {k})))"
    )
    for point, passed, true in zip(points, javascript(script, [points, values, upstreams]), slopes):
        for g, mine, theirs in zip(upstreams, passed, true):
            slack = 4 * EPS * abs(g) if op.name == "softmax" else 0.0  # p(1 − p) is as exact as an ulp of 1
            assert len(mine) == len(theirs)
            assert all(close(a, b, slack) for a, b in zip(mine, theirs)), (point, g, mine, theirs)


def test_the_error_functions_are_exact_to_thirteen_digits(javascript):
    xs = [k / 64 for k in range(-64 * 28, 64 * 28)] + [2 - 1e-15, 2 + 1e-15, 26.5, 27.2, 1e-200, 5e-324]
    for name, f in (("erf", math.erf), ("erfc", math.erfc)):
        for x, got in zip(xs, javascript(f"(xs) => xs.map({name})", xs)):
            # below the normal numbers a double has fewer digits
            assert abs(got - f(x)) <= 1e-13 * abs(f(x)) + 1e-320, (name, x, got, f(x))


def test_functions_keep_cs_conventions_where_javascript_has_others(javascript):
    pairs = [(x, y) for x in SPECIAL for y in SPECIAL]
    for (x, y), got in zip(pairs, javascript("(pairs) => pairs.map(([x, y]) => pow(x, y))", pairs)):
        assert close(got, ieee.power(x, y)), (x, y, got)
    assert javascript("(xs) => [pow(...xs), min(0, NaN), max(NaN, 0)]", [1.0, math.nan])[:1] == [1]
    for name, f in (("min", ieee.minimum), ("max", ieee.maximum), ("mod", ieee.mod), ("floordiv", ieee.floordiv)):
        for (x, y), got in zip(pairs, javascript(f"(pairs) => pairs.map(([x, y]) => {name}(x, y))", pairs)):
            assert repr(got) == repr(f(x, y)), (name, x, y)  # down to the sign of zero


def test_sums_are_as_exact_as_fsum(javascript):
    random = Random(5)
    lists = [[random.uniform(-1, 1) * 10 ** random.uniform(-20, 20) for _ in range(50)] for _ in range(100)]
    lists += [[1e100, 1.0, -1e100], [1e308, 1e308, -1e308], [math.inf, 1.0], [math.inf, -math.inf], [0.1] * 10]
    for terms, got in zip(lists, javascript("(lists) => lists.map(sum)", lists)):
        assert close(got, ieee.total_sum(terms)), (terms, got)


def formula(random, depth):
    """A random formula of the table's language."""
    if depth == 0:
        return random.choice(["x", "y", "2", "0.5", "pi"])
    a, b, c = (formula(random, depth - 1) for _ in range(3))
    kinds = [f"({a}) + ({b})", f"({a}) - ({b})", f"({a}) * ({b})", f"({a}) / ({b})", f"-({a})", f"sin({a})"]
    kinds += [f"max({a}, {b})", f"({a}) if ({b}) < ({c}) else ({b})", f"({a}) if not ({b}) == ({c}) else ({b})"]
    kinds += [f"({a}) if ({a}) <= ({b}) and ({b}) != ({c}) or ({c}) > 0 else ({c})", f"hypot({a}, {b})"]
    return random.choice(kinds)


def test_random_formulas_mean_the_same_in_both_languages(javascript):
    random = Random(11)
    formulas = [formula(random, random.randint(1, 4)) for _ in range(400)]
    for text in formulas:
        parse(text)
    points = [[0.5, -1.25], [-3.0, 2.0], [2.0, 2.0], [1e-9, 7.0]]
    functions = ", ".join(f"(x, y) => {JavaScript().write(text)}" for text in formulas)
    got = javascript(f"(points) => [{functions}].map((f) => points.map(([x, y]) => f(x, y)))", points)
    for text, found in zip(formulas, got):
        python = TotalPython().write(text)
        for (x, y), number in zip(points, found):
            true = float(eval(python, dict(ieee.TOTAL), {"x": x, "y": y}))
            assert close(number, true, 1e-9 if "sin" in text else 1e-12), (text, x, y, number, true)
