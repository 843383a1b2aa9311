"""The instructions of a tape as one function on arrays, forward and backward."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.formula import parse
from ..engine.kernels import upstream_times
from ..engine.native import functions
from ..engine.ops import TABLE
from ..targets.numpify import NumPy
from .dialects import NUMPY, Dialect
from .places import Array, Operand, Run
from .plan import CONDITIONAL, Instruction, Item

__all__ = ["Program"]


FEW = 4
"""So many nodes are no work to compute one by one."""


SHORT = 128
"""So many numbers for each step of a formula are worth no passes of NumPy: a compiled row computes them one by one."""


class Program:
    """Writes the function of some instructions.

    Args:
        sources: the arrays that the function takes, by their names.
        where: for each leaf the array that it is in, and its place.
        plan: the instructions.
        outputs: the items that the function returns.
        numbers: plain numbers among the leaves, which are written as they are where all nodes have the same.

    Attributes:
        arrays: every array, the results of instructions among them.
        tables: arrays of places that the function reads, by their names.
        steps: the instructions as they are in the function.
        where: for each item the array that it is in, and its place.
        outputs: the items that the function returns.
    """

    sources: Mapping[str, Array]
    plan: Sequence[Instruction]
    numbers: Mapping[Item, float]
    outputs: Sequence[Item]
    where: dict[Item, tuple[str, int]]
    arrays: dict[str, Array]

    def __init__(
        self, sources: Mapping[str, Array], where: Mapping[Item, tuple[str, int]], plan: Sequence[Instruction],
        outputs: Sequence[Item], numbers: Mapping[Item, float],
    ) -> None:  # fmt: skip
        self.sources, self.plan, self.numbers, self.outputs = sources, plan, numbers, outputs
        self.where = dict(where)
        self.arrays = dict(sources)
        self.tables: dict[str, np.ndarray[Any, Any]] = {}
        self.steps: list[_Step] = []
        for instruction in self._apart(plan):
            step = _Product(self, instruction) if instruction.vectors else _Step(self, instruction)
            self.steps.append(step)
            self.arrays[step.out] = Array(len(instruction.items), instruction.batched)
            self.where |= {item: (step.out, k) for k, item in enumerate(instruction.items) if item is not None}
            step.prepare()
        self._outputs = self.operand(outputs, 0, spread=False)

    def _apart(self, plan: Sequence[Instruction]) -> Iterator[Instruction]:
        """The instructions; a few nodes whose operands would have to be brought together are computed one by one."""
        for instruction in plan:
            homes = [{self.where[item][0] for item in family} for family in instruction.families]
            if instruction.n or len(instruction.items) > FEW or all(len(home) == 1 for home in homes):
                yield instruction
            else:
                for k, item in enumerate(instruction.items):
                    yield instruction._replace(
                        items=(item,), families=tuple((family[k],) for family in instruction.families)
                    )

    def operand(self, items: Sequence[Item], n: int, spread: bool = True) -> Operand:
        """Where some items are to be read."""
        return Operand(items, n, self.where, self.arrays, self.table, spread)

    def table(self, places: np.ndarray[Any, Any]) -> str:
        """Keep an array of places, and say its name."""
        name = f"I{len(self.tables)}"
        self.tables[name] = places
        return name

    def small(self, samples: int) -> frozenset[int]:
        """The steps that are too small for NumPy in a batch of so many samples, if the compiled core is there."""
        return frozenset(k for k, step in enumerate(self.steps) if step.is_small(samples))

    def source(
        self, wanted: Collection[str] | None = None, per_sample: bool = False, dialect: Dialect = NUMPY,
        title: str = "replay", small: Collection[int] = (),
    ) -> str:  # fmt: skip
        """The function's source.

        Args:
            wanted: the sources by which it differentiates; None for the values alone.
            per_sample: whether the gradient by an unbatched source is one a sample, not the sum of all.
            dialect: the library of arrays that it is written for.
            title: what the function is called.
            small: the steps that the compiled core computes, by ``replayed()`` and rows that are named ``R_…``.
        """
        batched = [name for name, array in self.sources.items() if array.batched]
        lines = [f"B = {batched[0]}.shape[1]" if batched else "B = 1"]
        for k, step in enumerate(self.steps):
            lines += step.reads + (step.compiled() if k in small else step.computes)
        text, count = self._outputs.text, self._outputs.count
        lines.append(f"out = {text}" if self._outputs.batched else f"out = np.broadcast_to({text}, ({count}, B))")
        arguments, result = [*self.sources], "out"
        if wanted is not None:
            backward = _Backward(self, wanted, per_sample, dialect)
            backward.add(self._outputs, "seed", True)
            for k, step in reversed([*enumerate(self.steps)]):
                if step.out in backward.begun and step.out in backward.moving:
                    (step.compiled_backward if k in small else step.backward)(backward)
            for name in wanted:
                backward.begin(name)
            lines += backward.lines
            arguments.append("seed")
            result += f", ({''.join(f'g_{name}, ' for name in wanted)})"
        body = "".join(f"    {line}\n" for line in [*lines, f"return {result}"])
        return f"def {title}({', '.join(arguments)}):\n{body}"


class _Backward:
    """The lines of a reverse sweep, as they come to be."""

    def __init__(self, program: Program, wanted: Collection[str], per_sample: bool, dialect: Dialect) -> None:
        self.program, self.per_sample, self.dialect = program, per_sample, dialect
        self.lines: list[str] = []
        self.begun: dict[str, bool] = {}  # arrays that have a gradient; whether it is nobody else's
        self.moving = set(wanted)
        for step in program.steps:
            if any(run.name in self.moving for operand in step.operands for run, _ in operand.runs):
                self.moving.add(step.out)

    def begin(self, name: str) -> None:
        """Give an array a gradient of zeros, if it has none."""
        if name not in self.begun:
            array = self.program.arrays[name]
            columns = "B" if array.batched or self.per_sample else 1
            self.lines.append(f"g_{name} = np.zeros(({array.size}, {columns}))")
            self.begun[name] = True

    def add(self, operand: Operand, text: str, is_batched: bool) -> None:
        """Add a contribution to the gradients of some operands."""
        runs = [run for run, _ in operand.runs if run.name in self.moving]
        if len(operand.runs) > 1 and runs and text != "seed":
            self.lines.append(f"t = {text}")
            text = "t"
        for run, share in operand.shares(text):
            if run.name in self.moving:
                whole = self.program.arrays[run.name]
                if is_batched and not whole.batched and not self.per_sample:
                    share = f"{share}.sum(-1, keepdims=True)"
                self.add_to(run, share)

    def add_to(self, run: Run, share: str) -> None:
        """Add an array of shape (items, batch) to the gradients of a run."""
        g = f"g_{run.name}"
        if run.at:
            self.begin(run.name)
            if not self.begun[run.name]:
                self.lines.append(f"{g} = np.copy({g})")
                self.begun[run.name] = True
            self.lines.append(self.dialect.add_at(g, run.at, run.places, share, self.program.table))
        elif run.name not in self.begun:
            self.lines.append(f"{g} = {share}")
            self.begun[run.name] = share.startswith("(") or ".sum(" in share  # otherwise it may be a view of another's
        elif self.begun[run.name]:
            self.lines.append(f"{g} += {share}")
        else:
            self.lines.append(f"{g} = {g} + {share}")
            self.begun[run.name] = True


class _Step:
    """An instruction in the function.

    Attributes:
        reads: the lines that read its operands.
        computes: the lines that compute it.
    """

    def __init__(self, program: Program, instruction: Instruction) -> None:
        self.program, self.instruction, self.op = program, instruction, instruction.op
        self.out = f"v{len(program.steps)}"
        self.operands: list[Operand] = []
        self.texts: dict[str, str] = {}
        self.locals: dict[str, str] = {}
        self.reads: list[str] = []
        self.computes: list[str] = []

    def prepare(self) -> None:
        """Write what computes it; its operands are in arrays by now."""
        op, n = self.op, self.instruction.n
        for variable, items in zip(op.variables, self.instruction.families):
            operand = self.program.operand(items, n, spread=op.k is None)
            self.operands.append(operand)
            is_one = not n and len({self.program.where[item] for item in items}) == 1
            number = self.program.numbers.get(items[0]) if is_one else None
            if number is not None:
                self.texts[variable] = NumPy().number(number).text
            elif operand.text.isidentifier():
                self.texts[variable] = operand.text
            else:
                self.texts[variable] = f"{self.out}{variable}"
                self.reads.append(f"{self.out}{variable} = {operand.text}")
        target = self._target(self.locals)
        value = target.write(op.forward)
        if not target.used.issuperset(op.variables):  # a choice that is made already: what is left may be of one column
            value = f"np.broadcast_to({value}, ({len(self.instruction.items)}, {self._columns}))"
        if op.k is not None:
            value = f"({value}).reshape({len(self.instruction.items)}, -1)"
        elif n:
            value = f"({value})[:, 0]"
        self.computes = [*self._kept(self.locals), f"{self.out} = {value}"]

    def _target(self, locals: dict[str, str], **more: str) -> NumPy:
        families = [*self.op.variables, *more] if self.instruction.n else ()
        return NumPy({**self.texts, **more}, families, self.instruction.n, locals, f"{self.out}t")

    def _masked(self, upstream: str, text: str) -> str:
        return f"np.where({upstream} == 0.0, 0.0, {text})" if self.instruction.masked else text

    @property
    def _columns(self) -> str:
        return "B" if self.instruction.batched else "1"

    def _kept(self, locals: dict[str, str], since: int = 0) -> list[str]:
        return [f"{name} = {source}" for source, name in [*locals.items()][since:]]

    def is_small(self, samples: int) -> bool:
        """Whether the compiled core is quicker than NumPy, in a batch of so many samples."""
        op, n, count = self.op, self.instruction.n or 1, len(self.instruction.items)
        is_known = op.k is None and op.name in functions and TABLE.get(op.name) is op
        return is_known and count * n * (samples if self.instruction.batched else 1) <= SHORT * len(self.locals)

    def compiled(self) -> list[str]:
        """The lines that have the compiled core compute it."""
        room = f"{self.out} = np.empty(({len(self.instruction.items)}, {self._columns}))"
        return [room, f"replayed(R_{self.op.name}, ({self.out},), {self._operands})"]

    def compiled_backward(self, to: _Backward) -> None:
        """Write the same the way back."""
        n, count = self.instruction.n, len(self.instruction.items)
        columns = "B" if to.per_sample or self.instruction.batched else "1"
        moving = [any(run.name in to.moving for run, _ in operand.runs) for operand in self.operands]
        shares = [f"s{k}" if moves else None for k, moves in enumerate(moving)]
        room = f"np.empty(({count}, {f'{n}, ' if n else ''}{columns}))"
        to.lines += [f"{share} = {room}" for share in shares if share]
        written = f"({''.join(f'{share}, ' for share in shares)})"
        last = f"({self.out},), {self._operands}, (g_{self.out},), {written}, {self.instruction.masked}"
        to.lines.append(f"replayed(R_{self.op.name}, {last})")
        for operand, share in zip(self.operands, shares):
            if share:
                to.add(operand, f"({share})", self.instruction.batched)

    @property
    def _operands(self) -> str:
        return f"({''.join(f'{self.texts[variable]}, ' for variable in self.op.variables)})"

    def backward(self, to: _Backward) -> None:
        """Write what it hands back to its operands."""
        n, g, count = self.instruction.n, f"g_{self.out}", len(self.instruction.items)
        locals = dict(self.locals)  # what the forward pass has is there; more is of this sweep
        if self.op.k is not None:
            shape = f".reshape({count // n}, {n}, -1)"
            to.lines += [f"u = {g}{shape}", f"z = {self.out}{shape}"]
            text = self._masked("u", self._target(locals, z="z", u="u").write(self.op.vjp))
            to.lines += self._kept(locals, len(self.locals))
            to.add(self.operands[0], f"({text})", self.instruction.batched)
            return
        axis = "[:, None]" if n else ""
        target = self._target(locals, z=f"{self.out}{axis}")
        moving = [any(run.name in to.moving for run, _ in operand.runs) for operand in self.operands]
        texts = [upstream_times(parse(p), target) if moves else "0.0" for p, moves in zip(self.op.partials, moving)]
        if self.op is CONDITIONAL:  # whatever flows back, nothing of it goes to the branch that was not taken
            holds = f"{self.texts['c']} != 0.0"
            texts = ["0.0", f"np.where({holds}, g, 0.0)", f"np.where({holds}, 0.0, g)"]
        to.lines += [f"g = {g}{axis}", *self._kept(locals, len(self.locals))]
        for k, (operand, text) in enumerate(zip(self.operands, texts)):
            if text == "0.0" or not moving[k]:
                continue
            text = self._masked("g", text)
            if n and (self.op.passes_on(k) or any(other.summed for other in self.operands)):
                columns = "B" if to.per_sample or self.instruction.batched else 1
                text = f"np.broadcast_to({text}, ({count}, {n}, {columns}))"
            elif not text.isalnum():
                text = f"({text})"
            to.add(operand, text, self.instruction.batched)


class _Product(_Step):
    """A matrix product: unbatched vectors times batched ones, which is NumPy's however small it is."""

    def is_small(self, samples: int) -> bool:
        """Never."""
        return False

    def prepare(self) -> None:
        """Write what computes it; its operands are in arrays by now."""
        vectors, n = self.instruction.vectors, self.instruction.n
        rows, columns = self.instruction.families
        self.operands = [
            self.program.operand(rows, n, spread=False),
            self.program.operand(columns, n if vectors > 1 else 0, spread=False),
        ]
        a, x = self.operands
        product = f"{self.out}a @ {self.out}x"
        if vectors > 1:
            product = f"({product}).reshape({len(self.instruction.items)}, -1)"
        self.reads = [f"{self.out}a = {a.matrix}", f"{self.out}x = {x.text}"]
        self.computes = [f"{self.out} = {product}"]

    def backward(self, to: _Backward) -> None:
        vectors, n = self.instruction.vectors, self.instruction.n
        a, x = self.operands
        g, m = f"g_{self.out}", len(self.instruction.items) // vectors
        if vectors > 1:
            to.lines.append(f"g = {g}.reshape({vectors}, {m}, -1)")
            g = "g"
        if any(run.name in to.moving for run, _ in a.runs):
            if to.per_sample:
                each = f"{g}[..., None, :] * {self.out}x[..., None, :, :]"
                to.add(a, f"({each}).sum(0)" if vectors > 1 else f"({each})", True)
            elif vectors > 1:
                to.add(a, f"({g} @ {self.out}x.swapaxes(1, 2)).sum(0)", False)
            elif a.turned:
                ((run, _),) = a.runs
                to.add_to(run, f"({self.out}x @ {g}.T).reshape({m * n}, 1)")
            else:
                to.add(a, f"({g} @ {self.out}x.T)", False)
        to.add(x, f"({self.out}a.T @ {g})", True)
