"""The last layers of the textbook: Softmax with the cross-entropy error, and the identity with squared errors.

They are layers as the others are (``layers.py``), with a second input, what is right. What flows back is y − t, divided
by the size of the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..engine import functions as fn
from ..engine.arrays import Array, as_array, number_of, numbers_of
from ..engine.value import Constant, Value
from ..text.numerals import numeral
from .batches import block_between, each_row, named, over_classes, samples
from .layers import Layer, Softmax

__all__ = ["IdentityWithLoss", "LossLayer", "SoftmaxWithLoss"]


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

    def of_batch(self, x: Array, t: Array) -> Array:
        """The loss as a tape records it, without a branch that depends on numbers."""
        return self.forward(x, t)

    def output(self, x: Array) -> Array:
        """What the network says, without a loss: probabilities, or numbers."""
        raise NotImplementedError(f"{type(self).__name__} has no output(); write one that takes x")

    def targets(self, t: Array, shape: tuple[int, ...]) -> Array:
        """What is right, in the shape of the outputs: one-hot labels from the numbers of classes, for example."""
        raise NotImplementedError(f"{type(self).__name__} has no targets(); write one that takes t and a shape")

    @property
    def _samples(self) -> int:
        return len(self.t) if np.ndim(self.t) == 2 else 1

    def _mean(self, losses: Sequence[Array]) -> Array:
        """The mean over the batch, of numbers in an array or Values in a list; of one sample, its loss itself."""
        mean = np.mean if isinstance(losses, np.ndarray) else fn.mean
        loss = losses[0] if np.ndim(self.t) == 1 else mean(losses)
        self.loss = self._out = named(loss, "L") if isinstance(loss, Value) else float(loss)
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

    _scores: Array = None

    @property
    def y(self) -> Array:
        """The probabilities. A loss of numbers needs none: they are computed when they are first asked for."""
        if self._y is None and self._scores is not None:
            self._y = each_row(fn.softmax, self._scores)
        return self._y

    @y.setter
    def y(self, y: Array) -> None:
        self._y = y

    _y: Array = None

    def forward(self, x: Array, t: Array) -> Array:  # type: ignore[override]
        """The mean cross-entropy error −Σ tₖ log yₖ.

        Args:
            x: the scores of one sample (K,) or of a batch (N, K).
            t: the labels: a probability for each class, in the shape of x (one-hot, or soft), or the numbers
                of the right classes, one for each sample.

        Raises:
            ValueError: if the labels don't fit the scores, or are no labels; or the batch is empty.
        """
        x = samples(x, "SoftmaxWithLoss.forward()")
        self.t = self.targets(t, x.shape)
        rows, labels = np.atleast_2d(x), np.atleast_2d(self.t)
        if x.dtype != object and self.t.dtype != object:
            self._y, self._scores = None, x.copy()
            return self._mean(_cross_entropies(rows, labels))
        places = [None] if x.ndim == 1 else range(len(rows))
        probabilities, losses = zip(*map(_steps, rows.tolist(), labels.tolist(), places))
        self.y = np.array(probabilities, dtype=object).reshape(x.shape)
        return self._mean(losses)

    def backward(self, dout: Array = 1.0) -> Array:
        """dout · (y − t) / N."""
        dout = self._upstream(dout)
        # Labels that don't add up to 1 pull on every class as much as they weigh together.
        return (self.y * over_classes(self.t) - self.t) * dout / self._samples

    def targets(self, t: Array, shape: tuple[int, ...]) -> Array:
        """A label for each class.

        >>> SoftmaxWithLoss().targets([2, 0], (2, 3))
        array([[0., 0., 1.],
               [1., 0., 0.]])
        """
        return _labels(t, shape)

    def of_batch(self, x: Array, t: Array) -> Array:
        """The mean of −Σ tₖ log softmax(x)ₖ."""
        return fn.mean([-fn.dot(labels, fn.log_softmax(scores)) for scores, labels in zip(x.tolist(), t.tolist())])

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
        x = samples(x, "IdentityWithLoss.forward()")
        self.y, self.t = x, self.targets(t, x.shape)
        ys, ts = np.atleast_2d(self.y), np.atleast_2d(self.t)
        if ys.dtype != object and ts.dtype != object:
            with np.errstate(all="ignore"):
                return self._mean(0.5 * np.sum(np.square(ys - ts), axis=-1))
        return self._mean([_half_squares(y, right) for y, right in zip(ys, ts)])

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
        return samples(x, "IdentityWithLoss.output()")


# ── One row of a batch ────────────────────────────────────────────────────────────────────────────────

SAFE = 350.0
"""Scores up to this size can be taken to the exponential, summed and divided without leaving a float's range."""


def _cross_entropy(scores: Sequence[Array], labels: Sequence[Array]) -> Array:
    """−Σ t log softmax(a) as Σ t (log Σ exp(a) − a), which neither overflows nor takes a logarithm of 0.

    The largest score is subtracted from all before, which changes nothing but the rounding: the loss of
    (1e16, 1e16) is log 2.
    """
    largest = max(map(number_of, scores))
    scores = [score - largest for score in scores]
    total = fn.logsumexp(scores)
    return fn.dot(labels, [total - score for score in scores])


def _cross_entropies(scores: Array, labels: Array) -> Array:
    """The same of every row of a batch of numbers."""
    with np.errstate(all="ignore"):
        scores = scores - np.max(scores, axis=-1, keepdims=True)
        total = np.log(over_classes(np.exp(scores)))
        return np.sum(labels * (total - scores), axis=-1)


def _steps(scores: Sequence[Array], labels: Sequence[Array], n: int | None) -> tuple[list[Array], Array]:
    """Softmax and the cross-entropy error of one sample: the probabilities and the loss, as two blocks.

    Step by step, as the textbook draws it, where every step stays within a float's range.

    Args:
        scores, labels: a score and a label for each class.
        n: the sample's place in its batch.
    """

    def called(values: Iterable[Array], letter: str) -> list[Array]:
        # y₁ as in the textbook; in a batch elements of an array
        return [named(value, f"{letter}_{k + 1}" if n is None else f"{letter}[{n}, {k}]")
                for k, value in enumerate(values)]  # fmt: skip

    labels = called((t if isinstance(t, Value) else Constant(t) for t in labels), "t")
    if all(abs(number_of(score)) <= SAFE for score in scores):
        powers = [fn.exp(score) for score in scores]
        total = fn.sum(powers)
        if n is None:
            named(total, "S")
        share = 1 / total
        ys = called((power * share for power in powers), "y")
        loss = fn.sum([t * fn.log(y) for t, y in zip(labels, ys)]) * -1
        block_between("Softmax", [scores], ys)
        block_between("Cross Entropy Error", [ys, labels], loss)
    else:
        ys = called(fn.softmax(scores), "y")
        loss = _cross_entropy(scores, labels)
        block_between(SoftmaxWithLoss.title, [scores, labels], loss)
    return ys, loss


def _half_squares(ys: Array, ts: Array) -> Array:
    """Half of the sum of the squared errors of one sample, as a block."""
    errors = [y - t for y, t in zip(ys, ts)]
    loss = fn.sum([fn.square(error) for error in errors]) * 0.5
    block_between(IdentityWithLoss.title, [ys, ts], loss)
    return loss


def _labels(t: Array, shape: tuple[int, ...]) -> Array:
    """A label for each class, from such labels or from the numbers of the right classes."""
    t = np.asarray(as_array(t, "SoftmaxWithLoss.forward()"))
    numbers = numbers_of(t)
    if t.shape == shape:
        wanted = "; expected a probability for each class, or the numbers of the right classes"
        _refuse_other_than((numbers >= 0.0) & (numbers < np.inf), numbers, wanted)
        return t
    if t.shape != shape[:-1]:
        raise ValueError(
            f"SoftmaxWithLoss.forward() got scores of shape {shape} and labels of shape {t.shape}; "
            f"expected {shape} (a probability for each class) or {shape[:-1]} (the number of the right class)"
        )
    classes = shape[-1]
    wanted = f", but there are {classes} classes; expected a whole number from 0 to {classes - 1}"
    _refuse_other_than((numbers >= 0) & (numbers < classes) & (numbers == np.floor(numbers)), numbers, wanted)
    return np.eye(classes)[numbers.astype(int)]


def _refuse_other_than(possible: Array, labels: Array, wanted: str) -> None:
    """Refuse the first label that is not possible."""
    if not possible.all():
        place = tuple(np.argwhere(~possible)[0].tolist())
        raise ValueError(f"the label t{list(place) or ''} is {numeral(float(labels[place]))}{wanted}")
