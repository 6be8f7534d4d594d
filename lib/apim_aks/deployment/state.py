"""The deployment state: what was created, as a file of this machine beside Azure's deployments.

The file holds resource ids with `{subscription}` in place of the subscription, nothing secret, and
is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.own_files import write_whole
from apim_aks.workload.names import label

FOLDER = ".apim-aks"
SUBSCRIPTION = "{subscription}"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntry:
    """One stage: its deployment, what it was going to create, and what it created."""

    name: str
    deployment: str
    group: str
    state: str
    intended: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentState:
    """Everything one option of one workload has put into Azure.

    `plan` is the mark of the saved plan that is being done, `begun` its stages that were sent.
    `phases` are the records of moving callers and of closing, by phase.
    """

    workload: str
    option: str
    digest: str = ""
    place: str = ""
    groups: tuple[str, ...] = ()
    stages: tuple[StageEntry, ...] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    retried: Mapping[str, int] = field(default_factory=dict)
    plan: str = ""
    begun: tuple[str, ...] = ()
    phases: Mapping[str, Any] = field(default_factory=dict)

    def stage(self, name: str) -> StageEntry | None:
        """The entry of this stage."""
        return next((s for s in self.stages if s.name == name), None)

    def with_stage(self, stage: StageEntry) -> DeploymentState:
        """The state with this stage as it is now; ids that it held before stay."""
        before = self.stage(stage.name)
        if before:
            stage = replace(
                stage,
                intended=_joined(before.intended, stage.intended),
                created=_joined(before.created, stage.created),
                found=tuple(i for i in _joined(before.found, stage.found)),
            )
        kept = tuple(stage if s.name == stage.name else s for s in self.stages)
        begun = tuple(dict.fromkeys((*self.begun, stage.name)))
        return replace(self, stages=kept if before else (*kept, stage), begun=begun)

    def following(self, plan: str) -> DeploymentState:
        """The state on the way of this saved plan; of another one nothing has begun."""
        return self if self.plan == plan else replace(self, plan=plan, begun=())

    def with_step(self, name: str, mark: str) -> DeploymentState:
        """The state with this step done."""
        return replace(self, steps={**self.steps, name: mark})

    def with_retried(self, counts: Mapping[str, int]) -> DeploymentState:
        """The state with these requests added to those that Azure had to be sent again."""
        return replace(self, retried=dict(Counter(self.retried) + Counter(counts)))

    def with_phase(self, name: str, record: Mapping[str, Any]) -> DeploymentState:
        """The state with this record of a phase, as plain JSON."""
        return replace(self, phases={**self.phases, name: record})

    @property
    def moved(self) -> tuple[str, ...]:
        """The hosts that the record of moving callers says lead to what was created."""
        held = self.phases.get("cutover") or {}
        return tuple(map(str, held.get("moved") or ()))

    @property
    def created(self) -> tuple[str, ...]:
        """Every id that was created, in the order of creation."""
        return _joined(*(s.created for s in self.stages))


def _joined(*parts: Iterable[str]) -> tuple[str, ...]:
    seen = {id.lower(): id for part in parts for id in part}
    return tuple(seen.values())


def general(id: str, subscription: str) -> str:
    """A resource id without the subscription in it."""
    prefix = f"/subscriptions/{subscription}/"
    if id.lower().startswith(prefix.lower()):
        return f"/subscriptions/{SUBSCRIPTION}/{id[len(prefix) :]}"
    return id


def particular(id: str, subscription: str) -> str:
    """An id of the state file with the subscription in it again."""
    return id.replace(SUBSCRIPTION, subscription)


def place(subscription: str) -> str:
    """A mark of the subscription that tells two apart and gives neither away."""
    return hashlib.sha256(subscription.lower().encode()).hexdigest()[:12]


def require_place(state: DeploymentState, subscription: str, path: Path) -> None:
    """Nothing, where the state is about this subscription.

    Raises:
        InputError: it is about another one.
    """
    if state.place not in ("", place(subscription)):
        raise InputError(
            f"{path}: the deployment state is about another subscription than the one of "
            "AZURE_SUBSCRIPTION_ID. Use the same one, or another folder with --state."
        )


def state_path(folder: str | Path, workload: str, option: str) -> Path:
    """The file of this option's state."""
    return Path(folder or FOLDER) / label(workload) / f"{label(option)}.json"


def read_state(path: Path, workload: str, option: str) -> DeploymentState:
    """The state in this file; an empty one where there is none.

    Raises:
        InputError: the file is damaged.
    """
    if not path.is_file():
        return DeploymentState(workload=workload, option=option)
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        stages = tuple(_stage_entry(s) for s in held["stages"])
        return DeploymentState(
            workload=held["workload"],
            option=held["option"],
            digest=held["digest"],
            place=held["place"],
            groups=tuple(held["groups"]),
            stages=stages,
            steps=dict(held["steps"]),
            retried={str(what): int(number) for what, number in held.get("retried", {}).items()},
            plan=str(held.get("plan", "")),
            begun=tuple(map(str, held.get("begun", ()))),
            phases=dict(held.get("phases", {})),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: the deployment state cannot be read ({type(error).__name__}). "
            "Restore the file, or delete it: the deployments in Azure are then used."
        ) from None


def _stage_entry(held: dict[str, Any]) -> StageEntry:
    name, deployment, group, state = (
        str(held[k]) for k in ("name", "deployment", "group", "state")
    )
    intended, created, found = (tuple(held[k]) for k in ("intended", "created", "found"))
    return StageEntry(
        name=name,
        deployment=deployment,
        group=group,
        state=state,
        intended=intended,
        created=created,
        found=found,
    )


def write_state(path: Path, state: DeploymentState) -> None:
    """The state in its file, whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema_version": _SCHEMA, **asdict(state)}, indent=2) + "\n"
    write_whole(path, text, private=True)
