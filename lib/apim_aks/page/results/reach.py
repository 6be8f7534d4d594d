"""What `reach` found: ways that a change opens, what is not understood, files left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.page.results.outcome import Case, Level, Outcome, Place, Result, refused
from apim_aks.page.results.repository import places_in
from apim_aks.page.results.rules import rule_of
from apim_aks.reachability.axis import Range
from apim_aks.reachability.because import because, witness
from apim_aks.reachability.difference import Change, Changed
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.words import end_words, ports_words, source_words
from apim_aks.topology.check import State
from apim_aks.workload.finding import Finding

_RULES = {
    Change.OPENED: "reach.opened",
    Change.NO_LONGER_CLOSED: "reach.no-longer-closed",
}
_SUITE = "reach"
_EXPECTED = "no source reaches it that did not before"
_UNASKED = "--against names no state before the change"


def of_reach(
    site: Site, changes: Sequence[Changed] | None, findings: Sequence[Finding], subject: str = ""
) -> Outcome:
    """What `reach` found of a site; without a state before it, `changes` are None."""
    opened = [c for c in changes or () if c.opens]
    found = _Found(site, surroundings(site))
    results = (
        *(refused(f, rule_of("input-refused")) for f in findings if f.refused),
        *map(found.opened, opened),
        *found.doubts(),
    )
    return Outcome(_SUITE, subject, results, tuple(found.cases(opened, changes is not None)))


@dataclass(frozen=True, slots=True)
class _Found:
    site: Site
    outside: Outside

    @property
    def scene(self) -> Scene:
        return self.site.scene

    def opened(self, changed: Changed) -> Result:
        rule = rule_of(_RULES[changed.change])
        reasons = tuple(dict.fromkeys(self._reasons(changed)))
        why = f" ({'; '.join(reasons)})" if reasons else ""
        said = f"{end_words(changed.destination)} from {_from(changed)}"
        return Result(
            rule=rule,
            level=Level.ERROR,
            message=f"{said}: {changed.change.value}, was {changed.was.value}{why}.",
            places=self._places(changed, reasons),
            subject=said,
        )

    def _reasons(self, changed: Changed) -> Iterator[str]:
        service = next((s for s in self.scene.services if _label(s) == changed.destination), None)
        if service:
            ports = {f"{protocol} {first}" for protocol, first, _ in changed.ports}
            for verdict in self.outside.verdicts(service):
                if verdict.source == changed.source and verdict.port in ports:
                    yield from verdict.because
        else:
            yield from _between(self.outside.reach, changed)

    def _places(self, changed: Changed, reasons: Sequence[str]) -> tuple[Place, ...]:
        """What the reasons name, then the two ends themselves."""
        files = tuple(_files(self.site))
        named = [p for reason in reasons for p in places_in(reason, files)]
        ends = (Place(o.file, o.line) for o in self._objects(changed))
        return tuple(dict.fromkeys((*named, *ends))) or (Place(""),)

    def _objects(self, changed: Changed) -> Iterator[Any]:
        for end in (changed.destination, changed.source):
            yield from (s for s in self.scene.services if _label(s) == end)
            yield from (p for p in self.scene.pods if p.workload == end)

    def doubts(self) -> Iterator[Result]:
        for doubt in self.scene.doubts:
            yield Result(
                rule=rule_of("reach.not-understood"),
                level=Level.NOTE,
                message=f"{doubt}.",
                places=(Place(doubt.file, doubt.line),),
                subject=doubt.because,
            )

    def cases(self, opened: Sequence[Changed], compared: bool) -> Iterator[Case]:
        """One for each workload and Service, and for ranges of addresses that were opened."""
        by: dict[str, list[str]] = {}
        for changed in opened:
            words = (
                f"{source_words(changed)} on {ports_words(changed.ports)}: {changed.change.value}"
            )
            by.setdefault(end_words(changed.destination), []).append(words)
        there = (*(p.workload for p in self.scene.pods), *map(_label, self.scene.services))
        for name in sorted({*there, *by}):
            state = State.NOT_RUN if not compared else State.FAIL if name in by else State.PASS
            seen = "; ".join(by.get(name, ())) if compared else _UNASKED
            yield Case(suite=_SUITE, name=name, state=state, expected=_EXPECTED, observed=seen)


def _between(reach: Reach, changed: Changed) -> Iterator[str]:
    ports = 0
    for protocol, first, last in changed.ports:
        ports |= reach.ports.of(protocol, first, last)
    ends = _ends(reach, changed.source), _ends(reach, changed.destination)
    if found := witness(reach, *ends, ports, changed.now):
        yield from because(reach, *found)


def _ends(reach: Reach, end: str | Range) -> int:
    if isinstance(end, tuple):
        return reach.ends.of_range(*end)
    return reach.ends.of_workload(end) or reach.ends.any


def _files(site: Site) -> Iterator[str]:
    """The files that reasons may name: manifests, and templates where there are any."""
    scene = site.scene
    yield from (pod.file for pod in scene.pods)
    yield from (service.file for service in scene.services)
    yield from (policy.file for policy in scene.policies)
    yield from (policy.file for policy in scene.admin_policies)
    yield from (front.file for front in scene.fronts)
    if site.azure:
        yield from (held.origin.file for held in site.azure.held)


def _from(changed: Changed) -> str:
    return f"{source_words(changed)} on {ports_words(changed.ports)}"


def _label(service: Any) -> str:
    return f"{service.id}[Service]"
