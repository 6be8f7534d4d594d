"""Where the gateway stands: in the cluster's network, in one that is peered with it, in a hub."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.arm_templates import arm_templates, prerequisites
from apim_aks.decision.design import Design, Placement, design
from apim_aks.errors import InputError
from apim_aks.options import Setting
from apim_aks.options.drawn import Drawn, drawn
from apim_aks.page.diagram import picture
from apim_aks.topology.check import State
from apim_aks.verification import check_option
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer

INTERNAL, V2 = "vnet-internal", "v2-integration"
HUB: dict[str, Any] = {
    "gateway_network": "hub",
    "existing": ExistingResources(hub=Existing("vnet-hub", "rg-hub")),
    "hub_address_space": "10.0.8.0/24",
}
BOTH = ExistingResources(hub=Existing("vnet-hub", "rg-hub"), network=Existing("vnet-s", "rg-n"))
WAYS: dict[str, dict[str, Any]] = {"peered": {"gateway_network": "peered"}, "hub": HUB}


@cache
def standing(way: str) -> Design:
    found = read_workload("contoso-orders")
    return design(replace(found, azure=replace(found.azure, **WAYS.get(way, {}))))


def redrawn(placement: Placement, **changes: Any) -> Drawn:
    """The placement drawn for another network; nothing is ranked or proved."""
    known = {f.name: getattr(placement, f.name) for f in fields(Setting)}
    workload = placement.workload
    consumers = changes.pop("consumers", workload.consumers)
    azure = replace(workload.azure, **changes)
    given = replace(workload, azure=azure, consumers=consumers)
    return drawn(Setting(**known | {"workload": given}), placement.option)


def made(placement: Drawn) -> list[tuple[str, dict[str, Any]]]:
    """Group and resource of everything in the first stage, that in other groups too."""
    found = []
    for outer in arm_templates(placement)[0].resources:
        inner = outer["properties"].get("template", {}).get("resources", [outer])
        found += [(outer.get("resourceGroup", ""), resource) for resource in inner]
    return found


def of_type(placement: Drawn, kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(g, r) for g, r in made(placement) if r["type"].endswith(kind)]


@pytest.mark.parametrize("way", WAYS)
def test_the_gateway_gets_over_the_peering_and_nobody_else_does(way: str) -> None:
    checks = {c.id.partition(".")[2]: c for c in check_option(standing(way), INTERNAL)}
    assert checks["gateway-subnet-only"].state is State.PASS
    assert checks["nothing-around-the-gateway"].state is State.PASS
    reaches = checks["gateway-reaches-backends"]
    if way == "peered":
        assert (reaches.state, "outbound, front" in reaches.observed) == (State.PASS, True)
    else:  # a hub stands already: which servers it asks for names is in no template
        assert reaches.state is State.NOT_RUN and "name resolution" in reaches.reason


@pytest.mark.parametrize("way", WAYS)
def test_the_picture_puts_the_gateway_into_the_other_network(way: str) -> None:
    placement = standing(way).placement(INTERNAL)
    zones = {z.id: z for z in placement.topology.zones}
    assert zones["snet-apim"].parent == "vnet-apim" and zones["vnet-apim"].parent == "azure"
    assert f"Peered {'hub network' if way == 'hub' else 'network of API Management'}" in (
        picture(placement.topology, "t").alt
    )


def test_a_hub_gets_the_subnet_one_peering_and_the_central_zones() -> None:
    placement = standing("hub").placement(INTERNAL)
    subnets = of_type(placement, "/subnets")
    assert [g for g, r in subnets if "snet-apim" in r["name"]] == ["rg-hub"]
    assert [g for g, r in subnets if "snet-edge" in r["name"]] == ["rg-hub"]
    peerings = of_type(placement, "/virtualNetworkPeerings")
    assert [g for g, _ in peerings] == ["rg-hub", ""]
    assert {g for g, _ in of_type(placement, "privateDnsZones")} == {"rg-hub"}
    assert {g for g, _ in of_type(placement, "privateDnsZones/A")} == {"rg-hub"}
    links = of_type(placement, "privateDnsZones/virtualNetworkLinks")
    assert len(links) == 2 * len(of_type(placement, "privateDnsZones"))
    assert len(of_type(placement, "virtualNetworks")) == 1
    steps = prerequisites(placement)
    assert any(s.what.startswith("The hub network vnet-hub is in the region") for s in steps)
    assert [s.what for s in steps if "rg-hub:" in s.what] == [
        "Whoever deploys has the role Contributor in the resource group rg-hub: "
        "it creates the resources of the templates"
    ]


def test_every_subnet_of_a_landing_zone_has_a_security_group() -> None:
    subnets = [r["properties"] for _, r in of_type(standing("hub").placement(INTERNAL), "/subnets")]
    assert all("networkSecurityGroup" in s for s in subnets) and len(subnets) > 3
    shared = [r["properties"] for _, r in of_type(standing("").placement(INTERNAL), "/subnets")]
    assert sum("networkSecurityGroup" not in s for s in shared) == 1  # that of the nodes
    public = redrawn(standing("").placement("public-services"), **HUB)
    assert not any(
        "networkSecurityGroup" in r["properties"] for _, r in of_type(public, "/subnets")
    )
    said = " | ".join(s.what for s in prerequisites(public))
    assert "policies that deny them need an exemption: pip-" in said


def test_a_firewall_in_the_hub_and_callers_on_premises_change_the_peering() -> None:
    placement = standing("").placement(INTERNAL)
    firewall = {"egress": "firewall", "firewall_address": "10.0.0.4"}
    found = redrawn(placement, **HUB, **firewall, consumers=(Consumer.ON_PREMISES,))
    (_, hub), (_, own) = of_type(found, "/virtualNetworkPeerings")
    assert own["properties"]["allowForwardedTraffic"] and own["properties"]["useRemoteGateways"]
    assert hub["properties"]["allowGatewayTransit"]
    assert "has a virtual network gateway" in " | ".join(s.what for s in prerequisites(found))


def test_networks_that_stand_already_are_not_peered_again() -> None:
    changes = HUB | {"existing": BOTH, "address_space": "10.60.0.0/16"}
    found = redrawn(standing("").placement(INTERNAL), **changes)
    assert of_type(found, "/virtualNetworkPeerings") == []
    assert "is peered with the network vnet-s" in " | ".join(s.what for s in prerequisites(found))


def test_a_private_endpoints_zone_in_a_hub_is_linked_and_not_declared() -> None:
    found = read_workload("contoso-orders")
    wanted = replace(found.requirements, private_gateway=True)
    private = design(replace(found, requirements=wanted, consumers=(Consumer.SAME_VNET,)))
    there = redrawn(private.placement(V2), **HUB)
    names = [r["name"] for _, r in of_type(there, "privateDnsZones")]
    links = [r["name"] for _, r in of_type(there, "privateDnsZones/virtualNetworkLinks")]
    assert "privatelink.azure-api.net" not in names
    assert "privatelink.azure-api.net/gateway" in links


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hub_address_space": "10.40.1.0/24"}, r"10.40.1.0/24 \(azure.hub_address_space\)"),
        ({"hub_address_space": "10.40.1.0/24", "existing": BOTH}, "10.40.1.0/24 overlaps"),
        ({"hub_address_space": "10.0.8.0/30"}, "has no room for snet-apim"),
        ({"hub_address_space": "10.0.8.1/24"}, "is not an IPv4 range"),
    ],
)
def test_a_hub_without_room_is_refused(changes: dict[str, Any], words: str) -> None:
    placement = standing("").placement(INTERNAL)
    given = HUB | changes | {"address_space": "10.40.0.0/16"}
    with pytest.raises(InputError, match=words):
        address_plan(redrawn(placement, **given))
