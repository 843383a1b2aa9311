"""Networks: layers one after the other, a loss at the end.

A network computes on numbers. ``on_values()`` is the same network with Values as its parameters: its loss is a graph
that can be drawn, taken apart and differentiated, and that is all there is to ``gradient``. ``backward`` goes back
through the layers one by one, as the textbook does, and comes to the same derivatives.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import cache
from inspect import signature
from itertools import combinations
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..engine.arrays import Array, as_array, numbers_of, refuse_not_finite
from ..engine.blocks import blocks_of, names_blocks, without_blocks
from ..engine.value import Value
from ..text.callers import warn
from ..text.numerals import shown
from .batches import block_between, constants, values_in
from .initializers import weights
from .layers import Affine, Layer, ReLU, Softmax
from .losses import LossLayer, SoftmaxWithLoss
from .replay import is_ours, replayed

if TYPE_CHECKING:
    from ..drawing import Drawing

__all__ = ["Parameters", "Sequential", "TwoLayerNet"]

Self = TypeVar("Self", bound="Sequential")


class Parameters(MutableMapping[str, Any]):
    """The parameters of a network by name: ``W1``, ``b1``, ``W2`` …; writing one writes into its layer.

    >>> network = TwoLayerNet(2, 3, 2, seed=0)
    >>> network.params["b1"] = [1, 2, 3]
    >>> network.layers["Affine1"].b
    array([1., 2., 3.])
    """

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        self._layers = layers

    def places(self) -> dict[str, tuple[Layer, str]]:
        """For each parameter its layer, and what the layer calls it; layers can be exchanged and added.

        >>> TwoLayerNet(2, 3, 2, seed=0).params.places()["b2"]
        (Affine(W(3, 2), b(2,)), 'b')
        """
        places: dict[str, tuple[Layer, str]] = {}
        learning = (layer for layer in self._layers.values() if getattr(layer, "parameters", ()))
        for number, layer in enumerate(learning, 1):
            for attribute in _parameters_of(layer):
                name = f"{attribute}{number}"
                if name in places:
                    raise ValueError(f"two parameters are called {name}; give {shown(attribute)} another name")
                places[name] = layer, attribute
                if not _is_learnable(given := getattr(layer, attribute)):
                    setattr(layer, attribute, np.require(_array(given, name), requirements="W"))
        return places

    def refuse_shared(self) -> None:
        """Refuse parameters that lie in the same memory: each is learned by itself, and would move the other.

        Raises:
            ValueError: if there are such.

        >>> TwoLayerNet(2, 3, 2, seed=0).params.refuse_shared()
        """
        arrays = {name: getattr(*place) for name, place in self.places().items()}
        for (first, one), (second, other) in combinations(arrays.items(), 2):
            if np.may_share_memory(one, other) and _overlap(one, other):
                same = "are the same array" if one is other else "lie in the same memory"
                raise ValueError(
                    f"{first} and {second} {same}, but each is learned by itself; give every layer its own, "
                    "such as a copy()"
                )

    def __getitem__(self, name: str) -> Any:
        layer, attribute = self._place(name)
        return getattr(layer, attribute)

    def _place(self, name: str) -> tuple[Layer, str]:
        places = self.places()
        if name not in places:
            raise KeyError(f"{shown(name)} is not a parameter of this network; it has {', '.join(places)}")
        return places[name]

    def __setitem__(self, name: str, numbers: Array) -> None:
        current = self[name]
        if numbers is current:  # ``params["W1"] -= step`` has changed the array already
            return
        array = _array(numbers, name).copy()
        refuse_not_finite(numbers_of(array), name, "a parameter is a finite number")
        if array.shape != current.shape:
            raise ValueError(f"{name} has the shape {current.shape}; an array of shape {array.shape} can't take over")
        if current.dtype == np.float64 and current.flags.writeable:
            current[...] = array  # where others hold the array, they go on holding the parameter
        else:
            setattr(*self._place(name), array)

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"the parameter {shown(name)} can't be deleted; it belongs to a layer")

    def __iter__(self) -> Iterator[str]:
        return iter(self.places())

    def __len__(self) -> int:
        return len(self.places())

    def __repr__(self) -> str:
        return f"Parameters({', '.join(f'{name}{np.shape(array)}' for name, array in self.items())})"


class Sequential:
    """Layers one after the other, and a loss at the end.

    Args:
        layers: the layers in order; a mapping gives them names, otherwise they are called ``Affine1``, ``ReLU1``,
            ``Affine2`` … A class of one's own needs ``forward(x)``, ``backward(dout)`` if the network's is called,
            and ``parameters`` if it learns (see :class:`~tinygrad_kr.learning.layers.Layer`).
        last_layer: the loss: ``SoftmaxWithLoss`` (classification) or ``IdentityWithLoss`` (regression).

    Attributes:
        layers: the layers by name, in an ``OrderedDict``.
        last_layer: the loss.

    Raises:
        TypeError: if a layer has no ``forward``, or the loss is no ``LossLayer``.
        ValueError: if there is no layer, or a layer or an array of numbers is there twice.

    >>> network = Sequential([Affine(np.eye(2), np.zeros(2)), ReLU()])
    >>> list(network.layers), list(network.params)
    (['Affine1', 'ReLU1'], ['W1', 'b1'])
    >>> network.predict(np.array([3.0, -1.0]))
    array([3., 0.])
    """

    def __init__(self, layers: Iterable[Any] | Mapping[str, Any], last_layer: LossLayer | None = None) -> None:
        if not isinstance(layers, Iterable):
            raise TypeError(f"Sequential() takes its layers in a list, not {shown(layers)}; write Sequential([…])")
        self.layers = OrderedDict(layers if isinstance(layers, Mapping) else _numbered(layers))
        self.last_layer = SoftmaxWithLoss() if last_layer is None else last_layer
        for layer in self.layers.values():
            if not hasattr(layer, "forward") or isinstance(layer, (type, LossLayer)):
                inner = "; give its layers, *network.layers.values()" if isinstance(layer, Sequential) else ""
                raise TypeError(f"Sequential() takes layers such as Affine(W, b) and ReLU(), not {shown(layer)}{inner}")
        if not isinstance(self.last_layer, LossLayer):
            raise TypeError(
                f"Sequential() needs SoftmaxWithLoss() or IdentityWithLoss() as last_layer, not {shown(last_layer)}"
            )
        last = next(reversed(self.layers.values()), None)
        if last is None or len(set(map(id, self.layers.values()))) != len(self.layers):
            raise ValueError(
                "Sequential() needs at least one layer, and every layer once; make a new one for each place"
            )
        if isinstance(last, Softmax) and self.is_classifier:
            warn("SoftmaxWithLoss takes scores, and makes probabilities itself; leave out the Softmax layer before it")
        self.params.refuse_shared()

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            said = "; it is called last_layer here" if name == "lastLayer" else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{said}")

    @property
    def params(self) -> Parameters:
        """The parameters by name, numbered by the layer they belong to: ``W1``, ``b1``, ``W2`` …"""
        return Parameters(self.layers)

    @property
    def is_classifier(self) -> bool:
        """Whether the network's outputs are scores of classes."""
        return isinstance(self.last_layer, SoftmaxWithLoss)

    @property
    def is_training(self) -> bool:
        """Whether layers are told that the network learns: Dropout layers drop then. Set it for all of them at once."""
        return any(getattr(layer, "is_training", False) for layer in self.layers.values())

    @is_training.setter
    def is_training(self, flag: bool) -> None:
        self._is_training = flag
        for layer in self.layers.values():
            if hasattr(layer, "is_training"):
                layer.is_training = flag

    _is_training = True

    @property
    def learns(self) -> bool:
        """What ``forward`` is told in a step of learning: that it is one, unless ``is_training`` was set to False."""
        told = any(hasattr(layer, "is_training") for layer in self.layers.values())
        return self.is_training if told else self._is_training

    def scored(self: Self) -> Self:
        """A copy for scoring: what layers of one's own remember in it is not remembered here.

        It predicts once for the loss and the accuracy of the same data.
        """
        twin = copy.deepcopy(self)
        twin._predicted = None, None
        return twin

    _predicted: tuple[Array, Array] | None = None
    """In a copy for scoring, what was predicted last, and of what."""

    # ── Forward ───────────────────────────────────────────────────────────────────────────────────────

    def predict(self, x: Array, train_flg: bool = False) -> Array:
        """The outputs before the last layer: for a classifier the scores.

        Args:
            x: one sample (D,) or a batch (N, D).
            train_flg: whether the network learns; layers whose ``forward`` has a ``train_flg`` are told.

        Raises:
            TypeError: if x is neither numbers nor Values, or a layer makes plain numbers of Values.
            ValueError: if its shape does not fit, or there is a nan or inf in it.
        """
        if train_flg or self._predicted is None:
            return self._forward(x, train_flg)
        if self._predicted[0] is not x:
            self._predicted = x, self._forward(x, train_flg)
        return self._predicted[1]

    def _forward(self, x: Array, train_flg: bool) -> Array:
        return self.through(_checked(x), train_flg)

    def through(self, x: Array, train_flg: bool) -> Array:
        """What the layers make of an array, one after the other.

        >>> TwoLayerNet(2, 3, 2, seed=0).through(np.zeros((1, 2)), False)
        array([[0., 0.]])
        """
        for name, layer in self.layers.items():
            out = layer.forward(x, train_flg=train_flg) if _takes_flag(type(layer).forward) else layer.forward(x)
            if _is_graph(x) and not _is_graph(out):
                raise TypeError(
                    f"the layer {name!r} was given Values and returned plain numbers, which cuts the graph; "
                    "compute its output with operations on Values"
                )
            if names_blocks():
                _name_part(layer, x, out)
            x = out
        return x

    def probabilities(self, x: Array) -> Array:
        """What the network says: the probability of each class, or the numbers of a regression."""
        return self.last_layer.output(self.predict(x))

    def loss(self, x: Array, t: Array, train_flg: bool = False) -> Array:
        """The loss of the outputs for ``x``, where ``t`` is right: the mean over the batch.

        Args:
            x: one sample (D,) or a batch (N, D).
            t: class numbers (N,) or a probability a class (N, K); for a regression the right numbers.
            train_flg: whether Dropout layers drop, as while the network learns.

        Returns:
            A number; a Value if the parameters or ``x`` are Values.

        Raises:
            TypeError, ValueError: if x and t don't fit the network, or each other.
        """
        return self.last_layer.forward(self.predict(x, train_flg), _checked(t, "t"))

    def accuracy(self, x: Array, t: Array) -> float:
        """The share of samples whose most probable class is right.

        Raises:
            TypeError: if the network is no classifier.
            ValueError: if x and t don't fit.
        """
        if not self.is_classifier:
            raise TypeError("accuracy() is for classifiers, and this network predicts numbers; look at loss()")
        scores = self.predict(x)
        labels = self.last_layer.targets(_checked(t, "t"), scores.shape)
        return float(np.mean(scores.argmax(axis=-1) == labels.argmax(axis=-1)))

    def check_data(self, x: Array, t: Array) -> None:
        """Refuse inputs and targets that don't fit; ``train()`` asks before its first step.

        Raises:
            TypeError, ValueError: if x and t don't fit the network, or each other.

        >>> TwoLayerNet(2, 3, 2, seed=0).check_data([[0.5, -1.0]], [2])
        Traceback (most recent call last):
        ValueError: the label t[0] is 2, but there are 2 classes; expected a whole number from 0 to 1
        """
        outputs = np.shape(self.scored().predict(x[:1]))
        self.last_layer.targets(_checked(t, "t"), (len(x), *outputs[1:]))

    # ── Derivatives ───────────────────────────────────────────────────────────────────────────────────

    def on_values(self: Self, named: bool = True) -> Self:
        """The same network with Values as parameters, so that its loss is a graph.

        Args:
            named: whether the Values are called ``W1[0, 1]`` and so on.

        >>> network = TwoLayerNet(2, 3, 2, seed=0).on_values()
        >>> network.loss([0.5, -1.0], 1).backward()
        >>> network.params["b2"][0]
        Value(0, grad=0.500006594434, name='b2[0]')
        """
        twin = copy.copy(self)
        twin.layers = OrderedDict((name, copy.copy(layer)) for name, layer in self.layers.items())
        twin.last_layer = copy.copy(self.last_layer)
        for name, (layer, attribute) in twin.params.places().items():
            values = Value.array(numbers_of(getattr(layer, attribute)), name if named else None)
            setattr(layer, attribute, values)
        return twin

    def loss_and_gradient(self, x: Array, t: Array) -> tuple[float, dict[str, Any]]:
        """The loss, and its derivative with respect to every parameter, by backpropagation.

        Dropout layers drop, unless ``is_training`` is False.

        Args:
            x, t: as :meth:`loss` takes them.

        Returns:
            The loss, and an array for each parameter, in its shape.

        Raises:
            TypeError, ValueError: as :meth:`loss`.
        """
        x, t = _checked(x), _checked(t, "t")
        self.params.refuse_shared()
        with without_blocks():
            return replayed(self, x, t, _by_the_engine) or _by_the_engine(self, x, t)

    def gradient(self, x: Array, t: Array) -> dict[str, Any]:
        """The derivative of the loss with respect to every parameter, by backpropagation.

        >>> network = TwoLayerNet(2, 3, 2, seed=0)
        >>> {name: array.shape for name, array in network.gradient([[1.0, 2.0]], [0]).items()}
        {'W1': (2, 3), 'b1': (3,), 'W2': (3, 2), 'b2': (2,)}
        """
        return self.loss_and_gradient(x, t)[1]

    def numerical_gradient(self, x: Array, t: Array, h: float = 1e-4) -> dict[str, Any]:
        """The same by numerical differentiation: slow, simple, and good for checking the other.

        It differentiates the loss as it is scored, so Dropout layers drop nothing; set ``is_training`` to False to
        compare with :meth:`gradient`, as ``gradient_check`` does.

        Args:
            x, t: as :meth:`loss` takes them.
            h: the step of the central difference.
        """
        from ..checking.numerical import numerical_gradient

        def loss_w(_: Array) -> float:
            return float(self.loss(x, t))

        return {name: numerical_gradient(loss_w, array, h) for name, array in self.params.items()}

    def layer_gradient(self, x: Array, t: Array) -> dict[str, Any]:
        """The same layer by layer, with each layer's own ``backward``, as the textbook does it.

        Dropout layers drop at random, so it is the same as :meth:`gradient` where ``is_training`` is False.

        Args:
            x, t: as :meth:`loss` takes them.

        Raises:
            AttributeError: if a layer has no ``backward``, or keeps no derivative (``dW`` for its ``W``).

        >>> network = TwoLayerNet(2, 3, 2, seed=0)
        >>> np.allclose(network.layer_gradient([[1.0, 2.0]], [0])["W1"], network.gradient([[1.0, 2.0]], [0])["W1"])
        True
        """
        self.loss(x, t, self.learns)
        self.backward()
        found = {}
        for name, (layer, attribute) in self.params.places().items():
            if not hasattr(layer, f"d{attribute}"):
                raise AttributeError(
                    f"the {type(layer).__name__} of {name} keeps no derivative; its backward() should put one "
                    f"into self.d{attribute}"
                )
            found[name] = getattr(layer, f"d{attribute}")
        return found

    def backward(self, dout: float = 1.0) -> Array:
        """Go back through the layers after ``loss``, each with its own ``backward``, as the textbook does.

        Returns:
            The derivative with respect to the input; the layers keep those of their parameters
            (``network.layers["Affine1"].dW``).

        Raises:
            RuntimeError: if ``loss`` was not called.
            AttributeError: if a layer has no ``backward``.
        """
        derivative = self.last_layer.backward(dout)
        for name, layer in reversed(self.layers.items()):
            if not hasattr(layer, "backward"):
                raise AttributeError(
                    f"the layer {name!r} has no backward(); write one that takes ∂L/∂y and returns ∂L/∂x, or take "
                    "gradient(), which needs none"
                )
            derivative = layer.backward(derivative)
        return derivative

    # ── Files and pictures ────────────────────────────────────────────────────────────────────────────

    def save(self, path: str | PathLike[str]) -> None:
        """Save the parameters as an ``.npz`` file, whole or not at all; see :mod:`tinygrad_kr.learning.parameters`.

        Raises:
            ValueError: if the name does not end in ``.npz``.
            OSError: if the file can't be written.
        """
        from .parameters import save_parameters

        save_parameters(path, {**self.params, **self.kept})

    def load(self, path: str | PathLike[str]) -> None:
        """Take over the parameters of a file that :meth:`save` wrote; nothing changes if they don't fit.

        Raises:
            ValueError: if the file is damaged, or its names or shapes are not this network's.
            OSError: if it can't be read.
        """
        from .parameters import load_parameters

        kept = self.kept
        loaded = load_parameters(path, {name: np.shape(array) for name, array in {**self.params, **kept}.items()})
        self.keep({name: loaded.pop(name) for name in kept})
        self.params.update(loaded)

    @property
    def kept(self) -> dict[str, Array]:
        """The arrays that layers keep without learning them, such as running averages, numbered as parameters are.

        >>> from tinygrad_kr import BatchNorm
        >>> Sequential([BatchNorm([1.0], [0.0])]).kept
        {'running_mean1': array([0.]), 'running_var1': array([1.])}
        """
        return {name: getattr(*place) for name, place in self._keeping().items()}

    def keep(self, arrays: Mapping[str, Array]) -> None:
        """Put back what was :attr:`kept`.

        >>> from tinygrad_kr import BatchNorm
        >>> network = Sequential([BatchNorm([1.0], [0.0])])
        >>> network.keep({"running_mean1": np.array([0.5])})
        >>> network.kept["running_mean1"]
        array([0.5])
        """
        places = self._keeping()
        for name, array in arrays.items():
            setattr(*places[name], array.copy())

    def _keeping(self) -> dict[str, tuple[Layer, str]]:
        """For each array that is kept its layer, and what the layer calls it."""
        learning = (layer for layer in self.layers.values() if getattr(layer, "parameters", ()))
        numbered = [(number, layer) for number, layer in enumerate(learning, 1) if is_ours(layer)]
        return {f"{name}{number}": (layer, name) for number, layer in numbered for name in layer.kept}

    def draw(self, x: Array, t: Array | None = None, **options: Any) -> Drawing:
        """The graph of one sample (or a batch), with every layer closed to a box.

        Args:
            x: the sample.
            t: what is right: the picture ends in the loss, and has the derivatives; without it, it ends in the
                outputs.
            options: as in :func:`tinygrad_kr.draw`; ``blocks="expanded"`` opens the layers, ``arrays=True`` draws
                one wire for each array.

        >>> TwoLayerNet(2, 3, 2, seed=0).draw([0.5, -1.0], blocks="expanded")
        Drawing(15 operators, 19 leaves)
        """
        from ..drawing import draw

        twin = self.on_values()
        x = _checked(x)
        if x.dtype != object:
            x = Value.array(x, "x")
        if t is None:
            ends = np.ravel(twin.probabilities(x)).tolist()
            defaults = {"direction": "forward"}
        else:
            if options.get("arrays"):  # which tell arrays by the names of their elements
                t = constants(self.last_layer.targets(t, np.shape(twin.predict(x))), "t")
            ends, defaults = twin.loss(x, t), {}
            ends.backward()
        return draw(ends, **({"blocks": "collapsed"} | defaults | options))

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, [*self.layers.values(), self.last_layer]))
        return f"{type(self).__name__}({layers})"


def _parameters_of(layer: Any) -> Iterable[str]:
    """The names of the attributes that a layer learns."""
    names, kind = layer.parameters, type(layer).__name__
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(
            f"parameters of the layer {kind} should name its attributes, such as ('W', 'b'); it is {shown(names)}"
        )
    for name in names:
        if not isinstance(name, str) or not hasattr(layer, name):
            raise TypeError(f"parameters of the layer {kind} names {shown(name)}, which is not an attribute of it")
    return names


def _overlap(one: Array, other: Array) -> bool:
    """Whether two arrays have an element in common; two columns of a table have none."""
    try:
        return np.shares_memory(one, other, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return False


@cache
def _takes_flag(forward: Callable[..., Any]) -> bool:
    """Whether a layer's ``forward`` is told whether the network learns."""
    return "train_flg" in signature(forward).parameters


def _by_the_engine(network: Sequential, x: Array, t: Array) -> tuple[float, dict[str, Any]]:
    """The loss and its gradient, by a graph of this batch."""
    twin = network.on_values(named=False)
    loss = twin.loss(x, t, network.learns)
    for layer, learned in zip(network.layers.values(), twin.layers.values()):
        _remember(layer, learned)
    if isinstance(loss, Value):
        loss.backward()
        loss = loss.data
    return loss, {name: _gradient(values) for name, values in twin.params.items()}


def _as_numbers(thing: Any) -> Any:
    """Numbers in place of Values; anything else as it is."""
    if isinstance(thing, Value):
        return thing.data
    return numbers_of(thing) if getattr(thing, "dtype", None) == np.object_ else thing


def _remember(layer: Any, learned: Any) -> None:
    """Keep what a layer of one's own wrote down in a step of learning, a running mean or a counter, as numbers.

    Our own layers say what they keep; the rest is what their ``backward`` needs.
    """
    if is_ours(layer):
        for name in layer.kept:
            setattr(layer, name, getattr(learned, name))
        return
    kept = set(getattr(layer, "parameters", ()))
    for name, thing in vars(learned).items():
        if name not in kept and thing is not vars(layer).get(name):
            setattr(layer, name, _as_numbers(thing))


class TwoLayerNet(Sequential):
    """The network of the textbook: Affine, ReLU, Affine, and Softmax with the cross-entropy error.

    Args:
        input_size, hidden_size, output_size: how many inputs, hidden units and classes there are.
        weight_init_std: the standard deviation of the first weights; ``"he"`` or ``"xavier"`` choose it by the
            number of inputs of each layer.
        seed: of the random first weights; None takes other ones every time.

    Raises:
        ValueError: if a size is no whole number above 0, or ``weight_init_std`` is not one of the above.

    >>> network = TwoLayerNet(input_size=64, hidden_size=32, output_size=10)
    >>> list(network.layers), network.params["W1"].shape
    (['Affine1', 'Relu1', 'Affine2'], (64, 32))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float | str = 0.01,
        seed: int | None = None,
    ) -> None:
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "output_size": output_size}
        for name, size in sizes.items():
            if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"{name} is {shown(size)}; expected a whole number above 0")
        random = np.random.default_rng(seed)

        def affine(size: tuple[int, int]) -> Affine:
            return Affine(weights(weight_init_std, size, random), np.zeros(size[1]))

        first, second = affine((input_size, hidden_size)), affine((hidden_size, output_size))
        super().__init__(OrderedDict(Affine1=first, Relu1=ReLU(), Affine2=second))


def _numbered(layers: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Layers with names: each kind is counted."""
    counts: dict[str, int] = {}
    for layer in layers:
        kind = type(layer).__name__
        counts[kind] = counts.get(kind, 0) + 1
        yield f"{kind}{counts[kind]}", layer


def _array(x: Array, name: str) -> Array:
    """Numbers or Values as an array; one of them as an array without dimensions."""
    array = np.asarray(as_array(x, name))
    return array if array.dtype == object else array.astype(float, copy=False)


def _is_learnable(array: Array) -> bool:
    """Whether it is an array already that can be changed in place."""
    return isinstance(array, np.ndarray) and array.dtype.kind in "fO" and array.itemsize == 8 and array.flags.writeable


def _checked(x: Array, name: str = "x") -> Array:
    """The data as an array, without nan and inf."""
    array = _array(x, name)
    refuse_not_finite(numbers_of(array), name, "a network needs finite numbers: clean the data first")
    return array


def _is_graph(array: Array) -> bool:
    return isinstance(array, Value) or getattr(getattr(array, "dtype", None), "kind", "") == "O"


def _name_part(layer: Any, x: Array, out: Array) -> None:
    """Make a block of what a layer computed, unless it has done so itself."""
    if _is_graph(x) and not blocks_of(values_in(out)):
        block_between(getattr(layer, "title", "") or type(layer).__name__, [x], out)


def _gradient(values: Array) -> Array:
    """The derivatives of an array of Values; 0 where the loss does not depend on one."""
    return np.array([value.grad or 0.0 for value in values.flat]).reshape(values.shape)
