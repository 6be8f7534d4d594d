import pytest

from apim_aks.decision.design import design
from apim_aks.errors import WorkbookError
from apim_aks.facts import tier
from apim_aks.options import OPTIONS, option
from apim_aks.options.tier_choice import refusal
from apim_aks.topology import Kind
from apim_aks.workload.model import Pin, Port
from tests.support.scenario import service, shop, workload


def test_options_come_in_the_order_of_the_registry() -> None:
    assert [p.option.id for p in design(shop()).placements] == [o.id for o in OPTIONS]


def test_the_same_workload_gives_the_same_design() -> None:
    assert design(shop()) == design(shop())


def test_cheapest_tier_that_can_and_has_an_sla() -> None:
    tiers = {p.option.id: p.tier.name for p in design(shop()).placements}
    assert tiers == {
        "public-services": "Basic",
        "ingress-mtls": "Basic",
        "vnet-external": "Premium",
        "vnet-internal": "Premium",
        "v2-integration": "Standard v2",
    }


def test_a_tier_that_cannot_is_refused_with_source_and_choices() -> None:
    pins = (("vnet-external", Pin("Standard")),)
    with pytest.raises(WorkbookError) as error:
        design(shop(pins=pins))
    said = str(error.value)
    assert (
        "vnet-external is pinned to Standard, but Standard has no injection into a virtual" in said
    )
    assert "Developer, Premium can" in said
    assert said.endswith("checked 2026-11-22).")
    assert said.index("https://") > said.index("can do this option")


def test_a_pinned_tier_is_used_and_said() -> None:
    placement = design(shop(pins=(("public-services", Pin("Premium v2")),))).placement(
        "public-services"
    )
    assert placement.pinned
    assert placement.tier.name == "Premium v2"


def test_a_mesh_gets_an_ingress_with_client_certificates_inside_the_network() -> None:
    pins = (("vnet-internal", Pin(ingress_controller="istio-classic")),)
    placement = design(shop(pins=pins)).placement("vnet-internal")
    assert placement.topology.of_kind(Kind.INGRESS)
    assert placement.measure("unauthenticated-hops").low == 0


def test_nothing_to_publish_is_said() -> None:
    with pytest.raises(WorkbookError, match="publishes no Service"):
        design(workload(service("quiet", ports=(Port(5432),))))


def test_unknown_option_lists_the_choices() -> None:
    with pytest.raises(WorkbookError, match="'x' is unknown; use one of public-services"):
        option("x")


def test_refusal_is_empty_where_the_tier_can() -> None:
    assert refusal(option("vnet-external"), tier("Premium")) == ""
