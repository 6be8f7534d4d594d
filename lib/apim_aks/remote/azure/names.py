"""API Management, vaults and networks: whether a name is free, and what was deleted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from apim_aks.facts import api_version
from apim_aks.remote.azure.answers import as_json
from apim_aks.remote.azure.connection import refusing
from apim_aks.remote.azure.reading import Reading
from apim_aks.remote.azure.refusal import Json

REMOVING = "Azure goes on removing it; run remove again later: it looks at what is left"


class NameChecks(Reading):
    """Checks of globally unique names."""

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

    def kubernetes_versions(self, region: str) -> tuple[str, ...]:
        """The minor versions of Kubernetes that AKS offers in a region, previews left out."""
        found = self._of_clusters(region, "kubernetesVersions")
        rows = found.get("values") or ()
        return tuple(str(r.get("version")) for r in rows if not r.get("isPreview"))

    def mesh_revisions(self, region: str) -> tuple[Json, ...]:
        """The revisions of the Istio add-on in a region, each with what it is compatible with."""
        found = self._of_clusters(region, "meshRevisionProfiles/istio")
        return tuple((found.get("properties") or {}).get("meshRevisions") or ())

    def _of_clusters(self, region: str, what: str) -> Json:
        provider = f"/subscriptions/{self.subscription}/providers/Microsoft.ContainerService"
        path = f"{provider}/locations/{quote(region)}/{what}"
        version = api_version("Microsoft.ContainerService/managedClusters")
        return self.get(path, version) or {}

    def deleted_gateway(self, name: str, region: str) -> Json | None:
        """A deleted API Management that still holds its name."""
        return self._found(
            lambda: self.gateways().deleted_services.get_by_name(name, region),
            f"deleted API Management {name}",
        )

    def purge_gateway(self, name: str, region: str) -> None:
        """Give the name of a deleted API Management up for good."""
        begin = partial(self.gateways().deleted_services.begin_purge, name, region)
        self._removed(f"Purging API Management {name}", begin)

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
        path, doing = f"{self._deleted_vault(name, region)}/purge", f"Purging vault {name}"
        self.send("POST", path, version, doing=doing)
        with self.connection.patient(doing, self.timing.removal_minutes, REMOVING):
            while self.deleted_vault(name, region) is not None:
                self.pause(self.timing.poll_seconds)

    def _removed(self, doing: str, begin: Callable[[], Any]) -> Any:
        """Something is being removed; it is waited for until it is gone."""
        return self.connection.ended(doing, self.timing.removal_minutes, REMOVING, begin)

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
