"""Interfaces, Bastion, balancers, application gateways, Front Door: what an address leads to."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.reachability.templates.network_values import Front, Fronted, Held
from apim_aks.reachability.templates.properties import Properties
from apim_aks.reachability.templates.resources import Resource


def _fronts(told: Properties, path: str) -> tuple[Front, ...]:
    return tuple(
        Front(
            subnet=inner.link("subnet"),
            public_address=inner.link("publicIPAddress"),
        )
        for _, inner in told.named(path)
    )


def interface(resource: Resource, told: Properties) -> Iterator[Held]:
    """A network interface, with the security group that it has of its own."""
    yield Fronted(
        id=resource.id,
        origin=resource.origin,
        kind=resource.type,
        fronts=_fronts(told, "ipConfigurations"),
        security_group=told.link("networkSecurityGroup"),
    )


def bastion(resource: Resource, told: Properties) -> Iterator[Held]:
    """Azure Bastion: a public address in front of machines of its network."""
    fronts = _fronts(told, "ipConfigurations")
    yield Fronted(id=resource.id, origin=resource.origin, kind=resource.type, fronts=fronts)


def load_balancer(resource: Resource, told: Properties) -> Iterator[Held]:
    """A load balancer that a template makes; those of Services are made by AKS."""
    rules = [inner for _, inner in told.named("loadBalancingRules")]
    pools = [inner for _, inner in told.named("backendAddressPools")]
    behind = [i for pool in pools for _, i in pool.named("loadBalancerBackendAddresses")]
    yield Fronted(
        id=resource.id,
        origin=resource.origin,
        kind=resource.type,
        fronts=_fronts(told, "frontendIPConfigurations"),
        ports=tuple(rule.get("frontendPort") for rule in rules),
        back_ends=tuple(address.get("ipAddress") for address in behind),
    )


def application_gateway(resource: Resource, told: Properties) -> Iterator[Held]:
    """An application gateway; every back end is taken to be behind every front."""
    pools = [inner for _, inner in told.named("backendAddressPools")]
    behind = [item for pool in pools for item in pool.items("backendAddresses")]
    places = [inner.link("subnet") for _, inner in told.named("gatewayIPConfigurations")]
    yield Fronted(
        id=resource.id,
        origin=resource.origin,
        kind=resource.type,
        fronts=_fronts(told, "frontendIPConfigurations"),
        subnets=tuple(places),
        ports=tuple(inner.get("port") for _, inner in told.named("frontendPorts")),
        back_ends=tuple(item.get("ipAddress") or item.get("fqdn") for item in behind),
    )


def front_door_origin(resource: Resource, told: Properties) -> Iterator[Held]:
    """An origin of Front Door, which everybody on the internet can call."""
    profile = resource.id.rsplit("/", 4)[0]
    yield Fronted(
        id=resource.id,
        origin=resource.origin,
        kind=resource.type,
        fronts=(Front(subnet="", public_address=profile),),
        ports=(told.get("httpsPort"),),
        back_ends=(told.get("hostName"),),
    )
