"""Option 2: one public ingress that only accepts the gateway's client certificate (I1 to I3)."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.apis.mapping import http_port
from apim_aks.facts import certificate_kind, default_controller
from apim_aks.facts.criterion_ids import ENTRY_POINTS, UNAUTHENTICATED_HOPS
from apim_aks.options import certificates
from apim_aks.options import surroundings as around
from apim_aks.options.cluster_changes import behind_ingress
from apim_aks.options.expectations import common, other_address_refused, public_endpoints
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    Auth,
    Authority,
    Backend,
    Certificate,
    Component,
    Credential,
    Derived,
    DesignRule,
    DnsName,
    Expectation,
    Exposure,
    Kind,
    Link,
    Measured,
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
from apim_aks.workload.names import names_of

ID = "ingress-mtls"
INGRESS = "ingress"
SPACE = "ingress"
DEMANDS = "demands the gateway's client certificate"


def draw(setting: Setting) -> Topology:
    """One ingress with mutual TLS and an address list; the Services stay inside the cluster."""
    beside, bypasses = around.left_public(setting)
    reach = Reach.GATEWAY if setting.fixed_address else Reach.REGION
    space = Zone(SPACE, "ingress namespace", ZoneKind.NAMESPACE, around.CLUSTER)
    return Topology(
        option=ID,
        mode=OPTION.mode,
        zones=(*around.zones(setting), space),
        components=(
            *around.consumers(setting),
            around.gateway(setting, around.AZURE, Exposure.PUBLIC, Reach.INTERNET),
            ingress(setting, SPACE, Exposure.PUBLIC, reach, DEMANDS),
            *(around.service_component(s) for s in setting.published),
            *beside,
        ),
        links=(
            *around.consumer_links(setting, around.GATEWAY),
            *ingress_links(setting, around.GATEWAY),
            *bypasses,
        ),
        credentials=(ingress_credential(setting),),
        backends=(ingress_backend(setting, ingress_host(setting, private=False)),),
        names=(DnsName(ingress_host(setting, private=False), INGRESS, False, "the internet"),),
        certificates=ingress_certificates(setting, private=False),
        changes=behind_ingress(setting, public=True),
        expectations=(*common(ID, around.GATEWAY, VantagePoint.INTERNET), *_expectations(setting)),
    )


def ingress(
    setting: Setting, zone: str, exposure: Exposure, reach: Reach, detail: str
) -> Component:
    """The ingress controller: it ends mutual TLS, so that the Services stay simple (claim I2)."""
    # A list of addresses keeps the network out of no public frontend or port of the nodes.
    return Component(
        id=INGRESS,
        label=setting.controller.short,
        kind=Kind.INGRESS,
        zone=zone,
        exposure=exposure,
        reach=reach,
        guarded=Reach.NETWORK if exposure is Exposure.PUBLIC else Reach.CLUSTER,
        ports=(around.HTTPS,),
        run_by_customer=setting.controller.run_by_customer,
        validates_callers=setting.choices.mutual_tls,
        added=True,
        in_cluster=True,
        detail=detail,
    )


def ingress_links(setting: Setting, caller: str) -> tuple[Link, ...]:
    """`caller` reaches the ingress with a client certificate, the ingress reaches each Service."""
    return (to_ingress(caller, Auth.CLIENT_CERTIFICATE), *map(inside, setting.published))


def to_ingress(caller: str, shown: Auth) -> Link:
    """`caller` reaches the ingress, which ends its TLS."""
    return Link(
        source=caller,
        target=INGRESS,
        protocol=Protocol.HTTPS,
        port=around.HTTPS,
        auth=(shown,),
        ends_tls=True,
    )


def inside(service: Service, shown: Auth = Auth.NONE) -> Link:
    """The ingress reaches a Service; what the gateway shows there passes through it."""
    port = http_port(service)
    https = around.speaks_https(service, port)
    protocol = Protocol.HTTPS if https else Protocol.HTTP
    return Link(
        source=INGRESS,
        target=f"svc-{service.id}",
        protocol=protocol,
        port=port,
        auth=(shown,),
        ends_tls=https,
        note="in the cluster",
    )


def ingress_credential(setting: Setting) -> Credential:
    """One client certificate opens everything behind the ingress."""
    return Credential("client-certificate", Auth.CLIENT_CERTIFICATE, setting.mapping.published)


def ingress_certificates(setting: Setting, private: bool) -> tuple[Certificate, ...]:
    """Both sides' certificates and the authority behind the gateway's (claim I1)."""
    client, authority = certificate_kind("client"), certificate_kind("authority")
    names = names_of(setting.workload)
    return (
        server_certificate(setting, private),
        Certificate(
            id="client-gateway",
            purpose="The gateway shows it to the ingress",
            host=names.gateway_client,
            authority=Authority.PRIVATE,
            held_by=around.GATEWAY,
            trusted_by=INGRESS,
            rotations_per_year=client.per_year,
            rotated_by="Key Vault, picked up within four hours",
        ),
        Certificate(
            id="client-authority",
            purpose="The ingress trusts what it signed, and it signs nothing else",
            host="",
            authority=Authority.PRIVATE,
            held_by=INGRESS,
            trusted_by=INGRESS,
            rotations_per_year=authority.per_year,
            rotated_by="platform team, old and new trusted together meanwhile",
        ),
    )


def server_certificate(setting: Setting, private: bool) -> Certificate:
    """The one that the gateway checks; no public authority signs a name that is private."""
    signer = Authority.PRIVATE if private else Authority.PUBLIC
    return certificates.server_certificate(
        INGRESS, "TLS of the ingress", ingress_host(setting, private), signer
    )


def ingress_host(setting: Setting, private: bool) -> str:
    """The name by which the gateway calls the ingress, private or public."""
    names = names_of(setting.workload)
    return names.private_host("apis") if private else names.public_host("apis")


def ingress_backend(setting: Setting, host: str) -> Backend:
    """One back end for all Services; the path's first two parts say which one is meant."""
    return behind_one("ingress", host, setting.published, ingress_credential(setting).id)


def behind_one(id: str, host: str, services: Iterable[Service], credential: str) -> Backend:
    """A back end of the ingress: the gateway shows the same there for all of these Services."""
    return Backend(
        id=id,
        component=INGRESS,
        protocol=Protocol.HTTPS,
        host=host,
        port=around.HTTPS,
        routes=tuple((s.id, f"/{s.namespace}/{s.name}") for s in services),
        credential=credential,
    )


def supported(option: str, certificate: bool) -> Expectation:
    """The expectation that the controller is maintained and its certificate check documented."""
    checked = " and its client-certificate check documented" if certificate else ""
    return Expectation(
        f"{option}.controller-supported",
        "I2",
        f"The ingress controller is maintained{checked}",
        Derived(DesignRule.CONTROLLER_SUPPORTED),
    )


def one_entry_point(option: str) -> Expectation:
    """That one listener leads to all published Services."""
    return Expectation(
        f"{option}.one-entry-point",
        "I+2",
        "One listener is in front of all published Services",
        Measured(ENTRY_POINTS, 1),
    )


def mutual_tls(option: str, vantage: VantagePoint) -> tuple[Expectation, ...]:
    """What an ingress with mutual TLS promises to a caller from `vantage`."""
    served, shown = ProbeOutcome.SERVED, ProbeRequest.GATEWAY_CERTIFICATE
    return (
        supported(option, certificate=True),
        Expectation(
            f"{option}.every-hop-carries-the-certificate",
            "I1",
            "Every call from the gateway to the cluster carries the client certificate",
            Measured(UNAUTHENTICATED_HOPS, 0),
        ),
        *(_refused(option, vantage, request) for request in _REFUSED),
        Expectation(
            f"{option}.right-certificate-served",
            "I2",
            "A call with the gateway's certificate is served: the control for the refusals",
            Probe(VantagePoint.GATEWAY, INGRESS, shown, served),
        ),
    )


_REFUSED = (
    ProbeRequest.NO_CERTIFICATE,
    ProbeRequest.FOREIGN_CERTIFICATE,
    ProbeRequest.EXPIRED_CERTIFICATE,
)


def _refused(option: str, vantage: VantagePoint, request: ProbeRequest) -> Expectation:
    return Expectation(
        f"{option}.{request}-refused",
        "I2",
        f"A call to the ingress with {request.words} is refused",
        Probe(vantage, INGRESS, request, ProbeOutcome.HANDSHAKE_REFUSED),
    )


def _expectations(setting: Setting) -> tuple[Expectation, ...]:
    return (
        *mutual_tls(ID, VantagePoint.INTERNET),
        one_entry_point(ID),
        public_endpoints(
            f"{ID}.one-public-endpoint",
            "I+3",
            "The ingress is the only application endpoint of the cluster on the internet",
            1,
            setting,
        ),
        Expectation(
            f"{ID}.gateway-address-is-fixed",
            "I3",
            "The tier calls from a fixed address that the ingress's address list can name",
            Derived(DesignRule.GATEWAY_ADDRESS_IS_FIXED),
        ),
        other_address_refused(
            ID, INGRESS, "I3", "A call with the right certificate from another address"
        ),
    )


OPTION = Option(
    id=ID,
    title="Ingress with mutual TLS",
    sentence="API Management calls one public ingress, "
    "which accepts nothing but its client certificate.",
    mode="none",
    draw=draw,
    needs=(*PUBLISHING, "backend_client_certificates", "static_outbound_ip"),
    controller=default_controller().id,
    gains=("I+1", "I+2", "I+3"),
    costs=("I-1", "I-2"),
    avoid="no application endpoint of the cluster may be on the internet, "
    "or nobody will look after an ingress controller and its certificates",
    chapter="04_option_2_ingress_mtls",
)
