"""From a graph of scalars to a graph of arrays: which Values belong together, and in which shape.

Values are brought together by structure. Leaves called ``W[0, 1]`` belong to the array W; what the same row of
the table computed from the same arrays is an array again. Chains of + and × over the elements of one array, as
NumPy's ``@`` and ``sum()`` leave them, are taken as the one operation they stand for. Where the elements of an
array stand follows from where their operands stand; what does not fall into a grid is a list of values, and
nothing more is said of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TypeAlias

from ..engine.graph import topological
from ..engine.ops import TABLE, Op
from ..engine.value import Constant, Value
from ..text.numerals import shown

__all__ = ["Array", "Product", "Shape", "Use", "lift"]

Shape: TypeAlias = tuple[int, ...]
Index: TypeAlias = tuple[int, ...]
Slots: TypeAlias = tuple[tuple[Value, ...], ...]
"""The operands of a node: a family for each input of its row."""

INDEXED = re.compile(r"(.*)\[([0-9]{1,9}(?:, ?[0-9]{1,9})*)\]", re.DOTALL)


@dataclass(frozen=True)
class Use:
    """How an array enters an operation.

    Attributes:
        array: which one.
        slot: the place of the input in the row: 0 for x, 1 for y.
        whole: whether all of it enters, in an arrangement that is understood.
    """

    array: Array
    slot: int
    whole: bool


@dataclass(frozen=True)
class Product:
    """A matrix product.

    Attributes:
        left, right: the slots of its factors.
        left_turned, right_turned: whether a factor is transposed first.
        rows: how many axes of the result come from the left factor.
    """

    left: int
    right: int
    left_turned: bool
    right_turned: bool
    rows: int

    def is_turned(self, slot: int) -> bool:
        """Whether the operand of that slot is transposed."""
        return self.left_turned if slot == self.left else self.right_turned


@dataclass(eq=False)
class Array:
    """Values that belong together: leaves of one array, or what one operation made of arrays.

    Attributes:
        op: the row that computed them; None for leaves.
        nodes: the Values.
        slots: the operands of each.
        name: what the leaves' names have in common.
        shape: ``()`` for a single value.
        place: where each of the Values stands in that shape.
        uses: the arrays that enter the operation, a wire each.
        reduced: the axes of the operand that the operation sums over.
        product: which matrix product it is, if it is one.
        known: whether the shape was understood, and is no mere count.
    """

    op: Op | None
    nodes: list[Value] = field(default_factory=list)
    slots: list[Slots] = field(default_factory=list)
    name: str | None = None
    shape: Shape = ()
    place: dict[Value, Index] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    reduced: tuple[int, ...] = ()
    product: Product | None = None
    known: bool = True

    @property
    def size(self) -> int:
        """How many values it has."""
        return prod(self.shape)

    @property
    def is_constant(self) -> bool:
        """Whether no derivative flows to it."""
        return self.op is None and all(node.__class__ is Constant for node in self.nodes)


def lift(outputs: Sequence[Value]) -> tuple[list[Array], dict[Value, Array]]:
    """The arrays that a graph was built from.

    Args:
        outputs: the Values at the right end.

    Returns:
        The arrays that the outputs depend on, each after its operands; and the array of each Value.

    Raises:
        ValueError: if two arrays can't be told apart because their elements share their names.

    >>> from tinygrad_kr import dot
    >>> X, W = Value.array([[1, 2], [3, 4]], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W")
    >>> [(array.name or array.op.name, array.shape) for array in lift(list(dot(X, W).flat))[0]]
    [('X', (2, 2)), ('W', (2, 3)), ('dot', (2, 3))]
    """
    lifting = _Lifting(outputs)
    ends = list(dict.fromkeys(lifting.array[output] for output in outputs))
    reached, stack = set(ends), list(ends)
    while stack:
        fresh = [use.array for use in stack.pop().uses if use.array not in reached]
        reached.update(fresh)
        stack.extend(fresh)
    return [array for array in lifting.settled if array in reached], lifting.array


class _Lifting:
    """The two steps: bring Values together, then find their places."""

    def __init__(self, outputs: Sequence[Value]) -> None:
        self.array: dict[Value, Array] = {}
        self.settled: list[Array] = []  # each after its operands
        self._made: dict[Hashable, Array] = {}
        self._folds: dict[Value, Array] = {}  # a chain's last node so far → the array of its terms
        self._chains: set[Array] = set()
        self._nameless: dict[frozenset[Value], Array] = {}
        order = topological(outputs)
        self._namesakes = _namesakes(order)
        for node in order:
            self._take(node)
        for output in outputs:
            if self._array_of(output) is None:
                self._join(output, None, output)
        for array in list(self._made.values()):
            self._settle(array)

    # ── Which Values belong together ──────────────────────────────────────────────────────────────────

    def _take(self, node: Value) -> None:
        if node.op is None:
            name, index = _split(node.name)
            if name is not None and name not in self._namesakes:  # what has no name belongs to those who use it
                self._join((name, len(index)) if index else node, None, node).name = name
        elif node.op.fold and (terms := self._terms(node)) is not None:
            self._folds[node] = terms
        else:
            self._apply(node.op.name, node, node.op, _families(node))

    def _join(self, key: Hashable, op: Op | None, node: Value, slots: Slots = ()) -> Array:
        array = self._made.get(key)
        if array is None:
            array = self._made[key] = Array(op)
        array.nodes.append(node)
        array.slots.append(slots)
        self.array[node] = array
        return array

    def _apply(self, kind: str, node: Value, op: Op, slots: Slots) -> Array:
        if self._namesakes:
            self._tell_apart(op, slots)
        kin = tuple(tuple(dict.fromkeys(map(self._kin, family))) for family in slots)
        return self._join((kind, kin), op, node, slots)

    def _kin(self, operand: Value) -> Array | type[Value]:
        """The array of an operand; loose numbers are all alike, and so are leaves without a name."""
        return self._array_of(operand) or operand.__class__

    def _array_of(self, node: Value) -> Array | None:
        """The array of a node; None for a loose leaf. A chain ends where its result is asked for."""
        if node in self._folds and node not in self.array:
            assert node.op is not None
            terms, first = [], node
            while first in self._folds and first.op is node.op and self._folds[first] is self._folds[node]:
                terms.append(first.parents[1])
                first = first.parents[0]
            whole = TABLE[node.op.fold]
            self._chains.add(self._apply(f"chain of {whole.name}", node, whole, ((first, *terms[::-1]),)))
        return self.array.get(node)

    def _terms(self, node: Value) -> Array | None:
        """The array that a chain of one operation goes over, where the node is its next step: (y₀ + y₁) + y₂."""
        left, right = node.parents
        terms = self._array_of(right)
        if terms is None or left is right:
            return None
        if left.op is node.op and self._folds.get(left) is terms:
            return terms
        return terms if self._array_of(left) is terms else None

    def _tell_apart(self, op: Op, slots: Slots) -> None:
        """Tell arrays of one name apart by what they are first used with: two layers may have a W each."""
        for place, family in enumerate(slots):
            company: Hashable = None
            for leaf in family:
                name, index = _split(leaf.name)
                if leaf.op is None and leaf not in self.array and name in self._namesakes:
                    if company is None:
                        others = (operand for k, other in enumerate(slots) if k != place for operand in other)
                        company = op.name, place, tuple(dict.fromkeys(map(self._kin, others)))
                    self._join((name, len(index), company), None, leaf).name = name

    # ── Where they stand ──────────────────────────────────────────────────────────────────────────────

    def _settle(self, array: Array) -> None:
        """Find the shape of an array whose operands are settled, and the places in it."""
        if array.op is None:
            _settle_leaves(array)
        else:
            if not self._unfold(array) and not self._arrange(array):
                _list(array)
            self._find_uses(array)
        self.settled.append(array)

    def _entering(self, array: Array) -> list[list[Array | None]]:
        """For each input of the row, the arrays that enter there; None for loose leaves."""
        inputs = range(len(array.slots[0]))
        return [list(dict.fromkeys(self.array.get(v) for slots in array.slots for v in slots[k])) for k in inputs]

    def _arrange(self, array: Array) -> bool:
        entering = self._entering(array)
        if any(len(kin) != 1 for kin in entering):
            return False
        operands = [kin[0] for kin in entering]
        if array.op is TABLE["dot"]:
            return _arrange_product(array, operands)
        if array in self._chains or (array.op is not None and array.op.variadic):
            return _arrange_reduction(array, operands)
        return _arrange_elements(array, operands)

    def _unfold(self, array: Array) -> bool:
        """See a dot in a chain of + over products, unless the products are an array of their own: Σ X ∘ M."""
        if array not in self._chains or array.op is not TABLE["sum"]:
            return False
        chain, terms = array.slots, self.array[array.slots[0][0][0]]
        if terms.op is not TABLE["mul"]:
            return False
        factors = dict(zip(terms.nodes, terms.slots))
        array.slots = [tuple(tuple(factors[term][k][0] for term in family) for k in (0, 1)) for (family,) in chain]
        operands = [kin[0] for kin in self._entering(array)]
        has_vector = any(operand is not None and len(operand.shape) < 2 for operand in operands)
        is_array = terms.known and None not in operands and not has_vector
        if not is_array and _arrange_product(array, operands) and (array.product is not None or has_vector):
            is_scaled = len(array.shape) < 2 and _has_number(array, operands)  # Σ 2w is no product of 2, 2, 2 with w
            array.op = array.op if is_scaled else TABLE["dot"]
        if array.op is TABLE["dot"]:
            return True
        array.slots, array.product, array.reduced = chain, None, ()
        return False

    def _find_uses(self, array: Array) -> None:
        """The wires of an operation: one for each array that enters."""
        entering = self._entering(array)
        loose = [
            dict.fromkeys(v for slots in array.slots for v in slots[k] if v not in self.array)
            for k, _ in enumerate(entering)
        ]
        for slot, kin in enumerate(entering):
            for operand in kin:
                if operand is None:
                    places = _loose_places(array, slot, entering) if len(kin) == 1 and array.known else None
                    listed: dict[Index, Value] = {(k,): value for k, value in enumerate(loose[slot])}
                    known = self._loose(places or listed)
                    as_known = places is not None and all(known.place.get(v, k) == k for k, v in places.items())
                    array.uses.append(Use(known, slot, as_known))
                else:
                    array.uses.append(Use(operand, slot, _is_whole(array, operand, slot, len(kin) > 1)))

    def _loose(self, places: Mapping[Index, Value]) -> Array:
        """Leaves without a name, or numbers, as an array of their own."""
        leaves = frozenset(value for value in places.values() if value.__class__ is not Constant)
        if leaves in self._nameless:
            return self._nameless[leaves]
        array = Array(None, list(places.values()), shape=tuple(max(axis) + 1 for axis in zip(*places)))
        array.place = {value: index for index, value in places.items()}
        if leaves:
            self._nameless[leaves] = array
            self.array |= dict.fromkeys(leaves, array)
        self.settled.append(array)
        return array


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


def _split(name: str | None) -> tuple[str | None, Index]:
    """A leaf's name and its place in the array of that name."""
    found = None if name is None else INDEXED.fullmatch(name)
    return (name, ()) if found is None else (found[1], tuple(map(int, found[2].split(","))))


def _namesakes(order: Iterable[Value]) -> set[str | None]:
    """The names that several arrays share: more than one leaf is called W[0, 0]."""
    count = Counter(node.name for node in order if node.op is None and node.name is not None)
    return {_split(name)[0] for name, times in count.items() if times > 1 and _split(name)[1]}


def _families(node: Value) -> Slots:
    """The operands of a node, by the inputs of its row."""
    assert node.op is not None
    families = node.op.families(node.parents)
    return tuple(families) if node.op.variadic else tuple((parent,) for parent in families)


# ── Places ────────────────────────────────────────────────────────────────────────────────────────────


def _settle_leaves(array: Array) -> None:
    """Leaves stand where their names say."""
    array.place = {node: _split(node.name)[1] for node in array.nodes}
    if len(set(array.place.values())) < len(array.nodes):
        (twice, _), *_ = Counter(node.name for node in array.nodes).most_common(1)
        raise ValueError(
            f"several leaves are called {shown(twice)}, so that their arrays can't be told apart; "
            "give each array a name of its own: Value.array(numbers, name='W1')"
        )
    first = array.nodes[0]
    if len(array.nodes) == 1 and any(array.place[first]):  # w[3] alone
        array.name, array.place = first.name, {first: ()}
    array.shape = tuple(max(axis) + 1 for axis in zip(*array.place.values()))


def _list(array: Array) -> None:
    """No grid: the values one after the other."""
    array.known, array.reduced = False, ()
    array.shape = (len(array.nodes),) if len(array.nodes) > 1 else ()
    array.place = {node: (k,) if array.shape else () for k, node in enumerate(array.nodes)}


def _put(array: Array, indices: Sequence[Index], extents: Sequence[int], has_copies: bool = False) -> bool:
    """Put the values of an array where their operands say, if that fills a grid.

    Args:
        array: whose nodes are put.
        indices: a place for each.
        has_copies: whether several may share each of the places: they stand along an axis in front.
        extents: how long the axes are that the indices come from. Of an axis that was longer than what is left of
            it, X[0] of a matrix X, nothing remains.
    """
    times: Counter[Index] = Counter()
    copies = []
    for index in indices:
        copies.append(times[index])
        times[index] += 1
    if len(set(times.values())) > 1 or (max(times.values()) > 1 and not has_copies):
        return False
    if max(times.values()) > 1:
        indices, extents = [(copy, *index) for copy, index in zip(copies, indices)], [max(times.values()), *extents]
    axes = [sorted(set(axis)) for axis in zip(*indices)]
    kept = [k for k, (values, extent) in enumerate(zip(axes, extents)) if len(values) > 1 or extent == 1]
    places = [{value: place for place, value in enumerate(values)} for values in axes]
    array.shape = tuple(len(axes[k]) for k in kept)
    array.place = {node: tuple(places[k][index[k]] for k in kept) for node, index in zip(array.nodes, indices)}
    return array.size == len(array.nodes)


def _arrange_elements(array: Array, operands: Sequence[Array | None]) -> bool:
    """Element by element, with NumPy's broadcasting: shapes are aligned at the right, or else row by row."""
    return _broadcast(array, operands, is_left=False) or _broadcast(array, operands, is_left=True)


def _broadcast(array: Array, operands: Sequence[Array | None], is_left: bool) -> bool:
    """Element by element, shapes aligned at the right, or at the left: X[n, k] with s[n]."""
    entering = [(slot, operand) for slot, operand in enumerate(operands) if operand is not None]
    rank = max((len(operand.shape) for _, operand in entering), default=0)
    extents = [1] * rank
    for _, operand in entering:
        for axis, extent in enumerate(operand.shape, 0 if is_left else rank - len(operand.shape)):
            extents[axis] = max(extents[axis], extent)
    indices: list[Index] = []
    for slots in array.slots:
        index: dict[int, int] = {}
        for slot, operand in entering:
            start = 0 if is_left else rank - len(operand.shape)
            for axis, (place, extent) in enumerate(zip(operand.place[slots[slot][0]], operand.shape), start):
                if extent > 1 and index.setdefault(axis, place) != place:
                    return False
        indices.append(tuple(index.get(axis, 0) for axis in range(rank)))
    return _put(array, indices, extents, has_copies=True)


def _arrange_reduction(array: Array, operands: Sequence[Array | None]) -> bool:
    """Over all of an array, or over some of its axes."""
    slot, operand = next(((k, operand) for k, operand in enumerate(operands) if operand is not None), (0, None))
    if operand is None:
        return False
    families = _placed(array, operand, slot)
    array.reduced = _varying(families)
    if array.op is not None and array.op.k is not None:  # an output a class: each stands where its operand stands
        outputs = [family[node.op.k or 0] for node, family in zip(array.nodes, families) if node.op is not None]
        return _put(array, outputs, operand.shape)
    free = [axis for axis in range(len(operand.shape)) if axis not in array.reduced]
    rest = [tuple(family[0][axis] for axis in free) if family else () for family in families]
    return _put(array, rest, [operand.shape[axis] for axis in free])


@dataclass(frozen=True)
class _Factor:
    """A side of a matrix product: the axis that is summed over, and where each result stands along the other."""

    rank: int
    axis: int
    rest: list[Index]
    extents: Shape
    is_loose: bool

    def is_turned(self, is_left: bool) -> bool:
        """Whether it has to be transposed to be that factor; loose numbers come as they are needed."""
        return self.rank == 2 and not self.is_loose and self.axis != (1 if is_left else 0)

    def effort(self, is_left: bool) -> int:
        """What speaks against that side: a transpose; loose numbers are rows of data."""
        return self.is_turned(is_left) or (self.is_loose and self.rank == 2 and not is_left)


def _arrange_product(array: Array, operands: Sequence[Array | None]) -> bool:
    """A matrix product; or a sum over two operands that are alike, Σ x∘y."""
    x, y = operands
    if x is not None and y is not None and x.shape == y.shape and _placed(array, x, 0) == _placed(array, y, 1):
        return _arrange_reduction(array, operands)
    factors = _factors(array, operands)
    if factors is None:
        return None in operands and _arrange_reduction(array, operands)  # numbers in the shape of the other operand
    candidates: list[tuple[int, bool, Product, list[Index], Shape]] = []
    for left, right in ((0, 1), (1, 0)):
        a, b = factors[left], factors[right]
        indices = [row + column for row, column in zip(a.rest, b.rest)]
        product = Product(left, right, a.is_turned(True), b.is_turned(False), len(a.rest[0]))
        effort = a.effort(True) + b.effort(False)
        candidates.append((effort, indices != sorted(indices), product, indices, a.extents + b.extents))
    _, _, array.product, indices, extents = min(candidates, key=lambda candidate: candidate[:2])
    return _put(array, indices, extents)


def _factors(array: Array, operands: Sequence[Array | None]) -> list[_Factor] | None:
    """Both sides of a matrix product; None where it is none."""
    factors: list[_Factor] = []
    for slot, operand in enumerate(operands):
        if operand is None:
            columns = [tuple(map(_key, slots[slot])) for slots in array.slots] if slot and operands[0] is None else []
            number = {column: (k,) for k, column in enumerate(dict.fromkeys(columns))}
            if len(number) > 1:
                factors.append(_Factor(2, 0, [number[column] for column in columns], (len(number),), True))
            else:
                factors.append(_Factor(1, 0, [()] * len(array.nodes), (), True))
            continue
        families = _placed(array, operand, slot)
        rank, varying = len(operand.shape), _varying(families)
        if not varying and rank and len(families[0]) == 1:
            varying = (rank - 1,) if slot == 0 else (0,)
        if len(varying) != 1 or rank > 2:
            return None
        (axis,) = varying
        rest = [family[0][:axis] + family[0][axis + 1 :] for family in families]
        factors.append(_Factor(rank, axis, rest, operand.shape[:axis] + operand.shape[axis + 1 :], False))
    times: Counter[Index] = Counter()
    copies: list[Index] = []
    for index in (a + b for a, b in zip(factors[0].rest, factors[1].rest)):
        copies.append((times[index],))
        times[index] += 1
    repeats = set(times.values())
    loose = [slot for slot, operand in enumerate(operands) if operand is None]
    if repeats == {1} and not loose:
        return factors
    if len(repeats) > 1 or not loose:
        return None
    if repeats != {1}:  # each row of loose numbers meets every column of the other operand
        factors[loose[0]] = _Factor(2, 0, copies, (max(repeats),), True)
    for slot in loose:
        rows: dict[Index, object] = {}
        for row, slots in zip(factors[slot].rest, array.slots):
            if rows.setdefault(row, keys := [_key(value) for value in slots[slot]]) != keys:
                return None
    return factors


def _placed(array: Array, operand: Array, slot: int) -> list[list[Index]]:
    """Where the operands of each node stand in the array they come from."""
    place = operand.place
    return [[place[value] for value in slots[slot]] for slots in array.slots]


def _varying(families: Sequence[Sequence[Index]]) -> tuple[int, ...]:
    """The axes along which the operands of a node differ: those that an operation sums over."""
    axes = {k for family in families for k, axis in enumerate(zip(*family)) if len(set(axis)) > 1}
    return tuple(sorted(axes))


def _is_whole(array: Array, operand: Array, slot: int, is_mixed: bool) -> bool:
    """Whether all of an operand enters an operation, evenly."""
    assert array.op is not None
    families = [slots[slot] for slots in array.slots]
    inside = [[value for value in family if value in operand.place] for family in families] if is_mixed else families
    if len({value for family in inside for value in family}) < operand.size:
        return False
    if is_mixed:  # a sum of this and that: every term is passed what the sum is passed
        return array.op.passes_on(slot) and len(array.nodes) == 1 and len(inside[0]) == len(operand.nodes)
    each = 1
    if array.product is not None:
        is_left = array.product.left == slot
        each = operand.shape[-1 if is_left != array.product.is_turned(slot) else 0]
    for axis in array.reduced:
        each *= operand.shape[axis]
    return array.known and all(len(set(family)) == len(family) == each for family in families)


# ── Loose numbers ─────────────────────────────────────────────────────────────────────────────────────


def _key(value: Value) -> object:
    """What makes a loose leaf the same again: a number is made anew by each use, a Value is one."""
    return value.data.hex() if value.__class__ is Constant else value


def _has_number(array: Array, operands: Sequence[Array | None]) -> bool:
    """Whether an operand is one number, over and over."""
    loose = [slot for slot, operand in enumerate(operands) if operand is None]
    return any(len({_key(value) for slots in array.slots for value in slots[slot]}) == 1 for slot in loose)


def _loose_places(array: Array, slot: int, entering: Sequence[Sequence[Array | None]]) -> dict[Index, Value] | None:
    """Where the loose operands of an operation stand: as what they meet, or as its result; None if nowhere."""
    partner = next((kin[0] for k, kin in enumerate(entering) if k != slot and len(kin) == 1), None)
    other = 1 - slot
    places: dict[Index, Value] = {}
    for node, slots in zip(array.nodes, array.slots):
        at = array.place[node]
        for t, value in enumerate(slots[slot]):
            if array.product is not None:
                rows, columns = at[: array.product.rows], at[array.product.rows :]
                index = (*rows, t) if array.product.left == slot else (t, *columns)
            elif len(slots[slot]) > 1 and partner is not None:
                index = partner.place[slots[other][t]]
            elif array.op is not None and array.op.variadic:
                index = (*at, t) if array.op.k is None else (t,)
            else:
                index = at
            if _key(places.setdefault(index, value)) != _key(value):
                return None
    if array.product is None:
        places = _narrowed(places)
    leaves = [value for value in places.values() if value.__class__ is not Constant]
    return places if len(leaves) == len(set(leaves)) else None


def _narrowed(places: Mapping[Index, Value]) -> dict[Index, Value]:
    """Loose leaves without the axes along which they were only broadcast: none in front, and of length 1 behind."""
    rank = len(next(iter(places)))
    wide = [axis for axis in range(rank) if not _is_repeated(places, axis)]
    kept = range(min(wide, default=rank), rank)
    return {tuple(index[axis] if axis in wide else 0 for axis in kept): value for index, value in places.items()}


def _is_repeated(places: Mapping[Index, Value], axis: int) -> bool:
    """Whether values are the same all along an axis."""
    first: dict[Index, object] = {}
    return all(
        first.setdefault(index[:axis] + index[axis + 1 :], _key(value)) == _key(value)
        for index, value in places.items()
    )
