"""Back ends that only the virtual network sees: internal load balancers, or an internal ingress.

Claim V5: inside the network an ingress controller may be unnecessary, and authentication between
gateway and Services may still be needed. With a service mesh it always is, so the design then puts
an internal ingress with mutual TLS at the mesh's edge. Where many Services are published, one
internal ingress without client certificates stands before them instead of an address for each.
"""

from __future__ import annotations

from dataclasses import replace

from apim_aks.apis.mapping import http_port
from apim_aks.facts import network_mode
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY
from apim_aks.options import ingress_mtls, one_gateway
from apim_aks.options import surroundings as around
from apim_aks.options.certificates import certificates_renewed, own_certificate
from apim_aks.options.cluster_changes import (
    Left,
    behind_ingress,
    called_beside,
    gateway_name,
    left_open,
    policy,
    routes_taken,
)
from apim_aks.options.entra import checks_gateway_token
from apim_aks.options.expectations import public_endpoints
from apim_aks.options.option import Option, Setting
from apim_aks.options.security_rules import security_rules
from apim_aks.topology import (
    Backend,
    Certificate,
    Component,
    Credential,
    Derived,
    DesignRule,
    DnsName,
    EveryService,
    Expectation,
    Exposure,
    Kind,
    Link,
    Measured,
    ObjectChange,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    Protocol,
    Reach,
    Topology,
    VantagePoint,
    Zone,
    ZoneKind,
)
from apim_aks.workload.model import Service
from apim_aks.workload.names import Names, names_of, service_label

SUBNET = "snet-apim"


def subnet(mode: str, network: str = around.NETWORK) -> Zone:
    """The gateway's subnet in this network, with the delegation that its network mode needs."""
    row = network_mode(mode)
    return Zone(SUBNET, "API Management's subnet", ZoneKind.SUBNET, network, "", row.delegation)


def zones(setting: Setting, mode: str) -> tuple[Zone, ...]:
    """The surroundings with the gateway's subnet, and the ingress's namespace if there is one."""
    space = Zone(ingress_mtls.SPACE, "ingress namespace", ZoneKind.NAMESPACE, around.CLUSTER)
    added = (space,) if one_entry(setting) else ()
    apart = around.gateway_network(setting)
    own = subnet(mode, around.GATEWAY_NETWORK if apart else around.NETWORK)
    return (*around.zones(setting, *apart, own), *added)


def one_entry(setting: Setting) -> bool:
    """One ingress stands at the cluster's private edge, with mutual TLS or without."""
    return setting.choices.entry != "per-service"


def components(setting: Setting) -> tuple[Component, ...]:
    """The Services on internal load balancers that admit the gateway's subnet only."""
    if one_entry(setting):
        return (_ingress(setting), *(around.service_component(s) for s in setting.published))
    return tuple(_called(setting, s) for s in setting.published)


def _called(setting: Setting, service: Service) -> Component:
    """A Service with the one of ours before its pods."""
    made = around.service_component(service, Exposure.PRIVATE, Reach.GATEWAY, http_port(service))
    return replace(made, detail=f"the gateway calls {gateway_name(setting.workload, service)}")


def _ingress(setting: Setting) -> Component:
    if not setting.choices.mutual_tls:
        return one_gateway.ingress(setting)
    place = ingress_mtls.SPACE, Exposure.PRIVATE, Reach.GATEWAY
    return ingress_mtls.ingress(setting, *place, ingress_mtls.DEMANDS)


def links(setting: Setting, caller: str) -> tuple[Link, ...]:
    """How `caller` (the gateway, or its integration subnet) reaches the Services."""
    if setting.choices.mutual_tls:
        return ingress_mtls.ingress_links(setting, caller)
    if one_entry(setting):
        return one_gateway.links(setting, caller)
    return tuple(_link(s, caller) for s in setting.published)


def _link(service: Service, caller: str) -> Link:
    port = http_port(service)
    https = around.speaks_https(service, port)
    protocol = Protocol.HTTPS if https else Protocol.HTTP
    return Link(
        source=caller,
        target=f"svc-{service.id}",
        protocol=protocol,
        port=port,
        auth=(one_gateway.shown(service),),
        ends_tls=https,
    )


def credentials(setting: Setting) -> tuple[Credential, ...]:
    """The tokens of the Services that can check them, or the certificate for the ingress."""
    if setting.choices.mutual_tls:
        return (ingress_mtls.ingress_credential(setting),)
    return one_gateway.tokens(setting)


def backend_certificates(setting: Setting) -> tuple[Certificate, ...]:
    """Those of the internal ingress where there is one, else of each Service that ends TLS."""
    if setting.choices.mutual_tls:
        return ingress_mtls.ingress_certificates(setting, private=True)
    if one_entry(setting):
        return (ingress_mtls.server_certificate(setting, private=True),)
    shown = ((setting.workload.service(b.routes[0][0]), b) for b in backends(setting))
    return tuple(
        own_certificate(service, backend.host, service.tls.authority)
        for service, backend in shown
        if backend.protocol is Protocol.HTTPS
    )


def names(setting: Setting) -> tuple[DnsName, ...]:
    """One private zone for each exact back-end name, never one for a whole domain."""
    found = dict.fromkeys((b.host, b.component) for b in backends(setting))
    return tuple(DnsName(*name, True, "the virtual network") for name in found)


def backends(setting: Setting) -> tuple[Backend, ...]:
    """A back end for each Service's internal load balancer, or those of the internal ingress."""
    known, host = names_of(setting.workload), ingress_mtls.ingress_host(setting, private=True)
    if setting.choices.mutual_tls:
        return (ingress_mtls.ingress_backend(setting, host),)
    if one_entry(setting):
        return one_gateway.backends(setting, host)
    return tuple(_backend(s, known) for s in setting.published)


def _backend(service: Service, names: Names) -> Backend:
    hop = _link(service, "")
    return Backend(
        id=service_label(service),
        component=hop.target,
        protocol=hop.protocol,
        host=service.tls.host or names.private_host(service.name, service.namespace),
        port=hop.port,
        routes=((service.id, ""),),
        credential=f"token-{service.id}" if checks_gateway_token(service) else "",
    )


def changes(setting: Setting) -> tuple[ObjectChange, ...]:
    """The changes in the cluster after which only the gateway's subnet is admitted."""
    if one_entry(setting):
        return behind_ingress(setting, public=False)
    left = left_open(setting)
    renewed = certificates_renewed(setting, backend_certificates(setting))
    own = (c for s in setting.published for c in _changes(setting, s, left))
    return (*own, *renewed, *routes_taken(setting, "nothing public leads to the Service"))


def _changes(setting: Setting, service: Service, left: Left) -> tuple[ObjectChange, ...]:
    admits = "admits the gateway's subnet and known callers only"
    return (
        *called_beside(setting.workload, service),
        *policy(setting.workload, service, admits, left),
    )


def load_balancer(
    id: str, label: str, zone: str, exposure: Exposure, reach: Reach
) -> tuple[Component, Link]:
    """The load balancer that Azure runs in front of an injected gateway, and its way onward."""
    entry = Component(
        id=id,
        label=label,
        kind=Kind.LOAD_BALANCER,
        zone=zone,
        exposure=exposure,
        reach=reach,
        ports=(around.HTTPS,),
        added=True,
        detail="run by Azure, in front of the gateway",
    )
    return entry, around.consumer_call(id, around.GATEWAY)


def drawn(
    setting: Setting,
    option: Option,
    front: tuple[Component, ...],
    links_in: tuple[Link, ...],
    caller: str,
    hosts: tuple[DnsName, ...] = (),
    promises: tuple[Expectation, ...] = (),
) -> Topology:
    """The whole topology of an option with private back ends.

    `front` and `links_in` are what stands before the cluster and how consumers get there,
    `caller` is the component whose calls enter the cluster.
    """
    beside, bypasses = around.left_public(setting)
    called = backends(setting)
    return Topology(
        option=option.id,
        mode=option.mode,
        zones=zones(setting, option.mode),
        components=(*around.consumers(setting), *front, *components(setting), *beside),
        links=(*links_in, *links(setting, caller), *bypasses),
        credentials=credentials(setting),
        backends=called,
        rules=security_rules(setting, option.mode, SUBNET, called),
        names=(*hosts, *names(setting)),
        certificates=backend_certificates(setting),
        changes=changes(setting),
        expectations=(*promises, *expectations(setting, option.id)),
    )


def expectations(setting: Setting, option: str) -> tuple[Expectation, ...]:
    """The expectations of back ends inside the network."""
    return (*_counted(setting, option), *_probed(option), *_entry(setting, option))


def _entry(setting: Setting, option: str) -> tuple[Expectation, ...]:
    if setting.choices.mutual_tls:
        return ingress_mtls.mutual_tls(option, VantagePoint.SAME_VNET)
    return one_gateway.promises(option) if one_entry(setting) else ()


def _counted(setting: Setting, option: str) -> tuple[Expectation, ...]:
    return (
        public_endpoints(
            f"{option}.no-public-cluster-endpoint",
            "V+1",
            "No application endpoint of the cluster is reachable from the internet",
            0,
            setting,
        ),
        Expectation(
            f"{option}.gateway-subnet-only",
            "V3",
            "Published Services admit the gateway's subnet and nobody else",
            Measured(AROUND_THE_GATEWAY, 0),
        ),
        Expectation(
            f"{option}.required-rules",
            "V+4",
            "The security group has every rule that the network mode requires, none wider",
            Derived(DesignRule.REQUIRED_RULES),
        ),
        Expectation(
            f"{option}.exact-names",
            "V-1",
            "Private names have a zone each, and none covers a domain of others",
            Derived(DesignRule.EXACT_NAMES),
        ),
    )


def _probed(option: str) -> tuple[Expectation, ...]:
    every, silence = EveryService.PUBLISHED, ProbeOutcome.SILENCE
    return (
        Expectation(
            f"{option}.cluster-unreachable-from-internet",
            "V3",
            "The cluster's Services do not answer from the internet",
            Probe(VantagePoint.INTERNET, every, ProbeRequest.AROUND_GATEWAY, silence),
        ),
        Expectation(
            f"{option}.other-subnet-refused",
            "V3",
            "A virtual machine in another subnet gets no answer from a Service",
            Probe(VantagePoint.SAME_VNET, every, ProbeRequest.OTHER_SUBNET, silence),
        ),
    )
