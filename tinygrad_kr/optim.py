"""Optimizers: how far parameters move against their gradients, so that a loss grows smaller.

An optimizer is one formula, its ``step``: what to subtract from a parameter, given its gradient. All else is
shared. The formulas and their defaults are PyTorch's (``torch.optim``); the way they are called,
``optimizer.update(params, grads)``, is that of the book 밑바닥부터 시작하는 딥러닝 (Saito, chapter 6). Where the
book's formula differs, the class says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from .numerals import numeral, shown, to_float
from .value import Value

__all__ = ["SGD", "AdaGrad", "Adam", "Momentum", "Nesterov", "Optimizer", "RMSProp"]

T = TypeVar("T")
Array: TypeAlias = NDArray[np.float64]


# ── Settings ──────────────────────────────────────────────────────────────────────────────────────────


def positive(given: Any, what: str) -> float:
    """A finite number above 0; anything else is refused under the name ``what``."""
    number = to_float(given, what)
    if not 0 < number < math.inf:
        raise ValueError(f"{what} is a positive number, not {numeral(number)}; try 0.01")
    return number


def not_negative(given: Any, what: str) -> float:
    """A finite number of at least 0."""
    number = to_float(given, what)
    if not 0 <= number < math.inf:
        raise ValueError(f"{what} is a number of at least 0, not {numeral(number)}; 0 leaves it out")
    return number


def fraction(given: Any, what: str) -> float:
    """A number of at least 0 and below 1."""
    number = to_float(given, what)
    if not 0 <= number < 1:
        raise ValueError(f"{what} is a number of at least 0 and below 1, not {numeral(number)}; try 0.9")
    return number


def fractions(given: Any, what: str) -> tuple[float, float]:
    """Two numbers of at least 0 and below 1."""
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"{what} is a pair of numbers, not {shown(given)}; try (0.9, 0.999)")
    return fraction(given[0], f"{what}[0]"), fraction(given[1], f"{what}[1]")


class Setting(Generic[T]):
    """A number that an optimizer is set to, checked whenever it is set: ``optimizer.lr = 0.001``."""

    def __init__(self, check: Callable[[Any, str], T]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type | None = None) -> T:
        return self if optimizer is None else optimizer.__dict__[self.name]  # type: ignore[return-value]

    def __set__(self, optimizer: Any, given: Any) -> None:
        optimizer.__dict__[self.name] = self.check(given, f"the {self.name} of {type(optimizer).__name__}()")


# ── What all optimizers share ─────────────────────────────────────────────────────────────────────────


class Memory:
    """What an optimizer remembers of one parameter.

    Attributes:
        t: the number of steps, this one included.
        v, m: sums that a formula keeps, of the parameter's shape; they start at 0.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.t = 0
        self.v: Array = np.zeros(shape)
        self.m: Array = np.zeros(shape)


@dataclass
class Parameter:
    """A parameter to be updated: what it is called, its numbers, its gradient, and how a step is taken off."""

    key: Hashable
    name: str
    data: Array
    grad: Array
    subtract: Callable[[Array], None]


class Optimizer:
    """What every optimizer does; a new one needs its ``step`` only.

    Args:
        lr: the learning rate, how large the steps are.
        weight_decay: λ of an L2 penalty ½·λ·p²: λ·p is added to the gradient before the formula, as in PyTorch.

    Raises:
        TypeError: if a setting is no number.
        ValueError: if a setting is out of its range.

    >>> class Signs(Optimizer):
    ...     def step(self, g, memory):
    ...         return self.lr * np.sign(g)
    >>> params = {"W": np.array([1.0, 2.0])}
    >>> Signs(lr=0.5).update(params, {"W": [3.0, -0.1]})
    >>> params["W"]
    array([0.5, 2.5])
    """

    lr = Setting(positive)
    weight_decay = Setting(not_negative)

    def __init__(self, lr: float = 0.01, *, weight_decay: float = 0.0) -> None:
        self.lr = lr
        self.weight_decay = weight_decay
        self._memories: dict[Hashable, Memory] = {}

    def step(self, g: Array, memory: Memory) -> Array:
        """What to subtract from a parameter.

        Args:
            g: the parameter's gradient, weight decay included.
            memory: what is remembered of this parameter; renew it by assignment (``memory.v = …``), not in place,
                so that it can be left as it was after an error.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method step(g, memory): what to subtract")

    @overload
    def update(self, params: Iterable[Value]) -> None: ...
    @overload
    def update(self, params: MutableMapping[str, Any], grads: Mapping[str, Any]) -> None: ...
    def update(self, params: Any, grads: Any = None) -> None:
        """Move every parameter one step.

        That is what an optimizer is for, so arrays of floats are changed **in place**, as in the book: layers
        that hold the same arrays see the new numbers. Other arrays (of ints, or read-only) are replaced. Each
        is then set, ``params[name] = array``, for mappings that write into a network. Everything is computed
        before anything is written: after an error, parameters and optimizer are as they were.

        Args:
            params: names and arrays; or, without ``grads``, Values, which know their gradients. A Value whose
                gradient is None stays as it is.
            grads: for each name of ``params`` an array of the same shape; further names are ignored.

        Raises:
            TypeError: if params or grads are of another kind, or their elements no real numbers.
            ValueError: if a gradient is missing, has another shape, or is inf or nan; if a Value is the result
                of an operation; or if a parameter has another shape than at the step before.
            FloatingPointError: if a step leaves the range of a float.

        >>> params = {"W": np.array([1.0, 2.0]), "b": np.array([0.0])}
        >>> SGD(lr=0.1).update(params, {"W": [10.0, -10.0], "b": [1.0]})
        >>> params
        {'W': array([0., 3.]), 'b': array([-0.1])}

        >>> x = Value(3.0, "x")
        >>> (x * x).backward()
        >>> SGD(lr=0.5).update([x])
        >>> x
        Value(0, grad=6, name='x')
        """
        parameters = _arrays(params, grads) if isinstance(params, Mapping) else _values(params, grads)
        results = [(parameter, *self._stepped(parameter)) for parameter in parameters]
        for parameter, step, memory in results:
            parameter.subtract(step)
            self._memories[parameter.key] = memory

    def _stepped(self, parameter: Parameter) -> tuple[Array, Memory]:
        """What to subtract from the parameter, and what to remember of it."""
        memory = copy(self._memories.get(parameter.key)) or Memory(parameter.data.shape)
        if memory.v.shape != parameter.data.shape:
            raise ValueError(
                f"{parameter.name} had the shape {memory.v.shape} at the step before, and now has "
                f"{parameter.data.shape}; make a new {type(self).__name__}() for other parameters"
            )
        memory.t += 1
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                g = parameter.grad + self.weight_decay * parameter.data
                step = self.step(g, memory)
                _ = parameter.data - step  # raises here, before anything is written
        except FloatingPointError as error:
            raise FloatingPointError(
                f"the step of {parameter.name} leaves the range of a float ({error}); make lr or the loss smaller"
            ) from None
        return step, memory

    def __repr__(self) -> str:
        settings = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in settings.items())})"


# ── The optimizers ────────────────────────────────────────────────────────────────────────────────────


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − lr·g, straight downhill.

    Args:
        lr: the learning rate.
        weight_decay: see :class:`Optimizer`.

    Raises:
        TypeError, ValueError: for a setting that is no number, or out of range.

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
        TypeError, ValueError: for a setting that is no number, or out of range.

    Source: ``torch.optim.SGD(momentum=…)``. The book writes v ← momentum·v − lr·g, p ← p + v: the same steps
    as long as lr stays the same.

    >>> params, optimizer = {"x": np.array([1.0])}, Momentum(lr=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.update(params, {"x": [1.0]})
    ...     print(params["x"])
    [0.5]
    [-0.25]
    """

    momentum = Setting(fraction)

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
        TypeError, ValueError: for a setting that is no number, or out of range.

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
        TypeError, ValueError: for a setting that is no number, or out of range.

    Source: ``torch.optim.Adagrad`` (Duchi, Hazan and Singer 2011). The book's h is v; its eps is 1e-7.

    >>> params, optimizer = {"x": np.array([1.0])}, AdaGrad(lr=0.5)
    >>> for g in (3.0, 4.0):
    ...     optimizer.update(params, {"x": [g]})
    ...     print(params["x"].round(6))
    [0.5]
    [0.1]
    """

    eps = Setting(positive)

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
        TypeError, ValueError: for a setting that is no number, or out of range.

    Source: ``torch.optim.RMSprop`` (Tieleman and Hinton 2012). The book's h is v, its decay_rate is alpha; its
    eps is 1e-7.

    >>> params = {"x": np.array([1.0])}
    >>> RMSProp(lr=0.5, alpha=0.75).update(params, {"x": [3.0]})
    >>> params["x"].round(6)
    array([0.])
    """

    alpha = Setting(fraction)
    eps = Setting(positive)

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
        TypeError, ValueError: for a setting that is no number, or out of range.

    Source: ``torch.optim.Adam`` (Kingma and Ba 2015, algorithm 1). The book takes lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ) as
    the rate of m / (√v + 1e-7): the same but for eps, which is larger and not divided by √(1 − β₂ᵗ).

    >>> params = {"x": np.array([1.0, 1.0])}
    >>> Adam(lr=0.5).update(params, {"x": [1000.0, -0.001]})
    >>> params["x"].round(4)
    array([0.5, 1.5])
    """

    betas = Setting(fractions)
    eps = Setting(positive)

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


# ── What can be updated ───────────────────────────────────────────────────────────────────────────────


def _arrays(params: Mapping[str, Any], grads: Any) -> list[Parameter]:
    if not isinstance(params, MutableMapping):
        raise TypeError(f"update() needs params that can be set, such as a dict, not the {type(params).__name__}")
    if not isinstance(grads, Mapping):
        raise TypeError(f"update(params, grads) needs grads as names and arrays, not {shown(grads)}; give a dict")
    parameters = []
    for name in params:
        label = f"params[{name!r}]"
        if name not in grads:
            raise ValueError(
                f"grads has no {name!r}, but params has; grads has {', '.join(map(repr, grads)) or 'none'}"
            )
        array = params[name]
        data, grad = _numbers(array, label), _numbers(grads[name], f"grads[{name!r}]")
        if data.shape != grad.shape:
            raise ValueError(
                f"{label} has the shape {data.shape}, but its gradient has {grad.shape}; they must be the same"
            )
        _refuse_infinite(grad, label)
        parameters.append(Parameter(name, label, data, grad, _from_array(params, name, array)))
    return parameters


def _from_array(params: MutableMapping[str, Any], name: str, array: Any) -> Callable[[Array], None]:
    in_place = isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.flags.writeable

    def subtract(step: Array) -> None:
        if in_place:
            np.subtract(array, step, out=array)
        params[name] = array if in_place else array - step

    return subtract


def _values(params: Any, grads: Any) -> list[Parameter]:
    if grads is not None:
        raise TypeError(
            f"update(params, grads) needs params as names and arrays, not {shown(params)}; "
            "give a dict, or Values alone, which know their gradients"
        )
    if isinstance(params, Value) or not isinstance(params, Iterable):
        raise TypeError(f"update() needs a dict of arrays, or a list of Values, not {shown(params)}")
    parameters: dict[Value, Parameter] = {}
    for place, value in enumerate(getattr(params, "flat", params)):
        if not isinstance(value, Value):
            raise TypeError(f"update() needs Values, but number {place} is the {type(value).__name__} {shown(value)}")
        if value.op is not None:
            raise ValueError(
                f"update() moves leaves, but number {place}, {value!r}, is the result of {value.op.name!r}; "
                "give the Values that it was computed from"
            )
        if value.grad is None:
            continue
        label = f"parameter {place}" if value.name is None else f"parameter {place} ({value.name})"
        grad = np.asarray(value.grad, dtype=float)
        _refuse_infinite(grad, label)
        parameters[value] = Parameter(value, label, np.asarray(value.data), grad, _from_value(value))
    return list(parameters.values())


def _from_value(value: Value) -> Callable[[Array], None]:
    def subtract(step: Array) -> None:
        value.data -= float(step)

    return subtract


def _numbers(array: Any, label: str) -> Array:
    """The array as floats."""
    try:
        numbers = np.asarray(array)
    except ValueError:  # rows of different lengths
        numbers = np.empty(0, dtype=object)
    if numbers.dtype.kind not in "biuf":
        values = any(isinstance(number, Value) for number in numbers.flat)
        advice = "update(values) takes Values" if values else "give one, of the parameter's shape"
        raise TypeError(f"{label} needs an array of real numbers, not {shown(array)}; {advice}")
    return numbers.astype(float)


def _refuse_infinite(grad: Array, label: str) -> None:
    if not np.isfinite(grad).all():
        first = float(grad[~np.isfinite(grad)][0])
        raise ValueError(
            f"the gradient of {label} has {numeral(first)} in it, and nothing was changed; "
            "look for what overflows in the loss, or make lr smaller"
        )
