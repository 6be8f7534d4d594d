"""Whether the Gateways that a route of the Gateway API names take it.

A listener takes routes of its own namespace where it says nothing else (`AllowedRoutes` in
kubernetes-sigs/gateway-api@4564255:apis/v1/gateway_types.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Answer, selects, some
from apim_aks.workload.kubernetes.backends import Others
from apim_aks.workload.kubernetes.grants import GROUP
from apim_aks.workload.kubernetes.object import Object, Path_, at, items, pairs, text
from apim_aks.workload.kubernetes.selectors import read_selector

IN_THE_MESH = ("Service", "ServiceEntry")
"""Kinds of parents whose routes a mesh reads (https://gateway-api.sigs.k8s.io/mesh/)."""
_OTHER_PROTOCOLS = ("TLS", "TCP", "UDP")
"""Protocols of listeners that take neither HTTPRoutes nor GRPCRoutes."""


def taken(route: Object, others: Others, findings: list[Finding]) -> bool:
    """Some Gateway takes the route, or may: what is unknown, and a route for none, are named."""
    parents = [p for p in items(route.data, "spec", "parentRefs") if _outside(p[0])]
    answers = [(_answer(route, p, others), p, place) for p, place in parents]
    found = some(tuple(a for a, _, _ in answers)) if answers else Answer.YES
    if found is not Answer.YES:
        findings += (
            _finding(route, found, p, place, others)
            for a, p, place in answers
            if a is found and _to_be_said(route, p, others)
        )
    return found is not Answer.NO


def listening(route: Object, others: Others) -> Iterator[tuple[Object, dict[str, Any], Path_]]:
    """Each listener that takes the route, or may, with its Gateway and its place there."""
    for parent, _ in items(route.data, "spec", "parentRefs"):
        if gateway := _gateway(route, parent, others):
            for listener, place in _named(gateway, parent):
                if _takes(gateway, listener, place, route, others) is not Answer.NO:
                    yield gateway, listener, place


def _outside(parent: dict[str, Any]) -> bool:
    return text(parent, "kind") not in IN_THE_MESH


def _place(route: Object, parent: dict[str, Any]) -> tuple[str, str]:
    return text(parent, "namespace") or route.namespace, text(parent, "name")


def _gateway(route: Object, parent: dict[str, Any], others: Others) -> Object | None:
    """The Gateway that is meant, where it is in the input and says how it listens."""
    if text(parent, "kind") not in ("", "Gateway"):
        return None
    gateway = others.get(("Gateway", *_place(route, parent)))
    plain = gateway is not None and gateway.group == GROUP
    return gateway if gateway and plain and at(gateway.data, list, "spec", "listeners") else None


def _named(gateway: Object, parent: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Path_]]:
    """The listeners that the parent picks by name or port; all where it says nothing."""
    section, port = text(parent, "sectionName"), parent.get("port")
    for listener, place in items(gateway.data, "spec", "listeners"):
        if section in ("", text(listener, "name")) and port in (None, listener.get("port")):
            yield listener, place


def _answer(route: Object, parent: dict[str, Any], others: Others) -> Answer:
    gateway = _gateway(route, parent, others)
    if gateway is None:
        return Answer.UNKNOWN
    every = _named(gateway, parent)
    return some(tuple(_takes(gateway, one, place, route, others) for one, place in every))


def _takes(
    gateway: Object, listener: dict[str, Any], place: Path_, route: Object, others: Others
) -> Answer:
    allowed = (*place, "allowedRoutes")
    kinds = [text(k, "kind") for k, _ in items(gateway.data, *allowed, "kinds")]
    if route.kind not in kinds and (kinds or text(listener, "protocol") in _OTHER_PROTOCOLS):
        return Answer.NO
    given = text(gateway.data, *allowed, "namespaces", "from") or "Same"
    if given == "Selector":
        return _selected(gateway, (*allowed, "namespaces", "selector"), route.namespace, others)
    same = given == "Same" and route.namespace == gateway.namespace
    return Answer.YES if given == "All" or same else Answer.NO


def _selected(gateway: Object, place: Path_, space: str, others: Others) -> Answer:
    namespace = others.get(("Namespace", "", space))
    known = dict(pairs(namespace.data, "metadata", "labels")) if namespace else {}
    labels = {**known, "kubernetes.io/metadata.name": space}
    return selects(read_selector(gateway.data, place), labels, namespace is not None)


def _to_be_said(route: Object, parent: dict[str, Any], others: Others) -> bool:
    """Of a Gateway that is not in the input, only one of another namespace may not take it."""
    return _gateway(route, parent, others) is not None or (
        text(parent, "kind") in ("", "Gateway") and _place(route, parent)[0] != route.namespace
    )


def _finding(
    route: Object, answer: Answer, parent: dict[str, Any], place: Path_, others: Others
) -> Finding:
    gateway, name = _gateway(route, parent, others), "/".join(_place(route, parent))
    who = f"{route.called} in {route.namespace}, which names the Gateway {name}"
    space = route.namespace
    if answer is Answer.NO and gateway:
        where = f"{gateway.document.file} line {gateway.kind_line}"
        found = f"{who} ({where}), none of whose listeners takes it: it leads nobody anywhere"
        expected = (
            "a listener that it names, whose allowedRoutes take its kind and its namespace "
            "(`from: Same` where nothing is said)"
        )
    elif gateway:
        found = f"{who}, which picks namespaces by labels: it counts as one that takes this route"
        expected = f"manifests that have the Namespace {space} with its labels"
    else:
        found = f"{who}, which is not among the manifests: it counts as one that takes this route"
        expected = (
            f"manifests that have this Gateway, whose listeners may not take routes of {space}"
        )
    line = route.document.line_of(*route.path, *place)
    return Finding(route.document.file, line, found, expected, refused=False)
