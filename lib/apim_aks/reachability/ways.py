"""The ways to a port of a pod from outside its cluster, whoever comes along them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property

from apim_aks.facts.load_balancers import node_ports
from apim_aks.reachability.axis import members
from apim_aks.reachability.entrances import Entrance
from apim_aks.reachability.facing import Facing, facing_of
from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import Front, Pod
from apim_aks.workload.model import Port, Service, ServiceType
from apim_aks.workload.network_policy import LAST_PORT


class Kind(Enum):
    """What stands at the end of the way that callers see."""

    FRONTEND = auto()
    PRIVATE_LINK = auto()
    NODE = auto()
    POD = auto()
    EXTERNAL_ADDRESS = auto()
    ROUTE = auto()
    UNREAD = auto()


class Sees(Enum):
    """Whose address policies see at the end of a way."""

    CALLER = auto()
    NODE_OR_CALLER = auto()
    NOT_KNOWN = auto()
    NOTHING = auto()
    CONTROLLER = auto()


@dataclass(frozen=True, slots=True)
class Dialled:
    """The port that callers dial: one of these."""

    protocol: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to a pod. `doubt` says why nobody knows whether it is there.

    `on_node` is the port of the nodes that a frontend leads to.
    """

    kind: Kind
    words: str
    at: Dialled
    sees: Sees
    on_node: Dialled | None = None
    facing: Facing | None = None
    entrance: Entrance | None = None
    credential: str = ""
    doubt: str = ""


_ANY_PORT = Dialled("TCP", 1, LAST_PORT)


class Ways:
    """The ways to every pod of a scene: every Service whose selector matches opens its pods."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._facings = {facing.of: facing for facing in reach.scene.facings}
        self._fronts: dict[int, list[tuple[Service, Port, int]]] = defaultdict(list)
        for service in reach.scene.services:
            if service.type is not ServiceType.EXTERNAL_NAME:
                for port in service.ports:
                    for pod, ports in reach.behind(service, port):
                        self._fronts[pod].append((service, port, ports))

        self._routes: dict[int, list[tuple[Front, int, int]]] = defaultdict(list)
        for route in (*reach.routed, *reach.leading(reach.scene.mentions)):
            self._routes[route[1]].append(route)
        self._unread: dict[int, list[int]] = defaultdict(list)
        for place, doubt in enumerate(reach.scene.doubts):
            for pod in (
                members(reach.ends.doubted(doubt) & reach.ends.inside) if doubt.opens else ()
            ):
                self._unread[pod].append(place)

    def before(self, pod: int) -> Iterator[tuple[Way, Port | None]]:
        """The ways to a pod on any port, but for those to its own address, with ports of Services.

        Policies at their end are not asked where no port stands beside them.
        """
        for service, port, _ in self._fronts.get(pod, ()):
            yield from ((way, port) for way in self.of_service(self.facing(service), port))
        for front, _, _ in self._routes.get(pod, ()):
            yield from ((way, None) for way in self._of_route(front, _ANY_PORT))
        yield from ((way, None) for way in self._on_its_node(self._reach.ends.pods[pod]))

    def _on_its_node(self, pod: Pod) -> Iterator[Way]:
        place = f"{pod.workload} ({pod.file} line {pod.line})"
        found = [(_ANY_PORT, "hostNetwork")] if pod.host_network else []
        for protocol, _, host in pod.host_ports:
            first, last = (host, host) if host <= LAST_PORT else (1, LAST_PORT)
            found.append((Dialled(protocol, first, last), "hostPort"))
        for at, how in found:
            words = f"{place} listens on the address of its node ({how})"
            yield Way(kind=Kind.NODE, words=words, at=at, sees=Sees.NOT_KNOWN)

    def facing(self, service: Service) -> Facing:
        """How a Service faces the outside."""
        return facing_of(service, self._facings)

    def to(self, pod: int, port: int) -> Iterator[Way]:
        """The ways to a port of a pod, given as the set that holds it."""
        for service, of, ports in self._fronts.get(pod, ()):
            if ports & port:
                yield from self.of_service(self.facing(service), of)
        yield from self._of_pod(self._reach.ends.pods[pod], port)
        yield from self._by_hand
        for front, _, ports in self._routes.get(pod, ()):
            if ports & port:
                yield from self._of_route(front, self._dialled(port))
        for at in self._unread.get(pod, ()):
            words = str(self._reach.scene.doubts[at])
            sees, dialled = Sees.NOT_KNOWN, self._dialled(port)
            yield Way(kind=Kind.UNREAD, words=words, at=dialled, sees=sees, doubt=_MAY_OPEN)

    def _of_route(self, front: Front, at: Dialled) -> Iterator[Way]:
        words = f"{front.kind} {front.name} leads to it ({front.file} line {front.line})"
        known = [e for e in self._reach.scene.entrances if e.id in front.through]
        plain = Way(kind=Kind.ROUTE, words=words, at=at, sees=Sees.CONTROLLER)
        for entrance in known:
            asks = front.credential or entrance.credential
            yield replace(plain, entrance=entrance, credential=asks, doubt=front.doubt)
        named = {e.id for e in known if e.alone}
        if not front.through or set(front.through) - named:
            yield replace(plain, doubt=front.doubt or "what answers for it is not in the input")

    @cached_property
    def _by_hand(self) -> tuple[Way, ...]:
        """What leads to addresses that somebody wrote, which may be those of any pod."""
        scene = self._reach.scene
        ways = [
            replace(way, doubt=_BY_HAND)
            for service in scene.services
            if service.id in scene.by_hand
            for port in service.ports
            for way in self.of_service(self.facing(service), port)
        ]
        fronts = (f for f in (*scene.fronts, *scene.mentions) if f.service in scene.by_hand)
        ways += (replace(w, doubt=_BY_HAND) for f in fronts for w in self._of_route(f, _ANY_PORT))
        return tuple(ways)

    def of_service(self, facing: Facing, port: Port) -> Iterator[Way]:
        """The ways to a port of a Service, but for those to its pods themselves."""
        sees = Sees.CALLER if facing.local else Sees.NODE_OR_CALLER
        if facing.balanced:
            yield from frontends(facing, port)
        if may_have_node_port(facing, port):
            yield node_way(facing, port)
        for address in facing.external_ips:
            words = f"nodes take calls to {address} for {facing.called}"
            yield Way(
                kind=Kind.EXTERNAL_ADDRESS,
                words=words,
                at=Dialled(port.protocol, port.number, port.number),
                sees=sees,
                facing=facing,
                doubt=f"who can send calls to {address} to a node stands in no file",
            )

    def _of_pod(self, pod: Pod, port: int) -> Iterator[Way]:
        at = self._dialled(port)
        place = f"{pod.workload} ({pod.file} line {pod.line})"
        if pod.host_network:
            words = f"{place} listens on the address of its node (hostNetwork)"
            yield Way(kind=Kind.NODE, words=words, at=at, sees=Sees.NOTHING)
            return
        words = f"pods of {place} have addresses of their own"
        yield Way(kind=Kind.POD, words=words, at=at, sees=Sees.CALLER)
        for protocol, number, host in pod.host_ports:
            if (protocol, number) == (at.protocol, at.first):
                words = f"a port of the node leads to {place} (hostPort)"
                there = Dialled(protocol, *((host, host) if host <= LAST_PORT else (1, LAST_PORT)))
                yield Way(kind=Kind.NODE, words=words, at=there, sees=Sees.NOT_KNOWN)

    def _dialled(self, port: int) -> Dialled:
        return Dialled(*self._reach.ports.ranges(port)[0])

    def forwarding(self, words: str, port: int) -> Way:
        """The way through something in front that may lead to a port."""
        at, sees = self._dialled(port), Sees.NOT_KNOWN
        return Way(kind=Kind.UNREAD, words=words, at=at, sees=sees, doubt=_MAY_OPEN)

    def ports(self, mask: int) -> Iterator[int]:
        """Each port of a set as a set of its own."""
        return (1 << at for at in members(mask))


_BY_HAND = (
    "somebody wrote, or may write, which addresses answer for it, and they may be those of any pod"
)
_MAY_OPEN = "it may be a way in"
_NO_NODE_PORTS = "a Service that asks for no node ports any more keeps those that it has"
_NEEDS_NODE_PORTS = (
    "AKS makes no load balancer without the node ports (allocateLoadBalancerNodePorts) that a "
    "probe asks, and a Service keeps those that it has"
)


def node_way(facing: Facing, port: Port) -> Way:
    """The way through a port of the nodes, which is there where the object names its number.

    Source: kubernetes/api@10b39a3, `core/v1/types.go`, allocateLoadBalancerNodePorts.
    """
    return Way(
        kind=Kind.NODE,
        words=f"a port of every node leads to {facing.called}",
        at=node_port(port),
        sees=Sees.CALLER if facing.local else Sees.NODE_OR_CALLER,
        facing=facing,
        doubt="" if port.node_port else _doubt_of_ports(facing),
    )


def may_have_node_port(facing: Facing, port: Port) -> bool:
    """Not where a Service of ours asks for none from its first moment."""
    bare = facing.new and facing.needs_no_node_ports and not port.node_port
    return (facing.balanced and not bare) or facing.type is ServiceType.NODE_PORT


def _doubt_of_ports(facing: Facing) -> str:
    if facing.node_ports:
        return ""
    return _NO_NODE_PORTS if facing.needs_no_node_ports else _NEEDS_NODE_PORTS


def node_port(port: Port) -> Dialled:
    """The port of nodes that leads to a port of a Service; which it is may not be known."""
    first, last = (port.node_port,) * 2 if port.node_port else node_ports()
    return Dialled(port.protocol, first, last)


def frontends(facing: Facing, port: Port) -> Iterator[Way]:
    """The ways through the load balancer of a Service."""
    sees = Sees.CALLER if facing.local else Sees.NODE_OR_CALLER
    side = "an internal" if facing.internal else "a public"
    words = f"{side} load balancer stands before {facing.called}"
    at = Dialled(port.protocol, port.number, port.number)
    doubt = "".join(list(_doubts(facing))[:1])
    yield Way(
        kind=Kind.FRONTEND,
        words=words,
        at=at,
        sees=sees,
        on_node=node_port(port),
        facing=facing,
        doubt=doubt,
    )
    if facing.private_link:
        words = f"a Private Link Service stands before {facing.called}"
        asks = "who has an approved private endpoint to it stands in no file"
        yield Way(
            kind=Kind.PRIVATE_LINK,
            words=words,
            at=at,
            sees=Sees.NOT_KNOWN,
            facing=facing,
            doubt=asks,
        )


def _doubts(facing: Facing) -> Iterator[str]:
    if facing.other:
        yield f"a load balancer of class {facing.other} is not Azure's, and not known"
    if facing.ranges and facing.allowed:
        yield "AKS refuses loadBalancerSourceRanges together with azure-allowed-ip-ranges"
    if facing.unread:
        yield f"the annotation {facing.unread[0]} is not understood"
