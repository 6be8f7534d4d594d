"""A Service of its own for each further port of a Service to which routes lead calls by HTTP.

An API leads to one port of a Service. Where routes lead to several, each of the others becomes the
only port of a new Service before the same pods, which the manifests create.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from apim_aks.workload.kubernetes.backends import Backend
from apim_aks.workload.kubernetes.object import Object
from apim_aks.workload.model import Port, Service, ServiceType
from apim_aks.workload.names import fitting, marked
from apim_aks.workload.ports import further_ports
from apim_aks.workload.route import Route

Read = tuple[Object, tuple[Backend, ...], frozenset[str]]
"""A route, what it leads to, and the Services among these that it may not name."""
Named = Mapping[str, str]
"""The port that workload.yaml names for a Service, by its id or its name alone."""

_LONGEST = 63
"""Longest name of a Service: an RFC 1035 label."""


def with_port_services(
    read: Iterable[Read], services: Mapping[str, Service], named: Named
) -> tuple[tuple[Read, ...], dict[str, Service]]:
    """The routes, led to the new Services where they lead to one of their ports; all Services."""
    read, every = tuple(read), dict(services)
    led: dict[str, list[Route]] = defaultdict(list)
    for _, backends, refused in read:
        for id, route in backends:
            if id in services and id not in refused:
                led[id].append(route)
    moved: dict[tuple[str, int], str] = {}
    for id in sorted(led):
        for ports in _further(services[id], led[id], named):
            made = _service_of(services[id], ports, every)
            every[made.id] = made
            moved |= {(id, port.number): made.id for port in ports}
    return tuple(_led(one, services, moved) for one in read) if moved else read, every


def _further(service: Service, routes: list[Route], named: Named) -> Iterable[tuple[Port, ...]]:
    # Endpoints of a Service without a selector are somebody's hand: a second one has none.
    if not service.selector or len(service.ports) < 2:
        return ()
    port = service.named_port(named.get(service.id, named.get(service.name, "")))
    number = port.number if port else 0
    return further_ports(replace(service, routes=tuple(routes), published_port=number))


def _service_of(service: Service, ports: tuple[Port, ...], taken: Collection[str]) -> Service:
    number = ports[0].number
    name = fitting(f"{service.name}-{number}", _LONGEST)
    if f"{service.namespace}/{name}" in taken:
        name = marked(name, (service.id, number), _LONGEST)
    return Service(
        namespace=service.namespace,
        name=name,
        type=ServiceType.CLUSTER_IP,
        ports=tuple(replace(p, node_port=None) for p in ports),
        labels=service.labels,
        pods=service.pods,
        file=service.file,
        line=service.line,
        selector=service.selector,
        ip_families=service.ip_families,
        ip_family_policy=service.ip_family_policy,
        derived_from=service.name,
    )


def _led(one: Read, services: Mapping[str, Service], moved: Mapping[tuple[str, int], str]) -> Read:
    object, backends, refused = one
    return object, tuple(_moved(backends, refused, services, moved)), refused


def _moved(
    backends: Iterable[Backend],
    refused: Collection[str],
    services: Mapping[str, Service],
    moved: Mapping[tuple[str, int], str],
) -> Iterator[Backend]:
    for id, route in backends:
        service = services.get(id) if id not in refused else None
        port = service.named_port(route.port) if service else None
        yield moved.get((id, port.number), id) if port else id, route
