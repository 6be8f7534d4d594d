"""PeerAuthentication, RequestAuthentication and AuthorizationPolicy of Istio, read field by field.

What the fields mean: istio/api@b8f8791, security/v1beta1. A field that is not known is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apim_aks.facts.mesh_signs import root_namespaces
from apim_aks.workload.documents import described
from apim_aks.workload.guards.istio import (
    ACTIONS,
    MODES,
    UNSET,
    AuthorizationPolicy,
    PeerAuthentication,
    RequestAuthentication,
    Rule,
    Source,
)
from apim_aks.workload.kubernetes.guards.selecting import (
    Selecting,
    base,
    known_fields,
    one_of,
    selector_at,
)
from apim_aks.workload.kubernetes.object import (
    Object,
    WrongField,
    at,
    items,
    mapping,
    pairs,
    text,
    texts,
)
from apim_aks.workload.network_policy import Selector

_DRY_RUN = "istio.io/dry-run"
_SOURCE = (
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
    "namespaces",
    "notNamespaces",
    "serviceAccounts",
    "notServiceAccounts",
    "ipBlocks",
    "notIpBlocks",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
)
_PARTS = ("selector", "action", "rules")


def peer_authentication(object: Object, selecting: Selecting) -> PeerAuthentication:
    """The modes of a PeerAuthentication."""
    selector = _selector(object)
    root = object.namespace in root_namespaces()
    within = "" if root else object.namespace
    return PeerAuthentication(
        **base(object),
        services=selecting.services(selector or Selector(), within),
        selector=selector,
        mode=one_of(object, MODES, UNSET, "spec", "mtls", "mode"),
        port_modes=tuple(_port_modes(object)),
        root=root,
    )


def _selector(object: Object) -> Selector | None:
    found = selector_at(object, "spec", "selector")
    return None if found == Selector() else found


def _port_modes(object: Object) -> Iterator[tuple[str, str]]:
    place = ("spec", "portLevelMtls")
    for port in mapping(object.data, *place):
        if not str(port).isdecimal():
            raise WrongField((*place, port), described(port), "the number of a port as its name")
        yield str(port), one_of(object, MODES, UNSET, *place, port, "mode")


def request_authentication(object: Object, selecting: Selecting) -> RequestAuthentication:
    """The issuers of its rules; with `targetRefs` it may be about any pods of its namespace."""
    within = "" if object.namespace in root_namespaces() else object.namespace
    issuers = (text(rule, "issuer") for rule, _ in items(object.data, "spec", "jwtRules"))
    return RequestAuthentication(
        **base(object),
        services=selecting.services(_selector(object) or Selector(), within),
        issuers=tuple(dict.fromkeys(i for i in issuers if i)),
    )


def authorization_policy(object: Object, selecting: Selecting) -> AuthorizationPolicy:
    """Action, selector and rules; `targetRefs`, CUSTOM and unknown fields are not understood."""
    selector = _selector(object) or Selector()
    within = "" if object.namespace in root_namespaces() else object.namespace
    annotations = dict(pairs(object.data, "metadata", "annotations"))
    return AuthorizationPolicy(
        **base(object),
        services=selecting.services(selector, within),
        action=one_of(object, ACTIONS, "ALLOW", "spec", "action"),
        selector=selector,
        rules=tuple(_rule(r) for r, _ in items(object.data, "spec", "rules")),
        unread=known_fields(object.data, _PARTS, "spec"),
        enforced=annotations.get(_DRY_RUN) != "true",
    )


def _rule(rule: dict[str, Any]) -> Rule:
    callers = tuple(_source(mapping(f, "source")) for f, _ in items(rule, "from"))
    asked = [mapping(t, "operation") for t, _ in items(rule, "to")]
    ports = {p for o in asked for p in texts(o, "ports")}
    alone = all(set(o) == {"ports"} for o in asked)
    told = sorted({f for o in asked for f in o} - {"ports"} if asked else set())
    conditions = [text(w, "key") for w, _ in items(rule, "when")]
    unknown = known_fields(rule, ("from", "to", "when"))
    whole = asked and all(texts(o, "ports") for o in asked)
    return Rule(
        sources=callers if at(rule, list, "from") else None,
        ports=tuple(sorted(ports)) if whole else None,
        narrowed=(*(told if not alone else ()), *conditions, *unknown),
    )


def _source(source: dict[str, Any]) -> Source:
    said: Iterator[tuple[str, tuple[str, ...]]] = (
        (name, tuple(texts(source, name))) for name in _SOURCE if name in source
    )
    return Source(tuple(f for f in said if f[1]), known_fields(source, _SOURCE))
