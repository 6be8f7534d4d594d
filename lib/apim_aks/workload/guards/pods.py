"""What opens pods beside the Services that select them, and policies that are not understood."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.listing import listed
from apim_aks.workload.guards.guard import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNetwork(Guard):
    """Pods on the addresses of their nodes, or ports of nodes that lead to pods.

    `ports` are hostPorts with their protocol, as `8081/TCP`.
    """

    host_network: bool = False
    ports: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """What of a node leads to its pods."""
        shared = "its pods have the addresses of their nodes (hostNetwork)"
        opened = f"ports of each node lead to its pods (hostPort): {', '.join(self.ports)}"
        return "; ".join((shared,) * self.host_network + (opened,) * bool(self.ports))


@dataclass(frozen=True, slots=True, kw_only=True)
class HandMadeEndpoints(Guard):
    """Endpoints or an EndpointSlice that a person wrote: where calls of a Service go.

    `beside_selector` says that the Service picks pods too; `ports` are as `http 8080/TCP`.
    """

    addresses: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    beside_selector: bool = False

    @property
    def says(self) -> str:
        """Where calls go."""
        to = listed(self.addresses) if self.addresses else "no address"
        at = f", port {listed(self.ports)}" if self.ports else ""
        more = ", beside the pods that its Service selects" if self.beside_selector else ""
        return f"leads to {to}{at}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood(Guard):
    """A policy of a kind that nobody here understands.

    `anywhere` says that which pods it selects cannot be read: it may be any.
    """

    version: str
    anywhere: bool = False

    @property
    def says(self) -> str:
        """A sentence that it is not understood, and which pods it selects."""
        whom = "which pods it selects cannot be read" if self.anywhere else "its selector is read"
        return f"a policy of {self.version}, which is not understood; {whom}"
