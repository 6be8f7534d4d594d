"""What Azure's own records say of each promise: one function for each aspect."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.verification.records.apis import subscription_required
from apim_aks.verification.records.back_ends import back_ends
from apim_aks.verification.records.certificates import certificate_validity
from apim_aks.verification.records.cluster import cluster
from apim_aks.verification.records.diagnostics import diagnostics
from apim_aks.verification.records.gateway import identity, network_status, network_type, tier
from apim_aks.verification.records.policy_documents import policies
from apim_aks.verification.records.private_names import private_names
from apim_aks.verification.records.public_addresses import public_addresses
from apim_aks.verification.records.rules import security_rules
from apim_aks.verification.records.subnet import subnet
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
