"""The parts that all options share: consumers, network, cluster, namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.apis.mapping import left_beside
from apim_aks.options.option import Setting
from apim_aks.topology import (
    Auth,
    Component,
    Exposure,
    Kind,
    Link,
    Protocol,
    Reach,
    Zone,
    ZoneKind,
)
from apim_aks.workload.model import Consumer, Port, Service

INTERNET, AZURE, NETWORK, CLUSTER = "internet", "azure", "vnet", "aks"
GATEWAY_NETWORK = "vnet-apim"
GATEWAY = "apim"
HTTPS = 443
TO_GATEWAY = (Auth.SUBSCRIPTION_KEY, Auth.CALLER_TOKEN)
"""Keys alone are no authentication (claim S1 as of 2026): a caller's token comes with them."""

INSIDE = (Consumer.SAME_VNET, Consumer.PEERED_VNET, Consumer.ON_PREMISES)
"""Where consumers call from that a private address serves."""

_PLACE = {
    Consumer.INTERNET: INTERNET,
    Consumer.SAME_VNET: NETWORK,
    Consumer.PEERED_VNET: "peered-vnet",
    Consumer.ON_PREMISES: "on-premises",
}


def zones(setting: Setting, *added: Zone, services: Iterable[Service] = ()) -> tuple[Zone, ...]:
    """The trust boundaries: internet, Azure, network, cluster, a namespace for each Service."""
    places = set(setting.workload.consumers)
    spaces = dict.fromkeys(s.namespace for s in (*services, *setting.published))
    spaces.update(dict.fromkeys(s.namespace for s in setting.left_public))
    spaces.update(dict.fromkeys(space for space, _ in setting.left_routes))
    region = setting.workload.azure.region
    known = {z.id for z in added}
    return (
        Zone(INTERNET, "Internet", ZoneKind.INTERNET),
        *(_outer(Consumer.ON_PREMISES, "On premises", ZoneKind.ON_PREMISES, places)),
        Zone(AZURE, f"Azure, {region}", ZoneKind.AZURE),
        *(_outer(Consumer.PEERED_VNET, "Peered network", ZoneKind.PEERED_NETWORK, places)),
        Zone(NETWORK, "Virtual network", ZoneKind.NETWORK, AZURE),
        *added,
        Zone(CLUSTER, "AKS cluster", ZoneKind.CLUSTER, NETWORK),
        *(
            Zone(namespace(s), f"namespace {s}", ZoneKind.NAMESPACE, CLUSTER)
            for s in spaces
            if namespace(s) not in known
        ),
    )


_APART = {"peered": "Peered network of API Management", "hub": "Peered hub network"}


def gateway_network(setting: Setting) -> tuple[Zone, ...]:
    """The network that the gateway stands in, where that is not the cluster's."""
    label = _APART.get(setting.workload.azure.gateway_network)
    return (Zone(GATEWAY_NETWORK, label, ZoneKind.NETWORK, AZURE),) if label else ()


def in_front(zones: tuple[Zone, ...], id: str, label: str) -> tuple[Zone, ...]:
    """The zones with one more subnet, in the gateway's network where that is one of its own."""
    network = GATEWAY_NETWORK if any(z.id == GATEWAY_NETWORK for z in zones) else NETWORK
    added = Zone(id, label, ZoneKind.SUBNET, network)
    at = next(place for place, zone in enumerate(zones) if zone.id == CLUSTER)
    return (*zones[:at], added, *zones[at:])


def _outer(place: Consumer, label: str, kind: ZoneKind, places: set[Consumer]) -> tuple[Zone, ...]:
    parent = AZURE if kind is ZoneKind.PEERED_NETWORK else ""
    return (Zone(_PLACE[place], label, kind, parent),) if place in places else ()


def namespace(name: str) -> str:
    """The id of a namespace's zone."""
    return f"ns-{name}"


def consumers(setting: Setting, *places: Consumer) -> tuple[Component, ...]:
    """A component for each place that consumers call from, of `places` if any are given."""
    return tuple(
        Component(
            id=f"consumer-{c.value}",
            label=c.label,
            kind=Kind.CONSUMER,
            zone=_PLACE[c],
            exposure=Exposure.NONE,
        )
        for c in setting.workload.consumers
        if not places or c in places
    )


def consumer_links(setting: Setting, entry: str, *places: Consumer) -> tuple[Link, ...]:
    """Consumers call `entry` by HTTPS with a subscription key and a token of their own."""
    return tuple(consumer_call(c.id, entry) for c in consumers(setting, *places))


def consumer_call(source: str, target: str, note: str = "") -> Link:
    """A consumer's call, or what carries it on to the gateway, which ends its TLS."""
    return Link(
        source=source,
        target=target,
        protocol=Protocol.HTTPS,
        port=HTTPS,
        auth=TO_GATEWAY,
        ends_tls=target == GATEWAY,
        note=note,
    )


def gateway(setting: Setting, zone: str, exposure: Exposure, reach: Reach) -> Component:
    """API Management's gateway."""
    return Component(
        id=GATEWAY,
        label=f"API Management, {setting.tier.name}",
        kind=Kind.GATEWAY,
        zone=zone,
        exposure=exposure,
        reach=reach,
        ports=(HTTPS,) if exposure is not Exposure.NONE else (),
        validates_callers=True,
        added=True,
    )


def service_component(
    service: Service,
    exposure: Exposure = Exposure.CLUSTER,
    reach: Reach = Reach.CLUSTER,
    port: int = 0,
) -> Component:
    """A Kubernetes Service as the option leaves it."""
    return Component(
        id=f"svc-{service.id}",
        label=service.name,
        kind=Kind.SERVICE,
        zone=namespace(service.namespace),
        exposure=exposure,
        reach=reach,
        ports=(port,) if port else tuple(p.number for p in service.ports),
        service=service.id,
        validates_callers=service.validates is not None,
        in_cluster=True,
    )


def left_public(setting: Setting) -> tuple[tuple[Component, ...], tuple[Link, ...]]:
    """Services and routes that stay public beside the gateway, and the path around it to them."""
    services, routes = setting.left_public, setting.left_routes
    if not services and not routes:
        return (), ()
    stranger = Component(
        id="anyone",
        label="Anyone on the internet",
        kind=Kind.CONSUMER,
        zone=INTERNET,
        exposure=Exposure.NONE,
    )
    parts = tuple(
        service_component(s, Exposure.PUBLIC, Reach.INTERNET, _public_port(s)) for s in services
    )
    parts += tuple(_left_route(space, name) for space, name in routes)
    links = tuple(
        Link(
            source=stranger.id,
            target=part.id,
            protocol=protocol(part.ports[0] if part.ports else HTTPS),
            port=part.ports[0] if part.ports else HTTPS,
            auth=(Auth.CALLER_TOKEN,) if part.validates_callers else (Auth.NONE,),
            bypass=True,
        )
        for part in parts
    )
    return (stranger, *parts), (*links, *_left_ports(setting))


def _left_ports(setting: Setting) -> Iterator[Link]:
    """From a route that stays to the port that no API publishes: a way around the gateway."""
    for service in setting.published:
        for route, port in left_beside(service):
            space = route.namespace or service.namespace
            yield _around(_left_id(space, f"{route.kind} {route.name}"), service, port)
    for left in setting.left_ports:
        service = setting.workload.service(left.origin)
        yield from (_around(f"svc-{left.id}", service, port) for port in left.ports)


def _around(source: str, service: Service, port: Port) -> Link:
    return Link(
        source=source,
        target=f"svc-{service.id}",
        protocol=protocol(port.number),
        port=port.number,
        auth=(Auth.CALLER_TOKEN if service.validates else Auth.NONE,),
        bypass=True,
    )


def _left_id(space: str, name: str) -> str:
    return f"left-{space}/{name.replace(' ', '/')}"


def _left_route(space: str, name: str) -> Component:
    """What a route that stays serves beside the input; which Service it is is not known."""
    return Component(
        id=_left_id(space, name),
        label=f"behind {name}",
        kind=Kind.SERVICE,
        zone=namespace(space),
        exposure=Exposure.PUBLIC,
        reach=Reach.INTERNET,
        ports=(HTTPS,),
        in_cluster=True,
        detail="a route of the workload that leads elsewhere too, and stays",
    )


def _public_port(service: Service) -> int:
    return service.ports[0].number if service.ports else HTTPS


def protocol(port: int) -> Protocol:
    """HTTPS on the port of that name, HTTP on any other."""
    return Protocol.HTTPS if port in (HTTPS, 8443) else Protocol.HTTP


_BY_TLS = ("https", "kubernetes.io/wss")


def speaks_https(service: Service, port: int) -> bool:
    """The Service itself ends TLS on this port.

    workload.yaml is first, then a route or policy, then the port's protocol or name, its number.
    """
    if service.tls.host:
        return True
    if (told := dict(service.by_tls).get(port)) is not None:
        return told
    tcp = (p for p in service.ports if p.number == port and p.protocol == "TCP")
    names = {(p.app_protocol or p.name).lower() for p in tcp}
    if names == {"http"}:
        return False
    return protocol(port) is Protocol.HTTPS or any(n.startswith(_BY_TLS) for n in names)
