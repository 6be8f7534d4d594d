"""Security of the gateway itself: unnecessary exposure, and firewalls in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apim_aks.decision.measures.model import Measure, Subject, exact
from apim_aks.facts.criterion_ids import GATEWAY_EXPOSURE, CriterionId
from apim_aks.facts.exposure import exposure_level
from apim_aks.rounding import summed
from apim_aks.topology import EDGE_KINDS, Kind, Reach, Topology, ZoneKind

_NO_FIREWALL, _AROUND = "no-firewall", "around-edge"
_OWN = (Kind.GATEWAY, Kind.LOAD_BALANCER, Kind.PRIVATE_ENDPOINT)


def gateway_exposure(subject: Subject) -> Measure:
    """The steps by which the gateway is open wider than its consumers need it.

    A way through an edge counts as one to the gateway; the edge is its firewall. Whoever comes
    around a Front Door is refused by a header, which closes no way.
    """
    found = tuple(_steps(subject.topology))
    said = tuple(words for _, words in found)
    return exact(GATEWAY_EXPOSURE, said, summed(step for step, _ in found))


def _steps(topology: Topology) -> Iterator[tuple[float, str]]:
    own = max((c.reach for c in topology.of_kind(*_OWN)), default=Reach.GATEWAY)
    edges = topology.of_kind(*EDGE_KINDS)
    widest, needed = max([own, *(c.reach for c in edges)]), _needed(topology)
    if (more := _level(widest) - _level(needed)) > 0:
        yield more, f"{widest.label} reaches the gateway, although every stated caller is inside"
    if own is Reach.INTERNET and topology.of_kind(Kind.FRONT_DOOR):
        row = exposure_level(_AROUND)
        yield row.level, f"the internet reaches the gateway around its edge, refused by {row.label}"
    elif own is Reach.INTERNET:
        row = exposure_level(_NO_FIREWALL)
        yield row.level, f"the internet reaches the gateway with {row.label} before it"


def _level(reach: Reach) -> float:
    return exposure_level(reach.name.lower()).level if reach >= Reach.GATEWAY else 0.0


def _needed(topology: Topology) -> Reach:
    """The widest place that consumers are stated to call from; of strangers none is."""
    zones = {zone.id: zone.kind for zone in topology.zones}
    bypassing = {k.source for k in topology.links if k.bypass}
    consumers = (c for c in topology.of_kind(Kind.CONSUMER) if c.id not in bypassing)
    outside = (zones[c.zone] is ZoneKind.INTERNET for c in consumers)
    return Reach.INTERNET if any(outside) else Reach.NETWORK


MEASURES: dict[CriterionId, Callable[[Subject], Measure]] = {GATEWAY_EXPOSURE: gateway_exposure}
