"""What a replay costs: ms for a value and its gradient over a batch, beside the same by hand and by other libraries.

    python benchmarks/replay.py              everything that is installed, a minute
    python benchmarks/replay.py --quick      a smoke run; its numbers are rough
    python benchmarks/replay.py --json result.json

Every task is one function of a sample, recorded by ``tinygrad_kr.record``; written by hand in NumPy for the whole
batch; the same for PyTorch (dense, float64, its own backward) and JAX (jit), where they are installed; and the graph of
every sample built and differentiated by the engine, on a few samples. All run on one thread and take turns in one
process; before anything is timed, values and gradients are compared. Medians of the wall clock.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import json
import math
import os

for _library in ("OMP", "OPENBLAS", "MKL"):  # before NumPy is imported, which is why that comes late
    os.environ[f"{_library}_NUM_THREADS"] = "1"

from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import tinygrad_kr as tg
from tinygrad_kr.engine import native

Array = Any


class Task(NamedTuple):
    """Something to differentiate.

    Attributes:
        f: a function of the parameters and one sample.
        params: the parameters; None where the derivative is by the samples.
        batch: arrays whose first axis is the batch.
        dense: the same for a batch, in the functions of ``xp``; the mean, or a value a sample without parameters.
        by_hand: value and gradient in NumPy.
    """

    f: Callable[..., Any]
    params: list[Array] | None
    batch: list[Array]
    dense: Callable[..., Any]
    by_hand: Callable[[], tuple[Any, list[Array]]]


# ── The tasks ─────────────────────────────────────────────────────────────────────────────────────────


def digits(inputs: int, hidden: int, count: int) -> Task:
    """A network that tells digits: one hidden layer, softmax and the cross-entropy error."""
    rng = np.random.default_rng(0)
    params = [rng.normal(size=(inputs, hidden)) * 0.1, np.zeros(hidden), rng.normal(size=(hidden, 10)) * 0.1,
              np.zeros(10)]  # fmt: skip
    x, t = rng.normal(size=(count, inputs)), np.eye(10)[rng.integers(0, 10, count)]

    def loss(p: list[Array], x: Array, t: Array) -> Any:
        h = np.array([tg.relu(a) for a in tg.dot(x, p[0]) + p[1]])
        return -tg.dot(t, tg.log_softmax(list(tg.dot(h, p[2]) + p[3])))

    def dense(xp: Any, p: list[Array], x: Array, t: Array) -> Any:
        s = xp.relu(x @ p[0] + p[1]) @ p[2] + p[3]
        return -(t * xp.log_softmax(s)).sum(1).mean()

    def by_hand() -> tuple[Any, list[Array]]:
        h = np.maximum(x @ params[0] + params[1], 0)
        s = h @ params[2] + params[3]
        s -= s.max(1, keepdims=True)
        e = np.exp(s)
        total = e.sum(1, keepdims=True)
        ds = (e / total - t) / count
        da = (ds @ params[2].T) * (h > 0)
        return (t * (np.log(total) - s)).sum() / count, [x.T @ da, da.sum(0), h.T @ ds, ds.sum(0)]

    return Task(loss, params, [x, t], dense, by_hand)


def moons(count: int) -> Task:
    """MLP(2, [16, 16, 1]) written with plain × and +, and the hinge loss."""
    rng = np.random.default_rng(1)
    sizes = [(2, 16), (16, 16), (16, 1)]
    params = [array for m, n in sizes for array in (rng.normal(size=(m, n)) / m, np.zeros(n))]
    x, t = rng.normal(size=(count, 2)), np.sign(rng.normal(size=count))

    def loss(p: list[Array], x: Array, t: Any) -> Any:
        h = [*x]
        for k in range(3):
            weights, biases = p[2 * k], p[2 * k + 1]
            out = []
            for j in range(len(biases)):
                s = biases[j]
                for i in range(len(h)):
                    s = s + weights[i][j] * h[i]
                out.append(s if k == 2 else s.relu())
            h = out
        return (1 - t * h[0]).relu()

    def dense(xp: Any, p: list[Array], x: Array, t: Array) -> Any:
        h = xp.relu(xp.relu(x @ p[0] + p[1]) @ p[2] + p[3])
        return xp.relu(1 - t * (h @ p[4] + p[5])[:, 0]).mean()

    def by_hand() -> tuple[Any, list[Array]]:
        a = np.maximum(x @ params[0] + params[1], 0)
        b = np.maximum(a @ params[2] + params[3], 0)
        margin = 1 - t * (b @ params[4] + params[5])[:, 0]
        dy = (-t * (margin > 0) / count)[:, None]
        db = dy @ params[4].T * (b > 0)
        da = db @ params[2].T * (a > 0)
        return np.maximum(margin, 0).mean(), [x.T @ da, da.sum(0), a.T @ db, db.sum(0), b.T @ dy, dy.sum(0)]

    return Task(loss, params, [x, t], dense, by_hand)


def black_scholes(count: int) -> Task:
    """The price of a call option and its five first derivatives, an option a sample."""
    rng = np.random.default_rng(2)
    bounds = [(80, 120), (80, 120), (0.01, 0.05), (0.1, 0.4), (0.2, 2)]
    s, k, r, v, time = batch = [rng.uniform(low, high, count) for low, high in bounds]

    def price(s: Any, k: Any, r: Any, v: Any, time: Any) -> Any:
        root = v * tg.sqrt(time)
        d1 = (tg.log(s / k) + (r + v * v / 2) * time) / root
        return s * below(d1, tg.erf) - k * tg.exp(-r * time) * below(d1 - root, tg.erf)

    def below(d: Any, erf: Any) -> Any:
        return 0.5 * (1 + erf(d / math.sqrt(2)))

    def dense(xp: Any, s: Array, k: Array, r: Array, v: Array, time: Array) -> Any:
        root = v * xp.sqrt(time)
        d1 = (xp.log(s / k) + (r + v * v / 2) * time) / root
        return s * below(d1, xp.erf) - k * xp.exp(-r * time) * below(d1 - root, xp.erf)

    def by_hand() -> tuple[Any, list[Array]]:
        root = np.sqrt(time)
        d1 = (np.log(s / k) + (r + v * v / 2) * time) / (v * root)
        n1, n2 = below(d1, erf_of_numpy), below(d1 - v * root, erf_of_numpy)
        worth, density = k * np.exp(-r * time), np.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
        vega = s * density * root
        theta = s * density * v / (2 * root) + r * worth * n2
        return s * n1 - worth * n2, [n1, -worth / k * n2, time * worth * n2, vega, theta]

    return Task(price, None, batch, dense, by_hand)


if find_spec("scipy"):
    from scipy.special import erf as erf_of_numpy
else:
    from tinygrad_kr.targets.special import erf as erf_of_numpy

TASKS: dict[str, tuple[Callable[..., Task], tuple[int, ...], tuple[int, ...]]] = {
    "digits 64-32-10, batch 1": (digits, (64, 32, 1), (8, 4, 1)),
    "digits 64-32-10, batch 10": (digits, (64, 32, 10), (8, 4, 2)),
    "digits 64-32-10, batch 100": (digits, (64, 32, 100), (8, 4, 5)),
    "784-50-10, batch 100": (digits, (784, 50, 100), (16, 4, 5)),
    "two moons, × and +, batch 100": (moons, (100,), (5,)),
    "Black–Scholes, 100,000 options": (black_scholes, (100_000,), (20,)),
}
"""A task, its sizes, and those of a quick run."""


# ── The libraries ─────────────────────────────────────────────────────────────────────────────────────


def replayed(task: Task) -> Callable[[], tuple[Any, list[Array]]]:
    """By a tape."""
    if task.params is None:
        places = tuple(range(len(task.batch)))
        net = tg.record(task.f, in_axes=0)
        return lambda: net.value_and_grad(*task.batch, argnums=places, reduce=None)
    net = tg.record(task.f)
    return lambda: net.value_and_grad(task.params, *task.batch)


def by_pytorch(task: Task) -> Callable[[], tuple[Any, list[Array]]]:
    """By PyTorch's dense operations, and its backward pass."""
    import torch

    torch.set_num_threads(1)

    class Functions:
        relu, sqrt, log, exp, erf = torch.relu, torch.sqrt, torch.log, torch.exp, torch.erf

        @staticmethod
        def log_softmax(s: Any) -> Any:
            return torch.log_softmax(s, 1)

    batch = [torch.tensor(array) for array in task.batch]
    params = [torch.tensor(array) for array in task.params or task.batch]

    def run() -> tuple[Any, list[Array]]:
        leaves = [p.detach().requires_grad_() for p in params]
        y = task.dense(Functions, *leaves) if task.params is None else task.dense(Functions, leaves, *batch)
        y.sum().backward()
        return y.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]

    return run


def by_jax(task: Task) -> Callable[[], tuple[Any, list[Array]]]:
    """By JAX: ``jit`` of ``value_and_grad``."""
    import jax

    jax.config.update("jax_enable_x64", True)

    class Functions:
        relu, sqrt, log, exp, erf = jax.nn.relu, jax.numpy.sqrt, jax.numpy.log, jax.numpy.exp, jax.lax.erf
        log_softmax = jax.nn.log_softmax

    if task.params is not None:
        f = jax.jit(jax.value_and_grad(lambda p, *batch: task.dense(Functions, p, *batch)))
        return lambda: jax.block_until_ready(f(task.params, *task.batch))

    def priced(*batch: Any) -> Any:
        y, back = jax.vjp(lambda *given: task.dense(Functions, *given), *batch)
        return y, [*back(jax.numpy.ones_like(y))]

    g = jax.jit(priced)
    return lambda: jax.block_until_ready(g(*task.batch))


def by_the_engine(task: Task, samples: int) -> float:
    """Seconds for the whole batch, each sample a graph of its own; measured on a few samples."""
    count = len(task.batch[0])
    samples = min(samples, count)
    start = perf_counter()
    for k in range(samples):
        given = [array[k] for array in task.batch]
        if task.params is None:
            task.f(*map(tg.Value, given)).backward()
        else:
            task.f([tg.Value.array(p) for p in task.params], *given).backward()
    return (perf_counter() - start) * count / samples


LIBRARIES: dict[str, Callable[[Task], Callable[[], tuple[Any, list[Array]]]]] = {
    "replay": replayed,
    "NumPy by hand": lambda task: task.by_hand,
    "PyTorch": by_pytorch,
    "JAX": by_jax,
}
NEEDS = {"PyTorch": "torch", "JAX": "jax"}


def measure(task: Task, rounds: int, samples: int) -> dict[str, float]:
    """Seconds a batch by each library, and by the engine."""
    libraries = [name for name in LIBRARIES if name not in NEEDS or find_spec(NEEDS[name])]
    runs = {name: LIBRARIES[name](task) for name in libraries}
    value, gradient = task.by_hand()
    for name, run in runs.items():
        got, by = run()
        np.testing.assert_allclose(got, value, rtol=1e-9, atol=1e-12, err_msg=name)
        for one, true in zip(by, gradient):
            np.testing.assert_allclose(one, true, rtol=1e-9, atol=1e-12, err_msg=name)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = perf_counter()
            run()
            times[name].append(perf_counter() - start)
    return {name: median(some) for name, some in times.items()} | {"engine": by_the_engine(task, samples)}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke run on small batches")
    parser.add_argument("--rounds", type=int, default=200, help="how often each has its turn")
    parser.add_argument("--json", help="a file for the medians")
    options = parser.parse_args()
    print(f"{native.name} engine, NumPy {np.__version__}, one thread, medians in ms a batch")
    found = {}
    for title, (make, sizes, small) in TASKS.items():
        task = make(*(small if options.quick else sizes))
        rounds = 3 if options.quick else options.rounds if "Black" not in title else max(5, options.rounds // 20)
        found[title] = times = measure(task, rounds, 2 if options.quick else 200)
        print(f"{title:32}", "  ".join(f"{name} {1e3 * seconds:.4g}" for name, seconds in times.items()))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
