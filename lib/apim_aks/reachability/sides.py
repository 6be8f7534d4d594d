"""What policies let into pods and out of them: for each pod and direction an exact set.

AdminNetworkPolicies come first, in the order of their priorities; then NetworkPolicies, which are
final for every pod they select; then the baseline; then everything is open (REACHABILITY 2 and 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apim_aks.reachability.axis import Ports, members
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.hits import Direction, Hit, Rules
from apim_aks.reachability.labels import Between
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.workload.network_policy import (
    Action,
    AdminPolicy,
    AdminRule,
    NetworkPolicy,
)

Cells = tuple[tuple[int, int], ...]
"""Sets of ports that do not overlap, each with the set of endpoints that is let through on it."""


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
    """What is let through for sure, and what may be."""

    sure: Cells
    may: Cells


class Sides:
    """The sides of every pod of a scene. Pods for which the same policies decide share them."""

    def __init__(self, scene: Scene, ends: Endpoints, fronts: dict[int, int], ports: Ports) -> None:
        self.scene, self.ends, self.ports = scene, ends, ports
        self._rules = Rules(ends, ports)
        enforced = ends.engine is not Engine.NONE
        self.policies: tuple[NetworkPolicy, ...] = scene.policies if enforced else ()
        self.admin: tuple[AdminPolicy, ...] = scene.admin_policies if enforced else ()
        self._fronts = fronts
        self._named = any(port.name for rule in scene.rules() for port in rule.ports)
        selected = [ends.selected(p.namespace, p.selects) for p in self.policies]
        self._of_one_kind = len({bool(policy.tier) for policy in self.admin}) == 1
        self._subjects = [ends.peer(p.subject, "") for p in self.admin]
        self._doubts = _by_pod(
            ends.doubted(doubt) if ends.engine in (doubt.engines or Engine) else 0
            for doubt in scene.doubts
        )
        self._for_namespace = {
            d: _by_pod(
                mask if getattr(policy, d) is not None else 0
                for policy, mask in zip(self.policies, selected, strict=True)
            )
            for d in Direction
        }
        self._for_cluster = {
            d: _by_pod(
                found.may & ends.inside if getattr(policy, d) else 0
                for policy, found in zip(self.admin, self._subjects, strict=True)
            )
            for d in Direction
        }
        self._made: dict[tuple[Direction, Asked], Side] = {}
        self._unrelayed: dict[int, Side] = {}
        self._read: dict[object, tuple[Hit, ...]] = {}
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

    def unrelayed(self, pod: int) -> Side:
        """Who is let into a pod where policies see the address of the caller itself."""
        if pod not in self._unrelayed:
            asked = replace(self.asked(pod, Direction.INGRESS), fronts=0)
            key = Direction.INGRESS, asked
            if key not in self._made:
                self._made[key] = self._decided(asked, Direction.INGRESS)
            self._unrelayed[pod] = self._made[key]
        return self._unrelayed[pod]

    def asked(self, pod: int, direction: Direction) -> Asked:
        """Who decides for a pod in a direction."""
        admin = self._for_cluster[direction].get(pod, [])
        inward = direction is Direction.INGRESS
        return Asked(
            policies=tuple(self._for_namespace[direction].get(pod, ())),
            admin=tuple(admin),
            unsure=tuple(at for at in admin if not self._is_sure(at, 1 << pod)),
            doubts=tuple(self._doubts.get(pod, ())),
            fronts=self._fronts.get(pod, 0) if inward else 0,
            ports=self.ends.pods[pod].ports if self._named and inward else (),
        )

    def _is_sure(self, policy: int, bit: int) -> bool:
        """On AKS nobody documents that these policies are enforced, or that they are not.

        Nor does anybody how those of both generations act together.
        """
        documented = self.ends.engine is Engine.SPECIFICATION and self._of_one_kind
        return documented and bool(self._subjects[policy].sure & bit)

    def _decided(self, asked: Asked, direction: Direction) -> Side:
        named = self.rules(asked, direction)
        orders = tuple(self.orders(asked, direction))
        baseline = tuple(self.hits(asked, direction, baseline=True))
        cells = tuple(_cells(self.ports.everything, (named, *orders, baseline), asked.fronts))
        sure, may = [], []
        # A policy never keeps the node of a pod from it, nor who calls from the node's address.
        always = self.ends.unrecognised if direction is Direction.INGRESS else 0
        for cell in cells:
            least, most = self.ends.everything, always
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
        key = direction, asked.policies, asked.ports
        if key not in self._read:
            self._read[key] = self._rules_of(asked, direction)
        return self._read[key]

    def _rules_of(self, asked: Asked, direction: Direction) -> tuple[Hit, ...]:
        return tuple(
            Hit(
                Action.ALLOW,
                self._rules.rectangles(rule, policy.namespace, direction, asked.ports),
                policy,
                rule.line,
            )
            for policy in (self.policies[at] for at in asked.policies)
            for rule in getattr(policy, direction)
        )

    def orders(self, asked: Asked, direction: Direction) -> Iterator[tuple[Hit, ...]]:
        """The orders in which the admin tier may act: of equal priorities, either is first."""
        yield tuple(self.hits(asked, direction))
        if self._ties(asked):
            yield tuple(self.hits(asked, direction, turned=True))

    def _ties(self, asked: Asked) -> bool:
        priorities = [self.admin[at].priority for at in asked.admin]
        return len(set(priorities)) < len(priorities)

    def hits(
        self, asked: Asked, direction: Direction, baseline: bool = False, turned: bool = False
    ) -> Iterator[Hit]:
        """What the policies of the cluster say, in the order in which they act."""
        places = [at for at in asked.admin if self.admin[at].is_baseline is baseline]
        if turned:
            places.sort(key=lambda at: (self.admin[at].priority or 0, -at))
        priorities = [self.admin[at].priority for at in places]
        most = 1 if baseline else 2
        for at in places:
            unsure = at in asked.unsure or priorities.count(self.admin[at].priority) > most
            for rule in getattr(self.admin[at], direction):
                yield self._hit(self.admin[at], rule, direction, asked, unsure)

    def _hit(
        self,
        policy: AdminPolicy,
        rule: AdminRule,
        direction: Direction,
        asked: Asked,
        unsure: bool,
    ) -> Hit:
        denies = rule.action is not Action.ALLOW
        found = self._rules.rectangles(rule, "", direction, asked.ports, denies)
        if unsure:
            found = tuple((ports, Between(0, others.may)) for ports, others in found)
        return Hit(rule.action, found, policy, rule.line)


def _by_pod(masks: Iterable[int]) -> dict[int, list[int]]:
    """The places of the sets that hold a pod, by pod."""
    found: dict[int, list[int]] = defaultdict(list)
    for place, mask in enumerate(masks):
        for pod in members(mask):
            found[pod].append(place)
    return found


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
