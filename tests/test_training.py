"""Training: the steps it takes, what it records, how it stops, and what the network holds afterwards."""

import _thread
import copy
import dataclasses
import io
import pickle
import sys
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Affine, Sequential, Value, optim, strict
from tinygrad_kr.learning.history import History
from tinygrad_kr.learning.optimizers import SGD
from tinygrad_kr.learning.scores import confusion, worst_mistakes
from tinygrad_kr.learning.training import Diverged, train
from tinygrad_kr.text.bilingual import told


class Linear:
    """Softmax regression by hand: scores x·W, and the gradient that the textbook derives."""

    is_classifier = True

    def __init__(self, W):
        self.params = {"W": np.array(W, dtype=float)}
        self.batches, self.modes = [], []
        self.is_training = "untouched"

    def probabilities(self, x):
        scores = x @ self.params["W"]
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def loss(self, x, t):
        self.modes.append(self.is_training)
        return float(-np.mean(np.log(self.probabilities(x)[np.arange(len(t)), t])))

    def accuracy(self, x, t):
        return float(np.mean(self.probabilities(x).argmax(axis=1) == t))

    def loss_and_gradient(self, x, t):
        self.batches.append((x.copy(), t.copy()))
        error = self.probabilities(x) - np.eye(self.params["W"].shape[1])[t]
        return self.loss(x, t), {"W": x.T @ error / len(x)}

    def on_values(self):
        raise AssertionError("nothing diverged")


class Logarithm:
    """A loss that falls without end towards a = 0 and is nan beyond it: Σ x·log(a)."""

    is_classifier = False

    def __init__(self, a=1.0):
        self.params = {"a": np.array([a])}

    def loss(self, x, t):
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.sum(x * np.log(self.params["a"])))

    def loss_and_gradient(self, x, t):
        return self.loss(x, t), {"a": np.array([np.sum(x) / self.params["a"][0]])}

    def on_values(self):
        a = Value(self.params["a"][0], "a")

        class Twin:
            def loss(self, x, t):
                return tg.sum([float(number) * tg.log(a) for number in x])

        return Twin()


class Descent:
    """Gradient descent by hand, in place."""

    def __init__(self, lr=0.1):
        self.lr = lr

    def update(self, params, grads):
        for name in params:
            params[name] -= self.lr * grads[name]


def blobs(count=40, seed=1):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, 3, count)
    return rng.normal(size=(count, 2)) + np.array([[2, 0], [-2, 0], [0, 3]])[t], t


def linear(seed=0):
    return Linear(np.random.default_rng(seed).normal(size=(2, 3)))


ONES = (np.ones(4), np.zeros(4))


# ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_is_that_of_the_formula():
    x, t = blobs(5)
    network = linear()
    W = network.params["W"].copy()
    _, gradient = network.loss_and_gradient(x, t)
    train(network, (x, t), epochs=1, batch_size=5, optimizer=Descent(0.5))
    assert network.params["W"] == pytest.approx(W - 0.5 * gradient["W"], rel=1e-12)


def test_the_default_optimizer_is_sgd_with_a_tenth():
    one, other = linear(), linear()
    train(one, blobs(), epochs=2)
    train(other, blobs(), epochs=2, optimizer=Descent(0.1))
    assert one.params["W"].tolist() == other.params["W"].tolist()


@given(st.integers(1, 12), st.integers(1, 15), st.integers(0, 5))
def test_an_epoch_takes_every_example_once(count, batch_size, seed):
    network = linear()
    x, t = np.arange(2.0 * count).reshape(count, 2) / 10, np.arange(count) % 3
    history = train(network, (x, t), epochs=2, batch_size=batch_size, optimizer=Descent(), seed=seed)
    steps = -(-count // batch_size)
    assert len(network.batches) == len(history.losses) == 2 * steps
    assert history.steps_per_epoch == steps
    for batches in (network.batches[:steps], network.batches[steps:]):
        assert all(len(rows) == batch_size for rows, _ in batches[:-1])
        seen = [(*row, label) for rows, labels in batches for row, label in zip(rows.tolist(), labels.tolist())]
        assert sorted(seen) == [(*row, label) for row, label in zip(x.tolist(), t.tolist())]


def test_the_order_changes_from_epoch_to_epoch_and_with_the_seed():
    def orders(seed):
        network = linear()
        train(network, blobs(), epochs=2, batch_size=40, seed=seed)
        return [tuple(x[:, 0]) for x, _ in network.batches]

    assert len({*orders(0), *orders(1)}) == 4
    assert orders(0) == orders(0)


def test_a_run_repeats_to_the_last_bit():
    one, other = linear(), linear()
    histories = [train(network, blobs(), test=blobs(seed=2), epochs=3, seed=7) for network in (one, other)]
    assert one.params["W"].tobytes() == other.params["W"].tobytes()
    for history in histories:
        history.seconds = []
    assert histories[0] == histories[1]


def test_the_callers_arrays_and_numpys_generator_stay_as_they_are():
    x, t = blobs()
    W = linear().params["W"]
    network = Linear(W)
    network.params["W"] = W
    before = copy.deepcopy((x, t, W, np.random.get_state()[1]))
    train(network, (x, t), epochs=1)
    for now, then in zip((x, t, W, np.random.get_state()[1]), before):
        assert now.tolist() == then.tolist()


def test_lists_and_images_of_bytes_are_data_too():
    x, t = blobs()
    as_lists, as_bytes = linear(), linear()
    train(as_lists, (x.round().tolist(), t.tolist()), epochs=1)
    train(as_bytes, (x.round().astype(np.int8), t.astype(np.uint8)), epochs=1)
    assert as_lists.params["W"] == pytest.approx(as_bytes.params["W"], rel=1e-12)


# ── The history ───────────────────────────────────────────────────────────────────────────────────────


def test_scores_are_those_of_the_network_after_each_epoch():
    data, test, network = blobs(), blobs(20, seed=2), linear()
    said = []

    def look(history):
        said.append((history.epochs, network.loss(*data), network.accuracy(*data), network.loss(*test),
                     network.accuracy(*test)))  # fmt: skip

    history = train(network, data, test=test, epochs=3, on_epoch=look)
    columns = (range(1, 4), history.train_loss, history.train_accuracy, history.test_loss, history.test_accuracy)
    assert said == list(zip(*columns))
    assert (history.epochs, history.stopped, len(history.seconds)) == (3, "finished", 3)
    assert min(history.seconds) > 0
    assert history.best_epoch == int(np.argmin(history.test_loss)) + 1


def test_the_step_losses_are_those_before_the_update():
    x, t = blobs(4)
    network = linear()
    first = network.loss(x, t)
    assert train(network, (x, t), epochs=1).losses == [pytest.approx(first, rel=1e-12)]


def test_a_regression_has_no_accuracy():
    history = train(Logarithm(), ONES, test=ONES, epochs=2, optimizer=Descent(0.01))
    assert history.train_accuracy == history.test_accuracy == []
    assert repr(history) == f"History(2 epochs, test loss {history.test_loss[-1]:.4g})"


HISTORY = History(
    2, [3.0, 2.0, 1.5, 1.25, 1.0], [1.75, 1.5], [0.5, 0.75], [1.0, 1.125], [0.625, 0.6666], [0.25, 0.125], "interrupted"
)


def test_a_history_is_short_and_has_a_table():
    assert str(HISTORY) == repr(HISTORY) == "History(2 epochs, test loss 1.125, test accuracy 66.7 %, interrupted)"
    assert HISTORY.table(language="en").splitlines() == [
        "epoch  train loss  test loss  train accuracy  test accuracy  seconds",
        "    1        1.75          1          50.0 %         62.5 %     0.25  best",
        "    2         1.5      1.125          75.0 %         66.7 %    0.125",
    ]
    assert HISTORY.table().splitlines()[1].endswith("최저")
    assert repr(History(1)) == "History(0 epochs)"
    assert History(1).best_epoch is None
    titles = "epoch  train loss  test loss  train accuracy  test accuracy  seconds"
    assert History(1).table(language="en") == titles


def test_a_long_table_is_cut_in_the_middle():
    history = History(1, [1.0] * 9, [1.0] * 9, seconds=[1.0] * 9)
    lines = history.table(language="en", limit=5).splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "1", "2", "3", "…", "8", "9"]
    with pytest.raises(ValueError, match="limit=0 is not possible"):
        history.table(limit=0)


def test_a_history_is_plain_data():
    assert History(**dataclasses.asdict(HISTORY)) == HISTORY
    assert pickle.loads(pickle.dumps(HISTORY)) == HISTORY


def test_a_notebook_shows_the_picture_or_the_table(monkeypatch):
    bundle = HISTORY._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert bundle["text/plain"] == repr(HISTORY)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert HISTORY._repr_mimebundle_() == {"text/plain": f"{HISTORY!r}\n{HISTORY.table()}"}


# ── Modes and progress ────────────────────────────────────────────────────────────────────────────────


def test_a_network_is_in_training_mode_during_the_steps_only():
    network = linear()
    train(network, blobs(4), test=blobs(4), epochs=2, batch_size=2)
    assert network.modes == [True, True, False, False] * 2
    assert network.is_training == "untouched"


def test_the_mode_comes_back_after_an_error():
    network = linear()
    with pytest.raises(RuntimeError, match="stop here"):
        train(network, blobs(), on_epoch=lambda history: (_ for _ in ()).throw(RuntimeError("stop here")))
    assert network.is_training == "untouched"


def test_a_bar_shows_epoch_loss_and_accuracies(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    history = train(linear(), blobs(), test=blobs(), epochs=2, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    end = captured.err.rsplit("\r", 1)[-1]
    assert end.startswith("epoch 2/2: 100%")
    assert "4/4" in end
    assert f"test accuracy {100 * history.test_accuracy[-1]:.1f} %" in end
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    train(linear(), blobs(), epochs=1, progress=True)
    assert "에폭 1/1: 100%" in capsys.readouterr().err


def test_a_bar_comes_by_itself_in_a_terminal_only(monkeypatch, capsys):
    train(linear(), blobs(), epochs=1)
    assert capsys.readouterr().err == ""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    train(linear(), blobs(), epochs=1, progress=False)
    assert sys.stderr.getvalue() == ""
    train(linear(), blobs(), epochs=1)
    assert "1/1" in sys.stderr.getvalue()


# ── Early stopping ────────────────────────────────────────────────────────────────────────────────────


class Scripted:
    """Its test loss after each epoch is what the script says; its parameter counts the steps."""

    is_classifier = False

    def __init__(self, losses):
        self.params = {"steps": np.zeros(1)}
        self.losses = losses

    def loss(self, x, t):
        return self.losses[int(self.params["steps"][0]) - 1] if x[0] else 1.0

    def loss_and_gradient(self, x, t):
        return 1.0, {"steps": -np.ones(1)}

    def on_values(self):
        return self


DATA, TEST = (np.zeros(1), np.zeros(1)), (np.ones(1), np.zeros(1))


@pytest.mark.parametrize(
    ("patience", "stopped", "epochs", "best"),
    [(1, "early stop", 3, 2), (2, "early stop", 7, 5), (3, "finished", 8, 8), (8, "finished", 8, 8)],
)
def test_patience_stops_and_puts_the_best_parameters_back(patience, stopped, epochs, best):
    network = Scripted([5.0, 3.0, 4.0, 3.5 if patience == 1 else 2.5, 2.0, 2.0, 3.0, 1.0])
    history = train(network, DATA, test=TEST, epochs=8, optimizer=Descent(1.0), patience=patience)
    assert (history.stopped, history.epochs, history.best_epoch) == (stopped, epochs, best)
    assert network.params["steps"][0] == best


def test_patience_puts_the_best_back_also_at_the_end():
    network = Scripted([5.0, 3.0, 4.0])
    history = train(network, DATA, test=TEST, epochs=3, optimizer=Descent(1.0), patience=3)
    assert (history.stopped, network.params["steps"][0]) == ("finished", 2)


def test_without_patience_the_last_parameters_stay():
    network = Scripted([5.0, 3.0, 4.0])
    train(network, DATA, test=TEST, epochs=3, optimizer=Descent(1.0))
    assert network.params["steps"][0] == 3


def test_without_test_data_the_training_loss_is_judged():
    network = Scripted([5.0, 3.0, 4.0, 2.0])
    history = train(network, TEST, epochs=4, optimizer=Descent(1.0), patience=1)
    assert (history.stopped, history.epochs, network.params["steps"][0]) == ("early stop", 3, 2)


# ── Ctrl-C ────────────────────────────────────────────────────────────────────────────────────────────


class Stepwise(Linear):
    """Remembers its parameters at the start of each step, and is interrupted where a test says so."""

    def __init__(self, where, step):
        super().__init__(linear().params["W"])
        self.params["b"] = np.zeros(3)
        self.where, self.step, self.starts = where, step, []

    def loss_and_gradient(self, x, t):
        self.starts.append(copy.deepcopy(dict(self.params)))
        if self.where == "gradient" and len(self.starts) == self.step:
            raise KeyboardInterrupt
        loss, gradient = super().loss_and_gradient(x, t)
        return loss, gradient | {"b": np.ones(3)}

    def update(self, params, grads):
        params["W"] -= grads["W"]
        if self.where == "update" and len(self.starts) == self.step:
            raise KeyboardInterrupt
        params["b"] -= grads["b"]


class Interrupting(dict):
    """Parameters whose writing is interrupted after the first of a step."""

    writes = 0

    def __setitem__(self, name, numbers):
        super().__setitem__(name, numbers)
        self.writes += 1
        if self.writes == 5:  # W and b twice, and W of the third step
            raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["gradient", "update"])
def test_an_interrupted_step_leaves_nothing_behind(where):
    network = Stepwise(where, step=3)
    history = train(network, blobs(), batch_size=10, optimizer=network)
    assert (history.stopped, len(history.losses), history.epochs) == ("interrupted", 2, 0)
    assert {name: array.tolist() for name, array in network.params.items()} == {
        name: array.tolist() for name, array in network.starts[2].items()
    }


def test_an_interrupt_between_two_parameters_takes_the_first_back():
    network = Stepwise("nowhere", step=0)
    network.params = Interrupting(network.params)
    history = train(network, blobs(), batch_size=10, optimizer=network)
    assert (history.stopped, len(network.starts)) == ("interrupted", 3)
    assert network.params["W"].tolist() == network.starts[2]["W"].tolist()
    assert network.params["b"].tolist() == network.starts[2]["b"].tolist() == [-2, -2, -2]


def test_an_interrupt_between_epochs_keeps_all_steps():
    def interrupt(history):
        raise KeyboardInterrupt

    network, other = linear(), linear()
    history = train(network, blobs(), patience=1, on_epoch=interrupt)
    train(other, blobs(), epochs=1)
    assert (history.stopped, history.epochs) == ("interrupted", 1)
    assert network.params["W"].tolist() == other.params["W"].tolist()


def test_a_real_ctrl_c_ends_the_training():
    network = linear()
    sender = threading.Timer(0.2, _thread.interrupt_main)
    sender.start()
    history = train(network, blobs(), epochs=10**9)
    sender.join()
    assert history.stopped == "interrupted"
    assert len(history.losses) > 2
    assert np.isfinite(network.params["W"]).all()


def test_other_errors_leave_the_parameters_of_a_whole_step():
    class Broken(Stepwise):
        def update(self, params, grads):
            params["W"] -= grads["W"]
            if len(self.starts) == 3:
                raise ZeroDivisionError

    network = Broken("nowhere", step=0)
    with pytest.raises(ZeroDivisionError):
        train(network, blobs(), batch_size=10, optimizer=network)
    assert network.params["W"].tolist() == network.starts[2]["W"].tolist()


# ── Divergence ────────────────────────────────────────────────────────────────────────────────────────


def test_a_loss_of_nan_stops_and_names_where_it_came_from():
    # The sum of x is 4: a goes 1 → 1 - 0.15·4 = 0.4 → 0.4 - 0.15·10 = -1.1, whose logarithm is nan.
    network = Logarithm()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Diverged) as caught:
            train(network, ONES, test=(np.ones(1), np.zeros(1)), epochs=5, optimizer=Descent(0.15))
    error = caught.value
    assert str(error) == (
        "training diverged in epoch 2, step 2: the loss of the training data became nan, first of all in "
        "log(a = -1.1) = nan; the network (and .params of this error) has the last good parameters, from which a "
        "smaller learning rate may get further"
    )
    assert told(error, "ko").startswith(
        "에폭 2, 단계 2에서 학습이 발산했습니다: 훈련 데이터의 손실: nan (처음은 log(a = -1.1) = nan). 신경망과 "
    )
    assert (error.epoch, error.step) == (2, 2)
    assert network.params["a"] == pytest.approx([0.4], rel=1e-12)
    assert error.params["a"].tolist() == network.params["a"].tolist()
    assert error.params["a"] is not network.params["a"]
    assert (error.history.stopped, error.history.epochs, len(error.history.losses)) == ("diverged", 1, 2)
    assert isinstance(error, FloatingPointError)


def test_a_batch_of_nan_goes_back_to_the_last_finite_loss():
    network = Logarithm()
    with pytest.raises(Diverged, match=r"in epoch 1, step 3: the loss became nan, first of all in log\(a = -1.1\)"):
        train(network, (np.full(3, 4.0), np.zeros(3)), batch_size=1, optimizer=Descent(0.15))
    assert network.params["a"] == pytest.approx([0.4], rel=1e-12)


def test_one_example_is_graph_enough():
    searched = []

    class Twin:
        def loss(self, x, t):
            searched.append(x.tolist())
            return tg.log(Value(x[0], "x"))

    class Roots(Logarithm):
        def loss(self, x, t):
            with np.errstate(invalid="ignore"):
                return float(np.sum(np.log(x)))

        def loss_and_gradient(self, x, t):
            return self.loss(x, t), {"a": np.zeros(1)}

        def on_values(self):
            return Twin()

    with pytest.raises(Diverged, match=r"the loss became nan, first of all in log\(x = -3\) = nan"):
        train(Roots(), (np.array([2.0, -3.0, 5.0, 7.0]), np.zeros(4)), optimizer=Descent())
    assert searched == [[-3.0]]


def test_a_gradient_of_inf_stops():
    class Steep(Logarithm):
        def loss_and_gradient(self, x, t):
            return 1.0, {"a": np.array([np.inf])}

    network = Steep()
    with pytest.raises(Diverged, match=r"step 1: the gradient with respect to 'a'\[0\] became inf; the network"):
        train(network, ONES, optimizer=Descent())
    assert network.params["a"].tolist() == [1.0]


def test_an_update_to_inf_stops():
    network = Logarithm(1e300)

    class Leap:
        def update(self, params, grads):
            params["a"] = params["a"] * 1e300

    with np.errstate(over="ignore"), pytest.raises(Diverged, match=r"step 1: the update of 'a'\[0\] became inf; "):
        train(network, ONES, optimizer=Leap())
    assert network.params["a"].tolist() == [1e300]


def test_an_optimizer_that_leaves_the_floats_by_itself_says_so():
    network = Logarithm(1.0)
    with pytest.raises(Diverged, match="leaves the range of a float"):
        train(network, (np.full(4, 1e300), np.zeros(4)), optimizer=SGD(lr=1e10))
    assert network.params["a"].tolist() == [1.0]


def test_a_strict_engine_diverges_in_the_same_way():
    class Engine(Logarithm):
        def loss_and_gradient(self, x, t):
            a = Value(self.params["a"][0], "a")
            loss = tg.sum([float(number) * tg.log(a) for number in x])
            loss.backward()
            return loss.data, {"a": np.array([a.grad])}

    network = Engine(-1.0)
    with strict(), pytest.raises(Diverged, match=r"step 1: log\(a = -1\) is nan; log is defined for x > 0; the net"):
        train(network, ONES, optimizer=Descent())
    assert network.params["a"].tolist() == [-1.0]


def test_the_test_loss_may_diverge_too():
    network = Scripted([1.0, np.inf, 1.0])
    network.on_values = Logarithm(-2.0).on_values
    with pytest.raises(Diverged, match=r"epoch 2, step 2: the loss of the test data became inf, first of all in log"):
        train(network, DATA, test=TEST, epochs=3, optimizer=Descent(1.0))
    assert network.params["steps"].tolist() == [1]


def test_the_error_can_be_pickled():
    with pytest.raises(Diverged) as caught:
        train(Logarithm(), ONES, epochs=5, optimizer=Descent(0.15))
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (str(twin), twin.step, twin.history, twin.params["a"].tolist()) == (
        str(caught.value), 2, caught.value.history, caught.value.params["a"].tolist())  # fmt: skip


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────

X, T = np.ones((3, 2)), np.array([0, 1, 2])
NAN = np.array([[1.0, 1.0], [1.0, np.nan], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"data": X}, TypeError, "data should be a pair (x, t) of inputs and targets, not the ndarray array([[1., 1."),
        ({"data": (X, T, T)}, TypeError, "data should be a pair (x, t) of inputs and targets, not 3 things"),
        ({"data": ([], [])}, ValueError, "data is empty; expected at least one example"),
        ({"data": (X[:0], T[:0])}, ValueError, "data is empty; expected at least one example"),
        ({"test": (X[:0], T[:0])}, ValueError, "test is empty; expected at least one example"),
        ({"data": (X, T[:2])}, ValueError, "x has 3 rows and t has 2; expected a target for each input"),
        ({"test": (X, T[:2])}, ValueError, "test x has 3 rows and test t has 2; expected a target for each input"),
        ({"data": (NAN, T)}, ValueError, "x[1, 1] is nan; fill it in, or leave the row out"),
        ({"data": (X, [0, 1, np.inf])}, ValueError, "t[2] is ∞; fill it in, or leave the row out"),
        ({"test": (NAN, T)}, ValueError, "test x[1, 1] is nan; fill it in, or leave the row out"),
        ({"data": (X.astype(object), T)}, TypeError, "x needs real numbers, not array("),
        ({"data": (X, ["a", "b", "c"])}, TypeError, "t needs real numbers, not ['a', 'b', 'c']"),
        ({"data": ([[1], [1, 2], [3]], T)}, ValueError, "x needs rows of one length, not [[1], [1, 2], [3]]"),
        ({"data": (1.0, T)}, ValueError,
         "x is the single number 1.0; expected an array with a row for each example"),
        ({"data": (np.ones((3, 0)), T)}, ValueError,
         "x has shape (3, 0), with no numbers in a row; expected at least one"),
        ({"test": (np.ones((3, 4)), T)}, ValueError,
         "a row of test x has shape (4,) and a row of x (2,); expected the same"),
        ({"data": (X, np.eye(3)), "test": (X, np.ones((3, 2)))}, ValueError,
         "a row of test t has shape (2,) and a row of t (3,); expected the same"),
        ({"epochs": 0}, ValueError, "epochs=0 is not possible; expected a whole number from 1"),
        ({"epochs": 2.0}, ValueError, "epochs=2.0 is not possible; expected a whole number from 1"),
        ({"batch_size": True}, ValueError, "batch_size=True is not possible; expected a whole number from 1"),
        ({"batch_size": -3}, ValueError, "batch_size=-3 is not possible; expected a whole number from 1"),
        ({"patience": 0}, ValueError, "patience=0 is not possible; expected a whole number from 1"),
        ({"seed": -1}, ValueError, "seed=-1 is not possible; expected a whole number from 0"),
        ({"seed": "x"}, ValueError, "seed='x' is not possible; expected a whole number from 0"),
        ({"progress": "yes"}, ValueError, "progress='yes' is not possible; expected True, False or None"),
        ({"on_epoch": 3}, TypeError, "on_epoch=3 can't be called; expected a function that takes the history"),
        ({"optimizer": "SGD"}, TypeError,
         "optimizer='SGD' is none with update(params, grads); use SGD(lr=0.1) or such"),
        ({"network": None}, TypeError,
         "train() needs a network, not the NoneType None, which lacks loss(), loss_and_gradient(), on_values(), "
         "params, is_classifier"),
        ({"network": Linear}, TypeError, "train() needs a network, not the class Linear; make one first: Linear(…)"),
        ({"network": Linear([[1.0, np.nan, 0.0]] * 2)}, ValueError,
         "parameter 'W'[0, 1] is nan; start from finite numbers"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_a_sentence_before_anything_starts(change, error, says):
    network = linear()
    with pytest.raises(error) as caught:
        train(**({"network": network, "data": (X, T)} | change))
    assert str(caught.value).startswith(says)
    assert "\n" not in says
    assert network.batches == network.modes == []


def test_a_classifier_needs_an_accuracy():
    network = Logarithm()
    network.is_classifier = True
    with pytest.raises(TypeError, match=r"which lacks accuracy\(\)$"):
        train(network, ONES)


def test_labels_of_another_kind_may_be_tested():
    class Either(Linear):
        def loss(self, x, t):
            return super().loss(x, t if t.ndim == 1 else t.argmax(axis=1))

        def accuracy(self, x, t):
            return super().accuracy(x, t if t.ndim == 1 else t.argmax(axis=1))

    history = train(Either(linear().params["W"]), (X, T), test=(X, np.eye(3)[T]), epochs=1)
    assert history.test_loss == history.train_loss


# ── Scores ────────────────────────────────────────────────────────────────────────────────────────────

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1)


@given(pairs)
def test_a_confusion_table_counts(pairs):
    predicted, true = map(list, zip(*pairs))
    table = confusion(predicted, true, classes=5)
    assert table.shape == (5, 5)
    for row in range(5):
        for column in range(5):
            assert table[row, column] == pairs.count((column, row))


def test_without_a_number_of_classes_the_largest_counts():
    assert confusion([0, 3], [1, 0]).shape == (4, 4)
    assert confusion([], []).tolist() == [[0]]
    assert confusion([], [], classes=2).tolist() == [[0, 0], [0, 0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_worst_mistakes_are_those_of_the_largest_loss(seed, count):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(3), size=20)
    true = rng.integers(0, 3, 20)
    losses = -np.log(probabilities[np.arange(20), true])
    wrong = [k for k in range(20) if probabilities[k].argmax() != true[k]]
    assert worst_mistakes(probabilities, true, count).tolist() == sorted(wrong, key=lambda k: -losses[k])[:count]


def test_mistakes_as_bad_as_each_other_stay_in_order():
    assert worst_mistakes([[1.0, 0.0]] * 3 + [[0.0, 1.0]], [1, 1, 1, 1], 2).tolist() == [0, 1]
    assert worst_mistakes([[1.0, 0.0]], [0]).tolist() == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: confusion([0], [0, 1]), "there are 1 predicted and 2 true classes; expected equally many"),
        (lambda: confusion([0.5], [0]),
         "predicted needs the numbers of classes, whole ones of shape (N,), not [0.5]"),
        (lambda: confusion([0, 3], [0, 0], 3), "predicted[1] is class 3; expected from 0 to 2"),
        (lambda: confusion([0], [-1]), "true[0] is class -1; expected from 0"),
        (lambda: confusion([0], [0], classes=0), "classes=0 is not possible; expected a whole number from 1"),
        (lambda: worst_mistakes([0.5], [0]),
         "probabilities of shape (1,) are not possible; expected numbers of shape (N, K)"),
        (lambda: worst_mistakes([[3.0, -1.0]], [0]),
         "probabilities should be from 0 to 1; give the outputs of softmax, not the scores before it"),
        (lambda: worst_mistakes([[np.nan, 1.0]], [0]),
         "probabilities should be from 0 to 1; give the outputs of softmax, not the scores before it"),
        (lambda: worst_mistakes([[0.5, 0.5]], [0, 1]), "there are probabilities of 1 examples and 2 true classes"),
        (lambda: worst_mistakes([[0.5, 0.5]], [0], 0), "count=0 is not possible; expected a whole number from 1"),
    ],
)  # fmt: skip
def test_bad_scores_are_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == says


# ── What is taken care of before and after ────────────────────────────────────────────────────────────


def test_patience_keeps_the_best_parameters_whatever_ends_the_training():
    x = np.random.default_rng(0).standard_normal((40, 4))
    data = x, x @ [1.0, 2.0, -1.0, 0.5]
    for worse, ending, stopped in ((2.5, KeyboardInterrupt(), "interrupted"), (2.5, RuntimeError(), "running")):
        network = tg.Sequential([tg.Affine(np.zeros((4, 1)), np.zeros(1))], tg.IdentityWithLoss())
        optimizer, seen = SGD(0.3), []

        def on_epoch(history, worse=worse, ending=ending, optimizer=optimizer, seen=seen):
            seen.append(history)
            if history.epochs == 3:
                optimizer.lr = worse
            if history.epochs == 8:
                raise ending

        options = {"test": data, "epochs": 50, "optimizer": optimizer, "patience": 20, "on_epoch": on_epoch}
        if stopped == "interrupted":
            train(network, data, **options)
        else:
            with pytest.raises(RuntimeError):
                train(network, data, **options)
        assert seen[0].stopped == stopped
        assert network.loss(*data) == min(seen[0].test_loss)


def test_a_training_that_diverges_gives_the_best_parameters_where_there_is_patience():
    x = np.random.default_rng(0).standard_normal((40, 4))
    data = x, x @ [1.0, 2.0, -1.0, 0.5]
    network, optimizer = tg.Sequential([tg.Affine(np.zeros((4, 1)), np.zeros(1))], tg.IdentityWithLoss()), SGD(0.3)

    def on_epoch(history):
        if history.epochs == 5:
            optimizer.lr = 1e8

    with pytest.raises(Diverged, match="has the parameters of epoch 5, the best") as error:
        train(network, data, test=data, epochs=99, optimizer=optimizer, patience=99, on_epoch=on_epoch)
    assert network.loss(*data) == min(error.value.history.test_loss)
    assert (network.params["W1"] == error.value.params["W1"]).all()


@pytest.mark.parametrize("which", ["", "of the test data, "])
def test_a_wrong_label_is_named_by_its_own_row_and_before_any_step(which):
    network = tg.TwoLayerNet(4, 5, 3, seed=0)
    before = {name: array.copy() for name, array in network.params.items()}
    x, right, wrong = np.ones((40, 4)), np.arange(40) % 3, np.array([0, 1, 2] * 13 + [3])
    data, test = ((x, right), (x, wrong)) if which else ((x, wrong), (x, right))
    with pytest.raises(ValueError, match=rf"^{which}the label t\[39\] is 3, but there are 3 classes"):
        train(network, data, test=test, epochs=1, batch_size=4)
    assert all((network.params[name] == array).all() for name, array in before.items())


def test_numpys_integers_are_whole_numbers():
    x, t = np.ones((6, 4)), np.arange(6) % 3
    options = {"epochs": np.int64(2), "batch_size": np.int32(3), "patience": np.int64(3)}
    history = train(tg.TwoLayerNet(4, 5, 3, seed=0), (x, t), **options)
    assert history.epochs == 2
    assert type(history.steps_per_epoch) is int
    with pytest.raises(ValueError, match="epochs=True is not possible"):
        train(tg.TwoLayerNet(4, 5, 3, seed=0), (x, t), epochs=True)


# ── Layers of one's own that remember ─────────────────────────────────────────────────────────────────


class BatchNorm:
    """The book's batch normalization (chapter 6), as the book writes its forward pass."""

    parameters = ("gamma", "beta")

    def __init__(self, size, momentum=0.9):
        self.gamma, self.beta = np.ones(size), np.zeros(size)
        self.momentum = momentum
        self.running_mean = self.running_var = None
        self.flags = []

    def forward(self, x, train_flg=True):
        self.flags.append(train_flg)
        if self.running_mean is None:
            self.running_mean, self.running_var = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        if train_flg:
            mu = x.mean(axis=0)
            xc = x - mu
            var = (xc**2).mean(axis=0)
            std = np.sqrt(var + 10e-7)
            xn = xc / std
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            xn = (x - self.running_mean) / np.sqrt(self.running_var + 10e-7)
        return self.gamma * xn + self.beta


class Counter:
    """A layer that counts its forward passes, and adds up what it saw in place."""

    def __init__(self):
        self.count, self.seen = 0, np.zeros(1)

    def forward(self, x):
        self.count += 1
        self.seen += 1
        return x


def moving(batches, momentum=0.9):
    mean = 0.0
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch
    return mean


def test_the_books_batch_normalization_learns_and_keeps_its_running_mean():
    x = np.random.default_rng(0).standard_normal((20, 2)) + 5
    t = np.arange(20) % 2
    norm = BatchNorm(2)
    network = Sequential([norm, Affine(np.eye(2), np.zeros(2))])
    for _ in range(50):
        network.loss_and_gradient(x, t)
    np.testing.assert_allclose(norm.running_mean, (1 - 0.9**50) * x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(norm.running_var, (1 - 0.9**50) * x.var(axis=0), rtol=1e-12)
    assert norm.running_mean.dtype == np.float64


def test_scoring_changes_nothing_that_a_layer_remembers_and_is_told_apart():
    x = np.random.default_rng(0).standard_normal((20, 2)) + 5
    t = np.arange(20) % 2
    norm, counter = BatchNorm(2), Counter()
    network = Sequential([norm, counter, Affine(np.eye(2), np.zeros(2))])
    train(network, (x, t), test=(x - 1000, t), epochs=3, batch_size=20, progress=False)
    np.testing.assert_allclose(norm.running_mean, moving([x.mean(axis=0)] * 3), rtol=1e-12)
    assert norm.flags.count(True) == counter.count == counter.seen[0] == 3


def test_loss_and_accuracy_of_an_epoch_come_from_one_prediction():
    class Passing:
        rows = []

        def forward(self, x):
            self.rows.append(len(x))
            return x

    x, t = np.random.default_rng(0).standard_normal((20, 2)), np.arange(20) % 2
    network = Sequential([Passing(), Affine(np.eye(2), np.zeros(2))])
    history = train(network, (x, t), test=(x[:7], t[:7]), epochs=2, batch_size=10, progress=False)
    # One row of each to see whether they fit, a few rows to record a step; then only what is scored.
    assert Passing.rows[:2] == [1, 1]
    assert [rows for rows in Passing.rows if rows > 2] == [20, 7] * 2
    assert history.test_loss[-1] == network.loss(x[:7], t[:7])
    assert history.test_accuracy[-1] == network.accuracy(x[:7], t[:7])
    before = network.predict(x)
    network.params["b1"] += [1.0, 2.0]
    np.testing.assert_allclose(network.predict(x), before + np.array([1, 2]))


def test_a_reference_to_a_parameter_goes_on_holding_it():
    weights = np.array([[1.0, 0.5], [-0.3, 0.8]])
    network = Sequential([Affine(weights, np.zeros(2))])
    held = network.params["W1"]
    train(network, (np.array([[0.3, 0.5]]), np.array([1])), epochs=1, optimizer=optim.SGD(0.1), progress=False)
    assert held is network.params["W1"] is network.layers["Affine1"].W
    assert weights is held
    assert weights[0, 0] != 1.0


@pytest.mark.parametrize("kind", [optim.SGD, optim.Momentum, optim.Nesterov, optim.AdaGrad, optim.RMSProp, optim.Adam])
def test_training_that_goes_on_from_files_is_training_that_went_on(kind, tmp_path):
    random = np.random.default_rng(0)
    x, t = random.standard_normal((30, 3)), random.integers(0, 2, 30)

    def some(network, optimizer, **how):
        return train(network, (x, t), optimizer=optimizer, batch_size=8, seed=5, progress=False, **how).losses

    whole, halves = tg.TwoLayerNet(3, 4, 2, 0.5, seed=1), tg.TwoLayerNet(3, 4, 2, 0.5, seed=1)
    losses = some(whole, kind(0.05), epochs=4)
    optimizer = kind(0.05)
    first = some(halves, optimizer, epochs=2)
    halves.save(tmp_path / "network.npz")
    optimizer.save(tmp_path / "optimizer.npz", halves.params)
    network, later = tg.TwoLayerNet(3, 4, 2, seed=2), kind()
    network.load(tmp_path / "network.npz")
    later.load(tmp_path / "optimizer.npz", network.params)
    assert first + some(network, later, epochs=2, start_epoch=2) == losses
    for name in whole.params:
        assert network.params[name].tolist() == whole.params[name].tolist()
    with pytest.raises(ValueError, match="start_epoch=-1 is not possible; expected a whole number from 0"):
        some(network, later, start_epoch=-1)


def test_an_optimizer_that_has_trained_another_network_is_refused():
    data = np.array([[0.3, 0.5]]), np.array([1])
    adam = optim.Adam(0.01)
    first, second = (Sequential([Affine(np.eye(2), np.zeros(2))]) for _ in range(2))
    train(first, data, epochs=1, optimizer=adam, progress=False)
    train(first, data, epochs=1, optimizer=copy.deepcopy(adam), progress=False)
    train(first, data, epochs=1, optimizer=adam, progress=False)
    with pytest.raises(ValueError, match=r"Adam.* has trained another network.*make a new Adam\(\)"):
        train(second, data, epochs=1, optimizer=adam, progress=False)
    assert second.params["W1"].tolist() == [[1.0, 0.0], [0.0, 1.0]]


# ── Rates that change ─────────────────────────────────────────────────────────────────────────────────


def test_a_rate_for_each_epoch_is_set_before_its_first_step():
    x, t = np.arange(12.0).reshape(6, 2) / 10, np.array([0, 1, 0, 1, 1, 0])
    one, other = Linear(np.zeros((2, 2))), Linear(np.zeros((2, 2)))
    by_hand, rates = SGD(lr=0.5), [0.5, 0.25, 0.125]
    train(one, (x, t), epochs=3, batch_size=4, optimizer=SGD(lr=9), lr=lambda epoch: 0.5 / 2**epoch)
    for epoch, rate in enumerate(rates):
        by_hand.lr = rate
        train(other, (x, t), epochs=1, batch_size=4, optimizer=by_hand, start_epoch=epoch)
    assert np.array_equal(one.params["W"], other.params["W"])


def test_a_rate_goes_on_after_the_epochs_before():
    asked = []
    train(Linear(np.zeros((2, 2))), (np.eye(2), [0, 1]), epochs=2, start_epoch=3, lr=lambda e: asked.append(e) or 0.1)
    assert asked == [3, 4]


def test_what_is_no_rate_is_refused():
    data = np.eye(2), [0, 1]
    with pytest.raises(TypeError, match=r"lr=0\.1 is not a function of the epoch; a rate that stays is"):
        train(Linear(np.zeros((2, 2))), data, lr=0.1)
    with pytest.raises(ValueError, match=r"the lr of SGD\(\) is a positive number, not 0"):
        train(Linear(np.zeros((2, 2))), data, lr=lambda epoch: 1 - epoch)


# ── Running averages ──────────────────────────────────────────────────────────────────────────────────


def normalizing(seed=0):
    rng = np.random.default_rng(seed)
    affine, last = Affine(rng.normal(size=(2, 4)), np.zeros(4)), Affine(rng.normal(size=(4, 2)), np.zeros(2))
    return Sequential([affine, tg.BatchNorm(np.ones(4), np.zeros(4)), last])


PAIRS = np.random.default_rng(1).normal(size=(24, 2)), np.arange(24) % 2


@pytest.mark.filterwarnings("ignore:.*without a tape")
def test_running_averages_are_those_of_the_best_epoch():
    """Epochs with ever larger steps: the first is the best, and what it left is what there is in the end."""
    one, other = normalizing(), normalizing()
    history = train(one, PAIRS, epochs=5, batch_size=8, optimizer=SGD(lr=0.1), lr=lambda e: 0.1 * 100**e, patience=4)
    assert history.best_epoch == 1 < history.epochs
    train(other, PAIRS, epochs=1, batch_size=8, optimizer=SGD(lr=0.1))
    assert one.kept.keys() == {"running_mean2", "running_var2"}
    for name, numbers in other.kept.items():
        np.testing.assert_array_equal(one.kept[name], numbers)


@pytest.mark.filterwarnings("ignore:.*without a tape")
def test_running_averages_go_on_from_step_to_step():
    """Two steps on all of the data: (1 − 0.9²) of its mean, and 0.9² of the variance 1 of the beginning."""
    network = Sequential([tg.BatchNorm(np.ones(2), np.zeros(2)), Affine(np.eye(2), np.zeros(2))])
    train(network, PAIRS, epochs=2, batch_size=24, optimizer=SGD(lr=0.1))
    x = PAIRS[0]
    np.testing.assert_allclose(network.kept["running_mean1"], 0.19 * x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(network.kept["running_var1"], 0.81 + 0.19 * x.var(axis=0), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:.*without a tape")
def test_running_averages_stay_finite_where_training_diverges():
    network = normalizing()
    with pytest.raises(Diverged):
        train(network, PAIRS, epochs=5, batch_size=8, optimizer=SGD(lr=1e200))
    assert all(np.isfinite(numbers).all() for numbers in network.kept.values())
    assert np.isfinite(network.loss(*PAIRS))
