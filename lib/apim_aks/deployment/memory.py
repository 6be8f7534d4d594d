"""The memory of a run: the deployment state, outputs of stages, and completed steps.

It is written before and after every change: to the file on this machine
first, then into Azure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apim_aks.deployment.lease import Hold
from apim_aks.deployment.project import Project
from apim_aks.deployment.record import project_state, record_name, write_text
from apim_aks.deployment.run import Run, StepDone
from apim_aks.deployment.state import (
    DeploymentState,
    place,
    state_path,
    text_of_state,
    write_state,
)
from apim_aks.remote.azure import AzureClient, AzureRefused


class Memory:
    """The current state, and what this run has done and learned; `doing` is its verb.

    Raises:
        AzureRefused: the record in Azure may not be read.
        InputError: the state is damaged, or about another subscription.
    """

    def __init__(self, client: AzureClient, project: Project, run: Run, doing: str) -> None:
        self.client, self.project, self.given = client, project, run
        self.path = state_path(run.folder, project.workload, project.option)
        found = project_state(client, project, run.folder)
        self.state = replace(found, digest=project.digest, place=place(client.subscription))
        self.lease = Hold(client, project, doing, run.tell, run.take_over)
        self.outputs: dict[str, Any] = {}
        self.done: list[StepDone] = []

    def hold(self) -> None:
        """Holds the lease before each change, so that no other run makes changes.

        Raises:
            AzureRefused: group or lease may not be created.
            LeaseHeld: another run holds the lease.
        """
        self.make_group(self.project.home)
        self.lease.require()

    def make_group(self, name: str) -> None:
        """Creates the resource group if it does not exist."""
        if self.client.group(name) is not None:
            return
        # The intent is written first: a group that the state does not hold would be left behind.
        self.keep(replace(self.state, groups=tuple(dict.fromkeys((*self.state.groups, name)))))
        self.client.create_group(name, self.project.region, self.project.tags)

    def ended(self, name: str, state: str, seen: str) -> None:
        """Reports a completed step and adds it to the result."""
        self.done.append(StepDone(name, state, seen))
        self.given.tell(f"{name}: {state}, {seen}")

    def keep(self, state: DeploymentState) -> None:
        """Keeps this state in its file, and in Azure while the lease is held."""
        self.state = replace(state, revision=state.revision + 1)
        write_state(self.path, self.state)
        if self.lease.held is None:
            return
        kept = replace(self.state, kept=self.state.revision)
        try:
            write_text(self.client, self.project, record_name(self.project), text_of_state(kept))
        except AzureRefused as refused:
            self.given.tell(f"The record in Azure is outdated; the next step retries: {refused}")
            return
        self.state = kept
        write_state(self.path, kept)
