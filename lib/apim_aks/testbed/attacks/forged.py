"""Tokens that no validation may take, at the gateway or at a token check behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apim_aks.testbed.tokens import HOUR, Issuer

Claims = dict[str, Any]
Forge = Callable[[Issuer, Claims], str]
"""What is sent instead of a token of this issuer with these claims."""


def expired(issuer: Issuer, claims: Claims) -> str:
    """Two hours too late."""
    return issuer.token(_moved(claims, -2 * HOUR))


def not_yet_valid(issuer: Issuer, claims: Claims) -> str:
    """Two hours too early."""
    return issuer.token(_moved(claims, 2 * HOUR))


def for_another_audience(issuer: Issuer, claims: Claims) -> str:
    """An audience that begins with the right one."""
    return issuer.token({**claims, "aud": f"{claims['aud']}.other"})


def by_another_issuer(issuer: Issuer, claims: Claims) -> str:
    """The right key, with the name of another issuer."""
    return issuer.token({**claims, "iss": "https://issuer.example/"})


def unsigned(issuer: Issuer, claims: Claims) -> str:
    """With the algorithm `none`."""
    return issuer.unsigned(claims)


def confused(issuer: Issuer, claims: Claims) -> str:
    """Signed by a symmetric algorithm with the public key as its secret."""
    return issuer.confused(claims)


def _moved(claims: Claims, by: int) -> Claims:
    return {**claims, **{name: claims[name] + by for name in ("iat", "nbf", "exp")}}
