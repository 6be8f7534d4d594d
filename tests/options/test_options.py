"""The options themselves: their order and names, and the back end that each Service gets."""

from dataclasses import replace

import pytest

from apim_aks.decision.design import design
from apim_aks.errors import InputError
from apim_aks.options import OPTIONS, option
from apim_aks.options.choices import Choices
from apim_aks.topology import Kind
from apim_aks.workload.azure import Azure
from apim_aks.workload.model import Pin
from tests.support.designs import bundled, of_shop
from tests.support.scenario import shop


def test_options_come_in_the_order_of_the_registry() -> None:
    assert [p.option.id for p in of_shop().placements] == [o.id for o in OPTIONS]


def test_a_mesh_gets_an_ingress_with_client_certificates_inside_the_network() -> None:
    pins = (("vnet-internal", Pin(ingress_controller="istio-classic")),)
    placement = design(shop(pins=pins)).placement("vnet-internal")
    assert placement.topology.of_kind(Kind.INGRESS)
    assert placement.measure("unauthenticated-hops").low == 0


def test_unknown_option_lists_the_choices() -> None:
    with pytest.raises(InputError, match="'x' is unknown; use one of public-services"):
        option("x")


def test_every_published_service_has_one_back_end_with_a_host_name() -> None:
    found = of_shop()
    for placement in found.placements:
        hosts = {n.name for n in placement.topology.names}
        for id in found.mapping.published:
            backend, _ = placement.topology.backend(id)
            inside = placement.topology.self_hosted and backend.host.endswith(".svc.cluster.local")
            assert inside or backend.host in hosts
        routed = [id for b in placement.topology.backends for id, _ in b.routes]
        assert sorted(routed) == sorted(found.mapping.published)


def test_a_service_that_stays_as_it_is_keeps_its_name() -> None:
    backend, _ = of_shop().placement("public-services").topology.backend("shop/payments")
    assert backend.host == "shop-payments.westeurope.cloudapp.azure.com"


def test_a_back_end_url_leaves_the_usual_port_out() -> None:
    urls = {b.url for p in of_shop().placements for b in p.topology.backends}
    assert "https://apis-sample.westeurope.cloudapp.azure.com" in urls
    assert "http://orders.shop.sample.internal" in urls


@pytest.mark.parametrize("workload", ["contoso-orders", "contoso-retail"])
def test_an_option_draws_the_entry_and_no_other_choice(workload: str) -> None:
    for one in bundled(workload).variants:
        entered = replace(one, choices=Choices(entry=one.choices.entry))
        assert one.option.draw(one) == one.option.draw(entered)


BETWEEN_MACHINES = {"6381-6383", "4290"}


@pytest.mark.parametrize(
    ("id", "tier", "open_"),
    [
        ("vnet-external", "Premium", True),
        ("vnet-internal", "Premium", True),
        ("vnet-internal", "Developer", False),
        ("v2-integration", "Standard v2", False),
        ("v2-injection", "Premium v2", False),
    ],
)
def test_one_unit_of_classic_premium_is_two_machines_that_talk(
    id: str, tier: str, open_: bool
) -> None:
    pinned = shop(pins=((id, Pin(tier=tier)),), azure=Azure(environment="rehearsal"))
    rules = design(pinned).placement(id).topology.rules
    between = {(r.direction, r.port) for r in rules if r.port in BETWEEN_MACHINES}
    both = {(d, p) for d in ("Inbound", "Outbound") for p in BETWEEN_MACHINES}
    assert between == (both if open_ else set())
    # v2 depends on the vault alone, classic on Storage and SQL besides
    named = {r.destination for r in rules if r.direction == "Outbound" and r.required}
    assert ("Storage" in named) == id.startswith("vnet-")
    assert "AzureKeyVault" in named
