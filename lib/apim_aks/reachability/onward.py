"""The hops behind a frontend: the pods of its Service, or a forwarder to another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.reachability.axis import members
from apim_aks.reachability.because import because
from apim_aks.reachability.entrances import Entrance
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.gates import Gate
from apim_aks.reachability.hops import Hop, Step, breaks, passes, unsure, worst
from apim_aks.reachability.judging import Judge
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.relays import Relay, sent_on
from apim_aks.reachability.self_hosted import SelfHosted
from apim_aks.reachability.verdicts import nobody
from apim_aks.reachability.ways import Sees
from apim_aks.workload.model import Port, Service
from apim_aks.workload.route import Route, serves

_CLUSTER = (".svc.cluster.local", ".svc")
_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a call is meant for: a Service and its port; method and path are those behind it.

    `back_end` is the name of the back end, among those of API Management, that it is sent to.
    Where calls are divided, `shares` are all the Services that get some, each with its port.
    """

    back_end: str
    service: str
    port: int
    method: str
    path: str
    shares: tuple[tuple[str, int], ...] = ()


class Onward:
    """The hops behind a frontend, to the pods that a call is meant for."""

    def __init__(self, outside: Outside, judge: Judge) -> None:
        self._reach, self._judge, self._enforcing = outside.reach, judge, outside.site.engine
        self._ending, self._routing = outside.ending, outside.routing
        self._services = {s.id: s for s in outside.reach.scene.services}
        self._relays = {r.workload: r for r in outside.reach.scene.relays}
        self._sent: dict[object, tuple[tuple[str, int], ...] | None] = {}

    def ports(self, front: Facing) -> tuple[Port, ...]:
        """The ports of a frontend: of its Service, or of the Gateways behind it."""
        if entrances := self._entrances(front):
            return tuple(dict.fromkeys(p for e in entrances for p in e.ports))
        return self._services[front.of].ports if front.of in self._services else ()

    def _entrances(self, front: Facing) -> tuple[Entrance, ...]:
        every = self._reach.scene.entrances
        return tuple(e for e in every if e.facing and e.facing.of == front.of)

    def hops(self, front: Facing, port: Port, host: str, target: Target) -> Iterator[Hop]:
        """What follows a frontend on one of its ports."""
        sees = Sees.CALLER if front.local else Sees.NODE_OR_CALLER
        own = front.of == target.service
        if own and port.number != target.port:
            told = f"{front.called} is published on port {target.port}"
            yield breaks(Step.FRONT, f"{told}, and {port.number} is called")
        if own or self._to_the_same(front.of, port.number, target):
            yield self._policies(self._services[front.of], port.number, sees, Step.POD)
        elif entrances := self._entrances(front):
            yield self._judge.hop(Step.ROUTE, [self._routing.policies(entrances[0], port, sees)])
            yield from self._routed(entrances, (port.number, host), target)
        else:
            yield from self._sent_on(front, port.number, sees, target)

    def _to_the_same(self, front: str, port: int, target: Target) -> bool:
        """It leads to pods, and to none but those behind the published port of the Service."""
        own, service = self._services.get(front), self._services.get(target.service)
        if own is None or service is None:
            return False
        led = set(self._behind(own, port))
        return bool(led) and led <= set(self._behind(service, target.port))

    def _policies(self, service: Service, port: int, sees: Sees, step: Step) -> Hop:
        """What policies let into the pods behind a port: the weakest of them counts."""
        found = [
            self._into(step, pod, 1 << at, sees)
            for pod, ports in self._behind(service, port)
            for at in members(ports)
        ]
        return self._weakest(found, step, service)

    def _behind(self, service: Service, port: int | str) -> Iterator[tuple[int, int]]:
        """The pods with their ports of TCP: UDP may have the same number, as for HTTP/3."""
        known, tcp = service.id not in self._reach.scene.by_hand, self._reach.ports.of("TCP")
        found = self._reach.behind(service, str(port)) if known else ()
        return ((pod, ports & tcp) for pod, ports in found if ports & tcp)

    def _weakest(self, found: list[Hop], step: Step, service: Service) -> Hop:
        if not found:
            return unsure(step, nobody(self._reach, service))
        return worst(found) or found[0]

    def _into(self, step: Step, pod: int, port: int, sees: Sees) -> Hop:
        gate = self._ending.gate(pod, port, sees)
        first = self._judge.first(~gate.sure)
        said = self._ending.said(pod, port, sees, first) if first else ()
        return self._judge.hop(step, (Gate(gate.sure, gate.may),), said)

    def _routed(
        self, entrances: tuple[Entrance, ...], at: tuple[int, str], target: Target
    ) -> Iterator[Hop]:
        """By the route of the call, to the pods of its Service."""
        service, host = self._services.get(target.service), at[1]
        known = tuple(e for e in entrances if _answers(e, *at))
        if not known:
            yield breaks(Step.ROUTE, f"{entrances[0].called} does not answer for {host}")
            return
        yield from self._by_route(known, service, host, target)

    def _by_route(
        self, entrances: tuple[Entrance, ...], service: Service | None, host: str, target: Target
    ) -> Iterator[Hop]:
        for route, entrance, place in self._led(service, entrances, host, target):
            called = f"{target.method} {host}{target.path}"
            yield _taken(route, place, called, divided=bool(target.shares))
            if service:
                yield self._from_entrance(entrance, service, route.port, target.port)
            return
        yield self._lost(entrances, host, target)

    def _led(
        self, service: Service | None, entrances: Iterable[Entrance], host: str, target: Target
    ) -> Iterator[tuple[Route, Entrance, str]]:
        """The routes that take the call to the Service, each with what answers for it."""
        for route in service.routes if service else ():
            name = f"{route.namespace or target.service.partition('/')[0]}/{route.name}"
            if _takes(route, host, target):
                for front in self._reach.scene.fronts:
                    if (front.kind, front.name, front.service) == (
                        route.kind,
                        name,
                        target.service,
                    ):
                        place = f"{front.kind} {name} ({front.file} line {front.line})"
                        known = (e for e in entrances if e.id in front.through)
                        yield from ((route, entrance, place) for entrance in known)

    def _lost(self, entrances: Iterable[Entrance], host: str, target: Target) -> Hop:
        through = ", ".join(dict.fromkeys(e.called for e in entrances))
        called = f"{target.method} {host}{target.path}"
        others = (
            f"; one leads it to Service {s.id}"
            for s in self._services.values()
            if s.id != target.service and any(_takes(r, host, target) for r in s.routes)
        )
        none = f"no route of {through} leads {called} to Service {target.service}"
        return breaks(Step.ROUTE, none + next(others, ""))

    def _from_entrance(self, entrance: Entrance, service: Service, named: str, port: int) -> Hop:
        """From the pods that answer for a route to those of the Service, on its published port."""
        meant = [p.number for p in service.ports if named in ("", str(p.number), p.name)]
        if port not in meant:
            called = f"Service {service.id} ({service.file} line {service.line})"
            return breaks(Step.ROUTE, f"it names port {named} of {called}, published is {port}")
        found = [
            _of_gate(self._routing.into(entrance, pod, 1 << at))
            for pod, ports in self._behind(service, port)
            for at in members(ports)
        ]
        return self._weakest(found, Step.POD, service)

    def inside(self, gateway: SelfHosted, host: str, port: int, target: Target) -> Iterator[Hop]:
        """From the pods of a gateway in the cluster to those of a Service, by its name there."""
        service = self._services.get(_service_of(host))
        if service is None:
            yield breaks(Step.NAME, f"{host} is the name of no Service of the cluster")
            return
        place = f"Service {service.id} ({service.file} line {service.line})"
        yield passes(Step.NAME, f"{host} is {place}, asked by {gateway.called}")
        if (service.id, port) != (target.service, target.port):
            meant = f"published is port {target.port} of {target.service}"
            yield breaks(Step.FRONT, f"{place} is called on port {port}, and {meant}")
            return
        found = [
            self._between(caller, pod, ports)
            for caller in members(self._reach.ends.of_workload(gateway.workload))
            for pod, ports in self._behind(service, port)
        ]
        yield self._weakest(found, Step.POD, service)

    def leaves(self, gateway: SelfHosted, port: int) -> Hop:
        """Whether the pods of a gateway in the cluster reach public addresses on a port."""
        to, at = self._judge.first(~0), self._reach.ports.of("TCP", port, port)
        pods = list(members(self._reach.ends.of_workload(gateway.workload)))
        found = [self._ending_at(1 << pod, to, at) for pod in pods]
        return worst(found) or passes(Step.OUTBOUND, f"{gateway.called} may call out on {port}")

    def _ending_at(self, pod: int, to: int, port: int) -> Hop:
        sure, may = self._reach.between(pod, to)
        said = because(self._reach, pod, to, port)
        if port & sure:
            return passes(Step.OUTBOUND, *said)
        return (unsure if port & may else breaks)(Step.OUTBOUND, *said)

    def _sent_on(self, front: Facing, port: int, sees: Sees, target: Target) -> Iterator[Hop]:
        """Through pods that are told where to send calls on, to those of the Service."""
        own, service = self._services.get(front.of), self._services.get(target.service)
        pods = dict(self._behind(own, port)) if own else {}
        told = [self._told(pod, ports, target) for pod, ports in pods.items()]
        if own is None or not pods:
            yield unsure(Step.ROUTE, f"which pods answer behind {front.called} is not known")
            return
        if service is None or None in told:
            yield self._astray(front, target)
            return
        yield self._policies(own, port, sees, Step.RELAY)
        yield self._weakest([hop for hop in told if hop], Step.RELAY, own)
        found = [
            self._between(caller, pod, ports)
            for caller in pods
            for pod, ports in self._behind(service, target.port)
        ]
        yield self._weakest(found, Step.POD, service)

    def _astray(self, front: Facing, target: Target) -> Hop:
        """The frontend is that of something else, as far as is known of routes."""
        known = {entrance.id for entrance in self._reach.scene.entrances}
        fronts = (f for f in self._reach.scene.fronts if f.service == target.service)
        if any(not f.through or set(f.through) - known for f in fronts):
            return unsure(Step.ROUTE, f"what {front.called} sends calls on to is not read")
        return breaks(Step.ROUTE, f"{front.called} does not lead to Service {target.service}")

    def _told(self, pod: int, ports: int, target: Target) -> Hop | None:
        """Where a pod sends on what comes to these ports; None where it is told nothing."""
        relay = self._relays.get(self._reach.ends.pods[pod].workload)
        if relay is None:
            return None
        place = f"{relay.workload} ({relay.file} line {relay.line})"
        for _, number, _ in self._reach.ports.ranges(ports):
            for host, port in self._targets(relay, number) or ():
                said = f"{place} sends calls on to {host}:{port}"
                right = (_service_of(host), port) == (target.service, target.port)
                return passes(Step.RELAY, said) if right else breaks(Step.RELAY, said)
        return unsure(Step.RELAY, f"where {place} sends calls on is not understood")

    def _targets(self, relay: Relay, port: int) -> tuple[tuple[str, int], ...] | None:
        key = relay.workload, port
        if key not in self._sent:
            self._sent[key] = sent_on(relay, port)
        return self._sent[key]

    def _between(self, caller: int, pod: int, ports: int) -> Hop:
        """Whether one pod reaches another on these ports."""
        sure, may = self._reach.between(1 << caller, 1 << pod)
        first = ports & ~sure or ports
        said = because(self._reach, 1 << caller, 1 << pod, first & -first)
        if not ports & ~sure:
            return passes(Step.POD, *said)
        closed = self._enforcing is not None and not ports & may
        return breaks(Step.POD, *said) if closed else unsure(Step.POD, *said)


def _of_gate(gate: Gate) -> Hop:
    made = passes if gate.sure else unsure if gate.may else breaks
    return made(Step.POD, *(words for _, words in gate.reasons if words))


def _answers(entrance: Entrance, port: int, host: str) -> bool:
    """It answers for this host on this port, or nobody says for which."""
    hosts = [name for number, name in entrance.hosts if number == port]
    return not entrance.hosts or any(serves(name.lower(), host) for name in hosts)


def _takes(route: Route, host: str, target: Target) -> bool:
    path = target.path
    taken = route.taken.takes(path) and route.answers(target.method, path)
    return serves(route.host.lower(), host) and taken and not route.withholds(path)


def _taken(route: Route, place: str, called: str, divided: bool) -> Hop:
    """Whether the route takes every such call, or a share where calls are divided by weight."""
    said = f"{place} leads {called} on"
    if not route.taken.understood:
        return unsure(Step.ROUTE, f"which paths {place} takes is not understood")
    shared = route.canary or route.weight not in (None, _EVERY)
    if route.condition or (shared and not divided):
        return unsure(Step.ROUTE, f"{said}, but not every call ({route.condition or 'a share'})")
    return passes(Step.ROUTE, said)


def _service_of(host: str) -> str:
    """The Service that a name inside the cluster means."""
    for ending in _CLUSTER:
        if host.endswith(ending):
            name, _, space = host.removesuffix(ending).partition(".")
            return f"{space}/{name}"
    return ""
