"""Tokens of callers: signature, issuer, audience and time, by the keys that a provider publishes.

What a token says of itself never decides how it is checked: the algorithms are those of the key's
type. https://learn.microsoft.com/azure/api-management/validate-jwt-policy
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jwt

from apim_aks.facts import policy_default
from apim_aks.options.entra import entra_tenant
from apim_aks.testbed.exchange import header
from apim_aks.testbed.policies.call import Call, Jwt, Surroundings, World
from apim_aks.testbed.policies.failing import Failed
from apim_aks.testbed.policies.statement import Statement

if TYPE_CHECKING:
    from jwt.types import Options

Claims = Mapping[str, Any]

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
}
"""By the type of a public key; a key that has to stay secret is never published as one."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SIGNED_ONLY: Options = {
    "verify_signature": True,
    "verify_aud": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_iss": False,
}
"""The signature is checked by the library; times and names by the clock and names given here."""


def validate_jwt(statement: Statement, call: Call, world: World) -> Call:
    """A valid token of one of the providers that are named, in the header that is named."""
    token = _shown(
        call, statement.said("header-name", call), statement.said("require-scheme", call)
    )
    addresses = [one.said("url", call) for one in statement.all("openid-config")]
    claims = _signed(token, addresses, world.around)
    issuers = statement.listed("issuers", "issuer", call)
    _require_issuer(claims, issuers or _issuers(addresses, world.around))
    _require_audience(claims, statement.listed("audiences", "audience", call))
    _require_time(claims, world.around.now(), statement.flag("require-expiration-time", True))
    return _known(statement, call, claims)


def validate_azure_ad_token(statement: Statement, call: Call, world: World) -> Call:
    """A valid token of Entra ID for one tenant; version, issuer and tenant in it fit together."""
    said = statement.said("tenant-id", call)
    address = policy_default("entra-metadata").value.format(said)
    claims = _signed(_shown(call, "Authorization", "Bearer"), [address], world.around)
    tenant = _tenant(said, address, world.around)
    first, second = policy_default("entra-issuers").value.format(tenant).split(";")
    issuer = {"1.0": first, "2.0": second}.get(str(claims.get("ver")), "")
    _require_issuer(claims, (issuer,) if str(claims.get("tid")).lower() == tenant else ())
    _require_audience(claims, statement.listed("audiences", "audience", call))
    _require_time(claims, world.around.now(), True)
    return _known(statement, call, claims)


def _tenant(said: str, address: str, around: Surroundings) -> str:
    """The id of the tenant; of one that is named by a domain, as its metadata say it."""
    if _ID.fullmatch(said.lower()):
        return said.lower()
    (issuer,) = _issuers([address], around)
    return entra_tenant(issuer) or ""


def _shown(call: Call, name: str, scheme: str) -> str:
    """The token in the request, behind its scheme."""
    shown = header(call.request.headers, name).strip()
    if scheme and name.lower() == "authorization":
        said, _, shown = shown.partition(" ")
        if said.lower() != scheme.lower():
            raise Failed("token-missing")
    if not shown.strip():
        raise Failed("token-missing")
    return shown.strip()


def _signed(token: str, addresses: Iterable[str], around: Surroundings) -> Claims:
    """What the token says, once a key of one of these providers is found to have signed it."""
    try:
        head = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise Failed("token-invalid", f"{error}.") from None
    known = str(head.get("kid", ""))
    for again in (False, True):
        keys = [k for a in addresses for k in _keys(a, around, again) if _fits(k, head, known)]
        if keys:
            return _verified(token, keys, str(head["alg"]))
    raise Failed("token-key", "No key of the provider fits the token.")


def _keys(address: str, around: Surroundings, again: bool) -> Iterator[Mapping[str, Any]]:
    """The keys that a provider publishes; none where it cannot be asked."""
    try:
        state, now = around.state, around.now()
        told = state.published(address, around.openid, now)
        found = state.published(str(told["jwks_uri"]), around.openid, now, again)
        yield from (key for key in found["keys"] if isinstance(key, Mapping))
    except (OSError, LookupError, TypeError):
        return


def _fits(key: Mapping[str, Any], head: Mapping[str, Any], known: str) -> bool:
    """The key may have signed a token with this head."""
    algorithms = ALGORITHMS.get(str(key.get("kty")), ())
    named = not known or key.get("kid") == known
    said = head.get("alg")
    alike = said in algorithms and key.get("alg", said) == said
    return named and alike and key.get("use", "sig") == "sig"


def _verified(token: str, keys: Iterable[Mapping[str, Any]], algorithm: str) -> Claims:
    said = ""
    for key in keys:
        try:
            made = jwt.PyJWK.from_dict(dict(key), algorithm=algorithm)
            found: Claims = jwt.decode(token, made, [algorithm], options=_SIGNED_ONLY)
        except jwt.PyJWTError as error:
            said = f"{error}."
            continue
        return found
    raise Failed("token-signature", said)


def _issuers(addresses: Iterable[str], around: Surroundings) -> tuple[str, ...]:
    """Who issues the tokens of these providers, as they say it themselves."""
    state = around.state
    return tuple(
        str(state.published(address, around.openid, around.now()).get("issuer"))
        for address in addresses
    )


def _require_issuer(claims: Claims, allowed: tuple[str, ...]) -> None:
    if claims.get("iss") not in allowed:
        raise Failed("token-issuer", "The issuer of the token is not allowed.")


def _require_audience(claims: Claims, allowed: tuple[str, ...]) -> None:
    if not set(_listed(claims.get("aud"))).intersection(allowed):
        raise Failed("token-audience", "The audience of the token is not allowed.")


def _require_time(claims: Claims, now: float, must_end: bool) -> None:
    """The token has begun and has not ended; without a claim of time it never does."""
    begins, ends = _number(claims, "nbf"), _number(claims, "exp")
    if ends is None and must_end:
        raise Failed("token-invalid", "The token has no expiration time.")
    if ends is not None and ends <= now:
        raise Failed("token-expired", "The token has expired.")
    if begins is not None and begins > now:
        raise Failed("token-invalid", "The token is not valid yet.")


def _number(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise Failed("token-invalid", f"The claim {name} is no number.")
    return value


def _listed(value: Any) -> tuple[str, ...]:
    """The values of a claim, which has one or several."""
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _known(statement: Statement, call: Call, claims: Claims) -> Call:
    held = {name: _listed(value) for name, value in claims.items() if value is not None}
    return call.knowing(statement.said("output-token-variable-name", call), Jwt(held))
