"""Deploys the workload's own manifests into a cluster that the deployment creates."""

from __future__ import annotations

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.deployment.access import cluster_there
from apim_aks.deployment.cluster import missing_services
from apim_aks.deployment.live_objects import live_objects, named
from apim_aks.deployment.project import Project
from apim_aks.deployment.sequence import Waits, WorkloadChoice
from apim_aks.deployment.workload import workload_files
from apim_aks.listing import counted, shown
from apim_aks.remote.azure import AzureClient
from apim_aks.workload.kubernetes.references import Reference, missing

HOW = (
    "use --with-workload to have the workload's manifests applied first, or --workload-later to "
    "stop once the cluster exists, deploy the workload there yourself, and run it again (in "
    "notebook 07: APIM_AKS_VALUE_newCluster is with or later)"
)


def stands(client: AzureClient, project: Project) -> bool:
    """Whether the cluster exists now.

    Raises:
        AzureRefused: the cluster may not be read.
    """
    if client.group(project.cluster_group) is None:
        return False
    return cluster_there(client, project) is not None


def require_choice(client: AzureClient, project: Project, choice: WorkloadChoice) -> None:
    """Return if the Services will be in the cluster when they are needed.

    Raises:
        AzureRefused: the cluster may not be read.
        Waits: the cluster is new, and no way of deploying the workload was chosen.
    """
    if choice is not WorkloadChoice.ASK or not project.services or not project.new_cluster:
        return
    if not stands(client, project):
        raise Waits(
            f"Nothing was started: cluster {project.cluster} is created by this deployment and "
            f"will hold none of the {counted(len(project.services), 'Service')}; {HOW}"
        )


def arriving(
    client: AzureClient, project: Project, done: frozenset[str]
) -> tuple[ManifestFile, ...]:
    """The files that deploy the workload into a new cluster; empty once it is deployed.

    `done` are the names of files that were applied before.

    Raises:
        AzureRefused: the Services of the cluster could not be listed.
    """
    files = workload_files(project, done)
    began = any(file.name in done for file in files)
    if project.cluster_is_there or not (began or missing_services(client, project)):
        return ()
    return files


def require_services(client: AzureClient, project: Project) -> str:
    """A sentence saying that the cluster holds every Service.

    Raises:
        AzureRefused: the Services of the cluster could not be listed.
        Waits: some Services are missing.
    """
    lacking = missing_services(client, project)
    if lacking:
        raise Waits(
            f"Cluster {project.cluster} does not hold {len(lacking)} of the "
            f"{len(project.services)} Services: {', '.join(lacking[:5])}; nothing in the cluster "
            "was changed. Deploy the workload there first, then run it again."
        )
    return f"all {len(project.services)} are in the cluster"


def require_named(client: AzureClient, project: Project) -> None:
    """Return if the cluster holds what the workload's manifests refer to but do not define.

    Raises:
        AzureRefused: the cluster could not be read.
        Waits: objects are missing; the sentence gives file and line of each reference.
    """
    lacking = still_missing(client, project)
    if lacking:
        raise Waits(
            f"The workload's manifests refer to {counted(len(lacking), 'object')} that "
            f"neither they define nor cluster {project.cluster} holds: "
            f"{shown(tuple(map(told, lacking)), 5)}. Its namespaces exist: create the objects "
            "in them, then run it again"
        )


def still_missing(client: AzureClient, project: Project) -> tuple[Reference, ...]:
    """The references of the manifests that neither they nor the cluster resolve.

    Raises:
        AzureRefused: the cluster could not be read.
    """
    needed = missing(project.objects)
    held = live_objects(client, project, (named(found.key) for found in needed)).objects
    return tuple(found for found in needed if found.key not in held)


def told(found: Reference) -> str:
    """The missing object, with the place that refers to it."""
    file, line = found.where
    return f"{found.called} ({file} line {line})"
