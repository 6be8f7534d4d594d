"""The host names to which the gateways of a route listen, each with its certificate's Secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.workload.kubernetes.backends import Others
from apim_aks.workload.kubernetes.object import Object, items, text, texts
from apim_aks.workload.kubernetes.parent_gateways import listening
from apim_aks.workload.route import serves

Listener = tuple[str, str]
"""A host name, empty for any, and the name of a Secret, empty where there is none."""


def hosts_of(said: Sequence[str], listeners: Sequence[Listener]) -> list[str]:
    """The hosts of a route; where it names none, or any, those of its listeners."""
    named = [h for h in said if h not in ("", "*")]
    if said and len(named) == len(said):
        return named
    known = [host for host, _ in listeners] if all(host for host, _ in listeners) else []
    return list(dict.fromkeys((*named, *(known or [""]))))


def secret_of(host: str, listeners: Sequence[Listener]) -> str:
    """The Secret of the first listener for this host that has one."""
    return next((secret for name, secret in listeners if secret and serves(name, host)), "")


def listeners_of(object: Object, others: Others) -> tuple[Listener, ...]:
    """The listeners of the Gateways of Gateway API that take an HTTPRoute or GRPCRoute, or may."""
    return tuple(_listeners(object, others))


def _listeners(object: Object, others: Others) -> Iterator[Listener]:
    for gateway, listener, at in listening(object, others):
        secrets = items(gateway.data, *at, "tls", "certificateRefs")
        yield text(listener, "hostname"), next((text(c, "name") for c, _ in secrets), "")


def servers_of(object: Object, others: Others) -> tuple[Listener, ...]:
    """The servers of the Gateways of Istio that a VirtualService names."""
    return tuple(_servers(object, others))


def _servers(object: Object, others: Others) -> Iterator[Listener]:
    for named in texts(object.data, "spec", "gateways"):
        space, _, name = named.rpartition("/")
        if gateway := others.get(("Gateway", space or object.namespace, name)):
            for _, at in items(gateway.data, "spec", "servers"):
                secret = text(gateway.data, *at, "tls", "credentialName")
                for host in texts(gateway.data, *at, "hosts"):
                    _, _, plain = host.rpartition("/")  # a namespace may stand before it
                    yield "" if plain == "*" else plain, secret
