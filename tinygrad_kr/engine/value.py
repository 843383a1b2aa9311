"""``Value``: a real number that remembers how it was computed.

Forward operations record a node: its number, its parents and its local derivative, which binds the
numbers of the forward pass (never the node itself, so a graph has no reference cycles). ``backward()``
sorts the graph topologically and applies the chain rule from the outputs to the leaves.
"""

from __future__ import annotations

from ..text.bilingual import Bilingual
from ..text.callers import warn
from ..text.numerals import shown, spelled, to_float
from . import modes, pickling
from .elsewhere import ELSEWHERE, Elsewhere, refuse_option
from .graph import adjoints
from .methods import Methods
from .names import METHODS, SIGNS
from .native import core, functions
from .node import Family, Node, compiled, families_of, flat, make, new
from .ops import TABLE, Op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal
    from fractions import Fraction
    from typing import Any, NoReturn, TypeAlias, TypeVar

    import numpy as np
    from numpy.typing import NDArray

    from .display import Explanation, Page, Picture, Table
    from .kernels import Push

    V = TypeVar("V", bound="Value")

__all__ = [
    "Constant", "Number", "Real", "Value", "apply", "backward", "constant", "is_foreign", "operate", "record",
    "refuse_infinite", "report", "spelled_operands",
]  # fmt: skip

Real: TypeAlias = "float | Fraction | Decimal"
"""A real number; ints, bools and NumPy scalars among them."""

Number: TypeAlias = "Value | float | Fraction | Decimal"
"""What an operator takes beside a Value: another Value, or any real number."""


# ── Recording ─────────────────────────────────────────────────────────────────────────────────────────
# unary(), binary() and reflected() write a node's slots out by hand: this is where a program spends its time. They are
# the Python engine's; the compiled core has its own.
# They stand beside the class, so that who loads it anew (as autoreload does) has operators that know it.


def unary(name: str) -> Callable[[Value], Value]:
    """The recording function of a one-input row."""
    if core is not None:
        return _of_core(name)
    op = TABLE[name]
    forward: Callable[..., float] | None = None
    push: Push
    binds: bool

    def record(self: Value) -> Value:
        nonlocal forward, push, binds
        if forward is None:  # compiled at the first call; set last, for another thread may be right behind
            push, binds, forward = compiled(op).pushing((True,)), compiled(op).binds, compiled(op).forward
        age = modes.quick
        if self.__class__ is not Value or age is None:
            return apply(op, (self,))
        x = self._data
        z = forward(x)
        if z - z:  # inf or nan
            _report(op, (self,), z)
        node = new(Value)
        node._data = z
        node._grad = None
        node.op = op
        node.age = age
        node._operands = (self,)
        node._push = push
        node._numbers = (x, z) if binds else ()
        return node

    record.__name__ = record.__qualname__ = name
    record.__doc__ = f"The {op.en} of this value, recorded: {op.forward}."
    return record


def binary(name: str) -> Callable[[Value, Number], Value]:
    """The recording function of a two-input row, as an operator method."""
    if core is not None:
        return _of_core(name)
    op = TABLE[name]
    forward: Callable[..., float] | None = None
    push_both: Push
    push_first: Push
    binds: bool

    def record(self: Value, other: Number) -> Value:
        nonlocal forward, push_both, push_first, binds
        if forward is None:
            push_both, push_first = compiled(op).pushing((True, True)), compiled(op).pushing((True, False))
            binds, forward = compiled(op).binds, compiled(op).forward
        age = modes.quick
        if self.__class__ is not Value or age is None:
            return NotImplemented if is_foreign(other) else apply(op, (self, other))
        if other.__class__ is Value:
            push = push_both
        elif other.__class__ is float or other.__class__ is int:
            other, push = _plain(other), push_first
        else:
            return NotImplemented if is_foreign(other) else apply(op, (self, other))
        x = self._data
        y = other._data
        z = forward(x, y)
        if z - z:  # inf or nan
            _report(op, (self, other), z)
        node = new(Value)
        node._data = z
        node._grad = None
        node.op = op
        node.age = age
        node._operands = (self, other)
        node._push = push
        node._numbers = (x, y, z) if binds else ()
        return node

    record.__name__ = record.__qualname__ = name
    record.__doc__ = f"The {op.en} with another value or number, recorded: {op.forward}."
    return record


def reflected(name: str) -> Callable[[Value, Number], Value]:
    """The same operator with the Value at its right: ``2 - x``."""
    if core is not None:
        return _asking(name, True)
    op = TABLE[name]
    forward: Callable[..., float] | None = None
    push: Push
    binds: bool

    def record(self: Value, other: Number) -> Value:
        nonlocal forward, push, binds
        if forward is None:
            push, binds, forward = compiled(op).pushing((False, True)), compiled(op).binds, compiled(op).forward
        age = modes.quick
        if (other.__class__ is not float and other.__class__ is not int) or self.__class__ is not Value or age is None:
            return NotImplemented if is_foreign(other) else apply(op, (other, self))
        other = _plain(other)
        x = other._data
        y = self._data
        z = forward(x, y)
        if z - z:  # inf or nan
            _report(op, (other, self), z)
        node = new(Value)
        node._data = z
        node._grad = None
        node.op = op
        node.age = age
        node._operands = (other, self)
        node._push = push
        node._numbers = (x, y, z) if binds else ()
        return node

    record.__name__ = record.__qualname__ = f"r{name}"
    record.__doc__ = f"The {op.en} with this value as the second operand, recorded: {op.forward}."
    return record


def _of_core(name: str) -> Callable[..., Any]:
    """The core's function of a row; of a row that it does not know, Python's."""
    return functions.get(name) or _asking(name)


def _asking(name: str, is_reflected: bool = False) -> Callable[..., Any]:
    def record(*operands: Any) -> Any:
        return operate(name, *operands[:: -1 if is_reflected else 1])

    record.__name__ = record.__qualname__ = f"r{name}" if is_reflected else name
    record.__doc__ = f"The {TABLE[name].en}, recorded: {TABLE[name].forward}."
    return record


def operate(name: str, *operands: Any) -> Any:
    """A row on one or two operands of any kind, for an operator: arrays apply it to their elements by themselves."""
    return NotImplemented if any(map(is_foreign, operands)) else apply(TABLE[name], operands)


def apply(op: Op, operands: Iterable[Number]) -> Value:
    """Apply a row of the table to any mix of Values and numbers, and record the node.

    Args:
        op: the row.
        operands: its operands in order; the families of a row such as ``dot`` one after the other.

    Raises:
        TypeError: if an operand is not a real number, or their count does not fit.
        FloatingPointError: under ``strict()``, if the result is inf or nan and no operand is.

    >>> apply(TABLE["mul"], (Value(3.0), 2))
    Value(6)
    """
    if op.variadic and core is not None:  # a plain number in a family has no node until somebody looks at it
        return record(op, tuple(map(Family, op.families(tuple(operands)))))
    parents = tuple([operand if isinstance(operand, Value) else Constant(operand) for operand in operands])
    if op.variadic:
        return record(op, families_of(op, parents))
    op.families(parents)  # as many as the row has inputs
    return record(op, parents)


def record(op: Op, operands: tuple[Any, ...], z: float | None = None) -> Value:
    """A new node of a row; outside a mode of recording, its number.

    Args:
        op: the row.
        operands: its operands; of a row with ``*x`` a family for each input, which other nodes may have too.
        z: its value, where it is known.

    >>> x, y = Family((Value(3.0),)), Family((Value(4.0),))
    >>> record(TABLE["dot"], (x, y)), record(TABLE["dot"], (x, x))
    (Value(12), Value(9))
    """
    if core is not None and (node := core.make(Value, op, operands, None, z)) is not None:
        return node  # type: ignore[no-any-return]
    row = compiled(op)
    numbers = [operand.numbers if op.variadic else operand.data for operand in operands]
    if z is None:
        z = row.forward(*numbers)
    if z - z != 0.0:
        _report(op, flat(operands) if op.variadic else operands, z)
    if not modes.is_recording():
        if modes.watch is not None:
            for operand in flat(operands) if op.variadic else operands:
                _out(operand, "the number inside no_grad()")
        return Constant(z)
    return make(Value, op, operands, (*numbers, z) if row.binds else (), z)


def is_foreign(operand: object) -> bool:
    """Whether an operand is an array (of any shape), which applies the operator to its elements by itself."""
    return hasattr(operand, "__array_ufunc__") and hasattr(operand, "__setitem__") and not isinstance(operand, Value)


def report(name: str, parents: Sequence[Value], z: float) -> None:
    """The same by the row's name."""
    _report(TABLE[name], parents, z)


def _report(op: Op, parents: Sequence[Value], z: float) -> None:
    """Warn of (or, under ``strict()``, refuse) an inf or nan that came out of operands that are neither."""
    inputs = [parent.data for parent in parents]
    if any(x != x for x in inputs) or (z == z and any(x - x != 0.0 for x in inputs)):
        return
    called = f"{op.name}({spelled_operands(parents)})"
    message = Bilingual(f"{called} is {spelled(z)}", f"{called}: {spelled(z)}입니다")
    if op.domain and z != z:
        message += Bilingual(
            f"; {op.name} is defined for {op.domain}", f". {op.name}: {op.domain}일 때만 값이 있습니다"
        )
    elif not op.domain and z == z:
        message += Bilingual("; the result is too large for a float", ". 결과가 실수로 나타내기에 너무 큽니다")
    elif not op.domain:
        message += Bilingual("; it has no value there", ". 여기에는 값이 없습니다")
    if modes.is_strict():
        raise FloatingPointError(message)
    warn(message)


def spelled_operands(parents: Sequence[Value]) -> str:
    """Operands with their names and numbers, as messages have them.

    >>> spelled_operands([Value(3.0, "x"), Value(4.0)])
    'x = 3, 4'
    """
    texts = [
        f"{shown(p.name)[1:-1]} = {spelled(p.data)}" if p.name is not None else spelled(p.data) for p in parents[:6]
    ]
    return ", ".join(texts) + (f", … {len(parents)} operands" if len(parents) > 6 else "")


class Value(Node, Methods["Value", "Number"]):
    """A real number that remembers how it was computed.

    Args:
        data: the number. Ints, bools, Fractions, Decimals and NumPy scalars become floats.
        name: what it is called in pictures and messages.

    Attributes:
        data: the number, a float. A leaf's can be set; what was computed from it before stays as it was.
        grad: the derivative of the output that ``backward()`` was last called on with respect to this
            value; None until a backward pass reaches it.
        name: what it is called, or None.
        op: the row of the table that computed it; None for a leaf.
        parents: the operands, in the order written (``x * x`` has two).

    Raises:
        TypeError: if ``data`` is not a real number, or ``name`` no text.

    >>> apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    >>> price = apple * count * tax
    >>> price.backward()
    >>> price, apple
    (Value(220, grad=1), Value(100, grad=2.2, name='사과'))
    """

    __slots__ = ()

    moves: bool = True
    """Whether a derivative by it can be asked for; a constant's can't."""

    # ── Operators ─────────────────────────────────────────────────────────────────────────────────────

    def __pos__(self) -> Value:
        return self

    def __divmod__(self, other: Number) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: Number) -> tuple[Value, Value]:
        return other // self, other % self

    def conjugate(self) -> Value:
        """This value itself, as of every real number; ``np.var`` and ``np.vdot`` ask for it.

        >>> Value(2.0, "x").conjugate()
        Value(2, name='x')
        """
        return self

    # ── Comparison goes by number; == and hash stay identity, so that Values can be keys ──────────────

    def __lt__(self, other: Number) -> bool:
        if modes.watch is not None and (condition := modes.watch.compared("<", self, other)) is not None:
            return condition  # type: ignore[no-any-return]
        return self.data < _number(other)

    def __le__(self, other: Number) -> bool:
        if modes.watch is not None and (condition := modes.watch.compared("<=", self, other)) is not None:
            return condition  # type: ignore[no-any-return]
        return self.data <= _number(other)

    def __gt__(self, other: Number) -> bool:
        if modes.watch is not None and (condition := modes.watch.compared(">", self, other)) is not None:
            return condition  # type: ignore[no-any-return]
        return self.data > _number(other)

    def __ge__(self, other: Number) -> bool:
        if modes.watch is not None and (condition := modes.watch.compared(">=", self, other)) is not None:
            return condition  # type: ignore[no-any-return]
        return self.data >= _number(other)

    def __bool__(self) -> bool:
        holds = self.data != 0.0
        if modes.watch is not None:
            modes.watch.decide(self, holds)
        return holds

    # ── Numbers out of it ─────────────────────────────────────────────────────────────────────────────

    def __float__(self) -> NoReturn:
        raise TypeError(
            f"float() of {self!r} would cut the graph without a word; "
            "use .data for the number, the function of tinygrad_kr (tinygrad_kr.exp, …) to keep the graph, or, "
            "in an array of Values, dtype=object"
        )

    def __int__(self) -> NoReturn:
        self.__float__()

    def __complex__(self) -> NoReturn:
        self.__float__()

    def as_integer_ratio(self) -> NoReturn:
        """Refused, as ``float()`` is: ``statistics`` and ``Fraction`` ask for it, and would cut the graph.

        >>> import statistics
        >>> statistics.mean([Value(1.0, "x"), Value(2.0)])
        Traceback (most recent call last):
        TypeError: a ratio of integers of Value(1, name='x') would cut the graph without a word; \
use tinygrad_kr.mean for a mean, np.var and np.std for a spread, or .data for the number
        """
        raise TypeError(
            f"a ratio of integers of {self!r} would cut the graph without a word; "
            "use tinygrad_kr.mean for a mean, np.var and np.std for a spread, or .data for the number"
        )

    def __round__(self, digits: int | None = None) -> float:
        return round(_out(self, "round()"), digits)

    def __floor__(self) -> int:
        return _out(self, "floor()").__floor__()

    def __ceil__(self) -> int:
        return _out(self, "ceil()").__ceil__()

    def __trunc__(self) -> int:
        return _out(self, "trunc()").__trunc__()

    def __format__(self, spec: str) -> str:
        text = str(self)
        if not spec or spec[-1] == "s":
            return format(text, spec)
        if spec[-1].isalpha() or spec[-1] == "%" or "." in spec:
            return format(self.data, spec)
        # An alignment, a width or a sign alone: of the number as it is printed, without its ".0".
        return format(int(text) if text.lstrip("-").isdigit() else float(text), spec)

    def _sympy_(self) -> NoReturn:
        """What SymPy asks before it multiplies: it leaves the operation to the Value then."""
        import sympy

        raise sympy.SympifyError(f"{self!r}; to_sympy() makes an expression of it")

    def __str__(self) -> str:
        return spelled(self.data)

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if name not in ELSEWHERE]

    def __repr__(self) -> str:
        grad = "" if self.grad is None else f", grad={spelled(self.grad)}"
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Value({spelled(self.data)}{grad}{name})"

    # ── Derivatives ───────────────────────────────────────────────────────────────────────────────────

    def backward(self, seed: Real = 1.0, accumulate: bool = False, **options: Any) -> None:
        """Differentiate this value with respect to everything it was computed from.

        Afterwards ``x.grad`` of every such ``x`` is seed · ∂self/∂x, however often it is called.

        Args:
            seed: the derivative that arrives from outside, ∂L/∂self.
            accumulate: add to the gradients that are there instead of replacing them, as PyTorch does.
            options: none; those of PyTorch are refused with what to write.

        Raises:
            TypeError: if ``seed`` is not a real number, or there is another option.
            ValueError: if this value is a constant.
            FloatingPointError: under ``strict()``, where a local derivative is inf or nan.

        >>> x = Value(3.0, "x")
        >>> y = x * x
        >>> y.backward()
        >>> x.grad
        6.0
        """
        for option in options:
            refuse_option(option)
        if core is not None and seed.__class__ is float and not accumulate and core.differentiate((self,), (seed,)):
            return
        _differentiate((self,), (to_float(seed, "a seed"),), accumulate)

    def contributions(self) -> tuple[float, ...]:
        """What this node passes back over each of its edges: its ``grad`` × the local derivative.

        Returns:
            One contribution per parent, in order. A value used in several places has the sum of its
            contributions as its gradient.

        Raises:
            ValueError: if no backward pass has reached this node.

        >>> x = Value(3.0, "x")
        >>> y = x * x
        >>> y.backward()
        >>> y.contributions()
        (3.0, 3.0)
        """
        if self.grad is None:
            raise ValueError(f"{self!r} has no gradient yet; call backward() on it, or on what was computed from it")
        _out(self, "contributions()")
        return self.vjp(self.grad)

    def local_derivatives(self) -> tuple[float, ...]:
        """∂self/∂parent for each operand, at the numbers of the forward pass.

        A constant's is 0, where no operand of its family moves.

        >>> (Value(3.0) * Value(5.0)).local_derivatives()
        (5.0, 3.0)
        """
        _out(self, "local_derivatives()")
        return self.vjp(1.0)

    def detach(self) -> Constant:
        """The same number and name without the history: a constant, which gets no gradient.

        >>> (Value(3.0, "x") * 2).detach()
        constant(6)
        """
        return Constant(_out(self, "detach()"), self.name)

    # ── What micrograd and PyTorch call it ────────────────────────────────────────────────────────────

    @property
    def label(self) -> str | None:
        """The name, as micrograd's lecture calls it.

        >>> a = Value(2.0, label="a")
        >>> a.label, a.name
        ('a', 'a')
        """
        return self.name

    @label.setter
    def label(self, name: str | None) -> None:
        self.name = name

    def item(self) -> float:
        """The number, as PyTorch calls it.

        >>> Value(2.0).item()
        2.0
        """
        return _out(self, "item()")

    def zero_grad(self) -> None:
        """Set the gradient to 0. It is not needed: ``backward()`` replaces gradients, unless it is told to accumulate.

        >>> x = Value(2.0, "x")
        >>> x.zero_grad()
        >>> x.grad
        0.0
        """
        self.grad = 0.0

    # ── Arrays, pictures, copies ──────────────────────────────────────────────────────────────────────

    if TYPE_CHECKING:  # showing.py gives these: the rooms that draw and explain, and NumPy's, are above this one

        @staticmethod
        def array(numbers: Any, name: str | None = None) -> NDArray[np.object_]:
            """A NumPy array of leaves, named ``W[0, 1]`` where a name is given."""

        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any: ...

        def draw(self, **options: Any) -> Picture:
            """The computation graph, drawn as the textbook draws it; see :func:`tinygrad_kr.draw`."""

        def play(self, height: int | None = None, **options: Any) -> Page:
            """The computation graph in a page where it can be walked through and changed."""

        def explain(self, x: Value, **options: Any) -> Explanation:
            """The chain rule in words, from this value back to ``x``; see :func:`tinygrad_kr.explain`."""

        def table(self, **options: Any) -> Table:
            """Every node of the graph with its number and derivatives; see :func:`tinygrad_kr.table`."""

        def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]: ...

    @classmethod
    def rebuild(
        cls: type[V],
        data: float,
        name: str | None,
        grad: float | None,
        op: Op | None = None,
        parents: tuple[Node, ...] = (),
        numbers: tuple[Any, ...] = (),
        shared: dict[Any, Family] | None = None,
    ) -> V:
        """A node made of its parts, for copies and files; it takes the present age.

        Args:
            data, name, grad, op, parents, numbers: as the node has them.
            shared: the families of the nodes rebuilt so far, which nodes of the same operands then share.

        >>> x = Value(3.0, "x")
        >>> y = Value.rebuild(9.0, None, None, (x * x).op, (x, x), (3.0, 3.0, 9.0))
        >>> y.vjp(1.0)
        (3.0, 3.0)
        """
        if op is None:
            node = cls.__new__(cls)
            Node.__init__(node, data)
        elif op.variadic:
            families = families_of(op, parents, numbers, {} if shared is None else shared)
            node = make(cls, op, families, (*(family.numbers for family in families), data), data)
        else:
            node = make(cls, op, parents, numbers, data)
        if name is not None:
            node.name = name
        if grad is not None:
            node.grad = grad
        return node

    def __copy__(self) -> Value:
        return self.__class__.rebuild(
            _out(self, "a copy"),
            self.name,
            self.grad,
            self.op,
            self.parents,
            self.numbers,
            {family.nodes: family for family in self.families},
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return pickling.deep_copy(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickling.reduce(self)


class Constant(Value):
    """A number that gets no gradient: what operators make of plain numbers, and :func:`constant` of names.

    >>> (Value(3.0) * 2).parents[1]
    constant(2)
    """

    __slots__ = ()

    moves: bool = False

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"constant({spelled(self.data)}{name})"


def constant(data: Real, name: str | None = None) -> Constant:
    """A named number that gets no gradient, such as a label t or a fixed rate.

    Args:
        data: the number.
        name: what it is called in pictures.

    Raises:
        TypeError: if ``data`` is not a real number.

    >>> t = constant(1, "t")
    >>> y = t * Value(2.0, "x")
    >>> y.backward()
    >>> t.grad is None
    True
    """
    return Constant(data, name)


def _plain(number: float) -> Constant:
    """``Constant(number)`` of a float or an int, made as recorded nodes are."""
    node = new(Constant)
    try:
        node._data = number if number.__class__ is float else float(number)
    except OverflowError:  # an int too large; say so
        node._data = to_float(number, "Value()")
    node._grad = None
    node.op = None
    node._operands = ()
    return node


def _out(node: Value, what: str) -> float:
    """The number of a node, for what leaves the graph."""
    if modes.watch is not None:
        modes.watch.read(node, what)
    return node.data


def _number(other: Any) -> float:
    """What to compare with, as it is: Python compares a float with integers, fractions and decimals exactly.

    An array compares its elements by itself; a scalar of NumPy is taken for a float, so that a bool comes out.
    """
    if isinstance(other, Value):
        return other.data
    number: float = other
    if other.__class__ is float or other.__class__ is int or is_foreign(other):
        return number
    try:
        rounded = to_float(other, "a comparison with a Value")
    except OverflowError:  # a fraction too large for a float is larger all the same
        return number
    return rounded if hasattr(other, "dtype") else number


def backward(outputs: Iterable[Value], seeds: Iterable[Real] | None = None, accumulate: bool = False) -> None:
    """Differentiate several outputs at once: Σ seedₖ·outputₖ.

    Args:
        outputs: the Values to start from.
        seeds: the upstream derivative of each; 1 for all where left out.
        accumulate: add to the gradients that are there instead of replacing them.

    Raises:
        TypeError: if an output is not a Value or a seed no real number.
        ValueError: if there are not as many seeds as outputs, no outputs, or only constants among them.
        FloatingPointError: under ``strict()``, where a local derivative is inf or nan.

    >>> x = Value(3.0, "x")
    >>> backward([x * 2, x * x], seeds=[10, 1])
    >>> x.grad
    26.0
    """
    given: Any = outputs
    outputs = list(given) if hasattr(given, "__iter__") else [given]
    numbers = [1.0] * len(outputs) if seeds is None else [to_float(seed, "a seed") for seed in seeds]
    for output in outputs:
        if not isinstance(output, Value):
            raise TypeError(f"backward() needs Values as outputs, not the {type(output).__name__} {shown(output)}")
    if not outputs or len(numbers) != len(outputs):
        raise ValueError(f"backward() got {len(outputs)} outputs and {len(numbers)} seeds; expected one seed an output")
    _differentiate(outputs, numbers, accumulate)


def _differentiate(outputs: Sequence[Value], seeds: Sequence[float], accumulate: bool) -> None:
    for output in outputs:
        if output.moves:
            break
    else:
        raise ValueError(
            f"backward() has nothing to differentiate: {shown(outputs[0])} is a constant, made by constant(), detach() "
            "or under no_grad()"
        )
    if modes.watch is not None:
        for output in outputs:
            _out(output, "backward()")
    if core is not None and not accumulate and core.differentiate(outputs, seeds):
        return
    sums = adjoints(outputs, seeds)
    if modes.is_strict():
        for node in reversed(sums):
            refuse_infinite(node, sums[node])
    if not accumulate:
        for node, derivative in sums.items():
            if node.moves and core is None:
                node._grad = derivative  # a float: nothing to check
            elif node.moves:
                node.grad = derivative
        return
    with modes.adding:  # two threads that read the same gradient would write one of their sums only
        for node, derivative in sums.items():
            if node.moves:
                node.grad = derivative if node.grad is None else node.grad + derivative


def refuse_infinite(node: Value, upstream: float) -> None:
    """Raise if a finite upstream derivative became inf or nan in this node: what ``strict()`` is for.

    Raises:
        FloatingPointError: if it did.

    >>> refuse_infinite(Value(4.0).sqrt(), 1.0)
    """
    if node.op is None or upstream - upstream != 0.0:
        return
    for place, contribution in enumerate(node.vjp(upstream)):
        if contribution - contribution != 0.0:
            raise FloatingPointError(
                f"the derivative of {node.op.name}({spelled_operands(node.parents)}) with respect to operand "
                f"{place + 1} is {spelled(contribution)}"
            )


# Operators and methods are the table's rows, recorded; their types are in methods.pyi. NumPy's ufuncs on object arrays
# look for methods of their own names.
for _row, _sign in SIGNS.items():
    setattr(Methods, f"__{_sign}__", binary(_row))
    setattr(Methods, f"__r{_sign}__", reflected(_row))
setattr(Methods, "__neg__", unary("neg"))  # noqa: B010
for _op in METHODS:
    _method = unary(_op.name) if len(_op.inputs) == 1 else binary(_op.name)
    for _name in (_op.name, _op.numpy or _op.name):
        setattr(Methods, _name, _method)
for _name, _instead in ELSEWHERE.items():
    setattr(Value, _name, Elsewhere(_name, _instead))
setattr(Methods, "__abs__", Methods.abs)  # noqa: B010
setattr(Methods, "fabs", Methods.abs)  # noqa: B010
