"""Which Services may be for consumers where none is described or exposed as an API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from apim_aks.apis.mapping.model import Decision, Role
from apim_aks.apis.mapping.roles import role
from apim_aks.workload.call import Call, Caller
from apim_aks.workload.model import Service, Workload
from apim_aks.workload.ports import port_choice

_FOR_CONSUMERS = (Role.FRONT_END, Role.GATEWAY, Role.INGRESS)
"""Roles that only pass calls on: the Services they call are meant for consumers."""


def candidates(workload: Workload, decisions: Sequence[Decision]) -> Iterator[Decision]:
    """The decisions, with every Service that speaks HTTP proposed until the reader chooses.

    One that only Services behind others call stays inside, unless that leaves none.
    """
    able = {s.id for s in workload.services if port_choice(s).number and not s.lost}
    able &= {d.service for d in decisions if d.role.http}
    inside = {id: call for id, call in _called_inside(workload).items() if id in able}
    inside = inside if able - inside.keys() else {}
    for decision in decisions:
        if call := inside.get(decision.service):
            yield replace(decision, reason=_stays(call))
        elif decision.service in able:
            yield _candidate(decision)
        else:
            yield decision


def _called_inside(workload: Workload) -> dict[str, Call]:
    """By the Service, the first call of those that other Services make and no front end does."""
    found: dict[str, list[tuple[Call, bool]]] = defaultdict(list)
    for call in workload.graph.calls:
        behind = _before(call.caller, workload.services) if call.holds else []
        if behind:
            passes_on = any(role(s)[0] in _FOR_CONSUMERS for s in behind)
            found[call.callee].append((call, passes_on))
    return {id: told[0][0] for id, told in found.items() if not any(p for _, p in told)}


def _before(caller: Caller, services: Sequence[Service]) -> list[Service]:
    """The Services whose pods the caller runs."""
    labels = dict(caller.labels).items()
    return [
        s
        for s in services
        if s.namespace == caller.namespace and s.selector and labels >= dict(s.selector).items()
    ]


def _stays(call: Call) -> str:
    where = f" ({call.evidence[0].place})" if call.evidence else ""
    return (
        f"{call.caller.called} calls it inside the cluster{where}, and no front end is known to; "
        "list it under publish if consumers call it too"
    )


def _candidate(decision: Decision) -> Decision:
    reason = "nothing here is described or exposed yet, so what speaks HTTP is proposed"
    told = f"{reason}; strike out what is internal"
    return replace(decision, publish=True, reason=told, candidate=True)
