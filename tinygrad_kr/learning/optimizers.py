"""Optimizers: how far parameters move against their gradients, so that a loss grows smaller.

An optimizer is one formula, its ``step``: what to subtract from a parameter, given its gradient. All else is
shared (``learning/optimizer.py``). The formulas and their defaults are PyTorch's (``torch.optim``); the way they
are called, ``optimizer.update(params, grads)``, is that of the book 밑바닥부터 시작하는 딥러닝 (Saito, chapter 6).
Where the book's formula differs, the class says so.
"""

from __future__ import annotations

import numpy as np

from .movable import Array
from .optimizer import Memory, Optimizer
from .settings import Setting, fraction, fractions, positive, spelled

__all__ = ["SGD", "AdaGrad", "Adam", "AdamW", "Momentum", "Nesterov", "Optimizer", "RMSProp"]


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − lr·g, straight downhill.

    Args:
        lr: the learning rate.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.SGD``; the book's is the same.

    >>> params = {"x": np.array([1.0, 2.0])}
    >>> SGD(lr=0.5).update(params, {"x": [1.0, 4.0]})
    >>> params["x"]
    array([0.5, 0. ])
    """

    def step(self, g: Array, memory: Memory) -> Array:
        """lr·g."""
        return self.lr * g


class Momentum(Optimizer):
    """Gradient descent with momentum: v ← momentum·v + g, p ← p − lr·v, a ball that rolls downhill.

    Args:
        lr: the learning rate.
        momentum: which part of the speed is kept, at least 0 and below 1.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.SGD(momentum=…)``. The book writes v ← momentum·v − lr·g, p ← p + v: the same steps
    as long as lr stays the same.

    >>> params, optimizer = {"x": np.array([1.0])}, Momentum(lr=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.update(params, {"x": [1.0]})
    ...     print(params["x"])
    [0.5]
    [-0.25]
    """

    momentum: Setting[float] = Setting(fraction)

    @spelled
    def __init__(self, lr: float = 0.01, momentum: float = 0.9, *, weight_decay: float = 0.0) -> None:
        super().__init__(lr, weight_decay=weight_decay)
        self.momentum = momentum

    def step(self, g: Array, memory: Memory) -> Array:
        """lr·v, with v ← momentum·v + g."""
        memory.v = self.momentum * memory.v + g
        return self.lr * memory.v


class Nesterov(Momentum):
    """Nesterov's accelerated gradient: v ← momentum·v + g, p ← p − lr·(g + momentum·v), momentum that looks ahead.

    Args:
        lr: the learning rate.
        momentum: which part of the speed is kept, at least 0 and below 1.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.SGD(momentum=…, nesterov=True)``. With u = −lr·v the book's is
    p ← p + momentum²·u − (1 + momentum)·lr·g, the same steps as long as lr stays the same. Its code renews u
    before that line, which makes the steps longer: the first is (1 + momentum + momentum²)·lr·g there, and
    (1 + momentum)·lr·g here.

    >>> params, optimizer = {"x": np.array([1.0])}, Nesterov(lr=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.update(params, {"x": [1.0]})
    ...     print(params["x"])
    [0.25]
    [-0.625]
    """

    def step(self, g: Array, memory: Memory) -> Array:
        """lr·(g + momentum·v), with v ← momentum·v + g."""
        memory.v = self.momentum * memory.v + g
        return self.lr * (g + self.momentum * memory.v)


class AdaGrad(Optimizer):
    """AdaGrad: v ← v + g², p ← p − lr·g / (√v + eps), smaller steps where there were large ones.

    Args:
        lr: the learning rate.
        eps: keeps the divisor above 0.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.Adagrad`` (Duchi, Hazan and Singer 2011). The book's h is v; its eps is 1e-7.

    >>> params, optimizer = {"x": np.array([1.0])}, AdaGrad(lr=0.5)
    >>> for g in (3.0, 4.0):
    ...     optimizer.update(params, {"x": [g]})
    ...     print(params["x"].round(6))
    [0.5]
    [0.1]
    """

    eps: Setting[float] = Setting(positive)

    @spelled
    def __init__(self, lr: float = 0.01, eps: float = 1e-10, *, weight_decay: float = 0.0) -> None:
        super().__init__(lr, weight_decay=weight_decay)
        self.eps = eps

    def step(self, g: Array, memory: Memory) -> Array:
        """lr·g / (√v + eps), with v ← v + g²."""
        memory.v = memory.v + g * g
        return self.lr * g / (np.sqrt(memory.v) + self.eps)


class RMSProp(Optimizer):
    """RMSProp: v ← alpha·v + (1 − alpha)·g², p ← p − lr·g / (√v + eps), AdaGrad that forgets.

    Args:
        lr: the learning rate.
        alpha: which part of v is kept, at least 0 and below 1.
        eps: keeps the divisor above 0.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.RMSprop`` (Tieleman and Hinton 2012). The book's h is v, its decay_rate is alpha; its
    eps is 1e-7.

    >>> params = {"x": np.array([1.0])}
    >>> RMSProp(lr=0.5, alpha=0.75).update(params, {"x": [3.0]})
    >>> params["x"].round(6)
    array([0.])
    """

    alpha: Setting[float] = Setting(fraction)
    eps: Setting[float] = Setting(positive)

    @spelled
    def __init__(self, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8, *, weight_decay: float = 0.0) -> None:
        super().__init__(lr, weight_decay=weight_decay)
        self.alpha = alpha
        self.eps = eps

    def step(self, g: Array, memory: Memory) -> Array:
        """lr·g / (√v + eps), with v ← alpha·v + (1 − alpha)·g²."""
        memory.v = self.alpha * memory.v + (1 - self.alpha) * g * g
        return self.lr * g / (np.sqrt(memory.v) + self.eps)


class Adam(Optimizer):
    """Adam: p ← p − lr·m̂ / (√v̂ + eps), momentum and RMSProp together.

    At step t, with betas β₁ and β₂: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g². Both start at 0, which
    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) make up for.

    Args:
        lr: the learning rate.
        betas: which parts of m and v are kept, each at least 0 and below 1.
        eps: keeps the divisor above 0.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.Adam`` (Kingma and Ba 2015, algorithm 1). The book takes lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ) as
    the rate of m / (√v + 1e-7): the same but for eps, which is larger and not divided by √(1 − β₂ᵗ).

    >>> params = {"x": np.array([1.0, 1.0])}
    >>> Adam(lr=0.5).update(params, {"x": [1000.0, -0.001]})
    >>> params["x"].round(4)
    array([0.5, 1.5])
    """

    betas: Setting[tuple[float, float]] = Setting(fractions)
    eps: Setting[float] = Setting(positive)

    @spelled
    def __init__(
        self,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        *,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(lr, weight_decay=weight_decay)
        self.betas = betas
        self.eps = eps

    def step(self, g: Array, memory: Memory) -> Array:
        """lr·m̂ / (√v̂ + eps)."""
        beta1, beta2 = self.betas
        memory.m = beta1 * memory.m + (1 - beta1) * g
        memory.v = beta2 * memory.v + (1 - beta2) * g * g
        m = memory.m / (1 - beta1**memory.t)
        v = memory.v / (1 - beta2**memory.t)
        return self.lr * m / (np.sqrt(v) + self.eps)


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p − lr·weight_decay·p, and then Adam's step of the loss alone.

    In :class:`Adam` the penalty goes through the gradient, where √v̂ divides it again: parameters with large gradients
    shrink less. Here all shrink at the same rate.

    Args:
        lr, betas, eps: see :class:`Adam`.
        weight_decay: which part of lr·p is taken off at each step.

    Raises:
        TypeError, ValueError: for a setting that is not a number, or out of range.

    Source: ``torch.optim.AdamW`` (Loshchilov and Hutter 2019, algorithm 2).

    >>> params = {"x": np.array([2.0, 2.0])}
    >>> AdamW(lr=0.5, weight_decay=0.1).update(params, {"x": [1000.0, 0.0]})
    >>> params["x"].round(4)
    array([1.4, 1.9])
    """

    decouples = True

    @spelled
    def __init__(
        self,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        *,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay=weight_decay)
