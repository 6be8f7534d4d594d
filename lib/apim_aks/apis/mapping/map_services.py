"""The mapping of a workload: proposals, with the architect's word over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import replace

from apim_aks.apis.mapping.behaviour import alike, sentence
from apim_aks.apis.mapping.callers_paths import beside, host_notes, moved
from apim_aks.apis.mapping.choosing import choice
from apim_aks.apis.mapping.gateways import gateway_notes
from apim_aks.apis.mapping.grouping import Group, group
from apim_aks.apis.mapping.handling import cors_notes, handled
from apim_aks.apis.mapping.long_calls import lasting_notes
from apim_aks.apis.mapping.meshes import mesh_notes
from apim_aks.apis.mapping.methods import joined_by_method
from apim_aks.apis.mapping.model import About, Api, Decision, Mapping, Note
from apim_aks.apis.mapping.naming import name_all, overlaps
from apim_aks.apis.mapping.overrides import regroup, rename
from apim_aks.apis.mapping.port_documents import with_port_documents
from apim_aks.apis.mapping.publishing import decide
from apim_aks.apis.mapping.repeats import without_repeats
from apim_aks.apis.mapping.route_settings import today
from apim_aks.apis.mapping.signing_in import asked_notes
from apim_aks.apis.mapping.splits import shares_of, split_notes, splits
from apim_aks.facts import protocols
from apim_aks.listing import listed
from apim_aks.workload.collector import without_collector
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Service, Workload
from apim_aks.workload.ports import (
    called,
    http_port,
    left_beside,
    not_published,
    open_besides,
)
from apim_aks.workload.route import Route


@without_collector()
def map_services(workload: Workload) -> Mapping:
    """The mapping of this workload: proposals, with the architect's `publish` and `apis` over them.

    Raises:
        InputError: `publish` or `apis` names something that is not there or cannot be done.
    """
    decisions = decide(workload := with_port_documents(workload))
    chosen = {d.service for d in decisions if d.publish}
    published = sorted((s for s in workload.services if s.id in chosen), key=lambda s: s.id)
    shares = shares_of(published)
    found = group([s for s in published if s.id not in shares], _asked(workload))
    decisions = _with_operations(decisions, found.groups, shares)
    wanted = regroup(joined_by_method(found.groups, published), workload)
    groups, repeated = without_repeats(wanted.groups, workload)
    proposed, named = name_all(groups)
    apis = handled(rename(proposed, workload, wanted.emptied), published)
    does_today = tuple(today(published, apis))
    about = (
        *choice(workload, decisions),
        *_unpaired(workload),
        *found.notes,
        *named,
        *_of_apis(apis, published),
        *_not_rest(decisions),
        *gateway_notes(decisions, {s.id: s for s in workload.services}),
        *split_notes(workload.services, chosen),
        *moved(apis, workload),
        *beside(published, apis),
        *(Note(About.TODAY, same[0].service, sentence(same)) for same in alike(does_today)),
        *_of_services(published, workload),
    )
    return Mapping(
        decisions=decisions,
        apis=apis,
        collisions=found.collisions,
        notes=about,
        findings=(*repeated, *wanted.findings, *_unused(workload, chosen)),
        splits=splits(shares),
        today=does_today,
    )


def _unused(workload: Workload, chosen: set[str]) -> Iterator[Finding]:
    """What `tls` says of Services that nobody publishes: nothing is called by that name."""
    for service in workload.services:
        if service.tls.host and service.id not in chosen:
            found = f"tls.{service.id}, which is not published, so that its name is not used"
            yield Finding("workload.yaml", 0, found, "a published Service", refused=False)


def _of_apis(apis: tuple[Api, ...], published: Sequence[Service]) -> Iterator[Note]:
    yield from asked_notes(apis, {s.id: s for s in published})
    yield from overlaps(apis)
    yield from lasting_notes(apis)
    yield from cors_notes(apis)
    yield from _undescribed(apis)


def _of_services(published: list[Service], workload: Workload) -> Iterator[Note]:
    yield from mesh_notes(published, workload)
    yield from host_notes(published)
    yield from _ports(published)
    yield from _left_ports(published, workload)


def _asked(workload: Workload) -> set[tuple[str, str, str]]:
    """The operations that entries of `apis` name."""
    return {
        (workload.service(name).id, *_method_and_path(text))
        for entry in workload.apis.values()
        for name, operations in (entry.get("operations") or {}).items()
        for text in operations
    }


def _method_and_path(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    return method.upper(), path.strip()


def _with_operations(
    decisions: tuple[Decision, ...], groups: Sequence[Group], shares: Mapping_[str, Route]
) -> tuple[Decision, ...]:
    """A Service is not published where no route leads to anything that describes it."""
    answering = {o.service for g in groups for o in g.operations} | set(shares)
    why = "no route leads to any operation that its document describes"
    return tuple(
        replace(d, publish=False, reason=f"{why}; {d.reason}")
        if d.publish and d.service not in answering
        else d
        for d in decisions
    )


def _unpaired(workload: Workload) -> tuple[Note, ...]:
    said = (
        "it publishes nothing, since no Service has it: name it under `openapi` in workload.yaml, "
        "or take it out of `unpaired`"
    )
    return tuple(Note(About.UNPAIRED, file, said) for file in workload.unpaired)


def _undescribed(apis: tuple[Api, ...]) -> tuple[Note, ...]:
    cost = (
        "no OpenAPI document: one operation for every call{}, so no policy, limit, cache or "
        "documentation of a single operation, and no contract to compare"
    )
    every = ((o.service, o.wildcard) for a in apis for o in a.operations if o.undescribed)
    return tuple(
        Note(About.UNDESCRIBED, service, cost.format("" if any_method else " of a method"))
        for service, any_method in dict.fromkeys(every)
    )


def _not_rest(decisions: tuple[Decision, ...]) -> tuple[Note, ...]:
    rows = {row.role: row for row in protocols()}
    return tuple(
        Note(About.NOT_REST, d.service, f"{d.role.label}: {rows[d.role].at_gateway}")
        for d in decisions
        if d.role in rows
    )


def _ports(services: list[Service]) -> Iterator[Note]:
    """What a route or a load balancer calls today and no API does afterwards."""
    for s in services:
        if s.derived_from:
            ports = listed([f"port {called(p)}" for p in s.ports])
            yield Note(About.PORT, s.id, _OWN.format(ports=ports, service=s.derived_from))
        number, left = http_port(s), {route for route, _ in left_beside(s)}
        for route, port in not_published(s):
            said = f"{route.kind} {route.name} leads {route.host}{route.path} to {port}"
            stays = _STAYS if route in left else ""
            yield Note(
                About.PORT, s.id, f"{said}; port {number} is published, and that path is not{stays}"
            )
        if others := open_besides(s):
            ports = listed([f"port {called(p)}" for p in others])
            said = f"its load balancer opens {ports} too; port {number} is published, and callers"
            yield Note(About.PORT, s.id, f"{said} of another one have no way in afterwards")


def _left_ports(published: Sequence[Service], workload: Workload) -> Iterator[Note]:
    """The further ports of published Services whose own Services nobody publishes."""
    ids = {s.id for s in published}
    for s in workload.services:
        if s.derived_from and s.origin in ids and s.id not in ids:
            ports = listed([f"port {called(p)}" for p in s.ports])
            for r in s.routes:
                said = f"{r.kind} {r.name} leads {r.host}{r.path} to {ports} of it"
                yield Note(About.PORT, s.origin, f"{said}; {_UNLISTED.format(s.id)}")


_UNLISTED = (
    "this route stays for its callers, and leads around the gateway; list {} under `publish` in "
    "workload.yaml, so that the manifests create that Service and it becomes an API"
)
_OWN = (
    "{ports} of Service {service}, to which routes lead beside another of its ports: the manifests "
    "create this Service before the same pods, so that each port has an API"
)
_STAYS = (
    ": this route stays for its callers, and leads around the gateway; give the port a Service of "
    "its own and list both under `publish` in workload.yaml, so that each becomes an API"
)
