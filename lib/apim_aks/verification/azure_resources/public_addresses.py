"""Public addresses: only the designed ones at the cluster and its nodes."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.edge import ADDRESS
from apim_aks.artefacts.arm_templates.foundation import GATEWAY_ADDRESS, needs_address
from apim_aks.artefacts.arm_templates.public_address import ADDRESSES
from apim_aks.artefacts.arm_templates.routes import NAT_ADDRESS, nat_made
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import (
    counted,
    each,
    few,
    gone,
    inside,
    looked,
    other,
    rows,
    said,
    same,
)
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

BALANCERS = "Microsoft.Network/loadBalancers"


def public_addresses(scene: LiveScene) -> Verdict:
    """Whether the public addresses are exactly the designed ones."""
    place = ground(scene)
    wanted = _wanted(place)
    wrong = [*each(wanted.items(), lambda one: _address(*one, place))]
    wrong += each((wanted,), lambda names: _others(names, place))
    wrong += each((place,), _cluster)
    names = f": {few(wanted)}" if wanted else ""
    entries = counted(_limit(place), "public entry", "public entries")
    made = counted(len(wanted), "designed address", "designed addresses")
    return looked(wrong, f"{made}{names}, and the cluster has {entries}")


def _wanted(place: ResourceIds) -> dict[str, str]:
    """The designed names and DNS labels; outbound addresses have no label."""
    found = {a.name: a.dns_label for a in place.site.plan.public_addresses}
    own = {GATEWAY_ADDRESS: place.site.names.gateway} if needs_address(place.site) else {}
    edge = place.site.edge
    label = place.site.names.public_host(edge.id).partition(".")[0] if edge else ""
    nat = {NAT_ADDRESS: ""} if nat_made(place.site) else {}
    return found | own | nat | ({ADDRESS: label} if edge else {})


def _address(name: str, label: str, place: ResourceIds) -> Iterator[str]:
    id = place.address(name)
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
        return
    seen = inside(found, "properties.dnsSettings.domainNameLabel")
    yield from other(f"the DNS label of {name}", seen or "", label)
    kept = inside(found, "properties.publicIPAllocationMethod")
    yield from other(f"{name}", kept, "Static")
    yield from other(f"the tier of {name}", inside(found, "sku.name"), "Standard")


def _others(wanted: dict[str, str], place: ResourceIds) -> Iterator[str]:
    known = {name.lower() for name in wanted}
    listed = place.scene.azure.children(place.home, ADDRESSES)
    if listed is None:
        yield from gone(place.home)
    for found in listed or ():
        if str(found.get("name")).lower() not in known:
            yield f"public address {said(found.get('name'))} is not designed"


def _limit(place: ResourceIds) -> int:
    """The number of cluster components that the design makes public."""
    return sum(c.in_cluster and c.public for c in place.scene.topology.components)


def _cluster(place: ResourceIds) -> Iterator[str]:
    found = place.scene.azure.resource(place.cluster)
    if found is None:
        yield from gone(place.cluster)
        return
    yield from _nodes(found)
    group = inside(found, "properties.nodeResourceGroup")
    if not isinstance(group, str) or not group:
        yield "the cluster does not say in which group its load balancers are"
    elif place.own_cluster:
        yield from _frontends(group, place)


def _nodes(cluster: Json) -> Iterator[str]:
    pools = rows(cluster, "properties.agentPoolProfiles")
    if not pools:
        yield "the cluster does not say which node pools it has"
    for pool in pools:
        if pool.get("enableNodePublicIP") is not False:
            has = "have" if pool.get("enableNodePublicIP") else "may have"
            yield f"nodes of pool {said(pool.get('name'))} {has} public addresses"


def _frontends(group: str, place: ResourceIds) -> Iterator[str]:
    """Frontends with inbound rules; those for outbound traffic alone do not count."""
    home = place.scene.azure.client.id(group)
    listed = place.scene.azure.children(home, BALANCERS)
    if listed is None:
        yield f"the resource group of the nodes does not exist: {said(group)}"
    fronts = (f for b in listed or () for f in rows(b, "properties.frontendIPConfigurations"))
    taking = [f for f in fronts if _public(f)]
    if len(taking) > _limit(place):
        yield f"{len(taking)} public frontends of the cluster take calls, designed: {_limit(place)}"
    ours = [place.address(a.name) for a in place.site.plan.public_addresses]
    strange = [f for f in taking if not any(same(_address_of(f), id) for id in ours)]
    if len(strange) > _limit(place) - len(ours):
        listed_names = said([f.get("name") for f in strange])
        yield f"a public frontend accepts calls at an address that is not designed: {listed_names}"


def _address_of(frontend: Json) -> object:
    return inside(frontend, "properties.publicIPAddress.id")


def _public(frontend: Json) -> bool:
    held = inside(frontend, "properties")
    address = inside(held, "publicIPAddress") or inside(held, "publicIPPrefix")
    takes = rows(held, "loadBalancingRules") or rows(held, "inboundNatRules")
    return bool(address and takes)
