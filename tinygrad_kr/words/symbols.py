"""Expressions as people write them: sums of products, with their factors collected.

Signs cancel, y·y becomes y², a factor 1 disappears, and a product that is some value's definition is
written by that value's name. From the table's formulas this gives the expression of every value in a
graph, the local derivatives, and the derivatives that flow back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import pi, prod
from typing import TypeAlias

from ..engine import ieee
from ..engine.formula import Fold, arity, parse
from ..engine.kernels import Kernel
from ..engine.ops import Op
from ..text.numerals import numeral
from . import mathtext
from .mathtext import Both, Box, Fence, Over, Root, Row, Script, Word

__all__ = [
    "Call", "Definitions", "Derivative", "Expression", "Factor", "Factors", "Group", "Name", "Power", "add_all", "call",
    "constants_beside", "derivative", "interpret", "multiply_all", "name", "number", "numerically", "power",
]  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A named value; ``id`` tells values of one name apart."""

    label: str
    id: int = 0


@dataclass(frozen=True)
class Derivative:
    """The fraction ∂top/∂bottom as one factor."""

    top: str
    bottom: str


@dataclass(frozen=True)
class Call:
    """A function of expressions: exp(−x), or one of the results of softmax(x, y)."""

    function: str
    arguments: tuple[Expression, ...]
    place: int | None = None


@dataclass(frozen=True)
class Power:
    """A power whose exponent is no whole number."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True)
class Group:
    """A sum as a factor: (1 + exp(−x))."""

    inside: Expression


Factor: TypeAlias = Name | Derivative | Call | Power | Group
Factors: TypeAlias = tuple[tuple[Factor, int], ...]


@dataclass(frozen=True)
class Expression:
    """A sum of terms; a term is a number times factors with whole exponents.

    >>> x, y = name("x"), name("y")
    >>> str(x * y * y * number(-1)), str(x - x), str((x + y) * (x + y)), str(number(1) / (x + number(1)))
    ('-xy²', '0', '(x+y)²', '1/(x+1)')
    """

    terms: tuple[tuple[float, Factors], ...]

    def __str__(self) -> str:
        return mathtext.text(self.box)

    @cached_property
    def box(self) -> Box:
        """The expression as boxes, its numbers with six digits."""
        return self.written(lambda number: numeral(number, 6))

    def written(self, write: Callable[[float], str]) -> Box:
        """The expression as boxes.

        Args:
            write: how its numbers are written.

        >>> mathtext.text((number(1 / 3) * name("x")).written(lambda number: f"{number:.2f}"))
        '0.33x'
        """
        return _Setter(write).sum(self)

    @property
    def value(self) -> float | None:
        """The number, where the expression is one."""
        if not self.terms:
            return 0.0
        return self.terms[0][0] if len(self.terms) == 1 and not self.terms[0][1] else None

    def __add__(self, other: Expression) -> Expression:
        return _collected(self.terms + other.terms)

    def __neg__(self) -> Expression:
        return Expression(tuple((-coefficient, factors) for coefficient, factors in self.terms))

    def __sub__(self, other: Expression) -> Expression:
        return self + -other

    def __mul__(self, other: Expression) -> Expression:
        if _stays_whole(self, other) or _stays_whole(other, self):
            return _times(self.as_factor(), other.as_factor())
        # A term times a sum: a number or a product goes into every term.
        products = [_times(Expression((a,)), Expression((b,))) for a in self.terms for b in other.terms]
        return add_all(products)

    def __pow__(self, exponent: int) -> Expression:
        if exponent == 0:
            return number(1)
        base = self if len(self.terms) <= 1 else self.as_factor()
        if not base.terms:
            return base if exponent > 0 else Expression(((float("inf"), ()),))
        coefficient, factors = base.terms[0]
        return Expression(((ieee.power(coefficient, exponent), tuple((f, e * exponent) for f, e in factors)),))

    def __truediv__(self, other: Expression) -> Expression:
        both_sums = len(self.terms) > 1 and len(other.terms) > 1
        return (self.as_factor() if both_sums else self) * other**-1

    @property
    def factor(self) -> Factor | None:
        """What stands for the expression as one factor; None for a number, and for a product of several."""
        match self.as_factor().terms:
            case ((1.0, ((factor, 1),)),):
                return factor
        return None

    def as_factor(self) -> Expression:
        """A sum as one factor in parentheses; anything else as it is."""
        return self if len(self.terms) == 1 else Expression(((1.0, ((Group(self), 1),)),))

    def names(self) -> set[str]:
        """What the named values in it are called.

        >>> sorted((name("x") * call("exp", name("y") + number(1))).names())
        ['x', 'y']
        """
        found: set[str] = set()
        waiting: list[Expression] = [self]
        while waiting:
            for _, factors in waiting.pop().terms:
                for factor, _ in factors:
                    match factor:
                        case Name(label, _):
                            found.add(label)
                        case Call(arguments=arguments):
                            waiting += arguments
                        case Power(base, exponent):
                            waiting += [base, exponent]
                        case Group(inside):
                            waiting.append(inside)
        return found

    def rewritten(self, definitions: Definitions) -> Expression:
        """The expression with its products in the simplest form that some definitions allow.

        >>> d = name("x") + number(1)
        >>> one = (number(1) / d / name("y")).terms[0][1]
        >>> str((number(-1) / d / d).rewritten(Definitions([one])))
        '-y²'
        """
        return add_all(Expression(((c, _rewrite(factors, definitions)),)) for c, factors in self.terms)


class Definitions:
    """Products that equal 1, such as e·S⁻¹·y⁻¹ for y = e / S; the last ones first.

    Args:
        products: the definitions to begin with.
    """

    def __init__(self, products: Iterable[Factors] = ()) -> None:
        self._products: list[Factors] = []
        self._with: dict[Factor, list[int]] = {}
        for product in products:
            self.add(product)

    def add(self, product: Factors) -> None:
        """Add a definition."""
        for factor, _ in product:
            self._with.setdefault(factor, []).append(len(self._products))
        self._products.append(product)

    def touching(self, factors: Iterable[Factor]) -> list[Factors]:
        """The definitions that have one of these factors."""
        places = {place for factor in factors for place in self._with.get(factor, ())}
        return [self._products[place] for place in sorted(places, reverse=True)]


def add_all(terms: Iterable[Expression]) -> Expression:
    """The sum of expressions.

    >>> str(add_all([name("x"), name("y"), name("x")]))
    '2x+y'
    """
    return _collected(term for expression in terms for term in expression.terms)


def _collected(terms: Iterable[tuple[float, Factors]]) -> Expression:
    """The sum of terms, like ones added up."""
    coefficients: dict[frozenset[tuple[Factor, int]], float] = {}
    order: dict[frozenset[tuple[Factor, int]], Factors] = {}
    for coefficient, factors in terms:
        key = frozenset(factors)
        order.setdefault(key, factors)
        coefficients[key] = coefficients.get(key, 0.0) + coefficient
    return Expression(tuple((c, order[key]) for key, c in coefficients.items() if c != 0))


def multiply_all(factors: Iterable[Expression]) -> Expression:
    """The product of expressions.

    >>> str(multiply_all([name("x"), name("y"), name("x")]))
    'x²y'
    """
    return prod(factors, start=number(1))


def _stays_whole(total: Expression, other: Expression) -> bool:
    """Whether a sum is not multiplied out: another sum, or a power of this one, is its factor."""
    powers = (factor for _, factors in other.terms for factor, _ in factors if isinstance(factor, Power))
    return len(total.terms) > 1 and (len(other.terms) > 1 or any(factor.base == total for factor in powers))


def _times(a: Expression, b: Expression) -> Expression:
    """The product of two single terms."""
    (ca, fa), (cb, fb) = a.terms[0], b.terms[0]
    exponents = dict(fa)
    for factor, exponent in fb:
        exponents[factor] = exponents.get(factor, 0) + exponent
    gathered = _gathered(exponents)
    rest = tuple((f, e) for f, e in exponents.items() if e)
    return prod(gathered, start=Expression(((ca * cb, rest),))) if ca * cb else Expression(())


def _gathered(exponents: dict[Factor, int]) -> list[Expression]:
    """The powers of one base that a product has, as one power of each: x·x^(w−1) is xʷ. They are taken out of it."""
    gathered = []
    for base in dict.fromkeys(factor.base for factor in exponents if isinstance(factor, Power)):
        raised: dict[Factor, Expression] = {f: f.exponent for f in exponents if isinstance(f, Power) and f.base == base}
        raised |= {f: number(1) for f in exponents if f == base.factor}
        if len(raised) > 1:
            gathered.append(power(base, add_all(number(exponents.pop(f)) * exponent for f, exponent in raised.items())))
    return gathered


def _rewrite(factors: Factors, definitions: Definitions) -> Factors:
    """Multiply by definitions, or divide, for as long as that makes a product simpler."""
    exponents = dict(factors)
    better = True
    while better:
        better = False
        for definition in definitions.touching(exponents):
            for sign in (1, -1):
                changed = dict(exponents)
                for factor, e in definition:
                    changed[factor] = changed.get(factor, 0) + sign * e
                changed = {factor: e for factor, e in changed.items() if e}
                if _effort(changed) < _effort(exponents):
                    exponents, better = changed, True
    return tuple(exponents.items())


def _effort(exponents: Mapping[Factor, int]) -> tuple[int, int]:
    """How much there is to read in a product: names are easy, functions and sums harder, divisors too."""
    effort = sum(abs(e) * (1 if isinstance(f, (Name, Derivative)) else 2) + (e < 0) for f, e in exponents.items())
    return effort, len(exponents)


def number(value: float) -> Expression:
    """A number.

    >>> str(number(2.0))
    '2'
    """
    return Expression(((value, ()),)) if value else Expression(())


def name(label: str, id: int = 0) -> Expression:
    """A named value; ``id`` tells values of one name apart.

    >>> str(name("x"))
    'x'
    """
    return Expression(((1.0, ((Name(label, id), 1),)),))


def derivative(top: str, bottom: str) -> Expression:
    """∂top/∂bottom as one factor.

    >>> str(derivative("L", "y") * name("y"))
    '∂L/∂y·y'
    """
    return Expression(((1.0, ((Derivative(top, bottom), 1),)),))


def call(function: str, *arguments: Expression, place: int | None = None) -> Expression:
    """A function of expressions.

    Args:
        function: its name.
        arguments: what it is of.
        place: which of its results, where it has several.

    >>> str(call("exp", -name("x"))), str(call("softmax", name("x"), name("y"), place=1))
    ('exp(-x)', 'softmax(x, y)[1]')
    """
    if function == "exp" and arguments[0].value == 0.0:
        return number(1)
    return Expression(((1.0, ((Call(function, arguments, place), 1),)),))


def power(base: Expression, exponent: Expression) -> Expression:
    """A power; whole exponents are collected.

    >>> x, y = name("x"), name("y")
    >>> str(power(x, number(2))), str(power(x, y)), str(x * power(x, y - number(1)))
    ('x²', 'xʸ', 'xʸ')
    """
    whole = exponent.value
    if whole is not None and abs(whole) < 100 and whole == int(whole):
        return base ** int(whole)
    return Expression(((1.0, ((Power(base, exponent), 1),)),))


# ── From the table's formulas ─────────────────────────────────────────────────────────────────────────


def interpret(
    formula: str,
    symbols: Mapping[str, Expression],
    numbers: Mapping[str, float],
    families: Mapping[str, Sequence[Expression]] | None = None,
) -> Expression:
    """A formula of the table on expressions.

    Args:
        formula: the formula.
        symbols: what its variables are called, and constants that are not written as usual.
        numbers: what they amount to; conditions are decided by these.
        families: what the operands of its families are called. With them arithmetic is worked out: 2(x + 1) becomes
            2x + 2, where a partial derivative stays as it is written.

    Raises:
        ValueError: if it has no closed form in these symbols.

    >>> str(interpret("1 if x > 0 else 0", {"x": name("x")}, {"x": 2.0}))
    '1'
    >>> str(interpret("-z / y", {"z": name("z"), "y": name("y")}, {}))
    '-z/y'
    >>> str(interpret("sum(x * y)", {}, {}, {"x": [name("a"), number(2)], "y": [name("b"), name("c")]}))
    'ab+2c'
    """
    return _Reader(symbols, numbers, families).fold(parse(formula))


def constants_beside(taken: Collection[str]) -> dict[str, Expression]:
    """Constants of the table that are written as numbers, since a value goes by their sign.

    Args:
        taken: what values are called.

    >>> {name: str(constant) for name, constant in constants_beside({"π", "x"}).items()}
    {'pi': '3.14159'}
    """
    return {"pi": number(pi)} if "π" in taken else {}


def _floor(x: Expression, y: Expression) -> Expression:
    if x.value is not None and y.value is not None:  # of which the quotient may round up: −3 // 0.3 is −11
        return number(ieee.floordiv(x.value, y.value))
    return call("floor", x / y)


_BINARY: dict[str, Callable[[Expression, Expression], Expression]] = {
    "+": Expression.__add__, "-": Expression.__sub__, "*": Expression.__mul__, "/": Expression.__truediv__, "**": power,
    "%": lambda x, y: call("mod", x, y), "//": _floor,
}  # fmt: skip


class _Reader(Fold[Expression]):
    """Reads a formula as an expression; what has no closed form is refused."""

    def __init__(
        self,
        symbols: Mapping[str, Expression],
        numbers: Mapping[str, float],
        operands: Mapping[str, Sequence[Expression]] | None,
    ) -> None:
        super().__init__([*operands] if operands else [])
        self.symbols, self.numbers, self.operands = symbols, numbers, operands

    def number(self, value: float) -> Expression:
        return number(value)

    def constant(self, name_: str) -> Expression:
        return self.symbols.get(name_) or name({"pi": "π", "inf": "∞"}[name_])

    def variable(self, name: str) -> Expression:
        if name not in self.symbols:
            raise ValueError(f"{name!r} has no closed form")
        return self.symbols[name]

    def chosen(self, name: str) -> Expression:
        return self.variable(f"{name}[k]")

    def negate(self, operand: Expression) -> Expression:
        return -operand

    def binary(self, sign: str, left: Expression, right: Expression) -> Expression:
        if self.operands is None and sign == "*" and left.terms and right.terms:  # y(1 − y) stays
            left, right = left.as_factor(), right.as_factor()
        return _BINARY[sign](left, right)

    def choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Expression:
        return self.fold(body if self.amount(test) else orelse)

    def application(self, name: str, arguments: list[ast.expr]) -> Expression:
        if name == "sign":
            return number(self.amount(ast.Call(ast.Name("sign", ast.Load()), arguments, [])))
        if len(arguments) != arity(name):
            raise ValueError(f"{name}({', '.join(map(ast.unparse, arguments))}) has no closed form")
        return call(name, *map(self.fold, arguments))

    def reduce(self, name: str, argument: ast.expr) -> Expression:
        return {"sum": add_all, "prod": multiply_all}[name](self.each(argument))

    def prod_of_others(self, argument: ast.expr) -> Expression:
        return self.variable("prod_of_others")

    def each(self, term: ast.expr) -> list[Expression]:
        """What a term is for every operand in turn."""
        operands = self.operands or {}
        rows = (dict(zip(operands, row)) for row in zip(*operands.values()))
        return [_Reader({**self.symbols, **known}, self.numbers, operands).fold(term) for known in rows]

    def amount(self, node: ast.expr) -> float:
        """The number that a condition, or a part without symbols, amounts to."""
        variables = tuple(sorted(self.numbers))
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id not in ieee.TOTAL}
        if used - {*variables, "pi", "inf"}:
            raise ValueError(f"{ast.unparse(node)!r} is not a number")
        formula = ast.unparse(node)
        if not isinstance(node, ast.Call):
            formula = f"1 if {formula} else 0"
        return numerically(formula, variables)(*(self.numbers[variable] for variable in variables))


@lru_cache(maxsize=512)
def numerically(formula: str, variables: tuple[str, ...]) -> Callable[..., float]:
    """A formula of the table as a function of numbers.

    >>> numerically("x - y", ("x", "y"))(3.0, 1.0)
    2.0
    """
    return Kernel(Op("formula", "", formula, (), "", "", variables)).forward


# ── Setting them ──────────────────────────────────────────────────────────────────────────────────────


class _Setter:
    """Sets expressions as boxes, with numbers written in one way."""

    def __init__(self, write: Callable[[float], str]) -> None:
        self.write = write

    def sum(self, expression: Expression) -> Box:
        """Terms with signs between them."""
        if (alone := expression.value) is not None:
            return Word(self.write(alone), "number")
        parts: list[Box] = []
        terms = expression.terms
        if terms[0][0] < 0:  # y − t reads better than −t + y
            terms = tuple(sorted(terms, key=lambda term: term[0] < 0))
        for place, (coefficient, factors) in enumerate(terms):
            if coefficient < 0:
                parts.append(Word("-"))
            elif place:
                parts.append(Word("+"))
            parts.append(self.term(abs(coefficient), factors))
        return _row(parts)

    def term(self, coefficient: float, factors: Factors) -> Box:
        """A product: derivatives first, the rest on one line; its divisors behind a slash, and in a page a fraction."""
        derivatives = [self.factor(f, e) for f, e in factors if isinstance(f, Derivative)]
        above = [self.factor(f, e) for f, e in factors if e > 0 and not isinstance(f, Derivative)]
        below = _spaced([self.factor(f, -e) for f, e in factors if e < 0 and not isinstance(f, Derivative)])
        scale: list[Box] = [Word(self.write(coefficient), "number")] if coefficient != 1 else []
        one: list[Box] = [Word("1", "number")]
        line = _spaced([*scale, *derivatives, *above]) or one
        if not below:
            return _row(line)
        fenced = below if len(below) == 1 else [Fence("(", _row(below), ")")]
        # ½ ∂L/∂x /a is read at once as ∂L/∂x times ½ over a.
        before, top = (scale + derivatives, above) if above and derivatives else (derivatives, scale + above)
        fraction = Over(_bare(_spaced(top) or one), _bare(below))
        return Both(_row([*line, Word("/"), *fenced]), _row([*_spaced(before), fraction]))

    def factor(self, factor: Factor, exponent: int) -> Box:
        """A factor and its exponent."""
        match factor:
            case Name(label, _):
                box = mathtext.name(label)
            case Derivative(top, bottom):
                box = Over(mathtext.row("∂", mathtext.name(top)), mathtext.row("∂", mathtext.name(bottom)))
            case Call("sqrt", (argument,)):
                box = Both(mathtext.row("√", self.fenced(argument)), Root(self.sum(argument)))
            case Call("abs", (argument,)) if "|" not in str(argument):
                box = Fence("|", self.sum(argument), "|")
            case Call(function, arguments, place):
                inside = Fence("(", mathtext.joined(map(self.sum, arguments), ", "), ")")
                called = Word(function, "function")
                box = mathtext.row(called, inside, *([] if place is None else [f"[{place}]"]))
            case Power(base, raised):
                box = Script(self.fenced(base, is_base=True), above=self.sum(raised))
            case Group(inside):
                box = Fence("(", self.sum(inside), ")")
        if exponent == 1:
            return box
        raised_by = Word(str(exponent), "number")
        match box:
            case Script(letter, index, None):
                return Script(letter, index, raised_by)
            case Script() | Over():  # (xʸ)², where xʸ² would be read otherwise
                return Script(Fence("(", box, ")"), above=raised_by)
        return Script(Fence("(", box, ")") if _is_root(factor) else box, above=raised_by)

    def fenced(self, expression: Expression, is_base: bool = False) -> Box:
        """What is under a root or raised to a power: in parentheses unless it is a single name, function or number."""
        box = self.sum(expression)
        match expression.terms:
            case ((coefficient, ()),):
                is_simple = coefficient >= 0 and not (is_base and "e" in self.write(coefficient))
            case ((1, ((factor, 1),)),):
                is_simple = not (isinstance(factor, (Power, Derivative)) or (is_base and _is_root(factor)))
            case _:
                is_simple = False
        return box if is_simple else Fence("(", box, ")")


def _row(parts: Sequence[Box]) -> Box:
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


def _bare(parts: Sequence[Box]) -> Box:
    """A side of a stacked fraction, where a sum needs no parentheses."""
    match _row(parts):
        case Fence("(", inside, ")"):
            return inside
        case box:
            return box


def _spaced(boxes: list[Box]) -> list[Box]:
    """Factors side by side, with a dot where two would run together."""
    spaced: list[Box] = []
    for box in boxes:
        if spaced and _runs_on(spaced[-1], box):
            spaced.append(Word("·"))
        spaced.append(box)
    return spaced


def _runs_on(left: Box, right: Box) -> bool:
    """Whether two factors side by side would be read otherwise: ab as one name, √x z as √(xz), x 2ʸ, 1e-7x, 2e."""
    before, after = mathtext.text(left), mathtext.text(right)
    is_letter = isinstance(left, Word) and left.style != "number"
    is_word = is_letter and re.match(r"[^\W\d]\w+\(", after) is not None  # z·log(x), where zlog(x) reads as one word
    is_long = isinstance(left, Word) and left.style == "number" and not re.fullmatch(r"[\d.]+", before)
    is_e = not is_letter and re.match(r"e(?![^\W\d])", after) is not None  # 2·e-7, where 2e-7 reads as one number
    is_open = before.startswith("√") or re.search(r"\^.$", before) is not None or is_long or is_e
    return _is_upright(left) or _is_upright(right) or is_word or is_open or after[0].isdigit()


def _is_upright(box: Box) -> bool:
    match box:
        case Script(base=base):
            return _is_upright(base)
        case Word(style=style):
            return style == "name"
        case Row(parts=parts):
            return bool(parts) and _is_upright(parts[0])
    return False


def _is_root(factor: Factor) -> bool:
    return isinstance(factor, Call) and factor.function == "sqrt"
