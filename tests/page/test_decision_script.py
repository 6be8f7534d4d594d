"""The values that a page weighs by itself, and that nothing in them can break out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from apim_aks.decision.design import Design, design, with_requirement
from apim_aks.page import decision_script, movable_ranking
from tests.support.designs import bundled
from tests.support.scenario import shop

SCRIPT = decision_script.HERE / "decision.js"


def retail() -> Design:
    return bundled("contoso-retail")


def values(text: str) -> dict:
    found = re.search('<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_values_are_those_of_the_ranking() -> None:
    data = values(movable_ranking(retail()).text)
    scores = {s.option: [x.value for x in s.scores] for s in retail().ranking.standings}
    held = {o["id"]: [v["values"] for v in o["variants"]] for o in data["options"]}
    assert held.keys() == scores.keys()
    assert all(scores[id] in found for id, found in held.items())
    chosen = {s.option: s.choices.words for s in retail().ranking.standings}
    words = {o["id"]: [v["choices"] for v in o["variants"]] for o in data["options"]}
    assert all(chosen[id] in found for id, found in words.items())
    assert sum(map(len, held.values())) == len(retail().ranking.variants) > len(scores)
    assert data["weights"] == dict(retail().ranking.weights)
    assert sum(c["share"] for c in data["criteria"]) == pytest.approx(len(data["axes"]))


def test_options_come_in_the_order_of_the_comparison() -> None:
    data = values(movable_ranking(retail()).text)
    order = [p.option.id for p in retail().placements if p.within]
    assert [o["id"] for o in data["options"]] == order


@pytest.mark.parametrize("text", ["</script><b>", "<!--<script>", "a & b", "\u2028\u2029"])
def test_nothing_in_the_values_ends_the_script(text: str) -> None:
    written = decision_script.script_json({"title": text})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"title": text}


def test_an_evil_title_stays_text() -> None:
    first = retail().placements[0]
    evil = replace(first.option, title="</script><script>alert(1)</script>")
    made = replace(retail(), placements=(replace(first, option=evil), *retail().placements[1:]))
    text = movable_ranking(made).text
    assert text.count("<script") == text.count("</script>") == 2
    assert values(text)["options"][0]["title"] == evil.title


def test_the_page_is_complete_without_script() -> None:
    text = movable_ranking(retail()).text
    for standing in retail().ranking.standings:
        assert f">{standing.total:.3f}<" in text
        assert all(f">{s.contribution:.3f}<" in text for s in standing.scores)
    assert '<form hidden="hidden">' in text
    assert "<noscript>" in text


def test_the_script_is_small_and_loads_nothing() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(source.encode()) < 8_000
    assert not re.search(r"https?:|fetch|import\b|eval|innerHTML|XMLHttp|</script", source)


def test_the_weights_of_the_workload_are_what_reset_brings_back() -> None:
    own = design(replace(shop(), weights=(("cost", 2.0), ("security", 1.0))))
    text = movable_ranking(own).text
    assert "Reset (workload.yaml)" in text
    assert values(text)["weights"]["cost"] == pytest.approx(2 / 3)


def test_without_an_option_there_is_nothing_to_move() -> None:
    made = design(with_requirement(shop(), tiers_allowed=("Consumption",)))
    assert movable_ranking(made).text == ""
