"""What consumers of a place call under the option: the host, and its demands."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.options.drawn import Drawn
from apim_aks.reachability.zones import Zone
from apim_aks.topology import EDGE_KINDS, Component, Link
from apim_aks.workload.model import Consumer, Workload
from apim_aks.workload.names import names_of

_CONSUMERS = {
    Zone.INTERNET: Consumer.INTERNET,
    Zone.NETWORK: Consumer.SAME_VNET,
    Zone.PEERED: Consumer.PEERED_VNET,
    Zone.ON_PREMISES: Consumer.ON_PREMISES,
}


@dataclass(frozen=True, slots=True)
class NewEntry:
    """The new entry for consumers of a place: a component, its host name, and its links.

    `own` says that the name is in the reader's own DNS zone.
    """

    component: Component
    host: str
    links: tuple[Link, ...]
    own: bool

    @property
    def port(self) -> int:
        """The port to connect to."""
        return self.links[0].port


def new_entry(drawn: Drawn, zone: Zone) -> NewEntry | None:
    """The new entry for callers of this place; None if the option has none."""
    consumer = _CONSUMERS.get(zone)
    if consumer is None:
        return None
    links = [k for k in drawn.topology.links_from(f"consumer-{consumer}") if not k.bypass]
    if not links:
        return None
    found = drawn.topology.component(links[0].target)
    host = entry_name(drawn, found)
    return NewEntry(found, host, tuple(links), host == drawn.workload.azure.host_name)


def entry_name(drawn: Drawn, entry: Component) -> str:
    """The host name of an entry: the reader's own if it has one, else Azure's."""
    own, topology = drawn.workload.azure.host_name, drawn.topology
    named = next((n.name for n in topology.names if n.component == entry.id), "")
    edge = bool(topology.of_kind(*EDGE_KINDS)) or topology.self_hosted is not None
    instance = drawn.workload.azure.existing.api_management is None and not edge
    if own and instance:
        return own
    return named or default_host(drawn.workload)


def default_host(workload: Workload) -> str:
    """The default host name of the instance."""
    names, there = names_of(workload), workload.azure.existing.api_management
    return names.gateway_host.replace(names.gateway, there.name, 1) if there else names.gateway_host


def not_drawn(zone: Zone) -> str:
    """Why callers of a place have no new address, and what to do."""
    consumer = _CONSUMERS.get(zone)
    if consumer is None:
        return f"no option is drawn for callers from {zone.words}; keep their entry, or move them"
    return (
        f"{consumer} is not among consumers in workload.yaml, so that no connection to the gateway "
        f"is designed for {zone.words}; add it there if it has callers"
    )
