"""A batch in parts, by processes: what it takes to send them out, beside one process that computes the whole.

    python benchmarks/parts.py                     half a minute
    python benchmarks/parts.py --quick             a smoke run of a few seconds
    python benchmarks/parts.py --workers 8 --json result.json

Each way's value and gradient are compared with the whole's before anything is timed. The ways take turns, round by
round. What is measured is time on the wall, for several processors are at work; each process computes with one thread.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # before NumPy loads

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from report import aligned, carry_out, command_line, headline, machine, progress, rounded

import tinygrad_kr as tg

STEPS = 100


class Plan(NamedTuple):
    """What to run."""

    workers: int
    rounds: int
    scale: int


class Task(NamedTuple):
    """Something to compute.

    Attributes:
        about: what it is, in a line.
        program: the function of one sample.
        params: what all samples share.
        batch: arrays whose first axis is the samples.
    """

    about: str
    program: Callable[..., Any]
    params: list[float]
    batch: list[Any]


def pendulum(params: Sequence[Any], angle: Any, seen: Any) -> Any:
    """The squared error of a damped pendulum's last angle, after steps of Runge and Kutta: much work a number."""
    strength, damping = params
    speed, h = 0.0 * angle, 0.05

    def change(angle: Any, speed: Any) -> tuple[Any, Any]:
        return speed, -strength * tg.sin(angle) - damping * speed

    for _ in range(STEPS):
        a1, s1 = change(angle, speed)
        a2, s2 = change(angle + h / 2 * a1, speed + h / 2 * s1)
        a3, s3 = change(angle + h / 2 * a2, speed + h / 2 * s2)
        a4, s4 = change(angle + h * a3, speed + h * s3)
        angle, speed = angle + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4), speed + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
    return (angle - seen) ** 2


def line(params: Sequence[Any], x: Any, seen: Any) -> Any:
    """The squared error of a straight line: little work a number."""
    slope, start = params
    return (slope * x + start - seen) ** 2


def tasks(scale: int) -> dict[str, Task]:
    """The tasks, smaller by ``scale``."""
    rng = np.random.default_rng(0)
    many, few = 1_000_000 // scale, 20_000 // scale
    return {
        "pendulum": Task(
            f"{few:,} pendulums, {STEPS} steps of Runge and Kutta",
            pendulum, [1.3, 0.1], [rng.uniform(-2, 2, few), rng.uniform(-1, 1, few)],
        ),
        "line": Task(f"a line through {many:,} points", line, [1.5, 0.5], [*rng.normal(size=(2, many))]),
    }  # fmt: skip


@contextmanager
def dask(workers: int) -> Iterator[Any]:
    """Dask's workers on this machine, as an executor."""
    from distributed import Client, LocalCluster

    of = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with LocalCluster(**of) as cluster, Client(cluster) as client:
        yield client.get_executor()


def run(plan: Plan) -> dict[str, Any]:
    """Compare, then measure."""
    with ExitStack() as stack:
        ways: dict[str, Any] = {"whole": None}
        ways["pool"] = stack.enter_context(ProcessPoolExecutor(plan.workers, mp_context=get_context("spawn")))
        if find_spec("distributed"):
            ways["dask"] = stack.enter_context(dask(plan.workers))
        return {
            "machine": machine(plan.rounds),
            "workers": plan.workers,
            "tasks": {name: measured(name, task, ways, plan) for name, task in tasks(plan.scale).items()},
        }


def measured(name: str, task: Task, ways: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The medians of the ways in milliseconds."""
    net = tg.record(task.program)

    def compute(executor: Any) -> tuple[Any, Any]:
        parts = None if executor is None else plan.workers
        return net.value_and_grad(task.params, *task.batch, executor=executor, parts=parts)

    progress(f"{name}: comparing")
    value, gradient = compute(None)
    for way, executor in ways.items():
        other, slopes = compute(executor)
        if not np.allclose([other, *slopes], [value, *gradient], rtol=1e-12, atol=0):
            raise SystemExit(f"{way} computes {name} otherwise; nothing was timed")
    samples: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(plan.rounds):
        progress(f"{name}: round {turn + 1} of {plan.rounds}")
        for way, executor in ways.items():
            start = perf_counter()
            compute(executor)
            samples[way].append((perf_counter() - start) * 1000)
    return {"about": task.about, "ms": {way: median(times) for way, times in samples.items()}, "samples": samples}


def text(report: dict[str, Any]) -> str:
    """The report as a table."""
    titles = {"whole": "one process", "pool": "a process pool", "dask": "Dask"}
    rows = [["task", "way", "ms", "one process ÷ this"]]
    for name, task in report["tasks"].items():
        for way, ms in task["ms"].items():
            rows.append([name if way == "whole" else "", titles[way], rounded(ms), f"{task['ms']['whole'] / ms:.2f}"])
    title = f"ms on the wall for a value and its gradient, with {report['workers']} workers (medians)"
    about = aligned([[name, task["about"]] for name, task in report["tasks"].items()], 2)
    return f"{headline(report['machine'])}\n\n{title}\n{aligned(rows, 2)}\n\n{about}"


def plan(arguments: Sequence[str] | None = None) -> tuple[Plan, Path | None]:
    """Read the command line."""
    parser = command_line("A batch in parts, by processes.", quick=1)
    parser.add_argument("--workers", type=int, help="how many processes (default: as many as there are processors)")
    given = parser.parse(arguments)
    workers = given.workers or os.cpu_count() or 1
    return Plan(workers, given.rounds, 100 if given.quick else 1), given.json


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    carry_out(plan, run, text, arguments)


if __name__ == "__main__":
    from parts import main  # so that workers find the programs in a module of that name

    main()
