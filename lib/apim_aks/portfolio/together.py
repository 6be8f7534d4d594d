"""A portfolio as one value: its workloads by risk, the totals, and what only shows together."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.decision.as_json import fact_dates, plain
from apim_aks.portfolio.assessment import SCHEMA_VERSION, Placed, Span, State
from apim_aks.portfolio.collisions import Collision, collisions
from apim_aks.portfolio.crossings import Crossing, crossings
from apim_aks.portfolio.limits import Shared, shared, uncounted
from apim_aks.portfolio.risk import ORDER, by_risk, why
from apim_aks.portfolio.running import Row
from apim_aks.portfolio.sharing import Sharing, added, sharing
from apim_aks.rounding import summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the workloads that were assessed; of endpoints, cost and checks as each is placed.

    `placed` have a chosen option; the others are in none of these sums. `load` is in requests a
    second, as `without_load` of them do not state it.
    """

    workloads: int
    assessed: int
    placed: int
    services: int
    published: int
    apis: int
    operations: int
    public_endpoints: Span
    monthly_cost: Span
    failed_checks: int
    left_out: int
    load: float
    without_load: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Everything that the page and the files say; `rows` are sorted by risk.

    `uncounted` are workloads missing in the counts of `shared`; `options` id and title of each.
    """

    rows: tuple[Row, ...]
    options: tuple[tuple[str, str], ...]
    totals: Totals
    shared: tuple[Shared, ...]
    uncounted: tuple[str, ...]
    collisions: tuple[Collision, ...]
    crossings: tuple[Crossing, ...]
    sharing: tuple[Sharing, ...]
    currency: str


def together(rows: Sequence[Row]) -> Portfolio:
    """The workloads side by side."""
    placed = [p for r in rows for p in r.found.placements]
    return Portfolio(
        rows=by_risk(rows),
        options=tuple({p.option: p.title for p in placed}.items()),
        totals=_totals(rows),
        shared=shared(rows),
        uncounted=uncounted(rows),
        collisions=collisions(rows),
        crossings=crossings(rows),
        sharing=sharing(rows),
        currency=next((r.found.currency for r in rows if r.found.currency), ""),
    )


def _totals(rows: Sequence[Row]) -> Totals:
    found = [r.found for r in rows]
    chosen = [p for f in found if (p := f.placed)]
    return Totals(
        workloads=len(found),
        assessed=sum(f.state is State.ASSESSED for f in found),
        placed=len(chosen),
        services=sum(len(f.services) for f in found),
        published=sum(f.published for f in found),
        apis=sum(len(f.apis) for f in found),
        operations=sum(a.operations for f in found for a in f.apis),
        public_endpoints=added(p.public_endpoints for p in chosen),
        monthly_cost=added(p.cost for p in chosen),
        failed_checks=sum(len(p.failed) for p in chosen),
        left_out=sum(len(f.left_out) for f in found),
        load=summed(f.load or 0.0 for f in found),
        without_load=sum(f.load is None for f in found),
    )


def portfolio_data(whole: Portfolio) -> dict[str, Any]:
    """The portfolio for tools; `data/schemas/portfolio.schema.json` describes it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "currency": whole.currency,
        "risk_order": list(ORDER),
        "workloads": [_row(row) for row in whole.rows],
        "totals": plain(whole.totals),
        "shared_limits": [_shared(s) for s in whole.shared],
        "not_counted": list(whole.uncounted),
        "collisions": plain(whole.collisions),
        "calls_between": plain(whole.crossings),
        "one_gateway": plain(whole.sharing),
        "fact_dates": fact_dates(),
    }


def _row(row: Row) -> dict[str, Any]:
    """A workload; who it is told to call stands, as far as anybody has it, in `calls_between`."""
    found = plain(row.found)
    kept = {name: value for name, value in found.items() if name not in ("told", "currency")}
    return {"path": row.label, "input": row.digest or None, "risk": why(row.found), **kept}


def _shared(found: Shared) -> dict[str, Any]:
    kind = found.kind
    return {
        "id": kind.id,
        "label": kind.label,
        "count": found.count,
        "because": kind.because,
        "source": kind.source,
        "checked_on": kind.checked_on,
        "tiers": plain(found.tiers),
    }


HEAD = (
    "workload",
    "name",
    "state",
    "risk",
    "option",
    "chosen",
    "tier",
    "standing",
    "score",
    "cost_low",
    "cost_high",
    "currency",
    "public_endpoints_low",
    "public_endpoints_high",
    "bypass_low",
    "bypass_high",
    "checks_passed",
    "checks_failed",
    "checks_not_run",
    "failed_checks",
    "sentence",
)


def portfolio_csv(whole: Portfolio) -> str:
    """A line for each workload and option; one without options for a workload without."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEAD)
    for row in whole.rows:
        lines.writerows([[_cell(c) for c in line] for line in _lines(row)])
    return text.getvalue()


def _lines(row: Row) -> Iterator[tuple[object, ...]]:
    found = row.found
    begin = (row.label, found.name, found.state, why(found))
    if not found.placements:
        yield (*begin, *("" for _ in HEAD[len(begin) + 1 :]), found.sentence)
    for placed in found.placements:
        yield (
            *begin,
            *_placed(placed, placed.option == found.chosen, found.currency),
            placed.because,
        )


def _placed(placed: Placed, chosen: bool, currency: str) -> tuple[object, ...]:
    spans = (placed.public_endpoints, placed.bypass)
    return (
        placed.option,
        "yes" if chosen else "no",
        placed.tier,
        placed.standing,
        placed.score,
        placed.cost.low,
        placed.cost.high,
        currency,
        *(end for span in spans for end in (span.low, span.high)),
        placed.passed,
        len(placed.failed),
        placed.not_run,
        " ".join(placed.failed),
    )


def _cell(value: object) -> object:
    """No spreadsheet takes the text of somebody else for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else plain(value)
