"""The topology itself: its parts together, checked for references to what is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apim_aks.topology.expectation import Expectation
from apim_aks.topology.index import Index, index_of
from apim_aks.topology.parts import (
    Backend,
    Certificate,
    Component,
    Credential,
    DnsName,
    Link,
    NetworkRule,
    ObjectChange,
    Zone,
)
from apim_aks.topology.vocabulary import Auth, Kind, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
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
    changes: tuple[ObjectChange, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    _index: Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check()
        index = index_of(self.components, self.links, self.backends)
        object.__setattr__(self, "_index", index)

    def _check(self) -> None:
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
            self._proven(backend)
        for name in self.names:
            _known(self.option, f"name {name.name}", name.component, components)
        for rule in self.rules:
            _known(self.option, f"rule {rule.priority}", rule.subnet, zones)

    def _proven(self, backend: Backend) -> None:
        if backend.protocol is Protocol.HTTPS and self.shown_by(backend) is None:
            raise ValueError(
                f"topology {self.option}: back end {backend.id} is called by HTTPS, and no "
                f"certificate of {backend.component} holds the name {backend.host}"
            )

    def shown_by(self, backend: Backend) -> Certificate | None:
        """The certificate whose chain and name the gateway checks there; None without TLS."""
        if backend.protocol is not Protocol.HTTPS:
            return None
        named = backend.component, backend.host
        return next((c for c in self.certificates if (c.held_by, c.host) == named), None)

    def component(self, id: str) -> Component:
        """The component of this id."""
        return self._index.components[id]

    def backend(self, service: str) -> tuple[Backend, str]:
        """The back end that leads to this Service, and the path prefix there."""
        return self._index.backends[service]

    def of_kind(self, *kinds: Kind) -> tuple[Component, ...]:
        """The components of these kinds, in order."""
        if len(kinds) == 1:
            return self._index.kinds.get(kinds[0], ())
        return tuple(c for c in self.components if c.kind in kinds)

    @property
    def gateway_is_public(self) -> bool:
        """The gateway, or the load balancer that Azure runs before it, is on the internet."""
        return any(c.public for c in self.of_kind(Kind.GATEWAY, Kind.LOAD_BALANCER))

    @property
    def self_hosted(self) -> Component | None:
        """The gateway where its container runs in the cluster; None where Azure runs it."""
        return next((c for c in self.of_kind(Kind.GATEWAY) if c.in_cluster), None)

    @property
    def cluster_reads_vault(self) -> bool:
        """A certificate is shown by something in the cluster that gets it from nowhere else.

        API Management hands one to the gateway, and the owners of a Service keep theirs.
        """
        given = (Kind.GATEWAY, Kind.SERVICE)
        inside = {c.id for c in self.components if c.in_cluster and c.kind not in given}
        return any(c.held_by in inside for c in self.certificates)

    def asks_certificate(self, id: str) -> bool:
        """Callers of this component have to show a client certificate."""
        return any(Auth.CLIENT_CERTIFICATE in link.auth for link in self.links_to(id))

    def service(self, id: str) -> tuple[Component, ...]:
        """The components that stand for this Kubernetes Service."""
        return self._index.services.get(id, ())

    def links_to(self, id: str) -> tuple[Link, ...]:
        """The links that end at this component."""
        return self._index.links_to.get(id, ())

    def links_from(self, id: str) -> tuple[Link, ...]:
        """The links that start at this component."""
        return self._index.links_from.get(id, ())

    def request_path(self, service: str) -> tuple[Link, ...]:
        """The links a request travels from a consumer through the gateway to this Service.

        Empty where no consumer of this workload can reach it through the gateway.
        """
        return self._index.path(service, Kind.CONSUMER)

    def backend_path(self, service: str) -> tuple[Link, ...]:
        """The links from the gateway to this Service, whoever calls the gateway."""
        return self._index.path(service, Kind.GATEWAY)


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
