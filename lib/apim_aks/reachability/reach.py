"""Who can open which connection in a scene: sides of both ends put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property

from apim_aks.reachability.axis import Ports, Range, members
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.hits import cut_ports, port_names
from apim_aks.reachability.represented import Represented
from apim_aks.reachability.scene import Engine, Front, Scene
from apim_aks.reachability.sides import Cells, Side, Sides
from apim_aks.workload.model import Port, Service, ServiceType
from apim_aks.workload.network_policy import PROTOCOLS, Selector

INGRESS_CONTROLLER = "{ingress-controller}"
"""Whatever answers for the routes of a cluster: any pod, as long as nobody says which."""

ANY_POD = "{any other pod}"
"""A pod that is not in the input: in any namespace, with any labels."""


class Answer(StrEnum):
    """What is known of a connection."""

    OPEN = "open"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class Reach:
    """The reachability of a scene, as sets; see `connections` for them as rows."""

    def __init__(
        self,
        scene: Scene,
        engine: Engine = Engine.SPECIFICATION,
        beside: Scene | None = None,
        represented: Sequence[Represented] = (),
        cuts: Iterable[Range] = (),
    ) -> None:
        """Cut as `beside` asks as well, so that the sets of both mean the same.

        `represented` are pods that the input does not hold and that are asked about; `cuts` are
        ranges of addresses that are.
        """
        others = (beside,) if beside else ()
        self.scene, self.engine = scene, engine
        self.ports = Ports(cut_ports(scene, *others), port_names(scene) if represented else ())
        self.ends = Endpoints(scene, engine, *others, represented=represented, cuts=cuts)
        self.sides = Sides(scene, self.ends, dict(self._behind_nodes()), self.ports)

    def _behind_nodes(self) -> Iterator[tuple[int, int]]:
        """The pods that calls to nodes lead to, and on which ports.

        Which source a policy sees of them is not defined, save by Cilium (REACHABILITY 2 and 4).
        """
        if self.engine is Engine.CILIUM:
            return
        found: dict[int, int] = defaultdict(int)
        for service in self.scene.services:
            if service.type in (ServiceType.NODE_PORT, ServiceType.LOAD_BALANCER) or (
                service.external_ips
            ):
                for at, ports in self.behind(service):
                    found[at] |= ports
        for at, pod in enumerate(self.ends.pods):
            for protocol, number, _ in pod.host_ports:
                if protocol in PROTOCOLS and 1 <= number <= 65535:
                    found[at] |= self.ports.of(protocol, number, number)
        yield from found.items()

    def behind(self, service: Service, port: str | Port = "") -> Iterator[tuple[int, int]]:
        """The pods of a Service, each with the ports that it, or those called so, lead to."""
        if not service.selector:
            return
        picked = self.picked(service)
        for at in members(picked):
            ports = 0
            for one in service.ports:
                if port in ("", one, str(one.number), one.name, one.target):
                    ports |= self.target(at, one.protocol, one.target)
            if ports:
                yield at, ports

    def picked(self, service: Service) -> int:
        """The pods that a Service selects."""
        return self.ends.selected(service.namespace, Selector(tuple(service.selector or ())))

    def target(self, pod: int, protocol: str, target: str) -> int:
        """The ports of a pod that a number or a name leads to."""
        if protocol not in PROTOCOLS:
            return 0
        if target.isdecimal():
            number = int(target)
            return self.ports.of(protocol, number, number) if 1 <= number <= 65535 else 0
        named = (n for name, of, n in self.ends.pods[pod].ports if (name, of) == (target, protocol))
        return union(self.ports.of(protocol, number, number) for number in named)

    @cached_property
    def routed(self) -> tuple[tuple[Front, int, int], ...]:
        """Every route with each pod that it leads to, and the ports there."""
        return tuple(self.leading(self.scene.fronts))

    def leading(self, fronts: Iterable[Front]) -> Iterator[tuple[Front, int, int]]:
        """These routes with each pod that they lead to, and the ports there."""
        services = {service.id: service for service in self.scene.services}
        known = (f for f in fronts if f.service in services)
        yield from ((f, *to) for f in known for to in self.behind(services[f.service], f.port))

    @cached_property
    def _leaving(self) -> tuple[tuple[Side, int], ...]:
        """The sides of all pods as sources, each with the pods that have it."""
        groups: dict[int, int] = defaultdict(int)
        sides: dict[int, Side] = {}
        for at, side in enumerate(self.sides.egress):
            sides[id(side)] = side
            groups[id(side)] |= 1 << at
        return tuple((sides[key], mask) for key, mask in groups.items())

    def between(self, source: int, destination: int) -> tuple[int, int]:
        """The ports on which one endpoint surely reaches another, and on which it may.

        Each is the set of one endpoint; what is no pod has no policies of its own.
        """
        sure = may = self.ports.everything
        for side in self._passed(source, destination):
            sure &= side[0]
            may &= side[1]
        return sure, may

    def _passed(self, source: int, destination: int) -> Iterator[tuple[int, int]]:
        for sides, own, other in (
            (self.sides.egress, source, destination),
            (self.sides.ingress, destination, source),
        ):
            if own & self.ends.inside:
                side = sides[own.bit_length() - 1]
                yield ports_of(side.sure, other), ports_of(side.may, other)

    def into(self, pod: int) -> tuple[Cells, Cells]:
        """Who can surely open connections to a pod on which ports, and who may be able to."""
        side, bit = self.sides.ingress[pod], 1 << pod
        sure = _joined(side.sure, ((g.sure, m) for g, m in self._leaving), bit, self.ends)
        may = _joined(side.may, ((g.may, m) for g, m in self._leaving), bit, self.ends)
        return sure, may


def ports_of(cells: Cells, other: int) -> int:
    """The ports on which an endpoint is let through."""
    return union(cell for cell, others in cells if others & other)


def _joined(
    entering: Cells, leaving: Iterator[tuple[Cells, int]], bit: int, ends: Endpoints
) -> Cells:
    """The connections that both ends let through: of pods what they may send, of others all."""
    found: dict[int, int] = defaultdict(int)
    for cell, sources in entering:
        found[cell] |= sources & ~ends.inside
    for side, pods in leaving:
        for out, destinations in side:
            if destinations & bit:
                for cell, sources in entering:
                    if cell & out and sources & pods:
                        found[cell & out] |= sources & pods
    return tuple((cell, sources) for cell, sources in found.items() if sources)


def union(masks: Iterable[int]) -> int:
    """The union of sets."""
    found = 0
    for mask in masks:
        found |= mask
    return found
