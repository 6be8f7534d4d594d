"""The settings that an option is drawn in: choices, tier and ingress controller for each."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.apis.mapping import Mapping
from apim_aks.errors import InputError
from apim_aks.facts import (
    Controller,
    Tier,
    controller,
    default_controller,
    feature,
    least_work_controller,
    tier,
    tiers,
)
from apim_aks.facts.choices import Entry, usual_entry
from apim_aks.facts.regions import RegionTier, region_tier
from apim_aks.options.choices import CHOSEN, Choices, Combination, combinations, unlisted
from apim_aks.options.option import Option, Setting
from apim_aks.workload.guards.injection import ISTIO, MeshMark
from apim_aks.workload.model import Pin, Requirements, Workload

PER_SERVICE: Entry = "per-service"
ONE, WITH_CERTIFICATE = "one-gateway", "one-gateway-mtls"
TIER_FEATURES = {
    "static_outbound_ip": "static_outbound_ip",
    "availability_zones": "availability_zones",
}


def settings_of(
    workload: Workload, mapping: Mapping, option: Option
) -> tuple[tuple[Option, Setting], ...]:
    """The option as each of its combinations needs it, with the setting it is drawn in.

    Those with the usual entry come first; pinned choices leave the others out.

    Raises:
        InputError: the pinned tier cannot do the option, or no combination has the pinned choices.
    """
    pin = dict(workload.pins).get(option.id, Pin())
    found = [
        (replace(option, needs=(*option.needs, *c.needs)), c)
        for c in _pinned(workload, option, pin)
    ]
    able = [(o, c) for o, c in found if not pin.tier or can_do(o, tier(pin.tier))]
    if not able:
        raise _refused(found[0][0], tier(pin.tier))
    entries = _entries(workload, option, pin, len(mapping.published))
    fitting = [(o, c) for o, c in able if not entries or c.choices.entry in entries] or able
    fitting.sort(key=lambda pair: _order(pair[1], entries))
    cheap = {o.needs: o for o, _ in fitting}
    found_tiers = {needs: _tier(workload, o, pin) for needs, o in cheap.items()}
    return tuple(
        (o, _setting(workload, mapping, o, c.choices, found_tiers[o.needs])) for o, c in fitting
    )


def _order(combination: Combination, entries: tuple[str, ...]) -> int:
    entry = combination.choices.entry
    return entries.index(entry) if entry in entries else 0


def _pinned(workload: Workload, option: Option, pin: Pin) -> list[Combination]:
    """The combinations with every choice that is pinned; without one, those that serve anybody."""
    wanted = {c: value for c in CHOSEN if (value := getattr(pin, c))}
    known = combinations(option.id, option.mode, option.controller)
    found = [c for c in known if all(c.choices.value(k) == v for k, v in wanted.items())]
    if not found:
        raise unlisted(option.id, wanted)
    return [c for c in found if pin.edge or c.choices.serve(workload.consumers)] or found


def _refused(option: Option, chosen: Tier) -> InputError:
    why, where = refusal(option, chosen), refusal_source(option, chosen)
    return InputError(
        f"placements: {option.id} is pinned to {chosen.name}, but {why} (source: {where})."
    )


def _entries(workload: Workload, option: Option, pin: Pin, services: int) -> tuple[str, ...]:
    """The entries that fit, the usual one first; in a network a mesh wants mutual TLS (V5)."""
    if pin.ingress_controller == "none":
        return (PER_SERVICE,)
    if pin.ingress_controller or (workload.requirements.service_mesh and option.inside_network):
        return (WITH_CERTIFICATE,)
    return tuple(dict.fromkeys((usual_entry(services).entry, PER_SERVICE, ONE, WITH_CERTIFICATE)))


def _tier(workload: Workload, option: Option, pin: Pin) -> Tier:
    return tier(pin.tier) if pin.tier else cheapest(option, workload)


def _setting(
    workload: Workload, mapping: Mapping, option: Option, choices: Choices, on: Tier
) -> Setting:
    pin = dict(workload.pins).get(option.id, Pin())
    gate = controller(pin.ingress_controller) if pin.ingress_controller else None
    return Setting(
        workload=workload,
        mapping=mapping,
        tier=on,
        controller=gate or _controller(workload, option, choices),
        choices=choices,
    )


def _controller(workload: Workload, option: Option, choices: Choices) -> Controller:
    """Without a certificate what asks least of a customer, unless Istio is in the cluster.

    The Gateway API of application routing cannot run beside the Istio add-on.
    """
    if choices.entry == PER_SERVICE or option.controller != "none":
        return controller(option.controller)
    plain = choices.entry == ONE and not _istio(workload)
    return least_work_controller() if plain else default_controller()


def _istio(workload: Workload) -> bool:
    routed = (r.kind == "VirtualService" for s in workload.services for r in s.routes)
    marked = (isinstance(g, MeshMark) and g.mesh == ISTIO for g in workload.guards.every)
    return any(routed) or any(marked)


def cheapest(option: Option, workload: Workload) -> Tier:
    """The cheapest tier that can do the option and has most of what the requirements ask for.

    Where no tier meets the requirements the option is drawn all the same, and judged by what the
    tier lacks.
    """
    able = [t for t in tiers() if can_do(option, t)]
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


def can_do(option: Option, tier: Tier) -> bool:
    """This tier has everything that this option needs."""
    return all(tier.has(f) for f in option.needs)


def refusal(option: Option, tier: Tier) -> str:
    """Why this tier cannot do this option, and which could; empty if it can."""
    lacking = _lacking(option, tier)
    if not lacking:
        return ""
    able = [t.name for t in tiers() if can_do(option, t)]
    words = " and no ".join(feature(f).label for f in lacking)
    return f"{tier.name} has no {words}; {', '.join(able)} can do this option"


def refusal_source(option: Option, tier: Tier) -> str:
    """Where the first fact behind a refusal is from, and when it was checked."""
    return next(
        (f"{f.source}, checked {f.checked_on}" for f in map(tier.fact, _lacking(option, tier))), ""
    )


def _lacking(option: Option, tier: Tier) -> list[str]:
    return [f for f in option.needs if not tier.has(f)]
