"""Drawing computation graphs as the documents do.

Three steps that know little of each other: *what* to draw (``picture``), *where* (``layout``, over the
Graphviz ``engine``) and *how* (``svg``, ``textual``, ``dot``, ``png``).
"""

from .beside import Panels, panels
from .drawing import Drawing, draw, mimebundle
from .layout import TooLargeError

__all__ = ["Drawing", "Panels", "TooLargeError", "draw", "mimebundle", "panels"]
