"""How good a classifier's answers are: which classes it takes for which, and its worst mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..text.numerals import shown

if TYPE_CHECKING:
    from typing import TypeAlias

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

__all__ = ["confusion", "worst_mistakes"]


def confusion(predicted: Any, true: Any, classes: int | None = None) -> Array:
    """Count which class was taken for which.

    Args:
        predicted: the classes that were answered, shape (N,).
        true: the right ones, shape (N,).
        classes: how many there are, K; one more than the largest that occurs where left out.

    Returns:
        A table of counts, shape (K, K): the right class by row, the answer by column. Right answers are on the
        diagonal. (The rows and columns are those of scikit-learn's ``confusion_matrix``.)

    Raises:
        ValueError: if they are not equally many whole numbers from 0 to K - 1.

    >>> confusion([0, 1, 1, 2], [0, 1, 2, 2])
    array([[1, 0, 0],
           [0, 1, 0],
           [0, 1, 1]])
    """
    answers, right = _classes("predicted", predicted, classes), _classes("true", true, classes)
    if len(answers) != len(right):
        raise ValueError(f"there are {len(answers)} predicted and {len(right)} true classes; expected equally many")
    size = classes or int(max(answers.max(initial=0), right.max(initial=0))) + 1
    return np.bincount(right * size + answers, minlength=size * size).reshape(size, size)


def worst_mistakes(probabilities: Any, true: Any, count: int = 20) -> Array:
    """Find the examples that a classifier got wrong and was surest about, the worst first.

    How bad an answer is, is its loss: the cross-entropy −log p(right class).

    Args:
        probabilities: of each class for each example, shape (N, K).
        true: the right classes, shape (N,).
        count: how many at the most.

    Returns:
        The places of the examples, an array of at most ``count`` integers. Right answers are never among them.

    Raises:
        ValueError: if the shapes do not fit, a probability is not from 0 to 1, or ``count`` is no number from 1.

    >>> worst_mistakes([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [1, 1, 1])
    array([0, 1])
    """
    table = np.asarray(probabilities)
    if table.ndim != 2 or table.dtype.kind not in "biuf":
        raise ValueError(f"probabilities of shape {table.shape} are not possible; expected numbers of shape (N, K)")
    if not ((table >= 0) & (table <= 1 + 1e-6)).all():
        raise ValueError("probabilities should be from 0 to 1; give the outputs of softmax, not the scores before it")
    right = _classes("true", true, table.shape[1])
    if len(right) != len(table):
        raise ValueError(f"there are probabilities of {len(table)} examples and {len(right)} true classes")
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"count={shown(count)} is not possible; expected a whole number from 1")
    wrong = np.flatnonzero(table.argmax(axis=1) != right)
    chances = table[wrong, right[wrong]]
    return wrong[np.argsort(chances, kind="stable")[:count]]


def _classes(name: str, given: Any, classes: int | None) -> Array:
    """The class indices, checked."""
    array = np.asarray(given)
    if array.size == 0:
        array = array.astype(int)
    if array.ndim != 1 or array.dtype.kind not in "biu":
        raise ValueError(
            f"{name} should be class indices, whole numbers of shape (N,), not {array.dtype} of shape {array.shape}"
        )
    if classes is not None and (isinstance(classes, bool) or not isinstance(classes, (int, np.integer)) or classes < 1):
        raise ValueError(f"classes={shown(classes)} is not possible; expected a whole number from 1")
    outside = (array < 0) | (array >= classes) if classes is not None else array < 0
    if outside.any():
        place = int(np.argmax(outside))
        range_ = f"from 0 to {classes - 1}" if classes is not None else "from 0"
        raise ValueError(f"{name}[{place}] is class {array[place]}; expected {range_}")
    return array.astype(np.intp)
