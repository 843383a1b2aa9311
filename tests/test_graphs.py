"""Random expression graphs: backward() against forward-mode dual numbers, and the laws of the derivative.

A program is a list of steps, each a row of the table on earlier nodes, so that nodes are shared at random.
It runs on Values and on dual numbers of 50 digits, which know the truth of a row and nothing of its partials.
"""

import copy
import pickle
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from rounding import EPS, paths
from truth import moderate, truth

from tinygrad_kr import Value, backward, constant, dot
from tinygrad_kr.engine.graph import walk
from tinygrad_kr.engine.native import core
from tinygrad_kr.engine.node import Family
from tinygrad_kr.engine.ops import OPS, TABLE, Op
from tinygrad_kr.engine.value import apply, record

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


def choices(values, places):
    """The steps that can be made of these places: (row, places of its operands)."""
    for op in OPS:
        count = len(op.inputs)
        taken = places[: len(places) // count * count] if op.variadic else places[:count]
        if len(taken) >= count:
            row = op.output(len(places) % len(taken)) if op.k is not None else op
            if moderate(row, [values[place] for place in taken]):
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

H = mp.mpf(10) ** -20


class Dual(NamedTuple):
    """A number and its derivative with respect to one leaf."""

    value: mp.mpf
    slope: mp.mpf


def exactly(op, operands):
    """One step on dual numbers: the row's truth, and its derivative in the direction of the operands' slopes."""
    f = truth(op)
    before, here, after = (f(*(x.value + t * x.slope for x in operands)) for t in (-H, 0, H))
    return Dual(here, (after - before) / (2 * H))


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
            duals = [Dual(mp.mpf(x), mp.mpf(i == place)) for i, x in enumerate(program.leaves)]
            true = program.run(duals, exactly)[-1]
            roundings = [program.run(duals, rounding_with(Random(seed)))[-1] for seed in range(5)]
            for result, number, spread in (
                (nodes[-1].data, true.value, [r.value - true.value for r in roundings]),
                (got, true.slope, [r.slope - true.slope for r in roundings]),
            ):
                room = 4 * EPS * abs(number) + 16 * max(map(abs, spread)) + H  # x·x·x at 0 has a slope of H²
                assert abs(result - number) <= room, (place, result, float(number))


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


# ── Work done once ────────────────────────────────────────────────────────────────────────────────────


class Counted(tuple):
    """Operands that count how often somebody goes through them."""

    readings = 0

    def __iter__(self):
        Counted.readings += 1
        return super().__iter__()


def test_a_walk_goes_through_a_vector_once_however_many_products_share_it():
    Counted.readings = 0
    column, row = Family((Value(1.5, "a"), Value(-2.0, "b"))), Family((constant(3.0), constant(0.5)))
    products = [record(TABLE["dot"], (row, column)) for _ in range(40)]
    if core is None:  # in C nobody can count
        column.nodes, row.nodes = Counted(column.nodes), Counted(row.nodes)
    order = walk([apply(TABLE["sum"], products)])
    assert Counted.readings == (core is None)
    assert [node.name for node in order if node.op is None] == ["b", "a"]


def test_constants_beside_moving_operands_pass_nothing_on_and_cost_no_derivative():
    x, c = Value(2.0, "x"), constant(7.0, "c")
    mixed, alone = dot([x, c], [c, x]), dot([c, c], [c, c])
    (mixed * alone).backward()
    assert x.grad == 14 * 98
    assert c.grad is None
    assert alone.grad == 28
