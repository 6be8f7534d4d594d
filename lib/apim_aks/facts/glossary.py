"""The words of the workbook, each with its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Row):
    """A word and what it means here, in one sentence."""

    term: str
    meaning: str


@cache
def terms() -> tuple[Term, ...]:
    """The words in alphabetical order."""
    return read_rows(DATA / "glossary.csv", Term)
