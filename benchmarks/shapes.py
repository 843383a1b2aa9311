"""The five graph shapes of the benchmark, each written once, in the operators that every engine has.

A shape says which leaves it needs, how its expression is written, and how many nodes that makes: every leaf and
every operation counts one, whatever an engine stores for it. Plain numbers in an expression are no nodes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["SHAPES", "Notation", "Shape", "make"]


class Notation(Protocol):
    """How an engine writes what differs between engines; ``+ − × / **`` are operators in all of them."""

    def relu(self, x: Any) -> Any:
        """max(x, 0)."""

    def sum(self, terms: Sequence[Any]) -> Any:
        """Σ xᵢ."""

    def dot(self, xs: Sequence[Any], ys: Sequence[Any], bias: Any = None) -> Any:
        """Σ xᵢyᵢ, plus the bias where there is one."""


@dataclass(frozen=True)
class Shape:
    """A graph to measure.

    Attributes:
        name: what ``--shapes`` calls it.
        about: what it is, in a line.
        leaves: the numbers of its leaves.
        nodes: leaves + operations.
        write: makes the output from an engine's notation and its leaves.
        repeats: how many such graphs are built, differentiated and freed one after the other in a sample.
        sums: whether it has sums that ``dot`` and ``sum`` nodes can stand for.
    """

    name: str
    about: str
    leaves: list[float]
    nodes: int
    write: Callable[[Notation, list[Any]], Any]
    repeats: int = 1
    sums: bool = False


def chain(operations: int = 20_000, repeats: int = 1) -> Shape:
    """A chain: every operation waits for the one before it."""

    def write(engine: Notation, leaves: list[Any]) -> Any:
        y, a, b = leaves
        for _ in range(operations // 2):
            y = y * a + b
        return y

    about = f"y = y * a + b, {operations // 2:,} times"
    return Shape("chain", about, [1.0, 0.999, 0.1], operations + 3, write, repeats)


def wide(products: int = 10_000) -> Shape:
    """A sum of products of leaves."""
    rng = random.Random(1)
    leaves = [rng.uniform(-1, 1) for _ in range(2 * products)]

    def write(engine: Notation, leaves: list[Any]) -> Any:
        return engine.dot(leaves[:products], leaves[products:])

    return Shape("wide", f"sum of x[i] * y[i], {products:,} products", leaves, 4 * products, write, sums=True)


def small(repeats: int = 500) -> Shape:
    """The example of micrograd's README, halved: 26 operations on two leaves."""

    def write(engine: Notation, leaves: list[Any]) -> Any:
        a, b = leaves
        c = a + b
        d = a * b + b**3
        c += c + 1
        c += 1 + c + (-a)
        d += d * 2 + engine.relu(b + a)
        d += 3 * d + engine.relu(b - a)
        e = c - d
        f = e**2
        g = f / 2.0
        g += 10.0 / f
        return g * 0.5

    return Shape("small", f"micrograd's README example, {repeats} graphs", [-4.0, 2.0], 28, write, repeats)


def mlp(samples: int = 100, hidden: int = 16) -> Shape:
    """One training step of micrograd's demo: two moons, MLP(2, [16, 16, 1]), hinge loss + L2.

    (Without the update of its parameters, which makes no nodes.)
    """
    rng = random.Random(1337)
    points, labels = two_moons(samples, rng)
    layers = [(2, hidden), (hidden, hidden), (hidden, 1)]  # inputs and neurons
    # A neuron's parameters one after the other, its bias last.
    parameters = [
        rng.uniform(-1, 1) if k < n else 0.0 for n, neurons in layers for _ in range(neurons) for k in range(n + 1)
    ]

    def forward(engine: Notation, weights: list[Any], xs: list[Any]) -> Any:
        place = 0
        for n, neurons in layers:
            outputs = []
            for _ in range(neurons):
                y = engine.dot(weights[place : place + n], xs, weights[place + n])
                outputs.append(engine.relu(y) if neurons > 1 else y)
                place += n + 1
            xs = outputs
        return xs[0]

    def write(engine: Notation, leaves: list[Any]) -> Any:
        weights, inputs = leaves[: len(parameters)], leaves[len(parameters) :]
        scores = [forward(engine, weights, inputs[2 * k : 2 * k + 2]) for k in range(samples)]
        losses = [engine.relu(1 + -label * score) for label, score in zip(labels, scores)]
        data_loss = engine.sum(losses) * (1.0 / samples)
        return data_loss + 1e-4 * engine.sum([p * p for p in weights])

    neurons = sum(count * (2 * n + (count > 1)) for n, count in layers)  # n products, n sums and relu each
    loss = 4 * samples + 1 + 2 * len(parameters) + 2
    leaves = parameters + [x for point in points for x in point]
    about = f"two moons, {samples} samples, MLP(2, [{hidden}, {hidden}, 1])"
    return Shape("mlp", about, leaves, len(leaves) + samples * neurons + loss, write, sums=True)


def fan_out(uses: int = 10_000) -> Shape:
    """One leaf used many times, each time with another plain number."""
    numbers = [k / uses for k in range(uses)]

    def write(engine: Notation, leaves: list[Any]) -> Any:
        return engine.dot(leaves * uses, numbers)

    return Shape("fan-out", f"sum of x * number[i], {uses:,} uses of x", [1.5], 1 + 2 * uses, write, sums=True)


def two_moons(samples: int, rng: random.Random) -> tuple[list[tuple[float, float]], list[float]]:
    """Points on two interleaving half circles with noise 0.1, and the labels −1 and 1."""
    points, labels = [], []
    for k in range(samples):
        lower, angle = k % 2, math.pi * (k // 2) / (samples // 2 - 1)
        x, y = (1 - math.cos(angle), 0.5 - math.sin(angle)) if lower else (math.cos(angle), math.sin(angle))
        points.append((x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.1)))
        labels.append(1.0 if lower else -1.0)
    return points, labels


SHAPES: dict[str, Callable[..., Shape]] = {
    "chain": chain,
    "wide": wide,
    "small": small,
    "mlp": mlp,
    "fan-out": fan_out,
}


def make(name: str, *size: int) -> Shape:
    """The shape of that name, in another size than its usual one where given."""
    return SHAPES[name](*size)
