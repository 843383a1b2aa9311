"""Networks: three ways to one gradient, parameters that write through, the book's training, files and pictures."""

import copy
import gc
import math
import pickle
import warnings
import weakref
from collections import OrderedDict

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
    Sequential,
    Sigmoid,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
    TwoLayerNet,
    Value,
)
from tinygrad_kr.engine.blocks import blocks_of
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.learning.layers import Layer
from tinygrad_kr.learning.replay import replayed

about = pytest.approx

X = np.array([[0.5, -1.0], [2.0, 3.0], [-0.25, 0.75]])
T = [0, 1, 1]


def small(**options):
    """Two inputs, three hidden units, two classes; weights that matter."""
    return TwoLayerNet(2, 3, 2, **({"weight_init_std": "he", "seed": 1} | options))


def regression():
    random = np.random.default_rng(2)
    layers = [Affine(random.normal(size=(2, 4)), np.zeros(4)), Tanh(), Affine(random.normal(size=(4, 2)), np.ones(2))]
    return Sequential(layers, IdentityWithLoss())


def deep():
    random = np.random.default_rng(3)
    sizes, between = [2, 4, 3, 2], [Sigmoid(), ReLU()]
    layers = []
    for k in range(3):
        shape = sizes[k], sizes[k + 1]
        layers += [Affine(random.normal(size=shape), random.normal(size=shape[1])), *between[k : k + 1]]
    return Sequential(layers)


def by_layers(network, x, t):
    """The gradient as the documents compute it: back through the layers."""
    network.loss(x, t)
    network.backward()
    learned = [layer for layer in network.layers.values() if isinstance(layer, Affine)]
    return {f"{name}{k}": getattr(layer, f"d{name}") for k, layer in enumerate(learned, 1) for name in layer.parameters}


def assert_same(one, other, **tolerance):
    assert list(one) == list(other)
    for name, array in one.items():
        assert array.shape == other[name].shape
        np.testing.assert_allclose(array, other[name], err_msg=name, **tolerance)


# ── Gradients ─────────────────────────────────────────────────────────────────────────────────────────

CASES = {
    "indices": (small, X, T),
    "one-hot": (small, X, np.eye(2)[T]),
    "soft": (small, X, [[0.3, 0.7], [1.0, 0.0], [0.5, 0.5]]),
    "one sample": (small, X[1], 0),
    "three layers": (deep, X, T),
    "regression": (regression, X, X[::-1] * 2),
}
every_case = pytest.mark.parametrize(("make", "x", "t"), CASES.values(), ids=CASES)


@every_case
def test_three_ways_to_one_gradient(make, x, t):
    network = make()
    gradient = network.gradient(x, t)
    assert_same(gradient, by_layers(network, x, t), rtol=1e-12, atol=1e-15)
    # h²/6 · f‴ and eps/h: with h = 1e-5 both are below 1e-9 for these networks
    assert_same(gradient, network.numerical_gradient(x, t, h=1e-5), rtol=1e-7, atol=1e-9)
    assert {name: array.dtype for name, array in gradient.items()} == dict.fromkeys(network.params, float)


@every_case
def test_backward_returns_the_derivative_of_the_input(make, x, t):
    network, values = make(), Value.array(x, "x")
    network.loss(x, t)
    derivative = network.backward()
    network.on_values().loss(values, t).backward()
    np.testing.assert_allclose(derivative, np.array([value.grad for value in values.flat]).reshape(x.shape), rtol=1e-12)
    np.testing.assert_allclose(network.backward(-3), -3 * derivative, rtol=1e-14)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(2, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_networks_of_any_size_agree_with_themselves(inputs, hidden, classes, samples, seed):
    network = TwoLayerNet(inputs, hidden, classes, weight_init_std=1.0, seed=seed)
    random = np.random.default_rng(seed)
    x, t = random.normal(size=(samples, inputs)), random.integers(0, classes, samples)
    loss, gradient = network.loss_and_gradient(x, t)
    assert loss == about(network.loss(x, t), rel=1e-13)
    assert_same(gradient, by_layers(network, x, t), rtol=1e-10, atol=1e-14)


def test_extreme_scores_have_the_same_gradient_either_way():
    network = small()
    x = X * 5000
    loss, gradient = network.loss_and_gradient(x, T)
    assert loss > 700
    assert loss == about(network.loss(x, T), rel=1e-14)
    assert_same(gradient, by_layers(network, x, T), rtol=1e-12, atol=1e-12)


def test_a_gradient_leaves_the_network_as_it_was():
    network = small()
    kept = {name: array.copy() for name, array in network.params.items()}
    arrays = dict(network.params)
    network.loss(X, T)
    layers = [*network.layers.values(), network.last_layer]
    remembered = [dict(vars(layer)) for layer in layers]
    network.gradient(X[:1] * 2, T[:1])
    network.on_values().loss(X[:1], T[:1])
    for layer, attributes in zip(layers, remembered):
        assert all(getattr(layer, name) is thing for name, thing in attributes.items())
    network.numerical_gradient(X, T)
    for name, array in network.params.items():
        assert array is arrays[name]
        np.testing.assert_array_equal(array, kept[name])


def test_weights_that_may_not_be_written_are_copied():
    weights = np.array([[0.5, -1.0], [1.5, 2.0]])
    weights.setflags(write=False)
    network = Sequential([Affine(weights, np.zeros(2))])
    assert_same(network.gradient(X, T), network.numerical_gradient(X, T), rtol=1e-6)
    network.params["W1"] -= 1.0
    assert weights.tolist() == [[0.5, -1.0], [1.5, 2.0]]


def test_a_network_without_parameters_has_an_empty_gradient():
    network = Sequential([ReLU()])
    loss, gradient = network.loss_and_gradient(X, T)
    assert gradient == {}
    assert loss == network.loss(X, T)


# ── As the documents describe it ──────────────────────────────────────────────────────────────────────


def test_the_network_of_the_documents():
    network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10, seed=0)
    assert isinstance(network.layers, OrderedDict)
    assert list(network.layers) == ["Affine1", "Relu1", "Affine2"]
    assert isinstance(network.last_layer, SoftmaxWithLoss)
    shapes = {name: array.shape for name, array in network.params.items()}
    assert shapes == {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    assert abs(network.params["W1"].std() - 0.01) < 5 * 0.01 / math.sqrt(2 * 784 * 50)
    assert not network.params["b1"].any()
    assert network.predict(np.zeros((3, 784))).shape == (3, 10)


def test_predict_by_hand():
    network = TwoLayerNet(2, 2, 2)
    network.params["W1"] = [[1, -1], [2, 3]]
    network.params["b1"] = [0.5, -8]
    network.params["W2"] = [[1, 2], [3, 4]]
    network.params["b2"] = [-1, 1]
    # (1, 2) → (5.5, -3) → (5.5, 0) → (4.5, 12)
    assert network.predict([1, 2]).tolist() == [4.5, 12.0]
    assert network.loss([1, 2], 1) == about(math.log1p(math.exp(-7.5)))
    assert network.probabilities([1, 2]) == about([1 / (1 + math.exp(7.5)), 1 / (1 + math.exp(-7.5))])
    assert network.accuracy([1, 2], 1) == 1.0


def test_the_first_weights_follow_the_seed():
    assert_same(small(seed=5).params, small(seed=5).params)
    assert not np.array_equal(small(seed=5).params["W1"], small(seed=6).params["W1"])
    assert not np.array_equal(small(seed=None).params["W1"], small(seed=None).params["W1"])


def test_training_as_in_the_book():
    """train_neuralnet: the gradient, and every parameter less its step, in place."""
    random = np.random.default_rng(0)
    x_train = random.normal(size=(60, 2)) + np.repeat([[2.0, 0.0], [-2.0, 0.0]], 30, axis=0)
    t_train = np.repeat(np.eye(2), 30, axis=0)
    network = TwoLayerNet(input_size=2, hidden_size=4, output_size=2, seed=0)
    learning_rate, train_loss_list = 0.5, []
    for _ in range(40):
        batch_mask = random.choice(60, 10)
        x_batch, t_batch = x_train[batch_mask], t_train[batch_mask]
        grad = network.gradient(x_batch, t_batch)
        for key in ("W1", "b1", "W2", "b2"):
            network.params[key] -= learning_rate * grad[key]
        train_loss_list.append(network.loss(x_batch, t_batch))
    assert train_loss_list[0] > 0.6
    assert train_loss_list[-1] < 0.2
    assert network.accuracy(x_train, t_train) > 0.95


def test_the_gradient_of_the_book_written_out():
    network = small()
    network.loss(X, T)
    dout = network.last_layer.backward(1)
    for layer in reversed(list(network.layers.values())):
        dout = layer.backward(dout)
    assert_same(network.gradient(X, T), {
        "W1": network.layers["Affine1"].dW, "b1": network.layers["Affine1"].db,
        "W2": network.layers["Affine2"].dW, "b2": network.layers["Affine2"].db,
    }, rtol=1e-12)  # fmt: skip


def test_backward_needs_a_loss_before():
    with pytest.raises(RuntimeError, match=r"call forward\(\) first"):
        small().backward()


@pytest.mark.parametrize("size", [0, -1, 1.5, "3", True, None, math.nan])
@pytest.mark.parametrize("name", ["input_size", "hidden_size", "output_size"])
def test_sizes_that_are_none(name, size):
    sizes = {"input_size": 2, "hidden_size": 2, "output_size": 2, name: size}
    with pytest.raises(ValueError, match=f"{name} is .*; expected a whole number above 0"):
        TwoLayerNet(**sizes)


# ── Accuracy ──────────────────────────────────────────────────────────────────────────────────────────


def counting():
    """A network whose scores are its inputs."""
    return Sequential([Affine(np.eye(2), np.zeros(2))])


@pytest.mark.parametrize(
    ("t", "share"),
    [(T, 2 / 3), (np.eye(2)[T], 2 / 3), ([0, 1, 0], 1 / 3), ([1, 1, 0], 0.0), ([0.0, 1.0, 1.0], 2 / 3),
     ([[0.6, 0.4], [0.4, 0.6], [0.1, 0.9]], 2 / 3)],
)  # fmt: skip
def test_accuracy_counts_right_answers(t, share):
    x = np.array([[0.5, -1.0], [3.0, 2.0], [-0.25, 0.75]])  # says 0, 0, 1
    assert counting().accuracy(x, t) == about(share)
    assert counting().on_values().accuracy(x, t) == about(share)


@pytest.mark.parametrize(("t", "share"), [(0, 1.0), (1, 0.0), ([1, 0], 1.0)])
def test_accuracy_of_one_sample(t, share):
    assert counting().accuracy([0.5, -1.0], t) == share


@pytest.mark.parametrize("t", [[0], [0, 1, 1, 1], [[0], [1], [1]], [0, 1, 2], [0, 1, -1], [0, 1, 0.5], [0, 1, math.nan],
                               np.eye(3)])  # fmt: skip
def test_accuracy_refuses_labels_that_do_not_fit(t):
    with pytest.raises(ValueError, match=r"label|t\[2\] is nan"):
        counting().accuracy(X, t)


def test_accuracy_is_for_classifiers():
    with pytest.raises(TypeError, match="this network predicts numbers; look at loss"):
        regression().accuracy(X, X)


# ── Parameters ────────────────────────────────────────────────────────────────────────────────────────


def test_writing_a_parameter_writes_into_its_layer():
    network = small()
    array = np.array([1.0, 2.0, 3.0])
    network.params["b1"] = array
    assert network.layers["Affine1"].b.tolist() == [1.0, 2.0, 3.0]
    array[0] = 100
    assert network.params["b1"].tolist() == [1.0, 2.0, 3.0]


def test_in_place_steps_change_the_same_array():
    network = small()
    before, kept = network.params["W1"], network.params["W1"].copy()
    network.params["W1"] -= 0.5
    assert network.params["W1"] is before
    assert network.layers["Affine1"].W is before
    np.testing.assert_array_equal(before, kept - 0.5)


def test_whole_numbers_as_weights_can_learn():
    network = Sequential([Affine([[1, 2], [3, 4]], [0, 0])])
    network.params["W1"] -= 0.5
    assert network.layers["Affine1"].W.tolist() == [[0.5, 1.5], [2.5, 3.5]]


@pytest.mark.parametrize(
    ("name", "array", "error", "message"),
    [
        ("W9", np.ones((2, 3)), KeyError, "'W9' is not a parameter of this network; it has W1, b1, W2, b2"),
        ("W1", np.ones((3, 2)), ValueError, r"W1 has the shape \(2, 3\); an array of shape \(3, 2\)"),
        ("b1", 1.0, ValueError, r"b1 has the shape \(3,\); an array of shape \(\)"),
        ("b2", ["1", "2"], TypeError, "b2 needs numbers or Values"),
        ("b2", [None, None], TypeError, "b2 needs a real number"),
        ("b2", [1j, 2], TypeError, "b2 needs numbers or Values"),
        ("b2", [[1], [1, 2]], ValueError, "b2 needs rows of one length"),
    ],
)
def test_parameters_that_do_not_fit_change_nothing(name, array, error, message):
    network = small()
    kept = copy.deepcopy(dict(network.params))
    with pytest.raises(error, match=message):
        network.params[name] = array
    assert_same(dict(network.params), kept)


def test_parameters_are_read_as_a_mapping():
    params = small().params
    assert list(params) == ["W1", "b1", "W2", "b2"]
    assert len(params) == 4
    assert "W1" in params
    assert "W3" not in params
    assert params.get("W3") is None
    assert repr(params) == "Parameters(W1(2, 3), b1(3,), W2(3, 2), b2(2,))"
    with pytest.raises(KeyError, match="'W3' is not a parameter of this network"):
        params["W3"]
    with pytest.raises(TypeError, match="'W1' can't be deleted"):
        del params["W1"]


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────

BAD = {
    "nan": ([[0.0, math.nan]], [0], ValueError, r"x\[0, 1\] is nan; a network needs finite numbers"),
    "inf": ([[0.0, 1.0], [-math.inf, 0.0]], [0, 0], ValueError, r"x\[1, 0\] is -∞; a network needs"),
    "nan alone": (math.nan, 0, ValueError, "x is nan; a network needs finite numbers"),
    "empty": (np.ones((0, 2)), [], ValueError, r"empty batch, of shape \(0, 2\)"),
    "too wide": (np.ones((4, 3)), [0] * 4, ValueError, r"x of shape \(4, 3\), but W has the shape \(2, 3\)"),
    "three dimensions": (np.ones((1, 1, 2)), [0], ValueError, r"x of shape \(1, 1, 2\), but W has the shape"),
    "a number": (1.0, 0, ValueError, r"x of shape \(\), but W has the shape \(2, 3\)"),
    "ragged": ([[1.0], [1.0, 2.0]], [0, 0], ValueError, "x needs rows of one length"),
    "text": ("abc", 0, TypeError, "x needs numbers or Values, not the str 'abc'"),
    "None": (None, 0, TypeError, "x needs a real number, not the NoneType None"),
    "None inside": ([1.0, None], 0, TypeError, "x needs a real number, not the NoneType None"),
    "complex": ([1j, 2.0], 0, TypeError, "x needs numbers or Values"),
    "label out of range": (X, [0, 1, 2], ValueError, r"label t\[2\] is 2, but there are 2 classes"),
    "negative label": (X, [-1, 0, 0], ValueError, r"label t\[0\] is -1, but there are 2 classes"),
    "half a label": (X, [0, 0.5, 0], ValueError, r"label t\[1\] is 0.5, but there are 2 classes"),
    "nan label": (X, [0, math.nan, 0], ValueError, r"t\[1\] is nan"),
    "too few labels": (X, [0], ValueError, r"scores of shape \(3, 2\) and labels of shape \(1,\)"),
    "no labels": (X, None, TypeError, "t needs a real number, not the NoneType None"),
    "names": (X, ["a", "b", "c"], TypeError, "t needs numbers or Values"),
}


@pytest.mark.parametrize(("x", "t", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_nothing_is_lost(x, t, error, message):
    network = small()
    kept, loss = copy.deepcopy(dict(network.params)), network.loss(X, T)
    for ask in (network.loss, network.gradient, network.loss_and_gradient, network.accuracy, network.numerical_gradient,
                network.draw):  # fmt: skip
        if ask == network.draw and t is None:
            continue  # draws without a loss
        with pytest.raises(error, match=message) as caught:
            ask(x, t)
        assert "\n" not in str(caught.value)
        assert "np." not in str(caught.value)
    assert_same(dict(network.params), kept)
    assert network.loss(X, T) == loss


def test_values_that_are_nan_are_found_too():
    with pytest.raises(ValueError, match=r"x\[1\] is nan"):
        small().predict(np.array([Value(1.0), Value(math.nan)]))


def test_the_data_stay_as_they_are():
    x, t = X.copy(), np.array(T)
    x.setflags(write=False)
    t.setflags(write=False)
    network = small()
    network.loss(x, t)
    network.backward()
    network.gradient(x, t)
    np.testing.assert_array_equal(x, X)
    assert t.tolist() == T


def test_every_kind_of_array_gives_the_same_loss():
    network = small()
    expected = network.loss(X, T)
    for same in (X.tolist(), np.asfortranarray(X), X.T.copy().T, X.astype(np.float32), X.astype(object)):
        assert network.loss(same, T) == expected
    assert network.loss(Value.array(X), T).data == about(expected, rel=1e-14)


# ── Layers in a row ───────────────────────────────────────────────────────────────────────────────────


def test_layers_are_named_by_kind_or_by_a_mapping():
    layers = [Affine(np.eye(2), np.zeros(2)), ReLU(), Affine(np.eye(2), np.zeros(2)), ReLU()]
    assert list(Sequential(layers).layers) == ["Affine1", "ReLU1", "Affine2", "ReLU2"]
    assert list(Sequential({"hidden": ReLU(), "out": Softmax()}).layers) == ["hidden", "out"]
    assert list(Sequential(iter([ReLU()])).layers) == ["ReLU1"]


def test_a_network_shows_its_layers():
    assert repr(small()) == "TwoLayerNet(Affine(W(2, 3), b(3,)), ReLU(), Affine(W(3, 2), b(2,)), SoftmaxWithLoss())"


@pytest.mark.parametrize(
    ("layers", "last", "error", "message"),
    [
        ([], None, ValueError, "at least one layer"),
        ([same := ReLU(), same], None, ValueError, "every layer once"),
        (None, None, TypeError, r"takes its layers in a list, not None"),
        (ReLU(), None, TypeError, r"takes its layers in a list, not ReLU\(\)"),
        ([ReLU], None, TypeError, r"takes layers such as Affine\(W, b\) and ReLU\(\), not <class"),
        ([np.tanh], None, TypeError, "takes layers such as"),
        ([SoftmaxWithLoss()], None, TypeError, r"not SoftmaxWithLoss\(\)"),
        ([Sequential([ReLU()])], None, TypeError, "takes layers such as"),
        ([ReLU()], ReLU(), TypeError, "needs SoftmaxWithLoss.* as last_layer, not ReLU"),
        ([ReLU()], SoftmaxWithLoss, TypeError, "needs SoftmaxWithLoss.* as last_layer, not <class"),
    ],
)
def test_what_is_no_network(layers, last, error, message):
    with pytest.raises(error, match=message):
        Sequential(layers, last)


class Doubled(Layer):
    """A student's own layer."""

    title = "× 2"

    def forward(self, x):
        return self._remember(x * 2, x)

    def backward(self, dout=1.0):
        return dout * 2


class Scaled(Layer):
    """One with parameters: a number and a vector."""

    parameters = ("s", "v")

    def __init__(self):
        self.s, self.v = 3, np.array([1, -2])

    def forward(self, x):
        return x * self.s * self.v


class NotesRelu:
    """Relu as the notes print it: no Layer of ours, and it changes dout."""

    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0

        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout

        return dx


def test_a_layer_of_ones_own():
    own = Sequential([Affine(np.eye(2), np.zeros(2)), Doubled()])
    twice = Sequential([Affine(2 * np.eye(2), np.zeros(2))])
    assert own.loss(X, T) == twice.loss(X, T)
    own.backward()
    np.testing.assert_allclose(own.layers["Affine1"].dW, 2 * twice.gradient(X, T)["W1"], rtol=1e-12)
    assert_same(own.gradient(X, T), own.numerical_gradient(X, T, h=1e-5), rtol=1e-7, atol=1e-9)
    assert "× 2" in own.draw(X[0], 0).svg()


def test_parameters_of_ones_own_may_be_a_number():
    network = Sequential([Scaled(), Affine(np.eye(2), np.zeros(2))])
    assert list(network.params) == ["s1", "v1", "W2", "b2"]
    gradient = network.gradient(X, T)
    assert gradient["s1"].shape == ()
    assert_same(gradient, network.numerical_gradient(X, T, h=1e-5), rtol=1e-7, atol=1e-9)
    network.params["s1"] -= 0.5
    network.params["v1"] -= 0.5
    assert float(network.layers["Scaled1"].s) == 2.5
    assert network.layers["Scaled1"].v.tolist() == [0.5, -2.5]


def test_a_parameter_that_the_loss_does_not_depend_on_has_derivative_0():
    class Cut(Layer):
        def forward(self, x):
            return np.ones(np.shape(x)) * Value(1.0)

    network = Sequential([Affine(np.eye(2), np.zeros(2)), Cut()])
    assert network.gradient(X, T)["W1"].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_relu_of_the_notes_in_a_network():
    ours = small()
    first, _, second = ours.layers.values()
    theirs = Sequential([first, NotesRelu(), second])
    assert theirs.loss(X, T) == ours.loss(X, T)
    assert_same(theirs.gradient(X, T), ours.gradient(X, T), rtol=1e-14)
    assert_same(by_layers(theirs, X, T), ours.gradient(X, T), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("layer", [MulLayer(), AddLayer()])
def test_a_layer_of_two_inputs_has_no_place_in_a_row(layer):
    with pytest.raises(TypeError, match="y"):
        Sequential([layer]).predict([1.0])


# ── Dropout in a network ──────────────────────────────────────────────────────────────────────────────


def with_dropout():
    return Sequential([Affine(np.eye(2), np.ones(2)), Dropout(0.5, seed=0), Dropout(0.5, seed=1)])


def test_nothing_is_dropped_but_while_learning():
    network = with_dropout()
    assert network.is_training
    np.testing.assert_array_equal(network.predict(X), X + 1)
    assert network.loss(X, T) == network.loss(X, T)
    network.is_training = False
    network.gradient(X, T)
    drawn = [*network.layers.values()][1].new_mask((2, 2))  # the first random numbers, for none were used yet
    np.testing.assert_array_equal(drawn, (np.random.default_rng(0).random((2, 2)) >= 0.5) * 2.0)
    network.is_training = True
    assert any(not np.array_equal(network.predict(X, train_flg=True), X + 1) for _ in range(3))
    assert any(not np.array_equal(network.gradient(X, T)["b1"], network.gradient(X, T)["b1"]) for _ in range(3))


def test_gradient_check_drops_nothing_and_leaves_the_switch_as_it_was(capsys):
    network = with_dropout()
    assert max(tg.gradient_check(network, X, T).values()) < 1e-7
    assert network.is_training
    assert capsys.readouterr().out.count("\n") == 2


def test_is_training_switches_every_dropout():
    network = with_dropout()
    network.is_training = False
    assert not network.is_training
    assert_same(network.gradient(X, T), network.numerical_gradient(X, T, h=1e-5), rtol=1e-7, atol=1e-9)
    assert small().is_training is False


def test_what_was_dropped_gets_no_derivative():
    network = with_dropout()
    network.loss(X, T, train_flg=True)
    network.backward()
    first, second = network.layers["Dropout1"].mask, network.layers["Dropout2"].mask
    upstream = network.last_layer.backward()
    np.testing.assert_allclose(network.layers["Affine1"].db, (upstream * first * second).sum(axis=0), rtol=1e-15)
    assert np.any(first * second == 0)


# ── Layers of one's own ───────────────────────────────────────────────────────────────────────────────


class Shifted(Layer):
    title = "Shifted square"

    def forward(self, x):
        self.x = x
        return x * x + 1.0

    def backward(self, dout):
        return dout * 2.0 * self.x


class Careless(Shifted):
    def backward(self, dout):
        return dout * self.x


def between(layer):
    rng = np.random.default_rng(0)
    return Sequential(
        [Affine(rng.normal(size=(2, 2)), np.zeros(2)), layer, Affine(rng.normal(size=(2, 2)), np.ones(2))]
    )


def test_a_layer_of_one_s_own_is_a_box():
    svg = between(Shifted()).draw(X[:1], T[:1]).svg()
    assert "Shifted square" in svg


def test_gradient_check_tries_the_layers_own_backward(capsys):
    assert max(tg.gradient_check(between(Shifted()), X, T).values()) < 1e-7
    differences = tg.gradient_check(between(Careless()), X, T)
    assert differences["W1"] > 1e-3  # in front of the wrong layer
    assert differences["W2"] < 1e-7


def test_gradient_check_of_a_layer_that_only_goes_forward(capsys):
    class Doubled:
        def forward(self, x):
            return x * 2.0

    assert max(tg.gradient_check(between(Doubled()), X, T).values()) < 1e-7


def test_a_layer_that_cuts_the_graph_is_named():
    class Cutting(Layer):
        def forward(self, x):
            return np.array([[getattr(v, "data", v) for v in row] for row in np.asarray(x).tolist()], dtype=float)

    network = between(Cutting())
    assert network.loss(X, T) > 0
    with pytest.raises(TypeError, match="the layer 'Cutting1' was given Values and returned plain numbers, which cuts"):
        network.gradient(X, T)


def test_layers_can_be_exchanged_and_added():
    network = between(Shifted())
    network.layers["Affine1"] = Affine(np.eye(2), np.ones(2))
    assert network.params["b1"].tolist() == [1.0, 1.0]
    assert max(tg.gradient_check(network, X, T).values()) < 1e-7
    network.layers["Affine3"] = Affine(np.eye(2) * 2, np.zeros(2))
    assert list(network.params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert max(tg.gradient_check(network, X, T).values()) < 1e-7
    network.params["b3"] -= 0.5
    assert network.layers["Affine3"].b.tolist() == [-0.5, -0.5]


# ── On Values ─────────────────────────────────────────────────────────────────────────────────────────


def test_on_values_the_loss_is_a_graph():
    network = small()
    twin = network.on_values()
    loss = twin.loss(X, T)
    assert isinstance(loss, Value)
    assert loss.data == about(network.loss(X, T), rel=1e-14)
    assert twin.params["W1"][0, 1].name == "W1[0, 1]"
    assert small().on_values(named=False).params["W1"][0, 1].name is None
    twin.params["b1"][0].data = 100.0
    assert network.params["b1"][0] == 0.0
    assert network.params["W1"].dtype == float


def test_on_values_of_values_are_new_ones():
    twin = small().on_values()
    again = twin.on_values()
    assert again.params["W1"][0, 0] is not twin.params["W1"][0, 0]
    assert again.params["W1"][0, 0].data == twin.params["W1"][0, 0].data
    assert_same(twin.gradient(X, T), small().gradient(X, T))


def test_a_batch_is_one_dot_node_a_product():
    network = TwoLayerNet(4, 3, 2, seed=0)
    x = np.random.default_rng(0).normal(size=(5, 4))
    counts = {}
    nodes = topological([network.on_values().loss(x, [0, 1, 0, 1, 0])])
    for node in nodes:
        name = node.op and node.op.name
        counts[name] = counts.get(name, 0) + 1
    assert counts["dot"] == counts["add"] == 5 * (3 + 2)
    assert counts["relu"] == 5 * 3
    assert counts["exp"] == counts["log"] == 5 * 2
    assert counts["div"] == 5
    assert counts["mean"] == 1
    assert counts["sum"] == 2 * 5
    assert counts["mul"] == 5 * (2 + 2 + 1)  # power × share, t × log y, × (−1): none for a weight
    blocks = [made.name for made in blocks_of(nodes)]
    assert sorted(blocks) == sorted(["Affine", "ReLU", "Affine", *["Softmax", "Cross Entropy Error"] * 5])


def test_a_gradient_names_no_blocks():
    seen = []

    class Watch(Layer):
        title = "watch"

        def forward(self, x):
            out = self._remember(x * 1, x)
            if x.dtype == object:
                seen.extend(blocks_of(out.flat))
            return out

    network = Sequential([Affine(np.eye(2), np.zeros(2)), Watch()])
    network.gradient(X, T)
    assert seen == []
    network.on_values().predict(X)
    assert [made.name for made in seen] == ["watch"]


# ── Copies, files, pictures ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_are_networks_of_their_own(copied):
    network = small()
    network.loss(X, T)
    twin = copied(network)
    assert_same(twin.gradient(X, T), network.gradient(X, T))
    twin.params["W1"] -= 1.0
    assert twin.layers["Affine1"].W is twin.params["W1"]
    np.testing.assert_allclose(network.params["W1"] - 1.0, twin.params["W1"])
    assert twin.loss(X, T) != network.loss(X, T)


def test_what_was_saved_can_be_loaded(tmp_path):
    network, other = small(seed=1), small(seed=2)
    network.save(tmp_path / "network.npz")
    other.load(tmp_path / "network.npz")
    assert_same(dict(other.params), dict(network.params))
    assert other.loss(X, T) == network.loss(X, T)


def test_a_file_of_another_network_changes_nothing(tmp_path):
    TwoLayerNet(2, 5, 2, seed=0).save(tmp_path / "other.npz")
    network = small()
    kept = copy.deepcopy(dict(network.params))
    with pytest.raises(ValueError, match="W1"):
        network.load(tmp_path / "other.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not a network")
    with pytest.raises(ValueError):
        network.load(tmp_path / "broken.npz")
    with pytest.raises(OSError):
        network.load(tmp_path / "missing.npz")
    assert_same(dict(network.params), kept)


def test_a_network_is_drawn_with_its_layers_as_boxes():
    network = small()
    closed = network.draw(X[0], 1).svg()
    for title in ("Affine", "ReLU", "Softmax", "Cross Entropy Error"):
        assert title in closed
    assert tg.text.numerals.numeral(network.loss(X[0], 1), 6) in closed
    opened = network.draw(X[0], 1, blocks="expanded")
    assert len(opened.svg()) > len(closed)
    assert "Cross Entropy Error" not in network.draw(X[0]).svg()
    assert "Sum of Squared Errors" in regression().draw(X[0], [1.0, 2.0]).svg()


@pytest.mark.parametrize("t", [T, np.eye(2)[T]])
def test_a_batch_is_drawn_too(t):
    network = small()
    assert network.draw(X, t).svg().startswith("<svg")
    assert network.draw(X, t, arrays=True).svg().startswith("<svg")


def test_inputs_that_are_values_keep_their_names_in_a_picture():
    x = np.array([Value(0.5, "무게"), Value(-1.0, "길이")])
    picture = small().draw(x, 1).svg()
    assert "무게" in picture
    assert "길이" in picture


def test_an_array_in_two_layers_is_refused():
    W, b = np.eye(2), np.zeros(2)
    with pytest.raises(ValueError, match="W1 and W2 are the same array, but each is learned by itself"):
        Sequential([Affine(W, b), Tanh(), Affine(W, b.copy())])
    for view in (W.T, W[:], W[::-1]):
        with pytest.raises(ValueError, match="W1 and W2 lie in the same memory, but each is learned by itself"):
            Sequential([Affine(W, b), Tanh(), Affine(view, b.copy())])
    table = np.arange(8.0).reshape(2, 4)  # columns that lie between each other and share nothing
    assert len(Sequential([Affine(table[:, :2], b), Affine(table[:, 2:], b.copy())]).params) == 4
    network = Sequential([Affine(W, b), Tanh(), Affine(W.copy(), b.copy())])
    network.layers["Affine2"].W = W
    with pytest.raises(ValueError, match="W1 and W2 are the same array"):
        network.gradient([[0.3, 0.5]], [1])
    assert len(Sequential([Affine(W, b), Tanh(), Affine(W.copy(), b.copy())]).params) == 4


def test_two_parameters_of_one_name_are_refused():
    class Two:
        parameters = ("W", "W1")

        def __init__(self):
            self.W, self.W1 = np.ones(2), np.ones(2)

        def forward(self, x):
            return x * self.W * self.W1

    with pytest.raises(ValueError, match="two parameters are called W11"):
        Sequential([Two(), *(Affine(np.eye(2), np.zeros(2)) for _ in range(10))])


# ── Steps by a tape ───────────────────────────────────────────────────────────────────────────────────


def never(*_):
    raise AssertionError("the engine was asked")


class Leaky:
    """A layer of one's own that is made of Values and keeps nothing."""

    def __init__(self, slope):
        self.slope = slope

    def forward(self, x):
        return tg.leaky_relu(x, self.slope)


class Mixing:
    """A layer whose output for a sample depends on the others of its batch."""

    def forward(self, x):
        return x - x.mean(axis=0) / 2


def many(n=50):
    rng = np.random.default_rng(7)
    return rng.standard_normal((n, 3)) * 3, rng.integers(0, 4, n)


@pytest.mark.parametrize("last", [SoftmaxWithLoss, IdentityWithLoss])
@pytest.mark.parametrize("scale", [1.0, 1e5])
def test_a_step_by_a_tape_is_what_the_layers_hand_back(last, scale):
    rng = np.random.default_rng(8)
    layers = [
        Affine(rng.standard_normal((3, 5)), rng.standard_normal(5)), ReLU(),
        Affine(rng.standard_normal((5, 6)), np.zeros(6)), Tanh(),
        Affine(rng.standard_normal((6, 4)) * scale, np.ones(4)),
    ]  # fmt: skip
    network = Sequential(layers, last())
    x, t = many()
    t = t if last is SoftmaxWithLoss else rng.standard_normal((50, 4))
    network.loss_and_gradient(x, t)
    loss, gradient = replayed(network, x, t, never)
    np.testing.assert_allclose(loss, network.loss(x, t), rtol=1e-12)
    for name, true in network.layer_gradient(x, t).items():
        np.testing.assert_allclose(gradient[name], true, rtol=1e-12, atol=1e-12 * np.abs(true).max())


def test_a_layer_of_ones_own_goes_with_it_and_its_numbers_are_read_anew():
    leaky = Leaky(0.1)
    network = Sequential([Affine(np.ones((3, 4)), np.zeros(4)), leaky])
    x, t = many()
    for slope in (0.1, 0.5):
        leaky.slope = slope
        _, gradient = network.loss_and_gradient(x, t)
        assert replayed(network, x, t, never) is not None
        other = Sequential([Affine(np.ones((3, 4)), np.zeros(4)), Leaky(slope)])
        numerical = other.numerical_gradient(x, t)
        np.testing.assert_allclose(gradient["W1"], numerical["W1"], rtol=1e-6, atol=1e-8)


def test_a_layer_that_mixes_samples_goes_by_the_engine():
    network = Sequential([Mixing(), Affine(np.ones((3, 4)) * [1, 2, 3, 4], np.zeros(4))])
    x, t = many()
    _, gradient = network.loss_and_gradient(x, t)
    np.testing.assert_allclose(gradient["W1"], network.numerical_gradient(x, t)["W1"], rtol=1e-6, atol=1e-8)
    asked = []
    assert replayed(network, x, t, lambda *_: asked.append(1)) is None


def dropping(seed):
    rng = np.random.default_rng(9)
    first, second = rng.standard_normal((3, 6)), rng.standard_normal((6, 4))
    layers = [Affine(first, np.zeros(6)), Dropout(0.25, seed=seed), ReLU(), Dropout(0.5, seed=seed + 1),
              Affine(second, np.zeros(4))]  # fmt: skip
    return Sequential(layers)


def test_dropout_gives_a_tape_its_masks_and_learns_what_the_engine_does():
    taped, eager, (x, t) = dropping(3), dropping(3), many()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            loss, gradient = taped.loss_and_gradient(x, t)
            graph = eager.on_values()
            true = graph.loss(x, t, train_flg=True)
            true.backward()
            assert loss == pytest.approx(true.data, rel=1e-12)
            for name, values in graph.params.items():
                slopes = [value.grad or 0.0 for value in values.flat]
                np.testing.assert_allclose(gradient[name].ravel(), slopes, rtol=1e-12, atol=1e-14)
    assert replayed(taped, x, t, never) is not None
    assert taped.layers["Dropout2"].mask.shape == (50, 6)


def test_dropout_that_drops_nothing_is_another_tape():
    network = dropping(3)
    network.loss_and_gradient(*many())
    network.is_training = False
    loss, _ = replayed(network, *many(), never)
    assert loss == pytest.approx(network.loss(*many()), rel=1e-12)


def normalizing():
    rng = np.random.default_rng(10)
    affine, last = Affine(rng.standard_normal((3, 5)), np.zeros(5)), Affine(rng.standard_normal((5, 4)), np.zeros(4))
    return Sequential([affine, BatchNorm(np.ones(5), np.zeros(5)), ReLU(), last])


def test_batch_normalization_goes_by_the_engine_and_says_so_once():
    network, (x, t) = normalizing(), many()
    with pytest.warns(UserWarning, match="without a tape, more slowly: BatchNorm takes the mean of a batch") as said:
        [network.loss_and_gradient(x, t) for _ in range(3)]
    assert len(said) == 1
    scores = x @ network.params["W1"]
    np.testing.assert_allclose(network.layers["BatchNorm1"].running_mean, scores.mean(axis=0) * (1 - 0.9**3))
    gradient = network.gradient(x, t)
    for name, slopes in network.layer_gradient(x, t).items():
        np.testing.assert_allclose(gradient[name], slopes, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*without a tape")
def test_running_averages_are_saved_with_the_parameters(tmp_path):
    network, other, (x, t) = normalizing(), normalizing(), many()
    network.loss_and_gradient(x, t)
    network.save(tmp_path / "network.npz")
    other.load(tmp_path / "network.npz")
    np.testing.assert_array_equal(other.predict(x), network.predict(x))
    assert list(network.params) == ["W1", "b1", "gamma2", "beta2", "W3", "b3"]
    with pytest.raises(ValueError, match="does not fit this network"):
        Sequential([Affine(np.ones((3, 5)), np.zeros(5))]).load(tmp_path / "network.npz")


def test_a_layer_that_keeps_something_of_a_batch_is_named_once():
    class Counting(Leaky):
        count = 0

        def forward(self, x):
            self.count += 1
            return super().forward(x)

    network = Sequential([Affine(np.ones((3, 4)), np.zeros(4)), Counting(0.1)])
    with pytest.warns(UserWarning, match="without a tape, more slowly: Counting keeps something of a batch") as said:
        [network.loss_and_gradient(*many()) for _ in range(3)]
    assert len(said) == 1


def test_a_network_of_ones_own_that_adds_to_the_loss_goes_by_the_engine():
    class Decaying(Sequential):
        decay = 0.0

        def loss(self, x, t, train_flg=False):
            weights = self.params["W1"]
            return super().loss(x, t, train_flg) + self.decay * (weights * weights).sum()

    network = Decaying([Affine(np.ones((3, 4)), np.zeros(4))])
    x, t = many()
    without = network.gradient(x, t)["W1"]
    network.decay = 0.5
    np.testing.assert_allclose(network.gradient(x, t)["W1"], without + 1.0, rtol=1e-12)


def test_a_tape_does_not_keep_its_network():
    network = small()
    network.loss_and_gradient(X, T)
    assert replayed(network, X, np.array(T), never) is not None
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_a_layer_that_is_exchanged_is_recorded_anew():
    x, t = many()
    affine = Affine(np.ones((3, 4)) * [1, -2, 3, 4], np.zeros(4))
    network = Sequential(OrderedDict(first=affine, last=ReLU()))
    for layer in (ReLU(), Tanh(), Sigmoid()):
        network.layers["last"] = layer
        _, gradient = network.loss_and_gradient(x, t)
        np.testing.assert_allclose(gradient["W1"], network.layer_gradient(x, t)["W1"], rtol=1e-12)
        assert replayed(network, x, t, never) is not None


def test_a_layer_that_keeps_something_is_not_recorded_again_and_again():
    class Keeping:
        graphs = 0

        def forward(self, x):
            Keeping.graphs += x.dtype == object
            self.x = x
            return x * 2.0

    network = Sequential([Affine(np.ones((3, 4)), np.zeros(4)), Keeping()])
    for _ in range(3):
        network.loss_and_gradient(*many())
    before = Keeping.graphs
    network.loss_and_gradient(*many())
    assert Keeping.graphs == before + 1
    assert network.layers["Keeping1"].x.shape == (50, 4)


# ── Mistakes with layers of one's own ─────────────────────────────────────────────────────────────────


class Own:
    """Scales its inputs; what it learns is told otherwise."""

    def __init__(self, **attributes):
        self.weight = np.ones(2)
        vars(self).update(attributes)

    def forward(self, x):
        return x * self.weight


class Named(Own):
    parameters = ("weight",)


class Backward(Named):
    def backward(self, dout):
        return dout * self.weight


def last(layer):
    return Sequential([layer, Affine(np.eye(2), np.zeros(2))])


@pytest.mark.parametrize(
    ("attempt", "error", "says"),
    [
        (lambda: last(Own(parameters="weight")), TypeError,
         r"parameters of the layer Own should name its attributes, such as \('W', 'b'\); it is 'weight'$"),
        (lambda: last(Own(parameters=lambda: [1])), TypeError, "of the layer Own should name its attributes"),
        (lambda: last(Own(parameters=("weight", "bias"))), TypeError,
         "parameters of the layer Own names 'bias', which is not an attribute of it"),
        (lambda: last(Own(parameters=[np.ones(2)])), TypeError, "parameters of the layer Own names array"),
        (lambda: last(Named()).layer_gradient([[1.0, 2.0]], [0]), AttributeError,
         r"the layer 'Named1' has no backward\(\); write one .*, or take gradient\(\), which needs none"),
        (lambda: last(Backward()).layer_gradient([[1.0, 2.0]], [0]), AttributeError,
         r"the Backward of weight1 keeps no derivative; its backward\(\) should put one into self.dweight"),
        (lambda: Sequential([small(), ReLU()]), TypeError, r"not TwoLayerNet\(.*; give its layers, \*network.layers"),
        (lambda: small().lastLayer, AttributeError, "no attribute 'lastLayer'; it is called last_layer here"),
        (lambda: small().nothing, AttributeError, "no attribute 'nothing'$"),
        (lambda: small().params.__setitem__("b1", [0.0, math.nan, 1.0]), ValueError,
         r"b1\[1\] is nan; a parameter is a finite number"),
        (lambda: Affine(np.eye(4), np.zeros(4)).forward(np.ones((2, 1, 2, 2))), ValueError,
         r"for a batch; images become rows by x.reshape\(len\(x\), -1\)$"),
    ],
)  # fmt: skip
def test_a_mistake_with_a_layer_says_what_to_do(attempt, error, says):
    with pytest.raises(error, match=says):
        attempt()


def test_softmax_before_softmax_with_loss_is_warned_of():
    layers = [Affine(np.eye(2), np.zeros(2)), tg.Softmax()]
    with pytest.warns(RuntimeWarning, match="SoftmaxWithLoss takes scores.*leave out the Softmax layer"):
        Sequential(layers)
    Sequential(layers, IdentityWithLoss())
    Sequential(layers[::-1])
