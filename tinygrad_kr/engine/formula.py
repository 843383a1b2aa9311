"""What a formula of the table can become.

A formula text is parsed once (:func:`parse`) into a checked syntax tree; a :class:`Fold` makes something of that tree,
and a :class:`Target` writes it in some language. Plain text and LaTeX are here, Python on floats and on Values in
``kernels.py``; JavaScript, NumPy or C are further subclasses, and the table never hears of them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Fold", "LEVELS", "OWN", "Piece", "Target", "Text", "arity", "is_symmetric", "parse", "to_text", "truths"]

CONSTANTS = ("pi", "inf")
REDUCTIONS = ("sum", "prod", "max")
FUNCTIONS = {
    "exp": 1, "expm1": 1, "exp2": 1, "log": 1, "log1p": 1, "log2": 1, "log10": 1, "sqrt": 1, "cbrt": 1,
    "abs": 1, "sign": 1, "sigmoid": 1, "tanh": 1, "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1,
    "atan": 1, "atan2": 2, "sinh": 1, "cosh": 1, "asinh": 1, "acosh": 1, "atanh": 1, "hypot": 2, "erf": 1,
    "erfc": 1, "min": 2, "max": 2, "floor": 1, "ceil": 1, "copysign": 2,
}  # fmt: skip
"""The functions a formula may call, and how many arguments each takes."""

OWN: dict[str, int] = {}
"""The same for functions of operations that people have added (``custom.py``)."""


def arity(function: str) -> int | None:
    """How many arguments a function of formulas takes; None if there is no such function.

    >>> arity("hypot"), arity("open")
    (2, None)
    """
    return FUNCTIONS.get(function) or OWN.get(function)


# How tightly a written piece binds, as in Python.
CHOICE, OR, AND, NOT, COMPARE, SUM, PRODUCT, NEGATION, POWER, ATOM = range(10)

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "**": POWER}


@lru_cache(maxsize=1024)
def parse(text: str) -> ast.expr:
    """The checked syntax tree of a formula.

    Args:
        text: a formula, as ``ops.py`` describes them.

    Raises:
        ValueError: if the text is no formula; the sentence names the part that isn't.

    >>> ast.dump(parse("x + 1"))
    "BinOp(left=Name(id='x', ctx=Load()), op=Add(), right=Constant(value=1))"
    >>> parse("x.real")
    Traceback (most recent call last):
    ValueError: formula 'x.real': 'x.real' is not allowed; use arithmetic, comparisons, 'a if c else b' and \
the table's functions
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"formula {text!r} can't be read: {error.msg}; expected a Python expression") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and not _allowed(node):
            part = ast.get_source_segment(text.strip(), node) or ast.unparse(node)
            raise ValueError(
                f"formula {text!r}: {part!r} is not allowed; use arithmetic, comparisons, "
                "'a if c else b' and the table's functions"
            )
    return tree


@lru_cache(maxsize=1024)
def is_symmetric(formula: str, inputs: tuple[str, ...]) -> bool:
    """Whether a formula says by its form that the order of its operands makes no difference.

    Args:
        formula, inputs: of a row of the table.

    >>> is_symmetric("x * y", ("x", "y")), is_symmetric("x - y", ("x", "y")), is_symmetric("sum(x) / n", ("*x",))
    (True, False, True)
    """
    tree = parse(formula)
    if inputs == ("*x",):  # every operand alike: none is spoken of by its place
        return not any(isinstance(node, ast.Subscript) or ast.unparse(node) == "i" for node in ast.walk(tree))
    if not isinstance(tree, ast.BinOp) or not isinstance(tree.op, (ast.Add, ast.Mult)):
        return False
    return sorted(map(ast.unparse, (tree.left, tree.right))) == sorted(inputs)


@cache
def truths(formula: str) -> frozenset[str]:
    """The variables of a formula that count as true or false: all that it asks is whether they are 0.

    >>> truths("x if c != 0 else y"), truths("0 if x < 0 else 1"), truths("x if x != 0 else y")
    (frozenset({'c'}), frozenset(), frozenset())
    """
    tree = parse(formula)
    asked = [
        node.left
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and ast.unparse(node).endswith("!= 0")
    ]
    others = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in asked}
    return frozenset(node.id for node in asked) - others


@cache
def branches(formula: str) -> tuple[str, frozenset[str], frozenset[str]] | None:
    """Of a formula that is a choice by a variable: that, and the variables that only the one or the other branch reads.

    >>> branches("x if c != 0 else y")
    ('c', frozenset({'x'}), frozenset({'y'}))
    >>> branches("x if x > 0 else 0") is None
    True
    """
    tree = parse(formula)
    if not isinstance(tree, ast.IfExp) or not truths(formula):
        return None
    (asked,) = truths(formula)
    one, other = (
        {node.id for node in ast.walk(part) if isinstance(node, ast.Name)} for part in (tree.body, tree.orelse)
    )
    return asked, frozenset(one - other), frozenset(other - one)


def _allowed(node: ast.expr) -> bool:
    """Whether this kind of node belongs to the formula language."""
    match node:
        case ast.Name() | ast.BoolOp() | ast.IfExp():
            return True
        case ast.Constant(value=value):
            return type(value) in (int, float)
        case ast.BinOp(op=op):
            return type(op) in _BINARY
        case ast.UnaryOp(op=op):
            return isinstance(op, (ast.USub, ast.Not))
        case ast.Compare(ops=ops):
            return all(type(op) in _COMPARE for op in ops)
        case ast.Subscript(value=ast.Name(), slice=ast.Name(id="k")):
            return True
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            one = len(args) == 1
            return arity(name) == len(args) or (one and name in (*REDUCTIONS, "prod_of_others"))
    return False


class Piece(NamedTuple):
    """A written part of a formula: its text, and how tightly it binds."""

    text: str
    level: int = ATOM


T = TypeVar("T")


class Fold(Generic[T]):
    """A formula's tree folded into one thing: text of a language, an expression of SymPy, symbols.

    A subclass says what each kind of part becomes.

    Args:
        families: the variables that stand for any number of operands.
        k: the output that the row is about, for a row with one output a class.
    """

    def __init__(self, families: Sequence[str] = (), k: int | None = None) -> None:
        self.families: tuple[str, ...] = tuple(families)
        self.k = k

    def fold(self, node: ast.expr) -> T:
        """What a tree becomes (formulas are the table's own, and a few levels deep)."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return self.number(value)
            case ast.Name(id=name):
                return self.constant(name) if name in CONSTANTS else self.variable(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.negate(self.fold(operand))
            case ast.UnaryOp(operand=operand):
                return self.invert(self.fold(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(_BINARY[type(op)], self.fold(left), self.fold(right))
            case ast.Compare(left=left, ops=ops, comparators=rest):
                return self.compare([_COMPARE[type(op)] for op in ops], [self.fold(e) for e in (left, *rest)])
            case ast.BoolOp(op=op, values=values):
                return self.join("and" if isinstance(op, ast.And) else "or", [self.fold(e) for e in values])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.choice(test, body, orelse)
            case ast.Subscript(value=ast.Name(id=name)):
                return self.chosen(name)
            case ast.Call(func=ast.Name(id=name), args=[argument]) if self.is_reduction(name):
                return self.reduce(name, argument)
            case ast.Call(func=ast.Name(id="prod_of_others"), args=[argument]):
                return self.prod_of_others(argument)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.application(name, args)
        raise AssertionError(f"parse() let through {ast.dump(node)}")

    def is_reduction(self, name: str) -> bool:
        """Whether a one-argument call of ``name`` reduces over all operands."""
        return name in REDUCTIONS and bool(self.families)

    def choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> T:
        """``body if test else orelse``, for who decides before reading both."""
        return self.choose(self.fold(test), self.fold(body), self.fold(orelse))

    def application(self, name: str, arguments: list[ast.expr]) -> T:
        """A call of a function, for who looks at its arguments first."""
        return self.call(name, [self.fold(argument) for argument in arguments])

    def number(self, value: float) -> T:
        """A number of the formula."""
        raise NotImplementedError

    def constant(self, name: str) -> T:
        """``pi`` or ``inf``."""
        raise NotImplementedError

    def variable(self, name: str) -> T:
        """An input, the output ``z``, or a place."""
        raise NotImplementedError

    def chosen(self, name: str) -> T:
        """``x[k]``: the operand that this output is about."""
        raise NotImplementedError

    def negate(self, operand: T) -> T:
        """``-a``."""
        raise NotImplementedError

    def invert(self, operand: T) -> T:
        """``not a``."""
        raise NotImplementedError

    def binary(self, sign: str, left: T, right: T) -> T:
        """``a + b`` and other signs."""
        raise NotImplementedError

    def compare(self, signs: list[str], operands: list[T]) -> T:
        """``a < b`` and longer chains."""
        raise NotImplementedError

    def join(self, word: str, parts: list[T]) -> T:
        """``a and b``, ``a or b``."""
        raise NotImplementedError

    def choose(self, condition: T, then: T, otherwise: T) -> T:
        """``then if condition else otherwise``."""
        raise NotImplementedError

    def call(self, name: str, arguments: list[T]) -> T:
        """A call of one of the table's functions."""
        raise NotImplementedError

    def reduce(self, name: str, argument: ast.expr) -> T:
        """``sum(f)``, ``prod(f)`` or ``max(f)`` over all operands."""
        raise NotImplementedError

    def prod_of_others(self, argument: ast.expr) -> T:
        """The product of all operands but this one."""
        raise NotImplementedError


class Target(Fold[Piece]):
    """A language that formulas can be written in.

    A subclass overrides the kinds of piece that its language writes in its own way. ``families`` are
    the variables that stand for any number of operands.

    >>> Target().write("x if x > 0 else 0")
    'x if x > 0 else 0'
    """

    signs: dict[str, str] = {}
    """How the language writes a sign, where not as Python does."""

    def write(self, formula: str) -> str:
        """The formula in this language."""
        return self.fold(parse(formula)).text

    @staticmethod
    def group(piece: Piece, level: int) -> str:
        """The piece's text, in parentheses if it binds less tightly than ``level``."""
        return piece.text if piece.level >= level else f"({piece.text})"

    def number(self, value: float) -> Piece:
        return Piece(repr(value))

    def constant(self, name: str) -> Piece:
        return Piece(name)

    def variable(self, name: str) -> Piece:
        return Piece(name)

    def chosen(self, name: str) -> Piece:
        """``x[k]``: the operand that this output is about."""
        return Piece(f"{name}[k]")

    def negate(self, operand: Piece) -> Piece:
        return Piece(f"-{self.group(operand, POWER)}", NEGATION)

    def invert(self, operand: Piece) -> Piece:
        return Piece(f"not {self.group(operand, NOT)}", NOT)

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        level = LEVELS[sign]
        # Left-associative signs guard their right side (floats round x + (y - z) in its own way), ** its left.
        a = self.group(left, level + (sign == "**"))
        b = self.group(right, NEGATION if sign == "**" else level + 1)
        return Piece(f"{a} {self.signs.get(sign, sign)} {b}", level)

    def compare(self, signs: list[str], operands: list[Piece]) -> Piece:
        first, *rest = [self.group(operand, SUM) for operand in operands]
        return Piece(first + "".join(f" {self.signs.get(s, s)} {t}" for s, t in zip(signs, rest)), COMPARE)

    def join(self, word: str, parts: list[Piece]) -> Piece:
        level = AND if word == "and" else OR
        return Piece(f" {word} ".join(self.group(part, level + 1) for part in parts), level)

    def choose(self, condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        a, c = self.group(then, OR), self.group(condition, OR)
        return Piece(f"{a} if {c} else {otherwise.text}", CHOICE)

    def call(self, name: str, arguments: list[Piece]) -> Piece:
        return Piece(f"{name}({', '.join(argument.text for argument in arguments)})")

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        return Piece(f"{name}({self.fold(argument).text})")

    def prod_of_others(self, argument: ast.expr) -> Piece:
        return Piece(f"prod_of_others({self.fold(argument).text})")


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Text(Target):
    """Plain text for people.

    >>> Text().write("-z / y if y != 0 else x ** 2"), Text(["x"]).write("sum(exp(x))")
    ('−z / y if y ≠ 0 else x²', 'Σ exp(xᵢ)')
    """

    signs = {"*": "×", "-": "−", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}

    def constant(self, name: str) -> Piece:
        return Piece({"pi": "π", "inf": "∞"}[name])

    def variable(self, name: str) -> Piece:
        return Piece(f"{name}ᵢ" if name in self.families else name)

    def chosen(self, name: str) -> Piece:
        return Piece(f"{name}ₖ")

    def negate(self, operand: Piece) -> Piece:
        return Piece(f"−{self.group(operand, POWER)}", NEGATION)

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign == "**" and right.text.isdigit():
            return Piece(self.group(left, ATOM) + right.text.translate(_SUPERSCRIPTS), POWER)
        return super().binary(sign, left, right)

    def call(self, name: str, arguments: list[Piece]) -> Piece:
        if name == "abs":
            return Piece(f"|{arguments[0].text}|")
        return super().call(name, arguments)

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        piece = self.fold(argument)
        if name == "max":
            return Piece(f"max({piece.text})")
        sign = {"sum": "Σ", "prod": "∏"}[name]
        return Piece(f"{sign} {self.group(piece, PRODUCT)}", PRODUCT)

    def prod_of_others(self, argument: ast.expr) -> Piece:
        name = self.fold(argument).text.rstrip("ᵢ")
        return Piece(f"∏(j≠i) {name}ⱼ", PRODUCT)


def to_text(formula: str, families: Sequence[str] = ()) -> str:
    """The formula as plain text.

    Args:
        formula: a formula of the table.
        families: the variables that stand for any number of operands.

    >>> to_text("1 / (2 * z)")
    '1 / (2 × z)'
    """
    return Text(families).write(formula)
