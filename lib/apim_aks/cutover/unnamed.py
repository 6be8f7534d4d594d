"""Who in the cluster can call a Service today and no longer can, although no file says it does.

A pod that calls what no field of the input names is no caller that is known. It is cut off with
the others that isolation is meant for, so whoever owns the Service has to know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from apim_aks.decision.design import Design, Placement
from apim_aks.reachability.difference import Change, Changed, difference
from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import Engine
from apim_aks.workload.model import Service

Ports = tuple[tuple[str, int, int], ...]


def unnamed(design: Design, placement: Placement) -> Iterator[tuple[Service, tuple[str, ...]]]:
    """Services of the workload, each with the workloads that lose their way and are no callers.

    Where nobody says who enforces policies, each is taken to be enforced as its text says.
    """
    proof = placement.proved.proof
    if proof is None:
        return
    today, after = design.proofs.today.site.scene, proof.site.scene
    lost: dict[str, list[Changed]] = defaultdict(list)
    for one in difference(today, after, proof.site.engine or Engine.SPECIFICATION):
        if one.change is Change.CLOSED and isinstance(one.source, str):
            lost[str(one.destination)].append(one)
    known = _known(design)
    reach = design.proofs.today.reach
    for service in design.workload.services:
        found = _losing(service, reach, lost) - known.get(service.id, set())
        if found:
            yield service, tuple(sorted(found))


def _known(design: Design) -> dict[str, set[str]]:
    """By Service the workloads that the call graph names, struck ones as well."""
    known: dict[str, set[str]] = defaultdict(set)
    for call in design.workload.graph.calls:
        known[call.callee].add(f"{call.caller.id}[{call.caller.kind}]")
    return known


def _losing(service: Service, reach: Reach, lost: dict[str, list[Changed]]) -> set[str]:
    behind = {reach.ends.pods[pod].workload for pod, _ in reach.behind(service)}
    return {
        str(one.source)
        for workload in behind
        for one in lost.get(workload, ())
        if one.source not in behind and any(_concerned(service, p) for p in one.ports)
    }


def _concerned(service: Service, lost: tuple[str, int, int]) -> bool:
    """The Service leads to one of these ports, or to one of a name."""
    protocol, first, last = lost
    targets = (p.target or str(p.number) for p in service.ports if p.protocol == protocol)
    return any(not t.isdigit() or first <= int(t) <= last for t in targets)
