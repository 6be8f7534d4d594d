"""Networks: subnets one after another, the security group of the gateway's subnet, peering."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates.expressions import Code, Json, data, parameter, resource_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.routes import leaving, leaving_needs, tunnelled, ways_out
from apim_aks.artefacts.arm_templates.site import NETWORKS, Site
from apim_aks.facts import arm_defaults
from apim_aks.topology import NetworkRule
from apim_aks.workload.model import Consumer

GROUPS = "Microsoft.Network/networkSecurityGroups"
SUBNETS = f"{NETWORKS}/subnets"
PEERINGS = f"{NETWORKS}/virtualNetworkPeerings"
GATEWAY_GROUP, GATEWAY_ZONE = "nsg-apim", "snet-apim"
VAULT_ENDPOINT = "Microsoft.KeyVault"
_PROTOCOLS = {"TCP": "Tcp", "UDP": "Udp", "*": "*"}


def network_resources(site: Site) -> tuple[Resource, ...]:
    """The networks with their subnets, as far as they are not there already."""
    if not site.networked:
        return ()
    network = () if site.existing.network else (_network(site),)
    own = (_gateway_network(site),) if site.apart and not site.in_hub else ()
    used = used_subnets(site)
    groups = (security_group(site, id) for id in _BECAUSE if id in used and is_guarded(site, id))
    ways = ways_out(site, used_subnets(site))
    return (*groups, *ways, *network, *own, *_subnets(site), *_peerings(site))


def network_id(site: Site) -> Code:
    """The id of the cluster's network."""
    return resource_id(NETWORKS, (parameter("networkName"),), site.group(site.existing.network))


def gateway_network_id(site: Site) -> Code:
    """The id of the network that the gateway stands in."""
    return _peer_id(site) if site.apart else network_id(site)


def _peer_id(site: Site) -> Code:
    names = (parameter("gatewayNetworkName"),)
    return resource_id(NETWORKS, names, site.gateway_network_group)


def _makes_gateway_subnet(site: Site) -> bool:
    """An existing gateway has its subnet, or none."""
    return site.injected and site.existing.api_management is None


def _space(*prefixes: str) -> Json:
    return {"properties": {"addressSpace": {"addressPrefixes": list(prefixes)}}}


def _network(site: Site) -> Resource:
    prefixes: tuple[str, ...] = (site.plan.network,)
    if site.apart and not site.in_hub:
        # Peered networks must not overlap: this one has its own subnets' ranges and no more.
        prefixes = tuple(site.range(id).prefix for id in used_subnets(site) if not site.away(id))
    return Resource(
        type=NETWORKS,
        names=(parameter("networkName"),),
        body={**LOCATION, **TAGS, **_space(*prefixes)},
        because="Subnets are resources of their own, so that a second deployment deletes none",
    )


def _gateway_network(site: Site) -> Resource:
    prefixes = (site.range(id).prefix for id in used_subnets(site) if site.away(id))
    body = {**LOCATION, **TAGS, **_space(*prefixes)}
    return Resource(type=NETWORKS, names=(parameter("gatewayNetworkName"),), body=body)


def used_subnets(site: Site) -> tuple[str, ...]:
    """The subnets to make, in order."""
    wanted = {
        "nodes": site.existing.cluster is None,
        "ingress": site.plan.range("ingress") is not None,
        "gateway": _makes_gateway_subnet(site),
        "endpoints": site.endpoint,
        "edge": site.edge is not None,
    }
    return tuple(id for id, needed in wanted.items() if needed)


def _subnets(site: Site) -> tuple[Resource, ...]:
    result: list[Resource] = []
    for id in used_subnets(site):
        before = tuple(r.id for r in result[-1:])
        result.append(_subnet(site, id, before))
    return tuple(result)


def _subnet(site: Site, id: str, before: tuple[Code, ...]) -> Resource:
    away = site.away(id)
    name = parameter("gatewayNetworkName" if away else "networkName")
    network = _peer_id(site) if away else network_id(site)
    group = site.gateway_network_group if away else site.group(site.existing.network)
    guarded = (_group_id(site, id),) if is_guarded(site, id) else ()
    needs = (network, *before, *guarded, *leaving_needs(site, id))
    properties: Json = {"addressPrefix": site.range(id).prefix, **_extras(site, id)}
    names = (name, site.range(id).name)
    return Resource(
        type=SUBNETS, names=names, body={"properties": properties}, needs=needs, group=group
    )


def _extras(site: Site, id: str) -> Json:
    """What makes a subnet fit for what stands in it."""
    name = site.mode.delegation if id == "gateway" else ""
    delegation = [{"name": "gateway", "properties": {"serviceName": name}}]
    guarded = {"networkSecurityGroup": {"id": _group_id(site, id).value}}
    return {
        **(guarded if is_guarded(site, id) else {}),
        **({"delegations": delegation} if name else {}),
        **_services(site, id),
        **leaving(site, id),
        **(_ENDPOINT_POLICIES if id == "endpoints" else {}),
    }


def _services(site: Site, id: str) -> Json:
    """What of Azure the subnet reaches by endpoints of its own, past any firewall."""
    vault = (VAULT_ENDPOINT,) if id in ("nodes", "edge") else ()
    beside = arm_defaults().tunnel_endpoints if id == "gateway" and tunnelled(site) else ()
    services = [{"service": name} for name in (*vault, *beside)]
    return {"serviceEndpoints": services} if services else {}


_ENDPOINT_POLICIES: Json = {"privateEndpointNetworkPolicies": "NetworkSecurityGroupEnabled"}
"""Without it no rule of a group holds for private endpoints."""


def rules_of(site: Site, id: str) -> tuple[NetworkRule, ...]:
    """The rules of the subnet of this range: zones of the topology bear the names of subnets."""
    found = site.plan.range(id)
    zone = (found.name or GATEWAY_ZONE) if found else ""
    return tuple(r for r in site.topology.rules if r.subnet == zone)


_BECAUSE = {
    "gateway": "The gateway's subnet must have one; the nodes' is left to AKS",
    "ingress": "Policies of landing zones refuse a subnet without one; Azure's own rules hold, "
    "and what a load balancer's address admits is said at its Service",
    "endpoints": "Consumers reach the private endpoint and nobody else does",
    "edge": "Its clients come in, and what the platform asks",
    "nodes": "Policies of landing zones refuse a subnet without one; Azure's own rules hold, and "
    "AKS keeps one of its own at the nodes",
}
"""The subnets with a security group of ours, each with its reason."""


def is_guarded(site: Site, id: str) -> bool:
    """The subnet has a security group of ours.

    That of the nodes has one in a landing zone alone, unless somebody calls them from the internet,
    whom Azure's own rules would keep out.
    """
    if id != "nodes":
        return id in _BECAUSE
    called = any(c.in_cluster and c.public for c in site.topology.components)
    return site.landing_zone and not called


def group_name(id: str) -> str:
    """The security group of a subnet of ours."""
    return GATEWAY_GROUP if id == "gateway" else f"nsg-{id}"


def _group_id(site: Site, id: str) -> Code:
    return resource_id(GROUPS, (group_name(id),))


def security_group(site: Site, id: str = "gateway") -> Resource:
    """The security group of a subnet: its rows with real addresses, or Azure's rules alone."""
    rules = [_rule(rule, site) for rule in rules_of(site, id)]
    return Resource(
        type=GROUPS,
        names=(group_name(id),),
        body={**LOCATION, **TAGS, "properties": {"securityRules": rules}},
        because=_BECAUSE[id],
    )


def _rule(rule: NetworkRule, site: Site) -> Json:
    return {
        "name": data(rule.row.replace(".", "-")),
        "properties": {
            "description": data(rule.reason[:140]),
            "priority": rule.priority,
            "direction": rule.direction,
            "access": rule.access,
            "protocol": _PROTOCOLS[rule.protocol],
            "sourcePortRange": "*",
            **_one_or_many("destinationPortRange", rule.port.split(",")),
            "sourceAddressPrefix": prefix(rule.source, site),
            "destinationAddressPrefix": prefix(rule.destination, site),
        },
    }


def _one_or_many(field: str, values: list[str]) -> Json:
    return {field: values[0]} if len(values) == 1 else {f"{field}s": values}


def prefix(place: str, site: Site) -> str:
    """The addresses that a row's word in angle brackets means here; anything else stays."""
    if place in _RANGES:
        return site.range(_RANGES[place]).prefix
    if place == "<ingress>":
        found = site.plan.range("ingress")
        return found.prefix if found else "VirtualNetwork"
    if place == "<consumers>":
        return _consumers(site)
    return place


_RANGES = {
    "<gateway-subnet>": "gateway",
    "<private-endpoint-subnet>": "endpoints",
    "<edge-subnet>": "edge",
}


def _consumers(site: Site) -> str:
    """The new network's own range, or the tag that takes in peers and on-premises."""
    inside = {c.value for c in site.workload.consumers} <= {"same-vnet", "internet"}
    return site.plan.network if inside and not site.existing.network else "VirtualNetwork"


def lends(site: Site) -> bool:
    """The hub lends its gateway to on-premises networks, from which consumers call."""
    return site.in_hub and Consumer.ON_PREMISES in site.workload.consumers


def peering_names(site: Site) -> tuple[str, str]:
    """What the peerings of the gateway's network and of the cluster's are called."""
    return (f"to-{site.names.suffix}" if site.in_hub else "to-cluster", "to-apim")


def _peerings(site: Site) -> tuple[Resource, ...]:
    """Both directions, each in the group of its network; networks that stand already have them."""
    if not site.apart or (site.in_hub and site.existing.network):
        return ()
    own, cluster = parameter("gatewayNetworkName"), parameter("networkName")
    to_cluster, to_gateway = peering_names(site)
    lent = lends(site)
    first = _peering(
        (own, to_cluster),
        network_id(site),
        (_peer_id(site), network_id(site)),
        site.gateway_network_group,
        allowGatewayTransit=lent,
    )
    second = _peering(
        (cluster, to_gateway),
        _peer_id(site),
        (network_id(site), first.id, site.subnet("gateway")),
        site.group(site.existing.network),
        # Answers that a firewall in the hub sends on come from other addresses than the hub's.
        allowForwardedTraffic=site.in_hub and site.azure.egress == "firewall",
        useRemoteGateways=lent,
    )
    return first, second


def _peering(
    names: tuple[Code, str], remote: Code, needs: tuple[Code, ...], group: str, **allowed: bool
) -> Resource:
    properties = {
        "remoteVirtualNetwork": {"id": remote.value},
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": False,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
    } | allowed
    return Resource(
        type=PEERINGS, names=names, body={"properties": properties}, needs=needs, group=group
    )
