"""The graph behind a Value: walking it, sorting it, differentiating it. No recursion anywhere.

A node needs two attributes here: ``parents``, its operands in order, and ``vjp``, its local-derivative
closure. The graph is what is reachable from some outputs through ``parents``.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .value import Value

__all__ = ["adjoints", "topological"]


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

    This is the reverse sweep: nodes are taken up once every use of theirs has contributed (Kahn's
    topological sort, by counting uses), and pass their adjoint on through their closures. Nothing is
    written to the nodes.

    Args:
        outputs: the nodes to differentiate.
        seeds: the upstream derivative of each output.

    >>> from tinygrad_kr import Value
    >>> x = Value(3.0, "x")
    >>> adjoints([x * x], [1.0])[x]
    6.0
    """
    uses: dict[Value, int] = dict.fromkeys(outputs, 0)
    stack = list(uses)
    pop, push = stack.pop, stack.append
    while stack:
        for parent in pop().parents:
            if parent in uses:
                uses[parent] += 1
            else:
                uses[parent] = 1
                push(parent)

    sums = dict.fromkeys(uses, 0.0)
    for output, seed in zip(outputs, seeds):
        sums[output] += seed
    stack.extend(node for node in dict.fromkeys(outputs) if not uses[node])
    while stack:
        node = pop()
        if node.parents:
            for parent, contribution in zip(node.parents, node.vjp(sums[node])):
                sums[parent] += contribution
                left = uses[parent] - 1
                if left:
                    uses[parent] = left
                else:
                    push(parent)
    return sums
