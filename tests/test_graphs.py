"""Random expression graphs: backward() against forward-mode dual numbers, and the laws of the derivative.

A program is a list of steps, each a row of the table on earlier nodes, so that nodes are shared at random.
It runs on Values and on dual numbers of 50 digits, which are written here by hand and know nothing of the
table's partials.
"""

import copy
import pickle
from dataclasses import dataclass
from functools import cache
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from rounding import EPS, paths

from tinygrad_kr import Value, backward
from tinygrad_kr.engine import ieee
from tinygrad_kr.engine.kernels import kernel
from tinygrad_kr.engine.ops import OPS, TABLE, Op
from tinygrad_kr.engine.value import apply

# ── Programs ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Program:
    """Leaves, and steps: (row, places of its operands among the nodes so far)."""

    leaves: list[float]
    steps: list[tuple[Op, tuple[int, ...]]]

    def run(self, leaves, step, order=None):
        """All nodes, in the order written; ``order`` is another order to compute them in."""
        nodes = dict(enumerate(leaves))
        for place in order or range(len(leaves), len(leaves) + len(self.steps)):
            op, operands = self.steps[place - len(leaves)]
            nodes[place] = step(op, [nodes[i] for i in operands])
        return [nodes[place] for place in sorted(nodes)]

    def values(self, order=None):
        """(leaves, all nodes) as Values."""
        nodes = self.run([Value(x, f"x{i}") for i, x in enumerate(self.leaves)], apply, order)
        return nodes[: len(self.leaves)], nodes

    def other_order(self, random):
        """The steps' places in some order that has every operand before its use."""
        size = len(self.leaves)
        done, todo = set(range(size)), set(range(size, size + len(self.steps)))
        order = []
        while todo:
            order.append(random.choice([p for p in sorted(todo) if done.issuperset(self.steps[p - size][1])]))
            done.add(order[-1])
            todo.remove(order[-1])
        return order


@cache
def compiled(formula):
    return compile(formula, formula, "eval")


def holds(formula, point):
    return eval(compiled(formula), dict(ieee.TOTAL), point)


def fits(op, xs):
    """Whether a row may be applied: well inside its domain, off its kinks, nothing large or steep."""
    size = len(xs) // len(op.inputs) if op.variadic else 1
    inputs = [xs[k * size : (k + 1) * size] for k in range(len(op.inputs))] if op.variadic else xs
    z = kernel(op).forward(*inputs)
    slopes = kernel(op).closing((True,) * len(op.inputs))(*inputs, z)(1.0)
    if not (abs(z) < 1e3 and all(abs(slope) < 30 for slope in slopes)):
        return False
    if op.name == "softmax" and z > 0.9:  # its p·(1 − p) is as exact as an ulp of 1
        return False
    domain = "x > 0" if op.name == "pow" else op.domain or "True"
    points = [dict(zip(op.variables, xs[i::size]), z=z) for i in range(size)]
    beside = [{name: x + aside for name, x in point.items()} for point in points for aside in (-0.01, 0.0, 0.01)]
    return all(holds(domain, point) for point in beside) and all(
        abs(holds(kink, point)) > 0.01 for kink in op.kinks for point in points
    )


def choices(values, places):
    """The steps that can be made of these places: (row, places of its operands)."""
    for op in OPS:
        count = len(op.inputs)
        taken = places[: len(places) // count * count] if op.variadic else places[:count]
        if len(taken) >= count:
            row = op.output(len(places) % len(taken)) if op.name == "softmax" else op
            if fits(row, [values[place] for place in taken]):
                yield row, tuple(taken)


@st.composite
def programs(draw):
    values = draw(st.lists(st.floats(-3, 3).map(lambda x: round(x, 2)), min_size=1, max_size=4))
    program = Program(list(values), [])
    for _ in range(draw(st.integers(1, 10))):
        places = draw(st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=5))
        op, operands = draw(st.sampled_from(list(choices(values, places))))
        program.steps.append((op, operands))
        values.append(apply(op, [values[place] for place in operands]).data)
    return program


# ── Dual numbers ──────────────────────────────────────────────────────────────────────────────────────


class Dual:
    """A number and its derivative with respect to one leaf."""

    def __init__(self, value, slope=0):
        self.value, self.slope = mp.mpf(value), mp.mpf(slope)

    def __add__(self, other):
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __neg__(self):
        return Dual(-self.value, -self.slope)

    def __sub__(self, other):
        return self + -dual(other)

    def __mul__(self, other):
        other = dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __truediv__(self, other):
        other = dual(other)
        top = self.slope * other.value - self.value * other.slope
        return Dual(self.value / other.value, top / other.value**2)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return dual(other) - self

    def __rtruediv__(self, other):
        return dual(other) / self


def dual(number):
    return number if isinstance(number, Dual) else Dual(number)


def exp(x):
    return Dual(mp.exp(x.value), mp.exp(x.value) * x.slope)


def log(x):
    return Dual(mp.log(x.value), x.slope / x.value)


def sin(x):
    return Dual(mp.sin(x.value), mp.cos(x.value) * x.slope)


def cos(x):
    return Dual(mp.cos(x.value), -mp.sin(x.value) * x.slope)


def atan(x):
    return Dual(mp.atan(x.value), x.slope / (1 + x.value**2))


def atan2(y, x):
    return Dual(mp.atan2(y.value, x.value), (x.value * y.slope - y.value * x.slope) / (x.value**2 + y.value**2))


def erf(x):
    return Dual(mp.erf(x.value), 2 / mp.sqrt(mp.pi) * mp.exp(-(x.value**2)) * x.slope)


def sqrt(x):
    return exp(log(x) / 2)


def magnitude(x):
    return x if x.value > 0 else -x


def asin(x):
    return atan(x / sqrt(1 - x * x))


def product(xs):
    result = dual(1)
    for x in xs:
        result = result * x
    return result


def halves(xs):
    return zip(xs[: len(xs) // 2], xs[len(xs) // 2 :])


DUALS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "pow": lambda x, y: exp(log(x) * y),
    "exp": exp,
    "expm1": lambda x: exp(x) - 1,
    "exp2": lambda x: exp(x * mp.log(2)),
    "log": log,
    "log1p": lambda x: log(1 + x),
    "log2": lambda x: log(x) / mp.log(2),
    "log10": lambda x: log(x) / mp.log(10),
    "sqrt": sqrt,
    "cbrt": lambda x: mp.sign(x.value) * exp(log(magnitude(x)) / 3),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "abs": magnitude,
    "sign": lambda x: dual(mp.sign(x.value)),
    "relu": lambda x: x if x.value > 0 else dual(0),
    "leaky_relu": lambda x, slope: x if x.value > 0 else slope * x,
    "where": lambda c, x, y: x if c.value != 0 else y,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "softplus": lambda x: log(1 + exp(x)),
    "tanh": lambda x: 1 - 2 / (exp(x * 2) + 1),
    "sin": sin,
    "cos": cos,
    "tan": lambda x: sin(x) / cos(x),
    "asin": asin,
    "acos": lambda x: mp.pi / 2 - asin(x),
    "atan": atan,
    "atan2": atan2,
    "sinh": lambda x: (exp(x) - exp(-x)) / 2,
    "cosh": lambda x: (exp(x) + exp(-x)) / 2,
    "asinh": lambda x: log(x + sqrt(x * x + 1)),
    "acosh": lambda x: log(x + sqrt(x * x - 1)),
    "atanh": lambda x: log((1 + x) / (1 - x)) / 2,
    "hypot": lambda x, y: sqrt(x * x + y * y),
    "erf": erf,
    "erfc": lambda x: 1 - erf(x),
    "min": lambda x, y: x if x.value < y.value else y,
    "max": lambda x, y: x if x.value > y.value else y,
    "floor": lambda x: dual(mp.floor(x.value)),
    "ceil": lambda x: dual(mp.ceil(x.value)),
    "sum": lambda *xs: sum(xs, dual(0)),
    "prod": lambda *xs: product(xs),
    "dot": lambda *xs: sum((x * y for x, y in halves(xs)), dual(0)),
    "mean": lambda *xs: sum(xs, dual(0)) / len(xs),
    "logsumexp": lambda *xs: log(sum(map(exp, xs), dual(0))),
    "cross_entropy": lambda *xs: -sum((y * log(x) for x, y in halves(xs)), dual(0)),
}


def exactly(op, operands):
    """One step on dual numbers."""
    if op.name == "softmax":
        return exp(operands[op.k]) / sum(map(exp, operands), dual(0))
    return DUALS[op.name](*operands)


def rounding_with(random):
    """A step whose operands and result are off by an ulp, as rounding may have left them."""

    def noisy(x):
        return Dual(x.value * (1 + EPS * random.choice((-1, 0, 1))), x.slope * (1 + EPS * random.choice((-1, 0, 1))))

    return lambda op, operands: noisy(exactly(op, [noisy(x) for x in operands]))


# ── The derivative ────────────────────────────────────────────────────────────────────────────────────


def gradient(leaves):
    return [0.0 if leaf.grad is None else leaf.grad for leaf in leaves]


@given(programs())
def test_the_gradient_is_the_derivative(program):
    leaves, nodes = program.values()
    nodes[-1].backward()
    with mp.workdps(50):
        for place, got in enumerate(gradient(leaves)):
            duals = [Dual(x, i == place) for i, x in enumerate(program.leaves)]
            true = program.run(duals, exactly)[-1]
            roundings = [program.run(duals, rounding_with(Random(seed)))[-1] for seed in range(5)]
            for result, number, spread in (
                (nodes[-1].data, true.value, [r.value - true.value for r in roundings]),
                (got, true.slope, [r.slope - true.slope for r in roundings]),
            ):
                room = 4 * EPS * abs(number) + 16 * max(map(abs, spread))
                assert abs(result - number) <= room, (place, result, float(number))


def test_every_row_has_its_dual():
    assert {op.name for op in OPS} == {*DUALS, "softmax"}


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────────────


@given(programs(), st.integers(-8, 8), st.sampled_from([1.0, -1.0]))
def test_the_gradient_is_linear_in_the_seed(program, power, sign):
    leaves, nodes = program.values()
    nodes[-1].backward()
    once = gradient(leaves)
    nodes[-1].backward(seed=sign * 2.0**power)
    assert gradient(leaves) == [sign * 2.0**power * slope for slope in once]


@given(programs())
def test_a_second_pass_changes_nothing_and_accumulating_doubles(program):
    leaves, nodes = program.values()
    nodes[-1].backward()
    once = gradient(leaves)
    nodes[-1].backward()
    assert gradient(leaves) == once
    nodes[-1].backward(accumulate=True)
    assert gradient(leaves) == [2 * slope for slope in once]


@given(programs(), st.randoms(use_true_random=False))
def test_the_order_of_building_does_not_matter(program, random):
    leaves, nodes = program.values()
    others, other_nodes = program.values(program.other_order(random))
    nodes[-1].backward()
    other_nodes[-1].backward()
    assert [node.data for node in nodes] == [node.data for node in other_nodes]
    assert gradient(leaves) == gradient(others)


@given(programs())
def test_a_copy_and_a_pickle_have_the_same_gradient(program):
    leaves, nodes = program.values()
    twins, again = copy.deepcopy((leaves, nodes)), pickle.loads(pickle.dumps((leaves, nodes)))
    nodes[-1].backward()
    for copied_leaves, copied_nodes in (twins, again):
        copied_nodes[-1].backward()
        assert gradient(copied_leaves) == gradient(leaves)


def room(outputs, seeds, leaf):
    """How far the sum of all paths to a leaf may be from itself in another order of adding."""
    return 64 * EPS * sum(abs(seed) * paths(output).get(leaf, 0.0) for output, seed in zip(outputs, seeds))


@given(programs(), st.data())
def test_several_outputs_are_the_sum_of_separate_passes(program, data):
    leaves, nodes = program.values()
    outputs = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4))
    seeds = [data.draw(st.sampled_from([1.0, -0.5, 3.0, 0.1])) for _ in outputs]
    expected = [0.0] * len(leaves)
    for output, seed in zip(outputs, seeds):
        for leaf in leaves:
            leaf.grad = None
        output.backward(seed)
        expected = [e + slope for e, slope in zip(expected, gradient(leaves))]
    for leaf in leaves:
        leaf.grad = None
    backward(outputs, seeds)
    for leaf, got, e in zip(leaves, gradient(leaves), expected):
        assert abs(got - e) <= room(outputs, seeds, leaf)


@given(programs(), st.data())
def test_the_gradient_of_a_sum_is_the_sum_of_the_gradients(program, data):
    leaves, nodes = program.values()
    f, g = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))
    for total in (f + g, apply(TABLE["sum"], (f, g))):
        for leaf in leaves:
            leaf.grad = None
        total.backward()
        together = gradient(leaves)
        for leaf in leaves:
            leaf.grad = None
        f.backward()
        g.backward(accumulate=True)
        for leaf, got in zip(leaves, together):
            assert abs(got - (leaf.grad or 0.0)) <= room([f, g], [1.0, 1.0], leaf)
