"""Publish a Service or not: a proposal with its reason, over which `publish` has the last word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apim_aks.apis.mapping.callers_paths import not_understood, ways
from apim_aks.apis.mapping.candidates import candidates
from apim_aks.apis.mapping.model import Decision, Role
from apim_aks.apis.mapping.roles import role
from apim_aks.apis.mapping.splits import share
from apim_aks.errors import InputError
from apim_aks.listing import listed
from apim_aks.workload.model import Pods, Service, ServiceType, Workload
from apim_aks.workload.ports import called, pod_port_of, port_choice


def decide(workload: Workload) -> tuple[Decision, ...]:
    """What becomes of each Service, in the order of the workload.

    Raises:
        InputError: `publish` names a Service that is not there or does not speak HTTP.
    """
    if workload.publish is not None:
        chosen = {workload.service(name).id for name in workload.publish}
        refused = any(f.refused for f in workload.findings)
        decisions = tuple(_chosen(s, s.id in chosen, refused) for s in workload.services)
        both = zip(decisions, workload.services, strict=True)
        _refuse([(d, s) for d, s in both if d.publish and not _can_be_called(s)])
        return _named(decisions, workload.services)
    unread = _unread_routes(workload)
    proposals = [_proposed(s, unread.get(s.id, "")) for s in workload.services]
    if not any(d.publish for d in proposals):
        proposals = list(candidates(workload, proposals))
    return _named(tuple(_once(proposals, workload.services)), workload.services)


def _named(decisions: tuple[Decision, ...], services: Sequence[Service]) -> tuple[Decision, ...]:
    """The decisions, each about a further port of a Service with what the input calls that."""
    return tuple(
        _told(d, s) if s.derived_from else d for d, s in zip(decisions, services, strict=True)
    )


def _told(decision: Decision, service: Service) -> Decision:
    ports = listed([f"port {called(p)}" for p in service.ports])
    return replace(decision, reason=f"{ports} of Service {service.derived_from}: {decision.reason}")


def _chosen(service: Service, publish: bool, described_in_vain: bool = False) -> Decision:
    kind, evidence = role(service)
    if publish and service.lost and not service.operations:
        return Decision(service.id, kind, False, f"listed under publish, but {_lost(service)}")
    if not port_choice(service).number:
        evidence = f"{evidence}; {port_choice(service).reason}"
    in_vain = described_in_vain and not service.documents
    if publish and in_vain and not _can_be_called(service):
        reason = "listed under publish, but no document that describes it could be used"
        return Decision(service.id, kind, False, f"{reason}; {evidence}")
    reason = "the workload lists it under publish" if publish else "not listed under publish"
    return Decision(service.id, kind, publish, f"{reason}; {evidence}")


def _can_be_called(service: Service) -> bool:
    return bool(port_choice(service).number) and role(service)[0].callable


def _refuse(found: Sequence[tuple[Decision, Service]]) -> None:
    """All of them at once: nobody should mend a list entry by entry."""
    wrong = [f"{d.service} ({d.role.label}: {d.reason.partition('; ')[2]})" for d, _ in found]
    if wrong:
        way = f"say under ports which port answers HTTP{_say(found[0][1])}"
        raise InputError(f"publish names {_no_http(wrong)} out of the list, or {way}.")


def _no_http(wrong: Sequence[str]) -> str:
    if len(wrong) == 1:
        id, _, what = wrong[0].partition(" ")
        return f"{id}, but it is no HTTP Service {what}; take it"
    return f"{len(wrong)} Services that are no HTTP Services: {'; '.join(wrong)}; take them"


def _say(service: Service) -> str:
    tcp = next((p for p in service.ports if p.protocol == "TCP"), None)
    return f" (ports: {{{service.name}: {tcp.number}}})" if tcp else ""


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
        outside = outside or _routed_today(service)
        today = f"; {outside}" if outside else ""
        return Decision(service.id, kind, False, f"{kind.label}: {evidence}{today}")
    if part := share(service):
        what = f"{part.kind} {part.name} gives it {part.weight} % of the calls of {part.share_of}"
        return Decision(service.id, kind, True, f"{what}: a share of its API")
    if not (port := port_choice(service)).number:
        way = "name one under ports in workload.yaml to publish it"
        return Decision(service.id, kind, False, f"{evidence}, but {port.reason}; {way}")
    if kind is Role.API:
        return Decision(service.id, kind, True, evidence)
    if service.lost:
        return Decision(service.id, kind, False, f"{_lost(service)}; {outside or evidence}")
    if outside:
        first = next(iter(ways(service)), None)
        same = first is not None and evidence.startswith(f"{first.kind} {first.name} leads to it")
        told = f", port {port.number}" if same else f"; {evidence}"
        return Decision(service.id, kind, True, f"{outside}{told}, no OpenAPI document")
    if unclear := next(iter(not_understood(service)), None):
        where = f"{unclear.kind} {unclear.name} leads {unclear.host}{unclear.path} to it"
        reason = f"{where}, which is not understood: without a document all of it would be open"
        return Decision(service.id, kind, False, f"{reason}; list it under publish for that")
    reason = f"nothing outside the cluster calls it today and no document describes it; {evidence}"
    return Decision(service.id, kind, False, reason)


def _lost(service: Service) -> str:
    return f"{described_nothing(service.lost)}, and every path would be open without"


def described_nothing(files: Sequence[str]) -> str:
    """What documents are that were given, and that no operation could be read from."""
    does = "describes" if len(files) == 1 else "describe"
    return f"{listed(files)} {does} nothing that can be published"


def _called_from_outside(service: Service) -> str:
    if route := next(iter(ways(service)), None):
        where = f"{route.host}{route.path}" or "/"
        return f"{route.kind} {route.name} leads {where} to it"
    if service.public:
        return "it is public today (type LoadBalancer)"
    if service.type is ServiceType.LOAD_BALANCER:
        return "the network calls it today (internal load balancer)"
    if service.type is ServiceType.NODE_PORT:
        return "it is called through node ports today"
    return ""


def _routed_today(service: Service) -> str:
    """A route by HTTP to a port that cannot be published: it has no answer afterwards."""
    found = (r for r in service.routes if r.kind != "GRPCRoute")
    return next((f"{r.kind} {r.name} leads {r.host}{r.path} to it" for r in found), "")


def _once(proposals: Sequence[Decision], services: Sequence[Service]) -> Iterator[Decision]:
    """Several Services before the same pods are one back end: the best of them is proposed.

    One by which callers reach another port of these pods is another back end.
    """
    keepers: dict[tuple[str, tuple[Pods, ...], str], str] = {}
    published = {d.service for d in proposals if d.publish}
    ranked = sorted((s for s in services if s.id in published and s.pods), key=_standing)
    first: dict[str, str] = {}
    for service in ranked:
        of_any = keepers.setdefault((service.namespace, service.pods, ""), service.id)
        own = keepers.setdefault((service.namespace, service.pods, _pod_port(service)), service.id)
        first[service.id] = own if ways(service) else of_any
    twins = {s.id: first[s.id] for s in ranked if not s.operations}
    for decision in proposals:
        keeper = twins.get(decision.service, decision.service)
        if keeper == decision.service:
            yield decision
        else:
            reason = f"the pods behind it are those of {keeper}, which is proposed"
            yield Decision(decision.service, decision.role, False, reason)


def _pod_port(service: Service) -> str:
    """The number or name of the port of its pods behind the one that is published."""
    port = service.named_port(str(port_choice(service).number))
    return pod_port_of(service, port) if port else ""


def _standing(service: Service) -> tuple[bool, bool, str]:
    return not service.operations, not service.routes, service.id
