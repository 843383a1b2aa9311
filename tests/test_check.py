"""Numerical derivatives, and the checking of gradients: that the tester is right, and that it catches what is wrong."""

import io
import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from truth import derivative, draws

import tinygrad_kr as tg
from tinygrad_kr import Value, check_gradients, gradient_check, numerical_derivative, numerical_gradient
from tinygrad_kr.checking.irregular import describe, first_non_finite
from tinygrad_kr.engine.ops import OPS, Op
from tinygrad_kr.engine.value import apply

# ── The book's central difference ─────────────────────────────────────────────────────────────────────


def test_the_book_s_gradient_of_a_sum_of_squares():
    def f(x):
        return x[0] ** 2 + x[1] ** 2

    assert numerical_gradient(f, np.array([3.0, 4.0])) == pytest.approx([6, 8], abs=1e-9)
    assert numerical_gradient(f, [3, 4]) == pytest.approx([6, 8], abs=1e-9)
    assert numerical_gradient(f, Value.array([3, 4])) == pytest.approx([6, 8], abs=1e-9)
    assert numerical_gradient(lambda x: x * x, 3) == pytest.approx(6, abs=1e-9)
    assert numerical_gradient(lambda x: Value(x) * x, Value(3.0)) == pytest.approx(6, abs=1e-9)


def test_the_difference_is_exactly_the_book_s():
    x, h = 0.3, 1e-4
    assert numerical_gradient(math.exp, x) == (math.exp(x + h) - math.exp(x - h)) / (2 * h)
    assert numerical_gradient(math.exp, x, h=0.5) == math.exp(x + 0.5) - math.exp(x - 0.5)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 1, 2)])
def test_the_gradient_has_the_shape_of_x(shape):
    x = np.arange(math.prod(shape), dtype=float).reshape(shape)
    slopes = numerical_gradient(lambda x: (x * x).sum(), x)
    assert slopes.shape == shape
    assert slopes == pytest.approx(2 * x, abs=1e-6)


def test_f_may_ignore_its_argument_and_read_the_array():
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert numerical_gradient(lambda _: (W**2).sum(), W) == pytest.approx(2 * W, abs=1e-8)
    part = W[:, 1]  # a view, changed through to its base
    assert numerical_gradient(lambda _: (W**2).sum(), part) == pytest.approx([4, 8], abs=1e-8)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_array_is_put_back_whatever_happens(error):
    x = np.array([0.1, 0.2, 0.3])
    calls = []

    def f(x):
        calls.append(x.copy())
        if len(calls) == 4:
            raise error
        return x.sum()

    with pytest.raises(error):
        numerical_gradient(f, x)
    assert x.tolist() == [0.1, 0.2, 0.3]
    assert calls[3].tolist() != x.tolist()


def test_what_can_not_hold_the_step_is_copied():
    whole, single, frozen = np.array([1, 2]), np.array([1, 2], np.float32), np.array([1.0, 2.0])
    frozen.flags.writeable = False
    for x in (whole, single, frozen):
        assert numerical_gradient(lambda x: (x**2).sum(), x) == pytest.approx([2, 4], abs=1e-8)
        assert x.tolist() == [1, 2]


@pytest.mark.parametrize("h", [0, -1e-4, math.inf, math.nan])
def test_a_step_is_positive_and_finite(h):
    with pytest.raises(ValueError, match="h is a step, positive and finite, not"):
        numerical_gradient(math.exp, 1.0, h)


def test_a_step_that_is_lost_in_x_is_told():
    with pytest.warns(RuntimeWarning, match="the step 0.0001 is lost in 1e20"):
        assert numerical_gradient(lambda x: x, 1e20) == 0.0


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="x needs numbers or Values, not the list"):
        numerical_gradient(sum, ["1"])
    with pytest.raises(TypeError, match="x needs a real number, not the str '1'"):
        numerical_gradient(sum, "1")
    with pytest.raises(TypeError, match=r"f\(x\) needs a real number, not the NoneType"):
        numerical_derivative(lambda x: None, 1.0)
    with pytest.raises(TypeError, match=r"f\(x\) needs a real number, not the ndarray"):
        numerical_gradient(lambda x: x, [1.0, 2.0])
    with pytest.raises(ValueError, match="x needs rows of one length"):
        numerical_gradient(sum, [[1.0], [1.0, 2.0]])


# ── Adaptive differences ──────────────────────────────────────────────────────────────────────────────

RANDOM = Random("check")


def sign():
    return RANDOM.choice((-1, 1))


FUNCTIONS = {
    "exp": (math.exp, mp.exp, lambda: RANDOM.uniform(-30, 30)),
    "sin": (math.sin, mp.sin, lambda: sign() * 10 ** RANDOM.uniform(-8, 3)),
    "log": (math.log, mp.log, lambda: 10 ** RANDOM.uniform(-12, 12)),
    "sqrt": (math.sqrt, mp.sqrt, lambda: 10 ** RANDOM.uniform(-12, 12)),
    "acos near its edge": (math.acos, mp.acos, lambda: sign() * (1 - 10 ** RANDOM.uniform(-10, 0))),
    "gamma": (math.gamma, mp.gamma, lambda: RANDOM.uniform(0.1, 20)),
    "Runge's": (lambda x: 1 / (1 + 25 * x * x), lambda x: 1 / (1 + 25 * x * x), lambda: RANDOM.uniform(-2, 2)),
    "sin(10⁴x)": (lambda x: math.sin(1e4 * x), lambda x: mp.sin(10000 * x), lambda: RANDOM.uniform(-2, 2)),
    "10²⁰⁰cos": (lambda x: 1e200 * math.cos(x), lambda x: mp.mpf(10) ** 200 * mp.cos(x), lambda: RANDOM.uniform(-4, 4)),
    "at zero": (lambda x: math.exp(x) * math.cos(x), lambda x: mp.exp(x) * mp.cos(x), lambda: 0.0),
    "cancellation": (
        lambda x: math.log(1 + math.exp(x)), lambda x: mp.log(1 + mp.exp(x)), lambda: RANDOM.uniform(-20, 20),
    ),
}  # fmt: skip


def test_the_error_bounds_the_true_error_and_is_small():
    """In 99 of 100 random cases, most of them with ten digits and more."""
    missed, exactness = [], []
    for name, (f, true_f, draw) in FUNCTIONS.items():
        for _ in range(40):
            x = draw()
            estimate = numerical_derivative(f, x)
            with mp.workdps(60):
                true = derivative(true_f, 0)(x) if x else mp.diff(true_f, 0)
                if abs(estimate.derivative - true) > estimate.error:
                    missed.append((name, x, estimate))
                exactness.append(float(estimate.error / abs(true)))
    assert len(missed) <= len(exactness) / 100, missed
    assert sorted(exactness)[len(exactness) * 8 // 10] < 1e-9


@pytest.mark.parametrize(
    ("f", "x", "true"),
    [
        (lambda x: 5.0, 3.0, 0.0),
        (lambda x: 5.0, 0.0, 0.0),
        (lambda x: x * x, 0.0, 0.0),
        (lambda x: 1e200 * x**2, 3.0, 6e200),
        (lambda x: 3 * x, 5e-324, 3.0),
        (lambda x: 2 * x, 1e300, 2.0),
        (lambda x: math.cos(x) + x, 1e-300, 1.0),
        (math.log, 1e-8, 1e8),
        (math.sqrt, 1e-12, 5e5),
        (lambda x: x**0.5, 1e-12, 5e5),  # complex left of zero
        (lambda x: math.sin(1e12 * x), 0.0, 1e12),
        (lambda x: math.exp(-((x / 1e-3) ** 2)), 5e-4, -1000 * math.exp(-0.25)),  # flat except for a spike around x
        (lambda x: math.sin(2 * math.pi * 1024 * x), 0.0, 2048 * math.pi),  # every large power of two steps over it
        (math.floor, 2.5, 0.0),
        (lambda x: math.tanh(x) if abs(x - 0.5) < 0.01 else 1 / 0, 0.5, 1 / math.cosh(0.5) ** 2),
        (lambda x: float(np.float32(x) ** 2), 3.0, 6.0),  # computed in single precision
        (lambda x: np.float32(np.sin(np.float32(x))), 1.0, math.cos(1)),
    ],
)
def test_nasty_functions(f, x, true):
    slope, error = numerical_derivative(f, x)
    assert abs(slope - true) <= error
    assert error <= 1e-5 * max(abs(true), 1e-8)


@pytest.mark.parametrize(
    ("f", "x"), [(math.floor, 3.0), (np.cbrt, 0.0), (math.sqrt, 0.0), (lambda x: 1 / (x * x) if x else math.inf, 0.0)]
)
def test_where_there_is_no_derivative_the_error_says_so(f, x):
    slope, error = numerical_derivative(f, x)
    assert math.isnan(slope) or error > abs(slope) / 2


def test_arrays_have_arrays_of_derivatives_and_errors():
    x = np.array([[1.0, 2.0], [3.0, 0.0]])
    slopes, errors = numerical_derivative(lambda x: np.exp(x).sum() * x[0, 0], x)
    true = np.exp(x)
    true[0, 0] += np.exp(x).sum()
    assert slopes.shape == errors.shape == (2, 2)
    assert (np.abs(slopes - true) <= errors).all()
    assert (errors < 1e-10).all()
    assert x.tolist() == [[1.0, 2.0], [3.0, 0.0]]


def test_an_error_of_f_at_x_itself_is_not_swallowed():
    with pytest.raises(ValueError, match="math domain error"):
        numerical_derivative(math.log, -1.0)


# ── Right gradients pass ──────────────────────────────────────────────────────────────────────────────

ROWS = [op for op in OPS if op.k is None] + [op.output(1) for op in OPS if op.k is not None]


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
@pytest.mark.filterwarnings("error")
def test_every_row_of_the_table_is_right(op):
    for xs in draws(op, 4, 2):
        report = check_gradients(lambda *xs, op=op: apply(op, xs), *xs)
        assert report, (xs, str(report))
        assert all(row.verdict in ("ok", "inconclusive") for row in report.rows), str(report)


SMOOTH = ["exp", "tanh", "sigmoid", "sin", "softplus", "atan", "asinh", "erf", "square", "expm1"]


@settings(max_examples=25)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # exp of exp overflows
@given(
    st.lists(st.sampled_from(SMOOTH), min_size=1, max_size=3),
    st.lists(st.floats(-2, 2, width=32), min_size=2, max_size=3),
)
def test_right_gradients_of_random_smooth_functions_pass(names, xs):
    def f(*xs):
        total = tg.sum([x * y for x, y in pairwise(xs)])
        for name in names:
            total = getattr(tg, name)(total) + xs[0]
        return total

    report = check_gradients(f, *xs)
    assert report, str(report)
    assert "kink" not in {row.verdict for row in report.rows}, str(report)


# ── Wrong ones are caught ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("op", [op for op in ROWS if set(op.partials) != {"0"}], ids=lambda op: op.name)
@pytest.mark.parametrize("factor", [-1.0, 1 + 1e-6, *(pytest.param(k, marks=pytest.mark.slow) for k in (2.0, 0.0))])
def test_a_wrong_gradient_of_any_row_is_caught(op, factor):
    """Of derivatives that can be found numerically to a thousandth of what is wrong with them."""
    seen = 0
    for xs in draws(op, 3, 0.5):

        def f(*xs, op=op):
            return apply(op, [Value(x) for x in xs]).data

        right = apply(op, [Value(x) for x in xs]).local_derivatives()
        for k, slope in enumerate(right):
            wrong = [*right[:k], slope * factor, *right[k + 1 :]]
            report = check_gradients(f, *xs, gradient=lambda *xs, wrong=wrong: wrong if len(wrong) > 1 else wrong[0])
            if report.rows[k].error < 1e-9 * abs(slope):
                seen += 1
                assert [row.verdict for row in report.rows].count("wrong") == 1, (xs, str(report))
                assert report.rows[k].verdict == "wrong"
                assert not report
    assert seen


@pytest.mark.parametrize(
    ("partial", "caught"), [("cos(x)", False), ("2 * cos(x)", True), ("-cos(x)", True), ("1.000001 * cos(x)", True)]
)
def test_a_wrong_row_of_the_engine_is_caught(partial, caught):
    row = Op("wave", "~", "sin(x)", (partial,), "파동", "wave")
    report = check_gradients(lambda x, y: apply(row, (x * y,)) + y, 0.7, 1.1)
    assert bool(report) is not caught
    assert {row.verdict for row in report.rows} == ({"wrong"} if caught else {"ok"})


def test_one_wrong_element_is_found():
    def wrong(W):
        slopes = 2 * W
        slopes[1, 2] += 1e-6
        return slopes

    report = check_gradients(lambda W: (W**2).sum(), np.arange(1.0, 7).reshape(2, 3), gradient=wrong)
    assert [row.input for row in report.wrong] == ["W[1, 2]"]
    assert report.summary.startswith("1 of 6 inputs differs: ∂f/∂W[1, 2] is 12.000001 but should be 12 ± ")


def test_a_forgotten_accumulation_is_caught():
    def forgets(x, y):  # f = x·y + x, of whose two uses of x the last one counts
        return 1.0, x

    report = check_gradients(lambda x, y: x * y + x, 3.0, 2.0, gradient=forgets)
    assert [row.input for row in report.wrong] == ["x"]


def test_a_gradient_that_is_nan_is_wrong():
    assert not check_gradients(lambda x: x * x, 3.0, gradient=lambda x: math.nan)
    assert not check_gradients(lambda x: x * x, 3.0, gradient=lambda x: math.inf)


def test_a_tolerance_lets_pass_what_is_close():
    def check(tolerance):
        return bool(check_gradients(lambda x: x * x, 3.0, gradient=lambda x: 6.001, tolerance=tolerance))

    assert (check(0), check(1e-4), check(1e-3)) == (False, False, True)


# ── Kinks, and where nothing can be said ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "xs", "note"),
    [
        (lambda x: x.relu(), (0,), "relu, whose input is 0"),
        (lambda x: (abs(x - 1) * 3).exp(), (1,), "abs, whose input is 0"),
        (lambda x: x.floor(), (3,), "floor, whose input is 3"),
        (lambda x: x.cbrt(), (0,), "cbrt, whose input is 0"),
        (lambda x, y: tg.max(x, y) * x, (2, 2), "max, whose inputs are 2 and 2"),
        (lambda x, y: tg.hypot(x, y), (0, 0), "hypot, whose inputs are 0 and 0"),
    ],
)
def test_a_kink_is_named_and_is_not_wrong(f, xs, note):
    report = check_gradients(f, *xs)
    assert report
    assert {(row.verdict, row.note) for row in report.rows} == {("kink", note)}


def test_a_kink_excuses_no_input_but_its_own():
    row = Op("wave", "~", "sin(x)", ("2 * cos(x)",), "파동", "wave")
    report = check_gradients(lambda x, y: x.relu() + apply(row, (y,)), 0.0, 1.0)
    assert [row.verdict for row in report.rows] == ["kink", "wrong"]


@pytest.mark.parametrize(("slope", "verdict"), [(0.0, "kink"), (-1.0, "kink"), (1.2, "wrong"), (-5.0, "wrong")])
def test_a_kink_of_a_foreign_function_is_seen_and_takes_every_slope_between(slope, verdict):
    (row,) = check_gradients(lambda x: 7 + abs(x - 3), 3.0, gradient=lambda x: slope).rows
    assert row.verdict == verdict
    assert "its slope is between -1 and 1" in row.note


@pytest.mark.parametrize("x", [1e-9, -1e-6, 0.01])
def test_close_to_a_kink_there_is_none(x):
    (row,) = check_gradients(lambda x: 3 * abs(x), x).rows
    assert row.verdict == "ok"


def test_where_nothing_can_be_said_it_is_said():
    report = check_gradients(lambda x: x.sqrt(), 0.0)
    assert report
    assert report.rows[0][-2:] == ("inconclusive", "not defined on both sides")
    assert "0 of 1 derivative could be compared; 1 inconclusive" in report.summary
    report = check_gradients(lambda x: x.erf(), 5.0)  # 1.6e-11 beside a value of 1
    assert report.rows[0][-2:] == ("inconclusive", "the error is too large")


def test_a_graph_with_nan_says_where_it_began():
    with pytest.warns(RuntimeWarning, match="log"):
        report = check_gradients(lambda x, y: y * (x - 1).log() + 2, 0.0, 3.0)
    assert report.summary.startswith("f is nan, because log(-1) = nan; none is wrong, and 0 of 2")


# ── What may be given, what comes back ────────────────────────────────────────────────────────────────


def test_inputs_have_the_names_they_are_given():
    def names(f, *xs):
        return [row.input for row in check_gradients(f, *xs).rows]

    assert names(lambda a, W: a * tg.sum(W), 2.0, [[1, 2]]) == ["a", "W[0, 0]", "W[0, 1]"]
    assert names(lambda a, b: a * b, Value(2, "사과"), 3) == ["사과", "b"]
    assert names(lambda v: v[0] * v[1], Value.array([1, 2], "w")) == ["w[0]", "w[1]"]
    assert names(lambda *xs: tg.prod(xs), 1, 0, 2) == ["xs[0]", "xs[1]", "xs[2]"]


def test_a_gradient_of_rounding_alone_is_as_good_as_zero():
    (row,) = check_gradients(lambda x: x * 0.1 + x * 0.2 - x * 0.3, 1.0).rows
    assert 0 < abs(row.gradient) < 1e-16
    assert row.verdict == "ok"


def test_several_outputs_are_each_checked():
    report = check_gradients(lambda W, x: np.tanh(W @ x), [[0.1, 0.2], [0.3, 0.4]], [0.5, 0.6])
    assert len(report.rows) == 12
    assert {row.verdict for row in report.rows} == {"ok"}
    assert report.rows[0].derivative == "∂f[0]/∂W[0, 0]"
    assert report.rows[2].gradient == 0.0


def test_a_number_depends_on_nothing():
    (row,) = check_gradients(lambda x: 3.0, 1.0).rows
    assert (row.gradient, row.estimate, row.verdict) == (0.0, 0.0, "ok")


def test_the_caller_s_values_and_arrays_stay_as_they_are():
    x, w = Value(3.0, "x"), np.array([1.0, 2.0])
    check_gradients(lambda x, w: x * w[0] * w[1], x, w)
    assert (x.data, x.grad, w.tolist()) == (3.0, None, [1.0, 2.0])


def test_the_report_is_a_table():
    report = check_gradients(lambda x, y: x * y, 3.0, 2.0, gradient=lambda x, y: (y, y))
    first, blank, head, x, y = str(report).splitlines()
    assert first.startswith("1 of 2 inputs differs: ∂f/∂y is 2 but should be 3 ± ")
    assert (blank, head.split()) == ("", ["gradient", "numerical", "±", "error", "difference"])
    assert (x.split()[-1], y.split()[-1]) == ("ok", "wrong")
    assert len({row.index(" 2 ") for row in (x, y)}) == 1
    assert repr(report) == f"<GradientReport: {first}>"


def test_a_long_report_shows_what_matters():
    report = check_gradients(lambda x: (x * x).sum(), np.ones(30), gradient=lambda x: 2 * x + (np.arange(30) == 7))
    assert "∂f/∂x[7]" in str(report)
    assert "∂f/∂x[8]" not in str(report)
    assert str(report).endswith("… 29 more")


def test_what_can_not_be_checked_says_why():
    random = Random(0)
    with pytest.raises(ValueError, match="f gave .* and then .* for the same inputs"):
        check_gradients(lambda x: x * random.random(), 1.0)
    with pytest.raises(ValueError, match="needs the point to check at"):
        check_gradients(lambda: Value(1.0))
    with pytest.raises(ValueError, match="gradient returned 1 gradients; expected 2"):
        check_gradients(lambda x, y: x * y, 1.0, 2.0, gradient=lambda x, y: [y])
    with pytest.raises(ValueError, match=r"gradient has the shape \(3,\); expected that of its x, \(2,\)"):
        check_gradients(lambda x: x.sum(), [1.0, 2.0], gradient=lambda x: np.ones(3))
    with pytest.raises(ValueError, match="tolerance is a relative difference, 0 or more, not -1"):
        check_gradients(lambda x: x, 1.0, tolerance=-1)
    with pytest.raises(TypeError, match=r"f\(x\) needs a real number, not the str 'a'"):
        check_gradients(lambda x: "a", 1.0)


# ── The book's gradient check ─────────────────────────────────────────────────────────────────────────


class Linear:
    """y = xW + b with a squared error."""

    def __init__(self):
        self.params = {"W": np.array([[1.0, -2.0], [0.5, 3.0]]), "b": np.array([0.1, 0.2])}

    def loss(self, x, t):
        return float(((x @ self.params["W"] + self.params["b"] - t) ** 2).sum())

    def gradient(self, x, t):
        dy = 2 * (x @ self.params["W"] + self.params["b"] - t)
        return {"W": x.T @ dy, "b": dy.sum(axis=0)}

    def numerical_gradient(self, x, t):
        return {name: numerical_gradient(lambda _: self.loss(x, t), array) for name, array in self.params.items()}


X, T = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]]), np.ones((3, 2))


def test_the_book_s_gradient_check_prints_the_mean_difference():
    out = io.StringIO()
    differences = gradient_check(Linear(), X, T, file=out)
    assert out.getvalue() == "".join(f"{name}:{number}\n" for name, number in differences.items())
    assert list(differences) == ["W", "b"]
    assert 0 < max(differences.values()) < 1e-8


def test_the_book_s_gradient_check_gives_a_network_no_switch_that_it_had_not():
    network = Linear()
    gradient_check(network, X, T, file=io.StringIO())
    assert vars(network).keys() == {"params"}


def test_the_book_s_gradient_check_shows_a_wrong_gradient(capsys):
    class Wrong(Linear):
        def gradient(self, x, t):
            return super().gradient(x, t) | {"b": super().gradient(x, t)["b"] + np.array([0.0, 3.0])}

    assert gradient_check(Wrong(), X, T)["b"] == pytest.approx(1.5)
    assert capsys.readouterr().out.splitlines()[1].startswith("b:1.5")


@pytest.mark.parametrize("broken", [{"W": np.ones((2, 2))}, {"W": np.ones((2, 2)), "b": np.ones((1, 2))}])
def test_gradients_of_different_parameters_are_not_compared(broken):
    network = Linear()
    network.gradient = lambda x, t: broken
    with pytest.raises(ValueError, match="different parameters|have the shapes"):
        gradient_check(network, X, T)


def test_of_a_parameter_without_numbers_the_difference_is_0():
    network = Linear()
    network.gradient = network.numerical_gradient = lambda x, t: {"W": np.zeros((2, 0))}
    assert gradient_check(network, X, T, file=io.StringIO()) == {"W": 0.0}


# ── Where a graph leaves the numbers ──────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_first_node_that_is_not_finite():
    x = Value(0.0, "x")
    broken = x.log()
    assert first_non_finite(broken * 0 + x) is broken
    assert describe(broken) == "log(x = 0) = -inf"
    leaf = Value(math.inf, "y")
    assert first_non_finite(leaf * 2 - leaf) is leaf
    assert describe(leaf) == "y = inf"
    assert first_non_finite(x * 2) is None
    long = broken
    for _ in range(20_000):
        long = long + 1
    assert first_non_finite(long) is broken


@pytest.mark.parametrize("frequency", [1e2, 1e5, 1e7, 1e8, 5e8, 7e8, 1e9, 1.5e9, 2e9, 1e10])
def test_a_right_derivative_of_a_fine_ripple_is_never_accused(frequency):
    report = check_gradients(lambda x: x + tg.sin(frequency * x) / frequency, 1.0)
    assert report.rows[0].gradient == pytest.approx(1 + math.cos(frequency), rel=1e-12)
    assert report.rows[0].verdict in ("ok", "inconclusive")


def test_a_wrong_derivative_is_still_accused_where_the_function_jitters():
    jittery = lambda x: x * x + 1e-9 * math.sin(1e13 * x)  # noqa: E731
    assert check_gradients(jittery, 1.0, gradient=lambda x: 2.2 * x).rows[0].verdict == "wrong"


def test_a_step_over_a_kink_is_told_from_a_wrong_network(capsys):
    # The ReLU's input is 5e-5: with h = 1e-4 the numerical gradient sees both of its sides.
    network = tg.Sequential(
        [tg.Affine(np.array([[5e-5]]), np.zeros(1)), tg.ReLU(), tg.Affine(np.array([[2.0]]), np.zeros(1))],
        tg.IdentityWithLoss(),
    )
    found = gradient_check(network, np.array([[1.0]]), np.array([[1.0]]))
    assert found["W1"] > 0.1
    assert found.kinks["W1"] < 1e-8
    assert "(a step over a kink; with h=1e-06: " in capsys.readouterr().out


# ── The book's layers, given to check_backward ────────────────────────────────────────────────────────


class BookMul:
    def __init__(self):
        self.x = self.y = None

    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class BookSwapped(BookMul):
    def backward(self, dout):
        return dout * self.x, dout * self.y


class BookWithoutUpstream(BookMul):
    def backward(self, dout):
        return self.y, self.x


class BookRelu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class BookReluWithoutMask(BookRelu):
    def backward(self, dout):
        return dout


@pytest.mark.parametrize("given", [BookMul, BookMul(), BookSwapped, BookWithoutUpstream, BookRelu, BookReluWithoutMask])
def test_a_layer_is_told_the_two_lines_that_check_it(given):
    with pytest.raises(TypeError, match="is a layer, with forward") as told:
        tg.check_backward(given)
    first, last = (line.strip() for line in str(told.value).splitlines()[1:])
    names = {**globals()}
    exec(first, names)
    assert bool(eval(last, names)) == (type(names["layer"]) in (BookMul, BookRelu))
