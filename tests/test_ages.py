"""Derivatives never look behind their own call: ages of nodes, and what they may not change."""

import copy
import pickle
import sys
import threading

import pytest

import tinygrad_kr as tg
from tinygrad_kr import Value, constant, gradients, no_grad
from tinygrad_kr.derivatives import call, transforms
from tinygrad_kr.engine.graph import ordered, walk
from tinygrad_kr.engine.modes import new_age


def chain(length, x=1.0):
    y = Value(x)
    for _ in range(length):
        y = y + 1.0
    return y


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda f: tg.grad(f)(2.0),
        lambda f: tg.value_and_grad(f)(2.0)[1],
        lambda f: tg.jvp(f, (2.0,), (1.0,))[1],
        lambda f: tg.vjp(f, 2.0)[1](1.0)[0],
        lambda f: tg.jacobian(f)(2.0),
        lambda f: tg.derivative(f)(2.0),
        lambda f: tg.taylor(f, 2.0, 1)[1],
    ],
)
def test_a_call_does_not_walk_what_was_there_before(differentiate, walked):
    old = chain(3)
    behind = old.parents[0]
    slope = differentiate(lambda v: v * v * old)
    assert walked
    assert any(old in nodes for nodes in walked)
    assert not any(behind in nodes for nodes in walked)
    assert slope.data == 4.0 * 4.0
    slope.backward()  # the result still depends on the old node, and on all behind it
    assert old.grad == 4.0


@pytest.fixture
def walked(monkeypatch):
    """What the walks of derivatives have met."""
    met = []

    def keeping(outputs, since=0):
        met.append(ordered(outputs, since))
        return met[-1]

    for module in (call, transforms):
        monkeypatch.setattr(module, "ordered", keeping)
    return met


@pytest.mark.parametrize(
    "second",
    [
        lambda f: tg.hessian(f)(2.0),
        lambda f: tg.hvp(f)(2.0, 1.0),
        lambda f: tg.derivative(f, 2)(2.0),
        lambda f: tg.grad(tg.grad(f))(2.0),
    ],
)
def test_second_derivatives_neither(second, walked):
    old = chain(3, 0.0)
    slope = second(lambda v: v * v * v * old)
    assert any(old in nodes for nodes in walked)
    assert not any(old.parents[0] in nodes for nodes in walked)
    assert slope.data == 36.0


def test_nested_calls_keep_to_their_own_nodes():
    def inner(x, y):
        return tg.grad(lambda v: v * v * x * y)(3.0)  # 6xy

    assert tg.grad(lambda x: inner(x, x * x))(2.0) == 6 * 3 * 2.0**2
    assert tg.jvp(lambda x: tg.jvp(lambda v: v * v * x, (3.0,), (1.0,))[1], (2.0,), (1.0,)) == (12.0, 6.0)
    assert tg.grad(lambda x: tg.jvp(lambda v: v * v * x, (3.0,), (1.0,))[1])(2.0) == 6.0


def test_a_pullback_keeps_the_age_of_its_own_call():
    w = Value(5.0, "w")
    value, pullback = tg.vjp(lambda v: v * v * w, 3.0)
    for _ in range(3):
        tg.grad(lambda v: v * v)(2.0)  # younger calls
    assert value.data == 45.0
    (slope,) = pullback(1.0)
    assert slope.data == 30.0
    assert gradients(slope, w) == 6.0


def test_gradients_of_graphs_that_exist_go_all_the_way():
    y = chain(50)
    new_age()
    z = y * y
    new_age()
    leaf = next(node for node in walk([y]) if node.op is None and node.moves)
    assert gradients(z, leaf) == 2 * y.data
    assert gradients(z, leaf, create_graph=True).data == 2 * y.data


def test_what_is_old_and_does_not_move_makes_no_call_a_nested_one():
    fixed = constant(3.0, "c")
    assert type(tg.grad(lambda v: v * fixed)(2.0)) is float
    with no_grad():
        product = Value(2.0) * 3.0
    assert type(tg.grad(lambda v: v * product)(2.0)) is float
    old = chain(1)
    assert type(tg.grad(lambda v: v * old)(2.0)) is Value


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))])
def test_copies_take_the_present_age(again):
    y = chain(2)
    age = new_age()
    twin = again(y)
    assert y.age < age <= twin.age


def test_a_copy_of_what_a_call_has_recorded_is_its_own():
    assert tg.grad(lambda v: copy.copy(v * v))(3.0) == 6.0
    apart = tg.grad(lambda v: copy.deepcopy(v * v) + v)(3.0)  # with a leaf of its own, which moves
    assert apart.data == 1.0


def test_calls_in_many_threads_at_once_set_no_clock_back():
    wrong, start = [], threading.Barrier(8)

    def work(k):
        x = Value(float(k), "x")
        start.wait()
        for n in range(200):
            slope = tg.grad(lambda v: v * v * v * x)(2.0)
            if slope.data != 12.0 * k or tg.grad(lambda v: v**2)(float(n)) != 2.0 * n:
                wrong.append((k, n))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_a_walk_ends_at_what_is_older():
    old = chain(100)
    age = new_age()
    y = old * 2.0 + 1.0
    assert len([node for node in walk([y]) if node.moves]) == 1 + 100 + 1 + 1
    assert [node.data for node in walk([y], age) if node.op is not None] == [101.0, 202.0, 203.0]
