"""Who of one workload calls a Service of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apim_aks.portfolio.assessment import ServiceName, Told
from apim_aks.portfolio.running import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A caller of one workload and a Service that others have; several may be meant.

    It is `sure` where both name the same cluster, else it holds if they run in one.
    """

    workload: str
    caller: str
    service: str
    port: int | None
    others: tuple[str, ...]
    sure: bool
    place: str


def crossings(rows: Sequence[Row]) -> tuple[Crossing, ...]:
    """Every call to another workload's Service that the files show, in order of the callers."""
    owners: dict[str, list[tuple[Row, ServiceName]]] = defaultdict(list)
    for row in rows:
        for service in row.found.services:
            owners[service.id].append((row, service))
    found = (
        one
        for row in rows
        for told in row.found.told
        for id in told.ids
        for one in _crossing(row, told, id, owners.get(id, ()))
    )
    return tuple(found)


def _crossing(
    row: Row, told: Told, id: str, owners: Sequence[tuple[Row, ServiceName]]
) -> Iterator[Crossing]:
    others = [r for r, service in owners if r.label != row.label and _meant(told, service)]
    if not others:
        return
    cluster = row.found.cluster
    yield Crossing(
        workload=row.label,
        caller=told.caller,
        service=id,
        port=told.port,
        others=tuple(r.label for r in others),
        sure=bool(cluster) and len(others) == 1 and others[0].found.cluster == cluster,
        place=told.place,
    )


def _meant(told: Told, service: ServiceName) -> bool:
    """A word with a number is an address where the Service has that port."""
    return told.firm or told.port in service.ports
