"""What can be counted on a topology. Numbers and what they count, no judgement.

Every measure keeps the things it counted, so that a page can list them beside the number.
"""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.decision.measures.effort import (
    authenticating_components,
    certificate_rotations,
    changes_a_year,
    components_to_run,
    entry_points,
    listeners,
    objects_changed,
    owners,
)
from apim_aks.decision.measures.exposure import (
    around_the_gateway,
    backend_hops,
    blast_radius,
    fronts,
    public_endpoints,
    unauthenticated_hops,
)
from apim_aks.decision.measures.model import Measure, Subject, amount, money, number
from apim_aks.decision.measures.service import (
    monthly_cost,
    operations_limit,
    regions,
    sla,
    tls_terminations,
    units_limit,
)
from apim_aks.facts import Criterion, criteria

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
]

MEASURES: dict[str, Callable[[Subject], Measure]] = {
    "public-endpoints": public_endpoints,
    "around-the-gateway": around_the_gateway,
    "unauthenticated-hops": unauthenticated_hops,
    "blast-radius": blast_radius,
    "entry-points": entry_points,
    "authenticating-components": authenticating_components,
    "components-to-run": components_to_run,
    "certificate-rotations": certificate_rotations,
    "changes-a-year": changes_a_year,
    "objects-changed": objects_changed,
    "owners": owners,
    "tls-terminations": tls_terminations,
    "regions": regions,
    "sla": sla,
    "units-limit": units_limit,
    "operations-limit": operations_limit,
    "monthly-cost": monthly_cost,
}


def measure_all(subject: Subject) -> tuple[Measure, ...]:
    """Every measure that there is a way to count, in the order of the criteria."""
    return tuple(MEASURES[c.id](subject) for c in criteria() if c.id in MEASURES)


def measured_criteria() -> tuple[Criterion, ...]:
    """The criteria that are counted today."""
    return tuple(c for c in criteria() if c.id in MEASURES)


def missing_criteria() -> tuple[Criterion, ...]:
    """The criteria that are defined and not counted yet: a ranking says so."""
    return tuple(c for c in criteria() if c.id not in MEASURES)
