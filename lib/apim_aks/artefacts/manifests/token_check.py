"""A token check before a Service: Envoy ends TLS, admits the gateway's token, calls the Service."""

from __future__ import annotations

import hashlib
import re

from apim_aks.artefacts.manifests import envoy
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import guard, stands_for, tls_guard
from apim_aks.artefacts.manifests.scene import (
    HTTPS,
    ManifestScene,
    Routed,
    certificate_secret,
    made_by,
    obj,
)
from apim_aks.artefacts.manifests.services import public_annotations, source_ranges
from apim_aks.artefacts.manifests.vault import CLOSED, deployment, pod_spec, provider_class, volume
from apim_aks.facts import manifest_defaults, policy_default
from apim_aks.options.cluster_changes import check_name
from apim_aks.options.entra import in_tenant
from apim_aks.topology import Auth, Component, Exposure, Kind
from apim_aks.workload.documents import dump_again
from apim_aks.workload.model import Service

_FILLED_IN = re.compile(r"(?<=: )<[A-Z][A-Z0-9_]*>$", re.MULTILINE)
CHECK_AUTHORITY = "trusted_ca of its token check, a file that the pods of that mount"


def checks(scene: ManifestScene) -> tuple[tuple[Component, Routed], ...]:
    """Each token check with the Service behind it."""
    return tuple(
        (c, hop) for c in scene.topology.of_kind(Kind.TOKEN_PROXY) for hop in scene.behind(c)
    )


def own_checks(scene: ManifestScene) -> tuple[str, ...]:
    """Manual steps for owners of public Services that check the gateway's token themselves."""
    header = policy_default("gateway-token-header").value
    return tuple(
        f"{s.id} checks the gateway's token itself; its owners let it read {header}, keep the app "
        f"registration of {_audience(scene, s)} in the tenant of API Management, and admit the "
        "gateway's identity alone (an app role that only it holds, or its object id)"
        for c, s in scene.services(Exposure.PUBLIC)
        if any(Auth.TOKEN in link.auth for link in scene.topology.links_to(c.id))
    )


def provider_classes(scene: ManifestScene) -> tuple[Object, ...]:
    """The SecretProviderClass by which each token check reads its certificate from Key Vault."""
    return tuple(_provider(scene, c, hop.service) for c, hop in checks(scene))


def _provider(scene: ManifestScene, component: Component, service: Service) -> Object:
    read = {_certificate(scene, component): envoy.CERTIFICATE}
    return provider_class(scene, check_name(service), service.namespace, read, [])


def _certificate(scene: ManifestScene, component: Component) -> str:
    held = (c.id for c in scene.topology.certificates if c.held_by == component.id)
    return certificate_secret(next(held))


def token_checks(scene: ManifestScene) -> tuple[Object, ...]:
    """ConfigMap, Deployment, disruption budget and public Service of each token check."""
    return tuple(o for c, hop in checks(scene) for o in _check(scene, c, hop))


def _check(scene: ManifestScene, component: Component, hop: Routed) -> tuple[Object, ...]:
    config = _config(scene, hop)
    return (
        config,
        _deployment(scene, hop, config),
        _budget(scene, hop.service),
        _service(scene, component, hop.service),
    )


def _config(scene: ManifestScene, hop: Routed) -> Object:
    name, service = check_name(hop.service), hop.service
    tenant = stands_for("entra-tenant")
    return obj(
        "v1",
        "ConfigMap",
        name,
        service.namespace,
        made_by(scene.workload, name) | _filled_in(hop),
        data={
            "envoy.yaml": _quoted(
                dump_again(envoy.bootstrap(hop, in_tenant(_audience(scene, service), tenant)))
            ),
            "sds.yaml": dump_again(envoy.secret_files()),
        },
    )


def _quoted(configuration: str) -> str:
    """The configuration in which a value that is filled in later stays text, whatever it is."""
    return _FILLED_IN.sub(r'"\g<0>"', configuration)


def _filled_in(hop: Routed) -> dict[str, str]:
    """What is filled into the configuration later."""
    named = tls_guard(hop.service) if hop.tls else {}
    return guard("entra-tenant", "gateway-principal") | named


def _audience(scene: ManifestScene, service: Service) -> str:
    return next(
        c.audience
        for c in scene.topology.credentials
        if c.auth is Auth.TOKEN and service.id in c.services
    )


def _deployment(scene: ManifestScene, hop: Routed, config: Object) -> Object:
    name, namespace = check_name(hop.service), hop.service.namespace
    pod = pod_spec(
        [_container()],
        [
            {"name": "config", "configMap": {"name": name}},
            volume("tls", name),
        ],
    )
    pod["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
        }
    ]
    # The pods are replaced when what they are configured with changes, filled in or not.
    digest = hashlib.sha256(dump_again(config["data"]).encode()).hexdigest()[:16]
    replicas = manifest_defaults().token_check_replicas
    labels = made_by(scene.workload, name)
    later = _filled_in(hop)
    notes = {"apim-aks/config": digest} | later
    return deployment(name, namespace, labels, pod, replicas, notes, later)


def _container() -> Object:
    memory = manifest_defaults().token_check_memory
    return {
        "name": "envoy",
        "image": manifest_defaults().token_check_image,
        "args": ["-c", "/etc/envoy/envoy.yaml", "--disable-hot-restart", "--log-level", "warning"],
        "ports": [
            {"name": "https", "containerPort": envoy.TLS_PORT},
            {"name": "health", "containerPort": envoy.HEALTH_PORT},
        ],
        # The TLS port opens when the certificate is there and the signing keys were asked for.
        "readinessProbe": {"tcpSocket": {"port": "https"}, "periodSeconds": 5},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": "health"},
            "initialDelaySeconds": 10,
            "periodSeconds": 10,
        },
        "resources": {
            "requests": {"cpu": manifest_defaults().token_check_cpu, "memory": memory},
            "limits": {"memory": memory},
        },
        "securityContext": CLOSED,
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/envoy", "readOnly": True},
            {"name": "tls", "mountPath": "/etc/tls", "readOnly": True},
        ],
    }


def _budget(scene: ManifestScene, service: Service) -> Object:
    name = check_name(service)
    return obj(
        "policy/v1",
        "PodDisruptionBudget",
        name,
        service.namespace,
        made_by(scene.workload, name),
        spec={
            "minAvailable": 1,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        },
    )


def _service(scene: ManifestScene, component: Component, service: Service) -> Object:
    name = check_name(service)
    return obj(
        "v1",
        "Service",
        name,
        service.namespace,
        made_by(scene.workload, name),
        public_annotations(scene, component),
        spec={
            "type": "LoadBalancer",
            **_callers(scene, component),
            "selector": {"app.kubernetes.io/name": name},
            "ports": [{"name": "https", "port": HTTPS, "targetPort": "https", "protocol": "TCP"}],
        },
    )


def _callers(scene: ManifestScene, component: Component) -> Object:
    """The fixed address of the gateway alone, seen as it is on every node that is called."""
    listed = source_ranges(scene, component)
    return {"externalTrafficPolicy": "Local", **listed} if listed else {}
