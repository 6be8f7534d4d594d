"""Six kinds of pull request: what each changes, what it stops, and the comment it gets."""

from __future__ import annotations

import pytest

from apim_aks.difference import Gate, Part
from apim_aks.difference.summary import LINES
from tests.support.pull_requests import COMMENTS, KINDS, comment, pull_request

EXPECTED: dict[str, tuple[set[Part], set[Gate]]] = {
    "second-load-balancer": (
        {Part.INPUT, Part.MAPPING, Part.CONNECTIVITY, Part.CHECKS, Part.DECISION},
        {Gate.OPENED, Gate.CHECK},
    ),
    "removed-network-policy": ({Part.INPUT, Part.CONNECTIVITY, Part.DECISION}, {Gate.OPENED}),
    "broken-contract": (
        {Part.INPUT, Part.MAPPING, Part.CONTRACT, Part.DECISION},
        {Gate.CONTRACT},
    ),
    "new-service": ({Part.INPUT, Part.MAPPING, Part.CONNECTIVITY}, {Gate.OPENED}),
    "price-refresh": ({Part.DECISION, Part.COST, Part.FACTS}, set()),
    "readme": (set(), set()),
}
"""The parts that change, and the gates that are not passed."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_pull_request_changes_what_it_is_about_and_gets_its_comment(kind: str) -> None:
    found = pull_request(kind)
    parts, gates = EXPECTED[kind]
    assert {p.part for p in found.parts if p.changes} == parts
    assert {g for g in Gate if [*found.stopped_by([g])]} == gates
    assert not any(p.not_compared for p in found.parts)
    text = comment(kind)
    assert len(text.splitlines()) <= LINES
    assert text == (COMMENTS / f"{kind}.md").read_text(encoding="utf-8"), "make golden"
