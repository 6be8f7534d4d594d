"""The phases of a deployment: what each does, where a person decides, how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow(Row):
    """One phase; `goes_on` is what somebody does after a kernel was lost. Times are in minutes."""

    id: str
    title: str
    command: str
    does: str
    decides: str
    goes_on: str
    least_minutes: int
    most_minutes: int
    because: str
    status: Status

    @property
    def lasts(self) -> str:
        """How long it takes, marked where nobody has measured it."""
        doubt = f" ({self.status})" if self.status == "unverified" else ""
        return f"{_time(self.least_minutes)} to {_time(self.most_minutes)}{doubt}"


def _time(minutes: int) -> str:
    return f"{minutes} min" if minutes < 180 else f"{minutes / 60:.0f} h"


@cache
def phase_rows() -> tuple[PhaseRow, ...]:
    """The phases in their order."""
    return read_rows(DATA / "phases.csv", PhaseRow)
