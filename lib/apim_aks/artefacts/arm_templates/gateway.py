"""API Management itself: tier, units, zones, identity, TLS, network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.artefacts.arm_templates.expressions import Code, Json, data, parameter, resource_id
from apim_aks.artefacts.arm_templates.foundation import GATEWAY_ADDRESS, needs_address
from apim_aks.artefacts.arm_templates.private_names import ENDPOINT_ZONE, zone_id
from apim_aks.artefacts.arm_templates.public_address import address_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, VAULTS, Site
from apim_aks.artefacts.arm_templates.vault import assigned, secret_identifier
from apim_aks.facts import api_version, arm_defaults, gateway_properties

ENDPOINTS = "Microsoft.Network/privateEndpoints"
HOST_CERTIFICATE = "gateway-host"
PRINCIPAL = "identity.principalId"


def gateway_id() -> Code:
    """The id of API Management in the deployment's own group."""
    return resource_id(SERVICE, (parameter("gatewayName"),))


def service(site: Site, hosts: bool = False, public: bool = True) -> Resource:
    """The instance, whole: every deployment of it says everything again.

    `hosts` adds the host names whose certificates are in the vault, `public` keeps its public
    endpoint open, which it must be when it is created.
    """
    units = {"sku": {"name": site.tier.arm_name, "capacity": site.units}}
    zones = {"zones": list(site.zones)} if site.zones and site.tier.family == "classic" else {}
    body = {
        **LOCATION,
        **TAGS,
        **units,
        **zones,
        "identity": {"type": "SystemAssigned"},
        "properties": _properties(site, hosts, public),
    }
    needs = (*((site.subnet("gateway"),) if site.injected else ()), address_id(GATEWAY_ADDRESS))
    return Resource(
        type=SERVICE,
        names=(parameter("gatewayName"),),
        body=body,
        needs=needs,
        preview=site.preview,
        because=_why(site),
    )


def _why(site: Site) -> str:
    if not site.preview:
        return ""
    version = api_version(SERVICE, True)
    return f"Preview: {site.tier.arm_name} can only be written in {version}"


def _properties(site: Site, hosts: bool, public: bool) -> Json:
    return {
        "publisherName": parameter("publisherName").value,
        "publisherEmail": parameter("publisherEmail").value,
        "publicNetworkAccess": "Enabled" if public else "Disabled",
        "virtualNetworkType": site.network_type.network_type,
        **_subnet(site),
        **_address(site),
        **_properties_of_family(site),
        **({"zoneRedundant": True} if site.zones and site.tier.family == "v2" else {}),
        **_authorities(site),
        **_regions(site),
        **({"hostnameConfigurations": _hosts(site)} if hosts else {}),
        "apiVersionConstraint": {"minApiVersion": arm_defaults().management_api},
    }


def _subnet(site: Site) -> Json:
    if not site.injected:
        return {}
    subnet = site.subnet("gateway")
    return {"virtualNetworkConfiguration": {"subnetResourceId": subnet.value}}


def _address(site: Site) -> Json:
    if not needs_address(site):
        return {}
    return {"publicIpAddressId": address_id(GATEWAY_ADDRESS).value}


def _properties_of_family(site: Site) -> Json:
    rows = [r for r in gateway_properties() if r.family == site.tier.family]
    return {"customProperties": {r.property: r.value for r in rows}} if rows else {}


def _authorities(site: Site) -> Json:
    """A private authority of the back ends, where the tier keeps a list of them."""
    if not (site.own_authority and site.lists_authorities):
        return {}
    authority = parameter("backendAuthority").value
    return {"certificates": [{"storeName": "Root", "encodedCertificate": authority}]}


def _regions(site: Site) -> Json:
    """The regions after the first, each with as many units, zones and a subnet of its own."""
    further = [_location(site, number) for number in range(2, site.regions + 1)]
    return {"additionalLocations": further} if further else {}


def _location(site: Site, number: int) -> Json:
    subnet = parameter(f"gatewaySubnet{number}").value
    address = parameter(f"gatewayAddress{number}").value
    return {
        "location": parameter(f"location{number}").value,
        "sku": {"name": site.tier.arm_name, "capacity": site.units},
        **({"zones": list(site.zones)} if site.zones else {}),
        **({"virtualNetworkConfiguration": {"subnetResourceId": subnet}} if site.injected else {}),
        **({"publicIpAddressId": address} if needs_address(site) else {}),
    }


def _hosts(site: Site) -> list[Json]:
    return [
        {
            "type": "Proxy",
            "hostName": data(site.host_name),
            "certificateSource": "KeyVault",
            "keyVaultId": secret_identifier(HOST_CERTIFICATE),
            "defaultSslBinding": True,
        }
    ]


def vault_role(site: Site) -> Resource:
    """The gateway's identity, which exists only now, may read the vault."""
    group = site.group(site.existing.key_vault)
    if not group and site.gateway_home != site.home:
        group = site.home
    full = f"reference({gateway_id()}, '{api_version(SERVICE, site.preview)}', 'Full')"
    return assigned(
        "vault-reader",
        (VAULTS, (parameter("vaultName"),)),
        Code(f"{full}.{PRINCIPAL}"),
        gateway_id(),
        group=group,
    )


def private_endpoint(site: Site) -> Iterator[Resource]:
    """The private way to a gateway that its network mode leaves public, and its name."""
    connection = {
        "name": "gateway",
        "properties": {"privateLinkServiceId": gateway_id().value, "groupIds": ["Gateway"]},
    }
    properties = {
        "subnet": {"id": site.subnet("endpoints").value},
        "privateLinkServiceConnections": [connection],
    }
    endpoint = Resource(
        type=ENDPOINTS,
        names=("pe-apim",),
        body={**LOCATION, **TAGS, "properties": properties},
        needs=(gateway_id(),),
    )
    zone = zone_id(site, ENDPOINT_ZONE)
    config = {"name": "gateway", "properties": {"privateDnsZoneId": zone.value}}
    group = Resource(
        type=f"{ENDPOINTS}/privateDnsZoneGroups",
        names=("pe-apim", "default"),
        body={"properties": {"privateDnsZoneConfigs": [config]}},
    )
    yield endpoint
    yield replace(group, needs=(endpoint.id,))
