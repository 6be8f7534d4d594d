"""Publish a Service or not: a proposal with its reason, over which `publish` has the last word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apim_aks.apis.mapping.model import Decision, Role
from apim_aks.apis.mapping.resources import internal
from apim_aks.apis.mapping.roles import role
from apim_aks.errors import WorkbookError
from apim_aks.workload.model import Pods, Service, ServiceType, Workload


def decide(workload: Workload) -> tuple[Decision, ...]:
    """What becomes of each Service, in the order of the workload.

    Raises:
        WorkbookError: `publish` names a Service that is not there or does not speak HTTP.
    """
    if workload.publish is not None:
        chosen = {workload.service(name).id for name in workload.publish}
        refused = any(f.refused for f in workload.findings)
        decisions = tuple(_chosen(s, s.id in chosen, refused) for s in workload.services)
        _refuse(d for d in decisions if d.publish and not d.role.callable)
        return decisions
    unread = _unread_routes(workload)
    proposals = [_proposed(s, unread.get(s.id, "")) for s in workload.services]
    if not any(d.publish for d in proposals):
        lost = {s.id for s in workload.services if s.lost}
        able = {d.service for d in proposals if d.role.http} - lost
        proposals = [_candidate(d) if d.service in able else d for d in proposals]
    return tuple(_once(proposals, workload.services))


def _chosen(service: Service, publish: bool, described_in_vain: bool = False) -> Decision:
    kind, evidence = role(service)
    if publish and service.lost and not service.operations:
        return Decision(service.id, kind, False, f"listed under publish, but {_lost(service)}")
    if publish and not kind.callable and described_in_vain and not service.documents:
        reason = "listed under publish, but no document that describes it could be used"
        return Decision(service.id, kind, False, f"{reason}; {evidence}")
    reason = "the workload lists it under publish" if publish else "not listed under publish"
    return Decision(service.id, kind, publish, f"{reason}; {evidence}")


def _refuse(found: Iterable[Decision]) -> None:
    """All of them at once: nobody should mend a list entry by entry."""
    wrong = [(d.service, f"{d.role.label}: {d.reason.partition('; ')[2]}") for d in found]
    if len(wrong) == 1:
        id, what = wrong[0]
        raise WorkbookError(
            f"publish names {id}, but it is no HTTP Service ({what}); take it out of the list."
        )
    if wrong:
        listed = "; ".join(f"{id} ({what})" for id, what in wrong)
        raise WorkbookError(
            f"publish names {len(wrong)} Services that are no HTTP Services: {listed}; "
            "take them out of the list."
        )


def _unread_routes(workload: Workload) -> dict[str, str]:
    """By the Service that it names, an object of a kind that nobody here reads: it stays."""
    return {
        id: f"{o.called} names it, of a kind that is not read: it stays as it is"
        for o in reversed(workload.openings)
        for id in o.names
    }


def _proposed(service: Service, unread: str) -> Decision:
    kind, evidence = role(service)
    outside = _called_from_outside(service) or unread
    if not kind.http:
        today = f"; {outside}" if outside else ""
        return Decision(service.id, kind, False, f"{kind.label}: {evidence}{today}")
    if kind is Role.API:
        return Decision(service.id, kind, True, evidence)
    if service.lost:
        return Decision(service.id, kind, False, f"{_lost(service)}; {outside or evidence}")
    if outside:
        return Decision(service.id, kind, True, f"{outside}; {evidence}, no OpenAPI document")
    reason = f"nothing outside the cluster calls it today and no document describes it; {evidence}"
    return Decision(service.id, kind, False, reason)


def _lost(service: Service) -> str:
    files = " and ".join(service.lost)
    return f"{files} describes nothing that can be published, and every path would be open without"


def _called_from_outside(service: Service) -> str:
    if route := next((r for r in service.routes if not internal(r.path)), None):
        where = f"{route.host}{route.path}" or "/"
        return f"{route.kind} {route.name} leads {where} to it"
    if service.public:
        return "it is public today (type LoadBalancer)"
    if service.type is ServiceType.LOAD_BALANCER:
        return "the network calls it today (internal load balancer)"
    if service.type is ServiceType.NODE_PORT:
        return "it is called through node ports today"
    return ""


def _candidate(decision: Decision) -> Decision:
    """Where no Service for programs is described or exposed, each that speaks HTTP may be one."""
    reason = "nothing here is described or exposed yet, so what speaks HTTP is proposed"
    told = f"{reason}; strike out what is internal"
    return Decision(decision.service, decision.role, True, told, candidate=True)


def _once(proposals: Sequence[Decision], services: Sequence[Service]) -> Iterator[Decision]:
    """Several Services before the same pods are one back end: the best of them is proposed."""
    keepers: dict[tuple[str, tuple[Pods, ...]], str] = {}
    published = {d.service for d in proposals if d.publish}
    ranked = sorted((s for s in services if s.id in published and s.pods), key=_standing)
    first = {s.id: keepers.setdefault((s.namespace, s.pods), s.id) for s in ranked}
    twins = {s.id: first[s.id] for s in ranked if not s.operations}
    for decision in proposals:
        keeper = twins.get(decision.service, decision.service)
        if keeper == decision.service:
            yield decision
        else:
            reason = f"the pods behind it are those of {keeper}, which is proposed"
            yield Decision(decision.service, decision.role, False, reason)


def _standing(service: Service) -> tuple[bool, bool, str]:
    return not service.operations, not service.routes, service.id
