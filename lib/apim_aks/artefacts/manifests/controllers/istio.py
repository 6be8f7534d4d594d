"""The Istio add-on's ingress gateway, with mutual TLS or without, by Istio's own objects."""

from __future__ import annotations

from apim_aks.artefacts.manifests import vault
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.ingress import IngressWriter
from apim_aks.artefacts.manifests.placeholder import tls_guard, tls_name
from apim_aks.artefacts.manifests.scene import (
    ANNOTATION,
    HTTPS,
    ManifestScene,
    Routed,
    made_by,
    obj,
)
from apim_aks.artefacts.manifests.services import (
    callers_guard,
    denied_rest,
    private_annotations,
    public_annotations,
    region_annotation,
    source_ranges,
)
from apim_aks.facts import IngressGateway, manifest_defaults
from apim_aks.options.cluster_changes import object_name
from apim_aks.options.entry_pods import admitted_already, entry_pods
from apim_aks.topology import Component, Reach
from apim_aks.workload.model import Service
from apim_aks.workload.names import cluster_host

NETWORKING = "networking.istio.io/v1"
GATEWAY = "apis"
OWN_PORT = "experimental.istio.io/disable-gateway-port-translation"
"""Without it Istio may take the port of the Service for that which Gateways of others name."""


def certificate_objects(
    scene: ManifestScene, ingress: Component, row: IngressGateway
) -> tuple[Object, ...]:
    """The ingress's certificate and the authority of a client certificate, as two Secrets."""
    return vault.ingress_secrets(scene, row.namespace, authority=scene.asks_certificate)


def entry(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """The Gateway that ends TLS, and the policy that admits the gateway only.

    Where others may be served by the same pods, on a port of its own and with a Service of its own.
    """
    picked = entry_pods(row, ingress.public)
    made = _gateway(scene, ingress, row, picked)
    if not scene.shares_pods:
        return (made, _admission(scene, ingress, row, picked))
    refusal = _refusal(scene, ingress, row, picked)
    admission = (
        (_admitted(scene, row, picked),)
        if admitted_already(scene.workload, row, ingress.public)
        else ()
    )
    return (made, refusal, *admission, _own_service(scene, ingress, row, picked))


def _gateway(
    scene: ManifestScene, ingress: Component, row: IngressGateway, picked: dict[str, str]
) -> Object:
    pinned = {"subjectAltNames": [scene.client_name]} if scene.asks_certificate else {}
    tls = {
        "mode": "MUTUAL" if scene.asks_certificate else "SIMPLE",
        "credentialName": vault.TLS,
        "minProtocolVersion": "TLSV1_2",
        **pinned,
    }
    server = {
        "port": {"number": scene.listens, "name": "https", "protocol": "HTTPS"},
        "hosts": [scene.host(ingress)],
        "tls": tls,
    }
    labels = made_by(scene.workload)
    spec = {"selector": picked, "servers": [server]}
    return obj(NETWORKING, "Gateway", GATEWAY, row.namespace, labels, spec=spec)


def _admission(
    scene: ManifestScene, ingress: Component, row: IngressGateway, picked: dict[str, str]
) -> Object:
    """With an ALLOW policy whatever it does not name is refused."""
    host = scene.host(ingress)
    rule: Object = {"to": [{"operation": {"hosts": [host, f"{host}:*"]}}]}
    ranges = scene.callers(ingress)
    if ranges:
        rule = {"from": [{"source": {"ipBlocks": ranges}}], **rule}
    labels = made_by(scene.workload) | callers_guard(ingress)
    return _policy(row, "apis-client", labels, "ALLOW", picked, [rule])


def _refusal(
    scene: ManifestScene, ingress: Component, row: IngressGateway, picked: dict[str, str]
) -> Object:
    """On its own port alone: an ALLOW policy would refuse what these pods serve others."""
    host, ranges = scene.host(ingress), scene.callers(ingress)
    ports = _on(scene)
    other = {"to": [{"operation": {**ports, "notHosts": [host, f"{host}:*"]}}]}
    rules: list[Object] = [other]
    if ranges:
        outside = [{"source": {"notIpBlocks": ranges}}]
        rules.append({"from": outside, "to": [{"operation": ports}]})
    labels = made_by(scene.workload) | callers_guard(ingress)
    return _policy(row, "apis-client", labels, "DENY", picked, rules)


def _admitted(scene: ManifestScene, row: IngressGateway, picked: dict[str, str]) -> Object:
    """Beside a policy that admits others already; who may come is said by what refuses."""
    rules = [{"to": [{"operation": _on(scene)}]}]
    return _policy(row, "apis-admitted", made_by(scene.workload), "ALLOW", picked, rules)


def _on(scene: ManifestScene) -> Object:
    return {"ports": [str(scene.listens)]}


def _policy(
    row: IngressGateway,
    name: str,
    labels: dict[str, str],
    action: str,
    picked: dict[str, str],
    rules: list[Object],
) -> Object:
    spec = {"selector": {"matchLabels": picked}, "action": action, "rules": rules}
    kind = "AuthorizationPolicy"
    return obj("security.istio.io/v1", kind, name, row.namespace, labels, spec=spec)


def _own_service(
    scene: ManifestScene, ingress: Component, row: IngressGateway, picked: dict[str, str]
) -> Object:
    """The ingress sees the caller's own address only under Local."""
    port = {"name": "https", "port": HTTPS, "targetPort": scene.listens, "protocol": "TCP"}
    return obj(
        "v1",
        "Service",
        row.own_service,
        row.namespace,
        made_by(scene.workload) | {OWN_PORT: "true"},
        _annotations(scene, ingress),
        spec={
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "allocateLoadBalancerNodePorts": manifest_defaults().gateway_node_ports,
            **source_ranges(scene, ingress),
            "selector": picked,
            "ports": [port],
        },
    )


def _annotations(scene: ManifestScene, ingress: Component) -> dict[str, str]:
    if not ingress.public:
        return private_annotations(scene, ingress)
    found = public_annotations(scene, ingress) | region_annotation(scene, ingress)
    return found | denied_rest(scene, ingress)


def address(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """A patch of the add-on's Service; only annotations that the add-on keeps."""
    if scene.shares_pods:
        return ()
    if not ingress.public:
        return (_service(row, row.private_service, private_annotations(scene, ingress, False), {}),)
    annotations = public_annotations(scene, ingress) | region_annotation(scene, ingress)
    if ingress.reach is not Reach.GATEWAY:
        return (_service(row, row.public_service, annotations, {}),)
    annotations[f"{ANNOTATION}allowed-ip-ranges"] = ",".join(scene.callers(ingress))
    return (_service(row, row.public_service, annotations, callers_guard(ingress)),)


def _service(
    row: IngressGateway, name: str, annotations: dict[str, str], labels: dict[str, str]
) -> Object:
    # The ingress sees the caller's own address only under Local.
    spec = {"externalTrafficPolicy": "Local"}
    return obj("v1", "Service", name, row.namespace, labels, annotations, spec=spec)


def routes(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """A VirtualService for each Service, and TLS to those that speak it."""
    host = scene.host(ingress)
    return tuple(o for hop in scene.behind(ingress) for o in _route(scene, row, host, hop))


def _route(scene: ManifestScene, row: IngressGateway, host: str, hop: Routed) -> tuple[Object, ...]:
    targets = [
        {"destination": _destination(s, port), "weight": weight} for s, port, weight in hop.shares
    ]
    rule: Object = {"route": targets or [{"destination": _destination(hop.service, hop.port)}]}
    if hop.prefix:
        uris = [{"prefix": f"{hop.prefix}/"}, {"exact": hop.prefix}]
        rule = {"match": [{"uri": uri} for uri in uris], "rewrite": {"uri": "/"}, **rule}
    route = obj(
        NETWORKING,
        "VirtualService",
        object_name(hop.service),
        hop.service.namespace,
        made_by(scene.workload),
        spec={"hosts": [host], "gateways": [f"{row.namespace}/{GATEWAY}"], "http": [rule]},
    )
    return (route, _upstream_tls(scene, row, hop)) if hop.tls else (route,)


def _destination(service: Service, port: int) -> Object:
    return {"host": cluster_host(service), "port": {"number": port}}


def _upstream_tls(scene: ManifestScene, row: IngressGateway, hop: Routed) -> Object:
    """For the calls of the ingress alone: callers in the mesh may speak TLS themselves."""
    name = tls_name(hop.service)
    labels = made_by(scene.workload) | tls_guard(hop.service)
    tls = {"mode": "SIMPLE", "caCertificates": "system", "sni": name, "subjectAltNames": [name]}
    ports = [{"port": {"number": hop.port}, "tls": tls}]
    return obj(
        NETWORKING,
        "DestinationRule",
        object_name(hop.service),
        hop.service.namespace,
        labels,
        spec={
            "host": cluster_host(hop.service),
            "exportTo": [row.namespace],
            "trafficPolicy": {"portLevelSettings": ports},
        },
    )


WRITER = IngressWriter(
    certificate_objects,
    entry,
    routes,
    address,
    "credentialName in the tls of its DestinationRule, a Secret with ca.crt beside the ingress",
)
