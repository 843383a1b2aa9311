"""Two graphs side by side, with what differs marked: a student's answer and the teacher's solution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from ..engine.formula import is_symmetric
from ..engine.graph import topological
from ..engine.ops import Op
from ..engine.value import Value
from ..text.numerals import shown
from .beside import Panels
from .drawing import draw

__all__ = ["Comparison", "compare"]


class Comparison(Panels):
    """Two graphs side by side. Made by :func:`compare`.

    Attributes:
        differing: the values that differ, those of the answer and those of the solution.
    """

    differing: tuple[tuple[Value, ...], tuple[Value, ...]] = ((), ())

    def __bool__(self) -> bool:
        """Whether something differs."""
        return any(self.differing)


def compare(answer: Value, solution: Value, *, titles: Sequence[str] = ("답", "풀이"), **options: Any) -> Comparison:
    """Draw two graphs side by side and mark what differs in them: operations, numbers, names.

    The graphs are gone through together from their outputs. What differs only because something before it does is not
    marked. Operands may be swapped where the operation allows it. A name counts where both leaves have one; names of
    what is computed don't count.

    Args:
        answer, solution: the outputs of the two graphs.
        titles: one for each.
        options: of :func:`tinygrad_kr.draw`, for both.

    Returns:
        The picture. It is true where something differs, and ``differing`` has the values.

    Raises:
        TypeError: if one is not a Value.
        ValueError: if there are not two titles, or an option is unknown.

    >>> x, y = Value(2, "x"), Value(3, "y")
    >>> found = compare((x + y) * x, (x * y) * x)
    >>> found.differing
    ((Value(5),), (Value(6),))
    >>> bool(compare(x * y, y * x))
    False
    """
    for side, given in (("answer", answer), ("solution", solution)):
        if not isinstance(given, Value):
            raise TypeError(f"{side} should be a Value, not the {type(given).__name__} {shown(given)}")
    if isinstance(titles, str) or len(titles) != 2:
        raise ValueError(f"titles={shown(titles)} is not possible; expected two, such as ('answer', 'solution')")
    differing = _differing(answer, solution)
    drawings = [draw(end, marked=marked, **options) for end, marked in zip((answer, solution), differing)]
    found = Comparison(drawings, titles)
    found.differing = differing
    return found


def _differing(answer: Value, solution: Value) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """The nodes that the graphs differ in, those of each in topological order."""
    orders = topological([answer]), topological([solution])
    kinds: dict[object, int] = {}
    look = {node: number for order in orders for node, number in _looks(order, kinds).items()}
    known = [{look[node] for node in order} for order in orders]
    found: tuple[set[Value], set[Value]] = set(), set()
    seen: set[tuple[Value, Value]] = set()
    stack = [(answer, solution)]
    while stack:
        mine, theirs = pair = stack.pop()
        if pair in seen or look[mine] == look[theirs]:
            continue
        seen.add(pair)
        if mine.op is theirs.op is None:
            if mine.data != theirs.data or (mine.name and theirs.name):
                _add(pair, found)
            continue
        pairs, rest = _paired(mine, theirs, look)
        # What both graphs have, but not at the same place, is not what differs: the operation that takes it is.
        further = [(x, y) for x, y in pairs if look[x] not in known[1] or look[y] not in known[0]]
        if any(rest) or len(further) < len(pairs) or not pairs or _operation(mine) != _operation(theirs):
            _add(pair, found)
        for place, operands in enumerate(rest):
            found[place].update(node for node in topological(operands) if look[node] not in known[1 - place])
        stack.extend(further)
    ours, others = (tuple(node for node in order if node in nodes) for order, nodes in zip(orders, found))
    return ours, others


def _add(pair: tuple[Value, Value], found: tuple[set[Value], set[Value]]) -> None:
    for node, nodes in zip(pair, found):
        nodes.add(node)


def _operation(node: Value) -> tuple[str, int | None] | None:
    return None if node.op is None else (node.op.name, node.op.k)


def _looks(order: Iterable[Value], kinds: dict[object, int]) -> dict[Value, int]:
    """What each node looks like, with all that it was computed from, as a number: equal ones look the same."""
    look: dict[Value, int] = {}
    for node in order:
        kind: object = (node.name, repr(node.data))
        if node.op is not None:
            operands = [(look[parent], repr(share)) for parent, share in zip(node.parents, node.vjp(1.0))]
            kind = (_operation(node), repr(node.data), *(sorted(operands) if _commutes(node.op) else operands))
        look[node] = kinds.setdefault(kind, len(kinds))
    return look


def _paired(
    mine: Value, theirs: Value, look: dict[Value, int]
) -> tuple[list[tuple[Value, Value]], tuple[list[Value], list[Value]]]:
    """Operands that stand for each other but don't look the same, and those that none stands for."""
    ours, others = list(mine.parents), list(theirs.parents)
    if _operation(mine) != _operation(theirs) or (mine.op is not None and _commutes(mine.op)):
        for operand in mine.parents:
            same = next((other for other in others if look[other] == look[operand]), None)
            if same is not None:
                ours.remove(operand)
                others.remove(same)
    pairs = [(x, y) for x, y in zip(ours, others) if look[x] != look[y]]
    return pairs, (ours[len(others) :], others[len(ours) :])


@cache
def _commutes(op: Op) -> bool:
    """Whether operands may be swapped."""
    return is_symmetric(op.forward, op.inputs)
