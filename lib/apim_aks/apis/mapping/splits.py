"""Services that get a share of another's calls today: canaries and weighted routes, as one API."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from apim_aks.apis.mapping.callers_paths import not_understood, ways
from apim_aks.apis.mapping.model import About, Note, Split
from apim_aks.listing import listed
from apim_aks.workload.model import Service, ServiceType
from apim_aks.workload.route import Route


def share(service: Service) -> Route | None:
    """The route by which it gets a share of another's calls, where it gets no others."""
    others = ways(service) or not_understood(service)
    alone = service.type is ServiceType.CLUSTER_IP and not others
    found = (r for r in service.routes if r.share_of and r.weight)
    return next(found, None) if alone else None


def shares_of(services: Iterable[Service]) -> dict[str, Route]:
    """By the id of each of these Services that is a share of another of them, its route."""
    every = {s.id: s for s in services}
    found = ((id, share(s)) for id, s in every.items())
    return {id: r for id, r in found if r and r.share_of in every and not share(every[r.share_of])}


def splits(shares: Mapping[str, Route]) -> tuple[Split, ...]:
    """How the calls of each Service are divided: it first, with what is left of a hundred."""
    found: dict[str, list[tuple[str, int]]] = {}
    for id, route in shares.items():
        found.setdefault(route.share_of, []).append((id, route.weight or 0))
    return tuple(
        Split(main, ((main, max(0, 100 - sum(w for _, w in parts))), *parts))
        for main, parts in sorted(found.items())
    )


def split_notes(services: Iterable[Service], published: Collection[str]) -> Iterator[Note]:
    """A note for each split of calls; splits by header or cookie are not kept."""
    every = {s.id: s for s in services}
    for service in every.values():
        for route in service.routes:
            if route.share_of in published:
                yield Note(About.SPLIT, route.share_of, _becomes(service, route, published))
        if (part := share(service)) and service.id in published and part.share_of in published:
            yield from _undivided(service, part, every[part.share_of])


def _undivided(service: Service, part: Route, main: Service) -> Iterator[Note]:
    """One division holds for all calls of a Service, also where today's routes divide none."""
    divided = {_place(r) for r in service.routes if r.share_of == main.id}
    whole = [r for r in ways(main) if _place(r) not in divided]
    if whole:
        paths = listed(sorted({f"{r.host}{r.path}" for r in whole}), 4)
        sentence = (
            f"{service.id} gets {part.weight} % of the calls to {paths} too, of which it gets none "
            "today: one division holds for all calls of a Service"
        )
        yield Note(About.SPLIT, main.id, sentence)


def _place(route: Route) -> tuple[str, str]:
    return route.host, route.taken.prefix


def _weight(service: Service, route: Route) -> str:
    first = share(service)
    if first is None or first.weight == route.weight:
        return "kept as a weight"
    return f"which become {first.weight} %: one division holds for all calls of a Service"


def _becomes(service: Service, route: Route, published: Collection[str]) -> str:
    what = f"{route.kind} {route.name} gives {service.id}"
    path = f"{route.host}{route.path}"
    kept = bool(route.weight) and service.id in published
    lost = f"{what} the calls to {path} with {route.condition}, which is lost"
    if kept:
        said = f"{what} {route.weight} % of the calls to {path}, {_weight(service, route)}"
        return f"{said}; {lost}" if route.condition else said
    if route.condition:
        return lost
    return (
        f"{what} {route.weight or 0} % of the calls to {path}, which is lost: it is not published"
    )
