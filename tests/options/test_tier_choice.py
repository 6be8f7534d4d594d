"""The tier of an option: the cheapest that can, the one that is pinned, or why it cannot."""

import pytest

from apim_aks.decision.design import design
from apim_aks.errors import InputError
from apim_aks.facts import tier
from apim_aks.options import option
from apim_aks.options.tier_choice import refusal
from apim_aks.workload.model import Pin
from tests.support.scenario import COUNTED, shop


def test_cheapest_tier_that_can_and_has_an_sla() -> None:
    tiers = {p.option.id: p.tier.name for p in design(shop(), COUNTED).placements}
    assert tiers == {
        "public-services": "Basic",
        "ingress-mtls": "Basic",
        "vnet-external": "Premium",
        "vnet-internal": "Premium",
        "v2-integration": "Standard v2",
        "v2-injection": "Premium v2",
    }


def test_a_tier_that_cannot_is_refused_with_source_and_choices() -> None:
    pins = (("vnet-external", Pin("Standard")),)
    with pytest.raises(InputError) as error:
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


def test_refusal_is_empty_where_the_tier_can() -> None:
    assert refusal(option("vnet-external"), tier("Premium")) == ""
