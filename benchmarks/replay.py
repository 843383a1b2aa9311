"""What a replay costs: a scalar program recorded once, beside NumPy by hand, PyTorch and JAX, in one run.

    python benchmarks/replay.py                everything that is installed, a few minutes
    python benchmarks/replay.py --quick        a smoke run on small batches; its numbers are rough
    python benchmarks/replay.py --ways numpy replay --tasks digits-100 options --json result.json

Every way gets the same numbers, and before anything is timed its values and derivatives are compared with the others';
a wrong answer ends the run. Each has a process of its own with one thread, they take turns, round by round, and what is
measured is processor time. The scalar program is written once: it is recorded, and graphs are built of it.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # before NumPy loads
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import gc
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import get_clock_info, perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
from eager import compare
from report import aligned, carry_out, command_line, headline, machine, progress
from shapes import two_moons
from worker import Result

clock = process_time if get_clock_info("process_time").resolution <= 1e-5 else perf_counter
"""Processor time, in which other programs hardly show; where its clock is coarse, the time on the wall."""

SECONDS = 0.2
"""A sample takes as many steps as fit into this time, and at least one."""

SLOW, TURNS_OF_SLOW = 1.0, 3
"""A way whose step takes longer than so many seconds gets fewer turns."""

Numbers = list[Any]
"""Arrays: what is differentiated by, or a gradient."""


class Task(NamedTuple):
    """Something to compute.

    Attributes:
        about: what it is, in a line.
        operations: how many scalar operations one sample takes.
        ways: who can compute it.
        params: arrays that all samples share.
        batch: arrays whose first axis is the samples.
        graphs: of how many samples a graph is built, where that is not all; the time is scaled.
        updates: whether a step of gradient descent is part of it.
    """

    about: str
    operations: int
    ways: dict[str, type[Way]]
    params: Numbers
    batch: Numbers
    graphs: int | None = None
    updates: bool = False


class Way:
    """A way to compute a task."""

    lr = 0.1

    def __init__(self, task: Task) -> None:
        self.task, self.params, self.batch = task, [p.copy() for p in task.params], task.batch
        self.scale = 1.0
        self.prepare()

    def prepare(self) -> None:
        """What is done once."""

    def compute(self) -> tuple[Any, Numbers]:
        """The value and its derivatives."""
        raise NotImplementedError

    def update(self, gradient: Numbers) -> None:
        """A step downhill."""
        for p, g in zip(self.params, gradient):
            p -= self.lr * g

    def step(self) -> tuple[Any, Numbers]:
        """What is timed."""
        value, gradient = self.compute()
        if self.task.updates:
            self.update(gradient)
        return value, gradient


# ── Networks ──────────────────────────────────────────────────────────────────────────────────────────
# W and b of each layer are params[2k] and params[2k + 1]; W has a row for each output.


def classifier(params: Numbers, x: Any, t: Any) -> Any:
    """The cross-entropy error of one sample, with a ``dot`` for each neuron."""
    import tinygrad_kr as tg

    for k in range(0, len(params), 2):
        x = [tg.dot(x, w) + b for w, b in zip(params[k], params[k + 1])]
        if k + 2 < len(params):
            x = [z.relu() for z in x]
    return tg.logsumexp(x) - tg.dot(x, t)


def neurons(params: Numbers, x: Any, t: Any) -> Any:
    """The hinge loss of one sample, in plain signs only."""
    for k in range(0, len(params), 2):
        x = [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in zip(params[k], params[k + 1])]
        if k + 2 < len(params):
            x = [z.relu() for z in x]
    return (1 - t * x[0]).relu()


class Replayed(Way):
    """The scalar program, recorded."""

    program = staticmethod(classifier)

    def prepare(self) -> None:
        from tinygrad_kr import record

        self.net = record(self.program)

    def compute(self) -> tuple[Any, Numbers]:
        return self.net.value_and_grad(self.params, *self.batch)


class Graphs(Way):
    """The scalar program, whose graph is built for every batch."""

    program = staticmethod(classifier)

    def compute(self) -> tuple[Any, Numbers]:
        import tinygrad_kr as tg

        def mean(params: Numbers) -> Any:
            shared = [[tuple(row) for row in p] if p.ndim > 1 else [*p] for p in params]
            return tg.sum([self.program(shared, *sample) for sample in samples]) / len(samples)

        samples = [*zip(*(array.tolist() for array in self.batch))]
        return tg.value_and_grad(mean)(self.params)


class ReplayedNeurons(Replayed):
    program = staticmethod(neurons)


class GraphsOfNeurons(Graphs):
    program = staticmethod(neurons)


class ByHand(Way):
    """Matrix products, and the derivatives as one writes them by hand."""

    def compute(self) -> tuple[Any, Numbers]:
        x, t = self.batch
        inputs = []
        for k in range(0, len(self.params), 2):
            inputs.append(x)
            z = x @ self.params[k].T + self.params[k + 1]
            x = np.maximum(z, 0.0)
        loss, d = self.loss(z, t)
        gradient = []
        for k in range(len(inputs) - 1, -1, -1):
            gradient += [d.sum(0), d.T @ inputs[k]]
            if k:
                d = (d @ self.params[2 * k]) * (inputs[k] > 0.0)
        return loss, gradient[::-1]

    def loss(self, z: Any, t: Any) -> tuple[Any, Any]:
        """The mean loss, and its derivatives by the scores."""
        z = z - z.max(1, keepdims=True)
        e = np.exp(z)
        total = e.sum(1, keepdims=True)
        return (np.log(total[:, 0]) - (z * t).sum(1)).mean(), (e / total - t) / len(t)


class HingeByHand(ByHand):
    def loss(self, z: Any, t: Any) -> tuple[Any, Any]:
        margins = 1.0 - t * z[:, 0]
        return np.maximum(margins, 0.0).mean(), (t * (margins > 0.0))[:, None] / -len(t)


class Torch(Way):
    """PyTorch's dense layers of doubles."""

    def prepare(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.params = [torch.tensor(p, requires_grad=True) for p in self.params]
        self.batch = [torch.tensor(array) for array in self.batch]

    def compute(self) -> tuple[Any, Numbers]:
        x, t = self.batch
        for k in range(0, len(self.params), 2):
            z = self.torch.nn.functional.linear(x, self.params[k], self.params[k + 1])
            x = self.torch.relu(z)
        for p in self.params:
            p.grad = None
        loss = self.loss(z, t)
        loss.backward()
        return loss.detach(), [p.grad for p in self.params]

    def loss(self, z: Any, t: Any) -> Any:
        """The mean loss."""
        return self.torch.nn.functional.cross_entropy(z, t)

    def update(self, gradient: Numbers) -> None:
        with self.torch.no_grad():
            super().update(gradient)


class TorchHinge(Torch):
    def loss(self, z: Any, t: Any) -> Any:
        return self.torch.relu(1.0 - t * z[:, 0]).mean()


class JAX(Way):
    """JAX, dense and compiled, in doubles."""

    def prepare(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.params, self.batch = ([*map(jax.numpy.asarray, arrays)] for arrays in (self.params, self.batch))
        self.compiled = jax.jit(self.with_update)

    def with_update(self, params: Numbers, x: Any, t: Any) -> tuple[Any, Numbers, Numbers]:
        value, gradient = self.jax.value_and_grad(self.mean)(params, x, t)
        return value, gradient, [p - self.lr * g for p, g in zip(params, gradient)] if self.task.updates else params

    def mean(self, params: Numbers, x: Any, t: Any) -> Any:
        """The mean loss."""
        for k in range(0, len(params), 2):
            z = x @ params[k].T + params[k + 1]
            x = self.jax.nn.relu(z)
        return self.loss(z, t)

    def loss(self, z: Any, t: Any) -> Any:
        return (self.jax.nn.logsumexp(z, 1) - (z * t).sum(1)).mean()

    def step(self) -> tuple[Any, Numbers]:
        value, gradient, self.params = self.jax.block_until_ready(self.compiled(self.params, *self.batch))
        return value, gradient


class JAXHinge(JAX):
    def loss(self, z: Any, t: Any) -> Any:
        return self.jax.nn.relu(1.0 - t * z[:, 0]).mean()


# ── Options ───────────────────────────────────────────────────────────────────────────────────────────


def price(s: Any, k: Any, t: Any, r: Any, v: Any, f: Any) -> Any:
    """A European call by Black and Scholes, with the functions of a library."""
    d = (f.log(s / k) + (r + v * v / 2) * t) / (v * f.sqrt(t))
    later = d - v * f.sqrt(t)
    return s * (1 + f.erf(d / math.sqrt(2))) / 2 - k * f.exp(-r * t) * (1 + f.erf(later / math.sqrt(2))) / 2


BY = (0, 4, 2, 3)
"""Delta, vega, theta (by the time that is left) and rho are derivatives by these; gamma is delta's by the first."""


def greeks(s: Any, k: Any, t: Any, r: Any, v: Any) -> list[Any]:
    """A price, four derivatives and a second one, as ``value_and_grad`` and ``grad`` of this package give them."""
    import tinygrad_kr as tg

    of = partial(price, f=tg)
    value, first = tg.value_and_grad(of, argnums=BY)(s, k, t, r, v)
    return [value, *first, tg.grad(tg.grad(of))(s, k, t, r, v)]


class Options(Way):
    """Prices, and five greeks for each; the first few of them are compared."""

    def compute(self) -> tuple[Any, Numbers]:
        results = self.results()
        return results[0], [row[: self.task.graphs] for row in results]

    def results(self) -> Any:
        """Six arrays."""
        raise NotImplementedError


class OptionsByHand(Options):
    """The formulas of the derivatives, as books have them; the error function is SciPy's."""

    def results(self) -> Any:
        from scipy.special import erf

        s, k, t, r, v = self.batch
        root = np.sqrt(t)
        d = (np.log(s / k) + (r + v * v / 2) * t) / (v * root)
        later = d - v * root
        below, below_later = (1 + erf(d / math.sqrt(2))) / 2, (1 + erf(later / math.sqrt(2))) / 2
        density = np.exp(-d * d / 2) / math.sqrt(2 * math.pi)
        discounted = k * np.exp(-r * t) * below_later
        return [
            s * below - discounted, below, s * density * root, s * density * v / (2 * root) + r * discounted,
            t * discounted, density / (s * v * root),
        ]  # fmt: skip


class OptionsReplayed(Options):
    def prepare(self) -> None:
        from tinygrad_kr import record

        self.net = record(greeks, in_axes=0)

    def results(self) -> Any:
        return self.net(*self.batch)


class OptionsAsGraphs(Options):
    def prepare(self) -> None:
        count = len(self.batch[0][: self.task.graphs])
        self.scale = len(self.batch[0]) / count
        self.samples = [*zip(*(array[:count].tolist() for array in self.batch))]

    def results(self) -> Any:
        return [*zip(*(greeks(*sample) for sample in self.samples))]


class OptionsInTorch(Options):
    def prepare(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch

    def results(self) -> Any:
        batch = [self.torch.tensor(array, requires_grad=True) for array in self.batch]
        value = price(*batch, f=self.torch)
        first = self.torch.autograd.grad(value.sum(), [batch[k] for k in BY], create_graph=True)
        (second,) = self.torch.autograd.grad(first[0].sum(), batch[0])
        return [row.detach() for row in (value, *first, second)]


class OptionsInJAX(Options):
    def prepare(self) -> None:
        import jax

        class Functions:
            log, sqrt, exp, erf = jax.numpy.log, jax.numpy.sqrt, jax.numpy.exp, jax.scipy.special.erf

        def one(*sample: Any) -> list[Any]:
            of = partial(price, f=Functions)
            value, first = jax.value_and_grad(of, BY)(*sample)
            return [value, *first, jax.grad(jax.grad(of))(*sample)]

        jax.config.update("jax_enable_x64", True)
        self.jax, self.compiled = jax, jax.jit(jax.vmap(one))
        self.batch = [*map(jax.numpy.asarray, self.batch)]

    def results(self) -> Any:
        return self.jax.block_until_ready(self.compiled(*self.batch))


# ── The tasks ─────────────────────────────────────────────────────────────────────────────────────────

WAYS = {
    "numpy": ("NumPy by hand", "numpy"),
    "replay": ("tinygrad_kr, replayed", "numpy"),
    "torch": ("PyTorch", "torch"),
    "jax": ("JAX, jit", "jax"),
    "graph": ("tinygrad_kr, a graph", "numpy"),
    "python": ("tinygrad_kr (python), a graph", "numpy"),
}
"""What ``--ways`` can name: titles, and what has to be there."""

REFERENCE = WAYS["numpy"][0]


def layers(*sizes: int) -> tuple[np.random.Generator, Numbers]:
    """First weights."""
    rng = np.random.default_rng(0)
    return rng, [
        array for n, m in pairwise(sizes) for array in (rng.normal(0, math.sqrt(2 / n), (m, n)), rng.normal(0, 0.1, m))
    ]


def images(samples: int, *sizes: int, updates: bool = False) -> Task:
    """A mini-batch of random images for a network with the cross-entropy error."""
    rng, params = layers(*sizes)
    operations = sum(2 * n * m for n, m in pairwise(sizes)) + sizes[1] + 5 * sizes[-1]
    about = f"{'-'.join(map(str, sizes))}, cross-entropy, batch {samples}" + (", with update" if updates else "")
    ways = {"numpy": ByHand, "replay": Replayed, "torch": Torch, "jax": JAX, "graph": Graphs, "python": Graphs}
    batch = [rng.random((samples, sizes[0])), np.eye(sizes[-1])[rng.integers(0, sizes[-1], samples)]]
    return Task(about, operations, ways, params, batch, updates=updates)


def moons(samples: int) -> Task:
    """Two moons, for a network of neurons in plain signs."""
    import random

    points, labels = two_moons(samples, random.Random(1337))
    _, params = layers(2, 16, 16, 1)
    ways = {
        "numpy": HingeByHand, "replay": ReplayedNeurons, "torch": TorchHinge, "jax": JAXHinge,
        "graph": GraphsOfNeurons, "python": GraphsOfNeurons,
    }  # fmt: skip
    about = f"two moons, MLP(2, [16, 16, 1]) of plain * and +, hinge loss, batch {samples}"
    operations = 2 * (2 * 16 + 16 * 16 + 16) + 32 + 3
    return Task(about, operations, ways, params, [np.array(points), np.array(labels, float)])


def options(samples: int) -> Task:
    """Prices and greeks."""
    rng = np.random.default_rng(0)
    ranges = ((80, 120), (80, 120), (0.1, 2), (0, 0.05), (0.1, 0.4))
    ways = {
        "numpy": OptionsByHand, "replay": OptionsReplayed, "torch": OptionsInTorch, "jax": OptionsInJAX,
        "graph": OptionsAsGraphs, "python": OptionsAsGraphs,
    }  # fmt: skip
    about = f"Black–Scholes, price and five greeks of {samples:,} options"
    return Task(about, OPERATIONS, ways, [], [rng.uniform(*ends, samples) for ends in ranges], graphs=100)


OPERATIONS = 160
"""The nodes of an option's graph."""

TASKS: dict[str, Callable[[int], Task]] = {
    "digits-1": lambda n: images(n, 64, 32, 10),
    "digits-10": lambda n: images(n, 64, 32, 10),
    "digits-100": lambda n: images(n, 64, 32, 10),
    "digits-step-100": lambda n: images(n, 64, 32, 10, updates=True),
    "mnist-100": lambda n: images(n, 784, 50, 10),
    "mnist-step-100": lambda n: images(n, 784, 50, 10, updates=True),
    "moons-100": moons,
    "options-100000": options,
}
"""What ``--tasks`` can name, and the samples of a batch."""


def make(name: str, quick: bool = False) -> Task:
    """The task of that name; of few samples, where it should be quick."""
    samples = int(name.rpartition("-")[2])
    return TASKS[name](min(4, samples) if quick else samples)


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────────


class Plan(NamedTuple):
    """What to run."""

    ways: list[str]
    missing: list[str]
    tasks: list[str]
    rounds: int
    quick: bool
    families: list[str]  # whose versions the report tells


def is_installed(way: str) -> bool:
    """Whether what it needs can be imported."""
    package = WAYS[way][1]
    return find_spec(package) is not None


def plan(arguments: Sequence[str] | None = None) -> tuple[Plan, Path | None]:
    """Read the command line."""
    parser = command_line("ms for a replayed batch, beside other ways in the same run.")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), help="what to do (default: all)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="how to do it (default: all that are installed)")
    given = parser.parse(arguments)
    parser.only_installed(given.ways, is_installed, lambda way: WAYS[way][1])
    ways = [way for way in WAYS if is_installed(way) and way in (given.ways or WAYS)]
    return Plan(
        ways=ways,
        missing=[way for way in WAYS if not is_installed(way) and not given.ways],
        tasks=[name for name in TASKS if name in given.tasks],
        rounds=given.rounds,
        quick=given.quick,
        families=["tinygrad_kr", *(way for way in ("torch",) if way in ways)],
    ), given.json


_made: dict[tuple[str, bool], Way] = {}


def engine_of(way: str) -> None:
    """Choose the engine in a process, before the package is imported."""
    if way == "python":
        os.environ["TINYGRAD_KR_ENGINE"] = way


def check(way: str, name: str, quick: bool) -> tuple[float, list[float]]:
    """The value and the derivatives of the second step, which tell of an update too; this also warms the way up."""
    task = make(name, quick)
    _made.clear()
    program = _made[name, quick] = task.ways[way](task)
    program.step()
    value, gradient = program.step()
    numbers = [float(x) for array in gradient for x in np.ravel(np.asarray(array, float))]
    gc.collect()
    gc.freeze()  # a full collection walks graphs, and not the modules
    return (float(value) if np.ndim(value) == 0 else numbers[0]), numbers


def sample(way: str, name: str, quick: bool, steps: int) -> float:
    """Milliseconds of a step."""
    program = _made[name, quick]
    start = clock()
    for _ in range(steps):
        program.step()
    return (clock() - start) * 1000 / steps * program.scale


def run(plan: Plan) -> dict[str, Any]:
    """Measure everything; the result is what ``--json`` writes."""
    with ExitStack() as stack:
        workers = {
            way: stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"), engine_of, (way,)))
            for way in plan.ways
        }
        tasks = {name: measured(name, workers, plan) for name in plan.tasks}
    return {"machine": machine(plan.rounds, plan.families), "missing": plan.missing, "tasks": tasks}


def measured(name: str, workers: dict[str, ProcessPoolExecutor], plan: Plan) -> dict[str, Any]:
    """A row for each way, if they agree; otherwise the run ends."""

    def ask(function: Callable[..., Any], way: str, *more: Any) -> Any:
        return workers[way].submit(function, way, name, plan.quick, *more).result()

    progress(f"{name}: comparing values and derivatives")
    results = {way: Result(*ask(check, way)) for way in workers}
    first = next(iter(results))
    for way, result in results.items():
        compare(name, WAYS[first][0], results[first], WAYS[way][0], result)
    once = {way: ask(sample, way, 1) / 1000 for way in workers}
    turns = {way: plan.rounds if once[way] < SLOW else min(plan.rounds, TURNS_OF_SLOW) for way in workers}
    steps = {way: 1 if plan.quick else max(1, int(SECONDS / seconds)) for way, seconds in once.items()}
    samples: dict[str, list[float]] = {way: [] for way in workers}
    for turn in range(plan.rounds):
        progress(f"{name}: round {turn + 1} of {plan.rounds}")
        start = turn % len(workers)
        ways = list(workers)
        for way in ways[start:] + ways[:start]:
            if turn < turns[way]:
                samples[way].append(ask(sample, way, steps[way]))
    task = make(name, plan.quick)
    operations = task.operations * len(task.batch[0])
    reference = samples.get("numpy")
    return {
        "about": task.about,
        "operations": task.operations,
        "value": results[first].value,
        "ways": {
            WAYS[way][0]: {
                "ms": median(taken),
                "ns": median(taken) * 1e6 / operations,
                "ratio": median(taken) / median(reference) if reference else None,
                "steps": steps[way],
                "samples": taken,
            }
            for way, taken in samples.items()
        },
    }


# ── Printing ──────────────────────────────────────────────────────────────────────────────────────────


def text(report: dict[str, Any]) -> str:
    """The report as a table."""
    rows = [["task", "way", "ms", "ns", "ratio"]]
    notes = []
    for name, task in report["tasks"].items():
        notes.append(f"  {name:<15}  {task['operations']:>6,} operations a sample  {task['about']}")
        for k, (title, row) in enumerate(task["ways"].items()):
            ratio = "" if row["ratio"] is None else f"{row['ratio']:,.3g}"
            rows.append(["" if k else name, title, f"{row['ms']:,.3f}", f"{row['ns']:#,.3g}", ratio])
    left_out = [f"{way} is not installed and was left out" for way in report["missing"]]
    title = f"processor ms for a batch, ns an operation and sample (medians; ratio: ms ÷ ms of {REFERENCE})"
    table = "\n".join([title, aligned(rows, left=2, groups=True), "", *notes])
    return "\n\n".join([headline(report["machine"]), table, *left_out])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    carry_out(plan, run, text, arguments)


if __name__ == "__main__":
    main()
