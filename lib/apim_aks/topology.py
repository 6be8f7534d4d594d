"""One way of placing API Management before a cluster, as values that can be counted or drawn.

A `Topology` is what every picture, measure, template, manifest and check reads. Nothing that reads
it asks which option it is: what matters stands on its components, links and network mode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum

from apim_aks.check import Severity


class ZoneKind(StrEnum):
    """A trust boundary: a box in the picture."""

    INTERNET = "internet"
    AZURE = "azure"
    NETWORK = "network"
    SUBNET = "subnet"
    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    PEERED_NETWORK = "peered-network"
    ON_PREMISES = "on-premises"


class Kind(StrEnum):
    """What a component is. Icons, templates and owners are rows keyed by it."""

    CONSUMER = "consumer"
    EDGE = "edge"
    LOAD_BALANCER = "load-balancer"
    GATEWAY = "gateway"
    INTEGRATION = "integration"
    INGRESS = "ingress"
    TOKEN_PROXY = "token-proxy"
    SERVICE = "service"


class Reach(IntEnum):
    """The widest source that can open a connection to a component."""

    CLUSTER = -1
    GATEWAY = 0
    NETWORK = 1
    REGION = 2
    INTERNET = 3

    @property
    def label(self) -> str:
        """The source in words."""
        return {
            -1: "pods of the cluster",
            0: "the gateway only",
            1: "the virtual network and its peers",
            2: "every tenant of the Azure region",
            3: "the internet",
        }[self.value]


class Exposure(StrEnum):
    """What kind of address a component listens on."""

    PUBLIC = "public"
    PRIVATE = "private"
    CLUSTER = "cluster"
    NONE = "none"

    @property
    def label(self) -> str:
        """The address in words."""
        return {
            "public": "public address",
            "private": "private address in the virtual network",
            "cluster": "address inside the cluster",
            "none": "no address of its own",
        }[self.value]


class Auth(Enum):
    """What a caller must show on a link. The value is (id, words, pinned credential)."""

    NONE = ("none", "no authentication", False)
    SUBSCRIPTION_KEY = ("subscription-key", "subscription key", False)
    CALLER_TOKEN = ("caller-token", "caller's token", False)
    TOKEN = ("token", "gateway's token", True)
    CLIENT_CERTIFICATE = ("client-certificate", "client certificate", True)

    @property
    def id(self) -> str:
        """The stable word in data and JSON."""
        return self.value[0]

    @property
    def label(self) -> str:
        """The words on an arrow."""
        return self.value[1]

    @property
    def pinned(self) -> bool:
        """Only the gateway holds this credential."""
        return self.value[2]


class Protocol(StrEnum):
    """What is spoken on a link."""

    HTTPS = "HTTPS"
    HTTP = "HTTP"
    TCP = "TCP"
    GRPC = "gRPC"


@dataclass(frozen=True, slots=True)
class Zone:
    """A trust boundary; `parent` is the id of the zone around it, empty for an outermost one."""

    id: str
    label: str
    kind: ZoneKind
    parent: str = ""
    prefix: str = ""
    delegation: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """Something that can be seen, called, run or attacked.

    `exposure` is the kind of address it listens on, `reach` the widest source that can connect to
    it, `service` the id of the Kubernetes Service it is or stands for, `run_by_customer` whether
    the customer installs, configures and upgrades it, `validates_callers` whether it implements
    authentication of callers itself, `added` whether the option brings it.
    """

    id: str
    label: str
    kind: Kind
    zone: str
    exposure: Exposure = Exposure.CLUSTER
    reach: Reach = Reach.CLUSTER
    ports: tuple[int, ...] = ()
    service: str = ""
    run_by_customer: bool = False
    validates_callers: bool = False
    added: bool = False
    in_cluster: bool = False
    detail: str = ""

    @property
    def public(self) -> bool:
        """Anyone on the internet finds a listener here."""
        return self.exposure is Exposure.PUBLIC


@dataclass(frozen=True, slots=True)
class Link:
    """Who calls whom, how. `ends_tls`: the target ends TLS here.

    `bypass` marks a path that does not go through the gateway.
    """

    source: str
    target: str
    protocol: Protocol
    port: int
    auth: tuple[Auth, ...] = (Auth.NONE,)
    ends_tls: bool = False
    bypass: bool = False
    note: str = ""

    @property
    def label(self) -> str:
        """Protocol, port and authentication: what stands on the arrow."""
        words = " + ".join(a.label for a in self.auth)
        return ", ".join(w for w in (f"{self.protocol} {self.port}", words, self.note) if w)

    @property
    def pinned(self) -> bool:
        """A credential that only the gateway holds is needed here."""
        return any(a.pinned for a in self.auth)


@dataclass(frozen=True, slots=True)
class Credential:
    """Something the gateway shows to back ends; whoever holds it opens `services`."""

    id: str
    auth: Auth
    services: tuple[str, ...]
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the gateway sends calls: a host of `component`, and how it proves who it is.

    `routes` holds the Services behind it, each with the path prefix that leads to it; the prefix
    is empty where the host is one Service's own. `credential` is the id of what the gateway shows.
    """

    id: str
    component: str
    protocol: Protocol
    host: str
    port: int
    routes: tuple[tuple[str, str], ...]
    credential: str = ""

    @property
    def url(self) -> str:
        """Scheme, host and port, the port left out where it is the scheme's own."""
        scheme = "https" if self.protocol is Protocol.HTTPS else "http"
        usual = {"https": 443, "http": 80}[scheme]
        return f"{scheme}://{self.host}" + ("" if self.port == usual else f":{self.port}")


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """One rule of a network security group on the zone `subnet`."""

    subnet: str
    direction: str
    priority: int
    access: str
    protocol: str
    source: str
    destination: str
    port: str
    reason: str
    required: bool
    row: str = ""


@dataclass(frozen=True, slots=True)
class DnsName:
    """A host name, what it resolves to and for whom."""

    name: str
    component: str
    private: bool
    visible_from: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate on the path: who shows it, who trusts it, how often it is replaced a year."""

    id: str
    purpose: str
    held_by: str
    trusted_by: str
    rotations_per_year: float
    rotated_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """One Kubernetes object created, changed or deleted against the input."""

    action: str
    kind: str
    name: str
    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """An expectation that counting settles: the measure is at most this."""

    measure: str
    at_most: float


@dataclass(frozen=True, slots=True)
class Derived:
    """An expectation that the design and dated rows settle: a rule in `verification`."""

    rule: str


@dataclass(frozen=True, slots=True)
class Probe:
    """An expectation that only the built thing settles: who asks whom, with what, and the end."""

    vantage: str
    target: str
    request: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an option promises: a check id, the claim behind it, and how it is settled."""

    id: str
    claim: str
    statement: str
    test: Measured | Derived | Probe
    severity: Severity = Severity.MUST


@dataclass(frozen=True, slots=True)
class Topology:
    """An option drawn for one workload. Refuses references to what it does not have."""

    option: str
    mode: str
    zones: tuple[Zone, ...]
    components: tuple[Component, ...]
    links: tuple[Link, ...]
    credentials: tuple[Credential, ...] = ()
    backends: tuple[Backend, ...] = ()
    rules: tuple[NetworkRule, ...] = ()
    names: tuple[DnsName, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    changes: tuple[Change, ...] = ()
    expectations: tuple[Expectation, ...] = ()

    def __post_init__(self) -> None:
        zones = _unique(self.option, "zone", (z.id for z in self.zones))
        components = _unique(self.option, "component", (c.id for c in self.components))
        _unique(self.option, "expectation", (e.id for e in self.expectations))
        for zone in self.zones:
            _known(self.option, f"zone {zone.id}", zone.parent, zones | {""})
        for component in self.components:
            _known(self.option, f"component {component.id}", component.zone, zones)
        for link in self.links:
            for end in (link.source, link.target):
                _known(self.option, f"link {link.source} -> {link.target}", end, components)
        held = {c.id for c in self.credentials} | {""}
        for backend in self.backends:
            _known(self.option, f"back end {backend.id}", backend.component, components)
            _known(self.option, f"back end {backend.id}", backend.credential, held)
        for name in self.names:
            _known(self.option, f"name {name.name}", name.component, components)
        for rule in self.rules:
            _known(self.option, f"rule {rule.priority}", rule.subnet, zones)

    def component(self, id: str) -> Component:
        """The component of this id."""
        return next(c for c in self.components if c.id == id)

    def backend(self, service: str) -> tuple[Backend, str]:
        """The back end that leads to this Service, and the path prefix there."""
        return next((b, prefix) for b in self.backends for id, prefix in b.routes if id == service)

    def of_kind(self, *kinds: Kind) -> tuple[Component, ...]:
        """The components of these kinds, in order."""
        return tuple(c for c in self.components if c.kind in kinds)

    def links_to(self, id: str) -> tuple[Link, ...]:
        """The links that end at this component."""
        return tuple(link for link in self.links if link.target == id)

    def links_from(self, id: str) -> tuple[Link, ...]:
        """The links that start at this component."""
        return tuple(link for link in self.links if link.source == id)

    def request_path(self, service: str) -> tuple[Link, ...]:
        """The links a request travels from a consumer through the gateway to this Service.

        Empty where no consumer of this workload can reach it through the gateway.
        """
        return self._path(service, self.of_kind(Kind.CONSUMER))

    def backend_path(self, service: str) -> tuple[Link, ...]:
        """The links from the gateway to this Service, whoever calls the gateway."""
        return self._path(service, self.of_kind(Kind.GATEWAY))

    def _path(self, service: str, starts: tuple[Component, ...]) -> tuple[Link, ...]:
        ends = {c.id for c in self.components if c.service == service and c.kind is Kind.SERVICE}
        queue: list[tuple[Link, ...]] = [
            (link,) for start in starts for link in self.links_from(start.id)
        ]
        seen: set[str] = set()
        while queue:
            path = queue.pop(0)
            last = path[-1]
            if last.bypass or last.target in seen:
                continue
            if last.target in ends:
                return path
            seen.add(last.target)
            queue.extend((*path, link) for link in self.links_from(last.target))
        return ()


def _unique(option: str, what: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise ValueError(f"topology {option}: {what} {id!r} occurs twice")
        seen.add(id)
    return seen


def _known(option: str, what: str, id: str, known: set[str]) -> None:
    if id not in known:
        raise ValueError(f"topology {option}: {what} refers to {id!r}, which it does not have")
