"""How a Value is shown: its methods ``draw``, ``play``, ``explain`` and ``table``, what notebooks and NumPy make of it.

The engine knows nothing of pictures and words, and Values nothing of arrays. This module, above them, gives ``Value``
the methods; each room loads when it is first asked.
"""

from __future__ import annotations

from .engine import makers
from .engine.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from .drawing import Drawing
    from .engine import display
    from .page import Page
    from .words.explanation import Explanation
    from .words.nodes import Table

__all__ = ["attach"]


def draw(self: Value, **options: Any) -> Drawing:
    """The computation graph, drawn as the textbook draws it; see :func:`tinygrad_kr.draw`.

    >>> print((Value(2.0, "x") * Value(3.0, "y")).draw(direction="forward"))
    Drawing(1 operator, 2 leaves)
    """
    from .drawing import draw

    return draw(self, **options)


def play(self: Value, height: int | None = None, **options: Any) -> Page:
    """The computation graph in a page where it can be walked through and changed, a frame in a notebook.

    Args:
        height: of the frame, in pixels; by the picture where left out.
        options: as in :func:`tinygrad_kr.draw`.

    >>> (Value(2.0, "x") * Value(3.0, "y")).play()
    Page(3 nodes)
    """
    return make_page(draw(self, **options), height)


def explain(self: Value, x: Value, **options: Any) -> Explanation:
    """The chain rule in words, from this value back to ``x``; see :func:`tinygrad_kr.explain`.

    >>> x = Value(3.0, "x")
    >>> (x * x).explain(x, language="en").derivative
    6.0
    """
    from .words import explain

    return explain(self, x, **options)


def table(self: Value, **options: Any) -> Table:
    """Every node of the graph with its number and derivatives; see :func:`tinygrad_kr.table`.

    >>> len((Value(2.0, "x") * Value(3.0, "y")).table().rows)
    3
    """
    from .words import table

    return table(self, **options)


def _repr_mimebundle_(self: Value, include: object = None, exclude: object = None) -> Mapping[str, str]:
    """What a notebook shows: the picture where the graph is small enough, otherwise the repr."""
    from .drawing import mimebundle

    return mimebundle(self)


def array(numbers: Any, name: str | None = None) -> NDArray[np.object_]:
    """A NumPy array of leaves, named ``W[0, 1]`` where a name is given.

    Args:
        numbers: an array (of any shape) or nested sequence of real numbers.
        name: the array's name.

    Returns:
        An array of objects, whose NumPy functions take plain numbers among the Values as constants.

    Raises:
        TypeError: if an element is not a real number.

    >>> W = Value.array([[1.0, 2.0], [3.0, 4.0]], name="W")
    >>> W.shape, W[1, 0]
    ((2, 2), Value(3, name='W[1, 0]'))
    """
    from .engine.ufuncs import array

    return array(numbers, name)


def __array_ufunc__(self: Value, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What one of NumPy's functions gives of a Value."""
    from .engine.ufuncs import call

    return call(ufunc, method, inputs, options)


def toDict(self: Value) -> dict[str, float | str | None]:  # noqa: N802
    """What the ``to_json()`` of pandas writes of a Value; without it, it writes whatever a node holds.

    >>> Value(2.0, "x").toDict()
    {'data': 2.0, 'grad': None, 'name': 'x'}
    """
    return {"data": self.data, "grad": self.grad, "name": self.name}


def make_page(drawing: Drawing, height: int | None = None) -> Page:
    """The page of a drawing, which :meth:`tinygrad_kr.Drawing.play` returns.

    >>> make_page((Value(2.0, "x") * Value(3.0, "y")).draw())
    Page(3 nodes)
    """
    from .page import Page

    return Page(*drawing.source(), drawing.title, height=height, **drawing.settings)


def attach(kind: type) -> None:
    """Give a type of values the methods above.

    >>> attach(Value)
    """
    for method in (draw, play, explain, table, array, _repr_mimebundle_, __array_ufunc__, toDict):
        method.__qualname__ = f"{kind.__name__}.{method.__name__}"
        setattr(kind, method.__name__, staticmethod(method) if method is array else method)


attach(Value)
makers["page"] = make_page

if TYPE_CHECKING:  # what the engine promises of them is true

    def _as_promised(
        drawing: Drawing, page: Page, words: Explanation, nodes: Table
    ) -> tuple[display.Picture, display.Page, display.Explanation, display.Table]:
        return drawing, page, words, nodes
