"""A proof: one verdict for each Service, port and source of a site, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.verdicts import Verdict, verdicts
from apim_aks.workload.model import Service

_NO_ENGINE = "who enforces network policies in this cluster is not known"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Who reaches which Service of a site; verdicts are worked out when somebody asks for them.

    Where nobody said who enforces policies, what they close is unknown.
    """

    site: Site
    _known: dict[str, tuple[Verdict, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict, in the order of the Services, their ports and the sources."""
        return tuple(v for service in self.site.scene.services for v in self.of(service.id))

    def of(self, service: str) -> tuple[Verdict, ...]:
        """The verdicts on the Service of this id; none on one that the site does not hold."""
        if service not in self._known:
            found = (s for s in self.site.scene.services if s.id == service)
            self._known[service] = tuple(v for s in found for v in self._on(s))
        return self._known[service]

    @cached_property
    def reach(self) -> Reach:
        """The cluster, whose policies close at most what their text closes with any engine."""
        return Reach(self.site.scene, self.site.engine or Engine.SPECIFICATION)

    def _on(self, service: Service) -> Iterator[Verdict]:
        found = verdicts(self.reach, service)
        return found if self.site.engine else map(_doubted, found)


def prove(site: Site) -> Proof:
    """Who reaches which Service of a site."""
    return Proof(site=site)


def _doubted(verdict: Verdict) -> Verdict:
    if verdict.answer is not Answer.CLOSED:
        return verdict
    why = (_NO_ENGINE, *verdict.because)
    return replace(verdict, answer=Answer.UNKNOWN, because=why)
