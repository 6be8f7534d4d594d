"""The public routes of every Service of an input, and what they lead to beside these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from apim_aks.listing import listed
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.backends import Backend
from apim_aks.workload.kubernetes.by_method import divided_by_method
from apim_aks.workload.kubernetes.conflicts import conflicts, first_rules
from apim_aks.workload.kubernetes.grants import (
    ROUTES,
    Grants,
    ungranted_certificates,
    without_grant,
)
from apim_aks.workload.kubernetes.object import Object, WrongField
from apim_aks.workload.kubernetes.parent_gateways import taken
from apim_aks.workload.kubernetes.port_services import Named, Read, with_port_services
from apim_aks.workload.kubernetes.routes import routes_of
from apim_aks.workload.kubernetes.traffic_policies import attached_settings
from apim_aks.workload.kubernetes.withheld import ceding, whole_of, without_withheld
from apim_aks.workload.model import Service
from apim_aks.workload.openapi.templates import prefix_problem, route_problem
from apim_aks.workload.route import Route, Setting

NOT_READ = "something that is not read"


def with_routes(
    objects: Collection[Object],
    given: Mapping[str, Service],
    named: Named | None,
    findings: list[Finding],
) -> dict[str, Service]:
    """The Services with their routes; a route to what is not there becomes a finding.

    Where `named` is given, each further port that is routed has a Service of its own beside them.
    """
    found: dict[str, set[Route]] = defaultdict(set)
    grants = Grants(objects, findings)
    findings += ungranted_certificates(objects, grants)
    read = tuple(_read_routes(objects, given, grants, findings))
    read, services = (read, given) if named is None else with_port_services(read, given, named)
    findings += _second([object for object, _, _ in read])
    findings += conflicts([(object, backends) for object, backends, _ in read], services)
    others = _others(read, services)
    for object, backends, refused in read:
        led = {s for s, _ in backends}
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
    found = without_withheld(divided_by_method(_divided(found, services)), services)
    found = ceding(found, services)
    order = {id: sorted(r, key=_place) for id, r in found.items()}
    more = attached_settings(objects, given, findings)
    return {
        id: replace(s, routes=tuple(_with(r, more.get(s.origin, ())) for r in order.get(id, ())))
        for id, s in sorted(services.items())
    }


def _others(read: Iterable[Read], services: Collection[str]) -> dict[tuple[str, ...], set[str]]:
    """By kind, namespace and name of a route what it leads to beside the Services of the input."""
    others: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for object, backends, refused in read:
        led = {s for s, _ in backends}
        others[_key(object)] |= {s or NOT_READ for s in led if s not in services or s in refused}
    return others


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
        _calls(r): id for id in sorted(found) if id in services for r in found[id] if whole_of(r)
    }
    return {id: {_chosen(id, r, plain) for r in routes} for id, routes in found.items()}


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


def _read_routes(
    objects: Iterable[Object],
    services: Collection[str],
    grants: Grants,
    findings: list[Finding],
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
            answering = first_rules(object, backends, services, findings)
            yield object, answering, frozenset(refused)
