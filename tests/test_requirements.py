from dataclasses import fields, replace

import pytest

from apim_aks.design import Design, design
from apim_aks.facts import requirement_rows
from apim_aks.requirements import RULES, Candidate, ruled_out
from apim_aks.topology import Exposure, Kind
from apim_aks.workload import Azure, Consumer, Requirements
from scenario import EVERYWHERE, shop


def required(**wanted: object) -> Design:
    inside = (Consumer.SAME_VNET,)
    return design(shop(requirements=Requirements(**wanted), consumers=inside))  # type: ignore[arg-type]


def out(found: Design) -> dict[str, str]:
    return {r.option: r.reason for r in found.ranking.ruled_out}


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        ({"no_public_cluster_endpoint": True}, {"public-services", "ingress-mtls"}),
        (
            {"private_gateway": True},
            {"public-services", "ingress-mtls", "vnet-external", "v2-integration"},
        ),
        ({"private_api_server": True}, set()),
        ({"static_outbound_ip": True}, {"v2-integration"}),
        ({"availability_zones": True}, set()),
        ({"regions": 2}, {"v2-integration"}),
        (
            {"tiers_allowed": ("Basic", "StandardV2")},
            {"vnet-external", "vnet-internal"},
        ),
        ({"monthly_budget": 1000.0}, {"vnet-external", "vnet-internal"}),
        ({"service_mesh": True}, set()),
    ],
)
def test_a_requirement_rules_out_just_these(wanted: dict, gone: set[str]) -> None:
    assert set(out(required(**wanted))) == gone


def test_the_reason_names_what_was_counted() -> None:
    reason = out(required(no_public_cluster_endpoint=True))["public-services"]
    assert reason.startswith("3 endpoints of the cluster are on the internet (Token check for")


def test_consumers_on_the_internet_rule_the_internal_mode_out() -> None:
    found = design(shop(consumers=EVERYWHERE))
    assert [r.requirement for r in found.ranking.ruled_out] == ["consumers"]
    assert found.ranking.ruled_out[0].option == "vnet-internal"


def test_overlapping_ranges_rule_out_a_private_gateway_for_peers() -> None:
    wanted = Requirements(overlapping_address_ranges=True)
    found = design(shop(requirements=wanted, consumers=(Consumer.PEERED_VNET,)))
    assert set(out(found)) == {"vnet-internal"}


def test_a_gateway_with_one_public_way_in_is_not_private() -> None:
    made = required(private_gateway=True)
    placement = made.placement("vnet-internal")
    topology = placement.topology
    (entry,) = (x for c in topology.of_kind(Kind.CONSUMER) for x in topology.links_from(c.id))
    front = replace(topology.component(entry.target), id="front", exposure=Exposure.PUBLIC)
    both = replace(
        topology,
        components=(*topology.components, front),
        links=(*topology.links, replace(entry, target="front")),
    )
    candidate = Candidate(made.workload, placement.option, placement.tier, topology, ())
    assert ruled_out(candidate) == ()
    (found,) = ruled_out(replace(candidate, topology=both))
    assert found.reason == "the gateway answers on a public address"


def test_zones_move_an_option_to_a_tier_that_has_them() -> None:
    found = required(availability_zones=True)
    assert {p.tier.name for p in found.placements} == {"Premium", "Premium v2"}


def test_developer_is_for_rehearsals_only() -> None:
    production, rehearsal = shop(), shop(azure=Azure(environment="rehearsal"))
    assert design(production).placement("vnet-external").tier.name == "Premium"
    assert design(rehearsal).placement("vnet-external").tier.name == "Developer"


def test_every_ruled_out_option_has_a_source() -> None:
    wanted = Requirements(True, True, True, True, True, 2, ("Basic",), 1.0, True, True)
    found = design(replace(shop(consumers=EVERYWHERE), requirements=wanted))
    assert {r.option for r in found.ranking.ruled_out} == {p.option.id for p in found.placements}
    assert all(r.source and r.reason for r in found.ranking.ruled_out)
    assert found.ranking.winner == ""
    assert found.chosen is None


def test_every_requirement_has_a_rule_and_a_row() -> None:
    names = {f.name for f in fields(Requirements)}
    assert set(RULES) == names
    assert names < {r.id for r in requirement_rows()}
