"""Who calls whom as a plan: each namespace a boundary, callers left of what they call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from apim_aks.page.diagram.arrange import arrange
from apim_aks.page.diagram.calls import Card, End, Way, drawn_ways, hubs
from apim_aks.page.diagram.canvas import PODS
from apim_aks.page.diagram.columns import columns, wired
from apim_aks.page.diagram.condense import Arrow, Node, View
from apim_aks.page.diagram.drawing import drawn
from apim_aks.page.diagram.face import Face, Name, Words
from apim_aks.page.diagram.ground import Ground
from apim_aks.page.diagram.labels import INK, QUIET, lines, plain
from apim_aks.page.diagram.legend import ASIDE, CALL
from apim_aks.page.diagram.plan import Plan
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Component, Kind, Zone, ZoneKind

_MEANING = {CALL: "call", ASIDE: "call detected, not confirmed"}


def plan(ways: Sequence[Way], shown: Sequence[Card]) -> Plan:
    """The cards with everything in its place; arrows to what nearly all call are left out."""
    view = _view(ways, shown)
    common = hubs(ways)
    places, wires = wired(view, _columns(view))
    ground = Ground(
        view=view,
        places=places,
        wires=wires,
        faces={n.id: _face(card, common) for n, card in zip(view.nodes, shown, strict=True)},
        labels={zone.id: _name(zone) for zone in view.zones},
        words=[Words(0, (), ())] * len(wires),
    )
    return drawn(ground, arrange(ground), meaning=_MEANING)


def _view(ways: Sequence[Way], shown: Sequence[Card]) -> View:
    zone = {space: str(i) for i, space in enumerate(dict.fromkeys(c.namespace for c in shown))}
    zones = tuple(Zone(id, space, ZoneKind.NAMESPACE) for space, id in zone.items())
    nodes = tuple(_node(f"n{i}", card, zone[card.namespace]) for i, card in enumerate(shown))
    owner = {end: node.id for node, card in zip(nodes, shown, strict=True) for end in card.ends}
    return View(zones, nodes, _arrows(ways, owner))


def _node(id: str, card: Card, zone: str) -> Node:
    one = Component(id=id, label=card.ends[0].name, kind=Kind.SERVICE, zone=zone)
    return Node(id, (one,), zone, namespaces=0, ends_tls=False)


def _arrows(ways: Sequence[Way], owner: Mapping[End, str]) -> tuple[Arrow, ...]:
    """One arrow between two cards, drawn through where each of its calls is sure."""
    sure: dict[tuple[str, str], bool] = {}
    for way in drawn_ways(ways):
        pair = owner[way.source], owner[way.target]
        if pair[0] != pair[1]:
            sure[pair] = sure.get(pair, True) and way.sure
    return tuple(
        Arrow(source=source, target=target, links=(), number=0, bypass=False, beside=not known)
        for (source, target), known in sure.items()
    )


def _columns(view: View) -> dict[str, int]:
    """The column of each card; without an arrow it stands where its namespace has most room."""
    found = columns(view)
    linked = {id for arrow in view.arrows for id in (arrow.source, arrow.target)}
    used = Counter((n.zone, found[n.id]) for n in view.nodes if n.id in linked)
    for node in (n for n in view.nodes if n.id not in linked):
        own = [(count, column) for (zone, column), count in used.items() if zone == node.zone]
        found[node.id] = min(own, default=(0, 0))[1]
        used[node.zone, found[node.id]] += 1
    return found


def _name(zone: Zone) -> Name:
    label = f"namespace {zone.label}" if zone.label else "several namespaces"
    return Name(tuple(Line(line, 14, QUIET, bold=True) for line in lines(label, 22, 2)))


def _face(card: Card, common: Mapping[End, int]) -> Face:
    icon = Kind.SERVICE if any(e.is_service for e in card.ends) else PODS
    return Face(icon, (*_words(card), *_called(card, common)), flat=True)


def _words(card: Card) -> list[Line]:
    names = [plain(e.name, 24) for e in card.ends]
    if len(names) == 1:
        return [Line(line, 15, INK, bold=True) for line in lines(names[0], 24, 2)]
    more = f" +{len(names) - 4}" if len(names) > 4 else ""
    small = lines(", ".join(names[:4]) + more, 24, 4)
    return [
        Line(f"{len(names)} workloads", 15, INK, bold=True),
        *(Line(line, 13, QUIET) for line in small),
    ]


def _called(card: Card, common: Mapping[End, int]) -> Iterator[Line]:
    counts = [common[e] for e in card.ends if e in common]
    if counts:
        many = str(counts[0]) if len(counts) == 1 else f"{min(counts)} or more"
        yield Line(f"called by {many}", 13, QUIET)
