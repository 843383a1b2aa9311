"""Batch normalization: each input gets the mean 0 and the variance 1 of its batch, and then a scale and a shift."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import functions as fn
from ..engine.arrays import Array, as_array, numbers_of
from ..tape import NotRecordable, is_recorded
from .batches import named, samples
from .layers import Layer
from .settings import fraction, positive, spelled

__all__ = ["BatchNorm"]


class BatchNorm(Layer):
    """γ · (x − μ) / √(σ² + eps) + β, with the mean μ and the variance σ² of each column of the batch.

    While the network learns, it keeps running averages of them, with which it computes otherwise: what it says of a
    sample then does not depend on the samples beside it.

    Args:
        gamma: the scales, of shape (D,).
        beta: the shifts, of shape (D,).
        momentum: which part of the running averages is kept at each step, as in the book; PyTorch's ``momentum`` is
            one minus it.
        eps: keeps the divisor above 0; PyTorch's (the book has 1e-6).

    Attributes:
        is_training: whether it takes the averages of the batch.
        running_mean, running_var: the running averages, which ``network.save()`` saves too. The variance is that of
            the batch (as in the book; PyTorch keeps N / (N − 1) times it).
        dgamma, dbeta: the derivatives with respect to γ and β, once ``backward`` was called.

    Raises:
        TypeError: if a setting is no number.
        ValueError: if γ and β are not of one shape (D,), or a setting is out of range.

    Source: Ioffe and Szegedy 2015; the book 밑바닥부터 시작하는 딥러닝 (Saito, 6.3).

    >>> layer = BatchNorm(gamma=[1.0, 1.0], beta=[0.0, 5.0])
    >>> layer.forward(np.array([[1.0, 10.0], [3.0, 30.0]])).round(3)
    array([[-1.,  4.],
           [ 1.,  6.]])
    >>> layer.running_mean
    array([0.2, 2. ])
    """

    title = "BatchNorm"
    parameters = ("gamma", "beta")
    kept = ("running_mean", "running_var")
    gamma: Array
    beta: Array
    momentum: float
    eps: float
    running_mean: Array
    running_var: Array

    @spelled
    def __init__(self, gamma: Array, beta: Array, momentum: float = 0.9, eps: float = 1e-5) -> None:
        self.gamma, self.beta = np.asarray(as_array(gamma, "BatchNorm()")), np.asarray(as_array(beta, "BatchNorm()"))
        if self.gamma.ndim != 1 or self.gamma.shape != self.beta.shape:
            raise ValueError(
                f"BatchNorm() got gamma of shape {self.gamma.shape} and beta of shape {self.beta.shape}; "
                "expected (D,) and (D,): a scale and a shift for each input"
            )
        self.momentum, self.eps = fraction(momentum, "BatchNorm's momentum"), positive(eps, "BatchNorm's eps")
        self.is_training = True
        self.running_mean, self.running_var = np.zeros(self.gamma.shape), np.ones(self.gamma.shape)
        self.dgamma: Array = None
        self.dbeta: Array = None
        self._batch: tuple[Any, ...] = ()

    def forward(self, x: Array, train_flg: bool | None = None) -> Array:
        """The normalized input, scaled and shifted.

        Args:
            x: a batch (N, D); one sample (D,) only while the network does not learn.
            train_flg: whether the network learns; ``is_training`` where left out.

        Raises:
            ValueError: if x has another shape, or nothing in it.
        """
        if is_recorded():
            raise NotRecordable("BatchNorm takes the mean of a batch, where a tape has one sample at a time")
        x = samples(x, "BatchNorm.forward()")
        learns = self.is_training if train_flg is None else train_flg
        if x.shape[-1:] != self.gamma.shape or (learns and x.ndim == 1):
            raise ValueError(
                f"BatchNorm.forward() got x of shape {x.shape}; expected a batch (N, {len(self.gamma)})"
                + ", for there is no mean of one sample" * (x.shape[-1:] == self.gamma.shape)
            )
        mean: Any = _means(x, "μ") if learns else self.running_mean
        centred: Any = x - mean
        variance: Any = _means(fn.square(centred), "σ²") if learns else self.running_var
        if learns:
            kept, new = self.momentum, 1.0 - self.momentum
            self.running_mean = kept * self.running_mean + new * numbers_of(mean)
            self.running_var = kept * self.running_var + new * numbers_of(variance)
        deviation = fn.sqrt(variance + self.eps)
        self._batch = learns, centred, deviation, centred / deviation
        return self._remember(self.gamma * self._batch[-1] + self.beta, x)

    def backward(self, dout: Array = 1.0) -> Array:
        """What flows back to x; puts the derivatives of γ and β, summed over the batch, into ``dgamma`` and ``dbeta``.

        The book's steps, from behind: the quotient, the root, the squares, the mean.
        """
        dout = self._upstream(dout)
        learned, centred, deviation, normalized = self._batch
        self.dbeta = np.sum(np.atleast_2d(dout), axis=0)
        self.dgamma = np.sum(np.atleast_2d(dout * normalized), axis=0)
        dcentred = self.gamma * dout / deviation
        if not learned:  # the running averages are constants
            return dcentred
        dvariance = -0.5 * np.sum(dcentred * centred, axis=0) / (deviation * deviation)
        dcentred = dcentred + 2.0 / len(dout) * centred * dvariance
        return dcentred - np.sum(dcentred, axis=0) / len(dout)


def _means(x: Array, letter: str) -> Array:
    """The mean of each column, one node each."""
    means = [named(fn.mean(column), f"{letter}_{k}") for k, column in enumerate(x.T.tolist(), 1)]
    return np.array(means, dtype=object if x.dtype == object else float)
