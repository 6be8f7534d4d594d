"""What several workloads share of one API Management, and which fact of a tier limits it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLimit(Row):
    """A kind of thing in API Management that is counted.

    `resource_type` is its type in templates; empty where it is counted otherwise. `feature` is the
    row of each tier in `data/tiers.csv`; empty where no limit is published.
    """

    id: str
    label: str
    resource_type: str = ""
    feature: str = ""
    because: str


@cache
def shared_limits() -> tuple[SharedLimit, ...]:
    """What is counted, in the order in which it is shown."""
    return read_rows(DATA / "shared_limits.csv", SharedLimit)
