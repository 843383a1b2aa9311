"""Learning rates that change from epoch to epoch, for ``train(…, lr=schedule)``.

A schedule is any function of the epoch, which counts from 0: ``lambda epoch: 0.1 / (1 + epoch)``. Those here have the
names, settings and formulas of PyTorch's (``torch.optim.lr_scheduler``), and take the first rate themselves.
"""

from __future__ import annotations

import math

from .settings import Setting, count, not_negative, positive

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LinearLR", "Schedule", "StepLR"]


class Schedule:
    """A learning rate for each epoch.

    Args:
        lr: the rate to start from.

    >>> class Halving(Schedule):
    ...     def __call__(self, epoch):
    ...         return self.lr / 2**epoch
    >>> Halving(0.8), Halving(0.8)(3)
    (Halving(lr=0.8), 0.1)
    """

    lr: Setting[float] = Setting(positive)

    def __init__(self, lr: float) -> None:
        self.lr = lr

    def __call__(self, epoch: int) -> float:
        """The rate of an epoch, from 0."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __call__(epoch): the rate of an epoch")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={given}' for name, given in vars(self).items())})"


class StepLR(Schedule):
    """lr · gamma for every ``step_size`` epochs that have gone by.

    Args:
        lr: the rate to start from.
        step_size: after how many epochs it changes.
        gamma: what it is multiplied by then.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    >>> [StepLR(0.5, step_size=2, gamma=0.5)(epoch) for epoch in range(5)]
    [0.5, 0.5, 0.25, 0.25, 0.125]
    """

    step_size: Setting[int] = Setting(count)
    gamma: Setting[float] = Setting(positive)

    def __init__(self, lr: float, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(lr)
        self.step_size, self.gamma = step_size, gamma

    def __call__(self, epoch: int) -> float:
        """The rate of an epoch, from 0."""
        return self.lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(Schedule):
    """lr · gamma^epoch.

    Args:
        lr: the rate to start from.
        gamma: what it is multiplied by after each epoch.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    >>> [ExponentialLR(0.5, gamma=0.5)(epoch) for epoch in range(3)]
    [0.5, 0.25, 0.125]
    """

    gamma: Setting[float] = Setting(positive)

    def __init__(self, lr: float, gamma: float) -> None:
        super().__init__(lr)
        self.gamma = gamma

    def __call__(self, epoch: int) -> float:
        """The rate of an epoch, from 0."""
        return self.lr * self.gamma**epoch


class LinearLR(Schedule):
    """From start_factor · lr to end_factor · lr in ``total_iters`` epochs, on a line: a warm-up.

    Args:
        lr: the rate that the factors are about.
        start_factor, end_factor: where the line begins and ends.
        total_iters: how many epochs it takes; from then on the rate stays.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    >>> [LinearLR(0.5, start_factor=0.5, total_iters=2)(epoch) for epoch in range(4)]
    [0.25, 0.375, 0.5, 0.5]
    """

    start_factor: Setting[float] = Setting(positive)
    end_factor: Setting[float] = Setting(positive)
    total_iters: Setting[int] = Setting(count)

    def __init__(self, lr: float, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> None:
        super().__init__(lr)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters

    def __call__(self, epoch: int) -> float:
        """The rate of an epoch, from 0."""
        part = min(epoch / self.total_iters, 1.0)
        return self.lr * (self.start_factor + (self.end_factor - self.start_factor) * part)


class CosineAnnealingLR(Schedule):
    """From lr down to ``eta_min`` in ``T_max`` epochs, along half a cosine.

    Args:
        lr: the rate to start from.
        T_max: how many epochs it takes: as many as one trains.
        eta_min: the lowest rate.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: Loshchilov and Hutter 2017.

    >>> [round(CosineAnnealingLR(0.8, T_max=4)(epoch), 3) for epoch in range(4)]
    [0.8, 0.683, 0.4, 0.117]
    """

    T_max: Setting[int] = Setting(count)
    eta_min: Setting[float] = Setting(not_negative)

    def __init__(self, lr: float, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803
        super().__init__(lr)
        self.T_max, self.eta_min = T_max, eta_min

    def __call__(self, epoch: int) -> float:
        """The rate of an epoch, from 0."""
        return self.eta_min + (self.lr - self.eta_min) * (1 + math.cos(math.pi * epoch / self.T_max)) / 2
