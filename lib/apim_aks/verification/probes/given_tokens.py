"""Tokens supplied by the caller: each must have exactly one flaw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.options.entra import entra_tenant, in_tenant
from apim_aks.remote.azure import remember
from apim_aks.remote.azure.signing_in import claims
from apim_aks.topology import Backend
from apim_aks.verification.answers import inside, same, words
from apim_aks.verification.probes.resources import gateway
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.scene import LiveScene


@dataclass(frozen=True, slots=True)
class Flaw:
    """The flaw of a token; `value` is the name of the value that supplies it."""

    value: str
    meaning: str
    expired: bool = False
    other_audience: bool = False
    other_identity: bool = False


EXPIRED = Flaw("expiredToken", "a token that has expired", expired=True)
OTHER_AUDIENCE = Flaw(
    "otherAudienceToken", "a valid token for another audience", other_audience=True
)
OTHER_IDENTITY = Flaw(
    "otherIdentityToken", "a valid token of another identity", other_identity=True
)


@dataclass(frozen=True, slots=True)
class Right:
    """The claims of the gateway's own token for a back end."""

    tenant: str
    audience: str
    holder: str


def right(scene: LiveScene, backend: Backend) -> Right:
    """The tenant, audience and identity that this back end expects.

    Raises:
        AzureRefused: the gateway may not be read, or does not exist.
    """
    connection = scene.azure.client.connection
    tenant = str(claims(connection.credential.get_token(connection.scope).token).get("tid") or "")
    held = {c.id: c for c in scene.topology.credentials}
    audience = held[backend.credential].audience if backend.credential in held else ""
    holder = str(inside(gateway(scene), "identity.principalId") or "")
    return Right(tenant, in_tenant(audience, tenant), holder)


def not_ours(scene: LiveScene, backend: Backend) -> str:
    """Why no token is sent there: others can take over the DNS label of a deleted address."""
    plan = address_plan(scene.placement)
    for made in plan.public_addresses:
        if made.host == backend.host:
            held = scene.azure.resource(ground(scene).address(made.name))
            return "" if held else f"no token is sent: its public address {made.name} is not there"
    return ""


def given(scene: LiveScene, flaw: Flaw) -> tuple[str, ...]:
    """The tokens supplied for this flaw, separated by spaces in the value."""
    found = scene.vantage.values.get(flaw.value, "").split()
    tokens = tuple(word for word in found if word.lower() != "bearer")
    for token in tokens:
        remember(token)
    return tokens


def fitting(tokens: tuple[str, ...], flaw: Flaw, expected: Right) -> tuple[str, str]:
    """The token with this flaw alone; otherwise empty, with the reason for the last one."""
    why = ""
    for token in tokens:
        why = _unfit(token, flaw, expected)
        if not why:
            return token, ""
    return "", why


def _unfit(token: str, flaw: Flaw, expected: Right) -> str:
    said = claims(token)
    until = said.get("exp")
    if not isinstance(until, (int, float)) or isinstance(until, bool):
        return "cannot be read"
    if (until <= datetime.now(UTC).timestamp()) is not flaw.expired:
        return "is still valid" if flaw.expired else "has expired"
    if entra_tenant(str(said.get("iss"))) != expected.tenant:
        return "was issued by another tenant"
    if (expected.audience not in words(said.get("aud"))) is not flaw.other_audience:
        return "is for its own audience" if flaw.other_audience else "is for another audience"
    own = same(said.get("oid"), expected.holder)
    return "is of the gateway itself" if flaw.other_identity and own else ""
