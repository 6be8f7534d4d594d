"""The pods behind a port of a Service, as a mesh sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.listing import listed
from apim_aks.workload.guards.admission import PodsBehind
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.guards.pods import NodeNetwork
from apim_aks.workload.model import Pods, Service

_TWO_FAMILIES = ("PreferDualStack", "RequireDualStack")


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


def opened_by(service: Service) -> Iterator[str]:
    """Fields of a Service that open its pods beside its address in the cluster, in words."""
    if service.derived_from:
        return  # the fields of the Service that the input holds are said of that one
    if ports := [f"{p.number} on node port {p.node_port}" for p in service.ports if p.node_port]:
        yield f"opens port {listed(ports)} of each node"
    if service.external_ips:
        yield f"answers on {listed(service.external_ips)} (externalIPs)"
    if not service.guardable:
        yield "has no selector, so no policy can select what answers"
    if service.same_pods:
        yield f"leads to pods that {listed(service.same_pods)} leads to as well"
    if families := second_family(service):
        yield f"may have an IPv6 address ({families})"


def second_family(service: Service) -> str:
    """What a Service says of families of addresses if IPv6 may be one; empty where it is not."""
    if "IPv6" in service.ip_families or service.ip_family_policy in _TWO_FAMILIES:
        return ", ".join(filter(None, (service.ip_family_policy, *service.ip_families)))
    return ""
