"""Optimizers and first weights: first steps worked by hand, PyTorch's steps, bowls, and what is refused."""

import copy
import inspect
import json
import math
import pickle
import random
from collections.abc import MutableMapping
from itertools import product
from types import MappingProxyType

import numpy as np
import pytest
from damage import attempt, damaged, lengths
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Value, constant, optim
from tinygrad_kr.learning.initializers import he, standard_deviation, weights, xavier
from tinygrad_kr.learning.neurons import MLP
from tinygrad_kr.learning.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp
from tinygrad_kr.learning.parameters import load_parameters, save_parameters

ALL = [SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW]
optimizers = pytest.mark.parametrize("kind", ALL)


def positions(optimizer, start, gradients):
    """Where a parameter that starts there is after each of the gradients."""
    params = {"x": np.array([start])}
    found = []
    for g in gradients:
        optimizer.update(params, {"x": [g]})
        found.append(params["x"][0])
    return found


# ── Steps worked by hand ──────────────────────────────────────────────────────────────────────────────

# From 10, with gradients 3 and 4, lr 0.5 (and momentum 0.5): what is subtracted at each of the two steps.
BY_HAND = [
    (SGD(lr=0.5), 1.5, 2.0),
    (Momentum(lr=0.5, momentum=0.5), 1.5, 2.75),  # v = 3, 5.5
    (Nesterov(lr=0.5, momentum=0.5), 2.25, 3.375),  # 3 + 1.5, 4 + 2.75
    (AdaGrad(lr=0.5), 0.5, 0.4),  # √v = 3, 5
    (AdaGrad(lr=0.5, eps=1.0), 0.375, 1 / 3),
    (RMSProp(lr=0.5, alpha=0.75), 1.0, 2 / math.sqrt(5.6875)),  # v = 2.25, 1.6875 + 4
    (RMSProp(lr=0.5, alpha=0.75, eps=0.5), 0.75, 2 / (math.sqrt(5.6875) + 0.5)),
    # m = 1.5, 2.75 and v = 2.25, 5.6875; divided by 1 - ½, 1 - ¼ and by 1 - ¾, 1 - 9/16
    (Adam(lr=0.5, betas=(0.5, 0.75)), 0.5, 0.5 * (2.75 / 0.75) / math.sqrt(13)),
    (Adam(lr=0.5, betas=(0.5, 0.75), eps=1.0), 0.375, 0.5 * (2.75 / 0.75) / (math.sqrt(13) + 1)),
    # lr·weight_decay is 0.05: of 10, and then of 10 − 1 = 9
    (AdamW(lr=0.5, betas=(0.5, 0.75), weight_decay=0.1), 1.0, 0.45 + 0.5 * (2.75 / 0.75) / math.sqrt(13)),
]


@pytest.mark.parametrize(("optimizer", "first", "second"), BY_HAND, ids=lambda part: str(part))
def test_the_first_two_steps_are_those_worked_by_hand(optimizer, first, second):
    after_one, after_two = positions(optimizer, 10.0, [3.0, 4.0])
    assert 10 - after_one == pytest.approx(first, rel=1e-7)
    assert after_one - after_two == pytest.approx(second, rel=1e-7)


@pytest.mark.parametrize(
    "make", [lambda p: SGD(p, lr=0.1), lambda p: SGD(p, 0.1), lambda p: Adam(iter(p)), lambda p: AdamW(p)]
)
def test_parameters_are_given_to_a_step_and_not_to_the_optimizer(make):
    with pytest.raises(TypeError, match=r"\(\) takes settings, as in lr=0.1; parameters go to update\(params, grads\)"):
        make([Value(1.0)])
    with pytest.raises(AttributeError, match="an optimizer has no 'zero_grad'; there is nothing to clear"):
        SGD(0.1).zero_grad()


@pytest.mark.parametrize(("optimizer", "first", "second"), BY_HAND, ids=lambda part: str(part))
def test_a_file_between_two_steps_changes_neither(optimizer, first, second, tmp_path):
    before, later = copy.deepcopy(optimizer), type(optimizer)()
    before._memories.clear()
    params = {"x": np.array([10.0])}
    before.update(params, {"x": [3.0]})
    before.save(tmp_path / "memory.npz", params)
    later.load(tmp_path / "memory.npz", params)
    assert repr(later) == repr(optimizer)
    start = params["x"][0]
    later.update(params, {"x": [4.0]})
    assert start - params["x"][0] == pytest.approx(second, rel=1e-7)


def test_the_defaults_are_those_that_the_documentation_names():
    assert [repr(kind()) for kind in ALL] == [
        "SGD(lr=0.01, weight_decay=0.0)",
        "Momentum(lr=0.01, weight_decay=0.0, momentum=0.9)",
        "Nesterov(lr=0.01, weight_decay=0.0, momentum=0.9)",
        "AdaGrad(lr=0.01, weight_decay=0.0, eps=1e-10)",
        "RMSProp(lr=0.01, weight_decay=0.0, alpha=0.99, eps=1e-08)",
        "Adam(lr=0.001, weight_decay=0.0, betas=(0.9, 0.999), eps=1e-08)",
        "AdamW(lr=0.001, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-08)",
    ]


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not AdamW])
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=6), st.floats(-10, 10), st.floats(0, 1))
def test_weight_decay_adds_to_the_gradient(kind, gradients, start, decay):
    decayed, plain = {"x": np.array([start])}, {"x": np.array([start])}
    one, other = kind(weight_decay=decay), kind()
    for g in gradients:
        one.update(decayed, {"x": [g]})
        other.update(plain, {"x": g + decay * plain["x"]})
        assert decayed["x"] == plain["x"]


def test_momentum_takes_the_steps_of_the_book_as_long_as_lr_stays():
    v, x, expected = 0.0, 1.0, []
    gradients = [3.0, -1.0, 0.5, 2.0]
    for g in gradients:
        v = 0.9 * v - 0.01 * g
        x += v
        expected.append(x)
    assert positions(Momentum(), 1.0, gradients) == pytest.approx(expected, rel=1e-14)


def test_nesterov_takes_the_steps_of_the_formula_of_the_book():
    u, x, expected = 0.0, 1.0, []
    gradients = [3.0, -1.0, 0.5, 2.0]
    for g in gradients:
        x += 0.81 * u - 1.9 * 0.01 * g
        u = 0.9 * u - 0.01 * g
        expected.append(x)
    assert positions(Nesterov(), 1.0, gradients) == pytest.approx(expected, rel=1e-14)


# ── PyTorch ───────────────────────────────────────────────────────────────────────────────────────────


def theirs(kind, tensors, **settings):
    import torch

    if kind in (Momentum, Nesterov):
        settings = {"momentum": 0.9, "nesterov": kind is Nesterov} | settings
    name = {Momentum: "SGD", Nesterov: "SGD", AdaGrad: "Adagrad", RMSProp: "RMSprop"}.get(kind, kind.__name__)
    return getattr(torch.optim, name)(tensors, **({"lr": 0.001 if issubclass(kind, Adam) else 0.01} | settings))


@pytest.mark.torch
@pytest.mark.parametrize(
    "settings", [{}, {"lr": 0.3}, {"weight_decay": 0.1}, {"lr": 0.05, "weight_decay": 1.5}], ids=str
)
@optimizers
def test_many_steps_agree_with_pytorch(kind, settings):
    import torch

    rng = np.random.default_rng(7)
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    optimizer, other = kind(**settings), theirs(kind, list(tensors.values()), **settings)
    for k in range(200):
        grads = {name: rng.normal(size=array.shape) * 10.0 ** (k % 5 - 2) for name, array in params.items()}
        grads["b"] *= k % 3 > 0  # gradients of 0 too
        optimizer.update(params, grads)
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[name])
        other.step()
        for name, tensor in tensors.items():
            np.testing.assert_allclose(params[name], tensor.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Momentum, {"momentum": 0.3}),
        (Nesterov, {"momentum": 0.99}),
        (AdaGrad, {"eps": 0.1}),
        (RMSProp, {"alpha": 0.5, "eps": 0.1}),
        (Adam, {"betas": (0.5, 0.8), "eps": 0.1}),
    ],
)
def test_every_setting_means_what_it_means_in_pytorch(kind, settings):
    import torch

    tensor = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    other = theirs(kind, [tensor], **settings)
    gradients = np.random.default_rng(3).normal(size=50)
    found = positions(kind(**settings), 1.0, gradients)
    for g, x in zip(gradients, found):
        tensor.grad = torch.tensor([g])
        other.step()
        assert x == pytest.approx(tensor.item(), rel=1e-11)


SCHEDULES = [
    (optim.StepLR, {"step_size": 3, "gamma": 0.5}),
    (optim.StepLR, {"step_size": 2}),
    (optim.ExponentialLR, {"gamma": 0.9}),
    (optim.LinearLR, {}),
    (optim.LinearLR, {"start_factor": 0.1, "end_factor": 0.7, "total_iters": 3}),
    (optim.CosineAnnealingLR, {"T_max": 8}),
    (optim.CosineAnnealingLR, {"T_max": 9, "eta_min": 0.01}),
]


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (optim.StepLR(0.8, 2), [0.8, 0.8, 0.08, 0.08, 0.008, 0.008]),
        (optim.StepLR(0.8, 3, gamma=0.5), [0.8, 0.8, 0.8, 0.4, 0.4, 0.4]),
        (optim.ExponentialLR(0.8, gamma=0.5), [0.8, 0.4, 0.2, 0.1, 0.05, 0.025]),
        (optim.LinearLR(0.3), [0.1, 0.14, 0.18, 0.22, 0.26, 0.3, 0.3]),
        (optim.LinearLR(0.5, start_factor=0.2, end_factor=0.6, total_iters=2), [0.1, 0.2, 0.3, 0.3]),
        (optim.CosineAnnealingLR(0.8, T_max=4), [0.8, 0.4 + 0.4 * 0.5**0.5, 0.4, 0.4 - 0.4 * 0.5**0.5, 0.0]),
        (optim.CosineAnnealingLR(0.5, T_max=3, eta_min=0.1), [0.5, 0.4, 0.2, 0.1]),
    ],
    ids=str,
)
def test_a_schedule_has_the_rates_worked_by_hand(schedule, rates):
    assert [schedule(epoch) for epoch in range(len(rates))] == pytest.approx(rates, abs=1e-15)


@pytest.mark.torch
@pytest.mark.parametrize(("kind", "settings"), SCHEDULES, ids=str)
def test_a_schedule_is_that_of_pytorch(kind, settings):
    import torch

    other = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = getattr(torch.optim.lr_scheduler, kind.__name__)(other, **settings)
    for epoch in range(8):
        assert kind(0.3, **settings)(epoch) == pytest.approx(other.param_groups[0]["lr"], rel=1e-12)
        other.step()
        scheduler.step()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: optim.StepLR(0, 3), "the lr of StepLR() is a positive number, not 0; try 0.01"),
        (lambda: optim.StepLR(0.1, 0), "the step_size of StepLR() is a whole number above 0, not 0; try 10"),
        (
            lambda: optim.LinearLR(0.1, total_iters=2.5),
            "the total_iters of LinearLR() is a whole number above 0, not 2.5",
        ),
        (lambda: optim.CosineAnnealingLR(0.1, 5, -1), "the eta_min of CosineAnnealingLR() is a number of at least 0"),
    ],
)
def test_a_schedule_refuses_what_is_no_rate(make, sentence):
    with pytest.raises(ValueError) as refusal:
        make()
    assert str(refusal.value).startswith(sentence)


# ── What they are for ─────────────────────────────────────────────────────────────────────────────────


@optimizers
def test_each_finds_the_bottom_of_a_bowl(kind):
    """The bowl ½·(x - a)² + 2·(y - b)², from (0, 0), with a learning rate that goes down; many bowls at once."""
    corners = [*product((-3.0, -0.01, 0.0, 0.01, 3.0), repeat=2)]
    bottom = np.array([*corners, *np.random.default_rng(6).uniform(-3, 3, (100, 2))])
    params = {"p": np.zeros_like(bottom)}
    optimizer = kind(lr=0.5 if kind is AdaGrad else 0.05, weight_decay=0.0)
    for k in range(400):
        if k == 250 and kind in (RMSProp, Adam, AdamW):  # their steps stay as long as lr, however flat it is
            optimizer.lr = 0.001
        optimizer.update(params, {"p": np.array([1.0, 4.0]) * (params["p"] - bottom)})
    np.testing.assert_allclose(params["p"], bottom, atol=0.02)


@optimizers
def test_values_move_as_arrays_do(kind):
    rng = np.random.default_rng(5)
    params = {"p": rng.normal(size=4)}
    values = [Value(number) for number in params["p"]]
    optimizer, other = kind(weight_decay=0.1), kind(weight_decay=0.1)
    for _ in range(10):
        g = rng.normal(size=4)
        for value, number in zip(values, g):
            value.grad = number
        optimizer.update(iter(values))
        other.update(params, {"p": g})
    assert [value.data for value in values] == pytest.approx(params["p"].tolist(), rel=1e-14)
    assert all(type(value.data) is float for value in values)


@optimizers
def test_a_network_learns(kind):
    random.seed(3)
    model, optimizer = MLP(1, [4, 1]), kind()
    points = [(-1.0, 1.0), (0.0, -0.5), (1.0, 2.0)]

    def error():
        return sum((model([x]) - y) ** 2 for x, y in points)

    before = error().data
    for _ in range(30):
        error().backward()
        optimizer.update(model.parameters())
    assert error().data < 0.97 * before


# ── Where the new numbers go ──────────────────────────────────────────────────────────────────────────


@optimizers
def test_arrays_are_changed_in_place_and_gradients_are_not(kind):
    W, g = np.array([1.0, 2.0]), np.array([3.0, -4.0])
    params = {"W": W}
    kind().update(params, {"W": g})
    assert params["W"] is W
    assert W[0] < 1.0
    assert W[1] > 2.0
    assert g.tolist() == [3.0, -4.0]


def test_an_array_under_two_names_takes_both_steps():
    shared = np.array([1.0])
    SGD(lr=0.1).update({"a": shared, "b": shared}, {"a": [1.0], "b": [2.0]})
    assert shared == pytest.approx([0.7])


def test_arrays_that_cannot_hold_the_result_are_replaced():
    ints, fixed = np.array([1, 2]), np.array([1.0])
    fixed.flags.writeable = False
    params = {"ints": ints, "fixed": fixed, "list": [1.0]}
    SGD(lr=0.5).update(params, {"ints": [1, 1], "fixed": [1], "list": [1]})
    assert [array.tolist() for array in params.values()] == [[0.5, 1.5], [0.5], [0.5]]
    assert ints.tolist() == [1, 2]
    assert fixed.tolist() == [1.0]


def test_arrays_of_float32_stay_so():
    params = {"W": np.ones(2, dtype=np.float32)}
    Adam(lr=0.5).update(params, {"W": np.ones(2, dtype=np.float32)})
    assert params["W"].dtype == np.float32
    assert params["W"] == pytest.approx([0.5, 0.5])


class Network(MutableMapping):
    """Parameters that are copied out, and written in where they are set."""

    def __init__(self, **numbers):
        self.numbers = numbers

    def __getitem__(self, name):
        return np.array(self.numbers[name])

    def __setitem__(self, name, array):
        self.numbers[name] = array.tolist()

    def __delitem__(self, name):
        raise NotImplementedError

    def __iter__(self):
        return iter(self.numbers)

    def __len__(self):
        return len(self.numbers)


def test_a_mapping_that_writes_into_a_network_is_set():
    network = Network(W=[1.0, 2.0], b=[0.5])
    SGD(lr=0.5).update(network, {"W": [1.0, 1.0], "b": [1.0]})
    assert network.numbers == {"W": [0.5, 1.5], "b": [0.0]}


def test_values_without_a_gradient_constants_and_repeated_values():
    x, still, fixed = Value(1.0), Value(2.0), constant(3.0)
    x.grad = 1.0
    Momentum(lr=0.1).update([x, still, fixed, x])
    assert (x.data, still.data, fixed.data) == (0.9, 2.0, 3.0)


def test_an_array_of_values_is_taken_whole():
    W = Value.array([[1.0, 2.0], [3.0, 4.0]], "W")
    (W[0, 0] * W[1, 1]).backward()
    SGD(lr=0.5).update(W)
    assert [w.data for w in W.flat] == [-1.0, 2.0, 3.0, 3.5]


@optimizers
def test_state_belongs_to_a_name_and_to_a_value(kind):
    """Steps of one parameter don't depend on which others are updated, or in which order."""
    alone = positions(kind(), 1.0, [1.0, 2.0, 3.0])
    together, optimizer = {"x": np.array([1.0]), "y": np.array([5.0])}, kind()
    optimizer.update(together, {"x": [1.0], "y": [-7.0]})
    optimizer.update(dict(reversed(together.items())), {"x": [2.0], "y": [9.0]})
    optimizer.update({"x": together["x"]}, {"x": [3.0], "y": [1.0]})
    assert together["x"] == alone[-1]

    x, y, optimizer = Value(1.0), Value(5.0), kind()
    for order, (x.grad, y.grad) in zip(([x, y], [y, x], [x]), ((1.0, -7.0), (2.0, 9.0), (3.0, 1.0))):
        optimizer.update(order)
    assert x.data == alone[-1]


@optimizers
@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_copies_go_on_where_the_original_was(kind, twin_of):
    x = Value(1.0)
    x.grad = 1.0
    params, optimizer = {"W": np.ones(2)}, kind()
    optimizer.update(params, {"W": [1.0, 2.0]})
    optimizer.update([x])
    twin_params, twin_x, twin = twin_of((params, x, optimizer))
    for moved, values, mover in ((params, [x], optimizer), (twin_params, [twin_x], twin)):
        mover.update(moved, {"W": [3.0, -1.0]})
        mover.update(values)
    assert twin_params["W"] is not params["W"]
    assert twin_params["W"].tolist() == params["W"].tolist()
    assert twin_x is not x
    assert twin_x.data == x.data != 1.0


# ── What is refused ───────────────────────────────────────────────────────────────────────────────────


@optimizers
@pytest.mark.parametrize("lr", [0, -0.1, math.nan, math.inf])
def test_a_learning_rate_is_positive(kind, lr):
    message = rf"the lr of {kind.__name__}\(\) is a positive number, not .*; try 0.01"
    with pytest.raises(ValueError, match=message):
        kind(lr=lr)
    optimizer = kind()
    with pytest.raises(ValueError, match=message):
        optimizer.lr = lr
    assert optimizer.lr == kind().lr


def test_settings_out_of_range_say_what_is_expected():
    for kind in ALL:
        with pytest.raises(TypeError, match=r"the lr of .* needs a real number, not the str '0.1'"):
            kind(lr="0.1")
        with pytest.raises(ValueError, match=r"weight_decay of .* is a number of at least 0, not -1; 0 leaves it out"):
            kind(weight_decay=-1)
    for kind in (Momentum, Nesterov):
        for momentum in (-0.1, 1, math.nan):
            with pytest.raises(ValueError, match=r"the momentum of .* at least 0 and below 1, not .*; try 0.9"):
                kind(momentum=momentum)
    for kind in (AdaGrad, RMSProp, Adam):
        with pytest.raises(ValueError, match=r"the eps of .* is a positive number, not 0"):
            kind(eps=0)
    with pytest.raises(ValueError, match=r"the alpha of RMSProp\(\) is .* below 1, not 1"):
        RMSProp(alpha=1)
    with pytest.raises(ValueError, match=r"the betas of Adam\(\)\[1\] is .* below 1, not 1"):
        Adam(betas=(0.9, 1))
    with pytest.raises(TypeError, match=r"the betas of Adam\(\) is a pair of numbers, not 0.9"):
        Adam(0.001, 0.9)


W, B = [[1.0, 2.0], [3.0, 4.0]], [5.0]
BAD_GRADS = [
    ({"W": W}, ValueError, r"grads has no 'b', but params has; grads has 'W'$"),
    ({"W": W, "b": [1.0, 2.0]}, ValueError, r"params\['b'\] has the shape \(1,\), but its gradient has \(2,\)"),
    ({"W": W, "b": 1.0}, ValueError, r"params\['b'\] has the shape \(1,\), but its gradient has \(\)"),
    ({"W": W, "b": [math.nan]}, ValueError, r"the gradient of params\['b'\]\[0\] is nan; nothing was changed"),
    ({"W": W, "b": [-math.inf]}, ValueError, r"the gradient of params\['b'\]\[0\] is -∞"),
    ({"W": W, "b": ["1"]}, TypeError, r"grads\['b'\] needs real numbers, not \['1'\]"),
    ({"W": W, "b": [1j]}, TypeError, r"grads\['b'\] needs real numbers"),
    ({"W": W, "b": None}, TypeError, r"grads\['b'\] needs real numbers, not None; give the"),
    ({"W": W, "b": [[1.0], 2.0]}, TypeError, r"grads\['b'\] needs rows of one length"),
    ([W, B], TypeError, r"needs grads as names and arrays, not \[\[\[1.0"),
    (None, TypeError, r"needs grads as names and arrays, not None; give a dict"),
    ({"W": [[1e308, 0], [0, 0]], "b": [1e308]}, FloatingPointError, r"the step of params\['W'\] leaves the range"),
    ({"W": W, "b": [1e308]}, FloatingPointError, r"the step of params\['b'\] leaves the range of a float"),
]


@optimizers
@pytest.mark.parametrize(("grads", "error", "message"), BAD_GRADS, ids=lambda part: str(part)[:40])
def test_after_an_error_everything_is_as_it_was(kind, grads, error, message):
    params, untroubled = {"W": np.array(W), "b": np.array(B)}, {"W": np.array(W), "b": np.array(B)}
    optimizer, other = kind(), kind()
    good = {"W": np.ones((2, 2)), "b": [1.0]}
    optimizer.update(params, good)
    other.update(untroubled, good)
    if error is FloatingPointError:
        optimizer.lr = 1e10
    with pytest.raises(error, match=message):
        optimizer.update(params, grads)
    optimizer.lr = other.lr
    for _ in range(2):
        optimizer.update(params, good)
        other.update(untroubled, good)
    assert {name: array.tolist() for name, array in params.items()} == {
        name: array.tolist() for name, array in untroubled.items()
    }


def test_params_of_another_kind_are_refused():
    x = Value(1.0, "x")
    cases = [
        (([1.0],), r"update\(\) needs Values, but number 0 is the float 1.0"),
        (([[x]],), r"update\(\) needs Values, but number 0 is the list"),
        ((x,), r"update\(\) needs a dict of arrays, or a list of Values, not Value\(1, name='x'\)"),
        ((3,), r"update\(\) needs a dict of arrays, or a list of Values, not 3"),
        (([x], {"x": 1.0}), r"needs params as names and arrays, not \[Value\(1, name='x'\)\]"),
        (
            ({"x": [x]}, {"x": [1.0]}),
            r"params\['x'\] needs real numbers, .*; update\(values\) takes Values",
        ),
        ((MappingProxyType({"W": [1.0]}), {"W": [1.0]}), "params that can be set, such as a dict"),
    ]
    for arguments, message in cases:
        with pytest.raises(TypeError, match=message):
            SGD().update(*arguments)


def test_values_are_refused_before_any_is_changed():
    x, y = Value(1.0), Value(2.0, "y")
    (x * y).backward()
    with pytest.raises(ValueError, match=r"number 1, .* is the result of 'mul'; give the Values"):
        SGD().update([x, x * y])
    y.grad = math.nan
    with pytest.raises(ValueError, match=r"the gradient of parameter 1 \(y\) is nan"):
        SGD().update([x, y])
    y.grad, big = 1e308, SGD(lr=1e10)
    with pytest.raises(FloatingPointError, match=r"the step of parameter 1 \(y\) leaves the range of a float"):
        big.update([x, y])
    assert (x.data, y.data) == (1.0, 2.0)
    z = Value(math.inf, "z")
    z.grad = 1.0
    with pytest.raises(ValueError, match=r"parameter 1 \(z\) is ∞; nothing was changed: give it finite numbers"):
        SGD().update([x, z])


@pytest.mark.parametrize(("wrong", "said"), [(math.nan, "nan"), (math.inf, "∞"), (-math.inf, "-∞")])
@optimizers
def test_a_parameter_that_is_not_finite_is_refused_by_its_name(kind, wrong, said):
    params = {"b": np.zeros(1), "W": np.array([1.0, wrong])}
    with pytest.raises(ValueError, match=rf"params\['W'\]\[1\] is {said}; nothing was changed: give it finite"):
        kind(weight_decay=0.1).update(params, {"b": [1.0], "W": [1.0, 1.0]})
    assert params["b"].tolist() == [0.0]


def test_a_parameter_that_would_become_infinite_is_refused():
    params = {"small": np.array([1.0]), "large": np.array([1.5e308])}
    with pytest.raises(FloatingPointError, match=r"params\['large'\] leaves .* \(overflow .*\); make lr or the loss"):
        SGD(lr=1.0).update(params, {"small": [1.0], "large": [-1e308]})
    assert [array.tolist() for array in params.values()] == [[1.0], [1.5e308]]


@optimizers
def test_other_parameters_of_the_same_name_need_a_new_optimizer(kind):
    optimizer = kind()
    optimizer.update({"W": np.ones(2)}, {"W": np.ones(2)})
    other = {"W": np.ones(3)}
    with pytest.raises(
        ValueError, match=rf"shape \(2,\) at the step before, .* \(3,\); make a new {kind.__name__}\(\)"
    ):
        optimizer.update(other, {"W": np.ones(3)})
    assert other["W"].tolist() == [1.0, 1.0, 1.0]


# ── First weights ─────────────────────────────────────────────────────────────────────────────────────

# With n normal numbers, the mean is off by σ/√n and the standard deviation by σ/√(2n): 4 of these is once in 16,000.
WIDTHS = [
    ("he", 400, math.sqrt(2 / 400)),
    ("xavier", 400, 1 / 20),
    ("he", 2, 1.0),
    ("xavier", 1, 1.0),
    (0.01, 50, 0.01),
]


@pytest.mark.parametrize(("how", "inputs", "width"), WIDTHS)
def test_weights_are_normally_distributed_and_as_wide_as_they_should_be(how, inputs, width):
    shape = (inputs, 40_000 // inputs)
    W = weights(how, shape, np.random.default_rng(11))
    n = W.size
    assert W.shape == shape
    assert W.dtype == np.float64
    assert abs(W.mean()) < 4 * width / math.sqrt(n)
    assert abs(W.std() - width) < 4 * width / math.sqrt(2 * n)
    for k in (1, 2, 3):  # the share of numbers within k standard deviations
        share = math.erf(k / math.sqrt(2))
        assert abs((abs(W) < k * width).mean() - share) < 4 * math.sqrt(share * (1 - share) / n)


def test_weights_hang_on_the_generator_only():
    first, again = (he((3, 4), np.random.default_rng(1)) for _ in range(2))
    assert first.tolist() == again.tolist()
    rng = np.random.default_rng(1)
    assert he((3, 4), rng).tolist() == first.tolist()
    assert he((3, 4), rng).tolist() != first.tolist()
    np.testing.assert_allclose(first, math.sqrt(2) * xavier((3, 4), np.random.default_rng(1)), rtol=1e-15)


def test_weights_are_made_as_one_says():
    def made(how):
        return weights(how, (2, 3), np.random.default_rng(0)).tolist()

    assert made("he") == made(he)
    assert made("xavier") == made(xavier)
    assert made(0.01) == made(standard_deviation(0.01)) == made(np.float64(0.01))
    assert made(1) == np.random.default_rng(0).standard_normal((2, 3)).tolist()
    assert made(lambda shape, rng: np.full(shape, 7)) == [[7.0] * 3] * 2


@pytest.mark.parametrize("how", ["He normal", "", 0, -1, math.nan, math.inf, None, [0.01], b"he", True])
def test_any_other_way_is_refused(how):
    with pytest.raises(ValueError, match="weights are 'he', 'xavier', a positive number .* or a function, not "):
        weights(how, (2, 3), np.random.default_rng(0))


def test_shapes_generators_and_widths_are_checked():
    rng = np.random.default_rng(0)
    for how in ("he", "xavier", 0.01):
        for shape in (3, (3,), (1, 2, 3), (2.0, 3), "ab", None):
            with pytest.raises(TypeError, match=r"a shape of weights is a pair \(inputs, outputs\), not "):
                weights(how, shape, rng)
        for shape in ((0, 3), (3, 0), (-1, 2)):
            with pytest.raises(ValueError, match="at least one input and one output, not "):
                weights(how, shape, rng)
        for other in (0, None, np.random.RandomState(0), np.random):
            with pytest.raises(TypeError, match=r"needs a random number generator, not .*default_rng\(seed\)"):
                weights(how, (2, 3), other)
    with pytest.raises(ValueError, match="a standard deviation is a positive number, not 0; try 0.01"):
        standard_deviation(0)
    with pytest.raises(ValueError, match=r"the initializer .* made the shape \(3, 2\), not \(2, 3\)"):
        weights(lambda shape, rng: np.ones(shape).T, (2, 3), rng)
    with pytest.raises(ValueError, match=r"what the initializer .* made\[1, 0\] is nan; weights are finite numbers"):
        weights(lambda shape, rng: np.array([[1.0], [math.nan]]), (2, 1), rng)
    with pytest.raises(ValueError, match=r"what the initializer .* made needs real numbers"):
        weights(lambda shape, rng: np.ones(shape) * 1j, (2, 3), rng)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: optim.Adam(beta1=0.9), r"Adam\(\) has no setting 'beta1'; write betas=\(0.9, 0.999\)"),
        (lambda: optim.RMSProp(decay_rate=0.9), r"RMSProp\(\) has no setting 'decay_rate'; write alpha="),
        (lambda: optim.SGD(momentum=0.9), r"SGD\(\) has no setting 'momentum'; write Momentum\("),
        (lambda: tg.Dropout(dropout_ratio=0.3), r"Dropout\(\) has no setting 'dropout_ratio'; write ratio="),
        (lambda: optim.SGD(nesterov=True), r"SGD\(\) has no setting 'nesterov'; write Nesterov\("),
        (lambda: optim.SGD(speed=1), r"SGD\(\) has no setting 'speed'; it has lr, weight_decay$"),
        (lambda: optim.Adam(amsgrad=True), r"Adam\(\) has no setting 'amsgrad'; it has lr, betas, eps, weight_decay$"),
    ],
)
def test_spellings_of_the_book_and_of_torch_are_told_ours(make, says):
    with pytest.raises(TypeError, match=says):
        make()


@pytest.mark.parametrize(
    ("name", "ours"), [("learning_rate", "lr=0.01"), ("beta1", "betas="), ("momentum", "Momentum")]
)
def test_a_setting_of_another_spelling_is_not_set_in_silence(name, ours):
    with pytest.raises(AttributeError, match=rf"Adam\(\) has no setting '{name}'; write {ours}"):
        setattr(Adam(), name, 0.5)

    class Own(optim.Optimizer):
        def __init__(self):
            super().__init__(0.5)
            setattr(self, name, 0.25)

    assert getattr(Own(), name) == 0.25
    momentum = Momentum()
    momentum.momentum = 0.5
    assert momentum.momentum == 0.5


def test_the_signature_of_an_optimizer_is_its_own():
    assert [*inspect.signature(optim.Adam).parameters] == ["lr", "betas", "eps", "weight_decay"]


def test_optimizers_of_torchs_spelling_are_told_ours():
    with pytest.raises(AttributeError, match="it is called RMSProp here"):
        _ = optim.RMSprop
    with pytest.raises(AttributeError, match="no attribute 'Lion'$"):
        _ = optim.Lion


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_step_out_of_the_range_of_an_arrays_own_floats_is_refused(dtype):
    params = {"W": np.ones(2, dtype)}
    with pytest.raises(FloatingPointError, match="leaves the range of a float"):
        SGD(10.0).update(params, {"W": np.full(2, min(float(np.finfo(dtype).max), 1e308))})
    assert params["W"].tolist() == [1.0, 1.0]


# ── What is remembered, in files ──────────────────────────────────────────────────────────────────────


class Largest(optim.Optimizer):
    """An optimizer of one's own, with a sum of its own."""

    def step(self, g, memory):
        memory.largest = np.maximum(getattr(memory, "largest", 0.0), np.abs(g))
        return self.lr * g / memory.largest


def gradients(step):
    random = np.random.default_rng(step)
    return {"W": random.normal(size=(2, 3)), "b.v": random.normal(size=3)}


@pytest.mark.parametrize("kind", [*ALL, Largest])
def test_steps_after_a_file_are_those_without_one(kind, tmp_path):
    params = {"W": np.arange(6.0).reshape(2, 3), "b.v": np.ones(3)}
    optimizer = kind(lr=0.03, weight_decay=0.1)
    for step in range(3):
        optimizer.update(params, gradients(step))
    others = copy.deepcopy(params)
    optimizer.save(tmp_path / "memory.npz", params)
    later = kind()
    later.load(tmp_path / "memory.npz", others)
    for step in range(3, 6):
        optimizer.update(params, gradients(step))
        later.update(others, gradients(step))
    for name in params:
        assert params[name].tolist() == others[name].tolist()


def test_values_are_found_again_by_their_places(tmp_path):
    def model(a, b):
        values = [Value(a, "a"), Value(7.0, "never used"), Value(b)]
        return values, lambda: (values[0] * values[2]).backward()

    (values, differentiate), optimizer = model(1.0, 2.0), Adam(lr=0.1)
    differentiate()
    optimizer.update(values)
    again, differentiate_again = model(values[0].data, values[2].data)
    optimizer.save(tmp_path / "memory.npz", values)
    later = Adam()
    later.load(tmp_path / "memory.npz", again)
    for _ in range(2):
        differentiate()
        optimizer.update(values)
        differentiate_again()
        later.update(again)
    assert [value.data for value in again] == [value.data for value in values]


def file(path, **changes):
    """A file of Momentum after a step, with something changed in its header."""
    params, optimizer = {"W": np.ones(2)}, Momentum(lr=0.5)
    optimizer.update(params, {"W": [1.0, 2.0]})
    optimizer.save(path, params)
    with np.load(path) as opened:
        header = json.loads(opened["header"].tobytes()) | changes
        arrays = {f"a{k}": opened["a0"] for k in range(len(header["names"]))}
    np.savez(path, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)
    return path


@pytest.mark.parametrize(
    ("changes", "kind", "params", "says"),
    [
        ({}, Adam, {"W": np.ones(2)}, "'m.npz' is of the optimizer 'Momentum'; it can't be loaded into Adam()"),
        ({}, Momentum, {"V": np.ones(2)}, "'m.npz' is of other parameters: there is no 'W' here"),
        ({}, Momentum, {"W": np.ones(3)},
         "'m.npz' does not fit this network: 'W.v' has shape (2,) in the file and (3,) in the network"),
        ({}, Momentum, [Value(1.0)], "'m.npz' is of other parameters: there is no 'W' here"),
        ({"settings": {"lr": 1.0}}, Momentum, {"W": np.ones(2)},
         "'m.npz' is damaged: its settings are not those of Momentum()"),
        ({"settings": {"lr": -1, "weight_decay": 0, "momentum": 0}}, Momentum, {"W": np.ones(2)},
         "'m.npz' is damaged: the lr of Momentum() is a positive number, not -1; try 0.01"),
        ({"settings": {"lr": "1", "weight_decay": 0, "momentum": 0}}, Momentum, {"W": np.ones(2)},
         "'m.npz' is damaged: the lr of Momentum() needs a real number"),
        ({"settings": {"lr": 10**400, "weight_decay": 0, "momentum": 0}}, Momentum, {"W": np.ones(2)},
         "'m.npz' is damaged: the lr of Momentum() "),
        ({"settings": [1]}, Momentum, {"W": np.ones(2)}, "'m.npz' is damaged: its settings"),
        ({"steps": {"W": -1}}, Momentum, {"W": np.ones(2)},
         "'m.npz' is damaged: it does not say how many steps were taken"),
        ({"steps": {"W": True}}, Momentum, {"W": np.ones(2)}, "'m.npz' is damaged: it does not say how many"),
        ({"steps": {}}, Momentum, {"W": np.ones(2)},
         "'m.npz' does not fit this network: the network has no 'W.v', 'W.m'"),
        ({"steps": {"W": 1, "b": 1}}, Momentum, {"W": np.ones(2), "b": 1.0},
         "'m.npz' does not fit this network: the file lacks 'b.v', 'b.m'"),
        ({"names": ["W.v", "W.m", "W.__class__"]}, Momentum, {"W": np.ones(2)},
         "'m.npz' does not fit this network: the network has no 'W.__class__'"),
        ({"names": ["W.v", "W.m", "W.t", "W."]}, Momentum, {"W": np.ones(2)},
         "'m.npz' does not fit this network: the network has no 'W.t', 'W.'"),
        ({"format": "tinygrad_kr parameters"}, Momentum, {"W": np.ones(2)},
         "'m.npz' has no optimizer of tinygrad_kr in it; load what optimizer.save() wrote"),
        ({"version": 2}, Momentum, {"W": np.ones(2)}, "'m.npz' is of version 2, and this tinygrad_kr reads version 1"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_changes_nothing(changes, kind, params, says, tmp_path):
    path, optimizer = file(tmp_path / "m.npz", **changes), kind(lr=0.25)
    with pytest.raises(ValueError) as caught:
        optimizer.load(path, params)
    assert str(caught.value).startswith(says)
    assert optimizer.lr == 0.25
    assert not optimizer._memories


def test_parameters_and_memories_are_not_taken_for_each_other(tmp_path):
    params = {"W": np.ones(2)}
    save_parameters(tmp_path / "p.npz", params)
    with pytest.raises(ValueError, match=r"'p.npz' has no optimizer of tinygrad_kr in it"):
        Adam().load(tmp_path / "p.npz", params)
    with pytest.raises(ValueError, match=r"'m.npz' has no parameters of tinygrad_kr in it"):
        load_parameters(file(tmp_path / "m.npz"), {"W": (2,)})


@lengths
def test_a_damaged_memory_is_refused_or_another_one(tmp_path_factory, examples):
    path = file(tmp_path_factory.mktemp("damaged") / "m.npz")
    whole = path.read_bytes()

    def check(content):
        path.write_bytes(content)
        optimizer = Momentum(lr=0.25)
        try:
            optimizer.load(path, {"W": np.ones(2)})
        except ValueError:
            left = optimizer.lr, optimizer._memories
            assert left == (0.25, {})

    attempt(examples, damaged(whole, st.binary(max_size=8)), check)


@pytest.mark.parametrize("params", [3, Value(1.0), [1.0], [None]])
def test_a_memory_of_what_is_no_parameter_is_refused(params, tmp_path):
    with pytest.raises(TypeError, match="an optimizer needs"):
        Adam().save(tmp_path / "m.npz", params)
    assert list(tmp_path.iterdir()) == []
