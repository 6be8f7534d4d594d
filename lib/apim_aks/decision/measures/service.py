"""High availability, scale and cost: what the tier and the path behind it give and take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod

from apim_aks.apis.mapping.limits import operations_built
from apim_aks.costs import costs, regions_built, units_needed, zones_built
from apim_aks.decision.measures.model import Measure, Subject, exact, number
from apim_aks.facts import slas
from apim_aks.facts.cluster import SlaRow
from apim_aks.facts.criterion_ids import MONTHLY_COST, SLA, CriterionId
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.listing import counted, interval
from apim_aks.rounding import rounded
from apim_aks.topology import Kind, Link, Topology

_OPERATIONS_HEADROOM = CriterionId("operations-headroom")
_REGIONS = CriterionId("regions")
_TLS_TERMINATIONS = CriterionId("tls-terminations")
_UNITS_HEADROOM = CriterionId("units-headroom")


def tls_terminations(subject: Subject) -> Measure:
    """On the longest way to a Service, how often TLS ends behind the gateway."""
    paths = {s: subject.topology.backend_path(s) for s in subject.mapping.published}
    counts = {s: _ends_behind_gateway(subject.topology, path) for s, path in paths.items()}
    listed = tuple(f"{s}: {n}" for s, n in counts.items())
    return exact(_TLS_TERMINATIONS, listed, max(counts.values(), default=0))


def _ends_behind_gateway(topology: Topology, path: tuple[Link, ...]) -> int:
    return sum(link.ends_tls and topology.component(link.target).in_cluster for link in path)


def regions(subject: Subject) -> Measure:
    """Regions that the template builds the gateway in, as they are paid for."""
    built = regions_built(subject.purchase)
    return exact(_REGIONS, (f"{subject.tier.name}: {counted(built, 'region')} built",), built)


def operations_headroom(subject: Subject) -> Measure:
    """How many times the operations fit into the tier's limit, as many as are built."""
    limit = subject.tier.number("limit_api_operations") or 0.0
    built = operations_built(subject.mapping.apis)
    ratio = rounded(limit / max(1, built), 1)
    held = f"{subject.tier.name}: {number(limit)}, {built:,} built"
    wild = any(o.wildcard for o in subject.mapping.operations)
    note = (
        "an operation of any method is built as one for each, at its path and below" if wild else ""
    )
    return Measure(_OPERATIONS_HEADROOM, ratio, ratio, (held,), note)


def monthly_cost(subject: Subject) -> Measure:
    """What differs between the options a month, at list prices; open where a part has no price."""
    cost = costs(subject.purchase)
    lacking = "; ".join(p.text for p in cost.not_priced)
    missing = f"; not priced: {lacking}" if lacking else ""
    note = f"{cost.basis}{missing}"
    return Measure(MONTHLY_COST, cost.low, cost.high, tuple(c.text for c in cost.lines), note)


def units_headroom(subject: Subject) -> Measure:
    """How many times the units that are built in a region carry the stated load."""
    load, tier = subject.traffic.requests_per_second, subject.tier
    if not load:
        return Measure(_UNITS_HEADROOM, 0.0, inf, note=_NO_LOAD)
    if gateway := subject.topology.self_hosted:
        pods = counted(self_hosted_defaults().replicas, "pod")
        held = f"{gateway.label}: {pods}; what one carries is neither published nor measured"
        return Measure(_UNITS_HEADROOM, 0.0, inf, (held,), _LOAD_TEST)
    units, each = units_needed(subject.purchase), subject.traffic.per_unit(tier)
    head = f"{tier.name}: {counted(units, 'unit')}"
    asked = f"{number(load)} requests a second required"
    if each is None:
        held = f"{head}; what one carries is neither published nor measured; {asked}"
        return Measure(_UNITS_HEADROOM, 0.0, inf, (held,), _LOAD_TEST)
    own = tier.name in dict(subject.traffic.measured)
    origin = "in your load test" if own else "as published, an estimate"
    ratio = rounded(units * each / load, 1)
    held = f"{head} of {number(each)} requests a second ({origin}), {asked}"
    return Measure(_UNITS_HEADROOM, ratio, ratio, (held,), "" if own else _LOAD_TEST)


_NO_LOAD = "no load is stated; traffic.requests_per_second in workload.yaml states it"
_LOAD_TEST = (
    "run a load test, since Microsoft publishes no throughput of v2 tiers and advises against "
    "planning with the other figures; enter what one unit carried in traffic.measured_per_unit"
)


def sla(subject: Subject) -> Measure:
    """Product of what is promised for the serial parts of the data path, in percent.

    What runs in the cluster has no promise but the team's own; the API server is not on the path.
    """
    promised = subject.tier.sla
    if promised is None:
        return Measure(SLA, 0.0, 0.0, (f"{subject.tier.name}: nothing is promised",))
    if gateway := subject.topology.self_hosted:
        none = self_hosted_defaults().sla_percent
        return Measure(SLA, none, none, (f"{gateway.label}: nothing is promised",))
    bought = subject.purchase
    spread = zones_built(bought) or regions_built(bought) > 1
    high = promised.high if spread else promised.low
    low = high if promised.status == "verified" else promised.low
    own = f"{subject.tier.name}: {_percent(low, high)}"
    behind = [row for row in slas() if _stands(row, subject.topology)]
    listed = (own, *(f"{row.label}: {number(row.percent)} %" for row in behind))
    notes = (promised.status, promised.note, _ONE_CLUSTER if regions_built(bought) > 1 else "")
    return Measure(
        SLA,
        _in_series(low, behind),
        _in_series(high, behind),
        listed,
        "; ".join(filter(None, notes)),
    )


def _percent(low: float, high: float) -> str:
    return f"{interval(low, high, number)} %"


def _in_series(gateway: float, beside: Sequence[SlaRow]) -> float:
    """The gateway's percentage with those of the other parts that every call passes."""
    return rounded(prod((gateway, *(row.percent / 100 for row in beside))), 3)


_ONE_CLUSTER = (
    "cluster and Services stay in one region, so that more regions raise only the gateway's part"
)


def _stands(row: SlaRow, topology: Topology) -> bool:
    """The cluster's load balancer is on every way; of another kind one has to be drawn."""
    always = row.kind == Kind.LOAD_BALANCER
    return always or any(c.kind == row.kind for c in topology.components)


MEASURES: dict[CriterionId, Callable[[Subject], Measure]] = {
    _TLS_TERMINATIONS: tls_terminations,
    _REGIONS: regions,
    SLA: sla,
    _UNITS_HEADROOM: units_headroom,
    _OPERATIONS_HEADROOM: operations_headroom,
    MONTHLY_COST: monthly_cost,
}
