"""The two engines are one: the same bits, the same behaviour, and files that either reads."""

import copy
import gc
import json
import math
import os
import pickle
import random
import shutil
import struct
import subprocess
import sys
import threading
import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value, constant, operation
from tinygrad_kr.engine import native
from tinygrad_kr.engine.added import ADDED
from tinygrad_kr.engine.kernels import kernel
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply
from tinygrad_kr.targets import c

ROOT = Path(__file__).parent.parent
BOTH = pytest.mark.parametrize("engine", ["python", "native"] if native.core else ["python"])

SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1 / 3, 0.1, 20.5, math.pi, 1e16, 709.79, -745.2, 1e-160, 1e-310, 5e-324,
    -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, math.inf, -math.inf, math.nan,
]  # fmt: skip


def run(program, engine=None):
    environment = {**os.environ, **({"TINYGRAD_KR_ENGINE": engine} if engine else {})}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def bits(number):
    return "nan" if number != number else struct.pack("<d", number)


# ── The same bits ─────────────────────────────────────────────────────────────────────────────────────


def points(op, rng, count):
    """Operands for a row: special numbers in all pairs, and random ones of all sizes."""
    inputs = len(op.inputs)

    def wide():
        return rng.choice([rng.uniform(-3, 3), rng.choice(SPECIAL), rng.gauss(0, 1) * 10.0 ** rng.randint(-30, 30)])

    if op.variadic:
        for _ in range(count):
            yield [wide() for _ in range(inputs * rng.randint(1, 6))]
        return
    yield from (
        [x] if inputs == 1 else [x, y, 0.5][:inputs] for x in SPECIAL for y in SPECIAL[: 1 if inputs == 1 else None]
    )
    for _ in range(count):
        yield [wide() for _ in range(inputs)]


def disagreements(op, count):
    rng = random.Random(op.name)
    for operands in points(op, rng, count):
        rows = [op.output(k) for k in range(len(operands))] if op.k is not None else [op]
        for row in rows:
            node = apply(row, [Value(x) for x in operands])
            families = list(row.families(operands))
            z = kernel(row).forward(*families)
            closure = kernel(row).closing((True,) * len(row.inputs))(*families, z)
            upstream = rng.choice([1.0, -0.3, 1e300])
            ours, theirs = (node.data, *node.vjp(upstream)), (z, *closure(upstream))
            if [*map(bits, ours)] != [*map(bits, theirs)]:
                yield row, operands, upstream, ours, theirs


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_row_has_the_bits_of_its_formulas_in_python(op):
    assert next(disagreements(op, 300), None) is None


@pytest.mark.slow
@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_row_has_the_bits_of_its_formulas_in_python_at_a_hundred_thousand_points(op):
    assert next(disagreements(op, 100_000 if not op.variadic else 20_000), None) is None


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [1e308, -1e308, 1e-308, 1.0, -1.0, 2.0**-53]
)


@given(st.lists(numbers, min_size=1, max_size=40))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sum_is_rounded_once(terms):
    try:
        exact = math.fsum(terms)
    except OverflowError:
        exact = 0.0
        for term in terms:
            exact += term
    assert bits(tg.sum([Value(term) for term in terms]).data) == bits(exact)


def test_a_sum_of_numbers_that_share_no_bit_is_exact():
    terms = [math.ldexp(1.0, 1000 - 13 * k) for k in range(150)]
    terms += [math.ldexp(1.0, -1074)]
    assert bits(tg.sum([Value(term) for term in [*terms, *(-term for term in terms[:-1])]]).data) == bits(
        math.ldexp(1.0, -1074)
    )


def test_a_sum_half_way_between_two_numbers_goes_where_the_rest_is():
    for terms in ([1.0, 2.0**-53, 2.0**-106], [1.0, 2.0**-53, -(2.0**-106)], [1.0, 2.0**-53], [1e100, 1.0, -1e100]):
        assert bits(tg.sum([Value(term) for term in terms]).data) == bits(math.fsum(terms))


GRAPHS = """
import json, random, sys
sys.path.insert(0, "benchmarks")
from shapes import make
from engines import ENGINES
import tinygrad_kr as tg

def hexes(numbers):
    return [float(number).hex() for number in numbers]

found = {}
for name in ("chain", "wide", "small", "mlp", "fan-out"):
    for title in ("tinygrad_kr", "tinygrad_kr, dot/sum"):
        shape, engine = make(name), ENGINES[title]()
        leaves = engine.leaves(shape.leaves)
        output = shape.write(engine, leaves)
        output.backward()
        found[name, title] = hexes([output.data, *(leaf.grad for leaf in leaves)])
rng = random.Random(7)
functions = [tg.exp, tg.tanh, tg.sin, tg.sigmoid, tg.softplus, tg.relu, tg.atan, tg.square]
for trial in range(60):
    leaves = [tg.Value(rng.uniform(-2, 2)) for _ in range(4)]
    nodes = list(leaves)
    for _ in range(40):
        a, b = rng.choice(nodes), rng.choice(nodes)
        nodes.append(rng.choice([
            lambda: a + b, lambda: a * b - 0.5, lambda: 2 / (1 + a * a), lambda: tg.tanh(a) - b, lambda: a * a,
            lambda: rng.choice(functions)(tg.tanh(a)), lambda: tg.dot([a, b, 0.3], [b, 1.5, a]),
            lambda: tg.where(a > b, a, b), lambda: tg.softmax([a, b, nodes[0]])[1], lambda: tg.hypot(a, b),
            lambda: tg.logsumexp([a, b]), lambda: abs(a) ** 1.5,
        ])())
        if not abs(nodes[-1].data) < 1e6:
            nodes.pop()
    tg.backward(nodes[-3:], seeds=[1.0, -0.7, 3])
    found["random", trial] = hexes([nodes[-1].data, *(node.grad or 0.0 for node in nodes)])
    gradients = tg.gradients(nodes[-1], leaves, create_graph=True)
    found["gradients", trial] = hexes([g.data if isinstance(g, tg.Value) else g for g in gradients])
rosenbrock = lambda xs: sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(xs, xs[1:]))
found["hessian", 0] = hexes([x for row in tg.hessian(rosenbrock)([0.3, -0.7, 1.2]) for x in row])
found["jvp", 0] = hexes([tg.jvp(lambda x: tg.exp(x) * x, (0.4,), (2.0,))[1]])
print(json.dumps({" ".join(map(str, key)): value for key, value in found.items()}))
"""


def test_both_engines_give_the_same_bits_on_graphs():
    results = [run(GRAPHS, engine) for engine in (["python", "native"] if native.core else ["python", "python"])]
    python, compiled = (json.loads(result.stdout) if result.returncode == 0 else result.stderr for result in results)
    assert python == compiled
    assert len(python) == 132


@pytest.mark.parametrize(("writer", "reader"), [("python", "native"), ("native", "python")])
def test_files_of_one_engine_are_read_by_the_other(writer, reader, tmp_path):
    if native.core is None:
        writer = reader = "python"
    program = f"""
import pickle, tinygrad_kr as tg
from tinygrad_kr import Value, constant
x, t = Value(0.5, "x"), constant(2.0, "t")
y = tg.dot([x, t, 3.0], [x * 2, x, t]) + tg.where(x > 0, x, t) + tg.softmax([x, 1.0])[1] + x * x / tg.clip(x, 0.1, 3.0)
y.backward()
x.data = 7.0
open({str(tmp_path / "graph.pickle")!r}, "wb").write(pickle.dumps([y, x]))
print(x.grad.hex(), y.contributions())
"""
    read = f"""
import pickle
y, x = pickle.load(open({str(tmp_path / "graph.pickle")!r}, "rb"))
contributions = y.contributions()
y.backward()
print(x.grad.hex(), contributions)
"""
    written, again = run(program, writer), run(read, reader)
    assert written.returncode == again.returncode == 0, written.stderr + again.stderr
    assert written.stdout == again.stdout


def test_the_core_is_written_from_the_table_of_today():
    folder = ROOT / "tinygrad_kr" / "engine" / "core"
    assert (folder / "rows.h").read_text() == c.rows()
    assert (folder / "methods.h").read_text() == c.methods()


@pytest.mark.skipif(native.core is None, reason="there is no compiled core to know a row")
def test_a_row_that_reads_otherwise_is_none_of_the_cores(tmp_path):
    shutil.copytree(ROOT / "tinygrad_kr", tmp_path / "tinygrad_kr")
    table = tmp_path / "tinygrad_kr" / "engine" / "ops.py"
    text = table.read_text()
    assert text.count('"x * y", ("y", "x")') == 1
    table.write_text(text.replace('"x * y", ("y", "x")', '"x * y", ("2 * y", "2 * x")'))
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import tinygrad_kr as tg
x = tg.Value(3.0)
y = x * 5.0 + 2.0 * x + x - x
y.backward()
z = tg.exp(x) + 1
print(x.grad, tg.engine.name, tg.__file__.startswith({str(tmp_path)!r}))
"""
    result = run(program, "native")
    assert result.stdout.split() == ["14.0", "native", "True"], result.stderr


# ── Which engine runs ─────────────────────────────────────────────────────────────────────────────────


@BOTH
def test_the_environment_asks_for_an_engine(engine):
    result = run("from tinygrad_kr import engine; print(engine.name, '|', engine.reason)", engine)
    assert result.stdout.startswith(f"{engine} | ")


def test_an_engine_that_is_none_is_refused():
    result = run("import tinygrad_kr", "fast")
    assert "TINYGRAD_KR_ENGINE='fast' is not an engine; expected native, python or auto" in result.stderr


def test_a_second_interpreter_has_the_python_engine():
    interpreters = "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
    program = f"""
import {interpreters} as interpreters, tinygrad_kr
other = interpreters.create()
interpreters.run_string(other, '''
import tinygrad_kr as tg
x = tg.Value(3.0)
y = x * x
y.backward()
print(tg.engine.name, x.grad)
''')
print(tinygrad_kr.engine.name)
"""
    result = run(program, "auto")
    assert result.stdout.split()[:2] == ["python", "6.0"], result.stderr


# ── Rows over arrays ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(native.core is None, reason="rows over arrays are the compiled core's")
@pytest.mark.parametrize(
    ("result", "operands", "error"),
    [
        (np.zeros((2, 3)), [np.zeros((2, 3))], TypeError),
        (np.zeros((2, 3)), [np.zeros((2, 3)), np.zeros((2, 2))], ValueError),
        (np.zeros((2, 3)), [np.zeros((2, 3)), np.zeros((4, 3))], ValueError),
        (np.zeros((2, 3)), [np.zeros((2, 3)), np.zeros(3)], TypeError),
        (np.zeros((2, 3)), [np.zeros((2, 3)), np.zeros((2, 3), np.float32)], TypeError),
        (np.zeros((2, 3), int), [1.0, 2.0], TypeError),
        (np.broadcast_to(0.0, (2, 3)), [1.0, 2.0], ValueError),
    ],
)
def test_arrays_that_do_not_fit_are_refused(result, operands, error):
    with pytest.raises(error):
        native.core.replay(TABLE["mul"], (result,), tuple(operands))


# ── Lives of nodes ────────────────────────────────────────────────────────────────────────────────────


class Parameter(Value):
    """A subclass whose instances have a dict."""


class Slim(Value):
    __slots__ = ()


@pytest.mark.parametrize(
    "build", [lambda x: x * 3.0 + 1.0, lambda x: tg.dot([x, 1.0], [x, 2.0])], ids=["narrow", "wide"]
)
def test_a_cycle_through_a_subclass_is_collected(build):
    x = Parameter(2.0)
    x.product = build(x)
    gone = weakref.ref(x)
    del x
    gc.collect()
    assert gone() is None


def test_a_cycle_through_an_operation_of_ones_own_is_collected():
    box = {}

    def f(x):
        return x * box.get("scale", 2.0)

    double = operation(partials=[lambda x: 2.0])(f)
    x = Value(3.0)
    box["node"] = y = double(x) * 4.0
    y.backward()
    assert x.grad == 8.0
    gone = weakref.ref(y)
    del y, double, f, x
    assert ADDED.pop("f").name == "f"  # the table of added rows keeps the last one of a name, and so the box
    box = None
    gc.collect()
    assert gone() is None


@pytest.mark.skipif(native.core is None, reason="the Python engine's nodes are objects like others")
def test_plain_nodes_are_none_of_the_collectors():
    x = Value(1.0, "x")
    y = tg.dot([x, 2.0], [x * x, x]) + constant(3)
    assert not any(map(gc.is_tracked, (x, y, *y.parents)))
    assert gc.is_tracked(Parameter(1.0) * 2.0 + x)


def test_long_chains_die_without_recursion():
    for step in (lambda y: y * 1.0001, lambda y: tg.dot([y, 1.0], [0.5, 0.25]), lambda y: tg.where(True, y, 0.0)):
        y = Value(1.0)
        for _ in range(60_000):
            y = step(y)
        y.backward()
        del y
    y = Parameter(1.0)
    for _ in range(60_000):
        y = y + 1.0
    del y


def test_weak_references_die_with_a_chain_and_their_callbacks_may_look():
    seen = []
    y, refs = Value(1.0), []
    for _ in range(50):
        y = y * 2.0
        refs.append(weakref.ref(y, lambda _: seen.append(sum(ref() is not None for ref in refs))))
    del y
    assert len(seen) == 50
    assert seen[-1] == 0


def test_a_class_that_is_set_keeps_the_node():
    class Loud(Value):
        __slots__ = ()
        gone = []

        def __del__(self):
            self.gone.append(self.data)

    for kind in (Slim, Constant, Loud):
        x = Value(3.0, "x")
        y = x * x
        x.__class__ = kind
        y.backward()
        assert (type(x), x.data, y.contributions()) == (kind, 3.0, (3.0, 3.0))
        assert x.grad == (None if kind is Constant else 6.0)
        del x, y
    gc.collect()
    assert Loud.gone == [3.0]


def test_copies_of_subclasses_keep_their_class():
    for kind in (Slim, Parameter):
        x = kind(2.0, "x")
        y = x * 3.0
        twin = copy.deepcopy(y)
        assert type(twin.parents[0]) is kind
        assert pickle.loads(pickle.dumps(y)).parents[0].name == "x"


def test_no_grad_records_no_row_of_any_kind():
    x, z = Value(0.5, "x"), Value(2.0)
    with tg.no_grad():
        results = [
            x * z,
            -x,
            x.exp(),
            tg.dot([x, 1.0], [z, x]),
            tg.sum([x, z]),
            tg.where(x > 0, x, z),
            tg.clip(x, 0, z),
        ]
        results += [*tg.softmax([x, z]), tg.hypot(x, z)]
    assert all(type(result) is Constant and result.parents == () for result in results)
    assert (x * z).parents == (x, z)


def test_threads_on_a_shared_leaf():
    x, wrong = Value(1.5, "x"), []

    def work():
        for _ in range(60):
            y = x
            for _ in range(60):
                y = y * 1.01 + x
            y.backward()
            if not math.isclose(tg.grad(lambda a: a * a * a)(2.0), 12.0):
                wrong.append(y)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(native.core is None, reason="bytes are counted in slabs")
def test_a_node_takes_little_room_and_a_kept_one_no_more():
    memory = native.core.memory
    assert memory()["node_bytes"] <= 112
    x, before = Value(2.0), memory()
    kept = [x * float(k) for k in range(200_000)][::700]
    grown = memory()["slab_bytes"] - memory()["spare_bytes"] - before["slab_bytes"] + before["spare_bytes"]
    assert grown <= (len(kept) + 40) * 16384


@pytest.mark.skipif(native.core is None, reason="bytes are counted in slabs")
def test_room_between_kept_nodes_is_filled_again():
    x, kept, sizes = Value(2.0), [], []
    for _ in range(5):
        kept += [x * float(k) for k in range(100_000)][::150]  # one or two in every slab
        sizes.append(native.core.memory()["slab_bytes"])
    assert sizes[-1] < 1.2 * sizes[0]
    assert [node.data for node in kept[:3]] == [0.0, 300.0, 600.0]


@pytest.mark.skipif(native.core is None, reason="bytes are counted in slabs")
def test_a_bounded_room_is_kept_for_the_next_graph():
    memory, x = native.core.memory, Value(2.0)
    used = memory()["slab_bytes"] - memory()["spare_bytes"]
    many = [x * 2.0 for _ in range(1_800_000)]
    assert memory()["slab_bytes"] > 170 * 2**20
    del many
    assert memory()["slab_bytes"] < used + (128 + 16) * 2**20  # empty slabs stay in regions where others are in use


def test_a_constant_gets_nothing_and_asks_for_nothing():
    x, two = Value(-2.0, "x"), constant(2.0, "c")
    assert (x**two).vjp(1.0) == (-4.0, 0.0)  # no logarithm of a negative number
    assert (two * x).vjp(3.0) == (0.0, 6.0)
    assert (x - 5).vjp(3.0) == (3.0, 0.0)
    assert tg.where(x < 0, x, two).vjp(1.0) == (0.0, 1.0, 0.0)
    y = x * two
    y.backward()
    assert two.grad is None


def test_a_gradient_is_a_number_or_none():
    x = Value(1.0)
    x.grad = 3
    assert (x.grad, type(x.grad)) == (3.0, float)
    x.grad = None
    with pytest.raises(TypeError, match="a gradient"):
        x.grad = "a"
    assert x.grad is None


def test_a_warning_names_the_operands_and_strict_refuses():
    x = Value(-1.0, "잔액")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tg.log(x)
        x.log()
        x / 0
    assert [str(w.message) for w in caught][:2] == ["log(잔액 = -1) is nan; log is defined for x > 0"] * 2
    assert {w.filename for w in caught} == {__file__}
    with tg.strict(), pytest.raises(FloatingPointError, match="잔액"):
        x.sqrt()


def test_a_value_that_is_made_anew_is_a_leaf():
    x = Value(2.0)
    y = x * 3.0
    y.__init__(5.0)
    assert (y.data, y.op, y.parents) == (5.0, None, ())


def test_every_row_is_one_function_and_method_on_both_engines():
    for name, op in TABLE.items():
        if not op.variadic and len(op.inputs) == 1 and hasattr(Value, name):
            assert getattr(Value(0.5) if op.domain != "x >= 1" else Value(2.0), name)().op is op
