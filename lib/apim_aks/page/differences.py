"""Two placements side by side, with what each has that the other has not pointed out."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.page.diagram import Marked, picture
from apim_aks.page.html import Html, element, folded, table
from apim_aks.page.option_page import figure
from apim_aks.topology import Component, Link, Topology


def first_two(design: Design) -> Html:
    """The placement that comes first beside the next one, folded; nothing where none is next."""
    ranked = [design.placement(s.option) for s in design.ranking.standings[:2]]
    if len(ranked) < 2:
        return Html("")
    return differences(*ranked)


def differences(one: Placement, other: Placement) -> Html:
    """Both pictures, what differs marked in each, and the same as a table."""
    title = f"What differs between {one.option.title} and {other.option.title}"
    pictures = element("div", _shown(one, other), _shown(other, one), class_="side-by-side")
    return folded(title, pictures + _listed(one, other))


def only(topology: Topology, other: Topology) -> Marked:
    """What only one topology has: components by zone and exposure, and links."""
    there = {_standing(c) for c in other.components}
    calls = {_call(k) for k in other.links}
    return Marked(
        frozenset(c.id for c in topology.components if _standing(c) not in there),
        frozenset(_call(k) for k in topology.links if _call(k) not in calls),
    )


def _standing(component: Component) -> tuple[str, ...]:
    return component.id, component.kind, component.zone, component.exposure, component.label


def _call(link: Link) -> tuple[str, str, str]:
    return link.source, link.target, link.label


def _shown(placement: Placement, other: Placement) -> Html:
    marked = only(placement.topology, other.topology)
    drawn = picture(placement.topology, placement.option.title, marked=marked)
    return figure(drawn, f"{placement.option.title}, beside {other.option.title}.", carried=False)


def _listed(one: Placement, other: Placement) -> Html:
    rows = (
        (placement, component)
        for placement, beside in ((one, other), (other, one))
        for component in _components(placement.topology, beside.topology)
    )
    return table(
        "Components that only one of the two has, or has elsewhere",
        rows,
        Column("Only in", lambda row: row[0].option.title),
        Column("Component", lambda row: row[1].label),
        Column("Boundary", lambda row: _boundary(row[0].topology, row[1])),
        Column("Address", lambda row: row[1].exposure.label),
    )


def _components(topology: Topology, other: Topology) -> Iterator[Component]:
    marked = only(topology, other).components
    yield from (c for c in topology.components if c.id in marked)


def _boundary(topology: Topology, component: Component) -> str:
    return next(zone.label for zone in topology.zones if zone.id == component.zone)
