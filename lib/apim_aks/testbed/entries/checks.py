"""The token checks of a placement, each an Envoy with the configuration of its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from apim_aks.artefacts.manifests.envoy import HEALTH_PORT, TLS_PORT
from apim_aks.artefacts.manifests.scene import ManifestScene
from apim_aks.facts import manifest_defaults
from apim_aks.options.cluster_changes import check_name
from apim_aks.testbed.authorities import Identity
from apim_aks.testbed.contents import Vault, provided
from apim_aks.testbed.entries.entry import Entry, Surroundings, run_envoy
from apim_aks.testbed.entries.token_check import Located, Places, configured
from apim_aks.testbed.exchange import Request, Response
from apim_aks.testbed.http_server import Server, running, tls_context
from apim_aks.testbed.network import free_port, listens
from apim_aks.testbed.parties import Parties
from apim_aks.testbed.processes import NotStarted
from apim_aks.topology import Kind

Object = dict[str, Any]


def token_checks(
    stack: ExitStack,
    planned: ManifestScene,
    parties: Parties,
    vault: Vault,
    objects: tuple[Object, ...],
    here: Surroundings,
) -> Mapping[str, Entry]:
    """Every token check of the placement by its component, started side by side.

    Raises:
        NotStarted: one does not start.
    """
    wanted = [
        (c, hop) for c in planned.topology.of_kind(Kind.TOKEN_PROXY) for hop in planned.behind(c)
    ]
    if not wanted:
        return {}
    issuer = _provider(parties, here)
    stack.enter_context(running(issuer))
    found = {}
    for component, hop in wanted:
        at = hop.service.namespace, check_name(hop.service)
        located = partial(_located, issuer, here)
        found[component.id] = _check(at, vault, objects, here, located)
    for check in found.values():
        check.begin()
    for check in found.values():
        here.keeper.wait(check.name, check.ready)
    return found


def _check(
    at: tuple[str, str],
    vault: Vault,
    objects: tuple[Object, ...],
    here: Surroundings,
    located: Located,
) -> Entry:
    name = "-".join(at)
    folder = here.keeper.folder / name
    folder.mkdir()
    ports = {TLS_PORT: free_port(), HEALTH_PORT: free_port()}
    places = Places(folder, here.authority, ports, located)
    write_certificates(at, vault, objects, folder)
    files = configured(_object("ConfigMap", at, objects)["data"], places)
    (folder / "sds.yaml").write_text(json.dumps(files["sds.yaml"]), encoding="utf-8")
    return Entry(
        name=name,
        port=ports[TLS_PORT],
        about="token-check",
        begin=partial(
            run_envoy,
            here.keeper,
            name,
            files["envoy.yaml"],
            folder / "envoy.json",
            *ports.values(),
        ),
        ready=partial(listens, ports[TLS_PORT]),
        renew=lambda new: write_certificates(at, new, objects, folder),
    )


def write_certificates(
    at: tuple[str, str], vault: Vault, objects: tuple[Object, ...], folder: Path
) -> None:
    """The files that the Key Vault provider brings to the pod, changed as the kubelet does it.

    They are links through `..data`, which is a link to the folder with what holds now.
    Source: kubernetes/kubernetes@023f88a:pkg/volume/util/atomic_writer.go.
    """
    now = Path(mkdtemp(prefix="..", dir=folder))
    for file, secret in provided(_object("SecretProviderClass", at, objects)).items():
        entry = vault[secret]
        (now / file).write_bytes(entry.pem if isinstance(entry, Identity) else entry)
        if not (folder / file).is_symlink():
            (folder / file).symlink_to(Path("..data") / file)
    new = folder / "..data_tmp"
    new.symlink_to(now.name)
    new.replace(folder / "..data")


def _object(kind: str, at: tuple[str, str], objects: tuple[Object, ...]) -> Object:
    for object in objects:
        metadata = object["metadata"]
        if object["kind"] == kind and (metadata.get("namespace"), metadata["name"]) == at:
            return object
    raise NotStarted(f"the token check {'/'.join(at)} has no {kind}")


def _provider(parties: Parties, here: Surroundings) -> Server:
    """The OpenID provider: its keys under the host name that the configuration asks."""
    identity = parties.public.issue(manifest_defaults().token_keys_host)
    context = tls_context(identity, here.keeper.folder)
    return Server(partial(_keys, parties), context)


def _keys(parties: Parties, request: Request) -> Response:
    if request.path != parties.filled(manifest_defaults().token_keys_path):
        return Response(404)
    return Response(200, (("Content-Type", "application/json"),), parties.issuer.keys)


def _located(issuer: Server, here: Surroundings, host: str, port: int) -> int:
    if host.endswith(".svc.cluster.local"):
        name, namespace = host.split(".")[:2]
        return here.behind(f"{namespace}/{name}", port)
    if host == manifest_defaults().token_keys_host:
        return issuer.port
    raise NotStarted(f"a token check calls {host}, and nothing here stands for it")
