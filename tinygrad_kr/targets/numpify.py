"""The table on arrays: a formula computes every node of an instruction, and every sample of a batch, at once.

An operand is an array of shape (nodes, batch), or (nodes, 1) where it is the same for all samples; a family ``*x`` is
one of shape (nodes, operands, batch), and reductions go over its middle axis. NumPy is IEEE 754 as the engine is; what
it lacks is in ``special.py``. PyTorch and JAX have the same functions under names of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from math import isfinite

from ..engine import ieee
from ..engine.formula import ATOM, NEGATION, OR, Piece, Target
from ..engine.ops import TABLE

__all__ = ["NumPy"]

SIGNS = {"**": "pow", "/": "div", "%": "mod", "//": "floordiv"}
CALLED = {"%": "mod", "//": "floor_divide", "**": "power"}


class NumPy(Target):
    """NumPy on float64 arrays. What is a number on both sides is computed while it is written.

    Args:
        operands: the text of each variable; a number where it is one for all nodes.
        families: the variables that stand for any number of operands.
        n: how many operands those have.
        locals: where functions and reductions go, so that each is computed once: a source and the variable that
            holds it. Left out, they stay where they are.
        prefix: what the names of those variables begin with.

    Attributes:
        used: the variables that what is written reads.

    >>> NumPy().write("x if x > 0 and y != 0 else exp(x) ** 2")
    'np.where((x > 0.0) & (y != 0.0), x, np.square(np.exp(x)))'
    >>> NumPy({"y": "2.0"}).write("0 if y == 0 and x != 0 else y * x ** (y - 1)")
    '2.0 * x'
    >>> NumPy({"x": "v1"}, ["x"], 3).write("sum(x) / n")
    'v1.sum(1, keepdims=True) / 3.0'
    """

    own = ("erf", "erfc", "sigmoid")
    """The functions of the table that are in ``special.py``."""

    def __init__(
        self, operands: Mapping[str, str] | None = None, families: Sequence[str] = (), n: int = 0,
        locals: dict[str, str] | None = None, prefix: str = "t",
    ) -> None:  # fmt: skip
        super().__init__(families)
        self.operands, self.n, self.locals, self.prefix = operands or {}, n, locals, prefix
        self.used = set[str]()

    def number(self, value: float) -> Piece:
        level = NEGATION if str(value)[0] == "-" else ATOM
        return Piece(repr(float(value)) if isfinite(value) else f"float('{value}')", level)

    def constant(self, name: str) -> Piece:
        return Piece(f"np.{name}")

    def variable(self, name: str) -> Piece:
        if name == "n":
            return self.number(self.n)
        if name == "i":
            return Piece(f"np.arange({self.n})[:, None]")
        self.used.add(name)
        text = self.operands.get(name, name)
        return Piece(text, NEGATION if text.startswith("-") else ATOM)

    def chosen(self, name: str) -> Piece:
        return self.variable(name)  # all outputs of a row with one a class are computed at once

    def negate(self, operand: Piece) -> Piece:
        number = _number(operand)
        return super().negate(operand) if number is None else self.number(-number)

    def invert(self, operand: Piece) -> Piece:
        known = _TRUTH.get(operand.text)
        return Piece(f"~({operand.text})", NEGATION) if known is None else Piece(str(not known))

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        a, b = _number(left), _number(right)
        if a is not None and b is not None:
            f = ieee.TOTAL.get(SIGNS.get(sign, ""))
            return self.number(f(a, b) if callable(f) else a + b if sign == "+" else a - b if sign == "-" else a * b)
        if sign == "**" and b in (1.0, 2.0):
            return left if b == 1.0 else Piece(f"np.square({left.text})")
        if sign == "*" and 1.0 in (a, b):
            return right if a == 1.0 else left
        if sign in CALLED:
            return Piece(f"np.{CALLED[sign]}({left.text}, {right.text})")
        return super().binary(sign, left, right)

    def compare(self, signs: list[str], operands: list[Piece]) -> Piece:
        return self.join("and", [self._compared(sign, a, b) for sign, a, b in zip(signs, operands, operands[1:])])

    def _compared(self, sign: str, left: Piece, right: Piece) -> Piece:
        a, b = _number(left), _number(right)
        if a is None or b is None:
            return super().compare([sign], [left, right])
        order = (a > b) - (a < b)
        return Piece(str({"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0,
                          "==": order == 0, "!=": order != 0}[sign]))  # fmt: skip

    def join(self, word: str, parts: list[Piece]) -> Piece:
        neutral = word == "and"
        if any(_TRUTH.get(part.text) is (not neutral) for part in parts):
            return Piece(str(not neutral))
        open_ = [part for part in parts if part.text not in _TRUTH]
        if len(open_) < 2:
            return open_[0] if open_ else Piece(str(neutral))
        return Piece((" & " if neutral else " | ").join(f"({part.text})" for part in open_), OR)

    def choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Piece:
        condition = self.fold(test)
        known = _TRUTH.get(condition.text)
        if known is not None:
            return self.fold(body if known else orelse)
        return self.choose(condition, self.fold(body), self.fold(orelse))

    def choose(self, condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        return Piece(f"np.where({self._kept(condition.text).text}, {then.text}, {otherwise.text})")

    def call(self, name: str, arguments: list[Piece]) -> Piece:
        numbers, f = [number for piece in arguments if (number := _number(piece)) is not None], ieee.TOTAL.get(name)
        if len(numbers) == len(arguments) and callable(f):
            return self.number(f(*numbers))
        row = TABLE.get(name)
        called = name if name in self.own else f"np.{(row and row.numpy) or name}"
        return self._kept(f"{called}({', '.join(piece.text for piece in arguments)})")

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        piece = self.fold(argument)
        if name == "sum":  # as a method it is quicker
            return self._kept(f"{self.group(piece, ATOM)}.sum(1, keepdims=True)")
        return self._kept(f"np.{name}({piece.text}, 1, keepdims=True)")

    def prod_of_others(self, argument: ast.expr) -> Piece:
        return Piece(f"prod_of_others({self.fold(argument).text})")

    def _kept(self, source: str) -> Piece:
        """A variable that holds what is computed."""
        if self.locals is None:
            return Piece(source)
        return Piece(self.locals.setdefault(source, f"{self.prefix}{len(self.locals)}"))


_TRUTH = {"True": True, "False": False}


def _number(piece: Piece) -> float | None:
    """The number that a piece is."""
    try:
        return float(piece.text)
    except ValueError:
        return None
