"""How good a classifier's answers are: which classes it takes for which, and its worst mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.arrays import classes as as_classes
from ..engine.arrays import real_array
from ..text.options import check

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
    if classes is not None:
        check(classes=classes)
    answers, right = as_classes(predicted, "predicted", classes), as_classes(true, "true", classes)
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
        ValueError: if the shapes do not fit, a probability is not from 0 to 1, or ``count`` is not a number from 1.

    >>> worst_mistakes([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [1, 1, 1])
    array([0, 1])
    """
    table: Array = real_array(probabilities, "probabilities", error=ValueError)
    if table.ndim != 2:
        raise ValueError(f"probabilities of shape {table.shape} are not possible; expected numbers of shape (N, K)")
    if not ((table >= 0) & (table <= 1 + 1e-6)).all():
        raise ValueError("probabilities should be from 0 to 1; give the outputs of softmax, not the scores before it")
    right = as_classes(true, "true", table.shape[1])
    if len(right) != len(table):
        raise ValueError(f"there are probabilities of {len(table)} examples and {len(right)} true classes")
    check(count=count)
    wrong = np.flatnonzero(table.argmax(axis=1) != right)
    chances = table[wrong, right[wrong]]
    return wrong[np.argsort(chances, kind="stable")[:count]]
