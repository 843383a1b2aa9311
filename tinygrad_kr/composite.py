"""Operations whose derivative comes from differentiating another function: checkpoints and implicit functions.

Both are rows with Python functions for partials (``custom.py``), so they draw, pickle by name and can be
differentiated to any order as every operation can.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from .custom import operation, parameters
from .derivatives import grad
from .functions import divide
from .modes import no_grad
from .value import Value

__all__ = ["checkpoint", "implicit"]


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make one node of a whole function: its graph is not kept, and is computed again when a derivative is asked for.

    That trades time for memory: of a long computation made of such pieces only the numbers between them are kept.

    Args:
        function: a function of a fixed number of real numbers that returns one, written with the functions of
            tinygrad_kr. It has to give the same result each time.

    Returns:
        The function as an operation (see :func:`tinygrad_kr.operation`).

    Raises:
        TypeError, ValueError: as :func:`tinygrad_kr.operation`.

    >>> @checkpoint
    ... def newton(x):
    ...     for _ in range(100):
    ...         x = 0.5 * (x + 2 / x)
    ...     return x * 3
    >>> x = Value(1.0, "x")
    >>> newton(x), newton(x).parents
    (Value(4.24264068712), (Value(1, name='x'),))
    """
    count = len(parameters(function))
    slopes = _kept(grad(function, argnums=tuple(range(count))))

    def forward(*numbers: float) -> Any:
        with no_grad():
            result = function(*numbers)
        return result.data if isinstance(result, Value) else result

    def partial(k: int) -> Callable[..., Any]:
        return lambda *inputs_and_result: slopes(*inputs_and_result[:-1])[k]

    return operation(partials=[partial(k) for k in range(count)])(wraps(function)(forward))


def implicit(residual: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an operation of a solver: x as a function of θ, where residual(x, θ…) = 0.

    The derivative does not go through the solver's steps. By the implicit function theorem it is
    ∂x/∂θ = −(∂residual/∂θ) / (∂residual/∂x) at the solution. For a fixed point x = g(x, θ) the residual is
    g(x, θ) − x.

    Args:
        residual: a function of x and the solver's parameters, written with the functions of tinygrad_kr.

    Returns:
        A decorator for the solver: a function of the parameters, which are floats, that returns x, found by any means.

    Raises:
        TypeError, ValueError: as :func:`tinygrad_kr.operation`; or if residual does not take x and the parameters.

    >>> @implicit(lambda x, a: x * x - a)
    ... def root(a):
    ...     return a**0.5
    >>> a = Value(4.0, "a")
    >>> y = root(a)
    >>> y.backward()
    >>> y, a.grad
    (Value(2, grad=1), 0.25)
    """
    taken = len(parameters(residual))

    def decorate(solve: Callable[..., Any]) -> Callable[..., Any]:
        count = len(parameters(solve))
        if taken != count + 1:
            raise TypeError(
                f"implicit(): the residual takes {taken} arguments and the solver {count}; "
                "expected x and then the solver's parameters"
            )
        slopes = _kept(grad(residual, argnums=tuple(range(taken))))

        def partial(k: int) -> Callable[..., Any]:
            def along(*parameters_and_x: Any) -> Any:
                *thetas, x = parameters_and_x
                by_x, *by_thetas = slopes(x, *thetas)
                return divide(-by_thetas[k], by_x)

            return along

        return operation(partials=[partial(k) for k in range(count)])(solve)

    return decorate


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which remembers its last result for floats: every partial of a node asks for the same."""
    last: tuple[tuple[Any, ...], Any] = ((), None)

    def call(*arguments: Any) -> Any:
        nonlocal last
        if any(isinstance(argument, Value) for argument in arguments):
            return function(*arguments)
        known, result = last
        if known != arguments:
            result = function(*arguments)
            last = arguments, result
        return result

    return call
