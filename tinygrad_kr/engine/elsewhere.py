"""Names that other libraries give to what a Value has: micrograd's and PyTorch's, each with what to write here."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

__all__ = ["ELSEWHERE", "MODULE", "OPTIONS", "Elsewhere", "missing", "refuse_option"]

_ONE = "it is one real number; Value.array(…) makes an array of them"
_SET = "set the data of a leaf: v.data = …"
_WRITE = "write the operator: a {} b"
_MANY = "tinygrad_kr.{}(…) takes several Values"

ELSEWHERE = {
    "_prev": ".parents has the operands, in order and with repeats",
    "_children": ".parents has the operands, in order and with repeats",
    "_op": ".op is the row of the table that computed it, .op.symbol and .op.name what it is called",
    "_backward": ".vjp(upstream) gives what goes to each of .parents, and .backward() does the whole graph",
    "requires_grad": "every Value gets a gradient, and constant(…) makes a number that gets none",
    "requires_grad_": "every Value gets a gradient, and constant(…) makes a number that gets none",
    "grad_fn": ".op is the row of the table that computed it, and .vjp(upstream) its local derivative",
    "is_leaf": ".op is None for a leaf",
    "retain_grad": "every node keeps its gradient",
    "register_hook": ".contributions() and .vjp(upstream) show what flows back",
    "numpy": ".data is the number, and np.array of Values is an array of objects",
    "tolist": ".data is the number",
    "clone": "use the Value itself; copy.deepcopy copies a graph",
    "matmul": "@ and tinygrad_kr.dot multiply vectors and matrices of Values",
    **dict.fromkeys(("shape", "size", "ndim", "dim", "numel", "T", "view", "reshape", "squeeze", "unsqueeze"), _ONE),
    **dict.fromkeys(("float", "double", "half"), "its number is a float, .data"),
    **dict.fromkeys(("device", "to", "cpu", "cuda"), 'record(f).source("torch") or ("jax") runs on other devices'),
    **dict.fromkeys(("add_", "sub_", "mul_", "div_", "copy_", "fill_", "zero_"), _SET),
    **{
        name: _WRITE.format(sign)
        for name, sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("pow", "**"))
    },
    **{name: _MANY.format(name) for name in ("sum", "mean", "prod", "softmax", "log_softmax", "logsumexp", "dot")},
}
"""What to write in the place of a name that a Value has not."""

_OPERATION = "@tinygrad_kr.operation makes an operation with a derivative of its own"
_REPLAY = "tinygrad_kr.record(f) replays a function of one sample over a batch"
_RECORDED = "what is computed is recorded, unless it is inside `with no_grad():`"

MODULE = {
    **dict.fromkeys(
        ("tensor", "Tensor", "Variable"), "tinygrad_kr.Value is a number, and Value.array(…) an array of them"
    ),
    **dict.fromkeys(("vmap", "jit", "pmap", "compile"), _REPLAY),
    **dict.fromkeys(("jacfwd", "jacrev"), "tinygrad_kr.jacobian goes the shorter way"),
    **dict.fromkeys(("custom_vjp", "custom_jvp", "custom_gradient", "Function"), _OPERATION),
    **dict.fromkeys(("enable_grad", "set_grad_enabled"), _RECORDED),
    "stop_gradient": "it is .detach() of a Value",
    "draw_dot": "it is .draw() of a Value, and tinygrad_kr.nn.draw_dot",
    "elementwise_grad": "it is called tinygrad_kr.derivative here",
    "make_jaxpr": ".draw(), .table() and print(tinygrad_kr.record(f)) show what is computed",
    "manual_seed": "random.seed(0) goes before tinygrad_kr.nn.MLP, and tinygrad_kr.TwoLayerNet takes seed=0",
    "autograd": "grad, gradients, jacobian and hessian are in tinygrad_kr itself",
    "functional": "relu, softmax and the others are in tinygrad_kr itself",
    "lax": "exp, where and the others are in tinygrad_kr itself",
}
"""The same for the names of modules."""

OPTIONS = {
    "retain_graph": "a graph stays as long as its output does, so leave it out",
    "gradient": "the upstream derivative is called seed",
    "create_graph": "for a derivative that can be differentiated again, use tinygrad_kr.grad or hessian",
    "inputs": "for some derivatives only, use tinygrad_kr.gradients",
}
"""The same of the options of PyTorch's ``backward()``."""


class Elsewhere:
    """A name that something has not: reading it says what to write.

    Args:
        name: the name.
        instead: what to write.
        owner: who has it not, as a sentence begins with it.

    >>> from tinygrad_kr import Value
    >>> (Value(2.0, "x") * 3)._prev
    Traceback (most recent call last):
    AttributeError: a Value has no '_prev'; .parents has the operands, in order and with repeats
    """

    def __init__(self, name: str, instead: str, owner: str = "a Value") -> None:
        self.sentence = f"{owner} has no {name!r}; {instead}"

    def __get__(self, node: Any, kind: type | None = None) -> NoReturn:
        raise AttributeError(self.sentence)


def missing(module: str, name: str, instead: Mapping[str, str]) -> AttributeError:
    """The error for a name that a module has not.

    >>> missing("tinygrad_kr", "stop_gradient", MODULE)
    AttributeError("module 'tinygrad_kr' has no attribute 'stop_gradient'; it is .detach() of a Value")
    """
    error = AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules.get(module))
    if name in instead:
        return AttributeError(f"{error}; {instead[name]}", name=name)
    return error  # with its module, in which Python looks for what was meant


def refuse_option(name: str) -> NoReturn:
    """Refuse an option of ``backward()``.

    Raises:
        TypeError: always.
    """
    raise TypeError(
        f"backward() takes seed and accumulate, not {name!r}" + "; " * (name in OPTIONS) + OPTIONS.get(name, "")
    )
