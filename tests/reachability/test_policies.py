"""What each row of the rules means, in a small cluster."""

from __future__ import annotations

import pytest

from tests.support.reach_scenes import SCENES, Scene, wrong


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.what)
def test_every_answer_is_the_one_that_the_rule_gives(scene: Scene) -> None:
    assert wrong(scene) == []
