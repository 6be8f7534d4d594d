"""Hard requirements: what rules an option out, in one sentence with the fact behind it.

Being ruled out is no failure of an option: it keeps its promises, they are not the ones asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from apim_aks.facts import Tier, requirement_row, tiers
from apim_aks.measures import Measure, money, number
from apim_aks.options import Option
from apim_aks.topology import Exposure, Kind, Topology
from apim_aks.workload import Consumer, Requirements, Workload


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


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the requirements look at: an option drawn on a tier, with its measures."""

    workload: Workload
    option: Option
    tier: Tier
    topology: Topology
    measures: tuple[Measure, ...]

    def measure(self, id: str) -> Measure:
        """The measure of this id."""
        return next(m for m in self.measures if m.id == id)


TIER_FEATURES = {
    "static_outbound_ip": "static_outbound_ip",
    "availability_zones": "availability_zones",
}


def demanded_features(wanted: Requirements) -> tuple[str, ...]:
    """The tier features that the requirements ask for, whatever the option."""
    asked = tuple(f for name, f in TIER_FEATURES.items() if getattr(wanted, name))
    return (*asked, "multi_region") if wanted.regions > 1 else asked


def allowed(tier: Tier, workload: Workload) -> bool:
    """The workload's list of tiers has this one, and it has an SLA unless this is a rehearsal."""
    names = {n.replace(" ", "").casefold() for n in workload.requirements.tiers_allowed}
    if names and tier.arm_name.casefold() not in names:
        return False
    return tier.sla is not None or workload.azure.environment == "rehearsal"


def ruled_out(candidate: Candidate) -> tuple[RuledOut, ...]:
    """Every requirement that this candidate does not meet; empty if it is in."""
    return tuple(
        RuledOut(candidate.option.id, name, reason, _source(name, candidate))
        for name, reason in _unmet(candidate)
    )


def undecided(candidate: Candidate) -> tuple[Undecided, ...]:
    """Every requirement that is asked, not missed, and rests on what the files do not prove."""
    out = {r.requirement for r in ruled_out(candidate)}
    found = (
        Undecided(candidate.option.id, name, candidate.measure(id).doubt)
        for name, id in _RESTS_ON.items()
        if getattr(candidate.workload.requirements, name) and name not in out
    )
    return tuple(u for u in found if u.reason)


_RESTS_ON = {"no_public_cluster_endpoint": "public-endpoints"}


def _unmet(candidate: Candidate) -> Iterator[tuple[str, str]]:
    if reason := _consumers(candidate):
        yield "consumers", reason
    for field in fields(Requirements):
        wanted = getattr(candidate.workload.requirements, field.name)
        asked = wanted not in (False, None, ()) and not (field.name == "regions" and wanted == 1)
        if asked and (reason := RULES[field.name](candidate)):
            yield field.name, reason


def _source(name: str, candidate: Candidate) -> str:
    feature = TIER_FEATURES.get(name) or ("multi_region" if name == "regions" else "")
    return candidate.tier.fact(feature).source if feature else requirement_row(name).source


def _consumers(candidate: Candidate) -> str:
    topology = candidate.topology
    cut_off = [
        c.label
        for c in topology.of_kind(Kind.CONSUMER)
        if not topology.links_from(c.id) and c.id != "anyone"
    ]
    if cut_off:
        return f"{' and '.join(cut_off)} cannot reach the gateway, which is private"
    return ""


def _entry_is_public(topology: Topology) -> bool:
    entries = {
        link.target
        for c in topology.of_kind(Kind.CONSUMER)
        for link in topology.links_from(c.id)
        if not link.bypass
    }
    return any(topology.component(id).exposure is Exposure.PUBLIC for id in entries)


def _public_endpoint(candidate: Candidate) -> str:
    found = candidate.measure("public-endpoints")
    if not found.low:
        return ""
    some = ", ".join(found.counted[:3])
    return f"{found.text} endpoints of the cluster are on the internet ({some})"


def _private_gateway(candidate: Candidate) -> str:
    if _entry_is_public(candidate.topology):
        return "the gateway answers on a public address"
    return ""


def _nothing(candidate: Candidate) -> str:
    """The requirement is a setting of the cluster that every option can have."""
    return ""


def _feature(feature: str, words: str) -> Callable[[Candidate], str]:
    def rule(candidate: Candidate) -> str:
        if candidate.tier.has(feature):
            return ""
        able = ", ".join(t.name for t in tiers() if t.has(feature))
        return f"{candidate.tier.name} {words}; those that do ({able}) cannot do this option"

    return rule


def _regions(candidate: Candidate) -> str:
    if candidate.tier.has("multi_region"):
        return ""
    wanted = candidate.workload.requirements.regions
    return f"{candidate.tier.name} runs in one region and {wanted} are asked for"


def _tiers_allowed(candidate: Candidate) -> str:
    if allowed(candidate.tier, candidate.workload):
        return ""
    names = ", ".join(candidate.workload.requirements.tiers_allowed)
    return f"it needs {candidate.tier.name}, and only {names} may be used"


def _budget(candidate: Candidate) -> str:
    budget = candidate.workload.requirements.monthly_budget or 0.0
    cost = candidate.measure("monthly-cost")
    if cost.low <= budget:
        return ""
    return f"it costs at least {cost.least} a month and the budget is {money(budget)}"


def _mesh(candidate: Candidate) -> str:
    bare = candidate.measure("unauthenticated-hops")
    if not bare.high:
        return ""
    return f"a mesh asks for mutual TLS at its edge, and {number(bare.low)} operations come without"


def _overlapping(candidate: Candidate) -> str:
    places = set(candidate.workload.consumers) & {Consumer.PEERED_VNET, Consumer.ON_PREMISES}
    if places and not _entry_is_public(candidate.topology):
        words = " and ".join(sorted(p.value for p in places))
        return f"{words} consumers need a route to the gateway, and overlapping ranges allow none"
    return ""


RULES: dict[str, Callable[[Candidate], str]] = {
    "no_public_cluster_endpoint": _public_endpoint,
    "private_gateway": _private_gateway,
    "private_api_server": _nothing,
    "static_outbound_ip": _feature("static_outbound_ip", "has no fixed outbound address"),
    "availability_zones": _feature("availability_zones", "has no availability zones"),
    "regions": _regions,
    "tiers_allowed": _tiers_allowed,
    "monthly_budget": _budget,
    "service_mesh": _mesh,
    "overlapping_address_ranges": _overlapping,
}
