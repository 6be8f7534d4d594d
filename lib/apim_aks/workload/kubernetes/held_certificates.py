"""In which Secret the pods of a Service keep the certificate that they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from apim_aks.workload.kubernetes.object import Object, WrongField, text
from apim_aks.workload.model import Service

_TYPE = "kubernetes.io/tls"
_ISSUED = ("Certificate", "cert-manager.io")

Known = Mapping[tuple[str, str], str]
"""Why a certificate is in a Secret, by namespace and name."""


def with_certificates(
    services: Mapping[str, Service], objects: Iterable[Object]
) -> dict[str, Service]:
    """The Services, each with the one Secret that its pods mount and that holds a certificate.

    That it does is said by its type, by a Certificate of cert-manager, or by a route that shows it.
    Where the pods mount several, nobody knows which of them they show.
    """
    known = _known(objects)
    return {id: _held(service, known) for id, service in services.items()}


def _known(objects: Iterable[Object]) -> Known:
    found: dict[tuple[str, str], str] = {}
    for object in objects:
        with suppress(WrongField):
            place = f"{object.document.file} line {object.line}"
            if object.kind == "Secret" and text(object.data, "type") == _TYPE:
                found[object.namespace, object.name] = f"of type {_TYPE}, {place}"
            elif (object.kind, object.group) == _ISSUED:
                issued = f"Certificate {object.name} fills it, {place}"
                found.setdefault(
                    (object.namespace, text(object.data, "spec", "secretName")), issued
                )
    return found


def _held(service: Service, known: Known) -> Service:
    mounted = {name for pods in service.pods for name in pods.secrets}
    routed = dict(_shown_by_routes(service))
    said = {n: known.get((service.namespace, n)) or routed.get(n, "") for n in mounted}
    held = {name: why for name, why in said.items() if why}
    if len(held) != 1:
        return service
    ((name, why),) = held.items()
    return replace(service, tls=replace(service.tls, kept_in=name, because=why))


def _shown_by_routes(service: Service) -> Iterator[tuple[str, str]]:
    for route in service.routes:
        if route.secret and route.namespace in ("", service.namespace):
            yield route.secret, f"{route.kind} {route.name} shows it for {route.host}"
