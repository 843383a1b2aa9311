"""Derivatives by differences, and gradients checked against them.

Three ways to a derivative without the chain rule: the book's central difference with one fixed step
(:func:`numerical_gradient`), an adaptive one that says how exact it is (:func:`numerical_derivative`), and the
comparison of a gradient with the latter (:func:`check_gradients`).
"""

from __future__ import annotations

import inspect
import math
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import inf, isfinite, nan
from typing import Any, Literal, NamedTuple, Protocol, TextIO, TypeAlias

import numpy as np

from . import terminal
from .graph import adjoints, topological
from .kernels import Kernel
from .modes import no_grad
from .numerals import numeral, shown, to_float
from .ops import Op
from .value import Value, _ieee, _operands

__all__ = [
    "Checkable", "Estimate", "GradientReport", "Row", "check_gradients", "describe", "first_non_finite",
    "gradient_check", "numerical_derivative", "numerical_gradient",
]  # fmt: skip

EPS = sys.float_info.epsilon
SMALLEST = math.ulp(0.0)

Verdict: TypeAlias = Literal["ok", "wrong", "kink", "inconclusive"]


# ── The book's central difference ─────────────────────────────────────────────────────────────────────


def numerical_gradient(f: Callable[[Any], Any], x: Any, h: float = 1e-4) -> Any:
    """The gradient by central differences with one fixed step: (f(x + h) − f(x − h)) / 2h for each element.

    ``f`` always gets ``x`` whole. A writable array of float64 is changed **in place**, one element at a time, and put
    back exactly, also when ``f`` raises; so ``f`` may ignore its argument and read the array from elsewhere, as the
    book's ``loss_W = lambda W: self.loss(x, t)`` does. Of everything else ``f`` gets a copy, an array of float64.

    Args:
        f: takes x and returns one number (a float, a NumPy scalar, an array of one element or a Value).
        x: a number, a nested sequence or an array of any shape; of Values their numbers are taken.
        h: the step, positive.

    Returns:
        A float for a number, an array of x's shape otherwise.

    Raises:
        TypeError: if x has no real numbers or f does not return one.
        ValueError: if h is not positive and finite, or x is ragged.

    Warns:
        RuntimeWarning: if x is so large that x + h is x.

    Source: "Deep Learning from Scratch" (Saitoh), chapter 4.

    >>> numerical_gradient(lambda x: x[0] ** 2 + x[1] ** 2, [3.0, 4.0]).round(8)
    array([6., 8.])
    """
    h = to_float(h, "h")
    if not 0 < h < inf:
        raise ValueError(f"h is a step, positive and finite, not {numeral(h)}; the book takes 1e-4")
    if _is_number(x):
        number = _real(x, "x")
        return _central(lambda t: _real(f(t), "f(x)"), number, h)
    in_place = isinstance(x, np.ndarray) and x.dtype == np.float64 and x.flags.writeable
    numbers = x if in_place else _floats(x)
    gradient = np.zeros(numbers.shape)
    for place in np.ndindex(*numbers.shape):
        kept = numbers[place]

        def moved(t: float, place: tuple[int, ...] = place) -> float:
            numbers[place] = t
            return _real(f(numbers), "f(x)")

        try:
            gradient[place] = _central(moved, float(kept), h)
        finally:
            numbers[place] = kept
    return gradient


def _central(f: Callable[[float], float], x: float, h: float) -> float:
    if x + h == x and isfinite(x):
        warnings.warn(
            f"the step {numeral(h)} is lost in {numeral(x)}, and the difference says nothing; "
            "use a larger h, or numerical_derivative, which chooses it",
            RuntimeWarning,
            stacklevel=3,
        )
    high = f(x + h)
    return (high - f(x - h)) / (2 * h)


# ── Adaptive differences ──────────────────────────────────────────────────────────────────────────────


class Estimate(NamedTuple):
    """A derivative found numerically, and a bound on its error; both numbers or both arrays."""

    derivative: Any
    error: Any


def numerical_derivative(f: Callable[[Any], Any], x: Any) -> Estimate:
    """The derivative by extrapolated central differences, with an estimate of its error (Ridders' method).

    The steps are chosen by themselves: from tiny ones, where rounding dominates, to the largest that agree with them.
    Where ``f`` raises an ArithmeticError or a ValueError, or gives nan or inf, the steps stay smaller. The error
    covers what the extrapolation leaves open and the rounding in f, both as its size suggests and as f is seen to
    jitter. At a kink it is the derivative between both sides, and where there is none the error is large or inf.

    Args:
        f: takes x whole and returns one number.
        x: a number, a nested sequence or an array of any shape (it is copied); of Values their numbers are taken.

    Returns:
        ``Estimate(derivative, error)``: floats for a number, arrays of x's shape otherwise.

    Raises:
        TypeError: if x has no real numbers or f does not return one.
        ValueError: if x is ragged.

    Source: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4
    (1982); the measurement of jitter is Hamming's table of differences.

    >>> import math
    >>> estimate = numerical_derivative(math.exp, 1.0)
    >>> abs(estimate.derivative - math.e) <= estimate.error < 1e-12
    True
    """
    if _is_number(x):
        number = _real(x, "x")
        _real(f(number), "f(x)")  # what is wrong with f itself is said before it is taken for an edge of its domain
        with _quiet():
            return _Line(_total(f), number).derivative()
    numbers = _floats(x)
    _real(f(numbers.copy()), "f(x)")
    derivatives, errors = np.zeros(numbers.shape), np.zeros(numbers.shape)
    for place in np.ndindex(*numbers.shape):

        def moved(t: float, place: tuple[int, ...] = place) -> Any:
            beside = numbers.copy()
            beside[place] = t
            return f(beside)

        with _quiet():
            derivatives[place], errors[place] = _Line(_total(moved), float(numbers[place])).derivative()
    return Estimate(derivatives, errors)


class _Line:
    """A function of one number around x: its slope, the error of that, and whether it has a kink there.

    ``f`` never raises. Steps are powers of two, so that x ± h are exact as long as h is not far larger than x.
    """

    def __init__(self, f: Callable[[float], float], x: float, jitter: float = 0.0) -> None:
        self.f, self.x = f, x
        self.known: dict[float, float] = {}
        self.told = self.jitter = jitter
        # The smallest step is |x|·2⁻⁴⁴: x ± h still have eight bits to be told apart.
        self.first = 2.0**-64 if x == 0.0 or not isfinite(x) else math.ldexp(1.0, max(math.frexp(x)[1] - 44, -1074))
        self.last = max(abs(x), 1.0)

    def __call__(self, t: float) -> float:
        if t not in self.known:
            self.known[t] = self.f(t)
        return self.known[t]

    def rounding(self, slope: float, *numbers: float) -> float:
        """A bound on the error of values of f: a few ulp of the values, and of x."""
        return max(self.jitter, 2 * EPS * max(map(abs, numbers))) + 2 * EPS * abs(self.x * slope) + SMALLEST

    def central(self, h: float) -> Estimate:
        """The central difference, and its error by rounding alone."""
        low, high, width = self(self.x - h), self(self.x + h), (self.x + h) - (self.x - h)
        slope = (high - low) / width if width else nan
        if not isfinite(slope) or not isfinite(width):
            return Estimate(nan, inf)
        return Estimate(slope, 2 * self.rounding(slope, low, high) / width)

    def measured(self, spacing: float, sides: Sequence[int] = range(-3, 4)) -> float:
        """How much f jitters: of a smooth function, high differences of near points are rounding alone.

        Jitter is as large in the fourth differences as in the sixth; what shrinks from there to here is the function.
        """
        numbers = [self(self.x + k * spacing) for k in sides]
        if not all(map(isfinite, numbers)):
            return 0.0
        sizes = []
        for order in range(1, 7):
            numbers = [b - a for a, b in pairwise(numbers)]
            sizes.append(max(map(abs, numbers)) / math.sqrt(math.comb(2 * order, order)))
        return 3 * max(sizes[3:]) if sizes[5] > sizes[3] / 8 else 0.0

    def explaining(self, change: float, h: float, sides: Sequence[int] = range(-3, 4)) -> float:
        """The jitter that explains a change of f over the step h, 0 where none does.

        Jitter is small beside f, no larger than what it explains (up to chance), and no larger over wider steps: a kink
        further away would be, and what is large comes from steps that are too wide or is a jump.
        """
        found = [self.measured(h * k, sides) for k in (1 / 16, 1 / 4, 1, 4, 16, 64, 256)]
        limit = min(100 * change, max(map(abs, filter(isfinite, self.known.values()))) / 1e4)
        return max((near for near, wide in zip(found, found[2:]) if near <= limit and wide <= 8 * near), default=0.0)

    def derivative(self) -> Estimate:
        """The slope at x."""
        if not isfinite(self.x) or not isfinite(self(self.x)):
            return Estimate(nan, inf)
        h, anchor = self.ladder()
        return self.extrapolated(h, anchor) if h else anchor

    def ladder(self) -> tuple[float, Estimate]:
        """A step that is too small to be seen in the slope, and the slope with it.

        The step is 0 where there is none. The ladder is climbed from the smallest step on as long as the slopes agree,
        up to their rounding: what a larger step says counts only if smaller ones say the same. (A large one by itself
        may step over what happens at x.)
        """
        h, steps = self.first, list[tuple[float, Estimate]]()
        while h <= self.last:
            slope = self.central(h)
            if isfinite(slope.derivative):
                if steps and not _agree(steps[-1][1], slope):
                    change = abs(slope.derivative - steps[-1][1].derivative) * h
                    self.jitter = max(self.jitter, self.explaining(change, h))
                    steps = [(step, self.central(step)) for step, _ in steps]
                    slope = self.central(h)
                    if not _agree(steps[-1][1], slope):
                        break
                steps.append((h, slope))
            elif steps:
                break
            silent = abs(slope.derivative) <= 2 * slope.error  # f is the same on both sides, up to rounding
            h *= 2**16 if silent else 16
        else:
            slope = Estimate(nan, inf)
        if not steps:
            return 0.0, Estimate(nan, inf)
        if len(steps) == 1 and isfinite(slope.derivative):  # nothing agrees with anything
            apart = abs(steps[0][1].derivative - slope.derivative)
            return 0.0, Estimate(steps[0][1].derivative, steps[0][1].error + 2 * apart)
        return steps[max(len(steps) - 2, 0)]

    def extrapolated(self, h: float, anchor: Estimate) -> Estimate:
        """The best of Ridders' table from the step h upwards.

        T[k][j] is what T[k−1][j−1] and T[k][j−1] are on the way to as the step goes to 0. Its error is how far these
        two are apart, and the rounding of both, which the same formula with a plus adds up.
        """
        self.jitter = max(self.jitter, self.measured(h / 4))
        best, band = Estimate(anchor.derivative, 2 * anchor.error), 2 * anchor.error
        above: list[Estimate] = []
        idle = 0
        while idle < 4 and h <= self.last:
            row, before = [self.central(h)], best
            if not isfinite(row[0].derivative):
                break
            for j, smaller in enumerate(above[:7]):
                larger, q = row[j], 4.0 ** (j + 1)
                slope = (q * smaller.derivative - larger.derivative) / (q - 1)
                rounding = (q * smaller.error + larger.error) / (q - 1)
                error = abs(smaller.derivative - larger.derivative) + rounding
                if error < best.error and abs(slope - anchor.derivative) <= band:
                    best = Estimate(slope, error)
                row.append(Estimate(slope, rounding))
            idle = idle + 1 if best is before and above else 0
            above, h = row, 2 * h
        return best

    def sides(self) -> tuple[float, float] | None:
        """The least and greatest slope of the two sides where f has a kink at x; None where it has none.

        The gap between the slopes of both sides shrinks with the step where f is smooth, and stays where it is not.
        """
        f, x, h, closer = self, self.x, self.first, inf
        while 16 * h <= self.last:
            low, middle, high = f(x - h), f(x), f(x + h)
            gap = (high - middle) / h - (middle - low) / h
            if not isfinite(gap):
                return None
            rounding = doubt = 8 * self._plain_rounding((high - low) / (2 * h), low, middle, high) / h
            if closer < abs(gap) / 2:  # what closer points do not see is not at x
                return None
            if abs(gap) > doubt:
                # A function that jitters everywhere has no kink here: look at each side by itself.
                doubt += 8 * max(self.explaining(abs(gap) * h, h, side) for side in (range(1, 8), range(-7, 0))) / h
            if abs(gap) > doubt:
                wider = (f(x + 16 * h) - middle) / (16 * h) - (middle - f(x - 16 * h)) / (16 * h)
                if not abs(gap) >= abs(wider) / 2:
                    return None
                if abs(gap) > 2 * abs(wider):  # a jump, or a vertical slope
                    return -inf, inf
                slopes = (middle - low) / h, (high - middle) / h
                slack = doubt + abs(gap) / 100
                return min(slopes) - slack, max(slopes) + slack
            closer = abs(gap) + rounding
            h *= 16
        return None

    def _plain_rounding(self, slope: float, *numbers: float) -> float:
        """The rounding without the measured jitter, in which a kink is seen too."""
        return max(self.told, 2 * EPS * max(map(abs, numbers))) + 2 * EPS * abs(self.x * slope) + SMALLEST

    def size(self) -> float:
        """How steep f could be called at all: the largest of its values that were seen, over the distance."""
        return max((abs(number) for number in self.known.values() if isfinite(number)), default=0.0) / self.last


def _agree(smaller: Estimate, larger: Estimate) -> bool:
    return bool(abs(smaller.derivative - larger.derivative) <= smaller.error + larger.error)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of points beside the domain: trying them is how its edge is found."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _total(f: Callable[[float], Any]) -> Callable[[float], float]:
    """The same function with nan where it is not defined."""

    def total(t: float) -> float:
        try:
            result = f(t)
        except (ArithmeticError, ValueError):
            return nan
        return nan if isinstance(result, complex) else _real(result, "f(x)")  # (-1.0) ** 0.5 is complex in Python

    return total


def _is_number(x: object) -> bool:
    return isinstance(x, Value) or not (hasattr(x, "__len__") or isinstance(x, np.ndarray)) or isinstance(x, str)


def _real(thing: Any, use: str) -> float:
    """The float of a number, a Value, or whatever else holds one element."""
    if isinstance(thing, Value):
        return thing.data
    if getattr(thing, "shape", None) is not None and hasattr(thing, "item") and math.prod(thing.shape) == 1:
        thing = thing.item()
        return thing.data if isinstance(thing, Value) else to_float(thing, use)
    return to_float(thing, use)


def _floats(x: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A fresh array of the numbers in an array or nested sequence."""
    try:
        source = np.asarray(x) if not isinstance(x, np.ndarray) else x
    except ValueError:
        raise ValueError(f"x needs rows of equal length, not {shown(x)}") from None
    numbers = np.empty(source.shape)
    for place in np.ndindex(*source.shape):
        numbers[place] = _real(source[place], "an element of x")
    return numbers


# ── Where a graph leaves the numbers ──────────────────────────────────────────────────────────────────


def first_non_finite(output: Value) -> Value | None:
    """The first node of a graph that is inf or nan although its operands are not; None where all are finite.

    Args:
        output: the graph's output. A leaf that is inf or nan counts too.

    >>> import warnings
    >>> x = Value(0.0, "x")
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     y = (x.log() + 1) * 2
    >>> describe(first_non_finite(y))
    'log(x = 0) = -inf'
    """
    return next((node for node in topological([output]) if not isfinite(node.data)), None)


def describe(node: Value) -> str:
    """What a node does, in one phrase: its operation, its operands with their names, its number.

    >>> describe(Value(3.0, "x") * 2), describe(Value(3.0, "x"))
    ('mul(x = 3, 2) = 6', 'x = 3')
    """
    if node.op is None:
        return _operands([node])
    return f"{node.op.name}({_operands(node.parents)}) = {_ieee(node.data)}"


@cache
def _kinks(op: Op) -> tuple[Callable[..., float], ...]:
    """The row's kinks as functions of (inputs, output): zero at a kink."""
    variables = (*op.inputs, "z")
    return tuple(Kernel(replace(op, inputs=variables, forward=kink)).forward for kink in op.kinks)


def _at_kink(node: Value) -> bool:
    if node.op is None or not node.op.kinks:
        return False
    numbers = [parent.data for parent in node.parents]
    return any(kink(*numbers, node.data) == 0.0 for kink in _kinks(node.op))


def _kink_phrase(node: Value) -> str:
    assert node.op is not None
    numbers = [_ieee(parent.data) for parent in node.parents]
    inputs = f"input is {numbers[0]}" if len(numbers) == 1 else f"inputs are {' and '.join(numbers)}"
    return f"{node.op.name}, whose {inputs}"


# ── The report ────────────────────────────────────────────────────────────────────────────────────────


class Row(NamedTuple):
    """One derivative that was checked.

    ``gradient`` is what was to be checked, ``estimate`` ± ``error`` what was found numerically, ``difference`` how far
    they are apart; ``note`` is a reason where there is one to tell.
    """

    output: str
    input: str
    gradient: float
    estimate: float
    error: float
    difference: float
    verdict: Verdict
    note: str = ""

    @property
    def derivative(self) -> str:
        """How the derivative is written.

        >>> Row("f", "x", 2.0, 2.0, 1e-12, 0.0, "ok").derivative
        '∂f/∂x'
        """
        return f"∂{self.output}/∂{self.input}"


class GradientReport:
    """What :func:`check_gradients` found. It is true if no derivative is wrong, and prints as a table.

    Attributes:
        rows: one :class:`Row` per output and input.
        note: what there is to say about the whole, such as where the value of f stopped being finite.
    """

    SHOWN = 20
    """Of more rows than this, only those that are not ok are printed, and this many of them."""

    def __init__(self, rows: Iterable[Row], note: str = "") -> None:
        self.rows = list(rows)
        self.note = note

    def __bool__(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> list[Row]:
        """The rows whose gradient is wrong."""
        return self._of("wrong")

    def _of(self, verdict: Verdict) -> list[Row]:
        return [row for row in self.rows if row.verdict == verdict]

    @property
    def summary(self) -> str:
        """The report in one sentence.

        >>> GradientReport([Row("f", "x", 3.0, 3.0, 1e-12, 0.0, "ok")]).summary
        'the derivative agrees'
        """
        count, wrong = len(self.rows), self.wrong
        if wrong:
            row = wrong[0]
            first = "" if len(wrong) == 1 else "; the first"
            verb = "differs" if len(wrong) == 1 else "differ"
            text = f"{len(wrong)} of {_count(count, self._noun)} {verb}{first}: {_sentence(row)}"
        elif len(self._of("ok")) == count:
            text = "the derivative agrees" if count == 1 else f"all {count} derivatives agree"
        else:
            text = f"none is wrong, and {len(self._of('ok'))} of {_count(count, 'derivative')} could be compared"
        for verdict, phrase in (("kink", "at a kink"), ("inconclusive", "inconclusive")):
            rows = self._of(verdict)  # type: ignore[arg-type]
            if rows:
                reason = f" ({rows[0].derivative}: {rows[0].note})" if rows[0].note else ""
                text += f"; {len(rows)} {phrase}{reason}"
        return f"{self.note}; {text}" if self.note else text

    @property
    def _noun(self) -> str:
        return "input" if len({row.output for row in self.rows}) <= 1 else "derivative"

    def __str__(self) -> str:
        rows = self.rows
        if len(rows) > self.SHOWN:
            rows = [row for row in rows if row.verdict != "ok"][: self.SHOWN]
        if not rows:
            return self.summary
        cells = [("", "gradient", "numerical", "± error", "difference", "", "")]
        cells += [
            (row.derivative, _ieee(row.gradient), _rounded(row.estimate, row.error), _small(row.error),
             _small(row.difference), row.verdict, row.note)
            for row in rows
        ]  # fmt: skip
        left_out = len(self.rows) - len(rows)
        lines = [self.summary, "", terminal.table(cells, right={1, 2, 3, 4})]
        return "\n".join([*lines, f"… {left_out} more"] if left_out else lines)

    def __repr__(self) -> str:
        return f"<GradientReport: {self.summary}>"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _sentence(row: Row) -> str:
    """What is wrong with a row; ∂f/∂y is 2 but should be 3 ± 1e-10."""
    if row.verdict == "wrong" and row.note:
        return f"{row.derivative} is {_ieee(row.gradient)}; {row.note}"
    numerical = f"{_rounded(row.estimate, row.error)} ± {_small(row.error)}"
    return f"{row.derivative} is {_ieee(row.gradient)} but should be {numerical}"


def _small(number: float) -> str:
    return _ieee(float(f"{number:.1g}"))


def _rounded(number: float, error: float) -> str:
    """The number to the digits that its error leaves."""
    if not isfinite(number) or not isfinite(error) or error <= 0 or number == 0:
        return _ieee(number)
    digits = math.floor(math.log10(abs(number))) - math.floor(math.log10(error)) + 1
    return _ieee(float(f"{number:.{digits}g}")) if 1 <= digits <= 16 else "0" if digits < 1 else _ieee(number)


# ── Checking ──────────────────────────────────────────────────────────────────────────────────────────


class _Input(NamedTuple):
    """An argument of f: the names and numbers of its elements, and its shape (None for a number)."""

    names: list[str]
    numbers: list[float]
    shape: tuple[int, ...] | None

    def filled(self, things: Sequence[Any], dtype: Any) -> Any:
        """The argument with other things in its places."""
        if self.shape is None:
            return things[0]
        array = np.empty(self.shape, dtype)
        for place, thing in zip(np.ndindex(*self.shape), things):
            array[place] = thing
        return array


def check_gradients(
    f: Callable[..., Any], *xs: Any, gradient: Callable[..., Any] | None = None, tolerance: float = 0.0
) -> GradientReport:
    """Compare the gradient of f with numerical derivatives, one by one.

    The gradient is the engine's: f is called with Values and differentiated backwards; the differences are taken of
    the same f under ``no_grad()``. With ``gradient`` it is what that function returns, and f is called with floats.

    A gradient is **wrong** if it is farther from the numerical derivative than twice the error of that (an estimate,
    hence twice) plus the rounding of the gradient itself: 16 ulp of the absolute products of local derivatives that
    it is the sum of (of the gradient, where ``gradient`` gives it). At a **kink** every slope between those of the two
    sides is right. It is **inconclusive** if that room is larger than a thousandth of the derivative, or there is no
    numerical derivative: f is not finite, or not defined on both sides.

    Args:
        f: takes as many arguments as there are xs, and returns a Value or several; a number does not depend on them.
        xs: where to check: numbers, Values (their numbers count), arrays or nested sequences of either.
        gradient: takes what f takes and returns its gradient: a number or array for each x, one after the other in a
            sequence if there are several xs.
        tolerance: a relative difference that is right all the same.

    Returns:
        A report, which is true if nothing is wrong; kinks and what is inconclusive are told, and not wrong.

    Raises:
        TypeError: if xs have no real numbers or f does not return one.
        ValueError: if there are no xs, f is not the same at every call, or gradient does not have the shapes of xs.

    >>> print(check_gradients(lambda x, y: x * y + x.exp(), 1.0, 2.0).summary)
    all 2 derivatives agree
    >>> print(check_gradients(lambda x, y: x * y, 3.0, 2.0, gradient=lambda x, y: (y, y)).summary)
    1 of 2 inputs differs: ∂f/∂y is 2 but should be 3 ± 1e-14
    >>> print(check_gradients(lambda x: x.relu(), 0.0).summary)
    none is wrong, and 0 of 1 derivative could be compared; 1 at a kink (∂f/∂x: relu, whose input is 0)
    """
    tolerance = to_float(tolerance, "tolerance")
    if not 0 <= tolerance < inf:
        raise ValueError(f"tolerance is a relative difference, 0 or more, not {numeral(tolerance)}")
    if not xs:
        raise ValueError("check_gradients() needs the point to check at; give one x for each argument of f")
    inputs = _inputs(f, xs)
    check = _Engine(f, inputs) if gradient is None else _Foreign(f, inputs, gradient)
    several = len(check.outputs) != 1 or check.several
    name = _name(f)
    rows = []
    with _quiet():
        for place, (label, x) in enumerate(_elements(inputs)):
            moved = check.along(place)
            for k in range(len(check.outputs)):
                line = _Line(lambda t, k=k, moved=moved: moved(t)[k], x, check.jitter(k))  # type: ignore[misc]
                verdict = _judged(check, line, place, k, tolerance)
                rows.append((k, Row(f"{name}[{k}]" if several else name, label, *verdict)))
    rows.sort(key=lambda pair: pair[0])
    return GradientReport([row for _, row in rows], check.note(name))


def _judged(
    check: _Engine | _Foreign, line: _Line, place: int, k: int, tolerance: float
) -> tuple[float, float, float, float, Verdict, str]:
    """The numbers of a row, its verdict and its note."""
    gradient, rounding = check.gradient(place, k)
    estimate, error = line.derivative()
    difference = abs(gradient - estimate) if isfinite(estimate) or isfinite(gradient) else nan
    numbers = (gradient, estimate, error, difference)
    if not isfinite(line(line.x)):
        return *numbers, "inconclusive", "its value is not finite"
    sides = line.sides()
    if sides is not None:
        reason = check.kink(place, k)
        between = f"its slope is between {_small(sides[0])} and {_small(sides[1])}"
        if sides[0] <= gradient <= sides[1] or not isfinite(gradient):
            return *numbers, "kink", reason or (between if isfinite(sides[0]) else "a jump or a vertical slope")
        return *numbers, "wrong", f"at a kink{f' ({reason})' if reason else ''}, {between}"
    size = max(abs(gradient), abs(estimate)) if isfinite(gradient) else abs(estimate)
    room = 2 * error + rounding + tolerance * size
    # Beside a gradient of 0 no derivative is small; what counts then is how steep f could be at all.
    vague = room > sys.float_info.min and not room <= (
        max(line.size(), rounding / EPS) / 1e6 if abs(gradient) <= rounding else size / 1000
    )
    if not isfinite(estimate) or (vague and not difference > room) or (vague and not isfinite(gradient)):
        reason = check.kink(place, k)
        if reason:
            return *numbers, "kink", reason
        defined = isfinite(estimate)
        return *numbers, "inconclusive", "the error is too large" if defined else "not defined on both sides"
    return *numbers, "ok" if difference <= room else "wrong", ""


class _Engine:
    """The engine's gradient of f, and f for the differences."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[_Input]) -> None:
        self.f = f
        self.leaves = [Value(number, name) for name, number in _elements(inputs)]
        self.outputs, self.several = _outputs(f(*_arguments(inputs, self.leaves, object)))
        self.trials = [Value(number, name) for name, number in _elements(inputs)]
        self.arguments = _arguments(inputs, self.trials, object)
        self.sums: list[dict[Value, float]] = []
        self.sizes: list[dict[Value, float]] = []
        for output in self.outputs:
            isgraph = isinstance(output, Value)
            self.sums.append(adjoints([output], [1.0]) if isgraph else {})
            self.sizes.append(_sizes(output) if isgraph else {})
        self._compare_calls()

    def _compare_calls(self) -> None:
        with _quiet():
            again = self.numbers()
        for output, second in zip(self.outputs, again):
            first = _real(output, "f(x)")
            if not (abs(first - second) <= 1e-9 * abs(first) or first == second or (first != first != second)):
                raise ValueError(
                    f"f gave {_ieee(first)} and then {_ieee(second)} for the same inputs; its gradient can be checked "
                    "only if it is the same at every call (give its random numbers a seed)"
                )

    def numbers(self) -> list[float]:
        with no_grad():
            outputs, _ = _outputs(self.f(*self.arguments))
        if len(outputs) != len(self.outputs):
            raise ValueError(f"f returned {len(self.outputs)} outputs and then {len(outputs)}; expected always as many")
        return [_real(output, "f(x)") for output in outputs]

    def along(self, place: int) -> Callable[[float], list[float]]:
        """f with one input moved."""
        trial, kept = self.trials[place], self.leaves[place].data

        def numbers(t: float) -> list[float]:
            trial.data = t
            try:
                return self.numbers()
            finally:
                trial.data = kept

        return _remembered(numbers, len(self.outputs))

    def gradient(self, place: int, k: int) -> tuple[float, float]:
        """The gradient, and how far rounding may take it."""
        leaf = self.leaves[place]
        size = self.sizes[k].get(leaf, 0.0)
        return self.sums[k].get(leaf, 0.0), 16 * EPS * size if isfinite(size) else 0.0

    def jitter(self, k: int) -> float:
        """How far rounding in any node may take the output: an ulp of each, carried through its derivative."""
        carried = EPS * math.fsum(abs(node.data * slope) for node, slope in self.sums[k].items() if node.op)
        return carried if isfinite(carried) else 0.0

    def kink(self, place: int, k: int) -> str:
        """The first operation at a kink that the input goes into."""
        if isinstance(self.outputs[k], Value):
            for node in topological([self.outputs[k]]):
                if _at_kink(node) and self.leaves[place] in topological([node]):
                    return _kink_phrase(node)
        return ""

    def note(self, name: str) -> str:
        """Where a value stopped being finite."""
        for k, output in enumerate(self.outputs):
            if isinstance(output, Value):
                node = first_non_finite(output)
                if node is not None:
                    label = f"{name}[{k}]" if self.several else name
                    return f"{label} is {_ieee(output.data)}, because {describe(node)}"
        return ""


class _Foreign:
    """A gradient that somebody else computed, and f on floats."""

    several = False

    def __init__(self, f: Callable[..., Any], inputs: Sequence[_Input], gradient: Callable[..., Any]) -> None:
        self.f, self.inputs = f, inputs
        self.x = [number for _, number in _elements(inputs)]
        self.outputs = self.numbers(self.x)
        results = gradient(*_arguments(inputs, self.x, float))
        parts = [results] if len(inputs) == 1 else list(results)
        if len(parts) != len(inputs):
            raise ValueError(f"gradient returned {len(parts)} gradients; expected {len(inputs)}, one for each x")
        self.slopes = [slope for part, x in zip(parts, inputs) for slope in _flat(part, x)]

    def numbers(self, x: Sequence[float]) -> list[float]:
        return [_real(self.f(*_arguments(self.inputs, x, float)), "f(x)")]

    def along(self, place: int) -> Callable[[float], list[float]]:
        """f with one input moved."""
        return _remembered(lambda t: self.numbers([*self.x[:place], t, *self.x[place + 1 :]]), 1)

    def gradient(self, place: int, k: int) -> tuple[float, float]:
        """The gradient, and how far rounding may take it."""
        slope = self.slopes[place]
        return slope, 16 * EPS * abs(slope) if isfinite(slope) else 0.0

    def jitter(self, k: int) -> float:
        """Nothing is known of how f is computed."""
        return 0.0

    def kink(self, place: int, k: int) -> str:
        """Nothing is known of how f is made."""
        return ""

    def note(self, name: str) -> str:
        """Whether the value is a number at all."""
        return "" if isfinite(self.outputs[0]) else f"{name} is {_ieee(self.outputs[0])}"


def _remembered(f: Callable[[float], list[float]], count: int) -> Callable[[float], list[float]]:
    """Every point is computed once for all outputs; nan where f is not defined."""
    known: dict[float, list[float]] = {}

    def numbers(t: float) -> list[float]:
        if t not in known:
            try:
                known[t] = f(t)
            except (ArithmeticError, ValueError):
                known[t] = [nan] * count
        return known[t]

    return numbers


def _sizes(output: Value) -> dict[Value, float]:
    """What each derivative is the sum of, with absolute values: Σ |product of local derivatives| over the paths."""
    order = topological([output])
    sizes = dict.fromkeys(order, 0.0)
    sizes[output] = 1.0
    for node in reversed(order):
        for parent, contribution in zip(node.parents, node.vjp(sizes[node])):
            sizes[parent] += abs(contribution)
    return sizes


def _inputs(f: Callable[..., Any], xs: Sequence[Any]) -> list[_Input]:
    inputs = []
    for x, name in zip(xs, _parameters(f, len(xs))):
        if _is_number(x):
            inputs.append(_Input([getattr(x, "name", None) or name], [_real(x, name)], None))
            continue
        numbers = _floats(x)
        elements = np.asarray(x).ravel()
        places = [f"{name}[{', '.join(map(str, place))}]" if place else name for place in np.ndindex(*numbers.shape)]
        names = [getattr(element, "name", None) or place for element, place in zip(elements, places)]
        inputs.append(_Input(names, numbers.ravel().tolist(), numbers.shape))
    return inputs


def _parameters(f: Callable[..., Any], count: int) -> list[str]:
    """What f calls its arguments."""
    names: list[str] = []
    try:
        for parameter in inspect.signature(f).parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL:
                names += [f"{parameter.name}[{k}]" for k in range(count - len(names))]
            elif parameter.kind is not parameter.KEYWORD_ONLY:
                names.append(parameter.name)
    except (TypeError, ValueError):  # a function without a signature, written in C
        pass
    return names[:count] if len(names) >= count else ["x"] if count == 1 else [f"x{k + 1}" for k in range(count)]


def _name(f: Callable[..., Any]) -> str:
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


def _elements(inputs: Sequence[_Input]) -> Iterator[tuple[str, float]]:
    for x in inputs:
        yield from zip(x.names, x.numbers)


def _arguments(inputs: Sequence[_Input], things: Sequence[Any], dtype: Any) -> list[Any]:
    """The arguments of f with these things as their elements."""
    rest = iter(things)
    return [x.filled([next(rest) for _ in x.numbers], dtype) for x in inputs]


def _outputs(result: Any) -> tuple[list[Any], bool]:
    """What f returned as a list, and whether it is several."""
    if _is_number(result) or isinstance(result, Value):
        _real(result, "f(x)")
        return [result], False
    if getattr(result, "shape", None) == ():
        return [result.item()], False
    flat = list(np.asarray(result, dtype=object).ravel())
    for output in flat:
        _real(output, "an output of f")
    return flat, True


def _flat(part: Any, x: _Input) -> list[float]:
    """A gradient's numbers in the order of the input's elements."""
    if x.shape is None:
        if isinstance(part, Sequence) and not isinstance(part, str) and len(part) == 1:
            part = part[0]
        return [_real(part, "a gradient")]
    numbers = _floats(part) if not _is_number(part) else np.array(_real(part, "a gradient"))
    if numbers.shape != x.shape:
        raise ValueError(f"gradient has the shape {numbers.shape}; expected that of its x, {x.shape}")
    return [float(number) for number in numbers.ravel()]


# ── The book's gradient check ─────────────────────────────────────────────────────────────────────────


class Checkable(Protocol):
    """A network whose gradient can be had in two ways, each a dictionary of arrays by parameter."""

    def gradient(self, x: Any, t: Any) -> Mapping[str, Any]:
        """By backpropagation."""

    def numerical_gradient(self, x: Any, t: Any) -> Mapping[str, Any]:
        """By differences."""


def gradient_check(network: Checkable, x: Any, t: Any, file: TextIO | None = None) -> dict[str, float]:
    """Print, for each parameter, the mean absolute difference between both gradients of a network.

    Args:
        network: has ``gradient(x, t)`` and ``numerical_gradient(x, t)``, each a dict of arrays by parameter.
        x: inputs, as the network takes them.
        t: answers.
        file: where to print; standard output where left out.

    Returns:
        The differences by parameter.

    Raises:
        ValueError: if the two gradients do not have the same parameters and shapes.

    Source: "Deep Learning from Scratch" (Saitoh), chapter 5, gradient_check.py.

    >>> class Line:
    ...     def gradient(self, x, t):
    ...         return {"W": np.array([2.0, 4.0])}
    ...     def numerical_gradient(self, x, t):
    ...         return {"W": np.array([2.0, 4.5])}
    >>> gradient_check(Line(), None, None)
    W:0.25
    {'W': 0.25}
    """
    analytic, numerical = network.gradient(x, t), network.numerical_gradient(x, t)
    if analytic.keys() != numerical.keys():
        raise ValueError(
            f"the gradients are of different parameters: {', '.join(analytic)} and {', '.join(numerical)}; "
            "expected the same of gradient() and numerical_gradient()"
        )
    differences = {}
    for name in analytic:
        a, b = _floats(analytic[name]), _floats(numerical[name])
        if a.shape != b.shape:
            raise ValueError(f"the gradients of {name} have the shapes {a.shape} and {b.shape}; expected the same")
        differences[name] = float(np.mean(np.abs(a - b))) if a.size else 0.0
    for name, difference in differences.items():
        print(f"{name}:{difference:.3g}", file=file)
    return differences
