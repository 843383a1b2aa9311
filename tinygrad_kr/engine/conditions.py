"""Where a row is differentiable: its domain and its kinks, compiled from the formulas of the table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .kernels import Kernel, kernel
from .ops import Op
from .value import Value

__all__ = ["Conditions", "at_kink", "conditions"]


class Conditions(NamedTuple):
    """A row's domain and kinks as functions of one operand of each family, and the output.

    Attributes:
        domain: whether the row is defined there; None where it is defined everywhere.
        kinks: each is 0 at a kink.
    """

    domain: Callable[..., float] | None
    kinks: tuple[Callable[..., float], ...]


def conditions(op: Op) -> Conditions:
    """The domain and the kinks of a row.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> conditions(TABLE["log"]).domain(-1.0, 0.0), conditions(TABLE["abs"]).kinks[0](0.5, 0.5)
    (False, 0.5)
    """

    found: Conditions = kernel(op).once("conditions", lambda whole: lambda k: _compiled(op))
    return found


def _compiled(op: Op) -> Conditions:
    def function(formula: str) -> Callable[..., float]:
        return Kernel(op.replace(inputs=(*op.variables, "z"), forward=formula, k=None)).forward

    return Conditions(function(op.domain) if op.domain else None, tuple(map(function, op.kinks)))


def at_kink(node: Value) -> bool:
    """Whether an operation has no derivative at this very point, so that a convention says what it passes on.

    >>> at_kink(abs(Value(0.0))), at_kink(abs(Value(1.0))), at_kink(Value(0.0))
    (True, False, False)
    >>> from tinygrad_kr import where
    >>> at_kink(where(False, Value(1.0), Value(2.0)))
    False
    """
    op = node.op
    if op is None or not op.kinks:
        return False
    numbers = [parent.data for parent in node.parents]
    points = zip(*op.families(numbers)) if op.variadic else [numbers]
    # What never moves, such as the condition of a where, is on one side for good.
    moving = {"z"} | {name for name, parent in zip(op.variables, node.parents) if op.variadic or parent.moves}
    kinks = [
        kink
        for formula, kink in zip(op.kinks, conditions(op).kinks)
        if not moving.isdisjoint(re.findall(r"\w+", formula))
    ]
    return any(kink(*point, node.data) == 0.0 for point in points for kink in kinks)
