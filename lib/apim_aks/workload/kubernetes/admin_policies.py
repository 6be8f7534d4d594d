"""Policies for the whole cluster as values, of both generations; what is refused is said.

AdminNetworkPolicy and BaselineAdminNetworkPolicy: kubernetes-sigs/network-policy-api@0eec1b0,
apis/v1alpha1. ClusterNetworkPolicy, their successor: @30ea168, apis/v1beta1, as in v1alpha2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.workload.documents import described
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.network_policies import line_of
from apim_aks.workload.kubernetes.object import (
    Object,
    Path_,
    WrongField,
    at,
    items,
    mapping,
    texts,
)
from apim_aks.workload.kubernetes.selectors import (
    only,
    read_end,
    read_name,
    read_network,
    read_number,
    read_protocol,
    read_selector,
)
from apim_aks.workload.network_policy import (
    PROTOCOLS,
    Action,
    AdminPolicy,
    AdminRule,
    Block,
    Peer,
    PolicyPort,
)

GROUP = "policy.networking.k8s.io"
BASELINE = "BaselineAdminNetworkPolicy"
CLUSTER = "ClusterNetworkPolicy"
KINDS = ("AdminNetworkPolicy", BASELINE, CLUSTER)
_TIERS = ("Admin", "Baseline")
_ACTIONS = {
    "AdminNetworkPolicy": {action.value: action for action in Action},
    BASELINE: {action.value: action for action in (Action.ALLOW, Action.DENY)},
    CLUSTER: {"Accept": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS},
}
_LAST_PRIORITY = 1000
_BASELINE_NAME = "default"
_PODS = ("namespaces", "pods")
_PEERS = {"ingress": ("from", _PODS), "egress": ("to", (*_PODS, "nodes", "networks"))}
_UNREAD = ("domainNames",)


def read_admin_policies(
    objects: Iterable[Object], findings: list[Finding], refused: list[Object] | None = None
) -> tuple[AdminPolicy, ...]:
    """The policies of these objects that are for the whole cluster, in the order in which they act.

    One that cannot be applied becomes a finding, and so does the second of a name that differs.
    `refused` takes the objects themselves.
    """
    found: dict[tuple[str, str], AdminPolicy] = {}
    for object in objects:
        if object.kind not in KINDS or object.group != GROUP:
            continue
        try:
            policy = _policy(object)
            first = found.setdefault((object.kind, policy.name), policy)
            if first != policy:
                raise _second(object, first)
        except WrongField as error:
            findings.append(object.refused(error))
            if refused is not None:
                refused.append(object)
    return tuple(sorted(found.values(), key=_order))


def _order(policy: AdminPolicy) -> tuple[bool, int, str]:
    return policy.is_baseline, policy.priority or 0, policy.name


def _second(object: Object, first: AdminPolicy) -> WrongField:
    found = f"the name of the {object.kind} in {first.file} line {first.line}"
    return WrongField(("metadata", "name"), found, f"one definition of each {object.kind}")


def _policy(object: Object) -> AdminPolicy:
    is_baseline = object.kind == BASELINE
    more = {BASELINE: (), CLUSTER: ("priority", "tier")}.get(object.kind, ("priority",))
    only(object.data, ("spec",), ("subject", "ingress", "egress", *more))
    if is_baseline and object.name != _BASELINE_NAME:
        raise WrongField(("metadata", "name"), described(object.name), f"{_BASELINE_NAME!r}")
    return AdminPolicy(
        name=object.name,
        priority=None if is_baseline else _priority(object),
        tier=_tier(object) if object.kind == CLUSTER else "",
        subject=_pods(object, ("spec", "subject"), _PODS),
        ingress=tuple(_rules(object, "ingress")),
        egress=tuple(_rules(object, "egress")),
        file=object.document.file,
        line=object.line,
    )


def _priority(object: Object) -> int:
    path = ("spec", "priority")
    number = at(object.data, int, *path)
    if number is None or not 0 <= number <= _LAST_PRIORITY:
        raise WrongField(path, described(number), f"a whole number from 0 to {_LAST_PRIORITY}")
    return int(number)


def _tier(object: Object) -> str:
    found = mapping(object.data, "spec").get("tier")
    if found not in _TIERS:
        raise WrongField(("spec", "tier"), described(found), f"one of {', '.join(_TIERS)}")
    return str(found)


def _rules(object: Object, direction: str) -> Iterator[AdminRule]:
    key, names = _PEERS[direction]
    actions = _ACTIONS[object.kind]
    on, port = ("protocols", _protocol) if object.kind == CLUSTER else ("ports", _port)
    for rule, path in items(object.data, "spec", direction):
        only(object.data, path, ("name", "action", on, key))
        action = rule.get("action")
        if action not in actions:
            expected = f"one of {', '.join(actions)}"
            raise WrongField((*path, "action"), described(action), expected)
        peers = [
            p for _, place in items(object.data, *path, key) for p in _peer(object, place, names)
        ]
        if not peers:
            raise WrongField((*path, key), "no peer", "at least one peer")
        ports = (port(object, place) for _, place in items(object.data, *path, on))
        yield AdminRule(
            line=line_of(object, path),
            action=actions[action],
            peers=tuple(peers),
            ports=tuple(ports),
        )


def _one(object: Object, path: Path_, names: tuple[str, ...]) -> str:
    """The only field of a mapping that has exactly one."""
    given = [n for n, v in only(object.data, path, names).items() if v is not None]
    if len(given) != 1:
        raise WrongField(path, _counted(given), f"one of {', '.join(names)}")
    return given[0]


def _counted(given: list[str]) -> str:
    return f"{' and '.join(given)} together" if given else "nothing"


def _pods(object: Object, path: Path_, names: tuple[str, ...]) -> Peer:
    """Whole namespaces, or pods of namespaces."""
    line = line_of(object, path)
    if _one(object, path, names) == "namespaces":
        return Peer(line=line, namespaces=read_selector(object.data, (*path, "namespaces")))
    at_pods = (*path, "pods")
    only(object.data, at_pods, ("namespaceSelector", "podSelector"))
    spaces, pods = (
        read_selector(object.data, (*at_pods, name))
        for name in ("namespaceSelector", "podSelector")
    )
    return Peer(line=line, namespaces=spaces, pods=pods)


def _peer(object: Object, path: Path_, names: tuple[str, ...]) -> Iterator[Peer]:
    line = line_of(object, path)
    for unread in _UNREAD:
        if unread in mapping(object.data, *path):
            yield Peer(line=line, unread=unread)
            return
    what = _one(object, path, names)
    if what in _PODS:
        yield _pods(object, path, names)
    elif what == "nodes":
        read_selector(object.data, (*path, what))
        yield Peer(line=line, unread=what)
    else:
        for i, word in enumerate(texts(object.data, *path, what)):
            yield Peer(line=line, block=Block(read_network((*path, what, i), word)))


def _port(object: Object, path: Path_) -> PolicyPort:
    data, line = object.data, line_of(object, path)
    what = _one(object, path, ("portNumber", "portRange", "namedPort"))
    place = (*path, what)
    if what == "namedPort":
        return PolicyPort(line=line, name=read_name(place, mapping(data, *path)[what]))
    fields = ("protocol", "port") if what == "portNumber" else ("protocol", "start", "end")
    only(data, place, fields)
    protocol = read_protocol(data, (*place, "protocol"))
    first = read_number(data, (*place, fields[1]))
    last = read_end(data, (*place, fields[-1]), first)
    return PolicyPort(line=line, protocol=protocol, first=first, last=last)


def _protocol(object: Object, path: Path_) -> PolicyPort:
    """One entry of `protocols`: a port or a range of a protocol, or a port by its name."""
    data, line = object.data, line_of(object, path)
    what = _one(object, path, (*(p.lower() for p in PROTOCOLS), "destinationNamedPort"))
    if what == "destinationNamedPort":
        return PolicyPort(line=line, name=read_name((*path, what), mapping(data, *path)[what]))
    only(data, (*path, what), ("destinationPort",))
    place = (*path, what, "destinationPort")
    if _one(object, place, ("number", "range")) == "number":
        first = last = read_number(data, (*place, "number"))
    else:
        only(data, (*place, "range"), ("start", "end"))
        first = read_number(data, (*place, "range", "start"))
        last = read_end(data, (*place, "range", "end"), first)
    return PolicyPort(line=line, protocol=what.upper(), first=first, last=last)
