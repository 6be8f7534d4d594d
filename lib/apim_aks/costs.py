"""What an option costs a month at list prices: meters times quantity, and only what differs.

Every line names its meter, price, region, currency and day. What is not priced is named and never
counted as zero; what every option has alike is named and left out. Rehearsal and production differ
in the tiers that are allowed, not in what a tier costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, inf

from apim_aks.facts import PriceRow, QuantityRow, Tier, price, prices, quantities
from apim_aks.topology import Component, Exposure, Kind, Topology, ZoneKind
from apim_aks.workload import Requirements


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is paid for: a topology on a tier, for these requirements.

    `units` asks for more units in each region than the requirements need; 0 takes what they need.
    """

    topology: Topology
    tier: Tier
    requirements: Requirements = Requirements()
    units: int = 0


@dataclass(frozen=True, slots=True)
class CostLine:
    """A quantity of one meter; `unit_price` and `monthly` are None where no price is known."""

    what: str
    meter: str
    quantity: float
    unit: str
    unit_price: float | None
    monthly: float | None
    currency: str
    region: str
    because: str
    status: str
    source: str
    checked_on: str

    @property
    def text(self) -> str:
        """The line as it stands in a list, with currency and region."""
        head = f"{self.what}: {_plain(self.quantity)} × {self.meter or 'a meter without a name'}"
        if self.unit_price is None or self.monthly is None:
            return f"{head}, not priced"
        each = f"{self.unit_price:g} {self.currency} for {self.unit} ({self.region})"
        return f"{head} at {each}, {self.monthly:,.2f} a month"


@dataclass(frozen=True, slots=True)
class Cost:
    """What differs between options a month: `low` is the sum of the lines that have a price.

    `high` is infinite where a part that cannot be done without has no price; `open` names these
    parts. `not_priced` names everything without a price, `equal` what every option has alike.
    """

    lines: tuple[CostLine, ...]
    low: float
    high: float
    equal: tuple[str, ...]
    not_priced: tuple[str, ...]
    open: tuple[str, ...]
    currency: str
    regions: tuple[str, ...]
    checked: tuple[str, str]

    @property
    def basis(self) -> str:
        """Currency, regions and days of the prices, in words."""
        first, last = self.checked
        days = first if first == last else f"{first} to {last}"
        return f"{self.currency} a month at list prices of {', '.join(self.regions)}, {days}"


def costs(subject: Purchase, book: Sequence[PriceRow] | None = None) -> Cost:
    """The monthly cost of what differs, from the bundled snapshot or the given price rows."""
    rows = prices() if book is None else book
    currency = currency_of(rows)
    parts = [p for r in quantities() if _applies(r, subject) and (p := _part(r, subject, rows))]
    differing = [p for p in parts if not p.row.alike]
    lines = tuple(line for p in differing if (line := p.line(currency)))
    unpriced = [p for p in differing if p.monthly(currency) is None]
    open = tuple(p.unpriced(currency) for p in unpriced if p.row.mandatory)
    low = round(fsum(line.monthly for line in lines if line.monthly is not None), 2)
    priced = [line for line in lines if line.monthly is not None]
    days = sorted(line.checked_on for line in priced) or [""]
    return Cost(
        lines,
        low,
        inf if open else low,
        tuple(f"{p.row.what}: {p.row.because}" for p in parts if p.row.alike),
        tuple(p.unpriced(currency) for p in unpriced),
        open,
        currency,
        tuple(dict.fromkeys(line.region for line in priced)),
        (days[0], days[-1]),
    )


def currency_of(rows: Sequence[PriceRow]) -> str:
    """The currency of most prices; a row in another one counts as not priced."""
    return Counter(r.currency for r in rows if r.price is not None).most_common(1)[0][0]


def units_needed(subject: Purchase) -> int:
    """Units in each region: as asked for, at least as many as the requirements need."""
    least = (r.each for r in quantities() if r.count == "least-units" and _applies(r, subject))
    return max(subject.units, *(int(n) for n in least))


@dataclass(frozen=True, slots=True)
class _Part:
    """A row that applies, how many of it there are, and its meter if it has one."""

    row: QuantityRow
    quantity: float
    meter: PriceRow | None

    def monthly(self, currency: str) -> float | None:
        meter = self.meter
        if meter is None or meter.price is None or meter.currency != currency:
            return None
        if meter.units_a_month is None:
            return None
        return round(self.quantity * meter.price * meter.units_a_month, 2)

    def line(self, currency: str) -> CostLine | None:
        """None where the use decides how many there are, or where nothing is metered."""
        meter = self.meter
        if meter is None or meter.units_a_month is None:
            return self._unmetered()
        monthly = self.monthly(currency)
        return CostLine(
            self.row.what,
            meter.meter,
            self.quantity,
            meter.unit,
            None if monthly is None else meter.price,
            monthly,
            meter.currency,
            meter.region,
            self.row.because,
            meter.status,
            meter.source,
            meter.checked_on,
        )

    def _unmetered(self) -> CostLine | None:
        meter = self.meter
        if meter is None or self.row.count == "by-use" or meter.price is not None:
            return None
        return CostLine(
            self.row.what,
            meter.meter,
            self.quantity,
            meter.unit,
            None,
            None,
            meter.currency,
            meter.region,
            self.row.because,
            meter.status,
            meter.source,
            meter.checked_on,
        )

    def unpriced(self, currency: str) -> str:
        """Why this part has no price, in one sentence."""
        head = self.row.what if self._by_use else f"{_plain(self.quantity)} × {self.row.what}"
        return f"{head}: {self._reason(currency)}"

    @property
    def _by_use(self) -> bool:
        return self.row.count == "by-use"

    def _reason(self, currency: str) -> str:
        meter = self.meter
        if meter is None:
            return self.row.because
        if meter.price is None:
            return f"no price is known ({meter.meter or meter.service})"
        if meter.currency != currency:
            return f"priced in {meter.currency} only, the other prices are in {currency}"
        return f"{meter.price:g} {meter.currency} for {meter.unit} ({meter.region}), by use"


def _part(row: QuantityRow, subject: Purchase, book: Sequence[PriceRow]) -> _Part | None:
    quantity = _quantity(row, subject)
    if not quantity:
        return None
    return _Part(row, quantity, price(row.price, book) if row.price else None)


def _applies(row: QuantityRow, subject: Purchase) -> bool:
    return (
        (not row.tiers or subject.tier.name in row.tiers)
        and (not row.modes or subject.topology.mode in row.modes)
        and (row.when == "always" or subject.requirements.availability_zones)
    )


def _quantity(row: QuantityRow, subject: Purchase) -> float:
    """What is counted beyond those included, less what would be beyond them in any case."""
    already = ALREADY[row.count](subject) if row.count in ALREADY else 0.0
    counted = COUNTERS[row.count](subject)
    beyond = max(0.0, already + counted - row.included) - max(0.0, already - row.included)
    return row.each * beyond


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
