"""NumPy around Values: functions, products, sums, indexing, broadcasting, comparison; and what can't be."""

import math
import pickle
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from truth import regular

import tinygrad_kr as tg
from tinygrad_kr import Value
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply


def data(array):
    """The numbers of an array of Values (and of numbers among them)."""
    elements = np.asarray(array)
    numbers = [element.data if isinstance(element, Value) else element for element in elements.flat]
    return np.array(numbers).reshape(elements.shape)


def grads(array):
    return np.array([element.grad for element in array.flat]).reshape(array.shape)


# ── Functions ─────────────────────────────────────────────────────────────────────────────────────────

TWINS = {"sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative", "pow": "power"}
UFUNCS = [
    (op, getattr(np, name))
    for op in OPS
    if not op.variadic and isinstance(getattr(np, name := op.numpy or TWINS.get(op.name, op.name), None), np.ufunc)
]
STEPS = ("sign", "floor", "ceil", "min", "max")  # NumPy computes these by comparing; there is nothing to record


def inside(op, shape):
    """Numbers in the row's domain."""
    numbers = np.linspace(0.15, 0.85, math.prod(shape)).reshape(shape)
    return numbers if regular(op, [0.15, 0.85][: len(op.inputs)]) else numbers + 1


@pytest.mark.parametrize("op", [op for op in OPS if not op.variadic and op not in dict(UFUNCS)], ids=lambda op: op.name)
def test_a_row_without_a_twin_computes_nothing_that_numpy_has_a_ufunc_for(op):
    points = [[0.3, 0.7, 0.2], [2.5, 1.5, 0.4], [1.25, 3.0, 5.0], [-1.5, 2.0, 0.5]]
    ours = [apply(op, point[: len(op.inputs)]).data for point in points]
    for ufunc in {thing for thing in vars(np).values() if isinstance(thing, np.ufunc)}:
        if (ufunc.nin, ufunc.nout) == (len(op.inputs), 1) and "dd->d"[-2 - ufunc.nin :] in ufunc.types:
            with np.errstate(all="ignore"):
                assert [ufunc(*point[: ufunc.nin]) for point in points] != pytest.approx(ours, nan_ok=True), ufunc


@pytest.mark.parametrize(("op", "ufunc"), UFUNCS, ids=lambda thing: getattr(thing, "name", ""))
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_a_ufunc_gives_numpys_value_and_our_derivative(op, ufunc, shape):
    numbers = [inside(op, shape), inside(op, shape)[..., ::-1] if shape else inside(op, shape) * 0.5][: len(op.inputs)]
    operands = [Value.array(number, "x") for number in numbers]
    results = np.asarray(ufunc(*(operand if shape else operand.item() for operand in operands)))
    assert results.shape == shape
    assert data(results) == pytest.approx(ufunc(*numbers), rel=1e-15)
    if op.name in STEPS:
        return
    for place in np.ndindex(*shape):
        at_place = [operand[place] for operand in operands]
        results[place].backward()
        slopes = apply(op, at_place).local_derivatives()
        assert [x.grad for x in at_place] == pytest.approx(slopes, rel=1e-15)


@pytest.mark.parametrize(("op", "ufunc"), [pair for pair in UFUNCS if len(pair[0].inputs) == 2 and pair[0].infix],
                         ids=lambda thing: getattr(thing, "name", ""))  # fmt: skip
def test_one_side_may_be_numbers(op, ufunc):
    xs, numbers = Value.array([1.0, 2.0, 3.0], "x"), np.array([3.0, 1.0, 2.0])
    for left, right in ((xs, numbers), (numbers, xs), (xs, 2.0), (2.0, xs), (xs[0], numbers), (numbers, xs[0])):
        assert data(ufunc(left, right)) == pytest.approx(ufunc(data(left), data(right)), rel=1e-15)


def test_floor_division_and_remainder():
    xs = Value.array([7.0, -7.0, 7.5], "x")
    assert data(xs // 2).tolist() == [3.0, -4.0, 3.0]
    assert data(np.remainder(xs, 2)).tolist() == [1.0, 1.0, 1.5]
    assert data(np.mod(7.0, Value.array([2.0, 4.0]))).tolist() == [1.0, 3.0]
    assert data(np.floor_divide(xs[0], [2.0, 4.0])).tolist() == [3.0, 1.0]
    assert [part.shape for part in divmod(xs[0], np.array([2.0, 3.0]))] == [(2,), (2,)]


def test_numpys_maximum_takes_one_of_the_two_and_ours_shares_the_derivative():
    x, y = Value(2.0, "x"), Value(2.0, "y")
    assert np.maximum(x, y) is x
    tg.maximum(x, y).backward()
    assert (x.grad, y.grad) == (0.5, 0.5)
    xs = Value.array([1.0, -2.0, 3.0], "x")
    assert [np.max(xs), np.min(xs)] == [xs[2], xs[1]]
    assert np.maximum(xs, 0).tolist() == [xs[0], 0, xs[2]]
    clipped = np.clip(xs, -1, 2)  # with both ends it is a row; with one NumPy itself takes a minimum or maximum
    assert [(y.data, y.op.name) for y in clipped] == [(1, "clip"), (-1, "clip"), (2, "clip")]
    assert np.clip(xs, None, 2).tolist() == [xs[0], xs[1], 2]


def test_where_takes_values_by_a_condition():
    xs = Value.array([1.0, -2.0, 3.0], "x")
    chosen = np.where(xs > 0, xs, 0.1 * xs)
    tg.sum(chosen).backward()
    assert data(chosen) == pytest.approx([1.0, -0.2, 3.0])
    assert grads(xs).tolist() == [1.0, 0.1, 1.0]


def test_a_function_without_a_twin_is_an_error_that_names_it():
    x = Value.array([1.0], "x")
    for function, word in ((np.logaddexp2, "logaddexp2"), (np.rint, "rint"), (np.spacing, "spacing")):
        arguments = (x, x) if function is np.logaddexp2 else (x,)
        with pytest.raises(TypeError, match=word):
            function(*arguments)


@pytest.mark.parametrize("name", ["round", "quantile", "linalg.norm"])
def test_what_numpy_does_to_its_own_numbers_only_is_refused_in_our_sentence(name):
    function = np.linalg.norm if name == "linalg.norm" else getattr(np, name)
    arguments = {"round": (), "quantile": (0.5,), "linalg.norm": (3,)}[name]
    if name == "quantile" and np.lib.NumpyVersion(np.__version__) < "2.4.0":  # which interpolates with operators
        assert function(Value.array([1.0, 2.5]), *arguments).data == 1.75
        return
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\) can't compute with Values; tinygrad_kr has"):
        function(Value.array([1.0, 2.5]), *arguments)


@pytest.mark.parametrize("function", [np.linalg.eigh, np.linalg.pinv, np.linalg.slogdet])
def test_linear_algebra_beyond_equations_is_refused_by_numpy(function):
    with pytest.raises(TypeError, match="Cannot cast ufunc .* from dtype\\('O'\\)"):
        function(Value.array(np.eye(2), "A"))


def test_an_array_of_floats_would_cut_the_graph():
    xs = Value.array([1.0, 2.0], "x")
    for convert in (
        lambda: xs.astype(float),
        lambda: np.asarray(xs, float),
        lambda: np.float64(xs[0]),
        lambda: float(xs[0]),
    ):
        with pytest.raises(TypeError, match=re.escape("float() of Value(1, name='x[0]') would cut the graph")):
            convert()
    holder = np.zeros(2)
    with pytest.raises((TypeError, ValueError), match="cut the graph|setting an array element"):
        holder[0] = xs[0]


# ── Products and sums ─────────────────────────────────────────────────────────────────────────────────

NUMBERS = st.floats(-10, 10).map(lambda x: round(x, 3))


@st.composite
def factors(draw):
    """Two arrays of numbers that np.dot takes."""
    m, n, k = (draw(st.integers(1, 3)) for _ in range(3))
    shapes = draw(st.sampled_from([((n,), (n,)), ((m, n), (n,)), ((n,), (n, k)), ((m, n), (n, k))]))
    return [draw(arrays.arrays(float, shape, elements=NUMBERS)) for shape in shapes]


@given(factors(), st.sampled_from([np.dot, np.matmul, tg.dot, lambda a, b: a @ b]))
def test_products_have_the_values_and_derivatives_of_matrices(numbers, product):
    A, B = (Value.array(number, name) for number, name in zip(numbers, "AB"))
    a, b = numbers
    for left, right in ((A, B), (A, b), (a, B)):
        out = np.asarray(product(left, right))
        assert data(out) == pytest.approx(a @ b, rel=1e-12, abs=1e-12)
    G = np.arange(1.0, 1 + (a @ b).size).reshape(np.shape(a @ b))
    tg.backward(list(np.asarray(product(A, B)).flat), seeds=list(G.flat))
    a2, b2 = np.atleast_2d(a), b.reshape(len(b), -1)
    G2 = G.reshape(len(a2), -1)
    assert grads(A) == pytest.approx((G2 @ b2.T).reshape(a.shape), rel=1e-12, abs=1e-12)
    assert grads(B) == pytest.approx((a2.T @ G2).reshape(b.shape), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        *(np.sum, np.mean, np.prod, np.var, np.std, np.cumsum, np.diff, np.ptp, np.median, np.trace, np.transpose),
        *(np.sort, np.ravel, np.linalg.norm, lambda a: np.outer(a, a), lambda a: np.einsum("ij,kj->ik", a, a)),
        *(lambda a: np.sum(a, axis=0), lambda a: a.mean(axis=1, keepdims=True), lambda a: np.kron(a, a)),
        *(lambda a: np.average(a, axis=0, weights=[1, 2]), lambda a: np.tensordot(a, a), lambda a: np.vdot(a, a)),
        *(lambda a: np.concatenate([a, a * 2]), lambda a: np.stack([a, a]), lambda a: np.convolve(a[0], a[1])),
        *(lambda a: np.polyval(a[0], 2.0), lambda a: np.add.reduce(a), lambda a: np.cross(a[0], a[1])),
    ],
)  # fmt: skip
def test_what_is_made_of_operators_works_on_values(function):
    numbers = np.array([[1.5, -2.0, 3.0], [0.25, 5.0, -0.5]])
    xs = Value.array(numbers, "x")
    result = function(xs)
    assert data(result) == pytest.approx(function(numbers), rel=1e-14)
    assert all(isinstance(element, Value) for element in np.asarray(result).flat)
    tg.backward(list(np.asarray(result).flat))
    h = 1e-6
    for place in np.ndindex(*numbers.shape):
        step = np.zeros_like(numbers)
        step[place] = h
        difference = (np.sum(function(numbers + step)) - np.sum(function(numbers - step))) / (2 * h)
        assert (xs[place].grad or 0.0) == pytest.approx(difference, rel=1e-6, abs=1e-6)


# ── Arrays ────────────────────────────────────────────────────────────────────────────────────────────


def summed_to(shape, array):
    """An array summed over the axes along which a smaller one was repeated."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    return array.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)


@given(arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_operators_broadcast(shapes):
    a, b = (np.arange(1.0, 1 + math.prod(shape)).reshape(shape) for shape in shapes.input_shapes)
    A, B = Value.array(a, "A"), Value.array(b, "B")
    out = np.asarray(A * B - b)
    assert out.shape == shapes.result_shape
    assert (data(out) == a * b - b).all()
    tg.backward(list(out.flat))
    assert (grads(A) == summed_to(a.shape, np.broadcast_to(b, out.shape))).all()
    assert (grads(B) == summed_to(b.shape, np.broadcast_to(a, out.shape))).all()


def test_indexing_gives_the_values_themselves():
    W = Value.array(np.arange(6.0).reshape(2, 3), "W")
    assert W[1, 2].name == "W[1, 2]"
    assert W[:, 1].tolist() == [W[0, 1], W[1, 1]]
    assert W[W > 3].tolist() == [W[1, 1], W[1, 2]]
    assert W[[1, 0], [0, 2]].tolist() == [W[1, 0], W[0, 2]]
    assert W.T[2, 0] is W[0, 2]
    W[0, 0] = W[1, 1]
    assert W.flat[0] is W[1, 1]


@pytest.mark.parametrize("zero_dimensional", [np.array(2.0), np.array(2), np.array(True), np.array(2.0, dtype=object)])
def test_an_array_without_dimensions_is_a_number(zero_dimensional):
    x, number = Value(3.0, "x"), float(zero_dimensional)
    for got, expected in (
        (x * zero_dimensional, 3 * number), (zero_dimensional * x, 3 * number), (x - zero_dimensional, 3 - number),
        (zero_dimensional / x, number / 3), (x**zero_dimensional, 3**number), (x % zero_dimensional, 3 % number),
    ):  # fmt: skip
        assert type(got) is Value
        assert got.data == expected
    assert (x > zero_dimensional, zero_dimensional > x) == (True, False)
    with tg.no_grad():
        assert (x * zero_dimensional).data == 3 * number


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), np.uint8(2), np.bool_(True)], ids=repr)
def test_a_numpy_scalar_may_stand_at_the_left(scalar):
    x, number = Value(3.0, "x"), float(scalar)
    for got, expected in (
        (scalar + x, number + 3), (scalar - x, number - 3), (scalar * x, number * 3), (scalar / x, number / 3),
        (scalar**x, number**3), (scalar // x, number // 3), (scalar % x, number % 3),
    ):  # fmt: skip
        assert type(got) is Value
        assert got.data == expected
    assert (scalar < x, scalar > x, x < scalar, x >= scalar) == (True, False, False, True)


def test_arrays_are_compared_element_by_element():
    x, numbers = Value(2.0, "x"), np.array([1.0, 2.0, 3.0])
    for got, expected in (
        (x < numbers, [False, False, True]), (x <= numbers, [False, True, True]), (numbers < x, [True, False, False]),
        (x > Value.array(numbers), [True, False, False]), (Value.array(numbers) >= x, [False, True, True]),
    ):  # fmt: skip
        assert got.dtype == bool
        assert got.tolist() == expected
    assert (Value.array(numbers) == x).tolist() == [False] * 3  # == is identity
    with pytest.raises(TypeError, match="a comparison with a Value needs a real number, not the list"):
        x < [1.0]


def test_sorting_and_searching_go_by_number():
    xs = Value.array([3.0, 1.0, 2.0], "x")
    assert np.sort(xs).tolist() == [xs[1], xs[2], xs[0]]
    assert np.argsort(xs).tolist() == [1, 2, 0]
    assert (np.argmax(xs), np.argmin(xs), np.searchsorted(np.sort(xs), 2.5)) == (0, 1, 2)
    assert (np.any(xs > 2), np.all(xs > 2), np.count_nonzero(xs)) == (True, False, 3)


def test_our_functions_take_arrays_and_warn_by_name():
    with pytest.warns(RuntimeWarning, match=re.escape("log(x[1] = -1) is nan")):
        tg.log(Value.array([1.0, -1.0], "x"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert data(tg.exp(Value.array([0.0, 1.0]))) == pytest.approx([1.0, math.e])
        assert apply(TABLE["mul"], [np.float64(2), Value(3.0)]).data == 6.0


# ── Functions of vectors take arrays by their rows ────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(2, 3), (1, 4), (2, 2, 3), (3, 1), (0, 3)])
@pytest.mark.parametrize("kind", [np.array, Value.array], ids=["numbers", "Values"])
def test_softmax_and_its_like_go_by_rows(shape, kind):
    scores = np.arange(math.prod(shape), dtype=float).reshape(shape) ** 1.5 / 3 - 1
    powers = np.exp(scores)
    total = powers.sum(axis=-1, keepdims=True)

    def numbers(array):
        return np.array([x.data if isinstance(x, Value) else x for x in array.flat], float).reshape(array.shape)

    np.testing.assert_allclose(numbers(tg.softmax(kind(scores))), powers / total, rtol=1e-14)
    np.testing.assert_allclose(numbers(tg.log_softmax(kind(scores))), np.log(powers / total), rtol=1e-13)
    np.testing.assert_allclose(numbers(tg.logsumexp(kind(scores))), np.log(total[..., 0]), rtol=1e-14)
    labels = np.ones(shape) / shape[-1]
    expected = -(labels * np.log(powers / total)).sum(axis=-1)
    np.testing.assert_allclose(numbers(tg.cross_entropy(kind(powers / total), labels)), expected, rtol=1e-14)


def test_softmax_of_rows_has_the_derivatives_of_each_row():
    scores = Value.array([[0.3, 2.9, 4.0], [1.0, 2.0, 3.0]])
    tg.softmax(scores)[1, 2].backward()
    p = np.exp([1.0, 2.0, 3.0]) / np.exp([1.0, 2.0, 3.0]).sum()
    assert [x.grad for x in scores[0]] == [None] * 3
    np.testing.assert_allclose([x.grad for x in scores[1]], p[2] * (np.array([0, 0, 1]) - p), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: tg.cross_entropy(np.full((2, 3), 0.5), np.ones((3, 2))), ValueError, r"not \(2, 3\) and \(3, 2\)"),
        (lambda: tg.cross_entropy(np.full((2, 3), 0.5), np.ones(6)), ValueError, r"not \(2, 3\) and \(6,\)"),
        (lambda: tg.cross_entropy([0.1, 0.3, 0.6], 2), TypeError, "needs a sequence of numbers, not the int 2"),
        (lambda: tg.softmax([[1.0, 2.0], [3.0, 4.0]]), TypeError, r"not the list \[1\.0, 2\.0\]; give np\.array"),
        (lambda: tg.logsumexp(3.0), TypeError, "not the float 3"),
        (lambda: tg.mean([(1.0, 2.0)]), TypeError, "not the tuple"),
        (lambda: tg.softmax(np.zeros((3, 0))), ValueError, "needs at least one operand"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def test_the_softmax_of_many_numbers_is_linear():
    scores = [math.sin(k) for k in range(20_000)]
    powers = [math.exp(score) for score in scores]
    total = math.fsum(powers)
    np.testing.assert_allclose(tg.softmax(scores), [power / total for power in powers], rtol=1e-14)
    np.testing.assert_allclose(tg.log_softmax(scores), [score - math.log(total) for score in scores], rtol=1e-14)


# ── Whichever comes first ─────────────────────────────────────────────────────────────────────────────


def slopes(result, leaves):
    """Σ of an array's derivatives by leaves."""
    outputs = [y for y in np.asarray(result, object).flat if isinstance(y, Value)]
    return tg.gradients(outputs, list(leaves))


@pytest.mark.parametrize(
    ("call", "numbers", "derivatives"),
    [
        (lambda x, v: np.arctan2(1.0, x), 0.4636476090008061, [-0.2, 0, 0]),
        (lambda x, v: np.hypot(np.array([4.0, 3.0]), v), [5.0, 5.0], [0, 0.6, 0.8]),
        (lambda x, v: np.exp(np.maximum(v, 3.5)), [33.11545195869231, 54.598150033144236], [0, 0, 54.598150033144236]),
        (lambda x, v: np.log(np.clip(v, 3.5, 9)), [math.log(3.5), math.log(4)], [0, 0, 0.25]),
        (lambda x, v: np.tanh(np.where(v > 3, v, 0)), [0.0, math.tanh(4)], [0, 0, 1 / math.cosh(4) ** 2]),
        (lambda x, v: np.exp(np.pad(v, 1)), [1, math.exp(3), math.exp(4), 1], [0, math.exp(3), math.exp(4)]),
        (lambda x, v: np.sqrt(np.diag(v)), [[math.sqrt(3), 0], [0, 2]], [0, 0.5 / math.sqrt(3), 0.25]),
        (
            lambda x, v: np.exp(np.concatenate([v, [1.0]])),
            [math.exp(3), math.exp(4), math.e],
            [0, math.exp(3), math.exp(4)],
        ),
        (lambda x, v: np.radians(x), math.radians(2), [math.pi / 180, 0, 0]),
        (lambda x, v: np.rad2deg(v), [math.degrees(3), math.degrees(4)], [0, 180 / math.pi, 180 / math.pi]),
        (lambda x, v: np.logaddexp(0.0, x), math.log1p(math.exp(2)), [1 / (1 + math.exp(-2)), 0, 0]),
        (lambda x, v: np.copysign(v, [-1, 1]), [-3, 4], [0, -1, 1]),
        (lambda x, v: np.copysign(1.0, x), 1.0, [0, 0, 0]),
        (lambda x, v: np.copysign(v, -0.0), [-3, -4], [0, -1, -1]),
        (lambda x, v: np.hypot.reduce(v), 5.0, [0, 0.6, 0.8]),
        (
            lambda x, v: np.logaddexp.accumulate(v),
            [3, 4 + math.log1p(math.exp(-1))],
            [0, 1 + 1 / (1 + math.e), 1 / (1 + 1 / math.e)],
        ),
        (lambda x, v: np.arctan2.outer(x, [1.0, 2.0]), [math.atan2(2, 1), math.atan2(2, 2)], [0.2 + 0.25, 0, 0]),
        (lambda x, v: np.exp(v, where=[True, False], out=v.copy()), [math.exp(3), 4], [0, math.exp(3), 1]),
        (lambda x, v: v.clip(3.5, x + 5), [3.5, 4], [0, 0, 1]),
        (lambda x, v: np.clip(7.0, v, 3.5), [3.5, 3.5], [0, 0, 0]),
        (lambda x, v: np.clip(2.0, v, 9), [3, 4], [0, 1, 1]),
        (lambda x, v: np.fmod(-7.5, x), math.fmod(-7.5, 2), [3, 0, 0]),
        (lambda x, v: np.fmod(v, -2.5), [math.fmod(3, -2.5), math.fmod(4, -2.5)], [0, 1, 1]),
        (lambda x, v: np.float_power(3, x), 9.0, [9 * math.log(3), 0, 0]),
        (lambda x, v: np.array(np.divmod(7.0, x), dtype=object), [3, 1], [-3, 0, 0]),
        (lambda x, v: np.divmod(v, 2.5)[1], [0.5, 1.5], [0, 1, 1]),
        (lambda x, v: np.float64(2.0) * x, 4.0, [2, 0, 0]),
        (lambda x, v: np.array([1.0, 2.0]) - v, [-2, -2], [0, -1, -1]),
    ],
)
def test_numpys_functions_take_values_and_numbers_in_any_order(call, numbers, derivatives):
    x, v = Value(2.0, "x"), Value.array([3.0, 4.0], "v")
    result = call(x, v)
    found = [y.data if isinstance(y, Value) else y for y in np.asarray(result, object).flat]
    assert found == pytest.approx(np.ravel(numbers).tolist(), rel=1e-14)
    assert slopes(result, [x, *v]) == pytest.approx(derivatives, rel=1e-12)


def test_questions_about_numbers_are_answered_with_them():
    v = Value.array([3.0, math.nan, math.inf])
    assert np.isnan(v).tolist() == [False, True, False]
    assert np.isfinite(v).tolist() == [True, False, False]
    assert np.isclose(v, [3.0 + 1e-12, 0.0, 1.0]).tolist() == [True, False, False]
    assert not np.isinf(Value(1.0))


def test_an_array_of_values_is_sliced_pickled_and_printed_as_any_array():
    v = Value.array([[3.0, 4.0]], "v")
    again = pickle.loads(pickle.dumps(v))
    for array in (v, v[:, :1], v.T, v.reshape(2), again, v * 2, v @ np.eye(2), np.exp(v), v.copy(), np.stack([v, v])):
        assert isinstance(array, np.ndarray)
        assert np.exp(array).shape == array.shape
        assert repr(array).startswith("array([")
    assert again[0, 1].name == "v[0, 1]"


def test_scipys_functions_of_the_same_names_are_ours_and_others_name_them():
    special = pytest.importorskip("scipy.special")
    x = Value(0.5)
    assert special.erf(x).data == tg.erf(0.5)
    assert special.expit(Value.array([0.0]))[0].data == 0.5
    assert special.log_expit(Value.array([-1000.0]))[0].data == -1000.0
    assert special.huber(2.0, Value.array([-3.0]))[0].data == special.huber(2.0, -3.0) == 4.0
    with pytest.raises(TypeError, match=r"gamma\(\) can't compute with Values; tinygrad_kr has .*erf, erfc"):
        special.gamma(x)


def test_an_array_of_numbers_takes_no_value_and_says_what_does():
    with pytest.raises(TypeError, match="in an array of Values, dtype=object"):
        np.zeros(3)[0] = Value(1.0)


def test_functions_of_arrays_of_numbers_give_arrays_of_numbers():
    @tg.operation(partials=("2 * x",))
    def squared(x):
        return x * x

    xs = np.array([[3.0, 0.0], [5.0, 8.0]])
    results = tg.hypot(xs, [4.0, 0.0]), tg.where(xs, xs, 1.0), squared(xs)
    for result, numbers in zip(results, ([[5, 0], [41**0.5, 8]], [[3, 1], [5, 8]], [[9, 0], [25, 64]])):
        assert (type(result), result.dtype) == (np.ndarray, float)
        assert result.tolist() == numbers
