"""Hard requirements: what rules an option out, in one sentence with the fact behind it.

Being ruled out is no failure of an option: it keeps its promises, they are not the ones asked for.
Where something that is not drawn would meet the requirement, the option is not compared instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

from apim_aks.decision.admissions import doubted, shut_out
from apim_aks.decision.candidate import Candidate
from apim_aks.decision.measures import money, number
from apim_aks.decision.network_rules import unanswered, unreached, unrouted
from apim_aks.decision.tier_rules import (
    active_regions,
    has_feature,
    host_names,
    outbound_address,
    region,
    tiers_allowed,
)
from apim_aks.facts import Tier, requirement_row, tiers
from apim_aks.facts.criterion_ids import (
    MONTHLY_COST,
    PUBLIC_ENDPOINTS,
    SLA,
    UNAUTHENTICATED_HOPS,
)
from apim_aks.facts.review import Remedy, remedies
from apim_aks.listing import listed
from apim_aks.options.tier_choice import (
    TIER_FEATURES,
    allowed,
    closed_to,
    demanded_features,
)
from apim_aks.topology import EDGE_KINDS, Kind, ZoneKind
from apim_aks.workload.model import Consumer, Pin, Requirements


@dataclass(frozen=True, slots=True)
class RuledOut:
    """An option does not meet a requirement: which, why, and where that is from."""

    option: str
    requirement: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Whether an option meets a requirement cannot be told: which, and why."""

    option: str
    requirement: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompared:
    """An option misses a requirement as drawn, and `means`, which is not drawn, would meet it.

    `status` says how sure the `source` of that is, as in `data/`.
    """

    option: str
    requirement: str
    reason: str
    means: str
    status: str
    source: str
    checked_on: str


def ruled_out(candidate: Candidate) -> tuple[RuledOut, ...]:
    """Every requirement that this candidate misses and no known means would meet."""
    return tuple(
        RuledOut(candidate.option.id, name, reason, _source(name, candidate))
        for name, reason in candidate.once(_unmet)
        if remedy(candidate, name) is None
    )


def undecided(candidate: Candidate) -> tuple[Undecided, ...]:
    """Every requirement that is asked, not missed, and rests on what the files do not prove."""
    missed = {name for name, _ in candidate.once(_unmet)}
    found = (
        Undecided(candidate.option.id, name, candidate.measure(id).doubt)
        for name, id in _RESTS_ON.items()
        if getattr(candidate.workload.requirements, name) and name not in missed
    )
    open_ = tuple(_open(candidate)) if not missed & {"sla_percent", "recovery_minutes"} else ()
    doubts = "" if _MESH in missed else doubted(candidate.admissions)
    mesh = Undecided(candidate.option.id, _MESH, doubts)
    return tuple(u for u in (*found, *open_, mesh) if u.reason)


def _open(candidate: Candidate) -> Iterator[Undecided]:
    """What nobody published or measured, and what therefore cannot be told."""
    asked, promised = candidate.workload.requirements, candidate.measure(SLA)
    if asked.sla_percent and promised.low < asked.sla_percent <= promised.high:
        between = f"its parts promise {promised.text} %, as {promised.note}"
        yield Undecided(candidate.option.id, "sla_percent", between)
    if asked.recovery_minutes:
        yield Undecided(candidate.option.id, "recovery_minutes", _NO_DRILL)


_NO_DRILL = (
    "cluster and Services are in one region: after its loss, calls are answered again once the "
    "templates are deployed in another one; measure that time in a drill"
)
_MESH = "service_mesh"
_RESTS_ON = {"no_public_cluster_endpoint": PUBLIC_ENDPOINTS}


def not_compared(candidate: Candidate) -> tuple[NotCompared, ...]:
    """Every requirement that this candidate misses as drawn and would meet with something more."""
    return tuple(
        NotCompared(
            option=row.option,
            requirement=name,
            reason=reason,
            means=row.means,
            status=row.status,
            source=row.source,
            checked_on=row.checked_on,
        )
        for name, reason in candidate.once(_unmet)
        if (row := remedy(candidate, name))
    )


def remedy(candidate: Candidate, requirement: str) -> Remedy | None:
    """What would let the option meet this requirement on a tier that may be used; None if nothing.

    The row of the first tier that has what it needs, with that tier where it is another one.
    """
    where = "internet" if Consumer.INTERNET in candidate.workload.consumers else "inside"
    for row in remedies():
        asked = (candidate.option.id, requirement, where)
        if (row.option, row.requirement, row.consumers or where) == asked:
            return _on_a_tier(row, candidate)
    return None


def _on_a_tier(row: Remedy, candidate: Candidate) -> Remedy | None:
    usable = [candidate.tier, *_other_tiers(candidate)]
    able = [t for t in usable if not row.needs or t.has(row.needs)]
    if not able:
        return None
    on = "" if able[0] == candidate.tier else f" (on {able[0].name})"
    return replace(row, means=row.means + on)


def _other_tiers(candidate: Candidate) -> list[Tier]:
    """The tiers that could do the option and the requirements, unless the reader pinned one."""
    workload, option = candidate.workload, candidate.option
    if dict(workload.pins).get(option.id, Pin()).tier:
        return []
    features = (*option.needs, *demanded_features(workload.requirements))
    return [
        t
        for t in tiers()
        if allowed(t, workload) and not closed_to(workload, t) and all(t.has(f) for f in features)
    ]


def _unmet(candidate: Candidate) -> tuple[tuple[str, str], ...]:
    """Every requirement that it misses as drawn, and why."""
    return tuple(_missed(candidate))


def _missed(candidate: Candidate) -> Iterator[tuple[str, str]]:
    if reason := unreached(candidate):
        yield "consumers", reason
    if reason := region(candidate):
        yield "region", reason
    if reason := unanswered(candidate):
        yield "egress", reason
    for field in fields(Requirements):
        wanted = getattr(candidate.workload.requirements, field.name)
        asked = wanted not in (False, None, ()) and not (field.name == "regions" and wanted == 1)
        reason = RULES[field.name](candidate) if asked else ""
        if field.name == _MESH:
            reason = reason or shut_out(candidate.admissions)
        if reason:
            yield field.name, reason


def _source(name: str, candidate: Candidate) -> str:
    if name == "region" and (row := closed_to(candidate.workload, candidate.tier)):
        return row.source
    feature = TIER_FEATURES.get(name) or ("multi_region" if name == "regions" else "")
    return candidate.tier.fact(feature).source if feature else requirement_row(name).source


def _public_endpoint(candidate: Candidate) -> str:
    found = candidate.measure(PUBLIC_ENDPOINTS)
    if not found.low:
        return ""
    are = "endpoint of the cluster is" if found.text == "1" else "endpoints of the cluster are"
    return f"{found.text} {are} on the internet ({listed(found.counted, 3)})"


def _private_gateway(candidate: Candidate) -> str:
    if candidate.topology.gateway_is_public:
        return "the gateway answers on a public address"
    return ""


def _firewall(candidate: Candidate) -> str:
    """Calls from the internet pass an edge; where nobody calls from there, all others."""
    topology = candidate.topology
    zones = {z.id for z in topology.zones if z.kind is ZoneKind.INTERNET}
    outside = [c.id for c in topology.of_kind(Kind.CONSUMER) if c.zone in zones]
    callers = outside or [c.id for c in topology.of_kind(Kind.CONSUMER)]
    ways = [link for id in callers for link in topology.links_from(id) if not link.bypass]
    if ways and all(topology.component(k.target).kind in EDGE_KINDS for k in ways):
        return ""
    return "calls reach the gateway without a web application firewall"


def _nothing(candidate: Candidate) -> str:
    """Every option can have it: a setting of the cluster, or what only a drill can tell."""
    return ""


def _budget(candidate: Candidate) -> str:
    budget = candidate.workload.requirements.monthly_budget or 0.0
    cost = candidate.measure(MONTHLY_COST)
    if cost.low <= budget:
        return ""
    basis = cost.note.partition(";")[0]
    planned = f"the workload is planned for {candidate.workload.azure.region}"
    return f"it costs {cost.text} a month and the budget is {money(budget)} ({basis}; {planned})"


def _sla(candidate: Candidate) -> str:
    target, promised = candidate.workload.requirements.sla_percent, candidate.measure(SLA)
    if promised.high >= (target or 0.0):
        return ""
    asked = number(target or 0.0)
    return f"its parts promise {promised.text} % together and {asked} % is required"


def _mesh(candidate: Candidate) -> str:
    bare = candidate.measure(UNAUTHENTICATED_HOPS)
    if not bare.high:
        return ""
    some = f"{number(bare.low)} operations"
    return f"the mesh requires mutual TLS at its edge, and {some} arrive without it"


RULES: dict[str, Callable[[Candidate], str]] = {
    "no_public_cluster_endpoint": _public_endpoint,
    "private_gateway": _private_gateway,
    "private_api_server": _nothing,
    "static_outbound_ip": outbound_address,
    "availability_zones": has_feature("availability_zones", "availability zones"),
    "regions": active_regions,
    "tiers_allowed": tiers_allowed,
    "monthly_budget": _budget,
    "sla_percent": _sla,
    "recovery_minutes": _nothing,
    "service_mesh": _mesh,
    "overlapping_address_ranges": unrouted,
    "host_names": host_names,
    "web_application_firewall": _firewall,
}
