"""A proof: one verdict for each Service, port and source of a site, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from apim_aks.reachability.outside import Outside, cuts
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.routing import represented
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.verdicts import Verdict, verdicts
from apim_aks.workload.model import Service

_NO_ENGINE = "who enforces network policies in this cluster is not known"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Every verdict on a site, in the order of its Services, their ports and the sources."""

    site: Site
    verdicts: tuple[Verdict, ...]

    @cached_property
    def by_service(self) -> dict[str, tuple[Verdict, ...]]:
        """The verdicts by the id of their Service."""
        found: dict[str, list[Verdict]] = {}
        for verdict in self.verdicts:
            found.setdefault(verdict.service, []).append(verdict)
        return {service: tuple(rows) for service, rows in found.items()}


def prove(site: Site) -> Proof:
    """Who reaches which Service of a site.

    Where nobody said who enforces policies, what they close is unknown.
    """
    return Proof(site=site, verdicts=tuple(_all(site)))


def _all(site: Site) -> Iterator[Verdict]:
    reach, outside = surroundings(site)
    for service in site.scene.services:
        yield from inside_verdicts(site, reach, service)
        yield from outside.verdicts(service)


def inside_verdicts(site: Site, reach: Reach, service: Service) -> Iterator[Verdict]:
    """Every verdict on a Service from inside its cluster."""
    found = verdicts(reach, service)
    return found if site.engine else map(_doubted, found)


def surroundings(site: Site, *further: Place) -> tuple[Reach, Outside]:
    """The cluster of a site, and what is around it; `further` are places asked about as well."""
    places = Places(site)
    # Every engine closes at most what the text of the policies closes.
    engine = site.engine or Engine.SPECIFICATION
    reach = Reach(
        site.scene,
        engine,
        represented=represented(site.scene),
        cuts=cuts(site, (*places.all, *further)),
    )
    return reach, Outside(site, places, reach)


def _doubted(verdict: Verdict) -> Verdict:
    if verdict.answer is not Answer.CLOSED:
        return verdict
    why = (_NO_ENGINE, *verdict.because)
    return replace(verdict, answer=Answer.UNKNOWN, because=why)
