"""What the deployed resources show of each promise: one function for each aspect."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.verification.azure_resources.apis import subscription_required
from apim_aks.verification.azure_resources.back_ends import back_ends
from apim_aks.verification.azure_resources.certificates import certificate_validity
from apim_aks.verification.azure_resources.cluster import cluster
from apim_aks.verification.azure_resources.diagnostics import diagnostics
from apim_aks.verification.azure_resources.gateway import (
    identity,
    network_status,
    network_type,
    tier,
)
from apim_aks.verification.azure_resources.policy_documents import policies
from apim_aks.verification.azure_resources.private_names import private_names
from apim_aks.verification.azure_resources.public_addresses import public_addresses
from apim_aks.verification.azure_resources.rules import security_rules
from apim_aks.verification.azure_resources.subnet import subnet
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

ASPECTS: dict[str, Callable[[LiveScene], Verdict]] = {
    "tier": tier,
    "network-type": network_type,
    "subnet": subnet,
    "security-rules": security_rules,
    "private-names": private_names,
    "public-addresses": public_addresses,
    "certificates": certificate_validity,
    "back-ends": back_ends,
    "policies": policies,
    "subscription-required": subscription_required,
    "identity": identity,
    "diagnostics": diagnostics,
    "network-status": network_status,
    "cluster": cluster,
}
