"""Signs that a text is the address of a Service: words in names, schemes, tools."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSign(Row):
    """A word, and where it stands; `port` is the one that a scheme means without saying it."""

    place: Literal["word", "ending", "scheme", "tool"]
    name: str
    because: str
    status: Status
    port: int | None = None


@cache
def call_signs(place: str) -> dict[str, int | None]:
    """The words that count in this place, each with its port if it has one."""
    rows = read_rows(DATA / "call_signs.csv", CallSign)
    return {r.name: r.port for r in rows if r.place == place}
