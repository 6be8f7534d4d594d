"""Who may call an API: the token of the caller, and the permission in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apim_aks.apis.mapping import Permissions
from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.answers import refusal
from apim_aks.artefacts.policies.document import (
    Block,
    Statement,
    block,
    comment,
    literal,
    policy,
)
from apim_aks.errors import InputError
from apim_aks.options.entra import OWN_TENANT, entra_tenant, in_tenant
from apim_aks.workload.model import Service, TokenValidation

TENANT, AUDIENCE = "tenant-id", "api-audience"
"""The named values behind tokens of Entra ID, where the workload names no other issuer."""

_METADATA = "/.well-known/openid-configuration"
_VERSIONS = ("https://sts.windows.net/{}/", "https://login.microsoftonline.com/{}/v2.0")
"""The issuers in Entra ID tokens of a tenant, version 1 and version 2."""


def expected(services: Iterable[Service]) -> tuple[TokenValidation, ...]:
    """The tokens that these Services expect, each once; none where no Service expects any."""
    return tuple(dict.fromkeys(s.validates for s in services if s.validates))


def validation(tokens: tuple[TokenValidation, ...], prefix: str) -> Block:
    """A valid token of one of these kinds, else 401; of Entra ID where none is named.

    `prefix` stands before the names of the named values.
    """
    if not tokens:
        return block(_entra(named(prefix, TENANT), named(prefix, AUDIENCE)), id="validate-caller")
    tenants = {entra_tenant(t.issuer) for t in tokens}
    named_apart = any(t.metadata for t in tokens)
    if not named_apart and len(tenants) == 1 and (tenant := tenants.pop()) is not None:
        audiences = dict.fromkeys(_audience(t, prefix) for t in tokens)
        return block(_entra(tenant or named(prefix, TENANT), *audiences))
    return block(_openid(tokens, prefix))


def named_values(
    apis: Iterable[tuple[TokenValidation, ...]], audiences: Iterable[str]
) -> tuple[str, ...]:
    """The named values behind the tokens that these APIs expect and those that are shown."""
    every = tuple(apis)
    if not all(every):
        return TENANT, AUDIENCE
    expected_tokens = [t for tokens in every for t in tokens]
    asked = (*audiences, *(t.audience for t in expected_tokens))
    own = any(t.issuer == OWN_TENANT for t in expected_tokens)
    return (TENANT,) if own or any(in_tenant(a, "") != a for a in asked) else ()


def named(prefix: str, name: str) -> str:
    """How a policy refers to a named value."""
    return "{{" + prefix + name + "}}"


def _entra(tenant: str, *audiences: str) -> Statement:
    return policy(
        "validate-azure-ad-token",
        policy("audiences", *(policy("audience", text=a) for a in audiences)),
        tenant_id=tenant,
        output_token_variable_name=using.CALLER,
    )


def _openid(tokens: tuple[TokenValidation, ...], prefix: str) -> Statement:
    """The children stand in the order that the policy demands."""
    known = [_issuers(t, prefix) for t in tokens]
    issuers = dict.fromkeys(issuer for found in known for issuer in found)
    published = dict.fromkeys(_metadata(t, k[-1]) for t, k in zip(tokens, known, strict=True))
    audiences = dict.fromkeys(_audience(t, prefix) for t in tokens)
    return policy(
        "validate-jwt",
        *(policy("openid-config", url=url) for url in published),
        policy("audiences", *(policy("audience", text=a) for a in audiences)),
        policy("issuers", *(policy("issuer", text=issuer) for issuer in issuers)),
        header_name="Authorization",
        require_scheme="Bearer",
        require_expiration_time=True,
        require_signed_tokens=True,
        output_token_variable_name=using.CALLER,
    )


def _metadata(token: TokenValidation, issuer: str) -> str:
    """Where the OpenID metadata are: what workload.yaml says, else below the issuer."""
    said = literal(token.metadata, "services_authenticate: metadata")
    return said or issuer.rstrip("/") + _METADATA


def _issuers(token: TokenValidation, prefix: str) -> tuple[str, ...]:
    """What may stand as issuer in such a token; the last is where its metadata are."""
    if token.issuer == OWN_TENANT:
        return tuple(issuer.format(named(prefix, TENANT)) for issuer in _VERSIONS)
    return (_issuer(token),)


def _issuer(token: TokenValidation) -> str:
    issuer = literal(token.issuer, "services_authenticate: issuer")
    if not re.fullmatch(r"https://[^\s?#/]+[^\s?#]*", issuer):
        raise InputError(
            f"services_authenticate: issuer is {issuer!r}. Use the https address under which "
            f"the provider publishes its OpenID metadata, or {OWN_TENANT} for the tenant of API "
            "Management."
        )
    return issuer


def _audience(token: TokenValidation, prefix: str) -> str:
    audience = literal(token.audience, "services_authenticate: audience")
    if not audience.strip():
        raise InputError(
            f"services_authenticate: audience is {audience!r}. Use the aud claim of a token."
        )
    return in_tenant(audience, named(prefix, TENANT))


def permission(asked: Permissions) -> tuple[Block, ...]:
    """One of the permissions that workload.yaml names, else 403; it is said where it names none."""
    if not asked:
        return (block(comment("A valid token is enough: workload.yaml names no permissions.")),)
    named_ = ((using.READ, asked.read), (using.WRITE, asked.write))
    values = tuple(
        policy("set-variable", name=name, value=literal(" ".join(v), "apis: permissions"))
        for name, v in named_
        if v
    )
    check = refusal(using.not_permitted(), 403, "Forbidden")
    return block(*values), block(check, id="authorize-caller")


def without_token() -> Block:
    """No caller can have a token yet: this is where tokens come from."""
    return block(comment("No token is asked for: callers get theirs here."))


def but_for(operations: tuple[str, ...], asked: Iterable[Block]) -> Block:
    """What is asked of callers, except at the operations of these names: they sign in there."""
    named_ = policy("set-variable", name=using.SIGN_IN, value=" ".join(operations))
    statements = (s for part in asked for s in part.statements)
    return block(named_, policy("choose", policy("when", *statements, condition=using.NEEDS_TOKEN)))
