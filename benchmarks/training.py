"""What a step of training costs: ms for a mini-batch, beside other engines in the same run.

    python benchmarks/training.py              everything that is installed, a few minutes
    python benchmarks/training.py --quick      a smoke run on small batches; its numbers are rough
    python benchmarks/training.py --engines tinygrad_kr torch --tasks digits-100 --json result.json

A step is forward, backward and update. Every engine starts from the same weights and gets the same samples. Before
anything is timed, the loss and its derivative by every parameter are compared; a wrong answer ends the run. As in
eager.py, every engine has a process of its own, with the garbage collector on, and they take turns, round by round.
One whose step takes more than a second (micrograd, with digits) gets the same samples and fewer turns.

The engines are not of a kind: ours and micrograd make nodes for numbers (ours one for a whole dot product), and
PyTorch multiplies dense matrices of doubles. Each runs on one thread, and what is measured is processor time.
"""

from __future__ import annotations

import gc
import math
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import get_clock_info, perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
from eager import compare
from engines import FAMILIES, REFERENCE, is_installed
from report import aligned, carry_out, command_line, headline, machine, progress, rounded
from shapes import two_moons
from worker import Result

clock = process_time if get_clock_info("process_time").resolution <= 1e-5 else perf_counter
"""Processor time, in which other programs hardly show; where its clock is coarse, the time on the wall."""

SECONDS = 0.2
"""A sample takes as many steps as fit into this time, and at least one."""

SLOW, TURNS_OF_SLOW = 1.0, 3
"""An engine whose step takes longer than so many seconds gets fewer turns."""


class Task(NamedTuple):
    """Something to learn: a mini-batch, and the first weights.

    Attributes:
        about: what it is, in a line.
        x: the inputs, a row a sample.
        t: what is right for each: the number of a class, or −1 and 1.
        layers: W of shape (inputs, outputs) and b of each layer.
        trainers: who can learn it, by family.
        lr: the learning rate.
    """

    about: str
    x: Any
    t: Any
    layers: list[tuple[Any, Any]]
    trainers: dict[str, type[Trainer]]
    lr: float = 0.1


# ── The engines ───────────────────────────────────────────────────────────────────────────────────────


class Trainer:
    """An engine that learns a task, written as its users write it."""

    def __init__(self, task: Task) -> None:
        raise NotImplementedError

    def step(self) -> float:
        """Forward, backward and update; the result is the loss before the update."""
        raise NotImplementedError

    def gradient(self) -> list[tuple[Any, Any]]:
        """The derivatives of the last step by W and b of each layer, in the shapes of the task's."""
        raise NotImplementedError


class Network(Trainer):
    """This package's networks of layers: ``TwoLayerNet`` and ``SGD``."""

    def __init__(self, task: Task) -> None:
        from tinygrad_kr.learning.network import TwoLayerNet
        from tinygrad_kr.optim import SGD

        (first, _), (second, _) = task.layers
        self.network = TwoLayerNet(*first.shape, second.shape[1])
        for k, (W, b) in enumerate(task.layers, 1):
            self.network.params[f"W{k}"], self.network.params[f"b{k}"] = W.copy(), b.copy()
        self.x, self.t, self.optimizer = task.x, task.t, SGD(lr=task.lr)

    def step(self) -> float:
        loss, self.grads = self.network.loss_and_gradient(self.x, self.t)
        self.optimizer.update(self.network.params, self.grads)
        return loss

    def gradient(self) -> list[tuple[Any, Any]]:
        return [(self.grads[f"W{k}"], self.grads[f"b{k}"]) for k in (1, 2)]


class Neurons(Trainer):
    """This package's networks of neurons, in the lines of micrograd's demo: hinge loss + L2, update by hand."""

    library = "tinygrad_kr.nn"

    def __init__(self, task: Task) -> None:
        library = import_module(self.library)
        self.model = library.MLP(len(task.layers[0][0]), [len(b) for _, b in task.layers])
        for layer, (W, b) in zip(self.model.layers, task.layers):
            for neuron, weights, bias in zip(layer.neurons, W.T.tolist(), b.tolist()):
                for w, number in zip(neuron.w, weights):
                    w.data = number
                neuron.b.data = bias
        self.x, self.t, self.lr = task.x.tolist(), task.t.tolist(), task.lr

    def step(self) -> float:
        loss = self.loss()
        self.model.zero_grad()
        loss.backward()
        for p in self.model.parameters():
            p.data -= self.lr * p.grad
        return float(loss.data)

    def loss(self) -> Any:
        """The hinge loss + L2."""
        scores = map(self.model, self.x)
        losses = [(1 + -label * score).relu() for label, score in zip(self.t, scores)]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in self.model.parameters())

    def gradient(self) -> list[tuple[Any, Any]]:
        return [
            (np.array([[w.grad for w in n.w] for n in layer.neurons]).T, np.array([n.b.grad for n in layer.neurons]))
            for layer in self.model.layers
        ]


class Micrograd(Neurons):
    """The same lines with micrograd."""

    library = "micrograd.nn"


class MicrogradClassifier(Micrograd):
    """micrograd with the cross-entropy error. It has no exp and no log: here they are, in its own way."""

    def loss(self) -> Any:
        losses = []
        for x, label in zip(self.x, self.t):
            scores = self.model(x)
            losses.append(self.log(sum(map(self.exp, scores))) - scores[label])
        return sum(losses) * (1.0 / len(losses))

    def exp(self, x: Any) -> Any:
        out = type(x)(math.exp(x.data), (x,), "exp")

        def _backward() -> None:
            x.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self, x: Any) -> Any:
        out = type(x)(math.log(x.data), (x,), "log")

        def _backward() -> None:
            x.grad += out.grad / x.data

        out._backward = _backward
        return out


class Dense(Trainer):
    """PyTorch's ``nn.Linear`` and ``optim.SGD``, the whole mini-batch at once; hinge loss + L2."""

    def __init__(self, task: Task) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch, modules = torch, []
        for W, b in task.layers:
            linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(W.T))
                linear.bias.copy_(torch.tensor(b))
            modules += [linear, torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*modules[:-1])
        self.x, self.t = torch.tensor(task.x), torch.tensor(task.t)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=task.lr)

    def step(self) -> float:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(self.x))
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    def loss(self, scores: Any) -> Any:
        hinge = self.torch.relu(1 - self.t * scores[:, 0]).mean()
        return hinge + 1e-4 * sum((p * p).sum() for p in self.model.parameters())

    def gradient(self) -> list[tuple[Any, Any]]:
        return [
            (layer.weight.grad.numpy().T, layer.bias.grad.numpy()) for layer in self.model if hasattr(layer, "weight")
        ]


class DenseClassifier(Dense):
    """The same with the cross-entropy error."""

    def loss(self, scores: Any) -> Any:
        return self.torch.nn.functional.cross_entropy(scores, self.t)


TITLES = {"tinygrad_kr": REFERENCE, "micrograd": "micrograd", "torch": "PyTorch, dense"}
"""What ``--engines`` can name, and what the tables call them."""


# ── The tasks ─────────────────────────────────────────────────────────────────────────────────────────


def digits(samples: int) -> Task:
    """A mini-batch of handwritten digits for TwoLayerNet(64, 32, 10)."""
    rng = np.random.default_rng(0)
    layers = [(rng.normal(0, math.sqrt(2 / n), (n, m)), np.zeros(m)) for n, m in ((64, 32), (32, 10))]
    if find_spec("sklearn") is not None:
        from tinygrad_kr.learning.data import digits as data

        x, t = data().train
        source = "digits of scikit-learn"
    else:
        x, t = rng.random((samples, 64)), rng.integers(0, 10, samples)
        source = "random numbers in the shape of digits, as scikit-learn is not installed"
    about = f"{source}, batch {samples}, TwoLayerNet(64, 32, 10), cross-entropy"
    trainers = {"tinygrad_kr": Network, "micrograd": MicrogradClassifier, "torch": DenseClassifier}
    return Task(about, x[:samples], t[:samples], layers, trainers)


def moons(samples: int) -> Task:
    """The step of micrograd's demo."""
    rng = random.Random(1337)
    points, labels = two_moons(samples, rng)
    layers = [
        (np.array([[rng.uniform(-1, 1) for _ in range(m)] for _ in range(n)]), np.zeros(m))
        for n, m in ((2, 16), (16, 16), (16, 1))
    ]
    about = f"two moons, batch {samples}, MLP(2, [16, 16, 1]), hinge loss + L2"
    trainers = {"tinygrad_kr": Neurons, "micrograd": Micrograd, "torch": Dense}
    return Task(about, np.array(points), np.array(labels), layers, trainers)


TASKS: dict[str, Callable[[int], Task]] = {"digits-50": digits, "digits-100": digits, "moons-100": moons}
"""What ``--tasks`` can name: the data and the samples of a mini-batch."""


def make(name: str, quick: bool = False) -> Task:
    """The task of that name; of four samples, where it should be quick."""
    return TASKS[name](4 if quick else int(name.partition("-")[2]))


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────────


class Plan(NamedTuple):
    """What to run."""

    families: list[str]
    missing: list[str]
    tasks: list[str]
    rounds: int
    quick: bool


def plan(arguments: Sequence[str] | None = None) -> tuple[Plan, Path | None]:
    """Read the command line."""
    parser = command_line("ms for a step of training, beside other engines in the same run.", "each engine")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), help="what to learn (default: all)")
    parser.add_argument("--engines", nargs="+", choices=TITLES, help="which engines (default: all that are installed)")
    given = parser.parse(arguments)
    parser.only_installed(given.engines, is_installed, lambda family: FAMILIES[family][0].package)
    return Plan(
        families=[family for family in TITLES if is_installed(family) and family in (given.engines or TITLES)],
        missing=[family for family in TITLES if not is_installed(family) and not given.engines],
        tasks=[name for name in TASKS if name in given.tasks],
        rounds=given.rounds,
        quick=given.quick,
    ), given.json


def check(family: str, task: Task) -> tuple[float, list[float]]:
    """The loss and its derivatives by all parameters, of the first step; this also warms the engine up."""
    trainer = task.trainers[family](task)
    loss = trainer.step()
    gradient = [float(number) for arrays in trainer.gradient() for array in arrays for number in np.ravel(array)]
    del trainer
    gc.collect()
    gc.freeze()  # a full collection walks graphs, and not the modules
    return loss, gradient


def sample(family: str, task: Task, steps: int) -> float:
    """Milliseconds of a step, the first ones from the task's weights on.

    It ends with a full collection, so that graphs which are cyclic garbage pay for it themselves.
    """
    trainer = task.trainers[family](task)
    gc.collect()
    if not gc.isenabled():
        raise RuntimeError("the garbage collector is off; expected it on")
    start = clock()
    for _ in range(steps):
        trainer.step()
    gc.collect()
    return (clock() - start) * 1000 / steps


def run(plan: Plan) -> dict[str, Any]:
    """Measure everything; the result is what ``--json`` writes."""
    with ExitStack() as stack:
        workers = {
            family: stack.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
            for family in plan.families
        }
        tasks = {name: measured(name, make(name, plan.quick), workers, plan) for name in plan.tasks}
    return {"machine": machine(plan.rounds, plan.families), "missing": plan.missing, "tasks": tasks}


def measured(name: str, task: Task, workers: dict[str, ProcessPoolExecutor], plan: Plan) -> dict[str, Any]:
    """A row for each engine, if they agree; otherwise the run ends."""

    def ask(function: Callable[..., Any], family: str, *more: Any) -> Any:
        return workers[family].submit(function, family, task, *more).result()

    progress(f"{name}: comparing losses and gradients")
    results = {family: Result(*ask(check, family)) for family in workers}
    first = next(iter(results))
    for family, result in results.items():
        compare(name, TITLES[first], results[first], TITLES[family], result)
    steps, turns = {}, {}
    for family in workers:
        seconds = ask(sample, family, 1) / 1000
        steps[family] = 1 if plan.quick else max(1, int(SECONDS / seconds))
        turns[family] = plan.rounds if seconds < SLOW else min(plan.rounds, TURNS_OF_SLOW)
    samples: dict[str, list[float]] = {family: [] for family in workers}
    for turn in range(plan.rounds):
        progress(f"{name}: round {turn + 1} of {plan.rounds}")
        start = turn % len(workers)
        families = list(workers)
        for family in families[start:] + families[:start]:
            if turn < turns[family]:
                samples[family].append(ask(sample, family, steps[family]))
    reference = samples.get("tinygrad_kr")
    return {
        "about": task.about,
        "parameters": len(results[first].gradient),
        "loss": results[first].value,
        "engines": {
            TITLES[family]: {
                "ms": median(taken),
                "ratio": median(taken) / median(reference) if reference else None,
                "steps": steps[family],
                "samples": taken,
            }
            for family, taken in samples.items()
        },
    }


# ── Printing ──────────────────────────────────────────────────────────────────────────────────────────


def text(report: dict[str, Any]) -> str:
    """The report as a table."""
    rows = [["task", "engine", "ms", "ratio", "rounds", "steps a round"]]
    notes = []
    for name, task in report["tasks"].items():
        notes.append(f"  {name:<10}  {task['parameters']:>5,} parameters  {task['about']}")
        for k, (title, row) in enumerate(task["engines"].items()):
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
            counts = [str(len(row["samples"])), str(row["steps"])]
            rows.append(["" if k else name, title, rounded(row["ms"]), ratio, *counts])
    left_out = [f"{family} is not installed and was left out; pip install {family}" for family in report["missing"]]
    title = f"processor ms for a mini-batch: forward, backward and update (medians; ratio: ms ÷ ms of {REFERENCE})"
    table = "\n".join([title, aligned(rows, left=2, groups=True), "", *notes])
    return "\n\n".join([headline(report["machine"]), table, *left_out])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    carry_out(plan, run, text, arguments)


if __name__ == "__main__":
    main()
