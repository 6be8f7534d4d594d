"""Certificates: present, readable by the gateway, and valid long enough to be replaced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from apim_aks.artefacts.arm_templates.backends import gateway_certificates
from apim_aks.artefacts.manifests.scene import certificate_secret
from apim_aks.artefacts.policies import certificate_id
from apim_aks.deployment.certificates import wanted
from apim_aks.facts import azure_facts
from apim_aks.remote.azure import AzureRefused, Json, redacted
from apim_aks.verification.answers import each, gone, inside, looked, rows, said, same
from apim_aks.verification.azure_resources.gateway import service
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run
from apim_aks.workload.names import label


def certificate_validity(scene: LiveScene) -> Verdict:
    """The verdict on every certificate of the gateway and of the vault."""
    place = ground(scene)
    found = service(place)
    if found is None:
        return looked(gone(place.gateway), "")
    wrong = [*each((place,), _shown), *_hosts(found, place)]
    lines, hidden = _vault(place)
    wrong += [line for line, fine in lines if not fine]
    seen = (*(line for line, _ in lines), *_elsewhere(place))
    fine = "; ".join(seen) or "the gateway's certificates are valid"
    if hidden and not wrong:
        return not_run(hidden, seen=redacted(fine) if lines else "")
    if not (wrong or lines or gateway_certificates(place.site)):
        return not_run("no certificate is kept in Azure: the Services hold their own", seen=fine)
    return looked((*wrong, *((hidden,) if hidden else ())), fine)


def _elsewhere(place: ResourceIds) -> Iterator[str]:
    """Certificates outside Azure, such as those of Services that terminate TLS themselves."""
    asked = {one.name for one in wanted(place.scene.project)}
    kept = [c.id for c in place.scene.topology.certificates if not c.kept_by_azure]
    unseen = [label(id, 80) for id in kept if certificate_secret(id) not in asked]
    if unseen:
        yield f"not read: {', '.join(unseen)}"


def _validity(what: str, until: str, place: ResourceIds) -> tuple[str, bool]:
    """The validity in words, and whether it is long enough."""
    try:
        last = date.fromisoformat(until[:10])
    except ValueError:
        return f"{what} does not say how long it is valid", False
    left = (last - place.scene.today).days
    if left < 0:
        return f"{what} expired on {last}", False
    least = azure_facts().certificate_days
    if left < least:
        return f"{what} expires on {last}, in {left} days; at least {least} are required", False
    return f"{what} until {last}", True


def _late(what: str, until: object, place: ResourceIds) -> Iterator[str]:
    line, fine = _validity(what, str(until or ""), place)
    if not fine:
        yield line


def _shown(place: ResourceIds) -> Iterator[str]:
    """The gateway's client certificate for back ends, read from the vault."""
    if not gateway_certificates(place.site):
        return
    name = label(certificate_id(place.scene.topology), 80)
    id = place.child("certificates", name)
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
        return
    what = f"API Management's certificate {name}"
    yield from _late(what, inside(found, "properties.expirationDate"), place)
    status = inside(found, "properties.keyVault.lastStatus.code")
    if not same(status, "Success"):
        yield f"API Management read {name} from the vault last with {said(status)}"


def _hosts(gateway: Json, place: ResourceIds) -> Iterator[str]:
    """Host names with their own certificates; Azure renews those of its own names."""
    listed = rows(gateway, "properties.hostnameConfigurations")
    for host in listed:
        if inside(host, "certificate") or host.get("keyVaultId"):
            what = f"the certificate of {said(host.get('hostName'))}"
            yield from _late(what, inside(host, "certificate.expiry"), place)
    own = place.site.host_name
    if own and place.own_gateway and not any(same(h.get("hostName"), own) for h in listed):
        yield f"API Management has no host name {own}"


def _vault(place: ResourceIds) -> tuple[list[tuple[str, bool]], str]:
    """Each certificate of the vault in words, and why the vault could not be read, if so."""
    lines: list[tuple[str, bool]] = []
    hidden = ""
    for one in wanted(place.scene.project):
        try:
            found = place.scene.azure.certificate(place.scene.project, one.name)
        except AzureRefused as refused:
            hidden = hidden or str(refused)
            continue
        if found.there:
            lines.append(_validity(found.name, found.expires, place))
        else:
            state = "waits for a signature" if found.csr else "is not in the vault"
            lines.append((f"{found.name} {state}", False))
    return lines, hidden
