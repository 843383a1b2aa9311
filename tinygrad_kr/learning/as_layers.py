"""A network of neurons seen as layers of arrays: the same numbers, which ``train()`` can replay over batches."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

from .layers import Affine, ReLU
from .losses import IdentityWithLoss, LossLayer, SoftmaxWithLoss
from .network import Sequential

__all__ = ["Weights", "as_layers"]


def as_layers(model: Any) -> Sequential:
    """The layers of a network of neurons as they are now: Affine and ReLU, and a loss at the end.

    With one output that is half of the squared error; several outputs are scores of classes.

    Args:
        model: a network of neurons.

    >>> from tinygrad_kr.nn import MLP
    >>> as_layers(MLP(2, [3, 1]))
    Sequential(Affine(W(2, 3), b(3,)), ReLU(), Affine(W(3, 1), b(1,)), IdentityWithLoss())
    """
    layers: list[Any] = []
    for layer in model.layers:
        W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons]).T
        layers.append(Affine(W, np.array([neuron.b.data for neuron in layer.neurons])))
        layers += [ReLU()] if layer.neurons[0].nonlin else []
    loss: LossLayer = SoftmaxWithLoss() if len(model.layers[-1].neurons) > 1 else IdentityWithLoss()
    return Sequential(layers, loss)


class Weights(MutableMapping[str, Any]):
    """The parameters of a network of neurons as arrays: W1, b1, W2 …; writing one writes into its neurons.

    >>> from tinygrad_kr.nn import MLP
    >>> model = MLP(2, [1])
    >>> model.params["W1"] = [[2.0], [3.0]]
    >>> model([1.0, 1.0]), model.params["b1"]
    (Value(5), array([0.]))
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def _values(self, name: str) -> Any:
        letter, number = name[:1], name[1:]
        if name not in list(self):
            raise KeyError(f"{name!r} is no parameter of this network; it has {', '.join(self)}")
        neurons = self._model.layers[int(number) - 1].neurons
        values = [neuron.w for neuron in neurons] if letter == "W" else [neuron.b for neuron in neurons]
        return np.array(values, dtype=object).T

    def __getitem__(self, name: str) -> Any:
        values = self._values(name)
        return np.array([value.data for value in values.flat]).reshape(values.shape)

    def __setitem__(self, name: str, numbers: Any) -> None:
        values, numbers = self._values(name), np.asarray(numbers, dtype=float)
        if numbers.shape != values.shape:
            raise ValueError(f"{name} has the shape {values.shape}; an array of shape {numbers.shape} can't take over")
        for value, number in zip(values.flat, numbers.flat):
            value.data = float(number)

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"the parameter {name!r} can't be deleted; it belongs to neurons")

    def __iter__(self) -> Iterator[str]:
        return (f"{letter}{k}" for k in range(1, len(self._model.layers) + 1) for letter in "Wb")

    def __len__(self) -> int:
        return 2 * len(self._model.layers)
