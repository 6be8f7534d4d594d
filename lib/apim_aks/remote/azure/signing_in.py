"""Sign-in by name through azure-identity, without a prompt in headless runs."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apim_aks.remote.azure.redaction import redacted, remember, shortened
from apim_aks.remote.azure.refusal import SignInMissing

SUBSCRIPTION = "AZURE_SUBSCRIPTION_ID"
MANAGEMENT = "https://management.azure.com/.default"


class SignIn(StrEnum):
    """A way of signing in."""

    DEFAULT = "default"
    CLI = "cli"
    MANAGED_IDENTITY = "managed-identity"
    WORKLOAD_IDENTITY = "workload-identity"
    DEVICE_CODE = "device-code"

    @property
    def what_to_do(self) -> str:
        """What makes this way work."""
        return {
            "default": "run az login, or give AZURE_TENANT_ID and AZURE_CLIENT_ID with a federated "
            "token or a managed identity",
            "cli": "run az login",
            "managed-identity": "run it on a resource of Azure with a managed identity, and name "
            "a user-assigned one in AZURE_CLIENT_ID",
            "workload-identity": "give AZURE_TENANT_ID, AZURE_CLIENT_ID and "
            "AZURE_FEDERATED_TOKEN_FILE",
            "device-code": "open the address that is shown and type the code",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in and where, shortened: enough to recognise, never the whole id."""

    kind: str
    object: str
    tenant: str
    subscription: str

    @property
    def sentence(self) -> str:
        """What is shown before anything else happens."""
        return (
            f"Signed in as {self.kind} {self.object}, tenant {self.tenant}, "
            f"subscription {self.subscription}."
        )


def somebody_answers() -> bool:
    """Whether the run is interactive: a terminal, or a notebook that takes input.

    A notebook that runs without a screen is told so by its kernel, cell by cell.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdin is not None and sys.stdin.isatty()


def sign_in(how: str = SignIn.DEFAULT, *, headless: bool | None = None) -> Any:
    """A credential of this way of signing in; nothing is asked for yet.

    `headless` says that nobody sits there; None looks.

    Raises:
        SignInMissing: the way is unknown, or would ask a question where nobody answers.
    """
    if how not in list(SignIn):
        raise SignInMissing(f"Sign-in {how!r} is unknown; use one of {', '.join(SignIn)}.")
    alone = not somebody_answers() if headless is None else headless
    if how == SignIn.DEVICE_CODE and alone:
        raise SignInMissing(
            "Sign-in device-code asks a person and this run has none; use one of "
            f"{', '.join(s for s in SignIn if s != SignIn.DEVICE_CODE)}."
        )
    return _CREDENTIALS[SignIn(how)]()


def _identity() -> Any:
    import azure.identity

    return azure.identity


def _managed() -> Any:
    return _identity().ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"))


_CREDENTIALS: Mapping[SignIn, Callable[[], Any]] = {
    SignIn.DEFAULT: lambda: _identity().DefaultAzureCredential(
        exclude_interactive_browser_credential=True
    ),
    SignIn.CLI: lambda: _identity().AzureCliCredential(),
    SignIn.MANAGED_IDENTITY: _managed,
    SignIn.WORKLOAD_IDENTITY: lambda: _identity().WorkloadIdentityCredential(),
    SignIn.DEVICE_CODE: lambda: _identity().DeviceCodeCredential(),
}


def subscription_of_environment() -> str:
    """The subscription id from the environment: it belongs into no file.

    Raises:
        SignInMissing: none is named.
    """
    found = os.environ.get(SUBSCRIPTION, "").strip()
    if not found:
        raise SignInMissing(
            f"{SUBSCRIPTION} is not set; export it with the id that az account show prints."
        )
    remember(found, shortened(found))
    return found


class RememberedCredential:
    """A credential whose every token is known to the redaction from the moment it is issued."""

    def __init__(self, inner: Any, how: str = SignIn.DEFAULT) -> None:
        self._inner = inner
        self._how = SignIn(how)

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """A token for these scopes.

        Raises:
            SignInMissing: there is none; the sentence says what to do.
        """
        from azure.core.exceptions import AzureError

        try:
            token = self._inner.get_token(*scopes, **options)
        except (AzureError, ValueError, OSError) as error:
            first = redacted(str(error)).strip().splitlines()[:1] or [type(error).__name__]
            raise SignInMissing(
                f"Nobody is signed in to Azure ({first[0]}); {self._how.what_to_do}."
            ) from None
        remember(token.token)
        for name, id in claims(token.token).items():
            if name in ("tid", "oid", "appid", "azp", "sub"):
                remember(str(id), shortened(str(id)))
        return token


def claims(token: str) -> dict[str, Any]:
    """What a token says of its holder, unchecked and for display only; empty for opaque tokens."""
    parts = token.split(".")
    if len(parts) < 2:
        return {}
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def identity_of(token: str, subscription: str) -> Identity:
    """The holder of a token and the subscription, shortened."""
    found = claims(token)
    kind = "a user" if found.get("idtyp") == "user" or "upn" in found else "an application"
    object, tenant = str(found.get("oid") or ""), str(found.get("tid") or "")
    return Identity(
        kind if found else "an identity",
        shortened(object),
        shortened(tenant),
        shortened(subscription),
    )
