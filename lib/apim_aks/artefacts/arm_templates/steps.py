"""What no template can do: certificates, and what a thing that is there already lacks."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.artefacts.arm_templates.cluster import add_on
from apim_aks.artefacts.arm_templates.gateway import HOST_CERTIFICATE
from apim_aks.artefacts.arm_templates.private_names import gateway_names
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.artefacts.manifests.scene import certificate_secret, client_certificate_name
from apim_aks.artefacts.policies import certificate_id
from apim_aks.facts import ArmRole, ExistingRow, api_version, arm_role, arm_roles, existing_rows
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Certificate, Kind
from apim_aks.workload.model import Consumer
from apim_aks.workload.names import label

SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to have or to do before a stage: what, how, and what it interrupts."""

    what: str
    command: str
    interruption: str
    source: str


def certificates_step(drawn: Drawn) -> tuple[str, ...]:
    """The commands between foundation and gateway: requests for certificates, signed outside.

    Keys are made in the vault and stand in no file; the commands hold no secret.
    """
    place = site(drawn)
    found = tuple(_requests(place))
    if not found:
        return ()
    vault = shlex.quote(place.vault)
    return (*_opened(vault), *found, f"az keyvault network-rule remove --name {vault} {_MINE}")


_MINE = '--ip-address "$MY_ADDRESS/32"'


def _opened(vault: str) -> Iterator[str]:
    """The vault is open for this address while the step runs."""
    for role in ("deployer-certificates", "deployer-secrets"):
        scope = f'"$(az keyvault show --name {vault} --query id --output tsv)"'
        name = shlex.quote(arm_role(role).role)
        yield f'az role assignment create --role {name} --assignee "$MY_OBJECT_ID" --scope {scope}'
    yield f"az keyvault network-rule add --name {vault} {_MINE}"


def _requests(place: Site) -> Iterator[str]:
    # A Service that ends TLS itself keeps the certificate that its pods have.
    theirs = {c.id for c in place.topology.of_kind(Kind.SERVICE)}
    hosts = {n.component: n.name for n in place.topology.names if n.component not in theirs}
    for certificate in place.topology.certificates:
        name = certificate_secret(certificate.id)
        if certificate.held_by == certificate.trusted_by:
            yield _secret(place, name, f"{name}.crt")
        elif certificate.id == certificate_id(place.topology):
            subject = client_certificate_name(place.workload)
            yield from _request(place, certificate, name, subject, CLIENT)
        elif certificate.held_by in hosts:
            yield from _request(place, certificate, name, hosts[certificate.held_by], SERVER)
    if place.azure.host_name and place.existing.api_management is None:
        own = place.azure.host_name
        yield from _request(place, None, HOST_CERTIFICATE, own, SERVER)
    for value in place.values:
        if value.secret:
            yield _secret(place, value.vault_secret, f"{label(value.vault_secret)}.txt")


def _secret(place: Site, name: str, file: str) -> str:
    return (
        f"az keyvault secret set --vault-name {shlex.quote(place.vault)} "
        f"--name {shlex.quote(name)} --file {shlex.quote(file)}"
    )


def _request(
    place: Site, certificate: Certificate | None, name: str, host: str, usage: str
) -> Iterator[str]:
    """A key in the vault, a request for its certificate, and the signed one merged."""
    rate = certificate.rotations_per_year if certificate else 2.0
    policy = json.dumps(_policy(host, usage, round(12 / rate)), separators=(",", ":"))
    target = f"--vault-name {shlex.quote(place.vault)} --name {shlex.quote(name)}"
    yield f"az keyvault certificate create {target} --policy {shlex.quote(policy)}"
    yield (
        f"az keyvault certificate pending show {target} --query csr --output tsv "
        f"> {shlex.quote(f'{name}.csr')}"
    )
    yield f"az keyvault certificate pending merge {target} --file {shlex.quote(f'{name}.crt')}"


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


def prerequisites(drawn: Drawn) -> tuple[Step, ...]:
    """What has to hold before the first stage: the deployer's roles, and what is there already."""
    place = site(drawn)
    rows = [r for r in existing_rows() if r.id not in _spare(place) and _concerns(r, place)]
    steps = (_step(row, _words(place)) for row in rows)
    return (*_roles(place), *steps, *_controller(place))


def _step(row: ExistingRow, words: dict[str, str]) -> Step:
    what = _filled(f"{_SUBJECTS[row.thing]} {row.what}", words)
    return Step(what, _filled(row.command, words), row.interruption, row.source)


_SUBJECTS = {
    "cluster": "The cluster <cluster>",
    "network": "The network <network>",
    "api_management": "API Management <gateway>",
    "key_vault": "The Key Vault <vault>",
    "consumers": "Consumers on premises",
}


def _roles(place: Site) -> Iterator[Step]:
    listed = 'az role assignment list --assignee "$MY_OBJECT_ID" --include-inherited'
    for row in arm_roles():
        for group in _groups(row, place) if row.holder == "whoever deploys" else ():
            scope = f'"$(az group show --name {shlex.quote(group)} --query id --output tsv)"'
            what = f"Whoever deploys has the role {row.role} in the resource group {group}"
            yield Step(f"{what}: {row.because}", f"{listed} --scope {scope}", "none", row.source)


def _groups(row: ArmRole, place: Site) -> tuple[str, ...]:
    """The resource groups in which the role is needed, those of existing things among them."""
    if row.id == "deployer-cluster":
        return (place.group(place.existing.cluster) or place.home,)
    network = (place.existing.network,) if place.networked else ()
    beside = (place.group(found) for found in (*network, place.existing.key_vault))
    return tuple(dict.fromkeys((place.home, place.gateway_home, *filter(None, beside))))


def _concerns(row: ExistingRow, place: Site) -> bool:
    if row.thing == "consumers":
        away = Consumer.ON_PREMISES in place.workload.consumers
        return away and bool(gateway_names(place))
    return getattr(place.existing, row.thing) is not None


def _spare(place: Site) -> set[str]:
    """Rows about something that this placement does not use."""
    gates = {c.id for c in place.topology.of_kind(Kind.GATEWAY)}
    reads = any(c.held_by not in gates for c in place.topology.certificates)
    used = {
        "cluster-subnets": place.plan.range("ingress") is not None,
        "cluster-addresses": bool(place.plan.public_addresses),
        "cluster-security-group": place.plan.range("ingress") is not None,
        **dict.fromkeys(("cluster-provider", "cluster-vault-role", "cluster-vault-network"), reads),
        "cluster-version": bool(place.drawn.controller.minimum_kubernetes),
        "gateway-network": place.injected,
        "gateway-subnet": place.injected,
        "gateway-protocols": place.tier.family == "classic",
        "gateway-authority": place.own_authority and place.lists_authorities,
    }
    return {id for id, needed in used.items() if not needed}


def _controller(place: Site) -> Iterator[Step]:
    """The ingress add-on of a cluster that is there already."""
    row = add_on(place)
    if row and place.existing.cluster:
        what = f"The cluster has {place.drawn.controller.name}"
        yield Step(what, row.step, row.interruption, row.source)


def _words(place: Site) -> dict[str, str]:
    """What stands for a word in angle brackets; ids that nobody knows yet stay as they are."""
    minimum = place.drawn.controller.minimum_kubernetes
    known = {
        "kubernetes-version": minimum or place.workload.azure.kubernetes_version,
        "cluster": place.cluster,
        "network": place.network,
        "gateway": place.gateway,
        "vault": place.vault,
        "home": place.home,
        "region": place.workload.azure.region,
        "tier": place.tier.name,
        "mode": place.mode.label,
        "gateway-version": api_version(SERVICE, place.preview),
        "gateway-subnet": place.azure.gateway_subnet,
        "vault-role": arm_role("vault-reader").role,
        "network-role": arm_role("cluster-network").role,
    }
    there = {
        "cluster-group": place.existing.cluster,
        "network-group": place.existing.network,
        "gateway-group": place.existing.api_management,
        "vault-group": place.existing.key_vault,
    }
    return known | {word: found.resource_group for word, found in there.items() if found}


def _filled(sentence: str, words: dict[str, str]) -> str:
    quote = shlex.quote if sentence.startswith("az ") else str
    for word, value in words.items():
        sentence = sentence.replace(f"<{word}>", quote(value))
    return sentence
