"""Copies and pickles of whole graphs, without recursion and with shared nodes kept shared.

Pickle and deepcopy would walk a graph recursively, parents inside children. Instead a pickle holds flat
capsules: lists of nodes in topological order. A node is saved as its capsule and its place in it; the
pickler itself sees to it that a capsule is written once.

A row that people have added is pickled by its name and its definition, so that a graph never takes up another one of
that name.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from threading import RLock
from types import CellType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

from .graph import topological

if TYPE_CHECKING:
    from .kernels import Push
    from .ops import Op
    from .value import Value

__all__ = ["deep_copy", "definition", "fingerprint", "reduce", "same"]

Definition: TypeAlias = tuple[tuple[str, ...], str, tuple[str, ...]]
"""What an added row is: its formulas, the version of Python, and the fingerprints of its Python functions."""

_homes: dict[Value, ref[Capsule]] = {}
"""The capsule that a node is in, for as long as a pickler keeps that capsule alive."""

_lock = RLock()


class Capsule:
    """The nodes that one reduce() found, less those in capsules of the same pickling session."""

    def __init__(self, root: Value) -> None:
        self.others: dict[Value, Capsule] = {}  # the nodes where other capsules begin
        order = topological([root], leaves=self)
        own = (node for node in order if node not in self.others)
        self.places: dict[Value, int] = {node: place for place, node in enumerate(own)}

    def __contains__(self, node: Any) -> bool:
        """Whether another capsule holds the node; that one stays alive as long as this one."""
        home = _home(node)
        if home is None:
            return False
        self.others[node] = home
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, ([self.record(node) for node in self.places],)

    def record(self, node: Value) -> tuple[Any, ...]:
        """One node as plain data: parents are places in this capsule, or (capsule, place) elsewhere."""
        parents = [
            (self.others[parent], self.others[parent].places[parent]) if parent in self.others else self.places[parent]
            for parent in node.parents
        ]
        return (node.__class__, node.data, node.grad, node.name, node.op, parents, node._numbers)


def _home(node: Value) -> Capsule | None:
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


def reduce(value: Value) -> tuple[Any, ...]:
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


def member(nodes: list[Value], place: int) -> Value:
    """The node at that place; a capsule is restored as the list of its nodes."""
    return nodes[place]


def restore(records: list[tuple[Any, ...]]) -> list[Value]:
    """Make the nodes of a capsule again."""
    nodes: list[Value] = []
    for kind, data, grad, name, op, places, numbers in records:
        parents = tuple(nodes[place] if isinstance(place, int) else place[0][place[1]] for place in places)
        nodes.append(_build(kind, data, grad, name, op, parents, _push(op, parents), numbers))
    return nodes


class _Copied:
    """The nodes that a deepcopy has met before; it need not walk behind them again."""

    def __init__(self, memo: dict[int, Any]) -> None:
        self.memo = memo

    def __contains__(self, node: object) -> bool:
        return id(node) in self.memo


def deep_copy(value: Value, memo: dict[int, Any]) -> Value:
    """A copy of a node and everything it was computed from; ``memo`` is deepcopy's own.

    The numbers that a node binds are shared with its copy.
    """
    for node in topological([value], leaves=_Copied(memo)):
        if id(node) not in memo:
            parents = tuple(memo[id(parent)] for parent in node.parents)
            memo[id(node)] = _build(
                node.__class__, node.data, node.grad, node.name, node.op, parents, node._push, node._numbers
            )
    copy: Value = memo[id(value)]
    return copy


def _build(
    kind: type[Value],
    data: float,
    grad: float | None,
    name: str | None,
    op: Op | None,
    parents: tuple[Value, ...],
    push: Push,
    numbers: tuple[Any, ...],
) -> Value:
    node = kind.__new__(kind)
    node._data = data
    node._name = name
    node.grad = grad
    node.op = op
    node.parents = parents
    node._push = push
    node._numbers = numbers
    return node


def _push(op: Op | None, parents: tuple[Value, ...]) -> Push:
    """The local derivative of a node again."""
    from .value import Constant, kernel, nothing

    if op is None:
        return nothing
    size = len(parents) // len(op.inputs)
    moving = [parent.__class__ is not Constant for parent in parents]
    return kernel(op).pushing(tuple(any(moving[k * size : (k + 1) * size]) for k in range(len(op.inputs))))


# ── What an added row is ──────────────────────────────────────────────────────────────────────────────


def definition(op: Op) -> Definition:
    """The formulas of a row, and the fingerprints of the functions that they call."""
    prints = tuple(getattr(op.functions[name], "fingerprint", "") for name in sorted(op.functions))
    return (op.forward, *op.partials), f"{sys.version_info[0]}.{sys.version_info[1]}", prints


def same(was: Definition, now: Definition) -> bool:
    """Whether two definitions may be one; the code of a function can't be compared across versions of Python."""
    return was[0] == now[0] and (was[1] != now[1] or was[2] == now[2])


def fingerprint(function: Any) -> str:
    """A digest of a function's code, and of the numbers, texts and functions that it closes over at this moment.

    What it finds in the module (a helper, a global variable) is not part of it.

    >>> double = fingerprint(lambda x: 2 * x)
    >>> double == fingerprint(lambda x: 2 * x), double == fingerprint(lambda x: 3 * x)
    (True, False)
    """
    from hashlib import sha256

    return sha256("\n".join(_parts(function, set())).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet: the function's own, while it is being decorated
        return None


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    """Texts that tell one definition from another, the same in every process."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if id(thing) in seen:
        return
    if isinstance(thing, FunctionType):
        seen.add(id(thing))
        yield from _parts(thing.__code__, seen)
        yield from _parts(thing.__defaults__, seen)
        for cell in thing.__closure__ or ():
            yield from _parts(_content(cell), seen)
    elif isinstance(thing, CodeType):
        yield from (thing.co_code.hex(), repr(thing.co_names), repr(thing.co_freevars))
        for constant in thing.co_consts:
            yield from _parts(constant, seen)
    elif isinstance(thing, tuple):
        for part in thing:
            yield from _parts(part, seen)
    elif isinstance(thing, frozenset):
        yield repr(sorted(map(repr, thing)))
    elif thing is None or isinstance(thing, (bool, int, float, complex, str, bytes)):
        yield repr(thing)
    else:
        yield f"{type(thing).__module__}.{type(thing).__qualname__}"
