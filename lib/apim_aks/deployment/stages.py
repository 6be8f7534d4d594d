"""Deploys the stages in order: read, plan, send, wait, and record in the state."""

from __future__ import annotations

from apim_aks.deployment.memory import Memory
from apim_aks.deployment.plan import StagePlan, stage_plan
from apim_aks.deployment.project import Piece
from apim_aks.deployment.saved_plan import require_planned
from apim_aks.deployment.state import StageEntry, general
from apim_aks.deployment.waiting import (
    RUNNING,
    DeploymentFailed,
    Ended,
    Start,
    start_deployment,
    state_of,
    tried_again,
    wait_for_deployment,
)
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureRefused, Deployments


class Stages:
    """The stages of one run."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.client, self.project, self.given = memory.client, memory.project, memory.given
        self.deployments = Deployments(self.client)

    def do(self, piece: Piece) -> None:
        """Complete one stage: skipped if it is deployed, attached to if it is running.

        Raises:
            AzureRefused: Azure refused it, or it failed; what it created is in the state.
            InputError: a resource in it has another owner, or differs from the plan.
        """
        self.memory.hold()
        self.memory.make_group(piece.group)
        found = self.deployments.get(piece.group, piece.deployment)
        state = state_of(found).lower()
        if state in RUNNING:
            self._finish(piece, "attached")
            return
        planned = stage_plan(self.client, piece)
        self._require_ours(planned)
        if state == "succeeded" and not planned.new and not planned.refusal:
            ended = wait_for_deployment(self.deployments, piece, self.given.tell)
            self._keep_written(piece, ended)
            self.memory.outputs |= ended.outputs
            self.memory.ended(piece.stage, "already", "deployed before, nothing is missing")
            return
        if planned.refusal:
            raise AzureRefused(f"{piece.stage}: {planned.refusal}")
        if self.given.plan and piece.stage not in self.memory.state.begun:
            require_planned(self.given.plan, piece, planned, self.client.subscription)
        self._intended(piece, planned)
        self._send(piece)

    def _require_ours(self, planned: StagePlan) -> None:
        """Return if no resource with another owner would be overwritten."""
        for change in planned.changes:
            before, after = dict(change.tags_before), dict(change.tags_after)
            there = change.id in planned.unchanged and "option" in after
            if there and any(before.get(k) != after[k] for k in ("workload", "option")):
                whose = before.get("option") or "another owner"
                raise InputError(
                    f"{planned.stage}: {change.type} {change.name} exists already and belongs "
                    f"to {whose}. Use another azure.name_suffix, or give its name under "
                    "azure.existing."
                )

    def _intended(self, piece: Piece, planned: StagePlan) -> None:
        new = (*planned.new, *filter(self._absent, planned.unknown))
        ids = tuple(general(i, self.client.subscription) for i in new)
        sent = StageEntry(
            name=piece.stage,
            deployment=piece.deployment,
            group=piece.group,
            state="sent",
            intended=ids,
        )
        self.memory.keep(self.memory.state.with_stage(sent))

    def _absent(self, id: str) -> bool:
        """Whether a resource that what-if could not predict is absent, read from Azure."""
        try:
            return self.client.resource(id) is None
        except AzureRefused:
            return False

    def _send(self, piece: Piece) -> None:
        limit = self.client.timing.role_tries
        for attempt in self.client.attempts(limit, self.client.timing.role_pause_seconds):
            how = start_deployment(self.deployments, piece, self.project.tags, self.given.tell)
            try:
                self._finish(piece, how)
                return
            except DeploymentFailed as failed:
                if tried_again(failed.fault) == "no" or attempt == limit:
                    raise
                self.given.tell(f"{piece.stage}: {failed.fault.code}; again ({attempt} of {limit})")

    def _finish(self, piece: Piece, how: Start) -> None:
        try:
            ended = wait_for_deployment(self.deployments, piece, self.given.tell)
        except DeploymentFailed as failed:
            self._keep_written(piece, failed.ended)
            raise
        self._keep_written(piece, ended)
        self.memory.outputs |= ended.outputs
        state = "attached" if how == "attached" else "done"
        self.memory.ended(piece.stage, state, f"{len(ended.written)} resources")

    def _keep_written(self, piece: Piece, ended: Ended) -> None:
        before = self.memory.state.stage(piece.stage)
        meant = {i.lower() for i in before.intended} if before else set()
        ids = [general(i, self.client.subscription) for i in ended.written]
        created = tuple(i for i in ids if i.lower() in meant)
        found = tuple(i for i in ids if i.lower() not in meant)
        now = StageEntry(
            name=piece.stage,
            deployment=piece.deployment,
            group=piece.group,
            state=ended.state,
            intended=(),
            created=created,
            found=found,
        )
        self.memory.keep(self.memory.state.with_stage(now))
