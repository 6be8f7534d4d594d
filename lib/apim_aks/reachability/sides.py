"""What policies let into pods and out of them: for each pod and direction an exact set.

AdminNetworkPolicies come first, in the order of their priorities; then NetworkPolicies, which are
final for every pod they select; then the baseline; then everything is open (REACHABILITY 2 and 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.axis import Ports, members, port_ranges
from apim_aks.reachability.endpoints import Between, Endpoints
from apim_aks.reachability.scene import Doubt, Engine, Pod, Scene
from apim_aks.workload.network_policy import (
    PROTOCOLS,
    Action,
    AdminPolicy,
    AdminRule,
    NetworkPolicy,
    PolicyPort,
    PolicyRule,
)

Cells = tuple[tuple[int, int], ...]
"""Sets of ports that do not overlap, each with the set of endpoints that is let through on it."""


class Direction(StrEnum):
    """Which way a rule looks."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule says: its action, and on which ports for which endpoints."""

    action: Action
    rectangles: tuple[tuple[int, Between], ...]

    def on(self, cell: int) -> Between:
        """The endpoints for which it speaks on these ports."""
        found = Between()
        for ports, others in self.rectangles:
            if ports & cell:
                found |= others
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The policies and doubts that decide for one pod in one direction, by their places.

    `unsure` are policies of the cluster of which it is not known whether they are for this pod.
    """

    policies: tuple[int, ...]
    admin: tuple[int, ...]
    unsure: tuple[int, ...]
    doubts: tuple[int, ...]
    fronts: int
    ports: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What is let through for sure, and what may be; `selected` says that a policy decides."""

    sure: Cells
    may: Cells


class Sides:
    """The sides of every pod of a scene. Pods for which the same policies decide share them."""

    def __init__(self, scene: Scene, ends: Endpoints, fronts: dict[int, int], ports: Ports) -> None:
        self.scene, self.ends, self.ports = scene, ends, ports
        enforced = ends.engine is not Engine.NONE
        self.policies: tuple[NetworkPolicy, ...] = scene.policies if enforced else ()
        self.admin: tuple[AdminPolicy, ...] = scene.admin_policies if enforced else ()
        self._fronts = fronts
        self._named = any(port.name for rule in all_rules(scene) for port in rule.ports)
        self._selected = [ends.selected(p.namespace, p.selects) for p in self.policies]
        self._subjects = [ends.peer(p.subject, "") for p in self.admin]
        self._doubted = [ends.doubted(doubt) for doubt in scene.doubts]
        self._made: dict[tuple[Direction, Asked], Side] = {}
        self.ingress = self._all(Direction.INGRESS)
        self.egress = self._all(Direction.EGRESS)

    def _all(self, direction: Direction) -> tuple[Side, ...]:
        return tuple(self._side(at, direction) for at in range(len(self.ends.pods)))

    def _side(self, pod: int, direction: Direction) -> Side:
        asked = self.asked(pod, direction)
        key = direction, asked
        if key not in self._made:
            self._made[key] = self._decided(asked, direction)
        return self._made[key]

    def asked(self, pod: int, direction: Direction) -> Asked:
        """Who decides for a pod in a direction."""
        bit = 1 << pod
        of = self._for_direction(direction)
        chosen = [at for at in of if self._subjects[at].may & bit]
        return Asked(
            policies=tuple(
                at
                for at, mask in enumerate(self._selected)
                if mask & bit and getattr(self.policies[at], direction) is not None
            ),
            admin=tuple(chosen),
            unsure=tuple(at for at in chosen if not self._is_sure(at, bit)),
            doubts=tuple(at for at, mask in enumerate(self._doubted) if mask & bit),
            fronts=self._fronts.get(pod, 0) if direction is Direction.INGRESS else 0,
            ports=self.ends.pods[pod].ports
            if self._named and direction is Direction.INGRESS
            else (),
        )

    def _for_direction(self, direction: Direction) -> Iterator[int]:
        return (at for at, policy in enumerate(self.admin) if getattr(policy, direction))

    def _is_sure(self, policy: int, bit: int) -> bool:
        """On AKS nobody documents that these policies are enforced, or that they are not."""
        documented = self.ends.engine is Engine.SPECIFICATION
        return documented and bool(self._subjects[policy].sure & bit)

    def _decided(self, asked: Asked, direction: Direction) -> Side:
        named = self.rules(asked, direction)
        orders = tuple(self._orders(asked, direction))
        baseline = tuple(self._hits_of(asked, direction, baseline=True))
        cells = tuple(_cells(self.ports.everything, (named, *orders, baseline), asked.fronts))
        sure, may = [], []
        for cell in cells:
            least, most = self.ends.everything, 0
            for order in orders:
                stages = (order, named if asked.policies else None, baseline)
                least &= self._let(cell, stages, most=False)
                most |= self._let(cell, stages, most=True)
            sure.append((cell, least))
            may.append((cell, most | (self.ends.outside if asked.fronts & cell else 0)))
        return self._doubtful(asked, Side(_merged(sure), _merged(may)))

    def _doubtful(self, asked: Asked, side: Side) -> Side:
        doubts = [self.scene.doubts[at] for at in asked.doubts]
        if not doubts:
            return side
        restricts = any(doubt.restricts for doubt in doubts)
        everything = ((self.ports.everything, self.ends.everything),)
        return Side(() if restricts else side.sure, everything)

    def _let(
        self,
        cell: int,
        stages: tuple[Sequence[Hit], Sequence[Hit] | None, Sequence[Hit]],
        most: bool,
    ) -> int:
        admin, named, baseline = stages
        allowed, rest = _first_match(cell, admin, self.ends.everything, most)
        if named is not None:
            for hit in named:
                found = hit.on(cell)
                allowed |= rest & (found.may if most else found.sure)
            return allowed
        more, rest = _first_match(cell, baseline, rest, most)
        return allowed | more | rest

    def rules(self, asked: Asked, direction: Direction) -> tuple[Hit, ...]:
        """What the NetworkPolicies say, rule by rule."""
        return tuple(
            Hit(Action.ALLOW, self.rectangles(rule, policy.namespace, direction, asked))
            for policy in (self.policies[at] for at in asked.policies)
            for rule in getattr(policy, direction)
        )

    def _orders(self, asked: Asked, direction: Direction) -> Iterator[tuple[Hit, ...]]:
        """The orders in which rules of the admin tier may act: of equal priorities, either first."""
        yield tuple(self._hits_of(asked, direction))
        if self._ties(asked):
            yield tuple(self._hits_of(asked, direction, turned=True))

    def _ties(self, asked: Asked) -> bool:
        priorities = [self.admin[at].priority for at in asked.admin]
        return len(set(priorities)) < len(priorities)

    def _hits_of(
        self, asked: Asked, direction: Direction, baseline: bool = False, turned: bool = False
    ) -> Iterator[Hit]:
        places = [at for at in asked.admin if (self.admin[at].priority is None) is baseline]
        if turned:
            places.sort(key=lambda at: (self.admin[at].priority or 0, -at))
        priorities = [self.admin[at].priority for at in places]
        for at in places:
            unsure = at in asked.unsure or priorities.count(self.admin[at].priority) > 2
            for rule in getattr(self.admin[at], direction):
                yield self._hit(rule, direction, asked, unsure)

    def _hit(self, rule: AdminRule, direction: Direction, asked: Asked, unsure: bool) -> Hit:
        found = self.rectangles(rule, "", direction, asked, rule.action is not Action.ALLOW)
        if unsure:
            found = tuple((ports, Between(0, others.may)) for ports, others in found)
        return Hit(rule.action, found)

    def rectangles(
        self,
        rule: PolicyRule,
        namespace: str,
        direction: Direction,
        asked: Asked,
        denies: bool = False,
    ) -> tuple[tuple[int, Between], ...]:
        """The ports of a rule, each with the endpoints that it names."""
        others = self.ends.peers(rule, namespace, denies)
        if not rule.ports:
            return ((self.ports.everything, others),)
        if direction is Direction.INGRESS:
            numbers = 0
            for port in rule.ports:
                numbers |= self._numbers(port, asked.ports)
            return ((numbers, others),)
        return tuple(self._to_others(rule.ports, others))

    def _to_others(
        self, ports: Iterable[PolicyPort], others: Between
    ) -> Iterator[tuple[int, Between]]:
        """A name is looked up at each pod that is called; any other pod may give it any number."""
        for port in ports:
            if not port.name:
                yield self._numbers(port, ()), others
                continue
            by_numbers: dict[int, int] = defaultdict(int)
            for at in members(others.may & self.ends.inside):
                by_numbers[self._numbers(port, self.ends.pods[at].ports)] |= 1 << at
            for numbers, pods in by_numbers.items():
                yield numbers, others & pods
            yield self._any(port), Between(0, others.may & self.ends.any)

    def _any(self, port: PolicyPort) -> int:
        found = 0
        for protocol in (port.protocol,) if port.protocol else PROTOCOLS:
            found |= self.ports.of(protocol, 1, 65535)
        return found

    def _numbers(self, port: PolicyPort, of: Iterable[tuple[str, str, int]]) -> int:
        if not port.name:
            return self.ports.of(port.protocol, port.first, port.last)
        found = 0
        for name, protocol, number in of:
            if name == port.name and port.protocol in ("", protocol):
                found |= self.ports.of(protocol, number, number)
        return found

    def doubts_of(self, pod: int) -> Iterator[Doubt]:
        """The doubts that concern a pod."""
        bit = 1 << pod
        return (d for d, mask in zip(self.scene.doubts, self._doubted, strict=True) if mask & bit)


def _first_match(cell: int, hits: Iterable[Hit], rest: int, most: bool) -> tuple[int, int]:
    """The endpoints that rules allow, and those that they leave to the next stage.

    Of those that a rule only may match, the least keeps what every reading allows, the most what
    some reading allows.
    """
    allowed = passed = 0
    for hit in hits:
        found = hit.on(cell)
        least, most_of = (found.may, found.sure) if most else (found.sure, found.may)
        if hit.action is Action.ALLOW:
            allowed |= rest & least
            rest &= ~least
        elif hit.action is Action.DENY:
            rest &= ~most_of
        else:
            passed |= rest & least
            rest &= ~most_of
    return allowed, passed | rest


def _cells(everything: int, stages: Iterable[Iterable[Hit]], fronts: int) -> Iterator[int]:
    """The ports, split so that every rule speaks of a cell as a whole or not at all."""
    cells = [everything]
    masks = {ports for hits in stages for hit in hits for ports, _ in hit.rectangles}
    for mask in sorted(masks | {fronts}):
        cells = [part for cell in cells for part in (cell & mask, cell & ~mask) if part]
    return iter(cells)


def _merged(cells: Iterable[tuple[int, int]]) -> Cells:
    """The cells, those of equal endpoints as one; those that let nobody through are left out."""
    found: dict[int, int] = defaultdict(int)
    for cell, others in cells:
        if others:
            found[others] |= cell
    return tuple((cell, others) for others, cell in found.items())


def all_rules(scene: Scene) -> Iterator[PolicyRule]:
    """Every rule of every policy."""
    for policy in scene.policies:
        yield from (*(policy.ingress or ()), *(policy.egress or ()))
    for admin in scene.admin_policies:
        yield from (*admin.ingress, *admin.egress)


def cut_ports(scene: Scene) -> Iterator[tuple[str, int, int]]:
    """The ports at which answers may change: those of rules, of containers and of Services."""
    for rule in all_rules(scene):
        for port in rule.ports:
            yield from port_ranges(port)
    for pod in scene.pods:
        yield from _of_pod(pod)
    for service in scene.services:
        for service_port in service.ports:
            if service_port.target.isdecimal() and service_port.protocol in PROTOCOLS:
                number = int(service_port.target)
                yield service_port.protocol, number, number


def _of_pod(pod: Pod) -> Iterator[tuple[str, int, int]]:
    for _, protocol, number in pod.ports:
        if protocol in PROTOCOLS and 1 <= number <= 65535:
            yield protocol, number, number
