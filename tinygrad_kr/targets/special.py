"""What formulas on arrays call beside NumPy. Exported sources hold this file's text, so it takes nothing of ours.

The error function is W. J. Cody's, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["erf", "erfc", "prod_of_others", "sigmoid"]


def ratio(x: Any, above: tuple[float, ...], below: tuple[float, ...]) -> Any:
    """A polynomial over another, whose first coefficient is 1."""
    top, bottom = above[0], 1.0
    for a in above[1:]:
        top = top * x + a
    for b in below:
        bottom = bottom * x + b
    return top / bottom


NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3),
)


def gauss(y: Any) -> Any:
    """exp(-y²)."""
    short = np.floor(y * 16.0) / 16.0
    return np.exp(-short * short) * np.exp(-(y - short) * (y + short))


def outside(y: Any) -> Any:
    """erfc(y) for y above 0.46875."""
    square = 1.0 / (y * y)
    far = (0.56418958354775628695 - square * ratio(square, *FAR)) / y
    return np.where(y > 28.0, 0.0, gauss(y) * np.where(y > 4.0, far, ratio(y, *MIDDLE)))


def inside(x: Any) -> Any:
    """erf(x) for x between -0.46875 and 0.46875."""
    return x * ratio(x * x, *NEAR)


def erf(x: Any) -> Any:
    """The error function.

    >>> erf(np.array([0.0, 1.0]))
    array([0.        , 0.84270079])
    """
    y = np.absolute(x)
    tail = np.minimum(y, 6.0)  # from there on erf is 1, and until there MIDDLE has the digits that show beside 1
    return np.where(y > 0.46875, np.sign(x) * (1.0 - gauss(tail) * ratio(tail, *MIDDLE)), inside(x))


def erfc(x: Any) -> Any:
    """The complementary error function, precise where it is small.

    >>> erfc(np.array([0.0, 10.0]))
    array([1.00000000e+00, 2.08848758e-45])
    """
    y = np.absolute(x)
    tail = outside(y)
    return np.where(y > 0.46875, np.where(x < 0.0, 2.0 - tail, tail), 1.0 - inside(x))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow.

    >>> sigmoid(np.array([0.0, -1000.0]))
    array([0.5, 0. ])
    """
    small = np.exp(-np.absolute(x))
    return np.where(x >= 0.0, 1.0, small) / (1.0 + small)


def prod_of_others(x: Any) -> Any:
    """The product of all but one along axis 1, without a division.

    >>> prod_of_others(np.array([[2.0, 0.0, 5.0]]))
    array([[ 0., 10.,  0.]])
    """
    ones = np.ones_like(x[:, :1])
    before = np.cumprod(np.concatenate((ones, x[:, :-1]), 1), 1)
    after = np.cumprod(np.concatenate((ones, np.flip(x, 1)[:, :-1]), 1), 1)
    return before * np.flip(after, 1)
