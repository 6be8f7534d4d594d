"""What a requirement less or more does, and what brings an option back when none is left."""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import Any

import pytest

from apim_aks.cli.decision_text import decision_data, decision_text
from apim_aks.decision.changes import SECOND, additions, effects, relaxations, ways_back
from apim_aks.decision.design import Design, design, redesign, with_requirement
from apim_aks.decision.record import decision_record
from apim_aks.facts import tiers
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.page.tables import decision_tables
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.model import Consumer, Pin, Requirements
from tests.support.designs import bundled, of_shop
from tests.support.scenario import EVERYWHERE, shop
from tests.support.series import combined

INSIDE = (Consumer.SAME_VNET,)


def nobody(**wanted: object) -> Design:
    made = design(with_requirement(shop(consumers=(Consumer.INTERNET,)), **wanted))
    assert made.ranking.winner == ""
    return made


def test_nothing_asked_means_nothing_to_relax_but_the_place_of_consumers() -> None:
    assert {c.requirement for c in relaxations(shop())} == {"consumers"}


def test_every_requirement_is_either_relaxed_or_added() -> None:
    wanted = Requirements(private_api_server=True, regions=2)
    made = design(shop(requirements=wanted, consumers=EVERYWHERE))
    names = {c.requirement for c in relaxations(made.workload)}
    assert names == {"private_api_server", "regions", "consumers"}
    added = {c.requirement for c in additions(made)}
    assert added == {f for f in Requirements.__dataclass_fields__ if f not in names}


def test_an_effect_is_what_the_whole_chain_says_of_the_changed_workload() -> None:
    made = design(with_requirement(shop(), static_outbound_ip=True))
    for effect in effects(made):
        again = design(effect.change.apply(made.workload))
        assert effect.winner == again.ranking.winner
        within = {p.option.id for p in again.placements if p.within}
        before = {p.option.id for p in made.placements if p.within}
        assert set(effect.back) == within - before
        assert {*effect.out, *effect.beside} == before - within
        assert set(effect.out) == {p.option.id for p in again.placements if p.ruled_out} & before


def test_effects_of_a_design_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, redesigned = design(shop()), []

    def counted(*given: Any, **more: Any) -> Design:
        redesigned.append(given)
        return redesign(*given, **more)

    monkeypatch.setattr("apim_aks.decision.changes.redesign", counted)
    first = effects(made)
    asked = len(redesigned)
    assert asked == len(first) > 0
    decision_data(made), decision_text(made), decision_record(made, ())
    decision_tables.requirement_changes_table(made)
    assert effects(made) is first and len(redesigned) == asked
    other = replace(made, workload=with_requirement(made.workload, private_gateway=True))
    assert effects(other) != first


def test_a_redesign_is_a_design() -> None:
    made = of_shop()
    changed = with_requirement(made.workload, availability_zones=True)
    assert redesign(made, changed) == design(changed)


CHANGES: list[dict[str, object]] = [
    {"no_public_cluster_endpoint": True},
    {"private_gateway": True},
    {"private_api_server": True},
    {"static_outbound_ip": True},
    {"availability_zones": True},
    {"regions": 2},
    {"tiers_allowed": ("Premium", "PremiumV2")},
    {"monthly_budget": 500.0},
    {"service_mesh": True},
    {"overlapping_address_ranges": True},
    {"web_application_firewall": True},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda c: next(iter(c)))
@pytest.mark.parametrize("name", combined("contoso-orders", "contoso-retail"))
def test_a_redesign_of_a_bundled_workload_is_its_design(
    name: str, changes: dict[str, object]
) -> None:
    made = bundled(name)
    changed = with_requirement(made.workload, **changes)
    assert redesign(made, changed) == design(changed)


def test_a_redesign_follows_pins_consumers_and_weights() -> None:
    made = of_shop()
    pins = (("ingress-mtls", Pin("Premium")), ("vnet-external", Pin("Premium")))
    for changed in (
        replace(made.workload, pins=pins),
        replace(made.workload, consumers=EVERYWHERE),
        replace(made.workload, weights=(("cost", 1.0),)),
        replace(made.workload, decided="ingress-mtls"),
        replace(made.workload, azure=Azure(region="northeurope")),
        replace(made.workload, azure=Azure(existing=ExistingResources(cluster=Existing("c", "g")))),
        replace(made.workload, azure=Azure(gateway_network="peered", host_name="api.contoso.com")),
    ):
        assert changed != made.workload
        assert redesign(made, changed) == design(changed)


def test_a_budget_below_its_price_takes_the_first_place_away() -> None:
    made = of_shop()
    (budget,) = [e for e in effects(made) if e.change.requirement == "monthly_budget"]
    costs = made.placement(made.ranking.winner).measure(MONTHLY_COST).low
    again = design(budget.change.apply(made.workload))
    assert again.placement(budget.winner).measure(MONTHLY_COST).low < floor(costs)


def test_combinations_that_may_stand_rank_as_all_of_them_do() -> None:
    made = bundled("contoso-orders")
    asked = (*relaxations(made.workload), *additions(made))
    for change in (c for c in asked if c.requirement in ("service_mesh", "regions")):
        workload = change.apply(made.workload)
        whole, short = (redesign(made, workload, whole=w) for w in (True, False))
        assert short.ranking == replace(whole.ranking, flips=(), hinges=(), ahead=())
        assert [p.standing for p in short.placements] == [p.standing for p in whole.placements]


def test_single_requirements_that_bring_an_option_back_are_named() -> None:
    made = nobody(private_gateway=True, monthly_budget=100.0)
    ways = ways_back(made)
    assert {w.changes[0].requirement for w in ways} == {"monthly_budget"}
    assert all(len(w.changes) == 1 and w.options for w in ways)
    for way in ways:
        assert design(way.changes[0].apply(made.workload)).ranking.winner in way.options


def test_pairs_are_named_only_where_no_single_one_is_enough() -> None:
    made = nobody(monthly_budget=100.0, tiers_allowed=("Consumption",))
    ways = ways_back(made)
    assert ways and all(len(w.changes) == 2 for w in ways)
    assert all(w.changes[0].requirement != w.changes[1].requirement for w in ways)


def test_a_workload_with_a_winner_needs_no_way_back() -> None:
    assert ways_back(of_shop()) == ()


def test_a_requirement_that_rules_nothing_out_can_still_be_the_way_back() -> None:
    """The tiers allowed decide which tier is drawn, and that tier lacks what is asked."""
    made = nobody(tiers_allowed=("StandardV2",), static_outbound_ip=True)
    assert ("tiers_allowed",) in {tuple(c.requirement for c in w.changes) for w in ways_back(made)}


def test_the_tables_name_both_kinds_and_the_way_back() -> None:
    made = design(with_requirement(shop(consumers=INSIDE), private_gateway=True))
    text = repr(decision_tables.requirement_changes_table(made).text)
    assert "Required today, removed" in text and "Not required today, added" in text
    assert (
        "What would bring one back"
        in decision_tables.ruled_out_table(nobody(monthly_budget=100.0)).text
    )


@pytest.mark.parametrize("place", [Consumer.PEERED_VNET, Consumer.ON_PREMISES])
def test_consumers_are_taken_away_one_place_at_a_time(place: Consumer) -> None:
    made = design(shop(consumers=(Consumer.SAME_VNET, place)))
    moved = [c.apply(made.workload).consumers for c in relaxations(made.workload)]
    assert sorted(moved) == sorted([(Consumer.SAME_VNET,), (place,)])


def test_a_pinned_tier_stays_pinned_through_a_change() -> None:
    given = replace(shop(), pins=(("ingress-mtls", Pin("Premium")),))
    made = design(given)
    changed = redesign(made, with_requirement(given, availability_zones=True))
    assert changed.placement("ingress-mtls").pinned


def test_what_is_taken_away_relaxes_and_what_is_added_does_not() -> None:
    wanted = Requirements(private_api_server=True, monthly_budget=9000.0)
    made = design(shop(requirements=wanted, consumers=EVERYWHERE))
    assert {c.relaxes for c in relaxations(made.workload)} == {True}
    for found, more in ((made, "regions"), (design(shop(consumers=INSIDE)), "monthly_budget")):
        added = {c.requirement: c.relaxes for c in additions(found)}
        assert set(added.values()) == {False}
        assert {"service_mesh", "tiers_allowed", more} <= set(added)


def test_what_is_added_is_asked_of_the_changed_workload() -> None:
    made = of_shop()
    asked = {c.requirement: c.apply(made.workload).requirements for c in additions(made)}
    assert asked["service_mesh"].service_mesh is True
    assert asked["regions"].regions == SECOND
    assert asked["regions"] == Requirements(regions=SECOND)
    first = made.placement(made.ranking.winner).tier
    others = {t.arm_name for t in tiers()} - {first.arm_name}
    assert asked["tiers_allowed"] == Requirements(
        tiers_allowed=asked["tiers_allowed"].tiers_allowed
    )
    assert sorted(asked["tiers_allowed"].tiers_allowed) == sorted(others)


def test_what_is_added_is_said_in_words() -> None:
    said = {c.requirement: c.words for c in additions(of_shop())}
    assert (said["service_mesh"], said["regions"]) == ("required", "at least 2")


def test_where_no_option_is_left_nothing_is_measured_by_the_first() -> None:
    added = {c.requirement for c in additions(nobody(monthly_budget=100.0))}
    assert {"service_mesh", "regions"} <= added
    assert "tiers_allowed" not in added
