"""Graphs in words: letters and expressions, the chain rule explained, LaTeX, tables of nodes."""

from .explanation import Explanation, explain
from .nodes import Table, table
from .summary import Summary, summary
from .uncertainty import Budget, propagate

__all__ = ["Budget", "Explanation", "Summary", "Table", "explain", "propagate", "summary", "table"]
