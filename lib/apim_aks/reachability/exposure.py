"""Pods outside the input that could reach its workloads, or be reached by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.reachability.hits import Direction
from apim_aks.reachability.reach import Reach, ports_of
from apim_aks.reachability.represented import Represented, said
from apim_aks.reachability.scene import METADATA_NAME, Engine, Scene
from apim_aks.workload.network_policy import Expression, NetworkPolicy, Peer, Selector

ENTIRE_CLUSTER = "entire-cluster"
"""Pods of every namespace, whatever their labels."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """That a workload is open to pods of this kind in this direction, on these ports.

    `ports` are protocol, first and last; `names` protocol and name where nobody knows the number.
    """

    workload: str
    direction: Direction
    other: str
    ports: tuple[tuple[str, int, int], ...]
    names: tuple[tuple[str, str], ...]


def exposure(scene: Scene, engine: Engine = Engine.SPECIFICATION) -> tuple[Exposed, ...]:
    """What every workload is exposed to among pods that others may create.

    A kind of pods is listed where a rule for the workload names it, and it may do more or less
    than any pod.
    """
    found = {_key(k): k for k in reversed(tuple(_kinds(scene))) if not _is_there(k, scene)}
    kinds = (Represented(), *reversed(found.values()))
    reach = Reach(scene, engine, represented=kinds)
    rows = (row for direction in Direction for row in _of_direction(reach, kinds, direction))
    return tuple(sorted(rows, key=lambda e: (e.direction, e.workload, e.other)))


def _key(kind: Represented) -> tuple[object, ...]:
    """Selectors that say the same in other words are one."""
    return (*_said(kind.pods), *_said(kind.namespaces), kind.namespace)


def _said(selector: Selector) -> tuple[object, ...]:
    single = {(e.key, *e.values) for e in selector.expressions if e.operator == "In"}
    equal = {*selector.equal, *(pair for pair in single if len(pair) == 2)}
    rest = (e for e in selector.expressions if e.operator != "In" or len(e.values) > 1)
    return frozenset(equal), frozenset(map(said, rest))


def _of_direction(
    reach: Reach, kinds: tuple[Represented, ...], direction: Direction
) -> Iterator[Exposed]:
    ports: dict[str, list[int]] = defaultdict(lambda: [0] * len(kinds))
    named: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for pod, side in zip(reach.ends.pods, getattr(reach.sides, direction), strict=True):
        for at in range(len(kinds)):
            ports[pod.workload][at] |= ports_of(side.sure, reach.ends.kind(at))
    for at, pod in enumerate(reach.ends.pods):
        named[pod.workload] |= set(_named(reach, at, direction))
    for workload, (whole, *others) in ports.items():
        if whole:
            yield _exposed(reach, workload, direction, ENTIRE_CLUSTER, whole)
        for kind, let in zip(kinds[1:], others, strict=True):
            if let != whole and _key(kind) in named[workload]:
                yield _exposed(reach, workload, direction, called(kind), let)


def _named(reach: Reach, pod: int, direction: Direction) -> Iterator[tuple[object, ...]]:
    """The kinds that rules for this pod name."""
    asked, sides = reach.sides.asked(pod, direction), reach.sides
    policies = (
        *(sides.policies[at] for at in asked.policies),
        *(sides.admin[at] for at in asked.admin),
    )
    for policy in policies:
        own = policy.namespace if isinstance(policy, NetworkPolicy) else ""
        for rule in getattr(policy, direction):
            yield from (_key(kind) for peer in rule.peers if (kind := _kind(peer, own)))


def _exposed(reach: Reach, workload: str, direction: Direction, other: str, mask: int) -> Exposed:
    names = () if mask == reach.ports.everything else reach.ports.names(mask)
    return Exposed(workload, direction, other, reach.ports.ranges(mask), names)


def _kinds(scene: Scene) -> Iterator[Represented]:
    """The pods that the peers of rules describe, save those that describe all."""
    for policy in scene.policies:
        for rule in (*(policy.ingress or ()), *(policy.egress or ())):
            yield from (k for p in rule.peers if (k := _kind(p, policy.namespace)))
    for admin in scene.admin_policies:
        for rule in (*admin.ingress, *admin.egress):
            yield from (k for p in rule.peers if (k := _kind(p, "")))


def _kind(peer: Peer, own: str) -> Represented | None:
    if peer.block or peer.unread:
        return None
    pods, spaces = peer.pods or Selector(), peer.namespaces
    if spaces is None:
        return Represented(pods, namespace=own)
    if spaces.equal and spaces.keys == {METADATA_NAME} and not spaces.expressions:
        return Represented(pods, namespace=spaces.equal[0][1])
    return None if pods.picks_all and spaces.picks_all else Represented(pods, spaces)


def _is_there(kind: Represented, scene: Scene) -> bool:
    """A pod of the input is of this kind, which names its labels one by one."""
    if kind.pods.picks_all or kind.pods.expressions or kind.namespaces.expressions:
        return False
    return any(
        kind.pods.picks(dict(pod.labels))
        and (
            pod.namespace == kind.namespace
            if kind.namespace
            else kind.namespaces.picks(scene.namespaces.get(pod.namespace, {}))
        )
        for pod in scene.pods
    )


def called(kind: Represented) -> str:
    """The pods in words, as other analysers write them."""
    if kind.namespace:
        space = kind.namespace
    elif kind.namespaces.picks_all:
        space = "[all namespaces]"
    else:
        space = f"[namespace with {{{_labels(kind.namespaces)}}}]"
    pods = "[all pods]" if kind.pods.picks_all else f"[pod with {{{_labels(kind.pods)}}}]"
    return f"{space}/{pods}"


def _labels(selector: Selector) -> str:
    equal = (f"{key}={value}" for key, value in selector.equal)
    return ",".join((*equal, *map(_expression, sorted(selector.expressions, key=_by_key))))


def _by_key(expression: Expression) -> tuple[str, str]:
    return expression.key, expression.operator


def _expression(expression: Expression) -> str:
    values = " ".join(expression.values)
    return f"{{Key:{expression.key},Operator:{expression.operator},Values:[{values}],}}"
