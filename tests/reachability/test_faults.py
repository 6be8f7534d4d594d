"""Every fault that is planted into the engine changes an answer in a small cluster."""

from __future__ import annotations

import pytest

from tests.support.reach_faults import FAULTS, Fault, planted
from tests.support.reach_scenes import SCENES, wrong

BY_NAME = {scene.what: scene for scene in SCENES}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.what)
def test_a_fault_is_noticed(fault: Fault) -> None:
    with planted(fault):
        noticed = wrong(BY_NAME[fault.scene])
    assert noticed
    assert wrong(BY_NAME[fault.scene]) == []
