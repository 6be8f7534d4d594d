"""The Application Gateway in front of API Management: firewall, listener, probe, identity."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.edge_rules import address_rules
from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    Json,
    data,
    parameter,
    reference,
    resource_id,
)
from apim_aks.artefacts.arm_templates.monitoring import edge_logs
from apim_aks.artefacts.arm_templates.public_address import address_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.site import VAULTS, Site
from apim_aks.artefacts.arm_templates.stages import Draft
from apim_aks.artefacts.arm_templates.vault import assigned, secret_identifier
from apim_aks.artefacts.manifests.scene import certificate_secret
from apim_aks.facts import api_version, azure_facts
from apim_aks.facts.edge import EdgeDefaults, edge_defaults

GATEWAYS = "Microsoft.Network/applicationGateways"
FIREWALLS = "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
NAME, ADDRESS, FIREWALL, IDENTITY = "agw-edge", "pip-edge", "waf-edge", "id-edge"
_BACK_END = "gateway"
_SECRET_HEADERS = ("Authorization", "Ocp-Apim-Subscription-Key")
"""What the firewall's log must not hold: it would keep whole headers."""


def edge_identity(site: Site) -> Iterator[Resource]:
    """The identity with which the edge reads its certificate, and its role: long before it does."""
    if site.edge is None:
        return
    holder = resource_id(IDENTITIES, (IDENTITY,))
    body = {**LOCATION, **TAGS, "properties": {}}
    yield Resource(type=IDENTITIES, names=(IDENTITY,), body=body)
    yield assigned(
        "vault-reader",
        (VAULTS, (parameter("vaultName"),)),
        reference(holder, api_version(IDENTITIES), "principalId"),
        holder,
        group=site.group(site.existing.key_vault),
    )


def edge_drafts(site: Site) -> tuple[Draft, ...]:
    """The edge's own stage: API Management is there, and so is the listener's certificate."""
    if site.edge is None:
        return ()
    return (
        Draft(
            "24-edge",
            (_firewall(site), _gateway(site), edge_logs(edge_id(), GATEWAYS, NAME)),
            "The Application Gateway with its firewall in prevention. It reads the listener's "
            "certificate from the Key Vault and calls API Management by its host name.",
            ("certificates",),
        ),
    )


def edge_id() -> Code:
    """The id of the Application Gateway."""
    return resource_id(GATEWAYS, (NAME,))


def _firewall(site: Site) -> Resource:
    chosen = edge_defaults()
    rules = {"ruleSetType": chosen.rule_set, "ruleSetVersion": chosen.rule_set_version}
    settings = {
        "state": "Enabled",
        "mode": "Prevention",
        "requestBodyCheck": True,
        "requestBodyInspectLimitInKB": chosen.inspected_kb,
        "maxRequestBodySizeInKb": chosen.body_kb,
        "fileUploadLimitInMb": chosen.upload_mb,
        "logScrubbing": {
            "state": "Enabled",
            "scrubbingRules": [_kept_out(h) for h in _SECRET_HEADERS],
        },
    }
    own = address_rules(site.drawn.mapping.apis)
    managed = {
        **({"customRules": own} if own else {}),
        "managedRules": {"managedRuleSets": [rules]},
    }
    return Resource(
        type=FIREWALLS,
        names=(FIREWALL,),
        body={**LOCATION, **TAGS, "properties": {"policySettings": settings, **managed}},
        because="In prevention from the start: look at its log in a rehearsal for rules that "
        "refuse honest calls",
    )


def _kept_out(header: str) -> Json:
    return {
        "matchVariable": "RequestHeaderNames",
        "selectorMatchOperator": "Equals",
        "selector": header,
        "state": "Enabled",
    }


def _gateway(site: Site) -> Resource:
    chosen, holder = edge_defaults(), resource_id(IDENTITIES, (IDENTITY,))
    firewall = resource_id(FIREWALLS, (FIREWALL,))
    body = {
        **LOCATION,
        **TAGS,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {holder.value: {}}},
        "properties": {
            "sku": {"name": "WAF_v2", "tier": "WAF_v2"},
            "autoscaleConfiguration": {"minCapacity": chosen.least, "maxCapacity": chosen.most},
            "enableHttp2": True,
            "globalConfiguration": {
                "enableRequestBuffering": True,
                "enableResponseBuffering": False,
            },
            "sslPolicy": {"policyType": "Predefined", "policyName": chosen.tls_policy},
            "firewallPolicy": {"id": firewall.value},
            **_front(site),
            **_back_end(site, chosen),
            **_routing(),
        },
    }
    return Resource(
        type=GATEWAYS,
        names=(NAME,),
        body=body,
        needs=(firewall, holder, site.subnet("edge"), address_id(ADDRESS)),
        because="Without zones it stands in all of them; answers are not buffered, so that they "
        "stream",
    )


def _front(site: Site) -> Json:
    """The subnet, both frontends, the certificate and the one listener."""
    subnet = {"id": site.subnet("edge").value}
    name = "public" if site.edge and site.edge.public else "private"
    address: Json = {"publicIPAddress": {"id": address_id(ADDRESS).value}}
    fronts = [{"name": "public", "properties": address}]
    if name == "private":
        own = {"privateIPAllocationMethod": "Static", "privateIPAddress": site.range("edge").last}
        fronts.append({"name": name, "properties": {"subnet": subnet, **own}})
    secret = secret_identifier(certificate_secret("tls-edge"))
    listener = {
        "frontendIPConfiguration": _part("frontendIPConfigurations", name),
        "frontendPort": _part("frontendPorts", "https"),
        "protocol": "Https",
        "sslCertificate": _part("sslCertificates", "edge"),
        "hostName": data(site.name_of("edge")),
        "requireServerNameIndication": True,
    }
    return {
        "gatewayIPConfigurations": [{"name": "edge", "properties": {"subnet": subnet}}],
        "frontendIPConfigurations": fronts,
        "frontendPorts": [{"name": "https", "properties": {"port": 443}}],
        "sslCertificates": [{"name": "edge", "properties": {"keyVaultSecretId": secret}}],
        "httpListeners": [{"name": "https", "properties": listener}],
    }


def _back_end(site: Site, chosen: EdgeDefaults) -> Json:
    """API Management by its host name: it answers no request for another."""
    host = Code(f"format('{{0}}.{azure_facts().gateway_suffix}', parameters('gatewayName'))")
    probe = {
        "protocol": "Https",
        "path": azure_facts().gateway_status,
        "interval": chosen.probe_seconds,
        "timeout": chosen.probe_seconds,
        "unhealthyThreshold": chosen.probe_failures,
        "pickHostNameFromBackendHttpSettings": True,
        "match": {"statusCodes": ["200"]},
    }
    settings = {
        "port": 443,
        "protocol": "Https",
        "cookieBasedAffinity": "Disabled",
        "requestTimeout": chosen.answer_seconds,
        "pickHostNameFromBackendAddress": True,
        "probe": _part("probes", _BACK_END),
    }
    pool = {"backendAddresses": [{"fqdn": host.value}]}
    return {
        "backendAddressPools": [{"name": _BACK_END, "properties": pool}],
        "probes": [{"name": _BACK_END, "properties": probe}],
        "backendHttpSettingsCollection": [{"name": _BACK_END, "properties": settings}],
    }


def _routing() -> Json:
    """Everything goes to API Management, with the caller's address as the edge saw it."""
    caller = {"headerName": "X-Forwarded-For", "headerValue": "{var_client_ip}"}
    rewrite = {
        "name": "caller",
        "ruleSequence": 100,
        "actionSet": {"requestHeaderConfigurations": [caller]},
    }
    rule = {
        "ruleType": "Basic",
        "priority": 100,
        "httpListener": _part("httpListeners", "https"),
        "backendAddressPool": _part("backendAddressPools", _BACK_END),
        "backendHttpSettings": _part("backendHttpSettingsCollection", _BACK_END),
        "rewriteRuleSet": _part("rewriteRuleSets", "caller"),
    }
    return {
        "rewriteRuleSets": [{"name": "caller", "properties": {"rewriteRules": [rewrite]}}],
        "requestRoutingRules": [{"name": _BACK_END, "properties": rule}],
    }


def _part(kind: str, name: str) -> Json:
    return {"id": resource_id(f"{GATEWAYS}/{kind}", (NAME, name)).value}
