"""Entra ID as the issuer of tokens: the one that signs the gateway's own token."""

from __future__ import annotations

import re

from apim_aks.workload.model import Service

OWN_TENANT = "entra-id"
"""The issuer that means API Management's own tenant: no tenant id belongs in workload.yaml."""

_ADDRESS = re.compile(
    r"https://(?:login\.microsoftonline\.com|sts\.windows\.net)/([A-Za-z0-9.-]+)(?:/v2\.0)?/?"
)


def entra_tenant(issuer: str) -> str | None:
    """The tenant that an issuer of Entra ID names, empty for the gateway's; None for any other."""
    if issuer == OWN_TENANT:
        return ""
    found = _ADDRESS.fullmatch(issuer)
    return found[1] if found else None


def own_audience(workload: str, service: Service) -> str:
    """An audience for this Service alone, in a form that Entra ID takes for a new registration.

    It takes none without the id of the tenant or of the app, or a verified domain:
    https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions
    """
    return f"api://{OWN_TENANT}/{workload}.{service.namespace}.{service.name}"


def in_tenant(audience: str, tenant: str) -> str:
    """The audience with the id of API Management's tenant, or with what stands for it."""
    return audience.replace(f"api://{OWN_TENANT}/", f"api://{tenant}/", 1)


def checks_gateway_token(service: Service) -> bool:
    """The Service can check the gateway's token itself: a managed identity has one of Entra ID."""
    return service.validates is not None and entra_tenant(service.validates.issuer) is not None
