"""A topology as a plan: the words of each part, where it stands, and a legend below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from apim_aks.listing import counted
from apim_aks.page.diagram.arrange import Laid, arrange
from apim_aks.page.diagram.columns import Place, columns, spans, wired
from apim_aks.page.diagram.condense import Arrow, Node, View, around
from apim_aks.page.diagram.face import Face, Name, Words
from apim_aks.page.diagram.ground import Ground
from apim_aks.page.diagram.labels import BYPASS, INK, PRIVATE, PUBLIC, QUIET, even, lines, plain
from apim_aks.page.diagram.legend import MEANING, legend
from apim_aks.page.diagram.plan import Box, Card, Plan, Route
from apim_aks.page.diagram.resources import Resource, guards, resources
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Component, Exposure, Kind, Link, Topology, Zone, ZoneKind

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


@dataclass(frozen=True, slots=True)
class Marked:
    """What to highlight: components by their ids, links by both ends and label."""

    components: frozenset[str] = frozenset()
    links: frozenset[tuple[str, str, str]] = frozenset()

    def card(self, node: Node) -> bool:
        """Whether a component of the card is highlighted."""
        return any(c.id in self.components for c in (*node.components, *node.before))

    def arrow(self, arrow: Arrow) -> bool:
        """Whether a link of the arrow is highlighted."""
        return any((k.source, k.target, k.label) in self.links for k in arrow.links)


NOTHING = Marked()


def plan(view: View, topology: Topology, marked: Marked = NOTHING) -> Plan:
    """The view with everything in its place, and what stands beside its components."""
    beside = resources(topology)
    places, wires = wired(view, columns(view))
    rooms = _rooms(view, places, beside)
    added = [Place(r.id, r.zone, column) for r, column in zip(beside, rooms, strict=True)]
    flat = _flat(view)
    faces = {n.id: Face(n.kind, tuple(_words(n, view)), n.kind in flat) for n in view.nodes}
    ground = Ground(
        view=view,
        places=(*places, *added),
        wires=wires,
        faces=faces | {r.id: Face(r.icon, r.lines, True) for r in beside},
        labels={zone.id: _name(zone, topology) for zone in view.zones},
        words=[_beside_arrow(wire.arrow) for wire in wires],
    )
    return drawn(ground, arrange(ground), marked)


def drawn(
    ground: Ground, laid: Laid, marked: Marked = NOTHING, meaning: Mapping[str, str] = MEANING
) -> Plan:
    """All of a picture in its place, with a legend of the signs that have a meaning in it."""
    outermost = sorted(ground.view.zones, key=lambda z: len(around(ground.view, z.id)))
    boxes = tuple(_box(ground, laid, zone) for zone in outermost)
    cards = tuple(_card(ground, laid, p, marked) for p in ground.places if p.id in ground.faces)
    routes = tuple(_routes(ground, laid, marked))
    signs, width, height = legend(boxes, cards, routes, laid, meaning)
    return Plan(width, height, boxes, cards, routes, signs)


def _box(ground: Ground, laid: Laid, zone: Zone) -> Box:
    place = laid.boxes[zone.id]
    icon, words = ground.labels[zone.id].parts(place)
    return Box(zone.id, zone.kind, zone.parent, place, words, icon)


def _card(ground: Ground, laid: Laid, place: Place, marked: Marked) -> Card:
    face, at, node = ground.faces[place.id], laid.cards[place.id], place.node
    image, words = face.parts(at)
    return Card(
        id=place.id,
        zone=place.zone,
        icon=face.icon,
        components=(*node.components, *node.before) if node else (),
        place=at,
        image=image,
        words=words,
        marked=node is not None and marked.card(node),
    )


def _routes(ground: Ground, laid: Laid, marked: Marked) -> Iterator[Route]:
    for wire, words, points, at in zip(
        ground.wires, ground.words, laid.lines, laid.words, strict=True
    ):
        badge, texts = words.parts(*at)
        yield Route(wire.arrow, points, texts, badge, marked.arrow(wire.arrow))


def _rooms(view: View, places: Sequence[Place], beside: Sequence[Resource]) -> list[int]:
    """A column for each resource: where its boundary holds no other, else beside its cards."""
    found: list[int] = []
    extent = spans(view, {p.id: p.column for p in places if p.node})
    covered: defaultdict[str, set[int]] = defaultdict(set)
    for zone in view.zones:
        covered[zone.parent] |= {*range(extent[zone.id][0], extent[zone.id][1] + 1)}
    for resource in beside:
        inside = [p.column for p in places if resource.zone in around(view, p.zone)]
        own = [p for p in places if p.zone == resource.zone]
        if alone := sorted({p.column for p in own if p.node} - covered[resource.zone]):
            found.append(alone[0])
            continue
        taken = {p.column for p in own} | set(found)
        last = max((p.column for p in own if p.node), default=min(inside) - 1)
        free = [c for c in range(min(inside), max(inside) + 1) if c not in taken]
        right = [c for c in free if c > last]
        found.append((right or free or [max(inside)])[0])
    return found


def _name(zone: Zone, topology: Topology) -> Name:
    """The name of a boundary, its address range, and how many rules guard it."""
    name = [Line(line, 14, QUIET, bold=True) for line in lines(zone.label, 22, 2)]
    below = [Line(plain(zone.prefix, 24), 13, QUIET)] if zone.prefix else []
    rules = guards(topology, zone.id)
    guard = [Line(f"NSG, {counted(rules, 'rule')}", 13, QUIET)] if rules else []
    return Name((*name, *below, *guard), bool(rules))


def _flat(view: View) -> set[Kind]:
    """Kinds so frequent that their cards are drawn flat, the icon beside the words."""
    kinds = [node.kind for node in view.nodes]
    return {kind for kind in kinds if kinds.count(kind) > 2 and kind is not Kind.CONSUMER}


def _beside_arrow(arrow: Arrow) -> Words:
    """Number, protocol and port above the line, and what the caller shows below it."""
    if arrow.passage:
        return Words(0, (), ())
    color = BYPASS if arrow.bypass else INK
    first, rest = arrow_lines(arrow.links)
    upper = ["around the gateway", *first] if arrow.bypass else first
    return Words(
        arrow.number,
        tuple(Line(text, 13, color) for text in upper),
        tuple(Line(text, 13, color) for text in rest),
    )


def title(node: Node) -> str:
    """What a card is called: the component's label, or how many of what."""
    if len(node.components) == 1:
        return plain(node.components[0].label)
    return f"{len(node.components)} {PLURAL[node.kind]}"


def _words(node: Node, view: View) -> list[Line]:
    bold = [Line(line, 15, INK, bold=True) for line in even(title(node), 15)]
    small = [Line(line, 13, QUIET) for line in _members(node)]
    if node.kind is Kind.CONSUMER and not any(a.source == node.id for a in view.arrows):
        small.append(Line("no way in", 13, QUIET))
    address = {
        Exposure.PUBLIC: Line("public address", 13, PUBLIC, bold=True),
        Exposure.PRIVATE: Line("private address", 13, PRIVATE),
    }.get(node.exposure)
    tls = [Line("ends TLS", 13, QUIET)] if node.ends_tls else []
    before = [Line(line, 13, QUIET) for c in node.before[:1] for line in _behind(c)]
    return [*bold, *small, *([address] if address else []), *tls, *before]


def _behind(component: Component) -> list[str]:
    label = component.label
    return lines(f"behind the {plain(label[:1].lower() + label[1:])}", 18, 3)


def _members(node: Node) -> list[str]:
    if len(node.components) == 1:
        detail = node.components[0].detail
        return lines(plain(detail), 22, 2) if 0 < len(detail) <= 30 else []
    labels = [c.label.split() for c in node.components]
    shared = commonprefix([words[:-1] for words in labels])
    names = [plain(" ".join(words[len(shared) :]), 22) for words in labels[:4]]
    more = f" +{len(labels) - 4}" if len(labels) > 4 else ""
    spaces = [f"in {node.namespaces} namespaces"] if node.namespaces else []
    return [*lines(", ".join(names) + more, 20, 5), *spaces]


def arrow_lines(links: tuple[Link, ...]) -> tuple[list[str], list[str]]:
    """Protocol and port; what the caller shows, and the note."""
    spoken = dict.fromkeys(link.protocol for link in links)
    first = [f"{p} {_ports(links, p)}" for p in spoken]
    shown = dict.fromkeys(" + ".join(a.label for a in link.auth) for link in links)
    notes = dict.fromkeys(link.note for link in links)
    note = next(iter(notes)) if len(notes) == 1 else ""
    asked = lines(" or ".join(filter(None, shown)), 17, 4) if any(shown) else []
    return first, [*asked, *(lines(note, 18, 2) if note else [])]


def _ports(links: tuple[Link, ...], protocol: str) -> str:
    ports = sorted({link.port for link in links if link.protocol == protocol})
    return ", ".join(map(str, ports)) if len(ports) < 4 else f"on {len(ports)} ports"
