"""Networks made of scalars, as in micrograd: ``Neuron``, ``Layer``, ``MLP``."""

from .learning.neurons import (
    MLP,
    Layer,
    Module,
    Neuron,
    Value,
)

__all__ = ["MLP", "Layer", "Module", "Neuron", "Value"]
