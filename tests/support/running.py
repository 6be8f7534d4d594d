"""Today's entry and the new one, both run on what the cluster of a way holds at any moment.

Traefik reads the objects from the API of the testbed, Envoy gets what is translated of them and
follows its files, and the gateway is the interpreter of the policies that stand in Azure. What no
proxy here can stand for stays modelled by the proof of reachability: addresses, load balancers,
network rules and policies, and an edge before the gateway.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apim_aks.artefacts.manifests.placeholder import stands_for
from apim_aks.artefacts.manifests.scene import ManifestScene, scene
from apim_aks.deployment.gate import judged
from apim_aks.errors import InputError
from apim_aks.options.cluster_changes import check_name
from apim_aks.reachability.templates import Resource
from apim_aks.remote.calls import Call, Caller, Ending, Outcome
from apim_aks.testbed.cluster import Store, serving
from apim_aks.testbed.cluster.store import Object, name_of
from apim_aks.testbed.contents import Vault, slices, synced, vault_of
from apim_aks.testbed.entries import envoy_entry, traefik
from apim_aks.testbed.entries.checks import token_checks
from apim_aks.testbed.entries.entry import TRANSLATED, Entry, Surroundings, run_envoy
from apim_aks.testbed.entries.entry import _write_secrets as write_secrets
from apim_aks.testbed.entries.rules import EntryRules, PathMatch, Rule, Target
from apim_aks.testbed.front import Front, front_of, key
from apim_aks.testbed.gateway import Unguarded
from apim_aks.testbed.http_server import Server
from apim_aks.testbed.network import Network, Place, free_port, listens
from apim_aks.testbed.operations import Called, calls
from apim_aks.testbed.parties import Parties
from apim_aks.testbed.processes import Keeper, NotStarted, keeping
from apim_aks.testbed.recorder import Recorder
from apim_aks.testbed.services import listening
from apim_aks.testbed.site import INSIDE, Site, behind
from apim_aks.topology import EDGE_KINDS, Kind
from apim_aks.topology.check import State
from apim_aks.verification.entries import EntryKind, OutsideCaller
from apim_aks.workload.kubernetes.object import objects_in

if TYPE_CHECKING:
    from tests.support.whole_way import Way

CONTROLLER = "traefik.io/ingress-controller"
TRAEFIK = ("traefik", "traefik")
"""Namespace and name of the Deployment that serves today where Ingresses of Traefik lead."""
ANNOTATION = "service.beta.kubernetes.io/azure-"
CALLER = "192.0.2.77"
ADD_ON, NGINX = "webapprouting.kubernetes.azure.com", "Envoy for NGINX"
"""The class of the application routing add-on's Ingresses, and what stands for its proxy."""
_LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
_CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"


@dataclass
class Running:
    """What runs for a way. `held` are the objects as they were last shown to the proxies."""

    way: Way
    stack: ExitStack
    keeper: Keeper
    planned: ManifestScene
    parties: Parties
    vault: Vault
    recorder: Recorder
    pods: Mapping[tuple[str, frozenset[Any], str], Server]
    here: Surroundings
    held: dict[Any, Object] = field(default_factory=dict)
    seen: Any = None
    web: int = 0
    watch: int = 0
    proxies: dict[str, tuple[int, EntryRules]] = field(default_factory=dict)
    added: dict[str, Object] = field(default_factory=dict)
    first: tuple[Object, ...] = ()
    tokens: dict[str, Any] = field(default_factory=dict, repr=False)
    checks: Mapping[str, Entry] = field(default_factory=dict)
    fronts: dict[frozenset[str], Front | None] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.here.store

    # What the cluster holds

    def follow(self) -> None:
        """The cluster as it is now, before the proxies; those that it is time for are started."""
        kept = self.way.model.cluster.kept
        if kept is self.seen:
            return
        self.seen = kept
        now = {name_of(o): o for o in self._objects()}
        for name, object in now.items():
            if self.held.get(name) != object:
                self.store.put(object)
        for name in self.held.keys() - now.keys():
            self.store.take(self.held[name])
        self.held = now
        # Whoever called an Ingress goes on calling its proxy after it has gone.
        self.first = self.first or tuple(o for o in now.values() if o["kind"] == "Ingress")
        self._traefik()
        self._envoys()
        self._checks()

    def _objects(self) -> Iterator[Object]:
        """Objects, the Secrets that the Key Vault provider makes, and where Services lead."""
        whole = [o for k in self.seen.values() if (o := _said(k.data))["metadata"].get("name")]
        yield from whole
        for object in whole:
            if object.get("spec"):
                yield from synced(object, self.vault)
            if object["kind"] == "Ingress" and _is_add_ons(object):
                self._from_vault(object)
        yield from self.added.values()
        services = [o for o in whole if o["kind"] == "Service"]
        yield from slices((s, dict(self._ports(s))) for s in services)

    def _from_vault(self, ingress: Object) -> None:
        """The Secrets with the certificates of an Ingress, which the add-on makes and leaves."""
        for tls in ingress["spec"].get("tls", ()):
            name = tls["secretName"]
            if name not in self.added:
                shown = self.parties.public.issue(*tls["hosts"])
                held = {"tls.crt": shown.certificate, "tls.key": shown.key}
                self.added[name] = {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": name, "namespace": ingress["metadata"]["namespace"]},
                    "data": {k: base64.b64encode(v).decode() for k, v in held.items()},
                }

    def _ports(self, service: Object) -> Iterator[tuple[int, int]]:
        for port in service["spec"].get("ports", ()):
            if here := self.port_of(service, port["port"]):
                yield port["port"], here

    def services(self) -> Iterator[Object]:
        """The Services that the proxies are shown."""
        yield from (o for o in self.held.values() if o["kind"] == "Service")

    def port_of(self, service: Object, number: int) -> int:
        """What listens here behind a port of a Service; 0 where nothing does."""
        spec, space = service["spec"], service["metadata"].get("namespace", "")
        port = next((p for p in spec.get("ports", ()) if p["port"] == number), None)
        selector = frozenset((spec.get("selector") or {}).items())
        if port is None or not selector:
            return 0
        target = str(port.get("targetPort", number))
        if found := self.pods.get((space, selector, target)):
            return found.port
        return self._proxy(space, selector, target)

    def _proxy(self, space: str, selector: frozenset[Any], target: str) -> int:
        if self.leads_to_traefik(space, selector):
            return self.web if target == "web" else 0
        row = self.planned.gateway
        if self.planned.ingress and row and space == row.namespace:
            return self.envoy if dict(selector).get(row.pod_label) in _pods(row) else 0
        for name in self._selected(space, selector):
            if found := self.checks.get(self._checked.get((space, name), "")):
                return found.port
        return 0

    @cached_property
    def _checked(self) -> dict[tuple[str, str], str]:
        """The component of each Deployment that checks tokens."""
        wanted = self.planned.topology.of_kind(Kind.TOKEN_PROXY)
        return {
            (hop.service.namespace, check_name(hop.service)): component.id
            for component in wanted
            for hop in self.planned.behind(component)
        }

    def _selected(self, space: str, selector: frozenset[Any]) -> Iterator[str]:
        for kept in self.way.model.cluster.kept.values():
            if kept.data["kind"] != "Deployment":
                continue
            metadata, spec = kept.data["metadata"], kept.data.get("spec") or {}
            labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
            if metadata.get("namespace") == space and selector <= set(labels.items()):
                yield metadata["name"]

    def leads_to_traefik(self, space: str, selector: frozenset[Any]) -> bool:
        """Whether a Service with this selector stands before Traefik."""
        return space == TRAEFIK[0] and TRAEFIK[1] in self._selected(space, selector)

    # The proxies

    def _traefik(self) -> None:
        serves = [o for o in self.held.values() if o["kind"] == "Ingress" and self._is_ours(o)]
        if self.watch or not serves:
            return
        self.web, self.watch = free_port(), free_port()
        here = self.here
        traefik.start_todays(self.keeper, here.api, self.web, self.watch, here.authority)
        self.keeper.wait(traefik.TODAYS, lambda: listens(self.web) and _routes(self.watch))
        self.seen = None
        self.follow()

    def _is_ours(self, ingress: Object) -> bool:
        """An Ingress that Traefik serves."""
        name = ingress["spec"].get("ingressClassName")
        return any(
            o["kind"] == "IngressClass"
            and o["metadata"]["name"] == name
            and o["spec"]["controller"] == CONTROLLER
            for o in self.held.values()
        )

    @property
    def envoy(self) -> int:
        """The port of the new entry; 0 before it is there."""
        return self.proxies.get("entry", (0, None))[0]

    @property
    def nginx(self) -> int:
        """The port of the Envoy that stands for the add-on's NGINX."""
        return self.proxies.get("today", (0, None))[0]

    def _envoys(self) -> None:
        """An entry gets what its objects say as soon as they say something whole."""
        row = self.planned.gateway
        with suppress(NotStarted):
            if self.planned.ingress and row and row.api in TRANSLATED:
                self._envoy("entry", TRANSLATED[row.api](self.store.objects, row.namespace))
        mine = [o for o in self.held.values() if o["kind"] == "Ingress" and _is_add_ons(o)]
        if mine or self.nginx:
            self._envoy("today", rules_of_ingresses(mine, self))

    def _envoy(self, name: str, rules: EntryRules) -> None:
        files = self.keeper.folder / name
        files.mkdir(exist_ok=True)
        write_secrets(rules, self.store.objects, files)
        port, before = self.proxies.get(name, (0, None))
        if rules == before:
            return
        self.proxies[name] = port or free_port(), rules
        configured = followed(rules, self.proxies[name][0], files, self.here)
        if not port:
            port = self.proxies[name][0]
            run_envoy(self.keeper, name, configured, files / "envoy.json", port)
            self.keeper.wait(name, lambda: listens(port))
            self.seen = None
            self.follow()

    def _checks(self) -> None:
        if self.checks or not self._checked:
            return
        named = {
            (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
            for o in self.held.values()
        }
        if all((kind, *at) in named for at in self._checked for kind in _OF_CHECK):
            self.checks = token_checks(
                self.stack, self.planned, self.parties, self.vault, self.store.objects, self.here
            )
            self.seen = None
            self.follow()

    # Today's entry

    def today(self, caller: OutsideCaller, asked: tuple[str, str]) -> bool | None:
        """Whether a call by the entry of today is answered; None where it does not run here.

        `asked` are the host name and the path of a route.
        """
        if not self.runs(caller):
            return None
        host, path = asked if caller.entry.kind is EntryKind.ROUTE else ("unnamed.example", "/")
        secured = self.runs(caller) == NGINX
        entry = self.nginx if secured else self._before(caller)
        if not entry:
            return False
        port = 443 if secured else 80
        place = {(host, port): Place(entry, named=True)}
        mark = self.recorder.mark()
        call = Unguarded(host=host, port=port, path=path, tls=secured)
        network = Network(place, (self.parties.public,), self.keeper.folder)
        outcome = network.ask(call, CALLER)
        if caller.entry.kind is not EntryKind.ROUTE:
            return outcome.answered
        arrived = [a.service for a in self.recorder.since(mark)]
        return outcome.status < 400 and arrived == [caller.entry.service]

    def runs(self, caller: OutsideCaller) -> str:
        """What stands here for the entry that the caller uses today; empty where nothing does."""
        if caller.entry.service == "/".join(TRAEFIK):
            return "Traefik" if self.watch else ""
        if caller.entry.kind is not EntryKind.ROUTE:
            return ""
        named = caller.entry.called
        for proxy, mine in (("Traefik", self._is_ours), (NGINX, _is_add_ons)):
            known = (f"Ingress {_id(o)}" for o in self.first if mine(o))
            if named in known:
                return proxy
        return ""

    def _before(self, caller: OutsideCaller) -> int | None:
        """The port of Traefik, where a Service outside callers reach still leads to it."""
        wanted = {"LoadBalancer"} | (
            {"NodePort"} if caller.entry.kind is EntryKind.NODES else set()
        )
        for service in self.services():
            spec, space = service["spec"], service["metadata"].get("namespace", "")
            selector = frozenset((spec.get("selector") or {}).items())
            if spec.get("type") in wanted and self.leads_to_traefik(space, selector):
                return self.port_of(service, 80) or None
        return None

    # The new entry

    def front(self) -> Front | None:
        """The gateway of what stands in API Management now; None where nothing whole does."""
        there = frozenset(
            id.partition("/providers/microsoft.apimanagement/")[2]
            for id in self.way.arm.resources
            if "/providers/microsoft.apimanagement/" in id
        )
        if there not in self.fronts:
            self.fronts[there] = None
            with suppress(InputError):
                self.fronts[there] = front_of(self.site, stands=lambda r: _path(r) in there)
        return self.fronts[there]

    @cached_property
    def site(self) -> Site:
        """What the gateway needs to know of what runs."""
        return Site(
            scene=self.planned,
            parties=self.parties,
            vault=self.vault,
            store=self.store,
            recorder=self.recorder,
            keeper=self.keeper,
            network=Network(
                _Places(self), (self.parties.public, self.parties.inner), self.keeper.folder
            ),
            gateway=self._gateway(),
            listening={},
            entry=None,
            checks={},
        )

    def _gateway(self) -> str:
        """The address that the gateway calls from, as the manifests list it."""
        from tests.support.whole_way import NEW

        if self.planned.ingress is None:
            return INSIDE
        ranges = self.planned.callers(self.planned.ingress)
        known = [r.replace(stands_for("gateway-address"), NEW) for r in ranges]
        return str(next(iter(ip_network(known[0]).hosts()))) if known else INSIDE

    @cached_property
    def called(self) -> Mapping[str, Called]:
        """An operation of each Service, one that only reads where there is one."""
        found: dict[str, Called] = {}
        for one in calls(self.planned.drawn.mapping):
            known = found.setdefault(one.operation.service, one)
            if one.method == "GET" and known.method != "GET":
                found[one.operation.service] = one
        return found

    def serves(self, service: str, prepared: bool = True) -> bool:
        """Whether a call of the Service through the gateway arrives and is answered."""
        front, called = self.front(), self.called.get(service)
        if front is None or called is None:
            return False
        if service not in self.tokens:
            self.tokens[service] = (*key(), *front.token(called))
        sent = self.tokens[service] if prepared else ()
        mark = self.recorder.mark()
        status = front.ask(front.request(called, sent)).response.status
        owners = [s for s, _ in self.planned.drawn.mapping.shares(service)] or [service]
        arrived = [a.service for a in self.recorder.since(mark)]
        return status < 400 and len(arrived) == 1 and arrived[0] in owners

    def answer(self, call: Call) -> Outcome:
        """What the gateway answers to a call of ours, with a right token in place of its name."""
        front = self.front()
        if front is None:
            return Outcome(Ending.ANSWERED, 404, connected=True)
        path, _, query = call.path.partition("?")
        about = self._about(path)
        if about is None:
            return Outcome(Ending.ANSWERED, 404, connected=True)
        given = {n.lower(): v for n, v in call.headers.items()}
        token = front.token(about) if given.pop("authorization", "") else ()
        like = front.request(about, (*given.items(), *token))
        asked = replace(like, method=call.method, path=path, query=query, body=call.body)
        found = front.ask(asked).response
        return Outcome(
            Ending.ANSWERED, found.status, lines=found.headers, body=found.body, connected=True
        )

    def stranger(self, host: str) -> tuple[State, str]:
        """What becomes of a call of the entry without a client certificate."""
        call = Unguarded(host=host, port=443, checked=False)
        self.follow()
        return judged(self.site.network.ask(call, self._gateway()))

    def _about(self, path: str) -> Called | None:
        """An operation of the API that the path is of."""
        made = [c for c in calls(self.planned.drawn.mapping) if path.startswith(f"/{c.api.place}")]
        return max(made, key=lambda c: len(c.api.place), default=None)

    @property
    def words(self) -> str:
        """What runs for the new entry."""
        inner = "Envoy" if self.planned.ingress or self._checked else "the Services"
        edge = self.planned.topology.of_kind(*EDGE_KINDS)
        return f"policies, then {inner}" + (f" ({edge[0].label} modelled)" if edge else "")

    # Names and addresses

    def place(self, host: str, port: int) -> Place | None:
        """What listens here behind a host name that the gateway calls; None where nothing does."""
        for service in self.services():
            if self._named(service, host) and (found := self.port_of(service, port)):
                return Place(found, named=found == self.envoy)
        if self.envoy and any(self._at(o, host) for o in self.held.values() if _is_gateway(o)):
            return Place(self.envoy, named=True)
        return None

    def _named(self, service: Object, host: str) -> bool:
        metadata, spec = service["metadata"], service["spec"]
        if host == f"{metadata['name']}.{metadata.get('namespace')}.svc.cluster.local":
            return True
        if spec.get("type") != "LoadBalancer":
            return False
        told = metadata.get("annotations") or {}
        if told.get(f"{ANNOTATION}dns-label-name") == host.partition(".")[0]:
            return True
        address = told.get(f"{ANNOTATION}pip-name")
        if address and host in self._names_of(address):
            return True
        return told.get(f"{ANNOTATION}load-balancer-ipv4") in self._addresses(host)

    def _at(self, gateway: Object, host: str) -> bool:
        told = (gateway["spec"].get("infrastructure") or {}).get("annotations") or {}
        return told.get(f"{ANNOTATION}load-balancer-ipv4") in self._addresses(host)

    def _names_of(self, address: str) -> Iterator[str]:
        for id, found in self.way.arm.resources.items():
            if id.endswith(f"/publicipaddresses/{address}".lower()):
                yield str((found["properties"].get("dnsSettings") or {}).get("fqdn"))

    def _addresses(self, host: str) -> list[str]:
        """By the private zones in Azure."""
        found = []
        for id, record in self.way.arm.resources.items():
            zone, _, name = id.partition("/privatednszones/")[2].partition("/a/")
            if name and host in (zone, f"{name}.{zone}"):
                found += [a["ipv4Address"] for a in record["properties"]["aRecords"]]
        return found


class _Places(dict[tuple[str, int], Place]):
    """Where a name leads at the moment at which it is asked for."""

    def __init__(self, running: Running) -> None:
        super().__init__()
        self.running = running

    def __missing__(self, at: tuple[str, int]) -> Place:
        found = self.running.place(*at)
        if found is None:
            raise ConnectionRefusedError(111, f"nothing is behind {at[0]}")
        return found


_OF_CHECK = ("Deployment", "ConfigMap", "SecretProviderClass")


def _said(data: Object) -> Object:
    """To the API server null says nothing."""
    if isinstance(data, dict):
        return {k: _said(v) for k, v in data.items() if v is not None}
    return [_said(v) for v in data] if isinstance(data, list) else data


def _pods(row: Any) -> tuple[str, ...]:
    return row.public_pods, row.private_pods


def _is_gateway(object: Object) -> bool:
    return object["kind"] == "Gateway" and object["apiVersion"].startswith("gateway.networking")


def _is_add_ons(ingress: Object) -> bool:
    """An Ingress that the application routing add-on serves."""
    return bool(ingress["spec"].get("ingressClassName") == ADD_ON)


def rules_of_ingresses(ingresses: list[Object], here: Running) -> EntryRules:
    """What the add-on's proxy does by these Ingresses, but for what its annotations say."""
    tls = [t for o in ingresses for t in o["spec"]["tls"]]
    before = here.proxies.get("today", (0, None))[1]
    secret = (ingresses[0]["metadata"]["namespace"], tls[0]["secretName"]) if tls else None
    return EntryRules(
        hosts=("*",),
        secret=secret or (before.secret if before else ("", "")),
        authority=None,
        names=(),
        minimum_tls="TLSv1_2",
        admissions=None,
        rules=tuple(
            _rule(o, r, p, here)
            for o in ingresses
            for r in o["spec"]["rules"]
            for p in r["http"]["paths"]
        ),
    )


def _rule(ingress: Object, rule: Object, path: Object, here: Running) -> Rule:
    space, backend = ingress["metadata"]["namespace"], path["backend"]["service"]
    named = next(s for s in here.services() if _id(s) == f"{space}/{backend['name']}")
    number = backend["port"].get("number") or next(
        p["port"] for p in named["spec"]["ports"] if p["name"] == backend["port"]["name"]
    )
    kind: Any = "exact" if path["pathType"] == "Exact" else "below"
    target = Target(_id(named), number)
    return Rule((rule["host"],), (PathMatch(kind, path["path"]),), None, (target,))


def _path(resource: Resource) -> str:
    """A resource as the end of its id in Azure."""
    kinds, names = resource.type.split("/")[1:], resource.name.split("/")
    return "/".join(f"{k}/{n}" for k, n in zip(kinds, names, strict=True)).lower()


def _routes(watch: int) -> bool:
    """Traefik has read an Ingress."""
    caller = Caller(resolve=lambda host: ("127.0.0.1",), seconds=1)
    path = "/api/http/routers?search=%40kubernetes&per_page=100"
    found = caller.ask(Call(host="localhost", port=watch, tls=False, path=path))
    return found.status == 200 and b'@kubernetes"' in found.body


def followed(rules: EntryRules, port: int, files: Path, here: Surroundings) -> Any:
    """Envoy's configuration with listeners and clusters in files of their own, which it follows."""
    whole = envoy_entry.bootstrap(rules, port, files, here.authority, here.behind)
    for name, content in envoy_entry.secrets(rules, files).items():
        (files / name).write_text(json.dumps(content), encoding="utf-8")
    static = whole.pop("static_resources")
    for listener in static["listeners"]:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["route_config"]["validate_clusters"] = False
    for name, kind in (("clusters", _CLUSTER), ("listeners", _LISTENER)):
        told = {"resources": [{"@type": kind, **one} for one in static[name]]}
        new = files / f".{name}.json"
        new.write_text(json.dumps(told), encoding="utf-8")
        new.replace(files / f"{name}.json")
    whole["dynamic_resources"] = {
        kind: {
            "path_config_source": {"path": str(files / f"{name}.json")},
            "resource_api_version": "V3",
        }
        for kind, name in (("cds_config", "clusters"), ("lds_config", "listeners"))
    }
    return whole


@contextmanager
def running(way: Way, parties: Parties) -> Iterator[Running]:
    """Both entries of the way; nothing of it is left afterwards."""
    planned = scene(way.placement)
    with ExitStack() as stack:
        keeper = stack.enter_context(keeping())
        recorder, store = Recorder(), Store(())
        known = {s.id: s for s in planned.workload.services}
        objects = tuple(o.data for o in objects_in(planned.workload.documents, []))
        ports = behind(planned, parties, objects)
        found = stack.enter_context(
            listening(ports, known, parties.public, recorder, keeper.folder)
        )
        authority = keeper.folder / "authority.pem"
        authority.write_bytes(parties.public.certificate)
        pods = {
            (o["metadata"]["namespace"], frozenset(o["spec"]["selector"].items()), target): server
            for o in objects
            if o["kind"] == "Service" and o["spec"].get("selector")
            for port in o["spec"].get("ports", ())
            if (server := found.get((_id(o), port["port"])))
            for target in (str(port.get("targetPort", port["port"])),)
            if (o["metadata"]["namespace"], o["metadata"]["name"]) != TRAEFIK
        }
        here = Surroundings(
            keeper=keeper,
            store=store,
            authority=authority,
            behind=lambda service, port: _port(made, service, port),
            api=stack.enter_context(serving(store)).url,
        )
        made = Running(
            way,
            stack,
            keeper,
            planned,
            parties,
            vault_of(way.placement, parties),
            recorder,
            pods,
            here,
        )
        yield made


def _id(object: Object) -> str:
    return f"{object['metadata'].get('namespace', 'default')}/{object['metadata']['name']}"


def _port(made: Running, service: str, number: int) -> int:
    for object in made.services():
        if _id(object) == service and (found := made.port_of(object, number)):
            return found
    raise NotStarted(f"port {number} of {service} is called, and nothing here is behind it")
