"""How calls leave the network: by a NAT gateway, or by a firewall that stands already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apim_aks.facts.egress import FirewallRow, RouteRow, firewall_rows, route_rows
from apim_aks.options import surroundings as around
from apim_aks.options.option import Setting
from apim_aks.topology import (
    Component,
    Derived,
    DesignRule,
    Expectation,
    Exposure,
    Kind,
    Link,
    NetworkRule,
    Protocol,
    Topology,
    ZoneKind,
)
from apim_aks.workload.model import Consumer, Workload

FIREWALL, NAT = "egress-firewall", "egress-nat"
_CALLING = (Kind.INTEGRATION, Kind.GATEWAY)


def with_egress(setting: Setting, topology: Topology) -> Topology:
    """The way out of the network, where the workload states one."""
    way = _way(setting.workload.azure.egress, topology)
    if way is None:
        return topology
    links = (_leaving(topology, way),) if _inside(topology) else ()
    promised = (_routes_present(topology),) if way.kind is Kind.FIREWALL else ()
    return replace(
        topology,
        components=(*topology.components, way),
        links=(*topology.links, *links),
        expectations=(*topology.expectations, *promised),
    )


def _way(egress: str, topology: Topology) -> Component | None:
    """A firewall is the reader's; a NAT gateway is for a subnet that has no address of its own."""
    if egress == "firewall":
        return _component(
            FIREWALL, "Firewall", Kind.FIREWALL, around.AZURE, "existing, before the internet"
        )
    if egress == "direct" and topology.of_kind(Kind.INTEGRATION):
        zone = topology.of_kind(Kind.INTEGRATION)[0].zone
        return _component(
            NAT, "NAT gateway", Kind.NAT_GATEWAY, zone, "one address towards the internet", True
        )
    return None


def _component(
    id: str, label: str, kind: Kind, zone: str, detail: str, added: bool = False
) -> Component:
    return Component(
        id=id,
        label=label,
        kind=kind,
        zone=zone,
        exposure=Exposure.NONE,
        added=added,
        detail=detail,
    )


def _inside(topology: Topology) -> bool:
    """The gateway, or its calls, leave from a subnet."""
    return topology.mode != "none"


def _leaving(topology: Topology, way: Component) -> Link:
    calling = next(c for kind in _CALLING for c in topology.of_kind(kind))
    return Link(
        source=calling.id,
        target=way.id,
        protocol=Protocol.TCP,
        port=around.HTTPS,
        auth=(),
        note="calls to the internet",
    )


def _routes_present(topology: Topology) -> Expectation:
    return Expectation(
        f"{topology.option}.routes",
        "V-1",
        "Every subnet has the routes that its way out demands, and answers to the control plane "
        "go back the way its calls came",
        Derived(DesignRule.ROUTES),
    )


def edge_serves_premises(workload: Workload, topology: Topology) -> bool:
    """An edge inside the network answers consumers on premises, by routes that are learned."""
    inside = any(not edge.public for edge in topology.of_kind(Kind.EDGE))
    return inside and Consumer.ON_PREMISES in workload.consumers


def routes(workload: Workload, topology: Topology, *subnets: str) -> tuple[RouteRow, ...]:
    """The routes of these subnets of the address plan, by which calls leave."""
    alone = topology.of_kind(Kind.EDGE) and not edge_serves_premises(workload, topology)
    used = ("always", "edge-without-on-premises") if alone else ("always",)
    return tuple(
        row
        for row in route_rows()
        if row.egress == workload.azure.egress
        and row.subnet in subnets
        and row.when in used
        and (not row.modes or topology.mode in row.modes)
    )


@dataclass(frozen=True, slots=True)
class Admitted:
    """A connection that the firewall has to admit: caller, destination and row."""

    who: str
    destination: str
    port: str
    row: FirewallRow | NetworkRule


def admitted(workload: Workload, topology: Topology) -> tuple[Admitted, ...]:
    """What the firewall has to admit: rows of the cluster, then the gateway's outbound rules.

    Rules to the network itself and to its peers do not pass the firewall.
    """
    if workload.azure.egress != "firewall":
        return ()
    public = () if workload.requirements.private_api_server else ("public-api-server",)
    rows = (r for r in firewall_rows() if r.when in ("always", *public))
    fitting = [r for r in rows if not r.modes or topology.mode in r.modes]
    region = workload.azure.region
    own = [
        Admitted(r.who, r.destination.replace("<region>", region), f"{r.protocol} {r.port}", r)
        for r in fitting
    ]
    return (*own, *_of_gateway(topology))


def _of_gateway(topology: Topology) -> tuple[Admitted, ...]:
    zones = {z.id for z in topology.zones if z.kind is ZoneKind.SUBNET}
    return tuple(
        Admitted("gateway", rule.destination, f"{rule.protocol} {rule.port}", rule)
        for rule in topology.rules
        if rule.direction == "Outbound"
        and rule.access == "Allow"
        and rule.row.startswith(f"{topology.mode}.")
        and rule.subnet in zones
        and rule.destination.isalpha()
        and rule.destination != "VirtualNetwork"
    )
