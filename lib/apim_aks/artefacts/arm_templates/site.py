"""The target of the templates: new and existing resources, and their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from apim_aks.artefacts.address_plan import BESIDE_GATEWAY
from apim_aks.artefacts.addresses import AddressRange
from apim_aks.artefacts.arm_templates.expressions import Code, parameter, resource_id
from apim_aks.artefacts.planned_site import PlannedSite, existing_or
from apim_aks.artefacts.policies import NamedValue, PolicyDocument, named_values, policies
from apim_aks.costs import Purchase, regions_built, units_needed, zones_built
from apim_aks.errors import InputError
from apim_aks.facts import (
    NetworkMode,
    NetworkType,
    Tier,
    arm_defaults,
    arm_previews,
    network_mode,
    network_type,
)
from apim_aks.topology import Authority, Backend, Component, Kind
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.names import own_name

NETWORKS = "Microsoft.Network/virtualNetworks"
VAULTS = "Microsoft.KeyVault/vaults"
CLUSTERS = "Microsoft.ContainerService/managedClusters"
SERVICE = "Microsoft.ApiManagement/service"
WORKSPACES = "Microsoft.OperationalInsights/workspaces"


@dataclass(frozen=True)
class Site(PlannedSite):
    """One placement on the ground; what is derived from it is worked out once."""

    @property
    def tier(self) -> Tier:
        """The tier of API Management."""
        return self.drawn.tier

    @property
    def azure(self) -> Azure:
        """What `azure` in workload.yaml says."""
        return self.workload.azure

    @property
    def existing(self) -> ExistingResources:
        """The existing resources."""
        return self.azure.existing

    @cached_property
    def mode(self) -> NetworkMode:
        """The network mode."""
        return network_mode(self.topology.mode)

    @cached_property
    def network_type(self) -> NetworkType:
        """How the mode is written."""
        return network_type(self.topology.mode)

    @cached_property
    def documents(self) -> tuple[PolicyDocument, ...]:
        """The policy documents."""
        return policies(self.drawn)

    @cached_property
    def values(self) -> tuple[NamedValue, ...]:
        """The named values of the policies."""
        return named_values(self.drawn)

    @property
    def asked_values(self) -> tuple[tuple[str, str], ...]:
        """Parameter of the named values that the deployer gives, and what each is for."""
        return tuple(
            (value_parameter(v.name), f"{v.because} (named value {v.name})")
            for v in self.values
            if v.value is None and not v.secret and not v.of_edge
        )

    def group(self, found: Existing | None) -> str:
        """The resource group of an existing thing; empty for the deployment's own."""
        return found.resource_group if found and found.resource_group != self.home else ""

    @property
    def gateway_home(self) -> str:
        """The resource group of API Management: its children are deployed there."""
        found = self.existing.api_management
        return found.resource_group if found else self.home

    def own(self, id: str) -> str:
        """The name of a child of API Management: on an existing one it overwrites nobody's."""
        return own_name(self.workload, id)

    @property
    def network(self) -> str:
        """The name of the cluster's network."""
        return existing_or(self.existing.network, self.names.network)

    @property
    def cluster(self) -> str:
        """The name of the cluster."""
        return existing_or(self.existing.cluster, self.names.cluster)

    @property
    def gateway_network(self) -> str:
        """The name of the gateway's network, its own where the two are peered."""
        hub = self.existing.hub if self.in_hub else None
        return existing_or(hub, f"{self.names.network}-apim") if self.apart else self.network

    @property
    def apart(self) -> bool:
        """The gateway stands in another network than the cluster, and the two are peered."""
        return self.azure.gateway_network != "shared" and self.injected

    def away(self, subnet: str) -> bool:
        """The subnet is in that other network, as is what stands in front of the gateway."""
        return self.apart and subnet in BESIDE_GATEWAY

    @property
    def in_hub(self) -> bool:
        """That network is a hub, which stands already."""
        return self.azure.gateway_network == "hub" and self.injected

    @property
    def gateway_network_group(self) -> str:
        """The resource group of the gateway's network; empty for the deployment's own."""
        there = self.existing.network if not self.apart else None
        return self.group(self.existing.hub if self.in_hub else there)

    @property
    def zones_group(self) -> str:
        """The resource group of the private zones: those of a hub are central."""
        return self.group(self.existing.hub) if self.in_hub else ""

    @property
    def landing_zone(self) -> bool:
        """Policies of a landing zone hold: a hub, or a firewall that all calls leave by."""
        return self.azure.gateway_network == "hub" or self.azure.egress == "firewall"

    @property
    def injected(self) -> bool:
        """The network mode gives the gateway a subnet."""
        return self.network_type.subnet

    @property
    def endpoint(self) -> bool:
        """A private endpoint leads to the gateway, whose public access is closed."""
        return bool(self.topology.of_kind(Kind.PRIVATE_ENDPOINT))

    @property
    def edge(self) -> Component | None:
        """The Application Gateway in front of the gateway, if there is one."""
        return next(iter(self.topology.of_kind(Kind.EDGE)), None)

    @property
    def front_door(self) -> Component | None:
        """The Front Door in front of the gateway, if there is one."""
        return next(iter(self.topology.of_kind(Kind.FRONT_DOOR)), None)

    @property
    def private_link(self) -> bool:
        """Whether Front Door creates a private endpoint, which has to be approved."""
        return self.front_door is not None and not self.topology.gateway_is_public

    @property
    def closed(self) -> bool:
        """The gateway's public access is closed at the end."""
        return self.endpoint or self.private_link

    @property
    def host_name(self) -> str:
        """The host name of the instance itself; an edge or a gateway in the cluster keeps it."""
        kept = self.edge or self.front_door or self.topology.self_hosted
        return "" if kept else self.azure.host_name

    def name_of(self, component: str) -> str:
        """The name under which a component is called."""
        return next(n.name for n in self.topology.names if n.component == component)

    @property
    def networked(self) -> bool:
        """A virtual network takes part."""
        return self.inside or self.existing.cluster is None

    @property
    def inside(self) -> bool:
        """Something of the gateway's has an address in the network of the cluster."""
        gateway = self.topology.self_hosted
        private = gateway is not None and not gateway.public
        return self.injected or self.endpoint or private

    @property
    def zones(self) -> tuple[str, ...]:
        """The availability zones of the gateway; none where they are not asked for."""
        return arm_defaults().gateway_zones if zones_built(self.purchase) else ()

    @property
    def purchase(self) -> Purchase:
        """What of it is paid for: units, zones and regions are counted there alone."""
        asked = self.workload
        return Purchase(self.topology, self.tier, asked.requirements, asked.traffic)

    @property
    def regions(self) -> int:
        """The regions of the gateway, its first one included."""
        return regions_built(self.purchase)

    @property
    def units(self) -> int:
        """The units of the gateway; Consumption has none."""
        if self.tier.family == "consumption":
            return 0
        return units_needed(self.purchase)

    @property
    def preview(self) -> bool:
        """The gateway can only be written in a preview version."""
        return any(r.type == SERVICE and r.tier == self.tier.name for r in arm_previews())

    @property
    def own_authority(self) -> bool:
        """A gateway that Azure runs calls a back end whose certificate no public one signs."""
        backends = () if self.topology.self_hosted else self.topology.backends
        return any(map(self.signed_privately, backends))

    def signed_privately(self, backend: Backend) -> bool:
        """The certificate that this back end shows comes of a private authority."""
        shown = self.topology.shown_by(backend)
        return shown is not None and shown.authority is Authority.PRIVATE

    @property
    def lists_authorities(self) -> bool:
        """The tier keeps a list of private authorities; v2 names one at each back end."""
        return self.tier.fact("private_ca_trust_for_backends").number is not None

    def range(self, id: str) -> AddressRange:
        """The range of this id.

        Raises:
            InputError: the plan has none.
        """
        found = self.plan.range(id)
        if found is None:
            raise InputError(
                f"The address plan of {self.topology.option} has no range {id!r}. "
                f"Its ranges are {', '.join(r.id for r in self.plan.ranges)}."
            )
        return found

    def subnet(self, id: str) -> Code:
        """The id of a subnet."""
        name, group = parameter("networkName"), self.group(self.existing.network)
        if self.away(id):
            name, group = parameter("gatewayNetworkName"), self.gateway_network_group
        return resource_id(f"{NETWORKS}/subnets", (name, self.range(id).name), group)


def value_parameter(name: str) -> str:
    """The parameter that gives this named value: `tenant-id` becomes `tenantId`."""
    first, *rest = re.sub(r"[^A-Za-z0-9]+", " ", name).split() or ["value"]
    return first[0].lower() + first[1:] + "".join(r[0].upper() + r[1:] for r in rest)
