"""Solvers of systems as operations: x(θ) where F(x, θ) = 0, with x and θ built of numbers in any way.

Each number of x is a node whose operands are the numbers of θ. Its derivatives are those of the implicit function
theorem, ∂x/∂θ = −(∂F/∂x)⁻¹·∂F/∂θ at the solution, written with ``jacobian`` and ``solve``: on Values they are a graph
again, so that they are of any order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache, wraps
from typing import Any

from ..engine.custom import of_family, outputs_of, refuse_outsiders
from ..engine.elementary import dot
from ..engine.operands import has_value
from ..engine.value import Value
from ..text.callers import warn
from ..text.numerals import numeral
from .call import Call, number
from .trees import aligned, filled, frame, leaves

__all__ = ["system"]

REMEMBERED = 16
"""Of so many θ the solution is kept: all nodes of a solution, and its derivatives, ask for the same one."""


def system(residual: Callable[..., Any], function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Make an operation of a solver of a system.

    Args:
        residual: F(x, θ…).
        function: the solver, θ… → x.
        name: what it is called.
    """
    made: dict[Hashable, _System] = {}

    @wraps(function)
    def solved(*thetas: Any) -> Any:
        operands = leaves(thetas, f"an argument of {name}()")
        numbers = filled(thetas, map(number, operands))
        key = tuple(map(frame, thetas))
        if key not in made:
            made[key] = _System(residual, function, name, numbers)
        return made[key](operands)

    return solved


class _System:
    """A solver for parameters that are built in one way.

    Args:
        residual, function, name: as for :func:`system`.
        like: parameters, for the way they are built.
    """

    def __init__(
        self, residual: Callable[..., Any], function: Callable[..., Any], name: str, like: tuple[Any, ...]
    ) -> None:
        self.residual, self.function, self.name, self.like = residual, function, name, like
        self.solution = lru_cache(REMEMBERED)(self._solution)
        self.matrix = lru_cache(REMEMBERED)(self._matrix)
        words = f"{name}의 해", f"solution of {name}"
        self.row = of_family(self._values, self._slopes, name, name, *words)

    def __reduce__(self) -> tuple[Any, ...]:  # without what is remembered
        return _System, (self.residual, self.function, self.name, self.like)

    def __call__(self, operands: Sequence[Any]) -> Any:
        """The solution, built as the solver builds it."""
        x, _ = self.solution(tuple(map(number, operands)))
        return filled(x, outputs_of(self.row, operands))

    def _solution(self, thetas: tuple[float, ...]) -> tuple[Any, list[float]]:
        """What the solver returns for these parameters, and the numbers in it, once they are found to solve."""
        x = self.function(*filled(self.like, thetas))
        numbers = leaves(x, f"the result of the solver {self.name}()")
        for found in numbers:
            if isinstance(found, Value):
                refuse_outsiders(self.name, found)
        unknowns = [number(found) for found in numbers]
        call = self._call(x, unknowns, thetas)
        for rest in call.outputs:
            refuse_outsiders(self.name, rest, call.inputs)
        self._compare(unknowns, thetas, [number(rest) for rest in call.outputs], call.matrix())
        return filled(x, unknowns), unknowns

    def _call(self, x: Any, unknowns: Sequence[Any], thetas: Sequence[Any]) -> Call:
        """The residuals as a function of two lists, x and θ."""

        def flat(unknowns: list[Any], thetas: list[Any]) -> list[Any]:
            rest = self.residual(filled(x, unknowns), *filled(self.like, thetas))
            return aligned(rest, x, f"the residual of {self.name}()") if _is_tree(x) else [rest]

        return Call("implicit", flat, (list(unknowns), list(thetas)), {}, (0, 1))

    def _compare(
        self, unknowns: list[float], thetas: tuple[float, ...], rests: list[float], rows: list[list[float]]
    ) -> None:
        """Warn of a solution that is none: where a residual is not small beside the terms that it is made of."""
        arguments, n = [*unknowns, *thetas], len(unknowns)
        for place, (rest, row) in enumerate(zip(rests, rows)):
            terms = sum(abs(argument * slope) for argument, slope in zip(arguments, row))
            if not abs(rest) <= 1e-6 * terms + 1e-12 * sum(map(abs, row[:n])):
                warn(
                    f"the residual {place} of {self.name}() is {numeral(rest)} and not 0; "
                    "the solver has not solved it, so its derivative is wrong too"
                )
                return

    def _values(self, thetas: Sequence[float]) -> list[float]:
        return self.solution(tuple(thetas))[1]

    def _matrix(self, thetas: tuple[float, ...]) -> list[list[float]]:
        """The derivatives of all unknowns by all parameters, on floats."""
        x, unknowns = self.solution(thetas)
        return self._by_theorem(self._call(x, unknowns, thetas).matrix(), range(len(unknowns)))

    def _slopes(self, thetas: Sequence[Any], k: int) -> list[Any]:
        """The derivatives of the unknown k by all parameters."""
        if not has_value(thetas):
            return self.matrix(tuple(thetas))[k]
        x = self(thetas)
        return self._by_theorem(self._call(x, leaves(x, self.name), thetas).matrix(), [k])[0]

    def _by_theorem(self, rows: list[list[Any]], wanted: Sequence[int]) -> list[list[Any]]:
        """−(∂F/∂x)⁻¹·∂F/∂θ, some rows of it, from the rows of ∂F/∂(x, θ).

        Raises:
            ValueError: if ∂F/∂x is singular.
        """
        from ..engine.linear import solve

        n = len(rows)
        turned = [list(column) for column in zip(*rows)]
        try:
            across = solve(turned[:n], [[float(i == k) for k in wanted] for i in range(n)])
        except ValueError as error:
            raise ValueError(f"{self.name}() has no derivative there: ∂residual/∂x is singular ({error})") from None
        return [[-dot(weights, by) for by in turned[n:]] for weights in across.T.tolist()]


def _is_tree(x: Any) -> bool:
    return not isinstance(x, (Value, int, float))
