"""How the table's functions are made, and those that take more than a row says.

A function of numbers returns a number; as soon as one argument is a Value, it records a node and
returns a Value. Arrays are taken element by element.

``functions.py`` gives each of them its name; its documentation is written from its row (``ops.py``).

``abs``, ``max``, ``min``, ``pow`` and ``sum`` have the names of Python's own, which ``from tinygrad_kr import *``
replaces: what is neither a Value nor a float goes on to Python's own.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Protocol, overload

from ..text.numerals import numeral, shown
from . import modes
from .formula import to_text
from .kernels import kernel
from .names import PUBLIC
from .node import Family
from .ops import TABLE, Op
from .value import Constant, Number, Real, Value, apply, binary, record, unary


class Unary(Protocol):
    """A function of one input."""

    @overload
    def __call__(self, x: Value) -> Value: ...
    @overload
    def __call__(self, x: Real) -> float: ...


class Binary(Protocol):
    """A function of two inputs."""

    @overload
    def __call__(self, x: Value, y: Number) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Value) -> Value: ...
    @overload
    def __call__(self, x: Real, y: Real) -> float: ...


class Pair(Protocol):
    """A function of two sequences that belong together."""

    @overload
    def __call__(self, xs: Iterable[Value], ys: Iterable[Number]) -> Value: ...
    @overload
    def __call__(self, xs: Iterable[Number], ys: Iterable[Number]) -> Any: ...


# Any number of inputs: one node, however many operands


@overload
def abs(x: Value) -> Value: ...
@overload
def abs(x: float) -> float: ...
@overload
def abs(x: Any) -> Any: ...
def abs(x: Any) -> Any:
    """The absolute value; of what is neither a Value nor a float, Python's own.

    Args:
        x: a Value, a number, or an array of either.

    Raises:
        TypeError: if x is not a number.

    >>> abs(-2.0), abs(-2), abs(3 + 4j)
    (2.0, 2, 5.0)
    """
    ours = isinstance(x, (Value, float)) or is_array(x) or not hasattr(x, "__abs__")
    return function_of("abs")(x) if ours else builtins.abs(x)


@overload
def pow(base: Value, exp: Number) -> Value: ...
@overload
def pow(base: Real, exp: Value) -> Value: ...
@overload
def pow(base: Any, exp: Any, mod: Any = None) -> Any: ...
def pow(base: Any, exp: Any, mod: Any = None) -> Any:
    """The power; of what is neither a Value nor a float, Python's own.

    Args:
        base, exp: Values, numbers, or arrays of either.
        mod: for integers, what the power is taken modulo.

    Raises:
        TypeError: if an argument is not a number, or a Value where there is a ``mod``.

    >>> pow(2.0, 3), pow(2, 100), pow(3, -1, mod=7)
    (8.0, 1267650600228229401496703205376, 5)
    """
    if mod is not None:
        if any(isinstance(given, Value) for given in (base, exp, mod)):
            raise TypeError("pow() of a Value takes no third argument; write pow(x, y) % m")
        return builtins.pow(base, exp, mod)
    if any(isinstance(given, Value) or is_array(given) for given in (base, exp)) or _floats((base, exp)):
        return function_of("pow")(base, exp)
    return builtins.pow(base, exp)


@overload
def sum(operands: Iterable[Value], start: Number = 0) -> Value: ...
@overload
def sum(operands: Iterable[Any], start: Any = 0) -> Any: ...
def sum(operands: Iterable[Any], start: Any = 0) -> Any:
    """The sum of any number of operands, as one node; correctly rounded. Without Values and floats, Python's own.

    It is inf where the sum leaves the range on the way, as in NumPy and PyTorch, though the end may be finite.

    Args:
        operands: Values and numbers, or an array of them (of any shape).
        start: one operand more.

    Raises:
        TypeError: if operands can't be added.

    >>> sum([1.0, 2.0, 3.0]), sum([2**70, 1]), sum([[1], [2]], start=[])
    (6.0, 1180591620717411303425, [1, 2])
    """
    flat = _flat(operands)
    all_of_them = flat if start.__class__ is int and start == 0 else [start, *flat]
    if hasattr(operands, "flat") or any(isinstance(x, Value) for x in all_of_them) or _floats(all_of_them):
        return result_of(TABLE["sum"], all_of_them)
    return builtins.sum(flat, start)


@overload
def prod(operands: Iterable[Value]) -> Value: ...
@overload
def prod(operands: Iterable[float]) -> float: ...
@overload
def prod(operands: Iterable[Number]) -> Any: ...
def prod(operands: Iterable[Number]) -> Any:
    """The product of any number of operands, as one node.

    Args:
        operands: Values and real numbers, or an array of them.

    Raises:
        TypeError: if an operand is not a real number.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return result_of(TABLE["prod"], _numbers("prod", operands))


@overload
def mean(operands: Iterable[Value]) -> Value: ...
@overload
def mean(operands: Iterable[float]) -> float: ...
@overload
def mean(operands: Iterable[Number]) -> Any: ...
def mean(operands: Iterable[Number]) -> Any:
    """The arithmetic mean of any number of operands, as one node; nan of none.

    Args:
        operands: Values and real numbers, or an array of them.

    Raises:
        TypeError: if an operand is not a real number.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return result_of(TABLE["mean"], _numbers("mean", operands))


def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Any:
    """The dot product Σ xᵢyᵢ, as one node however long the vectors are; of matrices, one node an element.

    Args:
        xs, ys: Values and real numbers, as many in one as in the other; or arrays of them, of which at least
            one is a matrix: the columns of ``xs`` are then as many as the rows of ``ys``.

    Returns:
        A Value or a number; an array of them where an argument is a matrix.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if the lengths or the shapes don't go together.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    >>> dot(Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W"))
    array([Value(9), Value(12), Value(15)], dtype=object)
    """
    if getattr(xs, "ndim", 1) > 1 or getattr(ys, "ndim", 1) > 1:
        return _matrix_product(xs, ys)
    return result_of(TABLE["dot"], _pair("dot", xs, ys))


@overload
def logsumexp(operands: Iterable[Value]) -> Value: ...
@overload
def logsumexp(operands: Iterable[float]) -> float: ...
@overload
def logsumexp(operands: Iterable[Number]) -> Any: ...
def logsumexp(operands: Iterable[Number]) -> Any:
    """log Σ exp(xᵢ), as one node, without overflow; of an array, one for each of its rows.

    Args:
        operands: Values and real numbers, at least one; of an array the rows along its last axis.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if there is none.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    if _is_batch(operands):
        return _by_rows(logsumexp, operands)
    return result_of(TABLE["logsumexp"], _some("logsumexp", operands))


@overload
def softmax(operands: Iterable[Value]) -> list[Value]: ...
@overload
def softmax(operands: Iterable[float]) -> list[float]: ...
@overload
def softmax(operands: Iterable[Number]) -> Any: ...
def softmax(operands: Iterable[Number]) -> Any:
    """exp(xₖ) / Σ exp(xᵢ) for every k: one node a class, without overflow.

    Args:
        operands: the scores: Values and real numbers, at least one; of an array the rows along its last axis.

    Returns:
        A list as long as the scores, which adds up to 1; for an array with rows, such an array.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if there is none.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    return _outputs(softmax, operands)


@overload
def log_softmax(operands: Iterable[Value]) -> list[Value]: ...
@overload
def log_softmax(operands: Iterable[float]) -> list[float]: ...
@overload
def log_softmax(operands: Iterable[Number]) -> Any: ...
def log_softmax(operands: Iterable[Number]) -> Any:
    """xₖ − log Σ exp(xᵢ) for every k, the logarithm of the softmax: right also where that is 0 or 1 in a float.

    Args:
        operands: the scores: Values and real numbers, at least one; of an array the rows along its last axis.

    Returns:
        A list as long as the scores; for an array with rows, such an array.

    Raises:
        TypeError: if an operand is not a real number.
        ValueError: if there is none.

    >>> log_softmax([1000.0, 1000.0]), log_softmax([0.0, -800.0])
    ([-0.6931471805599453, -0.6931471805599453], [0.0, -800.0])
    """
    return _outputs(log_softmax, operands)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, otherwise y: a recorded choice.

    The derivative flows to what was chosen only. What was not chosen is in the graph as a constant: whatever its own
    derivative is, inf or nan, it does not reach the result (in PyTorch 0 · inf makes it nan).

    Args:
        condition: a bool, a number or a Value (which hold unless they are 0), or an array of them.
        x, y: Values, real numbers, or arrays of either.

    Raises:
        TypeError: if x or y is not a real number, or the condition neither a number nor a bool; a list is no array.

    >>> a = Value(0.0, "a")
    >>> y = where(a > 0, a.sqrt(), 2 * a)
    >>> y.backward()
    >>> y, a.grad
    (Value(0, grad=1), 2.0)
    """
    if is_array(condition) or is_array(x) or is_array(y):
        return elementwise(where, condition, x, y)
    for given in (condition, x, y):
        if isinstance(given, (list, tuple)):
            raise TypeError(
                f"where() needs numbers or arrays, not the {type(given).__name__} {shown(given)}; use np.array(...)"
            )
    if modes.watch is not None and modes.watch.keeps_both(condition):
        return apply(TABLE["where"], (condition, x, y))
    holds = condition.detach() if isinstance(condition, Value) else Constant(condition)
    chosen = holds.data != 0.0
    kept = [branch.detach() if isinstance(branch, Value) and not taken else branch
            for branch, taken in ((x, chosen), (y, not chosen))]  # fmt: skip
    result = apply(TABLE["where"], (holds, *kept))
    return result if any(isinstance(given, Value) for given in (condition, x, y)) else result.data


def max(*operands: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """The largest operand; equal ones share the derivative (½ each), as in PyTorch.

    Where there is neither a Value nor a float, it is Python's own.

    Args:
        operands: the operands, or an iterable of all of them.
        key: what to compare instead of the operands; the chosen operand is returned as it is.
        default: what to return if an iterable has none.

    Raises:
        TypeError: if operands can't be compared.
        ValueError: if there is none, and no default.

    >>> max(1.0, 3.0, 2.0), max([4.0]), max("ab", "c", key=len)
    (3.0, 4.0, 'ab')
    """
    return _extreme("max", builtins.max, operands, key, default)


def min(*operands: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
    """The smallest operand; equal ones share the derivative (½ each), as in PyTorch.

    Where there is neither a Value nor a float, it is Python's own.

    Args:
        operands: the operands, or an iterable of all of them.
        key: what to compare instead of the operands; the chosen operand is returned as it is.
        default: what to return if an iterable has none.

    Raises:
        TypeError: if operands can't be compared.
        ValueError: if there is none, and no default.

    >>> min(1.0, 3.0, 2.0), min([4.0]), min([], default=0)
    (1.0, 4.0, 0)
    """
    return _extreme("min", builtins.min, operands, key, default)


# ── How they are made ─────────────────────────────────────────────────────────────────────────────────


def result_of(op: Op, operands: Sequence[Number]) -> Any:
    """A Value if any operand is one, otherwise a number."""
    result = apply(op, operands)
    return result if any(isinstance(operand, Value) for operand in operands) else result.data


def _number(operand: Number) -> Real:
    return operand.data if isinstance(operand, Value) else operand


def _flat(operands: Iterable[Number]) -> list[Number]:
    """The operands as a list; those of an array row by row."""
    return list(getattr(operands, "flat", operands))


def _numbers(name: str, operands: Iterable[Number]) -> list[Number]:
    """The same, where they have to be numbers."""
    if not hasattr(operands, "__iter__"):
        raise TypeError(f"{name}() needs a sequence of numbers, not the {type(operands).__name__} {shown(operands)}")
    flat = _flat(operands)
    if flat and isinstance(flat[0], (list, tuple)):
        raise TypeError(f"{name}() needs numbers, not the {type(flat[0]).__name__} {shown(flat[0])}; give np.array(…)")
    return flat


def _some(name: str, operands: Iterable[Number]) -> list[Number]:
    flat = _numbers(name, operands)
    if not flat:
        raise ValueError(f"{name}() needs at least one operand, but got none")
    return flat


def _is_batch(operands: object) -> bool:
    """Whether it is an array of rows."""
    return getattr(operands, "ndim", 1) > 1


def _by_rows(function: Callable[..., Any], *arrays: Any, keeps: bool = False) -> Any:
    """A function of vectors over the rows of arrays, along their last axis, which the result ``keeps`` or loses."""
    import numpy as np

    batches = [np.asarray(array) for array in arrays]
    shapes = [batch.shape for batch in batches]
    if shapes != shapes[:1] * len(shapes):
        raise ValueError(f"{function.__name__}() needs two arrays of one shape, not {shapes[0]} and {shapes[1]}")
    rows = zip(*(batch.reshape(math.prod(batch.shape[:-1]), batch.shape[-1]).tolist() for batch in batches))
    results = [function(*row) for row in rows]
    is_ours = any(isinstance(number, Value) for batch in batches if batch.dtype == object for number in batch.flat)
    array = np.array(results, dtype=object if is_ours else float).reshape(shapes[0] if keeps else shapes[0][:-1])
    return _of_values(array) if is_ours else array


def _outputs(function: Callable[..., Any], operands: Iterable[Number]) -> Any:
    """What the function of a row with one output a class returns."""
    if _is_batch(operands):
        return _by_rows(function, operands, keeps=True)
    scores = _some(function.__name__, operands)
    row, family = TABLE[function.__name__], _family(scores)
    numbers = kernel(row).outputs(family.numbers)
    is_ours = any(isinstance(score, Value) for score in scores)
    if not is_ours and all(map(math.isfinite, numbers)):
        return numbers
    nodes = [record(row.output(k), (family,), z) for k, z in enumerate(numbers)]  # which reports an inf or nan
    return nodes if is_ours else numbers


def _pair(name: str, xs: Iterable[Number], ys: Iterable[Number]) -> list[Number]:
    a, b = _numbers(name, xs), _numbers(name, ys)
    if len(a) != len(b):
        raise ValueError(f"{name}() needs two sequences of one length, not {len(a)} and {len(b)} operands")
    return a + b


def _family(operands: Iterable[Number]) -> Family:
    """A row or a column of a matrix, which takes part in many products."""
    return Family(tuple(operand if isinstance(operand, Value) else Constant(operand) for operand in operands))


def _matrix_product(xs: Any, ys: Any) -> Any:
    """The products of every row of one array with every column of the other."""
    import numpy as np

    a, b = np.asarray(xs), np.asarray(ys)
    if not (1 <= a.ndim <= 2 and 1 <= b.ndim <= 2 and a.shape[-1] == b.shape[0]):
        raise ValueError(
            f"dot() can't multiply the shapes {a.shape} and {b.shape}; it takes vectors and matrices, "
            "and the first has as many columns as the second has rows"
        )
    if not any(isinstance(operand, Value) for array in (a, b) if array.dtype == object for operand in array.flat):
        return a.astype(float) @ b.astype(float)
    rows = [_family(row) for row in np.atleast_2d(a).tolist()]
    columns = [_family(column) for column in (b if b.ndim == 2 else b[:, np.newaxis]).T.tolist()]
    products = np.empty((len(rows), len(columns)), dtype=object)
    for i, x in enumerate(rows):
        for j, y in enumerate(columns):
            products[i, j] = record(TABLE["dot"], (x, y))
    return _of_values(products.reshape(a.shape[:-1] + b.shape[1:]))


def _floats(operands: Iterable[Any]) -> bool:
    """Whether they are real numbers that Python or NumPy holds, with a float among them: those the table computes."""
    kinds = {operand.__class__ for operand in operands}
    return all(issubclass(kind, (int, float)) or hasattr(kind, "dtype") for kind in kinds) and any(
        not issubclass(kind, int) for kind in kinds
    )


def _extreme(name: str, python: Callable[..., Any], operands: Sequence[Any], key: Any, default: dict[str, Any]) -> Any:
    """``max`` or ``min``: a fold where the table computes, and Python's own otherwise."""
    if len(operands) == 1 and hasattr(operands[0], "__iter__"):
        flat = _flat(operands[0])  # once: a generator gives its operands one time only
        if not flat and not default:
            raise ValueError(f"{name}() needs at least one operand, but got none")
    elif len(operands) != 1 or not isinstance(operands[0], (Value, int, float)):
        flat = list(operands)
        if len(flat) < 2 or default:
            return python(*flat, key=key, **default)
    else:
        flat = list(operands)
    ours = any(isinstance(operand, Value) or is_array(operand) for operand in flat) or _floats(flat)
    if key is not None or not flat or not ours:
        return python(flat, key=key, **default)
    if default.keys() - {"default"}:
        return python(flat, **default)  # says which keyword it does not know
    function, result = function_of(name), flat[0]
    for operand in flat[1:]:
        result = function(result, operand)
    return result


def is_array(argument: object) -> bool:
    """Whether an argument is an array with dimensions, whose elements are taken one by one."""
    return hasattr(argument, "__array_ufunc__") and getattr(argument, "ndim", 0) > 0


def elementwise(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function over arrays, element by element; an array of floats where every result is one."""
    import numpy as np

    with np.errstate(all="ignore"):  # an operation reports an inf or nan itself, naming its operands
        results = np.asarray(np.frompyfunc(function, len(arguments), 1)(*arguments))
    return _of_values(results) if any(isinstance(result, Value) for result in results.flat) else results.astype(float)


def _of_values(array: Any) -> Any:
    """An array that was made of Values, as ``Value.array`` gives them."""
    return array.view(type(Value.array([])))


def _over_arrays(op: Op, function: Callable[..., Any], *arguments: Any) -> Any:
    """A row over arrays; those of floats without a node for each element."""
    import numpy as np

    if all(getattr(argument, "dtype", None) == np.float64 for argument in arguments):
        with np.errstate(all="ignore"):
            results = np.frompyfunc(kernel(op).forward, len(arguments), 1)(*arguments).astype(float)
        if np.isfinite(results).all():  # otherwise element by element, to report what is inf or nan
            return results
    return elementwise(function, *arguments)


@cache
def function_of(name: str) -> Any:
    """Make the function of a row that says all about it."""
    op = TABLE[name]
    make = _of_families if op.variadic else (_unary, _binary, _ternary)[len(op.inputs) - 1]
    function = make(op)
    if op.keywords:
        function = _with_keywords(op, function)
    if op.choice:
        function = _with_choice(op, function)
    function.__name__ = function.__qualname__ = PUBLIC.get(name, name)
    function.__module__ = f"{__package__}.functions"  # where pickles look for it
    function.__doc__ = _documentation(op, function.__name__)
    return function


def _unary(op: Op) -> Any:
    method = getattr(Value, op.name, None) or unary(op.name)

    def function(x: Any) -> Any:
        if x.__class__ is Value:
            return method(x)
        return _over_arrays(op, function, x) if is_array(x) else result_of(op, (x,))

    return function


def _binary(op: Op) -> Any:
    record = binary(op.name)

    def function(x: Any, y: Any) -> Any:
        if x.__class__ is Value and y.__class__ is Value:
            return record(x, y)
        return _over_arrays(op, function, x, y) if is_array(x) or is_array(y) else result_of(op, (x, y))

    return function


def _ternary(op: Op) -> Any:
    def function(x: Any, y: Any, z: Any) -> Any:
        ours = is_array(x) or is_array(y) or is_array(z)
        return _over_arrays(op, function, x, y, z) if ours else result_of(op, (x, y, z))

    return function


def _of_families(op: Op) -> Any:
    """The function of a row with two families: of arrays, one result for each row."""

    def function(xs: Any, ys: Any) -> Any:
        if _is_batch(xs) or _is_batch(ys):
            return _by_rows(function, xs, ys)
        return result_of(op, _pair(op.name, xs, ys))

    return function


def _with_keywords(op: Op, function: Callable[..., Any]) -> Any:
    """The function with the names and the numbers that the row has for its last inputs."""
    first = op.inputs[: -len(op.keywords)]
    names = (*first, *(name for name, _ in op.keywords))
    taken = (*first, *(f"{name}={default!r}" for name, default in op.keywords))
    made: dict[str, Any] = {"function": function, "inf": math.inf}
    exec(f"def call({', '.join(taken)}): return function({', '.join(names)})", made)  # the table's own names
    return made["call"]


def _with_choice(op: Op, plain: Callable[..., Any]) -> Any:
    """The function with a keyword that chooses among rows."""
    assert op.choice
    keyword, rows = op.choice
    functions = {word: plain if name == op.name else function_of(name) for word, name in rows.items()}

    def choose(x: Any, word: Any) -> Any:
        if not isinstance(word, str) or word not in functions:
            words = " or ".join(map(repr, functions))
            raise ValueError(f"{op.name}() takes {keyword}={words}, not {shown(word)}")
        return functions[word](x)

    made: dict[str, Any] = {"choose": choose}
    exec(f"def call(x, {keyword}={next(iter(rows))!r}): return choose(x, {keyword})", made)
    return made["call"]


def _documentation(op: Op, name: str) -> str:
    """The docstring that a row holds."""
    families = op.variables if op.variadic else ()
    partials = "; ".join(
        f"∂/∂{to_text(x, families)}: {to_text(partial, families)}" for x, partial in zip(op.variables, op.partials)
    )
    domain = f"; defined for {to_text(op.domain, families)}" if op.domain else ""
    if op.variadic:
        arguments = f"{', '.join(op.variables)}: Values and real numbers, as many in one as in the other{domain}; " + (
            "or arrays of one\n            shape, whose rows are taken one by one, along the last axis."
        )
        example = ", ".join(["[0.5, 0.5]", "[0.25, 0.75]"])
        errors = "TypeError: if an operand is not a real number.\n        ValueError: if lengths or shapes differ."
        result = apply(op, [0.5, 0.5, 0.25, 0.75]).data
    else:
        first = op.inputs[: len(op.inputs) - len(op.keywords)]
        arguments = f"{', '.join(first)}: a Value, a real number, or an array of either{domain}."
        for letter, (keyword, default) in zip(op.inputs[len(first) :], op.keywords):
            arguments += f"\n        {keyword}: the {letter} of the formula, {numeral(default)} where it is left out; "
            arguments += "differentiated too, if it is a Value."
        if op.choice:
            arguments += f"\n        {op.choice[0]}: {' or '.join(map(repr, op.choice[1]))}."
        errors = "TypeError: if an argument is not a real number."
        numbers = [2.0 if op.domain == "x >= 1" else 0.5, 2.0][: len(first)]
        example = ", ".join(map(str, numbers))
        result = apply(op, [*numbers, *(default for _, default in op.keywords)]).data
    return f"""{op.en[0].upper()}{op.en[1:]} ({op.ko}): {to_text(op.forward, families)}.

    Args:
        {arguments}

    Returns:
        A number for numbers; a recorded Value as soon as one argument is a Value. Where the result is
        inf or nan, as IEEE 754 has it, there is a RuntimeWarning (an error under ``strict()``).

    Raises:
        {errors}

    The derivative, from the table in ``ops.py``: {partials}.

    >>> {name}({example})
    {result!r}
    """
