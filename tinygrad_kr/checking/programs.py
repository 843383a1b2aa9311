"""Small programs: expressions as data, to draw at random, to run on anything and to paste into a REPL.

A program is a list of steps, each a row of the table on variables, on earlier steps and on plain numbers. A step that
is used in several places is a shared node of the graph.
"""

from __future__ import annotations

import inspect
import keyword
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import isfinite
from numbers import Real
from typing import Any, NamedTuple

from ..engine import names
from ..engine.added import ADDED
from ..engine.formula import NEGATION, Piece, Target, parse
from ..engine.kernels import kernel
from ..engine.operands import has_value
from ..engine.ops import TABLE, Op
from ..engine.value import Value, apply

__all__ = ["Expression", "Function", "Step", "perform"]


class Step(NamedTuple):
    """One operation of a program.

    ``operands`` are places (an int: the variables come first, then the steps) and plain numbers (a float).
    """

    op: Op
    operands: tuple[int | float, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """The operands that are places.

        >>> from tinygrad_kr.engine.ops import TABLE
        >>> Step(TABLE["mul"], (0, 2.0)).places
        (0,)
        """
        return tuple(operand for operand in self.operands if isinstance(operand, int))


@dataclass(frozen=True, repr=False)
class Expression:
    """An expression with numbers for its variables. Its text is the Python code that computes it.

    Attributes:
        variables: the names of its variables.
        values: a number for each.
        steps: the operations, each after what it uses; the last one is the result.

    Called with numbers (or Values, or whatever has the operators) in the order of its variables or by their names, it
    computes itself with them; called with nothing, with its own numbers.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> square = Expression(("x",), (3.0,), (Step(TABLE["mul"], (0, 0)), Step(TABLE["add"], (1, 1))))
    >>> print(square)
    x = tg.Value(3.0, "x")
    a = x * x
    f = a + a
    >>> square(), square(2.0), square(x=Value(5.0))
    (18.0, 8.0, Value(50))
    """

    variables: tuple[str, ...]
    values: tuple[float, ...]
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        for name in self.variables:
            check_name(name)
        object.__setattr__(self, "__name__", "f")
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in self.variables]
        object.__setattr__(self, "__signature__", inspect.Signature(parameters))

    def __len__(self) -> int:
        return len(self.steps)

    def run(self, leaves: Sequence[Any], step: Callable[[Op, Sequence[Any]], Any]) -> list[Any]:
        """Everything that is computed on the way: the leaves, and then the result of every step.

        Args:
            leaves: what stands for the variables.
            step: computes a row of operands.
        """
        nodes = list(leaves)
        for op, operands in self.steps:
            nodes.append(step(op, [nodes[operand] if isinstance(operand, int) else operand for operand in operands]))
        return nodes

    def __call__(self, *numbers: Any, **named: Any) -> Any:
        """The result for these numbers; for its own, where there are none."""
        if not numbers and not named:
            numbers = self.values
        given = dict(zip(self.variables, numbers)) | named
        if len(numbers) + len(named) != len(self.variables) or given.keys() != set(self.variables):
            expected = f"{len(self.variables)} ({', '.join(self.variables)})"
            raise TypeError(f"the expression takes {expected} numbers, not {', '.join([*map(repr, numbers), *named])}")
        return self.run([given[name] for name in self.variables], perform)[-1]

    def leaves(self) -> list[Value]:
        """Fresh Values for the variables, with their names and numbers."""
        return [Value(number, name) for name, number in zip(self.variables, self.values)]

    def graph(self) -> Value:
        """The expression as a graph with fresh leaves, the one that its code makes: its result.

        >>> from tinygrad_kr.engine.ops import TABLE
        >>> Expression(("x",), (3.0,), (Step(TABLE["exp"], (0,)),)).graph().parents
        (Value(3, name='x'),)
        """
        output: Value = self.run(self.leaves(), _recorded)[-1]
        return output

    @property
    def code(self) -> str:
        """Python code that computes the expression as ``f``; it needs ``import tinygrad_kr as tg`` before it."""
        return "\n".join(self.statements())

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return "; ".join(self.statements())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would print the fields

    def statements(self, style: Style | None = None) -> list[str]:
        """The code, line by line.

        Args:
            style: how leaves and calls are written; as for this package where left out.
        """
        style = style or Style()
        leaves = [f"{name} = {style.leaf(name, number)}" for name, number in zip(self.variables, self.values)]
        lines, result = self.body(style)
        return [*leaves, *lines, f"f = {result}"]

    def body(self, style: Style | None = None) -> tuple[list[str], str]:
        """The assignments of what is used several times, and the text of the result."""
        style = style or Style()
        uses = Counter(place for step in self.steps for place in step.places)
        names = _names([*self.variables, *(op.name for op, _ in self.steps)])
        pieces = [Piece(name) for name in self.variables]
        lines = []
        for op, operands in self.steps:
            written = [pieces[operand] if isinstance(operand, int) else literal(operand) for operand in operands]
            piece = style.operation(op, written)
            if uses[len(pieces)] > 1:
                name = next(names)
                lines.append(f"{name} = {piece.text}")
                piece = Piece(name)
            pieces.append(piece)
        return lines, pieces[-1].text

    def pruned(self, keep: bool = False) -> Expression:
        """The expression without the steps and variables that its result does not need.

        Args:
            keep: whether variables stay all the same.

        >>> from tinygrad_kr.engine.ops import TABLE
        >>> exp = Step(TABLE["exp"], (1,))
        >>> print(repr(Expression(("x", "y"), (1.0, 2.0), (Step(TABLE["mul"], (0, 1)), exp)).pruned()))
        y = tg.Value(2.0, "y"); f = tg.exp(y)
        """
        first = len(self.variables)
        needed = {first + len(self.steps) - 1} | (set(range(first)) if keep else set())
        for place in reversed(range(first, first + len(self.steps))):
            if place in needed:
                needed.update(self.steps[place - first].places)
        place_of = {place: k for k, place in enumerate(sorted(needed))}
        steps = (step for place, step in enumerate(self.steps, first) if place in needed)
        kept = [place for place in range(first) if place in needed]
        return Expression(
            tuple(self.variables[place] for place in kept),
            tuple(self.values[place] for place in kept),
            tuple(
                Step(op, tuple(place_of[operand] if isinstance(operand, int) else operand for operand in operands))
                for op, operands in steps
            ),
        )


@dataclass(frozen=True, repr=False)
class Function:
    """A function made of the table's operations; its text is its definition in Python.

    Attributes:
        expression: what it computes.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> f = Function(Expression(("x",), (0.0,), (Step(TABLE["exp"], (0,)), Step(TABLE["mul"], (1, 1)))))
    >>> f
    def f(x): a = tg.exp(x); return a * a
    >>> f(0.0), f(Value(0.0))
    (1.0, Value(1))
    """

    expression: Expression

    def __post_init__(self) -> None:
        object.__setattr__(self, "__name__", "f")
        object.__setattr__(self, "__signature__", inspect.signature(self.expression))

    def __call__(self, *xs: Any) -> Any:
        """The function's value, a number for numbers and a Value for Values."""
        if not xs:
            raise TypeError(f"f() needs {len(self.expression.variables)} numbers and got none")
        return self.expression(*xs)

    def __repr__(self) -> str:
        lines, result = self.expression.body()
        return f"def f({', '.join(self.expression.variables)}): {'; '.join([*lines, f'return {result}'])}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would print the fields


# ── Computing ─────────────────────────────────────────────────────────────────────────────────────────

OPERATORS: dict[str, Callable[..., Any]] = {row: getattr(operator, sign) for row, sign in names.OPERATORS.items()}
"""Rows that are written with a sign."""


def perform(op: Op, operands: Sequence[Any], functions: Mapping[str, Callable[..., Any]] | None = None) -> Any:
    """Apply a row to numbers, to Values, or to anything that has its operator or a method of its name.

    Args:
        op: the row.
        operands: its operands.
        functions: functions to use for rows of these names.

    Raises:
        TypeError: if nothing is known of how to compute it.

    >>> from fractions import Fraction
    >>> from tinygrad_kr.engine.ops import TABLE
    >>> perform(TABLE["mul"], [2.0, 3.0]), perform(TABLE["exp"], [Value(0.0)])
    (6.0, Value(1))
    """
    if functions and op.name in functions:
        return functions[op.name](*operands)
    if has_value(operands):
        return _recorded(op, operands)
    if all(isinstance(operand, Real) for operand in operands):
        return kernel(op).forward(*op.families([float(operand) for operand in operands]))
    if op.name in OPERATORS:
        return OPERATORS[op.name](*operands)
    if not op.variadic and hasattr(operands[0], op.name):
        return getattr(operands[0], op.name)(*operands[1:])
    result = _function(op)(*op.families(operands))
    return result if op.k is None else result[op.k]


def _recorded(op: Op, operands: Sequence[Any]) -> Value:
    """A row of Values as the code of a program records it: ``where`` cuts off what was not chosen."""
    is_more = op.name in names.NAMES and op.name not in names.FUNCTIONS and op.k is None and op is TABLE.get(op.name)
    result = _function(op)(*op.families(operands)) if is_more else None
    return result if isinstance(result, Value) else apply(op, operands)


def _function(op: Op) -> Callable[..., Any]:
    """The package's function of a row."""
    from ..engine import functions

    function: Callable[..., Any] = getattr(functions, names.PUBLIC.get(op.name, op.name))
    return function


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────


class Style(Target):
    """How a program is written: infix rows by the table's formulas, all others as calls from ``tg``."""

    operands: Mapping[str, Piece] = {}

    def variable(self, name: str) -> Piece:
        """What stands for a variable of the row's formula."""
        return self.operands[name]

    def leaf(self, name: str, number: float) -> str:
        """A variable with its number."""
        return f'tg.Value({literal(number).text}, "{name}")'

    def function(self, op: Op, arguments: Sequence[str]) -> str:
        """The call of a row's function."""
        name = op.name if op.name in ADDED else f"tg.{names.PUBLIC.get(op.name, op.name)}"
        return f"{name}({', '.join(arguments)})"

    def operation(self, op: Op, operands: Sequence[Piece]) -> Piece:
        """One step, on operands that are written already."""
        if op.infix:
            self.operands = dict(zip(op.variables, operands))
            return self.fold(parse(op.forward))
        arguments = [piece.text for piece in operands]
        if op.variadic:
            arguments = [f"[{', '.join(family)}]" for family in op.families(arguments)]
        index = "" if op.k is None else f"[{op.k}]"
        return Piece(self.function(op, arguments) + index)


def literal(number: float) -> Piece:
    """A number as Python reads it back exactly.

    >>> literal(-2.5).text, literal(float("inf")).text
    ('-2.5', 'float("inf")')
    """
    if not isfinite(number):
        return Piece(f'float("{number!r}")')
    return Piece(repr(number), NEGATION if repr(number).startswith("-") else Piece("").level)


def _names(taken: Sequence[str]) -> Iterator[str]:
    """Names for what is used several times: a, b, c … and then a1, a2 …."""
    reserved = {*taken, "f", "tg"}
    yield from (letter for letter in "abcdeghijklmnopqrstuvw" if letter not in reserved)
    yield from (f"a{k}" for k in count(1) if f"a{k}" not in reserved)


def check_name(name: object) -> None:
    """Refuse what can't be the name of a variable in the code.

    Raises:
        TypeError: if it is not a text.
        ValueError: if it is no identifier, or means something else in the code.
    """
    if not isinstance(name, str):
        raise TypeError(f"a variable's name is a text, not the {type(name).__name__} {name!r}")
    if not name.isidentifier() or keyword.iskeyword(name) or name in ("f", "tg"):
        raise ValueError(f"{name!r} can't name a variable; choose a Python name such as 'x', other than f and tg")
