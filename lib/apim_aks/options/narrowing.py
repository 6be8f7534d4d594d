"""Existing NetworkPolicies that admit more than a design claims, since policies add up."""

from __future__ import annotations

from apim_aks.topology import ObjectChange, Topology
from apim_aks.workload.guards.guard import Guards
from apim_aks.workload.guards.network_policies import PodPolicy
from apim_aks.workload.kubernetes.admitted import admits
from apim_aks.workload.model import Service, Workload

POLICY = "NetworkPolicy"


def narrowed(workload: Workload, topology: Topology) -> tuple[PodPolicy, ...]:
    """Those that let the network in to pods of Services that get a policy of ours, and no others.

    One whose labels may pick other pods too stays: nobody said who may call those.
    """
    guarded = {c.service for c in topology.changes if (c.kind, c.action) == (POLICY, "create")}
    return tuple(
        guard
        for guard in workload.guards.once(_wide)
        if guarded.issuperset(guard.services)
        and any(_within(guard, workload.service(id)) for id in guard.services)
    )


def _wide(guards: Guards) -> tuple[PodPolicy, ...]:
    """The policies that let in the network."""
    policies = (guard for guard in guards.every if isinstance(guard, PodPolicy))
    return tuple(one for one in policies if admits(one.policy) == "network")


def _within(guard: PodPolicy, service: Service) -> bool:
    """Whatever pods the policy selects answer for the Service."""
    return bool(service.selector) and set(service.selector or ()) <= set(guard.policy.selects.equal)


def narrowings(workload: Workload, topology: Topology) -> tuple[ObjectChange, ...]:
    """What becomes of them after closing."""
    reason = "it lets in whoever reaches the network, beside what the new policy admits"
    return tuple(
        ObjectChange("change", POLICY, guard.name, guard.services[0], reason)
        for guard in narrowed(workload, topology)
    )
