"""How the values of a graph are used: which ends they lead to, and which of their uses a fraction leaves open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import cached_property

from ..engine.graph import topological
from ..engine.value import Value

__all__ = ["Uses"]


class Uses:
    """The uses of the values of a graph, or of a part of it.

    Args:
        outputs: the values at the right end.
        leaves: nodes that are taken as leaves, whatever they were computed from: where a picture is cut off.
        shown: more values at the right end of the part, if it does not reach the outputs.

    Attributes:
        order: the nodes in topological order.
        ends: the outputs that no other output was computed from, where a backward pass starts.
        count: how many operands a node is.

    >>> x = Value(3.0, "x")
    >>> t = x * x
    >>> y, z = t + 1, t * 2
    >>> uses = Uses([t, y, z])
    >>> uses.ends == [y, z], uses.count[x], uses.led_to(x) == [y, z]
    (True, 2, True)
    """

    def __init__(self, outputs: Sequence[Value], leaves: Collection[Value] = (), shown: Sequence[Value] = ()) -> None:
        self.order = topological([*outputs, *shown], leaves=leaves)
        self._operands = {node: () if node in leaves else node.parents for node in self.order}
        self._around = topological(outputs) if leaves else self.order
        inner = {parent for node in self._around for parent in node.parents}
        self.ends = [output for output in dict.fromkeys(outputs) if output not in inner]
        self.count = Counter(parent for parents in self._operands.values() for parent in parents)
        self._numbers: dict[tuple[Value, Hashable], int] = {}

    def operands(self, node: Value) -> tuple[Value, ...]:
        """The operands of a node; none for a leaf."""
        return self._operands[node]

    def is_beyond(self, node: Value) -> bool:
        """Whether something uses a node that the part does not show: what arrives there is not all that flows."""
        return node in self._beyond

    def led_to(self, node: Value) -> list[Value]:
        """The ends that were computed from a node."""
        return [end for place, end in enumerate(self.ends) if self._ahead[node] >> place & 1]

    def number(self, value: Value, use: Hashable, others: Iterable[Value]) -> int | None:
        """The number of a use of a value: ① where ∂t/∂x would not say by which of the operands of t it is meant.

        Args:
            value: what is used.
            use: by what, as an operand.
            others: what else is an operand there.

        Returns:
            None where no other operand is the value, or was computed from it: there ∂t/∂x has one meaning.

        >>> x = Value(3.0, "x")
        >>> z = x * x.exp()
        >>> uses = Uses([z])
        >>> uses.number(x, (z, 0), [z.parents[1]]), uses.number(x, (z.parents[1], 0), [])
        (1, None)
        """
        bit = self._shared.get(value, 0)
        if not any(self._behind.get(other, 0) & bit for other in others):  # some may not be in the picture
            return None
        taken = sum(known is value for known, _ in self._numbers)
        return self._numbers.setdefault((value, use), taken + 1)

    @cached_property
    def _beyond(self) -> set[Value]:
        """The operands of nodes that are cut off, or not there."""
        return {parent for node in self._around if not self._operands.get(node) for parent in node.parents}

    @cached_property
    def _ahead(self) -> dict[Value, int]:
        """Which ends a node leads to, a bit for each."""
        ahead = dict.fromkeys(self._around, 0)
        ahead |= {end: 1 << place for place, end in enumerate(self.ends)}
        for node in reversed(self._around):
            for parent in node.parents:
                ahead[parent] |= ahead[node]
        return ahead

    @cached_property
    def _shared(self) -> dict[Value, int]:
        """A bit for every value that is several operands."""
        several = (node for node in self.order if self.count[node] > 1 or node in self._beyond)
        return {node: 1 << place for place, node in enumerate(several)}

    @cached_property
    def _behind(self) -> dict[Value, int]:
        """Which of those values a node is, or was computed from."""
        behind: dict[Value, int] = {}
        for node in self._around:
            behind[node] = self._shared.get(node, 0)
            for parent in node.parents:
                behind[node] |= behind[parent]
        return behind
