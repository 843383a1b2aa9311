"""Libraries of arrays that a program can be written for: NumPy, and those that have its functions under other names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..targets import special

__all__ = ["JAX", "NUMPY", "TORCH", "Dialect"]


Places: TypeAlias = "np.ndarray[Any, Any] | None"


class Dialect:
    """NumPy.

    Attributes:
        title: the library's name.
        head: what comes before everything else.
        table: how an array of places is made of a list.
    """

    title = "NumPy"
    head = "from typing import Any\n\nimport numpy as np"
    table = "np.array({})"

    def start(self) -> str:
        """What a program needs before its function: imports, and the functions that the library lacks."""
        text = Path(special.__file__).read_text("utf-8")
        return text[text.index("__all__") :].split("\n", 1)[1].strip().join((f"{self.head}\n\n\n", "\n"))

    def add_at(
        self, g: str, at: str, places: np.ndarray[Any, Any] | None, share: str, table: Callable[..., str]
    ) -> str:
        """The line that adds to some rows of a gradient.

        Args:
            g: the gradient.
            at: what stands between the brackets.
            places: the rows, where ``at`` is a table.
            share: what is added.
            table: keeps an array of places, and says its name.
        """
        if places is None or len(np.unique(places)) == len(places):
            return f"{g}[{at}] += {share}"
        order = np.argsort(places, kind="stable")
        rows, starts = np.unique(places[order], return_index=True)
        return f"{g}[{table(rows)}] += np.add.reduceat({share}[{table(order)}], {table(starts)}, 0)"


class _JAX(Dialect):
    title = "JAX"
    head = 'from typing import Any\n\nimport jax\nimport jax.numpy as np\n\njax.config.update("jax_enable_x64", True)'

    def add_at(
        self, g: str, at: str, places: np.ndarray[Any, Any] | None, share: str, table: Callable[..., str]
    ) -> str:
        return f"{g} = {g}.at[{at}].add({share})"


class _Torch(Dialect):
    title = "PyTorch"
    table = "torch.tensor({})"
    head = '''import math
from typing import Any

import torch


class Names:
    """PyTorch under NumPy's names, with float64 for plain numbers."""

    inf, pi = math.inf, math.pi
    others = {"mod": "remainder", "power": "pow", "max": "amax", "concatenate": "cat", "copy": "clone"}

    def __getattr__(self, name):
        function = getattr(torch, self.others.get(name, name))

        def call(*arguments, keepdims=False):
            tensors = [self.asarray(a) if isinstance(a, float) else a for a in arguments]
            return function(*tensors, keepdim=True) if keepdims else function(*tensors)

        return call

    def asarray(self, x, dtype=None):
        return torch.as_tensor(x, dtype=torch.float64)

    def array(self, x):
        return self.asarray(x)

    def zeros(self, shape):
        return torch.zeros(shape, dtype=torch.float64)

    def full(self, shape, x):
        return torch.full(shape, x, dtype=torch.float64)

    def arange(self, n):
        return torch.arange(n)

    def flip(self, x, axis):
        return torch.flip(x, (axis,))

    def cbrt(self, x):
        root = torch.sign(x) * torch.abs(x) ** (1 / 3)
        return torch.where((x == 0) | torch.isinf(x), x, root - (root - x / (root * root)) / 3)


np = Names()'''

    def add_at(
        self, g: str, at: str, places: np.ndarray[Any, Any] | None, share: str, table: Callable[..., str]
    ) -> str:
        if places is None:
            return f"{g}[{at}] += {share}"
        return f"{g}.index_add_(0, {at}, {share})"


NUMPY, JAX, TORCH = Dialect(), _JAX(), _Torch()
