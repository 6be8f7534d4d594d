"""The assumptions of a proof that a connection is closed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachAssumption(Row):
    """One assumption about the input, the cluster or Azure, in words."""

    id: str
    words: str
    status: Status


@cache
def reach_assumptions() -> tuple[ReachAssumption, ...]:
    """The assumptions in their order."""
    return read_rows(DATA / "reach_assumptions.csv", ReachAssumption)
