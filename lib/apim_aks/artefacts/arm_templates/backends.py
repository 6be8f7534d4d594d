"""Back ends in API Management: certificates, named values, logger and entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.artefacts.arm_templates.expressions import Code, Json, data, parameter, resource_id
from apim_aks.artefacts.arm_templates.gateway import gateway_id
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, Site, value_parameter
from apim_aks.artefacts.arm_templates.vault import secret_identifier
from apim_aks.artefacts.manifests.scene import certificate_secret
from apim_aks.artefacts.policies import NamedValue, Pool, certificate_id, pools_of
from apim_aks.facts import arm_defaults
from apim_aks.topology import Auth, Backend

LOGGER = "azuremonitor"
BREAKING_CODES = {"min": 500, "max": 599}


def child(kind: str, *names: str, properties: Json, preview: bool = False) -> Resource:
    """A child of API Management: `child("apis/policies", "orders", "policy", …)`."""
    gateway = parameter("gatewayName")
    return Resource(
        type=f"{SERVICE}/{kind}",
        names=(gateway, *names),
        body={"properties": properties},
        needs=(gateway_id(),),
        preview=preview,
    )


def gateway_certificates(site: Site) -> tuple[Resource, ...]:
    """The certificate that the gateway shows, by its id without version: renewals are followed."""
    if not any(c.auth is Auth.CLIENT_CERTIFICATE for c in site.topology.credentials):
        return ()
    id = certificate_id(site.topology)
    secret = {"keyVault": {"secretIdentifier": secret_identifier(certificate_secret(id))}}
    return (child("certificates", site.own(id), properties=secret),)


def plain_values(site: Site) -> tuple[Resource, ...]:
    """The named values that are no secret."""
    return tuple(_value(v) for v in site.values if not v.secret and not v.of_edge)


def secret_values(site: Site) -> tuple[Resource, ...]:
    """The named values that the vault keeps."""
    return tuple(_value(v) for v in site.values if v.secret)


def edge_values(site: Site, handed_over: Code) -> tuple[Resource, ...]:
    """The named values that the edge has, with what its stage hands over."""
    return tuple(_value(v, handed_over) for v in site.values if v.of_edge)


def _value(value: NamedValue, handed_over: Code | None = None) -> Resource:
    if handed_over is not None:
        kept: Json = {"value": handed_over.value}
    elif value.secret:
        kept = {"keyVault": {"secretIdentifier": secret_identifier(value.vault_secret)}}
    elif value.value is None:
        kept = {"value": parameter(value_parameter(value.name)).value}
    else:
        kept = {"value": data(value.value)}
    properties = {"displayName": data(value.name), "secret": value.secret, **kept}
    return child("namedValues", value.name, properties=properties)


def logger(site: Site) -> Iterator[Resource]:
    """Where calls are logged: Azure Monitor, which needs no key; none where it is there already.

    The name is the one that Azure gives it, so that nearly every existing instance has it.
    """
    if ("loggers", LOGGER) in {(h.kind, h.name.casefold()) for h in site.workload.held}:
        return
    description = "Azure Monitor, by the diagnostic settings of the service"
    yield child(
        "loggers", LOGGER, properties={"loggerType": "azureMonitor", "description": description}
    )


def backends(site: Site) -> Iterator[Resource]:
    """The back ends as entities: TLS checked, circuit broken on failure."""
    for backend in site.topology.backends:
        yield _backend(backend, site)
    for pool in pools_of(site.drawn):
        yield _pool(pool, site)


def _pool(pool: Pool, site: Site) -> Resource:
    """The back ends that divide the calls of one Service by their weights."""
    members = [
        {"id": _backend_id(id, site), "priority": 1, "weight": weight}
        for id, weight in pool.members
        if weight
    ]
    title = f"Shares of {pool.service}"[:300]
    properties = {"type": "Pool", "title": data(title), "pool": {"services": members}}
    return child("backends", site.own(pool.id), properties=properties)


def _backend_id(id: str, site: Site) -> str:
    names = (parameter("gatewayName"), site.own(id))
    return resource_id(f"{SERVICE}/backends", names).value


def _backend(backend: Backend, site: Site) -> Resource:
    component = site.topology.component(backend.component)
    pinned = named_authority(backend, site)
    properties = {
        "type": "Single",
        "title": data(component.label[:300]),
        "url": data(backend.url),
        "protocol": "http",
        **({"tls": {**_checked(), **pinned}} if site.topology.shown_by(backend) else {}),
        **(_breaker() if site.tier.has("backend_circuit_breaker") else {}),
    }
    made = child("backends", site.own(backend.id), properties=properties, preview=bool(pinned))
    because = f"Preview: tls.serverX509Names can only be written in {made.version}"
    return replace(made, because=because) if pinned else made


def _checked() -> Json:
    return {"validateCertificateChain": True, "validateCertificateName": True}


def named_authority(backend: Backend, site: Site) -> Json:
    """The private authority of this back end, where the tier keeps no list of them (preview)."""
    if site.lists_authorities or not site.signed_privately(backend):
        return {}
    issuer = parameter("backendAuthorityThumbprint").value
    return {
        "serverX509Names": [{"name": data(backend.host), "issuerCertificateThumbprint": issuer}]
    }


def _breaker() -> Json:
    rule = {
        "name": "failures",
        "failureCondition": {
            "count": arm_defaults().breaker_count,
            "interval": arm_defaults().breaker_interval,
            "statusCodeRanges": [BREAKING_CODES],
        },
        "tripDuration": arm_defaults().breaker_duration,
        "acceptRetryAfter": True,
    }
    return {"circuitBreaker": {"rules": [rule]}}
