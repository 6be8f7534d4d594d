"""Ways out of the network: route tables of subnets, and the NAT gateway of outbound calls."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.expressions import Code, Json, resource_id
from apim_aks.artefacts.arm_templates.public_address import address, address_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.facts.egress import RouteRow, route_rows
from apim_aks.options.egress import NAT, routes

TABLES = "Microsoft.Network/routeTables"
NAT_GATEWAYS = "Microsoft.Network/natGateways"
NAT_NAME, NAT_ADDRESS = "nat-apim", "pip-nat"
HOPS = {"firewall": "VirtualAppliance", "Internet": "Internet"}


def subnet_routes(site: Site, subnet: str) -> tuple[RouteRow, ...]:
    """The rows of the route table of a subnet of ours; without any it has no table."""
    return routes(site.workload, site.topology, subnet)


def ways_out(site: Site, subnets: tuple[str, ...]) -> Iterator[Resource]:
    """The route tables of these subnets, and the NAT gateway with its address."""
    for subnet in subnets:
        if rows := subnet_routes(site, subnet):
            yield _table(site, subnet, rows)
    if nat_made(site):
        yield address(NAT_ADDRESS, because="Calls of the gateway to the internet come from here")
        yield _nat()


def leaving(site: Site, subnet: str) -> Json:
    """What ties a subnet to its way out."""
    table = {"routeTable": {"id": table_id(subnet).value}} if subnet_routes(site, subnet) else {}
    nat = {"natGateway": {"id": nat_id().value}} if _nat_of(site, subnet) else {}
    return {**table, **nat}


def leaving_needs(site: Site, subnet: str) -> tuple[Code, ...]:
    """The ids of what `leaving` names."""
    table = (table_id(subnet),) if subnet_routes(site, subnet) else ()
    return (*table, *((nat_id(),) if _nat_of(site, subnet) else ()))


def tunnelled(site: Site) -> bool:
    """The platform of an injected gateway would meet the firewall: a route keeps its own way."""
    return any(row.hop == "Internet" for row in subnet_routes(site, "gateway"))


def needs_own_way(site: Site) -> bool:
    """The platform would be cut off by a default route to a firewall, if there is one."""
    rows = (row for row in route_rows() if row.subnet == "gateway" and row.hop == "Internet")
    return any(site.topology.mode in row.modes for row in rows)


def nat_made(site: Site) -> bool:
    """A NAT gateway stands at the subnet of a new gateway's calls."""
    drawn = any(c.id == NAT for c in site.topology.components)
    return drawn and site.existing.api_management is None


def _nat_of(site: Site, subnet: str) -> bool:
    return subnet == "gateway" and nat_made(site)


def table_name(subnet: str) -> str:
    """The name of the route table of a subnet of ours."""
    return "rt-apim" if subnet == "gateway" else f"rt-{subnet}"


def table_id(subnet: str) -> Code:
    """The id of the route table of a subnet."""
    return resource_id(TABLES, (table_name(subnet),))


def nat_id() -> Code:
    """The id of the NAT gateway."""
    return resource_id(NAT_GATEWAYS, (NAT_NAME,))


def _table(site: Site, subnet: str, rows: tuple[RouteRow, ...]) -> Resource:
    """Routes that a gateway of the network brings stay out where a row demands nothing else."""
    written = [_route(row, site.azure.firewall_address) for row in rows if row.prefix]
    properties = {"disableBgpRoutePropagation": not written, "routes": written}
    return Resource(
        type=TABLES,
        names=(table_name(subnet),),
        body={**LOCATION, **TAGS, "properties": properties},
        because="; ".join(row.because for row in rows),
    )


def _route(row: RouteRow, firewall: str) -> Json:
    at = {"nextHopIpAddress": firewall} if row.hop == "firewall" else {}
    properties = {"addressPrefix": row.prefix, "nextHopType": HOPS[row.hop], **at}
    return {"name": row.id, "properties": properties}


def _nat() -> Resource:
    properties = {"publicIpAddresses": [{"id": address_id(NAT_ADDRESS).value}]}
    return Resource(
        type=NAT_GATEWAYS,
        names=(NAT_NAME,),
        body={**LOCATION, **TAGS, "sku": {"name": "Standard"}, "properties": properties},
        needs=(address_id(NAT_ADDRESS),),
        because="Without a zone Azure chooses one; that outbound calls of a v2 gateway leave by "
        "it follows from Microsoft's change log and was not tested",
    )
