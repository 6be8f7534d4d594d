"""Security: what can be reached, by whom, with what in hand."""

from __future__ import annotations

from apim_aks.measures.model import Measure, Subject, exact, number
from apim_aks.topology import Auth, Component, Exposure, Kind, Link, Reach, Topology


def public_endpoints(subject: Subject) -> Measure:
    """Application endpoints of the cluster that the internet finds, left-over ones included."""
    found = tuple(
        f"{c.label}: {', '.join(map(str, c.ports))}"
        for c in subject.topology.components
        if c.in_cluster and c.public
    )
    return exact("public-endpoints", found)


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
    todo = [c.id for c in topology.service(service)]
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
    """Published operations whose hop from the gateway carries neither certificate nor token."""
    hops = backend_hops(subject.topology)
    bare = tuple(
        f"{o.method} {o.backend_path} on {o.service}"
        for o in subject.mapping.operations
        if o.service not in hops or not _authenticated(hops[o.service])
    )
    return exact("unauthenticated-hops", bare)


def _authenticated(link: Link) -> bool:
    """A caller's token is drawn on a hop only where the Service behind it validates it."""
    return link.pinned or Auth.CALLER_TOKEN in link.auth


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
    return exact("blast-radius", listed, max(counts.values(), default=0))
