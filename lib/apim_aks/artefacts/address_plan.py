"""Who gets which addresses: subnets, ranges inside the cluster, and fixed load-balancer addresses.

The same workload always gets the same plan. It is checked for size, for overlap, against ranges
that the reader names as taken and against those that AKS keeps for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network
from typing import Literal

from apim_aks.errors import InputError
from apim_aks.facts import AddressRow, address_row, address_rows, network_mode
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Component, Exposure, Kind
from apim_aks.workload.model import Workload

GATEWAY_SUBNET, TAKEN = "gateway_subnet", "taken_address_ranges"


@dataclass(frozen=True, slots=True)
class AddressRange:
    """A range with an owner; `place` is the network, or the inside of the cluster."""

    id: str
    name: str
    label: str
    prefix: str
    place: Literal["network", "cluster"]
    because: str

    @property
    def last(self) -> str:
        """The last address that Azure leaves, far from those that it gives out by itself."""
        return str(IPv4Network(self.prefix)[-1 - _number("subnet-last")])

    @property
    def usable(self) -> int:
        """How many addresses are left when Azure has taken its own."""
        kept = _number("subnet-first") + _number("subnet-last") if self.place == "network" else 0
        return IPv4Network(self.prefix).num_addresses - kept


@dataclass(frozen=True, slots=True)
class LoadBalancerAddress:
    """The fixed address on which an internal load balancer serves a component."""

    component: str
    host: str
    address: str
    subnet: str


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """A public address that exists before its load balancer does, and its DNS label."""

    component: str
    name: str
    dns_label: str
    host: str


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """The network, its subnets, the ranges inside the cluster and every fixed address.

    What an existing cluster already has (nodes, pods, Services) is not in the plan; the subnet of
    an existing API Management is, as the reader gives it.
    """

    network: str
    ranges: tuple[AddressRange, ...]
    dns_service: str
    load_balancers: tuple[LoadBalancerAddress, ...]
    public_addresses: tuple[PublicAddress, ...]

    def range(self, id: str) -> AddressRange | None:
        """The range of this id: a row of data/address_plan.csv."""
        return next((r for r in self.ranges if r.id == id), None)

    def load_balancer(self, component: str) -> LoadBalancerAddress | None:
        """The fixed private address of this component, if it has one."""
        return next((a for a in self.load_balancers if a.component == component), None)

    def public_address(self, component: str) -> PublicAddress | None:
        """The public address of this component, if it has one."""
        return next((a for a in self.public_addresses if a.component == component), None)


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
    dns = str(IPv4Network(services.prefix)[_number("dns-service")]) if services else ""
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
            f"azure.{GATEWAY_SUBNET} is missing; expected the address range of the subnet of the "
            f"existing API Management {there.name}, since back ends admit no other caller."
        )
    row, subnet = address_row("gateway"), str(_range(prefix, f"azure.{GATEWAY_SUBNET}"))
    because = f"the subnet of the existing {there.name}, as azure.{GATEWAY_SUBNET} gives it"
    return (AddressRange(row.id, "", row.label, subnet, "network", because),)


def _taken(workload: Workload) -> tuple[tuple[str, IPv4Network], ...]:
    azure = workload.azure
    own = (azure.gateway_subnet,) if azure.gateway_subnet else ()
    named = {f"azure.{GATEWAY_SUBNET}": own, f"azure.{TAKEN}": azure.taken_address_ranges}
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
            f"{place}: {text!r} is no IPv4 range ({error}); expected one such as 10.40.0.0/16."
        ) from None


def _network(workload: Workload, taken: Sequence[tuple[str, IPv4Network]]) -> IPv4Network:
    there = workload.azure.existing.network
    given = workload.azure.address_space
    if not given:
        if there:
            raise InputError(
                f"azure.address_space is missing; expected the free part of the existing network "
                f"{there.name}, in which the new subnets go."
            )
        return _first_free(address_row("network"), [n for _, n in taken])
    space = _range(given, "azure.address_space")
    for place, other in taken:
        if not there and space.overlaps(other):
            raise InputError(
                f"azure.address_space {space} touches {other} ({place}); "
                "expected a range that nothing else uses."
            )
    return space


def _first_free(row: AddressRow, used: Sequence[IPv4Network]) -> IPv4Network:
    for candidate in map(IPv4Network, row.candidates):
        if not any(candidate.overlaps(u) for u in used):
            return candidate
    raise InputError(
        f"No range is left for {row.label}: {', '.join(row.candidates)} all touch "
        "azure.address_space, azure.taken_address_ranges or a range that AKS keeps; "
        "expected one of them to be free."
    )


def subnets(drawn: Drawn) -> tuple[AddressRange, ...]:
    """The new subnets alone, which need no word of an existing API Management (`address_plan`)."""
    taken = _taken(drawn.workload)
    network = _network(drawn.workload, taken)
    wanted = _wanted(drawn)
    used = [n for _, n in taken]
    for sizes in ([w.size for w in wanted], [w.smallest for w in wanted]):
        found = _fitted(network, tuple(sizes), tuple(used))
        if found:
            return tuple(
                AddressRange(w.row.id, w.row.name, w.row.label, str(n), "network", w.row.because)
                for w, n in zip(wanted, found, strict=True)
            )
    needed = 32 - (sum(2 ** (32 - w.smallest) for w in wanted) - 1).bit_length()
    words = ", ".join(f"{w.row.name} /{w.smallest}" for w in wanted)
    raise InputError(
        f"azure.address_space {network} has no room for {words}; "
        f"expected at least a /{needed} that nothing else uses."
    )


def _wanted(drawn: Drawn) -> tuple[_Wanted, ...]:
    mode = network_mode(drawn.option.mode)
    private = len(_private(drawn))
    rows = [r for r in address_rows() if r.kind == "subnet"]
    return tuple(
        _size(row, mode.subnet_advised, mode.subnet_minimum, private)
        for row in rows
        if not (row.id == "nodes" and drawn.workload.azure.existing.cluster)
        and not (row.id == "gateway" and not _new_gateway_inside(drawn))
        and not (row.id == "ingress" and not private)
        and not (row.id == "edge" and not drawn.topology.of_kind(Kind.EDGE))
    )


def _new_gateway_inside(drawn: Drawn) -> bool:
    return drawn.option.inside_network and not drawn.workload.azure.existing.api_management


def _size(row: AddressRow, advised: str, minimum: str, private: int) -> _Wanted:
    size, smallest = row.prefix_length or 32, row.smallest or row.prefix_length or 32
    if row.id == "gateway":
        size = int(advised[1:]) if advised else size
        smallest = int(minimum[1:]) if minimum else size
    if row.id == "ingress":
        kept = _number("subnet-first") + _number("subnet-last")
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
    prefix, first = IPv4Network(subnet.prefix), _number("subnet-first")
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


def _number(id: str) -> int:
    return address_row(id).number or 0
