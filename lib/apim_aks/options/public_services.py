"""Option 1: the Services are public, and each of them checks a token (claims P1 to P3)."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.facts import certificate_kind
from apim_aks.names import label, names_of, service_label
from apim_aks.options import surroundings as around
from apim_aks.options.cluster_changes import before_service, routes_taken
from apim_aks.options.expectations import common
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    Auth,
    Backend,
    Certificate,
    Change,
    Component,
    Credential,
    Derived,
    DnsName,
    Expectation,
    Exposure,
    Kind,
    Link,
    Measured,
    Probe,
    Protocol,
    Reach,
    Topology,
)
from apim_aks.workload import Service

ID = "public-services"
DNS_LABEL = "service.beta.kubernetes.io/azure-dns-label-name"


def draw(setting: Setting) -> Topology:
    """Every published Service on a public address, with TLS and a token check of its own."""
    beside, bypasses = around.left_public(setting)
    fronts = tuple(_front(s) for s in setting.published)
    behind = tuple(around.service_component(s) for s in setting.published if not _ready(s))
    return Topology(
        ID,
        OPTION.mode,
        around.zones(setting),
        (
            *around.consumers(setting),
            around.gateway(setting, around.AZURE, Exposure.PUBLIC, Reach.INTERNET),
            *fronts,
            *behind,
            *beside,
        ),
        (
            *around.consumer_links(setting, around.GATEWAY),
            *(link for s in setting.published for link in _links(s)),
            *bypasses,
        ),
        credentials=tuple(_credential(s, setting) for s in setting.published),
        backends=tuple(_backend(s, setting) for s in setting.published),
        names=tuple(_name(s, setting) for s in setting.published),
        certificates=tuple(_certificate(f) for f in fronts),
        changes=_changes(setting),
        expectations=(*common(ID, around.GATEWAY, "internet"), *_expectations(setting)),
    )


def _ready(service: Service) -> bool:
    """Public under a name, ends TLS and validates tokens: nothing changes (claim P+2)."""
    https = any(around.speaks_https(service, p.number) for p in service.ports)
    named = DNS_LABEL in dict(service.annotations)
    return service.public and named and service.validates is not None and https


def _front(service: Service) -> Component:
    if _ready(service):
        return around.service_component(service, Exposure.PUBLIC, Reach.INTERNET, around.HTTPS)
    return Component(
        f"check-{service.id}",
        f"Token check for {service.name}",
        Kind.TOKEN_PROXY,
        around.namespace(service.namespace),
        Exposure.PUBLIC,
        Reach.INTERNET,
        (around.HTTPS,),
        run_by_customer=True,
        validates_callers=True,
        added=True,
        in_cluster=True,
        detail=f"ends TLS and checks the gateway's token for {service.id}",
    )


def _links(service: Service) -> tuple[Link, ...]:
    front = _front(service)
    hop = Link(around.GATEWAY, front.id, Protocol.HTTPS, around.HTTPS, (Auth.TOKEN,), ends_tls=True)
    if front.kind is Kind.SERVICE:
        return (hop,)
    port = service.ports[0].number
    inside = Link(front.id, f"svc-{service.id}", around.protocol(port), port, note="in the cluster")
    return hop, inside


def _credential(service: Service, setting: Setting) -> Credential:
    own = f"api://{setting.workload.name}/{service.namespace}/{service.name}"
    audience = service.validates.audience if service.validates else own
    return Credential(f"token-{service.id}", Auth.TOKEN, (service.id,), audience)


def _host(service: Service, setting: Setting) -> str:
    """A Service that stays as it is keeps its name, every other gets a new public address."""
    if _ready(service):
        own = label(dict(service.annotations)[DNS_LABEL], 63)
        return f"{own}.{setting.workload.azure.region}.cloudapp.azure.com"
    return names_of(setting.workload).public_host(service_label(service))


def _name(service: Service, setting: Setting) -> DnsName:
    return DnsName(_host(service, setting), _front(service).id, False, "the internet")


def _backend(service: Service, setting: Setting) -> Backend:
    return Backend(
        service_label(service),
        _front(service).id,
        Protocol.HTTPS,
        _host(service, setting),
        around.HTTPS,
        ((service.id, ""),),
        _credential(service, setting).id,
    )


def _certificate(front: Component) -> Certificate:
    rate = certificate_kind("server").per_year
    made = around.server_certificate(f"tls-{front.id}", front.id, f"TLS of {front.label}", rate)
    own = front.kind is Kind.SERVICE
    return replace(made, rotated_by="the team that owns the Service") if own else made


def _changes(setting: Setting) -> tuple[Change, ...]:
    fronted = tuple(s for s in setting.published if not _ready(s))
    taken = routes_taken(setting, "only the token check leads to the Service", fronted)
    return (*(c for s in fronted for c in before_service(s)), *taken)


def _expectations(setting: Setting) -> tuple[Expectation, ...]:
    fixed = (
        Expectation(
            f"{ID}.every-hop-carries-a-token",
            "P2",
            "Every call from the gateway to a Service carries a token that is checked there",
            Measured("unauthenticated-hops", 0),
        ),
        Expectation(
            f"{ID}.one-audience-each",
            "P2",
            "No two Services accept the same audience, so one leaked token opens one Service",
            Derived("one-audience-each"),
        ),
    )
    refused = ("no token", "an expired token", "a token for another audience", "a foreign key")
    return (
        *fixed,
        *(
            Expectation(
                f"{ID}.{label(request)}-refused",
                "P2",
                f"A call straight to a Service with {request} is refused before it does any work",
                Probe("internet", "every public Service", request, "401 or 403"),
            )
            for request in refused
        ),
        Expectation(
            f"{ID}.right-token-served",
            "P2",
            "A call with the gateway's token is served: the control for the refusals",
            Probe("internet", "every public Service", "the gateway's token", "the answer"),
        ),
    )


OPTION = Option(
    ID,
    "Public Services",
    "API Management calls each Service on a public address, and each Service checks a token.",
    "none",
    draw,
    PUBLISHING,
    "figure 2",
    gains=("P+1", "P+2"),
    costs=("P-1", "P-2", "P-3"),
    avoid="the Services handle anything sensitive, or more than a handful have to be published",
)
