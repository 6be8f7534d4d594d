"""NetworkPolicies of the input, with whom they admit, in words."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.listing import listed
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.network_policy import (
    LAST_PORT,
    Block,
    NetworkPolicy,
    Peer,
    PolicyPort,
    PolicyRule,
    Selector,
)

_OPERATORS = {"In": "in", "NotIn": "not in", "Exists": "is set", "DoesNotExist": "is not set"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPolicy(Guard):
    """A NetworkPolicy. Policies add up: what one admits, no other takes away."""

    policy: NetworkPolicy

    @property
    def isolates(self) -> bool:
        """Nobody gets in to the pods that it selects but whom it or another policy admits."""
        return self.policy.ingress is not None

    @property
    def says(self) -> str:
        """Which pods it is for, whom it admits, and where they may call."""
        policy = self.policy
        admits = _direction(policy.ingress, "admits", "nobody", "everybody")
        lets_out = _direction(policy.egress, "lets them call", "nothing", "everything")
        return f"for {_pods(policy.selects)}: {'; '.join(filter(None, (admits, lets_out)))}"


def _direction(rules: tuple[PolicyRule, ...] | None, verb: str, none: str, every: str) -> str:
    if rules is None:
        return ""
    return f"{verb} {listed([_rule(r, every) for r in rules]) if rules else none}"


def _rule(rule: PolicyRule, every: str) -> str:
    peers = " or ".join(map(_peer, rule.peers)) or every
    return f"{peers} on {listed(list(map(_port, rule.ports)))}" if rule.ports else peers


def _peer(peer: Peer) -> str:
    if peer.block:
        return _block(peer.block)
    pods = _pods(peer.pods or Selector())
    if peer.namespaces is None:
        return f"{pods} of its namespace"
    if peer.namespaces.picks_all:
        return f"{pods} of every namespace"
    return f"{pods} of namespaces with {_labels(peer.namespaces)}"


def _block(block: Block) -> str:
    but = f" without {listed(list(map(str, block.excepted)))}" if block.excepted else ""
    return f"{block.addresses}{but}"


def _pods(selector: Selector) -> str:
    return "all pods" if selector.picks_all else f"pods with {_labels(selector)}"


def _labels(selector: Selector) -> str:
    equal = (f"{key}={value}" for key, value in selector.equal)
    more = (
        " ".join(filter(None, (e.key, _OPERATORS[e.operator], ", ".join(e.values))))
        for e in selector.expressions
    )
    return listed([*equal, *more])


def _port(port: PolicyPort) -> str:
    if port.name:
        return f"port {port.name}"
    if (port.first, port.last) == (1, LAST_PORT):
        return f"every {port.protocol} port"
    span = str(port.first) if port.first == port.last else f"{port.first} to {port.last}"
    return f"{port.protocol} {span}"
