"""The sheet that pictures are drawn on: icons, cards, boxes and arrows of the drawing library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from apim_aks.diagram.labels import INK, card
from apim_aks.topology import Kind

FONT = "Helvetica,Arial,sans-serif"
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


@cache
def icons() -> Mapping[Kind | str, Any]:
    """The icon of each kind of component, as a class of the drawing library."""
    from diagrams.azure.identity import ConditionalAccess
    from diagrams.azure.integration import APIManagement
    from diagrams.azure.network import ApplicationGateway, LoadBalancers, VirtualNetworks
    from diagrams.k8s.compute import Pod
    from diagrams.k8s.network import SVC, Ing
    from diagrams.onprem.client import Users

    return {
        Kind.CONSUMER: Users,
        Kind.EDGE: ApplicationGateway,
        Kind.LOAD_BALANCER: LoadBalancers,
        Kind.GATEWAY: APIManagement,
        Kind.INTEGRATION: VirtualNetworks,
        Kind.INGRESS: Ing,
        Kind.TOKEN_PROXY: ConditionalAccess,
        Kind.SERVICE: SVC,
        PODS: Pod,
    }


@contextmanager
def sheet(through: bool = False) -> Iterator[Any]:
    """A drawing from left to right that nobody renders; its `dot.source` is the result.

    With `through`, cards are put in order across boxes too, not in one box after the other.
    """
    from diagrams import Diagram, setdiagram

    graph = {**GRAPH, "newrank": "true"} if through else GRAPH
    drawing = Diagram(filename="picture", direction="LR", graph_attr=graph, node_attr=NODE)
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


def place(id: str, kind: Kind | str, words: Sequence[str], beside: bool, **outline: str) -> Any:
    """A card on the sheet, in the box that is open."""
    icon = icons()[kind]
    path = icon._load_icon(icon).replace("\\", "/")
    return icon(
        card(path, words, beside),
        nodeid=id,
        image="",
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
