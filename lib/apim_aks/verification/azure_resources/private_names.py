"""Private names: one zone each, an A record with the designed address, links to the networks."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from apim_aks.artefacts.arm_templates.private_names import (
    ENDPOINT_ZONE,
    edge_names,
    gateway_names,
)
from apim_aks.topology import Kind
from apim_aks.verification.answers import each, gone, inside, looked, rows, said, same, words
from apim_aks.verification.azure_resources.gateway import service
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict
from apim_aks.workload.model import Consumer

APEX = "@"


def private_names(scene: LiveScene) -> Verdict:
    """Whether every private name resolves to its designed address in each network that needs it."""
    place = ground(scene)
    wanted = tuple(_wanted(place))
    wrong = [*each(wanted, lambda one: _name(*one, place))]
    wrong += _without_address({name for name, _ in wanted}, place)
    if place.site.endpoint:
        wrong += each((place,), _endpoint)
    listed = ", ".join(f"{name} at {address}" for name, address in wanted[:3])
    more = f" and {len(wanted) - 3} more" if len(wanted) > 3 else ""
    return looked(wrong, f"{listed}{more}" if wanted else "the private endpoint's name")


def _wanted(place: ResourceIds) -> Iterator[tuple[str, str]]:
    """Names with their addresses: the planned ones, and the gateway's actual address."""
    yield from ((a.host, a.address) for a in place.site.plan.load_balancers if a.host)
    yield from edge_names(place.site)
    if place.own_gateway:
        address = _gateway_address(place)
        yield from ((name, address) for name in gateway_names(place.site))


def _without_address(known: set[str], place: ResourceIds) -> Iterator[str]:
    """Private names without an address, except those of an existing gateway."""
    parts = place.scene.topology.of_kind(Kind.GATEWAY, Kind.LOAD_BALANCER)
    gates = {c.id for c in parts if not c.in_cluster}
    endpoints = {c.id for c in place.scene.topology.of_kind(Kind.PRIVATE_ENDPOINT)}
    for name in (n for n in place.scene.topology.names if n.component not in endpoints):
        theirs = name.component in gates and not place.own_gateway
        if name.private and name.name not in known and not theirs:
            yield f"{name.name}: the design has no address for it"


def _gateway_address(place: ResourceIds) -> str:
    found = words(inside(service(place), "properties.privateIPAddresses"))
    return found[0] if found else ""


def _name(name: str, address: str, place: ResourceIds) -> Iterator[str]:
    zone = place.zone(name)
    if place.scene.azure.resource(zone) is None:
        yield f"{name}: no private zone of this name"
        return
    if not address:
        yield f"{name}: API Management reports no private address for it"
    else:
        seen = _addresses(place, zone, APEX)
        if set(seen) != {address}:
            yield f"{name} leads to {said(list(seen))}, designed: {address}"
    ours = name in (*gateway_names(place.site), *(host for host, _ in edge_names(place.site)))
    yield from _links(name, zone, place, consumers=ours)


def _addresses(place: ResourceIds, zone: str, record: str) -> tuple[str, ...]:
    found = place.scene.azure.resource(f"{zone}/A/{record}")
    return tuple(
        str(r["ipv4Address"]) for r in rows(found, "properties.aRecords") if r.get("ipv4Address")
    )


def _links(name: str, zone: str, place: ResourceIds, consumers: bool) -> Iterator[str]:
    listed = place.scene.azure.children(zone, "virtualNetworkLinks") or ()
    for network in _networks(place, consumers):
        links = [k for k in listed if same(inside(k, "properties.virtualNetwork.id"), network)]
        if not links:
            yield f"{name}: no link to {said(network)}"
        elif not any(_complete(link) for link in links):
            state = said(inside(links[0], "properties.virtualNetworkLinkState"))
            yield f"{name}: the link to {said(network)} is {state}, designed: Completed"


def _complete(link: object) -> bool:
    state, made = (
        inside(link, f"properties.{key}")
        for key in ("virtualNetworkLinkState", "provisioningState")
    )
    return same(state, "Completed") and same(made, "Succeeded")


def _networks(place: ResourceIds, consumers: bool) -> tuple[str, ...]:
    """The networks that need a name: cluster's, gateway's, and peered consumers' for its own."""
    own = (place.network, place.gateway_network)
    peered = Consumer.PEERED_VNET in place.site.workload.consumers and consumers
    given = place.answers("consumerNetworks") if peered else ()
    return tuple(dict.fromkeys((*own, *(str(n) for listed in given for n in listed))))


def _endpoint(place: ResourceIds) -> Iterator[str]:
    """The faults of the gateway's name in the zone of private endpoints."""
    zone = place.zone(ENDPOINT_ZONE)
    if place.scene.azure.resource(zone) is None:
        yield from gone(zone)
        return
    name, subnet = place.site.instance, place.site.range("endpoints").prefix
    seen = _addresses(place, zone, name)
    if not seen or not all(_in(a, subnet) for a in seen):
        yield f"{name}.{ENDPOINT_ZONE} leads to {said(list(seen))}, designed: one of {subnet}"
    yield from _links(ENDPOINT_ZONE, zone, place, consumers=True)


def _in(address: str, prefix: str) -> bool:
    try:
        return ip_address(address) in ip_network(prefix)
    except ValueError:
        return False
