"""The page that traces one comparison by hand says what is computed."""

from __future__ import annotations

import re

from apim_aks.decision.design import design
from apim_aks.decision.outcome import percent
from apim_aks.facts import criterion
from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY

TEXT = (REPOSITORY / "docs" / "hand-check.md").read_text(encoding="utf-8")
MADE = design(read_workload("contoso-orders"))


def test_every_number_of_the_comparison_is_traced() -> None:
    rows = {
        cells[0]: cells[1:6]
        for line in TEXT.splitlines()
        if line.startswith("| ")
        for cells in [[c.strip() for c in line.strip("|").split("|")]]
    }
    for measure in MADE.placements[0].measures:
        label = criterion(measure.id).label
        assert rows[label] == [p.measure(measure.id).text for p in MADE.placements], label


def test_the_totals_are_those_of_the_ranking() -> None:
    totals = sorted(f"{s.total:.4f}" for s in MADE.ranking.standings)
    assert sorted(re.findall(r"\*\*(0\.\d{4})\*\*", TEXT)) == totals


def test_the_flip_point_is_that_of_the_ranking() -> None:
    (cost,) = [f for f in MADE.ranking.flips if f.axis == "cost"]
    assert cost.above is not None
    assert f"= {percent(cost.above[0])}." in TEXT


def test_it_fits_on_two_sheets() -> None:
    assert len(TEXT.splitlines()) <= 80
