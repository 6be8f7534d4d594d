"""Public addresses that stay, with DNS names that are known before anything listens."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates.expressions import Code, parameter, resource_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource

ADDRESSES = "Microsoft.Network/publicIPAddresses"


def address(name: str, label: str = "", because: str = "") -> Resource:
    """A public address that stays, with a DNS name that is known beforehand if it has a label."""
    properties = {
        "publicIPAllocationMethod": "Static",
        "publicIPAddressVersion": "IPv4",
        **({"dnsSettings": {"domainNameLabel": label}} if label else {}),
    }
    body = {
        **LOCATION,
        **TAGS,
        "sku": {"name": "Standard", "tier": "Regional"},
        "zones": parameter("availabilityZones").value,
        "properties": properties,
    }
    return Resource(type=ADDRESSES, names=(name,), body=body, because=because)


def address_id(name: str) -> Code:
    """The id of a public address."""
    return resource_id(ADDRESSES, (name,))
