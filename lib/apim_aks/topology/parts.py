"""What a topology is made of: zones, components, links, and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.topology.vocabulary import Auth, Authority, Exposure, Kind, Protocol, Reach, ZoneKind


@dataclass(frozen=True, slots=True)
class Zone:
    """A trust boundary; `parent` is the id of the zone around it, empty for an outermost one."""

    id: str
    label: str
    kind: ZoneKind
    parent: str = ""
    prefix: str = ""
    delegation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Something that can be seen, called, run or attacked.

    `exposure` is the kind of address it listens on, `reach` the widest source that can connect to
    it, `guarded` one that connects as well and is refused without the credential of its links,
    `service` the id of the Kubernetes Service it is or stands for, `run_by_customer` whether
    the customer installs, configures and upgrades it, `validates_callers` whether it implements
    authentication of callers itself, `added` whether the option brings it.
    """

    id: str
    label: str
    kind: Kind
    zone: str
    exposure: Exposure = Exposure.CLUSTER
    reach: Reach = Reach.CLUSTER
    guarded: Reach = Reach.CLUSTER
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

    @property
    def lists_gateway(self) -> bool:
        """A public entry of the cluster that admits the fixed address of the gateway alone."""
        return self.in_cluster and self.public and self.reach is Reach.GATEWAY

    @property
    def connects(self) -> Reach:
        """The widest source whose connections are opened, whatever is asked for then."""
        return max(self.reach, self.guarded)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """A credential that the gateway presents to back ends; it gives access to `services`."""

    id: str
    auth: Auth
    services: tuple[str, ...]
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate on the path: who shows it, who trusts it, how often it is replaced a year.

    `host` is the name that it has to hold, which whoever trusts it compares; empty where none is
    compared. `authority` is who signs it.
    """

    id: str
    purpose: str
    host: str
    authority: Authority
    held_by: str
    trusted_by: str
    rotations_per_year: float
    rotated_by: str

    @property
    def kept_by_azure(self) -> bool:
        """Whether Azure issues and renews it, so that the reader never replaces it."""
        return not self.rotations_per_year


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One Kubernetes object created, changed or deleted against the input.

    The certificate of a Service is renewed: its owners do that, and no manifest holds it.
    `namespace` is that of the object where it is not that of the Service.
    """

    action: str
    kind: str
    name: str
    service: str
    reason: str
    namespace: str = ""
