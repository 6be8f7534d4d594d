"""Traefik, in a release of its own: its routes name one TLS option and one class, and no others.

What is called `default` holds for every route of every release that sees it, and of routes to one
host that name several TLS options Traefik takes none (its documentation, TLS options).
"""

from __future__ import annotations

import json

from apim_aks.artefacts.manifests import vault
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.ingress import IngressWriter
from apim_aks.artefacts.manifests.placeholder import tls_guard, tls_name
from apim_aks.artefacts.manifests.scene import HTTPS, ManifestScene, Routed, made_by, obj
from apim_aks.artefacts.manifests.services import (
    callers_guard,
    private_annotations,
    public_annotations,
    region_annotation,
    source_ranges,
)
from apim_aks.facts import IngressGateway, manifest_defaults
from apim_aks.options.cluster_changes import object_name
from apim_aks.options.entry_pods import entry_pods
from apim_aks.topology import Component
from apim_aks.workload.kubernetes.traefik import CLASS_ANNOTATION, CLASS_LABEL

GROUP = "traefik.io/v1alpha1"
NAME, PREFIX, CALLERS = "apis", "apis-prefix", "apis-callers"
CLASS = "apis"
"""The class that its release takes routes of; others take those without one."""
ENTRY = "websecure"
"""What the chart calls the port that speaks TLS."""


def certificate_objects(
    scene: ManifestScene, ingress: Component, row: IngressGateway
) -> tuple[Object, ...]:
    """The ingress's certificate and the authority of a client certificate, as two Secrets."""
    return vault.ingress_secrets(scene, row.namespace, authority=scene.asks_certificate)


def entry(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """The TLS option of its routes, a route that brings the certificate, and the address."""
    demanded = {
        "secretNames": [f"{vault.TLS}-cacert"],
        "clientAuthType": "RequireAndVerifyClientCert",
    }
    asked = {"clientAuth": demanded} if scene.asks_certificate else {}
    options = {"minVersion": "VersionTLS12", **asked}
    return (
        _in(scene, row, "TLSOption", options),
        _certificate(scene, row),
        _service(scene, ingress, row),
    )


def _in(scene: ManifestScene, row: IngressGateway, kind: str, spec: Object) -> Object:
    return obj(GROUP, kind, NAME, row.namespace, made_by(scene.workload), spec=spec)


def _certificate(scene: ManifestScene, row: IngressGateway) -> Object:
    """A certificate that one route names is found by its name in the handshakes of all."""
    spec = {"entryPoints": [ENTRY], "routes": [], "tls": {"secretName": vault.TLS}}
    return _of_class(_in(scene, row, "IngressRoute", spec))


def _of_class(route: Object) -> Object:
    route["metadata"]["annotations"] = {CLASS_ANNOTATION: CLASS}
    return route


def _service(scene: ManifestScene, ingress: Component, row: IngressGateway) -> Object:
    if ingress.public:
        annotations = public_annotations(scene, ingress) | region_annotation(scene, ingress)
    else:
        annotations = private_annotations(scene, ingress)
    port = {"name": "https", "port": HTTPS, "targetPort": ENTRY, "protocol": "TCP"}
    return obj(
        "v1",
        "Service",
        row.public_service if ingress.public else row.private_service,
        row.namespace,
        made_by(scene.workload) | {CLASS_LABEL: CLASS},
        annotations,
        spec={
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "allocateLoadBalancerNodePorts": manifest_defaults().gateway_node_ports,
            **source_ranges(scene, ingress),
            "selector": entry_pods(row, ingress.public),
            "ports": [port],
        },
    )


def routes(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """An IngressRoute for each Service; the middlewares stand in its own namespace."""
    hops = scene.behind(ingress)
    spaces: dict[str, list[Routed]] = {}
    for hop in hops:
        spaces.setdefault(hop.service.namespace, []).append(hop)
    host, ranges = scene.host(ingress), scene.callers(ingress)
    listed = callers_guard(ingress)
    return (
        *(o for n, found in spaces.items() for o in _middlewares(scene, n, found, ranges, listed)),
        *(o for hop in hops for o in _route(scene, row, host, hop, bool(ranges))),
    )


def _middlewares(
    scene: ManifestScene,
    namespace: str,
    hops: list[Routed],
    ranges: list[str],
    guards: dict[str, str],
) -> tuple[Object, ...]:
    labels = made_by(scene.workload)
    # The longest first: the first that fits is cut off.
    prefixes = sorted((h.prefix for h in hops if h.prefix), key=lambda p: (-len(p), p))
    cut = obj(
        GROUP, "Middleware", PREFIX, namespace, labels, spec={"stripPrefix": {"prefixes": prefixes}}
    )
    if not ranges:
        return (cut,)
    listed = {"ipAllowList": {"sourceRange": ranges}}
    return (cut, obj(GROUP, "Middleware", CALLERS, namespace, labels | guards, spec=listed))


def _route(
    scene: ManifestScene, row: IngressGateway, host: str, hop: Routed, listed: bool
) -> tuple[Object, ...]:
    tls: Object = {"scheme": "https", "serversTransport": object_name(hop.service)}
    shares: list[Object] = [
        {"name": s.name, "port": port, "weight": weight, **(tls if hop.tls else {})}
        for s, port, weight in hop.shares
    ]
    target: Object = {"name": hop.service.name, "port": hop.port, **(tls if hop.tls else {})}
    used = [CALLERS, PREFIX] if listed else [PREFIX]
    rule = {
        "kind": "Rule",
        "match": _match(host, hop.prefix),
        "middlewares": [{"name": name} for name in used],
        "services": shares or [target],
    }
    route = obj(
        GROUP,
        "IngressRoute",
        object_name(hop.service),
        hop.service.namespace,
        made_by(scene.workload),
        spec={
            "entryPoints": [ENTRY],
            "routes": [rule],
            "tls": {"options": {"name": NAME, "namespace": row.namespace}},
        },
    )
    _of_class(route)
    return (route, _upstream_tls(scene, hop)) if hop.tls else (route,)


def _match(host: str, prefix: str) -> str:
    """Quoted as Go does, so that no name can end the text and add a rule."""
    exact, below, name = json.dumps(prefix), json.dumps(f"{prefix}/"), json.dumps(host)
    return f"Host({name}) && (Path({exact}) || PathPrefix({below}))"


def _upstream_tls(scene: ManifestScene, hop: Routed) -> Object:
    labels = made_by(scene.workload) | tls_guard(hop.service)
    spec = {"serverName": tls_name(hop.service)}
    return obj(
        GROUP,
        "ServersTransport",
        object_name(hop.service),
        hop.service.namespace,
        labels,
        spec=spec,
    )


WRITER = IngressWriter(
    certificate_objects, entry, routes, authority="rootCAs of its ServersTransport"
)
