"""Requirements of the network: ways in, return paths, overlapping ranges."""

from __future__ import annotations

from apim_aks.decision.candidate import Candidate
from apim_aks.topology import Exposure, Kind, Topology
from apim_aks.workload.model import Consumer


def unreached(candidate: Candidate) -> str:
    """Consumers that cannot reach the gateway."""
    topology = candidate.topology
    cut_off = [
        c.label
        for c in topology.of_kind(Kind.CONSUMER)
        if not topology.links_from(c.id) and c.id != "anyone"
    ]
    if cut_off:
        return f"{' and '.join(cut_off)} cannot reach the gateway, which is private"
    return ""


def unanswered(candidate: Candidate) -> str:
    """Answers to calls from the internet meet a firewall that has not seen the calls."""
    topology = candidate.topology
    if candidate.workload.azure.egress != "firewall":
        return ""
    if any(c.public for c in topology.of_kind(Kind.LOAD_BALANCER)):
        return "answers of the gateway to the internet go to the firewall, which drops them"
    listening = [c for c in topology.components if c.in_cluster and c.public]
    called = [c for c in listening if any(not k.bypass for k in topology.links_to(c.id))]
    if called:
        labels = ", ".join(c.label for c in called[:3])
        return f"answers of public load balancers go to the firewall, which drops them ({labels})"
    return ""


def _entry_is_public(topology: Topology) -> bool:
    entries = {
        link.target
        for c in topology.of_kind(Kind.CONSUMER)
        for link in topology.links_from(c.id)
        if not link.bypass
    }
    return any(topology.component(id).exposure is Exposure.PUBLIC for id in entries)


def unrouted(candidate: Candidate) -> str:
    """Consumers whose networks cannot be joined, since ranges overlap."""
    places = set(candidate.workload.consumers) & {Consumer.PEERED_VNET, Consumer.ON_PREMISES}
    if places and not _entry_is_public(candidate.topology):
        words = " and ".join(sorted(p.value for p in places))
        return f"{words} consumers need a route to the gateway, and overlapping ranges allow none"
    return ""
