"""A cost as values: its lines, what they sum to, and what has no price."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.facts import PriceRow, QuantityRow
from apim_aks.facts.prices import PriceBound
from apim_aks.rounding import rounded

CENTS = 2
"""Decimals of an amount of money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """A quantity of one meter; `unit_price` and `monthly` are None where no price is known.

    `at_most` is what it can cost at most a month by a judged bound, or by the higher one of two
    sources; None where there is neither. `bound` says why.
    """

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
    at_most: float | None = None
    bound: str = ""

    @property
    def text(self) -> str:
        """The line as it stands in a list, with currency and region."""
        head = f"{self.what}: {plain(self.quantity)} × {self.meter or 'meter unknown'}"
        if self.unit_price is None or self.monthly is None:
            most = f", judged at most {self.at_most:,.2f} a month" if self.at_most else ""
            return f"{head}, not priced{most}"
        each = f"{self.unit_price:g} {self.currency} for {self.unit} ({self.region})"
        most = f", or {self.at_most:,.2f}: {self.bound.rstrip('.')}" if self.at_most else ""
        return f"{head} at {each}, {self.monthly:,.2f} a month{most}"


@dataclass(frozen=True, slots=True)
class NotPriced:
    """What has no price: how many of it (empty where the use decides), and why there is none."""

    what: str
    quantity: str
    why: str

    @property
    def head(self) -> str:
        """Name and quantity."""
        return f"{self.quantity} × {self.what}" if self.quantity else self.what

    @property
    def text(self) -> str:
        """The part as it stands in a list."""
        return f"{self.head}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What differs between options a month: `low` is the sum of the lines that have a price.

    `high` adds the judged bounds of mandatory parts without a price, named in `bounded`, and what
    another source has more; it is infinite where a part has no bound either, named in `open`.
    `not_priced` names everything without a price, `equal` what every option has alike.
    """

    lines: tuple[CostLine, ...]
    low: float
    high: float
    equal: tuple[str, ...]
    not_priced: tuple[NotPriced, ...]
    open: tuple[NotPriced, ...]
    currency: str
    bounded: tuple[NotPriced, ...] = ()

    @property
    def basis(self) -> str:
        """Currency, regions and days of the prices, in words."""
        priced = [line for line in self.lines if line.monthly is not None]
        regions = ", ".join(dict.fromkeys(line.region for line in priced))
        days = sorted(line.checked_on for line in priced)
        span = " to ".join(dict.fromkeys(days[:1] + days[-1:]))
        return f"{self.currency}, list prices of {regions}, {span}" if priced else "no price known"


@dataclass(frozen=True, slots=True)
class Part:
    """A row that applies, how many of it there are, and its meter if it has one.

    `bound` with the meter it names in `known` is the most it can cost where it has no price.
    """

    row: QuantityRow
    quantity: float
    meter: PriceRow | None
    bound: PriceBound | None = None
    known: PriceRow | None = None

    @property
    def by_use(self) -> bool:
        """Only the use tells how much of it a month takes."""
        meter = self.meter
        unknown = meter is not None and meter.price is not None and meter.units_a_month is None
        return self.row.count == "by-use" or unknown

    def line(self, currency: str) -> CostLine | None:
        """The part as a line; None where the use decides how much, or nothing is metered."""
        meter = self.meter
        if meter is None or self.by_use:
            return None
        monthly = self._monthly(meter, currency)
        return CostLine(
            what=self.row.what,
            meter=meter.meter,
            quantity=self.quantity,
            unit=meter.unit,
            unit_price=None if monthly is None else meter.price,
            monthly=monthly,
            currency=meter.currency,
            region=meter.region,
            because=self.row.because,
            status=meter.status,
            source=meter.source,
            checked_on=meter.checked_on,
            at_most=self.at_most(currency),
            bound=self.bound.because if self.bound else "",
        )

    def at_most(self, currency: str) -> float | None:
        """The most it can cost a month by its judged bound; None where there is none."""
        if self.bound is None or self.known is None:
            return None
        each = self._monthly(self.known, currency)
        return None if each is None else rounded(each * self.bound.times, CENTS)

    def _monthly(self, meter: PriceRow, currency: str) -> float | None:
        if meter.price is None or meter.units_a_month is None or meter.currency != currency:
            return None
        return rounded(self.quantity * meter.price * meter.units_a_month, CENTS)

    def not_priced(self, currency: str) -> NotPriced:
        """The part with its quantity and the reason why it has no price."""
        count = "" if self.row.count == "by-use" else plain(self.quantity)
        most = self.at_most(currency)
        judged = f"; judged at most {most:,.2f} a month" if self.bound and most else ""
        return NotPriced(self.row.what, count, f"{self._why(currency)}{judged}")

    def _why(self, currency: str) -> str:
        meter = self.meter
        if meter is None:
            return reason(self.row)
        if meter.price is None:
            return f"no price is known of {meter.meter or meter.service}"
        if meter.currency != currency:
            return f"its price is in {meter.currency}, the others are in {currency}"
        return f"by use, {meter.price:g} {meter.currency} for {meter.unit} ({meter.region})"


def reason(row: QuantityRow) -> str:
    """Why the row is there, as the second half of a sentence."""
    return row.because[:1].lower() + row.because[1:].rstrip(".")


def plain(value: float) -> str:
    """A quantity without a needless decimal part."""
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
