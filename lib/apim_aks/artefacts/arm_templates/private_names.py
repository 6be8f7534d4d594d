"""Private zones: one for each exact name, the A record at its apex, a link to each network."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.artefacts.addresses import LoadBalancerAddress
from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    Json,
    parameter,
    reference,
    resource_id,
)
from apim_aks.artefacts.arm_templates.network import gateway_network_id, network_id
from apim_aks.artefacts.arm_templates.resource import TAGS, Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.facts import api_version, arm_defaults
from apim_aks.topology import Kind
from apim_aks.workload.model import Consumer

ZONES = "Microsoft.Network/privateDnsZones"
ENDPOINT_ZONE = "privatelink.azure-api.net"
_EVERYWHERE: Json = {"location": "global"}


def gateway_names(site: Site) -> tuple[str, ...]:
    """The private names of the gateway; its address is known once it is deployed."""
    parts = site.topology.of_kind(Kind.GATEWAY, Kind.LOAD_BALANCER)
    gates = {c.id for c in parts if not c.in_cluster}
    found = [n.name for n in site.topology.names if n.private and n.component in gates]
    own = site.host_name
    return (*found, own) if found and own else tuple(found)


def private_zones(site: Site) -> tuple[Resource, ...]:
    """The zones of back ends and edge with their A records, and those of the gateway without."""
    if not site.networked:
        return ()
    mine = () if site.existing.api_management else gateway_names(site)
    shared = (ENDPOINT_ZONE,) if site.endpoint else ()
    return (
        *(r for a in site.plan.load_balancers if a.host for r in _fixed(a, site)),
        *(r for host, address in edge_names(site) for r in _edge(host, address, site)),
        *(r for name in mine for r in (*_zone(name, site), *_consumer_links(name, site))),
        *(r for name in shared for r in (*_zone(name, site), *_consumer_links(name, site))),
    )


def _fixed(address: LoadBalancerAddress, site: Site) -> tuple[Resource, ...]:
    """The name of a load balancer of the cluster; consumers ask for that of a gateway there."""
    gateway = site.topology.self_hosted
    called = gateway is not None and address.component == gateway.id
    made = _backend(address.host, address.address, site)
    return (*made, *_consumer_links(address.host, site)) if called else made


def _backend(host: str, address: str, site: Site) -> tuple[Resource, ...]:
    return (*_zone(host, site), a_record(site, host, address))


def edge_names(site: Site) -> tuple[tuple[str, str], ...]:
    """The private name of the edge with its address, where it listens inside the network."""
    if site.edge is None or site.edge.public:
        return ()
    return ((site.name_of(site.edge.id), site.range("edge").last),)


def _edge(host: str, address: str, site: Site) -> tuple[Resource, ...]:
    return (*_backend(host, address, site), *_consumer_links(host, site))


def _zone(name: str, site: Site) -> tuple[Resource, ...]:
    body = {**_EVERYWHERE, **TAGS, "properties": {}}
    zone = Resource(type=ZONES, names=(name,), body=body, group=site.zones_group)
    own = (("gateway", gateway_network_id(site)),) if site.apart else ()
    networks = (("cluster", network_id(site)), *own)
    made = () if site.in_hub and name == ENDPOINT_ZONE else (zone,)
    return (*made, *(_link(site, name, label, id) for label, id in networks))


def _link(site: Site, zone: str, label: str, network: Code) -> Resource:
    properties = {"registrationEnabled": False, "virtualNetwork": {"id": network.value}}
    return Resource(
        type=f"{ZONES}/virtualNetworkLinks",
        names=(zone, label),
        body={**_EVERYWHERE, "properties": properties},
        needs=(zone_id(site, zone), network),
        group=site.zones_group,
    )


def _consumer_links(zone: str, site: Site) -> tuple[Resource, ...]:
    """Links to the networks of peered consumers, as many as the deployer names."""
    if Consumer.PEERED_VNET not in site.workload.consumers:
        return ()
    listed = parameter("consumerNetworks")
    network = Code(f"{listed}[copyIndex()]")
    made = _link(site, zone, "consumers", network)
    return (
        Resource(
            type=made.type,
            names=(zone, Code("format('consumers-{0}', copyIndex())")),
            body={
                **made.body,
                "copy": {
                    "name": f"links-{zone.replace('.', '-')}",
                    "count": Code(f"length({listed})").value,
                },
            },
            needs=(zone_id(site, zone),),
            group=site.zones_group,
        ),
    )


def zone_id(site: Site, zone: str) -> Code:
    """The id of a private zone."""
    return resource_id(ZONES, (zone,), site.zones_group)


def a_record(site: Site, zone: str, address: str) -> Resource:
    """The A record of a zone's own name."""
    properties = {
        "ttl": arm_defaults().record_seconds,
        "aRecords": [{"ipv4Address": address}],
    }
    return Resource(
        type=f"{ZONES}/A",
        names=(zone, "@"),
        body={"properties": properties},
        needs=(zone_id(site, zone),),
        group=site.zones_group,
    )


def gateway_a_records(site: Site) -> tuple[Resource, ...]:
    """The A records of the gateway's own names, with the address that it got."""
    if site.existing.api_management or site.mode.gateway == "public":
        return ()
    gateway = resource_id(SERVICE, (parameter("gatewayName"),))
    address = reference(gateway, api_version(SERVICE, site.preview), "privateIPAddresses[0]")
    made = (a_record(site, name, address.value) for name in gateway_names(site))
    return tuple(replace(r, needs=(*r.needs, gateway)) for r in made)
