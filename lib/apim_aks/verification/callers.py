"""Which callers inside the cluster keep or lose their connections under an option.

Before are the objects of the workload as they were read, after is what the API server holds once
the option's manifests are applied. Both are looked at with the engine that the option's cluster
has, so that nothing but the manifests makes the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.proved import pods_of
from apim_aks.listing import counted, shown
from apim_aks.reachability.because import because, witness
from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.verdicts import nobody
from apim_aks.verification.verdict import Verdict, judged, not_run
from apim_aks.workload.call import Call, CallState
from apim_aks.workload.model import Port, Service, Workload
from apim_aks.workload.network_policy import LAST_PORT, PROTOCOLS

_HOW = "proved from the manifests, before and after they are applied: callers keep access"
_WORST_FIRST = (Answer.CLOSED, Answer.UNKNOWN, Answer.OPEN)


@dataclass(frozen=True, slots=True)
class Found:
    """Whether each pod of a caller gets through to each pod behind a port, and what decides."""

    answer: Answer
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A call on one port of its Service, to one workload behind it, before and after.

    `port` is protocol and number, or "not told"; `behind` is empty if its pods are unknown.
    """

    call: Call
    port: str
    behind: str
    before: Found
    after: Found

    @property
    def lost(self) -> bool:
        """Whether it was not closed before, and is now."""
        return self.after.answer is Answer.CLOSED and self.before.answer is not Answer.CLOSED

    @property
    def words(self) -> str:
        """The caller, its target, and what decides afterwards, in words."""
        call = self.call
        why = "; ".join(self.after.because)
        never = self.after.answer is Answer.CLOSED and not self.lost
        before = ", and did not before" if never else ""
        no = "cannot reach" if self.after.answer is Answer.CLOSED else "perhaps cannot reach"
        return f"{call.caller.called} {no} {call.callee} on {self.port}{before} ({why})"


_Ends = dict[tuple[str, str], Found]


def access(design: Design, placement: Placement) -> tuple[Access, ...]:
    """Every call inside the cluster before and after this option, including struck ones.

    The result is kept with the design.
    """
    kept = design.once(_kept)
    if id(placement) not in kept:
        kept[id(placement)] = placement, tuple(_access(design, placement))
    return kept[id(placement)][1]


def _kept(design: Design) -> dict[int, tuple[Placement, tuple[Access, ...]]]:
    return {}


def _access(design: Design, placement: Placement) -> Iterator[Access]:
    calls = placement.workload.graph.calls
    if not calls:
        return
    before, after = _reaches(design, placement)
    for call in calls:
        was, becomes = (_ends(reach, call) for reach in (before, after))
        for at in dict.fromkeys((*was, *becomes)):
            gone = Found(Answer.UNKNOWN, ("no pod that was read answers there",))
            ends = (found.get(at, gone) for found in (was, becomes))
            yield Access(call=call, port=at[0], behind=at[1], before=next(ends), after=next(ends))


_NO_ENGINE = (
    "the network policy engine of the existing cluster is not known: set "
    "network_policy under azure in workload.yaml"
)


def _reaches(design: Design, placement: Placement) -> tuple[Reach | str, Reach | str]:
    """What is reached before and after this option; else why that is unknown."""
    proof = placement.proved.proof
    if proof is None:
        return placement.proved.refused, placement.proved.refused
    after, engine = proof.site.scene, proof.site.engine
    if engine is None:
        return _NO_ENGINE, _NO_ENGINE
    return Reach(design.proofs.today.site.scene, engine), Reach(after, engine)


def _ends(reach: Reach | str, call: Call) -> _Ends:
    told = str(call.port) if call.port else "an unknown port"
    if isinstance(reach, str):
        return _unknown(told, reach)
    service = next((s for s in reach.scene.services if s.id == call.callee), None)
    if service is None:
        return _unknown(told, f"Service {call.callee} is not among the objects that are read")
    callers = pods_of(reach, call.caller)
    if not callers:
        return _unknown(told, f"the pods of {call.caller.called} are not among the objects")
    ends: _Ends = {}
    for port in _ports(service, call):
        for behind, found in _found(reach, service, port, callers):
            at = f"{port.protocol} {port.number}", behind
            ends[at] = min((ends.get(at, found), found), key=_rank)
    if ends:
        return ends
    place = f"{service.file} line {service.line}"
    closed = Found(Answer.CLOSED, (f"Service {service.id} has no such port ({place})",))
    return {(told, ""): closed}


def _rank(found: Found) -> int:
    return _WORST_FIRST.index(found.answer)


def _unknown(port: str, why: str) -> _Ends:
    return {(port, ""): Found(Answer.UNKNOWN, (why,))}


def _ports(service: Service, call: Call) -> Iterable[Port]:
    """The port called, or all if unknown; for a headless Service those of its pods."""
    ports = [p for p in service.ports if call.port in (None, p.number)]
    if service.headless and call.port:
        protocol = ports[0].protocol if ports else "TCP"
        return [Port(call.port, target=str(call.port), protocol=protocol)]
    return ports


def _found(reach: Reach, service: Service, port: Port, callers: int) -> Iterator[tuple[str, Found]]:
    """The worst result of any pair of pods, by workload behind the port."""
    behind = dict(_behind(reach, service, port))
    if not behind or service.id in reach.scene.by_hand:
        yield "", Found(Answer.UNKNOWN, (nobody(reach, service),))
        return
    for pod, ports in behind.items():
        for answer in _WORST_FIRST:
            if pair := witness(reach, callers, 1 << pod, ports, answer):
                yield reach.ends.pods[pod].workload, Found(answer, because(reach, *pair))
                break


def _behind(reach: Reach, service: Service, port: Port) -> Iterator[tuple[int, int]]:
    if not service.headless:
        yield from reach.behind(service, port)
    elif port.protocol in PROTOCOLS and port.number <= LAST_PORT:
        # Ports are not translated if callers get the addresses of the pods.
        asked = reach.ports.holding(port.protocol, port.number)
        yield from ((pod, asked) for pod, _ in reach.behind(service))


def callers_keep_access(design: Design, placement: Placement) -> Verdict:
    """Whether every confirmed caller keeps access; `not_run` if a found one loses it.

    It is unknown whether a found call takes place; the reader confirms or strikes it.
    """
    asked = tuple(a for a in access(design, placement) if a.call.holds)
    closed = [a for a in asked if a.after.answer is Answer.CLOSED]
    sure = [a for a in closed if a.call.state is not CallState.FOUND]
    seen = _seen(asked, placement.workload)
    if sure:
        return judged(False, _words(sure), _HOW)
    if lost := [a for a in closed if a.lost]:
        asks = "found and not confirmed; confirm or strike the call in workload.yaml"
        return not_run(f"{_words(lost)}: {asks}", _HOW, seen)
    if unknown := [a for a in asked if a.after.answer is Answer.UNKNOWN]:
        return not_run(_words(unknown), _HOW, seen)
    return judged(True, seen, _HOW)


def _words(found: list[Access]) -> str:
    return shown([a.words for a in found])


def _seen(asked: tuple[Access, ...], workload: Workload) -> str:
    if not asked:
        said = "no field of the input names a caller inside the cluster"
    else:
        open_ = sum(a.after.answer is Answer.OPEN for a in asked)
        said = f"{open_} of {counted(len(asked), 'connection')} inside the cluster open"
    unread = len(workload.graph.unread)
    return f"{said}; {counted(unread, 'field')} that may name more not read" if unread else said
