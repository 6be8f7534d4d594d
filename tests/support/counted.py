"""Measures of which some are given instead of counted."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.decision.measures import Measure, Measures
from apim_aks.facts.criterion_ids import CriterionId


@dataclass(frozen=True, slots=True, eq=False)
class Instead(Measures):
    """The measures of a subject, but for those that are given."""

    given: tuple[Measure, ...]

    def of(self, id: CriterionId) -> Measure:
        for measure in self.given:
            if measure.id == id:
                return measure
        return Measures.of(self, id)
