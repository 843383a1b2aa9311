"""Networks made of scalars, as in micrograd: ``Neuron``, ``Layer``, ``MLP``."""

from typing import NoReturn

from .engine.elsewhere import MODULE, missing
from .learning.neurons import (
    MLP,
    Layer,
    Module,
    Neuron,
    Value,
    draw_dot,
)

_LAYER = "tinygrad_kr.{} is the layer of the textbook"

ELSEWHERE = {
    "Linear": "tinygrad_kr.Affine is a layer of the textbook, and Layer one of neurons",
    "functional": MODULE["functional"],
    "Parameter": "a leaf is a parameter: tinygrad_kr.Value(…)",
    "CrossEntropyLoss": "tinygrad_kr.SoftmaxWithLoss is the layer, and tinygrad_kr.cross_entropy the function",
    "MSELoss": "tinygrad_kr.IdentityWithLoss is the layer with the squared error",
    "BatchNorm1d": _LAYER.format("BatchNorm"),
    **{name: _LAYER.format(name) for name in ("ReLU", "Sigmoid", "Tanh", "Softmax", "Dropout", "Sequential")},
}
"""What to write in the place of a name of ``torch.nn``."""


def __getattr__(name: str) -> NoReturn:
    raise missing(__name__, name, ELSEWHERE)


__all__ = ["MLP", "Layer", "Module", "Neuron", "Value", "draw_dot"]
