"""The subnet of the gateway: its network, range, delegation and security group."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from apim_aks.artefacts.arm_templates.network import group_name, peering_names
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import gone, inside, looked, other, rows, said, same, words
from apim_aks.verification.azure_resources.gateway import service
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict


def subnet(scene: LiveScene) -> Verdict:
    """Whether the gateway is in the designed subnet, and that is as designed."""
    place = ground(scene)
    found = service(place)
    if found is None:
        return looked(gone(place.gateway), "")
    id = subnet_of(found)
    if not id:
        return looked(("API Management is in no subnet",), "")
    if place.own_gateway and not same(id, place.gateway_subnet):
        return looked(other("its subnet", id, place.gateway_subnet), "")
    there = scene.azure.resource(id)
    wrong = gone(id) if there is None else tuple(_subnet(there, place))
    wrong += tuple(_peerings(place))
    return looked(wrong, f"{said(id)} with {', '.join(prefixes(there))}")


def subnet_of(gateway: Json) -> str:
    """The id of the subnet that API Management reports; empty without one."""
    found = inside(gateway, "properties.virtualNetworkConfiguration.subnetResourceId")
    return found if isinstance(found, str) else ""


def prefixes(subnet: Json | None) -> tuple[str, ...]:
    """The address ranges of a subnet."""
    one, many = (inside(subnet, f"properties.addressPrefix{s}") for s in ("", "es"))
    return tuple(dict.fromkeys((*words(one), *words(many))))


def group_of(subnet: Json | None) -> str:
    """The id of the security group of a subnet; empty without one."""
    found = inside(subnet, "properties.networkSecurityGroup.id")
    return found if isinstance(found, str) else ""


def _subnet(found: Json, place: ResourceIds) -> Iterator[str]:
    designed = place.site.range("gateway").prefix
    seen = prefixes(found)
    if {_range(p) for p in seen} != {_range(designed)}:
        yield f"its range is {said(list(seen))}, designed: {designed}"
    yield from _delegation(found, place.site.mode.delegation)
    group = group_of(found)
    if not group:
        yield "it has no security group"
    elif place.own_gateway:
        yield from other("its security group", group, place.security_group(group_name("gateway")))


def _peerings(place: ResourceIds) -> Iterator[str]:
    """The faults of the peerings between a separate gateway network and the cluster's."""
    ends = ((place.gateway_network, place.network), (place.network, place.gateway_network))
    for near, far in ends if place.site.apart else ():
        states = [inside(p, "properties.peeringState") for p in _towards(near, far, place)]
        if not any(same(state, "Connected") for state in states):
            yield f"{said(near)} is not connected to {said(far)}: its peering is {said(states)}"


def _towards(near: str, far: str, place: ResourceIds) -> list[Json]:
    """The peerings between two networks: those of the templates, else any."""
    names = dict(
        zip((place.gateway_network, place.network), peering_names(place.site), strict=True)
    )
    ours = place.scene.azure.resource(f"{near}/virtualNetworkPeerings/{names[near]}")
    listed = [ours] if ours else place.scene.azure.children(near, "virtualNetworkPeerings") or ()
    return [p for p in listed if same(inside(p, "properties.remoteVirtualNetwork.id"), far)]


def _range(prefix: str) -> str:
    try:
        return str(ip_network(prefix, strict=False))
    except ValueError:
        return prefix


def _delegation(found: Json, wanted: str) -> Iterator[str]:
    listed = rows(found, "properties.delegations")
    seen = [said(inside(d, "properties.serviceName")) for d in listed]
    if {s.casefold() for s in seen} != ({wanted.casefold()} if wanted else set()):
        yield f"it is delegated to {said(seen)}, designed: {said(wanted)}"
