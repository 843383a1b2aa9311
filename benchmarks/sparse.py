"""The Hessian of the chained Rosenbrock function, sparse and dense, as the number of variables n grows.

    python benchmarks/sparse.py                     under a minute
    python benchmarks/sparse.py --quick             a smoke run of a few seconds
    python benchmarks/sparse.py --json result.json

The two matrices are compared before anything is timed, and the sparse one with the derivatives on paper at every n. The
ways take turns, round by round. What is measured is processor time; the dense one only up to ``DENSE`` variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from differentiation import sample
from report import aligned, carry_out, command_line, headline, machine, progress, rounded

import tinygrad_kr as tg

SIZES = (100, 1000, 3000, 10_000, 30_000)
DENSE = 3000


class Plan(NamedTuple):
    """What to run."""

    sizes: tuple[int, ...]
    rounds: int


def plan(arguments: Sequence[str] | None = None) -> tuple[Plan, Path | None]:
    """Read the command line."""
    parser = command_line("Sparse and dense Hessians of the chained Rosenbrock function.", usual=5, quick=1)
    given = parser.parse(arguments)
    return Plan(SIZES[:1] if given.quick else SIZES, given.rounds), given.json


def rosenbrock(x: Sequence[Any]) -> Any:
    """Rosenbrock's valley, chained."""
    return tg.sum([100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1)])


def on_paper(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The diagonals below, on and above the main one, of the Hessian."""
    beside = -400 * x[:-1]
    return np.array([*beside, *(np.r_[1200 * x[:-1] ** 2 - 400 * x[1:] + 2, 0] + np.r_[0, 200 + 0 * x[1:]]), *beside])


WAYS = {"sparse": tg.hessian(rosenbrock, sparse=True), "dense": tg.hessian(rosenbrock)}


def run(plan: Plan) -> dict[str, Any]:
    """Compare, then measure."""
    return {"machine": machine(plan.rounds), "sizes": [measured(n, plan) for n in plan.sizes]}


def measured(n: int, plan: Plan) -> dict[str, Any]:
    """The medians of the ways in milliseconds, for n variables."""
    x = np.linspace(-1.2, 1.2, n)
    ways = {way: f for way, f in WAYS.items() if way == "sparse" or n <= DENSE}
    progress(f"{n:,} variables: comparing")
    matrix = WAYS["sparse"](x)
    agree(n, np.concatenate([matrix.diagonal(k) for k in (-1, 0, 1)]), on_paper(x))
    if "dense" in ways:
        agree(n, matrix.toarray(), WAYS["dense"](x))
    samples: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(plan.rounds):
        progress(f"{n:,} variables: round {turn + 1} of {plan.rounds}")
        for way, f in ways.items():
            samples[way].append(sample(lambda f=f: f(x), 1))  # type: ignore[misc]
    return {"variables": n, "ms": {way: median(times) for way, times in samples.items()}, "samples": samples}


def agree(n: int, ours: Any, expected: Any) -> None:
    """End the run if a matrix is not the other one."""
    if not np.allclose(ours, expected, rtol=1e-12, atol=1e-9):
        raise SystemExit(f"the Hessians of {n:,} variables differ; nothing was timed")


def text(report: dict[str, Any]) -> str:
    """The report as a table."""
    rows = [["n", "sparse", "dense", "dense ÷ sparse", "sparse, µs a variable"]]
    for size in report["sizes"]:
        n, ms = size["variables"], size["ms"]
        dense = [rounded(ms["dense"]), f"{ms['dense'] / ms['sparse']:,.1f}"] if "dense" in ms else ["–", "–"]
        rows.append([f"{n:,}", rounded(ms["sparse"]), *dense, f"{ms['sparse'] * 1000 / n:,.0f}"])
    title = "processor ms for a Hessian of the chained Rosenbrock function (medians)"
    return f"{headline(report['machine'])}\n\n{title}\n{aligned(rows, 1)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    carry_out(plan, run, text, arguments)


if __name__ == "__main__":
    main()
