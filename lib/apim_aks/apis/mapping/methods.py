"""One API where today's routes divide the calls to one path among Services by their method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from apim_aks.apis.mapping.callers_paths import ways
from apim_aks.apis.mapping.grouping import Group
from apim_aks.apis.mapping.resources import named_for
from apim_aks.listing import listed
from apim_aks.workload.model import Service
from apim_aks.workload.url_template import template_key

Place = tuple[str, tuple[str, ...]]
"""The prefix of routes, and the hosts at which they stand."""
Methods = dict[tuple[str, str], dict[str, set[str]]]
"""By host and prefix, and by Service, the methods that routes ask for; none of one is empty."""


def joined_by_method(groups: Sequence[Group], services: Iterable[Service]) -> tuple[Group, ...]:
    """The groups, with one for each place where routes lead every method to one Service."""
    asked = _asked(services)
    found: dict[object, list[Group]] = {}
    for number, group in enumerate(groups):
        place = _place(group, asked)
        found.setdefault((place, group.version) if place else number, []).append(group)
    return tuple(g for every in found.values() for g in _joined(every, asked))


def _asked(services: Iterable[Service]) -> Methods:
    found: Methods = {}
    for service in services:
        for route in ways(service):
            place = found.setdefault((route.host, route.taken.prefix), {})
            place.setdefault(service.id, set()).update({route.method} - {""})
    return {place: by_service for place, by_service in found.items() if any(by_service.values())}


def _place(group: Group, asked: Methods) -> Place | None:
    """Where all of its operations are called today, if routes there ask for methods."""
    places = {(o.called.prefix, o.called.hosts) if o.called else None for o in group.operations}
    place = places.pop()
    if places or place is None:
        return None
    return place if all((host, place[0]) in asked for host in place[1]) else None


def _joined(groups: list[Group], asked: Methods) -> Iterator[Group]:
    """One group, unless an operation would have two answers."""
    if len(groups) < 2:
        yield from groups
        return
    keys = [(o.method, template_key(o.template)) for g in groups for o in g.operations]
    services = [s for g in groups for s in {o.service for o in g.operations}]
    repeated = len(set(keys)) < len(keys) or len(set(services)) < len(services)
    place = _place(groups[0], asked)
    if repeated or not place:
        yield from groups
        return
    operations = tuple(o for g in groups for o in g.operations)
    name = named_for(place[0]) or groups[0].name
    why = _why(place, services, asked)
    yield replace(groups[0], name=name, operations=operations, reason=why)


def _why(place: Place, services: Sequence[str], asked: Methods) -> str:
    prefix, hosts = place
    methods = {s: sorted(asked[hosts[0], prefix].get(s, ())) for s in services}
    told = [
        f"{listed(m) if m else 'the others'} to {s.partition('/')[2]}"
        for s, m in sorted(methods.items(), key=lambda p: (not p[1], p[0]))
    ]
    return f"today's routes divide the calls to {hosts[0]}{prefix or '/'} by method: {listed(told)}"
