"""Front Door in front of API Management: firewall, endpoint, origin, and its id for the gateway.

The private endpoint is made by Front Door itself and waits until somebody approves it at API
Management, which no template can do: its name is known to nobody before.
https://learn.microsoft.com/azure/frontdoor/standard-premium/how-to-enable-private-link-apim
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.artefacts.arm_templates.backends import edge_values
from apim_aks.artefacts.arm_templates.edge_rules import front_door_rules
from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    Json,
    data,
    parameter,
    reference,
    resource_id,
)
from apim_aks.artefacts.arm_templates.gateway import gateway_id
from apim_aks.artefacts.arm_templates.monitoring import front_door_logs
from apim_aks.artefacts.arm_templates.resource import TAGS, Resource
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.artefacts.arm_templates.stages import Draft
from apim_aks.facts import api_version, azure_facts
from apim_aks.facts.front_door import front_door_defaults
from apim_aks.options.front_door import endpoint_name

PROFILES = "Microsoft.Cdn/profiles"
ENDPOINTS = f"{PROFILES}/afdEndpoints"
ROUTES = f"{ENDPOINTS}/routes"
DOMAINS = f"{PROFILES}/customDomains"
ORIGIN_GROUPS = f"{PROFILES}/originGroups"
ORIGINS = f"{ORIGIN_GROUPS}/origins"
SECURITY = f"{PROFILES}/securityPolicies"
FIREWALLS = "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies"
PROFILE, FIREWALL, DOMAIN, ORIGIN, ROUTE, GUARD = (
    "afd-edge",
    "wafedge",
    "own-name",
    "gateway",
    "everything",
    "firewall",
)
_GLOBAL: Json = {"location": "Global"}


def front_door_drafts(site: Site) -> tuple[Draft, ...]:
    """Front Door's stage, which is deployed after API Management."""
    if site.front_door is None:
        return ()
    because = (
        "Front Door with its firewall in prevention. It asks for a private endpoint to API "
        "Management, which has to be approved there before it answers."
        if site.private_link
        else "Front Door with its firewall in prevention, and the id by which API Management's "
        "policy knows its calls."
    )
    return (Draft("24-edge", tuple(_resources(site)), because, outputs=_outputs(site)),)


def _resources(site: Site) -> Iterator[Resource]:
    yield _firewall(site)
    profile = _profile()
    yield profile
    yield _child(ENDPOINTS, endpoint_name(site.drawn), body={**_GLOBAL, **TAGS, **_on()})
    if site.azure.host_name:
        yield _domain(site)
    yield _origin_group()
    yield _origin(site)
    yield _route(site)
    yield _guard(site)
    yield front_door_logs(profile.id, PROFILES, PROFILE)
    for value in edge_values(site, _front_door_id()):
        group = site.gateway_home if site.gateway_home != site.home else ""
        yield replace(value, needs=(profile.id,), group=group)


def _on() -> Json:
    return {"properties": {"enabledState": "Enabled"}}


def profile_id() -> Code:
    """The id of Front Door's profile."""
    return resource_id(PROFILES, (PROFILE,))


def _front_door_id() -> Code:
    return reference(profile_id(), api_version(PROFILES), "frontDoorId")


def _outputs(site: Site) -> tuple[tuple[str, Code], ...]:
    endpoint = resource_id(ENDPOINTS, (PROFILE, endpoint_name(site.drawn)))
    host = ("frontDoorHost", reference(endpoint, api_version(ENDPOINTS), "hostName"))
    if not site.azure.host_name:
        return (host,)
    token = reference(_domain_id(), api_version(DOMAINS), _TOKEN)
    return host, ("frontDoorValidation", token)


_TOKEN = "validationProperties.validationToken"
"""What the TXT record has to hold before Azure has a certificate signed for the name."""


def _child(type: str, *names: str, body: Json, needs: tuple[Code, ...] = ()) -> Resource:
    above = resource_id(type.rpartition("/")[0], (PROFILE, *names[:-1]))
    return Resource(type=type, names=(PROFILE, *names), body=body, needs=(above, *needs))


def _firewall(site: Site) -> Resource:
    chosen = front_door_defaults()
    rules = {
        "ruleSetType": chosen.rule_set,
        "ruleSetVersion": chosen.rule_set_version,
        "ruleSetAction": "Block",
    }
    settings = {"enabledState": "Enabled", "mode": "Prevention", "requestBodyCheck": "Enabled"}
    properties = {
        "policySettings": settings,
        "customRules": {"rules": data(front_door_rules(site.drawn.mapping.apis))},
        "managedRules": {"managedRuleSets": [rules]},
    }
    return Resource(
        type=FIREWALLS,
        names=(FIREWALL,),
        body={**_GLOBAL, **TAGS, "sku": {"name": chosen.sku}, "properties": properties},
        because="In prevention from the start: look at its log in a rehearsal for rules that "
        "refuse honest calls",
    )


def _profile() -> Resource:
    chosen = front_door_defaults()
    properties = {"originResponseTimeoutSeconds": chosen.answer_seconds}
    body = {**_GLOBAL, **TAGS, "sku": {"name": chosen.sku}, "properties": properties}
    return Resource(type=PROFILES, names=(PROFILE,), body=body)


def _domain(site: Site) -> Resource:
    """The public name, with a certificate that Azure has signed once its TXT record is there."""
    tls = {"certificateType": "ManagedCertificate", "minimumTlsVersion": front_door_defaults().tls}
    properties = {"hostName": data(site.azure.host_name), "tlsSettings": tls}
    made = _child(DOMAINS, DOMAIN, body={"properties": properties})
    because = (
        "Answers once its TXT record _dnsauth holds the output frontDoorValidation, and its CNAME "
        "leads to the output frontDoorHost"
    )
    return replace(made, because=because)


def _origin_group() -> Resource:
    chosen = front_door_defaults()
    properties = {
        "loadBalancingSettings": {
            "sampleSize": chosen.sample_size,
            "successfulSamplesRequired": chosen.samples_needed,
            "additionalLatencyInMilliseconds": 0,
        },
        "healthProbeSettings": {
            "probePath": azure_facts().gateway_status,
            "probeProtocol": "Https",
            "probeRequestType": "GET",
            "probeIntervalInSeconds": chosen.probe_seconds,
        },
        "sessionAffinityState": "Disabled",
    }
    return _child(ORIGIN_GROUPS, ORIGIN, body={"properties": properties})


def _origin(site: Site) -> Resource:
    """API Management by its host name: it answers no request for another."""
    host = Code(f"format('{{0}}.{azure_facts().gateway_suffix}', parameters('gatewayName'))")
    properties = {
        "hostName": host.value,
        "originHostHeader": host.value,
        "httpsPort": 443,
        "priority": 1,
        "weight": 1000,
        "enabledState": "Enabled",
        "enforceCertificateNameCheck": True,
        **({"sharedPrivateLinkResource": _private_link()} if site.private_link else {}),
    }
    needs = (gateway_id(),) if site.private_link else ()
    return _child(ORIGINS, ORIGIN, ORIGIN, body={"properties": properties}, needs=needs)


def _private_link() -> Json:
    chosen = front_door_defaults()
    return {
        "privateLink": {"id": gateway_id().value},
        "groupId": chosen.group,
        "privateLinkLocation": parameter("privateLinkRegion").value,
        "requestMessage": chosen.request_message,
    }


def _route(site: Site) -> Resource:
    """Everything goes to API Management; with a name of one's own the endpoint's is off."""
    own = bool(site.azure.host_name)
    group = resource_id(ORIGIN_GROUPS, (PROFILE, ORIGIN))
    properties = {
        **({"customDomains": [{"id": _domain_id().value}]} if own else {}),
        "originGroup": {"id": group.value},
        "supportedProtocols": ["Https"],
        "patternsToMatch": ["/*"],
        "forwardingProtocol": "HttpsOnly",
        "linkToDefaultDomain": "Disabled" if own else "Enabled",
        "httpsRedirect": "Disabled",
        "enabledState": "Enabled",
    }
    origin = resource_id(ORIGINS, (PROFILE, ORIGIN, ORIGIN))
    needs = (group, origin, *((_domain_id(),) if own else ()))
    name = endpoint_name(site.drawn)
    made = _child(ROUTES, name, ROUTE, body={"properties": properties}, needs=needs)
    return replace(made, because="Nothing is cached, and there is no way in without TLS")


def _domain_id() -> Code:
    return resource_id(DOMAINS, (PROFILE, DOMAIN))


def _guard(site: Site) -> Resource:
    """The firewall before every name, that of the endpoint too."""
    endpoint = resource_id(ENDPOINTS, (PROFILE, endpoint_name(site.drawn)))
    names = (endpoint, *((_domain_id(),) if site.azure.host_name else ()))
    firewall = resource_id(FIREWALLS, (FIREWALL,))
    association = {
        "domains": [{"id": name.value} for name in names],
        "patternsToMatch": ["/*"],
    }
    parameters = {
        "type": "WebApplicationFirewall",
        "wafPolicy": {"id": firewall.value},
        "associations": [association],
    }
    body = {"properties": {"parameters": parameters}}
    return _child(SECURITY, GUARD, body=body, needs=(firewall, *names))
