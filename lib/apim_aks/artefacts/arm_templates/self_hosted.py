"""What API Management holds of a gateway that runs in the cluster: resource, roles, name, APIs."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from apim_aks.artefacts.arm_templates.backends import child
from apim_aks.artefacts.arm_templates.cluster import IDENTITIES
from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    call,
    data,
    parameter,
    reference,
    resource_id,
)
from apim_aks.artefacts.arm_templates.gateway import PRINCIPAL, gateway_id
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.artefacts.arm_templates.vault import ASSIGNMENTS, relative, secret_identifier
from apim_aks.artefacts.arm_templates.workload_identity import identity_id
from apim_aks.artefacts.manifests.scene import certificate_secret
from apim_aks.facts import api_version, azure_facts
from apim_aks.facts.self_hosted import CustomRole, custom_roles
from apim_aks.topology import Certificate
from apim_aks.workload.names import self_hosted_id

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


def gateway_resource(site: Site) -> Iterator[Resource]:
    """The gateway as API Management knows it."""
    if site.topology.self_hosted is None:
        return
    properties = {
        "description": data(f"In the cluster {site.cluster}"),
        "locationData": {"name": data(site.azure.region)},
    }
    yield child("gateways", self_hosted_id(site.workload), properties=properties)


def roles(site: Site) -> Iterator[Resource]:
    """Who reads the configuration, and who may look whether that is allowed."""
    if site.topology.self_hosted is None:
        return
    for row in custom_roles():
        made = _definition(row, site)
        yield made
        yield _assigned(row, made, site)


def definition_id(instance: str, row: CustomRole) -> str:
    """The id of a custom role, derived from the instance's name, which is globally unique."""
    return str(uuid5(NAMESPACE_URL, f"https://{instance}.{azure_facts().gateway_suffix}/{row.id}"))


def _definition(row: CustomRole, site: Site) -> Resource:
    title = f"format('{row.role} ({{0}})', parameters('gatewayName'))"
    allowed = {
        "actions": list(row.actions),
        "notActions": [],
        "dataActions": list(row.data_actions),
        "notDataActions": [],
    }
    properties = {
        "roleName": Code(title).value,
        "description": data(row.because),
        "type": "CustomRole",
        "permissions": [allowed],
        "assignableScopes": [Code("resourceGroup().id").value],
    }
    because = f"{row.role}: {row.because}"
    body = {"properties": properties}
    names = (definition_id(site.instance, row),)
    return Resource(type=DEFINITIONS, names=names, body=body, because=because)


def _assigned(row: CustomRole, made: Resource, site: Site) -> Resource:
    """The gateway's on the instance alone, the instance's on its group as the article asks."""
    own = row.holder == "API Management"
    holder = gateway_id() if own else identity_id(site)
    full = f"reference({gateway_id()}, '{api_version(SERVICE, site.preview)}', 'Full').{PRINCIPAL}"
    principal = Code(full) if own else reference(holder, api_version(IDENTITIES), "principalId")
    scope = Code("resourceGroup().id") if own else gateway_id()
    name = Code(f"guid({scope}, {holder}, '{row.id}')")
    properties = {
        "roleDefinitionId": call("subscriptionResourceId", DEFINITIONS, *made.names).value,
        "principalId": principal.value,
        "principalType": "ServicePrincipal",
    }
    at = {} if own else {"scope": relative(SERVICE, (parameter("gatewayName"),))}
    return Resource(
        type=ASSIGNMENTS,
        names=(name,),
        body={**at, "properties": properties},
        needs=(gateway_id(), holder, made.id),
        because=f"{row.role}: {row.because}",
        on=None if own else gateway_id(),
    )


def host(site: Site) -> Iterator[Resource]:
    """The gateway's host name with its certificate, which API Management reads from the vault."""
    held = _certificate(site)
    if site.topology.self_hosted is None or held is None:
        return
    id, name = site.own(held.id), site.name_of(held.held_by)
    secret = {"keyVault": {"secretIdentifier": secret_identifier(certificate_secret(held.id))}}
    yield child("certificates", id, properties=secret)
    certificate = resource_id(f"{SERVICE}/certificates", (parameter("gatewayName"), id))
    properties = {
        "hostname": data(name),
        "certificateId": certificate.value,
        "negotiateClientCertificate": False,
        "tls10Enabled": False,
        "tls11Enabled": False,
        "http2Enabled": True,
    }
    own = self_hosted_id(site.workload)
    yield child("gateways/hostnameConfigurations", own, "consumers", properties=properties)


def _certificate(site: Site) -> Certificate | None:
    gateway = site.topology.self_hosted
    held = site.topology.certificates
    return next((c for c in held if gateway and c.held_by == gateway.id), None)


def served_apis(site: Site) -> Iterator[Resource]:
    """Every API, which the gateway in the cluster is to serve."""
    if site.topology.self_hosted is None:
        return
    own = self_hosted_id(site.workload)
    for api in site.drawn.mapping.apis:
        properties = {"provisioningState": "created"}
        yield child("gateways/apis", own, site.own(api.id), properties=properties)
