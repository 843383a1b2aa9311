"""Copies and pickles of whole graphs, without recursion and with shared nodes kept shared.

Pickle and deepcopy would walk a graph recursively, parents inside children. Instead a pickle holds flat
capsules: lists of nodes in topological order. A node is saved as its capsule and its place in it; the
pickler itself sees to it that a capsule is written once.
"""

from __future__ import annotations

import os
from _thread import RLock
from _weakref import ref

from . import added as added  # how a row is pickled
from .graph import topological
from .node import Family, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    N = TypeVar("N", bound=Node)

__all__ = ["deep_copy", "reduce"]


_homes: dict[Node, ref[Capsule]] = {}
"""The capsule that a node is in, for as long as a pickler keeps that capsule alive."""

_lock = RLock()


def _after_fork() -> None:
    global _lock
    _lock = RLock()  # the parent may have been forked while another thread was pickling


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Capsule:
    """The nodes that one reduce() found, less those in capsules of the same pickling session.

    It is written in columns, a list of numbers being quicker to write than numbers in a list of tuples.
    """

    def __init__(self, root: Node) -> None:
        self.others: dict[Node, Capsule] = {}  # the nodes where other capsules begin
        order = topological([root], self if _homes else ())
        own = (node for node in order if node not in self.others) if self.others else order
        self.places: dict[Node, int] = {node: place for place, node in enumerate(own)}

    def __contains__(self, node: Any) -> bool:
        """Whether another capsule holds the node; that one stays alive as long as this one."""
        home = _home(node)
        if home is None:
            return False
        self.others[node] = home
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        nodes = list(self.places)
        return from_columns, (
            [node.__class__ for node in nodes],
            [node.data for node in nodes],
            {place: node.grad for place, node in enumerate(nodes) if node.grad is not None},
            {place: node.name for place, node in enumerate(nodes) if node.name is not None},
            [node.op for node in nodes],
            [self.operands(node) for node in nodes],
            [node.numbers[:-1] for node in nodes],
        )

    def operands(self, node: Node) -> list[Any]:
        """The parents' places in this capsule, or (capsule, place) elsewhere."""
        places, others = self.places, self.others
        if not others:
            return [places[parent] for parent in node.parents]
        return [
            (others[parent], others[parent].places[parent]) if parent in others else places[parent]
            for parent in node.parents
        ]


def _home(node: Node) -> Capsule | None:
    capsule = _homes.get(node)
    return None if capsule is None else capsule()


def _settle(capsule: Capsule) -> None:
    """Make the capsule its nodes' home until it dies."""
    places = capsule.places

    def leave(gone: ref[Capsule]) -> None:
        with _lock:
            for node in places:
                if _homes.get(node) is gone:
                    del _homes[node]

    _homes.update(dict.fromkeys(places, ref(capsule, leave)))


def reduce(value: Node) -> tuple[Any, ...]:
    """What ``Value.__reduce__`` returns: (member, (capsule, place)).

    A pickler keeps every capsule it has met alive until it is done, and nobody else does: the live
    capsules are the ones to share nodes with.
    """
    with _lock:
        capsule = _home(value)
        if capsule is None:
            capsule = Capsule(value)
            _settle(capsule)
    return member, (capsule, capsule.places[value])


def member(nodes: list[Node], place: int) -> Node:
    """The node at that place; a capsule is restored as the list of its nodes."""
    return nodes[place]


def from_columns(
    kinds: list[type[Node]],
    data: list[float],
    grads: dict[int, float],
    names: dict[int, str],
    ops: list[Any],
    operands: list[list[Any]],
    numbers: list[tuple[Any, ...]],
) -> list[Node]:
    """Make the nodes of a capsule again, from its columns."""
    nodes: list[Node] = []
    shared: dict[Any, Family] = {}
    for kind, z, op, places, bound in zip(kinds, data, ops, operands, numbers):
        parents = tuple([nodes[place] if place.__class__ is int else place[0][place[1]] for place in places])
        nodes.append(kind.rebuild(z, None, None, op, parents, (*bound, z) if bound else (), shared))
    for place, grad in grads.items():
        nodes[place].grad = grad
    for place, name in names.items():
        nodes[place].name = name
    return nodes


def restore(records: list[tuple[Any, ...]]) -> list[Node]:
    """The same from one record a node, as pickles had them before."""
    if not records:
        return []
    kinds, data, grads, names, ops, operands, numbers = map(list, zip(*records))
    return from_columns(
        kinds,
        data,
        {place: grad for place, grad in enumerate(grads) if grad is not None},
        {place: name for place, name in enumerate(names) if name is not None},
        ops,
        operands,
        [bound[:-1] for bound in numbers],
    )


class _Copied:
    """The nodes that a deepcopy has met before; it need not walk behind them again."""

    def __init__(self, memo: dict[int, Any]) -> None:
        self.memo = memo

    def __contains__(self, node: object) -> bool:
        return id(node) in self.memo


def deep_copy(value: N, memo: dict[int, Any]) -> N:
    """A copy of a node and everything it was computed from; ``memo`` is deepcopy's own.

    The numbers that a node binds are shared with its copy.
    """
    is_first = not memo  # what is in it was copied before, or is to stay as it is
    shared = memo.setdefault(id(Family), {})
    for node in topological([value], () if is_first else _Copied(memo)):
        if id(node) not in memo:
            parents = tuple(memo[id(parent)] for parent in node.parents)
            memo[id(node)] = node.__class__.rebuild(
                node.data, node.name, node.grad, node.op, parents, node.numbers, shared
            )
    copy: N = memo[id(value)]
    return copy
