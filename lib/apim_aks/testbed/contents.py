"""What the cluster holds once the option's files are applied, as the API server would answer it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from apim_aks.artefacts.manifests import ManifestFile, certificate_secret, manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.options.drawn import Drawn
from apim_aks.testbed.authorities import Authority, Identity
from apim_aks.testbed.parties import Parties
from apim_aks.topology import Authority as Signed
from apim_aks.topology import Certificate, Kind
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes.apply import apply
from apim_aks.workload.kubernetes.object import objects_in

Object = dict[str, Any]
Files = tuple[ManifestFile, ...]
Changed = Callable[[Files], Files]
"""What a test does to the manifests before they are applied; nothing otherwise."""

Vault = dict[str, Identity | bytes]
"""What Key Vault holds by name: a certificate with its key, or an authority in PEM."""

ChangedVault = Callable[[Vault, Parties], Vault]
"""What a test does to the vault before anybody reads it; nothing otherwise."""

DECOY = ("testbed", "not-published")
"""An unpublished Service, which no caller may reach."""


def unchanged(files: Files) -> Files:
    """The manifests as they are generated."""
    return files


def unchanged_vault(vault: Vault, parties: Parties) -> Vault:
    """The vault as the certificates of the placement fill it."""
    return vault


def contents(
    drawn: Drawn, parties: Parties, vault: Vault, changed: Changed = unchanged
) -> tuple[Object, ...]:
    """The objects, with the Secrets that the Key Vault provider makes and one decoy.

    What has no name is left out, as the API server refuses it.

    Raises:
        InputError: the manifests of this placement cannot be made.
    """
    files = [_filled(f, parties) for f in changed(manifests(drawn))]
    outcome = apply(objects_in(drawn.workload.documents, []), steps(files))
    written = (h for h in outcome.objects if _has_name(h.data))
    held = [_named(_told(h.data), h.object.namespace) for h in written]
    secrets = [s for o in held for s in synced(o, vault)]
    return (*held, *secrets, *_decoy())


def _filled(file: ManifestFile, parties: Parties) -> ManifestFile:
    return replace(file, objects=tuple(parties.filled(o) for o in file.objects))


def _has_name(data: Object) -> bool:
    metadata = data.get("metadata")
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str)


def _told(value: Any) -> Any:
    """What is said in it: to the API server null says nothing."""
    if isinstance(value, dict):
        return {key: _told(v) for key, v in value.items() if v is not None}
    return [_told(v) for v in value] if isinstance(value, list) else value


def _named(data: Object, namespace: str) -> Object:
    """The namespace that an object gets where its file names none."""
    metadata = data["metadata"]
    spaced = namespace and "namespace" not in metadata and data["kind"] not in _OF_CLUSTER
    return {**data, "metadata": {**metadata, **({"namespace": namespace} if spaced else {})}}


_OF_CLUSTER = ("Namespace", "GatewayClass", "IngressClass", "ClusterRole", "ClusterRoleBinding")


def vault_of(drawn: Drawn, parties: Parties) -> Vault:
    """The certificates that this placement needs, signed here."""
    found: Vault = {}
    for certificate in drawn.topology.certificates:
        name = certificate_secret(certificate.id)
        if certificate.host:
            found[name] = signer(drawn, certificate, parties).issue(certificate.host)
        else:
            found[name] = parties.clients.certificate
    return found


def signer(drawn: Drawn, certificate: Certificate, parties: Parties) -> Authority:
    """The throw-away authority that signs this certificate."""
    if certificate.authority is Signed.PUBLIC:
        return parties.public
    held_by = drawn.topology.component(certificate.held_by)
    return parties.clients if held_by.kind is Kind.GATEWAY else parties.inner


def provided(provider: Object) -> dict[str, str]:
    """The secrets of the vault that a SecretProviderClass reads, by the file that each becomes."""
    listed = _read(provider["spec"]["parameters"]["objects"])["array"]
    entries = [_read(text) for text in listed]
    return {e["objectAlias"]: e["objectName"] for e in entries}


def _read(text: str) -> Any:
    return parse(text.encode(), "objects").documents[0].data


def synced(provider: Object, vault: Vault) -> Iterator[Object]:
    """The Secrets that the provider makes of a SecretProviderClass of ours; others have a vault
    of their own."""
    if provider["kind"] != "SecretProviderClass":
        return
    for wanted in provider["spec"].get("secretObjects", ()):
        if not all(d["objectName"] in vault for d in wanted["data"]):
            continue
        data = {d["key"]: _encoded(vault[d["objectName"]], d["key"]) for d in wanted["data"]}
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": wanted["secretName"],
                "namespace": provider["metadata"]["namespace"],
            },
            "type": wanted["type"],
            "data": data,
        }


def _encoded(entry: Identity | bytes, key: str) -> str:
    if isinstance(entry, Identity):
        entry = entry.key if key == "tls.key" else entry.certificate
    return base64.b64encode(entry).decode()


def _decoy() -> tuple[Object, ...]:
    namespace, name = DECOY
    metadata = {"name": name, "namespace": namespace}
    ports = [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    return (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"type": "ClusterIP", "ports": ports, "selector": {"app": name}},
        },
    )


def slices(ports: Iterable[tuple[Object, dict[int, int]]]) -> Iterator[Object]:
    """An EndpointSlice for each Service: where each of its ports is listened behind, here."""
    for service, listening in ports:
        metadata, named = service["metadata"], service["spec"].get("ports", ())
        yield {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{metadata['name']}-testbed",
                "namespace": metadata["namespace"],
                "labels": {"kubernetes.io/service-name": metadata["name"]},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
            "ports": [
                {"name": p.get("name", ""), "port": listening[p["port"]], "protocol": "TCP"}
                for p in named
                if p["port"] in listening
            ],
        }
