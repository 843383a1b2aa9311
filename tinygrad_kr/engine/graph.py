"""The graph behind a Value: walking it, sorting it, differentiating it. No recursion anywhere.

The graph is what is reachable from some outputs through ``parents``, a node's operands in order.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .value import Value

__all__ = ["adjoints", "ancestors", "dependents", "topological"]


def topological(outputs: Iterable[Value], leaves: Container[object] = ()) -> list[Value]:
    """Every node the outputs depend on, each after its parents; operands in the order written.

    Args:
        outputs: the nodes to start from; they are part of the result.
        leaves: nodes whose parents are left out.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> [node.data for node in topological([x * x + 1])]
    [3.0, 9.0, 1.0, 10.0]
    """
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[tuple[Value, bool]] = [(output, False) for output in reversed(list(outputs))]
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


def adjoints(outputs: Sequence[Value], seeds: Sequence[float]) -> dict[Value, float]:
    """The adjoint of every node: the derivative of Σ seedₖ·outputₖ with respect to it.

    This is the reverse sweep: from the outputs to the leaves, so that every use of a node has contributed
    before the node passes its own adjoint on. Nothing is written to the nodes.

    Args:
        outputs: the nodes to differentiate.
        seeds: the upstream derivative of each output.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> adjoints([x * x], [1.0])[x]
    6.0
    """
    sums: dict[Value, float] = {}  # each node after its parents; which of its operands comes first is no matter here
    stack: list[Value | None] = [*outputs]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is None:  # a mark: whatever the node under it depends on is there
            sums[pop()] = 0.0  # type: ignore[index]
        elif node not in sums:
            if node.parents:
                push(node)
                push(None)
                stack += node.parents
            else:
                sums[node] = 0.0

    for output, seed in zip(outputs, seeds):
        sums[output] += seed
    for node in reversed(sums):
        parents = node.parents
        if parents:
            node._push(sums[node], node._numbers, parents, sums)
    return sums


def ancestors(outputs: Iterable[Value], leaves: Container[object] = ()) -> list[Value]:
    """Every node the outputs depend on, each after its parents; a faster :func:`topological`, in some such order.

    Args:
        outputs: the nodes to start from; they are part of the result.
        leaves: nodes whose parents are left out.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> [node.data for node in ancestors([x * x])]
    [3.0, 9.0]
    """
    order: dict[Value, None] = {}
    stack: list[Value | None] = [*outputs]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is None:  # a mark, as in adjoints()
            order[pop()] = None  # type: ignore[index]
        elif node not in order:
            if node.parents and node not in leaves:
                push(node)
                push(None)
                stack += node.parents
            else:
                order[node] = None
    return list(order)


def dependents(order: Iterable[Value], inputs: Iterable[Value]) -> list[Value]:
    """Those of the nodes that are an input or depend on one.

    Args:
        order: nodes, each after its parents.
        inputs: what they may depend on.

    >>> from tinygrad_kr import Value
    >>> x, y = Value(3.0, "x"), Value(5.0, "y")
    >>> dependents(ancestors([(x + 1) * (y + 1)]), [x])
    [Value(3, name='x'), Value(4), Value(24)]
    """
    found = set(inputs)
    chosen: list[Value] = []
    for node in order:
        if node in found:
            chosen.append(node)
        elif not found.isdisjoint(node.parents):
            found.add(node)
            chosen.append(node)
    return chosen
