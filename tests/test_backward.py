"""What backward() does: gradients are derivatives, however often it is called, however large the graph."""

import copy
import gc
import math
import pickle
import sys
import threading
import weakref

import pytest

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value, backward, constant, no_grad, strict
from tinygrad_kr.derivatives.formulas import on_values
from tinygrad_kr.engine.graph import adjoints, topological


def shopping():
    """(apple, count, tax, price): price = apple · count · tax."""
    apple, count, tax = Value(100.0, "사과"), Value(2.0, "개수"), Value(1.1, "소비세")
    return apple, count, tax, apple * count * tax


# ── The gradient ──────────────────────────────────────────────────────────────────────────────────────


def test_every_node_gets_its_derivative():
    apple, count, tax, price = shopping()
    price.backward()
    assert [v.grad for v in (apple, count, tax, price.parents[0], price)] == pytest.approx([2.2, 110, 200, 1.1, 1])


def test_a_second_call_changes_nothing():
    x = Value(3.0)
    y = x * x + x
    y.backward()
    once = [node.grad for node in topological([y])]
    y.backward()
    assert [node.grad for node in topological([y])] == once
    assert x.grad == 7.0


def test_the_last_call_is_the_one_that_counts():
    x = Value(3.0)
    y, z = x * x, x * 5
    y.backward()
    z.backward()
    assert x.grad == 5.0
    (y + z).backward()
    assert x.grad == 11.0


def test_accumulate_adds_to_what_is_there():
    x = Value(3.0)
    y = x * x
    y.backward(accumulate=True)
    assert x.grad == 6.0
    y.backward(accumulate=True)
    assert (x.grad, y.grad) == (12.0, 2.0)
    y.backward(seed=10, accumulate=True)
    assert x.grad == 72.0
    y.backward()
    assert x.grad == 6.0


@pytest.mark.parametrize("seed", [1.3, -2, 0, True])
def test_a_seed_multiplies_every_derivative(seed):
    x, y = Value(10.0), Value(5.0)
    z = x * y
    z.backward(seed)
    assert (z.grad, x.grad, y.grad) == (seed, 5.0 * seed, 10.0 * seed)


@pytest.mark.parametrize("seed", ["1", None, 1j, [1.0]])
def test_a_seed_is_a_real_number(seed):
    x = Value(3.0)
    with pytest.raises(TypeError, match="a seed needs a real number"):
        x.backward(seed)
    assert x.grad is None


def test_the_gradient_of_a_leaf_with_respect_to_itself_is_the_seed():
    x = Value(3.0)
    x.backward(2)
    assert x.grad == 2.0


def test_a_value_used_often_has_the_sum_of_its_uses():
    x = Value(2.0)
    y = x
    for _ in range(10):
        y = y + y  # 2¹⁰ paths
    y.backward()
    assert x.grad == 1024.0


def test_a_node_waits_for_all_of_its_uses():
    x = Value(2.0, "x")
    square = x * x
    y = square + tg.exp(square) * x + square * square
    y.backward()
    e = math.exp(4.0)
    assert square.grad == pytest.approx(1 + e * 2 + 8, rel=1e-15)
    assert x.grad == pytest.approx(4 + e * (8 + 1) + 32, rel=1e-15)


def test_what_was_not_reached_has_no_gradient():
    x, y = Value(3.0), Value(4.0)
    z = x * 2
    unused = x * y
    z.backward()
    assert (x.grad, y.grad, unused.grad) == (2.0, None, None)


def test_constants_have_no_gradient():
    x, t = Value(3.0), constant(2.0, "t")
    y = tg.dot([x, t], [t, 5.0]) + 7
    y.backward()
    assert x.grad == 2.0
    assert all(node.grad is None for node in topological([y]) if isinstance(node, Constant))


def test_a_backward_that_has_nothing_to_differentiate_says_so():
    x, t = Value(3.0), constant(2.0, "t")
    with no_grad():
        y = x * x
    for output in (t, y, x.detach()):
        for call in (output.backward, lambda output=output: tg.backward([output, t], accumulate=True)):
            with pytest.raises(ValueError, match=r"nothing to differentiate: constant\(.* is a constant, made by"):
                call()
    tg.backward([t, x])
    assert (t.grad, x.grad) == (None, 1.0)


def test_a_gradient_can_be_inf_without_a_word():
    x = Value(0.0)
    tg.sqrt(x).backward()
    assert x.grad == math.inf


# ── Several outputs ───────────────────────────────────────────────────────────────────────────────────


def test_several_outputs_add_up_with_their_seeds():
    x = Value(3.0)
    backward([x * 2, x * x], seeds=[10, 1])
    assert x.grad == 26.0
    backward(iter([x * 2, x * x]))
    assert x.grad == 8.0


def test_an_output_may_be_computed_from_another():
    x = Value(3.0)
    square = x * x
    triple = square * 3
    for outputs, seeds in (([square, triple], [10, 1]), ([triple, square], [1, 10])):
        backward(outputs, seeds)
        assert (triple.grad, square.grad, x.grad) == (1.0, 13.0, 78.0)
    backward([x, square, triple])
    assert x.grad == 1 + 4 * 6.0


def test_an_output_named_twice_counts_twice():
    x = Value(3.0)
    y = x * x
    backward([y, y], [1, 2])
    assert (y.grad, x.grad) == (3.0, 18.0)


def test_one_value_may_stand_for_the_outputs():
    x = Value(3.0)
    backward(x * x, [2])
    assert x.grad == 12.0


@pytest.mark.parametrize(
    ("outputs", "seeds", "kind", "sentence"),
    [
        ([], None, ValueError, "backward() got 0 outputs and 0 seeds; expected one seed an output"),
        (None, None, TypeError, "backward() needs Values as outputs, not the NoneType None"),
        ([Value(1.0)], [1, 2], ValueError, "backward() got 1 outputs and 2 seeds"),
        ([Value(1.0), 3.0], None, TypeError, "backward() needs Values as outputs, not the float 3.0"),
        ([Value(1.0)], [Value(2.0)], TypeError, "a seed needs a real number, not the Value Value(2); use its .data"),
        ([Value(1.0)], ["1"], TypeError, "a seed needs a real number, not the str '1'"),
    ],
)
def test_bad_outputs_and_seeds_are_refused(outputs, seeds, kind, sentence):
    with pytest.raises(kind) as refusal:
        backward(outputs, seeds)
    assert str(refusal.value).startswith(sentence)


# ── Edges ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_contributions_of_all_edges_sum_to_the_gradient():
    xs = [Value(0.5, "a"), Value(-1.5, "b"), Value(2.0, "c")]
    scores = tg.softmax(xs)
    loss = tg.cross_entropy(scores, [0, 1, 0]) + tg.prod(xs) * tg.tanh(xs[0]) + xs[0] * xs[0]
    loss.backward()
    nodes = topological([loss])
    sums = dict.fromkeys(nodes, 0.0) | {loss: 1.0}
    for node in nodes:
        contributions = node.contributions() if node.parents else ()
        assert len(contributions) == len(node.parents)
        for parent, contribution in zip(node.parents, contributions):
            sums[parent] += contribution
    reached = [node for node in nodes if not isinstance(node, Constant)]
    assert [sums[node] for node in reached] == pytest.approx([node.grad for node in reached], rel=1e-14)


def test_a_contribution_is_the_gradient_times_the_local_derivative():
    x, y = Value(10.0), Value(5.0)
    z = x * y
    z.backward(1.3)
    assert (z.local_derivatives(), z.contributions()) == ((5.0, 10.0), (6.5, 13.0))
    assert (x * x).local_derivatives() == (10.0, 10.0)


def test_there_are_no_contributions_before_a_backward_pass():
    with pytest.raises(ValueError, match=r"has no gradient yet; call backward\(\) on it"):
        (Value(1.0) * 2).contributions()


# ── Strict ────────────────────────────────────────────────────────────────────────────────────────────


def test_strict_refuses_a_derivative_that_is_inf_and_changes_no_gradient():
    x = Value(0.0, "x")
    y = tg.sqrt(x) * 2
    with strict():
        with pytest.raises(FloatingPointError) as refusal:
            y.backward()
        assert str(refusal.value) == "the derivative of sqrt(x = 0) with respect to operand 1 is inf"
        assert (x.grad, y.grad) == (None, None)
        (x * 2).backward()
    assert x.grad == 2.0


# ── Size ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_chain_of_any_length_needs_no_recursion(count):
    gc.disable()  # it would walk the chain again and again
    try:
        x = Value(1.0, "x")
        y = x
        for _ in range(count):
            y = y + x
        y.backward()
        assert (y.data, x.grad) == (count + 1, count + 1)
        for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
            assert adjoints([twin], [2.0])[twin.parents[1]] == 2 * (count + 1)
        leaf = weakref.ref(x)
        del x, y, twin
        assert leaf() is None
    finally:
        gc.enable()


def exercise():
    """Everything that makes nodes; returns weak references to all of them."""
    xs = [Value(0.5, "a"), Value(1.5, "b")]
    y = tg.dot(tg.softmax(xs), xs) + tg.cross_entropy(tg.softmax(xs), [0, 1]) + xs[0] ** 2 + tg.sin(xs[1]) / 3
    y.backward()
    y.contributions()
    again = pickle.loads(pickle.dumps([xs, y]))
    twins = copy.deepcopy([xs, y]), copy.copy(y)
    with no_grad():
        z = y * y
    with strict(), pytest.raises(FloatingPointError):
        tg.log(Value(-1.0))
    partial = on_values(y.op)[1](*y.parents, y)[0]
    nodes = {node for output in (y, z, again[1], twins[0][1], twins[1]) for node in topological([output])}
    return [weakref.ref(node) for node in nodes] + ([] if isinstance(partial, float) else [weakref.ref(partial)])


def test_a_graph_is_freed_by_counting_references_alone():
    exercise()  # compiles what it uses
    gc.collect()
    gc.disable()
    try:
        references = exercise()
        assert len(references) > 30
        assert [reference() for reference in references if reference() is not None] == []
    finally:
        gc.enable()


def test_the_collector_finds_nothing_of_ours():
    exercise()
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        exercise()
        gc.collect()
        ours = [thing for thing in gc.garbage if type(thing).__module__.startswith("tinygrad_kr")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert ours == []


def test_threads_that_accumulate_lose_nothing():
    w = Value(1.0, "w")

    def add():
        for _ in range(2000):
            (w * 1.0).backward(accumulate=True)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert w.grad == 8000.0
