"""A tape: a graph of one sample, replayed over a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from weakref import ref

import numpy as np

from ..engine.arrays import floats, numbers_of
from ..engine.native import core
from ..engine.ops import TABLE
from ..engine.value import Value
from ..targets import special
from ..text.numerals import shown
from .places import Array
from .plan import Instruction, Item, fused, instructions, recorded
from .program import Program

__all__ = ["NotRecordable", "Reduce", "Tape"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Reduce: TypeAlias = 'Literal["mean", "sum"] | None'

BLOCK = 1 << 18
"""How many numbers of a batch a replay holds at once (2 MB, which a processor keeps near); more are cut into blocks."""


_NONE = np.empty((0, 1))

SAMPLES = 64
"""How many samples a block has at least: fewer would be no work for arrays."""

NUMBERS = 1024
"""How many numbers an instruction should get on average, or calling NumPy costs more than it does."""

MOST = 1 << 24
"""How many numbers a replay holds at most for that (128 MB)."""


class NotRecordable(TypeError):
    """A graph, or a function, that can't be recorded once and replayed."""


class Tape:
    """A graph of one sample as a program on arrays. :meth:`of` makes one of a graph that is there.

    Args:
        outputs: the nodes that it computes.
        inputs: the leaves that differ from sample to sample, in vectors.
        parameters: leaves that all samples share, in vectors.
        since: an age; nodes that are older are constants.

    Attributes:
        plan: its instructions, on items that are numbered.
        leaves: the Values that the graph uses beside its inputs and parameters; they are read anew at every call.
        operations: how many operations of the graph one sample takes.
    """

    operations: int
    plan: list[Instruction]
    inputs: tuple[int, ...]
    parameters: tuple[int, ...]
    program: Program
    count: int

    def __init__(
        self, outputs: Sequence[Value], inputs: Sequence[Sequence[Value]], parameters: Sequence[Sequence[Value]],
        since: int = 0,
    ) -> None:  # fmt: skip
        leaves, order = recorded(outputs, since)
        where: dict[Item, tuple[str, int]] = {}
        for letter, vectors in (("x", inputs), ("p", parameters)):
            for k, vector in enumerate(vectors):
                for place, node in enumerate(vector):
                    if node in where:
                        raise ValueError(f"{node!r} is given twice; a tape needs a leaf of its own at every place")
                    where[node] = (f"{letter}{k}", place)
        batched: set[Item] = {node for vector in inputs for node in vector}
        self.leaves: list[Value] = []
        constants: dict[str, Item] = {}
        same: dict[Item, Item] = {}
        numbers: dict[Item, float] = {}
        held = []
        for node in leaves:
            if node in where:
                continue
            if node.op is None and (node.moves or node.name is not None):
                where[node] = ("w", len(self.leaves))
                self.leaves.append(node)
            else:
                number = node.data
                first = constants.setdefault(repr(number), node)  # equal numbers are one, and so what they make
                if first is node:
                    where[node], numbers[node] = ("c", len(constants) - 1), number
                else:
                    same[node] = first
                if node.op is None:
                    held.append((ref(node), number))
        for node in order:
            if node.op is not None and node.op.functions:
                advice = "; give forward= and partials= in @operation(…) as formulas" * (not node.op.variadic)
                raise NotRecordable(
                    f"the operation {node.op.name!r} is written in Python, which can't be replayed on arrays{advice}"
                )
        self.operations = len(order)
        self._held: list[Any] = held
        made, same = fused(outputs, order, batched, same)
        ids: dict[Item, Item] = {item: k for k, item in enumerate([*where, *made])}
        results = [same.get(output, output) for output in outputs]
        self.plan = [_numbered(instruction, ids) for instruction in instructions(made, batched, results)]
        self.inputs, self.parameters = (tuple(map(len, vectors)) for vectors in (inputs, parameters))
        sources = {f"x{k}": Array(size, True) for k, size in enumerate(self.inputs)}
        sources |= {f"p{k}": Array(size, False) for k, size in enumerate(self.parameters)}
        sources |= {"w": Array(len(self.leaves), False), "c": Array(len(constants), False)}
        self._constants = np.array([float(text) for text in constants]).reshape(-1, 1)
        self.program = Program(
            sources,
            {ids[item]: place for item, place in where.items()},
            self.plan,
            [ids[result] for result in results],
            {ids[item]: number for item, number in numbers.items() if math.isfinite(number)},
        )
        self.count = len(outputs)
        self._compiled: dict[Any, Callable[..., Any]] = {}
        self._sizes: dict[int, frozenset[int]] = {}
        columns = sum(array.size for array in self.program.arrays.values() if array.batched)
        self._block = max(SAMPLES, BLOCK // max(1, columns), min(NUMBERS * len(self.plan), MOST) // max(1, columns))

    @classmethod
    def of(cls, output: Value, inputs: Sequence[Any], parameters: Sequence[Any] = ()) -> OfGraph:
        """A graph that is there, for any numbers of its inputs.

        Args:
            output: the node to compute.
            inputs: leaves of the graph that differ from sample to sample: Values, lists or arrays of them.
            parameters: leaves to differentiate by, which all samples share; their ``data`` is read at every call.

        Raises:
            TypeError: if something else is given.
            ValueError: if a leaf is given twice, or was computed from others.
            NotRecordable: if the graph has an operation that is written in Python.

        >>> w, x = Value(3.0, "w"), Value(2.0, "x")
        >>> tape = Tape.of(w * x + 1, inputs=[x], parameters=[w])
        >>> tape([1.0, 2.0, 3.0])
        array([ 4.,  7., 10.])
        >>> tape.value_and_grad([1.0, 2.0, 3.0])
        (7.0, [2.0])
        """
        return OfGraph(output, inputs, parameters)

    def __str__(self) -> str:
        lines = [f"{self.operations} operations a sample in {len(self.plan)} instructions"]
        for k, (op, items, _, n, batched, vectors, _) in enumerate(self.plan):
            name = "matrix product" if vectors else op.name
            size = f" of {n}" if n else ""
            lines.append(f"  v{k}  {len(items)} × {name}{size}" + ("" if batched else ", once for all samples"))
        return "\n".join(lines)

    @property
    def is_current(self) -> bool:
        """Whether constants that somebody still holds have the numbers that they had when this was recorded."""
        if not self._held:
            return True
        alive = [(constant, number) for constant, number in self._held if constant() is not None]
        self._held = alive
        return all(constant().data == number or number != number for constant, number in alive)

    def source(self, wanted: Iterable[str] | None = None, per_sample: bool = False) -> str:
        """The program's function in NumPy; see :meth:`Program.source`."""
        return self.program.source(None if wanted is None else [*wanted], per_sample)

    def values(self, inputs: Sequence[Floats], parameters: Sequence[Floats]) -> Floats:
        """The outputs, of shape (outputs, batch).

        Args:
            inputs: for each vector of inputs an array of shape (items, batch).
            parameters: for each vector of parameters one of shape (items, 1).
        """
        replay = self._function(None, False, inputs)
        shared = (*parameters, *self.rest())
        parts = [replay(*part, *shared) for part, _ in self._blocks(inputs)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, 1)

    def differentiate(
        self, inputs: Sequence[Floats], parameters: Sequence[Floats], seed: Floats, wanted: tuple[str, ...],
        per_sample: bool = False,
    ) -> tuple[Floats, list[Floats]]:  # fmt: skip
        """The outputs, and the derivatives of Σ seed · output.

        Args:
            inputs, parameters: as for :meth:`values`.
            seed: an array of shape (outputs, batch).
            wanted: the names of the vectors to differentiate by: ``x0``, ``p0`` …, and ``w`` for other leaves.
            per_sample: whether derivatives by what samples share are one a sample.
        """
        replay = self._function(wanted, per_sample, inputs)
        shared = (*parameters, *self.rest())
        parts = [replay(*part, *shared, seed[:, cut]) for part, cut in self._blocks(inputs)]
        if len(parts) == 1:
            return parts[0][0], [*parts[0][1]]
        gradients = []
        for k, name in enumerate(wanted):
            pieces = [gradient[k] for _, gradient in parts]
            joined = per_sample or name[0] == "x"
            gradients.append(np.concatenate(pieces, 1) if joined else np.sum(pieces, 0))
        return np.concatenate([out for out, _ in parts], 1), gradients

    def _blocks(self, inputs: Sequence[Floats]) -> list[tuple[Sequence[Floats], slice]]:
        count = inputs[0].shape[1] if inputs else 1
        if count <= self._block:
            return [(inputs, slice(None))]
        cuts = [slice(start, start + self._block) for start in range(0, count, self._block)]
        return [([x[:, cut] for x in inputs], cut) for cut in cuts]

    def rest(self) -> tuple[Floats, Floats]:
        """The numbers of the leaves that are neither inputs nor parameters, and the constants."""
        leaves = np.array([leaf.data for leaf in self.leaves]).reshape(-1, 1) if self.leaves else _NONE
        return leaves, self._constants

    def _function(
        self, wanted: tuple[str, ...] | None, per_sample: bool, inputs: Sequence[Floats]
    ) -> Callable[..., Any]:
        """The compiled function for batches of about that size; it is written when it is first asked for."""
        samples = min(self._block, inputs[0].shape[1]) if inputs else 1
        small = self._small(samples.bit_length())
        key = wanted, per_sample, small
        function = self._compiled.get(key)
        if function is None:  # of the table's formulas and of numbers: nothing a user typed
            source = self.program.source(wanted, per_sample, small=small)
            namespace: dict[str, Any] = {**vars(special), **self.program.tables, **_ROWS}
            exec(source, namespace)
            function = self._compiled[key] = _quiet(namespace["replay"])
        return function

    def _small(self, bits: int) -> frozenset[int]:
        """The steps that are small in a batch whose size has so many bits."""
        if bits not in self._sizes:
            self._sizes[bits] = self.program.small(3 * 2**bits // 4)
        return self._sizes[bits]


_ROWS = {} if core is None else {"replayed": core.replay, **{f"R_{name}": op for name, op in TABLE.items()}}
"""What a function calls for small steps."""


def _numbered(instruction: Instruction, ids: dict[Item, Item]) -> Instruction:
    """An instruction on numbers instead of nodes, so that the graph can go."""
    return instruction._replace(
        items=tuple(None if item is None else ids[item] for item in instruction.items),
        families=tuple(tuple(ids[item] for item in family) for family in instruction.families),
    )


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without NumPy's warnings, which know no names: both branches of a choice are computed."""

    def quiet(*arrays: Floats) -> Any:
        with np.errstate(all="ignore"):  # one a call: NumPy 1 keeps in it what was before, and threads would share it
            return function(*arrays)

    return quiet


class OfGraph:
    """A tape of a graph, with the leaves that it was asked about; :meth:`Tape.of` makes it."""

    def __init__(self, output: Value, inputs: Sequence[Any], parameters: Sequence[Any]) -> None:
        if not isinstance(output, Value):
            raise TypeError(f"Tape.of() needs a Value as output, not the {type(output).__name__} {shown(output)}")
        self._output = output
        self._inputs = [_values(x, f"inputs[{k}] of Tape.of()") for k, x in enumerate(inputs)]
        self._parameters = [_values(p, f"parameters[{k}] of Tape.of()") for k, p in enumerate(parameters)]
        self._record()

    def _record(self) -> None:
        inputs, parameters = ([[*x.flat] for x in group] for group in (self._inputs, self._parameters))
        self.tape = Tape([self._output], inputs, parameters)

    def _batch(self, arrays: Sequence[Any]) -> tuple[list[Floats], list[Floats]]:
        if not self.tape.is_current:
            self._record()
        if len(arrays) != len(self._inputs):
            raise TypeError(f"the tape takes {len(self._inputs)} arrays of inputs, not {len(arrays)}")
        batch = []
        for k, (given, like) in enumerate(zip(arrays, self._inputs)):
            array = floats(given, f"inputs[{k}] of the tape")
            if array.shape[1:] != like.shape or not array.ndim:
                expected = ", ".join(["N", *map(str, like.shape)])
                raise ValueError(f"inputs[{k}] of the tape has the shape {array.shape}; expected ({expected})")
            batch.append(array.reshape(len(array), like.size).T)
        if len({x.shape[1] for x in batch}) > 1:
            raise ValueError(f"the tape got batches of {', '.join(str(x.shape[1]) for x in batch)} samples")
        return batch, [numbers_of(p).reshape(-1, 1) for p in self._parameters]

    def __call__(self, *inputs: Any) -> Floats:
        """The output for every sample, of shape (N,).

        Args:
            inputs: for each of the graph's an array whose first axis is the batch.

        Raises:
            TypeError, ValueError: if arrays are of other shapes.
        """
        batch, parameters = self._batch(inputs)
        values: Floats = self.tape.values(batch, parameters)[0]
        return values

    def value_and_grad(self, *inputs: Any, reduce: Reduce = "mean") -> tuple[Any, list[Any]]:
        """The output over the batch, and its derivatives by the parameters, built as those are.

        Args:
            inputs: for each of the graph's an array whose first axis is the batch.
            reduce: ``"mean"`` or ``"sum"`` over the batch; None for a value and a gradient a sample.

        Raises:
            TypeError, ValueError: if arrays are of other shapes, ``reduce`` is something else, or there is no sample to
                take the mean of.
        """
        batch, parameters = self._batch(inputs)
        count = batch[0].shape[1] if batch else 1
        seed = seed_of(reduce, count)
        wanted = tuple(f"p{k}" for k in range(len(parameters)))
        values, gradients = self.tape.differentiate(batch, parameters, seed, wanted, reduce is None)
        built = [_built(g, p.shape, reduce is None) for g, p in zip(gradients, self._parameters)]
        return reduced(values[0], reduce), built


def seed_of(reduce: Reduce, count: int) -> Floats:
    """What flows back into the output of each sample; it is read only.

    Raises:
        ValueError: if ``reduce`` is something else, or there is no sample to take the mean of.

    >>> seed_of("mean", 2), seed_of(None, 1)
    (array([[0.5, 0.5]]), array([[1.]]))
    """
    if reduce not in ("mean", "sum", None):
        raise ValueError(f'reduce is "mean", "sum" or None, not {shown(reduce)}')
    if reduce == "mean" and not count:
        raise ValueError('the batch has no samples, and so no mean; use reduce="sum"')
    return _spread(1.0 / count if reduce == "mean" else 1.0, count)


@lru_cache(maxsize=16)
def _spread(number: float, count: int) -> Floats:
    """A row of one number, which takes the room of one."""
    return np.broadcast_to(number, (1, count))


def reduced(values: Floats, reduce: Reduce) -> Any:
    """The values over the batch.

    >>> reduced(np.array([1.0, 3.0]), "mean"), reduced(np.array([1.0, 3.0]), None)
    (2.0, array([1., 3.]))
    """
    if reduce is None:
        return values
    total = float(values.sum())
    return total if reduce == "sum" else total / len(values)


def _built(gradient: Floats, shape: tuple[int, ...], per_sample: bool) -> Any:
    if per_sample:
        return gradient.T.reshape(-1, *shape)
    return gradient.reshape(shape) if shape else float(gradient[0, 0])


def _values(leaves: Any, name: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    """An array of leaves."""
    array = np.asarray(leaves, dtype=object)
    for leaf in array.flat:
        if not isinstance(leaf, Value):
            raise TypeError(f"{name} needs Values, not the {type(leaf).__name__} {shown(leaf)}")
        if leaf.parents:
            raise ValueError(f"{name} needs leaves; {leaf!r} was computed by {leaf.op.name!r}")  # type: ignore[union-attr]
    return array
