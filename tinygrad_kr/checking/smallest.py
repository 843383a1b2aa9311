"""The search for the smallest program that a student's class gets wrong: random programs, and then the kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from random import Random

from ..engine.ops import Op
from .fitting import Lanes, regular
from .programs import Expression
from .single import one_step
from .student import Student

__all__ = ["EXAMPLES", "smallest"]

EXAMPLES, LARGEST = 200, 5
"""How many random expressions are tried, and how many operations they have at most."""


def smallest(student: Student, allowed: Callable[[Expression], bool] = lambda expression: True) -> Expression | None:
    """The smallest expression (of those that are allowed) that goes wrong; None if all are right.

    Raises:
        ImportError: if hypothesis is missing.

    >>> from tinygrad_kr import Value
    >>> smallest(Student(Value, {})) is None
    True
    """
    from .strategies import drawn, moderate, raw_steps  # first, because it says how to install hypothesis

    from hypothesis import HealthCheck, Phase, find, settings  # isort: skip
    from hypothesis.errors import NoSuchExample  # isort: skip

    def goes_wrong(expression: Expression) -> bool:
        return allowed(expression) and student.is_wrong(expression)

    def fits(op: Op, operands: Sequence[int | float], lanes: Sequence[Lanes]) -> bool:
        moving = tuple(isinstance(operand, int) for operand in operands)
        return (op.name, moving) in student.forms and regular(op, operands, lanes)

    domains = {name: moderate(place) for place, name in enumerate("xyz")}
    strategy = drawn(domains, raw_steps(student.rows, LARGEST), fits, keep=False)
    quiet = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],  # hypothesis would explain what it found, and nobody reads that here
    )
    try:
        return find(strategy, goes_wrong, settings=quiet, random=Random(0))
    except NoSuchExample:
        return next(filter(goes_wrong, _edges(student)), None)


def _edges(student: Student) -> Iterator[Expression]:
    """The conventions of the table at kinks, as expressions."""
    for op in student.rows:
        every = (True,) * len(op.inputs)
        if op.kinks and (op.name, every) in student.forms:
            for edge in op.edges:
                if all(map(isfinite, (*edge.inputs, edge.value, *edge.partials))):
                    yield one_step(op, edge.inputs, every)
