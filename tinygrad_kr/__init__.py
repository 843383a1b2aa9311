"""tinygrad_kr: see and compute the chain rule.

A ``Value`` remembers how it was computed; ``backward()`` differentiates; ``draw()`` shows the graph.

>>> from tinygrad_kr import Value
>>> apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
>>> price = apple * count * tax
>>> price.backward()
>>> apple.grad, count.grad, tax.grad
(2.2, 110.00000000000001, 200.0)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .blocks import Block, block
from .modes import no_grad, strict
from .value import Constant, Value, backward, constant

if TYPE_CHECKING:
    from .check import check_gradients as check_gradients
    from .check import gradient_check as gradient_check
    from .checking.exercise import BackwardReport as BackwardReport
    from .checking.exercise import check_backward as check_backward
    from .checking.numerical import Estimate as Estimate
    from .checking.numerical import numerical_derivative as numerical_derivative
    from .checking.numerical import numerical_gradient as numerical_gradient
    from .checking.report import GradientReport as GradientReport
    from .composite import checkpoint as checkpoint
    from .composite import implicit as implicit
    from .custom import operation as operation
    from .derivatives import *  # noqa: F403
    from .drawing import Drawing as Drawing
    from .drawing import Panels as Panels
    from .drawing import TooLargeError as TooLargeError
    from .drawing import draw as draw
    from .drawing import panels as panels
    from .functions import *  # noqa: F403
    from .layers import *  # noqa: F403
    from .learning.network import Sequential as Sequential
    from .learning.network import TwoLayerNet as TwoLayerNet
    from .learning.training import Diverged as Diverged
    from .learning.training import History as History
    from .learning.training import train as train
    from .losses import *  # noqa: F403
    from .saving import from_json as from_json
    from .saving import load_graph as load_graph
    from .saving import save_graph as save_graph
    from .saving import to_json as to_json
    from .sympify import to_sympy as to_sympy
    from .testing import assert_gradients as assert_gradients

__version__ = "0.1.0"

_FUNCTIONS = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh",
    "cross_entropy", "dot", "erf", "erfc", "exp", "exp2", "expm1", "floor", "hypot", "leaky_relu", "log",
    "log10", "log1p", "log2", "logsumexp", "max", "maximum", "mean", "min", "minimum", "pow", "prod",
    "reciprocal", "relu", "sigmoid", "sign", "sin", "sinh", "softmax", "softplus", "sqrt", "square", "sum",
    "tan", "tanh", "where",
)  # fmt: skip

# What loads on first use: a room, and the names it gives.
_ROOMS = {
    "functions": _FUNCTIONS,
    "derivatives": (
        "derivative", "grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "taylor", "value_and_grad", "vjp",
    ),
    "custom": ("operation",),
    "composite": ("checkpoint", "implicit"),
    "layers": ("AddLayer", "Affine", "Dropout", "MulLayer", "ReLU", "Relu", "Sigmoid", "Softmax", "Tanh"),
    "losses": ("IdentityWithLoss", "SoftmaxWithLoss"),
    "learning.network": ("Sequential", "TwoLayerNet"),
    "check": ("check_gradients", "gradient_check"),
    "checking.numerical": ("Estimate", "numerical_derivative", "numerical_gradient"),
    "checking.report": ("GradientReport",),
    "drawing": ("Drawing", "Panels", "TooLargeError", "draw", "panels"),
    "saving": ("from_json", "load_graph", "save_graph", "to_json"),
    "sympify": ("to_sympy",),
    "testing": ("assert_gradients",),
    "checking.exercise": ("BackwardReport", "check_backward"),
    "learning.training": ("Diverged", "History", "train"),
}  # fmt: skip
_LATER = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["Block", "Constant", "Value", "backward", "block", "constant", "no_grad", "strict", *_LATER]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in ("learning", "nn", "optim", "strategies"):  # as torch.nn and torch.optim are there
        return import_module(f".{name}", __name__)
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = thing = getattr(import_module(f".{_LATER[name]}", __name__), name)
    return thing


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATER])


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext tinygrad_kr``: a Value assigned to a variable takes the variable's name."""
    from .repl import load_ipython_extension as load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext tinygrad_kr``: variables no longer give their names."""
    from .repl import unload_ipython_extension as unload

    unload(shell)
