"""Callers from outside the cluster today, their entries, and which lose access under an option.

Entries are what the workload's own objects open: public frontends, internal addresses, ports of the
nodes and of pods on them, external addresses, Private Link Services, routes, those that may be
routes, and addresses of pods in a network that has them. Each is traced before and after the
option's manifests are applied, both in the network of the option, so that only the manifests make
the difference.
No file identifies these callers: only the place that they come from is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from apim_aks.decision.design import Design, Placement
from apim_aks.listing import listed
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.places import Place
from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.scene import Front, Scene
from apim_aks.reachability.verdicts import Verdict
from apim_aks.reachability.ways import Kind, Way, Ways
from apim_aks.reachability.zones import Zone
from apim_aks.workload.model import Service, ServiceType


class EntryKind(StrEnum):
    """What callers from outside the cluster connect to."""

    PUBLIC = "public entry"
    INTERNAL = "internal address"
    NODES = "node ports"
    HOST_PORT = "ports of the nodes of its pods"
    EXTERNAL = "external addresses"
    PRIVATE_LINK = "Private Link Service"
    ROUTE = "route"
    UNREAD = "routes that are not understood"
    POD = "addresses of the pods"

    @property
    def key(self) -> str:
        """The kind as people type it, such as `private-link`."""
        return self.name.lower().replace("_", "-")


_WAYS = {
    EntryKind.PUBLIC: Kind.FRONTEND,
    EntryKind.INTERNAL: Kind.FRONTEND,
    EntryKind.NODES: Kind.NODE,
    EntryKind.HOST_PORT: Kind.NODE,
    EntryKind.EXTERNAL: Kind.EXTERNAL_ADDRESS,
    EntryKind.PRIVATE_LINK: Kind.PRIVATE_LINK,
    EntryKind.ROUTE: Kind.ROUTE,
    EntryKind.UNREAD: Kind.ROUTE,
    EntryKind.POD: Kind.POD,
}
_OUTSIDE = (Zone.INTERNET,)
_INSIDE = (Zone.NETWORK, Zone.PEERED, Zone.ON_PREMISES)
_FROM = {
    EntryKind.PUBLIC: _OUTSIDE,
    EntryKind.INTERNAL: _INSIDE,
    EntryKind.NODES: _INSIDE,
    EntryKind.HOST_PORT: _INSIDE,
    EntryKind.EXTERNAL: _INSIDE,
    EntryKind.PRIVATE_LINK: (Zone.REGION,),
    EntryKind.ROUTE: (*_OUTSIDE, *_INSIDE),
    EntryKind.UNREAD: (*_OUTSIDE, *_INSIDE),
    EntryKind.POD: _INSIDE,
}
"""The places from which an entry is called. The region of tenants stands for private endpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of today: a Service with its address, or a route, by file and line.

    `addresses` are the address, the label in DNS and the name of the public address, as far as the
    Service states them.
    """

    kind: EntryKind
    service: str
    called: str
    place: str
    addresses: tuple[str, ...] = ()

    def is_way(self, way: Way) -> bool:
        """Whether this path is the entry's, or what remains of it after files are applied."""
        if way.kind is not _WAYS[self.kind]:
            return False
        if self.kind in (EntryKind.ROUTE, EntryKind.UNREAD):
            return way.words.startswith(f"{self.called} leads to it")
        facing = way.facing
        if self.kind in (EntryKind.HOST_PORT, EntryKind.POD):
            return facing is None
        if facing is None or facing.of != self.service:
            return False
        if self.kind in (EntryKind.NODES, EntryKind.EXTERNAL, EntryKind.PRIVATE_LINK):
            return True
        other = zip(self.addresses, _addresses(facing), strict=False)
        moved = any(mine and theirs and mine != theirs for mine, theirs in other)
        return facing.internal is (self.kind is EntryKind.INTERNAL) and not moved


def _addresses(facing: Facing) -> tuple[str, ...]:
    return facing.address, facing.label, facing.public_address


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideCaller:
    """Callers of a port from a place by an entry, before and after; `later` is their new entry.

    `because` are the reasons of the answer after.
    """

    entry: Entry
    port: str
    source: str
    before: Answer
    after: Answer
    because: tuple[str, ...]
    later: str

    @property
    def lost(self) -> bool:
        """It was not closed before, and is now."""
        return self.after is Answer.CLOSED and self.before is not Answer.CLOSED


def outside_callers(design: Design, placement: Placement) -> tuple[OutsideCaller, ...]:
    """All possible callers from outside, before and after an option; kept with the design."""
    kept = design.once(_kept)
    if id(placement) not in kept:
        kept[id(placement)] = placement, tuple(_callers(design, placement))
    return kept[id(placement)][1]


def _kept(design: Design) -> dict[int, tuple[Placement, tuple[OutsideCaller, ...]]]:
    return {}


def _callers(design: Design, placement: Placement) -> Iterator[OutsideCaller]:
    proof = placement.proved.proof
    if proof is None:
        return
    today = design.proofs.today.site.scene
    before, after = surroundings(replace(proof.site, scene=today)), proof.outside
    stays = {service.id: service for service in proof.site.scene.services}
    ways = Ways(before.reach)
    for service in today.services:
        for entry in _entries(before, ways, service):
            for place in (p for p in before.places.all if p.zone in _FROM[entry.kind]):
                was = _along(before, service, place, entry.is_way)
                now = _along(after, stays.get(service.id), place, entry.is_way)
                yield from _compared(placement, entry, was, now)


def _along(
    outside: Outside, service: Service | None, place: Place, taken: Callable[[Way], bool]
) -> dict[str, Verdict]:
    """The verdicts by port for the place of this site."""
    mine = next(p for p in outside.places.all if p.zone is place.zone)
    return {v.port: v for v in outside.along(service, mine, taken)} if service else {}


def _compared(
    placement: Placement, entry: Entry, was: dict[str, Verdict], now: dict[str, Verdict]
) -> Iterator[OutsideCaller]:
    for port, before in was.items():
        after = now.get(port)
        if before.answer is Answer.CLOSED:
            continue
        answer = after.answer if after else Answer.CLOSED
        if entry.kind is EntryKind.POD and answer is before.answer:
            continue  # nobody states that pods are called by their addresses: only a loss counts
        gone = f"{entry.called} is removed by closing"
        yield OutsideCaller(
            entry=entry,
            port=port,
            source=before.source,
            before=before.answer,
            after=answer,
            because=(after.because if after else ()) or (gone,),
            later=_later(placement, entry, answer),
        )


def _later(placement: Placement, entry: Entry, after: Answer) -> str:
    """What such a caller calls under the option."""
    if after is Answer.OPEN:
        return "it stays as it is"
    apis = (api for api in placement.mapping.apis if api.operations)
    mine = [a for a in apis if any(o.service == entry.service for o in a.operations)]
    if not mine:
        return "nothing: no API is published for it; publish it, or keep its entry"
    return f"API Management, with a key: {listed([f'/{api.place}' for api in mine])}"


def _entries(outside: Outside, ways: Ways, service: Service) -> Iterator[Entry]:
    """The entries of a Service, and of the routes that lead to it."""
    facing = ways.facing(service)
    if service.type is not ServiceType.EXTERNAL_NAME:
        yield from _of_service(facing)
        yield from _of_pods(outside, service)
    scene = outside.reach.scene
    for kind, fronts in ((EntryKind.ROUTE, scene.fronts), (EntryKind.UNREAD, _unread(scene))):
        for front in dict.fromkeys(f for f in fronts if f.service == service.id):
            yield Entry(
                kind=kind,
                service=service.id,
                called=f"{front.kind} {front.name}",
                place=f"{front.file} line {front.line}",
            )


def _unread(scene: Scene) -> Iterator[Front]:
    """What names a Service and is no route to it that is understood."""
    read = {(f.kind, f.name, f.service) for f in scene.fronts}
    yield from (f for f in scene.mentions if (f.kind, f.name, f.service) not in read)


def _of_pods(outside: Outside, service: Service) -> Iterator[Entry]:
    """The addresses of its pods, and the ports of nodes that lead to them (hostPort)."""
    pods = [outside.reach.ends.pods[pod] for pod, _ in outside.reach.behind(service)]
    if pods:
        place = f"{service.file} line {service.line}"
        called = f"the addresses of the pods of Service {service.id}"
        yield Entry(kind=EntryKind.POD, service=service.id, called=called, place=place)
    for pod in dict.fromkeys(p for p in pods if p.host_ports):
        ports = listed([f"{host}/{named}" for named, _, host in pod.host_ports])
        yield Entry(
            kind=EntryKind.HOST_PORT,
            service=service.id,
            called=f"port {ports} of the nodes of {pod.workload}",
            place=f"{pod.file} line {pod.line}",
        )


def _of_service(facing: Facing) -> Iterator[Entry]:
    def entry(kind: EntryKind, called: str) -> Entry:
        return Entry(
            kind=kind,
            service=facing.of,
            called=called,
            place=f"{facing.file} line {facing.line}",
            addresses=_addresses(facing),
        )

    name = f"Service {facing.of}"
    if facing.balanced:
        kind = EntryKind.INTERNAL if facing.internal else EntryKind.PUBLIC
        at = next((f" ({told})" for told in _addresses(facing) if told), "")
        yield entry(kind, f"the load balancer of {name}{at}")
    if facing.private_link:
        yield entry(EntryKind.PRIVATE_LINK, f"the Private Link Service of {name}")
    if facing.balanced or facing.type is ServiceType.NODE_PORT:
        yield entry(EntryKind.NODES, f"the node port of {name}")
    if facing.external_ips:
        yield entry(EntryKind.EXTERNAL, f"{listed(facing.external_ips)} of {name}")
