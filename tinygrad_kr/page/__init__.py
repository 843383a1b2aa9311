"""The living page: one HTML file in which a graph can be walked through, changed, and asked about.

It opens from disk and needs no network. Pictures are prepared by our own renderer, one for each way the
reader may want to see the graph; the numbers in them are computed in the page, from the table's formulas.
"""

from .page import Page

__all__ = ["Page"]
