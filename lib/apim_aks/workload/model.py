"""What the reader brings, as values: Kubernetes Services, their operations, what is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from apim_aks.errors import InputError
from apim_aks.once import Once
from apim_aks.workload.azure import Azure
from apim_aks.workload.call import CallGraph, Evidence
from apim_aks.workload.consumer import Consumer as Consumer
from apim_aks.workload.decision import Decision
from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Guards
from apim_aks.workload.held import Held
from apim_aks.workload.named_option import NamedOption
from apim_aks.workload.opening import Opening
from apim_aks.workload.pin import Pin as Pin
from apim_aks.workload.route import Route
from apim_aks.workload.tls import ServiceTls
from apim_aks.workload.traffic import Traffic

if TYPE_CHECKING:  # whose reading takes a library that a design does without
    from apim_aks.workload.documents import Parsed


class ServiceType(StrEnum):
    """The `spec.type` of a Kubernetes Service."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"
    EXTERNAL_NAME = "ExternalName"


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a Service: `number` is what callers dial, `target` what the pods listen on."""

    number: int
    name: str = ""
    target: str = ""
    protocol: str = "TCP"
    app_protocol: str = ""
    node_port: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One OpenAPI operation: an HTTP method on a path template, as the Service serves it.

    `base_path` is that of servers of its own; None where those of the document hold.
    """

    method: str
    path: str
    operation_id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    base_path: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Method and path template: what makes two operations the same."""
        return self.method, self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An OpenAPI document of one Service. `body` is the parsed document, never changed.

    `line_of` gives the line of the file on which a key stands, as in `line_of("paths", "/orders")`.
    """

    file: str
    title: str
    version: str
    specification: str
    base_path: str
    operations: tuple[Operation, ...]
    body: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    line_of: Callable[..., int] = field(default=lambda *_: 0, compare=False, repr=False)

    def place_of(self, path: str) -> tuple[str, str]:
        """Where a path stands in its body: below `paths`, or below the extension `x-ms-paths`."""
        return ("x-ms-paths" if path in (self.body.get("x-ms-paths") or ()) else "paths"), path

    def path_of(self, operation: Operation) -> str:
        """The whole path that it gives one of its operations."""
        own = operation.base_path
        return (self.base_path if own is None else own).rstrip("/") + operation.path


@dataclass(frozen=True, slots=True)
class TokenValidation:
    """What a Service that already validates access tokens expects in them.

    `metadata` is where the issuer publishes its OpenID metadata; empty where that follows from it.
    """

    issuer: str
    audience: str
    metadata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """What runs behind a Service: the controller's kind and name, its images and replicas.

    `ports` are names and numbers that containers declare, `probes` how health is asked for
    (`httpGet /healthz`, `grpc`, `tcpSocket`, `exec`), `probed` the ports that HTTP probes name,
    `secrets` the Secrets that volumes mount.
    """

    kind: str
    name: str
    images: tuple[str, ...] = ()
    replicas: int | None = None
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[tuple[str, int], ...] = ()
    probes: tuple[str, ...] = ()
    probed: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Once):
    """A Kubernetes Service with what surrounds it. Its id is `namespace/name`.

    `selector` picks its pods by labels; empty where it has none, None where nobody said. `lost` are
    documents that describe nothing, `published_port` is named by workload.yaml, or 0, `same_pods`
    are others before its pods, `called_by_http` is the port of an address by http and what says so,
    `by_tls` ports known to take TLS or not; manifests make one with `derived_from`, for its port.
    """

    namespace: str
    name: str
    type: ServiceType = ServiceType.CLUSTER_IP
    ports: tuple[Port, ...] = ()
    headless: bool = False
    internal: bool = False
    source_ranges: tuple[str, ...] = ()
    external_name: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    pods: tuple[Pods, ...] = ()
    routes: tuple[Route, ...] = ()
    documents: tuple[Document, ...] = ()
    validates: TokenValidation | None = None
    file: str = ""
    line: int = 0
    external_ips: tuple[str, ...] = ()
    selector: tuple[tuple[str, str], ...] | None = None
    published_port: int = 0
    lost: tuple[str, ...] = ()
    same_pods: tuple[str, ...] = ()
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""
    called_by_http: tuple[int | None, Evidence] | None = None
    by_tls: tuple[tuple[int, bool], ...] = ()
    derived_from: str = ""
    tls: ServiceTls = ServiceTls()

    @property
    def id(self) -> str:
        """`namespace/name`, unique in a cluster."""
        return f"{self.namespace}/{self.name}"

    @property
    def origin(self) -> str:
        """The id of the Service of the input that leads to its ports: itself, as a rule."""
        return f"{self.namespace}/{self.derived_from or self.name}"

    @property
    def public(self) -> bool:
        """Reachable from the internet by itself: on AKS, a LoadBalancer that is not internal.

        A NodePort is not, since nodes have no public address by default; nor is an ExternalName.
        """
        return self.type is ServiceType.LOAD_BALANCER and not self.internal

    @property
    def guardable(self) -> bool:
        """A NetworkPolicy can select what answers for it: its selector picks pods."""
        return self.selector != ()

    def named_port(self, name: str) -> Port | None:
        """Its TCP port of this name or number; None where it has none."""
        tcp = (p for p in self.ports if p.protocol == "TCP")
        return next((p for p in tcp if name and name in (p.name, str(p.number))), None)

    @property
    def document(self) -> Document | None:
        """Its OpenAPI document, the first where there are several versions."""
        return self.documents[0] if self.documents else None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that its OpenAPI documents declare; none without a document."""
        return tuple(o for d in self.documents for o in d.operations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What must hold, whatever the weights. Only things that can be checked."""

    no_public_cluster_endpoint: bool = False
    private_gateway: bool = False
    private_api_server: bool = False
    static_outbound_ip: bool = False
    availability_zones: bool = False
    regions: int = 1
    tiers_allowed: tuple[str, ...] = ()
    monthly_budget: float | None = None
    sla_percent: float | None = None
    recovery_minutes: float | None = None
    service_mesh: bool = False
    overlapping_address_ranges: bool = False
    host_names: int = 0
    web_application_firewall: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload(Once):
    """One scenario, whole: `documents` hold its objects as read, `unpaired` are no Service's files.

    `api_places` say where the file has an entry of `apis`, `owners` who asks for a requirement,
    `held` is what an existing API Management has, as far as the file names it,
    `environments` are the same scenario as each of them is deployed, and `environment` which it is.
    """

    name: str
    title: str
    services: tuple[Service, ...]
    publish: tuple[str, ...] | None = None
    apis: Mapping[str, Any] = field(default_factory=dict, compare=False)
    consumers: tuple[Consumer, ...] = (Consumer.INTERNET,)
    requirements: Requirements = Requirements()
    traffic: Traffic = Traffic()
    preset: str = "balanced"
    weights: tuple[tuple[str, float], ...] = ()
    azure: Azure = Azure()
    pins: tuple[tuple[str, Pin], ...] = ()
    decided: str = ""
    decision: Decision = Decision()
    named_options: tuple[NamedOption, ...] = ()
    findings: tuple[Finding, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    openings: tuple[Opening, ...] = ()
    guards: Guards = Guards()
    named_requirements: tuple[str, ...] = ()
    region_stated: bool = True
    owners: tuple[tuple[str, str], ...] = ()
    unpaired: tuple[str, ...] = ()
    api_places: Mapping[str, str] = field(default_factory=dict, compare=False)
    graph: CallGraph = CallGraph()
    held: tuple[Held, ...] = ()
    environment: str = ""
    environments: Mapping[str, Workload] = field(default_factory=dict, compare=False, repr=False)
    documents: tuple[Parsed, ...] = field(default=(), compare=False, repr=False)
    _named: dict[str, tuple[Service, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named: dict[str, tuple[Service, ...]] = {}
        for service in self.services:
            for name in {service.id, service.name}:
                named[name] = (*named.get(name, ()), service)
        object.__setattr__(self, "_named", named)

    def service(self, name: str) -> Service:
        """The Service called `namespace/name`, or `name` where that is unique.

        Raises:
            InputError: no Service is called so, or several are.
        """
        found = self._named.get(name, ())
        if len(one := [s for s in found if s.id == name] or found) == 1:
            return one[0]
        said, choices = ("not unique", found) if found else ("unknown", self.services)
        ids = ", ".join(s.id for s in choices)
        raise InputError(f"Service {name!r} is {said}; use one of {ids}.")
