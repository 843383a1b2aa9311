"""The chain rule between some inputs and some outputs of a graph: backwards or forwards, on floats or on Values.

On floats a sweep uses the local derivatives that the nodes bound. On Values it evaluates the same formulas of the
table as operations, so that its results have a graph of their own and can be differentiated again. Only nodes that
depend on an input take part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from ..engine import modes
from ..engine.elementary import sum as sum_of
from ..engine.graph import dependents, pull_back, push_forward
from ..engine.node import operands
from ..engine.ops import Op
from ..engine.value import Value, refuse_infinite, spelled_operands
from ..text.numerals import spelled
from .formulas import contributions, on_values, times

__all__ = ["forward", "forward_on_values", "reverse", "reverse_on_values"]

Order = Sequence[Value]
"""Nodes, each after its parents, as :func:`~tinygrad_kr.engine.graph.ordered` has them."""

Leaf = Any
"""A Value or a float."""


def reverse(order: Order, outputs: Sequence[Value], seeds: Sequence[float], inputs: Sequence[Value]) -> list[float]:
    """The derivative of Σ seedₖ·outputₖ with respect to each input (a vector-Jacobian product).

    Args:
        order: the nodes behind the outputs; what lies behind these is none of our business.
        outputs: what is differentiated.
        seeds: the upstream derivative of each.
        inputs: with respect to what; an input may depend on another.

    Raises:
        FloatingPointError: under ``strict()``, where a local derivative is inf or nan.

    >>> from tinygrad_kr.engine.graph import ordered
    >>> x, y = Value(3.0), Value(4.0)
    >>> z = x * y
    >>> reverse(ordered([z]), [z], [1.0], [x])
    [4.0]
    """
    if modes.is_strict():
        nodes = dependents(order, inputs)
        for node, arriving in zip(reversed(nodes), reversed(pull_back(order, outputs, seeds, nodes))):
            refuse_infinite(node, arriving)
    return pull_back(order, outputs, seeds, inputs)


def reverse_on_values(
    order: Order, outputs: Sequence[Value], seeds: Sequence[Leaf], inputs: Sequence[Value]
) -> list[Leaf]:
    """The same as operations on Values: what depends on no Value is a float.

    Args:
        order, outputs, inputs: as for :func:`reverse`.
        seeds: floats or Values.

    Raises:
        ValueError: if a leaf's data was set since the forward pass.

    >>> from tinygrad_kr.engine.graph import ordered
    >>> x, y = Value(3.0), Value(4.0)
    >>> z = x * y * y
    >>> reverse_on_values(ordered([z]), [z], [1.0], [x])[0].parents
    (Value(4), Value(4))
    """
    chosen = dependents(order, inputs)
    sums: dict[Value, Any] = dict.fromkeys(chosen)  # nothing yet, one term, or a list of terms
    compiled: dict[Any, Callable[..., Any]] = {}
    for output, seed in zip(outputs, seeds):
        if output in sums:
            _add(sums, output, seed)
    for node in reversed(chosen):
        op, upstream = node.op, sums[node]
        if op is None or upstream is None:
            continue
        if upstream.__class__ is list:
            sums[node] = upstream = _total(upstream)
        parents, moving, given = _met(node, sums)
        local = compiled.get((op, moving))
        if local is None:
            wanted = _wanted(op, moving)
            local = compiled[op, moving] = contributions(op, wanted) if any(wanted) else _nothing
        for parent, moves, share in zip(parents, moving, local(upstream, *given, node)):
            if moves and (isinstance(share, Value) or share != 0.0):
                _add(sums, parent, share)
    return [_total(sums.get(x)) for x in inputs]


def _add(sums: dict[Value, Any], node: Value, term: Leaf) -> None:
    """One more term of a node's adjoint; the sum is made when all are there."""
    terms = sums[node]
    if terms is None:
        sums[node] = term
    elif terms.__class__ is list:
        terms.append(term)
    else:
        sums[node] = [terms, term]


def forward(order: Order, outputs: Sequence[Value], inputs: Sequence[Value], tangents: Sequence[float]) -> list[float]:
    """The derivative of each output along the tangent of the inputs (a Jacobian-vector product).

    Args:
        order, outputs: as for :func:`reverse`.
        inputs: with respect to what; none depends on another.
        tangents: the direction, a number an input.

    Raises:
        FloatingPointError: under ``strict()``, where a local derivative is inf or nan.

    >>> from tinygrad_kr.engine.graph import ordered
    >>> x, y = Value(3.0), Value(4.0)
    >>> ends = [x * y, x + y]
    >>> forward(ordered(ends), ends, [x, y], [1.0, 10.0])
    [34.0, 11.0]
    """
    if modes.is_strict():
        _check_forward(order, inputs, tangents)
    return push_forward(order, inputs, tangents, outputs)


def forward_on_values(
    order: Order, outputs: Sequence[Value], inputs: Sequence[Value], tangents: Sequence[Leaf]
) -> list[Leaf]:
    """The same as operations on Values: what depends on no Value is a float.

    Args:
        order, outputs, inputs: as for :func:`forward`.
        tangents: floats or Values.

    >>> from tinygrad_kr.engine.graph import ordered
    >>> x, y = Value(3.0), Value(4.0)
    >>> z = x * y
    >>> forward_on_values(ordered([z]), [z], [x], [1.0])
    [Value(4)]
    """
    tangent = dict(zip(inputs, tangents))
    for node in dependents(order, inputs):
        if node not in tangent and node.op is not None:
            parents, moving, given = _met(node, tangent)
            slopes = on_values(node.op, _wanted(node.op, moving))[1](*given, node)
            moves = [times(tangent[p], slope) for p, slope, moves in zip(parents, slopes, moving) if moves]
            tangent[node] = _total([move for move in moves if isinstance(move, Value) or move != 0.0])
    return [tangent.get(output, 0.0) for output in outputs]


def _check_forward(order: Order, inputs: Sequence[Value], tangents: Sequence[float]) -> None:
    """Raise where a finite tangent becomes inf or nan."""
    nodes, given = dependents(order, inputs), set(inputs)
    tangent = dict(zip(nodes, push_forward(order, inputs, tangents, nodes)))
    for node in nodes:
        if node not in given:
            _check_step(node, tangent)


def _check_step(node: Value, tangent: Mapping[Value, float]) -> None:
    for place, (parent, slope) in enumerate(zip(node.parents, node.vjp(1.0)), 1):
        arriving = tangent.get(parent, math.nan)
        if arriving - arriving == 0.0 and (move := arriving * slope) - move != 0.0:
            assert node.op is not None
            raise FloatingPointError(
                f"the derivative of {node.op.name}({spelled_operands(node.parents)}) with respect to operand "
                f"{place} is {spelled(slope if slope - slope != 0.0 else move)}"
            )


def _met(node: Value, some: Container[Value]) -> tuple[Sequence[Value], tuple[bool, ...], list[Any]]:
    """The operands of a node; which of them are among some; and as the row's formulas take them."""
    parents, op, given = node.parents, node.op, operands(node)
    assert op is not None
    moving = tuple(map(some.__contains__, parents))
    return parents, moving, list(op.families(given)) if op.variadic else given


def _nothing(*operands: Leaf) -> tuple[Leaf, ...]:
    return ()


def _wanted(op: Op, moving: Sequence[bool]) -> tuple[bool, ...]:
    """Per input of the row, whether an operand of it moves."""
    return tuple(map(any, op.families(moving))) if op.variadic else tuple(moving)


def _total(terms: Any) -> Leaf:
    """The sum of a list of terms, as a node only where there is something to add; a term alone is that."""
    if terms.__class__ is not list:
        return 0.0 if terms is None else terms
    if len(terms) > 2:
        return sum_of(terms)
    return sum(terms[1:], terms[0]) if terms else 0.0
