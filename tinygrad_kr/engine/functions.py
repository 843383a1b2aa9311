"""The table's functions, for numbers and for Values.

A function of numbers returns a number; as soon as one argument is a Value, it records a node and
returns a Value. Arrays are taken element by element.

Each function is a row of the table (``ops.py``) and its documentation is written from that row, both
when the function is first asked for (``__getattr__``, at the end), so that importing costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Protocol, overload

from ..text.numerals import shown
from .formula import to_text
from .kernels import kernel
from .node import Family
from .ops import OPS, TABLE, Op
from .value import Constant, Number, Real, Value, apply, binary, record, unary

__all__ = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh",
    "cross_entropy", "dot", "erf", "erfc", "exp", "exp2", "expm1", "floor", "hypot", "leaky_relu", "log",
    "log10", "log1p", "log2", "logsumexp", "max", "maximum", "mean", "min", "minimum", "pow", "prod",
    "reciprocal", "relu", "sigmoid", "sign", "sin", "sinh", "softmax", "softplus", "sqrt", "square", "sum",
    "tan", "tanh", "where",
]  # fmt: skip


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


# One input
exp: Unary
expm1: Unary
exp2: Unary
log: Unary
log1p: Unary
log2: Unary
log10: Unary
sqrt: Unary
cbrt: Unary
reciprocal: Unary
square: Unary
abs: Unary
sign: Unary
relu: Unary
sigmoid: Unary
softplus: Unary
tanh: Unary
sin: Unary
cos: Unary
tan: Unary
asin: Unary
acos: Unary
atan: Unary
sinh: Unary
cosh: Unary
asinh: Unary
acosh: Unary
atanh: Unary
erf: Unary
erfc: Unary
floor: Unary
ceil: Unary

# Two inputs
pow: Binary
atan2: Binary
hypot: Binary
minimum: Binary
maximum: Binary


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x where it is positive, slope · x elsewhere.

    Args:
        x: a Value, a real number, or an array of either.
        slope: the derivative left of 0 (0.01, as in PyTorch); differentiated too if it is a Value.

    Raises:
        TypeError: if an argument is no real number.

    >>> leaky_relu(3.0), leaky_relu(-3.0, slope=0.5)
    (3.0, -1.5)
    """
    return function_of("leaky_relu")(x, slope)


# Any number of inputs: one node, however many operands


def sum(operands: Iterable[Number]) -> Any:
    """The sum of any number of operands, as one node; correctly rounded.

    Args:
        operands: Values and real numbers, or an array of them (of any shape).

    Raises:
        TypeError: if an operand is no real number.

    >>> sum([1.0, 2.0, 3.0])
    6.0
    """
    return result_of(TABLE["sum"], _flat(operands))


def prod(operands: Iterable[Number]) -> Any:
    """The product of any number of operands, as one node.

    Args:
        operands: Values and real numbers, or an array of them.

    Raises:
        TypeError: if an operand is no real number.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return result_of(TABLE["prod"], _flat(operands))


def mean(operands: Iterable[Number]) -> Any:
    """The arithmetic mean of any number of operands, as one node; nan of none.

    Args:
        operands: Values and real numbers, or an array of them.

    Raises:
        TypeError: if an operand is no real number.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return result_of(TABLE["mean"], _flat(operands))


def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Any:
    """The dot product Σ xᵢyᵢ, as one node however long the vectors are; of matrices, one node an element.

    Args:
        xs, ys: Values and real numbers, as many in one as in the other; or arrays of them, of which at least
            one is a matrix: the columns of ``xs`` are then as many as the rows of ``ys``.

    Returns:
        A Value or a number; an array of them where an argument is a matrix.

    Raises:
        TypeError: if an operand is no real number.
        ValueError: if the lengths or the shapes don't go together.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    >>> dot(Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W"))
    array([Value(9), Value(12), Value(15)], dtype=object)
    """
    if getattr(xs, "ndim", 1) > 1 or getattr(ys, "ndim", 1) > 1:
        return _matrix_product(xs, ys)
    return result_of(TABLE["dot"], _pair("dot", xs, ys))


def logsumexp(operands: Iterable[Number]) -> Any:
    """log Σ exp(xᵢ), as one node, without overflow.

    Args:
        operands: Values and real numbers, at least one.

    Raises:
        TypeError: if an operand is no real number.
        ValueError: if there is none.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return result_of(TABLE["logsumexp"], _some("logsumexp", operands))


def softmax(operands: Iterable[Number]) -> list[Any]:
    """exp(xₖ) / Σ exp(xᵢ) for every k: one node a class, without overflow.

    Args:
        operands: the scores: Values and real numbers, at least one.

    Returns:
        A list as long as the scores; it adds up to 1.

    Raises:
        TypeError: if an operand is no real number.
        ValueError: if there is none.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    scores = _some("softmax", operands)
    outputs = map(TABLE["softmax"].output, range(len(scores)))
    if not any(isinstance(score, Value) for score in scores):
        return [apply(op, scores).data for op in outputs]
    family = _family(scores)
    return [record(op, (family,)) for op in outputs]


def cross_entropy(probabilities: Iterable[Number], labels: Iterable[Number]) -> Any:
    """The cross-entropy error −Σ tₖ log yₖ of probabilities y and labels t, as one node.

    Args:
        probabilities: y, each above 0.
        labels: t, one for each; 0 leaves its term out, whatever the probability.

    Raises:
        TypeError: if an operand is no real number.
        ValueError: if the lengths differ.

    >>> cross_entropy([0.25, 0.75], [0.0, 1.0])
    0.2876820724517809
    """
    return result_of(TABLE["cross_entropy"], _pair("cross_entropy", probabilities, labels))


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, otherwise y: a recorded choice.

    The derivative flows to what was chosen only. What was not chosen is in the graph as a constant: whatever its own
    derivative is, inf or nan, it does not reach the result (in PyTorch 0 · inf makes it nan).

    Args:
        condition: a bool, a number or a Value (which hold unless they are 0), or an array of them.
        x, y: Values, real numbers, or arrays of either.

    Raises:
        TypeError: if x or y is no real number, or the condition neither a number nor a bool; a list is no array.

    >>> a = Value(0.0, "a")
    >>> y = where(a > 0, sqrt(a), 2 * a)
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
    holds = condition.detach() if isinstance(condition, Value) else Constant(condition)
    chosen = holds.data != 0.0
    kept = [branch.detach() if isinstance(branch, Value) and not taken else branch
            for branch, taken in ((x, chosen), (y, not chosen))]  # fmt: skip
    result = apply(TABLE["where"], (holds, *kept))
    return result if any(isinstance(given, Value) for given in (condition, x, y)) else result.data


def max(first: Any, *rest: Number) -> Any:
    """The largest operand; equal ones share the derivative (½ each), as in PyTorch.

    Args:
        first: the first operand, or an iterable of all of them.
        rest: the others.

    Raises:
        TypeError: if an operand is no real number.
        ValueError: if there is none.

    >>> max(1.0, 3.0, 2.0), max([4.0])
    (3.0, 4.0)
    """
    return _fold("max", function_of("max"), first, rest)


def min(first: Any, *rest: Number) -> Any:
    """The smallest operand; equal ones share the derivative (½ each), as in PyTorch.

    Args:
        first: the first operand, or an iterable of all of them.
        rest: the others.

    Raises:
        TypeError: if an operand is no real number.
        ValueError: if there is none.

    >>> min(1.0, 3.0, 2.0), min([4.0])
    (1.0, 4.0)
    """
    return _fold("min", function_of("min"), first, rest)


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


def _some(name: str, operands: Iterable[Number]) -> list[Number]:
    flat = _flat(operands)
    if not flat:
        raise ValueError(f"{name}() needs at least one operand, but got none")
    return flat


def _pair(name: str, xs: Iterable[Number], ys: Iterable[Number]) -> list[Number]:
    a, b = _flat(xs), _flat(ys)
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
    return products.reshape(a.shape[:-1] + b.shape[1:])


def _fold(name: str, function: Binary, first: Any, rest: Sequence[Number]) -> Any:
    operands = [first, *rest] if rest or not hasattr(first, "__iter__") else _some(name, first)
    result = operands[0]
    for operand in operands[1:]:
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
    return results if any(isinstance(result, Value) for result in results.flat) else results.astype(float)


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
    """Make the function of a row with one or two inputs."""
    op = TABLE[name]
    function = _unary(op) if len(op.inputs) == 1 else _binary(op)
    function.__name__ = function.__qualname__ = PUBLIC.get(name, name)
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


def _documentation(op: Op, name: str) -> str:
    """The docstring that a row holds."""
    numbers = [2.0 if op.domain == "x >= 1" else 0.5, 2.0][: len(op.inputs)]
    partials = "; ".join(f"∂/∂{x}: {to_text(partial)}" for x, partial in zip(op.inputs, op.partials))
    domain = f"; defined for {to_text(op.domain)}" if op.domain else ""
    return f"""{op.en[0].upper()}{op.en[1:]} ({op.ko}): {to_text(op.forward)}.

    Args:
        {", ".join(op.inputs)}: a Value, a real number, or an array of either{domain}.

    Returns:
        A number for numbers; a recorded Value as soon as one argument is a Value. Where the result is
        inf or nan, as IEEE 754 has it, there is a RuntimeWarning (an error under ``strict()``).

    Raises:
        TypeError: if an argument is no real number.

    The derivative, from the table in ``ops.py``: {partials}.

    >>> {name}({", ".join(map(str, numbers))})
    {apply(op, numbers).data!r}
    """


PUBLIC = {"min": "minimum", "max": "maximum"}
"""Rows whose function has another name, because ``min`` and ``max`` take any number of operands."""

FUNCTIONS = tuple(
    op.name
    for op in OPS
    if not op.variadic and op.name not in ("add", "sub", "mul", "div", "neg", "leaky_relu", "where")
)
_ROWS = {PUBLIC.get(name, name): name for name in FUNCTIONS}


def __getattr__(name: str) -> Any:
    if name not in _ROWS:
        raise AttributeError(f"module {__name__!r} has no function {name!r}; it has {', '.join(__all__)}")
    globals()[name] = function = function_of(_ROWS[name])
    return function
