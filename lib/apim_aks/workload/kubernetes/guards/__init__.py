"""What restricts or opens access to pods, read from Kubernetes objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.kubernetes.answering import Answering
from apim_aks.workload.kubernetes.guards import istio_policies, linkerd_policies, marks
from apim_aks.workload.kubernetes.guards.endpoints import endpoints
from apim_aks.workload.kubernetes.guards.network_policies import pod_policy
from apim_aks.workload.kubernetes.guards.node_network import node_network
from apim_aks.workload.kubernetes.guards.not_understood import not_understood, row_of
from apim_aks.workload.kubernetes.guards.selecting import Selecting
from apim_aks.workload.kubernetes.object import Object, WrongField

_ISTIO, _LINKERD = "security.istio.io", "policy.linkerd.io"
_READERS: dict[tuple[str, str], Callable[[Object, Selecting], Guard]] = {
    ("networking.k8s.io", "NetworkPolicy"): pod_policy,
    (_ISTIO, "PeerAuthentication"): istio_policies.peer_authentication,
    (_ISTIO, "RequestAuthentication"): istio_policies.request_authentication,
    (_ISTIO, "AuthorizationPolicy"): istio_policies.authorization_policy,
    (_LINKERD, "Server"): linkerd_policies.server,
    (_LINKERD, "ServerAuthorization"): linkerd_policies.server_authorization,
    (_LINKERD, "AuthorizationPolicy"): linkerd_policies.authorization,
    (_LINKERD, "MeshTLSAuthentication"): linkerd_policies.mesh_tls,
    (_LINKERD, "NetworkAuthentication"): linkerd_policies.network,
}
_ENDPOINTS = (("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice"))


def guards_of(
    objects: list[Object], answering: Answering, findings: list[Finding]
) -> tuple[Guard, ...]:
    """Every guard and every opened node of these objects, in the order of file and line."""
    selecting = Selecting(answering, objects)
    found: list[Guard] = []
    for place, runner in enumerate(answering.runners):
        before = answering.before(place)
        found += _kept(runner.maker, marks.of_runner(runner, before), findings)
        found += _kept(runner.maker, node_network(runner, before), findings)
    for object in objects:
        found += _kept(object, _of_object(object, selecting), findings)
    return tuple(sorted(dict.fromkeys(found), key=lambda g: (g.file, g.line, g.kind, g.says)))


def _of_object(object: Object, selecting: Selecting) -> Iterator[Guard]:
    key = object.group, object.kind
    if reader := _READERS.get(key):
        yield reader(object, selecting)
    elif row := row_of(object):
        yield not_understood(object, row, selecting)
    elif key in _ENDPOINTS:
        yield from endpoints(object, selecting.answering.services)
    elif key == ("", "Namespace"):
        yield from marks.of_namespace(object, selecting)


def _kept(object: Object, found: Iterator[Guard], findings: list[Finding]) -> Iterator[Guard]:
    try:
        yield from tuple(found)
    except WrongField as error:
        if (said := object.refused(error)) not in findings:
            findings.append(said)
