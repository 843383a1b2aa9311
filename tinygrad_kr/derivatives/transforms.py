"""Derivatives of functions: ``grad``, ``jvp``, ``vjp``, and of graphs that exist already.

Each runs the function once on fresh inputs, which records a graph, and sweeps over the graph between these inputs and
the outputs (``sweeps.py``). Where more than the fresh inputs went in (arguments that are Values, Values that the
function closes over), the sweep is made of operations on Values, so that its result depends on them as it should:
that is all there is to nesting. An input is a node of its own at every call, however often it is the same number,
so a derivative never takes up the perturbation of another.

Names and conventions are those of JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, overload

from ..engine.graph import ordered
from ..engine.modes import recording
from ..engine.value import Value
from ..text.numerals import shown
from .call import Argnums, Call, check_function, fresh, moves, number
from .derived import Derived, Function, Gradient, ValueAndGradient
from .sweeps import reverse, reverse_on_values
from .trees import aligned, filled, leaves

__all__ = ["grad", "gradient_of", "gradients", "jvp", "value_and_grad", "vjp"]

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
        return filled(inputs, reverse(ordered(ends), ends, [number(weight) for weight in weights], starts))
    with recording():
        return filled(inputs, [fresh(result) for result in reverse_on_values(ordered(ends), ends, weights, starts)])


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
    return Derived(gradient_of("grad", f, argnums, has_aux), grad, f, argnums, has_aux=has_aux)


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
    check_function("value_and_grad", f, argnums)

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call("value_and_grad", f, args, kwargs, argnums, is_scalar=True, has_aux=has_aux)
        value = call.values()[0]
        return (value, call.aux) if has_aux else value, call.as_arguments(call.pull_back([1.0]))

    return Derived(both, value_and_grad, f, argnums, has_aux=has_aux)


def gradient_of(who: str, f: Function, argnums: Argnums, has_aux: bool = False) -> Function:
    """The gradient as a function of the same arguments, for a transform that is made of it.

    Args:
        who: that transform, as messages say it.
        f, argnums, has_aux: as for :func:`grad`.

    Raises:
        TypeError, ValueError: as :func:`grad`.

    >>> gradient_of("hessian", lambda x: x * x, 0)(3.0)
    6.0
    """
    check_function(who, f, argnums)

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
    check_function("vjp", f)
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
    check_function("jvp", f)
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
