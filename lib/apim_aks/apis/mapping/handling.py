"""What becomes of each operation's calls today, beside being led: by the routes that lead to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from apim_aks.apis.mapping.callers_paths import ways
from apim_aks.apis.mapping.model import PREFLIGHT, About, Api, ApiOperation, Called, Note
from apim_aks.listing import listed
from apim_aks.workload.handling import NOTHING, Cors, Handling, HeaderChange
from apim_aks.workload.model import Service, ServiceType
from apim_aks.workload.route import Route
from apim_aks.workload.source_ranges import NOBODY, admitted_ranges


def routes_to(operation: ApiOperation, routes: Iterable[Route]) -> tuple[Route, ...]:
    """Those of these routes by which callers reach this operation today.

    At each host the narrowest answers; one with a condition leaves the rest of the calls to it.
    """
    if (called := operation.called) is None:
        return ()
    found = [r for r in routes if r.host in called.hosts and _takes(r, operation.method, called)]
    plain = {r.host: _narrow(r) for r in sorted(found, key=_narrow) if not r.condition}
    return tuple(r for r in found if _narrow(r) >= plain.get(r.host, ()))


def _takes(route: Route, method: str, called: Called) -> bool:
    return route.taken.takes(called.path.partition("?")[0]) and route.method in ("", method)


def _narrow(route: Route) -> tuple[int, ...]:
    return route.taken.exact, len(route.taken.prefix), bool(route.method)


def handled(apis: Iterable[Api], published: Iterable[Service]) -> tuple[Api, ...]:
    """The APIs with what is done to calls of each operation, and preflight left to `cors`.

    An operation that answers OPTIONS would switch the answer of `cors` off
    (https://learn.microsoft.com/azure/api-management/cors-policy).
    """
    services = {s.id: s for s in published}
    routes = {id: ways(s) for id, s in services.items()}
    does = {id for id, s in services.items() if own_ranges(s) or any(map(_does_more, routes[id]))}
    return tuple(
        _without_preflight(_handled(a, services, routes)) if does.intersection(a.services) else a
        for a in apis
    )


def _does_more(route: Route) -> bool:
    return route.handling != NOTHING


def _handled(
    api: Api, services: Mapping[str, Service], routes: Mapping[str, Sequence[Route]]
) -> Api:
    done: dict[tuple[str, object], Handling] = {}
    operations = []
    for operation in api.operations:
        key = operation.service, operation.called and (operation.called, operation.method)
        if operation.called or key not in done:
            found = routes_to(operation, routes[operation.service])
            done[key] = _together([r.handling for r in found], services[operation.service])
        operations.append(replace(operation, handling=done[key]))
    return replace(api, operations=tuple(operations))


def _without_preflight(api: Api) -> Api:
    others = tuple(o for o in api.operations if o.method != PREFLIGHT)
    left = tuple(o.template for o in api.operations if o.method == PREFLIGHT)
    return replace(api, operations=others, preflight=left) if api.cors and others and left else api


def own_ranges(service: Service) -> tuple[str, ...]:
    """The addresses that its own load balancer admits; empty where it has none or admits all."""
    if service.type is not ServiceType.LOAD_BALANCER:
        return ()
    return admitted_ranges(service.source_ranges)[0] if service.source_ranges else ()


def _together(routed: Sequence[Handling], service: Service) -> Handling:
    """What holds on all ways to one operation: nobody is refused who is served today.

    One CORS is taken, the longest time-out, every range where all ways have some, and headers in
    which the ways agree.
    """
    own = service.type is ServiceType.LOAD_BALANCER
    every = [*routed, *([Handling(admitted=own_ranges(service))] if own else [])]
    if all(h == NOTHING for h in every):
        return NOTHING
    return Handling(
        cors=_one({h.cors for h in every if h.cors}),
        timeout=max(h.timeout for h in every),
        admitted=_everyone([h.admitted for h in every]),
        refused=_same([h.refused for h in every]),
        request_headers=_agreed([h.request_headers for h in every]),
        response_headers=_agreed([h.response_headers for h in every]),
    )


def _one(found: set[Cors]) -> Cors | None:
    return next(iter(found)) if len(found) == 1 else None


def _everyone(ranges: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Whom all of the ways admit together; nobody only where each of them admits nobody."""
    if not all(ranges):
        return ()
    found = dict.fromkeys(r for some in ranges for r in some)
    return tuple(r for r in found if r != NOBODY) or (NOBODY,)


def _same(ranges: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return ranges[0] if len(set(ranges)) == 1 else ()


def _agreed(changes: Sequence[tuple[HeaderChange, ...]]) -> tuple[HeaderChange, ...]:
    return changes[0] if len(set(changes)) == 1 else ()


def cors_notes(apis: Iterable[Api]) -> Iterator[Note]:
    """For each API that pages of other origins may call: which, and what differs from today."""
    for api in apis:
        if api.cors:
            yield Note(About.CORS, api.id, "; ".join(_cors(api, api.cors)))


def _cors(api: Api, cors: Cors) -> Iterator[str]:
    whose = "any origin" if cors.open else listed(cors.origins)
    kept = " and send credentials" if cors.credentials and not cors.open else ""
    yield f"pages of {whose} may call it{kept}, with the headers of the key and the token added"
    if cors.credentials and cors.open:
        yield (
            "credentials are not admitted, though the route says so: neither API Management nor a "
            "browser takes them together with any origin; list the origins to admit them"
        )
    if more := [f"{o.method} {api.path_of(o)}" for o in api.operations if o.handling.cors is None]:
        yield f"{listed(more, 3)} too, of which no route says so today: a policy holds for its API"
    if api.preflight:
        yield (
            f"{PREFLIGHT} {listed([api.path_of_template(t) for t in api.preflight], 3)} left out: "
            "API Management answers no preflight request where an operation takes that method"
        )
    elif any(o.wildcard for o in api.operations):
        yield (
            f"its operations for any call leave {PREFLIGHT} out, so that API Management answers "
            "preflight requests itself"
        )
