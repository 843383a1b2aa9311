"""The table in JavaScript: the rows of a graph as functions on doubles, for a page that computes by itself.

A row becomes an object with two functions: ``forward(...inputs, k)`` gives the value, and
``backward(g, ...inputs, z, k)`` one contribution per operand, as the closures of ``kernels.py`` do. A row
whose derivative is in pieces has a third, ``pieces(...inputs, z, k)``: which of them the operands are in, and one with
kinks a fourth, ``isKink(...inputs, z)``.
IEEE 754 comes with the language; what ``Math`` lacks or does in its own way is in ``page/static/runtime.js``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from ..engine.formula import AND, ATOM, CHOICE, NEGATION, OR, Piece, Target, parse
from ..engine.kernels import upstream_times
from ..engine.ops import Op

__all__ = ["NAMES", "JavaScript", "choices", "row", "rows", "runtime"]

RUNTIME = ("exp2", "sign", "sigmoid", "erf", "erfc", "min", "max", "copysign")
"""The functions of the table that Math lacks, or has with other conventions than the engine's."""

SIGNS = {"**": "pow", "%": "mod", "//": "floordiv"}
"""Signs that JavaScript lacks, or has with other conventions."""

NAMES = (*RUNTIME, *SIGNS.values(), "each", "sum", "prod", "largest", "prodOfOthers")
"""Everything that written rows ask of the runtime."""


def runtime() -> str:
    """The functions that written rows ask of the runtime, as JavaScript.

    >>> "export function pow(x, y)" in runtime()
    True
    """
    return (Path(__file__).parent.parent / "page" / "static" / "runtime.js").read_text("utf-8")


class JavaScript(Target):
    """JavaScript on doubles; a family ``x`` is an array ``xs``, and reductions become local constants.

    >>> JavaScript().write("x if x > 0 and y != 0 else exp(x) ** 2")
    'x > 0.0 && y !== 0.0 ? x : pow(Math.exp(x), 2.0)'
    >>> target = JavaScript(["x", "y"])
    >>> target.write("sum(x * y) / n"), target.locals
    ('t0 / xs.length', {'sum(each(xs.length, (i) => xs[i] * ys[i]))': 't0'})
    """

    signs = {"==": "===", "!=": "!=="}

    def __init__(self, families: Iterable[str] = (), k: int | None = None) -> None:
        super().__init__(tuple(families), k)
        self.locals: dict[str, str] = {}  # source of a reduction → the constant that holds it

    def number(self, value: float) -> Piece:
        return Piece(repr(float(value)))

    def constant(self, name: str) -> Piece:
        return Piece({"pi": "Math.PI", "inf": "Infinity"}[name])

    def variable(self, name: str) -> Piece:
        if name == "n":
            return Piece(f"{self.families[0]}s.length")
        return Piece(f"{name}s[i]" if name in self.families else name)

    def chosen(self, name: str) -> Piece:
        return Piece(f"{name}s[k]")

    def invert(self, operand: Piece) -> Piece:
        return Piece(f"!{self.group(operand, ATOM)}", NEGATION)

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign in SIGNS:
            return Piece(f"{SIGNS[sign]}({left.text}, {right.text})")
        return super().binary(sign, left, right)

    def compare(self, signs: list[str], operands: list[Piece]) -> Piece:
        pairs = zip(signs, operands, operands[1:])
        written = [super(JavaScript, self).compare([sign], [a, b]) for sign, a, b in pairs]
        return written[0] if len(written) == 1 else self.join("and", written)

    def join(self, word: str, parts: list[Piece]) -> Piece:
        sign, level = ("&&", AND) if word == "and" else ("||", OR)
        return Piece(f" {sign} ".join(self.group(part, level + 1) for part in parts), level)

    def choose(self, condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        a, b = self.group(condition, OR), self.group(then, OR)
        return Piece(f"{a} ? {b} : {otherwise.text}", CHOICE)

    def call(self, name: str, arguments: list[Piece]) -> Piece:
        return super().call(name if name in RUNTIME else f"Math.{name}", arguments)

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        return self.local(f"{'largest' if name == 'max' else name}({self.each(self.fold(argument).text)})")

    def prod_of_others(self, argument: ast.expr) -> Piece:
        return Piece(f"{self.local(f'prodOfOthers({self.each(self.fold(argument).text)})').text}[i]")

    def local(self, source: str) -> Piece:
        """A constant that holds ``source``, computed once however often the formula has it."""
        return Piece(self.locals.setdefault(source, f"t{len(self.locals)}"))

    def each(self, text: str) -> str:
        """An array: what ``text`` is for every operand in turn."""
        plain = text.removesuffix("[i]")
        families = [f"{name}s" for name in self.families]
        return plain if plain in families else f"each({families[0]}.length, (i) => {text})"


def row(op: Op) -> str:
    """A row of the table as a JavaScript object.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> print(row(TABLE["mul"]))
    {
      forward(x, y) { return x * y; },
      backward(g, x, y, z) { return [g * y, g * x]; },
    }
    """
    if op.functions:
        advice = "; give forward= and partials= in @operation(…) as formulas" * (not op.variadic)  # solve … has none
        raise ValueError(f"the operation {op.name!r} is written in Python, which a page can't run{advice}")
    families = op.variables if op.variadic else ()
    arguments = [f"{name}s" if op.variadic else name for name in op.variables]
    which = ["k"] if op.k is not None else []
    forward = JavaScript(families)
    value = forward.write(op.forward)
    backward = JavaScript(families)
    partials = [upstream_times(parse(partial), backward) for partial in op.partials]
    pieces = JavaScript(families)
    tests = _tests(op.shown_partials, pieces)
    if op.variadic:
        partials = [f"...each({arguments[0]}.length, (i) => {partial})" for partial in partials]
        tests = [f"...each({arguments[0]}.length, (i) => {test})" for test in tests]
    functions = [
        f"forward({', '.join([*arguments, *which])}) {{ {_constants(forward)}return {value}; }},",
        f"backward({', '.join(['g', *arguments, 'z', *which])}) "
        f"{{ {_constants(backward)}return [{', '.join(partials)}]; }},",
    ]
    if tests:
        functions.append(
            f"pieces({', '.join([*arguments, 'z', *which])}) {{ {_constants(pieces)}return [{', '.join(tests)}]; }},"
        )
    if op.kinks:
        bends = JavaScript(families)
        zeros = [bends.write(kink) for kink in op.kinks]
        if op.variadic:
            zeros = [f"...each({arguments[0]}.length, (i) => {zero})" for zero in zeros]
        functions.append(
            f"isKink({', '.join([*arguments, 'z'])}) {{ {_constants(bends)}return [{', '.join(zeros)}].includes(0); }},"
        )
    return "\n".join(["{", *(f"  {function}" for function in functions), "}"])


def choices(formulas: Iterable[str], variables: Iterable[str]) -> str:
    """What symbols take from the numbers in formulas of somebody's own, as a JavaScript function.

    Args:
        formulas: the formulas.
        variables: what it takes, in order.

    >>> choices(["1 if x > 0 else 0.1"], ["x", "y"])
    '(x, y) => [x > 0.0]'
    """
    return f"({', '.join(variables)}) => [{', '.join(_tests(formulas, JavaScript()))}]"


def _tests(formulas: Iterable[str], target: JavaScript) -> list[str]:
    """The conditions and signs in formulas, each once."""
    return list(dict.fromkeys(target.fold(test).text for formula in formulas for test in _choices(formula)))


def _choices(formula: str) -> list[ast.expr]:
    """What symbols take from the numbers: conditions and signs, but for those that are of an operand's place only."""
    nodes = [*ast.walk(parse(formula))]
    tests: list[ast.expr] = [node.test for node in nodes if isinstance(node, ast.IfExp)]
    tests += [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "sign"]
    names = [{node.id for node in ast.walk(test) if isinstance(node, ast.Name)} for test in tests]
    return [test for test, used in zip(tests, names) if not used <= {"i", "k", "n"}]


def _constants(target: JavaScript) -> str:
    return "".join(f"const {name} = {source}; " for source, name in target.locals.items())


def rows(ops: Iterable[Op]) -> str:
    """The definition of ``rows``, an object from a row's name to its functions.

    Args:
        ops: the rows that a page needs; each is written once.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> print(rows([TABLE["neg"]]))
    const rows = {
      "neg": {
        forward(x) { return -x; },
        backward(g, x, z) { return [-g]; },
      },
    };
    """
    named = {op.name: op for op in ops}
    lines = [f'"{name}": {row(op)},' for name, op in named.items()]
    body = "".join(f"  {line}\n" for text in lines for line in text.splitlines())
    return f"const rows = {{\n{body}}};"
