"""Who is let in by name: NetworkPolicies that pick callers and called pods by their labels.

A policy that admits every pod, or selects every pod of its namespace, names nobody in particular.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apim_aks.workload.call import Caller
from apim_aks.workload.kubernetes.answering import Answering
from apim_aks.workload.kubernetes.network_policies import read_network_policies
from apim_aks.workload.kubernetes.object import Object, WrongField, pairs
from apim_aks.workload.model import Port, Service
from apim_aks.workload.network_policy import (
    NetworkPolicy,
    PolicyPort,
    PolicyRule,
    Selector,
)

_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller, by its index, that a policy lets in to one port of a Service, on a line."""

    caller: int
    service: Service
    port: int | None
    policy: NetworkPolicy
    line: int


@dataclass(frozen=True, slots=True)
class _Space:
    """A namespace: its labels, and the indexes of what runs pods in it."""

    labels: dict[str, str]
    runs: list[int]


def admitted_by_name(
    objects: list[Object], answering: Answering, callers: Mapping[int, Caller]
) -> Iterator[Admitted]:
    """Every caller that a policy picks, for the Services before the pods that it selects.

    A policy that cannot be read is said by the reader of openings.
    """
    spaces = _namespaces(objects, callers)
    for policy in read_network_policies(objects, []):
        if policy.selects.picks_all or not policy.ingress or policy.namespace not in spaces:
            continue
        selected = _picked(answering, policy.namespace, spaces, policy.selects)
        ids = sorted({id for place in selected for id in answering.before(place)})
        for rule in policy.ingress if ids else ():
            for service in (answering.services[id] for id in ids):
                for port in _ports(rule, service):
                    for caller, line in _named(rule, policy.namespace, spaces, answering):
                        yield Admitted(caller, service, port, policy, line)


def _namespaces(objects: Iterable[Object], callers: Mapping[int, Caller]) -> dict[str, _Space]:
    """The namespaces that run pods."""
    spaces: dict[str, _Space] = {}
    for place, caller in callers.items():
        name = caller.namespace
        spaces.setdefault(name, _Space({_NAME: name}, [])).runs.append(place)
    for object in objects:
        try:
            if object.kind == "Namespace" and object.name in spaces:
                spaces[object.name].labels.update(pairs(object.data, "metadata", "labels"))
        except WrongField:
            continue  # the reader of meshes says so
    return spaces


def _named(
    rule: PolicyRule, space: str, spaces: Mapping[str, _Space], answering: Answering
) -> Iterator[tuple[int, int]]:
    """The callers that the rule picks by their labels, each with the line of its peer."""
    for peer in rule.peers:
        if not peer.pods or peer.pods.picks_all or peer.unread:
            continue
        wanted = peer.namespaces
        for name in [n for n in spaces if wanted.picks(spaces[n].labels)] if wanted else [space]:
            for place in _picked(answering, name, spaces, peer.pods):
                yield place, peer.line


def _picked(
    answering: Answering, space: str, spaces: Mapping[str, _Space], selector: Selector
) -> list[int]:
    near = sorted(answering.picked(space, selector.equal)) if selector.equal else spaces[space].runs
    return [i for i in near if selector.picks(answering.runners[i].labels)]


def _ports(rule: PolicyRule, service: Service) -> list[int | None]:
    """The ports of the Service that lead to those admitted; unknown where every port is."""
    if not rule.ports:
        return [service.ports[0].number if len(service.ports) == 1 else None]
    return [p.number for p in service.ports if any(_leads(p, service, q) for q in rule.ports)]


def _leads(port: Port, service: Service, admitted: PolicyPort) -> bool:
    """What a Service's port leads to: a number, or the name that its pods give one."""
    if admitted.protocol not in ("", port.protocol):
        return False
    named = [(n, number) for pods in service.pods for n, number in pods.ports]
    targets = {number for n, number in named if port.target in (n, str(number))}
    targets |= {int(port.target)} if port.target.isdigit() else set()
    if admitted.name:
        return port.target == admitted.name or any(
            n == admitted.name and number in targets for n, number in named
        )
    return any(admitted.first <= number <= admitted.last for number in targets)
