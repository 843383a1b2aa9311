"""The conventions for numbers are PyTorch's: every row that PyTorch has, over its domain and at special values.

The points are all combinations of zeros with both signs, numbers from the smallest to the largest, the infinities and
nan. Where the answers differ, either ours is nearer to the truth, which mpmath knows (``ROUNDED``), or the difference
is a convention in the table ``DIFFERENCES``, with its reason.
"""

import math
import sys
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from mpmath import mp
from rounding import agrees

from tinygrad_kr import Value
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs"))
from measure_conventions import jsonable, key, pytorch, stored

inf, nan = math.inf, math.nan
LARGEST = sys.float_info.max

POINTS = (
    0.0, 5e-324, 1e-300, 1e-150, 1e-8, 0.1, 0.5, 1 - 2**-53, 1.0, 1 + 2**-52, 1.5, 2.0, 3.0, 30.0, 1000.0, 1e8, 1e150,
    1e300, LARGEST, inf,
)  # fmt: skip
POINTS = (*POINTS, *(-x for x in POINTS), nan)
FEW = (0.0, -0.0, 5e-324, 1e-300, 0.5, 1.0, -2.0, 1000.0, -1000.0, 1e300, -1e300, inf, -inf, nan)


def points(op):
    """Operands to compare at: every combination of POINTS, or for longer lists of FEW, some of them."""
    if not op.variadic:
        choices = [(0.0, -0.0, 1.0, nan, inf)] * (len(op.inputs) - 2) + [POINTS] * min(len(op.inputs), 2)
        yield from product(*choices)
        return
    yield from product(FEW, repeat=len(op.inputs))
    random = Random(op.name)
    for size in (2, 3, 6):
        count = size * len(op.inputs)
        yield from random.sample([*product(FEW, repeat=count)], 2000) if count == 3 else ()
        yield from (tuple(random.choices(FEW, k=count)) for _ in range(500))
        yield from (tuple(random.uniform(0.1, 5) for _ in range(count)) for _ in range(50))


def ours(op, numbers):
    values = [Value(number) for number in numbers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = apply(op, values)
    result.backward()
    return [result.data, *(value.grad for value in values)]


def agree(a, b):
    """Whether two numbers are the same up to the last bits; b is None where PyTorch has no such derivative."""
    if b is None or a == b or (a != a and b != b):
        return True
    return math.isclose(a, b, rel_tol=1e-13, abs_tol=1e-320)


def differing(op, numbers):
    """The places (0 is the value, 1 the first partial …) where our answer is not PyTorch's, with both."""
    mine, other = ours(op, numbers), pytorch(op, numbers)
    if other is None:  # it refuses
        return [(0, mine[0], None)]
    wrong = [(k, a, b) for k, (a, b) in enumerate(zip(mine, other)) if not agree(a, b)]
    is_zero = mine[0] == 0 == other[0] and op.name not in (
        "sum",
        "prod",
        "dot",
        "mean",
        "cross_entropy",
        "kl_divergence",
    )
    return [(0, mine[0], other[0]), *wrong] if is_zero and str(mine[0]) != str(other[0]) else wrong


# ── Differences of convention ─────────────────────────────────────────────────────────────────────────


class Difference(NamedTuple):
    """Where a convention is not PyTorch's, and why."""

    row: str
    example: tuple[float, ...]
    holds: Callable[..., bool]
    why: str


def label_of_zero(*numbers):
    half = len(numbers) // 2
    return any(t == 0 and not y > 0 for y, t in zip(numbers[:half], numbers[half:]))


def out_of_range(*numbers):
    sizes = [abs(math.log10(abs(x))) for x in numbers if x and math.isfinite(x)]
    return len(numbers) > 2 and sum(sizes) > 300


def zeros_and_infinities(*numbers):
    return numbers.count(0) > 1 and not all(map(math.isfinite, numbers))


def zero_rest(x, y):
    return y != 0 and math.isfinite(x) and math.fmod(x, y) == 0


DIFFERENCES = [
    Difference("mod", (6.0, -3.0), zero_rest, "a rest of 0 has the divisor's sign, as in Python; PyTorch has 0.0"),
    Difference("abs", (nan,), lambda x: x != x,
               "its derivative is the sign, and the sign of nan is nan, as in NumPy; PyTorch has 0"),
    Difference("sign", (nan,), lambda x: x != x, "nan goes through, as in NumPy; PyTorch has 0"),
    Difference("sign", (-0.0,), lambda x: x == 0, "-0.0 is returned as it is; PyTorch has 0.0, an equal number"),
    Difference("relu", (-0.0,), lambda x: x == 0, "relu is 0.0 up to 0; PyTorch returns -0.0, an equal number"),
    Difference("copysign", (inf, 2.0), lambda x, y: math.isinf(x),
               "its slope is a sign, ±1; PyTorch divides inf by inf"),
    Difference("clip", (0.0, 1.0, 1.0), lambda x, a, b: a == b > x,
               "between equal ends it is the lower end below it, and follows it; in PyTorch it follows neither"),
    Difference("log_softmax", (-2.0, inf), lambda *x: inf in x,
               "below an infinite score it is -inf, its limit; PyTorch takes inf from inf first"),
    Difference("acosh", (-2.0,), lambda x: x <= -1,
               "left of its domain it has no value, hence no derivative; PyTorch gives one, of 1/√(x² − 1)"),
    Difference("atan2", (0.0, inf), lambda y, x: math.inf in (abs(x), abs(y)),
               "beside an infinite operand the slopes have their limit, 0; PyTorch has inf / inf"),
    Difference("pow", (-0.1, 1e-300), lambda x, y: x < 0 and y % 1 != 0,
               "where the power is nan, so are its slopes; PyTorch's y − 1 is rounded to a whole number"),
    Difference("pow", (0.5, inf), lambda x, y: y - y != 0,
               "at an infinite exponent a power of 0 is flat; PyTorch has inf · 0"),
    Difference("prod", (5e-324, -1e300, 5e-324, 1e300, -1e300), out_of_range,
               "where products of some of the operands are no floats, the order of multiplying decides over 0 and inf"),
    Difference("prod", (inf, 0.0, 0.0), zeros_and_infinities,
               "a partial is the product of the others: 0 · inf is nan; PyTorch has 0 for two zeros at once"),
    Difference("huber", (1.0, -1.0), lambda x, delta: not delta > 0, "PyTorch refuses a delta that is not positive"),
    Difference("kl_divergence", (0.0, 1.0), lambda *pq: any(p in (0, inf) for p in pq[: len(pq) // 2]),
               "a p of 0 leaves its term out; value and slopes are limits there, and at inf; PyTorch has nan"),
    Difference("cross_entropy", (0.0, 1.0, 0.0, 1.0), label_of_zero,
               "a label of 0 leaves its term out, so its probability has derivative 0, where PyTorch's xlogy divides "
               "0 by it; the label's own derivative is -log(y) everywhere, where xlogy has 0 for y <= 0"),
]  # fmt: skip


# ── Differences of rounding ───────────────────────────────────────────────────────────────────────────


def halves(xs):
    return xs[: len(xs) // 2], xs[len(xs) // 2 :]


def others(place, xs):
    return mp.fprod(x for k, x in enumerate(xs) if k != place)


# The truth of a row's partial with respect to an operand, or of its value (place -1), for mpmath's numbers.
ROUNDED = {
    "expm1": lambda place, x: mp.exp(x),  # PyTorch: z + 1
    "sigmoid": lambda place, x: 1 / (1 + mp.exp(x)) / (1 + mp.exp(-x)),  # PyTorch: z(1 − z)
    "gelu": lambda place, x: (mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x), x * mp.erfc(-x / mp.sqrt(2)) / 2)[place],
    "gelu_tanh": lambda place, x: x > 0,  # PyTorch: inf · 0 where x² overflows
    "binary_cross_entropy_with_logits": lambda place, x, t: (
        mp.log(1 + mp.exp(x)) - t * x if place < 0 else 1 / (1 + mp.exp(-x)) - t
    ),  # PyTorch: (1 − t)·x − log(sigmoid(x))
    "kl_divergence": lambda place, *pq: mp.fsum(p * mp.log(p / q) for p, q in zip(*halves(pq))),
    "tanh": lambda place, x: mp.sech(x) ** 2,  # PyTorch: 1 − z²
    "asinh": lambda place, x: 1 / mp.sqrt(1 + x * x),  # x² overflows there
    "log10": lambda place, x: 1 / (x * mp.log(10)),
    "acosh": lambda place, x: 1 / mp.sqrt((x - 1) * (x + 1)),
    "atan2": lambda place, y, x: (x, -y)[place] / (x * x + y * y),  # the squares overflow, or come to 0
    "hypot": lambda place, x, y: (x, y)[place] / mp.sqrt(x * x + y * y),  # its value has no digits, or is inf
    "pow": lambda place, x, y: (y / x, mp.log(x))[place] * mp.re(mp.power(x, y)),  # z overflows, or x ** (y - 1)
    "prod": lambda place, *xs: others(place, xs),  # PyTorch: z / x, which is nan where x is inf
    "sum": lambda place, *xs: mp.fsum(xs),  # PyTorch rounds every time
    "mean": lambda place, *xs: mp.fsum(xs) / len(xs),
    "logsumexp": lambda place, *xs: (
        max(xs) + mp.log(mp.fsum(mp.exp(x - max(xs)) for x in xs)) if place < 0
        else 1 / mp.fsum(mp.exp(x - xs[place]) for x in xs)
    ),  # PyTorch: exp(x − z)
}  # fmt: skip


def is_nearer(op, numbers, place, mine, other):
    """Whether ours is the truth to a few ulp, and PyTorch's is farther from it."""
    if op.name not in ROUNDED:
        return False
    with mp.workdps(700):
        truth = partial(ROUNDED[op.name], place - 1)
        true = truth(*map(mp.mpf, numbers))
        nearest = float(true)  # inf where it is too large
        if mine == nearest:
            return other != nearest
        near = math.isclose(mine, nearest, rel_tol=1e-14, abs_tol=1e-320) or agrees(mine, truth, numbers)
        return near and abs(mine - true) < abs(other - true)


# ── The comparison ────────────────────────────────────────────────────────────────────────────────────

HAVE = [op for op in OPS if op.name != "cbrt"]  # PyTorch has no cube root


def outputs(op, numbers):
    return [op.output(k) for k in range(len(numbers))] if op.k is not None else [op]


@pytest.mark.torch
def test_pytorch_has_every_row_but_one():
    assert [op.name for op in OPS if pytorch(op, [0.5] * len(op.inputs)) is None] == ["cbrt"]


@pytest.mark.torch
@pytest.mark.parametrize("op", HAVE, ids=lambda op: op.name)
def test_values_and_derivatives_are_pytorch_s(op):
    known = [difference for difference in DIFFERENCES if difference.row == op.name]
    for numbers in points(op):
        if any(difference.holds(*numbers) for difference in known):
            continue
        for row in outputs(op, numbers):
            wrong = [each for each in differing(row, numbers) if not is_nearer(row, numbers, *each)]
            assert not wrong, (numbers, row.k, wrong)


@pytest.mark.torch
@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: f"{difference.row}{difference.example}")
def test_a_difference_is_one(difference):
    op = TABLE[difference.row]
    assert difference.holds(*difference.example)
    wrong = differing(op, difference.example)
    assert wrong
    assert not all(is_nearer(op, difference.example, *each) for each in wrong)


@pytest.mark.torch
@pytest.mark.parametrize("name", ROUNDED)
def test_a_difference_of_rounding_is_one(name):
    known = [difference for difference in DIFFERENCES if difference.row == name]
    places = [numbers for numbers in points(TABLE[name]) if not any(each.holds(*numbers) for each in known)]
    assert any(differing(TABLE[name], numbers) for numbers in places)


@pytest.mark.torch
def test_the_page_of_conventions_has_pytorch_s_numbers():
    import torch

    measured = stored()["PyTorch"]
    assert torch.__version__.partition("+")[0] == measured["version"]
    edges = {key(op, edge): pytorch(op, edge.inputs) for op in OPS for edge in op.edges}
    assert measured["edges"].keys() == edges.keys()
    for place, answer in edges.items():
        assert (answer is None) == (measured["edges"][place] is None), place
        assert all(map(agree, measured["edges"][place] or (), answer or ())), (place, jsonable(answer))
