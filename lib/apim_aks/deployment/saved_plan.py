"""A plan in a file: fingerprints of plan and answers, so that only the plan is carried out.

The file holds names and fingerprints. It holds no value, no subscription id and nothing secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from apim_aks.deployment.plan import Plan, StagePlan
from apim_aks.deployment.project import Piece, Project
from apim_aks.deployment.state import general, place
from apim_aks.deployment.what_if import ChangeType, ResourceChange
from apim_aks.errors import InputError
from apim_aks.listing import shown
from apim_aks.own_files import write_whole
from apim_aks.remote.azure import redacted
from apim_aks.workload.names import digest

_SCHEMA = 1
_UNSEEN = frozenset({ChangeType.NOT_PREDICTABLE, ChangeType.UNSUPPORTED})
_HARMLESS = frozenset({ChangeType.CREATE, ChangeType.NO_CHANGE, *_UNSEEN})
"""Changes allowed where Azure could not predict: they change no existing resource."""
_NAMED = 6


@dataclass(frozen=True, slots=True)
class SavedChange:
    """One resource: fingerprint of its id, its change, fingerprint of the details."""

    id: str
    resource: str
    change: str
    mark: str


@dataclass(frozen=True, slots=True)
class SavedStage:
    """One stage: fingerprints of template and parameters, and what Azure answered.

    `basis` says why the answer is not Azure's; it is empty if it is.
    """

    stage: str
    template: str
    parameters: Mapping[str, str]
    basis: str
    changes: tuple[SavedChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """A saved plan: its subscription (as a mark), its author, and its content."""

    workload: str
    option: str
    version: str
    place: str
    planned_by: str
    looks: Mapping[str, str]
    files: Mapping[str, str]
    stages: tuple[SavedStage, ...]

    @property
    def mark(self) -> str:
        """The fingerprint of the whole plan."""
        return digest(asdict(self), 16)

    def stage(self, name: str) -> SavedStage | None:
        """The saved stage of this name."""
        return next((s for s in self.stages if s.stage == name), None)


def saved_plan(found: Plan, project: Project, subscription: str) -> SavedPlan:
    """The plan in the form in which it is saved.

    Raises:
        InputError: the plan was made without Azure, so that there is nothing to compare.
    """
    if found.identity is None:
        raise InputError(
            "A plan made without Azure cannot be saved: it says nothing about a subscription. Sign "
            "in, set AZURE_SUBSCRIPTION_ID and leave --offline out."
        )
    pieces = {p.stage: p for p in project.pieces}
    return SavedPlan(
        workload=found.workload,
        option=found.option,
        version=project.version,
        place=place(subscription),
        planned_by=f"{found.identity.kind} {found.identity.object}",
        looks={f.id: str(f.state) for f in found.findings},
        files={f.name: digest(f.yaml) for f in project.files},
        stages=tuple(_stage(s, pieces[s.stage], subscription) for s in found.stages),
    )


def _stage(planned: StagePlan, piece: Piece, subscription: str) -> SavedStage:
    return SavedStage(
        stage=planned.stage,
        template=digest(piece.template),
        parameters={name: digest(value) for name, value in sorted(piece.parameters.items())},
        basis=planned.basis,
        changes=tuple(sorted(_changes(planned, subscription), key=lambda c: (c.resource, c.id))),
    )


def _changes(planned: StagePlan, subscription: str) -> Iterator[SavedChange]:
    """The changes of a stage, without resources that the template does not name."""
    for change in planned.changes:
        if change.kind is not ChangeType.IGNORE:
            kind = ChangeType.NO_CHANGE if change.only_noise else change.kind
            yield SavedChange(
                id=digest(general(change.id, subscription).lower(), 16),
                resource=redacted(f"{change.type} {change.name}"),
                change=kind.value,
                mark=_mark(change),
            )


def _mark(change: ResourceChange) -> str:
    lines = sorted([p.path, p.kind.value, p.mark] for p in change.shown)
    return digest(lines) if lines else ""


def write_plan(path: Path, saved: SavedPlan) -> None:
    """Writes the plan to this file, completely or not at all."""
    text = json.dumps({"schema_version": _SCHEMA, **asdict(saved)}, indent=2) + "\n"
    write_whole(path, text)


def read_plan(path: Path) -> SavedPlan:
    """The plan of this file.

    Raises:
        InputError: the file does not exist, or is not a saved plan.
    """
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if held.pop("schema_version") != _SCHEMA:
            raise ValueError
        stages = tuple(_read_stage(s) for s in held.pop("stages"))
        return SavedPlan(**held, stages=stages)
    except OSError as error:
        raise InputError(
            f"{path}: the plan cannot be read ({type(error).__name__}). Make one with plan --save."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: this is no plan of this version ({type(error).__name__}). Make a new one "
            "with plan --save."
        ) from None


def _read_stage(held: dict[str, Any]) -> SavedStage:
    return SavedStage(**held | {"changes": tuple(SavedChange(**c) for c in held["changes"])})


def require_plan(
    saved: SavedPlan, found: Plan, project: Project, subscription: str, begun: tuple[str, ...] = ()
) -> None:
    """Return if the present changes are those of the plan.

    `begun` are the stages that this plan has already started; Azure's answers for them have changed
    through the plan itself.

    Raises:
        InputError: something differs; the sentence names it.
    """
    now = saved_plan(found, project, subscription)
    different = (*_inputs(saved, now), *_answers(saved, now, frozenset(begun)))
    if different:
        raise InputError(_refusal(different))


def require_planned(saved: SavedPlan, piece: Piece, planned: StagePlan, subscription: str) -> None:
    """As `require_plan` for one stage, just before it is sent.

    Raises:
        InputError: Azure's answer differs from the plan.
    """
    before = saved.stage(piece.stage)
    now = _stage(planned, piece, subscription)
    different = tuple(_stage_answers(before, now)) if before else (f"{piece.stage} is new",)
    if different:
        raise InputError(_refusal(different))


def _refusal(different: tuple[str, ...]) -> str:
    return (
        f"The plan is no longer valid: {shown(different, _NAMED)}. Nothing more was changed. Make "
        "a new plan with plan --save FILE."
    )


def _inputs(saved: SavedPlan, now: SavedPlan) -> Iterator[str]:
    """The differences in the input, including version and subscription."""
    for what, before, after in (
        ("the workload", saved.workload, now.workload),
        ("the option", saved.option, now.option),
        ("the version of the workbook", saved.version, now.version),
    ):
        if before != after:
            yield f"{what} is {after}, the plan is about {before}"
    if saved.place != now.place:
        yield "the subscription is another one"
    yield from (f"{n} has changed" for n in _different(saved.files, now.files))
    here = {s.stage: s for s in now.stages}
    for stage in dict.fromkeys((*(s.stage for s in saved.stages), *here)):
        before_, after_ = saved.stage(stage), here.get(stage)
        if before_ is None or after_ is None:
            yield f"stage {stage} is {'new' if before_ is None else 'gone'}"
            continue
        names = _different(before_.parameters, after_.parameters)
        yield from (f"parameter {n} of {stage} has changed" for n in names)
        if before_.template != after_.template:
            yield f"the template of {stage} has changed"


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    names = dict.fromkeys((*before, *after))
    return tuple(n for n in names if before.get(n) != after.get(n))


def _answers(saved: SavedPlan, now: SavedPlan, begun: frozenset[str]) -> Iterator[str]:
    """The differences in Azure's answers."""
    if not begun:
        for look in _different(saved.looks, now.looks):
            before, after = saved.looks.get(look, "not asked"), now.looks.get(look, "not asked")
            yield f"{look} was {before} and is {after}"
    for stage in now.stages:
        before_ = saved.stage(stage.stage)
        if before_ and stage.stage not in begun:
            yield from _stage_answers(before_, stage)


def _stage_answers(before: SavedStage, now: SavedStage) -> Iterator[str]:
    known = {c.id: c for c in before.changes}
    for change in now.changes:
        planned = known.get(change.id)
        if planned and (planned.change, planned.mark) == (change.change, change.mark):
            continue
        unseen = bool(before.basis) or (planned and ChangeType(planned.change) in _UNSEEN)
        kind = ChangeType(change.change)
        if unseen and kind in _HARMLESS:
            continue
        said = ChangeType(planned.change).label if planned else "nothing"
        other = " in another way" if planned and planned.change == change.change else ""
        yield f"{now.stage}: {change.resource} is now {kind.label}{other}, the plan says {said}"
    if not now.basis and not before.basis:
        here = {c.id for c in now.changes}
        yield from (
            f"{now.stage}: {c.resource} is not in Azure's answer any more"
            for c in before.changes
            if c.id not in here
        )
