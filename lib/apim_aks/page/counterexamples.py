"""What is open beyond an option's drawing, drawn as paths on its picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apim_aks.decision.claimed import Claim
from apim_aks.decision.design import Placement
from apim_aks.decision.reached import PortReached, Reached
from apim_aks.page.diagram import Picture, picture
from apim_aks.reachability.verdicts import Packet, Verdict
from apim_aks.reachability.zones import Zone
from apim_aks.topology import (
    Auth,
    Component,
    Exposure,
    Kind,
    Link,
    Protocol,
    Topology,
    ZoneKind,
)
from apim_aks.topology import Zone as Boundary

_CARDS = 8
"""Fewer than elsewhere: what such a picture is about is one arrow."""
_BOUNDARIES = {
    Zone.INTERNET: ZoneKind.INTERNET,
    Zone.REGION: ZoneKind.AZURE,
    Zone.NETWORK: ZoneKind.NETWORK,
    Zone.PEERED: ZoneKind.PEERED_NETWORK,
    Zone.ON_PREMISES: ZoneKind.ON_PREMISES,
}


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The widest zone that one port is open to against the drawing, with the packet."""

    port: PortReached
    claim: Claim
    verdict: Verdict
    packet: Packet

    @property
    def zone(self) -> Zone:
        """Where the packet comes from."""
        return Zone(self.verdict.source)

    @property
    def target(self) -> str:
        """The component that the packet arrives at."""
        return (self.claim.entrance if self.verdict.entrance else "") or self.claim.component


def paths(found: Iterable[Counterexample]) -> tuple[str, ...]:
    """A sentence for each arrow: who reaches which ports, with which packet, and what admits it."""
    arrows: dict[tuple[Zone, str, str], list[Counterexample]] = {}
    for one in found:
        arrows.setdefault((one.zone, one.target, one.verdict.credential), []).append(one)
    return tuple(map(_sentence, arrows.values()))


def _sentence(alike: Sequence[Counterexample]) -> str:
    first = alike[0]
    where = f"{first.port.service} on {first.port.port}"
    if len(alike) > 1:
        where = f"{len(alike)} ports, such as {where}"
    who = f"{first.zone.words[0].upper()}{first.zone.words[1:]}"
    return f"{who} reaches {where}: {first.packet}; {first.verdict.because[-1]}.{_asked(first)}"


def _asked(found: Counterexample) -> str:
    if found.verdict.credential:
        return f" It still asks for {found.verdict.credential}."
    return " The certificate that is drawn is not asked for." if found.claim.asked else ""


def counterexamples(found: Reached) -> tuple[Counterexample, ...]:
    """One for each port that is open beyond the drawing."""
    return tuple(_widest(found.ports))


def _widest(ports: Iterable[PortReached]) -> Iterator[Counterexample]:
    for port in ports:
        broken = sorted(port.unclaimed, key=lambda v: list(Zone).index(Zone(v.source)))
        for verdict in broken[:1]:
            if port.claim and verdict.packet:
                yield Counterexample(port, port.claim, verdict, verdict.packet)


def counterexample_picture(placement: Placement, found: Iterable[Counterexample]) -> Picture:
    """The option with a dashed arrow for each path that it does not claim."""
    found = tuple(found)
    topology = placement.topology
    for zone in dict.fromkeys(f.zone for f in found):
        topology = _with_source(topology, zone)
    links = dict.fromkeys(_link(placement, f) for f in found)
    drawn = replace(topology, links=(*topology.links, *links))
    title = f"What is open beyond the design of {placement.option.title}"
    return picture(drawn, title, _CARDS, lead=f"Open beyond the design: {' '.join(paths(found))}")


def _source(topology: Topology, zone: Zone) -> str:
    gateways = topology.of_kind(Kind.GATEWAY)
    return gateways[0].id if zone is Zone.GATEWAY and gateways else f"anyone-in-{zone.name.lower()}"


def _with_source(topology: Topology, zone: Zone) -> Topology:
    """The topology with anyone of a zone in it, in a boundary of that kind."""
    id = _source(topology, zone)
    if any(c.id == id for c in topology.components):
        return topology
    kind = _BOUNDARIES[zone]
    place = next((z for z in topology.zones if z.kind is kind), None)
    made = () if place else (Boundary(id, zone.words, kind),)
    anyone = Component(
        id=id,
        label=f"Anyone in {zone.words}",
        kind=Kind.CONSUMER,
        zone=place.id if place else id,
        exposure=Exposure.NONE,
    )
    return replace(
        topology, zones=(*topology.zones, *made), components=(*topology.components, anyone)
    )


def _link(placement: Placement, found: Counterexample) -> Link:
    entered = found.target == found.claim.entrance
    return Link(
        source=_source(placement.topology, found.zone),
        target=found.target,
        protocol=Protocol(found.packet.protocol),
        port=found.packet.port,
        auth=(Auth.CLIENT_CERTIFICATE if found.verdict.credential else Auth.NONE,),
        bypass=True,
        note="" if entered else f"to {found.packet.destination}",
    )
