"""Certificates in a Key Vault: looked at, requested, merged.

Keys are made in the vault and are never asked for here. They can be exported, since gateway and
cluster read them: whoever may read the vault's secrets can too.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apim_aks.facts import azure_facts
from apim_aks.remote.azure.answers import absent_as_none
from apim_aks.remote.azure.client import AzureClient
from apim_aks.remote.azure.connection import refusing
from apim_aks.remote.azure.refusal import Json


@dataclass(frozen=True, slots=True)
class VaultCertificate:
    """A certificate of a vault, or the request for one: `csr` waits for a signature."""

    name: str
    expires: str = ""
    csr: str = ""

    @property
    def there(self) -> bool:
        """It is signed and can be used."""
        return bool(self.expires)


class Certificates:
    """The certificates of one vault."""

    def __init__(self, client: AzureClient, vault: str, url: str = "") -> None:
        self.client = client
        self.vault = vault
        self.url = url or f"https://{vault}.{azure_facts().key_vault_suffix}"

    def _sdk(self) -> Any:
        from azure.keyvault.certificates import CertificateClient

        connection = self.client.connection
        key = ("vault", self.url)
        if key not in connection.clients:
            connection.clients[key] = CertificateClient(
                self.url,
                connection.credential,
                transport=connection.wire(),
                retry_policy=connection.retry(),
                verify_challenge_resource=self.url.endswith(azure_facts().key_vault_suffix),
            )
        return connection.clients[key]

    def look(self, name: str) -> VaultCertificate:
        """The certificate as it is: there, requested, or neither."""
        with refusing(f"Certificate {name} of vault {self.vault}"):
            found = absent_as_none(lambda: self._sdk().get_certificate(name))
            if found is not None and found.cer and _usable(found.properties):
                return VaultCertificate(name, found.properties.expires_on.date().isoformat())
            asked = absent_as_none(lambda: self._sdk().get_certificate_operation(name))
        return VaultCertificate(name, "", _pem(asked.csr) if asked and asked.csr else "")

    def request(self, name: str, policy: Json) -> VaultCertificate:
        """A new key in the vault and the request to sign; `policy` as the CLI takes it."""
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        # The SDK's own call would go on asking in the background until somebody has signed.
        address = f"{self.url}/certificates/{name}/create"
        request = HttpRequest("POST", address, json={"policy": _policy(policy)})
        with refusing(f"Requesting certificate {name} in vault {self.vault}"):
            answer = self._sdk().send_request(request)
            if answer.status_code >= 400:
                raise HttpResponseError(response=answer)
        return self.look(name)

    def merge(self, name: str, signed: bytes) -> VaultCertificate:
        """The signed certificate beside its key."""
        with refusing(f"Merging certificate {name} into vault {self.vault}"):
            self._sdk().merge_certificate(name, x509_certificates=[signed])
        return self.look(name)


def _usable(properties: Any) -> bool:
    """Enabled and begun: one that is switched off or starts tomorrow serves nobody today."""
    begun = properties.not_before is None or properties.not_before <= datetime.now(UTC)
    return bool(properties.expires_on and properties.enabled is not False and begun)


def _policy(given: Json) -> Json:
    """The policy in the words of the vault's REST API."""
    subject, keys = given["x509CertificateProperties"], given["keyProperties"]
    return {
        "issuer": {"name": given["issuerParameters"]["name"]},
        "key_props": {
            "exportable": keys["exportable"],
            "kty": keys["keyType"],
            "key_size": keys["keySize"],
        },
        "secret_props": {"contentType": given["secretProperties"]["contentType"]},
        "x509_props": {
            "subject": subject["subject"],
            "sans": {"dns_names": subject["subjectAlternativeNames"]["dnsNames"]},
            "ekus": subject["ekus"],
            "validity_months": subject["validityInMonths"],
        },
    }


def _pem(csr: bytes) -> str:
    text = base64.encodebytes(csr).decode("ascii")
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"
