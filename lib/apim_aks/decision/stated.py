"""Facts that the workload does not state, so that no verdict counts them."""

from __future__ import annotations

from apim_aks.decision.design import Design
from apim_aks.listing import listed


def not_stated(design: Design) -> str:
    """What is not stated and therefore not counted; empty if everything is stated."""
    workload = design.workload
    region = {f"the region ({workload.azure.region} is assumed)": workload.region_stated}
    load = {"a load": workload.traffic.requests_per_second}
    limits = {f"a {n}": getattr(workload.requirements, id) for id, n in _LIMITS.items()}
    lacking = [what for what, known in {**region, **load, **limits}.items() if not known]
    return f"Not stated: {listed(lacking)}." if lacking else ""


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
