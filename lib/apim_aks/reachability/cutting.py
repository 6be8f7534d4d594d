"""The ranges of addresses at which answers for places outside a cluster may change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.facts.load_balancers import example_range
from apim_aks.reachability.axis import Range
from apim_aks.reachability.places import Place
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import known_ranges
from apim_aks.reachability.templates.network_values import SecurityRule, Subnet


def cuts(site: Site, places: Iterable[Place]) -> Iterator[Range]:
    """The ranges of addresses at which answers for places may change."""
    for place in places:
        yield from (*place.sure, *place.may)
    yield from known_ranges(map(example_range, ("outside", "inside")))
    yield from known_ranges(_prefixes(site))


def _prefixes(site: Site) -> Iterator[str]:
    made = (entrance.facing for entrance in site.scene.entrances if entrance.facing)
    for facing in (*site.scene.facings, *made):
        yield from (*facing.ranges, *facing.allowed)
    for service in site.scene.services:
        yield from service.source_ranges
    for rule in site.templates.all(SecurityRule):
        yield from (s for s in rule.sources if isinstance(s, str))
    for subnet in site.templates.all(Subnet):
        yield from (s for s in subnet.prefixes if isinstance(s, str))
