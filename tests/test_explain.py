"""The chain rule in words, and the graph as a table: the notes' numbers, random graphs, hostile names."""

import math
import re
import string
import time
import warnings
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounding import paths as sizes

import tinygrad_kr as tg
from tinygrad_kr import Value, constant
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply
from tinygrad_kr.text.options import LANGUAGES
from tinygrad_kr.text.phrases import _SENTENCES
from tinygrad_kr.text.terminal import columns
from tinygrad_kr.words.explanation import explain
from tinygrad_kr.words.paths import Paths
from tinygrad_kr.words.prose import Grid, Paragraph, markdown


def named(value, name):
    value.name = name
    return value


def apples():
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    return named(apple * count * tax, "지불"), apple, count, tax


def oranges():
    names = {"사과의 개수": 2, "사과": 100, "귤": 150, "귤의 개수": 3, "소비세": 1.1}
    leaves = [Value(number, name) for name, number in names.items()]
    apple_count, apple, orange, orange_count, tax = leaves
    return named((apple * apple_count + orange * orange_count) * tax, "지불"), leaves


# ── What the notes work out by hand ───────────────────────────────────────────────────────────────────


def test_the_apple_in_korean():
    price, apple, *_ = apples()
    assert str(price.explain(apple)) == (
        """\
지불 = 사과 × 사과의 개수 × 소비세 = 220

사과에 대한 지불의 미분입니다.
지불에서 사과까지 경로는 하나입니다: 지불 → t → 사과.
경로를 따라 국소적 미분을 곱합니다.

  연산    식                            국소적 미분
  시작    지불                          ∂지불/∂지불 = 1
  × 곱셈  지불 = t × 소비세 = 220       ∂지불/∂t = 소비세 = 1.1
  × 곱셈  t = 사과 × 사과의 개수 = 200  ∂t/∂사과 = 사과의 개수 = 2

∂지불/∂사과 = 1 × 1.1 × 2 = 2.2

사과 값이 아주 조금 오르면 지불 값은 그 2.2배만큼 오릅니다."""
    )


def test_two_paths_through_one_operator_in_english():
    x = Value(3, "x")
    assert str(named(x * x, "y").explain(x, language="en")) == (
        """\
y = x × x = 9

This is the derivative of y with respect to x.
There are 2 paths from y back to x.
Multiply the local derivatives along each, then add the products.
x①, x②: different uses of the same value.

Path 1: y → x①

  operation         equation         local derivative
  start             y                ∂y/∂y = 1
  × multiplication  y = x① × x② = 9  ∂y/∂x① = x② = 3

product: 1 × 3 = 3

Path 2: y → x②

  operation         equation         local derivative
  start             y                ∂y/∂y = 1
  × multiplication  y = x① × x② = 9  ∂y/∂x② = x① = 3

product: 1 × 3 = 3

∂y/∂x = 3 + 3 = 6

If x rises a little, y rises 6 times as much."""
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("사과", "∂지불/∂사과 = 1 × 1.1 × 1 × 2 = 2.2"),
        ("사과의 개수", "∂지불/∂(사과의 개수) = 1 × 1.1 × 1 × 100 = 110"),
        ("귤", "∂지불/∂귤 = 1 × 1.1 × 1 × 3 = 3.3"),
        ("귤의 개수", "∂지불/∂(귤의 개수) = 1 × 1.1 × 1 × 150 = 165"),
        ("소비세", "∂지불/∂소비세 = 1 × 650 = 650"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_apples_and_oranges(name, line, language):
    price, leaves = oranges()
    (x,) = [leaf for leaf in leaves if leaf.name == name]
    lines = str(price.explain(x, language=language)).splitlines()
    assert lines[0] == "지불 = (사과 × 사과의 개수 + 귤 × 귤의 개수) × 소비세 = 715"
    assert line in lines


def test_what_stands_beside_the_path_is_defined():
    price, leaves = oranges()
    text = str(price.explain(leaves[2]))
    assert re.search(r"^  \+ 덧셈  v = t \+ u = 650 +∂v/∂u = 1$", text, re.MULTILINE)
    assert "\n여기서 t = 사과 × 사과의 개수 = 200\n" in text


def test_what_stands_beside_the_path_and_is_long_is_a_number():
    x, y = Value(2, "x"), Value(3, "y")
    text = str((x + sum([y] * 30)).explain(x))
    assert text.startswith("z = x + t = 92\n")
    assert "\n여기서 t = 90\n" in text


def test_the_square_of_a_sum():
    x, y = Value(2, "x"), Value(3, "y")
    text = str(named((x + y) ** 2, "z").explain(x))
    assert text.startswith("z = (x + y)² = 25\n")
    assert "z = t² = 25    ∂z/∂t = 2t = 10\n" in text
    assert "t = x + y = 5  ∂t/∂x = 1\n" in text
    assert "\n∂z/∂x = 1 × 10 × 1 = 10\n" in text


def test_the_sigmoid_step_by_step():
    x = Value(0.5, "x")
    y = named(1 / (1 + tg.exp(-x)), "y")
    text = str(y.explain(x, digits=3))
    assert text.startswith("y = 1 / (1 + exp(-x)) = 0.622\n")
    for step in ("∂y/∂v = -1/v² = -0.387", "∂v/∂u = 1", "∂u/∂t = u = 0.607", "∂t/∂x = -1"):
        assert f"  {step}\n" in text
    assert "\n∂y/∂x = 1 × (-0.387) × 1 × 0.607 × (-1) = 0.235\n" in text
    assert y.explain(x).derivative == pytest.approx(y.data * (1 - y.data), rel=1e-15)


def test_a_value_used_directly_and_on_the_way():
    x, y = Value(3, "x"), Value(2, "y")
    explanation = (x + x * y).explain(x, language="en")
    assert [path.product for path in explanation.paths] == [1, 2]
    text = str(explanation)
    assert "z = x① + t = 9  ∂z/∂x① = 1\n" in text
    assert "t = x② × y = 6  ∂t/∂x② = y = 2\n" in text
    assert "\n∂z/∂x = 1 + 2 = 3\n" in text


def test_twins_that_are_no_leaf():
    x = Value(3, "x")
    t = x * 2
    explanation = str((t * t).explain(x))
    assert "\nt①, t②: 같은 값의 서로 다른 쓰임입니다.\n" in explanation
    assert "z = t① × t② = 36  ∂z/∂t② = t① = 6\n" in explanation
    assert "t = x × 2 = 6     ∂t/∂x = 2\n" in explanation


# ── Every row of the table ────────────────────────────────────────────────────────────────────────────

FORMULAS = {
    "div": ("z = x / y = 0.75", ["∂z/∂x = 1/y = 0.25", "∂z/∂y = -x/y² = -0.1875"]),
    "exp": ("z = exp(x) = 20.0855", ["∂z/∂x = z = 20.0855"]),
    "sqrt": ("z = sqrt(x) = 1.73205", ["∂z/∂x = 1/(2·z) = 0.288675"]),
    "square": ("z = x² = 9", ["∂z/∂x = 2x = 6"]),
    "reciprocal": ("z = 1 / x = 0.333333", ["∂z/∂x = -z² = -0.111111"]),
    "abs": ("z = |x| = 3", ["∂z/∂x = 1"]),
    "sigmoid": ("z = sigmoid(x) = 0.952574", ["∂z/∂x = z(1-z) = 0.0451767"]),
    "tanh": ("z = tanh(x) = 0.995055", ["∂z/∂x = 1-z² = 0.00986604"]),
    "atan2": ("z = atan2(x, y) = 0.643501", ["∂z/∂x = y/(y²+x²) = 0.16", "∂z/∂y = -x/(y²+x²) = -0.12"]),
    "max": ("z = max(x, y) = 4", ["∂z/∂x = 0", "∂z/∂y = 1"]),
    "dot": ("z = x × y = 12", ["∂z/∂x = y = 4", "∂z/∂y = x = 3"]),
    "prod": ("z = x × y = 12", ["∂z/∂x = y = 4", "∂z/∂y = x = 3"]),
    "softmax": (
        "z = softmax(x, y)[0] = 0.268941",
        ["∂z/∂x = z(1-z) = 0.196612"],
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_operations_and_their_local_derivatives_as_formula_and_number(name):
    equation, slopes = FORMULAS[name]
    leaves = [Value(3, "x"), Value(4, "y")]
    operands = leaves[: 2 if TABLE[name].variadic else len(TABLE[name].inputs)]
    z = apply(TABLE[name], operands)
    for x, slope in zip(operands, slopes):
        text = re.sub(", ?", ",", str(z.explain(x)))
        assert re.sub(", ?", ",", equation) + "\n" in text
        assert f"  {slope}\n" in text


def test_formulas_of_the_table_call_the_output_by_its_name():
    y, x = Value(0.5, "y"), Value(1.0, "x")
    f = named(tg.softmax([y, x])[0], "f")
    assert "∂f/∂y = f(1-f)" in str(f.explain(y))
    assert "∂f/∂y = f(1-f)" in str(f.table())
    assert "∂f/∂x = -f²exp(x-y)" in str(f.table())
    y = named(x ** float("inf"), "y")
    assert "∂y/∂x = ∞·x^∞ = ∞" in str(y.explain(x))


def test_formulas_of_many_operands_have_the_names_of_this_graph():
    leaves = [Value(2.0, letter) for letter in "abcdxfgh"]
    p = named(tg.prod(leaves), "p")
    text = str(p.explain(leaves[3]))
    assert "p = a × b × … × d × … × h = 256" in text
    assert "∂p/∂d = a × b × … × h = 128" in text  # and no xⱼ, beside a leaf x
    assert "∂p/∂a = b × … × h = 128" in str(p.explain(leaves[0]))
    largest = TABLE["logsumexp"].replace(
        name="shifted", textbook=(), partials=("exp(x - max(x)) / sum(exp(x - max(x)))",)
    )
    f = named(apply(largest, leaves[:2]), "f")
    formula = "exp(a - max(a, b)) / (exp(a - max(a, b)) + exp(b - max(a, b)))"
    assert f"∂f/∂a = {formula} = 0.5" in str(f.table())


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
@pytest.mark.parametrize("data", [0.5, 0.0, -3.0, math.inf, math.nan])
def test_every_row_is_explained_everywhere(op, data):
    operands = [Value(data, f"x_{k}") for k in range(3 * len(op.inputs) if op.variadic else len(op.inputs))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        z = named(apply(op, operands), "z")
        for x in operands:
            explanation = z.explain(x, language="en")
            z.backward()
            assert explanation.derivative == x.grad or (math.isnan(explanation.derivative) and math.isnan(x.grad))
            assert is_balanced(explanation.latex())
            assert f"∂z/∂{x.name} = " in explanation.text()  # x₀ is x_0 in signs that cp949 has
        assert len(z.table().rows) == len(operands) + 1


# ── Random graphs ─────────────────────────────────────────────────────────────────────────────────────

ROWS = [TABLE[name] for name in ("add", "sub", "mul", "mul", "neg", "sin", "tanh", "sum", "dot")]


@st.composite
def graphs(draw):
    """(output, leaves) of a small graph with shared nodes, and with constants among its operands."""
    leaves = [Value(draw(st.sampled_from([-1.5, -0.5, 0.25, 2.0])), name) for name in "abc"]
    nodes = [*leaves, constant(draw(st.sampled_from([-2.0, 3.0])))]
    for _ in range(draw(st.integers(1, 7))):
        op = draw(st.sampled_from(ROWS))
        size = 2 * len(op.inputs) if op.variadic else len(op.inputs)
        nodes.append(apply(op, [draw(st.sampled_from(nodes)) for _ in range(size)]))
    return nodes[-1], leaves


def brute_force_count(value, x):
    """The number of paths, straight from the definition (for small graphs only)."""
    return 1 if value is x else sum(brute_force_count(parent, x) for parent in value.parents)


@given(graphs())
def test_the_paths_are_counted_as_brute_force_counts_them(graph):
    output, leaves = graph
    for x in leaves:
        assert Paths(output, x).count == brute_force_count(output, x)


@given(graphs())
def test_the_products_along_all_paths_sum_to_the_derivative(graph):
    output, leaves = graph
    amounts = sizes(output)
    output.backward()
    for x in leaves:
        explanation = output.explain(x, paths=10**6)
        assert len(explanation.paths) == explanation.count
        assert len(set(explanation.paths)) == explanation.count
        grad = x.grad or 0.0
        assert math.fsum(path.product for path in explanation.paths) == pytest.approx(
            grad, abs=1e-12 * (1 + amounts.get(x, 0.0))
        )
        assert explanation.derivative == grad
        for path in explanation.paths:
            assert [step.operand for step in path.steps] == [*[step.node for step in path.steps[1:]], x]
            assert path.steps[0].node is output
            assert path.product == pytest.approx(math.prod(step.local for step in path.steps), rel=1e-12)


@given(graphs(), st.integers(1, 3))
def test_few_paths_are_listed_and_the_rest_are_counted(graph, most):
    output, leaves = graph
    for x in leaves:
        explanation = output.explain(x, paths=most)
        text = str(explanation)
        assert len(explanation.paths) == min(most, explanation.count)
        if explanation.count > 1:
            assert f"까지 경로는 {explanation.count:,}개입니다." in text
            assert text.count("\n경로 ") == len(explanation.paths)
        rest = explanation.count - len(explanation.paths)
        assert (f"나머지 경로 {rest:,}개는" in text) == (rest > 0)


@given(graphs())
def test_what_is_written_amounts_to_the_value(graph):
    output, leaves = graph
    functions = {"sin": math.sin, "tanh": math.tanh, **{leaf.name: leaf.data for leaf in leaves}}
    first = str(output.explain(leaves[0], digits=17)).splitlines()[0]
    _, written, number = first.split(" = ") if first.count(" = ") == 2 else (0, "0", "0")
    if not set(re.findall(r"[a-z_₀-₉]\w*", written)) - set(functions):  # no letter stands for a part of it
        got = eval(written.replace("×", "*"), {"__builtins__": {}}, functions)
        assert got == pytest.approx(float(number), rel=1e-12, abs=1e-12)


@given(graphs())
def test_explaining_changes_nothing(graph):
    output, leaves = graph
    output.explain(leaves[0])
    output.table()
    assert [leaf.grad for leaf in leaves] == [None] * 3
    assert output.grad is None
    assert output.name is None


# ── Large graphs ──────────────────────────────────────────────────────────────────────────────────────


def chain(length, step):
    x = y = Value(1.0, "x")
    for _ in range(length):
        y = step(y)
    return x, y


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_long_chain_is_explained_in_seconds(count):
    x, y = chain(count, lambda node: node * 1.00001)
    start = time.process_time()
    explanation = y.explain(x)
    text = str(explanation)
    assert time.process_time() - start < 20
    assert explanation.derivative == pytest.approx(1.00001**count)
    assert f"  … {count - 12:,}단계 …\n" in text
    assert len(text.splitlines()) < 30
    product = rf"^∂z/∂x = 1 (× 1\.00001 ){{6}}× … (× 1\.00001 ){{6}}= {1.00001**count:.6g}$"
    assert re.search(product, text, re.MULTILINE)


@pytest.mark.parametrize(("length", "line"), [(12, None), (13, "  … 1단계 …"), (30, "  … 18단계 …")])
def test_a_long_path_is_shortened_in_the_middle(length, line):
    x, y = chain(length, lambda node: node * 2)
    lines = str(y.explain(x)).splitlines()
    assert [found for found in lines if "단계" in found] == ([line] if line else [])
    assert sum(found.startswith("  × 곱셈") for found in lines) == 12
    assert any(found.endswith(f" = {2**length}") and found.count("×") == 12 + bool(line) for found in lines)


def test_astronomically_many_paths_are_counted():
    x, y = chain(20_000, lambda node: (node + node) / 2)
    explanation = y.explain(x, language="en")
    assert explanation.count == 2**20_000
    assert explanation.derivative == 1
    assert "There are about 3.98 × 10^6020 paths from z back to x." in str(explanation)
    assert str(explanation).count("\nPath ") == 8


def test_1024_paths_are_summed():
    x, y = chain(10, lambda node: node + node)
    text = str(y.explain(x, paths=3))
    assert "z에서 x까지 경로는 1,024개입니다." in text
    assert "나머지 경로 1,021개는 적지 않았지만" in text
    assert "\n∂z/∂x = 1 + 1 + 1 + … = 1024\n" in text


def test_a_partial_that_is_a_python_function_is_a_number_without_a_formula():
    @tg.operation(partials=(lambda x, y: y, "x"))
    def blend(x, y):
        return x * y

    x, y = Value(0.3, "x"), Value(0.6, "y")
    z = blend(x, y)
    for format in ("text", "markdown", "latex"):
        assert "d_blend" not in str(z.explain(x, format=format))
    assert "z = blend(x, y) = 0.18  ∂z/∂x = 0.6\n" in str(z.explain(x, language="en"))
    assert "∂z/∂y = x = 0.3\n" in str(z.explain(y, language="en"))


def test_an_operation_with_many_operands_is_shortened_around_the_path():
    xs = [Value(float(k), f"x_{k}") for k in range(1000)]
    text = str(tg.dot(xs, xs[::-1]).explain(xs[500]))
    assert text.startswith("z = x_0 × x_999 + x_1 × x_998 + … + x_500 × x_499 + … + x_999 × x_0 = 166167000\n")
    assert "z = x_0 × x_999 + x_1 × x_998 + … + x_500① × x_499 + … + x_999 × x_0 = " in text
    assert "∂z/∂x_500① = x_499 = 499\n" in text
    assert "\n∂z/∂x_500 = 499 + 499 = 998\n" in text


# ── Where there is little to say, or something else ───────────────────────────────────────────────────


def test_the_derivative_with_respect_to_itself_is_1():
    price, *_ = apples()
    explanation = price.explain(price)
    assert (explanation.derivative, explanation.count) == (1, 1)
    assert str(explanation).endswith("자기 자신에 대한 미분은 1입니다.\n\n∂지불/∂지불 = 1")


@pytest.mark.parametrize(
    ("language", "sentence", "turned"),
    [
        ("ko", "지불 값은 배 값과 관계없이 계산됩니다.", "거꾸로 지불 값은 사과 값에서 계산됩니다."),
        ("en", "지불 is computed without 배.", "It is the other way round: 지불 is computed from 사과."),
    ],
)
def test_what_a_value_does_not_depend_on(language, sentence, turned):
    price, apple, *_ = apples()
    explanation = price.explain(Value(3, "배"), language=language)
    assert (explanation.derivative, explanation.count, explanation.paths) == (0, 0, ())
    assert sentence in str(explanation)
    assert str(explanation).endswith("\n∂지불/∂배 = 0")
    assert turned.partition(" ")[0] not in str(explanation)
    assert turned in str(apple.explain(price, language=language))


def test_no_derivative_flows_to_a_constant():
    x, t = Value(3, "x"), constant(2, "t")
    explanation = (x * t).explain(t)
    assert explanation.derivative == 0
    assert "상수 t에는 미분이 흐르지 않습니다." in str(explanation)
    assert "constant" not in str(explanation.text())


def test_infinity_and_nan():
    x = Value(0, "x")
    with pytest.warns(RuntimeWarning):
        y = x * (1 / x)
    text = str(y.explain(x))
    assert "∂z/∂x① = t = ∞\n" in text
    assert "\n곱: 1 × 0 × (-∞) = nan\n" in text
    assert "\n∂z/∂x = ∞ + nan = nan\n" in text
    assert "nan: 0 × ∞" in text
    assert "\n∂z/∂x = 1 × ∞ = ∞" in str(tg.sqrt(x).explain(x))


def test_a_product_of_zero_and_infinity_says_why_it_is_zero():
    x = Value(0.0, "x")
    with pytest.warns(RuntimeWarning):
        y = 1 / tg.floor(x)
    text = str(y.explain(x))
    assert "\n∂z/∂x = 1 × (-∞) × 0 = 0" in text
    assert "0 × ∞: 미분이 언제나 0인 연산은 무엇이 들어와도 0을 보냅니다. 그래서 이 곱은 0입니다.\n" in text
    assert "0 × ∞" not in str(tg.floor(x).explain(x)) + str((x * 0).explain(x))


def test_a_name_that_ends_in_the_word_value_has_it_once():
    x = Value(2.0, "기준값")
    assert "기준값이 아주 조금 오르면 z 값은 그 2배만큼 오릅니다." in str((x * 2).explain(x))


@pytest.mark.parametrize(
    ("y", "is_kink", "slope"),
    [
        (lambda x: tg.relu(x), True, "0"),
        (lambda x: tg.relu(x + 1), False, "1"),
        (lambda x: tg.relu(x - 1), False, "0"),
        (lambda x: tg.max(x, Value(0.0, "y")), True, "0.5"),
        (lambda x: tg.floor(x + 2), True, "0"),
        (lambda x: tg.floor(x + 2.5), False, "0"),
        (lambda x: tg.hypot(x, Value(0.0, "y")), True, "nan"),
        (lambda x: tg.exp(x), False, "1"),
    ],
)
def test_the_convention_at_a_kink_is_said(y, is_kink, slope):
    x = Value(0, "x")
    text = str(y(x).explain(x, language="en"))
    assert ("this is a kink" in text) == is_kink
    assert (f"by convention it is {slope}." in text) == is_kink
    assert ("a little" in text) != is_kink
    assert f" = {slope}\n" in text + "\n"


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (lambda x: x * 3, "x 값이 아주 조금 오르면 z 값은 그 3배만큼 오릅니다."),
        (lambda x: x * -3, "x 값이 아주 조금 오르면 z 값은 그 3배만큼 내립니다."),
        (lambda x: x + 3, "x 값이 아주 조금 오르면 z 값도 그만큼 오릅니다."),
        (lambda x: 3 - x, "x 값이 아주 조금 오르면 z 값은 그만큼 내립니다."),
        (lambda x: x * 0, "x 값이 아주 조금 변해도 z 값은 거의 변하지 않습니다."),
    ],
)
def test_the_last_sentence_says_what_it_means(y, sentence):
    x = Value(2, "x")
    assert str(y(x).explain(x)).endswith(sentence)


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


def test_values_without_names_go_by_letters_that_are_free():
    x = Value(3)
    explanation = str(((x + Value(1, "t")) * Value(2, "x")).explain(x))
    assert explanation.startswith("z = (y + t) × x = 8\n")
    assert "여기서 y = 3\n" in explanation
    assert "u = y + t = 4" in explanation


def test_two_values_of_one_name_are_told_apart():
    x = Value(3, "h")
    assert "h#2 = h × 2 = 6\n" in str(named(x * 2, "h").explain(x))


def test_negative_numbers_stand_in_parentheses():
    x = Value(3, "x")
    assert str((x * -2 - (-x)).explain(x)).startswith("z = x × (-2) - (-x) = -3\n")
    assert str((constant(-2) ** x + -2).explain(x)).startswith("z = (-2) ** x + (-2) = -10\n")


HOSTILE = [
    "<script>alert(1)</script>", "$x$", r"\end{array}", "a|b", "new\nline", "`code`", "**bold**", "_a_", "~s~",
    "[a](http://b.c)", "![a](b)", "# h", "%", "&lt;", "^", "{", "}", "\\", "- item", "1. item", "\x00\x1b[31m",
    "\ud800", "\u202ecba", "", " ", "x" * 10_000, "🍎", "www.a.com", "x①", "∞", "-1", "</td>", "a\u2028b",
]  # fmt: skip
PIPE = re.compile(r"(?<!\\)\|")


def is_balanced(tex):
    """Whether braces, arrays and \\left … \\right of a LaTeX text close in order."""
    stack = []
    for token in re.findall(r"\\begin\{array\}|\\end\{array\}|\\left|\\right|\\[^a-zA-Z]|[{}]", tex):
        if token in ("{", r"\begin{array}", r"\left"):
            stack.append(token)
        elif token in ("}", r"\end{array}", r"\right") and (
            not stack or stack.pop() != {"}": "{", r"\end{array}": r"\begin{array}", r"\right": r"\left"}[token]
        ):
            return False
    return not stack


def test_the_balance_itself():
    assert is_balanced(r"\begin{array}{l} \frac{1}{\{} \end{array}")
    assert not is_balanced(r"\frac{1}{2")
    assert not is_balanced(r"\begin{array}{l \end{array}}")


class Tags(HTMLParser):
    """The tags and the text of an HTML fragment."""

    def __init__(self, fragment):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_data(self, data):
        self.said.append(data)


names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), st.text(string.punctuation, max_size=12))


@given(names, names, st.sampled_from(LANGUAGES))
def test_hostile_names_do_no_harm(first, second, language):
    x, y = Value(2, first), Value(3, second)
    z = named(tg.abs(x * y + x) * x**-1.5, second)
    explanation, table = z.explain(x, language=language), z.table(language=language)
    for document in (explanation, table):
        tex, source, text = document.latex(), document.markdown(), document.text()
        assert is_balanced(tex)
        assert tex.isprintable() or set(tex) - {"\n"} == {c for c in tex if c.isprintable() or c > "\x9f"}
        assert not set(tex) & set("<>|`")
        assert not re.search(r"\^\{[^{}]*\}\^", tex)  # TeX knows no double exponent
        assert not set(source) & set("<>")
        assert not re.search(r"(?<!\\)`", source)
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e\u2028]", text + source + tex) is None
        rows = [line for line in source.splitlines() if line.startswith("| ")]
        assert {len(PIPE.findall(row)) for row in rows} <= {4, 6}
        outside = re.sub(r"\$\$.*?\$\$|(?<!\\)\$(?:\\.|[^$\\])+\$", "", source)
        assert not re.search(r"(?<!\\)[$*_\[\]{}~^]", outside)
    page = Tags(table.html())
    assert {tag for tag, _ in page.tags} == {"table", "thead", "tbody", "tr", "th", "td"}
    assert not any(attributes for _, attributes in page.tags)


def test_no_name_becomes_markup():
    parts = ["- a", "1. a", "# a", "see www.a.com, http://b.c and @d", "<b>&amp;</b>", Paragraph([["+ a"]])]
    assert markdown([*parts, Grid(["a|b"], [["`c`"]])]) == (
        "\\- a\n\n1\\. a\n\n\\# a\n\nsee www\\.a\\.com, http\\://b\\.c and \\@d\n\n"
        "&lt;b&gt;&amp;amp;&lt;/b&gt;\n\n\\+ a\n\n| a\\|b |\n| --- |\n| \\`c\\` |"
    )


# ── Formats, languages, options ───────────────────────────────────────────────────────────────────────


def test_markdown_and_latex_say_the_same():
    price, apple, *_ = apples()
    line = r"\dfrac{\partial \text{지불}}{\partial \text{사과}} = 1 \times 1.1 \times 2 = 2.2"
    assert f"\n$${line}$$\n" in str(price.explain(apple, format="markdown"))
    assert f"\n& {line} \\\\[8pt]\n" in (tex := str(price.explain(apple, format="latex")))
    # TeX's arrays add no room to a row as deep as a fraction: without a strut fractions below each other overlap.
    assert re.search(r"\\dfrac.*\\vphantom\{\\Bigg\\vert\} \\\\\[4pt\]", tex)
    assert r"| × 곱셈 | $t = \text{사과} \times \text{사과의 개수} = 200$ |" in price.explain(apple).markdown()


def test_a_notebook_shows_what_was_asked_for():
    price, apple, *_ = apples()
    plain, tex = price.explain(apple), price.explain(apple, format="latex")
    assert (plain._repr_markdown_(), plain._repr_latex_()) == (plain.markdown(), None)
    assert (tex._repr_markdown_(), tex._repr_latex_()) == (None, f"$${tex.latex()}$$")
    assert repr(plain) == str(plain) == plain.text()
    assert price.table()._repr_html_() == price.table().html()
    assert price.table()._repr_markdown_() == price.table().markdown()


def test_both_languages_say_everything():
    korean, english = (_SENTENCES[language] for language in LANGUAGES)
    assert korean.keys() == english.keys()
    for what in korean:
        blanks = [
            {blank for _, blank, *_ in string.Formatter().parse(said[what]) if blank} for said in (korean, english)
        ]
        assert blanks[0] == blanks[1] or what in ("multiply", "add")
    price, leaves = oranges()
    for leaf in leaves:
        assert not re.search(
            "[가-힣]", re.sub("사과의 개수|귤의 개수|사과|귤|소비세|지불", "", str(price.explain(leaf, language="en")))
        )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"language": "fr"}, "language='fr' is unknown; choose one of 'ko', 'en'"),
        ({"language": ["ko"]}, "language=['ko'] is unknown; choose one of 'ko', 'en'"),
        ({"format": "html"}, "format='html' is unknown; choose one of 'text', 'markdown', 'latex'"),
        ({"paths": 0}, "paths=0 is not possible; expected a whole number from 1"),
        ({"paths": True}, "paths=True is not possible; expected a whole number from 1"),
        ({"digits": 2.5}, "digits=2.5 is not possible; expected a whole number from 1"),
    ],
)
def test_unknown_options_are_refused_with_what_exists(options, sentence):
    x = Value(1, "x")
    with pytest.raises(ValueError, match=re.escape(sentence)):
        (x * x).explain(x, **options)


@pytest.mark.parametrize("options", [{"language": "fr"}, {"limit": 0}, {"digits": -1}])
def test_a_table_refuses_unknown_options_too(options):
    with pytest.raises(ValueError, match=re.escape(f"{next(iter(options))}=")):
        Value(1, "x").table(**options)


@pytest.mark.parametrize("thing", [3.0, "사과", None])
def test_only_a_value_can_be_explained(thing):
    price, *_ = apples()
    with pytest.raises(
        TypeError, match=re.escape(f"explain() needs a Value, not the {type(thing).__name__} {thing!r}")
    ):
        explain(price, thing)


# ── The table ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_apple_as_a_table():
    price, *_ = apples()
    assert str(price.table()) == (
        """\
  이름         식                   값  미분  국소적 미분
  사과         입력                100   2.2
  사과의 개수  입력                  2   110
  t            사과 × 사과의 개수  200   1.1  ∂t/∂사과 = 사과의 개수 = 2, ∂t/∂(사과의 개수) = 사과 = 100
  소비세       입력                1.1   200
  지불         t × 소비세          220     1  ∂지불/∂t = 소비세 = 1.1, ∂지불/∂소비세 = t = 200"""
    )


def test_rows_are_plain_data():
    x, y = Value(2, "x"), Value(3, "y")
    assert [tuple(row) for row in (x * y + 1).table().rows] == [
        ("x", "", 2.0, (), 3.0),
        ("y", "", 3.0, (), 2.0),
        ("t", "x × y", 6.0, (("∂t/∂x", "y", 3.0), ("∂t/∂y", "x", 2.0)), 1.0),
        ("1", "", 1.0, (), None),
        ("z", "t + 1", 7.0, (("∂z/∂t", "1", 1.0),), 1.0),
    ]


@given(graphs())
def test_every_node_has_a_row_with_its_derivative(graph):
    output, leaves = graph
    before = output.table().rows
    output.backward()
    assert len(before) == len(tg.engine.graph.topological([output]))
    grads = {leaf.name: leaf.grad for leaf in leaves if leaf.grad is not None}
    assert {row.name: row.derivative for row in before if row.name in grads} == grads
    assert before[-1].derivative == 1
    output.backward(seed=-2.0)
    after = output.table().rows
    assert [row.derivative for row in after] == [None if r.derivative is None else -2 * r.derivative for r in before]


def test_the_derivatives_start_from_the_gradient_that_is_there():
    price, *_ = apples()
    price.backward(10)
    assert "미분 (시작 10)" in str(price.table())
    assert "derivative (from 10)" in str(price.table(language="en"))
    assert price.table().rows[0].derivative == 22


def test_twins_in_one_operation_are_told_apart():
    x = Value(3, "x")
    assert named(x * x, "y").table().rows[-1].local == (("∂y/∂x①", "x②", 3.0), ("∂y/∂x②", "x①", 3.0))


def test_long_tables_are_shortened_and_say_so():
    _, y = chain(1000, lambda node: node.sin())
    table = y.table(limit=10)
    lines = str(table).splitlines()
    assert len(lines) == 1 + 10 + 1
    assert lines[6].split() == ["…", "991줄", "생략"]
    assert "991 rows left out" in y.table(limit=10, language="en").html()
    assert len(table.rows) == 1001
    assert len(str(y.table(limit=1001)).splitlines()) == 1002


def test_columns_align_where_letters_are_two_cells_wide():
    price, _ = oranges()
    head, *lines = str(price.table()).splitlines()
    ends = [columns(line[: re.search(r"^  .+?  +.+?  +[\d.]+", line).end()]) for line in lines]
    assert len(set(ends)) == 1
    assert columns(head[: head.index("값") + 1]) == ends[0]


def test_a_table_of_100_000_nodes_takes_seconds():
    _, y = chain(100_000, lambda node: node.sin())
    start = time.process_time()
    assert "99,941줄 생략" in str(y.table())
    assert time.process_time() - start < 20


def test_what_is_no_value_is_refused():
    x = Value(1.0, "x")
    for wrong in (lambda: tg.explain(1.0, x), lambda: tg.explain(x, "x"), lambda: tg.table([x])):
        with pytest.raises(TypeError, match=r"(explain|table)\(\) needs a Value, not the (float 1.0|str 'x'|list \[)"):
            wrong()


def test_a_where_is_at_no_kink_and_what_it_did_not_take_has_the_name_of_its_leaf():
    x = Value(-2.0, "x")
    y = tg.where(x > 0, x, -x)
    y.backward()
    text = y.explain(x).text()
    assert "where(0, x, t)" in text
    assert "x#2" not in text
    assert "꺾이는 점" not in text
    assert y.explain(x).derivative == -1.0
