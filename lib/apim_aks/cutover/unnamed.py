"""Who in the cluster can call a Service today and no longer can, although no file says it does.

A pod that calls what no field of the input names is no caller that is known. It is cut off with
the others that isolation is meant for, so whoever owns the Service has to know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from apim_aks.decision.design import Design, Placement
from apim_aks.reachability.axis import members
from apim_aks.reachability.reach import ANY_POD, Reach
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.verdicts import callers
from apim_aks.workload.model import Service


def unnamed(design: Design, placement: Placement) -> Iterator[tuple[Service, tuple[str, ...]]]:
    """Services of the workload, each with the workloads that lose their way and are no callers.

    Where nobody says who enforces policies, each is taken to be enforced as its text says.
    """
    proof = placement.proved.proof
    if proof is None:
        return
    engine = proof.site.engine or Engine.SPECIFICATION
    before = Reach(design.proofs.today.site.scene, engine)
    after = Reach(proof.site.scene, engine)
    later = {service.id: service for service in after.scene.services}
    known = _known(design)
    for service in before.scene.services:
        lost = set(_losing(before, after, service, later.get(service.id)))
        if found := lost - known.get(service.id, set()):
            yield service, tuple(sorted(found))


def _known(design: Design) -> dict[str, set[str]]:
    """By Service the workloads that the call graph names, struck ones as well."""
    known: dict[str, set[str]] = defaultdict(set)
    for call in design.workload.graph.calls:
        known[call.callee].add(f"{call.caller.id}[{call.caller.kind}]")
    return known


def _losing(before: Reach, after: Reach, service: Service, later: Service | None) -> Iterator[str]:
    """The workloads that can, or may, call a port before and surely cannot afterwards."""
    behind = {before.ends.pods[pod].workload for pod, _ in before.behind(service)}
    kept = {c.port: c.open | c.unknown for c in callers(after, later)} if later else {}
    for was in callers(before, service):
        now = kept.get(was.port, 0)
        yield from _names(before, was.open | was.unknown) - _names(after, now) - behind


def _names(reach: Reach, mask: int) -> set[str]:
    """The workloads of a set, and any other pod where it is in it."""
    pods = reach.ends.pods
    found = {pods[at].workload for at in members(mask & reach.ends.inside)}
    return found | {ANY_POD} if mask & reach.ends.any else found
