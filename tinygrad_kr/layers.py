"""The layers of the documents: ``forward(x…)`` and ``backward(dout)``.

Each layer is written as the documents write it: ``forward`` keeps what ``backward`` needs, ``backward`` takes the
derivative with respect to the output and returns the derivative with respect to the input. Numbers go in and numbers
come out, arrays in and arrays out. With Values they return Values, so that a network is one graph that can be drawn
and differentiated without calling ``backward`` of any layer, and every layer is a block of that graph.

Where the book's own programs are careless, these are not: ``dout`` is honoured, nothing is changed in place, there
is no 1e-7 in a logarithm, and shapes are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from . import functions as fn
from .blocks import name_block, names_blocks
from .numerals import numeral, shown, to_float
from .value import Constant, Value

__all__ = [
    "AddLayer", "Affine", "Dropout", "IdentityWithLoss", "Layer", "LossLayer", "MulLayer", "ReLU", "Relu", "Sigmoid",
    "Softmax", "SoftmaxWithLoss", "Tanh", "constants", "values_in",
]  # fmt: skip

Array: TypeAlias = Any
"""A number, a Value, or a NumPy array of either."""


class Layer:
    """A step of a network: ``forward`` computes, ``backward`` hands derivatives on.

    Attributes:
        title: what the layer's block is called in pictures.
        parameters: the names of the attributes that are learned.
    """

    title = ""
    parameters: tuple[str, ...] = ()

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
            _block(self.title, inputs, out)
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
        self.x, self.y = _pair("MulLayer", x, y)
        return self._remember(self.x * self.y)

    def backward(self, dout: Array = 1.0) -> tuple[Array, Array]:
        """The derivatives with respect to x and y: dout · y and dout · x."""
        dout = self._upstream(dout)
        return _summed_to(dout * self.y, self.x), _summed_to(dout * self.x, self.y)


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
        self.x, self.y = _pair("AddLayer", x, y)
        return self._remember(self.x + self.y)

    def backward(self, dout: Array = 1.0) -> tuple[Array, Array]:
        """The derivatives with respect to x and y: dout, twice."""
        dout = self._upstream(dout)
        return _summed_to(dout * 1, self.x), _summed_to(dout * 1, self.y)


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
        self.mask = np.asarray(x <= 0, dtype=bool)
        return self._remember(fn.relu(x), x)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout where x > 0, otherwise 0."""
        dout = self._upstream(dout)
        return np.where(self.mask, 0.0, dout) if np.ndim(dout) else 0.0 if self.mask else dout


Relu = ReLU
"""The same, as the documents spell it."""


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
        x = _scores(x, "Softmax.forward()")
        self.y = _each_row(_softmax, x)
        return self._remember(self.y, x)

    def backward(self, dout: Array = 1.0) -> Array:
        """y · (dout − Σ dout · y)."""
        dout = self._upstream(dout)
        return self.y * (dout - _over_classes(dout * self.y))


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

    Raises:
        TypeError: if the ratio is no number.
        ValueError: if it is not in [0, 1).

    Source: Srivastava et al. 2014, "Dropout".

    >>> layer = Dropout(0.5, seed=1)
    >>> layer.forward(np.ones(4)), layer.forward(np.ones(4), train_flg=False)
    (array([2., 2., 0., 2.]), array([1., 1., 1., 1.]))
    """

    title = "Dropout"

    def __init__(self, ratio: float = 0.5, seed: Any = None) -> None:
        self.ratio = to_float(ratio, "Dropout()")
        if not 0 <= self.ratio < 1:
            raise ValueError(
                f"Dropout's ratio is {numeral(self.ratio)}; expected the share to drop, from 0 up to below 1"
            )
        self.is_training = True
        self.mask: Array = None
        self._random = np.random.default_rng(seed)

    def forward(self, x: Array, train_flg: bool | None = None) -> Array:
        """x · mask while the network learns; x itself otherwise.

        Args:
            x: the input.
            train_flg: whether the network learns; ``is_training`` where left out.
        """
        x = as_array(x, "Dropout.forward()")
        if train_flg if train_flg is not None else self.is_training:
            self.mask = (self._random.random(np.shape(x)) >= self.ratio) / (1.0 - self.ratio)
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
            raise ValueError(
                f"Affine.forward() got x of shape {np.shape(x)}, but W has the shape {self.W.shape}; "
                f"expected ({len(self.W)},) for one sample or (N, {len(self.W)}) for a batch"
            )
        _refuse_empty(x, "Affine.forward()")
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


# ── The last layer: a loss ────────────────────────────────────────────────────────────────────────────


class LossLayer(Layer):
    """The last layer of a network, which compares its output with what is right.

    Attributes:
        y: the output: probabilities, or numbers.
        t: what is right, in the shape of y.
        loss: the loss of the last forward pass, the mean over the batch.
    """

    y: Array = None
    t: Array = None
    loss: Array = None

    def forward(self, x: Array, t: Array) -> Array:  # type: ignore[override]
        """The loss of the outputs ``x``, where ``t`` is right."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(); write one that takes x and t")

    def output(self, x: Array) -> Array:
        """What the network says, without a loss: probabilities, or numbers."""
        raise NotImplementedError(f"{type(self).__name__} has no output(); write one that takes x")

    def targets(self, t: Array, shape: tuple[int, ...]) -> Array:
        """What is right, in the shape of the outputs: one-hot labels from the numbers of classes, for example."""
        raise NotImplementedError(f"{type(self).__name__} has no targets(); write one that takes t and a shape")

    @property
    def _samples(self) -> int:
        return len(self.y) if np.ndim(self.y) == 2 else 1

    def _mean(self, losses: Sequence[Array]) -> Array:
        """The mean over the batch; of one sample, its loss itself."""
        self.loss = self._out = _named(losses[0] if np.ndim(self.y) == 1 else fn.mean(losses), "L")
        return self.loss


class SoftmaxWithLoss(LossLayer):
    """Softmax and the cross-entropy error, the end of a network that classifies.

    What flows back is (y − t) / N, the difference of the probabilities and the labels, divided by the batch's size.

    >>> layer = SoftmaxWithLoss()
    >>> round(layer.forward(np.array([0.3, 2.9, 4.0]), np.array([0, 1, 0])), 6)
    1.405714
    >>> layer.backward().round(2)
    array([ 0.02, -0.75,  0.74])
    >>> layer.forward(np.array([0.3, 2.9, 4.0]), 1) == layer.loss
    True
    """

    title = "Softmax with Loss"

    def forward(self, x: Array, t: Array) -> Array:  # type: ignore[override]
        """The mean cross-entropy error −Σ tₖ log yₖ.

        Args:
            x: the scores of one sample (K,) or of a batch (N, K).
            t: the labels: a probability for each class, in the shape of x (one-hot, or soft), or the numbers
                of the right classes, one for each sample.

        Raises:
            ValueError: if the labels don't fit the scores, or are no labels; or the batch is empty.
        """
        x = _scores(x, "SoftmaxWithLoss.forward()")
        self.t = self.targets(t, x.shape)
        rows, labels = np.atleast_2d(x), np.atleast_2d(self.t)
        if x.dtype != object and self.t.dtype != object:
            self.y = _each_row(_softmax, x)
            return self._mean([_cross_entropy(row, right) for row, right in zip(rows.tolist(), labels.tolist())])
        places = [None] if x.ndim == 1 else range(len(rows))
        probabilities, losses = zip(*map(_steps, rows.tolist(), labels.tolist(), places))
        self.y = np.array(probabilities, dtype=object).reshape(x.shape)
        return self._mean(losses)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · (y − t) / N."""
        dout = self._upstream(dout)
        # Labels that don't add up to 1 pull on every class as much as they weigh together.
        return (self.y * _over_classes(self.t) - self.t) * dout / self._samples

    def targets(self, t: Array, shape: tuple[int, ...]) -> Array:
        """A label for each class.

        >>> SoftmaxWithLoss().targets([2, 0], (2, 3))
        array([[0., 0., 1.],
               [1., 0., 0.]])
        """
        return _labels(t, shape)

    def output(self, x: Array) -> Array:
        """The probabilities."""
        return Softmax().forward(x)


class IdentityWithLoss(LossLayer):
    """The identity and the sum of squared errors, the end of a network that predicts numbers.

    What flows back is (y − t) / N, as from Softmax with the cross-entropy error.

    >>> layer = IdentityWithLoss()
    >>> layer.forward(np.array([[1.0], [4.0]]), np.array([[2.0], [4.0]])), layer.backward()
    (0.25, array([[-0.5],
           [ 0. ]]))
    """

    title = "Sum of Squared Errors"

    def forward(self, x: Array, t: Array) -> Array:  # type: ignore[override]
        """The mean over the batch of ½ Σ (yₖ − tₖ)².

        Args:
            x: the outputs for one sample (K,) or for a batch (N, K).
            t: the right numbers, in the shape of x; (N,) for a batch with one output.

        Raises:
            ValueError: if the shapes don't go together, or the batch is empty.
        """
        x = _scores(x, "IdentityWithLoss.forward()")
        self.y, self.t = x, self.targets(t, x.shape)
        return self._mean([_half_squares(y, right) for y, right in zip(np.atleast_2d(self.y), np.atleast_2d(self.t))])

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · (y − t) / N."""
        dout = self._upstream(dout)
        return (self.y - self.t) * dout / self._samples

    def targets(self, t: Array, shape: tuple[int, ...]) -> Array:
        """The right numbers; those of a batch with one output may come as (N,)."""
        t = np.asarray(as_array(t, "IdentityWithLoss.forward()"))
        if t.shape != shape and (*t.shape, 1) != shape:
            raise ValueError(
                f"IdentityWithLoss.forward() got x of shape {shape} and t of shape {t.shape}; "
                "expected one shape, a right number for each output"
            )
        return t.reshape(shape)

    def output(self, x: Array) -> Array:
        """The numbers themselves."""
        return _scores(x, "IdentityWithLoss.output()")


# ── One row of a batch ────────────────────────────────────────────────────────────────────────────────

SAFE = 350.0
"""Scores up to this size can be taken to the exponential, summed and divided without leaving a float's range."""


def _softmax(scores: Sequence[Array]) -> list[Array]:
    return fn.softmax(scores)


def _cross_entropy(scores: Sequence[Array], labels: Sequence[Array]) -> Array:
    """−Σ t log softmax(a) as Σ t (log Σ exp(a) − a), which neither overflows nor takes a logarithm of 0.

    The largest score is subtracted from all before, which changes nothing but the rounding: the loss of
    (1e16, 1e16) is log 2.
    """
    largest = max(map(_number, scores))
    scores = [score - largest for score in scores]
    total = fn.logsumexp(scores)
    return fn.dot(labels, [total - score for score in scores])


def _steps(scores: Sequence[Array], labels: Sequence[Array], n: int | None) -> tuple[list[Array], Array]:
    """Softmax and the cross-entropy error of one sample: the probabilities and the loss, as two blocks.

    Step by step, as the documents draw it, where every step stays within a float's range.

    Args:
        scores, labels: a score and a label for each class.
        n: the sample's place in its batch.
    """

    def called(values: Iterable[Array], letter: str) -> list[Array]:
        # y₁ as in the documents; in a batch elements of an array
        return [_named(value, f"{letter}_{k + 1}" if n is None else f"{letter}[{n}, {k}]")
                for k, value in enumerate(values)]  # fmt: skip

    labels = called((t if isinstance(t, Value) else Constant(t) for t in labels), "t")
    if all(abs(_number(score)) <= SAFE for score in scores):
        powers = [fn.exp(score) for score in scores]
        total = fn.sum(powers)
        if n is None:
            _named(total, "S")
        share = 1 / total
        ys = called((power * share for power in powers), "y")
        loss = fn.sum([t * fn.log(y) for t, y in zip(labels, ys)]) * -1
        _block("Softmax", [scores], ys)
        _block("Cross Entropy Error", [ys, labels], loss)
    else:
        ys = called(_softmax(scores), "y")
        loss = _cross_entropy(scores, labels)
        _block(SoftmaxWithLoss.title, [scores, labels], loss)
    return ys, loss


@np.errstate(all="ignore")
def _half_squares(ys: Array, ts: Array) -> Array:
    if ys.dtype != object and ts.dtype != object:
        return float(fn.sum(np.square(ys - ts))) * 0.5
    errors = [y - t for y, t in zip(ys, ts)]
    loss = fn.sum([fn.square(error) for error in errors]) * 0.5
    _block(IdentityWithLoss.title, [ys, ts], loss)
    return loss


def _named(value: Array, name: str) -> Array:
    """Give a Value a name, unless somebody has."""
    if isinstance(value, Value) and value.name is None:
        value.name = name
    return value


def _number(value: Array) -> float:
    return value.data if isinstance(value, Value) else float(value)


# ── Inputs ────────────────────────────────────────────────────────────────────────────────────────────


def as_array(x: Array, where: str) -> Array:
    """One number or Value as it is; several as an array of floats, or of objects where there is a Value among them.

    Integers become floats, because those of NumPy start again at 0 when they grow too large.

    Args:
        x: numbers or Values, in arrays or lists.
        where: who asks, as the message says it.

    Raises:
        TypeError: if something else is there.
        ValueError: if the rows of a list are not equally long.

    >>> as_array([200, 255], "here")
    array([200., 255.])
    """
    if isinstance(x, (Value, int, float)):
        return x
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{where} needs rows of one length, not {shown(x)}") from None
    if array.dtype == object:
        elements = [element if isinstance(element, Value) else to_float(element, where) for element in array.flat]
        kind = object if any(isinstance(element, Value) for element in elements) else float
        array = np.array(elements, dtype=kind).reshape(array.shape)
    elif array.dtype.kind in "biuf":
        array = array.astype(float, copy=False)
    else:
        raise TypeError(f"{where} needs numbers or Values, not the {type(x).__name__} {shown(x)}")
    return array if array.ndim else array[()]


def _pair(name: str, x: Array, y: Array) -> tuple[Array, Array]:
    x, y = as_array(x, f"{name}.forward()"), as_array(y, f"{name}.forward()")
    try:
        np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        raise ValueError(
            f"{name}.forward() can't bring together the shapes {np.shape(x)} and {np.shape(y)}; expected one shape"
        ) from None
    return x, y


def _scores(x: Array, where: str) -> Array:
    """One sample or a batch."""
    x = as_array(x, where)
    if np.ndim(x) not in (1, 2):
        raise ValueError(f"{where} got x of shape {np.shape(x)}; expected (K,) for one sample or (N, K) for a batch")
    _refuse_empty(x, where)
    return x


def _refuse_empty(x: Array, where: str) -> None:
    if np.size(x) == 0:
        raise ValueError(f"{where} got an empty batch, of shape {np.shape(x)}; give at least one sample")


def _labels(t: Array, shape: tuple[int, ...]) -> Array:
    """A label for each class, from such labels or from the numbers of the right classes."""
    t = np.asarray(as_array(t, "SoftmaxWithLoss.forward()"))
    if t.shape == shape:
        for place, label in np.ndenumerate(t):
            if not 0.0 <= _number(label) < np.inf:
                raise ValueError(
                    f"the label t{list(place)} is {numeral(_number(label))}; expected a probability for each class, "
                    "or the numbers of the right classes"
                )
        return t
    if t.shape != shape[:-1]:
        raise ValueError(
            f"SoftmaxWithLoss.forward() got scores of shape {shape} and labels of shape {t.shape}; "
            f"expected {shape} (a probability for each class) or {shape[:-1]} (the number of the right class)"
        )
    classes = shape[-1]
    one_hot = np.zeros(shape)
    for place, label in np.ndenumerate(t):
        number = _number(label)
        if not (number == number // 1 and 0 <= number < classes):
            raise ValueError(
                f"the label t{list(place) or ''} is {numeral(number)}, but there are {classes} classes; "
                f"expected a whole number from 0 to {classes - 1}"
            )
        one_hot[place][int(number)] = 1.0
    return one_hot


def _each_row(function: Callable[[Sequence[Array]], Sequence[Array]], x: Array) -> Array:
    """A function of one sample, over a batch."""
    rows = [function(row) for row in np.atleast_2d(x).tolist()]
    return np.array(rows, dtype=object if x.dtype == object else float).reshape(x.shape)


def _over_classes(x: Array) -> Array:
    """The sum of each row, which broadcasts over its classes again."""
    return np.sum(x, axis=-1, keepdims=True)


def _summed_to(derivative: Array, x: Array) -> Array:
    """A derivative in the shape of x: what was broadcast forward is summed backward."""
    shape = np.shape(x)
    if np.shape(derivative) == shape:
        return derivative
    extra = np.ndim(derivative) - len(shape)
    axes = tuple(range(extra)) + tuple(k + extra for k, length in enumerate(shape) if length == 1)
    summed = np.sum(derivative, axis=axes, keepdims=True)
    return summed.reshape(shape) if shape else summed.reshape(())[()]


def constants(x: Array, name: str = "") -> Array:
    """An array of nodes of the graph: numbers as constants, called ``t[0, 1]`` where a name is given.

    >>> constants([2.0, 3.0], "t")
    array([constant(2, name='t[0]'), constant(3, name='t[1]')], dtype=object)
    """
    nodes = np.empty(np.shape(x), dtype=object)
    nodes[...] = x
    for place, number in np.ndenumerate(nodes):
        if not isinstance(number, Value):
            nodes[place] = Constant(number, f"{name}{list(place)}" if name else None)
    return nodes


def _block(title: str, inputs: Sequence[Array], outputs: Array) -> None:
    """Name the part of the graph between some arrays."""
    if names_blocks():
        name_block(title, [value for array in inputs for value in values_in(array)], values_in(outputs))


def values_in(array: Array) -> list[Value]:
    """The Values in an array.

    >>> values_in([1.0, Value(2.0)]), values_in(3.0)
    ([Value(2)], [])
    """
    array = np.asarray(array)
    return [value for value in array.flat if isinstance(value, Value)] if array.dtype == object else []
