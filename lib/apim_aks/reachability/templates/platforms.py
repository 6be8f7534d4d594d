"""API Management and AKS: how they stand in the network, and what of them faces outward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apim_aks.facts.templates import is_unconcerned_property
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    BackEnd,
    Held,
    ManagedCluster,
    NodePool,
    PublicAddress,
)
from apim_aks.reachability.templates.properties import Properties
from apim_aks.reachability.templates.resources import Resource
from apim_aks.reachability.templates.unknown import Unknown

CLUSTERS = "Microsoft.ContainerService/managedClusters"
_APPLICATION_GATEWAY = "ingressApplicationGateway"
_GATEWAY_ID = f"addonProfiles.{_APPLICATION_GATEWAY}.config.applicationGatewayId"


def api_management(resource: Resource, told: Properties) -> Iterator[Held]:
    """An instance of API Management, and its only public address where Azure shows it."""
    shown, given = told.texts("publicIPAddresses"), str(told.get("publicIpAddressId") or "")
    own = f"{resource.id}/publicIPAddresses"
    if len(shown) == 1 and not given:
        yield PublicAddress(id=own, origin=resource.origin, address=shown[0])
    yield ApiManagement(
        id=resource.id,
        origin=resource.origin,
        tier=Properties(resource.sku).get("name"),
        mode=told.get("virtualNetworkType"),
        subnet=str(told.get("virtualNetworkConfiguration.subnetResourceId") or ""),
        public_access=told.get("publicNetworkAccess"),
        public_address=given or (own if shown else ""),
        nat_gateway=told.get("natGatewayState"),
    )


def back_end(resource: Resource, told: Properties) -> Iterator[Held]:
    """A back end that policies of API Management name."""
    yield BackEnd(
        id=resource.id,
        origin=resource.origin,
        name=resource.name.rpartition("/")[2],
        url=told.get("url"),
        members=tuple(str(item.get("id")) for item in told.items("pool.services")),
        proxy=told.get("proxy.url"),
    )


def managed_cluster(resource: Resource, told: Properties) -> Iterator[Held]:
    """A cluster of AKS."""
    network = told.inner("networkProfile")
    routing = told.inner("ingressProfile.webAppRouting")
    yield ManagedCluster(
        id=resource.id,
        origin=resource.origin,
        plugin=network.get("networkPlugin"),
        plugin_mode=network.get("networkPluginMode"),
        policy=network.get("networkPolicy"),
        dataplane=network.get("networkDataplane"),
        outbound=network.get("outboundType"),
        load_balancer=network.get("loadBalancerSku"),
        add_ons=tuple(_add_ons(told.inner("addonProfiles"))),
        application_gateway=str(told.get(_GATEWAY_ID) or ""),
        web_routing=routing.get("enabled"),
        web_routing_front=routing.get("nginx.defaultIngressControllerType"),
        mesh=told.get("serviceMeshProfile.mode"),
        mesh_ingresses=tuple(_mesh_ingresses(told)),
        pools=tuple(map(_pool, told.items("agentPoolProfiles"))),
        location=resource.location,
    )


def _add_ons(told: Properties) -> Iterator[str]:
    """Those that are not said to be off, and may lead somebody to a Service."""
    for name in told.names():
        on = told.get(f"{name}.enabled") is not False
        path = f"addonProfiles.{name}.enabled"
        if on and not is_unconcerned_property(CLUSTERS, path) and name != _APPLICATION_GATEWAY:
            yield name


def _mesh_ingresses(told: Properties) -> Iterator[Any]:
    for item in told.items("serviceMeshProfile.istio.components.ingressGateways"):
        mode, on = item.get("mode"), item.get("enabled")
        if isinstance(on, Unknown):
            yield on
        elif on is True:
            yield mode


def _pool(told: Properties) -> NodePool:
    return NodePool(
        name=str(told.get("name")),
        subnet=str(told.get("vnetSubnetID") or ""),
        pod_subnet=str(told.get("podSubnetID") or ""),
        os=told.get("osType"),
        public_nodes=told.get("enableNodePublicIP"),
        host_ports=told.texts("networkProfile.allowedHostPorts"),
    )


def engine_of(cluster: ManagedCluster) -> Engine | None:
    """What enforces NetworkPolicies in a cluster (REACHABILITY 4); None where it is unknown."""
    told = [cluster.dataplane, cluster.policy]
    words = [None if value is None else str(value).lower() for value in told]
    if Engine.CILIUM in words:
        return Engine.CILIUM
    if any(isinstance(value, Unknown) for value in told):
        return None
    if words[1] in (None, "", Engine.NONE):
        return Engine.NONE
    return next((e for e in (Engine.AZURE, Engine.CALICO) if e == words[1]), None)
