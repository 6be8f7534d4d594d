"""The outcome in sentences, the same on page, record and command line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_aks import page
from apim_aks.cli.decision_text import decision_data, decision_text
from apim_aks.decision.design import Design, design, with_requirement
from apim_aks.decision.outcome import (
    firmness,
    hinge_sentence,
    holds,
    outcome,
    price_basis,
    robustness_sentence,
    verdict_sentence,
)
from apim_aks.decision.ranking import Hinge, robustness
from apim_aks.decision.record import decision_record, escaped
from apim_aks.verification import check_all
from tests.support.scenario import shop


def hinged(judgement: bool) -> Design:
    made = design(shop())
    hinge = Hinge("monthly-cost", "ingress-mtls", "≥ 150", 300.0, "vnet-external", judgement)
    return replace(made, ranking=replace(made.ranking, hinges=(hinge,)))


def test_page_record_and_command_line_say_the_same() -> None:
    made = design(shop())
    said = outcome(made)
    assert verdict_sentence(made) in page.verdict(made).text.replace("&#x27;", "'")
    assert escaped(said) in decision_record(made, check_all(made))
    assert decision_data(made)["outcome"] == said
    assert " ".join(decision_text(made).split()).startswith("Outcome")


def test_a_verdict_that_hangs_on_an_unknown_is_undecided_and_says_on_what() -> None:
    made = hinged(judgement=False)
    assert verdict_sentence(made).startswith("Undecided on monthly cost: ")
    assert "comes first because" not in verdict_sentence(made)
    assert made.ranking.undecided_on == ("monthly-cost",)


def test_a_verdict_that_hangs_on_a_judgement_is_a_tie() -> None:
    made = hinged(judgement=True)
    assert "It is a tie with Virtual network, external" in firmness(made)
    assert not verdict_sentence(made).startswith("Undecided")


def test_a_hinge_names_number_option_and_winner() -> None:
    made = hinged(judgement=False)
    said = hinge_sentence(made, made.ranking.hinges[0])
    assert said == (
        "Monthly cost of Ingress with mutual TLS in truth 300 instead of ≥ 150: "
        "Virtual network, external comes first"
    )


def test_the_basis_of_prices_names_both_regions() -> None:
    said = price_basis(design(shop()))
    assert "eastus" in said and "planned for westeurope" in said and "USD" in said
    assert said.endswith(" (prices --refresh --region westeurope asks for its own)")


def test_robustness_is_said_with_its_error() -> None:
    made = design(shop())
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
