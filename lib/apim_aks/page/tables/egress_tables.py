"""How calls leave the network: routes of the subnets, and what the firewall has to admit."""

from __future__ import annotations

from apim_aks.columns import Column
from apim_aks.decision.design import Placement
from apim_aks.facts import network_rules
from apim_aks.facts.egress import FirewallRow, RouteRow
from apim_aks.options.egress import Admitted, admitted, routes
from apim_aks.page.html import Content, Html, code, joined, paragraph, source, table, yes_no
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.topology import Kind

_SUBNETS = ("nodes", "gateway", "edge")


def ways_out(placement: Placement) -> Html:
    """Routes, and what the firewall has to admit; nothing where calls leave by no firewall."""
    if not placement.topology.of_kind(Kind.FIREWALL):
        return Html("")
    return joined((_routes(placement), _admitted(placement), _published(placement)))


def _routes(placement: Placement) -> Html:
    address = placement.workload.azure.firewall_address
    return table(
        f"Routes of the subnets: {placement.option.title}",
        routes(placement.workload, placement.topology, *_SUBNETS),
        Column("Subnet", lambda r: r.subnet),
        Column("To", lambda r: code(r.prefix) if r.prefix else "learned routes"),
        Column("By", lambda r: _hop(r, address)),
        Column("Why", lambda r: uncertain(r.because, r.status)),
        Column("Source", lambda r: source(r.source)),
    )


def _hop(row: RouteRow, address: str) -> Content:
    return code(address) if row.hop == "firewall" else row.hop or "kept out"


def _admitted(placement: Placement) -> Html:
    """Rows that the gateway's security group has as well have their status there."""
    known = {r.id: r for r in network_rules(placement.option.mode)}

    def why(entry: Admitted) -> Content:
        if isinstance(entry.row, FirewallRow):
            return uncertain(entry.row.purpose, entry.row.status)
        return uncertain(entry.row.reason, known[entry.row.row].status)

    def found(entry: Admitted) -> Content:
        row = entry.row
        return source(row.source if isinstance(row, FirewallRow) else known[row.row].source)

    return table(
        f"What the firewall has to admit: {placement.option.title}",
        admitted(placement.workload, placement.topology),
        Column("From", lambda e: e.who),
        Column("To", lambda e: code(e.destination)),
        Column("Port", lambda e: e.port),
        Column("Required", lambda e: yes_no(e.row.required)),
        Column("Why", why),
        Column("Source", found),
    )


def _published(placement: Placement) -> Html:
    """Services that stay public are called at addresses whose answers the firewall drops."""
    parts = placement.topology.components
    left = [c.label for c in parts if c.in_cluster and c.public and c.id not in _called(placement)]
    if not left:
        return Html("")
    return paragraph(
        f"Public today and left as they are: {', '.join(left)}. Behind the firewall their answers "
        "are dropped, so that each needs a rule of the firewall that translates a public address "
        "to its internal one."
    )


def _called(placement: Placement) -> set[str]:
    return {k.target for k in placement.topology.links if not k.bypass}
