"""Publish a Service or not: a proposal with its reason, over which `publish` has the last word."""

from __future__ import annotations

from apim_aks.mapping.model import Decision, Role
from apim_aks.mapping.roles import role
from apim_aks.workload import Service, ServiceType, WorkbookError, Workload


def decide(workload: Workload) -> tuple[Decision, ...]:
    """What becomes of each Service, in the order of the workload.

    Raises:
        WorkbookError: `publish` names a Service that is not there or does not speak HTTP.
    """
    if workload.publish is not None:
        chosen = {workload.service(name).id for name in workload.publish}
        return tuple(_chosen(s, s.id in chosen) for s in workload.services)
    proposals = tuple(_proposed(s) for s in workload.services)
    if any(d.publish for d in proposals):
        return proposals
    return tuple(_rather_than_nothing(d) for d in proposals)


def _chosen(service: Service, publish: bool) -> Decision:
    kind, evidence = role(service)
    if publish and not (kind.http or kind is Role.UNKNOWN):
        raise WorkbookError(
            f"publish names {service.id}, but it is no HTTP Service ({kind.label}: {evidence}); "
            "take it out of the list."
        )
    reason = "the workload lists it under publish" if publish else "not listed under publish"
    return Decision(service.id, kind, publish, f"{reason}; {evidence}")


def _proposed(service: Service) -> Decision:
    kind, evidence = role(service)
    if not kind.http:
        return Decision(service.id, kind, False, f"{kind.label}: {evidence}")
    if kind is Role.API:
        return Decision(service.id, kind, True, evidence)
    if outside := _called_from_outside(service):
        return Decision(service.id, kind, True, f"{outside}; {evidence}, no OpenAPI document")
    reason = f"nothing outside the cluster calls it today and no document describes it; {evidence}"
    return Decision(service.id, kind, False, reason)


def _called_from_outside(service: Service) -> str:
    if service.routes:
        route = service.routes[0]
        where = f"{route.host}{route.path}" or "/"
        return f"{route.kind} {route.name} leads {where} to it"
    if service.public:
        return "it is public today (type LoadBalancer)"
    if service.type is ServiceType.LOAD_BALANCER:
        return "the network calls it today (internal load balancer)"
    if service.type is ServiceType.NODE_PORT:
        return "it is called through node ports today"
    return ""


def _rather_than_nothing(decision: Decision) -> Decision:
    """Where nothing is described or exposed, every HTTP Service is a candidate."""
    if not decision.role.http:
        return decision
    reason = "nothing here is described or exposed yet, so every HTTP Service is proposed"
    return Decision(decision.service, decision.role, True, f"{reason}; strike out what is internal")
