"""Living in Python: quotients and remainders, the built-ins, formats, old pickles, threads, weak references."""

import base64
import copy
import gc
import json
import math
import pickle
import re
import statistics
import subprocess
import sys
import threading
import weakref
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rounding import same

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value, constant, no_grad, strict
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.engine.ops import OPS
from tinygrad_kr.engine.value import apply

# ── Quotients and remainders ──────────────────────────────────────────────────────────────────────────

WHOLE = st.integers(-(2**40), 2**40)
NOT_ZERO = WHOLE.filter(bool)


@given(WHOLE, NOT_ZERO, st.sampled_from([1, 0.5, 2**-20]))
def test_quotient_and_remainder_are_pythons(a, b, scale):
    x, y = Value(a * scale), Value(b * scale)
    whole, rest = divmod(a * scale, b * scale)
    for quotient, remainder in (
        (x // y, x % y),
        divmod(x, y),
        (x // (b * scale), x % (b * scale)),
        ((a * scale) // y, (a * scale) % y),
        divmod(x, b * scale),
        divmod(a * scale, y),
    ):
        assert (quotient.data, remainder.data) == (whole, rest)


@pytest.mark.parametrize(
    "number", [2, 2.0, True, Fraction(1, 2), Decimal("0.5"), np.float64(2), np.int32(-3)], ids=repr
)
def test_numbers_of_all_kinds_stand_on_both_sides(number):
    x = Value(7.0, "x")
    for got, expected in (
        (x // number, 7 // float(number)),
        (x % number, 7 % float(number)),
        (number // x, float(number) // 7),
        (number % x, float(number) % 7),
        (divmod(x, number)[1], 7 % float(number)),
        (divmod(number, x)[0], float(number) // 7),
    ):
        assert type(got) is Value
        assert got.data == expected


SAWTOOTH = [(7.3, 2.0), (-7.3, 2.0), (7.3, -2.0), (-7.3, -2.0), (0.4, 3.0), (1e6 + 0.7, 1.5)]


@pytest.mark.parametrize(("a", "b"), SAWTOOTH)
def test_the_derivatives_are_those_of_the_pieces(a, b):
    x, y = Value(a, "x"), Value(b, "y")
    (x % y).backward()
    assert (x.grad, y.grad) == (1.0, -float(a // b))
    h, p, q = Fraction(1, 10**9), Fraction(a), Fraction(b)  # exact, and linear between two jumps
    assert x.grad == ((p + h) % q - (p - h) % q) / (2 * h)
    assert y.grad == (p % (q + h) - p % (q - h)) / (2 * h)
    quotient, remainder = divmod(x, y)
    tg.backward([quotient, remainder], seeds=[100, 1])
    assert (x.grad, y.grad) == (1.0, -float(a // b))
    (x // y).backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


@pytest.mark.torch
@pytest.mark.parametrize(("a", "b"), SAWTOOTH)
def test_the_derivatives_are_pytorchs(a, b):
    import torch

    tx, ty = (torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (a, b))
    torch.remainder(tx, ty).backward()
    x, y = Value(a), Value(b)
    (x % y).backward()
    assert (x.grad, y.grad) == (tx.grad.item(), ty.grad.item())


def test_what_is_recorded_can_be_computed_again():
    x, y = Value(7.0, "x"), Value(2.0, "y")
    assert [node.op.name for node in topological([*divmod(x, y)]) if node.op] == ["floordiv", "mod"]
    assert [node.op.name for node in topological([*divmod(7, y)]) if node.op] == ["floordiv", "mod"]
    with no_grad():
        assert type(x % 2) is type(7 // x) is Constant


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False).filter(bool))
@example(6.0, 0.1)
@example(1.0, 0.1)
@example(1e16, 3.0)
@example(1e308, 0.5)
@example(3.0, math.inf)
@example(-3.0, math.inf)
@example(-0.0, 5.0)
@example(5e-324, -1.0)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_remainders_are_pythons_and_their_slopes_are_whole(a, b):
    x, y = Value(a, "x"), Value(b, "y")
    for found, right in zip((*divmod(x, y), *divmod(x, b), *divmod(a, y)), divmod(a, b) * 3):
        assert found.data == same(right)
        assert math.copysign(1.0, found.data) == math.copysign(1.0, right)
    gradient = tg.gradients(x % y, [x, y])
    assert tuple(gradient) == same((1.0, -(a // b)))
    assert tg.gradients(x // y, [x, y]) == [0.0, 0.0]


def test_remainders_of_decimal_looking_numbers_are_those_of_exact_arithmetic():
    for k, step in product(range(200), ("0.1", "0.01", "0.2", "0.3", "0.7")):
        a, b = k * 0.5, float(step)
        exact = Fraction(a) - Fraction(b) * (Fraction(a) // Fraction(b))
        assert (Value(a) % b).data == float(exact)
        assert (Value(a) // b).data == Fraction(a) // Fraction(b)


def test_what_has_no_quotient_is_said():
    with pytest.warns(RuntimeWarning, match=re.escape("floordiv(x = 1, 0) is inf")):
        assert (Value(1.0, "x") // 0).data == math.inf
    with pytest.warns(RuntimeWarning):
        assert math.isnan((Value(1.0, "x") % 0).data)
    with strict(), pytest.raises(FloatingPointError, match=re.escape("mod(1, y = 0) is nan")):
        1 % Value(0.0, "y")
    with pytest.raises(TypeError, match="not the str 'a'"):
        Value(1.0) // "a"
    with pytest.raises(TypeError, match="not the NoneType None"):
        None % Value(1.0)


# ── Built-ins ─────────────────────────────────────────────────────────────────────────────────────────


def test_rounding_gives_plain_numbers():
    x = Value(-2.567, "x")
    results = (round(x), round(x, 1), math.floor(x), math.ceil(x), math.trunc(x))
    assert results == (-3, -2.6, -3, -2, -2)
    assert [type(result) for result in results] == [int, float, int, int, int]
    for function in (tg.floor, tg.ceil, abs):
        assert type(function(x)) is Value
    for number in (math.inf, math.nan):
        with pytest.raises((OverflowError, ValueError), match="cannot convert float"):
            math.floor(Value(number))


def test_sum_and_prod_keep_the_graph():
    xs = [Value(x) for x in (2.0, 3.0, 4.0)]
    for total in (sum(xs), sum(xs, Value(0.0)), math.prod(xs), np.sum(xs), np.prod(xs)):
        total.backward()
        assert all(x.grad for x in xs)
    assert math.prod(xs).data == 24.0


def test_max_min_and_sorted_give_the_values_themselves():
    xs = [Value(x, name) for x, name in ((2.0, "a"), (1.0, "b"), (2.0, "c"))]
    a, b, c = xs
    assert max(xs) is a
    assert min(xs) is b
    assert sorted(xs) == [b, a, c]
    assert sorted(xs, reverse=True) == [a, c, b]
    assert max(xs, key=lambda x: (x.data, x.name)) is c
    assert statistics.median(xs) is a
    assert sorted([*xs, 1.5, Fraction(1, 3)])[0] == Fraction(1, 3)


@pytest.mark.parametrize(
    "function", [statistics.mean, statistics.variance, statistics.pstdev], ids=lambda f: f.__name__
)
def test_statistics_would_cut_the_graph_and_say_what_to_use(function):
    sentence = "a ratio of integers of Value(1, name='x') would cut the graph without a word; use tinygrad_kr.mean"
    with pytest.raises(TypeError, match=re.escape(sentence)):
        function([Value(1.0, "x"), Value(2.0)])
    assert tg.mean([Value(1.0, "x"), Value(2.0)]).data == 1.5


@pytest.mark.parametrize("function", [math.fsum, statistics.fmean, lambda xs: list(map(float, xs))])
def test_floats_would_cut_the_graph(function):
    with pytest.raises(TypeError, match=r"float\(\) of Value\(1, name='x'\) would cut the graph"):
        function([Value(1.0, "x")])


def test_an_index_or_an_exact_number_is_no_value():
    for use in (lambda x: [1, 2][x], range, Fraction, Decimal, lambda x: "ab" * x, json.dumps):
        with pytest.raises(TypeError):
            use(Value(1.0, "x"))


@pytest.mark.parametrize("spec", [".3f", "10.2e", "+g", "%", "010.1f", ".0f", ",.2f"])
def test_a_value_is_formatted_as_its_number(spec):
    for number in (2.5, -1234567.0, 1e-9, math.inf):
        assert f"{Value(number, 'x'):{spec}}" == format(number, spec)
    with pytest.raises(ValueError, match="format"):
        f"{Value(1.0):d}"
    assert "%s and %r" % (Value(1.5), Value(1.5)) == "1.5 and Value(1.5)"  # noqa: UP031


@pytest.mark.parametrize(
    ("spec", "text"),
    [("", "2"), (">6", "     2"), ("<6", "2     "), ("^7", "   2   "), ("*>4", "***2"), ("6", "     2"), ("+", "+2"),
     ("04", "0002"), ("s", "2"), (">5s", "    2"), (",", "2")],
)  # fmt: skip
def test_a_width_or_an_alignment_alone_is_of_the_number_as_it_is_printed(spec, text):
    assert f"{Value(2.0, 'x'):{spec}}" == text


@pytest.mark.parametrize(
    "number", [Decimal("1e400"), Decimal("-1e400"), Fraction(10) ** 400, 10**400, np.longdouble("1e400")]
)
def test_a_number_beyond_the_range_of_a_float_is_refused(number):
    for use in (Value, lambda n: Value(1.0) * n, constant):
        with pytest.raises(OverflowError, match=r"needs a number that a float can hold"):
            use(number)
    assert Value(Decimal("Infinity")).data == math.inf


def test_a_value_lives_in_sets_and_dictionaries():
    x, twin = Value(1.0), Value(1.0)
    counts = {x: "a", twin: "b"}
    assert (counts[x], len({x, twin, x}), x in [twin], [twin, x].index(x)) == ("a", 2, False, 1)


# ── Copies and pickles ────────────────────────────────────────────────────────────────────────────────


def test_copies_of_a_leaf_are_leaves_of_their_own():
    x = Value(1.0, "x")
    x.grad = 5.0
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        twin.data, twin.name = 2.0, "y"
        assert (x.data, x.name, twin.grad, twin.op) == (1.0, "x", 5.0, None)


SAVED = """
gASVngMAAAAAAABdlCiMG3RpbnlncmFkX2tyLmVuZ2luZS5waWNrbGluZ5SMBm1lbWJlcpSTlGgBjAdyZXN0b3JllJOUXZQojBh0aW55Z3JhZF9rci5l
bmdpbmUudmFsdWWUjAVWYWx1ZZSTlEc/4AAAAAAAAEdAFc7n6yAYT4wG7IKs6rO8lE5dlCl0lGGFlFKUSwCGlFKUaANoBV2UKChoCUc/+mEpjh4GnEc/
7v72nm+4CU6MGHRpbnlncmFkX2tyLmVuZ2luZS5hZGRlZJSMA3Jvd5STlIwDZXhwlE6GlFKUXZRoDksAhpRhRz/gAAAAAAAARz/6YSmOHgachpR0lCho
CUc/6mEpjh4GnEc//v72nm+4CU5oFIwDbXVslE6GlFKUXZQoSwBoDksAhpRlRz/6YSmOHgacRz/gAAAAAAAARz/qYSmOHgach5R0lGWFlFKUSwGGlFKU
aANoBV2UKChoB4wIQ29uc3RhbnSUk5RHP/AAAAAAAABOjAF0lE5dlCl0lChoCUc/1fSWgDWE6Uc/6mEpjh4GnE5oFIwHc29mdG1heJRLAIaUUpRdlCho
JEsBhpRoDksAhpRLAGVdlChHP+phKY4eBpxHP+AAAAAAAABHP/AAAAAAAABlRz/V9JaANYTphpR0lChoCUc/z79AaYdQyEdAAAAAAAAAAE5oFGgtSwGG
lFKUXZQoaCRLAYaUaA5LAIaUSwBlaDNHP8+/QGmHUMiGlHSUKGgJRz/aK8lLBtK0Rz/gAAAAAAAATmgUaC1LAoaUUpRdlChoJEsBhpRoDksAhpRLAGVo
M0c/2ivJSwbStIaUdJQoaClHQAAAAAAAAABOTk5dlCl0lChoCUc/73dEoSbRJ0c/8AAAAAAAAE5oFIwDZG90lE6GlFKUXZQoSwFLAksDaCRLAYaUSwRo
DksAhpRlXZQoRz/V9JaANYTpRz/Pv0Bph1DIRz/aK8lLBtK0ZV2UKEc/6mEpjh4GnEdAAAAAAAAAAEc/4AAAAAAAAGVHP+93RKEm0SeHlHSUKGgpR0AA
AAAAAAAATk5OXZQpdJQoaAlHP+W/CosUV2pHP/AAAAAAAABOaBSMA3Bvd5ROhpRSlF2UKGgkSwGGlEsGZUc/6mEpjh4GnEdAAAAAAAAAAEc/5b8KixRX
aoeUdJQoaAlHP/qbJ5YdlEhHP/AAAAAAAACMAXmUaBSMA2FkZJROhpRSlF2UKEsFSwdlKXSUZYWUUpRLCIaUUpRlLg==
"""
"""[x, shared, y] of ``graph()``, pickled by version 0.1.0 (protocol 5) after ``y.backward()``."""


def graph():
    x = Value(0.5, "사과")
    shared = tg.exp(x) * x
    y = tg.dot(tg.softmax([shared, x, constant(1.0, "t")]), [shared, 2.0, x]) + shared**2
    y.name = "y"
    y.backward()
    return [x, shared, y]


def shape(outputs):
    order = topological(outputs)
    place = {node: i for i, node in enumerate(order)}
    nodes = [
        (type(n), n.data, n.grad, n.name, n.op, n.local_derivatives(), [place[p] for p in n.parents]) for n in order
    ]
    return nodes, [place[output] for output in outputs]


def test_a_pickle_of_a_saved_graph_loads():
    x, shared, y = pickle.loads(base64.b64decode(SAVED))
    assert (x.data, x.name, shared.data, y.data, y.name) == (0.5, "사과", 0.8243606353500641, 1.662879549397319, "y")
    assert (x.grad, shared.grad, y.grad) == (5.452056573709412, 1.9372469128534269, 1.0)
    expected = shape(graph())
    assert shape([x, shared, y]) == expected
    y.backward()
    assert shape([x, shared, y]) == expected


@pytest.mark.parametrize("protocol", range(2, 6))
def test_every_protocol_takes_a_graph_further(protocol):
    first = pickle.loads(base64.b64decode(SAVED))
    assert shape(pickle.loads(pickle.dumps(first, protocol))) == shape(graph())


def test_an_operation_that_this_version_does_not_have_is_named():
    saved = base64.b64decode(SAVED).replace(b"softmax", b"softmix")
    sentence = "there is no operation 'softmix' in this version of tinygrad_kr; if you have defined it"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        pickle.loads(saved)


# ── Threads ───────────────────────────────────────────────────────────────────────────────────────────

FIRST_USE = """
import sys, threading
import tinygrad_kr as tg
from tinygrad_kr import Value

sys.setswitchinterval(1e-6)
names = "exp expm1 exp2 sin cos tanh sinh cosh atan asinh erf erfc sqrt log square"
ways = [getattr(tg, name) for name in names.split()]
ways += [lambda x: x + x, lambda x: x - x / 3, lambda x: x * 2, lambda x: 2 ** x, lambda x: 2 / x, lambda x: 2 - x]
ways += [lambda x: tg.dot([x, 1], [x, x]), lambda x: tg.softmax([x, 1])[1], lambda x: tg.atan2(x, 2), lambda x: x % 2]
start, found = threading.Barrier(8), []

def work(first):
    start.wait()
    results = {}
    for k in range(first, first + len(ways)):  # each thread begins elsewhere and meets the others on the way
        x = Value(0.5, "x")
        y = ways[k % len(ways)](x)
        y.backward()
        results[k % len(ways)] = y.data, x.grad
    found.append([results[k] for k in range(len(ways))])

threads = [threading.Thread(target=work, args=(3 * number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 8 and all(results == found[0] for results in found), found
"""


def test_many_threads_may_use_an_operation_for_the_first_time_together():
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_threads_with_graphs_and_modes_of_their_own_do_not_disturb_each_other():
    def work(number):
        x = Value(float(number), "x")
        for step in range(200):
            if number % 3 == 0:
                with no_grad():
                    outcomes[number].add((x * x).parents)
            elif number % 3 == 1:
                with strict(), pytest.raises(FloatingPointError):
                    tg.log(x - number)
            else:
                y = (x * x + step) % 1e9
                y.backward()
                outcomes[number].add(x.grad)

    outcomes = {number: set() for number in range(1, 10)}
    threads = [threading.Thread(target=work, args=(number,)) for number in outcomes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = {0: lambda n: {()}, 1: lambda n: set(), 2: lambda n: {2.0 * n}}
    assert outcomes == {number: wanted[number % 3](number) for number in outcomes}
    assert (Value(2.0) * 2).parents


# ── Weak references ───────────────────────────────────────────────────────────────────────────────────


def test_a_weak_reference_lives_as_long_as_its_value():
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0, "x")
        notes, gone = weakref.WeakKeyDictionary({x: "a note"}), []
        y = x * 3
        middle = weakref.ref(y)
        z = y + 1
        weakref.finalize(z, gone.append, "z")
        del y
        assert middle() is z.parents[0]
        z.backward()
        del z
        assert (middle(), gone, notes[x]) == (None, ["z"], "a note")
        del x
        assert not notes
    finally:
        gc.enable()


def test_every_row_can_be_weakly_referenced_and_freed():
    for op in OPS:
        y = apply(op, [Value(1.5 if op.name == "acosh" else 0.5)] * (2 if op.variadic else len(op.inputs)))
        reference = weakref.ref(y)
        del y
        assert reference() is None
