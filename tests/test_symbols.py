"""Symbols: collected by hand-worked examples, and equal in number to the derivatives they stand for."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Value, constant
from tinygrad_kr.words import mathtext
from tinygrad_kr.words.symbolic import Symbolic
from tinygrad_kr.words.symbols import (
    Call,
    Derivative,
    Expression,
    Group,
    Name,
    Power,
    derivative,
    interpret,
    name,
    number,
)


def amount(expression: Expression, numbers: dict[str, float]) -> float:
    """What an expression amounts to; names are looked up by their letters, ∂L/∂y as 'L/y'."""
    return sum(c * math.prod(factor_amount(f, numbers) ** e for f, e in factors) for c, factors in expression.terms)


def factor_amount(factor: object, numbers: dict[str, float]) -> float:
    match factor:
        case Name(label, _):
            return numbers[label]
        case Derivative(top, bottom):
            return numbers[f"{top}/{bottom}"]
        case Call(function, arguments):
            return getattr(tg, function)(*(amount(argument, numbers) for argument in arguments))
        case Power(base, exponent):
            return amount(base, numbers) ** amount(exponent, numbers)
        case Group(inside):
            return amount(inside, numbers)
    raise AssertionError(factor)


def symbols(output: Value, node: Value, seed: str | None = None) -> str:
    return str(Symbolic(output, seed).adjoint[node])


def test_signs_cancel_powers_collect_and_ones_disappear():
    x, y = name("x"), name("y")
    assert str(-(-x)) == "x"
    assert str(y * y * number(-1)) == "-y²"
    assert str(number(1) * x * number(1)) == "x"
    assert str(x + x) == "2x"
    assert str(x - x) == "0"
    assert str(x * x / x) == "x"
    assert str((x + y) / (x + y)) == "1"
    assert str((x + y) * (x - y)) == "(x+y)(x-y)"


def test_the_four_steps_of_sigmoid_are_those_of_figure_5_20():
    x = Value(0.5, "x")
    minus = x * -1
    power = tg.exp(minus)
    below = 1 + power
    y = 1 / below
    y.name = "y"
    symbolic = Symbolic(y)
    assert [str(symbolic.value[node]) for node in (minus, power, below, y)] == ["-x", "exp(-x)", "1+exp(-x)", "y"]
    assert [str(symbolic.adjoint[node]) for node in (y, below, power, minus, x)] == [
        "∂L/∂y", "-∂L/∂y·y²", "-∂L/∂y·y²", "-∂L/∂y·y²exp(-x)", "∂L/∂y·y²exp(-x)"]  # fmt: skip


def test_the_row_sigmoid_shows_its_textbook_derivative():
    x = Value(0.5, "x")
    y = tg.sigmoid(x)
    y.name = "y"
    assert symbols(y, x) == "∂L/∂y·y(1-y)"


def test_softmax_with_cross_entropy_comes_out_as_y_minus_t():
    scores = [Value(a, f"a_{k}") for k, a in enumerate((0.3, 2.9, 4.0), 1)]
    labels = [constant(t, f"t_{k}") for k, t in enumerate((0, 1, 0), 1)]
    powers = [tg.exp(score) for score in scores]
    total = tg.sum(powers)
    total.name = "S"
    share = 1 / total
    probabilities = [power * share for power in powers]
    for k, y in enumerate(probabilities, 1):
        y.name = f"y_{k}"
    loss = tg.sum([t * tg.log(y) for t, y in zip(labels, probabilities)]) * -1
    loss.name = "L"
    symbolic = Symbolic(loss)
    assert [str(symbolic.adjoint[score]) for score in scores] == ["y₁-t₁", "y₂-t₂", "y₃-t₃"]
    assert str(symbolic.adjoint[total]) == "1/S"
    assert str(symbolic.adjoint[powers[0]]) == "1/S-t₁/exp(a₁)"
    assert [str(symbolic.contribution(probabilities[0], k)) for k in (0, 1)] == ["-t₁/exp(a₁)", "-t₁S"]


def test_labels_that_do_not_make_one_stay():
    y1, y2, t1, t2 = Value(0.5, "y_1"), Value(0.5, "y_2"), constant(0.5, "t_1"), constant(2, "t_2")
    loss = t1 * y1 * y2 + t2 * y1 * y2
    loss.name = "L"
    assert symbols(loss, y1) == "y₂t₂+y₂t₁"


def test_a_condition_shows_the_branch_that_was_taken():
    for data, expected in ((2.0, "∂L/∂y"), (-2.0, "0")):
        x = Value(data, "x")
        y = tg.relu(x)
        y.name = "y"
        assert symbols(y, x) == expected


def test_seeds_are_a_name_a_derivative_or_a_number():
    x = Value(2.0, "x")
    y = x * x
    assert symbols(y, x, "E") == "2Ex"
    assert symbols(y, x, "∂L/∂z") == "2∂L/∂z·x"
    assert symbols(y, x, "3") == "6x"
    assert symbols(y, x) == "2x"
    with pytest.raises(ValueError, match=r"seed='  ' is no symbol"):
        Symbolic(y, "  ")


def test_values_of_one_name_stay_apart():
    a, b = Value(2.0, "x"), Value(3.0, "x")
    y = a * b
    assert str(Symbolic(y).adjoint[a]) == "x"
    assert str(Symbolic(a - b).expression(a - b)) != "0"


def test_long_expressions_go_by_a_letter():
    x = Value(0.5, "x")
    y = x
    for _ in range(6):
        y = tg.exp(y) + x
    symbolic = Symbolic(y)
    assert set(symbolic.letters) >= {"v_1"}
    assert all(len(str(expression)) < 60 for expression in symbolic.value.values())
    assert all(len(str(expression)) < 60 for expression in symbolic.adjoint.values())


def test_a_partial_without_a_closed_form_stays_a_fraction():
    x = [Value(k, f"x_{k}") for k in range(1, 4)]
    y = tg.softmax(x)[0]
    y.name = "y"
    assert str(Symbolic(y).local(y, 1)) == "∂y/∂x₂"


def test_interpreting_refuses_what_has_no_closed_form():
    with pytest.raises(ValueError, match="no closed form"):
        interpret("sum(x)", {"x": name("x")}, {"x": 1.0})


SAFE = (
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "exp",
    "log",
    "sqrt",
    "sigmoid",
    "tanh",
    "sin",
    "square",
    "relu",
    "pow",
    "max",
)


@st.composite
def graphs(draw):
    """Small graphs over three named leaves, with values that keep every operation in its domain."""
    leaves = [Value(draw(st.floats(0.3, 3.0)), letter) for letter in "xyz"]
    values = list(leaves)
    for _ in range(draw(st.integers(1, 7))):
        op = tg.engine.ops.TABLE[draw(st.sampled_from(SAFE))]
        operands = [draw(st.sampled_from(values)) for _ in op.inputs]
        if all(0.05 < value.data < 20 for value in operands):
            values.append(tg.engine.value.apply(op, operands))
    return leaves, values[-1]


@given(graphs())
def test_symbols_amount_to_the_numbers_they_stand_for(graph):
    leaves, output = graph
    output.backward()
    symbolic = Symbolic(output, "1")
    numbers = {leaf.name: leaf.data for leaf in leaves} | {"L": 1.0, "π": math.pi}
    for letter, expression in symbolic.letters.items():
        numbers[letter] = amount(expression, numbers)
    for node in symbolic.order:
        assert amount(symbolic.value[node], numbers) == pytest.approx(node.data, rel=1e-9, abs=1e-12)
        if node.grad is not None and "∂" not in str(symbolic.adjoint[node]):
            assert amount(symbolic.adjoint[node], numbers) == pytest.approx(node.grad, rel=1e-7, abs=1e-9)


def test_text_and_latex_of_boxes():
    y = derivative("L", "y") * name("y") ** 2 / name("a_1")
    assert str(y) == "∂L/∂y·y²/a₁"
    assert mathtext.latex(y.box) == r"\dfrac{\partial L}{\partial y}{y}^{2}/{a}_{1}"
    assert mathtext.latex(mathtext.name("사과_%")) == r"\text{사과}\_\%"


@given(st.text(max_size=30))
def test_any_name_gives_latex_with_balanced_braces(label):
    written = re.sub(r"\\[{}]", "", mathtext.latex(mathtext.name(label)))
    depth = 0
    for letter in written:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0


def test_a_letter_does_not_run_into_a_function():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = x**y
    z.name = "z"
    assert str(Symbolic(z).local(z, 1)) == "z·log(x)"
    assert str(name("y") ** 2 * Expression(((1.0, ((Call("exp", (name("x"),)), 1),)),))) == "y²exp(x)"
