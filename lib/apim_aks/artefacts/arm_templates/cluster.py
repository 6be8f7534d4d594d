"""The AKS cluster: network, policy engine, identities, add-ons and what it reports."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    Json,
    parameter,
    reference,
    resource_id,
)
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.routes import subnet_routes
from apim_aks.artefacts.arm_templates.site import CLUSTERS, NETWORKS, WORKSPACES, Site
from apim_aks.artefacts.arm_templates.vault import assigned, assigned_on_group
from apim_aks.facts import ControllerAddOn, api_version, arm_defaults, controller_add_on
from apim_aks.topology import Exposure, Kind

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
PROVIDER = "addonProfiles.azureKeyvaultSecretsProvider.identity"


def cluster_id(site: Site) -> Code:
    """The id of the cluster."""
    return resource_id(CLUSTERS, (parameter("clusterName"),), site.group(site.existing.cluster))


def identity_id() -> Code:
    """The id of the identity with which the cluster manages its network."""
    return resource_id(IDENTITIES, (Code("format('id-{0}', parameters('clusterName'))"),))


def workspace_id() -> Code:
    """The id of the Log Analytics workspace."""
    return resource_id(WORKSPACES, (parameter("workspaceName"),))


def identity() -> Resource:
    """The cluster's identity: its roles are there before the cluster is."""
    name = Code("format('id-{0}', parameters('clusterName'))")
    return Resource(type=IDENTITIES, names=(name,), body={**LOCATION, **TAGS, "properties": {}})


def network_roles(site: Site) -> tuple[Resource, ...]:
    """What the cluster's identity may do: put nodes and load balancers into their subnets."""
    holder = identity_id()
    principal = reference(holder, api_version(IDENTITIES), "principalId")
    subnets = ["nodes", *(["ingress"] if site.plan.range("ingress") else [])]
    roles = (
        assigned(
            "cluster-network",
            (f"{NETWORKS}/subnets", (parameter("networkName"), site.range(id).name)),
            principal,
            holder,
            group=site.group(site.existing.network),
        )
        for id in subnets
    )
    public = site.plan.public_addresses
    on_group = (assigned_on_group("cluster-addresses", principal, holder),) if public else ()
    return (*roles, *on_group)


def cluster(site: Site, roles: tuple[Resource, ...]) -> Resource:
    """The cluster itself."""
    body = {
        **LOCATION,
        **TAGS,
        "sku": {"name": "Base", "tier": arm_defaults().cluster_tier},
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {identity_id().value: {}},
        },
        "properties": _properties(site),
    }
    needs = (site.subnet("nodes"), identity_id(), workspace_id(), *(r.id for r in roles))
    return Resource(type=CLUSTERS, names=(parameter("clusterName"),), body=body, needs=needs)


def _properties(site: Site) -> Json:
    return {
        "kubernetesVersion": parameter("kubernetesVersion").value,
        "dnsPrefix": parameter("clusterName").value,
        "nodeResourceGroup": _node_group().value,
        "enableRBAC": True,
        "disableLocalAccounts": True,
        "aadProfile": {
            "managed": True,
            "enableAzureRBAC": True,
            "adminGroupObjectIDs": parameter("adminGroups").value,
        },
        "oidcIssuerProfile": {"enabled": True},
        "securityProfile": {
            "workloadIdentity": {"enabled": True},
            "imageCleaner": {"enabled": True, "intervalHours": 168},
        },
        "autoUpgradeProfile": {
            "upgradeChannel": arm_defaults().cluster_upgrades,
            "nodeOSUpgradeChannel": arm_defaults().node_upgrades,
        },
        "apiServerAccessProfile": _api_server(site),
        "agentPoolProfiles": [_pool(site, "system"), _pool(site, "user")],
        "networkProfile": _network(site),
        "addonProfiles": _add_ons(),
        **_ingress(site),
    }


def _node_group() -> Code:
    """The group of the nodes: the name that AKS makes can be longer than the 80 it takes."""
    parts = "parameters('clusterName'), uniqueString(resourceGroup().id)"
    return Code(f"format('rg-{{0}}-nodes-{{1}}', {parts})")


def _api_server(site: Site) -> Json:
    """A private API server where it is asked for, else the ranges that may call it."""
    if site.workload.requirements.private_api_server:
        return {
            "enablePrivateCluster": True,
            "privateDNSZone": "system",
            "enablePrivateClusterPublicFQDN": False,
        }
    return {"authorizedIPRanges": parameter("authorizedRanges").value}


def _pool(site: Site, role: str) -> Json:
    made = arm_defaults()
    least, most = made.user_nodes_least, made.user_nodes_most
    if role == "system":
        least, most = made.system_nodes_least, made.system_nodes_most
    taint = {"nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"]} if role == "system" else {}
    return {
        "name": role,
        "mode": role.capitalize(),
        "type": "VirtualMachineScaleSets",
        "vmSize": made.nodes_size,
        "osType": "Linux",
        "osSKU": made.nodes_image,
        "osDiskType": "Ephemeral",
        "osDiskSizeGB": made.nodes_disk,
        "count": least,
        "minCount": least,
        "maxCount": most,
        "enableAutoScaling": True,
        "enableNodePublicIP": False,
        "availabilityZones": parameter("availabilityZones").value,
        "maxPods": made.nodes_pods,
        "vnetSubnetID": site.subnet("nodes").value,
        "upgradeSettings": {"maxSurge": made.nodes_surge},
        **taint,
    }


def _network(site: Site) -> Json:
    return {
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "networkPolicy": arm_defaults().network_policy,
        "networkDataplane": "cilium",
        "loadBalancerSku": "standard",
        "outboundType": _outbound(site),
        "podCidr": site.range("pods").prefix,
        "serviceCidr": site.range("services").prefix,
        "dnsServiceIP": site.plan.dns_service,
    }


def _outbound(site: Site) -> str:
    """By the cluster's own load balancer, or by the route table of the nodes' subnet."""
    made = arm_defaults()
    return made.outbound_type_firewall if subnet_routes(site, "nodes") else made.outbound_type


def _add_ons() -> Json:
    return {
        "azureKeyvaultSecretsProvider": {
            "enabled": True,
            "config": {"enableSecretRotation": "true", "rotationPollInterval": "2m"},
        },
        "azurepolicy": {"enabled": True},
        "omsagent": {
            "enabled": True,
            "config": {
                "logAnalyticsWorkspaceResourceID": workspace_id().value,
                "useAADAuth": "true",
            },
        },
    }


def add_on(site: Site) -> ControllerAddOn | None:
    """What the drawn ingress controller switches on; None where there is no ingress."""
    if not site.topology.of_kind(Kind.INGRESS):
        return None
    return controller_add_on(site.drawn.controller.id)


def _ingress(site: Site) -> Json:
    row = add_on(site)
    if row is None:
        return {}
    mesh = {"serviceMeshProfile": _mesh(site, row)} if row.mesh else {}
    routing = {
        "webAppRouting": {
            "gatewayAPIImplementations": {"appRoutingIstio": {"mode": "Enabled"}},
        }
    }
    standard = {"gatewayAPI": {"installation": "Standard"}} if row.gateway_api else {}
    profile = {**standard, **(routing if row.app_routing else {})}
    return {**mesh, **({"ingressProfile": profile} if profile else {})}


def _mesh(site: Site, row: ControllerAddOn) -> Json:
    ingress = site.topology.of_kind(Kind.INGRESS)
    mode = {Exposure.PUBLIC: "External"}.get(ingress[0].exposure, "Internal")
    gateways = [{"enabled": True, "mode": mode}] if row.mesh_ingress else []
    return {
        "mode": "Istio",
        "istio": {
            "revisions": [parameter("istioRevision").value],
            **({"components": {"ingressGateways": gateways}} if gateways else {}),
        },
    }
