"""Refreshes the snapshot of retail prices from the Azure Retail Prices API.

The snapshot says which meters are wanted; each is asked for by its exact name, and a row changes
only where one answer is meant beyond doubt. Everything else keeps what it says and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from apim_aks.costs.snapshot.retail_prices import (
    PricesNotReached,
    Send,
    Sleep,
    items_of,
    query,
    send_with_urllib,
)
from apim_aks.costs.snapshot.writing import write_prices
from apim_aks.errors import InputError
from apim_aks.facts import PRICES, PriceRow, prices
from apim_aks.facts.prices import regional

__all__ = [
    "PricesNotReached",
    "Refreshed",
    "Send",
    "Sleep",
    "query",
    "refresh",
    "send_with_urllib",
    "snapshot",
    "write_prices",
]

SOURCE = "https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices"
NO_METER = "the name of its meter is not known"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The snapshot after a refresh; `changed` and `kept` say in a sentence what became of a row."""

    rows: tuple[PriceRow, ...]
    changed: tuple[str, ...]
    kept: tuple[str, ...]


def snapshot(
    again: bool, region: str, currency: str, say: Callable[[str], None], send: Send, sleep: Sleep
) -> tuple[PriceRow, ...]:
    """The bundled prices; with `again` they are asked for first, kept, and every change is said.

    Raises:
        InputError: a region or currency is given and nothing is asked for, or somebody else
            changed the file meanwhile.
    """
    if not again:
        if region or currency:
            given = "--region" if region else "--currency"
            raise InputError(
                f"{given} asks for other prices than the bundled ones. "
                "Add --refresh, which asks the Retail Prices API."
            )
        return prices()
    before = PRICES.read_bytes()
    found = refresh(prices(), send, sleep, region=region, currency=currency)
    if PRICES.read_bytes() != before:
        raise InputError(
            f"{PRICES}: somebody changed the file while prices were asked for; nothing was "
            "written. Run the command again."
        )
    write_prices(found.rows)
    for sentence in (*found.changed, *found.kept):
        say(sentence)
    return found.rows


def refresh(
    snapshot_rows: Sequence[PriceRow],
    send: Send,
    sleep: Sleep,
    *,
    region: str = "",
    currency: str = "",
    today: str = "",
) -> Refreshed:
    """Ask for the meter of every row, in another region or currency if one is given.

    Raises:
        PricesNotReached: the API refused, was busy for too long or answered something else.
        InputError: region or currency cannot be one.
    """
    _check(region, currency)
    day = today or datetime.now(UTC).date().isoformat()
    rows: list[PriceRow] = []
    changed: list[str] = []
    kept: list[str] = []
    for old in snapshot_rows:
        wanted = _wanted(old, region, currency)
        new, why = _refreshed(wanted, send, sleep, day) if old.meter else (None, NO_METER)
        rows.append(new or old)
        if new is None:
            kept.append(f"{old.id} keeps its row of {old.checked_on} ({_priced(old)}): {why}.")
        elif _priced(new) != _priced(old):
            changed.append(f"{old.id}: {_priced(old)} before, {_priced(new)} now.")
    return Refreshed(tuple(rows), tuple(changed), tuple(kept))


def _check(region: str, currency: str) -> None:
    if region and not re.fullmatch("[a-z][a-z0-9]+", region):
        raise InputError(f"region {region!r} is not valid. Use a name such as westeurope.")
    if currency and not re.fullmatch("[A-Za-z]{3}", currency):
        raise InputError(f"currency {currency!r} is not valid. Use a code such as USD.")


def _priced(row: PriceRow) -> str:
    amount = "no price" if row.price is None else f"{row.price:g} {row.currency} for {row.unit}"
    return f"{amount}, {row.region}"


def _wanted(row: PriceRow, region: str, currency: str) -> PriceRow:
    """The row as it is asked for; what is not sold by region stays where it is."""
    place = (region if regional(row.region) else "") or row.region
    return replace(row, region=place, currency=currency.upper() or row.currency)


def _refreshed(wanted: PriceRow, send: Send, sleep: Sleep, day: str) -> tuple[PriceRow | None, str]:
    """The row with the price of today, or None and the reason why there is none."""
    items = [i for i in items_of(query(wanted), send, sleep) if _is(i, wanted)]
    if not items:
        return None, f"{wanted.meter} was not found in {wanted.region} in {wanted.currency}"
    found = {(_amount(i), str(i.get("unitOfMeasure"))) for i in items}
    if len(found) > 1:
        return None, f"{wanted.meter} was found {len(found)} times with different prices"
    ((amount, unit),) = found
    if amount is None:
        return None, f"the price of {wanted.meter} is no number above zero"
    if unit != wanted.unit:
        said = wanted.unit or "no known unit"
        return None, f"{wanted.meter} is sold by {unit}, and the row has {said}"
    source = f"{SOURCE} (meterId {_meter_id(items[0])})"
    return replace(wanted, price=amount, status="verified", source=source, checked_on=day), ""


def _is(item: Mapping[str, Any], row: PriceRow) -> bool:
    """The item is this very meter: no look-alike, no reservation, no other graduation."""
    return (
        item.get("serviceName") == row.service
        and (not row.product or item.get("productName") == row.product)
        and item.get("meterName") == row.meter
        and item.get("armRegionName") == row.region
        and item.get("currencyCode") == row.currency
        and item.get("type") == "Consumption"
        and item.get("isPrimaryMeterRegion") is True
        and item.get("tierMinimumUnits") == row.tier_minimum_units
    )


def _amount(item: Mapping[str, Any]) -> float | None:
    """The list price; None where it is no price: rows of zero stand for something included."""
    found = item.get("retailPrice")
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if isfinite(found) and found > 0 else None


def _meter_id(item: Mapping[str, Any]) -> str:
    return "".join(c for c in str(item.get("meterId")) if c.isalnum() or c == "-")[:40]
