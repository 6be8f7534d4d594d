"""Pods and Namespaces as Kubernetes would make them from the objects of an input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from apim_aks.facts.openings import known_kind
from apim_aks.reachability.scene import METADATA_NAME, Pod
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import (
    Object,
    Path_,
    WrongField,
    at,
    items,
    mapping,
    pairs,
    text,
)
from apim_aks.workload.kubernetes.pods import CONTROLLERS
from apim_aks.workload.network_policy import LAST_PORT, PROTOCOLS

_USUAL: Path_ = ("spec", "template")
_TEMPLATES: dict[str, Path_] = {
    **dict.fromkeys(CONTROLLERS, _USUAL),
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_HOST_PORTS = ("containers", "initContainers", "ephemeralContainers")


def read_pods(
    objects: Iterable[Object], findings: list[Finding], refused: list[Object]
) -> Iterator[Pod]:
    """The pods of workloads and of recorded Pods; one that cannot be read becomes a finding."""
    for object in objects:
        if object.kind in _TEMPLATES and known_kind(object.group, object.kind):
            try:
                yield object.once(_pod)
            except WrongField as error:
                findings.append(object.refused(error))
                refused.append(object)


def _pod(object: Object) -> Pod:
    base = _TEMPLATES.get(object.kind, _USUAL)
    kind, name = _owner(object) if object.kind == "Pod" else (object.kind, object.name)
    data = object.data
    containers = [place for _, place in items(data, *base, "spec", "containers")]
    sidecars = [
        place
        for container, place in items(data, *base, "spec", "initContainers")
        if container.get("restartPolicy") == "Always"
    ]
    return Pod(
        namespace=object.namespace,
        owner=name,
        kind=kind,
        labels=pairs(data, *base, "metadata", "labels"),
        ports=tuple(sorted(_ports(data, (*containers, *sidecars)))),
        host_ports=tuple(sorted(_host_ports(data, base))),
        host_network=mapping(data, *base, "spec").get("hostNetwork") not in (None, False),
        recorded=object.kind == "Pod",
        address=text(data, "status", "podIP") if object.kind == "Pod" else "",
        file=object.document.file,
        line=object.line,
    )


def _owner(object: Object) -> tuple[str, str]:
    """The controller that made a recorded Pod; the Pod itself where none or its node did."""
    for owner, _ in items(object.data, "metadata", "ownerReferences"):
        made = owner.get("controller") is True and text(owner, "kind") != "Node"
        if made and text(owner, "name"):
            return text(owner, "kind") or "Pod", text(owner, "name")
    return "Pod", object.name


def _ports(data: Any, containers: Iterable[Path_]) -> Iterator[tuple[str, str, int]]:
    for container in containers:
        for _, place in items(data, *container, "ports"):
            number = at(data, int, *place, "containerPort")
            protocol = text(data, *place, "protocol") or "TCP"
            if number is not None and 1 <= number <= LAST_PORT and protocol in PROTOCOLS:
                yield text(data, *place, "name"), protocol, number


def _host_ports(data: Any, base: Path_) -> Iterator[tuple[str, int, int]]:
    for part in _HOST_PORTS:
        for _, container in items(data, *base, "spec", part):
            for _, place in items(data, *container, "ports"):
                if host := at(data, int, *place, "hostPort"):
                    number = at(data, int, *place, "containerPort") or 0
                    yield text(data, *place, "protocol") or "TCP", number, host


def read_namespaces(
    objects: Iterable[Object], findings: list[Finding]
) -> dict[str, dict[str, str]]:
    """The labels of the Namespaces that objects declare.

    Of one that is declared twice, and not the same, nothing is known but its name.
    """
    found: dict[str, dict[str, str]] = {}
    places: dict[str, str] = {}
    differ: set[str] = set()
    for object in objects:
        if object.kind != "Namespace" or object.group:
            continue
        try:
            name, labels = object.name, dict(pairs(object.data, "metadata", "labels"))
            labels[METADATA_NAME] = name
            if found.setdefault(name, labels) != labels:
                differ.add(name)
                raise WrongField(
                    ("metadata", "name"),
                    f"the name of the Namespace in {places[name]}, whose labels differ",
                    "one definition of each Namespace",
                )
            places.setdefault(name, f"{object.document.file} line {object.line}")
        except WrongField as error:
            findings.append(object.refused(error))
    return {name: labels for name, labels in found.items() if name not in differ}


def unread_workload(object: Object) -> Pod | None:
    """What an object of an unread kind may run, if it holds pods or a template of some."""
    base = _TEMPLATES.get(object.kind, _USUAL)
    spec = object.data.get("spec")
    if base and not (isinstance(spec, dict) and isinstance(spec.get(base[1]), dict)):
        return None
    try:
        return replace(object.once(_pod), ports=(), host_ports=(), host_network=False)
    except WrongField:
        return _bare(object)


def _bare(object: Object) -> Pod | None:
    """What is known of a workload that cannot be read: its name, if it has one."""
    try:
        return Pod(
            namespace=object.namespace,
            owner=object.name,
            kind=object.kind,
            labels=(),
            file=object.document.file,
            line=object.line,
        )
    except WrongField:
        return None


def template_of(object: Object) -> Path_ | None:
    """Where the template of its pods stands in this object; None where it runs none."""
    return _TEMPLATES.get(object.kind)
