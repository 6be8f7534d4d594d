"""Whom Linkerd's Servers and authorizations let in without an identity of the mesh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from apim_aks.workload.guards.guard import Answer, Guard, every, selects, some
from apim_aks.workload.guards.linkerd import (
    LinkerdAuthorization,
    LinkerdClients,
    LinkerdServer,
    NetworkAuthentication,
    Reference,
)

_EVERYWHERE = ("0.0.0.0/0",)
_IDENTITIES = ("MeshTLSAuthentication", "ServiceAccount")
_OPEN = ("all-unauthenticated", "audit")
_NEED_IDENTITY = ("deny", "all-authenticated", "cluster-authenticated")
G = TypeVar("G", bound=Guard)


@dataclass(frozen=True, slots=True)
class Open:
    """A caller without an identity is let in or not, the object that says so, and why."""

    guard: Guard
    answer: Answer
    because: str


def opened(
    namespace: str,
    labels: Mapping[str, str],
    known: bool,
    ports: tuple[str, ...],
    guards: tuple[Guard, ...],
) -> Open | None:
    """What the Servers of this port say of a caller without an identity; None without a Server."""
    servers = [
        (s, picked)
        for s in _all(guards, LinkerdServer)
        if s.namespace == namespace
        and s.port in ports
        and (picked := selects(s.selector, labels, known)) is not Answer.NO
    ]
    if not servers:
        return None
    server, picked = servers[0]
    answer = some(tuple(_lets_in(server, guards)))
    if picked is Answer.UNKNOWN and answer is Answer.NO:
        answer = Answer.UNKNOWN
    return Open(server, answer, _because(server, answer))


def _because(server: LinkerdServer, answer: Answer) -> str:
    sure = "lets in" if answer is Answer.NO else "may let in"
    return f"{sure} no caller without an identity of the mesh on port {server.port}"


def _all(guards: Iterable[Guard], kind: type[G]) -> Iterator[G]:
    return (g for g in guards if isinstance(g, kind))


def _lets_in(server: LinkerdServer, guards: tuple[Guard, ...]) -> Iterator[Answer]:
    if server.policy in _OPEN:
        yield Answer.YES
    elif server.policy not in _NEED_IDENTITY:
        yield Answer.UNKNOWN
    for clients in _all(guards, LinkerdClients):
        found = selects(clients.servers, dict(server.labels)) if clients.servers else Answer.NO
        if clients.namespace == server.namespace and (
            clients.server == server.name or found is not Answer.NO
        ):
            yield _clients(clients)
    for policy in _all(guards, LinkerdAuthorization):
        if (about := _targets(policy.target, server)) is not Answer.NO:
            yield every((about, *(_passes(r, guards) for r in policy.required)))


def _clients(clients: LinkerdClients) -> Answer:
    if not clients.unauthenticated:
        return Answer.NO
    return _networks(clients.networks)


def _networks(networks: tuple[str, ...]) -> Answer:
    """Everybody comes from somewhere in the whole address space."""
    everywhere = not networks or set(_EVERYWHERE) <= set(networks)
    return Answer.YES if everywhere else Answer.UNKNOWN


def _targets(target: Reference, server: LinkerdServer) -> Answer:
    """A route of a Server lets in a part of its calls."""
    if target.namespace != server.namespace:
        return Answer.NO
    if target.kind == "Namespace":
        return Answer.YES if target.name == server.namespace else Answer.NO
    if target.kind == "Server":
        return Answer.YES if target.name == server.name else Answer.NO
    return Answer.UNKNOWN


def _passes(required: Reference, guards: tuple[Guard, ...]) -> Answer:
    if required.kind in _IDENTITIES:
        return Answer.NO
    found = [
        g
        for g in _all(guards, NetworkAuthentication)
        if (g.name, g.namespace) == (required.name, required.namespace)
    ]
    return _networks(found[0].networks) if found else Answer.UNKNOWN
