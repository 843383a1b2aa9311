"""The graph in DOT, for other Graphviz tools: circles, values on forward edges, derivatives on backward ones."""

from __future__ import annotations

from .lettering import printable
from .picture import Picture

__all__ = ["write"]


def write(picture: Picture, title: str) -> str:
    """The picture as DOT source. Ids are generated; every text is quoted, so that none is markup.

    >>> from tinygrad_kr import Value
    >>> print((Value(2.0, "x") * Value(3.0, "y")).draw(direction="forward").dot().splitlines()[0])
    // 계산 그래프 computation graph: 6
    """
    import graphviz

    graph = graphviz.Digraph(comment=printable(title).replace("\n", " "))
    graph.attr(rankdir="LR")
    graph.attr("node", fontname="sans-serif", fontsize="14", color="#b3b3b3")
    graph.attr("edge", fontname="sans-serif", fontsize="12", color="#b3b3b3", arrowhead="empty")
    shapes = {
        "operator": {"shape": "circle", "width": "0.64"},
        "leaf": {"shape": "plaintext"},
        "output": {"shape": "plaintext"},
        "junction": {"shape": "point"},
    }
    for part in picture.parts.values():
        graph.node(part.id, graphviz.escape(printable(part.text)), **shapes[part.kind])
    for wire in picture.wires:
        if wire.value is not None:
            graph.edge(wire.source, wire.target, graphviz.escape(wire.value), id=wire.id)
        if wire.derivative is not None:
            look = {"color": "#666666", "fontcolor": "#666666", "arrowhead": "normal", "penwidth": "2.5"}
            if wire.pending:
                look["style"] = "dashed"
            if wire.value is not None:
                look["constraint"] = "false"
            graph.edge(wire.target, wire.source, graphviz.escape(wire.derivative), id=f"{wire.id}-back", **look)
    return str(graph.source)
