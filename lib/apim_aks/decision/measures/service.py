"""High availability, scale and cost: what the tier and the path behind it give and take."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.apis.mapping.limits import operations_built
from apim_aks.costs import costs, units_needed
from apim_aks.decision.measures.model import Measure, Subject, exact, number
from apim_aks.facts import slas
from apim_aks.facts.cluster import SlaRow
from apim_aks.facts.criterion_ids import MONTHLY_COST, CriterionId
from apim_aks.rounding import rounded
from apim_aks.topology import Kind, Link, Topology

_OPERATIONS_LIMIT = CriterionId("operations-limit")
_REGIONS = CriterionId("regions")
_SLA = CriterionId("sla")
_TLS_TERMINATIONS = CriterionId("tls-terminations")
_UNITS_LIMIT = CriterionId("units-limit")


def tls_terminations(subject: Subject) -> Measure:
    """On the longest way to a Service, how often TLS ends behind the gateway."""
    paths = {s: subject.topology.backend_path(s) for s in subject.mapping.published}
    counts = {s: _ends_behind_gateway(subject.topology, path) for s, path in paths.items()}
    listed = tuple(f"{s}: {n}" for s, n in counts.items())
    return exact(_TLS_TERMINATIONS, listed, max(counts.values(), default=0))


def _ends_behind_gateway(topology: Topology, path: tuple[Link, ...]) -> int:
    return sum(link.ends_tls and topology.component(link.target).in_cluster for link in path)


def regions(subject: Subject) -> Measure:
    """Active regions that the tier can have; its own only where it cannot have several."""
    many = subject.tier.has("multi_region")
    return Measure(_REGIONS, 2.0 if many else 1.0, 2.0 if many else 1.0, (subject.tier.name,))


def operations_limit(subject: Subject) -> Measure:
    """How many times the operations fit into the tier's limit, as many as are built."""
    limit = subject.tier.number("limit_api_operations") or 0.0
    built = operations_built(subject.mapping.apis)
    ratio = rounded(limit / max(1, built), 1)
    counted = f"{subject.tier.name}: {number(limit)}, {built:,} built"
    wild = any(o.wildcard for o in subject.mapping.operations)
    note = (
        "an operation of any method is built as one for each, at its path and below" if wild else ""
    )
    return Measure(_OPERATIONS_LIMIT, ratio, ratio, (counted,), note)


def monthly_cost(subject: Subject) -> Measure:
    """What differs between the options a month, at list prices; open where a part has no price."""
    cost = costs(subject.purchase)
    lacking = "; ".join(p.text for p in cost.not_priced)
    missing = f"; not priced: {lacking}" if lacking else ""
    note = f"{cost.basis}{missing}"
    return Measure(MONTHLY_COST, cost.low, cost.high, tuple(c.text for c in cost.lines), note)


def units_limit(subject: Subject) -> Measure:
    """How many times the units that are needed fit into the most the tier can have."""
    most, needed = subject.tier.number("max_scale_units") or 1.0, units_needed(subject.purchase)
    ratio = rounded(most / max(1, needed), 1)
    note = subject.tier.fact("max_scale_units").note
    counted = f"{subject.tier.name}: {number(most)} units, {needed} needed"
    return Measure(_UNITS_LIMIT, ratio, ratio, (counted,), note)


def sla(subject: Subject) -> Measure:
    """Product of what is promised for the serial parts of the data path, in percent.

    What runs in the cluster has no promise but the team's own; the API server is not on the path.
    """
    promised = subject.tier.sla
    if promised is None:
        return Measure(_SLA, 0.0, 0.0, (f"{subject.tier.name}: nothing is promised",))
    wanted = subject.requirements
    spread = wanted.availability_zones or wanted.regions > 1
    own = promised.high if spread else promised.low
    beside = [(row.label, row.percent) for row in slas() if _stands(row, subject.topology)]
    product = own
    for _, percent in beside:
        product *= percent / 100
    listed = tuple(f"{label}: {number(p)} %" for label, p in ((subject.tier.name, own), *beside))
    found = rounded(product, 3)
    return Measure(_SLA, found, found, listed, f"{promised.status}; {promised.note}".strip("; "))


def _stands(row: SlaRow, topology: Topology) -> bool:
    """The cluster's load balancer is on every way; of another kind one has to be drawn."""
    always = row.kind == Kind.LOAD_BALANCER
    return always or any(c.kind == row.kind for c in topology.components)


MEASURES: dict[CriterionId, Callable[[Subject], Measure]] = {
    _TLS_TERMINATIONS: tls_terminations,
    _REGIONS: regions,
    _SLA: sla,
    _UNITS_LIMIT: units_limit,
    _OPERATIONS_LIMIT: operations_limit,
    MONTHLY_COST: monthly_cost,
}
