"""Raw steps, drawn each by itself, fitted together into the steps of a program.

An operand that does not fit is replaced, a step that fits nowhere is left out. What fits is read in the table: a
regular step is well inside its row's domain, away from its kinks, and neither large nor steep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from ..engine.conditions import conditions
from ..engine.kernels import kernel
from ..engine.ops import Op
from .programs import Step

__all__ = ["Fits", "Lanes", "Raw", "anything", "fitted", "regular"]


class Raw(NamedTuple):
    """A step as it is drawn: a row, and how operands are picked.

    A pick is a number, or an int that counts what there is from the newest step back to the first variable.
    """

    op: Op
    picks: tuple[int | float, ...]


Lanes: TypeAlias = "list[float]"
"""The numbers of a node, one for each point at which the expression is looked at."""

Fits: TypeAlias = Callable[[Op, Sequence[int | float], Sequence[Lanes]], bool]
"""Whether a row may be applied: (row, operands, their numbers)."""

FIRST: tuple[int | float, ...] = (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 5, 8, 2.0, -1.0)
SECOND: tuple[int | float, ...] = (0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 2.0, -1.0, 0.5, 3.0, -2.5)
FURTHER: tuple[tuple[int | float, ...], ...] = ((), (), (1,), (0, 2), (2, 2), (3, 1, 4), (0.5,))
"""What the first operand is picked from (mostly the newest step, so that most steps are used), the second, and the
others of rows that take any number."""

NUMBERS = (2.0, 0.5, 3.0)
"""Numbers that are tried as last operand where nothing else fits."""


def fitted(leaves: Sequence[Lanes], raw: Iterable[Raw], fits: Fits) -> tuple[Step, ...]:
    """The steps that the raw ones become.

    Args:
        leaves: the numbers of every variable, one for each point.
        raw: the raw steps; one that fits nowhere is left out.
        fits: decides what fits.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> steps = fitted([[2.0]], [Raw(TABLE["mul"], (0, 0)), Raw(TABLE["log"], (1, 0))], regular)
    >>> [(step.op.name, step.operands) for step in steps]
    [('mul', (0, 0)), ('log', (0,))]
    """
    count, nodes, steps = len(leaves), list(leaves), list[Step]()
    for op, picks in raw:
        order = [*reversed(range(count, len(nodes))), *range(count)]  # the newest first
        for operands in _ways(op, picks, order):
            row = op.output(len(order) % len(operands)) if op.k is not None else op
            lanes = [nodes[a] if isinstance(a, int) else [a] * len(nodes[0]) for a in operands]
            if fits(row, operands, lanes):
                steps.append(Step(row, operands))
                nodes.append([kernel(row).forward(*row.families(point)) for point in zip(*lanes)])
                break
    return tuple(steps)


def _ways(op: Op, picks: Sequence[int | float], order: Sequence[int]) -> Iterator[tuple[int | float, ...]]:
    """The operands that were picked, and then others."""
    inputs, size = len(op.inputs), len(order)
    count = max(len(picks) // inputs * inputs, inputs) if op.variadic else inputs
    picks = [*picks, *range(count)][:count]
    taken = [pick if isinstance(pick, int) else None for pick in picks]
    if None not in taken or (count > 1 and any(place is not None for place in taken)):
        yield tuple(order[pick % size] if isinstance(pick, int) else pick for pick in picks)
    first, *rest = [place or 0 for place in taken]
    for turn in range(size):
        for further in range(size if rest else 1):
            yield (order[(first + turn) % size], *(order[(place + further) % size] for place in rest))
        if count == 2 and not op.variadic:
            yield from ((order[(first + turn) % size], number) for number in NUMBERS)


# ── What fits ─────────────────────────────────────────────────────────────────────────────────────────

MARGIN, LARGE, STEEP = 0.01, 1e3, 30.0
"""How far from kinks and edges, how large a result and how steep a local derivative a regular step may be."""


def anything(op: Op, operands: Sequence[int | float], lanes: Sequence[Lanes]) -> bool:
    """Every row may be applied to everything."""
    return True


def regular(op: Op, operands: Sequence[int | float], lanes: Sequence[Lanes]) -> bool:
    """Whether a row may be applied: well inside its domain, away from its kinks, nothing large or steep."""
    moving = [isinstance(operand, int) for operand in operands]
    wanted = tuple(map(any, op.families(moving))) if op.variadic else tuple(moving)
    return all(_regular_at(op, point, moving, wanted) for point in zip(*lanes))


def _regular_at(op: Op, point: Sequence[float], moving: Sequence[bool], wanted: tuple[bool, ...]) -> bool:
    domain, kinks = conditions(op)
    inputs = op.families(point)
    columns = [inputs, op.families(moving)]
    operands = list(zip(*(zip(*column) for column in columns)) if op.variadic else [columns])
    if domain is not None:
        for xs, moves in operands:
            for aside in (0.0, MARGIN, -MARGIN):
                if not domain(*(x + aside if move else x for x, move in zip(xs, moves)), 0.0):
                    return False
    try:
        z = kernel(op).forward(*inputs)
        slopes = kernel(op).closing(wanted)(*inputs, z)(1.0)
    except (ArithmeticError, ValueError):  # an operation of one's own may raise where it has no value
        return False
    if not abs(z) <= LARGE or not all(abs(slope) <= STEEP for slope in slopes):
        return False
    return all(abs(kink(*xs, z)) > MARGIN for xs, _ in operands for kink in kinks)
