"""What a Service is: judged by type, images, labels, port names, probes and its own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from apim_aks.apis.mapping.model import Role
from apim_aks.facts import ServiceRole, service_roles
from apim_aks.workload.model import Port, Service, ServiceType

EVIDENCE = ("image", "label", "port-name", "name", "port")
"""What is looked at, strongest first."""
_COMPONENT_LABELS = ("app.kubernetes.io/component", "component", "tier", "role")


def role(service: Service) -> tuple[Role, str]:
    """What a Service is, and the evidence in a few words.

    An OpenAPI document with operations outweighs everything else: it was described as an HTTP API.
    """
    if service.type is ServiceType.EXTERNAL_NAME:
        return Role.ALIAS, f"its name stands for {service.external_name}, outside the cluster"
    if service.operations:
        return Role.API, _described(service)
    found = next(_told(service), None)
    return found or _by_protocol(service)


def _told(service: Service) -> Iterator[tuple[Role, str]]:
    """What image, label, port name, name and port say, HTTP apart: that is no role yet."""
    for evidence in EVIDENCE:
        by_port = evidence.startswith("port") and _besides(service)
        for row, seen in _seen(service, evidence):
            if row.role != Role.WEB and not (by_port and row.role == "monitoring"):
                yield Role(row.role), f"{row.because} ({seen})"


def _besides(service: Service) -> bool:
    """It has ports for something else than being watched."""
    watched = {r.pattern for e in ("port-name", "port") for r in _rows(e) if r.role == "monitoring"}
    named = any(watched & {*_names(p), str(p.number)} for p in service.ports)
    return named and not all(watched & {*_names(p), str(p.number)} for p in service.ports)


def _described(service: Service) -> str:
    files = ", ".join(d.file for d in service.documents)
    count = len(service.operations)
    return f"{files} describes {count} operation{'s' if count != 1 else ''}"


def _by_protocol(service: Service) -> tuple[Role, str]:
    if service.headless:
        return Role.PEERS, "headless: its name gives the addresses of single pods"
    probes = _probes(service)
    if any(p.startswith("grpc") for p in probes):
        return Role.GRPC, "its pods are asked for their health by gRPC"
    if asked := next((p for p in probes if p.startswith("http")), None):
        return Role.WEB, f"its pods are asked for their health by HTTP ({asked})"
    for evidence in ("port-name", "port"):
        for row, seen in _seen(service, evidence):
            return Role.WEB, f"{row.because} ({seen})"
    tcp = [p for p in service.ports if p.protocol == "TCP"]
    if not tcp:
        return Role.OTHER, "no TCP port"
    return Role.UNKNOWN, f"nothing says what port {tcp[0].number} speaks"


def _probes(service: Service) -> list[str]:
    return [p for pods in service.pods for p in pods.probes]


def declared_http(service: Service) -> bool:
    """A port name, a probe or a document says HTTP, not just a port number by habit."""
    named = any(row.role == Role.WEB for row, _ in _seen(service, "port-name"))
    asked = any(p.startswith("http") for p in _probes(service))
    return named or asked or bool(service.operations)


@cache
def _rows(evidence: str) -> tuple[ServiceRole, ...]:
    return tuple(r for r in service_roles() if r.evidence == evidence)


def _seen(service: Service, evidence: str) -> Iterator[tuple[ServiceRole, str]]:
    rows = _rows(evidence)
    if evidence == "image":
        yield from _by_image(service, rows)
    elif evidence == "label":
        found = [v.lower() for k, v in service.labels if k in _COMPONENT_LABELS]
        yield from _matching(rows, ((v, f"label {v}") for v in found))
    elif evidence == "port-name":
        ports = [p for p in service.ports if p.protocol == "TCP"]
        yield from _by_port_name(ports, rows)
    elif evidence == "name":
        yield from _by_name(service.name.lower(), rows)
    else:
        ports = [p for p in service.ports if p.protocol == "TCP"]
        yield from _matching(rows, ((str(p.number), f"port {p.number}") for p in ports))


def _matching(
    rows: Iterable[ServiceRole], found: Iterable[tuple[str, str]]
) -> Iterator[tuple[ServiceRole, str]]:
    seen = dict(found)
    return ((row, seen[row.pattern]) for row in rows if row.pattern in seen)


def _by_image(service: Service, rows: Iterable[ServiceRole]) -> Iterator[tuple[ServiceRole, str]]:
    """An image tells only where every container but the side cars is of the same kind."""
    images = dict.fromkeys(i for pods in service.pods for i in pods.images)
    told = [(i, next((r for r in rows if _is_image(i, r.pattern)), None)) for i in images]
    main = [(i, row) for i, row in told if row is None or row.role != "sidecar"]
    if main and main[0][1] and len({row.role if row else "" for _, row in main}) == 1:
        yield main[0][1], f"image {main[0][0]}"


def _is_image(image: str, pattern: str) -> bool:
    path = re.sub(r"(@.*|:[^/]*)$", "", image.lower())
    if pattern.startswith("*"):
        return path.endswith(pattern[1:])
    return path == pattern or path.endswith(f"/{pattern}")


def _by_port_name(
    ports: list[Port], rows: Iterable[ServiceRole]
) -> Iterator[tuple[ServiceRole, str]]:
    """gRPC beside an HTTP port leaves the Service callable by HTTP."""
    http = any(_names(p) & {"http", "https"} for p in ports)
    for row in rows:
        for port in ports:
            if row.pattern in _names(port) and not (http and row.role == "grpc"):
                yield row, f"port named {port.app_protocol or port.name}"


def _names(port: Port) -> set[str]:
    words = (port.app_protocol or port.name).lower()
    return {words.rsplit("/", 1)[-1], *re.split(r"[-/:_]", words)} - {""}


def _by_name(name: str, rows: Iterable[ServiceRole]) -> Iterator[tuple[ServiceRole, str]]:
    for row in rows:
        if re.search(rf"(^|-){re.escape(row.pattern)}(-|$)", name):
            yield row, f"named {name}"


def http_port(service: Service) -> int:
    """The port a gateway would call: https before http before the first TCP port; 0 if none."""
    ports = [p for p in service.ports if p.protocol == "TCP"]
    for wanted in ("https", "http"):
        for port in ports:
            if wanted in _names(port) or (wanted == "https" and port.number == 443):
                return port.number
    return ports[0].number if ports else 0
