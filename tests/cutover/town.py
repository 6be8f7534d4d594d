"""Contoso Retail with its own name at the gateway: zones, resolvers, a clock, a gateway."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from apim_aks.cutover.cutover import cutover
from apim_aks.cutover.record import CutoverRecord, cutover_record
from apim_aks.cutover.rollback import rollback
from apim_aks.cutover.session import Moving, PhaseEnded
from apim_aks.decision.design import Design, design
from apim_aks.deployment import DeploymentState, Project, project, read_state, state_path
from apim_aks.deployment.confirmation import confirmation
from apim_aks.deployment.lease import lease_zone
from apim_aks.deployment.state import StageEntry, write_state
from apim_aks.options import option
from apim_aks.remote.azure import ZONES, AzureClient
from apim_aks.remote.calls import Call, Caller, Ending, Outcome, Vantage
from apim_aks.verification import LiveScene
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.workload.call import CallState
from apim_aks.workload.file import read_workload
from tests.support.arm_server import BOOKKEEPING, Arm
from tests.support.azure_scenes import Scene, again, scene

HOST, ZONE, GROUP = "content.contoso.example", "contoso.example", "rg-dns"
OLD, NEW = "203.0.113.9", "20.1.2.3"
GATEWAY = "apim-retail01.azure-api.net"
BY_HAND = ("node ports of *", "internal address of *", "contoso-retail-*")
START = 1_800_000_000.0
OPTION = "vnet-external"


@cache
def moved_design(confirmed: bool = True, host: str = HOST) -> Design:
    """The workload with a name of its own at the gateway, its calls confirmed or as found."""
    read = read_workload("contoso-retail")
    calls = tuple(replace(c, state=CallState.CONFIRMED) for c in read.graph.calls)
    graph = replace(read.graph, calls=calls) if confirmed else read.graph
    azure = replace(read.azure, host_name=host)
    return design(replace(read, azure=azure, graph=graph), (option(OPTION),))


@cache
def moved_project(confirmed: bool = True, host: str = HOST) -> Project:
    made = moved_design(confirmed, host)
    return project(made, made.placement(OPTION), "1.0")


class Callers(Caller):
    """A place that resolves what the zones hold, and a gateway that answers as it is told."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        object.__setattr__(self, "town", town)

    def addresses(self, host: str) -> tuple[str, ...]:
        town: Town = self.town  # type: ignore[attr-defined]
        return town.resolved(host)

    def ask(self, call: Call) -> Outcome:
        town: Town = self.town  # type: ignore[attr-defined]
        if NEW not in town.resolved(call.host):
            raise AssertionError(f"a key was sent to {call.host}, which is not the gateway")
        town.asked.append(call.host)
        return Outcome(Ending.ANSWERED, town.status(call), connected=True)


@dataclass
class Town:
    """Everything around one run; time goes on with the pauses of the client."""

    live: Scene
    confirmed: bool = True
    host: str = HOST
    status: Callable[[Call], int] = lambda call: 200
    elsewhere: dict[str, tuple[str, ...]] = field(default_factory=lambda: {GATEWAY: (NEW,)})
    asked: list[str] = field(default_factory=list)
    later: float = 0.0

    @property
    def arm(self) -> Arm:
        return self.live.arm

    def now(self) -> float:
        return START + self.later + sum(self.live.pauses)

    def zone(self, private: bool = False) -> str:
        kind = "privateDnsZones" if private else "dnsZones"
        return f"{self.arm.scope(GROUP)}/providers/Microsoft.Network/{kind}/{ZONE}"

    def record(self, kind: str = "A", name: str = "content") -> Any:
        return self.arm.resources.get(f"{self.zone()}/{kind}/{name}".lower())

    def resolved(self, host: str) -> tuple[str, ...]:
        """By the public zone, names of Azure's by their own."""
        if host in self.elsewhere:
            return self.elsewhere[host]
        name = host.removesuffix(f".{ZONE}") if host != ZONE else "@"
        if found := self.record("CNAME", name):
            return self.resolved(found["properties"]["CNAMERecord"]["cname"].rstrip("."))
        held = [r for k in ("A", "AAAA") if (r := self.record(k, name))]
        lists = [r["properties"].get("ARecords") or r["properties"]["AAAARecords"] for r in held]
        return tuple(next(iter(one.values())) for rows in lists for one in rows)

    def scene(self) -> LiveScene:
        made = moved_design(self.confirmed, self.host)
        values = {"callerToken": "token-of-a-caller", "subscriptionKey": "key-of-a-caller"}
        return LiveScene(
            design=made,
            placement=made.placement(OPTION),
            project=moved_project(self.confirmed, self.host),
            azure=AzureReader(self.live.client),
            vantage=Vantage("internet", values, caller=Callers(self)),
            tell=self.live.told.append,
        )

    def given(self, **changes: Any) -> Moving:
        values: dict[str, Any] = {
            "folder": str(self.live.folder / "state"),
            "zones": ((GROUP, ZONE),),
            "moved": BY_HAND,
            "prepared": (HOST,),
            "called": ("*",),
            "now": self.now,
            "confirm": word(self.live.client, moved_project(self.confirmed)),
        }
        return Moving(**(values | changes))

    def cutover(self, **changes: Any) -> PhaseEnded:
        return cutover(self.scene(), self.given(**changes))

    def rollback(self) -> PhaseEnded:
        return rollback(self.scene(), self.given())

    def reborn(self) -> None:
        """Another process, the same Azure and the same folder."""
        self.later += sum(self.live.pauses)
        self.live = again(self.live)

    def kept(self) -> CutoverRecord:
        path = state_path(self.live.folder / "state", "contoso-retail", OPTION)
        return cutover_record(read_state(path, "contoso-retail", OPTION).phases, path)

    def deployed(self) -> None:
        """The state file as deploy leaves it."""
        stages = tuple(
            StageEntry(name=p.stage, deployment=p.deployment, group=p.group, state="Succeeded")
            for p in moved_project(self.confirmed, self.host).pieces
        )
        steps = {f.name: "applied" for f in moved_project(self.confirmed, self.host).files}
        state = DeploymentState(
            workload="contoso-retail", option=OPTION, stages=stages, steps=steps
        )
        write_state(state_path(self.live.folder / "state", "contoso-retail", OPTION), state)
        made = moved_project(self.confirmed, self.host)
        self.arm.groups[made.home] = {"id": self.arm.scope(made.home), "name": made.home}
        zone = f"{self.arm.scope(made.home)}/providers/{ZONES}/{lease_zone(made)}"
        self.arm.put(zone, type=ZONES, tags=made.tags)


@contextmanager
def town(folder: Path, **changes: Any) -> Iterator[Town]:
    """A deployed option, the zone with the name of today, and requests of the hour before."""
    with scene(folder, Arm()) as live:
        found = Town(live, **changes)
        arm = live.arm
        arm.put(found.zone(), type="Microsoft.Network/dnsZones", properties={})
        a = {"TTL": 3600, "ARecords": [{"ipv4Address": OLD}], "fqdn": f"{HOST}."}
        arm.put(f"{found.zone()}/A/content", etag="etag-0", properties=a)
        made = moved_project(found.confirmed)
        gateway = f"providers/Microsoft.ApiManagement/service/{made.gateway}"
        arm.put(
            f"{arm.scope(made.home)}/{gateway}",
            type="Microsoft.ApiManagement/service",
            properties={"publicIPAddresses": [NEW], "provisioningState": "Succeeded"},
        )
        arm.groups[made.home.lower()] = {"id": arm.scope(made.home), "name": made.home}
        arm.requests += [(START - 60 * m, "2xx", 10) for m in range(60)]
        found.deployed()
        yield found


def word(client: AzureClient, made: Project) -> str:
    """What somebody types who knows what is changed."""
    return confirmation(client.identity(), made.cluster)


def written(arm: Arm) -> list[str]:
    """Every request that changed something, in order; the lease and the record are not counted."""
    found = [line for line in arm.log if re.match("PUT|DELETE|POST|PATCH", line)]
    return [line for line in found if not re.search(BOOKKEEPING, line)]
