"""Whom a NetworkPolicy of the input lets in.

Policies add up: what one admits no other takes away. A rule without sources admits everybody, and a
policy without rules admits nobody (kubernetes/api@10b39a3, networking/v1/types.go).
"""

from __future__ import annotations

from apim_aks.workload.network_policy import NetworkPolicy


def admits(policy: NetworkPolicy) -> str:
    """`network` where addresses or everybody are let in, `pods` where pods are, else nothing."""
    if not policy.ingress:
        return ""
    wide = any(not rule.peers or any(p.block for p in rule.peers) for rule in policy.ingress)
    return "network" if wide else "pods"
