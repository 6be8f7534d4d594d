"""What a Service is: judged by type, images, labels, port names, probes and its own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from apim_aks.apis.mapping.model import Role
from apim_aks.facts import ServiceRole, service_roles
from apim_aks.workload.model import Service, ServiceType
from apim_aks.workload.ports import GRPC, WEB, outer_ports, port_choice, said, usual

EVIDENCE = ("image", "label", "port-name", "whole-name", "name", "name-end", "port")
"""The evidence for a role, strongest first."""
_COMPONENT_LABELS = ("app.kubernetes.io/component", "component", "tier", "role")


def role(service: Service) -> tuple[Role, str]:
    """What a Service is, and the evidence in a few words.

    An OpenAPI document with operations outweighs everything else: it was described as an HTTP API.
    A port that workload.yaml names comes next.
    """
    if service.type is ServiceType.EXTERNAL_NAME:
        return Role.ALIAS, f"its name stands for {service.external_name}, outside the cluster"
    if service.operations:
        return Role.API, _described(service)
    if service.published_port:
        return Role.WEB, f"workload.yaml says that its port {service.published_port} answers HTTP"
    found = next(_told(service), None)
    return found or _by_protocol(service)


def _told(service: Service) -> Iterator[tuple[Role, str]]:
    """What image, label, port name, name and port say; HTTP, or just TCP, is no role yet.

    A name that as a whole is that of an API (`order-db-api`) is not judged by its parts.
    """
    nothing = {Role.WEB, Role.UNKNOWN}
    if any(row.role == Role.WEB for row, _ in _seen(service, "label")):
        nothing.add(Role.FRONT_END)
    ends_so = any(row.role == Role.WEB for row, _ in _seen(service, "whole-name"))
    for evidence in EVIDENCE:
        if ends_so and evidence == "name":
            continue
        for row, seen in _seen(service, evidence):
            if row.role not in nothing:
                yield Role(row.role), f"{row.because} ({seen})"


def _described(service: Service) -> str:
    files = [d.file for d in service.documents if d.operations]
    count = len(service.operations)
    describe = "describes" if len(files) == 1 else "describe"
    return f"{', '.join(files)} {describe} {count} operation{'s' if count != 1 else ''}"


def _by_protocol(service: Service) -> tuple[Role, str]:
    if service.headless:
        return Role.PEERS, "headless: its name gives the addresses of single pods"
    probes = _probes(service)
    route = next((r for r in service.routes if r.kind != "GRPCRoute"), None)
    if route and (number := port_choice(service).number):
        return Role.WEB, f"{route.kind} {route.name} leads to it, port {number}"
    if any(p.startswith("grpc") for p in probes):
        return Role.GRPC, "its pods have a gRPC probe"
    if asked := next((p for p in probes if p.startswith("http")), None):
        return Role.WEB, f"its pods have an HTTP probe ({asked})"
    for evidence in ("port-name", "port"):
        for row, seen in _seen(service, evidence):
            if row.role == Role.WEB:
                return Role.WEB, f"{row.because} ({seen})"
    tcp = [p for p in service.ports if p.protocol == "TCP"]
    if not tcp:
        return Role.OTHER, "no TCP port"
    if service.called_by_http:
        _, told = service.called_by_http
        return Role.WEB, f"an address by HTTP names it ({told.says}, {told.place})"
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
        yield from _by_port_name(service)
    elif "name" in evidence:
        for name in dict.fromkeys((service.name, *(p.name for p in service.pods))):
            yield from _by_name(name.lower(), rows)
    else:
        silent = (p for p in outer_ports(service) if said(p) is None)
        yield from ((row, f"port {p.number}") for p in silent if (row := usual(p)))


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


def _by_port_name(service: Service) -> Iterator[tuple[ServiceRole, str]]:
    """gRPC beside an HTTP port, or beside one that routes call by HTTP, leaves HTTP callable."""
    told = [(row, p) for p in outer_ports(service) if (row := said(p))]
    number = str(port_choice(service).number)
    routed = any(
        (p := service.named_port(r.port)) and str(p.number) == number for r in service.routes
    )
    http = routed or any(row.role == WEB for row, _ in told)
    for row, port in told:
        if not (http and row.role == GRPC):
            yield row, f"port named {port.app_protocol or port.name}"


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
    if row.evidence == "name-end":
        return name.endswith(f"-{row.pattern}")
    return f"-{row.pattern}-" in f"-{name}-"
