"""The public routes of every Service of an input, and what they lead to beside these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.backends import Backend
from apim_aks.workload.kubernetes.object import Object, WrongField
from apim_aks.workload.kubernetes.routes import routes_of
from apim_aks.workload.route import Route

NOT_READ = "something that is not read"


def public_routes(
    objects: Iterable[Object], services: Collection[str], findings: list[Finding]
) -> dict[str, tuple[Route, ...]]:
    """By the id of each Service its routes; a route to what is not there becomes a finding."""
    found: dict[str, set[Route]] = defaultdict(set)
    read = tuple(_read_routes(objects, findings))
    others: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for object, backends in read:
        others[_key(object)] |= {s or NOT_READ for s, _ in backends if s not in services}
        if missing := sorted({s for s, _ in backends if s and s not in services}):
            what = f"{object.called} that leads to {', '.join(missing)}"
            expected = "Services that are among the manifests"
            place = (object.document.file, object.line)
            findings.append(Finding(*place, what, expected, refused=False))
    for object, backends in read:
        elsewhere = tuple(sorted(others[_key(object)]))
        for service, route in backends:
            found[service].add(replace(route, elsewhere=elsewhere))
    order = {id: sorted(r, key=_place) for id, r in found.items()}
    return {id: tuple(routes) for id, routes in order.items()}


def _place(route: Route) -> tuple[str, ...]:
    return route.kind, route.name, route.host, route.path, repr(route)


def _key(object: Object) -> tuple[str, ...]:
    return object.kind, object.namespace, object.name


def _named(objects: Iterable[Object]) -> dict[tuple[str, str, str], Object]:
    """What a route can name: middlewares of Traefik."""
    found: dict[tuple[str, str, str], Object] = {}
    for object in objects:
        if object.kind == "Middleware":
            with suppress(WrongField):  # its name is of use to nobody
                found.setdefault((object.kind, object.namespace, object.name), object)
    return found


def _read_routes(
    objects: Iterable[Object], findings: list[Finding]
) -> Iterator[tuple[Object, tuple[Backend, ...]]]:
    others = _named(objects)
    for object in objects:
        try:
            backends = routes_of(object, others)
        except WrongField as error:
            findings.append(object.refused(error))
            continue
        if backends:
            yield object, backends
