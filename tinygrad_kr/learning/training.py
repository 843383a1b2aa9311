"""Training: batches in random order, step by step, with a history, early stopping, and care when it goes wrong.

``train()`` needs only what :class:`Network` lists, so that a class of one's own can be trained too. Whatever ends
it (the last epoch, Ctrl-C, a loss of nan), the network holds the parameters of a whole step.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol
from weakref import WeakKeyDictionary, ref

import numpy as np

from ..engine.arrays import first_not_finite, real_array, refuse_not_finite
from ..text.bilingual import Bilingual, told
from ..text.numerals import numeral, shown
from ..text.options import check
from ..text.progress import meter
from ..text.terminal import say
from .history import History
from .optimizer import Optimizer as Remembering

if TYPE_CHECKING:
    from typing import TypeAlias

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    Data: TypeAlias = tuple[Any, Any]

__all__ = ["Diverged", "Network", "Optimizer", "train"]


class Network(Protocol):
    """What ``train()`` asks of a network.

    Where it also has an attribute ``is_training`` (as networks with dropout do), that is True during the steps and
    False while it is scored, and in the end what it was before. A method ``check_data(x, t)`` is asked before the first
    step to refuse data that don't fit. What it keeps beside its parameters, such as running averages, are arrays by
    name in an attribute ``kept``, which ``keep(arrays)`` puts back.
    """

    @property
    def is_classifier(self) -> bool:
        """Whether there is an accuracy."""

    @property
    def params(self) -> MutableMapping[str, Any]:
        """The parameters: float64 arrays by name. Setting one writes its numbers into the network."""

    def loss(self, x: Any, t: Any) -> Any:
        """The loss of a batch."""

    def accuracy(self, x: Any, t: Any) -> float:
        """The share of right answers, from 0 to 1. Only a classifier needs it."""

    def loss_and_gradient(self, x: Any, t: Any) -> tuple[float, dict[str, Any]]:
        """The loss of a batch and its gradient with respect to each parameter."""

    def on_values(self) -> Any:
        """A twin whose parameters are Values, and whose loss therefore is a graph that can be searched."""


class Optimizer(Protocol):
    """What ``train()`` asks of an optimizer."""

    def update(self, params: Any, grads: Any) -> None:
        """Take one step: change the arrays in ``params``, or put new ones there, given their gradients."""


class Diverged(FloatingPointError):
    """Training met a loss, a gradient or a parameter that is nan or inf.

    The network holds the last good parameters: those of the last step whose loss and gradient were finite; of the best
    epoch, if ``train()`` was given ``patience``.

    Attributes:
        params: a copy of them.
        history: what was recorded until then.
        epoch: in which epoch it happened, from 1.
        step: at which step of the whole training, from 1.

    >>> error = Diverged("the loss is nan", params={"b": np.zeros(1)}, history=History(1), epoch=2, step=7)
    >>> error.step, error.history.stopped
    (7, 'running')
    """

    def __init__(
        self,
        message: str,
        *,
        params: Mapping[str, Array] | None = None,
        history: History | None = None,
        epoch: int = 0,
        step: int = 0,
    ) -> None:
        super().__init__(message)
        self.params = dict(params or {})
        self.history = history or History(1)
        self.epoch = epoch
        self.step = step


def train(
    network: Network,
    data: Data,
    *,
    test: Data | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    optimizer: Optimizer | None = None,
    lr: Callable[[int], float] | None = None,
    seed: int = 0,
    start_epoch: int = 0,
    patience: int | None = None,
    progress: bool | None = None,
    on_epoch: Callable[[History], object] | None = None,
) -> History:
    """Train a network: in each epoch, one step of the optimizer for each batch of the shuffled data.

    Ctrl-C ends it early and loses nothing: the network keeps the parameters of the last whole step, and the history
    is returned. With the same seed, network and data it comes out the same to the last digit.

    Args:
        network: what :class:`Network` lists.
        data: the pair (x, t): inputs of shape (N, …) and targets, which are class indices (N,), shares of each class
            (N, K), or the numbers of a regression.
        test: such a pair to score the network on after each epoch. Nothing is learned from it.
        epochs: how often all data are gone through.
        batch_size: how many examples make a step; the last batch of an epoch may have fewer.
        optimizer: what makes a step of a gradient; ``SGD(lr=0.1)`` where left out. It remembers one network's steps, so
            make a new one for another network. Its ``save`` and ``load`` keep what it remembers in a file.
        lr: the learning rate as a function of the epoch, which counts from 0 (from ``start_epoch``): it is set at the
            beginning of each. ``optim`` has such functions with PyTorch's names, ``StepLR`` and others.
        seed: of the order of the data. Each call begins the order anew.
        start_epoch: how many epochs were trained before with this seed: the order goes on after them, so that 2 + 2
            epochs are 4 (with the same optimizer, or one that has loaded its file).
        patience: stop after so many epochs in a row without a smaller test loss (without test data, training loss).
            In the end the network then has the parameters of its best epoch, whatever ended it: the last epoch,
            Ctrl-C, an error.
        progress: whether a bar on stderr shows how far it is; where left out, in a terminal or notebook only.
        on_epoch: called with the history after each epoch.

    Returns:
        The history: losses and accuracies, and how it ended.

    Raises:
        Diverged: if a loss, a gradient or a parameter became nan or inf. The last good parameters are in the network.
        TypeError, ValueError: if an argument is not possible; the network is as it was.

    >>> class Line:
    ...     is_classifier = False
    ...     def __init__(self):
    ...         self.params = {"a": np.zeros(1)}
    ...     def loss(self, x, t):
    ...         return float(np.mean((self.params["a"] * x - t) ** 2))
    ...     def loss_and_gradient(self, x, t):
    ...         return self.loss(x, t), {"a": np.array([np.mean(2 * x * (self.params["a"] * x - t))])}
    ...     def on_values(self):
    ...         return self
    >>> class Descent:
    ...     def update(self, params, grads):
    ...         for name in params:
    ...             params[name] -= 0.1 * grads[name]
    >>> line, x = Line(), np.linspace(0, 2, 64)
    >>> history = train(line, (x, 3 * x), epochs=20, optimizer=Descent())
    >>> history.epochs, history.stopped, line.params["a"].round(4)
    (20, 'finished', array([3.]))
    """
    _check_network(network)
    x, t = _pair("data", "", data)
    tested = None if test is None else _pair("test", "test ", test)
    if tested is not None:
        _check_alike((x, t), tested)
    check(epochs=epochs, batch_size=batch_size, seed=seed, start_epoch=start_epoch)
    if patience is not None:
        check(patience=patience)
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(f"on_epoch={shown(on_epoch)} can't be called; expected a function that takes the history")
    if optimizer is None:
        from .optimizers import SGD

        optimizer = SGD(lr=0.1)
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "update", None)):
        raise TypeError(f"optimizer={shown(optimizer)} is none with update(params, grads); use SGD(lr=0.1) or such")

    if lr is not None and not callable(lr):
        raise TypeError(
            f"lr={shown(lr)} is not a function of the epoch; a rate that stays is the optimizer's: SGD(lr=0.1)"
        )
    if lr is not None and not hasattr(optimizer, "lr"):
        raise TypeError(f"lr= sets the optimizer's lr for each epoch, and {shown(optimizer)} has none")

    _check_owner(optimizer, network)
    _check_data(network, x, t, "")
    if tested is not None:
        _check_data(network, *tested, "of the test data, ")

    run = _Run(network, optimizer, x, t, tested, batch_size)
    rated: Any = optimizer
    order = np.random.default_rng(seed)
    for _ in range(start_epoch):
        order.permutation(len(x))
    with _is_training_kept(network), _quiet(), _bar(epochs * run.history.steps_per_epoch, progress) as bar:
        try:
            for epoch in range(start_epoch, start_epoch + epochs):
                if lr is not None:
                    rated.lr = lr(epoch)
                run.epoch(order.permutation(len(x)), bar)
                if patience is not None and run.history.best_epoch == run.history.epochs:
                    run.best = run.now
                if on_epoch is not None:
                    on_epoch(run.history)
                if patience is not None and run.history.epochs - (run.history.best_epoch or 0) >= patience:
                    run.history.stopped = "early stop"
                    break
            else:
                run.history.stopped = "finished"
            _put(network, run.best or run.now)
        except KeyboardInterrupt:
            run.history.stopped = "interrupted"
            _put(network, run.best or run.now)
        except BaseException:
            _put(network, run.best or (run.good if run.history.stopped == "diverged" else run.now))
            raise
    return run.history


class _Run:
    """A training under way.

    ``now`` are the parameters after the last whole step, ``good`` the last ones whose loss and gradient were finite,
    ``best`` those of the best epoch, where they are wanted.
    The optimizer works on copies, which the network gets when they are complete.
    """

    def __init__(
        self, network: Network, optimizer: Optimizer, x: Array, t: Array, tested: Data | None, batch_size: int
    ) -> None:
        self.network, self.optimizer = network, optimizer
        self.x, self.t, self.tested, self.batch_size = x, t, tested, int(batch_size)
        self.now = self.good = _State(_copied(network.params), _kept(network))
        self.best: _State | None = None
        self.history = History(steps_per_epoch=-(-len(x) // self.batch_size))

    def epoch(self, order: Array, bar: Any) -> None:
        """A step for each batch, in this order of the examples; then the scores."""
        start = time.perf_counter()
        _set_training(self.network, True)
        for first in range(0, len(order), self.batch_size):
            rows = order[first : first + self.batch_size]
            self.step(self.x[rows], self.t[rows])
            bar.update(self)
        _set_training(self.network, False)
        scores = self.scores("train", self.x, self.t)
        if self.tested is not None:
            scores |= self.scores("test", *self.tested)
        for name, score in scores.items():
            getattr(self.history, name).append(score)
        self.history.seconds.append(time.perf_counter() - start)
        bar.update(self, 0)

    def step(self, x: Array, t: Array) -> None:
        """One step, of which the network sees the whole or nothing."""
        try:
            loss, gradient = self.network.loss_and_gradient(x, t)
        except FloatingPointError as error:  # under strict() or np.errstate(all="raise")
            self.diverge(error.args[0])
        loss = float(loss)
        if not np.isfinite(loss):
            self.diverge(Bilingual(f"the loss became {loss}", f"손실: {loss}"), x, t)
        self._check_finite(Bilingual("the gradient with respect to", "기울기"), gradient, x, t)
        self.good = self.now
        changed = _copied(self.now.params)
        try:
            self.optimizer.update(changed, gradient)
        except FloatingPointError as error:
            self.diverge(error.args[0])
        self._check_finite(Bilingual("the update of", "갱신"), changed)
        state = _State(changed, _kept(self.network))
        _put(self.network, state)
        self.now = state
        self.history.losses.append(loss)

    def scores(self, which: str, x: Array, t: Array) -> dict[str, float]:
        """Loss and accuracy of these data."""
        network = self.network.scored() if hasattr(self.network, "scored") else self.network
        try:
            loss = float(network.loss(x, t))
        except FloatingPointError as error:
            self.diverge(error.args[0])
        if not np.isfinite(loss):
            en, ko = ("training", "훈련") if which == "train" else ("test", "시험")
            self.diverge(Bilingual(f"the loss of the {en} data became {loss}", f"{ko} 데이터의 손실: {loss}"), x, t)
        scores = {f"{which}_loss": loss}
        if network.is_classifier:
            scores[f"{which}_accuracy"] = float(network.accuracy(x, t))
        return scores

    def _check_finite(
        self, what: str, arrays: Mapping[str, Any], x: Array | None = None, t: Array | None = None
    ) -> None:
        for name, numbers in arrays.items():
            place = first_not_finite(numbers)
            if place is not None:
                at, number = f" {shown(name)}{list(place) or ''}", np.asarray(numbers)[place]
                self.diverge(what + at + Bilingual(f" became {number}", f": {number}"), x, t)

    def diverge(self, what: str, x: Array | None = None, t: Array | None = None) -> NoReturn:
        """Say what is nan or inf, when, and where in the graph of this batch it came from."""
        history = self.history
        epoch = history.epochs + 1
        step = min(len(history.losses) + 1, epoch * history.steps_per_epoch)
        history.stopped = "diverged"
        node = "" if x is None else _first_node(self.network, x, t)
        first = f", first of all in {node}" if node else ""
        which = f"the parameters of epoch {history.best_epoch}, the best" if self.best else "the last good parameters"
        cause = told(what, "ko") + (f" (처음은 {node})" if node else "")
        kept = f"가장 나았던 에폭 {history.best_epoch}의" if self.best else "마지막으로 쓸 만했던"
        raise Diverged(
            Bilingual(
                f"training diverged in epoch {epoch}, step {step}: {what}{first}; the network (and .params of this "
                f"error) has {which}, from which a smaller learning rate may get further",
                f"에폭 {epoch}, 단계 {step}에서 학습이 발산했습니다: {cause}. "
                f"신경망과 이 예외의 .params에는 {kept} 매개변수가 있습니다. 학습률을 줄여 이어서 학습해 보세요",
            ),
            params=_copied((self.best or self.good).params),
            history=history,
            epoch=epoch,
            step=step,
        ) from None


def _first_node(network: Network, x: Array, t: Any) -> str:
    """The first node of the loss's graph that is nan or inf, in words; nothing where there is none.

    One example of the batch is enough of a graph, if its loss is not finite by itself.
    """
    from ..checking.irregular import describe, first_non_finite

    _set_training(network, False)
    with _quiet():
        try:
            for row in range(len(x)):
                if not np.isfinite(float(network.loss(x[row : row + 1], t[row : row + 1]))):
                    x, t = x[row : row + 1], t[row : row + 1]
                    break
            node = first_non_finite(network.on_values().loss(x, t))
        except FloatingPointError as error:  # under strict() the node says so by itself
            return str(error)
        except KeyboardInterrupt:  # a large graph takes its time, and the person may have none
            return ""
    return "" if node is None else describe(node)


@contextmanager
def _quiet() -> Iterator[None]:
    """No warning of each single inf and nan: what is to be said of them, Diverged says."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


# ── Parameters and modes of the network ───────────────────────────────────────────────────────────────


class _State(NamedTuple):
    """What training can go back to: the parameters, and what layers keep beside them, such as running averages."""

    params: dict[str, Array]
    kept: dict[str, Array]


def _kept(network: Any) -> dict[str, Array]:
    return _copied(getattr(network, "kept", {}))


def _copied(params: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.array(numbers, dtype=np.float64) for name, numbers in params.items()}


def _put(network: Any, state: _State) -> None:
    """Write the numbers into the network."""
    for name, numbers in state.params.items():
        network.params[name] = numbers.copy()
    if state.kept:
        network.keep(state.kept)


def _set_training(network: Any, flag: bool) -> None:
    if hasattr(network, "is_training"):
        network.is_training = flag


@contextmanager
def _is_training_kept(network: Any) -> Iterator[None]:
    before = getattr(network, "is_training", False)
    try:
        yield
    finally:
        _set_training(network, before)


# ── Progress ──────────────────────────────────────────────────────────────────────────────────────────


class _Silence:
    """No bar."""

    def update(self, run: _Run, steps: int = 1) -> None:
        pass


class _Bar:
    """A bar that shows epoch, loss and accuracies."""

    def __init__(self, bar: Any) -> None:
        self.bar = bar

    def update(self, run: _Run, steps: int = 1) -> None:
        history = run.history
        epoch = -(-len(history.losses) // history.steps_per_epoch)
        epochs = self.bar.total // history.steps_per_epoch
        self.bar.set_description_str(f"{say('에폭', 'epoch')} {epoch}/{epochs}", refresh=False)
        said = {say("손실", "loss"): numeral(history.losses[-1], 4)}
        for title, shares in (
            (say("훈련 정확도", "train accuracy"), history.train_accuracy),
            (say("시험 정확도", "test accuracy"), history.test_accuracy),
        ):
            if shares:
                said[title] = f"{100 * shares[-1]:.1f} %"
        self.bar.set_postfix_str(", ".join(f"{title} {number}" for title, number in said.items()), refresh=not steps)
        self.bar.update(steps)


@contextmanager
def _bar(steps: int, progress: bool | None) -> Iterator[_Silence | _Bar]:
    with meter(progress, total=steps) as bar:
        yield _Silence() if bar is None else _Bar(bar)


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────


def _check_network(network: Any) -> None:
    needed = ["loss", "loss_and_gradient", "on_values"]
    if getattr(network, "is_classifier", False):
        needed.append("accuracy")
    lacks = [f"{name}()" for name in needed if not callable(getattr(network, name, None))]
    lacks += [name for name in ("params", "is_classifier") if not hasattr(network, name)]
    if isinstance(network, type):
        raise TypeError(
            f"train() needs a network, not the class {network.__name__}; make one first: {network.__name__}(…)"
        )
    if lacks:
        what = f"the {type(network).__name__} {shown(network)}"
        raise TypeError(f"train() needs a network, not {what}, which lacks {', '.join(lacks)}")
    for name, numbers in network.params.items():
        refuse_not_finite(np.asarray(numbers, float), f"parameter {shown(name)}", "start from finite numbers")


_owners: WeakKeyDictionary[Any, ref[Any]] = WeakKeyDictionary()
"""The network that an optimizer has trained."""


def _check_owner(optimizer: Any, network: Any) -> None:
    """Refuse an optimizer that remembers another network's steps: its moments would move this one."""
    if isinstance(optimizer, Remembering) and _owners.setdefault(optimizer, ref(network))() is not network:
        raise ValueError(
            f"optimizer={shown(optimizer)} has trained another network, and remembers its steps; "
            f"make a new {type(optimizer).__name__}() for this one"
        )


def _check_data(network: Any, x: Array, t: Array, which: str) -> None:
    """Let the network refuse data, where it can, before it has learned from any."""
    check_data = getattr(network, "check_data", None)
    if callable(check_data):
        with _is_training_kept(network), _quiet():
            _set_training(network, False)
            try:
                check_data(x, t)
            except FloatingPointError:  # a network that overflows is for the first step to tell
                pass
            except ValueError as error:
                raise ValueError(f"{which}{error}") from None


def _pair(name: str, before: str, pair: Any) -> tuple[Array, Array]:
    """Inputs and targets as arrays, equally long and without nan."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        what = f"{len(pair)} things" if isinstance(pair, (tuple, list)) else f"the {type(pair).__name__} {shown(pair)}"
        raise TypeError(f"{name} should be a pair (x, t) of inputs and targets, not {what}")
    x, t = _examples(f"{before}x", pair[0]), _examples(f"{before}t", pair[1])
    if len(x) != len(t):
        raise ValueError(f"{before}x has {len(x)} rows and {before}t has {len(t)}; expected a target for each input")
    if len(x) == 0:
        raise ValueError(f"{name} is empty; expected at least one example")
    return x, t


def _examples(name: str, given: Any) -> Array:
    """An array with a row for each example."""
    array: Array = real_array(given, name)
    if array.ndim == 0:
        raise ValueError(f"{name} is the single number {array}; expected an array with a row for each example")
    if 0 in array.shape[1:]:
        raise ValueError(f"{name} has shape {array.shape}, with no numbers in a row; expected at least one")
    refuse_not_finite(array, name, "fill it in, or leave the row out")
    return array


def _check_alike(data: Data, test: Data) -> None:
    for name, ours, theirs in zip("xt", data, test):
        if ours.shape[1:] != theirs.shape[1:] and (name == "x" or ours.ndim == theirs.ndim):
            shapes = f"a row of test {name} has shape {theirs.shape[1:]} and a row of {name} {ours.shape[1:]}"
            raise ValueError(f"{shapes}; expected the same")
