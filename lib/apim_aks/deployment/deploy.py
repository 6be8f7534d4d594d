"""Deploys stage by stage; stages that Azure already holds are not deployed again.

It stops before any change to what serves callers today, and names the steps that follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.deployment import gate as entry
from apim_aks.deployment.answering import CALLS, answered
from apim_aks.deployment.applying import apply_each
from apim_aks.deployment.approval import approved
from apim_aks.deployment.arrival import (
    arriving,
    require_choice,
    require_named,
    require_services,
    stands,
)
from apim_aks.deployment.certificates import by_hand, certificate_states, client_for
from apim_aks.deployment.cluster import (
    before_apis,
    filled,
    mark,
    placeholder_values,
)
from apim_aks.deployment.confirmation import require_confirmed
from apim_aks.deployment.following import following
from apim_aks.deployment.ground import ground
from apim_aks.deployment.memory import Memory
from apim_aks.deployment.plan import plan
from apim_aks.deployment.project import (
    APPROVAL,
    CERTIFICATES,
    MANIFESTS,
    SERVICES,
    Project,
    recovering,
    require_answers,
)
from apim_aks.deployment.run import NOT_ASKED, Deployed, Run
from apim_aks.deployment.saved_plan import require_plan
from apim_aks.deployment.sequence import Waits, WorkloadChoice, order
from apim_aks.deployment.stages import Stages
from apim_aks.deployment.state import DeploymentState
from apim_aks.errors import InputError
from apim_aks.listing import counted
from apim_aks.remote.azure import AzureClient, AzureRefused
from apim_aks.topology.check import State


def client_retries(client: AzureClient) -> Counter[str]:
    """How many requests were retried so far, by Azure's answer."""
    return Counter(client.connection.retried)


def deploy(
    client: AzureClient | None,
    project: Project,
    *,
    apply: bool = False,
    run: Run | None = None,
) -> Deployed:
    """Deploys what does not exist yet of this project; without `apply` it changes nothing.

    Raises:
        AzureRefused: Azure refused; the state file holds what was created before.
        InputError: there is no client, a value of the deployer is missing, the change was not
            confirmed, or the saved plan is no longer valid.
    """
    if not apply:
        return Deployed(workload=project.workload, option=project.option, waits_for=NOT_ASKED)
    if client is None:
        raise InputError("Nothing was deployed. Set live=True to let the notebook contact Azure.")
    given = run or Run()
    require_answers(project)
    client.connection.tell = given.tell
    given.tell(client.identity().sentence)
    _require_ours(client, project, given.restore)
    memory = Memory(client, recovering(project, given.restore), given, "deploy")
    _require_plan(memory)
    require_confirmed(client, project, given.confirm, given.answer)
    return _Deployment(memory).run()


def _require_ours(client: AzureClient, project: Project, restored: frozenset[str]) -> None:
    """Return if no deleted resource of somebody else would be recovered."""
    looks = {
        "gateway": (client.deleted_gateway, project.gateway),
        "vault": (client.deleted_vault, project.vault),
    }
    for look, name in (looks[what] for what in sorted(restored)):
        held = look(name, project.region)
        if held and (why := project.stranger(held)):
            raise InputError(
                f"Nothing was deployed: deleted {name} is not recovered, since {why}. Choose "
                "another azure.name_suffix in workload.yaml."
            )


def _require_plan(memory: Memory) -> None:
    """Return if no plan was saved, or if Azure still answers as the plan says."""
    saved, client, project = memory.given.plan, memory.client, memory.project
    memory.state = memory.state.following(saved.mark if saved else "")
    if saved:
        memory.given.tell(f"The plan was made by {saved.planned_by}; what-if is run again.")
        found = plan(client, project, memory.given.tell)
        require_plan(saved, found, project, client.subscription, memory.state.begun)
    elif project.objects and not _begun(memory.state) and stands(client, project):
        _tell_ground(client, project, memory.given)


def _begun(state: DeploymentState) -> bool:
    return bool(state.stages or state.steps)


def _tell_ground(client: AzureClient, project: Project, given: Run) -> None:
    """Tells how the cluster differs from the files, for who confirms a change without a plan."""
    try:
        found = [f for f in ground(client, project) if f.state is not State.PASS]
    except AzureRefused as refused:
        given.tell(f"Cluster {project.cluster} was not compared with the files: {refused}")
        return
    for finding in found:
        given.tell(finding.line)
    seen = counted(len(found), "finding") if found else "as the files say"
    given.tell(f"Cluster {project.cluster} was compared with the files: {seen}.")


class _Deployment:
    """One run: stage by stage, with the steps between them."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.client, self.project, self.given = memory.client, memory.project, memory.given
        self.stages = Stages(memory)

    def run(self) -> Deployed:
        steps: Mapping[str, Callable[[], None]] = {
            APPROVAL: self._approval,
            CERTIFICATES: self._certificates,
            MANIFESTS: self._manifests,
            SERVICES: self._services,
            **{p.stage: partial(self.stages.do, p) for p in self.project.pieces},
        }
        waits, retried = "", client_retries(self.client)
        try:
            require_choice(self.client, self.project, self.given.workload)
            for name in order(self.project):
                steps[name]()
            if seen := answered(self.client, self.given):
                self.memory.ended(CALLS, "done", seen)
        except Waits as reason:
            waits = str(reason)
        finally:
            again = client_retries(self.client) - retried
            if again:
                self.memory.keep(self.memory.state.with_retried(again))
            self.memory.lease.release()
        return Deployed(
            workload=self.project.workload,
            option=self.project.option,
            steps=tuple(self.memory.done),
            created=self.memory.state.created,
            waits_for=waits,
            follows=() if waits else following(self.project),
            retried=tuple(
                f"{what} {number} times; each was sent again." for what, number in again.items()
            ),
        )

    # Steps without a template

    def _services(self) -> None:
        if self.given.workload is WorkloadChoice.WITH:
            self._workload()
        self.memory.ended(SERVICES, "already", require_services(self.client, self.project))

    def _workload(self) -> None:
        """Applies the workload's own manifests to a new cluster; waits for missing objects."""
        applied = self.memory.state.steps
        files = arriving(self.client, self.project, frozenset(applied))
        apply_each(self.memory, files[:-1])
        if any(applied.get(file.name) != mark(file) for file in files[-1:]):
            require_named(self.client, self.project)
        apply_each(self.memory, files[-1:])

    def _certificates(self) -> None:
        if not self.project.certificates:
            return
        if self.given.certificates_done:
            self.memory.ended(CERTIFICATES, "already", "confirmed with --certificates-done")
            return
        vault = self.given.vault or client_for(self.client, self.project)
        states = certificate_states(vault, self.project)
        lacking = [s for s in states if s.state is not State.PASS]
        if lacking:
            words = "; ".join(f"{s.name}: {s.seen}" for s in lacking[:5])
            raise Waits(
                f"{len(lacking)} of {len(states)} certificates are missing ({words}). Run the "
                "certificates step and then this again, or use --certificates-done."
            )
        hand = f", {len(by_hand(self.project))} secrets by hand" if by_hand(self.project) else ""
        self.memory.ended(CERTIFICATES, "already", f"{len(states)} certificates{hand}")

    def _approval(self) -> None:
        self.memory.ended(APPROVAL, "done", approved(self.client, self.project))

    def _manifests(self) -> None:
        files = before_apis(self.project)
        self._files(tuple(f for f in files if not f.gated))
        if self.project.gate and files and not self.given.gate_checked:
            seen = entry.prove_closed(self.client, self.project, self.given.tell, self.given.ask)
            self.memory.ended(self.project.gate.id, "done", seen)
        self._files(tuple(f for f in files if f.gated))

    def _files(self, files: tuple[ManifestFile, ...]) -> None:
        values = placeholder_values(self.memory.outputs, self.given.values)
        apply_each(self.memory, filled(files, values))
