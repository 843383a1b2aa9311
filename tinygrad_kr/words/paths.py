"""The paths through a graph, from a value back to one that it was computed from: counted, and listed one by one.

There may be astronomically many, so they are counted by dynamic programming, with Python's whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..engine.graph import topological
from ..engine.value import Constant, Value

__all__ = ["Path", "Paths", "Step"]


class Step(NamedTuple):
    """One step back: from a node to its operand number ``place``."""

    node: Value
    place: int

    @property
    def operand(self) -> Value:
        """The value that the step leads to."""
        return self.node.parents[self.place]

    @property
    def local(self) -> float:
        """The local derivative ∂node/∂operand."""
        return self.node.local_derivatives()[self.place]


@dataclass(frozen=True)
class Path:
    """A path from the output back to a value, and the product of the local derivatives along it."""

    steps: tuple[Step, ...]
    product: float

    @classmethod
    def along(cls, steps: tuple[Step, ...]) -> Path:
        """The path of these steps."""
        product = 1.0
        for node, place in steps:
            product = node.vjp(product)[place]
        return cls(steps, product)


class Paths:
    """The paths from a value back to x.

    Attributes:
        order: the graph in topological order, as far as x.
        leading: the nodes from which a path leads on to x; none where x is a constant, or not in the graph.
        count: how many paths there are.

    >>> x = Value(3.0, "x")
    >>> t = x * x
    >>> paths = Paths(t + x, x)
    >>> paths.count, [path.product for path in paths]
    (3, [3.0, 3.0, 1.0])
    """

    def __init__(self, value: Value, x: Value) -> None:
        self.value, self.x = value, x
        self.order = topological([value], leaves={x})
        self.leading = self._leading()
        self.count = self._count()

    def _leading(self) -> set[Value]:
        leading: set[Value] = set()
        for node in self.order:
            if node is self.x or any(parent in leading for parent in node.parents):
                leading.add(node)
        is_constant = self.x.__class__ is Constant and self.x is not self.value
        return set() if is_constant else leading  # no derivative flows to a constant

    def _count(self) -> int:
        """The paths to a node are those to its uses; counts that have been passed on are forgotten."""
        counts = dict.fromkeys(self.leading, 0)
        if not counts:
            return 0
        counts[self.value] = 1
        for node in reversed(self.order):
            if node in counts and node is not self.x:
                count = counts.pop(node)
                for parent in node.parents:
                    if parent in counts:
                        counts[parent] += count
        return counts[self.x]

    def __iter__(self) -> Iterator[Path]:
        """Every path, those through the first operands first."""
        if self.value is self.x:
            yield Path.along(())
        steps: list[Step] = []
        trail = [self._back(self.value)]
        while trail:
            step = next(trail[-1], None)
            if step is None:
                trail.pop()
                del steps[-1:]
            elif step.operand is self.x:
                yield Path.along((*steps, step))
            else:
                steps.append(step)
                trail.append(self._back(step.operand))

    def _back(self, node: Value) -> Iterator[Step]:
        """The steps back from a node that lead on to x."""
        if node is self.x:
            return iter(())
        return (Step(node, k) for k, parent in enumerate(node.parents) if parent in self.leading)
