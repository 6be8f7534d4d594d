"""The phases as a checklist: how far each is by what was recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_aks.cutover.checklist import checklist, hourly
from apim_aks.decision.priced import cost_of
from apim_aks.deployment import DeploymentState
from apim_aks.deployment.state import StageEntry
from apim_aks.page.tables.phase_tables import phases_table
from tests.cutover.town import OPTION, moved_design, moved_project

ALL = ("plan", "deploy", "cutover", "rollback", "close", "remove")
HOST = {"id": "h", "kept": (), "before": (), "lowered_at": 0, "moved_at": 0}


def stood(done: bool = True, **phases: object) -> DeploymentState:
    made = moved_project()
    entries = tuple(
        StageEntry(name=p.stage, deployment=p.deployment, group=p.group, state="Succeeded")
        for p in (made.pieces if done else made.pieces[:1])
    )
    steps = {f.name: "mark" for f in made.files} if done else {}
    state = DeploymentState(workload="contoso-retail", option=OPTION, stages=entries)
    return replace(state, steps=steps, groups=("rg",), phases=phases)


def moved(at: float, host: str = "watched") -> dict[str, object]:
    return {"hosts": [{**HOST, "state": host}], "complete_at": at}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, ["not asked"] * 6),
        (replace(stood(), stages=(), steps={}, groups=()), "next next later later later later"),
        (stood(done=False), "done begun later later later possible"),
        (stood(), "done done next later later possible"),
        (stood(cutover=moved(0)), "done done begun possible later possible"),
        (stood(cutover=moved(1)), "done done done possible next possible"),
        (stood(cutover=moved(0, "moved back")), "done done next later later possible"),
        (
            stood(cutover=moved(1), close={"files": ["60"], "complete_at": 0}),
            "done done done later begun possible",
        ),
    ],
)
def test_each_phase_is_as_far_as_the_record_says(state: DeploymentState | None, said: str) -> None:
    found = checklist(moved_project(), state)
    assert [p.row.id for p in found] == list(ALL)
    assert [p.standing.value for p in found] == (said.split() if isinstance(said, str) else said)


def test_the_table_says_what_it_costs_and_who_decides() -> None:
    made = moved_design()
    price = hourly(cost_of(made, made.placement(OPTION)))
    shown = str(phases_table(checklist(moved_project(), None), price))
    assert "USD" in price and price in shown
    assert "15 min to 120 min (unverified)" in shown and "not asked" in shown
