"""A view as a graph: icons, cards, trust boundaries and labelled arrows, in DOT."""

from __future__ import annotations

from os.path import commonprefix
from typing import Any

from apim_aks.page.diagram.canvas import EDGE, LINE, box, connect, place, sheet
from apim_aks.page.diagram.condense import Arrow, Node, View, boundaries
from apim_aks.page.diagram.labels import (
    BYPASS,
    INK,
    PRIVATE,
    PUBLIC,
    QUIET,
    arrow_label,
    lines,
    plain,
    zone_label,
)
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Exposure, Kind, Link, ZoneKind

PLURAL = {
    Kind.CONSUMER: "groups of consumers",
    Kind.EDGE: "edges",
    Kind.FRONT_DOOR: "front doors",
    Kind.LOAD_BALANCER: "load balancers",
    Kind.PRIVATE_ENDPOINT: "private endpoints",
    Kind.GATEWAY: "gateways",
    Kind.MANAGEMENT: "API Management instances",
    Kind.INTEGRATION: "network integrations",
    Kind.NAT_GATEWAY: "NAT gateways",
    Kind.FIREWALL: "firewalls",
    Kind.INGRESS: "ingress controllers",
    Kind.TOKEN_PROXY: "token proxies",
    Kind.SERVICE: "Services",
}

FILL = {
    ZoneKind.INTERNET: "#F3F4F6",
    ZoneKind.AZURE: "#F0F7FD",
    ZoneKind.NETWORK: "#E6F4EC",
    ZoneKind.SUBNET: "#F4FAF6",
    ZoneKind.CLUSTER: "#ECEBFA",
    ZoneKind.NAMESPACE: "#F8F7FE",
    ZoneKind.PEERED_NETWORK: "#FBF6E6",
    ZoneKind.ON_PREMISES: "#F6F1EC",
}

NARROW = (ZoneKind.SUBNET, ZoneKind.NAMESPACE, ZoneKind.ON_PREMISES)
OUTLINE = {
    Exposure.PUBLIC: {"color": PUBLIC, "penwidth": "3", "style": "rounded,filled"},
    Exposure.PRIVATE: {"color": PRIVATE, "penwidth": "1.5", "style": "rounded,filled,dashed"},
    Exposure.CLUSTER: {"color": EDGE, "penwidth": "1", "style": "rounded,filled"},
    Exposure.NONE: {"color": EDGE, "penwidth": "1", "style": "rounded,filled"},
}


def dot(view: View) -> str:
    """The view in DOT, with icons as paths of this installation."""
    drawn: dict[str, Any] = {}
    returning = _returning(view)
    straight = returning or _straight(view)
    with sheet(bool(returning)) as drawing:
        _fill(view, "", _beside(view), drawn)
        for arrow in view.arrows:
            line = _line(arrow, arrow.source in straight)
            connect(drawn[arrow.source], drawn[arrow.target], **line)
        for source, target in _apart(view):
            connect(drawn[source], drawn[target], style="invis")
    return str(drawing.dot.source)


def _fill(view: View, parent: str, beside: set[Kind], drawn: dict[str, Any]) -> None:
    """The zones inside `parent` as boxes, each with its cards and its own zones."""
    for index, zone in enumerate(view.zones):
        if zone.parent != parent:
            continue
        words = zone_label(zone.label, zone.prefix, 22 if zone.kind in NARROW else 40)
        style = "rounded,dashed" if zone.kind is ZoneKind.SUBNET else "rounded"
        with box(str(index), words, FILL[zone.kind], style):
            for node in (n for n in view.nodes if n.zone == zone.id):
                flat = node.kind in beside
                drawn[node.id] = place(
                    node.id, node.kind, _words(node, view), flat, **OUTLINE[node.exposure]
                )
            _fill(view, zone.id, beside, drawn)


def _straight(view: View) -> set[str]:
    """Consumers outside everything with one arrow, which leaves to the right."""
    outer = {zone.id for zone in view.zones if not zone.parent}
    sources = [arrow.source for arrow in view.arrows]
    nodes = [n for n in view.nodes if n.kind is Kind.CONSUMER and n.zone in outer]
    return {node.id for node in nodes if sources.count(node.id) == 1}


def _returning(view: View) -> set[str]:
    """What is called from within a boundary, stands outside it and calls back into it, once.

    Several calls back would have to share one way round, and their labels would lie on each other.
    """
    around = boundaries(view)
    consumers = {node.id for node in view.nodes if node.kind is Kind.CONSUMER}
    ways = [(a.source, a.target) for a in view.arrows if not a.bypass]
    left: dict[str, set[str]] = {}
    for source, target in ways:
        if source in consumers:
            left.setdefault(target, set()).update(around[source] - around[target])
    calls = [source for source, _ in ways]
    return {s for s, t in ways if left.get(s, set()) & around[t] and calls.count(s) == 1}


def _apart(view: View) -> list[tuple[str, str]]:
    """Consumers without a way in, and the entrances they stand before."""
    consumers = {node.id for node in view.nodes if node.kind is Kind.CONSUMER}
    ways_in = [a for a in view.arrows if not a.bypass and a.source in consumers]
    shut = consumers - {arrow.source for arrow in ways_in}
    called = {arrow.target for arrow in view.arrows}
    doors = {arrow.target for arrow in ways_in} or {
        n.id for n in view.nodes if n.id not in called | consumers
    }
    return [(consumer, door) for consumer in sorted(shut) for door in sorted(doors)]


def _beside(view: View) -> set[Kind]:
    """Kinds so frequent that their cards are drawn flat, the icon beside the words."""
    kinds = [node.kind for node in view.nodes]
    return {kind for kind in kinds if kinds.count(kind) > 2 and kind is not Kind.CONSUMER}


def title(node: Node) -> str:
    """What a card is called: the component's label, or how many of what."""
    if len(node.components) == 1:
        return plain(node.components[0].label)
    return f"{len(node.components)} {PLURAL[node.kind]}"


def _words(node: Node, view: View) -> list[Line]:
    bold = [Line(line, 15, INK, bold=True) for line in lines(title(node), 16)]
    small = [Line(line, 13, QUIET) for line in _members(node)]
    if node.kind is Kind.CONSUMER and not any(a.source == node.id for a in view.arrows):
        small.append(Line("no way in", 13, QUIET))
    address = {
        Exposure.PUBLIC: Line("public address", 13, PUBLIC, bold=True),
        Exposure.PRIVATE: Line("private address", 13, PRIVATE),
    }.get(node.exposure)
    tls = [Line("ends TLS", 13, QUIET)] if node.ends_tls else []
    return [*bold, *small, *([address] if address else []), *tls]


def _members(node: Node) -> list[str]:
    if len(node.components) == 1:
        detail = node.components[0].detail
        return [plain(detail)] if detail and len(detail) <= 22 else []
    labels = [c.label.split() for c in node.components]
    shared = commonprefix([words[:-1] for words in labels])
    names = [plain(" ".join(words[len(shared) :]), 22) for words in labels[:4]]
    more = f" +{len(labels) - 4}" if len(labels) > 4 else ""
    spaces = [f"in {node.namespaces} namespaces"] if node.namespaces else []
    return [*lines(", ".join(names) + more, 24, 4), *spaces]


def _line(arrow: Arrow, enters: bool) -> dict[str, str]:
    color = BYPASS if arrow.bypass else LINE
    written = arrow_lines(arrow.links)
    if arrow.bypass:
        written = ["around the gateway", *written]
    return {
        "label": arrow_label(arrow.number, written, color if arrow.bypass else INK),
        "color": color,
        "style": "dashed" if arrow.bypass or arrow.beside else "solid",
        "penwidth": "1.8" if arrow.bypass or arrow.number else "1.2",
        "weight": "1" if arrow.bypass else "4",
        **({"tailport": "e", "headport": "w"} if enters else {}),
    }


def arrow_lines(links: tuple[Link, ...]) -> list[str]:
    """Protocol and port, what the caller shows, and the note, a line each."""
    spoken = dict.fromkeys(link.protocol for link in links)
    first = " / ".join(f"{p} {_ports(links, p)}" for p in spoken)
    shown = dict.fromkeys(" + ".join(a.label for a in link.auth) for link in links)
    notes = dict.fromkeys(link.note for link in links)
    note = next(iter(notes)) if len(notes) == 1 else ""
    return [
        *lines(first, 22, 2),
        *lines(" or ".join(shown), 17, 4),
        *(lines(note, 18, 2) if note else []),
    ]


def _ports(links: tuple[Link, ...], protocol: str) -> str:
    ports = sorted({link.port for link in links if link.protocol == protocol})
    return ", ".join(map(str, ports)) if len(ports) < 4 else f"on {len(ports)} ports"
