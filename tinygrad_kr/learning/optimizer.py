"""What all optimizers share: settings, a memory of each parameter, and steps that are taken whole or not at all."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, MutableMapping
from copy import copy
from typing import Any, overload

import numpy as np

from ..engine.value import Value
from .movable import Array, Parameter, movable
from .settings import Setting, not_negative, positive, spelled

__all__ = ["Memory", "Optimizer"]


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

    @spelled
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

        >>> from tinygrad_kr.optim import SGD
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
        results = [(parameter, *self._stepped(parameter)) for parameter in movable(params, grads)]
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
                _ = (parameter.data - step).astype(parameter.dtype)  # raises here, before anything is written
        except FloatingPointError as error:
            raise FloatingPointError(
                f"the step of {parameter.name} leaves the range of a float ({error}); make lr or the loss smaller"
            ) from None
        return step, memory

    def __repr__(self) -> str:
        settings = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in settings.items())})"
