"""SymPy: what to_sympy gives, and every derivative formula of the table against SymPy's own."""

import math
import subprocess
import sys
from itertools import islice, repeat
from random import Random

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from truth import moderate, rows

import tinygrad_kr as tg
from tinygrad_kr import Value, constant, to_sympy
from tinygrad_kr.derivatives.formulas import on_values
from tinygrad_kr.targets.sympify import expression


def size_of(op):
    return 3 * len(op.inputs) if op.variadic else len(op.inputs)


def variables(op):
    return sympy.symbols(f"a:{size_of(op)}", real=True)


def points(op, count):
    """Floats well inside the row's domain and off its kinks."""
    random = Random(op.name)
    tries = ([random.uniform(-3, 3) for _ in range(size_of(op))] for _ in repeat(None))
    return list(islice((xs for xs in tries if moderate(op, xs)), count))


def at(formula, symbols, numbers):
    """The formula at these numbers, to 40 digits."""
    return formula.subs(dict(zip(symbols, map(sympy.Rational, numbers)))).evalf(40)


def slope(formula, symbol):
    """SymPy's derivative. It has none of floor and ceil; that one is a difference no float can see."""
    if formula.has(sympy.floor, sympy.ceiling):
        h = sympy.Rational(1, 10**30)
        return (formula.subs(symbol, symbol + h) - formula) / h
    return sympy.diff(formula, symbol)


def partials(op, symbols, z):
    """The row's partial with respect to every operand."""
    size = len(symbols) // len(op.inputs)
    return [
        expression(op, op.partials[i // size], symbols, z, i % size) if op.variadic
        else expression(op, op.partials[i], symbols, z)
        for i in range(len(symbols))
    ]  # fmt: skip


@rows
def test_the_partials_of_a_row_are_sympys(op):
    symbols = variables(op)
    z = expression(op, op.forward, symbols)
    for symbol, partial in zip(symbols, partials(op, symbols, z)):
        theirs = slope(z, symbol)
        for numbers in points(op, 5):
            ours, true = at(partial, symbols, numbers), at(theirs, symbols, numbers)
            assert abs(ours - true) <= sympy.Float("1e-30") * (1 + abs(true)), (symbol, numbers, ours, true)


@rows
def test_the_second_derivatives_of_a_row_are_sympys(op):
    symbols = variables(op)
    z = expression(op, op.forward, symbols)
    forward, derivatives = on_values(op)
    second = [[slope(slope(z, a), b) for b in symbols] for a in symbols]
    for numbers in points(op, 2):
        xs = [Value(x) for x in numbers]
        size = len(xs) // len(op.inputs)
        operands = [xs[k : k + size] for k in range(0, len(xs), size)] if op.variadic else xs
        for row, partial in zip(second, derivatives(*operands, forward(*operands))):
            if isinstance(partial, Value):
                partial.backward()
            for x, formula in zip(xs, row):
                ours = (x.grad or 0.0) if isinstance(partial, Value) else 0.0
                assert ours == pytest.approx(float(at(formula, symbols, numbers)), rel=1e-12, abs=1e-13)
                x.grad = None


@rows
def test_the_row_on_symbols_is_the_row_on_numbers(op):
    symbols = variables(op)
    for numbers in points(op, 5):
        value = tg.engine.value.apply(op, numbers).data
        for formula in {op.forward, op.exact or op.forward}:
            got = float(at(expression(op, formula, symbols), symbols, numbers))
            assert got == pytest.approx(value, rel=1e-13, abs=1e-15)


def test_a_graph_becomes_the_expression_that_was_written():
    x, y = Value(3.0, "x"), Value(0.5, "y")
    a, b = sympy.symbols("x y", real=True)
    assert to_sympy((x**2 + 2 * x * y) / tg.exp(-y)) == (a**2 + 2 * a * b) / sympy.exp(-b)
    assert to_sympy(tg.relu(x) + tg.max(x, y) + abs(y)) == sympy.Max(a, 0) + sympy.Max(a, b) + sympy.Abs(b)
    assert to_sympy(tg.sigmoid(x) * tg.softplus(y)) == sympy.log(1 + sympy.exp(b)) / (1 + sympy.exp(-a))
    assert to_sympy(tg.leaky_relu(x)) == sympy.Piecewise((a, a > 0), (a * sympy.Float(0.01), True))
    assert to_sympy(tg.softmax([x, y])[1]) == sympy.exp(b) / (sympy.exp(a) + sympy.exp(b))
    assert to_sympy(x % y) == a - b * sympy.floor(a / b)
    assert to_sympy(tg.sign(x)) == sympy.sign(a)
    assert to_sympy(x) == a


def test_constants_become_exact_numbers():
    x = Value(1.0, "x")
    assert to_sympy(constant(2, "t")) == sympy.Integer(2)
    assert to_sympy(constant(1e22)) == sympy.Integer(10**22)
    assert to_sympy(constant(-0.0)) == 0
    assert sympy.Rational(to_sympy(constant(0.1))) == sympy.Rational(0.1)
    assert [to_sympy(constant(n)) for n in (math.inf, -math.inf)] == [sympy.oo, -sympy.oo]
    assert to_sympy(constant(math.nan)) is sympy.nan
    assert to_sympy(x**2).is_Pow


def test_leaves_of_one_name_stay_different():
    leaves = [Value(1.0, name) for name in ("x", "x", "x_2", None, "x1", "x", "", None)]
    whole = to_sympy(tg.sum([leaf * k for k, leaf in enumerate(leaves, 1)]))
    names = {int(whole.coeff(symbol)): symbol.name for symbol in whole.free_symbols}
    assert names == {1: "x", 2: "x_3", 3: "x_2", 4: "x2", 5: "x1", 6: "x_4", 7: "x3", 8: "x4"}


def test_a_hostile_name_is_only_a_name():
    names = ["__import__('os')", "\ud800", "x y", "1", "lambda", "사과", "x" * 10_000, "\x00"]
    assert {symbol.name for symbol in to_sympy(tg.sum([Value(1, name) for name in names])).free_symbols} == set(names)


def test_symbols_of_ones_own_stand_for_leaves_and_inner_values():
    x, t = Value(3.0, "x"), sympy.Symbol("t")
    inner = tg.exp(x)
    assert to_sympy(inner * x, {inner: t}) == t * sympy.Symbol("x", real=True)
    assert to_sympy(inner * x, {x: t}) == t * sympy.exp(t)
    assert to_sympy(x * 2, {x: 5}) == 10
    assert to_sympy(x * Value(1.0, "t"), {x: t}) == t * sympy.Symbol("t_2", real=True)


def test_anything_but_a_value_is_refused():
    with pytest.raises(TypeError, match=r"to_sympy\(\) needs a Value, not the float 3.0"):
        to_sympy(3.0)


def test_without_sympy_the_error_says_what_to_install():
    program = "import sys; sys.modules['sympy'] = None; import tinygrad_kr as tg; tg.to_sympy(tg.Value(1))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: to_sympy() needs SymPy; install it with: pip install 'tinygrad_kr[sympy]'"
    )


def test_sympy_is_loaded_only_when_asked_for():
    program = "import sys, tinygrad_kr; tinygrad_kr.to_sympy; print('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_a_graph_of_ten_thousand_levels_is_walked_without_recursion():
    y = Value(0.5, "x")
    for _ in range(5000):
        y = tg.sin(y) + 1
    deep, levels = to_sympy(y), 0
    while deep.args:
        deep, levels = max(deep.args, key=lambda part: bool(part.args) or part.is_Symbol), levels + 1
    assert (deep, levels) == (sympy.Symbol("x", real=True), 10_000)


STEPS = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b,
    lambda a, b: tg.sin(a) * 2,
    lambda a, b: tg.tanh(a) / (2 + tg.cos(b)),
    lambda a, b: tg.dot([a, b], [b, 0.5]),
    lambda a, b: tg.softmax([a, b, 1])[1],
    lambda a, b: tg.logsumexp([a, b]),
    lambda a, b: tg.sigmoid(a) ** 2,
    lambda a, b: tg.atan2(a, 3 + tg.square(b)),
]
numbers = st.floats(-2, 2).map(lambda x: round(x, 3))


@given(
    st.tuples(numbers, numbers), st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0), st.integers(0)), max_size=4)
)
def test_value_and_gradient_of_a_graph_are_those_of_its_expression(starts, steps):
    x, y = leaves = [Value(start, name) for start, name in zip(starts, "xy")]
    made = [x, y]
    for step, a, b in steps:
        made.append(step(made[a % len(made)], made[b % len(made)]))
    output = tg.sum([made[-1], x * 0, y * 0])
    output.backward()
    symbols = sympy.symbols("x y", real=True)
    whole = to_sympy(output)
    assert output.data == pytest.approx(float(at(whole, symbols, starts)), rel=1e-12, abs=1e-12)
    for leaf, symbol in zip(leaves, symbols):
        assert leaf.grad == pytest.approx(float(at(whole.diff(symbol), symbols, starts)), rel=1e-11, abs=1e-12)
