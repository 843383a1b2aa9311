"""Names that other libraries give to what a Value has: micrograd's and PyTorch's, each with what to write here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["ELSEWHERE", "OPTIONS", "Elsewhere", "refuse_option"]

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
    "numpy": ".data is the number, and np.array of Values is an array of objects",
    "tolist": ".data is the number",
}
"""What to write in the place of a name."""

OPTIONS = {
    "retain_graph": "a graph stays as long as its output does, so leave it out",
    "gradient": "the upstream derivative is called seed",
    "create_graph": "for a derivative that can be differentiated again, use tinygrad_kr.grad or hessian",
    "inputs": "for some derivatives only, use tinygrad_kr.gradients",
}
"""The same of the options of PyTorch's ``backward()``."""


class Elsewhere:
    """A name that a Value has not: reading it says what to write.

    >>> from tinygrad_kr import Value
    >>> (Value(2.0, "x") * 3)._prev
    Traceback (most recent call last):
    AttributeError: a Value has no '_prev'; .parents has the operands, in order and with repeats
    """

    def __init__(self, name: str, instead: str) -> None:
        self.sentence = f"a Value has no {name!r}; {instead}"

    def __get__(self, node: Any, kind: type | None = None) -> NoReturn:
        raise AttributeError(self.sentence)


def refuse_option(name: str) -> NoReturn:
    """Refuse an option of ``backward()``.

    Raises:
        TypeError: always.
    """
    raise TypeError(
        f"backward() takes seed and accumulate, not {name!r}" + "; " * (name in OPTIONS) + OPTIONS.get(name, "")
    )
