"""Pods on the addresses of their nodes, and ports of nodes that lead to pods."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.workload.guards.pods import NodeNetwork
from apim_aks.workload.kubernetes.answering import Runner
from apim_aks.workload.kubernetes.guards.selecting import base
from apim_aks.workload.kubernetes.object import at, items, text

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def node_network(runner: Runner, services: tuple[str, ...]) -> Iterator[NodeNetwork]:
    """hostNetwork, and every hostPort of containers of any kind; nothing without both."""
    shared = runner.spec.get("hostNetwork") not in (None, False)
    ports = tuple(dict.fromkeys(_ports(runner)))
    if shared or ports:
        yield NodeNetwork(
            **base(runner.maker),
            services=services,
            host_network=shared,
            ports=ports,
        )


def _ports(runner: Runner) -> Iterator[str]:
    data = runner.maker.data
    for part in _CONTAINERS:
        for _, container in items(data, *runner.at, "spec", part):
            for _, port in items(data, *container, "ports"):
                if number := at(data, int, *port, "hostPort"):
                    yield f"{number}/{text(data, *port, 'protocol') or 'TCP'}"
