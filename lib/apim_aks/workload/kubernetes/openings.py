"""What an input may open beside the gateway and no check models, each object by file and line.

Which kinds are read or open nothing are rows of data/kubernetes_kinds.csv; every other is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apim_aks.facts.openings import known_kind
from apim_aks.facts.policy_kinds import policy_kinds
from apim_aks.workload.documents import NOTHING, printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.guarded import second_family
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.guards.network_policies import PodPolicy
from apim_aks.workload.guards.pods import HandMadeEndpoints, NodeNetwork, NotUnderstood
from apim_aks.workload.kubernetes.admitted import admits
from apim_aks.workload.kubernetes.answering import API_SERVER, Answering
from apim_aks.workload.kubernetes.folder import KUSTOMIZATION
from apim_aks.workload.kubernetes.object import (
    KUBERNETES,
    Object,
    WrongField,
    text,
)
from apim_aks.workload.kubernetes.public_routes import FORMS
from apim_aks.workload.kubernetes.unread_parts import unread_parts
from apim_aks.workload.model import Service, ServiceType
from apim_aks.workload.opening import Opening


def openings_of(
    objects: list[Object],
    answering: Answering,
    services: Mapping[str, Service],
    guards: Iterable[Guard],
    findings: list[Finding],
) -> tuple[Opening, ...]:
    """Every opening of these objects; a field that cannot be read becomes a finding."""
    own: dict[str, list[str]] = defaultdict(list)
    for service in services.values():
        own[service.origin] += [service.id] if service.derived_from else []
    held = (s for s in services.values() if not s.derived_from)
    found = [o for service in held for o in _of_service(service, own[service.id])]
    found += [o for guard in guards for o in _of_guard(guard)]
    for object in objects:
        found += _kept(object, _of_object(object, answering), findings)
    return tuple(sorted(dict.fromkeys(found), key=lambda o: (o.file, o.line, o.cause)))


def unread(findings: Iterable[Finding]) -> tuple[Opening, ...]:
    """Documents that were left out, or whose patches are not applied: they may open anything.

    What has no apiVersion and kind nobody can apply, so it opens nothing; nor does a route that was
    read, and whose paths alone are not understood.
    """
    return tuple(
        Opening(cause="unread-document", kind="", name="", file=f.file, line=f.line, detail=f.found)
        for f in findings
        if _left_out(f) or f.found == KUSTOMIZATION[0]
    )


def _left_out(finding: Finding) -> bool:
    empty = finding.found == NOTHING or finding.expected.startswith((KUBERNETES, FORMS))
    return finding.refused and not empty


def _kept(object: Object, found: Iterator[Opening], findings: list[Finding]) -> Iterator[Opening]:
    try:
        yield from tuple(found)
    except WrongField as error:
        if (said := object.wrong(error)) not in findings:
            findings.append(said)


def _of_service(service: Service, own: Iterable[str]) -> Iterator[Opening]:
    """What it opens of its pods; `own` are the Services that its further ports get.

    Its address in the cluster is no other way to those than before; a load balancer is.
    """
    sharing = tuple(sorted((service.id, *service.same_pods, *own)))
    balanced = own if service.type is ServiceType.LOAD_BALANCER else ()
    others = tuple(sorted((*service.same_pods, *balanced)))
    if service.type is ServiceType.NODE_PORT or any(p.node_port for p in service.ports):
        ports = ", ".join(str(p.node_port) for p in service.ports if p.node_port)
        yield _service(service, "node-port", sharing, ports)
    if others and service.type is not ServiceType.NODE_PORT:
        yield _service(service, f"second-service-{_address(service)}", others)
    if service.external_ips:
        yield _service(service, "external-ip", sharing, ", ".join(service.external_ips))
    if not service.guardable and service.id != API_SERVER:
        yield _service(service, "no-selector", (service.id,))
    if asked := second_family(service):
        yield _service(service, "second-family", sharing, asked)


def _address(service: Service) -> str:
    if service.public or service.routes:
        return "internet"
    return "network" if service.type is ServiceType.LOAD_BALANCER else "cluster"


def _service(service: Service, cause: str, ids: tuple[str, ...], detail: str = "") -> Opening:
    return Opening(
        cause=cause,
        kind="Service",
        name=service.name,
        file=service.file,
        line=service.line,
        services=ids,
        by=service.id,
        detail=detail,
    )


def _of_guard(guard: Guard) -> Iterator[Opening]:
    """What pods on their nodes, endpoints and policies that are not understood may open."""
    if isinstance(guard, NodeNetwork) and guard.services:
        if guard.host_network:
            yield _guard(guard, "host-network", guard.services)
        if guard.ports:
            yield _guard(guard, "host-port", guard.services, ", ".join(guard.ports))
    elif isinstance(guard, HandMadeEndpoints):
        yield _guard(guard, "hand-made-endpoints", detail=", ".join(guard.addresses))
    elif isinstance(guard, NotUnderstood) and guard.services:
        yield _guard(guard, "policy-unread", guard.services, guard.version)
    elif isinstance(guard, PodPolicy) and guard.services and (who := admits(guard.policy)):
        yield _guard(guard, f"policy-{who}", guard.services)


def _guard(guard: Guard, cause: str, services: tuple[str, ...] = (), detail: str = "") -> Opening:
    return Opening(
        cause=cause,
        kind=guard.kind,
        name=guard.name,
        file=guard.file,
        line=guard.line,
        services=services,
        detail=detail,
    )


def _opening(
    cause: str, object: Object, services: tuple[str, ...] = (), detail: str = ""
) -> Opening:
    return Opening(
        cause=cause,
        kind=object.kind,
        name=object.name,
        file=object.document.file,
        line=object.kind_line,
        services=services,
        detail=detail,
    )


def _of_object(object: Object, answering: Answering) -> Iterator[Opening]:
    if (object.group, object.kind) in policy_kinds():
        return  # a guard, named as not understood
    if not known_kind(object.group, object.kind):
        yield _unread_kind(object, answering)
    elif parts := unread_parts(object):
        yield _opening("unread-part", object, detail=parts)


def _unread_kind(object: Object, answering: Answering) -> Opening:
    parts = {k: v for k, v in object.data.items() if k not in ("apiVersion", "kind", "metadata")}
    named = sorted(set(_named(parts, object.namespace)) & set(answering.services))
    called = text(object.data, "metadata", "name") or "without a name"
    return Opening(
        cause="unread-kind",
        kind=shortened(object.kind),
        name=shortened(called),
        file=object.document.file,
        line=object.kind_line,
        names=tuple(named),
        detail=shortened(printable(object.version)),
    )


def _named(value: Any, namespace: str) -> Iterator[str]:
    """Every text of an object as the id of the Service that it would name."""
    if isinstance(value, dict):
        given = value.get("namespace")
        for part in value.values():
            yield from _named(part, given if isinstance(given, str) else namespace)
    elif isinstance(value, list):
        for part in value:
            yield from _named(part, namespace)
    elif isinstance(value, str):
        host = value.rpartition("://")[2].partition(":")[0]
        name, _, rest = host.partition(".")
        yield f"{rest.partition('.')[0] or namespace}/{name}"
        yield host
