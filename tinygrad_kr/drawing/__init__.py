"""Drawing computation graphs as the textbook does.

Three steps that know little of each other: *what* to draw (``picture``), *where* (``layout``, over the
Graphviz ``engine``) and *how* (``svg``, ``textual``, ``dot``, ``png``).
"""

from .beside import Panels, panels
from .comparison import Comparison, compare
from .drawing import Drawing, draw, mimebundle
from .layout import TooLargeError
from .sheets import Sheet, Worksheet, worksheet

__all__ = [
    "Comparison", "Drawing", "Panels", "Sheet", "TooLargeError", "Worksheet", "compare", "draw", "mimebundle", "panels",
    "worksheet",
]  # fmt: skip
