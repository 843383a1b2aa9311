"""The benchmark runs, measures the graphs it says, and computes their derivatives right. No timing is asserted."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_kr import Constant
from tinygrad_kr.graph import topological

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
NODES = {"chain": 20_003, "wide": 40_000, "small": 28, "mlp": 65_614, "fan-out": 20_001}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What a smoke run writes, and what it prints."""
    file = tmp_path_factory.mktemp("benchmarks") / "report.json"
    command = [sys.executable, BENCHMARKS / "eager.py", "--quick", "--engines", "tinygrad_kr", "--json", file]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(file.read_text(encoding="utf-8")) | {"printed": run.stdout}


@pytest.fixture
def modules(monkeypatch):
    """The benchmark's own modules: eager, engines, shapes."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    names = ("eager", "engines", "shapes", "worker")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    import eager
    import engines
    import shapes

    yield eager, engines, shapes
    for name in names:
        sys.modules.pop(name, None)


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
    assert list(report["growth"]) == ["tinygrad_kr"]
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
