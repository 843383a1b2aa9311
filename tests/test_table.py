"""Every row of the table: its value, partials, second derivatives, edge cases and written forms.

The truth comes from mpmath: one function a row (``truth.py``), differentiated numerically at hundreds of digits.
"""

import ast
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from rounding import EPS, agrees, paths, same
from truth import TRUTH, WIDE, derivative, draws, families, partials, rows, truth

from tinygrad_kr import Constant, Value
from tinygrad_kr.derivatives.formulas import on_values
from tinygrad_kr.engine import ieee
from tinygrad_kr.engine.formula import FUNCTIONS, Piece, Target, parse, to_text
from tinygrad_kr.engine.graph import adjoints
from tinygrad_kr.engine.kernels import Kernel
from tinygrad_kr.engine.ops import OPS, TABLE, Op
from tinygrad_kr.engine.value import apply
from tinygrad_kr.words.mathtext import latex
from tinygrad_kr.words.operations import written

# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────


def test_every_row_has_its_truth():
    assert {op.name for op in OPS} == set(TRUTH)


@rows
def test_the_value_and_every_partial_are_true_to_a_few_ulp(op):
    f = truth(op)
    with mp.workdps(250):
        for xs in draws(op, 6 // len(op.inputs) if op.variadic else 30, WIDE.get(op.name, 100)):
            z = Kernel(op).forward(*families(op, xs))
            slack = EPS * z if op.name == "softmax" else 0.0  # its p·(1 − p) is as exact as an ulp of 1
            assert agrees(z, f, xs), (xs, z, float(f(*xs)))
            for i, got in enumerate(partials(op, xs, z)):
                assert agrees(got, derivative(f, i), xs, slack), (xs, i, got, float(derivative(f, i)(*xs)))


@rows
def test_a_closure_scales_with_the_upstream_and_leaves_out_what_is_not_wanted(op):
    xs = next(draws(op, 1, 1))
    z = Kernel(op).forward(*families(op, xs))
    slopes = partials(op, xs, z)
    assert partials(op, xs, z, -4.0) == tuple(-4.0 * slope for slope in slopes)
    for wanted in product((True, False), repeat=len(op.inputs)):
        of = [want for want in wanted for _ in range(len(slopes) // len(wanted))]
        got = Kernel(op).closing(wanted)(*families(op, xs), z)(1.0)
        assert tuple(got) == tuple(slope if want else 0.0 for slope, want in zip(slopes, of))


def test_a_constant_gets_no_contribution():
    assert apply(TABLE["mul"], (Value(3.0), Constant(5.0))).local_derivatives() == (5.0, 0.0)
    assert apply(TABLE["dot"], (Value(3.0), Constant(5.0))).local_derivatives() == (5.0, 0.0)


edges = pytest.mark.parametrize(
    ("op", "edge"), [pytest.param(op, edge, id=f"{op.name}{edge.inputs}") for op in OPS for edge in op.edges]
)


@edges
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_edge_case_is_kept_by_the_graph(op, edge):
    node = apply(op, [Value(x) for x in edge.inputs])
    assert node.data == same(edge.value)
    assert node.local_derivatives() == same(edge.partials)


@edges
def test_an_edge_case_is_kept_by_the_kernels(op, edge):
    inputs = [float(x) for x in edge.inputs]
    z = Kernel(op).forward(*families(op, inputs))
    assert z == same(edge.value)
    assert partials(op, inputs, z) == same(edge.partials)


@edges
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_edge_case_is_kept_by_the_formulas_on_values(op, edge):
    assert numbers_on_values(op, [Value(x) for x in edge.inputs]) == same((edge.value, *edge.partials))


def test_what_flows_back_from_all_outputs_of_a_row_is_the_sum_over_them():
    x, u = [0.5, -1.0, 2.0, 0.125], np.array([1.0, -2.0, 0.25, 3.0])
    for op in (op for op in OPS if op.vjp):
        outputs = [truth(op.output(k)) for k in range(len(x))]
        z = np.array([float(output(*x)) for output in outputs])
        slopes = np.array([[float(derivative(output, i)(*x)) for i in range(len(x))] for output in outputs])
        found = eval(op.vjp, {"u": u, "z": z, "sum": np.sum, "exp": np.exp})
        assert found == pytest.approx(u @ slopes, rel=1e-12)


# ── The formulas on Values ────────────────────────────────────────────────────────────────────────────


def numbers_on_values(op, operands):
    """The value and the partials from on_values, as one tuple of floats."""
    value, slopes = on_values(op)
    z = value(*families(op, operands))
    return tuple(float(v.data if isinstance(v, Value) else v) for v in (z, *slopes(*families(op, operands), z)))


@rows
def test_the_formulas_on_values_give_the_numbers_of_the_kernels(op):
    for xs in draws(op, 5, 3):
        z = Kernel(op).forward(*families(op, xs))
        expected = (z, *partials(op, xs, z))
        assert numbers_on_values(op, [Value(x) for x in xs]) == same(expected)
        assert numbers_on_values(op, [np.float64(x) for x in xs]) == same(expected)
        assert numbers_on_values(op, tuple(xs)) == same(expected)


@rows
def test_second_derivatives_come_from_the_partials_on_values(op):
    f = truth(op)
    value, slopes = on_values(op)
    with mp.workdps(60):
        for xs in draws(op, 3, 1):
            leaves = [Value(x) for x in xs]
            inputs = families(op, leaves)
            for i, slope in enumerate(slopes(*inputs, value(*inputs))):
                slope = slope if isinstance(slope, Value) else Value(slope)
                got, sizes = adjoints([slope], [1.0]), paths(slope)
                for j, leaf in enumerate(leaves):
                    true = derivative(derivative(f, i), j)(*map(mp.mpf, xs))
                    room = 64 * EPS * sizes.get(leaf, 0.0) + mp.eps
                    assert abs(got.get(leaf, 0.0) - true) <= room, (xs, i, j, float(true))


# ── Written forms ─────────────────────────────────────────────────────────────────────────────────────


def formulas(op):
    return [op.forward, *op.partials, *op.kinks, *([op.domain] if op.domain else [])]


def in_latex(formula, families=()):
    return latex(written(formula, families).box)


def is_balanced(latex):
    """Whether braces, \\left and \\right, \\begin and \\end come in pairs, none closed before it is open."""
    depth = 0
    for sign in latex:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    pairs = ((r"\left", r"\right"), (r"\begin{cases}", r"\end{cases}"))
    return depth == 0 and all(latex.count(a) == latex.count(b) for a, b in pairs)


@rows
def test_every_formula_has_a_text_and_a_latex_form_without_a_trace_of_python(op):
    names = op.variables if op.variadic else ()
    assert all((op.ko, op.en, op.symbol))
    for formula in formulas(op):
        text, tex = to_text(formula, names), in_latex(formula, names)
        assert text
        assert tex
        assert is_balanced(tex)
        assert not any(sign in text for sign in (" * ", "==", "!=", "<=", ">=", "[k]"))
        assert not any(sign in tex for sign in ("**", "*", "==", "!=", "<=", ">=", " if ", " else ", " and ", " or "))


@pytest.mark.parametrize(
    ("formula", "names", "text", "latex"),
    [
        ("-z / y", (), "−z / y", r"-\dfrac{z}{y}"),
        ("1 / cosh(x) ** 2", (), "1 / cosh(x)²", r"\dfrac{1}{{\cosh(x)}^{2}}"),
        ("sum(x * y)", "xy", "Σ xᵢ × yᵢ", r"\sum_{i} {x}_{i} \times {y}_{i}"),
        ("prod_of_others(x)", "x", "∏(j≠i) xⱼ", r"\prod_{j\neq i} {x}_{j}"),
        ("exp(x[k] - max(x))", "x", "exp(xₖ − max(xᵢ))", r"\exp({x}_{k} - \max_{i} {x}_{i})"),
        ("abs(x) <= pi", (), "|x| ≤ π", r"\left\vert x\right\vert  \leq  \pi "),
        (
            "1 if x > 0 else -1 if x < 0 else x",
            (),
            "1 if x > 0 else −1 if x < 0 else x",
            r"\begin{cases} 1 & x > 0 \\ -1 & x < 0 \\ x & \text{otherwise} \end{cases}",
        ),
        # Signs, fractions and powers stay what they are about
        ("(y - x) / z", (), "(y − x) / z", r"\dfrac{y - x}{z}"),
        ("(-x + y) / z", (), "(−x + y) / z", r"\dfrac{-x + y}{z}"),
        ("x * -y", (), "x × −y", r"x \times (-y)"),
        ("x - (y - z)", (), "x − (y − z)", r"x - (y - z)"),
        ("(x + y) ** 2", (), "(x + y)²", r"{(x + y)}^{2}"),
        ("-x ** 2", (), "−x²", r"-{x}^{2}"),
        ("(-x) ** y", (), "(−x) ** y", r"{(-x)}^{y}"),
        ("exp2(x) ** 2", (), "exp2(x)²", r"{({2}^{x})}^{2}"),
        ("-(-x)", (), "−(−x)", r"-(-x)"),
    ],
)
def test_a_formula_is_written_as_a_person_would(formula, names, text, latex):
    assert (to_text(formula, names), in_latex(formula, names)) == (text, latex)


def trees(smaller):
    """Formulas one level larger, with every part in parentheses."""
    part = smaller.map("({})".format)
    two = st.tuples(part, part)
    return st.one_of(
        st.tuples(part, st.sampled_from(["+", "-", "*", "/", "**", "<", "==", "and", "or"]), part).map(" ".join),
        part.map("-{}".format),
        part.map("not {}".format),
        smaller.map("exp({})".format),
        two.map(lambda ab: "hypot({}, {})".format(*ab)),
        st.tuples(part, part, part).map(lambda abc: "{} if {} else {}".format(*abc)),
    )


random_formulas = st.recursive(st.sampled_from(["x", "y", "2", "0.5", "pi", "x[k]"]), trees, max_leaves=20)


@given(random_formulas)
@example("x + (y - x)")
@example("x * (y / x)")
@example("(x ** y) ** x")
@example("x if (x if x > y else y) else y")
def test_a_written_formula_is_the_same_formula(formula):
    assert ast.dump(parse(Target().write(formula))) == ast.dump(parse(formula))


@given(random_formulas)
def test_the_latex_of_any_formula_is_balanced_and_has_no_two_signs_in_a_row(formula):
    latex = in_latex(formula)
    assert is_balanced(latex)
    assert not any(signs in latex for signs in ("--", "+ -", "- -", r"\,-"))


@pytest.mark.parametrize(
    ("formula", "part"),
    [
        ("x + y.real", "y.real"),
        ("x[0] * 2", "x[0]"),
        ("1 + __import__('os')", "__import__('os')"),
        ("exp(x, y)", "exp(x, y)"),
        ("exp(*x)", "*x"),
        ("exp(x=1)", "exp(x=1)"),
        ("2 * gamma(x)", "gamma(x)"),
        ("x if y is z else 0", "y is z"),
        ("x & y", "x & y"),
        ("+x", "+x"),
        ("[x for x in y]", "[x for x in y]"),
        ("lambda: x", "lambda: x"),
        ("1 + True", "True"),
        ("x * 1j", "1j"),
        ("'x'", "'x'"),
        ("f'{x}'", "f'{x}'"),
        ("(x := 1)", "x := 1"),
    ],
)
def test_a_formula_refuses_what_is_not_in_its_language_and_names_the_place(formula, part):
    with pytest.raises(ValueError) as refusal:
        parse(formula)
    assert str(refusal.value).startswith(f"formula {formula!r}: {part!r} is not allowed; use arithmetic")


@pytest.mark.parametrize("formula", ["", "x +", "x = 1", "import os", "x; y"])
def test_a_formula_that_is_no_expression_is_refused(formula):
    with pytest.raises(ValueError, match="can't be read"):
        parse(formula)


# ── Functions that never raise ────────────────────────────────────────────────────────────────────────

SPECIAL = (
    0.0,
    -0.0,
    5e-324,
    -1e-300,
    0.75,
    1.0,
    -1.0,
    -1 + 2**-53,
    -2.0,
    3.0,
    1000.0,
    -1e300,
    1.7e308,
    math.inf,
    -math.inf,
    math.nan,
)

NUMPY = {name: getattr(np, TABLE[name].numpy or name, None) for name in FUNCTIONS} | {
    "div": np.divide,
    "mod": np.mod,
    "floordiv": np.floor_divide,
    "pow": np.power,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sum": lambda *x: np.sum(x),
    "prod": lambda *x: np.prod(x),
    "largest": lambda *x: np.max(x),
}
FAMILIES = ("sum", "prod", "largest")


@pytest.mark.parametrize("name", sorted(name for name in NUMPY if NUMPY[name]))
def test_a_total_function_answers_as_numpy_does(name):
    function = ieee.TOTAL[name]
    arity = FUNCTIONS.get(name, 2) if name not in FAMILIES else 2
    for xs in product(SPECIAL, repeat=arity):
        with np.errstate(all="ignore"):
            expected = float(NUMPY[name](*map(np.float64, xs)))
        got = function(list(xs)) if name in FAMILIES else function(*xs)
        assert got == pytest.approx(expected, rel=4 * EPS, abs=5e-324, nan_ok=True), xs


@pytest.mark.parametrize("name", ["floor", "ceil"])
@pytest.mark.parametrize("x", [0.0, -0.0, -0.5, 0.5, -5e-324])
def test_a_zero_keeps_its_sign(name, x):
    assert repr(ieee.TOTAL[name](x)) == repr(float(NUMPY[name](x)))


def test_every_total_function_is_compared_or_known_not_to_be_in_numpy():
    assert set(ieee.TOTAL) - {name for name in NUMPY if NUMPY[name]} == {"erf", "erfc", "prod_of_others", "pi", "inf"}


def test_the_sum_is_rounded_once():
    assert Kernel(TABLE["sum"]).forward([1e16, 1.0, 1.0, -1e16]) == 2.0
    assert Kernel(TABLE["dot"]).forward([1e16, 1.0, 1.0], [1.0, 1.0, -1e16]) == 1.0


# ── The table is open ─────────────────────────────────────────────────────────────────────────────────

CUBE = Op("cube", "x³", "x * x * x", ("3 * x * x",), "세제곱", "cube")
NORM = Op("norm", "‖x‖", "sqrt(sum(x * x))", ("x / z",), "노름", "norm", ("*x",))


def test_a_new_row_runs_everywhere_at_once():
    x = Value(2.0, "x")
    y = apply(CUBE, (x,))
    y.backward(seed=10)
    assert (y.data, x.grad) == (8.0, 120.0)
    assert Kernel(CUBE).forward(-3.0) == -27.0
    value, slopes = on_values(CUBE)
    (slope,) = slopes(x, value(x))
    slope.backward()
    assert (slope.data, x.grad) == (12.0, 12.0)
    assert (to_text(CUBE.partials[0]), in_latex(CUBE.partials[0])) == ("3 × x × x", r"3 \times x \times x")


def test_a_new_row_takes_any_number_of_operands():
    xs = [Value(3.0), Value(4.0)]
    norm = apply(NORM, xs)
    norm.backward()
    assert (norm.data, [x.grad for x in xs]) == (5.0, [0.6, 0.8])


class JavaScript(Target):
    """A language that the package has not heard of."""

    signs = {"==": "===", "!=": "!=="}

    def choose(self, condition, then, otherwise):
        return Piece(f"({condition.text} ? {then.text} : {otherwise.text})")

    def join(self, word, parts):
        return Piece("(" + {"and": " && ", "or": " || "}[word].join(part.text for part in parts) + ")")

    def binary(self, sign, left, right):
        if sign == "**":
            return Piece(f"Math.pow({left.text}, {right.text})")
        return super().binary(sign, left, right)

    def call(self, name, arguments):
        return Piece(f"Math.{super().call(name, arguments).text}")


@pytest.mark.parametrize(
    ("name", "javascript"),
    [
        ("relu", "(x <= 0 ? 0 : x)"),
        ("sign", "(x > 0 ? 1 : (x < 0 ? -1 : x))"),
        ("tanh", "Math.tanh(x)"),
        ("softplus", "Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))"),
        ("pow", "Math.pow(x, y)"),
    ],
)
def test_a_new_language_needs_no_change_in_the_table(name, javascript):
    assert JavaScript().write(TABLE[name].forward) == javascript


def test_a_row_is_never_changed():
    with pytest.raises(AttributeError, match=r"the row 'mul' is never changed; make another with .replace\(symbol=…\)"):
        TABLE["mul"].symbol = "*"
    assert TABLE["mul"].replace(symbol="*").symbol == "*"
    assert TABLE["mul"].symbol == "×"
