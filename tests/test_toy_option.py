"""An option of the reader's own goes all the way without a change anywhere else."""

from __future__ import annotations

import inspect
import json
from functools import cache

from apim_aks.decision.design import Design, Placement, design
from apim_aks.decision.measures import MEASURES
from apim_aks.decision.record import decision_record
from apim_aks.options import OPTIONS
from apim_aks.page import index
from apim_aks.page.diagram import picture
from apim_aks.verification import check_option
from tests.support import report_runs, toy_option
from tests.support.designs import bundled
from tests.support.series import at_length


@cache
def made() -> Design:
    return design(bundled("contoso-orders").workload, (*OPTIONS, toy_option.OPTION))


def toy() -> Placement:
    return made().placement("toy")


def test_the_toy_is_short() -> None:
    code = inspect.getsource(toy_option).partition("def draw")[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 25


def test_the_toy_is_measured_and_ranked() -> None:
    assert {m.id for m in toy().measures} == set(MEASURES)
    assert "toy" in {s.option for s in made().ranking.standings}


def test_the_toy_is_drawn() -> None:
    drawn = picture(toy().topology, toy().option.title)
    assert drawn.svg.lstrip().startswith("<svg")
    assert drawn.steps


def test_the_toy_is_checked() -> None:
    checks = check_option(made(), "toy")
    assert checks
    assert all(c.id.startswith("toy.") for c in checks)


def test_the_toy_stands_on_the_index_and_in_the_record() -> None:
    checks = check_option(made(), "toy")
    assert "Toy" in index(made(), checks, [], [])
    assert "`toy`" in decision_record(made(), checks)


@at_length
def test_the_toy_joins_a_full_report_by_its_name_alone() -> None:
    run = report_runs.report("contoso-orders")
    assert run.status == 0, run.errors
    data = json.loads((run.folder / "design.json").read_text(encoding="utf-8"))
    assert data["placements"][-1]["option"] == "toy"
    assert (run.folder / "toy" / "topology.svg").is_file()
    for name in ("index.html", "06_decision.html"):
        assert "Toy" in (run.folder / name).read_text(encoding="utf-8")
