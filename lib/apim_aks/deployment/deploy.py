"""Deploying stage by stage: what is done already is found in Azure and not done again.

It ends before anything is changed that serves callers today; what would follow is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.deployment import gate as entry
from apim_aks.deployment.applying import apply_file, undone
from apim_aks.deployment.approval import approved
from apim_aks.deployment.arrival import (
    arriving,
    require_choice,
    require_named,
    require_services,
)
from apim_aks.deployment.certificates import by_hand, certificate_states, client_for
from apim_aks.deployment.cluster import (
    before_apis,
    filled,
    mark,
    placeholder_values,
)
from apim_aks.deployment.following import following
from apim_aks.deployment.plan import StagePlan, stage_plan
from apim_aks.deployment.project import (
    APPROVAL,
    CERTIFICATES,
    MANIFESTS,
    SERVICES,
    Piece,
    Project,
    recovering,
    require_answers,
)
from apim_aks.deployment.run import NOT_ASKED, Deployed, Run, StepDone, Waits, WorkloadChoice, order
from apim_aks.deployment.state import (
    DeploymentState,
    StageEntry,
    general,
    place,
    read_state,
    require_place,
    state_path,
    write_state,
)
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
from apim_aks.remote.azure import AzureClient, AzureRefused, Deployments
from apim_aks.topology.check import State


def client_retries(client: AzureClient) -> Counter[str]:
    """How often which answer of Azure led to another try, until now."""
    return Counter(client.connection.retried)


def deploy(
    client: AzureClient | None,
    project: Project,
    *,
    apply: bool = False,
    run: Run | None = None,
) -> Deployed:
    """Everything of this project that is not there yet; nothing without `apply`.

    Raises:
        AzureRefused: Azure refused, and the state file holds what was created until then.
        InputError: there is no client, or a value is missing that only the deployer knows.
    """
    if not apply:
        return Deployed(workload=project.workload, option=project.option, waits_for=NOT_ASKED)
    if client is None:
        raise InputError("Nothing was deployed. Set live=True to let the notebook contact Azure.")
    given = run or Run()
    require_answers(project)
    client.connection.tell = given.tell
    given.tell(client.identity().sentence)
    return _Deployment(client, recovering(project, given.restore), given).run()


class _Deployment:
    """One run: the state file is written before and after everything that changes something."""

    def __init__(self, client: AzureClient, project: Project, run: Run) -> None:
        self.client, self.project, self.given = client, project, run
        self.path = state_path(run.folder, project.workload, project.option)
        found = read_state(self.path, project.workload, project.option)
        require_place(found, client.subscription, self.path)
        self.state = replace(found, digest=project.digest, place=place(client.subscription))
        self.deployments = Deployments(client)
        self.outputs: dict[str, Any] = {}
        self.done: list[StepDone] = []

    def run(self) -> Deployed:
        steps: Mapping[str, Callable[[], None]] = {
            APPROVAL: self._approval,
            CERTIFICATES: self._certificates,
            MANIFESTS: self._manifests,
            SERVICES: self._services,
            **{p.stage: partial(self._stage, p) for p in self.project.pieces},
        }
        waits, retried = "", client_retries(self.client)
        try:
            require_choice(self.client, self.project, self.given.workload)
            for name in order(self.project):
                steps[name]()
        except Waits as reason:
            waits = str(reason)
        finally:
            again = client_retries(self.client) - retried
            if again:
                self._keep(self.state.with_retried(again))
        return Deployed(
            workload=self.project.workload,
            option=self.project.option,
            steps=tuple(self.done),
            created=self.state.created,
            waits_for=waits,
            follows=() if waits else following(self.project),
            retried=tuple(
                f"{what} {number} times; each was sent again." for what, number in again.items()
            ),
        )

    def _ended(self, name: str, state: str, seen: str) -> None:
        self.done.append(StepDone(name, state, seen))
        self.given.tell(f"{name}: {state}, {seen}")

    def _keep(self, state: DeploymentState) -> None:
        self.state = state
        write_state(self.path, state)

    # Stages

    def _stage(self, piece: Piece) -> None:
        self._group(piece)
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
            self.outputs |= ended.outputs
            self._ended(piece.stage, "already", "deployed before, nothing is missing")
            return
        if planned.refusal:
            raise AzureRefused(f"{piece.stage}: {planned.refusal}")
        self._intended(piece, planned)
        self._send(piece)

    def _group(self, piece: Piece) -> None:
        if self.client.group(piece.group) is not None:
            return
        # The intent is written first: a group that the state does not hold would be left behind.
        groups = tuple(dict.fromkeys((*self.state.groups, piece.group)))
        self._keep(replace(self.state, groups=groups))
        self.client.create_group(piece.group, self.project.region, self.project.tags)

    def _require_ours(self, planned: StagePlan) -> None:
        """Nothing is written over that somebody else made."""
        for change in planned.changes:
            before, after = dict(change.tags_before), dict(change.tags_after)
            there = change.id in planned.unchanged and "option" in after
            if there and any(before.get(k) != after[k] for k in ("workload", "option")):
                whose = before.get("option") or "somebody else"
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
        self._keep(self.state.with_stage(sent))

    def _absent(self, id: str) -> bool:
        """What-if could not say: it is looked at."""
        try:
            return self.client.resource(id) is None
        except AzureRefused:
            return False

    def _send(self, piece: Piece) -> None:
        limit = self.client.timing.role_tries
        for attempt in range(1, limit + 1):
            how = start_deployment(self.deployments, piece, self.project.tags, self.given.tell)
            try:
                self._finish(piece, how)
                return
            except DeploymentFailed as failed:
                if tried_again(failed.fault) == "no" or attempt == limit:
                    raise
                self.given.tell(f"{piece.stage}: {failed.fault.code}; again ({attempt} of {limit})")
                self.client.pause(self.client.timing.role_pause_seconds)

    def _finish(self, piece: Piece, how: Start) -> None:
        try:
            ended = wait_for_deployment(self.deployments, piece, self.given.tell)
        except DeploymentFailed as failed:
            self._keep_written(piece, failed.ended)
            raise
        self._keep_written(piece, ended)
        self.outputs |= ended.outputs
        state = "attached" if how == "attached" else "done"
        self._ended(piece.stage, state, f"{len(ended.written)} resources")

    def _keep_written(self, piece: Piece, ended: Ended) -> None:
        before = self.state.stage(piece.stage)
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
        self._keep(self.state.with_stage(now))

    # Steps without a template

    def _services(self) -> None:
        if self.given.workload is WorkloadChoice.WITH:
            self._workload()
        self._ended(SERVICES, "already", require_services(self.client, self.project))

    def _workload(self) -> None:
        """The workload's own manifests, where we made the cluster; what they lack is asked for."""
        files = arriving(self.client, self.project, frozenset(self.state.steps))
        self._each(files[:-1])
        if any(self.state.steps.get(file.name) != mark(file) for file in files[-1:]):
            require_named(self.client, self.project)
        self._each(files[-1:])

    def _certificates(self) -> None:
        if not self.project.certificates:
            return
        if self.given.certificates_done:
            self._ended(CERTIFICATES, "already", "said to be done")
            return
        vault = self.given.vault or client_for(self.client, self.project)
        states = certificate_states(vault, self.project)
        lacking = [s for s in states if s.state is not State.PASS]
        if lacking:
            words = "; ".join(f"{s.name}: {s.seen}" for s in lacking[:5])
            raise Waits(
                f"{len(lacking)} of {len(states)} certificates are not there ({words}); do the "
                "certificates step, then run it again, or say --certificates-done."
            )
        hand = f", {len(by_hand(self.project))} secrets by hand" if by_hand(self.project) else ""
        self._ended(CERTIFICATES, "already", f"{len(states)} certificates{hand}")

    def _approval(self) -> None:
        self._ended(APPROVAL, "done", approved(self.client, self.project))

    def _manifests(self) -> None:
        files = before_apis(self.project)
        self._files(tuple(f for f in files if not f.gated))
        if self.project.gate and files and not self.given.gate_checked:
            seen = entry.prove_closed(self.client, self.project, self.given.tell, self.given.ask)
            self._ended(self.project.gate.id, "done", seen)
        self._files(tuple(f for f in files if f.gated))

    def _files(self, files: tuple[ManifestFile, ...]) -> None:
        self._each(filled(files, placeholder_values(self.outputs, self.given.values)))

    def _each(self, files: Iterable[ManifestFile]) -> None:
        given = tuple(files)
        before = [f for f in given if self.state.steps.get(f.name) == mark(f)]
        again = undone(self.client, self.project, before)
        for file in given:
            if not file.objects:
                self._ended(file.name, "waits", "; ".join(file.by_hand))
            elif file in before and file.name not in again:
                self._ended(file.name, "already", "applied before")
            else:
                self._apply(file, again.get(file.name, ""))

    def _apply(self, file: ManifestFile, changed: str) -> None:
        if changed:
            self.given.tell(f"{file.name}: {changed}")
        seen = apply_file(self.client, self.project, file, self.given.patches)
        self._keep(self.state.with_step(file.name, mark(file)))
        by_hand = (f"by hand: {step}" for step in file.by_hand)
        self._ended(file.name, "done", "; ".join((seen, *by_hand)))
