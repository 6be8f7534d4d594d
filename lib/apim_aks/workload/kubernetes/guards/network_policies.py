"""A NetworkPolicy as a guard of the pods that it selects."""

from __future__ import annotations

from apim_aks.workload.guards.network_policies import PodPolicy
from apim_aks.workload.kubernetes.guards.selecting import Selecting, base
from apim_aks.workload.kubernetes.network_policies import network_policy
from apim_aks.workload.kubernetes.object import Object


def pod_policy(object: Object, selecting: Selecting) -> PodPolicy:
    """The policy, with the Services whose pods it selects."""
    policy = object.once(network_policy)
    picked = selecting.services(policy.selects, policy.namespace)
    return PodPolicy(**base(object), services=picked, policy=policy)
