"""What all optimizers share: settings, a memory of each parameter, and steps that are taken whole or not at all."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, MutableMapping
from copy import copy
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..engine.elsewhere import Elsewhere
from ..engine.value import Value
from ..text.numerals import shown
from .archive import Kind, read_arrays, write_arrays
from .movable import Array, Parameter, called, movable
from .settings import Setting, not_negative, positive, refuse_spelling, spelled

if TYPE_CHECKING:
    from .archive import PathLike, Shapes

__all__ = ["Memory", "Optimizer"]

KIND = Kind("optimizer", "optimizer.save()", facts=("optimizer", "settings", "steps"))


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


_OWNER = "an optimizer"


class Optimizer:
    """What every optimizer does; a new one needs its ``step`` only.

    Args:
        lr: the learning rate, how large the steps are.
        weight_decay: λ of an L2 penalty ½·λ·p²: λ·p is added to the gradient before the formula, as in PyTorch: of
            every parameter, biases too (the book's programs leave those out). A loss does not show the penalty.

    Raises:
        TypeError: if a setting is not a number.
        ValueError: if a setting is out of its range.

    >>> class Signs(Optimizer):
    ...     def step(self, g, memory):
    ...         return self.lr * np.sign(g)
    >>> params = {"W": np.array([1.0, 2.0])}
    >>> Signs(lr=0.5).update(params, {"W": [3.0, -0.1]})
    >>> params["W"]
    array([0.5, 2.5])
    """

    lr: Setting[float] = Setting(positive)
    weight_decay: Setting[float] = Setting(not_negative)

    decouples = False
    """Whether weight decay shrinks the parameter itself, and the gradient knows nothing of it."""

    zero_grad = Elsewhere("zero_grad", "there is nothing to clear: update(params, grads) is given gradients", _OWNER)
    param_groups = Elsewhere("param_groups", "its settings are attributes, such as .lr", _OWNER)

    @spelled
    def __init__(self, lr: float = 0.01, *, weight_decay: float = 0.0) -> None:
        self.lr = lr
        self.weight_decay = weight_decay
        self._memories: dict[Hashable, Memory] = {}

    def __setattr__(self, name: str, given: Any) -> None:
        refuse_spelling(self, name)
        super().__setattr__(name, given)

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
                decay = self.weight_decay * parameter.data
                if self.decouples:
                    step = self.lr * decay + self.step(parameter.grad, memory)
                else:
                    step = self.step(parameter.grad + decay, memory)
                _ = (parameter.data - step).astype(parameter.dtype)  # raises here, before anything is written
        except FloatingPointError as error:
            raise FloatingPointError(
                f"the step of {parameter.name} leaves the range of a float ({error}); make lr or the loss smaller"
            ) from None
        return step, memory

    def save(self, path: PathLike, params: Any) -> None:
        """Save what the optimizer remembers and how it is set, whole or not at all, so that training can go on later.

        Args:
            path: a file ending in .npz. It is of the kind that :meth:`Sequential.save` writes, without pickles.
            params: what :meth:`update` was given: names and arrays, such as ``network.params``, or Values.

        Raises:
            TypeError: if params are something else.
            ValueError: if the name does not end in ``.npz``.
            OSError: if the file can't be written.

        >>> from tinygrad_kr.optim import Momentum
        >>> params, momentum = {"W": np.array([1.0, 2.0])}, Momentum(lr=0.5)
        >>> momentum.update(params, {"W": [1.0, 0.0]})
        >>> momentum.save("momentum.npz", params)
        >>> later = Momentum()
        >>> later.load("momentum.npz", params)
        >>> later.update(params, {"W": [0.0, 0.0]})
        >>> later, params["W"]
        (Momentum(lr=0.5, weight_decay=0.0, momentum=0.9), array([0.05, 2.  ]))
        """
        steps: dict[str, int] = {}
        sums: dict[str, Any] = {}
        for name, (key, _) in called(params).items():
            if key in self._memories:
                remembered = vars(self._memories[key])
                steps[name] = remembered["t"]
                sums |= {f"{name}.{part}": numbers for part, numbers in remembered.items() if part != "t"}
        write_arrays(path, KIND, sums, optimizer=type(self).__name__, settings=self._settings(), steps=steps)

    def load(self, path: PathLike, params: Any) -> None:
        """Take over the memory and the settings of a file that :meth:`save` wrote; nothing changes if they don't fit.

        Args:
            path: the file.
            params: the parameters that will be updated, of the same names (Values in the same order) and shapes.

        Raises:
            TypeError: if params are something else.
            ValueError: if the file is damaged, of another optimizer, or of other parameters.
            OSError: if it can't be read.
        """
        parameters = called(params)
        loaded = copy(self)
        loaded._memories = {}
        header, sums = read_arrays(path, KIND, lambda header: loaded._room(header, parameters))
        for name, steps in header["steps"].items():
            key, shape = parameters[name]
            loaded._memories[key] = Memory(shape)
            loaded._memories[key].t = steps
        for place, numbers in sums.items():
            name, _, part = place.rpartition(".")
            setattr(loaded._memories[parameters[name][0]], part, numbers)
        vars(self).update(vars(loaded))

    def _room(self, header: dict[str, Any], parameters: Mapping[str, tuple[Hashable, tuple[int, ...]]]) -> Shapes:
        """Take over a file's settings, if it is of such an optimizer; the shapes of the sums that it has room for."""
        kind, settings, steps = header["optimizer"], header["settings"], header["steps"]
        if kind != type(self).__name__:
            raise ValueError(f"is of the optimizer {shown(kind)}; it can't be loaded into {type(self).__name__}()")
        if not isinstance(settings, dict) or settings.keys() != self._settings().keys():
            raise ValueError(f"is damaged: its settings are not those of {kind}()")
        if not isinstance(steps, dict) or not all(type(count) is int and count > 0 for count in steps.values()):
            raise ValueError("is damaged: it does not say how many steps were taken")
        if others := steps.keys() - parameters.keys():
            raise ValueError(f"is of other parameters: there is no {shown(min(others))} here")
        try:
            for name, given in settings.items():
                setattr(self, name, given)
        except (OverflowError, TypeError, ValueError) as error:
            raise ValueError(f"is damaged: {error}") from None
        places = [(name, part) for name in steps for part in ("v", "m")]
        for place in header["names"]:  # an optimizer of one's own may have more of them
            name, _, part = place.rpartition(".")
            if name in steps and part.isidentifier() and part != "t" and not part.startswith("_"):
                places.append((name, part))
        return {f"{name}.{part}": parameters[name][1] for name, part in places}

    def _settings(self) -> dict[str, Any]:
        kind = type(self)
        return {name: given for name, given in vars(self).items() if isinstance(getattr(kind, name, None), Setting)}

    def __repr__(self) -> str:
        settings = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in settings.items())})"
