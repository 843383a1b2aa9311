"""Networks made of scalars, as in micrograd: ``Neuron``, ``Layer``, ``MLP``."""

from typing import NoReturn

from .engine.elsewhere import NN, missing
from .learning.neurons import (
    MLP,
    Layer,
    Module,
    Neuron,
    Value,
    draw_dot,
)


def __getattr__(name: str) -> NoReturn:
    raise missing(__name__, name, NN)


__all__ = ["MLP", "Layer", "Module", "Neuron", "Value", "draw_dot"]
