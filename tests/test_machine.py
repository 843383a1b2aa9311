"""A state machine drives Values through everything that can happen to them, beside a naive twin.

The twin of a Value is a fraction and its derivatives with respect to every leaf, computed forwards together with it
by the rules of calculus; the derivatives are such numbers again, so that there are second ones. It knows neither
graphs nor floats. Values are kept to numbers that floats have exactly: they have to be equal. Gradients are sums that
a float rounds; their room is a few ulp of the same sum of absolute values, which the twin carries too.
"""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value
from tinygrad_kr.engine.saving import from_json, to_json

# ── The naive twin ────────────────────────────────────────────────────────────────────────────────────


class Twin(NamedTuple):
    """A number with its derivatives: ``slopes`` of a leaf is a Twin of one order less."""

    order: int
    value: Fraction
    size: Fraction  # of the value: the same sum of products, of absolute values
    slopes: dict[int, Twin]  # by leaf; a leaf is there if the number was computed from it
    used: frozenset[tuple[int, float]] = frozenset()  # the leaves with the data that they had
    plain: bool = True  # whether it was computed by operations alone; a derivative's graph is the engine's affair


ORDER = 2


def number(value, order=ORDER):
    return Twin(order, Fraction(value), abs(Fraction(value)), {})


def lower(a, order):
    if a.order == order:
        return a
    return a._replace(order=order, slopes={x: lower(s, order - 1) for x, s in a.slopes.items()} if order else {})


def linear(value, size, *terms):
    """A number whose derivatives are Σ partial · operand's derivative; a partial is a Twin of one order less."""
    order = min(operand.order for _, operand in terms)
    slopes = {}
    if order:
        for partial, operand in terms:
            for x, slope in lower(operand, order).slopes.items():
                product = times(lower(partial, order - 1), slope)
                slopes[x] = plus(slopes[x], product) if x in slopes else product
    used = frozenset().union(*(operand.used for _, operand in terms))
    return Twin(order, value, size, slopes, used, all(operand.plain for _, operand in terms))


def plus(a, b):
    return linear(a.value + b.value, a.size + b.size, (number(1), a), (number(1), b))


def times(a, b):
    order = min(a.order, b.order)
    partials = (lower(b, order - 1), lower(a, order - 1)) if order else (b, a)
    return linear(a.value * b.value, a.size * b.size, (partials[0], a), (partials[1], b))


def over(a):
    """1 / a."""
    value, size = 1 / a.value, a.size / a.value**2
    if not a.order:
        return linear(value, size, (a, a))
    one_less = over(lower(a, a.order - 1))
    return linear(value, size, (times(number(-1), times(one_less, one_less)), a))


def scaled(factor, a):
    return times(number(factor), a)


def minus(a, b):
    return plus(a, scaled(-1, b))


def middle(a, b):
    return scaled(Fraction(1, 2), plus(a, b))


def total(xs):
    return reduce(plus, xs, number(0))


def halves(xs):
    return xs[: len(xs) // 2], xs[len(xs) // 2 :]


def step(a, value):
    return plus(scaled(0, a), number(value))


UNARY = {
    "neg": (lambda a: -a, lambda a: scaled(-1, a)),
    "abs": (abs, lambda a: scaled((a.value > 0) - (a.value < 0), a)),
    "square": (tg.square, lambda a: times(a, a)),
    "reciprocal": (tg.reciprocal, over),
    "relu": (tg.relu, lambda a: scaled(1 if a.value > 0 else 0, a)),
    "leaky_relu": (lambda a: tg.leaky_relu(a, 0.25), lambda a: a if a.value > 0 else scaled(Fraction(1, 4), a)),
    "sign": (tg.sign, lambda a: step(a, (a.value > 0) - (a.value < 0))),
    "floor": (tg.floor, lambda a: step(a, a.value.__floor__())),
    "ceil": (tg.ceil, lambda a: step(a, a.value.__ceil__())),
    "power 0": (lambda a: a**0, lambda a: step(a, 1)),
    "power 3": (lambda a: a**3, lambda a: times(times(a, a), a)),
    "power -2": (lambda a: a**-2, lambda a: over(times(a, a))),
    "a number on its left": (lambda a: 3 - 2 * a + 1, lambda a: plus(minus(number(3), scaled(2, a)), number(1))),
    "a number over it": (lambda a: 4 / a, lambda a: scaled(4, over(a))),
}
BINARY = {
    "add": (lambda a, b: a + b, plus),
    "sub": (lambda a, b: a - b, minus),
    "mul": (lambda a, b: a * b, times),
    "div": (lambda a, b: a / b, lambda a, b: times(a, over(b))),
    "minimum": (tg.minimum, lambda a, b: middle(a, b) if a.value == b.value else min(a, b, key=lambda x: x.value)),
    "maximum": (tg.maximum, lambda a, b: middle(a, b) if a.value == b.value else max(a, b, key=lambda x: x.value)),
    "%": (lambda a, b: a % b, lambda a, b: minus(a, times(b, UNARY["floor"][1](times(a, over(b)))))),
}
MANY = {
    "sum": (tg.sum, total),
    "prod": (tg.prod, lambda xs: reduce(times, xs, number(1))),
    "mean": (tg.mean, lambda xs: scaled(Fraction(1, len(xs)), total(xs))),
    "dot": (lambda xs: tg.dot(*halves(xs)), lambda xs: total(times(a, b) for a, b in zip(*halves(xs)))),
}  # fmt: skip
CHOOSING = ("minimum", "maximum")
"""What these did not choose has derivative 0, and is in the graph all the same."""


def exact(fraction):
    """Whether a float, and every intermediate result of a row, is the fraction itself."""
    return abs(fraction) < 2**20 and (fraction * 2**20).denominator == 1


# ── The machine ───────────────────────────────────────────────────────────────────────────────────────

PLACES = st.integers(0, 1000)
NUMBERS = st.integers(-12, 12).map(lambda n: n / 4)
SEEDS = st.sampled_from([1.0, -1.0, 0.5, 3.0, 0.0])


class Machine(RuleBasedStateMachine):
    """Values, their twins, and what the gradients of the leaves should be."""

    def __init__(self):
        super().__init__()
        self.pool: list[tuple[Value, Twin]] = []
        self.leaves: dict[int, weakref.ref[Value]] = {}
        self.data: dict[int, float] = {}
        self.grads: dict[int, tuple[Fraction, Fraction] | None] = {}  # a value and its size
        self.born: list[weakref.ref[Value]] = []

    # Helpers

    def keep(self, value, twin):
        """Into the pool, if floats have its number exactly."""
        if exact(twin.value):
            assert Fraction(value.data) == twin.value
            self.pool.append((value, twin))
            self.born.append(weakref.ref(value))

    def track(self, value, grad=None):
        """A new leaf; the twin of its number."""
        leaf = len(self.leaves)
        self.leaves[leaf], self.data[leaf], self.grads[leaf] = weakref.ref(value), value.data, grad
        return self.twin_of_leaf(leaf)

    def twin_of_leaf(self, leaf):
        x = self.data[leaf]
        return number(x)._replace(slopes={leaf: number(1, ORDER - 1)}, used=frozenset({(leaf, x)}))

    def pick(self, place):
        return self.pool[place % len(self.pool)]

    def picked(self, places):
        values, twins = zip(*map(self.pick, places))
        return list(values), list(twins)

    def alive(self):
        """The leaves that are still there, by number."""
        return {leaf: value for leaf, ref in self.leaves.items() if (value := ref()) is not None}

    def stale(self, twin):
        """Whether a leaf was set since the number was computed."""
        return any(self.data[leaf] != x for leaf, x in twin.used)

    def differentiable(self, place):
        """A pair of the pool whose twin has derivatives, the next one from a place on."""
        count = len(self.pool)
        return next((p for k in range(count) if (p := self.pool[(place + k) % count])[1].order), None)

    # Making

    @initialize(numbers=st.lists(NUMBERS, min_size=2, max_size=4))
    def begin(self, numbers):
        for k, x in enumerate(numbers):
            self.leaf(x, f"x{k}")

    @rule(x=NUMBERS, name=st.none() | st.just("귤"))
    def leaf(self, x, name):
        value = Value(x, name)
        self.keep(value, self.track(value))

    @rule(x=NUMBERS)
    def constant(self, x):
        self.keep(tg.constant(x, "t"), number(x))

    @rule(name=st.sampled_from(sorted(UNARY)), place=PLACES)
    def unary(self, name, place):
        value, twin = self.pick(place)
        operation, rule_ = UNARY[name]
        if twin.value or name not in ("reciprocal", "power -2", "a number over it"):
            true = rule_(twin)
            if exact(true.value):
                self.keep(operation(value), true)

    @rule(name=st.sampled_from(sorted(BINARY)), first=PLACES, second=PLACES)
    def binary(self, name, first, second):
        (a, twin_a), (b, twin_b) = self.pick(first), self.pick(second)
        operation, rule_ = BINARY[name]
        if name in ("div", "%") and not (twin_b.value and exact(twin_a.value / twin_b.value)):
            return
        true = rule_(twin_a, twin_b)
        if name in CHOOSING:
            true = plus(true, scaled(0, plus(twin_a, twin_b)))
        if exact(true.value):
            self.keep(operation(a, b), true)

    @rule(name=st.sampled_from(sorted(MANY)), places=st.lists(PLACES, min_size=1, max_size=4))
    def many(self, name, places):
        values, twins = self.picked(places)
        if (name == "mean" and len(values) == 3) or (name == "dot" and len(values) % 2):
            return
        operation, rule_ = MANY[name]
        if name == "prod" and not all(exact(rule_(twins[:k]).value) for k in range(1, len(twins))):
            return
        true = rule_(twins)
        if exact(true.value):
            self.keep(operation(values), true)

    @rule(condition=PLACES, first=PLACES, second=PLACES)
    def where(self, condition, first, second):
        (c, twin_c), (a, twin_a), (b, twin_b) = map(self.pick, (condition, first, second))
        self.keep(tg.where(c, a, b), twin_a if twin_c.value else twin_b)

    @rule(place=PLACES)
    def compare(self, place):
        (a, twin_a), (b, twin_b) = self.pick(place), self.pick(place + 1)
        assert (a < b, a <= b, a > 0.5, bool(a)) == (
            twin_a.value < twin_b.value, twin_a.value <= twin_b.value, twin_a.value > 0.5, twin_a.value != 0,
        )  # fmt: skip

    # Cutting

    @rule(place=PLACES)
    def detach(self, place):
        value, twin = self.pick(place)
        self.keep(value.detach(), number(twin.value))

    @rule(first=PLACES, second=PLACES)
    def no_grad(self, first, second):
        (a, twin_a), (b, twin_b) = self.pick(first), self.pick(second)
        if exact(twin_a.value * twin_b.value):
            with tg.no_grad():
                self.keep(a * b, number(twin_a.value * twin_b.value))

    @rule(place=PLACES, x=NUMBERS)
    def set_data(self, place, x):
        value, _ = self.pick(place)
        leaf = next((leaf for leaf, each in self.alive().items() if each is value), None)
        if leaf is not None:
            value.data = self.data[leaf] = x
            twin = self.twin_of_leaf(leaf)
            self.pool = [(each, twin if each is value else other) for each, other in self.pool]
        elif value.op is not None:
            with pytest.raises(AttributeError, match="can't be set"):
                value.data = x

    # Differentiating

    @rule(outputs=st.lists(st.tuples(PLACES, SEEDS), min_size=1, max_size=3), accumulate=st.booleans())
    def backward(self, outputs, accumulate):
        chosen = [(*pair, seed) for place, seed in outputs if (pair := self.differentiable(place))]
        if chosen:
            self.differentiate(chosen, accumulate)

    def differentiate(self, chosen, accumulate=False):
        """Backwards from some of the pool, each with a seed."""
        if not any(value.moves for value, _, _ in chosen):
            try:  # without pytest.raises, whose traceback would keep the graph
                tg.backward([value for value, _, _ in chosen])
            except ValueError:
                return
            raise AssertionError("constants were differentiated")
        if not all(twin.plain for _, twin, _ in chosen):  # which leaves it will reach is not known
            for leaf, value in self.alive().items():
                value.grad = self.grads[leaf] = None
        if len(chosen) == 1:
            value, _, seed = chosen[0]
            value.backward(seed, accumulate)
        else:
            tg.backward([value for value, _, _ in chosen], [seed for _, _, seed in chosen], accumulate)
        sums: dict[int, tuple[Fraction, Fraction]] = {}
        for _, twin, seed in chosen:
            for leaf, slope in twin.slopes.items():
                value, size = sums.get(leaf, (Fraction(0), Fraction(0)))
                factor = Fraction(seed)
                sums[leaf] = value + factor * slope.value, size + abs(factor) * slope.size
        for leaf, (value, size) in sums.items():
            before = self.grads[leaf]
            if accumulate and before is not None:
                value, size = value + before[0], size + before[1]
            self.grads[leaf] = value, size

    @rule(place=PLACES)
    def zero_grad(self, place):
        value, _ = self.pick(place)
        value.grad = None
        for leaf, each in self.alive().items():
            if each is value:
                self.grads[leaf] = None

    @rule(place=PLACES, seed=SEEDS, create_graph=st.booleans())
    def gradients(self, place, seed, create_graph):
        pair, alive = self.differentiable(place), self.alive()
        if pair is None or not alive:
            return
        output, twin = pair
        try:
            slopes = tg.gradients(output, list(alive.values()), [seed], create_graph)
        except ValueError:
            if not (create_graph and self.stale(twin)):
                raise
            return
        for leaf, slope in zip(alive, slopes):
            true = scaled(Fraction(seed), twin.slopes.get(leaf, number(0, twin.order - 1)))._replace(plain=False)
            got = Fraction(slope.data if create_graph else slope)
            assert close(got, (true.value, true.size))
            if create_graph and got == true.value:
                true = true._replace(used=twin.used)
                self.keep(slope, true)
                if true.order:
                    self.differentiate([(slope, true, seed)])

    # Copying

    @rule(place=PLACES)
    def shallow_copy(self, place):
        value, twin = self.pick(place)
        if value.op is not None:
            self.keep(copy.copy(value), twin)

    @rule(places=st.lists(PLACES, min_size=1, max_size=3), way=st.sampled_from(["pickle", "deepcopy", "JSON"]))
    def copies(self, places, way):
        values, twins = self.picked(places)
        alive = self.alive()
        everything = [*values, *alive.values()]
        if way == "pickle":
            again = pickle.loads(pickle.dumps(everything))
        elif way == "deepcopy":
            again = copy.deepcopy(everything)
        else:
            stale = any(map(self.stale, twins))
            try:
                again = from_json(to_json(everything))
            except ValueError:
                if not stale:
                    raise
                return
            if stale:  # what is read is bound to the numbers of today
                return
        names = {}
        for leaf, value in zip(alive, again[len(values) :]):
            self.track(value, self.grads[leaf])
            names[leaf] = len(self.leaves) - 1
            self.born.append(weakref.ref(value))
            assert (value.data, value.grad, value.name) == (
                alive[leaf].data, alive[leaf].grad, alive[leaf].name,
            )  # fmt: skip
        for value, twin in zip(again, twins):
            self.keep(value, renamed(twin, names))

    # Failing

    @rule(place=PLACES, how=st.sampled_from(["strict", "text", "float", "no derivative"]))
    def fail(self, place, how):
        value, _ = self.pick(place)
        if how == "strict":
            with tg.strict(), pytest.raises(FloatingPointError):
                tg.log(value - value.data)
        elif how == "text":
            with pytest.raises(TypeError):
                value + "1"
        elif how == "float":
            with pytest.raises(TypeError, match="cut the graph"):
                float(value)
        elif not isinstance(value, Constant):
            kept = {leaf: each.grad for leaf, each in self.alive().items()}
            with tg.strict(), pytest.raises(FloatingPointError, match="derivative of sqrt"):
                tg.sqrt(value * 0).backward()
            assert kept == {leaf: each.grad for leaf, each in self.alive().items()}

    # Deleting

    @precondition(lambda self: len(self.pool) > 2)
    @rule(place=PLACES)
    def delete(self, place):
        del self.pool[place % len(self.pool)]

    # What always holds

    @invariant()
    def numbers_are_the_twin_s(self):
        for value, twin in self.pool:
            assert Fraction(value.data) == twin.value
            assert not isinstance(value, Constant) or value.grad is None

    @invariant()
    def gradients_are_the_twin_s(self):
        for leaf, value in self.alive().items():
            grad = self.grads[leaf]
            if grad is None or value.grad is None:
                # A derivative's graph may lack a leaf that it does not depend on, or have it: that of x**0 is 0/x · 1.
                assert not value.grad, leaf
                assert grad is None or grad[0] == 0, leaf
            else:
                assert close(Fraction(value.grad), grad), leaf

    @invariant()
    def only_what_is_needed_is_there(self):
        needed = set(tg.engine.graph.topological([value for value, _ in self.pool]))
        assert all(value is None or value in needed for value in (ref() for ref in self.born))
        self.born = [ref for ref in self.born if ref() is not None]

    def teardown(self):
        self.pool.clear()
        assert [value for value in (ref() for ref in self.born) if value is not None] == []


def close(got, true):
    """Whether a float's fraction is a true value, up to the rounding of a sum of that size."""
    value, size = true
    return abs(got - value) <= size * Fraction(1, 2**44)


def renamed(twin, names):
    """The twin of a copy, whose leaves are copies."""
    slopes = {names.get(leaf, leaf): renamed(slope, names) for leaf, slope in twin.slopes.items()}
    used = frozenset((names.get(leaf, leaf), x) for leaf, x in twin.used)
    return twin._replace(slopes=slopes, used=used)


def run(examples, steps):
    """Without the collector: reference counts alone have to free every graph."""
    gc.disable()
    try:
        run_state_machine_as_test(
            Machine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
        )
    finally:
        gc.enable()


def test_values_do_what_their_twins_do():
    run(examples=300, steps=30)


@pytest.mark.fuzz
def test_values_do_what_their_twins_do_for_long():
    run(examples=5_000, steps=60)
