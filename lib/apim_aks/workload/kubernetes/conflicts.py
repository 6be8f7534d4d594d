"""Routes that lead the same calls to different Services: which of them answers, no file says.

Of several objects the one that was created first answers, of one object its first rule
(https://kubernetes.github.io/ingress-nginx/how-it-works/; `HTTPRouteRule` in
kubernetes-sigs/gateway-api@4564255:apis/v1/httproute_types.go).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

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
Claim = tuple[Object, str, Route]


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
    where = f"{other.document.file} line {_line(other, taken)}"
    found = (
        f"{object.called} that leads {path!r} to {id}, where {other.called} ({where}) leads it to "
        f"{other_id}: {_FIRST if other is object else _UNKNOWN}"
    )
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
