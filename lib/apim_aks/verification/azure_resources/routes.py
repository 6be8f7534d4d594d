"""Outbound paths of the network: the route table of each subnet, and the NAT gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.artefacts.arm_templates.network import used_subnets
from apim_aks.artefacts.arm_templates.routes import (
    HOPS,
    NAT_GATEWAYS,
    NAT_NAME,
    TABLES,
    leaving,
    subnet_routes,
    table_name,
)
from apim_aks.facts.egress import RouteRow
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import gone, inside, looked, other, rows, said, same
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict


def routes(scene: LiveScene) -> Verdict:
    """Whether each subnet has its designed route table and routes, or the NAT gateway."""
    place = ground(scene)
    subnets = [id for id in used_subnets(place.site) if leaving(place.site, id)]
    wrong = [sentence for id in subnets for sentence in _subnet(id, place)]
    count = sum(len(subnet_routes(place.site, id)) for id in subnets)
    return looked(wrong, f"{count} designed routes, and the ways out of {len(subnets)} subnets")


def _subnet(id: str, place: ResourceIds) -> Iterator[str]:
    at = place.gateway_subnet if id == "gateway" else place.subnet(id)
    found = place.scene.azure.resource(at)
    if found is None:
        yield from gone(at)
        return
    name, designed = place.site.range(id).name, leaving(place.site, id)
    if "natGateway" in designed:
        seen = inside(found, "properties.natGateway.id")
        yield from other(f"the NAT gateway of {name}", seen, place.id(NAT_GATEWAYS, NAT_NAME))
    if "routeTable" in designed:
        wanted = place.id(TABLES, table_name(id))
        yield from other(
            f"the route table of {name}", inside(found, "properties.routeTable.id"), wanted
        )
        yield from _table(wanted, subnet_routes(place.site, id), place)


def _table(id: str, designed: tuple[RouteRow, ...], place: ResourceIds) -> Iterator[str]:
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
        return
    listed = rows(found, "properties.routes")
    for row in designed:
        if row.prefix:
            yield from _route(listed, row, place.site.azure.firewall_address)
        elif inside(found, "properties.disableBgpRoutePropagation") is not True:
            yield f"{said(id)} accepts the routes that a virtual network gateway propagates"
    known = {row.prefix for row in designed}
    for route in listed:
        if inside(route, "properties.addressPrefix") not in known:
            yield f"the route {said(route.get('name'))} of {said(id)} is not designed"


def _route(listed: Sequence[Json], row: RouteRow, firewall: str) -> Iterator[str]:
    alike = [r for r in listed if same(inside(r, "properties.addressPrefix"), row.prefix)]
    if not alike:
        yield f"the route for {row.prefix} is missing: {row.because}"
    for found in alike:
        hop = inside(found, "properties.nextHopType")
        yield from other(f"the next hop for {row.prefix}", hop, HOPS[row.hop])
        if row.hop == "firewall":
            at = inside(found, "properties.nextHopIpAddress")
            yield from other(f"the address that {row.prefix} leads to", at, firewall)
