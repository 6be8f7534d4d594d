"""Cases in which NetworkPolicies are not enforced: other networks, nodes, temporary policies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDoubtRow(Row):
    """A key of pods or policies, where it stands, with this value or any, and what that means."""

    of: Literal["pods", "policies"]
    place: Literal["annotation", "nodeSelector", "toleration", "metadata"]
    key: str
    value: str = ""
    because: str
    status: Status


@cache
def policy_doubt_rows(of: str) -> tuple[PolicyDoubtRow, ...]:
    """The rows of pods, or of policies."""
    rows = read_rows(DATA / "policy_doubts.csv", PolicyDoubtRow)
    return tuple(row for row in rows if row.of == of)
