"""The values of a mapping: what becomes of each Service, the APIs, and what to know about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from apim_aks.apis.mapping.behaviour import Behaviour
from apim_aks.apis.mapping.permissions import Permissions
from apim_aks.once import Once
from apim_aks.workload.finding import Finding
from apim_aks.workload.handling import NOTHING, Cors, Handling
from apim_aks.workload.model import Operation
from apim_aks.workload.url_template import has_wildcard, joined

PREFLIGHT = "OPTIONS"
"""The method by which browsers ask whether a page may call."""
WILDCARD = Operation("*", "/*", "", "any call; the Service has no OpenAPI document")


class Role(StrEnum):
    """What a Service is, judged by what surrounds it."""

    API = "api"
    FRONT_END = "front-end"
    WEB = "web"
    GRPC = "grpc"
    WEBSOCKET = "websocket"
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    INGRESS = "ingress"
    MONITORING = "monitoring"
    MANAGEMENT = "management"
    GATEWAY = "gateway"
    IDENTITY = "identity"
    PLATFORM = "platform"
    CONSOLE = "console"
    ALIAS = "alias"
    PEERS = "peers"
    UNKNOWN = "unknown"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The role in words."""
        return _LABELS[self.value]

    @property
    def http(self) -> bool:
        """Whether the role serves HTTP to programs; such a Service is proposed if it is called."""
        return self in (Role.API, Role.WEB)

    @property
    def callable(self) -> bool:
        """Whether a gateway can call it on request, although it is not proposed."""
        asked = (Role.FRONT_END, Role.GATEWAY, Role.IDENTITY, Role.PLATFORM, Role.CONSOLE)
        return self.http or self in asked or self is Role.UNKNOWN


_LABELS = {
    "api": "HTTP API",
    "front-end": "web front end",
    "web": "HTTP, not described",
    "grpc": "gRPC",
    "websocket": "WebSocket",
    "database": "database",
    "cache": "cache",
    "queue": "message queue",
    "ingress": "ingress controller",
    "monitoring": "monitoring",
    "management": "ports for operators only",
    "gateway": "API gateway in the cluster",
    "identity": "token issuer",
    "platform": "platform service",
    "console": "administration console",
    "alias": "alias of an external name",
    "peers": "headless: addresses of single pods",
    "unknown": "TCP, protocol unknown",
    "other": "not TCP",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Publish this Service or not, and why, in one sentence.

    A `candidate` is published only until the reader chooses: nothing tells whom it is for.
    """

    service: str
    role: Role
    publish: bool
    reason: str
    candidate: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """How callers reach an operation today: the prefix of the route, their path, its hosts."""

    prefix: str
    path: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOperation:
    """An operation as consumers call it, and the Service, port and path that answer it.

    `document` and `path` say where it is declared: a file, and a path item of that file. `called`
    is how a route leads to it today; None where none does. `lasting` calls stream, carry files or
    run long, as far as the document says; `cached` answers are kept because workload.yaml says so.
    `handling` is what is done to its calls today.
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
    called: Called | None = None
    lasting: bool = False
    cached: bool = False
    handling: Handling = NOTHING

    @property
    def wildcard(self) -> bool:
        """It stands for any method of an undescribed Service."""
        return self.method == WILDCARD.method

    @property
    def undescribed(self) -> bool:
        """No document declares it: it stands for calls of any method, or of one, below a path."""
        return self.wildcard or not self.document

    @property
    def passes_on(self) -> bool:
        """Whatever stands below its path goes on to the back end as it is."""
        return has_wildcard(self.template) and has_wildcard(self.backend_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api(Once):
    """An API Management API: `path` is its URL suffix, `reason` why it is one.

    Versions of one API share title and path; `version` tells them apart. `preflight` are the
    templates of operations that are left out since `cors` answers OPTIONS.
    """

    id: str
    title: str
    path: str
    operations: tuple[ApiOperation, ...]
    reason: str
    version: str = ""
    permissions: Permissions = Permissions()
    preflight: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Path and version, which stand before every template."""
        return "/".join(p for p in (self.path.strip("/"), self.version) if p)

    @property
    def url(self) -> str:
        """The place as API Management compares it: without letter case."""
        return self.place.lower()

    def path_of(self, operation: ApiOperation) -> str:
        """The whole path by which consumers call one of its operations."""
        return self.path_of_template(operation.template)

    def path_of_template(self, template: str) -> str:
        """The whole path of a template below the API's path."""
        return joined(f"/{self.place}" if self.place else "", template)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Method and template of each operation."""
        return tuple((o.method, o.template) for o in self.operations)

    @property
    def cors(self) -> Cors | None:
        """Which web pages may call it, where all operations that say so agree."""
        found = {o.handling.cors for o in self.operations if o.handling.cors}
        return next(iter(found)) if len(found) == 1 else None

    @property
    def services(self) -> tuple[str, ...]:
        """The Services behind it, in order of their first operation."""
        return tuple(dict.fromkeys(o.service for o in self.operations))


@dataclass(frozen=True, slots=True)
class Collision:
    """The same method and path in several Services: one front door, several answers."""

    method: str
    path: str
    services: tuple[str, ...]
    settled: str


@dataclass(frozen=True, slots=True)
class Split:
    """How the calls of a Service are divided today: it first, then others, each with percent."""

    service: str
    shares: tuple[tuple[str, int], ...]


class About(StrEnum):
    """What a note is about."""

    CHOICE = "your choice"
    UNPAIRED = "no Service"
    AGGREGATE = "aggregate"
    VERSION = "version"
    KEPT_APART = "kept apart"
    CALLERS = "callers"
    ROUTE = "route"
    SPLIT = "split"
    TODAY = "ingress today"
    CORS = "web pages"
    MESH = "service mesh"
    HOST = "host"
    PORT = "port"
    SIGN_IN = "sign-in"
    PERMISSION = "permission"
    PATH = "path"
    OPERATION_ID = "operation id"
    UNDESCRIBED = "not described"
    NOT_REST = "no REST API"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Note:
    """Something an architect should know about an API or a Service, in one sentence."""

    about: About
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Services to APIs: what becomes of each Service, the APIs, what collides, what to know.

    `findings` are operations and entries of `apis` that no API could have, `today` what the routes
    of published Services do beside leading somewhere.
    """

    decisions: tuple[Decision, ...]
    apis: tuple[Api, ...]
    collisions: tuple[Collision, ...] = ()
    notes: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()
    splits: tuple[Split, ...] = ()
    today: tuple[Behaviour, ...] = ()
    _by_service: dict[str, tuple[ApiOperation, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, list[ApiOperation]] = {}
        for operation in self.operations:
            found.setdefault(operation.service, []).append(operation)
        object.__setattr__(self, "_by_service", {s: tuple(o) for s, o in found.items()})

    @property
    def published(self) -> tuple[str, ...]:
        """Ids of the Services that are published, in the order of the workload."""
        return tuple(d.service for d in self.decisions if d.publish)

    @property
    def operations(self) -> tuple[ApiOperation, ...]:
        """Every published operation once."""
        return tuple(o for api in self.apis for o in api.operations)

    def shares(self, service: str) -> tuple[tuple[str, int], ...]:
        """The Services that divide the calls of this one; empty where it gets them all."""
        return next((s.shares for s in self.splits if s.service == service), ())

    def operations_of(self, service: str) -> tuple[ApiOperation, ...]:
        """The published operations that this Service answers."""
        return self._by_service.get(service, ())

    def api(self, id: str) -> Api:
        """The API of this id."""
        return next(a for a in self.apis if a.id == id)
