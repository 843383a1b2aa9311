"""Real data to learn from: handwritten digits, two moons, diabetes.

They come with scikit-learn (the extra ``learn``): nothing is fetched from anywhere.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..text.bilingual import Bilingual
from ..text.numerals import shown
from ..text.options import check

__all__ = ["Data", "diabetes", "digits", "moons"]


class Data(NamedTuple):
    """Samples to learn from, and others to be tested with.

    Attributes:
        train: the inputs (N, D) and what is right for each, (N,).
        test: others of the same kind, which a network does not see while it learns.
    """

    train: tuple[Any, Any]
    test: tuple[Any, Any]


def digits(test_share: float = 0.2, seed: int = 0) -> Data:
    """1,797 handwritten digits, images of 8 × 8 grey pixels from 0 to 1, and the digits 0 to 9 that they are.

    Args:
        test_share: the share that is held out, between 0 and 1.
        seed: of the order.

    Raises:
        ImportError: without scikit-learn.
        ValueError: if the share leaves nothing on a side.

    Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository.

    >>> data = digits()
    >>> data.train[0].shape, data.test[0].shape, data.train[1][:5].tolist()
    ((1438, 64), (359, 64), [0, 4, 9, 5, 8])
    """
    x, t = _datasets().load_digits(return_X_y=True)
    return _split(x / 16.0, t, test_share, seed)


def moons(samples: int = 200, noise: float = 0.1, test_share: float = 0.2, seed: int = 0) -> Data:
    """Two half circles that reach into each other: points of the plane, and which of the two each belongs to.

    Args:
        samples: how many points.
        noise: the standard deviation of their distance from the half circles.
        test_share: the share that is held out, between 0 and 1.
        seed: of the noise and the order.

    Raises:
        ImportError: without scikit-learn.
        ValueError: if the share leaves nothing on a side, or ``samples`` or ``noise`` are not possible.

    >>> x, t = moons().train
    >>> x.shape, sorted(set(t.tolist()))
    ((160, 2), [0, 1])
    """
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 2:
        raise ValueError(f"samples={shown(samples)} is not possible; expected a whole number above 1")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise={shown(noise)} is not possible; expected a standard deviation from 0")
    check(seed=seed)
    x, t = _datasets().make_moons(n_samples=samples, noise=noise, random_state=int(seed) % 2**32)  # which has no larger
    return _split(x, t, test_share, seed)


def diabetes(test_share: float = 0.2, seed: int = 0) -> Data:
    """Ten measurements of each of 442 patients, and how far their diabetes had progressed a year later.

    Every column, and what is to be predicted, is shifted and scaled to the mean 0 and the standard deviation 1
    of the training samples.

    Args:
        test_share: the share that is held out, between 0 and 1.
        seed: of the order.

    Raises:
        ImportError: without scikit-learn.
        ValueError: if the share leaves nothing on a side.

    Source: Efron, Hastie, Johnstone and Tibshirani 2004, "Least Angle Regression".

    >>> x, t = diabetes().train
    >>> x.shape, bool(abs(t.mean()) < 1e-9)
    ((354, 10), True)
    """
    x, t = _datasets().load_diabetes(return_X_y=True)
    data = _split(x, t[:, np.newaxis], test_share, seed)
    scales = [(part.mean(axis=0), part.std(axis=0)) for part in data.train]
    train, test = (tuple((part - mean) / std for part, (mean, std) in zip(pair, scales)) for pair in data)
    return Data((train[0], train[1].ravel()), (test[0], test[1].ravel()))


def _datasets() -> ModuleType:
    try:
        import sklearn.datasets
    except ImportError:
        run = "pip install 'tinygrad_kr[learn]'"
        en, ko = f"these data come with scikit-learn: run {run}", f"이 데이터는 scikit-learn에 들어 있습니다. {run}"
        raise ImportError(Bilingual(en, ko)) from None
    return sklearn.datasets  # type: ignore[no-any-return]


def _split(x: Any, t: Any, test_share: float, seed: int) -> Data:
    """The samples in a random order, the first of them to test with."""
    count = int(len(x) * test_share) if 0 < test_share < 1 else 0
    if not 0 < count < len(x):
        raise ValueError(
            f"test_share={shown(test_share)} is not possible with {len(x)} samples; expected a share between 0 and 1 "
            "that leaves samples on both sides"
        )
    check(seed=seed)
    order = np.random.default_rng(seed).permutation(len(x))
    return Data((x[order[count:]], t[order[count:]]), (x[order[:count]], t[order[:count]]))
