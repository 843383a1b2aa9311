"""What a Value does: numbers in and out, operators, modes, warnings, copies, pickles, threads."""

import copy
import inspect
import io
import math
import pickle
import re
import threading
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value, constant, no_grad, strict
from tinygrad_kr.engine.ops import OPS, TABLE


def saying(sentence):
    """The sentence, taken literally by pytest.raises and pytest.warns."""
    return re.escape(sentence)


# ── Numbers in ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "number",
    [
        *(3, 3.0, True, Fraction(1, 3), Decimal("0.1"), math.inf, 2**70),
        *(np.float64(1.5), np.float32(0.1), np.float16(2), np.int8(-3), np.uint64(2**63), np.bool_(True)),
    ],
    ids=lambda number: f"{type(number).__name__}({number})",
)
def test_real_numbers_become_floats(number):
    data = Value(number).data
    assert type(data) is float
    assert data == float(number)


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        ("3", "Value() needs a real number, not the str '3'; convert it first: float('3')"),
        ("a", "Value() needs a real number, not the str 'a'; a name goes beside the number: Value(1.0, 'a')"),
        (None, "Value() needs a real number, not the NoneType None; does the function that made it lack a return?"),
        (1j, "Value() needs a real number, not the complex 1j; use its .real or .imag part"),
        (np.complex64(1), "use its .real or .imag part"),
        ([1.0], "Value() needs a real number, not the list [1.0]; use Value.array(...)"),
        (np.array([1.0]), "use Value.array(...)"),
        (np.array(1.0), "use Value.array(...)"),
        (Value(1.0, "x"), "Value(1, name='x'); it is a Value already (copy it with .detach())"),
        (object, "convert it to a float first"),
        (b"3", "the bytes b'3'"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_anything_else_is_refused_with_what_to_use(thing, sentence):
    with pytest.raises(TypeError, match=saying(sentence)):
        Value(thing)
    if not isinstance(thing, (Value, np.ndarray)):  # those two can stand beside a Value
        with pytest.raises(TypeError, match=saying(sentence)):
            Value(1.0) * thing
        with pytest.raises(TypeError, match=saying(sentence)):
            thing - Value(1.0)


@pytest.mark.parametrize("number", [10**400, -(10**400), Fraction(10**400), 10**5000], ids=lambda n: type(n).__name__)
def test_an_integer_that_no_float_can_hold_is_an_overflow(number):
    with pytest.raises(OverflowError, match=r"Value\(\) needs a number that a float can hold"):
        Value(number)


@pytest.mark.parametrize("name", [3, b"x", ["x"]])
def test_a_name_is_a_text(name):
    with pytest.raises(TypeError, match=saying(f"a name is a text or None, not the {type(name).__name__} {name!r}")):
        Value(1.0, name)
    x = Value(1.0, "x")
    with pytest.raises(TypeError, match="a name is a text or None"):
        x.name = name
    assert x.name == "x"


def test_a_result_can_be_named_and_unnamed():
    y = Value(1.0) + 1
    y.name = "y"
    assert y.name == "y"
    y.name = None
    assert y.name is None


def test_the_data_of_a_leaf_can_be_set_and_that_of_a_result_cannot():
    x = Value(1.0, "x")
    x.data = Fraction(1, 4)
    assert x.data == 0.25
    with pytest.raises(TypeError, match=saying("data needs a real number, not the str '2'")):
        x.data = "2"
    with pytest.raises(AttributeError, match=saying("data of Value(0.5) is the result of 'mul' and can't be set")):
        (x * 2).data = 3
    assert x.data == 0.25


def test_a_misspelt_attribute_is_an_error():
    with pytest.raises(AttributeError):
        Value(1.0).gradient = 0.0


# ── Operators ─────────────────────────────────────────────────────────────────────────────────────────

NUMBERS = [2, 2.0, True, Fraction(1, 2), np.float64(2), np.float32(0.5), np.int32(3), np.int64(-1), np.uint8(2)]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: type(number).__name__)
@pytest.mark.parametrize(
    "operation",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
    ],
    ids=["+", "-", "*", "/", "**"],
)
def test_an_operator_takes_numbers_on_both_sides(operation, number):
    x = Value(3.0, "x")
    left, right = operation(x, number), operation(number, x)
    assert type(left) is type(right) is Value
    assert left.data == operation(3.0, float(number))
    assert right.data == operation(float(number), 3.0)
    assert left.parents[0] is x
    assert right.parents[1] is x
    assert [parent.data for parent in right.parents] == [float(number), 3.0]


def test_operands_keep_the_order_written():
    x, y = Value(3.0), Value(2.0)
    assert (x - y).parents == (x, y)
    assert (x * x).parents == (x, x)
    assert [parent.data for parent in (2 - x).parents] == [2.0, 3.0]


def test_signs_and_absolute_values():
    x = Value(-3.0)
    assert ((-x).data, (+x) is x, abs(x).data) == (3.0, True, 3.0)


def test_python_sums_values():
    x, y = Value(1.0), Value(2.0)
    assert sum([x, y]).data == 3.0


def test_an_unsupported_operator_is_a_type_error():
    for operation in (lambda x: x @ x, lambda x: x[0], lambda x: len(x)):
        with pytest.raises(TypeError):
            operation(Value(1.0))


def test_an_array_applies_an_operator_to_its_elements():
    x, numbers = Value(3.0), np.array([1.0, 2.0])
    for y in (x * numbers, numbers * x):
        assert y.shape == (2,)
        assert [element.data for element in y] == [3.0, 6.0]
        assert all(x in element.parents for element in y)


def test_object_arrays_multiply_as_matrices():
    weights = Value.array([[1.0, 2.0], [3.0, 4.0]], name="W")
    out = np.array([10.0, 100.0]) @ weights
    assert [y.data for y in out] == [310.0, 420.0]
    out[1].backward()
    assert [w.grad for w in weights.flat] == [None, 10.0, None, 100.0]


UFUNCS = [op for op in OPS if len(op.inputs) == 1 and not op.variadic and hasattr(np, op.numpy or op.name)]


@pytest.mark.parametrize("op", UFUNCS, ids=lambda op: op.name)
def test_a_numpy_ufunc_on_a_value_gives_the_function_of_the_table(op):
    ufunc, number = getattr(np, op.numpy or op.name), 1.5 if op.name == "acosh" else 0.5
    x = Value(number, "x")
    result, element = ufunc(x), ufunc(np.array([x]))[0]
    assert getattr(result, "data", result) == pytest.approx(float(ufunc(number)), rel=1e-15)
    assert getattr(element, "data", element) == getattr(result, "data", result)
    if op.name not in ("sign", "floor", "ceil"):  # steps: NumPy compares, and answers with a number
        result.backward()
        assert x.grad == pytest.approx(getattr(Value(number), op.name)().local_derivatives()[0], rel=1e-15)


def test_an_array_of_values_is_named_by_place():
    weights = Value.array(np.arange(6).reshape(2, 3), name="W")
    assert weights.shape == (2, 3)
    assert [w.name for w in weights.flat] == [f"W[{i}, {j}]" for i in range(2) for j in range(3)]
    assert [w.data for w in weights.flat] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [b.name for b in Value.array([1, 2], name="b")] == ["b[0]", "b[1]"]
    assert Value.array([1, 2])[0].name is None
    assert Value.array([True, Fraction(1, 2)])[1].data == 0.5
    assert Value.array([]).shape == (0,)


@pytest.mark.parametrize("numbers", [["a"], [1j], [None], [Value(1.0)]])
def test_an_array_of_anything_but_real_numbers_is_refused(numbers):
    with pytest.raises(TypeError, match=r"needs (a )?real number"):
        Value.array(numbers)


# ── Comparison and numbers out ────────────────────────────────────────────────────────────────────────


def test_values_are_compared_by_number():
    x, y = Value(1.0), Value(2.0)
    assert x < y
    assert x <= 1
    assert 2 > x
    assert np.float64(3) >= y
    assert not x > y
    assert sorted([y, x]) == [x, y]
    assert max(x, y) is y
    assert not Value(math.nan) < 1
    with pytest.raises(TypeError, match=saying("a comparison with a Value needs a real number, not the str '1'")):
        x < "1"


def test_equality_and_hash_are_identity():
    x, twin = Value(1.0), Value(1.0)
    assert x == x
    assert x != twin
    assert x != 1.0
    assert len({x, twin}) == 2
    x.data = 5
    assert {x: "found"}[x] == "found"


def test_a_value_is_true_unless_it_is_zero():
    assert Value(0.5)
    assert Value(math.nan)
    assert not Value(0.0)
    assert not Value(-0.0)


def test_rounding_gives_numbers():
    x = Value(2.567)
    assert (round(x), round(x, 1), math.floor(x), math.ceil(x), math.trunc(x)) == (3, 2.6, 2, 3, 2)


def test_numbers_are_written_short_and_round():
    assert str(Value(1.1) * 3) == "3.3"
    assert [str(Value(x)) for x in (220, -0.0, 1 / 3, 1e-7, 1e300, math.inf, -math.inf, math.nan)] == [
        *("220", "0", "0.333333333333", "1e-7", "1e300", "inf", "-inf", "nan")
    ]
    assert f"{Value(1.1) * 3}" == "3.3"
    assert f"{Value(2.5):.3f}|{Value(2.5):>6}" == "2.500|   2.5"


def test_a_repr_shows_number_gradient_and_name():
    x = Value(0.1, "귤")
    y = x * 3
    assert repr(y) == "Value(0.3)"
    y.backward()
    assert repr(y) == "Value(0.3, grad=1)"
    assert repr(x) == "Value(0.1, grad=3, name='귤')"
    assert repr(constant(1, "t")) == "constant(1, name='t')"


@pytest.mark.parametrize(
    "conversion",
    [float, int, complex, math.exp, math.sqrt, "%f".__mod__, lambda x: np.asarray(x, float)],
    ids=["float", "int", "complex", "math.exp", "math.sqrt", "%f", "np.asarray"],
)
def test_a_conversion_that_would_cut_the_graph_is_refused(conversion):
    with pytest.raises(TypeError, match=r"Value\(1, name='x'\) would cut the graph.* \.data .*tinygrad_kr\.exp"):
        conversion(Value(1.0, "x"))


# ── Modes ─────────────────────────────────────────────────────────────────────────────────────────────


def test_no_grad_records_nothing():
    x = Value(3.0, "x")
    with no_grad():
        results = [x * x, -x, 2 - x, tg.exp(x), tg.sum([x, x]), tg.atan2(x, x)]
        with no_grad():
            pass
        results.append(x + 1)
    assert all(type(result) is Constant and result.parents == () for result in results)
    assert [result.data for result in results[:3]] == [9.0, -3.0, -1.0]
    assert (x * x).parents == (x, x)


def test_no_grad_ends_with_an_error():
    x = Value(3.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0
    assert (x * x).parents == (x, x)


def test_detach_and_constant_stop_the_gradient():
    x, t = Value(3.0, "x"), constant(5.0, "t")
    square = x * x
    y = square.detach() * x * t
    y.backward()
    assert (x.grad, t.grad, square.grad) == (45.0, None, None)
    assert repr((x * 1).detach()) == "constant(3)"
    assert x.detach().name == "x"
    assert y.local_derivatives() == (5.0, 0.0)


def test_strict_makes_the_first_bad_number_an_error():
    x, zero = Value(-1.0, "잔액"), Value(0.0, "zero")
    with strict():
        with pytest.raises(FloatingPointError, match=saying("log(잔액 = -1) is nan; log is defined for x > 0")):
            tg.log(x)
        with pytest.raises(FloatingPointError, match=saying("div(1, zero = 0) is inf")):
            1 / zero
        with pytest.raises(FloatingPointError, match=saying("exp(1000) is inf; the result is too large for a float")):
            Value(1000.0).exp()
        with pytest.raises(FloatingPointError, match=saying("add(inf, -inf) is nan; it has no value there")):
            Value(math.inf) + -math.inf
        assert (Value(math.inf) + 1).data == math.inf
        assert math.isnan((Value(math.nan) * 2).data)
    with pytest.warns(RuntimeWarning):
        tg.log(x)


# ── Warnings ──────────────────────────────────────────────────────────────────────────────────────────


@np.errstate(all="ignore")
def numpy_log(x):
    """NumPy's logarithm without NumPy's own warning."""
    return np.log(x)


@pytest.mark.parametrize(
    ("compute", "sentence"),
    [
        (lambda: Value(1.0, "a") / Value(0.0, "b"), "div(a = 1, b = 0) is inf"),
        (lambda: Value(1.0) / 0, "div(1, 0) is inf"),
        (lambda: -1 / Value(0.0, "b"), "div(-1, b = 0) is -inf"),
        (lambda: Value(-8.0, "x") ** (1 / 3), "pow(x = -8, 0.333333333333) is nan; pow is defined for x > 0 or"),
        (lambda: tg.log(Value(-1.0, "x")), "log(x = -1) is nan; log is defined for x > 0"),
        (lambda: Value(-1.0, "x").sqrt(), "sqrt(x = -1) is nan; sqrt is defined for x >= 0"),
        (lambda: numpy_log(Value(0.0, "x")), "log(x = 0) is -inf"),
        (lambda: tg.log(np.array([Value(0.0, "x")])), "log(x = 0) is -inf"),
        (lambda: tg.exp(1000), "exp(1000) is inf; the result is too large for a float"),
        (lambda: tg.sum([Value(1e308)] * 9), "sum(1e308, 1e308, 1e308, 1e308, 1e308, 1e308, … 9 operands) is inf"),
    ],
    ids=lambda thing: thing if isinstance(thing, str) else "",
)
def test_a_warning_names_operation_and_operands_and_points_at_the_caller(compute, sentence):
    with pytest.warns(RuntimeWarning, match=saying(sentence)) as caught:
        compute()
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.filterwarnings("error")
def test_there_is_no_warning_where_nothing_went_wrong():
    assert (Value(math.inf) * 2).data == math.inf
    assert math.isnan(tg.exp(Value(math.nan)).data)
    x = Value(-3.0)
    y = x**2
    y.backward()
    assert (y.data, x.grad, y.local_derivatives()) == (9.0, -6.0, (-6.0, 0.0))
    assert (Value(0.0) ** 0).local_derivatives() == (0.0, 0.0)


# ── Conventions ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("compute", "value", "partials"),
    [
        (lambda: tg.relu(Value(0.0)), 0.0, (0.0,)),
        (lambda: abs(Value(0.0)), 0.0, (0.0,)),
        (lambda: tg.sqrt(Value(0.0)), 0.0, (math.inf,)),
        (lambda: tg.maximum(Value(2.0), Value(2.0)), 2.0, (0.5, 0.5)),
        (lambda: tg.minimum(Value(2.0), Value(2.0)), 2.0, (0.5, 0.5)),
        (lambda: tg.max([Value(2.0), Value(2.0)]), 2.0, (0.5, 0.5)),
        (lambda: Value(0.0) ** Value(0.0), 1.0, (0.0, 0.0)),
        (lambda: tg.leaky_relu(Value(-2.0)), -0.02, (0.01, 0.0)),
        (lambda: tg.leaky_relu(x=Value(-2.0), slope=0.5), -1.0, (0.5, 0.0)),
        (lambda: tg.elu(Value(-1000.0), alpha=Value(2.0)), -2.0, (0.0, -1.0)),
        (lambda: tg.elu(Value(0.0)), 0.0, (1.0, 0.0)),
        (lambda: tg.huber(Value(-3.0), delta=2), 4.0, (-2.0, 0.0)),
        (lambda: tg.gelu(Value(-1e200)), 0.0, (0.0,)),
        (lambda: tg.gelu(Value(1e200), approximate="tanh"), 1e200, (1.0,)),
        (lambda: tg.silu(Value(-1e200)), 0.0, (0.0,)),
        (lambda: tg.log_sigmoid(Value(-1000.0)), -1000.0, (1.0,)),
        (lambda: tg.binary_cross_entropy_with_logits(Value(-1000.0), 1), 1000.0, (-1.0, 0.0)),
        (
            lambda: tg.kl_divergence([Value(0.0), Value(1.0)], [0.5, 0.5]),
            math.log(2),
            (-math.inf, 1 + math.log(2), 0.0, 0.0),
        ),
        (lambda: tg.sigmoid(Value(-1000.0)), 0.0, (0.0,)),
        (lambda: tg.softplus(Value(1000.0)), 1000.0, (1.0,)),
        (lambda: tg.clip(Value(7.0), 0, 6), 6.0, (0.0, 0.0, 0.0)),
        (lambda: tg.clip(Value(2.0), high=Value(1.0)), 1.0, (0.0, 0.0, 1.0)),
        (lambda: Value(-3.0).copysign(Value(2.0)), 3.0, (-1.0, 0.0)),
        (lambda: tg.logaddexp(Value(1000.0), 1000), 1000 + math.log(2), (0.5, 0.0)),
        (lambda: tg.log_softmax([Value(1000.0), Value(1000.0)])[1], -math.log(2), (-0.5, 0.5)),
        (lambda: tg.logsumexp([Value(1000.0), Value(1000.0)]), 1000 + math.log(2), (0.5, 0.5)),
        (lambda: tg.softmax([Value(1e4), Value(1e4)])[1], 0.5, (-0.25, 0.25)),
    ],
)
@pytest.mark.filterwarnings("error")
def test_kinks_follow_pytorch_and_nothing_overflows(compute, value, partials):
    y = compute()
    assert (y.data, y.local_derivatives()) == (value, partials)


def test_a_keyword_of_a_row_is_one_of_its_function():
    assert tg.gelu(0.5, approximate="tanh") == tg.gelu_tanh(0.5) != tg.gelu(0.5)
    with pytest.raises(ValueError, match=r"gelu\(\) takes approximate='none' or 'tanh', not 'erf'"):
        tg.gelu(0.5, approximate="erf")
    with pytest.raises(TypeError, match="unexpected keyword argument 'beta'"):
        tg.elu(0.5, beta=2)
    assert str(inspect.signature(tg.clip)) == "(x, low=-inf, high=inf)"


def test_probabilities_of_arrays_are_taken_row_by_row():
    p, q = np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(tg.kl_divergence(p, q), [math.log(2) / 2 + math.log(2 / 3) / 2, math.log(2)], rtol=1e-15)
    with pytest.raises(ValueError, match=r"kl_divergence\(\) needs two sequences of one length, not 1 and 2 operands"):
        tg.kl_divergence([1.0], [0.5, 0.5])


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "logsumexp"])
def test_a_reduction_is_one_node_however_many_operands(name):
    xs = [Value(float(i)) for i in range(1, 101)]
    y = getattr(tg, name)(xs)
    assert y.parents == tuple(xs)
    assert y.op is TABLE[name]
    of_a_matrix = getattr(tg, name)(Value.array(np.ones((3, 4))))
    rows = of_a_matrix.flat if name == "logsumexp" else [of_a_matrix]
    assert {row.op for row in rows} == {TABLE[name]}


def test_a_dot_product_is_one_node():
    xs, ys = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    y = tg.dot(xs, ys)
    assert (y.data, y.parents, y.local_derivatives()) == (11.0, (*xs, *ys), (3.0, 4.0, 1.0, 2.0))
    with pytest.raises(ValueError, match=saying("dot() needs two sequences of one length, not 1 and 2 operands")):
        tg.dot([1.0], [1.0, 2.0])


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "max", "min"])
def test_what_needs_an_operand_says_so(name):
    with pytest.raises(ValueError, match=saying(f"{name}() needs at least one operand, but got none")):
        getattr(tg, name)([])


def test_functions_of_numbers_give_numbers():
    for result in (tg.exp(1), tg.sum([1, 2.0]), tg.softmax([1, 2])[0], tg.pow(2, np.int8(3)), tg.leaky_relu(-1)):
        assert type(result) is float
    assert tg.relu(np.array([[1, -1]])).tolist() == [[1.0, 0.0]]


def test_a_closure_binds_the_numbers_of_the_forward_pass():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    z = tg.dot([x * y, tg.exp(y)], [x, 1.0])
    before = (2 * 3.0 * 2.0, 3.0**2 + math.exp(2.0))
    x.data, y.data = 1e6, -1e6
    z.backward()
    assert (x.grad, y.grad) == pytest.approx(before, rel=1e-15)


# ── Copies and pickles ────────────────────────────────────────────────────────────────────────────────

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def graph():
    """A graph with a shared node, a constant, and every kind of row: (leaf, shared node, output)."""
    x = Value(0.5, "x")
    shared = tg.exp(x) * x
    scores = tg.softmax([shared, x, constant(1.0, "t")])
    y = tg.dot(scores, [shared, 2.0, x]) + shared**2
    y.backward()
    return x, shared, y


def shape(output):
    """Everything about a graph but the identity of its nodes."""
    order = tg.engine.graph.topological([output])
    place = {node: i for i, node in enumerate(order)}
    return [
        (type(n), n.data, n.grad, n.name, n.op, n.local_derivatives(), *(place[p] for p in n.parents)) for n in order
    ]


def test_a_copy_is_another_node_on_the_same_parents():
    _, _, y = graph()
    twin = copy.copy(y)
    assert twin is not y
    assert all(ours is theirs for ours, theirs in zip(twin.parents, y.parents, strict=True))
    assert shape(twin) == shape(y)


def test_a_deep_copy_is_another_graph_with_the_same_sharing():
    x, shared, y = graph()
    twin_y, twin_shared, twin_x = copy.deepcopy([y, shared, x])
    assert shape(twin_y) == shape(y)
    nodes, twins = tg.engine.graph.topological([y]), tg.engine.graph.topological([twin_y])
    assert not set(nodes) & set(twins)
    assert {twin_x, twin_shared} <= set(twins)
    twin_x.data, twin_x.grad = 7.0, 8.0
    assert (x.data, x.grad) != (7.0, 8.0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("pack", [list, tuple, lambda vs: dict(zip("abc", vs)), lambda vs: {"p": [vs[0]], "q": vs}])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_pickle_keeps_shared_nodes_shared(protocol, pack, order):
    values = graph()
    packed = pack([values[i] for i in order])
    again = pickle.loads(pickle.dumps(packed, protocol))
    loaded = list(again.values()) if isinstance(again, dict) else list(again)
    loaded = loaded[-1] if isinstance(loaded[-1], list) else loaded
    x, shared, y = (loaded[order.index(i)] for i in range(3))
    assert shape(y) == shape(values[2])
    assert {x, shared} <= set(tg.engine.graph.topological([y]))
    if isinstance(again, dict) and "p" in again:
        assert again["p"][0] is again["q"][0]


def test_several_pickles_have_nothing_to_do_with_each_other():
    x, _, y = graph()
    first, second = (pickle.loads(pickle.dumps(v)) for v in (y, y))
    assert shape(first) == shape(second) == shape(y)
    assert not set(tg.engine.graph.topological([first])) & set(tg.engine.graph.topological([second]))
    assert len(pickle.dumps(x)) < len(pickle.dumps(y))


def test_one_pickler_writes_a_node_once():
    x, shared, y = graph()
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    for value in (x, y, shared):
        pickler.dump(value)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    again_x, again_y, again_shared = (unpickler.load() for _ in range(3))
    assert {again_x, again_shared} <= set(tg.engine.graph.topological([again_y]))


def test_a_pickle_has_the_numbers_of_its_forward_pass():
    x = Value(3.0, "x")
    y = x * x
    x.data = 10.0
    saved = pickle.dumps((x, y))
    x.data = 20.0
    again_x, again_y = pickle.loads(saved)
    again_y.backward()
    assert (again_x.data, again_y.data, again_x.grad) == (10.0, 9.0, 6.0)
    assert x.grad is None


def test_a_row_stays_the_same_row_in_a_pickle():
    for k, y in enumerate(tg.softmax([Value(1.0), 2.0, 3.0])):
        again = pickle.loads(pickle.dumps(y))
        assert again.op is y.op
        assert again.op.k == k
    assert all(pickle.loads(pickle.dumps(op)) is op for op in OPS)


# ── Threads ───────────────────────────────────────────────────────────────────────────────────────────


def together(work, arguments):
    threads = [threading.Thread(target=work, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_threads_differentiate_two_graphs():
    def work(factor):
        for _ in range(300):
            x = Value(2.0)
            y = tg.sum([x * factor] * 10)
            y.backward()
            grads[factor].append(x.grad)

    grads = {3.0: [], 5.0: []}
    together(work, grads)
    assert {factor: set(found) for factor, found in grads.items()} == {3.0: {30.0}, 5.0: {50.0}}
    assert all(len(found) == 300 for found in grads.values())


def test_two_threads_pickle_one_graph():
    def work(name):
        for _ in range(50):
            again_x, again_shared, again_y = pickle.loads(pickle.dumps(values))
            nodes = tg.engine.graph.topological([again_y])
            found[name].append(shape(again_y) == shape(values[2]) and {again_x, again_shared} <= set(nodes))

    values, found = graph(), {"a": [], "b": []}
    together(work, found)
    assert found == {"a": [True] * 50, "b": [True] * 50}


def test_a_mode_belongs_to_its_thread():
    x, found = Value(-2.0), {}

    def work(x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found["value"] = tg.log(x)
        with no_grad():
            pass
        found["parents"] = (x * x).parents

    with no_grad(), strict():
        together(work, [x])
        assert (x * x).parents == ()
    assert found["parents"] == (x, x)
    assert math.isnan(found["value"].data)


def test_comparisons_are_exact_as_those_of_the_number():
    for other in (Fraction(1, 10), Decimal("0.1"), 10**400, -(10**400), Fraction(10**400, 3), 1, True):
        for x in (0.1, 1.0, 2.0, float("inf")):
            got = (Value(x) < other, Value(x) <= other, Value(x) > other, Value(x) >= other)
            assert got == (x < other, x <= other, x > other, x >= other), (x, other)
    assert Value(0.1) > Fraction(1, 10)  # 0.1 is 0.1000000000000000055…
    assert (Value(2.0) < np.float32(3.0)) is True
    with pytest.raises(TypeError, match="a comparison with a Value needs a real number, not the str 'a'"):
        Value(1.0) < "a"
