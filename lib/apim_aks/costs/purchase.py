"""What is paid for, and how many of each thing it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apim_aks.facts import QuantityRow, Tier, quantities
from apim_aks.topology import Component, Exposure, Kind, Topology
from apim_aks.workload.model import Requirements
from apim_aks.workload.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is paid for: a topology on a tier, for these requirements and this load."""

    topology: Topology
    tier: Tier
    requirements: Requirements = Requirements()
    traffic: Traffic = Traffic()


def paid_for(requirements: Requirements) -> Requirements:
    """The requirements that affect the cost; all others have their defaults."""
    return Requirements(
        availability_zones=requirements.availability_zones, regions=requirements.regions
    )


def applies(row: QuantityRow, purchase: Purchase) -> bool:
    """The row is about this tier and network mode, and what triggers it is asked for."""
    return (
        (not row.tiers or purchase.tier.name in row.tiers)
        and (not row.modes or purchase.topology.mode in row.modes)
        and (row.when == "always" or purchase.requirements.availability_zones)
    )


def quantity(row: QuantityRow, purchase: Purchase) -> float:
    """The quantity beyond what is included, less what every option has beyond it."""
    already = _ALREADY[row.count](purchase) if row.count in _ALREADY else 0
    counted = already + _COUNTED[row.count](purchase)
    return row.each * (max(0, counted - row.included) - max(0, already - row.included))


def units_needed(purchase: Purchase) -> int:
    """Units in each region: what the requirements, the load and `traffic.units` need at least."""
    rows = (r for r in quantities() if r.count == "least-units" and applies(r, purchase))
    # A gateway in the cluster carries the calls itself, in pods.
    carrying = 0 if purchase.topology.self_hosted else purchase.traffic.units(purchase.tier)
    return max(carrying, *(int(r.each) for r in rows))


def regions_built(purchase: Purchase) -> int:
    """Regions that the template builds the gateway in; one where it cannot have several."""
    several = purchase.tier.has("multi_region") and not purchase.topology.self_hosted
    return max(1, purchase.requirements.regions) if several else 1


def zones_built(purchase: Purchase) -> bool:
    """The template spreads the gateway over availability zones."""
    return purchase.requirements.availability_zones and purchase.tier.has("availability_zones")


def _units(purchase: Purchase) -> int:
    return units_needed(purchase) * regions_built(purchase)


def _own(purchase: Purchase, exposure: Exposure) -> tuple[Component, ...]:
    """Listeners of the cluster on a way from the gateway."""
    topology = purchase.topology
    return tuple(
        c
        for c in topology.components
        if c.in_cluster
        and c.exposure is exposure
        and any(not link.bypass for link in topology.links_to(c.id))
    )


def _left_public(purchase: Purchase) -> tuple[Component, ...]:
    own = {c.id for c in _own(purchase, Exposure.PUBLIC)}
    parts = purchase.topology.components
    return tuple(c for c in parts if c.in_cluster and c.public and c.id not in own)


def _rules(parts: Iterable[Component]) -> int:
    """A load balancer has one rule for each port."""
    return sum(len(c.ports) or 1 for c in parts)


def _rules_in_every_option(purchase: Purchase) -> int:
    """The outbound rule of the cluster and the Services that stay public."""
    egress = sum(int(r.each) for r in quantities() if r.id == "cluster-egress")
    return egress + _rules(_left_public(purchase))


def _private_zones(purchase: Purchase) -> int:
    return len({n.name for n in purchase.topology.names if n.private})


def _kinds(kind: Kind) -> Callable[[Purchase], int]:
    return lambda purchase: len(purchase.topology.of_kind(kind))


_front_doors = _kinds(Kind.FRONT_DOOR)

_COUNTED: dict[str, Callable[[Purchase], int]] = {
    "one": lambda _: 1,
    "by-use": lambda _: 1,
    "least-units": lambda _: 0,  # they set how many units there are and are no part themselves
    "units": _units,
    "first-unit": regions_built,
    "further-units": lambda p: _units(p) - regions_built(p),
    "regions": regions_built,
    "public-addresses": lambda p: len(_own(p, Exposure.PUBLIC)),
    "public-rules": lambda p: _rules(_own(p, Exposure.PUBLIC)),
    "left-public-addresses": lambda p: len(_left_public(p)),
    "internal-load-balancers": lambda p: min(1, len(_own(p, Exposure.PRIVATE))),
    "internal-rules": lambda p: _rules(_own(p, Exposure.PRIVATE)),
    "private-zones": _private_zones,
    "self-hosted-gateways": lambda p: int(p.topology.self_hosted is not None),
    "token-checks": _kinds(Kind.TOKEN_PROXY),
    "ingress-controllers": _kinds(Kind.INGRESS),
    "private-endpoints": _kinds(Kind.PRIVATE_ENDPOINT),
    "nat-gateways": _kinds(Kind.NAT_GATEWAY),
    "firewalls": _kinds(Kind.FIREWALL),
    "network-edges": _kinds(Kind.EDGE),
    "global-edges": _front_doors,
    "global-endpoints": lambda p: 0 if p.topology.gateway_is_public else _front_doors(p),
}
_ALREADY: dict[str, Callable[[Purchase], int]] = {"public-rules": _rules_in_every_option}
