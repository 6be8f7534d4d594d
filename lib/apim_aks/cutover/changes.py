"""What changes for each present caller before and after an option, with its credentials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.cutover.change import Address, Change, Demand, Path, Stops, Taken
from apim_aks.cutover.demands import demands
from apim_aks.cutover.entries import NewEntry, new_entry, not_drawn
from apim_aks.cutover.owners import Owners, names_kept, owners
from apim_aks.cutover.unnamed import unnamed
from apim_aks.decision.design import Design, Placement
from apim_aks.facts import azure_facts
from apim_aks.facts.callers import name_annotations
from apim_aks.listing import listed
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.zones import Zone
from apim_aks.topology import Link
from apim_aks.verification.callers import Access, access
from apim_aks.verification.entries import EntryKind, OutsideCaller, outside_callers
from apim_aks.workload.model import Service
from apim_aks.workload.names import cluster_host, label
from apim_aks.workload.route import Route

Published = tuple[Api, ApiOperation]
_DIRECT = frozenset(EntryKind) - {EntryKind.ROUTE, EntryKind.UNREAD}
"""Entries that pass every path on to the Service."""
_NAMED = 4


def changes(design: Design, placement: Placement) -> tuple[Change, ...]:
    """Every present caller, by team: callers from outside first, then those in the cluster.

    Struck calls are left out. Without a proof callers from outside are unknown: there
    is none, and `placement.proved.refused` says why. The result is kept with the design.
    """
    kept = design.once(_kept)
    if id(placement) not in kept:
        kept[id(placement)] = placement, _changes(design, placement)
    return kept[id(placement)][1]


def _kept(design: Design) -> dict[int, tuple[Placement, tuple[Change, ...]]]:
    return {}


def _changes(design: Design, placement: Placement) -> tuple[Change, ...]:
    scene = _Scene(design, placement, owners(design.workload), _by_service(placement))
    outside = map(scene.outside, outside_callers(design, placement))
    found = (*outside, *scene.inside(), *scene.unnamed())
    return tuple(sorted(_together(found), key=lambda c: (c.team, c.inside, c.service)))


def _together(found: Iterable[Change]) -> Iterator[Change]:
    """Merges changes that differ only in the place of their callers."""
    alike: dict[Change, list[str]] = {}
    for change in found:
        alike.setdefault(replace(change, caller=""), []).append(change.caller)
    for change, callers in alike.items():
        yield from (replace(change, caller=c) for c in dict.fromkeys(callers))


def _by_service(placement: Placement) -> Mapping[str, Sequence[Published]]:
    found: dict[str, list[Published]] = defaultdict(list)
    for api in placement.mapping.apis:
        for operation in api.operations:
            found[operation.service].append((api, operation))
    return found


@dataclass(frozen=True, slots=True)
class _Scene:
    design: Design
    placement: Placement
    owners: Owners
    operations: Mapping[str, Sequence[Published]]

    def outside(self, found: OutsideCaller) -> Change:
        """The change for callers by one entry from one place."""
        service = self.design.workload.service(found.entry.service)
        zone = Zone(found.source)
        entry = new_entry(self.placement, zone)
        stops = _stops(found.before, found.after)
        links = entry.links if entry else ()
        taken = tuple(self._taken(found, links)) if stops is not Stops.NEVER else ()
        old = Address(found.entry.called, self._hosts(found, service), _port(found, service))
        new = _new(entry) if entry and taken else None
        return Change(
            team=self.owners.of_service(service),
            caller=f"callers from {zone.words}",
            inside=False,
            kind=found.entry.kind.key,
            state=None,
            service=service.id,
            place=found.entry.place,
            old=old,
            new=old if stops is Stops.NEVER else new,
            taken=taken if new else (),
            stops=stops,
            before=found.before,
            after=found.after,
            why=self._why(found, stops, zone, entry, bool(taken)),
            left=self._left(found, service) if new else (),
            strays=bool(new) and _strays(found, self._of(service)),
        )

    def _why(
        self, found: OutsideCaller, stops: Stops, zone: Zone, entry: NewEntry | None, taken: bool
    ) -> str:
        if stops is Stops.NEVER:
            return "it stays as it is"
        told = "; ".join(found.because[:2])
        if found.entry.kind is EntryKind.UNREAD:
            told = f"{told}; whom it serves is not known"
        if entry is None:
            return f"{told}; {not_drawn(zone)}"
        if not taken:
            return f"{told}; no API is published for it: publish it, or keep its entry"
        return told

    def _of(self, service: Service) -> Sequence[Published]:
        return self.operations.get(service.id, ())

    def _taken(self, found: OutsideCaller, links: Sequence[Link]) -> Iterator[Taken]:
        """The operations by API and by their demands."""
        service = self.design.workload.service(found.entry.service)
        by: dict[tuple[str, tuple[Demand, ...]], list[Path]] = {}
        for api, operation in self._of(service):
            if (old := _old_path(found, operation, service)) is None:
                continue
            asked = demands(self.design.workload, api, operation, links)
            path = Path(operation.method, old, api.path_of(operation))
            by.setdefault((api.id, asked), []).append(path)
        yield from (Taken(api, asked, tuple(paths)) for (api, asked), paths in by.items())

    def _left(self, found: OutsideCaller, service: Service) -> tuple[str, ...]:
        """The operations of the Service's documents that no API publishes."""
        if found.entry.kind not in _DIRECT:
            return ()
        kept = {(o.method, o.backend_path) for _, o in self._of(service)}
        if any(o.wildcard for _, o in self._of(service)):
            return ()
        declared = ((o.method, d.path_of(o)) for d in service.documents for o in d.operations)
        return tuple(f"{m} {p}" for m, p in dict.fromkeys(declared) if (m, p) not in kept)

    def _hosts(self, found: OutsideCaller, service: Service) -> tuple[str, ...]:
        if found.entry.kind is EntryKind.ROUTE:
            return tuple(sorted({r.host for r in _routes(found, service) if r.host}))
        if found.entry.kind not in (EntryKind.PUBLIC, EntryKind.INTERNAL):
            return ()
        kept = names_kept(service.annotations, [r.annotation for r in name_annotations()])
        address, named, _ = found.entry.addresses
        region, suffix = self.design.workload.azure.region, azure_facts().public_suffix
        own = (f"{label(named, 63)}.{region}.{suffix}",) if named else ()
        return tuple(dict.fromkeys((*kept, *own, *((address,) if address else ()))))

    def inside(self) -> Iterator[Change]:
        """The calls of the graph that are not struck."""
        for one in access(self.design, self.placement):
            if one.call.holds:
                yield self._inside(one)

    def _inside(self, one: Access) -> Change:
        call = one.call
        at = _dialled(self.design, call.callee, one)
        stops = _stops(one.before.answer, one.after.answer)
        closed = one.after.answer is Answer.CLOSED
        stays = one.after.answer is Answer.OPEN or (closed and stops is Stops.NEVER)
        return Change(
            team=self.owners.of_caller(call.caller),
            caller=call.caller.called,
            inside=True,
            state=call.state,
            service=call.callee,
            place="; ".join(e.place for e in call.evidence[:2]) or "calls in workload.yaml",
            old=at,
            new=None if stops is Stops.CLOSE else at,
            stops=stops,
            before=one.before.answer,
            after=one.after.answer,
            why="it stays as it is" if stays else "; ".join(one.after.because),
        )

    def unnamed(self) -> Iterator[Change]:
        """Unknown callers in the cluster, which isolation cuts off with all others."""
        for service, losing, after in unnamed(self.design, self.placement):
            names, closed = listed(losing, _NAMED), after is Answer.CLOSED
            at = Address(f"Service {service.id}", (cluster_host(service),))
            admits = "" if closed else ", unless something that is not understood admits them"
            yield Change(
                team=self.owners.of_service(service),
                caller="any pod of the cluster that no file names as its caller",
                inside=True,
                state=None,
                service=service.id,
                place=f"{service.file} line {service.line}",
                old=at,
                new=None if closed else at,
                stops=Stops.CLOSE if closed else Stops.UNKNOWN,
                before=Answer.OPEN if closed else Answer.UNKNOWN,
                after=after,
                why=f"it is isolated from {names}{admits}; add its callers to `calls`",
            )


def _stops(before: Answer, after: Answer) -> Stops:
    """When the connection stops; never if it was already closed."""
    if after is Answer.OPEN or before is Answer.CLOSED:
        return Stops.NEVER
    return Stops.CLOSE if after is Answer.CLOSED else Stops.UNKNOWN


def _new(entry: NewEntry) -> Address:
    return Address(entry.component.label, (entry.host,), f"TCP {entry.port}")


def _port(found: OutsideCaller, service: Service) -> str:
    """The port to connect to: a route does not state it, and a node port differs."""
    if found.entry.kind is EntryKind.ROUTE:
        return "TCP 443" if all(r.secret for r in _routes(found, service)) else ""
    if found.entry.kind in (EntryKind.HOST_PORT, EntryKind.UNREAD):
        return ""  # it stands in the name of the entry, or nobody knows it
    if found.entry.kind not in (EntryKind.NODES, EntryKind.POD):
        return found.port
    protocol, _, number = found.port.partition(" ")
    port = next((p for p in service.ports if str(p.number) == number), None)
    if found.entry.kind is EntryKind.POD:
        return f"{protocol} {port.target if port and port.target else number}"
    told = port.node_port if port else None
    return f"{protocol} {told or 'that the cluster chooses'}"


def _routes(found: OutsideCaller, service: Service) -> list[Route]:
    named = found.entry.called
    spaced = ((r, r.namespace or service.namespace) for r in service.routes)
    return [r for r, space in spaced if f"{r.kind} {space}/{r.name}" == named]


def _old_path(found: OutsideCaller, operation: ApiOperation, service: Service) -> str | None:
    """The path that callers of the entry request today; None if it does not lead there."""
    if found.entry.kind is EntryKind.UNREAD:
        return ""
    if found.entry.kind is not EntryKind.ROUTE:
        return operation.backend_path
    called, routes = operation.called, _routes(found, service)
    if called is None:
        return ""
    named = not called.hosts or bool({r.host for r in routes} & set(called.hosts))
    led = any(r.taken.prefix == called.prefix or r.taken.takes(called.path) for r in routes)
    return called.path if named and led else None


def _strays(found: OutsideCaller, operations: Sequence[Published]) -> bool:
    """Whether the entry forwards every path today, while the APIs publish only described ones."""
    direct = found.entry.kind in _DIRECT
    return direct and not any(o.wildcard for _, o in operations)


def _dialled(design: Design, id: str, one: Access) -> Address:
    known = next((s for s in design.workload.services if s.id == id), None)
    return Address(f"Service {id}", (cluster_host(known),) if known else (), one.port)
