"""The layers of the textbook: ``forward(x…)`` and ``backward(dout)``.

Each layer is written as the textbook writes it: ``forward`` keeps what ``backward`` needs, ``backward`` takes the
derivative with respect to the output and returns the derivative with respect to the input. Numbers go in and numbers
come out, arrays in and arrays out. With Values they return Values, so that a network is one graph that can be drawn
and differentiated without calling ``backward`` of any layer, and every layer is a block of that graph.

Where the book's own programs are careless, these are not: ``dout`` is honoured, nothing is changed in place, there
is no 1e-7 in a logarithm, and shapes are checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import functions as fn
from ..engine.arrays import Array, as_array
from ..engine.value import Value
from ..tape import NotRecordable, is_recorded
from ..text.numerals import numeral, to_float
from .batches import (
    block_between,
    constants,
    each_row,
    over_classes,
    pair,
    refuse_empty,
    samples,
    summed_to,
)
from .settings import spelled

__all__ = ["AddLayer", "Affine", "Dropout", "Layer", "MulLayer", "ReLU", "Relu", "Sigmoid", "Softmax", "Tanh"]


class Layer:
    """A step of a network: ``forward`` computes, ``backward`` hands derivatives on.

    Attributes:
        title: what the layer's block is called in pictures.
        parameters: the names of the attributes that are learned.
        kept: those of arrays that are not learned, and outlast a step: running averages. They are saved too.
    """

    title = ""
    parameters: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    _out: Array = None

    def forward(self, x: Array) -> Array:
        """The output for the input ``x``."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(); write one that takes x and returns y")

    def backward(self, dout: Array = 1.0) -> Array:
        """The derivative with respect to the input, given ``dout``, the one with respect to the output."""
        raise NotImplementedError(f"{type(self).__name__} has no backward(); write one that takes ∂L/∂y, returns ∂L/∂x")

    def __call__(self, *inputs: Array) -> Array:
        """``forward(x…)``."""
        return self.forward(*inputs)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}{np.shape(getattr(self, name))}" for name in self.parameters)
        return f"{type(self).__name__}({shapes})"

    def _remember(self, out: Array, *inputs: Array) -> Array:
        """Keep the output, and name the part of the graph that leads to it."""
        self._out = out
        if self.title:
            block_between(self.title, inputs, out)
        return out

    def _upstream(self, dout: Array) -> Array:
        """``dout`` in the shape of the output."""
        name = type(self).__name__
        if self._out is None:
            raise RuntimeError(f"{name}.backward() needs what a forward pass keeps; call forward() first")
        dout = as_array(dout, f"{name}.backward()")
        shape = np.shape(self._out)
        if np.ndim(dout) == 0 and shape:
            return np.full(shape, dout, dtype=object if isinstance(dout, Value) else float)
        if np.shape(dout) != shape:
            raise ValueError(
                f"{name}.backward() got dout of shape {np.shape(dout)}, but forward() returned the shape {shape}; "
                "give a derivative for each output"
            )
        return dout


# ── Two inputs: the layers of the apple shop ──────────────────────────────────────────────────────────


class MulLayer(Layer):
    """A multiplication: on the way back, ``dout`` times the other input.

    >>> apple_price, with_tax = MulLayer(), MulLayer()
    >>> with_tax.forward(apple_price.forward(100, 2), 1.5)
    300.0
    >>> with_tax.backward(1)
    (1.5, 200)
    """

    def __init__(self) -> None:
        self.x: Array = None
        self.y: Array = None

    def forward(self, x: Array, y: Array) -> Array:  # type: ignore[override]
        """x · y, element by element.

        Raises:
            TypeError: if an input is neither numbers nor Values.
            ValueError: if two shapes don't go together.
        """
        self.x, self.y = pair("MulLayer", x, y)
        return self._remember(self.x * self.y)

    def backward(self, dout: Array = 1.0) -> tuple[Array, Array]:
        """The derivatives with respect to x and y: dout · y and dout · x."""
        dout = self._upstream(dout)
        return summed_to(dout * self.y, self.x), summed_to(dout * self.x, self.y)


class AddLayer(Layer):
    """An addition: on the way back, ``dout`` to both inputs.

    >>> layer = AddLayer()
    >>> layer.forward(200, 450), layer.backward(1.1)
    (650, (1.1, 1.1))
    """

    def forward(self, x: Array, y: Array) -> Array:  # type: ignore[override]
        """x + y, element by element.

        Raises:
            TypeError: if an input is neither numbers nor Values.
            ValueError: if two shapes don't go together.
        """
        self.x, self.y = pair("AddLayer", x, y)
        return self._remember(self.x + self.y)

    def backward(self, dout: Array = 1.0) -> tuple[Array, Array]:
        """The derivatives with respect to x and y: dout, twice."""
        dout = self._upstream(dout)
        return summed_to(dout * 1, self.x), summed_to(dout * 1, self.y)


# ── Activations ───────────────────────────────────────────────────────────────────────────────────────


class ReLU(Layer):
    """x where it is positive, 0 elsewhere; what flows back is stopped where x ≤ 0.

    >>> layer = ReLU()
    >>> layer.forward(np.array([1.0, -2.0, 0.0])), layer.backward(np.array([5.0, 6.0, 7.0]))
    (array([1., 0., 0.]), array([5., 0., 0.]))
    """

    title = "ReLU"

    def __init__(self) -> None:
        self.mask: Array = None

    def forward(self, x: Array) -> Array:
        """max(0, x), element by element."""
        x = as_array(x, "ReLU.forward()")
        self.mask = None if is_recorded() else np.asarray(x <= 0, dtype=bool)  # a tape differs from sample to sample
        return self._remember(fn.relu(x), x)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout where x > 0, otherwise 0."""
        dout = self._upstream(dout)
        return np.where(self.mask, 0.0, dout) if np.ndim(dout) else 0.0 if self.mask else dout


Relu = ReLU
"""The same, as the textbook spells it."""


class Sigmoid(Layer):
    """1 / (1 + exp(−x)); the way back needs only the output: dout · y · (1 − y).

    >>> layer = Sigmoid()
    >>> layer.forward(0.0), layer.backward(1)
    (0.5, 0.25)
    """

    title = "Sigmoid"

    def __init__(self) -> None:
        self.out: Array = None

    def forward(self, x: Array) -> Array:
        """The logistic sigmoid, element by element; it does not overflow."""
        x = as_array(x, "Sigmoid.forward()")
        self.out = fn.sigmoid(x)
        return self._remember(self.out, x)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · y · (1 − y)."""
        return self._upstream(dout) * self.out * (1.0 - self.out)


class Tanh(Layer):
    """tanh(x); on the way back dout · (1 − y²).

    >>> layer = Tanh()
    >>> layer.forward(0.0), layer.backward(3)
    (0.0, 3.0)
    """

    title = "tanh"

    def __init__(self) -> None:
        self.out: Array = None

    def forward(self, x: Array) -> Array:
        """The hyperbolic tangent, element by element."""
        x = as_array(x, "Tanh.forward()")
        self.out = fn.tanh(x)
        return self._remember(self.out, x)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · (1 − y²)."""
        return self._upstream(dout) * (1.0 - self.out * self.out)


class Softmax(Layer):
    """Scores become probabilities: exp(aₖ) / Σ exp(aᵢ), for each row of a batch.

    >>> layer = Softmax()
    >>> layer.forward(np.array([1000.0, 1000.0])), layer.backward(np.array([1.0, 0.0]))
    (array([0.5, 0.5]), array([ 0.25, -0.25]))
    """

    title = "Softmax"

    def __init__(self) -> None:
        self.y: Array = None

    def forward(self, x: Array) -> Array:
        """The probabilities of one sample (K,) or of a batch (N, K)."""
        x = samples(x, "Softmax.forward()")
        self.y = each_row(fn.softmax, x)
        return self._remember(self.y, x)

    def backward(self, dout: Array = 1.0) -> Array:
        """y · (dout − Σ dout · y)."""
        dout = self._upstream(dout)
        return self.y * (dout - over_classes(dout * self.y))


class Dropout(Layer):
    """Puts a random part of its inputs to 0 while a network learns, and is not there otherwise.

    What is left is divided by the share that is left, as in PyTorch, so that nothing has to be scaled when the
    network is used (the book scales there instead).

    Args:
        ratio: the share that is dropped, from 0 up to 1, without 1.
        seed: of the random numbers, or a NumPy ``Generator``.

    Attributes:
        is_training: whether inputs are dropped.
        mask: what the inputs were multiplied by.
        recorded_mask: what they are multiplied by while a tape is recorded, where it is an input of the tape.

    Raises:
        TypeError: if the ratio is not a number.
        ValueError: if it is not in [0, 1).

    Source: Srivastava et al. 2014, "Dropout".

    >>> layer = Dropout(0.5, seed=1)
    >>> layer.forward(np.ones(4)), layer.forward(np.ones(4), train_flg=False)
    (array([2., 2., 0., 2.]), array([1., 1., 1., 1.]))
    """

    title = "Dropout"

    @spelled
    def __init__(self, ratio: float = 0.5, seed: Any = None) -> None:
        self.ratio = to_float(ratio, "Dropout()")
        if not 0 <= self.ratio < 1:
            raise ValueError(
                f"Dropout's ratio is {numeral(self.ratio)}; expected the share to drop, from 0 up to below 1"
            )
        self.is_training = True
        self.mask: Array = None
        self.recorded_mask: Array = None
        self._random = np.random.default_rng(seed)

    def new_mask(self, shape: tuple[int, ...]) -> Array:
        """What inputs of this shape are multiplied by: other random numbers at each call."""
        return (self._random.random(shape) >= self.ratio) / (1.0 - self.ratio)

    def forward(self, x: Array, train_flg: bool | None = None) -> Array:
        """x · mask while the network learns; x itself otherwise.

        Args:
            x: the input.
            train_flg: whether the network learns; ``is_training`` where left out.
        """
        x = as_array(x, "Dropout.forward()")
        if train_flg if train_flg is not None else self.is_training:
            if is_recorded() and self.recorded_mask is None:
                raise NotRecordable("Dropout takes another mask for every batch; give the function its mask")
            self.mask = self.recorded_mask if is_recorded() else self.new_mask(np.shape(x))
            return self._remember(x * self.mask, x)
        self.mask = np.ones(np.shape(x))
        self._out = x
        return x

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · mask."""
        return self._upstream(dout) * self.mask


# ── Affine ────────────────────────────────────────────────────────────────────────────────────────────


class Affine(Layer):
    """x · W + b, for one sample (D,) or a batch (N, D).

    Args:
        W: the weights, of shape (D, H).
        b: the biases, of shape (H,).

    Attributes:
        dW, db: the derivatives with respect to W and b, once ``backward`` was called; in a batch, what flows back
            to b is summed over the samples.

    Raises:
        ValueError: if the shapes don't go together; both are stated.

    >>> layer = Affine(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.zeros(3))
    >>> layer.forward(np.array([[1.0, 2.0]])), layer.backward(np.array([[1.0, 0.0, 1.0]]))
    (array([[ 9., 12., 15.]]), array([[ 4., 10.]]))
    >>> layer.dW, layer.db
    (array([[1., 0., 1.],
           [2., 0., 2.]]), array([1., 0., 1.]))
    """

    title = "Affine"
    parameters = ("W", "b")

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = as_array(W, "Affine()"), as_array(b, "Affine()")
        if np.ndim(self.W) != 2 or np.shape(self.b) != np.shape(self.W)[1:]:
            raise ValueError(
                f"Affine() got W of shape {np.shape(self.W)} and b of shape {np.shape(self.b)}; "
                "expected (D, H) and (H,): a row of W for each input, a bias for each output"
            )
        self.x: Array = None
        self.dW: Array = None
        self.db: Array = None

    def forward(self, x: Array) -> Array:
        """x · W + b.

        Raises:
            ValueError: if x has not as many columns as W has rows, or the batch is empty.
        """
        x = as_array(x, "Affine.forward()")
        if np.ndim(x) not in (1, 2) or np.shape(x)[-1] != len(self.W):
            flat = "; images become rows by x.reshape(len(x), -1)" if np.ndim(x) > 2 else ""
            raise ValueError(
                f"Affine.forward() got x of shape {np.shape(x)}, but W has the shape {self.W.shape}; "
                f"expected ({len(self.W)},) for one sample or (N, {len(self.W)}) for a batch{flat}"
            )
        refuse_empty(x, "Affine.forward()")
        self.x = x
        if object in (self.W.dtype, self.b.dtype):
            x = constants(x)
        return self._remember(fn.dot(x, self.W) + self.b, x)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · Wᵀ; puts xᵀ · dout into ``dW`` and dout, summed over the batch, into ``db``."""
        dout = self._upstream(dout)
        x, upstream = np.atleast_2d(self.x), np.atleast_2d(dout)
        self.dW = fn.dot(x.T, upstream)
        self.db = np.sum(upstream, axis=0)
        return fn.dot(dout, self.W.T)
