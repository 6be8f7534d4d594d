"""Threats at each trust boundary, with the checks and the measure that answer them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat(Row):
    """A threat at a boundary: `checks` are names of promises, `criterion` counts what is left."""

    id: str
    boundary: str
    threat: str
    checks: tuple[str, ...] = ()
    criterion: str = ""
    status: Status


@cache
def threats() -> tuple[Threat, ...]:
    """The threats, from the consumers inwards."""
    return read_rows(DATA / "threats.csv", Threat)
