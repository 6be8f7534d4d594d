"""The sheet that pictures are drawn on: icons, cards, boxes and arrows of the drawing library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from apim_aks.facts.pictures import icon
from apim_aks.page.diagram.labels import INK, card
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Kind

FONT = "Arial"
LINE = "#374151"
EDGE = "#9CA3AF"
GRAPH = {
    "pad": "0.1",
    "nodesep": "0.3",
    "ranksep": "0.15",
    "splines": "spline",
    "fontname": FONT,
    "label": "",
    "bgcolor": "transparent",
}
NODE = {
    "fontname": FONT,
    "fontsize": "15",
    "fontcolor": INK,
    "fixedsize": "false",
    "width": "0",
    "labelloc": "c",
}
PODS = "pods"


@contextmanager
def sheet() -> Iterator[Any]:
    """A drawing from left to right that nobody renders; its `dot.source` is the result."""
    from diagrams import Diagram, setdiagram

    drawing = Diagram(filename="picture", direction="LR", graph_attr=GRAPH, node_attr=NODE)
    setdiagram(drawing)
    try:
        yield drawing
    finally:
        setdiagram(None)


def box(id: str, label: str, fill: str, style: str = "rounded") -> Any:
    """A trust boundary; what is drawn in its `with` block stands inside."""
    from diagrams import Cluster

    attributes = {"bgcolor": fill, "pencolor": EDGE, "style": style, "margin": "8"}
    cluster = Cluster(label, graph_attr={**attributes, "fontname": FONT})
    cluster.dot.name = f"cluster_{id}"
    return cluster


def place(id: str, kind: Kind | str, words: Sequence[Line], beside: bool, **outline: str) -> Any:
    """A card on the sheet, in the box that is open."""
    from diagrams import Node

    return Node(
        card(icon(kind).path.as_posix(), words, beside),
        nodeid=id,
        shape="box",
        height="0",
        margin="0.06,0.05",
        fillcolor="#FFFFFF",
        **outline,
    )


def connect(source: Any, target: Any, **attributes: str) -> None:
    """An arrow between two cards."""
    from diagrams import Edge

    source.connect(target, Edge(forward=True, fontname=FONT, **attributes))
