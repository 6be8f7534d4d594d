"""Checks of the promises on deployed resources: one function for each aspect."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.topology import Aspect
from apim_aks.verification.azure_resources.apis import subscription_required
from apim_aks.verification.azure_resources.back_ends import back_ends
from apim_aks.verification.azure_resources.certificates import certificate_validity
from apim_aks.verification.azure_resources.cluster import cluster
from apim_aks.verification.azure_resources.diagnostics import diagnostics
from apim_aks.verification.azure_resources.edge import edge
from apim_aks.verification.azure_resources.gateway import (
    identity,
    network_status,
    network_type,
    tier,
)
from apim_aks.verification.azure_resources.policy_documents import policies
from apim_aks.verification.azure_resources.private_names import private_names
from apim_aks.verification.azure_resources.public_addresses import public_addresses
from apim_aks.verification.azure_resources.routes import routes
from apim_aks.verification.azure_resources.rules import security_rules
from apim_aks.verification.azure_resources.self_hosted import gateway_in_cluster
from apim_aks.verification.azure_resources.subnet import subnet
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

ASPECTS: dict[Aspect, Callable[[LiveScene], Verdict]] = {
    Aspect.TIER: tier,
    Aspect.NETWORK_TYPE: network_type,
    Aspect.SUBNET: subnet,
    Aspect.SECURITY_RULES: security_rules,
    Aspect.ROUTES: routes,
    Aspect.PRIVATE_NAMES: private_names,
    Aspect.PUBLIC_ADDRESSES: public_addresses,
    Aspect.EDGE: edge,
    Aspect.CERTIFICATES: certificate_validity,
    Aspect.BACK_ENDS: back_ends,
    Aspect.POLICIES: policies,
    Aspect.SUBSCRIPTION_REQUIRED: subscription_required,
    Aspect.IDENTITY: identity,
    Aspect.DIAGNOSTICS: diagnostics,
    Aspect.NETWORK_STATUS: network_status,
    Aspect.CLUSTER: cluster,
    Aspect.SELF_HOSTED: gateway_in_cluster,
}
