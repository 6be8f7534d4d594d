"""The outcome in sentences, the same on page, record and command line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_aks import page
from apim_aks.apis.mapping import Role
from apim_aks.apis.mapping.newly_reached import newly_reached
from apim_aks.artefacts.manifests import manifests
from apim_aks.cli.decision_text import decision_data, decision_text
from apim_aks.decision.changes import effects
from apim_aks.decision.design import Design, design, with_requirement
from apim_aks.decision.exposed import exposed_sentence
from apim_aks.decision.next_steps import Urgency, next_steps, unasked
from apim_aks.decision.outcome import (
    answer,
    firmness,
    hinge_sentence,
    holds,
    nearest_rival,
    outcome,
    robustness_sentence,
    verdict_sentence,
)
from apim_aks.decision.priced import price_basis
from apim_aks.decision.prose import escaped
from apim_aks.decision.ranking import Hinge, robustness
from apim_aks.decision.record import decision_record
from apim_aks.facts import criterion, prices
from apim_aks.topology.check import State
from apim_aks.verification import check_all
from apim_aks.workload.azure import Azure
from apim_aks.workload.documents import parse
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes.ending import endings
from apim_aks.workload.model import Consumer, Pin, Requirements
from apim_aks.workload.traffic import Traffic
from tests.support.designs import of_shop
from tests.support.scenario import COUNTED, shop


def hinged(judgement: bool) -> Design:
    made = of_shop()
    hinge = Hinge("monthly-cost", "ingress-mtls", "≥ 150", 300.0, "vnet-external", judgement)
    return replace(made, ranking=replace(made.ranking, hinges=(hinge,)))


def test_page_record_and_command_line_say_the_same() -> None:
    made = of_shop()
    said = outcome(made)
    assert verdict_sentence(made) in page.verdict(made).text.replace("&#x27;", "'")
    text = decision_record(made, check_all(made))
    assert escaped(answer(made)) in text
    assert said.startswith(answer(made))
    assert escaped(exposed_sentence(made)) in text
    assert decision_data(made)["outcome"] == said
    text = decision_text(made)
    # The answer first: whoever asks for a decision reads it before what could still change it.
    assert text.startswith("Outcome")
    assert text.index("a month") < text.index("No requirement is stated")


def test_a_verdict_that_hangs_on_an_unknown_is_undecided_and_says_on_what() -> None:
    made = hinged(judgement=False)
    assert verdict_sentence(made).startswith("Undecided on monthly cost: ")
    assert "comes first because" not in verdict_sentence(made)
    assert made.ranking.undecided_on == ("monthly-cost",)
    assert "clear" not in answer(made) and "narrow" not in answer(made)
    assert "depends on what is not known" in firmness(made) and "As scored, it" in answer(made)
    assert [s.sentence for s in next_steps(made, ()) if s.sentence.startswith("Find out what")]
    assert not [s for s in next_steps(made, ()) if s.sentence.startswith("Confirm a judgement")]


def test_a_verdict_that_hangs_on_a_judgement_is_a_tie() -> None:
    made = hinged(judgement=True)
    assert "It is a tie with Virtual network, external" in firmness(made)
    assert not verdict_sentence(made).startswith("Undecided")
    assert [s for s in next_steps(made, ()) if s.sentence.startswith("Confirm a judgement")]


def test_a_verdict_on_a_part_of_the_services_says_so() -> None:
    made = of_shop()
    whole, rest = made.mapping.decisions[:1], made.mapping.decisions[1:]
    others = tuple(replace(d, publish=False, role=Role.UNKNOWN) for d in rest)
    few = replace(made, mapping=replace(made.mapping, decisions=whole + others))
    said = f"It rests on 1 of {len(whole + others)} Services; what {len(others)} of the others "
    assert whole[0].publish and said in outcome(few)
    assert said in page.verdict(few).text
    assert "It rests on" not in outcome(
        replace(made, mapping=replace(made.mapping, decisions=whole))
    )


def test_without_an_option_nobody_becomes_reachable() -> None:
    made = design(with_requirement(read_workload("contoso-orders"), monthly_budget=1.0), COUNTED)
    assert made.chosen is None and newly_reached(made.workload, made.mapping.published)
    steps = " ".join(s.sentence for s in next_steps(made, ()))
    assert "reachable from the internet" not in outcome(made) + steps


def test_a_hinge_names_number_option_and_winner() -> None:
    made = hinged(judgement=False)
    said = hinge_sentence(made, made.ranking.hinges[0])
    assert said == (
        "If monthly cost of Ingress with mutual TLS were in fact 300 instead of ≥ 150, "
        "Virtual network, external would come first"
    )


def test_the_basis_of_prices_names_both_regions_and_the_command() -> None:
    said = price_basis(of_shop())
    assert "list prices of eastus, eastus2 and Global in USD" in said
    assert "planned for westeurope: `apim-aks prices --refresh --region westeurope` takes" in said
    assert "prices of eastus and eastus2, not of westeurope" in outcome(of_shop())
    at_home = design(shop(azure=Azure(region="eastus2")))
    assert "; prices of eastus, not of eastus2)" in outcome(at_home)
    partly = price_basis(at_home)
    assert "planned for eastus2; of eastus are only the prices of " in partly
    assert partly.endswith(
        "`apim-aks prices --refresh --region eastus2` takes the prices of that region."
    )


def test_a_snapshot_in_another_currency_names_it_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    euros = tuple(replace(row, currency="EUR") for row in prices())
    monkeypatch.setattr("apim_aks.costs.prices", lambda: euros)
    monkeypatch.setattr("apim_aks.decision.priced.prices", lambda: euros)
    made = design(shop())
    for said in (decision_text(made), page.measures_table(made).text, outcome(made)):
        assert "EUR" in said and "USD" not in said.replace("not in USD", "")
    assert "The monthly budget and the scale of the criterion (100 to 10,000) are read in EUR" in (
        price_basis(made)
    )


def test_robustness_is_said_with_its_error() -> None:
    made = of_shop()
    said = robustness_sentence(made, robustness(made.ranking))
    assert "100,000 draws, standard error at most 0.2 %" in said


@pytest.mark.parametrize(
    ("decided", "wanted", "kept"),
    [
        ("", {}, True),
        ("first", {}, True),
        ("public-services", {}, False),
        ("public-services", {"no_public_cluster_endpoint": True}, False),
    ],
)
def test_a_recorded_option_holds_while_it_is_in_and_first(
    decided: str, wanted: dict[str, object], kept: bool
) -> None:
    given = with_requirement(shop(), **wanted)
    option = design(given).ranking.winner if decided == "first" else decided
    made = design(replace(given, decided=option))
    assert holds(made) is kept
    if not kept:
        assert "because" in outcome(made)


def test_the_verdict_says_the_trade_against_the_nearest_rival() -> None:
    made = of_shop()
    first, *others = made.ranking.standings
    rival = nearest_rival(made.ranking)
    assert rival in others
    said = verdict_sentence(made)
    assert f"in {made.placement(rival.option).option.title}, the nearest rival" in said
    paid = said.partition("; it is worse in ")[2]
    behind = [
        criterion(a.criterion).label
        for a, b in zip(first.scores, rival.scores, strict=True)
        if a.contribution < b.contribution
    ]
    assert any(label.lower() in paid.lower() for label in behind) == bool(behind)


def test_after_the_verdict_stands_how_firm_it_is_and_what_nobody_stated() -> None:
    said = outcome(of_shop())
    firm, open_ = (
        said.index("% of the weightings within half"),
        said.index("Not stated: a load, a "),
    )
    assert said.index("the nearest rival") < firm < open_
    asked = Requirements(monthly_budget=900, sla_percent=99.9, recovery_minutes=60)
    whole = shop(requirements=asked, traffic=Traffic(requests_per_second=20))
    assert "Not stated" not in outcome(design(whole))


@pytest.mark.parametrize("load", [None, 20.0])
@pytest.mark.parametrize("carried", [(), (("StandardV2", 50.0), ("Basic", 50.0))])
def test_a_load_that_nobody_knows_to_be_carried_is_measured_before_a_decision(
    load: float | None, carried: tuple[tuple[str, float], ...]
) -> None:
    traffic = Traffic(requests_per_second=load, measured=carried)
    made = design(shop(traffic=traffic))
    assert made.chosen
    steps = next_steps(made, ())
    asked = [s for s in steps if s.sentence.startswith("Measure what a unit of")]
    unknown = bool(load) and traffic.per_unit(made.chosen.tier) is None
    assert [s.urgency for s in asked] == [Urgency.DECISION] * unknown


def test_a_region_that_nobody_stated_is_assumed_and_no_requirement() -> None:
    made = design(replace(shop(), region_stated=False))
    assumed = f"the region ({made.workload.azure.region} is assumed)"
    assert f"Not stated: {assumed}, a load" in outcome(made)
    record = decision_record(made, ())
    assert "| Region |" not in record and assumed in record
    assert "| Region |" in decision_record(of_shop(), ())


def test_what_to_do_next_asks_for_each_requirement_that_would_change_the_answer() -> None:
    """The most severe first: a failed check before a question, and that before going live."""
    made = of_shop()
    checks = check_all(made)
    steps = next_steps(made, checks)
    asked = " ".join(s.sentence for s in steps if s.urgency is Urgency.WINNER)
    turning = [e for e in effects(made) if e.winner != made.ranking.winner]
    assert turning and unasked(made)
    assert all(e.change.words in asked for e in turning if not e.change.relaxes)
    assert [s.urgency for s in steps] == sorted(s.urgency for s in steps)
    first = replace(checks[0], option=made.ranking.winner, state=State.FAIL, observed="it is not")
    assert next_steps(made, (first,))[0].sentence.startswith("A check fails.")


@pytest.mark.parametrize(
    ("consumers", "publish", "newly"),
    [
        # an internal load balancer and a ClusterIP that no route leads to
        ((Consumer.INTERNET,), None, ("fulfilment/inventory", "shop/checkout")),
        ((Consumer.INTERNET,), ("shop/checkout", "shop/orders"), ("shop/checkout",)),
        ((Consumer.SAME_VNET,), None, ()),
    ],
)
def test_who_becomes_reachable_from_the_internet_is_counted_and_said(
    consumers: tuple[Consumer, ...], publish: tuple[str, ...] | None, newly: tuple[str, ...]
) -> None:
    given = replace(read_workload("contoso-retail"), consumers=consumers, publish=publish)
    made = design(given)
    assert newly_reached(made.workload, made.mapping.published) == newly
    said = "reachable from the internet that"
    assert (said in outcome(made)) == bool(newly)
    assert all(id in outcome(made) for id in newly)


@pytest.mark.parametrize(
    ("name", "ends"),
    [("webapprouting.kubernetes.azure.com", "2026-11"), ("nginx", "2026-03"), ("traefik", "")],
)
def test_a_controller_that_ends_is_named_with_its_month(name: str, ends: str) -> None:
    ingress = f"""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: all, namespace: shop}}
spec: {{ingressClassName: {name}}}
"""
    found = endings(parse(ingress.encode(), "all.yaml").documents)
    assert [e.ends_on for e in found] == ([ends] if ends else [])
    assert all("Ingress shop/all (all.yaml line 1)" in e.step for e in found)
    off = "az aks approuting update --nginx None"
    assert all((off in e.step) == (ends == "2026-11") for e in found)


def test_the_verdict_and_the_cut_over_say_which_ingresses_end() -> None:
    made = design(read_workload("contoso-retail"))
    said = "Managed NGINX of AKS application routing ends in 2026-11 and serves Ingress shop/"
    assert said in outcome(made)
    removed = {f.name: f for f in manifests(made.placement("v2-integration"))}["90-delete.yaml"]
    assert any(said in step for step in removed.by_hand)


def test_the_verdict_says_of_a_gateway_that_it_is_open_too_wide() -> None:
    inside = replace(read_workload("contoso-orders"), consumers=(Consumer.SAME_VNET,))
    pins = tuple((o, Pin(inbound="public")) for o in ("public-services", "ingress-mtls"))
    pins += (("v2-integration", Pin(inbound="public")),)
    said = outcome(design(replace(inside, pins=pins), COUNTED))
    assert "the internet reaches the gateway, although every stated caller is inside" in said
    assert "less exposed is Virtual network, internal with " in said
    public = outcome(design(read_workload("contoso-orders"), COUNTED))
    assert "with no web application firewall before it; less exposed is the combination" in public
    assert "reaches the gateway" not in outcome(design(inside, COUNTED))
