"""Linkerd's policies as values.

What the fields mean: https://linkerd.io/2/reference/authorization-policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.listing import listed
from apim_aks.workload.guards.guard import Condition, Guard
from apim_aks.workload.network_policy import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkerdServer(Guard):
    """A port of pods, by name or number, that denies every call which nothing authorizes.

    `policy` says another default; `labels` are its own, by which authorizations find it.
    """

    selector: Selector
    port: str
    policy: str = "deny"
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def says(self) -> str:
        """Which port, and what holds of calls that nothing authorizes."""
        return f"port {self.port} of its pods: {self.policy} what no policy authorizes"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkerdClients(Condition):
    """A ServerAuthorization: whom one Server by name, or those with these labels, lets in.

    `unauthenticated` lets in everybody; `networks` narrow it, `identities` is true where callers
    need an identity of the mesh.
    """

    server: str = ""
    servers: Selector | None = None
    unauthenticated: bool = False
    identities: bool = False
    networks: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Whom it lets in."""
        who = "callers without an identity" if self.unauthenticated else "nobody"
        who = "callers with an identity of the mesh" if self.identities else who
        where = f" from {listed(self.networks)}" if self.networks else ""
        return f"lets {who}{where} in to Server {self.server or 'by label'}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Kind, name and namespace of another object."""

    kind: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkerdAuthorization(Condition):
    """Linkerd's AuthorizationPolicy: its target lets in who passes all of these authentications."""

    target: Reference
    required: tuple[Reference, ...] = ()

    @property
    def says(self) -> str:
        """The target and what it asks for."""
        asked = [f"{r.kind} {r.name}" for r in self.required] or ["nothing"]
        return f"{self.target.kind} {self.target.name} asks callers for {listed(asked)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshTlsAuthentication(Condition):
    """Identities of the mesh, one of which a caller must have."""

    identities: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Whom it is true of."""
        return f"callers with the identity {listed(self.identities) if self.identities else '–'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAuthentication(Condition):
    """Ranges of addresses, from one of which a caller must come."""

    networks: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Whom it is true of."""
        return f"callers from {listed(self.networks) if self.networks else '–'}"
