"""Reachability of a Service from outside its cluster: every zone and way, with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from apim_aks.facts.load_balancers import example_range
from apim_aks.reachability.crossing import Crossing
from apim_aks.reachability.ending import Ending
from apim_aks.reachability.gates import Gate, answered, closing, passed, unknown
from apim_aks.reachability.meshes import Demand, Meshes
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.proxies import Proxies
from apim_aks.reachability.public_ends import PublicEnd, public_ends
from apim_aks.reachability.reach import Answer, Reach, union
from apim_aks.reachability.routing import Routing
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import Ranges, ranges_of
from apim_aks.reachability.verdicts import Packet, Verdict, demanded, ports_of
from apim_aks.reachability.ways import Kind, Way, Ways
from apim_aks.workload.model import Port, Service
from apim_aks.workload.network_policy import PROTOCOLS

Verdicts = Iterator[Verdict]
_MOST = 4
"""So many ways that are not understood are named; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One way from a place to a pod, with what is passed on it: gates, then policies."""

    way: Way
    pod: int
    port: int
    gates: tuple[Gate, ...]
    policies: Gate
    sure: int
    may: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """The addresses that get through to a port if they are a place's, and those that may."""

    service: str
    port: Port
    place: Place
    sure: Ranges
    may: Ranges


class Outside:
    """The answers for places outside the cluster of a site, and what they are worked out from."""

    def __init__(self, site: Site, places: Places, reach: Reach) -> None:
        self.site, self.places, self.reach = site, places, reach
        self._ways = Ways(reach)
        self._proxies = Proxies(site, places)
        self.crossing = Crossing(site, places, reach.ends)
        self.ending = Ending(reach, site.engine)
        self.meshes = Meshes(reach, site.meshes)
        self.routing = Routing(reach, self.crossing, self.ending, self._ways, site.engine)
        self._places_of: dict[str, tuple[int, int]] = {}
        self._to: dict[tuple[int, int], tuple[Way, ...]] = {}

    def verdicts(self, service: Service, places: Iterable[Place] = ()) -> Iterator[Verdict]:
        """One verdict for each port and zone, or each of these places."""
        asked = tuple(places) or self.places.all
        for port, behind in self._behind(service):
            for place in asked:
                yield self._verdict(service, port, place, behind)

    def _behind(self, service: Service) -> Iterator[tuple[Port, dict[int, int]]]:
        """The ports of a Service with the pods that they lead to, where it is known which."""
        for port in ports_of(service):
            behind = dict(self.reach.behind(service, port))
            if behind and service.id not in self.reach.scene.by_hand:
                yield port, behind

    def along(self, service: Service, place: Place, taken: Callable[[Way], bool]) -> Verdicts:
        """The verdict on each port where callers of a place come by these ways alone."""
        for port, behind in self._behind(service):
            tries = tuple(t for t in self._tries(place, behind) if taken(t.way))
            yield self._judged(service, port, place, tries)

    def passing(self, service: Service) -> Iterator[Passing]:
        """Which addresses of each zone get through to each port."""
        for port, behind in self._behind(service):
            for place in self.places.all:
                sure, may = _reached(self._tries(place, behind))
                yield Passing(
                    service=service.id,
                    port=port,
                    place=place,
                    sure=self.reach.ends.ranges(sure),
                    may=self.reach.ends.ranges(may),
                )

    def packet(self, service: Service, port: Port, place: Place, among: Ranges) -> Packet | None:
        """A packet that gets through from these addresses of a place; None where none does."""
        mask = self.reach.ends.of_ranges(among)
        behind = dict(self._behind(service)).get(port, {})
        passing = [t for t in self._tries(place, behind) if t.sure & mask]
        if not passing:
            return None
        found = self._plainest(service.id, passing)
        return self._open(service.id, "", place, found, mask).packet

    def may_reach(self, place: Place, pod: int) -> bool:
        """Whether some address of a place may get through to a pod, on any port."""
        ports = union(self.reach.ports.of(p) for p in PROTOCOLS)
        return any(one.may for one in self._tries(place, {pod: ports}))

    def public_ends(self) -> tuple[PublicEnd, ...]:
        """The Services that callers outside the networks find."""
        scene, ends = self.reach.scene, self.reach.ends
        return tuple(public_ends(scene, self.places, ends, self._ways, self.crossing))

    def _verdict(
        self, service: Service, port: Port, place: Place, behind: dict[int, int]
    ) -> Verdict:
        return self._judged(service, port, place, tuple(self._tries(place, behind)))

    def _judged(
        self, service: Service, port: Port, place: Place, tries: tuple[Try, ...]
    ) -> Verdict:
        asked, certain = self._sets(place)
        answer = answered(_reached(tries), asked, certain)
        label = f"{port.protocol} {port.number}"
        if answer is Answer.OPEN:
            passing = [t for t in tries if t.sure & (certain or asked)]
            found = self._plainest(service.id, passing)
            return self._open(service.id, label, place, found, certain or asked)
        told = self._unknown if answer is Answer.UNKNOWN else self._closed
        return Verdict(
            service=service.id,
            port=label,
            source=place.name,
            answer=answer,
            packet=None,
            because=tuple(dict.fromkeys(told(place, tries))),
        )

    def _tries(self, place: Place, behind: dict[int, int]) -> Iterator[Try]:
        if place.missing:
            return
        asked, _ = self._sets(place)
        for pod, ports in behind.items():
            for port in self._ways.ports(ports):
                forwarded = (
                    self._ways.forwarding(words, port) for words in self._proxies.before(place)
                )
                for way in (*self._ways_to(pod, port), *forwarded):
                    gates, policies = self._passed(way, place, pod, port)
                    sure, may = passed((*gates, policies))
                    yield Try(
                        way=way,
                        pod=pod,
                        port=port,
                        gates=gates,
                        policies=policies,
                        sure=sure & asked,
                        may=may & asked,
                    )

    def _sets(self, place: Place) -> tuple[int, int]:
        """The addresses that may be a place's, and those that are for certain."""
        if place.name not in self._places_of:
            of_ranges = self.reach.ends.of_ranges
            self._places_of[place.name] = of_ranges(place.may), of_ranges(place.sure)
        return self._places_of[place.name]

    def _passed(self, way: Way, place: Place, pod: int, port: int) -> tuple[tuple[Gate, ...], Gate]:
        """What stands on a way before policies at its end, and those."""
        if way.entrance:
            entered = self.routing.gate(way.entrance, place)
            doubtful = (unknown(way.doubt),) if way.doubt else ()
            return (entered, *doubtful), self.routing.into(way.entrance, pod, port)
        return self.crossing.gates(way, place), self.ending.gate(pod, port, way.sees)

    def _said(self, one: Try, source: int) -> tuple[str, ...]:
        """What policies at the end of a way say of an address."""
        if one.policies.reasons:
            return (one.policies.why(source),)
        return self.ending.said(one.pod, one.port, one.way.sees, source)

    def _ways_to(self, pod: int, port: int) -> tuple[Way, ...]:
        key = pod, port
        if key not in self._to:
            self._to[key] = tuple(self._ways.to(pod, port))
        return self._to[key]

    def _demand(self, service: str, one: Try) -> Demand | None:
        """What a mesh asks for at the end of a way; of what answers for a route nobody can say."""
        return None if one.way.kind is Kind.ROUTE else self.meshes.of(service, one.pod, one.port)

    def _plainest(self, service: str, passing: Sequence[Try]) -> Try:
        """The first that asks for no credential, else the first."""
        plain = (t for t in passing if not (t.way.credential or self._demand(service, t)))
        return next(plain, passing[0])

    def _open(self, service: str, port: str, place: Place, found: Try, among: int) -> Verdict:
        at = self._example(place, found.sure & among)
        address = self.reach.ends.atom_of(at)
        said = (gate.why(address) for gate in found.gates)
        through = found.way.entrance
        led = self.routing.dialled(through, place, address) if through else None
        policies = self._said(found, address)
        verdict = Verdict(
            service=service,
            port=port,
            source=place.name,
            answer=Answer.OPEN,
            packet=Packet(
                source=str(IPv4Address(at)),
                destination=self._destination(led or found.way, found.pod),
                protocol=found.way.at.protocol,
                port=self._port(led or found.way),
            ),
            because=tuple(w for w in (*self._shown(place, found.way), *said, *policies) if w),
            credential=found.way.credential,
            entrance=found.way.entrance.id if found.way.entrance else "",
        )
        return demanded(verdict, self._demand(service, found))

    def _shown(self, place: Place, way: Way) -> Iterator[str]:
        yield way.words
        if way.at.first != way.at.last:
            yield f"its port is one of {way.at.first} to {way.at.last}, whichever it is"
        if place.said:
            yield f"{place.said}; {WHICHEVER}"

    def _example(self, place: Place, mask: int) -> int:
        """An address of the set: one that stands for others where the set has such a one."""
        ends = self.reach.ends
        kind = "outside" if place.inside is False else "inside"
        wanted = mask & ends.of_ranges(ranges_of(example_range(kind)) or ())
        return ends.example(wanted or mask)

    @staticmethod
    def _port(way: Way) -> int:
        """The port that callers dial: of a route one of those that answer for it."""
        ports = way.entrance.ports if way.entrance else ()
        return ports[0].number if ports else way.at.first

    def _destination(self, way: Way, at: int) -> str:
        pod = self.reach.ends.pods[at]
        if way.kind is Kind.POD:
            return f"a pod of {pod.workload}"
        if way.kind is Kind.NODE:
            return "any node"
        facing = way.entrance.facing if way.entrance else way.facing
        own = facing.address if facing else ""
        return own or f"the frontend of Service {facing.of if facing else pod.workload}"

    def _unknown(self, place: Place, tries: Iterable[Try]) -> Iterator[str]:
        left = [one for one in tries if one.may]
        if place.said:
            yield place.said
        for one in left[:_MOST]:
            passing = one.may & ~one.sure
            first = self.reach.ends.atom_of(self._example(place, passing or one.may))
            said = [gate.why(first) for gate in one.gates if not gate.sure & first]
            if not one.policies.sure & first:
                said += self._said(one, first)
            words = "; ".join(dict.fromkeys(w for w in said if w))
            yield f"{one.way.words}: {words or _SOME}"
        if len(left) > _MOST:
            yield f"{len(left) - _MOST} more ways are not known"

    def _closed(self, place: Place, tries: Iterable[Try]) -> Iterator[str]:
        if place.missing:
            yield place.missing
        asked, _ = self._sets(place)
        for one in tries:
            said = closing(one.gates, asked)
            left = passed(one.gates)[1] & asked
            if left:
                first = self.reach.ends.atom_of(self._example(place, left))
                said += self._said(one, first)
            yield f"{one.way.words}: {'; '.join(dict.fromkeys(said))}"


def _reached(tries: Iterable[Try]) -> tuple[int, int]:
    """The addresses that get through by some way for sure, and those that may."""
    sure = may = 0
    for one in tries:
        sure, may = sure | one.sure, may | one.may
    return sure, may


WHICHEVER = "whichever they are, they are let through"
"""Ends the reason of an open answer that rests on no address of a place."""
_SOME = "some addresses pass and others do not, and which are this place's is not known"
