"""What figures of money stand for: the parts of a cost, and the regions whose prices they are."""

from __future__ import annotations

from apim_aks.costs import Cost, Purchase, costs
from apim_aks.decision.design import Design, Placement
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.facts.prices import regional


def price_basis(design: Design) -> str:
    """Currency, regions and days of the prices, and how to ask for those of the workload."""
    lines = [x for p in design.placements for x in cost_of(design, p).lines if x.unit_price]
    if not lines:
        return "no price is known"
    regions = " and ".join(sorted({x.region for x in lines}, reverse=True))
    days = sorted({x.checked_on for x in lines})
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return (
        f"list prices of {regions} in {lines[0].currency}, snapshot of {span}; the workload is "
        f"planned for {design.workload.azure.region}{_asked_for(design)}"
    )


def _asked_for(design: Design) -> str:
    """The command for the prices of the workload's own region, where some are of another."""
    own = design.workload.azure.region
    command = f" (prices --refresh --region {own} asks for its own)"
    return command if priced_elsewhere(design) else ""


def priced_elsewhere(design: Design) -> str:
    """At which regions' prices figures stand, where that is not the planned one; empty if it is."""
    return design.once(_priced_elsewhere)


def _priced_elsewhere(design: Design) -> str:
    lines = (x for p in design.placements for x in cost_of(design, p).lines if x.unit_price)
    known = {x.region for x in lines if regional(x.region)}
    others = sorted(known - {design.workload.azure.region})
    return f" ({', '.join(others)} prices)" if others else ""


def label_of(design: Design, id: CriterionId) -> str:
    """The label of a criterion, money with the region whose prices it counts at."""
    row = criterion(id)
    return row.label + (priced_elsewhere(design) if row.money else "")


def cost_of(design: Design, placement: Placement) -> Cost:
    """The monthly cost of a placement with its lines."""
    asked = design.workload
    tier = placement.tier
    bought = Purchase(placement.topology, tier, asked.requirements, asked.traffic)
    return costs(bought)
