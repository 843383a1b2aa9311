"""The chain rule in words: how a derivative comes about along the paths of a graph.

∂y/∂x is the sum, over all paths from y back to x, of the product of the local derivatives along the path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Literal, TypeVar

from . import prose
from .graph import adjoints
from .notation import Notation, is_at_kink
from .numerals import numeral, shown
from .paths import Path, Paths, Step
from .prose import Cell, Formula, Grid, Part
from .value import Constant, Value

__all__ = ["FORMATS", "LANGUAGES", "Explanation", "Format", "Language", "check", "explain"]

T = TypeVar("T")

Language = Literal["ko", "en"]
Format = Literal["text", "markdown", "latex"]
LANGUAGES = ("ko", "en")
FORMATS = ("text", "markdown", "latex")

LONGEST = 12
"""A path with more steps, and a sum with more terms, is written with an ellipsis in the middle."""

SMALL = 2000
"""In a graph with more nodes than this, values are not written out as expressions."""


@dataclass(frozen=True, repr=False)
class Explanation:
    """How ∂value/∂x comes about. Made by ``value.explain(x)``; it prints as what it says.

    Attributes:
        derivative: ∂value/∂x.
        count: how many paths lead from the value back to x.
        paths: those that are listed.
        format: what ``str()`` gives, one of :data:`FORMATS`.

    >>> apple, tax = Value(100, "사과"), Value(1.1, "소비세")
    >>> explanation = (apple * 2 * tax).explain(apple)
    >>> explanation.derivative, explanation.count, len(explanation.paths[0].steps)
    (2.2, 1, 2)
    """

    derivative: float
    count: int
    paths: tuple[Path, ...]
    format: Format
    _parts: Sequence[Part] = field(compare=False)

    def text(self) -> str:
        """The explanation as plain text."""
        return prose.text(self._parts)

    def markdown(self) -> str:
        """The explanation as Markdown, with formulas between dollar signs."""
        return prose.markdown(self._parts)

    def latex(self) -> str:
        r"""The explanation as one array of LaTeX's mathematics (amsmath), to stand between ``\[`` and ``\]``."""
        return prose.latex(self._parts)

    def __str__(self) -> str:
        return {"text": self.text, "markdown": self.markdown, "latex": self.latex}[self.format]()

    __repr__ = __str__

    def _repr_markdown_(self) -> str | None:
        return None if self.format == "latex" else self.markdown()

    def _repr_latex_(self) -> str | None:
        return f"$${self.latex()}$$" if self.format == "latex" else None


def explain(
    value: Value, x: Value, *, language: Language = "ko", format: Format = "text", paths: int = 8, digits: int = 6
) -> Explanation:
    """Explain ∂value/∂x: the paths from the value back to x, the local derivatives along each, and the sum.

    No backward pass is needed, and gradients stay as they are.

    Args:
        value: what is differentiated.
        x: with respect to what: any value of its graph, or another one (the derivative is 0).
        language: Korean (``"ko"``) or English (``"en"``).
        format: what ``str()`` gives: ``"text"``, ``"markdown"`` or ``"latex"``.
        paths: how many paths are listed at the most; the others are counted, and are in the sum.
        digits: significant digits of the numbers.

    Raises:
        TypeError: if ``x`` is no Value.
        ValueError: if an option is unknown.

    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> z = x * y
    >>> z.name = "z"
    >>> print(explain(z, x, language="en"))
    z = x × y = 6
    <BLANKLINE>
    The derivative of z with respect to x. There is one path from z back to x: z → x. Multiply the local \
derivatives along it.
    <BLANKLINE>
      operation         equation       local derivative
      start             z              ∂z/∂z = 1
      × multiplication  z = x × y = 6  ∂z/∂x = y = 3
    <BLANKLINE>
    ∂z/∂x = 1 × 3 = 3
    <BLANKLINE>
    If x rises a little, z rises 3 times as much.
    """
    if not isinstance(x, Value):
        raise TypeError(f"explain() needs a Value, not the {type(x).__name__} {shown(x)}")
    check(language=language, format=format, paths=paths, digits=digits)
    web = Paths(value, x)
    listed = tuple(islice(web, paths)) if web.count else ()
    derivative = adjoints([value], [1.0])[x] if web.count else 0.0
    parts = _Writer(web, listed, derivative, language, digits).parts()
    return Explanation(derivative, web.count, listed, format, tuple(parts))


def check(**options: object) -> None:
    """Refuse an option that is not possible.

    Raises:
        ValueError: if a language or format is unknown, or anything else no whole number from 1.

    >>> check(language="fr")
    Traceback (most recent call last):
    ValueError: language='fr' is unknown; choose one of 'ko', 'en'
    """
    for option, given in options.items():
        choices = {"language": LANGUAGES, "format": FORMATS}.get(option)
        if choices is None:
            if isinstance(given, bool) or not isinstance(given, int) or given < 1:
                raise ValueError(f"{option}={shown(given)} is not possible; expected a whole number from 1")
        elif given not in choices:
            raise ValueError(f"{option}={shown(given)} is unknown; choose one of {', '.join(map(repr, choices))}")


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────

# Korean particles change with the sound before them, so a name is followed only by those that don't (에, 에서,
# 까지, 의, 만큼) or by the word 값.
WORDS = {
    "ko": {
        "operation": "연산", "equation": "식", "local": "국소적 미분", "start": "시작",
        "one": "{x}에 대한 {y}의 미분입니다. {y}에서 {x}까지 길은 하나입니다: {chain}. 길을 따라 국소적 미분을 곱합니다.",
        "many": "{x}에 대한 {y}의 미분입니다. {y}에서 {x}까지 길은 {count}개입니다. "
                "길마다 국소적 미분을 곱하고, 그 곱을 모두 더합니다.",
        "marks": "①, ② …는 같은 값의 서로 다른 쓰임입니다.",
        "path": "길 {number}: {chain}",
        "product": "곱: ",
        "where": "여기서 ",
        "gap": "… {count}단계 …",
        "rest": "나머지 길 {count}개는 적지 않았지만 아래의 합에 들어 있습니다.",
        "about": "약 {number}",
        "kink": "{equation}: 꺾이는 점이라 미분이 정해지지 않습니다. 약속에 따라 {number}.",
        "nan": "nan: 0 × ∞, ∞ - ∞처럼 값이 정해지지 않는 계산이 들어 있습니다.",
        "same": "어떤 값이든 자기 자신에 대한 미분은 1입니다.",
        "constant": "상수 {x}에는 미분이 흐르지 않습니다. 그래서 0으로 봅니다.",
        "apart": "{y} 값은 {x} 값과 관계없이 계산됩니다. {x} 값이 변해도 {y} 값은 그대로이므로 미분은 0입니다.",
        "reversed": "거꾸로 {x} 값은 {y} 값에서 계산됩니다. {y}에 대한 {x}의 미분을 알고 싶다면 둘을 바꿔 보세요.",
        "up": "{x} 값이 아주 조금 오르면 {y} 값은 그 {times}배만큼 오릅니다.",
        "down": "{x} 값이 아주 조금 오르면 {y} 값은 그 {times}배만큼 내립니다.",
        "up once": "{x} 값이 아주 조금 오르면 {y} 값도 그만큼 오릅니다.",
        "down once": "{x} 값이 아주 조금 오르면 {y} 값은 그만큼 내립니다.",
        "flat": "{x} 값이 아주 조금 변해도 {y} 값은 거의 변하지 않습니다.",
    },
    "en": {
        "operation": "operation", "equation": "equation", "local": "local derivative", "start": "start",
        "one": "The derivative of {y} with respect to {x}. There is one path from {y} back to {x}: {chain}. "
               "Multiply the local derivatives along it.",
        "many": "The derivative of {y} with respect to {x}. There are {count} paths from {y} back to {x}. "
                "Multiply the local derivatives along each, then add the products.",
        "marks": "①, ② … are different uses of the same value.",
        "path": "Path {number}: {chain}",
        "product": "product: ",
        "where": "where ",
        "gap": "… {count} steps …",
        "rest": "Not listed: {count} more. They are in the sum below.",
        "about": "about {number}",
        "kink": "{equation}: this is a kink, where there is no derivative; by convention it is {number}.",
        "nan": "nan: something without a value has come in, such as 0 × ∞ or ∞ - ∞.",
        "same": "The derivative of any value with respect to itself is 1.",
        "constant": "No derivative flows to the constant {x}; it counts as 0.",
        "apart": "{y} is computed without {x}. Whatever {x} does, {y} stays as it is: the derivative is 0.",
        "reversed": "It is the other way round: {x} is computed from {y}. "
                    "For the derivative of {x} with respect to {y}, swap the two.",
        "up": "If {x} rises a little, {y} rises {times} times as much.",
        "down": "If {x} rises a little, {y} falls {times} times as much.",
        "up once": "If {x} rises a little, {y} rises just as much.",
        "down once": "If {x} rises a little, {y} falls just as much.",
        "flat": "If {x} changes a little, {y} hardly changes.",
    },
}  # fmt: skip


class _Writer:
    """Writes an explanation, part by part."""

    def __init__(self, web: Paths, listed: Sequence[Path], derivative: float, language: Language, digits: int) -> None:
        self.y, self.x, self.web, self.paths, self.derivative = web.value, web.x, web, listed, derivative
        self.language, self.digits = language, digits
        self.marks = _marks(listed, web.x)
        order = web.order if web.x in set(web.order) else [web.x, *web.order]
        self.notation = Notation(order, {web.value, web.x}, self.marks, digits)
        self.steps = [step for path in listed for step in _shortened(path.steps) if step]
        written = {web.value, web.x}.union(*(self.notation.operands(*step) for step in self.steps))
        for node in order:  # letters are given out in the order of computation
            if node in written:
                self.notation.label(node)
        on_path = {step.node for step in self.steps} | {web.value}
        self.aside = [node for node in order if node in written - on_path and self.notation.has_letter(node)]

    def parts(self) -> Iterator[Part]:
        """The explanation."""
        yield self._definition(self.y)
        if self.aside:
            yield prose.row(prose.words(self._say("where")), _joined([self._definition(v) for v in self.aside], ", "))
        if not self.web.count:
            yield from self._without_paths()
        elif self.y is self.x:
            yield self._say("same")
        elif self.web.count == 1:
            yield self._say("one", chain=self._chain(self.paths[0]))
            yield self._grid(self.paths[0])
        else:
            yield from self._several()
        yield from self._kinks()
        yield self._conclusion()
        if self.web.count and self.y is not self.x:
            yield from self._meaning()

    def _say(self, what: str, **filling: str) -> str:
        """A sentence about y and x."""
        names = {"y": self.notation.name(self.y).text, "x": self.notation.name(self.x).text}
        return WORDS[self.language][what].format(**names, **filling)

    def _figure(self, number: float) -> Formula:
        return prose.figure(number, self.digits)

    def _definition(self, node: Value) -> Formula:
        """A value written out, and its number: z = (x + y) ** 2 = 25."""
        name, number = self.notation.name(node), self._figure(node.data)
        if node.op is None:
            return prose.equation(name, number)
        is_small = len(self.web.order) <= SMALL
        written = self.notation.expression(node, {self.x}) if is_small else None
        if written is None and node is self.y:
            written = self.notation.operation(node, *(self.steps[0].place for _ in self.steps[:1]))
        return prose.equation(name, written or number, number)

    # ── Paths ─────────────────────────────────────────────────────────────────────────────────────────

    def _several(self) -> Iterator[Part]:
        marks = f" {self._say('marks')}" if self.marks else ""
        yield self._say("many", count=self._tally(self.web.count)) + marks
        for number, path in enumerate(self.paths, 1):
            yield self._say("path", number=str(number), chain=self._chain(path))
            yield self._grid(path)
            yield prose.row(prose.words(self._say("product")), self._product(path))
        if rest := self.web.count - len(self.paths):
            yield self._say("rest", count=self._tally(rest))

    def _tally(self, count: int) -> str:
        """How many: exactly while that can be read."""
        if count < 10**12:
            return f"{count:,}"
        mantissa, exponent = f"{Decimal(count):.2e}".split("e+")
        power = exponent.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return self._say("about", number=f"{mantissa} × 10{power}")

    def _chain(self, path: Path) -> str:
        """The values along a path: z → t → x."""
        names = [self.notation.operand(*step).text for step in path.steps if step in set(self.steps)]
        stops = [self.notation.name(self.y).text, *names]
        if len(path.steps) > LONGEST:
            stops[4:-3] = ["…"]
        return " → ".join(stops)

    def _grid(self, path: Path) -> Grid:
        """A line for each step: the operator, what it computed, and its local derivative."""
        y = self.notation.name(self.y)
        rows: list[list[Cell]] = [
            [self._say("start"), y, prose.equation(prose.fraction(y, y), self._figure(1.0))]
        ]
        for step in _shortened(path.steps):
            if step is None:
                rows.append([self._say("gap", count=f"{len(path.steps) - LONGEST:,}"), "", ""])
            else:
                rows.append([self._operator(step), self._equation(step), self._local(step)])
        return Grid([self._say("operation"), self._say("equation"), self._say("local")], rows)

    def _operator(self, step: Step) -> str:
        assert step.node.op is not None
        op = step.node.op
        name = op.ko if self.language == "ko" else op.en
        return name if name == op.symbol else f"{op.symbol} {name}"

    def _equation(self, step: Step) -> Formula:
        return prose.equation(self.notation.equation(*step), self._figure(step.node.data))

    def _local(self, step: Step) -> Formula:
        """A local derivative as formula and number: ∂t/∂x = 2x = 6."""
        return self.notation.local_equation(*step, step.local)

    def _product(self, path: Path) -> Formula:
        """The product of the local derivatives along a path: 1 × 1.1 × 2 = 2.2."""
        factors = [None if step is None else step.local for step in _shortened(path.steps)]
        return prose.equation(self._chained([1.0, *factors], " × "), self._figure(path.product))

    def _chained(self, numbers: Sequence[float | None], sign: str) -> Formula:
        written = [prose.row("…") if n is None else prose.factor(n, self.digits) for n in numbers]
        return _joined(written, sign)

    # ── What comes of it ──────────────────────────────────────────────────────────────────────────────

    def _without_paths(self) -> Iterator[str]:
        if self.x.__class__ is Constant and self.x in set(self.web.order):
            yield self._say("constant")
        else:
            yield self._say("apart")
            if Paths(self.x, self.y).count:
                yield self._say("reversed")

    def _kinks(self) -> Iterator[str]:
        for step in dict.fromkeys(self.steps):
            if is_at_kink(step.node):
                equation = self.notation.equation(*step).text
                yield self._say("kink", equation=equation, number=self._figure(step.local).text)

    def _conclusion(self) -> Formula:
        """The last line of the calculation: ∂z/∂x = 1 × 1.1 × 2 = 2.2, or the sum of the products."""
        slope = prose.fraction(self.notation.name(self.y), self.notation.name(self.x))
        whole = self._figure(self.derivative)
        if self.web.count == 1 and self.paths[0].steps:
            return prose.equation(slope, self._product(self.paths[0]))
        if self.web.count < 2:
            return prose.equation(slope, whole)
        products: list[float | None] = [path.product for path in self.paths]
        terms = _shortened(products) + [None] * (self.web.count > len(self.paths))
        return prose.equation(slope, self._chained(terms, " + "), whole)

    def _meaning(self) -> Iterator[str]:
        """What the derivative says about a small change."""
        slope = self.derivative
        if slope != slope:
            yield self._say("nan")
        elif slope - slope == 0 and not any(is_at_kink(step.node) for step in self.steps):
            way = "flat" if slope == 0 else "up" if slope > 0 else "down"
            times = numeral(abs(slope), self.digits)
            yield self._say(f"{way} once" if times == "1" else way, times=times)


def _joined(formulas: Sequence[Formula], sign: str) -> Formula:
    parts: list[Formula | str] = [formulas[0]]
    for formula in formulas[1:]:
        parts += [sign, formula]
    return prose.row(*parts)


def _shortened(things: Sequence[T]) -> list[T | None]:
    """The first and the last of many things, with None in the middle."""
    if len(things) <= LONGEST:
        return list(things)
    return [*things[: LONGEST // 2], None, *things[-LONGEST // 2 :]]


def _marks(paths: Sequence[Path], x: Value) -> dict[tuple[Value, int], int]:
    """Numbers for operands that would be mistaken for each other: the uses of x, and twins in one operation."""
    ends = dict.fromkeys(tuple(path.steps[-1]) for path in paths if path.steps)
    marks = {edge: number for number, edge in enumerate(ends, 1)} if len(ends) > 1 else {}
    for node in {step.node for path in paths for step in _shortened(path.steps) if step}:
        for k, parent in enumerate(node.parents):
            twins = 
    return marks
