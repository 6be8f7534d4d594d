"""What figures of money stand for: parts of a cost, their currency, and whose prices they are."""

from __future__ import annotations

from apim_aks.costs import Cost, CostLine, Purchase, costs, currency_of
from apim_aks.decision.design import Design, Placement
from apim_aks.facts import Criterion, criterion, prices
from apim_aks.facts.criterion_ids import MONTHLY_COST, CriterionId
from apim_aks.facts.prices import regional
from apim_aks.listing import listed


def currency() -> str:
    """The code of the currency in which the snapshot has its prices, and all amounts are."""
    return currency_of(prices())


def price_basis(design: Design) -> str:
    """Whole sentences: currency, regions and days of the prices, and how to take the planned ones.

    The command is named where prices are those of another region than the planned one.
    """
    lines = _priced(design)
    if not lines:
        return "No price is known."
    regions = listed(sorted({x.region for x in lines}, key=lambda r: (not regional(r), r)))
    days = sorted({x.checked_on for x in lines})
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    basis = f"Costs are list prices of {regions} in {currency()}, as of {span}."
    return " ".join(filter(None, (basis, _planned_elsewhere(design), _read_in_another_currency())))


def _priced(design: Design) -> list[CostLine]:
    return [x for p in design.placements for x in cost_of(design, p).lines if x.unit_price]


def _planned_elsewhere(design: Design) -> str:
    region, others = design.workload.azure.region, design.once(_other_regions)
    if not others:
        return ""
    taken = f"`apim-aks prices --refresh --region {region}` takes the prices of that region."
    lines = _priced(design)
    if not any(x.region == region for x in lines):
        return f"The workload is planned for {region}: {taken}"
    of = dict.fromkeys(x.what for x in lines if x.region in others)
    named = f"of {listed(others)} are only the prices of {listed(list(of), 4)}"
    return f"The workload is planned for {region}; {named}: {taken}"


def _read_in_another_currency() -> str:
    """The budget and the scale of the criterion are numbers, and follow the snapshot."""
    row = criterion(MONTHLY_COST)
    if row.unit == unit_of(row):
        return ""
    scale = f"the scale of the criterion ({row.best:,.0f} to {float(row.worst):,.0f})"
    return f"The monthly budget and {scale} are read in {currency()}, not in {row.unit[:3]}."


def unit_of(row: Criterion) -> str:
    """The unit of a criterion, money in the currency of the snapshot."""
    return f"{currency()} a month" if row.money else row.unit


def priced_elsewhere(design: Design) -> str:
    """`prices of eastus, not of westeurope`; empty where all prices are of the planned region."""
    others = design.once(_other_regions)
    return f"prices of {listed(others)}, not of {design.workload.azure.region}" if others else ""


def _other_regions(design: Design) -> tuple[str, ...]:
    """The regions of the prices that are not the planned one, in order of their names."""
    lines = _priced(design)
    planned = design.workload.azure.region
    return tuple(sorted({x.region for x in lines if regional(x.region)} - {planned}))


def label_of(design: Design, id: CriterionId) -> str:
    """The label of a criterion, money with the region whose prices it counts at."""
    row = criterion(id)
    return at_prices(design, row.label) if row.money else row.label


def at_prices(design: Design, label: str) -> str:
    """The label with the regions of the prices in brackets, where they are not the planned one."""
    elsewhere = priced_elsewhere(design)
    return f"{label} ({elsewhere})" if elsewhere else label


def a_month(design: Design) -> str:
    """The heading of a column of costs: `USD a month (prices of eastus, not of westeurope)`."""
    return at_prices(design, f"{currency()} a month")


def cost_of(design: Design, placement: Placement) -> Cost:
    """The monthly cost of a placement with its lines."""
    asked = design.workload
    bought = Purchase(placement.topology, placement.tier, asked.requirements, asked.traffic)
    return costs(bought)
