"""Sizing, recovery, cut-over and rollback of what is chosen, in sentences for the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    load = asked.traffic.requests_per_second
    because = "" if load else "; the least allowed, as no load is stated"
    yield f"Size: {counted(built, 'unit')} of {placement.tier.name} {place}, {spread}{because}."
    if least > 1:
        short = f"; {_fewer(placement)}" if built < least else ""
        yield f"workload.yaml asks for at least {least} units (traffic.units){short}."
    if not load:
        return
    each = asked.traffic.per_unit(placement.tier)
    if each is None:
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
    files, heads = listed([f"`{m.name}`" for m in after]), _at_their_heads(built.manifests)
    yield f"Closing, file by file, with calls checked after each: {files}.{heads}"
    yield (
        "Rollback: before closing, callers move back; after it, what was kept is applied again, "
        "from the last file to the first. Open until rehearsed."
    )


def _at_their_heads(files: Iterable[ManifestFile]) -> str:
    """What the files say of themselves, counted."""
    made = tuple(files)
    steps = len({step for m in made for step in m.by_hand})
    lost = sum(not w.reversible for m in made if m.phase is Phase.CLOSE for w in m.ways_back)
    found = (("manual step", steps), ("irreversible change", lost))
    told = listed([counted(n, what) for what, n in found if n])
    return f" Named at the heads of the manifests: {told}." if told else ""
