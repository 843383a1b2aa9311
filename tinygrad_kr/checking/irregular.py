"""Where a graph has no derivative: the first nan or inf in it, and how an operation at a kink is told."""

from __future__ import annotations

from math import isfinite

from ..engine.graph import topological
from ..engine.value import Value, spelled_operands
from ..text.bilingual import Bilingual
from ..text.numerals import spelled

__all__ = ["describe", "first_non_finite", "kink_phrase"]


def first_non_finite(output: Value) -> Value | None:
    """The first node of a graph that is inf or nan although its operands are not; None where all are finite.

    Args:
        output: the graph's output. A leaf that is inf or nan counts too.

    >>> import warnings
    >>> x = Value(0.0, "x")
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     y = (x.log() + 1) * 2
    >>> describe(first_non_finite(y))
    'log(x = 0) = -inf'
    """
    return next((node for node in topological([output]) if not isfinite(node.data)), None)


def describe(node: Value) -> str:
    """What a node does, in one phrase: its operation, its operands with their names, its number.

    >>> describe(Value(3.0, "x") * 2), describe(Value(3.0, "x"))
    ('mul(x = 3, 2) = 6', 'x = 3')
    """
    if node.op is None:
        return spelled_operands([node])
    return f"{node.op.name}({spelled_operands(node.parents)}) = {spelled(node.data)}"


def kink_phrase(node: Value) -> str:
    """Which operation it is, and where.

    >>> kink_phrase(abs(Value(0.0)))
    'abs, whose input is 0'
    """
    assert node.op is not None
    numbers = [spelled(parent.data) for parent in node.parents]
    inputs = f"input is {numbers[0]}" if len(numbers) == 1 else f"inputs are {' and '.join(numbers)}"
    return Bilingual(f"{node.op.name}, whose {inputs}", f"{node.op.name}, 입력 {', '.join(numbers)}")
