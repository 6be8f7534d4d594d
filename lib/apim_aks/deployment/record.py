"""Records in Azure beside a deployment: what was done, and the state before it.

Each is a deployment without resources that carries its text as a parameter. It needs no resource,
permission or network access beyond those of the stages, costs nothing, and anyone who may read
the resource group can continue from it. It holds no secrets.
"""

from __future__ import annotations

from apim_aks.deployment.project import Project
from apim_aks.deployment.state import (
    DeploymentState,
    general,
    read_state,
    require_place,
    state_of_text,
    state_path,
    together,
)
from apim_aks.deployment.waiting import ACTIVE, RUNNING, state_of
from apim_aks.remote.azure import AzureClient, AzureRefused, Deployments, Json
from apim_aks.workload.names import fitting

_NAME, _HELD, _PARAMETER = "record", "held-", "text"
_PIECE = 100_000
"""Characters of one string: the template language allows 131,072 in a literal
(https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices)."""
_EMPTY: Json = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {_PARAMETER: {"type": "array"}},
    "resources": [],
}


def record_name(project: Project) -> str:
    """The name of the deployment that carries the record."""
    return f"{project.prefix}{_NAME}"


def held_name(project: Project, file: str) -> str:
    """The name of the deployment that carries what the cluster held before this file."""
    return f"{project.prefix}{_HELD}{fitting(file.removesuffix('.yaml'), 18, 4)}"


def carries_text(project: Project, deployment: str) -> bool:
    """Whether this deployment is a record and creates nothing."""
    rest = deployment.removeprefix(project.prefix)
    return rest != deployment and (rest == _NAME or rest.startswith(_HELD))


def write_text(client: AzureClient, project: Project, name: str, text: str) -> None:
    """Writes the text to Azure in place of the previous one.

    Raises:
        AzureRefused: it was refused, or the previous deployment does not end.
    """
    deployments = Deployments(client)
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    parameters: Json = {_PARAMETER: {"value": pieces}}
    for _ in client.attempts(client.timing.record_tries, client.timing.record_pause_seconds):
        if state_of(deployments.get(project.home, name)).lower() not in RUNNING:
            try:
                deployments.start(project.home, name, _EMPTY, parameters, project.tags)
                return
            except AzureRefused as refused:
                if refused.fault.code != ACTIVE:
                    raise
    raise AzureRefused(f"The deployment {name}, which carries the record, does not end.")


def read_text(client: AzureClient, project: Project, name: str) -> str | None:
    """The text that this deployment carries; None without a deployment.

    Raises:
        AzureRefused: it may not be read.
    """
    found = Deployments(client).get(project.home, name)
    properties = (found or {}).get("properties") or {}
    held = ((properties.get("parameters") or {}).get(_PARAMETER) or {}).get("value")
    return "".join(map(str, held)) if isinstance(held, list) else None


def project_state(client: AzureClient, project: Project, folder: str) -> DeploymentState:
    """The state of a project: Azure's record, with additions from the copy on this machine.

    Raises:
        AzureRefused: the record may not be read.
        InputError: record or copy are damaged, or the copy is about another subscription.
    """
    path = state_path(folder, project.workload, project.option)
    here = read_state(path, project.workload, project.option)
    require_place(here, client.subscription, path)
    name = record_name(project)
    text = read_text(client, project, name)
    there = None if text is None else state_of_text(text, f"Deployment {name}")
    return together(here, there)


def is_ours(id: str, subscription: str) -> bool:
    """Whether an id of the record belongs to this subscription."""
    return general(id, subscription) != id
