"""Which way leads into the cluster: Azure's run command, or kubectl where that is disabled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient, CommandResult
from apim_aks.remote.kubeconfig import run_here

CLUSTERS = "Microsoft.ContainerService/managedClusters"


class Way(StrEnum):
    """How commands reach the API server."""

    RUN_COMMAND = "run-command"
    KUBECONFIG = "kubeconfig"

    @property
    def sentence(self) -> str:
        """What is said of it, with the reason."""
        return {
            "run-command": "Azure's run command: the cluster has it enabled.",
            "kubeconfig": "kubectl and kubelogin of this machine: the cluster has the run command "
            "disabled.",
        }[self.value]


def way(client: AzureClient, project: Project) -> Way:
    """The way into the cluster as Azure has it; of one that is not there yet, as it will be.

    Raises:
        AzureRefused: the cluster may not be looked at.
    """
    found = client.resource(client.id(project.cluster_group, f"{CLUSTERS}/{project.cluster}"))
    made = (r.body for r in project.declared if r.type.lower() == CLUSTERS.lower())
    properties = (found or next(made, {})).get("properties") or {}
    profile: dict[str, Any] = properties.get("apiServerAccessProfile") or {}
    return Way.KUBECONFIG if profile.get("disableRunCommand") is True else Way.RUN_COMMAND


def in_cluster(
    client: AzureClient, project: Project, commands: Sequence[str], files: Mapping[str, str]
) -> CommandResult:
    """Commands of kubectl in the cluster, by the way that leads there; which one it is is said.

    Raises:
        AzureRefused: the command could not be run; one that ran and failed is a result.
        InputError: a program of this machine is needed and not there.
    """
    leads = way(client, project)
    client.connection.say_once(f"Into cluster {project.cluster} by {leads.sentence}")
    if leads is Way.KUBECONFIG:
        return run_here(client, project.cluster_group, project.cluster, commands, files)
    return client.run(project.cluster_group, project.cluster, " && ".join(commands), files)
