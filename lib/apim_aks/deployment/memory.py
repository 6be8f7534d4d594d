"""What a run remembers while it goes: the deployment state, outputs of stages, steps that are done.

It is written before and after everything that changes something.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apim_aks.deployment.project import Project
from apim_aks.deployment.run import Run, StepDone
from apim_aks.deployment.state import (
    DeploymentState,
    place,
    read_state,
    require_place,
    state_path,
    write_state,
)
from apim_aks.remote.azure import AzureClient


class Memory:
    """The state as it is now, and what this run has done and learned."""

    def __init__(self, client: AzureClient, project: Project, run: Run) -> None:
        self.client, self.project, self.given = client, project, run
        self.path = state_path(run.folder, project.workload, project.option)
        found = read_state(self.path, project.workload, project.option)
        require_place(found, client.subscription, self.path)
        self.state = replace(found, digest=project.digest, place=place(client.subscription))
        self.outputs: dict[str, Any] = {}
        self.done: list[StepDone] = []

    def ended(self, name: str, state: str, seen: str) -> None:
        """A step is over: told, and part of the result."""
        self.done.append(StepDone(name, state, seen))
        self.given.tell(f"{name}: {state}, {seen}")

    def keep(self, state: DeploymentState) -> None:
        """The state from now on, in its file."""
        self.state = state
        write_state(self.path, state)
