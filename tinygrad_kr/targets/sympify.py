"""A graph as a SymPy expression: the rows' formulas, read on symbols instead of numbers."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import count
from typing import Any, TypeAlias

from ..engine.formula import Fold, parse
from ..engine.graph import topological
from ..engine.ops import Op
from ..engine.value import Constant, Value
from ..text.numerals import shown

__all__ = ["expression", "to_sympy"]

Expression: TypeAlias = Any
"""What SymPy computes with; SymPy is an extra, and this package is typed without it."""


def to_sympy(value: Value, symbols: Mapping[Value, Expression] | None = None) -> Expression:
    """What a value was computed by, as a SymPy expression to simplify, differentiate or solve.

    A leaf becomes a real ``Symbol`` of its name; where several leaves have one name, the later ones are x_2, x_3;
    leaves without a name are x1, x2. A constant, named or not, becomes its number: an ``Integer`` if it is whole,
    otherwise a ``Float`` of the same bits. Inner values have no symbol.

    SymPy simplifies what it can while the expression is made (exp(log(x)) is x). It does so by recursion: where a
    graph is too deep for that, the expression is made without, and SymPy will hardly differentiate or print it.

    Args:
        value: what was computed.
        symbols: expressions that stand for some of the nodes, leaves or inner values.

    Returns:
        A SymPy expression.

    Raises:
        ImportError: if SymPy is not installed.
        TypeError: if ``value`` is not a Value.
        ValueError: if an operation in it is written in Python, without ``forward=`` as a formula.

    >>> import tinygrad_kr as tg
    >>> x, y = Value(3.0, "x"), Value(0.5, "y")
    >>> to_sympy(x * tg.exp(y) + 2)
    x*exp(y) + 2
    >>> import sympy
    >>> t = sympy.Symbol("t")
    >>> to_sympy(tg.sin(x) ** 2, {x: t}).diff(t)
    2*sin(t)*cos(t)
    """
    sympy = _sympy()
    if not isinstance(value, Value):
        raise TypeError(f"to_sympy() needs a Value, not the {type(value).__name__} {shown(value)}")
    given = {node: sympy.sympify(stand_in) for node, stand_in in (symbols or {}).items()}
    order = topological([value], leaves=given)
    ends = given | _symbols([node for node in order if node.op is None and node not in given], given.values())
    try:
        return _made(order, ends)
    except RecursionError:
        with sympy.evaluate(False):
            return _made(order, ends)


def _made(order: Sequence[Value], ends: Mapping[Value, Expression]) -> Expression:
    """The expression of the last node, from those of the leaves; each node after its operands."""
    made = dict(ends)
    for node in order:
        if node not in made and node.op is not None:
            made[node] = expression(
                node.op, node.op.exact or node.op.forward, [made[parent] for parent in node.parents]
            )
    return made[order[-1]]


def _symbols(leaves: Iterable[Value], others: Iterable[Expression]) -> dict[Value, Expression]:
    """A number for every constant, and for every other leaf a symbol that nothing else has."""
    sympy = _sympy()
    leaves = list(leaves)
    moving = [leaf for leaf in leaves if not isinstance(leaf, Constant)]
    used = {symbol.name for other in others for symbol in getattr(other, "free_symbols", ())}
    reserved = used | {leaf.name for leaf in moving}
    numbered: dict[str, Iterator[str]] = {"": (f"x{k}" for k in count(1))}
    ends: dict[Value, Expression] = {leaf: _exact(leaf.data) for leaf in leaves if isinstance(leaf, Constant)}
    for leaf in moving:
        name = leaf.name or ""
        if not name or name in used:
            others_of_the_name = numbered.setdefault(name, _numbered(name))
            name = next(other for other in others_of_the_name if other not in reserved)
        used.add(name)
        ends[leaf] = sympy.Symbol(name, real=True)
    return ends


def _numbered(name: str) -> Iterator[str]:
    """name_2, name_3, … of the leaves that share a name."""
    return (f"{name}_{k}" for k in count(2))


def _exact(number: float) -> Expression:
    """A float as SymPy's number of exactly that value."""
    sympy = _sympy()
    if not math.isfinite(number):
        return sympy.nan if number != number else sympy.oo if number > 0 else -sympy.oo
    return sympy.Integer(int(number)) if number.is_integer() else sympy.Float(number)


def expression(
    op: Op, formula: str, operands: Sequence[Expression], z: Expression = None, place: int = 0
) -> Expression:
    """A formula of a row, its value or a partial, on SymPy's expressions.

    Args:
        op: the row.
        formula: ``op.forward`` or one of ``op.partials``.
        operands: what stands for the operands, one family after the other.
        z: what stands for the output, where the formula has it.
        place: for a partial of a row with any number of operands, which operand of its family it is about.

    Raises:
        ValueError: if the formula calls a Python function, as that of an operation without ``forward=`` does.

    >>> from sympy import symbols
    >>> from tinygrad_kr.engine.ops import TABLE
    >>> x, y, z = symbols("x y z")
    >>> expression(TABLE["div"], TABLE["div"].partials[1], [x, y], z)
    -z/y
    """
    if op.functions and any(
        isinstance(node, ast.Name) and node.id in op.functions for node in ast.walk(parse(formula))
    ):
        what = "forward=" if formula == op.forward else "its partials"
        advice = f"; give {what} as a formula in @operation(…)" * (not op.variadic)  # solve, det … have none
        raise ValueError(f"the operation {op.name!r} is written in Python, which SymPy can't read{advice}")
    inputs = dict(zip(op.variables, op.families(operands)))
    if not op.variadic:
        return _Reading({**inputs, "z": z}, {}, op.k).fold(parse(formula))
    return _Reading({"z": z, "n": len(inputs[op.variables[0]])}, inputs, op.k).at(place).fold(parse(formula))


class _Reading(Fold[Expression]):
    """A formula's tree, read on SymPy's expressions.

    Args:
        variables: what stands for each variable.
        operands: what stands for the operands of each variable that has any number of them.
        k: the output that the row is about.
    """

    def __init__(self, variables: Mapping[str, Any], operands: Mapping[str, list[Any]], k: int | None) -> None:
        super().__init__([*operands], k)
        self.variables, self.operands = variables, operands

    def at(self, i: int) -> _Reading:
        """The same with every family's variable standing for its operand ``i``."""
        own = {name: members[i] for name, members in self.operands.items() if i < len(members)}
        return _Reading({**self.variables, **own, "i": i, "k": self.k}, self.operands, self.k)

    def each(self, node: ast.expr) -> list[Expression]:
        """What the formula is for every operand in turn."""
        return [self.at(i).fold(node) for i in range(len(self.operands[self.families[0]]))]

    def number(self, value: float) -> Expression:
        return _sympy().Rational(str(value))

    def constant(self, name: str) -> Expression:
        return _words()[name]

    def variable(self, name: str) -> Expression:
        return _sympy().sympify(self.variables[name])

    def chosen(self, name: str) -> Expression:
        return self.operands[name][self.k or 0]

    def negate(self, operand: Expression) -> Expression:
        return _sympy().Mul(-1, operand)

    def invert(self, operand: Expression) -> Expression:
        return _sympy().Not(operand)

    def binary(self, sign: str, left: Expression, right: Expression) -> Expression:
        return _words()[sign](left, right)

    def compare(self, signs: list[str], operands: list[Expression]) -> Expression:
        return _sympy().And(*(_words()[sign](*pair) for sign, *pair in zip(signs, operands, operands[1:])))

    def join(self, word: str, parts: list[Expression]) -> Expression:
        return _words()[word](*parts)

    def choose(self, condition: Expression, then: Expression, otherwise: Expression) -> Expression:
        return _sympy().Piecewise((then, condition), (otherwise, True))

    def call(self, name: str, arguments: list[Expression]) -> Expression:
        return _words()[name](*arguments)

    def reduce(self, name: str, argument: ast.expr) -> Expression:
        return _words()[name](*self.each(argument))

    def prod_of_others(self, argument: ast.expr) -> Expression:
        return _sympy().Mul(*(one for i, one in enumerate(self.each(argument)) if i != self.variables["i"]))


@cache
def _words() -> dict[str, Any]:
    """What the words and signs of the formulas are in SymPy; the rest is called there as here."""
    sympy = _sympy()
    own = {
        "inf": sympy.oo,
        "-": lambda x, y: sympy.Add(x, sympy.Mul(-1, y)),
        "/": lambda x, y: sympy.Mul(x, sympy.Pow(y, -1)),
        "//": lambda x, y: sympy.floor(x / y),
        "%": lambda x, y: x - y * sympy.floor(x / y),
        "expm1": lambda x: sympy.exp(x) - 1,
        "exp2": lambda x: sympy.Pow(2, x),
        "log1p": lambda x: sympy.log(1 + x),
        "log2": lambda x: sympy.log(x) / sympy.log(2),
        "log10": lambda x: sympy.log(x) / sympy.log(10),
        "cbrt": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "copysign": lambda x, y: sympy.Abs(x) * sympy.Piecewise((-1, y < 0), (1, True)),
        "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    }
    same = ("exp", "log", "sqrt", "sign", "tanh", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh",
            "asinh", "acosh", "atanh", "erf", "erfc", "floor", "pi")  # fmt: skip
    renamed = {
        "abs": "Abs", "min": "Min", "max": "Max", "ceil": "ceiling", "sum": "Add", "prod": "Mul",
        "+": "Add", "*": "Mul", "**": "Pow", "and": "And", "or": "Or",
        "<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "==": "Eq", "!=": "Ne",
    }  # fmt: skip
    return {**{name: getattr(sympy, twin) for name, twin in ({name: name for name in same} | renamed).items()}, **own}


def _sympy() -> Any:
    try:
        return import_module("sympy")
    except ImportError:
        raise ImportError("to_sympy() needs SymPy; install it with: pip install 'tinygrad_kr[sympy]'") from None
