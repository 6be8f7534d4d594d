"""Endpoints and EndpointSlices that a person wrote: where calls of a Service go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.workload.guards.pods import HandMadeEndpoints
from apim_aks.workload.kubernetes.answering import API_SERVER
from apim_aks.workload.kubernetes.guards.selecting import base
from apim_aks.workload.kubernetes.object import Object, Path_, at, items, pairs, text, texts
from apim_aks.workload.model import Service

_MANAGED = "endpointslice.kubernetes.io/managed-by"
_CONTROLLER = "endpointslice-controller.k8s.io"
_OF = "kubernetes.io/service-name"


def endpoints(object: Object, services: Mapping[str, Service]) -> Iterator[HandMadeEndpoints]:
    """What a person wrote; a controller writes those of a Service with a selector."""
    labels = dict(pairs(object.data, "metadata", "labels"))
    slice_ = object.kind == "EndpointSlice"
    id = f"{object.namespace}/{labels.get(_OF, '') if slice_ else object.name}"
    service = services.get(id)
    made = labels.get(_MANAGED) == _CONTROLLER if slice_ else bool(service and service.selector)
    if made or id == API_SERVER:
        return
    yield HandMadeEndpoints(
        **base(object),
        services=(id,) if service else (),
        addresses=tuple(dict.fromkeys(_of_slice(object) if slice_ else _of_subsets(object))),
        ports=tuple(_ports(object, ("ports",)) if slice_ else _subset_ports(object)),
        beside_selector=bool(service and service.selector),
    )


def _of_slice(object: Object) -> Iterator[str]:
    for _, place in items(object.data, "endpoints"):
        yield from texts(object.data, *place, "addresses")


def _of_subsets(object: Object) -> Iterator[str]:
    for _, place in items(object.data, "subsets"):
        for part in ("addresses", "notReadyAddresses"):
            for address, _ in items(object.data, *place, part):
                yield text(address, "ip")


def _subset_ports(object: Object) -> Iterator[str]:
    for _, place in items(object.data, "subsets"):
        yield from _ports(object, (*place, "ports"))


def _ports(object: Object, place: Path_) -> Iterator[str]:
    for _, port in items(object.data, *place):
        number = at(object.data, int, *port, "port")
        protocol = text(object.data, *port, "protocol") or "TCP"
        name = text(object.data, *port, "name")
        yield f"{name} {number or 'any'}/{protocol}".strip()
