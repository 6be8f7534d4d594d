"""The step between foundation and gateway: certificates asked for, secrets put into the vault."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apim_aks.artefacts.arm_templates.gateway import HOST_CERTIFICATE
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.artefacts.manifests.scene import certificate_secret, client_certificate_name
from apim_aks.artefacts.policies import certificate_id
from apim_aks.facts import arm_role
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Certificate, Kind
from apim_aks.workload.names import label

SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
_MINE = '--ip-address "$MY_ADDRESS/32"'


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A secret that a person puts into the vault, from a file."""

    vault: str
    name: str
    file: str

    @property
    def target(self) -> str:
        """Where it goes, as the Azure CLI names it."""
        return f"--vault-name {shlex.quote(self.vault)} --name {shlex.quote(self.name)}"

    @property
    def commands(self) -> tuple[str, ...]:
        """What puts it there."""
        return (f"az keyvault secret set {self.target} --file {shlex.quote(self.file)}",)


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """A certificate whose key is made in the vault, and that is signed outside.

    `policy` is the certificate policy of the Key Vault API.
    """

    vault: str
    name: str
    policy: dict[str, object] = field(hash=False)

    @property
    def target(self) -> str:
        """Where it is, as the Azure CLI names it."""
        return f"--vault-name {shlex.quote(self.vault)} --name {shlex.quote(self.name)}"

    @property
    def commands(self) -> tuple[str, ...]:
        """A key in the vault, a request for its certificate, and the signed one merged."""
        policy = shlex.quote(json.dumps(self.policy, separators=(",", ":")))
        request, signed = (shlex.quote(f"{self.name}.{end}") for end in ("csr", "crt"))
        pending = "az keyvault certificate pending"
        return (
            f"az keyvault certificate create {self.target} --policy {policy}",
            f"{pending} show {self.target} --query csr --output tsv > {request}",
            f"{pending} merge {self.target} --file {signed}",
        )


VaultEntry = CertificateRequest | SecretFile


def certificates_step(drawn: Drawn) -> tuple[VaultEntry, ...]:
    """What is asked for or put into the vault between foundation and gateway.

    Keys are made in the vault and stand in no file; the commands hold no secret.
    """
    return tuple(_entries(site(drawn)))


def certificate_commands(entries: Sequence[VaultEntry]) -> tuple[str, ...]:
    """The commands of the step: the vault is open for this address while they run."""
    if not entries:
        return ()
    vault = shlex.quote(entries[0].vault)
    commands = (command for entry in entries for command in entry.commands)
    return (*_opened(vault), *commands, f"az keyvault network-rule remove --name {vault} {_MINE}")


def _opened(vault: str) -> Iterator[str]:
    for role in ("deployer-certificates", "deployer-secrets"):
        scope = f'"$(az keyvault show --name {vault} --query id --output tsv)"'
        name = shlex.quote(arm_role(role).role)
        yield f'az role assignment create --role {name} --assignee "$MY_OBJECT_ID" --scope {scope}'
    yield f"az keyvault network-rule add --name {vault} {_MINE}"


def _entries(place: Site) -> Iterator[VaultEntry]:
    # A Service that ends TLS itself keeps the certificate that its pods have.
    theirs = {c.id for c in place.topology.of_kind(Kind.SERVICE)}
    hosts: dict[str, str] = {}
    for named in place.topology.names:
        if named.component not in theirs:
            hosts.setdefault(named.component, named.name)
    for certificate in place.topology.certificates:
        name = certificate_secret(certificate.id)
        if certificate.held_by == certificate.trusted_by:
            yield SecretFile(place.vault, name, f"{name}.crt")
        elif certificate.id == certificate_id(place.topology):
            subject = client_certificate_name(place.workload)
            yield _request(place, certificate, name, subject, CLIENT)
        elif certificate.held_by in hosts and not certificate.kept_by_azure:
            yield _request(place, certificate, name, hosts[certificate.held_by], SERVER)
    if place.host_name and place.existing.api_management is None:
        own = place.host_name
        yield _request(place, None, HOST_CERTIFICATE, own, SERVER)
    for value in place.values:
        if value.secret:
            yield SecretFile(place.vault, value.vault_secret, f"{label(value.vault_secret)}.txt")


def _request(
    place: Site, certificate: Certificate | None, name: str, host: str, usage: str
) -> CertificateRequest:
    rate = certificate.rotations_per_year if certificate else 2.0
    return CertificateRequest(place.vault, name, _policy(host, usage, round(12 / rate)))


def _policy(host: str, usage: str, months: int) -> dict[str, object]:
    kind = "application/x-pkcs12" if usage == CLIENT else "application/x-pem-file"
    return {
        "issuerParameters": {"name": "Unknown"},
        "keyProperties": {"exportable": True, "keyType": "RSA", "keySize": 2048},
        "secretProperties": {"contentType": kind},
        "x509CertificateProperties": {
            "subject": f"CN={host[:64]}",
            "subjectAlternativeNames": {"dnsNames": [host]},
            "ekus": [usage],
            "validityInMonths": months,
        },
        "lifetimeActions": [
            {"action": {"actionType": "EmailContacts"}, "trigger": {"daysBeforeExpiry": 30}}
        ],
    }
