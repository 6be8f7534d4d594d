"""The document of situations is what is computed, and holds what architects expect of it."""

from __future__ import annotations

import pytest

from apim_aks.decision.design import Design
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.workload.file import read_workload
from tests.support import situations

ORDERS = read_workload("contoso-orders")
TEXT = situations.FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found() -> dict[str, Design]:
    return {s.name: situations.made(ORDERS, s) for s in situations.SITUATIONS}


def test_the_table_of_the_small_workload_is_what_is_computed(found: dict[str, Design]) -> None:
    """The other workload's is made by the same function: `make golden` shows its difference."""
    part = situations.of(ORDERS.name, found)
    assert "\n\n".join(part) in TEXT, "make golden"


def test_every_situation_has_a_line_for_each_workload() -> None:
    for situation in situations.SITUATIONS:
        lines = [line for line in TEXT.splitlines() if line.startswith(f"- **{situation.name}**")]
        assert len(lines) == len(situations.WORKLOADS)
        assert all(situation.judgement in line for line in lines)


def test_callers_inside_keep_a_private_v2_at_about_730(found: dict[str, Design]) -> None:
    placement = found["same network only"].placement("v2-integration")
    assert placement.standing == "met" and placement.choices.inbound == "private-endpoint"
    assert placement.measure(MONTHLY_COST).low == pytest.approx(730, abs=5)
    asked = found["private gateway"].placement("v2-integration")
    assert asked.within and asked.choices.inbound == "private-endpoint"


def test_internet_consumers_keep_internal_mode_behind_an_edge(found: dict[str, Design]) -> None:
    placement = found["internet consumers"].placement("vnet-internal")
    assert placement.within and placement.choices.edge == "application-gateway"


def test_two_regions_count_only_where_they_are_built(found: dict[str, Design]) -> None:
    for placement in found["nothing stated"].placements:
        assert placement.measure("regions").low == 1, "no tier gains by what it could have"
    two = found["two regions"]
    for placement in two.placements:
        built = placement.measure("regions").low == 2
        assert built == placement.within, "who builds them is in, and nobody else"
        one = found["nothing stated"].placement(placement.option.id)
        paid = placement.measure(MONTHLY_COST).low - one.measure(MONTHLY_COST).low
        assert not built or paid > 2_700
