"""The benchmarks run, measure what they say, and compute derivatives right. No timing is asserted."""

import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinygrad_kr import Constant
from tinygrad_kr.engine.graph import topological

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
NODES = {"chain": 20_003, "wide": 40_000, "small": 28, "mlp": 65_614, "fan-out": 20_001}


def smoke_run(program, folder, *options):
    """What a smoke run of a benchmark writes, and what it prints."""
    file = folder / "report.json"
    command = [sys.executable, BENCHMARKS / program, "--quick", "--json", file, *options]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(file.read_text(encoding="utf-8")) | {"printed": run.stdout}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return smoke_run("eager.py", tmp_path_factory.mktemp("eager"), "--engines", "tinygrad_kr")


@pytest.fixture(scope="module")
def training_report(tmp_path_factory):
    return smoke_run("training.py", tmp_path_factory.mktemp("training"), "--engines", "tinygrad_kr")


@pytest.fixture(scope="module")
def differentiation_report(tmp_path_factory):
    return smoke_run("differentiation.py", tmp_path_factory.mktemp("differentiation"))


@pytest.fixture
def benchmark_modules(monkeypatch):
    """Where the benchmarks' own modules can be imported; they are forgotten afterwards."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    names = [file.stem for file in BENCHMARKS.glob("*.py")]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def modules(benchmark_modules):
    """The benchmark's own modules: eager, engines, shapes."""
    import eager
    import engines
    import shapes

    return eager, engines, shapes


@pytest.fixture
def training(benchmark_modules):
    import training

    return training


@pytest.fixture
def differentiation(benchmark_modules):
    import differentiation

    return differentiation


# ── The report ────────────────────────────────────────────────────────────────────────────────────────


def test_every_shape_has_a_row_of_positive_medians(report):
    assert {name: shape["nodes"] for name, shape in report["shapes"].items()} == NODES
    for shape in report["shapes"].values():
        reference = shape["engines"]["tinygrad_kr"]
        assert reference["ratio"] == 1
        for row in shape["engines"].values():
            assert len(row["samples"]) == 2
            for sample in row["samples"]:
                assert all(sample[phase] > 0 for phase in ("build", "backward", "free"))
            assert row["total"] == pytest.approx(sum(map(sum, map(dict.values, row["samples"]))) / 2)
            assert row["ratio"] == pytest.approx(row["total"] / reference["total"])


def test_shapes_with_sums_have_a_row_with_sum_nodes(report):
    rows = {name for name, shape in report["shapes"].items() if "tinygrad_kr, dot/sum" in shape["engines"]}
    assert rows == {"wide", "mlp", "fan-out"}


def test_growth_and_memory_are_measured(report):
    assert list(report["growth"]) == ["tinygrad_kr", "tinygrad_kr (python)"]
    assert list(report["growth"]["tinygrad_kr"]) == ["1000", "10000"]
    assert all(nanoseconds > 0 for nanoseconds in report["growth"]["tinygrad_kr"].values())
    for row in report["memory"].values():
        for weights in row.values():
            assert weights["traced"] > 0
            assert weights["resident"] is None or weights["resident"] > 0
    assert report["memory"]


def test_the_machine_is_named(report):
    machine = report["machine"]
    assert machine["python"].endswith(".".join(map(str, sys.version_info[:3])))
    assert machine["gc"] is True
    assert machine["cpus"] >= 1
    assert list(machine["versions"]) == ["tinygrad_kr"]


def test_the_tables_are_aligned(report):
    lines = report["printed"].splitlines()
    assert "gc on" in lines[0]
    for number, line in enumerate(lines):
        if "──" in line:  # under a heading, and above the first row
            assert len(lines[number - 1]) == len(line) == len(lines[number + 1].rstrip())
    assert report["printed"].count("──  ──") >= 3


# ── The graphs ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NODES)
def test_the_graph_has_as_many_nodes_as_stated(modules, name):
    _, engines, shapes = modules
    engine, shape = engines.Tinygrad(), shapes.make(name)
    leaves = engine.leaves(shape.leaves)
    nodes = [node for node in topological([shape.write(engine, leaves)]) if not isinstance(node, Constant)]
    assert len(nodes) == shape.nodes == NODES[name]
    assert {node for node in nodes if node.op is None} == set(leaves)


def test_chain(report):
    y, a, b, n = 1.0, 0.999, 0.1, 10_000
    power = a**n  # y aⁿ + b (1 − aⁿ) / (1 − a)
    by_a = n * a ** (n - 1) * y + b * ((1 - power) / (1 - a) - n * a ** (n - 1)) / (1 - a)
    shape = report["shapes"]["chain"]
    assert shape["value"] == pytest.approx(y * power + b * (1 - power) / (1 - a))
    assert shape["gradient"] == pytest.approx([power, by_a, (1 - power) / (1 - a)])


def test_wide(report, modules):
    leaves = modules[2].make("wide").leaves
    shape = report["shapes"]["wide"]
    assert shape["value"] == pytest.approx(math.fsum(x * y for x, y in zip(leaves[:10_000], leaves[10_000:])))
    assert shape["gradient"] == pytest.approx(leaves[10_000:] + leaves[:10_000])


def test_small(report):
    shape = report["shapes"]["small"]  # half of what micrograd's README prints
    assert 2 * shape["value"] == pytest.approx(24.7041, abs=5e-5)
    assert [2 * derivative for derivative in shape["gradient"]] == pytest.approx([138.8338, 645.5773], abs=5e-5)


def test_fan_out(report):
    shape = report["shapes"]["fan-out"]  # x · Σ k / 10,000
    assert shape["value"] == pytest.approx(1.5 * 4999.5)
    assert shape["gradient"] == pytest.approx([4999.5])


def test_mlp(report, modules):
    _, engines, shapes = modules

    class Floats(engines.Engine):
        def relu(self, x):
            return max(x, 0.0)

    mlp = shapes.make("mlp")
    shape = report["shapes"]["mlp"]
    assert shape["value"] == pytest.approx(mlp.write(Floats(), mlp.leaves))
    for k in random.Random(0).sample(range(len(mlp.leaves)), 12):
        ends = [mlp.write(Floats(), [x + h * (i == k) for i, x in enumerate(mlp.leaves)]) for h in (-1e-6, 1e-6)]
        assert shape["gradient"][k] == pytest.approx((ends[1] - ends[0]) / 2e-6, rel=1e-5, abs=1e-8)


# ── Its guards ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "gradient", "wrong"),
    [(2.0, [1.0, 1.0], "value"), (1.0, [1.0, 1.1], "derivative by leaf 1"), (1.0, [math.nan, 1.0], "leaf 0")],
)
def test_a_wrong_answer_ends_the_run(modules, value, gradient, wrong):
    eager, *_ = modules
    right = eager.Result(1.0, [1.0, 1.0])
    eager.compare("chain", "one", right, "other", right)
    with pytest.raises(SystemExit, match=wrong):
        eager.compare("chain", "one", right, "other", eager.Result(value, gradient))


@pytest.mark.parametrize("arguments", [["--shapes", "cube"], ["--engines", "abacus"], ["--rounds", "0"]])
def test_what_it_cannot_do_is_refused(modules, arguments, capsys):
    eager, *_ = modules
    with pytest.raises(SystemExit):
        eager.plan(arguments)
    assert arguments[1] in capsys.readouterr().err


# ── Training ──────────────────────────────────────────────────────────────────────────────────────────


def test_every_task_has_a_row_of_medians(training_report):
    parameters = {name: task["parameters"] for name, task in training_report["tasks"].items()}
    assert parameters == {"digits-50": 2410, "digits-100": 2410, "moons-100": 337}
    for task in training_report["tasks"].values():
        row = task["engines"]["tinygrad_kr"]
        assert len(row["samples"]) == 2
        assert all(ms > 0 for ms in row["samples"])
        assert row["ms"] == pytest.approx(sum(row["samples"]) / 2)
        assert row["ratio"] == 1
        assert task["about"] in training_report["printed"]


def dense(layers, x):
    """The outputs of a network of ReLU layers, the last without ReLU; and what each layer gets."""
    inputs = [x]
    for W, b in layers:
        x = inputs[-1] @ W + b
        inputs.append(np.maximum(x, 0))
    return x, inputs[:-1]


def dense_gradient(layers, x, derivative):
    """The derivatives by W and b of each layer, given the one by the outputs, all as matrix products."""
    gradient = []
    for (W, _), inputs in reversed(list(zip(layers, dense(layers, x)[1]))):
        gradient.append((inputs.T @ derivative, derivative.sum(axis=0)))
        derivative = (derivative @ W.T) * (inputs > 0)
    return gradient[::-1]


def cross_entropy(task, layers):
    """The loss and its derivatives."""
    scores, _ = dense(layers, task.x)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    right = np.eye(scores.shape[1])[task.t]
    loss = -np.log((probabilities * right).sum(axis=1)).mean()
    return loss, dense_gradient(layers, task.x, (probabilities - right) / len(task.x))


def hinge(task, layers):
    """The loss and its derivatives."""
    scores, _ = dense(layers, task.x)
    margins = 1 - task.t[:, None] * scores
    loss = np.maximum(margins, 0).mean() + 1e-4 * sum((W**2).sum() + (b**2).sum() for W, b in layers)
    gradient = dense_gradient(layers, task.x, -task.t[:, None] * (margins > 0) / len(task.x))
    return loss, [(dW + 2e-4 * W, db + 2e-4 * b) for (dW, db), (W, b) in zip(gradient, layers)]


def check_two_steps(family, task, answer):
    """A trainer's loss and derivatives, before and after an update, are those of the dense formulas."""
    trainer, layers = task.trainers[family](task), task.layers
    for _ in range(2):
        right, gradient = answer(task, layers)
        assert trainer.step() == pytest.approx(right, rel=1e-12)
        for got, wanted in zip(trainer.gradient(), gradient, strict=True):
            np.testing.assert_allclose(got[0], wanted[0], rtol=1e-9, atol=1e-13)
            np.testing.assert_allclose(got[1], wanted[1], rtol=1e-9, atol=1e-13)
        layers = [(W - task.lr * dW, b - task.lr * db) for (W, b), (dW, db) in zip(layers, gradient)]


def test_digits_are_learned_right(training):
    check_two_steps("tinygrad_kr", training.digits(5), cross_entropy)


def test_moons_are_learned_right(training):
    check_two_steps("tinygrad_kr", training.moons(6), hinge)


@pytest.mark.torch
def test_pytorch_learns_the_same(training):
    check_two_steps("torch", training.digits(5), cross_entropy)
    check_two_steps("torch", training.moons(6), hinge)


def test_an_engine_that_slips_ends_the_training(training, monkeypatch):
    class Slips(training.Neurons):
        def gradient(self):
            return [(W * (1 + 1e-8), b) for W, b in super().gradient()]

    class Here:
        """A worker in this process."""

        def submit(self, function, *arguments):
            self.result = lambda: function(*arguments)
            return self

    task = training.moons(4)
    trainers = {"tinygrad_kr": training.Neurons, "micrograd": Slips}
    monkeypatch.setattr(training.gc, "freeze", lambda: None)
    with pytest.raises(SystemExit, match="moons: the derivative by leaf 0 .* nothing was timed"):
        training.measured("moons", task._replace(trainers=trainers), dict.fromkeys(trainers, Here()), None)


def test_the_tasks_are_what_they_say(training, monkeypatch):
    task = training.make("digits-100")
    assert (task.x.shape, task.t.shape) == ((100, 64), (100,))
    assert "digits of scikit-learn, batch 100" in task.about
    monkeypatch.setattr(training, "find_spec", lambda name: None)
    other = training.make("digits-100")
    assert (other.x.shape, other.t.shape) == ((100, 64), (100,))
    assert "random numbers in the shape of digits" in other.about
    assert len(training.make("moons-100").x) == 100


def test_who_is_not_installed_is_left_out_with_a_line(training, training_report, monkeypatch):
    monkeypatch.setattr(training, "is_installed", lambda family: family != "micrograd")
    chosen, _ = training.plan(["--quick"])
    assert chosen.families == ["tinygrad_kr", "torch"]
    printed = training.text(training_report | {"missing": chosen.missing})
    assert printed.endswith("\nmicrograd is not installed and was left out; pip install micrograd")


# ── Numerical differentiation ─────────────────────────────────────────────────────────────────────────


def test_every_size_has_medians_of_all_ways(differentiation_report):
    assert [size["parameters"] for size in differentiation_report["sizes"]] == [51, 99]
    for size in differentiation_report["sizes"]:
        assert {(kind, way) for kind, row in size["ms"].items() for way in row} == {
            (kind, way) for kind in ("numbers", "nodes") for way in ("loss", "numerical", "backward")
        }
        for kind, row in size["ms"].items():
            for way, ms in row.items():
                assert ms == pytest.approx(sum(size["samples"][kind][way]) / 2)
                assert ms > 0


def test_the_sizes_are_about_50_to_3000(differentiation):
    sizes = [len(differentiation.Problem(hidden).leaves) for hidden in differentiation.HIDDEN]
    assert sizes == [51, 99, 299, 1003, 3003]


def test_all_ways_come_to_the_dense_answer(differentiation, training):
    problem = differentiation.Problem(7)
    params = problem.network.params
    task = training.moons(4)._replace(x=problem.x, t=problem.t)
    loss, gradient = cross_entropy(task, [(params["W1"], params["b1"]), (params["W2"], params["b2"])])
    wanted = np.concatenate([np.ravel(array) for arrays in gradient for array in arrays])
    before = [leaf.data for leaf in problem.leaves]
    for kind in differentiation.KINDS:
        assert problem.way(kind, "loss")() == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(problem.way(kind, "backward")(), wanted, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(problem.way(kind, "numerical")(), wanted, rtol=0, atol=1e-7)
    assert [leaf.data for leaf in problem.leaves] == before


@pytest.mark.parametrize("kind", ["numbers", "nodes"])
def test_numerical_differentiation_computes_two_losses_for_each_parameter(differentiation, kind, monkeypatch):
    problem, calls = differentiation.Problem(2), []
    network = problem.network if kind == "numbers" else problem.twin
    loss = network.loss
    monkeypatch.setattr(network, "loss", lambda *sample: calls.append(sample) or loss(*sample))
    problem.way(kind, "numerical")()
    assert len(calls) == 2 * len(problem.leaves) == 38


def test_a_wrong_gradient_ends_the_run(differentiation):
    right, off = [1.0, 2.0], [1.0, 2.0 + 1e-5]
    differentiation.agree(2, {("nodes", "backward"): right, ("numbers", "numerical"): [1.0, 2.0 + 1e-7]})
    for wrong in (off, [1.0, math.nan]):
        with pytest.raises(SystemExit, match="2 parameters: numerical with numbers is off"):
            differentiation.agree(2, {("nodes", "backward"): right, ("numbers", "numerical"): wrong})


def test_the_plot_has_a_line_for_each_way(differentiation, differentiation_report, tmp_path):
    for name in ("one.svg", "two.svg"):
        differentiation.draw(differentiation_report, tmp_path / name)
    svg = (tmp_path / "one.svg").read_text("utf-8")
    assert svg == (tmp_path / "two.svg").read_text("utf-8")
    labels = [re.sub("[^a-z ,]", "", label).split() for label in re.findall(r"<!-- (.*, .*) -->", svg)]
    assert labels == [[way, kind] for way in ("numerical,", "backpropagation,") for kind in ("numbers", "nodes")]


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--plot", "times.txt"]])
def test_what_differentiation_cannot_do_is_refused(differentiation, arguments, capsys):
    with pytest.raises(SystemExit):
        differentiation.plan(arguments)
    assert arguments[1] in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--tasks", "cats"], ["--engines", "abacus"], ["--rounds", "0"]])
def test_what_training_cannot_do_is_refused(training, arguments, capsys):
    with pytest.raises(SystemExit):
        training.plan(arguments)
    assert arguments[1] in capsys.readouterr().err


# ── Replays ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def replay_report(tmp_path_factory):
    return smoke_run("replay.py", tmp_path_factory.mktemp("replay"))


@pytest.fixture
def replay(benchmark_modules):
    import replay

    return replay


@pytest.mark.slow
def test_every_way_of_a_replay_has_a_row_of_medians(replay_report, replay):
    assert list(replay_report["tasks"]) == list(replay.TASKS)
    for task in replay_report["tasks"].values():
        assert {"NumPy by hand", "tinygrad_kr, replayed", "tinygrad_kr, a graph"} <= set(task["ways"])
        assert task["about"] in replay_report["printed"]
        reference = task["ways"]["NumPy by hand"]["ms"]
        for row in task["ways"].values():
            assert row["ms"] == pytest.approx(sum(row["samples"]) / 2)
            assert row["ms"] > 0
            assert row["ratio"] == pytest.approx(row["ms"] / reference)


def test_a_replay_has_as_many_operations_as_stated(replay):
    counts = {name: replay.make(name, quick=True).operations for name in ("digits-100", "mnist-100")}
    assert counts == {"digits-100": 4818, "mnist-100": 79_500}
    options = replay.make("options-100000", quick=True)
    way = replay.OptionsReplayed(options)
    way.step()
    assert way.net.last.main.operations == options.operations


def test_a_step_with_an_update_goes_downhill(replay):
    for way in (replay.ByHand, replay.Replayed, replay.Graphs):
        step = way(replay.images(5, 8, 4, 3, updates=True)).step
        assert step()[0] > step()[0] > step()[0]


def test_a_way_that_slips_ends_the_replays(replay, monkeypatch):
    class Slips(replay.ByHand):
        def loss(self, z, t):
            loss, d = super().loss(z, t)
            return loss, d * (1 + 1e-8)

    class Here:
        """A worker in this process."""

        def submit(self, function, *arguments):
            self.result = lambda: function(*arguments)
            return self

    ways = {"numpy": replay.ByHand, "replay": Slips}
    monkeypatch.setitem(replay.TASKS, "digits-100", lambda n: replay.images(n, 8, 4, 3)._replace(ways=ways))
    monkeypatch.setattr(replay.gc, "freeze", lambda: None)
    chosen, _ = replay.plan(["--quick", "--ways", "numpy", "replay"])
    with pytest.raises(SystemExit, match="digits-100: the derivative by leaf 0 .* nothing was timed"):
        replay.measured("digits-100", dict.fromkeys(ways, Here()), chosen)


@pytest.mark.parametrize("arguments", [["--tasks", "cats"], ["--ways", "abacus"], ["--rounds", "0"]])
def test_what_a_replay_cannot_do_is_refused(replay, arguments, capsys):
    with pytest.raises(SystemExit):
        replay.plan(arguments)
    assert arguments[1] in capsys.readouterr().err


@pytest.mark.slow
def test_a_batch_in_parts_is_measured_beside_the_whole(tmp_path):
    report = smoke_run("parts.py", tmp_path, "--workers", "2")
    assert [*report["tasks"]] == ["pendulum", "line"]
    assert {*report["tasks"]["line"]["ms"]} >= {"whole", "pool"}
    assert "with 2 workers" in report["printed"]


# ── Sparse Hessians ───────────────────────────────────────────────────────────────────────────────────


def test_a_sparse_hessian_is_measured_beside_the_dense_one(tmp_path):
    report = smoke_run("sparse.py", tmp_path)
    assert [(size["variables"], [*size["ms"]]) for size in report["sizes"]] == [(100, ["sparse", "dense"])]
    assert "dense ÷ sparse" in report["printed"]


def test_a_wrong_hessian_ends_the_run(benchmark_modules):
    import sparse

    with pytest.raises(SystemExit, match="the Hessians of 7 variables differ; nothing was timed"):
        sparse.agree(7, np.array([1.0]), np.array([1.0 + 1e-8]))
    with pytest.raises(SystemExit):
        sparse.plan(["--rounds", "0"])
