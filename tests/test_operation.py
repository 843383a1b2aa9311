"""Operations of one's own, checkpoints and implicit functions: what works for the table's rows works for them."""

from __future__ import annotations

import copy
import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
import xml.etree.ElementTree as ET

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import (
    Value,
    check_gradients,
    checkpoint,
    from_json,
    grad,
    gradients,
    hessian,
    implicit,
    jvp,
    operation,
    taylor,
    to_json,
    where,
)
from tinygrad_kr.engine.added import ADDED
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.engine.ops import TABLE


@operation(partials=("2 * x",), symbol="□²")
def own_square(x):
    return x * x


@operation(partials=("2 * x / y", "-z / y"), forward="x * x / y", domain="y != 0", ko="몫", en="quotient")
def quotient(x, y):
    """x² / y."""


@operation(partials=(lambda x, y, z: z * tg.cos(x) * y, lambda x, y: tg.sin(x) * tg.exp(y * tg.sin(x))))
def wave(x, y):
    return math.exp(y * math.sin(x))


@operation(partials=("1 if x > 0 else 0",), kinks=("x",))
def ramp(x):
    return max(x, 0.0)


numbers = st.floats(-3, 3).filter(lambda x: abs(x) > 0.1)


# ── @operation ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("function", [own_square, quotient, wave], ids=lambda f: f.__name__)
@given(st.data())
def test_its_gradient_is_its_derivative(function, data):
    report = check_gradients(function, *(data.draw(numbers) for _ in function.op.inputs))
    assert report, str(report)


def test_a_wrong_partial_is_caught():
    @operation(partials=("3 * x",))
    def wrong(x):
        return x * x

    assert not check_gradients(wrong, 2.0)


@given(numbers, numbers)
def test_second_derivatives(x, y):
    (a, b), (c, d) = hessian(lambda v: quotient(v[0], v[1]))([x, y])
    assert [a, b, c, d] == pytest.approx([2 / y, -2 * x / y**2, -2 * x / y**2, 2 * x * x / y**3])
    (a, b), (c, d) = hessian(lambda v: wave(v[0], v[1]))([x, y])
    with mp.workdps(30):
        f = lambda x, y: mp.exp(y * mp.sin(x))  # noqa: E731
        true = [mp.diff(f, (x, y), n) for n in ((2, 0), (1, 1), (1, 1), (0, 2))]
    assert [a, b, c, d] == pytest.approx([float(t) for t in true], rel=1e-9, abs=1e-9)


def test_forward_mode_and_series():
    assert jvp(wave, (0.5, 2.0), (1.0, 0.0))[1] == pytest.approx(grad(wave)(0.5, 2.0))
    assert taylor(own_square, 3.0, 3) == pytest.approx([9, 6, 1, 0])
    with mp.workdps(30):
        true = mp.taylor(lambda x: mp.exp(2 * mp.sin(x)), 0.5, 4)
    assert taylor(lambda x: wave(x, 2.0), 0.5, 4) == pytest.approx([float(t) for t in true])


def test_numbers_values_and_arrays():
    assert own_square(3) == 9.0
    assert isinstance(own_square(3), float)
    assert own_square(Value(3.0)).data == 9.0
    assert own_square(np.array([1.0, 2.0])).tolist() == [1.0, 4.0]
    assert [y.data for y in own_square(Value.array([1.0, 2.0]))] == [1.0, 4.0]
    assert quotient(2.0, Value(4.0)).data == 1.0
    assert own_square.__name__ == "own_square"
    assert quotient.__doc__ == "x² / y."
    with tg.no_grad():
        assert own_square(Value(3.0)).parents == ()


def test_it_is_one_node_and_draws_with_its_symbol():
    x = Value(3.0, "x")
    y = own_square(x) + 1
    y.backward()
    assert [node.op.name for node in topological([y]) if node.op] == ["own_square", "add"]
    assert "□²" in y.draw().svg()
    assert "□²" in y.draw().text()
    assert "2x" in y.draw(labels="symbols").text()
    words = str(y.explain(x, language="en"))
    assert "own_square(x) = 9" in words
    assert "∂t/∂x = 2x = 6" in words
    assert "몫" in str(quotient(x, 2.0).explain(x))


@pytest.mark.parametrize("symbol", ["a\nb", "a\tb", "\x00\x08", "\x1b[31m", "‮abc"])
def test_a_symbol_that_cannot_be_printed_is_refused(symbol):
    with pytest.raises(ValueError, match=r"operation\(symbol=.*\) has a character that can't be printed"):
        operation(partials=("1",), symbol=symbol)


@pytest.mark.parametrize("symbol", ['<b>&"\\N', "]]>", "가" * 50, "\\textbf{x}", "√²"])
def test_a_symbol_is_hostile_input_to_every_writer(symbol):
    @operation(partials=("1",), symbol=symbol)
    def strange(x):
        return x

    drawing = strange(Value(1.0, "x")).draw()
    ET.fromstring(drawing.svg())
    assert drawing.text()
    assert drawing.dot()


def test_a_formula_can_be_drawn_as_a_page_and_python_says_why_not(tmp_path):
    assert quotient(Value(3.0), Value(2.0)).play()
    quotient(Value(3.0, "x"), Value(2.0, "y")).draw().save(tmp_path / "page.html")
    with pytest.raises(
        ValueError, match="operation 'own_square' is written in Python, which a page can't run; give forward="
    ):
        own_square(Value(3.0, "x")).draw().save(tmp_path / "no.html")
    assert not (tmp_path / "no.html").exists()


def test_copies_pickles_and_json_name_the_operation():
    x = Value(3.0, "x")
    y = own_square(x) * 2
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y)), from_json(to_json(y))[0]):
        twin.backward()
        leaf = next(node for node in topological([twin]) if node.name == "x")
        assert (twin.data, leaf.grad) == (18.0, 12.0)
    saved = pickle.dumps(y), to_json(y)
    ADDED.pop("own_square")
    try:
        with pytest.raises(ValueError, match="no operation 'own_square' .* run that definition first"):
            from_json(saved[1])
        assert pickle.loads(saved[0]).data == 18.0  # which brings its operation along
    finally:
        ADDED["own_square"] = own_square.op


def test_a_definition_run_again_counts_and_old_graphs_keep_theirs():
    def define(factor):
        @operation(partials=(lambda x: factor,))
        def scaled(x):
            return factor * x

        return scaled

    x, y = Value(2.0), Value(2.0)
    old, new = define(3.0)(x), define(5.0)(y)
    old.backward()
    new.backward()
    assert (old.data, x.grad, new.data, y.grad) == (6.0, 3.0, 10.0, 5.0)
    with pytest.raises(ValueError, match="not what @operation has defined last"):
        to_json(old)


def redefine(power):
    if power == 2:

        @operation(partials=("2 * x",))
        def redefined(x):
            return x * x

    elif power == 3:

        @operation(partials=("2 * x",))
        def redefined(x):
            return x * x * x

    else:

        @operation(partials=("1",), forward="x")
        def redefined(x):
            """x."""

    return redefined


@pytest.mark.parametrize("other", [3, 1])
def test_a_pickle_never_takes_up_another_definition(other):
    saved = pickle.dumps(redefine(2)(Value(3.0, "x")))
    redefine(other)
    with pytest.raises(ValueError, match="'redefined' has been defined anew since this graph was pickled"):
        pickle.loads(saved)
    redefine(2)  # the cell of a notebook, run once more
    twin = pickle.loads(saved)
    twin.backward()
    assert (twin.data, twin.parents[0].grad) == (9.0, 6.0)


def test_a_pickle_knows_the_partials_the_closures_and_the_residual():
    def partial(n):
        return operation(partials=(lambda x: x * n,))(named("with_partial"))

    def closed(n):
        def closing(x):
            return x * n

        return checkpoint(closing)

    def solved(n):
        residual = (lambda x, a: x - a) if n == 2 else (lambda x, a: a - x)
        return implicit(residual)(named_a("solving"))

    for define in (partial, closed, solved):
        saved = pickle.dumps(define(2)(Value(3.0)))
        define(3)
        with pytest.raises(ValueError, match="has been defined anew"):
            pickle.loads(saved)
        define(2)
        assert pickle.loads(saved).data == define(2)(3.0)


def test_what_a_function_counts_is_no_other_definition():
    calls = 0

    @operation(partials=("1",))
    def counting(x):
        nonlocal calls
        calls += 1
        return x

    saved = pickle.dumps(counting(Value(1.0)))
    assert (calls, pickle.loads(saved).data) == (1, 1.0)


def test_kinks_and_domains_are_read_from_the_row():
    (row,) = check_gradients(ramp, 0.0).rows
    assert row.verdict == "kink"
    with pytest.warns(RuntimeWarning, match=r"quotient\(1, 0\) is inf"):
        quotient(1.0, Value(0.0))


def test_an_unknown_partial_says_so_when_it_is_needed():
    @operation(partials=("y", None))
    def half_known(x, y):
        return x * y

    x, y = Value(2.0, "x"), Value(3.0, "y")
    half_known(x, 3.0).backward()
    assert x.grad == 3.0
    z = half_known(x, y)
    assert z.data == 6.0
    with pytest.raises(
        NotImplementedError, match="'half_known' has no partial derivative with respect to y; give one in"
    ):
        z.backward()
    with pytest.raises(NotImplementedError, match="with respect to y"):
        gradients(z, [y], create_graph=True)
    assert gradients(z, [x], create_graph=True)[0].data == 3.0


def test_an_error_of_the_function_is_the_functions():
    @operation(partials=("1",))
    def picky(x):
        if x < 0:
            raise ValueError("no negative numbers here")
        return math.sqrt(x)

    with pytest.raises(ValueError, match=r"^picky\(x = -1\) can't be computed: no negative numbers here$") as caught:
        picky(Value(-1.0))
    assert str(caught.value.__cause__) == "no negative numbers here"

    class OwnError(ValueError):
        pass

    @operation(partials=("1",))
    def own_error(x):
        raise OwnError("as it is", 7)

    with pytest.raises(OwnError) as kept:
        own_error(1.0)
    assert kept.value.args == ("as it is", 7)


def test_a_function_that_raises_runs_once_and_again_when_called_again():
    calls = []

    @operation(partials=("1",))
    def failing(x):
        calls.append(x)
        if len(calls) < 3:
            raise ZeroDivisionError("not yet")
        return x

    with pytest.raises(ZeroDivisionError, match="not yet"):
        failing(Value(2.0))
    assert calls == [2.0]
    try:
        failing(Value(2.0))
    except ZeroDivisionError:
        assert failing(Value(2.0)).data == 2.0  # while the error is being handled
    assert calls == [2.0] * 3


def test_outside_its_domain_an_operation_is_nan():
    @operation(partials=("1 / a",), domain="a > 0")
    def lg(a):
        return math.log(a)

    @operation(partials=("1",), domain="x >= 0")
    def root_of(x):
        return x**0.5

    for function in (lg, root_of):
        with pytest.warns(RuntimeWarning, match=rf"{function.__name__}\(-1\) is nan; .* is defined for x >=? 0"):
            assert math.isnan(function(Value(-1.0)).data)

    @operation(partials=("1",), domain="x > 0")
    def inside(x):
        return math.exp(x)

    with pytest.raises(OverflowError, match=r"^inside\(x = 1000\) can't be computed: "):
        inside(Value(1000.0))


def test_outside_its_domain_a_number_that_has_no_order_is_nan_too():
    @operation(partials=("1",), domain="x >= 0")
    def halved_root(x):
        return max(x**0.5, 1.0)  # of complex numbers there is no largest: a TypeError

    with pytest.warns(RuntimeWarning, match=r"halved_root\(-4\) is nan"):
        assert math.isnan(halved_root(Value(-4.0)).data)


@pytest.mark.parametrize("error", [ValueError("too far", 3), KeyError(7), OSError(2, "gone"), ArithmeticError()])
def test_an_error_that_is_more_than_a_sentence_stays_as_it_is(error):
    @operation(partials=("1",))
    def reader(x):
        raise error

    with pytest.raises(type(error)) as caught:
        reader(Value(1.0))
    assert caught.value is error


# ── Values from outside ───────────────────────────────────────────────────────────────────────────────


def test_a_value_from_outside_is_refused():
    w, x = Value(3.0, "w"), Value(2.0, "x")
    sentence = r"^the operation '{}' uses Value\(3, name='w'\) from outside; pass it as an argument$"

    @checkpoint
    def cw(x):
        return (w + 1) * x

    @operation(partials=(lambda x: w * x,))
    def in_partial(x):
        return 1.5 * x * x

    @operation(partials=("3",))
    def in_function(x):
        return w * x

    @implicit(lambda x, a: x * w - a)
    def in_residual(a):
        return a / 3.0

    @implicit(lambda x, a: x - a)
    def in_solver(a):
        return a * w / 3.0

    for function in (cw, in_function, in_residual, in_solver):
        for operand in (x, 2.0):
            with pytest.raises(ValueError, match=sentence.format(function.__name__)):
                function(operand)
    y = in_partial(x)
    with pytest.raises(ValueError, match=sentence.format("in_partial")):
        y.backward()
    with pytest.raises(ValueError, match=sentence.format("in_partial")):
        gradients(y, x, create_graph=True)
    assert x.grad is None


def test_a_constant_from_outside_is_a_number():
    c = tg.constant(3.0, "c")

    @checkpoint
    def scaled_by(x):
        return c * x

    @operation(partials=(lambda x: c * 1.0,))
    def scaled_too(x):
        return (c * x).data

    for function in (scaled_by, scaled_too):
        x = Value(2.0)
        y = function(x)
        y.backward()
        assert (y.data, x.grad, type(x.grad)) == (6.0, 3.0, float)


def test_a_partial_not_made_of_the_functions_says_so_when_differentiated_twice():
    @operation(partials=(math.cos,))
    def sine(x):
        return math.sin(x)

    assert grad(sine)(0.0) == 1.0
    with pytest.raises(TypeError, match="'sine' can't be differentiated again.*with the functions of tinygrad_kr"):
        grad(grad(sine))(1.0)


def test_sympy_is_told_to_ask_for_a_formula():
    pytest.importorskip("sympy")
    assert str(tg.to_sympy(quotient(Value(3.0, "x"), 2.0))) == "x**2/2"
    for y in (wave(Value(1.0, "x"), 2.0), checkpoint(named("kept"))(Value(1.0, "x"))):
        with pytest.raises(
            ValueError, match="is written in Python, which SymPy can't read; give forward= as a formula"
        ):
            tg.to_sympy(y)


def test_what_cannot_be_an_operation():
    with pytest.raises(ValueError, match="table has an operation 'exp' already"):

        @operation(partials=("1",))
        def exp(x):
            return x

    with pytest.raises(ValueError, match="got 1 partials for the parameters x, y"):

        @operation(partials=("1",))
        def two(x, y):
            return x

    with pytest.raises(ValueError, match="formula 'w' has the variable 'w'; expected x or z, the result"):

        @operation(partials=("w",))
        def unknown_variable(x):
            return x

    with pytest.raises(ValueError, match="is not allowed; use arithmetic"):

        @operation(partials=("__import__('os')",))
        def hostile(x):
            return x

    with pytest.raises(TypeError, match=r"parameter '\*xs' is not possible"):

        @operation(partials=("1",))
        def many(*xs):
            return 0.0

    with pytest.raises(ValueError, match="parameter 'z' has a meaning in formulas"):

        @operation(partials=("1",))
        def named_z(z):
            return z

    with pytest.raises(TypeError, match="has no parameters"):

        @operation()
        def nothing():
            return 1.0

    for partials in ("2 * x", None, 3):
        with pytest.raises(TypeError, match="needs a tuple of partials"):
            operation(partials=partials)
    with pytest.raises(TypeError, match=r"operation\(kinks=…\) needs formulas, not the int 3"):
        operation(kinks=(3,))
    with pytest.raises(TypeError, match=r'needs its partials, .*: @operation\(partials=\("2 \* x",\)\)'):

        @operation
        def bare(x):
            return x

    for slope in (lambda: 1.0, lambda x, y, z: 1.0, lambda x, *, y: 1.0):
        with pytest.raises(TypeError, match=r"the partial for x takes the parameters \(.*\); expected .* \(x\), and"):
            operation(partials=(slope,))(named("miscounted"))
    with pytest.raises(TypeError, match=r"checkpoint\(\) needs a function whose parameters are known, not the int 3"):
        checkpoint(3)
    with pytest.raises(TypeError, match=r"implicit\(\) needs a function whose parameters are known, not the int 3"):
        implicit(3)
    with pytest.raises(TypeError, match=r"implicit\(\) needs a function whose parameters are known, not the int 3"):
        implicit(lambda x, a: x - a)(3)
    with pytest.raises(TypeError, match="the partial for x is a formula, a function or None, not the int 2"):
        operation(partials=(2,))(named("two_x"))
    with pytest.raises(TypeError, match="decorates a function with a name, not .*; write it with def"):
        operation(partials=("1",))(lambda x: x)
    with pytest.raises(TypeError, match=r"operation\(symbol=…\) needs a text"):
        operation(symbol=3)
    with pytest.raises(TypeError, match="takes 1 operands"):
        own_square(1.0, 2.0)
    texts = operation(partials=("1",))(named("texts", result="1"))
    with pytest.raises(TypeError, match="the result of the operation 'texts' needs a real number, not the str"):
        texts(2.0)


def named(name, result=None):
    def function(x):
        return x if result is None else result

    function.__name__ = name
    return function


def named_a(name):
    def function(a):
        return a

    function.__name__ = name
    return function


def test_a_default_of_a_partial_is_its_own():
    made = [operation(partials=(lambda x, k=k: k,))(named(f"with_default_{k:.0f}")) for k in (2.0, 5.0)]
    assert [grad(function)(3.0) for function in made] == [2.0, 5.0]


def test_parameters_may_be_called_anything():
    @operation(partials=("n * g", "k * g", "n * k", "0", "0"), forward="n * k * g")
    def volume(n, k, g, sums, 크기):
        """n · k · g."""

    given = [2.0, 3.0, 5.0, 7.0, 11.0]
    with pytest.raises(AssertionError):  # the partials of n and k are swapped
        assert check_gradients(volume, *given)

    @operation(partials=("k * g", "n * g", "n * k", "0", "0"), forward="n * k * g")
    def volume(n, k, g, sums, 크기):
        """n · k · g."""

    assert check_gradients(volume, *given)
    assert hessian(lambda v: volume(*v))(given)[0].tolist() == [0, 5, 3, 0, 0]
    y = volume(*(Value(x) for x in given))
    assert y.play()
    assert y.draw(labels="symbols").svg()

    @operation(partials=(lambda i, t0: t0, lambda exp, p1: exp))
    def product(exp, t0):
        return exp * t0

    assert check_gradients(product, 2.0, 3.0)


# ── where ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_not_chosen_cannot_poison_the_derivative():
    for x0, slope in ((0.0, 2.0), (4.0, 0.25)):
        x = Value(x0, "x")
        y = where(x > 0, tg.sqrt(x), 2 * x)
        y.backward()
        assert x.grad == slope
    x = Value(-1.0)
    with pytest.warns(RuntimeWarning):
        y = where(x > 0, tg.log(x), x * 3)
    y.backward()
    assert (y.data, x.grad) == (-3.0, 3.0)
    assert gradients(y, x, create_graph=True).data == 3.0


def test_where_takes_numbers_values_and_arrays():
    assert where(True, 1.0, 2.0) == 1.0
    assert where(0.0, 1, Value(2.0)).data == 2.0
    assert where(Value(3.0), Value(1.0), 2.0).data == 1.0
    xs = Value.array([-1.0, 2.0], "x")
    ys = where(xs > 0, xs, xs * 0.1)
    tg.backward(list(ys))
    assert [x.grad for x in xs] == [0.1, 1.0]
    assert where(np.array([True, False]), 1.0, 2.0).tolist() == [1.0, 2.0]
    assert "where" in where(True, Value(1.0, "x"), 2.0).draw().svg()
    with pytest.raises(TypeError, match="needs a real number, not the str"):
        where("x > 0", 1.0, 2.0)
    for arguments in (([1.0], 1.0, 2.0), (True, (1.0,), 2.0), (True, 1.0, [2.0])):
        with pytest.raises(TypeError, match=r"where\(\) needs numbers or arrays, not the .*; use np.array"):
            where(*arguments)
    assert "where" in TABLE


@given(numbers, numbers, st.booleans())
def test_where_is_the_chosen_one(x, y, holds):
    a, b = Value(x), Value(y)
    z = where(holds, a * a, tg.exp(b))
    z.backward()
    assert z.data == (x * x if holds else math.exp(y))
    # What was not chosen is no part of the graph.
    assert (a.grad, b.grad) == ((2 * x, None) if holds else (None, math.exp(y)))


# ── checkpoint, implicit ──────────────────────────────────────────────────────────────────────────────


def long_way(x, y):
    for _ in range(50):
        x = tg.sin(x) + y * x * 0.1
    return x * y


@given(numbers, numbers)
def test_a_checkpoint_is_the_function(x, y):
    once = checkpoint(long_way)
    assert once(x, y) == pytest.approx(long_way(x, y), rel=1e-12)
    assert grad(once, argnums=(0, 1))(x, y) == pytest.approx(grad(long_way, argnums=(0, 1))(x, y), rel=1e-9, abs=1e-12)


def test_a_checkpoint_differentiates_twice_and_keeps_no_graph():
    once = checkpoint(long_way)
    there = hessian(lambda v: once(v[0], v[1]))([0.7, 1.1])
    assert there == pytest.approx(hessian(lambda v: long_way(v[0], v[1]))([0.7, 1.1]), rel=1e-9)
    x = Value(0.7)
    y = once(once(x, 1.1), 1.1)
    assert len(topological([y])) == 5
    gc.collect()
    before = len(gc.get_objects())
    y.backward()
    gc.collect()
    assert len(gc.get_objects()) - before < 50
    plain = Value(0.7)
    long_way(long_way(plain, 1.1), 1.1).backward()
    assert x.grad == pytest.approx(plain.grad, rel=1e-12)


def test_a_checkpoint_remembers_nothing():
    rate = 2.0

    @checkpoint
    def rated(x, y):
        return x * x * y * rate

    assert grad(rated)(3.0, 1.0) == 12.0
    rate = 5.0
    assert grad(rated)(3.0, 1.0) == 30.0
    rate = 7.0
    assert grad(rated, argnums=(0, 1))(3.0, 1.0) == (42.0, 63.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("x", [0.3, 0.7, 1.1, -1.0, 0.0])
@pytest.mark.parametrize(
    "function",
    [lambda x: x // 0.1, lambda x: x % 0.1, lambda x: x**0.5, lambda x: 1 / x**2],
    ids=["//", "%", "**", "/"],
)
def test_a_checkpoint_computes_on_values(function, x):
    function.__name__ = "plain"
    direct, kept = function(Value(x)), checkpoint(function)(Value(x))
    assert repr(kept.data) == repr(direct.data)
    with tg.no_grad():
        assert repr(checkpoint(function)(Value(x)).data) == repr(direct.data)


def test_a_checkpoint_of_math_is_refused_at_once():
    @checkpoint
    def not_ours(x):
        return math.exp(x)

    with pytest.raises(TypeError, match=r"not_ours\(x = 1\) can't be computed: float\(\) of Value\(1\) would cut"):
        not_ours(Value(1.0))


def test_a_solver_that_does_not_solve_is_reported():
    @implicit(lambda x, a: x * x - a)
    def no_root(a):
        return a

    with pytest.warns(
        RuntimeWarning, match=r"^no_root\(4\) is 4, where the residual is 12 and not 0; the solver"
    ) as all_:
        no_root(Value(4.0))
    assert all_[0].filename == __file__

    @implicit(lambda x, a: 1e6 * (tg.exp(x) - 1 - a))
    def near_zero(a):
        return a + 1e-16

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert no_root(1.0) == 1.0
        assert near_zero(0.0) == 1e-16


@pytest.mark.parametrize(("error", "warns"), [(1e-4, True), (1e-5, True), (1e-7, False), (0.0, False)])
def test_a_solution_is_exact_to_a_millionth_of_its_terms(error, warns):
    @implicit(lambda x, a: x - a)
    def copied(a):
        return a * (1 + error)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        copied(3.0)
    assert [warning.category for warning in caught] == [RuntimeWarning] * warns


@pytest.mark.parametrize(("x", "warns"), [(1e-13, False), (1e-11, True)])
def test_a_solution_at_0_is_exact_to_1e_12(x, warns):
    @implicit(lambda x, a: 1e6 * (x - a))
    def nothing(a):
        return a + x

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nothing(0.0)
    assert [warning.category for warning in caught] == [RuntimeWarning] * warns


def test_implicit_functions_of_any_order():
    steps = 0

    @implicit(lambda x, a, b: x**3 + a * x - b)
    def cubic(a, b):
        nonlocal steps
        x = 1.0
        for _ in range(60):
            steps += 1
            x -= (x**3 + a * x - b) / (3 * x * x + a)
        return x

    a, b = 2.0, 5.0
    with mp.workdps(30):
        root = lambda a, b: mp.findroot(lambda x: x**3 + a * x - b, 1.3)  # noqa: E731
        first = [mp.diff(root, (a, b), n) for n in ((1, 0), (0, 1))]
        second = [mp.diff(root, (a, b), n) for n in ((2, 0), (1, 1), (0, 2))]
    assert grad(cubic, argnums=(0, 1))(a, b) == pytest.approx([float(t) for t in first])
    matrix = hessian(lambda v: cubic(v[0], v[1]))([a, b])
    assert [matrix[0][0], matrix[0][1], matrix[1][1]] == pytest.approx([float(t) for t in second])
    assert steps > 0
    assert check_gradients(cubic, a, b)


def test_a_fixed_point():
    @implicit(lambda x, a: tg.cos(a * x) - x)
    def dottie(a):
        x = 0.5
        for _ in range(200):
            x = math.cos(a * x)
        return x

    x = dottie(1.0)
    assert x == pytest.approx(0.7390851332151607)
    assert grad(dottie)(1.0) == pytest.approx(-math.sin(x) * x / (1 + math.sin(x)))


def test_a_residual_of_other_parameters_is_refused():
    with pytest.raises(TypeError, match="the residual takes 3 arguments and the solver 1; expected x and then"):

        @implicit(lambda x, a, b: x - a)
        def same(a):
            return a


def test_a_double_root_has_no_derivative():
    @implicit(lambda x, a: (x - a) ** 2)
    def double(a):
        return a

    a = Value(1.0)
    double(a).backward()
    assert math.isnan(a.grad)


# ── Operations travel ─────────────────────────────────────────────────────────────────────────────────

DEFINITIONS = """
import cloudpickle, pickle, sys
import tinygrad_kr as tg

@tg.operation(partials=("2*x",))
def sq(x): return x * x

@tg.operation(forward="x*x*x", partials=("3*x**2",))
def cube(x): ...

@tg.checkpoint
def quartic(x): return x * x * x * x

@tg.implicit(lambda x, a: x * x - a)
def root(a): return a**0.5

@tg.grad
def slope(x): return sq(x) * 3
"""

WRITE = """
x = tg.Value(4.0, "x")
things = {f.__name__: (f(x) * 2, f, tg.grad(lambda x, f=f: f(x) * 3)) for f in (sq, cube, quartic, root)}
things["slope"] = (tg.Value(1.0), slope, slope)
things["several"] = ([sq(x), sq(x) + cube(x)],)
sys.stdout.buffer.write(cloudpickle.dumps({name: [pickler.dumps(thing) for thing in things[name]
                                                  for pickler in (cloudpickle,)] for name in things}
                                          | {"plain": pickle.dumps(things["sq"][0])}))
"""


def in_a_fresh_process(code, **options):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_operations_of_a_main_program_load_where_nobody_defined_them():
    saved = in_a_fresh_process(DEFINITIONS + WRITE)
    read = """
import pickle, sys
import tinygrad_kr as tg
def show(thing):
    if isinstance(thing, tg.Value):
        leaves = [node for node in tg.engine.graph.topological([thing]) if node.name == "x"]
        return [thing.data, *tg.gradients(thing, leaves)]
    return [node.data for node in thing] if isinstance(thing, list) else thing(4.0)
saved = pickle.load(sys.stdin.buffer)
plain = pickle.loads(saved.pop("plain"))
print([show(plain), {name: [show(pickle.loads(part)) for part in parts] for name, parts in saved.items()}])
"""
    plain, found = eval(in_a_fresh_process(read, input=saved))
    assert plain == [32.0, 16.0]
    assert found == {
        "sq": [[32.0, 16.0], 16.0, 24.0],
        "cube": [[128.0, 96.0], 64.0, 144.0],
        "quartic": [[512.0, 512.0], 256.0, 768.0],
        "root": [[4.0, 0.5], 2.0, 0.75],
        "slope": [[1.0], 24.0, 24.0],
        "several": [[16.0, 80.0]],
    }


def test_a_pickle_overwrites_no_operation_of_the_reader():
    saved = in_a_fresh_process(DEFINITIONS + "sys.stdout.buffer.write(pickle.dumps(sq(tg.Value(3.0))))")
    read = """
import pickle, sys
import tinygrad_kr as tg
@tg.operation(partials=("3*x*x",))
def sq(x): return x * x * x
try:
    pickle.load(sys.stdin.buffer)
except ValueError as error:
    print(error)
print(sq(2.0))
"""
    said, kept = in_a_fresh_process(read, input=saved).decode().splitlines()
    assert "'sq' has been defined anew" in said
    assert kept == "8.0"


def test_an_operation_of_a_module_is_found_there_without_cloudpickle(tmp_path):
    (tmp_path / "mine.py").write_text(DEFINITIONS.replace("import cloudpickle, pickle, sys", ""))
    without = "import sys; sys.modules['cloudpickle'] = None; "
    options = {"env": {**os.environ, "PYTHONPATH": str(tmp_path)}}
    write = without + "import mine, pickle; sys.stdout.buffer.write(pickle.dumps(mine.sq(mine.tg.Value(3.0)) * 2))"
    saved = in_a_fresh_process(write, **options)
    read = without + "import pickle; print(pickle.load(sys.stdin.buffer))"
    assert in_a_fresh_process(read, input=saved, **options).decode() == "18\n"


def test_workers_of_joblib_and_of_multiprocessing_take_them():
    code = (
        DEFINITIONS
        + """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
import joblib
f = tg.grad(lambda x: sq(x) * cube(x))
print(joblib.Parallel(2)(joblib.delayed(f)(x) for x in (1.0, 2.0)))
"""
    )
    assert in_a_fresh_process(code).decode() == "[5.0, 80.0]\n"


def test_a_function_of_an_operation_that_calls_itself_is_pickled():
    @operation(partials=("1",))
    def halving(x):
        return x if x < 1 else halving(x / 2)

    assert pickle.loads(pickle.dumps(halving(Value(8.0)))).data == 0.5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_was_forked_while_another_thread_pickled_does_not_hang():
    from tinygrad_kr.engine import pickling

    held, done = threading.Event(), threading.Event()

    def hold():
        with pickling._lock:
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        pickle.dumps(Value(1.0) * 2)
        os._exit(0)
    done.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (lambda: 1.0, "^{} '<lambda>' has no parameters; expected one at least$"),
        (lambda *xs: 1.0, r"^{} '<lambda>': the parameter '\*xs' is not possible; it takes a fixed number of operands"),
        (lambda x, *, n: x, "^{} '<lambda>': the parameter 'n' is not possible"),
        (lambda x=1.0: x, "^{} '<lambda>': the parameter 'x=1.0' is not possible"),
        (lambda z: z, "^{} '<lambda>': the parameter 'z' has a meaning in formulas already; give it another name$"),
    ],
)
@pytest.mark.parametrize("maker", [checkpoint, implicit])
def test_a_function_that_makes_operations_speaks_of_itself(maker, function, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence.format(maker.__name__)):
        maker(function)
