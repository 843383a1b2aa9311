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
    """The nodes that one reduce() found, less those in capsules of the same pickling session."""

    def __init__(self, root: Node) -> None:
        self.others: dict[Node, Capsule] = {}  # the nodes where other capsules begin
        order = topological([root], leaves=self)
        own = (node for node in order if node not in self.others)
        self.places: dict[Node, int] = {node: place for place, node in enumerate(own)}

    def __contains__(self, node: Any) -> bool:
        """Whether another capsule holds the node; that one stays alive as long as this one."""
        home = _home(node)
        if home is None:
            return False
        self.others[node] = home
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, ([self.record(node) for node in self.places],)

    def record(self, node: Node) -> tuple[Any, ...]:
        """One node as plain data: parents are places in this capsule, or (capsule, place) elsewhere."""
        parents = [
            (self.others[parent], self.others[parent].places[parent]) if parent in self.others else self.places[parent]
            for parent in node.parents
        ]
        return (node.__class__, node.data, node.grad, node.name, node.op, parents, node.numbers)


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


def restore(records: list[tuple[Any, ...]]) -> list[Node]:
    """Make the nodes of a capsule again."""
    nodes: list[Node] = []
    shared: dict[Any, Family] = {}
    for kind, data, grad, name, op, places, numbers in records:
        parents = tuple(nodes[place] if isinstance(place, int) else place[0][place[1]] for place in places)
        nodes.append(kind.rebuild(data, name, grad, op, parents, numbers, shared))
    return nodes


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
    shared = memo.setdefault(id(Family), {})
    for node in topological([value], leaves=_Copied(memo)):
        if id(node) not in memo:
            parents = tuple(memo[id(parent)] for parent in node.parents)
            memo[id(node)] = node.__class__.rebuild(
                node.data, node.name, node.grad, node.op, parents, node.numbers, shared
            )
    copy: N = memo[id(value)]
    return copy
