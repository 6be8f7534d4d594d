"""What other rules of a host take out of a route: paths that they lead elsewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from operator import itemgetter

from apim_aks.workload.route import PathMatch, Route

Routes = dict[str, set[Route]]


def whole_of(route: Route) -> bool:
    """It takes all calls of its path: no condition, no share of them, and no gRPC."""
    return not (route.condition or route.share_of or route.canary or route.kind == "GRPCRoute")


def without_withheld(
    found: dict[str, set[Route]], services: Collection[str]
) -> dict[str, set[Route]]:
    """The routes with what other rules of their hosts take out of them and lead to no Service."""
    away: dict[str, set[PathMatch]] = defaultdict(set)
    for route in (r for id in found if id not in services for r in found[id]):
        if route.taken.understood and not route.condition and not route.method:
            own = route.taken
            away[route.host].add(PathMatch(own.prefix, exact=own.exact, text=own.text))
    return {
        id: {replace(r, withheld=tuple(sorted(_inside(r, away[r.host]), key=repr))) for r in routes}
        for id, routes in found.items()
    }


def ceding(found: Routes, services: Collection[str]) -> Routes:
    """The routes with the narrower paths that rules of the same kind lead to other Services."""
    taken: dict[tuple[str, str], set[tuple[str, str, PathMatch]]] = defaultdict(set)
    for id in services:
        for route in found.get(id, ()):
            if whole_of(route) and not route.method and route.taken.understood:
                taken[route.kind, route.host].add((route.taken.prefix, id, route.taken))
    order = {key: sorted(those, key=itemgetter(0, 1)) for key, those in taken.items()}
    return {
        id: {_ceded(id, r, order.get((r.kind, r.host), ())) for r in routes}
        for id, routes in found.items()
    }


def _ceded(id: str, route: Route, taken: Sequence[tuple[str, str, PathMatch]]) -> Route:
    """`taken` are in the order of their prefixes, so that those under one stand together."""
    prefix = route.taken.prefix
    first = bisect_left(taken, prefix, key=itemgetter(0))
    under = takewhile(lambda t: t[0].startswith(prefix), islice(taken, first, None))
    near = [(other, m) for _, other, m in under]
    own = {(m.prefix, m.exact) for other, m in near if other == id}
    others = {replace(m, target="", constant=False) for other, m in near if other != id}
    narrower = [m for m in _inside(route, others) if (m.prefix, m.exact) not in own]
    return replace(route, ceded=tuple(sorted(narrower, key=repr))) if narrower else route


def _inside(route: Route, away: Iterable[PathMatch]) -> Iterator[PathMatch]:
    own = route.taken
    narrower = (m for m in away if (m.prefix, m.exact) != (own.prefix, own.exact))
    return (m for m in narrower if own.takes(m.prefix or "/") and not own.exact)
