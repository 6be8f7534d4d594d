"""What templates and manifests both start from: names and addresses of a drawn option."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.addresses import AddressPlan
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Topology
from apim_aks.workload.azure import Existing
from apim_aks.workload.model import Workload
from apim_aks.workload.names import Names, names_of


@dataclass(frozen=True)
class PlannedSite:
    """One drawn option with its names and addresses; what is derived is worked out once."""

    drawn: Drawn

    @property
    def workload(self) -> Workload:
        """The workload."""
        return self.drawn.workload

    @property
    def topology(self) -> Topology:
        """The option as it is drawn."""
        return self.drawn.topology

    @cached_property
    def names(self) -> Names:
        """The names of what is new."""
        return names_of(self.workload)

    @cached_property
    def plan(self) -> AddressPlan:
        """The addresses."""
        return self.drawn.once(address_plan)

    @property
    def instance(self) -> str:
        """The name of API Management."""
        return existing_or(self.workload.azure.existing.api_management, self.names.gateway)

    @property
    def home(self) -> str:
        """The resource group of new resources."""
        return self.names.resource_group

    @property
    def vault(self) -> str:
        """The name of the Key Vault."""
        return existing_or(self.workload.azure.existing.key_vault, self.names.vault)


def existing_or(found: Existing | None, new: str) -> str:
    """The name of the existing resource, otherwise the new name."""
    return found.name if found else new
