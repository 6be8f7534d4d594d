"""What reads a resource of each type: its properties in, values of the network out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apim_aks.facts.templates import peering_default
from apim_aks.reachability.templates.fronts import (
    application_gateway,
    bastion,
    front_door_origin,
    interface,
    load_balancer,
)
from apim_aks.reachability.templates.network_values import (
    Held,
    NatGateway,
    Network,
    Peering,
    PrivateEndpoint,
    PublicAddress,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
    Subnet,
    Zone,
    ZoneGroup,
    ZoneLink,
    ZoneRecord,
)
from apim_aks.reachability.templates.platforms import api_management, back_end, managed_cluster
from apim_aks.reachability.templates.properties import Properties
from apim_aks.reachability.templates.resources import Resource

_OWN_ADDRESS = re.compile(r"<(/subscriptions/[^>]*(?:<[^>]*>[^>]*)*)>\.privateIPAddresses\.\d+")
"""What a template says where it wants the address that Azure gives to another resource."""


def _network(resource: Resource, told: Properties) -> Iterator[Held]:
    yield Network(
        id=resource.id,
        origin=resource.origin,
        prefixes=told.texts("addressSpace.addressPrefixes"),
        dns_servers=told.texts("dhcpOptions.dnsServers"),
    )
    for name, inner in told.named("subnets"):
        yield _subnet_of(resource, f"{resource.id}/subnets/{name}", inner)
    for name, inner in told.named("virtualNetworkPeerings"):
        yield _peering_of(resource, f"{resource.id}/virtualNetworkPeerings/{name}", inner)


def _above(id: str) -> str:
    """The id of the resource that a child resource belongs to."""
    return id.rsplit("/", 2)[0]


def _subnet(resource: Resource, told: Properties) -> Iterator[Held]:
    yield _subnet_of(resource, resource.id, told)


def _subnet_of(resource: Resource, id: str, told: Properties) -> Subnet:
    return Subnet(
        id=id,
        origin=resource.origin,
        network=_above(id),
        prefixes=told.texts("addressPrefix", "addressPrefixes"),
        security_group=told.link("networkSecurityGroup"),
        route_table=told.link("routeTable"),
        nat_gateway=told.link("natGateway"),
        delegations=tuple(inner.get("serviceName") for _, inner in told.named("delegations")),
    )


def _peering(resource: Resource, told: Properties) -> Iterator[Held]:
    yield _peering_of(resource, resource.id, told)


def _peering_of(resource: Resource, id: str, told: Properties) -> Peering:
    return Peering(
        id=id,
        origin=resource.origin,
        network=_above(id),
        remote=told.link("remoteVirtualNetwork"),
        remote_prefixes=told.texts("remoteAddressSpace.addressPrefixes"),
        access=_of_peering(told, "allowVirtualNetworkAccess"),
        forwarded=_of_peering(told, "allowForwardedTraffic"),
        uses_gateway=_of_peering(told, "useRemoteGateways"),
        state=told.get("peeringState"),
    )


def _of_peering(told: Properties, name: str) -> Any:
    value = told.get(name)
    return peering_default(name) if value is None else value


def _security_group(resource: Resource, told: Properties) -> Iterator[Held]:
    yield SecurityGroup(id=resource.id, origin=resource.origin)
    for name, inner in told.named("securityRules"):
        yield _rule_of(resource, f"{resource.id}/securityRules/{name}", inner)


def _rule(resource: Resource, told: Properties) -> Iterator[Held]:
    yield _rule_of(resource, resource.id, told)


def _rule_of(resource: Resource, id: str, told: Properties) -> SecurityRule:
    return SecurityRule(
        id=id,
        origin=resource.origin,
        group=_above(id),
        priority=told.get("priority"),
        direction=told.get("direction"),
        access=told.get("access"),
        protocol=told.get("protocol"),
        sources=told.texts("sourceAddressPrefix", "sourceAddressPrefixes"),
        source_ports=told.texts("sourcePortRange", "sourcePortRanges"),
        source_groups=told.links("sourceApplicationSecurityGroups"),
        destinations=told.texts("destinationAddressPrefix", "destinationAddressPrefixes"),
        ports=told.texts("destinationPortRange", "destinationPortRanges"),
        destination_groups=told.links("destinationApplicationSecurityGroups"),
    )


def _route_table(resource: Resource, told: Properties) -> Iterator[Held]:
    off = told.get("disableBgpRoutePropagation")
    yield RouteTable(id=resource.id, origin=resource.origin, no_gateway_routes=off)
    for name, inner in told.named("routes"):
        yield _route_of(resource, f"{resource.id}/routes/{name}", inner)


def _route(resource: Resource, told: Properties) -> Iterator[Held]:
    yield _route_of(resource, resource.id, told)


def _route_of(resource: Resource, id: str, told: Properties) -> Route:
    return Route(
        id=id,
        origin=resource.origin,
        table=_above(id),
        prefix=told.get("addressPrefix"),
        hop=told.get("nextHopType"),
        hop_address=told.get("nextHopIpAddress"),
    )


def _public_address(resource: Resource, told: Properties) -> Iterator[Held]:
    yield PublicAddress(
        id=resource.id,
        origin=resource.origin,
        address=told.get("ipAddress"),
        label=told.get("dnsSettings.domainNameLabel"),
        location=resource.location,
    )


def _nat_gateway(resource: Resource, told: Properties) -> Iterator[Held]:
    links = told.links("publicIpAddresses")
    yield NatGateway(id=resource.id, origin=resource.origin, public_addresses=links)


def _endpoint(resource: Resource, told: Properties) -> Iterator[Held]:
    connections = [
        inner
        for list in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
        for _, inner in told.named(list)
    ]
    yield PrivateEndpoint(
        id=resource.id,
        origin=resource.origin,
        subnet=told.link("subnet"),
        targets=tuple(str(c.get("privateLinkServiceId")) for c in connections),
        groups=tuple(g for c in connections for g in c.texts("groupIds")),
    )


def _zone_group(resource: Resource, told: Properties) -> Iterator[Held]:
    zones = [str(i.get("privateDnsZoneId")) for _, i in told.named("privateDnsZoneConfigs")]
    yield ZoneGroup(
        id=resource.id,
        origin=resource.origin,
        endpoint=_above(resource.id),
        zones=tuple(zones),
    )


def _zone(resource: Resource, told: Properties) -> Iterator[Held]:
    yield Zone(id=resource.id, origin=resource.origin, name=resource.name)


def _zone_link(resource: Resource, told: Properties) -> Iterator[Held]:
    network = told.link("virtualNetwork")
    zone = _above(resource.id)
    yield ZoneLink(id=resource.id, origin=resource.origin, zone=zone, network=network)


def _zone_record(resource: Resource, told: Properties) -> Iterator[Held]:
    addresses = [item.get("ipv4Address") for item in told.items("aRecords")]
    owned = [_OWN_ADDRESS.fullmatch(str(address)) for address in addresses]
    yield ZoneRecord(
        id=resource.id,
        origin=resource.origin,
        zone=_above(resource.id),
        name=resource.name.rpartition("/")[2],
        addresses=tuple(a for a, owner in zip(addresses, owned, strict=True) if not owner),
        owners=tuple(owner[1] for owner in owned if owner),
    )


Reader = Callable[[Resource, Properties], Iterator[Held]]

_NETWORK: Mapping[str, Reader] = {
    "virtualNetworks": _network,
    "virtualNetworks/subnets": _subnet,
    "virtualNetworks/virtualNetworkPeerings": _peering,
    "networkSecurityGroups": _security_group,
    "networkSecurityGroups/securityRules": _rule,
    "routeTables": _route_table,
    "routeTables/routes": _route,
    "publicIPAddresses": _public_address,
    "natGateways": _nat_gateway,
    "privateEndpoints": _endpoint,
    "privateEndpoints/privateDnsZoneGroups": _zone_group,
    "privateDnsZones": _zone,
    "privateDnsZones/virtualNetworkLinks": _zone_link,
    "privateDnsZones/A": _zone_record,
    "networkInterfaces": interface,
    "bastionHosts": bastion,
    "loadBalancers": load_balancer,
    "applicationGateways": application_gateway,
}

READERS: Mapping[str, Reader] = {
    "microsoft.cdn/profiles/origingroups/origins": front_door_origin,
    **{f"microsoft.network/{type.lower()}": reader for type, reader in _NETWORK.items()},
    "microsoft.apimanagement/service": api_management,
    "microsoft.apimanagement/service/backends": back_end,
    "microsoft.containerservice/managedclusters": managed_cluster,
}
"""By resource type in small letters: what reads a resource of it."""
