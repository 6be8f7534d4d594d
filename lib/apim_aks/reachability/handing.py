"""Workloads that a place reaches and that may forward its calls to a Service.

What a workload does with the calls that it answers stands in its own configuration, such as that of
a proxy, or in its program: `closed` is said of connections, and names these beside it (A9).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from apim_aks.reachability.axis import members
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.places import Place
from apim_aks.reachability.reach import Answer, union
from apim_aks.reachability.verdicts import Verdict


class Handing:
    """The workloads between the places of a site and its Services."""

    def __init__(self, outside: Outside) -> None:
        self._outside, self._reach = outside, outside.reach
        self._reached: dict[str, int] = {}
        self._services = {service.id: service for service in self._reach.scene.services}

    def told(self, verdict: Verdict) -> Verdict:
        """The verdict with the workloads that may hand calls on to what is closed to its place.

        Those count too that only others of them call.
        """
        found = self._by(verdict) if verdict.answer is Answer.CLOSED else ()
        return replace(verdict, handed_on_by=found) if found else verdict

    def _by(self, verdict: Verdict) -> tuple[str, ...]:
        places = (p for p in self._outside.places.all if p.name == verdict.source)
        place = next(places, None)
        if place is None or place.missing:
            return ()
        number = verdict.port.rpartition(" ")[2]
        own = [at for at, _ in self._reach.behind(self._services[verdict.service], number)]
        calling = union(self._callers[at] for at in own) & ~union(1 << at for at in own)
        found = members(calling & self._from(place))
        return tuple(dict.fromkeys(self._reach.ends.pods[at].workload for at in found))

    @cached_property
    def _callers(self) -> tuple[int, ...]:
        """For each pod the pods that may open a connection to it."""
        pods = range(len(self._reach.ends.pods))
        every = (1 << len(pods)) - 1
        if self._outside.site.engine is None:
            return tuple(every for _ in pods)
        return tuple(union(who for _, who in self._reach.into(at)[1]) & every for at in pods)

    def _from(self, place: Place) -> int:
        """The pods that a place may reach, and those that these may call, and so on."""
        if place.name not in self._reached:
            pods = range(len(self._callers))
            found = union(1 << at for at in pods if self._outside.may_reach(place, at))
            before = 0
            while found != before:
                before = found
                found |= union(1 << at for at in pods if self._callers[at] & before)
            self._reached[place.name] = found
        return self._reached[place.name]
