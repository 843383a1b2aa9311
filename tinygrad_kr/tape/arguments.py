"""Arguments of a recorded function: trees of numbers and arrays, as arrays of leaves and as Values of one sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..derivatives.trees import leaves
from ..engine.arrays import as_array, floats
from ..engine.ufuncs import array as named_array
from ..engine.value import Value
from ..text.numerals import shown
from .tape import Floats

__all__ = ["Argument"]

_FLOAT64 = np.dtype(float)  # NumPy has one object of it


class Argument:
    """One argument of a recorded function.

    Args:
        tree: a number, a Value, or lists, tuples, dicts and arrays of them, in one another.
        axis: the batch's axis in each of its arrays; None for what all samples share.
        use: what it is, as a message says it.

    Attributes:
        shape: how it is built; arguments of the same shape can be replayed by one tape.
        vectors: its numbers, of shape (numbers, batch) or (numbers, 1): one for each array, and one for all others.
        count: how many samples it has; None where all samples share it.

    Raises:
        TypeError: if there is something else in it.
        ValueError: if it has no such axis.

    >>> Argument({"w": [1.0, 2.0]}, None, "params").vectors
    [array([[1.],
           [2.]])]
    >>> Argument(np.zeros((5, 2)), 0, "x").count
    5
    """

    def __init__(self, tree: Any, axis: int | None, use: str) -> None:
        self.axis, self.use = axis, use
        self._arrays: list[Floats] = []
        self._numbers: list[float] = []
        self.tree = tree if axis is None or isinstance(tree, np.ndarray) else _rows(tree, use)
        self.shape = self._read(self.tree, 0)
        self.count: int | None = None
        if axis is None:
            self.vectors = [array.reshape(-1, 1) for array in self._arrays]
        else:
            counts = {len(array) for array in self._arrays}
            if len(counts) != 1:
                raise ValueError(f"{use} has arrays of {', '.join(map(str, sorted(counts))) or 'no'} samples")
            (self.count,) = counts
            self.vectors = [
                array.reshape(self.count, -1).T if array.size else
                np.empty((int(np.prod(array.shape[1:])), self.count))
                for array in self._arrays
            ]  # fmt: skip
        if self._numbers:
            self.vectors.append(np.array(self._numbers).reshape(-1, 1))

    def _read(self, tree: Any, depth: int) -> Any:
        """Take the numbers out; what is returned tells how the tree is built."""
        if isinstance(tree, np.ndarray) and tree.ndim:
            array = tree
            if tree.dtype is not _FLOAT64:
                if tree.dtype == object:
                    self._refuse_results(tree.flat)
                array = floats(tree, self.use)
            if self.axis is not None:
                if not -array.ndim <= self.axis < array.ndim:
                    raise ValueError(f"{self.use} has an array of shape {array.shape}, without an axis {self.axis}")
                array = np.moveaxis(array, self.axis, 0) if self.axis else array
            self._arrays.append(array)
            return array.shape if self.axis is None else (None, *array.shape[1:])
        if isinstance(tree, dict):
            return ("dict", *((key, self._read(part, depth + 1)) for key, part in tree.items()))
        if isinstance(tree, (list, tuple)):
            if depth > 100:
                leaves(tree, self.use)  # says what is wrong
            return (type(tree), *[self._read(part, depth + 1) for part in tree])
        if self.axis is not None:
            raise ValueError(f"{self.use} has no axis {self.axis} for the batch: {shown(tree)}; in_axes=None shares it")
        found = leaves(tree, self.use)
        self._refuse_results(found)
        self._numbers += [leaf.data if isinstance(leaf, Value) else leaf for leaf in found]
        return None

    def _refuse_results(self, numbers: Iterable[Any]) -> None:
        """Refuse Values that were computed: what comes back are numbers, which lead to nothing."""
        for number in numbers:
            if isinstance(number, Value) and number.op is not None:
                raise TypeError(
                    f"{self.use} has {number!r}, the result of {number.op.name!r}, and a replay gives numbers, which "
                    "would cut the graph without a word; call the function itself, or give .data"
                )

    def part(self, cut: slice) -> Any:
        """The argument for some samples of the batch."""
        if self.axis is None:
            return self.tree
        arrays = [np.moveaxis(array[cut], 0, self.axis) if self.axis else array[cut] for array in self._arrays]
        return self._built(self.tree, iter(arrays), iter(()))

    def _of(self, k: int) -> list[Any]:
        """The arrays of a sample; ones, where the batch has none."""
        if self.axis is None:
            return self._arrays
        return [array[k] if len(array) else np.ones(array.shape[1:]) for array in self._arrays]

    def nodes(self, k: int, name: str | None = None) -> tuple[Any, list[list[Value]]]:
        """The argument of one sample as Values, and these in vectors.

        Args:
            k: which sample.
            name: what they are called.
        """
        vectors, arrays = [], []
        for place, array in enumerate(self._of(k)):
            alone = len(self._arrays) == 1 and not self._numbers
            values = named_array(array, name if name is None or alone else f"{name}.{place}")
            arrays.append(values if values.ndim else values[()])
            vectors.append([*np.asarray(values, dtype=object).flat])
        count = len(self._numbers)
        numbers = [
            Value(number, name if count == 1 or name is None else f"{name}[{j}]")
            for j, number in enumerate(self._numbers)
        ]
        if numbers:
            vectors.append(numbers)
        return self._built(self.tree, iter(arrays), iter(numbers)), vectors

    def gradient(self, gradients: Sequence[Floats], per_sample: bool) -> Any:
        """Gradients by the vectors, built as the argument is.

        Args:
            gradients: one for each vector.
            per_sample: whether there is one a sample for what all samples share; the batch is then its first axis.
        """
        pairs = zip(self._arrays, gradients)
        if self.axis is not None:
            built = [gradient.T.reshape(array.shape) for array, gradient in pairs]
            arrays = [np.moveaxis(array, 0, self.axis) for array in built] if self.axis else built
        elif per_sample:
            arrays = [gradient.T.reshape(-1, *array.shape) for array, gradient in pairs]
        else:
            arrays = [gradient.reshape(array.shape) for array, gradient in pairs]
        numbers: Any = ()
        if self._numbers:
            numbers = gradients[-1] if per_sample else gradients[-1][:, 0].tolist()
        return self._built(self.tree, iter(arrays), iter(numbers))

    def _built(self, tree: Any, arrays: Iterator[Any], numbers: Iterator[Any]) -> Any:
        if isinstance(tree, np.ndarray) and tree.ndim:
            return next(arrays)
        if isinstance(tree, dict):
            return {key: self._built(part, arrays, numbers) for key, part in tree.items()}
        if isinstance(tree, (list, tuple)):
            parts = [self._built(part, arrays, numbers) for part in tree]
            return tree._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
        return next(numbers)


def _rows(tree: Any, use: str) -> Any:
    """A batch with its lists of numbers as arrays."""
    if isinstance(tree, dict):
        return {key: _rows(part, use) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        if any(isinstance(part, (dict, np.ndarray)) for part in tree):
            parts = [_rows(part, use) for part in tree]
            return tree._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
        return np.asarray(as_array(tree, use))
    return tree
