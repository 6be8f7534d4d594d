"""Where an entry is attacked: a back end of the gateway, and a call that it serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apim_aks.remote.calls import Call, Outcome
from apim_aks.testbed.entries.entry import Entry
from apim_aks.testbed.exchange import Headers
from apim_aks.testbed.gateway import call_of, shown
from apim_aks.testbed.operations import Called, calls
from apim_aks.testbed.recorder import Arrival
from apim_aks.testbed.site import Site
from apim_aks.topology import Backend, Protocol


@dataclass(frozen=True, kw_only=True)
class Door:
    """A back end with a path that it serves, and what the gateway shows there.

    `prefix` leads to the Service, `service` is its id, `checked` says that the gateway checks the
    certificate that is shown there.
    """

    site: Site = field(repr=False)
    backend: Backend
    service: str
    prefix: str
    path: str
    method: str
    headers: Headers = field(default=(), repr=False)
    certificate: bytes = field(default=b"", repr=False)
    checked: bool = True

    @property
    def named(self) -> str:
        """Which entrance that is, for people."""
        return self.site.scene.topology.component(self.backend.component).label

    @property
    def entry(self) -> Entry | None:
        """The proxy that stands there."""
        return self.site.entry_before(self.backend)

    @property
    def asks_certificate(self) -> bool:
        """Callers have to show a client certificate."""
        return bool(self.certificate)

    @property
    def pinned(self) -> bool:
        """Callers have to show something that only the gateway has."""
        return self.asks_certificate or self.asks_token

    @property
    def asks_token(self) -> bool:
        """A token check stands before the Service."""
        return self.backend.component in self.site.checks

    @property
    def tls(self) -> bool:
        """It is called by TLS."""
        return self.backend.protocol is Protocol.HTTPS

    def call(
        self,
        path: str = "",
        *,
        headers: Headers | None = None,
        certificate: bytes | None = None,
        checked: bool = True,
    ) -> Call:
        """The call that is served, with these parts changed."""
        return call_of(
            self.backend,
            path or self.path,
            self.method,
            headers=self.headers if headers is None else headers,
            certificate=self.certificate if certificate is None else certificate,
            checked=checked,
        )

    def ask(self, call: Call, source: str = "") -> tuple[Outcome, tuple[Arrival, ...]]:
        """How the call ends, and what arrived at Services meanwhile."""
        mark = self.site.recorder.mark()
        outcome = self.site.network.ask(call, source or self.site.gateway)
        return outcome, self.site.recorder.since(mark)

    def presented(self) -> bytes:
        """The certificate that is shown there, empty where none is."""
        place = self.backend.host, self.backend.port
        return self.site.network.presented(place, self.site.gateway, self.certificate)

    def stranger(self) -> Call:
        """The call without what the gateway shows, where it shows anything."""
        return self.call(headers=(), certificate=b"", checked=False)

    def other(self, called: Called) -> Door:
        """The door that leads to the Service of this operation."""
        backend, prefix = self.site.scene.topology.backend(called.operation.service)
        return door_of(self.site, backend, called, prefix)

    def served(self, certificate: bytes | None = None) -> bool:
        """The right call is served, by the right Service; with this certificate if named."""
        outcome, arrived = self.ask(self.call(certificate=certificate))
        return outcome.answered and [a.service for a in arrived] == [self.service]


def doors(site: Site) -> Iterator[Door]:
    """The entry that leads to all Services once, every other back end by itself."""
    seen = set()
    for backend in site.backends:
        if backend.component in seen:
            continue
        seen.add(backend.component)
        called = _called(site, backend)
        if called is None:
            continue
        prefix = dict(backend.routes)[called.operation.service]
        yield door_of(site, backend, called, prefix)


def door_of(site: Site, backend: Backend, called: Called, prefix: str) -> Door:
    """The door of this back end with this operation as the call that is served."""
    headers, certificate = shown(site, backend)
    return Door(
        site=site,
        backend=backend,
        service=called.operation.service,
        prefix=prefix.rstrip("/"),
        path=prefix.rstrip("/") + called.backend_path,
        method=called.method,
        headers=headers,
        certificate=certificate,
    )


def _called(site: Site, backend: Backend) -> Called | None:
    """An operation that only reads, of a Service that gets all of its calls."""
    mapping = site.scene.drawn.mapping
    routed = dict(backend.routes)
    found = [
        c
        for c in calls(mapping)
        if c.operation.service in routed and not mapping.shares(c.operation.service)
    ]
    reading = (c for c in found if c.method == "GET")
    return next(reading, found[0] if found else None)
