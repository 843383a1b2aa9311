"""Networks of single neurons, each number a Value: the library of micrograd, as far as its programs use it.

``from micrograd.engine import Value`` and ``from micrograd.nn import Neuron, Layer, MLP`` become
``from tinygrad_kr.nn import Value, Neuron, Layer, MLP``; the rest of a program stays as it is. With the same
seed the first weights are the same, and so is all that follows, up to rounding. Two things differ:

* A neuron is one dot node, one + and one relu, however many weights it has, which keeps graphs small.
* ``backward()`` replaces gradients instead of adding to them, so ``zero_grad()`` does no harm and is not needed.
  To add, as micrograd does: ``loss.backward(accumulate=True)``.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from ..engine.functions import dot
from ..engine.value import Number, Value
from ..text.numerals import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..drawing import Drawing
    from .as_layers import Weights
    from .network import Sequential

__all__ = ["MLP", "Layer", "Module", "Neuron", "Value", "draw_dot"]


def draw_dot(root: Value, **options: Any) -> Drawing:
    """The picture that micrograd's notebook draws with its ``draw_dot``: values forward, derivatives back.

    Args:
        root: the output.
        options: as in :func:`tinygrad_kr.draw`.

    Raises:
        TypeError, ValueError: as :func:`tinygrad_kr.draw` does.

    >>> draw_dot(Value(2.0, "a") * Value(-3.0, "b"))
    Drawing(1 operator, 2 leaves)
    """
    from ..drawing import draw

    return draw(root, **options)


class Module:
    """What has parameters.

    >>> Module().parameters()
    []
    """

    def parameters(self) -> list[Value]:
        """The Values that training changes: none here."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.

        >>> neuron = Neuron(1)
        >>> neuron.zero_grad()
        >>> [p.grad for p in neuron.parameters()]
        [0.0, 0.0]
        """
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    """relu(w · x + b), or w · x + b.

    The weights come from ``random.uniform(-1, 1)``, so that ``random.seed()`` settles them; the bias is 0.

    Args:
        nin: how many inputs it has.
        nonlin: whether relu is applied.

    Raises:
        TypeError: if ``nin`` is not an int.
        ValueError: if ``nin`` is below 1.

    >>> neuron = Neuron(2)
    >>> for p, number in zip(neuron.parameters(), [2, -3, 1]):
    ...     p.data = number
    >>> neuron([4.0, 1.0])
    Value(6)
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(_size(nin, "inputs of a Neuron()"))]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Iterable[Number] | Number) -> Value:
        """The output for these inputs: a list of as many Values or numbers, or a lone one.

        Raises:
            ValueError: if there are more or fewer of them.
            TypeError: if one is not a real number.
        """
        inputs = _inputs(x, self, len(self.w))
        act: Value = dot(self.w, inputs) + self.b
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        """The weights, and then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons that share their inputs.

    Args:
        nin: how many inputs each has.
        nout: how many neurons there are.
        kwargs: what else a :class:`Neuron` takes.

    Raises:
        TypeError: if ``nin`` or ``nout`` is not an int.
        ValueError: if one is below 1.

    >>> layer = Layer(2, 3, nonlin=False)
    >>> len(layer([1.0, 2.0])), layer
    (3, Layer of [LinearNeuron(2), LinearNeuron(2), LinearNeuron(2)])
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(_size(nout, "neurons of a Layer()"))]

    def __call__(self, x: Iterable[Number] | Number) -> Any:
        """The outputs for these inputs, in a list; of one neuron, its output. Raises as :class:`Neuron` does."""
        inputs = _inputs(x, self, len(self.neurons[0].w))
        out = [n(inputs) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Those of its neurons, in order."""
        return [p for n in self.neurons for p in n.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: layers one after another, with relu after all but the last.

    Args:
        nin: how many inputs it has.
        nouts: how many neurons each layer has.

    Raises:
        TypeError: if ``nin`` is not an int or ``nouts`` no list of ints.
        ValueError: if there is no layer, or a size is below 1.

    >>> model = MLP(2, [3, 1])
    >>> model
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
    >>> len(model.parameters())
    13

    ``train(model, (x, t))`` trains it. With one output it learns numbers, by half of the squared error; several outputs
    are scores of classes. It is then taken for layers of arrays, which replay (see ``learning/as_layers.py``).
    """

    _network: Sequential | None = None

    def __init__(self, nin: int, nouts: Iterable[int]) -> None:
        if not isinstance(nouts, Iterable):
            raise TypeError(f"MLP() needs a list of layer sizes, not {shown(nouts)}; try [16, 16, 1]")
        sizes = [nin, *nouts]
        if len(sizes) == 1:
            raise ValueError("MLP() needs at least one layer, but the list of layer sizes is empty; try [16, 16, 1]")
        last = len(sizes) - 2
        self.layers = [Layer(*pair, nonlin=i != last) for i, pair in enumerate(pairwise(sizes))]

    def __call__(self, x: Iterable[Number] | Number) -> Any:
        """The outputs of the last layer, in a list; of one neuron, its output. Raises as :class:`Neuron` does."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """Those of its layers, in order."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"

    # What train() asks of a network

    @property
    def params(self) -> Weights:
        """The parameters as arrays by name: ``W1``, ``b1``, ``W2`` …; writing one writes into the neurons."""
        from .as_layers import Weights

        return Weights(self)

    @property
    def is_classifier(self) -> bool:
        """Whether the outputs are scores of classes: whether there are several."""
        return len(self.layers[-1].neurons) > 1

    def as_layers(self) -> Sequential:
        """The same network as layers of arrays, with the numbers that the neurons have now.

        Raises:
            TypeError: if a class of one's own computes in another way than its layers of neurons do.
        """
        from .as_layers import as_layers

        _refuse_ways_of_its_own(self)
        network = as_layers(self)
        if self._network is None or repr(self._network) != repr(network):
            self._network = network
        self._network.params.update(network.params)
        return self._network

    def loss(self, x: Any, t: Any) -> Any:
        """The loss of a batch: half of the squared error, or of classes the cross-entropy; the mean over it."""
        return self.as_layers().loss(x, t)

    def accuracy(self, x: Any, t: Any) -> float:
        """The share of samples whose largest output is that of the right class."""
        return self.as_layers().accuracy(x, t)

    def loss_and_gradient(self, x: Any, t: Any) -> tuple[float, dict[str, Any]]:
        """The loss of a batch, and its derivative with respect to every array of ``params``."""
        return self.as_layers().loss_and_gradient(x, t)

    def check_data(self, x: Any, t: Any) -> None:
        """Refuse inputs and targets that don't fit."""
        self.as_layers().check_data(x, t)

    def on_values(self) -> Sequential:
        """The same network, with a graph as its loss."""
        return self.as_layers().on_values()


def _refuse_ways_of_its_own(model: MLP) -> None:
    """Refuse a network whose parts compute in another way than those of this file."""
    parts = [model, *model.layers, *(neuron for layer in model.layers for neuron in layer.neurons)]
    other = [part for part in parts if type(part).__call__ not in (MLP.__call__, Layer.__call__, Neuron.__call__)]
    other += [layer for layer in model.layers if len({neuron.nonlin for neuron in layer.neurons}) > 1]
    if other:
        raise TypeError(
            f"train() takes networks of neurons as nn has them, but {type(other[0]).__name__} computes in its own way; "
            "write the loop: loss.backward(), then optimizer.update(model.parameters())"
        )


def _size(number: Any, what: str) -> int:
    try:
        size = operator.index(number)
    except TypeError:
        raise TypeError(f"the number of {what} is an int, not the {type(number).__name__} {shown(number)}") from None
    if size < 1:
        raise ValueError(f"the number of {what} is at least 1, not {size}")
    return size


def _inputs(x: Any, module: Module, count: int) -> list[Number]:
    """The inputs as a list; a layer of one neuron hands on a Value that is in no list."""
    inputs = list(x) if isinstance(x, Iterable) else [x]
    if len(inputs) != count:
        raise ValueError(f"{shown(module)} takes {count} inputs, not {len(inputs)}: {shown(x)}")
    return inputs
