"""What an option promises, and how each is settled: counted, derived, probed, read in Azure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.topology.check import Severity
from apim_aks.topology.probe import Probe


class DesignRule(StrEnum):
    """What the design and dated rows settle. `verification.derived` has one function for each."""

    OPERATIONS_REACH_THEIR_SERVICE = "operations-reach-their-service"
    TIER_CAN = "tier-can"
    ONE_AUDIENCE_EACH = "one-audience-each"
    CONTROLLER_SUPPORTED = "controller-supported"
    GATEWAY_ADDRESS_IS_FIXED = "gateway-address-is-fixed"
    REQUIRED_RULES = "required-rules"
    ROUTES = "routes"
    EXACT_NAMES = "exact-names"
    CALLERS_KEEP_ACCESS = "callers-keep-access"
    NOBODY_LOSES_ACCESS_BY_DEPLOYING = "nobody-loses-access-by-deploying"
    NOTHING_AROUND_THE_GATEWAY = "nothing-around-the-gateway"
    NOTHING_AROUND_THE_EDGE = "nothing-around-the-edge"
    GATEWAY_REACHES_BACKENDS = "gateway-reaches-backends"


class Aspect(StrEnum):
    """What the deployed resources show: one function of `verification.azure_resources` each."""

    TIER = "tier"
    NETWORK_TYPE = "network-type"
    SUBNET = "subnet"
    SECURITY_RULES = "security-rules"
    ROUTES = "routes"
    PRIVATE_NAMES = "private-names"
    PUBLIC_ADDRESSES = "public-addresses"
    EDGE = "edge"
    CERTIFICATES = "certificates"
    BACK_ENDS = "back-ends"
    POLICIES = "policies"
    SUBSCRIPTION_REQUIRED = "subscription-required"
    IDENTITY = "identity"
    DIAGNOSTICS = "diagnostics"
    NETWORK_STATUS = "network-status"
    CLUSTER = "cluster"
    SELF_HOSTED = "gateway-in-cluster"


@dataclass(frozen=True, slots=True)
class Measured:
    """An expectation that counting settles: the measure of this criterion is at most this."""

    measure: CriterionId
    at_most: float


@dataclass(frozen=True, slots=True)
class Derived:
    """An expectation that the design and dated rows settle."""

    rule: DesignRule


@dataclass(frozen=True, slots=True)
class InAzure:
    """An expectation that the resources in Azure settle."""

    aspect: Aspect


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an option promises: a check id, the claim behind it, and how it is settled."""

    id: str
    claim: str
    statement: str
    test: Measured | Derived | Probe | InAzure
    severity: Severity = Severity.MUST
