"""Ingress controllers: the Services in front of them, and the routes that they serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from apim_aks.facts.load_balancers import route_controllers
from apim_aks.reachability.entrances import Entrance
from apim_aks.reachability.facing import Facing
from apim_aks.workload.kubernetes.object import Object, WrongField, text
from apim_aks.workload.model import Service

_UNVERIFIED = "by which labels its pods are known is not verified"


def _classes_of(objects: Iterable[Object]) -> Iterator[tuple[str, str]]:
    """Each class of Ingresses that an object declares, with the controller that answers for it."""
    for object in objects:
        if object.kind == "IngressClass":
            with suppress(WrongField):
                yield object.name, text(object.data, "spec", "controller")


def read_controllers(
    objects: Iterable[Object], services: Iterable[Service], facings: Iterable[Facing]
) -> Iterator[Entrance]:
    """Ingress controllers that are known by a label that their Service selects by.

    One that the class names another controller for is not alone.
    """
    known = {facing.of: facing for facing in facings}
    classes = dict(_classes_of(objects))
    for service in services:
        for row in route_controllers():
            if (row.label, row.value) in (service.selector or ()):
                for name in row.classes or ("",):
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
