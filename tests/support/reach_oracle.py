"""A second reading of what policies mean, as formulas for z3: independent of the engine's sets.

A scene is generated from a seed. For each pair of endpoints z3 is asked whether any address, port
or protocol, and any reading of what is not defined, goes against the engine's answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import z3

from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import METADATA_NAME, Pod, Scene
from apim_aks.workload.network_policy import (
    Action,
    AdminPolicy,
    AdminRule,
    Block,
    Expression,
    NetworkPolicy,
    Peer,
    PolicyPort,
    PolicyRule,
    Selector,
)

PROTOCOLS = ("TCP", "UDP", "SCTP")
SPACES = ("a", "b", "c")
NAMES = ("web", "dns")
KEYS, VALUES = ("app", "tier"), ("x", "y", "z")
CIDRS = ("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "192.168.0.0/16", "10.1.2.3/32")


def generated(seed: int) -> Scene:
    """A small scene in which every kind of rule can appear."""
    dice = random.Random(seed)
    declared = {n: {METADATA_NAME: n, **_labels(dice)} for n in SPACES if dice.random() < 0.8}
    pods = tuple(dict.fromkeys(_pod(dice, i) for i in range(dice.randint(2, 4))))
    return Scene(
        pods=pods,
        namespaces=declared,
        policies=tuple(_policy(dice, i) for i in range(dice.randint(0, 4))),
        admin_policies=_cluster(dice),
    )


def _labels(dice: random.Random) -> dict[str, str]:
    return {key: dice.choice(VALUES) for key in KEYS if dice.random() < 0.7}


def _pod(dice: random.Random, number: int) -> Pod:
    ports = tuple(
        (name, dice.choice(PROTOCOLS), dice.choice((53, 80, 8080)))
        for name in NAMES
        if dice.random() < 0.6
    )
    return Pod(
        namespace=dice.choice(SPACES),
        owner=f"w{number}",
        kind="Deployment",
        labels=tuple(sorted(_labels(dice).items())),
        ports=ports,
    )


def _selector(dice: random.Random, name: str = "") -> Selector:
    if dice.random() < 0.35:
        return Selector()
    if name and dice.random() < 0.3:
        return Selector(((METADATA_NAME, name),))
    equal = tuple((key, dice.choice(VALUES)) for key in KEYS if dice.random() < 0.35)
    return Selector(equal, tuple(_expression(dice, k) for k in KEYS if dice.random() < 0.3))


def _expression(dice: random.Random, key: str) -> Expression:
    operator = dice.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    some = tuple(dice.sample(VALUES, dice.randint(1, 2)))
    return Expression(key, operator, some if operator in ("In", "NotIn") else ())


def _peer(dice: random.Random, blocks: bool = True) -> Peer:
    if blocks and dice.random() < 0.3:
        outer = ip_network(dice.choice(CIDRS))
        inner = (ip_network(c) for c in CIDRS if ip_network(c) != outer)
        fitting = [n for n in inner if n.subnet_of(outer) and dice.random() < 0.3]
        return Peer(line=1, block=Block(outer, tuple(fitting)))
    spaces = _selector(dice, dice.choice(SPACES)) if dice.random() < 0.6 else None
    pods = _selector(dice) if spaces is None or dice.random() < 0.6 else None
    return Peer(line=1, pods=pods, namespaces=spaces)


def _ports(dice: random.Random) -> tuple[PolicyPort, ...]:
    return tuple(_port(dice) for _ in range(dice.choice((0, 0, 1, 2))))


def _port(dice: random.Random) -> PolicyPort:
    protocol = dice.choice(PROTOCOLS)
    if dice.random() < 0.3:
        return PolicyPort(line=1, protocol=protocol, name=dice.choice(NAMES))
    if dice.random() < 0.2:
        return PolicyPort(line=1, protocol=protocol)
    first = dice.choice((1, 53, 79, 80, 8080))
    last = first + dice.choice((0, 0, 1, 1000))
    return PolicyPort(line=1, protocol=protocol, first=first, last=last)


def _rules(dice: random.Random, ingress: bool) -> tuple[PolicyRule, ...]:
    found = []
    for _ in range(dice.choice((0, 1, 1, 2))):
        peers = tuple(_peer(dice) for _ in range(dice.choice((0, 1, 1, 2))))
        ports = _ports(dice)
        if not ingress and any(p.block for p in peers):
            ports = tuple(p for p in ports if not p.name)
        found.append(PolicyRule(line=1, peers=peers, ports=ports))
    return tuple(found)


def _policy(dice: random.Random, number: int) -> NetworkPolicy:
    return NetworkPolicy(
        namespace=dice.choice(SPACES),
        name=f"p{number}",
        selects=_selector(dice),
        ingress=_rules(dice, True) if dice.random() < 0.8 else None,
        egress=_rules(dice, False) if dice.random() < 0.5 else None,
        file="a.yaml",
        line=1,
    )


def _cluster(dice: random.Random) -> tuple[AdminPolicy, ...]:
    priorities: list[int | None] = sorted(
        dice.sample(range(9), dice.choice((0, 0, 1, 2, 2)))  # never two that are equal
    )
    if dice.random() < 0.5:
        priorities.append(None)
    return tuple(_admin(dice, i, priority) for i, priority in enumerate(priorities))


def _admin(dice: random.Random, number: int, priority: int | None) -> AdminPolicy:
    every = dice.random() < 0.5
    subject = Peer(
        line=1,
        namespaces=Selector() if every else _selector(dice, dice.choice(SPACES)),
        pods=_selector(dice) if dice.random() < 0.3 else None,
    )
    return AdminPolicy(
        name=f"a{number}",
        priority=priority,
        subject=subject,
        ingress=_admin_rules(dice, True, priority is None),
        egress=_admin_rules(dice, False, priority is None),
        file="a.yaml",
        line=1,
    )


def _admin_rules(dice: random.Random, ingress: bool, baseline: bool) -> tuple[AdminRule, ...]:
    actions = (Action.ALLOW, Action.DENY) if baseline else tuple(Action)
    found = []
    for _ in range(dice.choice((0, 1, 2, 3))):
        peers = tuple(_admin_peer(dice, ingress) for _ in range(dice.randint(1, 2)))
        found.append(
            AdminRule(line=1, action=dice.choice(actions), peers=peers, ports=_ports(dice))
        )
    return tuple(found)


def _admin_peer(dice: random.Random, ingress: bool) -> Peer:
    if not ingress and dice.random() < 0.3:
        return Peer(line=1, block=Block(ip_network(dice.choice(CIDRS))))
    return Peer(
        line=1,
        namespaces=_selector(dice, dice.choice(SPACES)),
        pods=_selector(dice) if dice.random() < 0.5 else None,
    )


Formula = Any
End = Pod | None
"""A pod, or None for the symbolic address outside the cluster."""


class Oracle:
    """The formula of a connection between two endpoints of a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.address = z3.BitVec("address", 32)
        self.port = z3.Int("port")
        self.protocol = z3.Int("protocol")
        self.free: dict[str, Formula] = {}

    def domain(self) -> Formula:
        """The ports and protocols that there are."""
        port, protocol = self.port, self.protocol
        return z3.And(port >= 1, port <= 65535, protocol >= 0, protocol <= 2)

    @property
    def is_settled(self) -> bool:
        """Nothing is left open: every namespace is declared and no block may stand for pods."""
        declared = all(pod.namespace in self.scene.namespaces for pod in self.scene.pods)
        return declared and not self.free

    def allowed(self, source: End, destination: End) -> Formula:
        """Both ends let the connection through."""
        parts = []
        if source is not None:
            parts.append(self._side(source, destination, destination, "egress"))
        if destination is not None:
            parts.append(self._side(destination, source, destination, "ingress"))
        return z3.And(*parts)

    def _side(self, own: Pod, other: End, called: End, direction: str) -> Formula:
        named = [
            p
            for p in self.scene.policies
            if getattr(p, direction) is not None
            and p.namespace == own.namespace
            and self._fits(p.selects, dict(own.labels))
        ]
        rules = [(r, p.namespace) for p in named for r in getattr(p, direction)]
        middle = z3.Or(*(self._hit(r, space, other, called, False) for r, space in rules))
        last = self._chain(own, other, called, direction, True, z3.BoolVal(True))
        return self._chain(own, other, called, direction, False, middle if named else last)

    def _chain(
        self, own: Pod, other: End, called: End, direction: str, baseline: bool, rest: Formula
    ) -> Formula:
        """The first rule that matches decides; written from the last to the first."""
        result = rest
        policies = [p for p in self.scene.admin_policies if (p.priority is None) is baseline]
        for policy in reversed(policies):
            is_subject = self._pod(policy.subject, "", own)
            for rule in reversed(getattr(policy, direction)):
                denies = rule.action is not Action.ALLOW
                hit = z3.And(is_subject, self._hit(rule, "", other, called, denies))
                then = {Action.ALLOW: z3.BoolVal(True), Action.DENY: z3.BoolVal(False)}
                result = z3.If(hit, then.get(rule.action, rest), result)
        return result

    def _hit(self, rule: PolicyRule, space: str, other: End, called: End, denies: bool) -> Formula:
        peers = z3.Or(*(self._peer(p, space, other, denies) for p in rule.peers))
        ports = z3.Or(*(self._number(p, called) for p in rule.ports))
        return z3.And(
            peers if rule.peers else z3.BoolVal(True), ports if rule.ports else z3.BoolVal(True)
        )

    def _number(self, port: PolicyPort, called: End) -> Formula:
        if port.name:
            given = called.ports if called is not None else ()
            return z3.Or(
                *(
                    z3.And(self.port == number, self.protocol == PROTOCOLS.index(protocol))
                    for name, protocol, number in given
                    if name == port.name and protocol == port.protocol
                )
            )
        return z3.And(
            self.port >= port.first,
            self.port <= port.last,
            self.protocol == PROTOCOLS.index(port.protocol),
        )

    def _peer(self, peer: Peer, space: str, other: End, denies: bool) -> Formula:
        if peer.block:
            return self._block(peer.block, other, denies)
        return z3.BoolVal(False) if other is None else self._pod(peer, space, other)

    def _block(self, block: Block, other: End, denies: bool) -> Formula:
        if other is None:
            inside = self._within(block.addresses)
            return z3.And(inside, *(z3.Not(self._within(e)) for e in block.excepted))
        if denies:  # of a pod's address nothing is known, so that only a block of all denies it
            return z3.BoolVal(block.addresses.prefixlen == 0)
        return self._unknown(f"block {block} {other.workload}")

    def _within(self, network: Any) -> Formula:
        first, last = int(network[0]), int(network[-1])
        return z3.And(z3.UGE(self.address, first), z3.ULE(self.address, last))

    def _pod(self, peer: Peer, space: str, pod: Pod) -> Formula:
        if peer.pods is not None and not self._fits(peer.pods, dict(pod.labels)):
            return z3.BoolVal(False)
        if peer.namespaces is None:
            return z3.BoolVal(not space or pod.namespace == space)
        labels = self.scene.namespaces.get(pod.namespace)
        if labels is not None:
            return z3.BoolVal(self._fits(peer.namespaces, dict(labels)))
        return self._undeclared(peer.namespaces, pod.namespace)

    def _undeclared(self, selector: Selector, name: str) -> Formula:
        """Each label beside the name is a free value, or absent."""
        parts = [self._label(name, key, Expression(key, "In", (v,))) for key, v in selector.equal]
        parts += [self._label(name, e.key, e) for e in selector.expressions]
        return z3.And(*parts)

    def _label(self, name: str, key: str, expression: Expression) -> Formula:
        if key == METADATA_NAME:
            return z3.BoolVal(self._one(expression, {key: name}))
        value = z3.Int(f"label {name} {key}")  # 0 is absent
        listed = z3.Or(*(value == VALUES.index(v) + 1 for v in expression.values))
        return {
            "In": listed,
            "NotIn": z3.Not(listed),
            "Exists": value != 0,
            "DoesNotExist": value == 0,
        }[expression.operator]

    def _unknown(self, name: str) -> Formula:
        return self.free.setdefault(name, z3.Bool(name))

    def _fits(self, selector: Selector, labels: dict[str, str]) -> bool:
        return all(labels.get(k) == v for k, v in selector.equal) and all(
            self._one(e, labels) for e in selector.expressions
        )

    def _one(self, expression: Expression, labels: dict[str, str]) -> bool:
        value, operator = labels.get(expression.key), expression.operator
        if operator == "Exists":
            return value is not None
        if operator == "DoesNotExist":
            return value is None
        return (value in expression.values) is (operator == "In")


def differences(scene: Scene) -> Iterator[str]:
    """Where the engine calls open what may be closed, or closed what may be open."""
    reach, oracle = Reach(scene), Oracle(scene)
    ends: list[End] = [*scene.pods, None]
    for source in ends:
        for destination in ends:
            if source is not destination:
                yield from _differences(reach, oracle, source, destination)


def _differences(reach: Reach, oracle: Oracle, source: End, destination: End) -> Iterator[str]:
    allowed = oracle.allowed(source, destination)
    said_open, said_may = _said(reach, oracle, source, destination)
    solver = z3.Solver()
    solver.add(oracle.domain())
    wrong_ones = [
        ("called open", z3.And(said_open, z3.Not(allowed))),
        ("called closed", z3.And(z3.Not(said_may), allowed)),
    ]
    if oracle.is_settled:
        wrong_ones.append(("called unknown", z3.And(said_may, z3.Not(said_open))))
    for what, wrong in wrong_ones:
        solver.push()
        solver.add(wrong)
        if solver.check() != z3.unsat:
            names = [e.workload if e else "outside" for e in (source, destination)]
            yield f"{what}: {' to '.join(names)}: {solver.model()}"
        solver.pop()


def _said(reach: Reach, oracle: Oracle, source: End, destination: End) -> tuple[Formula, Formula]:
    """The engine's sets as formulas over the same variables."""
    sure: list[Formula] = []
    may: list[Formula] = []
    for one, other, where in _boxes(reach, oracle, source, destination):
        for found, ports in zip((sure, may), reach.between(one, other), strict=True):
            ranges = (
                z3.And(oracle.protocol == PROTOCOLS.index(p), oracle.port >= a, oracle.port <= b)
                for p, a, b in reach.ports.ranges(ports)
            )
            found.append(z3.And(where, z3.Or(*ranges)))
    return z3.Or(*sure), z3.Or(*may)


def _boxes(
    reach: Reach, oracle: Oracle, source: End, destination: End
) -> Iterator[tuple[int, int, Formula]]:
    """The endpoints as sets; of addresses atom by atom, with the atom as a formula."""
    bit: Callable[[Pod], int] = lambda pod: 1 << reach.scene.pods.index(pod)  # noqa: E731
    if source is not None and destination is not None:
        yield bit(source), bit(destination), z3.BoolVal(True)
        return
    for first, last in reach.ends.atoms(0, (1 << 32) - 1):
        atom = reach.ends.of_range(first, last)
        where = z3.And(z3.UGE(oracle.address, first), z3.ULE(oracle.address, last))
        if source is not None:
            yield bit(source), atom, where
        elif destination is not None:
            yield atom, bit(destination), where
