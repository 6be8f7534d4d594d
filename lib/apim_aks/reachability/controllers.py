"""Ingress controllers: the Services in front of them, and the routes that they serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from apim_aks.facts.load_balancers import RouteController, route_controllers
from apim_aks.reachability.entrances import Entrance
from apim_aks.reachability.facing import Facing
from apim_aks.workload.kubernetes.object import Object, WrongField, text
from apim_aks.workload.kubernetes.traefik import CLASS_LABEL, class_of
from apim_aks.workload.model import Service

_OF_TRAEFIK = "IngressRoute"
_UNVERIFIED = "by which labels its pods are known is not verified"


def _classes_of(objects: Iterable[Object]) -> Iterator[tuple[str, str]]:
    """Each class of Ingresses that an object declares, with the controller that answers for it."""
    for object in objects:
        if object.kind == "IngressClass":
            with suppress(WrongField):
                yield object.name, text(object.data, "spec", "controller")


def _asked(objects: Iterable[Object]) -> set[str]:
    """The classes that routes of Traefik name."""
    found = set[str]()
    for object in objects:
        if object.kind == _OF_TRAEFIK:
            with suppress(WrongField):
                found.add(class_of(object))
    return found - {""}


def _taken(service: Service) -> str:
    """The class that the release behind a Service of ours takes alone."""
    return dict(service.labels).get(CLASS_LABEL, "")


def _answered(row: RouteController, service: Service, asked: Iterable[str]) -> Iterable[str]:
    """The classes of routes that are answered behind a Service; any that no other one takes."""
    if row.route_kind != _OF_TRAEFIK:
        return () if _taken(service) else row.classes or ("",)
    return (_taken(service),) if _taken(service) else ("", *sorted(asked))


def read_controllers(
    objects: Iterable[Object], services: Iterable[Service], facings: Iterable[Facing]
) -> Iterator[Entrance]:
    """Ingress controllers that are known by a label that their Service selects by.

    One that the class names another controller for is not alone.
    """
    objects, services = tuple(objects), tuple(services)
    known = {facing.of: facing for facing in facings}
    classes = dict(_classes_of(objects))
    asked = _asked(objects) - {taken for s in services if (taken := _taken(s))}
    for service in services:
        for row in route_controllers():
            if (row.label, row.value) in (service.selector or ()):
                for name in _answered(row, service, asked):
                    yield Entrance(
                        id=f"{row.route_kind} {name}".strip(),
                        called=f"Service {service.id} ({service.file} line {service.line})",
                        namespace=service.namespace,
                        labels=service.selector or (),
                        facing=known.get(service.id),
                        ports=tuple(p for p in service.ports if p.protocol == "TCP"),
                        doubt="" if row.status == "verified" else _UNVERIFIED,
                        alone=row.status == "verified"
                        and classes.get(name, row.controller) == row.controller,
                    )
