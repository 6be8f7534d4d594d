"""Every fault that is planted into the engine changes an answer in a small cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.reachability import test_outside, test_ways_around
from tests.support import around_faults, outside_faults
from tests.support.outside_scenes import shown
from tests.support.reach_faults import FAULTS, OUTSIDE, Fault, planted
from tests.support.reach_scenes import SCENES, wrong

BY_NAME = {scene.what: scene for scene in SCENES}
LONG = (pytest.mark.series, pytest.mark.at_length)
"""Nine in ten of the faults outside, each of which loads the engine anew."""
SITES = {scene.what: scene for scene in test_outside.SCENES}
AROUND = {scene.what: scene for scene in test_ways_around.SCENES}


def some(faults: Sequence[Fault]) -> list[Any]:
    """The faults, of which `make test` tries one in ten."""
    return [
        pytest.param(f, id=f.what, marks=LONG if at % 10 else ()) for at, f in enumerate(faults)
    ]


def test_the_text_that_a_fault_changes_stands_once_in_its_module() -> None:
    every = (*FAULTS, *outside_faults.FAULTS, *around_faults.FAULTS, *around_faults.HANDED)
    assert [f.what for f in every if f.place.count(f.old) != 1] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.what)
def test_a_fault_is_noticed(fault: Fault) -> None:
    with planted(fault):
        noticed = wrong(BY_NAME[fault.scene])
    assert noticed
    assert wrong(BY_NAME[fault.scene]) == []


@pytest.mark.parametrize("fault", some(outside_faults.FAULTS))
def test_a_fault_in_what_is_outside_is_noticed(fault: Fault) -> None:
    site = SITES[fault.scene]
    with planted(fault, OUTSIDE):
        noticed = shown(site)
    assert noticed != site.answers


@pytest.mark.parametrize("fault", some(around_faults.FAULTS))
def test_a_fault_in_a_way_around_is_noticed(fault: Fault) -> None:
    scene = AROUND[fault.scene]
    with planted(fault, OUTSIDE):
        noticed = test_ways_around.answered(scene)
    assert noticed != scene.answers


@pytest.mark.parametrize("fault", some(around_faults.HANDED))
def test_a_fault_in_who_hands_calls_on_is_noticed(fault: Fault) -> None:
    with planted(fault, OUTSIDE):
        noticed = test_ways_around.handed(fault.scene)
    assert noticed != test_ways_around.HANDING[fault.scene][1]
