"""What all edges have in common: their place before the gateway, and expectations."""

from __future__ import annotations

from apim_aks.options import surroundings as around
from apim_aks.options.expectations import asked_at, required_rules
from apim_aks.topology import (
    Component,
    Derived,
    DesignRule,
    Expectation,
    Kind,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    Topology,
    VantagePoint,
)

EDGE = "edge"


def way_in(topology: Topology) -> str:
    """What leads to the gateway from outside: its load balancer, its endpoint, or itself."""
    kinds = (Kind.PRIVATE_ENDPOINT, Kind.LOAD_BALANCER)
    fronts = [k.source for k in topology.links_to(around.GATEWAY)]
    return next((f for f in fronts if topology.component(f).kind in kinds), around.GATEWAY)


def before_gateway(topology: Topology, edge: Component) -> tuple[Component, ...]:
    """The components with the edge between consumers and all others."""
    consumers = topology.of_kind(Kind.CONSUMER)
    rest = tuple(c for c in topology.components if c not in consumers)
    return (*(c for c in topology.components if c in consumers), edge, *rest)


def edge_promises(topology: Topology, edge: Component) -> tuple[Expectation, ...]:
    """Consumers ask at the edge, which answers them, refuses attacks and is the only way in."""
    vantage = VantagePoint.INTERNET if edge.public else VantagePoint.SAME_VNET
    option = topology.option
    answers, attack = ProbeRequest.EDGE_HOST, ProbeRequest.ATTACK
    return (
        *asked_at(topology.expectations, EDGE, vantage),
        Expectation(
            f"{option}.edge-answers",
            "V4",
            "The edge answers under its name and leads to the gateway",
            Probe(vantage, EDGE, answers, ProbeOutcome.ANSWER),
        ),
        Expectation(
            f"{option}.attack-refused-at-edge",
            "V4",
            "A call that looks like an attack is refused by the web application firewall",
            Probe(vantage, EDGE, attack, ProbeOutcome.FORBIDDEN),
        ),
        Expectation(
            f"{option}.nothing-around-the-edge",
            "V4",
            "Whoever calls the gateway from the internet around the edge is refused",
            Derived(DesignRule.NOTHING_AROUND_THE_EDGE),
        ),
        *required_rules(topology),
    )
