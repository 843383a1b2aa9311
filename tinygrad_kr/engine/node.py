"""A node of a graph: what was computed, from what, and its local derivative.

Everything outside this room speaks to a node by few names: ``data``, ``grad``, ``name``, ``op``, ``parents``,
``numbers``, ``vjp``, ``age`` and ``rebuild``, and goes over graphs with the walk and the sweep of ``graph.py``.
"""

from __future__ import annotations

from itertools import chain

from ..text.numerals import shown, to_float
from . import modes
from .ops import Op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeVar

    from .kernels import Kernel, Push

    N = TypeVar("N", bound="Node")

__all__ = ["Family", "Node", "compiled", "families_of", "flat", "new"]


def compiled(op: Op) -> Kernel:
    """What :func:`tinygrad_kr.engine.kernels.kernel` makes of a row; the compiler loads when it is first needed."""
    row: Kernel | None = op.compiled
    if row is None:
        from .kernels import kernel

        row = kernel(op)
    return row


class Family:
    """An operand vector: the nodes that a row with ``*x`` takes, as one object that many nodes share.

    All products of a column with something hold the same family of its nodes.

    Args:
        nodes: the operands in order.

    Attributes:
        nodes: the same.
        numbers: the number of each at that moment.
        moves: whether any gets a gradient.

    >>> from tinygrad_kr import Value, constant
    >>> family = Family((Value(1.0), constant(2)))
    >>> family, family.numbers, family.moves
    (Family(Value(1), constant(2)), [1.0, 2.0], True)
    """

    __slots__ = ("moves", "nodes", "numbers")

    moves: bool
    nodes: tuple[Node, ...]
    numbers: list[float]

    _operands = ()  # in a walk it stands for its nodes, and is none itself

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.numbers = [node._data for node in nodes]
        self.moves = False
        for node in nodes:
            if node.moves:
                self.moves = True
                break

    def __repr__(self) -> str:
        return f"Family({', '.join(map(repr, self.nodes))})"


class Node:
    """What ``Value`` is to the engine: a number, the row that computed it, its operands and their numbers.

    Attributes:
        grad: the derivative of the output that ``backward()`` was last called on; None until it reaches this node.
        op: the row of the table that computed it; None for a leaf.
        age: when it was recorded, by the clock of ``modes.py``. A leaf has none.
    """

    # _push is the row's compiled local derivative, and _numbers the tuple that it is closed over; _operands are nodes,
    # or families of nodes. There is a _name only where one was given, and a leaf has no _push and no _numbers.
    __slots__ = ("__weakref__", "_data", "_name", "_numbers", "_operands", "_push", "age", "grad", "op")

    moves: bool = True
    """Whether a derivative by it can be asked for; a constant's can't."""

    _data: float
    _name: str | None
    _numbers: tuple[Any, ...]
    _operands: tuple[Any, ...]
    _push: Push
    age: int
    grad: float | None
    op: Op | None

    @property
    def data(self) -> float:
        """The number."""
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        if self.op is not None:
            raise AttributeError(
                f"data of {self!r} is the result of {self.op.name!r} and can't be set; "
                "set the data of leaves and compute the expression again"
            )
        self._data = to_float(number, "data")

    @property
    def name(self) -> str | None:
        """What the value is called in pictures and messages."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"a name is a text or None, not the {type(name).__name__} {shown(name)}")
        self._name = name

    @property
    def parents(self: N) -> tuple[N, ...]:
        """The operands, in the order written (``x * x`` has two)."""
        return self._operands if self.op is None or not self.op.variadic else flat(self._operands)

    @property
    def families(self) -> tuple[Family, ...]:
        """The operand vectors of a row with ``*x``; nothing for other rows."""
        return self._operands if self.op is not None and self.op.variadic else ()

    @property
    def numbers(self) -> tuple[Any, ...]:
        """What the forward pass bound: the number of each input (a list for ``*x``), and the result.

        Nothing where the local derivative needs none of them.

        >>> from tinygrad_kr import Value
        >>> (Value(3.0) * 2).numbers, (Value(3.0) + 2).numbers
        ((3.0, 2.0, 6.0), ())
        """
        return () if self.op is None else self._numbers

    def vjp(self, upstream: float) -> tuple[float, ...]:
        """The local derivative (vector-Jacobian product): one contribution per parent.

        It binds the numbers of the forward pass: setting a leaf's data afterwards changes nothing.

        >>> from tinygrad_kr import Value
        >>> (Value(3.0) * Value(5.0)).vjp(2.0)
        (10.0, 6.0)
        """
        sums = [0.0] * len(self.parents)
        if self.op is not None:
            self._push(upstream, self._numbers, compiled(self.op).places(len(sums)), sums)
        return tuple(sums)

    @classmethod
    def rebuild(
        cls: type[N],
        data: float,
        name: str | None,
        grad: float | None,
        op: Op | None = None,
        parents: tuple[Node, ...] = (),
        numbers: tuple[Any, ...] = (),
        shared: dict[Any, Family] | None = None,
    ) -> N:
        """A node made of its parts, for copies and files; it takes the present age.

        Args:
            data, name, grad, op, parents, numbers: as the node has them.
            shared: the families of the nodes rebuilt so far, which nodes of the same operands then share.

        >>> from tinygrad_kr import Value
        >>> x = Value(3.0, "x")
        >>> y = Value.rebuild(9.0, None, None, (x * x).op, (x, x), (3.0, 3.0, 9.0))
        >>> y.vjp(1.0)
        (3.0, 3.0)
        """
        node = cls.__new__(cls)
        node._data, node.name, node.grad, node.op = data, name, grad, op
        if op is None:
            node._operands = ()
            return node
        node.age, node._numbers = modes.present, numbers
        node._operands = families_of(op, parents, numbers, {} if shared is None else shared) if op.variadic else parents
        node._push = compiled(op).pushing(tuple([operand.moves for operand in node._operands]))
        if op.variadic:
            node._numbers = (*(family.numbers for family in node._operands), data)
        return node


def flat(families: Iterable[Family]) -> tuple[Any, ...]:
    """The operands in some families, one family after the other.

    >>> from tinygrad_kr import Value
    >>> flat([Family((Value(1.0),)), Family((Value(2.0),))])
    (Value(1), Value(2))
    """
    return tuple(chain.from_iterable([family.nodes for family in families]))


def families_of(
    op: Op, parents: Sequence[Node], numbers: Sequence[Any] = (), shared: dict[Any, Family] | None = None
) -> tuple[Family, ...]:
    """The families of a row's operands.

    Args:
        op: the row.
        parents: its operands in order.
        numbers: the numbers that they had for each family, if those are known.
        shared: families that are there already, by their nodes; new ones are added.
    """
    found = []
    for k, nodes in enumerate(op.families(tuple(parents))):
        family = None if shared is None else shared.get(nodes)
        if family is None or (numbers and family.numbers != numbers[k]):
            family = Family(nodes)
            if numbers:
                family.numbers = numbers[k]
            if shared is not None:
                shared[nodes] = family
        found.append(family)
    return tuple(found)


new: Callable[[type[N]], N] = object.__new__
"""Allocates a node without running ``__init__``."""
