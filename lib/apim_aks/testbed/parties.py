"""Who takes part: throw-away authorities and issuers, and the values that Azure would choose."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from apim_aks.facts import placeholder_row
from apim_aks.testbed.authorities import Authority
from apim_aks.testbed.tokens import Issuer

_SHAPE = re.compile(r"<([A-Z][A-Z0-9_]*)>")

TENANT = "11111111-2222-4333-8444-555555555555"
PRINCIPAL = "66666666-7777-4888-8999-aaaaaaaaaaaa"
"""The directory and the gateway's identity: nobody's."""


@dataclass(frozen=True)
class Parties:
    """`public` stands for every public authority, `clients` signs for the gateway alone, `inner`
    for back ends inside the network, `foreign` for nobody; `impostor` has a key that nobody
    publishes."""

    public: Authority = field(default_factory=lambda: Authority("testbed public authority"))
    inner: Authority = field(default_factory=lambda: Authority("testbed inner authority"))
    clients: Authority = field(default_factory=lambda: Authority("testbed client authority"))
    foreign: Authority = field(default_factory=lambda: Authority("testbed foreign authority"))
    issuer: Issuer = field(default_factory=lambda: Issuer(f"https://sts.windows.net/{TENANT}/"))
    impostor: Issuer = field(default_factory=lambda: Issuer(""))

    def filled(self, value: Any) -> Any:
        """The objects with every placeholder replaced by a value of this run."""
        if isinstance(value, str):
            return _SHAPE.sub(self._value, value)
        if isinstance(value, dict):
            return {self.filled(k): self.filled(v) for k, v in value.items()}
        return [self.filled(v) for v in value] if isinstance(value, list) else value

    def _value(self, found: re.Match[str]) -> str:
        known = {
            "entra-tenant": TENANT,
            "gateway-principal": PRINCIPAL,
            "gateway-address": placeholder_row("gateway-address").stand_in,
            "client-authority": self.clients.certificate.decode(),
            "authority-thumbprint": "0" * 40,
        }
        texts = {placeholder_row(id).text: value for id, value in known.items()}
        # What is different for each Service, or read by nobody here, stands for itself.
        return texts.get(found[0]) or f"{found[1].lower().replace('_', '-')}.testbed.internal"
