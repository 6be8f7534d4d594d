"""The API groups whose objects may restrict connections, and that nothing here reads whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGroupRow(Row):
    """An API group with kinds that close connections, or lead them another way."""

    api_group: str
    because: str
    status: Status


@cache
def policy_group_rows() -> tuple[PolicyGroupRow, ...]:
    """The groups in the order of the table."""
    return read_rows(DATA / "policy_groups.csv", PolicyGroupRow)


def may_restrict(group: str) -> bool:
    """An unread object of this group may close what would be open without it."""
    return any(group == row.api_group for row in policy_group_rows())
