"""How calls leave the network, from workload.yaml to what is drawn, built, checked and paid."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache

import pytest

from apim_aks.artefacts.arm_templates import prerequisites
from apim_aks.artefacts.arm_templates import routes as built
from apim_aks.costs import Purchase, costs
from apim_aks.decision.design import Design, design
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.facts.egress import route_rows
from apim_aks.options import Setting, egress
from apim_aks.options.drawn import drawn
from apim_aks.options.egress import admitted, routes
from apim_aks.page import rules_table
from apim_aks.page.diagram import picture
from apim_aks.topology import Kind
from apim_aks.topology.check import Check, State
from apim_aks.verification import check_option
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer

INTERNAL, V2, INJECTED = "vnet-internal", "v2-integration", "v2-injection"
AT = "10.0.1.4"
EVERY_TIER = "swedencentral"


@cache
def left_by(way: str) -> Design:
    """The bundled orders in a region with every tier."""
    found = read_workload("contoso-orders")
    address = AT if way == "firewall" else ""
    azure = replace(found.azure, region=EVERY_TIER, egress=way, firewall_address=address)
    return design(replace(found, azure=azure))


def checked(made: Design, option: str) -> dict[str, Check]:
    return {c.id.partition(".")[2]: c for c in check_option(made, option)}


def test_public_addresses_of_gateway_and_cluster_are_ruled_out_behind_a_firewall() -> None:
    out = {r.option: r.reason for r in left_by("firewall").ranking.ruled_out}
    out_of = {"public-services", "ingress-mtls", "vnet-external", "self-hosted-gateway"}
    assert set(out) == out_of
    assert out["vnet-external"] == (
        "answers of the gateway to the internet go to the firewall, which drops them"
    )
    assert left_by("direct").ranking.ruled_out == left_by("").ranking.ruled_out == ()


def test_the_gateway_gets_to_the_cluster_and_what_the_firewall_decides_is_not_run() -> None:
    found = checked(left_by("firewall"), INTERNAL)["gateway-reaches-backends"]
    assert found.state is State.NOT_RUN
    assert re.search(rf"Key Vault: outbound: route gateway-default .*{AT}", found.reason)
    assert "front:" not in found.reason
    direct = checked(left_by("direct"), V2)["gateway-reaches-backends"]
    assert direct.state is State.PASS


def test_a_missing_route_and_a_one_way_control_plane_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks of a design are worked out once, so that each change here takes a new one."""
    assert checked(left_by("firewall"), INTERNAL)["routes"].observed == "4 routes in 3 tables"
    # Premium v2 in the network needs no way back for its control plane
    assert checked(left_by("firewall"), INJECTED)["routes"].observed == "3 routes in 3 tables"
    rest = tuple(r for r in route_rows() if r.id != "gateway-management")
    monkeypatch.setattr(egress, "route_rows", lambda: rest)
    found = checked(left_by.__wrapped__("firewall"), INTERNAL)["routes"]
    assert found.state is State.FAIL
    assert found.observed == "missing: none; ApiManagement comes in and does not go back"
    monkeypatch.undo()
    monkeypatch.setattr(built, "_route", lambda row, _: {"properties": {"addressPrefix": ""}})
    lacking = checked(left_by.__wrapped__("firewall"), INTERNAL)["routes"]
    assert lacking.observed == "missing: nodes-default, gateway-management, gateway-default"


def test_the_page_lists_routes_and_what_the_firewall_has_to_admit() -> None:
    placement = left_by("firewall").placement(INTERNAL)
    shown = re.sub("<[^>]+>", " ", str(rules_table(placement)))
    assert "Routes of the subnets" in shown and "What the firewall has to admit" in shown
    to = {(e.who, e.destination, e.port) for e in admitted(placement.workload, placement.topology)}
    assert ("cluster", "AzureKubernetesService", "TCP 80,443") in to
    assert ("gateway", "Sql", "TCP 1433") in to and ("gateway", "AzureKeyVault", "TCP 443") in to
    assert not any(destination == "VirtualNetwork" for _, destination, _ in to)
    assert "firewall" not in str(rules_table(left_by("").placement(INTERNAL))).lower()


def test_the_picture_and_its_words_show_the_way_out() -> None:
    shown = picture(left_by("firewall").placement(INTERNAL).topology, "t")
    assert "Firewall" in shown.svg and "NAT gateway" not in shown.svg
    nat = picture(left_by("direct").placement(V2).topology, "t")
    assert "NAT gateway" in nat.svg
    assert not any("NAT gateway" in step for step in nat.steps)


def test_a_nat_gateway_is_paid_and_a_firewall_is_the_readers() -> None:
    def cost(way: str) -> float:
        return left_by(way).placement(V2).measure(MONTHLY_COST).low

    assert round(cost("direct") - cost(""), 2) == 32.85 + 3.65
    assert cost("firewall") == cost("")
    placement = left_by("firewall").placement(V2)
    alike = costs(Purchase(placement.topology, placement.tier)).equal
    assert any(part.startswith("firewall before the internet") for part in alike)


def test_an_existing_network_is_asked_for_its_default_route_and_a_cluster_for_its_way_out() -> None:
    there = ExistingResources(
        cluster=Existing("aks-spoke", "rg-aks"), network=Existing("vnet-spoke", "rg-net")
    )
    made = left_by("firewall").placement(INTERNAL)

    def steps(way: str) -> str:
        azure = replace(
            made.workload.azure,
            existing=there,
            address_space="10.60.0.0/16",
            egress=way,
            firewall_address=AT if way else "",
        )
        known = {f.name: getattr(made, f.name) for f in fields(Setting)}
        workload = replace(made.workload, azure=azure)
        found = drawn(Setting(**known | {"workload": workload}), made.option)
        return " | ".join(s.what for s in prerequisites(found))

    assert "azure.egress: firewall" in steps("")
    assert "azure.egress" not in steps("firewall")
    assert f"leaves by the firewall at {AT}" in steps("firewall")


def test_only_what_leaves_from_a_subnet_of_its_own_has_a_nat_gateway() -> None:
    for placement in left_by("direct").placements:
        nat = placement.topology.of_kind(Kind.NAT_GATEWAY)
        assert bool(nat) is (placement.option.id == V2)


def test_an_edge_for_callers_on_premises_keeps_learned_routes_and_asks_for_no_default() -> None:
    made = left_by("firewall").placement(INTERNAL)
    known = {f.name: getattr(made, f.name) for f in fields(Setting)}

    def tables(*consumers: Consumer) -> tuple[str, str]:
        workload = replace(made.workload, consumers=consumers)
        found = drawn(Setting(**known | {"workload": workload}), made.option)
        said = " | ".join(s.what for s in prerequisites(found))
        return " ".join(r.id for r in routes(workload, found.topology, "edge")), said

    assert tables(Consumer.SAME_VNET)[0] == "edge-no-gateway-routes"
    ids, said = tables(Consumer.ON_PREMISES)
    assert not ids and "no default route to the subnet of the Application Gateway" in said
