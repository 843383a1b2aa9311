"""A graph in symbols: the expression of every value, local derivatives, and what flows back over each edge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from ..engine import ieee
from ..engine.blocks import Block
from ..engine.value import Constant, Value
from ..text.numerals import shown
from . import mathtext
from .names import called, letters, loss, numbered
from .operations import local, worked_out
from .symbols import (
    Definitions,
    Derivative,
    Expression,
    Factor,
    Factors,
    add_all,
    constants_beside,
    derivative,
    interpret,
    name,
    number,
)
from .uses import Uses

__all__ = ["Symbolic", "read_seed", "seed_symbol"]

LONGEST = 30
"""Expressions longer than this many characters go by a letter of their own (v₁, v₂ …)."""


class Symbolic:
    """The symbols of a graph.

    Args:
        outputs: the value at the end, or several.
        seed: what arrives from outside: a symbol (``"E"``), a derivative (``"∂L/∂y"``) or None for ∂L/∂output
            where the output has a name other than L, and 1 elsewhere.
        leaves: nodes that are taken as leaves, whatever they were computed from.
        shown: more values at the right end of a part, if it does not reach the outputs.

    Attributes:
        order: the nodes in topological order.
        letters: the expressions that go by a letter of their own.

    >>> x = Value(0.5, "x")
    >>> y = 1 / (1 + (-x).exp())
    >>> y.name = "y"
    >>> symbolic = Symbolic(y)
    >>> [str(symbolic.adjoint[node]) for node in y.parents[1].parents[1].parents]
    ['-∂L/∂y·y²exp(-x)']
    >>> str(symbolic.adjoint[x])
    '∂L/∂y·y²exp(-x)'
    """

    def __init__(
        self,
        outputs: Value | Sequence[Value],
        seed: str | None = None,
        leaves: Collection[Value] = (),
        shown: Sequence[Value] = (),
    ) -> None:
        self.outputs = [outputs] if isinstance(outputs, Value) else list(outputs)
        self.leaves = set(leaves)
        self._uses = Uses(self.outputs, self.leaves, shown)
        self.order = self._uses.order
        self.letters: dict[str, Expression] = {}
        self.value: dict[Value, Expression] = {}
        self._names = Counter(called(node, LONGEST) for node in self.order)
        self._symbols = constants_beside(self._names)
        taken = {*self._names, seed_symbol(seed)}
        self._free = letters("", "v", taken)
        self._is_loss = [called(end, LONGEST) for end in self._uses.ends] == ["L"]
        self._loss = "L" if self._is_loss else loss(taken)
        self._definitions = Definitions()
        for place, node in enumerate(self.order):
            self.value[node] = self._named(node, place)
        self._constants: dict[Factor, float] = {
            self.value[node].terms[0][1][0][0]: node.data
            for node in self.order
            if node.__class__ is Constant and called(node)
        }
        self.adjoint: dict[Value, Expression] = {}
        self._sweep(seed)

    # ── Forward ───────────────────────────────────────────────────────────────────────────────────────

    def _named(self, node: Value, place: int) -> Expression:
        """What a node is called in the expressions of others: by name, or written out while that is short."""
        if node.op is None or node in self.leaves:
            return self._name(node, place) if called(node) else number(node.data)
        expression = self.expression(node)
        if not called(node) and len(str(expression)) <= LONGEST:
            return expression
        if called(node):
            symbol = self._name(node, place)
        else:
            letter = next(self._free)
            self.letters[letter] = expression
            symbol = name(letter)
        if len(expression.terms) == 1 and expression.terms[0][0] == 1:
            self._definitions.add((expression / symbol).terms[0][1])
        return symbol

    def _name(self, node: Value, place: int) -> Expression:
        label = called(node, LONGEST)
        return name(label, place if self._names[label] > 1 else 0)

    def expression(self, node: Value) -> Expression:
        """A node in terms of its operands.

        >>> a, b = Value(2.0, "a"), Value(3.0, "b")
        >>> str(Symbolic(a * b).expression(a * b))
        'ab'
        """
        inputs = [self.value[parent] if parent in self.value else self._named(parent, 0) for parent in node.parents]
        assert node.op is not None
        return worked_out(node.op, inputs)

    # ── Backward ──────────────────────────────────────────────────────────────────────────────────────

    def _seed(self, seed: str | None, output: Value) -> Expression:
        if seed is not None:
            return read_seed(seed, self._names)
        label = called(output, LONGEST)
        return derivative(self._loss, label) if label and not self._is_loss else number(1)

    def _sweep(self, seed: str | None) -> None:
        self._arriving = {end: self._seed(seed, end) for end in self._uses.ends}
        sums = dict(self._arriving)
        for node in reversed(self.order):
            self.adjoint[node] = self._shortened(sums.get(node, number(0)), node)
            for k, parent in enumerate(self._uses.operands(node)):
                sums[parent] = self._settled(sums.get(parent, number(0)) + self.contribution(node, k))

    def _settled(self, expression: Expression) -> Expression:
        """Sums of constants that make 1 or 0 disappear: y₁t₁ + y₁t₂ is y₁ where t₁ + t₂ = 1."""
        groups: dict[Factors, list[tuple[float, Factors]]] = {}
        amounts: dict[Factors, float] = {}
        for coefficient, factors in expression.terms:
            rest = tuple((f, e) for f, e in factors if f not in self._constants)
            groups.setdefault(rest, []).append((coefficient, factors))
            for factor, e in factors:
                coefficient *= ieee.power(self._constants.get(factor, 1.0), e)
            amounts[rest] = amounts.get(rest, 0.0) + coefficient
        terms: list[tuple[float, Factors]] = []
        for rest, group in groups.items():
            is_done = len(group) > 1 and amounts[rest] in (1.0, -1.0, 0.0)
            terms += [(amounts[rest], rest)] if is_done else group
        return Expression(tuple(term for term in terms if term[0]))

    def _shortened(self, expression: Expression, node: Value) -> Expression:
        """An adjoint that is too long to read, or not all shown, goes by ∂L/∂node, or by E·∂y/∂node where E arrives."""
        if len(str(expression)) <= LONGEST + 10 and not self._uses.is_beyond(node):
            return expression
        bottom, ends = _end(self.value[node]), self._uses.led_to(node)
        tops = {self._top(end) for end in ends}
        if len(tops) == 1 and (top := tops.pop()):
            return derivative(top, bottom)
        return add_all(self._arriving[end] * derivative(self._called(end), bottom) for end in ends)

    def _top(self, end: Value) -> str | None:
        """What is differentiated, where the derivative by this end arrives."""
        match self._arriving[end].terms:
            case ((1.0, ((Derivative(top, bottom), 1),)),) if bottom == called(end, LONGEST):
                return top
        return None

    def _called(self, end: Value) -> str:
        """What an end is called at the top of a fraction."""
        alone = len(self._uses.ends) == 1
        return called(end, LONGEST) or (self._loss if alone else _end(self.value[end]))

    def local(self, node: Value, k: int) -> Expression:
        """∂node/∂operand k, as the table has it; the fraction itself where it has no closed form.

        >>> x, y = Value(2.0, "x"), Value(3.0, "y")
        >>> z = x / y
        >>> str(Symbolic(z).local(z, 1))
        '-x/y²'
        """
        parents = node.parents
        try:
            slope = local(node, k, lambda j: self.value[parents[j]], self.value[node], constants=self._symbols)
            return slope.rewritten(self._definitions)
        except ValueError:
            mark = self._uses.number(parents[k], (node, k), parents[:k] + parents[k + 1 :])
            return derivative(_end(self.value[node]), numbered(_end(self.value[parents[k]]), mark))

    def contribution(self, node: Value, k: int) -> Expression:
        """What flows back over one edge: the node's adjoint times the local derivative.

        >>> x = Value(3.0, "x")
        >>> y = x * x
        >>> y.name = "y"
        >>> str(Symbolic(y).contribution(y, 0))
        '∂L/∂y·x'
        """
        if node.parents[k].__class__ is Constant:
            return number(0)
        slope = self.local(node, k)
        if len(slope.terms) > 1:  # ∂L/∂y(1 − y²), as books write it, and not multiplied out
            slope = slope.as_factor()
        return (self.adjoint[node] * slope).rewritten(self._definitions)

    def through(self, block: Block, edges: Sequence[tuple[Value, int]], value: Value) -> Expression:
        """What flows back through a closed block to one of its inputs.

        Args:
            block: the block.
            edges: the edges inside it that start at the input.
            value: the input.

        Returns:
            The closed form that the block's author gave, times what arrives; otherwise the collected
            contributions of the edges.
        """
        ends = dict(zip(block.letters, (*block.inputs, *block.outputs)))
        if block.derivative and value in block.inputs and self.value.keys() >= {*ends.values()}:
            symbols = {**self._symbols, **{letter: self.value[end] for letter, end in ends.items()}}
            numbers = {letter: end.data for letter, end in ends.items()}
            closed = interpret(block.derivative[block.inputs.index(value)], symbols, numbers)
            return self.adjoint[ends["y"]] * closed
        total = number(0)
        for node, k in edges:
            total = self._settled(total + self.contribution(node, k))
        return total


def read_seed(seed: str, taken: Collection[str] = ()) -> Expression:
    """What a seed stands for: a name (``"E"``), a derivative (``"∂L/∂y"``) or a number.

    Args:
        seed: the seed.
        taken: what the values of the graph are called, to which none of its letters may belong but y.

    Raises:
        ValueError: if it is empty or no text, or a value has its name.

    >>> str(read_seed("∂L/∂y") * read_seed("E"))
    '∂L/∂y·E'
    """
    if not isinstance(seed, str) or not seed.strip():
        raise ValueError(f"seed={shown(seed)} is not a symbol; expected a name such as 'E' or a derivative '∂L/∂y'")
    seed, symbol = seed.strip(), seed_symbol(seed)
    found = re.fullmatch(r"∂(\w+)/∂(\w+)", seed)
    if not found and _is_number(seed):
        return number(float(seed))
    if not found and not re.fullmatch(r"[^\W\d]\w*['′]?", seed):
        raise ValueError(
            f"seed={shown(seed)} is not a symbol; expected a name such as 'E', a derivative '∂L/∂y' or a number"
        )
    if mathtext.text(mathtext.name(symbol)) in {mathtext.text(mathtext.name(label)) for label in taken if label}:
        raise ValueError(
            f"seed={shown(seed)} has the name of a value in this graph, {symbol}; choose a symbol that no value has"
        )
    return derivative(found[1], found[2]) if found else name(seed)


def seed_symbol(seed: str | None) -> str:
    """The letter that a seed brings along, which nothing else may go by: the L of ∂L/∂y.

    >>> seed_symbol("∂L/∂y"), seed_symbol("E"), seed_symbol(None)
    ('L', 'E', '')
    """
    return re.sub(r"^∂(\w+)/∂\w+$", r"\1", str(seed or "").strip())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _end(expression: Expression) -> str:
    """An expression at the end of ∂L/∂…: in parentheses where it is more than a name."""
    text = str(expression)
    return text if re.fullmatch(r"\w+", text) else f"({text})"
