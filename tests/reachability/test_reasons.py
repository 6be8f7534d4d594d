"""What recorded clusters prove says what it rests on, and on nothing that nobody verified."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apim_aks.facts.load_balancers import route_controllers
from apim_aks.facts.rows import DATA
from apim_aks.reachability.files import read_scene
from apim_aks.reachability.proof import prove
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.site import Site
from tests.reachability.test_corpus import folders
from tests.support.outside_scenes import INTERNAL, Outer, controller, ingress, service, verdicts
from tests.support.series import SEED

PLACE = re.compile(r" line \d+|data/\w+\.csv|kubernetes/api")
RESTS_ON = ("default_security_rules", "load_balancer_annotations", "load_balancer_rules")
RESTS_ON += ("node_ports", "private_ranges", "reach_assumptions", "service_tags")
"""The tables that open and closed rest on; others make answers unknown at most."""
CASES = folders("cases/*/expected_*.txt")


@pytest.mark.parametrize("folder", CASES if SEED else CASES[::8], ids=lambda f: f.name)
def test_recorded_clusters_say_what_each_verdict_rests_on(folder: Path) -> None:
    for verdict in prove(Site(scene=read_scene([folder / "input"]))).verdicts:
        said = " ".join(verdict.because)
        assert said
        assert (verdict.packet is not None) == (
            verdict.answer is Answer.OPEN and verdict.source != "{nodes}"
        )
        unfiltered = verdict.answer is Answer.OPEN and "no policy" in said
        assert PLACE.search(said) or unfiltered, verdict
        if verdict.packet:
            told = verdict.packet
            assert told.source and told.destination and told.protocol and told.port


@pytest.mark.parametrize("table", RESTS_ON)
def test_no_row_that_an_answer_rests_on_is_unverified(table: str) -> None:
    rows = (DATA / f"{table}.csv").read_text(encoding="utf-8").splitlines()
    assert not [row for row in rows if "unverified" in row]


def test_a_controller_that_nobody_verified_opens_nothing() -> None:
    (row,) = (r for r in route_controllers() if r.id == "traefik")
    assert row.status == "unverified"
    entry = controller(INTERNAL)
    entry["spec"]["selector"] = {row.label: row.value}
    way = ingress(row.classes[0])
    found = verdicts(Outer(what="", objects=[service("ClusterIP"), way, entry], answers=""))
    assert {v.answer for v in found if v.source == "{network}"} == {Answer.UNKNOWN}
