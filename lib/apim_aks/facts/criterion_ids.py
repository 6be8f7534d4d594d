"""Ids of criteria, and those that more than one room asks for by name.

Any other id stands beside the function that counts it, so that a criterion takes a row and a
function, and no list of ids in a third place. That every id is a row is held by a test and not by
the import: a damaged row then ends a command in its sentence.
"""

from typing import NewType

CriterionId = NewType("CriterionId", str)
"""The id of a row of `data/criteria.csv`, and of the measure that is counted for it."""

PUBLIC_ENDPOINTS = CriterionId("public-endpoints")
AROUND_THE_GATEWAY = CriterionId("around-the-gateway")
GATEWAY_EXPOSURE = CriterionId("gateway-exposure")
BLAST_RADIUS = CriterionId("blast-radius")
UNAUTHENTICATED_HOPS = CriterionId("unauthenticated-hops")
ENTRY_POINTS = CriterionId("entry-points")
AUTHENTICATING_COMPONENTS = CriterionId("authenticating-components")
COMPONENTS_TO_RUN = CriterionId("components-to-run")
OBJECTS_CHANGED = CriterionId("objects-changed")
MONTHLY_COST = CriterionId("monthly-cost")
SLA = CriterionId("sla")
