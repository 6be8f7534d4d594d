"""The engine against a second reading of the same rules, which z3 decides for all ports at once."""

from __future__ import annotations

import pytest

from tests.support import outside_oracle
from tests.support.reach_oracle import differences, generated
from tests.support.series import SEED, seeds

FIXED = 500
"""The scenes that every round of `make proof` tries; `make test` tries one in a hundred."""


@pytest.mark.series
@pytest.mark.parametrize("part", range(5))
def test_no_connection_of_the_fixed_scenes_goes_against_the_answer(part: int) -> None:
    for number in range(part * 100, (part + 1) * 100 if SEED else part * 100 + 1):
        assert list(differences(generated(number))) == []


@pytest.mark.series
@pytest.mark.parametrize("part", range(2))
def test_no_way_in_from_outside_goes_against_the_answer(part: int) -> None:
    for number in range(part * 250, (part + 1) * 250 if SEED else part * 250 + 2):
        world = outside_oracle.generated(number)
        assert list(outside_oracle.differences(world)) == [], world


@seeds(1)
def test_no_way_in_from_outside_of_a_fresh_scene_goes_against_the_answer(seed: int) -> None:
    for number in range(20 if SEED else 1):
        world = outside_oracle.generated(FIXED + seed * 20 + number)
        assert list(outside_oracle.differences(world)) == [], world


@seeds(1)
def test_no_connection_of_a_fresh_scene_goes_against_the_answer(seed: int) -> None:
    for number in range(20 if SEED else 1):
        assert list(differences(generated(FIXED + seed * 20 + number))) == []
