"""A graph as instructions: which nodes are computed together, and from what.

Nodes of one row whose operands are all known by then are one instruction. Additions that nobody else looks into are one
sum first, and a sum of products is a ``dot``; dots of the same unbatched vectors with the same batched ones are one
matrix product.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from ..engine.graph import topological
from ..engine.node import Node
from ..engine.ops import TABLE, Op

__all__ = ["CONDITIONAL", "Instruction", "Item", "Work", "fused", "instructions", "recorded"]

ADD, SUM, MUL, DOT, CONDITIONAL = (TABLE[name] for name in ("add", "sum", "mul", "dot", "where"))

N = TypeVar("N", bound=Node)

Item = Hashable
"""A node, or what stands for one that was never made."""


class Work(NamedTuple):
    """How one item is computed: a row, and for each of its inputs the operands (one, or a family)."""

    op: Op
    families: tuple[tuple[Item, ...], ...]


class Instruction(NamedTuple):
    """What is computed at once.

    Attributes:
        op: the row (of one with an output a class, the whole row).
        items: the results, in order.
        families: for each input of the row the operands of all items, one after the other.
        n: how many operands an item has in each; 0 for a row without families.
        batched: whether the results differ from sample to sample.
        masked: whether the results are in branches of a choice only: where nothing flows back to them they hand on
            nothing, even if their derivative is inf.
        vectors: for a matrix product how many batched vectors the unbatched ones are multiplied with; otherwise 0.
    """

    op: Op
    items: tuple[Item, ...]
    families: tuple[tuple[Item, ...], ...]
    n: int
    batched: bool
    vectors: int = 0
    masked: bool = False


def recorded(outputs: Sequence[N], since: int) -> tuple[list[N], list[N]]:
    """The leaves that some outputs depend on, and the nodes that were computed since an age, each after its operands.

    Args:
        outputs: the nodes that are asked for.
        since: an age; older nodes are leaves, whatever they were computed from. 0 for a whole graph.
    """
    older = _Older(since)
    leaves, computed = list[N](), list[N]()
    for node in topological(outputs, older):
        (computed if node.parents and node not in older else leaves).append(node)
    return leaves, computed


def fused(
    outputs: Sequence[Node], order: Sequence[Node], batched: set[Item], same: Mapping[Item, Item]
) -> tuple[dict[Item, Work], dict[Item, Item]]:
    """How every item is computed, each after its operands; and which nodes are another item over again.

    Args:
        outputs: the nodes that are asked for.
        order: the nodes that are computed, each after its operands.
        batched: the leaves that differ from sample to sample; what is computed of them is added.
        same: leaves that are another one over again.
    """
    uses = dict.fromkeys([*order, *outputs], 0)
    for used in (outputs, *(node.parents for node in order)):
        for part in used:
            if part in uses:
                uses[part] += 1
    for node in order:
        if not batched.isdisjoint(node.parents):
            batched.add(node)
    inside = {node for node in order if uses[node] == 1}
    absorbed: set[Node] = set()
    chains: dict[Node, tuple[list[Node], list[Node]]] = {}
    for node in reversed(order):
        if node.op in (ADD, SUM) and node not in absorbed:
            chains[node] = _terms(node, inside, absorbed)
    plan = _Plan(same)
    for node in order:
        if node in absorbed:
            continue
        assert node.op is not None
        if node not in chains:
            plan.add(node, node.op, node.op.families(node.parents) if node.op.variadic else zip(node.parents))
            continue
        terms, products = chains[node]
        rest: list[Item] = [*terms]
        if products:
            pairs = [product.parents for product in products]
            pairs = [(b, a) if a in batched and b not in batched else (a, b) for a, b in pairs]
            item = (node,) if rest else node
            plan.add(item, DOT, zip(*pairs))
            if not all(batched.isdisjoint(pair) for pair in pairs):
                batched.add(item)
            rest.append(item)
        if len(rest) == 2:
            plan.add(node, ADD, zip(rest))
        elif len(terms) == 1 and not products:
            plan.same[node] = plan.same.get(terms[0], terms[0])
        elif len(rest) > 2 or not products:
            plan.add(node, SUM, (rest,))
    return plan.made, plan.same


class _Older:
    """The nodes that were there before an age."""

    def __init__(self, since: int) -> None:
        self.since = since

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Node) and node.op is not None and node.age < self.since


class _Plan:
    """The work that was found; what is the same twice is computed once.

    Attributes:
        made: how every item is computed.
        same: items that are another item over again.
    """

    def __init__(self, same: Mapping[Item, Item]) -> None:
        self.made: dict[Item, Work] = {}
        self.same = dict(same)
        self._families: dict[tuple[Item, ...], tuple[Item, ...]] = {}
        self._items: dict[tuple[Op, tuple[int, ...]], Item] = {}

    def add(self, item: Item, op: Op, families: Iterable[Iterable[Item]]) -> None:
        """An item, a row, and its operands for each input."""
        vectors = tuple(tuple(self.same.get(part, part) for part in family) for family in families)
        vectors = tuple(self._families.setdefault(vector, vector) for vector in vectors)
        first = self._items.setdefault((op, tuple(map(id, vectors))), item)
        if first is item:
            self.made[item] = Work(op, vectors)
        else:
            self.same[item] = first


def _terms(node: Node, inside: set[Node], absorbed: set[Node]) -> tuple[list[Node], list[Node]]:
    """What a chain of additions adds: terms, and products that go into a ``dot``; what is inside it is absorbed."""
    terms, products = list[Node](), list[Node]()
    stack = [*reversed(node.parents)]
    while stack:
        term = stack.pop()
        if term in inside and term.op in (ADD, SUM):
            absorbed.add(term)
            stack += reversed(term.parents)
        else:
            (products if term in inside and term.op is MUL else terms).append(term)
    if len(products) < 2:
        return [*terms, *products], []
    absorbed.update(products)
    return terms, products


def instructions(made: dict[Item, Work], batched: set[Item], outputs: Iterable[Item]) -> list[Instruction]:
    """The items in groups that can be computed at once, each after its operands.

    Args:
        made: how every item is computed, each after its operands.
        batched: the items that differ from sample to sample.
        outputs: the items that are asked for.
    """
    level: dict[Item, int] = {}
    groups: dict[tuple[int, Op, bool, int, bool, bool], list[Item]] = {}
    masked = _in_branches(made, outputs)
    for item, (op, families) in made.items():
        level[item] = step = 1 + max([level.get(part, 0) for family in families for part in family])
        product = op is DOT and item not in masked and _as_product(families, batched) is not None
        key = step, op.whole, item in batched, len(families[0]), product, item in masked
        groups.setdefault(key, []).append(item)
    found = []
    for (_, op, is_batched, n, product, is_masked), items in sorted(groups.items(), key=lambda group: group[0][0]):
        if product:
            found += _products(items, made, batched, n)
        elif op.k is not None:
            found.append(_with_all_outputs(op, items, made, n, is_batched)._replace(masked=is_masked))
        else:
            families = tuple(
                tuple(part for item in items for part in made[item].families[k]) for k in range(len(op.inputs))
            )
            n = n if op.variadic else 0
            found.append(Instruction(op, tuple(items), families, n, is_batched, masked=is_masked))
    return found


def _in_branches(made: dict[Item, Work], outputs: Iterable[Item]) -> set[Item]:
    """The items that are used in branches of a choice only."""
    if all(op is not CONDITIONAL for op, _ in made.values()):
        return set()
    only = dict.fromkeys(outputs, False)
    for item, (op, families) in reversed(made.items()):
        for k, family in enumerate(families):
            inside = only.get(item, False) or (op is CONDITIONAL and k > 0)
            for part in family:
                only[part] = only.get(part, True) and inside
    return {item for item, inside in only.items() if inside}


def _as_product(
    families: tuple[tuple[Item, ...], ...], batched: set[Item]
) -> tuple[tuple[Item, ...], tuple[Item, ...]] | None:
    """The unbatched and the batched vector of a dot, if that is what they are."""
    for vector, other in (families, families[::-1]):
        if batched.isdisjoint(vector) and not batched.isdisjoint(other):
            return vector, other
    return None


def _products(items: list[Item], made: dict[Item, Work], batched: set[Item], n: int) -> list[Instruction]:
    """Dots as matrix products: all that take the same unbatched vectors are one."""
    rows: dict[int, list[tuple[Item, tuple[Item, ...]]]] = {}
    columns: dict[int, tuple[Item, ...]] = {}  # vectors that are equal are the same object
    for item in items:
        pair = _as_product(made[item].families, batched)
        assert pair is not None
        columns[id(pair[1])] = pair[1]
        rows.setdefault(id(pair[1]), []).append((item, pair[0]))
    alike: dict[tuple[int, ...], list[int]] = {}
    for column, members in rows.items():
        alike.setdefault(tuple(id(row) for _, row in members), []).append(column)
    return [
        Instruction(
            DOT,
            tuple(item for column in same for item, _ in rows[column]),
            (
                tuple(part for _, row in rows[same[0]] for part in row),
                tuple(part for column in same for part in columns[column]),
            ),
            n,
            True,
            len(same),
        )
        for same in alike.values()
    ]


def _with_all_outputs(op: Op, items: list[Item], made: dict[Item, Work], n: int, is_batched: bool) -> Instruction:
    """A row with one output a class computes all of them; an output that nobody asked for has no item."""
    families: dict[tuple[Item, ...], dict[int | None, Item]] = {}
    for item in items:
        families.setdefault(made[item].families[0], {})[made[item].op.k] = item
    results = tuple(outputs.get(k) for outputs in families.values() for k in range(n))
    return Instruction(op, results, (tuple(part for family in families for part in family),), n, is_batched)
