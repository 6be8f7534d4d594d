"""Sizing, recovery, cut-over and rollback of what is chosen, in sentences for the record."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.bundle import artefacts
from apim_aks.artefacts.manifests import ManifestFile, Phase
from apim_aks.costs import Purchase, regions_built, units_needed, zones_built
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import number
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import SLA
from apim_aks.listing import counted, listed


def sizing(design: Design, placement: Placement) -> Iterator[str]:
    """Units, regions and zones, and what they were sized for."""
    asked = design.workload
    bought = Purchase(placement.topology, placement.tier, asked.requirements, asked.traffic)
    spread = "spread over availability zones" if zones_built(bought) else "without chosen zones"
    regions = regions_built(bought)
    place = "in one region" if regions == 1 else f"in each of {regions} regions"
    built, least = units_needed(bought), asked.traffic.least_units
    yield f"Size: {counted(built, 'unit')} of {placement.tier.name} {place}, {spread}."
    if least > 1:
        short = f"; {_fewer(placement)}" if built < least else ""
        yield f"workload.yaml asks for at least {least} units (traffic.units){short}."
    load = asked.traffic.requests_per_second
    each = asked.traffic.per_unit(placement.tier)
    if not load:
        allowed = "the requirements allow" if least == 1 else "these and the requirements allow"
        yield f"No load is stated, so that the size is the least that {allowed}."
    elif each is None:
        yield f"Load: {number(load)} requests a second; what a unit carries is not known."
    else:
        carried = f"{number(each)} a unit; confirm it by a load test"
        yield f"Load: {number(load)} requests a second at the peak, {carried}."


def _fewer(placement: Placement) -> str:
    if placement.topology.self_hosted:
        return "the pods of the self-hosted gateway carry the calls"
    return f"the tier {placement.tier.name} has no more"


def recovery(design: Design, placement: Placement) -> Iterator[str]:
    """What is promised, what is asked after a lost region, and whether that was shown."""
    promised = placement.measure(SLA)
    unit = "" if promised.text == "none" else " %"
    said = f"{criterion(SLA).label}: {promised.text}{unit}."
    minutes = design.workload.requirements.recovery_minutes
    if minutes:
        asked = f"{number(minutes)} minutes after a lost region"
        yield f"{said} Recovery objective: {asked}; open until a drill shows it."
    else:
        yield f"{said} Recovery objective: not stated."


def cut_over(placement: Placement) -> Iterator[str]:
    """What changes how callers are served today, in order, and how it is taken back."""
    built = artefacts(placement)
    before = [m for m in built.manifests if m.phase is Phase.DEPLOY]
    after = [m for m in built.manifests if m.phase is Phase.CLOSE]
    made = f"{counted(len(built.stages), 'deployment')} and {counted(len(before), 'manifest file')}"
    yield f"Deploying: {made} that change nothing for current callers; cut-over then moves them."
    if not after:
        yield "Closing: none; nothing that serves callers today is changed."
        return
    yield f"Closing, file by file, with calls checked after each: {_files(after)}."
    yield (
        "Rollback: before closing, callers move back; after it, what was kept is applied again, "
        "from the last file to the first. Open until rehearsed."
    )
    by_hand = [m for m in built.manifests if m.by_hand]
    losing = [m for m in after if not all(w.reversible for w in m.ways_back)]
    steps = len({s for m in by_hand for s in m.by_hand})
    lost = sum(not w.reversible for m in losing for w in m.ways_back)
    found = (("manual step", steps, by_hand), ("irreversible change", lost, losing))
    if told := [f"{counted(n, what)} (in {_files(files)})" for what, n, files in found if n]:
        yield f"Named at the head of the manifests: {listed(told)}."


def _files(found: list[ManifestFile]) -> str:
    return listed([f"`{m.name}`" for m in found])
