"""Kubernetes manifests as Services, each with the pods behind it and the routes that lead to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from apim_aks.workload.call import CallGraph
from apim_aks.workload.documents import Parsed, described
from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Guards
from apim_aks.workload.kubernetes.answering import Answering
from apim_aks.workload.kubernetes.backend_tls import ports_by_tls
from apim_aks.workload.kubernetes.calls import call_graph
from apim_aks.workload.kubernetes.gateway_files import gateway_files
from apim_aks.workload.kubernetes.guards import guards_of
from apim_aks.workload.kubernetes.held_certificates import with_certificates
from apim_aks.workload.kubernetes.manifests import Read
from apim_aks.workload.kubernetes.object import (
    Object,
    Path_,
    WrongField,
    at,
    items,
    mapping,
    objects_in,
    pairs,
    text,
    texts,
)
from apim_aks.workload.kubernetes.openings import openings_of, unread
from apim_aks.workload.kubernetes.pods import PodIndex, with_pods
from apim_aks.workload.kubernetes.port_services import Named
from apim_aks.workload.kubernetes.public_routes import with_routes
from apim_aks.workload.kubernetes.refused_by_cluster import refused_by_cluster
from apim_aks.workload.kubernetes.rollouts import rollouts
from apim_aks.workload.kubernetes.traffic_policies import said_of_tls
from apim_aks.workload.model import Port, Service, ServiceType
from apim_aks.workload.opening import Opening

AZURE = "service.beta.kubernetes.io/azure-"
INTERNAL = f"{AZURE}load-balancer-internal"
RANGE_ANNOTATIONS = (
    f"{AZURE}allowed-ip-ranges",
    "service.beta.kubernetes.io/load-balancer-source-ranges",
)

# kubectl keeps a copy of the whole object here, with whatever secrets were in it.
_LEFT_OUT = "kubectl.kubernetes.io/last-applied-configuration"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifests:
    """What the manifests hold: Services in order of their ids, and how many objects of each kind.

    `digests` are the SHA-256 of each file, by its path from the root; `openings` are what the
    objects may open and no check models, `guards` what guards or opens pods, `graph` is who calls
    whom, `documents` are what all of it was read from.
    """

    services: tuple[Service, ...]
    findings: tuple[Finding, ...] = ()
    objects: tuple[tuple[str, int], ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    openings: tuple[Opening, ...] = ()
    graph: CallGraph = CallGraph()
    guards: Guards = Guards()
    documents: tuple[Parsed, ...] = field(default=(), compare=False, repr=False)


def services_in(
    read: Read, kubernetes_version: str = "", named_ports: Named | None = None
) -> Manifests:
    """The Services in what was read, and those that its further routed ports get.

    `kubernetes_version` is the planned one, `named_ports` those that workload.yaml names.
    """
    found = services_of(read.documents, kubernetes_version, named_ports or {})
    every = _in_order((*read.findings, *found.findings))
    return replace(
        found,
        findings=every,
        openings=(*found.openings, *unread(every)),
        digests=read.digests,
    )


def services_of(
    documents: Iterable[Parsed], kubernetes_version: str = "", named_ports: Named | None = None
) -> Manifests:
    """The Services in these documents with what surrounds them.

    Without `named_ports` those alone that a cluster holds with these documents.
    """
    documents, findings = tuple(documents), list[Finding]()
    objects = objects_in(documents, findings)
    findings += refused_by_cluster(objects, kubernetes_version)
    held = _before_pods(_services(objects, findings), objects, findings)
    whole = with_routes(objects, held, named_ports, findings)
    policies = said_of_tls(objects, held)
    whole = {
        id: replace(s, by_tls=ports_by_tls(s, policies.get(s.origin, ())))
        for id, s in whole.items()
    }
    whole = with_certificates(whole, objects)
    answering = Answering(objects, whole)
    whole = {id: replace(s, same_pods=answering.beside(s)) for id, s in whole.items()}
    findings += (*gateway_files(objects), *rollouts(objects))
    guards = guards_of(objects, answering, findings)
    openings = openings_of(objects, answering, whole, guards, findings)
    # Nobody in the input calls a Service that it does not hold.
    there = answering if len(whole) == len(held) else Answering(objects, held)
    graph = call_graph(objects, there, findings)
    for id, port, evidence in graph.by_http:
        whole[id] = replace(whole[id], called_by_http=(port, evidence))
    return Manifests(
        services=tuple(whole.values()),
        findings=_in_order(findings),
        objects=tuple(sorted(Counter(o.kind for o in objects).items())),
        openings=openings,
        guards=Guards(guards),
        graph=graph,
        documents=documents,
    )


def _before_pods(
    services: dict[str, Service], objects: list[Object], findings: list[Finding]
) -> dict[str, Service]:
    pods = PodIndex()
    for object in with_pods(objects):
        try:
            if not pods.add(object):
                findings.append(_second_pods(object))
        except WrongField as error:
            findings.append(object.refused(error))
    return {
        id: replace(s, pods=pods.behind(s.namespace, s.selector or ()))
        for id, s in services.items()
    }


def routed_services(objects: list[Object], findings: list[Finding]) -> dict[str, Service]:
    """The Services in order of their ids with the routes to them, and no more of what is around."""
    return with_routes(objects, _services(objects, findings), None, findings)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.file, f.line, f.found)))


_EVALUATED = re.compile(r"@\(|[{}]")


def _services(objects: Iterable[Object], findings: list[Finding]) -> dict[str, Service]:
    services: dict[str, Service] = {}
    for object in objects:
        if object.kind != "Service" or object.group:
            continue
        try:
            service = object.once(_service)
        except WrongField as error:
            findings.append(object.refused(error))
            continue
        first = services.setdefault(service.id, service)
        if first is service:
            findings += _odd_name(service)
        elif replace(first, file=service.file, line=service.line) != service:
            findings.append(_second(first, service))
    return services


def _odd_name(service: Service) -> Iterator[Finding]:
    for name in (service.namespace, service.name):
        if not _NAME.fullmatch(name):
            found = f"the Service name {service.id!r}, which Kubernetes would not take"
            expected = "lower-case letters, digits and hyphens"
            yield Finding(service.file, service.line, found, expected, refused=False)
            return


def _second(first: Service, second: Service) -> Finding:
    found = f"a Service {second.id!r} that differs from the one in {first.file} line {first.line}"
    return Finding(second.file, second.line, found, "one definition of each Service")


def _second_pods(object: Object) -> Finding:
    found = f"a second {object.called} in {object.namespace}, which differs"
    place = (object.document.file, object.line)
    return Finding(*place, found, "one definition; the first is taken", refused=False)


def _service(object: Object) -> Service:
    name, namespace = object.name, object.namespace
    for key, value in (("name", name), ("namespace", namespace)):
        if found := _EVALUATED.search(value):
            expected = f"a name without {found[0]!r}, which no policy could hold"
            raise WrongField(("metadata", key), described(value), expected)
    data = object.data
    annotations = tuple(p for p in pairs(data, "metadata", "annotations") if p[0] != _LEFT_OUT)
    service = Service(
        namespace=namespace,
        name=name,
        type=_type(object),
        ports=tuple(_port(object, path) for _, path in items(data, "spec", "ports")),
        headless=text(data, "spec", "clusterIP") == "None",
        internal=dict(annotations).get(INTERNAL, "").lower() == "true",
        source_ranges=_source_ranges(object, dict(annotations)),
        external_name=text(data, "spec", "externalName"),
        labels=pairs(data, "metadata", "labels"),
        annotations=annotations,
        file=object.document.file,
        line=object.line,
        external_ips=tuple(texts(data, "spec", "externalIPs")),
        selector=pairs(data, "spec", "selector"),
        ip_families=tuple(texts(data, "spec", "ipFamilies")),
        ip_family_policy=text(data, "spec", "ipFamilyPolicy"),
    )
    if not service.ports and not service.headless and service.type is not ServiceType.EXTERNAL_NAME:
        raise WrongField(("spec", "ports"), "no port", "at least one port")
    return service


def _type(object: Object) -> ServiceType:
    name = text(object.data, "spec", "type") or ServiceType.CLUSTER_IP
    if name not in list(ServiceType):
        raise WrongField(("spec", "type"), described(name), f"one of {', '.join(ServiceType)}")
    return ServiceType(name)


def _port(object: Object, path: Path_) -> Port:
    port = mapping(object.data, *path)
    number = port.get("port")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= _LAST_PORT:
        expected = f"a whole number from 1 to {_LAST_PORT}"
        raise WrongField((*path, "port"), described(number), expected)
    target = port.get("targetPort")
    if not isinstance(target, (int, str, type(None))):
        raise WrongField((*path, "targetPort"), described(target), "a number or a name")
    return Port(
        number,
        name=text(object.data, *path, "name"),
        target=str(target or number),
        protocol=text(object.data, *path, "protocol") or "TCP",
        app_protocol=text(object.data, *path, "appProtocol"),
        node_port=at(object.data, int, *path, "nodePort"),
    )


def _source_ranges(object: Object, annotations: dict[str, str]) -> tuple[str, ...]:
    ranges = texts(object.data, "spec", "loadBalancerSourceRanges")
    for key in RANGE_ANNOTATIONS:
        ranges += [r.strip() for r in annotations.get(key, "").split(",") if r.strip()]
    return tuple(dict.fromkeys(ranges))
