"""Where operands lie: the text that reads them out of arrays, and that adds to the gradients of those.

Items whose places go in steps are a view: a slice, or a slice in another shape. All others are gathered by a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .plan import Item

__all__ = ["Array", "Operand", "Run"]

Table = Callable[[Any], str]
"""Keeps an array of places, and says its name."""


class Array(NamedTuple):
    """An array of items.

    Attributes:
        size: how many items it has.
        batched: whether they differ from sample to sample; if not, it has one column.
    """

    size: int
    batched: bool


class Run:
    """Some items of one array.

    Args:
        name: the array's.
        places: where they are in it.
        size: how many items the array has.
        table: keeps places that go in no steps.

    Attributes:
        at: what stands between the brackets; "" for the array as it is.
        places: the table, where the items are gathered.
    """

    def __init__(self, name: str, places: np.ndarray[Any, Any], size: int, table: Table) -> None:
        self.name, self.places = name, None
        first, count = int(places[0]), len(places)
        step = int(places[1]) - first if count > 1 else 1
        if step > 0 and (places == first + step * np.arange(count)).all():
            stop = first + step * (count - 1) + 1
            self.at = f"{first}:{stop}" + (f":{step}" if step > 1 else "")
            if (first, step, count) == (0, 1, size):
                self.at = ""
        else:
            self.places = places
            self.at = table(places)

    @property
    def text(self) -> str:
        """What reads it."""
        return f"{self.name}[{self.at}]" if self.at else self.name


class Operand:
    """The operands of an instruction for one of its inputs, in the order of its items.

    Args:
        items: all of them.
        n: how many an item of the instruction has; 0 for one without a further axis.
        where: the array and the place of each item.
        arrays: the arrays by their names.
        table: keeps an array of places, and says its name.
        spread: whether the same operand for all may be read as one.

    Attributes:
        text: reads them: an array of shape (items, batch), or (items, n, batch) where there is an n. The first axis
            has length 1 where they are the same for all items.
        runs: the arrays that they come from, and which of the operands each has (None: all, in order).
    """

    n: int
    count: int
    summed: bool
    turned: bool
    batched: bool
    text: str

    def __init__(
        self, items: Sequence[Item], n: int, where: Mapping[Item, tuple[str, int]], arrays: Mapping[str, Array],
        table: Table, spread: bool = True,
    ) -> None:  # fmt: skip
        self.n, self.count = n, len(items)
        by_array: dict[str, list[int]] = {}
        for slot, item in enumerate(items):
            by_array.setdefault(where[item][0], []).append(slot)
        places = np.array([where[item][1] for item in items])
        self.summed = self.turned = False
        self.runs: list[tuple[Run, str]] = []
        if len(by_array) == 1:
            (name,) = by_array
            self.batched = arrays[name].batched
            self._of_one(name, places, arrays[name].size, table, spread)
        else:
            self._of_several(by_array, places, arrays, table)

    def _of_one(self, name: str, places: np.ndarray[Any, Any], size: int, table: Table, spread: bool) -> None:
        grid = places.reshape(-1, self.n or 1)
        m, n = grid.shape
        after = "" if not self.n else f".reshape({m}, {n}, -1)"
        if spread and m > 1 and (grid == grid[:1]).all():
            places, after, self.summed = grid[0], "[None]" if self.n else "", True
        elif m > 1 and n > 1 and grid[1, 0] - grid[0, 0] < grid[0, 1] - grid[0, 0] and _in_steps(grid.T.ravel()):
            places, after, self.turned = grid.T.ravel(), f".reshape({n}, {m}, -1).swapaxes(0, 1)", True
        run = Run(name, places, size, table)
        self.runs = [(run, "")]
        self.text = run.text + after

    def _of_several(
        self, by_array: Mapping[str, list[int]], places: np.ndarray[Any, Any], arrays: Mapping[str, Array], table: Table
    ) -> None:
        self.batched = any(arrays[name].batched for name in by_array)
        texts, order = [], []
        for name, slots in by_array.items():
            run = Run(name, places[slots], arrays[name].size, table)
            order += slots
            self.runs.append((run, _span(slots, table)))
            spread = self.batched and not arrays[name].batched
            texts.append(f"np.broadcast_to({run.text}, ({len(slots)}, B))" if spread else run.text)
        back = np.argsort(order)
        self.text = f"np.concatenate(({', '.join(texts)}))"
        if (back != np.arange(len(back))).any():
            self.text += f"[{table(back)}]"
        if self.n:
            self.text += f".reshape({self.count // self.n}, {self.n}, -1)"

    @property
    def matrix(self) -> str:
        """What reads them as a matrix without the batch's axis; for unbatched ones that are not spread."""
        m, n = self.count // self.n, self.n
        (run, _), *others = self.runs
        if others:
            return f"{self.text}[:, :, 0]"
        return f"{run.text}.reshape({n}, {m}).T" if self.turned else f"{run.text}.reshape({m}, {n})"

    def shares(self, text: str) -> Iterator[tuple[Run, str]]:
        """What each array gets of a contribution to the operands.

        Args:
            text: the contribution, for all operands.
        """
        if self.summed:
            text = f"{text}.sum(0)" if self.n else f"{text}.sum(0, keepdims=True)"
        elif self.n:
            text = f"{text}.swapaxes(0, 1)" if self.turned else text
            text = f"{text}.reshape({self.count}, -1)"
        for run, slots in self.runs:
            yield run, f"{text}[{slots}]" if slots else text


def _in_steps(places: np.ndarray[Any, Any]) -> bool:
    steps = np.diff(places)
    return bool(steps[0] > 0 and (steps == steps[0]).all())


def _span(slots: Sequence[int], table: Table) -> str:
    """Some slots as a slice where they are neighbours."""
    if slots[-1] - slots[0] == len(slots) - 1:
        return f"{slots[0]}:{slots[-1] + 1}"
    return table(np.array(slots))
