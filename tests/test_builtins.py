"""``from tinygrad_kr import *`` replaces ``abs max min pow sum``: without Values and floats they are Python's own."""

import builtins
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Value

EXACT = st.one_of(st.integers(), st.fractions(), st.booleans())
KINDS = st.one_of(
    st.lists(EXACT),
    st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000)),
    st.text(),
    st.binary(),
    st.lists(st.text()),
    st.sets(st.integers()),
    st.lists(st.tuples(st.integers(), st.integers())),
)


def outcome(function, *arguments, **keywords):
    """What comes out: the result and its type, or the error's type."""
    try:
        result = function(*arguments, **keywords)
    except Exception as error:
        return type(error)
    return type(result), result


@given(KINDS, st.sampled_from(["max", "min"]), st.sampled_from([{}, {"key": str}, {"default": None}]))
def test_max_and_min_are_pythons(operands, name, keywords):
    ours, python = getattr(tg, name), getattr(builtins, name)
    assert outcome(ours, operands, **keywords) == outcome(python, operands, **keywords)
    assert outcome(ours, (x for x in operands), **keywords) == outcome(python, operands, **keywords)
    if len(operands) > 1:
        assert outcome(ours, *operands, **{"key": str}) == outcome(python, *operands, **{"key": str})


@given(KINDS, st.one_of(st.just(0), st.integers(), st.fractions(), st.just(()), st.just("")))
def test_sum_is_pythons(operands, start):
    assert outcome(tg.sum, operands, start=start) == outcome(builtins.sum, operands, start=start)
    assert outcome(tg.sum, iter(operands), start) == outcome(builtins.sum, operands, start)


def test_sum_of_lists_and_complex_numbers():
    assert tg.sum([[1], [2]], start=[]) == [1, 2]
    assert tg.sum([1j, 2.0]) == 2 + 1j
    assert tg.sum([Fraction(1, 2), 0.25]) == 0.75


@given(EXACT)
def test_abs_is_pythons(x):
    assert outcome(tg.abs, x) == outcome(builtins.abs, x)


@given(st.integers(-50, 50), st.integers(-5, 60), st.one_of(st.none(), st.integers(-9, 9)))
def test_pow_is_pythons(base, exp, mod):
    assert outcome(tg.pow, base, exp, mod) == outcome(builtins.pow, base, exp, mod)
    assert outcome(tg.pow, base=base, exp=exp, mod=mod) == outcome(builtins.pow, base=base, exp=exp, mod=mod)


@pytest.mark.parametrize("x", [3 + 4j, Decimal("-1.5"), Fraction(-1, 3), -(10**400), True])
def test_abs_and_pow_of_other_numbers(x):
    assert outcome(tg.abs, x) == outcome(builtins.abs, x)
    assert outcome(tg.pow, x, 2) == outcome(builtins.pow, x, 2)


def test_floats_and_arrays_are_the_tables():
    assert tg.sum([0.1] * 10) == 1.0  # correctly rounded
    assert tg.sum(np.array([[1, 2], [3, 4]])) == 10.0
    assert tg.max([1.0, float("nan")]) != tg.max([1.0, float("nan")])
    assert tg.abs(np.array([-1.0, 2.0])).tolist() == [1.0, 2.0]
    assert tg.max(np.array([1.0, 5.0]), np.array([3.0, 2.0])).tolist() == [3.0, 5.0]


def test_values_are_recorded_with_the_keywords_that_make_sense():
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    total = tg.sum((v for v in (x, y)), start=x)
    total.backward()
    assert (total.data, x.grad, y.grad) == (1.0, 2.0, 1.0)
    assert tg.max([x, y], key=lambda v: abs(v.data)) is y
    assert tg.max([x, y], default=0).data == 2.0
    assert tg.min([], default=x) is x
    with pytest.raises(ValueError, match=r"max\(\) needs at least one operand"):
        tg.max(iter([]))
    with pytest.raises(TypeError, match=r"no third argument; write pow\(x, y\) % m"):
        tg.pow(x, 2, 5)
