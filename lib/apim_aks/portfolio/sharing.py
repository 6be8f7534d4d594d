"""One gateway for all workloads against one for each: what it costs, and what one fault reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from apim_aks.costs import units_cost
from apim_aks.facts import Tier, tiers
from apim_aks.facts.shared_limits import shared_limits
from apim_aks.portfolio.assessment import Placed, Span
from apim_aks.portfolio.limits import total, uncounted
from apim_aks.portfolio.running import Row
from apim_aks.rounding import summed

CENTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """One option for all the workloads that it is in for, `workloads` of them.

    `each` is what a gateway for each costs a month, `together` one for all on `tier`, from the
    units that the largest needs to all units that they have apart; None where that is not known,
    `unknown` says why. `gateways` are needed at least to keep the tier's limits. Operations are
    those behind one gateway: of the largest workload, and of all. `leaked_each` and
    `leaked_together` are those that one leaked credential opens.
    """

    option: str
    title: str
    workloads: int
    tier: str
    each: Span
    together: Span | None
    gateways: int
    operations_each: int
    operations_together: int
    leaked_each: Span
    leaked_together: Span
    unknown: str = ""


def sharing(rows: Sequence[Row]) -> tuple[Sharing, ...]:
    """For each option that is in for two workloads at least, in the order of the comparison."""
    options = dict.fromkeys(p.option for row in rows for p in row.found.placements)
    found = ((o, [(r, p) for r in rows if (p := r.found.of(o)) and p.within]) for o in options)
    return tuple(
        _shared([r for r, _ in those], [p for _, p in those])
        for _, those in found
        if len(those) > 1
    )


def _shared(rows: Sequence[Row], placed: Sequence[Placed]) -> Sharing:
    tier = max((t for t in tiers() if t.name in {p.tier for p in placed}), key=lambda t: t.price)
    gateways, lacking = _gateways(rows, placed, tier), _lacking(rows, placed, tier)
    behind = [sum(a.operations for a in row.found.apis) for row in rows]
    leaked = [p.blast_radius for p in placed]
    return Sharing(
        option=placed[0].option,
        title=placed[0].title,
        workloads=len(rows),
        tier=tier.name,
        each=added(p.cost for p in placed),
        together=None if lacking else _together(placed, tier, gateways),
        gateways=gateways,
        operations_each=max(behind),
        operations_together=sum(behind),
        leaked_each=Span(max(s.low for s in leaked), _greatest(leaked)),
        leaked_together=Span(max(s.low for s in leaked), added(leaked).high),
        unknown=lacking,
    )


def added(spans: Iterable[Span]) -> Span:
    """The sum of spans; open where one of them is."""
    every = tuple(spans)
    highs = [s.high for s in every]
    known = [h for h in highs if h is not None]
    high = summed(known, CENTS) if len(known) == len(highs) else None
    return Span(summed((s.low for s in every), CENTS), high)


def _greatest(spans: Sequence[Span]) -> float | None:
    highs = [s.high for s in spans]
    return None if None in highs else max(h for h in highs if h is not None)


def _gateways(rows: Sequence[Row], placed: Sequence[Placed], tier: Tier) -> int:
    """As many as keep the limits of the tier, if the workloads could be divided evenly."""
    needed = [1, ceil(max(p.units for p in placed) / _most_units(tier))]
    for kind in shared_limits():
        limit = tier.number(kind.feature) if kind.feature else None
        if limit:
            needed.append(ceil(total(rows, kind.id) / limit))
    return max(needed)


def _most_units(tier: Tier) -> float:
    return tier.number("max_scale_units") or 1


def _lacking(rows: Sequence[Row], placed: Sequence[Placed], tier: Tier) -> str:
    """Why nobody can say what one gateway for all costs; empty where it can be said."""
    if any(p.gateway_cost is None for p in placed) or units_cost(tier, 1) is None:
        return "a unit of one of the tiers has no price"
    missing = uncounted(rows)
    return f"what {missing[0]} makes in API Management is not known" if missing else ""


def _together(placed: Sequence[Placed], tier: Tier, gateways: int) -> Span:
    """What is beside the gateways stays; of these only as many as are needed, on this tier."""
    beside = added(_less(p.cost, p.gateway_cost or 0.0) for p in placed)
    regions = max(p.regions for p in placed)
    units = (max(p.units for p in placed), sum(p.units for p in placed))
    low, high = (_cost(tier, max(n, gateways), gateways, regions) for n in units)
    return added((beside, Span(low, high)))


def _less(span: Span, part: float) -> Span:
    return Span(span.low - part, None if span.high is None else span.high - part)


def _cost(tier: Tier, units: int, gateways: int, regions: int) -> float:
    """So many units in so many gateways: each has a first one."""
    first = units_cost(tier, 1, regions) or 0.0
    return (gateways - 1) * first + (units_cost(tier, units - gateways + 1, regions) or 0.0)
