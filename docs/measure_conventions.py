"""Measure what PyTorch and JAX give at the table's edge cases, for the page of conventions.

    pip install torch jax
    python docs/measure_conventions.py    measure with those of the two that are installed
    python docs/make.py                   write the page again

The numbers go to ``docs/measured/conventions.json`` with the versions that gave them. All of it is in float64.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinygrad_kr.engine.ops import OPS, Edge, Op

FILE = Path(__file__).resolve().parent / "measured" / "conventions.json"

Answer = list[float | None]
"""The value and the partial with respect to each operand; None where the library has no such derivative."""

# Where a library's function has another name than the row; None where it has no such function.
TORCH: dict[str, str | None] = {
    "min": "minimum", "max": "maximum", "softplus": "nn.functional.softplus",
    "mod": "remainder", "clip": "clamp", "cbrt": None, "gelu": "nn.functional.gelu", "silu": "nn.functional.silu",
    "log_sigmoid": "nn.functional.logsigmoid",
    "binary_cross_entropy_with_logits": "nn.functional.binary_cross_entropy_with_logits",
}  # fmt: skip
JAX: dict[str, str | None] = {
    "neg": "negative", "sub": "subtract", "mul": "multiply", "div": "divide", "pow": "power",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "min": "minimum", "max": "maximum",
    "relu": "nn.relu", "leaky_relu": "nn.leaky_relu", "sigmoid": "nn.sigmoid", "softplus": "nn.softplus",
    "mod": "remainder", "floordiv": "floor_divide", "erf": "scipy.special.erf", "erfc": "scipy.special.erfc",
    "log_sigmoid": "nn.log_sigmoid", "silu": "nn.silu", "elu": "nn.elu", "gelu_tanh": "nn.gelu",
}  # fmt: skip


def main() -> None:
    """Measure with what is installed, and write the numbers."""
    known: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    for library, module, measure in (("PyTorch", "torch", pytorch), ("JAX", "jax", jax)):
        if find_spec(module):
            version = __import__(module).__version__.partition("+")[0]
            print(f"{library} {version}")
            edges = {key(op, edge): measure(op, edge.inputs) for op in OPS for edge in op.edges}
            known[library] = {"version": version, "edges": {place: jsonable(edges[place]) for place in edges}}
    FILE.write_text(json.dumps(known, indent=0, ensure_ascii=False) + "\n", "utf-8")


def key(op: Op, edge: Edge) -> str:
    """What an edge case is called in the file.

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> key(TABLE["relu"], TABLE["relu"].edges[0])
    'relu(0)'
    """
    return f"{op.name}({', '.join(map(str, edge.inputs))})"


def jsonable(answer: Answer | None) -> list[float | str | None] | None:
    """JSON has no inf and nan.

    >>> jsonable([1.0, math.inf, None])
    [1.0, 'inf', None]
    """
    return answer and [x if x is None or math.isfinite(x) else str(x) for x in answer]


def stored() -> dict[str, dict[str, Any]]:
    """The file: a library's version, and its answers by edge case."""
    known: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    for library in known.values():
        for place, answer in library["edges"].items():
            library["edges"][place] = answer and [None if x is None else float(x) for x in answer]
    return known


def find(module: Any, path: str) -> Callable[..., Any] | None:
    """The function of a module by its dotted name, or None."""
    for name in path.split("."):
        module = getattr(module, name, None)
    return module


def pytorch(op: Op, numbers: Sequence[float]) -> Answer | None:
    """What PyTorch gives: the value and every partial; None if it has no such function, or refuses."""
    import torch
    import torch.nn.functional as F  # noqa: N812

    def given(xs: Sequence[float]) -> Any:
        return torch.tensor(xs, dtype=torch.float64, requires_grad=True)

    def slopes(tensor: Any) -> Any:
        return [None] if tensor.grad is None else tensor.grad.reshape(-1).tolist()

    if op.variadic:
        families = [given(list(xs)) for xs in halves(op, numbers)]
        many: dict[str, Callable[..., Any]] = {
            "sum": torch.sum, "prod": torch.prod, "mean": torch.mean, "dot": torch.dot,
            "logsumexp": lambda x: torch.logsumexp(x, 0), "softmax": lambda x: torch.softmax(x, 0)[op.k or 0],
            "log_softmax": lambda x: torch.log_softmax(x, 0)[op.k or 0],
            "cross_entropy": lambda y, t: -torch.special.xlogy(t, y).sum(),
            "kl_divergence": lambda p, q: F.kl_div(q.log(), p, reduction="sum"),
        }  # fmt: skip
        result = many[op.name](*families)
        result.backward()
        return [result.item(), *(slope for family in families for slope in slopes(family))]

    tensors = [given(x) for x in numbers]
    few: dict[str, Callable[..., Any]] = {  # a setting is a number there, and not differentiated
        "where": lambda c, x, y: torch.where(c != 0, x, y),
        "floordiv": lambda x, y: torch.div(x, y, rounding_mode="floor"),  # torch.floor_divide has no derivative
        "leaky_relu": lambda x, slope: F.leaky_relu(x, slope.item()),
        "elu": lambda x, alpha: F.elu(x, alpha.item()),
        "huber": lambda x, delta: F.huber_loss(x, torch.zeros_like(x), delta=delta.item()),
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    }
    path = TORCH.get(op.name, op.name)
    function = few.get(op.name) or (path and find(torch, path))
    if not function:
        return None
    try:
        result = function(*tensors)
    except RuntimeError:  # it refuses, such as a delta of 0
        return None
    result.backward()
    return [result.item(), *(slope for tensor in tensors for slope in slopes(tensor))]


def jax(op: Op, numbers: Sequence[float]) -> Answer | None:
    """What JAX gives: the value and every partial; None if it has no such function."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def answer(function: Callable[..., Any], arguments: Sequence[Any]) -> Answer:
        slopes = jax.grad(function, argnums=tuple(range(len(arguments))))(*arguments)
        return [float(function(*arguments)), *(float(s) for slope in slopes for s in jnp.ravel(slope))]

    if op.variadic:
        many: dict[str, Callable[..., Any]] = {
            "sum": jnp.sum, "prod": jnp.prod, "mean": jnp.mean, "dot": jnp.dot,
            "logsumexp": jax.nn.logsumexp, "softmax": lambda x: jax.nn.softmax(x)[op.k or 0],
            "log_softmax": lambda x: jax.nn.log_softmax(x)[op.k or 0],
            "cross_entropy": lambda y, t: -jax.scipy.special.xlogy(t, y).sum(),
            "kl_divergence": lambda p, q: jax.scipy.special.rel_entr(p, q).sum(),
        }  # fmt: skip
        return answer(many[op.name], [jnp.array(xs, dtype=jnp.float64) for xs in halves(op, numbers)])

    if op.name == "where":
        c, *branches = map(float, numbers)
        value, *slopes = answer(lambda x, y: jnp.where(c != 0, x, y), branches)
        return [value, None, *slopes]
    path = JAX.get(op.name, op.name)
    function = path and (find(jnp, path) or find(jax, path))
    if op.name == "gelu":  # without the word it is the one by a tanh
        function = lambda x: jax.nn.gelu(x, approximate=False)  # noqa: E731
    return answer(function, [float(x) for x in numbers]) if function else None


def halves(op: Op, numbers: Sequence[float]) -> list[tuple[float, ...]]:
    """The operands of a row with families, a tuple for each."""
    size = len(numbers) // len(op.inputs)
    return [tuple(map(float, numbers[k * size : (k + 1) * size])) for k in range(len(op.inputs))]


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
