"""Policies of Linkerd, read field by field.

What the fields mean: linkerd/website@0d3c368, 2-edge/reference/authorization-policy.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apim_aks.workload.documents import described
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.guards.linkerd import (
    LinkerdAuthorization,
    LinkerdClients,
    LinkerdServer,
    MeshTlsAuthentication,
    NetworkAuthentication,
    Reference,
)
from apim_aks.workload.kubernetes.guards.selecting import Selecting, base, selector_at
from apim_aks.workload.kubernetes.object import (
    Object,
    WrongField,
    items,
    mapping,
    pairs,
    text,
    texts,
)


def server(object: Object, selecting: Selecting) -> Guard:
    """A Server: which port of which pods."""
    selector = selector_at(object, "spec", "podSelector")
    external = "externalWorkloadSelector" in mapping(object.data, "spec")
    picked = () if external else selecting.services(selector, object.namespace)
    return LinkerdServer(
        **base(object),
        services=picked,
        selector=selector,
        port=_port(object),
        policy=text(object.data, "spec", "accessPolicy") or "deny",
        labels=pairs(object.data, "metadata", "labels"),
    )


def _port(object: Object) -> str:
    port = mapping(object.data, "spec").get("port")
    if isinstance(port, bool) or not isinstance(port, (int, str)):
        raise WrongField(("spec", "port"), described(port), "the number or name of a port")
    return str(port)


def server_authorization(object: Object, _: Selecting) -> Guard:
    """A ServerAuthorization: whom it lets in to which Servers."""
    client = mapping(object.data, "spec", "client")
    chosen = mapping(object.data, "spec", "server")
    by_label = selector_at(object, "spec", "server", "selector") if "selector" in chosen else None
    return LinkerdClients(
        **base(object),
        server=text(chosen, "name"),
        servers=by_label,
        unauthenticated=client.get("unauthenticated") is True,
        identities="meshTLS" in client,
        networks=tuple(_networks(client)),
    )


def _networks(data: dict[str, Any]) -> Iterator[str]:
    for network, place in items(data, "networks"):
        except_ = network.get("except")
        found = text(data, *place, "cidr")
        yield f"{found} except some" if except_ else found


def authorization(object: Object, _: Selecting) -> Guard:
    """Linkerd's AuthorizationPolicy: a target, and the authentications it asks for."""
    refs = (r for r, _ in items(object.data, "spec", "requiredAuthenticationRefs"))
    return LinkerdAuthorization(
        **base(object),
        target=_reference(object, mapping(object.data, "spec", "targetRef")),
        required=tuple(_reference(object, r) for r in refs),
    )


def _reference(object: Object, found: dict[str, Any]) -> Reference:
    space = text(found, "namespace") or object.namespace
    return Reference(text(found, "kind"), text(found, "name"), space)


def mesh_tls(object: Object, _: Selecting) -> Guard:
    """A MeshTLSAuthentication: identities by name, or those of objects."""
    refs = (_reference(object, r) for r, _ in items(object.data, "spec", "identityRefs"))
    named = (f"{r.kind} {r.name}" for r in refs)
    identities = (*texts(object.data, "spec", "identities"), *named)
    return MeshTlsAuthentication(
        **base(object),
        identities=identities,
    )


def network(object: Object, _: Selecting) -> Guard:
    """A NetworkAuthentication: ranges of addresses."""
    found = tuple(_networks(mapping(object.data, "spec")))
    return NetworkAuthentication(
        **base(object),
        networks=found,
    )
