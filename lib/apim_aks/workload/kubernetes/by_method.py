"""Calls to one path that go to several Services by their method.

Of rules for one host the one with the longest path answers, of those the one that asks for the
method (`HTTPRouteRule` in kubernetes-sigs/gateway-api@4564255:apis/v1/httproute_types.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from apim_aks.workload.route import PathMatch, Route

Routes = Mapping[str, set[Route]]
Place = tuple[str, PathMatch]
"""A host, and what a rule takes of its paths."""


def divided_by_method(found: Routes) -> dict[str, set[Route]]:
    """The routes, each with the calls that rules for their method lead to other Services.

    A Service that gets all other calls below a wider path gets a route of the narrower one.
    """
    if not any(r.method for routes in found.values() for r in routes):
        return dict(found)
    every = [(id, r) for id in sorted(found) for r in sorted(found[id], key=repr) if _whole(r)]
    asking: dict[Place, dict[str, str]] = defaultdict(dict)
    plain: dict[tuple[str, str], list[tuple[str, Route]]] = defaultdict(list)
    for id, route in every:
        if route.method:
            asking[_place(route)][route.method] = id
        else:
            plain[route.host, route.taken.prefix].append((id, route))
    made = {id: set(routes) for id, routes in found.items()}
    below: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place, methods in asking.items():
        wider = [(place[0], prefix) for prefix in _wider(place[1].prefix)]
        for at in wider:
            below[at].append(place)
        for id, route in _rest([p for at in wider for p in plain[at]], place, methods):
            made[id].add(route)
    return {id: {_spared(id, r, asking, below) for r in routes} for id, routes in made.items()}


def _wider(prefix: str) -> Iterator[str]:
    """The prefix, and each that is wider by a part; the empty one is the last."""
    while prefix:
        yield prefix
        prefix = prefix.rpartition("/")[0]
    yield ""


def _whole(route: Route) -> bool:
    plain = not (route.condition or route.share_of or route.canary or route.kind == "GRPCRoute")
    return plain and route.taken.understood


def _place(route: Route) -> Place:
    match = route.taken
    return route.host, PathMatch(match.prefix, match.prefix, match.exact, text=match.text)


def _rest(
    plain: Sequence[tuple[str, Route]], place: Place, methods: Mapping[str, str]
) -> Iterator[tuple[str, Route]]:
    """The route of whoever gets the other calls, where only a wider one leads them there."""
    path = place[1].prefix or "/"
    takes = [p for p in plain if p[1].taken.takes(path)]
    if not takes or any(_place(r) == place for _, r in takes):
        return
    id, route = max(takes, key=lambda p: (p[1].taken.exact, len(p[1].taken.prefix)))
    if set(methods.values()) - {id}:
        target = route.taken.inside(place[1].prefix)
        match = replace(place[1], target=target, constant=route.taken.constant)
        yield id, replace(route, path=path, match=match)


def _spared(
    id: str,
    route: Route,
    asking: Mapping[Place, Mapping[str, str]],
    below: Mapping[tuple[str, str], Sequence[Place]],
) -> Route:
    if route.method or not _whole(route):
        return route
    spared = {
        (method, place[1])
        for place in below.get((route.host, route.taken.prefix), ())
        if _inside(place, route)
        for method, other in asking[place].items()
        if other != id
    }
    return replace(route, spared=tuple(sorted(spared, key=repr))) if spared else route


def _inside(place: Place, route: Route) -> bool:
    return place == _place(route) or (
        not route.taken.exact and route.taken.takes(place[1].prefix or "/")
    )
