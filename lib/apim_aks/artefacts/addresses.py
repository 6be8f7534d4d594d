"""Addresses as values: ranges with an owner, fixed addresses, and the plan of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from apim_aks.facts import address_number


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
        """The last usable address, which Azure's dynamic allocation reaches last."""
        return str(IPv4Network(self.prefix)[-1 - address_number("subnet-last")])

    @property
    def usable(self) -> int:
        """How many addresses are left when Azure has taken its own."""
        held = IPv4Network(self.prefix).num_addresses
        if self.place != "network":
            return held
        return held - address_number("subnet-first") - address_number("subnet-last")


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
