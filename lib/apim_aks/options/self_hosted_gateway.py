"""Not in the article: the gateway's container runs in the cluster and calls the Services there.

API Management stays in Azure and hands out the configuration; calls never leave the network:
https://learn.microsoft.com/azure/api-management/self-hosted-gateway-overview (2025-09-30).
"""

from __future__ import annotations

from dataclasses import replace

from apim_aks.apis.mapping import http_port
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY, ENTRY_POINTS
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options import surroundings as around
from apim_aks.options.certificates import (
    certificates_renewed,
    cluster_certificates,
    server_certificate,
)
from apim_aks.options.cluster_changes import (
    Left,
    left_open,
    moved_inside,
    of_its_own,
    policy,
    routes_taken,
)
from apim_aks.options.expectations import (
    answers_the_internet,
    common,
    public_endpoints,
    silent_to_the_internet,
)
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    Auth,
    Authority,
    Backend,
    Certificate,
    Component,
    DnsName,
    Expectation,
    Exposure,
    Kind,
    Link,
    Measured,
    ObjectChange,
    Protocol,
    Reach,
    Topology,
    VantagePoint,
    Zone,
    ZoneKind,
)
from apim_aks.workload.model import Service, Workload
from apim_aks.workload.names import cluster_host, names_of, service_label

ID = "self-hosted-gateway"
INSTANCE = "apim-instance"
NAME = "apim-gateway"
"""What the gateway's objects in the cluster are called."""


def draw(setting: Setting) -> Topology:
    """Consumers call the gateway's pods, which call each Service by its name in the cluster."""
    return _drawn(setting, public=True)


def internal(setting: Setting, topology: Topology) -> Topology:
    """The same topology with an internal load balancer before the pods, for consumers inside."""
    return replace(_drawn(setting, public=False), option=topology.option)


def _drawn(setting: Setting, public: bool) -> Topology:
    beside, bypasses = around.left_public(setting)
    namespace = self_hosted_defaults().namespace
    space = Zone(
        around.namespace(namespace), f"namespace {namespace}", ZoneKind.NAMESPACE, around.CLUSTER
    )
    callers = () if public else around.INSIDE
    return Topology(
        option=ID,
        mode=OPTION.mode,
        zones=around.zones(setting, space),
        components=(
            *around.consumers(setting),
            _instance(setting),
            _gateway(space.id, public),
            *(around.service_component(s) for s in setting.published),
            *beside,
        ),
        links=(
            *around.consumer_links(setting, around.GATEWAY, *callers),
            *(_hop(s) for s in setting.published),
            _configuration(),
            *bypasses,
        ),
        backends=tuple(_backend(s) for s in setting.published),
        names=tuple(_names(setting, public)),
        certificates=(_certificate(setting, public), *cluster_certificates(setting)),
        changes=_changes(setting),
        expectations=_expectations(setting, public),
    )


def _gateway(zone: str, public: bool) -> Component:
    return Component(
        id=around.GATEWAY,
        label="Self-hosted gateway",
        kind=Kind.GATEWAY,
        zone=zone,
        exposure=Exposure.PUBLIC if public else Exposure.PRIVATE,
        reach=Reach.INTERNET if public else Reach.NETWORK,
        ports=(around.HTTPS,),
        run_by_customer=True,
        validates_callers=True,
        added=True,
        in_cluster=True,
        detail="pods of the cluster, behind a load balancer of it",
    )


def _instance(setting: Setting) -> Component:
    """API Management itself: it serves the configuration, and no call of consumers."""
    return Component(
        id=INSTANCE,
        label=f"API Management, {setting.tier.name}",
        kind=Kind.MANAGEMENT,
        zone=around.AZURE,
        exposure=Exposure.PUBLIC,
        reach=Reach.INTERNET,
        ports=(around.HTTPS,),
        validates_callers=True,
        added=True,
        detail="configuration, portal and metrics; no consumer calls",
    )


def _configuration() -> Link:
    return Link(
        source=around.GATEWAY,
        target=INSTANCE,
        protocol=Protocol.HTTPS,
        port=around.HTTPS,
        auth=(Auth.TOKEN,),
        ends_tls=True,
        note="configuration only",
    )


def _hop(service: Service) -> Link:
    port = http_port(service)
    https = around.speaks_https(service, port)
    return Link(
        source=around.GATEWAY,
        target=f"svc-{service.id}",
        protocol=Protocol.HTTPS if https else Protocol.HTTP,
        port=port,
        auth=(Auth.CALLER_TOKEN if service.validates else Auth.NONE,),
        ends_tls=https,
        note="in the cluster",
    )


def _backend(service: Service) -> Backend:
    hop = _hop(service)
    return Backend(
        id=service_label(service),
        component=hop.target,
        protocol=hop.protocol,
        host=cluster_host(service),
        port=hop.port,
        routes=((service.id, ""),),
    )


def _names(setting: Setting, public: bool) -> list[DnsName]:
    """The name that consumers call first: their own, else one of the address."""
    known, own = names_of(setting.workload), setting.workload.azure.host_name
    seen = "the internet" if public else "the virtual network and its peers"
    made = known.public_host("gateway") if public else known.private_host("gateway")
    hosts = [own, made] if own and public else [own or made]
    return [DnsName(host, around.GATEWAY, not public, seen) for host in hosts]


def _certificate(setting: Setting, public: bool) -> Certificate:
    """No public authority signs the name that is made for it inside the network."""
    known = public or bool(setting.workload.azure.host_name)
    signer = Authority.PUBLIC if known else Authority.PRIVATE
    host = _names(setting, public)[0].name
    shown = server_certificate(around.GATEWAY, "TLS of the self-hosted gateway", host, signer)
    renewed = "Key Vault, picked up by API Management and handed to the pods"
    return replace(shown, id="tls-gateway", trusted_by="consumers", rotated_by=renewed)


def _changes(setting: Setting) -> tuple[ObjectChange, ...]:
    left = left_open(setting)
    taken = routes_taken(setting, "only the gateway leads to the Service")
    services = (c for s in setting.published for c in _of_service(setting.workload, s, left))
    namespace = self_hosted_defaults().namespace
    own = (
        ObjectChange("create", kind, name, "", why, "" if kind == "Namespace" else namespace)
        for kind, name, why in _OBJECTS
    )
    renewed = certificates_renewed(setting, cluster_certificates(setting))
    return (*own, *services, *renewed, *taken)


_OBJECTS = (
    ("Namespace", self_hosted_defaults().namespace, "holds the gateway"),
    ("ServiceAccount", NAME, "signs in to API Management without a secret"),
    ("ConfigMap", NAME, "says where the configuration is read"),
    ("PersistentVolumeClaim", NAME, "keeps the last configuration while Azure cannot be reached"),
    ("Service", f"{NAME}-peers", "lets the pods find each other, so that limits hold across them"),
    ("Deployment", NAME, "the gateway's pods"),
    ("PodDisruptionBudget", NAME, "keeps pods while nodes are replaced"),
    ("Service", NAME, "the gateway's address"),
    ("NetworkPolicy", NAME, "says who reaches the gateway's pods, and whom they call"),
)


def _of_service(workload: Workload, service: Service, left: Left) -> tuple[ObjectChange, ...]:
    return (
        *of_its_own(service),
        *policy(workload, service, "admits the gateway's pods and known callers only", left),
        *moved_inside(service, "the gateway in the cluster"),
    )


def _expectations(setting: Setting, public: bool) -> tuple[Expectation, ...]:
    vantage = VantagePoint.INTERNET if public else VantagePoint.SAME_VNET
    counted = public_endpoints(
        f"{ID}.one-public-endpoint" if public else f"{ID}.no-public-cluster-endpoint",
        "I+3" if public else "V+1",
        "The gateway is the only application endpoint of the cluster on the internet"
        if public
        else "No application endpoint of the cluster is reachable from the internet",
        int(public),
        setting,
    )
    met = answers_the_internet if public else silent_to_the_internet
    return (
        *common(ID, around.GATEWAY, vantage),
        counted,
        Expectation(
            f"{ID}.one-entry-point",
            "I+2",
            "One listener is in front of all published Services",
            Measured(ENTRY_POINTS, 1),
        ),
        Expectation(
            f"{ID}.gateway-pods-only",
            "V3",
            "Published Services admit the gateway's pods and known callers, and nobody else",
            Measured(AROUND_THE_GATEWAY, 0),
        ),
        met(ID, around.GATEWAY, "The gateway in the cluster"),
    )


OPTION = Option(
    id=ID,
    title="Self-hosted gateway",
    sentence="The gateway's container runs in the cluster; API Management hands out "
    "its configuration.",
    mode="none",
    draw=draw,
    needs=(*PUBLISHING, "self_hosted_gateway_support"),
    gains=("I+2", "I+3"),
    costs=("I-1",),
    avoid="a gateway that Microsoft runs would do: this one you size, upgrade and watch "
    "yourselves, and it has no SLA",
    chapter="05_option_3_virtual_network",
)
