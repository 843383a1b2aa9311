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

from . import showing as showing
from .engine import asked as _asked  # noqa: F401
from .engine.elsewhere import MODULE as _ELSEWHERE
from .engine.elsewhere import missing as _missing
from .engine.functions import __all__ as _FUNCTIONS
from .engine.modes import no_grad, strict
from .engine.value import Constant, Value, backward, constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .checking import BackwardReport as BackwardReport
    from .checking import Estimate as Estimate
    from .checking import GradientReport as GradientReport
    from .checking import assert_gradients as assert_gradients
    from .checking import check_backward as check_backward
    from .checking import check_gradients as check_gradients
    from .checking import gradient_check as gradient_check
    from .checking import numerical_derivative as numerical_derivative
    from .checking import numerical_gradient as numerical_gradient
    from .derivatives import *  # noqa: F403
    from .drawing import Comparison as Comparison
    from .drawing import Drawing as Drawing
    from .drawing import Panels as Panels
    from .drawing import Sheet as Sheet
    from .drawing import TooLargeError as TooLargeError
    from .drawing import Worksheet as Worksheet
    from .drawing import compare as compare
    from .drawing import draw as draw
    from .drawing import panels as panels
    from .drawing import worksheet as worksheet
    from .engine.blocks import Block as Block
    from .engine.blocks import block as block
    from .engine.custom import operation as operation
    from .engine.functions import *  # noqa: F403
    from .engine.linear import det as det
    from .engine.linear import inv as inv
    from .engine.linear import solve as solve
    from .engine.saving import from_json as from_json
    from .engine.saving import load_graph as load_graph
    from .engine.saving import save_graph as save_graph
    from .engine.saving import to_json as to_json
    from .learning.history import History as History
    from .learning.layers import *  # noqa: F403
    from .learning.losses import *  # noqa: F403
    from .learning.network import Sequential as Sequential
    from .learning.network import TwoLayerNet as TwoLayerNet
    from .learning.training import Diverged as Diverged
    from .learning.training import train as train
    from .tape import NotRecordable as NotRecordable
    from .tape import Recorded as Recorded
    from .tape import Tape as Tape
    from .tape import record as record
    from .targets.sympify import to_sympy as to_sympy
    from .words import explain as explain
    from .words import propagate as propagate
    from .words import summary as summary
    from .words import table as table

__version__ = "0.1.0"

# What loads on first use: a module, and the names it gives.
_LAZY = {
    "engine.functions": _FUNCTIONS,
    "engine.blocks": ("Block", "block"),
    "engine.custom": ("operation",),
    "engine.linear": ("det", "inv", "solve"),
    "engine.saving": ("from_json", "load_graph", "save_graph", "to_json"),
    "targets.sympify": ("to_sympy",),
    "derivatives": (
        "checkpoint", "derivative", "grad", "gradients", "hessian", "hvp", "implicit", "jacobian", "jvp", "sparsity",
        "taylor", "value_and_grad", "vjp",
    ),
    "words": ("explain", "propagate", "summary", "table"),
    "drawing": (
        "Comparison", "Drawing", "Panels", "Sheet", "TooLargeError", "Worksheet", "compare", "draw", "panels",
        "worksheet",
    ),
    "checking.check": ("check_gradients",),
    "checking.networks": ("gradient_check",),
    "checking.numerical": ("Estimate", "numerical_derivative", "numerical_gradient"),
    "checking.report": ("GradientReport",),
    "checking.testing": ("assert_gradients",),
    "checking.exercise": ("BackwardReport", "check_backward"),
    "tape": ("NotRecordable", "Recorded", "Tape", "record"),
    "learning.layers": ("AddLayer", "Affine", "Dropout", "MulLayer", "ReLU", "Relu", "Sigmoid", "Softmax", "Tanh"),
    "learning.losses": ("IdentityWithLoss", "SoftmaxWithLoss"),
    "learning.normalization": ("BatchNorm",),
    "learning.network": ("Sequential", "TwoLayerNet"),
    "learning.history": ("History",),
    "learning.training": ("Diverged", "train"),
}  # fmt: skip
_LATER = {name: module for module, names in _LAZY.items() for name in names}
_HOOKS = dict.fromkeys(("load_ipython_extension", "unload_ipython_extension"), "shell.repl")  # %load_ext tinygrad_kr

_ROOMS = (
    "checking", "derivatives", "drawing", "engine", "learning", "nn", "optim", "page", "shell", "showing", "strategies",
    "tape", "targets", "testing", "text", "words",
)  # fmt: skip
"""The submodules, which ``tinygrad_kr.optim`` loads as ``torch.optim`` does."""

__all__ = ["Constant", "Value", "backward", "constant", "no_grad", "strict", *_LATER]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    module = _LATER.get(name) or _HOOKS.get(name)
    if module is None:
        raise _missing(__name__, name, _ELSEWHERE)
    globals()[name] = thing = getattr(import_module(f".{module}", __name__), name)
    return thing


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
