"""How calls leave the network: routes of subnets, and what a firewall on the way has to admit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow(Row):
    """A route of a subnet of the address plan, in these network modes; without modes in all.

    `prefix` is a range or a service tag. A row without one keeps routes that a gateway of the
    network brings out of the subnet.
    """

    id: str
    egress: Literal["firewall"]
    subnet: Literal["nodes", "gateway", "edge"]
    modes: tuple[str, ...] = ()
    when: Literal["always", "edge-without-on-premises"]
    prefix: str = ""
    hop: Literal["", "firewall", "Internet"] = ""
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallRow(Row):
    """What a firewall has to let through beside the outbound rules of the gateway's subnet.

    `destination` is a service tag, a name, or a tag of Azure Firewall that stands for names;
    words in angle brackets are filled in by the design or by the deployer.
    """

    id: str
    who: Literal["cluster", "gateway"]
    modes: tuple[str, ...] = ()
    when: Literal["always", "public-api-server"]
    kind: Literal["tag", "fqdn", "fqdn-tag", "address"]
    destination: str
    protocol: Literal["TCP", "UDP"]
    port: str
    required: bool
    purpose: str
    status: Status


@cache
def route_rows() -> tuple[RouteRow, ...]:
    """The routes, subnet by subnet."""
    return read_rows(DATA / "egress_routes.csv", RouteRow)


@cache
def firewall_rows() -> tuple[FirewallRow, ...]:
    """The destinations that a firewall has to admit, those of the cluster first."""
    return read_rows(DATA / "firewall_rules.csv", FirewallRow)
