"""What the workbook asks of Azure, as plain JSON of the REST API; the SDK stays behind it."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from apim_aks.facts import api_version, azure_facts
from apim_aks.remote.azure.answers import absent_as_none, as_json
from apim_aks.remote.azure.connection import refusing
from apim_aks.remote.azure.names import NameChecks
from apim_aks.remote.azure.refusal import AzureRefused, Json, resource_name, type_of

_TAGGING = "run it again: tags that are gone are not taken again"
COMMANDING = (
    "the command goes on in the cluster; run it again later: what was applied is applied once more "
    "without harm"
)


_CHILDREN = "microsoft.apimanagement/service/"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command inside the cluster ended."""

    exit_code: int
    logs: str


class AzureClient(NameChecks):
    """The one door to Azure. It makes no call until a method is asked for something."""

    # Resource groups and resources

    def resources(self) -> Any:
        """The SDK's client for groups, resources and providers."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        return self.connection.client(ResourceManagementClient)

    def group(self, name: str) -> Json | None:
        """A resource group; None where there is none."""
        return self._found(
            lambda: self.resources().resource_groups.get(name), f"resource group {name}"
        )

    def create_group(self, name: str, location: str, tags: Mapping[str, str]) -> Json:
        """The resource group, made now."""
        body = {"location": location, "tags": dict(tags)}
        with refusing(f"Making resource group {name}"):
            return as_json(self.resources().resource_groups.create_or_update(name, body))

    def delete_group(self, name: str) -> None:
        """Remove a resource group and whatever is in it."""
        begin = partial(self.resources().resource_groups.begin_delete, name)
        self._removed(f"Removing resource group {name}", begin)

    def resources_in(self, group: str) -> tuple[Json, ...]:
        """Every resource of a group that is not a child of another."""
        with refusing(f"Listing resource group {group}"):
            found = self.resources().resources.list_by_resource_group(group)
            return tuple(as_json(r) for r in found)

    def resource(self, id: str, preview: bool = False) -> Json | None:
        """A resource by id; None where it is not there."""
        version = api_version(type_of(id), preview)
        return self._found(
            lambda: self.resources().resources.get_by_id(id, api_version=version), resource_name(id)
        )

    def write(
        self, id: str, body: Json, condition: Mapping[str, str], doing: str, later: str
    ) -> None:
        """Writes a resource under these headers and waits; `later` says what to do if it lasts.

        Raises:
            AzureRefused: it was refused, or the condition does not hold.
        """
        put = self.resources().resources.begin_create_or_update_by_id
        version = api_version(type_of(id))
        begin = partial(put, id, body, api_version=version, headers=dict(condition))
        self.connection.ended(doing, self.timing.question_minutes, later, begin)

    def delete(self, id: str, preview: bool = False) -> None:
        """Remove a resource and wait until it is gone; nothing where it already is.

        API Management wants to be told that any state of a child may go, and takes the revisions
        of an API along where it is asked to
        (https://learn.microsoft.com/rest/api/apimanagement/apis/delete).
        """
        kind = type_of(id).lower()
        further: Json = {"headers": {"If-Match": "*"}} if kind.startswith(_CHILDREN) else {}
        if kind == f"{_CHILDREN}apis" and ";rev=" not in id:
            further["params"] = {"deleteRevisions": "true"}
        version = api_version(type_of(id), preview)
        delete = self.resources().resources.begin_delete_by_id
        begin = partial(delete, id, api_version=version, **further)
        absent_as_none(partial(self._removed, f"Removing {resource_name(id)}", begin))

    def untag(self, id: str, tags: Mapping[str, str]) -> None:
        """These tags taken from a resource by PATCH; nothing else of it is written.

        Source: https://learn.microsoft.com/rest/api/resources/tags/update-at-scope

        Raises:
            AzureRefused: it was refused.
        """
        body = {"operation": "Delete", "properties": {"tags": dict(tags)}}
        begin = partial(self.resources().tags.begin_update_at_scope, id, body)
        doing = f"Taking tags from {resource_name(id)}"
        self.connection.ended(doing, self.timing.command_minutes, _TAGGING, begin)

    def provider_state(self, namespace: str) -> str:
        """Whether a resource provider is registered in the subscription."""
        with refusing(f"Resource provider {namespace}"):
            found = as_json(self.resources().providers.get(namespace))
            return str(found.get("registrationState") or "unknown")

    def permissions(self, scope: str) -> tuple[Json, ...]:
        """What the signed-in identity may do at the id of a group or a resource.

        An empty id is the subscription. Each has `actions` and `notActions`.
        """
        at = scope or f"/subscriptions/{self.subscription}"
        path = f"{at}/providers/Microsoft.Authorization/permissions"
        return self.members(path, "2022-04-01", "Permissions of the deployer") or ()

    # The cluster

    def clusters(self) -> Any:
        """The SDK's client for AKS."""
        from azure.mgmt.containerservice import ContainerServiceClient

        return self.connection.client(ContainerServiceClient)

    def run(
        self, group: str, cluster: str, command: str, files: Mapping[str, str]
    ) -> CommandResult:
        """A command inside the cluster, with these files beside it; works for private clusters.

        Raises:
            AzureRefused: the command could not be run; one that ran and failed is a result.
        """
        body = {
            "command": command,
            "context": _zipped(files) if files else "",
            "clusterToken": self._cluster_token(group, cluster),
        }
        doing = f"Run command on cluster {cluster}"
        begin = partial(self.clusters().managed_clusters.begin_run_command, group, cluster, body)
        ended = self.connection.ended
        found = as_json(ended(doing, self.timing.command_minutes, COMMANDING, begin))
        result: Json = found.get("properties") or {}
        if str(result.get("provisioningState")).lower() not in ("succeeded", "none"):
            raise AzureRefused(f"Run command on cluster {cluster}: {result.get('reason')}.")
        return CommandResult(int(result.get("exitCode", -1)), str(result.get("logs") or ""))

    def kubeconfig(self, group: str, cluster: str) -> bytes:
        """What kubectl needs to reach the cluster as the signed-in identity; it may hold keys.

        Raises:
            AzureRefused: it may not be read.
        """
        with refusing(f"Access to cluster {cluster}"):
            clusters = self.clusters().managed_clusters
            found = clusters.list_cluster_user_credentials(group, cluster, format="exec")
            kept = [held.value for held in found.kubeconfigs or () if held.value]
        if not kept:
            raise AzureRefused(f"Access to cluster {cluster}: Azure gave no kubeconfig.")
        return bytes(kept[0])

    def _cluster_token(self, group: str, cluster: str) -> str:
        """A token for the API server of a cluster with Entra ID; empty for others."""
        with refusing(f"Cluster {cluster}"):
            found = as_json(self.clusters().managed_clusters.get(group, cluster))
        if not (found.get("properties") or {}).get("aadProfile"):
            return ""
        token = self.connection.credential.get_token(f"{azure_facts().cluster_audience}/.default")
        return str(token.token)


def _zipped(files: Mapping[str, str]) -> str:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return base64.b64encode(held.getvalue()).decode("ascii")
