"""Graphs in words: letters and expressions, the chain rule explained, LaTeX, tables of nodes."""

from .explanation import Explanation, explain
from .nodes import Table, table

__all__ = ["Explanation", "Table", "explain", "table"]
