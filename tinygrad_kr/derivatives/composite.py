"""Operations whose derivative comes from differentiating another function: checkpoints and implicit functions.

Both are rows with Python functions for partials (``custom.py``), so they draw, pickle by name and can be
differentiated to any order as every operation can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from ..engine.custom import operation
from ..engine.signatures import parameters, row_name
from ..engine.value import Constant, Value
from ..text.callers import warn
from ..text.numerals import numeral, to_float
from .formulas import divide
from .systems import system as of_system
from .transforms import grad, value_and_grad

__all__ = ["checkpoint", "implicit"]


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make one node of a whole function: its graph is not kept, and is computed again when a derivative is asked for.

    That trades time for memory: of a long computation made of such pieces only the numbers between them are kept.

    Args:
        function: a function of a fixed number of real numbers (no arrays) that returns one, written with the functions
            of tinygrad_kr. It has to give the same result each time; a derivative runs it once for each argument.

    Returns:
        The function as an operation (see :func:`tinygrad_kr.operation`).

    Raises:
        TypeError, ValueError: as :func:`tinygrad_kr.operation`; a Value that is used but not passed as an argument is
            refused.

    >>> @checkpoint
    ... def newton(x):
    ...     for _ in range(100):
    ...         x = 0.5 * (x + 2 / x)
    ...     return x * 3
    >>> x = Value(1.0, "x")
    >>> newton(x), newton(x).parents
    (Value(4.24264068712), (Value(1, name='x'),))
    """
    count = len(parameters(function, "checkpoint"))
    row_name(function, "checkpoint")
    slopes = grad(function, argnums=tuple(range(count)))

    @wraps(function)
    def forward(*numbers: float) -> Any:
        # On Values, as the derivative will be. What is recorded is forgotten at once, but for one question: whether
        # other Values went in (operation() asks it of a result that is a Value).
        inputs = [Value(number) for number in numbers]
        result = function(*inputs)
        for x in inputs:
            x.__class__ = Constant
        return result

    def partial(k: int) -> Callable[..., Any]:
        # Each partial runs the function again. Nothing is remembered: the function may use what has changed since.
        return lambda *inputs_and_result: slopes(*inputs_and_result[:-1])[k]

    return operation(partials=[partial(k) for k in range(count)])(forward)


def implicit(residual: Callable[..., Any], system: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an operation of a solver: x as a function of θ, where residual(x, θ…) = 0.

    The derivative does not go through the solver's steps. By the implicit function theorem it is
    ∂x/∂θ = −(∂residual/∂θ) / (∂residual/∂x) at the solution. For a fixed point x = g(x, θ) the residual is
    g(x, θ) − x.

    Args:
        residual: a function of x and the solver's parameters, written with the functions of tinygrad_kr.
        system: whether x and the parameters are built of numbers: lists, tuples, dicts and arrays of them, in one
            another. The residual then has as many numbers as x, in the same places. Without it, x and the parameters
            are numbers, and arrays are taken element by element.

    Returns:
        A decorator for the solver: a function of the parameters, which are floats (built as they are given), that
        returns x, found by any means.

    Raises:
        TypeError, ValueError: as :func:`tinygrad_kr.operation`; or if residual does not take x and the parameters;
            later, if it is not built as x, or the system is singular where a derivative is asked for.

    Warns:
        RuntimeWarning: where the solver's x does not solve: |residual| > 10⁻⁶·(|x·∂residual/∂x| + Σ|θ·∂residual/∂θ|).

    >>> @implicit(lambda x, a: x * x - a)
    ... def root(a):
    ...     return a**0.5
    >>> a = Value(4.0, "a")
    >>> y = root(a)
    >>> y.backward()
    >>> y, a.grad
    (Value(2, grad=1), 0.25)

    >>> @implicit(lambda x, p: [x[0] + x[1] - p["sum"], x[0] * x[1] - p["product"]], system=True)
    ... def two_numbers(p):
    ...     root = (p["sum"] ** 2 / 4 - p["product"]) ** 0.5
    ...     return [p["sum"] / 2 - root, p["sum"] / 2 + root]
    >>> two_numbers({"sum": 7.0, "product": Value(12.0)})
    [Value(3), Value(4)]
    >>> grad(lambda p: two_numbers(p)[1])({"sum": 7.0, "product": 12.0})
    {'sum': 4.0, 'product': -1.0}
    """
    taken = len(parameters(residual, "implicit"))

    def decorate(solve: Callable[..., Any]) -> Callable[..., Any]:
        count, name = len(parameters(solve, "implicit")), row_name(solve, "implicit")
        if taken != count + 1:
            raise TypeError(
                f"implicit(): the residual takes {taken} arguments and the solver {count}; "
                "expected x and then the solver's parameters"
            )
        if system:
            return of_system(residual, solve, name)
        slopes = grad(residual, argnums=tuple(range(taken)))

        @wraps(solve)
        def solved(*thetas: float) -> Any:
            x = solve(*thetas)
            if isinstance(x, Value):  # of Values from outside, which operation() refuses
                return x
            x = to_float(x, f"the result of the operation {name!r}")
            rest = _compare(residual, name, thetas, x)
            return rest if isinstance(rest, Value) else x

        def partial(k: int) -> Callable[..., Any]:
            @wraps(residual)  # which is what a pickle has to know of it
            def along(*parameters_and_x: Any) -> Any:
                *thetas, x = parameters_and_x
                by_x, *by_thetas = slopes(x, *thetas)
                return divide(-by_thetas[k], by_x)

            return along

        return operation(partials=[partial(k) for k in range(count)])(solved)

    return decorate


def _compare(residual: Callable[..., Any], name: str, thetas: Sequence[float], x: float) -> Any:
    """Warn of a solution that is none: where the residual is not small beside the terms it is made of.

    By Taylor's theorem those change by x·∂F/∂x and θ·∂F/∂θ when an argument changes as a whole. A millionth of them is
    small; so is what a change of x by 1e-12 does, for a solution at 0.

    Returns:
        The residual: a float, or a Value if it uses Values from outside.
    """
    arguments = (x, *thetas)
    rest, slopes = value_and_grad(residual, argnums=tuple(range(len(arguments))))(*arguments)
    if isinstance(rest, Value):
        return rest
    terms = sum(abs(argument * slope) for argument, slope in zip(arguments, slopes))
    if abs(rest) > 1e-6 * terms + 1e-12 * abs(slopes[0]):
        given = ", ".join(map(numeral, thetas))
        warn(
            f"{name}({given}) is {numeral(x)}, where the residual is {numeral(rest)} and not 0; "
            "the solver has not solved it, so its derivative is wrong too"
        )
    return rest
