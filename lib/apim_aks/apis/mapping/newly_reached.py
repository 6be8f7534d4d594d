"""Who becomes reachable from the internet by being published, and is not today."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.listing import counted, listed
from apim_aks.workload.model import Consumer, Workload


def newly_reached(workload: Workload, published: Sequence[str]) -> tuple[str, ...]:
    """Published Services that neither a public address nor a route leads to today.

    Nobody becomes reachable from the internet where no consumer is there.
    """
    if Consumer.INTERNET not in workload.consumers:
        return ()
    found = map(workload.service, published)
    return tuple(s.id for s in found if not (s.public or s.routes))


def newly_reached_sentence(workload: Workload, published: Sequence[str]) -> str:
    """How many they are and which, and what leaves one out; empty where there is none."""
    found = newly_reached(workload, published)
    if not found:
        return ""
    become, are = ("becomes", "is") if len(found) == 1 else ("become", "are")
    return (
        f"{counted(len(found), 'Service')} {become} reachable from the internet that {are} not "
        f"today: {listed(found)}. What `publish` in workload.yaml leaves out stays inside."
    )
