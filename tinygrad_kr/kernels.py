"""What a row runs as: Python functions compiled from its formulas.

Three things come out of a row, each compiled when it is first asked for:

* ``forward``: the value, on floats;
* ``pushing(wanted)``: the **local derivative**, which takes an upstream derivative and the numbers that one
  forward pass bound, and adds a contribution to each parent's sum;
* ``on_values``: the same formulas on Values, which is all that higher derivatives need.

The functions run on ``math`` at full speed and fall back to :mod:`tinygrad_kr.ieee` when it raises.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import FunctionType
from typing import Any

from . import ieee
from .formula import NEGATION, Piece, Target, parse
from .ops import Op

__all__ = ["Kernel", "Push"]

Push = Callable[[float, tuple[Any, ...], Sequence[Any], Any], None]
"""A local derivative: (upstream derivative, numbers of the forward pass, places, sums) adds to sums[place]."""

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
    >>> sums = [0.0, 0.0]
    >>> kernel.pushing((True, True))(1.0, (6.0, 3.0, 2.0), range(2), sums)
    >>> sums
    [0.3333333333333333, -0.6666666666666666]
    """

    def __init__(self, op: Op) -> None:
        self.op = op
        self.families = op.variables if op.variadic else ()
        self.arguments = [name + "s" if op.variadic else name for name in op.variables]
        self._pushing: dict[tuple[bool, ...], Push] = {}

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

    @cached_property
    def binds(self) -> bool:
        """Whether the partials need any number of the forward pass."""
        return bool(self._push_body(Python, (True,) * len(self.op.inputs))[1])

    def pushing(self, wanted: tuple[bool, ...]) -> Push:
        """The local derivative: (upstream, numbers, places, sums) adds a contribution to every sums[place].

        One function serves every node; what a node binds is ``numbers``: the inputs and the output, or ()
        for a row that ``binds`` nothing.

        Args:
            wanted: per input, whether its contribution is wanted; a constant's is 0 and is not computed
                (so that ``x ** 2`` never takes a logarithm).
        """
        if wanted not in self._pushing:
            body = self._push_body(Python, wanted)[0]
            arguments = ["g", "numbers", "places", "sums"]
            self._pushing[wanted] = self._define(
                "push", arguments, body, lambda: self._push_body(TotalPython, wanted)[0]
            )
        return self._pushing[wanted]

    def closing(self, wanted: tuple[bool, ...]) -> Callable[..., Callable[[float], tuple[float, ...]]]:
        """The same as a closure: (inputs, output) → upstream → contributions."""
        push = self.pushing(wanted)

        def close(*numbers: Any) -> Callable[[float], tuple[float, ...]]:
            count = sum(map(len, numbers[:-1])) if self.op.variadic else len(numbers) - 1

            def closure(upstream: float) -> tuple[float, ...]:
                sums = [0.0] * count
                push(upstream, numbers, range(count), sums)
                return tuple(sums)

            return closure

        return close

    def _push_body(self, kind: type[Python], wanted: tuple[bool, ...]) -> tuple[list[str], set[str]]:
        """The statements of a local derivative (all that can raise before the first sum changes), and what it reads."""
        target = self._target(kind)
        trees = [parse(partial if want else "0") for partial, want in zip(self.op.partials, wanted)]
        if self.op.variadic:
            lists = [target.each(tree, upstream_times) if want else f"[0.0] * len({name}s)"
                     for tree, want, name in zip(trees, wanted, self.op.variables)]  # fmt: skip
            target.names.update(f"{name}s" for name, want in zip(self.op.variables, wanted) if not want)
            compute = [f"contributions = {' + '.join(lists)}"]
            add = ["for place, contribution in zip(places, contributions):", "    sums[place] += contribution"]
        else:
            terms = {k: upstream_times(tree, target) for k, (tree, want) in enumerate(zip(trees, wanted)) if want}
            compute = []
            if _may_raise(terms.values()):
                compute = [f"c{k} = {term}" for k, term in terms.items()]
                terms = {k: f"c{k}" for k in terms}
            places = [f"p{k}" for k in range(len(trees))]
            add = [f"{', '.join(places)}, = places", *(f"sums[p{k}] += {term}" for k, term in terms.items())]
        unpack = [f"{', '.join((*self.arguments, 'z'))} = numbers"] if target.names else []
        return [*unpack, *_assignments(target), *compute, *add], target.names

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
        if _may_raise(body):
            compiled: list[FunctionType] = []

            def recover(*numbers: Any) -> Any:
                if not compiled:
                    compiled.append(_compile(name, arguments, total(), ieee.TOTAL))
                return compiled[0](*numbers)

            namespace |= {"recover": recover, "ERRORS": ERRORS}
            body = ["try:", *(f"    {line}" for line in body),
                    "except ERRORS:", f"    return recover({', '.join(arguments)})"]  # fmt: skip
        return _compile(name, arguments, body, namespace)


def _may_raise(source: Iterable[str]) -> bool:
    """Whether there is a call or a division in it; all else is total on floats."""
    return any("(" in line or "/" in line for line in source)


def _assignments(target: Python) -> list[str]:
    return [f"{name} = {source}" for source, name in target.locals.items()]


def _compile(name: str, arguments: list[str], body: list[str], namespace: Mapping[str, object]) -> FunctionType:
    """Compile a function of the table's own formulas (never of anything a user typed)."""
    made: dict[str, Any] = dict(namespace)
    exec(f"def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in body), made)
    function: FunctionType = made[name]
    return function
