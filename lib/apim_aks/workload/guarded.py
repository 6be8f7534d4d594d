"""The pods behind a port of a Service, as a mesh sees them."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.workload.guards.admission import PodsBehind
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.guards.pods import NodeNetwork
from apim_aks.workload.model import Pods, Service


def pods_behind(service: Service, number: int, guards: Iterable[Guard]) -> tuple[PodsBehind, ...]:
    """What answers on this port of a Service; by its selector where its pods are unseen."""
    port = next((p for p in service.ports if p.number == number), None)
    target = port.target if port else str(number)
    if not service.pods:
        labels = dict(service.selector or ())
        return (_behind(service, "", labels, (target,), known=False),) if labels else ()
    shared = {f"{g.kind} {g.name}" for g in guards if isinstance(g, NodeNetwork) and g.host_network}
    return tuple(
        _behind(service, runner, dict(p.labels), _ports(p, target), host=runner in shared)
        for p in service.pods
        for runner in (f"{p.kind} {p.name}",)
    )


def _behind(
    service: Service,
    runner: str,
    labels: dict[str, str],
    ports: tuple[str, ...],
    known: bool = True,
    host: bool = False,
) -> PodsBehind:
    return PodsBehind(
        service=service.id,
        namespace=service.namespace,
        runner=runner,
        labels=labels,
        ports=ports,
        known=known,
        host_network=host,
    )


def _ports(pods: Pods, target: str) -> tuple[str, ...]:
    """The number of the port with the names that containers give it; a name that none has alone."""
    numbers = {str(n) for name, n in pods.ports if target in (name, str(n))}
    number = numbers.pop() if len(numbers) == 1 else target
    names = (name for name, n in pods.ports if str(n) == number and name)
    return tuple(dict.fromkeys((number, *names, target)))
