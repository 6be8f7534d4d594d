"""What single rules say: on which ports for which endpoints, as sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.axis import Ports, members, port_ranges
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.labels import Between
from apim_aks.reachability.scene import Engine, Pod, Scene
from apim_aks.workload.network_policy import (
    PROTOCOLS,
    Action,
    AdminPolicy,
    NetworkPolicy,
    PolicyPort,
    PolicyRule,
)

Named = tuple[tuple[str, str, int], ...]
"""Container ports as name, protocol and number."""


class Direction(StrEnum):
    """Which way a rule looks."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule says: its action, and on which ports for which endpoints."""

    action: Action
    rectangles: tuple[tuple[int, Between], ...]
    policy: NetworkPolicy | AdminPolicy
    line: int

    @property
    def place(self) -> str:
        """The object with its file and line, and the line of the rule."""
        place = f"{self.policy.file} line {self.policy.line}"
        return f"{called(self.policy)} ({place}, rule in line {self.line})"

    def on(self, cell: int) -> Between:
        """The endpoints for which it speaks on these ports."""
        found = Between()
        for ports, others in self.rectangles:
            if ports & cell:
                found |= others
        return found


class Rules:
    """Rules as sets of ports and endpoints."""

    def __init__(self, ends: Endpoints, ports: Ports) -> None:
        self.ends, self.ports = ends, ports
        self._several = set(_several(ends.pods)) if ends.engine is Engine.CILIUM else set()

    def rectangles(
        self,
        rule: PolicyRule,
        namespace: str,
        direction: Direction,
        own: Named,
        denies: bool = False,
    ) -> tuple[tuple[int, Between], ...]:
        """The ports of a rule, each with the endpoints that it names."""
        others = self.ends.peers(rule, namespace, denies)
        if any(port.name in self._several for port in rule.ports):
            others = Between(0, others.may)
        if not rule.ports:
            return ((self.ports.everything, others),)
        if direction is Direction.INGRESS:
            numbers = 0
            for port in rule.ports:
                numbers |= self._numbers(port, own)
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
            unseen = self.ends.any | self.ends.represented
            yield self._any(port), Between(0, others.may & unseen)
            yield self.ports.named(port.protocol, port.name), others & unseen

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


def called(policy: NetworkPolicy | AdminPolicy) -> str:
    """Kind and name of a policy."""
    if isinstance(policy, NetworkPolicy):
        return f"NetworkPolicy {policy.id}"
    if policy.tier:
        return f"ClusterNetworkPolicy {policy.name}"
    baseline = "Baseline" if policy.is_baseline else ""
    return f"{baseline}AdminNetworkPolicy {policy.name}"


def _several(pods: Iterable[Pod]) -> Iterator[str]:
    """The names that stand for several numbers: Cilium may take one for all (cilium#30003)."""
    numbers: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for pod in pods:
        for name, protocol, number in pod.ports:
            numbers[name].add((protocol, number))
    return (name for name, found in numbers.items() if name and len(found) > 1)


def port_names(scene: Scene) -> Iterator[tuple[str, str]]:
    """The ports that rules know by protocol and name."""
    for rule in scene.rules():
        yield from ((port.protocol, port.name) for port in rule.ports if port.name)


def cut_ports(*scenes: Scene) -> Iterator[tuple[str, int, int]]:
    """The ports at which answers may change in these scenes."""
    for scene in scenes:
        yield from _cut_ports(scene)


def _cut_ports(scene: Scene) -> Iterator[tuple[str, int, int]]:
    """The ports at which answers may change: those of rules, of containers and of Services."""
    for rule in scene.rules():
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
