"""The approval step: a person approves the private endpoint connection of Front Door.

Front Door creates it in its own network under a name that no template knows. The owner of API
Management approves it: https://learn.microsoft.com/azure/frontdoor/private-link
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from apim_aks.artefacts.arm_templates.front_door import ORIGIN, PROFILE, PROFILES
from apim_aks.artefacts.arm_templates.site import SERVICE
from apim_aks.deployment.project import Project
from apim_aks.deployment.sequence import Waits
from apim_aks.facts.front_door import front_door_defaults
from apim_aks.remote.azure import AzureClient, Json

_ORIGIN = f"{PROFILES}/{PROFILE}/originGroups/{ORIGIN}/origins/{ORIGIN}"


def approved(client: AzureClient, project: Project) -> str:
    """The state of the connection in words, once it is approved.

    Raises:
        AzureRefused: API Management or Front Door may not be read.
        Waits: it is not approved; the sentence has the command.
    """
    origin = client.resource(client.id(project.home, _ORIGIN)) or {}
    link = _inside(_inside(origin, "properties"), "sharedPrivateLinkResource")
    state = str(link.get("status") or "not there")
    if state == "Approved":
        return "Front Door's private endpoint is approved"
    gateway = client.resource(client.id(project.home, f"{SERVICE}/{project.gateway}")) or {}
    waiting = [name for name, now in _connections(gateway) if now == "Pending"]
    raise Waits(
        f"Front Door's private endpoint to {project.gateway} is {state}. Check who "
        f"requested it, approve it, then run it again: {'; '.join(_commands(project, waiting))}"
    )


def approval_commands(gateway: str, group: str, connection: str = "$CONNECTION") -> tuple[str, ...]:
    """The commands that list the requests for API Management and approve one by name."""
    place = f"--resource-name {shlex.quote(gateway)} --resource-group {shlex.quote(group)}"
    kind, plain = f"--type {SERVICE}", connection.startswith("$")
    name = f'"{connection}"' if plain else shlex.quote(connection)
    about = shlex.quote(front_door_defaults().request_message)
    command = "az network private-endpoint-connection"
    return (
        f"{command} list {place.replace('--resource-name', '--name')} {kind} --output table",
        f"{command} approve {place} {kind} --name {name} --description {about}",
    )


def _commands(project: Project, waiting: list[str]) -> tuple[str, ...]:
    """The command that approves the pending request, or lists requests if none is known."""
    listing, approving = approval_commands(
        project.gateway, project.home, waiting[0] if len(waiting) == 1 else "$CONNECTION"
    )
    return (listing, approving)


def _connections(gateway: Json) -> Iterator[tuple[str, str]]:
    """The state of each connection of API Management, by name."""
    for found in _inside(gateway, "properties").get("privateEndpointConnections") or ():
        state = _inside(_inside(found, "properties"), "privateLinkServiceConnectionState")
        yield str(found.get("name")), str(state.get("status"))


def _inside(value: Any, key: str) -> Json:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
