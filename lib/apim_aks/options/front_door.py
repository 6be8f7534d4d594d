"""Front Door with WAF before the gateway: at Microsoft's own edge, in front of every region.

It comes by Private Link where the gateway's public access is closed, and by the public address
elsewhere; then the gateway's policy admits the header of our profile alone:
https://learn.microsoft.com/azure/api-management/front-door-api-management
"""

from __future__ import annotations

from dataclasses import replace

from apim_aks.facts import azure_facts
from apim_aks.facts.front_door import front_door_rule
from apim_aks.options import surroundings as around
from apim_aks.options.edge_calls import EDGE, before_gateway, edge_promises, way_in
from apim_aks.options.inbounds import answers_internet
from apim_aks.options.option import Setting
from apim_aks.topology import (
    Authority,
    Certificate,
    Component,
    DnsName,
    Expectation,
    Exposure,
    Kind,
    NetworkRule,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    Reach,
    Topology,
    VantagePoint,
    Zone,
    ZoneKind,
)
from apim_aks.workload.names import names_of

EDGE_NETWORK = "edge-network"
UNKNOWN_LETTERS = "<letters>"
"""What Azure adds to the name of an endpoint, known once it is there."""


def front_door(setting: Setting, topology: Topology) -> Topology:
    """All consumers call Front Door, those inside too: it has no private way in of its own."""
    edge, called = _edge(), [c.id for c in around.consumers(setting)]
    kept = tuple(k for k in topology.links if k.source not in called or k.bypass)
    calls = around.consumer_links(setting, EDGE)
    onward = around.consumer_call(EDGE, way_in(topology), _onward(topology))
    return replace(
        topology,
        zones=_zones(topology),
        components=before_gateway(topology, edge),
        links=(*(replace(link, ends_tls=True) for link in calls), onward, *kept),
        rules=tuple(map(_narrowed, topology.rules)),
        names=(_name(setting), *topology.names),
        certificates=(_certificate(setting), *topology.certificates),
        expectations=edge_promises(_asked(topology), edge),
    )


def _edge() -> Component:
    return Component(
        id=EDGE,
        label="Front Door",
        kind=Kind.FRONT_DOOR,
        zone=EDGE_NETWORK,
        exposure=Exposure.PUBLIC,
        reach=Reach.INTERNET,
        ports=(around.HTTPS,),
        added=True,
        detail="Premium with WAF, prevention",
    )


def _onward(topology: Topology) -> str:
    """How it comes to the gateway."""
    if topology.gateway_is_public:
        return "with X-Azure-FDID"
    return "Private Link"


def _zones(topology: Topology) -> tuple[Zone, ...]:
    """The edge of Microsoft's network stands between the internet and the region."""
    edge = Zone(EDGE_NETWORK, "Edge of Microsoft's network", ZoneKind.AZURE)
    at = next(place for place, zone in enumerate(topology.zones) if zone.id == around.AZURE)
    return (*topology.zones[:at], edge, *topology.zones[at:])


def _narrowed(rule: NetworkRule) -> NetworkRule:
    """Where a security group stands before the gateway, it admits Front Door alone."""
    if (rule.direction, rule.source, rule.port) != ("Inbound", "Internet", "443"):
        return rule
    row = front_door_rule()
    return replace(rule, source=row.source_prefix, reason=row.purpose)


def edge_host(setting: Setting) -> str:
    """The name that consumers call: their own, else the endpoint's, of which Azure chooses a part.

    https://learn.microsoft.com/azure/frontdoor/endpoint
    """
    known = f"{endpoint_name(setting)}-{UNKNOWN_LETTERS}.z01.{azure_facts().front_door_suffix}"
    return setting.workload.azure.host_name or known


def endpoint_name(setting: Setting) -> str:
    """The name of the endpoint, with which its host name begins."""
    return names_of(setting.workload).public_host(EDGE).partition(".")[0][:46].rstrip("-")


def _name(setting: Setting) -> DnsName:
    return DnsName(edge_host(setting), EDGE, False, "the internet")


def _certificate(setting: Setting) -> Certificate:
    """Azure has it signed and renews it; nobody else holds the key."""
    return Certificate(
        id="tls-edge",
        purpose="TLS of Front Door",
        host=edge_host(setting),
        authority=Authority.PUBLIC,
        held_by=EDGE,
        trusted_by="consumers",
        rotations_per_year=0,
        rotated_by="Azure renews it",
    )


def _asked(topology: Topology) -> Topology:
    """Instead of the gateway's answer to everybody, what it answers around Front Door."""
    kept = [e for e in topology.expectations if not answers_internet(e)]
    if not topology.gateway_is_public:
        return topology
    return replace(topology, expectations=(*kept, _around(topology)))


def _around(topology: Topology) -> Expectation:
    """A security group lets no packet through; without one the policy refuses the call."""
    grouped = topology.mode == "external"
    request = ProbeRequest.GATEWAY_ADDRESSES if grouped else ProbeRequest.AROUND_EDGE
    ends = ProbeOutcome.SILENCE if grouped else ProbeOutcome.FORBIDDEN
    return Expectation(
        f"{topology.option}.call-around-edge-refused",
        "V4",
        "A call to the gateway's own name, around Front Door, is refused",
        Probe(VantagePoint.INTERNET, way_in(topology), request, ends),
    )
