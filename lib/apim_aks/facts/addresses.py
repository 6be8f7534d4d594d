"""The ranges of the address plan: what is planned, how large, and what AKS keeps for itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow(Row):
    """One range, or one number, of the address plan.

    `prefix_length` is what a subnet gets, `smallest` what it makes do with; `candidates` are ranges
    of which the first free one is taken.
    """

    id: str
    kind: Literal["network", "subnet", "cluster", "reserved", "limit"]
    name: str = ""
    label: str
    candidates: tuple[str, ...] = ()
    prefix_length: int | None = None
    smallest: int | None = None
    number: int | None = None
    because: str
    status: Status


@cache
def address_rows() -> tuple[AddressRow, ...]:
    """The rows of the address plan, in the order in which ranges are handed out."""
    return read_rows(DATA / "address_plan.csv", AddressRow)


@cache
def address_row(id: str) -> AddressRow:
    """The row of this id."""
    return by_id("address range", address_rows(), id)


def address_number(id: str) -> int:
    """The number of a row that is a limit; 0 where it has none."""
    return address_row(id).number or 0
