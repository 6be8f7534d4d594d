"""The entrances that serve routes: Gateways with their frontends (REACHABILITY 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.facts.objects import ingress_gateways
from apim_aks.reachability.certificates import asks
from apim_aks.reachability.facing import Facing, facing
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes.object import (
    Object,
    WrongField,
    items,
    mapping,
    pairs,
    text,
    texts,
)
from apim_aks.workload.kubernetes.traefik import class_of
from apim_aks.workload.model import Port, Service, ServiceType

API, ISTIO = "gateway.networking.k8s.io", "networking.istio.io"
_TYPE = "networking.istio.io/service-type"
_GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
_ISTIO_CLASS = "istio"
_OWN_PORT = "experimental.istio.io/disable-gateway-port-translation"
MESH_ADD_ON = "the mesh add-on of AKS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Pods that answer for routes, by their labels, and the Service before them.

    `facing` is None where the Service is not known. `credential` is what it asks of callers before
    it lets them on, `doubt` why nobody knows whether it answers, and `missing` why nothing is
    there. Where it is not `alone` something else may answer as well. `hosts` are the names that it
    answers for, each with its port; without any it answers for all.
    """

    id: str
    called: str
    namespace: str
    labels: tuple[tuple[str, str], ...]
    facing: Facing | None
    ports: tuple[Port, ...]
    credential: str = ""
    doubt: str = ""
    missing: str = ""
    alone: bool = True
    hosts: tuple[tuple[int, str], ...] = ()


def is_entrance(object: Object) -> bool:
    """A Gateway that is read here; one of another class is made by somebody whom nobody knows."""
    if object.kind != "Gateway":
        return False
    return object.group == ISTIO or (object.group == API and _class(object) in _classes())


def _class(object: Object) -> str:
    spec = object.data.get("spec")
    return str(spec.get("gatewayClassName")) if isinstance(spec, Mapping) else ""


def _classes() -> tuple[str, ...]:
    return tuple(row.gateway_class for row in ingress_gateways() if row.gateway_class)


def read_entrances(
    objects: Iterable[Object], services: Iterable[Service], facings: Iterable[Facing]
) -> Iterator[Entrance]:
    """The entrances among these objects; what cannot be read is none."""
    objects, services = tuple(objects), tuple(services)
    known = {facing.of: facing for facing in facings}
    for object in filter(is_entrance, objects):
        with suppress(WrongField, ValueError):
            if object.group == API:
                yield _of_api(object, objects, known)
            else:
                yield from _of_istio(object, services, known)


def _place(object: Object) -> str:
    return f"{object.document.file} line {object.line}"


def _of_api(object: Object, objects: Iterable[Object], known: Mapping[str, Facing]) -> Entrance:
    """A Gateway for which the mesh makes pods and a Service of type LoadBalancer."""
    data, name, space = object.data, object.name, object.namespace
    of = f"{space}/{name}-{_class(object)}"
    asked = _parameters(object, objects)
    made = facing(
        of=of,
        file=object.document.file,
        line=object.line,
        type=ServiceType(str(asked.get("type") or ServiceType.LOAD_BALANCER)),
        annotations=dict(pairs(data, "spec", "infrastructure", "annotations")),
        ranges=tuple(texts(asked, "loadBalancerSourceRanges")),
        local=asked.get("externalTrafficPolicy") == "Local",
        node_ports=asked.get("allocateLoadBalancerNodePorts") is not False,
        made_by=f"Gateway {space}/{name}",
    )
    numbers = {
        n for at, _ in items(data, "spec", "listeners") if isinstance(n := at.get("port"), int)
    }
    return Entrance(
        id=f"{API} {space}/{name}",
        called=f"Gateway {space}/{name} ({_place(object)})",
        namespace=space,
        labels=((_GATEWAY_NAME, name),),
        facing=known.get(of, made),
        ports=tuple(map(Port, sorted(numbers))),
        credential=_validated(object),
        hosts=tuple(_of_listeners(object)),
        doubt=_unsure(object, asked),
    )


def _unsure(object: Object, asked: Mapping[str, Any]) -> str:
    """Why nobody knows what stands before the pods of a Gateway."""
    if asked.get(_MISSING):
        return "its parameters are not in the input"
    if list(items(object.data, "spec", "addresses")):
        return "which Service its addresses mean is not followed"
    notes = dict(pairs(object.data, "spec", "infrastructure", "annotations"))
    own = dict(pairs(object.data, "metadata", "annotations"))
    return f"the annotation {_TYPE} is not followed" if _TYPE in notes | own else ""


def _of_listeners(object: Object) -> Iterator[tuple[int, str]]:
    for listener, _ in items(object.data, "spec", "listeners"):
        if isinstance(port := listener.get("port"), int):
            yield port, text(listener, "hostname") or _ANY


def _of_servers(object: Object) -> Iterator[tuple[int, str]]:
    """The hosts of servers; what stands before a slash is the namespace of routes."""
    for server, at in items(object.data, "spec", "servers"):
        if isinstance(port := mapping(server, "port").get("number"), int):
            hosts = texts(object.data, *at, "hosts")
            yield from ((port, host.rpartition("/")[2]) for host in hosts)


_ANY, _MISSING = "*", "missing"


def parameters_of(objects: Iterable[Object]) -> frozenset[tuple[str, str]]:
    """The ConfigMaps that Gateways name as their parameters, by namespace and name."""
    found: set[tuple[str, str]] = set()
    for object in objects:
        if object.kind == "Gateway" and object.group == API:
            with suppress(WrongField):
                told = mapping(object.data, "spec", "infrastructure", "parametersRef")
                found.add((object.namespace, text(told, "name")))
    return frozenset(found)


def _parameters(object: Object, objects: Iterable[Object]) -> Mapping[str, Any]:
    """The `spec` of the Service as a ConfigMap of the Gateway sets it."""
    told = mapping(object.data, "spec", "infrastructure", "parametersRef")
    if not told:
        return {}
    wanted = object.namespace, text(told, "name")
    for other in objects:
        if other.kind == "ConfigMap" and _own(other) == wanted:
            documents = parse(text(other.data, "data", "service").encode(), other.document.file)
            for document in documents.documents:
                if isinstance(document.data, Mapping):
                    return mapping(document.data, "spec")
            return {}
    return {_MISSING: True}


def _own(object: Object) -> tuple[str, str] | None:
    """Namespace and name; None where they cannot be read, so that nobody can name it."""
    try:
        return object.namespace, object.name
    except WrongField:
        return None


def _validated(object: Object) -> str:
    frontend = mapping(object.data, "spec", "tls", "frontend", "default", "validation")
    if text(frontend, "mode") in ("", "AllowValidOnly") and frontend.get("caCertificateRefs"):
        return asks(object)
    return ""


def _of_istio(
    object: Object, services: Iterable[Service], known: Mapping[str, Facing]
) -> Iterator[Entrance]:
    """A Gateway of Istio at pods that its selector picks, with every Service before them."""
    labels = pairs(object.data, "spec", "selector")
    servers = [server for server, _ in items(object.data, "spec", "servers")]
    numbers = {n for s in servers if isinstance(n := mapping(s, "port").get("number"), int)}
    modes = {text(s, "tls", "mode") for s in servers}
    plain = Entrance(
        id=f"{ISTIO} {object.namespace}/{object.name}",
        called=f"Gateway {object.namespace}/{object.name} ({_place(object)})",
        namespace=object.namespace,
        labels=labels,
        facing=None,
        ports=tuple(map(Port, sorted(numbers))),
        credential=asks(object) if modes == {"MUTUAL"} else "",
        hosts=tuple(_of_servers(object)),
    )
    before = [s for s in services if s.selector and set(labels) <= set(s.selector)]
    leading = [(s, found) for s in before if (found := _leading(s, numbers))]
    for service, ports in leading:
        space, facing = service.namespace, known.get(service.id)
        hosts = tuple(_dialled(plain.hosts, ports))
        yield replace(plain, namespace=space, facing=facing, ports=ports, hosts=hosts)
    if not leading:
        yield _of_add_on(plain, object, known)


def _leading(service: Service, numbers: Iterable[int]) -> tuple[Port, ...]:
    """The ports of a Service that lead to what a Gateway listens on: istio/istio, resolvePorts.

    A Gateway names a port of a Service, or one of the pods where no Service has that number. A
    Service that keeps out of this is asked by what its ports lead to alone.
    """
    wanted = set(numbers)
    own = {_OWN_PORT: "true"}.items() <= dict(service.labels).items()
    by_target = tuple(p for p in service.ports if _target(p) in wanted)
    if own:
        return by_target
    by_number = tuple(p for p in service.ports if p.number in wanted)
    return by_number or by_target or tuple(map(Port, sorted(wanted)))


def _dialled(hosts: Iterable[tuple[int, str]], ports: Iterable[Port]) -> Iterator[tuple[int, str]]:
    """The hosts by the port of the Service that callers dial."""
    named = tuple(hosts)
    for port in ports:
        yield from ((port.number, h) for n, h in named if n in (port.number, _target(port)))


def _target(port: Port) -> int | None:
    return int(port.target) if port.target.isdecimal() else None if port.target else port.number


def _of_add_on(plain: Entrance, object: Object, known: Mapping[str, Facing]) -> Entrance:
    """The gateways of the mesh add-on of AKS, whose Services and pods are not in the input."""
    for row in ingress_gateways():
        for pods, name in (
            (row.public_pods, row.public_service),
            (row.private_pods, row.private_service),
        ):
            if row.api == _ISTIO_CLASS and (row.pod_label, pods) in plain.labels:
                return replace(
                    plain,
                    namespace=row.namespace,
                    facing=_balanced(
                        object, f"{row.namespace}/{name}", known, pods == row.private_pods
                    ),
                )
    return plain


def _balanced(object: Object, of: str, known: Mapping[str, Facing], internal: bool) -> Facing:
    """The Service of the add-on, with what the input sets of it."""
    given = known.get(of) or facing(
        of=of,
        file=object.document.file,
        line=object.line,
        type=ServiceType.LOAD_BALANCER,
        annotations={},
        made_by=MESH_ADD_ON,
    )
    return replace(given, type=ServiceType.LOAD_BALANCER, internal=internal)


def entrances_of(object: Object | None) -> tuple[str, ...]:
    """The ids of the entrances that a route names; none where nobody can say."""
    if object is None:
        return ()
    with suppress(WrongField):
        return tuple(_named(object))
    return ()


def _named(object: Object) -> Iterator[str]:
    if object.kind in ("HTTPRoute", "GRPCRoute"):
        for parent, _ in items(object.data, "spec", "parentRefs"):
            space = text(parent, "namespace") or object.namespace
            yield f"{API} {space}/{text(parent, 'name')}"
    elif object.kind == "VirtualService":
        for named in texts(object.data, "spec", "gateways"):
            space, _, name = named.rpartition("/")
            if named != "mesh":
                yield f"{ISTIO} {space or object.namespace}/{name}"
    elif object.kind == "Ingress":
        yield f"Ingress {text(object.data, 'spec', 'ingressClassName')}".strip()
    else:
        yield f"{object.kind} {class_of(object)}".strip()
