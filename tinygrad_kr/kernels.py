"""What a row runs as: Python functions compiled from its formulas.

Three things come out of a row, each compiled when it is first asked for:

* ``forward``: the value, on floats;
* ``closing(wanted)``: a function that binds the numbers of one forward pass and returns that pass's
  **local-derivative closure**, which turns an upstream derivative into one contribution per parent;
* ``on_values``: the same formulas on Values, which is all that higher derivatives need.

The functions run on ``math`` at full speed and fall back to :mod:`tinygrad_kr.ieee` when it raises.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import FunctionType
from typing import Any

from . import ieee
from .formula import NEGATION, Piece, Target, parse
from .ops import Op

__all__ = ["Closure", "Kernel"]

Closure = Callable[[float], Sequence[float]]
"""A local-derivative closure: upstream derivative → one contribution per parent."""

ERRORS = (ValueError, OverflowError, ZeroDivisionError)


class Python(Target):
    """Python source on floats; a family ``x`` is a list ``xs``, and reductions become local variables."""

    def __init__(self, families: Sequence[str] = (), k: int | None = None) -> None:
        super().__init__(families, k)
        self.names: set[str] = set()  # the arguments that the formula reads
        self.looped: set[str] = set()  # the loop variables that the expression being written reads
        self.locals: dict[str, str] = {}  # source of a reduction → the local variable that holds it

    def number(self, value: float) -> Piece:
        return Piece(repr(float(value)))

    def variable(self, name: str) -> Piece:
        if name == "n":
            self.names.add(self.families[0] + "s")
            return Piece(f"len({self.families[0]}s)")
        if name == "k":
            return Piece(repr(self.k))
        if name in self.families or name == "i":
            self.looped.add(name)
        else:
            self.names.add(name)
        return Piece(name)

    def chosen(self, name: str) -> Piece:
        self.names.add(name + "s")
        return Piece(f"{name}s[{self.k}]")

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign == "**":
            return Piece(f"pow({left.text}, {right.text})")
        return super().binary(sign, left, right)

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        function = "largest" if name == "max" else name
        return self.local(f"{function}({self.each(argument)})")

    def prod_of_others(self, argument: ast.expr) -> Piece:
        products = self.local(f"prod_of_others({self.each(argument)})").text
        self.looped.add("i")
        return Piece(f"{products}[i]")

    def local(self, source: str) -> Piece:
        """A local variable that holds ``source``, computed once however often the formula has it."""
        return Piece(self.locals.setdefault(source, f"t{len(self.locals)}"))

    def each(self, node: ast.expr, write: Callable[[ast.expr, Python], str] | None = None) -> str:
        """A list: the formula's value for every operand in turn."""
        outer, self.looped = self.looped, set()
        text = write(node, self) if write else self.piece(node).text
        families = [name for name in self.families if name in self.looped]
        source = families or [self.families[0]]
        lists = [name + "s" for name in source]
        self.names.update(lists)
        over = lists[0] if len(lists) == 1 else f"zip({', '.join(lists)})"
        if "i" in self.looped:
            loop = f"for i, ({', '.join(source)},) in enumerate(zip({', '.join(lists)}))"
        else:
            loop = f"for {', '.join(source)} in {over}"
        self.looped = outer
        return lists[0] if text == source[0] else f"[{text} {loop}]"


class TotalPython(Python):
    """The same, with a division that never raises."""

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign == "/":
            return Piece(f"div({left.text}, {right.text})")
        return super().binary(sign, left, right)


class ValuePython(Python):
    """The same on Values, which have operators of their own; their == is identity, not a comparison."""

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        return Target.binary(self, sign, left, right)

    def compare(self, signs: list[str], operands: list[Piece]) -> Piece:
        return super().compare(signs, [Piece(f"number({operand.text})") for operand in operands])


def upstream_times(partial: ast.expr, target: Target) -> str:
    """The source of ``upstream × partial``, without the multiplications by one."""
    match partial:
        case ast.Constant(value=1):
            return "g"
        case ast.Constant(value=0):
            return "0.0"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return "-g"
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Div(), right=right):
            return target.binary("/", Piece("g"), target.piece(right)).text
    return f"g * {target.group(target.piece(partial), NEGATION)}"


class Kernel:
    """The compiled functions of one row.

    Args:
        op: the row.

    >>> from tinygrad_kr.ops import TABLE
    >>> kernel = Kernel(TABLE["div"])
    >>> kernel.forward(6.0, 3.0)
    2.0
    >>> closure = kernel.closing((True, True))(6.0, 3.0, 2.0)
    >>> closure(1.0)
    (0.3333333333333333, -0.6666666666666666)
    """

    def __init__(self, op: Op) -> None:
        self.op = op
        self.families = op.variables if op.variadic else ()
        self.arguments = [name + "s" if op.variadic else name for name in op.variables]
        self._closings: dict[tuple[bool, ...], Callable[..., Closure]] = {}
        self._closures: dict[tuple[bool, ...], FunctionType] = {}

    def _target(self, kind: type[Python]) -> Python:
        return kind(self.families, self.op.k)

    @cached_property
    def forward(self) -> Callable[..., float]:
        """The value on floats: one argument an input, a list of floats for a family."""
        return self._define(
            "forward", self.arguments, self._forward_body(Python), lambda: self._forward_body(TotalPython)
        )

    def _forward_body(self, kind: type[Python]) -> list[str]:
        target = self._target(kind)
        value = target.write(self.op.forward)
        return [*_assignments(target), f"return {value}"]

    def closing(self, wanted: tuple[bool, ...]) -> Callable[..., Closure]:
        """The function that binds the numbers of a forward pass: (inputs, output) → closure.

        Args:
            wanted: per input, whether its contribution is wanted; a constant's is 0 and is not computed
                (so that ``x ** 2`` never takes a logarithm).
        """
        if wanted not in self._closings:
            self._closings[wanted] = self._closing(wanted)
        return self._closings[wanted]

    def _closing(self, wanted: tuple[bool, ...]) -> Callable[..., Closure]:
        body, names = self._closure_body(Python, wanted)
        bound = [name for name in (*self.arguments, "z") if name in names]
        closure = self._define("closure", ["g", *bound], body, lambda: self._closure_body(TotalPython, wanted)[0])
        self._closures[wanted] = closure
        if not bound:  # a closure that binds nothing serves every node
            return lambda *numbers: closure
        # Numbers are bound as defaults: a cell for each would be one more object for the collector to walk.
        return _compile(
            "close",
            [*self.arguments, "z"],
            [f"return Function(code, names, 'closure', ({', '.join(bound)},))"],
            {"Function": FunctionType, "code": closure.__code__, "names": closure.__globals__},
        )

    def rebind(self, wanted: tuple[bool, ...], numbers: tuple[Any, ...]) -> Closure:
        """The closure over ``numbers``, its defaults, as unpickling knows them."""
        if wanted not in self._closures:
            self.closing(wanted)
        closure = self._closures[wanted]
        return FunctionType(closure.__code__, closure.__globals__, "closure", numbers) if numbers else closure

    def _closure_body(self, kind: type[Python], wanted: tuple[bool, ...]) -> tuple[list[str], set[str]]:
        target = self._target(kind)
        trees = [parse(partial if want else "0") for partial, want in zip(self.op.partials, wanted)]
        if self.op.variadic:
            lists = [target.each(tree, upstream_times) if want else f"[0.0] * len({name}s)"
                     for tree, want, name in zip(trees, wanted, self.op.variables)]  # fmt: skip
            target.names.update(f"{name}s" for name, want in zip(self.op.variables, wanted) if not want)
            value = " + ".join(lists)
        else:
            value = f"({''.join(f'{upstream_times(tree, target)}, ' for tree in trees)})"
        return [*_assignments(target), f"return {value}"], target.names

    def on_values(self, namespace: Mapping[str, object]) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """The forward formula and the partials on Values.

        Args:
            namespace: what the formulas' function names mean there (``tinygrad_kr.functions``).

        Returns:
            ``forward(*inputs)`` and ``partials(*inputs, z)``; the latter returns one partial per operand.
        """
        forward = self._forward_body(ValuePython)
        target = self._target(ValuePython)
        if self.op.variadic:
            result = f"[{', '.join(f'*{target.each(parse(partial))}' for partial in self.op.partials)}]"
        else:
            result = f"({''.join(f'{target.write(partial)}, ' for partial in self.op.partials)})"
        partials = [*_assignments(target), f"return {result}"]
        return (
            _compile("forward", self.arguments, forward, namespace),
            _compile("partials", [*self.arguments, "z"], partials, namespace),
        )

    def _define(self, name: str, arguments: list[str], body: list[str], total: Callable[[], list[str]]) -> FunctionType:
        """Compile ``body`` on ``math``, with the total version behind it where ``math`` can raise."""
        namespace = dict(ieee.FAST)
        if any("(" in line or "/" in line for line in body):
            compiled: list[FunctionType] = []

            def recover(*numbers: Any) -> Any:
                if not compiled:
                    compiled.append(_compile(name, arguments, total(), ieee.TOTAL))
                return compiled[0](*numbers)

            namespace |= {"recover": recover, "ERRORS": ERRORS}
            body = ["try:", *(f"    {line}" for line in body),
                    "except ERRORS:", f"    return recover({', '.join(arguments)})"]  # fmt: skip
        return _compile(name, arguments, body, namespace)


def _assignments(target: Python) -> list[str]:
    return [f"{name} = {source}" for source, name in target.locals.items()]


def _compile(name: str, arguments: list[str], body: list[str], namespace: Mapping[str, object]) -> FunctionType:
    """Compile a function of the table's own formulas (never of anything a user typed)."""
    made: dict[str, Any] = dict(namespace)
    exec(f"def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in body), made)
    function: FunctionType = made[name]
    return function
