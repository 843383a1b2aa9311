"""Second and third derivatives of every row, also where a partial overflows or cancels, against mpmath.

A derivative may be off by 1e-10 of itself, or of the terms that were added up in it; below the normal range, where
floats have fewer digits, of the smallest normal number.
"""

import math
import sys
from itertools import product
from random import Random

import pytest
from mpmath import mp
from rounding import paths
from truth import OUTPUTS, holds, rows, truth

import tinygrad_kr as tg
from tinygrad_kr import Value, grad, gradients
from tinygrad_kr.engine.ops import TABLE
from tinygrad_kr.engine.value import apply

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

TINIEST = 1e-10 * sys.float_info.min
LARGEST = sys.float_info.max
CHOSEN = (0.0, 1.0, -1.0, 0.5, -27.0, 300.0, -711.0, 1e8, 1e160, -1e-9, 1e-160, 1 - 2**-53, 1 + 2**-52, 1e-300, LARGEST)
"""Where functions turn, saturate or end, and the ends of the floats."""

EVERYWHERE = {"mod", "floordiv"}  # whose kinks lie ever closer

INSIDE = {
    **dict.fromkeys(("erfc", "gelu"), "abs(x) < 1e6"),  # mpmath's erfc overflows
    "pow": "(x > 0 or y == floor(y) and (x < 0 or y > 0)) and (x != 1 or abs(y) < 1e100)",  # y² · log(1) is ∞ · 0
}
"""Where the derivatives of a row are asked for, if that is not said by its domain."""


def number(random, wide):
    """A number of a usual size, or close to ±1; a wide one is one of those, or of any size."""
    near = 1 + random.choice((-1, 1)) * 10 ** random.uniform(-15, -1)
    sizes = (10 ** random.uniform(-3, 2), 10 ** random.uniform(-12, 1), near, 10 ** random.uniform(-300, 300))
    usual = random.choice((-1, 1)) * random.choice(sizes[: 4 if wide else 3])
    return random.choice((random.choice(CHOSEN), usual)) if wide else usual


def is_inside(op, xs):
    """Whether all operands are inside the row's domain, and off its kinks by more than a thousandth."""
    size = len(xs) // len(op.inputs)
    z = apply(op, xs).data
    for point in (dict(zip(op.variables, xs[i::size]), z=z) for i in range(size)):
        beside = [{name: x * (1 + side) for name, x in point.items()} for side in (0.0, 1e-3, -1e-3)]
        if op.name in INSIDE and not holds(INSIDE[op.name], point):
            return False
        if op.name not in INSIDE and op.domain and not all(holds(op.domain, near) for near in beside):
            return False
        for kink in op.kinks:
            far = [holds(kink, near) for near in beside]
            if (op.name in EVERYWHERE and abs(far[0]) < 1e-3) or min(far) * max(far) <= 0:
                return False
    # Beside a 0, the third powers of numbers below 1e-100 come to 0 · ∞, as in PyTorch.
    return len(xs) == 1 or 0.0 not in xs or not any(0 < abs(x) < 1e-100 for x in xs)


def operands(op, count, wide):
    """Operands of a row, the same at every run."""
    random, width = Random(op.name), len(op.inputs) * (2 if op.variadic else 1)
    width = max(width, 2 * (op.k is not None) + 1 if op.variadic else 1)
    if op.name in EVERYWHERE:
        tries = ([random.uniform(-50, 50), random.uniform(-5, 5)] for _ in range(40 * count))
    else:
        tries = ([number(random, wide) for _ in range(width)] for _ in range(40 * count))
    found = [xs for xs in tries if is_inside(op, xs)]
    assert len(found) >= count
    return found[:count]


def exact(op, xs, places):
    """The derivative by the operands at these places, by central differences far smaller than any float."""
    xs, tiny = [mp.mpf(x) for x in xs], mp.mpf(10) ** -30
    near = [min(1, abs(x) or 1, abs(abs(x) - 1) or tiny**10) for x in xs]
    steps = [tiny * (size if x else min(near)) for x, size in zip(xs, near)]
    far = max(abs(mp.log10(abs(size))) for size in (*xs, *steps) if size)
    with mp.workdps(400 + 4 * int(far)):
        orders = [places.count(i) for i in range(len(xs))]
        sides = [
            [((-1) ** k * math.comb(n, k), x + (n - 2 * k) * h) for k in range(n + 1)]
            for x, h, n in zip(xs, steps, orders)
        ]
        terms = [math.prod(w for w, _ in corner) * truth(op)(*(x for _, x in corner)) for corner in product(*sides)]
        return mp.fsum(terms) / mp.fprod((2 * h) ** n for h, n in zip(steps, orders))


def check(op, count, wide):
    """Compare the derivatives of a row at that many points."""
    for xs in operands(op, count, wide):
        leaves = [Value(x) for x in xs]
        first = gradients(apply(op, leaves), leaves, create_graph=True)
        for i, slope in enumerate(first):
            second = gradients(slope, leaves, create_graph=True)
            compare(op, xs, leaves, slope, (i,))
            for j in range(i, len(leaves)):
                compare(op, xs, leaves, second[j], (i, j))


def compare(op, xs, leaves, slope, places):
    """Compare the derivatives of one derivative, by the operands from its last place on."""
    sizes = paths(slope)
    for k, got in enumerate(gradients(slope, leaves)):
        if k < places[-1]:
            continue
        true = exact(op, xs, (*places, k))
        if isinstance(true, mp.mpc):
            continue  # right at an end of the domain
        room = 1e-10 * max(abs(true), sizes.get(leaves[k], 0.0)) + TINIEST
        if math.isinf(float(true)):
            assert got == float(true) or math.isnan(got), (op, xs, (*places, k), got, float(true))
        else:
            assert got == float(true) or abs(got - true) <= room, (op, xs, (*places, k), got, float(true))


@rows
def test_second_and_third_derivatives_are_exact(op):
    check(op, 2, wide=False)


@pytest.mark.slow
@pytest.mark.parametrize("op", [op for op in OUTPUTS if not op.k], ids=lambda op: op.name)
def test_second_and_third_derivatives_are_exact_at_two_hundred_points(op):
    check(op, 200, wide=True)


LOG2 = math.log(2)


@pytest.mark.parametrize(
    ("f", "x", "second", "third"),
    [
        (tg.tanh, 0.0, 0.0, -2.0),
        (tg.tanh, 300.0, -2.1203172424034486e-260, 4.240634484806897e-260),
        (tg.tanh, 711.0, 0.0, 0.0),
        (tg.tanh, -1e300, 0.0, 0.0),
        (tg.sigmoid, 1e-160, -1.25e-161, -0.125),
        (tg.sigmoid, -750.0, 0.0, 0.0),
        (tg.softplus, 1e-8, 0.25, -1.25e-9),
        (tg.asin, 1e-160, 1e-160, 1.0),
        (tg.asin, 1.0, math.inf, math.inf),
        (tg.asin, -1.0, -math.inf, math.inf),
        (tg.acos, 1e-9, -1e-9, -1.0),
        (tg.acos, 1.0, -math.inf, -math.inf),
        (tg.acos, -1.0, math.inf, -math.inf),
        (tg.acosh, 1.0, -math.inf, math.inf),
        (tg.atanh, 1e-160, 2e-160, 2.0),
        (tg.atanh, 1.0, math.inf, math.inf),
        (tg.atanh, -1.0, -math.inf, math.inf),
        (tg.cbrt, 1e-160, -2 / 9 * 10 ** (5 * 160 / 3), math.inf),
        (tg.erf, 1.7e308, 0.0, 0.0),
        (tg.atan, -1e120, 0.0, 0.0),
        (tg.sqrt, 0.0, -math.inf, math.inf),
        (tg.log, 0.0, -math.inf, math.inf),
        (tg.log2, 0.0, -math.inf, math.inf),
        (tg.log10, 0.0, -math.inf, math.inf),
        (tg.log1p, -1.0, -math.inf, math.inf),
        (tg.reciprocal, -0.0, math.inf, -math.inf),
        (tg.exp2, 1024.0, 2.0**1023 * (2 * LOG2**2), 2.0**1023 * (2 * LOG2**3)),
        (lambda x: x**0, 1e-300, 0.0, 0.0),
        (lambda x: x**0.5, 0.0, -math.inf, math.inf),
        (lambda x: x**1.5, 0.0, math.inf, -math.inf),
        (lambda x: x**2.5, 0.0, 0.0, math.inf),
        (lambda x: x**3, 0.0, 0.0, 6.0),
        (lambda x: x**1e-300, 1e-160, -1e20, 2e180),
        (lambda x: x**1e160, 0.5, 0.0, 0.0),
    ],
)
def test_ends_of_domains_and_of_the_range(f, x, second, third):
    assert grad(grad(f))(x) == pytest.approx(second, rel=1e-10, abs=0)
    assert grad(grad(grad(f)))(x) == pytest.approx(third, rel=1e-10, abs=0)


@pytest.mark.parametrize("x", [300.0, 711.0, -1e300])
def test_the_series_of_a_saturated_tanh_is_flat(x):
    assert tg.taylor(tg.tanh, x, 3) == pytest.approx([math.copysign(1, x), 0.0, 0.0, 0.0], abs=1e-250)


def gelu(x):
    """GELU by a tanh, as its paper has it."""
    return 0.5 * x * (1 + tg.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))


@pytest.mark.parametrize("x", [27.0, 30.0, -27.0, 1e5])
def test_a_saturated_gelu_is_flat(x):
    assert grad(grad(gelu))(x) == pytest.approx(0.0, abs=1e-300)


def test_a_partial_that_is_zero_at_a_point_still_moves():
    power = lambda x, y: x**y  # noqa: E731
    assert grad(grad(power, 0), 1)(2.5, 0.0) == pytest.approx(0.4, rel=1e-14)  # ∂/∂y of y·x^(y−1) at y = 0
    assert gradients(gradients(tg.cross_entropy([p := Value(0.5)], [t := Value(0.0)]), p, create_graph=True), t) == -2.0
    assert TABLE["pow"].forward == "x ** y"


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (tg.atan, 1e160, 1e-320),
        (tg.atan, -7.3e157, 1 / 7.3e157 / 7.3e157),
        (tg.log10, 1.7e308, 1 / 1.7e308 / math.log(10)),
        (tg.tanh, 370.0, 4 * math.exp(-740)),
    ],
)
def test_first_derivatives_are_right_below_the_normal_range(f, x, slope):
    assert grad(f)(x) == pytest.approx(slope, rel=0, abs=5e-324)


@pytest.mark.parametrize(
    ("f", "xs", "slopes"),
    [
        (tg.hypot, (5e-324, 5e-324), (0.7071067811865476, 0.7071067811865476)),
        (tg.hypot, (1e-323, -1.5e-323), (0.5547001962252291, -0.8320502943378437)),  # 2 and 3 of the smallest float
        (tg.hypot, (1.7e308, 1e308), (0.8619342151577695, 0.507020126563394)),
        (tg.hypot, (-1.7e308, 1.7e308), (-0.7071067811865476, 0.7071067811865476)),
        (tg.pow, (5e-324, 5e-324), (1.0, -744.4400719213812)),
        (tg.pow, (1e-310, 0.001), (4.897788193684477e306, -349.60479658602236)),
        (tg.pow, (-1e200, 2.0), (-2e200, math.nan)),  # 1e400 is no float, its slope is one
        (tg.atan2, (1.7e308, 1.7e308), (1 / 3.4 * 1e-308, -1 / 3.4 * 1e-308)),
        (tg.atan2, (-1e-160, 1e160), (1e-160, 0.0)),
        (tg.atan2, (1e160, 1e-160), (0.0, -1e-160)),
        (lambda *x: tg.softmax(x)[0], (30.0, -2.0), (1.2664165549093855e-14, -1.2664165549093855e-14)),  # 1 − z cancels
        (lambda *x: tg.softmax(x)[0], (700.0, 0.0), (9.85967654375977e-305, -9.85967654375977e-305)),
        (tg.exp2, (1024.0,), (2.0**1023 * (2 * LOG2),)),
        (tg.pow, (-1.0, 2.0**60), (-(2.0**60), math.nan)),  # an odd power, though y − 1 is rounded to an even one
    ],
)
def test_first_derivatives_are_right_at_the_ends_of_the_range(f, xs, slopes):
    leaves = [Value(x) for x in xs]
    assert gradients(f(*leaves), leaves) == pytest.approx(slopes, rel=1e-10, abs=5e-324, nan_ok=True)


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        ((0.0, -30.0), math.log1p(math.exp(-30))),  # as softplus(-30): a sum of 1 and 1e-13 has three digits of it
        ((-700.0, 1e-310), math.exp(-700) + 1e-310),
        ((-1.0, -1.0), math.log(2) - 1),
    ],
)
def test_a_logarithm_of_a_sum_near_1_keeps_its_digits(scores, value):
    assert tg.logsumexp(scores) == pytest.approx(value, rel=4e-16, abs=0)
