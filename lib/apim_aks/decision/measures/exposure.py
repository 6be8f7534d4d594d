"""Security: what can be reached, by whom, with what in hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from apim_aks.decision.measures.bypasses import Found, found
from apim_aks.decision.measures.model import Measure, Subject, exact, number
from apim_aks.decision.measures.unproved import farthest, new_endpoints, sentences, unproved
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import (
    AROUND_THE_GATEWAY,
    BLAST_RADIUS,
    PUBLIC_ENDPOINTS,
    UNAUTHENTICATED_HOPS,
    CriterionId,
)
from apim_aks.listing import counted, interval, listed
from apim_aks.reachability.reach import Answer
from apim_aks.topology import Auth, Component, Credential, Exposure, Kind, Link, Reach, Topology
from apim_aks.workload.opening import Opening


def public_endpoints(subject: Subject) -> Measure:
    """Application endpoints of the cluster that callers outside find, left-over ones included.

    They are what the files open after closing; where nobody can prove, what is drawn.
    """
    proof, more = subject.proved.proof, new_endpoints(subject)
    ends = proof.public_ends if proof and proof.site.azure else ()
    found = tuple(e.words for e in ends if e.answer is Answer.OPEN)
    perhaps = [e for e in ends if e.answer is Answer.UNKNOWN]
    if proof is None or not proof.site.azure:
        found = _drawn_ends(subject.topology)
    said = (*(f"whether {e.words} is reachable: {e.because}" for e in perhaps), *sentences(more))
    least = float(len(found))
    most = inf if more else least + len(perhaps)
    return Measure(PUBLIC_ENDPOINTS, least, most, found, unproved=said)


def _drawn_ends(topology: Topology) -> tuple[str, ...]:
    return tuple(
        f"{c.label}: {', '.join(map(str, c.ports))}"
        for c in topology.components
        if c.in_cluster and c.public
    )


def around_the_gateway(subject: Subject) -> Measure:
    """For the worst published Service, how far away a caller can be that skips the gateway.

    It is what the files prove of the state after closing, and never less than what is drawn. What
    is not known widens it to the farthest source that may be let in.
    """
    ways = ways_around(subject)
    low = max((w.low for w in ways), default=0.0)
    high = max((w.high for w in ways), default=0.0)
    listed = tuple(w.text for w in ways)
    said = dict.fromkeys((*sentences(unproved(subject)), *(f.why for w in ways for f in w.unknown)))
    return Measure(AROUND_THE_GATEWAY, low, high, listed, unproved=tuple(said))


def ways_around(subject: Subject) -> tuple[Way, ...]:
    """Who gets to each published Service without the gateway, in the order of the mapping."""
    return subject.once(_ways_around)


def _ways_around(subject: Subject) -> tuple[Way, ...]:
    open_ = unproved(subject)
    callers = dict(subject.callers)
    return tuple(
        Way(
            id,
            _around(subject.topology, id),
            found(subject, id, _guarded(subject.topology, id)),
            open_,
            tuple(c.called for c in callers.get(id, ())),
        )
        for id in subject.mapping.published
    )


@dataclass(frozen=True, slots=True)
class Way:
    """Who gets to a Service without the gateway: as drawn, as proved, and what may lead there.

    `callers` are known inside the cluster, are admitted, and count for nothing.
    """

    service: str
    drawn: Found
    found: tuple[Found, ...] = ()
    openings: tuple[Opening, ...] = ()
    callers: tuple[str, ...] = ()

    @property
    def bare(self) -> tuple[str, ...]:
        """Who surely gets there without any credential, with the packet; as drawn where none is."""
        proved = tuple(f"{f.who}: {f.why}" for f in self.found if f.sure and not f.asked)
        return proved or ((self.drawn.who,) if self.drawn.level and not self.drawn.asked else ())

    @property
    def shown(self) -> Found | None:
        """The farthest who is proved to get there, if that is farther than what is drawn."""
        sure = [f for f in self.found if f.sure and f.level > self.drawn.level]
        return max(sure, key=lambda f: f.level, default=None)

    @property
    def low(self) -> float:
        """The level of who surely gets there."""
        return self.shown.level if self.shown else self.drawn.level

    @property
    def unknown(self) -> tuple[Found, ...]:
        """Those of whom it is not known, who are farther away or would need no credential.

        The latter are a way around the gateway, where whoever surely gets there needs one.
        """
        perhaps = [f for f in self.found if not f.sure]
        bare = bool(self.bare)
        return tuple(f for f in perhaps if f.level > self.low or not (f.asked or bare))

    @property
    def high(self) -> float:
        """The level that those, and openings, may add."""
        levels = (farthest(self.openings, self.service), *(f.level for f in self.unknown))
        return max(self.low, *levels)

    @property
    def level(self) -> str:
        """The level, or the ends of it, with the end of the scale."""
        span = interval(self.low, self.high, number)
        return f"{span}{criterion(AROUND_THE_GATEWAY).out_of}"

    @property
    def who(self) -> str:
        """Who that is, and whether the files prove it."""
        may = bool(self.unknown) or any(o.leads_to(self.service) for o in self.openings)
        inside = f"; known callers inside: {listed(self.callers)}" if self.callers else ""
        proved = ", as drawn; not proved from the files" if may and not self.shown else ""
        widest = f"{self.shown.who}: {self.shown.why}" if self.shown else self.drawn.who
        return f"{widest}{proved}{inside}"

    @property
    def text(self) -> str:
        """The Service, its level, and who that is."""
        return f"{self.service}: {self.level} ({self.who})"


def _guarded(topology: Topology, service: str) -> bool:
    """Whoever calls the Service itself needs a pinned credential."""
    links = [k for c in topology.service(service) for k in topology.links_to(c.id) if not k.bypass]
    return bool(links) and all(link.pinned for link in links)


def _around(topology: Topology, service: str) -> Found:
    """Who gets to a Service as drawn."""
    around = (c for c in fronts(topology, service) if c.kind is not Kind.GATEWAY)
    ways = [(_way(topology, c), c) for c in around]
    value, front = max(ways, key=lambda way: way[0], default=(0.0, None))
    if front is None or front.connects <= Reach.GATEWAY:
        return Found(level=0.0, sure=True, who="the gateway only", why="as drawn")
    if value == front.connects:
        return Found(level=value, sure=True, who=front.connects.label, why="as drawn")
    shown = {a.label for link in topology.links_to(front.id) for a in link.auth if a.pinned}
    who = f"{front.connects.label}, with the {' and '.join(sorted(shown))} still required"
    return Found(level=value, sure=True, who=who, why="as drawn", asked=True)


def _way(topology: Topology, front: Component) -> float:
    reach = max(0.0, float(front.connects))
    pinned = [link.pinned for link in topology.links_to(front.id) if not link.bypass]
    return reach / 2 if pinned and all(pinned) else reach


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


def backend_hops(topology: Topology) -> dict[str, tuple[Link, ...]]:
    """For each published Service, the links from where the gateway's side enters the cluster."""
    return {
        service.service: tuple(
            link
            for link in topology.backend_path(service.service)
            if topology.component(link.target).in_cluster
        )
        for service in topology.of_kind(Kind.SERVICE)
    }


def unauthenticated_hops(subject: Subject) -> Measure:
    """Published operations for which no hop into the cluster carries certificate or token."""
    hops = backend_hops(subject.topology)
    asked = {id for id, links in hops.items() if any(map(_authenticated, links))}
    bare = tuple(
        f"{o.method} {o.backend_path} on {o.service}"
        for o in subject.mapping.operations
        if o.service not in asked
    )
    return exact(UNAUTHENTICATED_HOPS, bare)


def further_bare_hops(topology: Topology) -> tuple[str, ...]:
    """Hops in the cluster without certificate or token on a way that the measure does not count.

    The measure is content with one authenticated hop on the way to a Service.
    """
    hops = (links for links in backend_hops(topology).values() if any(map(_authenticated, links)))
    bare = dict.fromkeys(k for links in hops for k in links if not _authenticated(k))
    label = {c.id: c.label for c in topology.components}
    return tuple(f"{label[k.source]} to {label[k.target]}" for k in bare)


def _authenticated(link: Link) -> bool:
    """A caller's token is drawn on a hop only where the Service behind it validates it."""
    return link.pinned or Auth.CALLER_TOKEN in link.auth


def blast_radius(subject: Subject) -> Measure:
    """The most operations that one leaked credential opens to somebody beside the gateway."""
    ways, open_ = {w.service: w for w in ways_around(subject)}, unproved(subject)
    surely = _opened(subject, lambda _, id: ways[id].low > 0)
    most = _opened(
        subject,
        lambda held, id: ways[id].low > 0 or (held.auth is Auth.TOKEN and ways[id].high > 0),
    )
    listed = tuple(
        f"{key}: {counted(count, 'operation')}" for key, count in surely.items() if count
    )
    low, high = (float(max(each.values(), default=0)) for each in (surely, most))
    said = sentences(open_) if high > low else ()
    return Measure(BLAST_RADIUS, low, high, listed, unproved=said)


def _opened(subject: Subject, opens: Callable[[Credential, str], bool]) -> dict[str, int]:
    """By audience, or by credential without one, the operations that its holder could call."""
    found: dict[str, int] = {}
    for held in subject.topology.credentials:
        ids = (id for id in held.services if opens(held, id))
        count = sum(len(subject.mapping.operations_of(id)) for id in ids)
        key = held.audience or held.id
        found[key] = found.get(key, 0) + count
    return found


MEASURES: dict[CriterionId, Callable[[Subject], Measure]] = {
    PUBLIC_ENDPOINTS: public_endpoints,
    AROUND_THE_GATEWAY: around_the_gateway,
    UNAUTHENTICATED_HOPS: unauthenticated_hops,
    BLAST_RADIUS: blast_radius,
}
