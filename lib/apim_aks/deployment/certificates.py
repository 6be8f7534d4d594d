"""The certificates step: keys and requests in the vault, signed outside, merged.

A separate step, because a person or an authority has to sign; it does not wait for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apim_aks.artefacts.arm_templates import CertificateRequest, SecretFile
from apim_aks.deployment.project import Project
from apim_aks.own_files import set_aside, write_whole
from apim_aks.remote.azure import AzureClient, AzureRefused, Certificates, VaultCertificate
from apim_aks.topology.check import State


@dataclass(frozen=True, slots=True)
class CertificateState:
    """The state of a certificate, and the next step."""

    name: str
    state: State
    seen: str
    next_step: str = ""


def wanted(project: Project) -> tuple[CertificateRequest, ...]:
    """The certificates that the certificates step asks for."""
    return tuple(e for e in project.certificates if isinstance(e, CertificateRequest))


def by_hand(project: Project) -> tuple[SecretFile, ...]:
    """The secrets that a person sets in this step; their state is never checked."""
    return tuple(e for e in project.certificates if isinstance(e, SecretFile))


def certificate_states(vault: Certificates, project: Project) -> tuple[CertificateState, ...]:
    """The state of each certificate; `not_run` where the vault may not be read."""
    return tuple(_state(vault, w) for w in wanted(project))


def _state(vault: Certificates, one: CertificateRequest) -> CertificateState:
    try:
        return _judged(vault.look(one.name))
    except AzureRefused as refused:
        return CertificateState(one.name, State.NOT_RUN, str(refused))


def _judged(found: VaultCertificate) -> CertificateState:
    if found.there:
        return CertificateState(found.name, State.PASS, f"there until {found.expires}")
    if found.csr:
        step = f"sign {found.name}.csr, put {found.name}.crt beside it and run the step again"
        return CertificateState(found.name, State.FAIL, "waits for a signature", step)
    return CertificateState(found.name, State.FAIL, "not there", "run the certificates step")


def do_certificates(
    client: AzureClient, project: Project, folder: Path, vault: Certificates | None = None
) -> tuple[CertificateState, ...]:
    """Request what is missing, merge what is signed: `NAME.csr` out, `NAME.crt` in.

    Raises:
        AzureRefused: the vault refused.
    """
    held = vault or Certificates(client, project.vault)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_done(held, one, folder) for one in wanted(project))


def _done(vault: Certificates, one: CertificateRequest, folder: Path) -> CertificateState:
    found = vault.look(one.name)
    signed = folder / f"{one.name}.crt"
    if not found.there and not found.csr:
        found = vault.request(one.name, one.policy)
    if not found.there and found.csr and signed.is_file():
        found = vault.merge(one.name, signed.read_bytes())
    if not found.there and found.csr:
        _hand_out(folder / f"{one.name}.csr", found.csr)
    return _judged(found)


def _hand_out(path: Path, request: str) -> None:
    """Writes the request to a file; an existing file is kept under the next free name."""
    if path.exists() and path.read_bytes() != request.encode("ascii"):
        set_aside(path)
    write_whole(path, request)


def client_for(client: AzureClient, project: Project) -> Certificates:
    """A client for the vault of this project."""
    return Certificates(client, project.vault)
