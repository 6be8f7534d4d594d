"""What the gateway shows to back ends, and calls to them."""

from __future__ import annotations

from apim_aks.artefacts.manifests import certificate_secret
from apim_aks.artefacts.policies import certificate_id
from apim_aks.facts import policy_default
from apim_aks.options.entra import in_tenant
from apim_aks.remote.calls import Call
from apim_aks.testbed.authorities import Identity
from apim_aks.testbed.exchange import Headers
from apim_aks.testbed.parties import PRINCIPAL, TENANT
from apim_aks.testbed.site import Site
from apim_aks.topology import Auth, Backend, Credential, Protocol


class Unguarded(Call):
    """A call without real keys and tokens, so that it may go to any server."""

    def __post_init__(self) -> None:
        """Nothing is guarded."""


def certificate(site: Site) -> bytes:
    """The client certificate of the gateway with its key, in PEM; empty where it has none."""
    entry = site.vault.get(certificate_secret(certificate_id(site.scene.topology)))
    return entry.pem if isinstance(entry, Identity) else b""


def credential(site: Site, backend: Backend) -> Credential | None:
    """What the gateway shows at this back end."""
    held = site.scene.topology.credentials
    return next((c for c in held if c.id == backend.credential), None)


def audience(shown: Credential) -> str:
    """The audience of the gateway's token in this directory."""
    return in_tenant(shown.audience, TENANT)


def token_headers(token: str) -> Headers:
    """The header in which the gateway's own token goes."""
    return ((policy_default("gateway-token-header").value, f"Bearer {token}"),)


def shown(site: Site, backend: Backend) -> tuple[Headers, bytes]:
    """The headers and the certificate by which the gateway proves who it is."""
    held = credential(site, backend)
    if held and held.auth is Auth.TOKEN:
        claims = site.parties.issuer.claims(audience(held), oid=PRINCIPAL)
        return token_headers(site.parties.issuer.token(claims)), b""
    if held and held.auth is Auth.CLIENT_CERTIFICATE:
        return (), certificate(site)
    return (), b""


def call_of(
    backend: Backend,
    path: str,
    method: str = "GET",
    *,
    headers: Headers = (),
    certificate: bytes = b"",
    body: bytes = b"",
    checked: bool = True,
) -> Call:
    """A call to a back end."""
    return Unguarded(
        host=backend.host,
        port=backend.port,
        path=path,
        method=method,
        headers=dict(headers),
        certificate=certificate,
        body=body,
        tls=backend.protocol is Protocol.HTTPS,
        checked=checked,
    )
