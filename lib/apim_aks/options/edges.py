"""The edge between consumers and the gateway: none, an Application Gateway, Front Door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from apim_aks.facts import certificate_kind
from apim_aks.facts.choices import Edge
from apim_aks.options import surroundings as around
from apim_aks.options.edge_calls import EDGE, before_gateway, edge_promises, way_in
from apim_aks.options.front_door import front_door
from apim_aks.options.option import Setting
from apim_aks.options.security_rules import security_rules
from apim_aks.topology import (
    Authority,
    Certificate,
    Component,
    DnsName,
    Exposure,
    Kind,
    Link,
    NetworkRule,
    Reach,
    Topology,
)
from apim_aks.workload.model import Consumer
from apim_aks.workload.names import names_of

SUBNET = "snet-edge"
RULES = "application-gateway"
"""Its rules in data/network_rules.csv."""
FROM_EDGE = "<edge-subnet>"


def as_drawn(setting: Setting, topology: Topology) -> Topology:
    """Consumers call what the option and its inbound choice have drawn."""
    return topology


def application_gateway(setting: Setting, topology: Topology) -> Topology:
    """Consumers on the internet call an Application Gateway, which calls the gateway's way in.

    Those inside go on calling the way in themselves; without anybody on the internet all of them
    call the Application Gateway, at a private address.
    """
    entry, served = way_in(topology), _served(setting)
    called = {f"consumer-{place.value}" for place in served}
    kept = tuple(k for k in topology.links if k.source not in called or k.bypass)
    edge = _edge(setting)
    onward = around.consumer_call(EDGE, entry, "what the WAF lets through")
    return replace(
        topology,
        zones=around.in_front(topology.zones, SUBNET, "Edge's subnet"),
        components=before_gateway(topology, edge),
        links=(*_links_in(setting, served), onward, *kept),
        rules=(*_narrowed(setting, topology), *_rules(setting, edge)),
        names=(_name(setting, edge), *topology.names),
        certificates=(_certificate(setting), *topology.certificates),
        expectations=edge_promises(topology, edge),
    )


def _served(setting: Setting) -> tuple[Consumer, ...]:
    """Whom the edge stands before."""
    outside = Consumer.INTERNET in setting.workload.consumers
    return (Consumer.INTERNET,) if outside else setting.workload.consumers


def _edge(setting: Setting) -> Component:
    public = Consumer.INTERNET in setting.workload.consumers
    return Component(
        id=EDGE,
        label="Application Gateway",
        kind=Kind.EDGE,
        zone=SUBNET,
        exposure=Exposure.PUBLIC if public else Exposure.PRIVATE,
        reach=Reach.INTERNET if public else Reach.NETWORK,
        ports=(around.HTTPS,),
        added=True,
        detail="with WAF, prevention",
    )


def _links_in(setting: Setting, served: tuple[Consumer, ...]) -> tuple[Link, ...]:
    found = around.consumer_links(setting, EDGE, *served)
    return tuple(replace(link, ends_tls=True) for link in found)


def _narrowed(setting: Setting, topology: Topology) -> tuple[NetworkRule, ...]:
    """Where every consumer comes by the edge, the gateway's side admits its subnet alone."""
    beside = set(setting.workload.consumers) - set(_served(setting))
    return tuple(
        replace(r, source=FROM_EDGE) if r.source == "<consumers>" and not beside else r
        for r in topology.rules
    )


def _rules(setting: Setting, edge: Component) -> tuple[NetworkRule, ...]:
    listener = "public-listener" if edge.public else "private-listener"
    return security_rules(setting, RULES, SUBNET, (), listener)


def edge_host(setting: Setting) -> str:
    """The name that consumers call: their own, else that of the edge's public address."""
    return setting.workload.azure.host_name or names_of(setting.workload).public_host(EDGE)


def _name(setting: Setting, edge: Component) -> DnsName:
    seen = "the internet" if edge.public else "the virtual network and its peers"
    return DnsName(edge_host(setting), EDGE, not edge.public, seen)


def _certificate(setting: Setting) -> Certificate:
    rate = certificate_kind("server").per_year
    return Certificate(
        id="tls-edge",
        purpose="TLS of the edge",
        host=edge_host(setting),
        authority=Authority.PUBLIC,
        held_by=EDGE,
        trusted_by="consumers",
        rotations_per_year=rate,
        rotated_by="Key Vault, picked up within hours",
    )


EDGES: Mapping[Edge, Callable[[Setting, Topology], Topology]] = {
    "none": as_drawn,
    "application-gateway": application_gateway,
    "front-door": front_door,
}
