"""Many small graphs one after the other: the memory they took is free again, whatever happened to them."""

import copy
import gc
import pickle
import sys
import threading
import warnings

import pytest

import tinygrad_kr as tg
from tinygrad_kr import Value
from tinygrad_kr.engine.native import core
from tinygrad_kr.engine.saving import from_json, to_json
from tinygrad_kr.shell.expression import evaluate


def plain(k):
    x, y = Value(k % 7 + 1.0, "x"), Value(0.5, f"y{k % 5}")
    z = tg.exp(x * y) / (x + y) + tg.sum([x, y, x * x]) ** 2
    z.backward()
    z.backward(0.5, accumulate=True)


@tg.block("layer")
def layer(xs, w):
    return tg.sigmoid(tg.dot(xs, [0.1, 0.2, w]))


def in_a_block(k):
    xs = Value.array([1.0, 2.0, k % 3], "x")
    scores = [layer(xs, w) for w in (1.0, -1.0)]
    tg.backward([*tg.softmax(scores), tg.logsumexp(scores)])


def higher(k):
    x = Value(1.0 + k % 3, "x")
    slope = tg.gradients(x**3 * tg.sin(x), x, create_graph=True)
    slope.backward()
    tg.grad(tg.grad(lambda t: t * t * t))(2.0)


def with_an_error_in_the_middle(k):
    x = Value(-1.0 - k % 2, "x")
    for attempt in (
        lambda: x * 2 + "1",
        lambda: float(x * x),
        lambda: from_json(to_json(x * 2).replace('"value": 2.0', '"value": 3.0')),
        lambda: evaluate("x * (y", x=x),
    ):
        try:
            attempt()
        except (TypeError, ValueError):  # one sentence, and no frame that holds the graph
            continue
        raise AssertionError("nothing was refused")


def strictly(k):
    x = Value(0.0, "x")
    try:
        with tg.strict():
            tg.log(x * k).backward()
    except FloatingPointError:
        return
    raise AssertionError("log(0) passed")


def warning(k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (1 / Value(0.0, "x")).backward()


def copied(k):
    x = Value(2.0, "x")
    y = x * x + k
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y)), *from_json(to_json(y)), y.detach() * x):
        again.backward()


def without_a_graph(k):
    with tg.no_grad():
        _ = Value(2.0) * k + 1


def in_a_thread(k):
    threads = [threading.Thread(target=plain, args=(k,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def drawn(k):
    x = Value(float(k % 4), "x")
    assert (x * 2 + 1).draw().text()


USUAL = (plain, in_a_block, higher, with_an_error_in_the_middle, strictly, warning, copied, without_a_graph)
SLOW = (in_a_thread, drawn)  # one in a hundred


def make(first, last):
    """The graphs with the numbers from first to last."""
    for k in range(first, last):
        (SLOW[k // 100 % len(SLOW)] if k % 100 == 0 else USUAL[k % len(USUAL)])(k)


def soak(count):
    """Make that many graphs; how many blocks of memory the second half has taken and not given back."""
    make(0, 2_000)  # what is compiled at the first call stays
    make(0, count // 2)
    gc.collect()  # of pictures only: a graph needs no collector
    before = blocks()
    make(0, count // 2)
    gc.collect()
    return blocks() - before


def blocks():
    """Blocks of Python's allocator, and nodes in slabs of the compiled core."""
    return sys.getallocatedblocks() + (0 if core is None else core.memory()["nodes"])


ROOM = 500
"""Blocks (an object has one or two), whether 25,000 graphs were made or 500,000: there are caches, of bounded size."""


@pytest.mark.parametrize(
    "count",
    [
        10_000,
        pytest.param(50_000, marks=pytest.mark.slow),
        pytest.param(1_000_000, marks=pytest.mark.fuzz),  # about two minutes on one core
    ],
)
def test_many_graphs_leave_nothing(count):
    assert soak(count) < ROOM


def test_a_leak_is_seen(monkeypatch):
    kept = []
    monkeypatch.setitem(globals(), "USUAL", (*USUAL[1:], lambda k: kept.append(k + 1.5)))  # a float in eight graphs
    assert soak(10_000) > ROOM


@pytest.mark.parametrize("scenario", [*USUAL, in_a_thread])
def test_a_graph_needs_no_collector(scenario):
    scenario(1)
    gc.collect()
    gc.disable()
    try:
        for k in range(20):
            scenario(k)
        assert gc.collect() == 0
    finally:
        gc.enable()
