"""Traefik, whose default TLS options hold for every route: a client certificate, or none."""

from __future__ import annotations

import json

from apim_aks.artefacts.manifests import vault
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.ingress import IngressWriter
from apim_aks.artefacts.manifests.placeholder import tls_guard, tls_name
from apim_aks.artefacts.manifests.scene import ManifestScene, Routed, made_by, obj
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

GROUP = "traefik.io/v1alpha1"
PREFIX, CALLERS = "apis-prefix", "apis-callers"


def certificate_objects(
    scene: ManifestScene, ingress: Component, row: IngressGateway
) -> tuple[Object, ...]:
    """The ingress's certificate and the authority of a client certificate, as two Secrets."""
    return vault.ingress_secrets(scene, row.namespace, authority=scene.asks_certificate)


def entry(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """Default options, so that no route can be left without them: Traefik falls back to them."""
    labels = made_by(scene.workload)
    demanded = {
        "secretNames": [f"{vault.TLS}-cacert"],
        "clientAuthType": "RequireAndVerifyClientCert",
    }
    asked = {"clientAuth": demanded} if scene.asks_certificate else {}
    options = {"minVersion": "VersionTLS12", **asked}
    own = {"secretName": vault.TLS}
    return (
        obj(GROUP, "TLSOption", "default", row.namespace, labels, spec=options),
        obj(GROUP, "TLSStore", "default", row.namespace, labels, spec={"defaultCertificate": own}),
    )


def address(scene: ManifestScene, ingress: Component, row: IngressGateway) -> tuple[Object, ...]:
    """A patch of the Service that the chart made."""
    name = row.public_service if ingress.public else row.private_service
    if ingress.public:
        annotations = public_annotations(scene, ingress) | region_annotation(scene, ingress)
    else:
        annotations = private_annotations(scene, ingress)
    ranges = source_ranges(scene, ingress)
    spec = {"type": "LoadBalancer", "externalTrafficPolicy": "Local", **ranges}
    return (obj("v1", "Service", name, row.namespace, annotations=annotations, spec=spec),)


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
        *(o for hop in hops for o in _route(scene, host, hop, bool(ranges))),
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


def _route(scene: ManifestScene, host: str, hop: Routed, listed: bool) -> tuple[Object, ...]:
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
        spec={"entryPoints": ["websecure"], "routes": [rule], "tls": {}},
    )
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
    certificate_objects, entry, routes, address, "rootCAs of its ServersTransport"
)
