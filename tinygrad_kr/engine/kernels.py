"""What a row runs as: Python functions compiled from its formulas.

Three things come out of a row, each compiled when it is first asked for:

* ``forward``: the value, on floats;
* ``pushing(wanted)``: the **local derivative**, which takes an upstream derivative and the numbers that one
  forward pass bound, and adds a contribution to each parent's sum;
* ``forward_on_values``, ``partials_on_values``, ``contributions_on_values``: the same formulas on Values, which is
  all that higher derivatives need.

The functions run on ``math`` at full speed and fall back to :mod:`tinygrad_kr.engine.ieee` when it raises.
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


class ValuePython(TotalPython):
    """The same on Values and numbers, mixed; the == of Values is identity, not a comparison."""

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
    piece = target.piece(partial)
    return f"times(g, {piece.text})" if isinstance(target, ValuePython) else f"g * {target.group(piece, NEGATION)}"


class Kernel:
    """The compiled functions of one row.

    Args:
        op: the row.

    >>> from tinygrad_kr.engine.ops import TABLE
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
            lists = [target.each(tree, upstream_times) for tree, want in zip(trees, wanted) if want]
            places = "places"
            if wanted[0] < any(wanted):  # only the second family
                target.names.add(first := f"{self.op.variables[0]}s")
                places = f"places[len({first}):]"
            compute = [f"contributions = {' + '.join(lists) or '()'}"]
            add = [f"for place, contribution in zip({places}, contributions):", "    sums[place] += contribution"]
        else:
            terms = {k: upstream_times(tree, target) for k, (tree, want) in enumerate(zip(trees, wanted)) if want}
            compute = []
            if _may_raise(terms.values()):
                compute = [f"c{k} = {term}" for k, term in terms.items()]
                terms = {k: f"c{k}" for k in terms}
            every = [f"p{k}" for k in range(len(trees))]
            add = [f"{', '.join(every)}, = places", *(f"sums[p{k}] += {term}" for k, term in terms.items())]
        unpack = [f"{', '.join((*self.arguments, 'z'))} = numbers"] if target.names else []
        return [*unpack, *_assignments(target), *compute, *add], target.names

    def forward_on_values(self, namespace: Mapping[str, object]) -> Callable[..., Any]:
        """The value on Values: one argument an input, a sequence for a family.

        Args:
            namespace: what the formulas' function names mean there (``tinygrad_kr.engine.functions``), with ``div``,
                ``number``, ``largest`` and ``prod_of_others``.
        """
        return _compile("forward", self.arguments, self._forward_body(ValuePython), namespace)

    def partials_on_values(self, namespace: Mapping[str, object], wanted: tuple[bool, ...]) -> Callable[..., Any]:
        """The partials on Values: ``partials(*inputs, z)`` returns one per operand.

        Args:
            namespace: as for :meth:`forward_on_values`.
            wanted: per input, whether its partials are wanted; 0 stands for the others, and their formulas are
                not computed (so that ``x ** 2`` never takes a logarithm).
        """
        return self._compile_on_values("partials", namespace, wanted, lambda tree, target: target.piece(tree).text)

    def contributions_on_values(self, namespace: Mapping[str, object], wanted: tuple[bool, ...]) -> Callable[..., Any]:
        """The local derivative on Values: ``contributions(upstream, *inputs, z)`` returns one per operand.

        It multiplies where :meth:`pushing` does, so that both have the same numbers at inf and 0 too.

        Args:
            namespace: as for :meth:`forward_on_values`, with ``times``.
            wanted: as for :meth:`partials_on_values`.
        """
        return self._compile_on_values("contributions", namespace, wanted, upstream_times)

    def _compile_on_values(
        self,
        name: str,
        namespace: Mapping[str, object],
        wanted: tuple[bool, ...],
        write: Callable[[ast.expr, Python], str],
    ) -> Callable[..., Any]:
        target = self._target(ValuePython)
        trees = [parse(partial if want else "0") for partial, want in zip(self.op.partials, wanted)]
        if self.op.variadic:
            zeros = [f"[0.0] * len({name})" for name in self.arguments]
            lists = [target.each(tree, write) if want else zero for tree, want, zero in zip(trees, wanted, zeros)]
            result = f"[{', '.join(f'*{part}' for part in lists)}]"
        else:
            result = f"({''.join(f'{write(tree, target)}, ' for tree in trees)})"
        upstream = ["g"] if write is upstream_times else []
        body = [*_assignments(target), f"return {result}"]
        return _compile(name, [*upstream, *self.arguments, "z"], body, namespace)

    def _define(self, name: str, arguments: list[str], body: list[str], total: Callable[[], list[str]]) -> FunctionType:
        """Compile ``body`` on ``math``, with the total version behind it where ``math`` can raise."""
        namespace: dict[str, object] = {**ieee.FAST, **self.op.functions}
        if _may_raise(body):
            compiled: list[FunctionType] = []

            def recover(*numbers: Any) -> Any:
                if not compiled:
                    compiled.append(_compile(name, arguments, total(), {**ieee.TOTAL, **self.op.functions}))
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
