"""The resource ids of a design in Azure, of new and of existing resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.arm_templates.edge import FIREWALL, FIREWALLS, GATEWAYS
from apim_aks.artefacts.arm_templates.edge import NAME as EDGE_NAME
from apim_aks.artefacts.arm_templates.front_door import FIREWALL as FRONT_DOOR_FIREWALL
from apim_aks.artefacts.arm_templates.front_door import FIREWALLS as FRONT_DOOR_FIREWALLS
from apim_aks.artefacts.arm_templates.front_door import PROFILE, PROFILES
from apim_aks.artefacts.arm_templates.gateway import ENDPOINTS
from apim_aks.artefacts.arm_templates.network import GROUPS, SUBNETS
from apim_aks.artefacts.arm_templates.private_names import ZONES
from apim_aks.artefacts.arm_templates.public_address import ADDRESSES
from apim_aks.artefacts.arm_templates.site import (
    CLUSTERS,
    NETWORKS,
    SERVICE,
    VAULTS,
    WORKSPACES,
    Site,
)
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.remote.azure import Json
from apim_aks.verification.scene import LiveScene


@dataclass(frozen=True)
class ResourceIds:
    """The ids of one option. They contain the subscription and must not be shown."""

    scene: LiveScene
    site: Site

    def id(self, type: str, *names: str, group: str = "") -> str:
        """The id of a resource, in the group of new resources unless another is given."""
        provider, *kinds = type.split("/")
        pairs = "/".join(f"{k}/{n}" for k, n in zip(kinds, names, strict=True))
        return self.scene.azure.client.id(group or self.site.home, f"{provider}/{pairs}")

    @property
    def home(self) -> str:
        """The resource group of new resources."""
        return self.scene.azure.client.id(self.site.home)

    @property
    def gateway(self) -> str:
        """API Management."""
        return self.id(SERVICE, self.site.instance, group=self.site.gateway_home)

    @property
    def network(self) -> str:
        """The network of the cluster."""
        group = self.site.group(self.site.existing.network)
        return self.id(NETWORKS, self.site.network, group=group)

    @property
    def gateway_network(self) -> str:
        """The network of the gateway."""
        group = self.site.gateway_network_group
        return self.id(NETWORKS, self.site.gateway_network, group=group)

    @property
    def gateway_subnet(self) -> str:
        """The subnet of a new gateway."""
        return self.subnet("gateway")

    def subnet(self, range: str) -> str:
        """The id of the subnet with this range, in its network."""
        away, name = self.site.away(range), self.site.range(range).name
        network = self.site.gateway_network if away else self.site.network
        there = self.site.group(self.site.existing.network)
        group = self.site.gateway_network_group if away else there
        return self.id(SUBNETS, network, name, group=group)

    def security_group(self, name: str) -> str:
        """The security group of this name."""
        return self.id(GROUPS, name)

    @property
    def cluster(self) -> str:
        """The cluster."""
        return self.id(CLUSTERS, self.site.cluster, group=self.scene.project.cluster_group)

    @property
    def vault(self) -> str:
        """The Key Vault."""
        return self.id(VAULTS, self.site.vault, group=self.site.group(self.site.existing.key_vault))

    @property
    def workspace(self) -> str:
        """The Log Analytics workspace."""
        return self.id(WORKSPACES, self.site.names.workspace)

    def zone(self, name: str) -> str:
        """A private zone."""
        return self.id(ZONES, name, group=self.site.zones_group)

    def address(self, name: str) -> str:
        """A public address."""
        return self.id(ADDRESSES, name)

    @property
    def endpoint(self) -> str:
        """The private endpoint of the gateway."""
        return self.id(ENDPOINTS, "pe-apim")

    @property
    def edge(self) -> str:
        """The Application Gateway in front of the gateway."""
        return self.id(GATEWAYS, EDGE_NAME)

    @property
    def firewall(self) -> str:
        """The policy of its firewall."""
        return self.id(FIREWALLS, FIREWALL)

    def front_door(self, part: str = "") -> str:
        """Front Door's profile, or a part of it: `originGroups/gateway`."""
        profile = self.id(PROFILES, PROFILE)
        return f"{profile}/{part}" if part else profile

    @property
    def front_door_firewall(self) -> str:
        """The policy of Front Door's firewall."""
        return self.id(FRONT_DOOR_FIREWALLS, FRONT_DOOR_FIREWALL)

    @property
    def own_gateway(self) -> bool:
        """Whether API Management is created for this workload and covered by the design."""
        return self.site.existing.api_management is None

    @property
    def own_cluster(self) -> bool:
        """Whether the cluster is created for this workload."""
        return self.site.existing.cluster is None

    def child(self, kind: str, name: str) -> str:
        """The id of a child of API Management; in an existing one it has the workload's name."""
        own = self.site.own(name)
        known = self.names(kind)
        return f"{self.gateway}/{kind}/{own if own in known or name not in known else name}"

    def names(self, kind: str) -> frozenset[str]:
        """The names of the designed children of API Management of one kind."""
        type = f"{SERVICE}/{kind}".lower()
        known = self.scene.project.declared
        return frozenset(d.name.split("/")[1] for d in known if d.type.lower() == type)

    def answers(self, parameter: str) -> Iterator[Any]:
        """The deployer's value for a parameter of the templates."""
        for piece in self.scene.project.pieces:
            given: Json = piece.parameters.get(parameter) or {}
            if "value" in given:
                yield given["value"]


def ground(scene: LiveScene) -> ResourceIds:
    """The resource ids of this scene's design."""
    return ResourceIds(scene, site(scene.placement))
