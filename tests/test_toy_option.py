"""An option of the reader's own goes all the way without a change anywhere else."""

from __future__ import annotations

import inspect
import json

from apim_aks.decision.design import design
from apim_aks.decision.measures import MEASURES
from apim_aks.decision.record import decision_record
from apim_aks.options import OPTIONS
from apim_aks.page import index
from apim_aks.page.diagram import picture
from apim_aks.verification import check_option
from apim_aks.workload.file import read_workload
from tests.support import report_runs, toy_option

MADE = design(read_workload("contoso-orders"), (*OPTIONS, toy_option.OPTION))
TOY = MADE.placement("toy")


def test_the_toy_is_short() -> None:
    code = inspect.getsource(toy_option).partition("def draw")[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 25


def test_the_toy_is_measured_and_ranked() -> None:
    assert {m.id for m in TOY.measures} == set(MEASURES)
    assert "toy" in {s.option for s in MADE.ranking.standings}


def test_the_toy_is_drawn() -> None:
    drawn = picture(TOY.topology, TOY.option.title)
    assert drawn.svg.lstrip().startswith("<svg")
    assert drawn.steps


def test_the_toy_is_checked() -> None:
    checks = check_option(MADE, "toy")
    assert checks
    assert all(c.id.startswith("toy.") for c in checks)


def test_the_toy_stands_on_the_index_and_in_the_record() -> None:
    checks = check_option(MADE, "toy")
    assert "Toy" in index(MADE, checks, [], [])
    assert "`toy`" in decision_record(MADE, checks)


def test_the_toy_joins_a_full_report_by_its_name_alone() -> None:
    run = report_runs.report("contoso-orders")
    assert run.status == 0, run.errors
    data = json.loads((run.folder / "design.json").read_text(encoding="utf-8"))
    assert data["placements"][-1]["option"] == "toy"
    assert (run.folder / "toy" / "topology.svg").is_file()
    for name in ("index.html", "06_decision.html"):
        assert "Toy" in (run.folder / name).read_text(encoding="utf-8")
