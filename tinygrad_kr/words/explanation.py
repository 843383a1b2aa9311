"""The chain rule in words: how a derivative comes about along the paths of a graph.

∂y/∂x is the sum, over all paths from y back to x, of the product of the local derivatives along the path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import prod
from typing import TypeVar

from ..engine.conditions import at_kink
from ..engine.graph import adjoints
from ..engine.value import Constant, Value
from ..text.numerals import numeral, shown
from ..text.options import Format, Language, check
from ..text.phrases import say, tally
from . import prose
from .mathtext import Box, Word, joined, text
from .notation import Notation
from .paths import Path, Paths, Step
from .prose import Cell, Document, Grid, Paragraph, Part

__all__ = ["Explanation", "explain"]

T = TypeVar("T")

LONGEST = 12
"""A path with more steps, and a sum with more terms, is written with an ellipsis in the middle."""

SMALL = 2000
"""In a graph with more nodes than this, values are not written out as expressions."""


@dataclass(frozen=True, repr=False)
class Explanation(Document):
    """How ∂value/∂x comes about. Made by ``value.explain(x)``; it prints as what it says.

    Attributes:
        derivative: ∂value/∂x.
        count: how many paths lead from the value back to x.
        paths: those that are listed.
        format: what ``str()`` gives, ``"text"``, ``"markdown"`` or ``"latex"``.

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

    def __str__(self) -> str:
        return {"text": self.text, "markdown": self.markdown, "latex": self.latex}[self.format]()

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
        TypeError: if ``value`` or ``x`` is not a Value.
        ValueError: if an option is unknown.

    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> z = x * y
    >>> z.name = "z"
    >>> print(explain(z, x, language="en"))
    z = x × y = 6
    <BLANKLINE>
    This is the derivative of z with respect to x.
    There is one path from z back to x: z → x.
    Multiply the local derivatives along it.
    <BLANKLINE>
      operation         equation       local derivative
      start             z              ∂z/∂z = 1
      × multiplication  z = x × y = 6  ∂z/∂x = y = 3
    <BLANKLINE>
    ∂z/∂x = 1 × 3 = 3
    <BLANKLINE>
    If x rises a little, z rises 3 times as much.
    """
    for given in (value, x):
        if not isinstance(given, Value):
            raise TypeError(f"explain() needs a Value, not the {type(given).__name__} {shown(given)}")
    check(language=language, format=format, paths=paths, digits=digits)
    web = Paths(value, x)
    listed = tuple(islice(web, paths)) if web.count else ()
    derivative = adjoints([value], [1.0])[x] if web.count else 0.0
    parts = _Writer(web, listed, derivative, language, digits).parts()
    return Explanation(derivative, web.count, listed, format, tuple(parts))


# ── Writing it ────────────────────────────────────────────────────────────────────────────────────────


class _Writer:
    """Writes an explanation, part by part."""

    def __init__(self, web: Paths, listed: Sequence[Path], derivative: float, language: Language, digits: int) -> None:
        self.y, self.x, self.web, self.paths, self.derivative = web.value, web.x, web, listed, derivative
        self.language, self.digits = language, digits
        self.marks = _marks(listed)
        self.steps = _written_steps(listed)
        order = web.order if web.x in set(web.order) else [web.x, *web.order]
        self.notation = Notation(order, {web.value, web.x}, self.marks, digits)
        written = {web.value, web.x}.union(*(self.notation.operands(*step) for step in self.steps))
        for node in order:  # letters are given out in the order of computation
            if node in written:
                self.notation.label(node)
        on_path = {step.node for path in listed for step in path.steps} | {web.value}
        self.aside = [node for node in order if node in written - on_path and self.notation.has_letter(node)]

    def parts(self) -> Iterator[Part]:
        """The explanation."""
        yield self._definition(self.y)
        if not self.web.count:
            yield from self._without_paths()
        elif self.y is self.x:
            yield self._say("same")
        elif self.web.count == 1:
            chain = self._chain(self.paths[0])
            yield Paragraph([[self._say("title")], [self._say("one"), chain, "."], [self._say("multiply")]])
            yield self._grid(self.paths[0])
        else:
            yield from self._several()
        if self.aside:
            yield Paragraph([[self._say("where"), joined([self._definition(node) for node in self.aside], ", ")]])
        yield from self._kinks()
        yield self._conclusion()
        if self.web.count and self.y is not self.x:
            yield from self._meaning()

    def _say(self, what: str, **filling: str) -> str:
        """A sentence about y and x."""
        names = {"y": text(self.notation.name(self.y)), "x": text(self.notation.name(self.x))}
        return say(self.language, what, **names, **filling)

    def _figure(self, number: float) -> Box:
        return prose.figure(number, self.digits)

    def _definition(self, node: Value) -> Box:
        """A value written out, and its number: z = (x + y)² = 25."""
        name, number = self.notation.name(node), self._figure(node.data)
        if node.op is None:
            return prose.equation(name, number)
        focus = next((step.place for step in self.steps if step.node is node), 0)
        is_small = len(self.web.order) <= SMALL
        written = self.notation.expression(node, {self.x}, focus) if is_small else None
        if written is None and node is self.y:
            written = self.notation.operation(node, focus)
        return prose.equation(name, written or number, number)

    # ── Paths ─────────────────────────────────────────────────────────────────────────────────────────

    def _several(self) -> Iterator[Part]:
        many = self._say("many", count=tally(self.web.count, self.language))
        yield Paragraph([[self._say("title")], [many], [self._say("add")], *self._uses()])
        for number, path in enumerate(self.paths, 1):
            yield Paragraph([[self._say("path", number=str(number)), self._chain(path)]])
            yield self._grid(path)
            yield Paragraph([[self._say("product"), self._product(path)]])
        if rest := self.web.count - len(self.paths):
            yield self._say("rest", count=tally(rest, self.language))

    def _uses(self) -> Iterator[list[Cell]]:
        """What the numbers at the names mean, where there are any."""
        if self.marks:
            uses = {text(use): use for use in (self.notation.operand(*edge) for edge in self.marks)}
            few = [*uses.values()][:4] + [Word("…")] * (len(uses) > 4)
            yield [joined(few, ", "), self._say("marks")]

    def _chain(self, path: Path) -> Box:
        """The values along a path: z → t → x."""
        stops = [self.notation.operand(*step) if step else Word("…") for step in _shortened(path.steps)]
        return joined([self.notation.name(self.y), *stops], " → ")

    def _grid(self, path: Path) -> Grid:
        """A line for each step: the operator, what it computed, and its local derivative."""
        y = self.notation.name(self.y)
        rows: list[list[Cell]] = [[self._say("start"), y, prose.equation(prose.fraction(y, y), self._figure(1.0))]]
        for step in _shortened(path.steps):
            if step is None:
                rows.append([self._say("gap", count=f"{len(path.steps) - LONGEST:,}"), "", ""])
            else:
                equation = prose.equation(self.notation.equation(*step), self._figure(step.node.data))
                rows.append([self._operator(step), equation, self.notation.local_equation(*step)])
        return Grid([self._say("operation"), self._say("equation"), self._say("local")], rows)

    def _operator(self, step: Step) -> str:
        assert step.node.op is not None
        op = step.node.op
        name = op.ko if self.language == "ko" else op.en
        return name if name == op.symbol else f"{op.symbol} {name}"

    def _product(self, path: Path) -> Box:
        """The product of the local derivatives along a path: 1 × 1.1 × 2 = 2.2."""
        factors = [None if step is None else step.local for step in _shortened(path.steps)]
        return prose.equation(self._chained([1.0, *factors], " × "), self._figure(path.product))

    def _chained(self, numbers: Sequence[float | None], sign: str) -> Box:
        written = [Word("…") if n is None else prose.factor(n, self.digits) for n in numbers]
        return joined(written, sign)

    # ── What comes of it ──────────────────────────────────────────────────────────────────────────────

    def _without_paths(self) -> Iterator[str]:
        if self.x.__class__ is Constant and self.x in set(self.web.order):
            yield self._say("constant")
        else:
            yield self._say("apart")
            if Paths(self.x, self.y).count:
                yield self._say("reversed")

    def _kinks(self) -> Iterator[str]:
        for step in self.steps:
            if at_kink(step.node):
                equation = text(self.notation.equation(*step))
                yield self._say("kink", equation=equation, number=text(self._figure(step.local)))
        if any(path.product == 0 and prod(step.local for step in path.steps) != 0 for path in self.paths):
            yield self._say("closed")

    def _conclusion(self) -> Box:
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
        elif slope - slope == 0 and not any(map(at_kink, self.web.leading - {self.x})):
            way = "flat" if slope == 0 else "up" if slope > 0 else "down"
            times = numeral(abs(slope), self.digits)
            yield self._say(f"{way} once" if times == "1" else way, times=times)


def _shortened(things: Sequence[T]) -> list[T | None]:
    """The first and the last of many things, with None in the middle."""
    if len(things) <= LONGEST:
        return list(things)
    return [*things[: LONGEST // 2], None, *things[-LONGEST // 2 :]]


def _marks(paths: Sequence[Path]) -> dict[tuple[Value, int], int]:
    """Numbers for operands that would be mistaken for each other: the uses of x, and twins in one operation."""
    uses = dict.fromkeys(path.steps[-1] for path in paths if path.steps)
    marks: dict[tuple[Value, int], int] = {use: number for number, use in enumerate(uses, 1)} if len(uses) > 1 else {}
    for step in _written_steps(paths):
        twins = [k for k, parent in enumerate(step.node.parents) if parent is step.operand]
        if len(twins) > 1 and step not in marks:
            marks |= {(step.node, k): number for number, k in enumerate(twins, 1)}
    return marks


def _written_steps(paths: Sequence[Path]) -> list[Step]:
    return list(dict.fromkeys(step for path in paths for step in _shortened(path.steps) if step))
