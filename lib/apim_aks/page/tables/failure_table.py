"""Failure modes: a zone, a certificate, an address, a name or a controller is lost."""

from __future__ import annotations

from apim_aks.columns import Column
from apim_aks.facts import Failure, failures
from apim_aks.options.drawn import Drawn
from apim_aks.page.html import Heading, Html, element, joined, source, table
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.topology import Certificate, Component, Kind, Topology

_GONE = {
    "zone": "A zone",
    "certificate": "A certificate",
    "address": "An address",
    "name": "A name",
    "controller": "What is in front of the Services",
    "gateway": "The gateway",
}


def failures_table(drawn: Drawn) -> Html:
    """A table of failure modes of this placement: what breaks, how it shows, how to recover."""
    rows: list[Failure | Heading] = []
    found = concerned(drawn)
    for gone, heading in _GONE.items():
        group = [f for f in found if f.gone == gone]
        rows += [Heading(heading), *group] if group else []
    return table(
        f"What breaks: {drawn.option.title}",
        rows,
        Column("When this happens", lambda f: f.what),
        Column("What breaks, and how it shows", _breaks),
        Column("What to do", lambda f: f.way_back),
        Column("Source", lambda f: source(f.source)),
    )


def _breaks(row: Failure) -> Html:
    shown = Html("") if row.seen_as == "–" else element("small", f"Seen as: {row.seen_as}")
    return joined((element("span", uncertain(row.breaks, row.status)), shown))


def concerned(drawn: Drawn) -> tuple[Failure, ...]:
    """The failures that this topology, on this tier, can have."""
    roles = frozenset(role(c, drawn.topology) for c in drawn.topology.certificates)
    return tuple(f for f in failures() if _concerns(f, drawn, roles))


def _concerns(row: Failure, drawn: Drawn, roles: frozenset[str]) -> bool:
    topology, tier = drawn.topology, drawn.tier
    return (
        any(_kind(c) in row.kinds and row.exposure in ("", c.exposure) for c in topology.components)
        and (not row.modes or topology.mode in row.modes)
        and (not row.certificates or not roles.isdisjoint(row.certificates))
        and (not row.needs or tier.has(row.needs))
        and not (row.lacks and tier.has(row.lacks))
    )


def _kind(component: Component) -> str:
    """A gateway that runs in the cluster breaks in other ways than one that Azure runs."""
    own = component.kind is Kind.GATEWAY and component.in_cluster
    return "self-hosted-gateway" if own else component.kind


def role(certificate: Certificate, topology: Topology) -> str:
    """What the certificate is on the path: the server's, the client's, or the authority's."""
    if certificate.held_by == certificate.trusted_by:
        return "authority"
    gateways = {c.id for c in topology.of_kind(Kind.GATEWAY)}
    shown = certificate.held_by in gateways and certificate.trusted_by != "consumers"
    return "client" if shown else "server"
