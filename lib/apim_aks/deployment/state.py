"""The deployment state: what was created, kept in Azure with a copy on this machine.

It holds resource ids with `{subscription}` in place of the subscription and nothing secret. The
file is written completely or not at all; `record.py` keeps it in Azure.
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
    """One stage: its deployment, what it was to create, and what it created."""

    name: str
    deployment: str
    group: str
    state: str
    intended: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentState:
    """Everything that one option of one workload has deployed to Azure.

    `plan` is the mark of the saved plan that is being done, `begun` its stages that were sent.
    `revision` counts its changes, `kept` is the last one that is known to be in Azure.
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
    revision: int = 0
    kept: int = 0
    phases: Mapping[str, Any] = field(default_factory=dict)

    def stage(self, name: str) -> StageEntry | None:
        """The entry for this stage."""
        return next((s for s in self.stages if s.name == name), None)

    def with_stage(self, stage: StageEntry) -> DeploymentState:
        """The state with this entry for the stage; ids that it held before are kept."""
        before = self.stage(stage.name)
        if before:
            stage = replace(
                stage,
                intended=_joined(before.intended, stage.intended),
                created=_joined(before.created, stage.created),
                found=_joined(before.found, stage.found),
            )
        kept = tuple(stage if s.name == stage.name else s for s in self.stages)
        begun = tuple(dict.fromkeys((*self.begun, stage.name)))
        return replace(self, stages=kept if before else (*kept, stage), begun=begun)

    def following(self, plan: str) -> DeploymentState:
        """The state for this saved plan; for another plan no stage has begun."""
        return self if self.plan == plan else replace(self, plan=plan, begun=())

    def with_step(self, name: str, mark: str) -> DeploymentState:
        """The state with this step done."""
        return replace(self, steps={**self.steps, name: mark})

    def with_retried(self, counts: Mapping[str, int]) -> DeploymentState:
        """The state with these requests added to the retried ones."""
        return replace(self, retried=dict(Counter(self.retried) + Counter(counts)))

    def with_phase(self, name: str, record: Mapping[str, Any]) -> DeploymentState:
        """The state with this record of a phase, as plain JSON."""
        return replace(self, phases={**self.phases, name: record})

    @property
    def moved(self) -> tuple[str, ...]:
        """The hosts that lead to the deployment, by the record of the cut-over."""
        return tuple(map(str, self._cutover.get("moved") or ()))

    @property
    def records(self) -> Mapping[str, list[str]]:
        """The record sets of the reader that were led to the deployment, by id, with their ends."""
        return dict(self._cutover.get("records") or {})

    @property
    def names(self) -> Mapping[str, list[str]]:
        """The names that the reader led to the deployment by hand, with its addresses."""
        return dict(self._cutover.get("names") or {})

    @property
    def _cutover(self) -> Mapping[str, Any]:
        return self.phases.get("cutover") or {}

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
    """An id of the state file with the subscription filled in."""
    return id.replace(SUBSCRIPTION, subscription)


def place(subscription: str) -> str:
    """A mark that identifies the subscription without revealing it."""
    return hashlib.sha256(subscription.lower().encode()).hexdigest()[:12]


def require_place(state: DeploymentState, subscription: str, path: Path) -> None:
    """Return if the state is about this subscription.

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
    """The state in this file; an empty state without a file.

    Raises:
        InputError: the file is damaged.
    """
    if not path.is_file():
        return DeploymentState(workload=workload, option=option)
    return state_of_text(path.read_text(encoding="utf-8", errors="replace"), str(path))


def state_of_text(text: str, place: str) -> DeploymentState:
    """The state in a text; `place` names its source in errors.

    Raises:
        InputError: it is damaged.
    """
    try:
        held: dict[str, Any] = json.loads(text)
        return _state(held)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{place}: the deployment state cannot be read ({type(error).__name__}). "
            "Restore it, or delete it: the deployments in Azure are then used."
        ) from None


def _state(held: dict[str, Any]) -> DeploymentState:
    return DeploymentState(
        workload=held["workload"],
        option=held["option"],
        digest=held["digest"],
        place=held["place"],
        groups=tuple(held["groups"]),
        stages=tuple(_stage_entry(s) for s in held["stages"]),
        steps=dict(held["steps"]),
        retried={str(what): int(number) for what, number in held.get("retried", {}).items()},
        plan=str(held.get("plan", "")),
        begun=tuple(map(str, held.get("begun", ()))),
        revision=int(held.get("revision", 0)),
        kept=int(held.get("kept", 0)),
        phases=dict(held.get("phases", {})),
    )


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


def text_of_state(state: DeploymentState) -> str:
    """The state as text."""
    return json.dumps({"schema_version": _SCHEMA, **asdict(state)}, indent=2) + "\n"


def write_state(path: Path, state: DeploymentState) -> None:
    """Writes the state to its file, completely or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text_of_state(state), private=True)


def together(here: DeploymentState, there: DeploymentState | None) -> DeploymentState:
    """Merges the local copy into the state in Azure.

    Ids of both are kept; whether a resource still exists shows when it is read.
    """
    if there is None or (here.revision > here.kept and there.revision <= here.kept):
        return here
    if here.revision <= here.kept:
        return replace(there, kept=there.revision)
    found = there
    for stage in here.stages:
        found = found.with_stage(stage)
    return replace(
        found,
        groups=tuple(dict.fromkeys((*there.groups, *here.groups))),
        steps={**here.steps, **there.steps},
        begun=there.begun if there.plan != here.plan else found.begun,
        revision=max(here.revision, there.revision),
        kept=there.revision,
    )
