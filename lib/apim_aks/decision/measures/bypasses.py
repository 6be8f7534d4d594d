"""What the files prove of who reaches a Service without the gateway, as levels of the measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apim_aks.decision.claimed import LEAST, service_of_check, token_checks
from apim_aks.decision.measures.model import Subject
from apim_aks.decision.proved import Proved, pods_of
from apim_aks.reachability.because import because, witness
from apim_aks.reachability.proof import Proof
from apim_aks.reachability.reach import Answer, Reach, union
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.verdicts import Callers, Verdict, callers, nobody
from apim_aks.reachability.zones import Zone
from apim_aks.topology import Reach as Level
from apim_aks.workload.call import Caller
from apim_aks.workload.model import Service

TOKEN = "the gateway's token"
_LEVELS: dict[Zone, float] = {z: float(r) for z, r in LEAST.items() if z is not Zone.GATEWAY}
"""The gateway's own place is no way around it, and no file closes out the nodes."""
OTHER_PODS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody who reaches a Service, or of whom it is not known (`sure` is false), and why.

    `asked` says that a credential which only the gateway holds is still asked for.
    """

    level: float
    sure: bool
    who: str
    why: str
    asked: bool = False


def found(subject: Subject, id: str, guarded: bool) -> tuple[Found, ...]:
    """Every source that is not proved to be shut out; `guarded` demands a credential of all.

    Whoever reaches a token check before the Service needs the gateway's token there.
    """
    known, of = dict(subject.callers).get(id, ()), subject.proved.once
    before = of(_of_check, id) if id in subject.once(_checked) else ()
    return (*of(_of_service, id, guarded, known), *before)


def _checked(subject: Subject) -> frozenset[str]:
    """The Services that a token check stands before."""
    return frozenset(behind for _, behind in token_checks(subject.topology))


def _services(proved: Proved) -> dict[str, Service]:
    """The Services of the site that is proved, by their ids."""
    return {s.id: s for s in proved.proof.site.scene.services} if proved.proof else {}


def _of_check(proved: Proved, id: str) -> tuple[Found, ...]:
    """Who reaches the token check before a Service; nothing more where nothing is proved of it."""
    service = proved.once(_services).get(id)
    found = _found(proved, service_of_check(service), True, ()) if service else ()
    return tuple(replace(f, who=f"{f.who}, with {TOKEN} still required") for f in found)


def _of_service(
    proved: Proved, id: str, guarded: bool, known: tuple[Caller, ...]
) -> tuple[Found, ...]:
    return tuple(_found(proved, id, guarded, known))


def _found(proved: Proved, id: str, guarded: bool, known: tuple[Caller, ...]) -> Iterator[Found]:
    proof = proved.proof
    if proof is None:
        if proved.refused:
            yield _unknown(id, proved.refused)
        return
    service = proved.once(_services).get(id)
    if service is None:
        yield _unknown(id, "it is not among the objects that the cluster holds")
        return
    outside = proof.of(service)
    if not outside:
        yield _unknown(id, nobody(proof.reach, service))
    half = 2 if guarded else 1
    for verdict in outside:
        if verdict.source in _LEVELS and verdict.answer is not Answer.CLOSED:
            yield _of(verdict, half)
    own = _own(proof, service, known, proved.once(_put_before))
    yield from _inside(proof, service, half, own)


def _unknown(id: str, why: str) -> Found:
    said = f"who reaches {id} is not known: {why}"
    return Found(level=float(Level.INTERNET), sure=False, who="", why=said)


def _of(verdict: Verdict, half: int) -> Found:
    zone, sure = Zone(verdict.source), verdict.answer is Answer.OPEN
    asked = f", with {verdict.credential} still required" if verdict.credential else ""
    shown = str(verdict.packet) if sure else f"whether {zone.words} reaches {verdict.service}"
    why = f"{shown} ({'; '.join(verdict.because)})"
    level = _LEVELS[zone] / (2 if verdict.credential else half)
    has = bool(verdict.credential) or half > 1
    return Found(level=level, sure=sure, who=f"{zone.words}{asked}", why=why, asked=has)


def _put_before(proved: Proved) -> int:
    """The pods that the manifests of an option make."""
    pods = proved.proof.reach.ends.pods if proved.proof else ()
    return union(1 << at for at, pod in enumerate(pods) if pod.file in proved.made)


def _own(proof: Proof, service: Service, known: tuple[Caller, ...], own: int) -> int:
    """The pods that count for nothing: known callers, its own, and those that we put before it."""
    ends = proof.reach.ends
    allowed = ends.represented
    for caller in known:
        allowed |= pods_of(proof.reach, caller)
    for at, _ in proof.reach.behind(service):
        allowed |= 1 << at
    return allowed | own


def _inside(proof: Proof, service: Service, half: int, allowed: int) -> Iterator[Found]:
    """Pods of the workload that nobody named as callers; those of our own stand before it."""
    ends = proof.reach.ends
    for row in callers(proof.reach, service):
        # Without a known engine nothing is closed for certain.
        may = row.unknown if proof.site.engine else ends.inside
        if row.open & ~allowed:
            why = _decided(proof.reach, service, row, row.open & ~allowed, Answer.OPEN)
            yield _pods(row, half, True, why)
        elif may & ~allowed & ~ends.any:
            why = _decided(proof.reach, service, row, may & ~allowed & ~ends.any, Answer.UNKNOWN)
            yield _pods(row, half, False, why)
        elif may & ends.any and (doubts := tuple(_doubts(proof.reach, service))):
            yield _pods(row, half, False, doubts)


def _decided(
    reach: Reach, service: Service, row: Callers, sources: int, answer: Answer
) -> tuple[str, ...]:
    """What decides for the first of these pods that gets this answer."""
    port = next((p for p in service.ports if f"{p.protocol} {p.number}" == row.port), "")
    for at, ports in reach.behind(service, port):
        if pair := witness(reach, sources, 1 << at, ports, answer):
            return because(reach, *pair)
    return (row.because,) if row.because else ()


def _doubts(reach: Reach, service: Service) -> Iterator[str]:
    """What is not understood and may let any pod in to those behind the Service.

    Of the labels of a pod that stands in no file nothing is known, so that a policy which asks for
    some is no doubt of its own.
    """
    picked = reach.picked(service)
    for doubt in reach.scene.doubts:
        if reach.engine in (doubt.engines or Engine) and reach.ends.doubted(doubt) & picked:
            yield str(doubt)


def _pods(row: Callers, half: int, sure: bool, because: tuple[str, ...]) -> Found:
    who = "other pods of the cluster"
    told = f"{who} reach {row.service} on {row.port}"
    told = f"{told if sure else f'whether {told}'} ({'; '.join(because)})"
    return Found(level=OTHER_PODS / half, sure=sure, who=who, why=told, asked=half > 1)
