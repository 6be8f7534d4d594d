"""What the input may open beside the gateway, and nothing here models: named, never passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apim_aks.facts.openings import OpeningRow, opening_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An object of the input that may open a way to pods, which no check models.

    `cause` is the id of a row of data/openings.csv. `services` are those whose pods it leads to;
    empty where it may lead to any. `by` is the Service that it is, if it is one, and `names` are
    the Services that an object of a kind that is not read names.
    """

    cause: str
    kind: str
    name: str
    file: str
    line: int
    services: tuple[str, ...] = ()
    by: str = ""
    names: tuple[str, ...] = ()
    detail: str = ""

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file} line {self.line}" if self.line else self.file

    @property
    def called(self) -> str:
        """Kind, name and place; for a document that was not read the place alone."""
        return f"{self.kind} {self.name} ({self.place})" if self.kind else self.place

    def leads_to(self, service: str) -> bool:
        """It may open a way to the pods of this Service."""
        return not self.services or service in self.services

    @property
    def row(self) -> OpeningRow:
        """What is known of its cause."""
        return opening_row(self.cause)

    @property
    def what(self) -> str:
        """What it may open."""
        return f"{self.row.words}: {self.detail}" if self.detail else self.row.words

    @property
    def sentence(self) -> str:
        """The object with file and line, and what it may open."""
        return f"{self.called} {self.what}"


def alike(openings: Iterable[Opening]) -> tuple[tuple[Opening, ...], ...]:
    """The openings of which the same is to say together, in the order of the first of each."""
    found: dict[str, list[Opening]] = {}
    for opening in openings:
        found.setdefault(f"{opening.cause} {opening.detail}", []).append(opening)
    return tuple(map(tuple, found.values()))
