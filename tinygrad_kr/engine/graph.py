"""The graph behind a Value: walking it, sorting it, differentiating it. No recursion anywhere.

The graph is what is reachable from some outputs through ``parents``, a node's operands in order.
"""

from __future__ import annotations

from .native import core
from .node import Family, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from typing import Any, TypeVar

    N = TypeVar("N", bound=Node)

__all__ = [
    "adjoints",
    "dependents",
    "has_outside",
    "ordered",
    "pull_back",
    "push_forward",
    "sweep",
    "topological",
    "walk",
]


def topological(outputs: Iterable[N], leaves: Container[object] = ()) -> list[N]:
    """Every node the outputs depend on, each after its parents; operands in the order written.

    Args:
        outputs: the nodes to start from; they are part of the result.
        leaves: nodes whose parents are left out.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> [node.data for node in topological([x * x + 1])]
    [3.0, 9.0, 1.0, 10.0]
    """
    if core is not None and leaves == ():
        return core.ordered(outputs, 0, True)  # type: ignore[no-any-return]
    order: list[N] = []
    seen: set[N] = set()
    stack: list[tuple[N, bool]] = [(output, False) for output in reversed(list(outputs))]
    while stack:
        node, parents_done = stack.pop()
        if parents_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node not in leaves:
                stack.extend((parent, False) for parent in reversed(node.parents) if parent not in seen)
    return order


def walk(outputs: Iterable[N], since: int = 0) -> dict[N, float]:
    """Every node the outputs depend on, each after its parents; a faster :func:`topological`, in some such order.

    An operand vector that many nodes share is gone through once; one of constants alone, which no derivative
    reaches, is left out.

    Args:
        outputs: the nodes to start from; they are part of the result.
        since: an age; nodes that are older are leaves, whatever they were computed from.

    Returns:
        The nodes as keys, each with 0.0: what a sweep adds to.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> [node.data for node in walk([x * x])]
    [3.0, 9.0]
    """
    sums: dict[N, float] = {}
    vectors: set[Family] = set()
    stack: list[Any] = [*outputs]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is None:  # a mark: whatever the node under it depends on is there
            sums[pop()] = 0.0
        elif node not in sums:
            operands = node._operands
            if operands and (not since or node.age >= since):
                push(node)
                push(None)
                stack += operands
            elif node.__class__ is Family:
                # Once is enough: were one of its nodes still to come, a node above would be an operand of itself.
                if node.moves and node not in vectors:
                    vectors.add(node)
                    stack += node.nodes
            else:
                sums[node] = 0.0
    return sums


def ordered(outputs: Iterable[N], since: int = 0) -> list[N]:
    """The nodes of :func:`walk`, in its order.

    Args:
        outputs, since: as for :func:`walk`.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> ordered([x * x])
    [Value(3, name='x'), Value(9)]
    """
    return [*walk(outputs, since)]


def has_outside(order: Iterable[N], since: int) -> bool:
    """Whether some of the nodes were there before: a leaf that moves, or a result that moves and is older.

    Args:
        order: nodes.
        since: an age.

    >>> from tinygrad_kr import Value, constant
    >>> has_outside([constant(1.0)], 0), has_outside([constant(1.0), Value(3.0)], 0)
    (False, True)
    """
    return any(node.moves and (node.op is None or node.age < since) for node in order)


def sweep(order: Iterable[N], sums: dict[N, float]) -> None:
    """The reverse sweep: every node passes its adjoint on to its operands, by its local derivative.

    Args:
        order: nodes, each before its parents: when its turn comes, every use of it has contributed.
        sums: the adjoint of each, as far as it is known; the parents' are added to.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> sums = walk([y])
    >>> sums[y] = 1.0
    >>> sweep(reversed(sums), sums)
    >>> sums[x]
    6.0
    """
    for node in order:
        operands = node._operands
        if operands:
            node._push(sums[node], node._numbers, operands, sums)


def adjoints(outputs: Sequence[N], seeds: Sequence[float]) -> dict[N, float]:
    """The adjoint of every node: the derivative of Σ seedₖ·outputₖ with respect to it. Nothing is written to the nodes.

    Args:
        outputs: the nodes to differentiate.
        seeds: the upstream derivative of each output.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> adjoints([x * x], [1.0])[x]
    6.0
    """
    sums = walk(outputs)
    for output, seed in zip(outputs, seeds):
        sums[output] += seed
    sweep(reversed(sums), sums)
    return sums


def pull_back(order: Sequence[N], outputs: Sequence[N], seeds: Sequence[float], inputs: Sequence[N]) -> list[float]:
    """The derivative of Σ seedₖ·outputₖ with respect to each input (a vector-Jacobian product).

    Args:
        order: the nodes behind the outputs, as :func:`ordered` has them.
        outputs: what is differentiated.
        seeds: the upstream derivative of each.
        inputs: with respect to what; an input may depend on another.

    >>> from tinygrad_kr import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> z = x * y
    >>> pull_back(ordered([z]), [z], [1.0], [x])
    [4.0]
    """
    sums = dict.fromkeys(order, 0.0)
    for output, seed in zip(outputs, seeds):
        sums[output] += seed
    sweep(reversed(dependents(order, inputs)), sums)
    return [sums.get(x, 0.0) for x in inputs]


def push_forward(
    order: Sequence[N], inputs: Sequence[N], tangents: Sequence[float], outputs: Sequence[N]
) -> list[float]:
    """The derivative of each output along the tangents of the inputs (a Jacobian-vector product).

    Args:
        order, outputs: as for :func:`pull_back`.
        inputs: what moves; none depends on another.
        tangents: how much each moves.

    >>> from tinygrad_kr import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> ends = [x * y, x + y]
    >>> push_forward(ordered(ends), [x, y], [1.0, 10.0], ends)
    [34.0, 11.0]
    """
    tangent = dict(zip(inputs, tangents))
    for node in dependents(order, inputs):
        if node not in tangent:
            moved = 0.0  # not sum(): since Python 3.12 that rounds otherwise
            for parent, slope in zip(node.parents, node.vjp(1.0)):
                if parent in tangent:
                    moved += tangent[parent] * slope
            tangent[node] = moved
    return [tangent.get(output, 0.0) for output in outputs]


def dependents(order: Iterable[N], inputs: Iterable[N]) -> list[N]:
    """Those of the nodes that are an input or depend on one.

    Args:
        order: nodes, each after its parents, as :func:`walk` has them.
        inputs: what they may depend on.

    >>> from tinygrad_kr import Value
    >>> x, y = Value(3.0, "x"), Value(5.0, "y")
    >>> dependents(walk([(x + 1) * (y + 1)]), [x])
    [Value(3, name='x'), Value(4), Value(24)]
    """
    found = set(inputs)
    chosen: list[N] = []
    for node in order:
        if node in found:
            chosen.append(node)
        else:
            operands = node._operands
            if operands and operands[0].__class__ is Family:
                operands = node.parents
            if not found.isdisjoint(operands):
                found.add(node)
                chosen.append(node)
    return chosen


if not TYPE_CHECKING and core is not None:  # the same in C
    dependents, has_outside = core.dependents, core.has_outside
    _pull_back, _push_forward = pull_back, push_forward

    def sweep(order, sums):
        """The reverse sweep, where an operation of Python is among the nodes."""
        for node in order:
            if node.op is not None:
                for parent, share in zip(node.parents, node.vjp(sums[node])):
                    if parent in sums:
                        sums[parent] += share

    def adjoints(outputs, seeds):
        """The adjoint of every node."""
        order = ordered(outputs)
        return dict(zip(order, pull_back(order, outputs, seeds, order)))

    def ordered(outputs, since=0):
        """The nodes of walk, in its order."""
        return core.ordered(outputs, since, False)

    def pull_back(order, outputs, seeds, inputs):
        """The gradients of the inputs; in Python, where an operation is."""
        found = core.carry([*inputs, *order], inputs, outputs, [*map(float, seeds)], inputs, False)
        return _pull_back(order, outputs, seeds, inputs) if found is None else found

    def push_forward(order, inputs, tangents, outputs):
        """The derivatives of the outputs; in Python, where an operation is."""
        found = core.carry([*inputs, *order], inputs, inputs, [*map(float, tangents)], outputs, True)
        return _push_forward(order, inputs, tangents, outputs) if found is None else found

    def walk(outputs, since=0):
        """Every node the outputs depend on, each after its parents."""
        return dict.fromkeys(core.ordered(outputs, since, False), 0.0)
