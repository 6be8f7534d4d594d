"""What a verdict is counted on, and what the workload does not state."""

from __future__ import annotations

from apim_aks.apis.mapping import Decision, Role
from apim_aks.decision.design import Design
from apim_aks.listing import counted, listed


def not_stated(design: Design) -> str:
    """The sentence on what is not stated and not counted; empty if everything is stated."""
    lacking = missing(design)
    return f"Not stated: {lacking}." if lacking else ""


def missing(design: Design) -> str:
    """What is not stated and therefore not counted, as a list in words."""
    workload = design.workload
    region = {f"the region ({workload.azure.region} is assumed)": workload.region_stated}
    load = {"a load": workload.traffic.requests_per_second}
    limits = {f"a {n}": getattr(workload.requirements, id) for id, n in _LIMITS.items()}
    return listed([what for what, known in {**region, **load, **limits}.items() if not known])


def rests_on(design: Design) -> str:
    """On how many Services the verdict is counted; empty without one, and if it is on most.

    Of the others it is said how many nobody knows enough of to leave them out.
    """
    found = design.mapping.decisions
    published, unknown = (
        sum(chosen) for chosen in ((d.publish for d in found), (_unclear(d) for d in found))
    )
    if design.chosen is None or (2 * published >= len(found) and not unknown):
        return ""
    of_others = f"; what {unknown} of the others speak is not known" if unknown else ""
    return f"It rests on {published} of {counted(len(found), 'Service')}{of_others}."


def _unclear(decision: Decision) -> bool:
    return not decision.publish and decision.role is Role.UNKNOWN


def judged_at(design: Design) -> str:
    """At which tier the options are judged, and which tiers are pinned."""
    pinned = [f"{p.option.title} to {p.tier.name}" for p in design.placements if p.pinned]
    cheapest = "each at the cheapest tier that meets it and the requirements and has an SLA"
    return f"{cheapest}; pinned by the architect: {', '.join(pinned)}" if pinned else cheapest


_LIMITS = {
    "monthly_budget": "budget",
    "sla_percent": "target for the promised availability",
    "recovery_minutes": "recovery objective",
}
