"""An OpenID provider with throw-away keys, and tokens of every kind, right and wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HOUR = 3600
Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Issuer:
    """An issuer of tokens with one key; `name` is the `iss` of its tokens, `kid` its key's id."""

    name: str
    kid: str = "testbed-1"
    _key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False, compare=False
    )

    @property
    def keys(self) -> bytes:
        """Its public keys as a JSON Web Key Set (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": _unpadded(numbers.n.to_bytes(256, "big")),
            "e": _unpadded(numbers.e.to_bytes(3, "big")),
        }
        return json.dumps({"keys": [key]}).encode()

    def metadata(self, keys_at: str) -> bytes:
        """Its OpenID metadata, which says where its keys are."""
        document = {"issuer": self.name, "jwks_uri": keys_at}
        return json.dumps(document).encode()

    def claims(self, audience: str, **others: Any) -> dict[str, Any]:
        """What a token of it says, valid for an hour."""
        now = int(time.time())
        times = {"iat": now - 60, "nbf": now - 60, "exp": now + HOUR}
        return {"iss": self.name, "aud": audience, **times, **others}

    def token(self, claims: Claims) -> str:
        """The claims, signed with its key by RS256 (RFC 7515)."""
        content = _content({"alg": "RS256", "typ": "JWT", "kid": self.kid}, claims)
        signature = self._key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{content}.{_unpadded(signature)}"

    def unsigned(self, claims: Claims) -> str:
        """The claims with `alg: none` and no signature."""
        return _content({"alg": "none", "typ": "JWT", "kid": self.kid}, claims) + "."

    def confused(self, claims: Claims) -> str:
        """The claims signed by HS256, with the text of the public key as the secret."""
        content = _content({"alg": "HS256", "typ": "JWT", "kid": self.kid}, claims)
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        secret = self._key.public_key().public_bytes(serialization.Encoding.PEM, form)
        signed = hmac.new(secret, content.encode(), hashlib.sha256).digest()
        return f"{content}.{_unpadded(signed)}"

    def tampered(self, claims: Claims, **changes: Any) -> str:
        """A token of these claims whose payload was changed after it was signed."""
        head, _, signature = self.token(claims).split(".")
        return f"{head}.{_part({**claims, **changes})}.{signature}"


def _content(header: Claims, claims: Claims) -> str:
    return f"{_part(header)}.{_part(claims)}"


def _part(value: Claims) -> str:
    return _unpadded(json.dumps(value, separators=(",", ":")).encode())


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
