"""Many Services and policies as values, for how work grows."""

from __future__ import annotations

from ipaddress import ip_network

from apim_aks.reachability.reach import Reach
from apim_aks.reachability.scene import METADATA_NAME, Pod, Scene
from apim_aks.workload.model import Port, Service
from apim_aks.workload.network_policy import (
    Block,
    NetworkPolicy,
    Peer,
    PolicyPort,
    PolicyRule,
    Selector,
)

SPACES = 40


def loaded(services: int, policies: int) -> Scene:
    """So many Services with a workload each, and so many policies with two rules or three."""
    pods = tuple(map(_pod, range(services)))
    names = (f"n{number}" for number in range(SPACES))
    return Scene(
        pods=pods,
        namespaces={n: {METADATA_NAME: n, "team": str(i % 10)} for i, n in enumerate(names)},
        policies=tuple(map(_policy, range(policies))),
        services=tuple(map(_service, pods)),
    )


def answered(scene: Scene) -> int:
    """Every source of every Service on all ports, as the number of pairs that are open."""
    reach = Reach(scene)
    return sum(
        sources.bit_count()
        for service in scene.services
        for pod, ports in reach.behind(service)
        for cell, sources in reach.into(pod)[0]
        if cell & ports
    )


def _pod(number: int) -> Pod:
    return Pod(
        namespace=f"n{number % SPACES}",
        owner=f"w{number}",
        kind="Deployment",
        labels=(("app", f"w{number}"), ("tier", str(number % 5))),
        ports=(("web", "TCP", 8080 + number % 7),),
    )


def _service(pod: Pod) -> Service:
    port = Port(80, target="web", protocol="TCP")
    selector = (("app", pod.owner),)
    return Service(namespace=pod.namespace, name=pod.owner, ports=(port,), selector=selector)


def _policy(number: int) -> NetworkPolicy:
    tier = Selector((("tier", str(number % 5)),))
    block = Block(
        ip_network(f"10.{number % 250}.0.0/16"), (ip_network(f"10.{number % 250}.4.0/24"),)
    )
    peers = (
        Peer(line=1, pods=tier),
        Peer(line=1, namespaces=Selector((("team", str(number % 10)),))),
        Peer(line=1, block=block),
    )
    first = 8080 + number % 7
    ports = (
        PolicyPort(line=1, protocol="TCP", first=first, last=first),
        PolicyPort(line=1, protocol="TCP", name="web"),
    )
    rule, plain = PolicyRule(line=1, peers=peers, ports=ports), PolicyRule(line=1, peers=peers[:2])
    return NetworkPolicy(
        namespace=f"n{number % SPACES}",
        name=f"p{number}",
        selects=tier if number % 2 else Selector((("app", f"w{number}"),)),
        ingress=(rule, plain),
        egress=(plain,) if number % 3 == 0 else None,
        file="a.yaml",
        line=1,
    )
