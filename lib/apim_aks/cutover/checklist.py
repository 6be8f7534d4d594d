"""The phases as a checklist: how far each is by the record, and what the option costs an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from apim_aks.costs import Cost
from apim_aks.cutover.record import CutoverRecord, HostState, close_record, cutover_record
from apim_aks.deployment import DeploymentState, Project
from apim_aks.deployment.record import project_state
from apim_aks.deployment.sequence import left_to_do
from apim_aks.facts.cutover import cutover_settings
from apim_aks.facts.phases import PhaseRow, phase_rows
from apim_aks.remote.azure import AzureClient, AzureRefused


class Standing(StrEnum):
    """How far a phase is."""

    DONE = "done"
    BEGUN = "begun"
    NEXT = "next"
    POSSIBLE = "possible"
    LATER = "later"
    UNKNOWN = "not asked"


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase of the checklist."""

    row: PhaseRow
    standing: Standing


def state_there(
    client: AzureClient | None, project: Project, folder: str
) -> DeploymentState | None:
    """How far the record says that it is; None where nobody asks, or Azure does not say.

    Raises:
        InputError: the record is damaged, or its copy is about another subscription.
    """
    if client is None:
        return None
    try:
        return project_state(client, project, folder)
    except AzureRefused:
        return None


def checklist(project: Project, state: DeploymentState | None) -> tuple[PhaseLine, ...]:
    """Every phase in its order; without a state nobody has asked how far they are.

    Raises:
        InputError: the record of the cut-over is damaged.
    """
    if state is None:
        return tuple(PhaseLine(row, Standing.UNKNOWN) for row in phase_rows())
    found = _standings(project, state)
    return tuple(PhaseLine(row, found[row.id]) for row in phase_rows())


def _standings(project: Project, state: DeploymentState) -> Mapping[str, Standing]:
    record = cutover_record(state.phases, Path(project.option))
    closed = close_record(state.phases)
    began = bool(closed.files)
    deploy = _deployed(project, state)
    cutover = _after(deploy, bool(record.complete_at), _touched(record))
    close = _after(cutover, bool(closed.complete_at), began)
    back = _touched(record) and not began
    made = bool(state.created or state.groups)
    return {
        "plan": Standing.DONE if state.stages else Standing.NEXT,
        "deploy": deploy,
        "cutover": cutover,
        "rollback": Standing.POSSIBLE if back else Standing.LATER,
        "close": close,
        "remove": Standing.POSSIBLE if made else Standing.LATER,
    }


def _deployed(project: Project, state: DeploymentState) -> Standing:
    if not left_to_do(project, state):
        return Standing.DONE
    return Standing.BEGUN if state.stages else Standing.NEXT


def _touched(record: CutoverRecord) -> bool:
    return any(h.state not in (HostState.WAITING, HostState.BACK) for h in record.hosts)


def _after(before: Standing, done: bool, begun: bool) -> Standing:
    if done:
        return Standing.DONE
    if begun:
        return Standing.BEGUN
    return Standing.NEXT if before is Standing.DONE else Standing.LATER


def hourly(cost: Cost) -> str:
    """What an option costs an hour while it stands, in a sentence."""
    hours = cutover_settings().hours_a_month
    low = f"{cost.low / hours:,.2f} {cost.currency}"
    high = "" if cost.high == cost.low else f" to {cost.high / hours:,.2f}"
    most = " or more, since a part has no price" if cost.high == float("inf") else high
    return (
        f"While it stands it costs about {low}{most} an hour, by list prices of a month over "
        f"{hours} hours, beside what all options have alike."
    )
