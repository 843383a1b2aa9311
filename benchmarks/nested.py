"""What derivatives of derivatives and of long graphs cost, files of graphs, importing, softmax: beside a checkout.

    python benchmarks/nested.py                          this checkout alone
    python benchmarks/nested.py --before ../old          beside a checkout of an earlier commit, in the same run
    python benchmarks/nested.py --rounds 3 --json out.json
    python benchmarks/nested.py --quick                  a smoke run of a few seconds

Every measurement is a process of its own, and the checkouts take turns, so that a machine that slows down slows both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from report import command_line

HERE = Path(__file__).resolve().parent.parent

PRELUDE = """
import sys, time
sys.path.insert(0, sys.argv[1])
import tinygrad_kr as tg
from tinygrad_kr import Value, grad, jvp

def history(nodes):
    x = Value(1.5, "x")
    for _ in range(nodes // 2):
        x = x * 0.999 + 0.001
    return x

def least(work, times):
    work()
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best

"""

TASKS = {
    "import": "seconds = None",  # the process is timed from outside, less an empty one
    "jvp, history 10²": "x = history(100); seconds = least(lambda: jvp(lambda v: v * v * x, (2.0,), (1.0,)), 20)",
    "jvp, history 10⁵": "x = history(100_000); seconds = least(lambda: jvp(lambda v: v * v * x, (2.0,), (1.0,)), 5)",
    "grad, history 10²": "x = history(100); seconds = least(lambda: grad(lambda v: v * v * x)(2.0), 20)",
    "grad, history 10⁵": "x = history(100_000); seconds = least(lambda: grad(lambda v: v * v * x)(2.0), 5)",
    "second derivative, loop of 10⁴ steps": """
def loop(x):
    for _ in range(10_000):
        x = x * 0.9999 + 0.0001
    return x * x
seconds = least(lambda: grad(grad(loop))(2.0), 1)
""",
    "particle, 700 steps with a gradient each": """
def simulated(q):
    p = Value(0.0)
    for _ in range(700):
        p = p - 0.01 * grad(lambda r: r * r / 2 + tg.sin(r) + 0.1 * r * p)(q)  # of a function of what was before
        q = q + 0.01 * p
    return q
seconds = least(lambda: grad(simulated)(1.0), 1)
""",
    **{
        f"softmax of {n:,} scores, and its gradient": f"""
def work():
    xs = [Value(k / {n}) for k in range({n})]
    tg.dot(tg.softmax(xs), [k % 3 for k in range({n})]).backward()
start = time.perf_counter()
work()
seconds = time.perf_counter() - start
"""
        for n in (10, 100, 300, 1000)
    },
}  # fmt: skip


WHOLE = {
    "grad": "grad(chain)(1.1)",
    "jvp": "jvp(chain, (1.1,), (1.0,))",
    "gradients": "tg.gradients(y, x)",
    "gradients(create_graph=True)": "tg.gradients(y, x, create_graph=True)",
    "deepcopy": "copy.deepcopy(y)",
    "pickle": "pickle.dumps(y)",
    "unpickle": "pickle.loads(pickled)",
    "to_json": "tg.to_json(y)",
    "from_json": "tg.from_json(written)",
}
"""What is done with a whole graph."""

TASKS |= {
    f"{name}, 10⁵ nodes": f"""
import copy, pickle
def chain(x):
    y = x
    for _ in range(50_000):
        y = y * 0.9999 + x
    return y
x = Value(1.1, "x")
y = chain(x)
pickled, written = pickle.dumps(y), tg.to_json(y)
seconds = least(lambda: {work}, 3)
"""
    for name, work in WHOLE.items()
}
TASKS["hessian, 100 variables"] = """
def valley(x):
    return tg.sum([100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:])])
seconds = least(lambda: tg.hessian(valley)([0.01 * k for k in range(100)]), 3)
"""


QUICK = ["import", "jvp, history 10²", "grad, history 10²", "softmax of 10 scores, and its gradient"]


def measured(task: str, checkout: Path) -> float:
    """Seconds that a task takes in a checkout."""
    environment = {**os.environ, "PYTHONPATH": ""}
    if task == "import":
        words = ["-c", f"import sys; sys.path.insert(0, {str(checkout)!r}); import tinygrad_kr"]
        return _process(words, environment) - _process(["-c", "import sys"], environment)
    program = PRELUDE + TASKS[task] + "\nprint(seconds)"
    words = [sys.executable, "-c", program, str(checkout)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _process(words: Sequence[str], environment: dict[str, str]) -> float:
    from time import perf_counter

    start = perf_counter()
    subprocess.run([sys.executable, *words], env=environment, check=True)
    return perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every task, and print a table."""
    parser = command_line("Derivatives of derivatives and of long graphs, beside another checkout.", usual=5, quick=1)
    parser.add_argument("--before", type=Path, help="the folder of an earlier checkout")
    parser.add_argument("--tasks", nargs="*", choices=[*TASKS], default=[*TASKS], metavar="TASK")
    chosen = parser.parse(arguments)
    if chosen.quick:
        chosen.tasks = QUICK
    checkouts = {"before": chosen.before.resolve()} if chosen.before else {}
    checkouts["now"] = HERE
    report: dict[str, dict[str, float]] = {}
    for task in chosen.tasks:
        taken: dict[str, list[float]] = {name: [] for name in checkouts}
        for _ in range(chosen.rounds if task != "import" else 5 * chosen.rounds):
            for name, checkout in checkouts.items():
                taken[name].append(measured(task, checkout))
        report[task] = {name: median(times) for name, times in taken.items()}
        cells = "  ".join(f"{name} {seconds * 1000:>10,.2f} ms" for name, seconds in report[task].items())
        ratio = f"  ÷ {report[task]['before'] / report[task]['now']:,.1f}" if "before" in checkouts else ""
        print(f"{task:<44} {cells}{ratio}", flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
