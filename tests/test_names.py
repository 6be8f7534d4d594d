from dataclasses import replace

from apim_aks.design import design
from apim_aks.names import existing, label, names_of, service_label
from apim_aks.workload import Azure
from scenario import service, shop


def test_names_come_from_the_suffix_or_the_workload() -> None:
    assert names_of(shop()).gateway == "apim-sample"
    named = names_of(shop(azure=Azure(name_suffix="Shop 01")))
    assert (named.gateway_host, named.network) == ("apim-shop-01.azure-api.net", "vnet-shop-01")


def test_a_vault_name_is_cut_and_ends_in_no_hyphen() -> None:
    long = replace(names_of(shop()), suffix="a" * 20 + "-" + "b" * 20)
    assert len(long.vault) <= 24
    assert not long.vault.endswith("-")


def test_hosts_are_names_whatever_the_service_is_called() -> None:
    names = names_of(shop())
    assert names.public_host("<x>.y") == "x-y-sample.westeurope.cloudapp.azure.com"
    assert names.private_host("orders", "shop") == "orders.shop.sample.internal"
    assert service_label(service("a/b")) == "b-a"
    assert label("'\"{{@(") == "x"


def test_existing_resources_come_by_name_and_group() -> None:
    settings = {"existing": {"cluster": {"name": "aks-1", "resource_group": "rg-1"}}}
    found = existing(shop(azure=Azure(settings=settings)), "cluster")
    assert found is not None
    assert (found.name, found.resource_group) == ("aks-1", "rg-1")
    assert existing(shop(), "cluster") is None


def test_every_published_service_has_one_back_end_with_a_host_name() -> None:
    found = design(shop())
    for placement in found.placements:
        hosts = {n.name for n in placement.topology.names}
        for id in found.mapping.published:
            backend, _ = placement.topology.backend(id)
            assert backend.host in hosts
        routed = [id for b in placement.topology.backends for id, _ in b.routes]
        assert sorted(routed) == sorted(found.mapping.published)


def test_a_service_that_stays_as_it_is_keeps_its_name() -> None:
    backend, _ = design(shop()).placement("public-services").topology.backend("shop/payments")
    assert backend.host == "shop-payments.westeurope.cloudapp.azure.com"


def test_a_back_end_url_leaves_the_usual_port_out() -> None:
    urls = {b.url for p in design(shop()).placements for b in p.topology.backends}
    assert "https://apis-sample.westeurope.cloudapp.azure.com" in urls
    assert "http://orders.shop.sample.internal" in urls
