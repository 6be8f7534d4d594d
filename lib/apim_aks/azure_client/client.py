"""What the workbook asks of Azure, as plain JSON of the REST API; the SDK stays behind it."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apim_aks.azure_client.connection import SAFE, Connection, refusing
from apim_aks.azure_client.refusal import AzureRefused, Json, resource_name
from apim_aks.azure_client.signing_in import Identity, identity_of
from apim_aks.facts import api_version, azure_setting


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command inside the cluster ended."""

    exit_code: int
    logs: str


def as_json(model: Any) -> Json:
    """A model of any SDK generation as the JSON that travelled."""
    if isinstance(model, dict):
        return model
    if hasattr(model, "serialize"):
        return dict(model.serialize(keep_readonly=True))
    return dict(model.as_dict())


class AzureClient:
    """The one door to Azure. It makes no call until a method is asked for something."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def subscription(self) -> str:
        """The subscription; for building ids, never for showing."""
        return self.connection.subscription

    def identity(self) -> Identity:
        """Who is signed in, shortened.

        Raises:
            SignInMissing: nobody is.
        """
        token = self.connection.credential.get_token(self.connection.scope)
        return identity_of(token.token, self.subscription)

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.connection.pause(seconds)

    def id(self, group: str, rest: str = "") -> str:
        """The id of a resource group, or of something in it."""
        tail = f"/providers/{rest}" if rest else ""
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}{tail}"

    # Plain requests

    def send(
        self, method: str, path: str, version: str, body: Json | None = None, doing: str = ""
    ) -> tuple[int, Json]:
        """One request to the Resource Manager: status and JSON.

        Raises:
            AzureRefused: it was refused or did not arrive.
        """
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        address = path if path.startswith("https://") else f"{self.connection.base_url}{path}"
        query = {} if "api-version=" in address else {"api-version": version}
        request = HttpRequest(method, address, params=query, json=body)
        with refusing(doing or f"{method} {resource_name(path)}"):
            reading = {"retry_on_methods": SAFE} if method == "POST" else {}
            answer = self.connection.pipeline().send_request(request, **reading)
            if answer.status_code >= 400:
                raise HttpResponseError(response=answer)
            return answer.status_code, answer.json() if answer.content else {}

    def get(self, path: str, version: str) -> Json | None:
        """What is at a path; None where nothing is."""
        found: Json | None = absent_as_none(lambda: self.send("GET", path, version)[1])
        return found

    def listed(self, path: str, version: str) -> tuple[Json, ...]:
        """Every member of a list, page after page."""
        found: list[Json] = []
        seen: set[str] = set()
        following = path
        while following and following not in seen:
            seen.add(following)
            page = self.get(following, version) or {}
            found += page.get("value") or ()
            following = str(page.get("nextLink") or "")
            self._same_host(following)
        return tuple(found)

    def _same_host(self, link: str) -> None:
        if link and not link.startswith(f"{self.connection.base_url}/"):
            raise AzureRefused("A list goes on at another host than Azure's; it is not followed.")

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
        with refusing(f"Removing resource group {name}"):
            self.resources().resource_groups.begin_delete(name).result()

    def resources_in(self, group: str) -> tuple[Json, ...]:
        """Every resource of a group that is not a child of another."""
        with refusing(f"Listing resource group {group}"):
            found = self.resources().resources.list_by_resource_group(group)
            return tuple(as_json(r) for r in found)

    def resource(self, id: str, preview: bool = False) -> Json | None:
        """A resource by id; None where it is not there."""
        version = api_version(type_of(id), preview)
        return self._found(
            lambda: self.resources().resources.get_by_id(id, version), resource_name(id)
        )

    def delete(self, id: str, preview: bool = False) -> None:
        """Remove a resource and wait until it is gone; nothing where it already is."""
        version = api_version(type_of(id), preview)
        with refusing(f"Removing {resource_name(id)}"):
            absent_as_none(
                lambda: self.resources().resources.begin_delete_by_id(id, version).result()
            )

    def provider_state(self, namespace: str) -> str:
        """Whether a resource provider is registered in the subscription."""
        with refusing(f"Resource provider {namespace}"):
            found = as_json(self.resources().providers.get(namespace))
            return str(found.get("registrationState") or "unknown")

    def permissions(self, group: str) -> tuple[Json, ...]:
        """What the signed-in identity may do in a group, or in the subscription where it is empty.

        Each has `actions` and `notActions`.
        """
        scope = self.id(group) if group else f"/subscriptions/{self.subscription}"
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        return self.listed(path, "2022-04-01")

    # API Management, network, vault: names and what was deleted

    def gateways(self) -> Any:
        """The SDK's client for API Management."""
        from azure.mgmt.apimanagement import ApiManagementClient

        return self.connection.client(ApiManagementClient)

    def gateway(self, group: str, name: str) -> Json | None:
        """An API Management instance; None where there is none."""
        return self._found(
            lambda: self.gateways().api_management_service.get(group, name),
            f"API Management {name}",
        )

    def gateway_name(self, name: str) -> tuple[bool, str]:
        """Whether a name is free for API Management, and why not."""
        with refusing(f"Name {name} of API Management"):
            service = self.gateways().api_management_service
            found = as_json(service.check_name_availability({"name": name}))
        return bool(found.get("nameAvailable")), str(found.get("message") or found.get("reason"))

    def gateway_tiers(self) -> tuple[Json, ...]:
        """The tiers of API Management that the subscription may use, each with its regions."""
        with refusing("Tiers of API Management"):
            return tuple(as_json(s) for s in self.gateways().api_management_skus.list())

    def deleted_gateway(self, name: str, region: str) -> Json | None:
        """A deleted API Management that still holds its name."""
        return self._found(
            lambda: self.gateways().deleted_services.get_by_name(name, region),
            f"deleted API Management {name}",
        )

    def purge_gateway(self, name: str, region: str) -> None:
        """Give the name of a deleted API Management up for good."""
        with refusing(f"Purging API Management {name}"):
            self.gateways().deleted_services.begin_purge(name, region).result()

    def vault_name(self, name: str) -> tuple[bool, str]:
        """Whether a name is free for a vault, and why not."""
        path = f"/subscriptions/{self.subscription}/providers/Microsoft.KeyVault"
        body = {"name": name, "type": "Microsoft.KeyVault/vaults"}
        version = api_version("Microsoft.KeyVault/vaults")
        _, found = self.send("POST", f"{path}/checkNameAvailability", version, body)
        return bool(found.get("nameAvailable")), str(found.get("message") or found.get("reason"))

    def deleted_vault(self, name: str, region: str) -> Json | None:
        """A deleted vault that still holds its name."""
        return self.get(self._deleted_vault(name, region), api_version("Microsoft.KeyVault/vaults"))

    def purge_vault(self, name: str, region: str) -> None:
        """Give the name of a deleted vault up for good; refused with purge protection."""
        version = api_version("Microsoft.KeyVault/vaults")
        path = f"{self._deleted_vault(name, region)}/purge"
        self.send("POST", path, version, doing=f"Purging vault {name}")

    def _deleted_vault(self, name: str, region: str) -> str:
        provider = f"/subscriptions/{self.subscription}/providers/Microsoft.KeyVault"
        return f"{provider}/locations/{region}/deletedVaults/{quote(name)}"

    def network(self) -> Any:
        """The SDK's client for networks."""
        from azure.mgmt.network import NetworkManagementClient

        return self.connection.client(NetworkManagementClient)

    def dns_label_free(self, label: str, region: str) -> bool:
        """Whether a public address in the region may take this DNS label."""
        with refusing(f"DNS label {label}"):
            found = self.network().check_dns_name_availability(region, domain_name_label=label)
            return bool(as_json(found).get("available"))

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
            "context": _zipped(files),
            "clusterToken": self._cluster_token(group, cluster),
        }
        with refusing(f"Run command on cluster {cluster}"):
            managed = self.clusters().managed_clusters
            found = as_json(managed.begin_run_command(group, cluster, body).result())
        ended: Json = found.get("properties") or {}
        if str(ended.get("provisioningState")).lower() not in ("succeeded", "none"):
            raise AzureRefused(f"Run command on cluster {cluster}: {ended.get('reason')}.")
        return CommandResult(int(ended.get("exitCode", -1)), str(ended.get("logs") or ""))

    def _cluster_token(self, group: str, cluster: str) -> str:
        """A token for the API server of a cluster with Entra ID; empty for others."""
        with refusing(f"Cluster {cluster}"):
            found = as_json(self.clusters().managed_clusters.get(group, cluster))
        if not (found.get("properties") or {}).get("aadProfile"):
            return ""
        token = self.connection.credential.get_token(
            f"{azure_setting('cluster-audience')}/.default"
        )
        return str(token.token)

    def _found(self, ask: Callable[[], Any], doing: str) -> Json | None:
        with refusing(doing):
            found = absent_as_none(ask)
        return None if found is None else as_json(found)


def absent_as_none(ask: Callable[[], Any]) -> Any:
    """The answer, None where it is a plain 404: a thing that is not there is no error."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return ask()
    except ResourceNotFoundError:
        return None
    except AzureRefused as refused:
        if refused.fault.status == 404:
            return None
        raise


def type_of(id: str) -> str:
    """The resource type in an id, of the last provider that it names."""
    parts = [p for p in id.split("/") if p]
    places = [n for n, part in enumerate(parts) if part.lower() == "providers"]
    if not places:
        return "Microsoft.Resources/resourceGroups"
    rest = parts[places[-1] + 1 :]
    return "/".join([rest[0], *rest[1::2]])


def _zipped(files: Mapping[str, str]) -> str:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return base64.b64encode(held.getvalue()).decode("ascii")
