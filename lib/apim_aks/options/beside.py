"""Policies of the reader's for pods of the new path, and what is admitted beside them.

Policies add up. One of ours only admits where every pod that it selects is selected already: it is
for all of these pods where a policy of the reader's is, else for those that both select.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.guards.network_policies import PodPolicy
from apim_aks.workload.model import Service
from apim_aks.workload.names import fitting
from apim_aks.workload.network_policy import Selector

Direction = Literal["ingress", "egress"]


@dataclass(frozen=True, slots=True)
class Beside:
    """Where a policy of ours stands beside one of the reader's.

    `of` is that one's name and `theirs` what it selects; both are empty where some policy selects
    every one of the pods.
    """

    of: str = ""
    theirs: Selector = Selector()

    def named(self, name: str) -> str:
        """The name of ours, from that of the policy for all of the pods."""
        return f"{name}-{fitting(self.of, 60)}" if self.of else name


def beside(
    guards: Iterable[Guard], space: str, labels: Mapping[str, str], direction: Direction
) -> tuple[Beside, ...]:
    """Beside which of these policies pods with these labels, or more, are admitted."""
    found = tuple(_of(guards, space, direction))
    if any(policy.policy.selects.picks_every(labels) for policy in found):
        return (Beside(),)
    return tuple(
        Beside(p.name, p.policy.selects)
        for p in found
        if p.policy.selects.picks(labels, whole=False)
    )


def selected(
    guards: Iterable[Guard], space: str, labels: Mapping[str, str], direction: Direction
) -> bool:
    """A policy of the reader's is for every pod with these labels."""
    return beside(guards, space, labels, direction) == (Beside(),)


def _of(guards: Iterable[Guard], space: str, direction: Direction) -> Iterator[PodPolicy]:
    for guard in guards:
        if not isinstance(guard, PodPolicy) or guard.namespace != space:
            continue
        if getattr(guard.policy, direction) is not None:
            yield guard


def shared_labels(service: Service) -> dict[str, str]:
    """The labels that all pods of a Service share, else those that its selector asks for."""
    sets = [dict(p.labels) for p in service.pods]
    shared = {k: v for k, v in sets[0].items() if all(s.get(k) == v for s in sets)} if sets else {}
    return shared or dict(service.selector or ())
