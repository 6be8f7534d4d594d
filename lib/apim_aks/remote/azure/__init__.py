"""The one door to Azure: sign-in, the SDK's clients, bounded retries, sentences, redaction.

Importing it loads nothing of Azure's SDK; that happens at the first call.
"""

from __future__ import annotations

from apim_aks.remote.azure.client import AzureClient, CommandResult
from apim_aks.remote.azure.connection import Connection
from apim_aks.remote.azure.deployments import Deployments
from apim_aks.remote.azure.metrics import totals
from apim_aks.remote.azure.patience import StillRunning
from apim_aks.remote.azure.record_sets import RecordSet, RecordSets, leading_to, with_ttl
from apim_aks.remote.azure.redaction import redacted, redacted_value, remember, shortened
from apim_aks.remote.azure.refusal import (
    AzureRefused,
    Fault,
    Json,
    SignInMissing,
    VerdictUnknown,
    innermost,
    resource_name,
    type_of,
)
from apim_aks.remote.azure.signing_in import (
    Identity,
    SignIn,
    sign_in,
    somebody_answers,
    subscription_of_environment,
)
from apim_aks.remote.azure.timing import Timing
from apim_aks.remote.azure.vaults import Certificates, VaultCertificate

__all__ = [
    "AzureClient",
    "AzureRefused",
    "Certificates",
    "CommandResult",
    "Connection",
    "Deployments",
    "Fault",
    "Identity",
    "Json",
    "SignIn",
    "SignInMissing",
    "RecordSet",
    "RecordSets",
    "StillRunning",
    "Timing",
    "VaultCertificate",
    "VerdictUnknown",
    "azure",
    "innermost",
    "leading_to",
    "reached",
    "redacted",
    "redacted_value",
    "remember",
    "resource_name",
    "shortened",
    "sign_in",
    "somebody_answers",
    "subscription_of_environment",
    "totals",
    "type_of",
    "with_ttl",
]


def azure(how: str = SignIn.DEFAULT, *, headless: bool | None = None) -> AzureClient:
    """The subscription of the environment, asked as whoever is signed in; no call is made yet.

    Raises:
        SignInMissing: no subscription is named, or the sign-in is unknown.
    """
    subscription = subscription_of_environment()
    from apim_aks.remote.azure.signing_in import RememberedCredential

    credential = RememberedCredential(sign_in(how, headless=headless), how)
    return AzureClient(Connection(credential=credential, subscription=subscription))


def reached(how: str = SignIn.DEFAULT) -> tuple[AzureClient | None, str]:
    """The subscription with a signed-in client, or None and a sentence that says what to do."""
    try:
        client = azure(how)
        client.identity()
    except SignInMissing as missing:
        return None, str(missing)
    return client, ""
