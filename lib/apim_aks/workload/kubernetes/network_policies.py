"""NetworkPolicies as values; what the API server would refuse is said with object, field and line.

kubernetes/api@10b39a3, networking/v1/types.go; what is refused: kubernetes/kubernetes,
pkg/apis/networking/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apim_aks.workload.documents import described
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, items, mapping, texts
from apim_aks.workload.kubernetes.selectors import (
    only,
    read_end,
    read_name,
    read_network,
    read_number,
    read_protocol,
    read_selector,
)
from apim_aks.workload.network_policy import Block, NetworkPolicy, Peer, PolicyPort, PolicyRule

GROUP = "networking.k8s.io"
_DIRECTIONS = ("Ingress", "Egress")
_SPEC = ("podSelector", "policyTypes", "ingress", "egress")


def read_network_policies(
    objects: Iterable[Object], findings: list[Finding], refused: list[Object] | None = None
) -> tuple[NetworkPolicy, ...]:
    """The NetworkPolicies of Kubernetes among these objects, in their order.

    One that cannot be applied becomes a finding, and so does the second of a name that differs.
    `refused` takes the objects themselves.
    """
    found: dict[str, NetworkPolicy] = {}
    for object in objects:
        if object.kind != "NetworkPolicy" or object.group != GROUP:
            continue
        try:
            policy = object.once(network_policy)
            if found.setdefault(policy.id, policy) != policy:
                raise _second(found[policy.id])
        except WrongField as error:
            findings.append(object.refused(error))
            if refused is not None:
                refused.append(object)
    return tuple(found.values())


def _second(first: NetworkPolicy) -> WrongField:
    found = f"the name of the NetworkPolicy in {first.file} line {first.line}"
    return WrongField(("metadata", "name"), found, "one definition of each NetworkPolicy")


def network_policy(object: Object) -> NetworkPolicy:
    """One NetworkPolicy.

    Raises:
        WrongField: the API server would refuse it, or a field is not known.
    """
    only(object.data, ("spec",), _SPEC)
    ingress, egress = (_rules(object, word) for word in _DIRECTIONS)
    types = _types(object) or ("Ingress", *(("Egress",) if egress else ()))
    return NetworkPolicy(
        namespace=object.namespace,
        name=object.name,
        selects=read_selector(object.data, ("spec", "podSelector")),
        ingress=ingress if "Ingress" in types else None,
        egress=egress if "Egress" in types else None,
        file=object.document.file,
        line=object.line,
    )


def _types(object: Object) -> tuple[str, ...]:
    types = texts(object.data, "spec", "policyTypes")
    for i, word in enumerate(types):
        if word not in _DIRECTIONS:
            expected = f"one of {', '.join(_DIRECTIONS)}"
            raise WrongField(("spec", "policyTypes", i), described(word), expected)
    return tuple(types)


def _rules(object: Object, direction: str) -> tuple[PolicyRule, ...]:
    peers = "from" if direction == "Ingress" else "to"
    return tuple(
        _rule(object, place, peers) for _, place in items(object.data, "spec", direction.lower())
    )


def _rule(object: Object, path: Path_, peers: str) -> PolicyRule:
    only(object.data, path, (peers, "ports"))
    named = list(items(object.data, *path, peers))
    ports = tuple(_port(object, place) for _, place in items(object.data, *path, "ports"))
    if peers == "to" and any("ipBlock" in peer for peer, _ in named):
        _without_names(path, ports)
    return PolicyRule(
        line=line_of(object, path),
        peers=tuple(_peer(object, place) for _, place in named),
        ports=ports,
    )


def _without_names(path: Path_, ports: Iterable[PolicyPort]) -> None:
    """Only pods name their ports: the API server takes it, and it can match nothing."""
    for i, port in enumerate(ports):
        if port.name:
            found = f"the port {port.name!r} of addresses, which have no names for ports"
            raise WrongField((*path, "ports", i, "port"), found, "a number")


def line_of(object: Object, path: Path_) -> int:
    """The line of a part of an object."""
    return object.document.line_of(*object.path, *path)


def _peer(object: Object, path: Path_) -> Peer:
    data = object.data
    given = only(data, path, ("podSelector", "namespaceSelector", "ipBlock"))
    named = {name for name, value in given.items() if value is not None}
    if not named:
        expected = "one of ipBlock, namespaceSelector, podSelector"
        raise WrongField(path, "a peer that names nobody", expected)
    if "ipBlock" in named and len(named) > 1:
        raise WrongField((*path, "ipBlock"), "addresses beside a selector", "an entry for each")
    pods, namespaces = (
        read_selector(data, (*path, name)) if name in named else None
        for name in ("podSelector", "namespaceSelector")
    )
    block = _block(data, (*path, "ipBlock")) if "ipBlock" in named else None
    return Peer(line=line_of(object, path), pods=pods, namespaces=namespaces, block=block)


def _block(data: Any, path: Path_) -> Block:
    given = only(data, path, ("cidr", "except"))
    addresses = read_network((*path, "cidr"), given.get("cidr"))
    excepted = []
    for i, word in enumerate(texts(data, *path, "except")):
        place = (*path, "except", i)
        inner = read_network(place, word)
        if inner.version != addresses.version or not _inside(inner, addresses):
            raise WrongField(place, described(word), f"a smaller range within {addresses}")
        excepted.append(inner)
    return Block(addresses, tuple(excepted))


def _inside(inner: Any, outer: Any) -> bool:
    return bool(inner != outer and inner.subnet_of(outer))


def _port(object: Object, path: Path_) -> PolicyPort:
    data = object.data
    given = only(data, path, ("protocol", "port", "endPort"))
    line = line_of(object, path)
    protocol, port = read_protocol(data, (*path, "protocol")), given.get("port")
    if isinstance(port, str) or port is None:
        if given.get("endPort") is not None:
            place = (*path, "endPort")
            raise WrongField(place, described(given["endPort"]), "endPort beside a number alone")
        if port is None:
            return PolicyPort(line=line, protocol=protocol)
        return PolicyPort(line=line, protocol=protocol, name=read_name((*path, "port"), port))
    first = read_number(data, (*path, "port"))
    ends = mapping(data, *path).get("endPort") is not None
    last = read_end(data, (*path, "endPort"), first) if ends else first
    return PolicyPort(line=line, protocol=protocol, first=first, last=last)
