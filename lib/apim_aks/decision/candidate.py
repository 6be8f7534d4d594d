"""The input of the requirements."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.decision.measures import Measure, Measures
from apim_aks.facts import Tier
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.once import Once
from apim_aks.options import Option
from apim_aks.topology import Topology
from apim_aks.workload.guards.admission import Admission
from apim_aks.workload.model import Workload


@dataclass(frozen=True, slots=True)
class Candidate(Once):
    """The input of the requirements: an option on a tier, its measures, a mesh's refusals."""

    workload: Workload
    option: Option
    tier: Tier
    topology: Topology
    measures: Measures
    admissions: tuple[Admission, ...] = ()

    def measure(self, id: CriterionId) -> Measure:
        """The measure of this id."""
        return self.measures.of(id)
