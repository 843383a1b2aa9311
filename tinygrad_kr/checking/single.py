"""Programs of one operation: each row of the table alone, to see whether it is right by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ..engine.ops import Op
from .fitting import regular
from .programs import Expression, Step, perform

__all__ = ["alone", "one_step", "separated"]


def one_step(op: Op, inputs: Sequence[float], moving: Sequence[bool]) -> Expression:
    """A row alone: what moves is a variable of its own, the rest are numbers.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> one_step(TABLE["mul"], (2.0, 3.0), (True, False))
    x = tg.Value(2.0, "x"); f = x * 3.0
    """
    names = op.variables if op.infix or len(op.inputs) != 2 else ("x", "y")
    places = iter(range(len(inputs)))
    operands = tuple(next(places) if move else float(x) for x, move in zip(inputs, moving))
    chosen = [(name, float(x)) for name, x, move in zip(names, inputs, moving) if move]
    return Expression(tuple(name for name, _ in chosen), tuple(x for _, x in chosen), (Step(op, operands),))


def alone(op: Op, moving: Sequence[bool]) -> Iterator[Expression]:
    """A row alone, at several points where it is regular.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> next(alone(TABLE["div"], (True, True)))
    x = tg.Value(3.0, "x"); y = tg.Value(2.0, "y"); f = x / y
    """
    for inputs in product((3.0, 2.0, 0.5, 1.5, -0.5, -2.0), repeat=len(op.inputs)):
        operands = [k if move else x for k, (x, move) in enumerate(zip(inputs, moving))]
        if len(set(inputs)) == len(inputs) and regular(op, operands, [[x] for x in inputs]):
            yield one_step(op, inputs, moving)


def separated(expression: Expression) -> Iterator[Expression]:
    """Every step of a program alone, with a variable of its own for each operand.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> steps = Step(TABLE["mul"], (0, 0)), Step(TABLE["add"], (1, 1.0))
    >>> for single in separated(Expression(("x",), (3.0,), steps)):
    ...     print(repr(single))
    x = tg.Value(3.0, "x"); y = tg.Value(3.0, "y"); f = x * y
    x = tg.Value(9.0, "x"); f = x + 1.0
    """
    nodes = expression.run(expression.values, perform)
    for op, operands in expression.steps:
        inputs = [nodes[operand] if isinstance(operand, int) else operand for operand in operands]
        yield one_step(op, inputs, [isinstance(operand, int) for operand in operands])
