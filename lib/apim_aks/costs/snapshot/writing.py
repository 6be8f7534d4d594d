"""The snapshot of prices as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.facts import PRICES, PriceRow, prices
from apim_aks.own_files import write_whole

COLUMNS = (
    "id",
    "service",
    "product",
    "meter",
    "region",
    "currency",
    "unit",
    "price",
    "tier_minimum_units",
    "units_a_month",
    "status",
    "note",
    "source",
    "checked_on",
)


def write_prices(rows: Sequence[PriceRow], path: Path = PRICES) -> None:
    """Write a snapshot whole or not at all.

    Raises:
        InputError: the folder cannot be written to.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([_cell(getattr(row, name)) for name in COLUMNS] for row in rows)
    try:
        write_whole(path, text.getvalue())
    except OSError as error:
        raise InputError(
            f"{path} could not be written ({error.strerror}). Use a folder that can be written."
        ) from None
    prices.cache_clear()


def _cell(value: str | float | None) -> str:
    return f"{value:.12g}" if isinstance(value, float) else value or ""
