"""Gradients checked against numerical derivatives: adaptive differences, which know how exact they are."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from math import inf, isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from ..engine.arrays import floats
from ..engine.conditions import at_kink
from ..engine.graph import adjoints, topological
from ..engine.modes import no_grad
from ..engine.value import Value
from ..text.bilingual import Bilingual, told
from ..text.numerals import numeral, shown, spelled, to_float, to_result
from .irregular import describe, first_non_finite, kink_phrase
from .numerical import EPS, Line, is_number, quiet, real
from .report import GradientReport, Row, Verdict, small

__all__ = ["check_gradients"]


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
    if not callable(f):
        raise TypeError(f"check_gradients() needs a function, not {shown(f)}; for a network see gradient_check()")
    inputs = _inputs(f, xs)
    check = _Engine(f, inputs) if gradient is None else _Foreign(f, inputs, gradient)
    several = len(check.outputs) != 1 or check.several
    name = _name(f)
    rows = []
    with quiet():
        for place, (label, x) in enumerate(_elements(inputs)):
            moved = check.along(place)
            for k in range(len(check.outputs)):
                line = Line(lambda t, k=k, moved=moved: moved(t)[k], x, check.jitter(k))  # type: ignore[misc]
                verdict = _judged(check, line, place, k, tolerance)
                rows.append((k, Row(f"{name}[{k}]" if several else name, label, *verdict)))
    rows.sort(key=lambda pair: pair[0])
    return GradientReport([row for _, row in rows], check.note(name))


def _judged(
    check: _Engine | _Foreign, line: Line, place: int, k: int, tolerance: float
) -> tuple[float, float, float, float, Verdict, str]:
    """The numbers of a row, its verdict and its note."""
    gradient, rounding = check.gradient(place, k)
    estimate, error = line.derivative()
    difference = abs(gradient - estimate) if isfinite(estimate) or isfinite(gradient) else nan
    numbers = (gradient, estimate, error, difference)
    if not isfinite(line(line.x)):
        return *numbers, "inconclusive", Bilingual("its value is not finite", "값이 유한하지 않습니다")
    sides = line.sides()
    if sides is not None:
        reason = check.kink(place, k)
        low, high = map(small, sides)
        between = Bilingual(f"its slope is between {low} and {high}", f"기울기: {low}, {high} 사이")
        if sides[0] <= gradient <= sides[1] or not isfinite(gradient):
            jump = Bilingual("a jump or a vertical slope", "끊기거나 수직입니다")
            return *numbers, "kink", reason or (between if isfinite(sides[0]) else jump)
        where = Bilingual(f" ({reason})", f"({told(reason, 'ko')})") if reason else ""
        return *numbers, "wrong", Bilingual("at a kink", "꺾이는 점") + where + Bilingual(", ", ", ") + between
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
        vague_or_not = Bilingual("the error is too large", "오차가 너무 큽니다")
        one_sided = Bilingual("not defined on both sides", "양쪽에서 정의되지 않습니다")
        return *numbers, "inconclusive", vague_or_not if isfinite(estimate) else one_sided
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
        with quiet():
            again = self.numbers()
        for output, second in zip(self.outputs, again):
            first = real(output, "f(x)")
            if not (abs(first - second) <= 1e-9 * abs(first) or first == second or (first != first != second)):
                raise ValueError(
                    f"f gave {spelled(first)} and then {spelled(second)} for the same inputs; its gradient can be "
                    "checked only if it is the same at every call (give its random numbers a seed)"
                )

    def numbers(self) -> list[float]:
        with no_grad():
            outputs, _ = _outputs(self.f(*self.arguments))
        if len(outputs) != len(self.outputs):
            raise ValueError(f"f returned {len(self.outputs)} outputs and then {len(outputs)}; expected always as many")
        return [real(output, "f(x)") for output in outputs]

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
                if at_kink(node) and self.leaves[place] in topological([node]):
                    return kink_phrase(node)
        return ""

    def note(self, name: str) -> str:
        """Where a value stopped being finite."""
        for k, output in enumerate(self.outputs):
            if isinstance(output, Value):
                node = first_non_finite(output)
                if node is not None:
                    label = f"{name}[{k}]" if self.several else name
                    value, cause = spelled(output.data), describe(node)
                    return Bilingual(f"{label} is {value}, because {cause}", f"{label} = {value}: {cause} 때문입니다")
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
        return [real(self.f(*_arguments(self.inputs, x, float)), "f(x)")]

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
        value = spelled(self.outputs[0])
        return "" if isfinite(self.outputs[0]) else Bilingual(f"{name} is {value}", f"{name} = {value}입니다")


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
        if is_number(x):
            inputs.append(_Input([getattr(x, "name", None) or name], [real(x, name)], None))
            continue
        numbers = floats(x, name)
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
    if is_number(result) or isinstance(result, Value):
        real(result, "f(x)", to_result)
        return [result], False
    if getattr(result, "shape", None) == ():
        return [result.item()], False
    flat = list(np.asarray(result, dtype=object).ravel())
    for output in flat:
        real(output, "an output of f", to_result)
    return flat, True


def _flat(part: Any, x: _Input) -> list[float]:
    """A gradient's numbers in the order of the input's elements."""
    if x.shape is None:
        if isinstance(part, Sequence) and not isinstance(part, str) and len(part) == 1:
            part = part[0]
        return [real(part, "a gradient")]
    numbers = floats(part, "a gradient") if not is_number(part) else np.array(real(part, "a gradient"))
    if numbers.shape != x.shape:
        raise ValueError(f"gradient has the shape {numbers.shape}; expected that of its x, {x.shape}")
    return [float(number) for number in numbers.ravel()]
