"""Who of the cluster reaches a Service, with workloads of one answer together.

A verdict for each workload would make a proof as long as Services times workloads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.reachability.axis import members
from apim_aks.reachability.because import EACH, out_of
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


def likenesses(reach: Reach) -> tuple[Sources, ...]:
    """The workloads of a cluster, those together that the same policies let out."""
    found: dict[tuple[int, ...], list[tuple[str, int]]] = defaultdict(list)
    for name in reach.ends.workloads:
        pods = reach.ends.of_workload(name)
        sides = (id(reach.sides.egress[at]) for at in members(pods))
        found[tuple(sorted(set(sides)))].append((name, pods))
    return tuple(map(tuple, found.values()))


def together(
    reach: Reach, service: Service, alike: Iterable[Sources] | None = None
) -> Iterator[Together]:
    """The verdicts on each port of a Service from inside its cluster, without its nodes.

    `alike` are the likenesses of this reach, for who asks about many Services. Reasons of the
    first of several are an example: another rule may decide about the next.
    """
    groups = likenesses(reach) if alike is None else tuple(alike)
    numbers = {f"{p.protocol} {p.number}": str(p.number) for p in service.ports}
    for row in callers(reach, service):
        if row.because:
            yield Together((ANYBODY,), _nobody(row))
            continue
        behind = dict(reach.behind(service, numbers[row.port]))
        yield from _merged(reach, service, row, behind, groups)
        other = verdict_of(reach, service, row.port, (ANY_POD, reach.ends.any), behind)
        yield Together((ANY_POD,), other)


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
    reach: Reach, service: Service, row: Callers, behind: dict[int, int], groups: Iterable[Sources]
) -> Iterator[Together]:
    """Groups with one answer for the same reasons are one."""
    found: dict[tuple[object, ...], Together] = {}
    for group in groups:
        for sources in _by_answer(group, row):
            verdict = verdict_of(reach, service, row.port, sources[0], behind)
            same = verdict.answer, out_of(verdict.because, verdict.source, EACH)
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
