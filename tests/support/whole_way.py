"""The whole way of an option, from plan to remove, while today's callers call.

Azure is the server of `arm_server`, the cluster the apply model, names are record sets in a zone of
the reader's. After each single write every caller calls. What it gets is modelled: by the proof of
reachability on what the cluster holds at that moment, and at the gateway by the APIs that are
there, what the caller sends, and the way from the gateway to the pods. Where `running` runs the
entries, what a proxy stands for is asked of it, and the model only says what the network does.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

from apim_aks.artefacts.manifests import placeholders
from apim_aks.artefacts.policies import policies
from apim_aks.artefacts.policies.expressions import name
from apim_aks.cutover.change import Change, Stops
from apim_aks.cutover.changes import changes
from apim_aks.cutover.close import close
from apim_aks.cutover.controls import controls, lacking
from apim_aks.cutover.cutover import cutover
from apim_aks.cutover.hosts import Host, hosts
from apim_aks.cutover.rollback import rollback
from apim_aks.cutover.session import Moving, PhaseEnded, Stopped
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.proved import pods_of
from apim_aks.deployment import Deployed, Project, Removal, WorkloadChoice, confirmation, plan
from apim_aks.deployment.following import left_out
from apim_aks.deployment.walk import new_cluster
from apim_aks.facts import azure_facts, placeholder_row
from apim_aks.facts.edge import edge_defaults
from apim_aks.options import OPTIONS
from apim_aks.reachability.backends import Passages
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.proof import Proof, prove
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.reading import scene_after
from apim_aks.reachability.templates.network import AzureNetwork
from apim_aks.reachability.templates.network_values import PublicAddress
from apim_aks.reachability.verdicts import callers as callers_of
from apim_aks.remote import calls
from apim_aks.remote.calls import Ending, Outcome, Vantage
from apim_aks.testbed.front import KEY as FRONT_KEY
from apim_aks.testbed.operations import filled
from apim_aks.testbed.parties import PRINCIPAL, Parties
from apim_aks.testbed.parties import TENANT as PARTIES_TENANT
from apim_aks.testbed.processes import PATIENCE
from apim_aks.topology import EDGE_KINDS
from apim_aks.topology.check import Check, State
from apim_aks.verification import LiveScene, verify
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.entries import OutsideCaller, outside_callers
from apim_aks.verification.sent import Texts, targets
from apim_aks.workload.call import Call
from apim_aks.workload.kubernetes.apply import Outcome as Applied
from apim_aks.workload.model import Service
from apim_aks.workload.names import names_of
from tests.support.arm_server import OBJECT, TENANT, Arm
from tests.support.azure_scenes import Scene, again, scene
from tests.support.cluster_model import new_model, put_there, read
from tests.support.designs import only
from tests.support.living_cluster import LivingCluster
from tests.support.running import Running, running
from tests.support.todays_callers import HOSTS, THERE, nowhere, today
from tests.verification.deployed import NODES, answered, certify, finish

FORMER = "former-entry.example"
DNS, OLD, NEW = "rg-dns", "203.0.113.9", "20.1.2.3"
START, HOUR, DAY = 1_800_000_000.0, 3600, 86_400
NOWHERE = "Deployment ops/report"
"""The caller that stands in no file."""
TOO_EARLY, BACK_FROM_IT = "cutover too early", "rollback from it"
"""The phases in which callers move that are not prepared, and move back."""
_DECIDES = re.compile(r"/providers/microsoft\.apimanagement/|/privatednszones/|/publicipaddresses/")
"""What of Azure the entries here follow, and the names that lead to them."""
UNPREPARED = ", not prepared"
"""The end of the name of a caller that has not read what changes for it."""


@dataclass
class Caller:
    """Somebody who calls a Service today. `moved` says that it dials the new address by hand.

    `asked` are the host name and the path of a route. Who is not `prepared` sends at the gateway
    what it sends today: no key and no token.
    """

    name: str
    service: str
    way: Callable[[Moment], Answer]
    host: Host | None = None
    change: Change | None = None
    moved: bool = False
    at_first: Answer = Answer.OPEN
    entry: OutsideCaller | None = None
    asked: tuple[str, str] = ("", "")
    prepared: bool = True

    @property
    def stays(self) -> bool:
        return self.host is None


@dataclass(frozen=True)
class Moment:
    """What the cluster holds, proved once for each state of it; `told` is what a caller gets."""

    proof: Proof
    told: dict[str, Answer] = field(default_factory=dict, repr=False, compare=False)
    passed: dict[str, Answer] = field(default_factory=dict, repr=False, compare=False)

    @property
    def outside(self) -> Outside:
        return self.proof.outside

    def service(self, id: str) -> Service | None:
        return next((s for s in self.proof.site.scene.services if s.id == id), None)

    def gets(self, caller: Caller) -> Answer:
        """What the caller gets by the way of today."""
        if caller.name not in self.told:
            self.told[caller.name] = caller.way(self)
        return self.told[caller.name]


@dataclass
class Way:
    """An option on its whole way, its callers, and what they got, by phase."""

    live: Scene
    design: Design
    placement: Placement
    project: Project
    there: bool
    callers: list[Caller] = field(default_factory=list)
    everybody: tuple[Caller, ...] = ()
    phase: str = "before"
    sent: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    losers: dict[str, set[str]] = field(default_factory=dict)
    counts: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    later: float = 0.0
    take_over: str = ""
    values: dict[str, str] = field(default_factory=dict)
    running: Running | None = None
    round: dict[Any, bool | None] = field(default_factory=dict, repr=False)
    stood: Any = None
    deciding: tuple[tuple[str, ...], frozenset[str]] = ((), frozenset())
    differs: set[str] = field(default_factory=set)
    apis: tuple[tuple[str, ...], frozenset[str]] = ((), frozenset())
    moments: dict[frozenset[str], Moment] = field(default_factory=dict, repr=False)

    @property
    def arm(self) -> Arm:
        return self.live.arm

    @property
    def model(self) -> LivingCluster:
        assert isinstance(self.arm.model, LivingCluster)
        return self.arm.model

    def now(self) -> float:
        return START + self.later + sum(self.live.pauses)

    # What stands

    def moment(self) -> Moment:
        """The proof of what the cluster holds now, in the network of the option."""
        state = self.model.state
        if state not in self.moments:
            held = tuple(k.held for k in self.model.cluster.kept.values())
            found = self.placement.proved.proof
            assert found is not None
            # What a test's own file says is in the cluster and not the reader's.
            azure = _with_address(found.site.azure)
            site = replace(found.site, azure=azure, scene=scene_after(Applied(held)))
            self.moments[state] = Moment(prove(site))
        return self.moments[state]

    def reached(self) -> dict[str, Answer]:
        """By Service whether the gateway gets through to it now: the worst of its operations."""
        moment = self.moment()
        if not moment.passed:
            moment.passed.update(self._reached(Passages(moment.proof)))
        return moment.passed

    def _reached(self, passages: Passages) -> Iterator[tuple[str, Answer]]:
        rank = [Answer.OPEN, Answer.UNKNOWN, Answer.CLOSED]
        found: dict[str, Answer] = {}
        for operation, meant in targets(Texts.of(policies(self.placement)), self.placement):
            ends = [p.answer for t in meant for p in passages.of(t)] or [Answer.CLOSED]
            worst = max((*ends, found.get(operation.service, Answer.OPEN)), key=rank.index)
            found[operation.service] = worst
        yield from found.items()

    def published(self, service: str) -> bool:
        """Every API of the Service is in API Management."""
        ids = tuple(self.arm.resources)
        if self.apis[0] != ids:
            self.apis = ids, frozenset(self._published(ids))
        return service in self.apis[1]

    def _published(self, ids: tuple[str, ...]) -> Iterator[str]:
        named = (re.search(r"/service/[^/]+/apis/([^/;]+)$", id) for id in ids)
        there = {found[1].lower() for found in named if found}
        apis = self.placement.mapping.apis
        for service in {s for a in apis for s in a.services}:
            mine = [a.id.lower() for a in apis if service in a.services]
            if all(any(name.startswith(id) for name in there) for id in mine):
                yield service

    # Calls

    def call_all(self) -> None:
        """Every caller of today calls once."""
        if self.running:
            self.running.follow()
            self._forget()
        for caller in self.callers:
            self.sent[self.phase] += 1
            lost = self._gets(caller) is Answer.CLOSED
            self.counts[caller.name, self.phase, lost] += 1
            if lost:
                self.lost[self.phase] += 1
                self.losers.setdefault(self.phase, set()).add(caller.name)

    def _forget(self) -> None:
        """What runs is asked anew once the cluster, API Management or names have changed."""
        ids = tuple(self.arm.resources)
        if self.deciding[0] != ids:
            self.deciding = ids, frozenset(filter(_DECIDES.search, ids))
        stands = (self.model.state, self.deciding[1], self.resolved(HOSTS[self.project.workload]))
        if stands != self.stood:
            self.round.clear()
            self.stood = stands

    def _asked(
        self, asked: Any, ask: Callable[[], bool | None], modelled: bool | None
    ) -> bool | None:
        """What runs answers, once it has followed: proxies do so in their own time, and a call may
        end by its time limit where much else runs."""
        if asked not in self.round:
            until = time.monotonic() + PATIENCE
            while (found := ask()) is not modelled and None not in (found, modelled):
                if time.monotonic() > until:
                    break
                time.sleep(0.05)
            self.round[asked] = found
        return self.round[asked]

    def gets(self, caller: Caller) -> Answer:
        """What the caller gets now."""
        if self.running:
            self.running.follow()
            self._forget()
        return self._gets(caller)

    def _gets(self, caller: Caller) -> Answer:
        if not self._at_gateway(caller):
            return self._today(caller)
        served = self._served(caller)
        self.arm.requests.append((self.now(), "2xx" if served else "4xx", 1))
        return Answer.OPEN if served else Answer.CLOSED

    def _today(self, caller: Caller) -> Answer:
        """By the way of today: what does not run here is modelled."""
        modelled = self.moment().gets(caller)
        if self.running is None or caller.entry is None or modelled is Answer.CLOSED:
            return modelled
        asked = (caller.entry.entry, caller.entry.port, caller.asked)
        ask = partial(self.running.today, caller.entry, caller.asked)
        answered = self._asked(asked, ask, True if modelled is Answer.OPEN else None)
        if answered is None:
            return modelled
        if modelled is Answer.OPEN and not answered:
            self.differs.add(f"{self.phase}: {caller.name} by the way of today")
        return Answer.OPEN if answered else Answer.CLOSED

    def _at_gateway(self, caller: Caller) -> bool:
        if caller.host is None:
            return False
        if caller.host.by_dns:
            return NEW in self.resolved(caller.host.name)
        return caller.moved

    def _served(self, caller: Caller) -> bool:
        modelled = caller.prepared and self.through(caller.service)
        if self.running is None:
            return modelled
        asked = (caller.service, caller.prepared)
        answered = bool(self._asked(asked, partial(self.running.serves, *asked), modelled))
        if modelled is not answered:
            self.differs.add(f"{self.phase}: {caller.name} through the gateway")
        return answered

    def through(self, service: str) -> bool:
        """A call with all that is asked for comes through the gateway, by what stands."""
        return self.published(service) and self.reached().get(service) is not Answer.CLOSED

    # Names

    def zone(self) -> str:
        name = HOSTS[self.project.workload].partition(".")[2]
        return f"{self.arm.scope(DNS)}/providers/Microsoft.Network/dnsZones/{name}"

    def resolved(self, host: str) -> tuple[str, ...]:
        """By the reader's zone; names of Azure's lead to the gateway."""
        own = HOSTS[self.project.workload]
        if host != own:
            return (OLD,) if host == FORMER else (NEW,)
        name = own.partition(".")[0]
        if found := self.arm.resources.get(f"{self.zone()}/CNAME/{name}".lower()):
            return self.resolved(found["properties"]["CNAMERecord"]["cname"].rstrip("."))
        held = self.arm.resources.get(f"{self.zone()}/A/{name}".lower())
        return tuple(r["ipv4Address"] for r in held["properties"]["ARecords"]) if held else ()

    # Phases

    def scene(self) -> LiveScene:
        return LiveScene(
            design=self.design,
            placement=self.placement,
            project=self.project,
            azure=AzureReader(self.live.client),
            vantage=self.vantage(),
            tell=self.live.told.append,
        )

    def vantage(self) -> Vantage:
        values = {"callerToken": "token-of-a-caller", "subscriptionKey": KEY}
        place = (
            "internet" if self.placement.topology.links_from("consumer-internet") else "same-vnet"
        )
        return Vantage(place, values, caller=_Ours(self))

    def moving(self, **changes: Any) -> Moving:
        given: dict[str, Any] = {
            "folder": str(self.live.folder / "state"),
            "zones": ((DNS, HOSTS[self.project.workload].partition(".")[2]),),
            "prepared": ("*",),
            "called": ("*",),
            "now": self.now,
            "take_over": self.take_over,
            "irreversible": True,
            "confirm": confirmation(self.live.client.identity(), self.project.cluster),
        }
        return Moving(**(given | changes))

    def plan(self) -> Any:
        self.phase = "plan"
        return plan(self.live.client, self.project)

    def deploy(self) -> Deployed:
        """Run until it ends; a person puts what the manifests name where it waits for that."""
        self.phase = "deploy"
        given: dict[str, Any] = {
            "values": VALUES | placeholders_of(self.project) | self.values,
            "certificates_done": True,
            "workload": WorkloadChoice.ASK if self.there else WorkloadChoice.WITH,
            "answers": self._answers,
            "take_over": self.take_over,
        }
        if self.running:
            given["ask"] = self.running.stranger
        done = self.live.deploy(self.project, **given)
        if "create the objects in them" in done.waits_for:
            put_there(self.model, self.project)
            self.again()
            done = self.live.deploy(self.project, **given)
        return done

    def _answers(self) -> tuple[bool | None, str]:
        why = lacking(controls(self.scene()))
        return not why, why or "all answered"

    def verify(self) -> tuple[Check, ...]:
        self.phase = f"verify after {self.phase}"
        found = verify(self.live.client, self.design, self.placement, self.project, self.vantage())
        return found.checks

    def cutover(self, phase: str = "cutover") -> PhaseEnded:
        """Run after run, people moving their callers in between, until nothing is waited for."""
        self.phase = phase
        done = cutover(self.scene(), self.moving())
        for host in hosts(self.design, self.placement):
            for caller in self.callers:
                if caller.host and caller.host.id == host.id and not host.by_dns:
                    caller.moved = True
                    self.call_all()
        self.later += HOUR
        if not done.finished:
            done = cutover(self.scene(), self.moving(moved=self.by_hand()))
        return done

    def cut_over_too_early(self) -> str:
        """The same while a caller of each host sends what it sends today; what stopped it."""
        for caller in self.callers:
            caller.prepared = not caller.name.endswith(UNPREPARED)
        try:
            self.cutover(TOO_EARLY)
        except Stopped as stopped:
            return str(stopped)
        return ""

    def told(self) -> None:
        """Whoever was not prepared has read what changes for it."""
        for caller in self.callers:
            caller.prepared = True

    def by_hand(self) -> tuple[str, ...]:
        return tuple(h.id for h in hosts(self.design, self.placement) if not h.by_dns)

    def rollback(self, phase: str = "rollback") -> PhaseEnded:
        self.phase = phase
        done = rollback(self.scene(), self.moving())
        for caller in self.callers:
            caller.moved = False
        self.phase = "after rollback"
        self.call_all()
        return done

    def close(self) -> PhaseEnded:
        self.phase = "close"
        self.later += 8 * DAY
        given = self.moving(patches=str(self.live.folder / "patches"))
        done = close(self.scene(), given)
        for _ in left_out(self.project):
            if any("Objects of other owners" in w for w in done.waits_for):
                self.owners()
                done = close(self.scene(), given)
        if any("proofs do not hold" in w for w in done.waits_for):
            self.former_entry_ends()
            done = close(self.scene(), given)
        return done

    def former_entry_ends(self) -> None:
        """Whoever keeps the ingress that served before, and serves nobody now, takes it away."""
        for object in self.project.objects:
            if (object.kind, object.namespace) == ("Service", "traefik"):
                self.model.cluster = self.model.cluster.deleted(object)
                ended = f"{object.namespace}/{object.name}"
                self.callers = [c for c in self.callers if c.service != ended]

    def owners(self) -> None:
        """Whoever keeps an object takes over the patch that was written for it."""
        for file in sorted((self.live.folder / "patches").glob("*.yaml")):
            for object in read(file.read_text(encoding="utf-8")):
                if "$patch" in object.data:
                    self.model.cluster = self.model.cluster.deleted(object)
                else:
                    self.model.someone("people", [object])
                self.call_all()

    def remove(self) -> Removal:
        self.phase = "remove"
        # Whoever has moved was told and calls no more; whoever stays does.
        self.callers = [c for c in self.callers if c.stays and self.gets(c) is not Answer.CLOSED]
        return self.live.remove(self.project, unserved=True, take_over=self.take_over)

    def again(self) -> None:
        """Another process, the same Azure and the same folder."""
        self.later += sum(self.live.pauses)
        self.live = again(self.live)


def _refused(*_: object) -> NoReturn:
    raise ConnectionRefusedError(111, "nothing leaves this machine")


class _Ours(calls.Caller):
    """Our own calls: at the gateway by what stands, anywhere else nobody is asked."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        object.__setattr__(self, "way", way)
        object.__setattr__(self, "connect", _refused)

    def addresses(self, host: str) -> tuple[str, ...]:
        way: Way = self.way  # type: ignore[attr-defined]
        return way.resolved(host)

    def ask(self, call: calls.Call) -> Outcome:
        way: Way = self.way  # type: ignore[attr-defined]
        if not _entered(way, call.host):
            return Outcome(Ending.SILENT)
        if NEW not in ((call.address,) if call.address else way.resolved(call.host)):
            raise AssertionError(f"a key was sent to {call.host}, which is not the gateway")
        if call.path.startswith(azure_facts().gateway_status):
            attacked = edge_defaults().attack in call.path
            return Outcome(Ending.ANSWERED, 403 if attacked else 200, connected=True)
        mine = [a for a in way.placement.mapping.apis if call.path.startswith(f"/{a.place}")]
        if call.headers.get(name("subscription-key-header")) != KEY and not way.running:
            return Outcome(Ending.ANSWERED, 401, connected=True)
        if way.running:
            way.running.follow()
            return way.running.answer(call)
        served = mine and all(way.through(s) for a in mine for s in a.services)
        return Outcome(Ending.ANSWERED, 200 if served else 404, connected=True)


def _entered(way: Way, host: str) -> bool:
    """The host is the gateway's or its edge's; of others no call is modelled."""
    names = names_of(way.design.workload)
    made = [names.public_host("edge"), names.public_host("gateway")]
    # Behind an edge the gateway's own name leads nowhere from the internet.
    made += [] if way.placement.topology.of_kind(*EDGE_KINDS) else [names.gateway_host]
    return host in (*made, HOSTS[way.project.workload]) or host.endswith(".azurefd.net")


def _with_address(azure: AzureNetwork | None) -> AzureNetwork | None:
    """API Management with the address that Azure has chosen here, in place of nobody's."""
    stands = placeholder_row("gateway-address").stand_in
    held = tuple(
        replace(v, address=NEW) if isinstance(v, PublicAddress) and v.address == stands else v
        for v in (azure.held if azure else ())
    )
    return replace(azure, held=held) if azure else None


KEY = FRONT_KEY
VALUES = {
    "CLIENT_AUTHORITY_PEM": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "CLIENT_AUTHORITY_THUMBPRINT": "0" * 40,
    "KEY_VAULT_PROVIDER_CLIENT_ID": OBJECT,
    "callerToken": "token-of-a-caller",
}
OUTPUTS = {
    "entraTenantId": TENANT,
    "keyVaultProviderClientId": OBJECT,
    "gatewayPublicAddresses": NEW,
    "gatewayPrincipalId": OBJECT,
}


def placeholders_of(made: Project) -> dict[str, str]:
    """A value for what only people know of the manifests."""
    named = (p.text for p in placeholders(made.files))
    return {
        text.strip("<>"): f"{n}.example"
        for n, text in enumerate(named)
        if text.startswith(("<TLS_NAME", "<POD_LABEL"))
    }


# Callers


def todays(way: Way) -> Iterator[Caller]:
    """Whoever calls today: from outside by each entry, inside by each call, and from nowhere."""
    moving = hosts(way.design, way.placement)
    told = changes(way.design, way.placement)
    for found in outside_callers(way.design, way.placement):
        change = next((c for c in told if _about(c, found)), None)
        name = f"{_zone(found)} by {found.entry.called} to {found.entry.service} {found.port}"
        yield Caller(
            name,
            found.entry.service,
            partial(_along, found),
            _host(change, moving),
            change,
            entry=found,
            asked=_asked(way, found),
        )
    for call in way.design.workload.graph.calls:
        if call.holds:
            name = f"{call.caller.called} to {call.callee} {call.port or ''}".rstrip()
            yield Caller(name, call.callee, partial(_inside, call))
    for service in way.design.mapping.published:
        name = f"{NOWHERE} to {service}"
        yield Caller(name, service, partial(_from_nowhere, service))


def _asked(way: Way, found: OutsideCaller) -> tuple[str, str]:
    """Host name and path by which a route leads to the Service, as the Service answers them."""
    service = way.design.workload.service(found.entry.service)
    for route in service.routes:
        named = f"{route.kind} {route.namespace or service.namespace}/{route.name}"
        if named == found.entry.called:
            read = [o for d in service.documents for o in d.operations if o.method == "GET"]
            own = next((filled(d.path_of(o)) for d in service.documents for o in read), route.path)
            return route.host, own
    return "", ""


def _about(change: Change, found: OutsideCaller) -> bool:
    kind = found.entry.kind.name.lower().replace("_", "-")
    mine = (change.service, change.kind, change.place) == (
        found.entry.service,
        kind,
        found.entry.place,
    )
    return mine and not change.inside and _zone(found) in change.caller


def _zone(found: OutsideCaller) -> str:
    from apim_aks.reachability.zones import Zone

    return Zone(found.source).words


def _host(change: Change | None, moving: tuple[Host, ...]) -> Host | None:
    """What the caller dials that moves; None where it stays as it is, or nothing takes it over."""
    if change is None or change.stops is Stops.NEVER or change.new is None:
        return None
    dialled = (*change.old.hosts, f"{change.kind}:{change.service}")
    return next((h for h in moving if h.id in dialled), None)


def _along(found: OutsideCaller, moment: Moment) -> Answer:
    service = moment.service(found.entry.service)
    if service is None:
        return Answer.CLOSED
    place = next(p for p in moment.outside.places.all if p.name == found.source)
    ways = moment.outside.along(service, place, found.entry.is_way)
    return next((v.answer for v in ways if v.port == found.port), Answer.CLOSED)


def _inside(call: Call, moment: Moment) -> Answer:
    service = moment.service(call.callee)
    reach = moment.outside.reach
    return _mask(moment, service, pods_of(reach, call.caller), call.port)


def _from_nowhere(id: str, moment: Moment) -> Answer:
    reach = moment.outside.reach
    return _mask(moment, moment.service(id), reach.ends.of_workload("ops/report[Deployment]"), None)


def _mask(moment: Moment, service: Service | None, who: int, port: int | None) -> Answer:
    if service is None:
        return Answer.CLOSED
    rows = [
        row
        for row in callers_of(moment.outside.reach, service)
        if port is None or row.port.endswith(f" {port}")
    ]
    if not rows and service.headless:
        return Answer.UNKNOWN
    if any(who & ~(row.open | row.unknown) for row in rows) or not rows:
        return Answer.CLOSED
    return Answer.OPEN if all(not who & ~row.open for row in rows) else Answer.UNKNOWN


# The scene


@cache
def designed(name: str, option: str, there: bool) -> Design:
    return only(today(name, there), option)


@contextmanager
def whole_way(
    folder: Path, name: str, option: str, there: bool, run: bool = False
) -> Iterator[Way]:
    """The option before anything is done; `there` says that the cluster was there, with callers,
    `run` that both entries run here."""
    design = designed(name, option, there)
    placement = design.placement(option)
    made = answered(design, placement, backendAuthorityThumbprint="0" * 40)
    arm = Arm(finishing=finish, outputs=dict(OUTPUTS))
    with ExitStack() as stack:
        live = stack.enter_context(scene(folder, arm))
        certify(arm, made)
        way = Way(live, design, placement, made, there)
        if run:
            _run(way, stack)
        cluster = new_model(made).cluster if _uses_add_on(made) else new_cluster(made)
        arm.model = LivingCluster(cluster, arm=arm, nodes=NODES)
        _named(way)
        if there:
            _stands(way)
        arm.model.wrote = arm.wrote = way.call_all
        yield way


def _run(way: Way, stack: ExitStack) -> None:
    """The entries of the way, with authorities and a directory of their own."""
    parties = Parties()
    named = placeholders(way.project.files)
    way.values = {p.text.strip("<>"): parties.filled(p.text) for p in named}
    way.arm.outputs |= {"entraTenantId": PARTIES_TENANT, "gatewayPrincipalId": PRINCIPAL}
    way.values = {k: v for k, v in way.values.items() if k.startswith(("TLS_", "POD_", "CLIENT_"))}
    way.running = stack.enter_context(running(way, parties))


def _uses_add_on(made: Project) -> bool:
    """A cluster that is made brings its add-on's Service, one that was there what files change."""
    named = (o["metadata"]["name"] for f in made.files for o in f.objects)
    return not made.cluster_is_there or any(n.startswith("aks-istio-ingress") for n in named)


def _named(way: Way) -> None:
    way.arm.put(way.zone(), type="Microsoft.Network/dnsZones", properties={})
    host = HOSTS[way.project.workload]
    fixed = way.placement.fixed_address
    leads = {"ARecords": [{"ipv4Address": OLD}]} if fixed else {"CNAMERecord": {"cname": FORMER}}
    held = {"TTL": 3600, "fqdn": f"{host}.", **leads}
    id = f"{way.zone()}/{'A' if fixed else 'CNAME'}/{host.partition('.')[0]}"
    way.arm.put(id, etag="etag-0", properties=held)


def _stands(way: Way) -> None:
    """A cluster and its network, as the same templates would have made them; people's objects."""
    arm, fresh = way.arm, designed(way.project.workload, way.project.option, False)
    made = answered(fresh, fresh.placement(way.project.option))
    for group in (THERE, NODES):
        arm.groups[group.lower()] = {"id": arm.scope(group), "name": group, "tags": {}}
    for piece in made.pieces:
        properties = {"template": piece.template, "parameters": piece.parameters}
        for one in arm.resources_of(properties, THERE):
            planned = arm.planned(one)
            if _WAS_THERE.search(planned["id"]):
                theirs = _as_theirs(planned, made)
                arm.resources[theirs["id"].lower()] = finish(arm, theirs)
    way.model.someone("people", sorted(way.project.objects, key=lambda o: o.kind != "Namespace"))
    way.model.someone("people", nowhere())
    put_there(way.model, way.project)
    people(way)


def _as_theirs(planned: Any, made: Project) -> Any:
    """The same by the names of what was there, in a network with room for ours."""
    text = json.dumps(planned | {"tags": {}}, default=str)
    text = re.sub(r"vnet-(?!there)[a-z0-9-]+", "vnet-there", text)
    found = json.loads(text.replace(made.cluster, "aks-there"))
    if found["type"].lower() == "microsoft.network/virtualnetworks":
        found["properties"]["addressSpace"]["addressPrefixes"].append("10.60.0.0/20")
    return found


_WAS_THERE = re.compile(
    r"/(virtualNetworks|managedClusters|userAssignedIdentities)/[^/]+(/subnets/snet-nodes)?$", re.I
)


def people(way: Way) -> None:
    """Those who call from now on; each is served at first, or nobody knows."""
    if way.running:
        way.running.follow()
    all_of = [replace(c, at_first=way.gets(c)) for c in todays(way)]
    way.callers = [c for c in all_of if c.at_first is not Answer.CLOSED]
    if way.running:
        hosts = {c.host.id: c for c in reversed(way.callers) if c.host}
        way.callers += [replace(c, name=f"{c.name}{UNPREPARED}") for c in hosts.values()]
    way.everybody = tuple(way.callers)


def open_states(found: tuple[Check, ...], state: State) -> set[str]:
    """The checks that ended so, without the option's name."""
    return {c.id.partition(".")[2] for c in found if c.state is state}


def not_ours(way: Way) -> dict[str, Any]:
    """What of Azure and of the cluster was not made here, as it is; AKS keeps the nodes' group."""
    made = (NODES.lower(), way.project.home.lower())
    return {
        id: found
        for id, found in way.arm.resources.items()
        if not any(f"/resourcegroups/{group}/" in id for group in made) and "/dnszones/" not in id
    }


WAYS = [
    (name, option.id, there)
    for name in ("contoso-orders", "contoso-retail")
    for option in OPTIONS
    for there in (True, False)
]
"""Each option of both workloads, on a cluster that was there with its callers and on a new one."""


def named(case: tuple[str, str, bool]) -> str:
    """A way in words."""
    return f"{case[0]} {case[1]} {'from today' if case[2] else 'from nothing'}"
