"""The page that traces one comparison by hand says what is computed."""

from __future__ import annotations

import re
from functools import cache

from apim_aks.decision.design import Design, design
from apim_aks.decision.outcome import percent
from apim_aks.facts import criterion
from apim_aks.facts.prices import prices, quantities
from apim_aks.options import option
from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY

TEXT = (REPOSITORY / "docs" / "hand-check.md").read_text(encoding="utf-8")
NAMED = re.findall(r"^The columns are (.*)\.$", TEXT, re.MULTILINE)[0].split(", ")


@cache
def made() -> Design:
    return design(read_workload("contoso-orders"), tuple(map(option, NAMED)))


def test_its_heads_are_the_options_that_it_names() -> None:
    (heads,) = re.findall(r"^\| Number \|(.*)\| Where it comes from \|$", TEXT, re.MULTILINE)
    found = [h.strip() for h in heads.split("|")]
    assert all(h in id for h, id in zip(found, NAMED, strict=True))


def test_every_number_of_the_comparison_is_traced() -> None:
    rows = {
        cells[0]: cells[1 : len(NAMED) + 1]
        for line in TEXT.splitlines()
        if line.startswith("| ")
        for cells in [[c.strip() for c in line.strip("|").split("|")]]
    }
    for measure in made().placements[0].measures:
        label = criterion(measure.id).label
        assert label in rows, f"docs/hand-check.md does not trace {label!r}"
        assert rows[label] == [p.measure(measure.id).text for p in made().placements], label


def test_the_totals_are_those_of_the_ranking() -> None:
    totals = sorted(f"{s.total:.4f}" for s in made().ranking.standings)
    traced = sorted(re.findall(r"\*\*(0\.\d{4})\*\*", TEXT))
    assert traced == totals, "docs/hand-check.md: other totals in bold than those computed"


def test_the_flip_point_is_that_of_the_ranking() -> None:
    (cost,) = [f for f in made().ranking.flips if f.axis == "cost"]
    assert cost.above is not None
    found = f"= {percent(cost.above[0])}."
    assert found in TEXT, f"docs/hand-check.md does not end the flip point of cost with {found!r}"


def test_every_price_of_what_an_option_can_consist_of_is_traced() -> None:
    known = {p.id: p.price for p in prices()}
    own = {q.price for q in quantities() if q.price and not q.alike} - {CONSUMPTION}
    untraced = [id for id in sorted(own) if known[id] and not _says(f"{known[id]:g}")]
    assert untraced == [], "docs/hand-check.md does not say these prices"


CONSUMPTION = "apim-consumption-calls"
"""No option can be drawn on that tier."""


def _says(price: str) -> bool:
    return re.search(rf"(?<![\d.,]){re.escape(price)}(?![\d])", TEXT) is not None


def test_it_fits_on_two_sheets() -> None:
    assert len(TEXT.splitlines()) <= 80
