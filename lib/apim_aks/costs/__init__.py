"""What an option costs a month at list prices: meters times quantity, and only what differs.

Every line names its meter, price, region, currency and day. What is not priced is named and never
counted as zero: a judged bound (`data/price_bounds.csv`) gives the interval an end where one can be
argued, else it stays open. What every option has alike is named and left out. Rehearsal and
production differ in the tiers that are allowed, not in what a tier costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf

from apim_aks.costs.cost import CENTS, Cost, CostLine, NotPriced, Part, reason
from apim_aks.costs.purchase import (
    Purchase,
    applies,
    paid_for,
    quantity,
    regions_built,
    units_needed,
    zones_built,
)
from apim_aks.facts import PriceRow, QuantityRow, Tier, price, price_bounds, prices, quantities
from apim_aks.rounding import summed

__all__ = [
    "Cost",
    "CostLine",
    "NotPriced",
    "Purchase",
    "costs",
    "currency_of",
    "paid_for",
    "regions_built",
    "unit_price",
    "units_cost",
    "units_needed",
    "zones_built",
]


def costs(subject: Purchase, book: Sequence[PriceRow] | None = None) -> Cost:
    """The monthly cost of what differs, from the bundled snapshot or the given price rows."""
    rows = prices() if book is None else book
    currency = currency_of(rows)
    parts = tuple(_parts(subject, rows))
    differing = [p for p in parts if not p.row.alike]
    lines = tuple(line for p in differing if (line := p.line(currency)))
    unpriced = [p for p in differing if (line := p.line(currency)) is None or line.monthly is None]
    needed = [(p, p.at_most(currency)) for p in unpriced if p.row.mandatory]
    open = tuple(p.not_priced(currency) for p, most in needed if most is None)
    low = summed((line.monthly for line in lines if line.monthly is not None), CENTS)
    bounds = (most for _, most in needed if most is not None)
    disputed = (line.at_most - line.monthly for line in lines if line.monthly and line.at_most)
    high = summed((low, *bounds, *disputed), CENTS)
    return Cost(
        lines=lines,
        low=low,
        high=inf if open else high,
        equal=tuple(f"{p.row.what}: {reason(p.row)}" for p in parts if p.row.alike),
        not_priced=tuple(p.not_priced(currency) for p in unpriced),
        open=open,
        currency=currency,
        bounded=tuple(p.not_priced(currency) for p, most in needed if most is not None),
    )


def unit_price(tier: Tier) -> PriceRow | None:
    """The price of one unit of this tier, the first one; None where it is paid by use."""
    counts = ("units", "first-unit")
    rows = (q for q in quantities() if q.count in counts and tier.name in q.tiers)
    return next((price(row.price) for row in rows if row.price), None)


def units_cost(tier: Tier, units: int, regions: int = 1) -> float | None:
    """What so many units in so many regions cost a month; None where the use decides, or no price.

    The first unit of a region can have a meter of its own.
    """
    many = {"units": units * regions, "first-unit": regions, "further-units": regions * (units - 1)}
    rows = [q for q in quantities() if q.count in many and tier.name in q.tiers]
    each = [(many[row.count], price(row.price)) for row in rows]
    if not each or any(p.price is None or p.units_a_month is None for _, p in each):
        return None
    return summed((n * (p.price or 0) * (p.units_a_month or 0) for n, p in each), CENTS)


def currency_of(book: Sequence[PriceRow]) -> str:
    """The currency of most prices; a row in another one counts as not priced."""
    found = Counter(row.currency for row in book if row.price is not None)
    return found.most_common(1)[0][0] if found else ""


def _parts(subject: Purchase, book: Sequence[PriceRow]) -> Iterator[Part]:
    for row in quantities():
        if applies(row, subject) and (found := quantity(row, subject)):
            yield _part(row, found, book)


def _part(row: QuantityRow, found: float, book: Sequence[PriceRow]) -> Part:
    meter = price(row.price, book) if row.price else None
    bound = next((b for b in price_bounds() if b.price == row.price), None)
    settled = meter is None or (meter.price is not None and meter.status != "conflict")
    if bound is None or settled:
        return Part(row, found, meter)
    return Part(row, found, meter, bound, price(bound.known, book))
