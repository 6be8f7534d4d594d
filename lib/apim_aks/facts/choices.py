"""The choices within an option, and which combinations are allowed, refused or not drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

Edge = Literal["none", "application-gateway", "front-door"]
Inbound = Literal["public", "internal", "private-endpoint", "injected"]
Entry = Literal["per-service", "one-gateway", "one-gateway-mtls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow(Row):
    """Combinations of choices: every product of these lists, and what is said of all of them.

    `needs` are the tier features without which they cannot be built, `promises` the requirements
    that they meet whatever the workload, and `internet` where consumers there are served.
    """

    options: tuple[str, ...]
    edges: tuple[Edge, ...]
    inbounds: tuple[Inbound, ...]
    entries: tuple[Entry, ...]
    standing: Literal["allowed", "refused", "undrawn"]
    needs: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceValue(Row):
    """A value of a choice in a reader's words, and what it means for whoever builds it.

    `callers` are those without whom it has no use, by where they call from; empty for everybody.
    """

    choice: Literal["edge", "inbound", "entry"]
    id: str
    label: str
    meaning: str
    callers: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualEntry(Row):
    """The number of published Services from which an entry is the usual one."""

    entry: Entry
    from_services: int
    status: Status
    because: str


@cache
def usual_entries() -> tuple[UsualEntry, ...]:
    """Each entry that is usual for some number of Services, for the fewest first."""
    return read_rows(DATA / "usual_entries.csv", UsualEntry)


def usual_entry(services: int) -> UsualEntry:
    """The entry that is usual for so many published Services."""
    return [row for row in usual_entries() if row.from_services <= max(services, 1)][-1]


@cache
def choice_rows() -> tuple[ChoiceRow, ...]:
    """Every combination of choices of every option, the usual one of an option first."""
    return read_rows(DATA / "choices.csv", ChoiceRow)


@cache
def choice_values() -> tuple[ChoiceValue, ...]:
    """The values of the choices, in the order in which they are told."""
    return read_rows(DATA / "choice_values.csv", ChoiceValue)


def choice_value(choice: str, id: str) -> ChoiceValue:
    """The value of this id; values of another choice are none of it."""
    return by_id(choice, [v for v in choice_values() if v.choice == choice], id)
