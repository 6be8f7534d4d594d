"""A certificate and a token signed with unknown keys, as a stranger can make them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from apim_aks.remote.azure import remember

_NAME = "stranger"


@cache
def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def foreign_certificate() -> bytes:
    """A client certificate of an unknown authority, valid for an hour: PEM, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(_key(), hashes.SHA256())
    )
    key: bytes = _key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return bytes(made.public_bytes(serialization.Encoding.PEM)) + key


def foreign_token(audience: str, issuer: str, holder: str = "") -> str:
    """A token that says everything right and is signed with a key that the issuer does not have.

    `holder` is the identity that it pretends to be of.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    now = int(datetime.now(UTC).timestamp())
    who = {"sub": holder or _NAME, "oid": holder or _NAME}
    claims = {"iss": issuer, "aud": audience, **who, "nbf": now - 60, "iat": now - 60}
    parts = ({"alg": "RS256", "typ": "JWT"}, {**claims, "exp": now + 3600})
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    token = f"{signed}.{_encoded(signature)}"
    remember(token)
    return token


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


def expiry(certificate: bytes) -> datetime:
    """Until when the first certificate of a PEM is valid.

    Raises:
        ValueError: there is none in it.
    """
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
