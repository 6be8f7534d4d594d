"""The public routes of every Service of an input, and what they lead to beside these."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, takewhile
from operator import itemgetter

from apim_aks.listing import listed
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.backends import Backend
from apim_aks.workload.kubernetes.by_method import divided_by_method
from apim_aks.workload.kubernetes.conflicts import conflicts
from apim_aks.workload.kubernetes.grants import (
    ROUTES,
    Grants,
    ungranted_certificates,
    without_grant,
)
from apim_aks.workload.kubernetes.object import Object, WrongField
from apim_aks.workload.kubernetes.parent_gateways import taken
from apim_aks.workload.kubernetes.routes import routes_of
from apim_aks.workload.kubernetes.traffic_policies import attached_settings
from apim_aks.workload.openapi.templates import prefix_problem, route_problem
from apim_aks.workload.route import PathMatch, Route, Setting

NOT_READ = "something that is not read"


def public_routes(
    objects: Collection[Object], services: Collection[str], findings: list[Finding]
) -> dict[str, tuple[Route, ...]]:
    """By the id of each Service its routes; a route to what is not there becomes a finding."""
    found: dict[str, set[Route]] = defaultdict(set)
    grants = Grants(objects, findings)
    findings += ungranted_certificates(objects, grants)
    read = tuple(_read_routes(objects, grants, findings))
    findings += _second([object for object, _, _ in read])
    findings += conflicts([(object, backends) for object, backends, _ in read], services)
    others: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for object, backends, refused in read:
        led = {s for s, _ in backends}
        others[_key(object)] |= {s or NOT_READ for s in led if s not in services or s in refused}
        if missing := sorted({s for s in led if s and s not in services} - refused):
            what = f"{object.called} that leads to {', '.join(missing)}{_lost(backends, missing)}"
            expected = f"Services that are among the manifests{_elsewhere(missing, services)}"
            place = (object.document.file, object.line)
            findings.append(Finding(*place, what, expected, refused=False))
    for object, backends, refused in read:
        elsewhere = tuple(sorted(others[_key(object)]))
        for service, route in backends:
            kept = _publishable(object, service, route, service in services, findings)
            led_to = "" if service in refused else service
            found[led_to].add(replace(kept, elsewhere=elsewhere))
    found = _without(divided_by_method(_divided(found, services)), services)
    found = _ceding(found, services)
    order = {id: sorted(r, key=_place) for id, r in found.items()}
    more = attached_settings(objects, services, findings)
    return {id: tuple(_with(r, more.get(id, ())) for r in rs) for id, rs in order.items()}


def _lost(backends: Sequence[Backend], missing: Collection[str]) -> str:
    """Where those get a share of calls today, how large it is and who gets it afterwards."""
    every: dict[tuple[object, ...], list[Backend]] = defaultdict(list)
    for id, route in backends:
        every[_match(route)].append((id, route))
    told = []
    for parts in every.values():
        whole = sum(r.weight or 0 for _, r in parts)
        gone = sum(r.weight or 0 for id, r in parts if id in missing)
        if 0 < gone < whole:
            _, route = parts[0]
            told.append(f"{round(100 * gone / whole)} % of the calls to {route.host}{route.path}")
    if not told:
        return ""
    return f" with {listed(told, 3)}, which go to the other Services of the route afterwards"


def _with(route: Route, more: tuple[Setting, ...]) -> Route:
    return replace(route, settings=(*route.settings, *more)) if more else route


def _second(objects: Iterable[Object]) -> Iterator[Finding]:
    """Objects of one kind and name that differ: the cluster has the one that is applied last."""
    first: dict[tuple[str, ...], Object] = {}
    for object in objects:
        if first.setdefault(_key(object), object).data != object.data:
            found = f"a second {object.called} in {object.namespace}, which differs"
            place = (object.document.file, object.line)
            yield Finding(*place, found, "one definition; both are read", refused=False)


def _elsewhere(missing: Sequence[str], services: Collection[str]) -> str:
    """Where one of this name has no namespace in the input, how it gets the one that is meant."""
    for namespace, _, name in (id.partition("/") for id in missing):
        if f"default/{name}" in services:
            way = f"`namespace: {namespace}` in workload.yaml puts objects that name none there"
            return f" (default/{name} is: {way})"
    return ""


def _publishable(
    object: Object, service: str, route: Route, known: bool, findings: list[Finding]
) -> Route:
    """The route; not understood, and named, where API Management cannot hold one of its paths."""
    match = route.taken
    if not match.understood:
        if known and not route.canary:
            findings.append(_left_out(object, service, route, _ODD, FORMS))
        return route
    target = match.target.replace("?", "/", 1)
    if problem := prefix_problem(match.prefix) or route_problem(target):
        findings.append(_left_out(object, service, route, problem.found, problem.expected))
        return replace(route, match=replace(match, understood=False))
    return route


FORMS = "one path, a prefix, or a prefix with the rest behind it (`/fin(/|$)(.*)`)"
"""Which paths of a route are understood."""
_ODD = "what becomes of its paths is not understood, so that callers do not keep them"


def _left_out(object: Object, service: str, route: Route, why: str, expected: str) -> Finding:
    said = f"{object.called} that leads {shortened(printable(route.host + route.path))!r}"
    found = f"{said} to {service or NOT_READ}, which is left out: {why}"
    return Finding(object.document.file, object.line, found, expected)


Routes = dict[str, set[Route]]


def _divided(found: Routes, services: Collection[str]) -> Routes:
    """The routes with their shares: of the calls of one match the largest part is the whole's."""
    by_match: dict[tuple[object, ...], list[tuple[str, Route]]] = defaultdict(list)
    for id in sorted(found):
        for route in sorted(found[id], key=_place):
            by_match[_match(route)].append((id, route))
    shared: Routes = defaultdict(set)
    for parts in by_match.values():
        main = _whole(parts, services)
        for id, route in parts:
            shared[id].add(_share(route, main, parts) if main and id != main[0] else route)
    return _selected(shared, services)


def _selected(found: Routes, services: Collection[str]) -> Routes:
    """What a header, query or cookie selects of the calls that another Service gets without it."""
    plain = {
        _calls(r): id for id in sorted(found) if id in services for r in found[id] if _whole_of(r)
    }
    return {id: {_chosen(id, r, plain) for r in routes} for id, routes in found.items()}


def _whole_of(route: Route) -> bool:
    return not (route.condition or route.share_of or route.canary or route.kind == "GRPCRoute")


def _chosen(id: str, route: Route, plain: Mapping[tuple[object, ...], str]) -> Route:
    host, match, _ = calls = _calls(route)
    main = plain.get(calls) or plain.get((host, match, ""))
    if not route.condition or route.share_of or main in (None, id) or route.kind == "GRPCRoute":
        return route
    return replace(route, share_of=main, weight=None)


def _calls(route: Route) -> tuple[object, ...]:
    return route.host, (route.taken.prefix, route.taken.exact), route.method


def _match(route: Route) -> tuple[object, ...]:
    """Where a canary divides the calls of another object, only host and path agree."""
    if route.kind == "Ingress":
        return route.kind, route.host, route.path
    return route.kind, route.name, route.host, route.taken.prefix, route.method, route.condition


def _whole(parts: list[tuple[str, Route]], services: Collection[str]) -> tuple[str, Route] | None:
    canaries = any(r.canary for _, r in parts)
    able = [(s, r) for s, r in parts if s in services and not r.canary]
    if not able or (not canaries and any(r.weight is None for _, r in able)):
        return None
    return max(able, key=lambda p: p[1].weight or 0)


def _share(route: Route, main: tuple[str, Route], parts: list[tuple[str, Route]]) -> Route:
    if route.canary:
        return replace(route, share_of=main[0], match=main[1].match)
    if route.weight is None:
        return route
    every = sum(r.weight or 0 for _, r in parts if not r.canary)
    percent = round(100 * route.weight / every) if every else 0
    return replace(route, share_of=main[0], weight=percent)


def _without(found: Routes, services: Collection[str]) -> Routes:
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


def _ceding(found: Routes, services: Collection[str]) -> Routes:
    """The routes with the narrower paths that rules of the same kind lead to other Services."""
    taken: dict[tuple[str, str], set[tuple[str, str, PathMatch]]] = defaultdict(set)
    for id in services:
        for route in found.get(id, ()):
            if _whole_of(route) and not route.method and route.taken.understood:
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


def _place(route: Route) -> tuple[str, ...]:
    return route.kind, route.name, route.host, route.path, repr(route)


def _key(object: Object) -> tuple[str, ...]:
    return object.kind, object.namespace, object.name


def _named(objects: Iterable[Object]) -> dict[tuple[str, str, str], Object]:
    """What a route can name: Services, middlewares of Traefik, Gateways; Namespaces with labels."""
    found: dict[tuple[str, str, str], Object] = {}
    for object in objects:
        if object.kind in ("Middleware", "Gateway", "Service", "Namespace"):
            with suppress(WrongField):  # its name is of use to nobody
                space = "" if object.kind == "Namespace" else object.namespace
                found.setdefault((object.kind, space, object.name), object)
    return found


Read = tuple[Object, tuple[Backend, ...], frozenset[str]]
"""A route, what it leads to, and the Services among these that it may not name."""


def _read_routes(
    objects: Iterable[Object], grants: Grants, findings: list[Finding]
) -> Iterator[Read]:
    others = _named(objects)
    for object in objects:
        try:
            granted = object.kind in ROUTES
            if granted and not taken(object, others, findings):
                continue
            backends = routes_of(object, others)
            refused = grants.backends(object) if granted and backends else {}
        except WrongField as error:
            findings.append(object.refused(error))
            continue
        for id, at in refused.items():
            then = "such calls are answered with an error"
            findings.append(without_grant(object, "Service", id, at, then))
        if backends:
            yield object, backends, frozenset(refused)
