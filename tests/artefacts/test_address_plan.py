"""Who gets which addresses, and that nothing overlaps."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.addresses import AddressPlan
from apim_aks.errors import InputError
from apim_aks.facts import address_rows, network_mode
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin, Workload
from tests.support.designs import alone
from tests.support.scenario import COUNTED, service, shop, workload
from tests.support.series import examples

RETAIL = read_workload("contoso-retail")
INSIDE = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
OPTIONS = tuple(option.id for option in COUNTED)


def planned(option: str, source: Workload = RETAIL, **azure: Any) -> AddressPlan:
    each = ((option, Pin(entry="per-service" if option in INSIDE else "")),)
    changed = replace(source, azure=replace(source.azure, **azure), pins=each)
    return address_plan(alone(changed, option))


@pytest.mark.parametrize("option", OPTIONS)
def test_no_two_ranges_overlap(option: str) -> None:
    prefixes = [IPv4Network(r.prefix) for r in planned(option).ranges]
    reserved = [IPv4Network(r.candidates[0]) for r in address_rows() if r.kind == "reserved"]
    assert not any(a.overlaps(b) for a, b in combinations(prefixes + reserved, 2))


@pytest.mark.parametrize("option", OPTIONS)
def test_subnets_lie_in_the_network_and_the_cluster_outside(option: str) -> None:
    plan = planned(option)
    for found in plan.ranges:
        inside = IPv4Network(found.prefix).overlaps(IPv4Network(plan.network))
        assert inside == (found.place == "network"), found.id


@pytest.mark.parametrize("option", OPTIONS[2:])
def test_the_gateways_subnet_is_as_large_as_its_mode_wants(option: str) -> None:
    made = alone(RETAIL, option)
    found = address_plan(made).range("gateway")
    mode = network_mode(made.option.mode)
    assert found is not None
    length = int(found.prefix.partition("/")[2])
    assert length <= int((mode.subnet_advised or mode.subnet_minimum)[1:])


def test_outside_the_network_there_is_no_subnet_for_the_gateway() -> None:
    plan = planned("public-services")
    assert plan.range("gateway") is None
    assert plan.range("ingress") is None
    assert plan.load_balancers == ()


def test_every_private_service_has_an_address_of_its_own() -> None:
    plan = planned("vnet-internal")
    subnet = plan.range("ingress")
    assert subnet is not None
    given_out = [IPv4Address(a.address) for a in plan.load_balancers]
    assert len(given_out) == len(set(given_out)) == 11
    prefix = IPv4Network(subnet.prefix)
    assert all(prefix[4] <= a <= prefix[-2] for a in given_out)
    assert plan.load_balancers[0].host == "inventory.fulfilment.contoso-retail.internal"


def test_public_entries_have_an_address_by_name() -> None:
    (found,) = planned("ingress-mtls").public_addresses
    assert found.host.startswith(f"{found.dns_label}.westeurope.")
    assert found.name == f"pip-{found.dns_label}"


def test_the_subnet_of_load_balancers_grows_with_them() -> None:
    many = workload(*(service(f"s{n}", "GET /x") for n in range(300)))
    plan = planned("vnet-internal", many)
    subnet = plan.range("ingress")
    assert subnet is not None
    assert subnet.prefix.endswith("/23")
    assert subnet.usable >= len(plan.load_balancers) == 300


def test_a_small_network_gets_the_smallest_subnets() -> None:
    plan = planned("v2-integration", shop(), address_space="10.9.0.0/25")
    sizes = {r.id: r.prefix.partition("/")[2] for r in plan.ranges if r.place == "network"}
    assert sizes == {"nodes": "27", "ingress": "28", "gateway": "27", "endpoints": "28"}


def test_too_small_a_network_is_refused_with_the_size_that_would_do() -> None:
    with pytest.raises(InputError, match=r"10.9.0.0/26 has no room for .*at least a /25"):
        planned("v2-integration", shop(), address_space="10.9.0.0/26")


def test_a_taken_range_is_kept_clear_of() -> None:
    plan = planned("vnet-internal", taken_address_ranges=("10.40.0.0/24", "10.244.3.0/24"))
    pods = plan.range("pods")
    assert plan.network == "10.80.0.0/16"
    assert pods is not None
    assert pods.prefix == "172.16.0.0/16"


@pytest.mark.parametrize(
    ("given_space", "sentence"),
    [
        ("10.40.0.7/16", "not an IPv4 range .*Use a range such as"),
        ("fd00::/64", "not an IPv4 range"),
        ("172.30.0.0/20", "overlaps 172.30.0.0/16 .*that AKS keeps"),
        ("10.5.0.0/16", "overlaps 10.5.9.0/24 .azure.taken_address_ranges"),
    ],
)
def test_a_network_that_cannot_be_is_refused(given_space: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        planned("vnet-internal", address_space=given_space, taken_address_ranges=("10.5.9.0/24",))


def test_where_everything_is_taken_the_candidates_are_named() -> None:
    with pytest.raises(InputError, match="No range is left for Virtual network: 10.40.0.0/16"):
        planned("vnet-internal", taken_address_ranges=("0.0.0.0/0",))


@pytest.mark.parametrize("option", OPTIONS)
def test_the_range_for_private_endpoints_says_that_it_is_kept_free(option: str) -> None:
    found = planned(option).range("endpoints")
    assert found is not None
    assert found.because.startswith("reserved for private endpoints")
    assert "created only if consumers reach the gateway through one" in found.because


EXISTING = Existing("vnet-old", "rg-old")


def test_an_existing_network_needs_its_free_part_named() -> None:
    with pytest.raises(InputError, match="free part of the existing network vnet-old"):
        planned("vnet-internal", existing=ExistingResources(network=EXISTING))


def test_in_an_existing_network_taken_parts_are_stepped_over() -> None:
    plan = planned(
        "vnet-internal",
        existing=ExistingResources(network=EXISTING),
        address_space="10.5.0.0/16",
        taken_address_ranges=("10.5.0.0/20",),
    )
    assert [r.prefix for r in plan.ranges if r.id == "nodes"] == ["10.5.16.0/22"]


def test_an_existing_cluster_keeps_its_own_ranges() -> None:
    plan = planned("vnet-internal", existing=ExistingResources(cluster=EXISTING))
    assert [r.id for r in plan.ranges] == ["ingress", "gateway", "endpoints", "edge"]
    assert plan.dns_service == ""


@examples(15)
@given(
    st.lists(
        st.builds(
            lambda a, p: str(IPv4Network((a, p), strict=False)),
            st.integers(0x0A000000, 0x0AFFFFFF),
            st.integers(12, 28),
        ),
        max_size=6,
    )
)
def test_a_plan_never_touches_what_is_taken(taken: list[str]) -> None:
    source = replace(shop(), azure=Azure(taken_address_ranges=tuple(taken)))
    made = alone(source, "vnet-external")
    try:
        plan = address_plan(made)
    except InputError:
        return
    for found in plan.ranges:
        assert not any(IPv4Network(found.prefix).overlaps(IPv4Network(t)) for t in taken)
