"""Operations of one's own: a row of the table, made from a Python function.

The row is all there is to an operation: drawings, explanations, gradient checks and higher derivatives read it as they
read the table's own rows.
"""

from __future__ import annotations

import ast
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import wraps
from typing import Any

from ..text.numerals import numeral, shown, to_float
from . import formula
from .added import ADDED, fingerprint
from .formula import CONSTANTS, parse
from .graph import topological
from .kernels import ERRORS, kernel
from .node import Family
from .operands import elementwise, has_value, is_array, result_of
from .ops import TABLE, Op
from .signatures import parameters, row_name
from .value import Constant, Value, record

__all__ = ["of_family", "operation", "outputs_of", "refuse_outsiders"]


def operation(
    *undecorated: Any,
    partials: Sequence[str | Callable[..., Any] | None] = (),
    symbol: str = "",
    forward: str = "",
    domain: str = "",
    kinks: Sequence[str] = (),
    ko: str = "",
    en: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an operation of a function: one node, however much it computes.

    Formulas are arithmetic, comparisons, ``a if c else b`` and the table's functions (``ops.py`` describes them). Their
    variables are the function's parameters, and ``z``, its result.

    Args:
        partials: the partial derivative with respect to each parameter: a formula; or a Python function of the
            parameters (and of the result, if it takes one more), which has to be written with the functions of
            tinygrad_kr if the operation is to be differentiated twice; or None where there is none. Left out, no
            derivative is known.
        symbol: what stands in the circle; the function's name where left out.
        forward: the value as a formula. With it the function's body is not used, and pages can compute the value.
        domain: a condition, as a formula, that holds where the operation is defined.
        kinks: formulas whose zeros are the points without a derivative.
        ko, en: the operation's name in Korean and English.

    Returns:
        A decorator. The function it makes takes numbers, Values and arrays of them, as the table's functions do; its
        row is its attribute ``op``. The function decorated gets floats; where it raises an error outside ``domain``,
        the result is nan.

    Raises:
        TypeError: if something is of the wrong kind, the function has parameters by default or by name only, or a
            partial takes another number of arguments.
        ValueError: if a name is taken, a formula can't be read, or there are not as many partials as parameters; later,
            where the function or a partial uses a Value that is no argument, whose gradient would be lost.
        NotImplementedError: from ``backward()``, where a partial derivative is needed that is not known.

    >>> @operation(partials=("2 * x",), symbol="□²")
    ... def squared(x):
    ...     return x * x
    >>> x = Value(3.0, "x")
    >>> y = squared(x)
    >>> y.backward()
    >>> y, x.grad, squared(3.0)
    (Value(9, grad=1), 6.0, 9.0)
    """
    options = {"symbol": symbol, "forward": forward, "domain": domain, "ko": ko, "en": en}
    if undecorated:
        raise TypeError('@operation needs its partials, and those by name: @operation(partials=("2 * x",))')
    for option, text in options.items():
        if not isinstance(text, str):
            raise TypeError(f"operation({option}=…) needs a text, not the {type(text).__name__} {shown(text)}")
        if option in ("symbol", "ko", "en") and not text.isprintable():
            raise ValueError(f"operation({option}={shown(text)}) has a character that can't be printed; leave it out")
    if not isinstance(partials, (list, tuple)) or not isinstance(kinks, (list, tuple)):
        raise TypeError('operation() needs a tuple of partials and of kinks: partials=("2 * x",)')
    for kink in kinks:
        if not isinstance(kink, str):
            raise TypeError(f"operation(kinks=…) needs formulas, not the {type(kink).__name__} {shown(kink)}")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        name, given = row_name(function), parameters(function)
        # The row has variables of its own: whatever a parameter is called, it can't clash with anything in what
        # formulas are compiled to.
        inputs = ("x", "y")[: len(given)] if len(given) <= 2 else tuple(f"x{k}" for k in range(1, len(given) + 1))
        variables = {**dict(zip(given, inputs)), "z": "z"}
        slopes = tuple(partials) or (None,) * len(given)
        if len(slopes) != len(given):
            raise ValueError(
                f"operation {name!r} got {len(slopes)} partials for the parameters {', '.join(given)}; "
                "expected one for each"
            )
        range_ = _in_variables(name, domain, variables)
        functions: dict[str, Callable[..., Any]] = {} if forward else {name: _real(function, name, inputs, range_)}
        texts = []
        for parameter, slope in zip(given, slopes):
            text, python = _partial(name, given, parameter, slope)
            texts.append(text)
            functions |= python
        formula.OWN.update({called: f.arity for called, f in functions.items()})  # type: ignore[attr-defined]
        value = forward or f"{name}({', '.join(given)})"
        value, *rest = (_in_variables(name, text, variables) for text in (value, *texts, *kinks))
        op = Op(
            name, symbol or name, value, tuple(rest[: len(given)]), ko or name, en or name, inputs, range_,
            tuple(rest[len(given) :]), functions=functions,
        )  # fmt: skip
        ADDED[name] = op

        def call(*operands: Any) -> Any:
            if len(operands) != len(given):
                raise TypeError(f"{name}() takes {len(given)} operands ({', '.join(given)}), not {len(operands)}")
            return elementwise(call, *operands) if any(map(is_array, operands)) else result_of(op, operands)

        wraps(function)(call)
        call.op = op  # type: ignore[attr-defined]
        return call

    return decorate


def of_family(
    function: Callable[[list[float]], Sequence[float]], slopes: Callable[[list[Any], int], Sequence[Any]],
    name: str, symbol: str, ko: str, en: str, has_one: bool = False,
) -> Op:  # fmt: skip
    """Make a row of Python functions that take any number of operands, all at once, and may have several outputs.

    Args:
        function: all outputs, from the operands' numbers.
        slopes: the partial derivatives of the output ``k`` by all operands, from their numbers or, where the row is
            differentiated again, from Values.
        name: the row's name.
        symbol: what stands in the circle.
        ko, en: the operation's name for people.
        has_one: whether there is one output only.

    >>> row = of_family(lambda xs: [sum(xs)], lambda xs, k: [1.0] * len(xs), "total", "Σ", "합", "sum", has_one=True)
    >>> outputs_of(row, [Value(1.0), 2.0])
    [Value(3)]
    """
    value, slope = f"value_of_{name}", f"slopes_of_{name}"  # an operation of the row's own name may have other operands
    functions = {value: _OfFamily(name, function, "value"), slope: _OfFamily(name, slopes, "slopes")}
    formula.OWN.update(dict.fromkeys(functions, 1))
    k = None if has_one else 0
    op = Op(name, symbol, f"{value}(x)", (f"{slope}(x)",), ko, en, ("*x",), functions=functions, k=k)
    ADDED[name] = op
    return op


def outputs_of(op: Op, operands: Sequence[Any]) -> list[Any]:
    """All outputs of such a row: Values if an operand is one, otherwise numbers.

    Args:
        op: the row.
        operands: Values and numbers.
    """
    family = Family(tuple(x if isinstance(x, Value) else Constant(x) for x in operands))
    numbers = [float(z) for z in op.functions[f"value_of_{op.name}"].written(family.numbers)]  # type: ignore[attr-defined]
    if not has_value(operands):
        return list(numbers)
    rows = [op] if op.k is None else [op.output(k) for k in range(len(numbers))]
    return [record(row, (family,), z) for row, z in zip(rows, numbers)]


class _Counted:
    """A function that a formula calls, with a fixed number of arguments.

    A kernel that meets an error computes its formula again, on functions that never raise. This one would only raise
    again, so it is not called twice: its error is still being handled, and goes on.

    Attributes:
        written: the function that people wrote.
        fingerprint: tells whether the function written by people is the same one; a pickle asks.
    """

    def __init__(self, function: Callable[..., Any], arity: int, written: Callable[..., Any] | None = None) -> None:
        self.function, self.written = function, written
        self.arity = arity
        self.fingerprint = "" if written is None else fingerprint(written)

    def __call__(self, *numbers: Any) -> Any:
        pending = sys.exc_info()[1]
        if pending is not None and vars(pending).get("_raised_in_a_kernel_by") is self:
            del vars(pending)["_raised_in_a_kernel_by"]
            raise pending
        try:
            return self.function(*numbers)
        except ERRORS as error:
            if not has_value(numbers):
                vars(error)["_raised_in_a_kernel_by"] = self
            raise


class _OfFamily(_Counted):
    """The same of a function that takes a whole family.

    Attributes:
        gives: the ``"value"`` of an output, or its ``"slopes"``: its partial derivatives by all operands.
    """

    def __init__(self, name: str, function: Callable[..., Any], gives: str) -> None:
        super().__init__(function if gives == "slopes" else self._output, 1, function)
        self.name, self.gives = name, gives

    def __call__(self, xs: Sequence[Any], k: int | None) -> Any:
        return super().__call__(xs, k or 0)

    def _output(self, xs: Sequence[float], k: int) -> float:
        outputs = self.written(xs)  # type: ignore[misc]
        if k >= len(outputs):
            raise ValueError(f"{self.name} of {len(xs)} operands has {len(outputs)} outputs, and no output {k}")
        return float(outputs[k])


def _real(function: Callable[..., Any], name: str, inputs: tuple[str, ...], domain: str) -> _Counted:
    """The function on floats; what it returns has to be a real number, and its errors say where they happened."""
    given = parameters(function)

    def outside(*numbers: float) -> bool:
        return bool(domain) and not kernel(condition).forward(*numbers)

    condition = TABLE["where"].replace(name=f"domain of {name}", forward=f"1 if {domain} else 0", inputs=inputs)

    def real(*numbers: float) -> float:
        try:
            result = function(*numbers)
        except Exception as error:
            if isinstance(error, (ValueError, ArithmeticError, TypeError)) and outside(*numbers):
                return math.nan
            if type(error).__module__ != "builtins" or [*map(type, error.args)] != [str]:
                raise  # an error with a life of its own stays as it is
            operands = ", ".join(f"{x} = {numeral(number)}" for x, number in zip(given, numbers))
            raise type(error)(f"{name}({operands}) can't be computed: {error}") from error
        if isinstance(result, Value):
            refuse_outsiders(name, result)
            result = result.data
        if isinstance(result, complex) and outside(*numbers):
            return math.nan
        return to_float(result, f"the result of the operation {name!r}")

    return _Counted(real, len(given), function)


def refuse_outsiders(name: str, result: Value, own: Iterable[Value] = ()) -> None:
    """Refuse a result that depends on other Values than the operands: the node would have no edge to them.

    Raises:
        ValueError: if there is one; the sentence names it.

    >>> w = Value(3.0, "w")
    >>> refuse_outsiders("scaled", w * 2.0)
    Traceback (most recent call last):
    ValueError: the operation 'scaled' uses Value(3, name='w') from outside; pass it as an argument
    """
    own = frozenset(own)
    for node in topological([result], own):
        if node.op is None and node.__class__ is not Constant and node not in own:
            raise ValueError(f"the operation {name!r} uses {node!r} from outside; pass it as an argument")


def _partial(
    name: str, inputs: Sequence[str], x: str, slope: str | Callable[..., Any] | None
) -> tuple[str, dict[str, Callable[..., Any]]]:
    """A partial derivative as a formula, and the Python function that the formula calls, if it does."""
    if isinstance(slope, str):
        parse(slope)
        return slope, {}
    called, arguments = f"d_{name}_d_{x}", list(inputs)
    if slope is None:

        def unknown(*numbers: Any) -> Any:
            raise NotImplementedError(
                f"the operation {name!r} has no partial derivative with respect to {x}; "
                "give one in @operation(partials=…), as a formula or a function"
            )

        return f"{called}({', '.join(arguments)})", {called: _Counted(unknown, len(arguments))}
    if not callable(slope):
        raise TypeError(
            f"operation {name!r}: the partial for {x} is a formula, a function or None, "
            f"not the {type(slope).__name__} {shown(slope)}"
        )
    _arguments(name, arguments, x, slope)

    def checked(*numbers: Any) -> Any:
        operands = [number for number in numbers if isinstance(number, Value)]
        try:
            result = slope(*numbers)
        except TypeError as error:
            if not operands:
                raise
            raise TypeError(
                f"the operation {name!r} can't be differentiated again, for its partial for {x} does not take Values; "
                f"write the partial with the functions of tinygrad_kr ({error})"
            ) from error
        if isinstance(result, Value):
            refuse_outsiders(name, result, operands)
            return result if operands else result.data
        return to_float(result, f"the partial of {name!r} for {x}")

    return f"{called}({', '.join(arguments)})", {called: _Counted(checked, len(arguments), slope)}


def _arguments(name: str, arguments: list[str], x: str, slope: Callable[..., Any]) -> None:
    """Add the result to what a partial is called with, if it takes one more; refuse it if it takes others."""
    try:
        signature = inspect.signature(slope, follow_wrapped=False)
    except ValueError:  # a function of C may have none
        return
    places = signature.parameters.values()
    needed = [place for place in places if place.kind <= place.POSITIONAL_OR_KEYWORD and place.default is place.empty]
    if len(needed) > len(arguments) or any(place.kind is place.VAR_POSITIONAL for place in places):
        arguments.append("z")
    try:
        signature.bind(*arguments)
    except TypeError:
        expected = ", ".join(arguments[:-1] if arguments[-1] == "z" else arguments)
        raise TypeError(
            f"operation {name!r}: the partial for {x} takes the parameters {signature}; "
            f"expected those of the operation ({expected}), and its result as one more if needed"
        ) from None


class _Renaming(ast.NodeTransformer):
    """Puts the row's variables in the places of the parameters."""

    def __init__(self, variables: Mapping[str, str], called: set[int]) -> None:
        self.variables, self.called = variables, called

    def visit_Name(self, node: ast.Name) -> ast.AST:
        known = node.id in CONSTANTS or id(node) in self.called
        return node if known else ast.copy_location(ast.Name(self.variables[node.id]), node)


def _in_variables(name: str, text: str, variables: Mapping[str, str]) -> str:
    """A formula in a function's parameters as one in the row's variables."""
    if not text:
        return text
    tree = deepcopy(parse(text))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    try:
        return ast.unparse(_Renaming(variables, called).visit(tree))
    except KeyError as unknown:
        raise ValueError(
            f"operation {name!r}: the formula {text!r} has the variable {unknown}; "
            f"expected {', '.join(list(variables)[:-1])} or z, the result"
        ) from None
