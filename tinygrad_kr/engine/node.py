"""A node of a graph: what was computed, from what, and its local derivative.

Everything outside this room speaks to a node by few names: ``data``, ``grad``, ``name``, ``op``, ``parents``,
``numbers``, ``vjp``, ``age`` and ``rebuild``, and goes over graphs with the walk and the sweep of ``graph.py``.
"""

from __future__ import annotations

from itertools import chain

from ..text.numerals import is_of_another_load, shown, to_float
from . import modes
from .native import core
from .ops import Op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NoReturn, TypeVar

    from .kernels import Kernel, Push

    N = TypeVar("N", bound="Node")

__all__ = [
    "Family", "Node", "compiled", "families_of", "flat", "leaf_number", "make", "name_of", "new", "operands",
    "operands_by_python", "refuse_constant", "refuse_setting",
]  # fmt: skip


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
        numbers: the number of each, where that is not its number of now.

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

    def __init__(self, nodes: tuple[Node, ...], numbers: list[float] | None = None) -> None:
        self.nodes = nodes
        self.numbers = [node._data for node in nodes] if numbers is None else numbers
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
    __slots__ = ("__weakref__", "_data", "_grad", "_name", "_numbers", "_operands", "_push", "age", "op")

    moves: bool
    """Whether a derivative by it can be asked for; a constant's can't."""

    _data: float
    _name: str | None
    _numbers: tuple[Any, ...]
    _operands: tuple[Any, ...]
    _push: Push
    _grad: float | None
    age: int
    op: Op | None
    rebuild: Any  # a Value's

    # label and requires_grad are meant as keywords; keyword-only ones would make every leaf slower.
    def __init__(
        self, data: Any, name: str | None = None, label: str | None = None, requires_grad: bool | None = None
    ) -> None:
        self._data = data if data.__class__ is float else leaf_number(data)
        if label is not requires_grad:  # type: ignore[comparison-overlap]  # one of them was given
            if requires_grad is not None and not requires_grad:
                refuse_constant(data)
            name = name if label is None else label
        if name is not None:
            self.name = name
        self._grad = None
        self.op = None
        self._operands = ()

    @property
    def data(self) -> float:
        """The number."""
        if modes.watch is not None:
            modes.watch.read(self, ".data")
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        if self.op is not None:
            refuse_setting(self)
        self._data = to_float(number, "data")

    @property
    def grad(self) -> float | None:
        """The derivative of the output that ``backward()`` was last called on; None until it reaches this node."""
        return self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        self._grad = None if number is None else to_float(number, "a gradient")

    @property
    def name(self) -> str | None:
        """What the value is called in pictures and messages."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name_of(name)

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


def make(cls: type[N], op: Op, operands: tuple[Any, ...], numbers: tuple[Any, ...], z: float) -> N:
    """A node of a row; it takes the present age.

    Args:
        cls: its class.
        op: the row.
        operands: nodes, or families of nodes.
        numbers: what the forward pass bound.
        z: its value.
    """
    node = cls.__new__(cls)
    node._data, node._grad, node.op, node.age = z, None, op, modes.present
    node._operands, node._numbers, node._push = operands, numbers, pushing(op, operands)
    return node


def pushing(op: Op, operands: tuple[Any, ...]) -> Push:
    """The local derivative of a row by those of its operands that move."""
    return compiled(op).pushing(tuple([operand.moves for operand in operands]))


def leaf_number(data: Any) -> float:
    """The number of a new leaf.

    Raises:
        TypeError: if it is not a real number, or a Value already.
    """
    if isinstance(data, Node) and not is_of_another_load(type(data)):
        raise TypeError(f"Value() needs a real number, not {data!r}; it is a Value already (copy it with .detach())")
    return to_float(data, "Value()")


def name_of(name: Any) -> str | None:
    """A node's name, if it is one.

    Raises:
        TypeError: if it is not a text.
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a name is a text or None, not the {type(name).__name__} {shown(name)}")
    return name


def refuse_constant(data: Any) -> NoReturn:
    """Refuse ``Value(data, requires_grad=False)``.

    Raises:
        TypeError: always.
    """
    raise TypeError(f"every Value gets a gradient; constant({shown(data)}) makes a number that gets none")


def refuse_setting(node: Node) -> None:
    """Refuse to set the number of a result.

    Raises:
        AttributeError: always.
    """
    assert node.op is not None
    raise AttributeError(
        f"data of {node!r} is the result of {node.op.name!r} and can't be set; "
        "set the data of leaves and compute the expression again"
    )


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
            family = Family(nodes, numbers[k] if numbers else None)
            if shared is not None:
                shared[nodes] = family
        found.append(family)
    return tuple(found)


def operands(node: Node) -> list[Any]:
    """What a node was computed from, as formulas on Values take it: a constant without a name is a float.

    Raises:
        ValueError: if a leaf's data was set since: formulas on Values would meet another number than the node did.

    >>> from tinygrad_kr import Value
    >>> operands(Value(3.0, "x") * 2)
    [Value(3, name='x'), 2.0]
    """
    op, numbers = node.op, node.numbers
    given: list[Any] = list(node.parents)
    bound = [*chain.from_iterable(numbers[:-1])] if op is not None and op.variadic else numbers
    for place, parent in enumerate(given):
        if parent.op is None:
            data, was = parent.data, bound[place] if bound else None  # a row that binds none needs none
            if data != was and was is not None and (data == data or was == was):
                assert op is not None
                raise ValueError(
                    f"the data of {parent!r} was {was} when {op.name!r} used it; a graph of derivatives needs that "
                    "number: set it again, or compute the expression once more"
                )
            if not parent.moves and parent.name is None:
                given[place] = data
    return given


operands_by_python = operands
"""What the core asks where it does not know."""

new: Callable[[type[N]], N] = object.__new__
"""Allocates a node without running ``__init__``."""

if not TYPE_CHECKING and core is not None:  # the same in C
    Family, Node, _made, operands = core.Family, core.Node, core.make, core.operands  # noqa: F811

    def make(cls, op, operands, numbers, z):
        """A node of a row, which holds Python's local derivative where the core does not know the row."""
        node = _made(cls, op, operands, numbers, z)
        if node is None:
            own = op, pushing(op, operands), numbers, operands
            node = _made(cls, op, (Family(flat(operands) if op.variadic else operands),), numbers, z, own)
        return node
