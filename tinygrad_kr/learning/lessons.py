"""What ``tinygrad-kr train`` does: a network for each of three sets of real data, and pictures of what it learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..text.numerals import numeral
from ..text.options import Language
from ..text.terminal import table
from . import data, plotting
from . import optimizers as optim
from .data import Data
from .history import History
from .initializers import weights
from .layers import Affine, Layer, ReLU, Tanh
from .losses import IdentityWithLoss
from .network import Sequential, TwoLayerNet
from .scores import confusion, worst_mistakes
from .training import Diverged, train

__all__ = ["LESSONS", "Figure", "Lesson", "Result"]


class Figure(NamedTuple):
    """A picture that is still to be drawn.

    Attributes:
        name: of its file.
        ko, en: what it shows.
        draw: saves it as a file.
    """

    name: str
    ko: str
    en: str
    draw: Callable[[Path], object]


class Result(NamedTuple):
    """What came of a lesson.

    Attributes:
        text: the score, for people.
        figures: pictures of it; they take time, so that whoever draws them can tell the score before.
    """

    text: str
    figures: list[Figure]


class Lesson(NamedTuple):
    """A set of data, a network for it, and how it learns.

    Attributes:
        ko, en: what is learned.
        load: the data, by a seed.
        build: the network, by a seed.
        epochs, batch_size, lr: how it learns where nobody says otherwise.
        judge: scores it: the text, and the pictures that are particular to this lesson.
    """

    ko: str
    en: str
    load: Callable[[int], Data]
    build: Callable[[int], Sequential]
    epochs: int
    batch_size: int
    lr: float
    judge: Callable[[Sequential, Data, Language], Result]

    def optimizer(self, lr: float | None = None) -> optim.Momentum:
        """What makes the steps.

        Raises:
            ValueError: if the learning rate is not possible.
        """
        return optim.Momentum(lr=self.lr if lr is None else lr)

    def learn(
        self, network: Sequential, parts: Data, *, epochs: int | None = None, lr: float | None = None, seed: int = 0
    ) -> tuple[History, Diverged | None]:
        """Train the network.

        Returns:
            The history, and what went wrong if training diverged: the network then has the last good parameters.

        Raises:
            ValueError: as :func:`tinygrad_kr.train`.
        """
        optimizer = self.optimizer(lr)
        epochs = self.epochs if epochs is None else epochs
        try:
            history = train(
                network, parts.train, test=parts.test, epochs=epochs, batch_size=self.batch_size, optimizer=optimizer,
                seed=seed,
            )  # fmt: skip
        except Diverged as failure:
            return failure.history, failure
        return history, None

    def report(self, network: Sequential, parts: Data, history: History, language: Language) -> Result:
        """The network's score, and all pictures of what it learned."""
        text, figures = self.judge(network, parts, language)
        if history.losses:
            course = Figure(
                "history.svg", "손실의 변화", "the course of the loss", lambda to: history.plot(to, language)
            )
            figures.append(course)

        def draw_sample(to: Path) -> None:
            sample, right = (part[:1] for part in parts.test)
            network.draw(sample, right, arrays=True).save(to)

        figures.append(Figure("network.svg", "표본 하나의 계산 그래프", "the graph of one sample", draw_sample))
        return Result(text, figures)


def _judge_digits(network: Sequential, parts: Data, language: Language) -> Result:
    x, t = parts.test
    probabilities = network.probabilities(x)
    said = probabilities.argmax(axis=1)
    counts = confusion(said, t, 10)
    corner = "답→" if language == "ko" else "said→"
    rows = [(corner, *map(str, range(10)))]
    rows += [(str(k), *(str(count) if count else "·" for count in row)) for k, row in enumerate(counts)]
    worst = worst_mistakes(probabilities, t, 16)

    def draw_confusion(to: Path) -> None:
        plotting.plot_confusion(counts, path=to, language=language)

    def draw_mistakes(to: Path) -> None:
        images = x[worst].reshape(-1, 8, 8)
        plotting.plot_mistakes(images, said[worst], t[worst], probabilities[worst], path=to, language=language)

    figures = [Figure("confusion.svg", "무엇을 무엇으로 보았나", "which digit was taken for which", draw_confusion)]
    if len(worst):
        figures.append(Figure("mistakes.svg", "가장 크게 틀린 숫자들", "the worst mistakes", draw_mistakes))
    score = _share("정확도", "accuracy", network.accuracy(x, t), language)
    return Result(f"{score}\n\n{table(rows, right=range(11))}", figures)


def _judge_moons(network: Sequential, parts: Data, language: Language) -> Result:
    def draw_boundary(to: Path) -> None:
        x, t = (np.concatenate(pair) for pair in zip(*parts))
        plotting.plot_boundary(network, x, t, path=to, language=language)

    boundary = Figure("boundary.svg", "두 초승달 사이의 경계", "the boundary between the moons", draw_boundary)
    return Result(_share("정확도", "accuracy", network.accuracy(*parts.test), language), [boundary])


def _judge_diabetes(network: Sequential, parts: Data, language: Language) -> Result:
    x, t = parts.test
    errors = network.predict(x).ravel() - t
    explained = 1.0 - float(np.sum(errors**2) / np.sum((t - t.mean()) ** 2))

    def draw_predictions(to: Path) -> None:
        plotting.plot_curve(x, t, network, path=to, language=language)

    predictions = Figure("predictions.svg", "예측과 참값", "predicted and true", draw_predictions)
    return Result(_share("설명된 분산 R²", "explained variance R²", explained, language), [predictions])


def _share(ko: str, en: str, share: float, language: Language) -> str:
    return f"{ko if language == 'ko' else en}: {numeral(100 * share, 3)} %"


def _affines(sizes: list[int], seed: int, between: Callable[[], Layer]) -> Iterator[Layer]:
    """Affine layers of these sizes, and an activation between them."""
    random = np.random.default_rng(seed)
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        if k:
            yield between()
        yield Affine(weights("he", (inputs, outputs), random), np.zeros(outputs))


def _digits_network(seed: int) -> Sequential:
    return TwoLayerNet(64, 32, 10, weight_init_std="he", seed=seed)


def _moons_network(seed: int) -> Sequential:
    return Sequential(_affines([2, 16, 16, 2], seed, ReLU))


def _diabetes_network(seed: int) -> Sequential:
    return Sequential(_affines([10, 8, 1], seed, Tanh), IdentityWithLoss())


def _load(what: Callable[..., Any]) -> Callable[[int], Data]:
    return lambda seed: what(seed=seed)


LESSONS = {
    "digits": Lesson(
        "손글씨 숫자", "handwritten digits", _load(data.digits), _digits_network, 6, 50, 0.1, _judge_digits
    ),
    "moons": Lesson("두 초승달", "two moons", _load(data.moons), _moons_network, 40, 20, 0.05, _judge_moons),
    "diabetes": Lesson(
        "당뇨병의 진행",
        "the progress of diabetes",
        _load(data.diabetes),
        _diabetes_network,
        15,
        20,
        0.01,
        _judge_diabetes,
    ),
}
"""The lessons by name."""
