"""Who gets which addresses: subnets, ranges inside the cluster, and fixed load-balancer addresses.

The same workload always gets the same plan. It is checked for size, for overlap, against ranges
that the reader names as taken and against those that AKS keeps for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network

from apim_aks.artefacts.addresses import (
    AddressPlan,
    AddressRange,
    LoadBalancerAddress,
    PublicAddress,
)
from apim_aks.errors import InputError
from apim_aks.facts import AddressRow, address_number, address_row, address_rows, network_mode
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Component, Exposure, Kind
from apim_aks.workload.model import Workload

GATEWAY_SUBNET, TAKEN, HUB = "gateway_subnet", "taken_address_ranges", "hub_address_space"
BESIDE_GATEWAY = ("gateway", "endpoints", "edge")
"""The subnets of the gateway and of what stands in front of it: they are in one network."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    row: AddressRow
    size: int
    smallest: int


def address_plan(drawn: Drawn) -> AddressPlan:
    """The addresses of this placement.

    Raises:
        InputError: a range is no IPv4 range, touches a taken one, is too small, or is missing.
    """
    gateway = _existing_gateway(drawn)
    taken = _taken(drawn.workload)
    network = _network(drawn.workload, taken)
    within = (*subnets(drawn), *gateway)
    cluster = () if drawn.workload.azure.existing.cluster else _cluster_ranges(network, taken)
    services = next((r for r in cluster if r.id == "services"), None)
    dns = str(IPv4Network(services.prefix)[address_number("dns-service")]) if services else ""
    return AddressPlan(
        str(network),
        (*within, *cluster),
        dns,
        _load_balancers(drawn, next((r for r in within if r.id == "ingress"), None)),
        _public_addresses(drawn),
    )


def _existing_gateway(drawn: Drawn) -> tuple[AddressRange, ...]:
    """The subnet of an existing API Management: nobody but the reader knows where it stands."""
    there = drawn.workload.azure.existing.api_management
    if not drawn.option.inside_network or not there:
        return ()
    prefix = drawn.workload.azure.gateway_subnet
    if not prefix:
        raise InputError(
            f"azure.{GATEWAY_SUBNET} is missing. Give the address range of the subnet of the "
            f"existing API Management {there.name}, since back ends admit no other caller."
        )
    row, subnet = address_row("gateway"), str(_range(prefix, f"azure.{GATEWAY_SUBNET}"))
    because = f"the subnet of the existing {there.name}, as azure.{GATEWAY_SUBNET} gives it"
    return (AddressRange(row.id, "", row.label, subnet, "network", because),)


def _taken(workload: Workload) -> tuple[tuple[str, IPv4Network], ...]:
    azure = workload.azure
    own = (azure.gateway_subnet,) if azure.gateway_subnet else ()
    hub = (azure.hub_address_space,) if azure.hub_address_space else ()
    named = {f"azure.{GATEWAY_SUBNET}": own, f"azure.{TAKEN}": azure.taken_address_ranges}
    named |= {f"azure.{HUB}": hub}
    reserved = [r.candidates[0] for r in address_rows() if r.kind == "reserved"]
    return (
        *((key, _range(t, key)) for key, ranges in named.items() for t in ranges),
        *((f"the range {r} that AKS keeps", IPv4Network(r)) for r in reserved),
    )


def _range(text: str, place: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise InputError(
            f"{place}: {text!r} is not an IPv4 range ({error}). Use a range such as 10.40.0.0/16."
        ) from None


def _network(workload: Workload, taken: Sequence[tuple[str, IPv4Network]]) -> IPv4Network:
    there = workload.azure.existing.network
    given = workload.azure.address_space
    if not given:
        if there:
            raise InputError(
                f"azure.address_space is missing. Give the free part of the existing network "
                f"{there.name}, in which the new subnets go."
            )
        return _first_free(address_row("network"), [n for _, n in taken])
    space = _range(given, "azure.address_space")
    for place, other in taken:
        if not there and space.overlaps(other):
            raise InputError(
                f"azure.address_space {space} overlaps {other} ({place}). "
                "Use a range that nothing else uses."
            )
    return space


def _first_free(row: AddressRow, used: Sequence[IPv4Network]) -> IPv4Network:
    for candidate in map(IPv4Network, row.candidates):
        if not any(candidate.overlaps(u) for u in used):
            return candidate
    raise InputError(
        f"No range is left for {row.label}: {', '.join(row.candidates)} all touch "
        "azure.address_space, azure.taken_address_ranges or a range that AKS keeps. "
        "Free one of them."
    )


def subnets(drawn: Drawn) -> tuple[AddressRange, ...]:
    """The new subnets alone, which need no word of an existing API Management (`address_plan`)."""
    taken = _taken(drawn.workload)
    network = _network(drawn.workload, taken)
    used = tuple(n for _, n in taken)
    own = _placed(_wanted(drawn), network, used, "address_space")
    return (*own, *_in_hub(drawn, network))


def _in_hub(drawn: Drawn, network: IPv4Network) -> tuple[AddressRange, ...]:
    """The gateway's subnet and those in front of it, in the part of the hub that is free."""
    azure = drawn.workload.azure
    if not _goes_to_hub(drawn):
        return ()
    hub = _range(azure.hub_address_space, f"azure.{HUB}")
    if hub.overlaps(network):
        raise InputError(
            f"azure.{HUB} {hub} overlaps azure.address_space {network}. Use ranges "
            "that do not overlap, since the two networks are peered."
        )
    endpoint = bool(drawn.topology.of_kind(Kind.PRIVATE_ENDPOINT))
    needed = {"endpoints": endpoint, "edge": bool(drawn.topology.of_kind(Kind.EDGE))}
    rows = (address_row(id) for id in BESIDE_GATEWAY if needed.get(id, True))
    return _placed(tuple(_of_mode(row, drawn) for row in rows), hub, (), HUB)


def _goes_to_hub(drawn: Drawn) -> bool:
    return drawn.workload.azure.gateway_network == "hub" and _new_gateway_inside(drawn)


def _placed(
    wanted: tuple[_Wanted, ...], space: IPv4Network, used: tuple[IPv4Network, ...], key: str
) -> tuple[AddressRange, ...]:
    """Ranges of this space, as large as wanted or else as small as they may be."""
    for sizes in ([w.size for w in wanted], [w.smallest for w in wanted]):
        found = _fitted(space, tuple(sizes), used)
        if found:
            return tuple(
                AddressRange(w.row.id, w.row.name, w.row.label, str(n), "network", w.row.because)
                for w, n in zip(wanted, found, strict=True)
            )
    needed = 32 - (sum(2 ** (32 - w.smallest) for w in wanted) - 1).bit_length()
    words = ", ".join(f"{w.row.name} /{w.smallest}" for w in wanted)
    raise InputError(
        f"azure.{key} {space} has no room for {words}. "
        f"Use at least a /{needed} that nothing else uses."
    )


def _wanted(drawn: Drawn) -> tuple[_Wanted, ...]:
    away = BESIDE_GATEWAY if _goes_to_hub(drawn) else ()
    private = len(_private(drawn))
    rows = [r for r in address_rows() if r.kind == "subnet"]
    return tuple(
        _of_mode(row, drawn)
        for row in rows
        if not (row.id == "nodes" and drawn.workload.azure.existing.cluster)
        and row.id not in away
        and not (row.id == "gateway" and not _new_gateway_inside(drawn))
        and not (row.id == "ingress" and not private)
        and not (row.id == "edge" and not drawn.topology.of_kind(Kind.EDGE))
    )


def _new_gateway_inside(drawn: Drawn) -> bool:
    return drawn.option.inside_network and not drawn.workload.azure.existing.api_management


def _of_mode(row: AddressRow, drawn: Drawn) -> _Wanted:
    mode = network_mode(drawn.option.mode)
    return _size(row, mode.subnet_advised, mode.subnet_minimum, len(_private(drawn)))


def _size(row: AddressRow, advised: str, minimum: str, private: int) -> _Wanted:
    size, smallest = row.prefix_length or 32, row.smallest or row.prefix_length or 32
    if row.id == "gateway":
        size = int(advised[1:]) if advised else size
        smallest = int(minimum[1:]) if minimum else size
    if row.id == "ingress":
        kept = address_number("subnet-first") + address_number("subnet-last")
        holding = 32 - (private + kept - 1).bit_length()
        size, smallest = min(size, holding), min(smallest, holding)
    return _Wanted(row, size, smallest)


@lru_cache(maxsize=64)
def _fitted(
    network: IPv4Network, sizes: tuple[int, ...], used: tuple[IPv4Network, ...]
) -> tuple[IPv4Network, ...]:
    busy, found = list(used), []
    for size in sizes:
        pieces = network.subnets(new_prefix=size) if size >= network.prefixlen else iter(())
        piece = next((p for p in pieces if not any(p.overlaps(b) for b in busy)), None)
        if piece is None:
            return ()
        busy.append(piece)
        found.append(piece)
    return tuple(found)


@lru_cache(maxsize=64)
def _cluster_ranges(
    network: IPv4Network, taken: tuple[tuple[str, IPv4Network], ...]
) -> tuple[AddressRange, ...]:
    used, found = [network, *(n for _, n in taken)], []
    for row in (r for r in address_rows() if r.kind == "cluster"):
        piece = _first_free(row, used)
        used.append(piece)
        found.append(AddressRange(row.id, row.name, row.label, str(piece), "cluster", row.because))
    return tuple(found)


def _private(drawn: Drawn) -> tuple[Component, ...]:
    """What stands behind an internal load balancer of the cluster, in a lasting order."""
    found = (
        c for c in drawn.topology.components if c.in_cluster and c.exposure is Exposure.PRIVATE
    )
    return tuple(sorted(found, key=lambda c: c.id))


def _load_balancers(drawn: Drawn, subnet: AddressRange | None) -> tuple[LoadBalancerAddress, ...]:
    if subnet is None:
        return ()
    hosts = {n.component: n.name for n in drawn.topology.names}
    prefix, first = IPv4Network(subnet.prefix), address_number("subnet-first")
    return tuple(
        LoadBalancerAddress(c.id, hosts.get(c.id, ""), str(prefix[first + place]), subnet.name)
        for place, c in enumerate(_private(drawn))
    )


def _public_addresses(drawn: Drawn) -> tuple[PublicAddress, ...]:
    hosts = {n.component: n.name for n in drawn.topology.names if not n.private}
    entries = drawn.topology.of_kind(Kind.TOKEN_PROXY, Kind.INGRESS, Kind.GATEWAY)
    return tuple(
        PublicAddress(c.id, f"pip-{label}", label, hosts[c.id])
        for c in entries
        if c.public and c.in_cluster and c.id in hosts
        for label in (hosts[c.id].partition(".")[0],)
    )
