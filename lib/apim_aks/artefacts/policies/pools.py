"""Pools of back ends that divide calls by weight, where no ingress does it.

A pool of API Management sends calls to its members by their weights
(https://learn.microsoft.com/azure/api-management/backends).
"""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.options.drawn import Drawn


@dataclass(frozen=True, slots=True)
class Pool:
    """The calls of a Service, divided: the id of each back end with its weight of a hundred."""

    id: str
    service: str
    members: tuple[tuple[str, int], ...]


def pools_of(drawn: Drawn) -> tuple[Pool, ...]:
    """A pool for each Service whose shares have back ends of their own, not one ingress."""
    by_service = {id: b.id for b in drawn.topology.backends for id, _ in b.routes}
    found = []
    for split in drawn.mapping.splits:
        members = tuple((by_service[id], weight) for id, weight in split.shares)
        if len({id for id, _ in members}) == len(members):
            found.append(Pool(f"{by_service[split.service]}-shares", split.service, members))
    return tuple(found)
