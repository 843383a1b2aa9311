"""record(): a function run once and replayed; what can't be replayed is said, and nothing is wrong in silence."""

import ctypes
import json
import math
import pickle
import shutil
import subprocess
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import NotRecordable, Value, record, where
from tinygrad_kr.engine import modes
from tinygrad_kr.tape import recorded


def close(got, true):
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(true, float), rtol=1e-12, atol=1e-12)


def line(p, x):
    return p["w"] * x + p["b"]


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────


def test_values_and_gradients_of_a_batch():
    net = record(lambda w, x, t: (w * x - t) ** 2)
    x, t = np.array([1.0, 2.0, -1.0]), np.array([0.0, 1.0, 2.0])
    close(net(3.0, x, t), (3 * x - t) ** 2)
    value, gradient = net.value_and_grad(3.0, x, t)
    close([value, gradient], [((3 * x - t) ** 2).mean(), (2 * (3 * x - t) * x).mean()])
    value, (by_w, by_x) = net.value_and_grad(3.0, x, t, argnums=(0, -2), reduce="sum")
    close([value, by_w], [((3 * x - t) ** 2).sum(), (2 * (3 * x - t) * x).sum()])
    close(by_x, 6 * (3 * x - t))
    value, gradient = net.value_and_grad(3.0, x, t, reduce=None)
    close(value, (3 * x - t) ** 2)
    close(gradient, 2 * (3 * x - t) * x)


def test_equal_numbers_are_one_and_so_is_what_they_make():
    net = record(lambda x: [x * 2, x * 2.0, tg.exp(2 * x), tg.sin(2 * x), tg.sum([x])], 0)
    x = np.array([0.5, -1.0, 3.0])
    close(net(x), [2 * x, 2 * x, np.exp(2 * x), np.sin(2 * x), x])
    assert "3 ×" not in str(net)
    assert "sum" not in str(net)


def test_derivatives_of_derivatives_are_recorded():
    def greek(s, v):
        delta = tg.grad(lambda s: s * (1 + tg.erf(tg.log(s) / v)) / 2)
        return [delta(s), tg.grad(delta)(s)]

    s, v = np.array([0.5, 1.0, 2.0]), np.array([0.2, 0.3, 0.5])
    d = np.log(s) / v
    density = np.exp(-d * d) / np.sqrt(np.pi)
    erf = np.array([math.erf(x) for x in d])
    close(record(greek, 0)(s, v), [(1 + erf) / 2 + density / v, (density / v - 2 * d * density / v**2) / s])


def test_the_function_runs_once_a_shape():
    runs = []

    def f(w, x):
        runs.append(1)
        return tg.dot(w, x)

    net = record(f)
    assert not runs
    for n in (1, 5, 100):
        net(np.ones(2), np.ones((n, 2)))
    assert len(runs) == 1
    net(np.ones(3), np.ones((4, 3)))
    net(np.zeros(2), np.ones((4, 2)))
    assert len(runs) == 2
    net.clear()
    net(np.zeros(2), np.ones((4, 2)))
    assert len(runs) == 3


def test_as_many_tapes_are_kept_as_the_docs_say():
    runs = []
    net = record(lambda w, x: runs.append(1) or tg.dot(w, x))
    for n in [*range(1, 18), 17, 2, 1]:
        net(np.ones(n), np.ones((2, n)))
    assert len(runs) == 18  # the shape that was not used for longest went, and was recorded again


class Pair(NamedTuple):
    weight: object
    rest: object


def test_trees_come_back_as_they_are_built():
    parameters = {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "more": Pair([Value(2.0), 3], (0.5, np.array([1.0, -1.0])))}

    def f(p, x):
        hidden = tg.dot(x["a"], p["w"])
        scaled = p["more"].weight[0] * hidden[0] + p["more"].weight[1] * hidden[1]
        return {"y": scaled + p["more"].rest[0] * x["b"], "z": [tg.dot(hidden, p["more"].rest[1])], "h": hidden}

    a, b = np.array([[1.0, -1.0], [0.5, 2.0], [0.0, 1.0]]), [1.0, 2.0, 3.0]
    w, v = parameters["w"], np.array([1.0, -1.0])
    hidden = a @ w
    result = record(f)(parameters, {"a": a, "b": b})
    close(result["y"], hidden @ [2.0, 3.0] + 0.5 * np.array(b))
    close(result["z"][0], hidden @ v)
    close(result["h"], hidden)
    _, gradient = record(lambda p, x: f(p, x)["y"]).value_and_grad(parameters, {"a": a, "b": b}, reduce="sum")
    close(gradient["w"], np.outer(a.sum(0), [2.0, 3.0]))
    assert isinstance(gradient["more"], Pair)
    close(gradient["more"].weight, hidden.sum(0))
    close(gradient["more"].rest[0], 6.0)
    close(gradient["more"].rest[1], [0.0, 0.0])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_any_axis_is_the_batch(axis):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(4, 3, 2)), rng.normal(size=(3, 2))
    moved = np.moveaxis(x, 0, axis)
    net = record(lambda w, x: tg.sum(w * x * x), in_axes=(None, axis))
    close(net(w, moved), (w * x * x).sum((1, 2)))
    _, gradient = net.value_and_grad(w, moved, argnums=1, reduce="sum")
    close(gradient, np.moveaxis(2 * w * x, 0, axis))


def test_integers_strided_arrays_lists_and_values_are_numbers():
    net = record(line)
    true = [7.0, 10.0]
    p = {"w": Value(3.0), "b": 1}
    for x in ([2, 3], (2, 3), np.array([2, 3], np.int8), np.array([2.0, 0, 3.0, 0], np.float32)[::2], [Value(2.0), 3]):
        close(net(p, x), true)


def test_a_batch_of_none_and_what_has_no_batch():
    net = record(line)
    p = {"w": 3.0, "b": 1.0}
    assert net(p, []).shape == (0,)
    value, gradient = net.value_and_grad(p, [], reduce="sum")
    assert (value, gradient) == (0.0, {"w": 0.0, "b": 0.0})
    with pytest.raises(ValueError, match="has no samples, and so no mean"):
        net.value_and_grad(p, [])
    alone = record(lambda p: p["w"] * p["b"], in_axes=None)
    assert alone(p) == 3.0
    assert alone.value_and_grad(p) == (3.0, {"w": 1.0, "b": 3.0})


def test_second_derivatives_are_recorded_as_any_graph():
    def cube(x, y):
        return x**3 * y

    net = record(lambda x, y: tg.grad(cube)(x, y), in_axes=(0, 0))
    x, y = np.array([1.0, 2.0, -1.5]), np.array([1.0, 0.5, 2.0])
    close(net(x, y), 3 * x**2 * y)
    close(net.value_and_grad(x, y, reduce="sum")[1], 6 * x * y)
    bent = record(lambda x: tg.grad(lambda x: tg.relu(x) * x)(x), in_axes=0)
    x = np.array([2.0, -1.0, 3.0])
    close(bent(x), np.where(x > 0, 2 * x, 0))
    close(bent.value_and_grad(x, reduce="sum")[1], np.where(x > 0, 2, 0))


# ── Conditions ────────────────────────────────────────────────────────────────────────────────────────


def branching(w, x):
    if x > 1:
        return w * x
    if not x >= -1:
        return w * w * x
    return x * 3.0


def test_a_batch_is_split_by_how_conditions_turn_out():
    x, w = np.array([2.0, 0.5, -3.0, 4.0, 1.0, -1.0, -2.0]), 5.0
    true = np.select([x > 1, x < -1], [w * x, w * w * x], 3 * x)
    slope = np.select([x > 1, x < -1], [x, 2 * w * x], 0)
    net = record(branching)
    close(net(w, x), true)
    value, gradient = net.value_and_grad(w, x)
    close([value, gradient], [true.mean(), slope.mean()])
    close(net.value_and_grad(w, x, reduce=None)[1], slope)
    close(net.value_and_grad(w, x, argnums=1, reduce="sum")[1], np.select([x > 1, x < -1], [w, w * w], 3))


def test_a_choice_keeps_both_branches_and_hands_nothing_to_the_other():
    x = np.array([4.0, 0.0, -1.0, 0.25])
    net = record(lambda w, x: where((x > 0) & (x < 2) | (x > 3), x.sqrt() * w, 2 * x * w))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(net(2.0, x), [4, 0, -4, 1])
        _, (by_w, by_x) = net.value_and_grad(2.0, x, argnums=("w", "x"), reduce="sum")
    close(by_w, 2 + 0 - 2 + 0.5)
    close(by_x, [0.5, 4, 4, 2])


def test_comparisons_are_data_too():
    net = record(lambda w, x: (x > w) * x + (w <= x) * 10 + sum([x >= w, x < w]))
    close(net(1.0, [0.5, 1.0, 2.0]), [1.0, 11.0, 13.0])


@pytest.mark.parametrize("n", [7, 20])
def test_too_many_branches_are_computed_one_by_one_with_a_warning(n):
    def steps(w, x):
        k = 0
        while x > k:
            k += 1
        return w * x * k

    x = np.arange(n, 0, -1.0)
    net = record(steps)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        close(net(2.0, x), 2 * x * x)
        close(net.value_and_grad(2.0, x, reduce="sum")[1], (x * x).sum())
        close(net.value_and_grad(2.0, x, reduce=None)[1], x * x)
    said = [str(w.message) for w in caught if "more than 8 ways" in str(w.message)]
    assert len(said) == (3 if n > 8 else 0)


def test_a_tie_and_a_nan_take_the_branch_that_the_engine_takes():
    def f(w, x):
        return w * 1.0 if x < w else w * 2.0

    close(record(f)(1.0, [0.0, 1.0, np.nan, 2.0]), [1.0, 2.0, 2.0, 2.0])
    assert [f(Value(1.0), Value(x)).data for x in (0.0, 1.0, np.nan, 2.0)] == [1.0, 2.0, 2.0, 2.0]


# ── What can't be replayed ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x.data,
        lambda x: (x * 2).data,
        lambda x: x.item(),
        lambda x: [(x * x).backward(), x.grad][1],
        lambda x: (x * x).local_derivatives()[0],
        lambda x: tg.no_grad()(lambda: x * 2)(),
        lambda x: tg.no_grad()(lambda: tg.sum([x, x]))(),
        lambda x: round(x * 2),
        lambda x: int(x.__floor__()),
        lambda x: (x * x).detach(),
        lambda x: np.isfinite(np.array([x]).astype(float)) if x.data else 0,
        lambda x: tg.taylor(tg.exp, x.data, 2)[1],
    ],
)
def test_a_number_that_leaves_the_graph_is_refused_with_its_line(read):
    def f(w, x):
        return w * read(x)

    with pytest.raises(NotRecordable, match=r"while recording, at .*test_record.py:\d+ \(.*\): a replay would keep"):
        record(f)(1.0, [1.0, 2.0])
    assert modes.watch is None


def test_a_leaf_that_is_closed_over_is_read_anew_and_not_read_out():
    scale, rate = Value(2.0, "scale"), tg.constant(10.0, "rate")
    net = record(lambda w, x: w * x * scale + rate)
    close(net(1.0, [1.0, 2.0]), [12, 14])
    scale.data, rate.data = 3.0, 0.0
    close(net(1.0, [1.0, 2.0]), [3, 6])
    with pytest.raises(NotRecordable, match=r"\.data of Value\(3, name='scale'\)"):
        record(lambda w, x: w * x * scale.data)(1.0, [1.0])
    chosen = record(lambda w, x: w * x if scale > 0 else w - x)
    close(chosen(5.0, [1.0, 2.0]), [5, 10])
    scale.data = -1.0
    close(chosen(5.0, [1.0, 2.0]), [4, 3])


def test_a_constant_without_a_name_that_somebody_holds_is_read_anew():
    rate = tg.constant(2.0)
    net = record(lambda w, x: w * x**rate)
    close(net(1.0, [3.0]), [9])
    rate.data = 3.0
    close(net(1.0, [3.0]), [27])


def test_what_was_computed_before_stays_as_it_was():
    w = Value(2.0)
    before = w * 3.0
    net = record(lambda a, x: a * x + before)
    close(net(1.0, [1.0]), [7])
    w.data = 100.0
    close(net(1.0, [1.0]), [7])


def test_printing_and_drawing_are_allowed_while_recording(capsys):
    def f(w, x):
        y = w * x
        print(y, f"{y}", [y])
        assert "6" in y.draw().text()
        y.table(), str(y.explain(x))
        return y

    close(record(f)(2.0, [3.0, 4.0]), [6, 8])
    assert capsys.readouterr().out == "6 6 [Value(6)]\n"


def test_other_threads_read_what_they_want_while_one_records():
    started, go = threading.Event(), threading.Event()

    def f(w, x):
        started.set()
        assert go.wait(10)
        return w * x

    thread = threading.Thread(target=lambda: record(f)(1.0, [1.0]))
    thread.start()
    assert started.wait(10)
    y = Value(2.0) * 3.0
    assert (y.data, y > 5, bool(y), round(y)) == (6.0, True, True, 6)
    go.set()
    thread.join()
    assert modes.watch is None


def test_many_threads_may_call():
    net = record(branching)
    x = np.linspace(-3, 3, 50)
    true = np.select([x > 1, x < -1], [5 * x, 25 * x], 3 * x)
    results, errors = [], []

    def run():
        try:
            results.extend(net(5.0, x) for _ in range(20))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors
    for result in results:
        close(result, true)


def test_an_error_in_the_function_leaves_nothing_behind():
    def f(w, x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        record(f)(1.0, [1.0])
    assert modes.watch is None
    assert Value(1.0) < 2.0


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: record(3), TypeError, "needs a function, not the int 3"),
        (lambda: record(line, in_axes="ab"), TypeError, "ints or None, not 'ab'"),
        (lambda: record(line, in_axes=(None,))(1.0, [1.0]), TypeError, "recorded with 1 in_axes and got 2 arguments"),
        (lambda: record(line)({"w": 1.0, "b": 0.0}, 2.0), ValueError, r"argument 1 of line\(\) has no axis 0"),
        (lambda: record(line)({"w": "a", "b": 0.0}, [2.0]), TypeError, r"argument 0 of line\(\)"),
        (lambda: record(line)({"w": Value(1.0) * 2, "b": 0.0}, [2.0]), TypeError, "the result of 'mul', and a replay"),
        (
            lambda: record(line)({"w": 1.0, "b": 0.0}, [Value(1.0).exp()]),
            TypeError,
            "the result of 'exp', and a replay",
        ),
        (lambda: record(line, (None, 1))({"w": 1.0, "b": 0.0}, np.ones(3)), ValueError, "without an axis 1"),
        (lambda: record(lambda a, x, y: x * y)(1.0, [1.0], [1.0, 2.0]), ValueError, "batches of"),
        (lambda: record(lambda a, x: [x, x]).value_and_grad(1.0, [1.0]), TypeError, "returns one real number"),
        (lambda: record(lambda a, x: x).value_and_grad(1.0, [1.0], argnums=2), TypeError, r"argnums=2\) has no such"),
        (
            lambda: record(lambda a, x: x).value_and_grad(1.0, [1.0], argnums="b"),
            TypeError,
            r"argnums='b'\) has no such",
        ),
        (
            lambda: record(lambda x, a=1.0: x).value_and_grad([1.0], argnums="a"),
            TypeError,
            "needs every argument",
        ),
        (lambda: record(lambda a, x: x).value_and_grad(1.0, [1.0], reduce="max"), ValueError, "'max'"),
        (lambda: record(lambda a, x: "x")(1.0, [1.0]), TypeError, "the result of"),
        (lambda: record(lambda a, x: x if x > 0 else [x])(1.0, [1.0, -1.0]), NotRecordable, "several shapes"),
    ],
)
def test_bad_input_has_one_clear_sentence(make, error, says):
    with pytest.raises(error, match=says):
        make()


# ── inf and nan ───────────────────────────────────────────────────────────────────────────────────────


def test_inf_and_nan_are_named_as_the_engine_names_them():
    net = record(lambda w, balance: tg.log(balance) * w)
    with pytest.warns(RuntimeWarning) as caught:
        result = net(1.0, [1.0, 0.0, -1.0])
    np.testing.assert_array_equal(result, [0.0, -np.inf, np.nan])
    said = " ".join(str(w.message) for w in caught)
    assert "log(balance = 0) is -inf" in said
    assert "log(balance = -1) is nan; log is defined for x > 0" in said


def test_strict_refuses_them():
    net = record(lambda w, x: tg.log(x) * w)
    net(1.0, [1.0])
    with tg.strict(), pytest.raises(FloatingPointError, match=r"log\(x = -1\) is nan"):
        net(1.0, [1.0, -1.0])
    root = record(lambda w, x: tg.sqrt(x) * w)
    close(root(1.0, [0.0, 1.0]), [0, 1])
    with tg.strict(), pytest.raises(FloatingPointError, match="derivative of sqrt"):
        root.value_and_grad(1.0, [0.0, 1.0], argnums=1)


# ── Learning by hand, printing, pickling ──────────────────────────────────────────────────────────────


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=5), st.integers(0, 3))
def test_a_step_is_the_same_as_by_the_engine(xs, seed):
    rng = np.random.default_rng(seed)
    parameters = {"w": rng.normal(size=(1, 4)), "v": rng.normal(size=4), "b": 0.5}

    def loss(p, x):
        hidden = [tg.tanh(w * x) for w in p["w"][0]]
        return (tg.dot(hidden, list(p["v"])) + p["b"] - x) ** 2

    value, gradient = record(loss).value_and_grad(parameters, xs)
    each = [tg.value_and_grad(loss)(parameters, x) for x in xs]
    close(value, np.mean([v for v, _ in each]))
    for key in parameters:
        close(gradient[key], np.mean([g[key] for _, g in each], 0))


def test_what_it_says_of_itself():
    net = record(line)
    assert "not recorded yet" in str(net)
    net({"w": 1.0, "b": 2.0}, [1.0])
    assert str(net).splitlines() == ["line: 2 operations a sample in 2 instructions", "  v0  1 × mul", "  v1  1 × add"]
    assert repr(net) == "record(line, in_axes=())"


def test_the_graph_of_one_sample_is_drawn():
    drawing = record(line).draw({"w": 2.0, "b": 1.0}, 3.0)
    assert "x" in drawing.text()
    assert repr(drawing) == "Drawing(2 operators, 3 leaves)"


def test_a_recorded_function_pickles_as_its_function_does():
    net = record(line, in_axes=(None, 0))
    again = pickle.loads(pickle.dumps(net))
    close(again({"w": 2.0, "b": 1.0}, [1.0, 2.0]), [3, 5])


def squared_error(p, x, t):
    y = tg.dot(p["w"], x) + p["b"]
    return (y - t) ** 2 if y > 0 else (y - t) ** 2 * 3.0


@pytest.mark.parametrize("make", [ThreadPoolExecutor, partial(ProcessPoolExecutor, mp_context=get_context("spawn"))])
def test_an_executor_computes_parts_that_are_added_in_their_order(make):
    rng = np.random.default_rng(5)
    given = {"w": rng.normal(size=3), "b": 0.5}, rng.normal(size=(31, 3)), rng.normal(size=31)
    net = record(squared_error)
    with make(2) as pool:
        for reduce in ("mean", "sum", None):
            options = {"argnums": (0, 1), "reduce": reduce}
            value, (by_p, by_x) = net.value_and_grad(*given, **options, executor=pool, parts=4)
            again, (by_p_again, _) = net.value_and_grad(*given, **options, executor=pool, parts=4)
            true, (p_true, x_true) = net.value_and_grad(*given, **options)
            close(value, true)
            close(by_x, x_true)
            for key in ("w", "b"):
                close(by_p[key], p_true[key])
                np.testing.assert_array_equal(by_p[key], by_p_again[key])
            np.testing.assert_array_equal(value, again)
            if reduce == "sum":  # equal in bits to the same parts one after the other
                edges = [31 * k // 4 for k in range(5)]
                parts = [net.value_and_grad(given[0], given[1][a:b], given[2][a:b], reduce="sum")[1]
                         for a, b in pairwise(edges)]  # fmt: skip
                np.testing.assert_array_equal(by_p["w"], np.sum([part["w"] for part in parts], 0))


@pytest.mark.torch
def test_dask_computes_the_same_parts():
    distributed = pytest.importorskip("distributed")
    rng = np.random.default_rng(7)
    given = {"w": rng.normal(size=3), "b": 0.5}, rng.normal(size=(50, 3)), rng.normal(size=50)
    net = record(lambda p, x, t: (tg.dot(p["w"], x) + p["b"] - t) ** 2)
    loopback = {"host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **loopback) as cluster:
        with distributed.Client(cluster) as client, ThreadPoolExecutor(1) as here:
            parts, in_turn = (net.value_and_grad(*given, executor=e, parts=4) for e in (client.get_executor(), here))
    assert parts[0] == in_turn[0]
    np.testing.assert_array_equal(parts[1]["w"], in_turn[1]["w"])
    value, gradient = net.value_and_grad(*given)
    close(parts[0], value)
    close(parts[1]["w"], gradient["w"])


def test_a_function_without_a_name_travels_by_cloudpickle():
    rng = np.random.default_rng(6)
    x, scale = rng.normal(size=(9, 2)), 3.0
    net = record(lambda w, x: tg.dot(w, x) * scale)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        value, gradient = net.value_and_grad(np.ones(2), x, executor=pool, parts=2)
    close(value, (x.sum(1) * 3).mean())
    close(gradient, x.mean(0) * 3)


def test_nothing_is_watched_while_nothing_is_recorded():
    net = record(line)
    net({"w": 2.0, "b": 1.0}, [1.0])
    assert modes.watch is None
    assert recorded.SHAPES == 16


# ── Sources ───────────────────────────────────────────────────────────────────────────────────────────


def much(p, x, t):
    """A bit of everything that a program has: views, tables, products, gathered parts, repeated places, choices."""
    h = [tg.tanh(tg.dot(x, list(w)) + p["b"][0]) for w in p["W"]]
    s = tg.softmax([h[2], h[0], h[1] * x[1]])
    squares = tg.sum([(a - b) ** 2 for a, b in zip(s, t)])
    rest = tg.logsumexp([x[0], x[0], h[1], p["b"][1]]) + tg.log_softmax([h[0], h[0], x[1]])[1]
    units = tg.gelu(x[0]) + tg.gelu(x[1], approximate="tanh") + tg.silu(h[0]) + tg.elu(x[1], p["b"][1])
    losses = tg.huber(x[0] - t[0], 0.75) + tg.binary_cross_entropy_with_logits(h[1], t[1]) - tg.log_sigmoid(x[0])
    rest = rest + units + losses + tg.kl_divergence(s, tg.softmax([t[0], t[1], h[0]]))
    return squares + tg.erf(x[0]) * tg.prod(h) + where(x[1] > 0, x[1] * h[0], h[1] % 2) + rest + abs(x[0]).cbrt()


RNG = np.random.default_rng(0)
NUMBERS = {"W": RNG.normal(size=(3, 2)), "b": [0.5, 1.0]}, RNG.normal(size=(7, 2)), RNG.normal(size=(7, 3))


def exported(language):
    """The functions of a source, and what they have to give."""
    net = record(much)
    value, gradient = net.value_and_grad(*NUMBERS)
    source = net.source(language)
    assert "import tinygrad_kr" not in source
    namespace = {}
    exec(compile(source, f"much in {language}", "exec"), namespace)
    return namespace, net(*NUMBERS), value, gradient


def arguments():
    (p, x, t) = NUMBERS
    return x, t, p["W"], np.array(p["b"])


def test_a_source_in_numpy_runs_by_itself():
    made, values, value, gradient = exported("numpy")
    close(made["values"](*arguments()), values)
    got, (by_w, by_b) = made["value_and_grad"](*arguments())
    close(got, value)
    close(by_w, gradient["W"])
    close(by_b, gradient["b"])


@pytest.mark.torch
def test_a_source_in_pytorch_runs_by_itself_and_is_differentiable():
    import torch

    made, values, value, gradient = exported("torch")
    x, t, w, b = map(torch.tensor, arguments())
    close(made["values"](x, t, w, b), values)
    got, (by_w, by_b) = made["value_and_grad"](x, t, w, b)
    close(got, value)
    close(by_w, gradient["W"])
    close(by_b, gradient["b"])
    w.requires_grad_()
    made["values"](x, t, w, b).mean().backward()
    close(w.grad, gradient["W"])


@pytest.mark.torch
def test_a_source_in_jax_runs_by_itself_under_jit_and_vmap():
    jax = pytest.importorskip("jax")
    made, values, value, gradient = exported("jax")
    close(jax.jit(made["values"])(*arguments()), values)
    got, (by_w, by_b) = jax.jit(made["value_and_grad"])(*arguments())
    close(got, value)
    close(by_w, gradient["W"])
    close(by_b, gradient["b"])
    x, t, w, b = arguments()
    many = jax.vmap(made["values"], in_axes=(None, None, 0, None))(x, t, np.stack([w, w]), b)
    close(many, [values, values])


def of_samples(run):
    """What a source of one sample gives for all of them, and what it has to give."""
    net = record(much)
    p, x, t = NUMBERS
    values = net(p, x, t)
    _, (by_p, by_x) = net.value_and_grad(p, x, t, argnums=(0, 1), reduce=None)
    for k in range(len(x)):
        sources = [x[k], t[k], p["W"].ravel(), np.array(p["b"])]
        (value,), (got_x, _, got_w, got_b) = run(net, [source.tolist() for source in sources])
        close(value, values[k])
        close(got_x, by_x[k])
        close(got_w, by_p["W"][k].ravel())
        close(got_b, [by_p["b"][0][k], by_p["b"][1][k]])


@pytest.mark.node
def test_a_source_in_javascript_runs_by_itself(tmp_path):
    def run(net, sources):
        module = tmp_path / "much.mjs"
        module.write_text(net.source("javascript"), "utf-8")
        call = (
            f'import {{ valuesAndGradient }} from "{module}"; console.log(JSON.stringify(valuesAndGradient({sources})))'
        )
        command = ["node", "--input-type=module", "-e", call]
        return json.loads(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout)

    of_samples(run)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_source_in_c_runs_by_itself(tmp_path):
    def run(net, sources):
        library = tmp_path / "much.so"
        if not library.exists():
            file = tmp_path / "much.c"
            file.write_text(net.source("c"), "utf-8")
            flags = ["-shared", "-fPIC", "-O1", "-std=gnu99", "-Wall", "-Werror"]
            subprocess.run(["cc", *flags, file, "-o", library, "-lm"], check=True)
        doubles = [(ctypes.c_double * len(source))(*source) for source in sources]
        gradients = [(ctypes.c_double * len(source))() for source in sources]
        pointers = [(ctypes.c_void_p * len(some))(*map(ctypes.addressof, some)) for some in (doubles, gradients)]
        out = (ctypes.c_double * 1)()
        ctypes.CDLL(str(library)).values_and_gradient(pointers[0], out, pointers[1])
        return [*out], [[*gradient] for gradient in gradients]

    of_samples(run)


def test_a_source_holds_one_way_of_a_recorded_function():
    net = record(branching)
    with pytest.raises(ValueError, match="is not recorded yet; call it once"):
        net.source("numpy")
    net(1.0, [1.0])
    with pytest.raises(ValueError, match="has conditions that Python asks for"):
        net.source("numpy")
    plain = record(line)
    plain({"w": 1.0, "b": 0.0}, [1.0])
    with pytest.raises(ValueError, match="'torch', 'jax', 'javascript', 'c', not 'cobol'"):
        plain.source("cobol")
