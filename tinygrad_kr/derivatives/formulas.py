"""A row's formulas on Values: what higher derivatives are made of.

The kernels of a row compute with floats. Here the same formulas are compiled with the functions that record nodes, so
that a value or a local derivative is a graph again.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from ..engine import ieee, modes
from ..engine.elementary import prod, sum
from ..engine.kernels import kernel
from ..engine.names import FUNCTIONS
from ..engine.operands import result_of
from ..engine.ops import Op
from ..engine.row_functions import function_of
from ..engine.value import Number, Value

__all__ = ["contributions", "divide", "on_values", "prod_of_others", "times"]


def on_values(op: Op, wanted: tuple[bool, ...] = ()) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A row's formulas on Values (or numbers): what higher derivatives are made of.

    Args:
        op: the row.
        wanted: per input, whether its partials are wanted (all where left out); 0 stands for the others, and
            their formulas are not computed.

    Returns:
        ``forward(*inputs)`` and ``partials(*inputs, z)``, where z is the output; the latter returns a
        partial derivative per operand. The family ``*x`` is one argument, a sequence.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> forward, partials = on_values(TABLE["div"])
    >>> forward(6.0, 3.0), partials(6.0, 3.0, 2.0)
    (2.0, (0.3333333333333333, -0.6666666666666666))
    """
    row = kernel(op)
    every = wanted or (True,) * len(op.inputs)
    forward = row.once("forward on Values", lambda whole: whole.forward_on_values(_names(op)))
    partials = row.once(("partials on Values", every), lambda whole: whole.partials_on_values(_names(op), every))
    return forward, partials


def contributions(op: Op, wanted: tuple[bool, ...]) -> Callable[..., Any]:
    """A row's local derivative on Values: upstream × partial, with the conventions of the sweep on floats.

    Args:
        op: the row.
        wanted: per input, whether its contributions are wanted; 0 stands for the others.

    Returns:
        ``contributions(upstream, *inputs, z)``, which returns one per operand.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> contributions(TABLE["div"], (True, False))(Value(1.0), Value(6.0), Value(4.0), Value(1.5))
    (Value(0.25), 0.0)
    """
    row, key = kernel(op), ("contributions on Values", wanted)
    function: Callable[..., Any] | None = row.functions.get(key)
    return function or row.once(key, lambda whole: whole.contributions_on_values(_names(op), wanted))


def _names(op: Op) -> dict[str, Any]:
    """What the names in a row's formulas mean on Values; an added operation calls functions of its own."""
    itself = {op.name: lambda *operands: result_of(op, operands)} if op.functions and not op.variadic else {}
    return _namespace() | dict(op.functions) | itself


@cache
def _namespace() -> dict[str, Any]:
    """What the names in a formula mean on Values and numbers."""
    names = {name: function_of(name) for name in FUNCTIONS}
    # The largest operand only keeps exponentials in range: as a number, it adds no nodes to the graph.
    largest = {"largest": lambda xs: builtins.max(map(_number, xs)), "number": _number}
    arithmetic = {"div": divide, "mod": modulo, "floordiv": floor_divide, "times": times}
    names |= {"prod_of_others": prod_of_others}
    return names | largest | arithmetic | {"sum": sum, "prod": prod, "pi": math.pi, "inf": math.inf}


def divide(x: Any, y: Any) -> Any:
    """x / y of Values and numbers; of numbers too it is inf or nan where there is no quotient.

    >>> divide(1.0, 0.0), divide(Value(6.0), 3.0)
    (inf, Value(2))
    """
    return x / y if isinstance(x, Value) or isinstance(y, Value) else ieee.div(x, y)


def modulo(x: Any, y: Any) -> Any:
    """x % y of Values and numbers; of numbers too it is nan where there is no quotient.

    >>> modulo(5.0, 0.0), modulo(Value(7.0), 4.0)
    (nan, Value(3))
    """
    return x % y if isinstance(x, Value) or isinstance(y, Value) else ieee.mod(x, y)


def floor_divide(x: Any, y: Any) -> Any:
    """x // y of Values and numbers; of numbers too it is inf or nan where there is no quotient.

    >>> floor_divide(5.0, 0.0), floor_divide(Value(7.0), 4.0)
    (inf, Value(1))
    """
    return x // y if isinstance(x, Value) or isinstance(y, Value) else ieee.floordiv(x, y)


def times(x: Any, y: Any) -> Any:
    """x × y of Values and numbers; a factor that is the number 1, -1 or 0 makes no product.

    0 × inf and 0 × nan are nan, as on floats.

    >>> times(1.0, Value(3.0, "x")), times(0.0, Value(3.0)), times(2.0, Value(3.0))
    (Value(3, name='x'), 0.0, Value(6))
    """
    for a, b in ((x, y), (y, x)):
        if not isinstance(a, Value):
            if a == 1.0:
                return b
            if a == -1.0:
                return -b
            if a == 0.0 and _number(b) - _number(b) == 0.0:  # finite
                return 0.0
    return x * y


def prod_of_others(xs: Sequence[Any]) -> list[Any]:
    """For each operand the product of all others, in two sweeps.

    >>> prod_of_others([2.0, 3.0, Value(4.0)])
    [Value(12), Value(8), 6.0]
    """
    before, after = [1.0, *accumulate(xs[:-1], times)], [1.0, *accumulate(xs[:0:-1], times)]
    return [times(a, b) for a, b in zip(before, reversed(after))] if xs else []


def _number(operand: Number) -> Any:
    """What a formula compares; while a tape is recorded, something that remembers how it turned out."""
    if modes.watch is not None:
        operand = modes.watch.comparable(operand)
    return operand.data if isinstance(operand, Value) else operand
