"""The engines that the benchmark compares, and how an expression is written in each.

Every engine gets its natural way: operators on its own numbers, its own relu, its own call that starts the
backward pass. An engine's package is imported when the engine is made, in a process of its own.
"""

from __future__ import annotations

import builtins
import importlib.metadata
import importlib.util
import operator
import os
import platform
from collections.abc import Sequence
from typing import Any

__all__ = ["ENGINES", "FAMILIES", "REFERENCE", "Engine", "is_installed", "version"]


class Engine:
    """An engine whose numbers have operators and ``relu()``, ``backward()``, ``data`` and ``grad``.

    Attributes:
        title: what the tables call it.
        package: the package to install.
        only_sums: whether it is shown only for shapes with sums.
        differentiates: whether it has derivatives.
    """

    title = ""
    package = ""
    only_sums = False
    differentiates = True
    number_type: Any

    def leaves(self, numbers: list[float]) -> list[Any]:
        """Leaves to differentiate with respect to."""
        return list(map(self.number_type, numbers))

    def relu(self, x: Any) -> Any:
        return x.relu()

    def sum(self, terms: Sequence[Any]) -> Any:
        return builtins.sum(terms)

    def dot(self, xs: Sequence[Any], ys: Sequence[Any], bias: Any = None) -> Any:
        products = map(operator.mul, xs, ys)
        return builtins.sum(products) if bias is None else builtins.sum(products, bias)

    def backward(self, output: Any) -> None:
        output.backward()

    def value(self, output: Any) -> float:
        return float(output.data)

    def gradient(self, leaf: Any) -> float:
        return float(leaf.grad)

    def forget(self) -> None:
        """Free what the engine itself keeps of a graph that nobody refers to any more."""


class Tinygrad(Engine):
    """This package, a node for every × and +."""

    title = package = "tinygrad_kr"

    def __init__(self) -> None:
        from tinygrad_kr import Value

        self.number_type = Value


class TinygradPython(Tinygrad):
    """The same, by the engine that an import does not give: the one in Python, where there is a compiled core."""

    title = "tinygrad_kr (python)"

    def __init__(self) -> None:
        os.environ["TINYGRAD_KR_ENGINE"] = "python"
        super().__init__()


class TinygradSums(Tinygrad):
    """This package, with one ``dot`` or ``sum`` node for a whole sum."""

    title = "tinygrad_kr, dot/sum"
    only_sums = True

    def __init__(self) -> None:
        super().__init__()
        import tinygrad_kr

        self.functions = tinygrad_kr

    def sum(self, terms: Sequence[Any]) -> Any:
        return self.functions.sum(terms)

    def dot(self, xs: Sequence[Any], ys: Sequence[Any], bias: Any = None) -> Any:
        node = self.functions.dot(xs, ys)
        return node if bias is None else node + bias


class Floats(Engine):
    """No engine: the same programs on plain numbers of Python, for their value only. Nothing can be faster."""

    title, package = "float, value only", "builtins"
    number_type = float
    differentiates = False

    def relu(self, x: Any) -> Any:
        return x if x > 0.0 else 0.0

    def backward(self, output: Any) -> None:
        pass

    def value(self, output: Any) -> float:
        return float(output)


class Micrograd(Engine):
    """karpathy/micrograd: pure Python. Its backward() recurses as deep as the graph is."""

    title = package = "micrograd"

    def __init__(self) -> None:
        from micrograd.engine import Value

        self.number_type = Value


class XAD(Engine):
    """XAD: a C++ tape. One tape is cleared and used again, as its documentation advises."""

    title, package = "XAD", "xad"

    def __init__(self) -> None:
        from xad import math
        from xad.adj_1st import Real, Tape

        self.number_type, self.max, self.tape = Real, math.max, Tape()
        self.tape.activate()

    def leaves(self, numbers: list[float]) -> list[Any]:
        leaves = super().leaves(numbers)
        self.tape.registerInputs(leaves)
        self.tape.newRecording()
        return leaves

    def relu(self, x: Any) -> Any:
        return self.max(x, 0.0)

    def backward(self, output: Any) -> None:
        self.tape.registerOutput(output)
        output.derivative = 1.0
        self.tape.computeAdjoints()

    def value(self, output: Any) -> float:
        return float(output.value)

    def gradient(self, leaf: Any) -> float:
        return float(leaf.derivative)

    def forget(self) -> None:
        self.tape.clearAll()


class PyTorch(Engine):
    """PyTorch with a 0-d tensor of doubles for every number, on one thread."""

    title, package = "PyTorch 0-d", "torch"

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch

    def leaves(self, numbers: list[float]) -> list[Any]:
        tensor, double = self.torch.tensor, self.torch.float64
        return [tensor(number, dtype=double, requires_grad=True) for number in numbers]


FAMILIES: dict[str, tuple[type[Engine], ...]] = {
    "tinygrad_kr": (Tinygrad, TinygradPython, TinygradSums),
    "float": (Floats,),
    "micrograd": (Micrograd,),
    "xad": (XAD,),
    "torch": (PyTorch,),
}
"""What ``--engines`` can name, and the rows that each gives."""

ENGINES: dict[str, type[Engine]] = {engine.title: engine for family in FAMILIES.values() for engine in family}

REFERENCE = Tinygrad.title
"""The engine that ratios are to."""


def is_installed(family: str) -> bool:
    """Whether the package of that family can be imported."""
    return importlib.util.find_spec(FAMILIES[family][0].package) is not None


def version(family: str) -> str:
    """The version of an installed family's package."""
    package = FAMILIES[family][0].package
    return platform.python_version() if package == "builtins" else importlib.metadata.version(package)
