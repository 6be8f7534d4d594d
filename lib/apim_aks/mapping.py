"""Which APIs the Services become: a proposal with reasons, over which the architect's word goes.

Two rules so far. A Service with operations of its own becomes one API. Where the operations of one
resource (the first part of their paths) are split over several Services, that resource becomes one
API of them all (claim K3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from apim_aks.facts import ServiceRole, service_roles
from apim_aks.workload import Operation, Service, ServiceType, WorkbookError, Workload

WILDCARD = Operation("*", "/*", "", "any call; the Service has no OpenAPI document")
_VERSION = re.compile(r"v\d+(\.\d+)*$", re.IGNORECASE)
_NO_RESOURCE = {"api", "rest", "services", "public"}
_OPERATIONAL = {"health", "healthz", "livez", "readyz", "ready", "live", "metrics", "status"}


class Role(StrEnum):
    """What a Service is, judged by what surrounds it."""

    API = "api"
    WEB = "web"
    GRPC = "grpc"
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    MONITORING = "monitoring"
    ALIAS = "alias"
    PEERS = "peers"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The role in words."""
        return {
            "api": "HTTP API",
            "web": "HTTP, no description",
            "grpc": "gRPC",
            "database": "database",
            "cache": "cache",
            "queue": "message queue",
            "monitoring": "monitoring",
            "alias": "alias of an outside name",
            "peers": "headless: addresses of single pods",
            "other": "not HTTP",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Decision:
    """Publish this Service or not, and why, in one sentence."""

    service: str
    role: Role
    publish: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """An operation as consumers call it, and the Service, port and path that answer it.

    `document` and `path` say where it is declared: a file, and a path item of that file.
    """

    method: str
    template: str
    service: str
    port: int
    backend_path: str
    operation_id: str = ""
    summary: str = ""
    document: str = ""
    path: str = ""

    @property
    def wildcard(self) -> bool:
        """It stands for everything an undescribed Service answers."""
        return self.method == WILDCARD.method


@dataclass(frozen=True, slots=True)
class Api:
    """An API Management API: `path` is its URL suffix, `reason` why it is one."""

    id: str
    title: str
    path: str
    operations: tuple[ApiOperation, ...]
    reason: str
    version: str = ""

    @property
    def services(self) -> tuple[str, ...]:
        """The Services behind it, in order of their first operation."""
        return tuple(dict.fromkeys(o.service for o in self.operations))


@dataclass(frozen=True, slots=True)
class Collision:
    """The same method and path in several Services: only one of them can answer."""

    method: str
    path: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Services to APIs: what becomes of each Service, the APIs, and what collides."""

    decisions: tuple[Decision, ...]
    apis: tuple[Api, ...]
    collisions: tuple[Collision, ...] = ()

    @property
    def published(self) -> tuple[str, ...]:
        """Ids of the Services that are published, in the order of the workload."""
        return tuple(d.service for d in self.decisions if d.publish)

    @property
    def operations(self) -> tuple[ApiOperation, ...]:
        """Every published operation once."""
        return tuple(o for api in self.apis for o in api.operations)

    def operations_of(self, service: str) -> tuple[ApiOperation, ...]:
        """The published operations that this Service answers."""
        return tuple(o for o in self.operations if o.service == service)


def map_services(workload: Workload) -> Mapping:
    """The proposal for this workload, with the architect's `publish` list over it.

    Raises:
        WorkbookError: `publish` names a Service that is not there or cannot be published.
    """
    chosen = _chosen(workload)
    decisions = tuple(_decision(s, chosen) for s in workload.services)
    published = [s for s, d in zip(workload.services, decisions, strict=True) if d.publish]
    apis, collisions = _apis(published)
    return Mapping(decisions, apis, collisions)


def role(service: Service) -> tuple[Role, str]:
    """What a Service is, and the evidence in a few words."""
    if service.type is ServiceType.EXTERNAL_NAME:
        return Role.ALIAS, f"an alias of {service.external_name}, outside the cluster"
    for row in service_roles():
        if seen := _seen(service, row):
            return Role(row.role), f"{row.because} ({seen})"
    if service.document:
        return Role.API, f"{service.document.file} describes {len(service.operations)} operations"
    if service.headless:
        return Role.PEERS, "headless: its name gives the addresses of single pods"
    if not any(p.protocol == "TCP" for p in service.ports):
        return Role.OTHER, "no TCP port"
    return Role.WEB, "no OpenAPI document"


def _seen(service: Service, row: ServiceRole) -> str:
    if row.evidence == "image":
        images = (i for p in service.pods for i in p.images)
        return next((f"image {i}" for i in images if _image_name(i) == row.pattern), "")
    if row.evidence == "port":
        return next((f"port {p.number}" for p in service.ports if str(p.number) == row.pattern), "")
    names = {p.app_protocol or p.name: p for p in service.ports}
    return next((f"port named {n}" for n in names if re.split(r"[-:/]", n)[0] == row.pattern), "")


def _image_name(image: str) -> str:
    return image.split("@")[0].rsplit("/", 1)[-1].split(":")[0].lower()


def _chosen(workload: Workload) -> tuple[str, ...] | None:
    if workload.publish is None:
        return None
    return tuple(workload.service(name).id for name in workload.publish)


def _decision(service: Service, chosen: tuple[str, ...] | None) -> Decision:
    kind, evidence = role(service)
    if chosen is not None:
        if service.id in chosen and kind not in (Role.API, Role.WEB):
            raise WorkbookError(
                f"publish names {service.id}, but it is {kind.label}: {evidence}; "
                "only HTTP Services can be published."
            )
        listed = "publish lists it" if service.id in chosen else "publish does not list it"
        return Decision(service.id, kind, service.id in chosen, listed)
    publish, why = _proposal(service, kind)
    return Decision(service.id, kind, publish, f"{why}: {evidence}" if evidence else why)


def _proposal(service: Service, kind: Role) -> tuple[bool, str]:
    if kind is Role.API:
        return True, "It describes its operations"
    if kind is not Role.WEB:
        return False, f"Not published, {kind.label}"
    if service.public:
        return True, "It is public today (type LoadBalancer)"
    if service.routes:
        route = service.routes[0]
        return True, f"It is public today ({route.kind} {route.name} gives it {route.path})"
    if service.type is ServiceType.NODE_PORT:
        return False, "Not published, reached on node ports only"
    return False, "Not published, nothing outside the cluster calls it today"


def resource(path: str) -> str:
    """The resource a path is about: its first fixed part that is no version and no prefix.

    `/api/v2/orders/{orderId}` is about `orders`. Paths that only operate the Service
    (health, metrics) are about nothing.
    """
    for part in path.strip("/").split("/"):
        if part.startswith("{") or not part:
            return ""
        if not _VERSION.match(part) and part.lower() not in _NO_RESOURCE:
            return "" if part.lower() in _OPERATIONAL else part.lower()
    return ""


def _apis(published: list[Service]) -> tuple[tuple[Api, ...], tuple[Collision, ...]]:
    owners: dict[str, list[str]] = {}
    for service in published:
        for name in dict.fromkeys(resource(o.path) for o in service.operations):
            owners.setdefault(name, []).append(service.id)
    shared = {name for name, ids in owners.items() if name and len(ids) > 1}
    groups: dict[tuple[str, str], list[ApiOperation]] = {}
    for service in published:
        for operation in service.operations or (WILDCARD,):
            name = resource(operation.path)
            key = ("resource", name) if name in shared else ("service", service.id)
            groups.setdefault(key, []).append(_published(operation, service))
    ids = _api_ids(groups)
    apis, collisions = [], []
    for key, operations in groups.items():
        kept, lost = _without_collisions(operations)
        collisions += lost
        apis.append(_api(ids[key], key, kept))
    return tuple(apis), tuple(collisions)


def _published(operation: Operation, service: Service) -> ApiOperation:
    base = service.document.base_path.rstrip("/") if service.document else ""
    return ApiOperation(
        operation.method,
        operation.path,
        service.id,
        http_port(service),
        base + operation.path,
        operation.operation_id,
        operation.summary,
        service.document.file if service.document else "",
        operation.path if service.document else "",
    )


def http_port(service: Service) -> int:
    """The port a gateway would call: https before http before the first TCP port; 0 if none."""
    ports = [p for p in service.ports if p.protocol == "TCP"]
    for wanted in ("https", "http"):
        for port in ports:
            if (port.app_protocol or port.name).lower().startswith(wanted):
                return port.number
    return ports[0].number if ports else 0


def _api_ids(groups: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    keys = list(groups)
    short = [_slug(name.split("/")[-1]) for _, name in keys]
    return {
        key: name if short.count(name) == 1 else _slug(f"{key[0]}-{key[1]}")
        for key, name in zip(keys, short, strict=True)
    }


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "api"


def _api(id: str, key: tuple[str, str], operations: tuple[ApiOperation, ...]) -> Api:
    services = list(dict.fromkeys(o.service.split("/")[1] for o in operations))
    title = id.replace("-", " ").capitalize()
    if len(services) > 1:
        reason = f"{' and '.join(services)} share the resource {key[1]}"
    elif operations[0].wildcard:
        reason = f"{services[0]} has no OpenAPI document: one API that passes every call on"
    else:
        reason = f"{services[0]} owns every operation on {_resources(operations)}"
    prefix = f"/{key[1]}" if key[0] == "resource" else _common_prefix(operations)
    trimmed = tuple(_trim(o, prefix) for o in operations)
    return Api(id, title, prefix.strip("/") or id, trimmed, reason)


def _resources(operations: Iterable[ApiOperation]) -> str:
    names = [n for n in dict.fromkeys(resource(o.template) for o in operations) if n]
    return " and ".join(names[:3]) or "its paths"


def _common_prefix(operations: tuple[ApiOperation, ...]) -> str:
    first = {o.template.split("/")[1] for o in operations if "/" in o.template}
    only = first.pop() if len(first) == 1 else ""
    return f"/{only}" if only and not only.startswith(("{", "*")) else ""


def _trim(operation: ApiOperation, prefix: str) -> ApiOperation:
    template = operation.template.removeprefix(prefix) if prefix else operation.template
    return replace(operation, template=template or "/")


def _without_collisions(
    operations: list[ApiOperation],
) -> tuple[tuple[ApiOperation, ...], list[Collision]]:
    by_key: dict[tuple[str, str], list[ApiOperation]] = {}
    for operation in operations:
        shape = re.sub(r"\{[^}]*\}", "{}", operation.template)
        by_key.setdefault((operation.method, shape), []).append(operation)
    kept = tuple(found[0] for found in by_key.values())
    lost = [
        Collision(found[0].method, found[0].template, tuple(o.service for o in found))
        for found in by_key.values()
        if len(found) > 1
    ]
    return kept, lost
