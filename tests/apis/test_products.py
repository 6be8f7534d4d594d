"""Which products consumers get keys for: one with every API, one for callers outside."""

from dataclasses import replace

from apim_aks.apis.mapping import map_services
from apim_aks.apis.mapping.newly_reached import newly_reached
from apim_aks.apis.mapping.products import products
from apim_aks.workload.model import Consumer
from tests.support.designs import bundled


def test_callers_outside_get_no_key_for_what_was_inside_until_now() -> None:
    made = bundled("contoso-retail")
    whole, outer = products(made.workload, made.mapping)
    assert (whole.id, outer.id) == ("contoso-retail", "contoso-retail-external")
    assert set(whole.apis) == {a.id for a in made.mapping.apis}
    inner = newly_reached(made.workload, made.mapping.published)
    theirs = {a.id for a in made.mapping.apis if {o.service for o in a.operations} & set(inner)}
    assert any("inventory" in s for s in inner) and any("checkout" in s for s in inner)
    assert theirs and set(outer.apis) == set(whole.apis) - theirs


def test_where_all_apis_are_alike_one_product_is_enough() -> None:
    orders, retail = bundled("contoso-orders"), bundled("contoso-retail").workload
    assert len(products(orders.workload, orders.mapping)) == 1
    inside = replace(retail, consumers=(Consumer.SAME_VNET,))
    assert len(products(inside, map_services(inside))) == 1
