"""How far rounding may take a result: the tolerances of the tests, derived and not guessed.

Two yardsticks. ``agrees`` asks for the true result of operands that are a few ulp away, which is what a
good library function gives: few ulp where the function is well conditioned, more only where it is not.
``paths`` measures a derivative by the absolute values of what was added up in it.
"""

import sys

import pytest
from mpmath import mp

from tinygrad_kr import Value
from tinygrad_kr.engine.graph import topological

EPS = sys.float_info.epsilon
TINY = sys.float_info.min
"""The smallest normal number: below it a float has fewer digits."""


ULPS = 4


def agrees(got, f, xs, slack=0.0):
    """Whether ``got`` is f(*xs) up to an error of ULPS ulp in the result and in each operand, and of ``slack``."""
    xs = [mp.mpf(x) for x in xs]
    true = f(*xs)
    moves = [f(*xs[:i], x * (1 + EPS), *xs[i + 1 :]) - true for i, x in enumerate(xs)]
    room = ULPS * (EPS * abs(true) + sum(map(abs, moves)) + slack)
    return got == float(true) or abs(got - true) <= room + TINY


def same(numbers):
    """The very numbers, up to the last bits of the mathematical library; nan is nan, inf is inf."""
    return pytest.approx(numbers, rel=4 * EPS, abs=0, nan_ok=True)


def paths(output: Value) -> dict[Value, float]:
    """Σ |product of the local derivatives| over all paths from the output to each node."""
    order = topological([output])
    sizes = dict.fromkeys(order, 0.0) | {output: 1.0}
    for node in reversed(order):
        for parent, contribution in zip(node.parents, node.vjp(sizes[node])):
            sizes[parent] += abs(contribution)
    return sizes
