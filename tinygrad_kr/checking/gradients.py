"""Gradients of a small program by the engine: the right one, and what two common mistakes make of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

from ..engine.graph import adjoints, topological
from ..engine.value import Value, apply
from .programs import Expression

__all__ = ["all_same", "contributions", "from_the_leaves", "same", "true_gradient"]


def true_gradient(expression: Expression) -> list[float]:
    """The gradient, a number for each variable.

    >>> from tinygrad_kr.checking.single import one_step
    >>> from tinygrad_kr.engine.ops import TABLE
    >>> true_gradient(one_step(TABLE["mul"], (2.0, 3.0), (True, True)))
    [3.0, 2.0]
    """
    leaves, output = _graph(expression)
    sums = adjoints([output], [1.0])
    return [sums.get(leaf, 0.0) for leaf in leaves]


def contributions(expression: Expression, place: int) -> list[float]:
    """What a variable's gradient is the sum of: overwriting leaves one of these.

    >>> from tinygrad_kr.checking.programs import Step
    >>> from tinygrad_kr.engine.ops import TABLE
    >>> contributions(Expression(("x",), (3.0,), (Step(TABLE["mul"], (0, 0)),)), 0)
    [3.0, 3.0]
    """
    leaves, output = _graph(expression)
    sums = adjoints([output], [1.0])
    return [
        contribution
        for node in topological([output])
        for parent, contribution in zip(node.parents, node.vjp(sums[node]))
        if parent is leaves[place]
    ]


def from_the_leaves(expression: Expression) -> list[float]:
    """What the gradient becomes if nodes are visited from the leaves to the output, the wrong way round.

    >>> from tinygrad_kr.checking.programs import Step
    >>> from tinygrad_kr.engine.ops import TABLE
    >>> from_the_leaves(Expression(("x",), (3.0,), (Step(TABLE["mul"], (0, 0)), Step(TABLE["add"], (1, 1)))))
    [0.0]
    """
    leaves, output = _graph(expression)
    order = topological([output])
    sums = dict.fromkeys(order, 0.0)
    sums[output] = 1.0
    for node in order:
        for parent, contribution in zip(node.parents, node.vjp(sums[node])):
            sums[parent] += contribution
    return [sums[leaf] for leaf in leaves]


def same(got: float, want: float) -> bool:
    """Whether two numbers agree, but for rounding."""
    return isclose(got, want, rel_tol=1e-6, abs_tol=1e-6)


def all_same(got: Sequence[float], want: Sequence[float]) -> bool:
    """Whether two gradients agree, but for rounding."""
    return all(map(same, got, want))


def _graph(expression: Expression) -> tuple[list[Value], Value]:
    """Fresh leaves, and the result that is computed from them."""
    leaves = expression.leaves()
    return leaves, expression.run(leaves, apply)[-1]
