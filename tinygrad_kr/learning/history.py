"""What a training recorded: losses, accuracies and times, as numbers, as a table and as a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..text.notebooks import svg_bundle
from ..text.numerals import numeral
from ..text.options import Language, check
from ..text.terminal import table
from .plotting import Plot, plot_history

__all__ = ["History", "Stopped"]

Stopped = Literal["running", "finished", "early stop", "interrupted", "diverged"]
"""How a training ended."""


@dataclass(repr=False)
class History:
    """What a training recorded: plain lists, which ``dataclasses.asdict`` makes a dict of.

    Attributes:
        steps_per_epoch: how many batches an epoch has.
        losses: the loss of each step, before its update.
        train_loss, train_accuracy: of all training data, after each epoch.
        test_loss, test_accuracy: of the test data, after each epoch; empty where there are none. Accuracies, from
            0 to 1, are empty for a network that is no classifier.
        seconds: how long each epoch took.
        stopped: how it ended: "finished", "early stop", "interrupted" (Ctrl-C) or "diverged".

    >>> history = History(2, losses=[1.5, 1.0, 0.75, 0.5], train_loss=[0.875, 0.5], seconds=[0.1, 0.1])
    >>> history, history.epochs, history.best_epoch
    (History(2 epochs, loss 0.5), 2, 2)
    >>> print(history.table(language="en"))
    epoch  train loss  seconds
        1       0.875      0.1
        2         0.5      0.1  best
    """

    steps_per_epoch: int
    losses: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: Stopped = "running"

    @property
    def epochs(self) -> int:
        """How many whole epochs there were."""
        return len(self.seconds)

    @property
    def best_epoch(self) -> int | None:
        """The epoch, from 1, after which the test loss was smallest (without test data, the training loss)."""
        judged = (self.test_loss or self.train_loss)[: self.epochs]
        return int(np.argmin(judged)) + 1 if judged else None

    def table(self, language: Language = "ko", limit: int = 60) -> str:
        """The epochs as a table.

        Args:
            language: Korean (``"ko"``) or English (``"en"``).
            limit: how many epochs are listed at the most, the first and the last ones.

        Raises:
            ValueError: if an option is not possible.
        """
        check(language=language, limit=limit)
        titles = _TITLES[language]
        columns = {titles["epoch"]: [str(k) for k in range(1, self.epochs + 1)]}
        for name in ("train_loss", "test_loss"):
            columns[titles[name]] = [numeral(loss, 4) for loss in getattr(self, name)]
        for name in ("train_accuracy", "test_accuracy"):
            columns[titles[name]] = [f"{100 * share:.1f} %" for share in getattr(self, name)]
        columns[titles["seconds"]] = [numeral(seconds, 3) for seconds in self.seconds]
        columns = {title: cells for title, cells in columns.items() if cells or not self.epochs}
        columns[""] = [titles["best"] * (k + 1 == self.best_epoch) for k in range(self.epochs)]
        rows = list(zip(*columns.values()))
        left_out = len(rows) - limit
        if left_out > 0:
            rows[(limit + 1) // 2 : len(rows) - limit // 2] = [("…",) + ("",) * (len(columns) - 1)]
        return table([tuple(columns), *rows], right=range(len(columns) - 1))

    def plot(self, path: str | os.PathLike[str] | None = None, language: Language = "ko") -> Plot:
        """The course of loss and accuracy as a picture; see :func:`tinygrad_kr.learning.plotting.plot_history`."""
        return plot_history(self, path, language=language)

    def __repr__(self) -> str:
        said = [f"{self.epochs} epoch{'s'[: self.epochs != 1]}"]
        if self.epochs:
            which = "test " if self.test_loss else ""
            said.append(f"{which}loss {numeral((self.test_loss or self.train_loss)[-1], 4)}")
            accuracies = self.test_accuracy or self.train_accuracy
            said += [f"{which}accuracy {100 * accuracies[-1]:.1f} %"] if accuracies else []
        if self.stopped not in ("running", "finished"):
            said.append(self.stopped)
        return f"History({', '.join(said)})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        """What a notebook shows: the picture, or without Matplotlib the table."""
        try:
            return svg_bundle(self.plot().svg(), repr(self))
        except ImportError:
            return {"text/plain": f"{self!r}\n{self.table()}"}


_TITLES = {
    "ko": {
        "epoch": "에폭", "train_loss": "훈련 손실", "test_loss": "시험 손실", "train_accuracy": "훈련 정확도",
        "test_accuracy": "시험 정확도", "seconds": "초", "best": "최저",
    },
    "en": {
        "epoch": "epoch", "train_loss": "train loss", "test_loss": "test loss", "train_accuracy": "train accuracy",
        "test_accuracy": "test accuracy", "seconds": "seconds", "best": "best",
    },
}  # fmt: skip
