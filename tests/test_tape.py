"""A tape computes what the engine does: every row, random graphs, and graphs that are fused and gathered."""

import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Value
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply
from tinygrad_kr.strategies import expressions
from tinygrad_kr.tape.tape import NotRecordable, Tape

every_row = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)


def eager(build, points):
    """The values and the gradients a sample, by the engine."""
    values, gradients = [], []
    for point in points:
        leaves = [Value(number) for number in point]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = build(leaves)
        y.backward()
        values.append(y.data)
        gradients.append([leaf.grad or 0.0 for leaf in leaves])
    return np.array(values), np.array(gradients)


def same(got, true):
    got, true = np.asarray(got), np.asarray(true)
    scale = np.max(np.abs(true[np.isfinite(true)]), initial=1.0)
    np.testing.assert_allclose(got, true, rtol=1e-12, atol=1e-12 * scale)


def agrees(build, points):
    """Whether a tape has the same values and gradients, whatever the leaves are to it."""
    points = np.array(points, dtype=float)
    values, gradients = eager(build, points)

    leaves = [Value(number) for number in points[0]]
    for k, leaf in enumerate(leaves):  # each as the one parameter, all others as inputs
        others = [x for x in leaves if x is not leaf]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tape = Tape.of(build(leaves), inputs=[others], parameters=[leaf])
        for point, value, gradient in zip(points, values, gradients):
            leaf.data = point[k]
            got, (by_leaf,) = tape.value_and_grad(np.delete(point, k)[None], reduce=None)
            same(got, [value])
            same(by_leaf, [gradient[k]])
        columns = points[:, [j for j in range(len(leaves)) if j != k]]
        leaf.data = points[0, k]
        fixed = np.column_stack([columns[:, :k], np.full(len(points), points[0, k]), columns[:, k:]])
        each, each_gradient = eager(build, fixed)
        got, (by_leaf,) = tape.value_and_grad(columns, reduce="sum")
        same(got, each.sum())
        same(by_leaf, each_gradient[:, k].sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tape = Tape.of(build(leaves), inputs=[leaves])
    for times in (1, 100):  # a small batch is computed by the compiled core, where that is there
        batch = np.tile(points, (times, 1))
        same(tape(batch), np.tile(values, times))
        wanted = tape.tape.differentiate([batch.T], [], np.ones((1, len(batch))), ("x0",))
        same(wanted[1][0].T, np.tile(gradients, (times, 1)))
    shared = Tape.of(build(leaves), inputs=[], parameters=[leaves])
    for leaf, number in zip(leaves, points[-1]):
        leaf.data = number
    value, (gradient,) = shared.value_and_grad(reduce="sum")
    same(value, values[-1])
    same(gradient, gradients[-1])


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────


@every_row
def test_the_edge_cases_of_a_row_hold_in_a_batch(op):
    for edge in op.edges:
        if not edge.inputs:
            continue
        leaves = [Value(number) for number in edge.inputs]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tape = Tape.of(apply(op, leaves), inputs=[leaves])
        for times in (1, 100):  # a small batch is computed by the compiled core, where that is there
            points = np.array([edge.inputs, [1.5] * len(leaves), edge.inputs] * times, dtype=float).T
            values, (gradients,) = tape.tape.differentiate([points], [], np.ones((1, 3 * times)), ("x0",))
            for sample in (0, 2):
                np.testing.assert_allclose(values[0, sample], edge.value, rtol=1e-15)
                np.testing.assert_allclose(gradients[:, sample], edge.partials, rtol=1e-14)


@every_row
def test_a_row_of_plain_numbers_and_of_the_same_operand_twice(op):
    count = 2 * len(op.inputs) if op.variadic else len(op.inputs)
    shift = 1.0 if op.name == "acosh" else 0.0
    for k in range(count):
        numbers = [0.25 + 0.5 * j for j in range(count)]

        def some(leaves, k=k, numbers=numbers):
            return apply(op, [leaves[0] if j == k else number for j, number in enumerate(numbers)]) * 2

        if op.name == "cross_entropy" or op.name == "acosh":
            agrees(some, [[1.25], [1.5]])
        else:
            agrees(some, [[0.75], [0.5]])
    agrees(lambda leaves: apply(op, [leaves[0]] * count) - leaves[1], [[0.5 + shift, 2], [1.25, 3]])


# ── Graphs ────────────────────────────────────────────────────────────────────────────────────────────


@given(expressions(max_size=12), st.lists(st.floats(-1e-3, 1e-3), min_size=1, max_size=3))
def test_random_graphs_compute_what_the_engine_does(expression, moves):
    own = np.array(expression.values)
    agrees(lambda leaves: expression.run(leaves, apply)[-1], [own, *(own * (1 + move) for move in moves)])


@given(st.data())
def test_sums_of_products_in_any_order(data):
    """Chains that are fused, with shared terms, terms that are used elsewhere too, and parts in every order."""
    leaves = data.draw(st.integers(2, 5))
    place = st.integers(0, leaves - 1)
    terms = data.draw(st.lists(st.tuples(st.sampled_from("xpdn"), place, place), min_size=1, max_size=7))
    other = data.draw(st.booleans())

    def build(xs):
        made = [
            xs[a] if kind == "x" else xs[a] * xs[b] if kind == "p" else tg.dot(xs[:2], [xs[a], xs[b]]) if kind == "d"
            else xs[a] * 3.0
            for kind, a, b in terms
        ]  # fmt: skip
        total = made[0]
        for term in made[1:]:
            total = total + term
        return total * total + (made[-1] if other else 1.0)

    agrees(build, np.random.default_rng(0).uniform(-2, 2, (3, leaves)))


@settings(max_examples=40)
@given(st.permutations(range(6)), st.integers(1, 3))
def test_families_in_any_order(order, n):
    def build(xs):
        vectors = [[xs[order[(k + j) % 6]] for k in range(n)] for j in range(4)]
        dots = [tg.dot(a, b) for a in vectors for b in vectors[:2]]
        return tg.logsumexp(dots) + tg.mean(vectors[0]) * tg.prod(vectors[1]) + tg.softmax(dots)[2] * tg.sum(dots[3:])

    agrees(build, np.random.default_rng(1).uniform(0.5, 2, (2, 6)))


def test_a_network_is_what_numpy_computes_by_hand():
    rng = np.random.default_rng(2)
    w1, b1, w2, b2 = rng.normal(size=(5, 7)), rng.normal(size=7), rng.normal(size=(7, 3)), rng.normal(size=3)
    parameters = [Value.array(p) for p in (w1, b1, w2, b2)]
    x, t = Value.array(np.zeros(5)), Value.array(np.zeros(3))
    hidden = np.array([tg.relu(a) for a in tg.dot(x, parameters[0]) + parameters[1]])
    scores = tg.dot(hidden, parameters[2]) + parameters[3]
    tape = Tape.of(tg.logsumexp(list(scores)) - tg.dot(t, scores), inputs=[x, t], parameters=parameters)

    xs, ts = rng.normal(size=(11, 5)), np.eye(3)[rng.integers(0, 3, 11)]
    a = xs @ w1 + b1
    s = np.maximum(a, 0) @ w2 + b2
    shifted = s - s.max(1, keepdims=True)
    loss = np.log(np.exp(shifted).sum(1)) - (shifted * ts).sum(1)
    ds = (np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True) - ts) / 11
    da = ds @ w2.T * (a > 0)
    true = [xs.T @ da, da.sum(0), np.maximum(a, 0).T @ ds, ds.sum(0)]

    value, gradients = tape.value_and_grad(xs, ts)
    same(value, loss.mean())
    same(tape(xs, ts), loss)
    for got, expected, p in zip(gradients, true, parameters):
        assert got.shape == p.shape
        same(got, expected)
    each, by_sample = tape.value_and_grad(xs, ts, reduce=None)
    same(each, loss)
    for got, expected in zip(by_sample, true):
        same(got.mean(0), expected)
    assert sum(step.vectors for step in tape.tape.plan) == 2  # two matrix products and no more


def test_a_convolution_is_one_matrix_product_of_its_patches():
    rng = np.random.default_rng(3)
    image, filters = Value.array(np.zeros((4, 4))), Value.array(rng.normal(size=(2, 4)))
    patches = [image[i : i + 2, j : j + 2].ravel() for i in range(3) for j in range(3)]
    y = tg.sum([tg.tanh(tg.dot(f, patch)) for f in filters for patch in patches])
    tape = Tape.of(y, inputs=[image], parameters=[filters])
    assert [step.vectors for step in tape.tape.plan if step.vectors] == [9]
    images = rng.normal(size=(5, 4, 4))
    windows = np.lib.stride_tricks.sliding_window_view(images, (2, 2), (1, 2)).reshape(5, 9, 4)
    weights = np.array([[f.data for f in row] for row in filters])
    out = np.tanh(windows @ weights.T)
    value, (gradient,) = tape.value_and_grad(images, reduce="sum")
    same(value, out.sum())
    same(gradient, np.einsum("bpf,bpn->fn", 1 - out**2, windows))
    each, (by_sample,) = tape.value_and_grad(images, reduce=None)
    same(each, out.sum((1, 2)))
    same(by_sample, np.einsum("bpf,bpn->bfn", 1 - out**2, windows))


def test_a_neuron_of_plain_signs_is_a_dot():
    w, x = [Value(k) for k in (1.0, -2.0, 0.5)], [Value(k) for k in (3.0, 1.0, 2.0)]
    y = 0.0
    for a, b in zip(w, x):
        y = y + a * b
    tape = Tape.of(y, inputs=[x], parameters=[w])
    assert [step.op.name for step in tape.tape.plan] == ["dot", "add"]
    assert tape([[1, 1, 1], [2, 0, 4]]).tolist() == [-0.5, 4.0]


def test_what_is_computed_twice_is_computed_once():
    x = Value(2.0)
    tape = Tape.of(tg.exp(x * 3.0) + tg.exp(x * 3.0) * x, inputs=[x])
    assert [step.op.name for step in tape.tape.plan] == ["mul", "exp", "mul", "add"]


# ── Batches and arrays ────────────────────────────────────────────────────────────────────────────────


def tape_of_products():
    w, x = Value.array([2.0, -1.0]), Value.array([0.0, 0.0])
    return Tape.of(tg.dot(w, x) * w[0], inputs=[x], parameters=[w]), w


def test_any_array_of_numbers_is_a_batch():
    tape, _ = tape_of_products()
    true = [2.0 * (2 * 1 - 3), 2.0 * (2 * 5 - 2)]
    for batch in ([[1, 3], [5, 2]], np.array([[1, 3], [5, 2]], dtype=np.int8), np.array([[1, 5], [3, 2]]).T,
                  np.array([[1, 0, 3, 0], [5, 0, 2, 0]], dtype=np.float32)[:, ::2]):  # fmt: skip
        assert tape(batch).tolist() == true
        assert tape.value_and_grad(batch, reduce="sum")[1][0].tolist() == [4 * 6 + -1 * 5, 2 * 5]


def test_a_batch_of_none_and_of_one():
    tape, _ = tape_of_products()
    assert tape(np.empty((0, 2))).tolist() == []
    value, (gradient,) = tape.value_and_grad(np.empty((0, 2)), reduce="sum")
    assert (value, gradient.tolist()) == (0.0, [0.0, 0.0])
    assert tape([[1, 1]]).tolist() == [2.0]


@pytest.mark.parametrize("reduce", ["max", ["mean"], 1])
def test_what_is_no_reduction_is_refused(reduce):
    tape, _ = tape_of_products()
    with pytest.raises(ValueError, match='reduce is "mean", "sum" or None'):
        tape.value_and_grad([[1, 1]], reduce=reduce)


def test_a_block_is_large_enough_for_small_instructions_and_takes_no_more_than_it_may(monkeypatch):
    def block(steps):
        x = y = Value(0.5)
        for _ in range(steps):
            y = y * 0.5 + x
        return Tape([y], [[x]], [])._block

    assert block(10) > 4000  # 2 MB
    assert 700 < block(1000) < 1100  # a thousand numbers an instruction
    monkeypatch.setattr("tinygrad_kr.tape.tape.MOST", 2**19)
    assert 200 < block(1000) < 300


def test_a_large_batch_is_cut_into_blocks(monkeypatch):
    tape, _ = tape_of_products()
    batch = np.random.default_rng(4).normal(size=(101, 2))
    whole = tape(batch), tape.value_and_grad(batch), tape.value_and_grad(batch, reduce=None)
    monkeypatch.setattr(tape.tape, "_block", 10)
    cut = tape(batch), tape.value_and_grad(batch), tape.value_and_grad(batch, reduce=None)
    same(cut[0], whole[0])
    for (value, (gradient,)), (true, (expected,)) in zip(cut[1:], whole[1:]):
        same(value, true)
        same(gradient, expected)


def test_parameters_and_other_leaves_are_read_at_every_call():
    tape, w = tape_of_products()
    outside, rate, x = Value(1.0), tg.constant(10.0), Value(0.0)
    free = Tape.of(outside * x + rate, inputs=[x])
    assert free([1.0, 2.0]).tolist() == [11.0, 12.0]
    outside.data, rate.data, w[0].data = 5.0, 20.0, 1.0
    assert free([1.0, 2.0]).tolist() == [25.0, 30.0]
    assert tape([[1, 1]]).tolist() == [0.0]


def test_gradients_are_nobody_elses():
    a, b = Value.array([1.0, 2.0]), Value.array([1.0, 2.0])
    tape = Tape.of(tg.sum(a + b), inputs=[], parameters=[a, b])
    _, (by_a, by_b) = tape.value_and_grad()
    by_a += 1
    assert by_b.tolist() == [1.0, 1.0]
    assert [g.tolist() for g in tape.value_and_grad()[1]] == [[1.0, 1.0], [1.0, 1.0]]


def test_a_parameter_that_is_not_used_has_a_gradient_of_zeros():
    w, x, idle = Value(2.0), Value(1.0), Value.array([1.0, 1.0])
    _, (by_w, by_idle) = Tape.of(w * x, inputs=[x], parameters=[w, idle]).value_and_grad([3.0])
    assert (by_w, by_idle.tolist()) == (3.0, [0.0, 0.0])


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda x: Tape.of(2.0, inputs=[x]), TypeError, "needs a Value as output, not the float 2"),
        (lambda x: Tape.of(x * 2, inputs=[x, x]), ValueError, "given twice"),
        (lambda x: Tape.of(x * 2, inputs=[x * 3]), ValueError, "was computed by 'mul'"),
        (lambda x: Tape.of(x * 2, inputs=[1.0]), TypeError, "needs Values, not the float"),
        (lambda x: Tape.of(x * 2, inputs=[x])(1.0), ValueError, r"has the shape \(\); expected \(N\)"),
        (lambda x: Tape.of(x * 2, inputs=[x])([[1.0]]), ValueError, r"has the shape \(1, 1\); expected \(N\)"),
        (lambda x: Tape.of(x * 2, inputs=[x])(), TypeError, "takes 1 arrays of inputs, not 0"),
        (lambda x: Tape.of(x * 2, inputs=[x])(["a"]), TypeError, "needs numbers"),
    ],
)
def test_what_is_no_graph_and_no_batch_is_refused(make, error, says):
    with pytest.raises(error, match=says):
        make(Value(1.0))


def test_an_operation_in_python_is_refused_by_name_and_one_in_formulas_is_not():
    @tg.operation(partials=("2 * x",))
    def squared_in_python(x):
        return x * x

    @tg.operation(forward="x * x * scale", partials=("2 * x * scale", "x * x"))
    def squared_in_formulas(x, scale):
        raise AssertionError

    x = Value(3.0)
    with pytest.raises(NotRecordable, match="'squared_in_python' is written in Python"):
        Tape.of(squared_in_python(x), inputs=[x])
    tape = Tape.of(squared_in_formulas(x, 2.0), inputs=[], parameters=[x])
    assert tape.value_and_grad() == (18.0, [12.0])


def test_the_error_function_of_arrays_has_all_its_digits():
    edges = [0.46875, 4.0, 5.9, 6.0, 26.0]
    xs = np.array([sign * x * (1 + step) for x in edges for step in (-1e-12, 0, 1e-12) for sign in (1, -1)])
    xs = np.concatenate([xs, np.linspace(-7, 7, 301)])
    x = Value(1.0, "x")
    for f, true in ((tg.erf, mpmath.erf), (tg.erfc, mpmath.erfc)):
        got = Tape.of(f(x), inputs=[x])(xs)
        np.testing.assert_allclose(got, [float(true(mpmath.mpf(number))) for number in xs.tolist()], rtol=2e-15)


def test_nothing_is_warned_of_while_both_branches_are_computed():
    x = Value(1.0)
    tape = Tape.of(apply(TABLE["where"], [x, tg.sigmoid(x), tg.softplus(x)]), inputs=[x])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tape([0.0, -1000.0, 1000.0]).tolist() == [math.log(2), 0.0, 1.0]
