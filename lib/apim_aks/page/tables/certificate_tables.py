"""Certificates with their lifetimes, and the steps that replace each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from apim_aks.artefacts.arm_templates import VaultEntry
from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.manifests import certificate_secret
from apim_aks.columns import Column
from apim_aks.page.html import (
    Content,
    Html,
    code,
    element,
    folded,
    items,
    joined,
    paragraph,
    some,
    table,
)
from apim_aks.page.tables.failure_table import role
from apim_aks.topology import Certificate

Entries = Mapping[str, VaultEntry]
MONTHS = 12
_HEADINGS = {
    "server": "Replace a server certificate",
    "client": "Replace the gateway's client certificate",
    "authority": "Replace the authority, without an outage",
}


def expiry_table(built: Artefacts) -> Html:
    """Each certificate on the path: where it is kept, how long it lives, who renews it."""
    topology = built.drawn.topology
    label = {c.id: c.label for c in topology.components}
    given = _by_secret(built)
    return table(
        f"Certificates and their life: {built.drawn.option.title}",
        topology.certificates,
        Column("Certificate", lambda c: c.purpose),
        Column("For the name", lambda c: code(c.host) if c.host else "none is compared"),
        Column("Signed by", lambda c: c.authority.label),
        Column("In Key Vault", lambda c: _kept(c, given)),
        Column("Shown by", lambda c: label.get(c.held_by, c.held_by)),
        Column("Trusted by", lambda c: label.get(c.trusted_by, c.trusted_by)),
        Column("Expires", _life),
        Column("Renewed by", lambda c: c.rotated_by),
    )


def _kept(certificate: Certificate, given: Entries) -> Content:
    """Its name in the vault, if the certificates step puts it there."""
    name = certificate_secret(certificate.id)
    return code(name) if name in given else "not in it: its owner's own"


def _life(certificate: Certificate) -> str:
    months = round(MONTHS / certificate.rotations_per_year)
    if months % MONTHS == 0:
        years = months // MONTHS
        return f"after {years} year{'s' if years > 1 else ''}"
    return f"after {months} months"


def _by_secret(built: Artefacts) -> Entries:
    """What the certificates step puts into the vault, by its name there."""
    return {entry.name: entry for entry in built.vault_entries}


def rotation(built: Artefacts) -> Html:
    """How certificates are replaced, in steps with commands, for each kind that is there."""
    topology = built.drawn.topology
    given = _by_secret(built)
    grouped: dict[str, list[Certificate]] = {}
    for certificate in topology.certificates:
        grouped.setdefault(role(certificate, topology), []).append(certificate)
    if not grouped:
        return paragraph("No certificate of yours is on the path, so none has to be replaced.")
    return joined(_kind(kind, found, given) for kind, found in grouped.items())


def _kind(kind: str, found: Sequence[Certificate], given: Entries) -> Html:
    named = [c for c in found if certificate_secret(c.id) in given]
    owned = [c for c in found if certificate_secret(c.id) not in given]
    said = [f"{c.purpose}, for {c.host}, by {c.rotated_by}" for c in owned]
    theirs = paragraph("Replaced by their owners: ", some(said))
    if not named:
        return folded(_HEADINGS[kind], theirs)
    heading = _HEADINGS[kind] + (f" ({len(named)} certificates)" if len(named) > 1 else "")
    steps = items((joined(parts) for parts in _steps(kind, named[0], given)), "ol")
    others = [code(certificate_secret(c.id)) for c in named[1:]]
    same = paragraph("The same for: ") + items(others) if others else Html("")
    return folded(heading, steps + same + (theirs if owned else Html("")))


def _steps(kind: str, one: Certificate, by_secret: Entries) -> Iterator[tuple[Html, ...]]:
    given = by_secret[certificate_secret(one.id)]
    if kind == "authority":
        yield from _authority(given)
        return
    words = (
        "Ask for the next version under the same name. The key is made in the vault: ",
        "Take out the request, and have it signed: ",
        "Merge what was signed. From here on the new version is the current one: ",
    )
    for sentence, command in zip(words, given.commands, strict=False):
        yield _said(sentence), code(command)
    yield (_said(f"Wait until the new version is taken over ({one.rotated_by})."),)
    shown = f"az keyvault certificate show {given.target} --query attributes.expires --output tsv"
    yield _said("Look when it expires now: "), code(shown)
    if kind == "server":
        yield (_said("Call one operation through the gateway: it checks chain and name."),)
    else:
        yield (_said("Call without a certificate: it still has to be refused."),)


def _authority(given: VaultEntry) -> Iterator[tuple[Html, ...]]:
    command = given.commands[0]
    yield _said("Put both authorities into one file, the old one and the new: "), code(command)
    yield (_said("Wait until the ingress has taken it over, and call through the gateway."),)
    yield (_said("Replace the gateway's client certificate by one of the new authority."),)
    yield (_said("Wait until the gateway shows it: it looks every few hours."),)
    yield _said("Put the new authority alone into the file: "), code(command)
    yield (_said("Call with a certificate of the old authority: it has to be refused."),)


def _said(sentence: str) -> Html:
    return element("span", sentence)
