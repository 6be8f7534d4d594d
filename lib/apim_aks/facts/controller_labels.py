"""Labels that pods get from the controller that makes them, beside those of their template."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerLabelRow(Row):
    """A label by its key, and who gives it."""

    key: str
    because: str
    status: Status


@cache
def added_labels() -> frozenset[str]:
    """The keys of such labels."""
    return frozenset(
        row.key for row in read_rows(DATA / "controller_labels.csv", ControllerLabelRow)
    )
