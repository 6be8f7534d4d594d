"""Routes that lead the same calls to different Services: which of them answers, no file says.

Of several objects the one that was created first answers, of one object its first rule
(https://kubernetes.github.io/ingress-nginx/how-it-works/; `HTTPRouteRule` in
kubernetes-sigs/gateway-api@4564255:apis/v1/httproute_types.go).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.backends import Backend
from apim_aks.workload.kubernetes.object import Object, items, text
from apim_aks.workload.route import Route

_UNKNOWN = (
    "which of the two answers today is not in the input (ingress-nginx and the Gateway API take "
    "the object that was created first)"
)
_FIRST = "the first rule of one object answers"
_IN_ORDER = ("HTTPRoute", "VirtualService")
Claim = tuple[Object, str, Route]


def first_rules(
    object: Object,
    backends: Iterable[Backend],
    services: Collection[str],
    findings: list[Finding],
) -> tuple[Backend, ...]:
    """The back ends without those of rules that never answer; each of them is a finding.

    Which of two rules of one Ingress answers is its controller's, so that both stay.
    """
    if object.kind not in _IN_ORDER:
        return tuple(backends)
    first: dict[tuple[Any, ...], Claim] = {}
    kept: list[Backend] = []
    for id, route in backends:
        claim = object, id, route
        # A condition is known by what it looks at, and not by the value that it wants.
        answers = id not in services or not _alone(route) or bool(route.condition)
        other = claim if answers else first.setdefault(_calls(route), claim)
        if (other[1], other[2].port) == (id, route.port):
            kept.append((id, route))
        elif (said := _finding(other, claim)) not in findings:
            findings.append(said)
    return tuple(kept)


def conflicts(
    read: Iterable[tuple[Object, Collection[Backend]]], services: Collection[str]
) -> Iterator[Finding]:
    """A finding for each route that takes calls which another leads to another Service."""
    first: dict[tuple[object, ...], Claim] = {}
    for object, backends in read:
        for id, route in backends:
            if id in services and _alone(route):
                other = first.setdefault(_calls(route), (object, id, route))
                if other[1] != id:
                    yield _finding(other, (object, id, route))


def _alone(route: Route) -> bool:
    """It is no share of what one rule, or a canary, divides, and its path is understood."""
    return route.weight is None and not route.canary and route.taken.understood


def _calls(route: Route) -> tuple[object, ...]:
    match = route.taken
    return route.host, match.prefix, match.exact, route.method, route.condition


def _finding(first: Claim, second: Claim) -> Finding:
    (other, other_id, taken), (object, id, route) = first, second
    path = shortened(printable(route.host + route.path))
    ids = (id, other_id) if id != other_id else (f"port {r.port} of {id}" for r in (route, taken))
    to, to_other = ids
    where = f"{other.document.file} line {_line(other, taken)}"
    found = (
        f"{object.called} that leads {path!r} to {to}, where {other.called} ({where}) leads it to "
        f"{to_other}: {_FIRST if other is object else _UNKNOWN}"
    )
    if other is object and object.kind in _IN_ORDER:
        expected = "one rule for these calls: the later one never answers and is left out"
        return Finding(object.document.file, _line(object, route), found, expected, refused=False)
    expected = (
        "one Service for these calls: take the path out of the other, or name under `publish` in "
        "workload.yaml only the one that answers; while both are published, neither keeps the path"
    )
    return Finding(object.document.file, _line(object, route), found, expected, refused=False)


def _line(object: Object, route: Route) -> int:
    """The line of the path in an Ingress, of the kind in any other object."""
    for rule, at_rule in items(object.data, "spec", "rules") if object.kind == "Ingress" else ():
        for path, at in items(object.data, *at_rule, "http", "paths"):
            if (text(rule, "host"), text(path, "path") or "/") == (route.host, route.path):
                return object.document.line_of(*object.path, *at, "path")
    return object.kind_line
