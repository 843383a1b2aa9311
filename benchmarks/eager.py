"""What a node costs: building, differentiating and freeing graphs, beside other engines in the same run.

    python benchmarks/eager.py                 everything that is installed, a few minutes
    python benchmarks/eager.py --quick         a smoke run of a few seconds
    python benchmarks/eager.py --engines tinygrad_kr micrograd --shapes chain mlp --json result.json

Engines take turns, round by round, so that a drift of the machine hits all alike. Before anything is timed, their
values and gradients are compared; a wrong answer ends the run. See README.md beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from engines import ENGINES, FAMILIES, REFERENCE, is_installed
from report import aligned, command_line, headline, machine, progress, show
from shapes import SHAPES, Shape, make
from worker import Dead, Result, Sample, Worker

PHASES = ("build", "backward", "free", "total")


class Plan(NamedTuple):
    """What to run."""

    families: list[str]
    shapes: list[str]
    rounds: int
    small_repeats: int
    weighed: list[str]  # the shapes whose memory is measured
    sizes: list[int]  # the chains whose growth is measured

    def engines(self, shape: Shape) -> list[str]:
        """The engines that write this shape, the reference first."""
        return [
            engine.title
            for family in self.families
            for engine in FAMILIES[family]
            if shape.sums or not engine.only_sums
        ]

    def shape(self, name: str) -> tuple[Any, ...]:
        """The shape's name and size, as workers are asked for it."""
        return (name, self.small_repeats) if name == "small" else (name,)


def plan(arguments: Sequence[str] | None = None) -> tuple[Plan, Path | None]:
    """Read the command line."""
    parser = command_line(
        "Nanoseconds and bytes per node, beside other engines in the same run.",
        "each engine",
        epilog="Peers that are not installed are left out: pip install micrograd psutil xad torch",
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES), help="which graphs (default: all)")
    parser.add_argument(
        "--engines", nargs="+", choices=FAMILIES, help="which engines (default: all that are installed)"
    )
    given = parser.parse(arguments)
    parser.only_installed(given.engines, is_installed, lambda family: FAMILIES[family][0].package)
    shapes = [name for name in SHAPES if name in given.shapes]
    weighed = [name for name in shapes if name != "small"]  # one small graph is too small to weigh
    return Plan(
        families=[family for family in FAMILIES if is_installed(family) and family in (given.engines or FAMILIES)],
        shapes=shapes,
        rounds=given.rounds,
        small_repeats=50 if given.quick else 500,
        weighed=weighed[-1:] if given.quick else weighed,
        sizes=[10**k for k in range(3, 5 if given.quick else 7)] if "chain" in shapes else [],
    ), given.json


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────────


def run(plan: Plan) -> dict[str, Any]:
    """Measure everything; the result is what ``--json`` writes."""
    shapes = {name: make(*plan.shape(name)) for name in plan.shapes}
    with ExitStack() as stack:
        titles = dict.fromkeys(title for shape in shapes.values() for title in plan.engines(shape))
        workers = {title: stack.enter_context(Worker(title)) for title in titles}

        def row(shape: Shape) -> list[Worker]:
            return [workers[title] for title in plan.engines(shape)]

        results = {name: agreed(plan.shape(name), row(shape)) for name, shape in shapes.items()}
        times = {name: timed(plan.shape(name), row(shape), plan.rounds) for name, shape in shapes.items()}
        growth = grown(plan, row(shapes["chain"])) if plan.sizes else {}
    memory = {name: {title: weight(title, name) for title in plan.engines(shapes[name])} for name in plan.weighed}
    return {
        "machine": machine(plan.rounds, plan.families),
        "shapes": {
            name: {"about": shape.about, "nodes": shape.nodes, **results[name]._asdict(), "engines": times[name]}
            for name, shape in shapes.items()
        },
        "growth": growth,
        "memory": memory,
    }


def agreed(shape: tuple[Any, ...], workers: list[Worker]) -> Result:
    """The value and the gradient of a shape, if the engines agree on it; otherwise the run ends."""
    progress(f"{shape[0]}: comparing values and gradients")
    results = [Result(*worker.ask("check", *shape)) for worker in workers]
    for worker, result in zip(workers[1:], results[1:]):
        compare(shape[0], workers[0].title, results[0], worker.title, result)
    return results[0]


def compare(shape: str, first: str, a: Result, other: str, b: Result) -> None:
    """End the run if two engines disagree."""
    scale = max(map(abs, a.gradient))
    derivatives = [(f"derivative by leaf {k}", x, y) for k, (x, y) in enumerate(zip(a.gradient, b.gradient))]
    for what, x, y in [("value", a.value, b.value), *derivatives]:
        if not math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12 * scale):
            raise SystemExit(f"{shape}: the {what} is {x!r} in {first} and {y!r} in {other}; nothing was timed")


def timed(shape: tuple[Any, ...], workers: list[Worker], rounds: int) -> dict[str, dict[str, Any]]:
    """A row of times for each engine; in every round each has its turn."""
    samples: dict[str, list[Sample]] = {worker.title: [] for worker in workers}
    for turn in range(rounds):
        progress(f"{shape[0]}: round {turn + 1} of {rounds}")
        start = turn % len(workers)
        for worker in workers[start:] + workers[:start]:
            samples[worker.title].append(Sample(*worker.ask("sample", *shape)))
    return {title: medians(taken, samples.get(REFERENCE)) for title, taken in samples.items()}


def medians(samples: list[Sample], reference: list[Sample] | None) -> dict[str, Any]:
    """The medians of a row, and the ratio of the total's to the reference's."""
    total = median(map(sum, samples))
    return {
        **{phase: median(getattr(sample, phase) for sample in samples) for phase in Sample._fields},
        "total": total,
        "ratio": total / median(map(sum, reference)) if reference else None,
        "samples": [sample._asdict() for sample in samples],
    }


def weight(title: str, shape: str) -> dict[str, float | None]:
    """Peak bytes per node, each way of weighing in a process of its own."""
    progress(f"memory: {shape}, {title}")
    weights: dict[str, float | None] = {}
    for task in ("traced", "resident"):
        with Worker(title) as worker:
            weights[task] = worker.ask(task, shape)
    return weights


def grown(plan: Plan, workers: list[Worker]) -> dict[str, dict[str, float | str]]:
    """Nanoseconds per node of ever longer chains; where an engine can go no further, its reason."""
    table: dict[str, dict[str, float | str]] = {worker.title: {} for worker in workers}
    for size in plan.sizes:
        progress(f"growth: a chain of {size:,}")
        taken: dict[str, list[float]] = {worker.title: [] for worker in workers}
        for _ in range(min(plan.rounds, 3 if size > 100_000 else 7)):
            for worker in workers:
                outcome = attempt(worker, size)
                if isinstance(outcome, str):
                    table[worker.title][str(size)] = outcome
                else:
                    taken[worker.title].append(outcome)
            workers = [worker for worker in workers if str(size) not in table[worker.title]]
        for worker in workers:
            table[worker.title][str(size)] = median(taken[worker.title])
    return table


def attempt(worker: Worker, size: int) -> float | str:
    """The total of one sample of a chain, or why there is none."""
    try:
        total: float = sum(worker.ask("sample", "chain", size, max(1, 20_000 // size)))
        return total
    except Dead as reason:
        return str(reason)


# ── Printing ──────────────────────────────────────────────────────────────────────────────────────────


def text(report: dict[str, Any]) -> str:
    """The report as tables."""
    parts = [headline(report["machine"]), times(report["shapes"])]
    if report["growth"]:
        parts.append(growths(report["growth"]))
    if report["memory"]:
        parts.append(weights(report["memory"]))
    return "\n\n".join(parts)


def times(shapes: dict[str, Any]) -> str:
    """Nanoseconds per node."""
    rows = [["shape", "engine", *PHASES, "ratio"]]
    notes = []
    for name, shape in shapes.items():
        notes.append(f"  {name:<8} {shape['nodes']:>7,} nodes  {shape['about']}")
        for k, (title, row) in enumerate(shape["engines"].items()):
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
            rows.append(["" if k else name, title, *(f"{row[phase]:,.0f}" for phase in PHASES), ratio])
    title = f"ns per node (medians; ratio: total ÷ total of {REFERENCE})"
    return "\n".join([title, aligned(rows, left=2, groups=True), "", *notes])


def growths(table: dict[str, dict[str, float | str]]) -> str:
    """Nanoseconds per node by length of the chain."""
    sizes = list(dict.fromkeys(size for row in table.values() for size in row))
    rows = [["engine", *(f"{int(size):,}" for size in sizes)]]
    for title, row in table.items():
        cells = [row.get(size, "–") for size in sizes]
        rows.append(
            [title, *(cell if cell == "–" else "failed" if isinstance(cell, str) else f"{cell:,.0f}" for cell in cells)]
        )
    failures = [f"  {cell}" for row in table.values() for cell in row.values() if isinstance(cell, str)]
    return "\n".join(["ns per node (total) of a chain, by its length", aligned(rows, left=1), *failures])


def weights(memory: dict[str, dict[str, dict[str, float | None]]]) -> str:
    """Bytes per node."""
    rows = [["engine", *memory]]
    for title in ENGINES:
        cells = [row.get(title) for row in memory.values()]
        if any(cells):
            rows.append([title, *(" / ".join(map(in_bytes, cell.values())) if cell else "–" for cell in cells)])
    return f"peak bytes per node (what Python allocated / growth of the process)\n{aligned(rows, left=1)}"


def in_bytes(number: float | None) -> str:
    return "?" if number is None else f"{number:,.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    chosen, file = plan(arguments)
    try:
        report = run(chosen)
    except Dead as reason:
        raise SystemExit(str(reason)) from None
    show(report, text(report), file)


if __name__ == "__main__":
    main()
