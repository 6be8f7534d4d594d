"""The tier and the ingress controller that an option is drawn with: pinned, else the cheapest."""

from __future__ import annotations

from apim_aks.apis.mapping import Mapping
from apim_aks.errors import InputError
from apim_aks.facts import Tier, controller, default_controller, feature, tier, tiers
from apim_aks.facts.regions import RegionTier, region_tier
from apim_aks.options.option import Option, Setting
from apim_aks.workload.model import Pin, Requirements, Workload

TIER_FEATURES = {
    "static_outbound_ip": "static_outbound_ip",
    "availability_zones": "availability_zones",
}


def setting_of(workload: Workload, mapping: Mapping, option: Option) -> Setting:
    """The tier and controller that an option is drawn with.

    Raises:
        InputError: the pinned tier cannot do the option.
    """
    pin = dict(workload.pins).get(option.id, Pin())
    chosen = tier(pin.tier) if pin.tier else cheapest(option, workload)
    if pin.tier and (why := refusal(option, chosen)):
        where = refusal_source(option, chosen)
        raise InputError(
            f"placements: {option.id} is pinned to {chosen.name}, but {why} (source: {where})."
        )
    gate = controller(pin.ingress_controller or _default_controller(option, workload))
    return Setting(workload=workload, mapping=mapping, tier=chosen, controller=gate)


def _default_controller(option: Option, workload: Workload) -> str:
    """In a network a mesh still wants mutual TLS at its edge (claim V5)."""
    if workload.requirements.service_mesh and option.inside_network:
        return default_controller().id
    return option.controller


def cheapest(option: Option, workload: Workload) -> Tier:
    """The cheapest tier that can do the option and has most of what the requirements ask for.

    Where no tier meets the requirements the option is drawn all the same, and judged by what the
    tier lacks.
    """
    able = [t for t in tiers() if not refusal(option, t)]
    if not able:
        words = ", ".join(feature(f).label for f in option.needs)
        raise InputError(f"{option.id}: no tier has {words}.")
    here = [t for t in able if not closed_to(workload, t)] or able
    within = [t for t in here if allowed(t, workload)]
    demanded = demanded_features(workload.requirements)
    supported = [t for t in here if t.sla is not None]
    # min() keeps the first of several, and tiers come in the order of their price.
    names = workload.requirements.host_names
    return min(
        within or supported or here,
        key=lambda t: (
            sum(not t.has(f) for f in demanded)
            + (not keeps_hosts(t, names))
            + workload.traffic.exceeds(t)
        ),
    )


def closed_to(workload: Workload, tier: Tier) -> RegionTier | None:
    """The row by which the planned region takes no new instance of this tier; None if it may."""
    row = region_tier(workload.azure.region, tier)
    if workload.azure.existing.api_management or not row or row.available == "yes":
        return None
    return row


def not_there(workload: Workload, tier: Tier) -> str:
    """Why no new instance of this tier can stand in the planned region; empty if one can."""
    row = closed_to(workload, tier)
    if row is None:
        return ""
    lacks = "is not offered in" if row.available == "no" else "takes no new instances in"
    doubt = ", and sources contradict each other" if row.status == "conflict" else ""
    return f"{tier.name} {lacks} {workload.azure.region}{doubt}"


def keeps_hosts(tier: Tier, names: int) -> bool:
    """The gateway on this tier can answer to so many host names of its own."""
    most = tier.fact("gateway_custom_domain")
    return most.value == "multiple" or names <= 1


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


def refusal(option: Option, tier: Tier) -> str:
    """Why this tier cannot do this option, and which could; empty if it can."""
    lacking = _lacking(option, tier)
    if not lacking:
        return ""
    able = [t.name for t in tiers() if not _lacking(option, t)]
    words = " and no ".join(feature(f).label for f in lacking)
    return f"{tier.name} has no {words}; {', '.join(able)} can do this option"


def refusal_source(option: Option, tier: Tier) -> str:
    """Where the first fact behind a refusal is from, and when it was checked."""
    return next(
        (f"{f.source}, checked {f.checked_on}" for f in map(tier.fact, _lacking(option, tier))), ""
    )


def _lacking(option: Option, tier: Tier) -> list[str]:
    return [f for f in option.needs if not tier.has(f)]
