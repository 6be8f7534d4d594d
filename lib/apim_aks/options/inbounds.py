"""How consumers come to the gateway: as the option draws it, or by a private endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from apim_aks.facts import azure_facts
from apim_aks.facts.choices import Inbound
from apim_aks.options import self_hosted_gateway
from apim_aks.options import surroundings as around
from apim_aks.options.expectations import asked_at, required_rules
from apim_aks.options.option import Setting
from apim_aks.options.security_rules import security_rules
from apim_aks.topology import (
    Component,
    DnsName,
    Expectation,
    Exposure,
    Kind,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    Reach,
    Topology,
    VantagePoint,
)
from apim_aks.workload.names import names_of

ENDPOINT, SUBNET = "apim-endpoint", "snet-endpoints"
RULES = "private-endpoint"
"""Its rules in data/network_rules.csv."""


def as_drawn(setting: Setting, topology: Topology) -> Topology:
    """The gateway answers where the option has put it."""
    return topology


def private_endpoint(setting: Setting, topology: Topology) -> Topology:
    """The gateway's public access is closed, and a private endpoint leads to it.

    The public name still resolves and refuses every call with 403:
    https://learn.microsoft.com/azure/api-management/private-endpoint
    Front Door makes the endpoint itself, in a network of its own, to which nobody else comes.
    """
    shut = _shut(topology)
    return shut if setting.choices.edge == "front-door" else _with_endpoint(setting, shut)


def _shut(topology: Topology) -> Topology:
    """The gateway has no address of its own any more, and no call from the internet ends there."""
    none: dict[str, Any] = {"exposure": Exposure.NONE, "reach": Reach.NETWORK, "ports": ()}
    parts = (replace(c, **none) if c.id == around.GATEWAY else c for c in topology.components)
    kept = [e for e in topology.expectations if not answers_internet(e)]
    return replace(
        topology, components=tuple(parts), expectations=(*kept, _closed(topology.option))
    )


def _with_endpoint(setting: Setting, topology: Topology) -> Topology:
    """Consumers inside call an endpoint in the network."""
    called = tuple(k for k in topology.links if k.target != around.GATEWAY or k.bypass)
    return replace(
        topology,
        zones=around.in_front(topology.zones, SUBNET, "Private endpoints' subnet"),
        components=tuple(_components(topology)),
        links=(*around.consumer_links(setting, ENDPOINT, *around.INSIDE), _ONWARD, *called),
        rules=(*topology.rules, *security_rules(setting, RULES, SUBNET, ())),
        names=(_name(setting), *topology.names),
        expectations=_expectations(topology),
    )


def _components(topology: Topology) -> Iterator[Component]:
    """The endpoint stands before the gateway."""
    for part in topology.components:
        yield from (_ENTRY, part) if part.id == around.GATEWAY else (part,)


_ENTRY = Component(
    id=ENDPOINT,
    label="Private endpoint",
    kind=Kind.PRIVATE_ENDPOINT,
    zone=SUBNET,
    exposure=Exposure.PRIVATE,
    reach=Reach.NETWORK,
    ports=(around.HTTPS,),
    added=True,
    detail="of the gateway alone",
)
_ONWARD = around.consumer_call(ENDPOINT, around.GATEWAY, "Private Link")


def _name(setting: Setting) -> DnsName:
    host = f"{names_of(setting.workload).gateway}.privatelink.{azure_facts().gateway_suffix}"
    return DnsName(host, ENDPOINT, True, "the virtual network and its peers")


def _expectations(topology: Topology) -> tuple[Expectation, ...]:
    """Consumers ask at the endpoint."""
    asked = asked_at(topology.expectations, ENDPOINT, VantagePoint.SAME_VNET)
    return (*asked, *required_rules(topology))


def _closed(option: str) -> Expectation:
    """Nobody on the internet is answered."""
    asked, ends = ProbeRequest.CLOSED_GATEWAY, ProbeOutcome.FORBIDDEN
    return Expectation(
        f"{option}.gateway-closed-to-internet",
        "V4",
        "The gateway refuses a call from the internet, because its public access is closed",
        Probe(VantagePoint.INTERNET, around.GATEWAY, asked, ends),
    )


def answers_internet(expectation: Expectation) -> bool:
    """Whether the expectation is that the gateway answers callers on the internet."""
    test = expectation.test
    return isinstance(test, Probe) and test.request is ProbeRequest.GATEWAY_HOST


INBOUNDS: Mapping[Inbound, Callable[[Setting, Topology], Topology]] = {
    "public": as_drawn,
    "internal": self_hosted_gateway.internal,
    "injected": as_drawn,
    "private-endpoint": private_endpoint,
}
