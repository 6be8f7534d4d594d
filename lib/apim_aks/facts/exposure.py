"""The exposure of a gateway in steps: sources of callers, and a missing firewall."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLevel(Row):
    """The steps that a source of callers counts, or something that is missing before the gateway.

    The ids of sources are those of `Reach` in small letters.
    """

    id: str
    level: float
    label: str
    status: Status
    because: str


@cache
def exposure_levels() -> tuple[ExposureLevel, ...]:
    """The sources from nobody to everybody, then what is missing."""
    return read_rows(DATA / "exposure_levels.csv", ExposureLevel)


def exposure_level(id: str) -> ExposureLevel:
    """The row of this source, or of what is missing."""
    return by_id("exposure level", exposure_levels(), id)
