"""What can be counted on a topology. Numbers and what they count, no judgement.

Every measure keeps the things it counted, so that a page can list them beside the number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_aks.costs import Purchase, costs
from apim_aks.facts import Criterion, Tier, component_row, criteria
from apim_aks.mapping import Mapping
from apim_aks.topology import Component, Exposure, Kind, Link, Reach, Topology
from apim_aks.workload import Requirements


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, or an interval where only its ends are known, in the unit of its criterion.

    `counted` names what was counted, `note` says what the number leaves out.
    """

    id: str
    low: float
    high: float
    counted: tuple[str, ...] = ()
    note: str = ""

    @property
    def exact(self) -> bool:
        """Both ends are the same."""
        return self.low == self.high

    @property
    def text(self) -> str:
        """The number as it stands in a table; `≥` where the upper end is open."""
        if self.exact:
            return number(self.low)
        if self.high == float("inf"):
            return f"≥ {number(self.low)}"
        return f"{number(self.low)} to {number(self.high)}"


def number(value: float) -> str:
    """A number without a needless decimal part, thousands set apart."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a topology, the APIs it publishes, the tier it runs on, what is demanded.

    `units` asks for more units than the requirements need; 0 takes what they need.
    """

    topology: Topology
    mapping: Mapping
    tier: Tier
    requirements: Requirements = Requirements()
    units: int = 0

    @property
    def purchase(self) -> Purchase:
        """What of it is paid for."""
        return Purchase(self.topology, self.tier, self.requirements, self.units)


def measure_all(subject: Subject) -> tuple[Measure, ...]:
    """Every measure that there is a way to count, in the order of the criteria."""
    return tuple(MEASURES[c.id](subject) for c in criteria() if c.id in MEASURES)


def measured_criteria() -> tuple[Criterion, ...]:
    """The criteria that are counted today."""
    return tuple(c for c in criteria() if c.id in MEASURES)


def missing_criteria() -> tuple[Criterion, ...]:
    """The criteria that are defined and not counted yet: a ranking says so."""
    return tuple(c for c in criteria() if c.id not in MEASURES)


def _exact(id: str, counted: tuple[str, ...], value: float | None = None) -> Measure:
    found = float(len(counted) if value is None else value)
    return Measure(id, found, found, counted)


def public_endpoints(subject: Subject) -> Measure:
    """Application endpoints of the cluster that the internet finds, left-over ones included."""
    found = tuple(
        f"{c.label}: {', '.join(map(str, c.ports))}"
        for c in subject.topology.components
        if c.in_cluster and c.public
    )
    return _exact("public-endpoints", found)


def around_the_gateway(subject: Subject) -> Measure:
    """For the worst published Service, how far away a caller can be that skips the gateway."""
    services = subject.mapping.published
    reaches = {id: _around(subject.topology, id) for id in services}
    listed = tuple(f"{id}: {number(value)} ({words})" for id, (value, words) in reaches.items())
    worst = max((value for value, _ in reaches.values()), default=0.0)
    return Measure("around-the-gateway", worst, worst, listed)


def _around(topology: Topology, service: str) -> tuple[float, str]:
    ways = [(_way(topology, c), c) for c in fronts(topology, service)]
    value, front = max(ways, key=lambda way: way[0], default=(0.0, None))
    if front is None or front.reach <= Reach.GATEWAY:
        return 0.0, "the gateway only"
    halved = ", with a credential of the gateway's" if value < front.reach else ""
    return value, f"{front.reach.label}{halved}"


def _way(topology: Topology, front: Component) -> float:
    reach = max(0.0, float(front.reach))
    guarded = all(link.pinned for link in topology.links_to(front.id) if not link.bypass)
    return reach / 2 if guarded else reach


def fronts(topology: Topology, service: str) -> list[Component]:
    """The components of the cluster through which a call can reach this Service from outside."""
    todo = [c.id for c in topology.components if c.service == service and c.kind is Kind.SERVICE]
    seen: dict[str, Component] = {}
    while todo:
        part = topology.component(todo.pop())
        if part.in_cluster and part.id not in seen:
            seen[part.id] = part
            todo += [link.source for link in topology.links_to(part.id)]
    return [c for c in seen.values() if c.exposure is not Exposure.CLUSTER]


def backend_hops(topology: Topology) -> dict[str, Link]:
    """For each published Service, the link on which the gateway's side enters the cluster."""
    hops = {}
    for service in topology.of_kind(Kind.SERVICE):
        for link in topology.backend_path(service.service):
            if topology.component(link.target).in_cluster:
                hops[service.service] = link
                break
    return hops


def unauthenticated_hops(subject: Subject) -> Measure:
    """Published operations that the gateway calls without a credential of its own."""
    hops = backend_hops(subject.topology)
    bare = tuple(
        f"{o.method} {o.backend_path} on {o.service}"
        for o in subject.mapping.operations
        if o.service not in hops or not hops[o.service].pinned
    )
    return _exact("unauthenticated-hops", bare)


def blast_radius(subject: Subject) -> Measure:
    """The most operations that one leaked credential opens to somebody beside the gateway."""
    opened: dict[str, list[str]] = {}
    for credential in subject.topology.credentials:
        key = credential.audience or credential.id
        opened.setdefault(key, []).extend(
            s for s in credential.services if _around(subject.topology, s)[0] > 0
        )
    counts = {
        key: sum(len(subject.mapping.operations_of(s)) for s in services)
        for key, services in opened.items()
    }
    listed = tuple(f"{key}: {number(count)} operations" for key, count in counts.items() if count)
    return _exact("blast-radius", listed, max(counts.values(), default=0))


def listeners(subject: Subject) -> tuple[tuple[Component, int], ...]:
    """Each address and port in front of published Services."""
    published = subject.mapping.published
    found = {c.id: c for s in published for c in fronts(subject.topology, s)}
    return tuple((c, port) for c in found.values() for port in c.ports)


def entry_points(subject: Subject) -> Measure:
    """Listeners in front of published Services, public and private ones."""
    found = tuple(f"{c.label}: {port}, {c.exposure.label}" for c, port in listeners(subject))
    return _exact("entry-points", found)


def authenticating_components(subject: Subject) -> Measure:
    """Components in the cluster that each implement a check of their callers."""
    return _components("authenticating-components", subject, lambda c: c.validates_callers)


def components_to_run(subject: Subject) -> Measure:
    """Components that the customer installs, configures and upgrades because of the option."""
    return _components("components-to-run", subject, lambda c: c.run_by_customer)


def _components(id: str, subject: Subject, counts: Callable[[Component], bool]) -> Measure:
    parts = subject.topology.components
    return _exact(id, tuple(c.label for c in parts if c.in_cluster and counts(c)))


def certificate_rotations(subject: Subject) -> Measure:
    """Rotations a year, all certificates together."""
    held = subject.topology.certificates
    listed = tuple(f"{c.purpose}: {number(c.rotations_per_year)} a year" for c in held)
    return _exact("certificate-rotations", listed, sum(c.rotations_per_year for c in held))


def objects_changed(subject: Subject) -> Measure:
    """Kubernetes objects created, changed or deleted against the input."""
    changes = subject.topology.changes
    return _exact("objects-changed", tuple(f"{c.action} {c.kind} {c.name}" for c in changes))


def owners(subject: Subject) -> Measure:
    """Distinct teams that must act together, judged by the kinds of component that change."""
    kinds = {c.kind for c in subject.topology.components if c.kind is not Kind.CONSUMER}
    touched = {Kind.SERVICE} if subject.topology.changes else set()
    acting = {k for k in kinds if k is not Kind.SERVICE} | (kinds & touched)
    teams = sorted({component_row(kind).owner for kind in acting})
    if subject.topology.rules:
        teams = sorted({*teams, "network team"})
    return _exact("owners", tuple(teams))


def tls_terminations(subject: Subject) -> Measure:
    """On the longest way to a Service, how often TLS ends behind the gateway."""
    paths = {s: subject.topology.backend_path(s) for s in subject.mapping.published}
    counts = {s: _ends_behind_gateway(subject.topology, path) for s, path in paths.items()}
    listed = tuple(f"{s}: {n}" for s, n in counts.items())
    return _exact("tls-terminations", listed, max(counts.values(), default=0))


def _ends_behind_gateway(topology: Topology, path: tuple[Link, ...]) -> int:
    return sum(link.ends_tls and topology.component(link.target).in_cluster for link in path)


def regions(subject: Subject) -> Measure:
    """Active regions that the tier can have; its own only where it cannot have several."""
    many = subject.tier.has("multi_region")
    return Measure("regions", 2.0 if many else 1.0, 2.0 if many else 1.0, (subject.tier.name,))


def operations_limit(subject: Subject) -> Measure:
    """How many times the published operations fit into the tier's limit."""
    limit = subject.tier.number("limit_api_operations") or 0.0
    ratio = limit / max(1, len(subject.mapping.operations))
    return Measure("operations-limit", ratio, ratio, (f"{subject.tier.name}: {number(limit)}",))


def monthly_cost(subject: Subject) -> Measure:
    """What differs between the options a month, at list prices; open where a part has no price."""
    cost = costs(subject.purchase)
    missing = f"; not priced: {'; '.join(cost.not_priced)}" if cost.not_priced else ""
    note = f"{cost.basis}{missing}"
    return Measure("monthly-cost", cost.low, cost.high, tuple(c.text for c in cost.lines), note)


MEASURES: dict[str, Callable[[Subject], Measure]] = {
    "public-endpoints": public_endpoints,
    "around-the-gateway": around_the_gateway,
    "unauthenticated-hops": unauthenticated_hops,
    "blast-radius": blast_radius,
    "entry-points": entry_points,
    "authenticating-components": authenticating_components,
    "components-to-run": components_to_run,
    "certificate-rotations": certificate_rotations,
    "objects-changed": objects_changed,
    "owners": owners,
    "tls-terminations": tls_terminations,
    "regions": regions,
    "operations-limit": operations_limit,
    "monthly-cost": monthly_cost,
}
