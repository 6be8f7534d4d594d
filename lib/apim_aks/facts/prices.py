"""Retail prices, dated and with their region and currency, and what of them an option needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from apim_aks.errors import InputError
from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

PRICES = DATA / "prices.csv"

Counter = Literal[
    "one",
    "by-use",
    "least-units",
    "units",
    "first-unit",
    "further-units",
    "regions",
    "public-addresses",
    "public-rules",
    "left-public-addresses",
    "internal-load-balancers",
    "internal-rules",
    "private-zones",
    "token-checks",
    "self-hosted-gateways",
    "ingress-controllers",
    "network-edges",
    "private-endpoints",
    "global-edges",
    "global-endpoints",
    "nat-gateways",
    "firewalls",
]
"""What of a topology, a tier and the requirements a quantity counts."""


def regional(place: str) -> bool:
    """The meter is sold in a region of ARM; `Global` and the zones of Front Door are none."""
    return place.islower()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow(Row):
    """The list price of one meter in one region, from `tier_minimum_units` on.

    `price` is None where it is not known, `units_a_month` where the use decides how many there are.
    """

    id: str
    service: str
    product: str = ""
    meter: str = ""
    region: str
    currency: str
    unit: str = ""
    price: float | None = None
    tier_minimum_units: float
    units_a_month: float | None = None
    status: Literal[Status, "not priced"]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRow(Row):
    """How many of a meter an option needs: what is counted, times `each`, less `included`.

    It applies to these tiers and network modes (all, where none is named) when asked for. `alike`
    marks what every option has, which a comparison leaves out; `mandatory` what no option of these
    can do without.
    """

    id: str
    what: str
    price: str = ""
    count: Counter
    each: float
    included: float
    tiers: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    when: Literal["always", "availability_zones"]
    alike: bool
    mandatory: bool
    status: Status
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBound(Row):
    """The most that a meter can cost: `times` the price of a known one.

    A judgement where it has no price; a conflict where another source has a higher one.
    """

    price: str
    known: str
    times: float
    status: Literal["judgement", "conflict"]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceApiRow(Row):
    """One setting of the Retail Prices API."""

    id: str
    value: str
    because: str


@cache
def prices() -> tuple[PriceRow, ...]:
    """The bundled snapshot of retail prices."""
    return read_prices(PRICES)


def read_prices(path: Path) -> tuple[PriceRow, ...]:
    """The rows of a snapshot, none of them with a price of zero.

    Raises:
        InputError: a row is not usable, or its price and its status contradict each other.
    """
    rows = read_rows(path, PriceRow)
    for line, row in enumerate(rows, 2):
        _checked(f"{path.parent.name}/{path.name} line {line}", row)
    return rows


def _checked(place: str, row: PriceRow) -> None:
    if row.price is not None and row.price <= 0:
        raise InputError(f"{place}: price {row.price:g} is not valid. It must be more than zero.")
    if (row.price is None) != (row.status == "not priced"):
        wanted = "an empty price exactly where the status is 'not priced'"
        raise InputError(f"{place}: price and status {row.status!r} do not agree. Use {wanted}.")


def price(id: str, rows: Sequence[PriceRow] | None = None) -> PriceRow:
    """The price of this id, in the bundled snapshot or in the given rows."""
    return by_id("price", prices() if rows is None else rows, id)


@cache
def price_bounds() -> tuple[PriceBound, ...]:
    """For meters without a sure price, the most they can cost where that can be argued."""
    return read_rows(DATA / "price_bounds.csv", PriceBound)


@cache
def quantities() -> tuple[QuantityRow, ...]:
    """What an option needs of which meter, the gateway first, what is alike last."""
    return read_rows(DATA / "quantities.csv", QuantityRow)


@cache
def price_api(id: str) -> str:
    """The setting of the Retail Prices API called `address` or `api-version`."""
    return by_id("price API setting", read_rows(DATA / "price_api.csv", PriceApiRow), id).value
