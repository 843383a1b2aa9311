"""A textbook's layer, given to ``check_backward``: it is told what checks it."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["refuse_layer"]

_ONE = """layer = {name}({made})
check_gradients(lambda {x}: (2 * layer.forward({x})).sum(), np.array([1.0, -2.0]), \
gradient=lambda {x}: layer.backward(np.full_like(layer.forward({x}), 2.0)))"""

_SEVERAL = """layer = {name}({made})
check_gradients(lambda {x}: 2 * layer.forward({x}), {numbers}, \
gradient=lambda {x}: (layer.forward({x}), layer.backward(2.0))[1])"""


def refuse_layer(make: Any) -> None:
    """Refuse a class (or an object) with forward() and backward(dout), and show the two lines that check it.

    Raises:
        TypeError: if it is one.

    >>> class Mul:
    ...     def forward(self, x, y): ...
    ...     def backward(self, dout): ...
    >>> refuse_layer(Mul)
    Traceback (most recent call last):
    TypeError: Mul is a layer, with forward() and backward(dout), and no class of values; these two lines check it:
        layer = Mul()
        check_gradients(lambda x, y: 2 * layer.forward(x, y), 1.0, 2.0, \
gradient=lambda x, y: (layer.forward(x, y), layer.backward(2.0))[1])
    """
    kind: Any = make if inspect.isclass(make) else type(make)
    if not (inspect.isfunction(getattr(kind, "forward", None)) and inspect.isfunction(getattr(kind, "backward", None))):
        return
    upstream = _needed(kind.backward)
    if not upstream:
        return
    names = _needed(kind.forward) or ["x"]
    made = ", ".join(_needed(kind.__init__)) if inspect.isfunction(kind.__init__) else ""
    numbers = ", ".join(str(float(k)) for k in range(1, len(names) + 1))
    lines = (_SEVERAL if len(names) > 1 else _ONE).format(
        name=kind.__name__, made=made, x=", ".join(names), numbers=numbers
    )
    indented = lines.replace("\n", "\n    ")
    raise TypeError(
        f"{kind.__name__} is a layer, with forward() and backward({upstream[0]}), and no class of values; "
        f"these two lines check it:\n    {indented}"
    )


def _needed(method: Any) -> list[str]:
    """The parameters after self that have to be given."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
