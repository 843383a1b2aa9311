"""Layers: forward and backward by hand, by the graph, by differences, by mpmath and by PyTorch."""

import io
import math
import sys
from contextlib import redirect_stdout
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import (
    AddLayer,
    Affine,
    BatchNorm,
    Dropout,
    IdentityWithLoss,
    MulLayer,
    ReLU,
    Relu,
    Sigmoid,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
    Value,
)
from tinygrad_kr.checking.numerical import numerical_derivative
from tinygrad_kr.engine.blocks import blocks_of, name_block, without_blocks
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.learning.batches import as_array, constants
from tinygrad_kr.learning.layers import Layer

about = pytest.approx
EPS = np.finfo(float).eps

W = np.array([[0.5, -1.25, 2.0], [1.5, 0.25, -0.75]])
b = np.array([0.125, -0.5, 1.0])
ONE = np.array([1.5, -0.75])
BATCH = np.array([[1.5, -0.75], [-2.0, 0.25], [0.5, 3.0], [-0.125, -1.0]])


def using_averages(norm):
    """A layer that has learned, and takes the running averages now."""
    norm.running_mean, norm.running_var, norm.is_training = np.array([0.5, -1.0]), np.array([2.0, 0.25]), False
    return norm


MAKE = {
    "ReLU": ReLU,
    "Sigmoid": Sigmoid,
    "Tanh": Tanh,
    "Softmax": Softmax,
    "Dropout": lambda: Dropout(0.4, seed=3),
    "Affine": lambda: Affine(W, b),
    "BatchNorm": lambda: using_averages(BatchNorm([1.5, -0.5], [0.25, 2.0])),
}
every_layer = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
one_or_many = pytest.mark.parametrize("x", [ONE, BATCH], ids=["sample", "batch"])


def data(values):
    """The numbers of an array of Values."""
    return np.array([value.data for value in np.ravel(values)]).reshape(np.shape(values))


def grads(values):
    return np.array([value.grad for value in np.ravel(values)]).reshape(np.shape(values))


def upstream(shape):
    """Some derivative to start from: all different, none 0 or 1."""
    return np.random.default_rng(7).normal(size=shape) * 3


def assert_derivative(f, x, derivative):
    """The derivative is what differences of f find, as exactly as they can."""
    found = numerical_derivative(f, x)
    assert np.all(np.abs(found.derivative - derivative) <= found.error + 8 * EPS * np.abs(derivative))
    assert np.all(found.error < 1e-8)


def ops(outputs):
    """How many nodes of each operation the graph has; leaves are None."""
    counts = {}
    for node in topological(list(np.ravel(outputs))):
        name = node.op and node.op.name
        counts[name] = counts.get(name, 0) + 1
    return counts


# ── The notes ─────────────────────────────────────────────────────────────────────────────────────────

CANDY = """
apple = 200
apple_num = 5
tax = 1.1

# 계층들
mul_apple_layer = MulLayer()
mul_tax_layer = MulLayer()

# 순전파
apple_price = mul_apple_layer.forward(apple, apple_num)
price = mul_tax_layer.forward(apple_price, tax)
print(price) # 1100

dprice=1

dapple_price, dtax = mul_tax_layer.backward(dprice)
dapple, dapple_num = mul_apple_layer.backward(dapple_price)
print(dapple, dapple_num, dtax) # 5.5 220 1000
"""

APPLES = """
apple = 100
apple_num = 2
tax = 1.1

mul_apple_layer = MulLayer()
mul_tax_layer = MulLayer()

# 순전파
apple_price = mul_apple_layer.forward(apple, apple_num)
price = mul_tax_layer.forward(apple_price, tax)

print(price) # 220

# 역전파
dprice = 1
dapple_price, dtax = mul_tax_layer.backward(dprice) 
dapple, dapple_num = mul_apple_layer.backward(dapple_price)
"""  # noqa: W291

CLASSES = """
class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None
    
    def forward(self, x, y):
        self.x = x
        self.y = y
        
        out = x * y

        return out

    def backward(self, dout):
        dx = dout * self.y # 곱셈의 오차역전은 두 계수를 바꾼다.
        dy = dout * self.x

        return dx, dy

class AddLayer:
    def __init__(self):
        pass

    def forward(self, x, y):
        out = x + y
        return out

    def backward(self, dout):
        dx = dout * 1
        dy = dout * 1
        return dx, dy

class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0

        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout

        return dx                

class softmaxWithLoss:
    def __init__(self):
        self.loss = None # 손실 함수
        self.y = None # softmax의 출력
        self.t = None # 정답 레이블(원-핫 벡터)
    
    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss

    def backward(self, dout=1):
        # 출력층 이기 때문에 오차 역전파의 시작이다. 
        # 그렇기 때문에 dout의 값을 default로 설정한다.

        batch_size = self.t.shape[0]
        dx = (self.y - self.t) / batch_size
        # 역전파 떄는 전파하는 값을 배치의수로 나누어서 데이터 1개당 오차를 앞계층으로 전파 한다.
        return dx
"""  # noqa: W291, W293


def run(program, **names):
    """Run a program of the notes; its names, and what it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(program, names)
    return names, [float(number) for number in printed.getvalue().split()]


def notes(name):
    """A class of the notes, as it is printed there."""
    functions = {"softmax": book_softmax, "cross_entropy_error": book_cross_entropy}
    return run(CLASSES, **functions)[0][name]


def book_softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def book_cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / len(y)


def test_five_candies_with_tax():
    _, printed = run(CANDY, MulLayer=MulLayer)
    assert printed == about([1100, 5.5, 220, 1000])


def test_two_apples_with_tax():
    names, printed = run(APPLES, MulLayer=MulLayer)
    assert printed == about([220])
    assert [names[name] for name in ("dapple", "dapple_num", "dtax")] == about([2.2, 110, 200])


def test_apples_and_oranges_with_the_addition_between():
    apples, oranges, both, taxed = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    price = taxed.forward(both.forward(apples.forward(100, 2), oranges.forward(150, 3)), 1.1)
    assert price == about(715)
    dboth, dtax = taxed.backward(1)
    dapples, doranges = both.backward(dboth)
    assert [dtax, dapples, doranges] == about([650, 1.1, 1.1])
    assert apples.backward(dapples) == about((2.2, 110))
    assert oranges.backward(doranges) == about((3.3, 165))


def test_programs_of_the_notes_with_values_leave_a_graph():
    names, _ = run(APPLES.replace("print(price)", "").replace("apple = 100", "apple = fruit"),
                   MulLayer=MulLayer, fruit=Value(100, "사과"))  # fmt: skip
    assert names["price"].data == about(220)
    names["price"].backward()
    assert names["fruit"].grad == about(2.2)


@pytest.mark.parametrize(("name", "ours"), [("MulLayer", MulLayer), ("AddLayer", AddLayer)])
def test_two_inputs_do_as_the_classes_of_the_notes(name, ours):
    theirs, mine = notes(name)(), ours()
    x, y, dout = BATCH, BATCH[::-1] * 2, upstream(BATCH.shape)
    np.testing.assert_array_equal(mine.forward(x, y), theirs.forward(x, y))
    np.testing.assert_array_equal(mine.backward(dout), theirs.backward(dout))


def test_relu_does_as_the_class_of_the_notes_but_leaves_dout_alone():
    theirs, mine, dout = notes("Relu")(), Relu(), upstream(BATCH.shape)
    np.testing.assert_array_equal(mine.forward(BATCH), theirs.forward(BATCH))
    np.testing.assert_array_equal(mine.mask, BATCH <= 0)
    kept = dout.copy()
    derivative = mine.backward(dout)
    np.testing.assert_array_equal(dout, kept)
    np.testing.assert_array_equal(derivative, theirs.backward(dout))


def test_softmax_with_loss_does_as_the_class_of_the_notes():
    theirs, mine = notes("softmaxWithLoss")(), SoftmaxWithLoss()
    t = np.eye(2)[[0, 1, 1, 0]]
    assert mine.forward(BATCH, t) == about(theirs.forward(BATCH, t), rel=1e-14)
    np.testing.assert_allclose(mine.backward(), theirs.backward(), rtol=1e-14, atol=EPS)


def test_probabilities_030205_flow_back_as_03_minus08_05():
    layer = SoftmaxWithLoss()
    loss = layer.forward(np.log([0.3, 0.2, 0.5]), [0, 1, 0])
    assert loss == about(-math.log(0.2))
    assert layer.y == about([0.3, 0.2, 0.5])
    assert layer.backward() == about([0.3, -0.8, 0.5])


def test_in_a_batch_the_difference_is_divided_by_its_size():
    layer = SoftmaxWithLoss()
    layer.forward(np.log([[0.3, 0.2, 0.5]] * 4), [1, 1, 1, 1])
    assert layer.backward() == about(np.array([[0.3, -0.8, 0.5]] * 4) / 4)
    assert layer.backward(10) == about(np.array([[0.3, -0.8, 0.5]] * 4) / 4 * 10)


def calls(function, *arguments):
    """How many Python functions are called meanwhile."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("make", [SoftmaxWithLoss, IdentityWithLoss])
def test_a_loss_of_numbers_takes_no_call_a_row(make):
    layer, x = make(), np.random.default_rng(0).normal(size=(1000, 3)) * 50
    t = x if make is IdentityWithLoss else np.arange(1000) % 3
    layer.forward(x[:10], t[:10])  # what is compiled at the first call
    assert calls(layer.forward, x, t) == calls(layer.forward, x[:10], t[:10])


def test_probabilities_are_those_of_the_scores_at_the_forward_pass():
    layer, scores = SoftmaxWithLoss(), np.log([[0.3, 0.2, 0.5]])
    layer.forward(scores, [1])
    scores += [[5.0, 0.0, 0.0]]
    assert layer.y == about(np.array([[0.3, 0.2, 0.5]]))
    assert layer.backward() == about(np.array([[0.3, -0.8, 0.5]]))
    assert SoftmaxWithLoss().y is None


# ── Two inputs ────────────────────────────────────────────────────────────────────────────────────────

SHAPES = [((), ()), ((3,), (3,)), ((3,), ()), ((), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)),
          ((2, 3), (2, 1)), ((1,), (4,))]  # fmt: skip


@pytest.mark.parametrize("make", [MulLayer, AddLayer])
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_what_was_broadcast_is_summed_on_the_way_back(make, left, right):
    random = np.random.default_rng(5)
    x, y = random.normal(size=left), random.normal(size=right)
    layer = make()
    seeds = upstream(np.shape(layer.forward(x, y)))
    dx, dy = layer.backward(seeds)
    assert (np.shape(dx), np.shape(dy)) == (left, right)
    assert_derivative(lambda x: np.sum(make().forward(x, y) * seeds), x, dx)
    assert_derivative(lambda y: np.sum(make().forward(x, y) * seeds), y, dy)

    xs, ys = Value.array(x), Value.array(y)
    tg.backward(np.ravel(make().forward(xs, ys)), np.ravel(seeds))
    np.testing.assert_allclose(grads(xs), dx, rtol=1e-14, atol=8 * EPS)
    np.testing.assert_allclose(grads(ys), dy, rtol=1e-14, atol=8 * EPS)


@pytest.mark.parametrize("make", [MulLayer, AddLayer])
def test_both_derivatives_are_arrays_of_their_own(make):
    layer, x, dout = make(), BATCH.copy(), upstream(BATCH.shape)
    x.setflags(write=False)
    layer.forward(x, x)
    dx, dy = layer.backward(dout)
    kept = dy.copy()
    dx[...] = 0
    np.testing.assert_array_equal(dy, kept)
    np.testing.assert_array_equal(dout, upstream(BATCH.shape))


def test_numbers_stay_numbers():
    layer = MulLayer()
    assert layer.forward(100, 2) == 200
    assert isinstance(layer.forward(100, 2), int)
    assert layer.backward(1) == (2, 100)
    assert isinstance(layer.forward(1.5, 2), float)
    assert layer.forward(Fraction(1, 4), 2) == 0.5
    assert layer.forward(np.float32(0.5), np.int64(3)) == 1.5


def test_one_value_makes_a_value():
    layer = MulLayer()
    price = layer.forward(Value(100, "사과"), 2)
    assert isinstance(price, Value)
    price.backward()
    assert layer.x.grad == 2
    dx, dy = layer.backward(1)
    assert dx == 2
    assert dy.data == 100
    assert isinstance(dy, Value)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64])
def test_small_integers_do_not_start_again_at_0(dtype):
    most = np.array([np.iinfo(dtype).max], dtype)
    assert MulLayer().forward(most, most).tolist() == [float(np.iinfo(dtype).max) ** 2]
    assert AddLayer().forward(most, most).tolist() == [float(np.iinfo(dtype).max) * 2]
    assert IdentityWithLoss().forward(np.zeros(1, dtype), most) == float(np.iinfo(dtype).max) ** 2 / 2


def test_bools_add_up():
    assert AddLayer().forward(np.array([True]), np.array([True])).tolist() == [2.0]


def test_shapes_that_do_not_meet_are_both_named():
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\)"):
        MulLayer().forward(np.ones(2), np.ones(3))


# ── Layers of one input ───────────────────────────────────────────────────────────────────────────────


@every_layer
@one_or_many
def test_backward_is_what_differences_find(make, x):
    layer = make()
    seeds = upstream(layer.forward(x).shape)
    layer = make()
    layer.forward(x)
    assert_derivative(lambda x: np.sum(make().forward(x) * seeds), x, layer.backward(seeds))


@every_layer
@one_or_many
def test_backward_is_what_the_graph_says(make, x):
    layer, twin, values = make(), make(), Value.array(x, "x")
    out = twin.forward(values)
    np.testing.assert_allclose(data(out), layer.forward(x), rtol=1e-15)
    seeds = upstream(out.shape)
    tg.backward(out.flat, seeds.flat)
    np.testing.assert_allclose(grads(values), layer.backward(seeds), rtol=1e-13, atol=8 * EPS)


@every_layer
def test_backward_on_values_is_a_graph_of_the_same_numbers(make):
    layer, twin = make(), make()
    layer.forward(BATCH)
    seeds = upstream(twin.forward(Value.array(BATCH)).shape)
    derivative = twin.backward(Value.array(seeds))
    expected = layer.backward(seeds)
    assert all(isinstance(value, Value) for value in derivative.flat if value)
    found = [value.data if isinstance(value, Value) else value for value in derivative.flat]
    np.testing.assert_allclose(np.reshape(found, derivative.shape), expected, rtol=1e-13, atol=8 * EPS)


@every_layer
def test_every_kind_of_array_gives_the_same(make):
    expected = make().forward(BATCH)
    whole = np.rint(BATCH)
    frozen = BATCH.copy()
    frozen.setflags(write=False)
    strided = np.zeros((8, 6))[::2, ::3]
    strided[...] = BATCH
    for same in (BATCH.tolist(), frozen, np.asfortranarray(BATCH), BATCH.T.copy().T, strided, BATCH.astype(object),
                 BATCH.astype(np.float32)):  # fmt: skip
        result = make().forward(same)
        assert result.dtype == float
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(make().forward(whole.astype(int)), make().forward(whole))


@every_layer
def test_one_sample_is_a_batch_of_one(make):
    one, many = make(), make()
    out = one.forward(ONE)
    np.testing.assert_array_equal(many.forward(ONE[np.newaxis])[0], out)
    seeds = upstream(out.shape)
    np.testing.assert_allclose(many.backward(seeds[np.newaxis])[0], one.backward(seeds), rtol=1e-15)


@every_layer
def test_nothing_is_changed_in_place(make):
    layer, x = make(), BATCH.copy()
    x.setflags(write=False)
    out = layer.forward(x)
    kept = out.copy()
    dout = upstream(out.shape)
    dout.setflags(write=False)
    derivative = layer.backward(dout)
    derivative[...] = 0
    assert np.array_equal(x, BATCH)
    assert np.array_equal(out, kept)
    assert np.array_equal(dout, upstream(out.shape))


@pytest.mark.parametrize("make", [ReLU, Sigmoid, Tanh, Softmax, MAKE["Affine"]])
def test_backward_goes_with_the_last_forward(make):
    layer, fresh = make(), make()
    layer.forward(ONE)
    seeds = upstream(layer.forward(BATCH).shape)
    fresh.forward(BATCH)
    np.testing.assert_array_equal(layer.backward(seeds), fresh.backward(seeds))
    np.testing.assert_array_equal(layer.backward(seeds), fresh.backward(seeds))


@every_layer
def test_dout_counts_and_has_to_fit(make):
    layer = make()
    out = layer.forward(BATCH)
    seeds = upstream(out.shape)
    np.testing.assert_allclose(layer.backward(4 * seeds), 4 * layer.backward(seeds), rtol=1e-15)
    np.testing.assert_array_equal(layer.backward(3), layer.backward(np.full(out.shape, 3.0)))
    with pytest.raises(ValueError, match=r"dout of shape \(7,\).*returned the shape \(4, "):
        layer.backward(np.ones(7))
    with pytest.raises(TypeError, match="numbers or Values"):
        layer.backward("1")


@pytest.mark.parametrize("make", [*MAKE.values(), MulLayer, AddLayer, SoftmaxWithLoss, IdentityWithLoss])
def test_backward_before_forward_says_so(make):
    with pytest.raises(RuntimeError, match=r"backward\(\) needs what a forward pass keeps; call forward\(\) first"):
        make().backward(1)


@pytest.mark.parametrize("make", [ReLU, Sigmoid, Tanh, Dropout, Softmax, lambda: Affine(W, b)])
@pytest.mark.parametrize(
    ("x", "error"),
    [("abc", TypeError), (None, TypeError), (1j, TypeError), ([1.0, None], TypeError), ([1.0, "2"], TypeError),
     ({}, TypeError), ([[1.0], [1.0, 2.0]], ValueError)],
)  # fmt: skip
def test_what_is_no_array_of_numbers_is_refused(make, x, error):
    with pytest.raises(error, match=r"\.forward\(\) needs"):
        make().forward(x)


@pytest.mark.parametrize(
    ("make", "x", "y", "slope"),
    [
        (ReLU, 2.0, 2.0, 1.0),
        (ReLU, -2.0, 0.0, 0.0),
        (ReLU, 0.0, 0.0, 0.0),
        (Sigmoid, 0.0, 0.5, 0.25),
        (Sigmoid, math.log(3), 0.75, 0.1875),
        (Sigmoid, -800.0, 0.0, 0.0),
        (Sigmoid, 800.0, 1.0, 0.0),
        (Tanh, 0.0, 0.0, 1.0),
        (Tanh, math.log(3), 0.8, 0.36),
        (Tanh, -800.0, -1.0, 0.0),
    ],
)
def test_activations_of_one_number(make, x, y, slope):
    layer, twin, value = make(), make(), Value(x)
    assert layer.forward(x) == about(y, rel=1e-15)
    assert layer.backward(1) == about(slope, rel=1e-14)
    assert layer.backward(-2.5) == about(-2.5 * slope, rel=1e-14)
    out = twin.forward(value)
    out.backward()
    assert (out.data, value.grad) == about((y, slope), rel=1e-14)


def test_an_array_without_elements_goes_through_an_activation():
    assert ReLU().forward(np.ones((0, 3))).shape == (0, 3)


def test_relu_is_relu():
    assert Relu is ReLU


def test_the_derivative_of_softmax_by_hand():
    layer = Softmax()
    assert layer.forward(np.log([1.0, 3.0])) == about([0.25, 0.75])
    assert layer.backward([1.0, 0.0]) == about([0.1875, -0.1875])
    assert layer.backward([1.0, 1.0]) == about([0.0, 0.0], abs=EPS)


def test_softmax_does_not_overflow():
    assert Softmax().forward([1000.0, -1000.0]).tolist() == [1.0, 0.0]
    assert data(Softmax().forward(Value.array([1000.0, 1000.0]))).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("make", [Softmax, lambda: Affine(W, b)])
def test_the_dimensions_have_to_fit(make):
    with pytest.raises(ValueError, match=r"shape \(\).*one sample or \(N, "):
        make().forward(1.0)
    with pytest.raises(ValueError, match=r"shape \(1, 1, 2\).*one sample or \(N, "):
        make().forward(np.ones((1, 1, 2)))
    with pytest.raises(ValueError, match=r"empty batch, of shape \(0, 2\)"):
        make().forward(np.ones((0, 2)))


# ── Affine ────────────────────────────────────────────────────────────────────────────────────────────


def test_affine_by_hand():
    layer = Affine([[1, 2, 3], [4, 5, 6]], [10, 20, 30])
    assert layer.forward([[1, 1], [2, 0]]).tolist() == [[15, 27, 39], [12, 24, 36]]
    assert layer.backward([[1, 0, 0], [0, 1, 1]]).tolist() == [[1, 4], [5, 11]]
    assert layer.dW.tolist() == [[1, 2, 2], [1, 0, 0]]
    assert layer.db.tolist() == [1, 1, 1]
    assert layer.forward([1, 1]).tolist() == [15, 27, 39]
    assert layer.backward([1, 0, 2]).tolist() == [7, 16]
    assert layer.dW.tolist() == [[1, 0, 2], [1, 0, 2]]
    assert layer.db.tolist() == [1, 0, 2]


@one_or_many
def test_dw_and_db_are_what_differences_and_the_graph_say(x):
    layer = Affine(W, b)
    seeds = upstream(layer.forward(x).shape)
    layer.backward(seeds)
    assert_derivative(lambda W: np.sum(Affine(W, b).forward(x) * seeds), W, layer.dW)
    assert_derivative(lambda b: np.sum(Affine(W, b).forward(x) * seeds), b, layer.db)

    twin = Affine(Value.array(W, "W"), Value.array(b, "b"))
    tg.backward(twin.forward(x).flat, seeds.flat)
    np.testing.assert_allclose(grads(twin.W), layer.dW, rtol=1e-14)
    np.testing.assert_allclose(grads(twin.b), layer.db, rtol=1e-14)


@pytest.mark.parametrize("parts", ["x", "W", "b", "xW", "xb", "Wb", "xWb"])
def test_values_anywhere_in_an_affine_layer(parts):
    given_x, given_W, given_b = (
        Value.array(array, name) if name in parts else array for name, array in (("x", BATCH), ("W", W), ("b", b))
    )
    layer, plain = Affine(given_W, given_b), Affine(W, b)
    out = layer.forward(given_x)
    seeds = upstream(out.shape)
    np.testing.assert_allclose(data(out), plain.forward(BATCH), rtol=1e-15, atol=EPS)
    dx = plain.backward(seeds)
    tg.backward(out.flat, seeds.flat)
    for name, values, expected in (("x", given_x, dx), ("W", given_W, plain.dW), ("b", given_b, plain.db)):
        if name in parts:
            np.testing.assert_allclose(grads(values), expected, rtol=1e-13, atol=8 * EPS)
    assert [made.name for made in blocks_of(out.flat)] == ["Affine"]


def test_weights_of_numbers_and_values_mixed():
    weights = W.astype(object)
    weights[0, 1] = Value(W[0, 1], "w")
    out = Affine(weights, b).forward(ONE)
    out[1].backward()
    assert weights[0, 1].grad == 1.5
    assert [getattr(value, "data", value) for value in out] == about(list(ONE @ W + b))


def test_one_dot_node_a_product_and_one_constant_a_number():
    out = Affine(Value.array(W), Value.array(b)).forward(BATCH)
    assert ops(out) == {"dot": 4 * 3, "add": 4 * 3, None: BATCH.size + W.size + b.size}


def test_a_number_in_many_products_is_one_constant():
    for product in (tg.dot(BATCH, Value.array(W)), tg.dot(Value.array(BATCH), W)):
        assert ops(product) == {"dot": 4 * 3, None: BATCH.size + W.size}
        np.testing.assert_allclose(data(product), BATCH @ W, rtol=1e-15)
    assert tg.dot(BATCH.astype(object), W).dtype == float


def test_an_affine_layer_learns_in_place_as_in_the_book():
    params = {"W1": W.copy(), "b1": b.copy()}
    layer = Affine(params["W1"], params["b1"])
    params["W1"] -= 1.0
    np.testing.assert_allclose(layer.forward(ONE), ONE @ (W - 1.0) + b)


@pytest.mark.parametrize(
    ("weights", "bias", "shapes"),
    [
        (W, np.ones(2), r"\(2, 3\) and b of shape \(2,\)"),
        (W, np.ones((1, 3)), r"\(2, 3\) and b of shape \(1, 3\)"),
        (np.ones(3), b, r"\(3,\) and b of shape \(3,\)"),
        (1.0, 2.0, r"\(\) and b of shape \(\)"),
        (Value(1.0), Value(2.0), r"\(\) and b of shape \(\)"),
    ],
)
def test_weights_and_bias_have_to_fit(weights, bias, shapes):
    with pytest.raises(ValueError, match=shapes):
        Affine(weights, bias)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 1)])
def test_the_message_states_both_shapes(shape):
    with pytest.raises(ValueError) as caught:
        Affine(W, b).forward(np.ones(shape))
    assert f"x of shape {shape}" in str(caught.value)
    assert "W has the shape (2, 3)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_layer_shows_the_shapes_of_its_parameters():
    assert repr(Affine(W, b)) == "Affine(W(2, 3), b(3,))"
    assert repr(ReLU()) == "ReLU()"


# ── The dot row with numbers on one side ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("which", ["left", "right", "both"])
def test_a_dot_product_hands_on_only_what_is_wanted(which):
    left, right = [2.0, 3.0, 5.0], [7.0, 11.0, 13.0]
    xs = [Value(x) for x in left] if which != "right" else left
    ys = [Value(y) for y in right] if which != "left" else right
    product = tg.dot(xs, ys)
    assert product.data == 112
    product.backward()
    if which != "right":
        assert [x.grad for x in xs] == right
    if which != "left":
        assert [y.grad for y in ys] == left


def test_a_dot_product_with_single_constants_among_its_operands():
    x, y = Value(2.0), Value(7.0)
    product = tg.dot([x, 3.0, 5.0, x], [1.5, y, 4.0, y])
    product.backward()
    assert product.data == 2 * 1.5 + 3 * 7 + 5 * 4 + 2 * 7
    assert (x.grad, y.grad) == (1.5 + 7, 3 + 2)


# ── Softmax with loss ─────────────────────────────────────────────────────────────────────────────────

INDICES, SOFT = [1, 0, 1, 1], np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5], [0.1, 0.9]])
HEAVY = np.array([[0.25, 2.0], [0.0, 0.0], [1.0, 1.0], [0.3, 0.1]])
LABELS = {"indices": INDICES, "one-hot": np.eye(2)[INDICES], "soft": SOFT, "no sum of 1": HEAVY}
every_label = pytest.mark.parametrize("t", LABELS.values(), ids=LABELS)


def exact_loss(scores, labels):
    """The mean cross-entropy error with 60 digits, from its definition."""
    with mpmath.workdps(60):
        losses = []
        for row, right in zip(np.atleast_2d(scores), np.atleast_2d(labels)):
            powers = [mpmath.exp(mpmath.mpf(float(a))) for a in row]
            total = mpmath.fsum(powers)
            losses.append(-mpmath.fsum(float(t) * mpmath.log(power / total) for t, power in zip(right, powers)))
        return float(mpmath.fsum(losses) / len(losses))


@every_label
@pytest.mark.parametrize("wide", [1.0, 200.0], ids=["small", "large"])
def test_cross_entropy_by_mpmath_differences_and_the_graph(t, wide):
    x = BATCH * wide
    layer = SoftmaxWithLoss()
    loss = layer.forward(x, t)
    assert loss == about(exact_loss(x, layer.t), rel=1e-14)
    assert layer.loss == loss
    derivative = layer.backward(2.5)
    if wide == 1.0:  # where differences have something to find
        assert_derivative(lambda x: 2.5 * SoftmaxWithLoss().forward(x, t), x, derivative)

    values, twin = Value.array(x, "x"), SoftmaxWithLoss()
    graph = twin.forward(values, t)
    assert graph.data == about(loss, rel=1e-14)
    np.testing.assert_allclose(data(twin.y), layer.y, rtol=1e-13)
    tg.backward([graph], [2.5])
    np.testing.assert_allclose(grads(values), derivative, rtol=1e-12, atol=8 * EPS)
    np.testing.assert_allclose(data(twin.backward(Value(2.5))), derivative, rtol=1e-12, atol=8 * EPS)


scores = st.lists(st.floats(-1000, 1000), min_size=1, max_size=5)


@given(scores, st.data())
def test_any_scores_have_the_exact_loss(row, draw):
    right = draw.draw(st.integers(0, len(row) - 1))
    exact = exact_loss(row, np.eye(len(row))[right])
    bound = 16 * EPS * (1 + max(row) - min(row))
    assert abs(SoftmaxWithLoss().forward(row, right) - exact) <= bound
    values, layer = Value.array(row), SoftmaxWithLoss()
    graph = layer.forward(values, right)
    assert abs(graph.data - exact) <= bound
    graph.backward()
    plain = SoftmaxWithLoss()
    plain.forward(row, right)
    np.testing.assert_allclose(grads(values), plain.backward(), rtol=1e-12, atol=16 * EPS)


@pytest.mark.parametrize("as_values", [False, True])
@pytest.mark.parametrize(
    ("row", "right", "loss"),
    [
        ([1000.0, -1000.0, 1e-300], 0, 0.0),
        ([1000.0, -1000.0, 1e-300], 1, 2000.0),
        ([1000.0, -1000.0, 1e-300], 2, 1000.0),
        ([1e-300, -1e-300], 0, math.log(2)),
        ([-1000.0, -1000.0], 1, math.log(2)),
        ([1e16, 1e16], 0, math.log(2)),
        ([-1e300, -1e300, -1e300], 2, math.log(3)),
        ([1e300, 0.0], 1, 1e300),
        ([350.0, -350.0], 1, 700.0),
        ([350.5, -350.5], 1, 701.0),
        ([5.0], 0, 0.0),
    ],
)
def test_extreme_scores(row, right, loss, as_values):
    result = SoftmaxWithLoss().forward(Value.array(row) if as_values else row, right)
    assert (result.data if as_values else result) == about(loss, rel=1e-15, abs=1e-15)


def test_there_is_no_1e_7_in_the_logarithm():
    layer = SoftmaxWithLoss()
    assert layer.forward([0.0, -100.0], 1) == 100.0
    assert layer.forward([0.0, -30.0], 0) == about(9.357622968839737e-14, rel=2e-2)


def test_labels_that_are_values_have_derivatives_too():
    t = Value.array([0.25, 0.75], "t")
    layer = SoftmaxWithLoss()
    layer.forward(np.log([0.5, 0.5]), t).backward()
    assert grads(t) == about([math.log(2)] * 2)
    assert [value.name for value in t] == ["t[0]", "t[1]"]


def test_indices_may_be_of_any_kind():
    expected = SoftmaxWithLoss().forward(BATCH, INDICES)
    for same in (np.array(INDICES, np.uint8), np.array(INDICES, float), tuple(INDICES), np.array(INDICES, object)):
        assert SoftmaxWithLoss().forward(BATCH, same) == expected
    assert SoftmaxWithLoss().forward(BATCH, np.array(INDICES, bool)) == expected
    assert SoftmaxWithLoss().forward(ONE, 1) == SoftmaxWithLoss().forward(ONE, np.int8(1))


@pytest.mark.parametrize(
    ("x", "t", "message"),
    [
        (ONE, 2, "the label t is 2, but there are 2 classes; expected a whole number from 0 to 1"),
        (ONE, -1, "the label t is -1, but there are 2 classes"),
        (ONE, 0.5, "the label t is 0.5, but there are 2 classes"),
        (ONE, math.nan, "the label t is nan, but"),
        (ONE, math.inf, "the label t is ∞, but"),
        (BATCH, [0, 1, 7, 0], r"the label t\[2\] is 7, but there are 2 classes"),
        (ONE, [0.5, -0.5], r"the label t\[1\] is -0.5; expected a probability"),
        (ONE, [math.nan, 0.5], r"the label t\[0\] is nan; expected a probability"),
        (ONE, [math.inf, 0.5], r"the label t\[0\] is ∞; expected a probability"),
        (BATCH, [0, 1], r"scores of shape \(4, 2\) and labels of shape \(2,\)"),
        (BATCH, 0, r"scores of shape \(4, 2\) and labels of shape \(\)"),
        (BATCH, [[0], [1], [0], [1]], r"scores of shape \(4, 2\) and labels of shape \(4, 1\)"),
        (ONE, [0, 1, 0], r"scores of shape \(2,\) and labels of shape \(3,\)"),
        (np.ones((0, 2)), [], r"empty batch, of shape \(0, 2\)"),
        (3.0, 0, r"x of shape \(\)"),
    ],
)
@pytest.mark.parametrize("as_values", [False, True])
def test_labels_that_do_not_fit(x, t, message, as_values):
    if as_values and np.size(x):
        x = Value.array(x) if np.ndim(x) else Value(x)
    with pytest.raises(ValueError, match=message) as caught:
        SoftmaxWithLoss().forward(x, t)
    assert "np." not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("t", ["cat", None, ["a", "b"], [None, 1]])
def test_labels_that_are_no_numbers(t):
    with pytest.raises(TypeError, match=r"SoftmaxWithLoss\.forward\(\) needs"):
        SoftmaxWithLoss().forward(ONE, t)


@pytest.mark.parametrize("t", [1, [0.2, 0.3]])
def test_labels_stay_as_they_are(t):
    given_t = np.array(t)
    given_t.setflags(write=False)
    layer = SoftmaxWithLoss()
    layer.forward(ONE, given_t)
    layer.backward()
    assert given_t.tolist() == t


# ── Identity with loss ────────────────────────────────────────────────────────────────────────────────


@one_or_many
def test_squared_errors_by_definition_differences_and_the_graph(x):
    t = np.flip(x) * 0.5
    layer = IdentityWithLoss()
    loss = layer.forward(x, t)
    samples = 1 if x.ndim == 1 else len(x)
    assert loss == about(math.fsum(((x - t) ** 2).ravel()) / 2 / samples, rel=1e-15)
    derivative = layer.backward(-2.0)
    assert derivative == about(-2.0 * (x - t) / samples)
    assert_derivative(lambda x: -2.0 * IdentityWithLoss().forward(x, t), x, derivative)

    values, rights = Value.array(x, "y"), Value.array(t, "t")
    graph = IdentityWithLoss().forward(values, rights)
    assert graph.data == about(loss, rel=1e-15)
    tg.backward([graph], [-2.0])
    np.testing.assert_allclose(grads(values), derivative, rtol=1e-14)
    np.testing.assert_allclose(grads(rights), -derivative, rtol=1e-14)


def test_right_numbers_of_one_output_may_come_flat():
    layer = IdentityWithLoss()
    assert layer.forward([[1.0], [4.0]], [2, 4]) == 0.25
    assert layer.backward().tolist() == [[-0.5], [0.0]]


@pytest.mark.parametrize(
    ("x", "t"), [([1.0, 2.0], 1.0), ([[1.0, 2.0]], [1.0, 2.0]), ([[1.0], [2.0]], [[1.0, 2.0]]), ([1.0], [1.0, 2.0])]
)
def test_right_numbers_have_to_fit(x, t):
    with pytest.raises(ValueError) as caught:
        IdentityWithLoss().forward(x, t)
    assert f"x of shape {np.shape(x)} and t of shape {np.shape(t)}" in str(caught.value)


# ── Dropout ───────────────────────────────────────────────────────────────────────────────────────────


def test_dropout_drops_its_share_and_keeps_the_mean():
    layer, x = Dropout(0.3, seed=11), np.full(10_000, 2.0)
    out = layer.forward(x)
    dropped = np.mean(out == 0)
    assert abs(dropped - 0.3) < 5 * math.sqrt(0.3 * 0.7 / x.size)
    np.testing.assert_allclose(out[out != 0], 2.0 / 0.7, rtol=1e-15)
    np.testing.assert_array_equal(layer.backward(np.ones(x.size)) * 2.0, out)


def test_dropout_follows_its_seed_and_draws_anew_each_time():
    first, second = Dropout(seed=4), Dropout(seed=np.random.default_rng(4))
    x = np.ones(100)
    once, again = first.forward(x), first.forward(x)
    assert not np.array_equal(once, again)
    np.testing.assert_array_equal(second.forward(x), once)
    assert not np.array_equal(Dropout(seed=5).forward(x), once)


def test_dropout_is_not_there_when_the_network_is_used():
    layer = Dropout(0.9, seed=0)
    assert layer.forward(BATCH, train_flg=False) is BATCH
    np.testing.assert_array_equal(layer.backward(BATCH), BATCH)
    layer.is_training = False
    np.testing.assert_array_equal(layer.forward(BATCH), BATCH)
    assert np.any(layer.forward(BATCH, train_flg=True) == 0)


@pytest.mark.parametrize("ratio", [1, 1.5, -0.1, math.nan, True])
def test_a_share_that_is_none(ratio):
    with pytest.raises(ValueError, match="Dropout's ratio is .*; expected the share to drop, from 0 up to below 1"):
        Dropout(ratio)


@pytest.mark.parametrize("ratio", ["a", None, Value(0.5)])
def test_a_ratio_that_is_no_number(ratio):
    with pytest.raises(TypeError, match=r"Dropout\(\) needs a real number"):
        Dropout(ratio)


def test_a_ratio_of_any_kind_of_number():
    for ratio in (0.5, np.float32(0.5), Fraction(1, 2)):
        np.testing.assert_array_equal(Dropout(ratio, seed=1).forward(np.ones(4)), [2, 2, 0, 2])
    np.testing.assert_array_equal(Dropout(0, seed=1).forward(np.ones(4)), np.ones(4))


# ── Blocks and pictures ───────────────────────────────────────────────────────────────────────────────


@every_layer
def test_every_layer_is_a_block_with_its_title(make):
    layer, x = make(), Value.array(BATCH, "x")
    made = blocks_of(layer.forward(x).flat)
    assert [part.name for part in made] == [layer.title]
    assert made[0].inputs == tuple(x.flat)
    assert layer.title


def test_the_loss_layers_are_blocks():
    x = Value.array(ONE, "a")
    loss = SoftmaxWithLoss().forward(x, [0, 1])
    assert [made.name for made in blocks_of(topological([loss]))] == ["Softmax", "Cross Entropy Error"]
    far = SoftmaxWithLoss().forward(Value.array(ONE * 1000), [0, 1])
    assert [made.name for made in blocks_of(topological([far]))] == ["Softmax with Loss"]
    squares = IdentityWithLoss().forward(x, [0, 1])
    assert [made.name for made in blocks_of(topological([squares]))] == ["Sum of Squared Errors"]


def test_without_blocks_the_graph_is_the_same_and_has_none():
    def graph():
        x = Value.array(BATCH, "x")
        scores = ReLU().forward(Affine(Value.array(W), Value.array(b)).forward(x))
        loss = SoftmaxWithLoss().forward(scores, [0, 1, 2, 0])
        loss.backward()
        return loss, grads(x)

    named, derivative = graph()
    with without_blocks():
        plain, same = graph()
    assert blocks_of(topological([plain])) == []
    assert len(blocks_of(topological([named]))) == 2 + 2 * 4
    assert ops([plain]) == ops([named])
    assert plain.data == named.data
    np.testing.assert_array_equal(same, derivative)


def test_blocks_come_back_when_something_fails_without_them():
    with pytest.raises(ZeroDivisionError), without_blocks():
        1 / 0
    assert blocks_of([ReLU().forward(Value(1.0))])


def test_what_is_handed_through_makes_no_block():
    x = Value(2.0) * 3
    name_block("nothing", [x], [x])
    with without_blocks():
        name_block("doubled", [x], [y := x * 2])
    assert blocks_of([x, y]) == []
    name_block("doubled", [x], [x, y])
    assert [made.outputs for made in blocks_of([x, y])] == [(y,)]


def test_collapsed_a_layer_is_one_box_and_expanded_its_operators():
    a = Value.array([0.3, 2.9, 4.0], "a")
    loss = SoftmaxWithLoss().forward(a, [0, 1, 0])
    loss.backward()
    closed, opened = tg.draw(loss, blocks="collapsed").svg(), tg.draw(loss, blocks="expanded").svg()
    for title in ("Softmax", "Cross Entropy Error"):
        assert title in closed
        assert title in opened
    assert 'class="operator exp"' not in closed
    assert closed.count('id="op-') < opened.count('id="op-')


# ── One's own layers, and what carries them ───────────────────────────────────────────────────────────


def test_a_layer_without_methods_says_what_to_write():
    class Empty(Layer):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty has no forward\(\)"):
        Empty().forward(1.0)
    with pytest.raises(NotImplementedError, match=r"Empty has no backward\(\)"):
        Empty().backward(1.0)


def test_layers_can_be_called():
    assert MulLayer()(2, 3) == 6
    assert ReLU()(-2.0) == 0.0
    assert SoftmaxWithLoss()([0.0, 0.0], 1) == math.log(2)
    assert Dropout(0.5, seed=1)(np.ones(4)).tolist() == [2, 2, 0, 2]


def test_constants_are_named_nodes():
    nodes = constants([[1.0, 2.0]], "t")
    assert [node.name for node in nodes.flat] == ["t[0, 0]", "t[0, 1]"]
    x = Value(1.0)
    assert constants([x, 2.0])[0] is x


def test_as_array_takes_numbers_and_values():
    assert as_array(3, "here") == 3
    assert as_array(np.array(Value(2.0)), "here").data == 2.0
    assert as_array([Value(2.0), 1], "here").dtype == object
    assert as_array([Fraction(1, 2), 1], "here").tolist() == [0.5, 1.0]
    array = np.ones(3)
    assert as_array(array, "here") is array


# ── PyTorch ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.torch
@every_label
def test_cross_entropy_is_pytorchs(t):
    import torch

    x = torch.tensor(BATCH, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(x, torch.tensor(t))
    loss.backward()
    layer = SoftmaxWithLoss()
    assert layer.forward(BATCH, t) == about(loss.item(), rel=1e-14)
    np.testing.assert_allclose(layer.backward(), x.grad.numpy(), rtol=1e-13, atol=4 * EPS)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "linear"])
def test_layers_are_pytorchs(name):
    import torch

    theirs = {
        "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softmax": lambda x: torch.softmax(x, -1),
        "linear": lambda x: torch.nn.functional.linear(x, torch.tensor(W.T), torch.tensor(b)),
    }  # fmt: skip
    ours = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh, "softmax": Softmax, "linear": lambda: Affine(W, b)}
    x = torch.tensor(np.vstack([BATCH, [0.0, -0.0]]), requires_grad=True)
    out = theirs[name](x)
    seeds = upstream(out.shape)
    out.backward(torch.tensor(seeds))
    layer = ours[name]()
    np.testing.assert_allclose(layer.forward(x.detach().numpy()), out.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(layer.backward(seeds), x.grad.numpy(), rtol=1e-12, atol=8 * EPS)


# ── Batch normalization ───────────────────────────────────────────────────────────────────────────────


def by_fractions(x, gamma, beta, eps):
    """One column of a batch normalized, in 60 digits, and what flows back to its k-th number from the i-th output."""
    with mpmath.workdps(60):
        x = [mpmath.mpf(number) for number in x]

        def out(i, *x):
            mean = mpmath.fsum(x) / len(x)
            variance = mpmath.fsum((each - mean) ** 2 for each in x) / len(x)
            return gamma * (x[i] - mean) / mpmath.sqrt(variance + eps) + beta

        places = range(len(x))
        outs = [out(i, *x) for i in places]
        unit = [tuple(int(k == j) for j in places) for k in places]
        slopes = [[mpmath.diff(lambda *x, i=i: out(i, *x), x, n=unit[k]) for k in places] for i in places]
        return np.array(outs, float), np.array(slopes, float)


def test_a_batch_is_normalized_and_hands_back_as_mpmath_says():
    norm, dout = BatchNorm([1.5, -0.5], [0.25, 2.0], eps=0.01), upstream(BATCH.shape)
    out, derivative = norm.forward(BATCH), norm.backward(dout)
    for k, (gamma, beta) in enumerate([(1.5, 0.25), (-0.5, 2.0)]):
        outs, slopes = by_fractions(BATCH[:, k], gamma, beta, mpmath.mpf(0.01))
        np.testing.assert_allclose(out[:, k], outs, rtol=1e-13)
        np.testing.assert_allclose(derivative[:, k], dout[:, k] @ slopes, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(norm.dgamma[k], dout[:, k] @ ((outs - beta) / gamma), rtol=1e-12)
    np.testing.assert_allclose(norm.dbeta, dout.sum(axis=0), rtol=1e-14)


def test_the_graph_of_a_batch_has_the_derivatives_of_backward():
    x, gamma, beta = Value.array(BATCH, "X"), Value.array([1.5, -0.5], "γ"), Value.array([0.25, 2.0], "β")
    norm, numbers, dout = BatchNorm(gamma, beta), BatchNorm([1.5, -0.5], [0.25, 2.0]), upstream(BATCH.shape)
    out = norm.forward(x)
    np.testing.assert_array_equal(data(out), numbers.forward(BATCH))
    tg.sum((out * dout).ravel()).backward()
    np.testing.assert_allclose(grads(x), numbers.backward(dout), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(grads(gamma), numbers.dgamma, rtol=1e-12)
    np.testing.assert_allclose(grads(beta), numbers.dbeta, rtol=1e-12)
    assert [block.name for block in blocks_of(out.ravel())] == ["BatchNorm"]
    assert (ops(out)["mean"], ops(out)["sqrt"]) == (4, 2)


def test_running_averages_follow_the_batches_and_are_what_counts_in_the_end():
    norm = BatchNorm([1.0, 1.0], [0.0, 0.0], momentum=0.75, eps=0.5)
    for _ in range(2):
        norm.forward(BATCH)
    mean, variance = BATCH.mean(axis=0), BATCH.var(axis=0)
    np.testing.assert_allclose(norm.running_mean, mean * (1 - 0.75**2))
    np.testing.assert_allclose(norm.running_var, 0.75**2 + variance * (1 - 0.75**2))
    kept = norm.running_mean
    np.testing.assert_allclose(norm.forward(ONE, train_flg=False), (ONE - kept) / np.sqrt(norm.running_var + 0.5))
    assert norm.running_mean is kept


@pytest.mark.parametrize(
    ("do", "sentence"),
    [
        (lambda: BatchNorm([1.0], [0.0, 1.0]), r"gamma of shape \(1,\) and beta of shape \(2,\); expected \(D,\)"),
        (lambda: BatchNorm([1.0], [0.0], momentum=1), "BatchNorm's momentum is a number of at least 0 and below 1"),
        (lambda: BatchNorm([1.0], [0.0], eps=0), "BatchNorm's eps is a positive number"),
        (lambda: BatchNorm([1.0], [0.0]).forward(BATCH), r"x of shape \(4, 2\); expected a batch \(N, 1\)$"),
        (lambda: BatchNorm([1.0, 1.0], [0.0, 0.0]).forward(ONE), "there is no mean of one sample"),
    ],
)
def test_batch_normalization_refuses_what_it_cannot_normalize(do, sentence):
    with pytest.raises(ValueError, match=sentence):
        do()


@pytest.mark.torch
def test_batch_normalization_is_that_of_pytorch():
    import torch

    x = torch.tensor(BATCH, requires_grad=True)
    gamma, beta = (
        torch.tensor(numbers, dtype=torch.float64, requires_grad=True) for numbers in ([1.5, -0.5], [0.0, 2.0])
    )
    out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True)
    out.backward(torch.tensor(upstream(BATCH.shape)))
    norm = BatchNorm([1.5, -0.5], [0.0, 2.0])
    np.testing.assert_allclose(norm.forward(BATCH), out.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(norm.backward(upstream(BATCH.shape)), x.grad.numpy(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(norm.dgamma, gamma.grad.numpy(), rtol=1e-12)
