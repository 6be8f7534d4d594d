"""What the service tags in the rules of a network stand for, as far as templates say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from apim_aks.facts.load_balancers import private_ranges
from apim_aks.facts.templates import tag_prefixes
from apim_aks.reachability.axis import LAST_ADDRESS, Range
from apim_aks.reachability.templates.filtering import (
    EVERYWHERE,
    Ranges,
    Span,
    Tags,
    known_ranges,
    ranges_of,
)
from apim_aks.reachability.templates.network import AzureNetwork, same_id
from apim_aks.reachability.templates.network_values import Network, Peering, Subnet

_NETWORK, _BALANCER, _INTERNET = "VirtualNetwork", "AzureLoadBalancer", "Internet"
_GATEWAYS = "gatewaysubnet"


def tags_of(azure: AzureNetwork, subnet: Subnet) -> Tags:
    """The tags as the rules on a subnet see them.

    `VirtualNetwork` is the own address space, that of peered networks, and the host's address. It
    may be more where routes lead elsewhere, and anything where a network is not in the templates,
    a virtual network gateway may bring another one in, or a range is unknown (REACHABILITY 8).
    """
    always = known_ranges(tag_prefixes(_NETWORK))
    sure, may = _own(azure, subnet.network)
    for peering in azure.all(Peering):
        if same_id(peering.network, subnet.network) and peering.access is not False:
            theirs, perhaps = _own(azure, peering.remote)
            if azure.find(Network, peering.remote) is None and peering.connected:
                theirs = perhaps = known_ranges(peering.remote_prefixes)
            sure += theirs if _stands(azure, peering) else ()
            may += perhaps if peering.uses_gateway is False else EVERYWHERE
    may += tuple(_routed(azure, subnet.route_table))
    network = Span(merged(sure + always), merged(sure + may + always))
    balancer = merged(known_ranges(tag_prefixes(_BALANCER)))
    return Tags(
        {
            _NETWORK.lower(): network,
            _BALANCER.lower(): Span(balancer, balancer),
            _INTERNET.lower(): Span(without(network.may), without(network.sure)),
        }
    )


def _own(azure: AzureNetwork, id: str) -> tuple[Ranges, Ranges]:
    """The address space of a network for sure, and what it may be."""
    network = azure.find(Network, id)
    if network is None:
        return (), EVERYWHERE
    found = [ranges_of(p) if isinstance(p, str) else None for p in network.prefixes]
    sure = tuple(r for ranges in found for r in ranges or ())
    subnets = (s for s in azure.all(Subnet) if same_id(s.network, id))
    joined = any(s.id.lower().endswith(f"/{_GATEWAYS}") for s in subnets)
    return sure, EVERYWHERE if None in found or joined or not found else sure


def _stands(azure: AzureNetwork, peering: Peering) -> bool:
    """A peering connects once both sides have made it."""
    if peering.state is not None:
        return peering.connected
    theirs = (p for p in azure.all(Peering) if same_id(p.network, peering.remote))
    back = (p for p in theirs if same_id(p.remote, peering.network))
    return any(
        all(p.access is True and p.maybe is None for p in (peering, other)) for other in back
    )


def _routed(azure: AzureNetwork, table: str) -> Iterator[Range]:
    """Ranges of user-defined routes, which the tag may contain."""
    known = azure.routes(table)
    for route in known:
        yield from ranges_of(str(route.prefix)) or EVERYWHERE
    if table and not known:
        yield from EVERYWHERE


def is_tag(prefix: object) -> bool:
    """The prefix of a route is a service tag: all it holds are public addresses of Azure."""
    return isinstance(prefix, str) and ranges_of(prefix) is None


@cache
def private() -> Ranges:
    """The private addresses."""
    return known_ranges(private_ranges())


def merged(ranges: Iterable[Range]) -> Ranges:
    """The ranges in order, those that touch as one."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            first, last = found[-1][0], max(last, found.pop()[1])
        found.append((first, last))
    return tuple(found)


def without(ranges: Iterable[Range]) -> Ranges:
    """Every other address."""
    at, found = 0, []
    for first, last in merged(ranges):
        found += [(at, first - 1)] if first > at else []
        at = last + 1
    return (*found, *([(at, LAST_ADDRESS)] if at <= LAST_ADDRESS else []))


def intersected(one: Iterable[Range], other: Iterable[Range]) -> Ranges:
    """The addresses that both have."""
    return without((*without(one), *without(other)))
