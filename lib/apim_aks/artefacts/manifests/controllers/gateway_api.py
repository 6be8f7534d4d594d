"""An ingress by the Gateway API, whose listener validates a client certificate or asks none."""

from __future__ import annotations

from apim_aks.artefacts.manifests import vault
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.ingress import IngressWriter
from apim_aks.artefacts.manifests.placeholder import guard, stands_for, tls_name
from apim_aks.artefacts.manifests.scene import HTTPS, ManifestScene, Routed, made_by, obj
from apim_aks.artefacts.manifests.services import (
    callers_guard,
    private_annotations,
    public_annotations,
    region_annotation,
    source_ranges,
)
from apim_aks.facts import IngressGateway
from apim_aks.options.cluster_changes import object_name
from apim_aks.topology import Component
from apim_aks.workload.documents import dump_again
from apim_aks.workload.model import Service

GROUP = "gateway.networking.k8s.io/v1"
GATEWAY, OPTIONS, AUTHORITY = "apis", "apis-gateway", "client-authority"


def certificate_objects(
    scene: ManifestScene, ingress: Component, row: IngressGateway
) -> tuple[Object, ...]:
    """The certificate from Key Vault, and a trusted authority as the one ConfigMap allowed."""
    own = vault.ingress_secrets(scene, row.namespace, authority=False)
    if not scene.asks_certificate:
        return own
    trusted = obj(
        "v1",
        "ConfigMap",
        AUTHORITY,
        row.namespace,
        made_by(scene.workload) | guard("authority-thumbprint"),
        data={"ca.crt": stands_for("client-authority")},
    )
    return (*own, trusted)


def entry(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """The settings of the load balancer, and the Gateway that uses them."""
    settings = obj(
        "v1",
        "ConfigMap",
        OPTIONS,
        row.namespace,
        made_by(scene.workload) | callers_guard(ingress),
        data={"service": dump_again(_service(scene, ingress, row))},
    )
    return (settings, _gateway(scene, ingress, row))


def _service(scene: ManifestScene, ingress: Component, row: IngressGateway) -> Object:
    """The probes that the control plane sets fit the other policy of traffic alone."""
    spec = {"type": "LoadBalancer", **source_ranges(scene, ingress)}
    if ingress.public:
        return {"spec": spec}
    # The policy for the pods sees the caller's own address only under Local.
    local = {"spec": {**spec, "externalTrafficPolicy": "Local"}}
    unset = dict.fromkeys(row.unset_under_local)
    return {**local, **({"metadata": {"annotations": unset}} if unset else {})}


def _gateway(scene: ManifestScene, ingress: Component, row: IngressGateway) -> Object:
    options = {"group": "", "kind": "ConfigMap", "name": OPTIONS}
    return obj(
        GROUP,
        "Gateway",
        GATEWAY,
        row.namespace,
        made_by(scene.workload),
        spec={
            "gatewayClassName": row.gateway_class,
            "infrastructure": {
                "annotations": _annotations(scene, ingress),
                "parametersRef": options,
            },
            **_validation(scene),
            "listeners": [_listener(scene, ingress)],
        },
    )


def _validation(scene: ManifestScene) -> Object:
    if not scene.asks_certificate:
        return {}
    authority = {"group": "", "kind": "ConfigMap", "name": AUTHORITY}
    validation = {"mode": "AllowValidOnly", "caCertificateRefs": [authority]}
    return {"tls": {"frontend": {"default": {"validation": validation}}}}


def _annotations(scene: ManifestScene, ingress: Component) -> dict[str, str]:
    if ingress.public:
        return public_annotations(scene, ingress) | region_annotation(scene, ingress)
    return private_annotations(scene, ingress)


def _listener(scene: ManifestScene, ingress: Component) -> Object:
    spaces = sorted({hop.service.namespace for hop in scene.behind(ingress)})
    chosen = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": spaces}
    return {
        "name": "https",
        "hostname": scene.host(ingress),
        "port": HTTPS,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": vault.TLS}]},
        "allowedRoutes": {
            "namespaces": {"from": "Selector", "selector": {"matchExpressions": [chosen]}}
        },
    }


def routes(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """An HTTPRoute for each Service, and TLS to those that speak it."""
    host = scene.host(ingress)
    return tuple(o for hop in scene.behind(ingress) for o in _route(scene, row, host, hop))


def _route(scene: ManifestScene, row: IngressGateway, host: str, hop: Routed) -> tuple[Object, ...]:
    refs: list[Object] = [
        {**_named(s, hop.service), "port": port, "weight": weight} for s, port, weight in hop.shares
    ]
    rule: Object = {"backendRefs": refs or [{"name": hop.service.name, "port": hop.port}]}
    if hop.prefix:
        path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
        rule = {
            "matches": [{"path": {"type": "PathPrefix", "value": hop.prefix}}],
            "filters": [{"type": "URLRewrite", "urlRewrite": {"path": path}}],
            **rule,
        }
    route = obj(
        GROUP,
        "HTTPRoute",
        object_name(hop.service),
        hop.service.namespace,
        made_by(scene.workload),
        spec={
            "parentRefs": [{"name": GATEWAY, "namespace": row.namespace}],
            "hostnames": [host],
            "rules": [rule],
        },
    )
    return (route, _upstream_tls(scene, hop)) if hop.tls else (route,)


def _named(service: Service, beside: Service) -> Object:
    """Its name, with its namespace where that is another than this one's."""
    other = service.namespace != beside.namespace
    return {"name": service.name, **({"namespace": service.namespace} if other else {})}


def _upstream_tls(scene: ManifestScene, hop: Routed) -> Object:
    """The host name is checked by the API server, so that its placeholder is refused."""
    target: Object = {"group": "", "kind": "Service", "name": hop.service.name}
    if (port := hop.service.named_port(str(hop.port))) and port.name:
        target["sectionName"] = port.name
    trusted = {"wellKnownCACertificates": "System", "hostname": tls_name(hop.service)}
    return obj(
        GROUP,
        "BackendTLSPolicy",
        object_name(hop.service),
        hop.service.namespace,
        made_by(scene.workload),
        spec={"targetRefs": [target], "validation": trusted},
    )


WRITER = IngressWriter(
    certificate_objects,
    entry,
    routes,
    authority="caCertificateRefs of its BackendTLSPolicy, in place of wellKnownCACertificates",
)
