"""Ingress controllers that AKS creates: managed NGINX, and ingresses of the mesh add-on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from apim_aks.facts.load_balancers import ManagedIngress, managed_ingresses
from apim_aks.reachability.entrances import MESH_ADD_ON, Entrance
from apim_aks.reachability.facing import Facing, facing
from apim_aks.reachability.templates.network_values import ManagedCluster
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.workload.kubernetes.object import Object, WrongField, mapping, pairs, text, texts
from apim_aks.workload.model import Port, ServiceType

_ADD_ON = "the application routing add-on of AKS"
_OFF = f"{_ADD_ON} is not switched on"


def is_managed(object: Object) -> bool:
    """For this object an add-on makes an ingress controller."""
    return any((object.group, object.kind) == (row.group, row.kind) for row in managed_ingresses())


def read_managed(objects: Iterable[Object], facings: Iterable[Facing]) -> Iterator[Entrance]:
    """The ingress controllers that objects of add-ons ask for."""
    known = {facing.of: facing for facing in facings}
    for object in filter(is_managed, objects):
        with suppress(WrongField):
            for row in managed_ingresses():
                made = _of_object(object, row)
                told = made.facing
                yield replace(made, facing=known.get(told.of, told) if told else None)


def _of_object(object: Object, row: ManagedIngress) -> Entrance:
    spec, name = mapping(object.data, "spec"), object.name
    prefix = text(spec, "controllerNamePrefix") or row.prefix
    made = _made(
        row,
        service=row.default_service if name == row.default_object else f"{prefix}-0",
        of_class=text(spec, "ingressClassName") or name,
        place=(object.document.file, object.line),
        annotations=pairs(object.data, "spec", "loadBalancerAnnotations"),
        ranges=tuple(texts(object.data, "spec", "loadBalancerSourceRanges")),
    )
    if spec.get("httpDisabled") is True:
        made = replace(made, ports=made.ports[1:])
    return replace(made, called=f"{row.kind} {name} ({object.document.file} line {object.line})")


def _made(
    row: ManagedIngress,
    *,
    service: str,
    of_class: str,
    place: tuple[str, int],
    annotations: Iterable[tuple[str, str]] = (),
    ranges: tuple[str, ...] = (),
) -> Entrance:
    return Entrance(
        id=f"Ingress {of_class}",
        called=f"the controller of {_ADD_ON} ({place[0]})",
        namespace=row.namespace,
        labels=((row.label, service),),
        facing=facing(
            of=f"{row.namespace}/{service}",
            file=place[0],
            line=place[1],
            type=ServiceType.LOAD_BALANCER,
            annotations=dict(annotations),
            ranges=ranges,
            local=True,
            made_by=_ADD_ON,
        ),
        ports=tuple(Port(int(number)) for number in row.ports),
    )


def as_made(entrances: Iterable[Entrance], cluster: ManagedCluster | None) -> tuple[Entrance, ...]:
    """The entrances as the template of their cluster makes them, with those that it adds."""
    found = tuple(entrances)
    if cluster is None:
        return found
    for row in managed_ingresses():
        id = f"Ingress {row.default_class}"
        if cluster.web_routing is True and all(e.id != id for e in found):
            place = (str(cluster.origin), 0)
            added = _made(row, service=row.default_service, of_class=row.default_class, place=place)
            found = (*found, added)
    return tuple(_settled(entrance, cluster) for entrance in found)


def _settled(entrance: Entrance, cluster: ManagedCluster) -> Entrance:
    told = entrance.facing
    if told and told.made_by == MESH_ADD_ON:
        return _of_mesh(entrance, told, cluster)
    if told and told.made_by == _ADD_ON:
        return _of_nginx(entrance, told, cluster)
    return entrance


def _of_mesh(entrance: Entrance, told: Facing, cluster: ManagedCluster) -> Entrance:
    """A template that says nothing of the mesh leaves it as it is."""
    mode = "internal" if told.internal else "external"
    modes = cluster.mesh_ingresses
    if cluster.mesh is None or mode in {str(m).lower() for m in modes}:
        return entrance
    if any(isinstance(m, Unknown) for m in (*modes, cluster.mesh)):
        return replace(entrance, doubt="whether the mesh add-on has this ingress is not known")
    said = f"the {mode} ingress of the mesh add-on is not switched on ({cluster.origin})"
    return replace(entrance, missing=said)


def _of_nginx(entrance: Entrance, told: Facing, cluster: ManagedCluster) -> Entrance:
    """How the default controller faces the outside a template may say, before annotations."""
    on, front = cluster.web_routing, cluster.web_routing_front
    is_default = any(entrance.id == f"Ingress {r.default_class}" for r in managed_ingresses())
    if isinstance(on, Unknown) or (is_default and isinstance(front, Unknown)):
        return replace(entrance, doubt=f"how {_ADD_ON} is set up is not known")
    if on is False or (is_default and front == "None"):
        return replace(entrance, missing=f"{_OFF} ({cluster.origin})")
    if is_default and front in ("Internal", "External"):
        return replace(entrance, facing=replace(told, internal=front == "Internal"))
    return entrance
