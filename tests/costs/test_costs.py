"""Costs by hand: meters times quantity on small workloads, and what has no price."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import fsum, inf, isinf
from pathlib import Path

import pytest

from apim_aks import facts
from apim_aks.costs import Cost, Purchase, costs, currency_of, units_needed
from apim_aks.decision.design import Placement, design
from apim_aks.decision.measures import MEASURES, Subject
from apim_aks.errors import InputError
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.options import OPTIONS
from apim_aks.topology import Component, Exposure, Kind, Link, Protocol, Reach
from apim_aks.workload.azure import Azure
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin, Requirements, Workload
from apim_aks.workload.traffic import Traffic
from tests.support import toy_option
from tests.support.designs import alone, of_shop
from tests.support.scenario import PUBLIC, service, shop, workload

ZONES = Requirements(availability_zones=True)
FOUR = Traffic(least_units=4)
HOUR, LB_RULES, FURTHER_RULE, ADDRESS, ZONE = 730, 18.25, 7.30, 3.65, 0.50
EDGE = 0.36 * HOUR + ADDRESS
"""An Application Gateway and its address."""
EDGED = ("vnet-internal", "v2-injection")
"""An edge stands before them, whose capacity units follow the load."""


def placed(option: str, given: Workload | None = None) -> Placement:
    return alone(given, option) if given else of_shop().placement(option)


def cost(option: str, given: Workload | None = None, **changes: object) -> Cost:
    placement = placed(option, given)
    return costs(replace(Purchase(placement.topology, placement.tier), **changes))  # type: ignore[arg-type]


def line(found: Cost, what: str) -> tuple[float, float | None]:
    one = next(part for part in found.lines if what in part.what)
    return one.quantity, one.monthly


# three public Services; one ingress; three internal Services with a port and a private name each,
# and five private names of the gateway in internal mode, one of the gateway of Premium v2
BY_HAND = {
    "public-services": 147.17 + 3 * ADDRESS,
    "ingress-mtls": 147.17 + ADDRESS,
    "vnet-external": 2795.17 + LB_RULES + 3 * ZONE,
    "vnet-internal": 2795.17 + LB_RULES + 8 * ZONE + EDGE,
    "v2-integration": 700.00 + LB_RULES + 3 * ZONE,
    "v2-injection": 2800.00 + LB_RULES + 4 * ZONE + EDGE,
}


@pytest.mark.parametrize("option", sorted(BY_HAND))
def test_cost_is_what_a_person_adds_up(option: str) -> None:
    found = cost(option)
    assert found.low == pytest.approx(BY_HAND[option])
    assert found.high == (inf if option in EDGED else found.low)


# eleven published Services: eleven addresses and twelve rules, or one ingress in the network
RETAIL = {
    "public-services": (187.32, {"public load balancer rules": 7}),
    "ingress-mtls": (150.82, {}),
    "vnet-external": (2813.42, {"private DNS zones": 1}),
    "vnet-internal": (3079.87, {"private DNS zones": 6}),
    "v2-integration": (718.25, {"private DNS zones": 1}),
    "v2-injection": (3084.70, {"private DNS zones": 2}),
}


@pytest.mark.parametrize("option", sorted(RETAIL))
def test_cost_of_the_bundled_shop_with_a_price_for_every_kind_of_part(option: str) -> None:
    found = cost(option, read_workload("contoso-retail"))
    low, counted = RETAIL[option]
    each = {"rules": FURTHER_RULE, "zones": ZONE}
    more = {what: (n, round(n * each[what.split()[-1]], 2)) for what, n in counted.items()}
    assert found.low == pytest.approx(low + sum(m for _, m in more.values()))
    assert found.high == (inf if option in EDGED else found.low)
    for what, paid in more.items():
        assert line(found, what) == paid


@pytest.mark.parametrize(
    ("option", "zones", "regions", "units"),
    list(product([o.id for o in OPTIONS], (False, True), (1, 3), (1, 4))),
)
def test_lines_sum_to_the_low_end(option: str, zones: bool, regions: int, units: int) -> None:
    wanted = Requirements(availability_zones=zones, regions=regions)
    found = cost(option, requirements=wanted, traffic=Traffic(least_units=units))
    assert found.low == pytest.approx(fsum(x.monthly for x in found.lines if x.monthly))
    assert found.high == (inf if option in EDGED else found.low)
    for one in found.lines:
        if one.monthly is not None and one.unit_price is not None:
            sold = 1 if one.unit == "1/Month" else HOUR
            assert one.monthly == round(one.quantity * one.unit_price * sold, 2)
            assert one.currency in one.text and one.region in one.text
            assert one.source and one.checked_on
        else:
            assert one.unit_price is None and one.monthly is None and "not priced" in one.text


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
def test_a_part_without_a_price_is_named_and_never_zero(option: str) -> None:
    found = cost(option, read_workload("contoso-retail"))
    assert all(x.monthly is None or x.monthly > 0 for x in found.lines)
    for one in found.lines:
        if one.monthly is None:
            assert one.what in {part.what for part in found.not_priced}
    assert {*found.open, *found.bounded} <= set(found.not_priced)
    assert isinf(found.high) == bool(found.open)
    assert all("judged at most" in part.text for part in found.bounded)


def test_what_every_option_has_alike_is_the_same_list_and_no_line() -> None:
    found = [cost(o.id) for o in OPTIONS]
    assert len({c.equal for c in found}) == 1
    assert any("AKS control plane" in text for text in found[0].equal)
    assert any("nodes" in text for text in found[0].equal)
    named = {text.split(":")[0] for text in found[0].equal}
    assert not named & {x.what for c in found for x in c.lines}


def test_room_on_the_nodes_is_not_priced_and_does_not_open_the_cost() -> None:
    found = cost("ingress-mtls")
    assert any("ingress controller on the nodes" in part.what for part in found.not_priced)
    assert found.open == ()


def test_classic_premium_in_a_network_needs_a_unit_for_each_of_two_zones() -> None:
    found = cost("vnet-external", requirements=ZONES)
    assert line(found, "API Management Premium") == (2, round(2 * 3.829 * HOUR, 2))
    assert line(found, "address of the gateway for zones") == (1, ADDRESS)


def test_one_unit_is_two_machines_in_two_zones_outside_a_network_and_on_premium_v2() -> None:
    outside = placed("public-services", shop(requirements=ZONES))
    v2 = placed("v2-integration", shop(requirements=ZONES, azure=Azure(region="swedencentral")))
    assert (outside.tier.name, v2.tier.name) == ("Premium", "Premium v2")
    for placement in (outside, v2):
        assert units_needed(Purchase(placement.topology, placement.tier, ZONES)) == 1


def test_units_and_regions_multiply() -> None:
    one = cost("vnet-external")
    more = cost("vnet-external", requirements=Requirements(regions=3), traffic=FOUR)
    assert line(one, "API Management")[0] == 1
    assert line(more, "API Management")[0] == 12
    assert line(more, "internal load balancer of") == line(one, "internal load balancer of")


def test_fewer_units_than_the_requirements_need_are_not_taken() -> None:
    found = cost("vnet-internal", requirements=ZONES, traffic=Traffic(least_units=1))
    assert line(found, "API Management Premium")[0] == 2


def test_a_tier_of_one_region_is_not_charged_for_three() -> None:
    assert cost("ingress-mtls", requirements=Requirements(regions=3)) == cost("ingress-mtls")


def test_further_units_of_a_v2_tier_have_a_meter_and_a_price_of_their_own() -> None:
    found = cost("v2-integration", traffic=Traffic(least_units=3))
    assert line(found, "API Management Standard v2") == (1, 700.0)
    assert line(found, "further units of Standard v2") == (2, 1000.0)
    assert any("Standard v2 Secondary Unit at 0.68493 USD" in x.text for x in found.lines)


def test_a_bound_is_a_judgement_without_a_price_or_the_other_side_of_a_conflict() -> None:
    known = {r.id: r for r in facts.prices()}
    for bound in facts.price_bounds():
        own = known[bound.price]
        assert (own.status, bound.status) in {("not priced", "judgement"), ("conflict", "conflict")}
        assert known[bound.known].price is not None
        assert bound.because


def test_a_price_that_is_settled_ends_its_bound() -> None:
    book = [
        replace(r, status="secondary") if r.id == "application-gateway-waf" else r
        for r in facts.prices()
    ]
    sure, open_ = costs(edge(Kind.EDGE), book), costs(edge(Kind.EDGE))
    assert (sure.high, open_.high) == (inf, inf)  # capacity units follow the load
    assert not any(x.at_most for x in sure.lines)
    assert [x.at_most for x in open_.lines if x.at_most] == [323.39]
    assert "262.80 a month, or 323.39" in next(x.text for x in open_.lines if x.at_most)
    assert "2026-08-10" in next(x.text for x in open_.lines if x.at_most)


def test_consumption_is_charged_by_the_call_and_so_open() -> None:
    placement = placed("public-services")
    found = costs(Purchase(placement.topology, facts.tier("Consumption")))
    assert isinf(found.high)
    assert tuple(part.text for part in found.open) == (
        "calls on Consumption: by use, 0.035 USD for 10K (eastus)",
    )


@pytest.mark.parametrize("tier", facts.tiers(), ids=lambda t: t.name)
def test_every_tier_has_a_price_or_is_open(tier: facts.Tier) -> None:
    found = costs(Purchase(placed("public-services").topology, tier))
    if tier.price:
        unit = next(x for x in found.lines if x.what == f"API Management {tier.name}")
        assert unit.monthly == pytest.approx(tier.price)
        assert unit.unit_price == tier.number("list_price_usd_per_unit_hour")
    else:
        assert isinf(found.high)


def public(count: int) -> Workload:
    services = (service(f"s{i}", f"GET /s{i}", type=PUBLIC) for i in range(count))
    return workload(*services)


@pytest.mark.parametrize(("services", "over"), [(3, 0), (4, 0), (5, 1), (11, 7)])
def test_five_rules_are_included_and_the_way_out_takes_one(services: int, over: int) -> None:
    found = cost("public-services", public(services))
    assert sum(x.quantity for x in found.lines if "rules beyond" in x.what) == over


def test_services_that_stay_public_use_up_included_rules_and_are_alike() -> None:
    given = replace(public(9), publish=("s0", "s1"))
    found = cost("public-services", given)
    assert line(found, "public addresses in front") == (2, 2 * ADDRESS)
    assert line(found, "public load balancer rules")[0] == 2
    assert any("Services that stay public" in text for text in found.equal)
    assert not any("stay public" in text for text in cost("public-services", public(2)).equal)


def edge(kind: Kind) -> Purchase:
    """The external option with an edge in front."""
    placement = placed("vnet-external")
    part = Component(
        id="edge",
        label="Edge",
        kind=kind,
        zone="vnet" if kind is Kind.EDGE else "azure",
        exposure=Exposure.PUBLIC,
        reach=Reach.INTERNET,
        ports=(443,),
        added=True,
    )
    hop = Link(source="edge", target="apim", protocol=Protocol.HTTPS, port=443)
    drawn = placement.topology
    drawn = replace(drawn, components=(*drawn.components, part), links=(*drawn.links, hop))
    return Purchase(drawn, placement.tier)


def test_an_edge_in_the_network_is_an_application_gateway() -> None:
    found = costs(edge(Kind.EDGE))
    assert line(found, "Application Gateway with") == (1, 262.80)
    assert line(found, "addresses of the edge") == (1, ADDRESS)
    assert any("capacity units" in p.what and "0.0144 USD" in p.why for p in found.open)


def test_front_door_has_its_base_fee_and_what_has_no_price_keeps_the_sum_open() -> None:
    found = costs(edge(Kind.FRONT_DOOR))
    assert line(found, "Front Door Premium") == (1, 330.0)
    assert {part.what for part in found.open} >= {"requests through Front Door"}
    # only behind closed doors Front Door makes an endpoint, whose price is in no source
    endpoint = "private endpoint that Front Door makes"
    assert endpoint not in {part.what for part in found.open}
    pin = Pin(edge="front-door", inbound="private-endpoint")
    shut = placed("v2-integration", shop(pins=(("v2-integration", pin),)))
    bought = costs(Purchase(shut.topology, shut.tier))
    assert endpoint in {part.what for part in bought.open}
    assert bought.high == inf
    assert not any("Application Gateway" in x.what for x in found.lines)


def test_an_option_of_twenty_lines_is_priced_too() -> None:
    placement = design(shop(), (*OPTIONS, toy_option.OPTION)).placement("toy")
    found = costs(Purchase(placement.topology, placement.tier))
    assert found.low == pytest.approx(147.17 + LB_RULES)


def test_another_snapshot_prices_the_same_lines() -> None:
    placement = placed("ingress-mtls")
    book = [replace(r, price=r.price and 2 * r.price) for r in facts.prices()]
    doubled = costs(Purchase(placement.topology, placement.tier), book)
    assert doubled.low == pytest.approx(2 * cost("ingress-mtls").low, abs=0.02)


def test_a_price_in_another_currency_is_never_added() -> None:
    placement = placed("ingress-mtls")
    book = [
        replace(r, currency="EUR") if r.price and r.id != "public-ip" else r for r in facts.prices()
    ]
    found = costs(Purchase(placement.topology, placement.tier), book)
    assert (found.currency, found.low, found.high) == ("EUR", 147.17, inf)
    assert tuple(part.text for part in found.open) == (
        "1 × public addresses in front of the cluster: its price is in USD, the others are in EUR",
    )
    assert currency_of([]) == ""


def test_the_basis_names_currency_regions_and_days() -> None:
    assert cost("vnet-external").basis == (
        "USD, list prices of eastus, Global, 2026-11-22 to 2026-11-27"
    )


def test_the_measure_is_the_cost() -> None:
    placement = placed("vnet-internal")
    given = shop()
    subject = Subject(
        topology=placement.topology,
        mapping=design(given).mapping,
        tier=placement.tier,
        requirements=ZONES,
        traffic=FOUR,
    )
    measure = MEASURES[MONTHLY_COST](subject)
    found = costs(Purchase(placement.topology, placement.tier, ZONES, FOUR))
    assert (measure.low, measure.high) == (found.low, found.high)
    assert measure.counted == tuple(x.text for x in found.lines)
    assert measure.note.startswith("USD, list prices of eastus")
    assert all(part.text in measure.note for part in found.not_priced)


def test_every_quantity_names_a_price_tiers_and_modes_that_exist() -> None:
    known = {r.id for r in facts.prices()}
    modes = {m.id for m in facts.network_modes()}
    for row in facts.quantities():
        assert not row.price or row.price in known, row.id
        assert set(row.tiers) <= {t.name for t in facts.tiers()}, row.id
        assert set(row.modes) <= modes, row.id


def test_every_kind_of_component_is_counted_or_said_to_cost_nothing_of_its_own() -> None:
    counted = {
        Kind.EDGE: "network-edges",
        Kind.FRONT_DOOR: "global-edges",
        Kind.GATEWAY: "units",
        Kind.INGRESS: "ingress-controllers",
        Kind.PRIVATE_ENDPOINT: "private-endpoints",
        Kind.TOKEN_PROXY: "token-checks",
        Kind.SERVICE: "public-addresses",
        Kind.NAT_GATEWAY: "nat-gateways",
        Kind.FIREWALL: "firewalls",
    }
    free = {
        Kind.CONSUMER,  # pays its own way
        Kind.MANAGEMENT,  # its units are those of the gateway, which runs elsewhere
        Kind.LOAD_BALANCER,  # run by Azure in front of the gateway, part of its units
        Kind.INTEGRATION,  # a subnet
    }
    assert {*counted, *free} == set(Kind)
    assert set(counted.values()) <= {r.count for r in facts.quantities()}


HEAD = (
    "id,service,product,meter,region,currency,unit,price,tier_minimum_units,units_a_month,"
    "status,note,source,checked_on\n"
)


@pytest.mark.parametrize(
    ("price", "status", "words"),
    [
        ("0", "secondary", "line 2: price 0 is not valid. It must be more than zero"),
        ("-1", "secondary", "line 2: price -1 is not valid"),
        ("", "secondary", "line 2: price and status 'secondary' do not agree"),
        ("1", "not priced", "line 2: price and status 'not priced' do not agree"),
    ],
)
def test_a_price_that_hides_something_is_refused(
    tmp_path: Path, price: str, status: str, words: str
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(HEAD + f"a,S,,M,eastus,USD,1 Hour,{price},0,730,{status},,x,2026-11-22\n")
    with pytest.raises(InputError, match=words):
        facts.read_prices(path)
