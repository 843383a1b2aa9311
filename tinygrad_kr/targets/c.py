"""The table in C: what the compiled core computes, the same numbers to the bit as the functions of ``kernels.py``.

``rows()`` is the file ``engine/core/rows.h``: an enumeration of the rows, their texts (a row of the table whose
formulas read otherwise is none of the core's), and a switch over the rows for the value and for the local derivative,
for each number of inputs. ``methods()`` is ``methods.h``: the operators and methods of a node. What C lacks, or has
with other conventions than the engine, is in ``engine/runtime.h``, which the core includes too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ..engine.formula import AND, ATOM, CHOICE, COMPARE, NEGATION, OR, Piece, Target, parse
from ..engine.kernels import kernel, upstream_times
from ..engine.names import METHODS, SIGNS
from ..engine.ops import OPS, Op

__all__ = ["C", "functions", "methods", "rows", "runtime"]

SIGNS_OF_OURS = {"**": "pow", "%": "mod", "//": "floordiv"}
"""Signs that C lacks, or has with other conventions."""

OURS = {"abs": "absolute", "sqrt": "square_root", "min": "minimum", "max": "maximum", "cbrt": "cube_root",
        "exp2": "power_of_two", "hypot": "hypotenuse"}  # fmt: skip
"""The functions of the table that C calls otherwise, or computes otherwise than the engine."""


def runtime() -> str:
    """The functions that written rows ask for beside the C library's, as C.

    >>> "static inline double floordiv(double x, double y)" in runtime()
    True
    """
    return (Path(__file__).parents[1] / "engine" / "runtime.h").read_text("utf-8")


class C(Target):
    """C on doubles; inputs are ``v0``, ``v1`` …, arrays where they are families, and reductions local variables.

    >>> C(("x", "y")).write("x if x > 0 and y != 0 else exp(x) ** 2")
    'v0 > 0.0 && v1 != 0.0 ? v0 : pow(exp(v0), 2.0)'
    >>> target = C(("x", "y"), is_variadic=True)
    >>> target.write("sum(x * y) / n"), target.locals
    ('t0 / (double)n', {('SUM', 'v0[i] * v1[i]'): 't0'})
    """

    def __init__(self, variables: tuple[str, ...], is_variadic: bool = False) -> None:
        super().__init__(variables if is_variadic else ())
        self.inputs = {name: f"v{place}" for place, name in enumerate(variables)}
        self.locals: dict[tuple[str, str], str] = {}  # a reduction and its term → the variable that holds it

    def number(self, value: float) -> Piece:
        return Piece(repr(float(value)))

    def constant(self, name: str) -> Piece:
        return Piece({"pi": "PI", "inf": "INFINITY"}[name])

    def variable(self, name: str) -> Piece:
        if name == "n":
            return Piece("(double)n")
        return Piece(self.inputs.get(name, name) + ("[i]" if name in self.families else ""))

    def chosen(self, name: str) -> Piece:
        return Piece(f"{self.inputs[name]}[k]")

    def invert(self, operand: Piece) -> Piece:
        return Piece(f"!{self.group(operand, ATOM)}", NEGATION)

    def binary(self, sign: str, left: Piece, right: Piece) -> Piece:
        if sign in SIGNS_OF_OURS:
            return Piece(f"{SIGNS_OF_OURS[sign]}({left.text}, {right.text})")
        return super().binary(sign, left, right)

    def compare(self, signs: list[str], operands: list[Piece]) -> Piece:
        pairs = zip(signs, operands, operands[1:])
        written = [super(C, self).compare([sign], [a, b]) for sign, a, b in pairs]
        return written[0] if len(written) == 1 else self.join("and", written)

    def join(self, word: str, parts: list[Piece]) -> Piece:
        sign, level = ("&&", AND) if word == "and" else ("||", OR)
        return Piece(f" {sign} ".join(self.group(part, COMPARE) for part in parts), level)

    def choose(self, condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        return Piece(f"{self.group(condition, OR)} ? {self.group(then, OR)} : {otherwise.text}", CHOICE)

    def call(self, name: str, arguments: list[Piece]) -> Piece:
        return super().call(OURS.get(name, name), arguments)

    def reduce(self, name: str, argument: ast.expr) -> Piece:
        return self.local({"sum": "SUM", "prod": "PRODUCT", "max": "LARGEST"}[name], argument)

    def prod_of_others(self, argument: ast.expr) -> Piece:
        return Piece(f"{self.local('OTHERS', argument).text}[i]")

    def local(self, reduction: str, argument: ast.expr) -> Piece:
        """A variable that holds a reduction, computed once however often the formula has it."""
        return Piece(self.locals.setdefault((reduction, self.fold(argument).text), f"t{len(self.locals)}"))


def rows() -> str:
    """The file ``rows.h``.

    >>> "case R_mul: { return v0 * v1; }" in rows()
    True
    """
    head = HEAD.format("the compiled core's rows")
    table = ROWS.format("\n".join(f"    {{{_columns(op)}}}," for op in OPS))
    return "\n\n".join([head, _enumeration(OPS), table, *_switches(OPS)]) + "\n"


def functions(ops: Sequence[Op]) -> str:
    """An enumeration of some rows, and switches over them for the value and for the local derivative.

    Args:
        ops: the rows.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> functions([TABLE["mul"]]).splitlines()[0]
    'enum { LEAF, R_mul, OWN };'
    """
    return "\n\n".join([_enumeration(ops), *_switches(ops)])


def _enumeration(ops: Sequence[Op]) -> str:
    return f"enum {{ LEAF, {', '.join(f'R_{op.name}' for op in ops)}, OWN }};"


def _switches(ops: Sequence[Op]) -> list[str]:
    parts = []
    for count in (1, 2, 3):
        chosen = [op for op in ops if not op.variadic and len(op.inputs) == count]
        inputs = ", ".join(f"double v{k}" for k in range(count))
        parts.append(_switch(f"double forward{count}(int row, {inputs})", chosen, _value))
        head = f"void backward{count}(int row, double g, {inputs}, double z, int m, double *c)"
        parts.append(_switch(head, chosen, _shares))
    wide = [op for op in ops if op.variadic]
    inputs = "Py_ssize_t n, Py_ssize_t k, const double *v0, const double *v1"
    parts.append(_switch(f"double forward_wide(int row, {inputs})", wide, _value))
    results = "double z, int m, double *c0, double *c1, double *room"
    parts.append(_switch(f"void backward_wide(int row, double g, {inputs}, {results})", wide, _all_shares))
    return parts


HEAD = "/* Written by docs/make.py from the table, through targets/c.py: {}. */"

ROWS = """\
/* A row's name and formulas, its inputs, whether they take any number of operands, how many families a node holds,
   whether the local derivative binds numbers, whether there is one output a class. The last stands for all operations
   that only Python knows: their operands are one family. */
static const struct {{ const char *name, *text; int inputs, variadic, families, binds, outputs; }} ROWS[] = {{
    {{"", "", 0, 0, 0, 0, 0}},
{}
    {{"", "", 1, 1, 1, 1, 0}},
}};"""


def _columns(op: Op) -> str:
    """What the core knows of a row. One or two inputs lie in a node itself, three are one family."""
    text = "; ".join((", ".join(op.inputs), op.forward, *op.partials))
    families = len(op.inputs) if op.variadic else int(len(op.inputs) > 2)
    flags = (len(op.inputs), int(op.variadic), families, int(kernel(op).binds), int(op.k is not None))
    return ", ".join((_text(op.name), _text(text), *map(str, flags)))


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _switch(head: str, rows: list[Op], write: Callable[[Op], list[str]]) -> str:
    """A function that does for every row what its formulas say."""
    cases = [f"    case R_{op.name}: {{ {' '.join(write(op))} }}" for op in rows]
    body = "\n".join(cases)
    arguments = [argument.split()[-1].lstrip("*") for argument in head[head.index("(") + 1 : -1].split(", ")]
    unused = "".join(f"    (void){name};\n" for name in arguments[1:] if not re.search(rf"\b{name}\b", body))
    end = "    return NAN;\n" if head.startswith("double") else ""
    return f"static inline {head} {{\n{unused}    switch (row) {{\n{body}\n    }}\n{end}}}"


def _locals(target: C) -> list[str]:
    return [f"{reduction}({name}, {term});" for (reduction, term), name in target.locals.items()]


def _value(row: Op) -> list[str]:
    target = C(row.variables, row.variadic)
    value = target.write(row.forward)
    return [*_locals(target), f"return {value};"]


def _shares(row: Op) -> list[str]:
    target = C(row.variables)
    shares = [upstream_times(parse(partial), target) for partial in row.partials]
    return [*(f"if (m & {1 << k}) c[{k}] = {share};" for k, share in enumerate(shares)), "break;"]


def _all_shares(row: Op) -> list[str]:
    """The same over families; what is summed up for one input is computed only where that is wanted."""
    lines = []
    for k, partial in enumerate(row.partials):
        target = C(row.variables, is_variadic=True)
        share = upstream_times(parse(partial), target)
        inner = [*_locals(target), f"EACH c{k}[i] = {share};"]
        lines.append(f"if (m & {1 << k}) {{ {' '.join(inner)} }}")
    return [*lines, "break;"]


SLOTS = {"truediv": "true_divide", "floordiv": "floor_divide", "mod": "remainder", "mul": "multiply", "sub": "subtract"}
"""What C calls an operator of Python's, where not as Python does."""


def methods() -> str:
    """The file ``methods.h``.

    >>> "static PyObject *m_exp(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_exp); }" in methods()
    True
    """
    functions, slots, table = [], [], []
    for row, sign in SIGNS.items():
        slot, third = SLOTS.get(sign, sign), ""
        if sign == "pow":  # Python gives a modulus too
            slot, third = "power", ", PyObject *modulus"
        body = f"return binary(l, r, R_{row});"
        if third:
            body = f"if (modulus == Py_None) {body} Py_RETURN_NOTIMPLEMENTED;"
        functions.append(f"static PyObject *n_{row}(PyObject *l, PyObject *r{third}) {{ {body} }}")
        slots.append(f"{{Py_nb_{slot}, (void *)n_{row}}},")
    for row, slot in (("neg", "negative"), ("abs", "absolute")):
        functions.append(f"static PyObject *n_{row}(PyObject *x) {{ return unary(x, R_{row}); }}")
        slots.append(f"{{Py_nb_{slot}, (void *)n_{row}}},")
    for op in METHODS:
        one = len(op.inputs) == 1
        other, call = ("Py_UNUSED(_)", f"unary(x, R_{op.name})") if one else ("y", f"binary(x, y, R_{op.name})")
        functions.append(f"static PyObject *m_{op.name}(PyObject *x, PyObject *{other}) {{ return {call}; }}")
        flags, signature = ("METH_NOARGS", "($self, /)") if one else ("METH_O", "($self, other, /)")
        for name in dict.fromkeys((op.name, op.numpy or op.name, *(("fabs",) if op.name == "abs" else ()))):
            about = _text(f"{name}{signature}\n--\n\nThe {op.en}, recorded: {op.forward}.").replace("\n", "\\n")
            table.append(f'{{"{name}", m_{op.name}, {flags}, {about}}},')
    head = "/* Written by docs/make.py from the table, through targets/c.py; the operators and methods of a node. */"
    return "\n".join(
        [head, *functions, "#define ROW_METHODS " + " ".join(table), "#define ROW_SLOTS " + " ".join(slots), ""]
    )
