"""The decision record and what it makes of text of others."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import pytest

from apim_aks.decision.as_json import as_json, checks_data, design_data, fact_dates, topology_data
from apim_aks.decision.design import Design, design, with_requirement
from apim_aks.decision.measures.exposure import further_bare_hops
from apim_aks.decision.outcome import flip_sentences, nearest_rival
from apim_aks.decision.prose import escaped, marked
from apim_aks.decision.record import decision_record
from apim_aks.decision.review import review_dates
from apim_aks.decision.threats import answered
from apim_aks.facts import claim, criterion, requirement_row
from apim_aks.facts.criterion_ids import MONTHLY_COST, UNAUTHENTICATED_HOPS
from apim_aks.facts.threats import threats
from apim_aks.options import OPTIONS
from apim_aks.page.markdown import markdown
from apim_aks.topology.check import State
from apim_aks.verification import check_all
from apim_aks.workload.decision import Decision
from apim_aks.workload.model import Pin
from apim_aks.workload.traffic import Traffic
from tests.support import scenario
from tests.support.designs import bundled, of_shop

HEADINGS = [
    "## Context",
    "## Requirements",
    "## Outcome",
    "## Placements",
    "## Consequences",
    "## Risks and open proofs",
    "## Threats",
    "## Sizing, recovery and cut-over",
    "## What would change it",
    "## Assumptions and dates",
]


def record(made: Design) -> str:
    return decision_record(made, check_all(made))


def section(text: str, heading: str) -> str:
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_the_record_has_its_sections_in_order() -> None:
    text = record(of_shop())
    assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS


def test_the_outcome_says_because() -> None:
    text = section(record(of_shop()), "Outcome")
    assert "because" in text


def test_a_recorded_decision_is_told_with_its_day_its_people_and_their_reason() -> None:
    told = Decision("2026-11-23", ("Ada", "Grace"), "*one* address")
    decided = replace(of_shop().workload, decided=OPTIONS[0].id, decision=told)
    status = record(design(decided)).splitlines()[2]
    assert status.startswith(r"Status: accepted on 2026-11-23 by Ada and Grace: \*one\* address.")
    assert Decision(chosen_by="reader").words == "by the reader"
    assert Decision().words == ""


def test_every_option_is_considered_and_weighed() -> None:
    made = of_shop()
    text = section(record(made), "Placements")
    assert all(f"`{p.option.id}`" in text for p in made.placements)
    assert all(p.measure(MONTHLY_COST).text in text for p in made.placements)
    assert "Not considered" in section(record(made), "Context")


def test_a_requirement_that_rules_out_is_named_with_its_reason() -> None:
    wanted = with_requirement(scenario.shop(), no_public_cluster_endpoint=True)
    text = section(record(design(wanted)), "Placements")
    assert "`public-services`" in text
    assert "`no_public_cluster_endpoint`" in text
    assert "on the internet" in text


def test_a_record_without_a_winner_is_still_a_record() -> None:
    wanted = with_requirement(scenario.shop(), tiers_allowed=("Consumption",))
    text = record(design(wanted))
    assert "No option" in section(text, "Outcome")
    assert "Nothing to confirm" in section(text, "Risks and open proofs")


def test_consequences_are_measures_against_the_nearest_rival_alone() -> None:
    """No claim stands beside a number that contradicts it."""
    made = of_shop()
    chosen, rival = made.chosen, made.placement(nearest_rival(made.ranking).option)
    assert chosen is not None
    text = section(record(made), "Consequences")
    told = [m for m in chosen.measures if m.low > rival.measure(m.id).high]
    told += [m for m in chosen.measures if m.high < rival.measure(m.id).low]
    assert told
    assert all(f"{m.text} against {rival.measure(m.id).text}" in text for m in told)
    assert not any(claim(id).statement in text for id in chosen.option.gains)


def test_checks_are_counted_and_each_threat_says_which_answer_it() -> None:
    made = of_shop()
    checks = check_all(made)
    assert made.chosen is not None
    own = [c for c in checks if c.option == made.chosen.option.id]
    waiting = sum(c.state is State.NOT_RUN for c in own)
    assert f"{waiting} not run" in section(decision_record(made, checks), "Risks and open proofs")
    text = section(decision_record(made, checks), "Threats")
    assert "open; not run: `missing-key-refused`" in text
    failed = [replace(c, state=State.FAIL, observed="x", reason="") for c in own]
    assert answered(made.chosen, failed)[0].state is State.FAIL
    assert "fails; fail: `missing-key-refused`" in section(decision_record(made, failed), "Threats")


def test_a_threat_is_open_while_a_hop_that_is_not_counted_has_no_authentication() -> None:
    made = of_shop()
    placement = made.placement("ingress-mtls")
    counted, hop = placement.measure(UNAUTHENTICATED_HOPS), further_bare_hops(placement.topology)
    (found,) = [a for a in answered(placement, ()) if a.boundary == "inside the cluster"]
    assert counted.high == 0 and hop and found.state is State.NOT_RUN
    assert f"also: {hop[0]}" in found.words
    # Nothing beside what is counted: where no hop is authenticated, the measure has all of it.
    assert not further_bare_hops(made.placement("vnet-internal").topology)


def test_every_check_and_measure_that_a_threat_names_is_there() -> None:
    made = [of_shop(), bundled("contoso-retail")]
    names = {
        e.id.rpartition(".")[2] for m in made for v in m.variants for e in v.topology.expectations
    }
    for threat in threats():
        assert set(threat.checks) <= names, threat.id
        assert not threat.criterion or criterion(threat.criterion)


def test_requirements_stand_with_who_asks_for_them_and_the_day_of_review_comes_from_facts() -> None:
    wanted = with_requirement(scenario.shop(), private_gateway=True)
    named = replace(
        wanted, named_requirements=("private_gateway",), owners=(("private_gateway", "network"),)
    )
    text = record(design(named))
    label = requirement_row("private_gateway").label
    assert f"| {label} | yes | network |" in section(text, "Requirements")
    day, what = review_dates(design(named))[0]
    assert f"Review by {day}: {what} ends." in text
    assert day >= max(fact_dates().values())[:7]


def test_budget_and_load_stand_among_the_requirements_with_their_units() -> None:
    wanted = with_requirement(scenario.shop(), monthly_budget=1500.0)
    asked = replace(
        wanted, named_requirements=("monthly_budget",), traffic=Traffic(requests_per_second=150)
    )
    text = section(record(design(asked, scenario.COUNTED)), "Requirements")
    assert "| Monthly budget | USD 1,500 a month | not named |" in text
    assert "| Load | 150 requests a second at the peak | not named |" in text


def test_every_flip_is_a_sentence() -> None:
    made = of_shop()
    text = section(record(made), "What would change it")
    for flip in made.ranking.flips:
        for sentence in flip_sentences(made, flip):
            assert sentence in text


def test_text_of_others_cannot_act() -> None:
    assert escaped("a <script>\n# b `c` [d](e) *f*") == (r"a \<script\> \# b \`c\` \[d\](e) \*f\*")
    made = design(replace(scenario.shop(), title="Shop\n\n# Gone <img src=x>"))
    assert r"# Shop \# Gone \<img src=x\>: placement" in record(made).splitlines()[0]


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("What `publish: [a, b]` leaves *out*", 1),
        ("`<b>` and `` and <i>", 1),
        ("left open ` <script>", 0),
        ("a | b and `a | b`", 0),
        ("`a``<b>` then ` x", 2),
    ],
)
def test_code_in_a_sentence_is_code_and_nothing_else_acts(sentence: str, code: int) -> None:
    shown = markdown(marked(sentence))
    assert shown.count("<code>") <= code and ("<code>" in shown) == bool(code)
    assert not set(re.findall(r"<(\w+)", shown)) - {"p", "code"}
    read = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert read.replace("`", "") == sentence.replace("`", "")


def test_the_record_is_the_same_twice() -> None:
    assert record(of_shop()) == record(of_shop())


def test_json_has_no_number_that_json_lacks() -> None:
    made = of_shop()
    text = as_json(design_data(made))
    assert "Infinity" not in text
    assert "NaN" not in text
    # calls on Consumption follow the load, so that the upper end of its cost is open
    pinned = scenario.shop(pins=(("public-services", Pin("Consumption")),))
    text = as_json(design_data(design(pinned, (replace(OPTIONS[0], needs=()),))))
    cost = [m for m in json.loads(text)["placements"][0]["measures"] if m["id"] == "monthly-cost"]
    assert cost[0]["high"] is None


def test_json_is_the_same_twice() -> None:
    first, second = (as_json(design_data(of_shop())) for _ in range(2))
    assert first == second


def test_json_names_what_the_contract_lists() -> None:
    data = design_data(of_shop())
    wanted = {"schema_version", "inputs", "services", "apis", "placements", "ranking", "fact_dates"}
    assert wanted <= set(data)
    assert all("measures" in p and "ruled_out" in p for p in data["placements"])


def test_a_topology_is_written_with_ids_of_its_members() -> None:
    made = of_shop()
    data = json.loads(as_json(topology_data(made.placements[0].topology)))
    assert data["option"] == made.placements[0].option.id
    assert {a for link in data["links"] for a in link["auth"]} >= {"token"}


def test_checks_are_written_with_their_state_as_a_word() -> None:
    data = checks_data(check_all(of_shop()))
    assert {c["state"] for c in data} <= {"pass", "fail", "not_run"}


def test_facts_are_dated() -> None:
    assert all(len(day) == len("2026-11-22") for day in fact_dates().values())
