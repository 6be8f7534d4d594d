"""What can be counted on a topology. Numbers and what they count, no judgement.

Every measure keeps the things it counted, so that a page can list them beside the number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from apim_aks.decision.measures import effort, exposure, gateway, service
from apim_aks.decision.measures.effort import listeners
from apim_aks.decision.measures.exposure import backend_hops, fronts, ways_around
from apim_aks.decision.measures.model import Measure, Subject, amount, money, number
from apim_aks.facts import Criterion, criteria
from apim_aks.facts.criterion_ids import CriterionId

__all__ = [
    "MEASURES",
    "Measure",
    "Measures",
    "Subject",
    "amount",
    "backend_hops",
    "fronts",
    "listeners",
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


@dataclass(frozen=True, slots=True, eq=False)
class Measures(Collection[Measure]):
    """Every measure of a subject that there is a way to count, in the order of the criteria.

    Each is counted when somebody asks for it: of what is ruled out hardly anybody does.
    """

    subject: Subject

    def of(self, id: CriterionId) -> Measure:
        """The measure of this id."""
        return self.subject.once(MEASURES[id])

    def __iter__(self) -> Iterator[Measure]:
        return (self.of(c.id) for c in measured_criteria())

    def __len__(self) -> int:
        return len(MEASURES)

    def __contains__(self, measure: object) -> bool:
        return measure in tuple(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measures) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def measured_criteria() -> tuple[Criterion, ...]:
    """The criteria that are counted today."""
    return tuple(c for c in criteria() if c.id in MEASURES)


def missing_criteria() -> tuple[Criterion, ...]:
    """The criteria that are defined and not counted yet: a ranking says so."""
    return tuple(c for c in criteria() if c.id not in MEASURES)
