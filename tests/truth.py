"""The truth about the table: one function of mpmath a row, written by hand, and operands to try it at.

Nothing of it is taken from the rows' own formulas, and every test over the table that needs a truth reads it here:
a new row needs its line in ``TRUTH``, and nothing else in the tests.
"""

from functools import cache, partial
from random import Random

import pytest
from mpmath import mp

from tinygrad_kr.engine import ieee
from tinygrad_kr.engine.kernels import kernel
from tinygrad_kr.engine.ops import OPS

# ── The truth ─────────────────────────────────────────────────────────────────────────────────────────


def halves(xs):
    return xs[: len(xs) // 2], xs[len(xs) // 2 :]


TRUTH = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "mod": lambda x, y: x - y * mp.floor(x / y),
    "floordiv": lambda x, y: mp.floor(x / y),
    "neg": lambda x: -x,
    "pow": mp.power,
    "exp": mp.exp,
    "expm1": lambda x: mp.exp(x) - 1,
    "exp2": lambda x: mp.power(2, x),
    "log": mp.log,
    "log1p": lambda x: mp.log(1 + x),
    "log2": lambda x: mp.log(x, 2),
    "log10": lambda x: mp.log(x, 10),
    "sqrt": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.root(abs(x), 3),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x**2,
    "abs": lambda x: x if x > 0 else -x,
    "sign": lambda x: mp.sign(x),
    "relu": lambda x: max(x, mp.zero),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "where": lambda c, x, y: x if c != 0 else y,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "log_sigmoid": lambda x: -mp.log(1 + mp.exp(-x)),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x / (1 + mp.exp(-mp.sqrt(8 / mp.pi) * (x + mp.mpf("0.044715") * x**3))),
    "huber": lambda x, delta: x * x / 2 if abs(x) < delta else delta * (abs(x) - delta / 2),
    "binary_cross_entropy_with_logits": lambda x, t: mp.log(1 + mp.exp(-x)) * t + mp.log(1 + mp.exp(x)) * (1 - t),
    "tanh": mp.tanh,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "min": min,
    "max": max,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "clip": lambda x, a, b: min(max(x, a), b),
    "copysign": lambda x, y: abs(x) if y > 0 else -abs(x),
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "sum": lambda *x: mp.fsum(x),
    "prod": lambda *x: mp.fprod(x),
    "dot": lambda *xy: mp.fdot(*halves(xy)),
    "mean": lambda *x: mp.fsum(x) / len(x),
    "logsumexp": lambda *x: mp.log(sum(map(mp.exp, x))),
    "softmax": lambda *x, k: mp.exp(x[k]) / sum(map(mp.exp, x)),
    "log_softmax": lambda *x, k: -mp.log(sum(mp.exp(a - x[k]) for a in x)),
    "cross_entropy": lambda *yt: -sum(t * mp.log(y) for y, t in zip(*halves(yt))),
    "kl_divergence": lambda *pq: sum(p * mp.log(p / q) for p, q in zip(*halves(pq))),
}

OUTPUTS = [op for op in OPS if op.k is None] + [op.output(k) for op in OPS if op.k is not None for k in range(3)]
rows = pytest.mark.parametrize("op", OUTPUTS, ids=lambda op: op.name + (str(op.k) if op.k is not None else ""))


def truth(op):
    """The row's function of mpmath."""
    return TRUTH[op.name] if op.k is None else partial(TRUTH[op.name], k=op.k)


def derivative(f, i):
    """∂f/∂xᵢ, by a central difference far smaller than a float can tell."""

    def slope(*xs):
        x = mp.mpf(xs[i])
        return mp.diff(lambda t: f(*xs[:i], t, *xs[i + 1 :]), x, h=min(1, abs(x)) * mp.mpf(10) ** -30)

    return slope


# ── Operands: wide magnitudes, inside the row's domain and off its kinks ──────────────────────────────

WIDE = {"prod": 30, "mod": 4, "floordiv": 4}  # five factors of 1e±30 stay floats, quotients have digits after the point
INSIDE = {"pow": "x > 0"}  # left of zero only whole exponents are in the domain: the edges have them


def draw(random, wide):
    """A number of any size, or close to ±1 where many functions turn, or a small whole one."""
    near = 10 ** random.uniform(-12, -1)
    size = random.choice((10 ** random.uniform(-wide, wide), 1 + near, 1 - near, float(random.randint(1, 9))))
    return random.choice((-1, 1)) * size


@cache
def _compiled(formula):
    return compile(formula, formula, "eval")


def holds(formula, point):
    """The number or truth of a formula at a point."""
    return eval(_compiled(formula), dict(ieee.TOTAL), point)


def surroundings(op, xs, z, beside):
    """(whether xs and the points beside it are in the domain, how far xs is from each kink)."""
    size = len(xs) // len(op.inputs) if op.variadic else 1
    points = [dict(zip(op.variables, xs[i::size]), z=z) for i in range(size)]
    near = [{name: move(x) for name, x in point.items()} for point in points for move in beside]
    domain = INSIDE.get(op.name, op.domain) or "True"
    return (
        all(holds(domain, point) for point in points + near),
        [abs(holds(kink, point)) for kink in op.kinks for point in points],
    )


def regular(op, xs):
    """Whether xs, and what is right beside it, is in the domain, and xs is no kink."""
    z = kernel(op).forward(*families(op, xs))
    inside, kinks = surroundings(op, xs, z, (lambda x: x * (1 - 2**-45), lambda x: x * (1 + 2**-45)))
    return inside and all(kinks)


def moderate(op, xs):
    """Whether a row may be a step of a computation: well inside its domain, off its kinks, nothing large or steep."""
    z = kernel(op).forward(*families(op, xs))
    if not (abs(z) < 1e3 and all(abs(slope) < 30 for slope in partials(op, xs, z))):
        return False
    if op.name == "softmax" and z > 0.9:  # its p·(1 − p) is as exact as an ulp of 1
        return False
    inside, kinks = surroundings(op, xs, z, (lambda x: x - 0.01, lambda x: x + 0.01))
    return inside and all(far > 0.01 for far in kinks)


def draws(op, count, wide):
    """``count`` operand lists, of each length that the row takes."""
    random = Random(op.name)
    for size in (1, 2, 5) if op.variadic else (1,):
        found = 0
        while found < count and size > (op.k or 0):
            xs = [draw(random, wide) for _ in range(size * len(op.inputs))]
            if regular(op, xs):
                found += 1
                yield xs


def families(op, xs):
    """The operands as a kernel takes them: one list a family for ``*x`` rows."""
    size = len(xs) // len(op.inputs)
    return [xs[k * size : (k + 1) * size] for k in range(len(op.inputs))] if op.variadic else xs


def partials(op, xs, z, upstream=1.0):
    """The contributions of the row's closure on plain floats."""
    every = (True,) * len(op.inputs)
    return tuple(kernel(op).closing(every)(*families(op, xs), z)(upstream))
