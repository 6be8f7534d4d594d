"""Calls that come by a route: from a place to what answers for it, and from there to a pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from apim_aks.reachability.axis import members
from apim_aks.reachability.because import because
from apim_aks.reachability.crossing import Crossing
from apim_aks.reachability.ending import Ending
from apim_aks.reachability.entrances import Entrance
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.gates import OPEN, Gate, passed, shut, unknown
from apim_aks.reachability.places import Place
from apim_aks.reachability.reach import Reach, union
from apim_aks.reachability.represented import Represented
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.ways import (
    Dialled,
    Kind,
    Sees,
    Way,
    Ways,
    frontends,
    may_have_node_port,
    node_way,
)
from apim_aks.workload.model import Port, Service
from apim_aks.workload.network_policy import LAST_PORT, NetworkPolicy, PolicyRule, Selector


def represented(scene: Scene) -> tuple[Represented, ...]:
    """The pods of entrances as policies may name them, whether they are in the input or not."""
    return tuple(Represented(Selector(e.labels), namespace=e.namespace) for e in scene.entrances)


class Routing:
    """The gates on the ways that lead through the entrances of a cluster."""

    def __init__(
        self,
        reach: Reach,
        crossing: Crossing,
        ending: Ending,
        to: Ways,
        enforcing: Engine | None,
    ) -> None:
        self._reach, self._crossing, self._ending, self._to = reach, crossing, ending, to
        self._enforcing = enforcing
        self._services = {service.id: service for service in reach.scene.services}
        self._at = {id(e): at for at, e in enumerate(reach.scene.entrances)}
        self._gates: dict[object, Gate] = {}
        self._asked: set[int] = set()
        self._led: dict[object, list[tuple[int, Way]]] = {}

    def _pods(self, entrance: Entrance) -> int:
        """The pods of the input that answer."""
        return self._reach.ends.selected(entrance.namespace, Selector(entrance.labels))

    def gate(self, entrance: Entrance, place: Place) -> Gate:
        """Who of a place reaches the pods that answer, by any way to them."""
        key = id(entrance), place.name, place.inside
        if key not in self._gates:
            self._asked.add(id(entrance))
            self._gates[key] = self._gate(entrance, place)
            self._asked.discard(id(entrance))
        return self._gates[key]

    def dialled(self, entrance: Entrance, place: Place, address: int) -> Way | None:
        """A way with a frontend or a port of nodes by which an address reaches what answers."""
        self.gate(entrance, place)
        led = self._led.get((id(entrance), place.name, place.inside), ())
        shown = (way for passing, way in led if passing & address)
        return next((way for way in shown if way.kind in (Kind.FRONTEND, Kind.NODE)), None)

    def _gate(self, entrance: Entrance, place: Place) -> Gate:
        if entrance.missing:
            return shut(f"{entrance.called}: {entrance.missing}")
        if entrance.doubt or entrance.facing is None:
            why = entrance.doubt or "the Service before it is not in the input"
            return unknown(f"{entrance.called}: {why}")
        sure = may = 0
        led: list[tuple[int, Way]] = []
        reasons, doubtful, stopping = (list[tuple[int, str]]() for _ in range(3))
        for way, port in dict.fromkeys((*self._ways(entrance), *self._others(entrance))):
            gates = self._along(entrance, way, port, place)
            passing, perhaps = passed(gates)
            said = "; ".join((way.words, *_words(gates, passing)))
            reasons.append((passing, said))
            led.append((passing, way))
            doubtful += ((~g.sure & perhaps, f"{way.words}: {_first(g)}") for g in gates)
            stopping += ((~perhaps, f"{way.words}: {_first(g)}") for g in gates)
            sure, may = sure | passing, may | perhaps
        reasons.sort(key=lambda reason: reason[0] != sure)
        led.sort(key=lambda one: one[0] != sure)
        self._led[id(entrance), place.name, place.inside] = led
        ordered = (*reasons, *doubtful, *stopping)
        kept = tuple(reason for reason in ordered if not reason[1].endswith(": "))
        return Gate(sure, may, kept)

    def _ways(self, entrance: Entrance) -> Iterator[tuple[Way, Port]]:
        facing = entrance.facing
        for port in entrance.ports if facing else ():
            if facing and facing.balanced:
                yield from ((way, port) for way in frontends(facing, port))
            if facing and may_have_node_port(facing, port):
                yield node_way(facing, port), port
            every = Dialled(port.protocol, 1, LAST_PORT)
            words = f"the pods behind {entrance.called} have addresses of their own"
            yield Way(kind=Kind.POD, words=words, at=every, sees=Sees.CALLER), port

    def _others(self, entrance: Entrance) -> Iterator[tuple[Way, Port | None]]:
        """The ways to the pods that answer by other Services, routes and ports of their nodes."""
        for pod in members(self._pods(entrance)):
            yield from self._to.before(pod)
        for service in self._reach.scene.services:
            if service.namespace == entrance.namespace and not self._reach.picked(service):
                said = _may_stand_before(service, entrance)
                for port in service.ports if said is not None else ():
                    for way in self._to.of_service(self._to.facing(service), port):
                        yield replace(way, doubt=way.doubt or said or ""), port

    def _along(
        self, entrance: Entrance, way: Way, port: Port | None, place: Place
    ) -> tuple[Gate, ...]:
        """What stands on a way to the pods that answer."""
        if port is not None:
            return (
                *self._crossing.gates(way, place),
                self.policies(entrance, port, way.sees, way.facing),
            )
        if way.entrance is None:
            return *self._crossing.gates(way, place), unknown(way.words)
        around = way.entrance.id == entrance.id or id(way.entrance) in self._asked
        return unknown(way.words) if around else self.gate(way.entrance, place), unknown(way.words)

    def policies(
        self, entrance: Entrance, port: Port, sees: Sees, before: Facing | None = None
    ) -> Gate:
        """What policies let into the pods that answer, by the Service that stands before them."""
        facing = before or entrance.facing
        service = self._services.get(facing.of) if facing else None
        behind = dict(self._reach.behind(service, str(port.number))) if service else {}
        if not behind:
            return self._into_unseen(entrance, sees, port if service else None)
        gates = [
            self._ending.gate(pod, 1 << at, sees)
            for pod, ports in behind.items()
            for at in members(ports)
        ]
        sure = may = 0
        for gate in gates:
            sure, may = sure | gate.sure, may | gate.may
        return Gate(sure, may, ((-1, f"policies decide about the pods of {entrance.called}"),))

    def _into_unseen(self, entrance: Entrance, sees: Sees, port: Port | None) -> Gate:
        """What lets callers into pods that are not in the input, where policies surely pick them.

        Where nobody knows to which of their ports calls are handed on, a rule for some ports lets
        nobody through for sure.
        """
        scene = self._reach.scene
        found = [p for p in scene.policies if p.ingress is not None and _may_pick(p, entrance)]
        sure = [p for p in found if _surely_picks(p, entrance)]
        plain = self._enforcing not in (None, Engine.NONE) and sees is Sees.CALLER
        if not (sure and plain) or self._doubt(entrance) or scene.admin_policies:
            return self._of_unseen(entrance, "ingress")
        least = most = 0
        for policy in found:
            for rule in policy.ingress or ():
                named = self._reach.ends.peers(rule, policy.namespace)
                fits = _fits(rule, port)
                most |= 0 if fits is False else named.may
                least |= named.sure if fits and policy in sure else 0
        told = f"NetworkPolicy {sure[0].id} ({sure[0].file} line {sure[0].line})"
        closed = f"{told} lets it into no pod of {entrance.called}"
        return Gate(least, most, ((~most, closed), (least, f"{told} admits it")))

    def _doubt(self, entrance: Entrance) -> object:
        """The first thing of the namespace that is not understood and may close pods."""
        doubts = self._reach.scene.doubts
        found = (d for d in doubts if d.restricts and d.namespace in ("", entrance.namespace))
        return next(found, None)

    def _of_unseen(self, entrance: Entrance, direction: str) -> Gate:
        """Pods that are not in the input: policies may select them, by more than is known."""
        if self._enforcing is Engine.NONE:
            return OPEN
        scene = self._reach.scene
        for policy in scene.policies:
            if getattr(policy, direction) is not None and _may_pick(policy, entrance):
                words = f"NetworkPolicy {policy.id} ({policy.file} line {policy.line})"
                return unknown(f"{words} may be for the pods of {entrance.called}")
        if doubt := self._doubt(entrance):
            return unknown(f"{doubt} may be for the pods of {entrance.called}")
        if scene.admin_policies:
            return unknown(f"policies of the cluster may be for the pods of {entrance.called}")
        return OPEN

    def _leaving(self, entrance: Entrance, pod: int, port: int) -> Gate:
        """Pods that are not in the input call a pod where a policy that surely picks them may.

        Policies add up: whatever others say, they take that from nobody.
        """
        stopping, reach = self._of_unseen(entrance, "egress"), self._reach
        if stopping is OPEN or self._doubt(entrance) or reach.scene.admin_policies:
            return stopping
        for policy in reach.scene.policies:
            for rule in policy.egress or () if _surely_picks(policy, entrance) else ():
                named = reach.ends.peers(rule, policy.namespace).sure
                if named & 1 << pod and not port & ~self._ports(rule, pod):
                    return OPEN
        return stopping

    def _ports(self, rule: PolicyRule, pod: int) -> int:
        """The ports of a pod to which a rule surely lets through."""
        ports, target = self._reach.ports, self._reach.target
        found = (
            target(pod, p.protocol, p.name) if p.name else ports.of(p.protocol, p.first, p.last)
            for p in rule.ports
            if p.protocol
        )
        return union(found) if rule.ports else ports.everything

    def into(self, entrance: Entrance, pod: int, port: int) -> Gate:
        """Whether the pods that answer reach a pod on a port."""
        found = self._pods(entrance)
        if found:
            callers: Iterable[int] = (1 << at for at in members(found))
        else:
            callers = (self._reach.ends.kind(self._at[id(entrance)]),)
        sure = may = 0
        said = ""
        for caller in callers:
            least, most = self._reach.between(caller, 1 << pod)
            if least & port or not said:
                said = "; ".join(because(self._reach, caller, 1 << pod, port))
            sure, may = sure | least & port, may | most & port
        leaving = OPEN if found else self._leaving(entrance, pod, port)
        if self._enforcing is None:
            may = port
        passes = Gate(-1 if sure else 0, -1 if may else 0, ((-1, said),))
        if sure and leaving is not OPEN:
            return leaving
        return passes


def _fits(rule: PolicyRule, port: Port | None) -> bool | None:
    """The rule is for the port of the pods that a Service hands calls on to; None: nobody knows."""
    if not rule.ports:
        return True
    target = (port.target or str(port.number)) if port else ""
    if port is None or not target.isdecimal() or any(p.name for p in rule.ports):
        return None
    return any(
        p.protocol in ("", port.protocol) and p.first <= int(target) <= p.last for p in rule.ports
    )


def _may_stand_before(service: Service, entrance: Entrance) -> str | None:
    """Empty where it surely selects the pods of an entrance, None where it surely does not."""
    known, asked = dict(entrance.labels), dict(service.selector or ())
    if not asked or any(known.get(key, value) != value for key, value in asked.items()):
        return None
    if asked.keys() <= known.keys():
        return ""
    return f"whether Service {service.id} stands before {entrance.called} is not in the input"


def _may_pick(policy: NetworkPolicy, entrance: Entrance) -> bool:
    """The policy is for the pods of an entrance, which may have more labels than are known."""
    here = policy.namespace == entrance.namespace
    return here and policy.selects.picks(dict(entrance.labels), whole=False)


def _surely_picks(policy: NetworkPolicy, entrance: Entrance) -> bool:
    here = policy.namespace == entrance.namespace
    return here and policy.selects.picks_every(dict(entrance.labels))


def _words(gates: Iterable[Gate], passing: int) -> Iterator[str]:
    return (words for gate in gates if (words := gate.why(passing)))


def _first(gate: Gate) -> str:
    return next((words for _, words in gate.reasons), "")
