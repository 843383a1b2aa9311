"""Numerical differentiation beside backpropagation, as the number of parameters n grows.

    python benchmarks/differentiation.py                              a few minutes
    python benchmarks/differentiation.py --quick                      a smoke run of a few seconds
    python benchmarks/differentiation.py --json result.json --plot docs/measured/numerical.svg

Numerical differentiation computes 2n losses, backpropagation goes forward and back once. Both are measured twice, so
that like stands beside like:

* ``numbers``: the loss is computed with numbers. ``network.numerical_gradient`` beside ``network.loss`` and
  ``network.backward``, which goes back layer by layer.
* ``nodes``: the loss is computed by the scalar engine. Central differences of the loss of ``network.on_values()``
  under ``no_grad()`` beside ``network.gradient``, which builds the graph and goes back through it.

The gradients are compared before anything is timed; a wrong one ends the run. The ways take turns, round by round.
What is measured is processor time.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from report import aligned, command_line, headline, machine, progress, rounded, show
from training import clock

from tinygrad_kr import Value, no_grad
from tinygrad_kr.engine.blocks import without_blocks
from tinygrad_kr.learning.network import TwoLayerNet

INPUTS, CLASSES = 4, 3
HIDDEN = (6, 12, 37, 125, 375)
"""Hidden units: 8 parameters for each, and 3."""

H = 1e-4
"""The step of the central differences."""

SECONDS = 0.05
"""A sample repeats what is quick until about this time has passed."""

SLOW, TURNS_OF_SLOW = 1.0, 3
"""What takes longer than so many seconds gets fewer turns."""

WAYS = ("loss", "numerical", "backward")
KINDS = ("numbers", "nodes")

Gradient = list[float]


class Plan(NamedTuple):
    """What to run."""

    hidden: tuple[int, ...]
    rounds: int
    seconds: float


class Files(NamedTuple):
    """Where to write."""

    json: Path | None
    plot: Path | None


def plan(arguments: Sequence[str] | None = None) -> tuple[Plan, Files]:
    """Read the command line."""
    parser = command_line("Numerical differentiation beside backpropagation.", usual=9)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the times as .svg, .png or .pdf (Matplotlib)")
    given = parser.parse(arguments)
    if given.plot is not None and given.plot.suffix not in (".svg", ".png", ".pdf"):
        parser.error(f"--plot {given.plot}; expected a name that ends in .svg, .png or .pdf")
    hidden, seconds = (HIDDEN[:2], 0.0) if given.quick else (HIDDEN, SECONDS)
    return Plan(hidden, given.rounds, seconds), Files(given.json, given.plot)


# ── What is measured ──────────────────────────────────────────────────────────────────────────────────


class Problem:
    """A network, one sample, and the ways to its loss and to its derivatives by all parameters.

    Args:
        hidden: how many hidden units it has.
    """

    def __init__(self, hidden: int) -> None:
        rng = np.random.default_rng(hidden)
        self.network = TwoLayerNet(INPUTS, hidden, CLASSES, weight_init_std="he", seed=hidden)
        self.x, self.t = rng.normal(size=(1, INPUTS)), rng.integers(0, CLASSES, 1)
        self.twin = self.network.on_values(named=False)
        self.leaves: list[Value] = [leaf for array in self.twin.params.values() for leaf in array.flat]

    def way(self, kind: str, way: str) -> Callable[[], Any]:
        """The function of that name."""
        return {
            ("numbers", "loss"): self.loss_of_numbers,
            ("numbers", "numerical"): self.numerical_of_numbers,
            ("numbers", "backward"): self.backward_of_numbers,
            ("nodes", "loss"): self.loss_of_nodes,
            ("nodes", "numerical"): self.numerical_of_nodes,
            ("nodes", "backward"): self.backward_of_nodes,
        }[kind, way]

    def loss_of_numbers(self) -> float:
        return float(self.network.loss(self.x, self.t))

    def numerical_of_numbers(self) -> Gradient:
        return flat(self.network.numerical_gradient(self.x, self.t, H).values())

    def backward_of_numbers(self) -> Gradient:
        self.network.loss(self.x, self.t)
        self.network.backward()
        first, second = self.network.layers["Affine1"], self.network.layers["Affine2"]
        return flat([first.dW, first.db, second.dW, second.db])

    def loss_of_nodes(self) -> float:
        with no_grad(), without_blocks():
            return self.twin.loss(self.x, self.t).data

    def numerical_of_nodes(self) -> Gradient:
        gradient = []
        for leaf in self.leaves:
            kept = leaf.data
            leaf.data = kept + H
            high = self.loss_of_nodes()
            leaf.data = kept - H
            gradient.append((high - self.loss_of_nodes()) / (2 * H))
            leaf.data = kept
        return gradient

    def backward_of_nodes(self) -> Gradient:
        return flat(self.network.gradient(self.x, self.t).values())


def flat(arrays: Iterable[Any]) -> Gradient:
    """The numbers of some arrays, one after the other."""
    return [number for array in arrays for number in np.ravel(array).tolist()]


def agree(n: int, gradients: dict[tuple[str, str], Gradient]) -> None:
    """End the run if two gradients of n parameters disagree: the numerical ones have an error of about h²."""
    first = np.array(gradients["nodes", "backward"])
    for (kind, way), gradient in gradients.items():
        tolerance = (1e-6 if way == "numerical" else 1e-12) * max(1.0, np.abs(first).max())
        error = np.abs(np.array(gradient) - first).max()
        if not error <= tolerance:
            raise SystemExit(f"{n} parameters: {way} with {kind} is off by {error:.3g}; nothing was timed")


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────────


def run(plan: Plan) -> dict[str, Any]:
    """Measure everything; the result is what ``--json`` writes."""
    gc.collect()
    gc.freeze()  # a collection walks graphs, and not the modules
    try:
        return {"sizes": [measured(hidden, plan) for hidden in plan.hidden], "machine": machine(plan.rounds)}
    finally:
        gc.unfreeze()


def measured(hidden: int, plan: Plan) -> dict[str, Any]:
    """The medians of all ways in milliseconds, for one network."""
    problem = Problem(hidden)
    n = len(problem.leaves)
    progress(f"{n:,} parameters: comparing gradients")
    ways = {(kind, way): problem.way(kind, way) for kind in KINDS for way in WAYS}
    seconds, gradients = {}, {}
    for (kind, way), function in ways.items():
        start = clock()
        result = function()
        seconds[kind, way] = clock() - start
        if way != "loss":
            gradients[kind, way] = result
    agree(n, gradients)
    samples: dict[tuple[str, str], list[float]] = {key: [] for key in ways}
    for turn in range(plan.rounds):
        progress(f"{n:,} parameters: round {turn + 1} of {plan.rounds}")
        for key, function in ways.items():
            if seconds[key] < SLOW or turn < TURNS_OF_SLOW:
                samples[key].append(sample(function, max(1, int(plan.seconds / seconds[key]))))
    return {
        "parameters": n,
        "ms": {kind: {way: median(samples[kind, way]) for way in WAYS} for kind in KINDS},
        "samples": {kind: {way: samples[kind, way] for way in WAYS} for kind in KINDS},
    }


def sample(function: Callable[[], Any], repeats: int) -> float:
    """Milliseconds of a call."""
    gc.collect()
    start = clock()
    for _ in range(repeats):
        function()
    return (clock() - start) * 1000 / repeats


# ── Printing ──────────────────────────────────────────────────────────────────────────────────────────


def text(report: dict[str, Any]) -> str:
    """The report as tables."""
    rows = [["n", "loss with", "loss", "numerical", "backward", "num ÷ loss", "back ÷ loss", "num ÷ back"]]
    across = [["n", "numerical_gradient()", "gradient()", "ratio"]]
    for size in report["sizes"]:
        n = f"{size['parameters']:,}"
        for k, (kind, ms) in enumerate(size["ms"].items()):
            loss, numerical, backward = (ms[way] for way in WAYS)
            ratios = [f"{numerical / loss:,.0f}", f"{backward / loss:.2f}", f"{numerical / backward:,.0f}"]
            rows.append(["" if k else n, kind, *map(rounded, (loss, numerical, backward)), *ratios])
        slow, fast = size["ms"]["numbers"]["numerical"], size["ms"]["nodes"]["backward"]
        across.append([n, rounded(slow), rounded(fast), f"{slow / fast:,.0f}"])
    return "\n\n".join(
        [
            headline(report["machine"]),
            "processor ms for one sample of TwoLayerNet(4, h, 3) with n parameters (medians)\n"
            + aligned(rows, 2, groups=True),
            "the same of the two methods as they are called: differences of numbers, backpropagation through nodes\n"
            + aligned(across, 1),
        ]
    )


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw the times over n, both axes logarithmic; the words are in both languages."""
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    from tinygrad_kr.learning.plotting import INK, KOREAN_FONTS, LIGHT, MIDDLE, PALE, Plot

    look = {"numbers": ("o", "white", "수 numbers"), "nodes": ("o", None, "노드 nodes")}
    ways = {"numerical": (INK, "수치 미분 numerical"), "backward": (MIDDLE, "역전파 backpropagation")}
    installed = {font.name for font in fontManager.ttflist}
    fonts = [font for font in (*KOREAN_FONTS, "DejaVu Sans") if font in installed]
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    n = [size["parameters"] for size in report["sizes"]]
    for way, (color, called) in ways.items():
        for kind, (marker, fill, loss) in look.items():
            ms = [size["ms"][kind][way] for size in report["sizes"]]
            axes.plot(
                n, ms, color=color, linewidth=1.5, linestyle="-" if way == "numerical" else (0, (4, 2)),
                marker=marker, markersize=5.5, markerfacecolor=fill or color, label=f"{called}, {loss}",
            )  # fmt: skip
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel("n: 매개변수 parameters", color=MIDDLE)
    axes.set_ylabel("ms", color=MIDDLE, rotation=0, ha="right")
    axes.set_xticks(n, [f"{count:,}" for count in n])
    axes.yaxis.set_major_formatter(lambda ms, _: f"{ms:,g}")
    axes.minorticks_off()
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(color=LIGHT, labelcolor=MIDDLE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LIGHT)
    figure.legend(frameon=False, labelcolor=MIDDLE, loc="outside upper left", ncols=2)
    for words in figure.findobj(lambda artist: hasattr(artist, "set_fontfamily")):
        words.set_fontfamily(fonts)
    Plot(figure, fonts).save(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    chosen, files = plan(arguments)
    report = run(chosen)
    show(report, text(report), files.json)
    if files.plot is not None:
        draw(report, files.plot)


if __name__ == "__main__":
    main()
