"""A proof: one verdict for each Service, port and source of a site, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from apim_aks.reachability.cutting import cuts
from apim_aks.reachability.handing import Handing
from apim_aks.reachability.managed import as_made
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.public_ends import PublicEnd
from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.routing import represented
from apim_aks.reachability.scene import Doubt, Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.together import Sources, Together, likenesses, together
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
        return tuple(
            verdict
            for service in self.site.scene.services
            for verdict in (
                *inside_verdicts(self.outside, service),
                *self.of(service),
            )
        )

    def of(self, service: Service) -> tuple[Verdict, ...]:
        """The verdicts on a Service of the site for each zone outside its cluster."""
        if service.id not in self._known:
            self._known[service.id] = tuple(self.outside.verdicts(service))
        return self._known[service.id]

    @cached_property
    def public_ends(self) -> tuple[PublicEnd, ...]:
        """The Services that callers outside the networks find, or may find."""
        return self.outside.public_ends()

    def inside(self, service: Service) -> Iterator[Together]:
        """The verdicts on a Service from inside its cluster, workloads of one answer together."""
        found = together(self.reach, service, self.outside.meshes, self._alike)
        return (
            found if self.site.engine else (replace(t, verdict=_doubted(t.verdict)) for t in found)
        )

    @cached_property
    def handing(self) -> Handing:
        """Who may hand calls on to a Service that is closed to a zone."""
        return Handing(self.outside)

    @property
    def reach(self) -> Reach:
        """The cluster alone."""
        return self.outside.reach

    @cached_property
    def outside(self) -> Outside:
        """The cluster with what is around it."""
        return surroundings(self.site)

    @cached_property
    def _alike(self) -> tuple[Sources, ...]:
        return likenesses(self.reach, self.outside.meshes)


def prove(site: Site) -> Proof:
    """Who reaches which Service of a site."""
    return Proof(site=site)


def inside_verdicts(outside: Outside, service: Service) -> Iterator[Verdict]:
    """Every verdict on a Service from inside its cluster, with its surroundings."""
    found = verdicts(outside.reach, service, outside.meshes)
    return found if outside.site.engine else map(_doubted, found)


def surroundings(site: Site, *further: Place) -> Outside:
    """The cluster of a site, and what is around it; `further` are places asked about as well."""
    doubts = (*site.scene.doubts, *_on_windows(site))
    made = as_made(site.scene.entrances, site.cluster)
    scene = replace(site.scene, entrances=made, doubts=doubts)
    site = replace(site, scene=scene)
    places = Places(site)
    # Every engine closes at most what the text of the policies closes.
    engine = site.engine or Engine.SPECIFICATION
    reach = Reach(
        site.scene,
        engine,
        represented=represented(site.scene),
        cuts=cuts(site, (*places.all, *further)),
    )
    return Outside(site, places, reach)


def _on_windows(site: Site) -> Iterator[Doubt]:
    """Pods may run on nodes with Windows, where policies are not enforced whole."""
    for pool in site.cluster.pools if site.cluster else ():
        if pool.os is not None and str(pool.os).lower() != "linux":
            origin = site.cluster.origin if site.cluster else None
            yield Doubt(
                because=f"node pool {pool.name} may run Windows, where policies are not enforced",
                file=str(origin),
                line=0,
                restricts=True,
                engines=(Engine.CILIUM, Engine.AZURE),
            )


def _doubted(verdict: Verdict) -> Verdict:
    if verdict.answer is not Answer.CLOSED:
        return verdict
    why = (_NO_ENGINE, *verdict.because)
    return replace(verdict, answer=Answer.UNKNOWN, because=why)
