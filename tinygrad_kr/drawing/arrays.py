"""Arrays in pictures: **X**, **W** and **B** with their shapes, one wire each (figures 5-23 to 5-27).

The arrays that a graph was built from (``lifting.py``) are drawn as a graph of their own: every array has a twin,
a Value that stands for all of it, and the twins are drawn as any graph is, with symbols for labels. Under the
backward arrows stand the rules for arrays: ∂L/∂Y·Wᵀ, Xᵀ·∂L/∂Y, ∂L/∂Y ∘ relu′(A), and a sum over the axes along
which an operand was broadcast.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Literal, TypeAlias

from ..engine.blocks import Block
from ..engine.formula import Fold, parse
from ..engine.value import Constant, Value
from ..text.lettering import clipped, columns, printable
from ..text.numerals import numeral, shown
from ..words import mathtext
from ..words.mathtext import Box, Fence, Fit, Over, Row, Script, Stack, Word
from ..words.names import loss, numbered
from ..words.symbolic import read_seed, seed_symbol
from ..words.symbols import Expression, Factor, interpret, name, number
from .depict import depict
from .labels import Edge, Label, Labels
from .lifting import Array, Shape, lift
from .picture import NAME_COLUMNS, Badge, Direction, Note, Options, Picture

__all__ = ["depict_arrays"]

SHORT = 6
"""Columns of a name that may be written out in an expression over a wire."""

Term: TypeAlias = tuple[Box, bool]
"""A factor, and whether it is an array."""


Manner: TypeAlias = Literal[True, "numbered", "shapes"]


def depict_arrays(outputs: Sequence[Value], options: Options, manner: Manner = True) -> Picture:
    """The picture of a graph that was built from arrays of Values, with one wire for each array.

    Args:
        outputs: the Values at the right end.
        options: how to draw it; labels are symbols.
        manner: ``"numbered"`` where the backward arrows carry numbers, and the formulas stand below the picture;
            ``"shapes"`` for the matrix products alone, and how their shapes fit.

    Raises:
        ValueError: if there are no arrays in the graph (or matrix products), they can't be told apart, or ``options``
            ask for labels that arrays have not, or speak of a value that is not in the graph.

    >>> from tinygrad_kr import dot
    >>> X, W = Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W")
    >>> [wire.labels for wire in depict_arrays(list(dot(X, W)), Options()).wires]
    [('X (2,)', '∂L/∂Y·Wᵀ'), ('W (2,3)', 'Xᵀ·∂L/∂Y'), ('Y (3,)', '∂L/∂Y')]
    """
    if options.labels not in ("numbers", "symbols"):
        raise ValueError(
            f"labels={shown(options.labels)} is not for arrays, whose wires carry names and formulas; "
            "leave labels out, or leave arrays out"
        )
    arrays, array_of = lift(outputs)
    if all(len(array.nodes) == 1 for array in arrays):
        raise ValueError(
            "arrays=True draws graphs that were built from arrays of Values, and this graph has none; "
            "build it from Value.array(numbers, name='W'), or leave arrays out"
        )
    ends = list(dict.fromkeys(array_of[output] for output in outputs))
    labels = _ArrayLabels(arrays, ends, options, is_spelled=manner != "shapes")
    if manner == "shapes":
        wanted = None if options.wrt is None else {array_of[value] for value in options.wrt if value in array_of}
        return Picture(notes=[Note.of(fit) for fit in labels.fits(options.direction, wanted)])
    stand_in = {value: labels.twins[array] for value, array in array_of.items() if array in labels.twins}

    def twins_of(values: Iterable[Value]) -> list[Value]:
        return list(dict.fromkeys(stand_in.get(value, value) for value in values))

    options = replace(
        options,
        wrt=None if options.wrt is None else twins_of(options.wrt),
        quiz=options.quiz if isinstance(options.quiz, bool) else twins_of(options.quiz),
        around=None if options.around is None else twins_of([options.around])[0],
    )
    picture = depict([labels.twins[end] for end in labels.ends], options, labels)
    labels.finish(picture, manner == "numbered")
    return picture


class _Name(Label):
    """What an array is called."""

    array: Array

    @classmethod
    def of_array(cls, array: Array, box: Box) -> _Name:
        """The label that an array goes by."""
        label = cls.of(box)
        label.array = array
        return label


class _Rule(Label):
    """What flows back to operand ``k`` of an operation."""

    user: Array
    k: int

    @classmethod
    def of_use(cls, user: Array, k: int, box: Box) -> _Rule:
        """The label under a wire."""
        label = cls.of(box)
        label.user, label.k = user, k
        return label


class _ArrayLabels(Labels):
    """Names over the arrows, rules for arrays under them.

    Attributes:
        ends: the arrays at the right end.
        twins: the Value that stands for each array.
    """

    def __init__(
        self, arrays: Sequence[Array], ends: Sequence[Array], options: Options, is_spelled: bool = True
    ) -> None:
        self.ends = ends
        self._digits, self._grouping = options.digits, options.grouping
        self._users: dict[Array, list[tuple[Array, int]]] = {array: [] for array in arrays}
        for array in arrays:
            for k, use in enumerate(array.uses):
                self._users[use.array].append((array, k))
        written = {array for array in arrays if is_spelled and self._is_written_out(array)}
        self._names = _names([array for array in arrays if array not in written], ends, seed_symbol(options.seed))
        self._box: dict[Array, Box] = {}
        for array in arrays:
            self._box[array] = self._expression(array) if array in written else self._called(array)
        self._top, self._adjoint = self._seeds(options.seed)
        for array in reversed(arrays):
            if array not in self._adjoint:
                user = self._passed_by(array)
                self._adjoint[array] = _fraction(self._top, self._box[array]) if user is None else self._adjoint[user]
        self.twins = self._twins(arrays)
        self._array = {twin: array for array, twin in self.twins.items()}

    # ── Names ─────────────────────────────────────────────────────────────────────────────────────────

    def _passed_by(self, array: Array) -> Array | None:
        """The one operation that an array enters, where that passes the derivative on as it is."""
        if array in self.ends or len(self._users[array]) != 1:
            return None
        ((user, k),) = self._users[array]
        assert user.op is not None
        passes = not user.op.variadic and user.op.partials[user.uses[k].slot] == "1"
        return user if passes and user.uses[k].whole and user.shape == array.shape else None

    def _is_written_out(self, array: Array) -> bool:
        """Whether an array needs no letter, because nobody speaks of it and its expression is short: X·W."""
        if array.op is None or _given(array) is not None or self._passed_by(array) is None:
            return False
        is_call = len(array.op.inputs) == 1 and array.op.k is None
        is_short = all(use.whole and columns(_given(use.array) or "") <= SHORT for use in array.uses)
        return is_short and (array.product is not None or (is_call and len(array.uses) == 1 and not array.op.infix))

    def _expression(self, array: Array) -> Box:
        assert array.op is not None
        if array.product is not None:
            slots = array.product.left, array.product.right
            factors = [(self._operand(array, slot), array.product.is_turned(slot)) for slot in slots]
            return mathtext.joined((_turned(self._box[x], x.shape, turned)[0] for x, turned in factors), "·")
        return _call(array.op.name, self._box[array.uses[0].array])

    def _operand(self, array: Array, slot: int) -> Array:
        return next(use.array for use in array.uses if use.slot == slot)

    def _called(self, array: Array) -> Box:
        """An array by name, in bold; a single value in italics; a plain number as itself."""
        if array not in self._names:
            return Word(numeral(array.nodes[0].data, self._digits, self._grouping), "number")
        called = clipped(printable(self._names[array]), NAME_COLUMNS)
        return mathtext.name(called, "bold" if array.size > 1 else None)

    def _twins(self, arrays: Sequence[Array]) -> dict[Array, Value]:
        """A Value for each array, with the same operation on the twins of its operands."""
        twins: dict[Array, Value] = {}
        for array in arrays:
            called = self._names.get(array) if array.op is None or array in self.ends else None
            number = 0.0 if called else array.nodes[0].data
            parents = tuple(twins[use.array] for use in array.uses)
            twins[array] = (Constant if array.is_constant else Value).rebuild(number, called, None, array.op, parents)
        return twins

    # ── What depict() asks ────────────────────────────────────────────────────────────────────────────

    def value(self, node: Value) -> Label:
        """What an array is called."""
        return _Name.of_array(self._array[node], self._box[self._array[node]])

    def total(self, node: Value) -> Label:
        """The whole derivative of an array."""
        upstream = self._adjoint[self._array[node]]
        return Label.of(Word("1", "number") if upstream is None else upstream)

    def contribution(self, node: Value, k: int) -> Label:
        """The rule for operand ``k``."""
        return _Rule.of_use(self._array[node], k, self._rule(self._array[node], k))

    def through(self, block: Block, edges: Sequence[Edge], value: Value) -> Label:
        """What flows back through a block; twins have none."""
        raise AssertionError(block)

    def finish(self, picture: Picture, numbered: bool) -> None:
        """Write the shapes over the names, and numbers for the rules."""
        for wire in picture.wires:
            if isinstance(wire.value, _Name) and wire.value.array.size > 1:
                shape = Word(mathtext.shape(wire.value.array.shape), "number")
                wire.value = Label.of(Stack(self._box[wire.value.array], shape))
            if numbered and isinstance(wire.derivative, _Rule) and self._is_told(wire.derivative):
                note = self._note(wire.derivative, len(picture.notes) + 1)
                picture.notes.append(note)
                wire.derivative = Badge.of_note(note.number, wire.derivative)
        called = {printable(text): self._box[array] for array, text in self._names.items()}
        for part in picture.parts.values():
            if part.text and part.title in called:
                part.text = Label.of(called[part.title])

    def fits(self, direction: Direction, wanted: Collection[Array] | None) -> list[Fit]:
        """How the shapes fit in every matrix product forward, and in the rules for its operands backward.

        Args:
            direction: which of them.
            wanted: the arrays that rules are asked for; None for all.
        """
        products = [array for array in self._users if array.product and all(use.whole for use in array.uses)]
        if not products:
            raise ValueError(
                "arrays='shapes' draws the matrix products of a graph, and this graph has none; use arrays=True"
            )
        fits = []
        for array in products:
            assert array.product is not None
            slots = array.product.left, array.product.right
            if direction != "backward":
                factors = [(self._operand(array, slot), array.product.is_turned(slot)) for slot in slots]
                left, right = (_turned(self._box[x], x.shape, turned) for x, turned in factors)
                fits.append(Fit(left, right, (self._box[array], array.shape)))
            for slot in slots if direction != "forward" else ():
                operand = self._operand(array, slot)
                rule = self._matrix_rule(array, slot)
                if not operand.is_constant and len(rule) == 2 and (wanted is None or operand in wanted):
                    fits.append(Fit(rule[0], rule[1], (self._share(array, operand), operand.shape)))
        return fits

    def _share(self, user: Array, operand: Array) -> Box:
        """The derivative by an operand: of the one use of it that is meant, where it is used several times."""
        users = [other for other, _ in self._users[operand]]
        mark = "" if len(users) == 1 else numbered("", users.index(user) + 1)
        return _fraction(self._top, mathtext.row(self._box[operand], *([Word(mark, "name")] if mark else [])))

    def _is_told(self, rule: _Rule) -> bool:
        """Whether a rule gets a number: not where an expression such as X·W only passes a derivative on."""
        array = rule.user.uses[rule.k].array
        return array.op is None or self._passed_by(array) is None

    def _note(self, rule: _Rule, number: int) -> Note:
        """A rule as an equation, with the shapes of what is in it."""
        use = rule.user.uses[rule.k]
        is_sum = len(self._users[use.array]) > 1  # of which this is one contribution
        left: list[Box] = [] if is_sum else [_fraction(self._top, self._box[use.array]), Word(" = ")]
        shapes = mathtext.shape(use.array.shape) if use.array.size > 1 else ""
        if rule.user.product is not None and use.whole:
            factors = self._matrix_rule(rule.user, use.slot)
            shapes += f" = {'·'.join(mathtext.shape(shape) for _, shape in factors)}" if len(factors) > 1 else ""
        note = Note.of(Row((*left, self._rule(rule.user, rule.k))))
        note.number, note.shapes = number, shapes
        return note

    # ── Rules ─────────────────────────────────────────────────────────────────────────────────────────

    def _seeds(self, seed: str | None) -> tuple[str, dict[Array, Box | None]]:
        """What is differentiated, and what arrives from outside: ∂L/∂Y; None is 1, where the output is L itself."""
        inner = {use.array for array in self._users for use in array.uses}
        last = [end for end in self.ends if end not in inner]
        names = [*self._names.values()]
        if seed is None:
            is_top = len(self.ends) == 1 and self._names.get(last[0]) == "L"
            top = "L" if is_top else loss(names)
            return top, {end: None if is_top else _fraction(top, self._box[end]) for end in last}
        symbol = read_seed(seed, [name for array, name in self._names.items() if _given(array)])
        arriving = None if symbol.value == 1 else symbol.written(lambda amount: numeral(amount, self._digits))
        top = seed_symbol(seed)
        return top if top != seed.strip() else loss([*names, top]), dict.fromkeys(last, arriving)

    def _rule(self, user: Array, k: int) -> Box:
        """What flows back to operand ``k``."""
        use, op = user.uses[k], user.op
        assert op is not None
        if not all(other.whole for other in user.uses) and not (op.passes_on(use.slot) and use.whole):
            return self._chain(user, k)
        if user.product is not None:
            return mathtext.joined([box for box, _ in self._matrix_rule(user, use.slot)], "·")
        if op.vjp:
            known = {"u": self._upstream(user), "z": [self._term(user)]}
            return _product(_OfArrays(known, _sum(user.reduced, len(user.shape))).fold(parse(op.vjp)))
        return self._chain(user, k) if len(user.slots[0]) < len(op.inputs) else self._element_rule(user, k)

    def _term(self, array: Array) -> Term:
        return self._box[array], array.size > 1

    def _upstream(self, user: Array) -> list[Term]:
        upstream = self._adjoint[user]
        return [] if upstream is None else [(upstream, user.size > 1)]

    def _chain(self, user: Array, k: int) -> Box:
        """The chain rule itself, where there is no shorter form: ∂L/∂Y ∂Y/∂X."""
        local = Over(*(mathtext.row("∂", self._box[array]) for array in (user, user.uses[k].array)))
        upstream = self._adjoint[user]
        return local if upstream is None else mathtext.joined([upstream, local], " ")

    def _matrix_rule(self, user: Array, slot: int) -> list[tuple[Box, Shape]]:
        """Of Y = A·B: ∂L/∂A = ∂L/∂Y·Bᵀ and ∂L/∂B = Aᵀ·∂L/∂Y; the factors, with their shapes."""
        product, upstream = user.product, self._adjoint[user]
        assert product is not None
        a, b = self._operand(user, product.left), self._operand(user, product.right)
        is_left, is_turned = slot == product.left, product.is_turned(slot)
        other, other_slot = (b, product.right) if is_left else (a, product.left)
        factors = [] if upstream is None else [_turned(upstream, user.shape, is_turned)]
        # Where an operand enters transposed, the rule is transposed as a whole; two vectors have nothing to transpose.
        turned = product.is_turned(other_slot) == is_turned and len(a.shape) + len(b.shape) > 2
        factors.insert(len(factors) if is_left != is_turned else 0, _turned(self._box[other], other.shape, turned))
        if len((a if is_left else b).shape) == 2 and [len(shape) for _, shape in factors] == [1, 1]:
            (left, (rows,)), (right, (across,)) = factors
            return [(left, (rows, 1)), (right, (1, across))]
        return factors

    def _element_rule(self, user: Array, k: int) -> Box:
        """The table's local derivative, element by element, summed over the axes that were broadcast."""
        op, use = user.op, user.uses[k]
        assert op is not None
        arrays = {variable: self._operand(user, slot) for slot, variable in enumerate(op.variables)}
        arrays |= {op.variables[use.slot]: use.array, "z": user}
        plain = {variable: array.nodes[0].data for variable, array in arrays.items() if self._is_plain(array)}
        letters = {variable: chr(0xE000 + place) for place, variable in enumerate(arrays)}  # stand for the names
        symbols = {v: number(plain[v]) if v in plain else name(letters[v]) for v in arrays}
        terms = {letters[variable]: self._term(array) for variable, array in arrays.items()}
        u, sums = self._upstream(user), _sum(_broadcast(use.array.shape, user.shape), len(user.shape))
        if op.variadic:  # the result is smaller than the operand, and its derivative goes to every element
            terms["n"] = Word(str(len(user.slots[0][0])), "number"), False
            symbols |= {"n": name("n"), "prod_of_others": symbols["z"] / symbols[op.variables[0]]}
            sums = []
        try:
            local = interpret(op.shown_partials[use.slot], symbols, plain)
        except (ValueError, KeyError):  # it depends on where the values lie
            if len(op.inputs) > 1:
                return self._chain(user, k)
            slope = mathtext.row(Word(op.name, "function"), "′(", self._box[use.array], ")")
            return _product([*u, (slope, use.array.size > 1)], sums=sums)
        if len(local.terms) != 1:
            factor = _spelt(local.as_factor(), terms) if local.terms else (Word("0", "number"), False)
            return _product([*u, factor] if local.terms else [factor], sums=sums)
        ((coefficient, factors),) = local.terms
        scale = [(Word(numeral(abs(coefficient), self._digits), "number"), False)] if abs(coefficient) != 1 else []
        above, below = ([_spelt(_power(f, s * e), terms) for f, e in factors if s * e > 0] for s in (1, -1))
        if op.variadic and not any(is_array for _, is_array in above + below):
            is_array = use.array.size > 1
            ones = Word("1", "bold" if is_array else "number")
            above.append((Over(ones, _product(below)) if below else ones, is_array))
            below = []
        return _product([*scale, *u, *above], below, "-" if coefficient < 0 else "", sums)

    def _is_plain(self, array: Array) -> bool:
        """Whether an array is a number without a name."""
        return array.op is None and array not in self._names


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────

LOOSE = "XTCDEFG"
"""Letters for leaves without a name: data and targets, mostly."""

OUTPUTS = {True: "YOV", False: "Lez"}
"""Letters for arrays and for single values at the end."""

OPERATED, APPLIED, SINGLE = "AUV", "ZHQ", "sqr"
"""Letters for values in between: what operators make, what functions make, single values."""


def _names(arrays: Sequence[Array], ends: Sequence[Array], seed: str) -> dict[Array, str]:
    """What each array is called: by the name it was given, or a letter other than the seed. Numbers have no name."""
    given = {array: called for array in arrays if (called := _given(array)) is not None}
    names: dict[Array, str] = {}
    for called in dict.fromkeys(given.values()):
        namesakes = [array for array in given if given[array] == called and array.size > 1]
        names |= {array: called for array in given if given[array] == called}
        if len(namesakes) > 1 and "_" not in called:  # two layers may have a W each
            names |= {array: f"{called}_{k}" for k, array in enumerate(namesakes, 1)}
    taken = {re.sub(r"[^a-zA-Z].*", "", called) for called in (*given.values(), seed)}
    kinds: dict[str, list[Array]] = {}
    for array in [*ends, *(array for array in arrays if array not in ends)]:
        if array not in given and (letters := _letters(array, array in ends)):
            kinds.setdefault(letters, []).append(array)
    for letters, members in kinds.items():
        free = [letter for letter in letters if letter not in taken] or [letters[0] * 2]
        several = [f"{free[0]}_{k}" for k in range(1, len(members) + 1)]
        alone = len(members) == 1 or (letters == LOOSE and len(members) <= len(free))
        names |= dict(zip(members, free if alone else several))
    return names


def _given(array: Array) -> str | None:
    """The name that the user gave: an array's, or what the names of computed values have in common."""
    if array.op is None:
        return array.name or None
    called = {None if node.name is None else re.sub(r"\[[0-9, ]+\]$", "", node.name) for node in array.nodes}
    return (called.pop() or None) if len(called) == 1 else None


def _letters(array: Array, is_end: bool) -> str:
    """The letters an array may be called by; none for a plain number."""
    if is_end:
        return OUTPUTS[array.size > 1]
    if array.size == 1:
        return "" if array.is_constant else SINGLE
    if array.op is None:
        return LOOSE
    is_function = not array.op.infix and array.product is None and (not array.reduced or array.op.k is not None)
    return APPLIED if is_function else OPERATED


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────────────


def _fraction(top: str, bottom: Box) -> Box:
    return Over(mathtext.row("∂", mathtext.name(top)), mathtext.row("∂", bottom))


def _call(function: str, argument: Box) -> Box:
    return mathtext.row(Word(function, "function"), Fence("(", argument, ")"))


def _turned(box: Box, shape: Shape, is_turned: bool = True) -> tuple[Box, Shape]:
    """A factor of a matrix product and its shape, transposed or as it is."""
    if not is_turned or prod(shape) == 1:
        return box, shape[::-1] if is_turned else shape
    return Script(mathtext.row("(", box, ")") if isinstance(box, Over) else box, above=Word("T", "number")), shape[::-1]


def _product(factors: Sequence[Term], divisors: Sequence[Term] = (), sign: str = "", sums: Sequence[Box] = ()) -> Box:
    """A product, element by element between arrays (∘); what is no array comes first."""
    parts: list[Box] = [*([Word(sign)] if sign else []), *sums]
    for place, (box, is_array) in enumerate(ordered := sorted(factors, key=lambda factor: factor[1])):
        if place:
            parts.append(Word(" ∘ " if is_array and ordered[place - 1][1] else "·"))
        parts.append(box)
    if not factors:
        parts.append(Word("1", "number"))
    if divisors:
        below = _product(divisors)
        parts += [Word(" / "), below if len(divisors) == 1 else mathtext.row("(", below, ")")]
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


class _OfArrays(Fold[list[Term]]):
    """A formula on arrays, as the factors of a product.

    Args:
        known: what its variables are.
        sums: the sign of a sum.
    """

    def __init__(self, known: Mapping[str, list[Term]], sums: Sequence[Box]) -> None:
        super().__init__([*known])
        self.known, self.sums = known, sums

    def variable(self, name: str) -> list[Term]:
        return self.known[name]

    def binary(self, sign: str, left: list[Term], right: list[Term]) -> list[Term]:
        if sign == "*":
            return [self._closed(factor) for factor in left + right]
        return [(mathtext.row("(", _product(left), f" {sign} ", _product(right), ")"), True)]

    def reduce(self, name: str, argument: ast.expr) -> list[Term]:
        is_array = any(isinstance(sign, Script) for sign in self.sums)  # along an axis, a sum each
        return [(_product(self.fold(argument), sums=self.sums), is_array)]

    def call(self, name: str, arguments: list[list[Term]]) -> list[Term]:
        (argument,) = arguments
        return [(_call(name, _product(argument)), any(is_array for _, is_array in argument))]

    def _closed(self, factor: Term) -> Term:
        """A sum as a factor is in parentheses: it would go over what is multiplied behind it."""
        match factor:
            case Row((first, *_)) as box, is_array if first in self.sums:
                return mathtext.row("(", box, ")"), is_array
        return factor


def _broadcast(shape: Shape, result: Shape) -> tuple[int, ...]:
    """The axes of a result along which an operand of some shape was broadcast.

    >>> _broadcast((3,), (4, 3)), _broadcast((4, 1), (4, 3)), _broadcast((4, 3), (4, 3))
    ((0,), (1,), ())
    """
    padded = (1,) * (len(result) - len(shape)) + shape
    return tuple(axis for axis, (own, extent) in enumerate(zip(padded, result)) if own < extent)


def _sum(axes: Sequence[int], rank: int) -> list[Box]:
    """The sign of a sum over some axes of an array; of all of them it needs no subscript."""
    sigma = Word("Σ", "number")
    if not axes or len(axes) == rank:
        return [sigma] if axes else []
    return [
        Script(sigma, below=mathtext.row(Word("axis", "function"), Word(f" {', '.join(map(str, axes))}", "number")))
    ]


def _power(factor: Factor, exponent: int) -> Expression:
    return Expression(((1.0, ((factor, exponent),)),))


def _spelt(factor: Expression, terms: Mapping[str, Term]) -> Term:
    """A factor of a formula with the names for its letters, and whether there is an array among them."""
    is_array = any(is_array and letter in mathtext.text(factor.box) for letter, (_, is_array) in terms.items())
    return _renamed(factor.box, {letter: box for letter, (box, _) in terms.items()}), is_array


def _renamed(box: Box, names: Mapping[str, Box]) -> Box:
    """A box with other boxes for some of its words."""
    match box:
        case Word(text):
            return names.get(text, box)
        case Row(parts):
            return Row(tuple(_renamed(part, names) for part in parts))
        case Over(top, bottom):
            return Over(_renamed(top, names), _renamed(bottom, names))
        case Script(base, below, above):
            scripts = [None if script is None else _renamed(script, names) for script in (below, above)]
            return Script(_renamed(base, names), *scripts)
        case Stack(base, over):
            return Stack(_renamed(base, names), _renamed(over, names))
        case Fit():
            return box
        case _:
            return _renamed(mathtext.flat(box), names)
