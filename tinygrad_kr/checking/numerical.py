"""Derivatives by differences: the book's central difference, and an adaptive one that says how exact it is."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from math import inf, isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from ..engine.arrays import floats
from ..engine.value import Value
from ..text.numerals import numeral, to_float, to_result

__all__ = [
    "EPS",
    "Estimate",
    "Line",
    "SMALLEST",
    "is_number",
    "numerical_derivative",
    "numerical_gradient",
    "quiet",
    "real",
    "total",
]

EPS = sys.float_info.epsilon
SMALLEST = math.ulp(0.0)


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
    if is_number(x):
        number = real(x, "x")
        return _central(lambda t: real(f(t), "f(x)", to_result), number, h)
    in_place = isinstance(x, np.ndarray) and x.dtype == np.float64 and x.flags.writeable
    numbers = x if in_place else floats(x, "x")
    gradient = np.zeros(numbers.shape)
    for place in np.ndindex(*numbers.shape):
        kept = numbers[place]

        def moved(t: float, place: tuple[int, ...] = place) -> float:
            numbers[place] = t
            return real(f(numbers), "f(x)", to_result)

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
    if is_number(x):
        number = real(x, "x")
        # What is wrong with f itself is said before it is taken for an edge of its domain.
        real(f(number), "f(x)", to_result)
        with quiet():
            return Line(total(f), number).derivative()
    numbers = floats(x, "x")
    real(f(numbers.copy()), "f(x)", to_result)
    derivatives, errors = np.zeros(numbers.shape), np.zeros(numbers.shape)
    for place in np.ndindex(*numbers.shape):

        def moved(t: float, place: tuple[int, ...] = place) -> Any:
            beside = numbers.copy()
            beside[place] = t
            return f(beside)

        with quiet():
            derivatives[place], errors[place] = Line(total(moved), float(numbers[place])).derivative()
    return Estimate(derivatives, errors)


class Line:
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
        """f(t), computed once."""
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
        return self.doubted(self.extrapolated(h, anchor) if h else anchor)

    def doubted(self, best: Estimate) -> Estimate:
        """The same with a larger error, if smaller steps agree with each other and plainly contradict it.

        What was taken for jitter is then the function: x + sin(10⁹x)/10⁹ is a line from afar. Jitter itself never
        agrees with itself over three steps, by its plain rounding alone.
        """
        if self.jitter <= self.told:
            return best
        run: list[tuple[float, float]] = []
        h = self.first
        while h <= self.last:
            low, high = self(self.x - h), self(self.x + h)
            slope = (high - low) / (2 * h)
            error = 2 * self._plain_rounding(slope, low, high) / (2 * h)
            is_seen = isfinite(slope) and 256 * error < abs(slope)
            run = [near for near in run if abs(near[0] - slope) <= near[1] + error] if is_seen else []
            run += [(slope, error)] if is_seen else []
            apart = abs(slope - best.derivative)
            if len(run) >= 3 and apart > max(4 * (error + best.error), abs(slope) / 16):
                return Estimate(best.derivative, 2 * apart)
            h *= 4
        return best

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
def quiet() -> Iterator[None]:
    """Without warnings of points beside the domain: trying them is how its edge is found."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def total(f: Callable[[float], Any]) -> Callable[[float], float]:
    """The same function with nan where it is not defined."""

    def total(t: float) -> float:
        try:
            result = f(t)
        except (ArithmeticError, ValueError):
            return nan
        return nan if isinstance(result, complex) else real(result, "f(x)")  # (-1.0) ** 0.5 is complex in Python

    return total


def is_number(x: object) -> bool:
    """Whether it is one number, and no sequence or array of them.

    >>> is_number(2), is_number([2])
    (True, False)
    """
    return isinstance(x, Value) or not (hasattr(x, "__len__") or isinstance(x, np.ndarray)) or isinstance(x, str)


def real(thing: Any, use: str, read: Callable[[object, str], float] = to_float) -> float:
    """The float of a number, a Value, or whatever else holds one element; ``read`` makes it of a number."""
    if isinstance(thing, Value):
        return thing.data
    if getattr(thing, "shape", None) is not None and hasattr(thing, "item") and math.prod(thing.shape) == 1:
        thing = thing.item()
        return thing.data if isinstance(thing, Value) else read(thing, use)
    return read(thing, use)
