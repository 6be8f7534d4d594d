"""The routes of ingress controllers, which forward connections from outside to pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apim_aks.reachability.certificates import asked_by
from apim_aks.reachability.entrances import entrances_of
from apim_aks.reachability.scene import Front
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object, WrongField, items, mapping, text
from apim_aks.workload.model import Service

ROUTE = ("route.openshift.io", "Route")
"""OpenShift's own kind of route; API Management and AKS know none, analysers of others do."""


def read_fronts(
    objects: Iterable[Object], services: Sequence[Service], findings: list[Finding]
) -> Iterator[Front]:
    """The routes of these objects and Services, each with the Service and the port it names."""
    places = {(o.kind, _space(o), _name(o)): o for o in objects}
    for service in services:
        for route in service.routes:
            space = route.namespace or service.namespace
            object = places.get((route.kind, space, route.name))
            yield Front(
                kind=route.kind,
                name=f"{space}/{route.name}",
                service=service.id,
                port=route.port,
                file=object.document.file if object else service.file,
                line=object.line if object else service.line,
                through=entrances_of(object),
                credential=asked_by(object, places.values()),
            )
    for object in places.values():
        if (object.group, object.kind) == ROUTE:
            try:
                yield from _of_openshift(object)
            except WrongField as error:
                findings.append(object.refused(error))


def _space(object: Object) -> str:
    metadata = object.data.get("metadata")
    own = metadata.get("namespace") if isinstance(metadata, dict) else ""
    return str(own or object.document.namespace)


def _name(object: Object) -> str:
    metadata = object.data.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, dict) else ""


def _of_openshift(object: Object) -> Iterator[Front]:
    targets = [mapping(object.data, "spec", "to")]
    targets += [target for target, _ in items(object.data, "spec", "alternateBackends")]
    for target in targets:
        if text(target, "kind") in ("", "Service") and text(target, "name"):
            yield Front(
                kind=object.kind,
                name=f"{object.namespace}/{object.name}",
                service=f"{object.namespace}/{text(target, 'name')}",
                port=str(mapping(object.data, "spec", "port").get("targetPort") or ""),
                file=object.document.file,
                line=object.line,
            )
