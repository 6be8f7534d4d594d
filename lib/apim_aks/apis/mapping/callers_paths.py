"""By which paths callers reach a Service today, and so what of it may be published, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from apim_aks.apis.mapping.model import (
    WILDCARD,
    About,
    Api,
    ApiOperation,
    Called,
    Note,
)
from apim_aks.apis.mapping.resources import internal
from apim_aks.apis.mapping.withheld import opened
from apim_aks.facts import arm_defaults
from apim_aks.listing import listed
from apim_aks.workload.model import Document, Operation, Service, ServiceType, Workload
from apim_aks.workload.ports import led_to
from apim_aks.workload.route import PathMatch, Route, below

REST = "/*"
"""Everything below a path."""


def ways(service: Service) -> tuple[Route, ...]:
    """The routes by which callers reach its published port, as far as they are understood.

    One with a condition counts where no other takes the same calls without it.
    """
    ports = led_to(service)
    found = [r for r in _public(service) if r.taken.understood and r.port in ports]
    plain = {(r.host, r.taken) for r in found if not r.condition}
    return tuple(r for r in found if not r.condition or (r.host, r.taken) not in plain)


def _public(service: Service) -> Iterator[Route]:
    """The routes that lead callers to it by HTTP, and not only a share of another's calls.

    One that gives it the weight 0 leads nobody there.
    """
    return (r for r in _by_http(service) if not internal(r.path))


def _by_http(service: Service) -> Iterator[Route]:
    found = (r for r in service.routes if r.kind != "GRPCRoute" and not r.share_of)
    return (r for r in found if r.weight != 0 or r.canary)


def not_understood(service: Service) -> tuple[Route, ...]:
    """The public routes whose path is not understood."""
    return tuple(r for r in _public(service) if not r.taken.understood)


def only_routed(service: Service) -> bool:
    """Callers reach nothing of it but what routes lead to, and all of these are understood."""
    own = service.type in (ServiceType.LOAD_BALANCER, ServiceType.NODE_PORT)
    return not own and bool(ways(service)) and not not_understood(service)


Reading = Callable[[PathMatch, str], str | None]
"""The path of callers for a path of a document under a match; None where it takes no such path."""
Found = tuple[str, Called]
"""A path of the back end, and how callers reach it."""


def reach(routes: Sequence[Route], document: Document) -> Callable[[Operation], list[Found]]:
    """How callers reach each operation of a document, each way once; empty where they do not.

    It may be written as the back end sees it, as callers see it, or from below the routes; the
    reading under which something is reached at all is taken.
    """
    if not routes:
        return lambda _: []
    read = _reading(routes, [document.path_of(o).partition("?")[0] for o in document.operations])
    return lambda o: _reached(routes, read, o.method, document.path_of(o))


def leads_into(routes: Sequence[Route], document: Document) -> bool:
    """Something that the document declares is reached by its whole path, not from below a route."""
    paths = [document.path_of(o).partition("?")[0] for o in document.operations]
    whole = _reading(routes, paths) is not _from_below
    return whole and any(map(reach(routes, document), document.operations))


def _reached(routes: Sequence[Route], read: Reading, method: str, path: str) -> list[Found]:
    found: dict[str, list[tuple[str, Route]]] = defaultdict(list)
    path, mark, query = path.partition("?")
    for route in routes:
        outside = read(route.taken, path)
        if outside is None or not route.answers(method, outside or "/"):
            continue
        if not route.withholds(outside or "/"):
            inside = route.taken.inside(outside)
            found[(outside or "/") + mark + query].append(((inside or "/") + mark + query, route))
    return [_longest(outside, reached) for outside, reached in found.items()]


def _longest(outside: str, reached: list[tuple[str, Route]]) -> Found:
    """Of several routes the one with the longest prefix answers."""
    inside, first = max(reached, key=lambda r: len(r[1].taken.prefix))
    same = (r.host for p, r in reached if p == inside)
    return inside, Called(first.taken.whole_parts(outside), outside, _hosts(same))


def _hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(hosts)))


def _reading(routes: Sequence[Route], every: Sequence[str]) -> Reading:
    matches = {r.taken for r in routes}
    changing = [m for m in matches if m.prefix and m.prefix != m.target]
    if changing and all(any(m.takes(p) for m in changing) for p in every):
        return _as_callers
    if any(m.outside(p) is not None for m in matches for p in every):
        return PathMatch.outside
    return _from_below


def _as_callers(match: PathMatch, path: str) -> str | None:
    return path if match.takes(path) else None


def _from_below(match: PathMatch, path: str) -> str | None:
    return None if match.exact and path != "/" else match.prefix + path.rstrip("/")


def undescribed(routes: Sequence[Route]) -> list[tuple[str, str, Called]]:
    """Method, path of the back end and callers' path of all that these routes take, each once."""
    hosts: dict[tuple[PathMatch, str], set[str]] = defaultdict(set)
    apart: set[tuple[PathMatch, str]] = set()
    for route in routes:
        keys = {(route.taken, method) for method in _methods(route)}
        apart |= keys if route.methods_spared else set()
        for key in keys:
            hosts[key].add(route.host)
    order = sorted(hosts, key=lambda k: (k[0].prefix, k[0].target, k[1], repr(k)))
    return [
        _everything(*key, hosts[key])
        for key in order
        if key in apart or not any(hosts[key] <= hosts.get(o, set()) for o in _outer(*key))
    ]


def _methods(route: Route) -> Iterable[str]:
    """Its method; each that is left where other Services get the calls of some; else any."""
    spared = route.methods_spared
    return [m for m in arm_defaults().any_method if m not in spared] if spared else [route.method]


def _outer(match: PathMatch, method: str) -> Iterator[tuple[PathMatch, str]]:
    """The matches that would take the same calls and more, and lead to the same paths."""
    prefix, kept = match.prefix, match.target
    if method:
        yield match, ""
    if match.constant:
        return
    if match.exact:
        yield from _both(prefix, kept, method)
    while prefix:
        last = prefix[prefix.rindex("/") :]
        if not kept.endswith(last):
            return
        prefix, kept = prefix.removesuffix(last), kept.removesuffix(last)
        yield from _both(prefix, kept, method)
        yield from _both(prefix, kept, "")


def _both(prefix: str, kept: str, method: str) -> Iterator[tuple[PathMatch, str]]:
    yield PathMatch(prefix, kept), method
    yield PathMatch(prefix, kept, text=True), method


def _everything(match: PathMatch, method: str, hosts: set[str]) -> tuple[str, str, Called]:
    rest = "" if match.exact else REST
    outside, inside = match.prefix + rest, match.target + ("" if match.constant else rest)
    called = Called(match.prefix, outside or "/", _hosts(hosts))
    return method or WILDCARD.method, inside or "/", called


def moved(apis: Iterable[Api], workload: Workload) -> Iterator[Note]:
    """What callers have to change: from which path to which, once for each API and Service."""
    own_address = {s.id for s in workload.services if s.type is ServiceType.LOAD_BALANCER}
    for api in apis:
        first: dict[str, list[tuple[str, str]]] = defaultdict(list)
        hosts: dict[str, tuple[str, ...]] = {}
        for operation in api.operations:
            old = _today(operation, own_address)
            if old and _same(old) != _same(new := api.path_of(operation)):
                first[operation.service].append((old, new))
                hosts[operation.service] = operation.called.hosts if operation.called else ()
        for id, pairs in first.items():
            old, new = pairs[0]
            more = f", and {len(pairs) - 1} more likewise" if len(pairs) > 1 else ""
            told = listed([f"{h}{old}" for h in hosts[id] if h] or [old], 4)
            sentence = f"callers of {id} ask for {new} instead of {told}{more}"
            yield Note(About.CALLERS, api.id, sentence)


def _today(operation: ApiOperation, own_address: Collection[str]) -> str:
    """The path that callers ask for today, as far as it is known."""
    if operation.called:
        return operation.called.path
    return operation.backend_path if operation.service in own_address else ""


def _same(path: str) -> str:
    return path.lower().rstrip("/")


def beside(services: Iterable[Service], apis: Iterable[Api]) -> Iterator[Note]:
    """Routes of published Services that no API takes over as they are, each with the reason."""
    reached: dict[str, set[str]] = defaultdict(set)
    for api in apis:
        for operation in api.operations:
            if operation.called:
                reached[operation.service].add(operation.called.path)
    for service in services:
        ports = led_to(service)
        lost: dict[tuple[str, str], list[str]] = defaultdict(list)
        for route in _by_http(service):
            if why := _lost(route, ports, reached[service.id]):
                lost[f"{route.kind} {route.name}", why].append(f"{route.host}{route.path}")
        for (called, why), paths in lost.items():
            told = listed(list(dict.fromkeys(paths)))
            yield Note(About.ROUTE, service.id, f"{called} leads {told} to it{why}")
        yield from opened(service.id, ways(service), reached[service.id])


def _lost(route: Route, ports: Collection[str], reached: set[str]) -> str:
    if internal(route.path):
        return "; a path with a part `internal` is not published"
    if not route.taken.understood:
        new = "; what is published of it stands at paths that are new to these callers"
        return f", which is not understood: those paths, or what becomes of them, are not kept{new}"
    if route.port not in ports:
        return ""  # said of the port
    if not any(below(path, route.taken.prefix) for path in reached):
        return ", and no operation that is published lies there: such calls have no answer any more"
    if route.condition:
        return f" for calls with {route.condition} only; the API asks for nothing of the kind"
    return ""


def host_notes(services: Iterable[Service]) -> Iterator[Note]:
    """The host names by which callers reach published Services today, each with its certificate."""
    found: dict[str, dict[str, Route]] = defaultdict(dict)
    for service in services:
        for route in (*ways(service), *not_understood(service)):
            if route.host:
                found[route.host].setdefault(service.id, route)
    for host, routes in sorted(found.items()):
        secrets = sorted({r.secret for r in routes.values() if r.secret})
        by = f" (TLS by the Secret {', '.join(secrets)})" if secrets else " (no TLS in the input)"
        sentence = f"callers of {', '.join(sorted(routes))} use this name today{by}"
        yield Note(About.HOST, host, sentence)
    if len(found) > 1:
        sentence = f"requirements.host_names: {len(found)} asks for a tier that keeps all of them"
        yield Note(About.HOST, f"{len(found)} host names", sentence)
