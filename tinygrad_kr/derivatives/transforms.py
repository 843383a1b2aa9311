"""Derivatives of functions: ``grad``, ``jvp``, ``vjp``, ``jacobian``, ``hessian`` … and of graphs that exist already.

Each runs the function once on fresh inputs, which records a graph, and sweeps over the graph between these inputs and
the outputs (``sweeps.py``). Where more than the fresh inputs went in (arguments that are Values, Values that the
function closes over), the sweep is made of operations on Values, so that its result depends on them as it should:
that is all there is to nesting. An input is a node of its own at every call, however often it is the same number,
so a derivative never takes up the perturbation of another.

Names and conventions are those of JAX.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, Literal, overload

from ..engine.graph import walk
from ..engine.modes import recording
from ..engine.value import Value
from ..text.numerals import shown
from .call import Argnums, Call, fresh, moves, number
from .derived import Derivative, Derived, Function, Gradient, Hessian, Product, ValueAndGradient
from .sparse import sparse_hessian, sparse_jacobian, sparse_pattern
from .sweeps import reverse, reverse_on_values
from .trees import Shape, aligned, array, filled, is_array, leaves, units

__all__ = [
    "derivative", "grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "sparsity", "taylor", "value_and_grad",
    "vjp",
]  # fmt: skip

HIGHEST = 1000
"""The highest order of :func:`derivative`: beyond it, n! outgrows any float, scaled or not."""


# ── Graphs that exist already ─────────────────────────────────────────────────────────────────────────


@overload
def gradients(outputs: Any, inputs: Value, seeds: Any = None, create_graph: Literal[False] = False) -> float: ...
@overload
def gradients(outputs: Any, inputs: Value, seeds: Any = None, *, create_graph: Literal[True]) -> Value: ...
@overload
def gradients(
    outputs: Any, inputs: list[Value], seeds: Any = None, create_graph: Literal[False] = False
) -> list[float]: ...
@overload
def gradients(outputs: Any, inputs: Any, seeds: Any = None, create_graph: bool = False) -> Any: ...
def gradients(outputs: Any, inputs: Any, seeds: Any = None, create_graph: bool = False) -> Any:
    """The derivatives of Σ seedₖ·outputₖ with respect to some inputs, apart from ``.grad``.

    Args:
        outputs: a Value, or a list (tuple, dict, array) of them.
        inputs: Values, in the same way: leaves or any others of the graph.
        seeds: the upstream derivative of each output, built as ``outputs``; 1 for all where left out.
        create_graph: compute the derivatives as operations on Values, so that they can be drawn and
            differentiated themselves.

    Returns:
        What ``inputs`` is, with derivatives in place of the Values: floats, or Values with ``create_graph``. It is 0
        for an input that the outputs don't depend on.

    Raises:
        TypeError: if an output or input is not a Value, an input is a constant, or a seed is not a number.
        ValueError: if the seeds are not built as the outputs, or, with ``create_graph``, a leaf's data was set since
            the outputs were computed.
        FloatingPointError: under ``strict()``, where a local derivative is inf or nan.

    >>> x, y = Value(3.0, "x"), Value(4.0, "y")
    >>> z = x * x * y
    >>> gradients(z, [x, y])
    [24.0, 9.0]
    >>> slope = gradients(z, x, create_graph=True)
    >>> gradients(slope, {"x": x, "y": y})
    {'x': 8.0, 'y': 6.0}
    """
    ends, starts = _values(outputs, "outputs"), _values(inputs, "inputs")
    for x in starts:
        if not moves(x):
            raise TypeError(f"gradients() can't differentiate by {x!r}: a constant gets no derivative; use a Value")
    weights: list[Any] = [1.0] * len(ends) if seeds is None else leaves(seeds, "a seed of gradients()")
    if len(weights) != len(ends):
        raise ValueError(f"gradients() got {len(ends)} outputs and {len(weights)} seeds; expected one seed an output")
    if isinstance(outputs, (list, tuple, dict)) and seeds is not None:  # of one output a list of one seed is as good
        weights = aligned(seeds, outputs, "seeds of gradients()")
    if not create_graph:
        return filled(inputs, reverse(walk(ends), ends, [number(weight) for weight in weights], starts))
    with recording():
        return filled(inputs, [fresh(result) for result in reverse_on_values(walk(ends), ends, weights, starts)])


def _values(tree: Any, what: str) -> list[Value]:
    found = leaves(tree, f"gradients({what}=…)")
    for value in found:
        if not isinstance(value, Value):
            raise TypeError(f"gradients() needs Values as {what}, not the number {shown(value)}")
    return found  # type: ignore[return-value]


# ── Gradients ─────────────────────────────────────────────────────────────────────────────────────────


@overload
def grad(f: Function, argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> Gradient: ...
@overload
def grad(f: Function, argnums: int | str, has_aux: Literal[False] = False) -> Function: ...
@overload
def grad(
    f: Function, argnums: Sequence[int | str], has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function: ...
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a function, as a function of the same arguments (reverse mode).

    Args:
        f: a function of numbers, or of lists, tuples, dicts and NumPy arrays of numbers, that returns one real
            number. It is called with Values in the places of the numbers (an array becomes an object array).
        argnums: the argument to differentiate by, its place or its name; a sequence of them gives a tuple of gradients.
        has_aux: whether ``f`` returns a pair (number, aux), and the function that is made (gradient, aux). What is in
            aux is not differentiated, and may be anything.

    Returns:
        A function. Its result is built as the argument is: a float for a number, an array for an array. It is made
        of Values, which can be differentiated again, where it depends on Values other than the arguments' numbers.

    Raises:
        TypeError: if ``f`` can't be called; later, if it does not return one real number (with ``has_aux``, no pair),
            has no such argument, or an argument to differentiate by is not made of real numbers.
        ValueError: if ``argnums`` is empty.

    >>> from tinygrad_kr import sin
    >>> grad(lambda x: x * sin(x))(0.0)
    0.0
    >>> grad(grad(lambda x: x ** 3))(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2, "b": [3]})
    {'a': 3.0, 'b': [2.0]}
    >>> grad(lambda x, rate: rate * x, argnums="rate")(3.0, rate=2.0)
    3.0
    >>> grad(lambda x: (x * x, {"x": x, "what": "a square"}), has_aux=True)(3.0)
    (6.0, {'x': 3.0, 'what': 'a square'})
    """
    return Derived(_gradient("grad", f, argnums, has_aux), grad, f, argnums, has_aux=has_aux)


@overload
def value_and_grad(f: Function, argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> ValueAndGradient: ...
@overload
def value_and_grad(
    f: Function, argnums: int | str, has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, Any]]: ...
@overload
def value_and_grad(
    f: Function, argnums: Sequence[int | str], has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    f: Function, argnums: Argnums = 0, *, has_aux: Literal[True]
) -> Callable[..., tuple[tuple[Any, Any], Any]]: ...
@overload
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function: ...
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns both the value and the gradient, from one evaluation.

    ``scipy.optimize.minimize(value_and_grad(f), x0, jac=True)`` takes it as it is.

    Args:
        f, argnums, has_aux: as for :func:`grad`.

    Returns:
        A function: arguments → (value, gradient); with ``has_aux``, ((value, aux), gradient).

    Raises:
        TypeError: as :func:`grad`.

    >>> value_and_grad(lambda x: x[0] * x[1])([3.0, 4.0])
    (12.0, [4.0, 3.0])
    """
    _check_function("value_and_grad", f, argnums)

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call("value_and_grad", f, args, kwargs, argnums, is_scalar=True, has_aux=has_aux)
        value = call.values()[0]
        return (value, call.aux) if has_aux else value, call.as_arguments(call.pull_back([1.0]))

    return Derived(both, value_and_grad, f, argnums, has_aux=has_aux)


def _gradient(who: str, f: Function, argnums: Argnums, has_aux: bool = False) -> Function:
    _check_function(who, f, argnums)

    @wraps(f)  # its parameters have names
    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = Call(who, f, args, kwargs, argnums, is_scalar=True, has_aux=has_aux)
        slopes = call.as_arguments(call.pull_back([1.0]))
        return (slopes, call.aux) if has_aux else slopes

    return gradient


@overload
def vjp(f: Function, *args: Any, has_aux: Literal[False] = False) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]: ...
@overload
def vjp(f: Function, *args: Any, has_aux: bool) -> tuple[Any, ...]: ...
def vjp(f: Function, *args: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function, and what pulls upstream derivatives back to its arguments (reverse mode).

    Args:
        f: a function of numbers and of trees of them, as for :func:`grad`, that returns such a tree.
        args: its arguments.
        has_aux: whether ``f`` returns a pair (result, aux), of which aux is not differentiated.

    Returns:
        ``(f(*args), pullback)``, with ``has_aux`` (result, pullback, aux): the pullback takes upstream derivatives
        built as the value is, and returns a tuple with the derivatives for each argument. It can be called again.

    Raises:
        TypeError: if an argument or the result is not made of real numbers.
        ValueError: by the pullback, if the upstream derivatives are not built as the result.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> value, pullback([1.0, 10.0])
    ([12.0, 7.0], (14.0, 13.0))
    """
    _check_function("vjp", f)
    call = Call("vjp", f, args, {}, range(len(args)), has_aux=has_aux)

    def pullback(upstream: Any) -> tuple[Any, ...]:
        use = "an upstream derivative of vjp()"
        seeds = leaves(upstream, use)
        if len(seeds) != len(call.outputs):
            raise ValueError(
                f"the result has {len(call.outputs)} numbers and got {len(seeds)} upstream derivatives; "
                "give one for each, built as the result is"
            )
        slopes: tuple[Any, ...] = call.as_arguments(call.pull_back(aligned(upstream, call.output, use)))
        return slopes

    return (filled(call.output, call.values()), pullback, *([call.aux] if has_aux else []))


@overload
def jvp(
    f: Function, xs: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[Any, Any]: ...
@overload
def jvp(f: Function, xs: Sequence[Any], tangents: Sequence[Any], has_aux: bool) -> tuple[Any, ...]: ...
def jvp(f: Function, xs: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function, and its derivative along a direction (forward mode).

    Args:
        f: a function of numbers and of trees of them, as for :func:`grad`, that returns such a tree.
        xs: its arguments, as a list or tuple.
        tangents: the direction: for each argument, what is built as it is.
        has_aux: whether ``f`` returns a pair (result, aux), of which aux is not differentiated.

    Returns:
        ``(f(*xs), derivative)``, with ``has_aux`` (result, derivative, aux); the derivative is built as the value
        is.

    Raises:
        TypeError: if ``xs`` is not a list or tuple, or something is not made of real numbers.
        ValueError: if the tangents are not built as the arguments.
        FloatingPointError: under ``strict()``, where a local derivative is inf or nan.

    >>> jvp(lambda x, y: [x * y, x + y], (3.0, 4.0), (1.0, 10.0))
    ([12.0, 7.0], [34.0, 11.0])
    """
    _check_function("jvp", f)
    if not isinstance(xs, (list, tuple)):
        raise TypeError(f"jvp() needs the arguments as a list or tuple, not {shown(xs)}; of one argument, give (x,)")
    call = Call("jvp", f, xs, {}, range(len(xs)), has_aux=has_aux)
    use = "a tangent of jvp()"
    directions = leaves(tangents, use)
    if len(directions) != len(call.inputs):
        raise ValueError(
            f"the arguments have {len(call.inputs)} numbers and got {len(directions)} tangents; "
            "give one for each, built as the arguments are"
        )
    directions = aligned(tangents, xs, use)
    derivative = filled(call.output, call.push_forward(directions))
    return (filled(call.output, call.values()), derivative, *([call.aux] if has_aux else []))


# ── Matrices ──────────────────────────────────────────────────────────────────────────────────────────


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
    _check_function("jacobian", f, argnums)
    make = _sparse(sparse_jacobian, "jacobian", f, argnums, has_aux) if sparse else _jacobian(f, argnums, has_aux)
    return Derived(make, jacobian, f, argnums, has_aux=has_aux, sparse=sparse)


def _jacobian(f: Function, argnums: Argnums, has_aux: bool) -> Function:
    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", f, args, kwargs, argnums, has_aux=has_aux)
        rows = call.matrix()

        def block(ends: list[int], shape: Shape) -> Any:
            def of(starts: list[int], more: Shape) -> Any:
                numbers = (rows[end][start] for end in ends for start in starts)
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
    gradient = _gradient("hessian", f, argnums, has_aux)
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
    _check_function("sparsity", f, argnums)
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
    gradient = _gradient("hvp", f, 0)

    def product(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        numbers, entries = leaves(x, "x of hvp()"), leaves(v, "v of hvp()")
        if len(numbers) != len(entries):
            raise ValueError(f"hvp() got a v of {len(entries)} numbers for an x of {len(numbers)}; give one for each")
        aligned(v, x, "v of hvp()")
        return jvp(lambda x: gradient(x, *args, **kwargs), (x,), (v,))[1]

    return Derived(product, hvp, f)


# ── Higher derivatives of one number ──────────────────────────────────────────────────────────────────


def derivative(f: Function, n: int = 1) -> Derivative:
    """The n-th derivative of a function of one number, from its Taylor series.

    Args:
        f: a function of one number that returns one number.
        n: how often it is differentiated; 0 is the function itself.

    Returns:
        A function x → f⁽ⁿ⁾(x).

    Raises:
        TypeError: if ``f`` can't be called, or does not return one real number, or ``n`` is not an int.
        ValueError: if ``n`` is negative, more than 1000, or too high for the series to nest.
        FloatingPointError: under ``strict()``, where a Taylor coefficient becomes inf or nan; otherwise that is a
            RuntimeWarning.

    >>> derivative(lambda x: x ** 5, 3)(2.0)
    240.0
    """
    _check_function("derivative", f)
    _check_order("derivative", n)
    if n > HIGHEST:
        raise ValueError(f"derivative() computes derivatives up to the order {HIGHEST}, not {n}")
    # The largest power of 2 whose n-th power is below n!: so scaled, a coefficient is a float where the result is one.
    scale = 2 ** ((math.factorial(n).bit_length() - 1) // n) if n > 100 else 1

    def nth(x: Any) -> Any:
        return _series("derivative", f, x, n, scale)[n] * (math.factorial(n) / scale**n)

    return Derived(nth, derivative, f, n)


@overload
def taylor(f: Function, x: float, order: int) -> list[float]: ...
@overload
def taylor(f: Function, x: Value, order: int) -> list[Value]: ...
def taylor(f: Function, x: Any, order: int) -> list[Any]:
    """The coefficients f⁽ᵏ⁾(x)/k!, k = 0 … order, of a function's Taylor series.

    They are computed together, by the formulas of the table on power series: O(order²) for each operation. Where an
    operation has Python functions for partials (``@operation``), the function is differentiated order times instead.

    Args:
        f: a function of one number that returns one number.
        x: where it is expanded.
        order: the highest power.

    Returns:
        order + 1 coefficients.

    Raises:
        TypeError: if ``f`` can't be called, or does not return one real number, or ``order`` is not an int.
        ValueError: if ``order`` is negative, or too high for the series to nest.
        FloatingPointError: under ``strict()``, where a coefficient becomes inf or nan; otherwise that is a
            RuntimeWarning.

    >>> from tinygrad_kr import exp
    >>> taylor(exp, 0.0, 4)
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    _check_function("taylor", f)
    _check_order("taylor", order)
    return _series("taylor", f, x, order, 1)


def _series(who: str, f: Function, x: Any, order: int, scale: int) -> list[Any]:
    """The coefficients of tᵏ, k = 0 … order, of f(x + scale · t)."""
    if isinstance(x, (list, tuple, dict)) or is_array(x):
        raise TypeError(f"{who}() expands functions of one number, not of {shown(x)}; use jacobian() or hessian()")
    call = Call(who, f, (x,), {}, 0, is_scalar=True)
    if call.has_python:
        return list(_differentiated(f, x, order, scale))
    try:
        return call.expand(order, scale)
    except RecursionError:
        raise ValueError(
            f"{who}() can't reach the order {order} of {call.name}(): its series nest too deep; use a lower order"
        ) from None


def _differentiated(f: Function, x: Any, order: int, scale: int) -> Iterator[Any]:
    """f⁽ᵏ⁾(x) · scaleᵏ/k! for every k, each the gradient of the one before."""
    for k in range(order + 1):
        if k:
            f = grad(f)
        yield (f(x) if k else value_and_grad(f)(x)[0]) / (math.factorial(k) / scale**k)


# ── Arguments ─────────────────────────────────────────────────────────────────────────────────────────


def _check_function(who: str, f: object, argnums: Argnums = 0) -> None:
    if not callable(f):
        raise TypeError(f"{who}() needs a function, not the {type(f).__name__} {shown(f)}; give f, not f(x)")
    if not isinstance(argnums, (int, str)) and not hasattr(argnums, "__iter__"):
        raise TypeError(f"{who}(argnums=…) needs places or names of arguments, not {shown(argnums)}")
    if not isinstance(argnums, (int, str)) and hasattr(argnums, "__len__") and not len(argnums):
        raise ValueError(f"{who}(argnums={shown(argnums)}) names no argument to differentiate by; name at least one")


def _check_order(who: str, n: object) -> None:
    if not isinstance(n, int):
        raise TypeError(f"{who}() needs an int as order, not the {type(n).__name__} {shown(n)}")
    if n < 0:
        raise ValueError(f"{who}() needs an order of at least 0, not {n}")
