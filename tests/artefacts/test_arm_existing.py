"""Templates and prerequisites where API Management is there already."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.arm_templates import Stage, Step, arm_templates, prerequisites
from apim_aks.artefacts.manifests import manifests
from apim_aks.artefacts.policies import policies
from apim_aks.decision.design import Design, design
from apim_aks.errors import InputError
from apim_aks.facts import existing_rows
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from tests.support import arm_schema
from tests.support.designs import alone
from tests.support.scenario import shop

INSIDE = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
OUTSIDE = ("public-services", "ingress-mtls")
GATEWAY = ExistingResources(api_management=Existing("apim-old", "rg-apim"))
SERVICE = "Microsoft.ApiManagement/service"


@cache
def made(existing: ExistingResources = GATEWAY, **azure: Any) -> Design:
    return design(shop(azure=Azure(existing=existing, **azure)))


def children(stages: tuple[Stage, ...], kind: str) -> list[str]:
    """The names of API Management's children of this kind."""
    found = (r for s in stages for r in s.resources if r["type"] == f"{SERVICE}/{kind}")
    return [arm_schema.parsed(r["name"])[1][2] for r in found]


@pytest.mark.parametrize("id", INSIDE)
def test_the_subnet_of_an_existing_gateway_is_asked_for_and_never_guessed(id: str) -> None:
    found = made()
    with pytest.raises(InputError, match=r"azure.gateway_subnet is missing. .* apim-old, since"):
        arm_templates(found.placement(id))
    with pytest.raises(InputError, match=r"azure.gateway_subnet is missing"):
        manifests(found.placement(id))


@pytest.mark.parametrize("id", OUTSIDE)
def test_outside_the_network_nobody_asks_for_it(id: str) -> None:
    found = made()
    assert arm_templates(found.placement(id))


@pytest.mark.parametrize("id", INSIDE)
def test_back_ends_admit_the_existing_gateways_subnet_and_no_other(id: str) -> None:
    found = made(gateway_subnet="10.20.3.0/27")
    where = found.placement(id)
    plan = address_plan(where)
    gateway = plan.range("gateway")
    assert gateway is not None and gateway.prefix == "10.20.3.0/27"
    assert "apim-old" in gateway.because and gateway.name == ""
    yaml = "".join(f.yaml for f in manifests(where))
    assert "10.20.3.0/27" in yaml
    stages = arm_templates(where)
    assert not any("snet-apim" in str(s.template) for s in stages)
    assert not any(r["name"] == "nsg-apim" for r in stages[0].resources)


def test_no_other_range_touches_the_existing_gateways_subnet() -> None:
    found = made(gateway_subnet="10.40.0.0/27")
    plan = address_plan(found.placement("vnet-internal"))
    assert plan.network == "10.80.0.0/16"
    inside = made(
        replace(GATEWAY, network=Existing("vnet-old", "rg-old")),
        gateway_subnet="10.40.0.0/27",
        address_space="10.40.0.0/16",
    )
    plan = address_plan(inside.placement("vnet-internal"))
    assert [r.prefix for r in plan.ranges if r.id == "nodes"] == ["10.40.4.0/22"]


@pytest.mark.parametrize("wrong", ["10.20.3.1/27", "fd00::/64"])
def test_a_gateway_subnet_that_is_no_range_is_refused(wrong: str) -> None:
    found = made(gateway_subnet=wrong)
    with pytest.raises(InputError, match=r"azure.gateway_subnet: .* not an IPv4 range"):
        address_plan(found.placement("vnet-internal"))


def test_a_gateway_subnet_without_an_existing_gateway_is_refused() -> None:
    found = made(ExistingResources(), gateway_subnet="10.20.3.0/27")
    with pytest.raises(InputError, match="names no API Management. Set both or neither"):
        arm_templates(found.placement("vnet-internal"))


def test_an_existing_gateway_gets_no_network_of_its_own() -> None:
    found = made(gateway_subnet="10.20.3.0/27", gateway_network="peered")
    with pytest.raises(InputError, match="names API Management apim-old. Use shared or"):
        arm_templates(found.placement("vnet-internal"))
    assert arm_templates(found.placement("ingress-mtls"))


def test_apis_on_an_existing_gateway_overwrite_nobodys() -> None:
    usual = made(ExistingResources())
    ours = children(arm_templates(usual.placement("ingress-mtls")), "apis")
    found = made()
    stages = arm_templates(found.placement("ingress-mtls"))
    shared = children(stages, "apis")
    assert shared == [f"sample-{id}" for id in ours] != []
    for kind in ("apis/policies", "apis/operations", "apis/diagnostics"):
        assert set(children(stages, kind)) <= set(shared)
    links = [r for s in stages for r in s.resources if r["type"] == f"{SERVICE}/products/apiLinks"]
    targets = [arm_schema.parsed(r["properties"]["apiId"])[1][2] for r in links]
    assert targets == shared
    paths = [
        [
            r["properties"]["path"]
            for s in arm_templates(d.placement("ingress-mtls"))
            for r in s.resources
            if r["type"] == f"{SERVICE}/apis"
        ]
        for d in (usual, found)
    ]
    assert paths[0] == paths[1]


@pytest.mark.parametrize("id", (*INSIDE, *OUTSIDE))
def test_back_ends_and_certificates_of_ours_are_apart_and_found_by_the_policies(id: str) -> None:
    found = made(gateway_subnet="10.20.3.0/27")
    stages = arm_templates(found.placement(id))
    ours = {k: children(stages, k) for k in ("backends", "certificates")}
    assert ours["backends"] and all(n.startswith("sample-") for v in ours.values() for n in v)
    written = "".join(d.xml for d in policies(found.placement(id)))
    assert set(re.findall(r'backend-id="([^"]*)"', written)) == set(ours["backends"])
    assert set(re.findall(r'certificate-id="([^"]*)"', written)) == set(ours["certificates"])
    deployed = "".join(str(r["properties"].get("value", "")) for s in stages for r in s.resources)
    assert set(re.findall(r'backend-id="([^"]*)"', deployed)) == set(ours["backends"])


def test_a_long_workload_name_leaves_room_for_the_apis_own() -> None:
    source = replace(shop(azure=Azure(existing=GATEWAY)), name="w" * 39)
    found = design(source)
    names = children(arm_templates(found.placement("ingress-mtls")), "apis")
    assert names and all(len(n) <= 80 for n in names)
    assert [n.rpartition("w-")[2] for n in names] == [a.id for a in found.mapping.apis]


def steps(**azure: Any) -> tuple[Step, ...]:
    source = read_workload("contoso-retail")
    changed = replace(source.azure, **{"existing": GATEWAY, **azure})
    return prerequisites(alone(replace(source, azure=changed), "vnet-internal"))


def test_prerequisites_name_what_no_template_can_give_an_existing_gateway() -> None:
    words = [s.what for s in steps(gateway_subnet="10.20.3.0/27")]
    for said in (
        "is in the subnet 10.20.3.0/27",
        "refuses SSL 3.0, TLS 1.0 and TLS 1.1",
        "trusts the private authority",
        "sends its gateway logs to a workspace",
    ):
        assert any(said in w for w in words), said
    assert {r.thing for r in existing_rows() if r.id.startswith("gateway-")} == {"api_management"}


def test_every_thing_that_can_be_there_has_rows_of_what_it_needs() -> None:
    things = {f.name for f in fields(ExistingResources)}
    assert {r.thing for r in existing_rows()} == {*things, "consumers", "landing_zone"}


def test_the_deployers_roles_are_asked_for_in_every_group_that_is_written_to() -> None:
    there = replace(GATEWAY, network=Existing("vnet-old", "rg-net"))
    found = steps(existing=there, gateway_subnet="10.20.3.0/27", address_space="10.90.0.0/16")
    roles = [s for s in found if "has the role Contributor" in s.what]
    assert [s.what.partition("group ")[2].partition(":")[0] for s in roles] == [
        "rg-retail01",
        "rg-apim",
        "rg-net",
    ]
    assert all(s.what.partition("group ")[2].partition(":")[0] in s.command for s in roles)
