"""Linear algebra on arrays of Values: systems of equations, determinants and inverses, each with its own derivative.

LAPACK computes the numbers; nothing of an elimination is recorded. Each number of a result is a node whose operands are
the numbers of the matrix. The derivatives are those of matrix calculus (Giles, "Collected Matrix Derivative Results for
Forward and Reverse Mode Algorithmic Differentiation", 2008), written with the same functions, so they are of any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..text.numerals import shown
from .arrays import Array, as_array, floats, refuse_not_finite
from .custom import of_family, outputs_of
from .operands import has_value
from .value import Value

__all__ = ["det", "inv", "solve"]

Numbers = np.ndarray[Any, np.dtype[Any]]

MINORS = 6
"""Up to so many rows the cofactors of numbers are n² determinants, which are exact where those are."""


def solve(a: Array, b: Array) -> Array:
    """The solution x of the linear equations a·x = b.

    The derivative is that of the equations, da·x + a·dx = db; no step of the elimination is recorded.

    Args:
        a: a square matrix of Values and numbers, as an array or as rows.
        b: the right sides: a vector, or a matrix of which each column is one.

    Returns:
        An array built as b, of Values if there is a Value in a or b.

    Raises:
        TypeError: if something is neither a number nor a Value.
        ValueError: if the shapes don't go together, a number is not finite, or the matrix is singular: to the precision
            of floats, however its rows and columns are scaled.

    >>> A, b = Value.array([[2.0, 1.0], [1.0, 3.0]], "A"), Value.array([3.0, 4.0], "b")
    >>> x = solve(A, b)
    >>> x
    array([Value(1), Value(1)], dtype=object)
    >>> x[0].backward()
    >>> b[0].grad, A[0, 1].grad
    (0.6, -0.6)
    """
    matrix, right = _square(a, "solve()"), _finite(b, "the right side of solve()")
    if right.ndim not in (1, 2) or len(right) != len(matrix):
        raise ValueError(
            f"solve() can't take the shapes {matrix.shape} and {right.shape}; expected a right side with "
            f"{len(matrix)} numbers, or a matrix of such columns"
        )
    entries = matrix.ravel().tolist()
    columns = [outputs_of(SOLVE, entries + column) for column in np.atleast_2d(right.T).tolist()]
    return _array([x for row in zip(*columns) for x in row], right.shape)


def det(a: Array) -> Any:
    """The determinant of a square matrix.

    The derivative by an entry is its cofactor, which is right for a singular matrix too.

    Args:
        a: a square matrix of Values and numbers, as an array or as rows.

    Returns:
        A Value if there is one in a, otherwise a number.

    Raises:
        TypeError: if something is neither a number nor a Value.
        ValueError: if the matrix is not square, or a number is not finite.

    >>> A = Value.array([[2.0, 1.0], [1.0, 3.0]], "A")
    >>> d = det(A)
    >>> d.backward()
    >>> round(d.data, 12), [round(x.grad, 12) for x in A.flat]
    (5.0, [3.0, -1.0, -1.0, 2.0])
    """
    return outputs_of(DET, _square(a, "det()").ravel().tolist())[0]


def inv(a: Array) -> Array:
    """The inverse of a square matrix. For a system of equations, :func:`solve` has fewer nodes and is more accurate.

    Args:
        a: a square matrix of Values and numbers, as an array or as rows.

    Returns:
        An array of its shape, of Values if there is a Value in a.

    Raises:
        TypeError: if something is neither a number nor a Value.
        ValueError: as :func:`solve`.

    >>> A = Value.array([[2.0, 0.0], [0.0, 4.0]], "A")
    >>> B = inv(A)
    >>> B[1, 1], B[1, 1].local_derivatives()
    (Value(0.25), (0.0, 0.0, 0.0, -0.0625))
    """
    matrix = _square(a, "inv()")
    return _array(outputs_of(INV, matrix.ravel().tolist()), matrix.shape)


# ── Numbers and partial derivatives ───────────────────────────────────────────────────────────────────


def _solution(entries: Sequence[float]) -> list[float]:
    n = math.isqrt(len(entries))
    if n * n + n != len(entries):
        raise ValueError(f"solve needs n² + n operands, not {len(entries)}")
    _inverse(tuple(entries[: n * n]))  # refuses a singular matrix
    return np.linalg.solve(_matrix(entries[: n * n]), np.array(entries[n * n :])).tolist()  # type: ignore[no-any-return]


def _solution_slopes(entries: Sequence[Any], k: int) -> list[Any]:
    """xₖ changes by λ·(db − da·x), where λ is the row k of the inverse."""
    matrix, right = _parts(entries)
    n = len(right)
    if _are_floats(entries):
        across = _inverse(tuple(entries[: n * n]))[k]
        return [*(-np.outer(across, _solution(entries))).ravel().tolist(), *across.tolist()]
    across = solve(np.array(matrix, dtype=object).T, np.eye(n)[k]).tolist()
    x = solve(matrix, right).tolist()
    return [*(-p * q for p in across for q in x), *across]


def _parts(entries: Sequence[Any]) -> tuple[list[list[Any]], list[Any]]:
    """The rows of the matrix, and the right side behind it: n² + n numbers in all."""
    n = math.isqrt(len(entries))
    return [list(entries[n * i : n * i + n]) for i in range(n)], list(entries[n * n :])


def _determinant(entries: Sequence[float]) -> list[float]:
    """By elimination, with the largest pivot of each column; NumPy's takes a logarithm, which makes 5 − ε of 5."""
    a = _matrix(entries)
    product, exponent = 1.0, 0
    for k in range(len(a)):
        pivot = k + int(np.abs(a[k:, k]).argmax())
        if a[pivot, k] == 0.0:
            return [0.0]
        if pivot != k:
            a[[k, pivot]] = a[[pivot, k]]
            product = -product
        product, more = math.frexp(product * a[k, k])  # of many small or large numbers the product may be neither
        exponent += more
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k] / a[k, k], a[k, k + 1 :])
    with np.errstate(over="ignore"):
        return [float(np.ldexp(product, exponent))]


def _cofactors(entries: Sequence[Any], k: int) -> list[Any]:
    """The cofactors, without a division by a determinant that may be 0: by minors, of many numbers by an SVD."""
    n = math.isqrt(len(entries))
    if n < 2:
        return [1.0] * n
    if n > MINORS and _are_floats(entries):  # of U·diag(s)·V they are the product of the three factors' cofactors
        u, s, v = np.linalg.svd(_matrix(entries))
        others = [np.prod(np.delete(s, j)) for j in range(n)]
        return [*(np.linalg.det(u) * np.linalg.det(v) * (u * others) @ v).ravel().tolist()]
    matrix = np.array(entries, dtype=object).reshape(n, n)
    minors = [np.delete(np.delete(matrix, i, 0), j, 1) for i in range(n) for j in range(n)]
    return [det(minor) * (-1.0) ** (place // n + place % n) for place, minor in enumerate(minors)]


def _inverted(entries: Sequence[float]) -> list[float]:
    return _inverse(tuple(entries)).ravel().tolist()


def _inverted_slopes(entries: Sequence[Any], k: int) -> list[Any]:
    """The inverse changes by −a⁻¹·da·a⁻¹."""
    n = math.isqrt(len(entries))
    inverse = _inverse(tuple(entries)) if _are_floats(entries) else inv(np.array(entries, dtype=object).reshape(n, n))
    i, j = divmod(k, n)
    return [-p * q for p in inverse[i].tolist() for q in inverse[:, j].tolist()]


SOLVE = of_family(_solution, _solution_slopes, "solve", "solve", "연립방정식의 해", "solution of linear equations")
DET = of_family(_determinant, _cofactors, "det", "det", "행렬식", "determinant", has_one=True)
INV = of_family(_inverted, _inverted_slopes, "inv", "inv", "역행렬", "inverse of a matrix")


# ── Matrices ──────────────────────────────────────────────────────────────────────────────────────────


def _square(a: Array, use: str) -> Any:
    matrix = _finite(a, f"the matrix of {use}")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"{use} needs one square matrix, not an array of the shape {matrix.shape}")
    return matrix


def _finite(a: Array, use: str) -> Any:
    array = np.asarray(as_array(a, use))
    refuse_not_finite(floats(array, use), use, "give finite numbers")
    return array


def _matrix(entries: Sequence[float]) -> Numbers:
    n = math.isqrt(len(entries))
    if n * n != len(entries):
        raise ValueError(f"a square matrix needs n² operands, not {len(entries)}")
    return np.array(entries, dtype=float).reshape(n, n)


@lru_cache(maxsize=16)
def _inverse(entries: tuple[float, ...]) -> Numbers:
    """The inverse of a matrix of numbers, remembered for the next nodes of the same one.

    Raises:
        ValueError: if it is singular. |a⁻¹|·|a| has the least condition number that any scaling of rows and columns
            gives as its spectral radius (Bauer 1963); from 2⁵² on, rounding the entries may make them singular.
    """
    matrix = _matrix(entries)
    with np.errstate(all="ignore"):
        try:
            inverse: Numbers = np.linalg.inv(matrix)
            growth = np.abs(inverse) @ np.abs(matrix)
            is_regular = np.isfinite(growth).all() and np.abs(np.linalg.eigvals(growth)).max() < 2.0**52
        except np.linalg.LinAlgError:
            is_regular = False
    if not is_regular:
        raise ValueError(
            f"the matrix {' '.join(shown(matrix.tolist()).split())} is singular: its rows depend on one another, so it "
            "has no inverse"
        )
    return inverse


def _are_floats(entries: Sequence[Any]) -> bool:
    return not has_value(entries)


def _array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Array:
    """An array of floats, or of Values."""
    if _are_floats(numbers):
        return np.array(numbers, dtype=float).reshape(shape)
    array = np.empty(len(numbers), dtype=object)
    array[:] = numbers
    return array.reshape(shape).view(type(Value.array([])))
