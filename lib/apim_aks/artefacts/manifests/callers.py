"""The callers inside the cluster that a policy admits beside the gateway: all that are known."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import LABEL
from apim_aks.artefacts.manifests.scene import target_of
from apim_aks.workload.call import Call, Caller
from apim_aks.workload.model import Port, Service, Workload
from apim_aks.workload.network_policy import PROTOCOLS

NAMESPACE = "kubernetes.io/metadata.name"
ADMITS = f"{LABEL}/admits"


def admitting(workload: Workload, service: Service) -> list[Object]:
    """A rule for each caller of these pods, on the ports that it calls there; nobody else's."""
    ports: dict[Caller, list[Object]] = {}
    for call in _admitted(workload, service):
        known = ports.setdefault(call.caller, [])
        known += (p for p in _ports(workload, call) if p not in known)
    return [{"from": [_pods(caller)], "ports": found} for caller, found in ports.items()]


def named(workload: Workload, service: Service) -> dict[str, str]:
    """The annotation that names them, each with the port and how sure the call is."""
    found = [_words(call, service) for call in _admitted(workload, service)]
    return {ADMITS: "; ".join(found)} if found else {}


def left_out(workload: Workload, service: Service) -> Iterator[str]:
    """The callers that no policy can name."""
    for call in _calls(workload, service):
        if not call.caller.lasting:
            yield (
                f"{call.caller.called} calls {call.callee} and has no label of its own to admit it "
                "by, so that it is cut off: give its pods one"
            )


def _calls(workload: Workload, service: Service) -> tuple[Call, ...]:
    """Those of every Service before the same pods."""
    return workload.graph.holding({service.id, service.origin, *service.same_pods})


def _admitted(workload: Workload, service: Service) -> Iterator[Call]:
    for call in _calls(workload, service):
        if call.caller.lasting and _ports(workload, call):
            yield call


def _pods(caller: Caller) -> Object:
    return {
        "namespaceSelector": {"matchLabels": {NAMESPACE: caller.namespace}},
        "podSelector": {"matchLabels": dict(caller.lasting)},
    }


def _ports(workload: Workload, call: Call) -> list[Object]:
    """What the pods listen on: behind the port that is called, or behind every one."""
    service = workload.service(call.callee)
    ports = [p for p in service.ports if call.port in (None, p.number)]
    if service.headless and call.port:
        # Nothing translates a port where callers are given the pods' own addresses.
        ports = [Port(call.port, protocol=ports[0].protocol if ports else "TCP")]
    return [
        {"protocol": p.protocol, "port": target_of(p)} for p in ports if p.protocol in PROTOCOLS
    ]


def _words(call: Call, service: Service) -> str:
    """Who calls, on which port, and how sure it is."""
    other = f" of {call.callee}" if call.callee != service.id else ""
    port = f"port {call.port}" if call.port else "every port"
    return f"{call.caller.called} on {port}{other} ({call.state.label})"
