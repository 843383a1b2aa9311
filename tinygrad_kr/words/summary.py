"""A graph in a few numbers: how many nodes, how deep, which operations, how many paths, how much memory."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..engine.graph import topological
from ..engine.native import core
from ..engine.value import Constant, Value
from ..text.numerals import shown
from ..text.options import Language, check
from ..text.phrases import say, tally
from .prose import Grid, Part, Tabular

__all__ = ["Summary", "summary"]


@dataclass(frozen=True, repr=False)
class Summary(Tabular):
    """A graph in a few numbers. Made by :func:`summary`; it prints as a table.

    Attributes:
        nodes: how many there are: leaves, constants and operations.
        leaves: those that a derivative goes to.
        constants: those that it does not.
        depth: the operations on the longest path.
        operations: how many there are of each row of the table, the most frequent first.
        paths: how many ways lead from the value back to its leaves, as whole as Python's numbers.
        memory: bytes, about: nodes, operand vectors and names, without the arrays that they may share with others.
    """

    nodes: int
    leaves: int
    constants: int
    depth: int
    operations: dict[str, int]
    paths: int
    memory: int
    language: Language = "ko"

    @property
    def _parts(self) -> Sequence[Part]:  # type: ignore[override]
        return [self._grid()]

    def _grid(self) -> Grid:
        counts = {
            "nodes": self.nodes, "leaves": self.leaves, "constants": self.constants,
            "operations": sum(self.operations.values()), "depth": self.depth, "paths": self.paths,
        }  # fmt: skip
        rows = [[say(self.language, what), tally(count, self.language)] for what, count in counts.items()]
        rows.append([say(self.language, "memory"), f"{self.memory:,}"])
        rows += [[f"  {name}", f"{count:,}"] for name, count in self.operations.items()]
        return Grid([say(self.language, "graph"), ""], rows, right={1})


def summary(value: Value, *, language: Language = "ko") -> Summary:
    """Count what is in the graph of a value.

    Args:
        value: the output.
        language: of the table, Korean (``"ko"``) or English (``"en"``).

    Raises:
        TypeError: if ``value`` is no Value.
        ValueError: if the language is unknown.

    >>> x, y = Value(3.0, "x"), Value(4.0, "y")
    >>> t = x * y + x
    >>> counted = summary(t * t)
    >>> counted.nodes, counted.depth, counted.operations, counted.paths
    (5, 3, {'mul': 2, 'add': 1}, 6)
    """
    if not isinstance(value, Value):
        raise TypeError(f"summary() needs a Value, not the {type(value).__name__} {shown(value)}")
    check(language=language)
    order = topological([value])
    constants = sum(node.__class__ is Constant for node in order)
    rows = Counter(node.op.name for node in order if node.op is not None)
    leaves = len(order) - constants - sum(rows.values())
    return Summary(
        len(order), leaves, constants, _depth(order), dict(rows.most_common()), _paths(order),
        sum({id(thing): sys.getsizeof(thing) for thing in _held(order)}.values()), language,
    )  # fmt: skip


def _depth(order: list[Value]) -> int:
    depth: dict[Value, int] = {}
    for node in order:
        depth[node] = 1 + max((depth[parent] for parent in node.parents), default=0) if node.op is not None else 0
    return depth[order[-1]]


def _paths(order: list[Value]) -> int:
    """The paths to a node are those to its uses; counts that have been passed on are forgotten."""
    counts, total = {order[-1]: 1}, 0
    for node in reversed(order):
        count = counts.pop(node)
        if node.op is None:
            total += count if node.__class__ is not Constant else 0
        for parent in node.parents:
            counts[parent] = counts.get(parent, 0) + count
    return total


def _held(order: list[Value]) -> Iterator[object]:
    """What the nodes hold of their own."""
    for node in order:
        yield node
        if node.name is not None:
            yield node.name
        for family in node.families:
            yield from (family, family.nodes, family.numbers)
        if core is None:  # the core keeps numbers inside its nodes
            yield node.data
            if node.numbers:
                yield node.numbers
