"""What the testbed has to know of others' programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedKind(Row):
    """A kind that the testbed's cluster API serves: version, name in addresses, kind."""

    api_version: str
    resource: str
    kind: str
    because: str
    status: Status


@cache
def served_kinds() -> tuple[ServedKind, ...]:
    """The kinds that an ingress controller asks the cluster API for."""
    return read_rows(DATA / "testbed_kinds.csv", ServedKind)
