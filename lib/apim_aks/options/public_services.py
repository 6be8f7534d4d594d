"""Option 1: the Services are public, and each of them checks a token (claims P1 to P3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apim_aks.apis.mapping import http_port
from apim_aks.facts import azure_facts
from apim_aks.facts.criterion_ids import UNAUTHENTICATED_HOPS
from apim_aks.options import surroundings as around
from apim_aks.options.certificates import own_certificate, server_certificate
from apim_aks.options.cluster_changes import before_service, left_open, routes_taken
from apim_aks.options.entra import checks_gateway_token, own_audience
from apim_aks.options.expectations import common, other_address_refused
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
)
from apim_aks.workload.model import Service
from apim_aks.workload.names import label, names_of, service_label

ID = "public-services"
DNS_LABEL = "service.beta.kubernetes.io/azure-dns-label-name"


def draw(setting: Setting) -> Topology:
    """Every published Service on a public address, with TLS and a token check of its own."""
    beside, bypasses = around.left_public(setting)
    fronts = tuple(_front(s, setting) for s in setting.published)
    behind = tuple(around.service_component(s) for s in setting.published if not _ready(s))
    return Topology(
        option=ID,
        mode=OPTION.mode,
        zones=around.zones(setting),
        components=(
            *around.consumers(setting),
            around.gateway(setting, around.AZURE, Exposure.PUBLIC, Reach.INTERNET),
            *fronts,
            *behind,
            *beside,
        ),
        links=(
            *around.consumer_links(setting, around.GATEWAY),
            *(link for s in setting.published for link in _links(s, setting)),
            *bypasses,
        ),
        credentials=tuple(_credential(s, setting) for s in setting.published if _own(s, setting)),
        backends=tuple(_backend(s, setting) for s in setting.published),
        names=tuple(_name(s, setting) for s in setting.published),
        certificates=tuple(_certificate(s, setting) for s in setting.published),
        changes=_changes(setting),
        expectations=(
            *common(ID, around.GATEWAY, VantagePoint.INTERNET),
            *_expectations(fronts),
        ),
    )


def _ready(service: Service) -> bool:
    """Public under a name, ends TLS, checks tokens of Entra ID: nothing changes (claim P+2).

    Any other issuer's tokens are those of callers: whoever has one would get around the gateway.
    """
    https = around.speaks_https(service, http_port(service))
    named = DNS_LABEL in dict(service.annotations)
    return service.public and named and checks_gateway_token(service) and https


def _port(service: Service) -> int:
    """A Service that stays as it is keeps its port too; a token check listens on 443."""
    return http_port(service) if _ready(service) else around.HTTPS


def _front(service: Service, setting: Setting) -> Component:
    """What answers for a Service: itself, or a token check that admits the gateway's address."""
    if _ready(service):
        public = Exposure.PUBLIC, Reach.INTERNET, _port(service)
        own = "checks the gateway's token itself, in a header beside the caller's"
        return replace(around.service_component(service, *public), detail=own)
    # A list of addresses keeps the network out of no port of the nodes.
    return Component(
        id=f"check-{service.id}",
        label=f"Token check for {service.name}",
        kind=Kind.TOKEN_PROXY,
        zone=around.namespace(service.namespace),
        exposure=Exposure.PUBLIC,
        reach=Reach.GATEWAY if setting.fixed_address else Reach.INTERNET,
        guarded=Reach.NETWORK,
        ports=(around.HTTPS,),
        run_by_customer=True,
        validates_callers=True,
        added=True,
        in_cluster=True,
        detail=f"ends TLS and checks the gateway's token for {service.id}",
    )


def _links(service: Service, setting: Setting) -> tuple[Link, ...]:
    front, outer = _front(service, setting), _port(service)
    hop = Link(
        source=around.GATEWAY,
        target=front.id,
        protocol=Protocol.HTTPS,
        port=outer,
        auth=(Auth.TOKEN,),
        ends_tls=True,
    )
    if front.kind is Kind.SERVICE:
        return (hop,)
    port = http_port(service)
    https = around.speaks_https(service, port)
    inner = Protocol.HTTPS if https else Protocol.HTTP
    note = "in the cluster"
    return hop, Link(
        source=front.id,
        target=f"svc-{service.id}",
        protocol=inner,
        port=port,
        ends_tls=https,
        note=note,
    )


def _own(service: Service, setting: Setting) -> bool:
    """It is no share of another Service's calls, which come with the token for that one."""
    return setting.main(service) == service


def _credential(service: Service, setting: Setting) -> Credential:
    """An audience of another issuer is none of Entra ID's, so the token check has its own."""
    service = setting.main(service)
    served = tuple(id for id, _ in setting.mapping.shares(service.id)) or (service.id,)
    audience = own_audience(setting.workload.name, service)
    if service.validates and checks_gateway_token(service):
        audience = service.validates.audience
    return Credential(f"token-{service.id}", Auth.TOKEN, served, audience)


def _host(service: Service, setting: Setting) -> str:
    """A Service that stays as it is keeps its name, every other gets a new public address."""
    if _ready(service):
        if service.tls.host:
            return service.tls.host
        own = label(dict(service.annotations)[DNS_LABEL], 63)
        region, suffix = setting.workload.azure.region, azure_facts().public_suffix
        return f"{own}.{region}.{suffix}"
    return names_of(setting.workload).public_host(service_label(service))


def _name(service: Service, setting: Setting) -> DnsName:
    return DnsName(_host(service, setting), _front(service, setting).id, False, "the internet")


def _backend(service: Service, setting: Setting) -> Backend:
    return Backend(
        id=service_label(service),
        component=_front(service, setting).id,
        protocol=Protocol.HTTPS,
        host=_host(service, setting),
        port=_port(service),
        routes=((service.id, ""),),
        credential=_credential(service, setting).id,
    )


def _certificate(service: Service, setting: Setting) -> Certificate:
    front, host = _front(service, setting), _host(service, setting)
    if front.kind is Kind.SERVICE:
        signer = service.tls.authority if service.tls.host else Authority.PUBLIC
        return own_certificate(service, host, signer)
    return server_certificate(front.id, f"TLS of {front.label}", host, Authority.PUBLIC)


def _changes(setting: Setting) -> tuple[ObjectChange, ...]:
    fronted = tuple(s for s in setting.published if not _ready(s))
    taken = routes_taken(setting, "only the token check leads to the Service", fronted)
    left = left_open(setting)
    return (*(c for s in fronted for c in before_service(setting.workload, s, left)), *taken)


def _expectations(fronts: Iterable[Component]) -> tuple[Expectation, ...]:
    fixed = (
        Expectation(
            f"{ID}.every-hop-carries-a-token",
            "P2",
            "Every call from the gateway to a Service carries a token that is checked there",
            Measured(UNAUTHENTICATED_HOPS, 0),
        ),
        Expectation(
            f"{ID}.one-audience-each",
            "P2",
            "No two Services accept the same audience, so one leaked token opens one Service",
            Derived(DesignRule.ONE_AUDIENCE_EACH),
        ),
    )
    listed = any(front.lists_gateway for front in fronts)
    return (
        *fixed,
        *(_refused(id, request) for id, request in _REFUSED),
        _served(),
        *(_other_address() for _ in range(listed)),
    )


_REFUSED = (
    ("no-token", ProbeRequest.NO_TOKEN),
    ("an-expired-token", ProbeRequest.EXPIRED_TOKEN),
    ("a-token-for-another-audience", ProbeRequest.OTHER_AUDIENCE),
    ("a-token-of-another-identity", ProbeRequest.OTHER_IDENTITY),
    ("a-foreign-key", ProbeRequest.FOREIGN_SIGNING_KEY),
)
"""Ids of checks, and what each Service has to refuse."""


def _refused(id: str, request: ProbeRequest) -> Expectation:
    every, refused = EveryService.PUBLIC, ProbeOutcome.REFUSED
    return Expectation(
        f"{ID}.{id}-refused",
        "P2",
        f"A call straight to a Service with {request.words} is refused before it does any work",
        Probe(VantagePoint.INTERNET, every, request, refused),
    )


def _served() -> Expectation:
    every, served = EveryService.PUBLIC, ProbeOutcome.SERVED_BY_EACH
    return Expectation(
        f"{ID}.right-token-served",
        "P2",
        "A call with the gateway's token is served: the control for the refusals",
        Probe(VantagePoint.GATEWAY, every, ProbeRequest.GATEWAY_TOKEN, served),
    )


def _other_address() -> Expectation:
    every = EveryService.LISTED
    return other_address_refused(ID, every, "P1", "A call to a Service from another address")


OPTION = Option(
    id=ID,
    title="Public Services",
    sentence="API Management calls each Service on a public address, "
    "and each Service checks a token.",
    mode="none",
    draw=draw,
    needs=PUBLISHING,
    gains=("P+1", "P+2"),
    costs=("P-1", "P-2", "P-3"),
    avoid="the Services handle anything sensitive, or more than a handful have to be published",
    chapter="03_option_1_public_services",
)
