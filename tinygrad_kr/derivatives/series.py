"""Taylor series: the table's formulas on truncated power series.

A series z(t) = f(x(t)) obeys z′ = Σ ∂f/∂xᵢ · xᵢ′, and the partials are formulas of the table again. So the k-th
coefficient of z needs the partials up to their (k−1)-th only, which :class:`Series` computes when it is asked for
them: no row needs a rule of its own for higher derivatives, and n of them cost O(n²) a node, not O(2ⁿ).
(Griewank and Walther, Evaluating Derivatives, 2nd ed., 2008, chapter 13.)
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial, reduce
from operator import add, mul
from typing import Any

from ..engine import modes
from ..engine.formula import FUNCTIONS, parse
from ..engine.graph import dependents
from ..engine.kernels import kernel
from ..engine.node import operands
from ..engine.ops import TABLE, Op
from ..engine.value import Value, spelled_operands
from ..text.callers import warn
from ..text.numerals import spelled
from .formulas import divide, on_values, prod_of_others, times

__all__ = ["Series", "expand"]

Leaf = Any
"""A Value or a float."""


class Series:
    """A power series in t, whose coefficients are computed one after another, when they are asked for.

    Args:
        known: the first coefficients, at least one.
        more: the k-th from those before; all others are 0 where it is left out.

    >>> t = Series([2.0, 1.0])
    >>> [(t * t)[k] for k in range(4)]
    [4.0, 4.0, 1.0, 0.0]
    """

    __slots__ = ("known", "more", "of")

    def __init__(self, known: list[Leaf], more: Callable[[int], Leaf] | None = None) -> None:
        self.known = known
        self.more = more
        self.of: dict[str, Series] = {}  # functions of it: sin′ is cos and cos′ is -sin, again and again

    @property
    def is_constant(self) -> bool:
        """Whether it does not depend on t."""
        return self.more is None and len(self.known) == 1

    def __getitem__(self, k: int) -> Leaf:
        known = self.known
        while len(known) <= k:
            if self.more is None:
                return 0.0
            known.append(self.more(len(known)))
        return known[k]

    def __neg__(self) -> Series:
        return Series([-self[0]], None if self.is_constant else lambda k: -self[k])

    def __add__(self, other: Series | float) -> Series:
        a, b = self, series(other)
        return Series([a[0] + b[0]], None if a.is_constant and b.is_constant else lambda k: _plus(a[k], b[k]))

    def __sub__(self, other: Series | float) -> Series:
        return self + -series(other)

    def __rsub__(self, other: float) -> Series:
        return series(other) + -self

    def __mul__(self, other: Series | float) -> Series:
        a, b = self, series(other)
        if a.is_constant:
            a, b = b, a
        if b.is_constant:
            return Series([times(a[0], b[0])], None if a.is_constant else lambda k: times(a[k], b[0]))
        return Series([times(a[0], b[0])], lambda k: _convolution(a, b, k))

    def __truediv__(self, other: Series | float) -> Series:
        a, b = self, series(other)
        if b.is_constant:
            return Series([divide(a[0], b[0])], None if a.is_constant else lambda k: divide(a[k], b[0]))

        def more(k: int) -> Leaf:
            known = [times(quotient[j], b[k - j]) for j in range(k)]
            return divide(_plus(a[k], -reduce(_plus, known)), b[0])

        quotient = Series([divide(a[0], b[0])], more)
        return quotient

    __radd__, __rmul__ = __add__, __mul__

    def __rtruediv__(self, other: float) -> Series:
        return series(other) / self


def series(x: Series | Leaf) -> Series:
    """A Value or number as a constant series."""
    return x if isinstance(x, Series) else Series([x])


def lift(op: Op, z0: Leaf, operands: Sequence[Any]) -> Series:
    """The series of a row's result.

    Args:
        op: the row.
        z0: its value at t = 0.
        operands: series, Values or numbers, in order; a family is a list.

    >>> sine = lift(TABLE["sin"], 0.0, [Series([0.0, 1.0])])
    >>> [sine[k] for k in range(4)]
    [0.0, 1.0, 0.0, -0.16666666666666666]
    """
    families = [[series(x) for x in (part if op.variadic else [part])] for part in operands]
    inputs: list[Any] = families if op.variadic else [x for (x,) in families]
    flat = [x for family in families for x in family]
    if all(x.is_constant for x in flat):
        return Series([z0])
    if _is_arithmetic(op.forward):
        forward = kernel(op).once("forward on series", lambda whole: whole.forward_on_values(_names()))
        result = series(forward(*inputs))
        return Series([z0, *result.known[1:]], result.more)
    if len(flat) == 1 and op.name in flat[0].of:
        return flat[0].of[op.name]
    wanted = tuple(not all(x.is_constant for x in family) for family in families)
    slopes: list[tuple[Series, Series]] = []

    def more(k: int) -> Leaf:
        if not slopes:
            pairs = zip(flat, _partials(op, wanted)(*inputs, z))
            slopes.extend((x, series(slope)) for x, slope in pairs if not x.is_constant)
        terms = [_integral(slope, x, k) for x, slope in slopes]
        return reduce(_plus, terms)

    z = Series([z0], more)
    if len(flat) == 1:
        flat[0].of[op.name] = z
    return z


def expand(
    nodes: Iterable[Value], output: Value, x: Value, order: int, on_values: bool, scale: float = 1.0
) -> list[Leaf]:
    """The coefficients of tᵏ, k = 0 … order, of an output as a function of x + scale · t.

    Args:
        nodes: the walk from the output; what lies behind it is none of our business.
        output: the Value to expand.
        x: the input; its own history does not count.
        order: the highest power.
        on_values: whether the coefficients are computed as Values, to be differentiated, or as floats.
        scale: a power of 2 keeps the coefficients' digits, and those of high order within the floats.

    Raises:
        FloatingPointError: under ``strict()``, where a coefficient becomes inf or nan; otherwise that is a
            RuntimeWarning.

    >>> from tinygrad_kr.engine.graph import walk
    >>> x = Value(0.0)
    >>> y = x.exp()
    >>> expand(walk([y]), y, x, 3, on_values=False)
    [1.0, 1.0, 0.5, 0.16666666666666666]
    """
    found = {x: Series([x if on_values else x.data, scale])}
    for node in dependents(nodes, [x]):
        if node is not x and node.op is not None:
            given = [_at(parent, own, found, on_values) for parent, own in zip(node.parents, operands(node))]
            found[node] = lift(node.op, node if on_values else node.data, [*node.op.families(given)])
            for k in range(order + 1):  # here, so that no series asks for others behind it all the way back
                found[node][k]
            _check(node, found, order)
    return [found.get(output, series(output if on_values else output.data))[k] for k in range(order + 1)]


def _check(node: Value, found: dict[Value, Series], order: int) -> None:
    """Warn of (or, under ``strict()``, refuse) a first coefficient that is inf or nan where the operands' are not."""
    for k in range(1, order + 1):
        if not _is_finite(found[node][k]):
            break
    else:
        return
    moving = [found[parent] for parent in node.parents if parent in found]
    if not all(_is_finite(x[j]) for x in moving for j in range(k + 1)):
        return
    assert node.op is not None
    number = found[node][k]
    message = (
        f"the Taylor coefficient of degree {k} of {node.op.name}({spelled_operands(node.parents)}) is "
        f"{spelled(number.data if isinstance(number, Value) else number)}"
    )
    if modes.is_strict():
        raise FloatingPointError(message)
    warn(message)


def _is_finite(number: Leaf) -> bool:
    return math.isfinite(number.data if isinstance(number, Value) else number)


def _at(parent: Value, given: Leaf, found: dict[Value, Series], on_values: bool) -> Series | Leaf:
    return found.get(parent) or (given if on_values else parent.data)


_SERIES_HAVE = (
    ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.UnaryOp, ast.USub, ast.Call,
)  # fmt: skip
"""What a formula may be made of to be computed on series as it stands."""


@cache
def _is_arithmetic(formula: str) -> bool:
    """Whether a formula has nothing but the four operations, sums and products."""
    nodes = [*ast.walk(parse(formula))]
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    return all(isinstance(node, _SERIES_HAVE) for node in nodes) and set(calls) <= {"sum", "prod"}


def _paired(function: Callable[[Any, Any], Any], terms: Iterable[Any], empty: float) -> Any:
    """A sum or a product by halves, so that series nest as deep as its logarithm only."""
    level = list(terms)
    while len(level) > 1:
        level = [function(*level[k : k + 2]) if k + 1 < len(level) else level[k] for k in range(0, len(level), 2)]
    return level[0] if level else empty


def _plus(a: Leaf, b: Leaf) -> Leaf:
    """a + b; a number 0 adds no node."""
    if not isinstance(a, Value) and a == 0.0:
        return b
    return a if not isinstance(b, Value) and b == 0.0 else a + b


def _convolution(a: Series, b: Series, k: int) -> Leaf:
    return reduce(_plus, [times(a[j], b[k - j]) for j in range(k + 1)])


def _integral(slope: Series, x: Series, k: int) -> Leaf:
    """The coefficient k of ∫ slope · x′ dt."""
    if slope.is_constant:
        return times(slope[0], x[k])
    terms = [times(times(j / k, x[j]), slope[k - j]) for j in range(1, k + 1)]
    return reduce(_plus, terms)


def _partials(op: Op, wanted: tuple[bool, ...]) -> Callable[..., Any]:
    """The row's partials on series."""
    function: Callable[..., Any] = kernel(op).once(
        ("partials on series", wanted), lambda whole: whole.partials_on_values(_names(), wanted)
    )
    return function


@cache
def _names() -> dict[str, Any]:
    """What the names in a formula mean on series."""
    names: dict[str, Any] = {name: partial(_call, TABLE[name]) for name in (*FUNCTIONS, "pow", "mod", "floordiv")}
    names |= {"number": _first, "largest": lambda xs: builtins.max(map(_first, xs)), "pi": math.pi, "inf": math.inf}
    names |= {"sum": partial(_paired, add, empty=0.0), "prod": partial(_paired, mul, empty=1.0), "div": _divide}
    return names | {"prod_of_others": prod_of_others}


def _call(op: Op, *xs: Series | float) -> Series:
    """A function of the table in a formula."""
    return lift(op, on_values(op)[0](*(series(x)[0] for x in xs)), xs)


def _divide(x: Series | float, y: Series | float) -> Series:
    return series(x) / y


def _first(x: Series | Leaf) -> float:
    """The number at t = 0."""
    first = x[0] if isinstance(x, Series) else x
    number: float = first.data if isinstance(first, Value) else first
    return number
