"""Derivatives of functions: against mpmath, hand-worked values and PyTorch; nested in one another; on bad input."""

import math
import pickle
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from rounding import EPS

import tinygrad_kr as tg
from tinygrad_kr import (
    Constant,
    Value,
    constant,
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    strict,
    taylor,
    value_and_grad,
    vjp,
)
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply

# ── The same in every mode ────────────────────────────────────────────────────────────────────────────


def forward_grad(f):
    """The gradient of a function of a list, from one forward sweep a number."""

    def gradient(x):
        units = [[float(i == k) for i in range(len(x))] for k in range(len(x))]
        return [jvp(f, (x,), (unit,))[1] for unit in units]

    return gradient


MODES = [(outer, inner) for outer in (forward_grad, grad) for inner in (forward_grad, grad)]
modes = pytest.mark.parametrize(("outer", "inner"), MODES, ids=["FF", "FR", "RF", "RR"])


def slope(mode, f):
    """The derivative of a function of one number, in either mode."""
    return lambda x: mode(lambda xs: f(xs[0]))([x])[0]


@modes
def test_perturbations_are_not_confused(outer, inner):
    assert slope(outer, lambda x: x * slope(inner, lambda y: x + y)(1.0))(1.0) == 1.0
    assert slope(outer, lambda x: x * slope(inner, lambda y: x * y)(2.0))(3.0) == 6.0
    # The same number goes in as the inner argument: d/dy (x·y²) at y = x is 2x², and d/dx (x · 2x²) is 6x².
    assert slope(outer, lambda x: x * slope(inner, lambda y: x * y * y)(x))(2.0) == 24.0
    assert slope(outer, lambda x: slope(inner, lambda y: y * y * y)(x))(2.0) == 12.0


@modes
def test_three_levels_of_one_function_are_three_derivatives(outer, inner):
    third = slope(outer, slope(inner, slope(outer, lambda x: tg.sin(x) * tg.exp(x))))(0.3)
    assert third == pytest.approx(2 * math.exp(0.3) * (math.cos(0.3) - math.sin(0.3)), rel=1e-14)


# The nested problems of Pearlmutter and Siskind (Using Programming Language Theory to Make Automatic
# Differentiation Sound and Efficient, 2008), which GradBench asks of its tools too.


def argmin(gradient, f, x, rate=1e-5, close=1e-5):
    """Gradient descent as there: ten good steps double the rate, and a bad one halves it."""

    def length(a):
        return tg.sqrt(tg.sum([p * p for p in a]))

    value, slopes, good = f(x), gradient(f)(x), 0
    while length(slopes) > close:
        if good == 10:
            rate, good = 2 * rate, 0
        step = [p - rate * q for p, q in zip(x, slopes)]
        if length([p - q for p, q in zip(step, x)]) <= close:
            break
        lower = f(step)
        if lower < value:
            x, value, slopes, good = step, lower, gradient(f)(step), good + 1
        else:
            rate, good = rate / 2, 0
    return x


@modes
def test_saddle(outer, inner):
    def f(x, y):
        return x[0] ** 2 + x[1] ** 2 - (y[0] ** 2 + y[1] ** 2)

    def highest(x):
        return argmin(inner, lambda y: -f(x, y), [1.0, 1.0], rate=0.1)

    x = argmin(outer, lambda x: f(x, highest(x)), [1.0, 1.0], rate=0.1)
    assert np.abs([*x, *highest(x)]).max() < 1e-4


def miss(inner, w, dt):
    """Where the charged particle crosses the x axis, squared."""

    def potential(x):
        return sum(1 / tg.sqrt((x[0] - a) ** 2 + (x[1] - b) ** 2) for a, b in ((10.0, 10.0 - w), (10.0, 0.0)))

    x, v = [0.0, 8.0], [0.75, 0.0]
    while True:
        force = inner(potential)(x)
        after = [p + dt * q for p, q in zip(x, v)]
        if after[1] <= 0:
            return (x[0] - x[1] / v[1] * v[0]) ** 2
        x, v = after, [q - dt * a for q, a in zip(v, force)]


@modes
def test_particle(outer, inner):
    # With the step of the paper: how far it misses at w = 0 and how that changes; at its solution it hits.
    def of(w):
        return miss(inner, w, 0.1)

    h = 1e-5
    numerical = (miss(grad, h, 0.1) - miss(grad, -h, 0.1)) / (2 * h)
    assert slope(outer, of)(0.0) == pytest.approx(numerical, rel=1e-6)
    assert miss(inner, 0.20719187464861194, 0.1) < 1e-8  # it is 1e-5 away: there the descent ends
    # And solved, with a larger step.
    (w,) = argmin(outer, lambda w: miss(inner, w[0], 1.0), [0.0], rate=1e-3)
    assert miss(inner, w, 1.0) < 1e-6 < miss(inner, 0.0, 1.0)
    assert w == pytest.approx(argmin(grad, lambda w: miss(grad, w[0], 1.0), [0.0], rate=1e-3)[0], rel=1e-9)


# ── Random functions against mpmath ───────────────────────────────────────────────────────────────────

UNARY = {
    "sin": mp.sin, "cos": mp.cos, "tanh": mp.tanh, "atan": mp.atan, "asinh": mp.asinh, "erf": mp.erf,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)), "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "square": lambda x: x * x, "neg": lambda x: -x,
}  # fmt: skip
BINARY = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y}


def apply_row(name, *operands):
    return apply(TABLE[name], operands)


FUNCTIONS = st.recursive(
    st.just("x") | st.floats(0.25, 2),
    lambda inner: st.tuples(st.sampled_from([*UNARY]), inner) | st.tuples(st.sampled_from([*BINARY]), inner, inner),
    max_leaves=6,
)


def evaluate(tree, x, call):
    if tree == "x":
        return x
    return call(tree[0], *(evaluate(part, x, call) for part in tree[1:])) if isinstance(tree, tuple) else tree


@settings(max_examples=60)
@given(FUNCTIONS, st.floats(-1.5, 1.5).filter(lambda x: abs(x) > 1e-3))
def test_random_functions_have_the_derivatives_of_mpmath(tree, x):
    def ours(x):
        return evaluate(tree, x, apply_row)

    with mp.workdps(60):
        truth = mp.taylor(lambda x: evaluate(tree, x, lambda name, *a: ({**UNARY, **BINARY})[name](*a)) + mp.zero, x, 3)
        expected = [float(c * math.factorial(k)) for k, c in enumerate(truth)]
    size = max(map(abs, expected), default=1.0) + 1
    third = grad(grad(grad(ours)))(x)
    mixed = jvp(lambda x: jvp(grad(ours), (x,), (1.0,))[1], (x,), (1.0,))[1]
    series = [c * math.factorial(k) for k, c in enumerate(taylor(ours, x, 3))]
    assert grad(ours)(x) == pytest.approx(expected[1], abs=1e-12 * size)
    assert hessian(ours)(x) == pytest.approx(expected[2], abs=1e-12 * size)
    assert [third, mixed] == pytest.approx([expected[3]] * 2, abs=1e-11 * size)
    assert series == pytest.approx(expected, abs=1e-12 * size)


POINTS = {"acosh": 1.5, "pow": (1.3, 0.7), "atan2": (0.4, -0.8), "hypot": (0.4, -0.8), "leaky_relu": (-0.4, 0.1)}


@pytest.mark.parametrize("op", [op for op in OPS if not op.kinks or op.name in POINTS], ids=lambda op: op.name)
def test_every_row_has_a_taylor_series(op):
    # The coefficients are those of repeated reverse passes, which know nothing of series.
    width = 3 if op.variadic else 1
    given = POINTS.get(op.name, [0.3 + 0.2 * k for k in range(width * len(op.inputs))])
    xs = list(given) if isinstance(given, (list, tuple)) else [given]

    def f(t):
        return apply(op, [x + (k + 1) * 0.5 * t for k, x in enumerate(xs)])

    nested, expected = f, []
    for k in range(4):
        value = nested(0.0)
        expected.append((value.data if isinstance(value, Value) else value) / math.factorial(k))
        nested = grad(nested)
    assert taylor(f, 0.0, 3) == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_a_long_taylor_series_is_that_of_mpmath():
    coefficients = taylor(lambda x: tg.sigmoid(tg.sin(x) * tg.exp(x) / (1 + x**2)), 0.3, 12)
    with mp.workdps(60):
        truth = mp.taylor(lambda x: 1 / (1 + mp.exp(-mp.sin(x) * mp.exp(x) / (1 + x**2))), mp.mpf(0.3), 12)
    assert coefficients == pytest.approx([float(c) for c in truth], rel=1e-11)
    assert taylor(lambda x: x**3, 0.0, 5) == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    assert derivative(tg.sin, 40)(0.5) == pytest.approx(math.sin(0.5), rel=1e-13)


def test_a_high_order_outlives_its_factorial():
    # 171! is larger than any float, and e/178! is smaller than any
    assert derivative(tg.exp, 171)(1.0) == pytest.approx(math.e, rel=1e-14)
    assert derivative(tg.exp, 1000)(1.0) == pytest.approx(math.e, rel=1e-14)
    assert derivative(tg.sin, 999)(1.0) == pytest.approx(-math.cos(1.0), rel=1e-14)
    truth = float(Fraction(math.factorial(180), 201**181))
    assert derivative(lambda x: 1 / (200 + x), 180)(1.0) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("f", [tg.sqrt, tg.cbrt, tg.log, lambda x: tg.sqrt(x) * 2 + 1])
@pytest.mark.filterwarnings("ignore:log")
def test_a_series_that_is_not_finite_says_so_once(f):
    with pytest.warns(RuntimeWarning, match=r"the Taylor coefficient of degree 1 of \w+\(0\) is inf") as seen:
        assert taylor(f, 0.0, 3)[1] == math.inf
    assert sum("Taylor" in str(warning.message) for warning in seen) == 1
    assert seen[-1].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert taylor(tg.relu, 0.0, 2) == [0.0, 0.0, 0.0]
        assert taylor(tg.sqrt, 0.0, 0) == [0.0]


def test_strict_holds_forwards_and_for_series():
    slope = r"the derivative of sqrt\(0\) with respect to operand 1 is inf"
    coefficient = r"the Taylor coefficient of degree 1 of sqrt\(0\) is inf"
    calls = [
        (lambda: jvp(tg.sqrt, (0.0,), (1.0,)), slope),
        (lambda: jvp(lambda x: tg.sqrt(x[0]) + x[1], ([0.0, 1.0],), ([0.0, 1.0],)), slope),
        (lambda: jacobian(lambda x: [tg.sqrt(x), x])(0.0), slope),
        (lambda: derivative(tg.sqrt)(0.0), coefficient),
        (lambda: taylor(tg.sqrt, 0.0, 2), coefficient),
    ]
    for call, message in calls:
        with strict(), pytest.raises(FloatingPointError, match=message):
            call()
    zero = Value(0.0)
    with strict():  # what does not depend on the argument takes no part
        assert jvp(lambda x: x * 3 + tg.sqrt(zero), (2.0,), (1.0,))[1].data == 3.0
        assert taylor(tg.exp, 0.0, 2) == [1.0, 1.0, 0.5]


def test_a_derivative_of_a_taylor_coefficient():
    # f‴/3! of exp is exp/6, and its derivative is the same
    assert grad(lambda x: taylor(tg.exp, x, 3)[3])(1.0) == pytest.approx(math.e / 6, rel=1e-15)
    assert derivative(derivative(lambda x: x**6, 2), 3)(1.0) == 720.0


# ── Floats and Values agree ───────────────────────────────────────────────────────────────────────────

edges = [(op, edge.inputs) for op in OPS for edge in op.edges]
points = [(op, tuple([0.6, 1.7, 0.4][: 1 if not op.variadic else 3] * len(op.inputs))) for op in OPS]


@pytest.mark.parametrize(("op", "inputs"), edges + points, ids=lambda case: getattr(case, "name", str(case)))
@pytest.mark.parametrize("seed", [1.0, -2.5, 0.0, math.inf])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_graph_of_derivatives_has_the_numbers_of_the_sweep_on_floats(op, inputs, seed):
    for moving in {(True,) * len(inputs), *(tuple(i == k for i in range(len(inputs))) for k in range(len(inputs)))}:
        xs = [Value(x) if moves else Constant(x) for x, moves in zip(inputs, moving)]
        leaves = [x for x, moves in zip(xs, moving) if moves]
        y = apply(op, xs)
        floats = gradients(y, leaves, seed)
        values = [slope.data for slope in gradients(y, leaves, seed, create_graph=True)]
        assert values == pytest.approx(floats, rel=4 * EPS, abs=0, nan_ok=True)


def test_a_constant_exponent_takes_no_logarithm():
    x = Value(-2.0, "x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # log(-2) would warn
        (slope,) = gradients([x**3], [x], create_graph=True)
        assert taylor(lambda x: x**3, -2.0, 2) == [-8.0, 12.0, -6.0]
        assert jvp(grad(lambda x: x**3), (-2.0,), (1.0,)) == (12.0, -12.0)
    assert slope.data == 12.0
    assert {node.op.name for node in topological([slope]) if node.op} == {"pow", "mul"}


# ── gradients() on graphs ─────────────────────────────────────────────────────────────────────────────


def test_gradients_leave_grad_alone():
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    x.grad = 77.0
    assert gradients([y], [x]) == [6.0]
    assert gradients([y], [x], create_graph=True)[0].data == 6.0
    assert grad(lambda t: t * x)(2.0).data == 3.0
    assert (x.grad, y.grad) == (77.0, 1.0)


def test_a_sweep_leaves_every_gradient_as_it_was():
    x, y = Value(2.0), Value(3.0)
    between = x * y
    out = between * between + tg.dot([x, y], [y, x])
    other = x + 1.0
    other.backward()  # x.grad is 1, that of all others None
    between.grad, y.grad = 7.0, -0.5
    nodes = topological([out])
    was = [node.grad for node in nodes]
    assert gradients(out, [x, between, x]) == [42.0, 12.0, 42.0]  # 2xy · y + 2y
    assert tg.jvp(lambda a: a * between, (5.0,), (1.0,))[1].data == 6.0
    assert tg.grad(lambda a: a * between + out * a)(1.0).data == 6.0 + 48.0
    assert [node.grad for node in nodes] == was
    assert was.count(None) == len(nodes) - 3


@tg.operation(partials=[lambda x: 3.0 * x * x])
def third_power(x):
    return x**3


@pytest.mark.parametrize(
    "f", [lambda v: v * v * v, lambda v: third_power(v) * 1.0, lambda v: tg.dot([v, v], [v * v, v]) - v * v]
)
def test_backwards_and_forwards_agree_with_operations_of_python_too(f):
    assert tg.grad(f)(2.0) == tg.jvp(f, (2.0,), (1.0,))[1] == 12.0
    assert np.array(tg.jacobian(lambda xs: [f(x) for x in xs] + [xs[0] * xs[1]])([1.0, 2.0])).tolist() == [
        [3.0, 0.0],
        [0.0, 12.0],
        [2.0, 1.0],
    ]


def test_gradients_by_what_lies_between_and_by_what_is_not_there():
    x, other = Value(3.0, "x"), Value(1.0)
    square = x * x
    y = square * square + x
    assert gradients(y, [square, x, other, y]) == [18.0, 109.0, 0.0, 1.0]
    slopes = gradients(y, [square, x, other, y], create_graph=True)
    assert [slope.data for slope in slopes] == [18.0, 109.0, 0.0, 1.0]
    assert gradients([square, y], x, [10.0, 1.0]) == 169.0
    assert gradients({"a": square}, {"x": x}) == {"x": 6.0}


def test_a_named_constant_stays_in_the_graph_of_a_derivative():
    x, c = Value(3.0, "x"), Constant(2.0, "c")
    assert gradients(c * x, x, create_graph=True) is c
    unnamed = gradients(Constant(2.0) * x, x, create_graph=True)
    assert (unnamed.data, unnamed.name, unnamed.parents) == (2.0, None, ())


def test_what_can_not_reach_an_input_takes_no_part():
    x, zero = Value(2.0), Value(0.0)
    y = x * 3 + tg.sqrt(zero)  # √′(0) is inf
    with strict():
        assert gradients(y, x) == 3.0
        with pytest.raises(FloatingPointError, match=r"the derivative of sqrt\(0\)"):
            gradients(y, zero)


def test_second_derivatives_can_be_drawn():
    x = Value(3.0, "x")
    slope = gradients([x**3], [x], create_graph=True)[0]
    assert "3" in slope.draw().svg()
    assert gradients([slope], [x]) == [18.0]
    assert gradients(gradients(slope, x, create_graph=True), x) == 6.0


def test_a_derivative_is_a_value_of_its_own():
    x, w = Value(3.0, "x"), Value(5.0, "w")
    slope = gradients(x * w, x, create_graph=True)
    w.data, slope.name = -1.0, "slope"
    assert (slope.data, w.name) == (5.0, "w")


@pytest.mark.parametrize(
    ("row", "f"),
    [("mul", lambda v: v * v), ("dot", lambda v: tg.dot([v, 2.0], [1.0, v])), ("third_power", third_power)],
)
def test_a_number_that_was_set_since_is_not_used(row, f):
    x = Value(3.0, "x")
    y, shifted, slope = f(x), x + 1, tg.grad(f)(3.0)
    x.data = 5.0
    assert gradients(y, x) == slope
    assert gradients(shifted, x, create_graph=True).data == 1.0
    with pytest.raises(ValueError, match=rf"the data of Value\(5, name='x'\) was 3.0 when '{row}' used it"):
        gradients(y, x, create_graph=True)
    x.data = 3.0
    assert gradients(y, x, create_graph=True).data == slope


def test_many_uses_and_long_chains_need_no_recursion():
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = tg.sin(y) + x
    (slope,) = gradients([y], [x], create_graph=True)
    assert slope.data == pytest.approx(gradients(y, x), rel=1e-12)
    assert math.isfinite(gradients(slope, x))

    def chain(t):
        for _ in range(5_000):
            t = tg.sin(t) * 1.5
        return t

    assert taylor(chain, 1.0, 1)[1] == pytest.approx(grad(chain)(1.0), rel=1e-9)
    assert jvp(chain, (1.0,), (1.0,))[1] == pytest.approx(grad(chain)(1.0), rel=1e-9)


# ── Trees, matrices ───────────────────────────────────────────────────────────────────────────────────


def test_a_gradient_is_built_as_its_argument_is():
    x = {"a": 2, "b": [3.0, (4.0,)], "c": np.array([[1, 2], [3, 4]])}
    result = grad(lambda p: p["a"] ** 2 + p["b"][0] * p["b"][1][0] + (p["c"] ** 2).sum())(x)
    assert (result["a"], result["b"]) == (4.0, [4.0, (3.0,)])
    assert result["c"].dtype == float
    assert result["c"].tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert x["c"].dtype == int


def test_arguments_are_chosen_by_their_places():
    def f(x, y, *, scale=1.0):
        return x * y * y * scale

    assert grad(f, 1)(2.0, 3.0, scale=10.0) == 120.0
    assert grad(f, (0, -1))(2.0, 3.0) == (9.0, 12.0)
    assert value_and_grad(f, 0)(2.0, 3.0) == (18.0, 9.0)
    assert grad(lambda x: 5.0)(2.0) == 0.0
    assert hessian(f, (0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))


def test_arguments_are_chosen_by_their_names():
    def f(x, y=3.0, *, rate=0.5):
        return x * y * y * rate

    assert grad(f, "x")(2.0) == 4.5
    assert grad(f, "y")(2.0, 4.0) == grad(f, "y")(2.0, y=4.0) == 8.0
    assert grad(f, "y")(2.0) == 6.0  # by its default
    assert grad(f, ("rate", 0, "y"))(2.0, rate=0.25) == (18.0, 2.25, 3.0)
    assert grad(lambda **options: options["a"] * options["b"], "b")(a=5.0, b=2.0) == 5.0
    assert value_and_grad(f, ["y"])(2.0, 4.0) == (16.0, (8.0,))
    assert jacobian(lambda x, t: [x * t, t], argnums="t")(2.0, 3.0).tolist() == [2.0, 1.0]
    assert hessian(f, argnums="y")(2.0) == 2.0
    assert grad(grad(f, "y"), "x")(2.0) == 3.0  # a derivative has the names of its function
    assert grad(f, ("x", 0))(2.0) == (4.5, 4.5)
    assert grad(lambda x, *xs, rate=3.0: rate * x * xs[1], "rate")(2.0, 4.0, 5.0) == 10.0  # no place among those of xs


def test_what_is_not_differentiated_comes_out_beside_the_derivative():
    def f(x):
        y = x[0] * x[1]
        return y, {"y": y, "text": "what", "all": (x, None), "array": np.array([y, 2.0])}

    (slopes, aux) = grad(f, has_aux=True)([3.0, 4.0])
    assert slopes == [4.0, 3.0]
    assert (aux["y"], aux["text"], aux["all"]) == (12.0, "what", ([3.0, 4.0], None))
    assert (aux["array"].dtype, aux["array"].tolist()) == (float, [12.0, 2.0])
    (value, aux), slopes = value_and_grad(f, has_aux=True)([3.0, 4.0])
    assert (value, slopes, aux["y"]) == (12.0, [4.0, 3.0], 12.0)
    matrix, aux = hessian(f, has_aux=True)([3.0, 4.0])
    assert (matrix.tolist(), aux["y"]) == ([[0.0, 1.0], [1.0, 0.0]], 12.0)
    matrix, aux = jacobian(lambda x: ([x * 2], x * 3), has_aux=True)(5.0)
    assert (matrix.tolist(), aux) == ([2.0], 15.0)
    value, pullback, aux = vjp(lambda x: (x * x, x), 3.0, has_aux=True)
    assert (value, pullback(1.0), aux) == (9.0, (6.0,), 3.0)
    assert jvp(lambda x: (x * x, [x]), (3.0,), (2.0,), has_aux=True) == (9.0, 12.0, [3.0])


def test_what_is_not_differentiated_depends_on_what_is_around_it():
    w = Value(5.0, "w")
    slopes, aux = grad(lambda x: (x * x, w * x), has_aux=True)(3.0)
    assert (slopes, aux.data, gradients(aux, w)) == (6.0, 15.0, 3.0)
    assert grad(lambda y: grad(lambda x: (x * x * y, x * y), has_aux=True)(y)[1])(3.0) == 6.0
    with no_grad():
        assert grad(lambda x: (x * x, w * x), has_aux=True)(3.0)[1].moves is False
    with pytest.raises(TypeError, match="float"):
        grad(lambda x: (x * x, float(x)), has_aux=True)(3.0)


def test_an_argument_that_is_named_twice_has_its_gradient_twice():
    def f(x, y):
        return x * x * y

    for both in ((0, 0), (0, -2)):
        assert grad(f, both)(2.0, 3.0) == (12.0, 12.0)
        assert jacobian(f, both)(2.0, 3.0) == (12.0, 12.0)
        assert value_and_grad(f, both)(2.0, 3.0) == (12.0, (12.0, 12.0))
        assert hessian(f, both)(2.0, 3.0) == ((6.0, 6.0), (6.0, 6.0))
    forwards = jacobian(lambda x: [x, x * x, x**3], (0, 0))(2.0)
    assert [column.tolist() for column in forwards] == [[1.0, 4.0, 12.0]] * 2
    assert grad(lambda x, y: x * y[0], (1, 0, 1))(2.0, [3.0]) == ([2.0], 3.0, [2.0])


def test_upstream_derivatives_and_tangents_go_by_their_keys():
    _, pullback = vjp(lambda x: {"a": x, "b": 2 * x}, 1.0)
    assert pullback({"b": 1.0, "a": 0.0}) == (2.0,)
    assert jvp(lambda p: p["a"] + 2 * p["b"], ({"a": 1.0, "b": 1.0},), ({"b": 1.0, "a": 0.0},))[1] == 2.0
    assert hvp(lambda p: p["a"] * p["b"] ** 2)({"a": 1.0, "b": 3.0}, {"b": 0.0, "a": 1.0}) == {"a": 0.0, "b": 6.0}
    x = Value(3.0)
    assert gradients({"a": x, "b": 2 * x}, x, {"b": 1.0, "a": 0.0}) == 2.0
    assert jvp(lambda x: x.sum(), (np.ones((2, 2)),), ([[1, 2], [3, 4]],)) == (4.0, 10.0)


def test_a_jacobian_has_the_shape_of_the_output_and_then_of_the_input():
    W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert jacobian(lambda x: W @ x)(np.ones(3)).tolist() == W.tolist()
    assert jacobian(lambda x: [*(W.T @ x)])([1.0, 1.0]).tolist() == W.T.tolist()  # more outputs: forwards
    assert jacobian(lambda x: np.outer(x, x))(np.array([1.0, 2.0])).tolist() == [
        [[2.0, 0.0], [2.0, 1.0]], [[2.0, 1.0], [0.0, 4.0]]]  # fmt: skip
    assert jacobian(tg.sin)(0.0) == 1.0
    rows = jacobian(lambda a, b: {"p": a * b[0], "q": b}, (0, 1))(2.0, [3.0, 4.0])
    assert rows["p"][0] == 3.0
    assert rows["p"][1].tolist() == [2.0, 0.0]
    assert rows["q"][1].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_an_output_does_not_meet_the_infinite_slope_of_another():
    with pytest.raises(FloatingPointError), strict():
        jacobian(lambda x: [tg.sqrt(x[0]), x[1]])([0.0, 1.0])
    for f in (lambda x: [tg.sqrt(x[0]), x[1]], lambda x: [tg.sqrt(x[0]), x[1], x[1]]):
        assert jacobian(f)([0.0, 1.0]).tolist()[:2] == [[math.inf, 0.0], [0.0, 1.0]]


def test_hessians_of_every_kind_of_argument():
    assert hessian(lambda x: x**3)(2.0) == 12.0
    assert hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0])).tolist() == [[4.0, 2.0], [2.0, 0.0]]
    assert hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 1.0, "b": 2.0}) == {
        "a": {"a": 4.0, "b": 2.0}, "b": {"a": 2.0, "b": 0.0}}  # fmt: skip
    v = np.array([3.0, -1.0])
    assert hvp(lambda x, k: k * x[0] ** 2 * x[1])(np.array([1.0, 2.0]), v, 2.0).tolist() == [20.0, 12.0]


def test_a_pullback_can_be_called_again():
    value, pullback = vjp(lambda x, p: {"y": x * p[0], "z": p[1]}, 3.0, (4.0, 5.0))
    assert value == {"y": 12.0, "z": 5.0}
    assert pullback({"y": 1.0, "z": 0.0}) == (4.0, (3.0, 0.0))
    assert pullback({"y": 0.0, "z": 2.0}) == (0.0, (0.0, 2.0))
    assert grad(lambda s: pullback({"y": s, "z": s * s})[1][1])(3.0) == 6.0


def test_scipy_minimises_with_it():
    from scipy.optimize import minimize

    def rosenbrock(x):
        return tg.sum([100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)])

    found = minimize(value_and_grad(rosenbrock), np.array([-1.2, 1.0, 0.5]), jac=True, method="BFGS")
    assert found.x == pytest.approx(np.ones(3), abs=1e-5)


# ── Values that are there already, modes, threads ─────────────────────────────────────────────────────


def test_a_derivative_that_depends_on_a_value_is_a_value():
    w = Value(5.0, "w")
    slope = grad(lambda x: x * x * w)(3.0)
    slope.backward()
    assert (slope.data, w.grad) == (30.0, 6.0)
    value, slope = value_and_grad(lambda x: x**3)(w)
    assert (value.data, slope.data, gradients(slope, w)) == (125.0, 75.0, 30.0)
    assert grad(lambda x: x * constant(2.0))(3.0) == 2.0
    assert isinstance(grad(lambda x: x * 2)(constant(3.0)), float)


def test_no_grad_makes_constants_of_the_results_and_not_of_the_derivative():
    w = Value(5.0, "w")
    with no_grad():
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        slope = grad(lambda x: x * x * w)(3.0)
        assert isinstance(slope, Constant)
        assert gradients(w, w, create_graph=True).data == 1.0
    assert slope.data == 30.0

    def held(x):
        with no_grad():
            y = x * x
        return x * y

    assert grad(held)(3.0) == 9.0


def test_threads_do_not_meet():
    def work(k):
        return grad(lambda x: x * grad(lambda y: x * tg.sin(y))(x))(0.1 * k)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(200))) == [work(k) for k in range(200)]


def test_a_thread_inside_a_function_still_sees_its_inputs():
    def f(x):
        with ThreadPoolExecutor(1) as pool:
            return x * pool.submit(grad(lambda y: x * y), 1.0).result()

    assert grad(f)(3.0) == 6.0


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────


def deep(levels):
    tree = 1.0
    for _ in range(levels):
        tree = [tree]
    return tree


def around(tree):
    """A list or dict that contains itself."""
    tree.append(tree) if isinstance(tree, list) else tree.update(a=tree)
    return tree


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(3.0), TypeError, r"grad\(\) needs a function, not the float 3.0; give f, not f\(x\)"),
        (lambda: grad(Value(3.0)), TypeError, r"for a graph that is there, take gradients\(y, x\)"),
        (lambda: grad(lambda x: [x, x])(1.0), TypeError, r"returned the list .*; use jacobian\(\) for several"),
        (lambda: grad(lambda x: x > 1)(2.0), TypeError, r"not the bool True; a comparison has no derivative"),
        (lambda: jacobian(lambda x: [x, x.data > 1])(2.0), TypeError, r"not the bool True; a comparison"),
        (lambda: jvp(lambda x: np.bool_(False), (2.0,), (1.0,)), TypeError, r"not the bool False; a comparison"),
        (lambda: grad(lambda x: None)(1.0), TypeError, r"the result of <lambda>\(\), in grad\(\), needs a real number"),
        (lambda: grad(lambda x: x)("1"), TypeError, r"an argument of grad\(\) needs a real number, not the str '1'"),
        (lambda: grad(lambda x: x, 1)(1.0), TypeError, r"grad\(argnums=1\) has no such argument: .* 1 positional arg"),
        (
            lambda: grad(lambda x: x, None)(1.0),
            TypeError,
            r"grad\(argnums=…\) needs places or names of .*, not None",
        ),
        (lambda: grad(lambda x: x, "y")(1.0), TypeError, r"grad\(argnums='y'\) has no such argument: .* are x$"),
        (lambda: grad(lambda x, y: x, "y")(1.0), TypeError, r"grad\(argnums='y'\): the function was called without y"),
        (lambda: grad(lambda *xs: xs[0], "xs")(1.0), TypeError, r"grad\(argnums='xs'\) has no such argument"),
        (lambda: grad(lambda x: x, [None])(1.0), TypeError, r"grad\(argnums=…\) needs places or names of .*, not None"),
        (lambda: grad(math.fsum, "x")([1.0]), TypeError, r"grad\(argnums='x'\) has no such argument"),
        (
            lambda: grad(tg.sin, has_aux=True)(1.0),
            TypeError,
            r"has_aux=True\) needs .* a pair .* sin\(\) returned",
        ),
        (lambda: hessian(lambda x: [x, x], has_aux=True)(1.0), TypeError, r"a pair .* returned the list"),
        (lambda: vjp(lambda x: (x, x, x), 1.0, has_aux=True), TypeError, r"vjp\(has_aux=True\) needs .* the tuple"),
        (lambda: jvp(lambda x: x, 1.0, 1.0), TypeError, r"jvp\(\) needs the arguments as a list or tuple, not 1.0"),
        (lambda: jvp(lambda x: x, (1.0,), ()), ValueError, r"the arguments have 1 numbers and got 0 tangents"),
        (lambda: vjp(lambda x: x, 1.0)[1]([1.0, 2.0]), ValueError, r"has 1 numbers and got 2 upstream derivatives"),
        (lambda: derivative(tg.sin, -1), ValueError, r"derivative\(\) needs an order of at least 0, not -1"),
        (lambda: taylor(tg.sin, 0.0, 1.5), TypeError, r"taylor\(\) needs an int as order, not the float 1.5"),
        (lambda: taylor(tg.sum, [1.0], 2), TypeError, r"expands functions of one number, not of \[1.0\]"),
        (lambda: gradients(1.0, Value(1.0)), TypeError, r"gradients\(\) needs Values as outputs, not the number 1.0"),
        (lambda: gradients(Value(1.0), constant(1.0)), TypeError, r"constant\(1\): a constant gets no derivative"),
        (lambda: gradients(Value(1.0), Value(1.0), [1, 2]), ValueError, r"got 1 outputs and 2 seeds"),
        (lambda: gradients({"a": Value(1.0)}, Value(1.0), {"b": 1}), ValueError, r"needs a dict with the keys \['a'\]"),
        (lambda: grad(lambda x: [x])(1.0), TypeError, r"returned the list \[Value\(1\)\]; use jacobian"),
        (lambda: grad(tg.sin, ()), ValueError, r"grad\(argnums=\(\)\) names no argument to differentiate by"),
        (lambda: value_and_grad(tg.sin, []), ValueError, r"value_and_grad\(argnums=\[\]\) names no argument"),
        (lambda: jacobian(tg.sin, ()), ValueError, r"jacobian\(argnums=\(\)\) names no argument"),
        (lambda: hessian(tg.sin, ()), ValueError, r"hessian\(argnums=\(\)\) names no argument"),
        (lambda: taylor(lambda x: x + 1, [0.3], 1), TypeError, r"taylor\(\) expands functions of one number, not of"),
        (lambda: derivative(lambda x: x + 1)([0.3]), TypeError, r"derivative\(\) expands functions of one number"),
        (lambda: derivative(tg.exp, 1001), ValueError, r"up to the order 1000, not 1001"),
        (lambda: taylor(lambda x: x**5000.5, 1.0, 1000), ValueError, r"can't reach the order 1000 of <lambda>\(\)"),
        (lambda: vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}), ValueError, r"the keys \['a'\], not \{'b': 1.0\}"),
        (lambda: vjp(lambda x: {"a": x}, 1.0)[1]([1.0]), ValueError, r"a dict with the keys \['a'\], not \[1.0\]"),
        (lambda: vjp(lambda x: [[x], x], 1.0)[1]([1.0, [2.0]]), ValueError, r"vjp\(\) needs 1 entry, as"),
        (lambda: vjp(lambda x: x, 1.0)[1]([1.0]), ValueError, r"needs one number there, not the list \[1.0\]"),
        (lambda: jvp(lambda x: x, (1.0,), 1.0), ValueError, r"a tangent of jvp\(\) needs 1 entry, as \(1.0,\) has"),
        (lambda: hvp(tg.sum)([1.0], [1.0, 2.0]), ValueError, r"hvp\(\) got a v of 2 numbers for an x of 1"),
        (lambda: hvp(lambda p: p["a"])({"a": 1.0}, {"b": 1.0}), ValueError, r"v of hvp\(\) needs a dict with the keys"),
        (lambda: grad(tg.sum)(np.ma.array([1.0, 2.0], mask=[0, 1])), TypeError, r"can't be a masked array; use"),
        (lambda: grad(tg.sum)([1.0, np.ma.masked]), TypeError, r"can't be a masked array; use"),
        (lambda: grad(tg.sum)(around([1.0])), ValueError, r"is the list \[1.0, \[...\]\], which contains itself"),
        (lambda: grad(tg.sum)(around({})), ValueError, r"is the dict .*, which contains itself"),
        (lambda: grad(tg.sum)(deep(5000)), ValueError, r"is nested more than 100 deep"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_one_list_in_two_places_does_not_contain_itself():
    twice = [3.0]
    assert grad(lambda x: x[0][0] * x[1][0])([twice, twice]) == [[3.0], [3.0]]
    assert jvp(lambda x: x, (deep(99),), (deep(99),)) == (deep(99), deep(99))


# ── PyTorch ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.torch
def test_pytorch_has_the_same_second_derivatives():
    import torch

    def ours(x):
        return tg.tanh(x[0] * x[1]) * tg.exp(x[2]) + tg.logsumexp([*x]) + x[0] ** 3 / x[2]

    def theirs(x):
        return torch.tanh(x[0] * x[1]) * torch.exp(x[2]) + torch.logsumexp(x, 0) + x[0] ** 3 / x[2]

    x, v = np.array([0.3, -1.2, 0.7]), np.array([1.0, 0.5, -2.0])
    point = torch.tensor(x, requires_grad=True)
    (slopes,) = torch.autograd.grad(theirs(point), point, create_graph=True)
    (second,) = torch.autograd.grad(slopes, point, torch.tensor(v))
    assert grad(ours)(x) == pytest.approx(slopes.detach().numpy(), rel=1e-13)
    assert hvp(ours)(x, v) == pytest.approx(second.numpy(), rel=1e-12)
    assert hessian(ours)(x) == pytest.approx(torch.autograd.functional.hessian(theirs, point).numpy(), rel=1e-12)


# ── What is made of a function travels as the function does ───────────────────────────────────────────


def cubed(x, y=1.0):
    """A function that pickle finds by its name."""
    return x * x * x * y


def cubed_and_more(x):
    return x * x * x, x


MADE = {
    "grad": (tg.grad(cubed), (2.0,), 12.0),
    "grad by both": (tg.grad(cubed, (0, 1)), (2.0, 3.0), (36.0, 8.0)),
    "grad of grad": (tg.grad(tg.grad(cubed)), (2.0,), 12.0),
    "value_and_grad": (tg.value_and_grad(cubed), (2.0,), (8.0, 12.0)),
    "jacobian": (tg.jacobian(cubed), (2.0,), 12.0),
    "hessian": (tg.hessian(cubed), (2.0,), 12.0),
    "by name": (tg.grad(cubed, "y"), (2.0,), 8.0),
    "has_aux": (tg.grad(cubed_and_more, has_aux=True), (2.0,), (12.0, 2.0)),
    "hvp": (tg.hvp(cubed), (2.0, 3.0), 36.0),
    "derivative": (tg.derivative(cubed, 3), (2.0,), 6.0),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_derivative_of_a_function_with_a_name_is_pickled(kind):
    made, args, result = MADE[kind]
    assert pickle.loads(pickle.dumps(made))(*args) == result == made(*args)


def test_what_is_made_says_how():
    assert repr(tg.grad(cubed, "y")) == "grad(cubed, 'y')"
    assert repr(tg.hessian(cubed, 0, True, sparse=True)) == "hessian(cubed, 0, has_aux=True, sparse=True)"


def test_pickled_derivatives_load_in_a_fresh_process():
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(tg.grad(math.hypot, 1), 3.0, 4.0).exception() is not None  # hypot knows no Values
        assert pool.submit(tg.grad(tg.hypot, 1), 3.0, 4.0).result() == 0.8
        assert [*pool.map(tg.derivative(tg.square, 1), [1.0, 2.0])] == [2.0, 4.0]


@tg.grad
def slope_of_square(x):
    """A function whose place its gradient has taken."""
    return x * x


class Line:
    @tg.grad
    def slope(self, x):
        return x


def test_a_decorated_function_is_pickled_by_its_name_and_binds_as_a_method():
    assert pickle.loads(pickle.dumps(slope_of_square)) is slope_of_square
    assert (slope_of_square.__name__, slope_of_square.__doc__[:10]) == ("slope_of_square", "A function")
    with pytest.raises(TypeError):  # by self, which is no number: it was bound
        Line().slope(2.0)
    assert repr(tg.grad(cubed, 1)) == "grad(cubed, 1)"


@pytest.mark.parametrize("count", [300, 1000, 3000])
@pytest.mark.parametrize("row", ["prod", "sum", "mean", "dot"])
def test_one_wide_node_is_no_depth_to_a_taylor_series(row, count):
    def f(t):
        terms = [t * (1 / count) + 1] * count
        return tg.dot(terms, terms) if row == "dot" else getattr(tg, row)(terms)

    base = 1 + 1 / count
    expected = {
        "prod": [base**count, base ** (count - 1), math.comb(count, 2) * base ** (count - 2) / count**2],
        "sum": [count + 1, 1, 0],
        "mean": [base, 1 / count, 0],
        "dot": [count * base**2, 2 * base, 1 / count],
    }[row]
    assert tg.taylor(f, 1.0, 2) == pytest.approx(expected, rel=1e-10, abs=1e-15)
