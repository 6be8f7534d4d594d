"""Which way leads into the cluster: Azure's run command, or kubectl where that is disabled."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient

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
