"""What a Service is: judged by type, images, labels, port names, probes and its own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from apim_aks.apis.mapping.model import Role
from apim_aks.facts import ServiceRole, service_roles
from apim_aks.workload.model import Port, Service, ServiceType

EVIDENCE = ("image", "label", "port-name", "whole-name", "name", "port")
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
    """What image, label, port name, name and port say; HTTP, or just TCP, is no role yet."""
    nothing = {Role.WEB, Role.UNKNOWN}
    if any(row.role == Role.WEB for row, _ in _seen(service, "label")):
        nothing.add(Role.FRONT_END)
    for evidence in EVIDENCE:
        by_port = evidence.startswith("port") and _besides(service)
        for row, seen in _seen(service, evidence):
            if row.role not in nothing and not (by_port and row.role == "monitoring"):
                yield Role(row.role), f"{row.because} ({seen})"


def _besides(service: Service) -> bool:
    """It has ports for something else than being watched."""
    watched = {r.pattern for e in ("port-name", "port") for r in _rows(e) if r.role == "monitoring"}
    named = any(watched & {*_names(p), str(p.number)} for p in service.ports)
    return named and not all(watched & {*_names(p), str(p.number)} for p in service.ports)


def _described(service: Service) -> str:
    files = [d.file for d in service.documents if d.operations]
    count = len(service.operations)
    describe = "describes" if len(files) == 1 else "describe"
    return f"{', '.join(files)} {describe} {count} operation{'s' if count != 1 else ''}"


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
            if row.role == Role.WEB:
                return Role.WEB, f"{row.because} ({seen})"
    tcp = [p for p in service.ports if p.protocol == "TCP"]
    if not tcp:
        return Role.OTHER, "no TCP port"
    return Role.UNKNOWN, f"nothing says what port {tcp[0].number} speaks"


def _probes(service: Service) -> list[str]:
    return [p for pods in service.pods for p in pods.probes]


@cache
def _rows(evidence: str) -> tuple[ServiceRole, ...]:
    return tuple(r for r in service_roles() if r.evidence == evidence)


def _seen(service: Service, evidence: str) -> Iterator[tuple[ServiceRole, str]]:
    rows = _rows(evidence)
    if evidence == "image":
        yield from _by_image(service)
    elif evidence == "label":
        found = [v.lower() for k, v in service.labels if k in _COMPONENT_LABELS]
        yield from _matching(rows, ((v, f"label {v}") for v in found))
    elif evidence == "port-name":
        ports = [p for p in service.ports if p.protocol == "TCP"]
        yield from _by_port_name(ports, rows)
    elif evidence.endswith("name"):
        for name in dict.fromkeys((service.name, *(p.name for p in service.pods))):
            yield from _by_name(name.lower(), rows)
    else:
        opaque = {r.pattern for r in _rows("port-name") if r.role == Role.UNKNOWN}
        ports = [p for p in service.ports if p.protocol == "TCP" and not opaque & _names(p)]
        yield from _matching(rows, ((str(p.number), f"port {p.number}") for p in ports))


def _matching(
    rows: Iterable[ServiceRole], found: Iterable[tuple[str, str]]
) -> Iterator[tuple[ServiceRole, str]]:
    seen = dict(found)
    return ((row, seen[row.pattern]) for row in rows if row.pattern in seen)


def _by_image(service: Service) -> Iterator[tuple[ServiceRole, str]]:
    """An image tells only where every container but the side cars is of the same kind.

    A gateway beside an application is its side car; alone it is what the Service leads to.
    """
    images = dict.fromkeys(i for pods in service.pods for i in pods.images)
    told = [(i, _of_image(i)) for i in images]
    main = [(i, row) for i, row in told if row is None or row.role != "sidecar"]
    main = [(i, row) for i, row in main if row is None or row.role != Role.GATEWAY] or main
    if main and main[0][1] and len({row.role if row else "" for _, row in main}) == 1:
        yield main[0][1], f"image {main[0][0]}"


@lru_cache(maxsize=4096)
def _of_image(image: str) -> ServiceRole | None:
    """The first row whose pattern is the image's last part, or that and the owner before it."""
    path = re.sub(r"(@.*|:[^/]*)$", "", image.lower())
    parts = path.split("/") if "/" in path else ["library", path]
    tails = {"/".join(parts[n:]) for n in range(len(parts))}
    for row in _rows("image"):
        among = any(fnmatchcase(t, row.pattern) for t in tails) if "*" in row.pattern else False
        if among or row.pattern in tails:
            return row
    return None


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
    """The longest pattern first; a name for programs (`admin-api`) is none of a page."""
    found = sorted((r for r in rows if _is_named(name, r)), key=lambda r: -len(r.pattern))
    programs = any(r.role == Role.WEB for r in found)
    for row in found:
        if not (programs and row.role == Role.FRONT_END):
            yield row, f"named {name}"


def _is_named(name: str, row: ServiceRole) -> bool:
    if row.evidence == "whole-name":
        return fnmatchcase(name, row.pattern)
    return f"-{row.pattern}-" in f"-{name}-"


def http_port(service: Service) -> int:
    """The port a gateway would call: https before http before the first TCP port; 0 if none."""
    ports = [p for p in service.ports if p.protocol == "TCP"]
    for wanted in ("https", "http"):
        for port in ports:
            if wanted in _names(port) or (wanted == "https" and port.number == 443):
                return port.number
    return ports[0].number if ports else 0
