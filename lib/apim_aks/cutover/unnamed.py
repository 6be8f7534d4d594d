"""Workloads that can call a Service today and lose access, although no file names them.

A pod whose call is in no field of the input is not a known caller. It is cut off with
the others that isolation is meant for, so the owner of the Service must be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from apim_aks.decision.design import Design, Placement
from apim_aks.reachability.axis import members
from apim_aks.reachability.reach import ANY_POD, Answer, Reach
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.verdicts import callers
from apim_aks.workload.model import Service


def unnamed(
    design: Design, placement: Placement
) -> Iterator[tuple[Service, tuple[str, ...], Answer]]:
    """The workloads that lose access and are not known callers, by Service.

    The answer is that afterwards: closed, or unknown where something that nobody understands may
    still admit them. If the policy engine is unknown, each policy is taken as written.
    """
    proof = placement.proved.proof
    if proof is None:
        return
    known, told = _known(design), dict[str, set[str]]()
    engine = proof.site.engine or Engine.SPECIFICATION
    for answer, before, after in _seen(design.proofs.today.site.scene, proof.site.scene, engine):
        later = {service.id: service for service in after.scene.services}
        names = cache(_names)  # many Services have the same callers
        for service in before.scene.services:
            lost = set(_losing(before, after, service, later.get(service.id), names))
            named = told.setdefault(service.id, set(known.get(service.id, ())))
            if found := lost - named:
                named |= found
                yield service, tuple(sorted(found)), answer


def _seen(today: Scene, closed: Scene, engine: Engine) -> Iterator[tuple[Answer, Reach, Reach]]:
    """Both states as they are known, then what the understood policies alone say of them."""
    yield Answer.CLOSED, Reach(today, engine), Reach(closed, engine)
    if today.doubts or closed.doubts:
        bare = (Reach(replace(scene, doubts=()), engine) for scene in (today, closed))
        yield Answer.UNKNOWN, next(bare), next(bare)


def _known(design: Design) -> dict[str, set[str]]:
    """The workloads in the call graph, including struck calls, by Service."""
    known: dict[str, set[str]] = defaultdict(set)
    for call in design.workload.graph.calls:
        known[call.callee].add(f"{call.caller.id}[{call.caller.kind}]")
    return known


def _losing(
    before: Reach,
    after: Reach,
    service: Service,
    later: Service | None,
    names: Callable[[Reach, int], frozenset[str]],
) -> Iterator[str]:
    """The workloads that can or may call a port before and certainly cannot afterwards."""
    behind = {before.ends.pods[pod].workload for pod, _ in before.behind(service)}
    kept = {c.port: c.open | c.unknown for c in callers(after, later)} if later else {}
    for was in callers(before, service):
        now = kept.get(was.port, 0)
        yield from names(before, was.open | was.unknown) - names(after, now) - behind


def _names(reach: Reach, mask: int) -> frozenset[str]:
    """The names of the workloads in a set, and "any other pod" if it is included."""
    pods = reach.ends.pods
    found = frozenset(pods[at].workload for at in members(mask & reach.ends.inside))
    return found | {ANY_POD} if mask & reach.ends.any else found
