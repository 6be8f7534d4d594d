"""One thing that an OpenAPI document loses on its way into API Management."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from apim_aks.facts import import_limit
from apim_aks.workload.documents import printable, shortened

Effect = Literal["dropped", "refused", "changed"]


@dataclass(frozen=True, slots=True)
class ImportFinding:
    """What is dropped, refused or changed, where first, in how many places, and by which rule.

    `row` is the id of a row of `data/import_limits.csv`.
    """

    file: str
    place: str
    what: str
    effect: Effect
    row: str
    places: int = 1

    def __str__(self) -> str:
        more = f" and {self.places - 1} more" if self.places > 1 else ""
        return f"{self.file} {self.place}{more}: {self.what} is {self.effect}."


def gathered(file: str, notes: Iterable[tuple[str, str, str]]) -> tuple[ImportFinding, ...]:
    """Notes (row, what, place) as findings: one for each row and thing, with its first place."""
    places: dict[tuple[str, str], list[str]] = {}
    for row, what, place in notes:
        places.setdefault((row, what), []).append(place)
    return tuple(
        ImportFinding(
            file,
            shortened(printable(where[0]), 200),
            shortened(printable(what), 200),
            import_limit(row).effect,
            row,
            len(where),
        )
        for (row, what), where in places.items()
    )
