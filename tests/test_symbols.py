"""Symbols: collected by hand-worked examples, and equal in number to the derivatives they stand for."""

import math
import re
import warnings
from typing import get_args

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Value, constant
from tinygrad_kr.drawing.labels import labels_for
from tinygrad_kr.engine import ieee
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.engine.ops import TABLE
from tinygrad_kr.engine.value import apply
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
    power,
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
    with pytest.raises(ValueError, match=r"seed='  ' is not a symbol"):
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
    x = Value(2.0, "x_2")
    y = tg.operation(partials=(lambda x: x + 1,))(unknown)(x)
    y.name = "y"
    assert str(Symbolic(y).local(y, 0)) == "∂y/∂x₂"


def unknown(x):
    """An operation with a Python function for its partial."""
    return x * x / 2 + x


def test_every_use_of_an_operand_of_softmax_has_its_own_slope():
    u, v = Value(0.5, "u"), Value(2.0, "v")
    f = tg.softmax([u, v, u])[0]
    f.name = "f"
    symbolic = Symbolic(f, "E")
    assert [str(symbolic.contribution(f, k)) for k in range(3)] == ["Ef(1-f)", "-Ef²exp(v-u)", "-Ef²"]
    p, q = (math.exp(x) / (2 * math.exp(0.5) + math.exp(2)) for x in (0.5, 2.0))
    assert f.local_derivatives() == pytest.approx((p * (1 - p), -p * q, -p * p), rel=1e-14)
    assert p * q == pytest.approx(p**2 * math.exp(1.5), rel=1e-14)  # as the label reads
    g = tg.logsumexp([u, v, u])
    g.name = "g"
    assert str(Symbolic(g, "E").adjoint[u]) == "2E·exp(u-g)"


def test_results_of_one_softmax_stay_apart():
    u, v = Value(0.5, "u"), Value(2.0, "v")
    first, second = tg.softmax([u, v])
    product = first * second
    assert str(Symbolic(product).expression(product)) == "softmax(u, v)[0]softmax(u, v)[1]"
    assert mathtext.latex(Symbolic(first).expression(first).box) == r"\operatorname{softmax}(u, v)[0]"
    assert str(interpret("x // y", {"x": number(-3.0), "y": number(0.3)}, {})) == "-11"  # though -3 / 0.3 is -10
    assert str(interpret("x // y", {"x": name("x"), "y": number(0.5)}, {})) == "floor(2x)"


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
    assert mathtext.latex(y.box) == r"\dfrac{\partial L}{\partial y}\dfrac{{y}^{2}}{{a}_{1}}"
    assert [str(derivative("L", end)) for end in ("(sin(x))", "(x)(y)", "x y")] == [
        "∂L/∂(sin(x))", "∂L/(∂(x)(y))", "∂L/(∂x y)"]  # fmt: skip
    assert mathtext.latex(mathtext.name("사과_%")) == r"\text{사과}\_\%"


@pytest.mark.parametrize(
    ("label", "line", "written"),
    [
        ("x1", "x₁", "{x}_{1}"), ("x_1", "x₁", "{x}_{1}"), ("x₁", "x₁", "{x}_{1}"), ("w11", "w₁₁", "{w}_{11}"),
        ("x_{ij}", "xᵢⱼ", "{x}_{ij}"), ("x_{1,2}", "x_(1,2)", "{x}_{1,2}"), ("θ_0", "θ₀", r"{\theta }_{0}"),
        (r"\theta_1", "θ₁", r"{\theta }_{1}"), ("W^{(1)}_{23}", "W₂₃⁽¹⁾", "{W}_{23}^{(1)}"),
        ("W_{23}^{(1)}", "W₂₃⁽¹⁾", "{W}_{23}^{(1)}"), ("loss_train", "loss_train", r"{\text{loss}}_{\text{train}}"),
        ("x'", "x'", "x'"), ("x1②", "x₁②", "{x}_{1}{}^{(2)}"), ("사과_1", "사과₁", r"{\text{사과}}_{1}"),
        (r"\hat y", "ŷ", r"\hat{y}"), (r"\hat{x}_2", "x̂₂", r"{\hat{x}}_{2}"), (r"\bar\theta", "θ̄", r"\bar{\theta }"),
        # What is none of these stays as it is.
        ("a_b_c", "a_b_c", r"\text{a}\_\text{b}\_\text{c}"), (r"\foo", r"\foo", r"\backslash \text{foo}"),
        (r"\hatch", r"\hatch", r"\backslash \text{hatch}"),
        ("x_{%}", "x_{%}", r"\text{x}\_\{\%\}"), ("x_", "x_", r"\text{x}\_"), ("{", "{", r"\{"),
        ("rgb565", "rgb565", r"\text{rgb565}"),
        ("x_1_2", "x_1_2", r"\text{x}\_\text{1}\_\text{2}"), ("-3", "-3", r"\text{-3}"),
    ],
)  # fmt: skip
def test_names_are_set_as_variables(label, line, written):
    box = mathtext.name(label)
    assert (mathtext.text(box), mathtext.latex(box)) == (line, written)


def test_powers_of_names_with_scripts():
    assert mathtext.latex((name("x1") ** 2).box) == "{x}_{1}^{2}"
    assert mathtext.latex((name("W^{(1)}") ** 2).box) == "{({W}^{(1)})}^{2}"  # the (1) is no factor of the exponent


def test_divisors_are_fractions_on_a_page_and_a_slash_in_a_line():
    a, b = name("a"), name("b")
    quotient = number(0.5) * derivative("L", "x") / a
    assert (str(quotient), mathtext.latex(quotient.box)) == (
        "0.5∂L/∂x/a", r"\dfrac{\partial L}{\partial x}\dfrac{0.5}{a}")  # fmt: skip
    product = derivative("L", "x") * (a + b).as_factor() / (name("c") + number(1))
    assert (str(product), mathtext.latex(product.box)) == (  # no parentheses over or under the line
        "∂L/∂x·(a+b)/(c+1)", r"\dfrac{\partial L}{\partial x}\dfrac{a+b}{c+1}")  # fmt: skip


@given(st.text(max_size=30))
def test_any_name_gives_latex_with_balanced_braces(label):
    written = re.sub(r"\\[{}]", "", mathtext.latex(mathtext.name(label)))
    depth = 0
    for letter in written:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0


COMMANDS = {name for written in mathtext.SIGNS.values() for name in re.findall(r"\\([A-Za-z]+)", written)} | {
    "text", "textbf", "mathbf", "operatorname", "backslash", "wedge", "sim", "langle", "rangle", "ast", "boxed", "bmod",
    "exp", "log", "tanh", "sin", "cos", "tan", "sinh", "cosh", "min", "max", "arcsin", "arccos", "arctan",
    "hat", "bar", "tilde", "dot",
}  # fmt: skip


@given(
    st.text(st.one_of(st.sampled_from("\\{}$&#%_^~`|가ŷ\u0302\n\0α₁ⱼ(\ud800"), st.characters()), max_size=12),
    st.sampled_from(get_args(mathtext.Style)),
)
@example("\\input{x}", "bold")  # an array's name
@example("50% \\x", "number")  # a note behind a name
@example("세제곱", "function")  # an operation of one's own
def test_a_word_of_any_style_is_only_letters_to_tex(letters, style):
    written = mathtext.latex(mathtext.Word(letters, style))
    assert set(re.findall(r"\\([A-Za-z]+)", written)) <= COMMANDS
    rest = re.sub(r"\\[A-Za-z]+|\\[{}$&#%_,]", "", written)
    assert not set("\\$&#%~`\ufffd\0\n") & set(rest)
    depth = 0
    for sign in rest:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    words = re.sub(r"\\text(?:bf)?\{[^{}]*\}", "", written)
    assert words.isascii()  # the fonts of mathematics have no more letters


@pytest.mark.parametrize(
    ("sentence", "written"),
    [
        ("θ → z₁", r"\theta \text{ }\to \text{ z}{}_{1}"), ("of Wₒ", r"\text{of W}{}_{o}"),
        ("x̂ is Χ", r"\hat{x}\text{ is }\mathrm{X}"), ("café 50%", r"\text{café 50}\%"),
    ],
)  # fmt: skip
def test_words_have_no_letter_that_a_latex_lacks(sentence, written):
    assert mathtext.upright(sentence) == written


def test_a_letter_with_a_hat_is_italic_as_others_are():
    assert [*mathtext.lettered("x̂+ŷ")] == [("x̂", True), ("+", False), ("ŷ", True)]
    assert mathtext.name(r"\hat{y}").style == mathtext.name("y").style == "symbol"


def test_a_letter_does_not_run_into_a_function():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = x**y
    z.name = "z"
    assert str(Symbolic(z).local(z, 1)) == "z·log(x)"
    assert str(name("y") ** 2 * Expression(((1.0, ((Call("exp", (name("x"),)), 1),)),))) == "y²exp(x)"


# ── Read as a person reads them ───────────────────────────────────────────────────────────────────────


class Reader:
    """Reads a label as people do, and works it out: x2ʸ/z is x times 2ʸ over z, a root goes over what is next to it."""

    RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣʸ", "0123456789+-()nixy", strict=True))

    def __init__(self, text: str, numbers: dict[str, float]) -> None:
        self.text, self.numbers, self.ends = text, numbers, "+-),"

    def take(self, pattern: str) -> str:
        found = re.match(pattern, self.text)
        self.text = self.text[found.end() :] if found else self.text
        return found[0] if found else ""

    def amount(self) -> float:
        total = self.sum()
        assert not self.text, f"can't read on at {self.text!r}"
        return total

    def sum(self) -> float:
        total, sign = 0.0, self.take("[-+]?")
        while True:
            total += -self.product() if sign == "-" else self.product()
            if not (sign := self.take("[-+]")):
                return total

    def product(self) -> float:
        result = self.power()
        while self.text and self.text[0] not in self.ends:
            divides = self.take("[·/]") == "/"
            factor = self.power()
            result = ieee.div(result, factor) if divides else result * factor
        return result

    def power(self) -> float:
        base = self.atom()
        if exponent := self.take(f"[{''.join(self.RAISED)}]+"):
            return ieee.power(base, Reader("".join(map(self.RAISED.get, exponent)), self.numbers).amount())
        return ieee.power(base, self.atom()) if self.take(r"\^") else base

    def atom(self) -> float:
        if self.take("√"):
            return ieee.TOTAL["sqrt"](self.atom())
        if self.take(r"\|"):
            return abs(self.closed(r"\|"))
        if self.take(r"\("):
            return self.closed(r"\)")
        if found := self.take(r"\d+(\.\d+)?(e-?\d+)?"):
            return float(found)
        if found := self.take(r"(exp|log|abs|sqrt)(?=\()"):
            self.take(r"\(")
            return ieee.TOTAL[found](self.closed(r"\)"))
        return self.numbers[self.take("∂L/∂[a-z]|[a-zE][₀-₉]*")]

    def closed(self, end: str) -> float:
        outer, self.ends = self.ends, "+-),|" if end == r"\|" else self.ends  # there are no bars in bars
        inside = self.sum()
        self.ends = outer
        assert self.take(end), f"{end} expected before {self.text!r}"
        return inside


def test_the_reader_reads_as_people_do():
    numbers = {"x": 4.0, "y": 3.0, "w": 2.0}
    readings = {"-2ʸ": -8, "(-2)ʸ": -8, "√x·y": 6, "√(1/x)": 0.5, "x/yw": 8 / 3, "y(x-w)²": 12, "x^(w-1)y": 12}
    for text, amount in readings.items():
        assert Reader(text, numbers).amount() == pytest.approx(amount)


@st.composite
def powers(draw, outputs=1):
    """The ends of graphs of arithmetic, powers, roots and absolute values, over leaves and numbers of both signs."""
    data = st.sampled_from([0.25, 0.5, 1.5, 2.0, 3.0, -0.5, -2.0, -3.0])
    values = [constant(draw(data)) for _ in range(2)] + [Value(draw(data), letter) for letter in "xyw"]
    for _ in range(draw(st.integers(1, 5))):
        rows = ["add", "sub", "mul", "div", "neg", "pow", "pow", "square", "sqrt", "abs", "exp", "reciprocal"]
        op = TABLE[draw(st.sampled_from(rows))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = apply(op, [draw(st.sampled_from(values)) for _ in op.inputs])
        if 1e-2 < abs(result.data) < 100:
            values.append(result)
    ends = values[-outputs:]
    for end, letter in zip(ends, "pq"):
        end.name = end.name or letter
    return ends


@given(powers() | powers(2), st.sampled_from([None, "E", "1", "-2.5"]))
def test_a_label_read_as_a_person_reads_it_has_the_number_s_value(outputs, seed):
    symbolic = Symbolic(outputs, seed)
    arriving = [{None: 2.0 + k, "E": 0.7, "1": 1.0, "-2.5": -2.5}[seed] for k in range(len(outputs))]
    inner = {parent for node in symbolic.order for parent in node.parents}
    ends = [(end, amount) for end, amount in zip(outputs, arriving) if end not in inner]
    tg.backward([end for end, _ in ends], [amount for _, amount in ends])
    numbers = {node.name: node.data for node in symbolic.order if node.name} | {"E": 0.7}
    numbers |= {f"∂L/∂{end.name}": amount for end, amount in ends}
    for letter, expression in symbolic.letters.items():
        assume(not ROUNDED.search(str(expression)))
        numbers[mathtext.text(mathtext.name(letter))] = Reader(str(expression), numbers).amount()
    for node in symbolic.order:
        value, slope = str(symbolic.value[node]), str(symbolic.adjoint[node])
        if not ROUNDED.search(value):
            assert Reader(value, numbers).amount() == pytest.approx(node.data, rel=1e-6), value
        is_known = node.grad is not None and math.isfinite(node.grad) and {*FRACTION.findall(slope)} <= numbers.keys()
        if is_known and not ROUNDED.search(slope):
            assert Reader(slope, numbers).amount() == pytest.approx(node.grad, rel=1e-6, abs=1e-9), slope


FRACTION = re.compile(r"∂[^/]+/∂(?:\w[₀-₉]*|\(.*\))")

ROUNDED = re.compile(r"[\d.]{7}")
"""A label with 0.333333 in it does not have the number's value: (-3) to the power of 3 · 0.333333 has none at all."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda x, y: x * constant(-3.0) ** y, "x(-3)ʸ"),
        (lambda x, y: x * constant(3.0) ** y, "x·3ʸ"),
        (lambda x, y: (x**y) ** y, "(xʸ)ʸ"),
        (lambda x, y: (x**y) ** 2, "(xʸ)²"),
        (lambda x, y: (x**2) ** 0.5, "(x²)^(0.5)"),
        (lambda x, y: tg.sqrt(1 / x) * y, "√(1/x)·y"),
        (lambda x, y: tg.sqrt(x) ** 2, "(√x)²"),
        (lambda x, y: y * (1 / x) ** 0.5, "y(1/x)^(0.5)"),
        (lambda x, y: abs(x * abs(y)), "abs(x|y|)"),
        (lambda x, y: x * 1e-7, "1e-7·x"),
        (lambda x, y: x ** float("inf"), "x^∞"),
    ],
)
def test_parentheses_and_dots_where_a_label_would_read_as_something_else(value, text):
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = value(x, y)
    assert str(Symbolic(z).expression(z)) == text


def test_a_power_of_a_power_has_no_double_superscript():
    x, w = Value(2.0, "x"), Value(1.5, "w")
    z = (x**2) ** w
    assert mathtext.latex(Symbolic(z).expression(z).box) == "{({x}^{2})}^{w}"


def test_a_fraction_in_an_exponent_has_a_slash():
    x, y, w = Value(2.0, "x"), Value(3.0, "y"), Value(4.0, "w")
    for z, written in [
        (x ** (y / w), "{x}^{y/w}"),
        (x ** ((y + 1) / (w + x)), "{x}^{(y+1)/(w+x)}"),
        (x ** tg.sqrt(y / w), r"{x}^{\sqrt{y/w}}"),
    ]:
        assert mathtext.latex(Symbolic(z).expression(z).box) == written


def test_a_long_derivative_keeps_what_arrives():
    x = Value(1.5, "x")
    y = x**x**x
    y.name = "y"
    assert str(Symbolic(y).adjoint[x]) == "∂L/∂x"
    assert str(Symbolic(y, "∂E/∂y").adjoint[x]) == "∂E/∂x"
    assert str(Symbolic(y, "E").adjoint[x]) == "Ex^(x+xˣ-1)+Ey·log(x)xˣ+Ey·log(x)²xˣ"
    assert str(Symbolic(y, "length").adjoint[x]) == "∂y/∂x·length"


def test_a_sum_as_a_slope_is_not_multiplied_out():
    x = Value(0.5, "x")
    y = tg.tanh(x)
    y.name = "y"
    assert str(Symbolic(y).adjoint[x]) == "∂L/∂y·(1-y²)"


def test_powers_of_one_base_are_gathered():
    x, w, two = name("x"), name("w"), number(2)
    products = {
        "x^w": x * power(x, w - number(1)),
        "x^(w-1)": power(x, w) / x,
        "1": power(x, w) / power(x, w),
        "x^(1.5)": power(x, number(0.5)) * x,
        "8": power(two, x) * power(two, number(3) - x),
        "(x+w)^(w+1)": (x + w) * power(x + w, w),
        "wx^(w+1)": power(x * w, x) * power(x * w, number(1) - x) * power(x, w),
        "yx^w": name("y") * power(x, w),
        "(xˣ)ˣ": power(x, x) * power(power(x, x), x - number(1)),
        "(x^w)²": power(x, w) ** 2,
    }
    assert [*map(str, products.values())] == [*products]
    y = Value(3.0, "x")
    y = y * y ** (y - 1)
    y.name = "y"
    assert str(Symbolic(y).expression(y)) == "xˣ"


# ── Fractions ─────────────────────────────────────────────────────────────────────────────────────────


def under(outputs, **options):
    """What stands under the arrows of a picture in fractions, by the name over them."""
    picture = tg.draw(outputs, labels="fractions", **options).picture
    return [(str(wire.value), str(wire.derivative)) for wire in picture.wires]


def test_the_stem_of_a_fraction_is_the_sum_of_its_branches():
    a, b, x = Value(2.0, "a"), Value(3.0, "b"), Value(3.0, "x")
    p, q, z = a * b, a + b, x * x
    p.name, q.name, z.name = "p", "q", "z"
    assert ("a", "∂p/∂a + ∂q/∂a") in under([p, q])
    assert ("b", "E ∂p/∂b + E ∂q/∂b") in under([p, q], seed="E")
    assert under(z) == [
        ("x", "∂z/∂x"), ("x", "∂z/∂z ∂z/∂x①"), ("x", "∂z/∂z ∂z/∂x②"), ("z", "∂z/∂z")]  # fmt: skip
    assert under(z, seed="E")[:2] == [("x", "E ∂z/∂x"), ("x", "E ∂z/∂x①")]
    t = tg.exp(x)
    y = x * t  # by the operand x it is t, and by x on the whole t + x·t
    t.name, y.name = "t", "y"
    assert [label for name, label in under(y) if name == "x"] == ["∂y/∂x", "∂y/∂y ∂y/∂t ∂t/∂x", "∂y/∂y ∂y/∂x①"]


def test_a_long_fraction_keeps_its_seed():
    y = Value(0.5, "x")
    for _ in range(6):
        y = tg.sin(y)
    y.name = "y"
    assert under(y, seed="E")[:2] == [
        ("x", "E ∂y/∂u ∂u/∂t ∂t/∂x"), ("t", "E ∂y/∂u ∂u/∂t")]  # fmt: skip
    assert under(y, seed="∂L/∂y")[0] == ("x", "∂L/∂y ∂y/∂u ∂u/∂t ∂t/∂x")


def test_fractions_go_through_a_closed_block_in_one_step():
    @tg.block("both")
    def both(x, y):
        return tg.sin(tg.exp(x)), x * y

    a, y = Value(0.5, "a"), Value(2.0, "y")
    x = tg.exp(a)
    p, q = both(x, y)
    z = p * q
    x.name, p.name, q.name, z.name = "x", "p", "q", "z"
    through = "∂z/∂z ∂z/∂p ∂p/∂x + ∂z/∂z ∂z/∂q ∂q/∂x"  # q alone comes of y
    labels = under(z, blocks="collapsed")
    assert ("x", through) in labels
    assert ("a", f"({through}) ∂x/∂a") in labels
    assert ("y", "∂z/∂z ∂z/∂q ∂q/∂y") in labels


def test_a_constant_divisor_of_zero_has_a_name():
    x = Value(2.0, "x")
    with pytest.warns(RuntimeWarning, match="inf"):
        y = x / constant(0.0, "c") + x
    y.name = "y"
    assert symbols(y, x) == "∂L/∂y+∂L/∂y/c"


@pytest.mark.parametrize(("labels", "stem"), [("symbols", "∂L/∂w"), ("fractions", "∂y/∂w"), ("numbers", "19")])
def test_the_stem_of_a_part_of_a_graph_is_all_that_flows(labels, stem):
    w = Value(3.0, "w")
    t = w * w
    y = w * t + w * -8  # 3w² − 8, of which the uses in t are not shown
    y.name, t.name = "y", "t"
    y.backward()
    wires = y.draw(labels=labels, depth=2).picture.wires
    assert [str(wire.derivative) for wire in wires if wire.source == "leaf-0" and wire.target.startswith("join")] == [
        stem
    ]
    around = y.draw(labels=labels, around=w).picture  # what it ends at is not the output
    assert all(wire.derivative is not None for wire in around.wires if wire.source.startswith("op"))


@pytest.mark.parametrize("labels", ["numbers", "symbols", "fractions"])
def test_a_plain_number_alone_is_drawn(labels):
    assert "2" in constant(2.0).draw(labels=labels).text()
    assert constant(2.0).play(labels=labels).html().startswith("<!doctype html>")


@st.composite
def rings(draw):
    """The ends of graphs of sums, differences and products, whose derivatives are whole numbers."""
    values = [Value(float(draw(st.integers(-3, 3))), letter) for letter in "xy"]
    for _ in range(draw(st.integers(1, 6))):
        op = TABLE[draw(st.sampled_from(["add", "sub", "mul"]))]
        values.append(apply(op, [draw(st.sampled_from(values)) for _ in op.inputs]))
    ends = values[-draw(st.integers(1, 2)) :]
    for end, letter in zip(ends, "pq"):
        end.name = end.name or letter
    return ends


def partial(node, k):
    """The derivative by operand k alone."""
    sign = {"add": 1.0, "sub": 1.0 - 2 * k}
    return node.parents[1 - k].data if node.op.name == "mul" else sign[node.op.name]


def whole(node, x):
    """The derivative by a value, over all operands."""
    return float(node is x) + sum(
        partial(node, k) * whole(parent, x) for k, parent in enumerate(node.parents) if node is not x
    )


@given(rings(), st.sampled_from([None, "E"]))
def test_fractions_read_as_a_person_reads_them_have_the_number_s_value(ends, seed):
    labels = labels_for("fractions", ends, (), seed, 6, False)
    order = topological(ends)
    inner = {parent for node in order for parent in node.parents}
    lasts = [end for end in ends if end not in inner]
    called = {str(labels.value(node)): node for node in order}
    assert len(called) == len(order)

    def amount(text, marked=math.nan):
        """A label's value: a sum of products, in which a fraction with a number has the value ``marked``."""
        while found := re.search(r"\(([^()]*)\)", text):
            text = text.replace(found[0], str(amount(found[1])))
        return sum(math.prod(factor(part, marked) for part in term.split()) for term in text.split(" + "))

    def factor(text, marked):
        if found := re.fullmatch(r"∂(\w)/∂(\w)(.?)", text):
            return marked if found[3] else whole(called[found[1]], called[found[2]])
        return 0.5 if text == "E" else float(text)

    arriving = 0.5 if seed else 1.0
    for node in order:
        through = sum(arriving * whole(end, node) for end in lasts)
        assert amount(labels.total(node)) == through
        for k, parent in enumerate(node.parents):
            slope = partial(node, k)
            is_marked = labels.contribution(node, k)[-1] not in "xyz" + "".join(called)
            assert amount(labels.contribution(node, k), slope) == through * slope
            assert is_marked or whole(node, parent) == slope


@given(rings())
def test_numbers_and_their_factors_read_as_the_derivative_of_all_outputs(ends):
    order = topological(ends)
    inner = {parent for node in order for parent in node.parents}
    lasts = [end for end in ends if end not in inner]
    tg.backward(lasts)
    numbers, both = (labels_for(style, ends, (), None, 6, False) for style in ("numbers", "both"))
    for node in order:
        through = sum(whole(end, node) for end in lasts)
        assert float(numbers.value(node)) == node.data
        assert float(numbers.total(node)) == through
        for k in range(len(node.parents)):
            assert float(numbers.contribution(node, k)) == through * partial(node, k)
            number, factors = both.contribution(node, k).split(" = ")
            assert float(number) == math.prod(float(factor.strip("()")) for factor in factors.split(" × "))


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_notation_s_letters_are_not_those_of_values():
    length, width = Value(2.0, "L"), Value(3.0, "w")
    area = length * width
    area.name = "y"
    assert symbols(area, length) == "∂E/∂y·w"
    assert symbols(tg.exp(length) * width, width, "∂E/∂y") == "∂E/∂y·exp(L)"
    area.name = "L"  # the loss itself
    assert symbols(area, width) == "L"
    angle = Value(3.0, "π")
    y = tg.erf(width) * angle
    y.name = "y"
    assert symbols(y, width) == "2∂L/∂y·π·exp(-w²)/√3.14159"  # the number, beside a value of its name
    assert "∂t/∂w = 2exp(-w²)/√3.14159" in (tg.erf(width) + angle).explain(width).text()
    y = 2 * Value(3.0, "e") - 7
    assert str(Symbolic(y).expression(y)) == "2·e-7"  # and not 0.0000002


@pytest.mark.parametrize("labels", ["symbols", "fractions"])
@pytest.mark.parametrize("seed", ["E", " E ", "∂E/∂y", "x_1", "x₁"])
def test_a_seed_with_the_name_of_a_value_is_refused(labels, seed):
    y = Value(2.0, "E") * Value(3.0, "x_1")
    y.name = "y"
    with pytest.raises(ValueError, match=r"seed='.*' has the name of a value in this graph, .*; choose a symbol that"):
        y.draw(labels=labels, seed=seed)


def test_letters_keep_clear_of_the_seed():
    y = Value(0.5, "x")
    for _ in range(3):
        y = tg.sin(y)
    y.name = "y"
    assert [name for name, _ in under(y, seed="t")] == ["x", "u", "v", "y"]


def test_a_partial_that_is_not_all_of_the_derivative_has_a_number():
    x = Value(2.0, "x")
    f = tg.operation(partials=(lambda x, y: y * 1.0, lambda x, y: x + 0.0))(product)
    y = f(x, x)
    y.name = "y"
    assert symbols(y, x, "E") == "∂y/∂x①·E+∂y/∂x②·E"


def product(x, y):
    """An operation with Python functions for its partials."""
    return x * y
