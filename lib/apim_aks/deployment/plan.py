"""The plan: the preflight findings, and what each stage would change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_aks.deployment.ground import ground
from apim_aks.deployment.preflight import PreflightFinding, preflight
from apim_aks.deployment.project import Piece, Project, require_answers
from apim_aks.deployment.renaming import renamed
from apim_aks.deployment.walk import walked
from apim_aks.deployment.what_if import (
    ChangeType,
    ResourceChange,
    changes_of,
    count,
    diagnostics_of,
)
from apim_aks.remote.azure import AzureClient, AzureRefused, Deployments, Identity
from apim_aks.topology.check import State

EMPTY = "planned against an empty subscription, without contacting Azure"
NO_GROUP = "the resource group does not exist yet: everything in it is new"
EARLIER = "an earlier stage has to be deployed before Azure can tell"
_LATER = frozenset(
    {"resourcenotfound", "notfound", "parentresourcenotfound", "resourcegroupnotfound"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """What one stage would change; `refusal` is Azure's reason if it would refuse.

    `basis` names the source of the rows if it is not Azure's what-if.
    """

    stage: str
    deployment: str
    group: str
    because: str
    changes: tuple[ResourceChange, ...]
    basis: str = ""
    refusal: str = ""
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The number of changes of each kind."""
        return count(self.changes)

    @property
    def new(self) -> tuple[str, ...]:
        """The ids that do not exist yet."""
        return tuple(c.id for c in self.changes if c.kind is ChangeType.CREATE)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The ids for which Azure could not tell whether they exist."""
        kinds = (ChangeType.NOT_PREDICTABLE, ChangeType.UNSUPPORTED)
        return tuple(c.id for c in self.changes if c.kind in kinds and "<" not in c.id)

    @property
    def unchanged(self) -> tuple[str, ...]:
        """The ids that exist already."""
        there = (ChangeType.MODIFY, ChangeType.NO_CHANGE, ChangeType.DEPLOY, ChangeType.DELETE)
        return tuple(c.id for c in self.changes if c.kind in there)


@dataclass(frozen=True, slots=True)
class Plan:
    """The caller, the preflight findings, and what every stage would change."""

    workload: str
    option: str
    identity: Identity | None
    findings: tuple[PreflightFinding, ...]
    stages: tuple[StagePlan, ...]

    @property
    def lost(self) -> tuple[tuple[str, ResourceChange], ...]:
        """Deleted things and deleted properties, by stage."""
        return tuple(
            (s.stage, c)
            for s in self.stages
            for c in s.changes
            if c.kind is ChangeType.DELETE or c.deleted
        )

    @property
    def interrupting(self) -> tuple[tuple[str, ResourceChange], ...]:
        """Changes that interrupt traffic, by stage."""
        return tuple((s.stage, c) for s in self.stages for c in s.changes if c.interrupting)

    @property
    def refused(self) -> tuple[str, ...]:
        """Why it would fail: failed preflight findings, and stages that Azure would refuse."""
        before = [
            f"{f.what}: {f.seen}. Next step: {f.next_step}"
            for f in self.findings
            if f.state is State.FAIL
        ]
        return (*before, *(s.refusal for s in self.stages if s.refusal))


def plan(
    client: AzureClient | None, project: Project, tell: Callable[[str], None] = lambda _: None
) -> Plan:
    """What would change, without a client against an empty subscription; reads only.

    Raises:
        AzureRefused: there is no signed-in identity, or Azure cannot be reached.
        InputError: a value is missing that only the deployer knows.
    """
    if client is None:
        stages = tuple(_offline(p, EMPTY, ChangeType.CREATE) for p in project.pieces)
        before = (*preflight(None, project), *ground(None, project), *walked(project))
        return Plan(project.workload, project.option, None, before, stages)
    require_answers(project)
    client.connection.tell = tell
    identity = client.identity()
    tell(identity.sentence)
    findings = (*preflight(client, project), *ground(client, project), *walked(project))
    planned: list[StagePlan] = []
    for piece in project.pieces:
        tell(f"{piece.stage}: asking what would change")
        planned.append(stage_plan(client, piece))
    return Plan(project.workload, project.option, identity, findings, tuple(planned))


def stage_plan(client: AzureClient, piece: Piece) -> StagePlan:
    """Validation, then what-if, of one stage.

    Raises:
        AzureRefused: Azure cannot be reached.
    """
    if client.group(piece.group) is None:
        return _offline(piece, NO_GROUP, ChangeType.CREATE, client.subscription)
    deployments = Deployments(client)
    arguments = (piece.group, piece.deployment, piece.template, piece.parameters)
    try:
        deployments.validate(*arguments)
        answer = deployments.what_if(*arguments)
    except AzureRefused as refused:
        return _refused(piece, refused, client.subscription)
    changes, notes = changes_of(answer), (*diagnostics_of(answer), *renamed(client, piece))
    return StagePlan(
        stage=piece.stage,
        deployment=piece.deployment,
        group=piece.group,
        because=piece.because,
        changes=changes,
        basis="",
        refusal="",
        notes=notes,
    )


def _refused(piece: Piece, refused: AzureRefused, subscription: str) -> StagePlan:
    if not refused.fault.code and not refused.fault.status:
        raise refused
    if refused.fault.code.lower() in _LATER and piece.needs:
        return _offline(piece, EARLIER, ChangeType.NOT_PREDICTABLE, subscription)
    return StagePlan(
        stage=piece.stage,
        deployment=piece.deployment,
        group=piece.group,
        because=piece.because,
        changes=(),
        basis="",
        refusal=str(refused),
    )


def _offline(
    piece: Piece, basis: str, kind: ChangeType, subscription: str = "<subscription>"
) -> StagePlan:
    """The rows from the template alone."""
    changes = [
        ResourceChange(
            id=r.id(subscription), type=r.type, name=r.name, kind=kind, properties=(), because=""
        )
        for r in piece.declared()
    ]
    changes.sort(key=lambda change: change.rank)
    return StagePlan(
        stage=piece.stage,
        deployment=piece.deployment,
        group=piece.group,
        because=piece.because,
        changes=tuple(changes),
        basis=basis,
    )
