"""Sparse Jacobians and Hessians: where they have entries is read off the graph, and one sweep computes many lines.

Rows that have no column in common are pulled back together, and columns that have no row in common are pushed forwards
together; of a symmetric matrix a star colouring says which of its columns can be (``colours.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..engine.graph import dependents
from ..engine.operands import has_value
from ..engine.value import Value
from .call import Call
from .colours import colours, star_colours

__all__ = ["pattern", "sparse_hessian", "sparse_jacobian", "sparse_pattern"]

Pattern = list[list[int]]
"""For every row the places of its entries, in order."""


def sparse_pattern(call: Call) -> Any:
    """Where the Jacobian of a call may have entries, as a ``scipy.sparse`` array of bools."""
    rows = pattern(call)
    return _array(call, rows, [True] * sum(map(len, rows)), bool)


def sparse_jacobian(call: Call) -> Any:
    """The Jacobian of a call as a ``scipy.sparse`` array: a row an output, a column an input."""
    rows = pattern(call)
    columns = _transposed(rows, len(call.inputs))
    of_rows, of_columns = colours(rows, len(columns)), colours(columns, len(rows))
    if max(of_rows, default=0) <= max(of_columns, default=0):
        of = _sweeps(call.pull_back_some, of_rows)
        entries = [of[of_rows[i]][j] for i, row in enumerate(rows) for j in row]
    else:
        of = _sweeps(call.push_forward_some, of_columns)
        entries = [of[of_columns[j]][i] for i, row in enumerate(rows) for j in row]
    return _array(call, rows, entries, float)


def sparse_hessian(call: Call) -> Any:
    """The Jacobian of a call of a gradient, which is symmetric, as a ``scipy.sparse`` array."""
    rows = pattern(call)
    rows = [sorted({*row, *column}) for row, column in zip(rows, _transposed(rows, len(call.inputs)))]
    colour = star_colours([[j for j in row if j != i] for i, row in enumerate(rows)])
    of = _sweeps(call.pull_back_some, colour)
    shared = [Counter(colour[j] for j in row) for row in rows]

    def entry(i: int, j: int) -> Any:
        """The product with j's colour is the entry where no other of that colour is in the row; if not, i's will do."""
        return of[colour[j]][i] if shared[i][colour[j]] == 1 else of[colour[i]][j]

    return _array(call, rows, [entry(min(i, j), max(i, j)) for i, row in enumerate(rows) for j in row], float)


def pattern(call: Call) -> Pattern:
    """For each output of a call the places of the inputs that it depends on, as the graph has it.

    A row's partial that is the formula 0 passes nothing on: there is no derivative through ``floor``.

    >>> pattern(Call("f", lambda x: [x[0] * x[2], x[1]], ([1.0, 2.0, 3.0],), {}, 0))
    [[0, 2], [1]]
    """
    reach: dict[Value, set[int]] = {}
    for place, x in enumerate(call.inputs):
        reach.setdefault(x, set()).add(place)
    chosen = [node for node in dependents(call.order, call.inputs) if node not in reach]
    uses = Counter(call.outputs)
    for node in chosen:
        uses.update(_passing(node))
    for node in chosen:
        reach[node] = _union(_sets(node, reach, uses))
    return [sorted(reach.get(output, ())) for output in call.outputs]


def _sets(node: Value, reach: dict[Value, set[int]], uses: Counter[Value]) -> Iterator[tuple[set[int], bool]]:
    """The sets of a node's operands, and whether the node may have each: nobody after it will ask for that."""
    for parent in _passing(node):
        uses[parent] -= 1
        if parent in reach:
            is_last = not uses[parent]
            yield (reach.pop(parent) if is_last else reach[parent]), is_last


def _union(sets: Iterator[tuple[set[int], bool]]) -> set[int]:
    """The union; the larger set that may be taken takes the smaller one in, so that long chains of sums stay linear."""
    union: set[int] = set()
    for more, is_free in sets:
        if is_free and len(more) > len(union):
            union, more = more, union
        union |= more
    return union


def _passing(node: Value) -> Sequence[Value]:
    """The operands that a derivative goes through, for some numbers at least."""
    assert node.op is not None
    if node.op.variadic or "0" not in node.op.partials:
        return node.parents
    return [parent for parent, partial in zip(node.parents, node.op.partials) if partial != "0"]


def _sweeps(sweep: Callable[[list[int]], list[Any]], colour: Sequence[int]) -> list[list[Any]]:
    """For each colour the sum of its lines, by one sweep."""
    places: list[list[int]] = [[] for _ in range(max(colour, default=-1) + 1)]
    for place, c in enumerate(colour):
        places[c].append(place)
    return [sweep(some) for some in places]


def _transposed(rows: Pattern, count: int) -> Pattern:
    columns: Pattern = [[] for _ in range(count)]
    for i, row in enumerate(rows):
        for j in row:
            columns[j].append(i)
    return columns


def _array(call: Call, rows: Pattern, entries: list[Any], kind: type) -> Any:
    """A sparse array with these entries, row by row."""
    try:
        from scipy.sparse import csr_array
    except ImportError:
        raise ImportError(
            f"{call.who}() needs SciPy for sparse arrays; install it with: pip install 'tinygrad_kr[sparse]'"
        ) from None
    import numpy as np

    if kind is float and has_value(entries):
        raise TypeError(
            f"{call.who}(sparse=True) gives numbers, and here they depend on Values other than the arguments' numbers, "
            "which a sparse array can't hold; leave sparse out"
        )
    ends = np.cumsum([0, *map(len, rows)])
    places = np.array([place for row in rows for place in row], dtype=ends.dtype)
    return csr_array((np.array(entries, dtype=kind), places, ends), shape=(len(rows), len(call.inputs)))
