"""Who of the cluster reaches a Service, with workloads of one answer together.

A verdict for each workload would make a proof as long as Services times workloads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from apim_aks.reachability.axis import members
from apim_aks.reachability.because import EACH, out_of
from apim_aks.reachability.meshes import Meshes
from apim_aks.reachability.reach import ANY_POD, Answer, Reach
from apim_aks.reachability.verdicts import ANYBODY, Callers, Verdict, callers, verdict_of
from apim_aks.workload.model import Service

Sources = tuple[tuple[str, int], ...]
"""Workloads by name, each with the set of its pods."""


@dataclass(frozen=True, slots=True)
class Together:
    """Sources inside a cluster that get one answer; the verdict is that of the first of them."""

    sources: tuple[str, ...]
    verdict: Verdict


def likenesses(reach: Reach, meshes: Meshes) -> tuple[Sources, ...]:
    """The workloads of a cluster, those together that are let out alike and one to a mesh."""
    found: dict[object, list[tuple[str, int]]] = defaultdict(list)
    for name in reach.ends.workloads:
        pods = reach.ends.of_workload(name)
        sides = {id(reach.sides.egress[at]) for at in members(pods)}
        callers = {meshes.caller(1 << at) for at in members(pods)}
        found[frozenset(sides), frozenset(callers)].append((name, pods))
    return tuple(map(tuple, found.values()))


def together(
    reach: Reach, service: Service, meshes: Meshes, alike: Iterable[Sources] | None = None
) -> Iterator[Together]:
    """The verdicts on each port of a Service from inside its cluster, without its nodes.

    `alike` are the likenesses of this reach, for who asks about many Services. Reasons of the
    first of several are an example: another rule may decide about the next.
    """
    groups = likenesses(reach, meshes) if alike is None else tuple(alike)
    ports = {f"{p.protocol} {p.number}": p for p in service.ports}
    for row in callers(reach, service):
        if row.because:
            yield Together((ANYBODY,), _nobody(row))
            continue
        behind = dict(reach.behind(service, ports[row.port]))
        asked = partial(verdict_of, reach, service, row.port, behind=behind, meshes=meshes)
        yield from _merged(asked, row, groups)
        yield Together((ANY_POD,), asked((ANY_POD, reach.ends.any)))


def _nobody(row: Callers) -> Verdict:
    return Verdict(
        service=row.service,
        port=row.port,
        source=ANYBODY,
        answer=Answer.UNKNOWN,
        packet=None,
        because=(row.because,),
    )


def _merged(
    asked: Callable[[tuple[str, int]], Verdict], row: Callers, groups: Iterable[Sources]
) -> Iterator[Together]:
    """Groups with one answer for the same reasons are one."""
    found: dict[tuple[object, ...], Together] = {}
    for group in groups:
        for sources in _by_answer(group, row):
            verdict = asked(sources[0])
            reasons = out_of(verdict.because, verdict.source, EACH)
            same = verdict.answer, verdict.credential, reasons
            names = tuple(name for name, _ in sources)
            before = found.get(same, Together((), verdict))
            found[same] = Together((*before.sources, *names), before.verdict)
    yield from found.values()


def _by_answer(group: Sources, row: Callers) -> Iterator[Sources]:
    """The workloads of a group apart by what is known of them."""
    answers: dict[Answer, list[tuple[str, int]]] = defaultdict(list)
    for name, pods in group:
        answers[_answer(pods, row)].append((name, pods))
    yield from map(tuple, answers.values())


def _answer(pods: int, row: Callers) -> Answer:
    if pods & row.open:
        return Answer.OPEN
    return Answer.UNKNOWN if pods & row.unknown else Answer.CLOSED
