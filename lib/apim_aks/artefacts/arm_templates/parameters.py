"""The parameters of the templates: what this workload gives, and what only the deployer knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.arm_templates.expressions import Json
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.facts import arm_defaults
from apim_aks.facts.front_door import private_link_regions


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `value` is this workload's, `default` what holds where nobody says anything.

    Without either the deployer is asked.
    """

    name: str
    type: str
    description: str
    value: Any = None
    default: Any = None

    @property
    def declaration(self) -> Json:
        """How the template declares it."""
        return {
            "type": self.type,
            **({} if self.default is None else {"defaultValue": self.default}),
            "metadata": {"description": self.description},
        }


def parameters(site: Site) -> tuple[Parameter, ...]:
    """Every parameter that a template of this site can use; each template takes what it names."""
    return (*_names(site), *_texts(site), *_addresses(site), *_unknown(site))


def _names(site: Site) -> tuple[Parameter, ...]:
    names = site.names
    return tuple(
        Parameter(name, "string", description, value)
        for name, description, value in (
            ("location", "Azure region of everything", names.region),
            ("gatewayName", "Name of API Management", site.instance),
            ("networkName", "Name of the virtual network of the cluster", site.network),
            ("gatewayNetworkName", "Name of the gateway's virtual network", site.gateway_network),
            ("clusterName", "Name of the AKS cluster", site.cluster),
            ("vaultName", "Name of the Key Vault", site.vault),
            ("workspaceName", "Name of the Log Analytics workspace", names.workspace),
        )
    )


def _texts(site: Site) -> tuple[Parameter, ...]:
    workload, azure = site.workload, site.azure
    return (
        Parameter("workload", "string", "The workload, as a tag", workload.name),
        Parameter(
            "publisherName",
            "string",
            "Publisher that API Management shows",
            azure.publisher_name or workload.title,
        ),
        Parameter(
            "publisherEmail",
            "string",
            "Mail address that API Management writes to",
            azure.publisher_email or None,
        ),
        Parameter(
            "kubernetesVersion",
            "string",
            "Kubernetes version of the cluster",
            azure.kubernetes_version,
        ),
        Parameter(
            "istioRevision",
            "string",
            "Revision of the Istio add-on; revisions end after months, so ask for those of your "
            "region and version with az aks mesh get-revisions before you deploy",
            None,
            arm_defaults().istio_revision,
        ),
    )


def _addresses(site: Site) -> tuple[Parameter, ...]:
    ranges = list(site.azure.authorized_ranges)
    return (
        Parameter(
            "availabilityZones",
            "array",
            "Availability zones of nodes and public addresses; [] where the region has none",
            None,
            list(arm_defaults().nodes_zones),
        ),
        Parameter(
            "authorizedRanges",
            "array",
            "Address ranges that may call the cluster's API server; empty for all",
            ranges or None,
            [],
        ),
        Parameter(
            "vaultAddresses",
            "array",
            "Public addresses that may call the Key Vault, for the certificates step",
            None,
            [],
        ),
        Parameter(
            "vaultSubnets",
            "array",
            "Ids of further subnets that may call the Key Vault, each with its service endpoint",
            None,
            [],
        ),
        Parameter(
            "consumerNetworks",
            "array",
            "Ids of peered networks whose consumers resolve the gateway's private names",
            None,
            [],
        ),
    )


def _region(number: int) -> tuple[Parameter, ...]:
    """What the deployer names for a further region: its network is not made here."""
    return tuple(
        Parameter(f"{name}{number}", "string", description)
        for name, description in (
            ("location", f"Region {number} of API Management"),
            (
                "gatewaySubnet",
                f"Id of the subnet for API Management in region {number}, with the rules of the "
                "first one; it has to be there and has to reach the back ends",
            ),
            ("gatewayAddress", f"Id of the public address of API Management in region {number}"),
        )
    )


def _unknown(site: Site) -> tuple[Parameter, ...]:
    return (
        Parameter(
            "adminGroups",
            "array",
            "Object ids of the Entra ID groups that administer the cluster",
            None,
            [],
        ),
        Parameter(
            "privateLinkRegion",
            "string",
            "Region in which Front Door makes its private endpoint, the nearest of "
            + ", ".join(private_link_regions()),
            site.azure.region if site.azure.region in private_link_regions() else None,
        ),
        *(p for number in range(2, site.regions + 1) for p in _region(number)),
        Parameter(
            "backendAuthority",
            "string",
            "Certificate of the private authority that signs the back ends' certificates, "
            "base64 of the CER file; it holds no private key",
        ),
        Parameter(
            "backendAuthorityThumbprint",
            "string",
            "Thumbprint of the private authority that signs the back ends' certificates",
        ),
        *(
            Parameter(name, "string", f"{meaning[:1].upper()}{meaning[1:]}")
            for name, meaning in site.asked_values
        ),
    )
