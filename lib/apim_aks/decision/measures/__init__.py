"""What can be counted on a topology. Numbers and what they count, no judgement.

Every measure keeps the things it counted, so that a page can list them beside the number.
"""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.decision.measures import effort, exposure, gateway, service
from apim_aks.decision.measures.effort import listeners
from apim_aks.decision.measures.exposure import backend_hops, fronts, ways_around
from apim_aks.decision.measures.model import Measure, Subject, amount, money, number
from apim_aks.facts import Criterion, criteria
from apim_aks.facts.criterion_ids import CriterionId

__all__ = [
    "MEASURES",
    "Measure",
    "Subject",
    "amount",
    "backend_hops",
    "fronts",
    "listeners",
    "measure_all",
    "measured_criteria",
    "missing_criteria",
    "money",
    "number",
    "ways_around",
]

MEASURES: dict[CriterionId, Callable[[Subject], Measure]] = {
    **gateway.MEASURES,
    **exposure.MEASURES,
    **effort.MEASURES,
    **service.MEASURES,
}
"""What counts each criterion, from the module of its function."""


def measure_all(subject: Subject) -> tuple[Measure, ...]:
    """Every measure that there is a way to count, in the order of the criteria."""
    return tuple(MEASURES[c.id](subject) for c in criteria() if c.id in MEASURES)


def measured_criteria() -> tuple[Criterion, ...]:
    """The criteria that are counted today."""
    return tuple(c for c in criteria() if c.id in MEASURES)


def missing_criteria() -> tuple[Criterion, ...]:
    """The criteria that are defined and not counted yet: a ranking says so."""
    return tuple(c for c in criteria() if c.id not in MEASURES)
