"""What stands in Azure's network, as values: who is where, behind which group, with which address.

Links are ids as texts, empty where there is none; they may lead to what no template makes. Any
other property may be `Unknown`, and None where the template does not give it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apim_aks.reachability.templates.resources import Origin
from apim_aks.reachability.templates.unknown import Unknown

Texts = tuple[Any, ...]
"""Texts, of which some may be unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Something with an id; `maybe` is what decides whether it is there, where that is unknown."""

    id: str
    origin: Origin
    maybe: Unknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Held):
    """A virtual network with its address ranges."""

    prefixes: Texts
    dns_servers: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering(Held):
    """One direction of a peering, as `network` sees `remote`; Azure alone says its `state`."""

    network: str
    remote: str
    remote_prefixes: Texts
    access: Any
    forwarded: Any
    uses_gateway: Any
    state: Any = None

    @property
    def connected(self) -> bool:
        """Whether Azure reports that both sides exist."""
        return str(self.state).lower() == "connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(Held):
    """A subnet, with what stands on it."""

    network: str
    prefixes: Texts
    security_group: str
    route_table: str
    nat_gateway: str
    delegations: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup(Held):
    """A network security group; its rules are values of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule(Held):
    """A rule of a network security group, as it is written."""

    group: str
    priority: Any
    direction: Any
    access: Any
    protocol: Any
    sources: Texts
    source_ports: Texts
    source_groups: tuple[str, ...] = ()
    destinations: Texts
    ports: Texts
    destination_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable(Held):
    """A route table; its routes are values of their own."""

    no_gateway_routes: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Held):
    """A route: where packets to a range go instead."""

    table: str
    prefix: Any
    hop: Any
    hop_address: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress(Held):
    """A public address, which Azure chooses unless it is given; `label` begins its name in DNS."""

    address: Any
    label: Any = None
    location: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway(Held):
    """A NAT gateway with the public addresses that calls come from."""

    public_addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateEndpoint(Held):
    """A private endpoint: the resources that it leads to, from a subnet."""

    subnet: str
    targets: tuple[str, ...]
    groups: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneGroup(Held):
    """The private DNS zones that a private endpoint writes its addresses into."""

    endpoint: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Held):
    """A private DNS zone."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLink(Held):
    """A private DNS zone answers in a network."""

    zone: str
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRecord(Held):
    """A name in a private DNS zone with its addresses.

    `owners` are the ids of resources whose own address stands there, which Azure chooses.
    """

    zone: str
    name: str
    addresses: Texts
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """An address under which something is reached: a public one, or one in a subnet."""

    subnet: str
    public_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fronted(Held):
    """What is reached under addresses in front: machines, Bastion, balancers, gateways.

    `kind` is the resource type, `ports` are those in front, `back_ends` are addresses behind; empty
    where the template leaves them to somebody else, such as AKS.
    """

    kind: str
    fronts: tuple[Front, ...]
    subnets: tuple[str, ...] = ()
    ports: Texts = ()
    back_ends: Texts = ()
    security_group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiManagement(Held):
    """An instance of API Management: how it is tied to a network, and its own addresses."""

    tier: Any
    mode: Any
    subnet: str
    public_access: Any
    public_address: str
    nat_gateway: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class BackEnd(Held):
    """A back end of API Management: a URL, or a pool of others by their ids; `proxy` in between."""

    name: str
    url: Any
    members: tuple[str, ...]
    proxy: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """Nodes of a cluster: where they stand, and what of them faces outward."""

    name: str
    subnet: str
    pod_subnet: str
    os: Any
    public_nodes: Any
    host_ports: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedCluster(Held):
    """A cluster of AKS: its network, what enforces policies, and what faces outward.

    `add_ons` are those that are, or may be, switched on; `mesh_ingresses` the modes of the mesh's
    ingress gateways.
    """

    plugin: Any
    plugin_mode: Any
    policy: Any
    dataplane: Any
    outbound: Any
    load_balancer: Any
    add_ons: tuple[str, ...]
    application_gateway: str
    web_routing: Any
    web_routing_front: Any
    mesh: Any
    mesh_ingresses: Texts
    pools: tuple[NodePool, ...]
    location: Any = None
