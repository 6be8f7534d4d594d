"""What objects of Istio say about who calls whom: a Sidecar's egress, rules for chosen callers.

Only an object that chooses workloads by their labels names a caller; one for a whole namespace says
what may be called, by nobody in particular (istio/api networking/v1alpha3, sidecar.proto and
virtual_service.proto).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.calls.addresses import Address
from apim_aks.workload.kubernetes.calls.containers import Named
from apim_aks.workload.kubernetes.object import (
    Object,
    Pairs,
    Path_,
    WrongField,
    at,
    items,
    pairs,
    text,
    texts,
)

_GROUP = "networking.istio.io"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Callers by their labels in a namespace, and an address that is theirs."""

    namespace: str
    labels: Pairs
    named: Named


def named_by_meshes(objects: Iterable[Object], findings: list[Finding]) -> tuple[Chosen, ...]:
    """Every address that a mesh gives to workloads it chooses; a wrong field is a finding."""
    found: list[Chosen] = []
    readers = {"Sidecar": _sidecar, "VirtualService": _virtual_service}
    for object in objects:
        if object.group == _GROUP and object.kind in readers:
            try:
                found += tuple(readers[object.kind](object))
            except WrongField as error:
                if (said := object.wrong(error)) not in findings:
                    findings.append(said)
    return tuple(found)


def _sidecar(object: Object) -> Iterator[Chosen]:
    labels = pairs(object.data, "spec", "workloadSelector", "labels")
    for _, path in items(object.data, "spec", "egress") if labels else ():
        port = at(object.data, int, *path, "port", "number")
        for place, host in enumerate(texts(object.data, *path, "hosts")):
            name = host.rpartition("/")[2]
            yield _chosen(object, object.namespace, labels, name, port, (*path, "hosts", place))


def _virtual_service(object: Object) -> Iterator[Chosen]:
    for protocol in ("http", "tls", "tcp"):
        for _, rule in items(object.data, "spec", protocol):
            for _, match in items(object.data, *rule, "match"):
                labels = pairs(object.data, *match, "sourceLabels")
                space = text(object.data, *match, "sourceNamespace") or object.namespace
                for _, route in items(object.data, *rule, "route") if labels else ():
                    target: Path_ = (*route, "destination")
                    port = at(object.data, int, *target, "port", "number")
                    host = text(object.data, *target, "host")
                    yield _chosen(object, space, labels, host, port, (*target, "host"))


def _chosen(
    object: Object, space: str, labels: Pairs, host: str, port: int | None, path: Path_
) -> Chosen:
    says = f"{object.kind} {object.namespace}/{object.name}"
    return Chosen(space, labels, Named(Address(host, port), says, object, path))
