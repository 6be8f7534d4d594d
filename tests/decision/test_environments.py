"""One decision in several deployments: option and choices stay, what differs is drawn."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from apim_aks.decision.design import Design, design
from apim_aks.decision.environments import everywhere, placed_in
from apim_aks.errors import InputError
from apim_aks.options.option import Setting
from apim_aks.workload.file import read_workload
from tests.support.environments import with_environments


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return design(read_workload(with_environments(tmp_path_factory.mktemp("workload"))))


def test_every_combination_keeps_its_option_choices_and_controller(made: Design) -> None:
    for found in made.variants:
        there = everywhere(found)
        tier = "Developer" if found.option.id == "vnet-internal" else found.tier.name
        assert there["dev"].tier.name == tier
        for one in there.values():
            assert one.option == found.option
            assert (one.choices, one.controller) == (found.choices, found.controller)
        assert there["prod"].tier == found.tier
        assert {c.id for c in there["test"].topology.components} == {
            c.id for c in found.topology.components
        }


def test_what_is_drawn_is_what_the_environments_design_places(made: Design) -> None:
    found = made.placement("vnet-internal")
    _, placed = placed_in(found, "dev")
    drawn = everywhere(found)["dev"]
    assert placed.topology == drawn.topology
    apart = {f.name for f in fields(Setting) if getattr(placed, f.name) != getattr(drawn, f.name)}
    assert apart <= {"workload"}, "only its findings, which the design of every option completes"


def test_a_tier_that_cannot_do_the_option_is_said_of_its_environment(tmp_path: Path) -> None:
    said = "environments:\n  dev: {placements: {v2-injection: {tier: Basic}}}\n"
    whole = design(read_workload(with_environments(tmp_path, said)))
    found = whole.placement("v2-injection")
    with pytest.raises(InputError, match="Environment dev: placements: v2-injection is pinned to"):
        placed_in(found, "dev")
    with pytest.raises(InputError, match="Environment dev: placements: v2-injection is pinned to"):
        everywhere(found)
