"""Networks of neurons: micrograd's interface, derivatives against plain numbers, a program that learns."""

import functools
import math
import random
import re

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import Value, nn
from tinygrad_kr.engine.elsewhere import ELSEWHERE, MODULE
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.learning import neurons as rooms
from tinygrad_kr.learning.neurons import MLP, Layer, Module, Neuron, draw_dot
from tinygrad_kr.learning.replay import replayed


def plain(model, numbers, x):
    """What a network of these numbers (as its parameters are ordered) makes of x, with floats alone."""
    numbers = iter(numbers)
    for layer in model.layers:
        y = []
        for neuron in layer.neurons:
            w = [next(numbers) for _ in x]
            y.append(sum(a * b for a, b in zip(w, x)) + next(numbers))
            if neuron.nonlin:
                y[-1] = max(0.0, y[-1])
        x = y
    return x


def numbers_of(model):
    return [p.data for p in model.parameters()]


def seeded(seed, *sizes):
    random.seed(seed)
    model = MLP(*sizes)
    for p in model.parameters():
        p.data += random.uniform(-0.5, 0.5)  # biases too, so that relu is on here and off there
    return model


# ── The programs of micrograd's lecture ───────────────────────────────────────────────────────────────


def test_the_lecture_s_expression():
    a = Value(2.0, label="a")
    b = Value(-3.0, label="b")
    c = Value(10.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    f = Value(-2.0, label="f")
    L = d * f
    L.label = "L"
    for value in (a, b, c, e, d, f, L):
        value.zero_grad()
    L.backward()
    assert (L.item(), [value.label for value in (a, e, L)]) == (-8.0, ["a", "e", "L"])
    assert [value.grad for value in (a, b, c, e, d, f, L)] == [6, -4, -2, -2, -2, 4, 1]
    assert {"a", "b", "c", "f", "L"} <= {part.text for part in draw_dot(L).picture.parts.values()}


@pytest.mark.parametrize("written", ["tanh", "exp"])
def test_the_lecture_s_neuron(written):
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")  # then tanh(n) is √½
    n = x1 * w1 + x2 * w2 + b
    if written == "tanh":
        o = n.tanh()
    else:
        e = (2 * n).exp()
        o = (e - 1) / (e + 1)
    o.backward()
    assert o.data == pytest.approx(math.sqrt(0.5), rel=1e-9)
    assert [x.grad for x in (x1, w1, x2, w2)] == pytest.approx([-1.5, 1.0, 0.5, 0.0], rel=1e-9)


def test_a_value_that_is_used_twice():
    a = Value(3.0, label="a")
    b = a + a
    b.backward()
    assert a.grad == 2.0
    a, b = Value(-2.0, label="a"), Value(3.0, label="b")
    f = (a * b) * (a + b)
    f.backward()
    assert (a.grad, b.grad) == (-3.0, -8.0)  # 2ab + b², a² + 2ab


class LectureNeuron:
    def __init__(self, nin):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.tanh()

    def parameters(self):
        return [*self.w, self.b]


class LectureLayer:
    def __init__(self, nin, nout):
        self.neurons = [LectureNeuron(nin) for _ in range(nout)]

    def __call__(self, x):
        outs = [n(x) for n in self.neurons]
        return outs[0] if len(outs) == 1 else outs

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]


def test_the_lecture_s_network_learns_its_four_points():
    random.seed(0)
    layers = [LectureLayer(3, 4), LectureLayer(4, 4), LectureLayer(4, 1)]
    parameters = [p for layer in layers for p in layer.parameters()]
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    assert len(parameters) == 41
    for _ in range(200):
        ypred = []
        for x in xs:
            for layer in layers:
                x = layer(x)
            ypred.append(x)
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data += -0.05 * p.grad
    assert loss.data < 0.05
    assert [y.item() > 0 for y in ypred] == [y > 0 for y in ys]


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda v: v._prev, ".parents"),
        (lambda v: v._op, ".op.symbol"),
        (lambda v: v._children, ".parents"),
        (lambda v: v._backward(), ".vjp(upstream)"),
        (lambda v: v.requires_grad, "constant("),
        (lambda v: v.grad_fn, ".op"),
        (lambda v: v.numpy(), ".data"),
        (lambda v: v.clone(), "the Value itself"),
        (lambda v: v.shape, "one real number"),
        (lambda v: v.T, "one real number"),
        (lambda v: v.to("cpu"), 'source("torch")'),
        (lambda v: v.zero_(), "v.data ="),
        (lambda v: v.add(1), "a + b"),
        (lambda v: v.pow(2), "a ** b"),
        (lambda v: v.mean(), "tinygrad_kr.mean(…)"),
        (lambda v: v.matmul(v), "tinygrad_kr.dot"),
        (lambda v: v.register_hook(print), ".vjp(upstream)"),
        (lambda v: v.backward(retain_graph=True), "leave it out"),
        (lambda v: v.backward(gradient=2.0), "seed"),
        (lambda v: Value(2.0, requires_grad=False), "constant(2.0)"),
    ],
)
def test_other_names_say_what_to_write(use, says):
    x = Value(2.0, "x")
    with pytest.raises((AttributeError, TypeError), match=re.escape(says)):
        use(x * 3)
    assert not hasattr(x, "_prev")
    assert not {"_prev", "shape", "add"} & {*dir(x)}
    assert Value(2.0, requires_grad=True, label="x").name == "x"
    assert Value(2.0, "y", requires_grad=1, label=None).name == "y"


@pytest.mark.parametrize(
    ("module", "name", "says"),
    [
        (tg, "tensor", "tinygrad_kr.Value"),
        (tg, "vmap", "tinygrad_kr.record"),
        (tg, "jit", "tinygrad_kr.record"),
        (tg, "jacrev", "tinygrad_kr.jacobian"),
        (tg, "stop_gradient", ".detach()"),
        (tg, "custom_vjp", "@tinygrad_kr.operation"),
        (tg, "draw_dot", ".draw()"),
        (tg, "elementwise_grad", "tinygrad_kr.derivative"),
        (tg, "manual_seed", "random.seed(0)"),
        (nn, "Linear", "tinygrad_kr.Affine"),
        (nn, "ReLU", "tinygrad_kr.ReLU"),
        (nn, "CrossEntropyLoss", "tinygrad_kr.SoftmaxWithLoss"),
        (tg.optim, "RMSprop", "RMSProp here"),
    ],
)
def test_names_of_other_packages_say_what_to_write(module, name, says):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'; .*{re.escape(says)}"):
        getattr(module, name)
    assert re.fullmatch("module '.*' has no attribute 'nothing_of_the_kind'", str(refused(module)))
    assert refused(module).obj is module  # so that Python can ask what was meant


def refused(module):
    with pytest.raises(AttributeError) as raised:
        _ = module.nothing_of_the_kind
    return raised.value


@pytest.mark.parametrize("table", [ELSEWHERE, MODULE, nn.ELSEWHERE])
def test_what_they_say_is_there(table):
    for sentence in table.values():
        for name in re.findall(r"tinygrad_kr\.(\w+(?:\.\w+)?)", sentence):
            assert functools.reduce(getattr, name.split("."), tg)


# ── micrograd's interface ─────────────────────────────────────────────────────────────────────────────


def test_networks_are_called_what_they_are_called_in_micrograd():
    assert repr(Neuron(3)) == "ReLUNeuron(3)"
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Layer(2, 2)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]"
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    assert rooms.Value is Value


def test_a_seed_settles_the_weights_in_order():
    random.seed(1337)
    model = MLP(2, [3, 1])
    random.seed(1337)
    expected = []
    for inputs, neurons in ((2, 3), (3, 1)):
        for _ in range(neurons):
            expected += [random.uniform(-1, 1) for _ in range(inputs)] + [0.0]
    assert numbers_of(model) == expected


def test_parameters_are_all_of_them_weights_first():
    neuron = Neuron(2)
    assert neuron.parameters() == [*neuron.w, neuron.b]
    layer = Layer(2, 2)
    assert layer.parameters() == layer.neurons[0].parameters() + layer.neurons[1].parameters()
    model = MLP(2, [16, 16, 1])
    assert len(set(model.parameters())) == len(model.parameters()) == 337
    assert Module().parameters() == []


def test_zero_grad_sets_gradients_to_0():
    model = MLP(2, [2, 1])
    model([1.0, 2.0]).backward()
    assert model.layers[-1].neurons[0].b.grad == 1.0
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 9
    for _ in range(2):  # as micrograd, for those who ask for it
        model([1.0, 2.0]).backward(accumulate=True)
    assert model.layers[-1].neurons[0].b.grad == 2.0


def test_one_neuron_gives_a_value_and_several_a_list():
    assert isinstance(Layer(2, 1)([1, 2]), Value)
    assert [type(y) for y in Layer(2, 3)([1, 2])] == [Value] * 3
    assert [type(y) for y in MLP(2, [4, 2])([1, 2])] == [Value] * 2


@pytest.mark.parametrize("neurons", [1, 7])
def test_a_neuron_is_one_dot_one_plus_one_relu(neurons):
    model = MLP(10, [neurons, 1])
    nodes = topological([model([0.5] * 10)])
    recorded = [node.op.name for node in nodes if node.op is not None]
    assert sorted(recorded) == sorted(["dot", "add", "relu"] * neurons + ["dot", "add"])


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sizes", [(2, [1]), (1, [3, 1]), (3, [4, 4, 2]), (2, [1, 1])], ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_values_and_gradients_are_those_of_plain_numbers(sizes, seed):
    model = seeded(seed, *sizes)
    x = [random.uniform(-2, 2) for _ in range(sizes[0])]
    inputs = [Value(number) for number in x]
    outputs = model(inputs)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    assert [y.data for y in outputs] == pytest.approx(plain(model, numbers_of(model), x), rel=1e-12)

    sum(outputs).backward()
    at, h = [*numbers_of(model), *x], 1e-6
    for place, value in enumerate([*model.parameters(), *inputs]):
        moved = [[*at[:place], at[place] + step, *at[place + 1 :]] for step in (h, -h)]
        above, below = (math.fsum(plain(model, p[: -len(x)], p[-len(x) :])) for p in moved)
        # piecewise linear in each number alone: a central difference is exact but for rounding, ~1e-15 / 1e-6
        assert value.grad == pytest.approx((above - below) / (2 * h), rel=1e-8, abs=1e-8)


def test_inputs_are_values_or_numbers_in_a_list_a_tuple_or_an_array():
    model = seeded(1, 2, [3, 2])
    expected = plain(model, numbers_of(model), [1.0, -2.0])
    kinds = [1.0, -2.0], (1, -2), np.array([1.0, -2.0]), [Value(1.0), -2], Value.array([1, -2]), iter([1.0, -2.0])
    for x in kinds:
        assert [y.data for y in model(x)] == pytest.approx(expected, rel=1e-14)
    lone = seeded(2, 1, [2, 1])
    assert lone(0.5).data == lone(Value(0.5)).data == lone([0.5]).data


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"^ReLUNeuron\(2\) takes 2 inputs, not 3: \[1, 2, 3\]$"):
        Neuron(2)([1, 2, 3])
    with pytest.raises(ValueError, match=r"^Layer of \[ReLUNeuron\(2\), .* takes 2 inputs, not 1: 5$"):
        MLP(2, [2, 1])(5)
    with pytest.raises(TypeError, match="real number, not the str 'a'"):
        Neuron(2)("ab")
    with pytest.raises(TypeError, match="real number, not the ndarray"):
        Neuron(2)(np.ones((2, 2)))


def test_sizes_that_make_no_network_are_refused():
    for make in (lambda n: Neuron(n), lambda n: Layer(n, 1), lambda n: MLP(n, [1])):
        with pytest.raises(ValueError, match=r"the number of inputs of a Neuron\(\) is at least 1, not 0"):
            make(0)
        with pytest.raises(TypeError, match=r"the number of inputs of a Neuron\(\) is an int, not the float 2.0"):
            make(2.0)
    with pytest.raises(ValueError, match=r"the number of neurons of a Layer\(\) is at least 1, not -1"):
        MLP(2, [-1])
    with pytest.raises(TypeError, match=r"MLP\(\) needs a list of layer sizes, not 3; try \[16, 16, 1\]"):
        MLP(2, 3)
    with pytest.raises(ValueError, match="needs at least one layer"):
        MLP(2, [])


# ── A program that learns ─────────────────────────────────────────────────────────────────────────────


def two_moons(n, rng, noise=0.1):
    """Two half circles that reach into each other, and which of them each point is on, as -1 or 1."""
    angle = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return np.concatenate([upper, lower]) + rng.normal(scale=noise, size=(n, 2)), np.repeat([-1, 1], n // 2)


def test_two_moons_are_told_apart():
    """The margin loss and the loop that micrograd is known for, with the parameters moved by hand."""
    X, y = two_moons(30, np.random.default_rng(1337))
    random.seed(1337)
    model = MLP(2, [10, 10, 1])

    def loss():
        scores = [model([Value(number) for number in row]) for row in X]
        margins = [(1 + -t * score).relu() for t, score in zip(y, scores)]
        right = [(t > 0) == (score.data > 0) for t, score in zip(y, scores)]
        decay = 1e-4 * sum(p * p for p in model.parameters())
        return sum(margins) * (1.0 / len(margins)) + decay, sum(right) / len(right)

    for k in range(60):
        total, accuracy = loss()
        model.zero_grad()
        total.backward()
        learning_rate = 1.0 - 0.9 * k / 60
        for p in model.parameters():
            p.data -= learning_rate * p.grad
    total, accuracy = loss()
    assert accuracy == 1.0
    assert total.data < 0.1


# ── Training ──────────────────────────────────────────────────────────────────────────────────────────


def by_hand(model, x, t):
    """The mean over the batch and its gradient, by a graph of neurons a sample."""
    outs = [model([float(number) for number in row]) for row in x]
    if isinstance(outs[0], Value):
        losses = [(out - float(right)) ** 2 * 0.5 for out, right in zip(outs, t)]
    else:
        losses = [-tg.log_softmax(out)[right] for out, right in zip(outs, t)]
    loss = tg.mean(losses)
    loss.backward()
    return loss.data, [p.grad for p in model.parameters()]


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_step_by_arrays_has_the_numbers_of_the_neurons(outputs):
    random.seed(4)
    model, rng = nn.MLP(2, [5, 4, outputs]), np.random.default_rng(4)
    x = rng.normal(size=(20, 2))
    t = rng.normal(size=20) if outputs == 1 else rng.integers(0, 3, 20)
    for _ in range(2):
        loss, gradient = model.loss_and_gradient(x, t)
        true, slopes = by_hand(model, x, t.tolist())
        assert loss == pytest.approx(true, rel=1e-12)
        found = [
            [*gradient[f"W{k}"][:, j], gradient[f"b{k}"][j]] for k in (1, 2, 3) for j in range(len(gradient[f"b{k}"]))
        ]
        np.testing.assert_allclose(np.concatenate(found), slopes, rtol=1e-12, atol=1e-14)
        model.layers[0].neurons[0].w[1].data = 0.75  # numbers are read anew
    assert replayed(model.as_layers(), x, t, None) is not None


def test_train_moves_the_neurons():
    random.seed(1)
    model = nn.MLP(1, [8, 1])
    x = np.linspace(-1, 1, 40)[:, None]
    history = tg.train(model, (x, np.abs(x[:, 0])), epochs=60, batch_size=10, optimizer=tg.optim.Adam(0.03))
    assert history.train_loss[-1] < 0.001 < history.train_loss[0]
    assert model([-0.5]).data == pytest.approx(0.5, abs=0.1)


def test_several_outputs_are_classes():
    random.seed(1)
    model = nn.MLP(2, [8, 2])
    x = np.random.default_rng(0).normal(size=(80, 2))
    history = tg.train(model, (x, (x[:, 0] > 0).astype(int)), epochs=20, optimizer=tg.optim.Adam(0.03))
    assert history.train_accuracy[-1] > 0.95


def test_a_network_is_taken_for_layers_once_as_long_as_it_is_built_the_same():
    random.seed(1)
    model, x = nn.MLP(1, [1, 1]), [[2.0], [-3.0]]
    assert model.as_layers() is model.as_layers()  # whose tape is kept
    for neuron in (model.layers[0].neurons[0], model.layers[1].neurons[0]):
        neuron.w[0].data, neuron.b.data = 1.0, 0.0
    assert model.loss(x, [[0.0], [0.0]]) == (4 / 2 + 0) / 2
    model.layers[0].neurons[0].nonlin = False
    assert model.loss(x, [[0.0], [0.0]]) == (4 / 2 + 9 / 2) / 2


def test_a_network_that_computes_in_its_own_way_is_not_taken_for_another():
    class Doubled(nn.MLP):
        def __call__(self, x):
            return super().__call__(x) * 2

    with pytest.raises(TypeError, match="but Doubled computes in its own way; write the loop"):
        tg.train(Doubled(1, [2, 1]), (np.ones((4, 1)), np.ones(4)))
    mixed = nn.MLP(1, [2, 1])
    mixed.layers[0].neurons[0].nonlin = False
    with pytest.raises(TypeError, match="but Layer computes in its own way; write the loop"):
        tg.train(mixed, (np.ones((4, 1)), np.ones(4)))


def test_parameters_as_arrays_name_what_is_wrong():
    model = nn.MLP(2, [3, 1])
    assert {name: array.shape for name, array in model.params.items()} == {
        "W1": (2, 3),
        "b1": (3,),
        "W2": (3, 1),
        "b2": (1,),
    }
    with pytest.raises(ValueError, match=r"W1 has the shape \(2, 3\); an array of shape \(3, 2\) can't take over"):
        model.params["W1"] = np.ones((3, 2))
    with pytest.raises(KeyError, match="'W9' is no parameter of this network; it has W1, b1, W2, b2"):
        model.params["W9"]
