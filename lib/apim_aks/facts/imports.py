"""What an import of an OpenAPI document loses, and the numbers that templates and imports keep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLimit(Row):
    """A limit of the import: what it affects, and whether it is dropped, refused or changed."""

    id: str
    what: str
    effect: Literal["dropped", "refused", "changed"]
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateLimit(Row):
    """A number that a document, an operation or a template must keep to."""

    id: str
    what: str
    number: int
    unit: str
    status: Status
    because: str = ""


@cache
def import_limits() -> tuple[ImportLimit, ...]:
    """What an import drops, refuses or changes."""
    return read_rows(DATA / "import_limits.csv", ImportLimit)


@cache
def import_limit(id: str) -> ImportLimit:
    """The rule of this id."""
    return by_id("import limit", import_limits(), id)


@cache
def template_limits() -> tuple[TemplateLimit, ...]:
    """The numbers that documents and templates must keep to."""
    return read_rows(DATA / "template_limits.csv", TemplateLimit)


@cache
def template_limit(id: str) -> TemplateLimit:
    """The number of this id."""
    return by_id("template limit", template_limits(), id)
