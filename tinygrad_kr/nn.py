"""Networks made of scalars, as in micrograd: ``Neuron``, ``Layer``, ``MLP``."""

from .learning.neurons import (
    MLP,
    Layer,
    Module,
    Neuron,
    Value,
    draw_dot,
)

__all__ = ["MLP", "Layer", "Module", "Neuron", "Value", "draw_dot"]
