"""API Management, vaults and networks: whether a name is free, and what was deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from apim_aks.azure_client.answers import as_json
from apim_aks.azure_client.connection import refusing
from apim_aks.azure_client.reading import Reading
from apim_aks.azure_client.refusal import Json
from apim_aks.facts import api_version


class Names(Reading):
    """What has a name that nobody else may have."""

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
