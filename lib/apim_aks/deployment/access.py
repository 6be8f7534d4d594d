"""Which way leads into the cluster: Azure's run command, or kubectl where that is disabled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from apim_aks.artefacts.arm_templates.site import CLUSTERS
from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient, CommandResult, Json
from apim_aks.remote.azure.listings import (
    Asked,
    Listed,
    arrived,
    command,
    forms,
    listed_here,
    said,
)
from apim_aks.remote.kubeconfig import run_here, together

_MOST_COMMANDS = 8


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


def cluster_there(client: AzureClient, project: Project) -> Json | None:
    """The cluster as Azure has it; None where it is not there.

    Raises:
        AzureRefused: it may not be looked at.
    """
    return client.resource(client.id(project.cluster_group, f"{CLUSTERS}/{project.cluster}"))


def way(client: AzureClient, project: Project) -> Way:
    """The way into the cluster as Azure has it; of one that is not there yet, as it will be.

    Raises:
        AzureRefused: the cluster may not be looked at.
    """
    found = cluster_there(client, project)
    properties = project.new_cluster if found is None else found.get("properties") or {}
    profile: Json = properties.get("apiServerAccessProfile") or {}
    return Way.KUBECONFIG if profile.get("disableRunCommand") is True else Way.RUN_COMMAND


def in_cluster(
    client: AzureClient, project: Project, commands: Sequence[str], files: Mapping[str, str]
) -> CommandResult:
    """Commands of kubectl in the cluster, by the way that leads there; which one it is is said.

    Raises:
        AzureRefused: the command could not be run; one that ran and failed is a result.
        InputError: a program of this machine is needed and not there.
    """
    if _leads(client, project) is Way.KUBECONFIG:
        return together(_here(client, project, commands, files))
    return client.run(project.cluster_group, project.cluster, " && ".join(commands), files)


def lists_in_cluster(
    client: AzureClient, project: Project, asked: Asked, files: Mapping[str, str]
) -> Mapping[str, Listed]:
    """What commands of kubectl list, by name, by the way that leads into the cluster.

    A list that did not arrive whole has no name in it.

    Raises:
        AzureRefused: the command could not be run.
        InputError: a program of this machine is needed and not there.
    """
    if _leads(client, project) is Way.RUN_COMMAND:
        group, beside = project.cluster_group, {**files, **forms(asked)}
        return arrived(client.run(group, project.cluster, command(asked), beside).logs)
    commands = [f"{lists} --output=json" for lists, _ in asked.values()]
    results = _here(client, project, commands, files, every=True)
    return {
        name: said(result.logs) if result.exit_code else listed_here(result.logs, form)
        for (name, (_, form)), result in zip(asked.items(), results, strict=True)
    }


def every_list(client: AzureClient, project: Project, asked: Asked) -> Mapping[str, Listed]:
    """Each list by its name, or why it was not read: in as few commands as their answers fit into.

    Raises:
        AzureRefused: the command could not be run.
        InputError: a program of this machine is needed and not there.
    """
    found: dict[str, Listed] = {}
    left = dict(asked)
    for _ in range(_MOST_COMMANDS):
        if not left:
            break
        answers = lists_in_cluster(client, project, left, {})
        found |= {n: f"kubectl said {a}" if isinstance(a, str) else a for n, a in answers.items()}
        again = {name: one for name, one in left.items() if name not in answers}
        if len(again) == len(left):
            first = next(iter(again))
            found[first] = "its list does not fit into the answer of a command"
            del again[first]
        left = again
    return found | dict.fromkeys(left, "too many commands were needed")


def _leads(client: AzureClient, project: Project) -> Way:
    leads = way(client, project)
    client.connection.say_once(f"Into cluster {project.cluster} by {leads.sentence}")
    return leads


def _here(
    client: AzureClient,
    project: Project,
    commands: Sequence[str],
    files: Mapping[str, str],
    every: bool = False,
) -> tuple[CommandResult, ...]:
    return run_here(client, (project.cluster_group, project.cluster), commands, files, every=every)
