"""One placement running on this machine: its cluster, its entry, its Services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from apim_aks.artefacts.manifests.placeholder import tls_name
from apim_aks.artefacts.manifests.scene import ManifestScene, scene
from apim_aks.facts.testbed import StandIn, stand_ins
from apim_aks.options.drawn import Drawn
from apim_aks.testbed.authorities import Authority
from apim_aks.testbed.cluster import Store, serving
from apim_aks.testbed.contents import (
    Changed,
    ChangedVault,
    Object,
    Vault,
    contents,
    signer,
    slices,
    unchanged,
    unchanged_vault,
    vault_of,
)
from apim_aks.testbed.entries.checks import token_checks
from apim_aks.testbed.entries.entry import Entry, Surroundings, entry_of
from apim_aks.testbed.network import Network, Place
from apim_aks.testbed.parties import Parties
from apim_aks.testbed.processes import Keeper, NotStarted, keeping
from apim_aks.testbed.recorder import Recorder
from apim_aks.testbed.services import Behind, Listening, listening
from apim_aks.topology import Backend, Kind, Protocol
from apim_aks.workload.model import Workload
from apim_aks.workload.names import cluster_host

INSIDE = "10.255.255.10"
"""Where the gateway calls from when no list asks for its address."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A placement that runs: `entry` is its ingress, `checks` its token checks, by component.

    `gateway` is the address from which the gateway calls.
    """

    scene: ManifestScene
    parties: Parties
    vault: Vault = field(repr=False)
    store: Store
    recorder: Recorder
    keeper: Keeper
    network: Network
    gateway: str
    listening: Listening = field(repr=False)
    entry: Entry | None
    checks: Mapping[str, Entry]

    @property
    def workload(self) -> Workload:
        """The workload."""
        return self.scene.workload

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Where the gateway sends calls."""
        return self.scene.topology.backends

    @property
    def listed(self) -> bool:
        """The manifests name the addresses of those who are admitted."""
        ingress = self.scene.ingress
        return ingress is not None and bool(self.scene.callers(ingress))

    @property
    def parts(self) -> tuple[StandIn, ...]:
        """The parts that run here, and what each stands in for."""
        proxies = [e.about for e in (self.entry, *self.checks.values()) if e]
        always = ("gateway", "service", "load-balancer", "vault")
        return tuple(s for s in stand_ins() if s.id in (*proxies, *always, *self._api))

    @property
    def _api(self) -> tuple[str, ...]:
        return ("cluster-api",) if self.entry and self.entry.about == "traefik" else ()

    def signer(self, backend: Backend) -> Authority:
        """Who signs the certificate of what stands at this back end."""
        held = self.scene.topology.certificates
        own = next(c for c in held if c.held_by == backend.component)
        return signer(self.scene.drawn, own, self.parties)

    def entry_before(self, backend: Backend) -> Entry | None:
        """The proxy that stands before this back end; None where its Service is called itself."""
        if self.scene.topology.component(backend.component).kind is Kind.INGRESS:
            return self.entry
        return self.checks.get(backend.component)


@contextmanager
def standing(
    drawn: Drawn, changed: Changed = unchanged, brought: ChangedVault = unchanged_vault
) -> Iterator[Site]:
    """The placement, running until the block ends; `changed` breaks its manifests on purpose,
    `brought` its vault.

    Raises:
        NotStarted: it cannot run here; the sentence says why.
        InputError: its manifests cannot be made.
    """
    parties, planned = Parties(), scene(drawn)
    vault, recorder = brought(vault_of(drawn, parties), parties), Recorder()
    objects = contents(drawn, parties, vault, changed)
    with ExitStack() as stack:
        try:
            keeper = stack.enter_context(keeping())
            site = _site(stack, planned, parties, vault, objects, recorder, keeper)
        except OSError as error:
            raise NotStarted(f"no port of loopback can be had ({error.strerror})") from None
        yield site


def _site(
    stack: ExitStack,
    planned: ManifestScene,
    parties: Parties,
    vault: Vault,
    objects: tuple[Object, ...],
    recorder: Recorder,
    keeper: Keeper,
) -> Site:
    ports = behind(planned, parties, objects)
    known = {s.id: s for s in planned.workload.services}
    found = stack.enter_context(listening(ports, known, parties.public, recorder, keeper.folder))
    store = Store((*objects, *slices(_listened(objects, found))))
    authority = keeper.folder / "authority.pem"
    authority.write_bytes(parties.public.certificate)
    api = stack.enter_context(serving(store))
    here = Surroundings(
        keeper=keeper,
        store=store,
        authority=authority,
        behind=lambda service, port: _port(found, service, port),
        api=api.url,
    )
    entry = _entry(planned, here)
    checks = token_checks(stack, planned, parties, vault, objects, here)
    places = dict(_places(planned, entry, checks, found))
    return Site(
        scene=planned,
        parties=parties,
        vault=vault,
        store=store,
        recorder=recorder,
        keeper=keeper,
        network=Network(places, (parties.public, parties.inner), keeper.folder),
        gateway=_gateway_address(planned, parties),
        listening=found,
        entry=entry,
        checks=checks,
    )


def _entry(planned: ManifestScene, here: Surroundings) -> Entry | None:
    if planned.ingress is None or planned.gateway is None:
        return None
    entry = entry_of(planned.gateway, here)
    entry.begin()
    here.keeper.wait(entry.name, entry.ready)
    return entry


def behind(
    planned: ManifestScene, parties: Parties, objects: tuple[Object, ...]
) -> tuple[Behind, ...]:
    """Every TCP port of every Service that is no entry itself."""
    hosts = _tls_hosts(planned, parties)
    own = _entrances(planned, objects)
    return tuple(
        Behind(id, port["port"], hosts.get((id, port["port"]), ()))
        for o in objects
        if o["kind"] == "Service" and (id := _id(o)) not in own
        for port in o["spec"].get("ports", ())
        if port.get("protocol", "TCP") == "TCP"
    )


def _tls_hosts(planned: ManifestScene, parties: Parties) -> dict[tuple[str, int], tuple[str, ...]]:
    """The names in the certificates of the ports that are called by TLS."""
    topology = planned.topology
    found = {}
    for link in topology.links:
        component = topology.component(link.target)
        if component.kind is not Kind.SERVICE or link.protocol is not Protocol.HTTPS:
            continue
        if not component.service:  # several Services drawn as one, which nothing publishes
            continue
        service = planned.workload.service(component.service)
        called = [b.host for b in topology.backends if b.component == component.id]
        names = (parties.filled(tls_name(service)), cluster_host(service), *called)
        found[component.service, link.port] = tuple(dict.fromkeys(names))
    return found


def _entrances(planned: ManifestScene, objects: tuple[Object, ...]) -> set[str]:
    """The Services before an ingress or a token check: they lead to a proxy, not to a Service."""
    row = planned.gateway
    ingress = (
        {f"{row.namespace}/{n}" for n in (row.public_service, row.private_service, row.own_service)}
        if row
        else set()
    )
    checking = {
        (o["metadata"]["namespace"], o["metadata"]["name"])
        for o in objects
        if o["kind"] == "Deployment" and "envoy.yaml" in str(_config(o, objects))
    }
    return ingress | {f"{namespace}/{name}" for namespace, name in checking}


def _config(deployment: Object, objects: tuple[Object, ...]) -> Any:
    """The keys of the ConfigMap of the Deployment's name."""
    named = [deployment["metadata"].get(k) for k in ("namespace", "name")]
    return [
        list(o.get("data") or ())
        for o in objects
        if o["kind"] == "ConfigMap"
        and [o["metadata"].get(k) for k in ("namespace", "name")] == named
    ]


def _id(object: Object) -> str:
    return f"{object['metadata'].get('namespace', 'default')}/{object['metadata']['name']}"


def _port(found: Listening, service: str, port: int) -> int:
    if (service, port) not in found:
        raise NotStarted(f"port {port} of {service} is called, and no Service has it")
    return found[service, port].port


def _listened(
    objects: tuple[Object, ...], found: Listening
) -> Iterator[tuple[Object, dict[int, int]]]:
    for object in objects:
        if object["kind"] == "Service":
            id = _id(object)
            yield object, {port: s.port for (service, port), s in found.items() if service == id}


def _places(
    planned: ManifestScene, entry: Entry | None, checks: Mapping[str, Entry], found: Listening
) -> Iterator[tuple[tuple[str, int], Place]]:
    """Where each back end of the gateway is here."""
    for backend in planned.topology.backends:
        component = planned.topology.component(backend.component)
        if component.kind is Kind.INGRESS and entry:
            place = Place(entry.port, named=True)
        elif component.id in checks:
            place = Place(checks[component.id].port)
        elif component.service:
            place = Place(_port(found, component.service, backend.port))
        else:
            raise NotStarted(f"{component.label} is called, and nothing here stands for it")
        yield (backend.host, backend.port), place


def _gateway_address(planned: ManifestScene, parties: Parties) -> str:
    """An address from which the gateway calls, as the manifests name it."""
    if planned.ingress is None:
        return INSIDE
    ranges = parties.filled(planned.callers(planned.ingress))
    return str(next(iter(ip_network(ranges[0]).hosts()))) if ranges else INSIDE
