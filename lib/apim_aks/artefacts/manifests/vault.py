"""Certificates from Key Vault: what the provider reads, and the pod that keeps it in step."""

from __future__ import annotations

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import guard, stands_for
from apim_aks.artefacts.manifests.scene import ManifestScene, certificate_secret, made_by, obj
from apim_aks.facts import manifest_defaults
from apim_aks.workload.documents import dump_again

DRIVER = "secrets-store.csi.k8s.io"
TLS = "apis-tls"
SYNC = "apis-tls-sync"
CLOSED: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def provider_class(
    scene: ManifestScene, name: str, namespace: str, secrets: dict[str, str], synced: list[Object]
) -> Object:
    """Reads these secrets of the vault as files; `synced` makes Kubernetes Secrets of them.

    A certificate is read as a secret: read as a certificate it would come without its chain.
    """
    entries = [
        dump_again({"objectName": secret, "objectType": "secret", "objectAlias": file})
        for secret, file in secrets.items()
    ]
    return obj(
        "secrets-store.csi.x-k8s.io/v1",
        "SecretProviderClass",
        name,
        namespace,
        made_by(scene.workload) | guard("entra-tenant", "vault-identity"),
        spec={
            "provider": "azure",
            "parameters": {
                "useVMManagedIdentity": "true",
                "userAssignedIdentityID": stands_for("vault-identity"),
                "keyvaultName": scene.vault,
                "tenantId": stands_for("entra-tenant"),
                "objects": dump_again({"array": entries}),
            },
            **({"secretObjects": synced} if synced else {}),
        },
    )


def ingress_secrets(scene: ManifestScene, namespace: str, authority: bool) -> tuple[Object, ...]:
    """What keeps the ingress's certificate, and the client certificate's authority, in Secrets."""
    server, signer = certificate_secret("tls-ingress"), certificate_secret("client-authority")
    own = {
        "secretName": TLS,
        "type": "kubernetes.io/tls",
        "data": [{"objectName": server, "key": key} for key in ("tls.crt", "tls.key")],
    }
    trusted = {
        "secretName": f"{TLS}-cacert",
        "type": "Opaque",
        "data": [{"objectName": signer, "key": "ca.crt"}],
    }
    read = (server, signer) if authority else (server,)
    synced = [own, trusted] if authority else [own]
    return (
        provider_class(scene, TLS, namespace, {name: name for name in read}, synced),
        _sync(scene, namespace),
    )


def volume(name: str, provider: str) -> Object:
    """A volume that holds what a SecretProviderClass reads."""
    return {
        "name": name,
        "csi": {
            "driver": DRIVER,
            "readOnly": True,
            "volumeAttributes": {"secretProviderClass": provider},
        },
    }


def _sync(scene: ManifestScene, namespace: str) -> Object:
    """Secrets live as long as some pod mounts them; the ingress's own pods do not."""
    labels = made_by(scene.workload, SYNC)
    memory = manifest_defaults().sync_memory
    container = {
        "name": "sync",
        "image": manifest_defaults().sync_image,
        "resources": {
            "requests": {"cpu": manifest_defaults().sync_cpu, "memory": memory},
            "limits": {"memory": memory},
        },
        "securityContext": CLOSED,
        "volumeMounts": [{"name": "vault", "mountPath": "/mnt/vault", "readOnly": True}],
    }
    pod = pod_spec([container], [volume("vault", TLS)])
    return deployment(SYNC, namespace, labels, pod, 1)


def pod_spec(containers: list[Object], volumes: list[Object]) -> Object:
    """A pod without privileges, as the restricted pod security standard wants it."""
    user = manifest_defaults().token_check_user
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
        "volumes": volumes,
    }


def deployment(
    name: str,
    namespace: str,
    labels: dict[str, str],
    pod: Object,
    replicas: int,
    annotations: dict[str, str] | None = None,
    guards: dict[str, str] | None = None,
) -> Object:
    """A Deployment of such pods, picked by their name."""
    picked = {"app.kubernetes.io/name": name}
    metadata: Object = {"labels": dict(labels)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return obj(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        labels | (guards or {}),
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": picked},
            "template": {"metadata": metadata, "spec": pod},
        },
    )
