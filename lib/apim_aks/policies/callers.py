"""Who may call an API: the token of the caller, and the permission in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apim_aks.policies import expressions as using
from apim_aks.policies.answers import refusal
from apim_aks.policies.document import Block, Statement, block, literal, policy
from apim_aks.workload import Service, TokenValidation, WorkbookError

TENANT, AUDIENCE = "tenant-id", "api-audience"
"""The named values behind tokens of Entra ID, where the workload names no other issuer."""

_ENTRA = re.compile(
    r"https://(?:login\.microsoftonline\.com|sts\.windows\.net)/([A-Za-z0-9.-]+)(?:/v2\.0)?/?"
)
_METADATA = "/.well-known/openid-configuration"


def expected(services: Iterable[Service]) -> tuple[TokenValidation, ...]:
    """The tokens that these Services expect, each once; none where no Service expects any."""
    return tuple(dict.fromkeys(s.validates for s in services if s.validates))


def validation(tokens: tuple[TokenValidation, ...], prefix: str) -> Block:
    """A valid token of one of these kinds, else 401; of Entra ID where none is named.

    `prefix` stands before the names of the named values.
    """
    if not tokens:
        tenant, audience = ("{{" + prefix + name + "}}" for name in (TENANT, AUDIENCE))
        return block(_entra(tenant, audience), id="validate-caller")
    if len(tokens) == 1 and (entra := _ENTRA.fullmatch(tokens[0].issuer)):
        return block(_entra(entra[1], _audience(tokens[0])))
    return block(_openid(tokens))


def _entra(tenant: str, audience: str) -> Statement:
    return policy(
        "validate-azure-ad-token",
        policy("audiences", policy("audience", text=audience)),
        tenant_id=tenant,
        output_token_variable_name=using.CALLER,
    )


def _openid(tokens: tuple[TokenValidation, ...]) -> Statement:
    """The children stand in the order that the policy demands."""
    issuers = tuple(dict.fromkeys(_issuer(t) for t in tokens))
    audiences = dict.fromkeys(_audience(t) for t in tokens)
    return policy(
        "validate-jwt",
        *(policy("openid-config", url=issuer.rstrip("/") + _METADATA) for issuer in issuers),
        policy("audiences", *(policy("audience", text=a) for a in audiences)),
        policy("issuers", *(policy("issuer", text=issuer) for issuer in issuers)),
        header_name="Authorization",
        require_scheme="Bearer",
        require_expiration_time=True,
        require_signed_tokens=True,
        output_token_variable_name=using.CALLER,
    )


def _issuer(token: TokenValidation) -> str:
    issuer = literal(token.issuer, "services_authenticate: issuer")
    if not re.fullmatch(r"https://[^\s?#/]+[^\s?#]*", issuer):
        raise WorkbookError(
            f"services_authenticate: issuer is {issuer!r}; expected the https address under which "
            "the provider publishes its OpenID metadata."
        )
    return issuer


def _audience(token: TokenValidation) -> str:
    audience = literal(token.audience, "services_authenticate: audience")
    if not audience.strip():
        raise WorkbookError(
            f"services_authenticate: audience is {audience!r}; expected the aud claim of a token."
        )
    return audience


def permission(api: str) -> tuple[Block, Block]:
    """The permission that a caller needs for this API, and its check, else 403."""
    asked = policy("set-variable", name=using.PERMISSION, value=literal(api, "the id of an API"))
    check = refusal(using.not_permitted(), 403, "Forbidden")
    return block(asked), block(check, id="authorize-caller")
