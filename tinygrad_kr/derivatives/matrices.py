"""Derivatives that are matrices: ``jacobian``, ``hessian``, a Hessian times a vector, and where they can only be 0."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, Literal, overload

from .call import Argnums, Call, check_function
from .derived import Derived, Function, Hessian, Product
from .sparse import sparse_hessian, sparse_jacobian, sparse_pattern
from .transforms import gradient_of, jvp
from .trees import Shape, aligned, array, leaves, units

__all__ = ["hessian", "hvp", "jacobian", "sparsity"]


def jacobian(f: Function, argnums: Argnums = 0, has_aux: bool = False, sparse: bool = False) -> Function:
    """The matrix of all partial derivatives of a function, as a function of the same arguments.

    One sweep an output, backwards, or one an input, forwards, whichever is less. With ``sparse``, outputs that have no
    input in common share a sweep, or inputs that have no output in common (:func:`sparsity`).

    Args:
        f: a function of numbers and of trees of them, as for :func:`grad`, that returns such a tree.
        argnums: the argument to differentiate by; a sequence of them gives a tuple for each output.
        has_aux: whether ``f`` returns a pair (result, aux), and the function that is made (matrix, aux).
        sparse: give a ``scipy.sparse`` array (``pip install 'tinygrad_kr[sparse]'``).

    Returns:
        A function. Its result is built as that of ``f``, each part of which is replaced by what is built as the
        argument is. Parts are numbers, arrays, and lists of numbers, which are taken for vectors: two numbers
        give a float, all others an array of the shape of the output and then that of the input.

        With ``sparse`` it is one ``csr_array``, however the arguments are built: a row for each number of the output
        and a column for each of the input, from the left. ``scipy.optimize.least_squares`` takes it as ``jac``.

    Raises:
        TypeError: as :func:`grad`; with ``sparse``, where the derivatives depend on Values other than the arguments'
            numbers.
        ImportError: with ``sparse``, if SciPy is missing.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    array([[4., 3.],
           [1., 1.]])
    >>> jacobian(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 3.0})
    {'a': 3.0, 'b': 2.0}
    >>> J = jacobian(lambda x: [x[k] * x[k + 1] for k in range(99)], sparse=True)([2.0] * 100)
    >>> J.shape, J.nnz, float(J[98, 99])
    ((99, 100), 198, 2.0)
    """
    check_function("jacobian", f, argnums)
    make = _sparse(sparse_jacobian, "jacobian", f, argnums, has_aux) if sparse else _jacobian(f, argnums, has_aux)
    return Derived(make, jacobian, f, argnums, has_aux=has_aux, sparse=sparse)


def _jacobian(f: Function, argnums: Argnums, has_aux: bool) -> Function:
    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", f, args, kwargs, argnums, has_aux=has_aux)
        rows = call.matrix()

        def block(ends: list[int], shape: Shape) -> Any:
            def of(starts: list[int], more: Shape) -> Any:
                numbers = chain.from_iterable(map(rows[end].__getitem__, starts) for end in ends)
                return array(numbers, shape + more) if shape + more else next(numbers)

            columns = units(tuple(call.trees), of)
            return columns[0] if call.single else columns

        blocks = units(call.output, block)
        return (blocks, call.aux) if has_aux else blocks

    return matrix


def _sparse(entries: Callable[[Call], Any], who: str, f: Function, argnums: Argnums, has_aux: bool) -> Function:
    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = Call(who, f, args, kwargs, argnums, has_aux=has_aux)
        return (entries(call), call.aux) if has_aux else entries(call)

    return matrix


@overload
def hessian(
    f: Function, argnums: Literal[0] = 0, has_aux: Literal[False] = False, sparse: Literal[False] = False
) -> Hessian: ...
@overload
def hessian(f: Function, argnums: Argnums = 0, has_aux: bool = False, sparse: bool = False) -> Function: ...
def hessian(f: Function, argnums: Argnums = 0, has_aux: bool = False, sparse: bool = False) -> Function:
    """The matrix of all second derivatives of a function: the Jacobian of its gradient.

    Args:
        f, argnums, has_aux: as for :func:`grad`.
        sparse: give a ``scipy.sparse`` array, as :func:`jacobian` does, and use that a Hessian is symmetric.

    Returns:
        A function. Its result is a float for a number, an (n, n) array for an array or list of n numbers, and a
        dict of dicts for a dict; with ``sparse``, a ``csr_array`` with a row and a column for each number.

    Raises:
        TypeError, ImportError: as :func:`grad` and :func:`jacobian`.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([3.0, 4.0])
    array([[8., 6.],
           [6., 0.]])
    >>> H = hessian(lambda x: sum((x[k + 1] - x[k] ** 2) ** 2 for k in range(99)), sparse=True)([1.0] * 100)
    >>> H.shape, H.nnz, float(H[0, 1]), float(H[0, 2])
    ((100, 100), 298, -4.0, 0.0)
    """
    gradient = gradient_of("hessian", f, argnums, has_aux)
    if sparse:
        make = _sparse(sparse_hessian, "hessian", gradient, argnums, has_aux)
    else:
        make = _jacobian(gradient, argnums, has_aux)
    return Derived(make, hessian, f, argnums, has_aux=has_aux, sparse=sparse)


def sparsity(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Where the Jacobian of a function may have entries, read off the graph: no derivative is computed.

    It is that of the operations that ran: where ``f`` branches, it is about the branches taken at these arguments.
    ``sparsity(grad(f), x)`` is the pattern of a Hessian.

    Args:
        f: as for :func:`jacobian`.
        args, kwargs: its arguments.
        argnums: the argument to differentiate by; of several, all numbers are columns.

    Returns:
        A ``csr_array`` of bools with a row for each number of the output and a column for each of the input, which
        ``scipy.optimize.least_squares`` takes as ``jac_sparsity``.

    Raises:
        TypeError: as :func:`grad`.
        ImportError: if SciPy is missing (``pip install 'tinygrad_kr[sparse]'``).

    >>> sparsity(lambda x: [x[0] * x[1], x[1] + 1, x[2] ** 2], [1.0, 2.0, 3.0]).astype(int).toarray()
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 0, 1]])
    """
    check_function("sparsity", f, argnums)
    return sparse_pattern(Call("sparsity", f, args, kwargs, argnums))


def hvp(f: Function) -> Product:
    """The Hessian of a function times a vector, without the Hessian (forward over reverse).

    Args:
        f: as for :func:`grad`; it is differentiated by its first argument.

    Returns:
        A function (x, v, …) → H(x)·v, built as x is; further arguments are those of ``f``.

    Raises:
        TypeError: as :func:`grad`.
        ValueError: if v is not built as x.

    >>> hvp(lambda x: x[0] * x[0] * x[1])([3.0, 4.0], [1.0, 10.0])
    [68.0, 6.0]
    """
    gradient = gradient_of("hvp", f, 0)

    def product(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        numbers, entries = leaves(x, "x of hvp()"), leaves(v, "v of hvp()")
        if len(numbers) != len(entries):
            raise ValueError(f"hvp() got a v of {len(entries)} numbers for an x of {len(numbers)}; give one for each")
        aligned(v, x, "v of hvp()")
        return jvp(lambda x: gradient(x, *args, **kwargs), (x,), (v,))[1]

    return Derived(product, hvp, f)
