"""What a row runs as: Python functions compiled from its formulas.

Three things come out of a row, each compiled when it is first asked for:

* ``forward``: the value, on floats;
* ``pushing(wanted)``: the **local derivative**, which takes an upstream derivative and the numbers that one
  forward pass bound, and adds a contribution to each operand's sum;
* ``forward_on_values``, ``partials_on_values``, ``contributions_on_values``: the same formulas on Values, which is
  all that higher derivatives need.

The functions run on ``math`` at full speed and fall back to :mod:`tinygrad_kr.engine.ieee` when it raises. A row with
one output a class is compiled once: the output ``k`` is a variable of its functions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from . import ieee
from .formula import NEGATION, Piece, Target, parse
from .ops import Op

__all__ = ["Kernel", "Push", "kernel"]

Maker = Callable[[Any], Any]
"""Makes a function for an output k of a row; for rows with one output k is None."""

Push = Callable[[float, tuple[Any, ...], Sequence[Any], Any], None]
"""A local derivative: (upstream derivative, numbers of the forward pass, places, sums) adds to sums[place]."""

ERRORS = (ValueError, OverflowError, ZeroDivisionError)


class Python(Target):
    """Python source on floats; a family ``x`` is a list ``xs``, and reductions become local variables."""

    def __init__(
        self, families: Sequence[str] = (), k: int | None = None, functions: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(families, k)
        self.functions = functions or {}  # those that people have added
        self.names: set[str] = set()  # the arguments that the formula reads
        self.looped: set[str] = set()  # the loop variables that the expression being written reads
        self.locals: dict[str, str] = {}  # source of a reduction → the local variable that holds it

    def number(self, value: float) -> Piece:
        return Piece(repr(float(value)))

    def variable(self, name: str) -> Piece:
        if name == "n":
            self.names.add(self.families[0] + "s")
            return Piece(f"len({self.families[0]}s)")
        if name in self.families or name == "i":
            self.looped.add(name)
        elif name != "k":
            self.names.add(name)
        return Piece(name)

    def chosen(self, name: str) -> Piece:
        self.names.add(name + "s")
        return Piece(f"{name}s[k]")

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

    def application(self, name: str, arguments: list[ast.expr]) -> Piece:
        gives = getattr(self.functions.get(name), "gives", "")  # of a function that takes a whole family
        if not gives:
            return super().application(name, arguments)
        family = self.families[0] + "s"
        self.names.add(family)
        result = self.local(f"{name}({family}, k)")
        if gives == "value":
            return result
        self.looped.add("i")
        return Piece(f"{result.text}[i]")

    def local(self, source: str) -> Piece:
        """A local variable that holds ``source``, computed once however often the formula has it."""
        return Piece(self.locals.setdefault(source, f"t{len(self.locals)}"))

    def each(self, node: ast.expr, write: Callable[[ast.expr, Python], str] | None = None) -> str:
        """A list: the formula's value for every operand in turn."""
        outer, self.looped = self.looped, set()
        text = write(node, self) if write else self.fold(node).text
        families = [name for name in self.families if name in self.looped]
        source = families or [self.families[0]]
        lists = [name + "s" for name in source]
        self.names.update(lists)
        over = lists[0] if len(lists) == 1 else f"zip({', '.join(lists)})"
        if "i" in self.looped:
            loop = f"for i, ({', '.join(source)}) in enumerate({over})"
        else:
            loop = f"for {', '.join(source)} in {over}"
        self.looped = outer
        return lists[0] if text == source[0] else f"[{text} {loop}]"


DIVISIONS = {"/": "div", "%": "mod", "//": "floordiv"}
"""Signs that raise where there is no quotient, and the functions that don't."""


class TotalPython(Python):
    """The same, with divisions that never raise."""

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign in DIVISIONS:
            return Piece(f"{DIVISIONS[sign]}({left.text}, {right.text})")
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
            return target.binary("/", Piece("g"), target.fold(right)).text
    piece = target.fold(partial)
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
        self._makers: dict[Any, Maker] = {}
        self.functions: dict[Any, Any] = {}  # what is compiled of this row, by a key of whoever asked

    def _target(self, kind: type[Python]) -> Python:
        return kind(self.families, self.op.k, self.op.functions)

    def once(self, key: Any, make: Callable[[Kernel], Maker]) -> Any:
        """A function of this row, compiled at the first call for all of its outputs; it goes when the row goes.

        Args:
            key: what it is kept under.
            make: compiles it for a kernel, that of the whole row.

        >>> from tinygrad_kr.engine.ops import TABLE
        >>> softmax = TABLE["softmax"]
        >>> one, other = [kernel(softmax.output(k)).forward for k in range(2)]
        >>> one([1.0, 1.0]), one.__code__ is other.__code__
        (0.5, True)
        """
        function = self.functions.get(key)
        if function is None:
            whole = kernel(self.op.whole)
            if key not in whole._makers:
                whole._makers[key] = make(whole)
            function = self.functions[key] = whole._makers[key](self.op.k)
        return function

    @cached_property
    def forward(self) -> Callable[..., float]:
        """The value on floats: one argument an input, a list of floats for a family."""
        function: Callable[..., float] = self.once(
            "forward", lambda whole: whole._define("forward", whole.arguments, whole._forward_body)
        )
        return function

    def _forward_body(self, kind: type[Python]) -> list[str]:
        target = self._target(kind)
        value = target.write(self.op.forward)
        return [*_assignments(target), f"return {value}"]

    @cached_property
    def outputs(self) -> Callable[..., list[float]]:
        """The values of all outputs of a row with one output a class, whose sums are computed once."""
        function: Callable[..., list[float]] = self.once(
            "outputs", lambda whole: whole._define("outputs", whole.arguments, whole._outputs_body)
        )
        return function

    def _outputs_body(self, kind: type[Python]) -> list[str]:
        *sums, value = self._forward_body(kind)
        return [*sums, f"return [{value.removeprefix('return ')} for k in range(len({self.arguments[0]}))]"]

    @cached_property
    def binds(self) -> bool:
        """Whether the partials need any number of the forward pass."""
        return self.op.variadic or bool(self._push_body((True,) * len(self.op.inputs), Python)[1])

    def pushing(self, wanted: tuple[bool, ...]) -> Push:
        """The local derivative: (upstream, numbers, places, sums) adds a contribution to every sums[place].

        One function serves every node; what a node binds is ``numbers``: the inputs and the output, or ()
        for a row that ``binds`` nothing. Of a row with families, places are those of the ``nodes`` of each.

        Args:
            wanted: per input, whether its contribution is wanted; a constant's is 0 and is not computed
                (so that ``x ** 2`` never takes a logarithm).
        """
        push: Push | None = self.functions.get(wanted)
        if push is None:
            push = self.once(wanted, lambda whole: whole._compile_push(wanted))
        return push

    def _compile_push(self, wanted: tuple[bool, ...]) -> Maker:
        return self._define("push", ["g", "numbers", "places", "sums"], lambda kind: self._push_body(wanted, kind)[0])

    def places(self, count: int) -> Sequence[Any]:
        """The places 0, 1 … of a local derivative whose sums are a list of ``count`` contributions."""
        places = self.op.families(range(count))
        return [_Places(part) for part in places] if self.op.variadic else places

    def closing(self, wanted: tuple[bool, ...]) -> Callable[..., Callable[[float], tuple[float, ...]]]:
        """The same as a closure: (inputs, output) → upstream → contributions."""
        push, op = self.pushing(wanted), self.op

        def close(*numbers: Any) -> Callable[[float], tuple[float, ...]]:
            count = sum(map(len, numbers[:-1])) if op.variadic else len(numbers) - 1

            def closure(upstream: float) -> tuple[float, ...]:
                sums = [0.0] * count
                push(upstream, numbers, self.places(count), sums)
                return tuple(sums)

            return closure

        return close

    def _push_body(self, wanted: tuple[bool, ...], kind: type[Python]) -> tuple[list[str], set[str]]:
        """The statements of a local derivative (all that can raise before the first sum changes), and what it reads."""
        target = self._target(kind)
        trees = {k: parse(self.op.partials[k]) for k, want in enumerate(wanted) if want}
        if self.op.variadic:
            terms = {k: target.each(tree, upstream_times) for k, tree in trees.items()}
            add = [f"for place, c in zip(p{k}.nodes, c{k}): sums[place] += c" for k in terms]
        else:
            terms = {k: upstream_times(tree, target) for k, tree in trees.items()}
            add = [f"sums[p{k}] += c{k}" for k in terms]
        compute = [f"c{k} = {term}" for k, term in terms.items()]
        if not self.op.variadic and not _may_raise(compute):
            compute, add = [], [f"sums[p{k}] += {term}" for k, term in terms.items()]
        every = [f"p{k}" for k in range(len(wanted))]
        unpack = [f"{', '.join((*self.arguments, 'z'))} = numbers"] if target.names else []
        return [*unpack, *_assignments(target), *compute, f"{', '.join(every)}, = places", *add], target.names

    def forward_on_values(self, namespace: Mapping[str, object]) -> Maker:
        """The value on Values: one argument an input, a sequence for a family.

        Args:
            namespace: what the formulas' function names mean there (``functions.py``), with ``div``, ``number``,
                ``largest`` and ``prod_of_others``.
        """
        return _compile("forward", self.arguments, self._forward_body(ValuePython), namespace)

    def partials_on_values(self, namespace: Mapping[str, object], wanted: tuple[bool, ...]) -> Maker:
        """The partials on Values: ``partials(*inputs, z)`` returns one per operand.

        Args:
            namespace: as for :meth:`forward_on_values`.
            wanted: per input, whether its partials are wanted; 0 stands for the others, and their formulas are
                not computed (so that ``x ** 2`` never takes a logarithm).
        """
        return self._on_values("partials", namespace, wanted, lambda tree, target: target.fold(tree).text)

    def contributions_on_values(self, namespace: Mapping[str, object], wanted: tuple[bool, ...]) -> Maker:
        """The local derivative on Values: ``contributions(upstream, *inputs, z)`` returns one per operand.

        It multiplies where :meth:`pushing` does, so that both have the same numbers at inf and 0 too.

        Args:
            namespace: as for :meth:`forward_on_values`, with ``times``.
            wanted: as for :meth:`partials_on_values`.
        """
        return self._on_values("contributions", namespace, wanted, upstream_times)

    def _on_values(
        self,
        name: str,
        namespace: Mapping[str, object],
        wanted: tuple[bool, ...],
        write: Callable[[ast.expr, Python], str],
    ) -> Maker:
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

    def _define(self, name: str, arguments: list[str], write: Callable[[type[Python]], list[str]]) -> Maker:
        """Compile a body on ``math``, with the total version behind it where ``math`` can raise."""
        body = write(Python)
        namespace: dict[str, object] = {**ieee.FAST, **self.op.functions}
        if _may_raise(body):
            total: list[Maker] = []

            def recover(k: int | None, *numbers: Any) -> Any:
                if not total:
                    names = {**ieee.TOTAL, **self.op.functions}
                    total.append(_compile(name, arguments, write(TotalPython), names))
                return total[0](k)(*numbers)

            namespace |= {"recover": recover, "ERRORS": ERRORS}
            body = ["try:", *(f"    {line}" for line in body),
                    "except ERRORS:", f"    return recover({', '.join(['k', *arguments])})"]  # fmt: skip
        return _compile(name, arguments, body, namespace)


class _Places:
    """Stands for a family where sums are a list."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: range) -> None:
        self.nodes = nodes


def kernel(op: Op) -> Kernel:
    """The compiled functions of a row; the row keeps them.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> kernel(TABLE["mul"]).forward(6.0, 7.0)
    42.0
    """
    compiled: Kernel | None = op.compiled
    if compiled is None:
        compiled = op.compiled = Kernel(op)
    return compiled


def _may_raise(source: Iterable[str]) -> bool:
    """Whether there is a call or a division in it; all else is total on floats."""
    return any(sign in line for line in source for sign in "(/%")


def _assignments(target: Python) -> list[str]:
    return [f"{name} = {source}" for source, name in target.locals.items()]


def _compile(name: str, arguments: list[str], body: list[str], namespace: Mapping[str, object]) -> Maker:
    """Compile a function of the table's own formulas (never of anything a user typed), for every output k."""
    made: dict[str, Any] = dict(namespace)
    lines = [f"def {name}({', '.join(arguments)}):", *(f"    {line}" for line in body), f"return {name}"]
    exec("def make(k):\n" + "".join(f"    {line}\n" for line in lines), made)
    make: Maker = made["make"]
    return make
