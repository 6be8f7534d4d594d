"""The gateway's container in the cluster: how it signs in, runs, keeps its state and is reached.

https://learn.microsoft.com/azure/api-management/self-hosted-gateway-enable-workload-identity
"""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.network_policy import GATEWAY_PODS, RULES, at, dns, towards
from apim_aks.artefacts.manifests.placeholder import guard, stands_for
from apim_aks.artefacts.manifests.scene import ManifestScene, made_by, obj
from apim_aks.artefacts.manifests.services import private_annotations, public_annotations
from apim_aks.artefacts.manifests.vault import deployment
from apim_aks.facts import RuleRow, network_rules
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options.self_hosted_gateway import NAME
from apim_aks.topology import Component
from apim_aks.workload.names import self_hosted_id

_PEERS = f"{NAME}-peers"
_ANYBODY: list[Object] = [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
HTTP, HTTPS = "gateway-http", "gateway-https"
"""Names of their own: Cilium may take one number for all ports of a name (cilium#30003)."""
_USES_IDENTITY = {"azure.workload.identity/use": "true"}


def namespace(scene: ManifestScene) -> Object:
    """The gateway's namespace."""
    return obj("v1", "Namespace", self_hosted_defaults().namespace, labels=made_by(scene.workload))


def gateway_objects(scene: ManifestScene, gateway: Component) -> tuple[Object, ...]:
    """What the gateway runs as, in the order in which its parts need each other."""
    return (
        _account(scene),
        _config(scene),
        _backup(scene),
        _peers(scene),
        _deployment(scene),
        _budget(scene),
        _service(scene, gateway),
        _policy(scene, gateway),
    )


def _made(scene: ManifestScene, api: str, kind: str, name: str = NAME, **body: object) -> Object:
    labels = made_by(scene.workload, NAME)
    return obj(api, kind, name, self_hosted_defaults().namespace, labels, **body)  # type: ignore[arg-type]


def _account(scene: ManifestScene) -> Object:
    """Its token is exchanged for one of the identity that may read the configuration."""
    made = _made(scene, "v1", "ServiceAccount")
    made["metadata"]["labels"] |= _USES_IDENTITY | guard("gateway-identity")
    client = {"azure.workload.identity/client-id": stands_for("gateway-identity")}
    made["metadata"]["annotations"] = client
    return made


def _config(scene: ManifestScene) -> Object:
    run = self_hosted_defaults()
    peers = f"{_PEERS}.{run.namespace}.svc.cluster.local"
    return _made(
        scene,
        "v1",
        "ConfigMap",
        data={
            "gateway.name": self_hosted_id(scene.workload),
            "config.service.endpoint": f"https://{scene.instance}.{run.configuration_suffix}",
            "config.service.auth": run.authentication,
            "neighborhood.host": peers,
            "telemetry.logs.std": "json",
            "telemetry.logs.std.color": "false",
        },
    )


def _backup(scene: ManifestScene) -> Object:
    run = self_hosted_defaults()
    spec = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": run.backup_class,
        "resources": {"requests": {"storage": run.backup_size}},
    }
    return _made(scene, "v1", "PersistentVolumeClaim", spec=spec)


def _peers(scene: ManifestScene) -> Object:
    """A headless Service, by which the pods find each other."""
    ports = [
        {"name": name, "port": port, "targetPort": port, "protocol": "UDP"}
        for name, port in _between()
    ]
    spec = {"clusterIP": "None", "selector": GATEWAY_PODS, "ports": ports}
    return _made(scene, "v1", "Service", _PEERS, spec=spec)


def _between() -> tuple[tuple[str, int], ...]:
    """The ports between the gateway's pods, by name."""
    return (("gateway-limits", _port("peers-limits")), ("gateway-alive", _port("peers-heartbeat")))


def _port(row: str) -> int:
    return int(next(r.port for r in network_rules(RULES) if r.id == f"{RULES}.{row}"))


def _deployment(scene: ManifestScene) -> Object:
    run = self_hosted_defaults()
    pod: Object = {
        "serviceAccountName": NAME,
        "terminationGracePeriodSeconds": run.grace,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": run.user,
            "runAsGroup": run.group,
            "fsGroup": run.group,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": GATEWAY_PODS},
            }
        ],
        "containers": [_container()],
        "volumes": [{"name": "backup", "persistentVolumeClaim": {"claimName": NAME}}],
    }
    labels = made_by(scene.workload, NAME)
    most = int(scene.drawn.tier.number("self_hosted_gateway_support") or run.replicas)
    made = deployment(NAME, run.namespace, labels, pod, min(run.replicas, most))
    made["spec"]["template"]["metadata"]["labels"] |= _USES_IDENTITY
    return made


def _container() -> Object:
    run = self_hosted_defaults()
    udp = [{"name": n, "containerPort": port, "protocol": "UDP"} for n, port in _between()]
    return {
        "name": "gateway",
        "image": run.image,
        "envFrom": [{"configMapRef": {"name": NAME}}],
        "ports": [
            {"name": HTTP, "containerPort": run.http_port},
            {"name": HTTPS, "containerPort": run.https_port},
            *udp,
        ],
        "readinessProbe": _probe(run.readiness_path),
        "livenessProbe": _probe(run.liveness_path) | {"initialDelaySeconds": run.grace},
        "resources": {
            "requests": {"cpu": run.cpu, "memory": run.memory},
            "limits": {"memory": run.memory},
        },
        # Microsoft supports no read-only root for it.
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "backup", "mountPath": run.backup_path}],
    }


def _probe(path: str) -> Object:
    period = self_hosted_defaults().probe_period
    return {"httpGet": {"path": path, "port": HTTP}, "periodSeconds": period}


def _budget(scene: ManifestScene) -> Object:
    most = self_hosted_defaults().unavailable
    spec = {"maxUnavailable": most, "selector": {"matchLabels": GATEWAY_PODS}}
    return _made(scene, "policy/v1", "PodDisruptionBudget", spec=spec)


def _service(scene: ManifestScene, gateway: Component) -> Object:
    """The address: HTTPS alone; pods see the caller's own address."""
    notes = public_annotations if gateway.public else private_annotations
    made = _made(
        scene,
        "v1",
        "Service",
        spec={
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "selector": GATEWAY_PODS,
            "ports": [
                {"name": "https", "port": p, "targetPort": HTTPS, "protocol": "TCP"}
                for p in gateway.ports
            ],
        },
    )
    made["metadata"]["annotations"] = notes(scene, gateway)
    return made


def _policy(scene: ManifestScene, gateway: Component) -> Object:
    """Everybody whom the load balancer lets in; outward the back ends and what the rows name."""
    entry = [{"protocol": "TCP", "port": self_hosted_defaults().https_port}]
    spec = {
        "podSelector": {"matchLabels": GATEWAY_PODS},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"from": _ANYBODY, "ports": entry},
            *({"from": [_own()], **at(r)} for r in _rows("peers")),
        ],
        "egress": [
            *(towards(hop) for hop in scene.behind(gateway)),
            *({"to": [_own()], **at(r)} for r in _rows("peers")),
            *dns(),
            *({"to": _ANYBODY, **at(r)} for r in _once("out")),
        ],
    }
    return _made(scene, "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _own() -> Object:
    return {"podSelector": {"matchLabels": GATEWAY_PODS}}


def _rows(group: str) -> Iterator[RuleRow]:
    wanted = f"{RULES}.{group}-"
    return (r for r in network_rules(RULES) if r.id.startswith(wanted))


def _once(group: str) -> Iterator[RuleRow]:
    """A row for each port: a policy knows no names, and the rest of the rows say whom."""
    seen = {(r.protocol, r.port): r for r in _rows(group) if r.required or r.when == "always"}
    yield from seen.values()
