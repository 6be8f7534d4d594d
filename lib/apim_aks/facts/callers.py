"""What objects say of people and names around them: whose they are, what names them in DNS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLabelRow(Row):
    """A key of labels or annotations that names an owner: whole, or the part after its prefix."""

    key: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAnnotationRow(Row):
    """An annotation by which somebody else keeps records of these names."""

    annotation: str
    because: str
    status: Status


@cache
def owner_labels() -> tuple[OwnerLabelRow, ...]:
    """The keys that name an owner, the surest first."""
    return read_rows(DATA / "owner_labels.csv", OwnerLabelRow)


@cache
def name_annotations() -> tuple[NameAnnotationRow, ...]:
    """The annotations that name an object in DNS."""
    return read_rows(DATA / "name_annotations.csv", NameAnnotationRow)
