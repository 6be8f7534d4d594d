"""A proof: one verdict for each Service, port and source of a site, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.verdicts import Verdict, verdicts

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
    if site.engine is not None:
        return Proof(site=site, verdicts=tuple(_all(site, site.engine)))
    # Every engine closes at most what the text of the policies closes.
    rows = (_doubted(verdict) for verdict in _all(site, Engine.SPECIFICATION))
    return Proof(site=site, verdicts=tuple(rows))


def _all(site: Site, engine: Engine) -> Iterator[Verdict]:
    reach = Reach(site.scene, engine)
    for service in site.scene.services:
        yield from verdicts(reach, service)


def _doubted(verdict: Verdict) -> Verdict:
    if verdict.answer is not Answer.CLOSED:
        return verdict
    why = (_NO_ENGINE, *verdict.because)
    return replace(verdict, answer=Answer.UNKNOWN, because=why)
