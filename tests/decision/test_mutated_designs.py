"""A change of the files that opens a Service is found, and nothing is called closed that is not."""

from __future__ import annotations

import pytest

from tests.support.mutated_designs import (
    CASES,
    Case,
    Change,
    around,
    open_checks,
    outcome,
)
from tests.support.series import at_length

HALF = CASES[: len(CASES) // 2]
SHORT = (*HALF[::16], HALF[-1])
"""Some of the cases of the smaller workload; `make proof` tries all."""


def name(case: Case) -> str:
    return case.name


def held(case: Case) -> None:
    found = outcome(case)
    assert not found.falsely_closed
    assert not found.missed
    assert not found.changed
    assert found.failing == found.should_fail
    assert found.beside == found.should_differ


@pytest.mark.parametrize("case", SHORT, ids=name)
def test_a_mutated_file_opens_what_it_says_and_nothing_else(case: Case) -> None:
    held(case)


@at_length
@pytest.mark.parametrize("case", CASES, ids=name)
def test_every_mutated_file_opens_what_it_says_and_nothing_else(case: Case) -> None:
    held(case)


@pytest.mark.parametrize(("change", "level"), [(lambda _: None, 0.5), (open_checks, 1.5)])
def test_who_reaches_a_token_check_counts_half(change: Change, level: float) -> None:
    """The token is still asked for, by node ports of the network, of all where no list is left."""
    assert around("contoso-orders", "public-services", change) == level


def test_there_are_two_hundred_mutations_over_all_options_and_both_workloads() -> None:
    assert len(CASES) >= 200
    assert {(c.workload, c.option) for c in CASES} == {
        (w, o) for w in {c.workload for c in CASES} for o in {c.option for c in CASES}
    }
